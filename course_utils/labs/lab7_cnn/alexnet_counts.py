"""Bonus: sides and parameters of a relative of AlexNet, whose second convolution runs in two groups.

| the prompt says | what is tried |
|---|---|
| sides behind conv1 and pool2, windows of 3 with stride 2 | two parts, against PyTorch's shapes |
| parameters of conv1, of conv2 in two groups, of the dense layer | three parts, against PyTorch's layers |
| how many fewer than with one group | a part, the difference of PyTorch's two layers |
"""

from typing import Any, NamedTuple

import torch
from torch import nn

from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.variants import Dice, draw
from course_utils.labs.lab7_cnn.headings import GIANTS
from course_utils.labs.lab7_cnn.networks import count_parameters
from course_utils.labs.lab7_cnn.sets import Ways, judge_set

RA1 = Misconception(
    "RA1",
    "groups left out",
    "Your kernels of conv2 see all maps of conv1. How many does a kernel see that stands in one of two groups?",
    GIANTS,
)
RA2 = Misconception(
    "RA2",
    "half of the kernels, too",
    "Your conv2 has half as many kernels. What do two groups divide: the maps that come in, or the kernels, too?",
    GIANTS,
)
RA3 = Misconception(
    "RA3", "biases left out", "These are the weights alone. What else is learned for each kernel or unit?", GIANTS
)
RA4 = Misconception(
    "RA4",
    "pooling of 2×2",
    "Here the side is halved, as windows of 2×2 do. How far does a window of 3 with stride 2 go?",
    GIANTS,
)
RA5 = Misconception(
    "RA5",
    "conv2 without its padding",
    "Here conv2 has made the maps smaller. What does a padding of 2 do beside a kernel of 5×5?",
    GIANTS,
)
RA6 = Misconception(
    "RA6",
    "the last place of the window forgotten",
    "This is the number of steps. Where does the window stand before its first step?",
    GIANTS,
)
RA7 = Misconception(
    "RA7",
    "one of the two poolings forgotten",
    "This side has been through one pooling. How many poolings lie before the dense layer?",
    GIANTS,
)
RA8 = Misconception(
    "RA8",
    "dense layer on one number of each map",
    "Your dense layer takes one number of each map. What does flattening keep?",
    GIANTS,
)
RA9 = Misconception(
    "RA9",
    "the stride of conv1 forgotten",
    "This is the side with stride 1. By how many pixels does the window of conv1 move?",
    GIANTS,
)
RA10 = Misconception(
    "RA10",
    "biases halved with the weights",
    "Your difference holds biases, too. How many biases has conv2 with one group, and how many with two?",
    GIANTS,
)
RA11 = Misconception(
    "RA11",
    "parameters in place of their difference",
    "This is how many parameters one way has, not by how many both ways differ. Which two numbers are to be compared?",
    GIANTS,
)
RA12 = Misconception(
    "RA12",
    "kernels one map deep",
    "Your kernels look at one map. Through how many does a kernel of this layer go?",
    GIANTS,
)
RA13 = Misconception(
    "RA13",
    "one bias for a whole layer",
    "This has one bias for all kernels, or units. To what is a bias added?",
    GIANTS,
)
SIDE1, SIDE2, CONV1, CONV2, SAVED, DENSE = PARTS = ("side1", "side2", "conv1", "conv2", "saved", "dense")
FIRST, SECOND, POOL = 11, 5, 3  # sides of the windows


class Relative(NamedTuple):
    """Side of the picture, kernels of both convolutions, units of the dense layer."""

    side: int
    kernels1: int
    kernels2: int
    units: int


def layers(network: Relative, groups: int = 2) -> nn.ModuleDict:
    """Make the layers up to the first dense one, without memory for their numbers."""
    n = network
    with torch.device("meta"):
        body = nn.ModuleDict(
            {
                "conv1": nn.Conv2d(3, n.kernels1, FIRST, stride=4),
                "pool1": nn.MaxPool2d(POOL, stride=2),
                "conv2": nn.Conv2d(n.kernels1, n.kernels2, SECOND, padding=2, groups=groups),
                "pool2": nn.MaxPool2d(POOL, stride=2),
            }
        )
        body["dense"] = nn.Linear(n.kernels2 * sides(body, n.side)["pool2"] ** 2, n.units)
    return body


def sides(body: nn.ModuleDict, side: int) -> dict[str, int]:
    """Send an empty picture through convolutions and poolings; return the side behind each."""
    x, found = torch.empty(1, 3, side, side, device="meta"), {}
    for name, layer in body.items():
        x = layer(x)
        found[name] = x.shape[-1]
    return found


def right_numbers(network: Relative) -> dict[str, int]:
    """Ask PyTorch for every part."""
    body, whole = layers(network), layers(network, groups=1)
    count = {name: count_parameters(layer) for name, layer in body.items()}
    behind = sides(nn.ModuleDict({name: layer for name, layer in body.items() if name != "dense"}), network.side)
    saved = count_parameters(whole["conv2"]) - count["conv2"]
    numbers = (behind["conv1"], behind["pool2"], count["conv1"], count["conv2"], saved, count["dense"])
    return dict(zip(PARTS, numbers, strict=True))


