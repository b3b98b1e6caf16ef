"""Exercise 6.8: shapes and parameters of a Keras listing, in PyTorch's order.

| the prompt says | what is tried |
|---|---|
| shapes of one picture, PyTorch's order | seven parts, against PyTorch |
| parameters of each layer, both totals | six parts, against PyTorch |
| share in percent, to one decimal | half of a last decimal is allowed |
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn

from course_utils.judging.answers import as_dict, as_shape, is_missing, plain, short
from course_utils.judging.counting import Layer
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, look, refuse, wrong
from course_utils.judging.layer_slips import LAYER_SLIPS, Step, count_slip, shape_slips, told_by_layer
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import read_number, read_shape
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.variants import Dice, draw
from course_utils.labs.lab7_cnn import parameter_counts
from course_utils.labs.lab7_cnn.headings import KERAS
from course_utils.labs.lab7_cnn.networks import (
    DS5,
    KA1,
    KA3,
    MAPS,
    SZ1,
    SZ8,
    after_conv,
    after_pool,
    map_steps,
    named_layers,
    sides,
    torch_counts,
    torch_maps,
    torch_trace,
)
from course_utils.labs.lab7_cnn.parameter_counts import (
    COUNT_WAYS,
    Layers,
    Widths,
    count_layer,
    counted_layers,
    counts_by_layer,
)
from course_utils.labs.lab7_cnn.sets import Shape, Ways, judge_set

KG1 = Misconception(
    "KG1",
    "fraction where percent is due",
    "This is a fraction of one. How many of a hundred is that?",
    KERAS,
)


KG14 = Misconception(
    "KG14",
    "batch axis in the shape of one picture",
    "This is the shape of a batch, as Keras prints it. Which axes does one picture have?",
    KERAS,
)
KG18 = Misconception(
    "KG18",
    "maps not flattened",
    "These are maps still. How many numbers has one picture behind the flatten step?",
    KERAS,
)
KG19 = Misconception(
    "KG19",
    "weights of a dense layer in place of its output",
    "This is the shape of a dense layer's weights. What does the layer give for one picture?",
    KERAS,
)
KG20 = Misconception(
    "KG20",
    "one kernel size for both convolutions",
    "Both of your convolutions have the same kernel. Which size stands in each of the two lines?",
    KERAS,
)
KG21 = Misconception(
    "KG21",
    "channels between height and width",
    "Your channels stand between height and width. Where does PyTorch have them?",
    KERAS,
)
KG22 = Misconception(
    "KG22",
    "all parameters divided by three for grey pictures",
    "This is a third of the total. Which layers see the channels of the picture?",
    KERAS,
)
KG23 = Misconception(
    "KG23",
    "nothing changed for grey pictures",
    "This is the total for colour. Which layer has fewer weights if there is one channel?",
    KERAS,
)
KG24 = Misconception(
    "KG24",
    "share of another total",
    "This is a share of the total for grey pictures. Of which network is it asked?",
    KERAS,
)
KG80 = Misconception(
    "KG80",
    "share of other layers, or of the weights alone",
    "This is the share of other layers, or of weights without biases. Which numbers of which layer are asked for?",
    KERAS,
)
KG81 = Misconception(
    "KG81",
    "one layer in place of the whole network",
    "This is what one layer has for grey pictures. Which layers has the network besides?",
    KERAS,
)
KA7 = parameter_counts.KA7.in_lab(KERAS)
FURTHER = (KG14, KG18, KG19, KG20, KG21, KG22, KG23, KG24, KG80, KG81, KA7)


class KerasNet(NamedTuple):
    """The second lecture's network: two convolutions, each pooled 2×2, and two dense layers."""

    in_channels: int
    side: int
    kernels1: int
    kernel_size1: int
    kernels2: int
    kernel_size2: int
    units: int
    classes: int


LECTURE_NET = KerasNet(3, 28, 32, 5, 64, 3, 256, 10)
SHARE = "share of dense1"


