"""Bonus: over which axes a gradient is summed where an array was broadcast.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
axes that came in front, axes that were stretched      a part for each, one for both, one for a single number
an axis of length 1 that stayed 1 is not summed        a part
axes as a tuple                                        also a list, a set, an array; (0,) also as 0; from the end
=====================================================  ==========================================================
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from course_utils.judging.answers import as_dict, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import MISSING, RIGHT, Finding, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.chain_rule.gradient_shapes import is_missing_shape, read_shape
from course_utils.labs.chain_rule.headings import BROADCAST

BX1 = Misconception(
    "BX1",
    "only the axes in front",
    "Axes in front are named, stretched ones are not. An axis of length 1 that is longer now: how often was each of "
    "its numbers used?",
    BROADCAST,
)
BX2 = Misconception(
    "BX2",
    "only the stretched axes",
    "Stretched axes are named, those that came in front are not. How often was each number used along them?",
    BROADCAST,
)
BX3 = Misconception(
    "BX3",
    "the axes that stay in place of those that go",
    "These are the axes along which each number was used once. Are those the ones to sum over?",
    BROADCAST,
)
BX4 = Misconception(
    "BX4",
    "axes numbered in the operand",
    "A stretched axis has its number from the operand here. Which number has it in the gradient, behind the axes in "
    "front?",
    BROADCAST,
)
BX5 = Misconception(
    "BX5",
    "axes counted from 1",
    "These axes are counted from 1. Which number has the first axis of an array?",
    BROADCAST,
)
BX6 = Misconception(
    "BX6",
    "every axis of length 1",
    "An axis of length 1 that stayed 1 is named, too. Was any number used more than once along it?",
    BROADCAST,
)
BX7 = Misconception(
    "BX7",
    "shapes aligned from the left",
    "These axes come of shapes that are laid one on the other from the left. At which end does NumPy begin?",
    BROADCAST,
)
BX8 = Misconception(
    "BX8",
    "lengths in place of axes",
    "These are lengths. Which numbers does the argument `axis` of `sum` take?",
    BROADCAST,
)
BX9 = Misconception(
    "BX9",
    "the first axis, whatever the shapes are",
    "This is the first axis alone, as for the bias of a dense layer. Is it the one along which these numbers repeat?",
    BROADCAST,
)

PARTS = ("a", "b", "c", "d", "e")
Axes = tuple[int | float, ...]


class Pair(NamedTuple):
    """The shape of an operand, and that of the result, and so of the gradient, that it was broadcast to."""

    operand: tuple[int, ...]
    result: tuple[int, ...]


Pairs = tuple[Pair, ...]


def pairs_of(lengths: tuple[int, int, int], other: tuple[bool, ...] = (False,) * 5) -> Pairs:
    """Return the five kinds of pairs with three lengths that differ; of each kind there is another version."""
    p, q, r = lengths
    return (
        Pair((r,), (q, r) if other[0] else (p, q, r)),
        Pair((1, r) if other[1] else (q, 1), (q, r)),
        Pair((1, r) if other[2] else (q, 1), (p, q, r)),
        Pair((), (p, q, r) if other[3] else (p, q)),
        Pair((q, 1), (p, q, 1)) if other[4] else Pair((1, r), (p, 1, r)),
    )


LESSON_PAIRS = pairs_of((4, 6, 3))


def torch_axes(pair: Pair) -> Axes:
    """Ask PyTorch along which axes an expanded tensor shows the same number again and again."""
    expanded = torch.empty(pair.operand).expand(pair.result)
    return tuple(
        axis
        for axis, (step, size) in enumerate(zip(expanded.stride(), pair.result, strict=True))
        if not step and size > 1
    )


def wrong_axes(pair: Pair) -> dict[Misconception, list[Axes]]:
    """Return what each wrong way gives for a pair."""
    right, many = torch_axes(pair), len(pair.result)
    added = many - len(pair.operand)
    front = tuple(range(added))
    own = tuple(axis for axis, size in enumerate(pair.operand) if size == 1 and pair.result[added + axis] > 1)
    ones = tuple(added + axis for axis, size in enumerate(pair.operand) if size == 1)
    behind = tuple(range(len(pair.operand), many))
    left = tuple(axis for axis, size in enumerate(pair.operand) if size == 1 and pair.result[axis] > 1)
    found = {
        BX1: [front],
        BX2: [tuple(added + axis for axis in own)],
        BX3: [tuple(axis for axis in range(many) if axis not in right)],
        BX4: [(*front, *own), own],
        BX6: [(*front, *ones)],
        BX7: [(*left, *behind), behind],
        BX9: [(0,)],
        BX5: [tuple(axis + 1 for axis in right)],
        BX8: [tuple(pair.result[int(axis)] for axis in right), pair.operand, pair.result],
    }
    return {way: [axes for axes in map(in_order, some) if axes != right] for way, some in found.items()}


def in_order(axes: Axes) -> Axes:
    """Return each axis once, in order."""
    return tuple(sorted(set(axes)))


class SummedAxes(Exercise):
    """Tell for five pairs of shapes over which axes the gradient is summed."""

    id = "summed-axes"
    hints = (
        "Write the shape of the operand below that of the gradient, flush right, as NumPy lays them.",
        "Along which axes of the gradient does the same number of the operand stand again and again?",
        "An axis of length 1 in both: is anything repeated there?",
    )
    misconceptions = (BX1, BX2, BX3, BX4, BX5, BX6, BX7, BX8, BX9)
    worked = """
    An operand of shape (1, 7) in a gradient of shape (2, 5, 7).

    1. Flush right:

           gradient  2  5  7
           operand      1  7

    2. The last axis, 7 below 7: each number once. The middle one, 1 below 5: each number five times.
    3. The first axis, nothing below 2: all numbers twice.
    4. So the axes 0 and 1, of lengths 2 and 5: each number of the operand gets a sum of 10. What is left has the shape
       (7,) or, with `keepdims`, (1, 1, 7); the operand's (1, 7) holds as many numbers.
    """

    def draw(self) -> Pairs:
        """Return five pairs of shapes; their three lengths differ from each other and from all axes."""
        if not self.student:
            return LESSON_PAIRS
        dice = self.dice()
        p, q, r = dice.shuffled(range(3, 10))[:3]
        return pairs_of((p, q, r), tuple(dice.choose((False, True)) for _ in range(5)))

    def text(self) -> str:
        """Return the pairs, one a paragraph: Markdown would run lines together."""
        pairs = self.pairs().items()
        return "\n\n".join(f"{part}) operand `{pair.operand}`, gradient `{pair.result}`" for part, pair in pairs)

    def pairs(self) -> dict[str, Pair]:
        """Return the pairs by their letters."""
        return dict(zip(PARTS, self.question, strict=True))

    def is_missing(self, answer: Any) -> bool:
        """Tell whether there is no answer yet; the empty tuple is one."""
        return all(map(is_missing_shape, answer.values())) if type(answer) is dict else is_missing_shape(answer)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge the axes of each pair."""
        answers, pairs = as_dict(answers, PARTS, "axes"), self.pairs()
        given = {
            part: read_axes(answers[part], len(pairs[part].result))
            for part in PARTS
            if not is_missing_shape(answers[part])
        }
        amiss = {part: axes for part, axes in given.items() if axes != torch_axes(pairs[part])}
        because = explain_axes(amiss, {part: wrong_axes(pairs[part]) for part in amiss})
        found = dict.fromkeys(PARTS, MISSING) | dict.fromkeys(given, RIGHT)
        return found | {part: wrong(f"{part}: you gave {short(answers[part])}.", because.get(part)) for part in amiss}


def read_axes(answer: Any, many: int) -> Axes | None:
    """Return axes in order, those that are counted from the end as from the beginning; None if they are none."""
    shape = read_shape(sorted(answer) if type(answer) in (set, frozenset) else answer)
    if shape is None:
        return None
    return in_order(tuple(axis + many if -many <= axis < 0 else axis for axis in shape))


def explain_axes(
    amiss: Mapping[str, Axes | None], ways: Mapping[str, Mapping[Misconception, list[Axes]]]
) -> dict[str, Misconception]:
    """Return the wrong way behind each wrong answer that one gives; ways that give many of them come first."""
    found: dict[str, Misconception] = {}
    left = list(amiss)
    every = list(dict.fromkeys(way for some in ways.values() for way in some))
    while left:
        gives = {way: [part for part in left if amiss[part] in ways[part].get(way, [])] for way in every}
        way = max(every, key=lambda one: len(gives[one]))
        if not gives[way]:
            break
        found |= dict.fromkeys(gives[way], way)
        left = [part for part in left if part not in gives[way]]
    return found
