"""What a student can hand in, and what is read of it: regular files, within bounds, nothing else, and no exception."""

import json
import os
import socket
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.course import CourseError
from course_utils.grading import reading
from course_utils.grading.lightening import OUTPUTS, without_outputs
from course_utils.grading.reading import read_submission, read_timestamp, students_of

LAB = "05_lab"


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "submitted" / "ada" / LAB
    folder.mkdir(parents=True)
    return folder


def notebook(*sources: str) -> str:
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]))


def read(root: Path):
    return read_submission(root, LAB, "ada")


def listing(folder: Path) -> dict:
    return {path: path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_a_good_notebook_passes_without_a_word(tmp_path, folder):
    (folder / f"{LAB}.ipynb").write_text(notebook('student_id = "ada"'))
    found = read(tmp_path)
    assert (found.notes, found.reason, found.files) == ([], "", {})
    assert found.notebook == (folder / f"{LAB}.ipynb").read_bytes()


def test_a_single_notebook_under_another_name_is_taken_and_nothing_is_changed(tmp_path, folder):
    (folder / "final (2).ipynb").write_text(notebook("1"))
    before = listing(tmp_path)
    found = read(tmp_path)
    assert (found.reason, found.notebook) == ("", (folder / "final (2).ipynb").read_bytes())
    assert "final (2).ipynb" in found.notes[0]
    assert listing(tmp_path) == before


@pytest.mark.parametrize("names", [[], ["one.ipynb", "two.ipynb"]])
def test_which_notebook_is_meant_is_never_guessed(tmp_path, folder, names):
    for name in names:
        (folder / name).write_text(notebook("1"))
    found = read(tmp_path)
    assert found.notebook is None
    assert all(name in found.reason for name in names)
    assert f"no notebook {LAB}.ipynb" in found.reason


def test_copies_beside_the_labs_own_notebook_do_not_matter(tmp_path, folder):
    (folder / f"{LAB}.ipynb").write_text(notebook("mine"))
    (folder / "Copy of it.ipynb").write_text(notebook("other"))
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "old.ipynb").write_text(notebook("older"))
    found = read(tmp_path)
    assert (found.reason, found.notes, found.files) == ("", [], {})
    assert b"mine" in found.notebook


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b'{"cells": [{"cell_type": "code"', "breaks off"),
        (b"[1, 2]", "is not a notebook"),
        (b"\x00\x00\x00", "empty"),
        (b"PK\x03\x04", "is an archive and not a notebook"),
        (b"\x1f\x8b\x08\x00", "is an archive and not a notebook"),
    ],
)
def test_what_cannot_be_a_notebook_has_a_reason_in_one_line(tmp_path, folder, content, word):
    (folder / f"{LAB}.ipynb").write_bytes(content)
    found = read(tmp_path)
    assert word in found.reason
    assert "\n" not in found.reason
    assert found.notebook is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_an_encoding_is_no_damage(tmp_path, folder, encoding):
    (folder / f"{LAB}.ipynb").write_bytes(notebook("1").encode(encoding))
    assert read(tmp_path).reason == ""


@given(st.binary(max_size=300))
def test_no_bytes_raise(content):
    assert isinstance(reading.why_implausible("x.ipynb", content), str)


# --- what is no file, or too much


