"""Wrong ways with chain rules, gradient checks, engines and backward passes (lab 03).

Kinds: VC slopes in series and in parallel, VN numerical gradients, VE the engine, VG gradients of layers, VT training
and PyTorch's autograd.
"""

from course_utils.misconceptions import Misconception, read_again, register

SERIES = "Slopes in series"
PARALLEL = "Slopes in parallel"
TRUST = "Trust but verify"
ENGINE = "An engine in 60 lines"
ORDER = "Why order matters: the diamond"
MATRICES = "From scalars to matrices"
TORCH = "The same thing in PyTorch"
TRAIN = "Train with your own engine"

# --- slopes, by hand; what each gives is in variants.chain_rule
register(
    Misconception(
        "VC1",
        "inner slope left out",
        "These are outer slopes alone. By how much does the inner value move when the input moves by 1?",
        SERIES,
    ),
    Misconception(
        "VC2",
        "slopes in series added",
        "This adds the outer and the inner slope. If t moves f by 2 and f moves g by 3 each, how far does g go?",
        SERIES,
    ),
    Misconception(
        "VC3",
        "outer slope left out",
        "These are inner slopes alone. How does g answer when f moves by 1?",
        SERIES,
    ),
    Misconception(
        "VC4",
        "sums multiplied instead of products summed",
        "This multiplies two sums. Which inner slope belongs to which outer slope?",
        PARALLEL,
    ),
    Misconception(
        "VC5",
        "one path left out",
        "This adds two of the paths. Which one is missing?",
        PARALLEL,
    ),
)

# --- numerical gradients
register(
    Misconception(
        "VN1",
        "one-sided difference",
        "Your error shrinks like the step, not like its square: this looks to one side only. What lies on the other?",
        TRUST,
    ),
    Misconception(
        "VN2",
        "moved number not put back",
        "A number that was moved is not put back. What is x while the next number is tried, and afterwards?",
        TRUST,
    ),
    Misconception(
        "VN3",
        "whole numbers cut the step off",
        "An array of whole numbers cannot hold 3.00001. Of which type must the array be that you move?",
        TRUST,
    ),
    Misconception(
        "VN4",
        "a copy was moved, f saw the other array",
        "Your slopes are all 0: f never saw a change. Is the array that you move the one that f gets?",
        TRUST,
    ),
    Misconception(
        "VN5",
        "all numbers moved at once",
        "This is one slope for all: every number of x was moved at the same time. Which one should move?",
        TRUST,
    ),
    Misconception(
        "VN6",
        "gradient in another shape than x",
        "The slopes are right, their shape is not. Which shape has x?",
        TRUST,
    ),
    Misconception(
        "VN7",
        "difference not divided by the distance",
        "These are differences of f, not slopes. By what is a rise divided to make a slope?",
        TRUST,
    ),
)

# --- the engine
register(
    Misconception(
        "VE1",
        "no ordering: a value asked before all its users had answered",
        "A value was asked before all its users had answered. When is its gradient complete?",
        ORDER,
    ),
    Misconception(
        "VE2",
        "seed gradient missing",
        "All gradients are 0. What is the slope of y by y itself, and who writes it down?",
        ORDER,
    ),
    Misconception(
        "VE3",
        "equal numbers taken for one and the same value",
        "Two values with equal numbers were taken for one. When are two values the same to your engine?",
        ORDER,
    ),
    Misconception(
        "VE4",
        "recursion too deep",
        "Python stops calls that are nested about a thousand deep. Which list of your own could remember what is "
        "still to do?",
        ORDER,
    ),
    Misconception(
        "VE5",
        "product rule with the own factor",
        "In a · b you give a the slope a. If b stays and a moves by 1, how far does a · b move?",
        ENGINE,
    ),
    Misconception(
        "VE6",
        "parents not recorded",
        "The number is right, but the result does not remember what it was made from. What is parents for?",
        ENGINE,
    ),
    Misconception(
        "VE7",
        "plain number not turned into a value",
        "With a plain number it fails. What has 3 not got that a Value has?",
        ENGINE,
    ),
    Misconception(
        "VE8",
        "values left out of the order",
        "Some values behind y never get their turn. Which ones can be reached by going from parent to parent?",
        ORDER,
    ),
    Misconception(
        "VE9",
        "a value stands twice in the order",
        "A value gets its turn twice and passes its gradient on twice. How do you know that you have met it before?",
        ORDER,
    ),
    Misconception(
        "VE10",
        "order from the inputs to the result",
        "This is the way forwards, inputs first. From where does a gradient start?",
        ORDER,
    ),
    Misconception(
        "VE11",
        "second backward passes on the first one's gradients again",
        "The second call passes on again what the first had left in between. Which sums must start afresh each time?",
        ORDER,
    ),
    Misconception(
        "VE12",
        "backward forgets what was in grad",
        "After a second call grad holds one call's slope only. Does backward set grad, or add to it?",
        ORDER,
    ),
    Misconception(
        "VE13",
        "gradient that comes back not multiplied in",
        "This adds the slopes of single steps. By what is a step's slope multiplied on the way back?",
        ORDER,
    ),
    Misconception(
        "VE14",
        "power rule",
        "This is not the slope of a power. What becomes of the exponent, twice?",
        ENGINE,
    ),
    Misconception(
        "VE15",
        "part of a derivative formula missing",
        "A factor or a square is missing in this slope. What does your formula give where the curve is steepest?",
        ENGINE,
    ),
    Misconception(
        "VE16",
        "operation changes its own operands",
        "After the operation one of its operands has another number. Should a + b change a?",
        ENGINE,
    ),
    Misconception(
        "VE17",
        "no slope recorded",
        "The number is right, the slope is 0. What does this operation record besides its result?",
        ENGINE,
    ),
)

