"""Practice without end: fresh questions, the same diagnosis as in the graded ones."""

import re

import numpy as np
import pytest

from course_utils import misconceptions
from course_utils.practice import LABS, practice

TOPICS = LABS["conv_and_pooling"]

NUMBERS = range(1, 13)
SHAPE_TOPICS = ["output-size", "parameter-count", "transposed-size"]
RIGHT = {
    "output-size": lambda q: len(range(0, q.size + 2 * q.padding - q.kernel_size + 1, q.stride)),
    "parameter-count": lambda q: q.out_channels * (q.in_channels * q.kernel_size**2 + 1),
    "transposed-size": lambda q: (q.size - 1) * q.stride + q.kernel_size - 2 * q.padding,
    "convolve-by-hand": lambda q: [
        [int((np.array(q.image)[i : i + 3, j : j + 3] * np.array(q.kernel)).sum()) for j in range(3)] for i in range(3)
    ],
}


def test_every_kind_of_question_with_numbers_can_be_practised():
    assert set(RIGHT) == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_number_is_the_same_question(topic):
    assert [repr(practice(topic, n)) for n in NUMBERS] == [repr(practice(topic, n)) for n in NUMBERS]


@pytest.mark.parametrize("topic", TOPICS)
def test_other_numbers_are_other_questions(topic):
    assert len({practice(topic, n).numbers for n in range(1, 101)}) >= 75


@pytest.mark.parametrize("topic", TOPICS)
def test_without_a_number_comes_a_fresh_question(topic):
    assert len({practice(topic).numbers for _ in range(20)}) >= 10


@pytest.mark.parametrize("topic", TOPICS)
def test_a_question_shows_its_number(topic):
    assert "(question 12;" in repr(practice(topic, 12))


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_answer_is_accepted(topic, number, capsys):
    question = practice(topic, number)
    assert (question.answer(RIGHT[topic](question.numbers)), capsys.readouterr().out) == (True, "Correct.\n")


@pytest.mark.parametrize("topic", SHAPE_TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_another_number_is_not_accepted(topic, number):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    assert not any(question.answer(wrong) for wrong in (right + 1, right - 1, right + 0.5, 0, -right, 10**30))


@pytest.mark.parametrize("topic", SHAPE_TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_each_wrong_way_is_named(topic, number, capsys):
    question = practice(topic, number)
    ways = TOPICS[topic].ways(question.numbers)
    for code, given in ways.items():
        if given is None or given == RIGHT[topic](question.numbers):
            continue
        question.answer(given)
        text, entry = capsys.readouterr().out, misconceptions.get(code)
        assert entry.feedback in text or entry.name in text


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("code", ["CV1", "CV7", "CV9", "CV10", "CV11"])
def test_each_wrong_map_is_named(number, code, capsys):
    question = practice("convolve-by-hand", number)
    found = TOPICS["convolve-by-hand"].ways(question.numbers)[code]
    question.answer(found[0] if isinstance(found, list) else found)
    assert misconceptions.get(code).feedback in capsys.readouterr().out


def test_several_wrong_ways_with_one_answer_are_all_named(capsys):
    question, codes = next(
        (practice("output-size", n), ("SZ2", "SZ6"))
        for n in range(1, 500)
        if (ways := TOPICS["output-size"].ways(practice("output-size", n).numbers))["SZ2"] == ways["SZ6"]
        and ways["SZ2"] != RIGHT["output-size"](practice("output-size", n).numbers)
    )
    question.answer(TOPICS["output-size"].ways(question.numbers)["SZ2"])
    text = capsys.readouterr().out
    assert [code for code in codes if misconceptions.get(code).name not in text] == []


@pytest.mark.parametrize("topic", SHAPE_TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_number_is_never_told(topic, number, capsys):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    question.answer(right + 100_000)
    assert str(right) not in re.findall("[0-9]+", capsys.readouterr().out)


@pytest.mark.parametrize("topic", TOPICS)
def test_an_unknown_wrong_answer_gets_advice(topic, capsys):
    wrong = [[99] * 3] * 3 if topic == "convolve-by-hand" else 987_654_321
    practice(topic, 1).answer(wrong)
    assert "No known wrong way gives this. Draw it on paper?" in capsys.readouterr().out


@pytest.mark.parametrize("odd", ["5", None, [5], True, {"a": 5}])
def test_an_answer_that_is_no_number_is_told(odd):
    with pytest.raises(TypeError, match="answer with a number, not "):
        practice("output-size", 1).answer(odd)


@pytest.mark.parametrize("topic", ["output", "", None, 5, ["output-size"]])
def test_an_unknown_topic_is_told(topic):
    with pytest.raises(ValueError, match=r"there is practice in .*convolve-by-hand, output-size"):
        practice(topic)


@pytest.mark.parametrize("number", [0, -1, 1.5, "1", True, [1]])
def test_a_number_that_is_no_question_is_told(number):
    with pytest.raises(ValueError, match="number chooses a question, from 1 up; not "):
        practice("output-size", number)
