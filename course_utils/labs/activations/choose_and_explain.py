"""Exercise 2.9: choose an output function, and explain what was seen.

What the prompt says, and what tries it:

- six questions, one key each → a part each
"""

from course_utils.judging.choices import Choice, ChoiceExercise, Option
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.activations.headings import OUTPUT, SLOPES, SPACE

AO1 = Misconception(
    "AO1",
    "an output function whose values do not fit the answer",
    "Which values can come out of what you chose, and which may the answer take here?",
    OUTPUT,
)
AO2 = Misconception(
    "AO2",
    "softmax where several answers may hold",
    "Softmax shares out one unit of probability. May several answers be true at once here?",
    OUTPUT,
)
AO3 = Misconception(
    "AO3",
    "sigmoids where exactly one answer holds",
    "Separate sigmoids need not add up to 1. How many of the answers are true at once here?",
    OUTPUT,
)
AO4 = Misconception(
    "AO4",
    "dead taken for saturated",
    "A saturated unit has a small slope. What is the slope of a ReLU to the left of its corner?",
    SLOPES,
)
AO5 = Misconception(
    "AO5",
    "took depth to help without an activation",
    "From Lab 01: what is a linear layer of a linear layer?",
    SPACE,
)
AO6 = Misconception(
    "AO6",
    "read the fold as a move of the points or of the cut on the line",
    "The points on the line stay where they are. In which space does the straight cut lie?",
    SPACE,
)

_OUTPUTS = {
    "identity": "identity: any number",
    "sigmoid": "a sigmoid for each output: numbers from 0 to 1, each for itself",
    "softmax": "softmax: numbers from 0 to 1 that add up to 1",
    "relu": "ReLU: no negative numbers",
    "tanh": "tanh: numbers from -1 to 1",
}


def _output(text: str, right: str, **ways: Misconception) -> Choice:
    options = {key: Option(words, ways.get(key, AO1)) for key, words in _OUTPUTS.items()}
    return Choice(text, options, right)


QUESTIONS = {
    "a": _output("Tomorrow's temperature in degrees Celsius, from today's weather. Which output function?", "identity"),
    "b": _output("Which one of ten digits is on a picture. Which output function?", "softmax", sigmoid=AO3),
    "c": _output(
        "Which of ten kinds of things can be seen on a photograph: none, one or several. Which output function?",
        "sigmoid",
        softmax=AO2,
    ),
    "d": Choice(
        "A ReLU unit is called dead. What does that mean?",
        {
            "negative": Option("its sum is negative for every example, so no gradient reaches its weights"),
            "saturated": Option("its output is large for every example, so its slope is nearly 0", AO4),
            "zero weights": Option(
                "all its weights are 0",
                feedback="A unit may have large weights and be dead. What is the sign of its sum, for every example?",
            ),
            "last example": Option(
                "its sum was negative for the last example",
                feedback="The next example may wake it up again. For how many examples must it be silent?",
            ),
        },
        "negative",
    ),
    "e": Choice(
        "Ten layers without an activation (identity): what can they do that one layer cannot?",
        {
            "nothing": Option("nothing: together they are one layer again"),
            "curves": Option("they can bend the boundary ten times", AO5),
            "convex": Option("they can make any convex region", AO5),
            "faster": Option(
                "they answer faster",
                feedback="Ten matrix products take longer than one. What is the product of ten matrices?",
            ),
        },
        "nothing",
    ),
    "f": Choice(
        "In the folding picture, two tanh units solve the interval task. What has the hidden layer done?",
        {
            "fold": Option("it has laid the line into a plane, so bent that one straight cut is enough there"),
            "moved": Option("it has moved the points of one class along the line, to one side", AO6),
            "two cuts": Option("it has put two cuts on the number line; no bend was needed", AO6),
            "noise": Option(
                "it has removed the points in the middle",
                feedback="Count the points in both panels. Is any of them gone?",
            ),
        },
        "fold",
    ),
}


class ChooseAndExplain(ChoiceExercise):
    """Three output functions and three explanations."""

    id = "choose-and-explain"
    hints = (
        "For a, b and c: which values may the answer take, and must they add up to 1?",
        "For d: what is the slope of ReLU at a negative sum, and what does the weights' gradient get multiplied by?",
        "For f: look at the right panel of the folding picture. Where is the straight line?",
    )
    worked = """
    Other tasks, asked the same way.

    1. The height of the tide, above or below its mean: any number may come out, so nothing may cut it off.
    2. Will it rain tomorrow? One number between 0 and 1, for itself.
    3. Which of three teams wins the cup? Exactly one does, so the three probabilities have to add up to 1.
    4. Which of five illnesses does a patient have? None or several may be true: each gets a number of its own.
    5. For a word such as *dead*, ask two things: what is the slope there, and for how many examples?
    """
    misconceptions = (AO1, AO2, AO3, AO4, AO5, AO6)
    questions = QUESTIONS
