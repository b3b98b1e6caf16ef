"""Labs graded from end to end: the sample class through ``course demo``, the extremes through nbgrader itself."""

import csv
import hashlib
import re
from pathlib import Path

import nbformat
import pytest
from lesson import class_of
from thorough import THOROUGH, one_in

from course_utils.cells import Region, is_check, role
from course_utils.demo import demo, labs_with_a_class
from course_utils.grading import feedback, sample
from course_utils.grading.gradebook import open_gradebook
from course_utils.masters import region_lines
from course_utils.release import read_masters

ROOT = Path(__file__).resolve().parent.parent
LABS = labs_with_a_class(ROOT) if THOROUGH else ["05_conv_and_pooling"]  # others go through test_extremes.py

EXPECTED = {"NotImplementedError", "SystemExit"}  # a lesson calls what is not written yet, or calls sys.exit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]  # the whole class is graded before the first test


def thinned(everybody: list[sample.Sample]) -> list[sample.Sample]:
    """Return a class with a third of those whose submissions are in order, and all others."""
    tried = one_in(3, [one for one in everybody if one.is_plain])
    return [one for one in everybody if one in tried or not one.is_plain]


def contents(folder: Path) -> dict[Path, str]:
    """Return a digest of every file of the course that a demo could touch."""
    kept = [folder / "nbgrader_config.py", *(folder / "notebooks").rglob("*"), *(folder / "solutions").rglob("*.py")]
    kept += [folder / name for name in ("gradebook.db", "submitted", "autograded", "feedback")]
    there = [path for path in kept if path.exists()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder" for path in there}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The sample classes of all labs, graded once by the public function behind ``course demo``."""
    folder = tmp_path_factory.mktemp("demo") / "course"
    before = contents(ROOT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CELL_SECONDS", "5")  # somebody's loop never ends
        whole = sample.load_class
        patch.setattr(sample, "load_class", lambda root, lab: thinned(whole(root, lab)))
        patch.setattr(feedback, "PAGES_EACH", 100)  # more processes would only start: other tests have the processors
        results = demo(ROOT, LABS, folder=folder)
    assert contents(ROOT) == before, "the demo changed the course that it was started in"
    return folder, results


def students(lab: str) -> list[sample.Sample]:
    return thinned(class_of(lab))


EVERYBODY = [pytest.param(lab, one.name, id=f"{lab[:2]}-{one.name}") for lab in LABS for one in students(lab)]


def of(graded, lab, name):
    folder, results = graded
    (result,) = [result for result in results[lab] if result.student == name]
    return folder, result, next(one for one in students(lab) if one.name == name)


@pytest.mark.parametrize(("lab", "name"), EVERYBODY)
def test_each_student_gets_exactly_the_points_they_must_get(graded, lab, name):
    _, result, expected = of(graded, lab, name)
    most = {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points for cell in checks(lab)}
    wanted = most | {check: points for check, (points, _) in expected.loses.items()} | dict.fromkeys(essays(lab), 0)
    assert {check: pytest.approx(points) for check, points in wanted.items()} == result.scores
    assert result.points == pytest.approx(min(result.most, sum(wanted.values())))


@pytest.mark.parametrize(("lab", "name"), EVERYBODY)
def test_each_student_is_told_exactly_what_went_wrong(graded, lab, name):
    _, result, expected = of(graded, lab, name)
    assert result.codes == {check: list(codes) for check, (_, codes) in expected.loses.items() if codes}


@pytest.mark.parametrize(("lab", "name"), EVERYBODY)
def test_a_submission_without_a_grade_has_a_stated_reason(graded, lab, name):
    folder, result, expected = of(graded, lab, name)
    assert bool(result.reason) == bool(expected.zero_because)
    assert expected.zero_because in result.reason
    assert expected.note in " ".join(result.notes)
    page = folder / "feedback" / name / lab / f"{lab}.html"
    assert expected.zero_because in page.read_text(encoding="utf-8"), "the student reads the reason, too"


@pytest.mark.parametrize(("lab", "name"), EVERYBODY)
def test_feedback_pages_show_the_diagnosis_and_no_hidden_test(graded, lab, name):
    folder, result, _ = of(graded, lab, name)
    page = (folder / "feedback" / name / lab / f"{lab}.html").read_text(encoding="utf-8")
    page = re.sub("<math.*?</math>", "", page)  # the lesson's own numbers stand in elements, too
    hidden = region_lines(read_masters(ROOT, [lab])[lab], Region.HIDDEN_TESTS)
    seeds = set(re.findall(r"\bseed=([0-9]+)", " ".join(hidden)))
    assert bool(seeds) == bool(hidden), "where a lab has hidden tests, they have seeds of their own"
    assert "HIDDEN TESTS" not in page
    for seed in seeds:
        assert f"seed={seed}" not in page
        assert f">{seed}<" not in page  # a number of its own in highlighted code
    for check in result.codes:
        assert "Hint:" in page, check


@pytest.mark.parametrize("lab", LABS)
def test_nothing_but_a_check_fails_in_a_graded_notebook(graded, lab):
    folder, results = graded
    for result in results[lab]:
        path = folder / "autograded" / result.student / lab / f"{lab}.ipynb"
        if not path.is_file():
            continue
        for cell in nbformat.read(path, as_version=4).cells:
            errors = {o.ename for o in cell.get("outputs", []) if o.output_type == "error"}
            assert errors <= EXPECTED or is_check(cell), (result.student, cell.source, errors)


@pytest.mark.parametrize("lab", LABS)
def test_nbgrader_exports_the_same_points(graded, lab):
    folder, results = graded
    with (folder / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["assignment"] == lab]
    mine = {result.student for result in results[lab]}  # students of other labs are listed with no points, as they must
    assert not any(float(row["score"]) for row in rows if row["student_id"] not in mine)
    exported = {row["student_id"]: float(row["score"]) for row in rows if row["student_id"] in mine}
    earned = {result.student: sum(result.scores.values()) for result in results[lab]}
    assert exported == {student: pytest.approx(points) for student, points in earned.items()}
    assert len(exported) == len(students(lab)) >= 11


def test_the_first_class_is_a_class():
    assert len(class_of("05_conv_and_pooling")) >= 24


@pytest.mark.parametrize("lab", LABS)
def test_a_person_has_nothing_to_grade_but_essays(graded, lab):
    folder, _ = graded
    with open_gradebook(folder) as book:
        grades = [
            grade
            for submission in book.assignment_submissions(lab)
            for notebook in submission.notebooks
            for grade in notebook.grades
        ]
        left = {grade.name for grade in grades if grade.needs_manual_grade}
    assert left == set(essays(lab)), "somebody in the class writes each essay"


def essays(lab: str) -> list[str]:
    """Return the cells that a person reads: no points until then."""
    return [cell.metadata.nbgrader.grade_id for cell in read_masters(ROOT, [lab])[lab].cells if role(cell) == "essay"]


def checks(lab: str) -> list:
    return [cell for cell in read_masters(ROOT, [lab])[lab].cells if is_check(cell)]
