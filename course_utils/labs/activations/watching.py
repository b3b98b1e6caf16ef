"""Calling a function of z and watching it: the arrays to try, and what is told of functions and slopes alike.

The functions are called by a probe, which watches whether something overflows on the way and whether the array that
came in is changed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from course_utils.judging import shared, slips
from course_utils.judging.cases import Case, Ways
from course_utils.judging.closeness import ATOL, RTOL, close, ways_that_fit
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import contradict, nearly, neighbours_that_fit, note_contradicted
from course_utils.judging.protocol.calling import must_be_function
from course_utils.judging.slips import ENOUGH, is_near
from course_utils.labs.activations import recipes
from course_utils.labs.activations.headings import BREAK, CURVES

PR2 = shared.PR2.in_lab(
    BREAK, "An exponential grew too large and left nan or inf behind. Which exponent is never positive?"
)
AF2 = Misconception(
    "AF2",
    "input changed in place",
    "The numbers are right, but the array that came in has changed. Who else may still need it?",
    CURVES,
)
AF8 = Misconception(
    "AF8",
    "one `if` for a whole array",
    "An `if` asks one question, an array has many answers. Which function chooses element by element?",
    BREAK,
)
AF11 = Misconception(
    "AF11",
    "overflow on the way to a right value",
    "An exponential overflowed on the way to right numbers. Which exponent is never positive?",
    BREAK,
)

AF1 = Misconception(
    "AF1",
    "largest element instead of an element-wise maximum",
    "This is one number for the whole array. Which functions of NumPy work element by element?",
    CURVES,
)
AF22 = Misconception(
    "AF22",
    "one of the two sides wrong",
    "On one side of 0 all your numbers are right, on the other they are not. What does your formula do there?",
    CURVES,
)
AF23 = Misconception(
    "AF23",
    "some of the numbers thrown away",
    "Fewer numbers come out than went in. What should stand in the places that your function leaves out?",
    CURVES,
)
AF24 = Misconception(
    "AF24",
    "a function for one number called with an array",
    "`math`'s functions, int and float take one number. Which library has the same functions for arrays?",
    BREAK,
)
AF12 = Misconception(
    "AF12",
    "0 divided by 0, or another number that is none",
    "Somewhere on the way 0 is divided by 0, or a root or logarithm meets a negative number. At which z?",
    BREAK,
)

LARGE = 1000.0
FAR = 80.0  # beyond it an exponential overflows float32
OVERFLOW = "overflow"
ONE_NUMBER = re.compile("only (0-dimensional|length-1|size-1) arrays")  # as NumPy says it


# --- cases


def public_cases(names: Iterable[str]) -> list[Case]:
    """Return arrays for each of some functions, each function a part: of all shapes, large numbers, float32."""
    arrays = {
        "five numbers": np.array([0.0, 1.0, -1.0, 3.0, -2.5]),
        "a table": np.array([[0.5, -0.25, 2.0], [-4.0, 0.0, 1.5]]),
        "large numbers": np.array([LARGE, -LARGE, 30.0, -30.0]),
        "float32": np.array([0.0, 2.0, -2.0, 0.125], dtype=np.float32),
        "large numbers in float32": np.array([LARGE, -LARGE, 95.0], dtype=np.float32),
        "shape ()": np.array(-0.75),
        "shape (0,)": np.zeros((0,)),
    }
    return [Case(label, z, name) for name in names for label, z in arrays.items()]


def drawn_cases(names: Iterable[str], seed: int) -> list[Case]:
    """Draw the cases of grading: other shapes, among them () and (0,), other large numbers, float32."""
    rng = np.random.default_rng([seed, 2])
    large = rng.uniform(720, 2000, size=6) * np.array([1, -1, 1, -1, 1, -1])
    arrays = [
        rng.normal(scale=3, size=(3, 1, 4)),
        rng.normal(scale=3, size=(7, 5)),
        large,
        rng.normal(scale=3, size=(2, 3)).astype(np.float32),
        np.float32(large / 8),
        np.array(rng.normal()),
        np.zeros((0,)),
        np.zeros((2, 0)),
    ]
    return [Case(f"shape {z.shape}", z, name) for name in names for z in arrays]


# --- the probe, which runs where the student's function lives


def watch(function: Callable[..., Any], z: np.ndarray) -> dict[str, Any]:
    """Probe: call a student's function with a copy of an array, and tell what came of it.

    Returns
    -------
    dict
        ``"value"``; ``"warnings"``: of what NumPy would have warned on the way; ``"changed"``: whether the array was;
        ``"one if"``: whether an array was asked for its truth; ``"one number"``: whether a function that takes
        one number got an array.
    """
    given = z.copy()
    seen: list[str] = []
    found = {"value": None, "warnings": [], "changed": False, "one if": False}
    try:
        with np.errstate(over="call", invalid="call", divide="call", call=lambda what, _: seen.append(what)):
            found["value"] = function(given)
    except OverflowError:
        return found | {"warnings": [OVERFLOW]}
    except ValueError as error:
        if "truth value" not in str(error):
            raise
        return found | {"one if": True}
    except TypeError as error:
        if not ONE_NUMBER.search(str(error)):
            raise
        return found | {"one number": True}
    return found | {"warnings": sorted(set(seen)), "changed": not np.array_equal(given, z, equal_nan=True)}


# --- what came of it


def try_function(case: Case, function: Any, right: np.ndarray, ways: Ways) -> Any:
    """Call the function that a case's part names, and return its value if all of it is right.

    Parameters
    ----------
    case
        Its data are the array z.
    function
        The student's.
    right
        The right values.
    ways
        For each wrong way, a function that computes its result.

    Raises
    ------
    NotAttempted, CheckFailed
        If it is not written, or not right.
    """
    name, z = case.part, case.data
    must_be_function(function, name)
    found = case.ask(watch, function, z)
    value = _value(case, found if type(found) is dict else {})
    given = case.array(value, f"What {name} returns")
    if not np.isfinite(given).all():
        place = tuple(np.argwhere(~np.isfinite(given))[0])
        at = f"at z = {z[place]:g} " if given.shape == z.shape else ""
        fitting = tuple(ways_that_fit(given, ways))
        raise told(case, f"{at}yours is {given[place]}", fitting[:1] or _way_to_no_number(z, given))
    if not close(given, right):
        fitting = (*ways_that_fit(given, ways), *_seen_in(z, given, right))
        if name in recipes.RECIPES and not fitting:
            near = partial(nearly, recipes.RECIPES[name], torch.tensor(z, dtype=torch.float64))
            fitting = tuple(neighbours_that_fit(given, near))
        if fitting in ((), (AF22,)):
            digits = (slips.SL8, slips.SL133)
            fitting = tuple(way for way in slips.in_array(given, right, {}) if way in digits) or fitting
        note_contradicted((AF22,), fitting)  # it tells of a whole curve
        small = given.size < ENOUGH and any(map(is_near, fitting))
        error = told(case, _difference(z, given, right), () if small else fitting[:1])
        raise Wrong(replace(error.finding, fitting=fitting, neighbours=name in recipes.RECIPES))
    contradict(ways, right, name)
    if found.get("changed"):
        raise told(case, "it changed the array that it was given", AF2)
    if seen := found.get("warnings"):
        kind = "an overflow" if OVERFLOW in seen else "a division by 0, or of a number that is none"
        raise told(case, f"the numbers are right, but NumPy warns of {kind}", AF11 if OVERFLOW in seen else AF12)
    return value


def told(case: Case, line: str, way: Misconception | Iterable[Misconception] | None) -> Wrong:
    """Return the error for a wrong function, with a line that may hold the case's numbers."""
    return case.sentence(f"{case.part}: {line}.", way, hidden=case.title(case.part))


