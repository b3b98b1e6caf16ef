"""The sample class of lab 04, judged beside the checks: each student gets exactly what the class says."""

import contextlib
import io

import pytest
from conftest import ROOT
from lesson import Lesson

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.grading import sample

LAB = "04_logistic_regression"
lesson = Lesson(LAB)
STUDENTS = [one for one in sample.load_class(ROOT, LAB) if one.about != "endless loop"]


def run(source: str, names: dict):
    """Run a check cell, hidden tests included, and return the value of its last line."""
    lines = [line for line in source.splitlines() if line.strip() and not line.startswith("###")]
    value = None
    for line in lines:
        value = eval(line, names)
    return value


def judge(student) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Return points and codes of each check cell."""
    names = {**lesson.imports(), "student_id": student.own_id}
    found = {}
    for name, cell in lesson.cells().items():
        if name in lesson.points():
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    value = run(cell.source, names)
                points = float(value) if isinstance(value, Credit) else lesson.points()[name]
                found[name] = points, getattr(value, "codes", ())
            except (CheckFailed, NotAttempted) as error:
                found[name] = 0.0, tuple(getattr(error, "codes", ()))
        elif name in student.answers:
            exec(student.answers[name], names)
        else:
            exec(stub(cell.source), names)
    return found


def stub(source: str) -> str:
    """Make what a student finds in a solution cell."""
    out, inside = [], False
    for line in source.splitlines():
        if "### BEGIN SOLUTION" in line:
            inside = True
            if line.startswith(" "):
                out.append("    raise NotImplementedError")
        elif "### END SOLUTION" in line:
            inside = False
        elif not inside:
            out.append(line)
    return "\n".join(out)


@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.name)
def test_a_student_gets_exactly_what_is_due(student):
    due = {name: (points, ()) for name, points in lesson.points().items()}
    due |= {name: (points, tuple(codes)) for name, (points, codes) in student.loses.items()}
    found = judge(student)
    assert {name: (pytest.approx(points), codes) for name, (points, codes) in found.items()} == due


def test_the_lab_has_twenty_points():
    assert sum(lesson.points().values()) == 20
