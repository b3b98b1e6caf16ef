"""A learner's workplace: a folder with ``START.ipynb`` and ``labs/``, in which each lab is a copy of its reference.

What a learner has worked on is never written over. What the course itself must remember lies in ``.course/``.
"""

import hashlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils import files, reference
from course_utils.course import CONFIG, MASTERS, CourseError, one_lab

START = "START.ipynb"
LABS = "labs"
HELP = "help"  # the course's guides: they are brought up to date
OWN = ".course"  # what the course remembers, beside a learner's notebooks
IN_AUTHORS_TREE = "workplace"  # a clone holds answers: the workplace is a folder of its own there
HANDED_OUT = "course.json"  # what an instructor says of the course: where to hand in
INSTALLED = {"install", HELP, "start.sh", "start.bat", "start.command", "README.md"}


@dataclass
class LaidOut:
    """What laying out a workplace did."""

    folder: Path
    new: list[str] = field(default_factory=list)  # labs whose notebook was put there
    beside: dict[str, Path] = field(default_factory=dict)  # labs of which a newer release lies beside the learner's
    back: list[str] = field(default_factory=list)  # labs over whose notebook the archive was unpacked again

    @property
    def sentences(self) -> list[str]:
        """What a learner should know of it."""
        said = [f"Laid out in {self.folder / LABS}: {', '.join(self.new)}."] if self.new else []
        said += [
            f"The archive was unpacked over your notebook of {lab}. It is back, as you last saved it with Ctrl+S."
            for lab in self.back
        ]
        return said + [
            f"There is a newer release of {lab}. It lies beside your notebook, which was not touched: {path}"
            for lab, path in self.beside.items()
        ]


def find_workplace(start: Path | None = None) -> Path | None:
    """Return the nearest folder, from ``start`` upwards, that is a workplace; None if there is none."""
    start = (start or Path.cwd()).resolve()
    return next((one for one in (start, *start.parents) if (one / START).is_file() and (one / LABS).is_dir()), None)


def choose_folder(start: Path) -> Path:
    """Return the folder that is the workplace of somebody who is in ``start``, or is to become it.

    Raises
    ------
    CourseError
        If there are other things in the folder, among which a workplace would get lost.
    """
    start = start.resolve()
    found = find_workplace(start)
    if found:
        return found
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file() and (folder / MASTERS).is_dir():
            return folder / IN_AUTHORS_TREE
    others = sorted(one.name for one in start.iterdir() if not one.name.startswith(".")) if start.is_dir() else []
    if set(others) - INSTALLED - {HANDED_OUT, START, LABS} and not (start / "install" / "start.py").is_file():
        raise CourseError(
            f"{start} is not empty, and the labs are not in it. Make a folder for them: course lab --folder my-labs"
        )
    return start


def lay_out(folder: Path, start_page: str) -> LaidOut:
    """Make a workplace, or bring one up to date: put there what is missing, and write over nothing.

    Parameters
    ----------
    folder
        Is made if need be.
    start_page
        The text of START.ipynb. An older one is replaced unless somebody has changed its cells.

    Raises
    ------
    CourseError
        If the folder cannot be written.
    """
    done, known = LaidOut(folder), remembered(folder)
    released = known.setdefault("released", {})
    try:
        for lab in reference.labs():
            _lay_out_lab(folder, lab, released, done)
        for guide in reference.guides():
            _lay_out_guide(folder / HELP / guide.name, guide.read_bytes())
        _write_start_page(folder / START, start_page, known)
        remember(folder, known)
    except OSError as error:
        raise CourseError(f"The labs cannot be laid out in {folder}: {error.strerror or error}.") from error
    return done


def _lay_out_lab(folder: Path, lab: str, released: dict[str, str], done: LaidOut) -> None:
    released_bytes = reference.path_of(lab).read_bytes()
    digest, mine = _digest(released_bytes), folder / LABS / lab / f"{lab}.ipynb"
    content = _settled(released_bytes.decode()).encode()
    if not mine.exists():
        files.write(mine, content)
        done.new.append(lab)
    elif mine.read_bytes() == released_bytes:  # from a bundle, and never opened, or unpacked over the learner's own
        kept = _checkpoint_of(mine) if lab in released else b""
        if kept and _sources(kept.decode(errors="replace")) != _sources(content.decode()):
            done.back.append(lab)
        files.write(mine, kept if lab in done.back else content)
    elif lab in released and released[lab] != digest and mine.read_bytes() != content:
        beside = mine.with_name(f"{lab} (newer release).ipynb")
        files.write(beside, content)
        done.beside[lab] = beside
    released[lab] = digest


