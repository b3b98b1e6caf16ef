"""Figures of lab 06: curves over epochs, confusions, kernels of the first layer."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing.cells import ink_on
from course_utils.drawing.frames import FONT, LINES, bare, described
from course_utils.drawing.pictures import as_images, draw_picture, plot_pictures


def plot_history(histories: Any, *, chance: float | None = None) -> np.ndarray:
    """Draw the loss, and the accuracy where there is one, over the epochs.

    Parameters
    ----------
    histories
        What `course_utils.training.fit` or `run_epochs` returned, or a dict: name → history, at most four.
    chance
        Accuracy of guessing, from 0 to 1: a thin grey line.

    Returns
    -------
    array of Axes
        One panel, or two where there are accuracies.

    Raises
    ------
    ValueError
        If there are no epochs, or more than four histories.
    """
    named = histories if isinstance(histories, Mapping) else {"": histories}
    if not 1 <= len(named) <= len(LINES) or any(not len(each.loss) for each in named.values()):
        raise ValueError(f"histories must be 1 to {len(LINES)}, each with an epoch at least; there are {len(named)}")
    both = any(each.accuracy for each in named.values())
    panels = plt.subplots(1, 1 + both, figsize=(3.2 * (1 + both), 2.8), layout="constrained", squeeze=False)[1][0]
    for (name, history), (colour, dashes, marker) in zip(named.items(), LINES, strict=False):
        look = {"color": getattr(style, colour), "ls": dashes, "marker": marker, "ms": 5, "lw": 1.8, "label": name}
        for axes, values in zip(panels, (history.loss, history.accuracy), strict=False):
            axes.plot(range(1, len(values) + 1), values, **look)
    for axes, label in zip(panels, ("mean training loss", "accuracy on validation pictures"), strict=False):
        axes.set_xlabel("epoch", fontsize=FONT)
        axes.set_ylabel(label, fontsize=FONT)
        axes.xaxis.get_major_locator().set_params(integer=True)
        bare(axes)
    panels[0].set_ylim(bottom=0)
    if both:
        panels[1].set_ylim(0, 1)
        if chance is not None:
            panels[1].axhline(chance, color="0.5", lw=1.5, ls=(0, (1, 2)))
            place = {"transform": panels[1].get_yaxis_transform(), "ha": "right"}  # where a curve has left it behind
            panels[1].text(0.99, chance + 0.02, "chance", color="0.35", fontsize=FONT, **place)
    if "" not in named:
        panels[-1].legend(frameon=False, fontsize=FONT)
    return panels


def plot_confusion(confusion: Any, classes: Sequence[str], *, examples: Any = None) -> Axes:
    """Draw a confusion matrix: rows are the true classes, columns the predicted ones; each count is written.

    Parameters
    ----------
    confusion
        Counts ``(K, K)``, as your own `evaluate` returned them.
    classes
        The names of the ``K`` classes.
    examples
        Pictures of `course_utils.data`: the first of each class is drawn before its row.

    Returns
    -------
    Axes
        Of the matrix. Colours say the share of the true class, so that rows of unequal size compare.

    Raises
    ------
    ValueError
        If there are not ``K`` rows and columns for ``K`` classes, or a count is negative.
    """
    counts = np.asarray(confusion, float)
    number = len(classes)
    if counts.shape != (number, number) or not (counts >= 0).all():
        raise ValueError(f"confusion must hold counts of the shape ({number}, {number}), not {counts.shape}")
    cell = min(0.55, 6.2 / number)
    size = (cell * number + 2.4, cell * number + 1.6)
    axes = plt.subplots(figsize=size, layout="constrained")[1]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    colours = mpl.colormaps[style.INTENSITY]
    axes.imshow(shares, cmap=colours, vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        bold = {"weight": "bold"} if row == column else {}
        ink = ink_on(colours(shares[row, column]))
        axes.text(column, row, f"{count:g}", ha="center", va="center", color=ink, fontsize=FONT, **bold)
    axes.set_xticks(range(number), classes, rotation=45, ha="right", rotation_mode="anchor", fontsize=FONT)
    axes.set_yticks(range(number), classes, fontsize=FONT)
    axes.set_xlabel("predicted (colour: share of the row)", fontsize=FONT)
    axes.set_ylabel("true", fontsize=FONT)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if examples is not None:
        _draw_examples(axes, examples, number)
    return axes


def _draw_examples(axes: Axes, examples: Any, number: int) -> None:
    """Draw the first picture of each class at the right of its row."""
    images = as_images(examples.images)
    for label in range(number):
        here = np.flatnonzero(examples.labels == label)
        if len(here):
            box = axes.inset_axes((number - 0.4, label - 0.45, 0.9, 0.9), transform=axes.transData)
            box.set_axis_off()
            draw_picture(box, images[here[0]])


@described("Small colour pictures of kernels of 5×5 pixels, some with a change of brightness or colour across them.")
def plot_first_kernels(weight: Any, *, columns: int = 8) -> np.ndarray:
    """Draw the kernels of a first layer as colour pictures, grey where a weight is zero.

    Parameters
    ----------
    weight
        ``(C_out, 3, K, K)``, such as ``model.conv1.weight``. One scale for all: the largest weight is black or full
        colour.
    columns
        Kernels in a row.

    Returns
    -------
    array of Axes
        One panel a kernel.

    Raises
    ------
    ValueError
        If the kernels have not three channels.
    """
    weights = np.asarray(weight.detach() if hasattr(weight, "detach") else weight, float)
    if weights.ndim != 4 or weights.shape[1] != 3:
        raise ValueError(f"weight must have the shape (C_out, 3, K, K), not {weights.shape}")
    limit = np.abs(weights).max() or 1.0
    titles = [f"kernel {number}" for number in range(len(weights))]
    pictures = (0.5 + 0.5 * weights / limit).astype(np.float32)
    return plot_pictures(pictures, titles, columns=columns, caption="weights: grey is zero, bright is positive")
