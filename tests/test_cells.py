"""nbgrader's vocabulary of cells, in nbformat's objects and in what JSON gives."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.preprocessors import ClearHiddenTests

from course_utils.cells import Region, Role, grade_id, hidden_lines, is_check, is_solution, role

HIDDEN = "check(f)\n### BEGIN HIDDEN TESTS\ncheck(f, 21)\n### END HIDDEN TESTS\ncheck(f)"


def cell(grade: bool, solution: bool, make=new_code_cell):
    return make("", metadata={"nbgrader": {"grade_id": "one", "grade": grade, "solution": solution}})


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (cell(True, False), Role.CHECK),
        (cell(False, True), Role.SOLUTION),
        (cell(True, True, new_markdown_cell), Role.ESSAY),
        (cell(False, False), Role.OTHER),
        (cell(True, False, new_markdown_cell), Role.OTHER),
        (new_code_cell(""), Role.PLAIN),
    ],
    ids=["check", "solution", "essay", "locked", "text with points", "plain"],
)
def test_a_role_is_read_off_the_settings(one, expected):
    assert role(one) == expected
    assert (is_check(one), is_solution(one)) == (expected == "check", expected in ("solution", "essay"))


@pytest.mark.parametrize("metadata", [None, ["x"], {"nbgrader": 3}, {"nbgrader": {"grade_id": ["x"]}}, {}])
def test_a_damaged_cell_has_no_grade_id(metadata):
    assert grade_id({"cell_type": "code", "metadata": metadata}) == ""


def test_a_cell_without_metadata_has_no_grade_id():
    assert grade_id({"cell_type": "code"}) == ""


@pytest.mark.parametrize(
    "source",
    [HIDDEN, f"{HIDDEN}\n{HIDDEN}", HIDDEN.replace("### END", "x = 1  # END"), HIDDEN.replace("### BEGIN", "# BEGIN")],
    ids=["one region", "two regions", "a mark behind code", "another mark"],
)
def test_hidden_lines_are_those_that_nbgrader_cuts_out(source):
    hidden = hidden_lines(source)
    kept = [line for number, line in enumerate(source.split("\n"), start=1) if number not in hidden]
    check = cell(True, False)
    check.source = source
    assert "\n".join(kept) == ClearHiddenTests().preprocess_cell(check, {}, 0)[0].source


def test_a_region_that_does_not_end_hides_the_rest():
    assert hidden_lines("check(f)\n### BEGIN HIDDEN TESTS\ncheck(f, 21)") == {2, 3}


def test_a_region_has_its_indentation_and_its_body():
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n"
    assert Region.SOLUTION.pattern.search(source).groups() == ("    ", "    return 1\n")
    assert Region.SOLUTION.pattern.sub("", source) == "def f():\n\n"
