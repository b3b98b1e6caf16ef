"""Figures of lab 03. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing import plot_grids, show
from course_utils.labs.chain_rule.figures.computation_graphs import plot_computation_graph
from course_utils.labs.chain_rule.figures.curves import plot_difference_errors, plot_losses, plot_moves
from course_utils.labs.chain_rule.figures.lesson import (
    plot_dense_arrays,
    plot_diamond,
    plot_one_unit,
    plot_three_moves,
    plot_three_paths,
    plot_two_errors,
    plot_with_and_without_zeroing,
)

__all__ = [
    "plot_computation_graph",
    "plot_dense_arrays",
    "plot_diamond",
    "plot_difference_errors",
    "plot_grids",
    "plot_losses",
    "plot_moves",
    "plot_one_unit",
    "plot_three_moves",
    "plot_three_paths",
    "plot_two_errors",
    "plot_with_and_without_zeroing",
    "show",
]
