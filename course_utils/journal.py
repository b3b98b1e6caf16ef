"""What a learner has tried, in a file of their own: one line for each check and each question of practice.

The file lies in the workplace (``.course/progress.jsonl``), so that it moves with the notebooks; where that cannot be
written, in the user's folder for data. Lines are only ever added, so that two notebooks at once keep both. Nothing
leaves the computer. Kept where a person runs a cell, never where a program runs a notebook or grades it; with the
variable ``COURSE_PROGRESS`` the file that it names is kept wherever nothing is graded.
"""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from course_utils import runtime, workplace

VARIABLE = "COURSE_PROGRESS"
FILE = "progress.jsonl"

_in_memory: list[dict[str, Any]] = []  # what could not be written anywhere


@dataclass
class Tried:
    """How an exercise's checks went: the shares of its points, from 0 to 1."""

    last: float = 0.0
    best: float = 0.0
    times: int = 0


@dataclass
class Practised:
    """How practice in one topic went: answers, and how many of the latest in a row were right."""

    right: int = 0
    wrong: int = 0
    streak: int = 0


@dataclass
class Record:
    """All that was kept."""

    exercises: dict[tuple[str, str], Tried] = field(default_factory=dict)  # by lab and id
    practice: dict[tuple[str, str], Practised] = field(default_factory=dict)  # by lab and topic
    latest: tuple[str, str] | None = None  # the exercise that was tried last
    lent: set[tuple[str, str]] = field(default_factory=set)  # exercises whose rescue was opened
    remarks: list[str] = field(default_factory=list)  # what the learner should know of the file


# --- keeping


def note_check(lab: str, exercise: str, share: float) -> None:
    """Keep that an exercise was tried. Never raises.

    Parameters
    ----------
    lab
        The lab's name, as its folder has it.
    exercise
        Its id.
    share
        Of its points, from 0 to 1.
    """
    _note({"lab": lab, "exercise": exercise, "share": round(float(share), 4)})


def note_practice(lab: str, topic: str, number: int, right: bool) -> None:
    """Keep that a question of practice was answered, rightly or wrongly. Never raises."""
    _note({"lab": lab, "topic": topic, "number": number, "right": right})


def note_lent(lab: str, exercise: str) -> None:
    """Keep that the rescue of an exercise was opened: it is open after a restart, too. Never raises."""
    _note({"lab": lab, "exercise": exercise, "lent": True})


def _note(event: dict[str, Any]) -> None:
    try:
        if is_kept():
            _append({"at": datetime.now().isoformat(timespec="seconds"), **event})
    except Exception:  # progress is not worth a failed check
        _in_memory.append(event)


def is_kept() -> bool:
    """Tell whether progress is kept here: nothing is graded, and a person runs the cell, or a file was named."""
    if runtime.is_grading():
        return False
    return bool(os.environ.get(VARIABLE)) or (runtime.has_front_end() and _a_person_runs_this())


def _a_person_runs_this() -> bool:
    """Tell a person's notebook from a program that runs one: the pages that people use name the cell they run."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or not hasattr(shell, "kernel"):
        return False
    request: dict[str, Any] = shell.get_parent() or {}
    by_widget = request.get("header", {}).get("msg_type") == "comm_msg"
    return by_widget or "cellId" in request.get("metadata", {}) or "google.colab" in sys.modules


def _append(event: dict[str, Any]) -> None:
    line = json.dumps(event).encode() + b"\n"
    for path in places():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab+") as file:  # one write at the end of the file, whoever else has it open
                file.write(line if _ends_a_line(file) else b"\n" + line)
            return
        except OSError:
            continue
    if not _in_memory:
        print(f"Your progress is kept only until the kernel stops: {_named(places())} cannot be written.")
    _in_memory.append(event)


def _ends_a_line(file: Any) -> bool:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 1, 0))
    return file.read(1) in (b"", b"\n")


def _named(paths: Iterable[Path]) -> str:
    return " or ".join(map(str, paths))


def places() -> list[Path]:
    """Return the files in which progress may be kept; the first that can be written is taken."""
    named = os.environ.get(VARIABLE)
    if named:
        return [Path(named).expanduser()]
    import platformdirs

    home = workplace.find_workplace()
    users = Path(platformdirs.user_data_dir("neural-network-labs", appauthor=False)) / FILE
    return [home / workplace.OWN / FILE, users] if home else [users]


# --- reading


def read() -> Record:
    """Return all that was kept, with a remark where a file was damaged or nothing can be written."""
    record = Record()
    kept = [event for path in places() for event in _read_file(path, record.remarks)]
    for event in sorted(kept, key=lambda event: str(event.get("at"))) + _in_memory:
        _count(event, record)
    if _in_memory:
        record.remarks.append(f"Kept only until the kernel stops: {_named(places())} cannot be written.")
    return record


def _read_file(path: Path, remarks: list[str]) -> list[dict[str, Any]]:
    try:
        content = path.read_bytes()
    except OSError:
        return []
    lines = [line for line in content.split(b"\n") if line]
    events = [_read_line(line) for line in lines]
    if events and events[-1] is None and not content.endswith(b"\n"):
        events.pop()  # another notebook may be writing it just now
    good = [event for event in events if event is not None]
    if len(good) < len(events):
        remarks.append(_set_aside(path, good))
    return good


def _read_line(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _set_aside(path: Path, good: list[dict[str, Any]]) -> str:
    """Rename a damaged file, and write what could be read of it anew; return what to say of it."""
    aside = next(
        one for number in range(1, 1000) if not (one := path.with_name(f"progress.damaged-{number}.jsonl")).exists()
    )
    try:
        path.replace(aside)
        with path.open("ab") as file:
            file.write(b"".join(json.dumps(event).encode() + b"\n" for event in good))
    except OSError:
        return f"Some of your progress cannot be read: {path} is damaged."
    return f"The file of your progress was damaged. It was set aside as {aside.name}; what could be read is kept."


def _count(event: dict[str, Any], record: Record) -> None:
    """Count one line; one that is not understood, such as a later version's, is passed over."""
    lab, exercise, topic = (event.get(name) for name in ("lab", "exercise", "topic"))
    share = event.get("share")
    if not isinstance(lab, str):
        return
    if isinstance(exercise, str) and isinstance(share, int | float):
        tried = record.exercises.setdefault((lab, exercise), Tried())
        tried.last = min(max(float(share), 0.0), 1.0)
        tried.best, tried.times = max(tried.best, tried.last), tried.times + 1
        record.latest = lab, exercise
    elif isinstance(exercise, str) and event.get("lent") is True:
        record.lent.add((lab, exercise))
    elif isinstance(topic, str):
        practised = record.practice.setdefault((lab, topic), Practised())
        right = event.get("right") is True
        practised.right, practised.wrong = practised.right + right, practised.wrong + (not right)
        practised.streak = practised.streak + 1 if right else 0
