"""The checks of lab 05: ``from course_utils.checks import conv_and_pooling as check``."""

from course_utils.checks.conv_and_pooling.arrays import (
    conv2d,
    conv2d_backward,
    conv_as_matrix,
    design_kernels,
    pool2d,
)
from course_utils.checks.conv_and_pooling.experiments import dropout_batch_norm, shift_behaviour, shift_layers
from course_utils.checks.conv_and_pooling.hints import HINTS
from course_utils.checks.conv_and_pooling.sizes import (
    FIGURE_IMAGE,
    FIGURE_KERNEL,
    convolve_by_hand,
    output_size_rule,
    output_sizes,
    parameter_counts,
    transposed_sizes,
)
from course_utils.checks.hints import make_hint

hint = make_hint(HINTS)

__all__ = [
    "FIGURE_IMAGE",
    "FIGURE_KERNEL",
    "HINTS",
    "conv2d",
    "conv2d_backward",
    "conv_as_matrix",
    "convolve_by_hand",
    "design_kernels",
    "dropout_batch_norm",
    "hint",
    "output_size_rule",
    "output_sizes",
    "parameter_counts",
    "pool2d",
    "shift_behaviour",
    "shift_layers",
    "transposed_sizes",
]
