"""Exercise 7.13: a table of two methods, compared with what the learner's own functions give.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
catalogue and wild, from 0 to 1                        a part each, by the learner's own functions run again
5 points of difference are allowed                     to within 0.05
n, pictures in the training part                       its parts, by the learner's own split
=====================================================  ==========================================================
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch

from course_utils.data import Pictures, scenes_of
from course_utils.judging import shared
from course_utils.judging.answers import as_dict, is_missing, kind, plain
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.probabilities import ask_probabilities
from course_utils.judging.protocol.calling import call, must_be_function
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted
from course_utils.labs.transfer_learning_homework.headings import TABLE
from course_utils.labs.transfer_learning_homework.improvement import LESSON, bikes
from course_utils.labs.transfer_learning_homework.methods import KNOWN, right_share
from course_utils.labs.transfer_learning_homework.split_by_scene import NO_SPLIT, read_parts

KE6 = shared.KE6.in_lab(TABLE)
KF4 = shared.KF4.in_lab(TABLE, "Your own functions do not reach this number. On which pictures did you measure?")
TG1 = Misconception(
    "TG1",
    "rows exchanged",
    "This number is right for the other method. Which function belongs to which row?",
    TABLE,
)
TG2 = Misconception(
    "TG2",
    "columns exchanged",
    "This number is right for the other column. Which pictures are the wild ones?",
    TABLE,
)
TG3 = Misconception(
    "TG3",
    "all pictures counted as training pictures",
    "This counts the test part, too. From how many pictures did the method learn?",
    TABLE,
)
TG4 = Misconception(
    "TG4",
    "test pictures counted",
    "This counts pictures of a test. From how many pictures did the method learn?",
    TABLE,
)
TG5 = Misconception(
    "TG5",
    "scenes counted, or one class",
    "This counts scenes, or the pictures of one class. How many pictures, of both classes, did the method learn from?",
    TABLE,
)
TG6 = Misconception(
    "TG6",
    "changed copies counted as pictures",
    "This is a multiple of the pictures in the training part. Are changed copies pictures of the catalogue?",
    TABLE,
)

TOLERANCE = 0.05  # of an accuracy
METHODS = {"baseline": "frozen_baseline", "improved": "improved"}  # rows, and the functions that belong to them
ACCURACIES = ("catalogue", "wild")
COLUMNS = (*ACCURACIES, "n")

Place = tuple[str, str]  # row and column
FOR_THE_TABLE = Case("for the table")


class ResultsTable(Exercise):
    """Report both methods at home and in the wild: ``{method: {"catalogue": …, "wild": …, "n": …}}``.

    Each number is a part.
    """

    id = "results-table"
    hints = (
        "The cell above prints all that the table asks for. Which of its numbers is n?",
        "Run the cell above once more after each change of your functions. Are the numbers in the table the last ones?",
    )
    worked = """
    Somebody else's run prints `baseline: catalogue 0.729, wild 0.515, from 150 pictures` and
    `improved: catalogue 0.708, wild 0.640, from 150 pictures`. There were 200 pictures in that catalogue.

    1. Each printed line is a row, under its own method's name.
    2. The first number was measured on the test part of the catalogue, the second on the wild pictures.
    3. n is what was learned from, 150: not the 200 that there are, nor the 50 of the test part.

    ```python
    results = {
        "baseline": {"catalogue": 0.729, "wild": 0.515, "n": 150},
        "improved": {"catalogue": 0.708, "wild": 0.640, "n": 150},
    }
    ```
    """
    misconceptions = (KE6, KF4, TG1, TG2, TG3, TG4, TG5, TG6)

    def judge(
        self,
        results: Any,
        split_by_scene: Callable[..., Any],
        baseline: Callable[..., Any],
        improved: Callable[..., Any],
    ) -> dict[str, Finding]:
        """Judge a table by the learner's own functions."""
        rows = as_dict({} if is_missing(results) else results, METHODS, "results")
        if is_missing(rows):
            raise NotAttempted('fill in the table: "results" is empty')
        places = [(method, column) for method in METHODS for column in COLUMNS]
        given = {place: _number(rows, place) for place in places}
        measured = Measured(split_by_scene, dict(zip(METHODS, (baseline, improved), strict=True)), given)
        return look_at({" ".join(place): partial(_look_at, place, rows, measured) for place in places})


