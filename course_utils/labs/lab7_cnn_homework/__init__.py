"""Homework to lab 06, *Beat your own baseline*: ``lab = lab7_cnn_homework.for_student(student_id)``."""

from course_utils.judging.lab import Lab, exercises_of

EXERCISES = exercises_of(__name__, __path__)


def for_student(student_id: str = "", *, term: str = "") -> Lab:
    """Return the exercises of this homework for a student."""
    return Lab(EXERCISES, student_id, term)
