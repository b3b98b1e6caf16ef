"""What a course's nbgrader_config.py says of grading that nbgrader itself would do, and this engine does in its place.

It is read and not run, so values must stand there as they are; :func:`refuse_what_is_computed` sees to it.
"""

from pathlib import Path
from typing import Any

from course_utils.cells import Region, with_marks
from course_utils.course import COMPUTED, CONFIG, CourseError, config_says, folders

SECONDS = 30  # nbgrader's own limit for a cell
NO_LIMIT = 3600  # seconds, where a course sets none: a loop without an end must end
STRUCTURE = "{nbgrader_step}/{student_id}/{assignment_id}"
MARKS = {  # and the words that take their place
    "ClearHiddenTests.begin_test_delimeter": Region.HIDDEN_TESTS.begin,
    "ClearHiddenTests.end_test_delimeter": Region.HIDDEN_TESTS.end,
}


def cell_seconds(root: Path) -> int:
    """Return how long a cell may run: ``c.ExecutePreprocessor.timeout``, or nbgrader's own limit."""
    said = config_says(root)
    names = [name for name in ("ExecutePreprocessor.timeout", "Execute.timeout") if name in said]
    seconds = said[names[-1]] if names else COMPUTED
    if seconds is COMPUTED:
        return SECONDS
    return int(seconds) if isinstance(seconds, int | float) and seconds > 0 else NO_LIMIT


def excluded_students(root: Path) -> set[str]:
    """Return who is not graded: ``c.CourseDirectory.student_id_exclude``."""
    said = config_says(root).get("CourseDirectory.student_id_exclude")
    return set(said.split(",")) if isinstance(said, str) and said else set()


def left_to_students(root: Path, lab: str) -> set[str]:
    """Return the files of an assignment of which a student's own copy counts: ``c.Autograde.exclude_overwriting``."""
    said = config_says(root).get("Autograde.exclude_overwriting")
    names = said.get(lab, []) if isinstance(said, dict) else []
    return {name for name in names if isinstance(name, str)} if isinstance(names, list | tuple) else set()


def with_our_marks(root: Path, source: str) -> str:
    """Return a cell's text with our marks where a course has set others for its hidden tests."""
    said = {name: mark for name, mark in config_says(root).items() if isinstance(mark, str) and mark}
    return with_marks(source, {said[name]: ours for name, ours in MARKS.items() if name in said})


def refuse_what_is_computed(root: Path, course: Any) -> None:
    """Raise where nbgrader finds other folders than are read here, or lays them out in another order.

    Parameters
    ----------
    course
        nbgrader's own ``CourseDirectory``.

    Raises
    ------
    CourseError
        Naming the setting.
    """
    names = folders(root)
    for trait, read in (
        ("submitted_directory", names.submitted),
        ("autograded_directory", names.autograded),
        ("feedback_directory", names.feedback),
    ):
        if (found := getattr(course, trait)) != read:
            raise CourseError(
                f"{CONFIG}: write c.CourseDirectory.{trait} = {found!r} as plain text in the course's own file; it is "
                f"read there without running it, and now says {read!r}."
            )
    if course.directory_structure.replace("\\", "/") != STRUCTURE:
        raise CourseError(f"{CONFIG}: {_other_structure(course.directory_structure)}")


def unsupported(root: Path) -> list[str]:
    """Return sentences about settings with which this engine cannot grade a course."""
    structure = config_says(root).get("CourseDirectory.directory_structure", STRUCTURE)
    return [] if structure in (STRUCTURE, COMPUTED) else [_other_structure(structure)]


def _other_structure(found: str) -> str:
    return f"c.CourseDirectory.directory_structure must be nbgrader's own, {STRUCTURE!r}, not {found!r}."
