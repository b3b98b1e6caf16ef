"""Exercise 5.7: the matrix of a convolution."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.conv_and_pooling.headings import MATRIX, UP
from course_utils.labs.conv_and_pooling.kernels import CV1, CV7

MX1 = Misconception(
    "MX1",
    "matrix transposed",
    "This is the matrix turned over: it maps an output back to an input's shape. Which layer is that?",
    UP,
)
MX2 = Misconception(
    "MX2",
    "flattened by columns",
    "Your rows or columns are numbered down the columns of the picture. How does x.reshape(-1) number them?",
    MATRIX,
)
MX3 = Misconception(
    "MX3",
    "kernel laid out without the gap between image rows",
    "Your kernel's rows follow each other without a gap. How many cells further is the cell just below?",
    MATRIX,
)

PUBLIC = (((3, 3), 5, 6), ((2, 3), 4, 6))  # on a square picture two wrong ways would give the same
HIDDEN = (((1, 2), 3, 4), ((3, 2), 6, 5), ((4, 4), 4, 4), ((2, 2), 3, 7))


class ConvolutionMatrix(Implementation):
    """Write a convolution as a matrix: ``conv_as_matrix(kernel (FH, FW), height, width) -> (OH * OW, H * W)``."""

    id = "convolution-matrix"
    hints = (
        "Row number o of the matrix belongs to one window. Where does this window start in the picture?",
        "Cell (i, j) of the picture is number i * W + j in the flat picture. Which nine numbers does a window touch?",
    )
    misconceptions = (MX1, CV1, MX2, MX3, CV7)

    def cases(self) -> Sequence[Case]:
        """Return two kernels on pictures that are not square."""
        return list(map(_case, PUBLIC))

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return kernels of other shapes."""
        return list(map(_case, HIDDEN))

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with PyTorch's responses to pictures of one pixel."""
        shape, height, width = case.data
        kernel = case.rng(height, width, *shape).integers(1, 90, size=shape).astype(float)
        given = case.array(case.call(answer, "conv_as_matrix", kernel, height, width), "What conv_as_matrix returns")
        ways = matrix_ways(kernel, height, width)
        case.compare("conv_as_matrix", given, torch_matrix(kernel, height, width), ways)


def _case(data: tuple[tuple[int, int], int, int]) -> Case:
    shape, height, width = data
    return Case(f"a {shape[0]}×{shape[1]} kernel on a {height}×{width} picture", data)


def torch_matrix(kernel: np.ndarray, height: int, width: int) -> np.ndarray:
    """Ask PyTorch for the matrix of a convolution: the response to each one-pixel picture is one column."""
    pixels = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)
    return F.conv2d(pixels, torch.tensor(kernel, dtype=torch.float64)[None, None]).flatten(1).T.numpy()


def matrix_ways(kernel: np.ndarray, height: int, width: int) -> Ways:
    """For each wrong matrix, a function that computes it."""
    right = torch_matrix(kernel, height, width)
    rows, columns = height - kernel.shape[0] + 1, width - kernel.shape[1] + 1
    by_column = np.arange(rows * columns).reshape(rows, columns).T.reshape(-1)
    pixel_by_column = np.arange(height * width).reshape(height, width).T.reshape(-1)

    def without_gap() -> np.ndarray:
        matrix = np.zeros_like(right)
        for number in range(len(right)):
            start = number // columns * width + number % columns
            matrix[number, start : start + kernel.size] = kernel.reshape(-1)
        return matrix

    return {
        MX1: lambda: right.T,
        CV1: lambda: torch_matrix(kernel[::-1, ::-1].copy(), height, width),
        MX2: lambda: [right[by_column], right[:, pixel_by_column], right[by_column][:, pixel_by_column]],
        MX3: without_gap,
        CV7: lambda: torch_matrix(kernel.T.copy(), height, width),
    }
