"""Foreign assignments with checks in ordinary Python: the points that stock nbgrader gives, cell by cell.

Each group of :mod:`assignments` is released by stock nbgrader, and a right, a half-right and a blank submission are
graded by stock nbgrader and, after ``course adopt``, by the engine.
"""

import shutil
from pathlib import Path

import assignments
import pytest
from thorough import one_in

INSIDE = {
    group: {f"{feature.name}-check" for feature in features if not feature.outside}
    for group, features in assignments.GROUPS.items()
}


@pytest.mark.slow
@pytest.mark.parametrize("group", one_in(8, sorted(assignments.GROUPS)))
def test_every_cell_gets_the_points_that_stock_nbgrader_gives(tmp_path: Path, group: str):
    course = assignments.make_course(tmp_path / "course", {group: assignments.GROUPS[group]})
    ours, theirs, said = graded_twice(course, tmp_path / "stock", group)
    assert ours == theirs
    checks = len(assignments.GROUPS[group])
    assert len(theirs) == 3 * checks
    most = sum(feature.points for feature in assignments.GROUPS[group])
    right = sum(points or 0 for (_, who, _), points in theirs.items() if who == "right")
    assert right == most
    assert {who: sum(p or 0 for (_, w, _), p in theirs.items() if w == who) for who in ("half", "blank")}["half"] < most

    inside = {line.split()[1] for line in said.splitlines() if "runs in the student's process" in line}
    assert inside == INSIDE[group]


PATIENT = "\nc.ExecutePreprocessor.iopub_timeout = c.Execute.iopub_timeout = 120  # a busy machine is no failure\n"


def copy_for_stock(course: Path, stock: Path) -> Path:
    """Copy a course for stock nbgrader, with patience."""
    shutil.copytree(course, stock)
    with (stock / "nbgrader_config.py").open("a") as config:
        config.write(PATIENT)
    return stock


Points = dict[tuple[str, str, str], float | None]


def graded_twice(course: Path, stock: Path, lab: str, *, all_there: bool = True) -> tuple[Points, Points, str]:
    """Grade a course by the engine and a copy by stock nbgrader; return both's points, and what the engine said.

    ``all_there`` says whether stock nbgrader must have been able to grade every submission.
    """
    copy_for_stock(course, stock)
    assignments.run(stock, "nbgrader", "autograde", lab, status=0 if all_there else None)
    assignments.run(course, "course", "adopt")
    said = assignments.run(course, "course", "grade", lab)
    return assignments.points(course), assignments.points(stock), said


def other_cells() -> list:
    """Return the kinds of cells that an autograded answer is not, and answers that share a test."""
    essay = assignments.new_markdown_cell(
        "Why?", metadata={"nbgrader": settings("why", grade=True, solution=True, points=3)}
    )
    task = assignments.new_markdown_cell(
        "Do it.", metadata={"nbgrader": settings("do", locked=True, task=True, points=4)}
    )
    made = [
        assignments.cell("### BEGIN SOLUTION\na = 1\n### END SOLUTION", grade_id="one", solution=True),
        assignments.cell("### BEGIN SOLUTION\nb = 2\n### END SOLUTION", grade_id="two", solution=True),
        assignments.cell("assert a + b == 3", grade_id="both", grade=True, locked=True, points=2),
        assignments.cell("assert a == 1", grade_id="again", grade=True, locked=True, points=1),
        assignments.cell("assert b == 3", grade_id="nothing", grade=True, locked=True, points=0),
        assignments.cell(
            "### BEGIN SOLUTION\nc = 3\n### END SOLUTION", grade_id="By_hand-1", grade=True, solution=True, points=5
        ),
        essay,
        task,
        assignments.cell("print('a comment')"),
        assignments.cell("1 / 0"),
        assignments.cell("assert True", grade_id="always", grade=True, locked=True, points=1),
    ]
    return made


def settings(name: str, **more: object) -> dict[str, object]:
    return {"schema_version": 3, "grade": False, "locked": False, "solution": False, "grade_id": name} | more


