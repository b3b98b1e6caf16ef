"""An answer whose cell stumbled is said to be that, and not an exercise that nobody attempted."""

import pytest
from shortened import bundle, filled, packed
from test_preloaded_process import LAB, MOST, ROOT, engine, grade  # noqa: F401

from course_utils.grading import sample
from course_utils.grading.job import Job, Limits, Submission
from course_utils.grading.stumbles import is_as_handed_out, why_not_there

RELEASED = {"a": {"grade_id": "a", "source": "def f(x):\n    raise NotImplementedError"}}


def cell(ename: str = "", evalue: str = "", source: str = "def f(x): return", name: str = "a") -> dict:
    error = {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": []}
    return {"grade_id": name, "source": source, "outputs": [error] if ename else [], "status": "error"}


@pytest.mark.parametrize(
    ("ename", "evalue", "words"),
    [
        (
            "SyntaxError",
            "invalid syntax (3411.py, line 2)",
            "is not Python, so nothing of it was run: invalid syntax in line 2.",
        ),
        (
            "IndentationError",
            "unexpected indent (line 4)",
            "is not Python, so nothing of it was run: unexpected indent in line 4.",
        ),
        ("FileNotFoundError", "[Errno 2] No such file: 'my.csv'", "wants a file that is not there"),
        ("RuntimeError", "input() has nobody to ask while a notebook is graded", "asks with input()"),
        ("NameError", "name 'y' is not defined", "stopped before its end, with NameError: name 'y' is not defined."),
        ("ZeroDivisionError", "division by zero\nsecond line", "with ZeroDivisionError: division by zero."),
    ],
)
def test_what_stopped_a_cell_is_said(ename, evalue, words):
    said = why_not_there([cell(ename, evalue)], RELEASED)
    assert said.startswith("Your cell ")
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [cell()],
        [cell("NotImplementedError")],
        [cell("NameError", "name 'x' is not defined", source=RELEASED["a"]["source"])],
    ],
)
def test_what_nobody_attempted_stays_that(cells):
    assert why_not_there(cells, RELEASED) == ""


HANDED_OUT = [
    {"grade_id": "", "source": "import math", "solution": False},
    {"grade_id": "word", "source": "word = None\n# YOUR CODE HERE\nraise NotImplementedError()", "solution": True},
    {"grade_id": "word-check", "source": "assert word.lower() == 'yes'", "solution": False},
]


def above(*sources: str, names: tuple[str, ...] = ("", "word")) -> list[dict]:
    return [cell(source=source, name=name) for source, name in zip(sources, names, strict=True)]


@pytest.mark.parametrize(
    ("cells", "begun"),
    [
        (above("import math", HANDED_OUT[1]["source"]), False),
        (above("import math\n", HANDED_OUT[1]["source"] + "\n\n"), False),
        (above("", HANDED_OUT[1]["source"]), False),
        (above("import math", "word = 'No'"), True),
        (above("word = 'No'  # in a cell of my own", HANDED_OUT[1]["source"]), True),
        (above("import math", names=("",)), True),  # a further check of the same answer
    ],
)
def test_an_answer_that_is_as_it_was_handed_out_is_known(cells, begun):
    assert is_as_handed_out(cells, HANDED_OUT) is not begun


def test_a_very_long_message_is_cut():
    assert len(why_not_there([cell("ValueError", "x" * 10_000)], RELEASED)) < 400


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def broken(:\n    pass", "is not Python"),
        ("import csv\nrows = list(csv.reader(open('my own.csv')))\n", "wants a file that is not there"),
        ("how_many = input('how many?')\n", "asks with input()"),
    ],
)
def test_the_students_page_says_what_it_was(engine, text, words):  # noqa: F811
    answers = dict(sample.model_answers(ROOT, LAB))
    first = next(name for name, source in answers.items() if source.startswith("def "))
    answers[first] = f"{text}\n{answers[first]}" if "def" not in text else text
    notebook = packed(filled(LAB, answers))
    found = grade(engine, Job(bundle(LAB), Submission("ada", notebook), Limits(60, 60)).pack())
    check = found.checks[f"{first}-check"]
    assert (check.verdict, check.points) == ("wrong", 0)
    assert words in check.message
    assert found.points < MOST


@pytest.mark.slow
def test_an_untouched_notebook_is_not_attempted(engine):  # noqa: F811
    found = grade(engine, Job(bundle(LAB), Submission("ada", packed(filled(LAB, {}))), Limits(60, 60)).pack())
    assert {check.verdict for check in found.checks.values()} == {"not attempted"}
