"""The notebooks as they were handed out: what a learner's own are compared with, never worked on.

They lie in the package (``course_utils/reference``), where a wheel puts them; in the author's tree they are
``notebooks/``. From them comes also what only a notebook knows of an exercise: its number, title, minutes and points.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from course_utils.cells import Cell, grade_id, is_solution, nbgrader_settings

PACKAGED = Path(__file__).parent / "reference"
AUTHORS = Path(__file__).parent.parent / "notebooks"
HEADING = re.compile(r"^#+ (?:Exercise )?(\d+\.\d+|Bonus)\. +(.*)$", re.M)
TITLE = re.compile(r"^# (.*)$", re.M)
MINUTES = re.compile(r"(\d+)(?: to (\d+))? minutes?\b")


@dataclass(frozen=True)
class Entry:
    """What a notebook says of one exercise.

    Parameters
    ----------
    id
        The grade_id of its solution cell.
    number, title
        As in its heading, such as ``"5.3"`` (or ``"Bonus"``) and ``"Write the size rule"``.
    minutes
        What its prompt says; 0 if nothing.
    points
        Of its check, or of its own cell where a person marks it.
    """

    id: str
    number: str
    title: str
    minutes: int
    points: float

    @property
    def called(self) -> str:
        """What the exercise is called in a sentence: ``"exercise 5.3"``."""
        return f"exercise {self.number}" if self.number != "Bonus" else "the bonus exercise"


def folder() -> Path:
    """Return where the reference notebooks lie."""
    return PACKAGED if PACKAGED.is_dir() else AUTHORS


def labs() -> list[str]:
    """Return the names of the labs that were handed out, in order."""
    return sorted(path.stem for path in folder().glob("*/*.ipynb") if path.stem == path.parent.name)


def path_of(lab: str) -> Path:
    """Return where a lab's reference notebook lies."""
    return folder() / lab / f"{lab}.ipynb"


def lab_of(package: str) -> str:
    """Return the lab whose folder in ``course_utils.labs`` has this name; "" if none was handed out."""
    return next((name for name in labs() if name.split("_", 1)[-1] == package), "")


@cache
def cells(lab: str) -> list[dict[str, Any]]:
    """Return the cells of a lab's reference notebook, each with its text as one string."""
    found: list[dict[str, Any]] = json.loads(path_of(lab).read_text(encoding="utf-8"))["cells"]
    for cell in found:
        cell["source"] = "".join(cell["source"])
    return found


def title_of(lab: str) -> str:
    """Return the first heading of a lab."""
    found = next((TITLE.search(cell["source"]) for cell in cells(lab) if cell["cell_type"] == "markdown"), None)
    return found[1] if found else lab


@cache
def entries(lab: str) -> dict[str, Entry]:
    """Return the exercises of a lab by id, in the order of the notebook; of an unknown lab none."""
    if not lab or not path_of(lab).is_file():
        return {}
    found, number, title, minutes = {}, "", "", 0
    points = {grade_id(cell): float(nbgrader_settings(cell).get("points") or 0) for cell in cells(lab)}
    for cell in cells(lab):
        if cell["cell_type"] == "markdown" and (heading := HEADING.search(cell["source"])):
            number, title, minutes = heading[1], heading[2].strip(), _minutes(cell)
        if is_solution(cell):
            name = grade_id(cell)
            worth = points.get(f"{name}-check", points[name])
            found[name] = Entry(name, number, title, minutes, worth)
    return found


def _minutes(cell: Cell) -> int:
    found = MINUTES.search(cell["source"])
    return int(found[2] or found[1]) if found else 0
