"""Checks that were corrected in a master and not released: what is graded is the release."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_utils.cells import grade_id, role
from course_utils.course import CourseError
from course_utils.grading.bundle import cure, read_bundle
from course_utils.grading.job import ReleasedCell
from course_utils.masters import master_path, read_master


def lines_about(root: Path, lab: str) -> list[str]:
    """Return a line about the cells whose master says something else than what was released; none if none does."""
    path = master_path(root, lab)
    if not path.is_file():
        return []
    try:
        odd = _differing(path, read_bundle(root, lab).cells)
    except CourseError as error:
        return [str(error)]
    where = path.relative_to(root).as_posix()
    return [f"{where} differs from what was released in: {', '.join(odd)}. Run: {cure(root, lab)}"] if odd else []


def _differing(path: Path, released: list[ReleasedCell]) -> list[str]:
    """Return what differs of all that decides points: checks, locked cells, points, and the lesson's imports."""
    master = read_master(path).cells
    now = {grade_id(cell): _said(cell.source, cell.metadata["nbgrader"]) for cell in master if _decides(cell)}
    before = {cell["grade_id"]: _said(cell["source"], cell) for cell in released if cell["grade_id"]}
    odd = [name for name, said in now.items() if before.get(name) != said]
    first = next((cell.source for cell in master if cell.cell_type == "code"), "")
    out = next((cell["source"] for cell in released if cell["cell_type"] == "code"), "")
    return (["the first cell"] if first.strip() != out.strip() else []) + odd


def _decides(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and role(cell) in ("check", "other")


def _said(source: str, settings: Mapping[str, Any]) -> tuple[str, float]:
    return source.strip(), float(settings.get("points") or 0)
