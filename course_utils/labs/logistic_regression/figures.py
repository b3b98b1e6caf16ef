"""Figures of lab 04: probabilities over the plane, losses, two signs, boundaries.

What is drawn is computed by PyTorch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing import described, show
from course_utils.drawing.frames import FONT, bare

__all__ = [
    "plane",
    "plot_boundary",
    "plot_boundary_maps",
    "plot_four_toys",
    "plot_hill_and_valley",
    "plot_hundred_days",
    "plot_labelled_points",
    "plot_log_loss",
    "plot_probability_map",
    "plot_sigmoid",
    "plot_sign_runs",
    "plot_softmax",
    "plot_three_depths",
    "plot_three_losses",
    "plot_three_scores",
    "plot_three_softmaxes",
    "plot_too_hot",
    "plot_two_signs",
    "plot_upright_line",
    "show",
]

MARKERS = ({"marker": "o", "facecolor": "white"}, {"marker": "^", "facecolor": "black"})  # labels 0 and 1
CELLS = 60  # of a map, on each side
LINE = {"lw": 2, "color": style.FOCUS}


def plot_sigmoid(scores: Sequence[float] = (-2, 0, 2), *, axes: Axes | None = None) -> Axes:
    """Draw the sigmoid, with some scores and their probabilities written at the curve.

    Parameters
    ----------
    scores
        Which scores to mark.
    axes
        Where to draw. New axes if left out.
    """
    axes = axes or _new_axes((6, 3))
    z = torch.linspace(-6, 6, 241, dtype=torch.float64)
    axes.plot(z, torch.sigmoid(z), color=style.MODEL, lw=2.5)
    axes.axhline(0.5, color="0.6", lw=1.5, ls=":")
    marked = torch.tensor(scores, dtype=torch.float64)
    for score, probability in zip(scores, torch.sigmoid(marked).tolist(), strict=True):
        axes.plot(score, probability, "o", color=style.FOCUS, ms=7)
        left = score < 0
        text = f"{score:g} → {probability:.2f}".replace("-", "−")
        place = (-10 if left else 10, 6 if left else -14)
        side = "right" if left else "left"
        axes.annotate(text, (score, probability), place, textcoords="offset points", ha=side, fontsize=FONT)
    axes.set_xlabel("score z", fontsize=FONT)
    axes.set_ylabel("probability", fontsize=FONT)
    return bare(axes)


def plot_log_loss(probabilities: Sequence[float] = (0.99, 0.5, 0.05), *, axes: Axes | None = None) -> Axes:
    """Draw minus the logarithm of the probability that was given to the true label, with some places marked.

    Parameters
    ----------
    probabilities
        Which places to mark, above 0 and up to 1.
    axes
        Where to draw. New axes if left out.

    Raises
    ------
    ValueError
        If a probability is not above 0 and up to 1.
    """
    for p in probabilities:
        if not 0 < p <= 1:
            raise ValueError(f"a probability must be above 0 and up to 1, not {p}")
    axes = axes or _new_axes((6, 3))
    p = np.linspace(0.01, 1, 300)
    axes.plot(p, -np.log(p), color=style.MODEL, lw=2.5)
    for one in probabilities:
        loss = -np.log(one)
        axes.plot(one, loss, "o", color=style.FOCUS, ms=7)
        right = one > 0.9
        axes.annotate(
            f"p = {one:g}: {loss:.2f}",
            (one, loss),
            (0, 24) if right else (10, 4),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=FONT,
        )
    axes.set_xlabel("probability p that was given to the true label", fontsize=FONT)
    axes.set_ylabel("loss −log p", fontsize=FONT)
    axes.set_ylim(bottom=0)
    return bare(axes)


def plot_probability_map(points, labels, weight, bias: float, *, axes: Axes | None = None) -> Axes:
    """Draw the probability of label 1 over the plane, the line of probability one half, and the examples.

    Parameters
    ----------
    points, labels
        ``(N, 2)`` and ``(N,)``, 0 or 1: circles and triangles.
    weight, bias
        ``(2,)`` and a number.
    axes
        Where to draw. New axes with a colour bar if left out.

    Raises
    ------
    ValueError
        If the points have not two coordinates, or there is not one label for each.
    """
    points, labels = _examples(points, labels)
    weight = torch.tensor(np.asarray(weight, float).reshape(2))
    limit = float(np.ceil(np.abs(points).max() * 1.05 * 2) / 2)
    grid = plane(limit)
    probability = torch.sigmoid(torch.from_numpy(grid) @ weight + bias).numpy()
    loss = F.binary_cross_entropy_with_logits(
        torch.from_numpy(points) @ weight + bias, torch.from_numpy(labels.astype(float))
    )
    fresh = axes is None
    axes = axes or _new_axes((4.6, 3.8))
    picture = _draw_map(axes, probability, limit)
    _draw_examples(axes, points, labels)
    if fresh:
        bar = axes.figure.colorbar(picture, ax=axes, ticks=[0, 0.25, 0.5, 0.75, 1])
        bar.set_label("probability of label 1", fontsize=FONT)
    w1, w2 = weight.tolist()
    title = f"w = ({w1:.1f}, {w2:.1f}), b = {bias:.1f}, loss {float(loss):.2f}"
    axes.set_title(title.replace("-", "−"), fontsize=FONT + 1)
    return axes


def plot_hill_and_valley(points, labels, *, at: float = 0.2) -> np.ndarray:
    """Draw the slide's formula and the same with a minus, over one weight, with a step along and against the slope.

    Parameters
    ----------
    points, labels
        ``(N,)`` numbers and labels 0 or 1; the score is the weight times the number.
    at
        The weight from which the steps start.

    Returns
    -------
    array of Axes
        Left the mean of y log p + (1 − y) log(1 − p), right minus this.
    """
    x, y = torch.tensor(np.asarray(points, float)), torch.tensor(np.asarray(labels, float))
    weights = torch.linspace(-1.5, 5, 200, dtype=torch.float64)
    loss = torch.stack([F.binary_cross_entropy_with_logits(w * x, y) for w in weights])
    with torch.enable_grad():
        start = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        here = F.binary_cross_entropy_with_logits(start * x, y)
        (slope,) = torch.autograd.grad(here, start)
    slope, here = float(slope), here.item()
    _, panels = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    titles = ("the slide's formula", "with a minus before it")
    for axes, sign, title in zip(panels, (-1, 1), titles, strict=True):
        axes.plot(weights, sign * loss, color=style.MODEL, lw=2.5)
        axes.plot(at, sign * here, "o", color="black", ms=7, zorder=5)
        for update, colour in ((1, style.FOCUS), (-1, style.DATA)):
            _draw_step(axes, x, y, at, update * sign * slope, sign, update, colour)
        axes.set_title(title, fontsize=FONT + 1)
        axes.set_xlabel("weight", fontsize=FONT)
        bare(axes)
    panels[0].set_ylabel("mean over the examples", fontsize=FONT)
    return panels


def _draw_step(axes: Axes, x, y, at: float, direction: float, sign: int, update: int, colour: str) -> None:
    """Draw an arrow along the curve in the direction of a step, and write the update's sign at its head."""
    end = at + np.sign(direction) * 1.1
    values = [sign * float(F.binary_cross_entropy_with_logits(w * x, y)) for w in (at, end)]
    arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2.5, "ls": "-" if update > 0 else "--", "shrinkB": 0}
    axes.annotate("", (end, values[1]), (at, values[0]), arrowprops=arrow, zorder=4)
    name = "w + α slope" if update > 0 else "w − α slope"
    offset = (2, sign * 14 - 4) if end > at else (6, sign * 10 - 4)  # on the empty side of the curve
    axes.annotate(name, (end, values[1]), offset, textcoords="offset points", fontsize=FONT, color=colour)


