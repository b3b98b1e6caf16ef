"""Widgets that a learner can play with. Where one cannot run, it shows a static figure instead."""

from course_utils.widgets.attack import explore_attack
from course_utils.widgets.computation_graph import explore_graph
from course_utils.widgets.convolution import explore_convolution
from course_utils.widgets.curves import explore_curves
from course_utils.widgets.descent import explore_descent
from course_utils.widgets.equivariance import explore_equivariance
from course_utils.widgets.folding import explore_folding
from course_utils.widgets.gradient_flow import explore_gradient_flow
from course_utils.widgets.neuron import explore_neuron
from course_utils.widgets.output_size import explore_output_size
from course_utils.widgets.parameters import explore_parameters
from course_utils.widgets.playground import boundary_maps, explore_boundaries
from course_utils.widgets.probability_map import explore_probabilities
from course_utils.widgets.regions import explore_regions
from course_utils.widgets.shape_ribbon import explore_ribbon
from course_utils.widgets.shape_tracer import explore_shapes
from course_utils.widgets.sign_table import explore_signs
from course_utils.widgets.teaching import teach_machine

__all__ = [
    "boundary_maps",
    "explore_attack",
    "explore_boundaries",
    "explore_convolution",
    "explore_curves",
    "explore_descent",
    "explore_equivariance",
    "explore_folding",
    "explore_gradient_flow",
    "explore_graph",
    "explore_neuron",
    "explore_output_size",
    "explore_parameters",
    "explore_probabilities",
    "explore_regions",
    "explore_ribbon",
    "explore_shapes",
    "explore_signs",
    "teach_machine",
]
