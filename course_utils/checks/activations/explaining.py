"""Check of the last exercise: choose an output function, and explain what was seen."""

from course_utils.checks.choices import Choice, Option, Sheet, mark_choices, sheet
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import Credit

_OUTPUTS = {
    "identity": "identity: any number",
    "sigmoid": "a sigmoid for each output: numbers from 0 to 1, each for itself",
    "softmax": "softmax: numbers from 0 to 1 that add up to 1",
    "relu": "ReLU: no negative numbers",
    "tanh": "tanh: numbers from -1 to 1",
}


def _output(text: str, right: str, **codes: str) -> Choice:
    options = {key: Option(words, codes.get(key, "AO1")) for key, words in _OUTPUTS.items()}
    return Choice(text, options, right)


QUESTIONS = {
    "a": _output("Tomorrow's temperature in degrees Celsius, from today's weather. Which output function?", "identity"),
    "b": _output("Which one of ten digits is on a picture. Which output function?", "softmax", sigmoid="AO3"),
    "c": _output(
        "Which of ten kinds of things can be seen on a photograph: none, one or several. Which output function?",
        "sigmoid",
        softmax="AO2",
    ),
    "d": Choice(
        "A ReLU unit is called dead. What does that mean?",
        {
            "negative": Option("its sum is negative for every example, so no gradient reaches its weights"),
            "saturated": Option("its output is large for every example, so its slope is nearly 0", "AO4"),
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
            "curves": Option("they can bend the boundary ten times", "AO5"),
            "convex": Option("they can make any convex region", "AO5"),
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
            "moved": Option("it has moved the points of one class along the line, to one side", "AO6"),
            "two cuts": Option("it has put two cuts on the number line; no bend was needed", "AO6"),
            "noise": Option(
                "it has removed the points in the middle",
                feedback="Count the points in both panels. Is any of them gone?",
            ),
        },
        "fold",
    ),
}


def questions(student: str = "") -> Sheet:
    """Return the text of the six questions, options in the student's own order."""
    return sheet(QUESTIONS, student)


@quiet()
def choose_and_explain(answers: dict) -> Credit:
    """Check three output functions and three explanations. 2 points.

    Parameters
    ----------
    answers
        For each letter from "a" to "f" the key of an option.
    """
    return mark_choices(answers, QUESTIONS, 2, "choices")
