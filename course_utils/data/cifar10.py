"""CIFAR-10: small colour photographs of ten classes, read by torchvision where a copy is here.

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. It states no licence, so no
copy of it ships with this package.
"""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from course_utils import fetching
from course_utils.data.pictures import Pictures, Split, at_most, balanced
from course_utils.fetching import DataUnavailable, Remote

FOLDER = "cifar-10-batches-py"
SIZES = (50_000, 10_000)
CAPTION = "photographs, CIFAR-10"
REMOTE = Remote(
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    170_498_071,
)


def find_cifar10() -> Path | None:
    """Return the first folder that torchvision could read CIFAR-10 from, None if there is none."""
    return next((folder for folder in fetching.data_folders() if os.path.isdir(folder / FOLDER)), None)


def fetch_cifar10(folder: Path) -> Path:
    """Fetch CIFAR-10 into a folder and return where it then lies; see :func:`course_utils.data.fetch`."""
    archive = fetching.fetch_with_bar(REMOTE, folder)
    place = folder / FOLDER
    if not place.exists():
        _unpack(archive, place)
    see_that_it_is_whole(folder)
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
        raise DataUnavailable(f"{archive} could not be unpacked into {place.parent} ({error}).") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def load_cifar10(n_train: int, n_test: int, *, seed: int = 0, download: bool = False) -> Split:
    """Load photographs of CIFAR-10: pictures ``(N, 32, 32, 3)``, the same number of each class (± 1).

    Raises
    ------
    DataUnavailable
        If no copy is here, or it is damaged, or cannot be fetched.
    """
    at_most("n_train", n_train, SIZES[0], "CIFAR-10")
    at_most("n_test", n_test, SIZES[1], "CIFAR-10")
    root = find_cifar10()
    if root is None and download:
        root = fetch_cifar10(fetching.data_folder()).parent
    if root is None:
        places = ", ".join(str(folder / FOLDER) for folder in fetching.data_folders())
        raise DataUnavailable(
            f"CIFAR-10 is in none of {places}: run `course data fetch cifar10` once with a network (170 MB), or take "
            f"load_colour(source='shapes'), which needs none."
        )
    return _read(root, (n_train, n_test), seed)


def _read(root: Path, numbers: tuple[int, int], seed: int) -> Split:
    from torchvision.datasets import CIFAR10

    see_that_it_is_whole(root)
    parts = []
    for train, number in zip((True, False), numbers, strict=True):
        read = CIFAR10(root, train=train)
        labels = np.array(read.targets, np.int64)
        places = balanced(labels, number, seed)
        parts.append(Pictures(read.data[places], labels[places], tuple(read.classes), "cifar10", CAPTION))
    return Split(*parts)


def see_that_it_is_whole(root: Path) -> None:
    """Compare every file with the checksum that torchvision knows, before any of them is unpacked.

    Raises
    ------
    DataUnavailable
        If a file is missing or damaged, with its name.
    """
    from torchvision.datasets import CIFAR10

    known = [*CIFAR10.train_list, *CIFAR10.test_list, (CIFAR10.meta["filename"], CIFAR10.meta["md5"])]
    for name, md5 in known:
        path = root / FOLDER / name
        if not os.path.isfile(path):
            state = "is missing"
        elif not fetching.is_whole(path, f"md5:{md5}"):
            state = "is damaged (its checksum is another one) or cannot be read"
        else:
            continue
        raise DataUnavailable(
            f"{path} {state}: delete the folder {root / FOLDER} and run `course data fetch cifar10`, or take "
            f"load_colour(source='shapes')."
        )
