"""The folder of a box that has no file system of its own: made on entering, measured, and removed.

A student's code can leave anything in it: folders that may not be opened, or a million folders each in the other.
Removing therefore never goes deeper than two steps: what lies deeper is first moved up.
"""

import contextlib
import os
import tempfile
from pathlib import Path

PREFIX = "course-box-"
given: Path | None = None  # set by the cage that this process joined
MOST_ENTRIES = 20_000


def make(owner: int | None = None) -> Path:
    """Make the folder, with ``box`` and ``tmp`` in it; return it."""
    if given:
        given.mkdir(mode=0o711)
    folder = given or Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    folder.chmod(0o711)
    for name in ("box", "tmp"):
        (folder / name).mkdir(mode=0o700)
        if owner is not None:
            os.chown(folder / name, owner, owner)
    return folder


def size(folder: Path) -> int:
    """Return how many bytes a folder takes on the disk; without end if it holds very many files."""
    total, entries, todo = 0, 0, [folder]
    while todo:
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as found:
            for entry in found:
                entries += 1
                if entries > MOST_ENTRIES:
                    return 1 << 62
                with contextlib.suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(Path(entry.path))
    return total


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as this user may. Nobody may be writing to it any more."""
    number = 0
    while _is_folder(folder) and number < 10_000_000:
        inner = _empty(folder)
        if not inner:
            with contextlib.suppress(OSError):
                folder.rmdir()
            return
        for below in inner:
            for deeper in _empty(below):
                number += 1
                with contextlib.suppress(OSError):
                    deeper.rename(folder / f"{PREFIX}{number}")
            try:
                below.rmdir()
            except OSError:
                return


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _empty(folder: Path) -> list[Path]:
    """Remove all files and links of a folder; return the folders in it."""
    inner = []
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                inner.append(Path(entry.path))
            else:
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)
    return inner
