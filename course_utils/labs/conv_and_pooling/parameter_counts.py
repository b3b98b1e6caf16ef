"""Exercise 5.4: the parameters of three convolutions, a pooling layer and a dense layer."""

from typing import Any, NamedTuple

import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import as_dict
from course_utils.judging.counting import Layer, count_by_cells
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, wrong
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.numbers import judge_numbers, telling, ways_by_question
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.conv_and_pooling import recipes
from course_utils.labs.conv_and_pooling.headings import CHANNELS

PC1 = shared.PC1.in_lab(CHANNELS)
PC2 = shared.PC2.in_lab(CHANNELS)
PC3 = shared.PC3.in_lab(CHANNELS)
PC4 = shared.PC4.in_lab(CHANNELS)
PC6 = shared.PC6.in_lab(CHANNELS)
PC7 = shared.PC7.in_lab(CHANNELS)
PC8 = shared.PC8.in_lab(CHANNELS)
PC9 = shared.PC9.in_lab(CHANNELS)
PC11 = shared.PC11.in_lab(CHANNELS)
PC12 = Misconception(
    "PC12",
    "dense layer counted as if it were a convolution",
    "This is the convolution's own count. In a dense layer, which inputs does each output unit see?",
    CHANNELS,
)
PC13 = Misconception(
    "PC13",
    "dense layer counted with one channel",
    "This leaves the channels of the picture or of the output out. How many numbers go in, and how many come out?",
    CHANNELS,
)
PC14 = Misconception(
    "PC14",
    "a bias for each channel of each kernel",
    "This adds a bias to every channel of every kernel. How many sums does one kernel make, and what is added to each?",
    CHANNELS,
    lambda in_channels, out_channels, kernel_size, positions: (kernel_size**2 + 1) * in_channels * out_channels,
)
PC15 = Misconception(
    "PC15",
    "dense layer with one output for each map",
    "This has one output unit for each map. How many numbers has the output of layer a, with all its places?",
    CHANNELS,
)
COUNT_WAYS = (PC1, PC2, PC3, PC4, PC6, PC7, PC8)


class Counting(NamedTuple):
    """Three convolutional layers, a pooling layer (2×2 on `pooled_channels` maps) and the picture's side."""

    layers: dict[str, Layer]
    pooled_channels: int
    image_size: int


LECTURE_LAYERS = {
    "a": Layer(3, 10, 5, 32 * 32),
    "b": Layer(3, 5, 3, 30 * 30),
    "c": Layer(6, 10, 5, 24 * 24),
}


def parameter_count(layer: Layer) -> int:
    """Ask PyTorch how many parameters a convolutional layer has."""
    return _count(nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size, device="meta"))


def dense_count(question: Counting) -> int:
    """Ask PyTorch how many parameters a dense layer has that maps the picture to as many numbers as layer "a"."""
    pixels, first = question.image_size**2, question.layers["a"]
    return _count(nn.Linear(first.in_channels * pixels, first.out_channels * pixels, device="meta"))


def _count(layer: torch.nn.Module) -> int:
    return sum(p.numel() for p in layer.parameters())


# --- drawing


