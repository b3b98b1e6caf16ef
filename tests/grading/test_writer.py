"""The writer: nbgrader's own rows, the same files, once or many times, and nothing that a person decided."""

import json
import shutil
import sqlite3
from datetime import datetime
from typing import get_args

import nbformat
import pytest
from classroom import LAB, RIGHT, files, hand_in, released, rows, scores, state
from fake_engine import grade
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, SaveAutoGrades
from nbgrader.utils import determine_grade

from course_utils.grading import graded_notebook
from course_utils.grading.autograde import SaveScores
from course_utils.grading.bundle import read_bundle
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.job import Check, Graded, Job, Verdict
from course_utils.grading.reading import read_submission
from course_utils.grading.results import read_results
from course_utils.grading.writer import Writer, write_folder
from course_utils.judging.protocol.verdicts import codes_of


def job_of(root, student):
    return Job(read_bundle(root, LAB), read_submission(root, LAB, student))


def graded_of(root, student) -> Graded:
    job = job_of(root, student)
    return grade(job, (job.submission.notebook or b"").decode())


def write(root, *students, graded=None) -> list[bool]:
    settings, bundle = read_settings(root), read_bundle(root, LAB)
    with open_gradebook(root, settings) as book:
        writer = Writer(root, bundle, book, settings)
        return [writer.write(graded or graded_of(root, one), read_submission(root, LAB, one)) for one in students]


def autograded(root, student="ada"):
    return nbformat.read(root / "autograded" / student / LAB / f"{LAB}.ipynb", as_version=4)


def cell_of(notebook, name):
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


def change(root, query, *values):
    with sqlite3.connect(root / "gradebook.db") as book:
        book.execute(query, values)


def checksums(root):
    with sqlite3.connect(root / "gradebook.db") as book:
        return dict(book.execute("select name, checksum from source_cell"))


CLASS = {
    "ada": {"double": RIGHT, "sizes": 'answers = {"a": 7}', "why": "Because I say so."},
    "bela": {"double": "wrong"},
    "cleo": {"double": "half", "why": "Half of it."},
    "dan": {"double": None},
    "emil": {"double": "slow"},
}


@pytest.fixture
def written(root):
    for name, answers in CLASS.items():
        hand_in(root, name, timestamp="2026-11-02 10:00:00 UTC" if name == "ada" else "", **answers)
    (hand_in(root, "fred") / f"{LAB}.ipynb").write_text("{ broken")
    assert write(root, *CLASS, "fred") == [True] * 6
    return root


def test_points_are_those_of_the_result_and_essays_wait_for_a_person(written):
    assert scores(written, "ada") == {"double-check": 2, "sizes-check": 1, "why": None}
    assert scores(written, "cleo") == {"double-check": 1, "sizes-check": 0, "why": None}
    assert scores(written, "dan") == {"double-check": 0, "sizes-check": 0, "why": 0}
    waiting = [(student, cell) for student, cell, *_, manual in rows(written)["grades"] if manual]
    assert waiting == [("ada", "why"), ("cleo", "why")]


def test_an_unreadable_submission_gets_zero_and_a_page_that_tells_why(written):
    assert scores(written, "fred") == {"double-check": 0, "sizes-check": 0, "why": 0}
    first = autograded(written, "fred").cells[0]
    assert "could not be graded" in first.source
    assert "breaks off" in first.source
    assert not any(manual for student, *_, manual in rows(written)["grades"] if student == "fred")


def test_untouched_answers_are_commented_in_nbgraders_words(written):
    comments = {(student, cell): auto for student, cell, auto, _ in rows(written)["comments"]}
    assert comments["dan", "double"] == comments["dan", "why"] == comments["bela", "sizes"] == "No response."
    assert comments["ada", "double"] is None
    assert comments["ada", "why"] is None


def test_the_time_of_the_submission_is_nbgraders(written):
    times = {student: time for student, time, *_ in rows(written)["submissions"]}
    assert times["ada"].startswith("2026-11-02 10:00:00")
    assert times["bela"] is None
    assert (written / "autograded" / "ada" / LAB / "timestamp.txt").read_text() == "2026-11-02 10:00:00 UTC"


def test_rows_are_those_that_nbgraders_own_steps_write(written, tmp_path):
    ours, theirs = rows(written), tmp_path / "theirs"
    theirs.mkdir()
    shutil.copy(written / "gradebook.db", theirs)
    change(theirs, "update grade set auto_score = null, needs_manual_grade = 1")
    change(theirs, "update comment set auto_comment = 'something'")
    for name in (*CLASS, "fred"):
        resources = {"nbgrader": {"notebook": LAB, "assignment": LAB, "student": name}}
        resources["nbgrader"]["db_url"] = f"sqlite:///{theirs / 'gradebook.db'}"
        notebook = autograded(written, name)
        for step in (SaveAutoGrades, AssignLatePenalties, CheckCellMetadata):
            step().preprocess(notebook, resources)
    assert rows(theirs) == ours


