"""A learner's own functions are found in their notebooks, tried, and told where they come from."""

import nbformat
import pytest
from lesson import Lesson

from course_utils import own, workplace
from course_utils.mistakes import Mistake

CHAIN, CONV = "03_chain_rule", "05_conv_and_pooling"
WRONG = "def dense_backward(dY, X, W):\n    return dY @ W, dY.T @ X / len(X), dY.sum(axis=0)\n"


def write(folder, lab: str, *sources: str) -> None:
    """Write a learner's notebook into a workplace."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = folder / workplace.LABS / lab / f"{lab}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workplace with the model answers of two labs; the learner is in a lab's folder."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    (tmp_path / workplace.START).write_text("{}")
    write(tmp_path, CHAIN, "import numpy as np", Lesson(CHAIN).cells()["dense-backward"].source, "1 / 0")
    conv = Lesson(CONV).cells()
    write(tmp_path, CONV, "import numpy as np", *(conv[one].source for one in ("build-conv2d", "conv2d-backward")))
    monkeypatch.chdir(tmp_path / workplace.LABS / CHAIN)
    return tmp_path


def test_a_function_is_read_and_said_to_be_right(home, capsys):
    function = own.load(CHAIN, "dense_backward")
    assert function.was_read_from == f"{CHAIN}.ipynb"
    said = capsys.readouterr().out
    assert said == f"dense_backward comes from {CHAIN}.ipynb, exercise 3.5: right.\n"
    assert own.find(CONV, "conv2d").stands == "right"


def test_no_cell_of_the_notebook_is_run_and_nothing_but_the_function_is_copied(home):
    write(home, CHAIN, "raise SystemExit", WRONG + "print(dense_backward(1, 2, 3))", "def (", "%matplotlib inline")
    found = own.find(CHAIN, "dense_backward")
    assert found.text == WRONG.strip()


def test_a_wrong_function_is_said_to_be_right_in_parts(home):
    write(home, CHAIN, WRONG, Lesson(CHAIN).cells()["dense-backward"].source.partition("\n\n\n")[2])
    assert own.find(CHAIN, "dense_backward").stands == "3 of 4 parts are right"


def test_helpers_come_along_and_stand_first(home):
    helper = "size = 3\n\ndef turned(a):\n    return a.T\n\n"
    write(home, CHAIN, helper + WRONG.replace("dY.T", "turned(dY)"), "def unused():\n    return 1")
    text = own.find(CHAIN, "dense_backward").text
    assert text.startswith("def turned")
    assert "unused" not in text
    assert "size" not in text


def test_the_last_text_of_a_name_counts(home):
    write(home, CHAIN, WRONG, Lesson(CHAIN).cells()["dense-backward"].source)
    assert own.find(CHAIN, "dense_backward").stands == "right"


def test_what_is_not_written_is_not_loaded(home):
    stub = WRONG.replace("return", 'raise NotImplementedError("replace this line with your code")  #')
    write(home, CHAIN, stub)
    with pytest.raises(Mistake, match=r"exercise 3\.5: not written yet"):
        own.load(CHAIN, "dense_backward")


@pytest.mark.parametrize(
    ("lab", "name", "words"),
    [
        ("03", "dense_backward", "the labs are 01_neurons"),
        (CHAIN, "conv2d", "no exercise of 03_chain_rule asks for 'conv2d'"),
        ("04_logistic_regression", "softmax", "your notebook 04_logistic_regression.ipynb is not here"),
        (CONV, "pool2d", "has no function of this name"),
    ],
)
def test_what_is_not_there_is_said(home, lab, name, words):
    with pytest.raises(Mistake, match=words):
        own.load(lab, name)


def test_a_damaged_notebook_is_said(home):
    (home / workplace.LABS / CHAIN / f"{CHAIN}.ipynb").write_text("{")
    with pytest.raises(Mistake, match="cannot be read"):
        own.find(CHAIN, "dense_backward")


def test_collect_shows_all_and_raises_for_nothing(home, capsys):
    own.collect({CHAIN: ["dense_backward"], CONV: ["conv2d", "pool2d"], "04_logistic_regression": ["softmax"]})
    said = capsys.readouterr().out
    assert f"conv2d: {CONV}.ipynb, exercise 5.5, right" in said
    assert "has no function of this name" in said
    assert "04_logistic_regression.ipynb is not here" in said
    assert "def conv2d(x, weight, bias" in said
    assert "BEGIN SOLUTION" not in said


def test_at_grading_nothing_is_looked_for(home, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    own.collect({CHAIN: ["dense_backward"]})
    assert capsys.readouterr().out == ""
    with pytest.raises(Mistake, match="grading sees this notebook alone"):
        own.load(CHAIN, "dense_backward")