@pytest.mark.skipif(os.name != "posix", reason="links and pipes as POSIX has them")
class TestOddThings:
    def test_a_link_is_not_followed(self, tmp_path, folder):
        (tmp_path / "secret.ipynb").write_text(notebook("1"))
        (folder / f"{LAB}.ipynb").symlink_to(tmp_path / "secret.ipynb")
        found = read(tmp_path)
        assert "link" in found.reason
        assert found.notebook is None

    def test_links_beside_the_notebook_are_left_out(self, tmp_path, folder):
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret" / "gradebook.db").write_text("secret")
        (folder / f"{LAB}.ipynb").write_text(notebook("1"))
        (folder / "data.csv").symlink_to(tmp_path / "secret" / "gradebook.db")
        (folder / "data").symlink_to(tmp_path / "secret")
        found = read(tmp_path)
        assert found.files == {}
        assert len([note for note in found.notes if "is a link" in note]) == 2

    def test_a_pipe_does_not_make_anybody_wait(self, tmp_path, folder):
        os.mkfifo(folder / f"{LAB}.ipynb")
        os.mkfifo(folder / "pipe")
        found = read(tmp_path)
        assert "pipe" in found.reason
        assert found.files == {}

    def test_a_socket_is_no_file(self, tmp_path, folder, monkeypatch):
        (folder / f"{LAB}.ipynb").write_text(notebook("1"))
        monkeypatch.chdir(folder)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("door")
            assert read(tmp_path).files == {}

    def test_a_file_exchanged_for_a_link_is_not_followed(self, tmp_path, monkeypatch):
        (tmp_path / "secret").write_text("secret")
        (tmp_path / "plain").write_text("plain")
        (tmp_path / "link").symlink_to(tmp_path / "secret")
        plain = os.lstat(tmp_path / "plain")
        monkeypatch.setattr(os, "lstat", lambda path: plain)  # it was a file a moment ago
        assert reading.read_regular(tmp_path / "link", 100) is None

    def test_a_folder_that_is_a_link_is_said_so(self, tmp_path, folder):
        folder.rmdir()
        folder.symlink_to(tmp_path)
        assert "not a folder" in read(tmp_path).reason

    def test_what_may_not_be_opened_is_a_reason(self, tmp_path, folder):
        if os.geteuid() == 0:
            pytest.skip("the superuser may open everything")
        (folder / f"{LAB}.ipynb").write_text(notebook("1"))
        (folder / f"{LAB}.ipynb").chmod(0)
        assert "cannot be read" in read(tmp_path).reason

    def test_a_name_that_is_no_text_is_left_out(self, tmp_path, folder):
        (folder / f"{LAB}.ipynb").write_text(notebook("1"))
        try:
            Path(os.fsdecode(os.fsencode(folder) + b"/\xff\n.csv")).write_text("1")
        except OSError:
            pytest.skip("this file system wants names in UTF-8")
        found = read(tmp_path)
        assert found.files == {}
        assert "left out" in found.notes[0]


def test_a_notebook_that_is_a_folder_is_not_taken(tmp_path, folder):
    (folder / f"{LAB}.ipynb").mkdir()
    assert "no notebook" in read(tmp_path).reason


def test_a_huge_notebook_is_refused_before_it_is_read(tmp_path, folder, monkeypatch):
    with (folder / f"{LAB}.ipynb").open("wb") as file:
        file.truncate(100_000_001)
    monkeypatch.setattr(reading, "read_regular", lambda path, most: None if path.name == reading.TIMESTAMP else 1 / 0)
    assert "larger than 100 MB" in read(tmp_path).reason


PRINTED = '"outputs": [1, "]"] \\'


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("version", [3, 4])
def test_a_notebook_that_is_large_by_its_outputs_alone_is_read_without_them(
    tmp_path, folder, monkeypatch, indent, version
):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PRINTED), nbformat.v4.new_code_cell("b = 2")])
    made.cells[0].outputs = [nbformat.v4.new_output("stream", text=9 * f"{PRINTED}\n") for _ in range(100)]
    old = json.loads(nbformat.writes(nbformat.convert(made, version), version=version))
    content = json.dumps(old, indent=indent).encode()
    (folder / f"{LAB}.ipynb").write_bytes(content)
    monkeypatch.setattr(reading, "LARGEST_NOTEBOOK", 5_000)
    found = read(tmp_path)
    cells = [cell for sheet in old.get("worksheets", [old]) for cell in sheet["cells"]]
    assert PRINTED in str(cells[0]["outputs"])
    for cell in cells:
        cell["outputs"] = []
    assert json.loads(found.notebook) == old
    assert found.notes == ["its outputs, 0 MB, were left out before it was read"]
    monkeypatch.setattr(reading, "LARGEST_NOTEBOOK", 100)
    assert "without its outputs" in read(tmp_path).reason


