"""One grammar for all exercises: question, check, hint, practice; hidden cases that say nothing of their own."""

import re

import numpy as np
import pytest

from course_utils.judging import misconceptions, shared
from course_utils.judging.cases import Case
from course_utils.judging.exercise import FURTHER, WORDS, Exercise, Implementation
from course_utils.judging.findings import MISSING, RIGHT, Finding, Standing, look_at, refuse, report, wrong
from course_utils.judging.lab import Lab
from course_utils.judging.misconceptions import Misconception, known, name_of
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted
from course_utils.mistakes import Mistake, NoSuchName

DOUBLE = Topic(
    "double",
    lambda dice: dice.between(2, 9),
    lambda number: f"Twice {number}?",
    lambda number: 2 * number,
    lambda number: {shared.GR1: -2 * number, shared.GR2: [number, 4 * number]},
    lambda number: ["Add the number to itself.", f"{number} + {number} = …"],
)


class Doubles(Exercise):
    """Two numbers, doubled."""

    id = "two-doubles"
    hints = ("First?", "Second?", "Third?")
    worked = """
        Double 5.

        5 + 5 = 10."""
    misconceptions = (shared.GR1,)
    topics = (DOUBLE, Topic("other", DOUBLE.sample, str, DOUBLE.right, DOUBLE.ways))
    worth = {"b": 3}  # noqa: RUF012

    def draw(self):
        """Return two numbers."""
        return {"a": 3, "b": self.dice().between(10, 99) if self.student else 4}

    def judge(self, answers):
        """Judge a dict."""
        ways = {shared.GR1: {label: -2 * number for label, number in self.question.items()}}
        return judge_numbers(
            answers, {label: 2 * number for label, number in self.question.items()}, ways, what="doubles"
        )


class Double(Implementation):
    """Write double(x)."""

    id = "double"

    def cases(self):
        """Return small numbers, and arrays."""
        return [Case("x = 2", 2.0, "number"), Case("three numbers", np.arange(3.0), "array")]

    def hidden_cases(self, seed):
        """Return others."""
        return [Case("x = 77", 77.0, "number"), Case("x = 78", np.full(2, 78.0), "array")]

    def try_case(self, case, double):
        """Compare."""
        given = case.array(case.call(double, "double", case.data), "What double returns")
        case.compare("double", given, 2 * case.data, {shared.GR1: lambda: -2 * case.data})


def test_what_comes_by_chance_is_told_where_nothing_else_is():
    calls = []

    def otherwise(x):
        calls.append(x)
        return x * (3.3 + len(calls) ** 0.5 * np.arange(1, 1 + np.size(x)))

    chance = Double().judge(otherwise)
    assert chance["array"].codes == ("SL88",)
    assert Double().judge(lambda x: x * (3.3 + np.arange(np.size(x))) ** 2)["array"].codes == ()


@pytest.fixture
def lab():
    return Lab((Doubles, Double))


# --- the lab


def test_exercises_are_attributes_named_after_their_ids(lab):
    assert dir(lab) == ["double", "two_doubles"]
    assert {"check", "hint", "practice"} <= set(dir(lab.double)) <= set(WORDS)
    assert isinstance(lab.two_doubles, Doubles)


def test_an_unknown_exercise_is_told_which_there_are(lab):
    with pytest.raises(AttributeError, match="this lab has two_doubles, double; not triple"):
        _ = lab.triple


def test_the_lab_says_whose_numbers_they_are(lab):
    assert repr(lab).startswith("The numbers are the lesson's own.")
    assert repr(Lab((Doubles,), "ada")) == "The numbers are ada's. Exercises: two_doubles."


def test_a_lab_without_own_numbers_says_that_its_questions_are_everybodys():
    assert repr(Lab((Double,), "ada")) == "The questions are the same for everybody. Exercises: double."


def test_of_several_answers_each_that_is_missing_is_named(lab, capsys):
    def double(x):
        raise NotImplementedError("replace this line with your code")

    assert not lab.are_written(two_doubles={"a": None}, double=double)
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(" is not written yet")[0] for line in said] == ["Your answer", "Your double"]
    assert lab.are_written(two_doubles={"a": 6}, double=abs)
    assert capsys.readouterr().out == ""


