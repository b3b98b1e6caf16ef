"""A full or read-only disk, a damaged or old gradebook, odd names: one sentence, a status, nothing half written."""

import csv
import errno
import os
import sqlite3

import pytest
from classroom import LAB, grade, hand_in, scores, state
from sample import add_lab

from course_utils import cli, doctor, files
from course_utils.course import CourseError, find_labs, why_no_lab
from course_utils.grading import export
from course_utils.grading.gradebook import open_gradebook

# --- the disk


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES])
@pytest.mark.parametrize("at", [1, 4, 6])
def test_a_disk_that_takes_no_more_ends_the_run_in_a_sentence_and_the_next_goes_on(root, monkeypatch, number, at):
    for name in ("ada", "bela", "cleo"):
        hand_in(root, name)
    count = 0
    opened = type(root).open

    def full(self, mode="r", *rest, **options):
        nonlocal count
        if "w" in mode and self.name.endswith(".part"):
            count += 1
            if count >= at:
                raise OSError(number, os.strerror(number), str(self))
        return opened(self, mode, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(type(root), "open", full)
        with pytest.raises(OSError, match=os.strerror(number)) as raised:
            grade(root)
    sentence = files.why_unwritable(raised.value)
    assert files.UNWRITABLE[number] in sentence
    assert list(root.rglob("*.part")) == []
    outcome = grade(root)
    assert (outcome.students, outcome.failures) == (["ada", "bela", "cleo"], {})
    assert {name: scores(root, name)["double-check"] for name in outcome.students} == {"ada": 2, "bela": 2, "cleo": 2}


def test_a_write_that_finds_the_disk_full_says_which_file(tmp_path):
    with pytest.raises(OSError, match="full") as raised, files.aside(tmp_path / "grades.csv"):
        raise OSError(errno.ENOSPC, "full")  # that is all that the system says of it
    assert files.why_unwritable(raised.value).startswith(f"{tmp_path / 'grades.csv'} cannot be written: the disk is")
    copied = OSError(errno.ENOSPC, "full", "from.csv", None, "to.csv")
    assert files.why_unwritable(copied).startswith("to.csv cannot be written")


def test_any_other_error_is_no_fault_of_the_disk():
    assert files.why_unwritable(OSError(errno.ENOENT, "x")) == ""
    assert files.why_unwritable(ValueError()) == ""


def test_the_command_says_it_in_one_line(monkeypatch, capsys):
    def full(**_options):
        raise OSError(errno.ENOSPC, "No space left on device", "grades.csv")

    monkeypatch.setattr(cli, "app", full)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("grades.csv cannot be written: the disk is full. Nothing is lost")


# --- the gradebook


def damage(root):
    path = root / "gradebook.db"
    content = path.read_bytes()
    path.write_bytes(b"no database at all, " * 200 + content[4000:])


def truncate(root):
    path = root / "gradebook.db"
    path.write_bytes(path.read_bytes()[:5_000])


def make_old(root):
    with sqlite3.connect(root / "gradebook.db") as book:
        book.execute("alter table student drop column lms_user_id")


@pytest.mark.parametrize(
    ("change", "cure"),
    [(damage, "put back a copy"), (truncate, "put back a copy"), (make_old, "nbgrader db upgrade")],
)
def test_a_gradebook_that_cannot_be_used_is_one_sentence_with_its_cure(root, change, cure):
    hand_in(root, "ada")
    change(root)
    with pytest.raises(CourseError, match=cure) as raised:
        grade(root)
    assert len(str(raised.value).splitlines()) == 1
    assert not (root / "autograded").exists()
    found = {one.what: one for one in [doctor._gradebook(root)]}
    assert not any(one.well for one in found.values())
    assert any(cure in one.mend for one in found.values())


def test_a_gradebook_on_a_full_disk_says_so(root):
    from sqlalchemy.exc import OperationalError

    with pytest.raises(CourseError, match="Make room"), open_gradebook(root):
        raise OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full"))


def test_a_full_gradebook_ends_the_run_and_the_next_goes_on(root, monkeypatch):
    from sqlalchemy.exc import OperationalError

    from course_utils.grading.writer import Writer

    for name in ("ada", "bela"):
        hand_in(root, name)

    def full(*_arguments):
        raise OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_write_rows", full)
        with pytest.raises(CourseError, match="Make room"):
            grade(root)
    assert grade(root).students == ["ada", "bela"]
    before = state(root)
    grade(root)
    assert state(root) == before


# --- names of labs


@pytest.mark.parametrize("name", ["04+plus", "03_[x]", "05_{a}", "06_*"])
def test_a_lab_whose_name_nbgrader_cannot_find_is_one_sentence(root, name, monkeypatch):
    add_lab(root, name)
    with pytest.raises(CourseError, match=r"cannot be the name of a lab: nbgrader takes"):
        find_labs(root, [name])
    monkeypatch.chdir(root)
    wrong = [one for one in doctor._course() if not one.well]
    assert any(name in one.what for one in wrong)
    assert find_labs(root, ["01"]) == [LAB], "the others can be used"


@pytest.mark.parametrize(
    "name", ["01_neurons", "Problem Set 1", "ps1", "06_lab7_cnn_homework", "übung-1", "a.b", "Assignment #1"]
)
def test_names_that_people_give_are_names(name):
    assert why_no_lab(name) == ""


# --- what doctor finds beforehand


def test_doctor_finds_what_would_be_left_out(root, monkeypatch):
    monkeypatch.chdir(root)
    assert all(one.well for one in doctor._course())
    hand_in(root, "[a-z]_x")
    os.mkfifo(hand_in(root, "mia") / "pipe")
    said = "\n".join(map(str, doctor._course()))
    assert "left out: submitted/[a-z]_x" in said
    assert "mia handed in, for 01_double: pipe is a device or a pipe and was left out" in said
    assert [one.well for one in doctor._course()].count(False) == 1


def test_doctor_finds_a_course_that_cannot_be_written_to(root, monkeypatch):
    def refuse(**_options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    found = doctor._disk(root)
    assert not found.well
    assert "Read-only file system" in found.what


def test_doctor_finds_a_disk_that_is_nearly_full(root, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 10_000_000}))
    assert not doctor._disk(root).well


# --- CSV


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_no_cell_is_run_by_a_spreadsheet(root, tmp_path, text):
    with open_gradebook(root) as book:
        book.add_student("ada", first_name=text, last_name="Lovelace", email=text)
    long, wide = export.export(root, tmp_path / "grades.csv")
    for path in (long, wide):
        with path.open(newline="", encoding="utf-8") as file:
            (row,) = csv.DictReader(file)
        assert row["first_name"] == row["email"] == f"'{text}".replace("\r", " ")
        assert row["last_name"] == "Lovelace"


def test_numbers_stay_numbers():
    assert [files.csv_cell(value) for value in (-1.5, 0, None, "a-b", "")] == [-1.5, 0, None, "a-b", ""]
