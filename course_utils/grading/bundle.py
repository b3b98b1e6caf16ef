"""What a lab's submissions are graded against: the released notebook with the hidden tests in it.

The release says which cells there are and in which order; nbgrader's gradebook has the full text of the checks and
their points. Neither alone is enough, and where the two do not belong together nothing is graded.
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.api import Notebook as NotebookRow

from course_utils.cells import grade_id
from course_utils.course import RELEASED, CourseError
from course_utils.grading.gradebook import open_gradebook
from course_utils.grading.hooks import NOT_OURS
from course_utils.grading.job import Bundle, ReleasedCell


def read_bundle(root: Path, lab: str) -> Bundle:
    """Return what a lab is graded against.

    Raises
    ------
    CourseError
        If the lab was not released, or the gradebook does not know it, or knows another version of it.
    """
    released = _read_release(root, lab)
    with open_gradebook(root) as book:
        try:
            known = _known_cells(book.find_notebook(lab, lab))
        except MissingEntry:
            raise CourseError(f"The gradebook does not know {lab}. Run: {cure(lab)}") from None
    there = [name for cell in released.cells if (name := grade_id(cell))]
    if odd := sorted(set(there) ^ set(known)):
        raise CourseError(f"The gradebook and {RELEASED}/{lab} differ in: {', '.join(odd)}. Run: {cure(lab)}")
    cells = [known.get(grade_id(cell)) or _lesson_cell(cell) for cell in released.cells]
    return Bundle(lab, cells, _files_beside(root / RELEASED / lab, lab))


def cure(lab: str) -> str:
    """Return the command that releases a lab and tells the gradebook."""
    number = lab.split("_")[0]
    return f"course release --gradebook {number if number.isdigit() else lab}"


def _read_release(root: Path, lab: str) -> NotebookNode:
    path = root / RELEASED / lab / f"{lab}.ipynb"
    try:
        released: NotebookNode = nbformat.read(path, as_version=4)
        return released
    except FileNotFoundError:
        raise CourseError(f"{RELEASED}/{lab}/{lab}.ipynb is not there. Run: {cure(lab)}") from None
    except Exception as error:
        raise CourseError(f"{path} is not a notebook ({error}). Run: {cure(lab)}") from error


def _known_cells(notebook: NotebookRow) -> dict[str, ReleasedCell]:
    """Return the cells that the gradebook knows by grade_id."""
    points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    return {
        cell.name: {
            "cell_type": cell.cell_type,
            "source": cell.source,
            "grade_id": cell.name,
            "grade": cell.name in points,
            "solution": cell.name in solutions,
            "locked": bool(cell.locked),
            "points": points.get(cell.name, 0.0),
        }
        for cell in notebook.source_cells
    }


def _lesson_cell(cell: NotebookNode) -> ReleasedCell:
    return {
        "cell_type": cell.cell_type,
        "source": cell.source,
        "grade_id": "",
        "grade": False,
        "solution": False,
        "locked": False,
        "points": 0.0,
    }


def _files_beside(folder: Path, lab: str) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not NOT_OURS & set(name.parts) and name.as_posix() != f"{lab}.ipynb":
            found[name.as_posix()] = path.read_bytes()
    return found
