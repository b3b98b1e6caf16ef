"""What happens to a submission before it is graded."""

from pathlib import Path

import nbformat
import pytest

from course_utils.grading.intake import examine, why_unreadable

LAB = "05_lab"


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "submitted" / "ada" / LAB
    folder.mkdir(parents=True)
    return folder


def notebook(*sources: str) -> str:
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]))


def test_a_good_notebook_passes_without_a_word(tmp_path, folder):
    (folder / f"{LAB}.ipynb").write_text(notebook('student_id = "ada"'))
    assert (examine(tmp_path, LAB, "ada").notes, examine(tmp_path, LAB, "ada").reason) == ([], "")


def test_the_lectures_numbers_are_nobodys_numbers(tmp_path, folder):
    (folder / f"{LAB}.ipynb").write_text(notebook('student_id = ""'))
    assert examine(tmp_path, LAB, "ada").notes == []


def test_a_classmates_numbers_are_noted_and_not_punished(tmp_path, folder):
    (folder / f"{LAB}.ipynb").write_text(notebook("student_id = 'bela'  # mine"))
    found = examine(tmp_path, LAB, "ada")
    assert "'bela'" in found.notes[0]
    assert found.reason == ""


def test_a_single_notebook_under_another_name_is_taken_and_kept(tmp_path, folder):
    (folder / "final (2).ipynb").write_text(notebook("1"))
    found = examine(tmp_path, LAB, "ada")
    assert found.reason == ""
    assert "final (2).ipynb" in found.notes[0]
    assert (folder / f"{LAB}.ipynb").read_text() == (folder / "final (2).ipynb").read_text()


@pytest.mark.parametrize("names", [[], ["one.ipynb", "two.ipynb"]])
def test_which_notebook_is_meant_is_never_guessed(tmp_path, folder, names):
    for name in names:
        (folder / name).write_text(notebook("1"))
    reason = examine(tmp_path, LAB, "ada").reason
    assert all(name in reason for name in names)
    assert f"no notebook {LAB}.ipynb" in reason


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "breaks off"),
        (notebook("1").encode()[:80], "breaks off"),
        (b'{"cells": 5, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "is not a notebook"),
        (b"[1, 2]", "is not a notebook"),
        (b'{"nbformat": "four"}', "is not a notebook"),
        ('{"x": "é"}'.encode("latin-1"), "not UTF-8"),
        (b"\x00\x00\x00", "breaks off"),
    ],
)
def test_what_cannot_be_read_has_a_reason_in_one_line(tmp_path, folder, content, word):
    (folder / f"{LAB}.ipynb").write_bytes(content)
    reason = examine(tmp_path, LAB, "ada").reason
    assert word in reason
    assert "\n" not in reason


def test_a_link_is_not_followed(tmp_path, folder):
    (tmp_path / "secret.ipynb").write_text(notebook("1"))
    (folder / f"{LAB}.ipynb").symlink_to(tmp_path / "secret.ipynb")
    assert "link" in examine(tmp_path, LAB, "ada").reason


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.ipynb"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    assert "larger than 20 MB" in why_unreadable(path)
