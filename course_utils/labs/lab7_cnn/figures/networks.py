"""Figures about whole networks: shapes along the way, what layers cost, how sizes shrink, a residual block."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle

from course_utils import style
from course_utils.drawing.frames import FONT, bare, described

Shape = tuple[int, ...]


def plot_shape_ribbon(shapes: Mapping[str, Shape | None]) -> Axes:
    """Draw the shapes along a network as blocks: taller for a larger side, wider for more channels.

    Parameters
    ----------
    shapes
        Step → shape of one picture, ``(C, H, W)`` or ``(D,)``; None is drawn as a question mark.

    Returns
    -------
    Axes
        With one block a step.

    Raises
    ------
    ValueError
        If there are no shapes, or one has neither one number nor three.
    """
    if not shapes:
        raise ValueError("shapes must hold at least one shape, but it is empty")
    for name, shape in shapes.items():
        if shape is not None and len(shape) not in (1, 3):
            raise ValueError(f"shapes[{name!r}] must be (C, H, W) or (D,), not {shape}")
    largest = max((shape[1] for shape in shapes.values() if shape and len(shape) == 3), default=1)
    pitch = 9.0 / max(len(shapes), 5)
    axes = plt.subplots(figsize=(9, 2.9), layout="constrained")[1]
    for place, (name, shape) in enumerate(shapes.items()):
        _draw_block(axes, place * pitch, pitch, shape, largest)
        text = "?" if shape is None else "×".join(map(str, shape))
        axes.text((place + 0.45) * pitch, -0.25, f"{name}\n{text}", ha="center", va="top", fontsize=FONT)
    axes.set_xlim(-0.1, len(shapes) * pitch)
    axes.set_ylim(-0.95, 2.3)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return axes


def _draw_block(axes: Axes, left: float, pitch: float, shape: Shape | None, largest: int) -> None:
    middle = left + 0.45 * pitch
    if shape is None:
        axes.text(middle, 0.9, "?", ha="center", va="center", fontsize=FONT + 14, color=style.FOCUS)
        return
    if len(shape) == 1:  # a row of numbers: a thin, hatched column
        height, width, look = 0.35 + 0.45 * np.log10(shape[0]), 0.12, {"hatch": "////", "fc": "white"}
    else:
        height = 0.25 + 1.65 * shape[1] / largest
        width, look = min(0.12 + 0.11 * np.log2(shape[0] + 1), 0.8 * pitch), {"fc": style.MODEL}
    box = (middle - width / 2, 0.0)
    axes.add_patch(Rectangle(box, width, height, ec="black", lw=1.2, **look))


def plot_cost_bars(parameters: Mapping[str, int], multiplications: Mapping[str, int]) -> np.ndarray:
    """Compare layers by their share of the parameters and of the multiplications for one picture.

    Parameters
    ----------
    parameters, multiplications
        Layer → number, for the same layers.

    Returns
    -------
    array of Axes
        Two panels, shares in percent.

    Raises
    ------
    ValueError
        If the layers differ, or a sum is zero.
    """
    if list(parameters) != list(multiplications) or not parameters:
        raise ValueError("parameters and multiplications must name the same layers, at least one")
    panels = plt.subplots(1, 2, figsize=(7.5, 0.9 + 0.4 * len(parameters)), layout="constrained", sharey=True)[1]
    columns = (("parameters", parameters, style.MODEL, ""), ("multiplications", multiplications, style.DATA, "//"))
    for axes, (title, counts, colour, hatch) in zip(panels, columns, strict=True):
        total = sum(counts.values())
        if total <= 0:
            raise ValueError(f"{title} must add up to more than zero, not {total}")
        shares = [100 * count / total for count in counts.values()]
        bars = axes.barh(list(counts), shares, color=colour, edgecolor="black", hatch=hatch, height=0.6)
        labels = [f"{count:,} ({share:.1f} %)" for count, share in zip(counts.values(), shares, strict=True)]
        axes.bar_label(bars, labels, padding=4, fontsize=FONT)
        axes.set_xlim(0, max(shares) * 1.75)
        axes.set_xlabel(f"share of {total:,} {title}, %", fontsize=FONT)
        bare(axes)
    panels[0].invert_yaxis()
    return panels


LECTURES_LAYERS = {  # numbers that reach a unit, units or kernels, places where they are used
    "conv1": (75, 6, 28 * 28),
    "conv2": (150, 16, 10 * 10),
    "fc1": (400, 120, 1),
    "fc2": (120, 84, 1),
    "fc3": (84, 10, 1),
}


@described(
    "Two groups of bars. The first convolution holds 0.7 % of the parameters and does 54 % of the "
    "multiplications; the first dense layer holds 78 % of the parameters and does 7 % of the "
    "multiplications."
)
def plot_layer_costs() -> np.ndarray:
    """Compare the layers of the network of section 3, as :func:`plot_cost_bars` does."""
    layers = LECTURES_LAYERS.items()
    return plot_cost_bars(
        {name: (reach + 1) * units for name, (reach, units, _) in layers},
        {name: reach * units * places for name, (reach, units, places) in layers},
    )


@described(
    "Two staircases. VGG-16 keeps its side through convolutions and halves it five times, from 224 to 7. "
    "The listing loses two pixels at each convolution as well and ends at a single pixel."
)
def plot_vgg_staircases(config: Sequence[int | str], size: int = 224) -> Axes:
    """Draw how the side of the maps shrinks in VGG-16, and in the lecture's listing, which leaves out the padding.

    Parameters
    ----------
    config
        Kernels of 3×3 and "pool", up to "flatten".
    size
        Side of the pictures, in pixels.
    """
    layers = config[: config.index("flatten")]
    sizes = {"VGG-16": [size], "the listing": [size]}
    for entry in layers:
        for name, lost in (("VGG-16", 0), ("the listing", 2)):
            side = sizes[name][-1]
            sizes[name].append(side // 2 if entry == "pool" else side - lost)
    steps = ["input", *("pool" if entry == "pool" else f"conv {entry}" for entry in layers)]
    return plot_size_staircase(sizes, steps)


def plot_size_staircase(sizes: Mapping[str, Sequence[int]], steps: Sequence[str]) -> Axes:
    """Draw how the side of the maps shrinks from step to step, on an axis that doubles.

    Parameters
    ----------
    sizes
        Name → side of the maps after each step, in pixels; at most four.
    steps
        Names of the steps, the input first.

    Returns
    -------
    Axes
        One staircase a name, first and last side written.

    Raises
    ------
    ValueError
        If a name has not one side for each step.
    """
    if not 1 <= len(sizes) <= 4 or any(len(one) != len(steps) for one in sizes.values()):
        raise ValueError(f"sizes must be 1 to 4 rows of {len(steps)} sides, one a step")
    axes = plt.subplots(figsize=(8.5, 3.4), layout="constrained")[1]
    looks = (("MODEL", "-", "o"), ("FOCUS", "--", "s"), ("DATA", ":", "^"), ("TRUTH", "-.", "D"))
    for (name, sides), (colour, dashes, marker) in zip(sizes.items(), looks, strict=False):
        look = {"color": getattr(style, colour), "ls": dashes, "marker": marker, "ms": 5, "lw": 1.8}
        axes.plot(range(len(steps)), sides, drawstyle="steps-post", label=name, **look)
        axes.annotate(f"{sides[-1]}×{sides[-1]}", (len(steps) - 1, sides[-1]), (7, 0), textcoords="offset points",
                      va="center", fontsize=FONT, color=look["color"])  # fmt: skip
    axes.set_yscale("log", base=2)
    ticks = [2**power for power in range(9) if 2**power <= 1.3 * max(max(one) for one in sizes.values())]
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.set_xticks(range(len(steps)), steps, rotation=60, ha="right", rotation_mode="anchor", fontsize=FONT)
    axes.set_xlim(-0.3, len(steps) + 0.3)
    axes.set_ylabel("side of the maps, pixels", fontsize=FONT)
    axes.legend(frameon=False, fontsize=FONT)
    bare(axes).tick_params(axis="x", labelsize=FONT)
    return axes


def plot_residual_block(labels: Sequence[str], shortcut: str) -> Axes:
    """Draw a residual block: a row of layers, and a way around them that is added at the end.

    Parameters
    ----------
    labels
        The layers in order, at most six.
    shortcut
        What stands on the way around.

    Returns
    -------
    Axes
        Boxes, arrows and a plus.

    Raises
    ------
    ValueError
        If there are no layers or more than six.
    """
    if not 1 <= len(labels) <= 6:
        raise ValueError(f"labels must be 1 to 6 layers, not {len(labels)}")
    axes = plt.subplots(figsize=(8.5, 2.2), layout="constrained")[1]
    end = 1.5 * len(labels)
    for place, label in enumerate(labels):
        axes.add_patch(Rectangle((0.65 + 1.5 * place, -0.3), 1.2, 0.6, fc="white", ec="black", lw=1.2))
        axes.text(1.25 + 1.5 * place, 0, label, ha="center", va="center", fontsize=FONT)
        _arrow(axes, (0.3 + 1.5 * place, 0), (0.65 + 1.5 * place, 0))
    _arrow(axes, (end + 0.3, 0), (end + 0.75, 0))
    axes.text(end + 0.95, 0, "+", ha="center", va="center", fontsize=FONT + 6, color=style.FOCUS)
    _arrow(axes, (end + 1.15, 0), (end + 1.6, 0))
    axes.plot([0.1, 0.1, end + 0.95], [0.15, 0.85, 0.85], color=style.FOCUS, lw=2, ls="--")
    _arrow(axes, (end + 0.95, 0.85), (end + 0.95, 0.2), color=style.FOCUS)
    axes.text(end / 2 + 0.5, 0.95, shortcut, ha="center", va="bottom", fontsize=FONT)
    axes.text(0.1, 0, "x", ha="center", va="center", fontsize=FONT + 2)
    axes.text(end + 1.7, 0, "F(x) + x, then ReLU", ha="left", va="center", fontsize=FONT)
    axes.set_xlim(-0.2, end + 3.6)
    axes.set_ylim(-0.5, 1.4)
    axes.set_axis_off()
    return axes


def _arrow(axes: Axes, start: tuple[float, float], stop: tuple[float, float], color: str = "black") -> None:
    axes.add_patch(FancyArrowPatch(start, stop, arrowstyle="-|>", mutation_scale=12, lw=1.6, color=color))
