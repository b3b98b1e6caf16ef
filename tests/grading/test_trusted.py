"""A check where no student code runs: what it says, what is its own fault, and what it stands on.

The student's side is here, in this process, without a sandbox: what it replies is what it would send.
"""

import math
from types import SimpleNamespace

import pytest

from course_utils.grading import trusted
from course_utils.grading.binding import locked_before
from course_utils.grading.student import Student
from course_utils.grading.trusted import Client, Late, Ran, asked_for, names_of_lesson, run_check
from course_utils.judging.protocol.verdicts import Credit

IMPORTS = """
from course_utils.judging.protocol.calling import call
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

def deep(answer):
    return {}[answer]
"""


class Wire:
    """Asks a student's side that is in this process."""

    def __init__(self, names):
        self.student, self.asked = Student(None, SimpleNamespace(user_ns=names)), []

    def ask(self, request, seconds, together=math.inf):
        self.asked.append(request[1])
        return self.student._reply(request[0], request[1:])


def judge(check: str, points: float = 2.0, imports: str = IMPORTS, **student) -> Ran:
    """Run a check against a student's names."""
    return run_check(check, points, names_of_lesson(imports), Client(Wire(student), 5.0), 10.0)


def said(ran: Ran) -> tuple[float, str]:
    return ran.check.points, ran.check.verdict


# --- points stand once


@pytest.mark.parametrize(
    ("value", "points", "earned"),
    [
        ("Credit(3 / 5)", 5, 3),
        ("Credit(3 / 5)", 10, 6),
        ("Credit(1)", 10, 10),
        ("Credit(1 / 10)", 3, 0.3),
        ("Credit(0)", 10, 0),
        ("2.5", 5, 2.5),
        ("2", 10, 2),
        ("7", 5, 5),
        ("-1", 5, 0),
        ("float('nan')", 5, 0),
        ("None", 5, 5),
        ("True", 5, 5),
        ("__import__('numpy').int64(2)", 5, 2),
        ("__import__('numpy').float32(2.5)", 5, 2.5),
        ("__import__('numpy').bool_(True)", 5, 5),
        ("__import__('fractions').Fraction(1, 2)", 5, 5),
    ],
)
def test_a_credit_is_a_share_of_the_cells_points_and_a_plain_number_is_points(value, points, earned):
    assert judge(value, points).check.points == earned


def test_the_words_and_the_number_are_made_from_the_cells_points():
    ran = judge("print('Right: a.')\nCredit(3 / 5, ('SZ2',))", 10.0)
    printed, shown = ran.outputs
    assert printed["text"] == "Right: a.\n"
    assert shown["data"]["text/plain"] == "6.0"
    assert "◐ Partly right.</strong> 6 of 10 points here.</p>" in shown["data"]["text/html"]
    assert shown["metadata"] == {"course": {"codes": ["SZ2"], "points": 10.0}}
    assert (ran.check.verdict, ran.check.codes, ran.check.message) == ("partly", ["SZ2"], "Right: a.")


def test_a_credit_need_not_know_any_points(monkeypatch):
    monkeypatch.setattr(Credit, "points", property(lambda self: 1 / 0), raising=False)
    names = names_of_lesson(IMPORTS) | {"half": SimpleNamespace}
    credit = float.__new__(Credit, 0.5)
    monkeypatch.setattr(Credit, "share", property(lambda self: 0.5))
    credit.codes = ()
    ran = run_check("half", 4.0, names | {"half": credit}, Client(None, 5.0), 10.0)
    assert said(ran) == (2.0, "partly")


# --- whose fault it is


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        ("raise CheckFailed('no')", "wrong"),
        ("raise NotAttempted('no')", "not attempted"),
        ("assert answer == 8", "wrong"),
        ("nowhere", "not attempted"),
        ("call(broken, 'broken')", "wrong"),
        ("call(stub, 'stub')", "not attempted"),
        ("huge", "wrong"),
        ("raise Late", "stopped"),
        ("deep(answer)", "undecided"),
        ("answer['a']", "undecided"),
        ("later = later + 1", "undecided"),
        ("call(broken, 'broken', object())", "undecided"),
        ("raise SystemExit", "undecided"),
        ("def f(): f()\nf()", "undecided"),
        ("this is no Python", "undecided"),
    ],
)
def test_a_check_that_fails_itself_decides_nothing_and_a_wrong_answer_stays_wrong(check, verdict):
    def broken():
        return undefined  # noqa: F821

    def stub():
        raise NotImplementedError

    lesson = IMPORTS + "\nfrom course_utils.grading.trusted import Late"
    ran = judge(check, imports=lesson, answer=7, broken=broken, stub=stub, huge=b"x" * (1 << 28))
    assert said(ran) == (0.0, verdict)
    assert bool(ran.check.fault) == (verdict == "undecided")


