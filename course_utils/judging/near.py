"""Wrong ways that nobody wrote down: a formula of ours with one thing changed, where no known way explains an answer.

A *recipe* is a function of an exercise's module that computes what is right in one readable way. Each of its neighbours
has one thing changed: an operation, a term, an axis, a quantity in the place of another. A neighbour that gives exactly
what a learner gave is *one* way to get there, and said as that; never what is right.

A recipe calls what it likes of PyTorch, so that it is no answer to an exercise that forbids that.
"""

import ast
import contextlib
import inspect
import itertools
import textwrap
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np
import torch

from course_utils.judging.closeness import as_float64, close, ways_that_fit
from course_utils.judging.families import (
    ADAPTED,
    BATCHES,
    FADING,
    HELD,
    MEAN,
    MOVING,
    PACED,
    PENALISED,
    RATES,
    ROUNDED,
    TINY,
    called,
    families,
    needed,
    placed,
    put,
    results_called,
    with_number,
)
from course_utils.judging.families import HELPERS as OF_FAMILIES
from course_utils.judging.misconceptions import Misconception

Recipe = Callable[..., Any]
Places = list[tuple[ast.AST, str, int | None, ast.expr]]
Top = Callable[[Any, tuple[Any, ...]], Any]

SL30 = Misconception(
    "SL30",
    "an operation for its opposite",
    "One way to get exactly this: another operation at one place, such as plus for minus, or times for divided by. "
    "Where do yours stand?",
)
SL31 = Misconception(
    "SL31",
    "a term, a factor or a function left out",
    "One way to get exactly this: one term, one factor or one function is left out. Is each of them in your formula?",
)
SL32 = Misconception(
    "SL32",
    "a function or a factor too many",
    "One way to get exactly this: a function or a factor too many, such as a square, a root, a sum or a 2. Which of "
    "yours is not asked for?",
)
SL33 = Misconception(
    "SL33",
    "one quantity in the place of another",
    "One way to get exactly this: one quantity stands in the place of another. Does each of yours do what it should?",
)
SL34 = Misconception(
    "SL34",
    "two sides exchanged",
    "One way to get exactly this: what stands left and right of a minus, a fraction, a product or a comma is "
    "exchanged. Which belongs first?",
)
SL35 = Misconception(
    "SL35",
    "a number of the formula not right",
    "One way to get exactly this: a number of the formula is one too large or too small, doubled or halved. Which do "
    "you use, and where does each come from?",
)
SL36 = Misconception(
    "SL36",
    "along another axis",
    "One way to get exactly this: the right operation along another axis. What does each axis stand for?",
)
SL37 = Misconception(
    "SL37",
    "another function of its kind",
    "One way to get exactly this: another function of the same kind, such as mean for sum, smallest for largest, or "
    "one curve for another. Which does the task name?",
)
SL38 = Misconception(
    "SL38",
    "another quantity comes in once more",
    "One way to get exactly this: one quantity comes in once too often, as a factor, a divisor or a term. How often "
    "does the task use each?",
)
SL39 = Misconception(
    "SL39",
    "a step left out",
    "One way to get exactly this: one step of the way is left out, or overwrites what it should add to. Which steps "
    "does the task name?",
)
SL40 = Misconception(
    "SL40",
    "the whole done twice",
    "One way to get exactly this: all of it is done twice, the second time with the first result. Which call is too "
    "many?",
)
SL41 = Misconception(
    "SL41",
    "an argument that makes no difference",
    "One way to get exactly this: one of the arguments makes no difference, as if it were always the same. Where does "
    "each of them come in?",
)
SL42 = Misconception(
    "SL42",
    "a comparison not right",
    "One way to get exactly this: a comparison is the other way round, or takes in the number it should leave out. "
    "What becomes of a number just above it, just below it, and of itself?",
)
SL70 = Misconception(
    "SL70",
    "a loop that runs once too often or too seldom",
    "One way to get exactly this: a loop leaves out its first or its last turn, or takes one too many. Where does "
    "yours begin, and where does it end?",
)
SL71 = Misconception(
    "SL71",
    "a loop that ends in its first turn",
    "One way to get exactly this: a loop ends in its first turn. How far in does your return stand?",
)
SL72 = Misconception(
    "SL72",
    "what is new already used where the old belongs, or the other way round",
    "One way to get exactly this: two steps in the other order, so that one of them meets a number that has changed "
    "already, or has not yet. Which of yours must be known before anything moves?",
)
SL73 = Misconception(
    "SL73",
    "computed once, before the loop",
    "One way to get exactly this: something is computed once, before the loop, that changes from turn to turn. What "
    "does each turn need anew?",
)
SL74 = Misconception(
    "SL74",
    "begun anew in each turn",
    "One way to get exactly this: each turn of a loop begins anew. What should be kept from one turn to the next?",
)
SL75 = Misconception(
    "SL75",
    "sign or direction alone",
    "One way to get exactly this: at one place only the sign or the direction counts, and the size is lost. Where do "
    "yours lose it?",
)
SL76 = Misconception(
    "SL76",
    "smaller from turn to turn",
    "One way to get exactly this: something becomes smaller from turn to turn that should stay as it is. What do you "
    "divide or multiply, from one turn to the next?",
)
SL78 = Misconception(
    "SL78",
    "read in another order in place of turned over",
    "One way to get exactly this: an array is given another shape where it should be turned over. Does `reshape` put "
    "rows in the place of columns?",
)
SL79 = Misconception(
    "SL79",
    "a size one too large or one too small",
    "One way to get exactly this: a size or a count is one too large or one too small at one place. Where does yours "
    "begin, and where does it end?",
)
SL80 = Misconception(
    "SL80",
    "what is learned made smaller besides",
    "One way to get exactly this: each step also makes what is learned a little smaller, as weight decay does. Is that "
    "asked for?",
)
SL81 = Misconception(
    "SL81",
    "an array centred or scaled first",
    "One way to get exactly this: an array is centred, standardised or scaled before it is used. Does the task ask for "
    "it?",
)
SL82 = Misconception(
    "SL82",
    "another border",
    "One way to get exactly this: the border is put on at one end of an axis, or holds other numbers than zeros, "
    "such as those at the opposite edge. What stands around your picture?",
)
SL83 = Misconception(
    "SL83",
    "steps that keep a part of those before",
    "One way to get exactly this: each step keeps a part of the steps before it, as with momentum. Is that asked for?",
)
SL84 = Misconception(
    "SL84",
    "cut off at a bound",
    "One way to get exactly this: something is cut off at a bound, as clipped gradients are. Is that asked for?",
)
SL85 = Misconception(
    "SL85",
    "a penalty on top",
    "One way to get exactly this: a share of a quantity, or of its squares, is added besides, as a penalty is. Is that "
    "asked for?",
)
SL86 = Misconception(
    "SL86",
    "mean of what a loop went through",
    "One way to get exactly this: the mean of all that the loop went through comes out. What belongs to its last turn "
    "alone?",
)
SL87 = Misconception(
    "SL87",
    "some examples in each turn",
    "One way to get exactly this: each turn looks at some of the examples, as with mini-batches. How many should it "
    "look at?",
)
SL120 = Misconception(
    "SL120",
    "an axis that runs backwards, or two that are exchanged",
    "One way to get exactly this: one axis of an array runs backwards, or two of its axes are exchanged. Which place "
    "of it belongs to which?",
)
SL121 = Misconception(
    "SL121",
    "the first place of an axis for all",
    "One way to get exactly this: the first place along an axis stands for all of them. Which index of yours does not "
    "move?",
)
SL122 = Misconception(
    "SL122",
    "silent where another array is below 0",
    "One way to get exactly this: the right numbers, but 0 where another array is below 0, as behind a ReLU. Is one "
    "asked for here?",
)
SL126 = Misconception(
    "SL126",
    "steps measured by those before",
    "One way to get exactly this: each step is divided by the size of the slopes so far, as with AdaGrad, RMSProp or "
    "Adam. Is that asked for?",
)
SL127 = Misconception(
    "SL127",
    "a moving average comes out",
    "One way to get exactly this: a moving average of what is learned comes out, not where the last step has led. "
    "Which of the two is asked for?",
)
SL128 = Misconception(
    "SL128",
    "a rate with a plan",
    "One way to get exactly this: the rate follows a plan from turn to turn, such as a warm-up. Should it change at "
    "all?",
)
SL129 = Misconception(
    "SL129",
    "a small number added",
    "One way to get exactly this: a small number is added under a fraction, in a root or in a logarithm. Is it asked "
    "for?",
)
SL130 = Misconception(
    "SL130",
    "errors measured in another way",
    "One way to get exactly this: what should be squared is measured otherwise, as by Huber, log cosh or a larger "
    "power. What does the task do to each?",
)
SL131 = Misconception(
    "SL131",
    "rounded on the way",
    "One way to get exactly this: numbers on the way are rounded, or held in a type with few digits. Which of your "
    "lines does that?",
)
SL132 = Misconception(
    "SL132",
    "turns of a loop in another order",
    "One way to get exactly this: a loop takes its turns in another order, such as the last one first. Which one does "
    "the task begin with?",
)
# told only where no change without a number of its own gives the same
WITH_A_NUMBER = ("SL84", "SL85", "SL129", "SL131")
OF_ELSEWHERE = ("SL84", "SL85", "SL86", "SL87", "SL129", "SL131")  # few of them, whatever the recipe
FAMILIES_NAMED = {
    **{HELD: SL84, PENALISED: SL85, MEAN: SL86, BATCHES: SL87},
    **{PACED: SL128, FADING: SL76, ADAPTED: SL126, MOVING: SL127, TINY: SL129, ROUNDED: SL131},
}
NEAR: tuple[Misconception, ...] = (
    *(SL30, SL31, SL32, SL33, SL34, SL35, SL36, SL37, SL38, SL39, SL40, SL41, SL42),
    *(SL70, SL71, SL72, SL73, SL74, SL75, SL76, SL78, SL79, SL80, SL81, SL82, SL83, SL84, SL85, SL86, SL87),
    *(SL120, SL121, SL122, SL126, SL127, SL128, SL129, SL130, SL131, SL132),
)

