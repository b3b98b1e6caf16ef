"""An exercise added, dropped or split in the middle of a term: old submissions keep their share of the points."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, grade, hand_in, rows
from commands import call
from sample import SAMPLE, add_lab
from test_due import DATES
from test_sending import give

from course_utils.course import CourseError
from course_utils.grading import worth
from course_utils.grading.gradebook import open_gradebook
from course_utils.release import release
from course_utils.term import class_report

ADDED = (
    SAMPLE
    + '''
# %% [markdown]
# And three times?

# %% nbgrader={"grade": false, "grade_id": "triple", "locked": false, "schema_version": 3, "solution": true}
def triple(x):
    """Return three times x."""
    ### BEGIN SOLUTION
    return 3 * x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "triple-check", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check_double(triple)
'''  # noqa: E501
)


def points(root: Path) -> dict[str, tuple[float, float]]:
    """Return points and what is taken off, by student."""
    with open_gradebook(root) as book:
        return {one.student.id: (one.score, one.late_submission_penalty) for one in book.assignment_submissions(LAB)}


def add(root: Path, name: str, most: float) -> None:
    """Add a graded cell to the gradebook, as a release does."""
    with open_gradebook(root) as book:
        book.add_solution_cell(name.removesuffix("-check"), LAB, LAB)
        book.add_grade_cell(name, LAB, LAB, max_score=most, cell_type="code")


def drop(root: Path, name: str) -> None:
    with open_gradebook(root) as book:
        book.db.delete(book.find_grade_cell(name, LAB, LAB))
        book.db.commit()


@pytest.fixture
def graded(root) -> Path:
    """ada has 3 of 4 points, one of them given by hand; bela 2, and is late; cleo none."""
    (root / "due.toml").write_text(DATES)
    for name, answer in {"ada": RIGHT, "bela": RIGHT, "cleo": "wrong"}.items():
        when = "2026-11-03 10:00:00 UTC" if name == "bela" else "2026-10-01 10:00:00 UTC"
        hand_in(root, name, answer, timestamp=when)
    grade(root)
    give(root, "ada", "why", 1)
    return root


def test_an_added_exercise_costs_nobody_a_share(graded):
    worth.set_aside(graded, LAB)
    assert points(graded) == {}
    add(graded, "triple-check", 4)
    said = worth.put_back(graded, LAB)
    assert said == [f"{LAB}: ada keeps 3 of 4, by 3 points more", f"{LAB}: bela keeps 2 of 4, by 2 points more"]
    assert points(graded) == {"ada": (6, 0), "bela": (4, 0.8), "cleo": (0, 0)}
    grades = {(who, cell): rest for who, cell, *rest in rows(graded)["grades"]}
    assert grades["ada", "triple-check"] == [0, None, 3, 0]
    assert grades["ada", "why"][1] == 1, "what a person gave stays"
    assert ("ada", "triple", None, worth.COMMENT) in rows(graded)["comments"]
    with open_gradebook(graded) as book:
        assert book.find_submission(LAB, "bela").timestamp == datetime(2026, 11, 3, 10)
    kept = worth.read_kept(graded, LAB)
    assert (kept["ada"].cell, kept["ada"].added, kept["ada"].dropped) == ("triple-check", ["triple-check"], [])


def test_a_dropped_exercise_costs_nobody_a_share_and_may_help(graded):
    worth.set_aside(graded, LAB)
    drop(graded, "double-check")
    worth.put_back(graded, LAB)
    assert points(graded)["ada"] == (1.5, 0), "3 of 4 are 1.5 of 2"
    assert points(graded)["cleo"] == (0, 0)
    (note,) = class_report.read_report(graded, LAB).notes
    assert note == (
        "2 handed in before the exercises changed (dropped double-check), and keep their share of the points"
    )


def test_a_second_change_reckons_from_the_first_share(graded):
    for name, most in (("triple-check", 4), ("more-check", 2)):
        worth.set_aside(graded, LAB)
        add(graded, name, most)
        worth.put_back(graded, LAB)
    assert points(graded)["ada"] == (7.5, 0), "three quarters of 10"
    assert {name: one.extra for name, one in worth.read_kept(graded, LAB).items()} == {"ada": 4.5, "bela": 3.0}


def test_what_was_broken_off_is_finished_by_the_next(graded):
    before = rows(graded)
    worth.set_aside(graded, LAB)
    worth.set_aside(graded, LAB)
    worth.put_back(graded, LAB)
    assert rows(graded) == before
    worth.set_aside(graded, LAB)
    kept = json.loads(worth._aside(graded, LAB).read_text())
    worth.put_back(graded, LAB)
    with open_gradebook(graded) as book:
        book.remove_submission(LAB, "cleo")
    worth._aside(graded, LAB).write_text(json.dumps({"cleo": kept["cleo"]}))
    worth.set_aside(graded, LAB)
    worth.put_back(graded, LAB)
    assert rows(graded) == before
    assert worth.put_back(graded, LAB) == []
    assert worth.read_kept(graded, LAB) == {}


@pytest.mark.thorough
def test_through_a_release_and_handed_in_anew(graded, monkeypatch):
    add_lab(graded, LAB, ADDED)
    with pytest.raises(CourseError, match=r"nbgrader cannot add: triple-check[\s\S]*course release --keep-worth LAB"):
        release(graded, [LAB], gradebook=True, prove=False)
    hand_in(graded, "dora")
    with pytest.raises(CourseError, match="handed in and never graded: dora"):
        release(graded, [LAB], gradebook=True, prove=False, keep_worth=True)
    old = (graded / "submitted" / "ada" / LAB / f"{LAB}.ipynb").read_bytes()
    shutil.rmtree(graded / "submitted" / "dora")
    said = release(graded, [LAB], gradebook=True, prove=False, keep_worth=True).sentences
    assert f"{LAB}: ada keeps 3 of 4, by 3 points more" in said
    status, said = call(monkeypatch, graded, "regrade", "1", "--yes")
    assert (status, "0 get more points, 0 fewer" in said) == (0, True), said
    assert points(graded)["ada"] == (6, 0)
    assert "keep their share of the points" in " ".join(call(monkeypatch, graded, "report", "1")[1].split())

    hand_in(graded, "ada", RIGHT)
    assert old != (graded / "submitted" / "ada" / LAB / f"{LAB}.ipynb").read_bytes()
    status, said = call(monkeypatch, graded, "regrade", "1", "--yes")
    assert "ada: 6 -> " in said
    with open_gradebook(graded) as book:
        rows_of = book.find_submission_notebook(LAB, LAB, "ada")
        assert [grade.extra_credit for grade in rows_of.grades if grade.name == "triple-check"] == [None]
        score = rows_of.score
    assert f"ada: 6 -> {score:g}\n" in said
    assert "ada" not in worth.read_kept(graded, LAB)
    add_lab(graded, LAB, SAMPLE)
    said = release(graded, [LAB], gradebook=True, prove=False, keep_worth=True).sentences
    assert any("bela keeps 4 of 8, by " in one for one in said) or points(graded)["bela"][0] == 2
    assert points(graded)["bela"][0] == 2
