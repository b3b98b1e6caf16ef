"""Multiple choice: marked by key, each wrong option answers with a word of its own, options in the student's order."""

from itertools import combinations, product

import numpy as np
import pytest

from course_utils.judging import shared
from course_utils.judging.choices import Choice, Option, Sorting, in_order, judge_choices, sheet
from course_utils.judging.findings import report
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted

ONE = Choice(
    "How large?",
    {
        "small": Option("1 cell", way=shared.DS1),
        "medium": Option("2 cells"),
        "large": Option("3 cells", way=shared.DS3.in_lab("Layers"), feedback="Which cell would be the third?"),
        "very large": Option("4 cells", feedback="Which cell would be the fourth?"),
    },
    right="medium",
)
SEVERAL = Choice(
    "What holds?",
    {
        "up": Option("It rises", way=shared.GR1),
        "down": Option("It falls"),
        "left": Option("It leaves", feedback="Where does it go?", way=shared.GR2),
        "right": Option("It stays"),
    },
    right={"down", "left"},
)
SORT = Sorting(
    "Sort.",
    {"fruit": "grows on trees", "vegetable": "grows below"},
    {"apple": "fruit", "pear": "fruit", "carrot": "vegetable"},
    slips={("carrot", "fruit"): shared.DS4},
)
QUESTIONS = {"a": ONE, "b": SEVERAL, "c": SORT}
RIGHT = {"a": "medium", "b": {"down", "left"}, "c": dict(SORT.cards)}


def answers(**changes) -> dict:
    return RIGHT | changes


def sorted_as(**changes) -> dict:
    return RIGHT | {"c": SORT.cards | changes}


@pytest.fixture
def mark(capsys):
    """Judge some answers: how many of the parts are right, the codes, and the lines that were printed."""

    def run(given, questions=QUESTIONS) -> tuple[float, tuple[str, ...], list[str]]:
        found = judge_choices(given, questions)
        credit = report(found)
        first, *lines = capsys.readouterr().out.splitlines()
        lines = lines or [first.removeprefix("✓ ")]
        share, told = (1.0, ()) if credit is None else (credit.share, credit.codes)
        return pytest.approx(share * len(found)), told, lines

    return run


def test_all_right_earns_all_points(mark):
    assert mark(RIGHT) == (4, (), ["Correct."])


@pytest.mark.parametrize(
    "form",
    [
        {"a": "Medium"},
        {"a": " medium "},
        {"a": ["medium"]},
        {"a": {"medium"}},
        {"b": ["left", "down"]},
        {"b": ("down", "left", "down")},
        {"b": frozenset({"down", "left"})},
        {"b": {"DOWN", " left"}},
        {"c": {"pear": "Fruit", "carrot": " vegetable", "apple": "fruit"}},
        {"c": SORT.cards | {"plum": "fruit"}},
    ],
)
def test_a_right_answer_counts_in_any_form(mark, form):
    assert mark(answers(**form))[0] == 4


def test_a_key_may_have_two_words(mark):
    assert mark({"a": "very  large"}, {"a": Choice("?", ONE.options, "very large")})[0] == 1


@pytest.mark.parametrize("blank", [None, ..., [], set(), {}])
def test_no_answer_is_not_wrong(mark, blank):
    credit, _codes, lines = mark(answers(a=blank))
    assert credit == 3
    assert lines[0].endswith("No answer yet: a.")


def test_an_untouched_cell_is_not_attempted():
    with pytest.raises(NotAttempted):
        report(judge_choices({"a": None, "b": None, "c": dict.fromkeys(SORT.cards)}, QUESTIONS))


def test_each_box_is_a_part(mark):
    assert mark(sorted_as(carrot="fruit"))[0] == 2
    assert mark(sorted_as(carrot=None))[0] == 3
    assert mark(sorted_as(pear=None))[0] == 3


# --- what a wrong answer is told


def test_an_option_answers_with_the_text_of_its_code(mark):
    credit, codes, lines = mark(answers(a="small"))
    assert (credit, codes) == (3, ("DS1",))
    assert lines[1:3] == ["a: you chose 'small'.", f"Hint: {shared.DS1.feedback}"]


def test_an_option_may_have_words_of_its_own(mark):
    _, codes, lines = mark(answers(a="large"))
    assert (codes, lines[2]) == (("DS3",), "Hint: Which cell would be the third?")
    assert lines[3].startswith("Read again: ")
    _credit, codes, lines = mark(answers(a="very large"))
    assert (codes, lines[2:]) == ((), ["Hint: Which cell would be the fourth?"])


def test_what_was_left_out_of_a_set_is_asked_for(mark):
    _credit, codes, lines = mark(answers(b={"down"}))
    assert codes == ("GR2",)
    assert lines[1:3] == ["b: you chose 'down'. All of this holds; is it all that holds?", "Hint: Where does it go?"]


def test_in_a_set_the_wrong_option_comes_first(mark):
    assert mark(answers(b={"up", "down"}))[1] == ("GR1",)


