"""A look at each submission before it is graded: can it be read, is it the right notebook, whose numbers has it?

What can be mended is mended (a single notebook under another name) and noted. What cannot be read gets zero with a
reason, and does not reach nbgrader, which would stop at it.
"""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat

START_CELL = re.compile(r"""^student_id\s*=\s*(['"])(.*?)\1""", re.MULTILINE)
LARGEST = 20_000_000  # bytes


@dataclass
class Intake:
    """What was found in one submission: notes, and the reason why it cannot be graded ("" if it can)."""

    student: str
    notes: list[str]
    reason: str = ""


def examine(root: Path, lab: str, student: str) -> Intake:
    """Look at one submission in ``submitted/<student>/<lab>/``."""
    folder, found = root / "submitted" / student / lab, Intake(student, [])
    path = folder / f"{lab}.ipynb"
    if not path.is_file():
        found.reason = _accept_other_name(folder, path, found)
    if not found.reason:
        found.reason = why_unreadable(path)
    if not found.reason:
        found.notes += _look_at_numbers(path, student)
    return found


def _accept_other_name(folder: Path, path: Path, found: Intake) -> str:
    others = sorted(p for p in folder.glob("*.ipynb") if p.is_file() and not p.is_symlink())
    if len(others) != 1:
        there = ", ".join(p.name for p in others) or "none"
        return f"there is no notebook {path.name}; notebooks handed in: {there}"
    shutil.copyfile(others[0], path)
    found.notes.append(f"renamed: {others[0].name} was taken for {path.name}")
    return ""


def why_unreadable(path: Path) -> str:
    """Return why a file cannot be read as a notebook, or "" if it can."""
    if path.is_symlink():
        return f"{path.name} is a link, not a file"
    if path.stat().st_size > LARGEST:
        return f"{path.name} is larger than {LARGEST // 1_000_000} MB"
    try:
        json.loads(path.read_text(encoding="utf-8"))
        nbformat.read(path, as_version=4)
    except UnicodeDecodeError:
        return f"{path.name} is not UTF-8 text"
    except json.JSONDecodeError as error:
        return f"{path.name} is not a whole notebook: it breaks off or is damaged in line {error.lineno}"
    except Exception as error:
        return f"{path.name} is not a notebook: {str(error).splitlines()[0][:80]}"
    return ""


def _look_at_numbers(path: Path, student: str) -> list[str]:
    """Note whose numbers a notebook was solved with, where it is neither the student's nor the lectures'."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        written = START_CELL.search(cell.source) if cell.cell_type == "code" else None
        if written and written.group(2) not in ("", student):
            return [f"the start cell says {written.group(2)!r}: these are that student's numbers"]
    return []
