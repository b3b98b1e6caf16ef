"""Lab 06: practice with the same diagnosis as the graded questions; hints that ask."""

import re

import pytest
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks.lab7_cnn import HINTS, hint
from course_utils.practice import LABS, practice

TOPICS = LABS["lab7_cnn"]
NUMBERS = range(1, 9)
lesson = Lesson("06_lab7_cnn")


def block(q) -> int:
    n, m = q.in_channels, q.out_channels
    return 9 * n * m + 9 * m * m + 4 * m + (n * m + 2 * m if (n, 1) != (m, q.stride) else 0)


RIGHT = {
    "features": lambda q: q.kernels * ((q.side - q.kernel_size + 1) // 2) ** 2,
    "multiplications": lambda q: q.kernels * q.in_channels * (q.kernel_size * (q.side - q.kernel_size + 1)) ** 2,
    "residual-block": block,
}


def test_every_topic_is_tested():
    assert set(RIGHT) == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_topics_are_repeatable_and_many(topic):
    assert [repr(practice(topic, n)) for n in NUMBERS] == [repr(practice(topic, n)) for n in NUMBERS]
    assert len({practice(topic, n).numbers for n in range(1, 61)}) >= 30


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_answer_is_accepted_and_others_are_not(topic, number, capsys):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    assert (question.answer(right), capsys.readouterr().out) == (True, "Correct.\n")
    assert not any(question.answer(wrong) for wrong in (right + 1, right - 1, right + 0.5, 0, -right, 10**30))
    question.answer(right + 123_456_789)
    told = capsys.readouterr().out.splitlines()[-2:]
    assert str(right) not in re.findall("[0-9]+", " ".join(told))


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_each_wrong_way_is_named(topic, number, capsys):
    question = practice(topic, number)
    for code, given in TOPICS[topic].ways(question.numbers).items():
        if given is None:
            continue
        question.answer(given)
        with misconceptions.spoken_in("lab7_cnn"):
            entry = misconceptions.get(code)
        text = capsys.readouterr().out
        assert entry.feedback in text or entry.name in text


def test_the_lesson_offers_every_topic():
    text = lesson.master.read_text(encoding="utf-8")
    assert [topic for topic in TOPICS if f'practice("{topic}")' not in text] == []


# --- hints


def test_every_exercise_has_hints():
    assert set(HINTS) == {name.removesuffix("-check") for name in lesson.points()}


@pytest.mark.parametrize("exercise", HINTS)
def test_hints_ask_and_hold_no_formula(exercise):
    assert any("?" in text for text in HINTS[exercise])
    assert all(text.rstrip().endswith(("?", ".")) for text in HINTS[exercise])
    assert not any(re.search(r"//|\+ 1\b.*/", text) for text in HINTS[exercise])


def test_the_lesson_shows_a_hint(capsys):
    hint("evaluate", 1)
    assert capsys.readouterr().out.startswith("Hint 1 of 3: Which two switches")
