"""Wrong ways with activation functions, their slopes, and what a hidden layer does to a space (lab 02).

Kinds: AF values of an activation function, AS slopes, AH numbers by hand, AE experiment on gradients, AN forward
pass, AX the XOR net, AT the triangle net, AC convex or not, AI the interval task, AO choosing and explaining.
"""

import math

from course_utils.misconceptions import Misconception, read_again, register

CURVES = "Three functions and their slopes"
BREAK = "Numbers that break naive formulas"
SLOPES = "Slopes multiply"
SPACE = "A hidden layer redraws the space"
PLANES = "Half-planes, convex regions, unions"
TRAIN = "Does training find the fold?"
OUTPUT = "Output functions"

read_again(
    "activations",
    PR2=(
        BREAK,
        "An exponential grew too large and left nan or inf behind. Which exponent is never positive?",
    ),
    GR1=(CURVES, "This is the right slope times -1. Do these curves rise or fall?"),
    GR11=(
        CURVES,
        "The slope's formula is there, with another variable in it. Does it want z, or the function's value at z?",
    ),
    DS1=(SPACE, "This has the weights turned over. Which axis of W counts the units of the new layer?"),
    DS2=(SPACE, "The numbers are right, the batch axis is gone. What shape has a batch of one example?"),
    DS3=(SPACE, "This adds the bias along the batch. To what does each number of a bias belong, an example or a unit?"),
)

# --- values of an activation function
register(
    Misconception(
        "AF1",
        "largest element instead of an element-wise maximum",
        "This is one number for the whole array. Which function of NumPy compares element by element?",
        CURVES,
    ),
    Misconception(
        "AF2",
        "input changed in place",
        "The numbers are right, but the array that came in has changed. Who else may still need it?",
        CURVES,
    ),
    Misconception(
        "AF3",
        "sign of the exponent exchanged",
        "This is the curve mirrored: it falls where it should rise. What is the value far to the right?",
        CURVES,
    ),
    Misconception(
        "AF4",
        "argument not doubled: 2σ(z) - 1",
        "This is tanh of half the argument. At which argument does tanh look up the sigmoid?",
        CURVES,
    ),
    Misconception(
        "AF5",
        "float32 became float64",
        "The numbers are right, but float32 came in and float64 goes out. Where does a wider number join in?",
        BREAK,
    ),
    Misconception(
        "AF6",
        "tanh not shifted: σ(2z)",
        "This curve runs from 0 to 1. Between which two values does tanh run?",
        CURVES,
    ),
    Misconception(
        "AF7",
        "ReLU lets the wrong side through",
        "Something of the negative side comes through here. What does ReLU answer to -3?",
        CURVES,
    ),
    Misconception(
        "AF8",
        "one `if` for a whole array",
        "An `if` asks one question, an array has many answers. Which function chooses element by element?",
        BREAK,
    ),
    Misconception(
        "AF9",
        "the 1 of the denominator missing",
        "This grows without limit. What keeps the sigmoid below 1?",
        CURVES,
    ),
    Misconception(
        "AF10",
        "step instead of ReLU",
        "This is 0 or 1. What does ReLU answer to 3?",
        CURVES,
    ),
    Misconception(
        "AF11",
        "overflow on the way to a right value",
        "An exponential overflowed on the way to right numbers. Which exponent is never positive?",
        BREAK,
    ),
)

# --- slopes
register(
    Misconception(
        "AS1",
        "square missing in the slope of tanh",
        "This is the slope of tanh without its square. What would it be where tanh is -1?",
        CURVES,
    ),
    Misconception(
        "AS2",
        "one factor missing in the slope of the sigmoid",
        "This is one factor of two. What should the slope be far to the left, where the curve is flat?",
        CURVES,
    ),
    Misconception(
        "AS3",
        "slope of ReLU at 0 taken as 1 or 1/2",
        "Only z = 0 differs. The corner has no slope of its own: which value does this lab take there?",
        CURVES,
    ),
    Misconception(
        "AS4",
        "value instead of slope",
        "This is the function itself. How much does it change when z changes a little?",
        CURVES,
    ),
)

