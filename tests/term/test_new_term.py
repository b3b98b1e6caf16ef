"""``course new-term``: the old course frozen and archived, the new one without anybody, with other numbers."""

import os
import zipfile
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, grade, hand_in
from commands import call
from conftest import ROOT
from test_due import DATES

from course_utils.course import FROZEN, CourseError
from course_utils.judging.variants import in_term
from course_utils.labs import conv_and_pooling
from course_utils.term import freezing, new_term

SALTED = "\n# %%\nlab = neurons.for_student(student_id)\n"


def run(monkeypatch, root: Path, *words: str) -> tuple[int, str]:
    return call(monkeypatch, root, "new-term", *words)


@pytest.fixture
def over(root) -> Path:
    """A course whose term is over: one student, dates, a title, and a call that draws numbers."""
    master = root / "solutions" / LAB / f"{LAB}.py"
    master.write_text(master.read_text() + SALTED)
    (root / "solutions" / LAB / "lab.toml").write_text('cell_seconds = 60\nplatform_title = "Lab 1 (4711)"\n')
    (root / "due.toml").write_text(DATES + '[extensions.ada]\n1 = "2026-11-02 10:00"\n')
    (root / "README.md").write_text("the course\n")
    hand_in(root, "ada", RIGHT, why="Because.")
    grade(root)
    yield root
    for here, names, found in os.walk(root):
        for name in (*names, *found):
            os.chmod(Path(here, name), 0o755)
    root.chmod(0o755)


# --- numbers


def test_numbers_are_those_of_old_without_a_term_and_others_with_one():
    def asked(*who, **term):
        return conv_and_pooling.for_student(*who, **term).output_sizes.question

    assert asked("ada") == asked("ada", term="")
    assert asked("ada", term="a") == asked("ada", term="a") != asked("ada")
    assert asked("ada", term="b") != asked("ada", term="a")
    assert asked("", term="a") == asked("")
    assert repr(conv_and_pooling.for_student("ada", term="a")).startswith("The numbers are ada's.")
    with pytest.raises(ValueError, match="a term is called by letters"):
        in_term("ada", "a b")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lab = x.for_student(student_id)", 'lab = x.for_student(student_id, term="T")'),
        ("lab = for_student()", 'lab = for_student(term="T")'),
        ('f(x.for_student("é", term="old"), 1)', 'f(x.for_student("é", term="T"), 1)'),
        ('a = "é"; b = x.for_student(\n    who,\n).q', 'a = "é"; b = x.for_student(\n    who, term="T",\n).q'),
        ("# for_student(it)\nx = 1", "# for_student(it)\nx = 1"),
        ("x.for_student(f(1), student=g(2))", 'x.for_student(f(1), student=g(2), term="T")'),
    ],
)
def test_the_term_is_written_into_every_call(before, after):
    assert new_term.with_term(before, "T") == after
    assert new_term.with_term(after, "T") == after


def test_the_term_can_be_written_into_every_master_and_sample_class():
    found = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "solutions").glob("*/*.py"))]
    salted = [new_term.with_term(text, "T") for text in found if "for_student(" in text]
    assert len(salted) > 15
    assert all('term="T"' in text for text in salted)


def test_a_master_that_is_no_python_is_named():
    with pytest.raises(CourseError, match=r"lab.py, line 1: this is no Python"):
        new_term.with_term("x.for_student(", "T", "lab.py")


# --- the two courses


def test_the_new_course_has_labs_and_nobody(over, monkeypatch):
    made = over / "solutions" / LAB / f"{LAB}.ipynb"  # as `course lab --teach` makes it from the master
    made.write_text('{"cells": [{"source": "for_student(student_id)"}]}')
    status, said = run(monkeypatch, over, "2027-spring", "--yes")
    assert status == 0, said
    assert "yourself" not in said
    fresh = over.parent / f"{over.name}-2027-spring"
    assert not (fresh / made.relative_to(over)).exists()
    assert 'for_student(student_id, term="2027-spring")' in (fresh / "solutions" / LAB / f"{LAB}.py").read_text()
    assert (fresh / "solutions" / LAB / "lab.toml").read_text() == "cell_seconds = 60\n"
    assert f"note       {LAB}: its platform_title was left out" in said
    there = {path.name for path in fresh.iterdir()}
    assert there == {"solutions", "notebooks", "nbgrader_config.py", "due.toml", "README.md"}
    assert list((fresh / "notebooks").iterdir()) == []
    dates = (fresh / "due.toml").read_text()
    assert "percent_per_day = 10" in dates
    assert '# 1 = "2026-11-01 23:59"' in dates
    assert "ada" not in dates
    everything = b"".join(path.read_bytes() for path in fresh.rglob("*") if path.is_file())
    assert b"Because." not in everything
    assert not [path for path in fresh.parent.iterdir() if path.name.startswith(".new-term")]


