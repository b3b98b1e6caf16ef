"""What one student's work does to the writer, the reader and the spool stays with that student."""

import os
import socket
from pathlib import Path

import fake_engine
import pytest
from classroom import LAB, grade, hand_in, rows, scores, state

from course_utils.course import CourseError
from course_utils.grading import driver
from course_utils.grading.beside import beside
from course_utils.grading.job import Graded
from course_utils.grading.reading import handed_in, read_submission, read_timestamp, why_no_id
from course_utils.grading.writer import Writer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="names that only POSIX has")
TIMES = [
    "1" * 400,
    "2026-11-02 10:00:00 " + "Z" * 300,
    "2026-11-02 10:00:00 +9999999999",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59 -12:00",
    "\x00",
    "1e400",
    "nan",
]
NAMES = ["lock", ".lock", "feedback", "timestamp.txt", "proofs", "a" * 250, "grades.csv", "con"]


@pytest.fixture
def others(root: Path) -> Path:
    for name in ("ada", "zoe"):
        hand_in(root, name)
    return root


def well(root: Path, *odd: str) -> None:
    """See that two neighbours have their points, today and at the next run, and so has the odd one."""
    for _ in range(2):
        outcome = grade(root)
        assert outcome.failures == {}
        assert {"ada", "zoe", *odd} <= set(outcome.students)
        assert [scores(root, name)["double-check"] for name in ("ada", "zoe", *odd)] == [2] * (2 + len(odd))


@pytest.mark.parametrize("text", TIMES)
def test_a_timestamp_that_is_no_time_is_a_note_and_no_end(others, text):
    hand_in(others, "mia", timestamp=text)
    well(others, "mia")
    assert read_submission(others, LAB, "mia").notes == ["timestamp.txt says no time: nobody knows whether it is late"]
    assert {who: when for who, when, *_ in rows(others)["submissions"]}["mia"] is None


def test_a_time_that_is_one_is_read_and_noted_nowhere(others):
    hand_in(others, "mia", timestamp="2026-11-02 10:00:00 UTC")
    assert read_submission(others, LAB, "mia").notes == []
    assert read_timestamp(others, LAB, "mia")[1].year == 2026


@pytest.mark.parametrize("name", [f"{'n' * 250}.csv", "n" * 255, "ü" * 127, f"{LAB}.html", ".part", "a b\u00e9.txt"])
def test_a_file_with_any_name_is_written(others, name):
    folder = hand_in(others, "mia")
    try:
        (folder / name[:255]).write_text("1,2")
    except OSError:
        (folder / name[:250]).write_text("1,2")
    well(others, "mia")
    before = state(others)
    grade(others, fresh=True)
    assert state(others) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_student_may_be_called_as_a_file_of_ours(others, name):
    if name.startswith(".") or why_no_id(name):
        hand_in(others, name)
        grade(others)
        well(others)
    else:
        hand_in(others, name)
        well(others, name)


def test_the_lock_of_an_earlier_version_is_in_nobodys_way(others):
    (others / ".spool" / LAB).mkdir(parents=True)
    (others / ".spool" / LAB / "lock").touch()
    hand_in(others, "lock")
    well(others, "lock")


@pytest.mark.parametrize(
    "name", ["b\u00a0n", "\u202eada", "[a-z]_x", "*", "ad?", "ada ", "a\nb", "\u200bada", "x" * 251]
)
def test_a_folder_whose_name_is_no_id_is_left_out_and_shown(others, name):
    hand_in(others, name)
    outcome = grade(others)
    assert outcome.students == ["ada", "zoe"]
    assert not outcome.well
    (line,) = outcome.left_out
    assert line.startswith(f"submitted/{ascii(name)[1:-1]}: ")
    assert line.endswith("rename the folder")
    assert line.isascii()


def test_names_that_people_have_are_ids():
    for name in ("ada", "Ada Lovelace", "ødegård", "s-1", "a__b", "o'neil", "a+b", "李", "a{b}", "123"):
        assert why_no_id(name) == ""


def test_where_all_are_left_out_the_command_says_why(root):
    hand_in(root, "[a-z]_x")
    with pytest.raises(CourseError, match=r"Left out:\nsubmitted/\[a-z\]_x: nbgrader would take"):
        grade(root)
    assert handed_in(root, LAB).students == []


