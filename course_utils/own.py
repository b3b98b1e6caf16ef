"""A learner's own functions from earlier labs: ``own.load("03_chain_rule", "dense_backward")``, ``own.collect({…})``.

They are read from the learner's notebooks in the workplace and tried by the exercise that asked for them. What is
handed in is one notebook, and grading sees no other one: so whatever a later notebook builds on must stand in it as
text, which :func:`collect` prints. Nothing of this is done at grading.
"""

import ast
import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from course_utils import reference, showing, workplace
from course_utils.cells import Region, grade_id, is_solution
from course_utils.judging.answer import Standing
from course_utils.judging.exercise import Exercise
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.undisturbed import undisturbed
from course_utils.judging.written import is_written
from course_utils.mistakes import Mistake, Spoken, called_as
from course_utils.runtime import is_grading

LOAD = 'own.load("03_chain_rule", "dense_backward")'
COLLECT = 'own.collect({"03_chain_rule": ["dense_backward"]})'
SPOKEN = f"{LOAD} or {COLLECT}"
sys.modules[__name__].__class__ = Spoken

Statement = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.Import | ast.ImportFrom


@dataclass(frozen=True)
class Found:
    """A learner's function, as one of their notebooks has it.

    Parameters
    ----------
    name
        What it is called.
    value
        The function or class itself; None if its text cannot be run.
    text
        Its text, behind that of the helpers and imports that it needs.
    place
        Where it stands: notebook and exercise.
    stands
        What the exercise's own check says of it, in words.
    """

    name: str
    value: Any
    text: str
    place: str
    stands: str


@called_as(LOAD)
def load(lab: str, name: str) -> Any:
    """Return a function of the learner's own, from their notebook of an earlier lab, and say how it stands.

    Parameters
    ----------
    lab
        As its folder is called: ``"03_chain_rule"``.
    name
        Of the function or class.

    Raises
    ------
    Mistake
        If there is no such lab, function or notebook, if it is not written yet, or at grading.
    """
    if is_grading():
        raise Mistake(f"grading sees this notebook alone: the text of {name} must stand in it")
    found = find(lab, name)
    if found.value is None or not is_written(found.value):
        raise Mistake(f"{name} in {found.place}: {found.stands}")
    line = f"{name} comes from {found.place}: {found.stands}."
    showing.show(line, f"<p>{escape(line)}</p>")
    found.value.was_read_from = found.place.split(",")[0]  # an exercise that wants its text here asks for it
    return found.value


@called_as(COLLECT)
def collect(wanted: Mapping[str, Sequence[str]]) -> None:
    """Show where functions of earlier labs are and how they stand, and their text, to be copied into this notebook.

    Parameters
    ----------
    wanted
        Names of functions by lab. One that is not there is said to be missing; nothing is raised for it.
    """
    if is_grading():
        return
    if not isinstance(wanted, Mapping):
        raise Mistake(f"collect is called like this: {COLLECT}")
    lines, texts = [], []
    for lab, names in wanted.items():
        for name in names:
            try:
                found = find(lab, name)
            except Mistake as missing:
                lines.append(str(missing))
                continue
            lines.append(f"{name}: {found.place}, {found.stands}")
            if found.value is not None and is_written(found.value):
                texts.append(found.text)
    text = "\n\n\n".join(dict.fromkeys(texts))
    html = "".join(f"<li>{escape(line)}</li>" for line in lines)
    copied = f"<details><summary>Their text, to be copied</summary><pre>{escape(text)}</pre></details>" if text else ""
    showing.show("\n".join([*lines, *(["", text] if text else [])]), f"<ul>{html}</ul>{copied}")


def find(lab: str, name: str) -> Found:
    """Find a learner's function, run its text and let its exercise try it.

    Raises
    ------
    Mistake
        If there is no such lab, function or notebook.
    """
    exercise = _exercise(lab, name)
    path = _notebook(lab)
    if path is None:
        raise Mistake(f"{name}: your notebook {lab}.ipynb is not here")
    statements = _statements(path)
    entry = reference.entries(lab)[exercise.id]
    place = f"{path.name}, {entry.called}"
    if name not in statements:
        raise Mistake(f"{name}: {place} has no function of this name that can be read")
    text = _text(statements, name)
    value = _run(text).get(name)
    return Found(
        name, value, text, place, _stands(exercise, value, statements) if value is not None else "cannot be run"
    )