def test_writing_again_changes_not_a_byte(written):
    before = state(written)
    times = {path: path.stat().st_mtime_ns for path in (written / "autograded").rglob("*")}
    assert write(written, *CLASS, "fred") == [False] * 6
    assert state(written) == before
    assert {path: path.stat().st_mtime_ns for path in (written / "autograded").rglob("*")} == times


def test_what_was_lost_is_written_again(written):
    before = state(written)
    shutil.rmtree(written / "autograded" / "ada")
    (written / "autograded" / "bela" / LAB / f"{LAB}.ipynb").unlink()
    change(written, "update grade set auto_score = 7")
    write(written, *CLASS, "fred")
    assert state(written) == before


def test_a_grade_that_a_person_gave_stays_and_is_not_sent_back_to_them(written):
    change(written, "update grade set manual_score = 0.5, needs_manual_grade = 0 where auto_score is null")
    change(written, "update comment set manual_comment = 'nice' where auto_comment is null")
    before = rows(written)
    write(written, *CLASS, "fred")
    assert rows(written) == before
    hand_in(written, "ada", **(CLASS["ada"] | {"why": "Something else now."}))
    write(written, "ada")
    manual = {cell: rest for student, cell, _, *rest in rows(written)["grades"] if student == "ada"}
    assert manual["why"] == [0.5, None, 1]  # kept, and to be looked at again, as nbgrader does
    assert ("ada", "why", None, "nice") in rows(written)["comments"]


