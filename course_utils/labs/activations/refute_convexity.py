"""Exercise 2.7: a net with one hidden layer whose region is not convex.

What the prompt says, and what tries it:

- one hidden layer of step units, any number → AC4, `read_params`
- positive at p and q → AC2
- not positive halfway → AC1, AC3
"""

from itertools import product
from typing import Any

import numpy as np

from course_utils.judging.answers import as_array, as_dict, is_missing
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.activations.headings import PLANES
from course_utils.labs.activations.weights import DS1, Params, read_params, run

AC1 = Misconception(
    "AC1",
    "midpoint still inside",
    "The point halfway is positive as well. Where would a region have to have a gap or a dent?",
    PLANES,
)
AC2 = Misconception(
    "AC2",
    "an end point outside",
    "Both points must lie inside the region. Which of your hidden units say yes at this point?",
    PLANES,
)
AC3 = Misconception(
    "AC3",
    "region is convex: half-planes joined by AND",
    "This region is convex, so no two points can do it. Which logical operation does your output unit perform?",
    PLANES,
)
AC4 = Misconception(
    "AC4",
    "more than one hidden layer",
    "That two hidden layers can do it is not in doubt. Can you do it with one?",
    PLANES,
)

PARTS = ("params", "p", "q")


class RefuteConvexity(Exercise):
    """Give a net with one hidden layer and two points inside its region, whose midpoint is not. One claim, one part."""

    id = "refute-convexity"
    hints = (
        "Play with the painter above: what does the region look like if one yes is enough?",
        "Take two half-planes that do not meet. Where does their union have a gap?",
        "Write both hidden units for the x axis alone. At which x does each say yes, and which bias makes one enough?",
    )
    worked = """
    Another slogan: "Two half-planes joined by OR never make a convex region."

    1. What would refute it? One example of two half-planes whose union *is* convex.
    2. Let one lie inside the other: x₁ > 0 and x₁ > 1. The union is x₁ > 0, a half-plane, and that is convex.
    3. As a net: both hidden units look at x₁ alone, their biases are 0 and −1; OR means that one yes passes the
       threshold:
       `[([[1, 0], [1, 0]], [0, -1]), ([[1, 1]], [-0.4])]`.
    4. Work it out at two points and between them: (2, 0) gives 2 − 0.4, (0.5, 4) gives 1 − 0.4, the middle
       (1.25, 2)
       gives 2 − 0.4. All are positive.
    5. For your slogan: which two half-planes leave a gap or a dent? Put p and q on its two sides.
    """
    misconceptions = (AC1, AC2, AC3, AC4, DS1)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"params": [(W1 (H, 2), b1 (H,)), (W2 (1, H), b2 (1,))], "p": (x, y), "q": (x, y)}``.

        The hidden units are step units.
        """
        given = as_dict(answers, PARTS, "counterexample")
        return {"": look(lambda: _look_at(given))}


def _look_at(given: dict[str, Any]) -> None:
    if any(is_missing(given[part]) for part in PARTS):
        raise NotAttempted("fill in params, p and q, run that cell, then this one")
    params = _one_hidden_layer(given["params"])
    ends = np.stack([_point(given[part], part) for part in ("p", "q")])
    for part, value in zip(("p", "q"), run(params, ends), strict=True):
        if not value > 0:
            raise refuse(f"The output at {part} is {value:g}: not positive.", AC2)
    middle = ends.mean(axis=0, keepdims=True)
    (value,) = run(params, middle)
    if value > 0:
        where = f"({middle[0, 0]:g}, {middle[0, 1]:g})"
        way = AC3 if _is_intersection(params) else AC1
        raise refuse(f"The output at the midpoint {where} is {value:g}: still positive.", way)


def _one_hidden_layer(value: Any) -> Params:
    if type(value) in (list, tuple) and len(value) > 2:
        raise refuse(f"Your net has {len(value) - 1} hidden layers.", AC4)
    params = read_params(Case("your net"), value, None, 'counterexample["params"]')
    if len(params) != 2:
        raise refuse("counterexample['params'] should be a hidden layer and the output, each a pair (weight, bias).")
    return params


def _point(value: Any, part: str) -> np.ndarray:
    point = as_array(value, f"counterexample[{part!r}]").reshape(-1)
    if point.shape != (2,) or not np.isfinite(point).all():
        raise refuse(f"counterexample[{part!r}] should be a point (x, y): two numbers.")
    return point


def _is_intersection(params: Params) -> bool:
    """Tell whether the output unit fires only if certain hidden units all answer in one certain way: an AND."""
    weight, bias = params[1]
    if weight.shape[1] > 12:
        return False
    patterns = np.array(list(product((0.0, 1.0), repeat=weight.shape[1])))
    fires = patterns[(patterns @ weight.T + bias)[:, 0] > 0]
    fixed = (fires == fires[0]).all(axis=0)
    return bool(len(fires) == 2 ** (~fixed).sum())
