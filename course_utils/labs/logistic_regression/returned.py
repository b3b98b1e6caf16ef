"""Reading what functions of this lab return: a loss, or weight and bias."""

from typing import Any

import numpy as np

from course_utils.judging.answers import kind
from course_utils.judging.cases import Case

Pair = tuple[np.ndarray, np.ndarray]


def bare_number(loss: np.ndarray) -> np.ndarray:
    """Take a single number out of its brackets."""
    return loss.reshape(()) if loss.size == 1 else loss


def pair(case: Case, given: Any, name: str, parts: tuple[str, str]) -> Pair:
    """Read two numbers or arrays that a function returned; a bias may stand in brackets."""
    if type(given) not in (tuple, list) or len(given) != 2:
        line = f"{name} should return two things: {', '.join(parts)}"
        raise case.sentence(f"{line}; it returned {kind(given)}.", hidden=f"{line}.")
    first, second = (case.array(one, f"{part} of {name}") for one, part in zip(given, parts, strict=True))
    return first, bare_number(second)
