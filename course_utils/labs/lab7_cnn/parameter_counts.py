"""Exercise 6.1, part two: every parameter of the network, and the tensors that hold them; practice with products.

| the prompt says | what is tried |
|---|---|
| parameters of each layer and their ``total`` | seven parts, against PyTorch; a pooling has none |
| shapes of the eight tensors | eight parts, against PyTorch |
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch.nn import functional as F

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, plain
from course_utils.judging.counting import Layer, count_by_cells
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, wrong
from course_utils.judging.layer_slips import SL50, Counted, count_slip, maps_of_other_sides, told_by_layer
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.numbers import read_shape
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.lab7_cnn.headings import SHAPES
from course_utils.labs.lab7_cnn.networks import (
    Network,
    after_conv,
    torch_counts,
    torch_network,
    torch_tensors,
)
from course_utils.labs.lab7_cnn.sets import Shape, Ways, judge_set
from course_utils.labs.lab7_cnn.shape_trace import network_of, trace

PC1 = shared.PC1.in_lab(SHAPES)
PC2 = shared.PC2.in_lab(SHAPES)
PC3 = shared.PC3.in_lab(SHAPES)
PC4 = shared.PC4.in_lab(SHAPES)
PC6 = shared.PC6.in_lab(SHAPES)
PC7 = shared.PC7.in_lab(SHAPES)
PC8 = shared.PC8.in_lab(SHAPES)
PC9 = shared.PC9.in_lab(SHAPES)
PC11 = shared.PC11.in_lab(SHAPES)
DS1 = shared.DS1.in_lab(
    SHAPES, "This is the weight turned over. How many rows has it: one for each input, or for each output?"
)
SZ10 = shared.SZ10.in_lab(
    SHAPES, "These are the right numbers on the wrong axes. Which axis of this tensor counts the kernels?"
)
KA5 = Misconception(
    "KA5",
    "kernel tensor in Keras's order of axes",
    "These are Keras's axes (F, F, in, out). Which axis comes first in PyTorch?",
    SHAPES,
)
KA6 = Misconception(
    "KA6",
    "one bias for each input",
    "These biases are as many as the inputs. To what is a bias added?",
    SHAPES,
)
KA7 = Misconception(
    "KA7",
    "total is not the sum of the layers",
    "Your layers do not add up to your total. Which layers or biases are missing from the sum, or counted twice?",
    SHAPES,
)
COUNT_WAYS = (PC1, PC2, PC3, PC4, PC6, PC7, PC8)
Layers = dict[str, Layer]
Widths = dict[str, tuple[int, int]]  # inputs and outputs of dense layers


# --- counting, rightly and wrongly

_DENSE_WAYS: dict[Misconception, Callable[[int, int], int]] = {
    PC1: lambda inputs, outputs: inputs * outputs,
    PC2: lambda inputs, outputs: inputs * outputs + 1,
    PC4: lambda inputs, outputs: inputs * outputs + inputs,
}


def count_layer(layer: Layer, way: Misconception | None = None) -> int:
    """Count the parameters of a convolution, cell by cell, or as a wrong way does."""
    return int(wrong_answers([way], layer)[way]) if way else count_by_cells(layer)


def count_dense(inputs: int, outputs: int) -> int:
    """Count the parameters of a dense layer, unit by unit."""
    return sum(inputs + 1 for _unit in range(outputs))


def counts_by_layer(layers: Layers, dense: Widths, way: Misconception | None = None) -> dict[str, int]:
    """Count the parameters of each layer, as a wrong way does if there is one."""
    counts = {name: count_layer(one, way) for name, one in layers.items()}
    count = _DENSE_WAYS.get(way, count_dense) if way else count_dense
    return counts | {name: count(*sizes) for name, sizes in dense.items()}


def layers_of(network: Network) -> tuple[Layers, Widths]:
    """Return the convolutions, and inputs and outputs of the dense layers."""
    n, shapes = network, trace(network)
    conv1 = Layer(n.in_channels, n.kernels1, n.kernel_size, shapes["conv1"][2] ** 2)
    conv2 = Layer(n.kernels1, n.kernels2, n.kernel_size, shapes["conv2"][2] ** 2)
    widths = [shapes[name][1] for name in ("flatten", "fc1", "fc2", "fc3")]
    return {"conv1": conv1, "conv2": conv2}, dict(zip(("fc1", "fc2", "fc3"), pairwise(widths), strict=True))


def counted_layers(layers: Layers, dense: Widths, maps: Mapping[str, Shape]) -> dict[str, Counted]:
    """Return the layers with the numbers that may be taken for theirs.

    Parameters
    ----------
    layers, dense
        As :func:`layers_of` returns them.
    maps
        The shapes of conv1, pool1, conv2 and pool2, which end in channels and two sides.
    """
    first, second = layers["conv1"], layers["conv2"]
    channels, side = maps["pool2"][-3], maps["pool2"][-1]
    features = {f"all numbers of {name}": (math.prod(maps[name][-3:]),) for name in ("conv1", "pool1", "conv2")}
    features |= {"one map": (side * side,), "one number of each map": (channels,)}
    features |= maps_of_other_sides(channels, side, maps["conv1"][-1] + second.kernel_size)
    found = {
        "conv1": Counted(
            first.in_channels,
            first.out_channels,
            first.kernel_size,
            {"one channel": (1,), "the kernels of conv1": (first.out_channels,)},
            {"the kernels of conv2": (second.out_channels,), "the channels of the picture": (first.in_channels,)},
        ),
        "conv2": Counted(
            second.in_channels,
            second.out_channels,
            second.kernel_size,
            {"the channels of the picture": (first.in_channels,), "the kernels of conv2": (second.out_channels,)},
            {"the kernels of conv1": (first.out_channels,)},
        ),
    }
    widths = dict(dense)
    for name, (inputs, outputs) in widths.items():
        goes_in: dict[str, Sequence[int]] = {f"what goes into {one}": (width[0],) for one, width in widths.items()}
        comes_out = {f"the units of {one}": (width[1],) for one, width in widths.items()} | {"one unit": (1,)}
        if inputs == channels * side * side:
            goes_in |= features
        found[name] = Counted(inputs, outputs, 1, goes_in | {"one number of each map": (channels,)}, comes_out)
    return found


def parameters(network: Network, way: Misconception | None = None) -> dict[str, int]:
    """Count the parameters of each layer and of all, as a wrong way does if there is one."""
    layers, dense = layers_of(network)
    return _with_total(counts_by_layer(layers, dense, way) | {"pool": 0})


def _with_total(counts: dict[str, int]) -> dict[str, int]:
    return counts | {"total": sum(counts.values())}


def parameter_ways(network: Network) -> Ways:
    """For each wrong way, the counts that it gives; the total is their sum."""
    layers, dense = layers_of(network)
    weights = {name: inputs * outputs for name, (inputs, outputs) in dense.items()}
    without = counts_by_layer(layers, dense) | {"pool": 0} | weights
    return {way: parameters(network, way) for way in COUNT_WAYS} | {PC11: _with_total(without)}


KA21 = Misconception(
    "KA21",
    "second convolution on the channels of the picture",
    "Your second convolution sees the picture's channels. What comes out of the first one?",
    SHAPES,
)
KA22 = Misconception(
    "KA22",
    "first dense layer fed with other features",
    "Your first dense layer takes another number of features. How many numbers leave your flatten step?",
    SHAPES,
)
KA23 = Misconception(
    "KA23",
    "outputs counted in place of weights",
    "These are the numbers that come out of the layers. Which numbers does training change?",
    SHAPES,
)
KA24 = Misconception(
    "KA24",
    "biases as a matrix of one row",
    "Your biases have two axes. How many numbers has each output unit for a bias?",
    SHAPES,
)
KA25 = Misconception(
    "KA25",
    "kernels as rows of numbers",
    "Here each kernel is one row of numbers. Which axes does PyTorch keep apart in it?",
    SHAPES,
)
KA26 = Misconception(
    "KA26",
    "bias kept among the weights",
    "Your weights have a column more. In which tensor of its own does PyTorch keep the biases?",
    SHAPES,
)
FURTHER = (KA21, KA22, KA23, KA24, KA25, KA26)


def further_counts(network: Network) -> Ways:
    """For wrong ways that some networks do not tell from others, the counts that they give."""
    n, shapes, right = network, trace(network), parameters(network)
    maps, last = shapes["conv2"], shapes["pool2"]
    features = (maps[1] * maps[2] * maps[3], last[2] * last[3], last[1] * last[2])
    changed = {
        KA21: [{"conv2": count_layer(layers_of(n)[0]["conv2"]._replace(in_channels=n.in_channels))}],
        KA22: [{"fc1": count_dense(inputs, n.units1)} for inputs in features],
        KA23: [{name: math.prod(shapes[name][1:]) for name in ("conv1", "conv2", "fc1", "fc2", "fc3")}],
    }
    layers = {name: one for name, one in right.items() if name != "total"}
    counts = {way: [_with_total(layers | change) for change in changes] for way, changes in changed.items()}
    return {way: {name: [one[name] for one in several] for name in right} for way, several in counts.items()}


def further_tensors(network: Network) -> Ways:
    """For wrong ways that name a few tensors only, the shapes that they give."""
    right = tensors(network)
    return {
        KA24: {name: [(1, *s), (*s, 1)] if len(s) == 1 else s for name, s in right.items()},
        KA25: {name: (s[0], s[1] * s[2] * s[3]) if len(s) == 4 else s for name, s in right.items()},
        KA26: {name: [(s[0], s[1] + 1), (s[0] + 1, s[1])] if len(s) == 2 else s for name, s in right.items()},
    }


def tensors(network: Network) -> dict[str, Shape]:
    """Return the shapes of the parameter tensors, by name, in PyTorch's order of axes."""
    n, (_, dense) = network, layers_of(network)
    found: dict[str, Shape] = {
        "conv1.weight": (n.kernels1, n.in_channels, n.kernel_size, n.kernel_size),
        "conv1.bias": (n.kernels1,),
        "conv2.weight": (n.kernels2, n.kernels1, n.kernel_size, n.kernel_size),
        "conv2.bias": (n.kernels2,),
    }
    for name, (inputs, outputs) in dense.items():
        found |= {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}
    return found


