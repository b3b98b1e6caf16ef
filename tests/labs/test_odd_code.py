"""Whatever a learner's function returns or raises, a check answers in a sentence, and nobody earns anything by it."""

import pytest
import torch
from harness import ODD, called, every_exercise, is_code, judged, replaced, right_answers
from mutation import has_code
from thorough import some

MOST_LINES, LONGEST = 4, 400  # characters of a line
SECONDS, AT_LEAST = 0.1, 2

pytestmark = pytest.mark.slow


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

CODE = [exercise for exercise in every_exercise() if has_code(exercise)]

code_by_code = pytest.mark.parametrize("exercise", CODE, ids=called)


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


def places_of(exercise):
    """Yield the answers of an exercise, and each place in them where there is code."""
    answers = right_answers(exercise)
    return [(answers, place) for place, answer in enumerate(answers) if is_code(answer)]


def must_be_told(exercise, answers, name, earns=0.999):
    found = judged(exercise().check, *answers)
    assert len(found.text.splitlines()) <= MOST_LINES, (name, found.text)
    assert all(len(line) < LONGEST for line in found.text.splitlines()), name
    assert found.share <= earns, name


def room(answer):
    """Return what may be earned: operators of a class may make objects of the class that was written, not of ours."""
    return 1.0 if isinstance(answer, type) and not issubclass(answer, torch.nn.Module) else 0.999


@code_by_code
def test_odd_returns_are_told_in_four_lines(exercise):
    for answers, place in places_of(exercise):
        for name, value in some(list(RETURNED.items()), seconds=SECONDS, at_least=AT_LEAST):
            mine = put_in(answers[place], lambda *_args, value=value, **_kwargs: value)
            must_be_told(exercise, replaced(answers, place, mine), name, room(answers[place]))


@code_by_code
def test_odd_exceptions_are_told_in_four_lines(exercise):
    for answers, place in places_of(exercise):
        for name, error in some(list(RAISED.items()), seconds=SECONDS, at_least=AT_LEAST):
            mine = put_in(answers[place], raising(error))
            must_be_told(exercise, replaced(answers, place, mine), name, room(answers[place]))


@code_by_code
def test_a_class_or_function_that_cannot_be_made_or_called_is_told(exercise):
    class NotMade:
        def __init__(self, *_args, **_kwargs):
            raise ValueError("not made")

    for answers, place in places_of(exercise):
        for odd in (NotMade, type, lambda: 1, NotMade.__init__, len):
            must_be_told(exercise, replaced(answers, place, odd), repr(odd))
