"""Figures of lab 03 as its lesson shows them: each holds its text for those who cannot see it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from course_utils.drawing import described, plot_grids
from course_utils.labs.chain_rule.figures.computation_graphs import plot_computation_graph
from course_utils.labs.chain_rule.figures.curves import plot_difference_errors, plot_losses, plot_moves
from course_utils.labs.chain_rule.programs import Program

Move = tuple[float, float]


@described("Three bars: t moves by 0.01, f moves about 4 times as far, g about 11 times as far as f.")
def plot_three_moves(t: Move, f: Move, g: Move) -> Axes:
    """Draw how a small move of t becomes one of f and of g."""
    return plot_moves({"t": t, "f": f, "g": g})


@described(
    "x = 2 leads to f1 = 10, f2 = 4 and f3 = 3, and these to g = 46. The slopes along the three paths are 5 and 3, "
    "4 and 8, 1 and 10."
)
def plot_three_paths(paths: Program) -> Axes:
    """Draw the program of section 2 with its slopes."""
    return plot_computation_graph(paths, slopes=True)


@described(
    "Two U-shaped curves on logarithmic axes: the error falls with the step, then rises again. The two-sided one "
    "reaches far lower, near 1e-5."
)
def plot_two_errors(steps: Sequence[float], one_sided: Sequence[float], two_sided: Sequence[float]) -> Axes:
    """Compare the errors of two numerical slopes."""
    return plot_difference_errors(steps, {"one-sided": one_sided, "two-sided": two_sided})


@described(
    "A chain of boxes from w and x over z, a and y to the loss L. Each has its number in blue-grey and its gradient in "
    "orange; L has gradient 1."
)
def plot_one_unit(unit: Program) -> Axes:
    """Draw a network of one hidden unit with numbers, slopes and gradients."""
    return plot_computation_graph(unit, gradients=True, slopes=True)


@described(
    "Seven boxes: a and b lead to c = a + b and d = a times b; c and d lead to e = c + d and f = c times d; e and f "
    "lead to y."
)
def plot_diamond(written: Program) -> Axes:
    """Draw the graph of section 5 with its slopes."""
    return plot_computation_graph(written, slopes=True)


@described("Four small arrays: X and W of 2 by 3, Y and its gradient dY of 2 by 2.")
def plot_dense_arrays(X: np.ndarray, W: np.ndarray, Y: np.ndarray, dY: np.ndarray) -> np.ndarray:
    """Draw the arrays of a dense layer."""
    return plot_grids([X, W, Y, dY], ["X (N, D)", "W (K, D)", "Y (N, K)", "dY (N, K)"], signed=True)


@described(
    "Two loss curves over 60 steps. With zeroing the loss falls smoothly below 0.15; without it jumps up and down and "
    "learns little."
)
def plot_with_and_without_zeroing(zeroed: Sequence[float], never: Sequence[float]) -> Axes:
    """Draw the losses of two trainings."""
    return plot_losses({"gradients set to zero": zeroed, "never set to zero": never}, bound=0.15)
