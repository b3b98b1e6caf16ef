"""Check of two points on the boundary line. Any two points that are on the line, where they should be, count."""

import numpy as np
import torch

from course_utils.checks.comparing import refusal
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import call, quiet
from course_utils.judging.protocol.verdicts import CheckFailed

BOUNDARY_CASES = [
    ("a falling line", (2.0, 4.0), -2.0, (-1.0, 3.0)),
    ("a rising line", (-3.0, 2.0), 1.0, (-2.0, 2.0)),
    ("w2 = 0", (2.0, 0.0), 3.0, (-4.0, 4.0)),
]


def hidden_cases(seed: int) -> list[tuple]:
    """Draw further lines: leaning ones, a level one, and upright ones."""
    rng = np.random.default_rng([9, seed])
    drawn = [(tuple(rng.uniform(0.5, 3, 2) * rng.choice([-1, 1], 2)), float(rng.uniform(0.5, 2))) for _ in range(4)]
    level, upright, bias = map(float, rng.uniform(1, 3, size=3))
    lines = [*drawn, ((0.0, level), -1.5), ((upright, 0.0), bias), ((-2.0, 0.0), 0.0), ((2, -1), 3)]
    return [("", weight, bias, (-2.0, 5.0)) for weight, bias in lines]


@quiet()
def boundary_points(answer, hidden: int | None = None) -> None:
    """Check ``boundary_points(w (2,), b, x1_range) -> (2, 2)``, a point of the line in each row. 2 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further lines, drawn at grading. Messages do not describe a hidden line.
    """
    for new, weight, bias, x1_range in BOUNDARY_CASES if hidden is None else hidden_cases(hidden):
        case = "a case drawn at grading" if hidden is not None else f"{new}: w = {weight}, b = {bias}"
        w = np.array(weight)
        try:
            given = call(answer, "boundary_points", w, bias, x1_range)
        except CheckFailed as error:
            _refuse_division(error, w, case)
            raise
        _look(as_array(given, "What boundary_points returns"), w, bias, x1_range, case)
    print("Correct.")


def _refuse_division(error: CheckFailed, w: np.ndarray, case: str) -> None:
    if w[1] == 0 and "ZeroDivisionError" in error.message:
        _refuse(case, "  it divides by zero.", "LB4")


def _look(points: np.ndarray, w: np.ndarray, bias: float, x1_range: tuple, case: str) -> None:
    if points.shape != (2, 2):
        _refuse(case, "  it should return two points, each a row of two numbers.", None)
    if not np.isfinite(points).all():
        _refuse(case, "", "LB4" if w[1] == 0 else None)
    scores = scores_of(points, w, bias)
    on_line = np.allclose(scores, 0, atol=1e-6 * (1 + abs(points).max() * abs(w).max()))
    if not on_line:
        _refuse(case, f"  the scores there are not 0: {_few(scores)}.", _explain(points, w, bias, x1_range))
    if w[1] == 0 and np.allclose(points[0], points[1]):
        _refuse(case, "  both points are the same. How does one see the line then?", None)
    if w[1] != 0 and not np.allclose(points[:, 0], x1_range):
        columns = np.allclose(points[0], x1_range)
        _refuse(case, "  x1 should run over the range that is given.", "LB5" if columns else None)


def scores_of(points: np.ndarray, w: np.ndarray, bias: float) -> np.ndarray:
    """Ask PyTorch for the scores of points (N, 2)."""
    x, weight = (torch.tensor(np.array(array, dtype=np.float64)) for array in (points, w))
    return (x @ weight + bias).numpy()


def _explain(points: np.ndarray, w: np.ndarray, bias: float, x1_range: tuple) -> str | None:
    """Find the line on which the points lie instead."""
    flipped = w * [1, -1]
    if np.allclose(scores_of(points.T, w, bias), 0, atol=1e-6) and np.allclose(points[0], x1_range):
        return "LB5"
    if w[1] == 0:
        level = points[0, 1] == points[1, 1] and points[0, 0] != points[1, 0]
        others = {"LB1": (w, -bias), "LB3": (w, 0.0)}
    else:
        level = False
        others = {"LB1": (w, -bias), "LB2": (w[::-1], bias), "LB3": (w, 0.0), "LB7": (flipped, -bias)}
    for code, line in others.items():
        if np.allclose(scores_of(points, *line), 0, atol=1e-6):
            return code
    return "LB6" if level else None


def _few(numbers: np.ndarray) -> str:
    return ", ".join(f"{number:.3g}" for number in numbers)


def _refuse(case: str, line: str, code: str | None) -> None:
    lines = [f"boundary_points: not yet right ({case}).", "" if case.startswith("a case") else line]
    raise refusal("\n".join(line for line in lines if line), code)
