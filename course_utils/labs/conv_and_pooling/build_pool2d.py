"""Exercise 5.8: pooling.

=======================================  ==============================================================
what the prompt says                     where it is tried
=======================================  ==============================================================
x (N, C, H, W), each map by itself       every case has several maps; sides that are not equal
mode "max", also below zero              "two channels, inputs below zero"
mode "avg"                               "mode='avg'", "mode='avg', cells left over", "…, with zeros"
a stride of None means kernel_size       every case but "stride=…"
stride                                   "stride=1", "stride=2, windows of 3", "mode='avg', stride=2"
stride=None, mode="max" by default       "pool2d(x, 2): stride and mode left out"
cells that fill no window (section 10)   "cells left over", "mode='avg', cells left over"
PyTorch's own poolings may not help      :func:`~course_utils.judging.protocol.calling.no_shortcuts`
=======================================  ==============================================================
"""

from collections.abc import Callable, Sequence
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
from course_utils.labs.conv_and_pooling import recipes
from course_utils.labs.conv_and_pooling.arrays import Shapes
from course_utils.labs.conv_and_pooling.build_conv2d import CV4, CV13
from course_utils.labs.conv_and_pooling.headings import POOLING
from course_utils.labs.conv_and_pooling.kernels import CV28, CV30, DS2, DS5, DS6, of_first_picture, too_early
from course_utils.labs.conv_and_pooling.windows import SZ1

PL2 = shared.PL2.in_lab(POOLING)
CV6 = Misconception(
    "CV6",
    "a zero takes part in the maximum",
    "Where all inputs are negative you answer 0. Where does this 0 come from?",
    POOLING,
)
PL1 = Misconception(
    "PL1",
    "maximum and average exchanged",
    "This is the other mode of pooling. Which of the two does mode name?",
    POOLING,
)
PL3 = Misconception(
    "PL3",
    "pooled over the channels too",
    "Your answer mixes the channels. How many feature maps should come out if C go in?",
    POOLING,
)
PL4 = Misconception(
    "PL4",
    "summed instead of averaged",
    "Your numbers are the sums of the windows. By what is a sum divided to make an average?",
    POOLING,
)
PL5 = Misconception(
    "PL5",
    "incomplete windows at the edge counted",
    "You also pool windows that hang over the edge. Does PyTorch count them?",
    POOLING,
)
PL6 = Misconception(
    "PL6",
    "sum divided by the side of the window, not by its cells",
    "Your averages are sums divided by another number than that of the cells. How many cells has a window?",
    POOLING,
)
PL7 = Misconception(
    "PL7",
    "given stride ignored",
    "This is right for windows side by side. Which stride was asked for?",
    POOLING,
)
PL8 = Misconception(
    "PL8",
    "stride 2 where none is given",
    "Your windows start two cells apart. What is the stride of a pooling layer if none is given?",
    POOLING,
)
PL10 = Misconception(
    "PL10",
    "largest without its sign",
    "These are the largest numbers without their signs. Which is the larger of -3 and 1?",
    POOLING,
)
PL11 = Misconception(
    "PL11",
    "one number of each window for all",
    "This is the first number of each window, whatever the others are. Which of them has a say?",
    POOLING,
)
PL12 = Misconception(
    "PL12",
    "as many windows as strides fit",
    "You count how often the stride fits, and the last windows hang over the edge. On which cells may a window start?",
    POOLING,
)
PL13 = Misconception(
    "PL13",
    "windows of another size than kernel_size",
    "Your windows are right in number and begin on the right cells; they are not kernel_size cells long. How far does "
    "each one reach?",
    POOLING,
)
PL9 = Misconception(
    "PL9",
    "smallest instead of largest",
    "These are the smallest numbers of the windows. Which of them does max-pooling keep?",
    POOLING,
)

PL14 = Misconception(
    "PL14",
    "zeros left out of the average",
    "Cells that hold a 0 do not count in your averages. By how many cells is the sum of a window divided?",
    POOLING,
)
PL16 = Misconception(
    "PL16",
    "nothing is filled in",
    "All your numbers are the one with which the array was made. Which branch fills it in this mode?",
    POOLING,
)
PL15 = Misconception(
    "PL15",
    "sum divided by the stride, not by the window",
    "Your averages are sums divided by the cells of a step, not of a window. Which of the two sizes says how many "
    "cells are averaged?",
    POOLING,
)


class Pooling(NamedTuple):
    """One pooling to try: x (N, C, H, W), the side of the window, and the two optional arguments."""

    x: np.ndarray
    kernel_size: int
    options: tuple[int | None, str] | tuple[()]


