"""Which attempt of whom counts for which lab: decided and shown before anything is written."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from course_utils.cells import grade_id
from course_utils.collecting.layouts import SEPARATOR, Piece, attempt_in
from course_utils.collecting.roster import Roster
from course_utils.collecting.sources import File
from course_utils.course import folders
from course_utils.grading.reading import TIMESTAMP, why_no_file, why_no_id

NOTEBOOK = ".ipynb"
LATE = "late"  # the platform says so
ENOUGH_IN_COMMON = 0.5  # of a lab's graded cells, so that a notebook under any name is known as the lab's
Newer = tuple[int, str, int, datetime]  # of two attempts the larger one is newer


@dataclass
class Attempt:
    """What a student handed in of a lab, at one time.

    Parameters
    ----------
    student, lab
        Whose it is, and of which lab.
    files
        By their paths in the submission.
    newer
        For comparison with other attempts.
    timestamp
        When it was handed in, "" if nobody knows.
    origin
        Where it was found.
    notes
        What there is to say of it.
    """

    student: str
    lab: str
    files: dict[str, File]
    newer: Newer
    timestamp: str = ""
    origin: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def has_notebook(self) -> bool:
        """Whether there is anything that can be graded."""
        return any(name.lower().endswith(NOTEBOOK) for name in self.files)


@dataclass
class Plan:
    """What is to be taken, and what is not, and why.

    Parameters
    ----------
    layout
        How the source was read.
    taken
        One attempt for each student and lab, in order.
    left_out
        Where something was found, and why it was not taken.
    older
        Where an older attempt was found, and whose.
    """

    layout: str
    taken: list[Attempt] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    older: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Claim:
    """A piece, with whose it is and of which lab."""

    student: str
    lab: str
    name: str
    piece: Piece

    @property
    def newer(self) -> Newer:
        """When it was handed in, compared with others."""
        return (*self.piece.order, attempt_in(Path(self.piece.file.name).stem)[1], self.piece.file.modified)


class Labs:
    """The labs of a course, and how their notebooks are known."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self.names = sorted(names, key=len, reverse=True)  # a homework's name begins with its lab's
        released = root / folders(root).released
        self.cells = {name: _graded_cells(released / name) for name in names}

    def named_in(self, text: str) -> str:
        """Return the lab whose name is in a text, "" if none is."""
        return next((name for name in self.names if name in text), "")

    def of_notebook(self, content: bytes | None) -> str:
        """Return the lab of which a notebook has the graded cells, "" if of none."""
        mine = _names_of_cells(content)
        shares = {name: len(mine & cells) / len(cells) for name, cells in self.cells.items() if cells}
        best = max(shares, key=lambda name: shares[name], default="")
        return best if best and shares[best] > ENOUGH_IN_COMMON else ""


def _graded_cells(folder: Path) -> set[str]:
    """Return the cells of a lab's notebooks that nbgrader knows."""
    found: set[str] = set()
    for path in folder.glob(f"*{NOTEBOOK}"):
        with contextlib.suppress(OSError):
            found |= _names_of_cells(path.read_bytes())
    return found


def _names_of_cells(content: bytes | None) -> set[str]:
    try:
        cells = json.loads(content or b"{}").get("cells", [])
        return {grade_id(cell) for cell in cells if isinstance(cell, dict)} - {""}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return set()


def plan(layout: str, pieces: Sequence[Piece], labs: Labs, roster: Roster, lab: str = "") -> Plan:
    """Decide what to take.

    Parameters
    ----------
    layout, pieces
        From :func:`course_utils.collecting.layouts.recognise`.
    labs
        Of the course.
    roster
        Who somebody is.
    lab
        The lab that is meant; each notebook says itself if left out.
    """
    made = Plan(layout)
    students = _students(pieces, roster, made)
    claims = [claim for piece in pieces if (claim := _claim(piece, students, labs, lab, made))]
    for student, name in sorted({(claim.student, claim.lab) for claim in claims if claim.lab}):
        mine = [claim for claim in claims if claim.student == student and claim.lab in (name, "")]
        attempts = sorted(_attempts(mine, student, name), key=lambda attempt: attempt.newer)
        whole = [attempt for attempt in attempts if attempt.has_notebook]
        made.taken += whole[-1:]
        for older in whole[:-1]:
            made.older.append((older.origin, student))
    return made


# --- whose


def _students(pieces: Sequence[Piece], roster: Roster, made: Plan) -> dict[tuple[str, str], str]:
    """Return the id of everybody whom a source names, by name and number."""
    said: dict[tuple[str, str], set[str]] = {}
    for piece in pieces:
        own = said.setdefault((piece.who, piece.number), set())
        name = Path(piece.name).name
        if name.lower().endswith(NOTEBOOK) and SEPARATOR in name:
            own.add(name.rpartition(SEPARATOR)[0])
    sure = {key: student for key in said if (student := roster.find(*reversed(key)))}
    found = {key: sure.get(key) or _said_by_file(key, own, said) for key, own in said.items()}
    for student, keys in _by_value(found).items():
        unsure = [key for key in keys if key not in sure]
        if len(keys) > 1 and unsure:  # the name of a file is no proof of who handed it in
            for who, number in unsure:
                found[who, number] = ""
                said_by = f"{who} ({number})" if number else who
                made.left_out.append((said_by, f"somebody else handed in as {student}, too; --roster says who is who"))
    return found


