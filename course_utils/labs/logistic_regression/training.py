"""Training a logistic regression by the gradient that autograd finds through PyTorch's own loss."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

Parameters = tuple[torch.Tensor, torch.Tensor]  # weight (D,) and bias, or the gradient by them


def gradient(
    X: torch.Tensor,
    y: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    *,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = F.binary_cross_entropy_with_logits,
) -> Parameters:
    """Ask autograd for the gradient of the mean log-loss, or another of scores and labels, by weight and bias."""
    with torch.enable_grad():  # a notebook may have switched it off
        parameters = [weight.clone().requires_grad_(), bias.clone().requires_grad_()]
        by_weight, by_bias = torch.autograd.grad(loss(X @ parameters[0] + parameters[1], y), parameters)
    return by_weight, by_bias


def slope(X: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> Parameters:
    """Compute the same for the log-loss by its formula: wrong trainings are tried by the dozen, each in many steps."""
    error = torch.sigmoid(X @ weight + bias) - y
    return error @ X / len(X), error.mean()


def fit(
    X: torch.Tensor, y: torch.Tensor, lr: float, steps: int, gradient_of: Callable[..., Parameters] = gradient
) -> Parameters:
    """Train from zeros with the whole batch in each step; return weight (D,) and bias."""
    return walk(X, y, lr, steps, gradient_of)[-1]


def walk(
    X: torch.Tensor, y: torch.Tensor, lr: float, steps: int, gradient_of: Callable[..., Parameters] = gradient
) -> list[Parameters]:
    """Train as `fit` does; return weight and bias after 0, 1, 2, ... steps."""
    weight, bias = torch.zeros(X.shape[1], dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    places = [(weight, bias)]
    for _ in range(steps):
        dw, db = gradient_of(X, y, weight, bias)
        weight, bias = weight - lr * dw, bias - lr * db
        places.append((weight, bias))
    return places


def log_loss(X: Any, y: Any, weight: Any, bias: Any) -> float:
    """Ask PyTorch for the mean log-loss, the true one, with its minus."""
    z = torch.as_tensor(X) @ torch.as_tensor(weight, dtype=torch.float64) + torch.as_tensor(bias, dtype=torch.float64)
    return float(F.binary_cross_entropy_with_logits(z, torch.as_tensor(y, dtype=torch.float64)))