MOST_AXES = 4  # of an array
BACKWARDS = ("0", "1", "2", "3", "-1", "2, 3", "1, 2")
EXCHANGED = ("0, 1", "1, 2", "2, 3", "0, 2", "1, 3")
SECONDS = 0.5  # of computing: a net below recipes that take long, no measure, so that a slow machine names the same
MOST = 900  # neighbours of a recipe, where the likely ones are not more
MOST_PAIRS = 1000  # of changes at two places
FIRST, BEGIN, MOST_MOVES = 1e-4, (1e-4, 0.1, 0.3, 0.6, 0.9), 12  # of a strength that is looked for


@dataclass(frozen=True, eq=False)
class Nearly(Misconception):
    """A neighbour of a recipe: its code is that of what is changed, and it equals itself alone."""

    recipe: str = ""
    change: int = 0

    def __post_init__(self) -> None:
        """Stay out of the registry: what is changed is in it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Nearly) and (self.recipe, self.change) == (other.recipe, other.change)

    def __hash__(self) -> int:
        return hash((self.recipe, self.change))

    def agrees(self, others: Iterable[Misconception]) -> bool:
        """Tell whether one of those that fit another case is this one, or of the same kind for another recipe."""
        alike = (one for one in others if isinstance(one, Nearly) and one.code == self.code)
        return any(one == self or one.recipe != self.recipe for one in alike)


@dataclass(frozen=True, eq=False)
class TwoAtOnce(Nearly):
    """A neighbour with a second thing changed. Its code is both of theirs."""


_wanted: ContextVar[frozenset[Nearly] | None] = ContextVar("wanted", default=None)
_codes: ContextVar[frozenset[str] | None] = ContextVar("codes", default=None)
_listed: ContextVar[bool] = ContextVar("listed", default=True)
_fitting: ContextVar[list[Any] | None] = ContextVar("fitting", default=None)
_given: ContextVar[np.ndarray | None] = ContextVar("given", default=None)
_contradicted: ContextVar[tuple[set[Misconception], str] | None] = ContextVar("contradicted", default=None)
_strength: ContextVar[float] = ContextVar("strength", default=0.0)


def neighbours_that_fit(
    given: np.ndarray, near: Callable[[], Iterable[tuple[Any, Any]]], *, only_single: bool = False
) -> list[Any]:
    """Return the neighbours of what is right whose result equals ``given``; those with two changes last.

    Two changes are looked at only where no single one explains it, and not with ``only_single``.
    """
    if not given.size or not np.isfinite(given).all():
        return []
    found: list[Any] = []
    before, other = _fitting.set(None if only_single else found), _given.set(given)
    try:
        for way, result in near():
            if _is(given, result):
                found.append(way)
    finally:
        _given.reset(other)
        _fitting.reset(before)
    return sorted(found, key=lambda way: (isinstance(way, TwoAtOnce), way.code in WITH_A_NUMBER))


def _is(given: np.ndarray, result: Any) -> bool:
    try:
        return close(given, as_float64(result))
    except (ArithmeticError, TypeError, ValueError, RuntimeError):
        return False


def nearly(
    recipe: Recipe, *args: Any, part: int | None = None, seconds: float = SECONDS, only_single: bool = False
) -> Iterator[tuple[Nearly, Any]]:
    """Yield the neighbours of a recipe and what each gives for these arguments, for a limited time.

    Parameters
    ----------
    recipe
        A function that stands in a module, of one or several statements.
    args
        What it is called with: arrays come as they are, and are not changed.
    part
        Which of the results, where it returns several.
    seconds
        Of computing, at most.
    only_single
        Whether two changes at once are left to another recipe of the same.
    """
    end, wanted = time.process_time() + seconds, _wanted.get()
    results: dict[int, Any] = {}

    def given_by(function: Recipe, change: int) -> Any:
        if change not in results:
            how = _solved if way_needs_strength(function) else _with_usual_number if needed(function) else _plain
            results[change] = how(function, args, part)
        return results[change]

    for way, function, top in _in_order(recipe, wanted, only_single):
        if wanted is not None and not way.agrees(wanted):
            continue
        try:
            given = given_by(function, way.change % TOP)
            given = given if top is None else top(given, args)
        except Exception:
            continue
        yield way, given
        if time.process_time() > end:
            return


def _plain(function: Recipe, args: tuple[Any, ...], part: int | None) -> Any:
    with torch.no_grad():
        given = function(*args)
    return given if part is None else given[part]


def _with_usual_number(function: Recipe, args: tuple[Any, ...], part: int | None) -> Any:
    """Return what a neighbour gives with one of the usual numbers, where that is what was given."""
    given = _given.get()
    for number in needed(function):
        try:
            result = as_float64(with_number(number, lambda: _plain(function, args, part)))
        except (ArithmeticError, ValueError):
            continue
        if given is not None and close(given, result):
            return result
    raise ValueError("with none of them")


def way_needs_strength(function: Recipe) -> bool:
    """Tell whether a neighbour has a number in it that is a learner's own, such as how strong a weight decay is."""
    return "_strength" in function.__code__.co_names


