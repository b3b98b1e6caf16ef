"""Pages of feedback and of formgrader stay small, are made in seconds, and say what was cut, whatever is in them."""

import random
import re
from pathlib import Path

import nbconvert
import pytest
from classroom import LAB, hand_in
from fake_engine import grade as fake_grade
from jinja2 import Environment
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from thorough import one_in
from traitlets.config import Config

from course_utils.grading import feedback, formgrader_page, outputs, pages, shortening
from course_utils.grading.bundle import read_bundle
from course_utils.grading.feedback_page import NBGRADERS, sections_of
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.job import Job
from course_utils.grading.reading import read_submission
from course_utils.grading.writer import Writer

MOST = 2_000_000  # bytes of a page


def code(source="1", *cell_outputs):
    return {"cell_type": "code", "source": source, "outputs": list(cell_outputs)}


def text(source, **more):
    return {"cell_type": "markdown", "source": source, "outputs": [], **more}


def stream(words):
    return {"output_type": "stream", "name": "stdout", "text": words}


def shown(**data):
    data = {kind.replace("_", "/"): content for kind, content in data.items()}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def error(*lines):
    return {"output_type": "error", "ename": "E", "evalue": "", "traceback": list(lines)}


LETTERS = "".join(random.Random(0).choices("abc<>&*_`$[]()#|\\\n ", k=400_000))
HOSTILE = {
    "environments that never end": lambda: [text("\\begin{a}" * 44_000)],
    "a colour a letter": lambda: [code("1", stream("\x1b[31ma\x1b[32mb" * 18_000)) for _ in range(160)],
    "one letter an output": lambda: [code("1", *[stream("a")] * 1_000) for _ in range(500)],
    "HTML in HTML": lambda: [code("1", shown(text_html="<div>" * 900_000 + "</div>" * 900_000)) for _ in range(3)],
    "HTML that is flat": lambda: [code("1", shown(text_html="<b>x</b>" * 400_000)) for _ in range(8)],
    "dots in a line": lambda: [code("a.b." * 100_000) for _ in range(20)],
    "dots in lines": lambda: [code("a.\\\nb." * 60_000) for _ in range(20)],
    "noise as text": lambda: [text(LETTERS) for _ in range(40)],
    "headings by the thousand": lambda: [text("# a\n" * 90_000) for _ in range(20)],
    "HTML in text": lambda: [text("<div>" * 60_000) for _ in range(20)],
    "brackets": lambda: [text("[" * 300_000), text("![a](" * 60_000), text("*a **b " * 50_000)],
    "code in text": lambda: [text("```python\n" + "a.b." * 90_000 + "\n```")],
    "pictures": lambda: [code("1", shown(image_png="A" * 3_000_000)) for _ in range(8)],
    "small pictures": lambda: [code("1", *[shown(image_png="A" * 9_000)] * 400) for _ in range(8)],
    "pasted pictures": lambda: [
        text("![a](attachment:a)", attachments={"a": {"image/png": "A" * 3_000_000}}) for _ in range(5)
    ],
    "very many cells": lambda: [text(f"cell {number}") for number in range(1_990)],
    "long tracebacks": lambda: [code("1", *[error(*["\x1b[31m" + "x" * 3_000] * 100)] * 20) for _ in range(20)],
    "formulas": lambda: [code("1", shown(text_latex="$" + "\\frac{" * 50_000)) for _ in range(20)],
    "text of an output": lambda: [code("1", shown(text_plain="x" * 290_000)) for _ in range(30)],
    "Markdown outputs": lambda: [code("1", shown(text_markdown="\\begin{a}" * 30_000)) for _ in range(30)],
    "raw JSON": lambda: [code("1", shown(application_json="[" * 3_000_000)) for _ in range(5)],
    "long lines of text": lambda: [code("1", stream("x" * 190_000)) for _ in range(100)],
}


def complete(cell, room):
    base = {"grade_id": "", "status": "ok"}
    return {**base, **cell, "outputs": outputs.clean(cell["outputs"], room)}


def graded(root: Path, student: str, cells) -> None:
    """Write a result with cells of its own behind the first one of the release."""
    hand_in(root, student)
    settings, bundle = read_settings(root), read_bundle(root, LAB)
    job = Job(bundle, read_submission(root, LAB, student))
    result = fake_grade(job, job.submission.notebook.decode())
    room = outputs.Room()
    result.cells[1:1] = [complete(cell, room) for cell in cells]
    with open_gradebook(root, settings) as book:
        Writer(root, bundle, book, settings).write(result, job.submission)


