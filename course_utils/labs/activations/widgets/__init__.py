"""What lab 02 lets a learner play with. Where a widget cannot run, it shows a static figure instead."""

from course_utils.labs.activations.widgets.curves import explore_curves
from course_utils.labs.activations.widgets.folding import explore_folding
from course_utils.labs.activations.widgets.gradient_flow import explore_gradient_flow
from course_utils.labs.activations.widgets.regions import explore_regions

__all__ = ["explore_curves", "explore_folding", "explore_gradient_flow", "explore_regions"]
