"""Exercise 3.3, step 3: backward.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
adds to the grad of every value behind self            every part: the gradients of all names are compared
and of self                                            every part: the result's own gradient
of the values behind self alone                        "sum and product": d is made and not used
slopes of both signs                                   "sum and product": `below`
adds, where paths meet                                 "a + a", "diamond", "equal numbers"
a second call adds the same slopes once more           "second call": all names have twice their gradient
after gradients were set to 0 they are fresh           "zero and again"
5,000 steps in a row                                   "long chain"
=====================================================  ==========================================================
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from course_utils.judging.cases import Case
from course_utils.judging.findings import Findings, Standing
from course_utils.labs.chain_rule.engine import (
    DIAMOND,
    ENGINE_WAYS,
    SECOND_CALL_WAYS,
    TWICE,
    VE18,
    VE19,
    EngineStep,
    Run,
    fault_of,
    fewest_ways,
    long_program,
    speak,
    without,
)
from course_utils.labs.chain_rule.programs import SEVEN_NODES, program, random_program

FIRST_CALLS = ("sum and product", "a + a", "diamond")  # parts that have no second call


class ValueBackward(EngineStep):
    """Write ``Value.backward()``: it adds to grad the slope of a value by each value behind it."""

    id = "value-backward"
    hints = (
        "Which gradient do you know before you start?",
        "A value has gathered all that comes back to it. What does it pass on to each of its parents?",
        "If a value is used twice, two amounts come back. Do you replace the first one? And if backward is called a "
        "second time, which sums must start at 0 again?",
    )
    worked = """
    By hand, for `c = a * b`, `d = c + a`, `y = d * c` with a = 2, b = 3: c = 6, d = 8, y = 48. What arrives:

    1. y: 1. It passes on slope times 1: to d 6 (the value of c), to c 8.
    2. d has 6, complete. It passes on 1 · 6 to c and 1 · 6 to a. Now c has 8 + 6 = 14, complete.
    3. c passes on 3 · 14 = 42 to a and 2 · 14 = 28 to b. a has 6 + 42 = 48.
    4. These five sums (1, 6, 14, 48, 28) are *added* to the grad of y, d, c, a and b. A second call starts its own sums
       at 0 and adds the same five numbers again.
    """
    misconceptions = (*ENGINE_WAYS, VE18, VE19, *SECOND_CALL_WAYS)
    worth: ClassVar[Mapping[str, float]] = {"diamond": 2}

    def cases(self) -> Sequence[Case]:
        """Return a program for each part: paths that part and meet, equal numbers, a long chain, a second call."""
        runs = {
            "sum and product": Run(program("c = a + b; d = c * b; y = c * a", a=2, b=5)),
            "a + a": Run(program("y = a + a", a=3)),
            "diamond": Run(DIAMOND),
            "equal numbers": Run(program("c = a * a; d = b * b; y = c * d", a=2, b=2)),
            "long chain": Run(long_program(2.0, 0.9999)),
            "second call": Run(program("c = a * b; y = c * a", a=3, b=2), calls=2),
            "zero and again": Run(program("c = a * b; y = c + a", a=2, b=3), calls=2, reset=True),
        }
        below = Run(program("c = a * b; y = c * b", a=1.5, b=-2.5))
        return [
            *(Case(str(run.written), run, part) for part, run in runs.items()),
            Case(str(below.written), below, "sum and product"),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other programs of the same kinds."""
        runs = {
            "sum and product": Run(program("c = a * b; d = a + c; y = c + b", a=-1.5, b=4)),
            "a + a": Run(program("b = a + a; y = b * a", a=-2)),
            "equal numbers": Run(program("c = a + a; d = b + b; y = c * d", a=1.5, b=1.5)),
            "long chain": Run(long_program(1.5, 1.0001)),
            "second call": Run(program("c = a + b; y = c * a", a=2, b=3), calls=2),
            "zero and again": Run(program("c = a + b; y = c * b", a=-2, b=5), calls=2, reset=True),
        }
        shared = [Run(SEVEN_NODES), Run(TWICE), Run(random_program(seed), single_steps=False)]
        return [
            *(Case("a program", run, part) for part, run in runs.items()),
            *(Case("paths that meet", run, "diamond") for run in shared),
        ]

    def try_case(self, case: Case, Value: Any) -> None:
        """Compare gradients with PyTorch's."""
        fault = fault_of(Value, case.data)
        if fault is not None:
            raise speak(case, fault)

    def judge_cases(self, cases: Sequence[Case], *answers: Any) -> Findings:
        """Return how each part stands, with as few wrong ways as explain them; those of a first call come first."""
        found = super().judge_cases(cases, *answers)
        if any(found[part].standing is not Standing.RIGHT for part in FIRST_CALLS):
            found = {part: without(SECOND_CALL_WAYS, one) for part, one in found.items()}
        return fewest_ways(found)
