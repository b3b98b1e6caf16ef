"""What lab 01 lets a learner play with. Where a widget cannot run, it shows a static figure instead."""

from course_utils.labs.neurons.widgets.descent import explore_descent
from course_utils.labs.neurons.widgets.neuron import explore_neuron
from course_utils.labs.neurons.widgets.shape_tracer import explore_shapes

__all__ = ["explore_descent", "explore_neuron", "explore_shapes"]
