"""Exercise 5.13: how many numbers about a kernel a pair of pictures tells."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Findings
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice
from course_utils.labs.conv_and_pooling.headings import LEARN

LN12 = Misconception(
    "LN12",
    "all weights known from any picture",
    "This is how many weights there are. Can two different kernels give the same output on this picture?",
    LEARN,
)
LN13 = Misconception(
    "LN13",
    "equations counted, also those that repeat",
    "This is how many outputs there are. Does each of them say something that the others do not say?",
    LEARN,
)
LN14 = Misconception(
    "LN14",
    "nothing known from an even picture",
    "The output of an even grey is not nothing. Which number of the kernel does it show?",
    LEARN,
)
LN15 = Misconception(
    "LN15",
    "one number for each row of equal pictures' windows",
    "In every window of this picture the rows are alike. Which weights meet the same pixel, and how many such groups "
    "are there?",
    LEARN,
)

PARTS = ("grey", "rows alike", "noise", "few windows")


class Pair(NamedTuple):
    """Side F of the kernel, sides of the large pictures, and of the small one."""

    kernel_size: int
    height: int
    width: int
    small: int


class Ask(NamedTuple):
    """One picture of a pair, by its name, for practice."""

    kind: str
    kernel_size: int
    height: int
    width: int


def picture(kind: str, height: int, width: int) -> np.ndarray:
    """Return a picture of a kind: even grey, all rows alike, or noise."""
    noise = np.random.default_rng(5).normal(size=(height, width))
    return {"grey": np.full((height, width), 0.5), "rows alike": np.tile(noise[:1], (height, 1))}.get(kind, noise)


def known_numbers(ask: Ask) -> int:
    """Ask NumPy for the rank of all windows: how many independent equations they are."""
    shape = (ask.kernel_size, ask.kernel_size)
    windows = np.lib.stride_tricks.sliding_window_view(picture(ask.kind, ask.height, ask.width), shape)
    return int(np.linalg.matrix_rank(windows.reshape(-1, ask.kernel_size**2)))


def asks(pair: Pair) -> dict[str, Ask]:
    """Return the four pictures of a question."""
    large = {kind: Ask(kind, pair.kernel_size, pair.height, pair.width) for kind in PARTS[:3]}
    return large | {"few windows": Ask("few windows", pair.kernel_size, pair.small, pair.small)}


def wrong_numbers(ask: Ask) -> dict[Misconception, int | list[int]]:
    """Return what each wrong way gives for one picture."""
    size, outputs = ask.kernel_size, (ask.height - ask.kernel_size + 1) * (ask.width - ask.kernel_size + 1)
    found: dict[Misconception, int | list[int]] = {LN12: size**2, LN13: outputs}
    if ask.kind == "grey":
        found[LN14] = 0
    if ask.kind == "rows alike":
        found[LN15] = [1, size * size - size, ask.width, ask.width - size + 1]
    right = known_numbers(ask)
    return {
        way: ([one for one in value if one != right] if isinstance(value, list) else value)
        for way, value in found.items()
        if value != right
    }


def draw_pair(dice: Dice) -> Pair:
    """Draw a kernel and pictures: the large ones tell it whole, the small one has fewer windows than weights."""
    size = dice.between(3, 5)
    return Pair(size, size + dice.between(6, 12), size + dice.between(6, 12), size + dice.between(1, size - 2))


def draw_ask(dice: Dice) -> Ask:
    """Draw one picture for practice."""
    return dice.choose(list(asks(draw_pair(dice)).values()))


WORDS = {
    "grey": "an even grey",
    "rows alike": "noise in its first row, which all other rows repeat",
    "noise": "noise",
    "few windows": "noise",
}


def _steps(ask: Ask) -> list[str]:
    size, outputs = ask.kernel_size, (ask.height - ask.kernel_size + 1) * (ask.width - ask.kernel_size + 1)
    lines = [f"The kernel has {size}·{size} = {size**2} weights; there are {outputs} windows, an equation each."]
    if ask.kind == "grey":
        return [*lines, "All windows are alike, so that all equations are the same one: 1."]
    if ask.kind == "rows alike":
        return [*lines, f"A column's {size} weights always meet the same pixel: only their sum shows. {size} sums."]
    return [*lines, f"No window is made of others: the smaller of {outputs} and {size**2}."]


TOPIC = Topic(
    "known-numbers",
    draw_ask,
    lambda ask: (
        f"A kernel of {ask.kernel_size}×{ask.kernel_size}, a picture of {ask.height}×{ask.width} pixels: "
        f"{WORDS[ask.kind]}. How many numbers about the kernel does the output tell?"
    ),
    known_numbers,
    wrong_numbers,
    _steps,
)


class WhatCanBeKnown(Exercise):
    """How many independent numbers about a kernel does the output of each of four pictures tell?"""

    id = "what-can-be-known"
    hints = (
        "Each window gives one equation for the weights. When do two windows give the same one?",
        "If two weights always meet the same pixel, what can be told of them: each, or only what they have together?",
        "Can there be more independent equations than weights? Than windows?",
    )
    worked = """
    A kernel of 2×2 with weights a, b (above) and c, d (below), on pictures of 4×4: 9 windows.

    1. Even grey 0.5: every window says 0.5 · (a + b + c + d). One number is told, the sum.
    2. All *columns* alike: a and b always meet the same pixel, c and d as well. Two numbers: a + b and c + d.
    3. Noise: nine equations, of which four cannot be made from one another. Four numbers: all weights.
    4. A picture of 2×3: two windows, two equations, so two numbers at most, whatever the pixels are.
    """
    misconceptions = (LN12, LN13, LN14, LN15)
    topics = (TOPIC,)

    def draw(self) -> Pair:
        """Return the sides of kernel and pictures."""
        return draw_pair(self.dice()) if self.student else Pair(3, 12, 10, 4)

    def text(self) -> str:
        """Return the four pictures in words."""
        size, height, width, small = self.question
        return (
            f"A kernel of {size}×{size}. Pictures of {height}×{width} pixels: `grey` is even, `rows alike` is noise in "
            f"its first row, which all other rows repeat, `noise` is noise everywhere. `few windows` is noise of "
            f"{small}×{small} pixels."
        )

    def judge(self, answers: Any) -> Findings:
        """Judge ``{"grey": number, "rows alike": number, "noise": number, "few windows": number}``."""
        given: Mapping[str, Any] = as_dict(answers, PARTS, "known")
        asked = asks(self.question)
        right = {part: known_numbers(ask) for part, ask in asked.items()}
        each = {part: wrong_numbers(ask) for part, ask in asked.items()}
        ways = {way: {part: each[part].get(way) for part in PARTS} for way in self.misconceptions}
        return judge_numbers(given, right, ways, what="known")
