"""The check of a numerical gradient."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from course_utils.checks.comparing import refusal, title
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import ask, quiet
from course_utils.judging.protocol.verdicts import CheckFailed

EXACT, COARSE = 1e-7, 1e-2  # how far off a gradient may be, relative to its largest number; a step that shows more


# --- functions to be differentiated: each takes an array of any shape and returns a float


def squares(x) -> float:
    """Return a sum of squares, and of products of neighbours."""
    x = np.ravel(np.asarray(x, dtype=float))
    return float((x * x).sum() + (x[1:] * x[:-1]).sum())


def bends(x) -> float:
    """Return a function that bends: tanh of each number and of their sum."""
    x = np.ravel(np.asarray(x, dtype=float))
    return float((np.arange(1, x.size + 1) * np.tanh(x)).sum() + np.tanh(x.sum() / 3) + (x**3).sum() / 4)


FUNCTIONS: dict[str, Callable] = {"squares": squares, "bends": bends}


def torch_gradient(name: str, x: np.ndarray) -> np.ndarray:
    """Ask PyTorch for the gradient of one of the functions above."""
    with torch.enable_grad():  # a notebook may have switched it off
        given = torch.tensor(np.array(x, dtype=np.float64), requires_grad=True)
        flat = given.reshape(-1)
        if name == "squares":
            value = (flat * flat).sum() + (flat[1:] * flat[:-1]).sum()
        else:
            weights = torch.arange(1.0, flat.numel() + 1, dtype=torch.float64)
            value = (weights * flat.tanh()).sum() + (flat.sum() / 3).tanh() + (flat**3).sum() / 4
        (found,) = torch.autograd.grad(value, given)
    return found.numpy()


def probe_gradient(numerical_gradient, name: str, x: np.ndarray, eps: float | None, strided: bool) -> dict:
    """Probe: let the student's function differentiate one of ours, and see what became of x."""
    x = np.repeat(x, 2, axis=-1)[..., ::2] if strided else x.copy()
    before = x.copy()
    found = numerical_gradient(FUNCTIONS[name], x) if eps is None else numerical_gradient(FUNCTIONS[name], x, eps)
    if isinstance(found, np.ndarray) and np.shares_memory(found, x):
        found = found.copy()
    return {"gradient": found, "moved": float(np.abs(x - before).max(initial=0))}


# --- cases


class Case(NamedTuple):
    """One gradient to try. `strided`: a view into a larger array."""

    new: str
    function: str
    shape: tuple[int, ...]
    whole: bool = False
    strided: bool = False


CASES = [
    Case("sum of squares and products, 4 numbers", "squares", (4,)),
    Case("a matrix of 2×3 numbers", "squares", (2, 3)),
    Case("a function that bends, 2×3 numbers", "bends", (2, 3)),
]
HIDDEN_CASES = [
    Case("whole numbers", "squares", (3, 2), whole=True),
    Case("a view", "bends", (3, 4), strided=True),
    Case("three axes", "bends", (2, 1, 3)),
    Case("one number", "bends", (1,)),
]