def plot_sign_runs(curves: Mapping[str, Sequence[float]], titles: Mapping[str, str]) -> np.ndarray:
    """Draw the true log-loss of four runs, two by two.

    Parameters
    ----------
    curves
        Letter → the loss after each step.
    titles
        Letter → what the run does.

    Returns
    -------
    array of Axes
        One panel a run, in the order of ``curves``.

    Raises
    ------
    ValueError
        If there are not four curves with a title each.
    """
    if len(curves) != 4 or set(curves) != set(titles):
        raise ValueError(f"curves and titles must be four of the same letters, not {', '.join(curves)}")
    _, panels = plt.subplots(2, 2, figsize=(7.5, 4.6), layout="constrained", sharex=True)
    for axes, (letter, losses) in zip(panels.ravel(), curves.items(), strict=True):
        losses = np.asarray(losses, float)
        falls = losses[-1] < losses[0]
        axes.plot(losses, color=style.TRUTH if falls else style.FOCUS, lw=2.5, ls="-" if falls else "--")
        end = f"{'falls to' if falls else 'rises to'} {losses[-1]:.2f}"
        axes.set_title(f"{letter}) {titles[letter]}\n{end}", fontsize=FONT + 1)
        axes.set_ylim(0, max(1.0, float(losses.max()) * 1.05))
        axes.set_ylabel("log-loss", fontsize=FONT)
        bare(axes)
    for axes in panels[1]:
        axes.set_xlabel("step", fontsize=FONT)
    return panels


