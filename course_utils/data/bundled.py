"""Data for the lessons, without a network: what ships with installed packages, or is drawn and said to be."""

from typing import NamedTuple

import numpy as np

from course_utils.data.sunshine import sunshine_days


class Sunshine(NamedTuple):
    """Days: `hours` of sunshine and `temperature` in °C, an array ``(N,)`` each; `note` says where they are from."""

    hours: np.ndarray
    temperature: np.ndarray
    note: str


def load_sunshine(days: int = 200, *, seed: int = 0) -> Sunshine:
    """Draw days of sunshine and their temperatures, after the second lecture's example. They were never measured.

    Parameters
    ----------
    days
        How many, at least 2.
    seed
        Other days for another seed; the same on every machine.

    Returns
    -------
    Sunshine
        Hours evenly from 0 to 12; temperatures around 15 °C plus 1.3 °C an hour, with a standard deviation of 1 °C.

    Raises
    ------
    ValueError
        If there are fewer than 2 days.
    """
    if days < 2:
        raise ValueError(f"days must be at least 2, not {days}")
    hours, temperature = map(np.array, sunshine_days(days, seed))
    note = f"{days} days, drawn by a computer: 15 °C + 1.3 °C for each hour of sunshine, give or take 1 °C"
    return Sunshine(hours, temperature, note)


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
    from skimage import data  # takes a while to load: only when a photograph is wanted

    block = 512 // size
    return getattr(data, name)().reshape(size, block, size, block).mean(axis=(1, 3)) / 255
