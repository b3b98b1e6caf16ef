"""Figures of lab 05: a window that slides, its products, the output so far.

What is drawn is computed by PyTorch, which slides the kernel as it is (cross-correlation).
"""

import textwrap
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils.drawing.cells import (
    cell_for,
    draw_cells,
    draw_padding,
    number,
    numbers_fit,
    outline,
    scale,
    times,
    write,
)
from course_utils.drawing.frames import FONT, sheet


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
    image, kernel, output = convolve(image, kernel, stride, padding, bias)
    if not 0 <= step < output.size:
        raise ValueError(f"step must be from 0 to {output.size - 1}, not {step}")
    place = divmod(step, output.shape[1])
    window = (place[0] * stride, place[1] * stride, *kernel.shape)
    reading = _pad(image, padding)[window[0] :, window[1] :][: kernel.shape[0], : kernel.shape[1]]
    sizes = [padded_size(image, padding), (2 * kernel.shape[0], 2 * kernel.shape[1]), output.shape]
    made = f"output, {step + 1} of {output.size}" + (f"\nstride {stride}" if stride > 1 else "")
    titles = (_input_title(image, padding), "window × kernel", made)
    lines = _sum_lines(reading * kernel, bias, output[place])
    panels, cell = sheet(sizes, titles, cell=cell_for(image, output), below=0.19 * len(lines) + 0.1)
    _draw_input(panels[0], image, padding, window, cell)
    _draw_products(panels[1], reading, kernel, 2 * cell)
    panels[1].text(kernel.shape[1], sizes[1][0] + 0.2, "\n".join(lines), ha="center", va="top", fontsize=FONT)
    _draw_output(panels[2], output, step, cell)
    return tuple(panels)


def plot_filmstrip(image: np.ndarray, kernel: np.ndarray, *, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Draw a kernel and four steps of its way: the first, the second, the last of the first row, the last of all.

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
    image, kernel, output = convolve(image, kernel, stride, padding)
    steps = list(dict.fromkeys([0, min(1, output.size - 1), output.shape[1] - 1, output.size - 1]))
    rows, columns = padded_size(image, padding)
    between = 1  # cell
    sizes = [kernel.shape] + [(rows + between + output.shape[0], columns)] * len(steps)
    titles = ["kernel", *(f"window {step + 1} of {output.size}" for step in steps)]
    (first, *panels), cell = sheet(sizes, titles, cell=cell_for(image, output, kernel))
    draw_cells(first, kernel, cell, signed=True)
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
    below = axes.inset_axes((left, rows + between, right - left, bottom - rows - between), transform=axes.transData)
    for part, height in ((above, rows), (below, bottom - rows - between)):
        part.set_axis_off()
        part.set_xlim(left, right)
        part.set_ylim(height, 0)
    return above, below


def convolve(image, kernel, stride: int, padding: int, bias: float = 0.0):
    """Check the arguments; return image and kernel as floats and what PyTorch computes from them."""
    image, kernel = np.asarray(image, float), np.asarray(kernel, float)
    for name, array in (("image", image), ("kernel", kernel)):
        if array.ndim != 2 or not array.size:
            raise ValueError(f"{name} must have the shape (H, W), not {array.shape}")
    if stride < 1:
        raise ValueError(f"stride must be at least 1, not {stride}")
    if padding < 0:
        raise ValueError(f"padding must be at least 0, not {padding}")
    room = padded_size(image, padding)
    if kernel.shape[0] > room[0] or kernel.shape[1] > room[1]:
        raise ValueError(f"kernel must fit into the padded image of {times(room)}, but it is {times(kernel.shape)}")
    x, weight = torch.from_numpy(image)[None, None], torch.from_numpy(kernel)[None, None]
    output = F.conv2d(x, weight, torch.tensor([bias], dtype=x.dtype), stride, padding)
    return image, kernel, output[0, 0].numpy()


def _pad(image: np.ndarray, padding: int) -> np.ndarray:
    """Put ``padding`` zeros around an image."""
    return np.pad(image, padding)


def padded_size(image: np.ndarray, padding: int) -> tuple[int, int]:
    """Return height and width of a padded image."""
    return _pad(image, padding).shape


def _input_title(image: np.ndarray, padding: int) -> str:
    """Say how large the input is."""
    return f"input {times(image.shape)}" + (f", padding {padding}" if padding else "")


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
