"""A course's own nbgrader_config.py counts, though this engine grades: folders, marks, limits, and who is left out."""

from pathlib import Path

import assignments
import nbformat
import pytest
from assignments import HIDDEN, SHOWN, Feature, body

from course_utils import adopting
from course_utils.course import CourseError, Folders, folders
from course_utils.grading import nbgrader_says, reading
from course_utils.grading.gradebook import read_settings
from course_utils.grading.hooks import HideHiddenTests
from course_utils.release import read_masters

PLAIN = "c = get_config()\nc.CourseDirectory.course_id = 'small'\n"


def course(root: Path, *lines: str) -> Path:
    (root / "source" / "ps1").mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(PLAIN + "\n".join(lines))
    return root


def test_folders_are_called_as_the_course_calls_them(tmp_path: Path):
    assert folders(course(tmp_path / "plain")) == Folders("source", "release")
    named = [f"c.CourseDirectory.{name}_directory = 'my {name}'" for name in ("submitted", "autograded", "feedback")]
    root = course(tmp_path / "named", *named)
    assert folders(root) == Folders("source", "release", "my submitted", "my autograded", "my feedback")
    (root / "my submitted" / "ada" / "ps1").mkdir(parents=True)
    assert reading.handed_in(root, "ps1").students == ["ada"]
    read_settings(root)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("c.CourseDirectory.submitted_directory = 'hand' + 'ed in'", "submitted_directory = 'handed in' as plain text"),
        (
            "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'",
            "directory_structure",
        ),
        (
            "x = '{nbgrader_step}/{assignment_id}'\nc.CourseDirectory.directory_structure = x + '/{student_id}'",
            "must be",
        ),
    ],
)
def test_what_cannot_be_read_or_followed_is_refused_before_anything_is_graded(tmp_path: Path, line: str, words: str):
    with pytest.raises(CourseError, match=words):
        read_settings(course(tmp_path, line))


def test_adopting_says_what_is_not_supported(tmp_path: Path):
    root = course(tmp_path, "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'")
    assert any("directory_structure" in said for said in adopting.plan(root).sentences)
    assert not any("supported" in said for said in adopting.plan(course(tmp_path / "other")).sentences)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("", 30),
        ("c.ExecutePreprocessor.timeout = 600", 600),
        ("c.Execute.timeout = 7", 7),
        ("c.ExecutePreprocessor.timeout = -1", nbgrader_says.NO_LIMIT),
        ("c.ExecutePreprocessor.timeout = None", nbgrader_says.NO_LIMIT),
        ("c.ExecutePreprocessor.timeout = int('600')", 30),
    ],
)
def test_a_cell_may_run_as_long_as_the_course_says(tmp_path: Path, line: str, seconds: int):
    assert nbgrader_says.cell_seconds(course(tmp_path, line)) == seconds


def test_changed_settings_count_at_once(tmp_path: Path):
    root = course(tmp_path)
    assert nbgrader_says.excluded_students(root) == set()
    (root / "nbgrader_config.py").write_text(PLAIN + "c.CourseDirectory.student_id_exclude = 'ada,test user'")
    assert nbgrader_says.excluded_students(root) == {"ada", "test user"}


def test_what_the_user_or_the_machine_sets_counts_below_the_course(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "user"))
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.student_id_exclude = 'ada'\nc.Execute.timeout = 90\n"
    )
    root = course(tmp_path / "course", "c.Execute.timeout = 50")
    assert nbgrader_says.excluded_students(root) == {"ada"}
    assert nbgrader_says.cell_seconds(root) == 50


def test_hidden_tests_are_cut_out_of_feedback_whatever_their_marks():
    metadata = {"nbgrader": {"grade": True, "solution": False, "grade_id": "x", "points": 1, "locked": True}}
    marks = {"begin_test_delimeter": "SECRET ON", "end_test_delimeter": "SECRET OFF"}
    for begin, end in (("### SECRET ON", "### SECRET OFF"), (HIDDEN, SHOWN)):
        cell = nbformat.v4.new_code_cell(f"assert f(1)\n{begin}\nassert f(2)\n{end}", metadata=metadata)
        cleared, _ = HideHiddenTests(**marks).preprocess_cell(cell, {}, 0)
        assert cleared.source == "assert f(1)"


def test_release_names_the_command_that_releases_such_a_course(tmp_path: Path):
    with pytest.raises(CourseError, match="nbgrader generate_assignment ps1"):
        read_masters(course(tmp_path), ["ps1"])


SETTINGS = """
c.CourseDirectory.submitted_directory = "handed in"
c.CourseDirectory.autograded_directory = "marked"
c.CourseDirectory.feedback_directory = "back"
c.CourseDirectory.student_id_exclude = "blank"
c.ClearHiddenTests.begin_test_delimeter = "SECRET ON"
c.ClearHiddenTests.end_test_delimeter = "SECRET OFF"
c.Autograde.exclude_overwriting = {"ps1": ["own.py"]}
"""
FEATURES = [
    Feature(
        "square",
        "def square(x):\n%s",
        body("return x * x"),
        body("return 2 * x"),
        "assert square(2) == 4\n### SECRET ON\nassert square(3) == 9\n### SECRET OFF",
    ),
    Feature(
        "own",
        "def use(x):\n%s",
        body("import own\n    return own.times(x)".replace("    ", "")),
        body("return x"),
        "assert use(4) == 12",
    ),
]


@pytest.mark.slow
def test_a_course_with_settings_of_its_own_is_graded_as_nbgrader_would(tmp_path: Path):
    """Expected points are those of stock nbgrader, which were compared once."""
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    assignments.write(assignments.notebook(FEATURES), tmp_path / "source" / "ps1" / "ps1.ipynb")
    (tmp_path / "source" / "ps1" / "own.py").write_text("def times(x):\n    return 2 * x\n")
    (tmp_path / "nbgrader_config.py").write_text(PLAIN + SETTINGS)
    assignments.run(tmp_path, "nbgrader", "generate_assignment", "ps1")
    right = (tmp_path / "source" / "ps1" / "ps1.ipynb").read_bytes()
    for who in ("right", "half", "blank"):
        folder = tmp_path / "handed in" / who / "ps1"
        folder.mkdir(parents=True)
        (folder / "own.py").write_text("def times(x):\n    return 3 * x\n")
        (folder / "ps1.ipynb").write_bytes(right)
    half = assignments.filled(tmp_path, "ps1", FEATURES)
    assignments.write(half, tmp_path / "handed in" / "half" / "ps1" / "ps1.ipynb")

    assignments.run(tmp_path, "course", "adopt")
    said = assignments.run(tmp_path, "course", "grade", "ps1")
    assignments.run(tmp_path, "course", "feedback", "ps1")

    earned = {(who, check): points for (_, who, check), points in assignments.points(tmp_path).items()}
    assert earned == {
        ("right", "square-check"): 1,
        ("right", "own-check"): 1,
        ("half", "square-check"): 0,
        ("half", "own-check"): 0,
    }
    assert "2 graded" in said
    pages = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("ps1.html"))
    assert pages == ["back/half/ps1/ps1.html", "back/right/ps1/ps1.html"]
    assert not any("square(3)" in (tmp_path / page).read_text() for page in pages)
    assert (tmp_path / "marked" / "right" / "ps1" / "own.py").read_text().endswith("3 * x\n")