def test_a_fault_is_told_to_the_instructor_and_not_to_the_student():
    ran = judge("deep(answer)\n### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS", answer="secret word")
    assert ran.check.fault.splitlines()[-1] == "KeyError: 'secret word'"
    assert "in deep" in ran.check.fault
    (output,) = ran.outputs
    assert (output["ename"], output["evalue"]) == ("Undecided", ran.check.message)
    assert "no fault of yours" in ran.check.message
    assert "secret word" not in repr(output)


def test_a_fault_says_the_same_twice():
    check = "class Odd: pass\nraise ValueError(Odd())"
    assert judge(check).check == judge(check).check
    assert "0x…" in judge(check).check.fault


def test_late_is_no_exception_of_ours():
    assert not issubclass(Late, Exception)


# --- what a check stands on

LAB = """
from course_utils.judging.protocol.verdicts import CheckFailed

class Lab:
    made = 0

    def __init__(self, student_id):
        self.student_id, self.seen = student_id, []
        Lab.made += 1

    def check(self, answer, hidden=False):
        self.seen.append(answer)
        if answer != len(self.student_id):
            raise CheckFailed("no")
        print(len(self.seen), self.student_id)
"""
BOUND = "lab = Lab(student_id)\nprint('bound')"
TWICE = "lab.check(answer)\n### BEGIN HIDDEN TESTS\nlab.check(answer, hidden=True)\n### END HIDDEN TESTS"


def judge_lab(check: str, *locked: str, wire: Wire | None = None, **student) -> tuple[Ran, Client]:
    client = Client(wire or Wire(student), 5.0)
    return run_check(check, 2.0, names_of_lesson(LAB), client, 10.0, locked), client


def test_a_locked_cell_binds_here_what_the_check_uses():
    wire = Wire({"answer": 4, "student_id": "bela", "lab": "my own"})
    ran, client = judge_lab(TWICE, BOUND, wire=wire)
    assert said(ran) == (2.0, "right")
    assert ran.check.message == "1 bela"
    assert sorted(wire.asked) == ["answer", "student_id"]
    assert client.notes == []


def test_a_binding_holds_for_all_lines_of_a_check_and_for_no_other_check():
    count = "for _ in range(2):\n    lab.check(0)"
    assert [judge_lab(count, BOUND, student_id="")[0].check.message for _ in range(2)] == ["1 \n2"] * 2


@pytest.mark.parametrize("given", [{}, {"student_id": None}, {"student_id": object()}, {"student_id": "a/../b"}])
def test_where_there_is_no_id_the_numbers_are_those_that_the_learner_saw_and_it_is_noted(given):
    ran, client = judge_lab(TWICE, BOUND, answer=0, **given)
    assert (said(ran), ran.check.message) == ((2.0, "right"), "1")
    why = "has a student_id that is no id" if given else "has no student_id"
    assert client.notes == [f"the notebook {why}: {trusted.NOBODYS}"]


def test_a_check_that_uses_the_id_itself_gets_the_same():
    assert judge_lab("Lab(student_id).check(answer)", answer=0)[0].check.message == "1"
    client = Client(Wire({}), 5.0)
    assert (client.get("student_id"), client.get("student_id")) == ("", "")
    assert len(client.notes) == 1


@pytest.mark.parametrize("given", [7, " 7 ", "7"])
def test_an_id_is_read_as_the_notebook_reads_it(given):
    ran, client = judge_lab("Lab(student_id).check(answer)", answer=1, student_id=given)
    assert (ran.check.message, client.notes) == ("1 7", [])


def test_an_empty_id_is_one():
    assert judge_lab(TWICE, BOUND, answer=0, student_id="")[0].check.message == "1"


@pytest.mark.parametrize("cell", ["lab = 1 / 0", "lab = nobody(student_id)", "raise CheckFailed('no')\nlab = 1"])
def test_a_locked_cell_that_fails_is_our_fault(cell):
    names = {} if "nobody" not in cell else {"nobody": 5}
    ran, _ = judge_lab(TWICE, cell, answer=3, student_id="ada", **names)
    assert said(ran) == (0.0, "undecided")
    assert "a locked cell of the lesson failed" in ran.check.fault


def test_a_locked_cell_that_the_check_does_not_need_is_not_run():
    assert said(judge_lab("lab.check(answer)", BOUND, "other = 1 / 0", answer=0, student_id="")[0]) == (2.0, "right")


def test_locked_cells_stand_on_each_other_in_their_order():
    cells = ("size = 3", "size = size + 1", BOUND, "def right():\n    return lab.student_id * size")
    ran, _ = judge_lab("assert right() == answer", *cells, answer="xxxx", student_id="x")
    assert said(ran) == (2.0, "right")