def _sample_counting(dice: Dice) -> Counting:
    side = dice.choose((16, 20, 24, 28, 32))
    first, second = dice.choose((3, 5)), dice.choose((3, 5))
    width = dice.between(4, 12)
    return Counting(
        {
            "a": Layer(3, width, first, side**2),
            "b": Layer(3, dice.between(4, 12), second, (side - second + 1) ** 2),
            "c": Layer(dice.between(4, 8), dice.between(9, 16), first, (side // 2) ** 2),
        },
        width,
        side,
    )


def _counts_tell_apart(question: Counting) -> bool:
    layers = question.layers.values()
    right = tuple(count_by_cells(layer) for layer in layers)
    answers = [wrong_answers(COUNT_WAYS, layer) for layer in layers]
    given = [tuple(one[way] for one in answers) for way in COUNT_WAYS]
    return right not in given and len(set(given)) == len(given)


def layer_tells_apart(layer: Layer) -> bool:
    """Tell whether every known wrong count of this layer is wrong, and each in its own way."""
    given = list(wrong_answers(COUNT_WAYS, layer).values())
    return count_by_cells(layer) not in given and len(set(given)) == len(given)


def sample_layer(dice: Dice) -> Layer:
    """Draw a layer for practice."""
    kernel_size = dice.choose((3, 5, 7))
    side = dice.between(8, 32)
    return Layer(dice.between(1, 16), dice.between(2, 32), kernel_size, (side - kernel_size + 1) ** 2)


def practice_layer(dice: Dice) -> Layer:
    """Draw one layer for practice that tells all known wrong counts apart."""
    return draw(dice, sample_layer, layer_tells_apart)


def _kernels(layer: Layer) -> str:
    return f"{layer.out_channels} kernels {layer.kernel_size}×{layer.kernel_size} on {layer.in_channels} channels"


def _layer_text(question: Layer) -> str:
    return (
        f"{question.out_channels} kernels of {question.kernel_size}×{question.kernel_size} on "
        f"{question.in_channels} input channels, with biases.\nHow many parameters?"
    )


def _steps(question: Layer) -> list[str]:
    weights = question.in_channels * question.kernel_size**2
    return [
        f"One kernel: {question.in_channels} channels of {question.kernel_size} · {question.kernel_size} cells, "
        f"{weights} weights.",
        f"With its bias: {weights + 1} numbers.",
        f"{question.out_channels} kernels: {question.out_channels} · {weights + 1} = {parameter_count(question)}.",
    ]


PARAMETER_COUNT = Topic(
    "parameter-count",
    practice_layer,
    _layer_text,
    parameter_count,
    lambda question: wrong_answers((*COUNT_WAYS, PC14), question),
    _steps,
)


class ParameterCounts(Exercise):
    """Count the parameters of three convolutions, a pooling layer and a dense layer."""

    id = "parameter-counts"
    hints = (
        "How many numbers are in one kernel that looks at all input channels?",
        "What does each kernel add to its sum, once?",
        "For the dense layer: how many inputs does one output unit see, and how many output units are there?",
    )
    worked = """
    Eight 7×7 kernels on four channels of 10×10 pixels, biases included; then a dense layer from the same pictures to
    eight maps of 10×10.

    1. A kernel reaches through all four channels: 4 · 7 · 7 = 196 weights.
    2. It makes one sum, to which one bias is added: 197 numbers.
    3. Eight kernels: 8 · 197 = 1,576 parameters. The 10×10 places do not come in: all of them share these.
    4. Dense: 4 · 10 · 10 = 400 numbers go in, 8 · 10 · 10 = 800 come out. Each output has 400 weights and a bias:
       800 · 401 = 320,800.
    5. Average pooling only adds and divides: nothing is learned.
    """
    misconceptions = (*COUNT_WAYS, PC9, PC11, PC12, PC13, PC14, PC15)
    topics = (PARAMETER_COUNT,)

    def draw(self) -> Counting:
        """Return the layers whose parameters are to be counted. Layer "a" keeps the picture's size."""
        if not self.student:
            return Counting(LECTURE_LAYERS, 10, 32)
        return draw(self.dice(), _sample_counting, _counts_tell_apart)

    def text(self) -> str:
        """Return the five layers."""
        side, layers = self.question.image_size, self.question.layers
        said = {letter: _kernels(one) for letter, one in layers.items()}
        again = {"b": ", once more"} if said["b"] == said["a"] else {}
        lines = [f"{letter}) {one}{again.get(letter, '')}" for letter, one in said.items()]
        lines.append(f"pooling) 2×2 on {self.question.pooled_channels} channels")
        lines.append(f"dense) 3×{side}×{side} numbers to {layers['a'].out_channels}×{side}×{side} numbers")
        return "\n\n".join(lines)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"a": …, "b": …, "c": …, "pooling": …, "dense": …}``."""
        layers = self.question.layers
        given = as_dict(answers, (*layers, "pooling", "dense"), "counts")
        found = judge_numbers(
            {label: given[label] for label in layers},
            {label: parameter_count(layer) for label, layer in layers.items()},
            ways_by_question((*COUNT_WAYS, PC14), layers),
            what="counts",
            advice=lambda ways: telling(ways, PARAMETER_COUNT, f"lab.{self.name()}"),
            show="{:,}".format,
            near={label: (recipes.parameters, (one[0], one[1], one[2])) for label, one in layers.items()},
        )
        rest = {"pooling": 0, "dense": dense_count(self.question)}
        outputs = layers["a"].out_channels * self.question.image_size**2
        image = layers["a"].in_channels, layers["a"].out_channels, self.question.image_size
        found |= judge_numbers(
            {label: given[label] for label in rest},
            rest,
            {PC2: {"pooling": None, "dense": dense_count(self.question) - outputs + 1}},
            what="counts",
            show="{:,}".format,
            near={"dense": (recipes.dense_parameters, image)},
        )
        return {label: self._explained(label, one, given) for label, one in found.items()}

    def _explained(self, label: str, one: Finding, given: dict[str, Any]) -> Finding:
        """Return a finding on the pooling or the dense layer with its wrong way, if that is known."""
        number = given[label]
        if one.standing is not Standing.WRONG or not isinstance(number, int | float):
            return one
        first = parameter_count(self.question.layers["a"])
        outputs = self.question.layers["a"].out_channels * self.question.image_size**2
        way: Misconception | None = None
        if label == "pooling":
            way = PC9
        elif label == "dense" and number == dense_count(self.question) - outputs:
            way = PC11
        elif label == "dense" and number in (first, given["a"]):
            way = PC12
        elif label == "dense" and number in _with_one_channel(self.question):
            way = PC13
        elif label == "dense" and number == _count(nn.Linear(*_ends(self.question), device="meta")):
            way = PC15
        return wrong(one.first, way) if way else one


def _with_one_channel(question: Counting) -> list[int]:
    """Return how many parameters the dense layer would have, were channels left out on one side or on both."""
    pixels, first = question.image_size**2, question.layers["a"]
    sides = ((1, first.out_channels), (first.in_channels, 1), (1, 1))
    return [_count(nn.Linear(before * pixels, after * pixels, device="meta")) for before, after in sides]


def _ends(question: Counting) -> tuple[int, int]:
    """Return how many numbers go in, and how many maps come out."""
    first = question.layers["a"]
    return first.in_channels * question.image_size**2, first.out_channels
