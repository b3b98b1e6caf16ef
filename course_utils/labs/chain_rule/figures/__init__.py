"""Figures of lab 03. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing import plot_grids, show
from course_utils.labs.chain_rule.figures.computation_graphs import plot_computation_graph
from course_utils.labs.chain_rule.figures.curves import plot_difference_errors, plot_losses, plot_moves

__all__ = [
    "plot_computation_graph",
    "plot_difference_errors",
    "plot_grids",
    "plot_losses",
    "plot_moves",
    "show",
]
