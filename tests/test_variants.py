"""Each student's own numbers: always the same, good questions, different for different students."""

import hashlib
import random

import pytest
import torch
import torch.nn.functional as F
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import conv_and_pooling as check
from course_utils.judging.variants import Dice, draw, student_id
from course_utils.variants import conv_and_pooling as questions

lesson = Lesson("05_conv_and_pooling")

STUDENTS = [f"student{number}" for number in range(150)] + [f"{number:08d}@uni.example" for number in range(50)]
EXERCISES = {
    "convolve-by-hand": questions.hand_convolution,
    "output-sizes": questions.windows,
    "parameter-counts": questions.counting,
    "transposed-sizes": questions.stamps,
}


@pytest.fixture(scope="module", params=EXERCISES)
def drawn(request):
    """The questions of all students in one exercise."""
    return [EXERCISES[request.param](student) for student in STUDENTS]


@pytest.fixture(scope="module")
def drawn_windows():
    return [questions.windows(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def drawn_countings():
    return [questions.counting(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def drawn_stamps():
    return [questions.stamps(student) for student in STUDENTS]


@pytest.fixture(scope="module")
def drawn_by_hand():
    return [questions.hand_convolution(student) for student in STUDENTS]


def wrong_ways(prefix: str, asked) -> list[tuple]:
    """Return what each known wrong way answers to several questions; the right answer is not asked for."""
    return [tuple(m.procedure(**q._asdict()) for q in asked) for m in misconceptions.with_prefix(prefix)]


# --- the same, and different


def digest(student: str) -> str:
    """Return a fingerprint of all of a student's questions."""
    text = repr([exercise(student) for exercise in EXERCISES.values()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("student", "fingerprint"), [("ada", "fd5c845e4b46c2a5"), ("s1234567", "db021b666695ed64")])
def test_a_students_questions_never_change(student, fingerprint):
    assert digest(student) == fingerprint, "students would find other questions than the ones they have answered"


def test_students_get_different_questions(drawn):
    assert len({repr(question) for question in drawn}) >= 150


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_question_is_the_same_each_time(exercise):
    assert exercise("ada") == exercise("ada")


def test_dice_do_not_touch_the_global_generator():
    random.seed(1)
    before = random.getstate()
    questions.windows("ada")
    assert random.getstate() == before


# --- ids


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("wrong", ["a b", "../x", "-x", ".x", "ä", "x" * 65, "a\n", "a/b", None, 7, ["ada"]])
def test_a_bad_id_is_refused_in_a_sentence(exercise, wrong):
    with pytest.raises(ValueError, match=r"a student id is up to 64 letters, digits and . _ @ -"):
        exercise(wrong)


@pytest.mark.parametrize("good", ["a", "7", "ada.l", "s_1-2@uni.example", "x" * 64, ""])
def test_a_good_id_is_returned_as_it_is(good):
    assert student_id(good) == good


def test_a_rule_that_is_too_strict_is_told():
    with pytest.raises(RuntimeError, match="no acceptable question in 20000 draws from sample_window"):
        draw(Dice("x"), questions.sample_window, lambda question: False)


# --- the lectures' own numbers


def test_without_an_id_come_the_lectures_windows():
    assert [tuple(q) for q in questions.windows().values()] == [
        (7, 3, 1, 0),
        (7, 3, 2, 0),
        (7, 3, 1, 1),
        (7, 3, 3, 0),
        (32, 5, 1, 2),
    ]


def test_without_an_id_comes_the_lectures_picture():
    image, kernel = questions.hand_convolution()
    assert (questions.slide(image, kernel), kernel[0]) == (((4, 3, 4), (2, 4, 3), (2, 3, 4)), (1, 0, 1))


def test_without_an_id_come_the_lectures_layers():
    counted = [questions.count_parameters(layer) for layer in questions.counting().layers.values()]
    assert counted == [760, 140, 1510]


def test_without_an_id_comes_the_lectures_way_up():
    assert (tuple(questions.stamps()), questions.sizes_back(questions.stamps())) == ((3, 3, 2, 1), [5, 6])


# --- good questions


def test_windows_tell_every_known_wrong_way_from_the_right_one(drawn_windows):
    for asked in drawn_windows:
        right = tuple(questions.count_windows(q) for q in asked.values())
        ways = [
            tuple(r if given is None else given for given, r in zip(way, right, strict=True))
            for way in wrong_ways("SZ", asked.values())
        ]
        assert right not in ways


def test_windows_tell_the_known_wrong_ways_from_each_other(drawn_windows):
    assert all(
        len(set(wrong_ways("SZ", asked.values()))) == len(misconceptions.with_prefix("SZ")) for asked in drawn_windows
    )


def test_only_question_d_leaves_cells_over(drawn_windows):
    left = [{letter for letter, q in asked.items() if questions.count_leftover(q)} for asked in drawn_windows]
    assert left == [{"d"}] * len(STUDENTS)


def test_windows_stay_within_their_bounds(drawn_windows):
    every = [q for asked in drawn_windows for q in asked.values()]
    assert all(
        q.size <= 64 and 2 <= q.kernel_size <= 7 and 1 <= q.stride <= 4 and 0 <= q.padding < q.kernel_size
        for q in every
    )


def test_windows_fit_at_least_twice(drawn_windows):
    assert min(questions.count_windows(q) for asked in drawn_windows for q in asked.values()) >= 2


def test_windows_are_counted_as_pytorch_counts_them(drawn_windows):
    for size, kernel_size, stride, padding in (q for asked in drawn_windows for q in asked.values()):
        row, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
        counted = questions.count_windows(questions.Window(size, kernel_size, stride, padding))
        assert counted == F.conv1d(row, weight, stride=stride, padding=padding).shape[2]


def test_layers_tell_every_known_wrong_count_from_the_right_one(drawn_countings):
    for question in drawn_countings:
        layers = question.layers.values()
        assert tuple(questions.count_parameters(layer) for layer in layers) not in wrong_ways("PC", layers)


def test_layers_tell_the_known_wrong_counts_from_each_other(drawn_countings):
    numbers = [len(set(wrong_ways("PC", question.layers.values()))) for question in drawn_countings]
    assert set(numbers) == {len(misconceptions.with_prefix("PC"))}


def test_layers_stay_within_their_bounds(drawn_countings):
    assert all(
        1 <= layer.in_channels <= 16 and 2 <= layer.out_channels <= 32 and layer.kernel_size in (3, 5, 7)
        for question in drawn_countings
        for layer in question.layers.values()
    )


def test_layer_a_keeps_the_pictures_size(drawn_countings):
    assert all(question.layers["a"].positions == question.image_size**2 for question in drawn_countings)


def test_layers_are_counted_as_pytorch_counts_them(drawn_countings):
    for layer in (layer for question in drawn_countings[:50] for layer in question.layers.values()):
        made = torch.nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size, device="meta")
        assert questions.count_parameters(layer) == sum(p.numel() for p in made.parameters())


def test_stamps_tell_every_known_wrong_size_from_the_right_one(drawn_stamps):
    assert all((questions.count_stamped(q),) not in wrong_ways("TC", [q]) for q in drawn_stamps)


def test_stamps_tell_the_known_wrong_sizes_from_each_other(drawn_stamps):
    assert all(len(set(wrong_ways("TC", [q]))) == len(misconceptions.with_prefix("TC")) for q in drawn_stamps)


def test_stamps_are_measured_as_pytorch_measures_them(drawn_stamps):
    for q in drawn_stamps:
        row, weight = torch.zeros(1, 1, q.size), torch.zeros(1, 1, q.kernel_size)
        out = F.conv_transpose1d(row, weight, stride=q.stride, padding=q.padding)
        assert questions.count_stamped(q) == out.shape[2]


def test_stamps_have_more_than_one_way_back(drawn_stamps):
    assert all(len(questions.sizes_back(q)) == q.stride for q in drawn_stamps)


def test_the_smallest_way_back_is_the_way_up(drawn_stamps):
    assert all(min(questions.sizes_back(q)) == questions.count_stamped(q) for q in drawn_stamps)


def test_pictures_and_kernels_hold_zeros_and_ones(drawn_by_hand):
    assert {value for q in drawn_by_hand for grid in q for row in grid for value in row} == {0, 1}


def test_pictures_are_five_wide_and_kernels_three(drawn_by_hand):
    assert {(len(q.image), *map(len, q.image), len(q.kernel), *map(len, q.kernel)) for q in drawn_by_hand} == {
        (5, 5, 5, 5, 5, 5, 3, 3, 3, 3)
    }


def test_a_turned_kernel_shows_in_every_question(drawn_by_hand):
    turned = [questions.slide(q.image, tuple(row[::-1] for row in q.kernel[::-1])) for q in drawn_by_hand]
    assert all(questions.slide(*q) != wrong for q, wrong in zip(drawn_by_hand, turned, strict=True))


def test_a_turned_kernel_is_no_transposed_one(drawn_by_hand):
    for image, kernel in drawn_by_hand:
        turned = questions.slide(image, tuple(row[::-1] for row in kernel[::-1]))
        assert turned != questions.slide(image, tuple(zip(*kernel, strict=True)))


def test_a_transposed_kernel_shows_in_every_question(drawn_by_hand):
    assert all(
        questions.slide(*q) != questions.slide(q.image, tuple(zip(*q.kernel, strict=True))) for q in drawn_by_hand
    )


# --- right answers earn full marks

PRODUCTS = [[0, 3, 2], [4, 4, 0], [0, 2, 4]]


def answer_by_hand(student):
    question = questions.hand_convolution(student)
    image, kernel = (torch.tensor(grid, dtype=torch.float64)[None, None] for grid in question)
    return check.convolve_by_hand({"feature map": F.conv2d(image, kernel)[0, 0], "products": PRODUCTS}, question)


def answer_sizes(student):
    asked, answers = questions.windows(student), {}
    for letter, q in asked.items():
        starts = range(0, q.size + 2 * q.padding, q.stride)
        inside = [cell for cell in starts if cell + q.kernel_size <= q.size + 2 * q.padding]
        leftover = q.size + 2 * q.padding - inside[-1] - q.kernel_size
        answers[letter] = {"size": len(inside), "units": len(inside) ** 2, "leftover": leftover}
    return check.output_sizes(answers, asked)


def answer_counts(student):
    question = questions.counting(student)
    answers = {letter: q.out_channels * (q.in_channels * q.kernel_size**2 + 1) for letter, q in question.layers.items()}
    inputs = 3 * question.image_size**2
    outputs = question.layers["a"].out_channels * question.image_size**2
    return check.parameter_counts(answers | {"pooling": 0, "dense": (inputs + 1) * outputs}, question)


def answer_up(student):
    q = questions.stamps(student)
    size = (q.size - 1) * q.stride + q.kernel_size - 2 * q.padding
    back = list(range(size, size + q.stride))
    return check.transposed_sizes(
        {"size": size, "sizes back": back, "output padding": q.stride - 1, "is a pair": "no"}, q
    )


@pytest.mark.parametrize("answer", [answer_by_hand, answer_sizes, answer_counts, answer_up])
@pytest.mark.parametrize("student", ["", *STUDENTS[5:15], *STUDENTS[160:170]])
def test_right_answers_earn_full_marks(student, answer):
    credit = answer(student)
    assert float(credit) == credit.points


@pytest.mark.parametrize(
    ("exercise", "run"),
    [
        ("convolve-by-hand", lambda a: check.convolve_by_hand(a, questions.hand_convolution())),
        ("output-sizes", lambda a: check.output_sizes(a, questions.windows())),
        ("parameter-counts", lambda a: check.parameter_counts(a, questions.counting())),
        ("transposed-sizes", lambda a: check.transposed_sizes(a, questions.stamps())),
        ("design-kernels", check.design_kernels),
        ("shift-behaviour", check.shift_behaviour),
        ("dropout-batch-norm", check.dropout_batch_norm),
    ],
)
def test_the_lessons_solution_earns_full_marks(exercise, run):
    credit = run(lesson.solution(exercise))
    assert float(credit) == credit.points
