"""Checks of the three activation functions and of their slopes.

What is right is what PyTorch computes in float64, slopes by autograd. The functions are called by a probe, which
watches whether something overflows on the way and whether the array that came in is changed.
"""

import dis
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from course_utils.checks import diagnosis
from course_utils.checks.comparing import refusal
from course_utils.checks.parts import judge
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import ask, must_be_function, no_shortcuts, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit

REFERENCE = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
READY_MADE = {"tanh", "expit", "logistic", "sigmoid", "relu"}  # of NumPy, math, SciPy
LARGE = 1000.0


class Case(NamedTuple):
    """An array to try, and whether it may be shown."""

    z: np.ndarray
    hidden: bool = False


def public_cases() -> list[Case]:
    """Make the cases that a learner may see."""
    return [
        Case(np.array([0.0, 1.0, -1.0, 3.0, -2.5])),
        Case(np.array([[0.5, -0.25, 2.0], [-4.0, 0.0, 1.5]])),
        Case(np.array([LARGE, -LARGE, 30.0, -30.0])),
        Case(np.array([0.0, 2.0, -2.0, 0.125], dtype=np.float32)),
    ]


def hidden_cases(seed: int) -> list[Case]:
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
    return [Case(z, hidden=True) for z in arrays]


# --- the probe, which runs where the student's function lives


def watch(function, z: np.ndarray, ready_made: tuple[str, ...]) -> dict:
    """Probe: call a student's function with a copy of an array, and tell what came of it.

    Returns
    -------
    dict
        ``"value"``; ``"overflow"``: whether something overflowed on the way; ``"changed"``: whether the array was;
        ``"one if"``: whether an array was asked for its truth; ``"ready-made"``: library functions that it calls.
    """
    given, seen = z.copy(), []
    found = {"value": None, "overflow": False, "changed": False, "one if": False}
    found["ready-made"] = sorted(_attributes(function) & set(ready_made))
    try:
        with np.errstate(over="call", invalid="call", divide="call", call=lambda *what: seen.append(what)):
            found["value"] = function(given)
    except OverflowError:
        return found | {"overflow": True}
    except ValueError as error:
        if "truth value" not in str(error):
            raise
        return found | {"one if": True}
    return found | {"overflow": bool(seen), "changed": not np.array_equal(given, z, equal_nan=True)}


