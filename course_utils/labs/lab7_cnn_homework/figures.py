"""Figures of lab 06's homework. Each function draws and returns axes; `show` puts a figure into the notebook."""

from typing import Any

import numpy as np

from course_utils.drawing import described, plot_pictures, show

__all__ = [
    "plot_garments",
    "plot_moved_garments",
    "plot_pictures",
    "show",
]


@described("Twenty grey pictures of garments: shirts, trousers, shoes, bags, in white on black.")
def plot_garments(pictures: Any) -> np.ndarray:
    """Draw the first twenty garments."""
    return plot_pictures(pictures.at(range(20)))


@described("Twenty garments, each a little off the middle, turned, smaller or larger.")
def plot_moved_garments(pictures: Any) -> np.ndarray:
    """Draw the first twenty garments that were moved."""
    return plot_pictures(pictures.at(range(20)))