def test_in_a_notebook_names_of_exercises_stand_as_code(lab):
    assert "Exercises: <code>two_doubles</code>, <code>double</code>." in lab._repr_html_()


@pytest.mark.parametrize("student", ["a b", "../x", "-x", "müller", "x" * 300, "🙂", None, ..., 7.5, [], object()])
def test_what_is_no_id_is_told_and_gives_the_lectures_numbers(student):
    found = Lab((Doubles,), student)
    sentence, numbers = repr(found).splitlines()
    assert sentence.startswith("student_id is ")
    assert "Write your id between quotes" in sentence
    assert len(sentence) < 250
    assert numbers == "The numbers are the lesson's own. Exercises: two_doubles."
    assert found.two_doubles.student == ""


@pytest.mark.parametrize("student", [" ada ", "ada\n", "ada"])
def test_spaces_around_an_id_are_not_part_of_it(student):
    assert Lab((Double,), student).double.student == "ada"


def test_a_number_without_quotes_is_an_id():
    assert repr(Lab((Doubles,), 7)) == "The numbers are 7's. Exercises: two_doubles."


def test_an_exercise_shows_its_question(lab):
    assert lab.two_doubles._repr_markdown_() == repr(lab.two_doubles) == "a) `3`\n\nb) `4`"


def test_a_question_is_the_students_own_and_always_the_same():
    questions = [Doubles(student).question["b"] for student in ("ada", "ada", "bob", "cid", "dan", "eva")]
    assert questions[0] == questions[1]
    assert len(set(questions)) > 3


# --- checking answers that are data


def test_a_right_answer_returns_nothing(lab, capsys):
    assert lab.two_doubles.check({"a": 6, "b": 8}) is None
    assert capsys.readouterr().out == "✓ Correct.\n"


def test_each_part_is_paid_by_its_weight(lab, capsys):
    credit = lab.two_doubles.check({"a": -6, "b": 8})
    assert (credit.share, credit.codes, str(credit)) == (0.75, ("GR1",), "1 of 2 parts")
    assert capsys.readouterr().out.splitlines()[:4] == [
        "◐ Partly right. 1 of 2 parts.",
        "Right: b. Not yet: a.",
        "a: you gave -6.",
        f"Hint, if this is how you came to it: {shared.GR1.feedback}",
    ]


def test_a_part_without_answer_is_said(lab, capsys):
    assert lab.two_doubles.check({"a": 6, "b": None}).share == 0.25
    assert capsys.readouterr().out == "◐ Partly right. 1 of 2 parts.\nRight: a. No answer yet: b.\n"


@pytest.mark.parametrize("answer", [None, ..., {}, {"a": None}, [None, None]])
def test_nothing_is_not_attempted(lab, answer):
    with pytest.raises(NotAttempted):
        lab.two_doubles.check(answer)


def test_one_unreadable_part_is_one_wrong_part(lab, capsys):
    assert lab.two_doubles.check({"a": "six", "b": 8}).share == 0.75
    assert "doubles['a'] should be a number, not a str." in capsys.readouterr().out


def test_a_known_wrong_way_speaks_before_an_unknown_one(lab, capsys):
    lab.two_doubles.check({"a": 7, "b": -8})
    assert capsys.readouterr().out.splitlines()[2] == "a: you gave 7."  # neither explains both: no name is given


def test_the_first_part_whose_way_is_known_speaks_with_its_own_hint(capsys):
    report({"a": wrong("a: odd."), "b": wrong("b: minus.", shared.GR1), "c": wrong("c: twice.", shared.GR2)})
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:4] == ["b: minus.", f"Hint: {shared.GR1.feedback}"]


def test_all_ways_are_counted_for_the_class_report(capsys):
    credit = report({"a": wrong("a", shared.GR1), "b": wrong("b", [shared.GR1, shared.GR2]), "c": RIGHT})
    assert credit.codes == ("GR1", "GR2")


def test_one_part_alone_is_refused_with_all_its_lines():
    with pytest.raises(CheckFailed) as failure:
        report({"": wrong("first", shared.GR1, detail="  detail")})
    assert failure.value.message == f"first\n  detail\n{shared.GR1.hint}"
    assert failure.value.codes == ("GR1",)


