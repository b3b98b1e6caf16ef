"""Figures about transfer: features in two directions, learning curves, what goes wrong, a machine being taught."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing import described, plot_pictures, show
from course_utils.drawing.frames import FONT, bare

__all__ = [
    "plot_bikes",
    "plot_depth",
    "plot_directions",
    "plot_first_kernels",
    "plot_four_maps",
    "plot_hearts_and_arrows",
    "plot_learning_curve",
    "plot_mismatches",
    "plot_pictures",
    "plot_sweeps",
    "plot_taught",
    "plot_teaching",
    "plot_turned_bike",
    "plot_two_opinions",
    "show",
]

MARKERS = ("o", "^", "s")
COLOURS = ("DATA", "MODEL", "TRUTH")
LINES = (  # colour, dashes, marker, for up to five ways
    ("FOCUS", "-", "o"),
    ("MODEL", "--", "s"),
    ("DATA", ":", "^"),
    ("TRUTH", "-.", "D"),
    ("0.4", (0, (1, 1)), "v"),
)


@described(
    "Two clouds of points. In pixels hearts and arrows lie mixed through each other; in features they "
    "begin to separate, with an overlap in the middle."
)
def plot_directions(features: Mapping[str, Any], labels: Any, classes: Sequence[str]) -> np.ndarray:
    """Draw features in the two directions in which they vary most, one panel for each kind of features.

    Parameters
    ----------
    features
        Name → array or tensor ``(N, D)``. Each column is standardised first.
    labels
        Labels ``(N,)``, numbers below ``len(classes)``.
    classes
        Up to three names; each class has a marker of its own.

    Returns
    -------
    array of Axes
        One panel a kind.

    Raises
    ------
    ValueError
        If there are no features, not as many rows as labels, or more than three classes.
    """
    labels = np.asarray(labels)
    if not features or len(classes) > len(MARKERS):
        raise ValueError(f"features must be at least one kind, classes at most {len(MARKERS)}, not {len(classes)}")
    width = 3.0 * len(features)
    panels = plt.subplots(1, len(features), figsize=(width, 3.1), layout="constrained", squeeze=False)[1][0]
    for axes, (name, values) in zip(panels, features.items(), strict=True):
        places = principal_directions(np.asarray(values, dtype=np.float64))
        if len(places) != len(labels):
            raise ValueError(f"{name} must have one row for each of {len(labels)} labels, not {len(places)}")
        for number, kind in enumerate(classes):
            look = {"marker": MARKERS[number], "color": getattr(style, COLOURS[number]), "s": 22, "alpha": 0.75}
            axes.scatter(*places[labels == number].T, label=kind, linewidths=0, **look)
        axes.set_title(name, fontsize=FONT + 1)
        axes.set_xlabel("first direction", fontsize=FONT)
        axes.set_xticks([])
        axes.set_yticks([])
        bare(axes)
    panels[0].set_ylabel("second direction", fontsize=FONT)
    figure = panels[0].figure
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(classes), frameon=False, fontsize=FONT)
    return panels


def principal_directions(values: np.ndarray) -> np.ndarray:
    """Return the places ``(N, 2)`` of rows ``(N, D)`` along the two directions of largest variance."""
    spread = values.std(axis=0)
    values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    left, size, _ = np.linalg.svd(values, full_matrices=False)
    return left[:, :2] * size[:2]


@described(
    "Accuracy over 5, 10, 25 and 100 training pictures a class. Frozen and fine-tuned start far above "
    "chance and rise; scratch leaves chance only with 100 pictures; random features and pixels stay near "
    "it."
)
def plot_learning_curve(
    runs: Mapping[str, Mapping[int, Sequence[float]]], *, chance: float | None = None, axes: Axes | None = None
) -> Axes:
    """Draw accuracy over the number of pictures a class; a band reaches from the least to the best of the runs.

    Parameters
    ----------
    runs
        Way → {number of pictures: accuracies from 0 to 1, one a run}; up to five ways.
    chance
        Accuracy of guessing: a thin line.
    axes
        Where to draw; new ones if left out.

    Returns
    -------
    Axes
        The number of pictures stands on a logarithmic axis.

    Raises
    ------
    ValueError
        If there are no ways or more than five, or a way has no runs.
    """
    if not 1 <= len(runs) <= len(LINES) or not all(row and all(map(len, row.values())) for row in runs.values()):
        raise ValueError(f"runs must be 1 to {len(LINES)} ways, each with a run at least; there are {len(runs)}")
    axes = axes or plt.subplots(figsize=(6.4, 3.6), layout="constrained")[1]
    numbers = sorted({number for row in runs.values() for number in row})
    for (way, row), (colour, dashes, marker) in zip(runs.items(), LINES, strict=False):
        colour = getattr(style, colour, colour)
        each = sorted(row)
        low, middle, high = (np.array([f(row[n]) for n in each]) for f in (np.min, np.mean, np.max))
        axes.fill_between(each, low, high, color=colour, alpha=0.18, lw=0)
        axes.plot(each, middle, color=colour, ls=dashes, marker=marker, lw=1.8, ms=6, label=way)
    if chance is not None:
        axes.axhline(chance, color="0.5", lw=1.5, ls=(0, (1, 2)))
        axes.text(numbers[-1], chance - 0.015, "chance", color="0.35", fontsize=FONT, ha="right", va="top")
    axes.set_xscale("log")
    axes.set_xticks(numbers, [str(number) for number in numbers])
    axes.minorticks_off()
    axes.set_ylim(top=1)
    axes.set_xlabel("training pictures per class", fontsize=FONT)
    axes.set_ylabel("accuracy on test pictures", fontsize=FONT)
    axes.legend(frameon=False, fontsize=FONT, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return bare(axes)


@described(
    "Six bars of accuracy: as in training the highest, all others lower; half the size and upside down lose most."
)
def plot_mismatches(accuracies: Mapping[str, float], *, chance: float | None = None) -> Axes:
    """Draw one bar a case, from top to bottom, each accuracy written at its bar.

    Parameters
    ----------
    accuracies
        Case → accuracy from 0 to 1. The first case is the one that the others are compared with.
    chance
        Accuracy of guessing: a thin line.

    Returns
    -------
    Axes
        A line of dashes marks the first case.

    Raises
    ------
    ValueError
        If there is no case, or an accuracy is not from 0 to 1.
    """
    names, values = list(accuracies), np.array(list(accuracies.values()), float)
    if not names or not ((values >= 0) & (values <= 1)).all():
        raise ValueError("accuracies must be at least one number from 0 to 1 with its name")
    axes = plt.subplots(figsize=(6.0, 0.42 * len(names) + 0.8), layout="constrained")[1]
    colours = [style.FOCUS] + [style.DATA] * (len(names) - 1)
    axes.barh(names, values, color=colours, height=0.62)
    for row, value in enumerate(values):
        axes.text(value - 0.01, row, f"{value:.2f}", va="center", ha="right", color="white", fontsize=FONT)
    axes.axvline(values[0], color=style.FOCUS, lw=1.5, ls="--")
    if chance is not None:
        axes.axvline(chance, color="0.4", lw=1.5, ls=(0, (1, 2)))
        axes.text(chance, -0.62, "chance", color="0.35", fontsize=FONT, va="bottom", ha="center")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 1.05)
    axes.set_xlabel("accuracy on test pictures", fontsize=FONT)
    return bare(axes)


def plot_teaching(
    taught: Sequence[tuple[int, np.ndarray]], classes: Sequence[str], current: np.ndarray, confidence: Sequence[float]
) -> np.ndarray:
    """Draw what a machine was taught, the picture before it, and how sure it is of each class.

    Parameters
    ----------
    taught
        Pairs of label and picture ``(H, W, 3)`` from 0 to 1; the first three of each class are drawn.
    classes
        Names of the classes.
    current
        The picture that is judged.
    confidence
        One probability a class; empty where there is none yet.

    Returns
    -------
    array of Axes
        The pictures taught, row by row, the current picture, and the bars.
    """
    shown = 3
    figure = plt.figure(figsize=(8.0, 0.85 * len(classes) + 0.7), layout="constrained")
    left, middle, right = figure.subfigures(1, 3, width_ratios=(3.2, 1.7, 3.1))
    grid = left.subplots(len(classes), shown, squeeze=False)
    left.suptitle("taught", fontsize=FONT + 1)
    for axes in grid.flat:
        axes.set_axis_off()
    for label, name in enumerate(classes):
        for axes, image in zip(grid[label], [image for kind, image in taught if kind == label], strict=False):
            axes.imshow(image, vmin=0, vmax=1)
        first = grid[label, 0]
        first.text(-0.12, 0.5, name, transform=first.transAxes, ha="right", va="center", fontsize=FONT)
    judged = middle.subplots()
    judged.imshow(current, vmin=0, vmax=1)
    judged.set_axis_off()
    middle.suptitle("what is this?", fontsize=FONT + 1)
    bars = right.subplots()
    values = list(confidence) or [0.0] * len(classes)
    bars.barh(list(classes), values, color=style.MODEL, height=0.6)
    for row, value in enumerate(values):
        bars.text(min(value, 0.8) + 0.02, row, f"{value:.2f}", va="center", fontsize=FONT)
    bars.set_xlim(0, 1)
    bars.invert_yaxis()
    bars.set_xlabel("probability", fontsize=FONT)
    bare(bars)
    return np.array([*grid.flat, judged, bars], dtype=object)


@described(
    "Ten small colour pictures: five hearts and five arrows of many colours and sizes on grounds with blobs and bars."
)
def plot_hearts_and_arrows(pictures: Any) -> np.ndarray:
    """Draw the ten pictures of the target task."""
    return plot_pictures(pictures)


@described("Eight drawn bikes on cluttered grounds, road bikes with thin tyres and mountain bikes with thicker ones.")
def plot_bikes(pictures: Any) -> np.ndarray:
    """Draw the first eight bikes."""
    return plot_pictures(pictures.at(range(8)), columns=8)


@described(
    "A bike, the same bike facing the other way, and the same bike standing on its head: the last one is "
    "no picture that anybody would take."
)
def plot_turned_bike(pictures: Any) -> np.ndarray:
    """Draw a bike as it is, and flipped in two ways."""
    return plot_pictures(pictures, ["as it is", "left to right", "upside down"])


@described(
    "Two crescents, two hearts and two arrows were taught. Another crescent is judged; three bars show "
    "the probabilities of the three classes."
)
def plot_taught(machine: Any) -> Any:
    """Draw a machine that has been taught two pictures of each class."""
    return machine.static_figure()[0]


@described(
    "Thirty-two kernels of 3 by 3 pixels, trained and fresh. Among the trained ones are stripes, edges and patches of "
    "one colour, and seven that are plain grey; the fresh ones are coloured noise."
)
def plot_first_kernels(trained: Any, fresh: Any) -> np.ndarray:
    """Draw the kernels (K, 3, FH, FW) of two first layers, each set scaled around grey; trained ones come first."""
    sets = [np.asarray(one.detach(), float) for one in (trained, fresh)]
    scaled = [0.5 + 0.5 * one / np.abs(one).max() for one in sets]
    rows = torch.as_tensor(np.concatenate(scaled))
    return plot_pictures(rows, columns=8, caption="upper half: trained, lower half: fresh; grey is 0")


@described(
    "Loss over learning rate, on a logarithmic axis, for SGD and for Adam. With SGD the sweep stays level, falls and "
    "rises steeply at the end; the five chosen rates lie where new pictures have a small loss. With Adam the sweep is "
    "near 0 early and jumps at the end; some of the chosen rates lie where the loss of new pictures is beyond the top."
)
def plot_sweeps(
    sweeps: Mapping[str, tuple[Any, Any, Mapping[float, float], Sequence[float]]], *, most: float = 1.5
) -> np.ndarray:
    """Draw recorded sweeps beside what constant rates reach, one panel for each optimiser.

    Parameters
    ----------
    sweeps
        Name → rates of a sweep, its losses, a constant rate → its loss on new pictures, and rates that were chosen.
    most
        The top of the axis. Losses above it are drawn there, as triangles.
    """
    row = np.atleast_1d(plt.subplots(1, len(sweeps), figsize=(3.6 * len(sweeps), 3.4), sharey=True)[1])
    for axes, (name, (rates, losses, constant, chosen)) in zip(row, sweeps.items(), strict=True):
        axes.plot(rates, np.clip(losses, 0, most), color=style.DATA, lw=1.8, label="one sweep, training loss")
        for marker, inside, label in (
            ("D", True, "constant rate, new pictures"),
            ("^", False, "the same, beyond the top"),
        ):
            points = [(rate, min(loss, most)) for rate, loss in constant.items() if (loss <= most) == inside]
            axes.plot(*np.reshape(points, (-1, 2)).T, marker, ms=7, color=style.MODEL, mec="black", label=label)
        for number, rate in enumerate(chosen):
            label = "_" if number else f"chosen by {len(chosen)} sweeps"
            axes.axvline(rate, color=style.FOCUS, ls="--", lw=1.5, label=label)
        axes.set_xscale("log")
        axes.set_ylim(0, most * 1.06)
        axes.set_xlabel(f"learning rate, {name}", fontsize=FONT)
        bare(axes)
    row[0].set_ylabel("loss", fontsize=FONT)
    figure = row[0].figure
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=2, frameon=False, fontsize=FONT)
    figure.subplots_adjust(left=0.09, right=0.99, top=0.97, bottom=0.36, wspace=0.08)
    return row


@described(
    "Maps of the cat by depth, of the trained network above and of a fresh one below. In the first column both show "
    "the cat; with depth both become coarse spots."
)
def plot_depth(maps: Mapping[str, Mapping[str, Any]]) -> np.ndarray:
    """Draw one map a layer, networks in rows: of each layer's maps (C, H, W) the one that varies most.

    Parameters
    ----------
    maps
        Name of a network → name of a layer → maps ``(C, H, W)``; the same layers for each network.
    """
    columns = len(next(iter(maps.values())))
    grid = plt.subplots(
        len(maps), columns, figsize=(1.5 * columns, 1.75 * len(maps)), squeeze=False, layout="constrained"
    )[1]
    for row, (network, layers) in zip(grid, maps.items(), strict=True):
        for axes, (layer, stack) in zip(row, layers.items(), strict=True):
            values = np.asarray(stack, float)
            axes.imshow(values[values.std(axis=(1, 2)).argmax()], cmap=style.INTENSITY)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_title(f"{layer}\n{len(values)} of {values.shape[1]}×{values.shape[2]}", fontsize=FONT)
        row[0].set_ylabel(network, fontsize=FONT)
    return grid


def _maps_on(picture: Any, maps: Mapping[str, Any]) -> np.ndarray:
    """Draw a picture (1, 3, H, W), and coarse maps (H', W') on it: signed, zero in the middle, each with its scale."""
    axes = plt.subplots(1, 1 + len(maps), figsize=(1.9 * (1 + len(maps)), 2.2), layout="constrained")[1]
    axes[0].imshow(np.asarray(picture, float)[0].transpose(1, 2, 0))
    axes[0].set_title("picture", fontsize=FONT)
    height, width = picture.shape[2:]
    for one, (name, values) in zip(axes[1:], maps.items(), strict=True):
        values = np.asarray(values, float)
        limit = np.abs(values).max() or 1
        one.imshow(np.asarray(picture, float)[0].mean(0), cmap="gray")
        one.imshow(values, cmap=style.SIGNED, vmin=-limit, vmax=limit, alpha=0.75, extent=(0, width, height, 0))
        one.set_title(name, fontsize=FONT)
    for one in axes:
        one.set_xticks([])
        one.set_yticks([])
    return axes


@described(
    "Four photographs in one, and the class map of each: the map of the cat is strongest on the cat, that of the cup "
    "on the cup, and so on."
)
def plot_four_maps(mosaic: Any, maps: Mapping[str, Any]) -> np.ndarray:
    """Draw a mosaic (1, 3, H, W), and a class map (H', W') for each of its photographs."""
    return _maps_on(mosaic, maps)


@described(
    "The cat, its class map and its map of occlusion. Both are strongest at the lower right, on the face, and weak at "
    "the upper left."
)
def plot_two_opinions(picture: Any, maps: Mapping[str, Any]) -> np.ndarray:
    """Draw a picture (1, 3, H, W), and two maps of what counted in it."""
    return _maps_on(picture, maps)
