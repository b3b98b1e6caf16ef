"""A lab without its lessons: the first cell, the start cell, answers and checks. What is graded is all there."""

import copy
import json
from functools import cache
from pathlib import Path

from course_utils.course import find_root
from course_utils.grading.job import Bundle
from course_utils.masters import master_path, read_master

ROOT = find_root(Path(__file__))
START = 'student_id = ""'
ANSWERS_NEED_LESSONS = ("07_transfer_learning_homework",)  # its answers use data and functions that the lesson gives


def id_of(cell: dict) -> str:
    """Return a cell's grade_id, or ""."""
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")


def text_of(cell: dict) -> str:
    """Return a cell's text."""
    return "".join(cell["source"])


@cache
def _text(lab: str) -> str:
    return (ROOT / "notebooks" / lab / f"{lab}.ipynb").read_text(encoding="utf-8")


def whole(lab: str) -> dict:
    """Return the released notebook of a lab."""
    return json.loads(_text(lab))


def released(lab: str) -> dict:
    """Return the released notebook of a lab, without its lessons."""
    notebook = whole(lab)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" or id_of(cell)]
    first = next(cell for cell in cells if cell["cell_type"] == "code")
    notebook["cells"] = [
        cell
        for cell in cells
        if cell is first or id_of(cell) or text_of(cell).strip() == START or lab in ANSWERS_NEED_LESSONS
    ]
    return notebook


def filled(lab: str, answers: dict[str, str], own_id: str = "") -> dict:
    """Return the notebook with answers by grade_id and a student's id in it."""
    notebook = copy.deepcopy(released(lab))
    for cell in notebook["cells"]:
        cell["source"] = answers.get(id_of(cell), cell["source"])
        if text_of(cell).strip() == START:
            cell["source"] = f'student_id = "{own_id}"'
    return notebook


def packed(notebook: dict) -> bytes:
    """Return a notebook as bytes."""
    return json.dumps(notebook).encode()


def bundle(lab: str) -> Bundle:
    """Return what the lab's checks are, hidden tests included."""
    texts = {id_of(cell): cell.source for cell in read_master(master_path(ROOT, lab)).cells if id_of(cell)}
    cells = []
    for cell in released(lab)["cells"]:
        about, name = cell["metadata"].get("nbgrader", {}), id_of(cell)
        cells.append(
            {
                "cell_type": cell["cell_type"],
                "source": texts[name] if about.get("locked") else text_of(cell),
                "grade_id": name,
                "points": float(about.get("points", 0)),
                **{key: about.get(key, False) for key in ("grade", "solution", "locked")},
            }
        )
    return Bundle(lab, cells)
