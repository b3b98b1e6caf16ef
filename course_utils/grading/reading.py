"""Reading what a student handed in, ``submitted/<student>/<lab>/``, whatever lies there, and changing nothing.

Only regular files are opened, and never through a link: a submission may name any file of this machine. What is too
large, too much or of another kind is left out with a note, or is the reason why nothing can be graded. A notebook's
contents are not looked into here but for a question that costs little: does the file begin as a notebook begins?
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from nbgrader.utils import parse_utc

from course_utils.course import CourseError, folders
from course_utils.grading import nbgrader_says
from course_utils.grading.job import Submission
from course_utils.grading.lightening import without_outputs
from course_utils.grading.notebook_text import text_of
from course_utils.grading.sandbox.paths import check_names

TIMESTAMP = "timestamp.txt"  # nbgrader's own, not a file of the student's
LARGEST_NOTEBOOK = 20_000_000  # bytes, without the outputs if it is larger with them
LARGEST_WITH_OUTPUTS = 100_000_000  # bytes
LARGEST_FILES = 64_000_000  # bytes, all files beside the notebook together
MOST_FILES = 200
MOST_ENTRIES = 10_000  # of a submission are looked at
DEEPEST = 20  # folders in folders
LONGEST_PATH = 1_000  # bytes, from the submission's folder
LONGEST_NAME = 255  # bytes
LONGEST_ID = 200  # bytes
ARCHIVE = (b"PK\x03\x04", b"\x1f\x8b")  # a zip, a gzip
BEGINNINGS = ("{", '"')  # an object, or a text that holds one
PATTERN, SEPARATORS = set("*?["), set("/\\\0")
YEARS = range(1990, 2200)
BAD_TIME = f"{TIMESTAMP} says no time: nobody knows whether it is late"
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


@dataclass(frozen=True)
class HandedIn:
    """Who handed in a lab: students in order, and a line about each folder in ``submitted/`` that was left out."""

    students: list[str]
    left_out: list[str]


def handed_in(root: Path, lab: str) -> HandedIn:
    """Return who handed in a lab. A folder whose name cannot be a student's is left out, and said."""
    folder = root / folders(root).submitted
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    excluded = nbgrader_says.excluded_students(root)
    names = [name for name in names if not name.startswith(".") and os.path.lexists(folder / name / lab)]
    names = [name for name in names if name not in excluded]
    wrong = {name: why_no_id(name) for name in names}
    where, mend = folders(root).submitted, "rename the folder"
    left_out = [f"{where}/{ascii(name)[1:-1]}: {why}; {mend}" for name, why in wrong.items() if why]
    return HandedIn([name for name, why in wrong.items() if not why], left_out)


def why_no_id(name: str) -> str:
    """Return why a text cannot be a student's id, "" if it can be one."""
    if not _is_text(name):
        return "the name has characters that cannot be seen"
    if name != name.strip() or not name:
        return "the name begins or ends with a space"
    if PATTERN & set(name):
        return "nbgrader would take the name for a pattern that other names fit, too"
    if len(os.fsencode(name)) > LONGEST_ID:
        return f"the name is longer than {LONGEST_ID} bytes"
    return "" if not SEPARATORS & set(name) else "the name has a character that separates folders"


def students_of(root: Path, lab: str, wanted: list[str] | tuple[str, ...] = ()) -> list[str]:
    """Return the students who handed in a lab, in order; of those only the wanted ones, if any are named.

    Raises
    ------
    CourseError
        If nobody did, or one of the wanted did not.
    """
    found = handed_in(root, lab)
    there = found.students
    if not there and found.left_out:
        raise CourseError("\n".join(["Left out:", *found.left_out]))
    if not there:
        raise CourseError(f"Nobody has handed in {lab}: {folders(root).submitted}/STUDENT/{lab} is nowhere.")
    missing = [name for name in dict.fromkeys(wanted) if name not in there]
    if missing:
        raise CourseError(f"Not handed in: {', '.join(f'{folders(root).submitted}/{name}/{lab}' for name in missing)}.")
    return [name for name in there if not wanted or name in wanted]


def _is_text(name: str) -> bool:
    """Tell whether a file's name can be written down: on Linux a name may be any bytes."""
    return name.isprintable() and "\ufffd" not in name and not any("\ud800" <= sign <= "\udfff" for sign in name)


def _can_lie_in_a_box(name: str) -> bool:
    try:
        check_names([name])
    except CourseError:
        return False
    return _is_text(name)


