"""Functions of one value in a learner's engine, and the known wrong slopes: u = f(a), y = u * w."""

import math
from collections.abc import Callable
from typing import Any

from course_utils.judging.cases import Case
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import Recipe, neighbours
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.chain_rule import programs, recipes
from course_utils.labs.chain_rule.engine import Run, ask_engine, fault_of, probe_gradients, read, speak
from course_utils.labs.chain_rule.gradients import GR1_ORDER, GR10_ENGINE, GR11, VG8_ENGINE
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
    "The formula of this slope lacks a factor, a square or a sign. What does yours give where the curve is steepest?",
    ENGINE,
)
VE17 = Misconception(
    "VE17",
    "no slope recorded",
    "The number is right, the slope is 0. What does this operation record besides its result?",
    ENGINE,
)
VE28 = Misconception(
    "VE28",
    "slope of 1 for a function",
    "What comes back passes unchanged, as through a sum. How far does this function move when its input moves by 1?",
    ENGINE,
)
VE29 = Misconception(
    "VE29",
    "function's own value taken for its slope",
    "This is the function's own value. For which one function is that its slope?",
    ENGINE,
)
VE30 = Misconception(
    "VE30",
    "slope of another function",
    "This is the slope of another function. Whose formula did you take?",
    ENGINE,
)
VE31 = Misconception(
    "VE31",
    "power rule used for an exponential",
    "This treats e to the x as if it were x to a power. What moves here, the base or the exponent?",
    ENGINE,
)
VE32 = Misconception(
    "VE32",
    "slope of the logarithm upside down",
    "This slope grows with x. Where is the logarithm steeper, at 1 or at 10?",
    ENGINE,
)
VE45 = Misconception(
    "VE45",
    "ReLU that lets through what is below 0",
    "Something comes through where the input is below 0, in the number or in the slope. What does a ReLU let pass?",
    ENGINE,
)
VE44 = Misconception(
    "VE44",
    "input taken for the slope",
    "The slope that you record is the input itself. How far does this function move when its input moves by 1?",
    ENGINE,
)
VE57 = Misconception(
    "VE57",
    "right near 0 only",
    "Near 0 this is right, further out it is not. Is something cut off at a bound, or does your formula hold near 0 "
    "only?",
    ENGINE,
)
VE58 = Misconception(
    "VE58",
    "another function's numbers",
    "These are the numbers of another function, or of another base or unit. Which function does the task name?",
    ENGINE,
)
VE59 = Misconception(
    "VE59",
    "a function that returns its own input",
    "This function returns the value that it was given. Is the result a new Value, with a gradient of its own?",
    ENGINE,
)
VE33 = Misconception(
    "VE33",
    "logarithm to another base",
    "This is a logarithm to another base. Which base does the task name, and which function of math has it?",
    ENGINE,
)
VE34 = Misconception(
    "VE34",
    "sigmoid with the sign of its input lost",
    "Your sigmoid falls where it should rise. Towards which number should it go for a large input?",
    ENGINE,
)

RELU_LINE = "u = a.relu()"
RELU_PLACES = ((1.5, -2.0), (-1.5, 2.0), (-0.5, -2.0), (0.3, 3.0), (0.0, 5.0))  # each with a factor
IN_A_ROW = Program({"a": 1.5, "b": -0.5, "w": 2.0}, ("u = a * b", "y = u * w"))
TELLING = ((0.4, 1.5), (1.3, -2.0))  # places and factors that a wrong slope has to explain, too
NEAR_NOTHING, ROUGHLY = ((0.05, 2.0), (-0.05, 3.0)), 1e-3  # where a function is right that is wrong further out


def applied(part: str, line: str, place: float, factor: float) -> Case:
    """Return the case of a function at a place, with a factor behind it that goes back first."""
    written = Program({"a": place, "w": factor}, (line, "y = u * w"))
    return Case(str(written), Run(written), part)


def try_function(case: Case, Value: Any) -> None:
    """Compare numbers and gradients with PyTorch's; tell a wrong slope of the function itself."""
    run: Run = case.data
    fault = fault_of(Value, run)
    if fault is None:
        if _returns_its_input(Value, run.written):
            raise case.wrong(case.part, VE59)
        return
    way = _way(Value, case.part, run.written) if run.single_steps else None
    raise speak(case, fault._replace(ways=(way,)) if way else fault)


def probe_same(Value: Any, inputs: dict[str, float], lines: list[str]) -> bool:
    """Probe: tell whether the first line of a program makes no new value."""
    names = {name: Value(number) for name, number in inputs.items()}
    given = list(names.values())
    programs.run_lines(lines[:1], names)
    made = names[programs.target_of(lines[0])]
    return any(made is one for one in given)


def _returns_its_input(Value: Any, written: Program) -> bool:
    try:
        return bool(ask_engine(probe_same, Value, written))
    except CheckFailed:
        return False


