"""Functions of one value in a learner's engine, and the known wrong slopes: u = f(a), y = u * w."""

import math
from collections.abc import Callable
from typing import Any

from course_utils.judging.cases import Case
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.chain_rule import programs
from course_utils.labs.chain_rule.engine import Run, ask_engine, fault_of, probe_gradients, read, speak
from course_utils.labs.chain_rule.gradients import GR1, GR10, GR11
from course_utils.labs.chain_rule.headings import ENGINE
from course_utils.labs.chain_rule.programs import Program

VE14 = Misconception(
    "VE14",
    "power rule",
    "This is not the slope of a power. What becomes of the exponent, twice?",
    ENGINE,
)
VE15 = Misconception(
    "VE15",
    "part of a derivative formula missing",
    "A factor or a square is missing in this slope. What does your formula give where the curve is steepest?",
    ENGINE,
)
VE17 = Misconception(
    "VE17",
    "no slope recorded",
    "The number is right, the slope is 0. What does this operation record besides its result?",
    ENGINE,
)

RELU_LINE = "u = a.relu()"
RELU_PLACES = ((1.5, -2.0), (-1.5, 2.0), (-0.5, -2.0))  # each with a factor


def applied(part: str, line: str, place: float, factor: float) -> Case:
    """Return the case of a function at a place, with a factor behind it that goes back first."""
    written = Program({"a": place, "w": factor}, (line, "y = u * w"))
    return Case(str(written), Run(written), part)


def try_function(case: Case, Value: Any) -> None:
    """Compare numbers and gradients with PyTorch's; tell a wrong slope of the function itself."""
    run: Run = case.data
    fault = fault_of(Value, run)
    if fault is None:
        return
    way = _slope_way(Value, case.part, run.written) if run.single_steps and case.part in _SLOPES else None
    raise speak(case, fault._replace(ways=(way,)) if way else fault)


def _slope_way(Value: Any, part: str, written: Program) -> Misconception | None:
    given = _gradient_of(Value, written)
    if given is None:
        return None
    way = slope_way(part, written.lines[0], written.inputs["a"], written.inputs["w"], given)
    return _relu_way(Value) if part == "relu" and way else way


def slope_way(part: str, line: str, place: float, factor: float, given: float) -> Misconception | None:
    """Return the wrong slope that gives exactly this gradient of a; None if none does.

    Parameters
    ----------
    part, line
        Which function, and the line that uses it.
    place, factor
        The numbers of a and of w.
    given
        The student's gradient of a.
    """
    exponent = float(line.split("**")[1]) if part == "power" else 0.0
    output = _OUTPUTS[part](place, exponent)
    for way, slopes in _SLOPES[part](place, output, exponent).items():
        if any(math.isclose(given, slope * factor, rel_tol=1e-7, abs_tol=1e-9) for slope in slopes):
            return way
    if part == "relu" and line == RELU_LINE and given in (0, factor):
        return GR10
    return VE17 if given == 0 else None


def _relu_way(Value: Any) -> Misconception:
    """Tell a mask from the wrong side from a slope that is always 0."""
    rows = [Program({"a": place, "w": factor}, (RELU_LINE, "y = u * w")) for place, factor in RELU_PLACES]
    return GR10 if any(_gradient_of(Value, written) for written in rows) else VE17


def _gradient_of(Value: Any, written: Program) -> float | None:
    """Return the gradient of a; None where it cannot be the function's: a number is wrong, or nothing comes back."""
    try:
        found = ask_engine(probe_gradients, Value, written)
        numbers = read(found["numbers"], written.names, "data")
        gradients = read(found["gradients"], written.inputs, "grad")
    except CheckFailed:
        return None
    right = programs.close(numbers, programs.torch_numbers(written))
    return gradients["a"] if right and any(gradients.values()) else None


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _power(x: float, k: float) -> float:
    value = x**k
    return value if isinstance(value, float) else math.nan


_OUTPUTS: dict[str, Callable[[float, float], float]] = {
    "power": _power,
    "exp": lambda x, k: math.exp(x),
    "tanh": lambda x, k: math.tanh(x),
    "relu": lambda x, k: max(x, 0.0),
    "sin": lambda x, k: math.sin(x),
    "log": lambda x, k: math.log(x),
    "sigmoid": lambda x, k: _sigmoid(x),
}
_SLOPES: dict[str, Callable[[float, float, float], dict[Misconception, list[float]]]] = {
    "power": lambda x, y, k: {
        VE14: [_power(x, k - 1), k * y, y, k, _power(x, k + 1)],
        GR11: [k * _power(y, k - 1)],
        GR1: [-k * _power(x, k - 1)],
    },
    "exp": lambda x, y, k: {GR11: [math.exp(y)], VE14: [x * math.exp(x - 1)], VE15: [x, 1.0], GR1: [-y]},
    "tanh": lambda x, y, k: {GR11: [1 - x * x, 1 - math.tanh(y) ** 2], VE15: [1 - y, y * y, 1 + y * y]},
    "relu": lambda x, y, k: {},
    "sin": lambda x, y, k: {GR1: [-math.cos(x)], GR11: [math.cos(y)], VE15: [y, math.cos(x) * x]},
    "log": lambda x, y, k: {GR11: [1 / y], GR1: [-1 / x], VE15: [y, x]},
    "sigmoid": lambda x, y, k: {
        GR11: [x * (1 - x), _sigmoid(y) * (1 - _sigmoid(y))],
        VE15: [y, 1 - y, y * y, 1 - y * y],
        GR1: [-y * (1 - y)],
    },
}
