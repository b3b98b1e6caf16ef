"""Exercise 1.8: multiple choice on stacks, on the parts of a recipe, and on pigeons.

What the prompt says, and what tries it:

- `a` and `c`: one key each → a part each
- `b`: a box for each card → a part for each box
"""

from course_utils.judging.choices import Choice, ChoiceExercise, Option, Sorting
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.neurons.headings import PIGEONS, RECIPE, STACK

NQ1 = Misconception(
    "NQ1",
    "expects stacked linear layers to bend",
    "Put a straight line into a straight line: can the result have a bend?",
    STACK,
)
NQ2 = Misconception(
    "NQ2",
    "more parameters taken for more functions",
    "There are more numbers to learn. Is there a function of the stack that one layer cannot compute?",
    STACK,
)
NQ3 = Misconception(
    "NQ3",
    "hyper-parameters and parameters confused",
    "Who sets this number: you, before training starts, or the training itself?",
    RECIPE,
)
NQ4 = Misconception(
    "NQ4",
    "metric and optimiser confused",
    "One of these says how good the model is, the other makes it better. Which does this card do?",
    RECIPE,
)
NQ5 = Misconception(
    "NQ5",
    "remembering taken for generalising",
    "The birds were right on pictures that they had been trained with. Which pictures put a rule to the test?",
    PIGEONS,
)
NQ6 = Misconception(
    "NQ6",
    "failure on new pictures blamed on the senses",
    "The same eyes did well on the training pictures. What differed between the two sets?",
    PIGEONS,
)
RECIPE_QUESTIONS = {
    "a": Choice(
        "You put a second linear layer on top of the first, with no activation between them. What changes?",
        {
            "bends": Option("The network can now draw lines with a bend.", NQ1),
            "more": Option("It can compute more functions, since it has more parameters.", NQ2),
            "nothing": Option("No new functions: one affine layer can do the same, and sometimes more."),
            "deeper": Option(
                "It becomes a deep network, which learns features of features.",
                NQ1,
                "What could the second layer make of its inputs that the first could not make at once?",
            ),
        },
        right="nothing",
    ),
    "b": Sorting(
        "Sort ten cards of a recipe for machine learning.",
        {
            "parameter": "learned from the data",
            "hyper-parameter": "set before training starts",
            "metric": "says how good the model is",
            "optimiser": "makes it better, step by step",
        },
        {
            "weights": "parameter",
            "biases": "parameter",
            "learning rate": "hyper-parameter",
            "number of layers": "hyper-parameter",
            "units in a layer": "hyper-parameter",
            "batch size": "hyper-parameter",
            "mean squared error": "metric",
            "accuracy": "metric",
            "gradient descent": "optimiser",
            "stochastic gradient descent": "optimiser",
        },
        slips={
            **{(card, "hyper-parameter"): NQ3 for card in ("weights", "biases")},
            **{
                (card, "parameter"): NQ3
                for card in ("learning rate", "number of layers", "units in a layer", "batch size")
            },
            **{(card, "optimiser"): NQ4 for card in ("mean squared error", "accuracy", "learning rate")},
            **{(card, "metric"): NQ4 for card in ("gradient descent", "stochastic gradient descent")},
            **{(card, "hyper-parameter"): NQ4 for card in ("mean squared error", "accuracy")},
        },
    ),
    "c": Choice(
        "After training, the pigeons sorted the mammograms they had been trained with, and failed on new ones. "
        "What does that show?",
        {
            "remembered": Option("They had learned those pictures by heart, not what makes a mass malignant."),
            "as good": Option("They are as good as radiologists, since they were right in training.", NQ5),
            "eyes": Option("A pigeon's eyes cannot see what matters in a mammogram.", NQ6),
            "longer": Option("More training on the same pictures would have done it.", NQ5),
        },
        right="remembered",
    ),
}


class RecipeCard(ChoiceExercise):
    """Three questions: on stacks of layers, on the parts of a recipe for machine learning, on pigeons."""

    id = "recipe-card"
    hints = (
        "For each card ask: does training change it, do I set it, does it judge, or does it improve?",
        "For the pigeons: on which pictures were they right, and on which not?",
    )
    worked = """
    Other cards, sorted with the same four questions.

    1. *Does training change it?* The entries of a table of word vectors: yes, so a parameter.
    2. *Do I set it before?* The number of epochs, the momentum, the share of dropout: hyper-parameters.
    3. *Does it say how good the model is?* The mean absolute error, the share of spam that is found: metrics.
    4. *Does it make the model better, step by step?* Adam, RMSprop: optimisers.
    5. For a stack or for pigeons, ask what would be different on an input, or a picture, that nobody has seen yet.
    """
    misconceptions = (NQ1, NQ2, NQ3, NQ4, NQ5, NQ6)
    questions = RECIPE_QUESTIONS
    answers_are_called = "recipe"
