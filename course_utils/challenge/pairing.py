"""Who meets whom: everybody everybody in a small class, a drawn part of it in a large one."""

import math
import random
from collections import Counter
from collections.abc import Collection

SMALL = 12  # so many attacks or defences all meet each other
RIVALS = 8  # in a larger class each meets at least so many


def pairings(
    attacks: Collection[str], defences: Collection[str], rivals: int | None = None, seed: int = 1
) -> list[tuple[str, str]]:
    """Return pairs of an attack and a defence, nobody with themselves, none twice.

    Parameters
    ----------
    attacks, defences
        Who has handed in which.
    rivals
        Each attack meets at least so many defences, and each defence so many attacks, as far as there are as many;
        0 for all of them. None decides by the size of the class.
    seed
        Of the order in which they are drawn.

    Notes
    -----
    Both sides stand in one drawn order, and walk past each other: the t-th attack of a round meets the t-th defence,
    and in each next round one further on. So nobody meets many more than another.
    """
    order = sorted({*attacks, *defences})
    random.Random(seed).shuffle(order)
    ones, others = [who for who in order if who in attacks], [who for who in order if who in defences]
    if not ones or not others:
        return []
    if rivals is None:
        rivals = 0 if max(len(ones), len(others)) <= SMALL else RIVALS
    wanted = rivals or len(order)
    met: Counter[tuple[str, str]] = Counter()
    found, both = [], math.lcm(len(ones), len(others))
    for step in range(len(ones) * len(others)):
        one, other = ones[step % len(ones)], others[(step + step // both) % len(others)]
        if one != other and (met["attack", one] < wanted or met["defence", other] < wanted):
            found.append((one, other))
            met.update([("attack", one), ("defence", other)])
    return found


def spread(found: Collection[tuple[str, str]]) -> tuple[int, int]:
    """Return how many pairings those have who have fewest, and those who have most, of both sides."""
    counts = [*Counter(one for one, _ in found).values(), *Counter(other for _, other in found).values()]
    return (min(counts), max(counts)) if counts else (0, 0)
