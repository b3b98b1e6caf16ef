"""Fashion-MNIST: grey pictures of garments, 28×28. A part of it ships with the package; all of it can be fetched.

Source: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST, 2017, arXiv:1708.07747. © 2017 Zalando SE, MIT licence.
"""

import gzip
import os
import zlib
from pathlib import Path

import numpy as np

from course_utils import fetching, packaged
from course_utils.data.canvas import SIDE, PictureDice, clouds, to_bytes, two_colours
from course_utils.data.pictures import Pictures, Split, at_most, balanced
from course_utils.fetching import DataUnavailable, Remote

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SHIPPED = (6000, 1000)  # pictures of each part in the package
FULL = (60_000, 10_000)
STEMS = (("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"))
DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # of the package dataset-fashion-mnist
_AT = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
REMOTES = [
    Remote(f"{_AT}{STEMS[0][0]}.gz", "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
    Remote(f"{_AT}{STEMS[0][1]}.gz", "md5:25c81989df183df01b3e8a0aad5dffbe", 29_515),
    Remote(f"{_AT}{STEMS[1][0]}.gz", "md5:bef4ecab320f06d8554ea6380940ec79", 4_422_102),
    Remote(f"{_AT}{STEMS[1][1]}.gz", "md5:bb300cfdad3c16e7a12a480ee83cd310", 5_148),
]


def load_fashion(
    n_train: int = 6000, n_test: int = 1000, *, source: str = "auto", seed: int = 0, download: bool = False
) -> Split:
    """Load photographs of garments: ten classes, grey, real.

    Parameters
    ----------
    n_train, n_test
        How many pictures, the same number of each class (± 1). Up to 60,000 and 10,000.
    source
        ``"shipped"``: 6,000 and 1,000 that are in the package. ``"full"``: torchvision's files, or those of the
        Debian package dataset-fashion-mnist. ``"auto"``: shipped, unless more pictures are asked for; so a lesson
        sees the same ones everywhere.
    seed
        Which of the pictures, where not all are wanted.
    download
        Fetch the full set (31 MB) where it is not here. Without it, nothing is ever fetched.

    Returns
    -------
    Split
        ``train, test``, pictures ``(N, 28, 28, 1)``; white garments on black.

    Raises
    ------
    DataUnavailable
        If the full set is not here, or damaged, or cannot be fetched.
    ValueError
        If there is no such source, or it has fewer pictures.
    """
    if source not in ("auto", "shipped", "full"):
        raise ValueError(f"source must be 'auto', 'shipped' or 'full', not {source!r}")
    if source == "auto":
        source = "shipped" if n_train <= SHIPPED[0] and n_test <= SHIPPED[1] else "full"
    sizes = SHIPPED if source == "shipped" else FULL
    at_most("n_train", n_train, sizes[0], f"source={source!r}")
    at_most("n_test", n_test, sizes[1], f"source={source!r}")
    arrays = _read_shipped() if source == "shipped" else _read_full(download)
    caption = f"garments, Fashion-MNIST ({'the part in the package' if source == 'shipped' else 'the full set'})"
    return Split(
        *(
            _choose(Pictures(images[..., None], labels, CLASSES, "fashion", caption), number, seed)
            for (images, labels), number in zip(arrays, (n_train, n_test), strict=True)
        )
    )


def _choose(pictures: Pictures, number: int, seed: int) -> Pictures:
    if number == len(pictures):
        return pictures
    return pictures.at(balanced(pictures.labels, number, seed))


def _read_shipped() -> list[tuple[np.ndarray, np.ndarray]]:
    arrays = packaged.read("fashion")
    return [(arrays[f"{part}_images"], arrays[f"{part}_labels"].astype(np.int64)) for part in ("train", "test")]


def full_folders() -> list[Path]:
    """Return where the full set is looked for: torchvision's folders, then Debian's."""
    return [folder / "FashionMNIST" / "raw" for folder in fetching.data_folders()] + [DEBIAN]


def find_full() -> Path | None:
    """Return the first folder that holds all four files of the full set, packed or not."""
    for folder in full_folders():
        if all(_file(folder, stem) for pair in STEMS for stem in pair):
            return folder
    return None


def _file(folder: Path, stem: str) -> Path | None:
    """Return the file of that name in ``folder``, packed or not; None if there is neither."""
    for name in (f"{stem}.gz", stem):
        if os.path.isfile(folder / name):
            return folder / name
    return None


def fetch_fashion(folder: Path) -> Path:
    """Fetch the full set into a folder and return where it then lies; see :func:`course_utils.data.fetch`."""
    place = folder / "FashionMNIST" / "raw"
    for remote in REMOTES:
        fetching.fetch_with_bar(remote, place)
    return place


def _read_full(download: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    folder = find_full()
    if folder is None and download:
        folder = fetch_fashion(fetching.data_folder())
    if folder is None:
        raise DataUnavailable(
            f"The full Fashion-MNIST is in none of {', '.join(map(str, full_folders()))}: run `course data fetch "
            f"fashion` once with a network, or take load_fashion(source='shipped'), which is in the package."
        )
    return read_folder(folder)


def read_folder(folder: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read the four files of Fashion-MNIST: ``(images (N, 28, 28), labels (N,))`` of training and test part."""
    parts = []
    for number, (images, labels) in zip(FULL, STEMS, strict=True):
        x, y = read_idx(_file(folder, images)), read_idx(_file(folder, labels))
        if x.shape != (number, 28, 28) or y.shape != (number,):
            raise DataUnavailable(
                f"The files {images} and {labels} in {folder} hold arrays of the shapes {x.shape} and {y.shape}, not "
                f"({number}, 28, 28) and ({number},): delete them and run `course data fetch fashion`."
            )
        parts.append((x, y.astype(np.int64)))
    return parts


def read_idx(path: Path) -> np.ndarray:
    """Read an array of bytes from a file in the format of MNIST (``.gz`` or not).

    Raises
    ------
    DataUnavailable
        If the file is damaged, with its name.

    Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database: two zero bytes, the type (8: bytes), the number of
    axes, their lengths in four bytes each (highest first), then the values.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            content = file.read()
        if content[:3] != b"\0\0\x08":
            raise ValueError("it does not begin as such a file does")
        shape = np.frombuffer(content, ">u4", count=content[3], offset=4).astype(int)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)
    except (OSError, EOFError, ValueError, IndexError, zlib.error) as error:
        raise DataUnavailable(f"{path} is damaged ({error}): delete it and run `course data fetch fashion`.") from error


def load_fashion_colour(n_train: int = 6000, n_test: int = 1000, *, seed: int = 0) -> Split:
    """Lay the shipped garments on soft grounds, in colours by chance, moved by up to 2 pixels: 32×32, in colour.

    Parameters
    ----------
    n_train, n_test
        How many pictures, up to 6,000 and 1,000.
    seed
        Which colours and places. The same seed gives the same pictures, to the last bit, on every machine.

    Returns
    -------
    Split
        ``train, test``, pictures ``(N, 32, 32, 3)``.
    """
    caption = "real garments (Fashion-MNIST) in colours by chance"
    parts = load_fashion(n_train, n_test, source="shipped", seed=seed)
    coloured = [colourise(each.images[..., 0], (seed, part)) for part, each in enumerate(parts)]
    return Split(
        *(
            Pictures(images, grey.labels, CLASSES, "fashion_colour", caption)
            for images, grey in zip(coloured, parts, strict=True)
        )
    )


def colourise(garments: np.ndarray, seed: tuple[int, ...]) -> np.ndarray:
    """Turn grey garments ``(N, 28, 28)`` into pictures ``(N, 32, 32, 3)``, uint8."""
    pieces = [
        _colour_some(garments[start : start + 500], PictureDice(len(garments[start : start + 500]), *seed, chunk))
        for chunk, start in enumerate(range(0, len(garments), 500))
    ]
    return np.concatenate(pieces)


def _colour_some(garments: np.ndarray, dice: PictureDice) -> np.ndarray:
    moved = np.zeros((len(garments), SIDE, SIDE), np.float32)
    places = dice.chance.integers(0, SIDE - 28 + 1, size=(len(garments), 2))
    for row, column in np.ndindex(SIDE - 28 + 1, SIDE - 28 + 1):
        here = (places == (row, column)).all(axis=1)
        moved[here, row : row + 28, column : column + 28] = garments[here] * np.float32(1 / 255)
    background, colour = two_colours(dice, contrast=0.35)
    cover = np.minimum(4 * moved, 1)
    cloth = colour * (np.float32(0.4) + np.float32(0.6) * moved)
    picture = background + clouds(dice) * np.float32(0.11)
    picture += cover * (cloth - picture)
    return to_bytes(picture, dice, noise=0.05)