def formgrader(root: Path, student: str, exporter=HTMLExporter) -> str:
    """Return the page that formgrader shows of a submission, made as its handler makes it."""
    config = read_settings(root).config
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [str(NBGRADERS)]
    about = {"base_url": "", "submission_id": "1", "index": 0, "total": 1, "student": student, "notebook_path": ""}
    about |= {"assignment_id": LAB, "notebook_id": LAB, "last_name": None, "first_name": None}
    path = root / "autograded" / student / LAB / f"{LAB}.ipynb"
    return exporter(config=config).from_filename(str(path), resources=about)[0]


def page(root: Path, student: str) -> str:
    outcome = feedback.make_feedback(root, LAB, students=[student], workers=1)
    assert outcome.failures == {}
    return (root / "feedback" / student / LAB / f"{LAB}.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", one_in(4, list(HOSTILE)))
def test_a_page_is_small_says_what_was_cut_and_still_has_the_points(root, name):
    graded(root, "mia", HOSTILE[name]())
    for made in (page(root, "mia"), formgrader(root, "mia")):
        assert len(made.encode()) < MOST
        assert "double-check" in made
        assert "This page is shortened" in made or "left out here" in made or "were cut here" in made


def test_an_honest_page_is_not_shortened(root):
    graded(root, "mia", [code("a = [1, 2]\nprint(a)", stream("[1, 2]\n")), text("## My notes\n\n*some* text")])
    for made in (page(root, "mia"), formgrader(root, "mia")):
        assert not re.search("left out|cut here|shortened", made)
        assert '<span class="nb">print</span>' in made
        assert "<em>some</em>" in made


def test_the_first_and_the_last_outputs_stay():
    cell = new_code_cell("1", outputs=[new_output("stream", text=f"line {n}\n") for n in range(1_000)])
    made, _ = shortening.shorten(new_notebook(cells=[cell]), {})
    assert "Left out: outputs (900)." in made.cells[0].source
    assert (made.cells[1].outputs[0].text, made.cells[1].outputs[-1].text) == ("line 0\n", "line 999\n")
    assert len(made.cells[1].outputs) == shortening.MOST_OF_ONE


def test_what_checks_show_goes_last():
    """The verdict's HTML stays where the learner's own pictures take all the room."""
    own = new_code_cell("1", outputs=[new_output("display_data", {"image/png": "A" * 1_000_000}) for _ in range(3)])
    check = new_code_cell("2", outputs=[new_output("display_data", {"text/html": "x" * 600_000})])
    check.metadata["nbgrader"] = {"grade_id": "a-check", "grade": True, "solution": False, "points": 1}
    made, _ = shortening.shorten(new_notebook(cells=[own, check]), {})
    assert [list(output.data) for output in made.cells[1].outputs] == [["text/plain"]] * 3
    assert list(made.cells[2].outputs[0].data) == ["text/html"]


def test_the_learners_noise_takes_no_room_from_graded_cells():
    noise = [new_markdown_cell(LETTERS[:15_000]) for _ in range(60)]
    answer = new_markdown_cell("The *answer*.")
    answer.metadata["nbgrader"] = {"grade_id": "why", "grade": True, "solution": True}
    exporter = HTMLExporter(config=Config({"HTMLExporter": {"filters": pages.FILTERS}}), template_name="classic")
    made, _ = exporter.from_notebook_node(new_notebook(cells=[*noise, answer]))
    assert "<em>answer</em>" in made
    assert "letters and all further text were cut here" in made


@pytest.mark.slow
def test_a_picture_that_is_not_there_is_said(root):
    graded(root, "mia", [text("![my plot](attachment:image.png) and text")])
    for made in (page(root, "mia"), formgrader(root, "mia")):
        assert "[my plot: this picture cannot be shown here]" in made
        assert "and text" in made


@pytest.mark.slow
def test_a_pasted_picture_is_on_both_pages(root):
    graded(root, "mia", [text("![my plot](attachment:a.png)", attachments={"a.png": {"image/png": "iVBORw0KGgo="}})])
    for made in (page(root, "mia"), formgrader(root, "mia")):
        assert "data:image/png;base64,iVBORw0KGgo=" in made


# --- formgrader's page is made in a process with limits


def never(*_arguments):
    while True:
        sum(range(1000))


@pytest.fixture
def limited(monkeypatch):
    """Formgrader's exporter, with a process of its own."""
    monkeypatch.setattr(formgrader_page, "_worker", worker := formgrader_page.Worker())
    yield formgrader_page.LimitedExporter
    for maker in worker.maker:
        maker.end()


