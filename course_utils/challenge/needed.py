"""What of a notebook a function stands on: the statements that it needs, and none of the hours before and after.

A name leads to the statements that bind it and to those that change its object (``table["a"] = 1``); the name of a
value, unlike that of a function or a module, also to those that mention it (a loop that trains a network). The text is
read, nothing is run; where it misleads, the function fails where it runs, which is its owner's own loss.
"""

import ast
from collections.abc import Sequence

from course_utils.grading.slicing import Statement, statements_of

LARGEST = 20_000  # characters of a cell that is looked at
LARGEST_WHOLE = 150_000  # of all cells; a lesson's are a fifth of that


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
    wanted, kept = {name}, set[int]()
    while True:
        values = wanted & _bound_by(statements, "other") - _bound_by(statements, "function", "class", "import")
        more = {
            place
            for place, one in enumerate(statements)
            if (one.binds | one.changes) & wanted or (one.kind == "other" and one.uses & values)
        } - kept
        if not more:
            break
        kept |= more
        wanted |= {used for place in more for used in statements[place].uses}
    if not any(name in statements[place].binds for place in kept):
        return []
    texts, place = [], 0
    for cell in read:
        mine = [one.source for number, one in enumerate(cell, place) if number in kept]
        texts += ["\n".join(mine)] if mine else []
        place += len(cell)
    return texts


def function_of(cells: Sequence[str], name: str) -> str:
    """Return the text of the last function of a name, without comments and spacing; "" if there is none."""
    found = [one for cell in cells for one in _statements(cell) if one.kind == "function" and name in one.binds]
    return ast.dump(ast.parse(found[-1].source)) if found else ""


def _statements(cell: str) -> tuple[Statement, ...]:
    if len(cell) > LARGEST:
        return ()
    try:
        return statements_of(cell, "open")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _bound_by(statements: Sequence[Statement], *kinds: str) -> set[str]:
    return {name for one in statements if one.kind in kinds for name in one.binds}
