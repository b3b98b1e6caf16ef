"""Training loops of the lessons, with PyTorch's own gradients."""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F


class Descent(NamedTuple):
    """The way of gradient descent: after each step, from step 0 on, the slope, the intercept and the loss."""

    w: np.ndarray
    b: np.ndarray
    loss: np.ndarray


def descend(x, y, *, learning_rate: float, steps: int, start: tuple[float, float] = (0.0, 0.0)) -> Descent:
    """Fit a line w·x + b by gradient descent on the mean squared error, all examples at every step.

    Parameters
    ----------
    x, y
        Numbers, one an example: ``(N,)`` each.
    learning_rate
        What part of the gradient is a step.
    steps
        How many steps to take; a way that leaves the range of numbers goes on as infinity.
    start
        First values of w and b.

    Returns
    -------
    Descent
        Three arrays of ``steps + 1`` numbers.

    Raises
    ------
    ValueError
        If x and y differ in length, or a number is out of its range.
    """
    x, y = (torch.as_tensor(np.asarray(values, dtype=float)) for values in (x, y))
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise ValueError(f"x and y must be as long as each other, but are {tuple(x.shape)} and {tuple(y.shape)}")
    if not learning_rate > 0 or steps < 0:
        raise ValueError(f"learning_rate must be above 0 and steps at least 0, not {learning_rate} and {steps}")
    params = torch.tensor(start, dtype=torch.float64)
    way = []
    for _ in range(steps + 1):
        loss, slope = _loss_and_slope(params, x, y)
        way.append((*params.tolist(), loss))
        params = params - learning_rate * slope
    return Descent(*np.nan_to_num(np.array(way).T, nan=np.inf, posinf=np.inf, neginf=-np.inf))


def _loss_and_slope(params: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> tuple[float, torch.Tensor]:
    """Compute the mean squared error of a line, and let autograd find its gradient."""
    params = params.clone().requires_grad_()
    loss = F.mse_loss(params[0] * x + params[1], y)
    return loss.item(), torch.autograd.grad(loss, params)[0]
