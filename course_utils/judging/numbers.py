"""Judging a set of numbers, or of shapes, together: which wrong way gives exactly these?

One number alone often cannot tell a right method from a wrong one; a set of questions can.
"""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from course_utils.judging import slips
from course_utils.judging.answers import as_shape, is_missing, kind, plain, short
from course_utils.judging.closeness import same_number
from course_utils.judging.findings import MISSING, RIGHT, Finding, Wrong, refuse, wrong
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.near import SL30, SL31, SL33, SL34, SL35, SL37, SL41, Recipe, nearly
from course_utils.judging.practice import Topic, alternatives, telling_question

Label = TypeVar("Label", bound=Hashable)
Number = float | None

FEW = {way.code for way in (SL30, SL31, SL33, SL34, SL35, SL37, SL41)}  # that one number alone may tell
PERHAPS = "Hint, if this is how you came to it"
MANY = 50  # whole numbers below it come about in many ways


class Explanation(NamedTuple):
    """What explains a set of numbers.

    Parameters
    ----------
    ways
        The wrong ways that explain all that is wrong, each by itself; empty where there is none.
    each
        Otherwise, if each wrong number has a wrong way of its own, which.
    """

    ways: list[Misconception]
    each: dict[Any, Misconception]

    def __bool__(self) -> bool:
        """Tell whether anything is explained."""
        return bool(self.ways or self.each)

    def of(self, label: Hashable) -> tuple[Misconception, ...]:
        """Return the wrong ways behind one of the numbers that are wrong."""
        return tuple(self.ways) or ((self.each[label],) if label in self.each else ())


def explain_set(
    given: Mapping[Label, Any],
    right: Mapping[Label, Any],
    ways: Mapping[Misconception, Mapping[Label, Any]],
    same: Callable[[Any, Any], bool] = same_number,
) -> Explanation:
    """Find the wrong ways that explain a set of numbers.

    Parameters
    ----------
    given, right
        Numbers by question; ``given`` holds only questions that were answered.
    ways
        For each wrong way, the number that it gives for each question, or several in a list (None: it does not
        apply).
    same
        When two answers are equal; :func:`operator.eq` for shapes.

    Returns
    -------
    Explanation
        The ways that give *every* answer, right ones included; if there are none, those that give every wrong answer
        (a slip in some of the questions); if there are none, for each wrong answer a way of its own, but only where
        each has one.
    """
    amiss = [label for label in given if not same(given[label], right[label])]

    def gives(way: Misconception, labels: list[Label]) -> bool:
        answers = {label: right[label] if ways[way][label] is None else ways[way][label] for label in labels}
        return all(
            any(same(given[label], one) for one in (answer if isinstance(answer, list) else [answer]))
            for label, answer in answers.items()
        )

    for labels in (list(given), amiss) if amiss else ():
        found = [way for way in ways if gives(way, labels)]
        if found:
            return Explanation(found, {})
    single = {label: next((way for way in ways if gives(way, [label])), None) for label in amiss}
    own = {label: way for label, way in single.items() if way is not None}
    return Explanation([], own if len(own) == len(amiss) else {})


def explain_by_slips(
    given: Mapping[Label, Any],
    right: Mapping[Label, Any],
    ways: Mapping[Misconception, Mapping[Label, Any]],
    same: Callable[[Any, Any], bool] = same_number,
    besides: Mapping[Misconception, Mapping[Label, Any]] | None = None,
) -> Explanation:
    """Find the slip that explains a set of numbers which no wrong way of its own does; parameters as above.

    A number that no slip gives has none; one that a known wrong way gives has that. ``besides`` are slips that need
    the numbers of the questions, as :func:`course_utils.judging.slips.of_a_sum`.
    """
    seen = {**slips.in_numbers(given, right, same), **(besides or {})}
    why = explain_set(given, right, {**ways, **seen}, same)
    if not why:
        why = explain_set(given, right, {**ways, **seen, **slips.on_top_of_numbers(ways)}, same)
    if not why:
        every = {**ways, **seen}
        each = {label: explain_set({label: given[label]}, right, every, same).ways[:1] for label in telling_ones(given)}
        return Explanation([], {label: found[0] for label, found in each.items() if found})
    return why._replace(ways=why.ways[:1])


def telling_ones(given: Mapping[Label, Any]) -> list[Label]:
    """Return the questions whose answers are no small whole numbers: those come about in many ways."""
    return [label for label, answer in given.items() if slips.is_telling(answer)]


def _same_answer(one: Any, other: Any) -> bool:
    return bool(one == other) if isinstance(one, tuple) or isinstance(other, tuple) else same_number(one, other)


def slip_of(given: Any, right: Any, same: Callable[[Any, Any], bool] = _same_answer) -> list[Misconception]:
    """Return the slip that one number, or one shape, comes of, in a list; an empty one if there is none."""
    if given is None or same(given, right):
        return []
    return explain_by_slips({"": given}, {"": right}, {}, same).ways[:1]


