"""What the course adds to nbgrader, one hook at a time and then with nbgrader around them."""

import html
import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
import warm
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import determine_grade
from sample import add_lab

from course_utils import cells, masters
from course_utils.grading import hooks
from course_utils.masters import read_master

ROOT = Path(__file__).resolve().parent.parent


def settings(name, *, grade=False, solution=False, points=None):
    known = {"grade_id": name, "grade": grade, "solution": solution, "locked": grade and not solution}
    return {"nbgrader": {**known, "schema_version": 3, **({"points": points} if grade else {})}}


def answer(source, name="double"):
    return new_code_cell(source, metadata=settings(name, solution=True))


def check(source, name="double-check"):
    return new_code_cell(source, metadata=settings(name, grade=True, points=2))


def sources(nb):
    return [cell.source for cell in nb.cells]


# --- at release --------------------------------------------------------------------------------------------------


def test_tidy_makes_two_copies_of_a_lesson_the_same():
    one, other = (new_notebook(cells=[new_markdown_cell("# A"), new_code_cell("a = 1"), answer("b")]) for _ in "12")
    other.metadata["kernelspec"] = {"name": "conda-env-py311", "display_name": "mine", "language": "python"}
    other.metadata["language_info"] = {"version": "3.13.1"}
    other.cells[1].update(execution_count=7, outputs=[new_output("stream", text="1")])
    other.cells[1].metadata["collapsed"] = True
    assert nbformat.writes(masters.tidy(one, {})[0]) == nbformat.writes(masters.tidy(other, {})[0])


def test_a_graded_cell_is_called_by_its_grade_id_and_no_id_is_there_twice():
    nb, _ = masters.tidy(new_notebook(cells=[answer("x"), new_code_cell("same"), new_code_cell("same")]), {})
    ids = [cell.id for cell in nb.cells]
    assert ids[0] == "double"
    assert ids[2] == f"{ids[1]}-2"
    nbformat.validate(nb)


def test_only_checks_are_tagged():
    essay = new_markdown_cell("why", metadata=settings("why", grade=True, solution=True, points=1))
    nb, _ = hooks.tag_checks(new_notebook(cells=[answer("x"), check("y"), essay, new_code_cell("z")]), {})
    assert [cell.metadata.get("tags") for cell in nb.cells] == [None, ["raises-exception"], None, None]


@pytest.mark.parametrize(
    ("cleared", "left"),
    [
        ('answers = {"a": None}\n' + cells.STUB, 'answers = {"a": None}'),
        (f"{cells.STUB}\nprint(1)", "print(1)"),
        (cells.STUB, cells.STUB),
        (f"import math\n{cells.STUB}", f"import math\n{cells.STUB}"),
        ('"""What it is."""\n' + cells.STUB, '"""What it is."""\n' + cells.STUB),
    ],
    ids=["below a placeholder", "above code", "alone", "below an import", "below a text"],
)
def test_a_stub_goes_where_a_placeholder_stands(cleared, left):
    nb, _ = hooks.drop_bare_stubs(new_notebook(cells=[answer(cleared)]), {})
    assert sources(nb) == [left]


def test_a_stub_in_a_function_stays():
    body = "def double(x):\n    " + cells.STUB.replace("\n", "\n    ")
    nb, _ = hooks.drop_bare_stubs(new_notebook(cells=[answer(body)]), {})
    assert sources(nb) == [body]


# --- at grading --------------------------------------------------------------------------------------------------


def test_nbgrader_would_give_full_marks_to_a_check_that_did_not_run():
    assert determine_grade(check("raise SystemError")) == (2, 2)


# --- for the feedback page ---------------------------------------------------------------------------------------

WITH_HIDDEN = "check.double(double)\n### BEGIN HIDDEN TESTS\ncheck.double(double, 21)\n### END HIDDEN TESTS"


def test_feedback_shows_neither_hidden_tests_nor_a_traceback_that_quotes_them():
    cell = check(WITH_HIDDEN)
    quoted = ["\x1b[0;32m----> 1\x1b[0m check.double(double)", "      3 check.double(double, \x1b[0;36m21\x1b[0m)"]
    cell.outputs = [new_output("error", ename="NameError", evalue="no double", traceback=quoted)]
    cell.id = "check"  # one that is drawn may hold any two digits
    nb, _ = hooks.HideHiddenTests().preprocess(new_notebook(cells=[cell]), {})
    assert "21" not in nbformat.writes(nb)
    assert nb.cells[0].outputs[0].traceback == ["NameError: no double"]


