"""Files that are too large to ship: where they are kept, how they are fetched, and how a damaged one is found.

Nothing here is reached unless a learner asks for a download, in the terminal or with ``download=True``. A file is
written beside its place, under a name that ends in ``.part``, compared with its checksum, and renamed only then: what
stands at its place is whole.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course_utils.runtime import progress_bar

SECONDS = 30.0  # without a byte from the other end
BLOCK = 1 << 18  # bytes read at once


class DataUnavailable(RuntimeError):
    """Data or weights that cannot be had here. A notebook shows the message alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclass(frozen=True)
class Remote:
    """A file on the internet: its address, its checksum (``"sha256:…"`` or ``"md5:…"``) and its size in bytes."""

    url: str
    checksum: str
    size: int

    @property
    def name(self) -> str:
        """The file's own name, the last part of its address."""
        return self.url.rsplit("/", 1)[1]


def is_offline() -> bool:
    """Tell whether the environment variable COURSE_OFFLINE forbids every use of the network."""
    return os.environ.get("COURSE_OFFLINE", "").lower() not in ("", "0", "false")


def data_folder() -> Path:
    """Return the folder for data sets: COURSE_DATA where that is set, else one in the user's cache."""
    chosen = os.environ.get("COURSE_DATA")
    return Path(os.path.expanduser(chosen)) if chosen else cache_folder() / "neural-network-labs"


def cache_folder() -> Path:
    """Return the user's folder for caches. It need not exist, nor need there be a home (in a sandbox there is none)."""
    return Path(os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache"))


def data_folders() -> list[Path]:
    """Return where data sets are looked for, in this order.

    The folder of COURSE_DATA, the one in the user's cache, and ``data`` in the working folder, which PyTorch's own
    tutorials use.
    """
    return list(dict.fromkeys([data_folder(), cache_folder() / "neural-network-labs", Path("data")]))


def is_whole(path: str | os.PathLike, checksum: str) -> bool:
    """Tell whether a file can be read and has the checksum, ``"sha256:…"`` or ``"md5:…"``.

    In some sandboxes a file is seen and cannot be read: it is then passed over like a damaged one.
    """
    kind, _, wanted = checksum.partition(":")
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest() == wanted
    except OSError:
        return False


def refuse_offline(what: str, otherwise: str) -> None:
    """Stop before any use of the network where COURSE_OFFLINE is set.

    Raises
    ------
    DataUnavailable
        Saying that ``what`` was not fetched, and what to do: ``otherwise``.
    """
    if is_offline():
        raise DataUnavailable(
            f"{what} was not fetched, because COURSE_OFFLINE forbids every use of the network: "
            f"unset it, or {otherwise}."
        )


def fetch_file(remote: Remote, folder: str | os.PathLike, *, watch: Callable[[int, int], None] | None = None) -> Path:
    """Fetch a file into ``folder``, unless it is there already and whole. What an earlier attempt got is kept.

    Parameters
    ----------
    remote
        What to fetch.
    folder
        Made where it is missing.
    watch
        Called with the number of bytes that are there, and with all that there will be, after each block.

    Returns
    -------
    Path
        The file, whole.

    Raises
    ------
    DataUnavailable
        If the network is forbidden or does not answer, the transfer breaks off, or the checksum is another one.
    """
    path = Path(folder) / remote.name
    if os.path.isfile(path) and is_whole(path, remote.checksum):
        return path
    refuse_offline(remote.name, f"put a copy of it into {path.parent} and try again")
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _transfer(remote, part, watch or (lambda done, total: None))
    except OSError as error:
        raise DataUnavailable(
            f"{remote.name} could not be fetched from {remote.url} into {path.parent} ({_reason(error)}): "
            f"run the same command again when that is mended; what has arrived is kept."
        ) from error
    if not is_whole(part, remote.checksum):
        part.unlink()
        raise DataUnavailable(
            f"What came from {remote.url} is not the file wanted (its checksum is another one) and was thrown away: "
            f"try again, and if it happens twice, from another network."
        )
    part.replace(path)
    return path


def fetch_with_bar(remote: Remote, folder: str | os.PathLike) -> Path:
    """Fetch a file as :func:`fetch_file` does, and show how far it has come."""
    with progress_bar(remote.name, remote.size / 1e6, unit="MB") as advance:
        return fetch_file(remote, folder, watch=lambda done, total: advance(done / 1e6))


def _transfer(remote: Remote, part: Path, watch: Callable[[int, int], None]) -> None:
    """Append to ``part`` what is missing of it; begin anew where the server cannot continue."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    done = part.stat().st_size if part.exists() else 0
    if done >= remote.size:
        part.unlink()
        done = 0
    request = Request(remote.url, headers={"User-Agent": "course-utils"})
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        answer = urlopen(request, timeout=SECONDS)
    except HTTPError as error:
        if error.code == 416:  # the server has no such range: the part is none of this file
            part.unlink()
        raise
    with answer:
        continues = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {done}-")
        done = done if continues else 0
        with open(part, "ab" if continues else "wb") as file:
            try:
                while block := answer.read(BLOCK):
                    file.write(block)
                    done += len(block)
                    watch(done, remote.size)
            except HTTPException as error:  # fewer bytes than were announced
                raise ConnectionError(f"the transfer broke off after {done:,} bytes") from error
    if done < remote.size:
        raise ConnectionError(f"the transfer broke off after {done:,} of {remote.size:,} bytes")


def _reason(error: OSError) -> str:
    """Say in a few words why something could not be fetched."""
    answered = hasattr(error, "code")  # an HTTPError; its reason alone lacks the number
    return str(error if answered else getattr(error, "reason", error)) or type(error).__name__
