"""Reading what a student handed in, ``submitted/<student>/<lab>/``, whatever lies there, and changing nothing.

Only regular files are opened, and never through a link: a submission may name any file of this machine. What is too
large, too much or of another kind is left out with a note, or is the reason why nothing can be graded. A notebook's
contents are not looked into here but for a question that costs nothing: does the file end where a notebook ends?
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from nbgrader.utils import parse_utc

from course_utils.course import SUBMITTED, CourseError
from course_utils.grading.job import Submission

TIMESTAMP = "timestamp.txt"  # nbgrader's own, not a file of the student's
LARGEST_NOTEBOOK = 20_000_000  # bytes
LARGEST_FILES = 64_000_000  # bytes, all files beside the notebook together
MOST_FILES = 200
MOST_ENTRIES = 10_000  # of a submission are looked at
DEEPEST = 20  # folders in folders
LEFT_BY_EDITORS = {"__pycache__"}  # and everything that starts with a dot
NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Entry:
    """A file in a submission: its path, its path from the submission's folder, its kind and size in bytes."""

    path: Path
    name: str
    regular: bool
    kind: str
    size: int


@dataclass
class Reading:
    """A submission while it is read."""

    student: str
    notebook: str
    others: tuple[str, ...] = ()  # the lab's other notebooks
    notes: list[str] = field(default_factory=list)
    reason: str = ""


def students_of(root: Path, lab: str, wanted: list[str] | tuple[str, ...] = ()) -> list[str]:
    """Return the students who handed in a lab, in order; of those only the wanted ones, if any are named.

    Raises
    ------
    CourseError
        If nobody did, or one of the wanted did not.
    """
    folder = root / SUBMITTED
    there = sorted(path.name for path in folder.iterdir() if _is_student(path, lab)) if folder.is_dir() else []
    if not there:
        raise CourseError(f"Nobody has handed in {lab}: {SUBMITTED}/STUDENT/{lab} is nowhere.")
    missing = [name for name in dict.fromkeys(wanted) if name not in there]
    if missing:
        raise CourseError(f"Not handed in: {', '.join(f'{SUBMITTED}/{name}/{lab}' for name in missing)}.")
    return [name for name in there if not wanted or name in wanted]


def _is_student(path: Path, lab: str) -> bool:
    return not path.name.startswith(".") and _is_text(path.name) and os.path.lexists(path / lab)


def _is_text(name: str) -> bool:
    """Tell whether a file's name can be written down: on Linux a name may be any bytes."""
    return name.isprintable() and "\ufffd" not in name and not any("\ud800" <= sign <= "\udfff" for sign in name)


def read_submission(
    root: Path, lab: str, student: str, notebook: str = "", all_notebooks: Sequence[str] = ()
) -> Submission:
    """Return what a student handed in. Nothing that can lie there raises.

    Parameters
    ----------
    root, lab, student
        The course, the lab's full name, the student's id.
    notebook
        Name of the notebook that is wanted; the lab's if left out.
    all_notebooks
        The names of all notebooks of the lab.
    """
    name = notebook or lab
    return _read(root, lab, Reading(student, name, tuple(one for one in all_notebooks if one != name)))


def _read(root: Path, lab: str, reading: Reading) -> Submission:
    folder = root / SUBMITTED / reading.student / lab
    notebook, files = None, {}
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            reading.reason = f"{lab} is not a folder"
        else:
            entries = sorted(_entries(folder, reading), key=lambda entry: entry.name)
            notebook = _read_notebook(entries, reading)
            files = _read_files(entries, reading)
    except OSError as error:
        reading.reason = f"it cannot be read: {error.strerror or type(error).__name__}"
    notebook = None if reading.reason else notebook
    return Submission(reading.student, notebook, files, reading.notes, reading.reason)