def torch_keras(net: KerasNet) -> nn.Sequential:
    """Make the second lecture's network, its layers named, with no numbers in it."""
    maps, flat = torch_maps(
        net.in_channels, net.side, (net.kernels1, net.kernels2), (net.kernel_size1, net.kernel_size2)
    )
    with torch.device("meta"):
        dense = {"dense1": nn.Linear(flat, net.units), "dense2": nn.Linear(net.units, net.classes)}
    return named_layers(maps | dense)


def torch_keras_counts(net: KerasNet) -> dict[str, int]:
    """Ask PyTorch for the parameters of each layer, of the whole, and of the whole for grey pictures."""
    counts = torch_counts(torch_keras(net))
    grey = torch_counts(torch_keras(net._replace(in_channels=1)))
    return counts | {"total": sum(counts.values()), "total for grey": sum(grey.values())}


# --- drawing, and what is right by counting


def keras_trace(net: KerasNet) -> dict[str, Shape]:
    """Return the shapes for one picture, channels first."""
    return _trace_with(net, after_conv, after_pool) | {"dense1": (net.units,), "dense2": (net.classes,)}


def _trace_with(net: KerasNet, conv: Callable[[int, int], int], pool: Callable[[int], int]) -> dict[str, Shape]:
    lengths = sides(net.side, (net.kernel_size1, net.kernel_size2), conv, pool)
    channels = (net.kernels1, net.kernels1, net.kernels2, net.kernels2)
    maps: dict[str, Shape] = {name: (c, s, s) for name, c, s in zip(MAPS, channels, lengths, strict=True)}
    return maps | {"flatten": (channels[-1] * lengths[-1] ** 2,)}


def keras_trace_ways(net: KerasNet) -> Ways:
    """For each wrong way, the shapes that it gives; those that are told apart for every student come first."""
    right = keras_trace(net)
    flat, last = right["flatten"][0], right["pool2"]
    first, second = (
        net._replace(kernel_size1=size, kernel_size2=size) for size in (net.kernel_size1, net.kernel_size2)
    )
    weights = {"dense1": [(net.units, flat), (flat, net.units)]}
    weights["dense2"] = [(net.classes, net.units), (net.units, net.classes)]
    return separate_trace_ways(net) | {
        KG18: right | {"flatten": [last, (last[1], last[2], last[0])]},
        KG19: right | weights,
        KG20: {name: [keras_trace(first)[name], keras_trace(second)[name]] for name in right},
        KG21: {name: (s[1], s[0], s[2]) if len(s) == 3 else s for name, s in right.items()},
    }


def separate_trace_ways(net: KerasNet) -> Ways:
    """For each wrong way that differs from all others for every student, the shapes that it gives."""
    right = keras_trace(net)
    last = right["pool2"]
    return {
        DS5: {name: (s[1], s[2], s[0]) if len(s) == 3 else s for name, s in right.items()},
        KA3: right | {"flatten": (last[1] * last[2],)},
        SZ8: right | _trace_with(net, lambda side, k: side, after_pool),
        SZ1: right | _trace_with(net, lambda side, k: side - k, after_pool),
        KA1: right | _trace_with(net, after_conv, lambda side: after_pool(side + 1)),
    }


def keras_counts(net: KerasNet, way: Misconception | None = None) -> dict[str, int]:
    """Count the parameters of each layer and both totals, as a wrong way does if there is one."""
    layers, dense = _keras_layers(net)
    counts, grey = counts_by_layer(layers, dense, way), layers["conv1"]._replace(in_channels=1)
    total = sum(counts.values())
    return counts | {"total": total, "total for grey": total - counts["conv1"] + count_layer(grey, way)}


def _keras_layers(net: KerasNet) -> tuple[Layers, Widths]:
    shapes = keras_trace(net)
    conv1 = Layer(net.in_channels, net.kernels1, net.kernel_size1, shapes["conv1"][1] ** 2)
    conv2 = Layer(net.kernels1, net.kernels2, net.kernel_size2, shapes["conv2"][1] ** 2)
    flat = shapes["flatten"][0]
    return {"conv1": conv1, "conv2": conv2}, {"dense1": (flat, net.units), "dense2": (net.units, net.classes)}


