"""Homework to lab 05, *A network of one's own making*: ``lab = conv_and_pooling_homework.for_student(student_id)``."""

from course_utils.judging.lab import Lab, exercises_of

EXERCISES = exercises_of(__name__, __path__)


def for_student(student_id: str = "", *, term: str = "") -> Lab:
    """Return the exercises of this homework for a student."""
    return Lab(EXERCISES, student_id, term)