def _way(Value: Any, part: str, written: Program) -> Misconception | None:
    """Return the wrong number or the wrong slope that a learner's function gives; None if it is not known.

    Where an engine fails without any function, its functions are not to blame.
    """
    if fault_of(Value, Run(IN_A_ROW)) is not None:
        return None
    if part == "relu":
        return _relu_way(Value)
    if part not in _SLOPES:
        return None
    way = _number_way(Value, part, written) or _slope_way(Value, part, written)
    return way or (VE57 if part != "log" and _is_right_near_nothing(Value, part, written) else None)


def _is_right_near_nothing(Value: Any, part: str, written: Program) -> bool:
    """Tell whether a function that is wrong at a place far from 0 has right numbers and slopes near it."""
    if abs(written.inputs["a"]) <= 10 * NEAR_NOTHING[0][0] or _is_roughly_right(Value, written):
        return False
    near = (applied(part, written.lines[0], *place).data.written for place in NEAR_NOTHING)
    return all(_is_roughly_right(Value, one) for one in near)


def _is_roughly_right(Value: Any, written: Program) -> bool:
    """Tell whether the number and the slope of a function are right to some digits."""
    try:
        found = ask_engine(probe_gradients, Value, written)
        numbers, gradients = (read(found[what], written.names, what) for what in ("numbers", "gradients"))
    except CheckFailed:
        return False
    right = programs.torch_numbers(written)["u"], programs.torch_gradients(written)["a"]
    pairs = zip((numbers["u"], gradients["a"]), right, strict=True)
    return all(math.isclose(*pair, rel_tol=ROUGHLY) for pair in pairs)


def _number_way(Value: Any, part: str, written: Program) -> Misconception | None:
    """Return the wrong function that gives exactly the numbers of a learner's, here and at other places."""
    rows = [written, *(applied(part, written.lines[0], *place).data.written for place in TELLING)]
    given = [_number_of(Value, one) for one in rows]
    if given[0] is not None and close_numbers(given[0], programs.torch_numbers(written)["u"]):
        return None
    for way, functions in _NUMBERS.get(part, {}).items():
        for function in functions:
            if all(
                number is not None and close_numbers(number, function(one.inputs["a"]))
                for number, one in zip(given, rows, strict=True)
            ):
                return way
    return _near_way(recipes.NUMBERS.get(part), rows, given)


def _near_way(
    recipe: Recipe | None, rows: list[Program], given: list[float | None], times: str = ""
) -> Misconception | None:
    """Return the neighbour of a recipe that gives the numbers of all rows, or their slopes with the factor behind."""

    def fits(function: Recipe, written: Program, number: float | None) -> bool:
        line, factor = written.lines[0], written.inputs[times] if times else 1.0
        exponent = float(line.split("**")[1]) if "**" in line else 0.0
        try:
            return number is not None and close_numbers(number, factor * float(function(written.inputs["a"], exponent)))
        except Exception:
            return False

    for way, function in neighbours(recipe) if recipe else ():
        if all(fits(function, one, number) for one, number in zip(rows, given, strict=True)):
            return way
    return None


def _number_of(Value: Any, written: Program) -> float | None:
    try:
        return read(ask_engine(probe_gradients, Value, written)["numbers"], written.names, "data")["u"]
    except CheckFailed:
        return None


def _slope_way(Value: Any, part: str, written: Program) -> Misconception | None:
    """Return the wrong slope that gives exactly what a learner's function gives, here and at other places."""
    line, inputs = written.lines[0], written.inputs
    rows = [written, *(applied(part, line, *place).data.written for place in TELLING)]
    given = [_gradient_of(Value, one) for one in rows]
    if given[0] is None or close_numbers(given[0], programs.torch_gradients(written)["a"]):
        return None
    ways = slope_ways(part, line, inputs["a"])
    way = next((way for way in ways if _gives_all(way, part, rows, given)), None)
    return way or _near_way(recipes.SLOPES.get(part), rows, given, times="w")


def _gives_all(way: Misconception, part: str, rows: list[Program], given: list[float | None]) -> bool:
    """Tell whether one version of a wrong slope gives the gradients of a in all rows."""
    versions = [slope_ways(part, one.lines[0], one.inputs["a"])[way] for one in rows]
    return any(
        all(
            number is not None and close_numbers(number, slope * one.inputs["w"])
            for number, slope, one in zip(given, slopes, rows, strict=True)
        )
        for slopes in zip(*versions, strict=True)
    )


def close_numbers(one: float, other: float) -> bool:
    """Tell whether two slopes agree."""
    return math.isclose(one, other, rel_tol=1e-7, abs_tol=1e-9)


def slope_ways(part: str, line: str, place: float) -> dict[Misconception, list[float]]:
    """Return the slopes that each wrong way gives for a function at a place, as many for every place.

    Parameters
    ----------
    part, line
        Which function, and the line that uses it.
    place
        The number of a.
    """
    exponent = float(line.split("**")[1]) if part == "power" else 0.0
    output = _OUTPUTS[part](place, exponent)
    return _SLOPES[part](place, output, exponent) | {VE17: [0.0], VE28: [1.0]}


