"""Modules whose functions learners call by hand answer a slip with one sentence."""

import pytest

from course_utils import own, practice, predictions, progress
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
