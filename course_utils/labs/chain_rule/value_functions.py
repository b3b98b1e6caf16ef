"""Exercise 3.3, step 4: powers, quotients, exp, tanh and relu.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
power(self, k) for a number k                          "power": whole, a fraction, negative
quotients follow                                       "division": a number by a Value, a Value by a number
exp, tanh with their slopes                            "exp", "tanh", on both sides of 0, near it and far out
relu: 0 on the left and at 0 itself, 1 on the right    RELU_PLACES: both sides, near 0, and 0
each counts by itself                                  the parts
=====================================================  ==========================================================
"""

from collections.abc import Sequence
from typing import Any

from course_utils.judging.cases import Case
from course_utils.judging.findings import Findings
from course_utils.labs.chain_rule.engine import STEP_WAYS, EngineStep, fewest_ways
from course_utils.labs.chain_rule.functions import (
    RELU_LINE,
    RELU_PLACES,
    VE14,
    VE15,
    VE17,
    VE28,
    VE29,
    VE30,
    VE31,
    VE44,
    VE45,
    VE57,
    VE58,
    VE59,
    applied,
    try_function,
)
from course_utils.labs.chain_rule.gradients import GR10_ENGINE, GR11, VG8_ENGINE


class ValueFunctions(EngineStep):
    """Give `Value` powers, exp, tanh and relu, with their slopes; quotients follow from powers."""

    id = "value-functions"
    hints = (
        "Each function makes one new Value from one parent. What is the new number, and what is the slope?",
        "Write the slope of tanh by its own output: which number have you computed already?",
        "For ReLU: what is the slope on the right of 0, what on the left?",
    )
    worked = """
    One more function, a square root. If u = √a, then u · u = a, and the slope of u is 1 / (2u).

    ```python
    def sqrt(self):
        root = math.sqrt(self.data)
        return Value(root, (self,), (0.5 / root,))

    Value.sqrt = sqrt
    ```

    1. One number is computed, one parent remembered, one slope: at the number that this value has now.
    2. The slope is written with the output, which is there already. At 9 it is 1/6: from 9 to 9.06 the root grows by
       0.01.
    3. Check any of them with a difference: (√9.0001 − √8.9999) / 0.0002 = 0.16667.
    """
    misconceptions = (
        *(VE14, VE15, VE17, VE28, VE29, VE30, VE31, VE44, VE45, VE57, VE58, VE59, VG8_ENGINE, GR10_ENGINE, GR11),
        *STEP_WAYS,
    )

    def cases(self) -> Sequence[Case]:
        """Return each function at one place or more."""
        return [
            applied("power", "u = a ** 3", 2.0, 5.0),
            applied("power", "u = a ** 2", -3.0, 0.5),
            applied("division", "u = 3 / a", 2.0, 5.0),
            applied("division", "u = a / 4", 3.0, 2.0),
            applied("power", "u = a ** 0.5", 2.0, 3.0),
            applied("power", "u = a ** -1.5", 0.8, 2.0),
            applied("exp", "u = a.exp()", 0.7, 3.0),
            applied("exp", "u = a.exp()", -0.6, -2.0),
            applied("exp", "u = a.exp()", 3.2, 0.5),
            applied("exp", "u = a.exp()", -4.1, 7.0),
            applied("tanh", "u = a.tanh()", 0.8, 3.0),
            applied("tanh", "u = a.tanh()", -0.5, -2.0),
            applied("tanh", "u = a.tanh()", 2.8, 9.0),
            applied("tanh", "u = a.tanh()", -3.3, 4.0),
            *(applied("relu", RELU_LINE, place, factor) for place, factor in RELU_PLACES),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return each function at other places."""
        return [
            applied("power", "u = a ** -1", 0.4, -2.0),
            applied("power", "u = a ** 1.5", 2.3, 1.5),
            applied("power", "u = a ** -0.5", 1.9, -0.5),
            applied("division", "u = 2 / a", -0.6, 3.0),
            applied("division", "u = a / -0.7", 1.3, 2.0),
            applied("exp", "u = a.exp()", -1.2, -2.0),
            applied("tanh", "u = a.tanh()", -0.4, -2.0),
            applied("tanh", "u = a.tanh()", 1.7, 0.5),
            *(applied("relu", RELU_LINE, *place) for place in ((2.5, -3.0), (-2.5, 3.0), (0.02, 1.5), (0.0, -2.0))),
        ]

    def try_case(self, case: Case, Value: Any) -> None:
        """Compare numbers and gradients with PyTorch's."""
        try_function(case, Value)

    def judge_cases(self, cases: Sequence[Case], *answers: Any) -> Findings:
        """Return how each part stands, with as few wrong ways as explain them."""
        return fewest_ways(super().judge_cases(cases, *answers))