def _said_by_file(key: tuple[str, str], own: set[str], said: Iterable[tuple[str, str]]) -> str:
    """Return the id in the name of a file, else the source's name, with its number where several are called so."""
    who, number = key
    if len(own) == 1:
        return next(iter(own))
    alike = {other for name, other in said if name == who}
    return f"{who}_{number}" if len(alike) > 1 and number else who


def _by_value(found: dict[tuple[str, str], str]) -> dict[str, list[tuple[str, str]]]:
    turned: dict[str, list[tuple[str, str]]] = {}
    for key, student in found.items():
        turned.setdefault(student, []).append(key)
    return turned


# --- of which lab


def _claim(piece: Piece, students: dict[tuple[str, str], str], labs: Labs, lab: str, made: Plan) -> Claim | None:
    student, origin = students[piece.who, piece.number], str(piece.file.path)
    why = why_no_id(student) if student else ""
    if why:
        made.left_out.append((origin, f"{student!a} is no id of a student: {why}"))
    if why or not student:
        return None
    name, found = _without_lab(piece, labs)
    is_notebook = name.lower().endswith(NOTEBOOK)
    if is_notebook and SEPARATOR in name:
        name = name.rpartition(SEPARATOR)[2]
    if is_notebook and not found:
        found = labs.named_in(Path(name).stem) or labs.of_notebook(piece.file.read()) or lab
    if lab and found not in ("", lab):
        made.left_out.append((origin, f"of {found}, not of {lab}"))
        return None
    if is_notebook and not found:
        made.left_out.append((origin, "nothing says of which lab; give --lab"))
        return None
    if reason := why_no_file(name):
        made.left_out.append((origin, reason))
        return None
    return Claim(student, found or lab, name, piece)


def _without_lab(piece: Piece, labs: Labs) -> tuple[str, str]:
    """Return a file's path in the lab's folder, and the lab if a folder is called so, or the source says it."""
    parts = piece.name.split("/")
    known = piece.lab if piece.lab in labs.names else ""
    for number, part in enumerate(parts[:-1]):
        if part in labs.names:
            return "/".join(parts[number + 1 :]), part
    return piece.name, known


# --- attempts


def _attempts(claims: list[Claim], student: str, lab: str) -> Iterator[Attempt]:
    """Yield the attempts of one student. Files that lie loose are each an attempt of their own."""
    loose = [claim for claim in claims if len(claim.piece.file.path.parts) == 1]
    if loose:
        yield from _loose(loose, student, lab)
    rest = [claim for claim in claims if len(claim.piece.file.path.parts) > 1]
    for order in sorted({claim.piece.order for claim in rest}):
        mine = [claim for claim in rest if claim.piece.order == order]
        yield _attempt(mine, student, lab)


def _loose(claims: list[Claim], student: str, lab: str) -> Iterator[Attempt]:
    """Yield an attempt for each notebook, with the newest of each other file."""
    notebooks = [claim for claim in claims if claim.name.lower().endswith(NOTEBOOK)]
    others = {_plain_name(one): one for one in sorted(claims, key=lambda one: one.newer) if one not in notebooks}
    for notebook in notebooks:
        yield _attempt([notebook, *others.values()], student, lab)


def _attempt(claims: list[Claim], student: str, lab: str) -> Attempt:
    ordered = sorted(claims, key=lambda claim: claim.newer)
    files = {_plain_name(claim) if claim.piece.order[0] else claim.name: claim.piece.file for claim in ordered}
    files = _under_its_own_name(files, lab)
    notebooks = [claim for claim in ordered if claim.name.lower().endswith(NOTEBOOK)]
    first = (notebooks or ordered)[-1]
    notes = [LATE] if any(claim.piece.late for claim in notebooks) else []
    stamp = next((claim.piece.timestamp for claim in claims if claim.piece.timestamp), "")
    return Attempt(student, lab, files, first.newer, stamp, str(first.piece.file.path), notes)


def _plain_name(claim: Claim) -> str:
    path = Path(claim.name)
    return path.with_name(attempt_in(path.stem)[0] + path.suffix).as_posix() if path.stem else claim.name


def _under_its_own_name(files: dict[str, File], lab: str) -> dict[str, File]:
    """Give the only notebook the lab's name, where only the mark of a second upload differs."""
    notebooks = [name for name in files if name.lower().endswith(NOTEBOOK) and "/" not in name]
    wanted = f"{lab}{NOTEBOOK}"
    if len(notebooks) == 1 and wanted not in files and attempt_in(Path(notebooks[0]).stem)[0] == lab:
        files = {wanted if name == notebooks[0] else name: file for name, file in files.items()}
    return files


def timestamp_of(attempt: Attempt) -> bytes | None:
    """Return what is to stand in the attempt's ``timestamp.txt``; None where it has one, or nobody knows."""
    if TIMESTAMP in attempt.files or not attempt.timestamp:
        return None
    return f"{attempt.timestamp}\n".encode()
