"""The extremes of every lab through nbgrader's autograde: the master's own answers, and the untouched release."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from thorough import THOROUGH, one_in

from course_utils.cells import grade_id, is_check
from course_utils.course import labs
from course_utils.demo import make_course
from course_utils.grading.gradebook import open_gradebook
from course_utils.judging.protocol.verdicts import codes_of
from course_utils.masters import write_instructor_notebook
from course_utils.release import release

ROOT = Path(__file__).resolve().parent.parent
LABS = labs(ROOT) if THOROUGH else one_in(12, labs(ROOT)[2:])

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]


AUTOGRADE = """
import sys
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
app = NbGrader()
app.load_config_file()
api = NbGraderAPI(config=app.config)
for lab in sys.argv[1:]:
    for student in ("instructor", "blank"):
        done = api.autograde(lab, student)
        assert done["success"], done
"""


@pytest.fixture(scope="module")
def extremes(tmp_path_factory):
    """For each lab the master as a submission and the untouched release, through what formgrader's button calls."""
    course = make_course(ROOT, tmp_path_factory.mktemp("extremes") / "course")
    release(course, [], gradebook=True, prove=False)
    for lab in LABS:
        write_instructor_notebook(course, lab)
        for name, folder in (("instructor", "solutions"), ("blank", "notebooks")):
            target = course / "submitted" / name / lab
            target.mkdir(parents=True)
            shutil.copy(course / folder / lab / f"{lab}.ipynb", target)
    command = [sys.executable, "-c", AUTOGRADE, *LABS]
    env = {**os.environ, "COURSE_CELL_SECONDS": "120"}  # a busy machine is no reason for a lost point
    done = subprocess.run(command, cwd=course, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return course


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("name", ["instructor", "blank"])
def test_solutions_earn_every_point_and_blanks_none(extremes, lab, name):
    with open_gradebook(extremes) as book:
        (notebook,) = book.find_submission(lab, name).notebooks
        checks = [grade for grade in notebook.grades if grade.cell.cell_type == "code"]  # essays wait for a person
        scores = {grade.name: grade.auto_score for grade in checks}
        most = {grade.name: grade.max_score for grade in checks}
    assert scores == (most if name == "instructor" else dict.fromkeys(most, 0))
    assert sum(most.values()) > 0


@pytest.mark.parametrize("lab", LABS)
def test_a_blank_notebook_is_not_attempted_and_never_wrong(extremes, lab):
    notebook = nbformat.read(extremes / "autograded" / "blank" / lab / f"{lab}.ipynb", as_version=4)
    for cell in notebook.cells:
        errors = [output.ename for output in cell.get("outputs", []) if output.output_type == "error"]
        if is_check(cell):
            assert errors == ["NotAttempted"], grade_id(cell)
        else:
            assert errors == [], cell.source
        assert not any(codes_of(output) for output in cell.get("outputs", []))