def tensor_ways(network: Network) -> Ways:
    """For each wrong way, the shapes of the tensors that it gives."""
    right = tensors(network)
    inputs = {name.split(".")[0]: shape[1] for name, shape in right.items() if len(shape) > 1}

    def change(size: int, turn: Callable[[Shape], Shape]) -> dict[str, Shape]:
        return {name: turn(shape) if len(shape) == size else shape for name, shape in right.items()}

    return {
        DS1: change(2, lambda s: s[::-1]),
        KA5: change(4, lambda s: (s[2], s[3], s[1], s[0])),
        SZ10: change(4, lambda s: (s[1], s[0], s[2], s[3])),
        KA6: {name: s if len(s) > 1 else (inputs[name.split(".")[0]],) for name, s in right.items()},
        PC3: change(4, lambda s: (s[0], s[2], s[3])),
    }


# --- practice


class Row(NamedTuple):
    """One convolution on square maps of ``side`` pixels, stride 1, no padding."""

    side: int
    in_channels: int
    kernels: int
    kernel_size: int


KM1 = Misconception(
    "KM1",
    "each weight used once",
    "This uses every weight once. At how many places does a kernel stand?",
    SHAPES,
    lambda side, in_channels, kernels, kernel_size: kernels * in_channels * kernel_size**2,
)
KM2 = Misconception(
    "KM2",
    "as many places as input pixels",
    "This gives every input pixel a place of its own. At how many places does the window fit?",
    SHAPES,
    lambda side, in_channels, kernels, kernel_size: kernels * in_channels * kernel_size**2 * side**2,
)
KM3 = Misconception(
    "KM3",
    "one input channel",
    "This looks at one input channel. How deep is a kernel?",
    SHAPES,
    lambda side, in_channels, kernels, kernel_size: (
        (kernels * kernel_size**2 * (side - kernel_size + 1) ** 2) if in_channels > 1 else 0
    ),
)
KM4 = Misconception(
    "KM4",
    "one row of places",
    "This is one row of places. How many rows are there?",
    SHAPES,
    lambda side, in_channels, kernels, kernel_size: kernels * in_channels * kernel_size**2 * (side - kernel_size + 1),
)
ROW_WAYS = (KM1, KM2, KM3, KM4)