def test_a_known_slip_in_sorting_has_its_code(mark):
    _credit, codes, lines = mark(sorted_as(carrot="fruit"))
    assert codes == ("DS4",)
    assert lines[1] == "c: you put 'carrot' under 'fruit'."


def test_the_codes_of_all_parts_are_collected(mark):
    assert mark(answers(a="small", b={"up"}, c={"carrot": "fruit"}))[1] == ("DS1", "GR1", "DS4")


def test_the_part_that_has_a_hint_is_told(mark):
    lines = mark(answers(a="small", b={"down", "left", "right"}))[2]
    assert lines[1].startswith("a: ")
    lines = mark(answers(a="tiny", b={"up"}))[2]
    assert lines[1].startswith("b: ")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"a": "tiny"}, "a: there is no option 'tiny'. The options are 'small', 'medium', 'large', 'very large'."),
        ({"a": 3}, "a: give the key of an option ('small', 'medium', 'large', 'very large'), not an int."),
        ({"a": ["medium", 3]}, "not a list"),
        ({"a": {"medium", "small"}}, "a: give one key: one option only is right."),
        ({"b": {"down": True}}, "b: give the key of an option"),
        ({"b": np.array(["down", "left"])}, "not an ndarray"),
        ({"c": "fruit"}, "c: give a dict from card to box, not a str."),
        ({"c": SORT.cards | {"pear": "nut"}}, "c: 'nut' is no box. The boxes are 'fruit', 'vegetable'."),
        ({"c": SORT.cards | {"pear": 3}}, "c: 3 is no box."),
        ({"c": SORT.cards | {"pear": None}}, "c: 'pear' has no box yet."),
    ],
)
def test_what_cannot_be_read_is_wrong_and_named(mark, given, told):
    credit, _codes, lines = mark(answers(**given))
    assert credit != 4
    assert told in lines[1]


class EqualsAll(str):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash("medium")


def test_an_object_that_equals_everything_is_wrong(mark):
    assert mark(answers(a=EqualsAll("small")))[0] == 3


@pytest.mark.parametrize("given", [None, [], "medium", 4])
def test_answers_are_a_dict(given):
    with pytest.raises(CheckFailed, match="choices should be a dict with the keys a, b, c"):
        judge_choices(given, QUESTIONS)


# --- over all answers there are


def some_sets(keys):
    return [set(chosen) for size in (1, 2, 3, 4) for chosen in combinations(keys, size)]


ALL = [
    *(answers(a=key) for key in ONE.options),
    *(answers(b=keys) for keys in some_sets(SEVERAL.options)),
    *(answers(c=dict(zip(SORT.cards, boxes, strict=True))) for boxes in product([*SORT.boxes, None], repeat=3)),
]


@pytest.mark.parametrize("given", ALL, ids=range(len(ALL)))
def test_only_the_right_answer_earns_all(mark, given):
    credit, _codes, lines = mark(given)
    assert (credit == 4) == (given == RIGHT)
    assert len(lines) <= 4


@pytest.mark.parametrize("given", ALL, ids=range(len(ALL)))
def test_the_right_key_is_never_printed_unless_it_was_given(mark, given):
    _, _, lines = mark(given)
    if given["a"] != "medium":
        assert "medium" not in "\n".join(lines)
    if given["b"] == {"up"}:
        assert "left" not in "\n".join(lines)


# --- the questions' text


def test_without_a_student_the_order_is_as_written():
    assert in_order("abc", "x") == ["a", "b", "c"]


def test_students_have_orders_of_their_own_that_stay():
    orders = [tuple(in_order("abcd", "x", f"student{number}")) for number in range(200)]
    assert len(set(orders)) == 24
    assert orders == [tuple(in_order("abcd", "x", f"student{number}")) for number in range(200)]


@pytest.mark.parametrize("student", ["", "ada", "bela"])
def test_a_sheet_shows_every_option_and_card_once(student):
    text = sheet(QUESTIONS, student)._repr_markdown_()
    for key, option in (ONE.options | SEVERAL.options).items():
        assert text.count(f"- `'{key}'`: {option.text}") == 1
    for card in SORT.cards:
        assert text.count(card) == 1
    assert text.index("**a)**") < text.index("**b)**") < text.index("**c)**")


def test_a_sheet_says_where_several_may_hold():
    assert sheet({"a": ONE}).count("Choose all that hold") == 0
    assert sheet({"b": SEVERAL}).count("Choose all that hold") == 1


# --- questions that were written wrongly


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Choice("?", ONE.options, "huge"), "huge should be among small, medium"),
        (lambda: Choice("?", ONE.options, {"small", "huge"}), "huge should be among"),
        (lambda: Choice("?", {"Big": Option("")}, "Big"), "lower case"),
        (lambda: Sorting("?", SORT.boxes, {"apple": "nut"}), "nut should be among fruit, vegetable"),
        (lambda: Sorting("?", SORT.boxes, SORT.cards, {("plum", "fruit"): shared.DS1}), "plum should be among"),
        (lambda: Sorting("?", SORT.boxes, SORT.cards, {("pear", "nut"): shared.DS1}), "nut should be among"),
    ],
)
def test_a_faulty_question_is_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()
