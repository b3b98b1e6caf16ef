"""Whose each file is: how Canvas, Moodle, Gradescope, nbgrader's exchange and people lay out what a class handed in."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from course_utils.collecting.sources import File

SEPARATOR = "__"  # between student and notebook, in the names that course submit makes
CANVAS = re.compile(r"(?P<who>[^_]+)_(?P<late>LATE_)?(?P<number>\d+)_(?P<order>\d+)_(?P<name>.+)")
MOODLE = re.compile(r"(?P<who>.+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<name>.*)")
EXCHANGE = re.compile(r"(?P<who>[^+]+)\+(?P<lab>[^+]+)\+(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: \w+)?).*")
GRADESCOPE = re.compile(r"submission_(?P<order>\d+)")
METADATA = "submission_metadata.yml"
AGAIN = re.compile(r"(?:[-_ ](\d{1,3})|[ _]?\((\d{1,3})\))$")  # LAB-1, LAB (2): a second upload, or a second download


@dataclass(frozen=True)
class Piece:
    """A file, and whose it is.

    Parameters
    ----------
    who
        What the source calls the student.
    number
        The source's own number of the student, "" if it has none.
    name
        The file's path in what the student handed in.
    file
        The file.
    order
        Of two attempts the one with the larger order is newer.
    lab
        The lab's name, where the source says it.
    timestamp
        When it was handed in, as text, where the source says it.
    late
        Whether the source says that it was late.
    """

    who: str
    name: str
    file: File
    number: str = ""
    order: tuple[int, str] = (0, "")
    lab: str = ""
    timestamp: str = ""
    late: bool = False


def recognise(files: Sequence[File], wanted: str = "") -> tuple[str, list[Piece]]:
    """Return the name of the layout that explains most files, and what it says of them; the first of several.

    Parameters
    ----------
    files
        Of a folder or an archive.
    wanted
        The name of a layout, if it is known.
    """
    files = _below_common_folder(files)
    read = {name: LAYOUTS[name](files) for name in LAYOUTS if wanted in ("", name)}
    best = max(read, key=lambda name: len(read[name]))
    special = [name for name in read if name != "folders" and len(read[name]) * 2 > len(files)]
    chosen = max(special, key=lambda name: len(read[name])) if special else best
    return chosen, read[chosen]


def _below_common_folder(files: Sequence[File]) -> list[File]:
    """Leave off folders that all files lie in, as an archive of a folder has them, but not a student's only folder."""
    files = list(files)
    while len({file.path.parts[0] for file in files}) == 1 and (
        all(len(file.path.parts) > 2 for file in files) or _are_named(files)
    ):
        top = files[0].path.parts[0]
        if MOODLE.fullmatch(top) or EXCHANGE.fullmatch(top) or GRADESCOPE.fullmatch(top):
            break
        if len({file.path.parts[1] for file in files}) == 1 and all(len(file.path.parts) == 3 for file in files):
            break  # STUDENT/LAB/files: nbgrader's own
        files = [File(PurePosixPath(*file.path.parts[1:]), file.modified, file.read) for file in files]
    return files


def _are_named(files: Sequence[File]) -> bool:
    """Tell whether all files lie in one folder and the names of all notebooks say whose they are."""
    notebooks = [file.name for file in files if file.path.suffix.lower() == ".ipynb"]
    flat = all(len(file.path.parts) == 2 for file in files)
    return flat and all(SEPARATOR in name or CANVAS.fullmatch(name) or MOODLE.fullmatch(name) for name in notebooks)


def _canvas(files: Sequence[File]) -> list[Piece]:
    """Canvas: ``lovelaceada_LATE_12345_678901_LAB-1.ipynb``, all in one folder; the second number grows."""
    found = []
    for file in files:
        match = CANVAS.fullmatch(file.name)
        if match and not MOODLE.fullmatch(file.name):
            order = (int(match["order"]), "")
            late, name = bool(match["late"]), match["name"]
            found.append(Piece(match["who"], name, file, match["number"], order, late=late))
    return found


