"""Figures of lab 05. Each function draws and returns axes; `show` puts a figure into the notebook."""

from course_utils.drawing import plot_grids, plot_images, plot_parameter_bars, plot_value_histograms, show
from course_utils.labs.conv_and_pooling.figures.convolution import plot_convolution_step, plot_filmstrip
from course_utils.labs.conv_and_pooling.figures.equivariance import plot_equivariance
from course_utils.labs.conv_and_pooling.figures.lesson import (
    plot_another_picture,
    plot_before_and_after,
    plot_blurred_photo,
    plot_both_orders,
    plot_dropped,
    plot_every_second_window,
    plot_first_window,
    plot_four_steps,
    plot_moved_bar,
    plot_nine_stamps,
    plot_nine_weights,
    plot_padded_row,
    plot_padded_step,
    plot_pooled_blocks,
    plot_six_windows,
    plot_three_layers,
    plot_turned_kernel,
    plot_unread_cells,
    plot_upright_edges,
    plot_your_picture,
)
from course_utils.labs.conv_and_pooling.figures.matrices import plot_convolution_matrix
from course_utils.labs.conv_and_pooling.figures.stamps import plot_stamps
from course_utils.labs.conv_and_pooling.figures.windows import plot_windows

__all__ = [
    "plot_another_picture",
    "plot_before_and_after",
    "plot_blurred_photo",
    "plot_both_orders",
    "plot_convolution_matrix",
    "plot_convolution_step",
    "plot_dropped",
    "plot_equivariance",
    "plot_every_second_window",
    "plot_filmstrip",
    "plot_first_window",
    "plot_four_steps",
    "plot_grids",
    "plot_images",
    "plot_moved_bar",
    "plot_nine_stamps",
    "plot_nine_weights",
    "plot_padded_row",
    "plot_padded_step",
    "plot_parameter_bars",
    "plot_pooled_blocks",
    "plot_six_windows",
    "plot_stamps",
    "plot_three_layers",
    "plot_turned_kernel",
    "plot_unread_cells",
    "plot_upright_edges",
    "plot_value_histograms",
    "plot_windows",
    "plot_your_picture",
    "show",
]
