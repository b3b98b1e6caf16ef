"""Wrong ways with gradients that several exercises of the lab meet."""

from course_utils.judging import shared
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.chain_rule.headings import ENGINE, MATRICES, ORDER, TORCH, TRAIN, TRUST

GR1 = shared.GR1.in_lab(
    MATRICES,
    "This is the right gradient times -1, or a step the wrong way. Where did the minus come in, or get lost?",
)
GR1_TRUST = GR1.in_lab(TRUST)
GR1_ORDER = GR1.in_lab(ORDER)
GR1_TRAIN = GR1.in_lab(TRAIN)
GR2 = shared.GR2.in_lab(
    TRUST, "This is right but for a factor of 2. How far apart are the two places that you compare?"
)
GR2_LAYER = GR2.in_lab(MATRICES, "This is right but for a factor of 2. Is the factor of a square in dY already?")
GR4 = shared.GR4.in_lab(
    MATRICES, "These are the right numbers with two axes exchanged. What is the shape of what it belongs to?"
)
GR4_TRUST = GR4.in_lab(TRUST)
GR5 = shared.GR5.in_lab(
    MATRICES, "A bias takes part in every example's output. Over which axis must its gradient be summed?"
)
GR9 = Misconception(
    "GR9",
    "assigned instead of accumulated",
    "Of what comes back along several paths one part alone is kept here, such as the last. If y = a + a, how many ways "
    "lead from a to y?",
    ORDER,
)
GR10 = Misconception(
    "GR10",
    "mask taken from the wrong array",
    "The gradient passes where it should be stopped, or is stopped where it should pass. Which number decides: "
    "what went into the ReLU, or what comes back?",
    MATRICES,
)
GR11 = shared.GR11.in_lab(
    ENGINE, "This is the formula of the slope with another number in it. Does it want the input or the output?"
)
GR10_ENGINE = GR10.in_lab(
    ENGINE,
    "The slope is 1 where it should be 0, or 0 where it should be 1. On which side of 0 does a ReLU let numbers pass?",
)
VG8 = Misconception(
    "VG8",
    "slope of ReLU at 0 taken for another than 0",
    "All is right but at 0 itself. Which slope does the task give the corner of a ReLU?",
    MATRICES,
)
VG8_ENGINE = VG8.in_lab(ENGINE)
VG1 = Misconception(
    "VG1",
    "gradient not in the shape of its variable",
    "A gradient has the shape of what it belongs to. Which shape has it here?",
    MATRICES,
)
VG2 = Misconception(
    "VG2",
    "gradient of a weight kept for each example",
    "This keeps a gradient for each example. How many weights does the layer have, whatever the batch?",
    MATRICES,
)
VT1 = Misconception(
    "VT1",
    "gradients not set to zero",
    "Each step still holds the gradients of the steps before it. What must happen before backward?",
    TORCH,
)