def wrong_ways(network: Relative) -> Ways:
    """For each wrong way, what it gives; parts that it leaves alone are right."""
    n = network
    cells = SECOND * SECOND
    side1 = (n.side - FIRST) // 4 + 1
    side2 = pooled(pooled(side1))
    weights1, weights2, dense = n.kernels1 * 3 * FIRST**2, n.kernels2 * n.kernels1 // 2 * cells, n.kernels2 * side2**2
    right = {SIDE1: side1, SIDE2: side2, CONV1: weights1 + n.kernels1, CONV2: weights2 + n.kernels2, SAVED: weights2}
    right |= {DENSE: n.units * (dense + 1)}

    def behind(side: int) -> dict[str, int]:
        return {SIDE2: side, DENSE: n.units * (n.kernels2 * side * side + 1)}

    changed: dict[Misconception, list[dict[str, int]]] = {
        RA1: [{CONV2: 2 * weights2 + n.kernels2}],
        RA2: [{CONV2: weights2 // 2 + n.kernels2 // 2}, {CONV2: weights2 // 2 + n.kernels2}],
        RA3: [{CONV1: weights1, CONV2: weights2, DENSE: n.units * dense}],
        RA4: [behind(side1 // 2 // 2)],
        RA5: [behind(pooled(pooled(side1) - SECOND + 1))],
        RA6: [{SIDE1: side1 - 1}],
        RA7: [behind(pooled(side1))],
        RA8: [{DENSE: n.units * (n.kernels2 + 1)}],
        RA9: [{SIDE1: n.side - FIRST + 1}],
        RA10: [{SAVED: weights2 + n.kernels2 // 2}, {SAVED: weights2 + n.kernels2}],
        RA11: [{SAVED: 2 * weights2 + n.kernels2}],
        RA12: [{CONV1: n.kernels1 * (FIRST**2 + 1), CONV2: n.kernels2 * (cells + 1)}],
        RA13: [{CONV1: weights1 + 1, CONV2: weights2 + 1, DENSE: n.units * dense + 1}],
    }
    return {way: {part: [(right | one)[part] for one in several] for part in PARTS} for way, several in changed.items()}


def pooled(side: int) -> int:
    """Return the side behind a pooling with windows of 3 and stride 2."""
    return (side - POOL) // 2 + 1


def sample(dice: Dice) -> Relative:
    """Draw a picture's side at which the first window fits, kernels in pairs, and units."""
    return Relative(
        FIRST + 4 * dice.between(38, 62), 8 * dice.between(6, 15), 16 * dice.between(9, 20), 256 * dice.between(5, 15)
    )


def tells_apart(network: Relative) -> bool:
    """Tell whether no wrong way gives a right number where it changes one, and no two sides are alike."""
    side1 = (network.side - FIRST) // 4 + 1
    behind = [pooled(pooled(side1)), side1 // 2 // 2, pooled(pooled(side1) - SECOND + 1), pooled(side1)]
    return len(set(behind)) == len(behind) and network.kernels1 != network.kernels2


class AlexnetCounts(Exercise):
    """Sides behind conv1 and pool2; parameters of conv1, conv2 in two groups and the dense layer; what groups save."""

    id = "alexnet-counts"
    hints = (
        "On how many places does a window of 11 stand that moves by 4?",
        "A group is a convolution of its own. How many maps go into one group, and how many kernels has it?",
        "How many numbers leave flatten, if each map has side2 · side2?",
    )
    worked = """
        Pictures of 63×63, 4 kernels of 7×7 with stride 2; pooling with windows of 3, stride 2; 6 kernels of 3×3 with
        padding 1 in two groups; the same pooling; flatten; 10 units.

        1. conv1: (63 − 7)/2 + 1 = 29. pool1: (29 − 3)/2 + 1 = 14. Padding 1 beside a 3×3 kernel keeps 14.
        2. pool2: (14 − 3)/2 rounded down, + 1 = 6.
        3. conv1: 4 · (3 · 49 + 1) = 592.
        4. conv2: each of the 6 kernels sees 2 of the 4 maps: 6 · (2 · 9 + 1) = 114. With one group it is
           6 · (4 · 9 + 1) = 222; two groups save 108 weights, and no bias.
        5. dense: 10 · (6 · 36 + 1) = 2,170.
    """
    misconceptions = (RA1, RA2, RA3, RA4, RA5, RA6, RA7, RA8, RA9, RA10, RA11, RA12, RA13)

    def draw(self) -> Relative:
        """Return a relative of AlexNet; nobody has AlexNet itself, which the lesson counts."""
        return draw(self.dice(), sample, tells_apart) if self.student else Relative(203, 64, 160, 2048)

    def text(self) -> str:
        """Return the network, layer by layer."""
        n = self.question
        return "\n".join(  # indented, or Markdown would run the lines together
            [
                f"    pictures  3 channels, {n.side}×{n.side}",
                f"    conv1     {n.kernels1} kernels of 11×11, stride 4",
                "    pool1     windows of 3×3, stride 2",
                f"    conv2     {n.kernels2} kernels of 5×5, padding 2, in two groups",
                "    pool2     windows of 3×3, stride 2",
                f"    dense     {n.units:,} units, behind flatten",
            ]
        )

    def judge(self, numbers: Any) -> dict[str, Finding]:
        """Judge a whole number for each part."""
        given = as_dict(numbers, PARTS, "relative")
        return judge_set(given, right_numbers(self.question), wrong_ways(self.question), what="relative")
