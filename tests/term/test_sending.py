"""``course export --to``: files that Canvas, Moodle and Gradescope import, read back as those would read them."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, grade, hand_in
from commands import call
from sample import add_lab
from test_students import table

from course_utils.course import CourseError
from course_utils.grading.gradebook import open_gradebook
from course_utils.lab_options import read_options
from course_utils.term import roster, sending

CLASS = """\
student_id,last_name,first_name,email,canvas_id,sis_id,login
ada,Lovelace,Ada,ada@uni.example,901,u100,ada.l
bela,"=1+1","+B",bela@uni.example,902,u200,bela
cleo,Zero,Cleo,cleo@uni.example,903,u300,cleo
dora,Absent,Dora,dora@uni.example,904,u400,dora
"""
POLICY = """
from nbgrader.plugins import BasePlugin


class Policy(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1


c.AssignLatePenalties.plugin_class = Policy
"""


@pytest.fixture
def graded(root) -> Path:
    """A class: ada has everything, an essay point given by hand too; bela is late; cleo has 0, dora nothing."""
    settings = root / "nbgrader_config.py"
    settings.write_text(settings.read_text() + POLICY)
    with open_gradebook(root) as book:
        book.update_or_create_assignment(LAB, duedate=datetime(2026, 11, 1))
    for name, answer in {"ada": RIGHT, "bela": RIGHT, "cleo": "wrong"}.items():
        late = "2026-11-02 10:00:00 UTC" if name == "bela" else "2026-10-02 10:00:00 UTC"
        hand_in(root, name, answer, timestamp=late, sizes="answers = {'a': 7}" if name == "ada" else "wrong")
    grade(root)
    give(root, "ada", "why", 1)
    roster.write_people(root, roster.plan_import(root, table(root, CLASS)).people)
    return root


def give(root: Path, student: str, cell: str, points: float) -> None:
    """Give points by hand, as formgrader does."""
    with open_gradebook(root) as book:
        found = book.find_grade(cell, LAB, LAB, student)
        found.manual_score, found.needs_manual_grade = points, False
        book.db.commit()


def export(root: Path, platform: str, into: Path | None = None) -> tuple[sending.Export, list[Path]]:
    made = sending.prepare(root, platform, [LAB])
    return made, sending.write(root, made, into)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


WANTED = {"ada": "4", "bela": "1", "cleo": "0", "dora": ""}


def test_canvas_finds_people_by_its_number_and_points_possible_on_the_second_line(graded):
    (path,) = export(graded, "canvas")[1]
    first, *others = rows(path)
    assert list(first)[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert (first["Student"], first["ID"], first[LAB]) == ("    Points Possible", "", "4")
    by_number = {row["ID"]: row[LAB] for row in others}
    people = roster.read_people(graded)
    assert by_number == {people[name].canvas_id: mark for name, mark in WANTED.items()}


def test_what_canvas_gets_is_a_table_that_canvas_would_give(graded):
    (path,) = export(graded, "canvas")[1]
    plan = roster.plan_import(graded, path)
    assert (plan.table.kind, plan.changes, plan.missing, plan.table.skipped) == ("canvas", False, [], 1)


def test_moodle_finds_people_by_id_number_or_address(graded):
    (path,) = export(graded, "moodle")[1]
    found = rows(path)
    assert {row["ID number"]: row[LAB] for row in found} == {"u100": "4", "u200": "1", "u300": "0", "u400": ""}
    assert {row["Email address"] for row in found} == {f"{name}@uni.example" for name in WANTED}
    plan = roster.plan_import(graded, path)
    assert (plan.table.kind, plan.changes, plan.missing) == ("moodle", False, [])


def test_gradescope_gets_a_program_that_gives_each_submission_its_mark(graded, tmp_path):
    (path,) = export(graded, "gradescope")[1]
    assert path == graded / f"grades_gradescope_{LAB}.zip"
    assert ask(path, tmp_path / "a", {"sid": "u100", "email": "other@uni.example"}) == 4
    assert ask(path, tmp_path / "b", {"sid": None, "email": "Bela@uni.example"}) == 1
    assert ask(path, tmp_path / "c", {"sid": "u300"}) == 0
    assert ask(path, tmp_path / "d", {"sid": "u400"}) is None


def ask(archive: Path, home: Path, user: dict) -> float | None:
    """Do what Gradescope does with an autograder: unpack it, say who, run it, read the result."""
    with zipfile.ZipFile(archive) as packed:
        assert {info.external_attr >> 16 & 0o111 for info in packed.infolist()} == {0o111}
        packed.extractall(home / "source")
    (home / "submission_metadata.json").write_text(json.dumps({"users": [user]}))
    program = home / "source" / "run_autograder"
    done = subprocess.run(
        [sys.executable, str(program)], env={**os.environ, "AUTOGRADER": str(home)}, capture_output=True, text=True
    )
    if done.returncode:
        assert done.stderr == "There is no mark for this student yet.\n"
        assert not (home / "results").exists()
        return None
    result = json.loads((home / "results" / "results.json").read_text())
    assert result["tests"] == [{"name": LAB, "score": result["score"], "max_score": 4}]
    return result["score"]


def test_csv_has_all_numbers_and_runs_nothing(graded):
    (path,) = export(graded, "csv")[1]
    found = {row["student_id"]: row for row in rows(path)}
    assert {name: row[f"{LAB} (4)"] for name, row in found.items()} == WANTED
    assert (found["bela"]["last_name"], found["bela"]["first_name"]) == ("'=1+1", "'+B")
    assert found["dora"]["canvas_id"] == "904"


@pytest.mark.parametrize("platform", ["canvas", "moodle", "csv"])
def test_no_cell_is_one_that_a_spreadsheet_runs(graded, platform):
    (path,) = export(graded, platform)[1]
    cells = [cell for row in csv.reader(io.StringIO(path.read_text())) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert any("=1+1" in cell for cell in cells)


def test_the_same_marks_give_the_same_bytes_and_no_changes(graded):
    for platform in ("canvas", "gradescope"):
        first, (path,) = export(graded, platform)
        before = path.read_bytes()
        second, _ = export(graded, platform)
        assert (first.changes, second.changes) == (None, [])
        assert path.read_bytes() == before


def test_what_has_changed_since_the_last_export_is_listed(graded):
    export(graded, "canvas")
    export(graded, "moodle")
    give(graded, "ada", "why", 0.5)
    hand_in(graded, "dora", RIGHT)
    grade(graded)
    made, _ = export(graded, "canvas")
    assert made.changes == [f"{LAB}: dora (Absent, Dora): blank -> 2", f"{LAB}: ada (Lovelace, Ada): 4 -> 3.5"]
    assert sending.prepare(graded, "canvas", [LAB]).changes == []
    assert len(sending.prepare(graded, "moodle", [LAB]).changes) == 2


def test_a_lab_that_is_not_exported_keeps_what_was_noted_of_it():
    before = {"ada": {"01": 1.0, "02": 2.0}, "bob": {"01": 1.0}}
    assert sending._merged(before, {"ada": {"01": 5.0}, "bob": {}}, ["01"]) == {"ada": {"02": 2.0, "01": 5.0}}


def test_a_lab_is_called_as_the_platform_calls_it(graded):
    (graded / "solutions" / LAB / "lab.toml").write_text('platform_title = "Lab 1 (4711)"\n')
    (path,) = export(graded, "canvas")[1]
    assert rows(path)[1]["Lab 1 (4711)"] == "1"
    (graded / "solutions" / LAB / "lab.toml").write_text('platform_title = ""\n')
    with pytest.raises(CourseError, match="platform_title must be a text in one line"):
        read_options(graded, LAB)


def test_who_has_a_mark_and_no_number_is_left_out_and_said(graded):
    hand_in(graded, "zoe", RIGHT)
    hand_in(graded, "yan", RIGHT)
    grade(graded, students=["zoe"])
    made, (path,) = export(graded, "canvas")
    assert "zoe" not in path.read_text()
    lines = sending.lines_of(made)
    assert "left out, there is no canvas_id, sis_id or login in students.csv: zoe" in lines
    assert f"  blank, handed in and not graded yet: yan. Run: course grade {LAB}" in lines
    assert "  a person has yet to give points: " not in "\n".join(lines)
    assert f"{LAB}: 4 marks of 4 points, 1 of them 0, 1 less a late penalty" in lines


def test_a_lab_that_nobody_was_graded_in_has_no_column(graded):
    add_lab(graded, "02_other")
    with open_gradebook(graded) as book:
        book.add_assignment("02_other")
    made = sending.prepare(graded, "canvas", [LAB, "02_other"])
    assert [lab.lab for lab in made.labs] == [LAB]
    with pytest.raises(CourseError, match=r"Nobody has been graded in 02_other\. Run: course grade 02_other"):
        sending.prepare(graded, "canvas", ["02_other"])


# --- the command


@pytest.fixture
def run(graded, monkeypatch):
    return lambda *words: call(monkeypatch, graded, "export", *words)


def test_the_command_writes_says_and_ends_with_a_status(run, graded, tmp_path):
    status, said = run("--to", "canvas", "--into", str(tmp_path / "c.csv"), "1")
    assert status == 0
    assert said.splitlines() == [
        f"written    {tmp_path / 'c.csv'}",
        f"{LAB}: 3 marks of 4 points, 1 of them 0, 1 less a late penalty",
        "  late: bela 2 - 1 = 1",
        "This is the first export to canvas.",
    ]
    hand_in(graded, "dora", "check breaks")
    grade(graded)
    status, said = run("--to", "canvas")
    assert (status, "a person has yet to give points: dora" in said) == (3, True)
    hand_in(graded, "zoe", RIGHT)
    grade(graded)
    assert run("--to", "moodle")[0] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--to", "all.csv"], "There is no system 'all.csv'. There are: canvas, moodle, gradescope, csv."),
        (["--to", "canvas", "9"], "There is no lab '9'."),
        (["1"], "Without --to all labs are exported."),
        (["--to", "canvas", "--into", "."], ". is a folder; --into names the file."),
        (["--to", "gradescope", "--into", "students.csv"], "students.csv is no folder; --into names the folder."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(run, graded, words, sentence):
    before = sorted(path.name for path in graded.iterdir())
    assert run(*words)[1].startswith(sentence)
    assert sorted(path.name for path in graded.iterdir()) == before


def test_without_a_class_no_platform_can_be_served(run, graded):
    (graded / "students.csv").unlink()
    assert run("--to", "canvas")[1].startswith("There is no students.csv, so nobody's number in canvas is known.")
    assert run("--to", "csv")[0] == 0
