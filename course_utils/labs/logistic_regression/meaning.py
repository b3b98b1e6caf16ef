"""Exercise 4.9: loss and metric, cross-entropy and likelihood."""

from course_utils.judging.choices import Choice, ChoiceExercise, Option
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.logistic_regression.concepts import CONCEPTS
from course_utils.labs.logistic_regression.headings import CARD

LM1 = Misconception(
    "LM1",
    "takes loss and metric for one thing",
    "How does the accuracy change when one weight moves by a millionth?",
    CARD,
)
LM2 = Misconception(
    "LM2",
    "takes cross-entropy and maximum likelihood for alternatives",
    "Write the likelihood of the labels down, take the logarithm, put a minus before it. What do you get?",
    CARD,
)


QUESTIONS = {
    "a": Choice(
        "Why does training minimise the log-loss and not the number of errors, which is what we care about?",
        {
            "same": Option("The two are the same number, up to a factor.", LM1),
            "bound": Option(
                "A smaller log-loss always means fewer errors.",
                LM1,
                "One very wrong example can cost more than ten right ones save. Which of the two numbers notices?",
            ),
            "slope": Option("The number of errors does not change under tiny steps, so it has no slope to follow."),
            "metric": Option(
                "Log-loss is a metric, and training always minimises the metric.",
                LM1,
                "A metric judges what has been trained. Which of the two has a gradient?",
            ),
        },
        "slope",
    ),
    "b": Choice(
        "The first lecture lists as losses: max likelihood (min NLL), cross-entropy, etc. Which sentence is true?",
        {
            "alternatives": Option("They are two losses, and one has to choose between them.", LM2),
            "max": Option(
                "Cross-entropy is the likelihood, so it is maximised.",
                LM2,
                "A likelihood is a product of probabilities. Which sign does the logarithm of such a number have?",
            ),
            "same": Option("For labels 0 to K − 1 and a softmax they are one and the same quantity."),
            "two": Option(
                "They agree for two classes only.",
                LM2,
                "Write both for three classes and one example of class 1. Do they differ?",
            ),
        },
        "same",
    ),
}

WORKED = """
The same kind of question: *why do we report the mean absolute error in degrees, and train with the squared error?*
Options: `same`: they are one number; `scale`: the squared error is always smaller; `smooth`: the squared error has a
slope everywhere that says how far to go, the absolute error is read more easily.

1. Try each sentence on numbers. Errors 0.5 and 2: absolute mean 1.25, squared mean 2.125. So not `same`, not `scale`.
2. Which of the two has to be followed by small steps, and which has to be understood by people?
3. What is followed needs a slope that tells far from near; what is read needs a unit. That is `smooth`.
"""


class Meaning(ChoiceExercise):
    """Two questions: why training minimises the log-loss, and what the losses of a slide have in common."""

    id = "meaning"
    hints = (
        "Move one weight by a millionth in your mind. Which of the two numbers changes?",
        "Write down the probability that the model gives to all labels together. What is minus its logarithm?",
    )
    misconceptions = (LM1, LM2)
    worked = WORKED
    questions = QUESTIONS
    topics = (CONCEPTS,)
