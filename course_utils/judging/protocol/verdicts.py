"""The four things a check can say: right, wrong, not attempted, right in part.

Right returns nothing. The other three are the classes below. Each carries the codes of the misconceptions that were
recognised, as data, so that a class report counts them without reading prose, and the `Answer` that a learner reads.
Where that was shown already, an error is one short sentence below it; elsewhere it holds the whole text.

nbgrader takes the value of a check cell for its score if that value's text is a number, gives no points to a cell
that raises or writes to stderr, full points to a cell whose value it cannot read, and stops at a number above the
maximum. Hence: a check returns nothing or a `Credit`, and a `Credit` is always a plain number from 0 to 1; our grader
multiplies it by the points of the cell.
"""

import re
from typing import Any

from course_utils.judging.answer import Answer
from course_utils.runtime import is_grading

CODES_IN_TEXT = re.compile(r" \[codes: ([A-Z0-9, ]+)\]$")


class CheckFailed(AssertionError):
    """A wrong answer. A notebook shows its message alone, without a traceback.

    Parameters
    ----------
    message
        At most four lines for the learner.
    codes
        Codes of the misconceptions that give exactly this answer. They stand at the end of ``str(error)``, which
        nbconvert stores as ``evalue``, and not in what the learner sees.
    answer
        The whole that a learner reads, if it is known.
    shown
        Whether it stands above the error already.
    """

    def __init__(
        self, message: str, codes: tuple[str, ...] = (), answer: Answer | None = None, shown: bool = False
    ) -> None:
        self.message, self.codes, self.answer, self.shown = message, tuple(codes), answer, shown
        super().__init__("\n".join(self._whole) + (f" [codes: {', '.join(codes)}]" if codes else ""))

    @property
    def _whole(self) -> list[str]:
        return (self.answer.text if self.answer else self.message).split("\n")

    def _render_traceback_(self) -> list[str]:
        return [self.answer.short] if self.answer and self.shown else self._whole

    def __reduce__(self) -> tuple[Any, ...]:
        return CheckFailed, (self.message, self.codes, self.answer, self.shown)


class NotAttempted(NotImplementedError):
    """No answer yet. Not counted as wrong.

    Parameters
    ----------
    what
        What is to be done first.
    answer, shown
        As of :class:`CheckFailed`.
    """

    def __init__(self, what: str, answer: Answer | None = None, shown: bool = False) -> None:
        self.what, self.message = what, f"Not attempted yet: {what}"
        self.answer, self.shown = answer, shown
        super().__init__(answer.text if answer else self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        return NotAttempted, (self.what, self.answer, self.shown)

    def _render_traceback_(self) -> list[str]:
        if self.answer is None:
            return [self.message]
        return [self.answer.short] if self.shown else self.answer.text.split("\n")


class Credit(float):
    """The share that is earned of a set of answers, from 0 to 1; shows itself as "3 of 5 parts".

    How many points that is, the cell says where it stands, and nobody else. The codes travel in the output's metadata.

    Parameters
    ----------
    share
        Brought into the range from 0 to 1; what is no number is 0.
    codes
        Of the misconceptions that were recognised.
    parts
        How many parts are right, of how many.
    answer
        The whole that a learner reads, if it is known.
    """

    codes: tuple[str, ...]
    parts: tuple[int, int] | None
    answer: Answer | None

    def __new__(
        cls,
        share: float,
        codes: tuple[str, ...] = (),
        parts: tuple[int, int] | None = None,
        answer: Answer | None = None,
    ) -> "Credit":
        """Return a share."""
        share = float(share)
        credit = super().__new__(cls, min(max(share, 0.0), 1.0) if share == share else 0.0)
        credit.codes, credit.parts, credit.answer = tuple(codes), parts, answer
        return credit

    @property
    def share(self) -> float:
        """What part of the points is earned, from 0 to 1."""
        return float(self)

    def __str__(self) -> str:
        return f"{self.parts[0]} of {self.parts[1]} parts" if self.parts else f"{float(self):.0%}"

    def __repr__(self) -> str:
        return repr(float(self))

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        data = {"text/plain": repr(self), "text/html": self._html()}
        return data, {"course": {"codes": list(self.codes)}}

    def __reduce__(self) -> tuple[Any, ...]:
        return Credit, (float(self), self.codes, self.parts, self.answer)

    def _html(self) -> str:
        """Return what a learner reads. nbgrader's own autograde takes the share for points: it is told of parts."""
        if self.answer is None:
            return f"<p><strong>{self}</strong></p>"
        return self.answer.of(None).html if is_grading() else self.answer.html


def codes_of(output: dict[str, Any]) -> list[str]:
    """Return the misconception codes that a notebook output carries.

    Parameters
    ----------
    output
        One entry of a code cell's ``outputs``, as nbformat has it.
    """
    if output.get("output_type") == "error":
        found = CODES_IN_TEXT.search(output.get("evalue", ""))
        return found.group(1).split(", ") if found else []
    return list(output.get("metadata", {}).get("course", {}).get("codes", []))
