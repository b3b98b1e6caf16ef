"""Figures of the lessons. Each function draws and returns axes; `show` puts a figure into the notebook."""

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
from course_utils.plots.neurons import plot_descent, plot_line, plot_network, plot_neurons, plot_shapes

__all__ = [
    "figure_bundle",
    "plot_convolution_matrix",
    "plot_convolution_step",
    "plot_descent",
    "plot_equivariance",
    "plot_filmstrip",
    "plot_grids",
    "plot_images",
    "plot_line",
    "plot_network",
    "plot_neurons",
    "plot_parameter_bars",
    "plot_shapes",
    "plot_stamps",
    "plot_value_histograms",
    "plot_windows",
    "show",
]
