"""Exercise 4.5: softmax, cross-entropy and its gradient. What is right is PyTorch's own, in float64."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.labs.logistic_regression.headings import SOFTMAX
from course_utils.labs.logistic_regression.log_loss import LL1, LL5, LL6, PR2, PR3, PR4, PR5, SHORTCUTS, Batch
from course_utils.labs.logistic_regression.logistic_gradient import GR1, GR3
from course_utils.labs.logistic_regression.returned import bare_number

GR4 = shared.GR4.in_lab(SOFTMAX)
PR1 = shared.PR1.in_lab(SOFTMAX)
PR6 = Misconception(
    "PR6",
    "labels and one-hot rows mixed up",
    "This does not pick the number of the label's class. Is a label here a number or a row of zeros and a one?",
    SOFTMAX,
)
LX1 = Misconception(
    "LX1",
    "exponentials not divided by their sum",
    "These are the exponentials alone. What must the probabilities of one example add up to?",
    SOFTMAX,
)
LX2 = Misconception(
    "LX2",
    "one maximum for the whole batch",
    "This breaks where two rows are far apart. Whose maximum should be subtracted from a row?",
    SOFTMAX,
)
LX3 = Misconception(
    "LX3",
    "scores divided by their sum, without exponentials",
    "These rows add up to 1, but the scores were divided as they are. What makes them positive first?",
    SOFTMAX,
)
LX4 = Misconception(
    "LX4",
    "averaged over the classes, too",
    "This is divided by the number of classes as well. Over what does the mean run?",
    SOFTMAX,
)
LX5 = Misconception(
    "LX5",
    "label not subtracted in the gradient",
    "These are the probabilities alone. What is the gradient for a prediction that is right and sure?",
    SOFTMAX,
)
LX6 = Misconception(
    "LX6",
    "each class squashed by a sigmoid of its own",
    "Each score went through a sigmoid by itself. Do these probabilities of one example add up to 1?",
    SOFTMAX,
)
LX7 = Misconception(
    "LX7",
    "normalised over the whole batch",
    "All numbers of the batch together add up to 1. Which numbers are the probabilities of one example?",
    SOFTMAX,
)


class Softmax(Implementation):
    """Write ``softmax(Z (N, K))``, ``cross_entropy(Z, y (N,))`` and ``softmax_ce_grad(Z, y)``, its gradient by Z."""

    id = "softmax"
    hints = (
        "Over which axis of Z must the probabilities add up to 1? What does keepdims=True do there?",
        "What changes in softmax if the same number is taken away from all scores of a row?",
        "log(softmax) can be written without a division. What is the logarithm of a quotient?",
        "In the gradient: which entry of each row is special, and over what does the mean run?",
    )
    misconceptions = (
        *(PR1, PR2, PR3, PR4, PR5, PR6, LX1, LX2, LX3, LX4, LX5, LX6, LX7),
        *(LL1, LL5, LL6, GR1, GR3, GR4),
    )

    def cases(self) -> Sequence[Case]:
        """Return small scores, shifted ones, rows far apart, and a very wrong one, for each function."""
        return _of_each_part(_cases(np.random.default_rng([5, 0]), (4, 3), far=1000.0))

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other numbers, two classes in float32, and one example."""
        rng = np.random.default_rng([5, seed])
        batches = _cases(rng, (6, 4), far=float(rng.integers(800, 9000)))
        two = rng.normal(size=(3, 2)).astype(np.float32)
        batches["two classes, float32"] = Batch(two, np.array([1, 0, 1], dtype=np.int32))
        batches["one example"] = Batch(rng.normal(size=(1, 5)), np.array([3]))
        return _of_each_part(batches)

    def try_case(self, case: Case, *answers: Callable[..., Any]) -> None:
        """Compare with PyTorch; its own softmax and losses are refused."""
        name, batch = case.part, case.data
        answer = dict(zip(WAYS_OF, answers, strict=True))[name]
        with no_shortcuts(*SHORTCUTS):
            result = case.call(answer, name, *(batch[:1] if name == "softmax" else batch[:2]))
        given = case.array(result, f"What {name} returns")
        if not np.isfinite(given).all():
            # a softmax has no logarithm, so that it cannot be the logarithm of 0
            raise case.wrong(name, PR2 if batch.if_infinite is PR3 and name != "cross_entropy" else batch.if_infinite)
        Z, y = torch.tensor(batch.scores, dtype=torch.float64), torch.tensor(batch.labels, dtype=torch.int64)
        right, ways = WAYS_OF[name](Z, y)
        case.compare(name, bare_number(given) if right.ndim == 0 else given, right, ways)


