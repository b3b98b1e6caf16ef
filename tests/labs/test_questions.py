"""A student's questions never change: what 200 ids are asked, and 200 questions of every topic, as they always were.

Each lab's tests hold fingerprints. One is added when its exercise is released, and never changed.
"""

import hashlib
import importlib
import json
import re
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from harness import PACKAGES, exercises_by_lab

from course_utils.judging.choices import Sheet
from course_utils.judging.exercise import Exercise

IDS = ["", *(f"student{number}" for number in range(199))]


def plain(value):
    """Return a question as lists, dicts, numbers and text, whatever classes it is made of."""
    if hasattr(value, "_asdict"):
        return [plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return [plain(getattr(value, name)) for name in value.__dataclass_fields__]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    return value if isinstance(value, int | float | str | None) else repr(value)


def fingerprint(values: Iterable) -> str:
    """Return a digest of some questions."""
    text = json.dumps([plain(one) for one in values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def asked_in(exercises: Iterable[type[Exercise]]) -> dict[str, Callable[[], list]]:
    """Return, by name, functions that draw what the exercises of a lab ask."""
    found: dict[str, Callable[[], list]] = {}
    for exercise in exercises:
        if exercise().question is not None:
            found[exercise.id] = lambda one=exercise: [one(student).question for student in IDS]
        if isinstance(exercise().text(), Sheet):
            found[f"text of {exercise.id}"] = lambda one=exercise: [one(student).text() for student in IDS]
        for topic in exercise.topics:
            found[f"practice {topic.name}"] = lambda one=topic: [one.draw(number) for number in range(1, 201)]
    return found


ASKED = {
    f"{PACKAGES[folder]}/{name}": draw
    for folder, exercises in exercises_by_lab().items()
    for name, draw in asked_in(exercises).items()
}
EXERCISES = [one for exercises in exercises_by_lab().values() for one in exercises if one().question is not None]
KNOWN = {
    f"{package}/{name}": value
    for package in PACKAGES.values()
    for name, value in getattr(importlib.import_module(f"test_{package}"), "FINGERPRINTS", {}).items()
}


@pytest.mark.parametrize("name", ASKED)
def test_what_students_are_asked_never_changes(name):
    assert fingerprint(ASKED[name]()) == KNOWN.get(name), "students would find other questions than they have answered"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_no_two_lines_of_a_question_are_alike(exercise):
    for student in IDS[:40]:
        lines = re.findall(r"^\W*\w+\) (.+)$", str(exercise(student).text() or ""), re.M)
        assert len(set(lines)) == len(lines), student


def test_no_fingerprint_is_left_over():
    assert set(KNOWN) - set(ASKED) == set()
