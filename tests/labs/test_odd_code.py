"""Whatever a learner's function returns or raises, a check answers in a sentence, and nobody earns anything by it."""

import pytest
import torch
from harness import ODD, called, every_exercise, is_code, judged, replaced, right_answers

MOST_LINES = 4


class NoText(Exception):
    """Its text cannot be made."""

    def __str__(self):
        raise RuntimeError("no text")


RAISED = {
    "no text": NoText(),
    "long": ValueError("x" * 10**6),
    "many lines": ValueError("\n" * 1000),
    "assertion": AssertionError(),
    "stop": StopIteration(),
    "exit": SystemExit(0),
    "recursion": RecursionError("maximum recursion depth exceeded"),
    "memory": MemoryError(),
    "group": ExceptionGroup("several", [ValueError("a"), TypeError("b")]),
    "surrogates": ValueError("\ud800"),
}
RETURNED = ODD | {
    "0-d": torch.tensor(1.5).numpy(),
    "tuple of 0-d": (torch.tensor(1.5).numpy(),) * 2,
    "tuple of nan": (float("nan"), float("nan")),
    "tuple of three": ([1.0], [2.0], [3.0]),
    "nested": [[[[1.0]]]],
    "empty tuple": (),
    "dict of arrays": {"accuracy": torch.zeros(0), "per_class": torch.zeros(2, 2), "confusion": torch.zeros(1)},
    "unhashable": {"a": [{}]},
    "itself": [],
}
RETURNED["itself"].append(RETURNED["itself"])

CODE = [
    pytest.param(exercise, place, id=f"{called(exercise)}-{place}")
    for exercise in every_exercise()
    for place, answer in enumerate(right_answers(exercise))
    if is_code(answer)
]


def raising(error):
    def broken(*_args, **_kwargs):
        raise error

    return broken


def put_in(answer, function):
    """Return a function in the place of a function, and in the place of a class one whose objects call it."""
    if not isinstance(answer, type):
        return function
    made = {name: function for name in ("forward", "__call__", "backward") if hasattr(answer, name)}
    return type(answer.__name__, (answer,), made)


@pytest.mark.parametrize(("exercise", "place"), CODE)
def test_odd_returns_are_told_in_four_lines(exercise, place):
    answers = right_answers(exercise)
    for name, value in RETURNED.items():
        mine = put_in(answers[place], lambda *_args, value=value, **_kwargs: value)
        found = judged(exercise().check, *replaced(answers, place, mine))
        assert len(found.text.splitlines()) <= MOST_LINES, (name, found.text)
        assert found.share < 1.0, name


@pytest.mark.parametrize(("exercise", "place"), CODE)
def test_odd_exceptions_are_told_in_four_lines(exercise, place):
    answers = right_answers(exercise)
    for name, error in RAISED.items():
        found = judged(exercise().check, *replaced(answers, place, put_in(answers[place], raising(error))))
        assert len(found.text.splitlines()) <= MOST_LINES, (name, found.text)
        assert all(len(line) < 400 for line in found.text.splitlines()), name
        assert found.share < 1.0, name


@pytest.mark.parametrize(("exercise", "place"), CODE)
def test_a_class_or_function_that_cannot_be_made_or_called_is_told(exercise, place):
    answers = right_answers(exercise)

    class NotMade:
        def __init__(self, *_args, **_kwargs):
            raise ValueError("not made")

    for odd in (NotMade, type, lambda: 1, NotMade.__init__, print):
        found = judged(exercise().check, *replaced(answers, place, odd))
        assert len(found.text.splitlines()) <= MOST_LINES, found.text
        assert found.share < 1.0