def test_feedback_keeps_other_messages_and_a_students_own_words():
    cell, own = check(WITH_HIDDEN), new_code_cell("# HIDDEN TESTS? ### BEGIN HIDDEN TESTS")
    cell.outputs = [new_output("error", ename="CheckFailed", evalue="m", traceback=["not yet right for 1"])]
    nb, _ = hooks.HideHiddenTests().preprocess(new_notebook(cells=[own, cell]), {})
    assert nb.cells[1].outputs[0].traceback == ["not yet right for 1"]
    assert nb.cells[0].source == own.source


# --- the settings, as nbgrader itself understands them -----------------------------------------------------------

ASK = """
import json
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.preprocessors import ClearSolutions, Execute
from nbgrader.validator import Validator

app = NbGrader()
app.initialize([])
def names(steps):
    return [getattr(step, "__name__", str(step)).split(".")[-1] for step in steps]
options = dict(coursedir=app.coursedir, parent=app)
execute = Execute(parent=Validator(parent=app))
autograde = Autograde(**options)
print(json.dumps({
    "course": app.coursedir.course_id,
    "root": app.coursedir.root,
    "folders": [app.coursedir.source_directory, app.coursedir.release_directory],
    "ignore": app.coursedir.ignore,
    "validate": [execute.timeout, execute.shutdown_kernel],
    "stub": ClearSolutions(parent=GenerateAssignment(**options)).code_stub,
    "release": names(GenerateAssignment(**options).preprocessors),
    "exporter": autograde.exporter_class.__name__,
    "sanitise": names(autograde.sanitize_preprocessors),
    "autograde": names(autograde.autograde_preprocessors),
    "feedback": names(GenerateFeedback(**options).preprocessors),
}))
"""


def ask(folder, **variables):
    return warm.run(["-c", ASK], folder, {**os.environ, **variables})


def test_every_setting_takes_effect(sample_course):
    seen = json.loads(ask(sample_course, COURSE_CELL_SECONDS="77").stdout)
    assert seen["course"] == "neural-network-labs"
    assert (seen["root"], seen["folders"]) == (str(sample_course), ["solutions", "notebooks"])
    assert "*.py" in seen["ignore"]
    assert seen["validate"] == [77, "immediate"]
    assert seen["stub"] == {"python": cells.STUB}
    steps = seen["release"]
    assert steps[:2] == ["tidy", "tag_checks"]
    assert steps[steps.index("ClearSolutions") + 1] == "drop_bare_stubs"
    assert steps.index("drop_bare_stubs") < steps.index("ComputeChecksums") < steps.index("ClearHiddenTests")
    assert (seen["exporter"], seen["sanitise"]) == ("GradedExporter", [])
    assert seen["autograde"] == ["SaveScores", "LatePenalties", "CheckCellMetadata"], "nothing executes"
    assert seen["feedback"][0] == "HideHiddenTests"
    assert "GetGrades" in seen["feedback"]
    assert seen["feedback"][-1] == "lay_out"


@pytest.mark.parametrize("bad", ["0", "-3", "ten", "1.5", "٣"])
def test_a_bad_time_limit_is_said_in_one_sentence(monkeypatch, capsys, bad):
    monkeypatch.setenv("COURSE_CELL_SECONDS", bad)
    with pytest.raises(SystemExit):
        hooks.cell_seconds()
    wanted = f"COURSE_CELL_SECONDS must be a whole number of seconds above 0, not {bad!r}\n"
    assert capsys.readouterr().err == wanted


def test_a_bad_time_limit_stops_nbgrader(sample_course):
    result = ask(sample_course, COURSE_CELL_SECONDS="soon")
    assert (result.returncode, result.stdout) == (2, "")


def test_the_time_limit_is_thirty_seconds_by_default(monkeypatch):
    monkeypatch.delenv("COURSE_CELL_SECONDS", raising=False)
    assert hooks.cell_seconds() == 30


# --- a class, graded by nbgrader itself --------------------------------------------------------------------------


def solved(course_root):
    return read_master(course_root / "solutions" / "01_double" / "01_double.py")


def cell_of(nb, name):
    return next(cell for cell in nb.cells if cells.grade_id(cell) == name)


def blank(nb, released):
    return released


def skip_checks(nb, released):
    for cell in released.cells:
        cell.metadata["tags"] = ["skip-execution"]
    return released


def delete_checks(nb, released):
    nb.cells = [cell for cell in nb.cells if not cells.is_check(cell)]
    return nb


def delete_everything_of_double(nb, released):
    nb.cells = [cell for cell in nb.cells if not (cells.grade_id(cell) or "").startswith("double")]
    return nb


