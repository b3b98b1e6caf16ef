"""Exercise 4.7: two points on the boundary line. Any two that are on the line, where they should be, count.

| claim of the prompt | case |
|---|---|
| two points on the line, one in each row of (2, 2) | every case |
| the points have the x1 of `x1_range`, in this order | falling, rising, level |
| `x1_range` is a pair | whole numbers and others, from small to large and back |
| no line that leans is upright | a steep line, with a small w2 |
| if w2 is 0, any two different points of the upright line | w2 = 0, and w2 = 0 with other signs |
| w and b of any sign, w1 = 0 | rising, level; whole numbers |
"""

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
LB8 = Misconception(
    "LB8",
    "a tiny number against the division by zero",
    "A tiny number was added to w2 = 0, and the points fly off, far from the line. Which coordinate does the equation "
    "fix here, and which one is free?",
    LINE,
)
LB9 = Misconception(
    "LB9",
    "the minus left out",
    "This line is the right one turned upside down. Which signs change when everything but x2 goes to the other side?",
    LINE,
)
LB10 = Misconception(
    "LB10",
    "took weight and bias for slope and intercept",
    "This takes a weight for the slope and b for the intercept. Is the line's equation solved for x2 yet?",
    LINE,
)
LB11 = Misconception(
    "LB11",
    "not everything divided by the weight",
    "Part of this was not divided by the weight. What is divided when an equation is divided by w2?",
    LINE,
)
LB12 = Misconception(
    "LB12",
    "x1 in the other order",
    "These are the right points in the other order. Which x1 does the range name first?",
    LINE,
)

LB13 = Misconception(
    "LB13",
    "another level of the score",
    "Both of your points have one and the same score, which is not 0: your line lies beside the right one. Which score "
    "belongs to the boundary?",
    LINE,
)
LB14 = Misconception(
    "LB14",
    "x2 in front of x1",
    "These are points of the line with x2 in front of x1. Which coordinate comes first in a row?",
    LINE,
)
LB15 = Misconception(
    "LB15",
    "one point twice",
    "Both of your points are the same, or have the same x1. How many x1 does the range name?",
    LINE,
)
LB16 = Misconception(
    "LB16",
    "half of the coordinates",
    "These are two numbers. How many has a point, and how many points are asked for?",
    LINE,
)
LB17 = Misconception(
    "LB17",
    "slope by the size of a weight",
    "Where a weight is below 0 your line leans the other way. Does dividing by w2 keep its sign?",
    LINE,
)

LB18 = Misconception(
    "LB18",
    "at a right angle to the line",
    "Your line runs along the weights, at a right angle to the right one. Which way does the score stay the same?",
    LINE,
)
LB19 = Misconception(
    "LB19",
    "steep line taken for an upright one",
    "A steep line is taken for an upright one here. Which weight has to be 0 for that, and how exactly?",
    LINE,
)
LB20 = Misconception(
    "LB20",
    "points of the line at other places",
    "Both points are on the line, at another x1 than is asked for. Where does the range come into your code, and does "
    "it stay as it is?",
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
    "a falling line": Line((3.0, 4.0), -2.0, (-1.0, 3.0)),
    "a rising line": Line((-3.0, 2.0), 1.5, (2.5, -1.25)),
    "a steep line": Line((-3.0, 0.04), 1.5, (0.45, 0.75)),
    "a level line": Line((0.0, -2.0), 3.0, (-4.0, 0.5)),
    "whole numbers": Line((5, -2), 3, (0, 2)),
    "w2 = 0": Line((2.0, 0.0), 3.0, (-4.0, 4.0)),
    "w2 = 0, w1 below 0": Line((-0.5, 0.0), -2.0, (1.0, 3.0)),
}

