"""What a class has in a lab, as people are told it: the gradebook's points, added up by `course_utils.full_marks`."""

from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Assignment, SubmittedAssignment, SubmittedNotebook

from course_utils import reference
from course_utils.cells import grade_id
from course_utils.course import folders
from course_utils.full_marks import Part, Total, add_up

Further = frozenset[tuple[str, str]]  # names of a notebook and of a cell in it


def further_cells(root: Path, lab: str) -> Further:
    """Return which cells of a lab go beyond its core: the released notebooks say so, never a student's own."""
    found = set()
    for path in sorted((root / folders(root).released / lab).glob("*.ipynb")):
        try:
            cells = reference.read_cells(path)
        except (OSError, ValueError):
            continue  # grading it will say so
        beyond = zip(cells, reference.beyond_the_core(cells), strict=True)
        found |= {(path.stem, grade_id(cell)) for cell, further in beyond if further and grade_id(cell)}
    return frozenset(found)


def parts_of(notebook: SubmittedNotebook, further: Further) -> list[Part]:
    """Return what a submitted notebook has in each of its cells with points."""
    return [
        Part(float(grade.score), float(grade.max_score), (notebook.name, grade.name) in further)
        for grade in notebook.grades
    ]


def full_marks_of(assignment: Assignment, further: Further) -> float:
    """Return a lab's full marks."""
    cells = ((one.name, cell) for one in assignment.notebooks for cell in [*one.grade_cells, *one.task_cells])
    return add_up(Part(0.0, float(cell.max_score), (name, cell.name) in further) for name, cell in cells).most


def total_of(submission: SubmittedAssignment, further: Further) -> Total:
    """Return what a submission has, before anything is taken off for being late."""
    if not further:  # one number of the gradebook's, for a large class
        return Total(float(submission.score), float(submission.max_score), 0.0)
    return _total(submission.notebooks, further)


def _total(notebooks: Iterable[SubmittedNotebook], further: Further) -> Total:
    return add_up(part for notebook in notebooks for part in parts_of(notebook, further))
