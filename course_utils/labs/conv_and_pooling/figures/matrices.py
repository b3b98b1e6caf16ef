"""Figures of lab 05: a convolution as the matrix of a dense layer, with its shared weights."""

import matplotlib as mpl
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils import style
from course_utils.drawing.cells import ink_on, times, write
from course_utils.drawing.frames import FONT, sheet


def plot_convolution_matrix(
    matrix: np.ndarray, kernel_shape: tuple[int, int], *, image_shape: tuple[int, int] | None = None
) -> Axes:
    """Draw a convolution as the matrix of a dense layer, each shared weight in its own colour.

    Parameters
    ----------
    matrix
        ``(OH*OW, H*W)``: row by row, the weights with which one output cell reads the input cells
        (stride 1, no padding).
    kernel_shape
        ``(FH, FW)``. The weights are numbered row by row from 1; a cell's number says which weight should
        stand there. A value where none should stand is framed and marked with ×.
    image_shape
        ``(H, W)``; a square image if left out.

    Returns
    -------
    Axes
        With the count of entries that are not zero written below.

    Raises
    ------
    ValueError
        If the matrix does not belong to such an image and kernel.
    """
    matrix = np.asarray(matrix, float)
    places = _weight_places(matrix.shape, kernel_shape, image_shape)
    (axes,), cell = sheet([matrix.shape], [""], below=0.75)
    colours = mpl.color_sequences["petroff10"]
    for (row, column), value in np.ndenumerate(matrix):
        place = places[row, column]
        colour = "0.94" if value == 0 else colours[place % 10] if place >= 0 else "white"
        edge = {"edgecolor": style.FOCUS, "lw": 2.5, "zorder": 3} if value and place < 0 else {"edgecolor": "white"}
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, **edge))
        if value and cell >= 0.22:
            write(axes, row, column, str(place + 1) if place >= 0 else "×", color=ink_on(colour), zorder=4)
    _name_matrix_axes(axes, matrix)
    return axes


def _weight_places(
    shape: tuple[int, ...], kernel_shape: tuple[int, int], image_shape: tuple[int, int] | None
) -> np.ndarray:
    """Say for each entry of the matrix which weight of the kernel belongs there, −1 for none."""
    if len(shape) != 2:
        raise ValueError(f"matrix must have two axes, (OH*OW, H*W), not the shape {shape}")
    if image_shape is None:
        side = round(shape[1] ** 0.5)
        if side**2 != shape[1]:
            raise ValueError(f"image_shape must be given: {shape[1]} columns are not those of a square image")
        image_shape = (side, side)
    if kernel_shape[0] > image_shape[0] or kernel_shape[1] > image_shape[1]:
        raise ValueError(f"kernel_shape must fit into an image of {times(image_shape)}, not {times(kernel_shape)}")
    # each input cell, alone in the image, answers with the number of the weight that reads it
    cells = torch.eye(image_shape[0] * image_shape[1]).reshape(-1, 1, *image_shape)
    numbers = torch.arange(1.0, kernel_shape[0] * kernel_shape[1] + 1).reshape(1, 1, *kernel_shape)
    places = F.conv2d(cells, numbers).flatten(1).T.int().numpy() - 1
    if places.shape != tuple(shape):
        raise ValueError(
            f"matrix must have one row for each output cell and one column for each cell of the "
            f"{times(image_shape)} image, but its shape is {tuple(shape)}"
        )
    return places


def _name_matrix_axes(axes: Axes, matrix: np.ndarray) -> None:
    """Say what rows and columns are, and how many entries are not zero."""
    axes.set_axis_on()
    axes.spines[:].set_visible(False)
    for ticks, count in ((axes.xaxis, matrix.shape[1]), (axes.yaxis, matrix.shape[0])):
        every = max(1, -(-count // 10))
        marks = np.arange(0, count, every)
        ticks.set_ticks(marks + 0.5, labels=[str(mark) for mark in marks], fontsize=FONT)
        ticks.set_tick_params(length=0)
    axes.set_ylabel("output cell", fontsize=FONT + 1)
    entries = f"{np.count_nonzero(matrix)} of {matrix.size:,} entries are not zero"
    axes.set_xlabel(f"input cell\n{entries}", fontsize=FONT + 1)
