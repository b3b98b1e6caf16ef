"""The questions with options: loss and metric, cross-entropy and likelihood."""

from course_utils.checks.choices import Choice, Option, Sheet, mark_choices, sheet
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import Credit

QUESTIONS = {
    "a": Choice(
        "Why does training minimise the log-loss and not the number of errors, which is what we care about?",
        {
            "same": Option("The two are the same number, up to a factor.", "LM1"),
            "bound": Option(
                "A smaller log-loss always means fewer errors.",
                "LM1",
                "One very wrong example can cost more than ten right ones save. Which of the two numbers notices?",
            ),
            "slope": Option("The number of errors does not change under tiny steps, so it has no slope to follow."),
            "metric": Option(
                "Log-loss is a metric, and training always minimises the metric.",
                "LM1",
                "A metric judges what has been trained. Which of the two has a gradient?",
            ),
        },
        "slope",
    ),
    "b": Choice(
        "The first lecture lists as losses: max likelihood (min NLL), cross-entropy, etc. Which sentence is true?",
        {
            "alternatives": Option("They are two losses, and one has to choose between them.", "LM2"),
            "max": Option(
                "Cross-entropy is the likelihood, so it is maximised.",
                "LM2",
                "A likelihood is a product of probabilities. Which sign does the logarithm of such a number have?",
            ),
            "same": Option("For labels 0 to K − 1 and a softmax they are one and the same quantity."),
            "two": Option(
                "They agree for two classes only.",
                "LM2",
                "Write both for three classes and one example of class 1. Do they differ?",
            ),
        },
        "same",
    ),
}


def questions(student: str = "") -> Sheet:
    """Return the two questions, their options in the student's own order."""
    return sheet(QUESTIONS, student)


@quiet()
def meaning(answers: dict) -> Credit:
    """Check two questions with options. 1 point.

    Parameters
    ----------
    answers
        ``{"a": key, "b": key}``.
    """
    return mark_choices(answers, QUESTIONS, 1)
