"""What course doctor says of a notebook, and how it mends one."""

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from sample import make_sample_course

from course_utils import inspecting, reference, release
from course_utils.course import CourseError
from course_utils.masters import read_master
from course_utils.rehearsing import _Run, rehearse

ROOT = Path(__file__).resolve().parent.parent
LAB = "05_conv_and_pooling"
NO_CELLS = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory) -> Path:
    """A course with one released lab."""
    root = tmp_path_factory.mktemp("doctor") / "course"
    make_sample_course(root)
    release.release(root, [], prove=False)
    return root


@pytest.fixture
def mine(handed_out, tmp_path, monkeypatch):
    """A function that changes the solved notebook and saves it as a student's; it returns its path."""
    monkeypatch.chdir(handed_out)

    def save(change=lambda cell, nb: None, name="01_double.ipynb") -> Path:
        notebook = read_master(handed_out / "solutions" / "01_double" / "01_double.py")
        released = nbformat.read(handed_out / "notebooks" / "01_double" / "01_double.ipynb", as_version=4)
        for cell, out in zip(notebook.cells, released.cells, strict=True):
            cell.metadata = out.metadata
            cell.source = out.source if out.metadata.get("nbgrader", {}).get("locked") else cell.source
        change({cell.id: cell for cell in notebook.cells}, notebook)
        place = tmp_path / "work"
        place.mkdir(exist_ok=True)
        nbformat.write(notebook, place / name)
        return place / name

    return save


def said(path: Path) -> list[str]:
    """Return what is to be mended, and what is noted."""
    return [one.what for one in inspecting.look_over(inspecting.read_pair(path)) if one.mend]


def lose(cell, nb):
    nb.cells.remove(cell["sizes-check"])


def copy(cell, nb):
    nb.cells.insert(0, nbformat.from_dict({**cell["double"], "id": "copy"}))


def edit(cell, nb):
    cell["double-check"].source = "print('Correct.')"


def empty(cell, nb):
    cell["sizes"].source = 'answers = {"a": None}  # a whole number'


def rename_kernel(cell, nb):
    nb.metadata["kernelspec"]["name"] = "mine"


def to_text(cell, nb):
    place = nb.cells.index(cell["sizes"])
    nb.cells[place] = nbformat.v4.new_markdown_cell(cell["sizes"].source, id="sizes", metadata=cell["sizes"].metadata)


def break_off(cell, nb):
    cell["double"].source = "def double(x):\n    return (x"


def run_answer_only(cell, nb):
    cell["double"].execution_count = 7
    cell["double-check"].execution_count = 3


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lose, ["the check of the exercise sizes: its cell is missing"]),
        (copy, ["the exercise double: its cell is there 2 times"]),
        (edit, ["the check of the exercise double: its cell was edited"]),
        (empty, ["not answered yet: the exercise sizes"]),
        (rename_kernel, ["the notebook asks for the kernel 'mine'"]),
        (to_text, ["the exercise sizes: its cell is a markdown cell now"]),
        (break_off, ["the exercise double: line 2 is not Python"]),
        (run_answer_only, ["not run since the answer was: the check of the exercise double"]),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_each_fault_is_found_and_nothing_else(mine, change, wanted):
    assert said(mine()) == []
    assert said(mine(change)) == wanted


def test_another_name_and_a_large_file_are_found(mine, monkeypatch):
    monkeypatch.setattr(inspecting, "LARGE", 1000)
    renamed, large = said(mine(name="01_double (1).ipynb"))
    assert renamed == "the file is called 01_double (1).ipynb"
    assert large.endswith("MB")


@pytest.mark.parametrize("change", [lose, edit, rename_kernel, to_text], ids=lambda one: one.__name__)
def test_mending_puts_back_what_was_lost_and_keeps_the_answers(mine, change):
    path = mine(change)
    before, wanted = path.read_bytes(), nbformat.read(mine(name="whole.ipynb"), as_version=4)
    assert inspecting.mend(inspecting.read_pair(path))
    mended = nbformat.read(path, as_version=4)
    nbformat.validate(mended)
    assert [cell.source for cell in mended.cells] == [cell.source for cell in wanted.cells]
    assert said(path) == []
    assert path.with_name("01_double (before mending).ipynb").read_bytes() == before
    assert inspecting.mend(inspecting.read_pair(path)) == [], "a second time there is nothing to do"


