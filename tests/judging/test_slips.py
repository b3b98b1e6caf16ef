"""What is true of the numbers of a wrong answer, where no wrong way of an exercise's own gives it."""

import numpy as np
import pytest

from course_utils.judging.answer import Standing
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Finding, Wrong, slips_give_way
from course_utils.judging.misconceptions import Misconception, known
from course_utils.judging.numbers import judge_numbers, slip_of
from course_utils.judging.shared import GR1
from course_utils.judging.slips import SL3, SLIPS, in_array

RIGHT = np.array([[1.2, -2.3, 3.4, 0.6], [4.5, 5.1, -6.2, 7.7], [-0.4, 8.8, 9.1, -1.5]])  # (3, 4)
COLUMNS = np.array([0.5, 2.0, -1.0, 3.0])

ARRAYS = [
    ("SL1", -RIGHT),
    ("SL2", 2 * RIGHT),
    ("SL2", RIGHT / 2),
    ("SL3", RIGHT / 3),
    ("SL4", RIGHT.T),
    ("SL5", RIGHT[None]),
    ("SL5", RIGHT.reshape(-1)),
    ("SL6", RIGHT[::-1]),
    ("SL7", RIGHT + 0.25),
    ("SL8", np.trunc(RIGHT)),
    ("SL9", abs(RIGHT)),
    ("SL10", RIGHT.clip(0)),
    ("SL11", np.broadcast_to(RIGHT[:1], RIGHT.shape)),
    ("SL12", np.where(np.arange(12).reshape(3, 4) < 5, RIGHT, 0)),
    ("SL13", RIGHT.sum(0)),
    ("SL13", RIGHT.mean(1)),
    ("SL14", RIGHT**2),
    ("SL16", RIGHT[:-1]),
    ("SL16", RIGHT[:, 1:]),
    ("SL19", RIGHT + COLUMNS),
    ("SL20", RIGHT * COLUMNS),
    ("SL21", RIGHT * 1.0 + np.array([[0], [0.3], [0.9]]) * RIGHT**2),
    ("SL22", RIGHT + np.array([[0], [0], [1]]) * RIGHT**2),
    ("SL123", np.where(RIGHT > 0, RIGHT, np.nan)),
    ("SL124", np.pad(RIGHT, ((0, 2), (0, 0)))),
    ("SL8", RIGHT.astype(np.float16).astype(float) * 1.0),
    ("SL134", RIGHT.clip(-2, 5)),
    ("SL136", np.tanh(RIGHT)),
    ("SL136", np.exp(RIGHT) / np.exp(RIGHT).sum(axis=1, keepdims=True)),
    ("SL135", (RIGHT - RIGHT.mean()) / RIGHT.std()),
    ("SL125", np.broadcast_to(RIGHT.max(axis=0), RIGHT.shape)),
    ("SL133", RIGHT + 1e-3 * abs(RIGHT)),
    ("SL8", RIGHT.astype(np.float16)),
]


@pytest.mark.parametrize(("code", "given"), ARRAYS)
def test_a_slip_is_seen_in_an_array(code, given):
    assert [way.code for way in in_array(given, RIGHT, {})][:1] == [code]


@pytest.mark.parametrize("given", [np.ones((3, 4)), np.zeros((3, 4)), RIGHT + RIGHT**2 / 9])
def test_what_is_no_slip_has_no_name(given):
    assert list(in_array(given, RIGHT, {})) == []


def test_a_slip_on_top_of_a_known_way_is_both():
    way = Misconception("ZZ97", "of this test", "This is another matrix. Which?", "A section")
    (found,) = in_array(-RIGHT[:, ::2] * 7, RIGHT, {way: lambda: RIGHT[:, ::2] * 7})
    assert found.code == "ZZ97+SL1"
    assert "another matrix" in found.hint
    assert "the size is right" in found.hint
    assert found not in known()


class Doubled(Implementation):
    """Write ``doubled(x)``."""

    id = "doubled"

    def cases(self):
        return [Case(f"{len(x)} numbers", np.array(x)) for x in ([2.0], [1.0, -2.0, 5.0, 0.5], [3.0, -7.0, 0.25])]

    def try_case(self, case, answer):
        case.compare("doubled", case.array(answer(case.data), "It"), 2 * case.data)


def codes_of(answer):
    (finding,) = Doubled().judge(answer).values()
    return finding.codes


def test_a_slip_is_named_only_if_the_other_wrong_cases_say_the_same():
    assert codes_of(lambda x: -2 * x) == ("SL1",)
    assert codes_of(lambda x: -2 * x if len(x) == 1 else x**3) == ()


