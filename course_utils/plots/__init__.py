"""Figures of the lessons. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.plots.attacks import (
    plot_accuracy_over_budget,
    plot_attack,
    plot_class_bars,
    plot_loss_around,
    plot_vase,
)
from course_utils.plots.convolution import (
    plot_convolution_matrix,
    plot_convolution_step,
    plot_equivariance,
    plot_filmstrip,
    plot_stamps,
    plot_windows,
)
from course_utils.plots.frames import figure_bundle, show
from course_utils.plots.general import (
    plot_grids,
    plot_images,
    plot_parameter_bars,
    plot_value_histograms,
)
from course_utils.plots.training import plot_confusion, plot_first_kernels, plot_history, plot_pictures

__all__ = [
    "figure_bundle",
    "plot_accuracy_over_budget",
    "plot_attack",
    "plot_class_bars",
    "plot_confusion",
    "plot_convolution_matrix",
    "plot_convolution_step",
    "plot_equivariance",
    "plot_filmstrip",
    "plot_first_kernels",
    "plot_grids",
    "plot_history",
    "plot_images",
    "plot_loss_around",
    "plot_parameter_bars",
    "plot_pictures",
    "plot_stamps",
    "plot_value_histograms",
    "plot_vase",
    "plot_windows",
    "show",
]
