"""From a result to the notebook in ``autograded/``, which nbgrader scores, shows in formgrader and makes feedback from.

nbgrader reads a check's score off the outputs of its cell. They are therefore made, or seen, to give exactly the points
of the result; what they cannot say (verdict, recognised misconceptions, remarks) is data in the metadata.
"""

import re
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, determine_grade, is_task

from course_utils.cells import KERNELSPEC, grade_id
from course_utils.grading.essays import same
from course_utils.grading.faults import INTERRUPTED, LEFT_OPEN, UNDECIDED
from course_utils.grading.job import Bundle, Check, Graded, GradedCell, Output, ReleasedCell
from course_utils.grading.points import answer_of, error_of, failed, passed

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
NOT_RUN = "This check could not be run."
UNGRADED = "**This notebook could not be graded:** "
ERRORS = {"wrong": "CheckFailed", "not attempted": "NotAttempted", "stopped": "CellTimeoutError"}
ERRORS |= {UNDECIDED: "Undecided", INTERRUPTED: "Interrupted"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}  # colours on the feedback page


def make_notebook(bundle: Bundle, graded: Graded) -> NotebookNode:
    """Return the graded notebook: a function of its arguments alone, so that the same result gives the same bytes.

    Raises
    ------
    ValueError
        If nbgrader would read other points off it than the result has.
    """
    released = {cell["grade_id"]: cell for cell in bundle.cells if cell["grade_id"]}
    if graded.reason:
        cells = [_reason_cell(graded.reason), *(_cell(_blank(cell), released, graded) for cell in bundle.cells)]
    else:
        cells = [_cell(cell, released, graded) for cell in graded.cells]
    for number, cell in enumerate(cells):
        _name(cell, number)
    about = {"key": graded.key, "notes": list(graded.notes), "reason": graded.reason, "sandbox": graded.sandbox}
    metadata = {"kernelspec": dict(KERNELSPEC), "language_info": dict(LANGUAGE), "course": about}
    notebook: NotebookNode = nbformat.from_dict(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )
    nbformat.validate(notebook)
    return notebook


def _reason_cell(reason: str) -> NotebookNode:
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~$])", r"\\\1", reason)
    cell = _new("markdown", f"{UNGRADED}{escaped}.")
    cell["id"] = "reason"
    return cell


def _new(cell_type: str, source: str) -> NotebookNode:
    """Return a cell. nbformat's own functions validate each by itself; here the whole notebook is, once."""
    more: dict[str, Any] = {"execution_count": None, "outputs": []} if cell_type == "code" else {}
    return NotebookNode(cell_type=cell_type, metadata=NotebookNode(), source=source, **more)


def _blank(cell: ReleasedCell) -> GradedCell:
    """Return a cell of the release as one that was not run."""
    return {
        "cell_type": cell["cell_type"],
        "source": cell["source"],
        "grade_id": cell["grade_id"],
        "outputs": [],
        "status": "",
    }


def _name(cell: NotebookNode, number: int) -> None:
    name = grade_id(cell)
    cell.id = name if CELL_ID.fullmatch(name) else cell.id if cell.get("id") == "reason" else f"cell-{number}"


def _cell(cell: GradedCell, released: dict[str, ReleasedCell], graded: Graded) -> NotebookNode:
    """Return one cell, with nbgrader's settings where the release has it."""
    mine = released.get(cell["grade_id"])
    source = cell["source"]
    if mine and mine["grade"] and mine["solution"] and not source.strip():
        source = mine["source"]  # a question that nobody answered is as it was handed out
    made = _new(cell["cell_type"], source)
    if made.cell_type == "code":
        made.outputs = nbformat.from_dict(cell["outputs"])
    if made.cell_type == "markdown" and cell.get("attachments"):
        made["attachments"] = nbformat.from_dict(cell["attachments"])
    if mine:
        made.metadata["nbgrader"] = settings_of(mine)
        if mine["grade"] and mine["solution"] and not graded.reason:
            _say_what_is_odd(made, cell, mine)
        if mine["grade"] and not mine["solution"]:
            check = graded.checks.get(mine["grade_id"]) or Check(0.0, mine["points"], "stopped")
            _show_check(made, check, graded.reason)
            return made
    if cell["status"] not in ("", "ok"):
        made.metadata["course"] = {**made.metadata.get("course", {}), "status": cell["status"]}
    return made


def _say_what_is_odd(made: NotebookNode, cell: GradedCell, mine: ReleasedCell) -> None:
    """Note of a question that a person grades that it was left blank, or why the person must look at it."""
    if cell.get("waits"):
        made.metadata["course"] = {"waits": cell["waits"]}
    elif same(made.source, mine["source"]):
        made.metadata["course"] = {"blank": True}


def settings_of(cell: ReleasedCell) -> NotebookNode:
    """Return nbgrader's settings of a cell of the release."""
    settings = {
        "grade": cell["grade"],
        "grade_id": cell["grade_id"],
        "locked": cell["locked"],
        "schema_version": 3,
        "solution": cell["solution"],
        "task": cell.get("task", False),
        "cell_type": cell["cell_type"],
    }
    if cell["grade"] or cell.get("task"):
        settings["points"] = cell["points"]
    released = _new(cell["cell_type"], cell["source"])
    released.metadata["nbgrader"] = NotebookNode(settings)
    return NotebookNode(settings | {"checksum": compute_checksum(released)})


def _show_check(cell: NotebookNode, check: Check, reason: str) -> None:
    """Give a check's cell its verdict, and outputs if it has none."""
    if reason:
        cell.outputs = nbformat.from_dict([error_of(reason, "NotGraded")])
    elif not cell.outputs:
        cell.outputs = nbformat.from_dict(outputs_of(check))
    cell.metadata["course"] = {"verdict": "not graded" if reason else check.verdict, "codes": list(check.codes)}
    if check.fault:
        cell.metadata["course"]["fault"] = check.fault
    read = determine_grade(cell)[0]
    if read != check.points:
        raise ValueError(f"{cell.metadata.nbgrader.grade_id}: nbgrader would read {read} points, not {check.points}")


def score_of(cell: NotebookNode, blank: str = "zero") -> float | None:
    """Return the points that a graded cell's outputs give by nbgrader's rule; None where a person has to decide.

    Parameters
    ----------
    blank
        What a question that was left blank gives: "zero" points, or "wait" for a person.
    """
    about = cell.metadata.get("course", {})
    if about.get("verdict") in LEFT_OPEN or about.get("waits") or is_task(cell):
        return None
    if about.get("blank"):
        return None if blank == "wait" else 0.0
    score: float | None = determine_grade(cell)[0]
    return score


def outputs_of(check: Check) -> list[Output]:
    """Return the outputs that show a verdict where the check has left none."""
    message, codes = check.message or NOT_RUN, tuple(check.codes)
    if check.verdict in ("right", "partly"):
        return [passed(answer_of(check.verdict, check.message, codes), check.points, check.most)]
    name = ERRORS.get(check.verdict, "CheckFailed")
    if check.verdict in LEFT_OPEN:
        return [error_of(message, name)]
    return failed(answer_of(check.verdict, message, codes), check.most, message, name)