@pytest.mark.slow
@pytest.mark.thorough
def test_cells_that_a_person_grades_and_answers_that_share_a_test(tmp_path: Path):
    course = tmp_path / "course"
    book = assignments.new_notebook(cells=other_cells())
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    assignments.write(book, course / "source" / "mixed" / "mixed.ipynb")
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    assignments.run(course, "nbgrader", "generate_assignment", "mixed")
    for who, folder in (("right", "source"), ("blank", "release")):
        (course / "submitted" / who / "mixed").mkdir(parents=True)
        shutil.copy(course / folder / "mixed" / "mixed.ipynb", course / "submitted" / who / "mixed")
    stock = copy_for_stock(course, tmp_path / "stock")
    assignments.run(stock, "nbgrader", "autograde", "mixed")
    assignments.run(course, "course", "adopt")
    assignments.run(course, "course", "grade", "mixed")
    ours, theirs = assignments.points(course), assignments.points(stock)
    assert ours == theirs
    assert {name for _, who, name in ours if ours["mixed", who, name] is None} >= {"do"}


AUTOTESTS = '''
python3:
    setup: "from hashlib import sha1"
    hash: 'sha1({{snippet}}.encode("utf-8")+b"{{salt}}").hexdigest()'
    dispatch: "type({{snippet}})"
    normalize: "str({{snippet}})"
    check: 'assert {{snippet}} == """{{value}}""", """{{message}}"""'
    success: "print('Success!')"
    templates:
        default:
            - test: "type({{snippet}})"
              fail: "type of {{snippet}} is not correct"
            - test: "{{snippet}}"
              fail: "value of {{snippet}} is not correct"
'''


@pytest.mark.slow
@pytest.mark.thorough
def test_tests_that_nbgrader_wrote_itself(tmp_path: Path):
    text = "### AUTOTEST square(3)\n### AUTOTEST word\n### HASHED AUTOTEST square(4)"
    features = [
        assignments.Feature("word", "word = None\n%s", "word = 'yes'", "word = 'no'", "assert word"),
        assignments.Feature("square", "def square(x):\n%s", "    return x * x", "    return 9", text),
    ]
    course = tmp_path / "course"
    course.mkdir()
    (course / "autotests.yml").write_text(AUTOTESTS)
    assignments.make_course(course, {"small": features}, {})
    released = (course / "release" / "small" / "small.ipynb").read_text()
    assert "AUTOTEST" not in released
    stock = copy_for_stock(course, tmp_path / "stock")
    assignments.run(stock, "nbgrader", "autograde", "small")
    assignments.run(course, "course", "adopt")
    assignments.run(course, "course", "grade", "small")
    assert assignments.points(course) == (theirs := assignments.points(stock))
    assert [theirs["small", who, "square-check"] for who in ("right", "half", "blank")] == [1, 0, 0]


@pytest.mark.slow
@pytest.mark.thorough
def test_the_assignment_that_nbgrader_itself_brings(tmp_path: Path):
    assignments.run(tmp_path, "nbgrader", "quickstart", "course")
    course = tmp_path / "course"
    assignments.run(course, "nbgrader", "generate_assignment", "ps1", "--force")
    for who, folder in (("right", "source"), ("blank", "release")):
        (course / "submitted" / who / "ps1").mkdir(parents=True)
        for path in (course / folder / "ps1").glob("*.ipynb"):
            shutil.copy(path, course / "submitted" / who / "ps1")
    stock = copy_for_stock(course, tmp_path / "stock")
    assignments.run(stock, "nbgrader", "autograde", "ps1")
    assignments.run(course, "course", "adopt")
    said = assignments.run(course, "course", "grade", "ps1")
    assert assignments.points(course) == (theirs := assignments.points(stock))
    assert sum(points or 0 for (_, who, _), points in theirs.items() if who == "right") == 3
    inside = {line.split()[1] for line in said.splitlines() if "runs in the student's process" in line}
    assert inside == {"sum_of_squares_uses_squares"}
    assert said.count("not attempted") == 1
