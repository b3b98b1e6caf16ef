"""Freezing a course: checksums of every file, in the form that ``sha256sum --check`` reads; nothing may be written.

A frozen course is a folder or its archive; :func:`verify` compares either with the list in it.
"""

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_utils import files
from course_utils.course import FROZEN, CourseError

LEFT_OUT = {".git", ".venv", "venv", "__pycache__", ".ipynb_checkpoints"}
BLOCK = 1 << 20


@dataclass
class Verified:
    """What came of comparing a frozen course with its checksums: names of files."""

    right: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether everything is as it was."""
        return not (self.changed or self.missing or self.added)


def _paths(root: Path) -> Iterator[Path]:
    """Yield the regular files of a course; links are not followed."""
    for here, names, found in os.walk(root):
        names[:] = sorted(name for name in names if name not in LEFT_OUT and not _is_cache(name))
        for name in sorted(found):
            path = Path(here, name)
            if name != FROZEN and not name.endswith(".part") and stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def _is_cache(name: str) -> bool:
    return name.startswith(".") and name.endswith("_cache")


def checksums(root: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a course, by its path in it."""
    found = {}
    for path in _paths(root):
        with path.open("rb") as file:
            found[path.relative_to(root).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def as_text(sums: Mapping[str, str]) -> str:
    """Return checksums as ``sha256sum`` writes them."""
    return "".join(_line(name, digest) for name, digest in sorted(sums.items()))


def _line(name: str, digest: str) -> str:
    """Return a line; a name with a line break or a backslash is written as sha256sum does it."""
    odd = "\\" in name or "\n" in name
    return f"{chr(92) if odd else ''}{digest}  {name.replace(chr(92), chr(92) * 2).replace(chr(10), chr(92) + 'n')}\n"


def read_sums(text: str) -> dict[str, str]:
    """Return what :func:`as_text` was given.

    Raises
    ------
    CourseError
        If a line is none.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        digest, two, name = line.removeprefix("\\").partition("  ")
        if not two or len(digest) != 64 or not name:
            raise CourseError(f"{FROZEN}, line {number} is no checksum.")
        if line.startswith("\\"):
            name = name.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
        found[name] = digest
    return found


def write_archive(root: Path, sums: Mapping[str, str], archive: Path) -> None:
    """Write all files that have a checksum, and the list of these, into a ZIP."""
    with files.aside(archive) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as out:
        out.writestr(f"{root.name}/{FROZEN}", as_text(sums))
        for name in sums:
            out.write(root / name, f"{root.name}/{name}")


def freeze(root: Path, sums: Mapping[str, str]) -> None:
    """Write the list of checksums, and take away the permission to write, the folders' last."""
    files.write(root / FROZEN, as_text(sums), durably=True)
    for name in (*sums, FROZEN):
        _take_away(root / name)
    above = {path for name in sums for path in (root / name).parents if path == root or root in path.parents}
    for folder in sorted(above | {root}, key=lambda path: len(path.parts), reverse=True):
        _take_away(folder)


def _take_away(path: Path) -> None:
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def verify(path: Path) -> Verified:
    """Compare a frozen course, its folder or its archive, with its checksums.

    Raises
    ------
    CourseError
        If it is none.
    """
    if path.is_dir():
        if not (path / FROZEN).is_file():
            raise CourseError(f"{path} is not frozen: it has no file {FROZEN}.")
        return _compare(read_sums((path / FROZEN).read_text(encoding="utf-8")), checksums(path))
    try:
        with zipfile.ZipFile(path) as opened:
            names = [one.filename for one in opened.infolist() if not one.is_dir()]
            top = next((name.partition("/")[0] for name in names if name.partition("/")[2] == FROZEN), None)
            if top is None:
                raise CourseError(f"{path} is no archive of a course: it has no file {FROZEN}.")
            wanted = read_sums(opened.read(f"{top}/{FROZEN}").decode())
            there = {name.removeprefix(f"{top}/"): _digest(opened, name) for name in names}
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read: {error}") from None
    there.pop(FROZEN)
    return _compare(wanted, there)


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except zipfile.BadZipFile:  # its own sum does not fit
        return "damaged"
    return digest.hexdigest()


def _compare(wanted: Mapping[str, str], there: Mapping[str, str]) -> Verified:
    return Verified(
        sum(there.get(name) == digest for name, digest in wanted.items()),
        [name for name in wanted if name in there and there[name] != wanted[name]],
        [name for name in wanted if name not in there],
        [name for name in there if name not in wanted],
    )


def lines_of(path: Path, found: Verified) -> list[str]:
    """Return what is not as it was, a line each, and a sum."""
    lines = [
        f"{word:<10} {ascii(name)[1:-1]}" for word in ("changed", "missing", "added") for name in getattr(found, word)
    ]
    verdict = "everything is as it was frozen" if found.well else "NOT as it was frozen"
    return [*lines, f"{path}: {verdict}; {found.right} files have their checksum"]
