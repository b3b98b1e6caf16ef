"""Data for the lessons, without a network: what ships with installed packages, never fetched."""

import functools

import numpy as np


def load_photo(name: str = "camera", *, size: int = 128) -> np.ndarray:
    """Load a grey photograph that ships with scikit-image.

    Parameters
    ----------
    name
        ``"camera"`` (a man with a camera on a tripod), ``"brick"``, ``"grass"`` or ``"gravel"``.
    size
        Side in pixels; must divide 512. Blocks of pixels are averaged.

    Returns
    -------
    array (size, size)
        Grey levels from 0 (black) to 1 (white).

    Raises
    ------
    ValueError
        If there is no such photograph, or 512 is not a multiple of ``size``.
    """
    names = ("camera", "brick", "grass", "gravel")
    if name not in names:
        raise ValueError(f"there are the photographs {', '.join(names)}; not {name!r}")
    if not 1 <= size <= 512 or 512 % size:
        raise ValueError(f"size must divide 512 (64, 128, 256, ...), not be {size}")
    block = 512 // size
    return _photo(name).reshape(size, block, size, block).mean(axis=(1, 3)) / 255


@functools.cache
def _photo(name: str) -> np.ndarray:
    """Read a photograph: ``(512, 512)``, whole numbers from 0 to 255."""
    from skimage import data  # takes a while to load: only when a photograph is wanted

    return getattr(data, name)()