# --- the exercise


def _exercise(lab: str, name: str) -> type[Exercise]:
    """Return the exercise of a lab that asks for a function."""
    if lab not in reference.labs():
        raise Mistake(f"the labs are {', '.join(reference.labs())}; not {str(lab)[:60]!r}")
    package = importlib.import_module(f"course_utils.labs.{lab.split('_', 1)[-1]}")
    for cell in reference.cells(lab):
        if is_solution(cell) and cell["cell_type"] == "code" and name in dict(_bound(cell["source"])):
            return next(one for one in package.EXERCISES if one.id == grade_id(cell))
    raise Mistake(f"no exercise of {lab} asks for {str(name)[:60]!r}")


def _stands(exercise: type[Exercise], value: Any, statements: Mapping[str, str]) -> str:
    """Say what an exercise's own check finds. Functions that it asks for together are tried together."""
    if not is_written(value):
        return "not written yet"
    names = _asked_together(exercise)
    answers = [value if value.__name__ == one else _run(_text(statements, one)).get(one) for one in names]
    with quiet(), undisturbed():
        parts = exercise().judge(*answers).values()
    right = sum(one.standing is Standing.RIGHT for one in parts)
    if right == len(parts):
        return "right"
    return f"{right} of {len(parts)} parts {'is' if right == 1 else 'are'} right" if right else "not yet right"


def _asked_together(exercise: type[Exercise]) -> list[str]:
    """Return the names that the check of an exercise is called with."""
    (check,) = [cell["source"] for cell in reference.cells(exercise().lab) if grade_id(cell) == f"{exercise.id}-check"]
    calls = [node for node in ast.walk(ast.parse(check)) if isinstance(node, ast.Call)]
    (call,) = [one for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "check"]
    return [ast.unparse(argument) for argument in call.args]


# --- the learner's notebook


def _notebook(lab: str) -> Path | None:
    """Find a learner's notebook: in the workplace, else beside the folder of the one that is open."""
    home = workplace.find_workplace()
    folder = home / workplace.LABS if home else Path(os.getcwd()).parent
    path = folder / lab / f"{lab}.ipynb"
    return path if path.is_file() else None


def _statements(path: Path) -> dict[str, str]:
    """Return the text of each function, class, import and plain value of a notebook, by the name that it binds."""
    try:
        cells = reference.read_cells(path)
    except (OSError, ValueError) as error:
        raise Mistake(f"{path.name} cannot be read: {error}") from error
    return {name: text for cell in cells if cell["cell_type"] == "code" for name, text in _bound(cell["source"])}


def _bound(source: str) -> Iterator[tuple[str, str]]:
    """Yield what a cell binds, and the statement that does; of a cell that is no Python, nothing."""
    source = "\n".join(line for line in source.splitlines() if not _is_marker(line))
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return
    for node in body:
        text = ast.get_source_segment(source, node) or ""
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, text
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0], text
        elif isinstance(node, ast.Assign) and _is_plain(node):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, text


def _is_marker(line: str) -> bool:
    return line.strip().removeprefix("### ") in (Region.SOLUTION.begin, Region.SOLUTION.end)


def _is_plain(node: ast.Assign) -> bool:
    """Tell whether a statement names a constant or gives a function another name: nothing is computed."""
    return isinstance(node.value, ast.Constant | ast.Name)


def _text(statements: Mapping[str, str], name: str) -> str:
    """Return the text of a statement behind that of all that it uses; each once."""
    found: dict[str, None] = {}
    open_ones: set[str] = set()

    def add(one: str) -> None:
        if one not in statements or one in open_ones:
            return
        open_ones.add(one)
        names = [node.id for node in ast.walk(ast.parse(statements[one])) if isinstance(node, ast.Name)]
        for other in names:
            add(other)
        found[statements[one]] = None

    add(name)
    return "\n\n\n".join(found)


def _run(text: str) -> dict[str, Any]:
    """Run a text and return what it binds; nothing, if it raises."""
    names: dict[str, Any] = {}
    try:
        exec(compile(text, "<your notebook>", "exec"), names)
    except Exception:
        return {}
    return names
