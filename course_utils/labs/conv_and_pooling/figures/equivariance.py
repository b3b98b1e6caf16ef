"""Figures of lab 05: shift, then convolve, and the other way round."""

import numpy as np

from course_utils.drawing.cells import draw_cells, number, scale
from course_utils.drawing.frames import sheet


def plot_equivariance(
    image: np.ndarray,
    shifted: np.ndarray,
    *,
    shift_first: np.ndarray,
    shift_last: np.ndarray,
    operation: str = "convolve",
) -> np.ndarray:
    """Compare "shift, then convolve" with "convolve, then shift".

    Parameters
    ----------
    image, shifted
        Arrays ``(H, W)``: a picture, and the same picture moved.
    shift_first
        ``(OH, OW)``: what the operation makes of ``shifted``.
    shift_last
        ``(OH, OW)``: what it makes of ``image``, moved afterwards.
    operation
        A verb for the titles.

    Returns
    -------
    array of Axes
        Five panels; the last is the absolute difference, its largest value in the title. Both results
        have the same colours.

    Raises
    ------
    ValueError
        If the two results, or the two pictures, differ in shape.
    """
    pictures = [np.asarray(array, float) for array in (image, shifted, shift_first, shift_last)]
    for one, other, names in ((0, 1, "image and shifted"), (2, 3, "shift_first and shift_last")):
        if pictures[one].shape != pictures[other].shape or pictures[one].ndim != 2:
            shapes = f"{pictures[one].shape} and {pictures[other].shape}"
            raise ValueError(f"{names} must have the same shape (H, W), not {shapes}")
    difference = np.abs(pictures[2] - pictures[3])
    titles = ["input", "shifted input", f"shift, then {operation}", f"{operation}, then shift"]
    titles.append(f"difference, at most {number(difference.max())}")
    panels, cell = sheet([picture.shape for picture in [*pictures, difference]], titles)
    before, after = scale(np.stack(pictures[:2]), signed=False), scale(np.stack(pictures[2:]), signed=True)
    for axes, picture, colours in zip(panels, pictures, (before, before, after, after), strict=False):
        draw_cells(axes, picture, cell, colours=colours)
    draw_cells(panels[4], difference, cell, colours=scale(np.array([0, max(difference.max(), 1)]), signed=False))
    return np.array(panels, dtype=object)
