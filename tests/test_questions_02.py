"""Lab 02: each student's own numbers, practice without end, hints one at a time."""

import hashlib
import math
import re
from fractions import Fraction

import pytest
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import activations as check
from course_utils.misconceptions.activations import by_hand_ways
from course_utils.practice import LAB_OF, LABS, practice
from course_utils.variants import activations as questions

lesson = Lesson("02_activations")

STUDENTS = [f"student{number}" for number in range(150)] + [f"{number:08d}@uni.example" for number in range(50)]
DRAWN = {student: questions.by_hand(student) for student in STUDENTS}
TOPICS = LABS["activations"]
NUMBERS = range(1, 13)


def right_by_hand(question) -> dict[str, float]:
    """Work the numbers out in another way than the lab does."""
    z = [0, math.log(question.p), -math.log(question.q)]
    a, b, c = (1 / (1 + math.exp(-value)) for value in z)
    doubled = math.log(question.doubled / (1 - question.doubled))
    largest = max((s := 1 / (1 + math.exp(-step / 100))) * (1 - s) for step in range(-300, 301))
    bound = math.exp(question.layers * math.log(largest))
    return {"a": a, "b": b, "c": c, "largest slope": largest, "tanh": math.tanh(doubled / 2), "bound": bound}


# --- variants


@pytest.mark.parametrize(("student", "fingerprint"), [("ada", "1b9dec4036906829"), ("s1234567", "bb14e091f967cd6b")])
def test_a_students_questions_never_change(student, fingerprint):
    digest = hashlib.sha256(repr(questions.by_hand(student)).encode()).hexdigest()[:16]
    assert digest == fingerprint, "students would find other questions than the ones they have answered"


def test_students_get_different_questions():
    assert len(set(DRAWN.values())) >= 150


def test_without_an_id_come_the_numbers_of_the_lab():
    assert questions.by_hand() == (3, 4, 0.9, 10)
    assert float(questions.right_numbers(questions.by_hand())["bound"]) == pytest.approx(9.54e-7, rel=1e-3)


@pytest.mark.parametrize("wrong", ["a b", "../x", "x" * 65, None, 7])
def test_a_bad_id_is_refused(wrong):
    with pytest.raises(ValueError, match="a student id is up to 64 letters"):
        questions.by_hand(wrong)


def test_every_students_numbers_are_right():
    for question in [*DRAWN.values(), questions.by_hand()]:
        found = {part: float(value) for part, value in questions.right_numbers(question).items()}
        assert found == pytest.approx(right_by_hand(question), rel=1e-9)


def test_every_students_numbers_are_bounded():
    for question in DRAWN.values():
        assert 2 <= question.p <= 9
        assert 2 <= question.q <= 9
        assert question.p != question.q
        assert 0.5 < question.doubled < 1
        assert 4 <= question.layers <= 14
        assert question.layers != 10


def test_no_wrong_way_gives_a_students_right_number():
    for question in DRAWN.values():
        right = right_by_hand(question)
        for code, parts in by_hand_ways(*question).items():
            for part, value in parts.items():
                for wrong in value if isinstance(value, list) else [value]:
                    room = 0.012 if right[part] >= 0.05 else right[part] / 10
                    assert abs(wrong - right[part]) > room, (question, code, part)


def test_every_wrong_way_of_every_tenth_student_is_told_apart():
    for question in list(DRAWN.values())[::10]:
        right = right_by_hand(question)
        for code, parts in by_hand_ways(*question).items():
            several = next((value for value in parts.values() if isinstance(value, list)), [None])
            for number in range(len(several)):
                wrong = {p: v[number] if isinstance(v, list) else v for p, v in parts.items()}
                assert check.sigmoid_by_hand(right | wrong, question).codes == (code,)


def test_the_options_stand_in_each_students_own_order():
    sheets = {str(check.questions(student)) for student in STUDENTS[:20]}
    assert len(sheets) == 20
    assert len({"".join(sorted(sheet)) for sheet in sheets}) == 1


# --- practice


RIGHT = {
    "sigmoid-by-hand": lambda z: float(Fraction(z.p, z.p + z.q)),
    "tanh-from-sigmoid": lambda s: (2 * s.hundredths - 100) / 100,
    "slope-bound": lambda chain: 2.0 ** (-2 * chain.layers),
}


def test_every_kind_of_question_with_numbers_can_be_practised():
    assert set(RIGHT) == set(TOPICS)
    assert {LAB_OF[topic] for topic in TOPICS} == {"activations"}


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_number_is_the_same_question_and_others_are_others(topic):
    assert [repr(practice(topic, n)) for n in NUMBERS] == [repr(practice(topic, n)) for n in NUMBERS]
    assert len({practice(topic, n).numbers for n in range(1, 101)}) >= 20


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_answer_is_accepted_also_rounded(topic, number, capsys):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    rounded = round(right, 2) if topic != "slope-bound" else float(f"{right:.1e}")
    assert question.answer(right)
    assert question.answer(rounded)
    assert capsys.readouterr().out == "Correct.\n" * 2


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_another_number_is_not_accepted(topic, number):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    wrong = (right + 1, right - 1, 1.2 * right, 0.8 * right, 0, -right, 10**30)
    assert not any(question.answer(value) for value in wrong if abs(value - right) > 0.006 or topic == "slope-bound")


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", NUMBERS)
def test_each_wrong_way_is_named(topic, number, capsys):
    question = practice(topic, number)
    for code, value in TOPICS[topic].ways(question.numbers).items():
        question.answer(value)
        text = capsys.readouterr().out
        with misconceptions.spoken_in("activations"):
            entry = misconceptions.get(code)
        assert entry.feedback in text or entry.name in text or text == "Correct.\n"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_right_number_is_never_told(topic, capsys):
    for number in NUMBERS:
        question = practice(topic, number)
        question.answer(77)
        told = re.findall(r"[0-9.]*[0-9](?:e-?[0-9]+)?", capsys.readouterr().out)
        right = RIGHT[topic](question.numbers)
        assert [text for text in told if float(text) and abs(float(text) - right) < 0.01] == []


# --- hints


def test_every_exercise_has_hints():
    assert set(check.HINTS) == {name.removesuffix("-check") for name in lesson.points()}


@pytest.mark.parametrize("exercise", check.HINTS)
def test_hints_ask_and_hold_no_answer(exercise):
    texts = check.HINTS[exercise]
    assert len(texts) >= 2
    assert any("?" in text for text in texts)
    assert all(text.endswith(("?", ".")) for text in texts)
    assert not re.search(r"0\.25|0\.75|0\.46|2\.5\b|== 0", " ".join(texts))


def test_the_lesson_shows_a_hint(capsys):
    check.hint("mlp-forward", 1)
    assert capsys.readouterr().out.startswith("Hint 1 of 3: Which two things")