def test_a_lost_answer_comes_back_as_it_was_handed_out(mine):
    path = mine(lambda cell, nb: nb.cells.remove(cell["double"]))
    inspecting.mend(inspecting.read_pair(path))
    assert said(path) == ["not answered yet: the exercise double"]


@pytest.mark.slow
def test_a_run_says_which_check_fails_and_which_cell_is_slow(mine, monkeypatch):
    assert [one.well for one in rehearse(inspecting.read_pair(mine()))] == [True]
    monkeypatch.setenv("COURSE_CELL_SECONDS", "12")

    def spoil(cell, nb):
        cell["double"].source = "def double(x):\n    return 3 * x"
        cell["sizes"].source = "answers = {'a': 8}\nwhile True: pass"

    found = [one.what for one in rehearse(inspecting.read_pair(mine(spoil)))]
    assert [what for what in found if not what.startswith("cell 2 ")] == [  # on a busy machine imports are slow, too
        "the check of the exercise double: not yet right for 1",
        "the exercise sizes: it was stopped after 12 seconds",
        "the check of the exercise sizes: 0 of 1 points",
    ]


def not_attempted(run, *names):
    """Let checks of a run say that nothing was attempted, as if it had been done."""
    output = nbformat.v4.new_output("error", ename="NotAttempted", evalue="Not attempted yet.", traceback=[])
    for cell in run.notebook.cells:
        if cell.id in names:
            cell.outputs = [output]
    return [one.what for one in run.findings()]


def test_what_is_not_answered_is_said_once(mine):
    pair = inspecting.read_pair(mine(empty))
    assert said(pair.path)[0].startswith("not answered yet: the exercise sizes")
    found = not_attempted(_Run(pair), "sizes-check", "double-check")
    assert found == ["the check of the exercise double: Not attempted yet."]


@pytest.mark.slow
def test_a_kernel_that_dies_is_said_with_the_cell(mine):
    def die(cell, nb):
        cell["double"].source += "\nimport os; os._exit(1)"

    (found,) = rehearse(inspecting.read_pair(mine(die)))
    assert found.what == "the kernel died in the exercise double"


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("none.ipynb", None, "There is no file"),
        ("broken.ipynb", "{", "is not a notebook, or a damaged one"),
        (
            "other.ipynb",
            json.dumps(NO_CELLS),
            "is none of the",
        ),
    ],
)
def test_bad_input_is_answered_in_one_sentence(handed_out, tmp_path, name, content, wanted):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(CourseError, match=wanted) as refusal:
        inspecting.read_pair(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_a_damaged_notebook_is_told_with_the_way_back(tmp_path):
    damaged = tmp_path / "broken.ipynb"
    damaged.write_text("{")
    with pytest.raises(CourseError, match="course lab then lays out a fresh one"):
        inspecting.read_pair(damaged)
    saved = tmp_path / ".ipynb_checkpoints" / "broken-checkpoint.ipynb"
    saved.parent.mkdir()
    saved.write_text("{}")
    with pytest.raises(CourseError, match=r"copy that to its place: .*broken-checkpoint"):
        inspecting.read_pair(damaged)


def test_the_reference_itself_is_no_workplace(handed_out):
    with pytest.raises(CourseError, match="Work on a copy"):
        inspecting.read_pair(handed_out / "notebooks" / "01_double" / "01_double.ipynb")


def test_anywhere_else_the_reference_of_the_package_is_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"{LAB}.ipynb"
    shutil.copyfile(reference.path_of(LAB), path)
    (empty,) = said(path)
    assert empty.startswith("not answered yet: exercise 5.1, Convolve by hand; exercise 5.2")
    assert "-" not in empty.split(":")[1].split(",")[0], "exercises are called by number and title, not by an id"


@pytest.mark.skipif(os.name != "posix", reason="a read-only folder")
def test_looking_over_writes_nothing(mine):
    path = mine()
    path.parent.chmod(0o555)
    try:
        before = path.read_bytes()
        assert said(path) == []
        assert path.read_bytes() == before
    finally:
        path.parent.chmod(0o755)
