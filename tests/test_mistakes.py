"""Modules whose functions learners call by hand answer a slip with one sentence."""

import contextlib
import copy
import inspect
import io
import pickle

import pytest
from IPython.core.interactiveshell import InteractiveShell

from course_utils import own, practice, predictions, progress
from course_utils.labs import conv_and_pooling
from course_utils.mistakes import Mistake, NoSuchName, listen


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: practice("neuron"), "practice is no function; call practice.review()"),
        (lambda: progress(1), "progress is no function; call progress.show_progress()"),
        (lambda: progress.show(), "progress has no show; call progress.show_progress()"),
        (lambda: progress.show_progress(1), "called like this: progress.show_progress()"),
        (lambda: practice.review("neuron", 3), "called like this: practice.review()"),
        (lambda: own.load(), "called like this: own.load("),
        (lambda: own.collect("03_chain_rule"), "called like this: own.collect("),
        (lambda: predictions.keep(), "called like this: predictions.keep("),
        (lambda: predictions.keep(0.5), "a guess is kept by its name"),
    ],
)
def test_what_is_called_nearly_right_is_answered_with_the_call_that_is_meant(call, words):
    with pytest.raises((Mistake, NoSuchName)) as caught:
        call()
    assert words in " ".join(caught.value._render_traceback_())


def test_a_module_still_says_of_hidden_names_that_it_has_none():
    assert not hasattr(practice, "__wrapped__")
    assert not hasattr(progress, "show")


def test_brackets_that_are_left_out_are_asked_for():
    assert repr(progress.show_progress) == "show_progress is called like this: progress.show_progress()"
    lab = conv_and_pooling.for_student("")
    for name in ("hint", "practice", "check", "step", "worked_example", "rescue"):
        assert f"{name} is called like this: lab.output_sizes.{name}(" in repr(getattr(lab.output_sizes, name))
    with pytest.raises(NoSuchName, match=r"lab.output_sizes.practice\(\)"):
        lab.output_sizes.practice.answer(3)
    with pytest.raises(Mistake, match=r"lab.output_sizes.check\("):
        lab.output_sizes.check(sizes=3)


def test_what_is_called_still_shows_its_own_signature_and_help():
    hint = conv_and_pooling.for_student("").output_sizes.hint
    assert list(inspect.signature(hint).parameters) == ["number"]
    assert "next hint" in hint.__doc__


def test_a_check_or_a_step_without_any_answer_asks_for_them():
    lab = conv_and_pooling.for_student("")
    with pytest.raises(Mistake, match=r"call lab\.output_sizes\.check with the same answers"):
        lab.output_sizes.check()
    with pytest.raises(Mistake, match=r"lab.build_conv2d.step\(...\) takes the same answers as lab.build_conv2d.check"):
        lab.build_conv2d.step()


# --- what Python refuses by itself

NAMES = """
from course_utils import desk, practice, predictions, progress
from course_utils.labs import activations, conv_and_pooling
from course_utils.labs.conv_and_pooling import figures
lab = conv_and_pooling.for_student("")
mine = activations.for_student("").sigmoid_by_hand.question
asked = lab.output_sizes.practice(3)
"""
NO_BRACKETS = "is no function: it is asked for without brackets"
HINT = "hint is called like this: lab.output_sizes.hint()"
EXERCISE = "lab.output_sizes shows the question; lab.output_sizes.check(...) judges an answer"


@pytest.fixture(scope="module")
def shell():
    """A notebook's kernel, without the notebook, in which a learner has begun lab 05."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="nocolor")
    listen(shell)
    shell.run_cell(NAMES)
    yield shell
    InteractiveShell.clear_instance()


def shown(shell, source):
    """Run a cell and return what it shows, in one line."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        shell.run_cell(source)
    return " ".join(said.getvalue().split())


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("lab.output_sizes.question()", "lab.output_sizes.question is the question as data, without brackets"),
        ('lab.output_sizes.question()["a"]', "lab.output_sizes.question is the question as data, without brackets"),
        ('lab.output_sizes.question["a"]()', "lab.output_sizes.question is the question as data, without brackets"),
        ("lab.output_sizes.points()", f"lab.output_sizes.points {NO_BRACKETS}"),
        ("lab.output_sizes.worked()", "lab.output_sizes.worked_example() shows a worked example"),
        ("mine()", f"mine {NO_BRACKETS}"),
        ("def f():\n    return mine.p()\nf()", f"mine.p {NO_BRACKETS}"),
        ("asked.text()", f"asked.text {NO_BRACKETS}"),
        ("desk()", "desk is no function; call desk.open_desk()"),
        ("desk.open_desk[0]", "open_desk is called like this: desk.open_desk()"),
        ("figures()", "figures is no function: what it has follows a dot, and then come the brackets"),
        ("progress.SPOKEN()", f"progress.SPOKEN {NO_BRACKETS}"),
        ("lab.output_sizes.hint[0]", HINT),
        ("lab.output_sizes.hint + 1", HINT),
        ("len(lab.output_sizes.hint)", HINT),
        ("for one in lab.output_sizes.hint:\n    pass", HINT),
        ("[one for one in lab.output_sizes.hint]", HINT),
        ("one, two = lab.output_sizes.hint", HINT),
        ("lab.output_sizes[0]", EXERCISE),
        ("len(lab)", "lab.build_conv2d shows a question"),
        ("asked[0]", "a question of practice is answered with .answer(...)"),
        ("progress[0]", "progress is no data; call progress.show_progress()"),
        ('practice.review["neuron"]', "review is called like this: practice.review()"),
    ],
)
def test_data_that_is_called_and_a_function_used_as_data_are_answered_in_one_sentence(shell, cell, words):
    said = shown(shell, cell)
    assert said.startswith(words)
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("number = 1\nnumber()", "'int' object is not callable"),
        ("lab.output_sizes.question + 1", "unsupported operand"),
    ],
)
def test_a_type_error_of_the_learners_own_is_shown_as_it_is(shell, cell, error):
    said = shown(shell, cell)
    assert "Traceback" in said
    assert error in said


def test_the_question_stays_plain_data():
    question = conv_and_pooling.for_student("").output_sizes.question
    assert type(question) is dict
    assert pickle.loads(pickle.dumps(question)) == copy.deepcopy(question) == question


def test_a_handler_that_somebody_has_set_is_left_alone(shell):
    before = shell.custom_exceptions
    listen(shell)
    assert shell.custom_exceptions is before
