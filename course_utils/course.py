"""Where the course lies on the disk, and how its labs are called."""

import ast
import contextlib
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path

CONFIG = "nbgrader_config.py"
MASTERS = "solutions"
RELEASED = "notebooks"
SUBMITTED = "submitted"
AUTOGRADED = "autograded"
FEEDBACK = "feedback"
DOWNLOADED = "downloaded"
GRADEBOOK = "gradebook.db"
ROSTER = "students.csv"  # who is in the class, and what the learning platform calls them
ODD_IN_NAMES = "*?[]{}+/\\"  # parts of patterns, of the exchange's names, of paths
FROZEN = "CHECKSUMS.sha256"  # of a course that course new-term has frozen
COMPUTED = object()  # stands for what nbgrader_config.py does not say as plain text
SPOOL = ".spool"  # results, so that nothing is graded twice


class CourseError(Exception):
    """Something the user can mend. The command line prints the message alone and ends with status 2."""


@dataclass(frozen=True)
class Folders:
    """How a course calls its folders: ours say solutions and notebooks, nbgrader's own words are source and release."""

    masters: str = MASTERS
    released: str = RELEASED
    submitted: str = SUBMITTED
    autograded: str = AUTOGRADED
    feedback: str = FEEDBACK


def folders(root: Path) -> Folders:
    """Return how a course calls its folders, read off nbgrader_config.py without running it.

    A course that takes the names from this package, or has no others and these folders, is one of ours.
    """

    def called(trait: str, ours: str, plain: str) -> str:
        if f"CourseDirectory.{trait}" not in said:
            return plain
        name = said[f"CourseDirectory.{trait}"]
        return name if isinstance(name, str) and name else ours

    said = config_says(root)
    ours = (root / MASTERS).is_dir() or not any((root / name).is_dir() for name in ("source", "release"))
    return Folders(
        called("source_directory", MASTERS, MASTERS if ours else "source"),
        called("release_directory", RELEASED, RELEASED if ours else "release"),
        called("submitted_directory", SUBMITTED, SUBMITTED),
        called("autograded_directory", AUTOGRADED, AUTOGRADED),
        called("feedback_directory", FEEDBACK, FEEDBACK),
    )


def config_says(root: Path) -> dict[str, Any]:
    """Return what nbgrader_config.py sets, by ``Class.trait``, without running it; `COMPUTED` for what it computes.

    A course's own file goes before those of the user and the machine, as with nbgrader.
    """
    said: dict[str, Any] = {}
    for folder in (*reversed(jupyter_config_path()), str(root)):
        path = Path(folder, CONFIG)
        with contextlib.suppress(OSError):
            found = path.stat()
            said |= _says(path, found.st_mtime_ns, found.st_size)
    return said


@lru_cache(maxsize=32)
def _says(path: Path, _changed: int, _size: int) -> dict[str, Any]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return {}
    said: dict[str, Any] = {}
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Attribute) and isinstance(node, ast.Assign):
            name = ".".join(ast.unparse(target).split(".")[-2:])
            try:
                said[name] = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError):
                said[name] = COMPUTED
    return said


def find_root(start: Path | None = None) -> Path:
    """Return the course root: the nearest folder, from ``start`` upwards, that holds nbgrader_config.py."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            names = folders(folder)
            if any((folder / name).is_dir() for name in (names.masters, names.released)):
                return folder
    raise CourseError(f"{start} is not inside the course: no folder from there upwards holds {CONFIG}.")


def writable_root(start: Path | None = None) -> Path:
    """Return the course root; a course that is frozen is refused, also for who might write there all the same."""
    root = find_root(start)
    if (root / FROZEN).exists():
        raise CourseError(f"{root} is frozen: its term is over. What it holds can be read; nothing in it is changed.")
    return root


def labs(root: Path) -> list[str]:
    """Return the names of the labs, in order: they have a master, or notebooks in the folder of the masters."""
    folder = root / folders(root).masters
    scripts = {path.stem for path in folder.glob("*/*.py") if path.stem == path.parent.name}
    return sorted(scripts | {path.parent.name for path in folder.glob("*/*.ipynb") if not path.name.startswith(".")})


def released_labs(root: Path) -> list[str]:
    """Return the names of the labs of which there is a release, in order."""
    found = (root / folders(root).released).glob("*/*.ipynb")
    return sorted({path.parent.name for path in found if not path.name.startswith(".")})


def find_labs(root: Path, wanted: list[str]) -> list[str]:
    """Return the labs that are meant by ``5``, ``05`` or ``05_conv_and_pooling``; all of them by nothing."""
    known = labs(root) or released_labs(root)
    if not known:
        where = root / folders(root).masters
        raise CourseError(f"There is no lab in {where}: a lab is a file such as 01_neurons/01_neurons.py.")
    found = [one_lab(name.rstrip("/"), known) for name in wanted] or known
    for name in found:
        if why := why_no_lab(name):
            raise CourseError(f"{name!a} cannot be the name of a lab: {why}. Rename its folder and its file.")
    return [name for name in known if name in found]


def why_no_lab(name: str) -> str:
    """Return why a text cannot be a lab's name, "" if it can: nbgrader looks for it with patterns and in addresses."""
    if odd := sorted(set(name) & set(ODD_IN_NAMES)):
        return f"nbgrader takes {' '.join(odd)} for something else"
    if not name.isprintable() or name != name.strip() or name.startswith("."):
        return "it has characters that cannot be seen, or begins with a dot"
    return ""


def one_lab(wanted: str, known: list[str]) -> str:
    """Return which of the known labs is meant by ``5``, ``05`` or ``05_conv_and_pooling``."""
    for name in known:
        number = name.split("_")[0]
        if wanted == name or (wanted.isdigit() and number.isdigit() and int(wanted) == int(number)):
            return name
    raise CourseError(f"There is no lab {wanted!r}. There are: {', '.join(known)}.")


def environment() -> dict[str, str]:
    """Return the environment for programs that are started: this Python's own folder comes first on PATH.

    nbgrader calls ``alembic``, and people call ``nbgrader``, by bare name.
    """
    own = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": own + os.pathsep + os.environ.get("PATH", os.defpath)}


def leave_out_a_grammar() -> None:
    """Keep jsonschema from compiling, for two seconds at each start, a grammar of international web addresses.

    No notebook's schema needs it; without it that one format is not checked.
    """
    modules: dict[str, Any] = sys.modules  # None says: there is no such module
    modules.setdefault("rfc3987_syntax", None)


def nbgrader(*arguments: str) -> list[str]:
    """Return the command that runs one of nbgrader's own with this Python."""
    start = "from course_utils import course; course.leave_out_a_grammar(); from nbgrader import __main__"
    return [sys.executable, "-c", start, *arguments]
