"""Exercise 3.2: a numerical gradient.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
the two-sided slope, by a step of eps                  every case: at a coarse step, and at the default one
by each number of x, in the shape of x                 one, two and three axes
x may hold whole numbers                               "a matrix of 2×3 whole numbers"
x may be a part of a larger array                      "a part of a larger array"
afterwards x is as it was                              every case
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import slips
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.chain_rule.gradients import GR1_TRUST, GR2, GR4_TRUST
from course_utils.labs.chain_rule.headings import TRUST

VN1 = Misconception(
    "VN1",
    "one-sided difference",
    "Your error shrinks like the step, not like its square: this looks to one side only. What lies on the other?",
    TRUST,
)
VN2 = Misconception(
    "VN2",
    "moved number not put back",
    "A number that was moved is not put back. What is x while the next number is tried, and afterwards?",
    TRUST,
)
VN3 = Misconception(
    "VN3",
    "whole numbers cut the step off",
    "An array of whole numbers cannot hold 3.00001. Of which type must the array be that you move?",
    TRUST,
)
VN4 = Misconception(
    "VN4",
    "a copy was moved, f saw the other array",
    "Your slopes are all 0: f never saw a change. Is the array that you move the one that f gets?",
    TRUST,
)
VN5 = Misconception(
    "VN5",
    "all numbers moved at once",
    "This is one slope for all: every number of x was moved at the same time. Which one should move?",
    TRUST,
)
VN6 = Misconception(
    "VN6",
    "gradient in another shape than x",
    "The slopes are right, their shape is not. Which shape has x?",
    TRUST,
)
VN7 = Misconception(
    "VN7",
    "difference not divided by the distance",
    "These are differences of f, not slopes. By what is a rise divided to make a slope?",
    TRUST,
)
VN8 = Misconception(
    "VN8",
    "difference multiplied by the step instead of divided",
    "Your slopes are far too small: 1 / 2 * e is e / 2 to Python. What stands below the line, and where are brackets?",
    TRUST,
)
VN9 = Misconception(
    "VN9",
    "only the first number moved",
    "Your first slope is right, all others are 0. How often does the loop run, and where does return stand?",
    TRUST,
)
VN10 = Misconception(
    "VN10",
    "another step than eps",
    "The slopes are right, the step is not the one that was handed over. Where does your function use eps?",
    TRUST,
)
VN11 = Misconception(
    "VN11",
    "a whole row moved at once",
    "All numbers of a row have the same slope: they were moved together. How do you reach each single number of x?",
    TRUST,
)
VN12 = Misconception(
    "VN12",
    "slopes cut to whole numbers",
    "Your slopes are whole, up to 1 off. One way: they go into an array of the type of x. Which type can hold them?",
    TRUST,
)
VN13 = Misconception(
    "VN13",
    "divided by the step twice",
    "Your slopes grow when the step shrinks. By what is the rise divided, and how often?",
    TRUST,
)
VN14 = Misconception(
    "VN14",
    "one number in place of all slopes",
    "One number comes back for all of x. Where does each slope go, and what does the next one do to it?",
    TRUST,
)
VN15 = Misconception(
    "VN15",
    "f ahead and f behind added",
    "Here f ahead and f behind are added. What tells how far f has moved from one place to the other?",
    TRUST,
)

VN16 = Misconception(
    "VN16",
    "a step that grows with the number",
    "Here a large number is moved further than a small one. How far does the task move each of them?",
    TRUST,
)
VN17 = Misconception(
    "VN17",
    "how the slope changes, in place of the slope",
    "This is how fast the slope itself changes: f on both sides, less twice f itself. Which two values tell a slope?",
    TRUST,
)

NAME = "numerical_gradient"
EXACT, COARSE = 1e-7, 1e-2  # how far off a gradient may be, relative to its largest number; a step that shows more


# --- functions to be differentiated: each takes an array of any shape and returns a float


def squares(x: Any) -> float:
    """Return a sum of squares, and of products of neighbours."""
    x = np.ravel(np.asarray(x, dtype=float))
    return float((x * x).sum() + (x[1:] * x[:-1]).sum())


def bends(x: Any) -> float:
    """Return a function that bends: tanh of each number and of their sum."""
    x = np.ravel(np.asarray(x, dtype=float))
    return float((np.arange(1, x.size + 1) * np.tanh(x)).sum() + np.tanh(x.sum() / 3) + (x**3).sum() / 4)


FUNCTIONS: dict[str, Callable[[Any], float]] = {"squares": squares, "bends": bends}


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


def probe_gradient(
    numerical_gradient: Callable[..., Any], name: str, x: np.ndarray, eps: float | None, strided: bool
) -> dict[str, Any]:
    """Probe: let the student's function differentiate one of ours; see what became of x, and how far it was moved."""
    x = np.repeat(x, 2, axis=-1)[..., ::2] if strided else x.copy()
    before, others = x.copy(), set[tuple[int, ...]]()
    moves = np.zeros(x.size)

    def f(moved: Any) -> float:
        others.update({np.shape(moved)} - {x.shape})
        step = np.abs(np.asarray(moved, dtype=float).reshape(-1) - before.reshape(-1))
        if step.shape == moves.shape:
            np.maximum(moves, step, out=moves)
        return FUNCTIONS[name](moved)

    found = numerical_gradient(f, x) if eps is None else numerical_gradient(f, x, eps)
    if isinstance(found, np.ndarray) and np.shares_memory(found, x):
        found = found.copy()
    return {
        "gradient": found,
        "moved": float(np.abs(x - before).max(initial=0)),
        "moves": moves,
        "others": sorted(others),
    }


