"""Lab 01, each student's own numbers, practice and hints: always the same, good questions, different for all."""

import hashlib
import re

import numpy as np
import pytest
import torch
from lesson import Lesson
from torch import nn

from course_utils import misconceptions
from course_utils.checks.neurons import HINTS, numbers
from course_utils.checks.neurons import hint as lesson_hint
from course_utils.data import load_sunshine
from course_utils.practice import LABS, TOPICS, practice
from course_utils.variants import neurons as questions

lesson = Lesson("01_neurons")

STUDENTS = [f"student{number}" for number in range(150)] + [f"{number:08d}@uni.example" for number in range(50)]
EXERCISES = {
    "hand-neuron": questions.hand_neuron,
    "network-shapes": questions.network,
    "picture-weights": questions.counting,
    "largest-rate": questions.learning_rates,
}


@pytest.fixture(scope="module", params=EXERCISES)
def drawn(request):
    return [EXERCISES[request.param](student) for student in STUDENTS]


@pytest.fixture(scope="module")
def neurons():
    return [questions.hand_neuron(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def networks():
    return [questions.network(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def countings():
    return [questions.counting(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def trials():
    return [questions.learning_rates(student) for student in STUDENTS]


# --- the same, and different


def digest(student: str) -> str:
    text = repr([exercise(student) for exercise in EXERCISES.values()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("student", "fingerprint"), [("ada", "7dc4439e17782820"), ("s1234567", "a2f4cc9b79082817")])
def test_a_students_questions_never_change(student, fingerprint):
    assert digest(student) == fingerprint, "students would find other questions than the ones they have answered"


def test_students_get_different_questions(drawn):
    assert len({repr(question) for question in drawn}) >= 140


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("wrong", ["a b", "../x", "", None, 7])
def test_a_bad_id_is_refused_in_a_sentence(exercise, wrong):
    if wrong == "":
        assert exercise("") == exercise()
        return
    with pytest.raises(ValueError, match=r"a student id is up to 64 letters"):
        exercise(wrong)


# --- without an id


def test_without_an_id_come_the_lessons_numbers():
    hand = questions.hand_neuron()
    assert (questions.fire(hand.neuron), questions.fire(hand.after)) == (1, 10)
    assert tuple(questions.network()) == (6, 3, 4, 2)
    assert questions.counting_right(questions.counting()) == {
        "grey weights": 20_000_000,
        "grey": 20_000_500,
        "colour": 60_000_500,
        "large": 921_601_000,
        "megabytes": 3686.404,
    }


def test_the_lessons_own_questions_are_good_ones_too():
    assert questions.neuron_tells_apart(questions.hand_neuron().neuron)
    assert questions.neuron_tells_apart(questions.hand_neuron().after)
    assert questions.network_tells_apart(questions.network())
    assert questions.counting_tells_apart(questions.counting())
    assert questions.rates_tell_apart(questions.learning_rates())


# --- good questions, right answers


def wrong_neurons(neuron) -> list[float]:
    """Compute every wrong way anew."""
    (x, w, b), product = neuron, sum(a * c for a, c in zip(neuron.x, neuron.weight, strict=True))
    shifted = b * x[0] + w[0] * x[1] + w[1] * x[2]
    return [product, product * b, shifted, shifted + w[2], product + 3 * b]


def test_neurons_tell_every_wrong_way_from_the_right_one_and_each_other(neurons):
    for question in neurons:
        for neuron in (question.neuron, question.after):
            answers = [*wrong_neurons(neuron), numbers.torch_neuron(neuron)]
            assert len(set(answers)) == len(answers)


def test_doubling_one_input_does_not_double_the_answer(neurons):
    assert [q for q in neurons if questions.fire(q.after) == 2 * questions.fire(q.neuron)] == []


def test_neurons_stay_small_enough_for_paper(neurons):
    assert all(2 <= value <= 9 for q in neurons for value in q.neuron.x)
    assert all(2 <= abs(weight) <= 5 for q in neurons for weight in q.neuron.weight)
    assert all(2 <= abs(q.neuron.bias) <= 8 for q in neurons)


def test_one_input_doubles(neurons):
    for q in neurons:
        changed = [place for place in range(3) if q.neuron.x[place] != q.after.x[place]]
        assert changed == [q.doubled - 1]
        assert q.after.x[changed[0]] == 2 * q.neuron.x[changed[0]]


def test_networks_have_four_different_sizes_within_bounds(networks):
    assert all(len({*q}) == 4 and q.inputs == 3 and q.outputs == 2 for q in networks)
    assert all(5 <= q.batch <= 40 and 4 <= q.hidden <= 20 for q in networks)


def test_parameters_are_counted_as_pytorch_counts_them(networks):
    for q in networks:
        layers = nn.Linear(q.inputs, q.hidden), nn.Linear(q.hidden, q.outputs)
        counted = sum(parameter.numel() for layer in layers for parameter in layer.parameters())
        ways = list(questions.network_ways(q).values())
        assert questions.count_parameters(q) == counted
        assert len({counted, *ways}) == 1 + len(ways)


def test_pictures_are_counted_as_pytorch_counts_them(countings):
    for q in countings:
        right = questions.counting_right(q)
        assert right["grey"] == numbers.torch_count(q.small, 1)
        assert right["colour"] == numbers.torch_count(q.small, 3)
        assert right["large"] == numbers.torch_count(q.large, 3)
        assert right["megabytes"] == 4 * right["large"] / 1e6


def test_pictures_tell_every_wrong_way_from_the_right_one(countings):
    for q in countings:
        right, ways = questions.counting_right(q), questions.counting_ways(q)
        for code, given in ways.items():
            answered = {part: value for part, value in given.items() if value is not None}
            assert answered, code
            assert all(right[part] != value for part, value in answered.items())


def test_the_largest_rates_are_those_that_converge(trials):
    for trial in trials[:40]:
        for x in (np.array(trial.hours), np.array(questions.standardise(trial.hours))):
            a, b = np.mean(x * x), np.mean(x)
            limit = 2 / np.linalg.eigvalsh([[2 * a, 2 * b], [2 * b, 2]])[-1]
            wanted = max(rate for rate in trial.rates if rate < limit)
            assert questions.largest_rate(trial.rates, x.tolist()) == wanted


def test_no_rate_is_near_a_limit_and_the_fastest_is_another(trials):
    assert all(questions.rates_tell_apart(trial) for trial in trials)
    assert all(len(set(trial.rates)) == len(trial.rates) == 12 for trial in trials)


def test_in_the_lesson_the_last_converging_rate_shows_in_200_steps(trials):
    from course_utils.training import descend

    for trial in trials[:5]:
        rate = questions.largest_rate(trial.rates, trial.hours)
        larger = min(other for other in trial.rates if other > rate)
        ends = [descend(trial.hours, trial.temperature, learning_rate=r, steps=200).loss for r in (rate, larger)]
        assert ends[0][200] < ends[0][20] < ends[0][0] < ends[1][200]


def test_days_of_sunshine_lie_around_the_lectures_line():
    days = load_sunshine(2000, seed=5)
    slope, intercept = np.polyfit(days.hours, days.temperature, 1)
    errors = days.temperature - 1.3 * days.hours - 15
    assert (abs(slope - 1.3), abs(intercept - 15), abs(errors.std() - 1)) < (0.02, 0.2, 0.05)
    assert (days.hours.min() >= 0, days.hours.max() <= 12, days.hours.shape) == (True, True, (2000,))


def test_days_are_the_same_each_time_and_say_that_they_are_drawn():
    one, other = load_sunshine(50, seed=1), load_sunshine(50, seed=1)
    assert (one.hours == other.hours).all()
    assert (one.hours != load_sunshine(50, seed=2).hours).any()
    assert "drawn by a computer" in one.note
    with pytest.raises(ValueError, match="days must be at least 2, not 1"):
        load_sunshine(1)


# --- practice

RIGHT = {
    "neuron": lambda q: q.bias + sum(a * b for a, b in zip(q.x, q.weight, strict=True)),
    "layer-shape": lambda q: {
        "x": (q.network.batch, q.network.inputs),
        "W1": (q.network.hidden, q.network.inputs),
        "h": (q.network.batch, q.network.hidden),
        "W2": (q.network.outputs, q.network.hidden),
        "o": (q.network.batch, q.network.outputs),
    }[q.row],
    "network-parameters": lambda q: q.hidden * (q.inputs + 1) + q.outputs * (q.hidden + 1),
    "dense-count": lambda q: 3 * q.height * q.width * q.units + q.units,
}
NUMBERS = range(1, 13)


def test_every_kind_of_question_with_numbers_can_be_practised():
    assert set(RIGHT) == set(LABS["neurons"])


@pytest.mark.parametrize("topic", RIGHT)
def test_practice_is_repeatable_and_does_not_repeat(topic):
    assert [repr(practice(topic, n)) for n in NUMBERS] == [repr(practice(topic, n)) for n in NUMBERS]
    assert len({practice(topic, n).numbers for n in range(1, 101)}) >= 75


@pytest.mark.parametrize("topic", RIGHT)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_answer_is_accepted_and_another_is_not(topic, number, capsys):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    assert (question.answer(right), capsys.readouterr().out) == (True, "Correct.\n")
    others = (right[::-1], (*right, 1), (0, 0)) if topic == "layer-shape" else (right + 1, right - 1, -right, 0)
    assert not any(question.answer(other) for other in others)
    assert f"(question {number};" in repr(question)


@pytest.mark.parametrize("topic", RIGHT)
@pytest.mark.parametrize("number", NUMBERS)
def test_each_wrong_way_is_named(topic, number, capsys):
    question = practice(topic, number)
    with misconceptions.spoken_in("neurons"):
        entries = {code: misconceptions.get(code) for code in TOPICS[topic].ways(question.numbers)}
    assert entries or topic == "layer-shape"
    for code, given in TOPICS[topic].ways(question.numbers).items():
        question.answer(given)
        text = capsys.readouterr().out
        assert entries[code].feedback in text
        assert f"Read again: “{entries[code].section}”." in text


# --- hints


def test_every_exercise_has_hints():
    assert set(HINTS) == {name.removesuffix("-check") for name in lesson.points()}


@pytest.mark.parametrize("exercise", HINTS)
def test_hints_ask_and_hold_no_formula(exercise):
    assert any("?" in text for text in HINTS[exercise])
    assert all(text.rstrip().endswith(("?", ".")) for text in HINTS[exercise])
    assert [text for text in HINTS[exercise] if re.search(r"@ |\.T\b|np\.|2 \*|/ N", text)] == [
        "W has one row for each unit, X one row for each example. Which of the two must be turned for @ to fit?"
    ] * (exercise == "dense-layer")


def test_the_lesson_shows_a_hint(capsys):
    lesson_hint("hand-neuron", 1)
    assert capsys.readouterr().out.startswith("Hint 1 of 3: Which input belongs to w1")


def test_every_check_of_the_lesson_carries_its_points():
    assert sum(lesson.points().values()) == 20
    assert lesson.points() == {
        "hand-neuron-check": 2,
        "dense-layer-check": 2,
        "network-shapes-check": 3,
        "line-by-descent-check": 3,
        "fool-colleague-check": 2,
        "collapse-stack-check": 2,
        "picture-weights-check": 2,
        "recipe-card-check": 2,
        "largest-rate-check": 2,
    }


def test_torch_agrees_that_a_layer_is_what_the_lesson_says():
    X, W, b = torch.randn(5, 3), torch.randn(4, 3), torch.randn(4)
    assert torch.allclose(nn.functional.linear(X, W, b), X @ W.T + b, atol=1e-6)
