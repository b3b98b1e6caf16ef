"""What a locked cell binds for the checks, and what becomes of a check that fails itself: through the real engine."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from classroom import LAB, RIGHT, grade, hand_in, rows, scores
from sample import WITH_LAB, add_lab

from course_utils.course import environment
from course_utils.grading.here import make_engine
from course_utils.grading.results import read_results
from course_utils.grading.trusted import NOBODYS
from course_utils.release import release

pytestmark = pytest.mark.slow
SEVEN, EIGHT = 'answers = {"a": 7}', 'answers = {"a": 8}'  # right for no id, and for any


def restart(folder: Path, start: str | None) -> None:
    """Write another start cell into a submission, or remove it."""
    path = folder / f"{LAB}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    index = next(i for i, cell in enumerate(notebook.cells) if cell.source == 'student_id = ""')
    notebook.cells[index].source = start or "pass"
    nbformat.write(notebook, path)


STARTS = {
    # by student: the start cell (None: there is none), the answer, what it earns
    "none": ('student_id = ""', SEVEN, 1),
    "ada": ('student_id = "ada"', EIGHT, 1),
    "bela": ('student_id = "bela"', SEVEN, 0),
    "cleo": (None, SEVEN, 1),
    "dan": ("student_id = None\nlab = None\nLab = None", SEVEN, 1),
    "odd": ('student_id = "odd"', 'class Odd(dict):\n    pass\nanswers = ["a"]', None),
}


@pytest.fixture(scope="module")
def graded(template, tmp_path_factory):
    """A course with a lab whose checks use what a locked cell binds, graded by the real engine."""
    root = tmp_path_factory.mktemp("bound") / "course"
    (root / "solutions").mkdir(parents=True)
    for name in ("nbgrader_config.py", "solutions/jupytext.toml"):
        shutil.copy(template / name, root / name)
    add_lab(root, LAB, WITH_LAB)
    release(root, [], gradebook=True, prove=False)
    for student, (start, answer, _) in STARTS.items():
        restart(hand_in(root, student, RIGHT, sizes=answer), start)
    return root, grade(root, make=make_engine)


@pytest.mark.parametrize("student", STARTS)
def test_a_check_sees_the_students_own_numbers(graded, student):
    root, outcome = graded
    assert outcome.well
    assert scores(root, student)["sizes-check"] == STARTS[student][2]
    assert scores(root, student)["double-check"] == 2


def test_where_there_is_no_id_it_is_noted_once(graded):
    found = read_results(graded[0], LAB, list(STARTS))
    noted = {name: [note for note in result.notes if "student_id" in note] for name, result in found.items()}
    without = ("none", "cleo", "dan")
    assert {name: len(notes) for name, notes in noted.items()} == {name: name in without for name in STARTS}
    assert noted["cleo"] == [f"the notebook has no student_id: {NOBODYS}"]


def test_odd_data_that_breaks_a_check_waits_for_a_person(graded):
    root, _ = graded
    waiting = [(student, cell) for student, cell, *_, manual in rows(root)["grades"] if manual]
    assert waiting == [("odd", "sizes-check")]
    (result,) = read_results(root, LAB, ["odd"]).values()
    assert result.undecided == {"sizes-check": "TypeError: list indices must be integers or slices, not str"}


def test_nbgraders_autograde_says_the_same(graded):
    root, _ = graded
    before = rows(root)
    with sqlite3.connect(root / "gradebook.db") as book:
        book.execute("update grade set auto_score = 1, needs_manual_grade = 0")
    command = [sys.executable, "-m", "nbgrader", "autograde", LAB, "--force"]
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert rows(root)["grades"] == before["grades"]
