"""Exercise 5.6: four kernels with a property; any kernel that has it counts."""

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
    misconceptions = (KD1, KD2, KD3, KD4, KD5)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"vertical edge": …, "horizontal edge": …, "blur": …, "main diagonal": …}``, each 3 × 3 numbers."""
        given = as_dict(answers, WANTED, "kernels")
        return look_at({name: partial(_look, name, given[name]) for name in WANTED})


def _look(name: str, answer: Any) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in kernels[{name!r}]")
    kernel = as_array(answer, f"kernels[{name!r}]")
    if kernel.shape != (3, 3):
        raise refuse(f"{name}: give 3 rows of 3 numbers, not an array of shape {kernel.shape}.")
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
    if scale and _response(kernel, GREY) > 1e-6 * scale:
        return False, KD5
    wanted, other = _response(kernel, along), _response(kernel, across)
    if wanted > 1e-6 * scale and other <= 1e-6 * scale:
        return True, None
    return False, KD1 if other > wanted else None


def _blur(kernel: np.ndarray) -> Judgement:
    if abs(kernel.sum() - 1) > 1e-3:
        return False, KD2
    if kernel.max() > 0.999:
        return False, KD4
    return bool(kernel.min() >= 0 and (kernel > 0).sum() >= 3), None


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
    return best == "main" and unique, KD3 if best == "other" and unique else None


PROPERTIES = {
    "vertical edge": partial(_edge, STEP, STEP.T),
    "horizontal edge": partial(_edge, STEP.T, STEP),
    "blur": _blur,
    "main diagonal": _main_diagonal,
}
