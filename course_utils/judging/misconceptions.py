"""The wrong ways that learners are known to take.

A misconception is an object, made once, where the exercise that meets it lies; wrong ways that several labs meet are in
:mod:`course_utils.judging.shared`. Its code is never renamed and never used again: gradebooks and reports hold it. The
registry collects misconceptions as they are made, for reports, which know codes only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_REGISTRY: dict[str, Misconception] = {}
_NAMES: dict[str, str] = {}  # of misconceptions of exercises that nobody has imported
_READERS: list[Callable[[], Mapping[str, str]]] = []  # who knows those names, until they are wanted


@dataclass(frozen=True, eq=False)
class Misconception:
    """One wrong way.

    Parameters
    ----------
    code
        Some letters and a number, for example ``"SZ6"``.
    name
        What the learner did, for the instructor's report.
    feedback
        What the learner reads: says which wrong way gives exactly this answer, then asks. Never the right value.
    section
        Heading of the lesson to read again, without its number.
    notebook
        Where that heading stands in another notebook, what that is called: "Lab 07". Else "".
    procedure
        From the numbers of a question to the wrong answer, called with the fields of the question by name; None where
        arrays are needed.

    Raises
    ------
    ValueError
        If the code is that of another misconception.
    """

    code: str
    name: str
    feedback: str
    section: str = ""
    procedure: Callable[..., Any] | None = None
    notebook: str = ""

    def __post_init__(self) -> None:
        known = _REGISTRY.setdefault(self.code, self)
        if known.name != self.name:
            raise ValueError(f"{self.code} is the code of another misconception: {known.name}")

    def in_lab(self, section: str, feedback: str = "", notebook: str = "") -> Misconception:
        """Return this wrong way as a lab speaks of it: with a heading of that lab, and its own words if it has any."""
        return Misconception(self.code, self.name, feedback or self.feedback, section, self.procedure, notebook)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Misconception) and self.code == other.code

    def __hash__(self) -> int:
        return hash(self.code)

    def __str__(self) -> str:
        return self.code

    @property
    def hint(self) -> str:
        """The learner's lines: the question, and what to read again where that is known."""
        if not self.section:
            return f"Hint: {self.feedback}"
        where = f" in {self.notebook}" if self.notebook else ""
        return f"Hint: {self.feedback}\nRead again: “{self.section}”{where}."


def wrong_answers(ways: Iterable[Misconception], question: Any) -> dict[Misconception, Any]:
    """Return what each wrong way that has a procedure gives for a question (a named tuple of numbers)."""
    return {way: way.procedure(**question._asdict()) for way in ways if way.procedure}


def known() -> list[Misconception]:
    """Return the misconceptions of all exercises that have been imported, in the order in which they were made."""
    return list(_REGISTRY.values())


def names_come_from(read: Callable[[], Mapping[str, str]]) -> None:
    """Say who knows the names of all misconceptions, by code: called once, by the first code that nobody knows."""
    _READERS[:] = [read]


def name_of(code: str) -> str:
    """Return a misconception's name; "" if there is none, as in a report of another course."""
    while code not in _REGISTRY and code not in _NAMES and _READERS:
        _NAMES.update(_READERS.pop()())
    return _REGISTRY[code].name if code in _REGISTRY else _NAMES.get(code, "")
