"""Lab 07: its variants, its practice, its hints."""

import re

import pytest
import torch
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import transfer_learning as check
from course_utils.checks.transfer_learning import HINTS, hint
from course_utils.models import make_small_cnn
from course_utils.practice import LABS, practice
from course_utils.variants import transfer_learning as questions

lesson, homework = Lesson("07_transfer_learning"), Lesson("07_transfer_learning_homework")
STUDENTS = [f"student{number}" for number in range(200)]
TOPICS = LABS["transfer_learning"]
NUMBERS = range(1, 13)


@pytest.fixture(scope="module")
def drawn_heads():
    return [questions.heads(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def drawn_folders():
    return [questions.folders(student) for student in STUDENTS]


# --- variants


def test_without_an_id_come_the_lectures_heads():
    assert [questions.count_head(head) for head in questions.heads().values()] == [50_178, 1_026, 2_050]


def test_without_an_id_come_211_photographs():
    assert sum(questions.folders()) == 211


@pytest.mark.parametrize("draw", [questions.heads, questions.folders])
def test_the_same_id_gives_the_same_question(draw):
    assert [draw(student) for student in STUDENTS[:20]] == [draw(student) for student in STUDENTS[:20]]


@pytest.mark.parametrize("draw", [questions.heads, questions.folders])
def test_other_ids_give_other_questions(draw):
    assert len({str(draw(student)) for student in STUDENTS}) > 120


@pytest.mark.parametrize("draw", [questions.heads, questions.folders])
def test_an_id_with_odd_characters_is_refused(draw):
    with pytest.raises(ValueError, match="a student id is up to 64"):
        draw("../x")


def test_heads_are_counted_as_pytorch_counts_them(drawn_heads):
    for head in (head for asked in drawn_heads for head in asked.values()):
        layer = torch.nn.Linear(head.inputs, head.classes, device="meta")
        assert questions.count_head(head) == sum(p.numel() for p in layer.parameters())


def test_every_wrong_count_is_wrong_and_each_in_its_own_way(drawn_heads):
    for asked in drawn_heads:
        right = tuple(map(questions.count_head, asked.values()))
        ways = list(zip(*(questions.head_ways(head).values() for head in asked.values()), strict=True))
        assert right not in ways
        assert len(set(ways)) == len(ways)


def test_heads_stay_within_their_bounds(drawn_heads):
    for asked in drawn_heads:
        assert all(3 <= head.classes <= 6 and 4 <= head.height <= 9 for head in asked.values())
        assert (asked["a"].pooled, asked["b"].pooled, asked["c"].inputs) == (False, True, questions.FEATURES)


def test_the_labs_network_has_the_numbers_that_the_questions_say():
    network = make_small_cnn(3)
    body = sum(p.numel() for name, p in network.named_parameters() if not name.startswith("head"))
    assert (body, network.head.in_features) == (questions.BODY, questions.FEATURES)


def test_the_share_is_what_a_frozen_network_trains(drawn_heads):
    for head in (asked["c"] for asked in drawn_heads[:30]):
        network = make_small_cnn(head.classes)
        sizes = {name: p.numel() for name, p in network.named_parameters()}
        own = sizes["head.weight"] + sizes["head.bias"]
        assert questions.trained_share(head) == pytest.approx(100 * own / sum(sizes.values()))


def test_folders_differ_by_as_many_as_labels_are_wrong(drawn_folders):
    for question in drawn_folders:
        places = questions.wrong_places(question)
        assert len(places) == abs(question.first - question.second) == places[-1] - places[0] + 1 >= 7


def test_every_wrong_number_of_labels_is_another_one(drawn_folders):
    for question in drawn_folders:
        ways = list(questions.bug_ways(question).values())
        assert len(questions.wrong_places(question)) not in ways
        assert len(set(ways)) == len(ways)


@pytest.mark.parametrize("student", ["", *STUDENTS[:20]])
def test_right_answers_earn_full_marks(student):
    asked, question = questions.heads(student), questions.folders(student)
    counts = {}
    for letter, head in asked.items():
        counts[letter] = head.classes * (head.channels * (1 if head.pooled else head.height * head.width) + 1)
    counts |= {"full": 23_584 + counts["c"], "share": round(100 * counts["c"] / (23_584 + counts["c"]), 1)}
    assert check.head_sizes(counts, asked) == 3
    low, high = sorted(question)
    bug = {"wrong": high - low, "first": low, "last": high - 1}
    repair = lesson.answers("label-bug").repair_labels
    assert check.swapped_labels(bug, repair, question) == 2


# --- practice

RIGHT = {
    "head-size": lambda q: q.classes * (q.channels * (1 if q.pooled else q.height * q.width) + 1),
    "label-bug": lambda q: abs(q.first - q.second),
}


def test_every_question_with_numbers_can_be_practised():
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
        question.answer(given)
        text = capsys.readouterr().out
        with misconceptions.spoken_in("transfer_learning"):
            entry = misconceptions.get(code.split(":")[0])
        assert entry.feedback in text or entry.name in text


@pytest.mark.parametrize("topic", TOPICS)
def test_the_right_number_is_never_told(topic, capsys):
    question = practice(topic, 5)
    question.answer(RIGHT[topic](question.numbers) + 100_000)
    assert str(RIGHT[topic](question.numbers)) not in re.findall("[0-9]+", capsys.readouterr().out)


@pytest.mark.parametrize("topic", TOPICS)
def test_other_numbers_are_other_questions(topic):
    assert len({practice(topic, number).numbers for number in range(1, 101)}) >= 75


# --- hints


def test_every_exercise_has_hints():
    exercises = [*lesson.points(), *homework.points()]
    assert list(HINTS) == [name.removesuffix("-check") for name in exercises if name.endswith("-check")]


@pytest.mark.parametrize("exercise", HINTS)
def test_hints_ask(exercise):
    assert all("?" in text for text in HINTS[exercise])


def test_the_lesson_shows_a_hint(capsys):
    hint("label-bug", 1)
    assert capsys.readouterr().out.startswith("Hint 1 of 3: Write both label vectors")


def test_the_lab_has_twenty_points():
    assert sum(lesson.points().values()) == 20
