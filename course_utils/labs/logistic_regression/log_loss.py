"""Exercise 4.2: the log-loss from scores, safe for large ones. What is right is PyTorch's own, in float64."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.labs.logistic_regression.headings import LOG_LOSS
from course_utils.labs.logistic_regression.returned import bare_number

SHORTCUTS = ("cross_entropy", "softmax", "nll_loss", "soft_margin")  # in the names of PyTorch's functions
EPSILONS = [10.0**-power for power in range(4, 17)]

PR2 = shared.PR2.in_lab(
    LOG_LOSS, "There is nan or inf in this answer. Which exponent is large here, and how could it be avoided?"
)
PR3 = Misconception(
    "PR3",
    "logarithm of zero",
    "This takes the logarithm of 0. Can the loss be written without computing the probability first?",
    LOG_LOSS,
)
PR4 = Misconception(
    "PR4",
    "minus missing",
    "This is the right number times -1: below 0, so better than perfect. Can a loss be that?",
    LOG_LOSS,
)
PR5 = shared.PR5.in_lab(LOG_LOSS)
LL1 = Misconception(
    "LL1",
    "loss summed over the batch instead of averaged",
    "This is the sum over the examples. What would happen to it if the batch were twice as long?",
    LOG_LOSS,
)
LL2 = Misconception(
    "LL2",
    "one half of the log-loss only",
    "Examples of one label cost nothing here. What should a confident wrong answer on those cost?",
    LOG_LOSS,
)
LL3 = Misconception(
    "LL3",
    "labels exchanged",
    "This rewards the wrong label. Which label does a large positive score stand for?",
    LOG_LOSS,
)
LL4 = Misconception(
    "LL4",
    "probability clipped before the logarithm",
    "A very wrong score costs too little: the probability was kept away from 0. How does the loss grow with the score?",
    LOG_LOSS,
)
LL5 = Misconception(
    "LL5",
    "one loss for each example instead of their mean",
    "There is one number for each example here. A loss is one number for the whole batch: which one?",
    LOG_LOSS,
)
LL6 = Misconception(
    "LL6",
    "logarithm of base 2 in the loss",
    "This is measured in bits. Which logarithm goes with exp?",
    LOG_LOSS,
)


class Batch(NamedTuple):
    """Scores and labels to try, and which wrong way gives nan or inf there."""

    scores: np.ndarray
    labels: np.ndarray
    if_infinite: Misconception = PR2


class LogLoss(Implementation):
    """Write ``bce_with_logits(z (N,), y (N,)) -> float``, the mean over the batch."""

    id = "log-loss"
    hints = (
        "Write the loss of one example with label 1 as a function of its score. What is it for a very large score?",
        "Which number with a large exponent could be infinite? Can you bring it to a form with exp(-|z|)?",
        "NumPy has a function for log(exp(a) + exp(b)) that never overflows. Look up np.logaddexp: which a and b?",
    )
    misconceptions = (PR2, PR3, PR4, PR5, LL1, LL2, LL3, LL4, LL5, LL6)

    def cases(self) -> Sequence[Case]:
        """Return small scores, a very wrong one, huge ones, and labels as whole numbers."""
        return _cases(np.random.default_rng([4, 0]), (5, 3), large=1000.0, wrong=40.0)

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other numbers, one example in float32, and a batch of one label."""
        rng = np.random.default_rng([4, seed])
        large, wrong = float(rng.integers(900, 9000)), float(rng.integers(38, 60))
        return [
            *_cases(rng, (8, 4), large, wrong),
            Case("one example in float32", Batch(np.array([1.25], dtype=np.float32), np.array([0], dtype=np.float32))),
            Case("all labels 1", Batch(rng.normal(size=8) * 3, np.ones(8))),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with PyTorch; its own losses are refused."""
        batch: Batch = case.data
        with no_shortcuts(*SHORTCUTS):
            given = case.call(answer, "bce_with_logits", batch.scores, batch.labels)
        loss = case.array(given, "What bce_with_logits returns")
        if not np.isfinite(loss).all():
            raise case.wrong("bce_with_logits", batch.if_infinite)
        right, ways = loss_ways(*(torch.tensor(array, dtype=torch.float64) for array in batch[:2]))
        case.compare("bce_with_logits", bare_number(loss), right, ways)


def _cases(rng: np.random.Generator, sizes: tuple[int, int], large: float, wrong: float) -> list[Case]:
    more, fewer = sizes
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    very_wrong = Batch(np.array([wrong, -1.5, 2.0]), np.array([0.0, 1.0, 1.0]), PR3)
    return [
        Case("a few small scores", Batch(rng.normal(size=more), np.arange(more) % 3 / 2 // 1)),
        Case(f"a score of {wrong:g} and the label 0", very_wrong),
        Case(f"scores of {large:g} and -{large:g}", Batch(signs * large, np.array([1.0, 0.0, 0.0, 1.0]))),
        Case("labels as whole numbers", Batch(rng.normal(size=fewer), np.arange(fewer) % 2)),
    ]


def loss_ways(z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Ways]:
    """Return the right loss of scores z (N,) and labels y (N,), and for each wrong way a function of the wrong one."""
    loss = F.binary_cross_entropy_with_logits
    right, each = loss(z, y), loss(z, y, reduction="none")
    return right, {
        PR4: lambda: [-right, -each.sum(), -each],
        LL5: lambda: each,
        LL1: lambda: each.sum(),
        LL2: lambda: [(y * each).mean(), ((1 - y) * each).mean()],
        LL3: lambda: loss(z, 1 - y),
        PR5: lambda: loss(torch.sigmoid(z), y),
        LL6: lambda: right / np.log(2),
        LL4: lambda: _clipped(z, y),
    }


def _clipped(z: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    p = torch.sigmoid(z)
    losses = []
    for small in EPSILONS:
        safe = p.clamp(small, 1 - small)
        losses.append(-(y * safe.log() + (1 - y) * (1 - safe).log()).mean())
        losses.append(-(y * (p + small).log() + (1 - y) * (1 - p + small).log()).mean())
    return losses
