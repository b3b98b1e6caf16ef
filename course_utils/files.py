"""Writing files so that nobody ever sees half of one: aside, under a name that ends in ``.part``, and then renamed."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

LONG_NAME = 200  # bytes: file systems know names of up to 255


@contextlib.contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a name beside ``path`` for a file that gets its own name at the end of the ``with``, or goes in an error."""
    part = path.with_name(_aside_of(path.name))
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _aside_of(name: str) -> str:
    """Return the name of the file aside; a long name is replaced by its digest, for there is no room for more."""
    short = name if len(os.fsencode(name)) <= LONG_NAME else hashlib.sha256(os.fsencode(name)).hexdigest()
    return f".{short}.{os.getpid()}.part"


def write(path: Path, content: str | bytes, *, durably: bool = False, mode: int | None = None) -> None:
    """Write a file so that it is there as a whole or not at all.

    Parameters
    ----------
    path
        Folders above it are made.
    content
        Text is written in UTF-8.
    durably
        Also after a power cut.
    mode
        The file's permissions, if not the usual ones.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with aside(path) as part:
        with part.open("wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            if durably:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            part.chmod(mode)
    if durably:
        _bring_to_the_disk(path.parent)


def _bring_to_the_disk(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where a folder can be opened."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
