"""What came out: points from the gradebook, diagnoses from the graded notebooks."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from course_utils.cells import grade_id, is_check
from course_utils.course import folders
from course_utils.full_marks import Part, add_up
from course_utils.grading.faults import INTERRUPTED, LEFT_OPEN, last_line
from course_utils.grading.gradebook import open_gradebook
from course_utils.grading.totals import Further, full_marks_of, further_cells, parts_of
from course_utils.judging.protocol.verdicts import codes_of


@dataclass
class Result:
    """One student's result in one lab.

    Parameters
    ----------
    student
        Student id.
    points, most
        What the gradebook says, up to full marks: earned, without what is taken off for being late; and full marks.
    scores
        Points by graded cell.
    verdicts
        By check: "right", "partly", "wrong", "not attempted", "stopped", "undecided", "interrupted" or "not
        graded".
    codes
        Misconceptions that were recognised, by check.
    notes
        Remarks for the instructor.
    reason
        Why nothing could be graded, "" if something could.
    undecided
        Checks that failed themselves or were interrupted, and to which no person has given points yet, and how:
        ``KeyError: 'a'``; "interrupted".
    by_hand
        Cells to which a person has given points.
    waiting
        Cells to which a person has yet to give points.
    """

    student: str
    points: float
    most: float
    scores: dict[str, float] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reason: str = ""
    undecided: dict[str, str] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)

    @property
    def diagnosed(self) -> list[str]:
        """The misconceptions that were found, each once, in the order of the notebook."""
        return list(dict.fromkeys(code for codes in self.codes.values() for code in codes))


def read_results(root: Path, lab: str, students: list[str]) -> dict[str, Result]:
    """Read the results of a lab for the students named."""
    if not students:  # the gradebook need not know the lab yet
        return {}
    with open_gradebook(root) as book:
        assignment, further = book.find_assignment(lab), further_cells(root, lab)
        most, names = full_marks_of(assignment, further), [notebook.name for notebook in assignment.notebooks]
        results = {one: _read_points(book, lab, Result(one, 0.0, most), names, further) for one in students}
    for result in results.values():
        others: list[dict[str, Any]] = []
        for path in sorted((root / folders(root).autograded / result.student / lab).glob("*.ipynb")):
            others += _read_notebook(path, result)
        _remark(result, others)
    return results


def graded_students(root: Path, lab: str) -> list[str]:
    """Return the students who have a graded notebook of a lab, in order."""
    return sorted({path.parts[-3] for path in (root / folders(root).autograded).glob(f"*/{lab}/*.ipynb")})


def _read_points(book: Gradebook, lab: str, result: Result, names: list[str], further: Further) -> Result:
    """Put what the gradebook has of a student's notebooks into a result, and return it."""
    parts = list[Part]()
    for name in names:
        try:
            notebook = book.find_submission_notebook(name, lab, result.student)
        except MissingEntry:
            continue
        parts += parts_of(notebook, further)
        result.scores |= {grade.name: grade.score for grade in notebook.grades}
        result.by_hand |= {grade.name for grade in notebook.grades if grade.manual_score is not None}
        result.waiting |= {grade.name for grade in notebook.grades if grade.needs_manual_grade}
    result.points = add_up(parts).points
    book.db.remove()  # a large class need not stay in memory
    return result


def _read_notebook(path: Path, result: Result) -> list[dict[str, Any]]:
    """Read from a graded notebook what was found in it; return its code cells that are no checks."""
    if not path.is_file():
        return []
    notebook = json.loads(path.read_text(encoding="utf-8"))
    about = notebook["metadata"].get("course", {})
    result.notes += about.get("notes", [])
    result.reason = result.reason or about.get("reason", "")
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    checks = {grade_id(cell): cell for cell in cells if is_check(cell)}
    for name, cell in checks.items():
        about = cell["metadata"].get("course", {})
        result.verdicts[name] = about.get("verdict", "")
        if result.verdicts[name] in LEFT_OPEN and name not in result.by_hand:
            result.undecided[name] = last_line(about.get("fault", "")) or result.verdicts[name]
        found = list(dict.fromkeys(code for output in cell["outputs"] for code in codes_of(output)))
        result.codes |= {name: found} if found else {}
    blank = [grade_id(cell) for cell in notebook["cells"] if cell["metadata"].get("course", {}).get("blank")]
    for words, names in (
        ("left blank, 0 points", [name for name in blank if name not in result.waiting | result.by_hand]),
        ("left blank, waits for a person", [name for name in blank if name in result.waiting]),
    ):
        result.notes += [f"{words}: {', '.join(names)}"] if names else []
    return [cell for cell in cells if not is_check(cell)]


def _remark(result: Result, others: list[dict[str, Any]]) -> None:
    """Add to the notes what was not attempted, what is left to a person, what was stopped, which cells did not run."""
    untouched = [name for name, verdict in result.verdicts.items() if verdict == "not attempted"]
    stopped = [name for name, verdict in result.verdicts.items() if verdict == "stopped"]
    statuses = [cell["metadata"].get("course", {}).get("status", "error") for cell in others]
    lost = [status for status in statuses if status != "error"]
    if untouched:
        result.notes.append(f"not attempted: {len(untouched)} of {len(result.verdicts)} exercises")
    open_now = {name: result.verdicts[name] == INTERRUPTED for name in result.undecided}
    for words, interrupted in (("the check failed, a person must give the points", False), (INTERRUPTED, True)):
        if names := [name for name, was in open_now.items() if was == interrupted]:
            result.notes.append(f"{words}: {', '.join(names)}")
    if stopped:
        result.notes.append(f"stopped: {', '.join(stopped)}")
    if lost:
        result.notes.append(f"cells that did not end well: {', '.join(dict.fromkeys(lost))}")
