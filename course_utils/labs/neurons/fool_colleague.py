"""Exercise 1.5: examples on which a colleague's wrong error function reports nothing.

What the prompt says, and what tries it:

- four or more of each, below 10⁹ → `_look_at_pair`
- the colleague's function reports 0 → NB2
- the true error is above 1 → NB1, NB3
- any such pair counts → no stored answer: PyTorch's loss is asked
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.answers import as_array, as_dict, is_missing
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.neurons.headings import SUNSHINE

NB1 = Misconception(
    "NB1",
    "predictions equal the targets",
    "Your predictions equal the targets, so the true MSE is 0 too. Which errors could hide from a sum?",
    SUNSHINE,
)
NB2 = Misconception(
    "NB2",
    "errors do not cancel",
    "Your colleague's function sees these errors: their sum is not 0. Which signs would they need?",
    SUNSHINE,
)
NB3 = Misconception(
    "NB3",
    "errors cancel but are small",
    "Your errors cancel, but they are small. What becomes of their squares if you make them all larger?",
    SUNSHINE,
)

FEWEST, LEAST = 4, 1.0  # examples, true mean squared error


class FoolColleague(Exercise):
    """Give predictions and targets for which the square of the sum of errors is 0, and the true MSE above 1."""

    id = "fool-colleague"
    hints = (
        "Which line of the function loses information about the errors?",
        "Can an error of one example make up for an error of another, if they are added before squaring?",
    )
    worked = """
    Another colleague compares the largest prediction with the largest target: `abs(max(y_hat) - max(y))`.

    1. What does the function look at? Two numbers, the largest of each list.
    2. What does it not see? *Where* they stand, and all the other numbers.
    3. So keep the largest numbers equal, and let the errors be large elsewhere: y_hat = (5, 0, 0), y = (0, 0, 5).
    4. Work out both: the colleague reports |5 − 5| = 0, the true MSE is (25 + 0 + 25) / 3 = 16.7.
    """
    misconceptions = (NB1, NB2, NB3)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"y_hat": list of numbers, "y": list of numbers}``, at least four each. Any such pair counts."""
        return {"": look(lambda: _look_at_pair(as_dict(answers, ("y_hat", "y"), "fooled")))}


def _look_at_pair(answer: dict[str, Any]) -> None:
    if any(is_missing(answer[name]) for name in answer):
        raise NotAttempted("fill in y_hat and y, run that cell, then this one")
    y_hat, y = (_in_a_row(as_array(answer[name], f"fooled[{name!r}]")) for name in ("y_hat", "y"))
    if y_hat.ndim != 1 or y_hat.shape != y.shape or len(y) < FEWEST:
        shapes = f"{y_hat.shape} and {y.shape}"
        raise refuse(f"y_hat and y should be two lists of the same length, at least {FEWEST}; yours: {shapes}.")
    if not (np.isfinite(y_hat).all() and np.isfinite(y).all() and abs(y_hat).max() < 1e9 and abs(y).max() < 1e9):
        raise refuse("y_hat and y should hold ordinary numbers, below a thousand million.")
    true = float(F.mse_loss(torch.tensor(y_hat), torch.tensor(y)))
    reported = colleagues_mse(y_hat, y)
    way = NB1 if true == 0 else NB2 if reported > 1e-9 else NB3 if true <= LEAST else None
    if way:
        raise refuse(f"Your colleague's function reports {reported:.3g}, the true MSE is {true:.3g}.", way)


def _in_a_row(numbers: np.ndarray) -> np.ndarray:
    """Return numbers that were given as arrays of one element each as one row."""
    return numbers.reshape(-1) if numbers.ndim > 1 and numbers.size == len(numbers) else numbers


def colleagues_mse(y_hat: np.ndarray, y: np.ndarray) -> float:
    """Compute what the colleague's function reports: the bug is the subject of the exercise."""
    return float(np.sum(y_hat - y) ** 2 / len(y))
