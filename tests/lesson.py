"""A lab's master as the tests see it: its answers, its graded cells, its headings; and a source edited."""

import ast
import re
from functools import cache, cached_property
from types import SimpleNamespace

import numpy as np
from conftest import ROOT
from nbformat import NotebookNode

from course_utils.cells import Role, grade_id, is_check, role
from course_utils.grading.sample import Sample, load_class, model_answers
from course_utils.masters import master_path, read_master


def edited(source: str, *changes: tuple[str, str]) -> str:
    """Return a text with some of its passages replaced; what is to be replaced must be there."""
    for old, new in changes:
        assert old in source, f"{old!r} is not in:\n{source}"
        source = source.replace(old, new)
    return source


def bound(source: str) -> set[str]:
    """Return the names that a cell binds outside its functions and classes."""
    names: set[str] = set()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign):
            names |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return names


@cache
def master_of(lab: str) -> NotebookNode:
    """Return a lab's master as a notebook: read once in a process, so not to be changed."""
    return read_master(master_path(ROOT, lab))


@cache
def class_of(lab: str) -> list[Sample]:
    """Return a lab's sample class: made once in a process, so not to be changed."""
    return load_class(ROOT, lab)


@cache
def model_answers_of(lab: str) -> dict[str, str]:
    """Return a lab's model answers by grade_id: read once in a process, so not to be changed."""
    return model_answers(ROOT, lab)


class Lesson:
    """One lab, by the name of its folder."""

    def __init__(self, lab: str) -> None:
        self.lab, self.master = lab, master_path(ROOT, lab)

    @cached_property
    def _cells(self) -> dict:
        graded = [cell for cell in master_of(self.lab).cells if "nbgrader" in cell.metadata]
        return {cell.metadata.nbgrader.grade_id: cell for cell in graded}

    def cells(self) -> dict:
        """Return the graded cells of the master by grade_id."""
        return self._cells

    def defining(self, name: str) -> str:
        """Return the grade_id of the one answer that defines a name."""
        answers = {one: cell.source for one, cell in self.cells().items() if role(cell) == Role.SOLUTION}
        (found,) = [one for one, source in answers.items() if name in bound(source)]
        return found

    def check_of(self, name: str) -> str:
        """Return the grade_id of the check of the answer that defines a name: of the next check behind it."""
        names = list(self.cells())
        behind = names[names.index(self.defining(name)) :]
        return next(one for one in behind if is_check(self.cells()[one]))

    def points(self) -> dict[str, float]:
        """Return the points of each check cell by grade_id."""
        return {name: float(cell.metadata.nbgrader.points) for name, cell in self.cells().items() if is_check(cell)}

    def headings_before(self, name: str) -> set[str]:
        """Return the headings above a graded cell, those of smaller sections too, without their numbers."""
        found: set[str] = set()
        for cell in master_of(self.lab).cells:
            if grade_id(cell) == name:
                return found
            headings = re.findall(r"^##+ (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []
            found |= {re.sub(r"^[0-9.]+ ", "", heading) for heading in headings}
        raise LookupError(f"there is no cell {name}")

    def headings(self) -> set[str]:
        """Return the lesson's headings without their numbers."""
        found = re.findall(r"^## (.+)$", self.master.read_text(encoding="utf-8"), re.MULTILINE)
        return {re.sub(r"^[0-9]+ ", "", heading) for heading in found}

    def imports(self) -> dict:
        """Run the lesson's first code cell, the imports, and return the names that it binds."""
        names: dict = {}
        exec(next(cell.source for cell in master_of(self.lab).cells if cell.cell_type == "code"), names)
        del names["__builtins__"]
        return names

    def run(self, words: str, names: dict, *changes: tuple[str, str]) -> None:
        """Run the one code cell of the lesson that holds some words, in a namespace, with some of its text changed."""
        cells = [cell.source for cell in master_of(self.lab).cells if cell.cell_type == "code"]
        (source,) = [source for source in cells if words in source]
        exec(edited(source, *changes), names)

    def answers(self, grade_id: str, **names) -> SimpleNamespace:
        """Run one solution cell of the master, with NumPy and ``names``, and return what it binds."""
        names = {"np": np} | names
        before = set(names) | {"__builtins__"}
        exec(self.cells()[grade_id].source, names)
        return SimpleNamespace(**{name: value for name, value in names.items() if name not in before})

    def solution(self, grade_id: str, **names):
        """Run one solution cell of the master and return the first thing that it binds: a function or a dict."""
        return next(iter(vars(self.answers(grade_id, **names)).values()))