def sample_row(dice: Dice) -> Row:
    """Draw a convolution (stride 1, no padding) of which the multiplications are to be counted."""
    return draw(
        dice,
        lambda dice: Row(dice.between(8, 32), dice.choose((1, 3, 6, 8)), dice.between(4, 20), dice.choose((3, 5))),
        row_tells_apart,
    )


def count_multiplications(question: Row) -> int:
    """Count the products behind one output map, for all maps: weights of a kernel, once for each place."""
    side = after_conv(question.side, question.kernel_size)
    return sum(question.kernels * question.in_channels for _place in range(side**2)) * question.kernel_size**2


def row_tells_apart(question: Row) -> bool:
    """Tell whether every known wrong number is wrong, and each in its own way."""
    given = list(wrong_answers(ROW_WAYS, question).values())
    return count_multiplications(question) not in given and len(set(given)) == len(given)


def torch_multiplications(question: Row) -> int:
    """Count multiplications with PyTorch: ones slid over ones add up to the products behind each output number."""
    x = torch.ones(1, question.in_channels, question.side, question.side, dtype=torch.float64)
    weight = torch.ones(question.kernels, question.in_channels, *[question.kernel_size] * 2, dtype=torch.float64)
    return int(F.conv2d(x, weight).sum())


def _multiplications_text(q: Row) -> str:
    return (
        f"{q.kernels} kernels of {q.kernel_size}×{q.kernel_size} on {q.in_channels} channels of "
        f"{q.side}×{q.side} pixels (stride 1, no padding).\nHow many multiplications does one picture take?"
    )


