"""What a lab is graded against: the release's order, the gradebook's hidden tests and points."""

import nbformat
import pytest
from classroom import LAB, released

from course_utils.course import CourseError
from course_utils.grading.bundle import read_bundle


def test_the_release_gives_the_order_and_the_gradebook_the_hidden_tests(root):
    bundle, notebook = read_bundle(root, LAB), released(root)
    assert bundle.lab == LAB
    assert [cell["cell_type"] for cell in bundle.cells] == [cell.cell_type for cell in notebook.cells]
    named = {cell["grade_id"]: cell for cell in bundle.cells if cell["grade_id"]}
    assert list(named) == ["double", "double-check", "sizes", "sizes-check", "why"]
    check = named["double-check"]
    assert "### BEGIN HIDDEN TESTS\ncheck_double(double, cases=(-3, 21))" in check["source"]
    assert (check["grade"], check["solution"], check["locked"], check["points"]) == (True, False, True, 2.0)
    assert "raise NotImplementedError" in named["double"]["source"]
    assert "no student should read" not in named["why"]["source"]
    assert (named["why"]["grade"], named["why"]["solution"], named["why"]["points"]) == (True, True, 1.0)
    plain = bundle.cells[1]
    assert (plain["source"], plain["points"], plain["grade"]) == (notebook.cells[1].source, 0.0, False)


def test_files_beside_the_release_come_along(root):
    folder = root / "notebooks" / LAB
    (folder / "data").mkdir()
    (folder / "data" / "x.csv").write_text("1")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "x.ipynb").write_text("1")
    assert read_bundle(root, LAB).files == {"data/x.csv": b"1"}


def test_a_lab_that_the_gradebook_does_not_know_is_answered_with_the_command(root):
    (root / "notebooks" / "02_other").mkdir()
    nbformat.write(released(root), root / "notebooks" / "02_other" / "02_other.ipynb")
    with pytest.raises(CourseError, match=r"does not know 02_other\. Run: course release --gradebook 02$"):
        read_bundle(root, "02_other")


def test_no_gradebook_is_answered_with_the_command_and_none_is_made(root):
    (root / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="Make one: course release --gradebook"):
        read_bundle(root, LAB)
    assert not (root / "gradebook.db").exists()


def test_a_release_and_a_gradebook_that_do_not_belong_together_are_refused(root):
    notebook = released(root)
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "sizes"]
    nbformat.write(notebook, root / "notebooks" / LAB / f"{LAB}.ipynb")
    with pytest.raises(CourseError, match=r"differ in: sizes\. Run"):
        read_bundle(root, LAB)


@pytest.mark.parametrize("content", [None, "{"])
def test_a_release_that_is_missing_or_broken_is_said_so(root, content):
    path = root / "notebooks" / LAB / f"{LAB}.ipynb"
    path.unlink()
    if content:
        path.write_text(content)
    with pytest.raises(CourseError, match="Run: course release --gradebook 01"):
        read_bundle(root, LAB)
