"""The same points and the same diagnosis in a plain kernel and through the engine.

In a notebook a check and the answer share one process; at grading a class they do not. What must come out is written
down once, and both ways are held to it: the kernel here, the engine by tests that need it anyway. Each lab's own
answers earn everything and its untouched stubs nothing (the engine: tests/test_extremes.py). Every right and wrong way
of a sample class gets exactly what the class's file says, to the last code (the engine: tests/test_round_trip.py).
"""

import ast
import contextlib
import io

import pytest
from lesson import class_of, model_answers_of
from shortened import bundle, filled
from thorough import one_in

from course_utils.grading.job import Bundle
from course_utils.grading.sample import Sample
from course_utils.grading.shell import interrupted_after
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

pytestmark = pytest.mark.slow

SECONDS, ENDLESS_SECONDS = 60, 15  # for a check: enough on a busy machine; less where an answer never ends
LAB = "05_conv_and_pooling"  # other labs: tests/labs tries every exercise as a kernel does
Verdicts = dict[str, tuple[float, tuple[str, ...]]]  # by check: points and codes


def students(lab: str) -> list[Sample]:
    """Return who answers in a lab, but for those to whom an accident happened."""
    return [one for one in class_of(lab) if one.is_plain]


CASES = [pytest.param(LAB, student, id=student.name) for student in one_in(3, students(LAB))]


def run(source: str, names: dict):
    """Run a cell as a notebook does: return the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None


def seconds_for(student: Sample) -> int:
    """Return how long each check of a student's may take."""
    return ENDLESS_SECONDS if student.is_endless else SECONDS


def verdict_of(source: str, points: float, names: dict, seconds: int) -> tuple[float, tuple[str, ...]]:
    """Run a check beside the answer; return the points that its share comes to, and the codes."""
    try:
        with interrupted_after(seconds):
            value = run(source, names)
    except KeyboardInterrupt:
        return 0.0, ()
    except (CheckFailed, NotAttempted) as error:
        return 0.0, tuple(getattr(error, "codes", ()))
    except Exception:
        return 0.0, ()
    return (value.share * points, value.codes) if isinstance(value, Credit) else (points, ())


def in_a_kernel(lab: Bundle, notebook: dict, seconds: int) -> Verdicts:
    """Judge a notebook as its student's own kernel does, hidden tests included."""
    names: dict = {"__name__": "__main__"}
    found = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell, released in zip(notebook["cells"], lab.cells, strict=True):
            if released["cell_type"] != "code":
                continue
            if released["grade"] and not released["solution"]:
                found[released["grade_id"]] = verdict_of(released["source"], released["points"], names, seconds)
                continue
            with contextlib.suppress(Exception):
                run("".join(cell["source"]), names)
    return found


def most_of(lab: Bundle) -> dict[str, float]:
    """Return the points of each check."""
    return {cell["grade_id"]: cell["points"] for cell in lab.cells if cell["grade"] and not cell["solution"]}


@pytest.mark.parametrize("lab", [LAB])
@pytest.mark.parametrize("name", ["reference", "stub"])
def test_a_labs_own_answers_earn_everything_and_stubs_nothing(lab, name):
    known, answers = bundle(lab), model_answers_of(lab) if name == "reference" else {}
    here, most = in_a_kernel(known, filled(lab, dict(answers)), SECONDS), most_of(known)
    assert here == {check: (points if answers else 0, ()) for check, points in most.items()}


@pytest.mark.parametrize(("lab", "student"), CASES)
def test_a_kernel_says_what_the_engine_must_say(lab, student):
    known = bundle(lab)
    here = in_a_kernel(known, filled(lab, dict(student.answers), student.own_id), seconds_for(student))
    wanted = {check: (points, ()) for check, points in most_of(known).items()}
    wanted |= {check: (points, tuple(codes)) for check, (points, codes) in student.loses.items()}
    assert here == {check: (pytest.approx(points), codes) for check, (points, codes) in wanted.items()}
