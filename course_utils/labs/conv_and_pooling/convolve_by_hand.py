"""Exercise 5.1: a convolution by hand, and the nine products behind one number of a figure."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import slips
from course_utils.judging.answers import as_array, as_dict, is_missing
from course_utils.judging.closeness import close, explain_array
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.variants import Dice, draw
from course_utils.labs.conv_and_pooling import kernels
from course_utils.labs.conv_and_pooling.headings import BY_HAND

Grid = tuple[tuple[int, ...], ...]

CV1, CV7, DS6 = (way.in_lab(BY_HAND) for way in (kernels.CV1, kernels.CV7, kernels.DS6))
CV9 = Misconception(
    "CV9",
    "window jumps by its own size",
    "These are windows side by side: the stride of 3 was yours. How far does a window move with stride 1?",
    BY_HAND,
)
CV10 = Misconception(
    "CV10",
    "same-size answer (padding where there is none)",
    "This has the input's size, so windows hang over its edge. Which windows fit inside the picture?",
    BY_HAND,
)
CV11 = Misconception(
    "CV11",
    "products listed, not summed",
    "These are nine products of one window. What becomes of them?",
    BY_HAND,
)
CV12 = Misconception(
    "CV12",
    "products of another window",
    "These products belong to another window of the picture. Where does the window of this output start?",
    BY_HAND,
)

CV18 = Misconception(
    "CV18",
    "products with rows and columns exchanged",
    "These are the right products, with rows and columns exchanged. Which cell lies under the kernel's upper right?",
    BY_HAND,
)
CV19 = Misconception(
    "CV19",
    "the window or the kernel, not their products",
    "These are nine cells as they stand. By what is each of them multiplied?",
    BY_HAND,
)
CV38 = Misconception(
    "CV38",
    "a part of the kernel only",
    "This is what a part of your kernel gives: one weight left out, or the middle one alone. How many products has a "
    "place?",
    BY_HAND,
)
CV40 = Misconception(
    "CV40",
    "one number alone not right",
    "All are right but one. Does it come out the same when you put the window there once more?",
    BY_HAND,
)
CV20 = Misconception(
    "CV20",
    "only the first row (or column) of places",
    "These are some of the windows. How many rows of places does the window have, and how many places has a row?",
    BY_HAND,
)
CV21 = Misconception(
    "CV21",
    "cells counted under the kernel, without its weights",
    "This adds all nine cells of the window. Which of them does the kernel multiply by 0?",
    BY_HAND,
)
CV22 = Misconception(
    "CV22",
    "largest product instead of the sum",
    "Each of these is the largest product of its window. What happens to all nine?",
    BY_HAND,
)
CV44 = Misconception(
    "CV44",
    "kernel mirrored left to right, or upside down",
    "This is the result with the kernel mirrored. Which of its columns, and of its rows, comes first?",
    BY_HAND,
)
CV45 = Misconception(
    "CV45",
    "cells counted that agree, zeros among them",
    "This counts the cells in which picture and kernel agree, zeros too. What is 0 times 0?",
    BY_HAND,
)
CV46 = Misconception(
    "CV46",
    "a part of the map with a border",
    "These are nine numbers of a larger map, that of the picture with a border of zeros. Where does the first window "
    "lie?",
    BY_HAND,
)
CV47 = Misconception(
    "CV47",
    "another operation than a product cell by cell",
    "One way to get this: cell and weight are added, or whole rows are multiplied with whole columns. What is done "
    "with a cell and the weight that lies on it?",
    BY_HAND,
)

LECTURE_IMAGE: Grid = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
LECTURE_KERNEL: Grid = ((1, 0, 1), (0, 1, 0), (1, 0, 1))

# The figure of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", figure 1.1.
FIGURE_IMAGE: Grid = ((3, 3, 2, 1, 0), (0, 0, 1, 3, 1), (3, 1, 2, 2, 3), (2, 0, 0, 2, 2), (2, 0, 0, 0, 1))
FIGURE_KERNEL: Grid = ((0, 1, 2), (2, 2, 0), (0, 1, 2))
FIGURE_WINDOW = (1, 2)  # row and column of the output number 19


class HandConvolution(NamedTuple):
    """A picture and a kernel small enough for paper."""

    image: Grid
    kernel: Grid


def slide(image: Any, kernel: Any, padding: int = 0, stride: int = 1) -> np.ndarray:
    """Slide a kernel over one picture with PyTorch. Shapes (H, W) and (FH, FW)."""
    x, weight = (torch.tensor(np.array(a, dtype=np.float64))[None, None] for a in (image, kernel))
    return F.conv2d(x, weight, padding=padding, stride=stride)[0, 0].numpy()


def map_ways(question: HandConvolution) -> dict[Misconception, Callable[[], Any]]:
    """For each wrong way, a function that computes its feature map (or several, in a list)."""
    image, kernel = np.array(question.image), np.array(question.kernel)
    return {
        CV1: lambda: slide(image, kernel[::-1, ::-1]),
        CV7: lambda: slide(image, kernel.T),
        DS6: lambda: slide(image, kernel).T,
        CV11: lambda: [image[i : i + 3, j : j + 3] * kernel for i in range(3) for j in range(3)],
        CV9: lambda: [slide(image, kernel, stride=3), slide(image, kernel, stride=3, padding=2)],
        CV10: lambda: slide(image, kernel, padding=1),
        CV20: lambda: [slide(image, kernel)[0], slide(image, kernel)[:, 0]],
        CV21: lambda: slide(image, np.ones(kernel.shape)),
        CV44: lambda: [slide(image, kernel[:, ::-1]), slide(image, kernel[::-1])],
        CV45: lambda: slide(image, kernel) + slide(1 - image, 1 - kernel),
        CV46: lambda: [
            slide(image, kernel, padding=1)[i : i + 3, j : j + 3] for i, j in ((0, 0), (0, 2), (2, 0), (2, 2))
        ],
        CV22: lambda: (np.lib.stride_tricks.sliding_window_view(image, kernel.shape) * kernel).max(axis=(2, 3)),
    }


# --- drawing


def practice_hand(dice: Dice) -> HandConvolution:
    """Draw one convolution by hand on which turning and transposing show."""
    return draw(dice, sample_hand_convolution, flipping_shows)


def sample_hand_convolution(dice: Dice) -> HandConvolution:
    """Draw a picture and a kernel of zeros and ones."""
    image = tuple(tuple(dice.between(0, 1) for _ in range(5)) for _ in range(5))
    kernel = tuple(tuple(dice.between(0, 1) for _ in range(3)) for _ in range(3))
    return HandConvolution(image, kernel)


def slide_by_loops(image: Grid, kernel: Grid) -> Grid:
    """Slide a kernel over a picture (stride 1, no padding, as PyTorch does it) with plain loops."""
    height, width = len(kernel), len(kernel[0])
    return tuple(
        tuple(
            sum(image[i + a][j + b] * kernel[a][b] for a in range(height) for b in range(width))
            for j in range(len(image[0]) - width + 1)
        )
        for i in range(len(image) - height + 1)
    )


def flip(kernel: Grid) -> Grid:
    """Turn a kernel by 180 degrees."""
    return tuple(tuple(reversed(row)) for row in reversed(kernel))


def flipping_shows(question: HandConvolution) -> bool:
    """Tell whether the kernel has four or five ones, and turning or transposing anything gives each another result."""
    ones = sum(map(sum, question.kernel))
    right = slide_by_loops(question.image, question.kernel)
    turned = slide_by_loops(question.image, flip(question.kernel))
    transposed = slide_by_loops(question.image, tuple(zip(*question.kernel, strict=True)))
    return (
        ones in (4, 5)
        and len({right, turned, transposed, tuple(zip(*right, strict=True))}) == 4
        and len({value for row in right for value in row}) >= 3
    )


def _grid(rows: Grid) -> str:
    return "\n".join("  " + " ".join(map(str, row)) for row in rows)


def _hand_text(question: HandConvolution) -> str:
    return (
        f"Picture:\n{_grid(question.image)}\nKernel:\n{_grid(question.kernel)}\n"
        "What is the feature map (stride 1, no padding)?"
    )


def _steps(question: HandConvolution) -> list[str]:
    image, kernel = np.array(question.image), np.array(question.kernel)
    corner, result = image[:3, :3] * kernel, slide(image, kernel).astype(int)
    right = image[:3, 1:4] * kernel
    return [
        f"The window over the upper left corner: its products are {corner.tolist()}, their sum is {corner.sum()}.",
        f"One cell to the right: {right.tolist()}, sum {right.sum()}. A row of places ends after three windows.",
        f"So the first row of the map is {result[0].tolist()}, and one row down, from the left, {result[1].tolist()}.",
        f"The whole map: {result.tolist()}.",
    ]


BY_HAND_TOPIC = Topic(
    "convolve-by-hand",
    practice_hand,
    _hand_text,
    lambda question: slide(question.image, question.kernel),
    lambda question: {way: compute() for way, compute in map_ways(question).items()},
    _steps,
)


class ConvolveByHand(Exercise):
    """Convolve by hand: a feature map, and the nine products behind the 19 of the figure."""

    id = "convolve-by-hand"
    hints = (
        "Lay the kernel over the top left corner of the picture. Which nine cells does it cover?",
        "Multiply cell by cell. Which of the nine products are not zero?",
        "Add them up, move the window one cell to the right, and again. After how many windows does a row end?",
    )
    worked = """
    Picture and kernel, and what comes out:

    ```
    2 0 1 3       1 2        2·1 + 0·2 + 1·0 - 1·1 =  1
    1 1 0 2       0 -1
    0 3 1 1
    ```

    1. Window (0, 0) covers the rows 2 0 and 1 1. Its products, cell by cell, are 2·1, 0·2 and 1·0, 1·(-1):
       `[[2, 0], [0, -1]]`. Their sum is 1.
    2. One cell to the right: 0 1 and 1 0 give 0 + 2 + 0 + 0 = 2. One more: 1 3 and 0 2 give 1 + 6 + 0 - 2 = 5. A row
       of four cells has three places for a window of two.
    3. One row down: 1 1 and 0 3 give 0, then 1 0 and 3 1 give 0, then 0 2 and 1 1 give 3.
    4. The feature map is `[[1, 2, 5], [0, 0, 3]]`.
    """
    misconceptions = (
        CV1,
        CV7,
        DS6,
        CV9,
        CV10,
        CV11,
        CV12,
        CV18,
        CV19,
        CV20,
        CV21,
        CV22,
        CV38,
        CV40,
        CV44,
        CV45,
        CV46,
        CV47,
    )
    topics = (BY_HAND_TOPIC,)

    def draw(self) -> HandConvolution:
        """Return a 5×5 picture and a 3×3 kernel of zeros and ones."""
        return practice_hand(self.dice()) if self.student else HandConvolution(LECTURE_IMAGE, LECTURE_KERNEL)

    def text(self) -> str:
        """Return picture and kernel, row by row."""
        return (
            f"Picture:\n\n```\n{_grid(self.question.image)}\n```\n\nKernel:\n\n```\n{_grid(self.question.kernel)}\n```"
        )

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"feature map": 3 rows of 3 numbers, "products": 3 rows of 3 numbers}``."""
        given = as_dict(answers, ("feature map", "products"), "by_hand")
        return look_at(
            {
                "feature map": lambda: self._look_at_map(_read(given, "feature map")),
                "products": lambda: _look_at_products(_read(given, "products")),
            }
        )

    def _look_at_map(self, given: np.ndarray) -> None:
        right = slide(self.question.image, self.question.kernel)
        if close(given, right):
            return
        way = explain_array(given, map_ways(self.question))
        if way is None and given.shape == np.shape(self.question.image):
            way = CV10
        if way is None:
            way = explain_array(given, _partly(self.question)) or _slip(given, right)
        raise refuse(_map_note(given, right), way)


