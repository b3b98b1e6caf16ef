"""What lab 08 lets a learner play with. Where a widget cannot run, it shows a static figure instead."""

from course_utils.labs.adversarial_examples.widgets.attack import explore_attack

__all__ = ["explore_attack"]
