"""``course regrade``: whose points change, by how much and why, before anything is written; manual grades stay."""

import json
from pathlib import Path

import fake_engine
import pytest
from classroom import LAB, RIGHT, grade, hand_in, rows, scores, state
from commands import call
from sample import SAMPLE, add_lab
from test_sending import give

from course_utils.course import CourseError
from course_utils.grading.gradebook import open_gradebook
from course_utils.grading.workers import hire
from course_utils.release import release
from course_utils.term import regrade_log, regrading

STRICT = SAMPLE.replace("check_double(double)\n", "check_double(double)  # strict\n", 1)


def change(root: Path, text: str) -> None:
    """Change the master and release it, as an author does."""
    assert text != SAMPLE
    add_lab(root, LAB, text)
    release(root, [LAB], gradebook=True, prove=False)


def strict(root: Path) -> None:
    """Do to a course what a release of STRICT would."""
    edit(root, source=lambda text: text.replace("check_double(double)\n", "check_double(double)  # strict\n", 1))


def edit(root: Path, source=str, points: float = 2) -> None:
    """Change the check in the gradebook, as a release does, without the seconds that a release takes."""
    with open_gradebook(root) as book:
        cell = book.find_source_cell("double-check", LAB, LAB)
        cell.source, before = source(cell.source), cell.source
        book.find_grade_cell("double-check", LAB, LAB).max_score = points
        assert cell.source != before or points != 2
        book.db.commit()


def grade_of(root: Path, student: str, cell: str) -> tuple:
    return next(rest for who, name, *rest in rows(root)["grades"] if (who, name) == (student, cell))


def plan(root: Path, **how) -> regrading.Plan:
    with hire(root, workers=1, make=fake_engine.make) as hired:
        return regrading.plan(root, LAB, hired, **how)


def log(root: Path) -> list[dict]:
    path = root / "regrades.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def graded(root) -> Path:
    """ada is right, bela half, cleo wrong, with an essay each; ada's was read."""
    for name, answer in {"ada": RIGHT, "bela": "half", "cleo": "wrong"}.items():
        hand_in(root, name, answer, why=f"Because of {name}.")
    grade(root)
    give(root, "ada", "why", 1)
    return root


def test_without_a_change_nobody_is_graded(graded):
    made = plan(graded)
    assert (made.results, made.regrades) == ([], {})
    assert regrading.lines_of(made)[-1] == f"{LAB}: 0 of 3 submissions graded again; 0 get more points, 0 fewer"


def test_what_would_change_is_said_before_it_is_written(graded):
    strict(graded)
    before = state(graded)
    made = plan(graded)
    after = state(graded)
    assert (after["rows"], after["autograded"]) == (before["rows"], before["autograded"])
    assert [(one.student, one.before, one.after) for one in made.changing] == [("bela", 1.0, 0.0)]
    assert regrading.lines_of(made) == [
        "bela: 1 -> 0",
        "  double-check 1 -> 0: its check has changed; partly -> not attempted",
        f"{LAB}: 3 of 3 submissions graded again; 0 get more points, 1 fewer",
    ]
    assert log(graded) == []


def test_what_is_written_is_what_grading_would_write_and_is_logged(graded):
    strict(graded)
    made = plan(graded)
    assert regrading.write(graded, made) == []
    assert scores(graded, "bela")["double-check"] == 0
    (line,) = log(graded)
    assert (line["lab"], line["student"], line["before"], line["after"]) == (LAB, "bela", 1.0, 0.0)
    assert line["exercises"]["double-check"]["before"] == 1.0
    assert line["by"]
    assert line["time"].startswith("20")
    assert grade(graded).graded == []
    assert plan(graded).results == []
    assert not (graded / ".spool" / ".proposed" / f"{LAB}@{LAB}").exists()
    (said,) = regrade_log.read_log(graded, [LAB])
    assert "bela: 1 -> 0: double-check 1 -> 0 (its check has changed" in said
    assert regrade_log.read_log(graded, ["02"]) == []


def test_asking_twice_grades_once(graded, log):
    strict(graded)
    plan(graded)
    once = len(log())
    assert len(plan(graded).results) == 3
    assert len(log()) == once


def test_points_and_hidden_tests_that_changed_are_the_reason(graded):
    edit(graded, points=3)
    lines = regrading.lines_of(plan(graded))
    assert "ada: 3 -> 4" in lines
    assert "  double-check 2 -> 3: points 2 -> 3; still right" in lines
    regrading.write(graded, plan(graded))
    edit(graded, lambda text: text.replace("(-3, 21)", "(-3, 22)"), 3)
    made = plan(graded)
    assert (len(made.results), made.changing) == (3, [])


def test_essays_that_were_read_stay_read_and_keep_their_points(graded):
    strict(graded)
    regrading.write(graded, plan(graded))
    essays = {who: rest for who, cell, *rest in rows(graded)["grades"] if cell == "why"}
    assert essays["ada"] == [None, 1.0, None, 0]
    assert essays["bela"][-1] == 1


