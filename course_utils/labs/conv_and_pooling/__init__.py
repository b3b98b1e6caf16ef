"""Lab 05, *Slide a kernel over an image*: ``lab = conv_and_pooling.for_student(student_id)``."""

from course_utils.judging.lab import Lab, exercises_of

EXERCISES = exercises_of(__name__, __path__)


def for_student(student_id: str = "", *, term: str = "") -> Lab:
    """Return the exercises of this lab with a student's own numbers; with "" the lectures'."""
    return Lab(EXERCISES, student_id, term)
