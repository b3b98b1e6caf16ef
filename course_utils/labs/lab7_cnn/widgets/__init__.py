"""What lab 06 lets a learner play with. Where a widget cannot run, it shows a static figure instead."""

from course_utils.labs.lab7_cnn.widgets.shape_ribbon import explore_ribbon

__all__ = ["explore_ribbon"]
