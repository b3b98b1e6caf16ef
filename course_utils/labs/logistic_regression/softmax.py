"""Exercise 4.5: softmax, cross-entropy and its gradient. What is right is PyTorch's own, in float64.

| claim of the prompt | case, of each function |
|---|---|
| (N, K), row by row; the mean loss; its gradient (N, K) | small scores; one example; two classes, float32 |
| class numbers y (N,) | every case; other types of whole numbers |
| scores up to 10,000, also where rows are far apart | scores plus a number; rows far apart; a score above the label's |
| ready-made softmax and losses may not be used | SHORTCUTS |
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.labs.logistic_regression import recipes
from course_utils.labs.logistic_regression.headings import SOFTMAX
from course_utils.labs.logistic_regression.log_loss import (
    EPSILONS,
    LL1,
    LL4,
    LL5,
    LL6,
    LL7,
    LL9,
    LL14,
    LL15,
    LL17,
    LL18,
    LL22,
    PR2,
    PR3,
    PR4,
    PR5,
    PR7,
    SHORTCUTS,
    Batch,
    hinges,
    told,
    unless_at_an_end,
)
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
    "divided by the number of classes",
    "This is divided by the number of classes. Over what does the mean run?",
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
LX8 = Misconception(
    "LX8",
    "logarithm of the probabilities",
    "These are logarithms, none above 0. Which numbers are asked for, the probabilities or their logarithms?",
    SOFTMAX,
)
LX9 = Misconception(
    "LX9",
    "the largest score takes all",
    "The class with the largest score has everything here. How sure is a classifier whose scores are nearly equal?",
    SOFTMAX,
)
LX10 = Misconception(
    "LX10",
    "minus in the exponent",
    "Here the class with the smallest score is the likeliest. Which sign has the exponent?",
    SOFTMAX,
)
LX11 = Misconception(
    "LX11",
    "divided by the mean of the exponentials",
    "The exponentials are divided by their mean. By what must they be divided, to add up to 1?",
    SOFTMAX,
)
LX12 = Misconception(
    "LX12",
    "logarithm left out of the loss",
    "There is a probability in this loss, and no logarithm. Which number of the true class is averaged?",
    SOFTMAX,
)
LX13 = Misconception(
    "LX13",
    "one half of log softmax",
    "log softmax has two terms, the label's score and one on all scores. Which of the two is missing here?",
    SOFTMAX,
)
LX14 = Misconception(
    "LX14",
    "squared error with one-hot rows",
    "This is a squared error between probabilities and one-hot rows. What does cross-entropy do with the probability "
    "of the true class?",
    SOFTMAX,
)
LX15 = Misconception(
    "LX15",
    "gradient added up over the examples",
    "Here the examples are added up into one row. Whose scores does a row of Z hold, and what shape has the gradient?",
    SOFTMAX,
)
LX17 = Misconception(
    "LX17",
    "gradient of the true class alone",
    "Only the true class's score has a gradient here. Does the loss change when another class's score grows?",
    SOFTMAX,
)
LX18 = Misconception(
    "LX18",
    "slope of a sigmoid in place of the gradient",
    "This is p (1 - p), which knows no label. What is the gradient for a class that is right and sure?",
    SOFTMAX,
)
LX19 = Misconception(
    "LX19",
    "scores in place of probabilities in the gradient",
    "Here the label is subtracted from the scores. From which numbers is it subtracted?",
    SOFTMAX,
)
LX20 = Misconception(
    "LX20",
    "maximum of each column subtracted",
    "Here every column has lost its largest number before the exponential. May one row lose different numbers, and "
    "still give the same probabilities?",
    SOFTMAX,
)
LX21 = Misconception(
    "LX21",
    "1 added at the label, or put in the place of its probability",
    "At the label's place a 1 is added, or a -1 stands alone. What is to be done with the probability that stands "
    "there?",
    SOFTMAX,
)
SOFT = (0.1, 0.05, 0.2, 0.01, 0.02)  # usual shares of a label that are taken from it
LX23 = Misconception(
    "LX23",
    "labels smoothed",
    "The true class does not get all of the label here, the others get a little. Is that asked for?",
    SOFTMAX,
)
LX24 = Misconception(
    "LX24",
    "entropy of the probabilities",
    "Here the probabilities weigh their own logarithms. Whose probability counts, and where do the labels come in?",
    SOFTMAX,
)
LX25 = Misconception(
    "LX25",
    "classes off by one",
    "This takes the class next to the label's. From which number are classes counted?",
    SOFTMAX,
)
LX26 = Misconception(
    "LX26",
    "likeliest class in place of the true one",
    "This takes the class with the largest score for the true one. What do the labels say?",
    SOFTMAX,
)
LX28 = Misconception(
    "LX28",
    "largest score taken off in one part only",
    "The largest score is taken off in one part of the difference, and not in the other. Which scores does each "
    "part use?",
    SOFTMAX,
)
LX27 = Misconception(
    "LX27",
    "slope by the probability in place of that by the scores",
    "This is the slope of the loss by the probability of the true class. By what is it asked here?",
    SOFTMAX,
)
LX22 = Misconception(
    "LX22",
    "another function in place of exp",
    "The rows add up to 1, and another function than exp makes the shares. How many times as probable is a class whose "
    "score is larger by 1?",
    SOFTMAX,
)
LX16 = Misconception(
    "LX16",
    "binary loss for each class",
    "Each class is treated as a yes or no of its own, as in the binary loss. What do the probabilities of all classes "
    "of an example share?",
    SOFTMAX,
)

WORKED = """
The same care for another function of rows: the *log of the mean of exponentials* of Z (N, K), for each row.

