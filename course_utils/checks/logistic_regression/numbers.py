"""Checks of the questions with numbers and shapes: score, odds, probability; parameters of softmax regression."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch

from course_utils import misconceptions
from course_utils.checks import diagnosis
from course_utils.checks.sets import alternatives, mark, what_was_given
from course_utils.judging.answers import as_dict, as_numbers, is_missing, kind, read_numbers
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit
from course_utils.variants import logistic_regression as questions
from course_utils.variants.logistic_regression import Neuron, Odds, Pictures, Score

# --- PyTorch's own answers


def torch_score(neuron: Neuron) -> float:
    """Ask PyTorch for a neuron's score."""
    weight, x = (torch.tensor(numbers, dtype=torch.float64) for numbers in (neuron.weight, neuron.x))
    return float(weight @ x + neuron.bias)


def torch_probability(score: float) -> float:
    """Ask PyTorch for the probability that belongs to a score."""
    return float(torch.sigmoid(torch.tensor(score, dtype=torch.float64)))


def torch_odds(score: float) -> float:
    """Ask PyTorch for the odds that belong to a score: yes divided by no."""
    yes = torch.tensor(score, dtype=torch.float64)
    return float(torch.sigmoid(yes) / torch.sigmoid(-yes))


def torch_logit(probability: float) -> float:
    """Ask PyTorch for the score that belongs to a probability."""
    return float(torch.logit(torch.tensor(probability, dtype=torch.float64)))


# --- score, odds, probability

# how exact: odds to one part in a hundred, a probability to four decimals, a score from a probability to two
TOLERANCES: dict[str, Callable[[float], float]] = {
    "score": lambda right: 1e-9,
    "odds": lambda right: 0.01 * right,
    "probability": lambda right: 6e-5,
    "score back": lambda right: 0.006,
}


@quiet()
def score_and_odds(answers: dict, question: Odds) -> Credit:
    """Check a neuron's score, odds and probability, and the score that belongs to another probability. 2 points.

    Parameters
    ----------
    answers
        ``{"score": …, "odds": …, "probability": …, "score back": …}``.
    question
        From :func:`course_utils.variants.logistic_regression.odds`.
    """
    right = right_odds(question)
    given = read_numbers(answers, right, "odds")
    marks = {part: None if given[part] is None else _near(part, given[part], right[part]) for part in right}
    ways = odds_ways(question)
    codes = [
        code
        for part in right
        if marks[part] is False
        for code in [next((c for c, way in ways[part].items() if _gives(part, given[part], way)), "")]
        if code
    ]
    codes = [code.split(":")[0] for code in codes]
    return mark(marks, 2, list(dict.fromkeys(codes)), what_was_given(marks, given, "{:g}".format))


def right_odds(question: Odds) -> dict[str, float]:
    """Return the right answer of each part."""
    score = torch_score(question.neuron)
    return {
        "score": score,
        "odds": torch_odds(score),
        "probability": torch_probability(score),
        "score back": torch_logit(question.back.probability),
    }


def odds_ways(question: Odds) -> dict[str, dict[str, float]]:
    """For each part, what each known wrong way gives."""
    ways, score = misconceptions.wrong_answers, Score(torch_score(question.neuron))
    right_back = torch_logit(question.back.probability)
    parts = {
        "score": ways("LW", question.neuron),
        "odds": ways("LD", score),
        "probability": ways("LP", score),
        "score back": ways("LT", question.back) | {"LT4:base 2": right_back / math.log(2)},
    }
    return {part: {c: way for c, way in found.items() if way is not None} for part, found in parts.items()}


def _gives(part: str, given: float, way: float) -> bool:
    """Tell whether a wrong way leads to an answer, which may be rounded more than a right one may."""
    return _near(part, given, way) or abs(given - way) <= 0.005 * abs(way)


def _near(part: str, given: float, right: float) -> bool:
    return abs(given - right) <= TOLERANCES[part](abs(right))


# --- counting and shapes

SHAPES = ("X", "weight", "bias", "scores")
COUNTS = ("grey", "colour")


