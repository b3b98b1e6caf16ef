"""Bonus: where in a picture the score of a class comes from, out of the last maps and the head's weights."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.slips import TwoSlips
from course_utils.labs.transfer_learning import recipes
from course_utils.labs.transfer_learning.headings import INSIDE

CM1 = Misconception(
    "CM1",
    "pooled before it was weighed",
    "This is one number, a score, at every place or at none. What happens to places if maps are averaged first?",
    INSIDE,
)
CM2 = Misconception(
    "CM2",
    "all channels count alike",
    "Every channel has the same say here. Where does the head keep how much a channel speaks for the class?",
    INSIDE,
)
CM3 = Misconception(
    "CM3",
    "signs of weights lost",
    "A channel that speaks against the class counts for it here, or not at all. What does a negative weight mean?",
    INSIDE,
)
CM4 = Misconception(
    "CM4",
    "the strongest channel alone",
    "At each place one channel alone has spoken. Does the score add up channels, or choose one?",
    INSIDE,
)
CM5 = Misconception(
    "CM5",
    "negative evidence cut off",
    "The map has no negative numbers. What does its mean over all places have to be, and is it still?",
    INSIDE,
)
CM6 = Misconception(
    "CM6",
    "weights of another class",
    "These are the weights of a neighbouring class. Which row of the weights belongs to class k, counting from 0?",
    INSIDE,
)
CM7 = Misconception(
    "CM7",
    "scaled to its largest number, or to a sum of 1",
    "The map is scaled here, by its largest number, its range or its sum. Would the maps of two classes still compare?",
    INSIDE,
)
CM8 = Misconception(
    "CM8",
    "the share of each channel, not of each place",
    "This has a number for each channel. Which axes stay, and over which one is added up?",
    INSIDE,
)
CM9 = Misconception(
    "CM9",
    "height and width exchanged",
    "Rows and columns of the map are exchanged. In which order do the axes of `maps` come?",
    INSIDE,
)
CM10 = Misconception(
    "CM10",
    "mean over channels in place of the sum",
    "This is the map divided by the number of channels. What does a dense layer do with its products?",
    INSIDE,
)
CM11 = Misconception(
    "CM11",
    "a column of the weights in place of a row",
    "These are the weights of one channel for all classes. Along which axis of `weight` do classes lie?",
    INSIDE,
)
CM12 = Misconception(
    "CM12",
    "the maps of all classes, or a softmax over them",
    "All classes come in here: their maps side by side, or a softmax over them. Of how many classes is the map asked "
    "for, and are probabilities?",
    INSIDE,
)
CM13 = Misconception(
    "CM13",
    "the channel with the number of the class",
    "This is one channel: the one whose number is that of the class. What do the channels have to do with the classes?",
    INSIDE,
)
CM14 = Misconception(
    "CM14",
    "weights changed before they weigh",
    "One way to get this: the weights are changed first, such as by a softmax, their sum or the mean of "
    "all classes. Which numbers does the head multiply by?",
    INSIDE,
)
CM15 = Misconception(
    "CM15",
    "weights laid along another axis than the channels",
    "One way to get this: the weights run along the rows or the columns of each map. Which axis of `maps` has as many "
    "entries as there are weights?",
    INSIDE,
)
CM16 = Misconception(
    "CM16",
    "numbers of the maps below 0 cut off or turned",
    "Numbers of the maps that are below 0 count as 0, or as positive. What does the head make of a negative feature?",
    INSIDE,
)

NAME = "class_map"
WORKED = """
Two channels of 2×2, a class whose weights are 3 and −1, its bias 0.5:

| channel 1 | channel 2 |
|---|---|
| 1 0 | 0 0 |
| 2 1 | 4 0 |

1. The score, the way the network takes: means are 1 and 1; 3 · 1 − 1 · 1 + 0.5 = 2.5.
2. The same, place by place: upper left 3 · 1 − 1 · 0 = 3, upper right 0, lower left 3 · 2 − 1 · 4 = 2, lower right 3.
3. The mean of these four is 2, and with the bias 2.5: weighing and averaging may be exchanged.
4. So the four numbers say where the score comes from. Lower left both channels are loud, and half cancels.
"""


class Shapes(NamedTuple):
    """Channels, height and width of the maps, classes, and the class that is asked for."""

    channels: int
    height: int
    width: int
    classes: int
    k: int
    signed: bool = False  # maps with numbers below 0, as of a layer without a ReLU


class ClassMap(Implementation):
    """Write ``class_map(maps (C, H, W), weight (K, C), k) -> (H, W)``."""

    id = "class-map"
    hints = (
        "At one place there are C numbers, one a channel. What would the head make of them, if they were its features?",
        "Which row of the weights, and over which axis of the maps is the sum?",
    )
    worked = WORKED
    misconceptions = (CM1, CM2, CM3, CM4, CM5, CM6, CM7, CM8, CM9, CM10, CM11, CM12, CM13, CM14, CM15, CM16)

    def cases(self) -> Sequence[Case]:
        """Return a square map, one that is not, and the first class."""
        return [
            Case("4 channels of 4×4, class 1", Shapes(4, 4, 4, 4, 1)),
            Case("5 channels of 3×6, class 2", Shapes(5, 3, 6, 4, 2)),
            Case("4 channels of 5×2, class 0", Shapes(4, 5, 2, 3, 0)),
            Case("maps with numbers below 0", Shapes(5, 4, 3, 4, 1, signed=True)),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other shapes."""
        return [Case("other shapes", Shapes(7, 4, 5, 6, 3)), Case("many channels", Shapes(40, 3, 2, 5, 2, signed=True))]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with the head, asked place by place."""
        maps, weight = drawn(case.data, case.rng(case.data.channels))
        found = case.call(answer, NAME, maps, weight, case.data.k)
        if found is None:
            raise case.always(f"{NAME} returned None. Does it end in a return statement?")
        array = case.array(found, f"What {NAME} returns")
        asked = (maps, weight, case.data.k)
        near = partial(nearly, recipes.weighed, *asked)
        case.compare(NAME, array, place_by_place(*asked), wrong_ways_of(*asked), near=near)


def drawn(shapes: Shapes, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw maps from 0 to 6, as behind ReLU6, or of both signs, and weights of both signs."""
    maps = np.clip(rng.normal(1, 2, (shapes.channels, shapes.height, shapes.width)), -6 if shapes.signed else 0, 6)
    weight = rng.normal(0, 1, (shapes.classes, shapes.channels))
    weight[:, 0] = -np.abs(weight[:, 0]) - 0.5
    weight[:, 1:3] = np.abs(weight[:, 1:3]) + 0.2  # two that speak for each class
    return torch.tensor(maps), torch.tensor(weight)


