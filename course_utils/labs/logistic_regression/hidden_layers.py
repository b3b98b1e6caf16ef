"""Exercise 4.8: how many hidden layers does a toy data set need? What was read from the experiment."""

from typing import Any

from course_utils.judging.answers import as_dict, plain
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.labs.logistic_regression.headings import LAYERS
from course_utils.labs.logistic_regression.layers import HIDDEN_LAYERS, fewest_layers

LE1 = Misconception(
    "LE1",
    "took one hidden layer for convex regions only",
    "One way to get this is the slide's rule: opposite corners are not convex, so that they need more. What did the "
    "runs with fewer layers reach?",
    LAYERS,
)
LE2 = Misconception(
    "LE2",
    "named the most layers that work, not the fewest",
    "This many layers work. Would fewer do?",
    LAYERS,
)
LE3 = Misconception(
    "LE3",
    "took a straight line for enough",
    "Without a hidden layer the boundary is a straight line. How many of these runs are above the target?",
    LAYERS,
)
LE4 = Misconception(
    "LE4",
    "went by the best run, or by the shape of the curve, not by most runs",
    "Count the runs above the target, one by one. Are they more than half?",
    LAYERS,
)

WORKED = """
How many *units* does one hidden layer need for a bent stripe? Five runs of each, target: more than 90 %, in most runs.

| units | run 1 | run 2 | run 3 | run 4 | run 5 |
|---|---|---|---|---|---|
| 2 | 71 | 91 | 70 | 88 | 69 |
| 3 | 92 | 90 | 94 | 95 | 89 |
| 4 | 97 | 96 | 98 | 72 | 97 |

1. Two units: only 91 is above 90, one run of five. Not most.
2. Three units: 92, 94 and 95 are above; 90 itself is not. Three of five is most.
3. Four units work, too, and more often; but the *fewest* are asked for. The answer is 3.
"""


class HiddenLayers(Exercise):
    """The fewest hidden layers that each toy data set needs, by running all runs again."""

    id = "hidden-layers"
    hints = (
        "Read the printed rows: how many of the five runs are above 0.93?",
        "Go from 0 layers upwards. At which number do most runs exceed the target for the first time?",
    )
    misconceptions = (LE1, LE2, LE3, LE4)
    worked = WORKED

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge a dict from data set to 0, 1 or 2."""
        right = fewest_layers()
        given = as_dict(answers, right, "fewest")
        found = judge_numbers(given, right, what="fewest", show="{:g}".format)
        return {name: _explained(name, found[name], plain(given[name]), right[name]) for name in right}


def _explained(name: str, one: Finding, given: float | None, right: int) -> Finding:
    if one.standing is not Standing.WRONG or given not in HIDDEN_LAYERS:
        return one
    if given > right:
        return wrong(one.first, LE1 if name == "corners" else LE2)
    return wrong(one.first, LE3 if given == 0 else LE4)
