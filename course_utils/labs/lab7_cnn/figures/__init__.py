"""Figures of lab 06. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing import plot_pictures, show
from course_utils.labs.lab7_cnn.figures.networks import (
    plot_cost_bars,
    plot_residual_block,
    plot_shape_ribbon,
    plot_size_staircase,
)
from course_utils.labs.lab7_cnn.figures.training import plot_confusion, plot_first_kernels, plot_history

__all__ = [
    "plot_confusion",
    "plot_cost_bars",
    "plot_first_kernels",
    "plot_history",
    "plot_pictures",
    "plot_residual_block",
    "plot_shape_ribbon",
    "plot_size_staircase",
    "show",
]
