"""What a learner does, from the unzipped bundle to the feedback page, in a real browser; what the instructor gets."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from learner import Notebook, course_lab, environment, open_page, unpack

from course_utils import bundle, reference
from course_utils.course import environment as course_environment
from course_utils.demo import make_course, run_nbgrader

ROOT = Path(__file__).resolve().parent.parent
LAB = "05_conv_and_pooling"
PATH = f"labs/{LAB}/{LAB}.ipynb"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SIZES = """sizes = {{
    "a": {{"size": {size}, "units": {units}}},
    "b": {{"size": 3, "units": 9}},
    "c": {{"size": 7, "units": 49}},
    "d": {{"size": 2, "units": 4, "leftover": 1}},
    "e": {{"size": 32, "units": 1024}},
}}"""
RULE = """def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):
    room = size + {ends} * padding - kernel_size
    if room < 0 or strict and room % stride:
        raise ValueError(f"{{room % stride}} cells are left over")
    return room // stride + 1"""


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """A bundle, unzipped in a folder with a space and umlauts, and a learner's environment with its wheel."""
    to = tmp_path_factory.mktemp("bundle")
    _, archive = bundle.make_bundle(ROOT, ["1", "5"], to / "dist", handed_out={"upload": "in Moodle"})
    place = to / "Übung Müller"
    folder, installed = unpack(archive, place)
    variables = environment(installed, Path("/proc/nobody"))  # a home that cannot be written
    return folder, variables | {"TMPDIR": str(to)}, to


def course(folder: Path, variables: dict[str, str], *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "course_utils", *words]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def at_the_desk(start: Notebook) -> list[str]:
    """Look lab 05 over and make the file to hand in, by the buttons of the start page; return what was said."""
    start.run("import desk")
    page, said = start.page, []
    page.locator(".widget-dropdown select").select_option("05 Slide a kernel over an image")
    page.locator(".widget-text input").fill("mia")
    page.locator(".widget-text input").press("Tab")
    for button, answer in (
        ("Look it over", "not answered yet"),
        ("Make the file to hand in", f"made: hand-in/mia__{LAB}.ipynb"),
    ):
        page.get_by_role("button", name=button).click()
        found = page.locator("p", has_text=answer).first
        found.wait_for(timeout=60_000)
        said.append(found.inner_text())
    return said


def by_keyboard(lab: Notebook) -> tuple[str, list[str]]:
    """Answer a question of practice wrongly, and move a slider; return the reply, and the widget before and after."""
    page = lab.page
    lab.run("lab.output_sizes.practice(12)")
    page.locator(".cu-practice input[type=text]:visible").first.focus()
    page.keyboard.type("1000")
    page.keyboard.press("Enter")
    said = page.locator(".cu-practice-wrong:visible").first.inner_text()
    lab.run("widgets.explore_output_size(")
    page.locator(".cu-widget input[type=range]:visible").first.focus()
    line = page.locator(".cu-widget .cu-line:visible").first
    seen = [line.inner_text()]
    page.keyboard.press("ArrowRight")
    for _ in range(200):
        if line.inner_text() != seen[0]:
            break
        page.wait_for_timeout(25)
    return said, [*seen, line.inner_text()]


@pytest.fixture(scope="module")
def day(handed_out, chrome):
    """What a learner saw on a day with lab 05, step by step."""
    folder, variables, to = handed_out
    seen = {}
    with course_lab(folder, variables, to / "server.log") as address:
        page = open_page(chrome, address)
        start = Notebook(page, "START.ipynb")
        seen["first progress"] = start.run("import progress")
        page.get_by_role("link", name="05 Slide a kernel over an image").last.click()
        lab = Notebook(page, PATH)
        lab.run("import numpy as np")
        lab.run('student_id = ""')
        lab.run("lab = conv_and_pooling")
        lab.write("sizes = {", SIZES.format(size=6, units=36))
        lab.run("sizes = {")
        seen["wrong"] = lab.run("lab.output_sizes.check(")
        lab.write("sizes = {", SIZES.format(size=5, units=25))
        lab.run("sizes = {")
        seen["right"] = lab.run("lab.output_sizes.check(")
        lab.write("def conv_output_size", RULE.format(ends=1))
        lab.run("def conv_output_size")
        seen["wrong rule"] = lab.run("lab.output_size_rule.check(")
        lab.write("def conv_output_size", RULE.format(ends=2))
        lab.run("def conv_output_size")
        seen["right rule"] = lab.run("lab.output_size_rule.check(")
        lab.save()
        seen["progress"] = start.run("import progress")
        lab.ask("await find().sessionContext.session.kernel.restart();")
        lab.ask("find().content.activeCellIndex = argument;", lab.place("lab.parameter_counts.check("))
        lab.do("notebook:run-all-above")
        lab.ask("for (const cell of cells()) await cell.model?.ready; ")
        seen["errors after restart"] = sorted(set(lab.errors()))
        seen["practice"], seen["widget"] = by_keyboard(lab)
        lab.save()
        seen["desk"] = at_the_desk(start)
        seen["titles"] = page.evaluate(
            "[...document.querySelectorAll('.lm-MenuBar-itemLabel')].map((e) => e.innerText)"
        )
        page.close()
    return seen


