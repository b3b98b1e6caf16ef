"""What of a notebook a function stands on: the statements that it needs, and none of the minutes before and after.

A name leads to the statements that bind it. The name of a value, unlike that of a function or a module, also leads to
those that mention it: a loop that trains a network, say. The text is read, nothing is run; where it misleads, the
function fails where it runs, which is its owner's own loss.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from course_utils.grading.binding import read_code

LARGEST = 20_000  # characters of a cell that is looked at
LARGEST_WHOLE = 150_000  # of all cells; a lesson's are a fifth of that
MAGIC = re.compile(r"^\s*[%!?].*$", re.M)
Kind = Literal["import", "function", "class", "value"]
KINDS: dict[type, Kind] = {
    **dict.fromkeys((ast.Import, ast.ImportFrom), "import"),
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), "function"),
    ast.ClassDef: "class",
}


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a cell, what kind of thing it binds, and the names that it uses and binds."""

    source: str
    kind: Kind
    uses: frozenset[str]
    binds: frozenset[str]


def needed(cells: Sequence[str], name: str) -> list[str]:
    """Return what a name stands on, as the texts of cells in order; nothing if no cell binds it.

    Raises
    ------
    ValueError
        If there is too much code to be looked through.
    """
    if sum(map(len, cells)) > LARGEST_WHOLE:
        raise ValueError(f"its notebook holds more than {LARGEST_WHOLE:,} characters of code")
    read = [_statements(cell) for cell in cells]
    statements = [one for cell in read for one in cell]
    values = _bound_by(statements, "value") - _bound_by(statements, "import", "function", "class")
    wanted, kept = {name}, set[int]()
    while more := {place for place, one in enumerate(statements) if _leads_to(one, wanted, values)} - kept:
        kept |= more
        wanted |= {used for place in more for used in statements[place].uses}
    if not any(name in statements[place].binds for place in kept):
        return []
    places = iter(range(len(statements)))
    texts = ["\n".join(one.source for one in cell if next(places) in kept) for cell in read]
    return [text for text in texts if text]


def _leads_to(one: Statement, wanted: set[str], values: set[str]) -> bool:
    return bool(one.binds & wanted or (one.kind == "value" and one.uses & wanted & values))


def function_of(cells: Sequence[str], name: str) -> str:
    """Return the last function of a name, without comments and spacing; "" if there is none."""
    found = [one for cell in cells for one in _statements(cell) if one.kind == "function" and name in one.binds]
    return found[-1].source if found else ""


def _bound_by(statements: Sequence[Statement], *kinds: Kind) -> set[str]:
    return {name for one in statements if one.kind in kinds for name in one.binds}


def _statements(cell: str) -> list[Statement]:
    """Return the statements of a cell, its magics left out; none if it is no Python."""
    if len(cell) > LARGEST:
        return []
    try:
        return [_statement(node) for node in ast.parse(MAGIC.sub("", cell)).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _statement(node: ast.stmt) -> Statement:
    source = ast.unparse(node)
    code = read_code(source)
    return Statement(source, KINDS.get(type(node), "value"), frozenset(code.uses), code.binds)
