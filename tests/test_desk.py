"""The desk on the start page: one deed at a time; and what it says of a start cell without an id."""

import threading
from types import SimpleNamespace

import pytest

from course_utils import care, desk, handing_in, workplace
from course_utils.inspecting import Diagnosis


def test_while_one_button_is_at_work_no_other_can_be_pressed(monkeypatch, tmp_path):
    monkeypatch.setattr(workplace, "find_notebook", lambda _lab, _home: tmp_path)
    one, done = desk._Desk(), threading.Event()

    def look(_path):
        done.wait(10)
        return [Diagnosis("seen")]

    one._do(care.RUN, look, True)
    assert all(button.disabled for button in one.buttons)
    assert one.says.value == "<p>Run it as grading does …</p>"
    done.set()
    one.at_work.join(10)
    assert not any(button.disabled for button in one.buttons)
    assert "seen" in one.says.value


def cell(source, kind="code"):
    return SimpleNamespace(source=source, cell_type=kind)


@pytest.mark.parametrize(
    ("before", "start", "lacks"),
    [
        ("**Your own numbers.** Write your student id …", 'student_id = ""', True),
        ("**Your own numbers.** Write your student id …", 'student_id = "mia"', False),
        ("The questions are the same for everybody.", 'student_id = ""', False),
    ],
)
def test_an_id_is_missing_only_where_a_lab_has_numbers_of_ones_own(before, start, lacks):
    cells = SimpleNamespace(cells=[cell(before, "markdown"), cell(start)])
    pair = SimpleNamespace(notebook=cells, reference=cells)
    assert handing_in.lacks_id(pair) is lacks
    assert handing_in._about_the_id(pair, "mia", handing_in.id_in(pair)) == [handing_in.NO_ID] * lacks
