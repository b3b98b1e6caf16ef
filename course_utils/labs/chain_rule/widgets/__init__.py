"""What lab 03 lets a learner play with. Where a widget cannot run, it shows a static figure instead."""

from course_utils.labs.chain_rule.widgets.computation_graph import explore_graph

__all__ = ["explore_graph"]
