"""Exercise 4.6: the parameters of softmax regression on pictures, and the shapes of a batch."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, as_numbers, is_missing, kind, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.variants import Dice, draw
from course_utils.labs.logistic_regression.headings import COUNTING

DS1 = shared.DS1.in_lab(COUNTING, "This is the weight turned over. What does each row of nn.Linear's weight belong to?")
DS2 = shared.DS2.in_lab(COUNTING, "The batch axis is missing. How many rows of scores come out if N pictures go in?")
DS3 = shared.DS3.in_lab(
    COUNTING, "This has a bias for each example. To what does a bias belong, an example or a class?"
)
DS4 = shared.DS4.in_lab(COUNTING)
PC1 = shared.PC1.in_lab(COUNTING, "These are the weights alone. What else does each class add to its score?")
PC2 = shared.PC2.in_lab(COUNTING, "This has one bias for all classes together. Do they have to share it?")
LC1 = Misconception(
    "LC1",
    "channels forgotten",
    "This counts one number a pixel. How many numbers has a pixel in colour?",
    COUNTING,
)
LC2 = Misconception(
    "LC2",
    "one row of the picture only",
    "This counts one row of pixels. How many numbers has the whole picture?",
    COUNTING,
)
LC3 = Misconception(
    "LC3",
    "batch counted among the parameters",
    "This grows with the batch. Does a layer need other weights for a second picture?",
    COUNTING,
)

COUNTS = ("grey", "colour")
SHAPES = ("X", "weight", "bias", "scores")


class Pictures(NamedTuple):
    """A batch of pictures and the number of classes. Sizes are pixels."""

    batch: int
    grey: int
    colour: int
    channels: int
    classes: int


LECTURE_PICTURES = Pictures(64, 28, 32, 3, 10)


# --- counting


def count_parameters(side: int, channels: int, classes: int) -> int:
    """Count the parameters of softmax regression on square pictures, class by class, number by number."""
    numbers = [(row, column, channel) for row in range(side) for column in range(side) for channel in range(channels)]
    return sum(len(numbers) + 1 for _ in range(classes))


def count_ways(side: int, channels: int, question: Pictures) -> dict[Misconception, int]:
    """For each wrong way to count, what it gives. Where there is one channel, none can be forgotten."""
    size, classes = side * side * channels, question.classes
    ways = {
        PC1: size * classes,
        PC2: size * classes + 1,
        LC2: (side * channels + 1) * classes,
        LC3: (size * question.batch + 1) * classes,
    }
    return ways if channels == 1 else ways | {LC1: (side * side + 1) * classes}


def both_count_ways(question: Pictures) -> dict[Misconception, dict[str, int | None]]:
    """For each wrong way to count, what it gives for both kinds of pictures."""
    grey = count_ways(question.grey, 1, question)
    colour = count_ways(question.colour, question.channels, question)
    return {way: {"grey": grey.get(way), "colour": colour[way]} for way in colour}


def torch_counts(question: Pictures) -> dict[str, int]:
    """Ask PyTorch how many parameters both layers have."""
    return {
        "grey": _count_linear(question.grey**2, question.classes),
        "colour": _count_linear(question.colour**2 * question.channels, question.classes),
    }


def _count_linear(num_features: int, classes: int) -> int:
    layer = torch.nn.Linear(num_features, classes, device="meta")
    return sum(p.numel() for p in layer.parameters())


# --- shapes


def torch_shapes(question: Pictures) -> dict[str, tuple[int, ...]]:
    """Ask PyTorch for the shapes of a batch of colour pictures, flattened, on its way through the layer."""
    side = question.colour
    X = torch.zeros(question.batch, question.channels, side, side).flatten(1)
    layer = torch.nn.Linear(X.shape[1], question.classes, device="meta")  # shapes alone: nothing is drawn at random
    scores = torch.nn.functional.linear(X, torch.zeros(layer.weight.shape), torch.zeros(layer.bias.shape))
    tensors = {"X": X, "weight": layer.weight, "bias": layer.bias, "scores": scores}
    return {part: tuple(tensor.shape) for part, tensor in tensors.items()}


def shape_ways(question: Pictures) -> dict[Misconception, dict[str, list[tuple[int, ...]]]]:
    """For each wrong way, the shapes that it gives."""
    batch, classes, pixels = question.batch, question.classes, question.colour**2
    size = pixels * question.channels
    return {
        DS1: {"weight": [(size, classes)]},
        DS2: {"X": [(size,)], "scores": [(classes,)]},
        DS3: {"bias": [(batch,), (batch, classes)]},
        DS4: {"X": [(batch * size,), (1, batch * size)]},
        LC1: {"X": [(batch, pixels)], "weight": [(classes, pixels)]},
    }


def _weight_ways(question: Pictures) -> dict[Misconception, tuple[int, ...]]:
    return {way: shapes["weight"][0] for way, shapes in shape_ways(question).items() if "weight" in shapes}


# --- drawing


def practice_pictures(dice: Dice) -> Pictures:
    """Draw pictures on which all known wrong counts differ, from the right ones and from each other."""
    return draw(dice, _sample_pictures, pictures_tell_apart)


def _sample_pictures(dice: Dice) -> Pictures:
    grey = dice.choose((8, 12, 16, 20, 24, 28))
    colour = dice.choose((12, 16, 24, 32, 40, 48))
    return Pictures(dice.choose((16, 20, 32, 50, 64, 100)), grey, colour, 3, dice.between(3, 12))


def pictures_tell_apart(question: Pictures) -> bool:
    """Tell whether each known wrong count is wrong in its own way, and no two axes have the same length."""
    counts = [
        [count_parameters(side, channels, question.classes), *count_ways(side, channels, question).values()]
        for side, channels in ((question.grey, 1), (question.colour, question.channels))
    ]
    axes = {question.batch, question.classes, question.grey**2, question.colour**2 * question.channels}
    return all(len(set(one)) == len(one) for one in counts) and len(axes) == 4


# --- practice


def _count_text(q: Pictures) -> str:
    return (
        f"Softmax regression: colour pictures of {q.colour}×{q.colour} pixels, {q.channels} channels, to {q.classes} "
        f"classes, batches of {q.batch}.\nHow many parameters?"
    )


def _shape_text(q: Pictures) -> str:
    return (
        f"Softmax regression: {q.batch} colour pictures of {q.colour}×{q.colour} pixels, {q.channels} channels, to "
        f"{q.classes} classes.\nWhich shape has nn.Linear's weight? Answer with a tuple."
    )


TOPICS = (
    Topic(
        "softmax-count",
        practice_pictures,
        _count_text,
        lambda q: torch_counts(q)["colour"],
        lambda q: count_ways(q.colour, q.channels, q),
    ),
    Topic(
        "weight-shape",
        practice_pictures,
        _shape_text,
        lambda q: np.array(torch_shapes(q)["weight"]),
        _weight_ways,
    ),
)


class CountAndShape(Exercise):
    """Count the parameters of softmax regression on two kinds of pictures, and give the shapes of a batch."""

    id = "count-and-shape"
    hints = (
        "How many numbers does one picture become when it is flattened?",
        "Each class has a score of its own. How many weights and how many biases does one score need?",
        "In which order does nn.Linear keep its weight: outputs first or inputs first?",
    )
    misconceptions = (PC1, PC2, LC1, LC2, LC3, DS1, DS2, DS3, DS4)
    topics = TOPICS

    def draw(self) -> Pictures:
        """Return two kinds of pictures, a number of classes and a batch."""
        return practice_pictures(self.dice()) if self.student else LECTURE_PICTURES

    def text(self) -> str:
        """Return the pictures, classes and batch."""
        batch, grey, colour, channels, classes = self.question
        return (
            f"grey: {grey}×{grey} pixels\n\ncolour: {colour}×{colour} pixels, {channels} channels\n\n"
            f"{classes} classes, {batch} pictures in a batch"
        )

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"grey": number, "colour": number, "X": shape, "weight": …, "bias": …, "scores": …}``."""
        given = as_dict(answers, (*COUNTS, *SHAPES), "counts")
        counted = judge_numbers(given, torch_counts(self.question), both_count_ways(self.question), what="counts")
        return counted | look_at({part: partial(self._look_at_shape, part, given[part]) for part in SHAPES})

    def _look_at_shape(self, part: str, answer: Any) -> None:
        if is_missing(answer):
            raise NotAttempted(f"fill in counts[{part!r}]")
        numbers = None if type(answer) is set else as_numbers(answer)
        if numbers is None:
            raise refuse(f"counts[{part!r}] should be a tuple of whole numbers, not {kind(answer)}.")
        shape = tuple(numbers)
        if shape != torch_shapes(self.question)[part]:
            ways = shape_ways(self.question)
            way = next((way for way, shapes in ways.items() if shape in shapes.get(part, [])), None)
            raise refuse(f"{part}: you gave {short(answer)}.", way)