def _multiplications_steps(q: Row) -> list[str]:
    places, cells = q.side - q.kernel_size + 1, q.kernel_size**2 * q.in_channels
    return [
        f"A kernel stands on {places}·{places} = {places**2} places.",
        f"At each it multiplies {q.kernel_size}·{q.kernel_size} cells of {q.in_channels} channels: {cells} products.",
        f"With {q.kernels} kernels: {q.kernels} · {places**2} · {cells} = {q.kernels * places**2 * cells}",
    ]


MULTIPLICATIONS = Topic(
    "multiplications",
    sample_row,
    _multiplications_text,
    torch_multiplications,
    lambda question: wrong_answers(ROW_WAYS, question),
    _multiplications_steps,
)


class ParameterCounts(Exercise):
    """The parameters of each layer, their total, and the shapes of eight parameter tensors."""

    id = "parameter-counts"
    hints = (
        "How many numbers does one kernel of conv2 hold, through all its input channels?",
        "How many numbers reach one unit of fc1? Look at your flatten shape.",
        "In nn.Linear(3, 5).weight: which axis counts the outputs?",
    )
    worked = """
        A network: conv1 with 5 kernels of 3×3 on 2 channels, pooling, flatten to 80 numbers, fc1 with 6 units.

        1. One kernel of conv1 has 3 · 3 cells for each of 2 channels: 18 weights, and one bias: 19.
        2. Five such kernels: 5 · 19 = 95. PyTorch keeps them in `(5, 2, 3, 3)` and `(5,)`.
        3. A pooling takes the largest of four numbers: nothing to learn, 0.
        4. One unit of fc1 has 80 weights and a bias: 81. Six of them: 486, in `(6, 80)` and `(6,)`.
        5. The total: 95 + 0 + 486 = 581.
    """
    misconceptions = (*COUNT_WAYS, PC9, PC11, KA7, DS1, KA5, SZ10, KA6, *FURTHER, SL50)
    topics = (MULTIPLICATIONS,)

    def draw(self) -> Network:
        """Return the network whose parameters are to be counted: that of the shapes."""
        return network_of(self.student)

    def judge(self, counts: Any, shapes: Any) -> dict[str, Finding]:
        """Judge a number for each layer and the total, and a tuple for each tensor but the two of conv1."""
        model = torch_network(self.question)
        right = torch_counts(model) | {"pool": 0}
        right_shapes = {name: s for name, s in torch_tensors(model).items() if not name.startswith("conv1.")}
        given = as_dict(counts, (*right, "total"), "parameters")
        given_shapes = as_dict(shapes, right_shapes, "tensors")
        found = self._judge_counts(given, right)
        ways = tensor_ways(self.question) | further_tensors(self.question)
        return found | judge_set(given_shapes, right_shapes, ways, what="tensors", read=read_shape)

    def _judge_counts(self, given: dict[str, Any], right: dict[str, int]) -> dict[str, Finding]:
        ways = parameter_ways(self.question) | further_counts(self.question)
        found = judge_set(given, right, ways, what="parameters")
        counted = counted_layers(*layers_of(self.question), trace(self.question))
        found = told_by_layer(
            found, lambda name: count_slip(name, given[name], counted[name]) if name in counted else None
        )
        if found["pool"].standing is Standing.WRONG:
            found["pool"] = wrong(found["pool"].first, PC9) if plain(given["pool"]) is not None else found["pool"]
        found |= judge_set(given, {"total": sum(right.values())}, {}, what="parameters")
        layers, total = [plain(given[name]) for name in right], plain(given["total"])
        if found["total"].standing is Standing.WRONG and None not in (*layers, total):
            found["total"] = self._explain_total(found, sum(layers), total)
        return found

    def _explain_total(self, found: dict[str, Finding], layers: float, total: float) -> Finding:
        """Explain a wrong total: by the wrong way of the layers whose sum it is, or it is no sum of them."""
        if total != layers:
            return wrong(found["total"].first, KA7)
        first = next((one for one in found.values() if one.because), None)
        return wrong(found["total"].first, first.because if first else ())