def why_no_file(path: str) -> str:
    """Return why a file cannot lie in a submission under a relative path, "" if it can."""
    parts = path.split("/")
    if any(part.startswith(".") or part in LEFT_BY_EDITORS for part in parts):
        return "a file of an editor or of the system"
    if len(os.fsencode(path)) > LONGEST_PATH or any(len(os.fsencode(part)) > LONGEST_NAME for part in parts):
        return "its name is too long"
    return "" if _can_lie_in_a_box(path) else "its name cannot be written down"


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
    folder = root / folders(root).submitted / reading.student / lab
    notebook, files = None, {}
    try:
        written, when = read_timestamp(root, lab, reading.student)
        reading.notes += [BAD_TIME] if written is not None and when is None else []
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            reading.reason = f"{lab} is not a folder"
        else:
            entries = sorted(_entries(folder, reading), key=lambda entry: entry.name)
            notebook = _read_notebook(entries, reading)
            files = _read_files(entries, reading)
    except OSError as error:
        reading.reason = f"it cannot be read: {error.strerror or type(error).__name__}"
    except Exception as error:  # a fault of ours: this student's alone
        reading.reason = f"it cannot be read: {type(error).__name__}"
    notebook = None if reading.reason else notebook
    return Submission(reading.student, notebook, files, reading.notes, reading.reason)


def _entries(folder: Path, reading: Reading) -> Iterator[Entry]:
    """Yield what lies in a folder and in those below it; links are not followed."""
    seen, waiting, above = 0, [(folder, 0)], len(os.fsencode(folder))
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
                if not _can_lie_in_a_box(item.name) or len(os.fsencode(item.path)) - above > LONGEST_PATH:
                    reading.notes.append(f"a file with the name {ascii(item.name)[:80]} was left out")
                elif item.is_dir(follow_symlinks=False) and depth < DEEPEST:
                    waiting.append((Path(item.path), depth + 1))
                else:
                    yield _entry(Path(item.path), folder)


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
    elif entry.size > LARGEST_WITH_OUTPUTS:
        reading.reason = f"{entry.name} is larger than {LARGEST_WITH_OUTPUTS // 1_000_000} MB"
    else:
        content = _light_enough(entry, read_regular(entry.path, LARGEST_WITH_OUTPUTS), reading)
        reading.reason = reading.reason or why_implausible(entry.name, content)
        return content
    return None


def _light_enough(entry: Entry, content: bytes | None, reading: Reading) -> bytes | None:
    """Return a notebook without its outputs, which are never graded, if it is too large with them."""
    if content is None or len(content) <= LARGEST_NOTEBOOK:
        return content
    light = without_outputs(content)
    if len(light) > LARGEST_NOTEBOOK:
        reading.reason = f"{entry.name} is larger than {LARGEST_NOTEBOOK // 1_000_000} MB without its outputs"
        return None
    reading.notes.append(f"its outputs, {(len(content) - len(light)) / 1e6:.0f} MB, were left out before it was read")
    return light


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


def handed_in_as(root: Path, lab: str, student: str) -> str:
    """Return the name under which a student handed in the lab's notebook, without its ending."""
    try:
        with os.scandir(root / folders(root).submitted / student / lab) as found:
            names = [item.name for item in islice(found, MOST_ENTRIES) if item.is_file(follow_symlinks=False)]
    except OSError:
        return lab
    notebooks = [name for name in names if name.lower().endswith(".ipynb") and not name.startswith(".")]
    only = notebooks[0][: -len(".ipynb")] if len(notebooks) == 1 and _is_text(notebooks[0]) else lab
    return lab if f"{lab}.ipynb" in notebooks else only


def _is_notebook(entry: Entry) -> bool:
    return entry.name.lower().endswith(".ipynb")


def why_implausible(name: str, content: bytes | None) -> str:
    """Return why bytes cannot be a notebook, or "" if they may be one."""
    if content is None:
        return f"{name} cannot be read"
    if content.startswith(ARCHIVE):
        return f"{name} is an archive and not a notebook: hand in what is in it"
    text, _ = text_of(content)
    if not text:
        return f"{name} is not a whole notebook: it is empty"
    if not text.startswith(BEGINNINGS):
        return f"{name} is not a notebook"
    return "" if "}" in text else f"{name} is not a whole notebook: it breaks off"


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
    content = read_regular(root / folders(root).submitted / student / lab / TIMESTAMP, 1_000)
    if content is None:
        return None, None
    try:
        when = parse_utc(content.decode().strip())
        return content, when if when.year in YEARS else None
    except Exception:  # whatever a parser of all that people write says to 400 digits
        return content, None
