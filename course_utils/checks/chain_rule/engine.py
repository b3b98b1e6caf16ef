"""Checks of the learner's engine: its class `Value`, the order of going back, backward, and its functions.

The class is reached through probes only. A probe runs a program (see `programs`) on the learner's values and returns
numbers; what is right is asked of PyTorch, outside the probe. PyTorch itself may not be used by the engine.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from course_utils.checks.chain_rule import programs, wrong_engines
from course_utils.checks.chain_rule.programs import SEVEN_NODES, Program, program
from course_utils.checks.comparing import refusal
from course_utils.checks.sets import mark
from course_utils.judging.answers import plain
from course_utils.judging.protocol.calling import ask, no_shortcuts, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

ALL_OF_TORCH = ""  # a part of every function's name
LONG = 5_000  # lines of the long program

# --- probes: these run beside the student's class


def probe_numbers(Value, inputs: dict, lines: list) -> dict:
    """Probe: run a program; return its numbers, the inputs' numbers afterwards, and each line's parents by name."""
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    known = {id(value): name for name, value in names.items()}
    recorded = {
        name: [known.get(id(parent), "") for parent in value.parents] if hasattr(value, "parents") else None
        for name, value in names.items()
    }
    return {"numbers": {name: value.data for name, value in names.items()}, "parents": recorded}


def probe_order(Value, inputs: dict, lines: list) -> list:
    """Probe: run a program; return the result's backward order by name ("" for a value that has none)."""
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    known = {id(value): name for name, value in names.items()}
    result = names[programs.target_of(lines[-1])]
    order = result.backward_order()
    return None if order is None else [known.get(id(value), "") for value in order]


def probe_gradients(Value, inputs: dict, lines: list, calls: int = 1, reset: bool = False) -> dict:
    """Probe: run a program, call backward of its result; return the inputs' gradients and all numbers.

    Parameters
    ----------
    calls
        How often backward is called.
    reset
        Set all gradients to 0 before the last call.
    """
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    for call in range(calls):
        if reset and call == calls - 1:
            for value in names.values():
                value.grad = 0.0
        names[programs.target_of(lines[-1])].backward()
    return {
        "gradients": {name: names[name].grad for name in inputs},
        "seed": names[programs.target_of(lines[-1])].grad,
        "numbers": {name: value.data for name, value in names.items()},
    }


# --- asking


def _ask(probe, Value, written: Program, *more):
    with no_shortcuts(ALL_OF_TORCH):
        return ask(probe, Value, dict(written.inputs), list(written.lines), *more)


def _read(found, names, what: str) -> dict[str, float]:
    """Return numbers by name as Python's own floats."""
    numbers = {name: plain(found[name]) for name in names}
    for name, number in numbers.items():
        if number is None:
            raise CheckFailed(f"{name}.{what} should be a number, not {type(found[name]).__name__}.")
    return numbers


def _wrong(code: str, *lines: str) -> CheckFailed:
    return refusal("\n".join(lines), code)


def _told(hidden, text: str) -> str:
    return text if hidden is None else "a case drawn at grading"


# --- step 1: values that remember

FORWARD = [program("y = a + b", a=2, b=5), program("y = a * b", a=3, b=-4), program("s = a + b; y = s * a", a=2, b=3)]
CONSTANTS = [
    program("y = a + 7", a=2),
    program("y = 7 + a", a=2),
    program("y = 3 * a", a=5),
    program("y = a * 0.5", a=5),
    program("y = 10 - a", a=4),
    program("y = a - b", a=4, b=6),
]


@quiet()
def value_class(Value, hidden: int | None = None) -> None:
    """Check the class `Value`: numbers of sums, products, differences, and what it remembers. 1 point.

    Parameters
    ----------
    Value
        The student's class.
    hidden
        Seed of a further program, drawn at grading. Messages do not describe it.
    """
    cases = [*FORWARD, *CONSTANTS] if hidden is None else [programs.random_program(hidden, functions=False)]
    for case in cases:
        try:
            found = _ask(probe_numbers, Value, case)
        except CheckFailed as error:
            if case in CONSTANTS:
                raise _wrong("VE7", f"Value: not yet right ({case}).", *error.message.split("\n")[:1]) from None
            raise
        _judge_numbers(case, found, hidden)
    print("Correct.")