# x2 on each wrong line that leans: of x1, the weights w1 and w2, and b
WRONG_LINES: dict[Misconception, Sequence[Callable[[np.ndarray, float, float, float], np.ndarray]]] = {
    LB1: [lambda x1, w1, w2, b: (b - w1 * x1) / w2],
    LB2: [lambda x1, w1, w2, b: -(w2 * x1 + b) / w1, lambda x1, w1, w2, b: -w2 / w1 * x1 - b / w2],
    LB3: [lambda x1, w1, w2, b: -w1 * x1 / w2],
    LB7: [lambda x1, w1, w2, b: (w1 * x1 - b) / w2],
    LB9: [lambda x1, w1, w2, b: (w1 * x1 + b) / w2],
    LB10: [lambda x1, w1, w2, b: w1 * x1 + b, lambda x1, w1, w2, b: w2 * x1 + b],
    LB18: [
        lambda x1, w1, w2, b: w2 / w1 * x1 - b / w2,
        lambda x1, w1, w2, b: (w2 * x1 - b) / w1,
        lambda x1, w1, w2, b: (w2 * x1 + b) / w1,
        lambda x1, w1, w2, b: w2 / w1 * x1,
    ],
    LB11: [
        lambda x1, w1, w2, b: -w1 * x1 - b,
        lambda x1, w1, w2, b: -w1 / w2 * x1 - b,
        lambda x1, w1, w2, b: -w1 / w2 * x1 + b,
        lambda x1, w1, w2, b: -w1 * x1 - b / w2,
    ],
}
WRONG_UPRIGHT: dict[Misconception, Callable[[float, float], float]] = {
    LB1: lambda w1, b: b / w1,
    LB3: lambda w1, b: 0.0,
    LB11: lambda w1, b: -b,
}

WORKED = """
Where does the line of a neuron with w = (3, −2) and b = 6 cut the two axes?

1. On the line the score is 0: 3 x₁ − 2 x₂ + 6 = 0.
2. On the axis of x₂ the other input is 0, so that −2 x₂ + 6 = 0, and x₂ = 3.
3. On the axis of x₁ it is x₂ = 0, so that 3 x₁ + 6 = 0, and x₁ = −2.
4. Put the points in rows, and put them to the test:

```python
points = np.array([[0.0, 3.0], [-2.0, 0.0]])
print(points @ np.array([3.0, -2.0]) + 6)  # [0. 0.]
```

With w = (3, 0) step 2 would read 0 · x₂ + 6 = 0: no x₂ does that. The line never meets this axis: it is upright.
"""


