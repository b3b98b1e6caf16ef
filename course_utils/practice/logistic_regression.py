"""Practice of lab 04: odds, probabilities, the way back to the score, parameters and shapes."""

from functools import partial

from course_utils import misconceptions
from course_utils.checks.logistic_regression import numbers
from course_utils.practice.topic import Topic
from course_utils.variants import logistic_regression as questions


def _odds_text(q) -> str:
    return f"A neuron's score is {q.score:g}.\nWhat are the odds (two decimals are enough)?"


def _probability_text(q) -> str:
    return f"A neuron's score is {q.score:g}.\nWhat is the probability (two decimals are enough)?"


def _back_text(q) -> str:
    return f"A probability is {q.probability:g}.\nWhich score does it belong to (two decimals are enough)?"


def _count_text(q) -> str:
    return (
        f"Softmax regression: colour pictures of {q.colour}×{q.colour} pixels, {q.channels} channels, to {q.classes} "
        f"classes, batches of {q.batch}.\nHow many parameters?"
    )


def _shape_text(q) -> str:
    return (
        f"Softmax regression: {q.batch} colour pictures of {q.colour}×{q.colour} pixels, {q.channels} channels, to "
        f"{q.classes} classes.\nWhich shape has nn.Linear's weight? Answer with a tuple."
    )


TOPICS: dict[str, Topic] = {
    "odds": Topic(
        questions.practice_score,
        _odds_text,
        lambda q: numbers.torch_odds(q.score),
        partial(misconceptions.wrong_answers, "LD"),
    ),
    "probability": Topic(
        questions.practice_score,
        _probability_text,
        lambda q: numbers.torch_probability(q.score),
        partial(misconceptions.wrong_answers, "LP"),
    ),
    "logit": Topic(
        questions.practice_probability,
        _back_text,
        lambda q: numbers.torch_logit(q.probability),
        partial(misconceptions.wrong_answers, "LT"),
    ),
    "softmax-count": Topic(
        questions.practice_pictures,
        _count_text,
        lambda q: numbers.torch_counts(q)["colour"],
        lambda q: questions.count_ways(q.colour, q.channels, q),
    ),
    "weight-shape": Topic(
        questions.practice_pictures,
        _shape_text,
        numbers.weight_shape,
        numbers.weight_shape_ways,
    ),
}