def _solved(function: Recipe, args: tuple[Any, ...], part: int | None) -> np.ndarray:
    """Return what a neighbour gives at the strength, between 0 and 1, that brings it nearest to what was given.

    Two numbers at least must agree, to a tiny part of what lies between what was given and what is right: one number
    alone is met at some strength by anything, and contradicts nothing where another case speaks for a neighbour.
    """
    given = _given.get()

    def at(strength: float) -> np.ndarray:
        before = _strength.set(strength)
        try:
            return as_float64(_plain(function, args, part))
        finally:
            _strength.reset(before)

    right = at(0.0)
    if given is None or right.shape != given.shape or (given.size < 2 and _wanted.get() is None):
        raise ValueError("nothing to compare with")
    apart, share = abs(given - right).max(), float((given * right).sum()) / float((right * right).sum() or 1)
    if given.size > 1 and abs(given - share * right).max() <= 1e-3 * apart:
        raise ValueError("one factor for all of it: that is one number, too")
    begun = {strength: at(strength) for strength in BEGIN}
    strength = min(begun, key=lambda one: abs(given - begun[one]).max())
    here, there = begun[strength], at(strength + FIRST)
    slope = (there - here) / FIRST
    for _ in range(MOST_MOVES):
        size = float((slope * slope).sum())
        move = float(((given - here) * slope).sum()) / size  # or nothing depends on it
        move = min(max(strength + move, FIRST / 1000), 0.999) - strength
        if abs(move) < 1e-9:
            break
        there = at(strength + move)
        slope, strength, here = (there - here) / move, strength + move, there
    if abs(given - here).max() > 1e-4 * apart:
        raise ValueError("not at any strength")
    return here


def _in_order(
    recipe: Recipe, wanted: frozenset[Nearly] | None, only_single: bool
) -> Iterator[tuple[Nearly, Recipe, Top | None]]:
    """Yield neighbours with one change, then those with two, if nothing was found with one or some are wanted."""
    yield from ((way, function, None) for way, function in neighbours(recipe))
    if wanted is None:
        found = _fitting.get()
        go_on = found is not None and not found
    else:
        go_on = any(isinstance(way, TwoAtOnce) for way in wanted)
    if go_on and not only_single:
        yield from with_something_on_top(recipe)
        yield from ((way, function, None) for way, function in pairs(recipe))


@contextlib.contextmanager
def only(ways: Collection[Misconception]) -> Iterator[None]:
    """Look at no other wrong ways, and at no other neighbours of recipes, than these: those of one case may explain
    the next.
    """
    before = _wanted.set(frozenset(way for way in ways if isinstance(way, Nearly)))
    codes = _codes.set(frozenset(code for way in ways for code in way.code.split("+")))
    try:
        yield
    finally:
        _wanted.reset(before)
        _codes.reset(codes)


@contextlib.contextmanager
def contradicted(ways: Collection[Misconception], line: str) -> Iterator[set[Misconception]]:
    """Collect which of some wrong ways would give something else where an answer is right.

    ``line`` is what was said of the wrong one: only what has the same name is looked at.
    """
    found: set[Misconception] = set()
    before = _contradicted.set((found, line))
    try:
        with only(ways):
            yield found
    finally:
        _contradicted.reset(before)


def contradict(ways: Mapping[Any, Callable[[], object]], right: Any, what: str) -> None:
    """Note which of some wrong ways do not give what is right, where a right answer was given; what it is called."""
    seen = _contradicted.get()
    if seen is not None and seen[1].startswith(f"{what}:"):
        looked_at = {way: compute for way, compute in ways.items() if may_explain(way)}
        fitting = set(ways_that_fit(as_float64(right), looked_at))
        note_contradicted((way for way, compute in looked_at.items() if _applies(compute)), fitting)


def _applies(compute: Callable[[], object]) -> bool:
    """Tell whether a wrong way gives anything in this case."""
    try:
        found = compute()
    except (ArithmeticError, ValueError, IndexError, RuntimeError):
        return False
    return not isinstance(found, list) or bool(found)


def note_contradicted(ways: Iterable[Misconception], fitting: Iterable[Misconception]) -> None:
    """Note those of some wrong ways that are not among those which give what is right, where that was given."""
    seen = _contradicted.get()
    if seen is not None:
        seen[0].update(set(filter(may_explain, ways)) - set(fitting))


@contextlib.contextmanager
def neighbours_alone() -> Iterator[None]:
    """Look at no wrong way that an exercise lists: another case has contradicted those that fit."""
    before = _listed.set(False)
    try:
        yield
    finally:
        _listed.reset(before)


def may_explain(way: Misconception) -> bool:
    """Tell whether a wrong way is looked at: in a case that is to confirm another one, only what explains that one."""
    codes = _codes.get()
    return _listed.get() and (codes is None or not codes.isdisjoint(way.code.split("+")))


def how_many() -> str:
    """Tell which neighbours are looked at: "all", "some" in a case that is to confirm them, or "none" there."""
    wanted = _wanted.get()
    return "all" if wanted is None else "some" if wanted else "none"


