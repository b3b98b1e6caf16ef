"""Writing what was planned into ``submitted/``: each submission as a whole, nothing lost of what was there before."""

import contextlib
import json
import os
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from course_utils import files
from course_utils.collecting.layouts import CANVAS
from course_utils.collecting.planning import LATE, Attempt, Newer, Plan, timestamp_of
from course_utils.course import DOWNLOADED, folders
from course_utils.grading.reading import TIMESTAMP

NOTE = ".collected"  # what a submission was taken from; no file of the student's, for it begins with a dot
REPLACED = "replaced"


@dataclass(frozen=True)
class Step:
    """What will become of one attempt.

    Parameters
    ----------
    attempt
        From the plan.
    word
        "new", "same", "replaces" or "older": than what is in ``submitted/``.
    contents
        The files to write.
    notes
        What there is to say.
    """

    attempt: Attempt
    word: str
    contents: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def prepare(root: Path, plan: Plan) -> list[Step]:
    """Return what would be done, having read everything and written nothing."""
    return [_step(root, attempt) for attempt in plan.taken]


def _step(root: Path, attempt: Attempt) -> Step:
    read = {name: file.read() for name, file in attempt.files.items()}
    contents = {name: content for name, content in read.items() if content is not None}
    notes = [*attempt.notes, *(f"{name} cannot be read" for name, content in read.items() if content is None)]
    if (stamp := timestamp_of(attempt)) is not None:
        contents[TIMESTAMP] = stamp
    folder = root / folders(root).submitted / attempt.student / attempt.lab
    there = _contents(folder)
    if not os.path.lexists(folder):
        word = "new"
    elif there == contents:
        word = "same"
    else:
        known = _newer_in(folder)
        word = "older" if known is not None and known > attempt.newer else "replaces"
    return Step(attempt, word, contents, tuple(notes))


def _contents(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in folder.rglob("*") if folder.is_dir() and not folder.is_symlink() else ():
        if path.is_file() and not path.is_symlink() and path.name != NOTE:
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _newer_in(folder: Path) -> Newer | None:
    """Return which attempt a submission was taken from, None if nobody has noted it."""
    try:
        first, second, third, when = json.loads((folder / NOTE).read_text(encoding="utf-8"))["newer"]
        return int(first), str(second), int(third), datetime.fromisoformat(when)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def called_late(root: Path, student: str, lab: str) -> bool | None:
    """Tell whether the platform called a submission late when it was collected; None where it says nothing of it."""
    try:
        note = root / folders(root).submitted / student / lab / NOTE
        said = json.loads(note.read_text(encoding="utf-8")).get("late")
    except (OSError, ValueError, AttributeError):
        return None
    return said if isinstance(said, bool) else None


def take(root: Path, step: Step) -> None:
    """Do one step. What was there is kept in ``downloaded/replaced/``."""
    attempt = step.attempt
    if step.word in ("same", "older"):
        return
    folder = root / folders(root).submitted / attempt.student / attempt.lab
    part = folder.with_name(f".{attempt.lab}.{os.getpid()}.part")
    try:
        for name, content in step.contents.items():
            files.write(part / name, content)
        *order, when = attempt.newer
        note: dict[str, object] = {"origin": attempt.origin, "newer": [*order, when.isoformat()]}
        if CANVAS.fullmatch(PurePosixPath(attempt.origin).name):  # which says no time, but who is late
            note["late"] = LATE in attempt.notes
        files.write(part / NOTE, json.dumps(note), durably=True)
        if os.path.lexists(folder):
            _put_away(root, folder)
        part.rename(folder)
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(part)


def _put_away(root: Path, folder: Path) -> None:
    place = root / DOWNLOADED / REPLACED / folder.name
    place.mkdir(parents=True, exist_ok=True)
    student, number = folder.parent.name, 1
    while (kept := place / f"{student}.{number}").exists():
        number += 1
    folder.rename(kept)