class TestLate:
    @pytest.fixture
    def strict(self, root):
        """A course in which everything is lost when it comes late."""
        config = root / "nbgrader_config.py"
        config.write_text(config.read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
        change(root, "update assignment set duedate = ?", str(datetime(2026, 11, 2, 12)))
        return root

    @pytest.mark.parametrize(("hour", "penalty"), [(11, None), (13, 2.0)])
    def test_being_late_costs_what_the_policy_says(self, strict, hour, penalty):
        hand_in(strict, "ada", timestamp=f"2026-11-02 {hour}:00:00 UTC")
        write(strict, "ada")
        ((_, _, _, found),) = rows(strict)["submissions"]
        assert found == penalty
        before = state(strict)
        write(strict, "ada")
        assert state(strict) == before

    def test_the_penalty_follows_the_points(self, strict):
        hand_in(strict, "ada", "wrong", timestamp="2026-11-02 13:00:00 UTC")
        write(strict, "ada")
        assert rows(strict)["submissions"][0][3] == 0
        hand_in(strict, "ada", "half", timestamp="2026-11-02 14:00:00 UTC")
        write(strict, "ada")
        assert rows(strict)["submissions"][0][3] == 1


# --- checks that failed themselves


@pytest.fixture
def broken(root):
    hand_in(root, "ada", "check breaks", sizes='answers = {"a": 7}')
    write(root, "ada")
    return root


def grade_of(root, cell="double-check"):
    return next(rest for student, name, *rest in rows(root)["grades"] if (student, name) == ("ada", cell))


def test_a_check_that_failed_itself_is_left_to_a_person(broken):
    assert grade_of(broken) == [None, None, None, 1]
    assert grade_of(broken, "sizes-check") == [1, None, None, 0]
    before = state(broken)
    assert write(broken, "ada") == [False]
    assert state(broken) == before


def test_its_traceback_is_the_instructors(broken):
    check = cell_of(autograded(broken), "double-check")
    assert check.metadata["course"]["fault"].endswith("KeyError: 'a'")
    (output,) = check.outputs
    assert (output.ename, output.traceback) == ("Undecided", ["a person will look"])


@pytest.mark.parametrize("person", [None, 1.5])
def test_a_mended_check_decides_unless_a_person_did(broken, person):
    change(broken, "update grade set manual_score = ?, needs_manual_grade = 0 where auto_score is null", person)
    write(broken, "ada")
    assert grade_of(broken)[1] == person, "and the same fault again asks nobody again"
    hand_in(broken, "ada", RIGHT)
    write(broken, "ada")
    assert grade_of(broken)[:2] == [2, person]
    (notebook,) = read_results(broken, LAB, ["ada"]).values()
    assert notebook.scores["double-check"] == (2 if person is None else person)


@pytest.mark.parametrize("person", [None, 1.5])
def test_results_tell_what_waits_for_a_person(broken, person):
    change(broken, "update grade set manual_score = ? where auto_score is null", person)
    (result,) = read_results(broken, LAB, ["ada"]).values()
    assert result.verdicts["double-check"] == "undecided"
    assert result.undecided == ({"double-check": "KeyError: 'a'"} if person is None else {})


def test_nbgraders_own_step_leaves_it_to_a_person_too(broken):
    change(broken, "update grade set auto_score = 2, needs_manual_grade = 0")
    resources = {"nbgrader": {"notebook": LAB, "assignment": LAB, "student": "ada"}}
    resources["nbgrader"]["db_url"] = f"sqlite:///{broken / 'gradebook.db'}"
    SaveScores().preprocess(autograded(broken), resources)
    assert grade_of(broken) == [None, None, None, 1]
    assert grade_of(broken, "sizes-check") == [1, None, None, 0]


# --- the notebook


def test_every_verdict_shows_as_in_a_notebook(written):
    (right,) = cell_of(autograded(written), "double-check").outputs
    assert (right.output_type, right.data["text/plain"]) == ("display_data", "✓ Correct. 2 of 2 points here.")
    (part,) = cell_of(autograded(written, "cleo"), "double-check").outputs
    assert (part.data["text/plain"], part.metadata["course"]) == ("1.0", {"codes": ["SZ2"], "points": 2.0})
    assert "◐ Partly right.</strong> 1 of 2 points here." in part.data["text/html"]
    said, wrong = cell_of(autograded(written, "bela"), "double-check").outputs
    assert (wrong.ename, wrong.evalue) == ("CheckFailed", "not yet right [codes: SZ2]")
    assert (wrong.traceback, codes_of(wrong)) == (["Not yet: 0 of 2 points here."], ["SZ2"])
    assert said.data["text/plain"] == "✗ Not yet. 0 of 2 points here.\nnot yet right"
    names = {name: cell_of(autograded(written, name), "double-check").outputs[-1].ename for name in ("dan", "emil")}
    assert names == {"dan": "NotAttempted", "emil": "CellTimeoutError"}


def test_checks_have_their_full_text_and_nbgraders_settings(written):
    check = cell_of(autograded(written), "double-check")
    assert "HIDDEN TESTS" in check.source
    assert check.metadata["course"] == {"verdict": "right", "codes": []}
    for name in ("double", "double-check", "why"):
        handed_out = dict(cell_of(released(written), name).metadata.nbgrader) | {"checksum": checksums(written)[name]}
        settings = cell_of(autograded(written), name).metadata.nbgrader
        assert {key: settings[key] for key in handed_out} == handed_out


def test_a_notebook_is_a_function_of_its_result(written):
    path = written / "autograded" / "ada" / LAB / f"{LAB}.ipynb"
    again = graded_notebook.make_notebook(read_bundle(written, LAB), graded_of(written, "ada"))
    assert json.loads(path.read_text()) == json.loads(nbformat.writes(again))
    ids = [cell.id for cell in again.cells]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("points", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_nothing_is_written_that_nbgrader_would_read_otherwise(root, verdict, points):
    hand_in(root, "ada")
    graded = graded_of(root, "ada")
    graded.checks["double-check"] = Check(points, 2.0, verdict)
    fitting = {"right": points == 2, "partly": True}.get(verdict, points == 0)
    if fitting:
        write(root, "ada", graded=graded)
        assert determine_grade(cell_of(autograded(root), "double-check"))[0] == points
        return
    before = state(root)
    with pytest.raises(ValueError, match="nbgrader would read"):
        write(root, "ada", graded=graded)
    assert state(root) == before


def test_a_check_of_which_there_is_no_result_gives_nothing(root):
    hand_in(root, "ada")
    graded = graded_of(root, "ada")
    del graded.checks["double-check"]
    write(root, "ada", graded=graded)
    assert scores(root, "ada")["double-check"] == 0


def test_an_essay_that_was_deleted_is_a_question_without_an_answer(root):
    hand_in(root, "ada", why="")
    write(root, "ada")
    assert scores(root, "ada")["why"] == 0
    assert ("ada", "why", "No response.", None) in rows(root)["comments"]


def test_a_reason_can_hold_any_sign(root):
    hand_in(root, "ada")
    graded = graded_of(root, "ada")
    graded.reason, graded.checks = "<script>alert(1)</script> *[x](y)*", {}
    write(root, "ada", graded=graded)
    assert "<script>" not in autograded(root).cells[0].source


def test_what_became_of_a_cell_is_data(root):
    hand_in(root, "ada")
    graded = graded_of(root, "ada")
    graded.cells[1]["status"] = "timeout"
    write(root, "ada", graded=graded)
    assert autograded(root).cells[1].metadata["course"] == {"status": "timeout"}


# --- the folder


def test_a_folder_holds_exactly_what_it_should(tmp_path):
    folder = tmp_path / "a" / "b"
    (folder / "old" / "deep").mkdir(parents=True)
    (folder / "old" / "deep" / "x").write_text("1")
    (folder / "name").mkdir()
    (folder / "name" / "inside").write_text("1")
    (tmp_path / "elsewhere").write_text("untouched")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "data").write_text("a file where a folder should be")
    wanted = {"name": b"1", "link": b"2", "data/x": b"3"}
    write_folder(folder, wanted)
    assert {name: (folder / name).read_bytes() for name in wanted} == wanted
    assert sorted(files(folder)) == sorted(wanted)
    assert not (folder / "old").exists()
    assert not (folder / "link").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "untouched"
    assert {about.split()[0] for about in files(folder).values()} == {"444"}
