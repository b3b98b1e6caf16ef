"""Exercise 1.10: one pass through the examples in small batches, a step against the gradient after each.

What the prompt says, and what tries it:

- batches in the order given, the last one shorter → 7 examples in batches of 3
- one example at a time; a batch of all; a size above N → further cases
- x, y and order stay as they are → `Case.call`
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.answers import kind
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.labs.neurons import recipes
from course_utils.labs.neurons.dense_layer import tensors
from course_utils.labs.neurons.headings import BATCHES

MB1 = Misconception(
    "MB1",
    "last short batch left out",
    "Here the examples that do not fill a batch are left out. How many batches does the loop make of 7 by 3?",
    BATCHES,
)
MB2 = Misconception(
    "MB2",
    "order not used",
    "This takes the examples as they lie in memory. Which argument says who comes first?",
    BATCHES,
)
MB3 = Misconception(
    "MB3",
    "sum over the batch instead of its mean",
    "This step grows with the batch. Does the M in MSE stand for all, for the batch, or for nothing here?",
    BATCHES,
)
MB4 = Misconception(
    "MB4",
    "divided by another number than the batch's own",
    "This divides by all examples, or by `size` where the batch is shorter. How many errors does this batch average?",
    BATCHES,
)
MB5 = Misconception(
    "MB5",
    "all gradients taken at the first line",
    "Each of these steps starts from the line of the beginning. Where does the walk stand when the next batch comes?",
    BATCHES,
)
MB6 = Misconception(
    "MB6",
    "one step with all examples",
    "This is one step with all examples. How many steps does one pass take in batches?",
    BATCHES,
)
MB7 = Misconception(
    "MB7",
    "first or last batch alone",
    "Not every batch has moved this line. Where does your return stand, and where does your loop begin?",
    BATCHES,
)
MB8 = Misconception(
    "MB8",
    "size not used",
    "This takes a step after each example. After how many does the task want one?",
    BATCHES,
)
MB9 = Misconception(
    "MB9",
    "batches that overlap",
    "These batches share examples. By how many places does the start of a batch move?",
    BATCHES,
)
MB10 = Misconception(
    "MB10",
    "step uphill",
    "This walks along the gradient. Does the loss fall in that direction?",
    BATCHES,
)
MB11 = Misconception(
    "MB11",
    "factor of the step",
    "The direction is right, the length is not: half, double, or without the rate. What are the factors of a step?",
    BATCHES,
)
MB12 = Misconception(
    "MB12",
    "b's gradient taken after w has moved",
    "Here w has moved before b's gradient was taken. At which line do both gradients of a step belong?",
    BATCHES,
)
MB13 = Misconception(
    "MB13",
    "w and b exchanged",
    "These are w and b in the other order, or each has taken the other's gradient. Which comes first?",
    BATCHES,
)
MB14 = Misconception(
    "MB14",
    "x reordered without y",
    "Inputs and targets have lost each other here. What does the order have to be applied to?",
    BATCHES,
)
MB15 = Misconception(
    "MB15",
    "a parameter that does not move",
    "One of the two has stayed where it was. How many parameters does a step move?",
    BATCHES,
)

MB27 = Misconception(
    "MB27",
    "order of one's own",
    "The examples come in another order than `order` says. Is it sorted, turned round or applied twice on the way?",
    BATCHES,
)
MB28 = Misconception(
    "MB28",
    "batches of another length",
    "Your batches are one too long or one too short, or share an example. Where does a slice end, and where "
    "does the next begin?",
    BATCHES,
)
MB29 = Misconception(
    "MB29",
    "parts of equal length in place of full batches",
    "The examples are cut into parts of nearly equal length here. How long is each batch but the last?",
    BATCHES,
)
MB16 = Misconception(
    "MB16",
    "gradient of w without the input, or of something else",
    "The step of w is not its gradient's. If w grows by 1, how far does the prediction move where x is 4?",
    BATCHES,
)


class Pass(NamedTuple):
    """One pass: examples x, y (N,), a line w·x + b to begin with, a rate, the order (N,) and the size of a batch."""

    x: np.ndarray
    y: np.ndarray
    w: float
    b: float
    rate: float
    order: np.ndarray
    size: int


def batches(order: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Cut an order into batches; the last may be shorter."""
    for start in range(0, len(order), size):
        yield order[start : start + size]