def place_by_place(maps: torch.Tensor, weight: torch.Tensor, k: int) -> torch.Tensor:
    """Ask a dense layer at each place."""
    head = torch.nn.functional.linear
    rows = [[head(maps[:, i, j], weight)[k] for j in range(maps.shape[2])] for i in range(maps.shape[1])]
    return torch.stack([torch.stack(row) for row in rows])


def wrong_ways_of(maps: torch.Tensor, weight: torch.Tensor, k: int) -> Ways:
    """For each wrong way, and for two of which one comes behind the other, a function that computes its maps."""
    ways = wrong_maps(maps, weight, k)
    behind: tuple[tuple[Misconception, Callable[[torch.Tensor], torch.Tensor]], ...] = (
        (CM5, torch.relu),
        (CM9, lambda found: found.T),
        (CM7, lambda found: (found - found.min()) / (found.max() - found.min())),
        (CM7, lambda found: found / found.max()),
    )

    def both(way: Misconception, other: Misconception) -> list[torch.Tensor]:
        found = [one for one in ways[way]() if one.ndim == 2]  # type: ignore[attr-defined]
        return [change(one) for mine, change in behind if mine is other for one in found]

    pairs = {
        TwoSlips.of(way, other): partial(both, way, other)
        for way in (CM2, CM3, CM4, CM6, CM10, CM11, CM12, CM13, CM14)
        for other in (CM5, CM9, CM7)
    }
    weights = TwoSlips.of(CM3, CM6)
    return {**ways, **pairs, weights: lambda: [place_by_place(maps, weight.abs(), one) for one in range(len(weight))]}


def wrong_maps(maps: torch.Tensor, weight: torch.Tensor, k: int) -> Ways:
    """For each wrong way, a function that computes its maps."""
    right, each = place_by_place(maps, weight, k), weight[k][:, None, None] * maps
    pooled, every = weight[k] @ maps.mean((1, 2)), torch.einsum("kc,chw->khw", weight, maps)
    return {
        CM1: lambda: [pooled, pooled.expand_as(right).clone(), pooled[None]],
        CM2: lambda: [maps.mean(0), maps.sum(0)],
        CM3: lambda: [place_by_place(maps, way(weight), k) for way in (torch.abs, torch.relu)],
        CM4: lambda: [each.amax(0), maps[each.mean((1, 2)).argmax()], each[each.mean((1, 2)).argmax()]],
        CM5: lambda: [right.relu(), right.abs(), each.relu().sum(0)],
        CM6: lambda: (
            [place_by_place(maps, weight, (k + step) % len(weight)) for step in (1, -1)]
            + [place_by_place(maps, weight, int((weight @ maps.mean((1, 2))).argmax()))]
        ),
        CM7: lambda: [
            right / right.max(),
            right / right.abs().max(),
            (right - right.min()) / (right.max() - right.min()),
            right.relu() / right.max(),
            right.flatten().softmax(0).reshape(right.shape),
            right / right.sum(),
        ],
        CM8: lambda: [each.sum((1, 2)), each.mean((1, 2)), each],
        CM9: lambda: [right.T],
        CM10: lambda: [right / len(maps)],
        CM11: lambda: [place_by_place(maps, weight.T, k)] if weight.shape[0] == weight.shape[1] else [],
        CM12: lambda: [every, every.softmax(0)[k], every.softmax(0), every.sum(0)],
        CM14: lambda: [
            place_by_place(maps, other, k)
            for other in (
                *(weight.softmax(axis) for axis in (1, 0)),
                *(weight - weight.mean(axis, keepdim=True) for axis in (0, 1)),
                *(weight / weight.sum(axis, keepdim=True) for axis in (0, 1)),
                *(weight / weight.norm(dim=axis, keepdim=True) for axis in (0, 1)),
                weight.sigmoid(),
            )
        ],
        CM15: lambda: [
            (maps * weight[k].reshape(shape)).sum(axis)
            for shape in ((1, -1, 1), (1, 1, -1))
            for axis in (0, 1, 2)
            if maps.shape[shape.index(-1)] == len(weight[k])
        ],
        CM16: lambda: (
            [place_by_place(way(maps), weight, k) for way in (torch.relu, torch.abs)] if maps.min() < 0 else []
        ),
        CM13: lambda: [maps[k], weight[k, k] * maps[k]],
    }