1. As it stands, `np.log(np.exp(Z).mean(axis=1))` is infinite for a score of 1000.
2. Take a number m out of a row: mean(exp(z)) = exp(m) · mean(exp(z − m)), whatever m is.
3. The logarithm of the product: m + log mean(exp(z − m)). With the row's own largest score as m no exponent is above 0.
4. `keepdims=True` keeps m as a column (N, 1), so that each row loses its own m:

```python
Z = np.array([[0.0, 0.0], [1000.0, 1000.0], [-5000.0, -5001.0]])
m = Z.max(axis=1, keepdims=True)  # (N, 1)
print(m[:, 0] + np.log(np.exp(Z - m).mean(axis=1)))  # [0. 1000. -5000.37988549]
```

The same step decides over the gradient: m drops out of it, because what is added before is taken away after.
"""


class Softmax(Implementation):
    """Write ``softmax(Z (N, K))``, ``cross_entropy(Z, y (N,))`` and ``softmax_ce_grad(Z, y)``, its gradient by Z."""

    id = "softmax"
    hints = (
        "Over which axis of Z must the probabilities add up to 1? What does keepdims=True do there?",
        "What changes in softmax if the same number is taken away from all scores of a row?",
        "log(softmax) can be written without a division. What is the logarithm of a quotient?",
        "In the gradient: which entry of each row is special, and over what does the mean run?",
    )
    worked = WORKED
    misconceptions = (
        *(PR1, PR2, PR3, PR4, PR5, PR6, PR7, LX1, LX2, LX3, LX4, LX5, LX6, LX7, LX8, LX9),
        *(LX10, LX11, LX12, LX13, LX14, LX15, LX16, LX17, LX18),
        *(LX19, LX20, LX21, LX22, LX23, LX24, LX25, LX26, LX27, LX28),
        *(LL1, LL4, LL5, LL6, LL7, LL9, LL14, LL15, LL17, LL18, LL22, GR1, GR3, GR4),
    )

    def cases(self) -> Sequence[Case]:
        """Return small scores, shifted ones, rows far apart, a very wrong one, two classes and one example."""
        return _of_each_part(_cases(np.random.default_rng([5, 0]), (5, 3), far=3000.0))

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other numbers."""
        rng = np.random.default_rng([5, seed])
        return _of_each_part(_cases(rng, (6, 4), far=float(rng.integers(800, 9000))))

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
        ways = told(ways, batch)
        near = None if batch.large else partial(_near, name, Z, y)
        case.compare(name, bare_number(given) if right.ndim == 0 else given, right, ways, near=near)


def _near(name: str, Z: torch.Tensor, y: torch.Tensor) -> Iterator[tuple[Misconception, Any]]:
    """Yield the neighbours of what one of the functions should return."""
    if name == "softmax":
        yield from nearly(recipes.probabilities, Z)
        yield from nearly(recipes.of_a_function, Z)
        return
    for recipe in RECIPES[name]:
        yield from nearly(recipe, Z, y)


RECIPES = {
    "cross_entropy": (recipes.cross_entropy, recipes.of_another_class),
    "softmax_ce_grad": (recipes.score_gradient, recipes.gradient_of_own),
}


