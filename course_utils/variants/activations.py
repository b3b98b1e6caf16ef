"""The questions of lab 02: the lab's own numbers without a student id, a student's own with one."""

from fractions import Fraction
from math import gcd
from typing import NamedTuple

from course_utils.judging.variants import Dice, draw, student_id
from course_utils.misconceptions.activations import by_hand_ways

APART = 0.02  # values this close are one answer: learners round to two decimals


class ByHand(NamedTuple):
    """Numbers for paper: σ(0), σ(ln p), σ(-ln q); σ(2z) = doubled; a chain of `layers` sigmoids."""

    p: int
    q: int
    doubled: float
    layers: int


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


LECTURE_NUMBERS = ByHand(3, 4, 0.9, 10)


def by_hand(student: str = "") -> ByHand:
    """Return the numbers of the exercise by hand; no known wrong way gives a right one."""
    if not student_id(student):
        return LECTURE_NUMBERS
    return draw(Dice(student, "sigmoid-by-hand"), _sample_by_hand, tells_apart)


def _sample_by_hand(dice: Dice) -> ByHand:
    return ByHand(
        dice.between(2, 9), dice.between(2, 9), dice.between(52, 96) / 100, dice.choose([*range(4, 10), *range(11, 15)])
    )


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


def tells_apart(question: ByHand) -> bool:
    """Tell whether every known wrong way gives, for each part, a number of its own that is not the right one."""
    right = right_numbers(question)
    for part in right:
        values = [ways[part] for ways in by_hand_ways(*question).values() if part in ways]
        flat = [float(right[part]), *(v for value in values for v in (value if isinstance(value, list) else [value]))]
        if any(not _apart(one, other) for i, one in enumerate(flat) for other in flat[:i]):
            return False
    return question.p != question.q


def _apart(one: float, other: float) -> bool:
    return abs(one - other) > min(APART, 0.1 * max(one, other, key=abs) if one * other > 0 else APART)


def practice_point(dice: Dice) -> Point:
    """Draw a point ln(p / q) other than 0, in lowest terms."""
    return draw(dice, _sample_point, lambda z: z.p != z.q and gcd(*z) == 1)


def _sample_point(dice: Dice) -> Point:
    return Point(dice.between(1, 12), dice.between(1, 12))


def practice_doubled(dice: Dice) -> Doubled:
    """Draw a value of σ(2z) that is not near 0, 1/2 or 1."""
    return draw(dice, lambda d: Doubled(d.between(4, 96)), lambda s: abs(s.hundredths - 50) > 4)


def practice_chain(dice: Dice) -> Chain:
    """Draw a number of layers."""
    return Chain(dice.between(3, 30))
