"""Exercise 3.3, step 2: the order of going back."""

from collections.abc import Sequence
from typing import Any

from course_utils.judging.cases import Case
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.chain_rule import programs
from course_utils.labs.chain_rule.engine import (
    DIAMOND,
    TWICE,
    VE3,
    VE4,
    EngineStep,
    ask_engine,
    has_equal_numbers,
    long_program,
    raised_way,
    with_other_inputs,
)
from course_utils.labs.chain_rule.headings import ORDER
from course_utils.labs.chain_rule.programs import SEVEN_NODES, Program, program
from course_utils.labs.chain_rule.wrong_engines import VE1, VE10, behind

VE8 = Misconception(
    "VE8",
    "values left out of the order",
    "Some values behind y never get their turn. Which ones can be reached by going from parent to parent?",
    ORDER,
)
VE9 = Misconception(
    "VE9",
    "a value stands twice in the order",
    "A value gets its turn twice and passes its gradient on twice. How do you know that you have met it before?",
    ORDER,
)

NAME = "backward_order"
SHOWN = 12  # values of an order that is shown
SUM = program("y = a + b", a=1, b=2)
TWINS = program("c = a + b; d = a * b; y = c * d", a=2, b=2)
SKEWED = program("b = x * x; c = b * x; d = c * x; y = d + b", x=2)


def probe_order(Value: Any, inputs: dict[str, float], lines: list[str]) -> list[str] | None:
    """Probe: run a program; return the result's backward order by name ("" for a value that has none)."""
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    known = {id(value): name for name, value in names.items()}
    result = names[programs.target_of(lines[-1])]
    order = result.backward_order()
    return None if order is None else [known.get(id(value), "") for value in order]


class BackwardOrder(EngineStep):
    """Write ``Value.backward_order()``: all values behind a value, each after everything that uses it."""

    id = "backward-order"
    hints = (
        "Which values may be asked first on the way back, and what must have happened before a value is asked?",
        "If every parent stands in a list before all that was made from it, what is that list turned around?",
        "Instead of a function that calls itself, keep a list of what is still to do. When you take a value from it, "
        "how do you know whether its parents are done?",
    )
    misconceptions = (VE1, VE3, VE4, VE8, VE9, VE10)

    def cases(self) -> Sequence[Case]:
        """Return small programs whose paths part and meet, one with equal numbers, and 5,000 steps in a row."""
        written = (SUM, SEVEN_NODES, TWICE, DIAMOND, SKEWED, TWINS, long_program(2.0, 0.9999))
        return [Case(str(one), one) for one in written]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return larger programs, and other 5,000 steps."""
        drawn = [programs.random_program(seed + number) for number in range(3)]
        return [Case("a program", one) for one in (*drawn, long_program(1.5, 1.0001))]

    def try_case(self, case: Case, Value: Any) -> None:
        """Look whether each value comes after all that use it."""
        try:
            order = ask_engine(probe_order, Value, case.data)
        except CheckFailed as error:
            if way := raised_way(error) or (VE3 if _orders_other_inputs(Value, case.data) else None):
                raise case.wrong(NAME, way) from None
            raise case.censored(error, NAME) from None
        if type(order) not in (list, tuple):
            raise case.always(f"{NAME} should return a list of values. Does it end in a return statement?")
        _judge_order(case, [name for name in order if name], Value)  # plain numbers have become values without a name


def _judge_order(case: Case, order: list[str], Value: Any) -> None:
    found = order_fault(case.data, order)
    if found is None:
        return
    way, note = found
    if _orders_other_inputs(Value, case.data):
        way, note = VE3, ""
    shown = ", ".join(order) if len(order) <= SHOWN else f"{len(order)} values"
    lines = [f"{NAME}: yours is {shown} for {case.data}.", note]
    raise case.sentence("\n".join(line for line in lines if line), way, hidden=case.title(NAME))


def order_fault(written: Program, order: list[str]) -> tuple[Misconception, str] | None:
    """Return the wrong way behind a backward order and a line on it; None if the order is right.

    Parameters
    ----------
    order
        Names of the program, from the result back.
    """
    users, place = programs.users_of(written), {name: index for index, name in enumerate(order)}
    wanted = dict.fromkeys(behind(written))
    repeated = [name for name in place if order.count(name) > 1] if len(place) < len(order) else []
    if repeated:
        return VE9, f"  {repeated[0]} stands in it {order.count(repeated[0])} times."
    missing = [name for name in wanted if name not in place]
    if missing:
        return VE8, f"  {missing[0]} is missing."
    if order and order[-1] == written.result and len(order) > 1:
        return VE10, "  The result comes last."
    for name in order:
        late = [user for user in users[name] if user in wanted and place[user] > place[name]]
        if late:
            return VE1, f"  {name} is asked before {late[0]}, which uses it, has answered."
    return None


def _orders_other_inputs(Value: Any, written: Program) -> bool:
    """Tell whether some numbers are equal, and the order is right once they differ."""
    if not has_equal_numbers(written):
        return False
    other = with_other_inputs(written)
    try:
        order = [name for name in ask_engine(probe_order, Value, other) if name]
    except CheckFailed:
        return False
    return order_fault(other, order) is None