def ways_by_question(
    ways: Sequence[Misconception], asked: Mapping[Label, Any]
) -> dict[Misconception, dict[Label, Any]]:
    """Return, for each wrong way with a procedure, what it gives for each question (a named tuple of numbers)."""
    answers = {label: wrong_answers(ways, question) for label, question in asked.items()}
    return {way: {label: answers[label][way] for label in asked} for way in ways if way.procedure}


def telling(ways: Sequence[Misconception], topic: Topic, source: str) -> str:
    """Return the lines for several wrong ways that give the same numbers, with practice that tells them apart.

    "" where there is one way or none.
    """
    if len(ways) < 2:
        return ""
    number = telling_question(topic, ways)
    return alternatives(ways, f"{source}.practice({'' if number is None else number})")


def perhaps(ways: Sequence[Misconception], value: Any) -> str:
    """Return the lines for a wrong way that only one small whole number speaks for; "" where there is more, or none.

    Such a number comes about in many ways, so that the learner is not told which was theirs.
    """
    if len(ways) != 1 or slips.is_slip(ways[0]) or not isinstance(value, int | float) or slips.is_telling(value):
        return ""
    if ways[0].feedback.startswith("One way"):
        return ""
    return ways[0].hint.replace("Hint:", f"{PERHAPS}:", 1)


def read_number(value: Any, what: str) -> Number:
    """Return a number as Python's own; None where there is no answer yet.

    Raises
    ------
    Wrong
        If it is something else.
    """
    number: Number = plain(value)
    if value is not None and value is not Ellipsis and number is None:
        raise refuse(f"{what} should be a number, not {kind(value)}.")
    return number


def read_shape(value: Any, what: str) -> tuple[float, ...]:
    """Return a shape as a tuple of Python's own numbers; one number stands for a row of so many.

    Raises
    ------
    Wrong
        If it is something else: a set, too, which has no order.
    """
    number = plain(value)
    shape = as_shape(value) if number is None else (number,)
    if shape is None:
        raise refuse(f"{what} should be a tuple of numbers, not {kind(value)}.")
    return shape


def _near(value: Any, recipe: Recipe, numbers: tuple[Any, ...]) -> tuple[Misconception, ...]:
    """Return the neighbour of a recipe that gives a number, in a tuple; none for numbers that many ways give."""
    if not isinstance(value, int | float) or not math.isfinite(value) or (value % 1 == 0 and abs(value) < MANY):
        return ()
    found = (way for way, made in nearly(recipe, *numbers) if way.code in FEW and _is_number(made, value))
    return tuple(islice(found, 1))


def _is_number(made: Any, value: float) -> bool:
    try:
        return same_number(value, float(made))
    except (ArithmeticError, TypeError, ValueError, RuntimeError):
        return False


def judge_numbers(
    answers: Mapping[Label, Any],
    right: Mapping[Label, Any],
    ways: Mapping[Misconception, Mapping[Label, Any]] | None = None,
    *,
    what: str,
    read: Callable[[Any, str], Any] = read_number,
    advice: Callable[[Sequence[Misconception]], str] = lambda _ways: "",
    same: Callable[[Any, Any], bool] = same_number,
    show: Callable[[Any], str] = short,
    called: str = "{}",
    near: Mapping[Label, tuple[Recipe, tuple[Any, ...]]] | None = None,
    besides: Mapping[Misconception, Mapping[Label, Any]] | None = None,
) -> dict[str, Finding]:
    """Judge a set of numbers, or of shapes, each a part: what cannot be read is wrong by itself.

    Parameters
    ----------
    answers
        What the student gave, by question; None where there is no answer.
    right
        What is right, by question.
    ways
        For each wrong way, the number that it gives for each question (None: it does not apply).
    what
        The name of the student's variable, for messages.
    read
        Reads an answer, or raises; :func:`read_shape` for shapes.
    advice
        Lines to say in place of a hint where several wrong ways give the same numbers, such as :func:`telling`.
    same
        When two answers are equal; :func:`operator.eq` for shapes.
    show
        How a number is shown.
    called
        What a part is called, with the place of the question in it.
    near
        For a question a recipe of its number and the numbers of the question, whose neighbours are looked at where
        nothing else explains an answer (:mod:`course_utils.judging.near`).
    besides
        As in :func:`explain_by_slips`.
    """
    given: dict[Label, Any] = {}
    found: dict[Label, Finding] = {}
    for label in right:
        found[label] = MISSING if is_missing(answers.get(label)) else RIGHT
        try:
            if found[label] is RIGHT:
                given[label] = read(answers[label], f"{what}[{label!r}]")
        except Wrong as error:
            found[label] = error.finding
    why = explain_set(given, right, ways or {}, same) or explain_by_slips(given, right, ways or {}, same, besides)
    alone = sum(not same(value, right[label]) for label, value in given.items()) == 1
    for label, value in given.items():
        if not same(value, right[label]):
            because = why.of(label) or _near(value, *near[label]) if near and label in near else why.of(label)
            line = f"{called.format(label)}: you gave {show(value)}."
            said = advice(because) or (perhaps(because, value) if alone else "")
            found[label] = wrong(line, because, advice=said)
    return {called.format(label): one for label, one in found.items()}
