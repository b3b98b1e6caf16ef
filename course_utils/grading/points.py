"""What a check's value comes to: a share of the cell's points, which stand in the release alone."""

import numbers
from dataclasses import replace
from typing import Any

from course_utils.grading.job import Output
from course_utils.judging.answer import Answer, Verdict
from course_utils.judging.protocol.verdicts import Credit

VERDICTS = {"right": Verdict.RIGHT, "partly": Verdict.PARTLY, "not attempted": Verdict.MISSING}
DIGITS = 10  # behind the point: 0.1 of 3 points is 0.3


def earned_by(value: Any, points: float) -> tuple[float, tuple[str, ...]] | None:
    """Return the points that the value of a check's last line earns, and the codes of what was recognised in it.

    Parameters
    ----------
    value
        A `Credit` is a share of the points. A plain number is points, as nbgrader has it, and so is one of NumPy's.
        None is returned for anything else: it says nothing about points.
    points
        What the cell gives at most.
    """
    if isinstance(value, Credit):
        return _within(float(value.share) * points, points), tuple(value.codes)
    is_plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_plain or (isinstance(value, numbers.Real) and type(value).__module__ == "numpy"):
        return _within(float(value), points), ()
    return None


def _within(earned: float, points: float) -> float:
    """Return points brought into the range from 0 to the most; what is no number is 0."""
    return round(min(max(earned, 0.0), points), DIGITS) if earned == earned else 0.0


def passed(answer: Answer, earned: float, most: float) -> Output:
    """Return the output below a check that has not failed: nbgrader reads the bare number, or all the points if none.

    A person reads the same HTML as in a notebook, with the points of the cell that is graded; a report reads the codes.
    """
    answer = replace(answer, share=earned / most if most else answer.share, most=most)
    about = {"course": {"codes": list(answer.codes), "points": most}}
    is_right = answer.verdict is Verdict.RIGHT
    data = {"text/plain": answer.text if is_right else repr(earned), "text/html": answer.html}
    kind = {"output_type": "display_data"} if is_right else {"output_type": "execute_result", "execution_count": None}
    return {**kind, "data": data, "metadata": about}


def failed(answer: Answer, most: float, message: str, name: str) -> list[Output]:
    """Return the outputs below a check that gives nothing: what a person reads, and the error that nbgrader reads.

    The error shows one sentence; its message and the codes behind it are data.
    """
    answer = replace(answer, share=0.0, most=most)
    data = {"text/plain": answer.text, "text/html": answer.html}
    error = error_of(message, name, answer.codes) | {"traceback": [answer.short]}
    return [{"output_type": "display_data", "data": data, "metadata": {}}, error]


def error_of(message: str, name: str, codes: tuple[str, ...] = ()) -> Output:
    """Return an error that shows its message, with codes behind it."""
    value = message + (f" [codes: {', '.join(codes)}]" if codes else "")
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": message.split("\n")}


def answer_of(verdict: str, message: str, codes: tuple[str, ...] = ()) -> Answer:
    """Return what a person reads of a verdict of which only words are known."""
    lines = tuple(filter(None, message.removeprefix("Correct.").removeprefix("Not attempted yet: ").split("\n")))
    return Answer(VERDICTS.get(verdict, Verdict.WRONG), lines, codes=codes)