class BoundaryPoints(Implementation):
    """Write ``boundary_points(w (2,), b, x1_range) -> (2, 2)``, a point of the line in each row."""

    id = "boundary-points"
    hints = (
        "On the line the score is 0. Which equation for x1 and x2 is that?",
        "Solve it for x2. By what do you divide, and what if that is 0?",
        "If w2 = 0, which x1 makes the score 0? Does x2 matter then?",
    )
    misconceptions = (
        *(LB1, LB2, LB3, LB4, LB5, LB6, LB7, LB8, LB9, LB10),
        *(LB11, LB12, LB13, LB14, LB15, LB16, LB17, LB18, LB19, LB20),
    )
    worked = WORKED

    def cases(self) -> Sequence[Case]:
        """Return lines that fall, rise, are level and are upright."""
        return [Case(f"{what}: w = {line.weight}, b = {line.bias}", line) for what, line in PUBLIC.items()]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return leaning lines, a level one, whole numbers, and upright ones."""
        rng = np.random.default_rng([9, seed])
        drawn = [(rng.uniform(0.5, 3, 2) * rng.choice([-1, 1], 2), float(rng.uniform(0.5, 2))) for _ in range(4)]
        level, upright, bias = map(float, rng.uniform(1, 3, size=3))
        start, end = map(float, rng.uniform(0.5, 6, size=2))
        fixed = [
            Line((0.0, level), -1.5),
            Line((level, -0.03), bias),
            Line((upright, 0.0), bias),
            Line((-2.0, 0.0), 0.0),
            Line((2, -1), 3),
        ]
        leaning = [
            Line(
                (float(first), float(second if place else abs(second))),  # below 0 two wrong ways give the same
                one * (-1) ** place,
                (start, -end) if place % 2 else (-start, end),
            )
            for place, ((first, second), one) in enumerate(drawn)
        ]
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
    if points.shape == (2,):
        raise _wrong(case, "it should return two points, each a row of two numbers.", LB16)
    if points.shape != (2, 2):
        raise _wrong(case, "it should return two points, each a row of two numbers.")
    if not np.isfinite(points).all():
        raise case.wrong(NAME, LB4 if line.upright else None)
    if line.upright:
        _look_at_upright(case, points, line)
    elif not np.allclose(points[:, 0], line.x1_range):
        raise _wrong(case, "x1 should run over the range that is given.", _explain_places(points, line))
    elif not _is_on(points, line):
        raise _not_on_the_line(case, points, line, _explain_leaning(points, line))


def _look_at_upright(case: Case, points: np.ndarray, line: Line) -> None:
    if not np.allclose(points[:, 0], x1_of(line), rtol=1e-4, atol=1e-5):
        raise _not_on_the_line(case, points, line, _explain_upright(points, line))
    if points[0, 1] == points[1, 1]:
        raise _wrong(case, "both points are the same. How does one see the line then?", LB15)


def _not_on_the_line(case: Case, points: np.ndarray, line: Line, way: Misconception | None) -> CheckFailed:
    few = ", ".join(f"{score:.3g}" for score in scores_of(points, line.w, line.bias))
    return case.wrong(NAME, way, detail=f"  the scores there are not 0: {few}.")


def _wrong(case: Case, words: str, way: Misconception | None = None) -> CheckFailed:
    """Return the error for points that are wrong, in words that hold no number of the case."""
    return case.wrong(NAME, way, detail=f"  {words}", hidden=f"  {words}")


def scores_of(points: np.ndarray, w: np.ndarray, bias: float) -> np.ndarray:
    """Ask PyTorch for the scores of points (N, 2)."""
    x, weight = (torch.tensor(np.array(array, dtype=np.float64)) for array in (points, w))
    return (x @ weight + bias).numpy()


def x1_of(line: Line) -> float:
    """Return where an upright line stands: PyTorch solves w1 x1 = -b."""
    return float(torch.linalg.solve(torch.tensor([[line.w[0]]]).double(), torch.tensor([-line.bias]).double()))


def _is_on(points: np.ndarray, line: Line) -> bool:
    """Tell whether the scores are 0, as exactly as float32 would have it: measured by the terms of a score."""
    terms = abs(points[:, 0] * line.w[0]) + abs(line.bias) + 1
    return bool((abs(scores_of(points, line.w, line.bias)) <= 1e-5 * terms).all())


# --- wrong ways


def _explain_places(points: np.ndarray, line: Line) -> Misconception | None:
    """Find why the points have another x1."""
    if np.allclose(points[0], line.x1_range) and _is_on(points.T, line):
        return LB5
    if np.allclose(points[:, 1], line.x1_range) and _is_on(points[:, ::-1], line):
        return LB14
    if np.isclose(points[0, 0], points[1, 0]):
        upright = line.w[0] != 0 and np.allclose(points[:, 0], -line.bias / line.w[0]) and points[0, 1] != points[1, 1]
        return LB19 if upright else LB15
    if not _is_on(points, line):
        return None
    return LB12 if np.allclose(points[::-1, 0], line.x1_range) else LB20


def _explain_leaning(points: np.ndarray, line: Line) -> Misconception | None:
    """Find the line on which the points lie instead."""
    (w1, w2), b, x1 = map(np.float64, line.weight), np.float64(line.bias), points[:, 0]
    with np.errstate(all="ignore"):  # a wrong way may divide by zero, which Python's own numbers refuse
        lines = ((way, rise(x1, w1, w2, b)) for way, rises in WRONG_LINES.items() for rise in rises)
        way = next((way for way, x2 in lines if np.allclose(points[:, 1], x2, atol=1e-6)), None)
    if w2 < 0 and way not in (None, LB17) and np.allclose(points[:, 1], -(w1 * x1 + b) / abs(w2)):
        return LB17
    scores = scores_of(points, line.w, line.bias)
    return LB13 if way is None and np.isclose(*scores, rtol=1e-6) else way


def _explain_upright(points: np.ndarray, line: Line) -> Misconception | None:
    """Find where the points of an upright line are instead."""
    w1, b = float(line.weight[0]), float(line.bias)
    if np.allclose(points[0], x1_of(line)):
        return LB5
    way = next((way for way, x1 in WRONG_UPRIGHT.items() if np.allclose(points[:, 0], x1(w1, b), atol=1e-6)), None)
    if way is not None:
        return way
    if np.allclose(points[:, 0], line.x1_range):
        tiny = (w1 * points[:, 0] + b) / np.where(points[:, 1] == 0, np.inf, -points[:, 1])
        if np.allclose(tiny, tiny[0], atol=0) and 0 < abs(tiny[0]) < 1e-3:
            return LB8
    level = points[0, 1] == points[1, 1] and points[0, 0] != points[1, 0]
    return LB6 if level else None
