"""The table of a class in the terminal."""

import io

import pytest
from rich.console import Console

from course_utils.grading import screen
from course_utils.grading.results import Result


def test_a_note_that_most_of_a_class_share_stands_below_the_table_once():
    found = [Result(f"s{n}", 1.0, 2.0, notes=["no id", *(["renamed"] if n == 2 else [])]) for n in range(8)]
    found.append(Result("zoe", 1.0, 2.0))
    console = Console(width=80, file=io.StringIO())
    console.print(screen.table_of("lab", found))
    shown = console.file.getvalue()
    assert "no id" not in shown
    assert "renamed" in shown
    assert screen.lines_of_notes(found) == ["8 of 9: no id"]
    assert screen.lines_of_notes(found[:3]) == []


@pytest.mark.parametrize("student", ["l" * 120, "名" * 60, "ada lovelace " * 9 + "x"])
def test_a_long_id_takes_no_room_from_the_points_and_is_shown_to_its_end(student: str):
    found = [Result(student, 1.5, 2.0, notes=["renamed"]), Result("ada", 2.0, 2.0)]
    console = Console(width=80, file=io.StringIO())
    console.print(screen.table_of("lab", found))
    shown = console.file.getvalue()
    assert "1.5 of 2" in shown
    assert "renamed" in shown
    letter = student[0]
    assert shown.count(letter) >= student.count(letter)