def plot_softmax(rows: Mapping[str, Sequence[float]]) -> np.ndarray:
    """Draw rows of scores as bars, and below each the probabilities that softmax makes of them.

    Parameters
    ----------
    rows
        Title → scores of one example, as many in each row.

    Returns
    -------
    array of Axes
        ``(2, number of rows)``: scores above, probabilities below.
    """
    width = min(9.0, 2.6 * len(rows) + 0.6)
    _, panels = plt.subplots(2, len(rows), figsize=(width, 3.8), layout="constrained", squeeze=False, sharey="row")
    for (above, below), (title, scores) in zip(panels.T, rows.items(), strict=True):
        scores = torch.tensor(np.asarray(scores, float))
        for axes, heights, colour in ((above, scores, style.DATA), (below, torch.softmax(scores, 0), style.MODEL)):
            bars = axes.bar(range(len(scores)), heights.numpy(), color=colour, edgecolor="black", lw=1)
            labels = [f"{value:.2g}".replace("-", "−") for value in heights.tolist()]
            axes.bar_label(bars, labels, fontsize=FONT, padding=2)
            axes.axhline(0, color="black", lw=1)
            axes.set_xticks(range(len(scores)))
            axes.margins(y=0.25)
            bare(axes)
        above.set_title(title, fontsize=FONT + 1)
        below.set_xlabel("class", fontsize=FONT)
    panels[0, 0].set_ylabel("score", fontsize=FONT)
    panels[1, 0].set_ylabel("probability", fontsize=FONT)
    return panels


def plot_labelled_points(points: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray]) -> np.ndarray:
    """Draw toy data sets side by side: label 0 as circles, label 1 as triangles.

    Parameters
    ----------
    points, labels
        Name → ``(N, 2)`` and ``(N,)``.

    Returns
    -------
    array of Axes
        One panel a set.
    """
    _, panels = plt.subplots(1, len(points), figsize=(2.25 * len(points), 2.4), layout="constrained", squeeze=False)
    limit = 1.08 * max(float(np.abs(one).max()) for one in points.values())
    for axes, name in zip(panels[0], points, strict=True):
        _draw_examples(axes, *_examples(points[name], labels[name]), size=14)
        axes.set_xlim(-limit, limit)
        axes.set_ylim(-limit, limit)
        axes.set_title(name, fontsize=FONT + 1)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_aspect("equal")
    return panels[0]


def plot_boundary_maps(
    maps: Sequence[np.ndarray], titles: Sequence[str], points, labels, *, limit: float
) -> np.ndarray:
    """Draw maps of probability with the line of one half, over the same examples.

    Parameters
    ----------
    maps
        Arrays ``(H, W)`` of probabilities, the first row at the bottom of the plane.
    titles
        One title a map.
    points, labels
        ``(N, 2)`` and ``(N,)``.
    limit
        The maps reach from minus this to this on both axes.

    Returns
    -------
    array of Axes
        One panel a map.

    Raises
    ------
    ValueError
        If there is not one title for each map.
    """
    if len(maps) != len(titles) or not maps:
        raise ValueError(f"titles must be {len(maps)} (one a map) and at least 1, not {len(titles)}")
    points, labels = _examples(points, labels)
    _, panels = plt.subplots(1, len(maps), figsize=(3 * len(maps), 3.2), layout="constrained", squeeze=False)
    for axes, probability, title in zip(panels[0], maps, titles, strict=True):
        _draw_map(axes, np.asarray(probability, float), limit)
        _draw_examples(axes, points, labels, size=14)
        axes.set_title(title, fontsize=FONT + 1)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel("")
        axes.set_ylabel("")
    return panels[0]


