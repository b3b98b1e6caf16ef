"""Figures of lab 01: neurons, layers, lines through points, the way of gradient descent.

What a neuron answers is computed by PyTorch.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from course_utils import style
from course_utils.data.weather import Days
from course_utils.drawing import described, plot_images, plot_parameter_bars, show
from course_utils.drawing.cells import number
from course_utils.drawing.frames import FONT, bare

__all__ = [
    "plot_coarse_photo",
    "plot_days",
    "plot_descent",
    "plot_images",
    "plot_layer_shapes",
    "plot_line",
    "plot_network",
    "plot_neurons",
    "plot_parameter_bars",
    "plot_picture_layers",
    "plot_round_descent",
    "plot_shapes",
    "plot_straight_stack",
    "plot_three_neurons",
    "plot_two_layers",
    "plot_valley_descent",
    "show",
]

RADIUS = 0.32
WIDEST = 4.5  # points: an edge with the largest weight


def plot_neurons(neurons: Sequence[tuple[Sequence[float], Sequence[float], float]]) -> np.ndarray:
    """Draw linear neurons: inputs, weights on the edges, the bias from above, the output; one scale of widths for all.

    Parameters
    ----------
    neurons
        For each ``(x, weight, bias)``: as many inputs as weights, at most 5.

    Returns
    -------
    array of Axes
        One panel a neuron.

    Raises
    ------
    ValueError
        If there is no neuron, or inputs and weights differ in number.
    """
    if not neurons or any(len(x) != len(weight) or not 1 <= len(x) <= 5 for x, weight, _ in neurons):
        raise ValueError("each neuron must have 1 to 5 inputs and as many weights")
    rows = max(len(x) for x, _, _ in neurons)
    size = (min(3.0 * len(neurons), 9.0), 0.6 + 0.6 * rows)
    _, grid = plt.subplots(1, len(neurons), figsize=size, layout="constrained", squeeze=False)
    largest = max(1e-9, *(abs(float(strength)) for _, weight, bias in neurons for strength in (*weight, bias)))
    for axes, (x, weight, bias) in zip(grid[0], neurons, strict=True):
        _draw_neuron(axes, np.asarray(x, float), np.asarray(weight, float), float(bias), largest)
    return grid[0]


def neuron_output(x, weight, bias) -> float:
    """Ask PyTorch for the output of a linear neuron."""
    x, weight, bias = (torch.as_tensor(np.atleast_1d(np.asarray(values, float))) for values in (x, weight, bias))
    return float(F.linear(x, weight[None], bias))


def _draw_neuron(axes: Axes, x: np.ndarray, weight: np.ndarray, bias: float, largest: float) -> None:
    heights = np.arange(len(x))[::-1] - (len(x) - 1) / 2
    for height, value, strength in zip(heights, x, weight, strict=True):
        _edge(axes, (-2.2, height), (0, 0), strength, largest)
        _node(axes, -2.2, height, number(value), style.DATA, "white")
        axes.text(-1.35, height * 1.35 / 2.2, number(strength), ha="center", va="center", **_LABEL)
    top = heights[0] + 0.35
    _edge(axes, (0, top), (0, 0), bias, largest)
    axes.text(0, top + 0.05, f"bias {number(bias)}", ha="center", va="bottom", **_LABEL)
    axes.annotate("", (1.15, 0), (RADIUS, 0), arrowprops={"arrowstyle": "-|>", "color": "0.2", "lw": 1.5})
    _node(axes, 0, 0, "Σ", style.MODEL, "black")
    axes.text(1.2, 0, f"z = {number(neuron_output(x, weight, bias))}", va="center", fontsize=FONT + 3)
    axes.set_xlim(-2.7, 2.5)
    axes.set_ylim(heights[-1] - 0.5, top + 0.5)
    axes.set_aspect("equal")
    axes.set_axis_off()


_LABEL = {"fontsize": FONT + 1, "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.8}, "zorder": 3}


def _edge(axes: Axes, start, end, strength: float, largest: float) -> None:
    """Draw an edge as thick as its weight is large, dashed if it is negative."""
    width = 0.8 + (WIDEST - 0.8) * abs(strength) / largest
    colour = "0.75" if strength == 0 else "0.35"
    axes.plot(*zip(start, end, strict=True), lw=width, ls="--" if strength < 0 else "-", color=colour, zorder=1)


def _node(axes: Axes, x: float, y: float, text: str, colour: str, ink: str) -> None:
    axes.add_patch(Circle((x, y), RADIUS, facecolor=colour, edgecolor="black", lw=1, zorder=2))
    axes.text(x, y - 0.02, text, ha="center", va="center", color=ink, fontsize=FONT + 1, zorder=3)


def plot_network(sizes: Sequence[int], *, names: Sequence[str] = ()) -> Axes:
    """Draw the units of a network of dense layers, every unit with edges to all of the layer before.

    Parameters
    ----------
    sizes
        Units of each layer, inputs first; each from 1 to 8.
    names
        What stands below each layer.

    Raises
    ------
    ValueError
        If a size is out of its range, or there are not as many names as layers.
    """
    if len(sizes) < 2 or not all(1 <= size <= 8 for size in sizes):
        raise ValueError(f"sizes must be two or more, each from 1 to 8, not {tuple(sizes)}")
    names = names or [""] * len(sizes)
    if len(names) != len(sizes):
        raise ValueError(f"names must be {len(sizes)}, one a layer, not {len(names)}")
    axes = plt.subplots(figsize=(6, 0.6 + 0.55 * max(sizes)), layout="constrained")[1]
    places = [[(3 * layer, (size - 1) / 2 - unit) for unit in range(size)] for layer, size in enumerate(sizes)]
    for before, after in pairwise(places):
        for start in before:
            for end in after:
                axes.plot(*zip(start, end, strict=True), color="0.6", lw=1, zorder=1)
    for layer, (column, name) in enumerate(zip(places, names, strict=True)):
        for x, y in column:
            axes.add_patch(Circle((x, y), 0.3, fc=style.MODEL if layer else style.DATA, ec="black", lw=1, zorder=2))
        axes.text(3 * layer, -max(sizes) / 2 - 0.25, name, ha="center", va="top", fontsize=FONT + 1)
    axes.set_xlim(-1.2, 3 * (len(sizes) - 1) + 1.2)
    axes.set_ylim(-max(sizes) / 2 - 0.7, max(sizes) / 2)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return axes


def plot_shapes(boxes: Sequence[tuple[str, tuple[int, ...]]], *, marks: Sequence[str] = ()) -> Axes:
    """Draw matrices as boxes whose sides show their shapes, in a row.

    Parameters
    ----------
    boxes
        For each ``(name, (rows, columns))``. The sides are drawn on a compressed scale.
    marks
        What stands between two neighbours, such as ``"@"`` or ``"="``.

    Raises
    ------
    ValueError
        If there are no boxes, or not one mark between each two.
    """
    marks = list(marks) or [""] * (len(boxes) - 1)
    if not boxes or len(marks) != len(boxes) - 1:
        raise ValueError(
            f"marks must be {len(boxes) - 1}, one between each two of {len(boxes)} boxes, not {len(marks)}"
        )
    sides = [tuple(0.35 + 0.42 * np.sqrt(side) for side in shape) for _, shape in boxes]
    tallest = max(height for height, _ in sides)
    total = sum(max(width, 1.1) for _, width in sides) + 0.7 * len(marks)
    axes = plt.subplots(figsize=(min(9.0, 0.85 * total), 0.7 * tallest + 0.9))[1]
    left = 0.0
    for index, ((name, shape), (height, width)) in enumerate(zip(boxes, sides, strict=True)):
        room = max(width, 1.1)
        colour = style.MODEL if name.startswith(("W", "b")) else style.DATA
        corner = (left + (room - width) / 2, -height / 2)
        axes.add_patch(plt.Rectangle(corner, width, height, fc=colour, ec="black", lw=1, alpha=0.85))
        axes.text(left + room / 2, tallest / 2 + 0.12, name, ha="center", va="bottom", fontsize=FONT + 2)
        text = f"({', '.join(map(str, shape))})"
        axes.text(left + room / 2, -tallest / 2 - 0.12, text, ha="center", va="top", fontsize=FONT + 1)
        left += room
        if index < len(marks):
            axes.text(left + 0.35, 0, marks[index], ha="center", va="center", fontsize=FONT + 4)
            left += 0.7
    axes.set_xlim(-0.1, left + 0.1)
    axes.set_ylim(-tallest / 2 - 0.6, tallest / 2 + 0.6)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return axes


def plot_line(
    x: np.ndarray, y: np.ndarray, lines: Mapping[str, tuple[float, float]], *, xlabel: str, ylabel: str
) -> Axes:
    """Draw points and straight lines.

    Parameters
    ----------
    x, y
        ``(N,)`` each.
    lines
        Label → ``(slope, intercept)``; each has a line style of its own.
    xlabel, ylabel
        With units.
    """
    axes = plt.subplots(figsize=(5, 3.2), layout="constrained")[1]
    axes.plot(x, y, "o", color=style.DATA, ms=4, alpha=0.6)
    ends = np.array([np.min(x), np.max(x)])
    for (label, (slope, intercept)), look in zip(lines.items(), ("-", "--", ":", "-.") * 9, strict=False):
        axes.plot(
            ends, slope * ends + intercept, look, color=style.FOCUS if look == "-" else "0.15", lw=2.5, label=label
        )
    axes.set_xlabel(xlabel, fontsize=FONT)
    axes.set_ylabel(ylabel, fontsize=FONT)
    if lines:
        axes.legend(fontsize=FONT, frameon=False)
    return bare(axes)


def plot_descent(
    x: np.ndarray,
    y: np.ndarray,
    ways: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    names: tuple[str, str] = ("w", "b"),
    same_scale: bool = False,
) -> np.ndarray:
    """Draw ways of gradient descent over the contours of the mean squared error of a line.

    Parameters
    ----------
    x, y
        ``(N,)`` each: the data that make the contours.
    ways
        Title → ``(w, b)``, the parameters after each step; one panel each. A way that leaves the panel is cut.
    names
        Of the two axes, with units.
    same_scale
        Give a step in w and a step in b the same length on paper.

    Returns
    -------
    array of Axes
        One panel a way; the minimum is a green star.

    Raises
    ------
    ValueError
        If there are no ways.
    """
    if not ways:
        raise ValueError("ways must hold at least one way, but it is empty")
    x, y = np.asarray(x, float), np.asarray(y, float)
    best = best_line(x, y)
    size = (min(3.3 * len(ways), 9.0), 3.1)
    _, grid = plt.subplots(1, len(ways), figsize=size, layout="constrained", squeeze=False)
    for axes, (title, (w, b)) in zip(grid[0], ways.items(), strict=True):
        w, b = np.asarray(w, float), np.asarray(b, float)
        spans = [_span(values, centre) for values, centre in ((w, best[0]), (b, best[1]))]
        if same_scale:
            spans = _widen(spans)
            axes.set_aspect("equal")
        _contours(axes, x, y, *spans)
        seen = _until_it_leaves(w, b, *spans)
        thin = seen > 6  # steps that lie close together would run into one smear
        look = {"lw": 0.5 if thin else 1.2, "ms": 3 if thin else 4, "mec": "white", "mew": 0.4}
        axes.plot(w[:seen], b[:seen], "-o", color=style.FOCUS, **look)
        axes.plot(w[0], b[0], "s", color="black", ms=7)
        axes.plot(*best, "*", color=style.TRUTH, ms=14, mec="black")
        axes.set_xlim(*spans[0])
        axes.set_ylim(*spans[1])
        axes.set_title(title, fontsize=FONT + 1)
        axes.set_xlabel(names[0], fontsize=FONT)
        bare(axes)
    grid[0, 0].set_ylabel(names[1], fontsize=FONT)
    return grid[0]


def best_line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Find the slope and the intercept with the least squared error, with NumPy's least squares."""
    slope, intercept = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y, rcond=None)[0]
    return float(slope), float(intercept)