@quiet()
def numerical_gradient(answer, hidden: int | None = None) -> None:
    """Check ``numerical_gradient(f, x, eps=1e-5)``: an array of the shape of x. 2 points.

    Parameters
    ----------
    answer
        The student's function. ``f`` takes an array and returns a float.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for case in CASES if hidden is None else HIDDEN_CASES:
        x = _numbers(case, hidden or 0)
        for eps in (COARSE, None):
            _judge(answer, case, x, eps, hidden)
    print("Correct.")


def _numbers(case: Case, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, *case.shape])
    return rng.integers(1, 6, case.shape) if case.whole else rng.uniform(0.3, 1.2, case.shape)


def _judge(answer, case: Case, x: np.ndarray, eps: float | None, hidden) -> None:
    outcome = ask(probe_gradient, answer, case.function, x, eps, case.strided)
    found, moved = outcome["gradient"], outcome["moved"]
    if found is None:
        raise CheckFailed("numerical_gradient returned None. Does it end in a return statement?")
    given, right = as_array(found, "What numerical_gradient returns"), torch_gradient(case.function, x)
    step = eps or 1e-5
    allowed = EXACT * np.abs(right).max() + 2 * step**2 * _bend(case, x, step)
    if given.shape == right.shape and np.abs(given - right).max(initial=0) <= allowed:
        if moved > 1e-9:
            raise _wrong("VN2", case, hidden, f"  afterwards a number of x has moved by {moved:.1g}.")
        return
    raise _explain(case, x, step, given, right, hidden)


def _bend(case: Case, x: np.ndarray, step: float) -> float:
    """Return how much of step² a two-sided difference is off at most, measured."""
    step = max(step, 1e-3)
    off = np.abs(_two_sided(case.function, x, step) - torch_gradient(case.function, x)).max(initial=0)
    return off / step**2


def _two_sided(name: str, x: np.ndarray, step: float) -> np.ndarray:
    """Return the mean of two one-sided differences."""
    return (_differences(name, x, step, "ahead") + _differences(name, x, step, "behind")) / 2


def _differences(name: str, x: np.ndarray, step: float, way: str) -> np.ndarray:
    """Return differences of f at a step, one number after the other, as several wrong ways have them.

    Parameters
    ----------
    way
        "ahead" and "behind" look to one side; "not put back" and "not put back, ahead" leave each number where it was
        last; "all at once" moves all numbers.
    """
    f, x = FUNCTIONS[name], np.array(x, dtype=float)
    out = np.zeros(x.shape)
    here = f(x)
    for place in np.ndindex(x.shape):
        where = ... if way == "all at once" else place
        before = x.copy()
        x[where] += step if way != "behind" else 0
        above = f(x)
        x[where] -= {"ahead": step, "not put back, ahead": 0, "behind": step}.get(way, 2 * step)
        below = here if way == "not put back, ahead" else f(x)
        if not way.startswith("not put back"):
            x = before
        out[place] = (above - below) / (step if way in ("ahead", "behind", "not put back, ahead") else 2 * step)
    return out


def wrong_ways(name: str, x: np.ndarray, step: float) -> dict[str, Callable]:
    """For each code of a wrong numerical gradient, a function that computes it (or several, in a list)."""

    def differences(way):
        return _differences(name, x, step, way)

    central = _two_sided(name, x, step)
    ways = {
        "VN1": lambda: [differences("ahead"), differences("behind")],
        "VN2": lambda: [differences("not put back"), differences("not put back, ahead")],
        "GR2": lambda: [2 * central, central / 2, 2 * differences("ahead"), differences("ahead") / 2],
        "VN4": lambda: np.zeros(x.shape),
        "VN7": lambda: [central * 2 * step, central * step, differences("ahead") * step],
        "GR1": lambda: [-central, -differences("ahead")],
        "VN5": lambda: [differences("all at once"), differences("all at once").sum()],
    }
    if x.ndim > 1:
        ways["GR4"] = lambda: central.swapaxes(0, -1)
    return ways


def _explain(case: Case, x, step: float, given, right, hidden) -> CheckFailed:
    where = f"  with eps={step:g}, f = {case.function}: "
    for code, compute in wrong_ways(case.function, np.asarray(x, dtype=float), step).items():
        results = compute()
        for result in results if isinstance(results, list) else [results]:
            # far closer to the wrong way than the wrong way is to the right one
            if given.shape == np.shape(result) and _far(given, result) < 0.02 * _far(result, right):
                return _wrong(code, case, hidden, f"{where}{_first(given, right)}")
    if case.whole and given.shape == right.shape:
        return _wrong("VN3", case, hidden)
    if given.shape != right.shape and given.size == right.size:
        return _wrong("VN6", case, hidden, f"  your shape is {given.shape}.")
    if given.shape != right.shape:
        return _wrong("", case, hidden, f"  your result has the shape {given.shape}, x has {right.shape}.")
    return _wrong("", case, hidden, f"{where}{_first(given, right)}")


def _far(one, other) -> float:
    one, other = np.asarray(one), np.asarray(other)
    return float(np.abs(one - other).max(initial=0)) if one.shape == other.shape or not one.ndim else 1.0


def _first(given, right) -> str:
    worst = np.unravel_index(np.abs(given - right).argmax(), right.shape)
    return f"yours {given[worst]:.7g}, PyTorch {right[worst]:.7g}"


def _wrong(code: str, case: Case, hidden, note: str = "") -> CheckFailed:
    lines = [title("numerical_gradient", case.new if hidden is None else None)]
    lines += [note] if note and hidden is None else []
    return refusal("\n".join(lines), code)
