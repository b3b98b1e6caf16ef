"""What the lesson tries with a learner's own functions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.labs.neurons.figures import best_line

BATCH_SIZES, EPOCHS, RATE = (1, 16, 128), 5, 0.1  # of the experiment with batch sizes; and all examples at once


def try_batch_sizes(
    sgd_epoch: Callable[..., Any], x: np.ndarray, y: np.ndarray, seed: int = 0
) -> dict[int, list[float]]:
    """Walk with batches of several sizes, from the line 0, in an order that is shuffled for each epoch.

    Parameters
    ----------
    sgd_epoch
        The learner's: ``sgd_epoch(x, y, w, b, lr, order, size) -> (w, b)``.
    x, y
        ``(N,)`` each.
    seed
        Of the orders.

    Returns
    -------
    dict
        Size → how far above the least mean squared error the line is, at the start and after each epoch.
    """
    slope, intercept = best_line(x, y)
    least = np.mean((slope * x + intercept - y) ** 2)
    curves = {}
    for size in (*BATCH_SIZES, len(x)):
        rng, w, b = np.random.default_rng(seed), 0.0, 0.0
        above = [float(np.mean(y**2) - least)]
        for _ in range(EPOCHS):
            w, b = sgd_epoch(x, y, w, b, RATE, rng.permutation(len(x)), size)
            above.append(float(np.mean((w * x + b - y) ** 2) - least))
        curves[size] = above
    return curves
