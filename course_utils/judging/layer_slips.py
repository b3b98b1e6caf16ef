"""Slips in shapes and counts of layers: a step worked out with another number, or from another layer than it should.

They are looked for, layer by layer, where no wrong way of the exercise's own gives an answer. A count may come about in
several ways, so its text says "one way to get this"; it names the number that was used, never the right one.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from course_utils.judging.answer import Standing
from course_utils.judging.answers import plain
from course_utils.judging.findings import Finding
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.slips import LARGE, SL2, SL8, SL14, SL17, SL18, SL24, SL25, SL26

SL50 = Misconception(
    "SL50",
    "a layer worked out with another number than the question's",
    "This comes out with another number in place of one of the question's. Which?",
)
SL51 = Misconception(
    "SL51",
    "follows from an answer that is wrong",
    "This follows from an answer before it that is wrong. Which?",
)
SL52 = Misconception(
    "SL52",
    "a layer changes what it leaves alone, or leaves what it changes",
    "This layer changes an axis that it should leave, or leaves one that it should change. Which?",
)
LAYER_SLIPS = (SL50, SL51, SL52)
VAGUE = frozenset({SL2, SL8, SL14, SL17, SL18, SL24, SL25, SL26})  # slips that give way to one that names its layer
SIDES = (1, 2, 3, 4, 5, 6, 7, 9, 11)  # of kernels

Shape = tuple[int, ...]


def _said(way: Misconception, text: str) -> Misconception:
    return Misconception(way.code, way.name, text)


def another_number(what: str) -> Misconception:
    """Return the slip of working something out with another number, in words."""
    return _said(SL50, f"One way to get this: {what}. What does the question say of it?")


# --- counts


class Counted(NamedTuple):
    """A layer whose parameters are counted: each output has a weight for each cell of its kernel, and a bias.

    Parameters
    ----------
    inputs, outputs
        Channels, features or units.
    kernel_size
        Its side; 1 for a dense layer.
    other_inputs, other_outputs
        By words, such as "the channels of the picture": numbers that may be taken for them.
    """

    inputs: int
    outputs: int
    kernel_size: int = 1
    other_inputs: Mapping[str, Iterable[int]] = {}
    other_outputs: Mapping[str, Iterable[int]] = {}


def count_slip(name: str, given: Any, layer: Counted) -> Misconception | None:
    """Return the slip that gives a count of one layer; None if there is none, or the count is too small to tell."""
    number = plain(given)
    if number is None or number < LARGE:
        return None
    return next((way for way, count in _counts(name, layer) if count == number), None)


def _counts(name: str, layer: Counted) -> Iterator[tuple[Misconception, int]]:
    area, inputs, outputs = layer.kernel_size**2, layer.inputs, layer.outputs
    if layer.kernel_size > 1:
        for side in (*SIDES, area):
            if side != layer.kernel_size:
                yield another_number(f"{name} with kernels of {side}×{side}"), outputs * (inputs * side**2 + 1)
    for words, numbers in layer.other_inputs.items():
        for number in numbers:
            if number != inputs:
                yield another_number(f"{name} with {words} for what goes in"), outputs * (number * area + 1)
    for words, numbers in layer.other_outputs.items():
        for number in numbers:
            if number != outputs:
                yield another_number(f"{name} with {words} for what comes out"), number * (inputs * area + 1)


# --- shapes, layer by layer


class Step(NamedTuple):
    """One layer on the way of a batch, or of a picture: ``(…, C, H, W)`` or ``(…, D)``.

    Parameters
    ----------
    kind
        ``"conv"``, ``"pool"``, ``"flatten"`` or ``"dense"``.
    outputs
        Kernels or units; 0 where the layer has none.
    size
        Side of the kernel or of the pooling window.
    """

    kind: str
    outputs: int = 0
    size: int = 0


def after(step: Step, shape: Shape, front: int) -> Shape | None:
    """Return the shape behind a layer (convolutions without padding, stride 1); None where there can be none."""
    lead, rest = shape[:front], shape[front:]
    if step.kind == "dense":
        return (*lead, step.outputs) if len(rest) == 1 else None
    if len(rest) != 3:
        return None
    if step.kind == "flatten":
        return (*lead, math.prod(rest))
    sides = tuple(side - step.size + 1 if step.kind == "conv" else side // step.size for side in rest[1:])
    return (*lead, step.outputs if step.kind == "conv" else rest[0], *sides) if min(sides) > 0 else None


def shape_slips(
    given: Mapping[str, Any], right: Mapping[str, Shape], steps: Mapping[str, Step], start: Shape, front: int
) -> dict[str, Misconception]:
    """Return, for shapes that are wrong, the slip that gives each from what was answered for the layer before.

    Parameters
    ----------
    given, right
        Shapes by layer; ``given`` may hold anything.
    steps
        The layers, in order.
    start
        The shape of what goes in.
    front
        How many axes stand in front that no layer touches: 1 for a batch, 0 for one picture.
    """
    found: dict[str, Misconception] = {}
    before, last = start, "what goes in"
    earlier: dict[str, Shape] = {}
    for name, step in steps.items():
        answer = given.get(name)
        given_shape = tuple(answer) if isinstance(answer, tuple | list) else ()
        shape = given_shape if given_shape and all(type(one) is int for one in given_shape) else None
        if shape is not None and shape != right[name]:
            way = _step_slip(name, step, shape, before, last, earlier, front)
            way = way or _other_units(name, shape[front:], steps)
            if way is not None:
                found[name] = way
        earlier[last], last = before, name
        before = shape if shape is not None else right[name]
    return found


def _other_units(name: str, rest: Shape, steps: Mapping[str, Step]) -> Misconception | None:
    """Return the slip of giving a dense layer another one's units."""
    others = (one for one, step in steps.items() if one != name and step.kind == "dense" and rest == (step.outputs,))
    other = next(others, None) if steps[name].kind == "dense" else None
    return another_number(f"{name} with the units of {other}") if other else None


