"""Exercise 5.13: the way back through max pooling.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
the gradient goes to the largest number of the window  "side by side"
of several that are the largest: the first             "equal numbers"
stride=None is the window's side; cells left over: 0   "side by side" leaves cells over
windows that overlap: gradients are added              "overlapping"
any sign                                               numbers on both sides of 0
=====================================================  ==========================================================
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.labs.conv_and_pooling_homework import recipes, torch_says
from course_utils.labs.conv_and_pooling_homework.carried_parts import NOT_OWN, refuse_loaded
from course_utils.labs.conv_and_pooling_homework.headings import POOLING

PL2 = shared.PL2.in_lab(POOLING)
PB1 = Misconception(
    "PB1",
    "spread evenly over the window",
    "This gives each number of a window its share, as average pooling does. Which of them did the output depend on?",
    POOLING,
)
PB2 = Misconception(
    "PB2",
    "the whole window gets the gradient",
    "Here all numbers of a window get the whole gradient. What happens to a maximum if a smaller number moves a bit?",
    POOLING,
)
PB3 = Misconception(
    "PB3",
    "every one of several largest numbers gets the gradient",
    "Where numbers are equal, all of them get the gradient, whole or a share of it. Which one of them does the task "
    "name?",
    POOLING,
)
PB4 = Misconception(
    "PB4",
    "overlapping windows overwrite each other",
    "This keeps what the last window left behind. What if one number is the largest of two windows?",
    POOLING,
)
PB5 = Misconception(
    "PB5",
    "the last of several largest numbers gets the gradient",
    "Of equal numbers the last gets the gradient here. Which one does the task name?",
    POOLING,
)
PB6 = Misconception(
    "PB6",
    "place counted from the corner of the window",
    "All gradients lie near the corner of the picture. Where in the picture does each window begin?",
    POOLING,
)
PB7 = Misconception(
    "PB7",
    "gradient of the output returned as it came",
    "This is the gradient by the output, in its shape. Which numbers of x does it belong to?",
    POOLING,
)
PB8 = Misconception(
    "PB8",
    "place of the window counted in windows, not in cells",
    "The place inside the window is added to the number of the window. On which cell does window number 3 begin?",
    POOLING,
)
PB9 = Misconception(
    "PB9",
    "the gradient goes to another number of the window",
    "Each window hands on its gradient to one number, which is not its largest. Which place does your argmax find, and "
    "in which order do row and column come out of it?",
    POOLING,
)
PB10 = Misconception(
    "PB10",
    "the stride makes no difference",
    "Your windows lie side by side, whatever the stride. On which cell does the second one begin?",
    POOLING,
)
PB11 = Misconception(
    "PB11",
    "multiplied by what was pooled",
    "The gradient is multiplied by the number that it goes to, by its sign, or by whether it is above 0. What is the "
    "slope of a maximum by its largest number?",
    POOLING,
)

NAME = "max_pool2d_backward"
BESIDE, OVERLAP = "side by side", "overlapping"


class Pooled(NamedTuple):
    """A batch of maps, and how it is pooled; ``equal`` for numbers of which many are the same."""

    N: int
    C: int
    size: tuple[int, int]
    kernel_size: int
    stride: int | None = None
    equal: bool = False

    def maps(self, rng: np.random.Generator) -> np.ndarray:
        """Draw the maps (N, C, H, W), numbers of both signs."""
        shape = (self.N, self.C, *self.size)
        return rng.integers(-2, 1, size=shape).astype(float) if self.equal else rng.normal(size=shape)


class PoolingBackward(Implementation):
    """Write ``max_pool2d_backward(grad_out, x, kernel_size, stride=None)``: the gradient by x, in its shape."""

    id = "pooling-backward"
    hints = (
        "A maximum depends on one of its numbers alone. What is its slope there, and what is it for the others?",
        "np.argmax of a flattened window gives the first largest place. How do you get from it to a row and a column?",
        "One number may be the largest of several windows. Is = or += right then?",
    )
    worked = """
        Another layer without parameters: the sum of each pair of neighbours in a row, `y[i] = x[i] + x[i + 1]`.

        1. y[i] depends on two numbers, with the slope 1 for each: both get grad_out[i].
        2. x[3] is in y[2] and in y[3]: its gradients are added. Start with zeros, and walk through the outputs.

        ```python
        def pair_sum_backward(grad_out, x):
            grad_x = np.zeros(len(x))
            for place, slope in enumerate(grad_out):
                grad_x[place] += slope
                grad_x[place + 1] += slope
            return grad_x
        ```

        A maximum depends on one number of its window. Which one?
    """
    names_explain_all = True
    misconceptions = (PL2, PB1, PB2, PB3, PB4, PB5, PB6, PB7, PB8, PB9, PB10, PB11)

    def cases(self) -> Sequence[Case]:
        """Return windows side by side, equal numbers among them, and overlapping ones."""
        return [
            Case("kernel_size=2, one row left over", Pooled(2, 3, (5, 4), 2), BESIDE),
            Case("equal numbers", Pooled(2, 3, (6, 9), 3, equal=True), BESIDE),
            Case("kernel_size=3, stride=2", Pooled(2, 3, (7, 5), 3, 2), OVERLAP),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes."""
        return [
            Case("", Pooled(3, 2, (6, 7), 3), BESIDE),
            Case("", Pooled(3, 2, (4, 6), 2, equal=True), BESIDE),
            Case("", Pooled(3, 1, (6, 8), 4, 2), OVERLAP),
            Case("", Pooled(2, 2, (6, 8), 3, 1, equal=True), OVERLAP),
        ]

    def try_case(self, case: Case, function: Callable[..., Any]) -> None:
        """Compare with autograd."""
        refuse_loaded(case, function, NAME)
        asked: Pooled = case.data
        x = asked.maps(case.rng(*asked.size))
        operation = torch_says.max_pool(asked.kernel_size, asked.stride)
        grad_out = case.rng(*asked.size, 1).normal(size=torch_says.forward_and_back(operation, (x,))[0].shape)
        options = () if asked.stride is None else (asked.stride,)
        with no_shortcuts(*NOT_OWN):
            given = case.array(case.call(function, NAME, grad_out, x, asked.kernel_size, *options), "What it returns")
        _, (right,) = torch_says.forward_and_back(operation, (x,), grad_out)
        side, stride = asked.kernel_size, asked.stride or asked.kernel_size
        near = partial(nearly, recipes.pool_back, torch.tensor(grad_out), torch.tensor(x), side, stride)
        case.compare(NAME, given, right, _ways(x, grad_out, asked), near=near)


