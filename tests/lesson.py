"""The lab's master as the tests see it: its answers, its graded cells, its headings."""

import re
from functools import cache

import numpy as np
from conftest import ROOT

from course_utils.grading.hooks import is_check
from course_utils.masters import read_master

MASTER = ROOT / "solutions" / "05_conv_and_pooling" / "05_conv_and_pooling.py"
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", re.DOTALL)


@cache
def cells() -> dict:
    """Return the graded cells of the master by grade_id."""
    graded = [cell for cell in read_master(MASTER).cells if "nbgrader" in cell.metadata]
    return {cell.metadata.nbgrader.grade_id: cell for cell in graded}


@cache
def points() -> dict[str, float]:
    """Return the points of each check cell by grade_id."""
    return {name: float(cell.metadata.nbgrader.points) for name, cell in cells().items() if is_check(cell)}


def headings() -> set[str]:
    """Return the lesson's headings without their numbers."""
    found = re.findall(r"^## (.+)$", MASTER.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"^[0-9]+ ", "", heading) for heading in found}


def solution(grade_id: str):
    """Run one solution cell of the master and return what it defines: a function or a dict of answers."""
    names = {"np": np}
    before = set(names) | {"__builtins__"}
    exec(cells()[grade_id].source, names)
    return next(value for name, value in names.items() if name not in before)