def _judge_numbers(case: Program, found: dict, hidden) -> None:
    given, right = _read(found["numbers"], case.names, "data"), programs.torch_numbers(case)
    title = f"Value: not yet right ({_told(hidden, str(case))})."
    if any(given[name] != number for name, number in case.inputs.items()):
        raise _wrong("VE16", title)
    if not programs.close(given, right):
        name = next(name for name in case.names if not programs.close(given, {name: right[name]}))
        note = f"  {name}.data is {given[name]:g}, it should be {right[name]:g}."
        raise _wrong("", title, *([note] if hidden is None else []))
    for line in case.lines if hidden is None else ():
        made, parents = programs.target_of(line), found["parents"][programs.target_of(line)]
        if parents is not None and not set(programs.operands_of(line)) <= set(parents) and "-" not in line:
            note = f"  {made}.parents should hold {' and '.join(dict.fromkeys(programs.operands_of(line)))}."
            raise _wrong("VE6", title, note)


# --- step 2: the order of going back

TWINS = program("c = a + b; d = a * b; y = c * d", a=2, b=2)
TWICE = program("b = a + a; c = b + b; y = c * a", a=3)
DIAMOND = program("c = a + b; d = c * a; e = d + c; y = d * e", a=3, b=5)
SKEWED = program("b = x * x; c = b * x; d = c * x; y = d + b", x=2)


def long_program() -> Program:
    """Return a chain of 5,000 lines in which one input is used by each."""
    return Program({"x": 1.5, "a": 1.0001}, ("v1 = x * a", *(f"v{i} = v{i - 1} * a" for i in range(2, LONG + 1))))


@quiet()
def backward_order(Value, hidden: int | None = None) -> None:
    """Check ``Value.backward_order()``: all values behind a value, each after everything that uses it. 1 point.

    Parameters
    ----------
    Value
        The student's class.
    hidden
        Seed of further programs, drawn at grading. Messages do not describe them.
    """
    cases = [program("y = a + b", a=1, b=2), SEVEN_NODES, TWICE, DIAMOND, SKEWED, TWINS]
    if hidden is not None:
        cases = [*(programs.random_program(hidden + i, functions=False) for i in range(3)), long_program()]
    for case in cases:
        try:
            order = _ask(probe_order, Value, case)
        except CheckFailed as error:
            if code := _raised_code(error) or ("VE3" if _orders_other_inputs(Value, case) else ""):
                raise _wrong(code, f"backward_order: not yet right ({_told(hidden, str(case))}).") from None
            raise
        _judge_order(case, order, hidden, partial(_orders_other_inputs, Value))
    print("Correct.")


def _raised_code(error: CheckFailed) -> str:
    if "RecursionError" in error.message:
        return "VE4"
    return "VE3" if "unhashable" in error.message else ""


def _judge_order(case: Program, order, hidden, is_right_elsewhere: Callable) -> None:
    if type(order) not in (list, tuple):
        raise CheckFailed("backward_order should return a list of values. Does it end in a return statement?")
    order = [name for name in order if name]  # plain numbers have become values without a name
    found = order_fault(case, order)
    if not found:
        return
    code, note = found
    if is_right_elsewhere(case):
        code, note = "VE3", ""
    shown = ", ".join(order) if len(order) <= 12 else f"{len(order)} values"
    title = f"backward_order: yours is {shown} for {case}."
    lines = [title, note] if hidden is None else ["backward_order: not yet right (a case drawn at grading)."]
    raise _wrong(code, *(line for line in lines if line))