def test_a_detail_gives_way_where_there_is_no_room(capsys):
    report({"a": wrong("first", shared.GR1.in_lab("A section"), detail="  detail"), "b": RIGHT})
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), "  detail" in lines) == (5, False)


def test_a_detail_stays_where_there_is_room(capsys):
    report({"a": wrong("first", detail="  detail"), "b": RIGHT})
    assert capsys.readouterr().out.splitlines()[1:] == ["Right: b. Not yet: a.", "first", "  detail"]


def test_looking_turns_refusals_into_findings():
    def missing():
        raise NotAttempted("write f")

    def failed():
        raise CheckFailed("no")

    def known_way():
        raise refuse("no", shared.GR1)

    found = look_at({"a": lambda: None, "b": missing, "c": failed, "d": known_way})
    assert [one.standing for one in found.values()] == [Standing.RIGHT, Standing.MISSING, *[Standing.WRONG] * 2]
    assert found["d"].because == (shared.GR1,)


def test_a_fault_of_a_check_is_no_wrong_answer():
    with pytest.raises(ZeroDivisionError):
        look_at({"a": lambda: 1 / 0})


@pytest.mark.parametrize("share", [0.0, 0.25, 1 / 3])
def test_the_text_of_credit_is_a_bare_number(share):
    assert float(repr(Credit(share, (), parts=(1, 3)))) == share


# --- functions


def double(x):
    return 2 * x


def test_a_right_function_is_right_in_public_and_hidden_cases(lab, capsys):
    assert lab.double.check(double) is None
    assert lab.double.check_hidden(double, seed=3) is None
    assert capsys.readouterr().out == f"✓ Correct.\n{FURTHER}\n✓ Correct.\n"


def test_parts_fail_alone(lab):
    credit = lab.double.check(lambda x: 2 * x if np.ndim(x) else -2 * x)
    assert (credit.share, credit.codes) == (0.5, ("GR1",))


def test_a_function_that_is_not_written_is_not_attempted(lab):
    def stub(x):
        raise NotImplementedError

    with pytest.raises(NotAttempted, match="Write double"):
        lab.double.check(stub)


def only_public(x):
    return 2 * x if np.max(x) < 10 else x + 1000


def test_a_part_must_be_right_in_both_kinds_of_cases(lab):
    assert lab.double.check(only_public) is None
    assert lab.double.check_hidden(only_public, seed=3).share == 0


def test_a_part_that_is_wrong_in_public_cases_stays_wrong(lab):
    def function(x):
        return 2 * x if np.max(x) > 10 or np.ndim(x) else 0

    assert lab.double.check(function).share == 0.5
    assert lab.double.check_hidden(function, seed=3).share == 0.5


def test_public_cases_are_not_tried_again_where_the_line_before_has_tried_them(lab):
    calls = []

    def counted(x):
        calls.append(x)
        return 2 * x

    lab.double.check(counted)
    before = len(calls)
    lab.double.check_hidden(counted, seed=3)
    assert len(calls) == before + 2
    lab.double.check_hidden(lambda x: counted(x), seed=3)
    assert len(calls) == before + 2 + 2 + 2


def raising(x):
    if np.max(x) > 10:
        raise ValueError(f"my number is {x}")
    return 2 * x


@pytest.mark.parametrize(
    "function",
    [
        only_public,
        raising,
        lambda x: 2 * x if np.max(x) < 10 else np.zeros((2, 3)),
        lambda x: 2 * x if np.max(x) < 10 else "77",
    ],
    ids=["value", "error", "shape", "type"],
)
def test_a_hidden_case_says_nothing_of_its_own(lab, function):
    lab.double.check(function)
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr("builtins.print", lambda *words: said.append(" ".join(map(str, words))))
        lab.double.check_hidden(function, seed=3)
    text = "\n".join(said)
    assert re.findall(r"77|78|154|156|x =", text) == []
    assert "drawn at grading" in text or "should be an array" in text


