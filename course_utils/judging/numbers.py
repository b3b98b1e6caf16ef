"""Judging a set of numbers together: which wrong way gives exactly these?

One number alone often cannot tell a right method from a wrong one; a set of questions can.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from course_utils.judging.answers import kind, plain, short
from course_utils.judging.closeness import same_number
from course_utils.judging.findings import MISSING, RIGHT, Finding, refuse, wrong
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.practice import Topic, alternatives, telling_question

Label = TypeVar("Label", bound=Hashable)
Number = float | None


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


def judge_numbers(
    answers: Mapping[Label, Any],
    right: Mapping[Label, Any],
    ways: Mapping[Misconception, Mapping[Label, Any]] | None = None,
    *,
    what: str,
    advice: Callable[[Sequence[Misconception]], str] = lambda _ways: "",
    same: Callable[[Any, Any], bool] = same_number,
    show: Callable[[Any], str] = short,
) -> dict[str, Finding]:
    """Judge a set of numbers, each a part: what cannot be read is wrong by itself.

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
    advice
        Lines to say in place of a hint where several wrong ways give the same numbers, such as :func:`telling`.
    same
        When a number counts as right.
    show
        How a number is shown.
    """
    given: dict[Label, Number] = {}
    found: dict[str, Finding] = {}
    for label in right:
        value = answers.get(label)
        number = plain(value)
        if value is None or value is Ellipsis:
            found[str(label)] = MISSING
        elif number is None:
            found[str(label)] = wrong(f"{what}[{label!r}] should be a number, not {kind(value)}.")
        else:
            given[label] = number
            found[str(label)] = RIGHT
    why = explain_set(given, right, ways or {})
    for label, number in given.items():
        if not same(number, right[label]):
            because = why.of(label)
            found[str(label)] = wrong(f"{label}: you gave {show(number)}.", because, advice=advice(because))
    return found
