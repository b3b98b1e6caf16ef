"""What came out: points from the gradebook, diagnoses from the graded notebooks."""

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
        result.codes = read_codes(root, lab, result.student)
    return results


def read_codes(root: Path, lab: str, student: str) -> dict[str, list[str]]:
    """Return the misconception codes in a graded notebook, by check."""
    path = root / "autograded" / student / lab / f"{lab}.ipynb"
    if not path.is_file():
        return {}
    codes = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if is_check(cell):
            found = [code for output in cell.outputs for code in codes_of(output)]
            codes |= {grade_id(cell): list(dict.fromkeys(found))} if found else {}
    return codes


def give_zero(root: Path, lab: str, student: str) -> None:
    """Write a submission that cannot be graded into the gradebook with zero points for every check."""
    with Gradebook(database(root)) as book:
        book.update_or_create_student(student)
        submission = book.update_or_create_submission(lab, student)
        for notebook in submission.notebooks:
            for one in notebook.grades:
                one.auto_score, one.needs_manual_grade = 0, False
        book.db.commit()
