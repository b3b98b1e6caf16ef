"""What came out: points from the gradebook, diagnoses from the graded notebooks."""

import warnings
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from course_utils.checks.verdict import codes_of
from course_utils.grading.hooks import grade_id, is_check


@dataclass
class Result:
    """One student's result in one lab."""

    student: str
    points: float
    most: float
    scores: dict[str, float] = field(default_factory=dict)  # by check
    codes: dict[str, list[str]] = field(default_factory=dict)  # by check
    notes: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def diagnosed(self) -> list[str]:
        """The misconceptions that were found, each once, in the order of the notebook."""
        return list(dict.fromkeys(code for codes in self.codes.values() for code in codes))


def database(root: Path) -> str:
    """Return the address of a course's gradebook."""
    return f"sqlite:///{root / 'gradebook.db'}"


def read_results(root: Path, lab: str, students: list[str]) -> dict[str, Result]:
    """Read the results of a lab for the students named."""
    with Gradebook(database(root)) as book:
        most = book.find_assignment(lab).max_score
        results = {student: Result(student, 0.0, most) for student in students}
        for result in results.values():
            try:
                (notebook,) = book.find_submission(lab, result.student).notebooks
            except MissingEntry:
                continue
            result.points = notebook.score
            result.scores = {grade.name: grade.score for grade in notebook.grades}
    for result in results.values():
        _read_notebook(root / "autograded" / result.student / lab / f"{lab}.ipynb", result)
    return results


def _read_notebook(path: Path, result: Result) -> None:
    """Read from a graded notebook which misconceptions were found, what was not attempted, what took too long."""
    if not path.is_file():
        return
    checks = [cell for cell in nbformat.read(path, as_version=4).cells if is_check(cell)]
    for cell in checks:
        found = [code for output in cell.outputs for code in codes_of(output)]
        result.codes |= {grade_id(cell): list(dict.fromkeys(found))} if found else {}
    untouched = _with_error(checks, "NotAttempted")
    slow = _with_error(checks, "CellTimeoutError")
    result.notes += [f"not attempted: {len(untouched)} of {len(checks)} exercises"] if untouched else []
    result.notes += [f"ran into the time limit: {', '.join(slow)}"] if slow else []


def _with_error(checks: list, name: str) -> list[str]:
    return [grade_id(cell) for cell in checks if any(output.get("ename") == name for output in cell.outputs)]


def give_zero(root: Path, lab: str, student: str) -> None:
    """Write a submission that cannot be graded into the gradebook with zero points for every check."""
    with Gradebook(database(root)) as book, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader fills in new rows in an order that SQLAlchemy remarks on
        book.update_or_create_student(student)
        submission = book.update_or_create_submission(lab, student)
        for notebook in submission.notebooks:
            for one in notebook.grades:
                one.auto_score, one.needs_manual_grade = 0, False
        book.db.commit()
