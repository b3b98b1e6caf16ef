"""Figures of lab 05: windows that slide, kernels that stamp, weights that are shared.

What is drawn is computed by PyTorch, which slides the kernel as it is (cross-correlation).
"""

import textwrap
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils import style
from course_utils.plots.cells import (
    cell_for,
    draw_cells,
    draw_padding,
    ink_on,
    number,
    numbers_fit,
    outline,
    scale,
    write,
)
from course_utils.plots.frames import FONT, sheet

LONGEST_ROW = 64  # cells; more would be too small to tell apart


def plot_convolution_step(
    image: np.ndarray,
    kernel: np.ndarray,
    step: int,
    *,
    stride: int = 1,
    padding: int = 0,
    bias: float = 0.0,
) -> tuple[Axes, Axes, Axes]:
    """Draw one step of a convolution: the window, its products with their sum, the output so far.

    Parameters
    ----------
    image, kernel
        Arrays ``(H, W)`` and ``(FH, FW)``, grey levels and weights.
    step
        Windows are numbered row by row, from 0.
    stride, padding
        In pixels. Padding cells are drawn dotted, with a grey 0.
    bias
        Is added to each sum.

    Returns
    -------
    tuple of Axes
        Input, products, output. Output cells that are not computed yet are grey and blank.

    Raises
    ------
    ValueError
        If there is no such step, or the kernel does not fit into the padded image.
    """
    image, kernel, output = _convolve(image, kernel, stride, padding, bias)
    if not 0 <= step < output.size:
        raise ValueError(f"step must be from 0 to {output.size - 1}, not {step}")
    place = divmod(step, output.shape[1])
    window = (place[0] * stride, place[1] * stride, *kernel.shape)
    reading = _pad(image, padding)[window[0] :, window[1] :][: kernel.shape[0], : kernel.shape[1]]
    sizes = [_padded_size(image, padding), (2 * kernel.shape[0], 2 * kernel.shape[1]), output.shape]
    titles = (_input_title(image, padding), "window × kernel", f"output, {step + 1} of {output.size}")
    lines = _sum_lines(reading * kernel, bias, output[place])
    panels, cell = sheet(sizes, titles, cell=cell_for(image, output), below=0.19 * len(lines) + 0.1)
    _draw_input(panels[0], image, padding, window, cell)
    _draw_products(panels[1], reading, kernel, 2 * cell)
    panels[1].text(kernel.shape[1], sizes[1][0] + 0.2, "\n".join(lines), ha="center", va="top", fontsize=FONT)
    _draw_output(panels[2], output, step, cell)
    return tuple(panels)


