"""Photographs: those that ship with installed packages, and the learner's own."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from course_utils.data.pictures import Pictures, at_least
from course_utils.fetching import DataUnavailable

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")


@dataclass(frozen=True)
class Photo:
    """A photograph in an installed package, and whom to thank for it."""

    package: str
    path: str
    credit: str


PHOTOS = {
    "cat": Photo("skimage", "data/chelsea.png", "S. van der Walt, CC0"),
    "coffee": Photo("skimage", "data/coffee.png", "R. Michetti, CC0"),
    "motorcycle": Photo("skimage", "data/motorcycle_left.png", "D. Scharstein and others, Middlebury 2014"),
    "rocket": Photo("skimage", "data/rocket.jpg", "SpaceX, public domain"),
    "astronaut": Photo("skimage", "data/astronaut.png", "NASA, public domain"),
    "palace": Photo("sklearn", "datasets/images/china.jpg", "CC BY 2.0, see scikit-learn's datasets/images"),
    "flower": Photo("sklearn", "datasets/images/flower.jpg", "CC BY 2.0, see scikit-learn's datasets/images"),
}
ALWAYS = tuple(name for name, photo in PHOTOS.items() if photo.package == "skimage")
INSTALLED_AS = {"skimage": "scikit-image", "sklearn": "scikit-learn"}


def load_photos(names: Sequence[str] = ALWAYS, *, size: int = 224) -> Pictures:
    """Load colour photographs that ship with scikit-image (and, where it is installed, scikit-learn).

    Parameters
    ----------
    names
        Of ``"cat"``, ``"coffee"``, ``"motorcycle"``, ``"rocket"``, ``"astronaut"``; and ``"palace"``, ``"flower"``,
        which need scikit-learn.
    size
        Side in pixels. The middle square of each photograph is scaled to it.

    Returns
    -------
    Pictures
        Pictures ``(N, size, size, 3)``; photograph ``k`` has the label ``k`` and is called ``classes[k]``.

    Raises
    ------
    DataUnavailable
        If the package that has a photograph is not installed.
    ValueError
        If there is no such photograph, or ``size`` is below 8.
    """
    names = (names,) if isinstance(names, str) else tuple(names)
    at_least("size", size, 8)
    unknown = [name for name in names if name not in PHOTOS]
    if unknown or not names:
        raise ValueError(f"names must be of {', '.join(PHOTOS)}; not {unknown or names}")
    images = np.stack([_square(find_photo(name), size) for name in names])
    credits = "; ".join(f"{name}: {PHOTOS[name].credit}" for name in names)
    return Pictures(images, np.arange(len(names)), names, "photos", f"photographs ({credits})", names)


def find_photo(name: str) -> Path:
    """Return the file of a photograph of `PHOTOS`; its package is looked for and not imported."""
    photo = PHOTOS[name]
    spec = find_spec(photo.package)
    path = Path(spec.origin).parent / photo.path if spec and spec.origin else None
    if path is None or not os.path.isfile(path):
        library = INSTALLED_AS[photo.package]
        raise DataUnavailable(
            f"The photograph {name!r} ships with {library}, which is not installed here or has no {photo.path}: "
            f"pip install {library}, or take others of {', '.join(ALWAYS)}."
        )
    return path


def load_photo_classes(folder: str | os.PathLike, *, size: int = 160) -> Pictures:
    """Load your own photographs: a folder with one folder of pictures for each class.

    Parameters
    ----------
    folder
        Its sub-folders are the classes, in alphabetical order.
    size
        Side in pixels. The middle square of each photograph is scaled to it.

    Returns
    -------
    Pictures
        Pictures ``(N, size, size, 3)``, `names` such as ``"road/img_012.jpg"``, class by class. They are not split
        into parts: photographs of one scene belong into the same part, and only you know which they are.

    Raises
    ------
    DataUnavailable
        If there is no such folder, fewer than two classes, or a file cannot be read, with its name.
    """
    return _load_own(folder, size, _pictures_in)


def load_photo_scenes(folder: str | os.PathLike, *, size: int = 32) -> Pictures:
    """Load your own photographs with their scenes: a folder with one folder a class, and in it the scenes.

    A scene is a sub-folder (``road/garage/012.jpg``) or what stands before the last underscore of a file's name
    (``road/garage_012.jpg``); `course_utils.data.scenes_of` reads it off the names.

    Parameters
    ----------
    folder
        Its sub-folders are the classes, in alphabetical order, with two scenes each at least.
    size
        Side in pixels. The middle square of each photograph is scaled to it.

    Returns
    -------
    Pictures
        Pictures ``(N, size, size, 3)``, class by class.

    Raises
    ------
    DataUnavailable
        If there is no such folder, fewer than two classes, a photograph of no scene or a class with one scene only,
        or a file cannot be read, with its name.
    """
    pictures = _load_own(folder, size, _pictures_below)
    alone = next((name for name in pictures.names if scene_of(name).endswith("/")), None)
    if alone:
        kind, file = alone.split("/")
        raise DataUnavailable(
            f"{alone} says no scene: call it {kind}/SCENE_{file}, or put it into a folder {kind}/SCENE."
        )
    for kind in pictures.classes:
        scenes = sorted({scene_of(name) for name in pictures.names if name.startswith(f"{kind}/")})
        if len(scenes) < 2:
            raise DataUnavailable(
                f"{kind} has one scene only, {scenes[0]!r}: photographs of two scenes at least are wanted, or no scene "
                f"can be kept for the test."
            )
    return pictures


def scene_of(name: str) -> str:
    """Return the class and the scene of a photograph: its sub-folder, or what stands before the last underscore.

    Examples
    --------
    >>> scene_of("road/garage/012.jpg"), scene_of("road/garage_012.jpg")
    ('road/garage', 'road/garage')
    """
    kind, *inside, file = name.split("/")
    return "/".join([kind, *inside]) if inside else f"{kind}/{file.rpartition('_')[0]}"


def scenes_of(pictures: Pictures) -> list[str]:
    """Return the scene of each picture, read off its name.

    Raises
    ------
    ValueError
        If the pictures have no names.
    """
    if len(pictures.names) != len(pictures):
        raise ValueError("pictures must have names such as 'road/garage_012.jpg'; these have none")
    return [scene_of(name) for name in pictures.names]


def _load_own(folder: str | os.PathLike, size: int, look: Callable[[Path], list[Path]]) -> Pictures:
    """Load a folder of classes; ``look`` finds the photographs of a class."""
    at_least("size", size, 8)
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise DataUnavailable(f"There is no folder {folder}: make one with a folder of photographs for each class.")
    found = {each.name: look(each) for each in sorted(folder.iterdir()) if each.is_dir()}
    found = {name: paths for name, paths in found.items() if paths}
    if len(found) < 2:
        raise DataUnavailable(
            f"{folder} must hold at least two folders with photographs ({', '.join(ENDINGS)}), one for each class, "
            f"and holds {len(found)}."
        )
    paths = [path for each in found.values() for path in each]
    labels = np.repeat(np.arange(len(found)), [len(each) for each in found.values()])
    names = tuple(path.relative_to(folder).as_posix() for path in paths)
    images = np.stack([_square(path, size) for path in paths])
    return Pictures(images, labels, tuple(found), "own photographs", f"own photographs in {folder.name}", names)


def _pictures_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and not p.name.startswith("."))


def _pictures_below(folder: Path) -> list[Path]:
    """Return the photographs of a class and of its scenes' folders."""
    inside = [each for each in sorted(folder.iterdir()) if each.is_dir() and not each.name.startswith(".")]
    return _pictures_in(folder) + [path for each in inside for path in _pictures_in(each)]


def _square(path: Path, size: int) -> np.ndarray:
    """Read the middle square of a picture, upright, as ``(size, size, 3)``, uint8."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise DataUnavailable(
            f"{path} cannot be read as a picture ({error}): save it again as JPEG or PNG, or take it away."
        ) from error
    return np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.BILINEAR))
