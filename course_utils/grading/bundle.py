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
from course_utils.course import MASTERS, CourseError, folders
from course_utils.grading import nbgrader_says, ways
from course_utils.grading.gradebook import open_gradebook
from course_utils.grading.hooks import NOT_OURS
from course_utils.grading.job import Bundle, ReleasedCell
from course_utils.lab_options import read_options


def notebooks_of(root: Path, lab: str) -> list[str]:
    """Return the names of a lab's notebooks, without their ending, in order.

    Raises
    ------
    CourseError
        If the lab was not released.
    """
    folder = root / folders(root).released / lab
    found = sorted(path.stem for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    if not found:
        raise CourseError(f"{folder.relative_to(root)}/{lab}.ipynb is not there. Run: {cure(root, lab)}")
    return found


def read_bundles(root: Path, lab: str) -> list[Bundle]:
    """Return what each notebook of a lab is graded against; raises as :func:`read_bundle` does."""
    return [read_bundle(root, lab, name) for name in notebooks_of(root, lab)]


def read_bundle(root: Path, lab: str, notebook: str = "") -> Bundle:
    """Return what a lab's notebook is graded against.

    Parameters
    ----------
    root, lab
        The course, and the lab's full name.
    notebook
        Name of the notebook; the lab's, or that of the only one, if left out.

    Raises
    ------
    CourseError
        If the lab was not released, or the gradebook does not know it, or knows another version of it.
    """
    there = notebooks_of(root, lab)
    name = notebook or (lab if lab in there or len(there) > 1 else there[0])
    released = _read_release(root, lab, name)
    with open_gradebook(root) as book:
        try:
            known = _known_cells(book.find_notebook(name, lab))
        except MissingEntry:
            raise CourseError(f"The gradebook does not know {_both(lab, name)}. Run: {cure(root, lab)}") from None
    ids = [found for cell in released.cells if (found := grade_id(cell))]
    if odd := sorted(set(ids) ^ set(known)):
        where = f"{folders(root).released}/{_both(lab, name)}"
        raise CourseError(f"The gradebook and {where} differ in: {', '.join(odd)}. Run: {cure(root, lab)}")
    cells = [known.get(grade_id(cell)) or _lesson_cell(cell) for cell in released.cells]
    for one in cells:
        one["source"] = nbgrader_says.with_our_marks(root, one["source"])
    own = nbgrader_says.left_to_students(root, lab)
    files = _files_beside(root / folders(root).released / lab, there)
    files = {path: content for path, content in files.items() if path not in own}
    named, options = name if name != lab else "", read_options(root, lab)
    bundle = Bundle(lab, cells, files, named=named, own_numbers=options.own_numbers)
    return ways.decided(bundle, ways.decisions(root, lab, name, cells) or {}, {})


def _both(lab: str, notebook: str) -> str:
    return lab if notebook == lab else f"{lab}/{notebook}"


def cure(root: Path, lab: str) -> str:
    """Return the command that releases a lab and tells the gradebook."""
    if folders(root).masters != MASTERS:
        return f"nbgrader generate_assignment {lab} --force"
    number = lab.split("_")[0]
    return f"course release --gradebook {number if number.isdigit() else lab}"


def _read_release(root: Path, lab: str, notebook: str) -> NotebookNode:
    path = root / folders(root).released / lab / f"{notebook}.ipynb"
    try:
        released: NotebookNode = nbformat.read(path, as_version=4)
        return released
    except FileNotFoundError:
        raise CourseError(f"{path.relative_to(root)} is not there. Run: {cure(root, lab)}") from None
    except Exception as error:
        raise CourseError(f"{path} is not a notebook ({error}). Run: {cure(root, lab)}") from error


def _known_cells(notebook: NotebookRow) -> dict[str, ReleasedCell]:
    """Return the cells that the gradebook knows by grade_id."""
    points = {cell.name: float(cell.max_score) for cell in [*notebook.grade_cells, *notebook.task_cells]}
    tasks = {cell.name for cell in notebook.task_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    return {
        cell.name: {
            "cell_type": cell.cell_type,
            "source": cell.source,
            "grade_id": cell.name,
            "grade": cell.name in points and cell.name not in tasks,
            "solution": cell.name in solutions,
            "locked": bool(cell.locked),
            "task": cell.name in tasks,
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
        "task": False,
    }


def _files_beside(folder: Path, notebooks: list[str]) -> dict[str, bytes]:
    """Return what lies beside a lab's notebooks, by relative path."""
    found, theirs = {}, {f"{name}.ipynb" for name in notebooks}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not NOT_OURS & set(name.parts) and name.as_posix() not in theirs:
            found[name.as_posix()] = path.read_bytes()
    return found
