"""Exercise 6.10: what depth buys, what a residual block learns, where time goes, what first kernels show."""

from course_utils.judging.choices import Choice, ChoiceExercise, Option
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.lab7_cnn.headings import LEARNED, RESIDUAL, SHAPES

KH1 = Misconception(
    "KH1",
    "deeper is better without condition",
    "Plain networks of 56 layers had a larger *training* loss than those of 20. Was that overfitting?",
    RESIDUAL,
)
KH2 = Misconception(
    "KH2",
    "residual block learns its output",
    "What must the convolutions of a block give if its best output is its input?",
    RESIDUAL,
)
KH3 = Misconception(
    "KH3",
    "parameters and multiplications taken for the same",
    "Look at the two bars again: which layer has few weights and uses each of them at hundreds of places?",
    SHAPES,
)
KH4 = Misconception(
    "KH4",
    "first layer takes in whole objects",
    "How many pixels does a kernel of the first layer see?",
    LEARNED,
)

QUESTIONS = {
    "deeper": Choice(
        "“Deeper is better.” When does that hold?",
        {
            "always": Option("Always: each layer can only add to what the network can express.", KH1),
            "trainable": Option("When the deeper network can still be trained, as with residual connections."),
            "overfitting": Option(
                "Never: deeper networks only learn the training pictures by heart.",
                KH1,
            ),
            "wide": Option(
                "When each layer has at least as many channels as the one before.",
                feedback="VGG keeps this rule, and yet 30 such layers in a row train badly. What do ResNets add?",
            ),
        },
        "trainable",
    ),
    "residual": Choice(
        "What do the convolutions of a residual block learn?",
        {
            "output": Option("The block's whole output.", KH2),
            "difference": Option("The difference between the block's output and its input."),
            "identity": Option("The identity: they copy their input.", KH2),
            "gradient": Option(
                "The gradient of the loss.",
                feedback="Gradients are computed from the loss, not learned. What is added to the block's input?",
            ),
        },
        "difference",
    ),
    "costs": Choice(
        "In Lab 7's network, where are most parameters and where are most multiplications?",
        {
            "both dense": Option("Both in the dense layers.", KH3),
            "both conv": Option("Both in the convolutions.", KH3),
            "dense conv": Option("Parameters in the dense layers, multiplications in the convolutions."),
            "conv dense": Option("Parameters in the convolutions, multiplications in the dense layers.", KH3),
        },
        "dense conv",
    ),
    "kernels": Choice(
        "What do the first kernels of a large network, trained on photographs, look like?",
        {
            "edges": Option("Edges, spots and changes of colour."),
            "objects": Option("Small pictures of the classes.", KH4),
            "noise": Option(
                "Noise, as at the start: only the last layer learns.",
                feedback="Compare the kernels before and after training. Which layers does the optimiser change?",
            ),
            "parts": Option("Parts of objects, such as wheels and corners of roofs.", KH4),
        },
        "edges",
    ),
}


class Depth(ChoiceExercise):
    """Four questions about depth."""

    id = "depth"
    hints = (
        "Read the sentence below the figure of the residual block once more. What is added to what?",
        "Look at the two bars of section 2 again: which layer changes its place most?",
    )
    worked = """
        Another question of the kind: why may a network of 50 layers with residual connections start to train at once?

        1. "Because it has more parameters": so has a plain network of 50 layers, and it trains badly. Not that.
        2. "Because its blocks begin close to doing nothing": a block adds something small to what comes in, so
           at the start
           the scores and the gradients pass through all 50 layers nearly unchanged.
        3. Compare with the figure of the block: the dashed way has no weights on it. The second is right.
    """
    misconceptions = (KH1, KH2, KH3, KH4)
    questions = QUESTIONS