def _attributes(function) -> set[str]:
    """Return the names that a function looks up in modules and objects, as tanh in np.tanh."""
    if isinstance(function, np.ufunc):
        return {function.__name__}
    code = getattr(getattr(function, "pyfunc", function), "__code__", None)
    found, waiting = set(), [code] if code else []
    while waiting:
        code = waiting.pop()
        found |= {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_ATTR", "LOAD_METHOD")}
        waiting += [constant for constant in code.co_consts if hasattr(constant, "co_code")]
    return found


# --- one function


def _try(name: str, function, case: Case, right: np.ndarray, ways: dict[str, Callable], ready_made) -> None:
    """Check one call; raise CheckFailed, with a code if the wrong way is known, if it is not right."""
    must_be_function(function, name)
    found = ask(watch, function, case.z, tuple(sorted(ready_made)))
    found = found if type(found) is dict else {}
    if library := found.get("ready-made"):
        raise CheckFailed(f"{name} calls a ready-made {library[0]}. Build it yourself here, from np.exp or np.maximum.")
    if found.get("one if"):
        raise _wrong(name, case, "it asks an `if` about a whole array", "AF8")
    if found.get("value") is None and found.get("overflow"):
        raise _wrong(name, case, "it raised an OverflowError", "PR2")
    if found.get("value") is None:
        raise CheckFailed(f"{name} returned None. Does it end in a return statement?")
    value = found["value"]
    value = np.asarray(value) if isinstance(value, np.bool_) else value  # as z > 0 gives for an array of shape ()
    given = as_array(value, f"What {name} returns")
    if not np.isfinite(given).all():
        place = tuple(np.argwhere(~np.isfinite(given))[0])
        at = f"at z = {case.z[place]:g} " if given.shape == case.z.shape else ""
        raise _wrong(name, case, f"{at}yours is {given[place]}", "PR2")
    if not diagnosis.close(given, right):
        code = diagnosis.explain_array(given, ways) or ""
        raise _wrong(name, case, _difference(name, case.z, given, right), code)
    if found.get("changed"):
        raise _wrong(name, case, "it changed the array that it was given", "AF2")
    if found.get("overflow"):
        raise _wrong(name, case, "the numbers are right, but NumPy warns of an overflow", "AF11")
    if ready_made and case.z.dtype == np.float32 and _is_float64(value):
        raise _wrong(name, case, "float32 came in, float64 goes out", "AF5")


def _is_float64(value) -> bool:
    return str(getattr(value, "dtype", "")) in ("float64", "torch.float64")


def _wrong(name: str, case: Case, line: str, code: str) -> CheckFailed:
    where = "in a case drawn at grading" if case.hidden else line
    return refusal(f"{name}: {where}.", code)


def _difference(name: str, z: np.ndarray, given: np.ndarray, right: np.ndarray) -> str:
    if given.shape != right.shape:
        return f"an array of shape {z.shape} came in, one of shape {given.shape} came out"
    wrong = ~np.isclose(given, right, rtol=diagnosis.RTOL, atol=diagnosis.ATOL)
    place = tuple(np.argwhere(wrong)[0])
    return f"at z = {z[place]:g} yours is {given[place]:.4g}, PyTorch's {right[place]:.4g}"


# --- the functions


@quiet()
def three_functions(sigmoid, tanh, relu, hidden: int | None = None) -> Credit:
    """Check ``sigmoid(z)``, ``tanh(z)`` and ``relu(z)`` for arrays of any shape. 3 points, one for each.

    Parameters
    ----------
    sigmoid, tanh, relu
        The student's functions. They must not call ready-made ones.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    cases = public_cases() + ([] if hidden is None else hidden_cases(hidden))
    given = {"sigmoid": sigmoid, "tanh": tanh, "relu": relu}
    return judge({name: (1, partial(_check_values, name, function, cases)) for name, function in given.items()})


def _check_values(name: str, function, cases: list[Case]) -> None:
    for case in cases:
        z = torch.tensor(case.z, dtype=torch.float64)
        with no_shortcuts("sigmoid", "tanh", "relu"):
            _try(name, function, case, _reference(name, z), value_ways(name, z), READY_MADE)


def _reference(name: str, z: torch.Tensor) -> np.ndarray:
    return REFERENCE[name](z).numpy()


def value_ways(name: str, z: torch.Tensor) -> dict[str, Callable]:
    """For each code of a wrong activation function, a function that computes its result, or several."""
    if not z.numel():
        return {}
    ways = {
        "sigmoid": {"AF3": lambda: torch.sigmoid(-z), "AF9": lambda: [z.exp(), (-z).exp()]},
        "tanh": {
            "AF3": lambda: torch.tanh(-z),
            "AF4": lambda: torch.tanh(z / 2),
            "AF6": lambda: [torch.sigmoid(2 * z), torch.sigmoid(z)],
        },
        "relu": {
            "AF1": lambda: [z.max().clamp(min=0), z.max()],
            "AF7": lambda: [z.clamp(max=0), z.abs(), (-z).clamp(min=0)],
            "AF10": lambda: [(z > 0).double(), (z >= 0).double()],
        },
    }
    return ways[name]


# --- their slopes


@quiet()
def three_slopes(d_sigmoid, d_tanh, d_relu, hidden: int | None = None) -> Credit:
    """Check ``d_sigmoid(z)``, ``d_tanh(z)`` and ``d_relu(z)``, the slopes at z; 0 for ReLU at 0. 2 points.

    Parameters
    ----------
    d_sigmoid, d_tanh, d_relu
        The student's functions.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    cases = public_cases() + ([] if hidden is None else hidden_cases(hidden))
    given = {"d_sigmoid": d_sigmoid, "d_tanh": d_tanh, "d_relu": d_relu}
    return judge({name: (2 / 3, partial(_check_slopes, name, function, cases)) for name, function in given.items()})


def _check_slopes(name: str, function, cases: list[Case]) -> None:
    for case in cases:
        z = torch.tensor(case.z, dtype=torch.float64)
        _try(name, function, case, torch_slope(name[2:], z).numpy(), slope_ways(name, z), ())


def torch_slope(name: str, z: torch.Tensor) -> torch.Tensor:
    """Ask autograd for the slope of an activation function at each number of z."""
    with torch.enable_grad():  # a notebook may have switched it off
        z = z.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(REFERENCE[name](z).sum(), z)
    return slope


def slope_ways(name: str, z: torch.Tensor) -> dict[str, Callable]:
    """For each code of a wrong slope, a function that computes it, or several."""
    if not z.numel():
        return {}
    right, value = torch_slope(name[2:], z), REFERENCE[name[2:]](z)
    twice = REFERENCE[name[2:]](value)
    ways = {
        "d_sigmoid": {
            "GR11": lambda: [z * (1 - z), twice * (1 - twice), value * (1 - z), z * (1 - value)],
            "AS2": lambda: [1 - value],
        },
        "d_tanh": {
            "AS1": lambda: [1 - value, right.sqrt()],
            "GR11": lambda: [1 - z**2, 1 - twice**2],
        },
        "d_relu": {
            "AS3": lambda: [torch.where(z == 0, fill, right) for fill in (1.0, 0.5)],
        },
    }
    return ways[name] | {"AS4": lambda: value, "GR1": lambda: -right}