def order_fault(case: Program, order: list[str]) -> tuple[str, str] | None:
    """Return the code and a line on what is wrong with a backward order; None if nothing is.

    Parameters
    ----------
    order
        Names of the program, from the result back.
    """
    users, place = programs.users_of(case), {name: index for index, name in enumerate(order)}
    behind = dict.fromkeys(wrong_engines.behind(case))
    repeated = [name for name in place if order.count(name) > 1] if len(place) < len(order) else []
    if repeated:
        return "VE9", f"  {repeated[0]} stands in it {order.count(repeated[0])} times."
    missing = [name for name in behind if name not in place]
    if missing:
        return "VE8", f"  {missing[0]} is missing."
    if order and order[-1] == case.result and len(order) > 1:
        return "VE10", "  The result comes last."
    for name in order:
        late = [user for user in users[name] if user in behind and place[user] > place[name]]
        if late:
            return "VE1", f"  {name} is asked before {late[0]}, which uses it, has answered."
    return None


def _orders_other_inputs(Value, case: Program) -> bool:
    """Tell whether some numbers are equal, and the order is right once they differ."""
    if not _has_equal_numbers(case):
        return False
    other = _with_other_inputs(case)
    try:
        order = [name for name in _ask(probe_order, Value, other) if name]
    except CheckFailed:
        return False
    return order_fault(other, order) is None


# --- step 3: backward

class Fault(NamedTuple):
    """What is wrong with one part: the codes of all wrong ways that give exactly this, and a line for the learner."""

    codes: tuple[str, ...]
    note: str


Look = Callable[[object], Fault | None]  # from the class to what is wrong; None: nothing
SECOND_CALL = ("VE11", "VE12")  # explain nothing where the first call is wrong already


@quiet()
def value_backward(Value, hidden: int | None = None) -> Credit:
    """Check ``Value.backward()`` part by part. 2 points.

    Parameters
    ----------
    Value
        The student's class.
    hidden
        Seed of further parts, drawn at grading, of which nothing is told.
    """
    return _stages(Value, _backward_stages(hidden), 2)


def _backward_stages(hidden) -> dict[str, Look]:
    stages = {
        "sum and product": partial(look_at, case=program("c = a + b; y = c * a", a=2, b=5)),
        "a + a": partial(look_at, case=program("y = a + a", a=3)),
        "diamond": partial(look_at, case=DIAMOND),
        "zero and again": partial(look_at, case=program("c = a * b; y = c + a", a=2, b=3), calls=2, reset=True),
    }
    if hidden is None:
        return stages
    drawn = [
        partial(look_at, case=SEVEN_NODES),
        partial(look_at, case=TWICE),
        partial(look_at, case=long_program()),
        partial(look_at, case=TWINS),
        partial(look_at, case=program("c = a * b; y = c * c", a=2, b=3), calls=2),
        partial(look_at, case=programs.random_program(hidden, functions=False), single_steps=False),
    ]
    return stages | {f"drawn {number}": look for number, look in enumerate(drawn, start=1)}


def _stages(Value, stages: dict[str, Look], points: float) -> Credit:
    """Look at each part by itself, and mark them together."""
    marks: dict[str, bool | None] = {}
    faults: dict[str, Fault] = {}
    for part, look in stages.items():
        try:
            fault = look(Value)
        except NotAttempted:
            marks[part] = None
            continue
        marks[part] = fault is None
        if fault is not None:
            faults[part] = fault
    if all(value is None for value in marks.values()):
        raise NotAttempted("write the method, and what it needs, run the cell, then this one")
    told = [f"{part}: {fault.note}" for part, fault in faults.items() if fault.note and not part.startswith("drawn")]
    return mark(marks, points, _fewest_codes(faults.values()), told[0] if told else "")


def _fewest_codes(faults) -> list[str]:
    """Return codes that explain all parts that can be explained, those that explain most of them first."""
    left, chosen = [fault.codes for fault in faults if fault.codes], []
    while left:
        counted = Counter(code for codes in left for code in codes)
        code = max(counted, key=lambda one: (counted[one], -_first_place(one, left)))
        chosen.append(code)
        left = [codes for codes in left if code not in codes]
    first_call = [code for code in chosen if code not in SECOND_CALL]
    return first_call or chosen


