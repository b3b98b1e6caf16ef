"""Questions, practice and hints of lab 08."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lesson import Lesson

from course_utils.checks import adversarial_examples as check
from course_utils.practice import LABS, practice
from course_utils.variants import adversarial_examples as questions

lesson = Lesson("08_adversarial_examples")
STUDENTS = [f"s{number}" for number in range(200)]
TOPICS = LABS["adversarial_examples"]
NUMBERS = range(1, 40)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


# --- questions


def test_without_an_id_the_lessons_numbers_are_asked():
    right = questions.right_values(questions.budget())
    assert (round(right["normalised"], 4), round(right["L2"], 3), right["grey levels"]) == (0.0627, 1.739, 8)


@pytest.mark.parametrize("student", STUDENTS)
def test_a_students_budget_is_bounded_telling_and_right(student):
    question = questions.budget(student)
    assert question == questions.budget(student)
    levels, std, height, width = question
    assert 2 <= levels <= 16
    assert std in questions.STDS
    assert 20 <= min(height, width) <= max(height, width) <= 64
    right = questions.right_values(question)
    assert right["L2"] == pytest.approx(np.linalg.norm(np.full((3, height, width), levels / 255)))
    assert right["normalised"] == pytest.approx(levels / 255 / std)
    for part, ways in questions.wrong_values(question).items():
        values = [value for results in ways.values() for value in results]
        assert min(abs(value - right[part]) / right[part] for value in values) > 0.09


@pytest.mark.parametrize("student", STUDENTS[:25])
def test_each_wrong_budget_gets_its_own_code(student):
    question = questions.budget(student)
    for part, ways in questions.wrong_values(question).items():
        for code, values in ways.items():
            for value in values:
                credit = check.budget_units(questions.right_values(question) | {part: value}, question)
                assert (float(credit), credit.codes) == (pytest.approx(4 / 3), (code,))


def test_students_get_different_budgets():
    assert len({questions.budget(student) for student in STUDENTS}) > 150


# --- practice

RIGHT = {
    "perturbation-length": lambda q: round(float(np.linalg.norm(np.full(3 * q.height * q.width, q.levels)))),
    "grey-levels": lambda q: round(q.thousandths / 1000 * q.std * 255),
}


def test_every_topic_is_tested():
    assert set(RIGHT) == set(TOPICS)


@pytest.mark.parametrize("topic", RIGHT)
@pytest.mark.parametrize("number", NUMBERS)
def test_practice_accepts_the_right_answer_and_explains_wrong_ones(topic, number, capsys):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    assert question.answer(right)
    capsys.readouterr()
    for given in TOPICS[topic].ways(question.numbers).values():
        if given != right:
            assert not question.answer(given)
            assert re.search("Hint: |more than one wrong way", capsys.readouterr().out)
    assert not question.answer(right + 100_000)
    assert str(right) not in re.findall("[0-9]+", capsys.readouterr().out)


# --- hints


def test_every_exercise_has_hints_that_ask():
    assert set(check.HINTS) == {name.removesuffix("-check") for name in lesson.points()}
    assert all("?" in text for texts in check.HINTS.values() for text in texts)


def test_the_points_add_up():
    assert sum(lesson.points().values()) == 20