def test_a_public_case_says_what_it_tried(lab, capsys):
    with pytest.raises(CheckFailed, match="no such"):
        raise CheckFailed("no such")
    lab.double.check(lambda x: -2 * x if not np.ndim(x) else 2 * x)
    assert "double: not yet right (x = 2)." in capsys.readouterr().out


@pytest.mark.parametrize("hidden", [False, True])
def test_a_lines_two_kinds(hidden):
    case = Case("seven", hidden=hidden)
    assert ("7 cells" in case.wrong("f", detail="7 cells").message) is not hidden
    assert ("7 cells" in case.sentence("7 cells").message) is not hidden
    assert "of any" in case.always("of any").message


# --- hints


def test_hints_come_in_order_and_the_last_one_stays(lab, capsys):
    for _ in range(4):
        lab.two_doubles.hint()
    assert capsys.readouterr().out.splitlines() == [
        "Hint 1 of 3: First?",
        "Hint 2 of 3: Second?",
        "Hint 3 of 3: Third?",
        "That was the last hint. A worked example of the same kind: lab.two_doubles.worked_example()",
        "Hint 3 of 3: Third?",
        "That was the last hint. A worked example of the same kind: lab.two_doubles.worked_example()",
    ]


def test_a_worked_example_is_rendered_and_readable_as_text(lab):
    found = lab.two_doubles.worked_example()
    assert found._repr_markdown_() == repr(found) == "Double 5.\n\n5 + 5 = 10."
    with pytest.raises(Mistake, match=r"there is no worked example for lab\.double"):
        lab.double.worked_example()


def test_a_mistake_is_shown_as_one_sentence(lab):
    with pytest.raises(Mistake) as caught:
        lab.two_doubles.hint(9)
    assert caught.value._render_traceback_() == ["there are hints 1 to 3, not 9"]
    with pytest.raises(NoSuchName) as missing:
        lab.three_doubles  # noqa: B018
    assert missing.value._render_traceback_() == [str(missing.value)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda lab: lab.two_doubles.hints(), "lab.two_doubles.hint() shows a hint"),
        (lambda lab: lab.two_doubles.steps(), "lab.two_doubles.step(...) says"),
        (lambda lab: lab.two_doubles.hint(1, 2), "hint is called like this: lab.two_doubles.hint()"),
        (lambda lab: lab.two_doubles.worked_example(2), "lab.two_doubles.worked_example()"),
        (lambda lab: lab.two_doubles.rescue(2), "lab.two_doubles.rescue()"),
        (lambda lab: lab.two_doubles.practice(1, "", 3), "lab.two_doubles.practice()"),
        (lambda lab: lab.two_doubles(2), "lab.two_doubles.check(...) judges an answer"),
        (lambda lab: lab.two_doubles.check({"a": 2}, 3), "the same answers as the cell below your answer"),
        (lambda lab: lab.double.check(abs, 3), "the same answers as the cell below your answer"),
        (lambda lab: lab(), "lab is no function"),
        (lambda lab: lab["two_doubles"], "an exercise follows a dot"),
        (lambda lab: lab.check(2), "the name of an exercise stands before check"),
        (lambda lab: lab.two_doubles.practice(1).answer(), "question.answer(5)"),
        (lambda lab: lab.two_doubles.practice(1).hint(), "answered with .answer(...); it has no hint"),
        (lambda lab: lab.two_doubles.practice(1)(5), "answer it with .answer(...)"),
    ],
)
def test_what_is_called_nearly_right_is_answered_with_the_call_that_is_meant(lab, call, words):
    with pytest.raises((Mistake, NoSuchName)) as caught:
        call(lab)
    assert words in str(caught.value)


def test_the_way_is_shown_after_three_wrong_answers_in_a_row(lab, capsys):
    for number in (1, 2):
        lab.two_doubles.practice(number).answer(-1)
    question = lab.two_doubles.practice(3)
    question.answer(question.topic.right(question.numbers))
    for number in (4, 5):
        lab.two_doubles.practice(number).answer(-1)
    assert "Step by step" not in capsys.readouterr().out
    lab.two_doubles.practice(6).answer(-1)
    said = capsys.readouterr().out
    assert "Step by step:\n  1. Add the number to itself." in said
    assert said.endswith("Now a fresh one: lab.two_doubles.practice()\n")


