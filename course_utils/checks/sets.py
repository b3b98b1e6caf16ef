"""Marking a set of answers: what is right, what is not yet, which wrong way explains it, and how many points."""

from collections.abc import Callable, Mapping, Sequence

from course_utils import misconceptions
from course_utils.checks.diagnosis import feedback
from course_utils.judging.answers import short
from course_utils.judging.protocol.verdicts import Credit, NotAttempted


def mark(
    right: Mapping[str, bool | None], points: float, codes: Sequence[str] = (), first_wrong: str = "", other: str = ""
) -> Credit:
    """Print how a set of answers stands, in at most four lines, and return the points.

    Parameters
    ----------
    right
        For each part True, False, or None where there is no answer yet.
    points
        What the whole set is worth; each part is worth the same.
    codes
        The misconceptions that were recognised, the most telling first.
    first_wrong
        A line on what the learner gave.
    other
        Lines to print instead of the first code's own feedback.

    Raises
    ------
    NotAttempted
        If no part has an answer.
    """
    if all(value is None for value in right.values()):
        raise NotAttempted("fill in the values, run that cell, then this one")
    groups = {name: [part for part, value in right.items() if value is truth] for name, truth in _GROUPS}
    if groups["Right"] == list(right):
        print("Correct.")
        return Credit(points, points)
    lines = [". ".join(f"{name}: {', '.join(parts)}" for name, parts in groups.items() if parts) + "."]
    lines += [first_wrong] if first_wrong and groups["Not yet"] else []
    lines += [other] if other else [feedback(codes[0])] if codes else []
    print("\n".join(lines))
    return Credit(points * len(groups["Right"]) / len(right), points, tuple(dict.fromkeys(codes)))


def what_was_given(right: Mapping[str, bool | None], given: Mapping, show: Callable[..., str] = short) -> str:
    """Return a line on what the learner gave for the first part that is not right yet; "" where there is none."""
    return next((f"{part}: you gave {show(given[part])}." for part, value in right.items() if value is False), "")


_GROUPS = (("Right", True), ("Not yet", False), ("No answer yet", None))


def alternatives(codes: Sequence[str], practice: str) -> str:
    """Return the lines for several wrong ways that give the same answers, and what tells them apart."""
    names = "; or ".join(misconceptions.get(code).name for code in codes)
    return f"Exactly these answers come from more than one wrong way: {names}.\nTo find out which was yours: {practice}"
