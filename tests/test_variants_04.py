"""Lab 04: questions of one's own, practice and hints."""

import hashlib
import math
import re

import pytest
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import logistic_regression as check
from course_utils.checks.logistic_regression import numbers
from course_utils.judging.variants import Dice
from course_utils.practice import LABS, practice
from course_utils.variants import logistic_regression as questions

lesson = Lesson("04_logistic_regression")

STUDENTS = [f"student{number}" for number in range(150)] + [f"{number:08d}@uni.example" for number in range(50)]
EXERCISES = {"score-and-odds": questions.odds, "count-and-shape": questions.pictures}
TOPICS = LABS["logistic_regression"]
NUMBERS = range(1, 13)


@pytest.fixture(scope="module")
def drawn_odds():
    return [questions.odds(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def drawn_pictures():
    return [questions.pictures(student) for student in STUDENTS]


def digest(student: str) -> str:
    return hashlib.sha256(repr([ask(student) for ask in EXERCISES.values()]).encode()).hexdigest()[:16]


@pytest.mark.parametrize(("student", "fingerprint"), [("ada", "72a48b41130d1c49"), ("s1234567", "9b560fd89604c563")])
def test_a_students_questions_never_change(student, fingerprint):
    assert digest(student) == fingerprint, "students would find other questions than the ones they have answered"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_students_get_different_questions(exercise):
    assert len({repr(exercise(student)) for student in STUDENTS}) >= 150


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("wrong", ["a b", "../x", "-x", "ä", "x" * 65, None, 7])
def test_a_bad_id_is_refused_in_a_sentence(exercise, wrong):
    with pytest.raises(ValueError, match=r"a student id is up to 64 letters, digits and . _ @ -"):
        exercise(wrong)


# --- score, odds, probability


def test_without_an_id_come_the_lectures_numbers():
    asked = questions.odds()
    assert (asked.neuron.weight, asked.neuron.x, asked.neuron.bias) == ((4, -2, 5, -3, 11, 9), (6, 8, 2, 7, -3, 5), 0)
    assert numbers.right_odds(asked)["score"] == 9
    assert round(numbers.right_odds(asked)["probability"], 5) == 0.99988


def test_scores_are_added_up_as_pytorch_does(drawn_odds):
    assert all(questions.add_up(q.neuron) == numbers.torch_score(q.neuron) for q in drawn_odds)


def test_probabilities_are_those_of_the_formula(drawn_odds):
    for question in drawn_odds:
        z, p = questions.add_up(question.neuron), question.back.probability
        right = {"score": z, "odds": math.exp(z), "probability": 1 / (1 + math.exp(-z))}
        right["score back"] = math.log(p / (1 - p))
        assert numbers.right_odds(question) == pytest.approx(right, rel=1e-9)


def test_scores_stay_within_their_bounds(drawn_odds):
    assert all(2 <= abs(questions.add_up(q.neuron)) <= 8 and q.neuron.bias for q in drawn_odds)
    assert all(0.02 <= q.back.probability <= 0.98 for q in drawn_odds)


def test_scores_of_both_signs_are_drawn(drawn_odds):
    assert {questions.add_up(q.neuron) > 0 for q in drawn_odds} == {True, False}


def test_no_known_wrong_way_gives_a_right_answer(drawn_odds):
    for question in [questions.odds(), *drawn_odds]:
        right, ways = numbers.right_odds(question), numbers.odds_ways(question)
        for part, found in ways.items():
            assert not any(numbers._near(part, way, right[part]) for way in found.values()), (question, part)


def test_known_wrong_ways_are_told_from_each_other(drawn_odds):
    for question in drawn_odds:
        for part, found in numbers.odds_ways(question).items():
            for code, way in found.items():
                first = next(other for other, value in found.items() if numbers._gives(part, way, value))
                assert first == code, (question, part)


# --- pictures


def test_without_an_id_come_the_lectures_pictures():
    assert numbers.torch_counts(questions.pictures()) == {"grey": 7850, "colour": 30730}


def test_parameters_are_counted_as_pytorch_counts_them(drawn_pictures):
    for q in drawn_pictures[:60]:
        counted = questions.count_parameters(q.colour, q.channels, q.classes)
        assert counted == numbers.torch_counts(q)["colour"]


def test_each_wrong_count_is_wrong_in_its_own_way(drawn_pictures):
    for q in [questions.pictures(), *drawn_pictures]:
        for side, channels in ((q.grey, 1), (q.colour, q.channels)):
            right = side * side * channels * q.classes + q.classes
            found = [right, *questions.count_ways(side, channels, q).values()]
            assert len(set(found)) == len(found)


def test_no_two_axes_have_the_same_length(drawn_pictures):
    assert all(len({q.batch, q.classes, q.grey**2, 3 * q.colour**2}) == 4 for q in drawn_pictures)


# --- practice

RIGHT = {
    "odds": lambda q: round(math.exp(q.score), 2),
    "probability": lambda q: round(1 / (1 + math.exp(-q.score)), 2),
    "logit": lambda q: round(math.log(q.probability / (1 - q.probability)), 2),
    "softmax-count": lambda q: (3 * q.colour**2 + 1) * q.classes,
    "weight-shape": lambda q: (q.classes, 3 * q.colour**2),
}


def test_every_kind_of_question_with_numbers_can_be_practised():
    assert set(RIGHT) == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_answer_is_accepted(topic, number, capsys):
    question = practice(topic, number)
    assert (question.answer(RIGHT[topic](question.numbers)), capsys.readouterr().out) == (True, "Correct.\n")


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_each_wrong_way_is_named(topic, number, capsys):
    question = practice(topic, number)
    for code, given in TOPICS[topic].ways(question.numbers).items():
        if given is not None:
            assert question.answer(given) is False
            text = capsys.readouterr().out
            with misconceptions.spoken_in("logistic_regression"):
                assert misconceptions.get(code).feedback in text


@pytest.mark.parametrize("topic", ["odds", "probability", "logit", "softmax-count"])
@pytest.mark.parametrize("number", NUMBERS)
def test_another_number_is_not_accepted(topic, number):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    assert not any(question.answer(wrong) for wrong in (right + 1, right - 0.05, -right, 10**30, float("nan")))


@pytest.mark.parametrize("topic", TOPICS)
def test_questions_differ_and_show_their_number(topic):
    scores = topic in ("odds", "probability")  # tenths from -2 to 3
    assert len({practice(topic, number).numbers for number in range(1, 101)}) >= (20 if scores else 50)
    assert "(question 12;" in repr(practice(topic, 12))


@pytest.mark.parametrize("number", range(40))
def test_a_practice_score_can_be_told_by_two_decimals(number):
    score = questions.practice_score(Dice("test", number))
    for answers in questions.answers_to(score):
        assert questions.far_apart(answers, 0.02)


# --- hints


def test_every_exercise_has_hints():
    assert set(check.HINTS) == {name.removesuffix("-check") for name in lesson.points()}


@pytest.mark.parametrize("exercise", check.HINTS)
def test_the_hints_of_an_exercise_ask(exercise):
    texts = check.HINTS[exercise]
    assert len(texts) >= 2
    assert all(text.rstrip().endswith(("?", ".")) and "?" in text for text in texts)


@pytest.mark.parametrize("exercise", check.HINTS)
def test_a_hint_holds_no_formula(exercise):
    formula = re.compile(r"p - y|p − y|keepdims=True\)|/ len|logaddexp\(0|1 / \(1")
    assert [text for text in check.HINTS[exercise] if formula.search(text)] == []
