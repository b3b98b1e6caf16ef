"""How much is tried: a part in ``make test``, everything in ``make thorough``."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

THOROUGH = "COURSE_THOROUGH" in os.environ

Item = TypeVar("Item")


def some(items: Sequence[Item], *, seconds: float, at_least: int) -> Iterator[Item]:
    """Yield items in an order that is drawn once: all of them, or as many as there is time for.

    Parameters
    ----------
    seconds
        After so many no further one is begun.
    at_least
        So many are yielded, however long they take.
    """
    mixed, until = list(items), time.monotonic() + seconds
    random.Random(1).shuffle(mixed)
    for number, item in enumerate(mixed):
        if THOROUGH or number < at_least or time.monotonic() < until:
            yield item


def one_in(number: int, items: Sequence[Item]) -> list[Item]:
    """Return every so-many-th item, the first among them; in ``make thorough`` all of them."""
    return list(items) if THOROUGH else list(items)[::number]
