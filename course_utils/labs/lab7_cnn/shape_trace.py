"""Exercise 6.1: every shape on the way through the network; practice with the features before a dense layer.

| the prompt says | what is tried |
|---|---|
| a tuple for each step, batch axis first | eight parts, against PyTorch; any sequence but a set |
| stride 1, no padding, 2×2 pooling | students' networks have an odd side before a pooling |
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding
from course_utils.judging.layer_slips import LAYER_SLIPS, Step, shape_slips, told_by_layer
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.numbers import read_shape
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.lab7_cnn.headings import SHAPES
from course_utils.labs.lab7_cnn.networks import (
    DS5,
    KA1,
    KA3,
    LAB7,
    MAPS,
    SZ1,
    SZ8,
    Network,
    after_conv,
    after_pool,
    map_steps,
    sides,
    torch_network,
    torch_trace,
)
from course_utils.labs.lab7_cnn.sets import Shape, Ways, judge_set

PL2 = shared.PL2.in_lab(SHAPES)
DS2 = shared.DS2.in_lab(SHAPES, "The batch axis is gone. What stands first in every shape of a batch?")
DS4 = shared.DS4.in_lab(
    SHAPES, "This stretches the whole batch into one row. Which axis must stay when each picture is flattened?"
)
KA2 = Misconception(
    "KA2",
    "output channels taken from the input",
    "These maps have the channels of the input. What decides how many maps a convolution makes?",
    SHAPES,
)
KA4 = Misconception(
    "KA4",
    "pooling halves the channels, too",
    "Your pooling loses channels. Over which axes does a 2×2 window slide?",
    SHAPES,
)
KA8 = Misconception(
    "KA8",
    "a kernel takes away half of its width",
    "Your kernel takes away half of its width. On how many places does a window of five stand on a row?",
    SHAPES,
)
KA9 = Misconception(
    "KA9",
    "kernel moved by its own width",
    "Your kernel moves by its own width. What is the stride of a convolution if none is given?",
    SHAPES,
)
KA10 = Misconception(
    "KA10",
    "pooling left out of the sides",
    "Your maps keep their side through the pooling. How many windows of two stand side by side?",
    SHAPES,
)
KA11 = Misconception(
    "KA11",
    "shape of the weights in place of the output",
    "This is the shape of a layer's weights. What goes through the network: the weights, or a batch?",
    SHAPES,
)
KA12 = Misconception(
    "KA12",
    "flattened before the last pooling",
    "This is what stands in front of the last pooling. Which maps are flattened?",
    SHAPES,
)
KA13 = Misconception(
    "KA13",
    "channels multiplied from layer to layer",
    "Your channels are the product of those in and out. How many maps does one kernel make?",
    SHAPES,
)
KA14 = Misconception(
    "KA14",
    "flattened one row of each map",
    "This is one row of each map. How many rows has a map?",
    SHAPES,
)
KA15 = Misconception(
    "KA15",
    "border of a kernel taken off twice",
    "You take a kernel's border off twice. By how many pixels is a row shorter than before?",
    SHAPES,
)
KA16 = Misconception(
    "KA16",
    "a batch of one",
    "This is one picture. How many are in your batch?",
    SHAPES,
)
KA17 = Misconception(
    "KA17",
    "pooling takes two cells off",
    "Your pooling shortens a row by two cells. Where does its second window begin?",
    SHAPES,
)
KA18 = Misconception(
    "KA18",
    "rows and columns exchanged behind the flatten step",
    "These are the right numbers on the wrong axes. Which axis counts the pictures?",
    SHAPES,
)
KA19 = Misconception(
    "KA19",
    "one side of the maps left out",
    "Your maps have a height only. How many axes has a batch of maps?",
    SHAPES,
)
KA20 = Misconception(
    "KA20",
    "flatten step keeps axes of maps",
    "Here the flatten step leaves axes of maps. How many axes has a row of numbers for each picture?",
    SHAPES,
)

FURTHER = (KA8, KA9, KA10, KA11, KA12, KA13, KA14, KA15, KA16, KA17, KA18, KA19, KA20)


# --- the question


def trace(
    network: Network, conv: Callable[[int, int], int] = after_conv, pool: Callable[[int], int] = after_pool
) -> dict[str, Shape]:
    """Return the shape after each step. ``conv(side, kernel_size)`` and ``pool(side)`` say how sides shrink."""
    n = network
    channels = (n.kernels1, n.kernels1, n.kernels2, n.kernels2)
    lengths = sides(n.side, (n.kernel_size, n.kernel_size), conv, pool)
    maps: dict[str, Shape] = {name: (n.batch, c, s, s) for name, c, s in zip(MAPS, channels, lengths, strict=True)}
    flat = channels[-1] * lengths[-1] * lengths[-1]
    rest = {"flatten": flat, "fc1": n.units1, "fc2": n.units2, "fc3": n.classes}
    return maps | {name: (n.batch, width) for name, width in rest.items()}


def steps_of(network: Network) -> dict[str, Step]:
    """Return the layers as steps of a shape."""
    n = network
    dense = {name: Step("dense", units) for name, units in (("fc1", n.units1), ("fc2", n.units2), ("fc3", n.classes))}
    return map_steps((n.kernels1, n.kernels2), (n.kernel_size, n.kernel_size)) | dense


def trace_ways(network: Network) -> Ways:
    """For each wrong way, the shapes that it gives; those that a network tells apart from all others come first."""
    n, right = network, trace(network)
    conv2 = right["conv2"]
    inputs = {"fc1": right["flatten"][1], "fc2": n.units1, "fc3": n.units2}
    weights = {name: [(inputs[name], right[name][1]), (right[name][1], inputs[name])] for name in inputs}
    product = {"conv1": n.in_channels * n.kernels1, "conv2": n.kernels1 * n.kernels2}
    product |= {"pool1": product["conv1"], "pool2": product["conv2"]}
    return separate_ways(n) | {
        KA8: trace(n, conv=lambda side, k: side - k // 2),
        KA9: trace(n, conv=lambda side, k: side // k),
        KA10: trace(n, pool=lambda side: side),
        KA11: right | weights,
        KA12: right | {"flatten": (n.batch, conv2[1] * conv2[2] * conv2[3])},
        KA13: {name: (s[0], product.get(name, s[1]), *s[2:]) for name, s in right.items()},
        KA14: right | {"flatten": (n.batch, right["pool2"][1] * right["pool2"][2])},
        KA15: trace(n, conv=lambda side, k: side - 2 * (k - 1)),
        KA16: {name: (1, *s[1:]) for name, s in right.items()},
        KA17: trace(n, pool=lambda side: side - 2),
        KA18: {name: s[::-1] if len(s) == 2 else s for name, s in right.items()},
        KA19: {name: s[:3] if len(s) == 4 else s for name, s in right.items()},
        KA20: right | {"flatten": [right["pool2"], (n.batch, right["flatten"][1], 1, 1)]},
    }


def separate_ways(network: Network) -> Ways:
    """For each wrong way that differs from all others for every student, the shapes that it gives."""
    n, right = network, trace(network)
    last = right["pool2"]
    same_channels = {"conv1": n.in_channels, "pool1": n.in_channels, "conv2": n.kernels1, "pool2": n.kernels1}
    return {
        SZ1: trace(n, conv=lambda side, k: side - k),
        SZ8: trace(n, conv=lambda side, k: side),
        KA1: trace(n, pool=lambda side: after_pool(side + 1)),
        PL2: trace(n, pool=lambda side: side - 1),
        DS2: {name: shape[1:] for name, shape in right.items()},
        DS4: right | {"flatten": (n.batch * last[1] * last[2] * last[3],)},
        DS5: {name: (s[0], s[2], s[3], s[1]) if len(s) == 4 else s for name, s in right.items()},
        KA2: {name: (s[0], same_channels.get(name, s[1]), *s[2:]) for name, s in right.items()},
        KA3: right | {"flatten": (n.batch, last[2] * last[3])},
        KA4: right | {name: (s[0], -(-s[1] // 2), *s[2:]) for name, s in right.items() if "pool" in name},
    }


def sample_network(dice: Dice) -> Network:
    """Draw a network; its kernels, units and batch all differ."""
    first = dice.between(5, 12)
    return Network(
        dice.between(4, 9),
        3,
        dice.choose(tuple(range(26, 65))),
        first,
        first + dice.between(5, 12),
        dice.choose((3, 5)),
        dice.between(90, 160),
        dice.between(50, 88),
        10,
    )


def network_tells_apart(network: Network) -> bool:
    """Tell whether one pooling leaves a row over, no wrong trace is right, and no two are the same."""
    right, lengths = trace(network), sides(network.side, (network.kernel_size,) * 2)
    ways = [tuple(way.items()) for way in separate_ways(network).values()]
    odd = lengths[0] % 2 or lengths[2] % 2
    return bool(odd) and lengths[-1] >= 3 and tuple(right.items()) not in ways and len(set(ways)) == len(ways)


def network_of(student: str) -> Network:
    """Return the network of which a student predicts the shapes, and then the parameters."""
    return draw(Dice(student, ShapeTrace.id), sample_network, network_tells_apart) if student else LAB7


# --- practice


class Features(NamedTuple):
    """What a grey picture becomes on its way through a convolution (stride 1, no padding) and a 2×2 pooling."""

    side: int
    kernel_size: int
    kernels: int


def _side(side: int, kernel_size: int) -> int:
    return (side - kernel_size + 1) // 2


KN1 = Misconception(
    "KN1",
    "features of one map",
    "This is one map. How many maps are there?",
    SHAPES,
    lambda side, kernel_size, kernels: _side(side, kernel_size) ** 2,
)
KN2 = Misconception(
    "KN2",
    "convolution keeps the size",
    "Here the convolution keeps the size. How many pixels does it take away at the border?",
    SHAPES,
    lambda side, kernel_size, kernels: kernels * (side // 2) ** 2,
)
KN3 = Misconception(
    "KN3",
    "pooling forgotten",
    "These are the maps before they are pooled. What does the pooling leave of them?",
    SHAPES,
    lambda side, kernel_size, kernels: kernels * (side - kernel_size + 1) ** 2,
)
KN4 = Misconception(
    "KN4",
    "pooling rounds up",
    "Here the pooling counts a window that is half empty. Does PyTorch?",
    SHAPES,
    lambda side, kernel_size, kernels: (
        kernels * (_side(side, kernel_size) + 1) ** 2 if (side - kernel_size + 1) % 2 else None
    ),
)
KN5 = Misconception(
    "KN5",
    "side not squared",
    "This is one row of each map. How many rows are there?",
    SHAPES,
    lambda side, kernel_size, kernels: kernels * _side(side, kernel_size),
)
FEATURE_WAYS = (KN1, KN2, KN3, KN4, KN5)


def sample_features(dice: Dice) -> Features:
    """Draw one convolution (stride 1, no padding) with a 2×2 pooling behind it, before a dense layer."""
    return draw(
        dice,
        lambda dice: Features(dice.between(9, 40), dice.choose((3, 5, 7)), dice.between(4, 24)),
        features_tell_apart,
    )


def count_features(question: Features) -> int:
    """Count the numbers that one picture sends on: all cells of all pooled maps."""
    side = after_pool(after_conv(question.side, question.kernel_size))
    return len([(k, i, j) for k in range(question.kernels) for i in range(side) for j in range(side)])


def features_tell_apart(question: Features) -> bool:
    """Tell whether every known wrong number is wrong, and each in its own way."""
    given = [way for way in wrong_answers(FEATURE_WAYS, question).values() if way is not None]
    return count_features(question) not in given and len(set(given)) == len(given)


def torch_features(question: Features) -> int:
    """Ask PyTorch how many numbers one picture sends through a convolution and a pooling to a dense layer."""
    maps = nn.Sequential(nn.Conv2d(1, question.kernels, question.kernel_size), nn.MaxPool2d(2), nn.Flatten()).to("meta")
    return int(maps(torch.empty(1, 1, question.side, question.side, device="meta")).shape[1])


def _features_text(q: Features) -> str:
    return (
        f"Pictures of {q.side}×{q.side} pixels, {q.kernels} kernels of {q.kernel_size}×{q.kernel_size} (stride 1, no "
        "padding), 2×2 max-pooling, flatten.\nHow many numbers does one picture send to the dense layer?"
    )


def _features_steps(q: Features) -> list[str]:
    places = q.side - q.kernel_size + 1
    side = places // 2
    return [
        f"A kernel of {q.kernel_size} stands on {q.side} − {q.kernel_size} + 1 = {places} places of a row.",
        f"Pooling finds {side} whole pairs on a row of {places}.",
        f"Each of {q.kernels} kernels makes a map of {side}×{side}: {q.kernels} · {side} · {side} = "
        f"{q.kernels * side * side}",
    ]


FEATURES = Topic(
    "features",
    sample_features,
    _features_text,
    torch_features,
    lambda question: wrong_answers(FEATURE_WAYS, question),
    _features_steps,
)


class ShapeTrace(Exercise):
    """The eight shapes of a batch on its way through the network, batch axis first."""

    id = "shape-trace"
    hints = (
        "Which number of a shape does a convolution set by itself, whatever comes in?",
        "By how many pixels does your kernel shorten a row without padding?",
        "The pooling window is two wide and moves by two. How many fit on an odd row?",
    )
    worked = """
        Two pictures of 3×20×20 go through: conv1 with 5 kernels of 3×3, pooling, conv2 with 7 kernels of 4×4, pooling,
        flatten, fc1 with 30 units.

        1. conv1: a 3×3 kernel stands on 20 − 2 = 18 places of a row; five kernels make five maps: `(2, 5, 18, 18)`.
        2. pool1: nine windows of two on a row of 18; the channels stay: `(2, 5, 9, 9)`.
        3. conv2: 9 − 3 = 6 places; seven kernels: `(2, 7, 6, 6)`.
        4. pool2: `(2, 7, 3, 3)`.
        5. flatten: each picture becomes one row of 7 · 3 · 3 = 63 numbers: `(2, 63)`.
        6. fc1: `(2, 30)`. The batch axis is never touched.
    """
    misconceptions = (SZ1, SZ8, KA1, PL2, DS2, DS4, DS5, KA2, KA3, KA4, *FURTHER, *LAYER_SLIPS)
    topics = (FEATURES,)

    def draw(self) -> Network:
        """Return the network whose shapes are to be predicted."""
        return network_of(self.student)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge a tuple for each of conv1, pool1, conv2, pool2, flatten, fc1, fc2, fc3."""
        n = self.question
        start = (n.batch, n.in_channels, n.side, n.side)
        right = torch_trace(torch_network(n), start)
        given = as_dict(answers, right, "shapes")
        found = judge_set(given, right, trace_ways(n), what="shapes", read=read_shape)
        return told_by_layer(found, shape_slips(given, right, steps_of(n), start, 1).get)