def test_a_locked_cell_may_stand_on_data_of_the_students():
    assert said(judge_lab("assert total == 3", "total = sum(numbers)", numbers=[1, 2])[0]) == (2.0, "right")
    assert said(judge_lab("assert total == 3", "total = sum(numbers)")[0]) == (0.0, "not attempted")


def test_what_a_locked_cell_makes_of_a_students_function_comes_from_the_student():
    def double(x):
        return 2 * x

    ran, _ = judge_lab("assert result == 8", "result = double(4)", double=double, result=8)
    assert said(ran) == (2.0, "right")


def test_locked_cells_of_a_release_are_found():
    def cell(name, source, **about):
        plain = {"cell_type": "code", "grade": False, "solution": False, "locked": False, "points": 0.0}
        return plain | {"grade_id": name, "source": source} | about

    cells = [
        cell("imports", "import math", locked=True),
        cell("", "x = 1"),
        cell("lab", "lab = 1", locked=True),
        cell("words", "no code", locked=True, cell_type="markdown"),
        cell("answer", "y = 2", solution=True),
        cell("first-check", "1", grade=True, locked=True),
        cell("more", "more = 1", locked=True),
        cell("second-check", "2", grade=True, locked=True),
        cell("late", "late = 1", locked=True),
    ]
    assert locked_before(cells, "first-check") == ["lab = 1"]
    assert locked_before(cells, "second-check") == ["lab = 1", "more = 1"]


# --- whose numbers


def numbers_of(written: object, *, required: bool = False, **more) -> tuple[str, list[str]]:
    """Return whose numbers a check gets in ada's notebook, and what is noted."""
    names = {} if written is None else {"student_id": written}
    client = Client(Wire(names), 5.0, student="ada", required=required, **more)
    return client.get("student_id"), client.notes


def test_a_students_own_numbers_are_no_news():
    assert numbers_of("ada") == ("ada", [])
    assert numbers_of(" ada ") == ("ada", [])
    assert numbers_of("ada", required=True) == ("ada", [])


@pytest.mark.parametrize("written", ["bela", "zoe.b"])
def test_a_classmates_numbers_are_noted_by_name_and_not_punished(written):
    found, notes = numbers_of(written)
    assert found == written
    assert repr(written) in notes[0]
    assert notes[0].endswith(trusted.OTHERS)


@pytest.mark.parametrize("written", ["", "   ", None, "müller", 3.5])
def test_the_lectures_numbers_are_noted(written):
    found, notes = numbers_of(written)
    assert found == ""
    assert notes[0].endswith(trusted.NOBODYS)


@pytest.mark.parametrize("written", ["bela", "", None, "müller"])
def test_a_lab_can_ask_for_the_numbers_of_the_folders_student(written):
    found, notes = numbers_of(written, required=True)
    assert found == "ada"
    assert notes[0].startswith("judged by ada's numbers; the notebook ")


# --- what a check asks for may be read beforehand


HIDDEN_TOO = "call(answer)\n### BEGIN HIDDEN TESTS\ncall({})\n### END HIDDEN TESTS\n"


def test_names_of_the_lines_that_a_learner_sees_may_be_asked_for_beforehand():
    names = names_of_lesson(IMPORTS)
    assert asked_for(HIDDEN_TOO.format("answer"), [], names) == ["answer"]
    assert asked_for("call(lab, answer)", ["lab = deep(student_id)"], names) == ["answer", "student_id"]
    assert asked_for("deep(1)", [], names) == []


def test_a_name_that_stands_in_hidden_lines_alone_is_not_asked_for_beforehand():
    assert asked_for(HIDDEN_TOO.format("another"), [], names_of_lesson(IMPORTS)) is None
    assert asked_for("call(answer)\n### BEGIN HIDDEN TESTS\nlab\n### END HIDDEN TESTS", ["lab = mine"], {}) is None


@pytest.mark.parametrize("answer", [3, 2.5, "same", None, (1, [2]), {"a": {3, 4}}, range(3).__len__()])
def test_plain_data_is_given_beforehand(answer):
    student = Student(None, SimpleNamespace(user_ns={"answer": answer, "other": 1}))
    word, known = student._reply("data", [["answer", "missing"]])
    assert (word, list(known)) == ("data", ["answer"])
    client = Client(None, 5.0, known=known)
    assert client.get("answer") == answer
    with pytest.raises(trusted.Missing):
        client.get("missing")


@pytest.mark.parametrize("answer", [len, object(), [1, len], "long" * 20_000, SimpleNamespace(x=1)])
def test_what_is_more_than_a_little_data_is_not_given_beforehand(answer):
    student = Student(None, SimpleNamespace(user_ns={"answer": answer, "small": 1}))
    assert student._reply("data", [["small", "answer"]]) == ["no data"]