# --- gradients of layers
register(
    Misconception(
        "VG1",
        "gradient not in the shape of its variable",
        "A gradient has the shape of what it belongs to. Which shape has it here?",
        MATRICES,
    ),
    Misconception(
        "VG2",
        "gradient of a weight kept for each example",
        "This keeps a gradient for each example. How many weights does the layer have, whatever the batch?",
        MATRICES,
    ),
    Misconception(
        "VG3",
        "shape of the loss taken for the shape of its gradients",
        "The loss is one number. How many numbers can you turn to change it?",
        MATRICES,
    ),
    Misconception(
        "VG4",
        "width of the neighbouring layer",
        "This is the width of the layer next door. How wide is the array to which this gradient belongs?",
        MATRICES,
    ),
    Misconception(
        "VG5",
        "gradients of input and weight exchanged",
        "This is the gradient of another array of the layer. What was asked for first?",
        MATRICES,
    ),
    Misconception(
        "VG6",
        "gradient not multiplied in",
        "This is the mask alone. What does it let pass?",
        MATRICES,
    ),
)

# --- training, and PyTorch's autograd
register(
    Misconception(
        "VT1",
        "gradients not set to zero",
        "Each step still holds the gradients of the steps before it. What must happen before backward?",
        TORCH,
    ),
    Misconception(
        "VT2",
        "parameters never move",
        "The loss is the same in every step. Which numbers should have changed?",
        TRAIN,
    ),
    Misconception(
        "VT3",
        "another learning rate or number of steps",
        "The direction is right, the pace is not. Which learning rate, how many steps, and is the loss a mean?",
        TRAIN,
    ),
    Misconception(
        "VT4",
        "took not recording for not computing",
        "The forward pass is computed in either case. What else does PyTorch keep while it computes?",
        TORCH,
    ),
    Misconception(
        "VT5",
        "took no_grad for freezing or for eval mode",
        "Values and modes are not changed by this. What is written down, and for whom?",
        TORCH,
    ),
    Misconception(
        "VT6",
        "blamed rounding for a kink",
        "At 1e-5 rounding is far too small for this. What does a ReLU look like just left and just right of 0?",
        TRUST,
    ),
    Misconception(
        "VT7",
        "update recorded in the graph, or gradient cut off",
        "In this snippet something is cut off, or recorded that should not be. Which line does PyTorch have to see?",
        TORCH,
    ),
    Misconception(
        "VT8",
        "gradient compared before backward",
        "A relative difference near 1 means that one side is zero. When does grad get its value?",
        TRAIN,
    ),
    Misconception(
        "VT9",
        "gradients of the engine differ from PyTorch's",
        "Your gradients differ from PyTorch's before the first move. Which check of exercise 3.3 is not yet content?",
        TRAIN,
    ),
)

read_again(
    "chain_rule",
    DS1=(MATRICES, "These are the right numbers the wrong way round. Which axis of W counts the outputs?"),
    DS2=(MATRICES, "The batch axis is gone. Does each example have its own number here?"),
    DS3=(MATRICES, "This runs along the batch. To what does each number of a bias belong, an example or a unit?"),
    GR1=(
        MATRICES,
        "This is the right gradient times -1, or a step the wrong way. Where did the minus come in, or get lost?",
    ),
    GR2=(
        TRUST,
        "This is right but for a factor of 2. How far apart are the two places that you compare?",
    ),
    GR3=(
        MATRICES,
        "This is the right gradient divided by the number of examples. Has dY not been through the loss already?",
    ),
    GR4=(MATRICES, "These are the right numbers with two axes exchanged. What is the shape of what it belongs to?"),
    GR5=(MATRICES, "A bias takes part in every example's output. Over which axis must its gradient be summed?"),
    GR6=SERIES,
    GR7=PARALLEL,
    GR8=PARALLEL,
    GR9=(ORDER, "This keeps the last contribution only. If y = a + a, how many ways lead from a to y?"),
    GR10=(
        MATRICES,
        "The gradient passes where it should be stopped, or is stopped where it should pass. Which number decides: "
        "what went into the ReLU, or what comes back?",
    ),
    GR11=(
        ENGINE,
        "This is the formula of the slope with another number in it. Does it want the input or the output?",
    ),
)