def _moodle(files: Sequence[File]) -> list[Piece]:
    """Moodle: ``Ada Lovelace_12345_assignsubmission_file_/LAB.ipynb``, or the same as one name in one folder."""
    found = []
    for file in files:
        for depth, part in enumerate(file.path.parts):
            match = MOODLE.fullmatch(part)
            if match:
                below = "/".join(file.path.parts[depth + 1 :])
                name = f"{match['name']}/{below}" if match["name"] and below else below or match["name"]
                found.append(Piece(match["who"], name or file.name, file, match["number"]))
                break
    return found


def _exchange(files: Sequence[File]) -> list[Piece]:
    """nbgrader's exchange: ``ada+LAB+2026-11-02 10:00:00.000000 UTC/LAB.ipynb``."""
    found = []
    for file in files:
        for depth, part in enumerate(file.path.parts[:-1]):
            match = EXCHANGE.fullmatch(part)
            if match:
                name, when = "/".join(file.path.parts[depth + 1 :]), match["when"]
                found.append(Piece(match["who"], name, file, order=(0, when), lab=match["lab"], timestamp=when))
                break
    return found


def _gradescope(files: Sequence[File]) -> list[Piece]:
    """Gradescope: ``submission_12345/LAB.ipynb``, and who that is in ``submission_metadata.yml``."""
    listed = [file for file in files if file.name == METADATA]
    about = _metadata(listed[0]) if listed else {}
    found = []
    for file in files:
        folder = next((number for number, part in enumerate(file.path.parts[:-1]) if GRADESCOPE.fullmatch(part)), None)
        if folder is None:
            continue
        key, name = file.path.parts[folder], "/".join(file.path.parts[folder + 1 :])
        when, order = _text(about.get(key), "created_at"), int(key.rpartition("_")[2])
        for who, number in _submitters(about.get(key)) or [(key, "")]:
            found.append(Piece(who, name, file, number, (order, ""), timestamp=when))
    return found


def _metadata(file: File) -> Mapping[str, Any]:
    import yaml

    try:
        read = yaml.safe_load((file.read() or b"").decode("utf-8", "replace"))
    except yaml.YAMLError:
        return {}
    return read if isinstance(read, dict) else {}


def _field(about: object, name: str) -> Any:
    return about.get(f":{name}", about.get(name)) if isinstance(about, dict) else None


def _text(about: object, name: str) -> str:
    value = _field(about, name)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC") if value.tzinfo is None else value.isoformat(" ")
    return str(value) if value is not None else ""


def _submitters(about: object) -> list[tuple[str, str]]:
    people = _field(about, "submitters")
    people = people if isinstance(people, list) else []
    named = [(_text(one, "sid") or _text(one, "email") or _text(one, "name"), _text(one, "email")) for one in people]
    return [(who, number) for who, number in named if who]


def _folders(files: Sequence[File]) -> list[Piece]:
    """Plain: ``ada/LAB/LAB.ipynb`` (nbgrader's own), ``ada/LAB.ipynb``, or ``ada__LAB.ipynb`` and ``ada.ipynb``."""
    return list(_each_folder(files))


def _each_folder(files: Sequence[File]) -> Iterator[Piece]:
    for file in files:
        if len(file.path.parts) > 1:
            yield Piece(file.path.parts[0], "/".join(file.path.parts[1:]), file)
        elif SEPARATOR in file.path.stem:
            who, _, name = file.name.rpartition(SEPARATOR)
            yield Piece(who, name, file)
        elif file.path.suffix.lower() == ".ipynb":
            yield Piece(file.path.stem, file.name, file)


LAYOUTS: dict[str, Callable[[Sequence[File]], list[Piece]]] = {
    "canvas": _canvas,
    "moodle": _moodle,
    "gradescope": _gradescope,
    "exchange": _exchange,
    "folders": _folders,
}


def attempt_in(stem: str) -> tuple[str, int]:
    """Return a name without the mark of a second upload, and the number in the mark: ``LAB-1`` is (LAB, 1)."""
    match = AGAIN.search(stem)
    return (stem[: match.start()], int(match[1] or match[2])) if match else (stem, 0)
