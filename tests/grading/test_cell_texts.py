"""The text of a notebook, put together from its cells' texts, is the one that nbformat writes."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from course_utils import masters
from course_utils.course import find_labs, find_root
from course_utils.grading.cell_texts import as_text

ODD = 'première\u2028ligne\r\nand\x0canother\x85\n\ttab \U0001f600 "quoted" \\ {}\n'


def test_all_that_may_stand_in_a_cell():
    outputs = [
        new_output("stream", name="stdout", text=ODD),
        new_output(
            "display_data", data={"text/plain": ODD, "image/png": "iVBO\nRw0K", "application/json": {"b": 1, "a": []}}
        ),
        new_output("execute_result", data={"text/html": f"<p>{ODD}"}, metadata={"image/png": {"width": 3}}),
        new_output("error", ename="E", evalue=ODD, traceback=[ODD, ""]),
    ]
    code = new_code_cell(ODD, outputs=outputs, metadata={"nbgrader": {"points": 2.5, "grade": True}, "z": None})
    text = new_markdown_cell(f'"cells": []{ODD}', attachments={"a.png": {"image/png": "aaaa\n", "text/plain": ODD}})
    notebook = new_notebook(
        cells=[code, text, new_raw_cell(""), new_code_cell("x = 1")], metadata={"course": {"notes": [ODD], "key": ""}}
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    assert as_text(notebook) == masters.as_text(notebook)


def test_no_cells():
    notebook = new_notebook(metadata={"course": {"notes": ['"cells": []']}})
    assert as_text(notebook) == masters.as_text(notebook)


@pytest.mark.parametrize("lab", find_labs(find_root(), []))
def test_the_labs(lab):
    notebook = nbformat.read(next((find_root() / "notebooks" / lab).glob("*.ipynb")), as_version=4)
    assert as_text(notebook) == masters.as_text(notebook)
