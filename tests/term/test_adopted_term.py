"""A term of somebody else's course: an assignment of two notebooks, in which the same names stand."""

import csv
import json
from pathlib import Path

import assignments
import pytest
from commands import call

from course_utils.grading.gradebook import open_gradebook
from course_utils.term.sheets import read_sheets

FEATURE = assignments.Feature("f", "f = None\n%s", "f = 1", "f = 'wrong'", "assert f == 1", points=2)
CLASS = "student_id,name,email\nada,Ada A,a@x.example\nbela,Bela B,b@x.example\ncleo,Cleo C,c@x.example\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """ada has all right, bela is wrong in the second notebook, cleo handed in the first one alone, wrong."""
    root = tmp_path_factory.mktemp("adopted") / "course"
    for name in ("one", "two"):
        assignments.write(assignments.notebook([FEATURE]), root / "source" / "ps1" / f"{name}.ipynb")
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    assignments.run(root, "nbgrader", "generate_assignment", "ps1")
    assignments.run(root, "course", "adopt")
    right, wrong = (assignments.Feature(**{**vars(FEATURE), "half": half}) for half in ("f = 1", "f = 'wrong'"))
    for who, name, feature in (
        ("ada", "one", right),
        ("ada", "two", right),
        ("bela", "one", right),
        ("bela", "two", wrong),
        ("cleo", "one", wrong),
    ):
        filled = assignments.filled(root, "ps1", [feature], name)
        assignments.write(filled, root / "submitted" / who / "ps1" / f"{name}.ipynb")
    (root / "class.csv").write_text(CLASS)
    return root


def test_a_term(course, monkeypatch):
    def run(*words: str, status: int = 0) -> str:
        found, said = call(monkeypatch, course, *words)
        assert found == status, said
        return said

    run("students", "--import", "class.csv", "--yes")
    assert "  without: cleo (two)" in run("students", "ps1")
    run("grade", "ps1")
    run("export", "--to", "moodle", "ps1")
    assert marks(course) == {"a@x.example": "4", "b@x.example": "2", "c@x.example": "0"}

    monkeypatch.chdir(course)  # nbgrader looks for a gradebook where it is
    answers = {name: (one.points, one.answer) for name, one in read_sheets(course, "ps1")[1].exercises.items()}
    assert answers == {"one/f-check": (2.0, "f = None\nf = 1"), "two/f-check": (0.0, "f = None\nf = 'wrong'")}
    said = run("report", "ps1", "--json", "report.json")
    (report,) = json.loads((course / "report.json").read_text())
    assert [one["standings"] for one in report["exercises"]] == [{"right": 2, "wrong": 1}, {"right": 1, "wrong": 1}]
    assert "two/f" in said
    assert "a notebook could not be read: there is no notebook two.ipynb" in " ".join(said.split())

    with open_gradebook(course) as book:
        book.find_grade_cell("f-check", "two", "ps1").max_score = 3
        book.db.commit()
    said = run("regrade", "ps1", "--yes", status=0)
    assert "ada: 4 -> 5\n  two/f-check 2 -> 3: points 2 -> 3; still right\n" in said
    assert "bela" not in said
    (line,) = (course / "regrades.jsonl").read_text().splitlines()
    assert list(json.loads(line)["exercises"]) == ["two/f-check"]
    assert "ps1: ada (A, Ada): 4 -> 5" in run("export", "--to", "moodle", "ps1")
    assert run("grade", "ps1").count("ps1: nothing to do\n") == 1


def marks(root: Path) -> dict[str, str]:
    with (root / "grades_moodle.csv").open(encoding="utf-8") as file:
        return {row["Email address"]: row["ps1"] for row in csv.DictReader(file)}
