"""Checks of losses: binary cross-entropy from scores, softmax, cross-entropy and its gradient.

What is right is what PyTorch computes, in float64.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.checks.comparing import compare, refuse
from course_utils.checks.parts import judge
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import call, no_shortcuts, quiet
from course_utils.judging.protocol.verdicts import Credit

SHORTCUTS = ("cross_entropy", "softmax", "nll_loss", "soft_margin")  # in the names of PyTorch's functions
EPSILONS = [10.0**-power for power in range(4, 17)]


class Case(NamedTuple):
    """Some scores and labels to try: what is new in them, and which wrong way gives nan or inf there."""

    new: str
    scores: np.ndarray
    labels: np.ndarray
    if_infinite: str = "PR2"


# --- binary cross-entropy


def binary_cases(hidden: int | None) -> list[Case]:
    """Return the scores (N,) and labels (N,) that are tried. A hidden case differs in its data only."""
    rng = np.random.default_rng([4, hidden or 0])
    more, fewer = (5, 3) if hidden is None else (8, 4)
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    large = 1000.0 if hidden is None else float(rng.integers(900, 9000))
    wrong = 40.0 if hidden is None else float(rng.integers(38, 60))
    cases = [
        Case("a few small scores", rng.normal(size=more), np.arange(more) % 3 / 2 // 1),
        Case(f"a score of {wrong:g} and the label 0", np.array([wrong, -1.5, 2.0]), np.array([0.0, 1.0, 1.0]), "PR3"),
        Case(f"scores of {large:g} and -{large:g}", signs * large, np.array([1.0, 0.0, 0.0, 1.0])),
        Case("labels as whole numbers", rng.normal(size=fewer), np.arange(fewer) % 2),
    ]
    if hidden is not None:
        cases.append(Case("one example in float32", np.float32([1.25]), np.float32([0])))
        cases.append(Case("all labels 1", rng.normal(size=more) * 3, np.ones(more)))
    return cases


@quiet()
def bce_with_logits(answer, hidden: int | None = None) -> None:
    """Check ``bce_with_logits(z (N,), y (N,)) -> float``, the mean over the batch. 2 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for case in binary_cases(hidden):
        told = case.new if hidden is None else None
        with no_shortcuts(*SHORTCUTS):
            given = as_array(call(answer, "bce_with_logits", case.scores, case.labels), "What bce_with_logits returns")
        if not np.isfinite(given).all():
            refuse(case.if_infinite, "bce_with_logits", told)
        z, y = (torch.tensor(array, dtype=torch.float64) for array in (case.scores, case.labels))
        right, ways = binary_ways(z, y)
        compare("bce_with_logits", bare_number(given), right, ways, told)
    print("Correct.")


def bare_number(loss: np.ndarray) -> np.ndarray:
    """Take a single number out of its brackets."""
    return loss.reshape(()) if loss.size == 1 else loss


def binary_ways(z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, dict[str, Callable]]:
    """Return the right loss of scores z (N,) and labels y (N,), and for each code a function of the wrong one."""
    loss = F.binary_cross_entropy_with_logits
    right, each = loss(z, y), loss(z, y, reduction="none")
    return right, {
        "PR4": lambda: [-right, -each.sum(), -each],
        "LL5": lambda: each,
        "LL1": lambda: each.sum(),
        "LL2": lambda: [(y * each).mean(), ((1 - y) * each).mean()],
        "LL3": lambda: loss(z, 1 - y),
        "PR5": lambda: loss(torch.sigmoid(z), y),
        "LL6": lambda: right / np.log(2),
        "LL4": lambda: _clipped(z, y),
    }


