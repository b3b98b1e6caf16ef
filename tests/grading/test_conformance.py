"""Foreign assignments with checks in ordinary Python: the points that stock nbgrader gives, cell by cell.

Each group of :mod:`assignments` is released by stock nbgrader, and a right, a half-right and a blank submission are
graded by stock nbgrader and, after ``course adopt``, by the engine.
"""

import shutil
from pathlib import Path

import assignments
import pytest
from thorough import one_in

INSIDE = {
    group: {f"{feature.name}-check" for feature in features if not feature.outside}
    for group, features in assignments.GROUPS.items()
}


@pytest.mark.slow
@pytest.mark.parametrize("group", one_in(3, sorted(assignments.GROUPS)))
def test_every_cell_gets_the_points_that_stock_nbgrader_gives(tmp_path: Path, group: str):
    course = assignments.make_course(tmp_path / "course", {group: assignments.GROUPS[group]})
    stock = Path(shutil.copytree(course, tmp_path / "stock"))
    assignments.run(stock, "nbgrader", "autograde", group)
    assignments.run(course, "course", "adopt")
    said = assignments.run(course, "course", "grade", group)

    ours, theirs = assignments.points(course), assignments.points(stock)
    assert ours == theirs
    checks = len(assignments.GROUPS[group])
    assert len(theirs) == 3 * checks
    most = sum(feature.points for feature in assignments.GROUPS[group])
    right = sum(points or 0 for (_, who, _), points in theirs.items() if who == "right")
    assert right == most
    assert {who: sum(p or 0 for (_, w, _), p in theirs.items() if w == who) for who in ("half", "blank")}["half"] < most

    inside = {line.split()[1] for line in said.splitlines() if "runs in the student's process" in line}
    assert inside == INSIDE[group]
