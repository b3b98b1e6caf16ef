"""The model answers with one fault each, and whether the checks refuse them.

A mutant dies publicly if the check in the learner's notebook refuses it, hidden if only grading does. One that neither
refuses is a tame test, or no fault at all: those stand in EQUIVALENT of ``test_<lab>.py``, each with its reason.

    python tests/labs/mutation.py               # the table of all labs, some minutes
    python tests/labs/mutation.py neurons       # one lab, and what survived
    python tests/labs/mutation.py neurons/dense-layer
"""

import ast
import contextlib
import io
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from faults import Mutant, mutants  # noqa: E402
from harness import (  # noqa: E402
    called,
    cells_up_to_check,
    changed_objects,
    check_call,
    every_exercise,
    folder_of,
    judged,
    module_of_tests,
    needed,
    package_of,
)
from lesson import Lesson  # noqa: E402

from course_utils.cells import grade_id, is_check  # noqa: E402
from course_utils.judging.exercise import Exercise, Implementation  # noqa: E402

SECONDS = 20  # for a mutant, whose loop may have no end
NO_MATTER = "no matter"


class Outcome(NamedTuple):
    """What became of a mutant, and the codes that name its wrong way.

    ``died`` is "public", "hidden", "" if it survived, or "no matter" if no argument was one that the fault changes.
    """

    died: str
    codes: tuple[str, ...] = ()
    text: str = ""


class Ward:
    """An exercise whose model answer is code: what its cell stands on is run once, the cell itself for each mutant."""

    def __init__(self, exercise: type[Exercise]) -> None:
        self.exercise = exercise
        cells, check = cells_up_to_check(exercise)
        own = next(i for i, cell in enumerate(cells) if grade_id(cell) == exercise.id)
        self.call = check_call(check)
        self.seed = _hidden_seed(check)
        self.source = cells[own].source
        sources = [cell.source for cell in cells if not is_check(cell)]
        wanted = needed(sources, self.call)
        before = [source for source in wanted if source in {cell.source for cell in cells[:own]}]
        self.later = [source for source in wanted if source not in before and source != self.source]
        self.before = before

    @cached_property
    def names(self) -> dict[str, Any]:
        """What the cells before the exercise's give names to."""
        return self._fresh_names()

    def _fresh_names(self) -> dict[str, Any]:
        names: dict[str, Any] = {}
        with _silence():
            for source in self.before:
                exec(_compiled(source), names)
        return names

    def answers(self, source: str) -> tuple[Any, ...]:
        """Return what the check cell hands over, with another source in the exercise's cell."""
        changes = changed_objects(self.source)  # a class that it hangs a method onto has to be new for each mutant
        names = self._fresh_names() if changes else dict(self.names)
        try:
            for text in (source, *self.later):
                exec(_compiled(text), names)
            self._applied = names.get("_applied")
            return tuple(eval(ast.unparse(argument), names) for argument in self.call.args)
        except Exception as error:
            raise CellRaised(type(error).__name__) from error

    def mutants(self) -> tuple[Mutant, ...]:
        """Return the model answer with each of the faults."""
        return mutants(self.source)

    def outcome(self, mutant: Mutant) -> Outcome:
        """Hand a mutant to the check, as a notebook does, and then as grading does."""
        try:
            with _silence(), _limit():
                return self._judged(self.answers(mutant.source))
        except TooLong:
            return Outcome("public", text="it does not end")
        except CellRaised as error:
            return Outcome("public", text=f"the cell raises {error}")

    def _judged(self, answers: tuple[Any, ...]) -> Outcome:
        mine = self.exercise()
        found = judged(mine.check, *answers)
        if found.share < 1.0:
            return Outcome("public", found.codes, found.text)
        if isinstance(mine, Implementation) and self.seed is not None:
            found = judged(mine.check_hidden, *answers, seed=self.seed)
            if found.share < 1.0:
                return Outcome("hidden", found.codes, found.text)
        return Outcome("" if self._applied is None or self._applied else NO_MATTER)


class CellRaised(Exception):
    """The cell of a mutant raises an error: a learner sees that without a check."""


class TooLong(BaseException):
    """A mutant took longer than it may: no ``except Exception`` of a check makes an answer of that."""


@contextlib.contextmanager
def _limit() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _silence() -> contextlib.AbstractContextManager[object]:
    return contextlib.redirect_stdout(io.StringIO())


@cache
def _compiled(source: str) -> CodeType:
    return compile(source, "<mutant>", "exec")


def _hidden_seed(source: str) -> int | None:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "check_hidden":
            return next(ast.literal_eval(one.value) for one in node.keywords if one.arg == "seed")
    return None


def has_code(exercise: type[Exercise]) -> bool:
    """Tell whether an exercise's answer is code: its cell in the master defines functions or classes."""
    cell = Lesson(folder_of(exercise)).cells()[exercise.id]
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.parse(cell.source).body)


def equivalent(exercise: type[Exercise]) -> dict[str, str]:
    """Return the mutants of an exercise that are no fault, each with its reason."""
    return getattr(module_of_tests(package_of(exercise)), "EQUIVALENT", {}).get(exercise.id, {})


# --- the table


def _table(wanted: str) -> None:
    for exercise in every_exercise():
        if not called(exercise).startswith(wanted) or not has_code(exercise):
            continue
        ward, listed = Ward(exercise), equivalent(exercise)
        found = {mutant: ward.outcome(mutant) for mutant in ward.mutants()}
        counts = Counter("equivalent" if mutant.what in listed else one.died for mutant, one in found.items())
        named = sum(bool(one.codes) for one in found.values())
        words = ", ".join(f"{counts[died]} {word}" for died, word in WORDS.items())
        print(f"{called(exercise):46} {len(found):4} mutants: {words}; {named} named", flush=True)
        for mutant, one in found.items():
            if wanted and not one.died and mutant.what not in listed:
                print(f"    survived: {mutant.what}")


WORDS = {
    "public": "died publicly",
    "hidden": "hidden",
    "equivalent": "equivalent",
    NO_MATTER: NO_MATTER,
    "": "survived",
}

if __name__ == "__main__":
    _table(sys.argv[1] if len(sys.argv) > 1 else "")
