"""What makes a kind of practice question."""

from collections.abc import Callable
from typing import Any, NamedTuple

from course_utils.judging.variants import Dice


class Topic(NamedTuple):
    """One kind of question: how it is drawn, worded and answered, and what its wrong ways give."""

    sample: Callable[[Dice], Any]
    text: Callable[[Any], str]
    right: Callable[[Any], Any]
    ways: Callable[[Any], dict[str, Any]]