@given(st.text(alphabet='"\\[]{}:, outputs1', max_size=60))
def test_text_is_kept_but_for_lists_of_outputs(text):
    content = text.encode()
    light = without_outputs(content)
    assert light == content or OUTPUTS in content
    beside = {"a": text, "b": [text, {text + " ": [text]}]}
    made = json.dumps({"outputs": [text, [text]], **beside}).encode()
    assert json.loads(without_outputs(made)) == {"outputs": [], **beside}


def test_files_beside_the_notebook_come_along(tmp_path, folder):
    (folder / f"{LAB}.ipynb").write_text(notebook("1"))
    (folder / "helper.py").write_text("a = 1")
    (folder / "data").mkdir()
    (folder / "data" / "x.csv").write_text("1,2")
    (folder / "timestamp.txt").write_text("2026-11-01 10:00:00 UTC")
    assert read(tmp_path).files == {"data/x.csv": b"1,2", "helper.py": b"a = 1"}


def test_too_large_files_are_left_out_and_cost_nothing_else(tmp_path, folder):
    (folder / f"{LAB}.ipynb").write_text(notebook("1"))
    (folder / "small.csv").write_text("1")
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(reading.LARGEST_FILES + 1)
    found = read(tmp_path)
    assert (list(found.files), found.reason) == (["small.csv"], "")
    assert found.notes == ["huge.bin is too large and was left out"]


def test_too_many_files_are_left_out(tmp_path, folder):
    (folder / f"{LAB}.ipynb").write_text(notebook("1"))
    for number in range(reading.MOST_FILES + 50):
        (folder / f"{number:04}").write_text("1")
    found = read(tmp_path)
    assert len(found.files) == reading.MOST_FILES
    assert len(found.notes) == 1
    assert found.reason == ""


def test_endless_folders_come_to_an_end(tmp_path, folder, monkeypatch):
    (folder / f"{LAB}.ipynb").write_text(notebook("1"))
    deep = folder
    for _ in range(40):
        deep = deep / "d"
        deep.mkdir()
    (deep / "x").write_text("1")
    assert read(tmp_path).files == {}
    monkeypatch.setattr(reading, "MOST_ENTRIES", 5)
    for number in range(20):
        (folder / f"f{number}").write_text("")
    assert any("more than 5 files" in note for note in read(tmp_path).notes)


def test_a_missing_folder_is_a_reason(tmp_path):
    assert "cannot be read" in read(tmp_path).reason


# --- whose submissions there are


def test_students_come_in_order_and_only_those_who_handed_in(tmp_path):
    for name in ("zoe", "ada", ".hidden"):
        (tmp_path / "submitted" / name / LAB).mkdir(parents=True)
    (tmp_path / "submitted" / "bela" / "06_other").mkdir(parents=True)
    assert students_of(tmp_path, LAB) == ["ada", "zoe"]
    assert students_of(tmp_path, LAB, ["zoe"]) == ["zoe"]


def test_who_did_not_hand_in_is_named_in_one_sentence(tmp_path, folder):
    with pytest.raises(CourseError, match=r"Not handed in: submitted/zoe/05_lab\.$"):
        students_of(tmp_path, LAB, ["ada", "zoe"])
    with pytest.raises(CourseError, match="Nobody has handed in 06_lab"):
        students_of(tmp_path, "06_lab")


@pytest.mark.parametrize(
    ("content", "hour"),
    [("2026-11-01 10:00:00 UTC", 10), ("2026-11-01T12:00:00+02:00", 10), ("yesterday", None), ("", None)],
)
def test_the_time_of_a_submission_is_read_as_nbgrader_reads_it(tmp_path, folder, content, hour):
    (folder / "timestamp.txt").write_text(content)
    text, when = read_timestamp(tmp_path, LAB, "ada")
    assert text == content.encode()
    assert (when.hour if when else None) == hour


def test_a_time_that_is_no_text_is_none(tmp_path, folder):
    assert read_timestamp(tmp_path, LAB, "ada") == (None, None)
    (folder / "timestamp.txt").write_bytes(b"\xff\xfe")
    assert read_timestamp(tmp_path, LAB, "ada")[1] is None
