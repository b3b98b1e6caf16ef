"""The questions of lab 03: the lesson's own numbers without a student id, a student's own with one.

Slopes are found from values of the functions alone: a difference formula over five places, which is exact for
polynomials up to degree 4. No rule of differentiation is used here.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from course_utils.judging.variants import Dice, draw, student_id

Shape = tuple[int, ...]


class Series(NamedTuple):
    """Slopes in series: f(t) = a·t² + b·t and g(f) = f² + c·f, at t = t0."""

    a: int
    b: int
    c: int
    t0: int

    def inner(self, t: int) -> int:
        """Return f(t)."""
        return self.a * t * t + self.b * t

    def outer(self, f: int) -> int:
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

    def paths(self) -> tuple[Callable, Callable, Callable]:
        """Return the functions f1, f2, f3."""
        return (lambda x: self.a * x, lambda x: x * x, lambda x: x + self.b)

    def outer(self, f1: int, f2: int, f3: int) -> int:
        """Return g(f1, f2, f3)."""
        return f1 * f2 + self.c * f3 * f3

    def __str__(self) -> str:
        paths = f"f1(x) = {_term(self.a, 'x')},  f2(x) = x²,  f3(x) = x + {self.b}"
        return f"{paths},  g = f1·f2 + {_term(self.c, 'f3²')},  x0 = {self.x0}"


def _term(factor: int, letter: str) -> str:
    return letter if factor == 1 else f"{factor}·{letter}"


def slope(function: Callable, place: int) -> int:
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


def series_ways(question: Series) -> dict[str, int]:
    """Return what each known wrong way gives for the slope in series."""
    inner, outer = series_slopes(question)
    return {
        "GR6": slope(question.outer, question.t0) * inner,
        "VC1": outer,
        "VC2": outer + inner,
        "VC3": inner,
    }


def parallel_ways(question: Parallel) -> dict[str, int]:
    """Return what each known wrong way gives for the slope in parallel; a code may come with a number of its own."""
    slopes, wrong_place = parallel_slopes(question), parallel_slopes(question, (question.x0,) * 3)
    along = [outer * inner for outer, inner in slopes]
    return {
        "GR8": along[0] * along[1] * along[2],
        "GR6": sum(outer * inner for outer, inner in wrong_place),
        "VC1": sum(outer for outer, _ in slopes),
        "VC2": sum(outer + inner for outer, inner in slopes),
        "VC3": sum(inner for _, inner in slopes),
        "VC4": sum(outer for outer, _ in slopes) * sum(inner for _, inner in slopes),
        **{f"GR7:{place + 1}": one for place, one in enumerate(along)},
        **{f"VC5:{place + 1}": sum(along) - one for place, one in enumerate(along)},
    }


# --- slopes, by hand

LESSON_SERIES, LESSON_PARALLEL = Series(1, 3, 2, 1), Parallel(3, 3, 1, 2)


class Slopes(NamedTuple):
    """The two questions of one student."""

    series: Series
    parallel: Parallel


def slopes(student: str = "") -> Slopes:
    """Return a slope in series and one in parallel to be worked out by hand."""
    if not student_id(student):
        return Slopes(LESSON_SERIES, LESSON_PARALLEL)
    dice = Dice(student, "chain-slopes")
    return Slopes(practice_series(dice), practice_parallel(dice))


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
    slopes = [series_slope(question), *series_ways(question).values()]
    return _all_differ(slopes) and max(slopes) < 1000


def parallel_tells_apart(question: Parallel) -> bool:
    """Tell whether no known wrong way gives the right slope, and no two give the same; it has three digits."""
    right = parallel_slope(question)
    return _all_differ([right, *parallel_ways(question).values()]) and right < 1000


def _all_differ(numbers: list) -> bool:
    return len(set(numbers)) == len(numbers)


# --- shapes of gradients


class TwoLayers(NamedTuple):
    """A dense layer, a ReLU, a dense layer: N examples of D features, H hidden units, K outputs."""

    N: int
    D: int
    H: int
    K: int

    def __str__(self) -> str:
        return f"N = {self.N} examples, D = {self.D} features, H = {self.H} hidden units, K = {self.K} outputs"


LESSON_LAYERS = TwoLayers(N=32, D=5, H=8, K=3)
PARTS = ("dY", "dW2", "db2", "dA1", "dZ1", "dW1", "db1", "dX")


def two_layers(student: str = "") -> TwoLayers:
    """Return a two-layer network and a batch for it."""
    if not student_id(student):
        return LESSON_LAYERS
    return practice_layers(Dice(student, "gradient-shapes"))


def practice_layers(dice: Dice) -> TwoLayers:
    """Draw a network whose four sizes all differ, so that a swapped axis cannot hide."""
    return draw(dice, sample_layers, lambda question: _all_differ(list(question)))


def sample_layers(dice: Dice) -> TwoLayers:
    """Draw the sizes of a network and a batch."""
    return TwoLayers(dice.choose((10, 16, 20, 32, 50, 64)), *(dice.between(2, 12) for _ in range(3)))


class OneShape(NamedTuple):
    """One line of the table of shapes."""

    layers: TwoLayers
    part: str


def practice_shape(dice: Dice) -> OneShape:
    """Draw one gradient whose shape is asked for."""
    return OneShape(practice_layers(dice), dice.choose(PARTS))


def shape_ways(question: TwoLayers) -> dict[str, dict[str, list[Shape]]]:
    """Return for each code of a wrong shape what it gives for the parts to which it applies."""
    N, D, H, K = question
    weights = {"dW1": (H, D), "dW2": (K, H)}
    biases, batches = {"db1": H, "db2": K}, {"dY": K, "dA1": H, "dZ1": H, "dX": D}
    return {
        "DS1": {part: [shape[::-1]] for part, shape in weights.items()},
        "VG2": {part: [(N, *shape), (N, *shape[::-1])] for part, shape in weights.items()},
        "GR5": {part: [(N, width)] for part, width in biases.items()},
        "DS3": {part: [(N,)] for part in biases},
        "DS2": {part: [(width,), (1, width)] for part, width in batches.items()},
        "GR4": {part: [(width, N)] for part, width in batches.items()},
        "VG1": {part: [(1, width), (width, 1)] for part, width in biases.items()},
        "VG3": {part: [(), (1,)] for part in (*weights, *biases, *batches)},
        "VG4": {"dA1": [(N, K)], "dZ1": [(N, K)], "dX": [(N, H)], "db1": [(K,)], "db2": [(H,)]},
    }
