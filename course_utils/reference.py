"""The notebooks as they were handed out: what a learner's own are compared with, never worked on.

They lie in the package (``course_utils/reference``), where a wheel puts them; in the author's tree they are
``notebooks/``. From them comes also what only a notebook knows of an exercise: its number, title, minutes and points.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from course_utils.cells import Cell, grade_id, is_solution, nbgrader_settings

PACKAGED = Path(__file__).parent / "reference"
AUTHORS = Path(__file__).parent.parent / "notebooks"
GUIDES = {"learners.md": "Guide for learners", "glossary.md": "Glossary", "reading.md": "Further reading"}
PACKAGED_GUIDES = Path(__file__).parent / "guides"
AUTHORS_GUIDES = Path(__file__).parent.parent / "docs"
HEADING = re.compile(r"^#+ (?:Exercise )?(\d+\.\d+|Bonus)\. +(.*)$", re.M)
SECTION = re.compile(r"^## (?:\d+ )?(.*)$", re.M)
TITLE = re.compile(r"^# (.*)$", re.M)
WORDS_A_MINUTE, MINUTES_A_CELL = 150, 0.5  # read with understanding; a cell is run and looked at
MINUTES = re.compile(r"\(\d+ points?\b[^()]*?(\d+)(?: to (\d+))? minutes?\b(?:, (?P<dots>[●○]{3}) (?P<word>\w+))?")
DIFFICULTY = {"●○○": "easy", "●●○": "medium", "●●●": "hard"}
PART = re.compile(r"^#{2,} +(.*)$", re.M)  # what stands below it is core, or further
BONUS = "Bonus"  # the number of an exercise that is worth nothing
FURTHER = re.compile(r"^\*\*Further:\*\* ", re.M)


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
    difficulty
        As its prompt has it: the dots of :data:`DIFFICULTY`; "" if nothing.
    further
        Whether it goes beyond the core of its lab.
    points
        Of its check, or of its own cell where a person marks it.
    prompt
        The id of the cell with its heading: where a link to it leads (``#cell-id=…`` in JupyterLab).
    """

    id: str
    number: str
    title: str
    minutes: int
    points: float
    prompt: str = ""
    difficulty: str = ""
    further: bool = False

    @property
    def called(self) -> str:
        """What the exercise is called in a sentence: ``"exercise 5.3"``."""
        if not self.number:
            return f"the exercise {self.id}"
        return f"the bonus “{self.title}”" if self.number == BONUS else f"exercise {self.number}"

    @property
    def full(self) -> str:
        """The same with its title: ``"exercise 5.3, Write the size rule"``."""
        return f"{self.called}, {self.title}" if self.title and self.number != BONUS else self.called


_elsewhere: list[Path] = []


def folder() -> Path:
    """Return where the reference notebooks lie."""
    return _elsewhere[-1] if _elsewhere else PACKAGED if PACKAGED.is_dir() else AUTHORS


@contextlib.contextmanager
def taken_from(place: Path) -> Iterator[None]:
    """Take the reference notebooks from another folder in the ``with``: those of a bundle that is being made."""
    _elsewhere.append(place)
    _forget()
    try:
        yield
    finally:
        _elsewhere.remove(place)
        _forget()


def _forget() -> None:
    for function in (cells, entries, example_of, lab_of, sections):
        function.cache_clear()


def guides() -> list[Path]:
    """Return the guides that a learner gets beside the labs: those of :data:`GUIDES` that were handed out."""
    place = PACKAGED_GUIDES if PACKAGED_GUIDES.is_dir() else AUTHORS_GUIDES
    return [place / name for name in GUIDES if (place / name).is_file()]


def labs() -> list[str]:
    """Return the names of the labs that were handed out, in order."""
    return sorted(path.stem for path in folder().glob("*/*.ipynb") if path.stem == path.parent.name)


def path_of(lab: str) -> Path:
    """Return where a lab's reference notebook lies."""
    return folder() / lab / f"{lab}.ipynb"


@cache
def lab_of(package: str) -> str:
    """Return the lab whose folder in ``course_utils.labs`` has this name; "" if none was handed out."""
    return next((name for name in labs() if name.split("_", 1)[-1] == package), "")


@cache
def cells(lab: str) -> list[dict[str, Any]]:
    """Return the cells of a lab's reference notebook, each with its text as one string."""
    return read_cells(path_of(lab))


