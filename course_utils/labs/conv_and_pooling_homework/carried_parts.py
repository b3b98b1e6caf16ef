"""Exercise 5.12: the functions of earlier labs that a network is built from, carried over.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
dense_backward(dY, X, W) -> dX, dW, db                 a part; sizes that all differ
conv2d(x, weight, bias, stride=1), no padding          a part; several channels, a stride that leaves cells over
conv2d_backward(grad_out, x, weight, stride=1)         a part; the same
text of this notebook, not read from another one       none of the three may come from ``own.load``
PyTorch's may not be used                              its operators are refused while a function runs
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.labs.conv_and_pooling_homework import recipes, torch_says
from course_utils.labs.conv_and_pooling_homework.headings import CARRY

GR3 = shared.GR3.in_lab(CARRY)
OW1 = Misconception(
    "OW1",
    "stride not carried along",
    "This is right for a stride of 1 only. Which of your function's arguments says how far the window moves?",
    CARRY,
)
OW2 = Misconception(
    "OW2",
    "gradients in another order",
    "This is another of the three gradients. In which order did the earlier lab ask for them?",
    CARRY,
)

OW3 = Misconception(
    "OW3",
    "kernel flipped",
    "The kernel lies upside down on its window. Did your function turn it in its own lab?",
    CARRY,
)
OW4 = Misconception(
    "OW4",
    "windows that overlap overwrite each other",
    "A pixel of several windows keeps the gradient of one. What does each window do with what is already there?",
    CARRY,
)
OW5 = Misconception(
    "OW5",
    "stride forgotten on the way back",
    "On the way back your windows move by one cell, along one axis or both. How far do those of the way forwards move?",
    CARRY,
)

DENSE, CONV, BACK = PARTS = ("dense_backward", "conv2d", "conv2d_backward")
NOT_OWN = ("conv(?!ert)", "pool", "linear", "autograd", "backward")  # PyTorch's words


class Sizes(NamedTuple):
    """Sizes of a batch (N), of what goes in (C) and out (K), of pictures and kernels (height; wider by 1), a stride."""

    N: int
    C: int
    K: int
    side: int = 1
    kernel: int = 1
    stride: int = 1

    def arrays(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw x (N, C, H, W), weight (K, C, FH, FW) and bias (K,)."""
        shapes = (self.N, self.C, self.side, self.side + 1), (self.K, self.C, self.kernel, self.kernel + 1)
        return (*(rng.normal(size=shape) for shape in shapes), rng.normal(size=self.K))