def plot_filmstrip(image: np.ndarray, kernel: np.ndarray, *, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Draw four steps of a convolution: the first, the second, the last of the first row, the last of all.

    Parameters
    ----------
    image, kernel
        Arrays ``(H, W)`` and ``(FH, FW)``.
    stride, padding
        In pixels.

    Returns
    -------
    array of Axes
        ``(2, steps)``: the input with its window above, the output so far below. Steps that coincide in a
        small output are drawn once.
    """
    image, kernel, output = _convolve(image, kernel, stride, padding)
    steps = list(dict.fromkeys([0, min(1, output.size - 1), output.shape[1] - 1, output.size - 1]))
    rows, columns = _padded_size(image, padding)
    between = 1  # cell
    sizes = [(rows + between + output.shape[0], columns)] * len(steps)
    panels, cell = sheet(
        sizes, [f"window {step + 1} of {output.size}" for step in steps], cell=cell_for(image, output)
    )
    pairs = [_split(axes, rows, between) for axes in panels]
    for step, (above, below) in zip(steps, pairs, strict=True):
        place = divmod(step, output.shape[1])
        _draw_input(above, image, padding, (place[0] * stride, place[1] * stride, *kernel.shape), cell)
        _draw_output(below, output, step, cell)
    return np.array(pairs, dtype=object).T


def _split(axes: Axes, rows: int, between: int) -> tuple[Axes, Axes]:
    """Divide a panel into two of the same cells: ``rows`` rows, a gap of ``between``, the rest."""
    (left, right), (bottom, _) = axes.get_xlim(), axes.get_ylim()
    above = axes.inset_axes((left, 0, right - left, rows), transform=axes.transData)
    below = axes.inset_axes(
        (left, rows + between, right - left, bottom - rows - between), transform=axes.transData
    )
    for part, height in ((above, rows), (below, bottom - rows - between)):
        part.set_axis_off()
        part.set_xlim(left, right)
        part.set_ylim(height, 0)
    return above, below


def _convolve(image, kernel, stride: int, padding: int, bias: float = 0.0):
    """Check the arguments; return image and kernel as floats and what PyTorch computes from them."""
    image, kernel = np.asarray(image, float), np.asarray(kernel, float)
    for name, array in (("image", image), ("kernel", kernel)):
        if array.ndim != 2 or not array.size:
            raise ValueError(f"{name} must have the shape (H, W), not {array.shape}")
    if stride < 1:
        raise ValueError(f"stride must be at least 1, not {stride}")
    if padding < 0:
        raise ValueError(f"padding must be at least 0, not {padding}")
    room = _padded_size(image, padding)
    if kernel.shape[0] > room[0] or kernel.shape[1] > room[1]:
        raise ValueError(
            f"kernel must fit into the padded image of {_times(room)}, but it is {_times(kernel.shape)}"
        )
    x, weight = torch.from_numpy(image)[None, None], torch.from_numpy(kernel)[None, None]
    output = F.conv2d(x, weight, torch.tensor([bias], dtype=x.dtype), stride, padding)
    return image, kernel, output[0, 0].numpy()


def _pad(image: np.ndarray, padding: int) -> np.ndarray:
    """Put ``padding`` zeros around an image."""
    return np.pad(image, padding)


def _padded_size(image: np.ndarray, padding: int) -> tuple[int, int]:
    """Return height and width of a padded image."""
    return _pad(image, padding).shape


def _times(shape: Sequence[int]) -> str:
    """Write a shape as 5×7."""
    return "×".join(str(length) for length in shape)


def _input_title(image: np.ndarray, padding: int) -> str:
    """Say how large the input is."""
    return f"input {_times(image.shape)}" + (f", padding {padding}" if padding else "")


def _draw_input(axes: Axes, image: np.ndarray, padding: int, window: Sequence[int], cell: float) -> None:
    """Draw the padded image with the window framed."""
    draw_padding(axes, image.shape, padding, cell)
    draw_cells(axes, image, cell, offset=padding)
    outline(axes, window)


def _draw_products(axes: Axes, reading: np.ndarray, kernel: np.ndarray, side: float) -> None:
    """Write each product of a window's cells with the kernel, in cells two units wide (``side`` inches)."""
    for (row, column), weight in np.ndenumerate(kernel):
        value = reading[row, column]
        axes.add_patch(Rectangle((2 * column, 2 * row), 2, 2, facecolor="white", edgecolor="0.55", lw=1.5))
        factors = f"{number(value)} × {number(weight)}"
        lines = [factors, f"= {number(value * weight)}"] if len(factors) * 0.085 < side else []
        lines = lines or ([number(value * weight)] if side > 0.3 else [])
        write(axes, 2 * row + 0.5, 2 * column + 0.5, "\n".join(lines), color="black", linespacing=1.4)
    outline(axes, (0, 0, 2 * kernel.shape[0], 2 * kernel.shape[1]))


def _sum_lines(products: np.ndarray, bias: float, total: float) -> list[str]:
    """Write the sum of the products, broken into lines."""
    terms = [number(product) for product in products.ravel()]
    terms = [f"({term})" if term.startswith("−") else term for term in terms]
    if bias:
        terms.append(f"bias {number(bias)}")
    if len(terms) > 17:
        return [f"sum of {products.size} products" + (" and bias" if bias else ""), f"= {number(total)}"]
    return [*textwrap.wrap(" + ".join(terms), 34), f"= {number(total)}"]


def _draw_output(axes: Axes, output: np.ndarray, step: int, cell: float) -> None:
    """Draw the output up to ``step``, with its newest cell framed."""
    so_far = output.copy()
    so_far.flat[step + 1 :] = np.nan
    draw_cells(axes, so_far, cell, colours=scale(output, signed=True), show_values=numbers_fit(output, cell))
    outline(axes, (*divmod(step, output.shape[1]), 1, 1))


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
        _draw_bar(
            axes, window, 1.5 + place * thickness, 0.8 * thickness, f"{place + 1}" if thickness > 0.5 else ""
        )
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
        Rectangle(
            (index, 0), 1, 1, ls="-" if inside else "--", hatch=None if read else "////", gid="cell", **look
        )
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
        ``(FH, FW)``. The weights are numbered row by row from 0; a cell's number says which weight should
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
        edge = (
            {"edgecolor": style.FOCUS, "lw": 2.5, "zorder": 3}
            if value and place < 0
            else {"edgecolor": "white"}
        )
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, **edge))
        if value and cell >= 0.22:
            write(axes, row, column, str(place) if place >= 0 else "×", color=ink_on(colour), zorder=4)
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
        raise ValueError(
            f"kernel_shape must fit into an image of {_times(image_shape)}, not {_times(kernel_shape)}"
        )
    # each input cell, alone in the image, answers with the number of the weight that reads it
    cells = torch.eye(image_shape[0] * image_shape[1]).reshape(-1, 1, *image_shape)
    numbers = torch.arange(1.0, kernel_shape[0] * kernel_shape[1] + 1).reshape(1, 1, *kernel_shape)
    places = F.conv2d(cells, numbers).flatten(1).T.int().numpy() - 1
    if places.shape != tuple(shape):
        raise ValueError(
            f"matrix must have one row for each output cell and one column for each cell of the "
            f"{_times(image_shape)} image, but its shape is {tuple(shape)}"
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
    draw_cells(
        panels[4], difference, cell, colours=scale(np.array([0, max(difference.max(), 1)]), signed=False)
    )
    return np.array(panels, dtype=object)


def plot_stamps(
    x: np.ndarray, kernel: np.ndarray, *, stride: int = 1, padding: int = 0
) -> tuple[Axes, Axes, Axes]:
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
    x, kernel, _ = _convolve(x, kernel, stride, max(np.shape(kernel)) + max(padding, 0))
    if padding < 0:
        raise ValueError(f"padding must be at least 0, not {padding}")
    whole = F.conv_transpose2d(
        torch.from_numpy(x)[None, None], torch.from_numpy(kernel)[None, None], stride=stride
    )
    whole = whole[0, 0].numpy()
    if 2 * padding >= min(whole.shape):
        raise ValueError(f"padding must be at most {(min(whole.shape) - 1) // 2} here, not {padding}")
    result = whole[padding : whole.shape[0] - padding, padding : whole.shape[1] - padding]
    titles = [f"input {_times(x.shape)}", f"sum of {x.size} stamps {_times(whole.shape)}"]
    titles.append(f"result {_times(result.shape)}")
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
        axes.add_patch(
            Rectangle((column, row), columns, rows, fill=False, hatch="///", edgecolor="0.4", lw=0)
        )
    axes.add_patch(
        Rectangle((padding, padding), inner[3], inner[2], fill=False, edgecolor="black", lw=2.5, zorder=6)
    )
    axes.text(
        width / 2,
        height + 0.25,
        f"hatched: cut off ({padding} at each side)",
        ha="center",
        va="top",
        fontsize=FONT,
    )
