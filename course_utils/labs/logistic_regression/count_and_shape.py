"""Exercise 4.6: the parameters of softmax regression on pictures, and the shapes of a batch."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, as_shape, is_missing, kind, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers, slip_of
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
LC4 = Misconception(
    "LC4",
    "one class only, or none",
    "This counts the numbers of one picture, for one class at most. How many classes have a score, each with weights "
    "of its own?",
    COUNTING,
)
LC5 = Misconception(
    "LC5",
    "added inputs and classes",
    "This adds what should be multiplied. How many weights lead from all inputs to one score, and from all to all?",
    COUNTING,
)
LC6 = Misconception(
    "LC6",
    "a bias for each input",
    "This has a bias for each number of the picture. To what is a bias added, an input or a score?",
    COUNTING,
)
LC7 = Misconception(
    "LC7",
    "pictures not flattened",
    "These pictures are not flattened yet. Which axes are put into one row, and which stays?",
    COUNTING,
)
LC8 = Misconception(
    "LC8",
    "axes exchanged: examples not in the rows",
    "These are the right numbers in the other order. Which axis counts the examples?",
    COUNTING,
)
LC9 = Misconception(
    "LC9",
    "shapes of the grey pictures",
    "This is the grey pictures' shape. Which pictures are in the batch?",
    COUNTING,
)
LC10 = Misconception(
    "LC10",
    "an axis too many",
    "There is an axis of length 1 too many. How many axes has what nn.Linear keeps, or returns, here?",
    COUNTING,
)
LC11 = Misconception(
    "LC11",
    "one number for each example in place of one for each class",
    "This has one score for each picture. How many scores does a picture get?",
    COUNTING,
)

WORKED = """
Softmax regression on 50 sounds of 2 channels with 40 samples each, to 6 classes.

1. Flattened, a sound is one row of 2 · 40 = 80 numbers; a batch is `X` (50, 80).
2. One score needs 80 weights and 1 bias: 81 parameters. Six scores need 6 · 81 = 486.
3. `nn.Linear(80, 6)` keeps a row of weights for each *output*: `weight` (6, 80), and a number for each: `bias` (6,).
4. Each of the 50 rows becomes 6 scores: `scores` (50, 6). The batch is in `X` and `scores`, in no parameter.

```python
layer = nn.Linear(80, 6)
print([tuple(p.shape) for p in layer.parameters()])
print(sum(p.numel() for p in layer.parameters()))
# [(6, 80), (6,)] 486
```
"""


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


def more_count_ways(side: int, channels: int, question: Pictures) -> dict[Misconception, list[int]]:
    """For each wrong way to count by which no question is drawn, what it may give."""
    size, classes = side * side * channels, question.classes
    return {
        LC4: [size, size + 1],
        LC5: [size + classes, size + 2 * classes],
        LC6: [size * classes + size, (size + 1) * classes + size],
    }


def both_count_ways(question: Pictures) -> dict[Misconception, dict[str, Any]]:
    """For each wrong way to count, what it gives for both kinds of pictures."""
    kinds = {"grey": (question.grey, 1), "colour": (question.colour, question.channels)}
    found = {kind: count_ways(*one, question) | more_count_ways(*one, question) for kind, one in kinds.items()}
    return {way: {kind: found[kind].get(way) for kind in kinds} for way in found["colour"]}


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
    batch, classes, side, pixels = question.batch, question.classes, question.colour, question.colour**2
    size = pixels * question.channels
    return {
        DS1: {"weight": [(size, classes)]},
        DS2: {"X": [(size,)], "scores": [(classes,)]},
        DS3: {"bias": [(batch,), (batch, classes)]},
        DS4: {"X": [(batch * size,), (1, batch * size)]},
        LC1: {"X": [(batch, pixels)], "weight": [(classes, pixels)]},
        LC6: {"bias": [(size,)]},
        LC7: {
            "X": [(batch, question.channels, side, side), (batch, side, side, question.channels), (batch, side, side)]
        },
        LC8: {"X": [(size, batch)], "scores": [(classes, batch)]},
        LC9: {"X": [(batch, question.grey**2)], "weight": [(classes, question.grey**2)]},
        LC10: {"bias": [(1, classes), (classes, 1)], "X": [(batch, 1, size), (1, batch, size)]},
        LC11: {"scores": [(batch,), (batch, 1)]},
    }


def _weight_ways(question: Pictures) -> dict[Misconception, tuple[int, ...]]:
    ways = shape_ways(question)
    return {way: ways[way]["weight"][0] for way in (DS1, LC1)}  # a practice question has no grey pictures


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


def _count_steps(q: Pictures) -> list[str]:
    size = q.colour**2 * q.channels
    return [
        f"A flattened picture has {q.channels} · {q.colour} · {q.colour} = {size} numbers.",
        f"One score needs a weight for each of them and a bias: {size} + 1 = {size + 1}.",
        f"There are {q.classes} scores; the batch plays no part: {q.classes} · {size + 1} = {q.classes * (size + 1)}.",
    ]


def _shape_steps(q: Pictures) -> list[str]:
    size = q.colour**2 * q.channels
    return [
        f"A flattened picture has {q.channels} · {q.colour} · {q.colour} = {size} numbers: the layer's inputs.",
        f"There is one score for each class: {q.classes} outputs.",
        f"nn.Linear keeps a row for each output, as long as the inputs: ({q.classes}, {size}).",
    ]


TOPICS = (
    Topic(
        "softmax-count",
        practice_pictures,
        _count_text,
        lambda q: torch_counts(q)["colour"],
        lambda q: count_ways(q.colour, q.channels, q),
        _count_steps,
    ),
    Topic(
        "weight-shape",
        practice_pictures,
        _shape_text,
        lambda q: np.array(torch_shapes(q)["weight"]),
        _weight_ways,
        _shape_steps,
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
    worked = WORKED
    misconceptions = (PC1, PC2, LC1, LC2, LC3, LC4, LC5, LC6, LC7, LC8, LC9, LC10, LC11, DS1, DS2, DS3, DS4)
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
        shape = as_shape(answer)
        if shape is None:
            raise refuse(f"counts[{part!r}] should be a tuple of whole numbers, such as (7,), not {kind(answer)}.")
        if shape != torch_shapes(self.question)[part]:
            ways = shape_ways(self.question)
            way = next((way for way, shapes in ways.items() if shape in shapes.get(part, [])), None)
            right = torch_shapes(self.question)[part]
            raise refuse(f"{part}: you gave {short(answer)}.", way or slip_of(shape, right))
