"""Exercise 1.2: a neuron and a dense layer as functions.

What the prompt says, and what tries it:

- one number for x (D,), w (D,) → NEURONS: D = 1 to 4, negative bias and sum, fractions
- X (N, D), W (K, D), b (K,) give (N, K) → LAYERS and FRACTIONS: a batch of one, one unit, unequal sizes, both signs
  of b
- sizes that do not fit raise ValueError → NEURON_MISFITS, LAYER_MISFITS: x and w, D of X and W, b too short and too
  long
- an array of length 1 among them → the misfits with a 1
- and no other error → ND7: `error_raised` names it
- float32 is a float, too → hidden: the layer in float32
"""

import contextlib
import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.answers import plain, short
from course_utils.judging.cases import Case, Ways
from course_utils.judging.closeness import explain_array
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted
from course_utils.labs.neurons import recipes
from course_utils.labs.neurons.hand_neuron import NE1, NE2, NE3, NE5, NE6, NE7, NE8, NE12, NE13
from course_utils.labs.neurons.headings import LAYER
from course_utils.labs.neurons.network_shapes import DS1, DS2, DS3, ND1

ND4 = Misconception(
    "ND4",
    "accepts sizes that do not fit",
    "The sizes do not fit here, and yet your function answers. Which number has no partner, or is used several times?",
    LAYER,
)
ND5 = Misconception(
    "ND5",
    "one example in a column, and the bias added along the batch",
    "This is W @ X.T: one example in each column. Which axis of it does b meet, and which axis counts the examples?",
    LAYER,
)
ND6 = Misconception(
    "ND6",
    "one number of the bias for all units",
    "All units get the same bias here. How many numbers has b, and to which column of the result does each belong?",
    LAYER,
)
ND7 = Misconception(
    "ND7",
    "raises another error than ValueError",
    "An `assert` raises AssertionError, a wrong index IndexError. Which statement raises the error that is asked for?",
    LAYER,
)
ND8 = Misconception(
    "ND8",
    "returned from inside the loop",
    "This is what the sum is after its first term. How far to the right does your return statement stand?",
    LAYER,
)
ND16 = Misconception(
    "ND16",
    "a part never computed",
    "Some terms or numbers are missing: a loop ends too early, or a line replaces what it should add to. Which one?",
    LAYER,
)
ND17 = Misconception(
    "ND17",
    "an axis of the result lost, or the same everywhere",
    "Units are added up, or one example or unit stands for all. How many numbers belong to one example?",
    LAYER,
)
ND18 = Misconception(
    "ND18",
    "other factors than rows of X with rows of W",
    "These factors do not meet row by row. Which row of X and which row of W make the number at [n, k]?",
    LAYER,
)
ND19 = Misconception(
    "ND19",
    "cut or rounded to whole numbers",
    "What stands behind the point is gone. Where do your numbers become whole?",
    LAYER,
)

Shape = tuple[int, ...]


class OneNeuron(NamedTuple):
    """A neuron to try: x (D,), w (D,), b."""

    x: np.ndarray
    weight: np.ndarray
    bias: float