def test_a_wrong_answer_is_told_which_wrong_way_it_is_and_a_right_one_that_it_is(day):
    assert "Partly right. 4 of 5 points here." in day["wrong"]
    assert "Correct. 5 of 5 points here." in day["right"]
    assert "How many ends has a row?" in day["wrong rule"]
    assert "Not yet. 0 of 2 points here." in day["wrong rule"]
    assert "Correct. 2 of 2 points here." in day["right rule"]


def test_after_a_restart_run_all_above_brings_a_learner_back(day):
    assert day["errors after restart"] == ["NotAttempted"]


def test_practice_and_widgets_answer_to_the_keyboard(day):
    assert "Not yet" in day["practice"]
    before, after = day["widget"]
    assert before != after


def test_no_screen_of_an_instructor_is_there(day):
    assert "Nbgrader" not in day["titles"]


def test_nothing_but_the_labs_is_in_reach(handed_out, day):
    folder, _, _ = handed_out
    there = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".whl"]
    text = "".join(path.read_text(errors="replace") for path in there)
    assert "BEGIN SOLUTION" not in text
    assert "HIDDEN TESTS" not in text


# --- looked over, handed in, graded


@pytest.fixture(scope="module")
def graded(handed_out, day):
    """The course of the instructor who collected exactly the file that was made, and graded it."""
    folder, variables, to = handed_out
    looked = course(folder, variables, "doctor", "5")
    by_button = (folder / "hand-in" / f"mia__{LAB}.ipynb").read_bytes()
    made = course(folder, variables, "submit", "5")
    assert made.returncode == 0, made.stderr
    assert (folder / "hand-in" / f"mia__{LAB}.ipynb").read_bytes() == by_button, "a command and a button make the same"
    root = make_course(ROOT, to / "course")
    for other in (root / "solutions").glob("0*"):
        if other.name != LAB:
            shutil.rmtree(other)
    inbox = root / "downloaded" / LAB / "archive"
    inbox.mkdir(parents=True)
    shutil.copy(folder / "hand-in" / f"mia__{LAB}.ipynb", inbox)
    teacher = course_environment() | {"COURSE_CELL_SECONDS": "60"}
    for words in (["release", "--gradebook", "--no-proof"], ["grade", "5"], ["feedback", "5"], ["export"]):
        if words[0] == "grade":
            run_nbgrader(root, "zip_collect", LAB)
        done = course(root, teacher, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    return looked.stdout, made.stdout, root


def test_doctor_and_submit_say_what_is_unanswered_and_where_to_upload(graded):
    looked, made, _ = graded
    for said in (looked.replace("not answered yet", "Not answered"), made):
        assert "Not answered: exercise 5.1, Convolve by hand; exercise 5.4" in said
    assert "Upload this file in Moodle: " in made


def test_the_instructor_and_the_feedback_page_say_the_same_points(graded):
    _, _, root = graded
    with (root / "grades.csv").open(newline="", encoding="utf-8") as file:
        (row,) = [row for row in csv.DictReader(file) if row["student_id"] == "mia"]
    assert float(row["score"]) == 7  # five for the sizes, two for the rule
    page = (root / "feedback" / "mia" / LAB / f"{LAB}.html").read_text(encoding="utf-8")
    assert "7 of 18 points" in page


def test_progress_is_kept_and_says_where_to_go_on(day):
    assert "Go on here: lab 01" in day["first progress"]
    assert f"2 of {len(reference.entries(LAB))} right" in day["progress"]
    assert "7 of 18" in day["progress"]
