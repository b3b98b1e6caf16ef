"""The text of a graded notebook, put together from the texts of its cells: most of them are the same for a class.

Writing JSON with indents is the slowest step of writing a result, and a picture stands in each student's notebook.
"""

import functools
import json
from typing import Any

from nbformat import NotebookNode
from nbformat.v4.rwbase import split_lines

FORM: dict[str, Any] = {"ensure_ascii": False, "indent": 1, "sort_keys": True, "separators": (",", ": ")}
KEPT = 400  # cells whose texts are kept
NONE = '"cells": []'


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook as :func:`course_utils.masters.as_text` does; it is known to be a valid one."""
    frame = json.dumps({**notebook, "cells": []}, **FORM)
    cells = [_cell_text(json.dumps(cell, sort_keys=True)) for cell in notebook.cells]
    listed = '"cells": [\n  ' + ",\n  ".join(cells) + "\n ]" if cells else NONE
    return frame.replace(NONE, listed, 1) + "\n"


@functools.lru_cache(KEPT)
def _cell_text(compact: str) -> str:
    """Return a cell as it stands in a notebook's text."""
    cell = NotebookNode(json.loads(compact, object_hook=NotebookNode))
    split = split_lines(NotebookNode(cells=[cell])).cells[0]
    return json.dumps(split, **FORM).replace("\n", "\n  ")
