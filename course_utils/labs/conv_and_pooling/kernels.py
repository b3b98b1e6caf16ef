"""Wrong ways with arrays that several exercises of this lab meet: kernels, axes, gradients."""

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
