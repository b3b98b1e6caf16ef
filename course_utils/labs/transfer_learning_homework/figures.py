"""Figures of lab 07's homework. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing import plot_pictures, plot_value_histograms, show

__all__ = ["plot_pictures", "plot_value_histograms", "show"]
