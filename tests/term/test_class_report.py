"""The class report: what it counts, what it hides, what it says is worth a look; in a terminal and as a page."""

import csv
import io
import json
import re
from pathlib import Path

import nbformat
import pytest
from classroom import LAB, RIGHT, grade, hand_in
from commands import call
from test_sending import give

from course_utils.cells import grade_id
from course_utils.grading.gradebook import open_gradebook
from course_utils.judging.misconceptions import names_come_from
from course_utils.labs import names_of_wrong_ways
from course_utils.term import class_report, report_page, report_text
from course_utils.term.class_report import Exercise, Look, Report, Wrong, report_of
from course_utils.term.roster import Person
from course_utils.term.sheets import Answered, Sheet, said_by

HALF = "def double(x):\n    # as Ada Lovelace told me\n    return half"


def sheet(student: str, points: float = 0, verdict: str = "", answer: str = "", **more) -> Sheet:
    """One student with one exercise, and a second one worth what the first is not."""
    kind = more.pop("kind", "check")
    one = Answered(kind, points, 2, verdict, more.pop("codes", []), answer, more.pop("said", []))
    return Sheet(student, student * 2, points, 2, {"sum-check": one}, **more)


def looks(*sheets: Sheet) -> list[tuple[str, str, int]]:
    return [(one.what, one.detail, len(one.who)) for one in report_of("01", sheets, {}).looks]


# --- what is counted


@pytest.mark.parametrize(
    ("answered", "standing"),
    [
        (Answered("check", 2, 2, "right"), "right"),
        (Answered("check", 1, 2, "partly"), "partly"),
        (Answered("check", 0, 2, "not attempted"), "blank"),
        (Answered("check", 0, 2, "stopped"), "open"),
        (Answered("check", None, 2, "undecided"), "open"),
        (Answered("check", 2, 2, "undecided"), "right"),
        (Answered("essay", None, 2), "open"),
        (Answered("essay", None, 2, "blank"), "open"),
        (Answered("essay", 0, 2, "blank"), "blank"),
        (Answered("essay", 0, 2), "wrong"),
        (Answered("essay", 1, 2), "partly"),
    ],
)
def test_how_an_answer_stands(answered, standing):
    assert class_report.standing_of(answered) == standing


def test_an_exercise_that_those_who_know_more_get_wrong_is_seen():
    sheets = []
    for number in range(10):
        first, second = (2, 0) if number % 2 else (0, 2)
        one = sheet(f"s{number}", first, "right" if first else "wrong")
        one.exercises["other-check"] = Answered("check", second, 2, "right")
        one.points = first + second
        sheets.append(one)
    report = report_of("01", sheets, {})
    assert [one.discrimination for one in report.exercises] == pytest.approx([-1, -1])
    assert report.exercises[0].share == 0.5
    assert report_of("01", sheets[:4], {}).exercises[0].discrimination is None
    assert class_report.correlation([(1.0, 2.0)] * 20) is None