@lru_cache(maxsize=64)
def neighbours(recipe: Recipe) -> tuple[tuple[Nearly, Recipe], ...]:
    """Return the neighbours of a recipe, the likeliest first."""
    parsed = _parsed(recipe)
    if parsed is None:
        return ()
    tree, function, asked = parsed
    found: list[tuple[Nearly, Recipe]] = []
    for far in range(4):
        most = max(0, MOST - sum(way.code not in OF_ELSEWHERE for way, _ in found)) if far else None
        for way, about, code in itertools.islice(_changed(tree, function, asked, far), most):
            named = [f"`{name}`" for name in dict.fromkeys(about) if name in asked and len(name) > 1][:2]
            hint = f" Look where {' and '.join(named)} {'come' if len(named) > 1 else 'comes'} in." if named else ""
            found.append((_named(way, recipe, len(found), hint), _made(code, recipe)))
        if not far:
            found.sort(key=lambda one: ORDER.index(one[0].code))
            found.append((_named(SL40, recipe, TOP - 1), _twice(recipe)))
    return tuple(found)


def _parsed(recipe: Recipe) -> tuple[ast.Module, ast.FunctionDef, list[str]] | None:
    """Return a recipe's tree, the function in it, and what it is called with; None without its source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(recipe)))
    except OSError:  # a package without its sources
        return None
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = function.body[1 if ast.get_docstring(function) else 0 :]
    function.returns, function.decorator_list = None, []
    for one in function.args.args:
        one.annotation = None
    return tree, function, [one.arg for one in function.args.args]


def _named(way: Misconception, recipe: Recipe, change: int, hint: str = "") -> Nearly:
    return Nearly(way.code, way.name, way.feedback + hint, recipe=recipe.__qualname__, change=change)


def _made(code: CodeType, recipe: Recipe) -> Recipe:
    names = {**recipe.__globals__, **HELPERS}
    exec(code, names)
    made: Recipe = names[recipe.__name__]
    return made


def _twice(recipe: Recipe) -> Recipe:
    def twice(first: Any, *args: Any) -> Any:
        once = recipe(first, *args)
        if getattr(once, "shape", None) != getattr(first, "shape", ()):
            raise ValueError("what comes out is no argument")
        return recipe(once, *args)

    return twice


# --- two things at once

TOP = 10**6  # changes are counted below it; what comes on top, above it
SIGN = "right but for the sign"
TWICE = "a factor of 2 too many or too few"
COUNT = "multiplied or divided by a number of examples or of columns"
TURNED = "axes exchanged"


def _length(args: tuple[Any, ...], axis: int) -> int:
    """Return how long the first array with axes is along one of them."""
    return int(next(one.shape[axis] for one in args if getattr(one, "ndim", 0)))


TOPS: tuple[tuple[str, str, Top], ...] = (
    ("SL1", SIGN, lambda x, args: -x),
    ("SL2", TWICE, lambda x, args: 2 * x),
    ("SL2", TWICE, lambda x, args: x / 2),
    ("SL3", COUNT, lambda x, args: x * _length(args, 0)),
    ("SL3", COUNT, lambda x, args: x / _length(args, 0)),
    ("SL3", COUNT, lambda x, args: x / _length(args, -1)),
    ("SL4", TURNED, lambda x, args: x.T if x.ndim == 2 else 1 / 0),
)
USUAL_PAIRS = ("SL31", "SL30", "SL36", "SL37", "SL35", "SL42", "SL34", "SL70", "SL39")  # of two changes


@lru_cache(maxsize=32)
def with_something_on_top(recipe: Recipe) -> tuple[tuple[Nearly, Recipe, Top], ...]:
    """Return the likely neighbours with a sign, a factor or turned axes on top."""
    likely = [(way, function) for way, function in neighbours(recipe) if way.code in USUAL_PAIRS]
    return tuple(
        (_both(recipe, way, code, what, (number + 1) * TOP + way.change), function, top)
        for way, function in likely
        for number, (code, what, top) in enumerate(TOPS)
    )


@lru_cache(maxsize=32)
def pairs(recipe: Recipe) -> tuple[tuple[Nearly, Recipe], ...]:
    """Return neighbours with changes at two places, a counted number of them."""
    parsed = _parsed(recipe)
    if parsed is None:
        return ()
    tree, function, asked = parsed
    found = itertools.islice(_changed_twice(tree, function, asked), MOST_PAIRS)
    named = ((_both(recipe, one, two.code, two.name, TOP // 2 + n), code) for n, (one, two, code) in enumerate(found))
    return tuple((way, _made(code, recipe)) for way, code in named)


def _changed_twice(
    tree: ast.Module, function: ast.FunctionDef, asked: list[str]
) -> Iterator[tuple[Misconception, Misconception, CodeType]]:
    """Yield the recipe with one usual change, and a second one at a place that comes after it."""
    known: list[str] = []  # no quantity in the place of another: there are too many
    for number, (holder, field, index, node) in enumerate(_places(function)):
        for one, other in _others(node, known):
            if one.code not in USUAL_PAIRS:
                continue
            put(holder, field, index, other)
            for further, place, at, second in _places(function)[number + 1 :]:
                for two, instead in _others(second, known):
                    if two.code in USUAL_PAIRS:
                        put(further, place, at, instead)
                        yield one, two, _compiled(tree)
                put(further, place, at, second)
            put(holder, field, index, node)


def _both(recipe: Recipe, one: Misconception, code: str, what: str, change: int) -> Nearly:
    text = f"One way to get exactly this takes two slips at once: {one.name}; and {what}. Look for each by itself."
    return TwoAtOnce(f"{one.code}+{code}", f"{one.name}; {what}", text, recipe=recipe.__qualname__, change=change)


# --- what is changed

ORDER = [
    way.code
    for way in (
        *(SL41, SL31, SL30, SL42, SL34, SL36, SL37, SL82, SL78, SL72, SL70, SL71, SL73, SL74, SL33, SL39, SL35),
        *(SL120, SL121, SL122),
        *(SL132, SL130, SL40, SL84, SL85, SL86, SL87, SL76, SL128, SL126, SL127, SL80, SL83, SL79, SL81, SL75, SL38),
        *(SL32, SL129, SL131),
    )
]
OTHERS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.Sub),
    ast.FloorDiv: (ast.Mult, ast.Sub),
    ast.Pow: (ast.Mult,),
}
FAMILIES = (
    ("sum", "mean", "amax", "amin", "prod"),
    ("exp", "exp2", "square", "log", "log2", "log10", "abs", "sigmoid", "tanh"),
    ("argmax", "argmin"),
    ("maximum", "minimum"),
    ("softmax", "log_softmax"),
    ("ceil", "floor", "round"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("cos", "sin"),
)


def _number(x: Any) -> Any:
    return x if isinstance(x, torch.Tensor) else torch.as_tensor(x, dtype=torch.float64)


def _whole(x: Any) -> Any:
    """Return a size or a count as it is: a quantity with a fraction, or an array, is neither."""
    if isinstance(x, bool) or not isinstance(x, int | np.integer):
        raise TypeError("this is no size and no count")
    return x


HELPERS: dict[str, Callable[..., Any]] = {
    "_square": lambda x: x * x,
    "_root": lambda x: x**0.5,
    "_minus": lambda x: -x,
    "_twofold": lambda x: x + x,
    "_half": lambda x: x / 2,
    "_over": lambda x: 1 / x,
    "_size": abs,
    "_positive": lambda x: x * (x > 0),
    "_exp": lambda x: _number(x).double().exp(),
    "_log": lambda x: _number(x).double().log(),
    "_sum": lambda x: _number(x).sum(),
    "_mean": lambda x: _number(x).double().mean(),
    "_signed": lambda x: 2 * x - 1,
    "_rest": lambda x: 1 - x,
    "_hard": lambda x: (x > 0) * 1.0,
    "_sigmoid": lambda x: _number(x).double().sigmoid(),
    "_whole": lambda x: x // 1,
    "_softmax": lambda x: _number(x).double().softmax(-1),
    "_clipped": lambda x: _number(x).double().clamp(-1, 1),
}


def _in_place_of_mean(reduce: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that stands where a mean stood."""

    def reduced(x: Any, *axes: Any, dim: Any = None, axis: Any = None, **kept: bool) -> Any:
        along = axes[0] if axes else axis if dim is None else dim
        found = reduce(as_float64(x), axis=along, keepdims=any(kept.values()))
        return torch.as_tensor(found) if isinstance(x, torch.Tensor) else found

    return reduced


