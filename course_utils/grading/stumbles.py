"""Why an answer is not there: nobody has begun it, or its cell stumbled before the answer was bound.

In the second case a check finds no such name, and would call the exercise not attempted. What happened stands above it:
the cell is no Python, wants a file that is not there, asks somebody, or stopped in another error. In the first a check
in ordinary Python may fail on what the cell was handed out with, and would call that wrong.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from course_utils.grading.essays import same
from course_utils.grading.job import GradedCell, Output, ReleasedCell

NOT_PYTHON = {"SyntaxError", "IndentationError", "TabError"}
OF_A_STUB = {"NotImplementedError", "NotAttempted"}  # what an untouched answer raises
PLACE = re.compile(r"\s*\((?:.*, )?line (\d+)\)")
LONGEST = 300  # letters


def is_as_handed_out(cells: Iterable[GradedCell], released: Sequence[ReleasedCell]) -> bool:
    """Tell whether nobody has begun: the answers above a check are those of the release, and no cell was added.

    Parameters
    ----------
    cells
        The cells between the check and the one before it, in order.
    released
        The release's cells.
    """
    texts = {cell["grade_id"]: cell["source"] for cell in released if cell["grade_id"]}
    others = {cell["source"].strip() for cell in released if not cell["grade_id"]}
    answers = {cell["grade_id"] for cell in released if cell["solution"]}
    cells = list(cells)
    return any(cell["grade_id"] in answers for cell in cells) and all(
        same(cell["source"], texts[cell["grade_id"]])
        if cell["grade_id"] in texts
        else not cell["source"].strip() or cell["source"].strip() in others
        for cell in cells
    )


def why_not_there(cells: Iterable[GradedCell], released: Mapping[str, ReleasedCell]) -> str:
    """Return what stopped the last answer above a check, as a sentence; "" if nothing did.

    Parameters
    ----------
    cells
        The cells between the check and the one before it, in order.
    released
        The release's cells by grade_id.
    """
    said = ""
    for cell in cells:
        mine = released.get(cell["grade_id"])
        untouched = mine is not None and same(cell["source"], mine["source"])
        error = next((output for output in cell["outputs"] if output["output_type"] == "error"), None)
        if error is not None and not untouched and error["ename"] not in OF_A_STUB:
            said = _sentence(error)
    return said


def _sentence(error: Output) -> str:
    name, text = error["ename"], (error["evalue"].splitlines() or [""])[0][:LONGEST]
    if name in NOT_PYTHON:
        where = PLACE.sub(r" in line \1", text)
        return f"Your cell is not Python, so nothing of it was run: {where}."
    if name == "FileNotFoundError":
        return f"Your cell wants a file that is not there where notebooks are graded: {text}."
    if "input()" in text:
        return "Your cell asks with input(), and while a notebook is graded there is nobody to answer."
    return f"Your cell stopped before its end, with {name}: {text}."