def _first_place(code: str, left: list[tuple[str, ...]]) -> int:
    return next(place for place, codes in enumerate(left) if code in codes)


def look_at(
    Value, case: Program, calls: int = 1, reset: bool = False, *, single_steps: bool = True
) -> Fault | None:
    """Run one program on a student's class; return what is wrong, None where nothing is.

    Parameters
    ----------
    calls, reset
        As in `probe_gradients`.
    single_steps
        Each line is one operation, so that wrong engines can be compared with what the student's gives.
    """
    try:
        found = _ask(probe_gradients, Value, case, calls, reset)
        given = _read(found["gradients"], case.inputs, "grad")
        numbers = _read(found["numbers"], case.names, "data")
    except CheckFailed as error:
        code = _raised_code(error) or ("VE3" if _right_with_other_inputs(Value, case) else "")
        return Fault((code,) if code else (), error.message.split("\n")[0])
    if not programs.close(numbers, programs.torch_numbers(case)):
        return Fault((), f"a number is wrong in {case}, before any gradient.")
    times = calls if not reset else 1
    right = {name: times * slope for name, slope in programs.torch_gradients(case).items()}
    if programs.close(given, right):
        return None
    name = next(name for name in right if not programs.close({name: given[name]}, {name: right[name]}))
    note = f"with {case} you got {name}.grad = {given[name]:.6g}."
    if single_steps and calls == 1 and not any(given.values()):
        return Fault(("VE10" if plain(found["seed"]) else "VE2",), note)
    return Fault(_explain(Value, case, given, calls, reset) if single_steps else (), note)


def _explain(Value, case: Program, given: dict, calls: int, reset: bool) -> tuple[str, ...]:
    if calls > 1 and not reset:
        return ("VE12",) if programs.close(given, programs.torch_gradients(case)) else ("VE11",)
    if calls > 1:
        return ("VE11",) if look_at(Value, case) is None else _simulate(case, given)
    return ("VE3",) if _right_with_other_inputs(Value, case) else _simulate(case, given)


def _right_with_other_inputs(Value, case: Program) -> bool:
    """Tell whether some numbers are equal, and nothing is wrong once they differ."""
    other = _with_other_inputs(case)
    return _has_equal_numbers(case) and not _has_equal_numbers(other) and look_at(Value, other) is None


def _has_equal_numbers(case: Program) -> bool:
    return len(set(programs.torch_numbers(case).values())) < len(case.names)


def _with_other_inputs(case: Program) -> Program:
    return case._replace(inputs={name: 1.1 + 0.7 * place for place, name in enumerate(case.inputs)})


def _simulate(case: Program, given: dict) -> tuple[str, ...]:
    """Return the codes of all wrong engines that give exactly these gradients."""
    if len(case.lines) > 40:
        return ()
    ways = wrong_engines.wrong_gradients(case)
    return tuple(code for code, results in ways.items() if any(programs.close(given, result) for result in results))


# --- step 4, and the exercise after it: functions