# --- wrong ways


def differences(name: str, x: np.ndarray, step: float, way: str) -> np.ndarray:
    """Return differences of f at a step, one number after the other, as several wrong ways have them.

    Parameters
    ----------
    way
        "ahead" and "behind" look to one side; "not put back" and "not put back, ahead" leave each number where it was
        last, "neither put back" in an array for each side; "all at once" moves all numbers, "a row at once" those of a
        row, and "a row at once, ahead" looks to one side with it.
    """
    if way == "neither put back":
        return _neither_put_back(name, x, step)
    f, x = FUNCTIONS[name], np.array(x, dtype=float)
    out = np.zeros(x.shape)
    here = f(x)
    for place in np.ndindex(x.shape):
        where: Any = ... if way == "all at once" else place[0] if way.startswith("a row at once") else place
        before = x.copy()
        x[where] += step if way != "behind" else 0
        above = f(x)
        one_sided = {"ahead": step, "behind": step, "a row at once, ahead": step, "not put back, ahead": 0}
        x[where] -= one_sided.get(way, 2 * step)
        below = here if way == "not put back, ahead" else f(x)
        if not way.startswith("not put back"):
            x = before
        out[place] = (above - below) / (step if way.endswith("ahead") or way == "behind" else 2 * step)
    return out


def _neither_put_back(name: str, x: np.ndarray, step: float) -> np.ndarray:
    """Two copies, one for each side, that keep all moves."""
    f, above, below = FUNCTIONS[name], np.array(x, dtype=float), np.array(x, dtype=float)
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        above[place] += step
        below[place] -= step
        out[place] = (f(above) - f(below)) / (2 * step)
    return out


def two_sided(name: str, x: np.ndarray, step: float) -> np.ndarray:
    """Return the mean of two one-sided differences."""
    return (differences(name, x, step, "ahead") + differences(name, x, step, "behind")) / 2


def whole_steps(name: str, x: np.ndarray, step: float) -> np.ndarray:
    """Return how far f moves where each moved number is cut to a whole one."""
    f, out = FUNCTIONS[name], np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        values = []
        for move in (step, -step):
            moved = x.copy()
            moved[place] = np.trunc(x[place] + move)
            values.append(f(moved))
        out[place] = values[0] - values[1]
    return out


def wrong_ways(name: str, x: np.ndarray, step: float) -> Ways:
    """For each wrong numerical gradient, a function that computes it (or several, in a list)."""

    def found(way: str) -> np.ndarray:
        return differences(name, x, step, way)

    central = two_sided(name, x, step)
    ways: dict[Misconception, Callable[[], object]] = {
        VN1: lambda: [found("ahead"), found("behind")],
        VN2: lambda: [found("not put back"), found("not put back, ahead"), found("neither put back")],
        GR2: lambda: [2 * central, central / 2, 2 * found("ahead"), found("ahead") / 2],
        VN4: lambda: np.zeros(x.shape),
        VN13: lambda: [2 * central / step, central / step],
        VN17: lambda: [_bends(name, x, step) / share for share in (1, 2 * step, 1 / step)],
        VN15: lambda: [_added(name, x, step) / (2 * step), _added(name, x, step) / step],
        VN14: lambda: [central.sum(), central.flat[-1], central.flat[0]],
        VN8: lambda: [*(factor * central * step**2 for factor in (1, 2, 4)), found("ahead") * step**2],
        VN9: lambda: [_first_alone(central), _first_alone(found("ahead"))],
        VN7: lambda: [central * 2 * step, central * step, found("ahead") * step],
        GR1_TRUST: lambda: [-central, -found("ahead")],
        VN5: lambda: [found("all at once"), found("all at once").sum()],
    }
    if x.ndim > 1:
        ways[GR4_TRUST] = lambda: central.swapaxes(0, -1)
        ways[VN11] = lambda: [found("a row at once"), found("a row at once, ahead") / 2]  # of a view, which moves along
        ways[VN6] = lambda: central.reshape(-1)
    if x.dtype.kind == "i":
        ways[VN3] = lambda: [whole_steps(name, x, step) / (2 * step), whole_steps(name, x, step) / step]
    return ways