def _entries(folder: Path, reading: Reading) -> Iterator[Entry]:
    """Yield what lies in a folder and in those below it; links are not followed."""
    seen, waiting = 0, [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        with os.scandir(here) as found:
            for item in islice(found, MOST_ENTRIES + 1):
                seen += 1
                if seen > MOST_ENTRIES:
                    reading.notes.append(f"more than {MOST_ENTRIES} files: the rest was left out")
                    return
                if item.name.startswith(".") or item.name in LEFT_BY_EDITORS:
                    continue
                if item.is_dir(follow_symlinks=False) and depth < DEEPEST:
                    waiting.append((Path(item.path), depth + 1))
                elif _is_text(item.name):
                    yield _entry(Path(item.path), folder)
                else:
                    reading.notes.append(f"a file with the name {ascii(item.name)[:80]} was left out")


def _entry(path: Path, folder: Path) -> Entry:
    about = os.lstat(path)
    kinds = {stat.S_IFREG: "a file", stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder"}
    kind = kinds.get(stat.S_IFMT(about.st_mode), "a device or a pipe")
    return Entry(path, path.relative_to(folder).as_posix(), kind == "a file", kind, about.st_size)


def read_regular(path: Path, most: int) -> bytes | None:
    """Return a regular file's contents; None if it is another thing, or larger than ``most`` bytes."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        handle = os.open(path, os.O_RDONLY | NO_LINKS)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # it was exchanged since
            return None
        content = file.read(most + 1)
    return content if len(content) <= most else None


# --- the notebook ---------------------------------------------------------------------------------


def _read_notebook(entries: list[Entry], reading: Reading) -> bytes | None:
    entry = _choose_notebook(entries, reading)
    if entry is None:
        return None
    if not entry.regular:
        reading.reason = f"{entry.name} is {entry.kind}, not a file"
    elif entry.size > LARGEST_NOTEBOOK:
        reading.reason = f"{entry.name} is larger than {LARGEST_NOTEBOOK // 1_000_000} MB"
    else:
        content = read_regular(entry.path, LARGEST_NOTEBOOK)
        reading.reason = why_implausible(entry.name, content)
        return content
    return None


def _choose_notebook(entries: list[Entry], reading: Reading) -> Entry | None:
    """Return the lab's notebook, or the only other one. Which one is meant is never guessed."""
    wanted, known = f"{reading.notebook}.ipynb", {f"{name}.ipynb" for name in reading.others}
    notebooks = [entry for entry in entries if _is_notebook(entry) and "/" not in entry.name]
    exact = [entry for entry in notebooks if entry.name == wanted]
    others = [entry for entry in notebooks if entry.regular and entry.name not in {wanted, *known}]
    if exact:
        return exact[0]
    if len(others) == 1:
        reading.notes.append(f"renamed: {others[0].name} was taken for {wanted}")
        return others[0]
    there = ", ".join(entry.name for entry in notebooks[:5]) or "none"
    reading.reason = f"there is no notebook {wanted}; notebooks handed in: {there}"
    return None


def _is_notebook(entry: Entry) -> bool:
    return entry.name.lower().endswith(".ipynb")


def why_implausible(name: str, content: bytes | None) -> str:
    """Return why bytes cannot be a notebook, or "" if they may be one."""
    if content is None:
        return f"{name} cannot be read"
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        return f"{name} is not a whole notebook: it is empty"
    if not text.startswith(b"{"):
        return f"{name} is not a notebook"
    return "" if text.endswith(b"}") else f"{name} is not a whole notebook: it breaks off"


# --- what lies beside it --------------------------------------------------------------------------


def _read_files(entries: list[Entry], reading: Reading) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = LARGEST_FILES
    for entry in entries:
        if entry.name == TIMESTAMP or _is_notebook(entry):
            continue
        if not entry.regular:
            reading.notes.append(f"{entry.name} is {entry.kind} and was left out")
        elif len(files) >= MOST_FILES:
            reading.notes.append(f"more than {MOST_FILES} files beside the notebook: the rest was left out")
            break
        elif entry.size > left or (content := read_regular(entry.path, left)) is None:
            reading.notes.append(f"{entry.name} is too large and was left out")
        else:
            files[entry.name], left = content, left - len(content)
    del reading.notes[20:]  # enough to see what is the matter
    return files


def read_timestamp(root: Path, lab: str, student: str) -> tuple[bytes | None, datetime | None]:
    """Return the contents of a submission's ``timestamp.txt``, and the time (UTC) in it; None where there is none."""
    content = read_regular(root / SUBMITTED / student / lab / TIMESTAMP, 1_000)
    if content is None:
        return None, None
    try:
        return content, parse_utc(content.decode().strip())
    except (ValueError, OverflowError):
        return content, None