FUNCTION_CASES = {
    "power": [("u = a ** 3", 2.0, 5.0), ("u = a ** 2", -3.0, 0.5)],
    "division": [("u = 3 / a", 2.0, 5.0), ("u = a / 4", 3.0, 2.0)],
    "exp": [("u = a.exp()", 0.7, 3.0)],
    "tanh": [("u = a.tanh()", 0.8, 3.0)],
    "relu": [("u = a.relu()", 1.5, -2.0), ("u = a.relu()", -1.5, 2.0), ("u = a.relu()", -0.5, -2.0)],
}
HIDDEN_FUNCTION_CASES = {
    "power": [("u = a ** -1", 0.4, -2.0), ("u = a ** 0.5", 2.3, 1.0)],
    "division": [("u = 2 / (a * a + 1)", -0.6, 3.0)],
    "exp": [("u = a.exp()", -1.2, -2.0)],
    "tanh": [("u = a.tanh()", -0.4, -2.0)],
    "relu": [("u = a.relu() * a", 2.5, -3.0), ("u = a.relu() + a", -2.5, 3.0)],
}
MORE_CASES = {
    "sin": [("u = a.sin()", 0.8, 3.0)],
    "log": [("u = a.log()", 2.5, 3.0)],
    "sigmoid": [("u = a.sigmoid()", 0.9, 4.0)],
}
HIDDEN_MORE_CASES = {
    "sin": [("u = a.sin()", -2.0, -1.5)],
    "log": [("u = a.log()", 0.2, -2.0)],
    "sigmoid": [("u = a.sigmoid()", -1.7, -3.0)],
}
CURVE = "y = (-(a * a) - 2 * a - a.sin()).exp()"


@quiet()
def value_functions(Value, hidden: int | None = None) -> Credit:
    """Check powers, quotients, exp, tanh and relu, with their slopes. 1 point.

    Parameters
    ----------
    Value
        The student's class.
    hidden
        Seed of further cases, drawn at grading, of which nothing is told.
    """
    stages = _function_stages(FUNCTION_CASES, HIDDEN_FUNCTION_CASES, hidden)
    if hidden is not None:
        for number in (1, 2, 3):
            case = programs.random_program(hidden + number)
            stages[f"drawn {number}"] = partial(look_at, case=case, single_steps=False)
    return _stages(Value, stages, 1)


@quiet()
def more_functions(Value, hidden: int | None = None) -> Credit:
    """Check sin, log and sigmoid, and the slope of exp(−x² − 2x − sin x) at three places. 2 points.

    Parameters
    ----------
    Value
        The student's class.
    hidden
        Seed of further cases, drawn at grading, of which nothing is told.
    """
    stages = _function_stages(MORE_CASES, HIDDEN_MORE_CASES, hidden)
    places = (-1.0, 0.0, 0.5) if hidden is None else (-1.0, 0.0, 0.5, -1.7, 0.9, 0.2 + hidden / 1e4)
    stages["the curve"] = partial(_look_at_all, cases=[Program({"a": place}, (CURVE,)) for place in places])
    return _stages(Value, stages, 2)


def _function_stages(shown: dict, drawn: dict, hidden) -> dict[str, Look]:
    cases = {part: rows + (drawn[part] if hidden is not None else []) for part, rows in shown.items()}
    return {part: partial(_look_at_function, part=part, rows=rows) for part, rows in cases.items()}


def _look_at_all(Value, cases: list[Program]) -> Fault | None:
    return next((fault for fault in (look_at(Value, case) for case in cases) if fault), None)


def _look_at_function(Value, part: str, rows: list) -> Fault | None:
    """Look at one function at several places, each with a factor behind it that goes back first."""
    for line, place, factor in rows:
        case = Program({"a": place, "w": factor}, (line, "y = u * w"))
        fault = look_at(Value, case)
        if fault:
            found = wrong_engines.function_code(part, line, place, factor, _gradient_of(Value, case))
            if part == "relu" and found:
                found = _relu_code(Value)
            return Fault((found,), fault.note) if found else fault
    return None


def _relu_code(Value) -> str:
    """Tell a mask from the wrong side from a slope that is always 0."""
    rows = FUNCTION_CASES["relu"]
    slopes = [_gradient_of(Value, Program({"a": a, "w": w}, (line, "y = u * w"))) for line, a, w in rows]
    return "GR10" if any(slopes) else "VE17"


def _gradient_of(Value, case: Program) -> float | None:
    try:
        found = _ask(probe_gradients, Value, case)
        right = programs.close(_read(found["numbers"], case.names, "data"), programs.torch_numbers(case))
        return _read(found["gradients"], ["a"], "grad")["a"] if right else None
    except CheckFailed:
        return None