def _added(name: str, x: np.ndarray, step: float) -> np.ndarray:
    """Return f ahead and f behind, added."""
    f, out = FUNCTIONS[name], np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        for move in (step, -step):
            moved = x.astype(float)
            moved[place] += move
            out[place] += f(moved)
    return out


def _bends(name: str, x: np.ndarray, step: float) -> np.ndarray:
    """Return the second differences of f, divided by the square of the step."""
    return (differences(name, x, step, "ahead") - differences(name, x, step, "behind")) / step


def _first_alone(slopes: np.ndarray) -> np.ndarray:
    out = np.zeros(slopes.shape)
    out.flat[0] = slopes.flat[0]
    return out


class Differentiation(NamedTuple):
    """One gradient to try: of which function, at an array of which shape. `strided`: a view into a larger array."""

    function: str
    shape: tuple[int, ...]
    whole: bool = False
    strided: bool = False


class NumericalGradient(Implementation):
    """Write ``numerical_gradient(f, x, eps=1e-5)``: slopes in the shape of x. ``f`` takes an array, returns a float."""

    id = "numerical-gradient"
    hints = (
        "Which number of x do you move, and what must it be again before you move the next one?",
        "f(x + a little) and f(x - a little): how far apart are these two places?",
        "Which type has the array that you move, if x comes as whole numbers? np.ndindex(x.shape) visits any shape.",
    )
    worked = """
    How strongly does a curve bend? By the same idea, for one number: go a step to both sides.

    ```python
    def bend(f, x, step):
        return (f(x + step) - 2 * f(x) + f(x - step)) / step**2
    ```

    1. For f(x) = x³ at 2 with step 0.1: f(2.1) = 9.261, f(2) = 8, f(1.9) = 6.859.
    2. 9.261 − 16 + 6.859 = 0.12, divided by 0.01 is 12. Right: the second derivative is 6x.
    3. For two numbers (a, b) and f = a² · b the first is moved alone: f(a + 0.1, b) and f(a − 0.1, b); then a is put
       back, and b has its turn. Whoever forgets that measures the second slope at another place.
    """
    misconceptions = (
        VN1,
        VN2,
        VN3,
        VN4,
        VN5,
        VN6,
        VN7,
        VN8,
        VN9,
        VN10,
        VN11,
        VN12,
        VN13,
        VN14,
        VN15,
        VN16,
        VN17,
        GR1_TRUST,
        GR2,
        GR4_TRUST,
    )

    def cases(self) -> Sequence[Case]:
        """Return one, two and three axes, whole numbers, a function that bends, a part of a larger array."""
        return [
            Case("sum of squares and products, 4 numbers", Differentiation("squares", (4,))),
            Case("a matrix of 2×3 numbers", Differentiation("squares", (2, 3))),
            Case("a function that bends, 2×3 numbers", Differentiation("bends", (2, 3))),
            Case("a matrix of 2×3 whole numbers", Differentiation("squares", (2, 3), whole=True)),
            Case("2×1×3 numbers", Differentiation("bends", (2, 1, 3))),
            Case("a part of a larger array, 2×3 numbers", Differentiation("bends", (2, 3), strided=True)),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other shapes of the same kinds, one number among them."""
        return [
            Case("whole numbers", Differentiation("squares", (3, 2), whole=True)),
            Case("a view", Differentiation("bends", (3, 4), strided=True)),
            Case("three axes", Differentiation("bends", (1, 3, 2))),
            Case("one number", Differentiation("bends", (1,))),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with autograd, at a coarse step that shows the kind of error, and at the default one."""
        for eps in (COARSE, None):
            _try_step(case, answer, eps)


def _try_step(case: Case, answer: Callable[..., Any], eps: float | None) -> None:
    function, shape, whole, strided = case.data
    rng = case.rng(*shape)
    x = rng.integers(1, 6, shape) if whole else rng.uniform(0.3, 1.2, shape)
    x.flat[: x.size // 2] *= -1  # slopes of both signs
    outcome = case.ask(probe_gradient, answer, function, x, eps, strided)
    if outcome["gradient"] is None:
        raise case.always(f"{NAME} returned None. Does it end in a return statement?")
    given, right = case.array(outcome["gradient"], f"What {NAME} returns"), torch_gradient(function, x)
    step, moves = eps or 1e-5, outcome["moves"]
    if _grow(moves, np.abs(x).reshape(-1)):
        raise case.wrong(NAME, VN16, detail=f"  with eps={step:g} numbers were moved by {_between(moves)}.")
    allowed = EXACT * np.abs(right).max() + 2 * step**2 * _bend(function, x, step)
    if given.shape != right.shape or not np.abs(given - right).max(initial=0) <= allowed:
        raise _explained(case, x, step, given, right, moves)
    if not step / 3 < moves.max(initial=0) < 5 * step:
        raise case.wrong(NAME, VN10, detail=f"  with eps={step:g} a number was moved by {moves.max(initial=0):.1g}.")
    if outcome["others"]:
        came = tuple(outcome["others"][0])
        raise case.wrong(
            NAME, detail=f"  f takes an array like x, of shape {x.shape}; it was called with one of {came}."
        )
    if outcome["moved"] > 1e-9:
        raise case.wrong(NAME, VN2, detail=f"  afterwards a number of x has moved by {outcome['moved']:.1g}.")


def _grow(moves: np.ndarray, sizes: np.ndarray) -> bool:
    """Tell whether larger numbers were moved further, and how far follows from how large they are."""
    if moves.min(initial=1) <= 0 or moves.max(initial=0) < 1.02 * moves.min(initial=1):
        return False
    kinds = (sizes, np.maximum(1, sizes), 1 + sizes, np.sqrt(sizes))
    return any(np.ptp(moves / one) <= 1e-3 * (moves / one).max() for one in kinds)


def _between(moves: np.ndarray) -> str:
    return f"{moves.min():.2g} to {moves.max():.2g}"


def _bend(name: str, x: np.ndarray, step: float) -> float:
    """Return how much of step² a two-sided difference is off at most, measured."""
    step = max(step, 1e-3)
    off = np.abs(two_sided(name, x, step) - torch_gradient(name, x)).max(initial=0)
    return float(off / step**2)


def _explained(
    case: Case, x: np.ndarray, step: float, given: np.ndarray, right: np.ndarray, moves: np.ndarray
) -> Wrong:
    function = case.data.function
    note = f"  with eps={step:g}, f = {function}: {_first(given, right)}" if given.shape == right.shape else ""
    for way, compute in wrong_ways(function, x, step).items():
        results = compute()
        for result in results if isinstance(results, list) else [results]:
            # far closer to the wrong way than that is to the right one, and to 0
            near = 1e-3 * min(_far(result, right), np.abs(result).max(initial=0))
            if given.shape == np.shape(result) and _far(given, result) <= near:
                return case.wrong(NAME, way, detail=note or _shape_note(given, right))
    cut = x.dtype.kind == "i" and bool(np.all(given == np.trunc(given))) and _far(given, right) < 1 + 1e-6
    if given.shape == right.shape and _far(given, right) <= 0.01 * np.abs(right).max(initial=0):
        other_step = not 0.9 * step < moves.max(initial=0) < 1.1 * step
        return case.wrong(NAME, VN12 if cut else VN10 if other_step else None, detail=note)
    slip = next(iter(slips.in_array(np.asarray(given), two_sided(function, x, step), {})), None)
    return case.wrong(NAME, VN12 if cut else slip, detail=note or _shape_note(given, right))


def _far(one: Any, other: Any) -> float:
    one, other = np.asarray(one), np.asarray(other)
    return float(np.abs(one - other).max(initial=0)) if one.shape == other.shape or not one.ndim else 1.0


def _shape_note(given: np.ndarray, right: np.ndarray) -> str:
    return f"  your result has the shape {given.shape}, x has {right.shape}."


def _first(given: np.ndarray, right: np.ndarray) -> str:
    worst = np.unravel_index(np.abs(given - right).argmax(), right.shape)
    return f"yours {given[worst]:.7g}, PyTorch {right[worst]:.7g}"
