"""Figures of lab 05: a transposed convolution, whose cells stamp scaled kernels."""

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils.drawing.cells import cell_for, draw_cells, numbers_fit, outline, scale, times
from course_utils.drawing.frames import FONT, sheet
from course_utils.labs.conv_and_pooling.figures.convolution import convolve


def plot_stamps(x: np.ndarray, kernel: np.ndarray, *, stride: int = 1, padding: int = 0) -> tuple[Axes, Axes, Axes]:
    """Draw a transposed convolution: each cell stamps a scaled kernel, overlaps add, the border is cut off.

    Parameters
    ----------
    x, kernel
        Arrays ``(H, W)`` and ``(FH, FW)``.
    stride
        Pixels from one stamp to the next.
    padding
        Rows and columns that are cut off at each side.

    Returns
    -------
    tuple of Axes
        Input, sum of all stamps (the first and the last stamp framed, what is cut off hatched), result.

    Raises
    ------
    ValueError
        If nothing is left after the cut, or a number is out of its range.
    """
    x, kernel, _ = convolve(x, kernel, stride, max(np.shape(kernel)) + max(padding, 0))
    if padding < 0:
        raise ValueError(f"padding must be at least 0, not {padding}")
    whole = F.conv_transpose2d(torch.from_numpy(x)[None, None], torch.from_numpy(kernel)[None, None], stride=stride)
    whole = whole[0, 0].numpy()
    if 2 * padding >= min(whole.shape):
        raise ValueError(f"padding must be at most {(min(whole.shape) - 1) // 2} here, not {padding}")
    result = whole[padding : whole.shape[0] - padding, padding : whole.shape[1] - padding]
    titles = [f"input {times(x.shape)}", f"sum of {x.size} stamps {times(whole.shape)}"]
    titles.append(f"result {times(result.shape)}")
    sizes = [x.shape, whole.shape, result.shape]
    panels, cell = sheet(sizes, titles, cell=cell_for(x, whole), below=0.5 if padding else 0.1)
    colours = scale(whole, signed=True)
    draw_cells(panels[0], x, cell)
    for axes, array in zip(panels[1:], (whole, result), strict=True):
        draw_cells(axes, array, cell, colours=colours, show_values=numbers_fit(whole, cell))
    _mark_stamps(panels[0], panels[1], x.shape, kernel.shape, stride)
    _mark_cut(panels[1], whole.shape, padding)
    return tuple(panels)


def _mark_stamps(
    source: Axes, target: Axes, shape: tuple[int, int], kernel_shape: tuple[int, int], stride: int
) -> None:
    """Frame the first input cell and its stamp (solid), and the last ones (dashed)."""
    last = (shape[0] - 1, shape[1] - 1)
    for (row, column), line in (((0, 0), "-"), (last, "--")):
        outline(source, (row, column, 1, 1), ls=line)
        outline(target, (row * stride, column * stride, *kernel_shape), ls=line)


def _mark_cut(axes: Axes, shape: tuple[int, int], padding: int) -> None:
    """Hatch the border of ``padding`` cells that is cut off, and say so."""
    if not padding:
        return
    height, width = shape
    inner = (padding, padding, height - 2 * padding, width - 2 * padding)
    for row, column, rows, columns in (
        (0, 0, padding, width),
        (height - padding, 0, padding, width),
        (padding, 0, inner[2], padding),
        (padding, width - padding, inner[2], padding),
    ):
        axes.add_patch(Rectangle((column, row), columns, rows, fill=False, hatch="///", edgecolor="0.4", lw=0))
    axes.add_patch(Rectangle((padding, padding), inner[3], inner[2], fill=False, edgecolor="black", lw=2.5, zorder=6))
    axes.text(
        width / 2,
        height + 0.25,
        f"hatched: cut off ({padding} at each side)",
        ha="center",
        va="top",
        fontsize=FONT,
    )