def test_a_master_that_is_a_notebook_is_kept_and_its_call_pointed_out(over, monkeypatch):
    folder = over / "solutions" / "x"
    folder.mkdir()
    (folder / "x.ipynb").write_text('{"cells": [{"source": "for_student(student_id)"}]}')
    status, said = run(monkeypatch, over, "2027-spring", "--yes")
    assert status == 0, said
    assert "note x.ipynb: write term=... into its call of for_student yourself" in " ".join(said.split())
    assert (over.parent / f"{over.name}-2027-spring" / "solutions" / "x" / "x.ipynb").exists()


def test_what_a_class_left_stays_behind_however_its_folder_is_called(tmp_path):
    settings = "c = get_config()\nc.CourseDirectory.submitted_directory = 'handed in'\n"
    (tmp_path / "nbgrader_config.py").write_text(settings)
    left = new_term._left_behind(tmp_path)(str(tmp_path), ["solutions", "handed in", "submitted", "autograded"])
    assert left == {"handed in", "submitted", "autograded"}


def test_the_old_course_is_frozen_and_its_archive_is_whole(over, monkeypatch, tmp_path):
    run(monkeypatch, over, "next", "--yes", "--to", str(tmp_path / "new"))
    archive = over.parent / f"{over.name}.zip"
    writable = [path for path in (over, *over.rglob("*")) if path.stat().st_mode & 0o222]
    assert writable == []
    for place in (over, archive):
        status, said = run(monkeypatch, over, "--verify", str(place))
        assert (status, "everything is as it was frozen" in said) == (0, True), said
    lines = (over / FROZEN).read_text().splitlines()
    assert any(line.endswith(f"  submitted/ada/{LAB}/{LAB}.ipynb") for line in lines)
    for words in (["grade", "1"], ["release"], ["regrade", "1"], ["feedback", "1"], ["students", "--import", "x"]):
        status, said = call(monkeypatch, over, *words)
        assert (status, "is frozen: its term is over." in said) == (2, True), words
    assert call(monkeypatch, over, "report", "1")[0] == 0
    assert run(monkeypatch, over, "again", "--yes")[1].startswith(f"{over} is frozen already")


def test_what_was_changed_afterwards_is_found(over, monkeypatch, tmp_path):
    run(monkeypatch, over, "next", "--yes", "--to", str(tmp_path / "new"))
    for path in (over, over / "submitted" / "ada" / LAB):
        path.chmod(0o755)
    path = over / "submitted" / "ada" / LAB / f"{LAB}.ipynb"
    path.unlink()
    (over / "README.md").unlink()
    (over / "README.md").write_text("another")
    (over / "more.txt").touch()
    status, said = run(monkeypatch, over, "--verify", str(over))
    assert status == 1
    assert said.splitlines()[:3] == [
        "changed    README.md",
        f"missing    submitted/ada/{LAB}/{LAB}.ipynb",
        "added      more.txt",
    ]
    archive = over.parent / f"{over.name}.zip"
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(f"{over.name}/more.txt", "")
    assert freezing.verify(archive).added == ["more.txt"]
    content = bytearray(archive.read_bytes())
    place = content.index(b"README.md") + 12
    content[place] ^= 0xFF
    archive.write_bytes(content)
    assert freezing.verify(archive).changed == ["README.md"]


def test_odd_names_are_kept_in_the_list():
    sums = {"a\nb": "0" * 64, "c\\nd": "1" * 64, "  e": "2" * 64}
    assert freezing.read_sums(freezing.as_text(sums)) == sums
    with pytest.raises(CourseError, match="line 1 is no checksum"):
        freezing.read_sums("x\n")


def test_a_dry_run_and_a_failure_change_nothing(over, monkeypatch, tmp_path):
    before = freezing.checksums(over)
    status, said = run(monkeypatch, over, "next", "--dry-run")
    assert status == 0
    assert f"note       {LAB}: a person has yet to give points: ada" in said
    assert run(monkeypatch, over, "next")[0] == 2, "nobody was asked"
    (over / "solutions" / LAB / "odd.py").write_text("for_student(")
    assert run(monkeypatch, over, "next", "--yes")[1].endswith("so the term cannot be written in.\n")
    (over / "solutions" / LAB / "odd.py").unlink()
    assert freezing.checksums(over) == before
    assert sorted(path.name for path in over.parent.iterdir()) == [over.name]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["a b"], "A term is called by letters, digits and . _ -, such as 2027-spring; not 'a b'."),
        (["next", "--to", "solutions"], "lies inside of this course"),
        (["next", "--to", ".."], "is there already, and not empty; name another folder"),
        (["--verify", "solutions"], "solutions is not frozen: it has no file CHECKSUMS.sha256."),
        (["--verify", "nothing"], "nothing cannot be read: "),
        (["--verify", "nbgrader_config.py"], "nbgrader_config.py cannot be read: File is not a zip file"),
        (["next", "--verify", "."], "--verify compares, and begins no term: leave out the name."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(root, monkeypatch, words, sentence):
    status, said = run(monkeypatch, root, *words)
    assert (status, sentence in said) == (2, True), said
