"""Shares with what chance leaves open, and ranks that two may have together.

Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
Statistical Association 22 (1927).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Z = 1.96  # standard deviations: 95 % of what chance does
LEVEL = (
    "A share is what it would be if everybody had met everybody: a least-squares fit of one number for each attack and "
    "one for each defence takes out whom one has met, and that nobody meets themselves."
)
RULE = "Two share a rank where their 95 % intervals overlap that of the first one of the rank."


@dataclass
class Score:
    """So many of so many, and the place that this makes.

    Parameters
    ----------
    student
        Whose it is; "" for the lab's own, which has no rank.
    count, of
        Pictures.
    met
        In how many pairings.
    rank
        From 1; 0 for none.
    note
        What there is to say of it, in a sentence.
    level
        The share as it would be if everybody had met everybody (:func:`levelled`); None if it is the plain one.
    """

    student: str
    count: int
    of: int
    met: int = 1
    rank: int = 0
    note: str = ""
    level: float | None = None

    @property
    def share(self) -> float:
        """The share, from 0 to 1."""
        plain = self.count / self.of if self.of else 0.0
        return plain if self.level is None else self.level

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 % for so many pictures."""
        return wilson(self.share * self.of, self.of)


def wilson(count: float, of: int) -> tuple[float, float]:
    """Return the lower and the upper end of Wilson's interval for a share, from 0 to 1."""
    if of < 1:
        return 0.0, 1.0
    share, part = count / of, Z * Z / of
    middle = (share + part / 2) / (1 + part)
    half = Z * math.sqrt(share * (1 - share) / of + part / of / 4) / (1 + part)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def levelled(shares: Mapping[tuple[str, str], float]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the share of each attack and of each defence as if all had met all, from those of some pairs.

    The share of a pair is taken for the sum of a number of the attack's and one of the defence's (least squares).
    """
    ones, others = (sorted({pair[side] for pair in shares}) for side in (0, 1))
    if not shares:
        return {}, {}
    table = np.zeros((len(shares), len(ones) + len(others)))
    rows = {who: place for place, who in enumerate(ones)}
    columns = {who: place for place, who in enumerate(others, len(ones))}
    for number, (one, other) in enumerate(shares):
        table[number, [rows[one], columns[other]]] = 1
    found = np.linalg.lstsq(table, np.array(list(shares.values())), rcond=None)[0]
    mine, theirs = found[: len(ones)], found[len(ones) :]
    levels = [np.clip(own + met.mean(), 0, 1).round(6) for own, met in ((mine, theirs), (theirs, mine))]
    return dict(zip(ones, levels[0].tolist(), strict=True)), dict(zip(others, levels[1].tolist(), strict=True))


def ranked(scores: Sequence[Score]) -> list[Score]:
    """Put scores in order, the largest share first, and give them ranks: see :data:`RULE`."""
    order = sorted(scores, key=lambda one: (-one.share, one.student))
    first, rank = None, 0
    for place, one in enumerate((one for one in order if one.student), start=1):
        if first is None or one.interval[1] < first.interval[0]:
            first, rank = one, place
        one.rank = rank
    return order