# --- numbers by hand: see checks.activations.by_hand for what each of them gives
register(
    Misconception(
        "AH1",
        "sign of the exponent exchanged, by hand",
        "These are the values at -z. Is the sigmoid of a positive number above or below a half?",
        CURVES,
    ),
    Misconception(
        "AH2",
        "the 1 of the denominator missing, by hand",
        "A sigmoid stays between 0 and 1. What stands beside the exponential in the denominator?",
        CURVES,
    ),
    Misconception(
        "AH3",
        "the logarithm overlooked",
        "This is the sigmoid of the number inside the logarithm. What is e to the power of a logarithm?",
        CURVES,
    ),
    Misconception(
        "AH4",
        "value at 0 instead of the slope at 0",
        "This is how high the sigmoid is at 0. How steep is it there?",
        CURVES,
    ),
    Misconception(
        "AH5",
        "largest slope of tanh instead of the sigmoid's",
        "This is the largest slope of tanh. The sigmoid is half as high and twice as wide: how steep is it?",
        CURVES,
    ),
    Misconception(
        "AH6",
        "tanh from the sigmoid: not shifted",
        "This lies between 0 and 2. Between which two values does tanh lie?",
        CURVES,
    ),
    Misconception(
        "AH7",
        "tanh taken for the sigmoid of 2z",
        "This is the sigmoid itself. Tanh runs over a wider range: how is the one stretched into the other?",
        CURVES,
    ),
    Misconception(
        "AH8",
        "tanh from the sigmoid: sign exchanged",
        "This has the wrong sign. Is z positive or negative when the sigmoid is above a half?",
        CURVES,
    ),
    Misconception(
        "AH9",
        "slopes of a chain added",
        "This adds the slopes of the layers. What does the chain rule do with slopes in a row?",
        SLOPES,
    ),
    Misconception(
        "AH10",
        "values multiplied instead of slopes",
        "This multiplies the values at 0. Which numbers does the gradient meet on its way back?",
        SLOPES,
    ),
    Misconception(
        "AH11",
        "one layer too many or too few",
        "This is the bound for one layer more, or one less. How many sigmoids does the gradient pass?",
        SLOPES,
    ),
)

# --- gradients in a deep net
register(
    Misconception(
        "AE1",
        "ratio turned over",
        "These are the ratios turned over. Which layer's gradient is above the line, the first's or the last's?",
        SLOPES,
    ),
    Misconception(
        "AE2",
        "percent instead of a share",
        "This looks like percent. What is the largest value that a share can have?",
        SLOPES,
    ),
    Misconception(
        "AE3",
        "saturation counted on one side only",
        "This counts the units near +1 only. Where else is tanh flat?",
        SLOPES,
    ),
    Misconception(
        "AE4",
        "one layer instead of all ten",
        "This is the share in one layer. Over how many layers is it asked?",
        SLOPES,
    ),
    Misconception(
        "AE5",
        "ratio outside the range called steady",
        "Look at the ratio of this scale again. Does it lie between 0.1 and 10?",
        SLOPES,
    ),
    Misconception(
        "AE6",
        "saturation taken to stop every gradient",
        "Many slopes are small there, and yet look at your ratio. What else is multiplied at each layer?",
        SLOPES,
    ),
    Misconception(
        "AE7",
        "mean square without the root",
        "This is the ratio of mean squares. What is still missing in a root mean square?",
        SLOPES,
    ),
)

# --- forward pass
register(
    Misconception(
        "AN1",
        "activation on the output, too",
        "The last layer went through the activation as well. Which layer has none here?",
        SPACE,
    ),
    Misconception(
        "AN2",
        "input left out of the list",
        "Your list begins with the first hidden layer. What does the list hold at place 0?",
        SPACE,
    ),
    Misconception(
        "AN3",
        "output alone instead of the list",
        "This is the output alone. Which numbers would you need to draw what the hidden layer does?",
        SPACE,
    ),
    Misconception(
        "AN4",
        "no activation anywhere",
        "This is the result without any activation. Where in your loop is act called?",
        SPACE,
    ),
    Misconception(
        "AN5",
        "bias left out",
        "This is the result without biases. What is added to each unit's sum?",
        SPACE,
    ),
    Misconception(
        "AN6",
        "pre-activations listed instead of activations",
        "Your hidden entries are the sums before the activation. What does the next layer get to see?",
        SPACE,
    ),
    Misconception(
        "AN7",
        "activation on the input",
        "The input went through the activation before the first layer. To which numbers does act belong?",
        SPACE,
    ),
)

