"""Gradient descent on a line, as the lessons show it: a formula, and so fast enough to draw a map of."""

from typing import NamedTuple

import numpy as np


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
    x, y = (np.asarray(values, dtype=float) for values in (x, y))
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise ValueError(f"x and y must be as long as each other, but are {x.shape} and {y.shape}")
    if not learning_rate > 0 or steps < 0:
        raise ValueError(f"learning_rate must be above 0 and steps at least 0, not {learning_rate} and {steps}")
    w, b = (np.float64(number) for number in start)
    way = []
    with np.errstate(all="ignore"):  # a rate that is too large leads out of the range of numbers
        for _ in range(steps + 1):
            errors = w * x + b - y
            way.append((w, b, errors @ errors / len(x)))
            w, b = w - learning_rate * 2 * (errors @ x) / len(x), b - learning_rate * 2 * errors.sum() / len(x)
    return Descent(*np.nan_to_num(np.array(way).T, nan=np.inf, posinf=np.inf, neginf=-np.inf))