def _cases(rng: np.random.Generator, size: tuple[int, int], far: float) -> dict[str, Batch]:
    rows, columns = size
    small, labels = rng.normal(size=size), rng.permutation(rows) % columns
    apart = small + np.where(np.arange(rows) % 2, 10 * far, -10 * far)[:, None]
    gap = np.array([[far, 0.0, -2.0], [1.0, far, 0.5]])
    return {
        "a few small scores": Batch(small, labels),
        f"the same scores plus {far:g}": Batch(small + far, labels),
        f"rows of scores near {10 * far:g} and -{10 * far:g}": Batch(apart, labels, LX2),
        f"a score {far:g} above that of the label": Batch(gap, np.array([1, 1]), PR3),
    }


def _of_each_part(batches: dict[str, Batch]) -> list[Case]:
    return [Case(label, batch, part) for part in WAYS_OF for label, batch in batches.items()]


# --- what is right, and for each wrong way a function that computes its result, of scores Z (N, K) and labels y (N,)


def softmax_ways(Z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Ways]:
    """Return the right probabilities, and the wrong ones."""
    powers = Z.exp()
    lowered = (Z - Z.amax(1, keepdim=True)).exp()
    return torch.softmax(Z, 1), {
        PR1: lambda: torch.softmax(Z, 0),
        LX7: lambda: torch.softmax(Z.flatten(), 0).reshape(Z.shape),
        LX1: lambda: [powers, lowered],
        LX3: lambda: Z / Z.sum(1, keepdim=True),
        LX6: lambda: torch.sigmoid(Z),
    }


def cross_entropy_ways(Z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Ways]:
    """Return the right loss, and the wrong ones."""
    right, each = F.cross_entropy(Z, y), F.cross_entropy(Z, y, reduction="none")
    logs = torch.log_softmax(Z, 1)
    return right, {
        PR4: lambda: [-right, -each.sum(), -each],
        LL5: lambda: each,
        LL1: lambda: each.sum(),
        LX4: lambda: right / Z.shape[1],
        PR5: lambda: F.cross_entropy(torch.softmax(Z, 1), y),
        PR6: lambda: [-logs[:, y].mean(), -logs.mean(), -logs.sum(1).mean(), -(logs * y[:, None]).sum(1).mean()],
        PR1: lambda: F.nll_loss(torch.log_softmax(Z, 0), y),
        LL6: lambda: right / np.log(2),
    }


def gradient_ways(Z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Ways]:
    """Return the right gradient of the loss by Z, and the wrong ones."""
    with torch.enable_grad():  # a notebook may have switched it off
        scores = Z.clone().requires_grad_()
        (right,) = torch.autograd.grad(F.cross_entropy(scores, y), scores)
    rows, columns = Z.shape
    p, one_hot = torch.softmax(Z, 1), F.one_hot(y, columns)
    return right, {
        GR1: lambda: [-right, -right * rows],
        GR3: lambda: right * rows,
        LX4: lambda: [right / columns, right * rows / columns],
        PR6: lambda: [p - y[:, None], (p - y[:, None]) / rows],
        LX5: lambda: [p, p / rows],
        PR1: lambda: [torch.softmax(Z, 0) - one_hot, (torch.softmax(Z, 0) - one_hot) / rows],
        GR4: lambda: right.T,
    }


WAYS_OF = {"softmax": softmax_ways, "cross_entropy": cross_entropy_ways, "softmax_ce_grad": gradient_ways}
