"""What a check's value comes to: a share of the cell's points, which stand in the release alone."""

from typing import Any

from course_utils.judging.protocol.verdicts import Credit

DIGITS = 10  # behind the point: 0.1 of 3 points is 0.3


def earned_by(value: Any, points: float) -> tuple[float, tuple[str, ...]] | None:
    """Return the points that the value of a check's last line earns, and the codes of what was recognised in it.

    Parameters
    ----------
    value
        A `Credit` is a share of the points. A plain number is points, as nbgrader has it. None is returned for anything
        else: it says nothing about points.
    points
        What the cell gives at most.
    """
    if isinstance(value, Credit):
        return _within(float(value.share) * points, points), tuple(value.codes)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _within(float(value), points), ()
    return None


def _within(earned: float, points: float) -> float:
    """Return points brought into the range from 0 to the most; what is no number is 0."""
    return round(min(max(earned, 0.0), points), DIGITS) if earned == earned else 0.0


def in_words(earned: float, points: float) -> str:
    """Return "3 of 5 points"."""
    return f"{round(earned, 2):g} of {points:g} points"


def shown(earned: float, points: float, codes: tuple[str, ...]) -> dict[str, Any]:
    """Return the output below a check: nbgrader reads the bare number, a person the words, a report the codes."""
    data = {"text/plain": repr(earned), "text/html": f"<p><strong>{in_words(earned, points)}</strong></p>"}
    metadata = {"course": {"codes": list(codes), "points": points}}
    return {"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": None}