def test_after_a_number_the_next_hint_follows(lab, capsys):
    lab.two_doubles.hint(1)
    lab.two_doubles.hint()
    assert capsys.readouterr().out.splitlines()[-1] == "Hint 2 of 3: Second?"


@pytest.mark.parametrize("number", [0, 4, -1, 1.5, "1", True])
def test_a_hint_that_is_not_there_is_told(lab, number):
    with pytest.raises(ValueError, match="there are hints 1 to 3, not "):
        lab.two_doubles.hint(number)


def test_an_exercise_without_hints_says_so(lab, capsys):
    lab.double.hint()
    assert capsys.readouterr().out == "There is no hint for this exercise.\n"


# --- practice


def test_the_same_number_is_the_same_question(lab):
    assert repr(lab.two_doubles.practice(12)) == repr(lab.two_doubles.practice(12))
    assert "(question 12; answer with .answer(...))" in repr(lab.two_doubles.practice(12))


def test_without_a_number_comes_a_fresh_question(lab):
    assert len({lab.two_doubles.practice().number for _ in range(20)}) > 10


def test_a_right_and_a_wrong_answer_are_told(lab, capsys):
    question = lab.two_doubles.practice(1)
    assert question.answer(2 * question.numbers)
    assert not question.answer(-2 * question.numbers)
    assert not question.answer(4 * question.numbers)
    assert not question.answer(10**6)
    text = capsys.readouterr().out
    assert text.startswith("Correct.\nNot yet: you gave")
    assert shared.GR1.feedback in text
    assert shared.GR2.feedback in text
    assert "No known wrong way gives this." in text


@pytest.mark.parametrize("odd", ["5", None, [5], True, {"a": 5}])
def test_an_answer_that_is_no_number_is_told(lab, odd):
    with pytest.raises(Mistake, match="answer with a number, not "):
        lab.two_doubles.practice(1).answer(odd)


@pytest.mark.parametrize("number", [0, -1, 1.5, "1", True])
def test_a_question_that_is_not_there_is_told(lab, number):
    with pytest.raises(ValueError, match="number chooses a question, from 1 up; not "):
        lab.two_doubles.practice(number)


def test_topics_are_named(lab):
    assert lab.two_doubles.practice(3, topic="other").topic.name == "other"
    with pytest.raises(ValueError, match="practice in double, other; not in 'third'"):
        lab.two_doubles.practice(3, topic="third")
    with pytest.raises(ValueError, match=r"nothing to practise in lab\.double"):
        lab.double.practice()


# --- misconceptions


def test_a_code_belongs_to_one_misconception():
    with pytest.raises(ValueError, match="GR1 is the code of another misconception: sign of the gradient"):
        Misconception("GR1", "another name", "Why?")


def test_a_lab_speaks_in_its_own_words():
    mine = shared.GR1.in_lab("A heading", "Is it uphill?")
    assert (mine.section, mine.feedback, mine) == ("A heading", "Is it uphill?", shared.GR1)
    assert shared.GR1.section == ""
    assert shared.GR1.in_lab("A heading").feedback == shared.GR1.feedback


def test_reports_know_the_names_of_codes():
    assert name_of("GR1") == "sign of the gradient"
    assert name_of("QQ77") == ""
    assert shared.GR1 in known()


def test_missing_parts_are_kept_apart():
    assert (MISSING.standing, Finding(Standing.MISSING, "x").lines) == (Standing.MISSING, ["x"])


def test_names_of_misconceptions_are_read_when_a_code_is_met_that_nobody_knows(monkeypatch):
    monkeypatch.setattr(misconceptions, "_READERS", [])
    monkeypatch.setattr(misconceptions, "_NAMES", {})
    read = []
    misconceptions.names_come_from(lambda: read.append(1) or {"ZZ99": "read late"})
    assert (misconceptions.name_of(shared.GR1.code), read) == (shared.GR1.name, [])
    assert [misconceptions.name_of("ZZ99"), misconceptions.name_of("ZZ98"), len(read)] == ["read late", "", 1]