def _slip(given: np.ndarray, right: np.ndarray) -> Misconception | None:
    if given.shape == right.shape and np.sum(~np.isclose(given, right)) == 1:
        return CV40
    return next((way for way in slips.in_array(given, right, {}) if way not in slips.WEAK), None)


def _partly(question: HandConvolution) -> dict[Misconception, Callable[[], Any]]:
    """Return what a part of the kernel gives: the middle alone, all but the middle, or one weight left out."""
    kernel = np.array(question.kernel, float)
    some = []
    for place in np.ndindex(kernel.shape):
        alone = np.zeros_like(kernel)
        alone[place] = kernel[place]
        some += [kernel - alone] + ([alone] if place == (1, 1) else [])
    return {CV38: lambda: [slide(question.image, one) for one in some]}


def _read(given: dict[str, Any], part: str) -> np.ndarray:
    if _has_gaps(given[part]):
        raise NotAttempted(f"fill in by_hand[{part!r}]")
    array = as_array(given[part], f"by_hand[{part!r}]")
    return array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array  # numbers that are arrays of one


def _has_gaps(answer: Any) -> bool:
    return is_missing(answer) or (
        type(answer) in (list, tuple) and any(_has_gaps(value) for value in answer if not isinstance(value, int))
    )


def _map_note(given: np.ndarray, right: np.ndarray) -> str:
    if given.shape == (right.size,):
        return "feature map: give it in rows, one list for each row of places."
    if given.shape != right.shape:
        return f"feature map: you gave an array of shape {given.shape}. How many places does the window have?"
    places = np.argwhere(~np.isclose(given, right))
    row, column = places[0]
    return f"feature map: {len(places)} of {right.size} numbers are wrong; look at row {row}, column {column} again."


