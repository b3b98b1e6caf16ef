"""Exercise 5.6: four kernels with a property; any kernel that has it counts.

========================================================  =====================================
what the prompt says                                      where it is tried
========================================================  =====================================
edges: answer to a step one way, not to one the other     STEP and its transpose, even grey
blur: mixes a pixel with its neighbours, keeps grey       signs, sum and largest of the weights
main diagonal: answers most to one of four lines          the four lines
other kernels than the two above                          OF_THE_LESSON
========================================================  =====================================
"""

from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.answers import as_array, as_dict, is_missing
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.conv_and_pooling.headings import BUILD

KD1 = Misconception(
    "KD1",
    "edge directions exchanged",
    "This kernel answers to the other direction. Along which axis does a vertical edge change?",
    BUILD,
)
KD2 = Misconception(
    "KD2",
    "blur changes the brightness",
    "An evenly grey picture comes out brighter or darker. What must the weights add up to?",
    BUILD,
)
KD3 = Misconception(
    "KD3",
    "the other diagonal",
    "This kernel answers most to the line from lower left to upper right. Which way does the main diagonal run?",
    BUILD,
)
KD4 = Misconception(
    "KD4",
    "copies the picture instead of blurring it",
    "This kernel returns the picture as it is. Which neighbours should have a say in an average?",
    BUILD,
)
KD5 = Misconception(
    "KD5",
    "answers to an even grey picture",
    "This kernel answers where nothing changes. What must the weights of an edge kernel add up to?",
    BUILD,
)

KD6 = Misconception(
    "KD6",
    "copied a kernel of the lesson",
    "This is the kernel of the cell above. How else can one side be subtracted from the other, or neighbours be mixed?",
    BUILD,
)
KD7 = Misconception(
    "KD7",
    "answers to steps in both directions",
    "This kernel answers to both steps. How must its weights be placed so that it is silent along one of them?",
    BUILD,
)
KD8 = Misconception(
    "KD8",
    "sharpens instead of blurring",
    "A negative weight subtracts a neighbour: edges become sharper. Which signs have the weights of an average?",
    BUILD,
)
KD9 = Misconception(
    "KD9",
    "moves the picture instead of blurring it",
    "This kernel returns one neighbour as it is, so the picture moves. How many neighbours has an average?",
    BUILD,
)
KD10 = Misconception(
    "KD10",
    "answers to several lines alike",
    "This kernel answers to several of the lines alike. Which cells of the window does only one of them cross?",
    BUILD,
)
KD11 = Misconception(
    "KD11",
    "all weights zero",
    "This kernel is silent whatever it sees. Which of its weights have to answer?",
    BUILD,
)

GREY_KEPT = 5e-3  # how far from 1 the weights of a blur may add up: for weights rounded to three decimals
OF_THE_LESSON = {
    "vertical edge": np.array([[0, 0, 0], [-1, 0, 1], [0, 0, 0]]),
    "blur": np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5,
}
STEP = np.repeat([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]], 6, axis=0)  # dark left, light right: a vertical edge
GREY = np.full((6, 6), 0.5)
LINE = np.eye(5)
WANTED = {
    "vertical edge": "it should answer to a step from dark to light along a row, and to nothing else here.",
    "horizontal edge": "it should answer to a step from dark to light down a column, and to nothing else here.",
    "blur": "it should mix a pixel with its neighbours and leave an even grey as it is.",
    "main diagonal": "of lines in four directions, it should answer most to the one from upper left to lower right.",
}


