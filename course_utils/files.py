"""Writing files so that nobody ever sees half of one: aside, under a name that ends in ``.part``, and then renamed."""

import contextlib
import csv
import errno
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

UNWRITABLE = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk space that you may use is used up",
    errno.EROFS: "it lies on a disk that can only be read",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.EEXIST: "a file stands where a folder is wanted",
    errno.ENOTDIR: "a file stands where a folder is wanted",
}
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")
LONG_NAME = 200  # bytes: file systems know names of up to 255


@contextlib.contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a name beside ``path`` for a file that gets its own name at the end of the ``with``, or goes in an error.

    An error of the disk names ``path``: a write that finds it full names nothing by itself.
    """
    part = path.with_name(_aside_of(path.name))
    try:
        yield part
        part.replace(path)
    except OSError as error:
        if error.filename is None or os.fsdecode(error.filename) == str(part):
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


def _aside_of(name: str) -> str:
    """Return the name of the file aside; a long name is replaced by its digest, for there is no room for more."""
    short = name if len(os.fsencode(name)) <= LONG_NAME else hashlib.sha256(os.fsencode(name)).hexdigest()
    return f".{short}.{os.getpid()}.part"


def why_unwritable(error: BaseException) -> str:
    """Return a sentence about an error that would meet every other file, too; "" for any other error."""
    if not isinstance(error, OSError) or error.errno not in UNWRITABLE:
        return ""
    name = error.filename2 or error.filename  # of a copy or a renaming the second is the one that is written
    where = os.fsdecode(name) if isinstance(name, (str, bytes)) else "A file"
    again = "Nothing is lost and nothing is half written: mend that, then run the command again."
    return f"{where} cannot be written: {UNWRITABLE[error.errno]}. {again}"


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


def csv_cell(value: object) -> object:
    """Return what may stand in a cell of a CSV file: before a text that a spreadsheet would run goes an apostrophe."""
    if not isinstance(value, str):
        return value
    kept = f"'{value}" if value.startswith(RUN_BY_SPREADSHEETS) else value
    return kept.replace("\r", " ")  # the csv module would not put it in quotes


def from_csv_cell(text: str) -> str:
    """Return what :func:`csv_cell` was given, without the apostrophe before what a spreadsheet would run."""
    return text[1:] if text.startswith("'") and text[1:].startswith(RUN_BY_SPREADSHEETS) else text


def as_csv(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV in which a spreadsheet runs nothing; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([csv_cell("" if cell is None else cell) for cell in row] for row in rows)
    return out.getvalue()
