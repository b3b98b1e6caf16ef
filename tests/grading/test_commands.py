"""The instructor's words on the command line, as an instructor types them: grade, feedback, report, export."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, hand_in, scores
from test_killed import run

pytestmark = pytest.mark.slow
WIDE = {"COLUMNS": "200"}


@pytest.fixture(scope="module")
def graded(template, tmp_path_factory) -> tuple[Path, str]:
    """A course whose class was graded by the command, and what the command said."""
    root = Path(shutil.copytree(template, tmp_path_factory.mktemp("commands") / "course"))
    for name, answer in {"ada": RIGHT, "bela": "wrong", "cleo": "half", "dora": "wrong", "emil": None}.items():
        hand_in(root, name, answer)
    (root / "submitted" / "emil" / LAB / f"{LAB}.ipynb").write_text("{")
    status, said = run(root, "grade", "1", **WIDE)
    assert status == 0, said
    return root, said


def test_grade_ends_in_a_table_and_a_sentence(graded):
    root, said = graded
    assert re.search(r"ada +│ +2 of 4", said)
    assert re.search(r"bela +│ +0 of 4 +│ SZ2 padding added on one side only", said)
    assert re.search(r"emil +│ +0 of 4", said)
    assert "not a whole notebook" in " ".join(said.split())
    assert "5 graded" in said
    assert scores(root, "cleo")["double-check"] == 1


def test_grade_has_nothing_to_do_a_second_time(graded):
    status, said = run(graded[0], "grade", LAB)
    assert status == 0
    assert "nothing to do" in said


def test_grade_verifies(graded):
    status, said = run(graded[0], "grade", "1", "--verify", "2")
    assert status == 0
    assert "2 graded a second time" in said
    assert "the same" in said


def test_feedback_makes_pages_once(graded):
    root, _ = graded
    status, said = run(root, "feedback", "1")
    assert (status, said.splitlines()[-1]) == (0, f"{LAB}: 5 pages made, 0 were up to date")
    assert (root / "feedback" / "bela" / LAB / f"{LAB}.html").is_file()
    assert run(root, "feedback", "1")[1].splitlines()[-1] == f"{LAB}: 0 pages made, 5 were up to date"
    said = run(root, "feedback", "1", "--student", "ada", "--fresh")[1]
    assert said.splitlines()[-1] == f"{LAB}: 1 pages made, 0 were up to date"


def test_report_counts_verdicts_and_misconceptions(graded, tmp_path):
    page, table = tmp_path / "report.html", tmp_path / "report.csv"
    status, said = run(graded[0], "report", "1", "--html", str(page), "--csv", str(table), **WIDE)
    assert status == 0
    assert "5 submissions, 1 of them unreadable" in said
    assert "3 × SZ2 padding added on one side only" in said
    (row,) = [row for row in csv.DictReader(table.open(encoding="utf-8")) if row["exercise"] == "double"]
    assert (row["right"], row["partly"], row["wrong"]) == ("1", "1", "2")
    assert "3 of 4 students, in double" in page.read_text(encoding="utf-8")


def test_export_writes_a_row_a_submission_and_a_row_a_student(graded, tmp_path):
    status, said = run(graded[0], "export", "--into", str(tmp_path / "all.csv"))
    assert (status, said) == (0, f"written    {tmp_path / 'all.csv'}\nwritten    {tmp_path / 'all_wide.csv'}\n")
    rows = list(csv.DictReader((tmp_path / "all.csv").open(encoding="utf-8")))
    assert {row["student_id"]: float(row["score"]) for row in rows} == {
        "ada": 2.0,
        "bela": 0.0,
        "cleo": 1.0,
        "dora": 0.0,
        "emil": 0.0,
    }
    wide = list(csv.reader((tmp_path / "all_wide.csv").open(encoding="utf-8")))
    assert len(wide) == 6


@pytest.mark.parametrize("word", ["grade", "regrade", "feedback", "report", "export", "students", "demo"])
def test_every_word_explains_itself(word):
    done = subprocess.run([sys.executable, "-m", "course_utils", word, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert f"Usage: course {word}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["grade", "9"], "There is no lab '9'. There are: 01_double."),
        (["grade", "1", "--student", "zoe"], "Not handed in: submitted/zoe/01_double."),
        (["feedback", "1", "--student", "zoe"], "Not graded in 01_double: zoe. Run: course grade 01_double"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(graded, arguments, sentence):
    assert run(graded[0], *arguments) == (2, sentence + "\n")


def test_a_check_that_failed_itself_is_said_and_ends_with_status_3(root, tmp_path):
    hand_in(root, "ada", RIGHT)
    hand_in(root, "bela", "check breaks")
    table = tmp_path / "report.csv"
    for _ in range(2):
        status, said = run(root, "grade", "1", **WIDE)
        assert status == 3
        assert "double-check failed itself in 1 submissions (bela: KeyError: 'a'). Mend it and grade again" in said
    assert "a person must give the points: double-check" in " ".join(said.split())
    assert run(root, "report", "1", "--csv", str(table))[0] == 0
    (row,) = [row for row in csv.DictReader(table.open(encoding="utf-8")) if row["exercise"] == "double"]
    assert (row["right"], row["undecided"]) == ("1", "1")
    assert run(root, "feedback", "1")[0] == 0
    page = (root / "feedback" / "bela" / LAB / f"{LAB}.html").read_text(encoding="utf-8")
    assert "a person will look" in page
    assert "KeyError" not in page


def test_what_was_interrupted_is_left_open_and_graded_again_by_the_next_run(root):
    hand_in(root, "ada", RIGHT)
    hand_in(root, "bela", "box is killed")
    for _ in range(2):
        status, said = run(root, "grade", "1", **WIDE)
        assert status == 3
        assert "interrupted: bela: its processes were ended from outside (is there enough memory?)" in said
        assert "failed itself" not in said
        assert "interrupted: double-check" in " ".join(said.split())
    assert f"{LAB}: 1 graded, 1 graded before" in said
    assert scores(root, "bela")["double-check"] is None


@pytest.mark.parametrize("word", ["feedback", "report"])
def test_before_anything_is_graded_the_command_says_what_to_do(root, word):
    assert run(root, word, "1") == (2, "Nobody has been graded in 01_double. Run: course grade 01_double\n")


def test_no_submissions_are_said_so(root):
    status, said = run(root, "grade", "1")
    assert status == 2
    assert said.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--workers", "0"], ["--workers", "two"], ["--verify", "-1"], []])
def test_bad_options_end_with_status_2(root, arguments):
    assert run(root, "grade", *arguments)[0] == 2
