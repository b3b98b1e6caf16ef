"""What this course adds to nbgrader: preprocessors, named in ``nbgrader_config.py``.

nbgrader hands a notebook through a list of preprocessors, at release, at grading and for the feedback page.
A preprocessor is a class or, as here, a plain function ``(notebook, resources) -> (notebook, resources)``.
"""

import os
import re
import sys
from typing import Any

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests

from course_utils.cells import STUB, Region, has_placeholder, is_check, is_solution, with_marks

Converted = tuple[NotebookNode, dict[str, Any]]

NOT_OURS = {".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db"}  # left by editors and systems

# What lies beside a lesson and may hold an answer: nbgrader would hand it to the students.
NEVER_HANDED_OUT = [
    ".ipynb_checkpoints",
    "__pycache__",
    "feedback",
    ".*",
    "*.py",
    "*.pyc",
    "*.toml",
    "*.md",
    "*.yml",
    "*.yaml",
    "*.bak",
    "*~",
]


def cell_seconds(default: int = 30) -> int:
    """Return how long a cell may run while it is graded: COURSE_CELL_SECONDS, or ``default``.

    A bad value stops the program. traitlets would log any other exception from a configuration file and go on
    without the file, and nbgrader would then grade with none of this course's settings.
    """
    text = os.environ.get("COURSE_CELL_SECONDS", "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        print(f"COURSE_CELL_SECONDS must be a whole number of seconds above 0, not {text!r}", file=sys.stderr)
        raise SystemExit(2)
    return int(text)


# --- at release -----------------------------------------------------------------------------------


def tag_checks(nb: NotebookNode, resources: dict[str, Any]) -> Converted:
    """Let *Run All* go on past a check that fails.

    Done at release only: in a master the tag would make nbval pass a check whatever it says.
    """
    for cell in nb.cells:
        if is_check(cell):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
    return nb, resources


def drop_bare_stubs(nb: NotebookNode, resources: dict[str, Any]) -> Converted:
    """Leave a placeholder such as ``answers = {"a": None}`` to stand alone.

    nbgrader puts ``raise NotImplementedError`` where an answer was. Below a placeholder it would stop
    *Run All* and keep the check, which knows an unanswered question, from saying so. In a function body,
    and in a cell that has nothing else, the stub stays. Runs right after ClearSolutions, before any checksum
    is computed.
    """
    for cell in nb.cells:
        if cell.cell_type != "code" or not is_solution(cell):
            continue
        without = re.sub(rf"^{re.escape(STUB)}$\n?", "", cell.source, flags=re.MULTILINE)
        if without != cell.source and _stands_alone(without):
            cell.source = without.rstrip("\n")
    return nb, resources


def _stands_alone(source: str) -> bool:
    """Tell whether a cell without its stub holds a placeholder; what is no Python by itself needs the stub."""
    try:
        return has_placeholder(source)
    except SyntaxError:
        return False


# --- for the feedback page ------------------------------------------------------------------------


class HideHiddenTests(ClearHiddenTests):  # type: ignore[misc]  # nbgrader has no types
    """Cut hidden tests out of feedback: out of the check's text, and out of tracebacks that quote it.

    Grading writes the hidden tests into the student's notebook, and nbgrader's feedback page shows them. A
    traceback quotes the lines around the one that failed, so an error in the first line of a check shows the
    hidden second one: such a traceback is cut down to its last line. Cells without points are the student's
    own and are left alone (nbgrader would stop at the words "HIDDEN TESTS" in one of them). A course may have set other
    marks: this engine writes its own in their place, nbgrader does not.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        begin, end = Region.HIDDEN_TESTS.begin, Region.HIDDEN_TESTS.end
        self.theirs: dict[str, str] = {str(self.begin_test_delimeter): begin, str(self.end_test_delimeter): end}
        self.begin_test_delimeter: str = begin
        self.end_test_delimeter: str = end

    def preprocess_cell(self, cell: NotebookNode, resources: dict[str, Any], cell_index: int) -> Converted:
        """Clear one cell."""
        if not is_check(cell):
            return cell, resources
        cell.source = with_marks(cell.source, self.theirs)
        before = cell.source.splitlines()
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        cut = [line.strip() for line in before if line.strip() and line not in cell.source.splitlines()]
        for output in cell.outputs:
            if output.output_type == "error" and cut:
                quoted = strip_ansi("\n".join(output.traceback))
                if any(line in quoted for line in cut):
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources
