"""What is right in this lab, each in one readable way: the neighbours of these are tried on answers without a name."""

from typing import Any


def weighed(maps: Any, weight: Any, k: Any) -> Any:
    """Weigh the channels of maps by a class's row of the head."""
    return (weight[k, :, None, None] * maps).sum(dim=0)


def swept(number: Any, first: Any, last: Any, steps: Any) -> Any:
    """Compute the rates of a sweep by their numbers: all neighbours have one quotient."""
    return first * (last / first) ** (number / (steps - 1))