def _products_note(given: np.ndarray, right: np.ndarray) -> str:
    if given.sum() != right.sum():
        return f"yours add up to {given.sum():g}"
    row, column = np.argwhere(~np.isclose(given, right))[0]
    return f"they add up to what they should, but look at row {row}, column {column} again"


def _look_at_products(given: np.ndarray) -> None:
    image, kernel = np.array(FIGURE_IMAGE, float), np.array(FIGURE_KERNEL, float)

    def products(row: int, column: int, weights: np.ndarray = kernel) -> np.ndarray:
        return image[row : row + 3, column : column + 3] * weights

    given = given.reshape(3, 3) if given.size == 9 else given
    if close(given, products(*FIGURE_WINDOW)):
        return
    ways: dict[Misconception, Callable[[], Any]] = {
        CV1: lambda: products(*FIGURE_WINDOW, kernel[::-1, ::-1]),
        CV18: lambda: products(*FIGURE_WINDOW).T,
        CV7: lambda: products(*FIGURE_WINDOW, kernel.T),
        CV47: lambda: [
            products(*FIGURE_WINDOW, np.ones((3, 3))) + kernel,
            products(*FIGURE_WINDOW, np.ones((3, 3))) @ kernel,
        ],
        CV19: lambda: [products(*FIGURE_WINDOW, np.ones((3, 3))), kernel],
        CV12: lambda: [products(i, j) for i in range(3) for j in range(3)],
    }
    note = "give the nine numbers of one window" if given.size != 9 else _products_note(given, products(*FIGURE_WINDOW))
    way = explain_array(given, ways) or _slip(given, products(*FIGURE_WINDOW))
    raise refuse(f"products: {note}.", way)
