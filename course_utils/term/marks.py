"""Marks as the gradebook has them: grades that a person gave and late penalties in, "not handed in" unlike zero."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Assignment, MissingEntry

from course_utils.course import CourseError
from course_utils.grading.gradebook import open_gradebook
from course_utils.grading.reading import handed_in
from course_utils.grading.totals import full_marks_of, further_cells, total_of

DIGITS = 4  # behind the point


@dataclass(frozen=True)
class Mark:
    """What somebody has in a lab.

    Parameters
    ----------
    points
        With grades that a person gave, up to full marks, less what is taken off for being late, never below 0.
    penalty
        What was taken off.
    waiting
        Whether a person has yet to give points.
    """

    points: float
    penalty: float = 0.0
    waiting: bool = False


@dataclass
class LabMarks:
    """The marks of one lab.

    Parameters
    ----------
    lab
        Its name.
    most
        Full marks.
    marks
        By student id; who has not handed in, or was not graded, has none.
    ungraded
        Who has handed in and was not graded yet.
    """

    lab: str
    most: float
    marks: dict[str, Mark] = field(default_factory=dict)
    ungraded: list[str] = field(default_factory=list)

    @property
    def waiting(self) -> list[str]:
        """Whose points are not all given yet."""
        return sorted(student for student, mark in self.marks.items() if mark.waiting)


def read_marks(root: Path, labs: Sequence[str]) -> list[LabMarks]:
    """Return the marks of labs.

    Raises
    ------
    CourseError
        If the gradebook does not know any of them.
    """
    found = []
    with open_gradebook(root) as book:
        for lab in labs:
            try:
                found.append(_marks_of(root, book.find_assignment(lab)))
            except MissingEntry:
                continue
            book.db.remove()  # a large class need not stay in memory
    if not found:
        raise CourseError(f"The gradebook does not know {', '.join(labs)}. Grade something first: course grade")
    return found


def _marks_of(root: Path, assignment: Assignment) -> LabMarks:
    further = further_cells(root, assignment.name)
    found = LabMarks(assignment.name, full_marks_of(assignment, further))
    for submission in assignment.submissions:
        penalty = float(submission.late_submission_penalty or 0)
        points = round(max(0.0, total_of(submission, further).points - penalty), DIGITS)
        found.marks[submission.student.id] = Mark(points, round(penalty, DIGITS), bool(submission.needs_manual_grade))
    found.ungraded = [name for name in handed_in(root, assignment.name).students if name not in found.marks]
    return found
