"""Wrong ways with neurons, dense layers, errors and descent: lab 01.

Procedures of the ``NE`` codes take ``(x, weight, bias)``, tuples of numbers and a number.
"""

from course_utils.misconceptions import Misconception, read_again, register

PIGEONS = "Pigeons and pixels"
NEURON = "One neuron"
LAYER = "A layer and a batch"
SUNSHINE = "More sunshine, more hot"
STACK = "What do stacked linear neurons buy?"
PICTURES = "Why pictures are a problem"
RECIPE = "The recipe card"
STEP = "How large a step?"


def _weighted(x, weight) -> float:
    return sum(one * other for one, other in zip(x, weight, strict=True))


# --- one neuron: procedure(x, weight, bias)
register(
    Misconception(
        "NE1",
        "bias left out",
        "This is the weighted sum alone. Which of the four numbers is added whatever the inputs are?",
        NEURON,
        lambda x, weight, bias: _weighted(x, weight),
    ),
    Misconception(
        "NE2",
        "bias multiplied in",
        "This multiplies the weighted sum by w0. Is w0 a factor here, or a term of the sum?",
        NEURON,
        lambda x, weight, bias: bias * _weighted(x, weight),
    ),
    Misconception(
        "NE3",
        "weights shifted by one place",
        "Here each input meets its neighbour's weight. Which of your four numbers has no input attached?",
        NEURON,
        lambda x, weight, bias: _weighted(x, (bias, *weight[:-1])),
    ),
    Misconception(
        "NE4",
        "took the output to double with one input",
        "This is twice the first answer. Which terms of the sum contain the input that doubles?",
        NEURON,
    ),
    Misconception(
        "NE5",
        "bias counted once for each input",
        "This adds w0 once for every input. How many terms of the sum are w0?",
        NEURON,
        lambda x, weight, bias: _weighted(x, weight) + len(x) * bias,
    ),
)

# --- layers and shapes
register(
    Misconception(
        "ND1",
        "batch on the other axis",
        "The batch is on the other axis here. In this convention, which axis counts the examples?",
        LAYER,
    ),
    Misconception(
        "ND2",
        "the two conventions exchanged",
        "Each shape is right for the other convention. Which of the two keeps one example in a row?",
        LAYER,
    ),
    Misconception(
        "ND3",
        "parameters counted anew for each example",
        "This grows with the batch. Does a layer learn other weights for every example?",
        LAYER,
    ),
    Misconception(
        "ND4",
        "accepts sizes that do not fit",
        "The sizes do not fit here, and yet your function answers. Which input has no weight of its own?",
        LAYER,
    ),
)

# --- errors and descent
register(
    Misconception(
        "NM1",
        "square of the sum instead of the sum of squares",
        "This adds the errors first and squares once. What happens to an error of 3 beside one of -3?",
        SUNSHINE,
    ),
    Misconception(
        "NM2",
        "errors not squared",
        "These errors are not squared. What does the S in MSE stand for?",
        SUNSHINE,
    ),
    Misconception(
        "NM3",
        "square root taken",
        "This is the root of the MSE. Is there a root in its name?",
        SUNSHINE,
    ),
    Misconception(
        "NM4",
        "gradient by w without the input",
        "Your two gradients are equal. If w moves a little, how far does the prediction move where x is 4?",
        SUNSHINE,
    ),
    Misconception(
        "NM5",
        "gradients in the wrong order",
        "These are the right two numbers in the other order. Which one does the task ask for first?",
        SUNSHINE,
    ),
    Misconception(
        "NM6",
        "step uphill",
        "This step goes along the gradient. Does the loss rise or fall in that direction?",
        SUNSHINE,
    ),
    Misconception(
        "NM7",
        "learning rate left out",
        "This takes the whole gradient as its step. Which number says how much of it to take?",
        SUNSHINE,
    ),
    Misconception(
        "NM8",
        "returned the step, not the new parameters",
        "This is the step alone. From where does it start?",
        SUNSHINE,
    ),
    Misconception(
        "NB1",
        "predictions equal the targets",
        "Your predictions equal the targets, so the true MSE is 0 too. Which errors could hide from a sum?",
        SUNSHINE,
    ),
    Misconception(
        "NB2",
        "errors do not cancel",
        "Your colleague's function sees these errors: their sum is not 0. Which signs would they need?",
        SUNSHINE,
    ),
    Misconception(
        "NB3",
        "errors cancel but are small",
        "Your errors cancel, but they are small. What becomes of their squares if you make them all larger?",
        SUNSHINE,
    ),
)

