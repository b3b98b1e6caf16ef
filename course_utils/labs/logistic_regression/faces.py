"""What the lesson does with the pictures of faces: fit at several strengths, count what is right."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

STEPS = 200  # of L-BFGS, at most


class Fitted(NamedTuple):
    """A logistic regression: weights ``(D,)`` and bias."""

    w: np.ndarray
    b: float

    def right(self, X: np.ndarray, y: np.ndarray) -> int:
        """Count the examples X ``(N, D)`` whose label y ``(N,)``, 0 or 1, is told rightly."""
        return int(np.sum((X @ self.w + self.b > 0) == y))


def fit(X: np.ndarray, y: np.ndarray, l2: float) -> Fitted:
    """Minimise the mean log-loss plus ``l2`` times the sum of the squared weights; the bias is free.

    Parameters
    ----------
    X, y
        Examples ``(N, D)`` and labels ``(N,)``, 0 or 1.
    l2
        Strength of the penalty, above 0: without one, weights grow for ever where the classes can be told apart.
    """
    if not l2 > 0:
        raise ValueError(f"l2 must be above 0, not {l2}")
    inputs, labels = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w = torch.zeros(inputs.shape[1], dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([w, b], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = F.binary_cross_entropy_with_logits(inputs @ w + b, labels) + l2 * w.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return Fitted(w.detach().numpy(), b.item())


def fit_all(X: np.ndarray, y: np.ndarray, strengths: Sequence[float]) -> dict[float, Fitted]:
    """Fit at each strength."""
    return {l2: fit(X, y, l2) for l2 in strengths}


def standard_error(right: int, number: int) -> float:
    """Estimate by how much the share right of so many examples would move from one drawing of them to another.

    By drawing: 20,000 times so many examples of a coin with this share.
    """
    drawn = np.random.default_rng(0).binomial(number, right / number, 20_000) / number
    return float(drawn.std())
