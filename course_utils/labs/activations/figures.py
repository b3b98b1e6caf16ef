"""Figures of lab 02: curves and slopes, gradients layer by layer, the folded line, regions of step units.

Curves, slopes and regions are computed by PyTorch.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing import described, show
from course_utils.drawing.frames import FONT, bare
from course_utils.labs.activations.garments import Run

__all__ = [
    "plot_bent_line",
    "plot_cat_dog_cow",
    "plot_curves",
    "plot_curves_and_slopes",
    "plot_folding",
    "plot_four_networks",
    "plot_gradient_flow",
    "plot_joined_half_planes",
    "plot_output_functions",
    "plot_regions",
    "plot_three_curves",
    "plot_three_scales",
    "show",
]

CURVES = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda z: 1 * z}
_LINES = {"sigmoid": "-", "tanh": "--", "relu": "-.", "identity": ":"}
_COLOURS = {"sigmoid": "DATA", "tanh": "MODEL", "relu": "TRUTH", "identity": "FOCUS"}
_NAMES = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "identity": "identity"}


def look_of(name: str) -> tuple[str, str]:
    """Return the colour of an activation function's curve, and its dashes as SVG writes them."""
    return getattr(style, _COLOURS[name]), {"-": "none", "--": "10 4", "-.": "12 4 3 4", ":": "3 4"}[_LINES[name]]