MEANS = {
    "_median": _in_place_of_mean(np.median),
    "_root_mean_square": _in_place_of_mean(lambda x, **axes: np.sqrt(np.mean(x * x, **axes))),
    "_middle": _in_place_of_mean(lambda x, **axes: (np.max(x, **axes) + np.min(x, **axes)) / 2),
}


ERRORS: dict[str, Callable[[Any], Any]] = {
    "_huber": lambda x: torch.where(abs(x) < 1, x * x / 2, abs(x) - 0.5),
    "_huber_twofold": lambda x: torch.where(abs(x) < 1, x * x, 2 * abs(x) - 1),
    "_log_cosh": lambda x: torch.log(torch.cosh(x)),
    "_root_error": lambda x: torch.sqrt(1 + x * x) - 1,
    "_cubed": lambda x: abs(x) ** 3,
    "_fourth": lambda x: x**4,
    "_of_logs": lambda x: torch.log1p(abs(x)),
}


LARGEST = {
    "_spread": _in_place_of_mean(np.ptp),
    "_largest_size": _in_place_of_mean(lambda x, **axes: np.abs(x).max(**axes)),
    "_soft_largest": _in_place_of_mean(lambda x, **axes: np.log(np.exp(x).sum(**axes))),
}


def _an_array(x: Any) -> torch.Tensor:
    """Return an array of which a place can be chosen along an axis."""
    if not isinstance(x, np.ndarray | torch.Tensor) or not 1 <= x.ndim <= MOST_AXES:
        raise TypeError("this is no array")
    return torch.as_tensor(x)


def _as_was(made: torch.Tensor, x: Any) -> Any:
    return made.numpy() if isinstance(x, np.ndarray) else made


def _backwards(x: Any, *axes: int) -> Any:
    """Return an array with some axes that run backwards."""
    return _as_was(_an_array(x).flip(axes), x)


def _exchanged(x: Any, one: int, other: int) -> Any:
    """Return an array with two axes of equal length exchanged."""
    if _an_array(x).shape[one] != x.shape[other]:
        raise ValueError("it has another shape then")
    return _as_was(_an_array(x).transpose(one, other), x)


def _first_for_all(x: Any, axis: int) -> Any:
    """Return an array whose first place along an axis stands in all of them."""
    array = _an_array(x)
    return _as_was(array.narrow(axis, 0, 1).expand_as(array).clone(), x)


def _silent_below(x: Any, other: Any) -> Any:
    """Return an array that is 0 where another one of its shape is below 0."""
    if np.shape(x) != np.shape(other) or not np.ndim(x):
        raise ValueError("these do not lie on each other")
    return x * (other > 0)


def _scaled(x: Any, offset: Any, scale: Any) -> Any:
    """Return the columns of a table, or a row of numbers, less a number each, divided by a number each."""
    table = as_float64(x)
    if table.ndim not in (1, 2) or isinstance(x, list) or np.asarray(x).dtype.kind != "f":
        raise TypeError("these are no numbers to be scaled")
    spread = scale(table)
    found = (table - offset(table)) / np.where(spread == 0, 1.0, spread)
    return torch.as_tensor(found) if isinstance(x, torch.Tensor) else found


def _fading(x: Any) -> Any:
    """Return a rate in the next turn, where each turn makes it smaller."""
    if not isinstance(x, float):
        raise TypeError("this is no rate")
    return x * (1 - _strength.get())


def _shrunk(x: Any, before: Any) -> Any:
    """Return what is learned after a step that also takes off a share of what it was before."""
    if np.shape(x) != np.shape(before):
        raise ValueError("this is not what was learned before")
    return x - _strength.get() * before


def _none(table: np.ndarray) -> float:
    return 0.0


def _means(table: np.ndarray) -> Any:
    return table.mean(axis=0)


def _row_means(table: np.ndarray) -> Any:
    return table.mean(axis=1, keepdims=True)