def _step_slip(
    name: str, step: Step, shape: Shape, before: Shape, last: str, earlier: Mapping[str, Shape], front: int
) -> Misconception | None:
    if shape == after(step, before, front):
        return _said(SL51, f"This follows from your answer for {last}, which is wrong itself. What is right there?")
    for layer, other in earlier.items():
        if shape == after(step, other, front):
            return another_number(f"{name} worked out from {layer} in place of {last}")
    lead, rest, old = shape[:front], shape[front:], before[front:]
    if lead != before[:front] or (len(rest) == 3) != (step.kind in ("conv", "pool")):
        return None
    if step.kind == "dense":
        return _said(SL52, f"{name} leaves the width as it is here. What sets it?") if rest == old else None
    if step.kind == "flatten" or len(old) != 3:
        return None
    return _map_slip(name, step, rest, old)


def _map_slip(name: str, step: Step, rest: Shape, old: Shape) -> Misconception | None:
    """Return the slip of a convolution or a pooling on maps ``(C, H, W)``."""
    wanted = after(step, old, 0)
    if wanted is None:
        return None
    if rest[1:] == wanted[1:]:
        return _channel_slip(name, step, rest[0], old[0])
    if rest[0] != wanted[0]:
        return None
    if rest[1:] == old[1:]:
        return _said(SL52, f"{name} leaves the sides as they are here. On how many places does its window stand?")
    for size in SIDES:
        if size != step.size and after(step._replace(size=size), old, 0) == rest:
            return another_number(f"{name} with windows of {size}×{size}")
    return None


def _channel_slip(name: str, step: Step, channels: int, before: int) -> Misconception | None:
    if step.kind == "pool":
        return _said(SL52, f"{name} changes the number of maps here. Over which axes does a pooling window slide?")
    if channels == before:
        return _said(SL52, f"{name} leaves the number of maps as it is here. What sets how many a convolution makes?")
    if channels == before * step.outputs:
        return _said(SL52, f"{name} multiplies the maps here. How many does one kernel make, of all that it looks at?")
    return None


# --- where they are put in


def told_by_layer(found: Mapping[str, Finding], way_of: Callable[[str], Misconception | None]) -> dict[str, Finding]:
    """Return findings on parts; one that is wrong and has no way, or a vague slip only, gets the slip of its layer.

    Parameters
    ----------
    way_of
        From the name of a part to the slip that gives what was answered there, or None.
    """
    told = dict(found)
    for part, one in found.items():
        if one.standing is Standing.WRONG and all(way in VAGUE for way in one.because):
            way = way_of(part)
            told[part] = replace(one, because=(way,), advice="") if way else one
    return told


def maps_of_other_sides(channels: int, side: int, most: int) -> dict[str, Sequence[int]]:
    """Return, by words, how many features maps of other sides would have."""
    return {f"maps of {other}×{other}": (channels * other * other,) for other in range(1, most + 1) if other != side}