def copy_cells(nb, released):
    nb.cells = [*(cell for cell in released.cells if cells.grade_id(cell)), *nb.cells]
    for cell in nb.cells[:5]:
        cell.id = f"copy-{cell.id}"
    nb.cells.insert(0, nb.cells.pop(6))  # the imports first
    return nb


def no_kernelspec(nb, released):
    nb.metadata = {}
    return nb


def other_kernelspec(nb, released):
    nb.metadata["kernelspec"] = {"name": "conda-env-py39", "display_name": "mine", "language": "python"}
    return nb


def easier_check(nb, released):
    wrong = cell_of(released, "double-check")
    wrong.source = "print('Correct.')"
    return released


def cell_of_another_lab(nb, released):
    nb.cells.append(check("raise SystemError", name="other-lab-check"))
    return nb


def check_made_an_answer(nb, released):
    for name, role in (("double-check", {"solution": True, "locked": False}), ("sizes-check", {"grade": False})):
        cell_of(released, name).source = "print('Correct.')"
        cell_of(released, name).metadata["nbgrader"].update(role)
    return released


def check_made_prose(nb, released):
    for name in ("double-check", "sizes-check"):
        at = nb.cells.index(cell_of(nb, name))
        nb.cells[at] = new_markdown_cell(nb.cells[at].source, metadata=nb.cells[at].metadata)
    return nb


def own_words(nb, released):
    nb.cells.append(new_code_cell("# ### BEGIN HIDDEN TESTS"))
    return nb


STUDENTS = {
    # what a student did: points for double-check (of 2) and for sizes-check (of 1)
    blank: (0, 0),
    skip_checks: (0, 0),
    delete_checks: (2, 1),
    delete_everything_of_double: (0, 1),
    copy_cells: (2, 1),
    no_kernelspec: (2, 1),
    other_kernelspec: (2, 1),
    easier_check: (0, 0),
    own_words: (2, 1),
    cell_of_another_lab: (2, 1),
    check_made_an_answer: (0, 0),
    check_made_prose: (2, 1),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Release the sample, let each student hand in, and have nbgrader grade and give feedback."""
    root = tmp_path_factory.mktemp("class") / "course"
    (root / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copy(ROOT / "solutions" / "jupytext.toml", root / "solutions")
    add_lab(root, "01_double")
    warm.run(["-m", "course_utils", "release", "--gradebook", "--no-proof"], root).check_returncode()
    out = root / "notebooks" / "01_double" / "01_double.ipynb"
    for student in STUDENTS:
        nb = student(solved(root), nbformat.read(out, as_version=4))
        target = root / "submitted" / student.__name__ / "01_double" / "01_double.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(nb, target)
    for word in ("autograde", "generate_feedback"):
        result = warm.run(["-m", "nbgrader", word, "01_double"], root)
        assert result.returncode == 0, result.stderr
    return root


@pytest.mark.slow
@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.__name__)
def test_nbgrader_gives_the_points_that_are_due(graded, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{graded}/gradebook.db") as book:
        (notebook,) = book.find_submission("01_double", student.__name__).notebooks
        scores = {grade.name: grade.auto_score for grade in notebook.grades}
    assert (scores["double-check"], scores["sizes-check"]) == STUDENTS[student]


@pytest.mark.slow
@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.__name__)
def test_no_feedback_page_shows_a_hidden_test(graded, student):
    (page,) = (graded / "feedback" / student.__name__ / "01_double").glob("*.html")
    text = html.unescape(re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8")))  # colours split the code up
    assert "check_double(double)" in text
    assert "cases=(-3" not in text
    assert "END HIDDEN" not in text


BUTTON = """
import json, sys
from pathlib import Path
from nbgrader.apps.api import NbGraderAPI
from course_utils.grading.gradebook import open_gradebook, read_settings

root = Path.cwd()
with open_gradebook(root) as book:
    (rows,) = book.find_submission("01_double", "own_words").notebooks
    essay = next(grade for grade in rows.grades if grade.name == "why")
    essay.manual_score, essay.needs_manual_grade = 1, False
    book.db.commit()
done = NbGraderAPI(config=read_settings(root).config).autograde("01_double", "own_words", force=True)
with open_gradebook(root) as book:
    (rows,) = book.find_submission("01_double", "own_words").notebooks
    scores = {grade.name: grade.score for grade in rows.grades}
print(json.dumps([done["success"], scores]))
"""


@pytest.mark.slow
def test_formgraders_button_grades_alike_and_leaves_a_persons_grade(graded):
    done = warm.run(["-c", BUTTON], graded)
    assert done.returncode == 0, done.stderr
    success, scores = json.loads(done.stdout.splitlines()[-1])
    assert success is True
    assert scores == {"double-check": 2, "sizes-check": 1, "why": 1}
