"""What lab 05 lets a learner play with. Where a widget cannot run, it shows a static figure instead."""

from course_utils.labs.conv_and_pooling.widgets.convolution import explore_convolution
from course_utils.labs.conv_and_pooling.widgets.equivariance import explore_equivariance
from course_utils.labs.conv_and_pooling.widgets.output_size import explore_output_size
from course_utils.labs.conv_and_pooling.widgets.parameters import explore_parameters

__all__ = ["explore_convolution", "explore_equivariance", "explore_output_size", "explore_parameters"]