class Sizes(NamedTuple):
    """Sizes of a dense layer to try: examples, inputs, units."""

    batch: int
    inputs: int
    units: int
    dtype: type = np.float64

    def arrays(self, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw X (N, D), W (K, D), b (K,)."""
        rng = np.random.default_rng([seed, *self[:3]])
        shapes = (self.batch, self.inputs), (self.units, self.inputs), (self.units,)
        X, W, b = (rng.integers(-4, 9, size=shape) if seed == 0 else rng.normal(size=shape) for shape in shapes)
        signs = np.where(np.arange(self.units) % 2 == self.units % 2, -1, 1)
        b = b + signs * 10 * (1 + np.arange(self.units))  # no bias is 0, no two are equal, half of them are negative
        return X.astype(self.dtype), W.astype(self.dtype), b.astype(self.dtype)


class Misfit(NamedTuple):
    """Shapes that do not fit: of x and w, or of X, W and b."""

    shapes: tuple[Shape, ...]


NEURONS = (
    ((1, 2), (3, -1), 10),
    ((2, -3, 1.5), (-1, 2, 0.25), -4.5),
    ((1, 0, 2, 5), (3, 7, -1, 2), 4),
    ((3,), (2,), 5),
)
NEURON_MISFITS = (((2,), (3,)), ((3,), (2,)), ((3,), (1,)), ((1,), (3,)))
HIDDEN_NEURON_MISFITS = (((5,), (1,)), ((1,), (2,)), ((4,), (3,)), ((2,), (4,)))
LAYERS = (Sizes(1, 3, 2), Sizes(2, 3, 1), Sizes(2, 3, 4))
FRACTIONS = Sizes(3, 2, 4)
HIDDEN_LAYERS = (
    Sizes(5, 4, 3),
    Sizes(3, 2, 3),
    Sizes(4, 3, 3),
    Sizes(1, 1, 1),
    Sizes(6, 5, 2, np.float32),
    Sizes(3, 3, 3),
)
LAYER_MISFITS = (
    ((2, 3), (4, 2), (4,)),
    ((2, 3), (4, 3), (3,)),
    ((2, 3), (4, 3), (5,)),
    ((2, 3), (4, 3), (1,)),
    ((2, 1), (4, 3), (4,)),
    ((2, 3), (4, 1), (4,)),
)
HIDDEN_LAYER_MISFITS = (
    ((5, 2), (2, 5), (2,)),
    ((3, 5), (2, 5), (3,)),
    ((3, 2), (2, 2), (4,)),
    ((4, 2), (3, 2), (1,)),
    ((2, 1), (3, 4), (3,)),
    ((3, 2), (4, 1), (4,)),
)


class DenseLayer(Implementation):
    """Write ``linear_neuron(x (D,), w (D,), b)`` and ``dense(X (N, D), W (K, D), b (K,)) -> (N, K)``."""

    id = "dense-layer"
    hints = (
        "What is one number of dense's result: which row of X meets which row of W?",
        "W has one row for each unit, X one row for each example. Which of the two must be turned for @ to fit?",
        "b has K numbers and the result K columns. Which axis does NumPy match when it adds them?",
        "Which of your lines would notice that x and w differ in length? What if one of them has length 1?",
    )
    worked = """
    Another function for a batch: `scale_columns(X, s)` multiplies each column of X (N, D) by its own number of s
    (D,).

    1. One number of the result: row n, column d is `X[n, d] * s[d]`. So s belongs to the *last* axis of X.
    2. NumPy matches shapes from the right: (N, D) times (D,) takes s along the columns, as wanted.
    3. NumPy is too kind to an s of length 1: it uses that number for every column. So compare the sizes first.
    4. Try it with N=2 and D=3, which differ: a result of the shape (2, 3) and `X[1, 2] * s[2]` at [1, 2].

    ```python
    def scale_columns(X, s):
        if s.shape != (X.shape[1],):
            raise ValueError(f"{s.shape} should be one number a column")
        return X * s  # (N, D)
    ```
    """
    misconceptions = (
        *(NE1, NE2, NE3, NE5, NE6, NE7, NE8, NE12, NE13, DS1, DS3, ND1, ND5, ND6, DS2),
        *(ND4, ND7, ND8, ND16, ND17, ND18, ND19),
    )
    names_are_confirmed = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return small numbers, negative sums among them, and sizes that do not fit; each function is a part."""
        neurons = [OneNeuron(np.array(x, float), np.array(w, float), float(b)) for x, w, b in NEURONS]
        return [
            *(Case(_neuron_label(one), one, "linear_neuron") for one in neurons),
            *(Case(_misfit_label("xw", shapes), Misfit(shapes), "linear_neuron") for shapes in NEURON_MISFITS),
            *(Case(_layer_label(sizes), sizes, "dense") for sizes in LAYERS),
            Case(f"{_layer_label(FRACTIONS)}, numbers that are not whole", FRACTIONS, "dense", seed=1),
            *(Case(_misfit_label("XWb", shapes), Misfit(shapes), "dense") for shapes in LAYER_MISFITS),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other numbers and sizes, float32 among them."""
        neurons = [_hidden_neuron(seed, number) for number in range(3)]
        return [
            *(Case(_neuron_label(one), one, "linear_neuron") for one in neurons),
            *(Case(_misfit_label("xw", shapes), Misfit(shapes), "linear_neuron") for shapes in HIDDEN_NEURON_MISFITS),
            *(Case(_layer_label(sizes), sizes, "dense") for sizes in HIDDEN_LAYERS),
            *(Case(_misfit_label("XWb", shapes), Misfit(shapes), "dense") for shapes in HIDDEN_LAYER_MISFITS),
        ]

    def try_case(self, case: Case, neuron: Callable[..., Any], dense: Callable[..., Any]) -> None:
        """Compare with PyTorch; sizes that do not fit must raise ValueError."""
        function = neuron if case.part == "linear_neuron" else dense
        if isinstance(case.data, Misfit):
            _try_misfit(case, function)
        elif isinstance(case.data, OneNeuron):
            _try_neuron(case, function)
        else:
            _try_layer(case, function)


def _hidden_neuron(seed: int, number: int) -> OneNeuron:
    rng = np.random.default_rng([seed, number])
    size = 1 + 3 * number
    return OneNeuron(rng.normal(size=size), rng.normal(size=size), float((2 + rng.random()) * (-1) ** number))


def _neuron_label(one: OneNeuron) -> str:
    return f"x = {short(one.x)}, w = {short(one.weight)}, b = {one.bias:g}"


def _layer_label(sizes: Sizes) -> str:
    return f"N={sizes.batch}, D={sizes.inputs}, K={sizes.units}"


def _misfit_label(letters: str, shapes: tuple[Shape, ...]) -> str:
    return ", ".join(f"{letter} {shape}" for letter, shape in zip(letters, shapes, strict=True))


def tensors(*arrays: Any) -> list[torch.Tensor]:
    """Return arrays as float64 tensors."""
    return [torch.tensor(np.asarray(array), dtype=torch.float64) for array in arrays]


def _try_neuron(case: Case, neuron: Callable[..., Any]) -> None:
    x, weight, bias = case.data
    given = case.call(neuron, "linear_neuron", x, weight, bias)
    value = case.array(given, "What linear_neuron returns")
    if plain(given) is None and value.shape != (1,):
        raise case.always("linear_neuron should return one number. How many outputs has one neuron?")
    right = F.linear(*tensors(x, weight[None], [bias]))[0]
    near = partial(nearly, recipes.neuron, *tensors(x, weight), bias)
    ways = neuron_sum_ways(x.astype(float), weight, bias)
    case.compare("linear_neuron", value.reshape(()), right, ways, near=near)


def neuron_sum_ways(x: np.ndarray, weight: np.ndarray, bias: float) -> Ways:
    """For each wrong neuron, a function that computes its answer."""
    total, terms = float(x @ weight), x * weight
    shifted = float(x @ [bias, *weight[:-1]])
    return {
        NE1: lambda: total,
        NE2: lambda: total * bias,
        NE3: lambda: [shifted, shifted + float(weight[-1])],
        NE5: lambda: total + len(x) * bias,
        NE6: lambda: bent(torch.tensor(total + bias)),
        NE7: lambda: [total - bias, bias - total],
        ND8: lambda: [bias + terms[0], terms[0]],
        ND16: lambda: [bias + one for one in (terms[-1], total - terms[-1], total - terms[0], terms.max())],
        NE8: lambda: [x @ abs(weight) + bias, abs(terms).sum() + bias, abs(total + bias), abs(total) + bias],
        NE12: lambda: [
            one + more
            for one in (x.sum(), weight.sum(), x.sum() + weight.sum(), x.sum() * weight.sum(), total / len(x))
            for more in (bias, 0)
        ],
        NE13: lambda: [total + bias * x.sum(), total + bias * weight.sum()],
        ND18: lambda: [x @ weight[::-1] + bias, terms.prod() + bias],
        ND19: lambda: [np.trunc(total + bias), np.round(total + bias), np.floor(total + bias)],
    }


def _try_layer(case: Case, dense: Callable[..., Any]) -> None:
    arrays = case.data.arrays(case.seed)
    try:
        given = case.array(case.call(dense, "dense", *arrays), "What dense returns")
    except CheckFailed as error:
        raise _with_reason(case, dense, error) from None
    near = partial(nearly, recipes.layer, *tensors(*arrays))
    case.compare("dense", given, F.linear(*tensors(*arrays)), layer_ways(*tensors(*arrays)), near=near)


def layer_ways(X: torch.Tensor, W: torch.Tensor, b: torch.Tensor) -> Ways:
    """For each wrong dense layer, a function that computes its result."""
    right = F.linear(X, W, b)
    return {
        DS1: lambda: X @ W + b,
        ND5: lambda: W @ X.T + b,
        DS3: lambda: [X @ W.T + b[:, None], X @ W.T + b[torch.arange(len(X)) % len(b)][:, None]],
        NE1: lambda: X @ W.T,
        NE2: lambda: X @ W.T * b,
        ND1: lambda: right.T,
        DS2: lambda: [right[0], right.squeeze(0), right.ravel(), right.sum(0), right.mean(0)],
        NE5: lambda: X @ W.T + X.shape[1] * b,
        ND6: lambda: [X @ W.T + one for one in (b[0], b[-1], b.sum(), b.mean())],
        NE6: lambda: bent(right),
        NE7: lambda: [X @ W.T - b, b - X @ W.T],
        NE8: lambda: [X @ W.T.abs() + b, right.abs()],
        NE12: lambda: [X @ W.T / X.shape[1] + b, right / len(X), right / X.shape[1]],
        NE13: lambda: [(X + b) @ W.T, X @ (W + b[:, None]).T],
        ND16: lambda: [*_unfilled(right), b.expand_as(right)],
        ND17: lambda: _with_an_axis_lost(right),
        ND18: lambda: _computed([lambda: X * W + b, lambda: W @ X + b, lambda: X.T @ W.T + b, lambda: X.T @ W + b]),
        ND19: lambda: [right.trunc(), right.round(), right.floor()],
    }


def _computed(ways: Sequence[Callable[[], torch.Tensor]]) -> list[torch.Tensor]:
    """Return what those ways give whose shapes fit."""
    found = []
    for way in ways:
        with contextlib.suppress(RuntimeError):
            found.append(way())
    return found


def _unfilled(right: torch.Tensor) -> list[torch.Tensor]:
    """Return a result with some rows or columns left at 0: all but the first, or the last one."""
    found = [right.clone() for _ in range(4)]
    found[0][1:] = found[1][-1:] = found[2][:, 1:] = found[3][:, -1:] = 0
    return found


def _with_an_axis_lost(right: torch.Tensor) -> list[torch.Tensor]:
    """Return a result with its units added up, with one of them, or with one example for all."""
    sums = [right.sum(1), right.sum(1, keepdim=True), right.mean(1), right.sum()]
    return [*sums, right[:, 0], right[:, :1], right.diagonal(), right[:1].expand_as(right), right[-1:].expand_as(right)]


def bent(z: torch.Tensor) -> list[torch.Tensor]:
    """Return sums with each activation over them: step, ReLU, sigmoid, tanh."""
    return [(z > 0).to(z.dtype), z.relu(), z.sigmoid(), z.tanh()]


def _with_reason(case: Case, dense: Callable[..., Any], error: CheckFailed) -> CheckFailed:
    """Find out, where all three sizes are equal and nothing can raise, why a layer raised on others."""
    if "raised" not in error.message:
        return error
    arrays = Sizes(3, 3, 3).arrays(7)
    try:
        given = case.array(case.call(dense, "dense", *arrays), "What dense returns")
    except (CheckFailed, NotAttempted):
        return error
    way = explain_array(given, layer_ways(*tensors(*arrays)))
    if way is None:
        return error
    reason = textwrap.shorten(error.message.split("\n")[0], 80, placeholder=" ...")
    where = "It answers only where N, D and K are equal."
    return case.sentence(f"{reason} {where}", way, hidden=where)


def _try_misfit(case: Case, function: Callable[..., Any]) -> None:
    arrays = [np.ones(shape) for shape in case.data.shapes]
    raised = case.ask(error_raised, function, *arrays, *([2.0] if case.part == "linear_neuron" else []))
    if raised == "ValueError":
        return
    named = type(raised) is str and raised
    did, way = (f"raises {raised}", ND7) if named else ("answers", ND4)
    line = f"{case.part} should raise ValueError %s. Yours %s."
    hidden = line % ("in a case drawn at grading", "raises another error" if named else did)
    raise case.sentence(line % (f"for {case.label}", did), way, hidden=hidden)


def error_raised(function: Callable[..., Any], *args: Any) -> str:
    """Probe: name the error that a student's function raises, "" if it answers; a stub is no answer."""
    try:
        function(*args)
    except (NotImplementedError, NotAttempted, CheckFailed):
        raise
    except ValueError:
        return "ValueError"
    except Exception as error:
        return type(error).__name__
    return ""
