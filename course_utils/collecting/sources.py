"""The files of a folder or of a ZIP archive: listed first, read when they are wanted, never unpacked to the disk."""

import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath

from course_utils.course import CourseError
from course_utils.grading.reading import read_regular

LARGEST = 100_000_000  # bytes of one file
MOST = 100_000  # files
LEFT_BY_SYSTEMS = {"__MACOSX", "__pycache__"}  # and everything that begins with a dot


@dataclass(frozen=True)
class File:
    """A file that was handed in.

    Parameters
    ----------
    path
        From the top of the folder or the archive.
    modified
        When it was last changed, as far as is known; only for comparison with others of the same source.
    read
        Returns its bytes, None if they cannot be had.
    """

    path: PurePosixPath
    modified: datetime
    read: Callable[[], bytes | None]

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.name


def files_in(source: Path) -> list[File]:
    """Return the files of a folder or a ZIP archive, in order.

    Raises
    ------
    CourseError
        If it is neither, or damaged, or has too many files.
    """
    if source.exists() and not (source.is_dir() or source.is_file()):
        raise CourseError(f"{source} is neither a folder nor a file.")  # of a pipe nothing may ever come
    try:
        found = sorted(_walk(source) if source.is_dir() else _archive(source), key=lambda file: file.path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as error:
        raise CourseError(f"{source} is no whole ZIP archive: {error}") from None
    except OSError as error:
        raise CourseError(f"{error.filename or source} cannot be read: {error.strerror or error}") from None
    if len(found) > MOST:
        raise CourseError(f"{source} has more than {MOST} files.")
    return found


def _walk(folder: Path) -> Iterator[File]:
    for here, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not _is_systems(name)]
        for name in names:
            path = Path(here, name)
            about = os.lstat(path)
            if not _is_systems(name) and stat.S_ISREG(about.st_mode):
                relative = PurePosixPath(path.relative_to(folder).as_posix())
                when = datetime.fromtimestamp(int(about.st_mtime))
                yield File(relative, when, partial(read_regular, path, LARGEST))


def _refuse(error: OSError) -> None:
    """Leave no folder out because it cannot be read: somebody's work may lie in it."""
    raise error


def _archive(path: Path) -> Iterator[File]:
    """Yield the files of an archive. Names that lead out of it lead nowhere: nothing is unpacked by name."""
    with zipfile.ZipFile(path) as archive:
        listed = archive.infolist()
    for info in listed:
        inside = PurePosixPath(info.filename.replace("\\", "/"))
        if info.is_dir() or ".." in inside.parts or inside.is_absolute() or any(map(_is_systems, inside.parts)):
            continue
        yield File(inside, _date_of(info), partial(_read, path, info))


def _date_of(info: zipfile.ZipInfo) -> datetime:
    try:
        return datetime(*info.date_time)
    except ValueError:
        return datetime(1980, 1, 1)


def _read(path: Path, info: zipfile.ZipInfo) -> bytes | None:
    if info.file_size > LARGEST:
        return None
    try:
        with zipfile.ZipFile(path) as archive, archive.open(info) as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError):
        return None  # damaged, or with a password
    except Exception:  # zlib.error and its like
        return None
    return content if len(content) <= LARGEST else None


def _is_systems(name: str) -> bool:
    return name.startswith(".") or name in LEFT_BY_SYSTEMS
