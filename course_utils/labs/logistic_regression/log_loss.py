"""Exercise 4.2: the log-loss from scores, safe for large ones. What is right is PyTorch's own, in float64.

| claim of the prompt | case |
|---|---|
| the mean as one number | every case; batches of other sizes, one example |
| labels 0 or 1, as whole numbers or floats | labels as whole numbers; one example in float32; all labels 1 |
| right for scores such as 1000 and -1000 | a very wrong score; huge scores |
| ready-made losses may not be used | SHORTCUTS |
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

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
from course_utils.labs.logistic_regression.headings import LOG_LOSS
from course_utils.labs.logistic_regression.returned import bare_number

SHORTCUTS = (  # in the names of library functions
    *("cross_entropy", "softmax", "nll_loss", "soft_margin"),
    *("log_sigmoid", "logsigmoid", "log_expit", "logsumexp", "log_loss"),
)
BOUNDS = (1, 2, 5, 10, 15, 20, 25, 30, 35, 36, 40, 50, 80, 88, 100, 200, 500, 700, 709)  # usual ones
EPSILONS = [*(10.0**-power for power in range(1, 301)), *(np.finfo(kind).eps for kind in (np.float32, np.float64))]
WEIGHTS = {0.25, 0.5, 2.0, 3.0, 4.0, 5.0, 10.0}  # usual ones of a label whose examples count more, or less
SHARES = (0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9)  # of one of two labels, as weights

PR2 = shared.PR2.in_lab(
    LOG_LOSS, "There is nan or inf in this answer. Which exponent is large here, and how could it be avoided?"
)
PR3 = Misconception(
    "PR3",
    "logarithm of zero",
    "This takes the logarithm of 0. Can the loss be written without computing the probability first?",
    LOG_LOSS,
)
PR7 = Misconception(
    "PR7",
    "logarithm or division of a number that it does not take",
    "There is nan or inf already where nothing is large. Of what does your function take a logarithm, a root or a "
    "quotient, and can that be 0 or below?",
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
    "All very wrong scores cost the same here, because the probability was kept away from 0. How should the loss grow "
    "with the score?",
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
LL25 = Misconception(
    "LL25",
    "scores or losses cut off at a bound",
    "Beyond some score the loss grows no more here. Are your scores, or your losses, cut off? Is that asked for?",
    LOG_LOSS,
)
LL7 = Misconception(
    "LL7",
    "infinite or missing losses replaced or left out",
    "An infinite loss was replaced or left out of the mean. What does this wrong and sure example truly cost?",
    LOG_LOSS,
)
LL8 = Misconception(
    "LL8",
    "every score paired with every label",
    "Here every score meets every label, as (N,) and (N, 1) do together. Which label belongs to which score?",
    LOG_LOSS,
)
LL9 = Misconception(
    "LL9",
    "logarithm of base 10 in the loss",
    "This logarithm has the base 10. Which logarithm goes with exp?",
    LOG_LOSS,
)
LL10 = Misconception(
    "LL10",
    "distance or squared error in place of the log-loss",
    "This is the distance of p from the label, or its square. What takes their place in the log-loss?",
    LOG_LOSS,
)
LL11 = Misconception(
    "LL11",
    "labels not used",
    "This treats all examples as if they had one and the same label. Where does y come in?",
    LOG_LOSS,
)
LL12 = Misconception(
    "LL12",
    "a part of the safe formula with another sign, or left out",
    "Part of the safe formula is missing or has another sign. What does it give for the score 0, and what is log 2?",
    LOG_LOSS,
)
LL13 = Misconception(
    "LL13",
    "labels taken for -1 and 1",
    "This formula is made for the labels -1 and 1. What does it give here for the label 0?",
    LOG_LOSS,
)
LL14 = Misconception(
    "LL14",
    "one example only",
    "This is the loss of a single example. Where does return stand, and what happens to the other examples?",
    LOG_LOSS,
)
LL15 = Misconception(
    "LL15",
    "divided by another number than that of the examples",
    "The sum of the losses is divided by another number than that of the examples. How many of them are there?",
    LOG_LOSS,
)
LL16 = Misconception(
    "LL16",
    "averaged over the examples of one label",
    "This is the mean over the examples of one label alone. How many examples are there, and what does each add?",
    LOG_LOSS,
)
LL17 = Misconception(
    "LL17",
    "median of the losses",
    "This is the median of the losses. Of five losses, how many have a say in it, and how many in a mean?",
    LOG_LOSS,
)
LL18 = Misconception(
    "LL18",
    "hinge loss",
    "This is a hinge, max(0, 1 - margin), which is satisfied with a margin of 1. When is the log-loss satisfied?",
    LOG_LOSS,
)
LL19 = Misconception(
    "LL19",
    "both labels weigh the same",
    "This is the mean of two means, one for each label, however many examples each has. What counts here: labels, or "
    "examples?",
    LOG_LOSS,
)
LL20 = Misconception(
    "LL20",
    "labels made softer",
    "The labels are not 0 and 1 any more here, but a little between them. Is that asked for?",
    LOG_LOSS,
)
LL21 = Misconception(
    "LL21",
    "the model's own probabilities in place of the labels",
    "This is how unsure the model is of itself: p stands where the label should. Which of the two knows what was true?",
    LOG_LOSS,
)
LL22 = Misconception(
    "LL22",
    "the largest loss alone",
    "This is the largest of the losses. How large would the answer be if all the other examples were right?",
    LOG_LOSS,
)
LL23 = Misconception(
    "LL23",
    "examples of one label count more",
    "Examples of one label weigh more here than those of the other. Which weights does the task name?",
    LOG_LOSS,
)
LL24 = Misconception(
    "LL24",
    "focal loss",
    "This is a focal loss: sure and right examples count less in it. Which weight has an example in the log-loss?",
    LOG_LOSS,
)
LL26 = Misconception(
    "LL26",
    "another loss of the margin",
    "This is another loss: the exponential of a margin, or the share of wrong answers. Which function of the "
    "probability is averaged in the log-loss?",
    LOG_LOSS,
)
LL27 = Misconception(
    "LL27",
    "one softmax over the batch",
    "Here the scores of different examples share one softmax. On which numbers does the probability of one "
    "example depend?",
    LOG_LOSS,
)


class Batch(NamedTuple):
    """Scores and labels to try, and which wrong way gives nan or inf there.

    ``large`` where only ways that small scores hide can be a learner's: small scores are tried first. Where none is
    large no exponential can overflow.
    """

    scores: np.ndarray
    labels: np.ndarray
    if_infinite: Misconception = PR7
    large: bool = False


WORKED = """
Another loss that has to be safe: log cosh(a), for a of any size. cosh(a) is (exp(a) + exp(−a)) / 2.

