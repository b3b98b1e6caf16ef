"""What a check stands on: names that the lesson's locked cells bind, and names that only the student's process knows.

A lesson may bind a name for its checks in a cell that nobody can change, such as ``lab = ….for_student(student_id)``.
Such a cell is run again beside the check: its text is the release's own, and what it gives was never in a student's
hands. Only cells are run that the check needs, in their order, and anew for each check.
"""

import builtins
import functools
import symtable
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from course_utils.grading.job import ReleasedCell

BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Code:
    """A piece of code, the names outside of its functions that it uses, in their order, and those that it binds."""

    source: str
    uses: tuple[str, ...]
    binds: frozenset[str]


@functools.cache
def read_code(source: str) -> Code:
    """Return a piece of code with its names.

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    tables = [symtable.symtable(source, "<cell>", "exec")]
    top = tables[0].get_symbols()
    uses = [symbol.get_name() for symbol in top if symbol.is_referenced()]
    while tables:
        inner = tables.pop().get_children()
        uses += [symbol.get_name() for table in inner for symbol in table.get_symbols() if symbol.is_global()]
        tables += inner
    bound = (symbol.get_name() for symbol in top if symbol.is_assigned() or symbol.is_imported())
    return Code(source, tuple(dict.fromkeys(uses)), frozenset(bound))


def locked_before(cells: Sequence[ReleasedCell], check: str) -> list[str]:
    """Return the locked cells without points that stand before a check, the first code cell left out.

    Parameters
    ----------
    cells
        Of the release (:attr:`Bundle.cells`).
    check
        The check's grade_id.
    """
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    place = next(index for index, cell in enumerate(code) if cell["grade_id"] == check)
    return [cell["source"] for cell in code[1:place] if cell["locked"] and not cell["grade"] and not cell["solution"]]


def stand_on(check: Code, locked: Sequence[Code], known: Collection[str]) -> tuple[list[Code], list[str]]:
    """Return the locked cells that a check needs, in order, and the names that only the student can have bound.

    Parameters
    ----------
    check
        The check.
    locked
        The locked cells before it.
    known
        The names that the lesson's first cell binds.
    """
    needed: list[Code] = []
    wanted, open_ones = set(check.uses), set(check.uses) - check.binds
    for cell in reversed(locked):
        if cell.binds & wanted:
            needed.insert(0, cell)
            wanted = (wanted - cell.binds) | set(cell.uses)
            open_ones = (open_ones - cell.binds) | (set(cell.uses) - cell.binds)
    order = dict.fromkeys(name for code in (check, *needed) for name in code.uses)
    return needed, [name for name in order if name in open_ones and name not in known and name not in BUILTINS]
