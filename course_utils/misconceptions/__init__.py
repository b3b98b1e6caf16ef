"""The wrong ways that learners are known to take: one registry for checks, variants, reports and tests.

A misconception is data: a stable code (never reused, never renamed: gradebooks and reports hold it), a name for
the instructor, a question-shaped text for the learner that never tells the right value, and the section of the
lesson that answers it. Where the wrong way can be computed from the numbers of a question alone, the entry
carries it as `procedure`; wrong ways on arrays are computed beside the check that knows the arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Misconception:
    """One wrong way.

    Parameters
    ----------
    code
        Two letters and a number, for example ``"SZ6"``.
    name
        What the learner did, for the instructor's report.
    feedback
        What the learner reads: says which wrong way gives exactly this answer, then asks.
    section
        Heading of the lesson to read again.
    procedure
        From the question's numbers to the wrong answer, or None where arrays are needed.
    """

    code: str
    name: str
    feedback: str
    section: str
    procedure: Callable | None = None


_REGISTRY: dict[str, Misconception] = {}


def register(*entries: Misconception) -> None:
    """Add misconceptions to the registry.

    Raises
    ------
    ValueError
        If a code is taken.
    """
    for entry in entries:
        if entry.code in _REGISTRY:
            raise ValueError(f"{entry.code} is the code of another misconception: {_REGISTRY[entry.code].name}")
        _REGISTRY[entry.code] = entry


def get(code: str) -> Misconception:
    """Return the misconception with this code; KeyError if there is none."""
    return _REGISTRY[code]


def with_prefix(prefix: str) -> list[Misconception]:
    """Return the misconceptions of one kind that have a procedure, in order of registration."""
    return [m for m in _REGISTRY.values() if m.code.rstrip("0123456789") == prefix and m.procedure]


def wrong_answers(prefix: str, question) -> dict[str, object]:
    """Return, for each code of one kind, what this wrong way gives for a question (a named tuple of numbers)."""
    return {m.code: m.procedure(**question._asdict()) for m in with_prefix(prefix)}


def all_codes() -> list[str]:
    """Return every code that is known, in order of registration."""
    return list(_REGISTRY)


from course_utils.misconceptions import conv_and_pooling as conv_and_pooling  # noqa: E402  fills the registry
