"""``course anonymise``: a copy of a class that can be shared, and a report of what was found and what nobody can judge.

Ids are pseudonyms, made with a key that stays in the course; names, numbers and addresses of the class are taken out of
notebooks, their outputs, file names, text files and the names of attached pictures. Metadata that editors add is left
out, pasted pictures are blank, and what is neither a notebook nor a text is not copied.
"""

import json
import secrets
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils import files
from course_utils.course import CourseError, folders
from course_utils.files import as_csv
from course_utils.grading.gradebook import read_settings
from course_utils.grading.notebook_text import NoNotebook, object_in, text_of
from course_utils.grading.reading import TIMESTAMP, handed_in, read_regular
from course_utils.grading.results import graded_students
from course_utils.term.hiding import Hider, words_of
from course_utils.term.roster import Person, class_of
from course_utils.term.sheets import read_sheets

KEY = ".anonymise-key"
LARGEST = 20_000_000  # bytes of a file
NOTEBOOK_KEPT = {"kernelspec", "language_info"}
CELL_KEPT = {"nbgrader", "tags", "deletable", "editable", "collapsed", "scrolled"}
BLANK = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAGwkYkAAAAABJRU5ErkJggg=="  # one pixel
MARKS = "marks.csv"
NO_TEXT = "it is no text, so nobody can say what is in it"


@dataclass
class Copy:
    """What a copy holds, and what is to be said of it.

    Parameters
    ----------
    contents
        By path in the copy's folder.
    students
        Pseudonyms by id. They are the secret.
    hider
        What was found.
    metadata
        What was left out of notebooks, and how often.
    pictures
        Blank ones in the place of pasted ones, and kept ones that cells drew.
    left_out
        Files that were not copied, by the pseudonym and path, and why.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    students: dict[str, str] = field(default_factory=dict)
    hider: Hider = field(default_factory=lambda: Hider({}, b""))
    metadata: Counter[str] = field(default_factory=Counter)
    pictures: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def doubtful(self) -> bool:
        """Whether there is something that a person should look at before it is shared."""
        return bool(self.hider.found.unsure or self.pictures["drawn by cells"])


def make(root: Path, labs: Sequence[str]) -> Copy:
    """Make the copy of what a class handed in, and write nothing but the key.

    Raises
    ------
    CourseError
        If nobody has handed in any of the labs.
    """
    there = {lab: handed_in(root, lab).students for lab in labs}
    people = dict(class_of(root))
    for student in (student for names in there.values() for student in names):
        people.setdefault(student, Person(student))
    if not any(there.values()):
        raise CourseError(f"Nobody has handed in {', '.join(labs)}.")
    made = Copy(hider=Hider(people, _key(root), _words_of_lessons(root, labs)))
    made.students = made.hider.names
    for lab, names in there.items():
        for student in names:
            _take(root, lab, student, made)
    if marks := _marks(root, labs, made):
        made.contents[MARKS] = marks.encode()
    return made


def _key(root: Path) -> bytes:
    """Return the course's key for pseudonyms; make one if there is none."""
    path = root / KEY
    if not path.is_file():
        files.write(path, secrets.token_hex(32) + "\n", durably=True, mode=0o600)
    return path.read_text(encoding="utf-8").strip().encode()


