"""Figures of lab 07's homework. Each function draws and returns axes; `show` puts a figure into the notebook."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from course_utils.drawing import described, plot_pictures, plot_value_histograms, show

__all__ = [
    "plot_brightness",
    "plot_own_pictures",
    "plot_pictures",
    "plot_scenes",
    "plot_value_histograms",
    "plot_wild",
    "show",
]


@described("Two rows of eight pictures. Each row shows one bike on one ground, moved and tilted a little.")
def plot_scenes(pictures: Any) -> np.ndarray:
    """Draw scenes, one a row of eight pictures."""
    return plot_pictures(pictures, columns=8)


@described("Sixteen wild pictures, each of another bike: darker, smaller, with bars across the ground.")
def plot_wild(pictures: Any) -> np.ndarray:
    """Draw the first sixteen wild pictures."""
    return plot_pictures(pictures.at(range(16)), columns=8)


@described("Two histograms of mean brightness, from 0 to 1: the wild pictures lie 0.2 lower, with some overlap.")
def plot_brightness(means: Mapping[str, Any]) -> Any:
    """Draw how bright the pictures of two sets are."""
    return plot_value_histograms(means, xlabel="mean brightness of a picture", counted="pictures")


@described("Pictures from the whole set, each with the name of its class.")
def plot_own_pictures(pictures: Any) -> np.ndarray:
    """Draw some sixteen pictures from the whole of a learner's set."""
    return plot_pictures(pictures.at(range(0, len(pictures), max(1, len(pictures) // 16))))