1. As it stands, a = 1000 gives exp(1000): infinite, although the true value is about 1000 − log 2.
2. Take the larger exponential out: exp(a) + exp(−a) = exp(|a|) · (1 + exp(−2|a|)).
3. The logarithm of a product is a sum: log cosh(a) = |a| + log(1 + exp(−2|a|)) − log 2.
4. What is left of the exponent is never positive, so that nothing overflows; `np.log1p(x)` is log(1 + x), exact for
   tiny x.

```python
a = np.array([0.0, 1.0, -1000.0])
log_cosh = np.abs(a) + np.log1p(np.exp(-2 * np.abs(a))) - np.log(2)
print(log_cosh.tolist())  # 0.0, 0.434, 999.307
```
"""


class LogLoss(Implementation):
    """Write ``bce_with_logits(z (N,), y (N,)) -> float``, the mean over the batch."""

    id = "log-loss"
    hints = (
        "Write the loss of one example with label 1 as a function of its score. What is it for a very large score?",
        "Which number with a large exponent could be infinite? Can you bring it to a form with exp(-|z|)?",
        "NumPy has a function for log(exp(a) + exp(b)) that never overflows. Look up np.logaddexp: which a and b?",
    )
    worked = WORKED
    misconceptions = (
        *(PR2, PR3, PR4, PR5, PR7, LL1, LL2, LL3, LL4, LL5, LL6, LL7),
        *(LL8, LL9, LL10, LL11, LL12, LL13, LL14, LL15, LL16, LL17, LL18),
        *(LL19, LL20, LL21, LL22, LL23, LL24, LL25, LL26, LL27),
    )

    def cases(self) -> Sequence[Case]:
        """Return small scores, a very wrong one, huge ones, whole labels, one example, and a batch of one label."""
        return _cases(np.random.default_rng([4, 0]), (5, 3), large=1000.0, wrong=40.0)

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other numbers."""
        rng = np.random.default_rng([4, seed])
        large, wrong = float(rng.integers(900, 9000)), float(rng.integers(38, 60))
        return _cases(rng, (9, 5), large, wrong)

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with PyTorch; its own losses are refused."""
        batch: Batch = case.data
        with no_shortcuts(*SHORTCUTS):
            given = case.call(answer, "bce_with_logits", batch.scores, batch.labels)
        loss = case.array(given, "What bce_with_logits returns")
        if not np.isfinite(loss).all():
            raise case.wrong("bce_with_logits", batch.if_infinite)
        z, y = (torch.tensor(array, dtype=torch.float64) for array in batch[:2])
        right, ways = loss_ways(z, y)
        case.compare("bce_with_logits", bare_number(loss), right, told(ways, batch), near=partial(_near, z, y))


def _near(z: torch.Tensor, y: torch.Tensor) -> Iterator[tuple[Misconception, Any]]:
    """Yield the neighbours of three forms of the loss."""
    for recipe in (recipes.log_loss, recipes.safe_loss, recipes.loss_of_margins):
        yield from nearly(recipe, z, y)


def told(ways: Ways, batch: Batch) -> Ways:
    """Return the ways that are told of a batch: of a large one those that small scores do not show."""
    return {way: compute for way, compute in ways.items() if not batch.large or way in (LL4, LL7, LL25)}


def _cases(rng: np.random.Generator, sizes: tuple[int, int], large: float, wrong: float) -> list[Case]:
    more, fewer = sizes
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    very_wrong = Batch(np.array([wrong, -1.5, 2.0]), np.array([0.0, 1.0, 1.0]), PR3, large=True)
    huge = Batch(signs * large, np.array([1.0, 0.0, 0.0, 1.0]), PR2, large=True)
    one = rng.normal(size=1).astype(np.float32)
    return [
        Case("a few small scores", _told_apart(rng.normal(size=more), (np.arange(more) % 2).astype(float))),
        Case(f"a score of {wrong:g} and the label 0", very_wrong),
        Case(f"scores of {large:g} and -{large:g}", huge),
        Case("labels as whole numbers", Batch(rng.normal(size=fewer), np.arange(fewer) % 2)),
        Case("one example in float32", Batch(one, np.array([0], dtype=np.float32))),
        Case("all labels 1", Batch(3 * rng.normal(size=more), np.ones(more))),
    ]


def _told_apart(scores: np.ndarray, labels: np.ndarray) -> Batch:
    """Return a batch whose median and largest loss are neither the first nor the last: a loop may end with those."""
    for _ in scores:
        losses = np.logaddexp(0, scores) - labels * scores
        if not np.isin([np.median(losses), losses.max()], losses[[0, -1]]).any():
            break
        scores, labels = np.roll(scores, 1), np.roll(labels, 1)
    return Batch(scores, labels)


def loss_ways(z: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Ways]:
    """Return the right loss of scores z (N,) and labels y (N,), and for each wrong way a function of the wrong one."""
    loss = F.binary_cross_entropy_with_logits
    right, each = loss(z, y), loss(z, y, reduction="none")
    return right, {
        PR4: lambda: [-right, -each.sum(), -each],
        LL5: lambda: each,
        LL1: lambda: each.sum(),
        LL2: lambda: [(y * each).mean(), ((1 - y) * each).mean()],
        LL16: lambda: [each[y == label].mean() for label in (0, 1) if 0 < (y == label).sum() < len(y)],
        LL3: lambda: loss(z, 1 - y),
        PR5: lambda: loss(torch.sigmoid(z), y),
        LL6: lambda: right / np.log(2),
        LL9: lambda: right / np.log(10),
        LL4: lambda: _clipped(z, y),
        LL25: lambda: [
            *(loss(z.clamp(-bound, bound), y) for bound in BOUNDS),
            *(each.clamp(max=bound).mean() for bound in BOUNDS),
        ],
        LL7: lambda: _without_infinite_ones(z, y),
        LL8: lambda: _every_pair(z, y),
        LL10: lambda: [(torch.sigmoid(z) - y).abs().mean(), F.mse_loss(torch.sigmoid(z), y)],
        LL11: lambda: [loss(z, 0 * y), loss(z, 0 * y + 1)],
        LL12: lambda: _with_a_slip(z, y),
        LL13: lambda: F.softplus(-y * z).mean(),
        LL14: lambda: [] if len(z) == 1 else [each[0], each[-1], each[0] / len(z), each[-1] / len(z)],
        LL15: lambda: [each.sum() / (len(z) - 1), each.sum() / (len(z) + 1)],
        LL17: lambda: unless_at_an_end(np.median(each.numpy()), each),
        LL22: lambda: unless_at_an_end(each.max(), each),
        LL19: lambda: _of_both(each, y),
        LL20: lambda: [loss(z, y * (1 - soft) + soft / 2) for soft in (0.01, 0.02, 0.05, 0.1, 0.2)],
        LL23: lambda: _weighted(each, y),
        LL24: lambda: _focal(each, y),
        LL26: lambda: [
            torch.exp((1 - 2 * y) * z).mean(),
            *(((z > at) != (y > 0.5)).double().mean() for at in (0, 0.5)),
        ],
        LL27: lambda: _of_the_batch(z, y),
        LL21: lambda: loss(z, torch.sigmoid(z)),
        LL18: lambda: [one.mean() for margin in ((2 * y - 1) * z, y * z) for one in hinges(margin)],
    }


def _of_the_batch(z: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Return the loss with probabilities that add up to 1 over the batch."""
    p = torch.softmax(z, 0)
    return [F.binary_cross_entropy(p, y), -(y * p.log()).mean(), -(y * p.log()).sum()] if len(z) > 1 else []