def _ways(x: np.ndarray, grad_out: np.ndarray, asked: Pooled) -> dict[Misconception, Callable[[], object]]:
    """Return for each wrong way a function that computes its gradient."""
    stride = asked.stride or asked.kernel_size

    def first(window: np.ndarray) -> np.ndarray:
        mask = np.zeros(window.shape)
        mask[np.unravel_index(window.argmax(), window.shape)] = 1
        return mask

    def last(window: np.ndarray) -> np.ndarray:
        return first(window[::-1, ::-1])[::-1, ::-1]

    def walk(mask: Callable[[np.ndarray], np.ndarray], step: int = stride, add: bool = True) -> np.ndarray:
        grad_x, side = np.zeros(x.shape), asked.kernel_size
        for n, c, i, j in np.ndindex(grad_out.shape):
            place = np.s_[n, c, i * step : i * step + side, j * step : j * step + side]
            if x[place].size:
                grad_x[place] = mask(x[place]) * grad_out[n, c, i, j] + (grad_x[place] if add else 0)
        return grad_x

    ways: dict[Misconception, Callable[[], object]] = {
        PB1: lambda: walk(lambda window: np.full(window.shape, 1 / window.size)),
        PB2: lambda: walk(lambda window: np.ones(window.shape)),
        PB3: lambda: [
            walk(lambda window: (window == window.max()) * 1.0),
            walk(lambda window: (window == window.max()) / (window == window.max()).sum()),
        ],
        PB5: lambda: walk(last),
    }
    ways[PB6] = lambda: _from_the_corner(x, grad_out, asked.kernel_size, stride)
    ways[PB7] = lambda: grad_out
    ways[PB8] = lambda: _without_stride(x, grad_out, asked.kernel_size, stride)
    ways[PB9] = lambda: (
        [_to_places(x, grad_out, asked.kernel_size, stride, choose) for choose in OTHER_PLACES]
        + _of_first(x, grad_out, asked.kernel_size, stride)
    )
    right = walk(first)
    ways[PB11] = lambda: [right * x, right * np.sign(x), right * (x > 0), right * abs(x)]
    if asked.stride is not None and asked.stride != asked.kernel_size:
        side = asked.kernel_size
        whole = grad_out[:, :, : x.shape[2] // side, : x.shape[3] // side]
        ways[PB10] = lambda: [walk(first, step=side), _to_places(x, whole, side, side, _at)]
    if asked.stride is None:
        ways[PL2] = lambda: walk(first, step=1)
    else:
        ways[PB4] = lambda: [walk(first, add=False), _overwritten(x, grad_out, asked.kernel_size, stride)]
    return ways


Choose = Callable[[np.ndarray], tuple[int, int]]


def _at(values: np.ndarray) -> tuple[int, int]:
    row, column = divmod(int(values.argmax()), values.shape[1])
    return row, column


OTHER_PLACES: tuple[Choose, ...] = (
    lambda window: _at(window)[::-1],
    lambda window: _at(-window),
    lambda window: _at(abs(window)),
    lambda window: _at(window.T)[::-1],
    lambda window: _at(window.T),
    lambda window: (0, 0),
    lambda window: (window.shape[0] - 1, window.shape[1] - 1),
    lambda window: (window.shape[0] // 2, window.shape[1] // 2),
)


def _to_places(x: np.ndarray, grad_out: np.ndarray, side: int, stride: int, choose: Choose) -> np.ndarray:
    """Hand on each gradient to one place of its window."""
    grad_x = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(grad_out.shape):
        row, column = choose(x[n, c, i * stride : i * stride + side, j * stride : j * stride + side])
        grad_x[n, c, i * stride + row, j * stride + column] += grad_out[n, c, i, j]
    return grad_x


def _of_first(x: np.ndarray, grad_out: np.ndarray, side: int, stride: int) -> list[np.ndarray]:
    """Hand on each gradient where the first channel, or the first picture, has its largest number."""
    others = [np.broadcast_to(x[:, :1], x.shape), np.broadcast_to(x[:1], x.shape)]
    return [_to_places(one, grad_out, side, stride, _at) for one in others]


def _places(x: np.ndarray, grad_out: np.ndarray, side: int, stride: int) -> Iterator[tuple[Any, Any]]:
    """Yield for each window its own place in ``grad_out``, and the place of its largest number within it."""
    for n, c, i, j in np.ndindex(grad_out.shape):
        window = x[n, c, i * stride : i * stride + side, j * stride : j * stride + side]
        yield (n, c, i, j), np.unravel_index(window.argmax(), window.shape)


def _without_stride(x: np.ndarray, grad_out: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Put each gradient at the place inside its window, and as far along as the window has a number."""
    grad = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(grad_out.shape):
        window = x[n, c, i * stride : i * stride + size, j * stride : j * stride + size]
        row, column = divmod(int(window.argmax()), window.shape[1])
        grad[n, c, i + row, j + column] += grad_out[n, c, i, j]
    return grad


def _from_the_corner(x: np.ndarray, grad_out: np.ndarray, side: int, stride: int) -> np.ndarray:
    """Return the gradient with each place counted from the corner of its window."""
    grad_x = np.zeros(x.shape)
    for (n, c, i, j), (row, column) in _places(x, grad_out, side, stride):
        grad_x[n, c, row, column] += grad_out[n, c, i, j]
    return grad_x


def _overwritten(x: np.ndarray, grad_out: np.ndarray, side: int, stride: int) -> np.ndarray:
    """Return the gradient where the last window that a number is the largest of decides."""
    grad_x = np.zeros(x.shape)
    for (n, c, i, j), (row, column) in _places(x, grad_out, side, stride):
        grad_x[n, c, i * stride + row, j * stride + column] = grad_out[n, c, i, j]
    return grad_x
