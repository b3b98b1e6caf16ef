"""Fetching data sets, when a learner asks for it: checked, continued after an interruption, never half there."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from course_utils import fetching, runtime
from course_utils.data import cifar10, fashion

FETCHABLE = ("cifar10", "fashion")


def fetch(name: str, folder: str | os.PathLike | None = None) -> Path:
    """Fetch a data set as torchvision would lay it out, with a progress bar.

    Parameters
    ----------
    name
        ``"cifar10"`` (170 MB) or ``"fashion"`` (31 MB).
    folder
        Where to; `course_utils.fetching.data_folder` if left out.

    Returns
    -------
    Path
        The folder that holds the files.

    Raises
    ------
    DataUnavailable
        If COURSE_OFFLINE forbids it, the transfer breaks off, or what comes is another file.
    ValueError
        If there is no such data set.
    """
    if name not in FETCHABLE:
        raise ValueError(f"there are the data sets {', '.join(FETCHABLE)} to fetch, not {name!r}")
    folder = Path(folder) if folder else fetching.data_folder()
    return _fetch_cifar10(folder) if name == "cifar10" else _fetch_fashion(folder)


def _fetch_fashion(folder: Path) -> Path:
    folder = folder / "FashionMNIST" / "raw"
    for remote in fashion.REMOTES:
        fetch_with_bar(remote, folder)
    return folder


def _fetch_cifar10(folder: Path) -> Path:
    archive = fetch_with_bar(cifar10.REMOTE, folder)
    place = folder / cifar10.FOLDER
    if not place.exists():
        _unpack(archive, place)
    cifar10.see_that_it_is_whole(folder)
    archive.unlink()
    return place


def _unpack(archive: Path, place: Path) -> None:
    """Unpack one folder of an archive beside its place, then give it its name."""
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(aside, filter="data")
        (aside / place.name).rename(place)
    except (OSError, tarfile.TarError) as error:
        raise fetching.DataUnavailable(f"{archive} could not be unpacked into {place.parent} ({error}).") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def fetch_with_bar(remote: fetching.Remote, folder: Path) -> Path:
    """Fetch one file and show how far it has come."""
    with runtime.progress_bar(remote.name, remote.size / 1e6, unit="MB") as advance:
        return fetching.fetch_file(remote, folder, watch=lambda done, total: advance(done / 1e6))
