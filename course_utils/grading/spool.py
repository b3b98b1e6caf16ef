"""Results on the disk, so that nothing is graded twice: ``.spool/<lab>/<student>/<key>.msgpack``.

A result is kept under the digest of all it depends on: the submission, the lab, limits, seed, libraries and our own
code. What changes any of these changes the key, and the submission is graded anew; what does not is never graded again.
A file is written aside, brought to the disk and renamed, and carries a digest of itself: half a file counts as none.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from course_utils import files
from course_utils.course import SPOOL, CourseError
from course_utils.grading.job import Graded

MAGIC = b"graded 1\n"
LOCK = ".lock"  # no student is called so: names that begin with a dot are left out
DIGEST = 32  # bytes


class Spool:
    """The results of one lab.

    Parameters
    ----------
    root
        The course.
    lab
        Name of the lab.
    notebook
        Name of the notebook, where it is not the lab's.
    """

    def __init__(self, root: Path, lab: str, notebook: str = "") -> None:
        self.folder = root / SPOOL / (f"{lab}@{notebook}" if notebook else lab)

    def find(self, student: str, key: str) -> Graded | None:
        """Return the result that is kept under a key, None if there is no whole one."""
        try:
            return unseal((self.folder / student / f"{key}.msgpack").read_bytes())
        except (OSError, ValueError):
            return None

    def keep(self, graded: Graded, *, anew: bool = False) -> list[str]:
        """Keep a result; return in what it differs from the one that was there.

        Parameters
        ----------
        graded
            The result. Results of the same student under other keys go, once this one is there.
        anew
            Let this result take the place of a different one. Otherwise the first one stays.
        """
        before = self.find(graded.student, graded.key)
        if before is not None and (before.limits != graded.limits or before.was_interrupted):
            before = None  # of another time: what it met as a limit, or was ended by, may not be there any more
        if before is not None:
            differing = differences(before, graded)
            if not anew or not differing:
                return differing
        files.write(self.folder / graded.student / f"{graded.key}.msgpack", seal(graded), durably=True)
        self.forget_others(graded.student, graded.key)
        return differences(before, graded) if before is not None else []

    def forget_others(self, student: str, key: str) -> None:
        """Remove a student's results under other keys, and what a kill has left half written."""
        folder = self.folder / student
        for other in folder.iterdir():
            if other.name != f"{key}.msgpack" and (other.suffix == ".msgpack" or other.name.endswith(".part")):
                other.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else grade this lab meanwhile. The lock goes with the process, however that ends.

        Raises
        ------
        CourseError
            If somebody does.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        _remove_file(self.folder / "lock")  # of an earlier version; it would be in the way of a student of that name
        with (self.folder / LOCK).open("ab") as file:
            if not _lock(file.fileno()):
                raise CourseError(f"{self.folder.name} is being graded by another process. Wait for it, or stop it.")
            yield


def _remove_file(path: Path) -> None:
    with contextlib.suppress(OSError):  # there is none, or it is a student's folder
        path.unlink()


def seal(graded: Graded) -> bytes:
    """Return a result as the contents of a file that knows whether it is whole."""
    packed = graded.pack()
    return MAGIC + hashlib.sha256(packed).digest() + packed


def unseal(content: bytes) -> Graded:
    """Return the result in a file's contents.

    Raises
    ------
    ValueError
        If they are not whole, or nothing of ours.
    """
    digest, packed = content[len(MAGIC) : len(MAGIC) + DIGEST], content[len(MAGIC) + DIGEST :]
    if not content.startswith(MAGIC) or hashlib.sha256(packed).digest() != digest:
        raise ValueError("this is not a whole result")
    try:
        return Graded.unpack(packed)
    except Exception as error:  # whole, but of another version of this package
        raise ValueError(f"this is not a result: {error}") from error


def differences(one: Graded, other: Graded) -> list[str]:
    """Return in which fields two results differ, such as ``checks.sizes-check.points: 1.0, 2.0``."""
    found = []
    for field in fields(Graded):
        found += _differing(field.name, getattr(one, field.name), getattr(other, field.name))
    return found


def _differing(name: str, one: Any, other: Any) -> list[str]:
    if one == other:
        return []
    if hasattr(one, "__dataclass_fields__") and type(one) is type(other):
        one, other = vars(one), vars(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return [line for key in (one | other) for line in _differing(f"{name}.{key}", one.get(key), other.get(key))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [line for number, pair in pairs for line in _differing(f"{name}[{number}]", *pair)]
    return [f"{name}: {repr(one)[:60]}, {repr(other)[:60]}"]


def _lock(handle: int) -> bool:
    """Lock an open file for this process alone; tell whether that went."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
