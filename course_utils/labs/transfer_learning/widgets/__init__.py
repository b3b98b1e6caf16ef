"""What lab 07 lets a learner play with. Where a widget cannot run, it shows a static figure instead."""

from course_utils.labs.transfer_learning.widgets.teaching import teach_machine

__all__ = ["teach_machine"]