# --- stacks of linear layers
register(
    Misconception(
        "NC1",
        "matrices multiplied in the wrong order",
        "Here the last layer comes first. Which weight does x meet first, and on which side does it stand?",
        STACK,
    ),
    Misconception(
        "NC2",
        "earlier biases do not pass through later layers",
        "The weights are right. Feed a zero input through two layers: what happens to the first bias in the second?",
        STACK,
    ),
    Misconception(
        "NC3",
        "only the last layer's bias kept",
        "The weights are right, the bias is the last layer's alone. Feed a zero input: what comes out of layer one?",
        STACK,
    ),
    Misconception(
        "NC4",
        "bias without meaning: zero",
        "The weights are right and the bias is 0. Feed a zero input through the stack: what comes out?",
        STACK,
    ),
)

# --- counting
register(
    Misconception(
        "NP1",
        "colour channels forgotten",
        "This counts one number for each pixel. How many has a pixel in colour?",
        PICTURES,
    ),
    Misconception(
        "NP2",
        "bits and bytes confused",
        "This is eight times too much or too little. How many bits has a byte, and which of the two was given?",
        PICTURES,
    ),
    Misconception(
        "NP3",
        "sides of the picture not multiplied",
        "This counts one row, or adds the two sides. How many pixels has a picture of 3 rows by 4 columns?",
        PICTURES,
    ),
    Misconception(
        "NP4",
        "counted numbers, not bytes",
        "This takes one byte for each number. How many bytes has a number here?",
        PICTURES,
    ),
)

# --- the recipe card: multiple choice
register(
    Misconception(
        "NQ1",
        "expects stacked linear layers to bend",
        "Put a straight line into a straight line: can the result have a bend?",
        STACK,
    ),
    Misconception(
        "NQ2",
        "more parameters taken for more functions",
        "There are more numbers to learn. Is there a function of the stack that one layer cannot compute?",
        STACK,
    ),
    Misconception(
        "NQ3",
        "hyper-parameters and parameters confused",
        "Who sets this number: you, before training starts, or the training itself?",
        RECIPE,
    ),
    Misconception(
        "NQ4",
        "metric and optimiser confused",
        "One of these says how good the model is, the other makes it better. Which does this card do?",
        RECIPE,
    ),
    Misconception(
        "NQ5",
        "remembering taken for generalising",
        "The birds were right on pictures that they had been trained with. Which pictures put a rule to the test?",
        PIGEONS,
    ),
    Misconception(
        "NQ6",
        "failure on new pictures blamed on the senses",
        "The same eyes did well on the training pictures. What differed between the two sets?",
        PIGEONS,
    ),
)

# --- learning rates
register(
    Misconception(
        "NR1",
        "the fastest rate instead of the largest",
        "This rate gets there first. Is there a larger one that wobbles, and still arrives?",
        STEP,
    ),
    Misconception(
        "NR2",
        "the first rate that diverges",
        "Look at this rate's loss after more and more steps. Where is it heading?",
        STEP,
    ),
    Misconception(
        "NR3",
        "raw and standardised exchanged",
        "These are the right rates in each other's place. Which input is the larger, and what does that do to a slope?",
        STEP,
    ),
)

read_again(
    "neurons",
    DS1=(LAYER, "The weight is turned over. In this convention, has it a row for each input or for each unit?"),
    DS2=(LAYER, "The axis of the batch is gone. How many examples are there, and where does the shape say so?"),
    DS3=(LAYER, "The bias goes along the batch. To what does each of its numbers belong, an example or a unit?"),
    PC1=(LAYER, "These are the weights alone. What else does each unit add to its sum?"),
    PC2=(LAYER, "This has one bias for a whole layer. Do all units have to share it?"),
    GR1=SUNSHINE,
    GR2=(SUNSHINE, "This is twice the right value, or half of it. Where does a factor of 2 come in, and where not?"),
    GR3=(SUNSHINE, "This is the sum over the examples. What does the M in MSE stand for?"),
    GR5=(SUNSHINE, "This has a number for each example. What turns them into one number?"),
)