class DesignKernels(Exercise):
    """Design four 3×3 kernels, which are judged by what they do on drawn patterns."""

    id = "design-kernels"
    hints = (
        "A kernel that answers to a change subtracts one side from the other. Which sides, for a vertical edge?",
        "What must the weights add up to if an even grey must give 0? And if it must stay the same grey?",
    )
    worked = """
    Four kernels of another kind: a **spot**, a **sharpener**, a **shift** and a line from lower left to upper right.

    1. A spot: one light pixel on dark ground must count, an even grey must give 0. The middle gets a large weight, the
       eight others subtract: `[[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]`, and 8 - 8 = 0.
    2. A sharpener keeps an even grey, so its weights add up to 1, and subtracts the neighbours:
       `[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]`.
    3. A shift to the left takes each pixel's right neighbour: `[[0, 0, 0], [0, 0, 1], [0, 0, 0]]`.
    4. For a line, put ones where it runs: `[[0, 0, 1], [0, 1, 0], [1, 0, 0]]` has three cells in common with it and
       one with each of the lines that go another way.

    For each of yours, first say what the weights must add up to.
    """
    misconceptions = (KD1, KD2, KD3, KD4, KD5, KD6, KD7, KD8, KD9, KD10, KD11)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"vertical edge": …, "horizontal edge": …, "blur": …, "main diagonal": …}``, each 3 × 3 numbers."""
        given = as_dict(answers, WANTED, "kernels")
        return look_at({name: partial(_look, name, given[name]) for name in WANTED})


def _look(name: str, answer: Any) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in kernels[{name!r}]")
    kernel = as_array(answer, f"kernels[{name!r}]")
    kernel = kernel[..., 0] if kernel.shape == (3, 3, 1) else kernel  # numbers that are arrays of one
    if kernel.shape != (3, 3):
        raise refuse(f"{name}: give 3 rows of 3 numbers, not an array of shape {kernel.shape}.")
    if not np.isfinite(kernel).all():
        raise refuse(f"{name}: there is nan or inf in it. Give nine numbers.")
    if name in OF_THE_LESSON and np.allclose(kernel, OF_THE_LESSON[name]):
        raise refuse(f"{name}: use another kernel than the two above.", KD6)
    has_it, way = PROPERTIES[name](kernel)
    if not has_it:
        raise refuse(f"{name}: {WANTED[name]}", way)


Judgement = tuple[bool, Misconception | None]


def _response(kernel: np.ndarray, pattern: np.ndarray) -> float:
    """Return the strongest answer of a kernel to a pattern (H, W), without sign."""
    x = torch.tensor(pattern, dtype=torch.float64)[None, None]
    return float(F.conv2d(x, torch.tensor(kernel)[None, None]).abs().max())


def _edge(along: np.ndarray, across: np.ndarray, kernel: np.ndarray) -> Judgement:
    scale = abs(kernel).sum()
    if not scale:
        return False, KD11
    if _response(kernel, GREY) > 1e-6 * scale:
        return False, KD5
    wanted, other = _response(kernel, along), _response(kernel, across)
    if wanted > 1e-6 * scale and other <= 1e-6 * scale:
        return True, None
    return False, KD7 if wanted > 1e-6 * scale else KD1 if other > 1e-6 * scale else None


def _blur(kernel: np.ndarray) -> Judgement:
    if not kernel.any():
        return False, KD11
    if abs(kernel.sum() - 1) > GREY_KEPT:
        return False, KD2
    if kernel.min() < 0:
        return False, KD8
    if kernel.max() > 0.999:
        return False, KD4 if kernel[1, 1] > 0.999 else KD9
    return True, None


def _main_diagonal(kernel: np.ndarray) -> Judgement:
    row = np.zeros((5, 5))
    row[2] = 1
    lines = {"main": LINE, "other": LINE[::-1], "row": row, "column": row.T}
    response = {
        name: float(F.conv2d(torch.tensor(line.copy())[None, None], torch.tensor(kernel)[None, None])[0, 0, 1, 1])
        for name, line in lines.items()
    }
    best = max(response, key=lambda name: response[name])
    unique = sum(abs(value - response[best]) < 1e-9 for value in response.values()) == 1
    if not kernel.any():
        return False, KD11
    return best == "main" and unique, (KD3 if best == "other" else None) if unique else KD10


PROPERTIES = {
    "vertical edge": partial(_edge, STEP, STEP.T),
    "horizontal edge": partial(_edge, STEP.T, STEP),
    "blur": _blur,
    "main diagonal": _main_diagonal,
}