# --- weights by hand
register(
    Misconception(
        "AX1",
        "yes and no exchanged",
        "All four corners are wrong, which is nearly right. What happens to the answer if the output changes sign?",
        PLANES,
    ),
    Misconception(
        "AX2",
        "a pattern that one straight line can make",
        "One straight line could make this pattern. Which corner needs the second hidden unit?",
        PLANES,
    ),
    Misconception(
        "AX3",
        "right at the corners, with no margin",
        "The corners are right, points close to them are not. How far from 0 is your output at each corner?",
        PLANES,
    ),
    Misconception(
        "AT1",
        "half-plane on the wrong side",
        "Some of your half-planes look away from the triangle. What does the order of the vertices, clockwise or "
        "not, change?",
        PLANES,
    ),
    Misconception(
        "AT2",
        "threshold that is never passed",
        "Your half-planes are right, the output never fires. By how much does the sum of three ones pass your "
        "threshold?",
        PLANES,
    ),
    Misconception(
        "AT3",
        "threshold too low: OR instead of AND",
        "Your half-planes are right, but the output fires outside, too. How many of the three must say yes?",
        PLANES,
    ),
    Misconception(
        "AC1",
        "midpoint still inside",
        "The point halfway is positive as well. Where would a region have to have a gap or a dent?",
        PLANES,
    ),
    Misconception(
        "AC2",
        "an end point outside",
        "Both points must lie inside the region. Which of your hidden units say yes at this point?",
        PLANES,
    ),
    Misconception(
        "AC3",
        "region is convex: half-planes joined by AND",
        "This region is convex, so no two points can do it. Which logical operation does your output unit perform?",
        PLANES,
    ),
    Misconception(
        "AC4",
        "more than one hidden layer",
        "That two hidden layers can do it is not in doubt. Can you do it with one?",
        PLANES,
    ),
)

# --- the interval task
register(
    Misconception(
        "AI1",
        "chance level for the best of a straight cut",
        "This is what guessing gets. Put one cut on the line: how many of the four quarters can be right?",
        TRAIN,
    ),
    Misconception(
        "AI2",
        "a straight cut taken to solve the task",
        "Without a bend the network is one straight cut. Can one cut put the middle on one side and both ends on "
        "the other?",
        TRAIN,
    ),
    Misconception(
        "AI3",
        "took ReLU to solve it more often",
        "Count the runs that reach every point again. Which two ReLU units would have to be alive, and where?",
        TRAIN,
    ),
    Misconception(
        "AI4",
        "mean of the runs instead of the best that can be reached",
        "This is the mean of the ten runs. What could a straight cut reach at best?",
        TRAIN,
    ),
)

# --- choosing and explaining
register(
    Misconception(
        "AO1",
        "took a hidden activation for the output",
        "A hidden layer's activation limits what can come out. Which values may the answer take here?",
        OUTPUT,
    ),
    Misconception(
        "AO2",
        "softmax where several answers may hold",
        "Softmax shares out one unit of probability. May several answers be true at once here?",
        OUTPUT,
    ),
    Misconception(
        "AO3",
        "sigmoids where exactly one answer holds",
        "Separate sigmoids need not add up to 1. How many of the answers are true at once here?",
        OUTPUT,
    ),
    Misconception(
        "AO4",
        "dead taken for saturated",
        "A saturated unit has a small slope. What is the slope of a ReLU to the left of its corner?",
        SLOPES,
    ),
    Misconception(
        "AO5",
        "took depth to help without an activation",
        "From Lab 01: what is a linear layer of a linear layer?",
        SPACE,
    ),
    Misconception(
        "AO6",
        "read the fold as a move of the points or of the cut on the line",
        "The points on the line stay where they are. In which space does the straight cut lie?",
        SPACE,
    ),
)


def by_hand_ways(p: int, q: int, doubled: float, layers: int) -> dict[str, dict[str, float]]:
    """Return, for each wrong way by hand, what it gives for each part that it can touch.

    Parameters
    ----------
    p, q
        The points are z = ln p and z = -ln q.
    doubled
        The given value of σ(2z).
    layers
        Number of sigmoids in a row.
    """
    return {
        "AH1": {"b": 1 / (p + 1), "c": q / (q + 1)},
        "AH2": {"a": 1, "b": p, "c": 1 / q},
        "AH3": {"b": 1 / (1 + math.exp(-p)), "c": 1 / (1 + math.exp(q))},
        "AH4": {"largest slope": 0.5},
        "AH5": {"largest slope": 1, "bound": 1},
        "AH6": {"tanh": 2 * doubled},
        "AH7": {"tanh": doubled},
        "AH8": {"tanh": 1 - 2 * doubled},
        "AH9": {"bound": 0.25 * layers},
        "AH10": {"bound": 0.5**layers},
        "AH11": {"bound": [0.25 ** (layers - 1), 0.25 ** (layers + 1)]},
    }
