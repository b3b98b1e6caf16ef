"""What is right in this lab, each in one readable way: the neighbours of these are tried on answers without a name."""

from typing import Any

import torch


def sigmoid(z: Any) -> Any:
    """Compute the sigmoid."""
    return 1 / (1 + torch.exp(-z))


def tanh(z: Any) -> Any:
    """Compute the hyperbolic tangent."""
    return (torch.exp(z) - torch.exp(-z)) / (torch.exp(z) + torch.exp(-z))


def relu(z: Any) -> Any:
    """Compute the ReLU."""
    return z * (z > 0)


def d_sigmoid(z: Any) -> Any:
    """Compute the sigmoid's slope."""
    return torch.sigmoid(z) * (1 - torch.sigmoid(z))


def d_tanh(z: Any) -> Any:
    """Compute tanh's slope."""
    return 1 - torch.tanh(z) ** 2


def d_relu(z: Any) -> Any:
    """Compute ReLU's slope."""
    return 1.0 * (z > 0)


RECIPES = {one.__name__: one for one in (sigmoid, tanh, relu, d_sigmoid, d_tanh, d_relu)}
