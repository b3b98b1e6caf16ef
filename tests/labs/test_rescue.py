"""What a rescue lends opens after the last hint, does what the exercise asks for, and does not count as an answer."""

import pytest
from harness import called, every_exercise, is_code, judged, right_answers

from course_utils import journal
from course_utils.judging import lending
from course_utils.judging.exercise import Exercise, Implementation
from course_utils.mistakes import Mistake

LENDING = [one for one in every_exercise() if one("").lend() is not None]
SEED = 5

lending_ones = pytest.mark.parametrize("exercise", LENDING, ids=called)


def lent_by(exercise) -> tuple:
    given = exercise("").lend()
    return given if isinstance(given, tuple) else (given,)


@lending_ones
def test_it_opens_after_the_last_hint(exercise, monkeypatch, capsys):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    mine = exercise("")
    for _ in mine.hints:
        with pytest.raises(Mistake, match="the rescue opens after the last hint"):
            mine.rescue()
        mine.hint()
    assert mine.rescue() is not None
    assert "This exercise itself wants your own." in capsys.readouterr().out


def test_after_a_restart_it_is_open_still(monkeypatch, tmp_path):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv(journal.VARIABLE, str(tmp_path / "progress.jsonl"))
    mine, other = LENDING[:2]
    first = mine("")
    for _ in first.hints:
        first.hint()
    first.rescue()
    assert mine("").rescue() is not None
    with pytest.raises(Mistake, match="the rescue opens after the last hint"):
        other("").rescue()
    assert journal.read().exercises == {}, "what was lent was not tried"


@lending_ones
def test_it_is_open_at_grading(exercise, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert exercise("").rescue() is not None


@lending_ones
def test_what_is_lent_earns_nothing(exercise):
    found = judged(exercise("").check, *lent_by(exercise))
    assert (found.share, found.codes) == (0.0, ())
    assert "wants your own" in found.text


@lending_ones
def test_a_class_that_is_made_from_a_lent_one_is_lent_too(exercise):
    (one, *_) = lent_by(exercise)
    if isinstance(one, type):
        found = judged(exercise("").check, type("CNN", (one,), {}))
        assert "wants your own" in found.text
    assert lending.is_lent(one)
    assert not any(lending.is_lent(answer) for answer in right_answers(exercise))


@pytest.mark.slow
@lending_ones
def test_what_is_lent_does_what_the_exercise_asks_for(exercise, monkeypatch):
    given = lent_by(exercise)
    if called(exercise) == "activations/three-functions":
        pytest.skip("these are PyTorch's own, which that exercise refuses besides")
    for one in given:
        monkeypatch.delattr(one, lending._MARK)
    mine = exercise("")
    found = judged(mine.check, *given)
    if found.share == 1.0 and isinstance(mine, Implementation):
        found = judged(mine.check_hidden, *given, seed=SEED)
    assert (found.share, found.codes) == (1.0, ()), found.text


def test_where_no_later_cell_needs_it_nothing_is_lent():
    class Plain(Exercise):
        id = "plain"

    with pytest.raises(Mistake, match=r"no later cell needs lab\.plain"):
        Plain("").rescue()


def test_what_is_lent_is_code():
    assert all(is_code(one) for exercise in LENDING for one in lent_by(exercise))
