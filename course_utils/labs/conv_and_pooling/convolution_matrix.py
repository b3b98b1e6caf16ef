"""Exercise 5.7: the matrix of a convolution.

==============================================  ======================================================
what the prompt says                            where it is tried
==============================================  ======================================================
shape (OH · OW, H · W), any height and width    PUBLIC, HIDDEN: kernels and pictures that are not square
the map that the kernel makes                   weights of both signs that are not whole
the example                                     EXAMPLE
==============================================  ======================================================
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.labs.conv_and_pooling import recipes
from course_utils.labs.conv_and_pooling.headings import MATRIX
from course_utils.labs.conv_and_pooling.kernels import CV1, CV7

MX1 = Misconception(
    "MX1",
    "matrix transposed",
    "This is the matrix turned over: it takes a feature map and gives a picture. How many rows should it have?",
    MATRIX,
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

MX4 = Misconception(
    "MX4",
    "weights rounded to whole numbers",
    "Your weights have lost what stands behind the point. Which type of numbers holds the array that you fill?",
    MATRIX,
)
MX5 = Misconception(
    "MX5",
    "place wrong on pictures that are not square",
    "On a square picture this would be right. One row down, by how much does a pixel's number grow, and a window's?",
    MATRIX,
)
MX6 = Misconception(
    "MX6",
    "every row looks at the first window",
    "All your rows are alike. Where does the window of the second output start?",
    MATRIX,
)
MX7 = Misconception(
    "MX7",
    "pixels numbered by the width of the map",
    "Your columns are right for a picture as wide as the map. How many cells has a row of the picture?",
    MATRIX,
)
MX8 = Misconception(
    "MX8",
    "height and width exchanged",
    "This is the matrix for a picture as high as yours is wide. Which of the two numbers counts rows?",
    MATRIX,
)
MX9 = Misconception(
    "MX9",
    "a row for each pixel in place of each window",
    "This has a row for each pixel. On how many places can the kernel stand?",
    MATRIX,
)
MX10 = Misconception(
    "MX10",
    "one place too few along each axis",
    "The windows at the lower and right border are missing. On which row does the last window start?",
    MATRIX,
)

MX11 = Misconception(
    "MX11",
    "windows over the edge, wrapped around",
    "Each of your rows stands one cell further than the one before, also where a window would run over the edge of the "
    "picture. How far is it from the last window of a row to the first of the next?",
    MATRIX,
)
MX12 = Misconception(
    "MX12",
    "windows numbered as pixels are",
    "Your rows are numbered by the width of the picture. How many windows stand in one row of the map?",
    MATRIX,
)
MX13 = Misconception(
    "MX13",
    "a row for each pixel",
    "Your matrix has a row for each pixel, also where the kernel hangs over the edge. How many places does it have?",
    MATRIX,
)

EXAMPLE = np.array([[5.0, 6.0]])
PUBLIC = (((3, 3), 5, 6), ((2, 3), 4, 6))  # on a square picture two wrong ways would give the same
HIDDEN = (((1, 2), 3, 4), ((3, 2), 6, 5), ((4, 4), 4, 4), ((2, 2), 3, 7))


class ConvolutionMatrix(Implementation):
    """Write a convolution as a matrix: ``conv_as_matrix(kernel (FH, FW), height, width) -> (OH * OW, H * W)``."""

    id = "convolution-matrix"
    hints = (
        "Row number o of the matrix belongs to one window. Where does this window start in the picture?",
        "Cell (i, j) of the picture is number i * W + j in the flat picture. Which nine numbers does a window touch?",
    )
    worked = """
    Another linear rule on flat pictures: `difference_as_matrix(height, width)`, for each pixel but those of the last
    column "right neighbour minus this one", row by row.

    1. How many outputs: `width - 1` in each of `height` rows. So the matrix has `height * (width - 1)` rows and
       `height * width` columns.
    2. For a picture of 1×3 pixels a, b, c the outputs are b - a and c - b: [[-1, 1, 0], [0, -1, 1]].
    3. Number both: output (i, j) is row `i * (width - 1) + j` of the matrix, pixel (i, j) is column `i * width + j`.

    ```python
    def difference_as_matrix(height, width):
        matrix = np.zeros((height * (width - 1), height * width))
        for i in range(height):
            for j in range(width - 1):
                here = i * width + j
                matrix[i * (width - 1) + j, [here, here + 1]] = -1, 1
        return matrix
    ```

    Which cells get which numbers if each output is a window of a kernel?
    """
    misconceptions = (MX1, CV1, MX2, MX3, CV7, MX4, MX5, MX6, MX7, MX8, MX9, MX10, MX11, MX12, MX13)

    def cases(self) -> Sequence[Case]:
        """Return two kernels on pictures that are not square, and the example."""
        return [*map(_case, PUBLIC), Case("the example", (EXAMPLE.shape, 1, 3))]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return kernels of other shapes."""
        return list(map(_case, HIDDEN))

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with PyTorch's responses to pictures of one pixel."""
        shape, height, width = case.data
        kernel = EXAMPLE.copy() if height == 1 else _draw(case.rng(height, width, *shape), shape)
        given = case.array(case.call(answer, "conv_as_matrix", kernel, height, width), "What conv_as_matrix returns")
        ways = matrix_ways(kernel, height, width)
        near = partial(nearly, recipes.laid_out, kernel, height, width)
        case.compare("conv_as_matrix", given, torch_matrix(kernel, height, width), ways, near=near)