def test_points_are_counted_in_tenths_and_the_unreadable_left_out():
    sheets = [sheet("a", 2), sheet("b", 0), sheet("c", 1.9), sheet("d", 0, reason="no notebook")]
    report = report_of("01", sheets, {})
    assert report.spread == [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (report.students, report.unreadable, report.middle) == (4, 1, 1.9)
    assert report.title == "01: 4 submissions, 1 of them unreadable, 1.3 of 2 points on average"


# --- what is hidden


def test_an_example_has_no_name_in_it():
    people = {"ada": Person("ada", "Lovelace", "Ada", "ada@uni.example", "4711", "u100")}
    answer = "x = 1  # Ada Lovelace, ADA@uni.example, u100, 4711; adam stays"
    one = sheet("ada", 0, "wrong", answer, codes=["SZ2"], said=["You gave ada."])
    report = report_of("01", [one], people)
    assert report.wrong[0].example == "x = 1  # … …, …, …, …; adam stays"
    assert report.wrong[0].said == ["You gave …."]
    assert not re.search(r"\bada\b|lovelace", class_report.to_json([report]), re.I)


def test_the_clearest_example_is_shown_and_a_long_one_cut():
    plain, mixed = (
        sheet("a", 0, "wrong", "x = 1\n" * 40, codes=["SZ2"]),
        sheet("b", 0, "wrong", "x", codes=["SZ1", "SZ2"]),
    )
    ways = {way.code: way for way in report_of("01", [plain, mixed], {}).wrong}
    assert ways["SZ2"].count == 2
    assert ways["SZ2"].example == "\n".join(["x = 1"] * class_report.LINES) + "\n…"


def test_what_is_shown_beside_an_answer_is_about_that_misconception():
    (both,) = [sheet("a", 0, "wrong", "x", codes=["SZ1", "SZ2"], said=["about the first"])]
    ways = {way.code: way.said for way in report_of("01", [both], {}).wrong}
    assert ways == {"SZ1": ["about the first"], "SZ2": []}
    first = sheet("b", 0, "wrong", "longer", codes=["SZ2", "SZ1"], said=["about the second"])
    ways = {way.code: way.said for way in report_of("01", [both, first], {}).wrong}
    assert ways == {"SZ1": ["about the first"], "SZ2": ["about the second"]}


def test_errors_without_a_code_are_put_together_by_what_was_said():
    said = ["AssertionError: 3 is not 4"]
    sheets = [sheet(name, 0, "wrong", name, said=said) for name in "ab"] + [sheet("c", 0, "wrong", said=["other"])]
    assert [(one.title, one.count) for one in report_of("01", sheets, {}).wrong] == [(said[0], 2)]


def test_what_a_student_reads_is_found_in_pages_and_errors():
    page = {
        "data": {"text/html": ["<div><p>✗ Not yet.</p>", "<p>c: you gave <code>&lt;3&gt;</code>.</p><p>Hint</p></div>"]}
    }
    error = {"output_type": "error", "ename": "AssertionError", "evalue": "3 is not 4\nmore [codes: SZ2]"}
    assert said_by([page, error]) == ["c: you gave <3>.", "Hint"]
    assert said_by([error]) == ["AssertionError: 3 is not 4", "more"]
    assert said_by([]) == []


# --- who needs a look


def test_the_same_unusual_wrong_answer_is_a_question():
    odd = "def f(x):\n    return x * 17 + 3"
    pair = [sheet("a", 0, "wrong", odd), sheet("b", 0, "wrong", odd.replace("3", "3  # mine"))]
    others = [sheet(f"s{number}", 0, "wrong", f"def f(x):\n    return {number} - x") for number in range(10)]
    assert looks(*pair, *others) == [(class_report.ALIKE, "sum: look at both, and ask", 2)]


def test_the_same_wrong_answer_is_no_question_where_many_give_it_or_a_known_way_leads_to_it():
    text = "sizes = {'a': 6, 'b': 36, 'c': 1}"
    many = [sheet(f"s{number}", 0, "wrong", text) for number in range(5)]
    known = [sheet(name, 0, "wrong", text, codes=["SZ2"]) for name in "ab"]
    same_way = [sheet("c", 0, "wrong", "sizes = {'a': 7}", codes=["SZ2"])]
    assert looks(*many) == looks(*known, *same_way) == []
    assert looks(*known) != []
    assert looks(sheet("a", 0, "wrong", "x = 1"), sheet("b", 0, "wrong", "x = 1")) == []
    assert looks(sheet("a", 2, "right", text), sheet("b", 2, "right", text)) == []


def test_everything_else_that_needs_a_person_is_named_once_with_its_reason():
    found = looks(
        Sheet("a", "a", 0, 2, {"f-check": Answered("check", None, 2, "undecided")}),
        Sheet("b", "b", 0, 2, {"why": Answered("essay", None, 1)}),
        Sheet("c", "c", reason="it is no notebook"),
        Sheet("d", "d", notes=["the notebook says 'x': these are that student's numbers"]),
        Sheet("e", "e", notes=["answer cells copied: f (the last one counts)"], stopped=["timeout", "timeout"]),
        Sheet("f", "f", 0, 2, {"f-check": Answered("check", 0, 2, "stopped")}),
        Sheet("g", "g", 1, 2, {"f-check": Answered("check", 1, 2, "wrong", again=True)}),
    )
    assert found == [
        ("a check that failed, by our fault", "f", 1),
        ("essays that wait for a person", "why", 1),
        ("points of a person's, to be looked at again", "f", 1),
        ("nothing could be read", "it is no notebook", 1),
        (class_report.NOT_THEIRS, class_report.OTHERS_SHORT, 1),
        (class_report.ELSEWHERE, "answer cells copied: f (the last one counts)", 1),
        ("a box was ended, or met a limit", "timeout", 1),
        ("a check was stopped", "f", 1),
    ]


def test_students_are_numbers_and_names_only_where_asked():
    sheets, people = [sheet("zoe", reason="damaged"), sheet("ada", 2)], {"zoe": Person("zoe", "Zett", "Zoe")}
    assert report_of("01", sheets, people).looks[0].names == []
    assert report_of("01", sheets, people, names=True).looks[0].names == ["zoe (Zett, Zoe)"]
    assert "zoe" not in report_page.page_of([report_of("01", sheets, people)])
    assert "Zett" in report_page.page_of([report_of("01", sheets, people, names=True)], names=True)


# --- how it is shown

LONG = Exercise("a-very-long-name-of-an-exercise-that-has-no-end", "check", 2)
LONG.standings.update({"right": 1, "partly": 1, "wrong": 300, "blank": 1, "open": 1})


def test_no_line_in_a_terminal_is_longer_than_80_characters():
    way = Wrong("SZ2", "a name that goes on " * 8, LONG.name, 3)
    look = Look("something", list(range(40)), "with-a-detail " * 9, [f"student number {one}" for one in range(40)])
    report = Report("01", 304, 0, 1, 1, 2, [0] * 10, [LONG], [way], [look])
    lines = report_text.lines_of(report, 40)
    assert max(map(len, lines)) <= 80
    assert "a-very-long-name-of-an-exerci…" in lines[4]


def test_a_bar_shows_everything_that_there_is():
    assert report_text.bar(LONG) == "█▓" + "▒" * 16 + "·?"
    assert report_text.bar(Exercise("x", "check", 1)) == ""
    three = Exercise("x", "check", 1)
    three.standings.update({"right": 1, "wrong": 1, "blank": 1})
    assert len(report_text.bar(three)) == report_text.BAR


def test_what_students_wrote_is_no_markup():
    bad = "<script>alert(1)</script>"
    one = sheet("ada", 0, "wrong", bad, codes=[bad], said=[bad], notes=[f"answer cells copied: {bad}"])
    one.exercises[bad] = Answered("essay", None, 1)
    report = report_of(bad, [one], {"ada": Person("ada", "<b>Ada")}, names=True)
    made = report_page.page_of([report, report], names=True)
    assert "<script" not in made
    assert "<b>Ada" not in made
    assert made.count("&lt;script&gt;") > 10


def test_the_csv_runs_nothing():
    one = Exercise("=1+1", "check", 1)
    report = Report("01", 1, 0, 0, 0, 1, [0] * 10, [one], [Wrong("=X1", "=2", "=1+1", 1)])
    (row,) = csv.DictReader(io.StringIO(class_report.to_csv([report])))
    assert (row["exercise"], row["misconceptions"]) == ("'=1+1", "'=X1 =2 (1)")


# --- from a real gradebook


@pytest.fixture
def graded(root) -> Path:
    answers = {"ada": RIGHT, "bela": "wrong", "cleo": HALF, "dora": "wrong", "fritz": None, "gina": "check breaks"}
    for name, answer in answers.items():
        hand_in(root, name, answer, why=f"Because, says {name}.")
    grade(root)
    give(root, "ada", "why", 1)
    return root


def test_a_report_is_read_from_gradebook_and_graded_notebooks(graded):
    names_come_from(names_of_wrong_ways)
    report = class_report.read_report(graded, LAB)
    by_name = {one.name: dict(one.standings) for one in report.exercises}
    assert by_name["double"] == {"right": 1, "wrong": 2, "partly": 1, "blank": 1, "open": 1}
    assert by_name["why"] == {"right": 1, "open": 5}
    assert [(way.title, way.exercise, way.count) for way in report.wrong] == [
        ("SZ2 padding added on one side only", "double", 3)
    ]
    assert report.wrong[0].said == ["not yet right"]
    assert [(one.what, one.detail, len(one.who)) for one in report.looks[:2]] == [
        ("a check that failed, by our fault", "double", 1),
        ("essays that wait for a person", "why", 5),
    ]
    with open_gradebook(graded) as book:  # as grading anew leaves it
        book.find_grade("why", LAB, LAB, "ada").needs_manual_grade = True
        book.db.commit()
    looks = [(one.what, one.detail, len(one.who)) for one in class_report.read_report(graded, LAB).looks]
    assert ("points of a person's, to be looked at again", "why", 1) in looks


def test_the_page_calls_exercises_as_students_know_them(graded):
    (path,) = (graded / "notebooks" / LAB).glob("*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    place = next(n for n, cell in enumerate(notebook.cells) if grade_id(cell) == "double")
    notebook.cells.insert(place, nbformat.v4.new_markdown_cell("## Exercise 1.7. Twice & again"))
    nbformat.write(notebook, path)
    report = class_report.read_report(graded, LAB)
    assert {one.name: one.title for one in report.exercises}["double"] == "1.7 Twice & again"
    page = report_page.page_of([report])
    assert '1.7 Twice &amp; again<br><span class="small">double</span>' in page


@pytest.mark.slow
def test_the_command_writes_page_table_and_json(graded, tmp_path, monkeypatch):
    paths = {name: tmp_path / f"report.{name}" for name in ("html", "csv", "json")}
    options = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    status, said = call(monkeypatch, graded, "report", "1", *options)
    assert status == 0, said
    assert max(map(len, said.split("written")[0].splitlines())) <= 80
    text = paths["html"].read_text(encoding="utf-8")
    assert "3 of 6 students, in double" in text
    everything = text + said + paths["json"].read_text()
    assert [
        name for name in ("ada", "bela", "cleo", "dora", "fritz", "gina") if re.search(rf"\b{name}\b", everything)
    ] == []
    (read,) = json.loads(paths["json"].read_text())
    assert read["exercises"][0]["standings"]["wrong"] == 2
    assert re.search(
        r"essays that wait for a person: why \(bela, cleo, dora, fritz,\s+gina\)",
        call(monkeypatch, graded, "report", "1", "--names")[1],
    )


def test_the_page_looks_as_it_should(graded, page, tmp_path):
    names_come_from(names_of_wrong_ways)
    path = tmp_path / "report.html"
    report = class_report.read_report(graded, LAB)
    path.write_text(report_page.page_of([report, report]), encoding="utf-8")
    for width in (1100, 400):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    bars = page.locator("td .bar")
    wide = [part.bounding_box()["width"] for part in bars.nth(2).locator("i").all()]
    assert len(wide) == 5
    assert wide[2] == pytest.approx(2 * wide[0], abs=6), "two wrong, one right"
    assert bars.nth(2).get_attribute("aria-label") == "1 right, 1 partly, 2 wrong, 1 blank, 1 open"