class BuildPool2d(Implementation):
    """Build pooling: ``pool2d(x (N, C, H, W), kernel_size, stride=None, mode="max")``; mode may be "avg"."""

    id = "build-pool2d"
    hints = (
        "Take your conv2d. What replaces the sum of products, and do the channels still mix?",
        "If you keep the largest number so far: with which number do you start, when all inputs may be negative?",
    )
    worked = """
    Another window that slides over each map by itself: `range_of(x, size)`, the largest number of each window minus its
    smallest; windows lie side by side, cells that do not fill one are left out.

    1. How many fit: `OH, OW = H // size, W // size`, an axis at a time.
    2. A result of the same batch and channels: `np.zeros((N, C, OH, OW))`.
    3. Window (i, j) starts on row `i * size`. Only its two own axes are used up: `axis=(2, 3)`.

    ```python
    def range_of(x, size):
        N, C, H, W = x.shape
        out = np.zeros((N, C, H // size, W // size))
        for i in range(H // size):
            for j in range(W // size):
                window = x[:, :, i * size : (i + 1) * size, j * size : (j + 1) * size]
                out[:, :, i, j] = window.max(axis=(2, 3)) - window.min(axis=(2, 3))
        return out
    ```

    What changes if windows start every `stride` cells, and how many fit then?
    """
    misconceptions = (
        PL1,
        CV6,
        PL2,
        PL3,
        PL4,
        PL6,
        PL7,
        PL8,
        PL9,
        PL10,
        PL11,
        PL12,
        PL13,
        PL14,
        PL15,
        PL16,
        CV4,
        PL5,
        CV13,
        CV28,
        CV30,
        SZ1,
        DS6,
        DS5,
        DS2,
    )

    def cases(self) -> Sequence[Case]:
        """Return both modes, inputs below zero, and the defaults."""
        small = np.arange(16.0).reshape(1, 1, 4, 4)
        return [
            Case("positive inputs", Pooling(abs(_draw(Shapes(1, 2, 2, (4, 6), (2, 2)), 0)), 2, (None, "max"))),
            Case(
                "two channels, inputs below zero",
                Pooling(_draw(Shapes(2, 2, 2, (6, 4), (2, 2)), 0) - 1, 2, (None, "max")),
            ),
            Case("stride=1", Pooling(_draw(Shapes(1, 2, 2, (5, 4), (2, 2)), 0) - 1, 2, (1, "max"))),
            Case("cells left over", Pooling(_draw(Shapes(2, 3, 2, (8, 7), (3, 3)), 0) - 1, 3, (None, "max"))),
            Case("stride=2, windows of 3", Pooling(_draw(Shapes(1, 2, 2, (7, 8), (3, 3)), 0) - 1, 3, (2, "max"))),
            Case("mode='avg'", Pooling(_draw(Shapes(1, 2, 2, (4, 6), (2, 2)), 0) - 1, 2, (None, "avg"))),
            Case(
                "mode='avg', cells left over",
                Pooling(_draw(Shapes(2, 2, 2, (7, 5), (3, 3)), 0) - 1, 3, (None, "avg")),
            ),
            Case("mode='avg', stride=2, with zeros", Pooling(_with_zeros(np.arange(49.0)), 3, (2, "avg"))),
            Case("pool2d(x, 2): stride and mode left out", Pooling(small, 2, ())),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other shapes: leftover and overlapping windows, nothing but negative numbers, float32."""
        single = Shapes(2, 2, 2, (6, 9), (3, 3), dtype=np.float32)
        return [
            Case("all negative", Pooling(-abs(_draw(Shapes(2, 3, 3, (6, 8), (2, 2)), seed)), 2, (None, "max"))),
            Case("leftover", Pooling(_draw(Shapes(2, 3, 3, (7, 8), (3, 3)), seed) - 1, 3, (None, "max"))),
            Case("overlap", Pooling(_draw(Shapes(1, 2, 2, (7, 8), (3, 3)), seed) - 1, 3, (2, "max"))),
            Case("average with leftover", Pooling(_draw(Shapes(3, 2, 2, (7, 5), (3, 3)), seed) - 1, 3, (2, "avg"))),
            Case("float32", Pooling(_draw(single, seed) - 1, 3, (None, "avg"))),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with PyTorch; its own poolings are refused."""
        x, kernel_size, options = case.data
        with no_shortcuts():
            given = case.call(answer, "pool2d", x, kernel_size, *options)
        stride, mode = options or (None, "max")
        right, ways = pool_ways(torch.tensor(x, dtype=torch.float64), kernel_size, stride, mode)
        recipe = recipes.largest_of_windows if mode == "max" else recipes.mean_of_windows
        near = partial(nearly, recipe, torch.tensor(x, dtype=torch.float64), kernel_size, stride or kernel_size)
        case.compare("pool2d", case.array(given, "What pool2d returns"), right, ways, near=near)


def _with_zeros(x: np.ndarray) -> np.ndarray:
    """Return 7×7 numbers, some of them 0, as behind a ReLU: zeros count in an average, too."""
    return np.where(x % 4 == 0, 0, x).reshape(1, 1, 7, 7)


def _draw(shapes: Shapes, seed: int) -> np.ndarray:
    return shapes.arrays(seed)[0]


def pool_ways(x: torch.Tensor, kernel_size: int, stride: int | None, mode: str) -> tuple[torch.Tensor, Ways]:
    """Return the right pooling of x (N, C, H, W) and, for each wrong way, a function that computes its result."""
    pool, other = (F.max_pool2d, F.avg_pool2d) if mode == "max" else (F.avg_pool2d, F.max_pool2d)
    right = pool(x, kernel_size, stride)
    step = stride or kernel_size
    area, (rows, columns) = kernel_size**2, right.shape[2:]
    starts = range(0, rows * step, step), range(0, columns * step, step)
    return right, {
        PL1: lambda: other(x, kernel_size, stride),
        CV6: lambda: right.clamp(min=0) if mode == "max" else [],
        PL16: lambda: [torch.zeros_like(right), torch.ones_like(right)],
        PL2: lambda: pool(x, kernel_size, 1),
        PL7: lambda: pool(x, kernel_size) if stride not in (None, kernel_size) else [],
        PL8: lambda: pool(x, kernel_size, 2) if stride is None and kernel_size != 2 else [],
        PL9: lambda: -F.max_pool2d(-x, kernel_size, stride) if mode == "max" else [],
        PL10: lambda: F.max_pool2d(x.abs(), kernel_size, stride) if mode == "max" else [],
        PL11: lambda: x[:, :, ::step, ::step][:, :, :rows, :columns],
        PL3: lambda: [over(right) for over in _over_channels(mode)],
        CV4: lambda: pool(x, kernel_size, 1)[:, :, :rows, :columns] if step > 1 else [],
        PL12: lambda: _hanging(x, kernel_size, step, mode),
        PL13: lambda: [_pooled(x, length, *starts, mode) for length in (2, 3) if length != kernel_size],
        PL4: lambda: F.avg_pool2d(x, kernel_size, stride) * area,
        PL14: lambda: (
            right * area / F.avg_pool2d((x != 0).double(), kernel_size, stride).mul(area).clamp(min=1)
            if mode == "avg"
            else []
        ),
        PL15: lambda: [right * area / step**2, right * area / step] if mode == "avg" and step != kernel_size else [],
        PL6: lambda: F.avg_pool2d(x, kernel_size, stride) * kernel_size,
        PL5: lambda: pool(x, kernel_size, stride, ceil_mode=True),
        CV13: lambda: [right[:, :, :, :rows], right[:, :, :columns]] if rows != columns else [],
        CV28: lambda: too_early(right),
        CV30: lambda: of_first_picture(right),
        SZ1: lambda: right[:, :, :-1, :-1],
        DS6: lambda: right.transpose(2, 3),
        DS5: lambda: right.permute(0, 2, 3, 1),
        DS2: lambda: right[0],
    }


def _hanging(x: torch.Tensor, kernel_size: int, stride: int, mode: str) -> torch.Tensor:
    """Pool at every place on which a window may start, also where a part of it hangs over the edge."""
    rows, columns = (range(0, length // stride * stride, stride) for length in x.shape[2:])
    return _pooled(x, kernel_size, rows, columns, mode)


def _pooled(x: torch.Tensor, length: int, rows: range, columns: range, mode: str) -> torch.Tensor:
    """Pool windows of a length that begin on these rows and columns; of one over the edge what is there."""
    windows = [[x[:, :, i : i + length, j : j + length] for j in columns] for i in rows]
    many = [[one.amax((2, 3)) if mode == "max" else one.mean((2, 3)) for one in row] for row in windows]
    return torch.stack([torch.stack(row, dim=-1) for row in many], dim=-2)


def _over_channels(mode: str) -> list[Callable[[torch.Tensor], torch.Tensor]]:
    if mode == "max":
        return [lambda r: r.amax(1), lambda r: r.amax(1, keepdim=True), lambda r: r.amax(1, keepdim=True).expand_as(r)]
    return [lambda r: r.mean(1), lambda r: r.mean(1, keepdim=True), lambda r: r.mean(1, keepdim=True).expand_as(r)]