def curve_and_slope(name: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ask PyTorch for an activation function and, by autograd, its slope.

    Parameters
    ----------
    name
        One of :data:`CURVES`.
    z
        Numbers, an array of any shape.

    Raises
    ------
    ValueError
        If there is no such function.
    """
    if name not in list(CURVES):
        raise ValueError(f"there are the curves {', '.join(CURVES)}; not {name!r}")
    with torch.enable_grad():
        z = torch.tensor(np.asarray(z, float), requires_grad=True)
        value = CURVES[name](z)
        (slope,) = torch.autograd.grad(value.sum(), z)
    return value.detach().numpy(), slope.numpy()


def plot_curves(
    names: Sequence[str],
    *,
    slopes: bool = False,
    labels: Sequence[str] | None = None,
    span: float = 4.0,
) -> np.ndarray:
    """Draw activation functions over one axis, and beside them their slopes.

    Parameters
    ----------
    names
        Some of :data:`CURVES`.
    slopes
        Add a second panel with the slopes.
    labels
        What to write at the curves; their names if left out.
    span
        z runs from ``-span`` to ``span``.

    Returns
    -------
    array of Axes
        One panel, or two.

    Raises
    ------
    ValueError
        If there is no such function, or not one label for each.
    """
    labels = [_NAMES.get(name, name) for name in names] if labels is None else list(labels)
    if len(labels) != len(names) or not labels:
        raise ValueError(f"labels must be {len(names)} (one a curve) and at least 1, not {len(labels)}")
    z = np.linspace(-span, span, 401)
    size = (8, 3.2) if slopes else (4.6, 3.2)
    _, panels = plt.subplots(1, 1 + slopes, figsize=size, layout="constrained", squeeze=False)
    for name, label in zip(names, labels, strict=True):
        values = curve_and_slope(name, z)
        for axes, curve in zip(panels[0], values, strict=False):
            colour = getattr(style, _COLOURS[name])
            axes.plot(z, curve, label=label, color=colour, ls=_LINES[name], lw=2.2)
    for axes, text in zip(panels[0], ("activation", "slope"), strict=False):
        axes.axhline(0, color="0.7", lw=0.8, zorder=0)
        axes.axvline(0, color="0.7", lw=0.8, zorder=0)
        axes.set_xlabel("z (sum of a unit)", fontsize=FONT)
        axes.set_ylabel(text, fontsize=FONT)
        bare(axes)
    panels[0, 0].set_ylim(-1.25, 2.25)
    panels[0, 0].legend(fontsize=FONT, frameon=False, handlelength=3.2, loc="upper left")
    return panels[0]


def plot_gradient_flow(sizes: Mapping[str, Sequence[float]]) -> np.ndarray:
    """Draw how large the gradient is at each layer: one panel of bars a net, on one logarithmic axis.

    Parameters
    ----------
    sizes
        Title → size of the gradient at each layer, first to last, all above 0.

    Returns
    -------
    array of Axes
        One panel a net.

    Raises
    ------
    ValueError
        If there is nothing to draw or a size is not above 0 (a logarithmic axis has no zero).
    """
    if not sizes:
        raise ValueError("sizes must hold at least one net, but it is empty")
    values = {title: np.asarray(one, float) for title, one in sizes.items()}
    for title, one in values.items():
        if not one.size or not (one > 0).all():
            raise ValueError(f"sizes[{title!r}] must be numbers above 0, at least one")
    everything = np.concatenate(list(values.values()))
    figsize = (min(9.0, 0.6 + 2.7 * len(values)), 2.8)
    _, grid = plt.subplots(1, len(values), figsize=figsize, layout="constrained", sharey=True, squeeze=False)
    floor = 10.0 ** (np.floor(np.log10(everything.min())) - 0.3)
    for axes, (title, one) in zip(grid[0], values.items(), strict=True):
        axes.bar(np.arange(1, len(one) + 1), one, color=style.MODEL, edgecolor="black", lw=0.8)
        axes.axhline(one[-1], color=style.FOCUS, ls="--", lw=1.5)
        axes.set_yscale("log")
        axes.set_ylim(floor, 10.0 ** (np.ceil(np.log10(everything.max())) + 0.3))
        axes.set_xticks(np.arange(1, len(one) + 1))
        axes.set_title(f"{title}\nfirst / last = {one[0] / one[-1]:.2g}", fontsize=FONT + 1)
        axes.set_xlabel("layer (1 = first)", fontsize=FONT)
        axes.minorticks_off()
        bare(axes)
    grid[0, 0].set_ylabel("size of the gradient\n(root mean square)", fontsize=FONT)
    return grid[0]


_CLASSES = ((0, "o", "DATA", "outside (0)"), (1, "s", "MODEL", "middle (1)"))


def plot_folding(
    x: np.ndarray, y: np.ndarray, hidden: np.ndarray, *, cut: tuple[Sequence[float], float] | None = None
) -> np.ndarray:
    """Draw points on a line, and where two hidden units put them in a plane.

    Parameters
    ----------
    x, y
        Points ``(N,)`` on the line and their classes, 0 or 1.
    hidden
        ``(N, 2)``: what the two hidden units answer to each point.
    cut
        Weights ``(2,)`` and bias of the output unit; its boundary is drawn in the plane.

    Returns
    -------
    array of Axes
        The line and the plane.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    x, y, hidden = np.asarray(x, float), np.asarray(y), np.asarray(hidden, float)
    if x.ndim != 1 or y.shape != x.shape or hidden.shape != (len(x), 2):
        raise ValueError(f"x and y must be (N,) and hidden (N, 2), not {x.shape}, {y.shape} and {hidden.shape}")
    _, panels = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained", gridspec_kw={"width_ratios": [1.15, 1]})
    line, plane = panels
    line.axhline(0, color="0.6", lw=1)
    order = np.argsort(x)
    plane.plot(*hidden[order].T, color="0.6", lw=1.2, zorder=1)
    for label, marker, colour, name in _CLASSES:
        mine = y == label
        look = {"marker": marker, "s": 34, "color": getattr(style, colour), "edgecolor": "black", "lw": 0.6}
        look["zorder"] = 3
        line.scatter(x[mine], np.zeros(mine.sum()), label=name, **look)
        plane.scatter(*hidden[mine].T, **look)
    line.set_ylim(-1, 1.4)
    line.set_yticks([])
    line.set_xticks([-1, -0.5, 0, 0.5, 1])
    line.spines["left"].set_visible(False)
    line.set_xlabel("x", fontsize=FONT)
    line.set_title("the line", fontsize=FONT + 1)
    line.legend(fontsize=FONT, frameon=False, loc="upper center", ncols=2)
    room = 0.08 * max(np.ptp(hidden, axis=0).max(), 0.5)
    low, high = hidden.min(axis=0) - room, hidden.max(axis=0) + room
    plane.set_xlim(low[0], high[0])
    plane.set_ylim(low[1], high[1])
    if cut is not None:
        _draw_cut(plane, np.asarray(cut[0], float), float(cut[1]), low, high)
    plane.set_xlabel("hidden unit 1", fontsize=FONT)
    plane.set_ylabel("hidden unit 2", fontsize=FONT)
    plane.set_title("the plane of the hidden units", fontsize=FONT + 1)
    for axes in panels:
        bare(axes)
    return panels


def _draw_cut(axes: Axes, weight: np.ndarray, bias: float, low, high) -> None:
    """Draw the line ``weight · h + bias = 0`` through the box."""
    if abs(weight[1]) >= abs(weight[0]) and weight[1]:
        ends = np.array([low[0], high[0]])
        points = (ends, -(weight[0] * ends + bias) / weight[1])
    elif weight[0]:
        ends = np.array([low[1], high[1]])
        points = (-(weight[1] * ends + bias) / weight[0], ends)
    else:
        return
    axes.plot(*points, color=style.FOCUS, ls="--", lw=2, zorder=2)


Params = Sequence[tuple[Sequence, Sequence]]


def step_net(params: Params, points: np.ndarray) -> np.ndarray:
    """Return the output sums (N,) of a net of step units for points (N, 2); weights are (out, in)."""
    h = torch.as_tensor(np.asarray(points, float))
    for number, (weight, bias) in enumerate(params):
        layer = [torch.as_tensor(np.asarray(array, float)) for array in (weight, bias)]
        z = torch.nn.functional.linear(h, layer[0], layer[1].reshape(-1))
        h = z if number == len(params) - 1 else (z > 0).double()
    return h[:, 0].numpy()


def plot_regions(
    nets: Sequence[Params], titles: Sequence[str], *, span: float = 3.0, diagrams: bool = False
) -> np.ndarray:
    """Draw where nets of step units say yes.

    Parameters
    ----------
    nets
        Each a list of ``(weight (out, in), bias (out,))``, two inputs and one output. The output unit says yes
        where its sum is above 0.
    titles
        One title a net.
    span
        Both inputs run from ``-span`` to ``span``.
    diagrams
        Draw the units and their connections above each panel.

    Returns
    -------
    array of Axes
        One panel a net.

    Raises
    ------
    ValueError
        If there is not one title for each net, at least one.
    """
    if len(nets) != len(titles) or not len(nets):
        raise ValueError(f"titles must be {len(nets)} (one a net) and at least 1, not {len(titles)}")
    rows = 2 if diagrams else 1
    size = (min(9.0, 2.6 * len(nets)), 2.9 + 1.5 * diagrams)
    _, grid = plt.subplots(
        rows, len(nets), figsize=size, layout="constrained", squeeze=False,
        gridspec_kw={"height_ratios": [1, 2][-rows:] if diagrams else [1]},
    )  # fmt: skip
    for column, (net, title) in enumerate(zip(nets, titles, strict=True)):
        if diagrams:
            _draw_units(grid[0, column], [2, *(len(np.atleast_1d(bias)) for _, bias in net)])
            grid[0, column].set_title(title, fontsize=FONT + 1)
        else:
            grid[0, column].set_title(title, fontsize=FONT + 1)
        _draw_region(grid[-1, column], net, span)
    return grid[-1]


def _draw_region(axes: Axes, net: Params, span: float) -> None:
    ticks = np.linspace(-span, span, 241)
    across, up = np.meshgrid(ticks, ticks)
    yes = step_net(net, np.stack([across.ravel(), up.ravel()], axis=1)).reshape(across.shape) > 0
    axes.contourf(across, up, yes, levels=[0.5, 1.5], colors=[style.MODEL], alpha=0.55, hatches=["//"])
    weight, bias = (np.asarray(array, float) for array in net[0])
    for w, b in zip(weight, np.ravel(bias), strict=True):
        _draw_cut(axes, w, b, (-span, -span), (span, span))
    axes.set_xlim(-span, span)
    axes.set_ylim(-span, span)
    axes.set_aspect("equal")
    axes.set_xticks([-2, 0, 2])
    axes.set_yticks([-2, 0, 2])
    axes.set_xlabel("x1", fontsize=FONT)
    axes.set_ylabel("x2", fontsize=FONT)
    bare(axes)


def _draw_units(axes: Axes, sizes: Sequence[int]) -> None:
    """Draw a net from left to right: circles in columns, lines between them."""
    most = max(sizes)
    places = [[(column, row - (size - 1) / 2) for row in range(size)] for column, size in enumerate(sizes)]
    for left, right in pairwise(places):
        for one in left:
            for other in right:
                axes.plot(*zip(one, other, strict=True), color="0.6", lw=0.8, zorder=1)
    for column, units in enumerate(places):
        colour = style.DATA if column == 0 else "white" if column < len(places) - 1 else style.MODEL
        axes.scatter(*zip(*units, strict=True), s=70, color=colour, edgecolor="black", lw=1, zorder=2)
    axes.set_xlim(-0.6, max(len(sizes) - 0.4, 3.4))
    axes.set_ylim(-most / 2 - 0.3, most / 2 + 0.3)
    axes.set_axis_off()


def plot_output_functions(scores: Sequence[float], labels: Sequence[str]) -> np.ndarray:
    """Draw what identity, sigmoid and softmax make of the same scores.

    Parameters
    ----------
    scores
        One number for each output unit.
    labels
        One name for each output unit.

    Returns
    -------
    array of Axes
        Three panels.

    Raises
    ------
    ValueError
        If there is not one label for each score, at least one.
    """
    if len(scores) != len(labels) or not len(scores):
        raise ValueError(f"labels must be {len(scores)} (one a score) and at least 1, not {len(labels)}")
    values = torch.tensor(list(scores), dtype=torch.float64)
    shown = {"identity": values, "sigmoid": torch.sigmoid(values), "softmax": torch.softmax(values, 0)}
    _, panels = plt.subplots(1, 3, figsize=(8, 2.5), layout="constrained")
    for axes, (title, numbers) in zip(panels, shown.items(), strict=True):
        bars = axes.bar(labels, numbers.numpy(), color=style.MODEL, edgecolor="black", lw=1)
        axes.bar_label(bars, [f"{number:.2f}" for number in numbers.tolist()], padding=2, fontsize=FONT)
        axes.axhline(0, color="black", lw=0.8)
        axes.margins(y=0.18)
        axes.set_title(f"{title}\nsum {numbers.sum().item():.2f}", fontsize=FONT + 1)
        bare(axes)
    return panels


# --- the lesson's own, each with its text


@described(
    "Three curves: A is 0 up to z = 0 and then rises as z itself; B rises from 0 through 0.5 to 1; C rises from -1 "
    "through 0 to 1."
)
def plot_three_curves() -> np.ndarray:
    """Draw three activation functions without their names."""
    return plot_curves(["relu", "sigmoid", "tanh"], labels=["A", "B", "C"])


@described(
    "Left the three functions, right their slopes: the sigmoid's a low, wide bump, that of tanh a high, narrow one, "
    "both near 0 far from z = 0; ReLU's jumps from 0 to 1."
)
def plot_curves_and_slopes() -> np.ndarray:
    """Draw three activation functions and their slopes."""
    return plot_curves(["sigmoid", "tanh", "relu"], slopes=True)


@described(
    "Bars for ten layers at three weight scales. At 0.25 the gradient shrinks to a few millionths on its way to the "
    "first layer, at 2 it stays, at 8 it grows to hundreds."
)
def plot_three_scales(sizes: Mapping[str, Sequence[float]]) -> np.ndarray:
    """Draw the gradient's way through ten layers at three scales of the weights."""
    return plot_gradient_flow(sizes)


@described(
    "Left 40 points on a line, squares in the middle and circles outside. Right the same points on a bent thread in "
    "the plane of two hidden units; one straight cut separates squares from circles."
)
def plot_bent_line(x: np.ndarray, y: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Draw the line of the interval task and where two tanh units put it."""
    return plot_folding(x, y, hidden, cut=((1.0, 1.0), -0.95))


@described(
    "Four networks and the region where each says yes: a half-plane; a rectangle; a cross of two strips; the cross "
    "without its middle."
)
def plot_four_networks(*nets: Params) -> np.ndarray:
    """Draw what nets without, with one, two and three hidden layers say yes to."""
    titles = ["no hidden layer", "one hidden layer", "two hidden layers", "three hidden layers"]
    return plot_regions(nets, titles, diagrams=True)


@described(
    "Dashed lines and the region on the inner side of all of them: four lines bound a quadrilateral; with three and "
    "with two of them the region is open to one side."
)
def plot_joined_half_planes(nets: Sequence[Params]) -> np.ndarray:
    """Draw four, three and two half-planes joined by AND."""
    return plot_regions(nets, ["all four say yes", "all three", "both"])


@described(
    "The scores 2, -1 and 0.5 through three output functions: unchanged; each between 0 and 1 by a sigmoid, with the "
    "sum 1.77; and by softmax, with the sum 1."
)
def plot_cat_dog_cow() -> np.ndarray:
    """Draw three readings of the same scores."""
    return plot_output_functions([2.0, -1.0, 0.5], ["cat", "dog", "cow"])


@described(
    "The gradient's size in four hidden layers, on a logarithmic axis, at the start and after training. With sigmoids "
    "it falls four hundredfold from the last layer to the first, before and after; with tanh and ReLU about tenfold at "
    "the start, and hardly at all after training."
)
def plot_gradients_by_layer(runs: Mapping[str, Run]) -> np.ndarray:
    """Draw the gradients of some runs, one panel an activation."""
    _, grid = plt.subplots(1, len(runs), figsize=(2.6 * len(runs), 2.8), layout="constrained", sharey=True)
    for axes, (name, run) in zip(grid, runs.items(), strict=True):
        layers = range(1, 1 + len(run.start.gradients))
        axes.plot(layers, run.start.gradients, "o--", color=style.DATA, lw=2, label="start")
        axes.plot(layers, run.trained.gradients, "s-", color=style.MODEL, lw=2, label="trained")
        axes.set_yscale("log")
        axes.set_xticks(list(layers))
        axes.set_xlabel("hidden layer", fontsize=FONT)
        axes.set_title(f"{name}: {run.accuracy:.2f} right", fontsize=FONT)
        bare(axes)
    grid[0].set_ylabel("gradient (root mean square)", fontsize=FONT)
    grid[0].legend(fontsize=FONT, frameon=False)
    return grid
