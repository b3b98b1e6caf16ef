"""What PyTorch says of the functions that a network is built from: arrays in, arrays out."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.backward import pulled_back

Arrays = tuple[np.ndarray, ...]


def forward_and_back(operation: Any, inputs: Arrays, grad_out: np.ndarray | None = None) -> tuple[np.ndarray, Arrays]:
    """Return what an operation of PyTorch's gives, and the gradients by its inputs.

    Parameters
    ----------
    operation
        Called with tensors, one for each of the inputs.
    inputs
        Arrays with 64 bits.
    grad_out
        The gradient of a loss by the result, in its shape; ones if left out.
    """
    tensors = [torch.tensor(one, requires_grad=True) for one in inputs]
    with torch.enable_grad():  # a notebook may have switched it off
        out = operation(*tensors)
        slope = torch.ones_like(out) if grad_out is None else torch.tensor(grad_out)
        found = pulled_back(out, tensors, slope)
    return out.detach().numpy(), tuple(one.numpy() for one in found)


def conv(stride: int) -> Any:
    """Return PyTorch's convolution with a stride."""
    return lambda x, weight, bias: F.conv2d(x, weight, bias, stride=stride)


def max_pool(kernel_size: int, stride: int | None = None) -> Any:
    """Return PyTorch's max pooling."""
    return lambda x: F.max_pool2d(x, kernel_size, stride)