@pytest.mark.slow
def test_formgraders_page_from_the_process_is_the_same(root, limited, monkeypatch):
    graded(root, "mia", [code("a = [1, 2]\nprint(a)", stream("[1, 2]\n"))])
    assert formgrader(root, "mia", limited) == formgrader(root, "mia")
    with monkeypatch.context() as patch:
        patch.setattr(formgrader_page, "MOST", 1_000)
        assert "it has more than" in formgrader(root, "mia", limited)
    assert formgrader_page._worker.maker, "the process stays"


@pytest.mark.slow
def test_a_page_of_formgraders_that_takes_too_long_is_a_sentence(root, limited, monkeypatch):
    graded(root, "mia", [])
    monkeypatch.setattr(formgrader_page, "SECONDS", 1)
    monkeypatch.setattr(formgrader_page, "make_page", never)
    assert "making it took more than 1 seconds" in formgrader(root, "mia", limited)
    assert not formgrader_page._worker.maker


def test_formgraders_server_takes_that_exporter(root):
    from nbgrader.server_extensions.formgrader import formgrader as server

    read_settings(root)
    assert server.HTMLExporter is formgrader_page.LimitedExporter


# --- what a class's pages have in common is done once


@pytest.mark.slow
def test_templates_are_compiled_once_and_no_page_is_read_again(root, monkeypatch):
    for student in ("mia", "ada"):
        graded(root, student, [code("1", shown(image_png="iVBORw0KGgo="))])
    monkeypatch.setattr(nbconvert.exporters.html, "BeautifulSoup", None)
    assert feedback._make(root, LAB, "mia", "source") == ""
    monkeypatch.setattr(Environment, "_compile", None)
    assert feedback._make(root, LAB, "ada", "source") == ""
    made = [(root / "feedback" / who / LAB / f"{LAB}.html").read_text() for who in ("mia", "ada")]
    assert made[0] == made[1]
    assert 'alt="No description' in made[0]


# --- how a feedback page is laid out


@pytest.mark.slow
def test_points_and_verdicts_come_first_and_the_rest_is_folded(root):
    graded(root, "mia", [])
    made = page(root, "mia")
    index = made[made.index('id="toc"') : made.index("</nav>")]
    assert re.findall(r"<td>(?:<[^>]*>)([^<]+)</a></td>", index)
    assert "2 of 4" in index
    assert "right, not attempted" in index
    for target in re.findall(r'href="#(exercise-\d+)"', index):
        assert f'id="{target}"' in made
    assert made.count("<details>") == made.count("</details>") == 3  # two checks, and all else
    unfolded = re.sub(r"<details>.*?</details>", "", made[made.index("</nav>") :], flags=re.S)
    assert "def double" not in unfolded


def heading(words):
    return new_markdown_cell(words)


def check(name):
    cell = new_code_cell("check()")
    cell.metadata["nbgrader"] = {"grade_id": name, "grade": True, "solution": False, "points": 2, "score": 1}
    return cell


def essay(name):
    cell = new_markdown_cell("mine")
    cell.metadata["nbgrader"] = {"grade_id": name, "grade": True, "solution": True, "points": 3, "score": 0}
    cell.metadata["course_waits"] = True
    return cell


def test_an_exercise_is_what_stands_below_a_heading():
    cells = [heading("# Lab"), new_markdown_cell("text"), heading("## *One*. `f(x)`"), check("a"), check("b")]
    cells += [new_code_cell("more"), heading("## Reading"), heading("## Two <b>bold</b>"), check("c")]
    cells += [heading("## Report\n\n## Three\n\n### Further"), essay("d")]
    found = sections_of(cells)
    assert [(one.title, one.graded, one.points, one.score) for one in found] == [
        ("Lab", False, 0, 0),
        ("One. f(x)", True, 4, 2),
        ("Reading", False, 0, 0),
        ("Two bold", True, 2, 1),
        ("Three", True, 3, 0),
    ]
    assert [one.verdict for one in found] == ["", "", "", "", "not read yet"]
    assert [cell for one in found for cell in one.cells] == cells


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("## 5 Report\n\n## Exercise 6.14. Half a page\n\nWrite …", "Exercise 6.14. Half a page"),
        ("# Homework\n\n## Problem 1", "Homework"),
        ("## Problem 1\n\n### Hint\n\n### And another", "Problem 1"),
        ("text\n\n### Problem 2 ###", "Problem 2"),
    ],
)
def test_a_section_is_called_by_the_last_of_the_highest_headings_in_its_cell(text, title):
    (found,) = sections_of([new_markdown_cell(text), check("a")])
    assert found.title == title


def test_a_notebook_without_headings_is_one_exercise():
    (found,) = sections_of([check("a"), new_markdown_cell("text"), check("b")])
    assert (found.title, found.points) == ("a", 4)
