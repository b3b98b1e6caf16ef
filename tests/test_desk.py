"""The desk on the start page: one deed at a time."""

import threading

from course_utils import care, desk, workplace
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