SCALES: dict[str, Callable[[Any], Any]] = {
    "_centred": lambda x: _scaled(x, _means, lambda table: 1.0),
    "_standardised": lambda x: _scaled(x, _means, lambda table: table.std(axis=0)),
    "_standardised_by_sample": lambda x: _scaled(x, _means, lambda table: table.std(axis=0, ddof=1)),
    "_standardised_as_one": lambda x: _scaled(x, np.mean, np.std),
    "_to_one": lambda x: _scaled(x, _none, lambda table: abs(table).max(axis=0)),
    "_to_range": lambda x: _scaled(x, lambda table: table.min(axis=0), lambda table: np.ptp(table, axis=0)),
    "_rows_standardised": lambda x: _scaled(x, _row_means, lambda table: table.std(axis=1, keepdims=True)),
    "_rows_to_one": lambda x: _scaled(x, _none, lambda table: np.linalg.norm(table, axis=1, keepdims=True)),
}
INNER = ("_centred", "_standardised", "_rows_standardised")  # what comes in between
SIGNS: dict[str, Callable[[Any], Any]] = {
    "_half_sign": lambda x: SIGNS["_sign"](x) / 2,  # the slope of the size, where that of the square is asked
    "_sign": lambda x: np.sign(x) if isinstance(x, np.ndarray | float) else torch.sign(_number(x)),
    "_unit": lambda x: x / ((x * x).sum() ** 0.5),
    "_to_largest": lambda x: x / abs(x).max(),
}
HELPERS |= {"_backwards": _backwards, "_exchanged": _exchanged, "_first_for_all": _first_for_all}
HELPERS |= LARGEST | ERRORS | {"_silent_below": _silent_below, "_last_first": lambda turns: list(turns)[::-1]}
HELPERS |= SCALES | MEANS | {"_fading": _fading, "_shrunk": _shrunk, "_strength": _strength.get}
HELPERS |= SIGNS | {"_reshaped": lambda x: x.reshape(x.shape[::-1])}
COUNTS = {"_one_more": lambda x: _whole(x) + 1, "_one_less": lambda x: _whole(x) - 1}
HELPERS |= COUNTS | OF_FAMILIES
USUAL = ("_square", "_size", "_mean", "_sum", "_root", "_positive", "_rest", "_twofold", "_half")
ALONG = ("_backwards", "_exchanged", "_first_for_all", "_silent_below")
OF_THEIR_OWN = (
    *OF_FAMILIES,
    *USUAL,
    *SIGNS,
    *COUNTS,
    *SCALES,
    *MEANS,
    *LARGEST,
    *ERRORS,
    "_last_first",
    *ALONG,
    "_reshaped",
    "_fading",
    "_shrunk",
    "_strength",
)
SELDOM = [name for name in HELPERS if name not in OF_THEIR_OWN]
Change = tuple[Misconception, list[str], CodeType]


def _changed(tree: ast.Module, function: ast.FunctionDef, asked: list[str], far: int) -> Iterator[Change]:
    """Yield what is changed, the names that are near, and the recipe with it; less likely ones from ``far`` 1 to 3."""
    bound = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    turns = [
        loop.target.id for loop in ast.walk(function) if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name)
    ]
    for holder, field, index, node in _places(function):
        for way, other in _too_many(node, asked, far, turns) if far else _others(node, [*asked, *sorted(bound)]):
            put(holder, field, index, other)
            yield way, _names(node) + _names(other), _compiled(tree)
        put(holder, field, index, node)
    if far == 1:
        yield from _changed_everywhere(tree, function, asked)
    if not far:
        yield from _without_a_step(tree, function)
        yield from _in_loops(tree, function)
        yield from _with_a_strength(tree, function, asked)
        yield from ((FAMILIES_NAMED[kind], about, _compiled(tree)) for kind, about in families(function, asked))
        yield from _in_another_order(tree, function)
        yield from _without_an_argument(tree, function, asked)
        yield from _silenced(tree, function, asked)


def _without_an_argument(tree: ast.Module, function: ast.FunctionDef, asked: list[str]) -> Iterator[Change]:
    """Yield the recipe with an argument that is always the same, another one, turned round, or scaled first."""
    lines = [(SL41, name, f"{name} = {name} * 0 + {number}") for name in asked for number in (0, 1)]
    lines += [(SL34, name, f"{name} = {name}[::-1]") for name in asked]
    lines += [(SL33, name, f"{name} = {other}") for name in asked for other in asked if other != name]
    lines += [(SL34, one, f"{one}, {other} = {other}, {one}") for one, other in itertools.combinations(asked, 2)]
    lines += [(SL81, name, f"{name} = {helper}({name})") for name in asked for helper in SCALES]
    lines += [(SL120, name, f"{name} = _backwards({name}, {axes})") for name in asked for axes in BACKWARDS]
    lines += [(SL120, name, f"{name} = _exchanged({name}, {axes})") for name in asked for axes in EXCHANGED]
    lines += [(SL121, name, f"{name} = _first_for_all({name}, {axis})") for name in asked for axis in range(MOST_AXES)]
    for way, name, line in lines:
        function.body[:0] = ast.parse(line).body
        yield way, [name], _compiled(tree)
        del function.body[0]


def _silenced(tree: ast.Module, function: ast.FunctionDef, asked: list[str]) -> Iterator[Change]:
    """Yield the recipe with a result, or one of several, that is 0 where an argument is below 0."""
    end = function.body[-1]
    if not isinstance(end, ast.Return) or end.value is None:
        return
    whole = end.value
    for name in asked:
        for changed in results_called("_silent_below", whole, ast.Name(name, ast.Load())):
            put(end, "value", None, changed)
            yield SL122, [name], _compiled(tree)
    put(end, "value", None, whole)


def _changed_everywhere(tree: ast.Module, function: ast.FunctionDef, asked: list[str]) -> Iterator[Change]:
    """Yield the recipe with a function on top of an argument, wherever it comes in, or another function each time."""
    for name, helper in itertools.product(asked, (*USUAL, *SIGNS)):
        function.body[:0] = ast.parse(f"{name} = {helper}({name})").body
        yield SL75 if helper in SIGNS else SL32, [name], _compiled(tree)
        del function.body[0]
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    attributes = [func for func in calls if isinstance(func, ast.Attribute)]
    for family in FAMILIES:
        for name in family:
            same = [func for func in attributes if func.attr == name]
            for other in family if len(same) > 1 else ():
                for func in same:
                    func.attr = other
                yield SL37, [], _compiled(tree)
            for func in same:
                func.attr = name


def _without_a_step(tree: ast.Module, function: ast.FunctionDef) -> Iterator[Change]:
    for body in _bodies(function):
        for place, statement in enumerate(body):
            if isinstance(statement, ast.AugAssign | ast.Assign | ast.If | ast.For) and len(function.body) > 1:
                others: list[ast.stmt] = [ast.Pass()]
                if isinstance(statement, ast.AugAssign):
                    others.append(ast.Assign([statement.target], statement.value))
                for other in others:
                    body[place] = ast.fix_missing_locations(ast.copy_location(other, statement))
                    yield SL39, _names(statement), _compiled(tree)
                body[place] = statement


def _in_another_order(tree: ast.Module, function: ast.FunctionDef) -> Iterator[Change]:
    """Yield the recipe with two steps exchanged, or one done after the other that should be done at once."""
    for body in _bodies(function):
        for place, statement in enumerate(body):
            for several in _one_by_one(statement):
                body[place : place + 1] = placed(several, statement)
                yield SL72, _names(statement), _compiled(tree)
                body[place : place + len(several)] = [statement]
            following = body[place + 1 : place + 2]
            if isinstance(statement, ast.Assign) and following and isinstance(following[0], ast.Assign):
                body[place : place + 2] = [following[0], statement]
                yield SL72, _names(statement), _compiled(tree)
                body[place : place + 2] = [statement, following[0]]


