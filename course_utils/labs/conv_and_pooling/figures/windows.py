"""Figures of lab 05: a row of cells, and each place where a window fits."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils import style
from course_utils.drawing.cells import write
from course_utils.drawing.frames import FONT, sheet

LONGEST_ROW = 64  # cells; more would be too small to tell apart


def plot_windows(size: int, kernel_size: int, *, stride: int = 1, padding: int = 0) -> Axes:
    """Draw a row of cells and, below it, each place where a window fits.

    Parameters
    ----------
    size
        Cells in the row, 1 to 64.
    kernel_size, stride, padding
        In cells. Padding cells are dashed. Cells that no window reads are hatched and labelled.

    Returns
    -------
    Axes
        With the number of windows written below.

    Raises
    ------
    ValueError
        If a number is out of its range, or the kernel is longer than the padded row.
    """
    windows = _windows(size, kernel_size, stride, padding)
    cells = range(-padding, size + padding)
    thickness = 0.7 if len(windows) <= 12 else 0.35  # of a bar, in cells
    (axes,), cell = sheet([(1.6 + thickness * len(windows) + 1.2, max(len(cells), 8))], [""])
    axes.set_xlim(-padding - 0.1, max(size + padding, 8 - padding) + 0.1)
    read = {index for window in windows for index in window}
    for index in cells:
        _draw_row_cell(axes, index, index in range(size), index in read, cell)
    for place, window in enumerate(windows):
        _draw_bar(axes, window, 1.5 + place * thickness, 0.8 * thickness, f"{place + 1}" if thickness > 0.5 else "")
    _label_unread(axes, [index for index in cells if index not in read], cell)
    total = "1 window fits" if len(windows) == 1 else f"{len(windows)} windows fit"
    total += " (dashed cells: padding)" if padding else ""
    axes.text(-padding, 1.9 + thickness * len(windows), total, fontsize=FONT + 2, weight="bold", va="top")
    return axes


def _windows(size: int, kernel_size: int, stride: int, padding: int) -> list[list[int]]:
    """List the cells that each window reads, numbered from 0 where the padding on the left ends."""
    if not 1 <= size <= LONGEST_ROW:
        raise ValueError(f"size must be from 1 to {LONGEST_ROW}, not {size}")
    if stride < 1:
        raise ValueError(f"stride must be at least 1, not {stride}")
    if not 0 <= padding <= LONGEST_ROW // 2:
        raise ValueError(f"padding must be from 0 to {LONGEST_ROW // 2}, not {padding}")
    cells = torch.arange(-padding, size + padding)
    if not 1 <= kernel_size <= len(cells):
        raise ValueError(f"kernel_size must be from 1 to {len(cells)}, the padded row, not {kernel_size}")
    return cells.unfold(0, kernel_size, stride).tolist()


def _draw_row_cell(axes: Axes, index: int, inside: bool, read: bool, cell: float) -> None:
    """Draw one cell of the row: solid inside, dashed for padding, hatched if no window reads it."""
    look = {"facecolor": style.DATA if inside and read else "white", "edgecolor": "0.3", "lw": 1.5}
    axes.add_patch(
        Rectangle((index, 0), 1, 1, ls="-" if inside else "--", hatch=None if read else "////", gid="cell", **look)
    )
    if inside and read and cell > 0.25:
        write(axes, 0, index, str(index), color="white", gid="cell number")


def _draw_bar(axes: Axes, window: Sequence[int], top: float, height: float, label: str) -> None:
    """Draw one window as a bar that covers its cells."""
    bar = Rectangle((window[0] + 0.06, top), len(window) - 0.12, height, facecolor=style.MODEL, gid="window")
    axes.add_patch(bar)
    bar.set(edgecolor="black", lw=1)
    axes.text(window[0] + len(window) / 2, top + height / 2, label, ha="center", va="center", fontsize=FONT)


def _label_unread(axes: Axes, unread: Sequence[int], cell: float) -> None:
    """Write "never read" above each run of cells that no window reads."""
    runs = np.split(np.array(unread), np.flatnonzero(np.diff(unread) > 1) + 1) if len(unread) else []
    last_end = -np.inf
    for run in runs:
        middle, half = (run[0] + run[-1] + 1) / 2, 0.38 / cell
        if middle - half > last_end:  # the label of a neighbour says it already
            axes.text(middle, -0.12, "never read", ha="center", va="bottom", fontsize=FONT, style="italic")
            last_end = middle + half