def plot_boundary(
    points,
    labels,
    ends=None,
    *,
    names: tuple[str, str] = ("x1", "x2"),
    called: tuple[str, str] = ("label 0", "label 1"),
    axes: Axes | None = None,
) -> Axes:
    """Draw examples, label 0 as circles and label 1 as triangles, and the line through two points.

    Parameters
    ----------
    points, labels
        ``(N, 2)`` and ``(N,)``.
    ends
        ``(2, 2)``, a point in each row. No line if left out.
    names
        What the two axes are.
    called
        What the two labels are, in the key.
    axes
        Where to draw. New axes if left out.
    """
    points, labels = _examples(points, labels)
    axes = axes or _new_axes((5.4, 3.4))
    _draw_examples(axes, points, labels)
    axes.legend(axes.collections[-2:], called, frameon=False, fontsize=FONT, loc="upper left", bbox_to_anchor=(1, 1))
    if ends is not None:
        axes.plot(*np.asarray(ends, float).T, **LINE)
    limit = float(np.abs(points).max() * 1.1)
    axes.set_xlabel(names[0], fontsize=FONT)
    axes.set_ylabel(names[1], fontsize=FONT)
    bare(axes)
    axes.set_xlim(-limit, limit)
    axes.set_ylim(-limit, limit)
    return axes


def plane(limit: float, cells: int = CELLS) -> np.ndarray:
    """Return the middles of square cells over the plane: ``(cells, cells, 2)``, the first row at the bottom."""
    side = (np.arange(cells) + 0.5) / cells * 2 * limit - limit
    return np.stack(np.meshgrid(side, side), axis=-1)


def _new_axes(figsize: tuple[float, float]) -> Axes:
    return plt.subplots(figsize=figsize, layout="constrained")[1]


def _examples(points, labels) -> tuple[np.ndarray, np.ndarray]:
    """Return points and labels as arrays, or say what is wrong with them."""
    points, labels = np.asarray(points, float), np.asarray(labels)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must have the shape (N, 2), not {points.shape}")
    if labels.shape != points.shape[:1]:
        raise ValueError(f"labels must have the shape {points.shape[:1]}, not {labels.shape}")
    return points, labels


def _draw_map(axes: Axes, probability: np.ndarray, limit: float):
    """Draw probabilities (H, W) over the square from -limit to limit, with the line of one half."""
    extent = (-limit, limit, -limit, limit)
    norm = mpl.colors.Normalize(0, 1)
    picture = axes.imshow(probability, cmap=style.INTENSITY, norm=norm, extent=extent, origin="lower", alpha=0.9)
    height, width = probability.shape
    if probability.min() < 0.5 < probability.max():
        across = (np.arange(width) + 0.5) / width * 2 * limit - limit
        down = (np.arange(height) + 0.5) / height * 2 * limit - limit
        axes.contour(across, down, probability, levels=[0.5], colors=[style.FOCUS], linewidths=2.5)
    axes.set_xlabel("x1", fontsize=FONT)
    axes.set_ylabel("x2", fontsize=FONT)
    axes.tick_params(labelsize=FONT)
    return picture


def _draw_examples(axes: Axes, points: np.ndarray, labels: np.ndarray, *, size: float = 26) -> None:
    for label, look in enumerate(MARKERS):
        chosen = points[labels == label]
        edge = "white" if label and axes.images else "black"  # a white rim shows on any colour of a map
        axes.scatter(*chosen.T, s=size, edgecolor=edge, linewidth=0.8, label=label, **look)


# --- the lesson's own, each with its text


@described(
    "A hundred days as points, temperature to the right and humidity upwards. Triangles (too hot) lie mostly to the "
    "right, circles to the left; in the middle they mix."
)
def plot_hundred_days(points: np.ndarray, labels: np.ndarray) -> Axes:
    """Draw the days of section 1."""
    return plot_boundary(
        points, labels, names=("temperature (5 °C)", "humidity (20 %)"), called=("not too hot", "too hot")
    )