def test_points_given_by_hand_stay_and_what_the_check_says_now_is_told(graded):
    give(graded, "bela", "double-check", 2)
    strict(graded)
    made = plan(graded)
    assert made.changing == []
    assert "bela: double-check stays 2, given by hand; the check now gives 0 instead of 1" in regrading.lines_of(made)
    regrading.write(graded, made)
    auto, by_hand, _, look_again = grade_of(graded, "bela", "double-check")
    assert (auto, by_hand, look_again) == (0.0, 2.0, 1)
    assert log(graded) == []


def test_an_essay_that_was_handed_in_anew_is_looked_at_again(graded):
    hand_in(graded, "ada", RIGHT, why="Another text.")
    made = plan(graded)
    assert list(made.regrades) == ["ada"]
    regrading.write(graded, made)
    assert grade_of(graded, "ada", "why") == [None, 1.0, None, 1]


def test_a_limit_that_was_raised_concerns_who_met_it(graded):
    hand_in(graded, "dora", "slow")
    grade(graded)
    (graded / "solutions" / LAB / "lab.toml").write_text("cell_seconds = 90\n")
    made = plan(graded)
    assert list(made.regrades) == ["dora"]
    hand_in(graded, "dora", RIGHT)
    assert (
        "double-check 0 -> 2: handed in anew; it was stopped, under the limits of then; stopped -> right"
        in "\n".join(regrading.lines_of(plan(graded)))
    )


def test_a_check_that_fails_now_leaves_the_points_to_a_person(graded):
    hand_in(graded, "ada", "check breaks")
    made = plan(graded)
    assert made.undecided
    assert any("double-check 2 -> waits for a person" in line for line in regrading.lines_of(made))


def test_who_was_never_graded_is_left_to_grading_and_who_is_gone_is_said(graded):
    hand_in(graded, "dora", RIGHT)
    (graded / "submitted" / "cleo").rename(graded / "elsewhere")
    lines = regrading.lines_of(plan(graded))
    assert f"never graded, left to course grade {LAB}: dora" in lines
    assert "not graded: cleo: what was handed in is not in submitted/ any more; the points stay" in lines


def test_who_hands_in_between_looking_and_writing_is_left_as_before(graded):
    strict(graded)
    made = plan(graded)
    hand_in(graded, "bela", "wrong again")
    assert regrading.write(graded, made) == ["bela has handed in something else meanwhile. Run the command again."]
    assert scores(graded, "bela")["double-check"] == 1


def test_after_a_write_that_broke_off_the_next_run_finishes_it(graded, monkeypatch):
    strict(graded)
    made = plan(graded)
    written = regrading.Writer.write

    def breaks(self, result, submission, **how):
        if result.student == "cleo":
            raise KeyboardInterrupt
        return written(self, result, submission, **how)

    with monkeypatch.context() as patch:
        patch.setattr(regrading.Writer, "write", breaks)
        with pytest.raises(KeyboardInterrupt):
            regrading.write(graded, made)
    again = plan(graded)
    assert list(again.regrades) == ["cleo"]
    regrading.write(graded, again)
    assert grade(graded).graded == []
    assert len(log(graded)) == 1


def test_where_many_change_they_are_counted_by_exercise(graded):
    for number in range(6):
        hand_in(graded, f"s{number}", "half")
    grade(graded)
    assert not any(line.startswith("in ") for line in regrading.lines_of(plan(graded)))
    strict(graded)
    assert "in double-check: 0 more, 7 fewer" in regrading.lines_of(plan(graded))


def test_only_the_student_named_is_graded(graded):
    strict(graded)
    assert list(plan(graded, students=["ada"]).regrades) == ["ada"]
    with pytest.raises(CourseError, match="Not graded in 01_double: zoe"):
        plan(graded, students=["zoe"])


def test_a_log_that_somebody_has_damaged_is_said(graded):
    (graded / "regrades.jsonl").write_text("{}\n")
    with pytest.raises(CourseError, match=r"regrades\.jsonl, line 1 is no line of a log"):
        regrade_log.read_log(graded, [LAB])


@pytest.mark.slow
def test_the_command_shows_asks_and_writes(graded, monkeypatch):
    assert call(monkeypatch, graded, "regrade", "1", "--log") == (0, "Nothing was regraded yet.\n")
    change(graded, STRICT)
    status, said = call(monkeypatch, graded, "regrade", "1")
    assert status == 2
    assert said.endswith("Nothing was written. Say --yes to write without being asked.\n")
    assert "bela: 1 -> 0\n" in said
    assert call(monkeypatch, graded, "regrade", "1", "--dry-run")[0] == 0
    assert log(graded) == []
    status, said = call(monkeypatch, graded, "regrade", "1", "--yes")
    assert (status, said.splitlines()[-1]) == (0, f"written    {LAB}: 3 submissions; noted in regrades.jsonl")
    assert scores(graded, "bela")["double-check"] == 0
    assert "bela: 1 -> 0" in call(monkeypatch, graded, "regrade", "1", "--log")[1]
    assert "0 of 3 submissions graded again" in call(monkeypatch, graded, "regrade", "1")[1]
