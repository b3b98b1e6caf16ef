"""Modules whose functions learners call by hand answer a slip with one sentence."""

import inspect

import pytest

from course_utils import own, practice, predictions, progress
from course_utils.labs import conv_and_pooling
from course_utils.mistakes import Mistake, NoSuchName


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
