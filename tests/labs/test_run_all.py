"""Run All always works: in a notebook with answers missing, nothing fails but the checks of what is missing.

A lesson's cells run in IPython, in this process, one after the other, going on after an error.
"""

import ast
import contextlib
import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

import nbformat
import pytest
from harness import PACKAGES, module_of_tests
from IPython.core.interactiveshell import InteractiveShell
from lesson import Lesson, bound
from matplotlib import pyplot as plt
from nbformat import NotebookNode
from thorough import THOROUGH, one_in, some
from traitlets.config import Config

from course_utils import reference
from course_utils.cells import Role, grade_id, is_check, role
from course_utils.drawing import frames
from course_utils.judging.protocol.verdicts import NotAttempted

LABS = reference.labs()
GOING_FURTHER = [lab for lab in LABS if any(one.further for one in reference.entries(lab).values())]
CONFIG = Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}})

pytestmark = pytest.mark.slow

every_lab = pytest.mark.parametrize("lab", LABS)


class Stumble(NamedTuple):
    """A cell that has raised."""

    cell: str
    error: str


@contextlib.contextmanager
def fresh_shell() -> Iterator[InteractiveShell]:
    """A shell of IPython's that knows nothing, and is the one that ``get_ipython`` finds."""
    InteractiveShell.clear_instance()
    try:
        yield InteractiveShell.instance(config=CONFIG)
    finally:
        InteractiveShell.clear_instance()
        plt.close("all")


def run_all(cells: list[NotebookNode]) -> list[Stumble]:
    """Run code cells from top to bottom in a fresh shell and return those that raised, and what."""
    found = []
    with fresh_shell() as shell, contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            result = shell.run_cell(cell.source, silent=False, store_history=False)
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                found.append(Stumble(grade_id(cell) or first_words(cell), f"{type(error).__name__}: {error}"))
    return found


def first_words(cell: NotebookNode) -> str:
    """Return the first line of a cell that is no comment."""
    return next((line for line in cell.source.splitlines() if line and not line.startswith("#")), "")


def released(lab: str) -> list[NotebookNode]:
    """Return the code cells of a lab as they were handed out."""
    return [cell for cell in nbformat.read(reference.path_of(lab), as_version=4).cells if cell.cell_type == "code"]


def filled(lab: str, wanted: Callable[[str], bool]) -> list[NotebookNode]:
    """Return the code cells of a lab with the model's answers in the exercises that are wanted, by grade_id."""
    cells, answers = released(lab), Lesson(lab).cells()
    for cell in cells:
        if role(cell) == Role.SOLUTION and wanted(grade_id(cell)):
            cell.source = answers[grade_id(cell)].source
    return cells


def checks(lab: str) -> list[str]:
    """Return the grade_ids of the checks of a lab."""
    return [grade_id(cell) for cell in released(lab) if is_check(cell)]


def exercises(lab: str) -> list[str]:
    """Return the grade_ids of the solution cells of a lab."""
    return [grade_id(cell) for cell in released(lab) if role(cell) == Role.SOLUTION]


def gone_without(lab: str, missing: str) -> list[str]:
    """Return an exercise and those that are built on its answer, in the order of the lab."""
    built_up, gone = getattr(module_of_tests(PACKAGES[lab]), "BUILT_UP", {}), [missing]
    for one in exercises(lab):
        if one not in gone and set(built_up.get(one, [])) & set(gone):
            gone.append(one)
    return gone


def not_attempted(found: list[Stumble]) -> list[str]:
    """Return which cells said that an answer is missing; fail if a cell said anything else."""
    other = [one for one in found if not one.error.startswith(f"{NotAttempted.__name__}:")]
    assert other == []
    return [one.cell for one in found]


@pytest.fixture
def undrawn(monkeypatch):
    """Make figures and throw them away: nbval draws them."""
    if not THOROUGH:
        monkeypatch.setattr(frames, "_png", lambda _: bytes(24))


@pytest.mark.usefixtures("undrawn")
@every_lab
def test_in_an_untouched_notebook_only_the_checks_fail(lab):
    assert not_attempted(run_all(released(lab))) == checks(lab)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("lab", one_in(12, LABS))
