"""Exercise 3.1: a slope in series and one in parallel, by hand.

The questions find slopes from values of the functions alone: a difference formula over five places, which is exact for
polynomials up to degree 4. No rule of differentiation is used there. What is right is asked of PyTorch.

One number never proves by which way it came: all feedback says "one way to get this".

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
series: the slope of g(f(t)) by t at t0                the part "series"
parallel: the slope of g by x at x0, along all paths   the part "parallel"
they are whole numbers                                 3.0 counts as 3, 2.9 does not
=====================================================  ==========================================================
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import torch

from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.chain_rule.headings import PARALLEL, SERIES

GR6 = Misconception(
    "GR6",
    "outer derivative taken at the wrong place",
    "One way to get this: the outer slope taken at the first input. What does the outer function get as its input?",
    SERIES,
)
GR7 = Misconception(
    "GR7",
    "one path only",
    "One way to get this: the slope along one path. By how many paths does the input reach the output?",
    PARALLEL,
)
GR8 = Misconception(
    "GR8",
    "paths multiplied",
    "One way to get this: the paths multiplied. Which slopes are multiplied: those in a row or those side by side?",
    PARALLEL,
)
VC1 = Misconception(
    "VC1",
    "inner slope left out",
    "One way to get this: outer slopes alone. By how much does the inner value move when the input moves by 1?",
    SERIES,
)
VC2 = Misconception(
    "VC2",
    "slopes in series added",
    "One way to get this: both slopes added. If t moves f by 2 and f moves g by 3 each, how far does g go?",
    SERIES,
)
VC3 = Misconception(
    "VC3",
    "outer slope left out",
    "One way to get this: inner slopes alone. How does g answer when f moves by 1?",
    SERIES,
)
VC4 = Misconception(
    "VC4",
    "sums multiplied instead of products summed",
    "One way to get this: two sums multiplied. Which inner slope belongs to which outer slope?",
    PARALLEL,
)
VC5 = Misconception(
    "VC5", "one path left out", "One way to get this: two of the paths added. Which one is missing?", PARALLEL
)
VC6 = Misconception(
    "VC6",
    "value of a function taken for its slope",
    "One way to get this: a value of f or g in place of a slope. How far does it move when its input moves by 1?",
    SERIES,
)
VC7 = Misconception(
    "VC7",
    "slope of a square without its factor",
    "One way to get this: a square's slope without its factor of 2. How far does 10² move when 10 moves by 1?",
    SERIES,
)
VC8 = Misconception(
    "VC8",
    "outer slope taken at the inner slope",
    "One way to get this: the outer slope taken at the slope of f. What does g get: how large f is, or how steep?",
    SERIES,
)
VC9 = Misconception(
    "VC9",
    "slope of a product taken for the product of the slopes",
    "One way to get this: the slopes of f1 and f2 multiplied. If f1 moves by 1 and f2 stays, how far does f1·f2 move?",
    PARALLEL,
)
VC10 = Misconception(
    "VC10",
    "each factor of a product given itself as its slope",
    "One way to get this: f1 as the slope of f1·f2 by f1. If f1 moves by 1 and f2 stays, how far moves f1·f2?",
    PARALLEL,
)
VC11 = Misconception(
    "VC11",
    "slope of one term left out",
    "One way to get this: a term without its slope. How far does 3·t + t² move when t moves, by how many parts?",
    SERIES,
)
VC12 = Misconception(
    "VC12",
    "constant kept in a slope",
    "One way to get this: a number that is only added kept in the slope. How does x + 3 move when x moves by 1?",
    PARALLEL,
)

VC13 = Misconception(
    "VC13",
    "inner slope taken at the inner value",
    "One way to get this: the slope of f taken where g's belongs. What does f get as its input?",
    SERIES,
)
VC14 = Misconception(
    "VC14",
    "one path with one of its slopes only",
    "One way to get this: along one path one of two slopes is missing. Which two stand in a row on each path?",
    PARALLEL,
)
Ways = dict[Misconception, list[int]]


class Series(NamedTuple):
    """Slopes in series: f(t) = a·t² + b·t and g(f) = f² + c·f, at t = t0."""

    a: int
    b: int
    c: int
    t0: int

    def inner(self, t: Any) -> Any:
        """Return f(t)."""
        return self.a * t * t + self.b * t

    def outer(self, f: Any) -> Any:
        """Return g(f)."""
        return f * f + self.c * f

    def __str__(self) -> str:
        inner = f"f(t) = {_term(self.a, 't²')} + {_term(self.b, 't')}"
        return f"{inner},  g(f) = f² + {_term(self.c, 'f')},  t0 = {self.t0}"


class Parallel(NamedTuple):
    """Slopes in parallel: f1 = a·x, f2 = x², f3 = x + b and g = f1·f2 + c·f3², at x = x0."""

    a: int
    b: int
    c: int
    x0: int

    def paths(self) -> tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]:
        """Return the functions f1, f2, f3."""
        return (lambda x: self.a * x, lambda x: x * x, lambda x: x + self.b)

    def outer(self, f1: Any, f2: Any, f3: Any) -> Any:
        """Return g(f1, f2, f3)."""
        return f1 * f2 + self.c * f3 * f3

    def __str__(self) -> str:
        paths = f"f1(x) = {_term(self.a, 'x')},  f2(x) = x²,  f3(x) = x + {self.b}"
        return f"{paths},  g = f1·f2 + {_term(self.c, 'f3²')},  x0 = {self.x0}"


class Slopes(NamedTuple):
    """The two questions of one student."""

    series: Series
    parallel: Parallel


LESSON_SLOPES = Slopes(Series(1, 3, 2, 1), Parallel(3, 3, 1, 2))


def _term(factor: int, letter: str) -> str:
    return letter if factor == 1 else f"{factor}·{letter}"


# --- what is right


def torch_series(question: Series) -> int:
    """Ask PyTorch for the slope of g(f(t)) at t0."""
    return _torch_slope(lambda t: question.outer(question.inner(t)), question.t0)


def torch_parallel(question: Parallel) -> int:
    """Ask PyTorch for the slope of g(f1(x), f2(x), f3(x)) at x0."""
    return _torch_slope(lambda x: question.outer(*(f(x) for f in question.paths())), question.x0)


def _torch_slope(function: Callable[[torch.Tensor], torch.Tensor], place: int) -> int:
    x = torch.tensor(float(place), dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():  # a notebook may have switched it off
        (found,) = torch.autograd.grad(function(x), x)
    return round(found.item())


# --- slopes from values, and the wrong ones


def slope(function: Callable[[int], int], place: int) -> int:
    """Return the slope of a polynomial of degree 4 or less with whole coefficients, exactly."""
    near, far = function(place + 1) - function(place - 1), function(place + 2) - function(place - 2)
    return int(Fraction(8 * near - far, 12))


def series_slopes(question: Series) -> tuple[int, int]:
    """Return the inner slope at t0 and the outer slope at f(t0)."""
    return slope(question.inner, question.t0), slope(question.outer, question.inner(question.t0))


def parallel_slopes(question: Parallel, at: tuple[int, int, int] | None = None) -> list[tuple[int, int]]:
    """Return for each path its outer slope and its inner slope.

    Parameters
    ----------
    at
        Where the outer slopes are taken; at the three values f(x0) if left out.
    """
    values = at or tuple(f(question.x0) for f in question.paths())
    slopes = []
    for place, path in enumerate(question.paths()):
        outer = slope(lambda f, place=place: question.outer(*values[:place], f, *values[place + 1 :]), values[place])
        slopes.append((outer, slope(path, question.x0)))
    return slopes


def series_slope(question: Series) -> int:
    """Return the slope of g(f(t)) at t0."""
    return slope(lambda t: question.outer(question.inner(t)), question.t0)


def parallel_slope(question: Parallel) -> int:
    """Return the slope of g(f1(x), f2(x), f3(x)) at x0."""
    return slope(lambda x: question.outer(*(f(x) for f in question.paths())), question.x0)


def series_ways(question: Series) -> Ways:
    """Return what each known wrong way gives for the slope in series."""
    inner, outer = series_slopes(question)
    return {GR6: [slope(question.outer, question.t0) * inner], VC1: [outer], VC2: [outer + inner], VC3: [inner]}


def parallel_ways(question: Parallel) -> Ways:
    """Return what each known wrong way gives for the slope in parallel; some in several versions."""
    slopes, wrong_place = parallel_slopes(question), parallel_slopes(question, (question.x0,) * 3)
    along = [outer * inner for outer, inner in slopes]
    return {
        GR8: [along[0] * along[1] * along[2]],
        GR6: [sum(outer * inner for outer, inner in wrong_place)],
        VC1: [sum(outer for outer, _ in slopes)],
        VC2: [sum(outer + inner for outer, inner in slopes)],
        VC3: [sum(inner for _, inner in slopes)],
        VC4: [sum(outer for outer, _ in slopes) * sum(inner for _, inner in slopes)],
        GR7: along,
        VC5: [sum(along) - one for one in along],
    }


def further_series_ways(question: Series) -> Ways:
    """Return what more wrong ways give, on which no question was drawn: they may coincide with others."""
    (inner, outer), f0 = series_slopes(question), question.inner(question.t0)
    flat_inner = slope(lambda t: question.a * t * t + 2 * question.b * t, question.t0) // 2
    flat_outer = slope(lambda f: f * f + 2 * question.c * f, f0) // 2
    value = question.outer(f0)
    return {
        VC6: [value, f0 * outer, inner * value],
        VC7: [inner * flat_outer, flat_inner * outer, flat_inner * flat_outer],
        VC8: [inner * slope(question.outer, inner)],
        VC11: [
            (inner - question.b) * outer,
            inner * (outer - question.c),
            (inner - question.b) * (outer - question.c),
            question.b * outer,
            inner * question.c,
        ],
    }


def further_parallel_ways(question: Parallel) -> Ways:
    """Return what more wrong ways give, on which no question was drawn: they may coincide with others."""
    (outer1, inner1), (outer2, inner2), (outer3, inner3) = parallel_slopes(question)
    f1, f2, f3 = (f(question.x0) for f in question.paths())
    product, square = outer1 * inner1 + outer2 * inner2, outer3 * inner3
    flat = outer1 * inner1 + outer2 * inner2 // 2
    return {
        VC6: [question.outer(f1, f2, f3)],
        VC7: [product + square // 2, flat + square, flat + square // 2],
        VC9: [inner1 * inner2 + square],
        VC10: [outer2 * inner1 + outer1 * inner2 + square],
        VC12: [product + outer3 * (inner3 + question.b), product + outer3 * question.b],
    }


def told_ways(ways: Ways, further: Ways, right: int) -> Ways:
    """Return all wrong ways with what each alone is told for: what an earlier one gives, too, belongs to that."""
    told, taken = dict[Misconception, list[int]](), {right}
    for way, slopes in (*ways.items(), *further.items()):
        told[way] = [one for one in dict.fromkeys(slopes) if one not in taken]
        taken |= set(slopes)
    return told


def told_series_ways(question: Series) -> Ways:
    """Return what is told of answers in series."""
    return told_ways(series_ways(question), further_series_ways(question), series_slope(question))


def told_parallel_ways(question: Parallel) -> Ways:
    """Return what is told of answers in parallel."""
    return told_ways(parallel_ways(question), further_parallel_ways(question), parallel_slope(question))


def series_steps(question: Series) -> list[str]:
    """Return the way to the slope in series."""
    inner, outer = series_slopes(question)
    f0 = question.inner(question.t0)
    return [
        f"f(t0) = {f0}: this is what g gets.",
        f"At t0 = {question.t0} the slope of f is {inner}.",
        f"At f = {f0} the slope of g is {outer}.",
        f"Slopes in a row are multiplied: {inner} · {outer} = {series_slope(question)}.",
    ]


def parallel_steps(question: Parallel) -> list[str]:
    """Return the way to the slope in parallel."""
    slopes = parallel_slopes(question)
    values = ", ".join(f"f{place} = {path(question.x0)}" for place, path in enumerate(question.paths(), 1))
    along = " + ".join(f"{outer} · {inner}" for outer, inner in slopes)
    return [
        f"At x0 = {question.x0}: {values}.",
        f"Slopes of f1, f2, f3 by x: {', '.join(str(inner) for _, inner in slopes)}.",
        f"Slopes of g by f1, f2, f3, at these values: {', '.join(str(outer) for outer, _ in slopes)}.",
        f"In a row they are multiplied, side by side added: {along} = {parallel_slope(question)}.",
    ]


# --- drawing


def practice_series(dice: Dice) -> Series:
    """Draw slopes in series on which all known wrong ways differ from the right one and from each other."""
    return draw(dice, sample_series, series_tells_apart)


def practice_parallel(dice: Dice) -> Parallel:
    """Draw slopes in parallel on which all known wrong ways differ from the right one and from each other."""
    return draw(dice, sample_parallel, parallel_tells_apart)


def sample_series(dice: Dice) -> Series:
    """Draw slopes in series with small whole numbers."""
    return Series(dice.between(1, 4), dice.between(1, 5), dice.between(1, 6), dice.between(1, 3))


def sample_parallel(dice: Dice) -> Parallel:
    """Draw slopes in parallel with small whole numbers."""
    return Parallel(dice.between(2, 6), dice.between(1, 6), dice.between(1, 5), dice.between(2, 4))


def series_tells_apart(question: Series) -> bool:
    """Tell whether no known wrong way gives the right slope, and no two give the same; slopes have three digits."""
    slopes = [series_slope(question), *_versions(series_ways(question))]
    return len(set(slopes)) == len(slopes) and max(slopes) < 1000


def parallel_tells_apart(question: Parallel) -> bool:
    """Tell whether no known wrong way gives the right slope, and no two give the same; it has three digits."""
    right = parallel_slope(question)
    slopes = [right, *_versions(parallel_ways(question))]
    return len(set(slopes)) == len(slopes) and right < 1000


def _versions(ways: Ways) -> list[int]:
    return [one for versions in ways.values() for one in versions]


IN_SERIES = Topic(
    "slopes-in-series",
    practice_series,
    lambda question: f"{question}\nWhat is the slope of g(f(t)) at t0?",
    torch_series,
    told_series_ways,
    series_steps,
)
IN_PARALLEL = Topic(
    "slopes-in-parallel",
    practice_parallel,
    lambda question: f"{question}\nWhat is the slope of g by x at x0?",
    torch_parallel,
    told_parallel_ways,
    parallel_steps,
)


class ChainSlopes(Exercise):
    """Work out two slopes by hand: one in series, one in parallel."""

    id = "chain-slopes"
    hints = (
        "Which number goes into f, and which number goes into g? Write both down first.",
        "How much does f move when t moves a little, and how much does g move when f moves a little?",
        "For three paths: how much reaches g along each path alone? What do the three amounts do together?",
    )
    misconceptions = (GR6, GR7, GR8, VC1, VC2, VC3, VC4, VC5, VC6, VC7, VC8, VC9, VC10, VC11, VC12, VC13, VC14)
    topics = (IN_SERIES, IN_PARALLEL)
    worked = """
    **Slopes in a row.** f(t) = t² − 2t and g(f) = 5f² + 1, at t0 = 4.

    1. f(4) = 16 − 8 = 8. This is what g gets.
    2. The slope of f is 2t − 2; at t = 4 it is 6.
    3. The slope of g is 10f; at f = 8 (not at 4) it is 80.
    4. In a row they are multiplied: 6 · 80 = 480.

    **Slopes side by side.** f1 = 7x, f2 = x³ and g = f1·f2 − 4·f1, at x0 = 1.

    1. f1 = 7 and f2 = 1. Their slopes by x: 7 and 3x² = 3.
    2. Slope of g by f1 while f2 stays: f2 − 4 = −3. By f2 while f1 stays: f1 = 7.
    3. Along each path multiplied, the paths added: 7 · (−3) + 3 · 7 = 0. Here the two paths cancel.
    """

    def draw(self) -> Slopes:
        """Return a slope in series and one in parallel."""
        if not self.student:
            return LESSON_SLOPES
        dice = self.dice()
        return Slopes(practice_series(dice), practice_parallel(dice))

    def text(self) -> str:
        """Return both questions."""
        return "\n\n".join(f"{part}) `{one}`" for part, one in self.question._asdict().items())

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"series": number, "parallel": number}``."""
        right = {"series": torch_series(self.question.series), "parallel": torch_parallel(self.question.parallel)}
        series, parallel = told_series_ways(self.question.series), told_parallel_ways(self.question.parallel)
        ways = {
            way: {"series": series.get(way) or None, "parallel": parallel.get(way) or None}
            for way in dict.fromkeys([*parallel, *series])
        }
        return judge_numbers(
            as_dict(answers, right, "slopes"), right, ways, what="slopes", besides=further_ways(self.question)
        )


def further_ways(question: Slopes) -> dict[Misconception, dict[str, list[int]]]:
    """Return what seldom ways give; questions are not drawn so that they can be told apart."""
    (a, b, c, t0), parallel = question
    f = a * t0 * t0 + b * t0
    x = parallel.x0
    inner = (parallel.a, 2 * x, 1)
    outer = (x * x, parallel.a * x, 2 * parallel.c * (x + parallel.b))
    paths = [one * other for one, other in zip(inner, outer, strict=True)]
    alone = [sum(paths) - paths[i] + inner[i] for i in range(3)] + [sum(paths) - paths[i] + outer[i] for i in range(3)]
    return {
        VC13: {"series": [(2 * f + c) * (2 * a * f + b), (2 * t0 + c) * (2 * a * f + b)], "parallel": []},
        VC14: {"series": [], "parallel": alone},
    }