def _one_by_one(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the parts of ``a, b = x, y`` as statements of their own, in both orders."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple):
        target = statement.targets[0]
        if isinstance(target, ast.Tuple):
            parts: list[ast.stmt] = [
                ast.Assign([one], value) for one, value in zip(target.elts, statement.value.elts, strict=True)
            ]
            yield parts
            yield parts[::-1]


def _in_loops(tree: ast.Module, function: ast.FunctionDef) -> Iterator[Change]:
    """Yield the recipe with a loop that has other turns, or does in each turn what belongs before it."""
    for body in list(_bodies(function)):
        for place, loop in enumerate(body):
            if not isinstance(loop, ast.For):
                continue
            turns, kept = loop.iter, list(loop.body)
            for other in _other_turns(turns):
                loop.iter = ast.fix_missing_locations(ast.copy_location(other, turns))
                yield SL70, _names(turns), _compiled(tree)
            loop.iter = ast.fix_missing_locations(ast.copy_location(called("_last_first", turns), turns))
            yield SL132, _names(turns), _compiled(tree)
            loop.iter = turns
            loop.body = placed([*kept, ast.Break()], loop)
            yield SL71, _names(turns), _compiled(tree)
            for number, statement in enumerate(kept):
                if isinstance(statement, ast.Assign):
                    loop.body = [*kept[:number], *kept[number + 1 :]] or placed([ast.Pass()], loop)
                    body.insert(place, statement)
                    yield SL73, _names(statement), _compiled(tree)
                    del body[place]
            for statement in body[:place]:
                if isinstance(statement, ast.Assign):
                    loop.body = [statement, *kept]
                    yield SL74, _names(statement), _compiled(tree)
            loop.body = kept


def _with_a_strength(tree: ast.Module, function: ast.FunctionDef, asked: list[str]) -> Iterator[Change]:
    """Yield the recipe with a rate that fades, with momentum or with weight decay, of a strength that is open."""
    loops = [one for one in function.body if isinstance(one, ast.For)]
    for loop in loops:
        kept = list(loop.body)
        stored = {node.id for one in kept for node in ast.walk(one) if isinstance(node, ast.Name) and _is_stored(node)}
        read = {node.id for one in kept for node in ast.walk(one) if isinstance(node, ast.Name)} - stored
        for name in [name for name in asked if name in read]:
            loop.body = [*kept, *placed(_lines(f"{name} = _fading({name}); _strength"), loop)]
            yield SL76, [name], _compiled(tree)
        learned = sorted(stored & _begun_before(loop, function, asked))
        for share in ("1", "(1 - _strength())") if learned else ():
            begin = placed(_lines(*(f"_step_{name} = 0.0" for name in learned)), loop)
            first = [f"_old_{name} = {name}" for name in learned]
            last = [
                f"_step_{name} = {share} * ({name} - _old_{name}) + _strength() * _step_{name}; "
                f"{name} = _old_{name} + _step_{name}"
                for name in learned
            ]
            place = function.body.index(loop)
            function.body[place:place] = begin
            loop.body = [*placed(_lines(*first), loop), *kept, *placed(_lines(*last), loop)]
            yield SL83, learned, _compiled(tree)
            del function.body[place : place + len(begin)]
        for names in [*([name] for name in learned), *([learned] if len(learned) > 1 else [])]:
            first = [f"_old_{name} = {name}" for name in names]
            last = [f"{name} = _shrunk({name}, _old_{name}); _strength" for name in names]
            loop.body = [*placed(_lines(*first), loop), *kept, *placed(_lines(*last), loop)]
            yield SL80, names, _compiled(tree)
            loop.body = [
                *kept,
                *placed(_lines(*(f"{name} = _shrunk({name}, {name}); _strength" for name in names)), loop),
            ]
            yield SL80, names, _compiled(tree)
        loop.body = kept
    end = function.body[-1]
    if not loops and set(asked) & set(RATES) and isinstance(end, ast.Return) and end.value is not None:
        name, whole = asked[0], end.value  # what is moved
        other = ast.Call(ast.Name("_shrunk", ast.Load()), [whole, ast.Name(f"_old_{name}", ast.Load())], [])
        function.body[:0] = placed(_lines(f"_old_{name} = {name}; _strength"), function)
        put(end, "value", None, other)
        yield SL80, [name], _compiled(tree)
        put(end, "value", None, whole)
        del function.body[:2]


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _begun_before(loop: ast.For, function: ast.FunctionDef, asked: list[str]) -> set[str]:
    """Return the names that a loop finds as it begins."""
    above = function.body[: function.body.index(loop)]
    return {node.id for one in above for node in ast.walk(one) if isinstance(node, ast.Name)} | set(asked)


def _lines(*sources: str) -> list[ast.stmt]:
    return [statement for source in sources for statement in ast.parse(source).body]


def _other_turns(turns: ast.expr) -> list[ast.expr]:
    """Return what a loop may go through with its first or last turn left out, or one more."""
    text = ast.unparse(turns)
    other = [f"list({text})[1:]", f"list({text})[:-1]"]
    if isinstance(turns, ast.Call) and getattr(turns.func, "id", "") == "range" and len(turns.args) == 1:
        other.append(f"range({ast.unparse(turns.args[0])} + 1)")
    return [ast.parse(one, mode="eval").body for one in other]


def _bodies(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    for holder in ast.walk(function):
        body = getattr(holder, "body", None)
        if isinstance(body, list):
            yield body


def _compiled(tree: ast.Module) -> CodeType:
    return compile(tree, "<near>", "exec")


def _places(function: ast.FunctionDef) -> Places:
    """Return where the expressions of a function stand: what holds each, and as which field of it."""
    found: Places = []
    for statement in function.body:
        for holder in ast.walk(statement):
            if isinstance(holder, ast.Call | ast.JoinedStr):
                fields = ["args", "keywords"]
            else:
                fields = [name for name in holder._fields if name not in ("targets", "target", "func", "annotation")]
            for field in fields:
                value = getattr(holder, field, None)
                for index, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
                    if isinstance(one, ast.expr) and not isinstance(getattr(one, "ctx", None), ast.Store):
                        found.append((holder, field, index, one))
    return found


def _names(node: ast.AST) -> list[str]:
    return [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]


def _others(node: ast.expr, known: list[str]) -> Iterator[tuple[Misconception, ast.expr]]:
    """Yield what may stand in the place of an expression, and what that is called."""
    if isinstance(node, ast.Constant):
        yield from ((SL35, ast.Constant(one)) for one in _other_numbers(node.value))
    elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
        yield SL34, ast.Tuple(node.elts[::-1], ast.Load())
        if all(isinstance(one, ast.Constant) for one in node.elts):  # axes
            yield from ((SL36, one) for one in node.elts)
    elif isinstance(node, ast.Tuple) and all(isinstance(one, ast.Constant) for one in node.elts):
        for place in range(len(node.elts)):
            yield SL36, ast.Tuple(node.elts[:place] + node.elts[place + 1 :], ast.Load())
    elif isinstance(node, ast.BinOp):
        yield from _other_operations(node)
    elif isinstance(node, ast.UnaryOp):
        yield SL31, node.operand
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield SL31, node.value
        yield SL78, ast.Call(ast.Name("_reshaped", ast.Load()), [node.value], [])
    elif isinstance(node, ast.Compare):
        yield SL31, ast.Constant(1.0)
        for comparison in (ast.GtE, ast.Lt, ast.LtE):
            yield SL42, ast.Compare(node.left, [comparison()], node.comparators)
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    elif isinstance(node, ast.Name):
        yield from ((SL33, ast.Name(other, ast.Load())) for other in known if other != node.id)


def _other_operations(node: ast.BinOp) -> Iterator[tuple[Misconception, ast.expr]]:
    yield SL31, node.left
    yield SL31, node.right
    if isinstance(node.op, ast.Sub):
        yield SL31, ast.UnaryOp(ast.USub(), node.right)
    for other in OTHERS.get(type(node.op), ()):
        yield SL30, ast.BinOp(node.left, other(), node.right)
    if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow | ast.FloorDiv):
        yield SL34, ast.BinOp(node.right, node.op, node.left)
    if isinstance(node.op, ast.FloorDiv):
        yield SL37, ast.UnaryOp(ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), node.left), node.op, node.right))
        yield SL37, ast.BinOp(node.left, ast.Div(), node.right)
        yield SL37, ast.BinOp(node.left, ast.Mod(), node.right)


