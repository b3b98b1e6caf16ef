"""Full marks are the core's points: what goes further makes up for lost ones, wherever people are told a sum."""

import csv
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from classroom import LAB, RIGHT, cell_of, grade, hand_in, released

from course_utils import overview, progress, reference, start_page
from course_utils.full_marks import Part, add_up
from course_utils.grading import export, feedback_page, results, totals
from course_utils.grading.gradebook import open_gradebook
from course_utils.journal import Tried
from course_utils.term import marks, sheets

MARK = "## How large is it?\n\n**Further:** leave this out."
SEVEN = "answers = {'a': 7}"
BEYOND = {"05_conv_and_pooling_homework", "06_training_homework"}  # homeworks with points of their own
WANTED = {"ada": 2, "bela": 2, "cleo": 1, "dora": 2.5}  # of 2: double; sizes and an essay go further


@pytest.fixture(scope="module")
def graded(template, tmp_path_factory):
    """Ada has all, bela the core alone, cleo what goes further alone; dora removes the mark, a person gives her 2.5."""
    root = Path(shutil.copytree(template, tmp_path_factory.mktemp("further") / "course"))
    notebook = released(root)
    next(cell for cell in notebook.cells if cell.source == "How large is it?").source = MARK
    nbformat.write(notebook, root / "notebooks" / LAB / f"{LAB}.ipynb")
    hand_in(root, "ada", RIGHT, sizes=SEVEN)
    hand_in(root, "bela", RIGHT)
    hand_in(root, "cleo", "wrong", sizes=SEVEN)
    path = hand_in(root, "dora", "wrong") / f"{LAB}.ipynb"
    path.write_text(path.read_text().replace("**Further:**", "Not further:"))
    grade(root)
    with open_gradebook(root) as book:
        book.find_grade("double-check", LAB, LAB, "dora").extra_credit = 2.5
        book.db.commit()
    return root


def test_the_report_the_marks_and_the_table_count_up_to_full_marks(graded):
    (found,) = marks.read_marks(graded, [LAB])
    assert (found.most, {name: mark.points for name, mark in found.marks.items()}) == (2, WANTED)
    read = sheets.read_sheets(graded, LAB)
    assert {one.student: (one.points, one.most) for one in read} == {name: (one, 2) for name, one in WANTED.items()}
    shown = results.read_results(graded, LAB, list(WANTED))
    assert {name: (one.points, one.most) for name, one in shown.items()} == {
        name: (one, 2) for name, one in WANTED.items()
    }


def test_the_wide_table_counts_up_to_full_marks_and_nbgraders_own_as_nbgrader_does(graded):
    long, wide = export.export(graded, graded / "grades.csv")
    with long.open(newline="") as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}["ada"] == 3
    with wide.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["student_id"]: float(row[f"{LAB} (2)"]) for row in rows} == WANTED
    assert {row["student_id"]: float(row["total"]) for row in rows} == WANTED


def test_the_head_of_a_feedback_page_counts_up_to_full_marks(graded):
    notebook = nbformat.read(graded / "autograded" / "ada" / LAB / f"{LAB}.ipynb", as_version=4)
    for name, score in {"double-check": 1, "sizes-check": 1, "why": 1}.items():
        cell_of(notebook, name).metadata.nbgrader.score = score
    path = str(graded / "autograded" / "ada" / LAB)
    here = {"db_url": f"sqlite:///{graded / 'gradebook.db'}", "assignment": LAB, "student": "ada"}
    _, resources = feedback_page.lay_out(notebook, {"metadata": {"path": path, "name": LAB}, "nbgrader": here})
    assert (resources["course_total"].points, resources["course_total"].most) == (2, 2)
    assert [one.further for one in resources["course_sections"] if one.graded] == [False, True]


def test_a_lab_that_is_not_released_goes_no_further(tmp_path):
    assert totals.further_cells(tmp_path, LAB) == set()


@pytest.mark.parametrize(
    ("parts", "points", "most"),
    [
        ([(8, 10, False), (1, 4, True)], 9, 10),
        ([(8, 10, False), (4, 4, True)], 10, 10),
        ([(11, 10, False), (4, 4, True)], 11, 10),  # more than there is: a person gave it
        ([(0, 0, False), (3, 4, True)], 3, 4),  # nothing but further: all of it counts
        ([], 0, 0),
    ],
)
def test_what_goes_further_makes_up_for_lost_points_and_no_more(parts, points, most):
    total = add_up(Part(*part) for part in parts)
    assert (total.points, total.most) == (points, most)


# --- where a learner is told


@pytest.mark.parametrize("lab", reference.labs())
def test_a_learner_reads_the_same_full_marks_everywhere(lab):
    entries = list(reference.entries(lab).values())
    rows = [progress.Row(lab, one, Tried(1.0, 1.0, 1)) for one in entries]
    total = progress._points(rows)
    full = float(total.split(" of ")[1])
    assert total == f"{full:g} of {full:g}"
    page = re.search(rf"\(labs/{lab}/.*\| ([^|]+) \|", start_page._table({}))[1].replace("\u00a0", " ")
    assert page == overview.counts(reference.AUTHORS.parent / "solutions" / lab / f"{lab}.py")[1]
    assert page.split(",")[0] == f"{full:g}"
    assert full == sum(one.points for one in entries if not one.further)


def test_all_points_of_labs_and_their_two_homeworks_are_two_hundred():
    labs = [lab for lab in reference.labs() if lab not in BEYOND]
    assert sum(one.points for lab in labs for one in reference.entries(lab).values()) == 200
