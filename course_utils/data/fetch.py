"""Fetching data sets, when a learner asks for it: checked, continued after an interruption, never half there."""

import os
from pathlib import Path

from course_utils.data.cifar10 import fetch_cifar10
from course_utils.data.fashion import fetch_fashion
from course_utils.fetching import data_folder

FETCHABLE = {"cifar10": fetch_cifar10, "fashion": fetch_fashion}


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
    return FETCHABLE[name](Path(folder) if folder else data_folder())
