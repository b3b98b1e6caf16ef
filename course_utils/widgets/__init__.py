"""Widgets that a learner can play with. Where one cannot run, it shows a static figure instead."""

from course_utils.widgets.attack import explore_attack
from course_utils.widgets.convolution import explore_convolution
from course_utils.widgets.equivariance import explore_equivariance
from course_utils.widgets.output_size import explore_output_size
from course_utils.widgets.parameters import explore_parameters

__all__ = [
    "explore_attack",
    "explore_convolution",
    "explore_equivariance",
    "explore_output_size",
    "explore_parameters",
]