def _too_many(node: ast.expr, asked: list[str], far: int, turns: list[str]) -> Iterator[tuple[Misconception, ast.expr]]:
    """Yield an expression with a quantity or a function that does not belong there."""
    if isinstance(node, ast.Constant | ast.Slice | ast.Tuple):
        return
    operations = {2: (ast.Mult, ast.Div), 3: (ast.Add, ast.Sub)}.get(far, ())
    for name, operation in itertools.product(asked, operations):
        if not (isinstance(node, ast.Name) and node.id == name):
            yield SL38, ast.BinOp(node, operation(), ast.Name(name, ast.Load()))
    for turn in turns if far == 1 and isinstance(node, ast.Name) and node.id in asked else ():
        number = ast.BinOp(ast.Name(turn, ast.Load()), ast.Add(), ast.Constant(1))
        yield SL76, ast.BinOp(node, ast.Div(), number)
        yield SL76, ast.BinOp(node, ast.Div(), ast.BinOp(number, ast.Pow(), ast.Constant(0.5)))
    if far == 1 and isinstance(node, ast.Name) and node.id in asked:
        yield from ((SL79, ast.Call(ast.Name(name, ast.Load()), [node], [])) for name in COUNTS)
    for name in SIGNS if far == 1 else ():
        yield SL75, ast.Call(ast.Name(name, ast.Load()), [node], [])
    if far == 1 and not isinstance(node, ast.Name):
        yield from ((SL81, ast.Call(ast.Name(name, ast.Load()), [node], [])) for name in INNER)
    for name in {1: USUAL, 3: SELDOM}.get(far, ()):
        yield SL32, ast.Call(ast.Name(name, ast.Load()), [node], [])


def _other_numbers(value: object) -> list[Any]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    return [*((value + 1, value - 1) if isinstance(value, int) else ()), *((2 * value, value / 2) if value else ())]


def _other_calls(node: ast.Call) -> Iterator[tuple[Misconception, ast.expr]]:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    method = isinstance(node.func, ast.Attribute) and not (
        isinstance(node.func.value, ast.Name) and node.func.value.id in ("torch", "F", "np", "math")
    )
    if method and isinstance(node.func, ast.Attribute):
        yield SL31, node.func.value
    elif node.args:
        yield SL31, node.args[0]
    for family in FAMILIES:
        if name in family and isinstance(node.func, ast.Attribute):
            for other in family:
                if other != name:
                    yield SL37, ast.Call(ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords)
    if name == "square" and isinstance(node.func, ast.Attribute):
        given = [node.func.value] if method else node.args
        yield from ((SL130, ast.Call(ast.Name(other, ast.Load()), given, [])) for other in ERRORS)
    if name == "mean" and isinstance(node.func, ast.Attribute):
        given = [node.func.value, *node.args] if method else node.args
        for other in MEANS:
            yield SL37, ast.Call(ast.Name(other, ast.Load()), given, node.keywords)
    if name in ("amax", "amin", "max") and isinstance(node.func, ast.Attribute):
        given = [node.func.value, *node.args] if method else node.args
        for other in LARGEST:
            yield SL37, ast.Call(ast.Name(other, ast.Load()), given, node.keywords)
    if name == "pad":
        yield from ((SL82, one) for one in _other_borders(node))
    for place, keyword in enumerate(node.keywords):
        rest = node.keywords[:place] + node.keywords[place + 1 :]
        yield SL36 if keyword.arg in ("dim", "axis") else SL31, ast.Call(node.func, node.args, rest)
        if keyword.arg in ("dim", "axis"):
            for axis in range(4):
                yield SL36, ast.Call(node.func, node.args, [*rest, ast.keyword(keyword.arg, ast.Constant(axis))])
    if len(node.args) > 1:
        yield SL34, ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
        yield SL31, ast.Call(node.func, node.args[:-1], node.keywords)


def _other_borders(node: ast.Call) -> Iterator[ast.expr]:
    """Yield ``F.pad(x, (left, right, up, down))`` with a border at one end, or one that holds other numbers."""
    x, widths = node.args[:2]
    if not isinstance(widths, ast.Tuple):
        return
    nothing: ast.expr = ast.Constant(0)
    twice: list[ast.expr] = [ast.BinOp(one, ast.Add(), one) for one in widths.elts]
    for width in (widths.elts, twice):
        for first in (0, 1):
            sides = [one if place % 2 == first else nothing for place, one in enumerate(width)]
            yield ast.Call(node.func, [x, ast.Tuple(sides, ast.Load())], [])
    for mode in ("circular", "replicate", "reflect"):
        yield ast.Call(node.func, [x, widths], [ast.keyword("mode", ast.Constant(mode))])
    mean = ast.Call(ast.Attribute(x, "mean", ast.Load()), [], [])
    centred = ast.Call(node.func, [ast.BinOp(x, ast.Sub(), mean), widths], [])
    yield ast.BinOp(centred, ast.Add(), mean)  # a border of means
