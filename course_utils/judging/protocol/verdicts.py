"""The four things a check can say: right, wrong, not attempted, right in part.

Right is silence but for one printed word. The other three are the classes below. Each carries the codes of the
misconceptions that were recognised, as data, so that a class report counts them without reading prose.

nbgrader takes the value of a check cell for its score if that value's text is a number, gives no points to a cell
that raises or writes to stderr, full points to a cell whose value it cannot read, and stops at a number above the
maximum. Hence: a check returns nothing or a `Credit`, and a `Credit` is always a plain number from 0 to 1; our grader
multiplies it by the points of the cell.
"""

import re
from typing import Any

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
    """

    def __init__(self, message: str, codes: tuple[str, ...] = ()) -> None:
        super().__init__(message + (f" [codes: {', '.join(codes)}]" if codes else ""))
        self.message, self.codes = message, tuple(codes)

    def _render_traceback_(self) -> list[str]:
        return self.message.split("\n")

    def __reduce__(self) -> tuple[Any, ...]:
        return CheckFailed, (self.message, self.codes)


class NotAttempted(NotImplementedError):
    """No answer yet. Not counted as wrong."""

    def __init__(self, what: str) -> None:
        self.what, self.message = what, f"Not attempted yet: {what}"
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        return NotAttempted, (self.what,)

    def _render_traceback_(self) -> list[str]:
        return [self.message]


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
    """

    codes: tuple[str, ...]
    parts: tuple[int, int] | None

    def __new__(cls, share: float, codes: tuple[str, ...] = (), parts: tuple[int, int] | None = None) -> "Credit":
        """Return a share."""
        share = float(share)
        credit = super().__new__(cls, min(max(share, 0.0), 1.0) if share == share else 0.0)
        credit.codes, credit.parts = tuple(codes), parts
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
        data = {"text/plain": repr(self), "text/html": f"<p><strong>{self}</strong></p>"}
        return data, {"course": {"codes": list(self.codes)}}

    def __reduce__(self) -> tuple[Any, ...]:
        return Credit, (float(self), self.codes, self.parts)


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
