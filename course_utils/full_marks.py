"""A lab's full marks are the points of its core. What goes further makes up for lost ones, and is never more than that.

Every sum that people are shown is made here: in the learner's progress, on feedback pages, in the class report and in
what learning platforms import. nbgrader's gradebook adds all cells up, as it always does.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What counts by itself: an exercise, or a cell with points.

    Parameters
    ----------
    earned, most
        Points, and how many can be had.
    further
        Whether it goes beyond the core.
    """

    earned: float
    most: float
    further: bool = False


@dataclass(frozen=True)
class Total:
    """The sum of a lab.

    Parameters
    ----------
    points
        What counts.
    most
        Full marks.
    further
        Points that can be had beyond the core.
    """

    points: float
    most: float
    further: float


def add_up(parts: Iterable[Part]) -> Total:
    """Return what the parts of a lab are worth together.

    Points of the core count as they are, also where a person gave more than there are. A lab that has no points in its
    core counts all.

    Examples
    --------
    >>> add_up([Part(6, 8), Part(0, 2), Part(3, 5, further=True)])
    Total(points=9, most=10, further=5)
    >>> add_up([Part(9, 10), Part(3, 5, further=True)])
    Total(points=10, most=10, further=5)
    """
    parts = list(parts)
    most = sum(part.most for part in parts if not part.further)
    if not most:
        return Total(sum(part.earned for part in parts), sum(part.most for part in parts), 0)
    core = sum(part.earned for part in parts if not part.further)
    beyond = sum(part.earned for part in parts if part.further)
    return Total(max(core, min(core + beyond, most)), most, sum(part.most for part in parts if part.further))
