"""A digest of this package's own code: what grades kept results by, and what workers must have in common.

Versions do not tell: a course corrects a check and goes on under the same number. So results are kept under the text
of everything that can change one, and a process that grades with another text is refused before it does.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from course_utils.course import CONFIG

PACKAGE = Path(__file__).resolve().parents[1]
DATA = "packaged"  # pictures and weights: lessons and checks read them
# What no lesson, no check and no process that grades imports: it hands work out, or shows what came of it.
BESIDE = {"__main__", "cli", "demo", "doctor", "launch", "masters", "overview", "packing", "proof"}
BESIDE |= {"challenge", "deadlines", "due_dates", "release", "site", "term"}
BESIDE_GRADING = {"autograde", "cluster", "driver", "export", "feedback", "graded_notebook", "gradebook", "hooks"}
BESIDE_GRADING |= {"lateness"}
BESIDE_GRADING |= {"pages", "reading", "results", "sample", "screen", "spool", "unreleased"}
BESIDE_GRADING |= {"workers", "worth", "writer"}


@cache
def digest() -> str:
    """Return a digest of all that can change what comes of a submission: modules by their text, and shipped data."""
    return digest_of(PACKAGE, (name for name in _names(PACKAGE) if not _is_beside(name)))


def digest_of_pages(root: Path) -> str:
    """Return a digest of what makes a course's feedback pages: the grader's modules, and nbgrader's settings."""
    names = [name for name in _names(PACKAGE) if name.startswith("grading/")]
    return digest_of(PACKAGE, names) + digest_of(root, [CONFIG])


def digest_of(folder: Path, names: Iterable[str]) -> str:
    """Return a digest of files below a folder, in the order of their names, whatever ends their lines."""
    found = hashlib.sha256()
    for name in sorted(names):
        content = (folder / name).read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{name}\n{len(content)}\n".encode() + content)
    return found.hexdigest()


def _names(package: Path) -> list[str]:
    """Return what counts of a package: its modules, and the data that it ships."""
    found = [*package.rglob("*.py"), *(path for path in (package / DATA).rglob("*") if path.suffix != ".pyc")]
    return sorted({path.relative_to(package).as_posix() for path in found if path.is_file()})


def _is_beside(name: str) -> bool:
    first, *rest = name.removesuffix(".py").split("/")
    return first in BESIDE or (first == "grading" and rest[0] in BESIDE_GRADING)
