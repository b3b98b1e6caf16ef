"""What lab 04 lets a learner play with. Where a widget cannot run, it shows a static figure instead."""

from course_utils.labs.logistic_regression.widgets.playground import boundary_maps, explore_boundaries
from course_utils.labs.logistic_regression.widgets.probability_map import explore_probabilities
from course_utils.labs.logistic_regression.widgets.sign_table import explore_signs

__all__ = ["boundary_maps", "explore_boundaries", "explore_probabilities", "explore_signs"]
