"""Pictures in rows, with a line below that says what they are."""

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course_utils.drawing.frames import FONT, fold


def plot_pictures(
    pictures: Any, titles: Sequence[str] | None = None, *, columns: int = 10, caption: str | None = None
) -> np.ndarray:
    """Draw pictures in rows, with a line below that says what they are.

    Parameters
    ----------
    pictures
        What a function of `course_utils.data` returned (its first 40 pictures are drawn, with the names of their
        classes), or an array: ``(N, H, W, C)`` with whole numbers from 0 to 255, or a tensor ``(N, C, H, W)`` with
        numbers from 0 to 1; one channel or three.
    titles
        One a picture, in place of the names of the classes.
    columns
        Pictures in a row.
    caption
        The line below; the pictures' own caption if left out.

    Returns
    -------
    array of Axes
        One panel a picture.

    Raises
    ------
    ValueError
        If the shape is another one, or there is not one title for each picture.
    """
    labelled = hasattr(pictures, "labels")
    images = as_images(pictures.images[:40] if labelled else pictures)
    if labelled:
        titles = titles or [pictures.classes[label] for label in pictures.labels[: len(images)]]
        caption = pictures.caption if caption is None else caption
    titles = [""] * len(images) if titles is None else list(titles)
    if len(titles) != len(images):
        raise ValueError(f"titles must be {len(images)}, one a picture, not {len(titles)}")
    rows, columns = -(-len(images) // columns), min(columns, len(images))
    side, room = _side_and_room(titles, columns)
    size = (max(columns * side, 3.0), rows * (side * 0.92 + room) + 0.1)
    figure, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, image, title in zip(grid.flat, images, titles, strict=False):
        draw_picture(axes, image)
        axes.set_title(_fold(title, side), fontsize=FONT)
    if caption:
        figure.supxlabel(textwrap.fill(caption, int(size[0] * 13)), fontsize=FONT)
    return grid.ravel()[: len(images)]


def _side_and_room(titles: Sequence[str], columns: int) -> tuple[float, float]:
    """Choose the width of a panel and the height for its title, in inches."""
    side = min(1.6, max(0.9, 9.0 / columns) if columns > 5 else 1.6)
    lines = max(_fold(title, side).count("\n") + 1 if title else 0 for title in titles)
    return side, 0.2 * lines


def _fold(title: str, side: float) -> str:
    """Break a title into lines that fit over a picture ``side`` inches wide."""
    return fold(str(title), max(6, int(side / 0.08)))


def as_images(pictures: Any) -> np.ndarray:
    """Return pictures as ``(N, H, W, C)``, numbers from 0 to 1."""
    if hasattr(pictures, "detach"):
        pictures = pictures.detach().cpu().numpy()
    images = np.asarray(pictures)
    if images.ndim == 4 and images.dtype.kind == "f" and images.shape[1] in (1, 3):
        images = images.transpose(0, 2, 3, 1)
    if images.ndim != 4 or images.shape[3] not in (1, 3) or not len(images):
        raise ValueError(
            f"pictures must have the shape (N, H, W, C) as whole numbers or (N, C, H, W) as numbers from 0 to 1, with "
            f"one channel or three, not {images.shape} as {images.dtype}"
        )
    return np.clip(images if images.dtype.kind == "f" else images / 255, 0, 1)


def draw_picture(axes: Axes, image: np.ndarray) -> None:
    """Draw a picture ``(H, W, C)`` from 0 to 1."""
    grey = image.shape[2] == 1
    axes.imshow(image[..., 0] if grey else image, cmap="gray" if grey else None, vmin=0, vmax=1)