def _seen_in(z: np.ndarray, given: np.ndarray, right: np.ndarray) -> Iterator[Misconception]:
    """Yield what can be seen in a wrong answer without knowing how it was made."""
    if z.ndim and not given.ndim:
        yield AF1
    elif given.shape != z.shape:
        if given.size < z.size:
            yield AF23
    else:
        sides = [z > 0, z < 0]
        agree = [close(given[side], right[side]) for side in sides if side.any()]
        if len(agree) == 2 and any(agree) and not all(agree):
            yield AF22


def _way_to_no_number(z: np.ndarray, given: np.ndarray) -> Misconception | None:
    """Tell an exponential that overflows, far from 0, from a division 0 by 0, which is met anywhere."""
    if given.shape != z.shape:
        return None
    far = abs(z[~np.isfinite(given)]) > FAR
    return PR2 if far.all() else AF12 if np.isnan(given).any() and not far.any() else None


def _value(case: Case, found: dict[str, Any]) -> Any:
    name = case.part
    if found.get("one if"):
        raise told(case, "it asks an `if` about a whole array", AF8)
    if found.get("one number"):
        raise told(case, "it gives a whole array to a function that takes one number", AF24)
    value = found.get("value")
    if value is None and found.get("warnings"):
        raise told(case, "it raised an OverflowError", PR2)
    if value is None:
        raise case.always(f"{name} returned None. Does it end in a return statement?")
    return np.asarray(value) if isinstance(value, np.bool_) else value  # as z > 0 gives for an array of shape ()


def _difference(z: np.ndarray, given: np.ndarray, right: np.ndarray) -> str:
    if given.shape != right.shape:
        return f"an array of shape {z.shape} came in, one of shape {given.shape} came out"
    differ = ~np.isclose(given, right, rtol=RTOL, atol=ATOL)
    place = tuple(np.argwhere(differ)[0])
    return f"at z = {z[place]:g} yours is {given[place]:.4g}, PyTorch's {right[place]:.4g}"
