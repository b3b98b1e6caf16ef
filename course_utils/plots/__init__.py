"""Figures of the lessons. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.plots.activations import (
    plot_curves,
    plot_folding,
    plot_gradient_flow,
    plot_output_functions,
    plot_regions,
)
from course_utils.plots.attacks import (
    plot_accuracy_over_budget,
    plot_attack,
    plot_class_bars,
    plot_loss_around,
    plot_vase,
)
from course_utils.plots.chain_rule import plot_difference_errors, plot_losses, plot_moves
from course_utils.plots.computation_graphs import plot_computation_graph
from course_utils.plots.convolution import (
    plot_convolution_matrix,
    plot_convolution_step,
    plot_equivariance,
    plot_filmstrip,
    plot_stamps,
    plot_windows,
)
from course_utils.plots.frames import figure_bundle, show
from course_utils.plots.general import plot_grids, plot_images, plot_parameter_bars, plot_value_histograms
from course_utils.plots.logistic_regression import (
    plane,
    plot_boundary,
    plot_boundary_maps,
    plot_hill_and_valley,
    plot_labelled_points,
    plot_log_loss,
    plot_probability_map,
    plot_sigmoid,
    plot_sign_runs,
    plot_softmax,
)
from course_utils.plots.networks import plot_cost_bars, plot_residual_block, plot_shape_ribbon, plot_size_staircase
from course_utils.plots.neurons import plot_descent, plot_line, plot_network, plot_neurons, plot_shapes
from course_utils.plots.training import plot_confusion, plot_first_kernels, plot_history, plot_pictures
from course_utils.plots.transfer import plot_directions, plot_learning_curve, plot_mismatches, plot_teaching

__all__ = [
    "figure_bundle",
    "plane",
    "plot_accuracy_over_budget",
    "plot_attack",
    "plot_boundary",
    "plot_boundary_maps",
    "plot_class_bars",
    "plot_computation_graph",
    "plot_confusion",
    "plot_convolution_matrix",
    "plot_convolution_step",
    "plot_cost_bars",
    "plot_curves",
    "plot_descent",
    "plot_difference_errors",
    "plot_directions",
    "plot_equivariance",
    "plot_filmstrip",
    "plot_first_kernels",
    "plot_folding",
    "plot_gradient_flow",
    "plot_grids",
    "plot_hill_and_valley",
    "plot_history",
    "plot_images",
    "plot_labelled_points",
    "plot_learning_curve",
    "plot_line",
    "plot_log_loss",
    "plot_loss_around",
    "plot_losses",
    "plot_mismatches",
    "plot_moves",
    "plot_network",
    "plot_neurons",
    "plot_output_functions",
    "plot_parameter_bars",
    "plot_pictures",
    "plot_probability_map",
    "plot_regions",
    "plot_residual_block",
    "plot_shape_ribbon",
    "plot_shapes",
    "plot_sigmoid",
    "plot_sign_runs",
    "plot_size_staircase",
    "plot_softmax",
    "plot_stamps",
    "plot_teaching",
    "plot_value_histograms",
    "plot_vase",
    "plot_windows",
    "show",
]
