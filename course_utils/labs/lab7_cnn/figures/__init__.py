"""Figures of lab 06. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing import plot_pictures, show
from course_utils.labs.lab7_cnn.figures.lesson import (
    plot_basic_block,
    plot_confusion_of_shapes,
    plot_example_ribbon,
    plot_garments,
    plot_rivals,
    plot_run,
    plot_shapes,
    plot_three_animals,
    rivals_reached,
)
from course_utils.labs.lab7_cnn.figures.networks import (
    plot_cost_bars,
    plot_layer_costs,
    plot_residual_block,
    plot_shape_ribbon,
    plot_size_staircase,
    plot_vgg_staircases,
)
from course_utils.labs.lab7_cnn.figures.training import plot_confusion, plot_first_kernels, plot_history

__all__ = [
    "plot_basic_block",
    "plot_confusion",
    "plot_confusion_of_shapes",
    "plot_cost_bars",
    "plot_example_ribbon",
    "plot_first_kernels",
    "plot_garments",
    "plot_history",
    "plot_layer_costs",
    "plot_pictures",
    "plot_residual_block",
    "plot_rivals",
    "plot_run",
    "plot_shape_ribbon",
    "plot_shapes",
    "plot_size_staircase",
    "plot_three_animals",
    "plot_vgg_staircases",
    "rivals_reached",
    "show",
]
