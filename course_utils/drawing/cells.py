"""Small arrays drawn as cells with their numbers."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize, to_rgb
from matplotlib.patches import Rectangle

from course_utils import style
from course_utils.drawing.frames import FONT

EMPTY = "0.9"  # grey of a cell that is not computed yet
ROOMY, TIGHT = 0.8, 0.92  # the share of a cell that its number takes: as a rule, and at most
RIM = "0.7"  # grey of the lines between cells: the lightest of them end somewhere, too


def number(value: float) -> str:
    """Write a number for a cell: integers without decimals, others with at most two."""
    if not np.isfinite(value):
        return str(value)
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0") else text.replace("-", "−")


def times(shape: Sequence[int]) -> str:
    """Write a shape as 5×7."""
    return "×".join(str(length) for length in shape)


def scale(array: np.ndarray, *, signed: bool) -> tuple[Colormap, Normalize]:
    """Choose colours: zero in the middle for signed values, else greys from the least value to the largest."""
    values = np.asarray(array, float)
    values = values[np.isfinite(values)]
    if signed:
        limit = float(np.abs(values).max(initial=0)) or 1.0
        return style.colour_map(style.SIGNED), Normalize(-limit, limit)
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    return style.colour_map(style.GREY), Normalize(low, high if high > low else low + 1)


def ink_on(colour) -> str:
    """Choose black or white, whichever reads better on ``colour``."""
    red, green, blue = (part**2.2 for part in to_rgb(colour))
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else "white"


def draw_cells(
    axes: Axes,
    array: np.ndarray,
    cell: float,
    *,
    signed: bool = False,
    show_values: bool = True,
    colours: tuple[Colormap, Normalize] | None = None,
    offset: int = 0,
) -> None:
    """Fill ``axes`` with a 2-D array: cell (r, c) covers columns c to c + 1 and rows r to r + 1.

    Parameters
    ----------
    array
        ``(H, W)``; NaN means "not there yet" and is drawn grey and blank.
    cell
        Side of a cell in inches. Numbers that would not fit at 10 points are left out, all of them.
    colours
        A pair from `scale`; made from ``array`` if left out.
    offset
        Rows and columns by which the array is moved down and right, to make room for padding.
    """
    colour_map, norm = colours or scale(array, signed=signed)
    colour_map = colour_map.with_extremes(bad=EMPTY)
    array = np.asarray(array, float)
    edges = [np.arange(length + 1) + offset for length in array.shape[::-1]]
    rim = {"edgecolors": RIM, "linewidth": 0.8} if cell > 0.15 else {}
    axes.pcolormesh(*edges, np.ma.masked_invalid(array), cmap=colour_map, norm=norm, **rim)
    if show_values and numbers_fit(array, cell):
        size = cell_font(array, cell)
        for (row, column), value in np.ndenumerate(array):
            if not np.isnan(value):
                ink = ink_on(colour_map(norm(value)))
                write(axes, row + offset, column + offset, number(value), color=ink, fontsize=size)


def write(axes: Axes, row: float, column: float, text: str, **style_of_text) -> None:
    """Write ``text`` in the middle of a cell."""
    options = {"fontsize": FONT, **style_of_text}
    axes.text(column + 0.5, row + 0.52, text, ha="center", va="center", **options)


def cell_for(*arrays: np.ndarray) -> float:
    """Find the side of a cell, in inches, that holds the longest number at 10 points; from 0.42 to 0.7."""
    longest = max(_longest_number(array) for array in arrays)
    return min(0.7, max(0.42, FONT * 0.62 * longest / (ROOMY * 72) + 0.01))


def cell_font(array: np.ndarray, cell: float) -> float:
    """Size of the numbers in points, so that the longest of them fits into ``cell`` inches; at most 13.

    Above 10 points they leave room for a frame around the cell.
    """
    roomy, tight = (share * cell * 72 / (0.62 * max(_longest_number(array), 1.6)) for share in (ROOMY, TIGHT))
    return min(13.0, max(roomy, min(FONT, tight)))


def _longest_number(array: np.ndarray) -> int:
    """Count the letters of the longest number in a cell."""
    values = np.asarray(array, float)
    return max((len(number(value)) for value in values[~np.isnan(values)]), default=1)


def numbers_fit(array: np.ndarray, cell: float) -> bool:
    """Tell whether all numbers fit into cells of ``cell`` inches at 10 points or more."""
    return cell_font(array, cell) >= FONT


def outline(axes: Axes, window: Sequence[float], **options) -> Rectangle:
    """Frame the cells ``(row, column, height, width)``, with a white rim that shows on any colour."""
    row, column, height, width = window
    large = _inches(axes) * max(width, height) > 0.35
    line = {"edgecolor": style.FOCUS, "lw": 3 if large else 2, "zorder": 5, **options}
    rim = line["lw"] + (2.5 if large else 1.5)
    axes.add_patch(Rectangle((column, row), width, height, fill=False, edgecolor="white", lw=rim, zorder=4))
    return axes.add_patch(Rectangle((column, row), width, height, fill=False, clip_on=False, **line))


def _inches(axes: Axes) -> float:
    """Measure the side of a cell, in inches."""
    (left, _), (right, _) = axes.transData.transform([(0, 0), (1, 0)])
    return (right - left) / axes.get_figure(root=True).dpi


def draw_padding(axes: Axes, shape: tuple[int, int], padding: int, cell: float) -> None:
    """Draw the ring of zeros around an image of ``shape``: white cells with dotted lines and a grey 0."""
    height, width = shape[0] + 2 * padding, shape[1] + 2 * padding
    for row in range(height):
        for column in range(width):
            if padding <= row < height - padding and padding <= column < width - padding:
                continue
            box = Rectangle((column, row), 1, 1, facecolor="white", edgecolor="0.55", ls=":", lw=1.5)
            axes.add_patch(box)
            if cell >= 0.2:
                write(axes, row, column, "0", color="0.4")
