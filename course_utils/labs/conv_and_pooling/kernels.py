"""Wrong ways with arrays that several exercises of this lab meet: kernels, axes, gradients."""

import torch

from course_utils.judging import shared
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.conv_and_pooling.headings import BUILD, FLIP

CV1 = Misconception(
    "CV1",
    "kernel flipped (mathematical convolution)",
    "This is exactly the result with the kernel turned by 180 degrees. Does PyTorch turn it?",
    FLIP,
)
CV7 = Misconception(
    "CV7",
    "rows and columns of the kernel exchanged",
    "This is the result with the kernel's rows and columns exchanged. Which index of the kernel runs down?",
    BUILD,
)
DS2 = shared.DS2.in_lab(BUILD)
DS5 = shared.DS5.in_lab(BUILD)
DS6 = Misconception(
    "DS6",
    "rows and columns of the output exchanged",
    "These are the right numbers with rows and columns exchanged. Which size comes from the height?",
    BUILD,
)
CV28 = Misconception(
    "CV28",
    "returned before the loops had ended",
    "The first numbers are right, the rest is still as it was made. How far to the right does return stand?",
    BUILD,
)
CV30 = Misconception(
    "CV30",
    "the first picture for all pictures",
    "Every picture of the batch has the first one's result. Which index chooses the picture?",
    BUILD,
)


def too_early(right: torch.Tensor) -> list[torch.Tensor]:
    """Return what is there of a result (N, K, OH, OW) when ``return`` stands in one of the loops: the rest is zeros."""
    done = [(0, 0, 0, 0), (slice(None), slice(None), 0, 0), (slice(None), slice(None), 0), (0, 0), (0,)]
    results = []
    for place in done:
        results.append(torch.zeros_like(right))
        results[-1][place] = right[place]
    return [one for one in results if not torch.equal(one, right)]


def of_first_picture(right: torch.Tensor) -> list[torch.Tensor]:
    """Return a result in which every picture has that of the first; nothing where there is one picture."""
    return [right[:1].expand_as(right)] if len(right) > 1 else []
