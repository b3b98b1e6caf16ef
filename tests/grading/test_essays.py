"""An essay is found wherever it was written, or its question waits for a person: never 0 points because of a place."""

import json
from pathlib import Path

import nbformat
import pytest
from classroom import LAB, cell_of, hand_in, released, rows, scores
from fake_engine import grade as fake_grade
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from course_utils.grading.alignment import align, not_run
from course_utils.grading.bundle import read_bundle
from course_utils.grading.essays import pictures_of
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.job import Graded, Job
from course_utils.grading.reading import read_submission
from course_utils.grading.results import read_results
from course_utils.grading.writer import Writer

PNG = "iVBORw0KGgo="
ANSWER = "Because the slope is the same everywhere."


class AlignsOnly:
    """Grades as the fake engine does, with the cells that the real one would show."""

    def grade(self, root: Path, student: str) -> Graded:
        job = Job(read_bundle(root, LAB), read_submission(root, LAB, student))
        graded = fake_grade(job, (job.submission.notebook or b"").decode())
        aligned = align(job.bundle.cells, job.submission.notebook)
        graded.cells, graded.notes = [not_run(step) for step in aligned.steps], aligned.notes
        return graded


def write(root: Path, *students: str) -> None:
    settings, bundle = read_settings(root), read_bundle(root, LAB)
    with open_gradebook(root, settings) as book:
        writer = Writer(root, bundle, book, settings)
        for student in students:
            writer.write(AlignsOnly().grade(root, student), read_submission(root, LAB, student))


def hand(root: Path, student: str, change) -> None:
    """Write a submission that was changed as a notebook."""
    notebook = released(root)
    change(notebook)
    folder = root / "submitted" / student / LAB
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{LAB}.ipynb").write_text(nbformat.writes(notebook))


def index_of(notebook, name: str = "why") -> int:
    return notebook.cells.index(cell_of(notebook, name))


def strip(notebook) -> None:
    """Take all metadata away, as some editors do."""
    for cell in notebook.cells:
        cell.metadata = {}


def into_own_cell(notebook):
    cell_of(notebook, "why").source = ANSWER


def below(notebook):
    notebook.cells.insert(index_of(notebook) + 1, new_markdown_cell(ANSWER))


def below_in_two_cells(notebook):
    place = index_of(notebook) + 1
    notebook.cells[place:place] = [new_markdown_cell(ANSWER), new_raw_cell("And more.")]


def below_as_code(notebook):
    notebook.cells.insert(index_of(notebook) + 1, new_code_cell(ANSWER))


def above(notebook):
    notebook.cells.insert(index_of(notebook), new_markdown_cell(ANSWER))


def instead(notebook):
    notebook.cells[index_of(notebook)] = new_markdown_cell(ANSWER)


def stripped(notebook):
    into_own_cell(notebook)
    strip(notebook)


def stripped_and_below(notebook):
    below(notebook)
    strip(notebook)


def in_the_upper_copy(notebook):
    cell = cell_of(notebook, "why")
    copy = nbformat.from_dict(dict(cell))
    copy.id = "other"
    cell.source = ANSWER
    notebook.cells.insert(index_of(notebook) + 1, copy)


def emptied_and_below(notebook):
    cell_of(notebook, "why").source = "  \n"
    below(notebook)


FOUND = [
    below,
    below_in_two_cells,
    below_as_code,
    above,
    instead,
    stripped,
    stripped_and_below,
    in_the_upper_copy,
    emptied_and_below,
]


def graded_cell(root: Path, student: str):
    path = root / "autograded" / student / LAB / f"{LAB}.ipynb"
    return cell_of(nbformat.read(path, as_version=4), "why")


def waits(root: Path, student: str) -> bool:
    return any(who == student and cell == "why" and manual for who, cell, *_, manual in rows(root)["grades"])


@pytest.mark.parametrize("change", FOUND, ids=lambda change: change.__name__)
def test_the_text_is_found_and_waits_for_a_person(root, change):
    hand(root, "mia", change)
    write(root, "mia")
    assert ANSWER in graded_cell(root, "mia").source
    assert scores(root, "mia")["why"] is None
    assert waits(root, "mia")
    comments = {(who, cell): auto for who, cell, auto, _ in rows(root)["comments"]}
    assert comments["mia", "why"] is None


@pytest.mark.parametrize("change", FOUND, ids=lambda change: change.__name__)
def test_where_it_stood_is_noted_and_it_stands_there_once(root, change):
    hand(root, "mia", change)
    write(root, "mia")
    text = (root / "autograded" / "mia" / LAB / f"{LAB}.ipynb").read_text()
    assert text.count(ANSWER) == 1
    notes = read_results(root, LAB, ["mia"])["mia"].notes
    odd = change is not in_the_upper_copy
    assert any(note.startswith("why: ") and note.endswith("a person must look") for note in notes) == odd