def _number(rows: Mapping[str, Any], place: Place) -> float | None:
    """Return a number of the table; None where there is none."""
    row = rows[place[0]]
    number: float | None = plain(row.get(place[1])) if type(row) is dict else None
    return number


class Measured:
    """What a learner's own functions give, and what the table says.

    Parameters
    ----------
    split_by_scene
        The student's function.
    methods
        The student's functions by row.
    given
        The numbers in the table.
    """

    def __init__(
        self,
        split_by_scene: Callable[..., Any],
        methods: Mapping[str, Callable[..., Any]],
        given: Mapping[Place, float | None],
    ) -> None:
        self.catalogue, self.wild = bikes(LESSON)
        self.given = given
        self.train, self.test = _own_split(split_by_scene, self.catalogue)
        self.failed: dict[str, CheckFailed] = {}
        self.reached: dict[Place, float] = {(method, "n"): len(self.train) for method in METHODS}
        for method, function in methods.items():
            if any(given[method, column] is not None for column in ACCURACIES):
                self._run(method, function)

    def _run(self, method: str, function: Callable[..., Any]) -> None:
        """Run a method once and keep its accuracies; none if it is not written yet."""
        (x, y), (inside, at_home) = self.train.tensors(), self.test.tensors()
        outside, in_the_wild = self.wild.tensors()
        name = METHODS[method]
        try:
            must_be_function(function, name)
            tried = x, y, torch.cat([inside, outside])
            answer = ask_probabilities(FOR_THE_TABLE, function, name, tried, len(self.train.classes), KNOWN)
        except NotAttempted:
            return
        except CheckFailed as error:
            self.failed[method] = error
            return
        self.reached[method, "catalogue"] = right_share(answer[: len(inside)], at_home)
        self.reached[method, "wild"] = right_share(answer[len(inside) :], in_the_wild)

    def other_counts(self) -> dict[Misconception, list[int]]:
        """For each wrong count of training pictures, what it may be."""
        train, test, wild = len(self.train), len(self.test), len(self.wild)
        scenes = [len(set(scenes_of(part))) for part in (self.train, self.test, self.catalogue)]
        return {
            TG3: [len(self.catalogue)],
            TG4: [test, wild, test + wild],
            TG5: [*scenes, *np.bincount(self.train.labels).tolist()],
            TG6: [copies * train for copies in range(2, 10)],
        }


def _own_split(split_by_scene: Callable[..., Any], catalogue: Pictures) -> tuple[Pictures, Pictures]:
    scenes = scenes_of(catalogue)
    parts = read_parts(call(split_by_scene, "split_by_scene", scenes, catalogue.labels.tolist()), len(scenes))
    if parts is None:
        raise CheckFailed(f"split_by_scene: not yet right (for the table).\n{NO_SPLIT}")
    if not all(parts):
        raise CheckFailed("split_by_scene leaves one part empty: mend it first, the table rests on it.")
    return catalogue.at(parts[0]), catalogue.at(parts[1])


def _look_at(place: Place, rows: Mapping[str, Any], measured: Measured) -> None:
    method, column = place
    row, value = rows[method], measured.given[place]
    if is_missing(row) or (type(row) is dict and is_missing(row.get(column))):
        raise NotAttempted(f"fill in results[{method!r}][{column!r}]")
    if type(row) is not dict:
        raise CheckFailed(f"results[{method!r}] should be a dict with the keys {', '.join(COLUMNS)}, not {kind(row)}.")
    if value is None:
        raise CheckFailed(f"results[{method!r}][{column!r}] should be a number, not {kind(row[column])}.")
    if column != "n" and method in measured.failed:
        raise measured.failed[method]
    tolerance = 0 if column == "n" else TOLERANCE
    if place not in measured.reached or abs(value - measured.reached[place]) > tolerance:
        raise refuse(f"{method} {column}: you gave {value:.4g}.", _way(place, value, measured))


def _way(place: Place, value: float, measured: Measured) -> Misconception | None:
    """Return the wrong way that gives a number."""
    method, column = place
    if column == "n":
        return next((way for way, counts in measured.other_counts().items() if value in counts), None)
    if value > 1:
        return KE6
    if place not in measured.reached:
        return None
    (other_method,) = set(METHODS) - {method}
    (other_column,) = set(ACCURACIES) - {column}
    for way, other in ((TG1, (other_method, column)), (TG2, (method, other_column))):
        near = other in measured.reached and abs(value - measured.reached[other]) <= 0.006
        if near and measured.given[other] != value:
            return way
    return KF4
