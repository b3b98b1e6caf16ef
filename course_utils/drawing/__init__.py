"""Figures that several labs use. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing.frames import described, figure_bundle, show
from course_utils.drawing.general import plot_grids, plot_images, plot_parameter_bars, plot_value_histograms
from course_utils.drawing.pictures import plot_pictures

__all__ = [
    "described",
    "figure_bundle",
    "plot_grids",
    "plot_images",
    "plot_parameter_bars",
    "plot_pictures",
    "plot_value_histograms",
    "show",
]
