"""What of a submission is run, and in which order: the release decides, the student's cells fill it.

A student may have copied, split, moved, deleted, retagged or retyped cells, and may have edited checks and points. None
of that matters here: cells are known by their grade_id alone. Answers go to the places that the release has for them,
checks and locked cells have the release's own text, and every other cell stays behind the answer or check that it
followed. Nothing a file can hold makes this module raise anything but `Unreadable`.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from course_utils.cells import grade_id
from course_utils.grading.essays import Essay, Piece, find_essays, pictures_of, remarks
from course_utils.grading.job import Attachments, GradedCell, ReleasedCell
from course_utils.grading.notebook_text import NoNotebook, object_in, text_of

MOST_CELLS = 2_000  # in one submission
MOST_CHARACTERS = 400_000  # in one cell


class Unreadable(Exception):
    """The bytes are no notebook; the text says why, for the student."""


@dataclass(frozen=True)
class Step:
    """One cell of the notebook that is graded.

    Parameters
    ----------
    kind
        "check"; "locked" for other cells with the release's own text; "answer"; "extra" for the student's other code;
        "text" for everything that is not code.
    source
        The cell's text.
    grade_id
        nbgrader's name for the cell, "" if it has none.
    points
        What a check gives at most; 0 for the rest.
    cell_type
        "code", "markdown" or "raw".
    attachments
        Pictures that were pasted into it.
    waits
        Why a person has to give its points, whatever its text; "" if there is no such reason.
    """

    kind: Literal["check", "locked", "answer", "extra", "text"]
    source: str
    grade_id: str = ""
    points: float = 0.0
    cell_type: str = "code"
    attachments: Attachments = field(default_factory=dict)
    waits: str = ""


def not_run(step: Step) -> GradedCell:
    """Return a step as a cell of the graded notebook that was not run, or not yet."""
    cell: GradedCell = {
        "cell_type": step.cell_type,
        "source": step.source,
        "grade_id": step.grade_id,
        "outputs": [],
        "status": "",
    }
    if step.attachments:
        cell["attachments"] = step.attachments
    if step.waits:
        cell["waits"] = step.waits
    return cell


@dataclass
class Aligned:
    """The steps of a submission, in order, and what there was to remark on."""

    steps: list[Step]
    notes: list[str] = field(default_factory=list)


def align(released: list[ReleasedCell], notebook: bytes | None) -> Aligned:
    """Put a submission in the order of the release.

    Parameters
    ----------
    released
        The cells of a :class:`~course_utils.grading.job.Bundle`.
    notebook
        The bytes of the student's file; None for a notebook without cells.

    Raises
    ------
    Unreadable
        If the bytes are no notebook.
    """
    cells, notes = read_cells(notebook) if notebook is not None else ([], [])
    anchors = {cell["grade_id"]: cell for cell in released if cell["grade_id"]}
    essays = _find_essays(released, cells, anchors) if notebook is not None else {}
    moved = {place for essay in essays.values() for place in essay.taken}
    answers, followers = _sort([cell for place, cell in enumerate(cells) if place not in moved], anchors)
    notes += [*_remarks(answers, anchors), *remarks(essays)] if notebook is not None else []
    for name, essay in essays.items():
        wanted = anchors[name]["cell_type"]
        own = Step("answer", essay.source, name, cell_type=wanted, attachments=essay.attachments, waits=essay.waits)
        answers[name] = [*answers.get(name, [])[:-1], own]
    steps = list(followers.get("", []))
    for name, cell in anchors.items():
        steps += _steps_of(cell, answers.get(name, [])) + followers.get(name, [])
    return Aligned(steps, notes)


def _steps_of(cell: ReleasedCell, copies: list[Step]) -> list[Step]:
    """Return the steps of one cell of the release. Of several copies of an answer the last counts, all of them run."""
    name, points = cell["grade_id"], float(cell["points"])
    if cell["solution"]:
        last = copies[-1:] or ([Step("answer", "", name, points, cell["cell_type"])] if cell["grade"] else [])
        return [Step("extra", copy.source) for copy in copies[:-1] if copy.cell_type == "code"] + [
            replace(one, kind="answer" if cell["cell_type"] == "code" else "text", points=points) for one in last
        ]
    if cell["cell_type"] != "code":
        return [Step("text", cell["source"], name, points, cell["cell_type"])]
    return [Step("check" if cell["grade"] else "locked", cell["source"], name, points)]


def _find_essays(
    released: list[ReleasedCell], cells: list[dict[str, Any]], anchors: dict[str, ReleasedCell]
) -> dict[str, Essay]:
    names = [name if (name := grade_id(cell)) in anchors else "" for cell in cells]
    pieces = [Piece(name, _text(cell), _type(cell), pictures_of(cell)) for name, cell in zip(names, cells, strict=True)]
    return find_essays(released, pieces)


def _sort(
    cells: list[dict[str, Any]], anchors: dict[str, ReleasedCell]
) -> tuple[dict[str, list[Step]], dict[str, list[Step]]]:
    """Return the copies of each answer, and the cells that follow each anchor ("" for those before the first)."""
    answers: dict[str, list[Step]] = {}
    followers: dict[str, list[Step]] = {}
    behind = ""
    for cell in cells:
        source, cell_type, name = _text(cell), _type(cell), grade_id(cell)
        if name not in anchors:
            pictures = pictures_of(cell) if cell_type != "code" else {}
            step = Step("extra" if cell_type == "code" else "text", source, cell_type=cell_type, attachments=pictures)
            followers.setdefault(behind, []).append(step)
            continue
        behind = name
        if anchors[name]["solution"]:
            wanted = anchors[name]["cell_type"]
            answers.setdefault(name, []).append(Step("answer", source, name, cell_type=wanted))
    return answers, followers


def _remarks(answers: dict[str, list[Step]], anchors: dict[str, ReleasedCell]) -> list[str]:
    code = {name for name, cell in anchors.items() if cell["solution"] and not cell["grade"]}
    missing = [name for name in anchors if name in code and name not in answers]
    copied = [name for name, copies in answers.items() if len(copies) > 1]
    notes = [f"answer cells missing: {', '.join(missing)}"] if missing else []
    return notes + ([f"answer cells copied: {', '.join(copied)} (the last one counts)"] if copied else [])


# --- reading a file -------------------------------------------------------------------------------


def read_cells(notebook: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the cells of a notebook file of format 2, 3, 4 or later, and remarks.

    Raises
    ------
    Unreadable
        If the file is none.
    """
    text, notes = text_of(notebook)
    if not text:
        raise Unreadable("the notebook is empty")
    try:
        content, remarks = object_in(text)
    except NoNotebook as error:
        raise Unreadable(str(error)) from None
    cells = _cells_of(content)
    if cells is None:
        raise Unreadable("the file is not a notebook: it has no list of cells")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells, more than {MOST_CELLS}")
    return [cell for cell in cells if isinstance(cell, dict)], notes + remarks


def _cells_of(content: Any) -> list[Any] | None:
    if not isinstance(content, dict):
        return None
    cells, sheets = content.get("cells"), content.get("worksheets")
    if isinstance(cells, list):
        return cells
    if not isinstance(sheets, list):
        return None
    found = [sheet["cells"] for sheet in sheets if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)]
    return [cell for cells in found for cell in cells] if found else None


def _text(cell: dict[str, Any]) -> str:
    """Return a cell's text; format 3 called it input. What is no text is left out, and so are NUL characters."""
    source = cell.get("source", cell.get("input", ""))
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))[:MOST_CHARACTERS]
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _type(cell: dict[str, Any]) -> str:
    known = {"code": "code", "raw": "raw"}
    return known.get(str(cell.get("cell_type")), "markdown")
