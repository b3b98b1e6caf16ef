"""Wrong ways that several labs share and none owns: axes of dense layers, gradients, probabilities.

Each lab that uses one says with ``read_again`` which of its headings answers it. Shared codes that were born in a lab
(PC, GR1 to GR5, DS2, DS5, DS6 in lab 05) stay there.
"""

from course_utils.misconceptions import Misconception, register


def _shared(code: str, name: str, feedback: str) -> Misconception:
    return Misconception(code, name, feedback, section="")


# --- shapes of dense layers
register(
    _shared(
        "DS1",
        "weight transposed",
        "This is the result with the weight turned over. How many rows has it, one for each input or each output?",
    ),
    _shared(
        "DS3",
        "bias along the batch axis",
        "This adds the bias along the batch. To what does each number of a bias belong, an example or a unit?",
    ),
    _shared(
        "DS4",
        "flattened the batch, too",
        "This stretches the whole batch into one row. Which axis must stay when each example is flattened?",
    ),
)

# --- gradients
register(
    _shared(
        "GR11",
        "derivative formula fed with the wrong variable",
        "This is the derivative's formula with another variable in it. Does it want the input or the output?",
    ),
)

# --- probabilities
register(
    _shared(
        "PR1",
        "summed over the wrong axis",
        "Here the columns add up to 1. Which numbers are the probabilities of one example?",
    ),
    _shared(
        "PR2",
        "exponential of a large number",
        "There is nan or inf in this answer. Which exponent is large, and what may be subtracted from all of them?",
    ),
    _shared(
        "PR5",
        "softmax before a loss that contains it",
        "This puts probabilities where scores belong. What does this loss do first with what it gets?",
    ),
)