@quiet()
def count_and_shape(answers: dict, question: Pictures) -> Credit:
    """Check the parameters of softmax regression on two kinds of pictures, and the shapes of a batch. 2 points.

    Parameters
    ----------
    answers
        ``{"grey": number, "colour": number, "X": shape, "weight": shape, "bias": shape, "scores": shape}``.
    question
        From :func:`course_utils.variants.logistic_regression.pictures`.
    """
    answers = as_dict(answers, (*COUNTS, *SHAPES), "counts")
    counts = read_numbers({key: answers[key] for key in COUNTS}, COUNTS, "counts")
    right, shapes = torch_counts(question), torch_shapes(question)
    given = {part: _read_shape(answers[part], part) for part in SHAPES}
    marks = {part: None if counts[part] is None else counts[part] == right[part] for part in COUNTS}
    marks |= {part: None if given[part] is None else given[part] == shapes[part] for part in SHAPES}
    found = diagnosis.explain_set({k: v for k, v in counts.items() if v is not None}, right, _count_ways(question))
    other = alternatives(found.codes, 'practice("softmax-count")') if found.one_way and len(found.codes) > 1 else ""
    codes = [*found.codes, *_shape_codes(given, marks, question)]
    return mark(marks, 2, list(dict.fromkeys(codes)), what_was_given(marks, answers), other)


def torch_counts(question: Pictures) -> dict[str, int]:
    """Ask PyTorch how many parameters both layers have."""
    return {
        "grey": count_linear(question.grey**2, question.classes),
        "colour": count_linear(question.colour**2 * question.channels, question.classes),
    }


def count_linear(num_features: int, classes: int) -> int:
    """Ask PyTorch how many parameters a dense layer has."""
    layer = torch.nn.Linear(num_features, classes, device="meta")
    return sum(p.numel() for p in layer.parameters())


def torch_shapes(question: Pictures) -> dict[str, tuple[int, ...]]:
    """Ask PyTorch for the shapes of a batch of colour pictures, flattened, on its way through the layer."""
    side = question.colour
    X = torch.zeros(question.batch, question.channels, side, side).flatten(1)
    layer = torch.nn.Linear(X.shape[1], question.classes, device="meta")  # shapes alone: nothing is drawn at random
    scores = torch.nn.functional.linear(X, torch.zeros(layer.weight.shape), torch.zeros(layer.bias.shape))
    tensors = {"X": X, "weight": layer.weight, "bias": layer.bias, "scores": scores}
    return {part: tuple(tensor.shape) for part, tensor in tensors.items()}


def _count_ways(question: Pictures) -> dict[str, dict[str, int | None]]:
    grey = questions.count_ways(question.grey, 1, question)
    colour = questions.count_ways(question.colour, question.channels, question)
    return {code: {"grey": grey.get(code), "colour": colour[code]} for code in colour}


def _read_shape(answer, part: str) -> tuple | None:
    if is_missing(answer):
        return None
    numbers = None if type(answer) is set else as_numbers(answer)
    if numbers is None:
        raise CheckFailed(f"counts[{part!r}] should be a tuple of whole numbers, not {kind(answer)}.")
    return tuple(numbers)


def _shape_codes(given: Mapping, marks: Mapping, question: Pictures) -> list[str]:
    batch, classes = question.batch, question.classes
    size = question.colour**2 * question.channels
    wrong = {
        "DS1": {"weight": [(size, classes)]},
        "DS2": {"X": [(size,)], "scores": [(classes,)]},
        "DS3": {"bias": [(batch,), (batch, classes)]},
        "DS4": {"X": [(batch * size,), (1, batch * size)]},
        "LC1": {"X": [(batch, question.colour**2)], "weight": [(classes, question.colour**2)]},
    }
    return [
        code
        for code, shapes in wrong.items()
        if any(marks[part] is False and given[part] in options for part, options in shapes.items())
    ]


def weight_shape(question: Pictures) -> np.ndarray:
    """Return the shape of the layer's weight, as an array of two numbers."""
    return np.array(torch_shapes(question)["weight"])


def weight_shape_ways(question: Pictures) -> dict[str, tuple[int, int]]:
    """For each code, the wrong shape of the weight."""
    pixels = question.colour**2
    return {"DS1": (pixels * question.channels, question.classes), "LC1": (question.classes, pixels)}