def torch_epoch(one: Pass) -> np.ndarray:
    """Ask PyTorch for w and b after the pass; to make an optimiser takes seconds in a fresh process."""
    params = torch.tensor([one.w, one.b], dtype=torch.float64, requires_grad=True)
    x, y = tensors(one.x, one.y)
    with torch.enable_grad():  # a notebook may have switched it off
        for batch in batches(one.order, one.size):
            chosen = torch.as_tensor(batch)
            loss = F.mse_loss(params[0] * x[chosen] + params[1], y[chosen])
            (slope,) = torch.autograd.grad(loss, params)
            params = (params - one.rate * slope).detach().requires_grad_(True)
    return params.detach().numpy()


def random_pass(seed: int, number: int, size: int) -> Pass:
    """Draw a pass through so many examples."""
    rng = np.random.default_rng([seed, number, size])
    x = np.round(rng.normal(0, 1.5, size=number), 1)
    y = np.round(2 - x + rng.normal(0, 2, size=number), 1)
    return Pass(x, y, round(float(rng.normal()), 1), round(float(rng.normal()), 1), 0.05, rng.permutation(number), size)


PUBLIC = ((7, 3), (5, 1), (6, 2), (4, 9))
HIDDEN = ((11, 4), (8, 4), (9, 1), (6, 6), (5, 20), (13, 5))


class SgdEpoch(Implementation):
    """Write ``sgd_epoch(x, y, w, b, lr, order, size)``: w and b after one pass in batches."""

    id = "sgd-epoch"
    hints = (
        "Which positions of `order` belong to the first batch, and which to the second? A slice may run over the end.",
        "x[batch] and y[batch] are the examples of one batch. What do you do with them that you did with all of them?",
        "Both gradients are taken at the line as it is now. When may w take its new value?",
    )
    worked = """
    A model with one number: every prediction is c, and L is the mean squared error. y = (4, 0, 2), c = 1, rate 0.25,
    order (2, 0, 1), batches of 2.

    1. The first batch holds the examples 2 and 0: y = (2, 4). The errors c − y are −1 and −3, their mean is −2.
    2. The slope is twice that, −4. A step against it: c = 1 + 0.25 · 4 = 2.
    3. What is left, the example 1, is a batch by itself: the error is 2 − 0 = 2, the slope 4, so c = 2 − 1 = 1.
    4. The second step began where the first one ended. With all three at once there would have been one step.

    ```python
    for start in range(0, 3, 2):
        some = y[order[start : start + 2]]
        c = c - rate * 2 * (c - some).mean()
    ```
    """
    misconceptions = (
        *(MB1, MB2, MB3, MB4, MB5, MB6, MB7, MB8, MB9, MB10, MB11),
        *(MB12, MB13, MB14, MB15, MB16, MB27, MB28, MB29),
    )
    names_explain_all = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return passes with a short last batch, with one example at a time, without a rest, in a batch of all."""
        return [_case(1, *sizes) for sizes in PUBLIC]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return others."""
        return [_case(seed, *sizes) for sizes in HIDDEN]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with steps along PyTorch's gradients."""
        one: Pass = case.data
        given = case.call(answer, "sgd_epoch", one.x, one.y, one.w, one.b, one.rate, one.order, one.size)
        pair = case.array(given, "What sgd_epoch returns")
        if pair.size != 2:
            raise case.always(f"sgd_epoch should return two numbers, w and b, not {kind(given)}.")
        near = partial(nearly, recipes.epoch, one.x, one.y, one.w, one.b, one.rate, one.order, one.size)
        case.compare("sgd_epoch", pair.reshape(2), torch_epoch(one), wrong_passes(one), near=near)


def _case(seed: int, number: int, size: int) -> Case:
    return Case(f"{number} examples, size = {size}", random_pass(seed, number, size))


# --- wrong ways


def _slopes(one: Pass, batch: np.ndarray, line: np.ndarray, targets: np.ndarray | None = None) -> np.ndarray:
    """Return the slopes of a batch's MSE by w and b at a line."""
    errors = line[0] * one.x[batch] + line[1] - one.y[batch if targets is None else targets]
    return np.array([2 * np.mean(errors * one.x[batch]), 2 * np.mean(errors)])


def _walk(one: Pass, some: Sequence[np.ndarray], step: Callable[..., np.ndarray] | None = None) -> np.ndarray:
    """Take a step after each batch; ``step`` knows batch and line, and returns what is taken off."""
    line = np.array([one.w, one.b])
    for batch in some:
        line = line - one.rate * (step(batch, line) if step else _slopes(one, batch, line))
    return line


