"""What the tests of all exercises share: exercises, their right answers from the masters, wrong ways, odd input."""

import ast
import builtins
import contextlib
import copy
import importlib
import io
import os
import re
import symtable
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import torch
from conftest import ROOT
from hypothesis import HealthCheck, settings
from lesson import master_of
from nbformat import NotebookNode
from thorough import THOROUGH

from course_utils.cells import grade_id, is_check
from course_utils.drawing import frames
from course_utils.judging.exercise import Exercise, Implementation
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

ONLY = os.environ.get("COURSE_LABS", "").split()  # packages, to try the exercises of some labs alone
PACKAGES = {  # by the folder of the master
    path.name: path.name[3:]
    for path in sorted((ROOT / "solutions").glob("0*"))
    if (ROOT / "tests" / "labs" / f"test_{path.name[3:]}.py").exists() and (not ONLY or path.name[3:] in ONLY)
}


POINTS = re.compile(r"^✓ |(?<=Correct\.) [\d.]+ of [\d.]+ points? here\.")  # of the first line


class WrongWay(NamedTuple):
    """A wrong answer, and what must come of it.

    Parameters
    ----------
    code
        The misconception that must be recognised; "" where none must be.
    exercise
        Its id.
    answers
        Makes what is handed to the check: the learner's variables.
    share
        What is earned; None where the check must refuse.
    student
        Whose numbers.
    hidden
        Whether only hidden cases tell.
    also
        Other misconceptions that must be recognised with it.
    says
        Words of its own, as an option of a choice may have, in place of the misconception's.
    """

    code: str
    exercise: str
    answers: Callable[[], tuple[Any, ...]]
    share: float | None = None
    student: str = ""
    hidden: bool = False
    also: tuple[str, ...] = ()
    says: str = ""


class Judged(NamedTuple):
    """What a check came to: the share, what the learner reads, and the codes. "missing" if there was no answer."""

    share: float
    text: str
    codes: tuple[str, ...] = ()
    missing: bool = False


def judged(check: Callable[..., Credit | None], *answers: Any, **options: Any) -> Judged:
    """Run a check; what is neither credit nor one of the two refusals is an error of the check, and is raised."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            credit = check(*answers, **options)
        except CheckFailed as error:
            return Judged(0.0, error.message, error.codes)
        except NotAttempted as error:
            return Judged(0.0, error.message, missing=True)
    text = said.getvalue().strip()
    if credit is None:
        return Judged(1.0, POINTS.sub("", text))
    return Judged(credit.share, text.partition("\n")[2], credit.codes)


def exercise_of(package: str, way: WrongWay) -> type[Exercise]:
    """Return the exercise of a lab that a wrong way belongs to."""
    exercises = importlib.import_module(f"course_utils.labs.{package}").EXERCISES
    return next(one for one in exercises if one.id == way.exercise)


@cache
def run(package: str, way: WrongWay) -> Judged:
    """Feed a wrong way to its exercise."""
    mine, answers = exercise_of(package, way)(way.student), way.answers()
    if way.hidden:
        assert isinstance(mine, Implementation)
        return judged(mine.check_hidden, *answers, seed=3)
    return judged(mine.check, *answers)


def worth_the_time(ways: list[tuple[str, WrongWay]]) -> list[tuple[str, WrongWay]]:
    """Leave out further ways to the same misconception where judging one takes long; ``make thorough`` has them all."""
    kept, seen = [], set()
    for package, way in ways:
        key = (f"{package}/{way.exercise}", way.code, way.hidden)
        if THOROUGH or not is_dear(exercise_of(package, way)) or key not in seen:
            kept.append((package, way))
        seen.add(key)
    return kept


@cache
def exercises_by_lab() -> dict[str, tuple[type[Exercise], ...]]:
    """Return the exercises of each lab by the folder of its master."""
    return {
        folder: importlib.import_module(f"course_utils.labs.{package}").EXERCISES
        for folder, package in PACKAGES.items()
    }


def every_exercise() -> list[type[Exercise]]:
    """Return all exercises of the course."""
    return [exercise for exercises in exercises_by_lab().values() for exercise in exercises]


def package_of(exercise: type[Exercise]) -> str:
    """Return the name of the lab's folder in which an exercise stands."""
    return exercise.__module__.split(".")[2]


def folder_of(exercise: type[Exercise]) -> str:
    """Return the folder of the master in which an exercise stands."""
    return next(folder for folder, package in PACKAGES.items() if package == package_of(exercise))


