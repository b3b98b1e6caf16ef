"""The wrong ways that learners are known to take: one registry for checks, variants, reports and tests.

A misconception is data: a stable code (never reused, never renamed: gradebooks and reports hold it), a name for
the instructor, a question-shaped text for the learner that never tells the right value, and the section of the
lesson that answers it. Where the wrong way can be computed from the numbers of a question alone, the entry
carries it as `procedure`; wrong ways on arrays are computed beside the check that knows the arrays.

Some wrong ways are taken in several labs. They have one code and one name; the words for the learner and the section
may be a lab's own (`read_again`), and are used while a check of that lab speaks (`spoken_in`).
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace


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
_IN_LAB: dict[tuple[str, str], tuple[str, str]] = {}  # (lab, code): heading and feedback
_lab: ContextVar[str] = ContextVar("lab", default="")


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


def read_again(lab: str, **sections: str | tuple[str, str]) -> None:
    """Say which heading of a lab to read again for codes that are registered elsewhere.

    Parameters
    ----------
    lab
        The lab as its modules are called, for example ``"neurons"``.
    sections
        For each code a heading without its number, or ``(heading, feedback)`` where the lab asks in its own words.
    """
    for code, words in sections.items():
        _IN_LAB[lab, code] = (words, "") if isinstance(words, str) else words


@contextlib.contextmanager
def spoken_in(lab: str) -> Iterator[None]:
    """Let :func:`get` answer in the words of a lab."""
    before = _lab.set(lab)
    try:
        yield
    finally:
        _lab.reset(before)


def get(code: str) -> Misconception:
    """Return the misconception with this code, in the words of the lab that speaks; KeyError if there is none."""
    entry = _REGISTRY[code]
    section, feedback = _IN_LAB.get((_lab.get(), code), ("", ""))
    return replace(entry, section=section or entry.section, feedback=feedback or entry.feedback) if section else entry


def codes_in(lab: str) -> list[str]:
    """Return the codes from elsewhere for which a lab has words of its own."""
    return [code for spoken, code in _IN_LAB if spoken == lab]


def with_prefix(prefix: str) -> list[Misconception]:
    """Return the misconceptions of one kind that have a procedure, in order of registration."""
    return [m for m in _REGISTRY.values() if m.code.rstrip("0123456789") == prefix and m.procedure]


def wrong_answers(prefix: str, question) -> dict[str, object]:
    """Return, for each code of one kind, what this wrong way gives for a question (a named tuple of numbers)."""
    return {m.code: m.procedure(**question._asdict()) for m in with_prefix(prefix)}


def all_codes() -> list[str]:
    """Return every code that is known, in order of registration."""
    return list(_REGISTRY)


# These fill the registry.
from course_utils.misconceptions import adversarial_examples as adversarial_examples  # noqa: E402
from course_utils.misconceptions import common as common  # noqa: E402
from course_utils.misconceptions import conv_and_pooling as conv_and_pooling  # noqa: E402
from course_utils.misconceptions import neurons as neurons  # noqa: E402
