"""Hints come one at a time and never run out."""

import re

import pytest
from lesson import Lesson

from course_utils.checks.conv_and_pooling import HINTS
from course_utils.checks.conv_and_pooling import hint as lesson_hint
from course_utils.checks.hints import make_hint

lesson = Lesson("05_conv_and_pooling")


@pytest.fixture
def hint():
    return make_hint({"one": ["How many?"], "three": ["First?", "Second?", "Third?"]})


def test_hints_come_in_order(hint, capsys):
    for _ in range(3):
        hint("three")
    assert capsys.readouterr().out.splitlines() == [
        "Hint 1 of 3: First?",
        "Hint 2 of 3: Second?",
        "Hint 3 of 3: Third? That was the last one.",
    ]


def test_the_last_hint_stays(hint, capsys):
    for _ in range(5):
        hint("three")
    assert capsys.readouterr().out.splitlines()[-2:] == ["Hint 3 of 3: Third? That was the last one."] * 2


def test_exercises_are_counted_apart(hint, capsys):
    hint("three")
    hint("one")
    hint("three")
    assert capsys.readouterr().out.splitlines()[-1] == "Hint 2 of 3: Second?"


def test_a_hint_can_be_asked_for_by_number(hint, capsys):
    hint("three", 2)
    assert capsys.readouterr().out == "Hint 2 of 3: Second?\n"


def test_after_a_number_the_next_one_follows(hint, capsys):
    hint("three", 2)
    hint("three")
    assert "Hint 3 of 3" in capsys.readouterr().out


@pytest.mark.parametrize("number", [0, 4, -1, 1.5, "1", True, [1]])
def test_a_bad_number_is_refused(hint, number):
    with pytest.raises(ValueError, match="three has hints 1 to 3, not "):
        hint("three", number)


@pytest.mark.parametrize("exercise", ["two", "", None, 5, ["one"]])
def test_an_unknown_exercise_is_refused(hint, exercise):
    with pytest.raises(ValueError, match="there are hints for one, three; not for "):
        hint(exercise)


def test_two_labs_do_not_share_their_counting(capsys):
    first, second = make_hint({"x": ["A?", "B?"]}), make_hint({"x": ["A?", "B?"]})
    first("x")
    second("x")
    assert capsys.readouterr().out.splitlines() == ["Hint 1 of 2: A?"] * 2


# --- the hints of lab 05


def test_every_exercise_has_hints():
    assert set(HINTS) == {name.removesuffix("-check") for name in lesson.points()}


@pytest.mark.parametrize("exercise", HINTS)
def test_hints_belong_to_an_exercise(exercise):
    assert exercise in lesson.cells()


@pytest.mark.parametrize("text", [text for texts in HINTS.values() for text in texts])
def test_a_hint_asks_or_tells_what_to_look_at(text):
    assert text.rstrip().endswith(("?", "."))


@pytest.mark.parametrize("exercise", HINTS)
def test_the_hints_of_an_exercise_ask(exercise):
    assert any("?" in text for text in HINTS[exercise])


@pytest.mark.parametrize("exercise", HINTS)
def test_a_hint_holds_no_formula(exercise):
    formula = re.compile(r"//|\+ 1\b.*/|\(N [-−]")
    assert [text for text in HINTS[exercise] if formula.search(text)] == []


def test_the_lesson_shows_a_hint(capsys):
    lesson_hint("output-sizes", 1)
    assert capsys.readouterr().out.startswith("Hint 1 of 3: Draw the row as cells.")