def _draw(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Draw a kernel of numbers that are not whole, of both signs, none near 0."""
    signs = np.where(np.arange(shape[0] * shape[1]) % 2, -1, 1).reshape(shape)
    return rng.permuted(signs * (rng.integers(1, 30, size=shape) + 0.25))


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

    fits_turned = width >= kernel.shape[0] and height >= kernel.shape[1]

    def without_gap() -> np.ndarray:
        matrix = np.zeros_like(right)
        for number in range(len(right)):
            start = number // columns * width + number % columns
            matrix[number, start : start + kernel.size] = kernel.reshape(-1)
        return matrix

    def laid_out(row: Callable[..., int], column: Callable[..., int]) -> np.ndarray:
        matrix = np.zeros_like(right)
        for i, j, a, b in np.ndindex(rows, columns, *kernel.shape):
            matrix[row(i, j), column(i, j, a, b)] = kernel[a, b]
        return matrix

    def row(i: int, j: int) -> int:
        return i * columns + j

    return {
        MX1: lambda: right.T,
        CV1: lambda: torch_matrix(kernel[::-1, ::-1].copy(), height, width),
        MX2: lambda: [right[by_column], right[:, pixel_by_column], right[by_column][:, pixel_by_column]],
        MX3: without_gap,
        MX4: lambda: [np.trunc(right), np.rint(right)],
        MX5: lambda: [
            laid_out(row, lambda i, j, a, b: (i + a) * height + j + b),
            laid_out(lambda i, j: i * rows + j, lambda i, j, a, b: (i + a) * width + j + b),
        ],
        MX6: lambda: laid_out(row, lambda i, j, a, b: a * width + b),
        MX9: lambda: _in_rows(right, [i * width + j for i in range(rows) for j in range(columns)], height * width),
        MX10: lambda: right.reshape(rows, columns, -1)[:-1, :-1].reshape(-1, height * width),
        MX12: lambda: laid_out(lambda i, j: (i * width + j) % len(right), lambda i, j, a, b: (i + a) * width + j + b),
        MX13: lambda: [_everywhere(kernel, height, width, wraps) for wraps in (True, False)],
        MX11: lambda: np.stack([np.roll(right[0], number) for number in range(len(right))]),
        MX7: lambda: laid_out(row, lambda i, j, a, b: (i + a) * columns + j + b),
        MX8: lambda: torch_matrix(kernel, width, height) if fits_turned else [],
        CV7: lambda: torch_matrix(kernel.T.copy(), height, width),
    }


def _everywhere(kernel: np.ndarray, height: int, width: int, wraps: bool) -> np.ndarray:
    """Return a row for each pixel: the kernel laid there, around the edges or cut off at them."""
    matrix = np.zeros((height, width, height, width))
    for i, j, a, b in np.ndindex(height, width, *kernel.shape):
        if wraps or (i + a < height and j + b < width):
            matrix[i, j, (i + a) % height, (j + b) % width] = kernel[a, b]
    return matrix.reshape(height * width, -1)


def _in_rows(matrix: np.ndarray, places: list[int], number: int) -> np.ndarray:
    """Return rows put into some places of a matrix of zeros, which has a number of rows."""
    found = np.zeros((number, matrix.shape[1]))
    found[places] = matrix
    return found
