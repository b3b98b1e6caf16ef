"""Figures of lab 06's homework. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing import plot_pictures, show

__all__ = ["plot_pictures", "show"]