def _clipped(z: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    p = torch.sigmoid(z)
    losses = []
    for small in EPSILONS:
        safe = p.clamp(small, 1 - small)
        losses.append(-(y * safe.log() + (1 - y) * (1 - safe).log()).mean())
        losses.append(-(y * (p + small).log() + (1 - y) * (1 - p + small).log()).mean())
    return losses


# --- many classes


def class_cases(hidden: int | None) -> list[Case]:
    """Return the scores (N, K) and labels (N,) that are tried. A hidden case differs in its data only."""
    rng = np.random.default_rng([5, hidden or 0])
    rows, columns = (4, 3) if hidden is None else (6, 4)
    far = 1000.0 if hidden is None else float(rng.integers(800, 9000))
    small, labels = rng.normal(size=(rows, columns)), rng.permutation(rows) % columns
    apart = small + np.where(np.arange(rows) % 2, 10 * far, -10 * far)[:, None]
    gap = np.array([[far, 0.0, -2.0], [1.0, far, 0.5]])
    cases = [
        Case("a few small scores", small, labels),
        Case(f"the same scores plus {far:g}", small + far, labels),
        Case(f"rows of scores near {10 * far:g} and -{10 * far:g}", apart, labels, "LX2"),
        Case(f"a score {far:g} above that of the label", gap, np.array([1, 1]), "PR3"),
    ]
    if hidden is not None:
        two = rng.normal(size=(3, 2)).astype(np.float32)
        cases.append(Case("two classes, float32", two, np.array([1, 0, 1], dtype=np.int32)))
        cases.append(Case("one example", rng.normal(size=(1, 5)), np.array([3])))
    return cases


@quiet()
def many_classes(softmax, cross_entropy, softmax_ce_grad, hidden: int | None = None) -> Credit:
    """Check ``softmax(Z (N, K))``, ``cross_entropy(Z, y (N,))`` and the gradient of the latter by Z. 3 points.

    Parameters
    ----------
    softmax, cross_entropy, softmax_ce_grad
        The student's functions; 1 point each.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    return judge(
        {
            "softmax": (1, lambda: _each_case(softmax, "softmax", softmax_ways, hidden, labels=False)),
            "cross_entropy": (1, lambda: _each_case(cross_entropy, "cross_entropy", cross_entropy_ways, hidden)),
            "softmax_ce_grad": (1, lambda: _each_case(softmax_ce_grad, "softmax_ce_grad", gradient_ways, hidden)),
        }
    )


def _each_case(answer, name: str, ways_of: Callable, hidden: int | None, *, labels: bool = True) -> None:
    for case in class_cases(hidden):
        told = case.new if hidden is None else None
        arguments = (case.scores, case.labels) if labels else (case.scores,)
        with no_shortcuts(*SHORTCUTS):
            given = as_array(call(answer, name, *arguments), f"What {name} returns")
        # a softmax has no logarithm, so that it cannot be the logarithm of 0
        code = "PR2" if case.if_infinite == "PR3" and name != "cross_entropy" else case.if_infinite
        if not np.isfinite(given).all():
            refuse(code, name, told)
        Z, y = torch.tensor(case.scores, dtype=torch.float64), torch.tensor(case.labels, dtype=torch.int64)
        right, ways = ways_of(Z, y)
        compare(name, bare_number(given) if right.ndim == 0 else given, right, ways, told)


def softmax_ways(Z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, dict[str, Callable]]:
    """Return the right probabilities of scores Z (N, K), and for each code a function of the wrong ones."""
    powers = Z.exp()
    lowered = (Z - Z.amax(1, keepdim=True)).exp()
    return torch.softmax(Z, 1), {
        "PR1": lambda: torch.softmax(Z, 0),
        "LX7": lambda: torch.softmax(Z.flatten(), 0).reshape(Z.shape),
        "LX1": lambda: [powers, lowered],
        "LX3": lambda: Z / Z.sum(1, keepdim=True),
        "LX6": lambda: torch.sigmoid(Z),
    }


def cross_entropy_ways(Z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, dict[str, Callable]]:
    """Return the right loss of scores Z (N, K) and labels y (N,), and for each code a function of the wrong one."""
    right, each = F.cross_entropy(Z, y), F.cross_entropy(Z, y, reduction="none")
    logs = torch.log_softmax(Z, 1)
    return right, {
        "PR4": lambda: [-right, -each.sum(), -each],
        "LL5": lambda: each,
        "LL1": lambda: each.sum(),
        "LX4": lambda: right / Z.shape[1],
        "PR5": lambda: F.cross_entropy(torch.softmax(Z, 1), y),
        "PR6": lambda: [-logs[:, y].mean(), -logs.mean(), -logs.sum(1).mean(), -(logs * y[:, None]).sum(1).mean()],
        "PR1": lambda: F.nll_loss(torch.log_softmax(Z, 0), y),
        "LL6": lambda: right / np.log(2),
    }


def gradient_ways(Z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, dict[str, Callable]]:
    """Return the right gradient of the loss by Z (N, K), and for each code a function of the wrong one."""
    with torch.enable_grad():  # a notebook may have switched it off
        scores = Z.clone().requires_grad_()
        (right,) = torch.autograd.grad(F.cross_entropy(scores, y), scores)
    rows, columns = Z.shape
    p, one_hot = torch.softmax(Z, 1), F.one_hot(y, columns)
    return right, {
        "GR1": lambda: [-right, -right * rows],
        "GR3": lambda: right * rows,
        "LX4": lambda: [right / columns, right * rows / columns],
        "PR6": lambda: [p - y[:, None], (p - y[:, None]) / rows],
        "LX5": lambda: [p, p / rows],
        "PR1": lambda: [torch.softmax(Z, 0) - one_hot, (torch.softmax(Z, 0) - one_hot) / rows],
        "GR4": lambda: right.T,
    }
