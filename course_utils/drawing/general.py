"""Figures that several labs use: rows of arrays and pictures, bars of counts, histograms."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from course_utils import style
from course_utils.drawing.cells import cell_for, draw_cells, number, outline, scale
from course_utils.drawing.frames import FONT, bare, sheet

Window = tuple[int, int, int, int]


def plot_grids(
    arrays: Sequence[np.ndarray],
    titles: Sequence[str],
    *,
    windows: Sequence[Window | None] | None = None,
    show_values: bool = True,
    signed: bool = False,
) -> np.ndarray:
    """Draw small arrays in a row, as cells with their numbers.

    Parameters
    ----------
    arrays
        Arrays ``(H, W)``. NaN is drawn as a grey, blank cell.
    titles
        One title an array.
    windows
        For each array ``(row, column, height, width)`` of the cells to frame, or None.
    show_values
        Write the numbers, where all of them fit at 10 points.
    signed
        Use the colours for signed values, zero in the middle.

    Returns
    -------
    array of Axes
        One panel an array.

    Raises
    ------
    ValueError
        If there is not one title (and one window) for each array, or an array has not two axes.
    """
    arrays = [_two_axes(array, "each array") for array in arrays]
    windows = [None] * len(arrays) if windows is None else windows
    _same_length(arrays, titles, "titles")
    _same_length(arrays, windows, "windows")
    side = cell_for(*arrays) if show_values else 0.42
    panels, cell = sheet([array.shape for array in arrays], titles, cell=side)
    for axes, array, window in zip(panels, arrays, windows, strict=True):
        draw_cells(axes, array, cell, signed=signed, show_values=show_values)
        if window is not None:
            outline(axes, window)
    return np.array(panels, dtype=object)


def plot_images(images: Sequence[np.ndarray], titles: Sequence[str], *, signed: bool = False) -> np.ndarray:
    """Draw pictures in a row.

    Parameters
    ----------
    images
        Arrays ``(H, W)``: grey levels, drawn grey, or feature maps if ``signed``.
    titles
        One title a picture.
    signed
        Use the colours for signed values, zero in the middle, the same scale for all pictures, with a colour
        bar. Unsigned pictures each run from their least value to their largest.

    Returns
    -------
    array of Axes
        One panel a picture.

    Raises
    ------
    ValueError
        If there is not one title for each picture, or a picture has not two axes.
    """
    images = [_two_axes(image, "each image") for image in images]
    _same_length(images, titles, "titles")
    largest = max(max(image.shape) for image in images)
    panels, cell = sheet([image.shape for image in images], titles, cell=2.4 / largest, below=0.5 if signed else 0)
    shared = scale(np.concatenate([image.ravel() for image in images]), signed=True) if signed else None
    for axes, image in zip(panels, images, strict=True):
        grey = mpl.colormaps["gray"], scale(image, signed=False)[1]
        draw_cells(axes, image, cell, show_values=False, colours=shared or grey)
    if shared:
        _add_colour_bar(panels, *shared)
    return np.array(panels, dtype=object)


def _add_colour_bar(panels: Sequence[Axes], colour_map: mpl.colors.Colormap, norm: Normalize) -> None:
    """Say below the panels which colour is which value."""
    figure = panels[0].figure
    width, height = figure.get_size_inches()
    length = min(3.0, width - 0.6)
    place = figure.add_axes(((width - length) / 2 / width, 0.33 / height, length / width, 0.12 / height))
    bar = figure.colorbar(mpl.cm.ScalarMappable(norm, colour_map), cax=place, orientation="horizontal")
    bar.set_ticks([norm.vmin, 0, norm.vmax], labels=[number(norm.vmin), "0", number(norm.vmax)], fontsize=FONT)


def plot_parameter_bars(counts: Mapping[str, int], *, axes: Axes | None = None) -> Axes:
    """Compare numbers of parameters on a logarithmic axis, each number written at its bar.

    Parameters
    ----------
    counts
        Label → number of parameters, at least 1; drawn from top to bottom.
    axes
        Where to draw. New axes if left out.

    Returns
    -------
    Axes
        With one bar a label.

    Raises
    ------
    ValueError
        If there is nothing to draw, or a number is below 1 (a logarithmic axis has no zero).
    """
    if not counts:
        raise ValueError("counts must name at least one number of parameters, but it is empty")
    for label, count in counts.items():
        if count < 1:
            raise ValueError(f"counts[{label!r}] must be at least 1 on a logarithmic axis, not {count}")
    if axes is None:
        figsize = (6, 0.8 + 0.45 * len(counts))
        axes = plt.subplots(figsize=figsize, layout="constrained")[1]
    labels, numbers = list(counts), list(counts.values())
    bars = axes.barh(labels, numbers, color=style.MODEL, edgecolor="black", lw=1, height=0.6)
    axes.bar_label(bars, [f"{count:,}" for count in numbers], padding=4, fontsize=FONT + 1)
    axes.set_xscale("log")
    axes.set_xlim(1, max(numbers) * max(20.0, max(numbers) ** 0.3))  # room for the longest number
    axes.invert_yaxis()
    axes.set_xlabel("parameters (logarithmic axis)", fontsize=FONT)
    axes.minorticks_off()
    return bare(axes)


def plot_value_histograms(samples: Mapping[str, np.ndarray], *, xlabel: str, counted: str = "values") -> np.ndarray:
    """Draw one histogram for each sample, with its mean marked and written.

    Parameters
    ----------
    samples
        Title → values, an array of any shape. All histograms have the same axes.
    xlabel
        What the values are, with their unit if they have one.
    counted
        What is counted, where a value belongs to a thing, such as ``"pictures"``.

    Returns
    -------
    array of Axes
        One panel a sample.

    Raises
    ------
    ValueError
        If there are no samples, or a sample is empty or not finite.
    """
    if not samples:
        raise ValueError("samples must hold at least one sample, but it is empty")
    values = {title: np.asarray(sample, float).ravel() for title, sample in samples.items()}
    for title, sample in values.items():
        if not sample.size or not np.isfinite(sample).all():
            raise ValueError(f"samples[{title!r}] must be finite numbers, at least one")
    bins = _bins(list(values.values()))
    size = (min(3.0 * len(values), 9.0), 2.6)
    _, grid = plt.subplots(1, len(values), figsize=size, layout="constrained", sharey=True, squeeze=False)
    for axes, (title, sample) in zip(grid[0], values.items(), strict=True):
        axes.hist(sample, bins=bins, color=style.DATA)
        mean = sample.mean()
        axes.axvline(mean, color=style.FOCUS, lw=2, ls="--")
        axes.set_title(f"{title}\nmean {mean:.2f} (dashed)", fontsize=FONT + 1)
        axes.set_xlabel(xlabel, fontsize=FONT)
        bare(axes)
    grid[0, 0].set_ylabel(f"number of {counted}", fontsize=FONT)
    return grid[0]


def _bins(samples: Sequence[np.ndarray]) -> np.ndarray:
    """Choose the edges of some 30 bars; the mean of the narrowest sample lies in the middle of a bar."""
    edges = np.histogram_bin_edges(np.concatenate(samples), bins=30)
    width = edges[1] - edges[0]
    mean = min(samples, key=np.std).mean()
    return edges[0] + width * ((mean - edges[0]) / width % 1 - 0.5 + np.arange(-1, 32))


def _two_axes(array: np.ndarray, name: str) -> np.ndarray:
    """Return ``array`` as floats, or say that it has not two axes."""
    array = np.asarray(array, float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{name} must have the shape (H, W), not {array.shape}")
    return array


def _same_length(arrays: Sequence, partners: Sequence, name: str) -> None:
    """Say that there are not as many ``partners`` as ``arrays``, if so."""
    if len(arrays) != len(partners) or not len(arrays):
        raise ValueError(f"{name} must be {len(arrays)} (one an array) and at least 1, not {len(partners)}")
