"""Making a notebook short enough for a page: what is too much of outputs, cells and pictures is left out, and said.

Used for each page of a student's notebook that nbconvert makes (feedback, formgrader); the notebook itself stays as it
is. What text there may be is counted where it becomes HTML (:mod:`course_utils.grading.pages`).
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from course_utils.cells import grade_id

MOST_CELLS = 400  # beside those that the release has
MOST_OUTPUTS = 400  # in all, beside those of checks
MOST_OF_ONE = 100  # outputs of one cell
MOST_TRACEBACK = 60  # lines of one error
MOST_LINES = 2_000  # of all tracebacks
MOST_DATA = 1_500_000  # letters of pictures and HTML in all
TEXTS = ("text/plain", "text/markdown", "text/latex")
MOST_TEXT = 20_000  # letters of one displayed text
NOTICE = "course-shortened"  # the cell's id


def shorten(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Return a notebook that is short enough, as a preprocessor of nbconvert's does."""
    cut: Counter[str] = Counter()
    notebook.cells = list(_few_cells(notebook.cells, cut))
    left = MOST_OUTPUTS
    for cell in notebook.cells:
        if cell.cell_type == "code":
            most = MOST_OF_ONE if _is_ours(cell) else min(MOST_OF_ONE, left)
            cut["outputs"] += max(len(cell.outputs) - most, 0)
            cell.outputs = [_short(output) for output in _ends(cell.outputs, most)]
            left -= 0 if _is_ours(cell) else len(cell.outputs)
    _fit_tracebacks(notebook, cut)
    _fit_data(notebook, cut)
    if said := ", ".join(f"{what} ({count})" for what, count in cut.items() if count):
        text = f"**This page is shortened.** Left out: {said}. The notebook that was handed in has all of it."
        notebook.cells.insert(0, new_markdown_cell(text, id=NOTICE))
    return notebook, resources


def _is_ours(cell: NotebookNode) -> bool:
    return bool(grade_id(cell))


def _few_cells(cells: list[NotebookNode], cut: Counter[str]) -> Iterator[NotebookNode]:
    others = 0
    for cell in cells:
        others += not _is_ours(cell)
        if _is_ours(cell) or others <= MOST_CELLS:
            yield cell
        else:
            cut["cells"] += 1


def _ends(outputs: list[NotebookNode], most: int) -> list[NotebookNode]:
    """Return the first outputs and the last: an error stands at the end."""
    if len(outputs) <= most:
        return outputs
    return outputs[: most - most // 2] + outputs[len(outputs) - most // 2 :]


def _short(output: NotebookNode) -> NotebookNode:
    """Shorten the texts of one output. Streams are shortened where they become HTML."""
    if output.output_type == "error" and len(output.traceback) > MOST_TRACEBACK:
        output.traceback = ["… lines were left out here …", *output.traceback[-MOST_TRACEBACK:]]
    for kind, text in (output.get("data") or {}).items():
        if kind in TEXTS and len(text) > MOST_TEXT:
            output.data[kind] = f"{text[:MOST_TEXT]}\n… {len(text) - MOST_TEXT} letters were left out here …"
    return output


def _fit_tracebacks(notebook: NotebookNode, cut: Counter[str]) -> None:
    """Leave one line of each traceback for whose lines there is no room."""
    left = MOST_LINES
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type != "error":
                continue
            left -= len(output.traceback)
            if left < 0 and len(output.traceback) > 1:
                cut["tracebacks"] += 1
                output.traceback = output.traceback[-1:]


def _fit_data(notebook: NotebookNode, cut: Counter[str]) -> None:
    """Leave out pictures and HTML for which there is no room: first that of the learner's other cells, the largest."""
    pieces = [piece for cell in notebook.cells for piece in _pieces(cell)]
    left = MOST_DATA
    for _, size, holder, kind in sorted(pieces, key=lambda piece: piece[:2]):
        left -= size
        if left < 0:
            cut["large outputs and pictures"] += 1
            holder.pop(kind)
            if "text/plain" not in holder:
                holder["text/plain"] = "… this was too large for the page …"


def _pieces(cell: NotebookNode) -> Iterator[tuple[bool, int, Any, str]]:
    """Yield what is shown as it stands: whether it may go first, its size, what holds it and under which name."""
    for output in cell.get("outputs", []):
        for kind, content in (output.get("data") or {}).items():
            if kind not in TEXTS:
                yield not _is_ours(cell), len(content), output.data, kind
    for picture in (cell.get("attachments") or {}).values():
        for kind, content in picture.items():
            yield not _is_ours(cell), len(content), picture, kind