def keras_count_ways(net: KerasNet) -> Ways:
    """For each wrong way, the counts that it gives; both totals follow from them."""
    right = keras_counts(net)
    return separate_count_ways(net) | {
        KG22: right | {"total for grey": [right["total"] / 3, right["total"] // 3]},
        KG23: right | {"total for grey": right["total"]},
        KG81: right | {"total for grey": right["conv1"] - (right["total"] - right["total for grey"])},
    }


def separate_count_ways(net: KerasNet) -> Ways:
    """For each wrong way that differs from all others for every student, the counts that it gives."""
    return {way: keras_counts(net, way) for way in COUNT_WAYS}


def sample_keras(dice: Dice) -> KerasNet:
    """Draw a network with two different kernels."""
    first = dice.choose((5, 7))
    width = dice.choose((8, 12, 16, 20, 24, 32))
    units = dice.choose((64, 96, 100, 128, 200, 256))
    return KerasNet(3, dice.between(24, 40), width, first, width * 2, 3, units, 10)


def keras_tells_apart(net: KerasNet) -> bool:
    """Tell whether a pooling leaves a row over and no wrong shapes or counts are the right ones, or one another."""
    lengths = sides(net.side, (net.kernel_size1, net.kernel_size2))
    shapes = [tuple(way.items()) for way in separate_trace_ways(net).values()]
    counts = [tuple(way.items()) for way in separate_count_ways(net).values()]
    return (
        bool(lengths[0] % 2 or lengths[2] % 2)
        and tuple(keras_trace(net).items()) not in shapes
        and tuple(keras_counts(net).items()) not in counts
        and len(set(shapes)) == len(shapes)
        and len(set(counts)) == len(counts)
    )


class KerasNetwork(Exercise):
    """Shapes, parameters and the share of the first dense layer of a Keras listing, for one picture."""

    id = "keras-network"
    hints = (
        "Keras names the kernels first. Which number is that in a shape of PyTorch's?",
        "Which layer do all features meet in? How many numbers reach each of its units?",
        "For grey pictures: which single layer changes?",
    )
    worked = """
        `Input((10, 10, 2))`, `Conv2D(3, 3)`, `MaxPooling2D()`, `Flatten()`, `Dense(5)`.

        1. conv1: 10 − 2 = 8 places, three kernels; Keras says 8×8×3, PyTorch `(3, 8, 8)`. Parameters: 3 · (9 ·
           2 + 1) = 57.
        2. pool1: `(3, 4, 4)`. flatten: `(48,)`. dense: `(5,)`, with 5 · (48 + 1) = 245 parameters.
        3. Total: 57 + 245 = 302. For grey pictures only conv1 changes: 3 · (9 + 1) = 30, in all 275.
        4. Share of the dense layer: 245 / 302 = 81.1 %.
    """
    misconceptions = (DS5, KA3, SZ8, SZ1, KA1, *COUNT_WAYS, KG1, *FURTHER, *LAYER_SLIPS)

    def draw(self) -> KerasNet:
        """Return the network of a Keras listing."""
        return draw(self.dice(), sample_keras, keras_tells_apart) if self.student else LECTURE_NET

    def text(self) -> str:
        """Return the listing."""
        net = self.question
        relu = "activation='relu'"
        lines = [
            (f"Input(({net.side}, {net.side}, {net.in_channels}))", "height, width, channels"),
            (f"Conv2D({net.kernels1}, {net.kernel_size1}, {relu})", "conv1: kernels, side"),
            ("MaxPooling2D()", "pool1: 2×2"),
            (f"Conv2D({net.kernels2}, {net.kernel_size2}, {relu})", "conv2: kernels, side"),
            ("MaxPooling2D()", "pool2: 2×2"),
            ("Flatten()", "flatten"),
            (f"Dense({net.units}, {relu})", "dense1"),
            (f"Dense({net.classes}, activation='softmax')", "dense2"),
        ]
        return "\n".join(f"    {line:34}# {name}" for line, name in lines)  # indented: Markdown's code

    def judge(self, shapes: Any, numbers: Any) -> dict[str, Finding]:
        """Judge a tuple for each layer, channels first, and numbers; the share in percent."""
        net = self.question
        trace = torch_trace(torch_keras(net), (1, net.in_channels, net.side, net.side))
        right_shapes, right = {name: s[1:] for name, s in trace.items()}, torch_keras_counts(net)
        given_shapes = as_dict(shapes, right_shapes, "keras_shapes")
        given = as_dict(numbers, (*right, SHARE), "keras_counts")
        batches = {name: shape for name, shape in given_shapes.items() if _has_batch_axis(shape, right_shapes[name])}
        given_shapes |= dict.fromkeys(batches)
        found = judge_set(
            given_shapes,
            right_shapes,
            keras_trace_ways(net),
            what="keras_shapes",
            read=read_shape,
            called="{} shape",
        )
        layers, steps = counted_layers(*_keras_layers(net), right_shapes), steps_of(net)
        slips = shape_slips(given_shapes, right_shapes, steps, (net.in_channels, net.side, net.side), 0)
        found = told_by_layer(found, lambda part: slips.get(part.removesuffix(" shape")))
        for name, shape in batches.items():
            found[f"{name} shape"] = wrong(f"{name} shape: you gave {short(shape)}.", KG14)
        counts = judge_set(given, right, keras_count_ways(net), what="keras_counts")
        found |= told_by_layer(
            counts, lambda name: count_slip(name, given[name], layers[name]) if name in layers else None
        )
        summed = [plain(given[name]) for name in ("conv1", "conv2", "dense1", "dense2")]
        if found["total"].standing is Standing.WRONG and None not in summed and plain(given["total"]) != sum(summed):
            found["total"] = wrong(found["total"].first, found["total"].because or KA7)
        share, grey = (100 * right["dense1"] / right[total] for total in ("total", "total for grey"))
        flat, total = right_shapes["flatten"][0], right["total"]
        others = (right["conv1"] + right["conv2"], right["dense1"] + right["dense2"], net.units * flat)
        ways = {KG24: [grey], KG80: [100 * one / total for one in others]}
        return found | {SHARE: look(partial(look_at_share, given, SHARE, share, "keras_counts", ways))}


def _has_batch_axis(shape: Any, right: Shape) -> bool:
    """Tell whether a shape has an axis more, in front: None, as Keras writes it, or a number."""
    if type(shape) not in (tuple, list) or len(shape) != len(right) + 1:
        return False
    rest = as_shape(shape[1:])
    channels_last = (*right[1:], right[0])
    return (shape[0] is None or plain(shape[0]) is not None) and rest in (right, channels_last)


def steps_of(net: KerasNet) -> dict[str, Step]:
    """Return the layers as steps of a shape."""
    maps = map_steps((net.kernels1, net.kernels2), (net.kernel_size1, net.kernel_size2))
    return maps | {"dense1": Step("dense", net.units), "dense2": Step("dense", net.classes)}


def _is_one_of(number: float, some: float | list[float], by: float) -> bool:
    return any(abs(number - one) <= by for one in (some if isinstance(some, list) else [some]))


def look_at_share(
    answers: Mapping[str, Any],
    part: str,
    right: float,
    what: str,
    ways: Mapping[Misconception, float | list[float]] | None = None,
) -> None:
    """Raise unless a percentage is right, to one decimal; ``ways`` says which wrong ways give which."""
    if is_missing(answers[part]):
        raise NotAttempted(f"fill in {what}[{part!r}]")
    number = read_number(answers[part], f"{what}[{part!r}]") or 0.0
    if not abs(number - right) <= 0.06:
        known = {KG1: right / 100} | dict(ways or {})
        because = [way for way, some in known.items() if _is_one_of(number, some, 0.002 if way is KG1 else 0.06)]
        rounded = not because and number == round(right)
        more = " To how many decimals is it asked for?" if rounded else ""
        raise refuse(f"{part}: you gave {short(number)}.{more}", because[:1])