def _late(one: Pass, batch: np.ndarray, line: np.ndarray, first: int) -> np.ndarray:
    """Return slopes of which one is taken after the other parameter has moved."""
    slopes = _slopes(one, batch, line)
    moved = line.copy()
    moved[first] -= one.rate * slopes[first]
    slopes[1 - first] = _slopes(one, batch, moved)[1 - first]
    return slopes


def _odd_slopes(one: Pass, batch: np.ndarray, line: np.ndarray) -> list[np.ndarray]:
    """Return slopes whose first is another quantity: of the errors alone, of their squares, of means multiplied."""
    errors, right = line[0] * one.x[batch] + line[1] - one.y[batch], _slopes(one, batch, line)
    firsts = (2 * errors.mean(), 2 * errors.mean() * one.x[batch].mean(), 2 * np.mean(errors * line[0]))
    return [np.array([first, right[1]]) for first in firsts]


def wrong_passes(one: Pass) -> Ways:
    """For each wrong pass, a function that computes it."""
    some, N = list(batches(one.order, one.size)), len(one.order)
    start = np.array([one.w, one.b])
    right = _walk(one, some)
    stepwise = range(N - one.size + 1) if one.size < N else range(N)

    def scaled(factor: Callable[[int], float]) -> np.ndarray:
        return _walk(one, some, lambda batch, line: factor(len(batch)) * _slopes(one, batch, line))

    def only(place: int) -> np.ndarray:
        mask = np.eye(2)[place]
        return _walk(one, some, lambda batch, line: mask * _slopes(one, batch, line))

    return {
        MB1: lambda: _walk(one, [batch for batch in some if len(batch) == one.size]),
        MB2: lambda: _walk(one, list(batches(np.arange(N), one.size))),
        MB3: lambda: [scaled(lambda size: size), scaled(lambda size: size / 2)],
        MB4: lambda: [scaled(lambda size: size / N), scaled(lambda size: size / one.size)],
        MB5: lambda: _walk(one, some, lambda batch, _: _slopes(one, batch, start)),
        MB6: lambda: _walk(one, [one.order]),
        MB7: lambda: [_walk(one, some[:1]), _walk(one, some[-1:]), _walk(one, some[1:])],
        MB8: lambda: _walk(one, list(batches(one.order, 1))),
        MB9: lambda: [
            _walk(one, [one.order[begin : begin + one.size] for begin in stepwise]),
            _walk(one, [one.order[begin : begin + one.size] for begin in range(N)]),
        ],
        MB27: lambda: (
            [
                _walk(one, list(batches(order, one.size)))
                for order in (np.argsort(one.order), one.order[one.order], one.order[::-1], np.sort(one.order)[::-1])
            ]
            + [_walk(one, some[::-1])]
        ),
        MB28: lambda: (
            [
                _walk(one, [one.order[begin : begin + one.size + more] for begin in range(0, N, one.size)])
                for more in ((1, -1) if one.size > 1 else (1,))
            ]
            + [_walk(one, list(batches(one.order, one.size + more))) for more in ((1, -1) if one.size > 1 else (1,))]
        ),
        MB29: lambda: [
            _walk(one, [part for part in np.array_split(one.order, count) if len(part)])
            for count in {one.size, -(-N // one.size), max(1, N // one.size)}
        ],
        MB10: lambda: scaled(lambda _: -1),
        MB11: lambda: [
            scaled(lambda _: 1 / 2),
            scaled(lambda _: 2),
            scaled(lambda _: 1 / one.rate),
            scaled(lambda _: 1 / one.rate**2),
        ],
        MB12: lambda: [_walk(one, some, lambda batch, line, f=f: _late(one, batch, line, f)) for f in (0, 1)],
        MB13: lambda: [right[::-1], _walk(one, some, lambda batch, line: _slopes(one, batch, line)[::-1])],
        MB14: lambda: [
            _walk(one, some, lambda batch, line: _slopes(one, batch, line, np.sort(batch))),
            _aside(one, some),
        ],
        MB15: lambda: [only(0), only(1), start],
        MB16: lambda: [_walk(one, some, lambda batch, line, n=n: _odd_slopes(one, batch, line)[n]) for n in range(3)],
    }


def _aside(one: Pass, some: Sequence[np.ndarray]) -> np.ndarray:
    """Walk with inputs in the order given, and targets as they lie."""
    places = list(batches(np.arange(len(one.order)), one.size))
    line = np.array([one.w, one.b])
    for batch, place in zip(some, places, strict=True):
        line = line - one.rate * _slopes(one, batch, line, place)
    return line