def checkpoint_path(notebook: Path) -> Path:
    """Return where JupyterLab keeps a notebook as it was last saved by hand."""
    return notebook.parent / ".ipynb_checkpoints" / f"{notebook.stem}-checkpoint.ipynb"


def _checkpoint_of(notebook: Path) -> bytes:
    """Return a notebook as JupyterLab keeps it beside the file whenever somebody saves it; b"" if it keeps none."""
    try:
        content = checkpoint_path(notebook).read_bytes()
    except OSError:
        return b""
    return content if _sources(content.decode(errors="replace")) else b""


def _lay_out_guide(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        files.write(path, content)


def _write_start_page(path: Path, text: str, known: dict[str, Any]) -> None:
    wanted = _sources(text)
    if path.exists():
        content = path.read_text(encoding="utf-8", errors="replace")
        there, untouched = _sources(content), content == text  # untouched: from a bundle, and never opened
        if not untouched and (there == wanted or there != known.get("start page")):
            return
    files.write(path, _settled(text))
    known["start page"] = wanted


def _settled(notebook: str) -> str:
    """Say in a notebook which Python runs it, as JupyterLab would on opening it: it would count as changed at once."""
    read = json.loads(notebook)
    read["metadata"]["language_info"] = {
        "codemirror_mode": {"name": "ipython", "version": sys.version_info[0]},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": f"ipython{sys.version_info[0]}",
        "version": sys.version.split()[0],
    }
    return json.dumps(read, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _sources(notebook: str) -> str:
    """Return a digest of the cells of a notebook, without their outputs; "" if it is none."""
    try:
        return _digest("\0".join("".join(cell["source"]) for cell in json.loads(notebook)["cells"]).encode())
    except (ValueError, KeyError, TypeError):
        return ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- what is remembered


def remembered(folder: Path) -> dict[str, Any]:
    """Return what the course remembers in a workplace; a file that cannot be read is set aside."""
    path = folder / OWN / "workplace.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        pass
    path.replace(path.with_suffix(".damaged.json"))
    return {}


def remember(folder: Path, known: dict[str, Any]) -> None:
    """Write what :func:`remembered` returns."""
    files.write(folder / OWN / "workplace.json", json.dumps(known, indent=1, sort_keys=True) + "\n")


def handed_out(folder: Path) -> dict[str, Any]:
    """Return what the instructor says of the course in ``course.json``; empty where there is no such file."""
    try:
        found = json.loads((folder / HANDED_OUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def take_over(path: Path, folder: Path) -> None:
    """Copy what the instructor says of the course into a workplace that did not come with it.

    Raises
    ------
    CourseError
        If the file is no such thing, or the folder cannot be written.
    """
    try:
        content = path.read_bytes()
        if not isinstance(json.loads(content), dict):
            raise ValueError("it is no table")
        if not (folder / HANDED_OUT).is_file() or (folder / HANDED_OUT).read_bytes() != content:
            files.write(folder / HANDED_OUT, content)
    except OSError as error:
        raise CourseError(f"{error.filename or path} cannot be used: {error.strerror or error}.") from error
    except ValueError as error:
        raise CourseError(
            f"{path} does not say anything of a course. It is the file course.json of a bundle."
        ) from error


# --- a lab in it


def find_notebook(wanted: str, start: Path | None = None) -> Path:
    """Return a learner's notebook by what they call it: ``5``, ``05``, ``05_conv_and_pooling``, or a path.

    Raises
    ------
    CourseError
        If there is no such notebook.
    """
    path = Path(wanted)
    if path.suffix == ".ipynb" or path.is_file():
        if not path.is_file():
            raise CourseError(f"There is no file {path}.")
        return path
    if path.is_dir():
        if (inside := path / f"{path.resolve().name}.ipynb").is_file():
            return inside
        if path.name not in reference.labs():
            raise CourseError(f"{path} is a folder; name a notebook in it.")
    folder = find_workplace(start)
    lab = one_lab(wanted.rstrip("/"), reference.labs())
    mine = folder / LABS / lab / f"{lab}.ipynb" if folder else None
    if mine is None or not mine.is_file():
        where = f"in {folder}" if folder else f"at {os.getcwd()}, which is not in a workplace"
        raise CourseError(f"Your notebook of {lab} is not {where}. Name the file, or run: course lab")
    return mine
