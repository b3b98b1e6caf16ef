"""Homework to lab 06, *Train networks that train*: ``lab = training_homework.for_student(student_id)``."""

from course_utils.judging.lab import Lab, exercises_of

EXERCISES = exercises_of(__name__, __path__)


def for_student(student_id: str = "", *, term: str = "") -> Lab:
    """Return the exercises of this homework with a student's own numbers; with "" the lesson's."""
    return Lab(EXERCISES, student_id, term)
