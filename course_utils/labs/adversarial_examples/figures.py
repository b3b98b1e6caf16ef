"""Figures about attacks: a picture and its changed twins, the loss around a picture, accuracy over the budget."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing import described, plot_pictures, show
from course_utils.drawing.frames import FONT, LINES, bare

__all__ = [
    "plot_accuracy_over_budget",
    "plot_attack",
    "plot_cat",
    "plot_cat_or_dog",
    "plot_class_bars",
    "plot_gallery",
    "plot_gradient",
    "plot_loss_around",
    "plot_one_noise",
    "plot_patches",
    "plot_photo_units",
    "plot_pictures",
    "plot_shapes",
    "plot_twins",
    "plot_units",
    "plot_vase",
    "show",
]

BARS = 3  # classes in a row of bars


def plot_attack(
    x: Any, changed: Mapping[str, Any], probabilities: Mapping[str, Any], classes: Sequence[str], *, factor: float = 10
) -> np.ndarray:
    """Draw changed twins of a picture, one a row: the twin, its difference amplified, the most probable classes.

    Parameters
    ----------
    x
        The picture ``(3, H, W)``, from 0 to 1.
    changed
        Name → picture of the same shape.
    probabilities
        Name → the network's probabilities ``(K,)`` for it.
    classes
        Names of the ``K`` classes.
    factor
        What the difference is multiplied by; grey is no change.

    Returns
    -------
    array of Axes
        ``(rows, 3)``.

    Raises
    ------
    ValueError
        If the names differ, or a shape.
    """
    if list(changed) != list(probabilities) or not changed:
        raise ValueError(f"changed and probabilities must have the same names, not {[*changed]} and {[*probabilities]}")
    original, rows = _colour(x, "x"), len(changed)
    _, grid = plt.subplots(
        rows, 3, figsize=(7.4, 1.75 * rows), squeeze=False, layout="constrained", width_ratios=[1, 1, 1.6]
    )
    for (left, middle, right), (name, picture) in zip(grid, changed.items(), strict=True):
        twin = _colour(picture, name)
        if twin.shape != original.shape:
            raise ValueError(f"{name} must have the shape of x, {original.shape}, not {twin.shape}")
        for axes, image in ((left, twin), (middle, 0.5 + factor * (twin - original))):
            axes.imshow(np.clip(image, 0, 1))
            axes.set_axis_off()
        left.set_title(name, fontsize=FONT)
        middle.set_title(f"difference ×{factor:g}", fontsize=FONT)
        plot_class_bars(probabilities[name], classes, axes=right)
    return grid


def plot_class_bars(probabilities: Any, classes: Sequence[str], *, axes: Axes | None = None, most: int = BARS) -> Axes:
    """Draw the highest probabilities as bars with their classes, each number written.

    Parameters
    ----------
    probabilities
        ``(K,)``, from 0 to 1.
    classes
        Names of the ``K`` classes.
    axes
        Where to draw. New axes if left out.
    most
        How many classes.
    """
    values = np.asarray(probabilities.detach() if hasattr(probabilities, "detach") else probabilities, float)
    if values.shape != (len(classes),):
        raise ValueError(f"probabilities must have the shape ({len(classes)},), one a class, not {values.shape}")
    best = np.argsort(-values, kind="stable")[:most]
    if axes is None:
        axes = plt.subplots(figsize=(3.4, 0.6 + 0.35 * most), layout="constrained")[1]
    bars = axes.barh([classes[k] for k in best], values[best], color=style.MODEL, edgecolor="black", lw=1, height=0.6)
    axes.bar_label(bars, [f"{values[k]:.2f}" for k in best], padding=4, fontsize=FONT)
    axes.set_xlim(0, 1.25)
    axes.set_xticks([0, 0.5, 1])
    axes.invert_yaxis()
    axes.set_xlabel("probability", fontsize=FONT)
    return bare(axes)


@described(
    "The loss around the star. It rises to the right, along the attack, and stays level up and down, "
    "along random signs."
)
def plot_loss_around(losses: Any, reach: float, *, axes: Axes | None = None) -> Axes:
    """Draw the loss around a picture in two directions: along the attack and along random signs.

    Parameters
    ----------
    losses
        ``(n, n)``: row 0 is ``-reach`` along the random signs, column 0 ``-reach`` along the attack.
    reach
        In grey levels out of 255.
    axes
        Where to draw. New axes if left out.
    """
    values = np.asarray(losses, float)
    if values.ndim != 2:
        raise ValueError(f"losses must have the shape (n, n), not {values.shape}")
    if axes is None:
        axes = plt.subplots(figsize=(4.6, 3.6), layout="constrained")[1]
    image = axes.imshow(values, cmap=style.INTENSITY, origin="lower", extent=(-reach, reach, -reach, reach))
    axes.plot(0, 0, marker="o", ms=9, mfc="white", mec="black")
    axes.annotate("the picture", (0, 0), (0, -0.18 * reach), ha="center", va="top", color="white", fontsize=FONT)
    axes.set_xlabel("along the attack's signs (grey levels)", fontsize=FONT)
    axes.set_ylabel("along random signs\n(grey levels)", fontsize=FONT)
    axes.figure.colorbar(image, ax=axes, shrink=0.9).set_label("loss", fontsize=FONT)
    axes.tick_params(labelsize=FONT)
    return axes


@described(
    "Accuracy over the budget for the plain and the defended network, under fgsm and pgd. The defended "
    "one falls later; both end near chance."
)
def plot_accuracy_over_budget(
    levels: Sequence[float], accuracies: Mapping[str, Sequence[float]], *, chance: float | None = 0.1
) -> Axes:
    """Draw accuracies over the budget of an attack, one line a name.

    Parameters
    ----------
    levels
        Budgets in grey levels out of 255.
    accuracies
        Name → one accuracy a budget, from 0 to 1; at most four.
    chance
        Accuracy of guessing: a thin grey line; None for none.

    Raises
    ------
    ValueError
        If there are no lines, more than four, or one with another number of values.
    """
    if not 1 <= len(accuracies) <= len(LINES):
        raise ValueError(f"accuracies must hold 1 to {len(LINES)} lines, not {len(accuracies)}")
    axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")[1]
    for (name, values), (colour, dashes, marker) in zip(accuracies.items(), LINES, strict=False):
        if len(values) != len(levels):
            raise ValueError(f"accuracies[{name!r}] must have {len(levels)} values, one a budget, not {len(values)}")
        axes.plot(levels, values, color=getattr(style, colour), ls=dashes, marker=marker, ms=6, lw=1.8, label=name)
    if chance is not None:
        axes.axhline(chance, color="0.5", lw=1.5, ls=(0, (1, 2)))
        axes.text(min(levels), chance + 0.02, "chance", color="0.35", fontsize=FONT)
    axes.set_ylim(0, 1)
    axes.set_xticks(levels)
    axes.set_xlabel("budget (grey levels out of 255)", fontsize=FONT)
    axes.set_ylabel("accuracy on test pictures", fontsize=FONT)
    axes.legend(frameon=False, fontsize=FONT, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return bare(axes)


@described("A white shape on black: seen as a vase, or as two black faces in profile that look at each other.")
def plot_vase() -> Axes:
    """Draw one outline that can be seen as a vase or as two faces."""
    height = np.array([0, 4, 10, 14, 20, 27, 32, 37, 42, 47, 52, 58, 66, 74, 84, 92, 97, 100]) / 100
    width = np.array([34, 32, 17, 13, 20, 17, 11, 14, 10, 13, 11, 6, 16, 13, 19, 30, 31, 31]) / 100
    up = np.linspace(0, 1, 400)
    side = np.interp(up, height, width)
    kernel = np.hanning(17)
    side = np.convolve(np.pad(side, 8, mode="edge"), kernel / kernel.sum(), mode="valid")
    axes = plt.subplots(figsize=(3, 3), layout="constrained")[1]
    axes.set_facecolor("black")
    axes.fill_betweenx(up, -side, side, color="white", lw=0)
    axes.set_xlim(-0.5, 0.5)
    axes.set_ylim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    return axes


def _colour(picture: Any, name: str) -> np.ndarray:
    """Return a picture ``(3, H, W)`` as ``(H, W, 3)``."""
    array = np.asarray(picture.detach() if hasattr(picture, "detach") else picture, float)
    if array.ndim != 3 or array.shape[0] != 3:
        raise ValueError(f"{name} must have the shape (3, H, W), not {array.shape}")
    return array.transpose(1, 2, 0)


@described("A photograph of a ginger cat that looks into the camera.")
def plot_cat(picture: Any) -> np.ndarray:
    """Draw the photograph of section 1."""
    return plot_pictures(picture, ["Chelsea"], caption="photograph: S. van der Walt, CC0")


@described(
    "Ten drawn shapes on cluttered grounds: a checkerboard, a ring, level stripes, a star, a triangle, a "
    "cross, a square, dots, a disc, upright stripes."
)
def plot_shapes(pictures: Any) -> np.ndarray:
    """Draw the first ten shapes."""
    return plot_pictures(pictures.at(range(10)))


@described(
    "A star, and the gradient of its loss by its pixels: strongest on and around the star, weaker at the border."
)
def plot_gradient(picture: Any, gradient: Any) -> np.ndarray:
    """Draw a picture, and the gradient of its loss by its pixels around grey."""
    scaled = 0.5 + 0.5 * gradient / gradient.abs().max()
    caption = "right: grey means zero; scaled to the largest number"
    return plot_pictures(_batch(picture, scaled), ["star", "gradient"], caption=caption)


@described(
    "Two twins of the star, both changed by 8/255. The attacked one is taken for a triangle; the one with "
    "random signs is still a star."
)
def plot_twins(picture: Any, twins: Mapping[str, Any], network: Any, classes: Sequence[str]) -> np.ndarray:
    """Draw changed twins of a picture, a batch of one each, and what a network sees in them."""
    seen = {name: network(twin).softmax(1)[0] for name, twin in twins.items()}
    return plot_attack(picture[0], {name: twin[0] for name, twin in twins.items()}, seen, classes)


@described(
    "The cat, the changed cat, which looks the same, and their difference, amplified twenty times: coloured grain."
)
def plot_cat_or_dog(picture: Any, changed: Any) -> np.ndarray:
    """Draw a photograph, its changed twin and the difference, amplified twenty times."""
    titles = ["Chelsea", "changed by 2/255", "difference ×20"]
    return plot_pictures(_batch(picture, changed, 0.5 + 20 * (changed - picture)), titles)


@described(
    "One noise, a pattern of bars and stripes, and four shapes that carry it. The shapes are easy to "
    "recognise; the network takes them for something else."
)
def plot_one_noise(noise: Any, carrying: Any, titles: Sequence[str]) -> np.ndarray:
    """Draw one noise of 16/255, amplified, and pictures that carry it."""
    return plot_pictures(_batch(0.5 + noise * 255 / 32, carrying), ["the noise, ×8", *titles])


@described(
    "Ten pictures of coloured noise. The network gives each of them another class, with a confidence of almost 1."
)
def plot_gallery(pictures: Sequence[Any], titles: Sequence[str]) -> np.ndarray:
    """Draw fooling images, a batch of one each."""
    return plot_pictures(_batch(*pictures), titles, columns=5)


@described(
    "Patches of 10 by 10 pixels, those that were learned in strong colours, and three shapes with the last patch "
    "somewhere in them. The shapes are easy to recognise."
)
def plot_patches(patches: Mapping[str, Any], carrying: Any) -> np.ndarray:
    """Draw patches by name, each as large as a picture, and pictures that carry the last of them."""
    side = carrying.shape[-1]
    grown = [torch.nn.functional.interpolate(torch.as_tensor(one)[None], size=side) for one in patches.values()]
    titles = [*patches, *[""] * len(carrying)]
    return plot_pictures(_batch(*grown, carrying), titles, columns=len(patches))


@described(
    "Pictures for six units in columns. Two rows from noise show bars, upright, level or slanted, of the trained "
    "network; the row of the network that was not trained shows grain; the last row holds real pictures, most of them "
    "stripes."
)
def plot_units(rows: Mapping[str, Any], units: Sequence[str]) -> np.ndarray:
    """Draw the pictures of each unit below one another, a row for each way to find them."""
    return _rows_of_pictures(rows, units)


@described(
    "Pictures for three units of MobileNetV2. Those of the trained network are woven patterns in several colours, "
    "those of the one with random weights are grain."
)
def plot_photo_units(rows: Mapping[str, Any], units: Sequence[str]) -> np.ndarray:
    """Draw the pictures of units of the network for photographs, a row for each network."""
    return _rows_of_pictures(rows, units)


def _rows_of_pictures(rows: Mapping[str, Any], titles: Sequence[str]) -> np.ndarray:
    """Draw batches of pictures (N, 3, H, W), one a row with its name at the left, and a title over each column.

    All rows are one image on one pair of axes: two dozen axes would take a second to lay out.
    """
    size = (1.1 * len(titles) + 1.3, 1.1 * len(rows) + 0.4)
    axes = plt.subplots(figsize=size, layout="constrained")[1]
    pictures = [[_colour(one, name).clip(0, 1) for one in batch] for name, batch in rows.items()]
    side, gap = len(pictures[0][0]), max(2, len(pictures[0][0]) // 12)
    step, columns = side + gap, len(titles)
    wall = np.ones((len(rows) * step - gap, columns * step - gap, 3))
    for i, line in enumerate(pictures):
        for j, picture in enumerate(line):
            wall[i * step : i * step + side, j * step : j * step + side] = picture
    axes.imshow(wall, interpolation="nearest")
    axes.set_xticks([j * step + side / 2 - 0.5 for j in range(columns)], titles, fontsize=FONT)
    axes.set_yticks([i * step + side / 2 - 0.5 for i in range(len(rows))], [*rows], fontsize=FONT)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    return np.array([axes])


def _batch(*pictures: Any) -> torch.Tensor:
    """Put batches of pictures behind one another."""
    return torch.cat([torch.as_tensor(one) for one in pictures])
