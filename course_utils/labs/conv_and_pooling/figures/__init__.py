"""Figures of lab 05. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing import plot_grids, plot_images, plot_parameter_bars, plot_value_histograms, show
from course_utils.labs.conv_and_pooling.figures.convolution import plot_convolution_step, plot_filmstrip
from course_utils.labs.conv_and_pooling.figures.equivariance import plot_equivariance
from course_utils.labs.conv_and_pooling.figures.matrices import plot_convolution_matrix
from course_utils.labs.conv_and_pooling.figures.stamps import plot_stamps
from course_utils.labs.conv_and_pooling.figures.windows import plot_windows

__all__ = [
    "plot_convolution_matrix",
    "plot_convolution_step",
    "plot_equivariance",
    "plot_filmstrip",
    "plot_grids",
    "plot_images",
    "plot_parameter_bars",
    "plot_stamps",
    "plot_value_histograms",
    "plot_windows",
    "show",
]
