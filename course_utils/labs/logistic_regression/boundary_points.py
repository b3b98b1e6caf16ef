"""Exercise 4.7: two points on the boundary line. Any two that are on the line, where they should be, count."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.logistic_regression.headings import LINE

LB1 = Misconception(
    "LB1",
    "sign of the intercept",
    "This line is parallel to the right one, on the other side of the origin. What happens to b when it changes sides?",
    LINE,
)
LB2 = Misconception(
    "LB2",
    "the two weights exchanged",
    "This line has the two weights exchanged. By which weight do you divide to get x2?",
    LINE,
)
LB3 = Misconception(
    "LB3",
    "bias left out",
    "This line goes through the origin. What does the bias do to the place where the score is 0?",
    LINE,
)
LB4 = Misconception(
    "LB4",
    "division by zero",
    "There is nan, inf or a division by zero for a weight w2 = 0. Which line is it then, and which coordinate is free?",
    LINE,
)
LB5 = Misconception(
    "LB5",
    "points in columns instead of rows",
    "These are the right numbers with a point in each column. Which axis should count the points?",
    LINE,
)
LB6 = Misconception(
    "LB6",
    "level line where it should be upright",
    "With w2 = 0 the score does not depend on x2. Is the line level or upright then?",
    LINE,
)
LB7 = Misconception(
    "LB7",
    "sign of the slope",
    "This line leans the other way. What happens to w1 x1 when it changes sides?",
    LINE,
)

NAME = "boundary_points"


class Line(NamedTuple):
    """A line: the two weights, the bias, and the range that x1 should run over."""

    weight: tuple[float, float]
    bias: float
    x1_range: tuple[float, float] = (-2.0, 5.0)

    @property
    def w(self) -> np.ndarray:
        """The weights as an array."""
        return np.array(self.weight)

    @property
    def upright(self) -> bool:
        """Whether x2 does not matter."""
        return self.weight[1] == 0


PUBLIC = {
    "a falling line": Line((2.0, 4.0), -2.0, (-1.0, 3.0)),
    "a rising line": Line((-3.0, 2.0), 1.0, (-2.0, 2.0)),
    "w2 = 0": Line((2.0, 0.0), 3.0, (-4.0, 4.0)),
}


class BoundaryPoints(Implementation):
    """Write ``boundary_points(w (2,), b, x1_range) -> (2, 2)``, a point of the line in each row."""

    id = "boundary-points"
    hints = (
        "On the line the score is 0. Which equation for x1 and x2 is that?",
        "Solve it for x2. By what do you divide, and what if that is 0?",
        "If w2 = 0, which x1 makes the score 0? Does x2 matter then?",
    )
    misconceptions = (LB1, LB2, LB3, LB4, LB5, LB6, LB7)

    def cases(self) -> Sequence[Case]:
        """Return a falling line, a rising one and an upright one."""
        return [Case(f"{what}: w = {line.weight}, b = {line.bias}", line) for what, line in PUBLIC.items()]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return leaning lines, a level one, and upright ones."""
        rng = np.random.default_rng([9, seed])
        drawn = [(rng.uniform(0.5, 3, 2) * rng.choice([-1, 1], 2), float(rng.uniform(0.5, 2))) for _ in range(4)]
        level, upright, bias = map(float, rng.uniform(1, 3, size=3))
        fixed = [Line((0.0, level), -1.5), Line((upright, 0.0), bias), Line((-2.0, 0.0), 0.0), Line((2, -1), 3)]
        leaning = [Line((float(first), float(second)), one) for (first, second), one in drawn]
        return [Case("another line", line) for line in (*leaning, *fixed)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Look whether the score is 0 at both points, and whether they are where they should be."""
        line: Line = case.data
        try:
            given = case.call(answer, NAME, line.w, line.bias, line.x1_range)
        except CheckFailed as error:
            if line.upright and "ZeroDivisionError" in error.message:
                raise case.wrong(NAME, LB4, detail="  it divides by zero.") from None
            raise
        _look_at(case, case.array(given, f"What {NAME} returns"), line)


def _look_at(case: Case, points: np.ndarray, line: Line) -> None:
    if points.shape != (2, 2):
        raise _wrong(case, "it should return two points, each a row of two numbers.")
    if not np.isfinite(points).all():
        raise case.wrong(NAME, LB4 if line.upright else None)
    scores = scores_of(points, line.w, line.bias)
    if not np.allclose(scores, 0, atol=1e-6 * (1 + abs(points).max() * abs(line.w).max())):
        few = ", ".join(f"{score:.3g}" for score in scores)
        raise case.wrong(NAME, _explain(points, line), detail=f"  the scores there are not 0: {few}.")
    if line.upright and np.allclose(points[0], points[1]):
        raise _wrong(case, "both points are the same. How does one see the line then?")
    if not line.upright and not np.allclose(points[:, 0], line.x1_range):
        way = LB5 if np.allclose(points[0], line.x1_range) else None
        raise _wrong(case, "x1 should run over the range that is given.", way)


def _wrong(case: Case, words: str, way: Misconception | None = None) -> CheckFailed:
    """Return the error for points that are wrong, in words that hold no number of the case."""
    return case.wrong(NAME, way, detail=f"  {words}", hidden=f"  {words}")


def scores_of(points: np.ndarray, w: np.ndarray, bias: float) -> np.ndarray:
    """Ask PyTorch for the scores of points (N, 2)."""
    x, weight = (torch.tensor(np.array(array, dtype=np.float64)) for array in (points, w))
    return (x @ weight + bias).numpy()


def _explain(points: np.ndarray, line: Line) -> Misconception | None:
    """Find the line on which the points lie instead."""
    w, bias = line.w, line.bias

    def lie_on(weight: np.ndarray, intercept: float, some: np.ndarray = points) -> bool:
        return bool(np.allclose(scores_of(some, weight, intercept), 0, atol=1e-6))

    if lie_on(w, bias, points.T) and np.allclose(points[0], line.x1_range):
        return LB5
    others = {LB1: (w, -bias), LB2: (w[::-1], bias), LB3: (w, 0.0), LB7: (w * [1, -1], -bias)}
    for way in (LB1, LB3) if line.upright else others:
        if lie_on(*others[way]):
            return way
    level = points[0, 1] == points[1, 1] and points[0, 0] != points[1, 0]
    return LB6 if line.upright and level else None
