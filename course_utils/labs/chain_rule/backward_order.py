"""Exercise 3.3, step 2: the order of going back.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
a list of all values behind self                       every program: none is missing
and of no others                                       ASIDE: one value is made, and not used
self first                                             every program
each value once                                        TWICE, SEVEN_NODES, DIAMOND, SKEWED
after everything that was made from it                 SEVEN_NODES, DIAMOND, SKEWED
values with equal numbers are two values               TWINS
5,000 steps in a row                                   the long program
a method: the same when it is called again             every program but the long one, a second time
=====================================================  ==========================================================
"""

import re
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
VE25 = Misconception(
    "VE25",
    "values in the order that self was not made from",
    "In the order stands a value that y was not made from. From where do you start, and along which arrows do you go?",
    ORDER,
)

VE56 = Misconception(
    "VE56",
    "something kept from an earlier call",
    "The first call of yours is right, a later one is not. What is kept from one to the next: a list outside, a "
    "default such as `seen=[]`?",
    ORDER,
)

NAME = "backward_order"
SHOWN = 12  # values of an order that is shown
SUM = program("y = a + b", a=1, b=2)
TWINS = program("c = a + b; d = a * b; y = c * d", a=2, b=2)
ASIDE = program("c = a + b; d = c * a; y = c * b", a=2, b=5)
SKEWED = program("b = x * x; c = b * x; d = c * x; y = d + b", x=2)


def probe_order(Value: Any, inputs: dict[str, float], lines: list[str], calls: int = 1) -> list[str] | str:
    """Probe: run a program; return the result's backward order by name, or the name of its type if it is none.

    The order is that of the last of so many calls.

    A value without a name is "?" and a number of its own; what is no value is "".
    """
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    known = {id(value): name for name, value in names.items()}
    result = names[programs.target_of(lines[-1])]
    for _ in range(calls):
        order = result.backward_order()
    if not hasattr(order, "__iter__") or isinstance(order, str):
        return type(order).__name__
    order = list(order)
    return [known.get(id(one), f"?{id(one)}" if isinstance(one, type(result)) else "") for one in order]


class BackwardOrder(EngineStep):
    """Write ``Value.backward_order()``: all values behind a value, each after everything that uses it."""

    id = "backward-order"
    hints = (
        "Which values may be asked first on the way back, and what must have happened before a value is asked?",
        "If every parent stands in a list before all that was made from it, what is that list turned around?",
        "Instead of a function that calls itself, keep a list of what is still to do. When you take a value from it, "
        "how do you know whether its parents are done?",
    )
    worked = """
    By hand, for `c = a * b`, `d = c + a`, `y = d * c`. Who may stand where?

    1. y is first: nothing else was made from it. Behind it are d, c, a, b: go from parent to parent to find them.
    2. d was used by y only, so d may come next. c was used by d *and* y: it has to wait for d.
    3. Now c. a was used by c and by d, b by c: both only now. Together: y, d, c, a, b.
    4. Read from the right it is an order of making: every value stands after its parents. So whoever can list values
       "parents first" has the answer, turned around. To list parents first without calls in calls: put a value back on
       the list of what is to do, marked, then its parents on top; when it turns up marked, its parents are done.
    """
    misconceptions = (VE1, VE3, VE4, VE8, VE9, VE10, VE25, VE56)

    def cases(self) -> Sequence[Case]:
        """Return small programs whose paths part and meet, one with equal numbers, and 5,000 steps in a row."""
        written = (SUM, SEVEN_NODES, TWICE, DIAMOND, SKEWED, ASIDE, TWINS, long_program(2.0, 0.9999))
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
                raise case.sentence(error.message, way, hidden=case.title(NAME)) from None
            raise case.censored(error, NAME) from None
        if type(order) is not list:
            ended = " Does it end in a return statement?" if order == "NoneType" else ""
            raise case.always(f"{NAME} should return a list of values.{ended}")
        if "" in order:
            raise case.always(f"{NAME} should return a list of values, and nothing else in it.")
        _judge_order(case, order, Value)
        if len(case.data.lines) < SHOWN and not _is_right_again(Value, case.data):
            raise case.always(f"{NAME}: yours is right once, and not when it is called again.", VE56)


def _judge_order(case: Case, order: list[str], Value: Any) -> None:
    found = order_fault(case.data, order)
    if found is None:
        return
    way: Misconception | None = found[0]
    note = found[1]
    if _orders_other_inputs(Value, case.data):
        way, note = VE3, ""
    if way is VE10 and not _is_turned_around(Value):
        way = None
    shown = (
        ", ".join("?" if name.startswith("?") else name for name in order)
        if len(order) <= SHOWN
        else f"{len(order)} values"
    )
    lines = [f"{NAME}: yours is {shown} for {case.data}.", note]
    raise case.sentence("\n".join(line for line in lines if line), way, hidden=case.title(NAME))


def order_fault(written: Program, order: list[str]) -> tuple[Misconception, str] | None:
    """Return the wrong way behind a backward order and a line on it; None if the order is right.

    Parameters
    ----------
    order
        Names of the program, from the result back; plain numbers in it have become values without a name.
    """
    users, place = programs.users_of(written), {name: index for index, name in enumerate(order)}
    wanted = dict.fromkeys(behind(written))
    repeated = [name for name in place if order.count(name) > 1] if len(place) < len(order) else []
    if repeated:
        return VE9, f"  {repeated[0].partition('?')[0] or 'a value'} stands in it {order.count(repeated[0])} times."
    missing = [name for name in wanted if name not in place]
    if missing:
        return VE8, f"  {missing[0]} is missing."
    strangers = [name for name in order if name not in wanted and not (name.startswith("?") and _has_numbers(written))]
    if strangers:
        return VE25, f"  {strangers[0].partition('?')[0] or 'a value without a name'} is not behind {written.result}."
    order = [name for name in order if name in wanted]
    if order[-1] == written.result and len(order) > 1:
        return VE10, "  The result comes last."
    for name in order:
        late = [user for user in users[name] if user in wanted and place[user] > place[name]]
        if late:
            return VE1, f"  {name} is asked before {late[0]}, which uses it, has answered."
    return None


def _has_numbers(written: Program) -> bool:
    """Tell whether plain numbers stand in a program, or several operations in a line: then values have no name."""
    return any(re.search(r"(?<!\w)[0-9]", line) or len(programs.operands_of(line)) > 2 for line in written.lines)


def _is_turned_around(Value: Any) -> bool:
    """Tell whether the order of the larger graph is right from its end to its beginning."""
    try:
        order = ask_engine(probe_order, Value, SEVEN_NODES)
    except CheckFailed:
        return False
    return type(order) is list and order_fault(SEVEN_NODES, order[::-1]) is None


def _is_right_again(Value: Any, written: Program) -> bool:
    try:
        order = ask_engine(probe_order, Value, written, 2)
    except CheckFailed:
        return False
    return type(order) is list and order_fault(written, order) is None


def _orders_other_inputs(Value: Any, written: Program) -> bool:
    """Tell whether some numbers are equal, and the order is right once they differ."""
    if not has_equal_numbers(written):
        return False
    other = with_other_inputs(written)
    try:
        order = ask_engine(probe_order, Value, other)
    except CheckFailed:
        return False
    return type(order) is list and order_fault(other, order) is None