def _of_both(each: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Return the mean of the labels' means, where they have not as many examples."""
    yes, no = each[y == 1], each[y == 0]
    return [(yes.mean() + no.mean()) / 2] if len(yes) and len(no) and len(yes) != len(no) else []


def _weighted(each: torch.Tensor, y: torch.Tensor) -> list[float]:
    """Return the mean of losses that are multiplied by a usual weight of their label, where both labels are there."""
    yes, no = float((y * each).mean()), float(((1 - y) * each).mean())
    ones = float(y.mean())
    if not 0 < ones < 1:
        return []
    weights = WEIGHTS | {(1 - ones) / ones, ones / (1 - ones)} - {1.0}
    shares = {*SHARES, ones, 1 - ones} - {0.5}  # one half for both is another slip
    pairs = [*((one, 1) for one in weights), *((1, one) for one in weights), *((one, 1 - one) for one in shares)]
    return [of_yes * yes + of_no * no for of_yes, of_no in pairs]


def _focal(each: torch.Tensor, y: torch.Tensor) -> list[float]:
    """Return the mean of losses that are multiplied by a power of what is missing to 1, and by a share or not."""
    missing = 1 - torch.exp(-each)
    found = []
    for power in (0.5, 1, 1.5, 2, 3, 4, 5):
        focal = missing**power * each
        shared_out = [(share * y + (1 - share) * (1 - y)) * focal for share in SHARES]
        found += [float(one.mean()) for one in (focal, *shared_out, *(share * focal for share in SHARES))]
    return found


def unless_at_an_end(value: Any, each: torch.Tensor) -> list[float]:
    """Return one of the losses, or what lies between two, unless it is the first or the last: a loop may end there."""
    return [] if float(value) in (float(each[0]), float(each[-1])) else [float(value)]


def hinges(margins: torch.Tensor) -> list[torch.Tensor]:
    """Return the losses that want a margin and no more: the hinge, and its square."""
    below = F.relu(1 - margins)
    return [below, below**2, below**2 / 2]


def _clipped(z: torch.Tensor, y: torch.Tensor) -> list[float]:
    p, small = torch.sigmoid(z), torch.tensor(EPSILONS, dtype=torch.float64)[:, None]  # all at once: there are hundreds
    safe = torch.minimum(torch.maximum(p, small), 1 - small)
    losses = [
        y * safe.log() + (1 - y) * (1 - safe).log(),
        y * (p + small).log() + (1 - y) * (1 - p + small).log(),
        y * torch.maximum(p, small).log() + (1 - y) * torch.maximum(1 - p, small).log(),
    ]
    return [loss for one in losses for loss in (-one.mean(dim=1)).tolist()]


def _without_infinite_ones(z: torch.Tensor, y: torch.Tensor) -> list[Any]:
    """Return what is left of the formula as it stands if what is not finite is replaced or left out."""
    p, given = torch.sigmoid(z), y.bool()
    right_half, naive = torch.where(given, p, 1 - p).log(), y * p.log() + (1 - y) * (1 - p).log()
    found: list[Any] = []
    for each in (right_half, naive):
        finite = each[each.isfinite()]
        found += [-each.nan_to_num().mean(), -finite.sum() / len(z), -each.nan_to_num(neginf=0.0).mean()]
        found += [-finite.mean()] if len(finite) else []
    halves = (y * p.log(), (1 - y) * (1 - p).log())
    return [*found, -sum(half.nan_to_num() for half in halves).mean()]  # type: ignore[union-attr]


def _every_pair(z: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    scores, labels = torch.broadcast_tensors(z[:, None], y[None])
    table = F.binary_cross_entropy_with_logits(scores, labels, reduction="none")
    return [] if len(z) == 1 else [table.mean(), table.sum() / len(z), table.sum(), table, table.T]


def _with_a_slip(z: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    positive, rest = z.clamp(min=0), torch.log1p(torch.exp(-z.abs()))
    slips = [
        *(positive - z * y + torch.log1p(torch.exp(z.abs())), positive - z * y, positive + z * y + rest),
        *(positive - z * y + torch.log1p(torch.exp(-z)), positive - z * y + torch.log1p(torch.exp(z))),
        *(positive - z * y - rest, rest, z - z * y + rest, rest - z * y),
    ]
    return [slip.mean() for slip in slips]
