"""Figures of the lessons. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.plots.activations import (
    plot_curves,
    plot_folding,
    plot_gradient_flow,
    plot_output_functions,
    plot_regions,
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

__all__ = [
    "figure_bundle",
    "plot_convolution_matrix",
    "plot_convolution_step",
    "plot_curves",
    "plot_equivariance",
    "plot_filmstrip",
    "plot_folding",
    "plot_gradient_flow",
    "plot_grids",
    "plot_images",
    "plot_output_functions",
    "plot_parameter_bars",
    "plot_regions",
    "plot_stamps",
    "plot_value_histograms",
    "plot_windows",
    "show",
]
