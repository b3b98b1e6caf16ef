"""A check is the same whatever a notebook has set, leaves all that as it was, and never shows an error of its own."""

import random

import numpy as np
import pytest
import torch
from harness import called, correct, every_exercise, is_dear, judged, right_answers

pytestmark = pytest.mark.slow

# what those which are dear train, or try, takes seconds; in everything else they are like their neighbours
exercise_by_exercise = pytest.mark.parametrize(
    "exercise",
    [pytest.param(one, marks=[pytest.mark.thorough] * is_dear(one)) for one in every_exercise()],
    ids=called,
)


def settings() -> tuple:
    """Return all that a check must leave as it was."""
    return (
        random.getstate(),
        str(np.random.get_state()),
        torch.get_rng_state().tolist(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        str(np.geterr()),
        float(torch.tensor([1e-40]) * 1),  # 0 where small numbers are flushed
    )


@pytest.fixture
def odd_settings():
    """Settings that a cell of a learner may have left behind."""
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    yield
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)


@exercise_by_exercise
def test_a_check_leaves_a_notebook_as_it_found_it(exercise):
    answers = right_answers(exercise)
    before = settings()
    for given in (answers, ["nonsense" for _ in answers], [None for _ in answers]):
        judged(exercise().check, *given)
        assert settings() == before


@pytest.fixture
def answers(exercise):
    """An exercise's right answers, made before anything is set: some of them are trained."""
    return right_answers(exercise)


@exercise_by_exercise
def test_a_right_answer_is_right_whatever_a_notebook_has_set(exercise, answers, odd_settings):
    before = settings()
    found = judged(exercise().check, *answers)
    assert (found.share, found.text.splitlines()[0]) == (1.0, correct(exercise))
    assert settings() == before