def test_with_one_answer_missing_only_its_own_check_fails(lab, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")  # demonstrations are short then
    for missing in some(exercises(lab), seconds=3, at_least=1):
        gone = gone_without(lab, missing)
        found = run_all(filled(lab, lambda one, gone=gone: one not in gone))
        assert not_attempted(found) == [f"{one}-check" for one in gone], f"without {missing}"


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("lab", one_in(12, GOING_FURTHER))
def test_what_goes_further_is_not_needed_by_the_core(lab, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    further = [name for name, entry in reference.entries(lab).items() if entry.further]
    found = run_all(filled(lab, lambda one: one not in further))
    assert not_attempted(found) == [f"{one}-check" for one in further]


def test_an_error_is_seen_and_the_cells_behind_it_run():
    cells = [nbformat.v4.new_code_cell(source) for source in ("x = 1", "# a comment\ny = x / 0", "z =", "x + y")]
    found = run_all(cells)
    assert [one.cell for one in found] == ["y = x / 0", "z =", "x + y"]
    assert [one.error.split(":")[0] for one in found] == ["ZeroDivisionError", "SyntaxError", "NameError"]
    with pytest.raises(AssertionError):
        not_attempted(found)


# --- every use of a learner's work is guarded in one way


def unguarded(cells: list[NotebookNode]) -> list[str]:
    """Return the uses of learners' work in cells of the lesson's own that no ``lab.x.is_written(…)`` stands before.

    ``lab.x.step(…)`` looks for itself.
    """
    answers: set[str] = set()
    found = []
    for cell in cells:
        if role(cell) == Role.SOLUTION:
            answers |= bound(cell.source)
        elif role(cell) != Role.CHECK:
            tree = ast.parse(cell.source)
            uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
            free = answers - _bound_first(tree)
            guards = [node for node in ast.walk(tree) if _is_guard(node) or _is_step(node)]
            guarded = {id(node) for guard in guards for node in ast.walk(guard)}
            found += [f"{first_words(cell)}: {use.id}" for use in uses if use.id in free and id(use) not in guarded]
            answers -= bound(cell.source)
    return found


def _is_guard(node: ast.AST) -> bool:
    """Tell whether this is an ``if`` that asks whether an answer is written."""
    return isinstance(node, ast.If | ast.IfExp) and any(
        f".{asked}(" in ast.unparse(node.test) for asked in ("is_written", "are_written")
    )


def _is_step(node: ast.AST) -> bool:
    """Tell whether this is a call of ``lab.x.step(…)`` whose arguments are names alone."""
    if not isinstance(node, ast.Call) or not all(isinstance(argument, ast.Name) for argument in node.args):
        return False
    return ast.unparse(node.func).startswith("lab.") and ast.unparse(node.func).endswith(".step")


def _stored(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _bound_first(tree: ast.Module) -> set[str]:
    """Return the names that a cell itself gives a value, and parameters of its functions."""
    return _stored(tree) | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


@every_lab
def test_what_uses_a_learners_work_asks_first_whether_it_is_written(lab):
    assert unguarded(released(lab)) == []


def needed_of_guarded(cells: list[NotebookNode]) -> set[str]:
    """Return the names that answers and checks take from what stands behind a guard: that is not run in grading."""
    guarded: set[str] = set()
    found: set[str] = set()
    for cell in cells:
        tree = ast.parse(cell.source)
        if role(cell) in (Role.SOLUTION, Role.CHECK):
            found |= guarded & {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            continue
        guards = [node for node in ast.walk(tree) if isinstance(node, ast.If) and _is_guard(node)]
        behind = set().union(*map(_stored, guards))
        guarded = (guarded - bound(cell.source)) | behind
    return found


@every_lab
def test_no_answer_and_no_check_needs_what_is_not_run_in_grading(lab):
    assert needed_of_guarded(released(lab)) == set()


def test_an_answer_that_needs_it_is_seen():
    settings = {"grade_id": "double", "grade": False, "solution": True, "locked": False}
    answer = nbformat.v4.new_code_cell("def double(x):\n    return shown + x", metadata={"nbgrader": settings})
    shown = nbformat.v4.new_code_cell("if lab.double.is_written(double):\n    shown = double(3)")
    assert needed_of_guarded([shown, answer]) == {"shown"}
    assert needed_of_guarded([shown, nbformat.v4.new_code_cell("shown = 3"), answer]) == set()


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("print(double(3))", ["print(double(3)): double"]),
        ("if lab.double.is_written(double):\n    print(double(3))", []),
        ("mine = double if lab.double.is_written(double) else None", []),
        ("if lab.are_written(double=double):\n    print(double(3))", []),
        ("if double:\n    print(3)", ["if double:: double"]),
        ("lab.double.step(double)", []),
        ("lab.double.step(double(3))", ["lab.double.step(double(3)): double"]),
        ("for double in (1, 2):\n    print(double)", []),
    ],
)
def test_a_use_without_the_question_is_seen(source, uses):
    settings = {"grade_id": "double", "grade": False, "solution": True, "locked": False}
    answer = nbformat.v4.new_code_cell("def double(x):\n    return 2 * x", metadata={"nbgrader": settings})
    assert unguarded([answer, nbformat.v4.new_code_cell(source)]) == uses
