"""PyTorch's activation functions for arrays, for those whose own will not run yet: the slopes of 2.2 stand on them."""

import numpy as np
import torch

from course_utils.judging.lending import lent


@lent
def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return PyTorch's sigmoid of each number, in an array of the same shape and type."""
    return np.asarray(torch.sigmoid(torch.as_tensor(z)).numpy())


@lent
def tanh(z: np.ndarray) -> np.ndarray:
    """Return PyTorch's tanh of each number, in an array of the same shape and type."""
    return np.asarray(torch.tanh(torch.as_tensor(z)).numpy())


@lent
def relu(z: np.ndarray) -> np.ndarray:
    """Return PyTorch's ReLU of each number, in an array of the same shape and type."""
    return np.asarray(torch.relu(torch.as_tensor(z)).numpy())