def _cases(rng: np.random.Generator, size: tuple[int, int], far: float) -> dict[str, Batch]:
    rows, columns = size
    small, labels = _told_apart(rng.normal(size=size), rng.permutation(rows) % columns)
    apart = small + np.where(np.arange(rows) % 2, 10 * far, -10 * far)[:, None]
    gap = np.array([[far, 0.0, -2.0], [far, far - 1.0, -far], [1.0, far, 0.5]])  # two that are nearly as large, too
    two = rng.normal(size=(3, 2)).astype(np.float32)
    return {
        "a few small scores": Batch(small, labels),
        f"the same scores plus {far:g}": Batch(small + far, labels, PR2),
        f"rows of scores near {10 * far:g} and -{10 * far:g}": Batch(apart, labels, LX2),
        f"a score {far:g} above that of the label": Batch(gap, np.array([1, 1, 1]), PR3, large=True),
        "two classes, float32": Batch(two, np.array([1, 0, 1], dtype=np.int32)),
        "one example": Batch(rng.normal(size=(1, 5)), np.array([3])),
    }


def _told_apart(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch whose median and largest loss are neither the first nor the last: a loop may end with those."""
    for _ in labels:
        losses = F.cross_entropy(torch.tensor(scores), torch.tensor(labels), reduction="none").numpy()
        if not np.isin([np.median(losses), losses.max()], losses[[0, -1]]).any():
            break
        scores, labels = np.roll(scores, 1, axis=0), np.roll(labels, 1)
    return scores, labels


def _of_each_part(batches: dict[str, Batch]) -> list[Case]:
    return [Case(label, batch, part) for part in WAYS_OF for label, batch in batches.items()]


# --- what is right, and for each wrong way a function that computes its result, of scores Z (N, K) and labels y (N,)


def softmax_ways(Z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Ways]:
    """Return the right probabilities, and the wrong ones."""
    powers = Z.exp()
    lowered = (Z - Z.amax(1, keepdim=True)).exp()
    return torch.softmax(Z, 1), {
        PR1: lambda: [torch.softmax(Z, 0), lowered / lowered.sum(0)],
        LX20: lambda: _share((Z - Z.amax(0)).exp()),
        LX7: lambda: [torch.softmax(Z.flatten(), 0).reshape(Z.shape), lowered / lowered.sum()],
        LX1: lambda: [powers, lowered],
        LX3: lambda: Z / Z.sum(1, keepdim=True),
        LX6: lambda: torch.sigmoid(Z),
        LX22: lambda: [
            *(_share(2.0 ** (Z - Z.amax(1, keepdim=True))), _share(10.0 ** (Z - Z.amax(1, keepdim=True)))),
            *(_share(one) for one in (Z - Z.amin(1, keepdim=True), Z.abs(), Z**2, Z.clamp(min=0), torch.sigmoid(Z))),
        ],
        LX8: lambda: torch.log_softmax(Z, 1),
        LX9: lambda: F.one_hot(Z.argmax(1), Z.shape[1]),
        LX10: lambda: torch.softmax(-Z, 1),
        LX11: lambda: lowered / lowered.mean(1, keepdim=True),
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
        LL6: lambda: [right / np.log(2), _with_log_to_base(2, Z, y)],
        LL9: lambda: [right / np.log(10), _with_log_to_base(10, Z, y)],
        LL4: lambda: _clipped(logs.exp(), y),
        LL7: lambda: _without_infinite_ones(logs.exp(), y),
        LL14: lambda: [] if len(Z) == 1 else [each[0], each[-1], each[0] / len(Z), each[-1] / len(Z)],
        LL15: lambda: [each.sum() / (len(Z) + more) for more in (-1, 1, Z.shape[1] - len(Z)) if len(Z) + more > 0],
        LL17: lambda: unless_at_an_end(np.median(each.numpy()), each),
        LL22: lambda: unless_at_an_end(each.max(), each),
        LL18: lambda: _of_margins(Z, y),
        LX12: lambda: [
            sign * (own + one).mean() for own in (_own(logs, y).exp(),) for sign, one in ((-1, 0), (1, -1), (-1, -1))
        ],
        LX13: lambda: [-_own(Z, y).mean(), Z.logsumexp(1).mean(), -_own(Z - Z.amax(1, keepdim=True), y).mean()],
        LX14: lambda: [share * F.mse_loss(logs.exp(), F.one_hot(y, Z.shape[1]).double()) for share in (1, Z.shape[1])],
        LX16: lambda: [
            share * one
            for one in (
                _binary(logs.exp(), y),
                F.binary_cross_entropy_with_logits(Z, F.one_hot(y, Z.shape[1]).double()),
            )
            for share in (1, Z.shape[1])
        ],
        LX23: lambda: [F.cross_entropy(Z, y, label_smoothing=soft) for soft in SOFT],
        LX24: lambda: -(logs.exp() * logs).sum(1).mean(),
        LX25: lambda: [F.cross_entropy(Z, (y + more) % Z.shape[1]) for more in (-1, 1)],
        LX26: lambda: F.cross_entropy(Z, Z.argmax(1)),
        LX28: lambda: [right + sign * Z.amax(1).mean() for sign in (-1, 1)],
    }


def _of_margins(Z: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Return what hinges make of the margins between the label's score and the others."""
    margins, others = _own(Z, y)[:, None] - Z, 1 - F.one_hot(y, Z.shape[1])
    of_all = [(one * others).sum(1).mean() for one in hinges(margins)]
    largest = [(one * others).amax(1).mean() for one in hinges(margins)]
    return [*of_all, *largest, *(one / Z.shape[1] for one in of_all)]


def _with_log_to_base(base: int, Z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean loss where the sum of exponentials goes through a logarithm to another base."""
    lowered = Z - Z.amax(1, keepdim=True)
    return (lowered.logsumexp(1) / np.log(base) - _own(lowered, y)).mean()


def _own(numbers: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the number (N,) of each example's label."""
    return numbers[range(len(y)), y]


def _share(powers: torch.Tensor) -> torch.Tensor:
    return powers / powers.sum(1, keepdim=True)


def _clipped(p: torch.Tensor, y: torch.Tensor) -> list[float]:
    own, small = _own(p, y), torch.tensor(EPSILONS, dtype=torch.float64)[:, None]
    return [loss for one in (own + small, torch.maximum(own, small)) for loss in (-one.log().mean(dim=1)).tolist()]


def _without_infinite_ones(p: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    logs = _own(p, y).log()
    finite = logs[logs.isfinite()]
    left = [-finite.mean(), -finite.sum() / len(y)] if len(finite) else []
    return [*left, -logs.nan_to_num().mean(), -logs.nan_to_num(neginf=0.0).mean()]


def _binary(p: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.binary_cross_entropy(p, F.one_hot(y, p.shape[1]).double())


def gradient_ways(Z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Ways]:
    """Return the right gradient of the loss by Z, and the wrong ones."""
    with torch.enable_grad():  # a notebook may have switched it off
        scores = Z.clone().requires_grad_()
        (right,) = torch.autograd.grad(F.cross_entropy(scores, y), scores)
    rows, columns = Z.shape
    p, one_hot = torch.softmax(Z, 1), F.one_hot(y, columns)
    return right, {
        GR1: lambda: -right,
        GR3: lambda: right * rows,
        LX4: lambda: [right / columns, right * rows / columns],
        PR6: lambda: [
            one / share
            for one in (p - y[:, None], p - (torch.arange(columns) == y[:, None]).any(0).double(), p - 1)
            for share in (1, rows)
        ],
        LX5: lambda: [p, p / rows],
        LX21: lambda: [one / share for one in (p + one_hot, torch.where(one_hot > 0, -1.0, p)) for share in (1, rows)],
        PR1: lambda: [torch.softmax(Z, 0) - one_hot, (torch.softmax(Z, 0) - one_hot) / rows],
        GR4: lambda: right.T,
        LX14: lambda: [share * p * (p - one_hot) * (1 - p) for share in (1, 1 / rows, 2 / rows, 2)],
        LX17: lambda: [share * (p - 1) * one_hot for share in (1, 1 / rows)],
        LX18: lambda: [share * p * (1 - p) for share in (1, 1 / rows)],
        LX19: lambda: [share * (Z - one_hot) for share in (1, 1 / rows)],
        LX15: lambda: [right.sum(0), right.sum(0) / rows, rows * right.sum(0)] if rows > 1 else [],
        LX23: lambda: [(p - (1 - soft) * one_hot - soft / columns) / share for soft in SOFT for share in (1, rows)],
        LX25: lambda: [(p - F.one_hot((y + more) % columns, columns)) / rows for more in (-1, 1)],
        LX26: lambda: [(p - F.one_hot(Z.argmax(1), columns)) / share for share in (1, rows)],
        LX27: lambda: [-one_hot / p / share for share in (1, rows)],
        LX16: lambda: [share * (torch.sigmoid(Z) - one_hot) for share in (1, 1 / rows, 1 / Z.numel())],
    }


WAYS_OF = {"softmax": softmax_ways, "cross_entropy": cross_entropy_ways, "softmax_ce_grad": gradient_ways}