QUIETLY = settings(
    deadline=None,
    max_examples=40 if THOROUGH else 12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def called(exercise: type[Exercise]) -> str:
    """Name an exercise for a test: ids are unique in their lab only."""
    return f"{package_of(exercise)}/{exercise.id}"


def module_of_tests(package: str) -> ModuleType:
    """Return the module of a lab's own tests: its wrong ways, and what of its exercises is not to be tried."""
    return importlib.import_module(f"test_{package}")


def is_long(exercise: type[Exercise]) -> bool:
    """Tell whether networks are trained for the answers, or looked at one by one by the check: up to some seconds."""
    return exercise.id in getattr(module_of_tests(package_of(exercise)), "LONG", ())


def is_dear(exercise: type[Exercise]) -> bool:
    """Tell whether judging one answer takes a second: ``make thorough`` tries all that there is."""
    return is_long(exercise) or exercise.id in getattr(module_of_tests(package_of(exercise)), "DEAR", ())


# --- right answers, from the master


@cache
def correct(exercise: type[Exercise]) -> str:
    """Return the first line of a right answer to an exercise: what is worth nothing says so."""
    entry = exercise().entry
    return "Correct. A bonus, no points." if entry is not None and not entry.points else "Correct."


def right_answers(exercise: type[Exercise]) -> tuple[Any, ...]:
    """Return what the master's own check cell hands to an exercise's check, for the lectures' numbers.

    Values are copies, so that a check which changes one changes nobody else's.
    """
    names, call = _names_at_check(exercise)
    return tuple(copy.deepcopy(eval(ast.unparse(argument), names)) for argument in call.args)


@cache
def _names_at_check(exercise: type[Exercise]) -> tuple[dict[str, Any], ast.Call]:
    """Return the names that a notebook holds at an exercise's check, and the check's call.

    Only the cells run that it stands on, and once: some train a network. Their figures are drawn and not stored.
    """
    cells, check = cells_up_to_check(exercise)
    call = check_call(check)
    names: dict[str, Any] = {}
    with patch.object(frames, "_png", lambda _figure: b""):
        for source in needed([cell.source for cell in cells if not is_check(cell)], call):
            exec(compile(source, f"<{exercise.id}>", "exec"), names)
    return names, call


def cells_up_to_check(exercise: type[Exercise]) -> tuple[list[NotebookNode], str]:
    """Return the code cells of the master above an exercise's check, and the text of the check."""
    cells = [cell for cell in master_of(folder_of(exercise)).cells if cell.cell_type == "code"]
    place = next(i for i, cell in enumerate(cells) if grade_id(cell) == f"{exercise.id}-check")
    return cells[:place], cells[place].source


def check_call(source: str) -> ast.Call:
    """Return the call of ``lab.….check(…)`` in a check cell."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return next(call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "check")


def needed(sources: list[str], call: ast.Call) -> list[str]:
    """Return the cells that a call stands on, in order: for each name the last that binds it, and what that needs."""
    wanted = {node.id for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Name)}
    kept: list[str] = []
    for source in reversed(sources):
        bound, used = _global_names(source)
        if (bound | changed_objects(source)) & wanted:
            kept.append(source)
            wanted = (wanted - bound) | used
    return kept[::-1]


def _global_names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell binds in the notebook, and those that it uses; those of functions are neither."""
    tables = [symtable.symtable(source, "<cell>", "exec")]
    bound = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    used: set[str] = set()
    while tables:
        table = tables.pop()
        top = table.get_type() == "module"
        used |= {one.get_name() for one in table.get_symbols() if one.is_referenced() and (top or one.is_global())}
        tables += table.get_children()
    return bound, used - set(dir(builtins)) - {name for name in bound if name not in _read_first(source)}


def changed_objects(source: str) -> set[str]:
    """Return the names of objects that a cell gives an attribute, as in ``Value.backward = backward``."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    return {node.value.id for node in nodes if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)}


def _read_first(source: str) -> set[str]:
    """Return the names that a cell reads in a statement before it has bound them."""
    found: set[str] = set()
    seen: set[str] = set()
    for statement in ast.parse(source).body:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        found |= {node.id for node in names if isinstance(node.ctx, ast.Load)} - seen
        seen |= {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    return found


# --- odd input


class AllEqual:
    """Equals everything."""

    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


class NoRepr:
    """Cannot be shown."""

    def __repr__(self):
        raise RuntimeError("this object cannot be shown")


ODD = {
    "text": "x",
    "bytes": b"x",
    "nothing": [],
    "ragged": [[1, 2], [3]],
    "empty dict": {},
    "dict": {"a": 1},
    "object equal to all": AllEqual(),
    "list of such": [AllEqual()],
    "object without repr": [[NoRepr()]],
    "dict with such": {"a": NoRepr()},
    "nan": float("nan"),
    "inf": -float("inf"),
    "complex": 1j,
    "bool": True,
    "mixed set": {1, "a", (2,)},
    "5,000 digits": 10**5000,
    "list of long numbers": [10**400] * 9,
    "very large": 1e200,
    "infinities": [[np.inf, -np.inf, 0]] * 3,
    "no numbers": np.zeros(0),
    "large array": np.zeros((300, 300)),
    "objects": np.array([1, None]),
    "letters": np.array(["a"]),
    "masked": np.ma.zeros((3, 3)),
    "meta tensor": torch.zeros(2, device="meta"),
    "meta number": torch.tensor(1.0, device="meta"),
    "bfloat16": torch.full((3, 3), 77.0, dtype=torch.bfloat16),
    "sparse": torch.eye(3).to_sparse(),
    "complex tensor": torch.zeros(3, 3, dtype=torch.complex64),
    "long double": np.longdouble("1e4000"),
    "time span": np.timedelta64(5, "D"),
    "date": np.datetime64("2020"),
    "type": object,
    "function": len,
    "generator": iter("ab"),
    "dots": ...,
}


BASES = {("transfer_learning/learning-curve", "table")}  # parts off which the others are read


def replaced(answers: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    """Return answers with one of them replaced."""
    return (*answers[:place], value, *answers[place + 1 :])


def is_code(answer: Any) -> bool:
    """Tell whether an answer is a function or a class; a trained network can be called, too, but is data."""
    return callable(answer) and not isinstance(answer, torch.nn.Module)


def parts_of(answer: Any) -> list[Any]:
    """Return the keys of an answer that is a dict, whose values can be replaced one by one."""
    return list(answer) if type(answer) is dict else []
