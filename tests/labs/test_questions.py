"""A student's questions never change: what 200 ids are asked, and 200 questions of every topic, as they always were.

``questions.json`` holds fingerprints. A fingerprint of a new question is added when its exercise is released; one that
is there is never changed.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from harness import called, every_exercise

FINGERPRINTS = json.loads((Path(__file__).parent / "questions.json").read_text(encoding="utf-8"))
IDS = ["", *(f"student{number}" for number in range(199))]
EXERCISES = {called(exercise): exercise for exercise in every_exercise()}
TOPICS = {topic.name: topic for exercise in EXERCISES.values() for topic in exercise.topics}


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


def fingerprint(values) -> str:
    """Return a digest of some questions."""
    return hashlib.sha256(json.dumps([plain(one) for one in values], sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("name", [name for name in FINGERPRINTS["questions"] if name in EXERCISES])
def test_the_questions_of_200_students_never_change(name):
    assert fingerprint([EXERCISES[name](student).question for student in IDS]) == FINGERPRINTS["questions"][name]


@pytest.mark.parametrize("name", [name for name in FINGERPRINTS["texts"] if name in EXERCISES])
def test_the_order_of_options_of_200_students_never_changes(name):
    assert fingerprint([EXERCISES[name](student).text() for student in IDS]) == FINGERPRINTS["texts"][name]


@pytest.mark.parametrize("name", TOPICS)
def test_practice_questions_never_change(name):
    assert fingerprint([TOPICS[name].draw(number) for number in range(1, 201)]) == FINGERPRINTS["practice"][name]


def test_every_question_has_a_fingerprint():
    asked = {name for name, exercise in EXERCISES.items() if exercise().question is not None}
    assert asked - set(FINGERPRINTS["questions"]) == set()
