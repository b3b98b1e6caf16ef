"""Cells that are Python already are left to run as they stand, and only those that IPython would leave alone, too."""

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from lesson import master_of

from course_utils.course import find_labs, find_root
from course_utils.grading.shell import is_python

OTHERS = {
    "a magic": "x = 1\n%time x\n",
    "a magic of the whole cell": "%%time\nx = 1\ny = 2\n",
    "a magic that gives something": "x = 1\nfiles = %pwd\n",
    "a command of the system": "x = 1\n!ls\n",
    "a question": "x = 1\nx?\n",
    "one word that may be a magic": "pwd\n",
    "pasted from a session": ">>> x = 1\n>>> y = 2\n",
    "pasted from a notebook": "In [1]: x = 1\n   ...: y = 2\n",
    "set off": "  x = 1\n  y = 2\n",
    "begun further down": "\n\nx = 1\ny = 2\n",
    "an empty line with spaces": 'x = """a\n   \nb"""\ny = 2\n',
    "no Python": "x = 1\ny =\n",
    "what warns": 'x = "\\d"\ny = 2\n',
}
ALIKE = {
    "a remainder below another line": "x = (7\n%4)\ny = 2\n",
    "a question in a remark": "x = 1  # why?\ny = 2\n",
    "something awaited": "import asyncio\nawait asyncio.sleep(0)\n",
    "a line that is too much": "def f():\n    return 1\nf()\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_plain_python_is_read_by_ipython(name):
    assert not is_python(OTHERS[name])


@pytest.mark.parametrize("name", ALIKE)
def test_plain_python_is_taken_as_it_stands(name):
    assert is_python(ALIKE[name])
    assert TransformerManager().transform_cell(ALIKE[name]) == ALIKE[name]


@pytest.mark.parametrize("lab", find_labs(find_root(), []))
def test_ipython_would_not_change_what_is_taken_as_it_stands(lab):
    cells = [cell.source + "\n" for cell in master_of(lab).cells if cell.cell_type == "code"]
    plain = [cell for cell in cells if is_python(cell)]
    assert len(plain) > len(cells) / 3
    for cell in plain:
        assert TransformerManager().transform_cell(cell) == cell