def _relu_way(Value: Any) -> Misconception | None:
    """Tell a mask from the wrong side from a slope that is always 0, and from another slope at 0 itself."""
    rows = [Program({"a": place, "w": factor}, (RELU_LINE, "y = u * w")) for place, factor in RELU_PLACES]
    passed = [_number_of(Value, written) for written in rows]
    if None not in passed and any(number for number, (place, _) in zip(passed, RELU_PLACES, strict=True) if place < 0):
        return VE45
    given = [_gradient_of(Value, written) for written in rows]
    if None in given:
        return None
    slopes = [(number or 0.0) / factor for number, (_, factor) in zip(given, RELU_PLACES, strict=True)]
    inside = slopes[:-1]  # the last place is 0
    right = [float(place > 0) for place, _ in RELU_PLACES[:-1]]
    if inside == right:
        return VG8_ENGINE if slopes[-1] else None
    if not any(slopes):
        return VE17
    if all(close_numbers(slope, 1.0) for slope in inside):
        return VE28
    below = {slope for slope, (place, _) in zip(slopes, RELU_PLACES, strict=True) if place < 0}
    if len(below) == 1 and 0 < max(below) < 1 and set(inside) - below == {1.0}:
        return VE45
    if all(close_numbers(slope, place) for slope, (place, _) in zip(slopes, RELU_PLACES, strict=True)):
        return VE44
    if all(close_numbers(slope, max(place, 0.0)) for slope, (place, _) in zip(slopes, RELU_PLACES, strict=True)):
        return VE29
    return GR10_ENGINE if set(inside) <= {0.0, 1.0} else None


def _gradient_of(Value: Any, written: Program) -> float | None:
    """Return the gradient of a; None where it cannot be the function's: a number is wrong, or nothing comes back."""
    try:
        found = ask_engine(probe_gradients, Value, written)
        numbers = read(found["numbers"], written.names, "data")
        gradients = read(found["gradients"], written.names, "grad")
    except CheckFailed:
        return None
    right = programs.close(numbers, programs.torch_numbers(written))
    back = gradients["u"] == written.inputs["w"] and gradients["w"] == numbers["u"]
    return gradients["a"] if right and back else None


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _power(x: float, k: float) -> float:
    value = x**k
    return value if isinstance(value, float) else math.nan


_OUTPUTS: dict[str, Callable[[float, float], float]] = {
    "power": _power,
    "exp": lambda x, k: math.exp(x),
    "tanh": lambda x, k: math.tanh(x),
    "sin": lambda x, k: math.sin(x),
    "log": lambda x, k: math.log(x),
    "sigmoid": lambda x, k: _sigmoid(x),
}
_NUMBERS: dict[str, dict[Misconception, list[Callable[[float], float]]]] = {
    "exp": {VE58: [math.exp2, lambda x: 10**x, math.expm1, lambda x: math.exp(-x), math.cosh]},
    "tanh": {VE58: [math.tan, math.sinh, math.cosh, math.atan, _sigmoid, lambda x: math.tanh(x / 2)]},
    "sin": {VE58: [math.cos, math.tan, math.sinh, math.asinh, lambda x: math.sin(math.radians(x))]},
    "log": {VE33: [math.log10, math.log2], VE58: [math.log1p, lambda x: 1 / x, math.exp]},
    "sigmoid": {VE34: [lambda x: _sigmoid(-x)], VE58: [math.tanh, lambda x: _sigmoid(2 * x)]},
}
_SLOPES: dict[str, Callable[[float, float, float], dict[Misconception, list[float]]]] = {
    "power": lambda x, y, k: {
        VE14: [_power(x, k - 1), k * y, y, k, _power(x, k + 1), (k - 1) * _power(x, k - 1), k * x, 2 * x, k * y - 1],
        GR11: [k * _power(y, k - 1)],
        GR1_ORDER: [-k * _power(x, k - 1)],
    },
    "exp": lambda x, y, k: {GR11: [math.exp(y), x], VE31: [x * math.exp(x - 1)], GR1_ORDER: [-y]},
    "tanh": lambda x, y, k: {
        GR11: [1 - x * x, 1 - math.tanh(y) ** 2],
        VE15: [1 - y, 1 + y * y, y * y, y * y - 1, 1 - 2 * y],
        VE29: [y],
        VE30: [y * (1 - y)],
    },
    "sin": lambda x, y, k: {GR1_ORDER: [-math.cos(x)], GR11: [math.cos(y)], VE29: [y], VE30: [-y, 1 - y * y]},
    "log": lambda x, y, k: {
        GR11: [1 / y],
        GR1_ORDER: [-1 / x],
        VE29: [y],
        VE32: [x],
        VE30: [1 / (x * math.log(10)), 1 / (x * math.log(2)), math.exp(x), -1 / x**2],
    },
    "sigmoid": lambda x, y, k: {
        GR11: [x * (1 - x), _sigmoid(y) * (1 - _sigmoid(y))],
        VE15: [1 - y, y * y, y * (1 + y), y - 1, (1 - y) ** 2, y * (y - 1)],
        VE29: [y],
        VE30: [1 - y * y],
    },
}
