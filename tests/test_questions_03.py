"""Lab 03: each student's own numbers, practice without end, hints."""

import hashlib

import numpy as np
import pytest
import torch
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import chain_rule as check
from course_utils.checks.chain_rule.hints import ENGINE, HINTS
from course_utils.judging.variants import Dice
from course_utils.practice import TOPICS, practice
from course_utils.practice.chain_rule import TOPICS as OWN_TOPICS
from course_utils.variants import chain_rule as questions

lesson = Lesson("03_chain_rule")

STUDENTS = [f"student{number}" for number in range(150)] + [f"{number:08d}@uni.example" for number in range(50)]
EXERCISES = {"chain-slopes": questions.slopes, "gradient-shapes": questions.two_layers}


@pytest.fixture(scope="module")
def drawn_slopes():
    return [questions.slopes(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def drawn_layers():
    return [questions.two_layers(student) for student in STUDENTS]


def autograd(function, place: float) -> float:
    x = torch.tensor(float(place), dtype=torch.float64, requires_grad=True)
    function(x).backward()
    return x.grad.item()


def series(q):
    return autograd(lambda t: (q.a * t**2 + q.b * t) ** 2 + q.c * (q.a * t**2 + q.b * t), q.t0)


def parallel(q):
    return autograd(lambda x: q.a * x * x**2 + q.c * (x + q.b) ** 2, q.x0)


# --- the same, and different


def digest(student: str) -> str:
    text = repr([tuple(exercise(student)) for exercise in EXERCISES.values()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("student", "fingerprint"), [("ada", "73bcdbabb4c7020a"), ("s1234567", "f3ec84870c8e1269")])
def test_a_students_questions_never_change(student, fingerprint):
    assert digest(student) == fingerprint, "students would find other questions than the ones they have answered"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_students_get_different_questions(exercise):
    assert len({exercise(student) for student in STUDENTS}) >= 150


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("wrong", ["a b", "../x", "-x", "x" * 65, None, 7])
def test_a_bad_id_is_refused_in_a_sentence(exercise, wrong):
    with pytest.raises(ValueError, match="a student id is up to 64 letters"):
        exercise(wrong)


# --- good questions


def test_slopes_in_series_are_pytorchs(drawn_slopes):
    assert [questions.series_slope(q.series) for q in drawn_slopes] == [series(q.series) for q in drawn_slopes]


def test_slopes_in_parallel_are_pytorchs(drawn_slopes):
    found = [questions.parallel_slope(q.parallel) for q in drawn_slopes]
    assert found == [parallel(q.parallel) for q in drawn_slopes]


@pytest.mark.parametrize("student", ["", "ada"])
def test_the_lessons_numbers_tell_all_wrong_ways_apart(student):
    asked = questions.slopes(student)
    assert questions.series_tells_apart(asked.series)
    assert questions.parallel_tells_apart(asked.parallel)


def test_no_wrong_way_gives_the_right_slope_or_that_of_another(drawn_slopes):
    for q in drawn_slopes:
        for right, ways in (
            (series(q.series), questions.series_ways(q.series)),
            (parallel(q.parallel), questions.parallel_ways(q.parallel)),
        ):
            assert len({right, *ways.values()}) == len(ways) + 1


def test_slopes_stay_small_enough_for_paper(drawn_slopes):
    assert max(max(map(abs, (*q.series, *q.parallel))) for q in drawn_slopes) <= 6
    assert max(series(q.series) for q in drawn_slopes) < 1000


def test_sizes_of_layers_all_differ_and_stay_small(drawn_layers):
    assert all(len(set(q)) == 4 and min(q) >= 2 and max(q) <= 64 for q in drawn_layers)


def test_no_wrong_way_gives_a_right_shape(drawn_layers):
    for q in drawn_layers:
        right = right_shapes(q)
        for way in questions.shape_ways(q).values():
            assert not any(shape == right[part] for part, shapes in way.items() for shape in shapes)


def right_shapes(q) -> dict:
    first, second = torch.nn.Linear(q.D, q.H), torch.nn.Linear(q.H, q.K)
    X = torch.zeros(q.N, q.D)
    shapes = {"dX": X, "dW1": first.weight, "db1": first.bias, "dW2": second.weight, "db2": second.bias}
    shapes |= {"dZ1": first(X), "dA1": first(X), "dY": second(first(X))}
    return {part: tuple(one.shape) for part, one in shapes.items()}


@pytest.mark.parametrize("student", ["", *STUDENTS[5:12], *STUDENTS[160:165]])
def test_right_answers_earn_full_marks(student):
    asked = questions.slopes(student)
    assert check.chain_slopes({"series": series(asked.series), "parallel": parallel(asked.parallel)}, asked) == 2
    layers = questions.two_layers(student)
    assert check.gradient_shapes(right_shapes(layers), layers) == 2


@pytest.mark.parametrize("student", STUDENTS[:12])
def test_both_slopes_at_the_wrong_place_are_one_way(student):
    asked = questions.slopes(student)
    answers = {
        "series": questions.series_ways(asked.series)["GR6"],
        "parallel": questions.parallel_ways(asked.parallel)["GR6"],
    }
    credit = check.chain_slopes(answers, asked)
    assert (float(credit), credit.codes) == (0, ("GR6",))


# --- practice

NUMBERS = range(1, 9)
RIGHT = {
    "slopes-in-series": series,
    "slopes-in-parallel": parallel,
    "gradient-shapes": lambda q: right_shapes(q.layers)[q.part],
}


def test_every_topic_of_the_lab_is_there():
    assert set(RIGHT) == set(OWN_TOPICS) <= set(TOPICS)


@pytest.mark.parametrize("topic", RIGHT)
def test_the_right_answer_is_accepted_in_practice(topic, capsys):
    for number in NUMBERS:
        question = practice(topic, number)
        assert question.answer(RIGHT[topic](question.numbers))
    assert set(capsys.readouterr().out.splitlines()) == {"Correct."}


@pytest.mark.parametrize("topic", RIGHT)
def test_each_wrong_way_is_named_in_practice(topic, capsys):
    for number in NUMBERS:
        question = practice(topic, number)
        for code, given in TOPICS[topic].ways(question.numbers).items():
            assert not question.answer(tuple(given) if isinstance(given, np.ndarray) else given)
            text = capsys.readouterr().out
            with misconceptions.spoken_in("chain_rule"):
                entry = misconceptions.get(code.split(":")[0])
            assert entry.feedback in text


@pytest.mark.parametrize("topic", RIGHT)
def test_practice_is_repeatable_and_fresh(topic):
    assert repr(practice(topic, 5)) == repr(practice(topic, 5))
    assert len({practice(topic, n).numbers for n in range(1, 101)}) >= 75


def test_a_shape_is_asked_for_each_gradient():
    drawn = {questions.practice_shape(Dice("x", number)).part for number in range(200)}
    assert drawn == set(questions.PARTS)


# --- hints


def test_every_exercise_has_hints():
    assert set(HINTS) == {name.removesuffix("-check") for name in lesson.points()}
    assert set(ENGINE) < set(HINTS)


@pytest.mark.parametrize("exercise", HINTS)
def test_hints_ask(exercise):
    assert all("?" in text for text in HINTS[exercise])


@pytest.mark.parametrize("exercise", ["value-backward", "backward-order"])
def test_steps_of_the_engine_have_three_hints(exercise):
    assert len(HINTS[exercise]) == 3


def test_the_lesson_shows_a_hint(capsys):
    check.hint("chain-slopes", 1)
    assert capsys.readouterr().out.startswith("Hint 1 of 3: Which number goes into f")
