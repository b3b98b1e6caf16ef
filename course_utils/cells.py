"""nbgrader's vocabulary of cells: what its settings say a cell is, and the marks in a cell's text.

A cell is a mapping in nbformat's form: nbformat's own objects, or what JSON gives, also of a file that somebody has
damaged.
"""

import ast
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Cell = Mapping[str, Any]

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
STUB = '# YOUR CODE HERE\nraise NotImplementedError("replace this line with your code")'


class Role(StrEnum):
    """What a cell is to nbgrader."""

    SOLUTION = "solution"  # an answer, checked by another cell
    CHECK = "check"  # code that gives points and holds no answer
    ESSAY = "essay"  # an answer to which a person gives points
    OTHER = "other"  # has settings of nbgrader's, a locked text say
    PLAIN = "plain"


class Region(StrEnum):
    """A part of a cell's text that students do not get, by its mark: what nbgrader calls it."""

    SOLUTION = "SOLUTION"
    HIDDEN_TESTS = "HIDDEN TESTS"

    @property
    def begin(self) -> str:
        """The words of the line above it."""
        return f"BEGIN {self}"

    @property
    def end(self) -> str:
        """The words of the line below it."""
        return f"END {self}"

    @property
    def pattern(self) -> re.Pattern[str]:
        """A whole region as authors write it, its marks alone on their lines; groups are indentation and body."""
        begin, end = (rf"### {words}[ \t]*" for words in (self.begin, self.end))
        return re.compile(rf"^([ \t]*){begin}\n(.*?)^[ \t]*{end}$", re.S | re.M)


# --- what the settings say ------------------------------------------------------------------------


def nbgrader_settings(cell: Cell) -> Mapping[str, Any]:
    """Return nbgrader's settings of a cell; empty for an ordinary one."""
    metadata = cell.get("metadata")
    found = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def grade_id(cell: Cell) -> str:
    """Return the word by which nbgrader knows a cell, "" for an ordinary one."""
    name = nbgrader_settings(cell).get("grade_id")
    return name if isinstance(name, str) else ""


def role(cell: Cell) -> Role:
    """Return what a cell is to nbgrader."""
    settings = nbgrader_settings(cell)
    if not settings:
        return Role.PLAIN
    if settings.get("solution"):
        return Role.ESSAY if settings.get("grade") else Role.SOLUTION
    return Role.CHECK if settings.get("grade") and cell["cell_type"] == "code" else Role.OTHER


def is_check(cell: Cell) -> bool:
    """Tell whether a cell is code that gives points and holds no answer."""
    return role(cell) == Role.CHECK


def is_solution(cell: Cell) -> bool:
    """Tell whether a cell holds a student's answer."""
    return role(cell) in (Role.SOLUTION, Role.ESSAY)


# --- what the text says ---------------------------------------------------------------------------


def hidden_lines(source: str) -> set[int]:
    """Return the numbers of the lines (from 1) of hidden tests, marks included, by nbgrader's own rule.

    Any line with the words of a mark is one; a region that does not end goes to the end of the text.
    """
    found, inside = set(), False
    for number, line in enumerate(source.split("\n"), start=1):
        inside = inside or Region.HIDDEN_TESTS.begin in line
        if inside:
            found.add(number)
        inside = inside and Region.HIDDEN_TESTS.end not in line
    return found


def with_marks(source: str, marks: Mapping[str, str]) -> str:
    """Return a cell's text in which each line with the words of one mark has become the line of another."""
    for theirs, ours in marks.items():
        if theirs != ours:
            source = "\n".join(f"### {ours}" if theirs in line else line for line in source.split("\n"))
    return source


def has_placeholder(source: str) -> bool:
    """Tell whether code does more than import and describe: whether it stands without an answer."""
    trivial = (ast.Import, ast.ImportFrom)
    return any(
        not isinstance(statement, trivial)
        and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in ast.parse(source).body
    )
