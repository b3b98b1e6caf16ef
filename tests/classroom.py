"""A small course with submissions, and what its gradebook and folders hold, for tests of grading."""

import hashlib
import sqlite3
from pathlib import Path

import fake_engine
import nbformat
import warm
from sample import make_sample_course

from course_utils.grading import driver
from course_utils.grading.workers import hire

LAB = "01_double"
RIGHT = "def double(x):\n    return 2 * x"
ROOT = Path(__file__).resolve().parent.parent


def release_course(root: Path) -> Path:
    """Make a course with one released lab that its gradebook knows."""
    make_sample_course(root)
    warm.run(["-m", "course_utils", "release", "--gradebook", "--no-proof"], root).check_returncode()
    return root


def released(root: Path):
    return nbformat.read(root / "notebooks" / LAB / f"{LAB}.ipynb", as_version=4)


def cell_of(notebook, name: str):
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


def hand_in(root: Path, student: str, double: str | None = RIGHT, timestamp: str = "", **others: str) -> Path:
    """Write a submission and return its folder: the answer to double, and others by grade_id."""
    notebook = released(root)
    for name, source in ({"double": double} | others).items():
        if source is not None:
            cell_of(notebook, name).source = source
    folder = root / "submitted" / student / LAB
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{LAB}.ipynb")
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp)
    return folder


def grade(root: Path, make=fake_engine.make, workers: int = 1, scheduler: str = "", **options):
    """Grade with the fake engine, or another, and return the outcome."""
    with hire(root, workers=workers, scheduler=scheduler, make=make) as hired:
        return driver.grade_lab(root, LAB, hired, **options)


ROWS = {
    "grades": """
        select student_id, base_cell.name, auto_score, manual_score, extra_credit, needs_manual_grade
        from grade join submitted_notebook on grade.notebook_id = submitted_notebook.id
        join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
        join base_cell on grade.cell_id = base_cell.id""",
    "comments": """
        select student_id, base_cell.name, auto_comment, manual_comment
        from comment join submitted_notebook on comment.notebook_id = submitted_notebook.id
        join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
        join base_cell on comment.cell_id = base_cell.id""",
    "submissions": """
        select student_id, timestamp, extension, late_submission_penalty
        from submitted_notebook join submitted_assignment
        on submitted_notebook.assignment_id = submitted_assignment.id""",
    "students": "select id from student",
}


def rows(root: Path) -> dict[str, list[tuple]]:
    """Return what a gradebook says, without the random ids of its rows."""
    with sqlite3.connect(root / "gradebook.db") as book:
        assert book.execute("pragma integrity_check").fetchall() == [("ok",)]
        return {name: sorted(book.execute(query).fetchall(), key=repr) for name, query in ROWS.items()}


def scores(root: Path, student: str) -> dict[str, float]:
    return {cell: auto for who, cell, auto, *_ in rows(root)["grades"] if who == student}


def files(folder: Path) -> dict[str, str]:
    """Return a digest of each file below a folder, and its permissions."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}
    return {path.relative_to(folder).as_posix(): f"{path.stat().st_mode & 0o777:o} {digests[path]}" for path in found}


def state(root: Path) -> dict:
    """Return all that grading writes, in a form that can be compared."""
    kept = {name: about for name, about in files(root / ".spool").items() if not name.endswith("lock")}
    return {"rows": rows(root), "autograded": files(root / "autograded"), "spool": kept}