def test_a_folder_of_bytes_that_are_no_text_is_left_out_of_a_submission(others):
    folder = hand_in(others, "mia")
    odd = os.path.join(os.fsencode(folder), b"bad\xff")
    os.mkdir(odd)
    Path(os.fsdecode(odd), "data.csv").write_text("1")
    well(others, "mia")
    assert read_submission(others, LAB, "mia").notes == ["a file with the name 'bad\\udcff' was left out"]


@pytest.mark.parametrize("name", ["a\\b.csv", "c:d.csv", "\u202ecsv.txt", "a\tb"])
def test_a_file_that_no_box_can_hold_is_left_out(others, name):
    (hand_in(others, "mia") / name).write_text("1")
    well(others, "mia")
    assert read_submission(others, LAB, "mia").notes == [f"a file with the name {name!a} was left out"]


def test_pipes_sockets_and_very_deep_folders_are_notes(others):
    folder = hand_in(others, "mia")
    os.mkfifo(folder / "pipe")
    here = folder
    for _ in range(6):
        here = here / ("d" * 200)
    here.mkdir(parents=True)
    (here / "deep.csv").write_text("1")
    with socket.socket(socket.AF_UNIX) as sock:
        before = os.getcwd()
        os.chdir(folder)
        sock.bind("wire")
        os.chdir(before)
    well(others, "mia")
    notes = "\n".join(read_submission(others, LAB, "mia").notes)
    assert "pipe is a device or a pipe and was left out" in notes
    assert "wire is a device or a pipe and was left out" in notes
    assert notes.count("was left out") == 3


def test_a_file_in_the_place_of_a_folder_of_the_release_gives_way(others):
    data = others / "notebooks" / LAB / "data"
    data.mkdir()
    (data / "x.csv").write_text("ours")
    folder = hand_in(others, "mia")
    (folder / "data").write_text("mine")
    (folder / "my.csv").write_text("mine")
    well(others, "mia")
    there = others / "autograded" / "mia" / LAB
    assert (there / "data" / "x.csv").read_text() == "ours"
    assert (there / "my.csv").read_text() == "mine"
    before = {path: path.stat().st_mtime_ns for path in there.rglob("*")}
    grade(others)
    assert {path: path.stat().st_mtime_ns for path in there.rglob("*")} == before


def test_what_lies_beside_a_notebook_fits_in_one_folder():
    mine = {"a": b"1", "b/c": b"1", "lab.ipynb/x": b"1", "d": b"1", "e/f": b"1"}
    assert beside(mine, {"a/x": b"2", "b": b"2", "e/f": b"2"}, "lab.ipynb") == {
        "d": b"1",
        "a/x": b"2",
        "b": b"2",
        "e/f": b"2",
    }


@pytest.mark.parametrize("error", [RuntimeError("odd\nlines"), OverflowError(), MemoryError(), OSError(36, "long")])
def test_whatever_the_writer_raises_for_one_the_others_are_written(others, monkeypatch, error):
    write = Writer._write_rows

    def raising(self, student, *rest):
        if student == "mia":
            raise error
        write(self, student, *rest)

    hand_in(others, "mia")
    monkeypatch.setattr(Writer, "_write_rows", raising)
    outcome = grade(others)
    assert outcome.students == ["ada", "zoe"]
    assert list(outcome.failures) == ["mia"]
    assert outcome.failures["mia"].startswith("its result cannot be written: ")
    assert "\n" not in outcome.failures["mia"]


def test_a_fault_in_reading_one_costs_nobody_else(others, monkeypatch):
    from course_utils.grading import reading

    def odd(entries, mine):
        if mine.student == "mia":
            raise RecursionError
        return choose(entries, mine)

    choose = reading._choose_notebook
    hand_in(others, "mia")
    monkeypatch.setattr(reading, "_choose_notebook", odd)
    well(others)
    assert scores(others, "mia")["double-check"] == 0


# --- no series of bad submissions makes the machine hopeless


class Picky(fake_engine.FakeEngine):
    """Cannot grade those whose id begins with an a."""

    def grade(self, packed):
        graded = Graded.unpack(super().grade(packed))
        if graded.student.startswith("a"):
            raise CourseError("Grading does not work on this machine. MemoryError")
        return graded.pack()


@pytest.mark.parametrize("workers", [1, 2])
def test_bad_submissions_at_the_head_of_the_class_cost_nobody_else(root, workers):
    for name in [f"a{number}" for number in range(8)] + ["zoe"]:
        hand_in(root, name)
    outcome = grade(root, make=Picky, workers=workers)
    assert outcome.students == ["zoe"]
    assert len(outcome.failures) == 8
    assert driver.TRIAL not in outcome.failures
