"""Figures of lab 05's homework. Each function draws and returns axes; `show` puts a figure into the notebook."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing import described, plot_images, plot_pictures, show
from course_utils.drawing.frames import bare

__all__ = ["plot_first_kernels", "plot_garments", "plot_losses", "show"]


@described("Twenty grey pictures of garments: shirts, trousers, shoes, bags, in white on black.")
def plot_garments(pictures: Any) -> np.ndarray:
    """Draw the first twenty garments."""
    return plot_pictures(pictures.at(range(20)))


@described("Five kernels of 5×5 numbers after training, in two colours for the two signs.")
def plot_first_kernels(kernels: np.ndarray) -> np.ndarray:
    """Draw the first five of some kernels (K, 1, FH, FW)."""
    chosen = kernels[:5, 0]
    return plot_images(list(chosen), [f"kernel {number}" for number in range(len(chosen))], signed=True)


@described("Curves of the mean loss of each epoch, which fall from left to right.")
def plot_losses(losses: Mapping[str, Sequence[float]]) -> Axes:
    """Draw the mean loss of each epoch, one curve for each training."""
    _, axes = plt.subplots(figsize=(4.5, 3), layout="constrained")
    for (name, one), marker, colour in zip(losses.items(), "os^", (style.MODEL, style.DATA, style.TRUTH), strict=False):
        axes.plot(range(1, len(one) + 1), one, marker=marker, color=colour, label=name)
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean loss")
    axes.legend(frameon=False)
    return bare(axes)