def test_where_the_first_case_is_too_small_to_show_it_the_others_speak():
    assert codes_of(lambda x: 2 * x * 1.7) == ("SL3",)


SETS = [  # given, right, and the slip of each part that is wrong
    ({"a": 40, "b": 30}, {"a": 30, "b": 40}, {"a": "SL15", "b": "SL15"}),
    ({"a": -30, "b": 41}, {"a": 30, "b": 41}, {"a": "SL1"}),
    ({"a": 31}, {"a": 30}, {"a": "SL17"}),
    ({"a": 4500}, {"a": 45}, {"a": "SL18"}),
    ({"a": 0.25}, {"a": 0.75}, {"a": "SL23"}),
    ({"a": 1235}, {"a": 1325}, {"a": "SL24"}),
    ({"a": 0.9}, {"a": 0.8808}, {"a": "SL8"}),
    ({"a": 77, "b": 77}, {"a": 31, "b": 77}, {"a": "SL28"}),
    ({"a": 3}, {"a": 5}, {}),
    ({"a": (3, 4)}, {"a": (4, 3)}, {"a": "SL4"}),
    ({"a": (12,)}, {"a": (4, 3)}, {"a": "SL27"}),
    ({"a": (4, 9)}, {"a": (4, 3)}, {"a": "SL25"}),
    ({"a": (2, 8, 9, 9)}, {"a": (2, 8, 7, 7)}, {"a": "SL25"}),
    ({"a": (1, 4, 3)}, {"a": (4, 3)}, {"a": "SL26"}),
    ({"a": (9, 8)}, {"a": (4, 3)}, {}),
]


@pytest.mark.parametrize(("given", "right", "wanted"), SETS)
def test_a_slip_is_seen_in_a_set(given, right, wanted):
    read = (lambda value, _what: value) if isinstance(next(iter(right.values())), tuple) else None
    same = (lambda one, other: one == other) if read else None
    options = {key: value for key, value in (("read", read), ("same", same)) if value}
    found = judge_numbers(given, right, what="answers", **options)
    assert {part: one.codes[0] for part, one in found.items() if one.codes} == wanted


def test_a_known_way_is_told_even_if_another_number_has_no_name():
    way = Misconception("ZZ97", "of this test", "This is the half. Of what?", "A section")
    ways = {way: {"a": 555, "b": None}}
    found = judge_numbers({"a": 555, "b": 12}, {"a": 1000, "b": 31}, ways, what="answers")
    assert [found[part].codes for part in "ab"] == [("ZZ97",), ()]


def test_one_number_has_its_slip_alone():
    assert [way.code for way in slip_of(0.5, -0.5)] == ["SL1"]
    assert slip_of(None, 3) == slip_of(3, 3) == []


def test_slips_ask_and_give_no_number():
    for slip in SLIPS:
        assert "?" in slip.feedback
        assert len(slip.hint.split("\n")) == 1


def test_what_is_said_of_a_hidden_case_keeps_to_itself():
    case = Case("", None, seed=3, hidden=True)
    with pytest.raises(Wrong) as caught:
        case.compare("f", -RIGHT, RIGHT)
    assert not any(character.isdigit() for character in caught.value.message)


def test_a_slip_gives_way_where_another_part_has_a_wrong_way_of_its_own():
    own = Finding(Standing.WRONG, "a: not yet right.", because=(GR1,))
    slip = Finding(Standing.WRONG, "b: not yet right.", because=(SL3,))
    assert slips_give_way({"a": own, "b": slip})["b"].because == ()
    assert slips_give_way({"a": own, "b": slip})["a"] == own
    assert slips_give_way({"b": slip}) == {"b": slip}


@pytest.mark.parametrize(("value", "hedged"), [(7, True), (555, False)])
def test_a_small_whole_number_alone_only_perhaps_tells_its_way(value, hedged):
    way = Misconception("ZQ98", "an invented way", "This is the sum. What is asked?")
    found = judge_numbers({"a": value, "b": 31}, {"a": 1000, "b": 31}, {way: {"a": value, "b": 31}}, what="answers")
    says = "Hint, if this is how you came to it: This is the sum." if hedged else "Hint: This is the sum."
    assert found["a"].codes == ("ZQ98",)
    assert found["a"].lines[-1].startswith(says)


def test_nothing_is_no_rounded_number():
    assert list(in_array(np.array(0.0), np.array(0.25), {})) == []


def test_what_is_off_by_a_thousandth_is_no_factor():
    assert [way.code for way in in_array(RIGHT * 1.001, RIGHT, {})] == ["SL133"]
