"""Exercise 2.3: values and slope of the sigmoid by hand, tanh from it, a product of slopes.

What the prompt says, and what tries it:

- σ at three points, a largest slope, tanh, a bound → a part each
- two decimals; the bound to two digits → `same_number`
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any, NamedTuple

import torch

from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.activations.functions import torch_slope
from course_utils.labs.activations.headings import CURVES, SLOPES

AH1 = Misconception(
    "AH1",
    "sign of the exponent exchanged, by hand",
    "These are the values at -z. Is the sigmoid of a positive number above or below a half?",
    CURVES,
)
AH2 = Misconception(
    "AH2",
    "the 1 of the denominator missing, by hand",
    "A sigmoid stays between 0 and 1. What stands beside the exponential in the denominator?",
    CURVES,
)
AH3 = Misconception(
    "AH3",
    "the logarithm overlooked",
    "This is the sigmoid of the number inside the logarithm. What is e to the power of a logarithm?",
    CURVES,
)
AH4 = Misconception(
    "AH4",
    "value at 0 instead of the slope at 0",
    "This is how high the sigmoid is at 0. How steep is it there?",
    CURVES,
)
AH5 = Misconception(
    "AH5",
    "largest slope of tanh instead of the sigmoid's",
    "This is the largest slope of tanh. The sigmoid is half as high and twice as wide: how steep is it?",
    CURVES,
)
AH6 = Misconception(
    "AH6",
    "tanh from the sigmoid: not shifted",
    "This lies between 0 and 2. Between which two values does tanh lie?",
    CURVES,
)
AH7 = Misconception(
    "AH7",
    "tanh taken for the sigmoid of 2z",
    "This is the sigmoid itself. Tanh runs over a wider range: how is the one stretched into the other?",
    CURVES,
)
AH8 = Misconception(
    "AH8",
    "tanh from the sigmoid: sign exchanged",
    "This has the wrong sign. Is z positive or negative when the sigmoid is above a half?",
    CURVES,
)
AH9 = Misconception(
    "AH9",
    "slopes of a chain added",
    "This adds the slopes of the layers. What does the chain rule do with slopes in a row?",
    SLOPES,
)
AH10 = Misconception(
    "AH10",
    "values multiplied instead of slopes",
    "This multiplies the values at 0. Which numbers does the gradient meet on its way back?",
    SLOPES,
)
AH11 = Misconception(
    "AH11",
    "one layer too many or too few",
    "This is the bound for one layer more, or one less. How many sigmoids does the gradient pass?",
    SLOPES,
)

AH12 = Misconception(
    "AH12",
    "e to the power of 0, or of a negative number, taken as 0 or as negative",
    "No power of e is 0 or negative. What is e to the power of 0, and of minus a logarithm?",
    CURVES,
)
AH13 = Misconception(
    "AH13",
    "minus of the argument put before the whole sigmoid",
    "A sigmoid is never negative. What does a minus in front of z do to it?",
    CURVES,
)
AH14 = Misconception(
    "AH14",
    "tanh from the sigmoid: 1 - σ",
    "This is 1 - σ, the sigmoid on the other side. How is the range from 0 to 1 stretched to that of tanh?",
    CURVES,
)
AH15 = Misconception(
    "AH15",
    "divided by the number of layers",
    "This divides by the layers. What happens to a number that is multiplied by a quarter again and again?",
    SLOPES,
)
AH16 = Misconception(
    "AH16",
    "bound rounded to zero, or one layer alone",
    "The bound is tiny, and not 0; and it is not that of a single layer. How many factors does the product have?",
    SLOPES,
)

PARTS = ("a", "b", "c", "largest slope", "tanh", "bound")
GROUPS = (("a", "b", "c"), ("largest slope",), ("tanh",), ("bound",))  # each diagnosed by itself
APART = 0.02  # values this close are one answer: learners round to two decimals

Way = Mapping[str, Any]  # by part: a number, or several in a list


class ByHand(NamedTuple):
    """Numbers for paper: σ(0), σ(ln p), σ(-ln q); σ(2z) = doubled; a chain of `layers` sigmoids."""

    p: int
    q: int
    doubled: float
    layers: int


LECTURE_NUMBERS = ByHand(3, 4, 0.9, 10)


# --- right and wrong numbers


def right_numbers(question: ByHand) -> dict[str, Fraction]:
    """Return the right answers as fractions, from e to the power of a logarithm by plain arithmetic."""
    quarter = Fraction(1, 4)
    product = Fraction(1)
    for _layer in range(question.layers):
        product *= quarter
    return {
        "a": Fraction(1, 2),
        "b": Fraction(question.p, question.p + 1),
        "c": Fraction(1, question.q + 1),
        "largest slope": quarter,
        "tanh": 2 * Fraction(round(100 * question.doubled), 100) - 1,
        "bound": product,
    }


def torch_numbers(question: ByHand) -> dict[str, float]:
    """Ask PyTorch for the right numbers."""
    z = torch.tensor([0.0, math.log(question.p), -math.log(question.q)], dtype=torch.float64)
    a, b, c = torch.sigmoid(z).tolist()
    largest = torch_slope("sigmoid", torch.linspace(-5, 5, 1001, dtype=torch.float64)).max().item()
    half_z = torch.logit(torch.tensor(question.doubled, dtype=torch.float64)) / 2
    bound = torch.full((question.layers,), largest, dtype=torch.float64).prod().item()
    return {"a": a, "b": b, "c": c, "largest slope": largest, "tanh": torch.tanh(half_z).item(), "bound": bound}


def by_hand_ways(question: ByHand) -> dict[Misconception, Way]:
    """Return, for each wrong way by hand, what it gives for each part that it can touch."""
    p, q, doubled, layers = question
    return {
        AH1: {"b": 1 / (p + 1), "c": q / (q + 1)},
        AH2: {"a": 1, "b": p, "c": 1 / q},
        AH3: {"b": 1 / (1 + math.exp(-p)), "c": 1 / (1 + math.exp(q))},
        AH4: {"largest slope": 0.5},
        AH5: {"largest slope": 1, "bound": 1},
        AH6: {"tanh": 2 * doubled},
        AH7: {"tanh": doubled},
        AH8: {"tanh": 1 - 2 * doubled},
        AH9: {"bound": 0.25 * layers},
        AH10: {"bound": 0.5**layers},
        AH11: {"bound": [0.25 ** (layers - 1), 0.25 ** (layers + 1)]},
    }


def further_by_hand_ways(question: ByHand) -> dict[Misconception, Way]:
    """Return, for further wrong ways, what they give; questions are drawn without a look at them."""
    q, doubled, layers = question.q, question.doubled, question.layers
    return {
        AH12: {"a": [1, 0], "c": 1 / (1 - q)},
        AH13: {"c": [-q / (q + 1), -1 / (q + 1)]},
        AH14: {"tanh": 1 - doubled},
        AH15: {"bound": [1 / (4 * layers), 1 / layers]},
        AH16: {"bound": [0, 0.25]},
    }


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- drawing


def _sample_by_hand(dice: Dice) -> ByHand:
    return ByHand(
        dice.between(2, 9), dice.between(2, 9), dice.between(52, 96) / 100, dice.choose([*range(4, 10), *range(11, 15)])
    )


def tells_apart(question: ByHand) -> bool:
    """Tell whether every known wrong way gives, for each part, a number of its own that is not the right one."""
    right = right_numbers(question)
    for part in right:
        values = [ways[part] for ways in by_hand_ways(question).values() if part in ways]
        flat = [float(right[part]), *(one for value in values for one in _several(value))]
        if any(not _apart(one, other) for i, one in enumerate(flat) for other in flat[:i]):
            return False
    return question.p != question.q


def _apart(one: float, other: float) -> bool:
    return abs(one - other) > min(APART, 0.1 * max(one, other, key=abs) if one * other > 0 else APART)


# --- practice


class Point(NamedTuple):
    """A point z = ln(p / q)."""

    p: int
    q: int


class Doubled(NamedTuple):
    """The value of σ(2z), in hundredths."""

    hundredths: int


class Chain(NamedTuple):
    """A number of sigmoids in a row."""

    layers: int


def practice_point(dice: Dice) -> Point:
    """Draw a point ln(p / q) other than 0, in lowest terms."""
    return draw(dice, lambda d: Point(d.between(1, 12), d.between(1, 12)), lambda z: z.p != z.q and gcd(*z) == 1)


def practice_doubled(dice: Dice) -> Doubled:
    """Draw a value of σ(2z) that is not near 0, 1/2 or 1."""
    return draw(dice, lambda d: Doubled(d.between(4, 96)), lambda s: abs(s.hundredths - 50) > 4)


def practice_chain(dice: Dice) -> Chain:
    """Draw a number of layers."""
    return Chain(dice.between(3, 30))


def _over(p: int, q: int) -> str:
    """Write a fraction, or the whole number that it is."""
    return f"{p}/{q}" if q != 1 else f"{p}"


def _point_text(z: Point) -> str:
    return f"z = ln({_over(*z)}). What is σ(z)? (two decimals will do)"


def _point_right(z: Point) -> float:
    return torch.sigmoid(torch.tensor(z.p / z.q, dtype=torch.float64).log()).item()


def _point_ways(z: Point) -> dict[Misconception, float]:
    return {
        AH1: z.q / (z.p + z.q),
        AH2: z.p / z.q,
        AH3: torch.sigmoid(torch.tensor(z.p / z.q, dtype=torch.float64)).item(),
    }


def _doubled_text(s: Doubled) -> str:
    return f"σ(2z) = {s.hundredths / 100:g}. What is tanh(z)?"


def _doubled_right(s: Doubled) -> float:
    half = torch.logit(torch.tensor(s.hundredths / 100, dtype=torch.float64)) / 2
    return torch.tanh(half).item()


def _doubled_ways(s: Doubled) -> dict[Misconception, float]:
    ways = by_hand_ways(LECTURE_NUMBERS._replace(doubled=s.hundredths / 100))
    return {way: ways[way]["tanh"] for way in (AH6, AH7, AH8)}


def _chain_text(chain: Chain) -> str:
    return (
        f"A gradient passes {chain.layers} sigmoids in a row. By which number, at most, do their slopes multiply it?\n"
        "(two digits will do, such as 1.2e-5)"
    )


def _chain_right(chain: Chain) -> float:
    return torch.full((chain.layers,), 0.25, dtype=torch.float64).prod().item()


def _chain_ways(chain: Chain) -> dict[Misconception, Any]:
    ways = by_hand_ways(LECTURE_NUMBERS._replace(layers=chain.layers))
    return {way: ways[way]["bound"] for way in (AH5, AH9, AH10, AH11)}


def _point_steps(z: Point) -> list[str]:
    return [
        f"e to the power of ln({_over(*z)}) is {_over(*z)}, so e^-z is {_over(z.q, z.p)}.",
        f"σ(z) = 1 / (1 + e^-z) = 1 / (1 + {_over(z.q, z.p)}).",
        f"Above and below times {z.p}: {z.p} / ({z.p} + {z.q}) = {_point_right(z):.2f}.",
    ]


def _doubled_steps(s: Doubled) -> list[str]:
    value = s.hundredths / 100
    return [
        "tanh is the sigmoid in another size: tanh(z) = 2 σ(2z) - 1.",
        f"Twice {value:g} is {2 * value:g}: that runs from 0 to 2.",
        f"Minus 1 it runs from -1 to 1: tanh(z) = {_doubled_right(s):.2f}.",
    ]


def _chain_steps(chain: Chain) -> list[str]:
    return [
        "The slope of one sigmoid is a (1 - a), at most 1/4, where a is 1/2.",
        f"Slopes in a row multiply: {chain.layers} factors of at most 1/4.",
        f"(1/4)^{chain.layers} = {_chain_right(chain):.1e}.",
    ]


POINT = Topic("sigmoid-by-hand", practice_point, _point_text, _point_right, _point_ways, _point_steps)
DOUBLED = Topic("tanh-from-sigmoid", practice_doubled, _doubled_text, _doubled_right, _doubled_ways, _doubled_steps)
CHAIN = Topic("slope-bound", practice_chain, _chain_text, _chain_right, _chain_ways, _chain_steps)


# --- the exercise


class SigmoidByHand(Exercise):
    """Three values of the sigmoid, its largest slope, tanh from σ, and the bound for a chain of sigmoids."""

    id = "sigmoid-by-hand"
    hints = (
        "What is e to the power of ln 3? And e to the power of -ln 3?",
        "The slope is σ(1 - σ). For which σ is this product largest, if σ lies between 0 and 1?",
        "tanh runs from -1 to 1, the sigmoid from 0 to 1. What stretches the one range into the other?",
        "The chain rule: do slopes in a row add or multiply? How many factors are there?",
    )
    worked = """
    Other numbers: z = ln 5, z = −ln 9, a z with σ(2z) = 0.7, and three units in a row whose slopes are at most 0.1.

    1. $e^{-\\ln 5}$ = 1/5, so σ(ln 5) = 1 / (1 + 1/5) = 5/6, about 0.83.
    2. $e^{\\ln 9}$ = 9, so σ(−ln 9) = 1 / (1 + 9) = 0.1.
    3. tanh(z) = 2 σ(2z) − 1 = 2 · 0.7 − 1 = 0.4. It lies between −1 and 1, and is positive as z is.
    4. A largest slope: write the slope with the value a. For tanh it is 1 − a², largest where a = 0. Do the same
       with a (1 − a).
    5. Slopes in a row multiply: at most 0.1 · 0.1 · 0.1 = 0.001, one factor for each unit.
    """
    misconceptions = (
        *(AH1, AH2, AH3, AH4, AH5, AH6, AH7, AH8, AH9, AH10, AH11),
        *(AH12, AH13, AH14, AH15, AH16),
    )
    topics = (POINT, DOUBLED, CHAIN)

    def draw(self) -> ByHand:
        """Return the numbers; no known wrong way gives a right one."""
        return draw(self.dice(), _sample_by_hand, tells_apart) if self.student else LECTURE_NUMBERS

    def text(self) -> str:
        """Return the points, the value of σ(2z) and the number of layers."""
        p, q, doubled, layers = self.question
        return (
            f"a) `z = 0`, b) `z = ln {p}`, c) `z = -ln {q}`\n\n"
            f"`σ(2z) = {doubled}`; number of sigmoids in a row: `{layers}`"
        )

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"a": …, "b": …, "c": …, "largest slope": …, "tanh": …, "bound": …}``.

        Rounded to two decimals will do; the bound to two digits.
        """
        given, right = as_dict(answers, PARTS, "numbers"), torch_numbers(self.question)
        known = by_hand_ways(self.question) | further_by_hand_ways(self.question)
        ways = {way: {**dict.fromkeys(PARTS), **gives} for way, gives in known.items()}
        found: dict[str, Finding] = {}
        for group in GROUPS:
            found |= judge_numbers(given, {part: right[part] for part in group}, ways, what="numbers")
        return found