@described(
    "The sigmoid: a score of −2 becomes 0.12, 0 becomes one half, 2 becomes 0.88. The curve is flat at both ends."
)
def plot_three_scores() -> Axes:
    """Draw the sigmoid with three scores."""
    return plot_sigmoid()


@described(
    "The plane coloured by the probability of too hot: dark on the left, bright on the right, one half along a "
    "straight, steep line."
)
def plot_too_hot(points: np.ndarray, labels: np.ndarray) -> Axes:
    """Draw the probability of too hot over the plane of days."""
    return plot_probability_map(points, labels, weight=(1, 0.4), bias=-0.3)


@described("Minus log p over p: 0.01 for p = 0.99, 0.69 for one half, 3.00 for 0.05, and without limit towards 0.")
def plot_three_losses() -> Axes:
    """Draw what three probabilities of the true label cost."""
    return plot_log_loss()


@described(
    "Left, the slide's formula is a hill: the step with plus climbs towards the top. Right, with a minus it is a "
    "valley: the step with minus goes down to the bottom, at the same weight."
)
def plot_two_signs(feature: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Draw the slide's formula over the temperature's weight, and the same with a minus."""
    return plot_hill_and_valley(feature, labels)


@described(
    "Three rows of scores and their probabilities. Adding 5 to all scores changes nothing; multiplying them by 3 makes "
    "the first class nearly sure."
)
def plot_three_softmaxes() -> np.ndarray:
    """Draw the softmax of some scores, of the same plus 5, and times 3."""
    return plot_softmax({"scores": [2, 1, -1], "plus 5": [7, 6, 4], "times 3": [6, 3, -3]})


@described(
    "The days of section 1 and an upright line at x1 = 0.25, the boundary of a neuron that looks at the temperature "
    "only."
)
def plot_upright_line(points: np.ndarray, labels: np.ndarray) -> Axes:
    """Draw the days and the boundary of a neuron that looks at the temperature only."""
    return plot_boundary(points, labels, ends=[[0.25, -3], [0.25, 3]])


@described(
    "Four sets of circles and triangles: two separate clouds; a disc of triangles inside a ring of circles; opposite "
    "quarters with the same label; two arms of a spiral."
)
def plot_four_toys(toys: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Draw the toy data sets, each a pair of points and labels."""
    points = {name: points for name, (points, _) in toys.items()}
    return plot_labelled_points(points, {name: labels for name, (_, labels) in toys.items()})


@described(
    "The spiral with three networks: without a hidden layer the boundary is a straight line, with one it bends a few "
    "times, with two it follows the arms."
)
def plot_three_depths(maps: Mapping[str, Any]) -> np.ndarray:
    """Draw what ``widgets.boundary_maps`` gives for the spiral."""
    return plot_boundary_maps(**maps)


@described("Six small grey faces, and below them six other pieces: edges, cloth, plain grey, a bit of a mouth.")
def plot_faces(images: np.ndarray) -> np.ndarray:
    """Show some faces, and some backgrounds."""
    some = [*range(0, 60, 10), *range(100, 160, 10)]
    _, grid = plt.subplots(2, 6, figsize=(6, 2.2), layout="constrained")
    for axes, place in zip(grid.ravel(), some, strict=True):
        axes.imshow(images[place], cmap="gray", vmin=0, vmax=1)
        axes.set_axis_off()
    return grid


@described(
    "Two pictures of weights, in which a face is seen: bright forehead and cheeks, two dark eyes. With the weak "
    "penalty it is rough, with single dark and bright pixels; with the strong one it is smooth."
)
def plot_templates(templates: Mapping[str, np.ndarray]) -> np.ndarray:
    """Draw weights as pictures, each on a scale of its own, zero in the middle."""
    _, grid = plt.subplots(1, len(templates), figsize=(3 * len(templates), 3), layout="constrained")
    for axes, (title, weight) in zip(grid, templates.items(), strict=True):
        limit = float(np.abs(weight).max())
        axes.imshow(weight, cmap=style.SIGNED, vmin=-limit, vmax=limit)
        axes.set_title(title, fontsize=FONT)
        axes.set_axis_off()
    return grid
