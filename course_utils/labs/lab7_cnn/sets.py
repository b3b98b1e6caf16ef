"""Judging sets of shapes or of whole numbers, each of which is a part."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from course_utils.judging.answers import as_shape, is_missing, kind, plain, short
from course_utils.judging.findings import MISSING, RIGHT, Finding, Wrong, refuse, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import explain_set, read_number

Shape = tuple[int, ...]
Ways = Mapping[Misconception, Mapping[str, Any]]


def read_shape(value: Any, what: str) -> tuple[float, ...]:
    """Return a shape as a tuple of Python's own numbers.

    Raises
    ------
    Wrong
        If it is something else.
    """
    number = plain(value)
    shape = as_shape(value) if number is None else (number,)  # one number stands for a row of so many
    if shape is None:
        raise refuse(f"{what} should be a tuple of numbers, not {kind(value)}.")
    return shape


def judge_set(
    answers: Mapping[str, Any],
    right: Mapping[str, Any],
    ways: Ways,
    *,
    what: str,
    read: Callable[[Any, str], Any] = read_number,
    called: str = "{}",
) -> dict[str, Finding]:
    """Judge a set of answers, each a part: what cannot be read is wrong by itself.

    Parameters
    ----------
    answers
        What the student gave, by question; None where there is no answer.
    right
        What is right, by question.
    ways
        For each wrong way, what it gives for each question (None: it does not apply).
    what
        The name of the student's variable, for messages.
    read
        Reads an answer, or raises: :func:`read_shape` or :func:`course_utils.judging.numbers.read_number`.
    called
        What a part is called, with the place of the question in it.
    """
    given: dict[str, Any] = {}
    found: dict[str, Finding] = {}
    for label in right:
        found[label] = MISSING if is_missing(answers[label]) else RIGHT
        try:
            if found[label] is RIGHT:
                given[label] = read(answers[label], f"{what}[{label!r}]")
        except Wrong as error:
            found[label] = error.finding
    why = explain_set(given, right, ways, same=operator.eq)
    for label, value in given.items():
        if value != right[label]:
            found[label] = wrong(f"{called.format(label)}: you gave {short(value)}.", why.of(label)[:1])
    return {called.format(label): one for label, one in found.items()}