def _words_of_lessons(root: Path, labs: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for lab in labs:
        for path in (root / folders(root).released / lab).glob("*.ipynb"):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            found |= words_of("\n".join("".join(cell["source"]) for cell in cells))
    return found


def _take(root: Path, lab: str, student: str, made: Copy) -> None:
    """Take one submission into the copy."""
    folder, own = root / folders(root).submitted / student / lab, made.students[student]
    for path in sorted(folder.rglob("*")) if folder.is_dir() and not folder.is_symlink() else []:
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if any(part.startswith(".") for part in name.split("/")) or name == TIMESTAMP:
            continue
        where = f"{folders(root).submitted}/{own}/{lab}/{made.hider(name, f'the name of a file of {own}')}"
        content = read_regular(path, LARGEST)
        found = "it is no file, or too large" if content is None else _hidden(content, where, made)
        if isinstance(found, bytes):
            made.contents[where] = found
        else:
            made.left_out[where] = found


def _hidden(content: bytes, where: str, made: Copy) -> bytes | str:
    """Return a file's contents without names, or why it cannot be in the copy."""
    if not where.lower().endswith(".ipynb"):
        text = _as_text(content)
        return NO_TEXT if text is None else made.hider(text, where).encode()
    try:
        notebook, _ = object_in(text_of(content)[0])
    except NoNotebook:
        notebook = None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        return "it is no whole notebook"
    clean = _notebook(notebook, where, made)
    return (json.dumps(clean, indent=1, ensure_ascii=False) + "\n").encode()


def _as_text(content: bytes) -> str | None:
    """Return the text that a file is; None if it is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


# --- a notebook -----------------------------------------------------------------------------------


def _notebook(notebook: Mapping[str, Any], where: str, made: Copy) -> dict[str, Any]:
    cells = [
        _cell(cell, f"{where}, cell {number}", made)
        for number, cell in enumerate(notebook["cells"], start=1)
        if isinstance(cell, dict)
    ]
    return {
        "cells": cells,
        "metadata": _kept(notebook.get("metadata"), NOTEBOOK_KEPT, where, made),
        "nbformat": notebook.get("nbformat", 4),
        "nbformat_minor": notebook.get("nbformat_minor", 5),
    }


def _kept(metadata: object, wanted: set[str], where: str, made: Copy) -> dict[str, Any]:
    about = metadata if isinstance(metadata, dict) else {}
    made.metadata.update(str(name)[:40] for name in about if name not in wanted)
    return {name: _plain(value, where, made) for name, value in about.items() if name in wanted}


def _cell(cell: Mapping[str, Any], where: str, made: Copy) -> dict[str, Any]:
    found = {name: _plain(value, where, made) for name, value in cell.items() if name in ("cell_type", "id", "source")}
    found["metadata"] = _kept(cell.get("metadata"), CELL_KEPT, where, made)
    if isinstance(cell.get("attachments"), dict):
        found["attachments"] = {made.hider(str(name), where): {"image/png": BLANK} for name in cell["attachments"]}
        made.pictures["pasted"] += len(cell["attachments"])
    if cell.get("cell_type") == "code":
        found["execution_count"] = cell.get("execution_count")
        outputs = cell.get("outputs")
        found["outputs"] = [_output(one, where, made) for one in outputs or [] if isinstance(one, dict)]
    return found


def _output(output: Mapping[str, Any], where: str, made: Copy) -> dict[str, Any]:
    kept = {name: value for name, value in output.items() if name not in ("data", "metadata")}
    found: dict[str, Any] = _plain(kept, where, made)
    if isinstance(output.get("data"), dict):
        found["data"] = {}
        for kind, value in output["data"].items():
            if kind.startswith("image/") and kind != "image/svg+xml":
                made.pictures["drawn by cells"] += 1
                found["data"][kind] = value
            elif kind.startswith(("text/", "image/svg", "application/json")):
                found["data"][kind] = _plain(value, where, made)
            else:
                made.metadata[kind] += 1  # states of widgets and the like
        found["metadata"] = {}
    return found


def _plain(value: Any, where: str, made: Copy) -> Any:
    """Return data in which nobody is named, keys included; the lines of a text are looked at as one text."""
    if isinstance(value, str):
        return made.hider(value, where)
    if isinstance(value, list):
        if value and all(isinstance(one, str) for one in value):
            return made.hider("".join(value), where).splitlines(keepends=True)
        return [_plain(one, where, made) for one in value]
    if isinstance(value, dict):
        return {made.hider(str(name), where): _plain(one, where, made) for name, one in value.items()}
    return value


# --- marks, files, words --------------------------------------------------------------------------


def _marks(root: Path, labs: Sequence[str], made: Copy) -> str:
    """Return points by exercise, where labs were graded; "" if none was."""
    rows: list[list[object]] = []
    graded = [lab for lab in labs if graded_students(root, lab)] if read_settings(root).exists else []
    for lab in graded:
        for sheet in read_sheets(root, lab):
            who = made.students.get(sheet.student, "")
            rows += [[who, lab, name, one.points, one.most, one.verdict] for name, one in sheet.exercises.items()]
    head = ["student", "lab", "exercise", "points", "most", "verdict"]
    return as_csv([head, *sorted(rows, key=str)]) if rows else ""


def write(made: Copy, folder: Path) -> None:
    """Write the copy into a new or empty folder.

    Raises
    ------
    CourseError
        If there is something in it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"{folder} is there already, and not empty; name another folder with --to.")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for name, content in made.contents.items():
        files.write(part / name, content)
    if folder.exists():
        folder.rmdir()
    part.replace(folder)


def lines_of(made: Copy) -> list[str]:
    """Return the report, a line each. It names words that were found: it is not for sharing."""
    found = made.hider.found
    lines = [f"{len(made.students)} people are called by pseudonyms; the key is {KEY}, which stays here"]
    lines += [f"replaced   {kind}: {count}" for kind, count in sorted(found.replaced.items())]
    said = ", ".join(f"{name} ({count})" for name, count in sorted(made.metadata.items()))
    lines += [f"left out   metadata of notebooks: {said}"] if said else []
    lines += [f"left out   {name}: {why}" for name, why in made.left_out.items()]
    if pasted := made.pictures["pasted"]:
        lines.append(f"blank      pasted pictures: {pasted}, for nobody can say what is in them")
    if drawn := made.pictures["drawn by cells"]:
        lines.append(f"look at    pictures that cells drew: {drawn}; they stay, and may hold a name")
    for word, places in sorted(found.unsure.items()):
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        lines.append(f"look at    {word!r} stays, it may be a name: {'; '.join(places[:3])}{more}")
    lines.append(
        "Numbers are drawn from ids: graded again under a pseudonym, a notebook earns other points than its student."
    )
    return lines
