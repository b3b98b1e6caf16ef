"""What each learner handed in for a challenge, read as data: whatever lies there costs nobody but who handed it in."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils.cells import STUB, grade_id, nbgrader_settings
from course_utils.challenge.needed import function_of, needed
from course_utils.course import CourseError, folders
from course_utils.grading.alignment import Unreadable, read_cells
from course_utils.grading.job import Submission
from course_utils.grading.reading import read_submission

NETWORK = "beat-the-baseline"  # the cell with the homework's network
ATTACK = "attack"


@dataclass
class Entry:
    """What one learner takes part with.

    Parameters
    ----------
    student
        The id.
    cells
        What is run: the texts of cells, the last of which answers.
    defence
        Weights, as text; "" for none.
    why
        What cannot take part, and why, by "network", "attack" or "defence".
    """

    student: str
    cells: list[str] = field(default_factory=list)
    defence: str = ""
    why: dict[str, str] = field(default_factory=dict)

    @property
    def takes_part(self) -> bool:
        """Whether anything was handed in for the challenge."""
        return bool(self.cells or self.defence or self.why)


def code_of(notebook: bytes | None) -> list[dict[str, Any]]:
    """Return the code cells of a notebook that are no checks; raise `Unreadable` if it is none."""
    cells, _ = read_cells(notebook or b"")
    code = [cell for cell in cells if cell.get("cell_type") == "code"]
    return [cell for cell in code if not _is_check(cell)]


def _code_or_reason(found: Submission) -> tuple[list[dict[str, Any]], str]:
    try:
        return ([], found.reason) if found.reason else (code_of(found.notebook), "")
    except Unreadable as error:
        return [], str(error)


def _is_check(cell: dict[str, Any]) -> bool:
    settings = nbgrader_settings(cell)
    return bool(settings.get("grade")) and not settings.get("solution")


def text_of(cell: dict[str, Any]) -> str:
    """Return a cell's text."""
    source = cell.get("source", "")
    return "".join(line for line in (source if isinstance(source, list) else [source]) if isinstance(line, str))


def read_network(root: Path, lab: str, student: str) -> Entry:
    """Return the cells up to the one in which the homework's network is trained; none where that is untouched."""
    found, entry = read_submission(root, lab, student), Entry(student)
    code, reason = _code_or_reason(found)
    place = max((number for number, cell in enumerate(code) if grade_id(cell) == NETWORK), default=-1)
    cells = [text_of(cell) for cell in code[: place + 1]]
    if not cells:
        entry.why["network"] = reason or f"its notebook has no cell {NETWORK}"
    entry.cells = [] if cells and STUB.splitlines()[-1] in cells[-1] else cells
    return entry


def read_duellist(root: Path, lab: str, student: str, handed_out: str) -> Entry:
    """Return what an attack stands on, and the weights of a defence, as far as a learner has handed them in.

    Parameters
    ----------
    handed_out
        The attack of the release, from :func:`attack_handed_out`: who has not changed it takes no part with it.
    """
    from course_utils.labs.adversarial_examples import challenge

    found, entry = read_submission(root, lab, student), Entry(student)
    texts = [text_of(cell) for cell in _code_or_reason(found)[0]]
    try:
        cells = needed(texts, ATTACK)
        entry.cells = cells if cells and function_of(cells, ATTACK) != handed_out else []
    except ValueError as error:
        entry.why["attack"] = str(error)
    files = [name for name in found.files if name == challenge.FILE or name.endswith(f"__{challenge.FILE}")]
    if len(files) > 1:
        entry.why["defence"] = f"there are several: {', '.join(files)}"[:200]
    elif files:
        try:
            entry.defence = challenge.as_text(challenge.read_defence(found.files[files[0]]))
        except ValueError as error:
            entry.why["defence"] = str(error)
    return entry


def attack_handed_out(root: Path, lab: str) -> str:
    """Return the attack that the release holds, for comparison; "" if it holds none."""
    path = root / folders(root).released / lab / f"{lab}.ipynb"
    try:
        return function_of([text_of(cell) for cell in json.loads(path.read_bytes())["cells"]], ATTACK)
    except (OSError, ValueError, KeyError):
        raise CourseError(f"There is no release of {lab}. Run: course release {lab}") from None
