"""Figures of lab 03: how a small move travels, how exact a numerical slope is, and how a loss falls."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing.cells import number
from course_utils.drawing.frames import FONT, bare

_LINES = (
    {"color": style.MODEL, "marker": "o", "ls": "-"},
    {"color": style.DATA, "marker": "s", "ls": "--"},
    {"color": style.TRUTH, "marker": "^", "ls": "-."},
)


def plot_moves(moves: Mapping[str, tuple[float, float]]) -> Axes:
    """Draw how a small move of the first quantity becomes a move of the next, and of the one after it.

    Parameters
    ----------
    moves
        For each quantity, in the order in which the move travels, where it stood before and after.

    Returns
    -------
    Axes
        One number line a quantity, all at the same scale, so that lengths can be compared.

    Raises
    ------
    ValueError
        If there are fewer than two quantities.
    """
    if len(moves) < 2:
        raise ValueError(f"moves must name at least two quantities, not {len(moves)}")
    _, axes = plt.subplots(figsize=(6, 0.5 + 0.75 * len(moves)), layout="constrained")
    longest = max(abs(after - before) for before, after in moves.values())
    lengths = [after - before for before, after in moves.values()]
    for row, (name, (before, after)) in enumerate(moves.items()):
        axes.plot([0, 1.28 * longest], [row, row], color="0.75", lw=1.5, zorder=1)
        axes.plot([0, after - before], [row, row], color=style.MODEL, lw=6, solid_capstyle="butt", zorder=2)
        text = f"{name} moves by {number(after - before)}"
        text += f"  = {number(lengths[row - 1])} × {number(lengths[row] / lengths[row - 1])}" if row else ""
        axes.text(0, row - 0.28, text, ha="left", va="center", fontsize=FONT + 1)
    axes.set_ylim(len(moves) - 0.6, -0.6)
    axes.set_axis_off()
    return axes


def plot_difference_errors(steps: Sequence[float], errors: Mapping[str, Sequence[float]]) -> Axes:
    """Draw the error of numerical slopes over the step, both on logarithmic axes, and mark each best step.

    Parameters
    ----------
    steps
        Steps, larger than 0.
    errors
        For each method its errors, one for each step. An error of 0 is drawn at the lower edge.

    Returns
    -------
    Axes
        With one line a method.

    Raises
    ------
    ValueError
        If a method has not one error for each step.
    """
    for name, found in errors.items():
        if len(found) != len(steps):
            raise ValueError(f"errors[{name!r}] must have {len(steps)} numbers, one for each step, not {len(found)}")
    _, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
    lowest = 1e-14
    for look, (name, found) in zip(_LINES, errors.items(), strict=False):
        shown = np.maximum(np.abs(np.asarray(found, float)), lowest)
        best = int(shown.argmin())
        axes.plot(steps, shown, label=name, lw=1.8, ms=5, **look)
        axes.plot(steps[best], shown[best], "o", ms=13, mfc="none", mec=style.FOCUS, mew=2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("step ε", fontsize=FONT)
    axes.set_ylabel("error of the slope", fontsize=FONT)
    axes.legend(fontsize=FONT, frameon=False)
    return bare(axes)


def plot_losses(losses: Mapping[str, Sequence[float]], *, bound: float | None = None) -> Axes:
    """Draw losses over training steps on a logarithmic axis.

    Parameters
    ----------
    losses
        For each run the loss before each step, larger than 0.
    bound
        A level to draw as a dashed line.

    Returns
    -------
    Axes
        With one line a run.
    """
    _, axes = plt.subplots(figsize=(6, 3), layout="constrained")
    for look, (name, found) in zip(_LINES, losses.items(), strict=False):
        axes.plot(range(len(found)), found, label=name, lw=1.8, ms=4, markevery=5, **look)
    if bound is not None:
        axes.axhline(bound, color="0.4", ls=":", lw=1.5)
        axes.text(0, bound * 0.93, f"{number(bound)}", va="top", fontsize=FONT)
    axes.set_yscale("log")
    axes.set_xlabel("step", fontsize=FONT)
    axes.set_ylabel("loss", fontsize=FONT)
    axes.legend(fontsize=FONT, frameon=False)
    return bare(axes)