def _span(values: np.ndarray, centre: float) -> tuple[float, float]:
    """Choose limits around the minimum that show the start, and twice as much if the way overshoots."""
    first = max(abs(values[0] - centre), 0.5)
    farthest = np.abs(np.nan_to_num(values, posinf=1e300, neginf=-1e300) - centre).max()
    reach = 1.2 * min(max(first, farthest), 2.5 * first)
    return centre - reach, centre + reach


def _widen(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Give all limits the reach of the widest."""
    reach = max(high - low for low, high in spans) / 2
    return [((low + high) / 2 - reach, (low + high) / 2 + reach) for low, high in spans]


def _until_it_leaves(w: np.ndarray, b: np.ndarray, w_span, b_span) -> int:
    """Count the steps to be drawn: up to the first one beyond the panel that is followed by none inside."""
    inside = (w_span[0] <= w) & (w <= w_span[1]) & (b_span[0] <= b) & (b <= b_span[1])
    last = np.flatnonzero(inside)[-1] if inside.any() else 0
    finite = np.isfinite(w) & np.isfinite(b)
    return int(min(last + 2, finite.sum()))


def loss_grid(x: np.ndarray, y: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compute the mean squared error of every line: ``(len(b), len(w))``."""
    lines = torch.as_tensor(w)[None, :, None] * torch.as_tensor(x) + torch.as_tensor(b)[:, None, None]
    return F.mse_loss(lines, torch.as_tensor(y).expand_as(lines), reduction="none").mean(-1).numpy()


def _contours(axes: Axes, x, y, w_span, b_span) -> None:
    w, b = np.linspace(*w_span, 80), np.linspace(*b_span, 80)
    loss = loss_grid(x, y, w, b)
    levels = loss.min() + (loss.max() - loss.min()) * np.linspace(0, 1, 12)[1:] ** 2.5
    axes.contour(w, b, loss, levels=levels, cmap=style.INTENSITY, linewidths=1.5)


# --- the lesson's own, each with its text


@described(
    "A photograph of a man with a camera at 128 by 128 pixels, and the same at 8 by 8: a computer gets numbers, row by "
    "row."
)
def plot_coarse_photo(photo: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Show a photograph and the same with few pixels."""
    return plot_images([photo, small], ["128×128 pixels", "8×8 pixels: 64 numbers"])


@described(
    "Three neurons with the weights 3, 1 and −2. The first has the inputs 1, 4, 2 and the bias 5 and answers 8; "
    "without the bias it answers 3; with the second input doubled to 8 the first answers 12."
)
def plot_three_neurons(x: Sequence[float], weight: Sequence[float], bias: float) -> np.ndarray:
    """Draw a neuron, the same without its bias, and with its second input doubled."""
    doubled = (x[0], 2 * x[1], *x[2:])
    return plot_neurons([(x, weight, bias), (x, weight, 0), (doubled, weight, bias)])


@described(
    "Matrices as boxes: X of shape (5, 2) times W transposed of shape (2, 3) plus a row b gives Z of shape (5, 3)."
)
def plot_layer_shapes() -> Axes:
    """Draw the matrices of a dense layer on a batch."""
    return plot_shapes([("X", (5, 2)), ("W.T", (2, 3)), ("b", (1, 3)), ("Z", (5, 3))], marks=["@", "+", "="])


@described(
    "A network of three inputs, five hidden units and two outputs; every unit is connected to all units of the layer "
    "before."
)
def plot_two_layers() -> Axes:
    """Draw a network of two layers."""
    return plot_network([3, 5, 2], names=["x: inputs", "h: hidden units", "o: outputs"])


@described(
    "A cloud of 1,461 days, rising from about 8 °C on days of eight hours to about 25 °C on days of sixteen, and two "
    "straight lines that do not fit well."
)
def plot_days(days: Days, lines: Mapping[str, tuple[float, float]]) -> Axes:
    """Draw the days of section 4 and some lines through them."""
    return plot_line(days.hours, days.temperature, lines, xlabel="daylight (hours)", ylabel="highest temperature (°C)")


@described("Twenty-five answers of two stacked linear layers lie exactly on one straight line.")
def plot_straight_stack(inputs: np.ndarray, answers: np.ndarray) -> Axes:
    """Draw what a stack of linear layers answers, and the line through it."""
    slope, intercept = np.polyfit(inputs, answers, 1)
    line = {"a straight line": (float(slope), float(intercept))}
    return plot_line(inputs, answers, line, xlabel="input", ylabel="output of the stack")


@described(
    "Parameters of dense layers on pictures, on a logarithmic axis: from 650 for 8×8 pixels and 10 units to 15 million "
    "for 100×100 pixels in colour and 500 units."
)
def plot_picture_layers(counts: Mapping[str, int]) -> Axes:
    """Compare dense layers on pictures."""
    return plot_parameter_bars(counts)


@described(
    "Three walks over contours that are circles: with 0.03 the walk has not yet arrived, with 0.4 it arrives in a few "
    "steps, with 0.8 it jumps across the star again and again and comes nearer."
)
def plot_round_descent(x: np.ndarray, y: np.ndarray, ways: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Draw three walks over the loss of the standardised hours."""
    return plot_descent(x, y, ways, names=("w (°C per standard deviation)", "b (°C)"), same_scale=True)


@described(
    "Three walks in a narrow slanted valley: with 0.001 the walk reaches the valley and creeps, with 0.005 it "
    "zigzags first, with 0.01 it leaves the map at once."
)
def plot_valley_descent(days: Days, ways: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Draw three walks over the loss of the hours as they are."""
    return plot_descent(days.hours, days.temperature, ways, names=("w (°C per hour)", "b (°C)"))


@described(
    "How far the line is above the least error, epoch by epoch, on a logarithmic axis. All days at once fall slowly "
    "and evenly; batches of 1 fall at once and then jump up and down; batches of 16 and 128 get lowest."
)
def plot_batch_sizes(curves: Mapping[int, Sequence[float]]) -> Axes:
    """Compare batch sizes by epoch."""
    axes = plt.subplots(figsize=(5.5, 3.2), layout="constrained")[1]
    looks = (("o-", style.DATA), ("s--", style.MODEL), ("^:", style.TRUTH), ("D-.", style.FOCUS))
    for (size, above), (look, colour) in zip(curves.items(), looks * len(curves), strict=False):
        axes.plot(range(len(above)), above, look, color=colour, lw=2, ms=6, label=f"batches of {size:,}")
    axes.set_yscale("log")
    axes.set_xlabel("epochs", fontsize=FONT)
    axes.set_ylabel("MSE above the least (°C²)", fontsize=FONT)
    axes.legend(fontsize=FONT, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return bare(axes)
