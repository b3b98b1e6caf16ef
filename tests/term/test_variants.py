"""``course variants``: what a student was asked and what is right, in every lab that draws numbers."""

import json

import pytest
from commands import call
from conftest import ROOT
from thorough import one_in

from course_utils.course import CourseError, labs
from course_utils.labs import conv_and_pooling
from course_utils.term import variants

DRAWING = [lab for lab in labs(ROOT) if not lab.endswith("homework")]


@pytest.mark.slow
@pytest.mark.parametrize("lab", one_in(4, DRAWING))
def test_every_question_is_shown_with_an_answer_that_its_check_takes(lab):
    made = variants.look(ROOT, lab, "emmy")
    numbers = [one for one in made.asked if one.right]
    assert numbers, "it draws numbers"
    doubts = {one.exercise: one.doubt for one in made.asked if one.doubt}
    wants_a_function = {"label-bug": "its check could not look at it here: NameError"}  # beside the numbers
    assert doubts == (wants_a_function if lab.startswith("07") else {})
    assert made.shared


def test_what_is_said(monkeypatch):
    status, said = call(monkeypatch, ROOT, "variants", "5", "--student", "emmy")
    assert status == 0, said
    question = conv_and_pooling.for_student("emmy").output_sizes.text()
    assert question.splitlines()[0] in said
    assert "    sizes = {" in said
    assert "see the master" not in said.partition("\noutput-sizes\n")[2].partition("\n\n")[0]
    assert "\nThe same for everybody: " in said
    for words, sentence in (
        (["5", "--student", "a b"], "A student id is up to 64 letters"),
        (["99", "--student", "ada"], "There is no lab '99'."),
    ):
        assert call(monkeypatch, ROOT, "variants", *words)[1].startswith(sentence)


def test_a_wrong_answer_is_doubted():
    lab = conv_and_pooling.for_student("emmy")
    assert variants._doubt("sizes = {}", "lab.output_sizes.check(sizes)", lab).startswith("its check")
    assert variants._doubt("nothing = 1", "lab.output_sizes.check(sizes)", lab) == (
        "its check could not look at it here: NameError"
    )


def test_the_numbers_are_those_of_the_notebook(root):
    master = root / "solutions" / "01_double" / "01_double.py"
    text = 'lab = conv_and_pooling.for_student(student_id, term="T")'
    master.write_text(master.read_text() + f"\n# %%\n{text}\n")
    folder = root / "submitted" / "ada" / "01_double"
    folder.mkdir(parents=True)
    cells = [{"cell_type": "code", "source": ["# mine\n", 'student_id = "bob"  # not ada']}]
    (folder / "01_double.ipynb").write_text(json.dumps({"cells": cells}))
    made = variants.look(root, "01_double", "ada")
    assert (made.drawn_from, made.term) == ("bob", "T")
    assert "The notebook says 'bob': these are that id's numbers." in variants.lines_of(made)
    assert variants.look(root, "01_double", "cleo").drawn_from == "cleo"


def test_a_lab_that_draws_nothing(root):
    with pytest.raises(CourseError, match="01_double draws no numbers: everybody is asked the same"):
        variants.look(root, "01_double", "ada")
