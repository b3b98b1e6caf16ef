"""Windows that slide along one axis: how many there are, by counting, and the known wrong ways to say it."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.conv_and_pooling.headings import PADDING, SIZE_RULE


class Window(NamedTuple):
    """A window that slides along one axis. All numbers are cells."""

    size: int
    kernel_size: int
    stride: int
    padding: int

    def __str__(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self._asdict().items())


def _fraction(size, kernel_size, stride, padding):
    """The quotient as it stands, where it is not whole; None where it is (then nothing is wrong with it)."""
    value = (size - kernel_size + 2 * padding) / stride + 1
    return None if value == int(value) else value


# --- wrong ways: procedure(size, kernel_size, stride, padding), in cells

SZ1 = shared.SZ1.in_lab(SIZE_RULE)
SZ2 = Misconception(
    "SZ2",
    "padding added on one side only",
    "This comes out when padding is added at one end. How many ends has a row?",
    PADDING,
    lambda size, kernel_size, stride, padding: (size - kernel_size + padding) // stride + 1,
)
SZ3 = Misconception(
    "SZ3",
    "stride ignored",
    "This would be right for stride 1. Which cells can the window's left edge stand on here?",
    SIZE_RULE,
    lambda size, kernel_size, stride, padding: size - kernel_size + 2 * padding + 1,
)
SZ4 = Misconception(
    "SZ4",
    "rounded up",
    "The last of these windows hangs over the edge. Does PyTorch count a window that does not fit?",
    SIZE_RULE,
    lambda size, kernel_size, stride, padding: math.ceil((size - kernel_size + 2 * padding) / stride) + 1,
)
SZ5 = Misconception(
    "SZ5",
    "added one before dividing",
    "One way to get this: the 1 is added before the division. Is the 1 a cell or a window?",
    SIZE_RULE,
    lambda size, kernel_size, stride, padding: (size - kernel_size + 2 * padding + 1) // stride,
)
SZ6 = Misconception(
    "SZ6",
    "padding ignored",
    "This leaves the padding out. How long is the row that the window really slides along?",
    PADDING,
    lambda size, kernel_size, stride, padding: (size - kernel_size) // stride + 1,
)
SZ7 = Misconception(
    "SZ7",
    "kernel size ignored",
    "This lets every cell start a window. How many cells does the window itself need to its right?",
    SIZE_RULE,
    lambda size, kernel_size, stride, padding: (size + 2 * padding) // stride,
)
SZ8 = shared.SZ8.in_lab(PADDING)
SZ9 = Misconception(
    "SZ9",
    "left a fraction of a window",
    "A number of windows is a whole number. What happens to the part that does not fit?",
    SIZE_RULE,
    _fraction,
)
SIZE_WAYS = (SZ1, SZ2, SZ3, SZ4, SZ5, SZ6, SZ7, SZ8, SZ9)
SZ14 = Misconception(
    "SZ14",
    "rounded to the nearest whole number",
    "This counts a window that hangs over the edge, if only by a little. Does PyTorch count it?",
    SIZE_RULE,
    lambda size, kernel_size, stride, padding: round((size - kernel_size + 2 * padding) / stride) + 1,
)
SZ15 = Misconception(
    "SZ15",
    "padding subtracted",
    "This comes out when the padding makes the row shorter. What does a border of zeros do to its length?",
    PADDING,
    lambda size, kernel_size, stride, padding: (size - kernel_size - 2 * padding) // stride + 1,
)
SZ16 = Misconception(
    "SZ16",
    "padding added after dividing",
    "This adds the padding to the number of windows. Is padding a number of cells or of windows?",
    PADDING,
    lambda size, kernel_size, stride, padding: (size - kernel_size) // stride + 1 + 2 * padding,
)
SZ17 = Misconception(
    "SZ17",
    "kernel size used as the stride",
    "These are windows side by side. How far does a window move with this stride?",
    SIZE_RULE,
    lambda size, kernel_size, stride, padding: (size - kernel_size + 2 * padding) // kernel_size + 1,
)
SELDOM = (SZ15, SZ16, SZ17)  # no question is drawn so that it tells them apart


# --- what is right


def output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Ask PyTorch for the length of a convolution's output along one axis, in cells."""
    row, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    return F.conv1d(row, weight, stride=stride, padding=padding).shape[-1]


def count_windows(question: Window) -> int:
    """Count the windows that fit on the padded axis, one by one."""
    return len(window_starts(question))


def window_starts(question: Window) -> list[int]:
    """Return the cells, counted on the padded axis, on which a window starts."""
    length = question.size + 2 * question.padding
    starts, cell = [], 0
    while cell + question.kernel_size <= length:
        starts.append(cell)
        cell += question.stride
    return starts


def count_leftover(question: Window) -> int:
    """Count the cells at the far end of the padded axis that lie beyond the last window."""
    length = question.size + 2 * question.padding
    return length - (window_starts(question)[-1] + question.kernel_size)


# --- drawing


def sample_window(dice: Dice) -> Window:
    """Draw any sensible window: 6 to 40 cells, kernel 2 to 7, stride 1 to 4, padding below the kernel size."""
    kernel_size = dice.choose((2, 3, 4, 5, 7))
    return Window(
        max(dice.between(6, 40), kernel_size + 1),
        kernel_size,
        dice.between(1, 4),
        dice.between(0, min(3, kernel_size - 1)),
    )


def single_window(dice: Dice) -> Window:
    """Draw one window for practice, on which rounding or padding or stride matters."""
    return draw(dice, sample_window, lambda q: count_windows(q) >= 2 and (q.stride > 1 or q.padding > 0))


def _window_text(question: Window) -> str:
    return (
        f"A row of {question.size} cells, kernel size {question.kernel_size}, stride {question.stride}, "
        f"padding {question.padding}.\nHow large is the output?"
    )


def _steps(question: Window) -> list[str]:
    size, kernel_size, stride, padding = question
    length, starts = size + 2 * padding, window_starts(question)
    return [
        f"Padding {padding} at both ends: the row has {padding} + {size} + {padding} = {length} cells.",
        f"A window of {kernel_size} that starts on cell 0 leaves {length} - {kernel_size} = {length - kernel_size} "
        "cells to move along.",
        f"Steps of {stride}: {length - kernel_size} // {stride} = {len(starts) - 1} of them fit.",
        f"The window stands on one place more than it takes steps: the output has {len(starts)} cells.",
    ]


OUTPUT_SIZE = Topic(
    "output-size",
    single_window,
    _window_text,
    lambda question: output_size(*question),
    lambda question: wrong_answers((*SIZE_WAYS, *SELDOM), question),
    _steps,
)
