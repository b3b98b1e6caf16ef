"""Masters whose checks are ordinary Python, in this package's own layout: released, proved, and told how they run."""

import base64
from pathlib import Path

import assignments
import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from sample import make_sample_course

from course_utils.course import CourseError
from course_utils.grading.bundle import read_bundle
from course_utils.release import check, release

DOT = base64.b64encode(bytes(range(60))).decode()
SQUARES, FORMULA = "assert square(3) == 9\nprint()", "assert eval(formula) == 3\nprint()"
PRINTS = assignments.Feature("loop", "for power in range(3):\n%s", "    print(power)", "    pass", "print('seen')")
SQUARE = assignments.Feature(
    "square", "def square(x):\n%s", "    return x * x", "    return x", "assert square(3) == 9\nprint()"
)
EVAL = assignments.Feature(
    "formula", "formula = None\n%s", "formula = '3'", "formula = ''", "assert eval(formula) == 3\nprint()"
)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return make_sample_course(tmp_path / "course")


def add(course: Path, name: str, *features: assignments.Feature, options: str = "", more: list | None = None) -> Path:
    """Add a lab whose master is a notebook; return its folder."""
    book = assignments.notebook(list(features)) if features else new_notebook()
    book.cells += more or []
    folder = course / "solutions" / name
    assignments.write(book, folder / f"{name}.ipynb")
    if options:
        (folder / "lab.toml").write_text(options)
    return folder


def released(course: Path, name: str) -> nbformat.NotebookNode:
    return nbformat.read(course / "notebooks" / name / f"{name}.ipynb", as_version=4)


@pytest.mark.slow
def test_a_notebook_is_a_master_and_its_proof_says_how_its_checks_run(course):
    add(course, "02_plain", SQUARE, EVAL, PRINTS)
    outcome = release(course, ["2"], gradebook=True)
    assert outcome.proved == ["02_plain"]
    assert outcome.sentences == [
        "02_plain: formula-check runs in the student's process, where a verdict can be forged: it uses eval",
        "02_plain: loop-check gives 1 points to the untouched notebook",
    ]
    assert "return x * x" not in (course / "notebooks" / "02_plain" / "02_plain.ipynb").read_text()
    ways = read_bundle(course, "02_plain").ways
    assert ways == {"square-check": "outside", "formula-check": "inside", "loop-check": "outside"}
    with pytest.raises(CourseError, match="formula-check runs in the student's process"):
        release(course, ["2"], strict=True)


@pytest.mark.slow
def test_a_model_answer_that_earns_too_little_is_refused(course):
    wrong = assignments.Feature("square", "def square(x):\n%s", "    return x", "    return x", SQUARE.check)
    add(course, "02_plain", wrong)
    with pytest.raises(CourseError, match=r"square-check: the model answer earns 0 of 1 points"):
        release(course, ["2"])
    assert not (course / "notebooks" / "02_plain").exists()


def test_an_answer_at_the_margin_below_an_open_block_is_released_as_nbgrader_does(course):
    book = assignments.notebook([PRINTS])
    book.cells[1].source = "for power in range(3):\n### BEGIN SOLUTION\n    print(power)\n### END SOLUTION"
    assignments.write(book, course / "solutions" / "02_plain" / "02_plain.ipynb")
    release(course, ["2"], prove=False)
    text = released(course, "02_plain").cells[1].source
    assert text.startswith("for power in range(3):\n")
    assert "print(power)" not in text


@pytest.mark.slow
def test_files_that_the_options_name_are_handed_out_and_no_others(course):
    folder = add(course, "02_plain", SQUARE, options='hand_out = ["*.csv", "tools/*.py"]\n')
    (folder / "numbers.csv").write_text("1,2\n")
    (folder / "tools").mkdir()
    (folder / "tools" / "area.py").write_text("PI = 3\n")
    (folder / "sample_class.py").write_text("SECRET = 1\n")
    release(course, ["2"], gradebook=True, prove=False)
    out = {
        path.relative_to(course / "notebooks" / "02_plain").as_posix()
        for path in (course / "notebooks" / "02_plain").rglob("*")
        if path.is_file()
    }
    assert out == {"02_plain.ipynb", "numbers.csv", "tools/area.py"}
    assert read_bundle(course, "02_plain").files == {"numbers.csv": b"1,2\n", "tools/area.py": b"PI = 3\n"}
    assert check(course, ["2"]).fresh
    (folder / "numbers.csv").write_text("3\n")
    assert [str(path) for path in check(course, ["2"]).differing] == ["02_plain/numbers.csv"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("../*.py", "names what lies beside the source"),
        ("none.csv", "finds no file"),
        ("/etc/passwd", "names what lies"),
    ],
)
def test_a_pattern_that_leads_away_or_finds_nothing_is_named(course, pattern, words):
    add(course, "02_plain", SQUARE, options=f'hand_out = ["{pattern}"]\n')
    with pytest.raises(CourseError, match=words):
        release(course, ["2"], prove=False)


@pytest.mark.slow
def test_a_file_that_nobody_named_is_no_accident(course):
    folder = add(course, "02_plain", SQUARE)
    (folder / "answers.csv").write_text("1\n")
    with pytest.raises(CourseError, match=r"to hand this file out, name it in hand_out of lab\.toml"):
        release(course, ["2"], prove=False)


@pytest.mark.slow
def test_the_rules_of_this_package_can_be_turned_off_by_name(course):
    odd = assignments.Feature("My_Square", "def square(x):\n%s", "    return x * x", "", "assert square(3) == 9")
    add(course, "02_plain", odd)
    with pytest.raises(CourseError) as caught:
        release(course, ["2"], prove=False)
    said = str(caught.value)
    assert "(rule kebab)" in said
    assert "(rule last-call)" in said
    add(course, "02_plain", odd, options='rules_off = ["kebab"]\n')
    with pytest.raises(CourseError) as caught:
        release(course, ["2"], prove=False)
    assert "(rule kebab)" not in str(caught.value)
    add(course, "02_plain", odd, options='rules_off = ["all"]\n')
    release(course, ["2"], prove=False)
    assert (course / "notebooks" / "02_plain" / "02_plain.ipynb").is_file()


def test_nbgraders_own_rules_cannot_be_turned_off(course):
    folder = add(course, "02_plain", SQUARE, options='rules_off = ["all"]\n')
    book = nbformat.read(folder / "02_plain.ipynb", as_version=4)
    book.cells[1].source = book.cells[1].source.replace("### END SOLUTION", "")
    assignments.write(book, folder / "02_plain.ipynb")
    with pytest.raises(CourseError, match="do not pair up"):
        release(course, ["2"], prove=False)


@pytest.mark.slow
def test_an_essay_alone_is_a_lab_and_a_pasted_picture_lives_through_release(course):
    about = {"schema_version": 3, "grade": True, "locked": False, "solution": True, "grade_id": "why", "points": 2}
    essay = new_markdown_cell("A model answer.", metadata={"nbgrader": about})
    shown = new_markdown_cell("![dot](attachment:dot.png)", attachments={"dot.png": {"image/png": DOT}})
    add(course, "02_essay", more=[shown, essay])
    release(course, ["2"], gradebook=True)
    cells = released(course, "02_essay").cells
    assert cells[0].attachments["dot.png"]["image/png"] == DOT
    assert "A model answer" not in cells[1].source
