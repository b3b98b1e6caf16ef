"""The homework to Lab 07: ``lab = transfer_learning_homework.for_student(student_id)``."""

from course_utils.judging.lab import Lab, exercises_of

EXERCISES = exercises_of(__name__, __path__)


def for_student(student_id: str = "", *, term: str = "") -> Lab:
    """Return the exercises of this homework; its questions are the same for everybody."""
    return Lab(EXERCISES, student_id, term)