def test_an_essay_in_its_own_cell_is_as_it_was(root):
    hand(root, "mia", into_own_cell)
    write(root, "mia")
    assert graded_cell(root, "mia").source == ANSWER
    assert "course" not in graded_cell(root, "mia").metadata
    assert waits(root, "mia")


def test_a_deleted_cell_waits_for_a_person_who_is_told(root):
    hand(root, "mia", lambda notebook: notebook.cells.pop(index_of(notebook)))
    write(root, "mia")
    assert scores(root, "mia")["why"] is None
    assert waits(root, "mia")
    notes = read_results(root, LAB, ["mia"])["mia"].notes
    assert "why: its cell is not in the notebook; a person must look" in notes


def test_two_copies_with_different_texts_are_both_shown(root):
    def change(notebook):
        in_the_upper_copy(notebook)
        notebook.cells[index_of(notebook) + 1].source = "Another text."

    hand(root, "mia", change)
    write(root, "mia")
    assert graded_cell(root, "mia").source == f"{ANSWER}\n\nAnother text."
    assert waits(root, "mia")


@pytest.mark.parametrize("place", ["own", "below"])
def test_a_pasted_picture_is_an_answer_and_stays(root, place):
    def change(notebook):
        if place == "below":
            notebook.cells.insert(index_of(notebook) + 1, new_markdown_cell("![image.png](attachment:image.png)"))
            cell = notebook.cells[index_of(notebook) + 1]
        else:
            cell = cell_of(notebook, "why")
        cell["attachments"] = {"image.png": {"image/png": PNG}}

    hand(root, "mia", change)
    write(root, "mia")
    assert graded_cell(root, "mia")["attachments"] == {"image.png": {"image/png": PNG}}
    assert waits(root, "mia")


def test_a_blank_essay_is_zero_and_says_so(root):
    hand(root, "mia", lambda notebook: None)
    write(root, "mia")
    assert scores(root, "mia")["why"] == 0
    assert not waits(root, "mia")
    assert "left blank, 0 points: why" in read_results(root, LAB, ["mia"])["mia"].notes


def test_a_blank_essay_waits_where_the_course_says_so(root):
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.Course.blank_essays = "wait"\n')
    hand(root, "mia", lambda notebook: None)
    hand(root, "nia", strip)
    write(root, "mia", "nia")
    for student in ("mia", "nia"):
        assert scores(root, student)["why"] is None
        assert waits(root, student)
        assert "left blank, waits for a person: why" in read_results(root, LAB, [student])[student].notes


def test_a_setting_that_is_none_is_refused(root):
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.Course.blank_essays = "never"\n')
    with pytest.raises(Exception, match=r"c\.Course\.blank_essays in nbgrader_config\.py must be one of"):
        read_settings(root)


def test_texts_of_the_lesson_and_notes_elsewhere_are_no_answers(root):
    def change(notebook):
        notebook.cells.insert(1, new_markdown_cell("My own notes on the first exercise."))

    hand(root, "mia", change)
    write(root, "mia")
    assert scores(root, "mia")["why"] == 0
    assert "My own notes" not in graded_cell(root, "mia").source


def test_an_unreadable_notebook_is_no_blank_essay(root):
    (hand_in(root, "mia") / f"{LAB}.ipynb").write_text("{")
    settings, bundle = read_settings(root), read_bundle(root, LAB)
    job = Job(bundle, read_submission(root, LAB, "mia"))
    with open_gradebook(root, settings) as book:
        Writer(root, bundle, book, settings).write(fake_grade(job, "{"), job.submission)
    assert scores(root, "mia")["why"] == 0
    assert not any("blank" in note for note in read_results(root, LAB, ["mia"])["mia"].notes)


@pytest.mark.parametrize(
    "attachments",
    [
        None,
        [],
        {"a": None},
        {"a": {"text/html": "<script>"}},
        {"a": {"image/svg+xml": "x"}},
        {"a": {"image/png": 5}},
        {"a": {"image/png": "x<b"}},
        {"a": {"image/png": "A" * (5 << 20)}},
        {5: {"image/png": PNG}},
    ],
)
def test_what_is_no_picture_is_no_attachment(attachments):
    assert pictures_of({"attachments": attachments}) == {}


def test_a_picture_in_another_cell_of_the_students_stays(root):
    def change(notebook):
        into_own_cell(notebook)
        notebook.cells.insert(1, new_markdown_cell("![a](attachment:a.png)"))
        notebook.cells[1]["attachments"] = {"a.png": {"image/png": PNG}, "\ud800": {"image/png": PNG}}

    notebook = released(root)
    change(notebook)
    cells = json.loads(json.dumps(notebook))["cells"]
    found = align(read_bundle(root, LAB).cells, json.dumps({"cells": cells}).encode())
    (step,) = [one for one in found.steps if "attachment" in one.source]
    assert step.attachments == {"a.png": {"image/png": PNG}, "?": {"image/png": PNG}}
    assert not_run(step)["attachments"] == step.attachments