def read_cells(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook file, each with its text as one string.

    Raises
    ------
    ValueError
        If it is no notebook.
    OSError
        If it cannot be read.
    """
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in found:
            cell["source"] = "".join(cell["source"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is not a notebook") from error
    return found


EXAMPLE = re.compile(r"^Example:.*(?:\n(?!\n).+)*", re.M)


@cache
def example_of(lab: str, exercise: str) -> str:
    """Return the paragraph of an exercise's prompt with its example; "" if there is none."""
    if not lab or not path_of(lab).is_file():
        return ""
    prompt = entries(lab)[exercise].prompt if exercise in entries(lab) else ""
    text = next((cell["source"] for cell in cells(lab) if prompt and cell.get("id", "") == prompt), "")
    found = EXAMPLE.search(text)
    return found[0] if found else ""


def title_of(lab: str) -> str:
    """Return the first heading of a lab."""
    found = next((TITLE.search(cell["source"]) for cell in cells(lab) if cell["cell_type"] == "markdown"), None)
    return found[1] if found else lab


@cache
def entries(lab: str) -> dict[str, Entry]:
    """Return the exercises of a lab by id, in the order of the notebook; of an unknown lab none."""
    return entries_in(cells(lab)) if lab and path_of(lab).is_file() else {}


def entries_in(cells: list[dict[str, Any]]) -> dict[str, Entry]:
    """Return the exercises of a notebook by id, in its order. Of several under a heading, the first has the minutes."""
    found, number, title, minutes, prompt, dots = {}, "", "", 0, "", ""
    points = {grade_id(cell): float(nbgrader_settings(cell).get("points") or 0) for cell in cells}
    for cell, further in zip(cells, beyond_the_core(cells), strict=True):
        if cell["cell_type"] == "markdown" and (heading := HEADING.search(cell["source"])):
            number, title, prompt = heading[1], heading[2].strip(), cell.get("id", "")
            minutes, dots = _minutes(cell), _dots(cell)
        if is_solution(cell):
            name = grade_id(cell)
            worth = points.get(f"{name}-check", points[name])
            found[name] = Entry(name, number, title, minutes, worth, prompt, dots, further)
            minutes = 0
    return found


def beyond_the_core(cells: list[dict[str, Any]]) -> list[bool]:
    """Tell of each cell whether the heading above it is marked as further, or is that of a bonus."""
    further, found = False, []
    for cell in cells:
        heading = PART.search(cell["source"]) if cell["cell_type"] == "markdown" else None
        if heading:
            further = bool(FURTHER.search(cell["source"])) or heading[1].startswith(f"{BONUS}.")
        found.append(further)
    return found


def exact_minutes(cells: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the minutes that the core of a notebook takes, and what goes further: exercises, and reading."""
    minutes = {False: 0.0, True: 0.0}
    for cell, further in zip(cells, beyond_the_core(cells), strict=True):
        prose = cell["cell_type"] == "markdown"
        minutes[further] += len(cell["source"].split()) / WORDS_A_MINUTE if prose else MINUTES_A_CELL
    for entry in entries_in(cells).values():
        minutes[entry.further] += entry.minutes
    return minutes[False], minutes[True]


def minutes_of(lab: str) -> int:
    """Return the minutes that the core of a lab takes, to the next ten."""
    return round(exact_minutes(cells(lab))[0] / 10) * 10


def further_minutes_of(lab: str) -> int:
    """Return the minutes of what is marked as further in a lab, to the next ten."""
    return round(exact_minutes(cells(lab))[1] / 10) * 10


@cache
def sections(lab: str) -> dict[str, str]:
    """Return the ids of the cells with a lab's headings, by heading without its number; nothing of an unknown lab."""
    if not lab or not path_of(lab).is_file():
        return {}
    found = [(cell.get("id", ""), SECTION.search(cell["source"])) for cell in cells(lab)]
    return {heading[1].strip(): place for place, heading in found if heading and place}


def has_check(lab: str, exercise: str) -> bool:
    """Tell whether an exercise, by its id, has a check; where not, a person marks it."""
    return any(grade_id(cell) == f"{exercise}-check" for cell in cells(lab))


def _dots(cell: Cell) -> str:
    found = MINUTES.search(cell["source"])
    dots = found["dots"] if found else None
    return dots if dots in DIFFICULTY and DIFFICULTY[dots] == found["word"] else ""


def _minutes(cell: Cell) -> int:
    found = MINUTES.search(cell["source"])
    return int(found[2] or found[1]) if found else 0
