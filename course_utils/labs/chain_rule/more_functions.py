"""Exercise 3.4: sin, log and sigmoid, and a curve of all of them.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
sin, log to the base e, sigmoid, with their slopes     each function: its number and its slope, near 0 and far out
the curve exp(-x² - 2x - sin x)                        "the curve": at three places, its slope, too
each counts by itself                                  the parts
=====================================================  ==========================================================
"""

from collections.abc import Sequence
from typing import Any

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Findings
from course_utils.labs.chain_rule.engine import STEP_WAYS, Run, fewest_ways
from course_utils.labs.chain_rule.functions import (
    VE15,
    VE17,
    VE28,
    VE29,
    VE30,
    VE32,
    VE33,
    VE34,
    VE57,
    VE58,
    applied,
    try_function,
)
from course_utils.labs.chain_rule.gradients import GR11
from course_utils.labs.chain_rule.programs import Program

CURVE = "y = (-(a * a) - 2 * a - a.sin()).exp()"


class MoreFunctions(Implementation):
    """Give `Value` sin, log and sigmoid; then the slope of exp(−x² − 2x − sin x) is right at every place."""

    id = "more-functions"
    hints = (
        "What is the slope of sin at 0: 1, 0 or -1? Which function is that at every other place?",
        "Does the slope of log want the input or the output? And that of the sigmoid?",
    )
    worked = """
    One more function, the arc tangent. Its slope is 1 / (1 + x²), written with the input.

    ```python
    def atan(self):
        return Value(math.atan(self.data), (self,), (1 / (1 + self.data**2),))

    Value.atan = atan
    ```

    1. At 2 the number is 1.107 and the slope 1/5. With the output in it, 1 / (1 + 1.107²), it would be 0.449: wrong.
    2. Check it with a difference: (atan(2.001) − atan(1.999)) / 0.002 = 0.2.
    """
    misconceptions = (VE15, VE17, VE28, VE29, VE30, VE32, VE33, VE34, VE57, VE58, GR11, *STEP_WAYS)

    def cases(self) -> Sequence[Case]:
        """Return each function, and the curve at three places."""
        return [
            applied("sin", "u = a.sin()", 0.8, 3.0),
            applied("sin", "u = a.sin()", -2.4, 0.5),
            applied("log", "u = a.log()", 2.5, 3.0),
            applied("sin", "u = a.sin()", 5.0, -2.0),
            applied("log", "u = a.log()", 0.4, -1.5),
            applied("log", "u = a.log()", 12.0, 4.0),
            applied("sigmoid", "u = a.sigmoid()", 0.9, 4.0),
            applied("sigmoid", "u = a.sigmoid()", -1.2, -0.5),
            applied("sigmoid", "u = a.sigmoid()", 3.4, 5.0),
            applied("sigmoid", "u = a.sigmoid()", -4.2, 6.0),
            *_on_the_curve(-1.0, 0.0, 0.5),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other places."""
        return [
            applied("sin", "u = a.sin()", -2.0, -1.5),
            applied("log", "u = a.log()", 0.2, -2.0),
            applied("sigmoid", "u = a.sigmoid()", -1.7, -3.0),
            *_on_the_curve(-1.7, 0.9, 0.2 + seed / 1e4),
        ]

    def try_case(self, case: Case, Value: Any) -> None:
        """Compare numbers and gradients with PyTorch's."""
        try_function(case, Value)

    def judge_cases(self, cases: Sequence[Case], *answers: Any) -> Findings:
        """Return how each part stands, with as few wrong ways as explain them."""
        return fewest_ways(super().judge_cases(cases, *answers))


def _on_the_curve(*places: float) -> list[Case]:
    return [Case(CURVE, Run(Program({"a": place}, (CURVE,)), single_steps=False), "the curve") for place in places]