class CarriedParts(Implementation):
    """``dense_backward``, ``conv2d`` and ``conv2d_backward`` as text of this notebook; each is a part."""

    id = "carried-parts"
    hints = (
        "Which cell of Lab 03 and of Lab 05 holds the function? own.collect prints its text.",
        "A function that you have not got yet: which two loops does conv2d go through, and what does each window add?",
    )
    worked = """
        Another function, carried over from Lab 03: `relu_backward(dA, Z)`.

        1. Its text stands in the notebook of Lab 03, below its exercise. Copy it from `def` to its last line.
        2. Put it into the cell of this homework. Run the cell, then the check.
        3. What it calls must come along, too: a helper that stands in another cell of that notebook is not here.

        ```python
        def relu_backward(dA, Z):
            return np.where(Z > 0, dA, 0)
        ```
    """
    misconceptions = (GR3, OW1, OW2, OW3, OW4, OW5)

    def cases(self) -> Sequence[Case]:
        """Return sizes for each function, with and without a stride."""
        return [
            Case("N=4, D=3, K=2", Sizes(4, 3, 2), DENSE),
            Case("two channels", Sizes(3, 2, 4, 5, 3), CONV),
            Case("stride=2", Sizes(3, 2, 4, 6, 3, 2), CONV),
            Case("two channels", Sizes(3, 2, 4, 5, 3), BACK),
            Case("stride=2", Sizes(3, 2, 4, 6, 3, 2), BACK),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes."""
        conv = Sizes(4, 3, 2, 8, 2, 3)
        return [Case("", Sizes(5, 2, 3), DENSE), Case("", conv, CONV), Case("", conv, BACK)]

    def try_case(self, case: Case, *functions: Callable[..., Any]) -> None:
        """Compare one function with PyTorch."""
        function = functions[PARTS.index(case.part)]
        refuse_loaded(case, function, case.part)
        x, weight, bias = case.data.arrays(case.rng(*case.data))
        if case.part == DENSE:
            _try_gradients(case, function, F.linear, (x[:, :, 0, 0], weight[:, :, 0, 0], bias), ())
            return
        stride = case.data.stride
        options = (stride,) if stride > 1 else ()  # the default is part of the task
        if case.part == BACK:
            _try_gradients(case, function, torch_says.conv(stride), (x, weight, bias), options)
            return
        with no_shortcuts(*NOT_OWN):
            given = case.call(function, CONV, x, weight, bias, *options)
        right, _ = torch_says.forward_and_back(torch_says.conv(stride), (x, weight, bias))
        ways: dict[Misconception, Callable[[], object]] = {OW3: lambda: _flipped(x, weight, bias, stride)}
        if stride > 1:
            ways[OW1] = lambda: torch_says.forward_and_back(torch_says.conv(1), (x, weight, bias))[0]
        near = partial(nearly, recipes.conv, *map(torch.tensor, (x, weight, bias)), stride)
        case.compare(CONV, case.array(given, f"What {CONV} returns"), right, ways, near=near)


def _flipped(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    turned = np.ascontiguousarray(weight[:, :, ::-1, ::-1])
    return torch_says.forward_and_back(torch_says.conv(stride), (x, turned, bias))[0]


def _flipped_back(grad_out: np.ndarray, arrays: torch_says.Arrays, stride: int) -> np.ndarray:
    x, weight, bias = arrays
    turned = np.ascontiguousarray(weight[:, :, ::-1, ::-1])
    return torch_says.forward_and_back(torch_says.conv(stride), (x, turned, bias), grad_out)[1][0]


def _overwritten(grad_out: np.ndarray, x: np.ndarray, weight: np.ndarray, stride: int) -> list[np.ndarray]:
    """Return the gradients by input and weight where each window overwrites what those before it left."""
    by_input, by_weight = np.zeros(x.shape), np.zeros(weight.shape)
    high, wide = weight.shape[2:]
    for i, j in np.ndindex(grad_out.shape[2:]):
        window = np.s_[:, :, i * stride : i * stride + high, j * stride : j * stride + wide]
        by_input[window] = np.tensordot(grad_out[:, :, i, j], weight, 1)
        by_weight = np.tensordot(grad_out[:, :, i, j].T, x[window], 1)
    return [by_input, by_weight]


def _with_stride_1(grad_out: np.ndarray, x: np.ndarray, weight: np.ndarray, stride: int) -> list[np.ndarray]:
    """Return the gradients by input and weight where windows move by one cell, down, across, or both; none for 1."""
    found = []
    high, wide = weight.shape[2:]
    for down, across in ((1, 1), (1, stride), (stride, 1)) if stride > 1 else ():
        by_input, by_weight = np.zeros(x.shape), np.zeros(weight.shape)
        for i, j in np.ndindex(grad_out.shape[2:]):
            window = np.s_[:, :, i * down : i * down + high, j * across : j * across + wide]
            by_input[window] += np.tensordot(grad_out[:, :, i, j], weight, 1)
            by_weight += np.tensordot(grad_out[:, :, i, j].T, x[window], 1)
        found += [by_input, by_weight]
    return found


def _try_gradients(
    case: Case, function: Callable[..., Any], operation: Any, arrays: torch_says.Arrays, options: tuple[int, ...]
) -> None:
    """Compare three gradients of an operation with autograd's."""
    out, _ = torch_says.forward_and_back(operation, arrays)
    grad_out = case.rng(*case.data, 1).normal(size=out.shape)
    with no_shortcuts(*NOT_OWN):
        given = case.call(function, case.part, grad_out, arrays[0], arrays[1], *options)
    if type(given) not in (tuple, list) or len(given) != 3:
        raise case.always(f"{case.part} should return three arrays: the gradients by input, weight and bias.")
    _, right = torch_says.forward_and_back(operation, arrays, grad_out)
    convolves = case.part == BACK
    settings = (options or (1,)) if convolves else ()
    recipe = recipes.conv_back if convolves else recipes.dense_back
    for place, (name, one, wanted) in enumerate(zip(("input", "weight", "bias"), given, right, strict=True)):
        what = f"{case.part}, gradient by the {name}"
        others = [other for other in right if other is not wanted]
        ways: dict[Misconception, Callable[[], object]] = {
            GR3: lambda wanted=wanted: wanted / len(arrays[0]),
            OW2: lambda others=others: others,
        }
        if convolves:
            ways[OW5] = partial(_with_stride_1, grad_out, arrays[0], arrays[1], *settings)
            ways[OW3] = lambda first=not place: _flipped_back(grad_out, arrays, *settings) if first else []
            ways[OW4] = lambda: _overwritten(grad_out, arrays[0], arrays[1], *settings)
        near = partial(nearly, recipe, *map(torch.tensor, (grad_out, *arrays)), *settings, part=place)
        case.compare(what, case.array(one, what), wanted, ways, near=near)


def origin_of(function: Any) -> str:
    """Probe: return from which notebook ``own.load`` has read a function; "" if it has not."""
    found = getattr(function, "was_read_from", "")
    return found if type(found) is str else ""


def refuse_loaded(case: Case, function: Any, name: str) -> None:
    """Raise if a function was read from another notebook, which is not there at grading."""
    origin = case.ask(origin_of, function) if function is not None else ""
    if origin:
        raise case.always(
            f"{name} was read from your notebook {origin}. Grading sees this notebook alone.\n"
            "Hint: own.collect prints the function's text; where must it stand, so that it is handed in?"
        )
