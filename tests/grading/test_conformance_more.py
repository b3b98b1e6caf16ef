"""What strangers' courses are used to: the points that stock nbgrader gives, cell by cell; and odd files of answers."""

import json
import shutil
from pathlib import Path

import assignments
import course_assignments
import more_assignments
import pytest
import stranger_assignments
from test_conformance import graded_twice

GROUPS = more_assignments.GROUPS | course_assignments.GROUPS | stranger_assignments.GROUPS
FILES = more_assignments.FILES | course_assignments.FILES | stranger_assignments.FILES


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("group", sorted(GROUPS))
def test_every_cell_gets_the_points_that_stock_nbgrader_gives(tmp_path: Path, group: str):
    features = GROUPS[group]
    course = assignments.make_course(tmp_path / "course", {group: features}, FILES)
    ours, theirs, said = graded_twice(course, tmp_path / "stock", group)
    assert ours == theirs
    assert len(theirs) == 3 * len(features)
    for one in features:
        assert theirs[group, "right", f"{one.name}-check"] == one.points
        assert theirs[group, "half", f"{one.name}-check"] < one.points
    inside = {line.split()[1] for line in said.splitlines() if "runs in the student's process" in line}
    assert inside <= {f"{one.name}-check" for one in features if not one.outside}  # newer libraries need it less


@pytest.mark.slow
@pytest.mark.thorough
def test_an_odd_file_gets_the_points_of_its_answers(tmp_path: Path):
    names = ("caesar", "most-common", "unicode-names")
    features = [one for one in more_assignments.GROUPS["strings"] if one.name in names]
    course = assignments.make_course(tmp_path / "course", {"odd": features}, {})
    model = (course / "source" / "odd" / "odd.ipynb").read_text(encoding="utf-8")
    for name, change in more_assignments.ODD.items():
        change(book := json.loads(model))
        hand_in(course, name, json.dumps(book).encode())
    for name, write in more_assignments.ODD_BYTES.items():
        hand_in(course, name, write(model.encode()))
    ours, theirs, _ = graded_twice(course, tmp_path / "stock", "odd", all_there=False)
    read = {key: points for key, points in theirs.items() if points is not None}  # some files nbgrader cannot read
    assert {key: ours[key] for key in read} == read
    odd = {*more_assignments.ODD, *more_assignments.ODD_BYTES}
    assert {who for _, who, _ in ours} == {"right", "half", "blank", *odd}
    assert all(points == 1 for (_, who, _), points in ours.items() if who in odd)


def hand_in(course: Path, who: str, content: bytes) -> None:
    folder = course / "submitted" / who / "odd"
    folder.mkdir(parents=True)
    (folder / "odd.ipynb").write_bytes(content)


@pytest.mark.slow
@pytest.mark.thorough
def test_notebooks_of_one_assignment_with_folders_beside_them_and_an_essay(tmp_path: Path):
    course = tmp_path / "course"
    groups = {"one": more_assignments.GROUPS["storing"][:3], "two": more_assignments.GROUPS["storing"][6:8]}
    for name, features in groups.items():
        book = assignments.notebook(features)
        settings = {"schema_version": 3, "grade": True, "locked": False, "solution": True, "points": 2}
        about = {"nbgrader": settings | {"grade_id": f"essay-{name}"}}
        book.cells.append(assignments.new_markdown_cell("Why?", metadata=about))
        if name == "two":
            book.cells.insert(0, assignments.cell("import json"))
        assignments.write(book, course / "source" / "many" / f"{name}.ipynb")
    for path, text in more_assignments.FILES["storing"].items():
        (course / "source" / "many" / path).parent.mkdir(parents=True, exist_ok=True)
        (course / "source" / "many" / path).write_text(text)
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    assignments.run(course, "nbgrader", "generate_assignment", "many")
    for who, folder in (("right", "source"), ("blank", "release")):
        shutil.copytree(course / folder / "many", course / "submitted" / who / "many")
    written = course / "submitted" / "right" / "many" / "one.ipynb"
    written.write_text(written.read_text().replace("Why?", "Because."))
    ours, theirs, _ = graded_twice(course, tmp_path / "stock", "many")
    assert {key: points for key, points in ours.items() if "essay" not in key[2]} == {
        key: points for key, points in theirs.items() if "essay" not in key[2]
    }
    assert ours["many", "right", "essay-one"] is theirs["many", "right", "essay-one"] is None
