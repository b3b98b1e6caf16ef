"""Fresh questions without end, with the same diagnosis as the graded ones.

``lab.two_words.practice()`` shows a question; ``.answer(5)`` says whether 5 is right, and if not, which wrong way
gives exactly 5. A number chooses the question, so that two people can talk about the same one.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils import journal
from course_utils.judging.answers import as_array, is_missing, kind, plain, short
from course_utils.judging.closeness import as_float64, close, same_number
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.mistakes import Mistake
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.judging.variants import Dice

LAST_NUMBER = 9999  # question numbers run from 1 to this
MOST_WRONG = 3  # wrong answers in a row, then the way is shown

_wrong_in_a_row: dict[str, int] = {}  # by topic, in this notebook


@dataclass(frozen=True)
class Topic:
    """One kind of question: how it is drawn, worded and answered, and what its wrong ways give.

    Parameters
    ----------
    name
        Kebab-case; the seed of its questions, never renamed.
    sample
        Draws the numbers of a question.
    text
        Words a question.
    right
        The right answer, a number or an array.
    ways
        What each wrong way gives for a question; where a wrong way may give several, a list of them.
    steps
        The way to the right answer, a line a step: shown when three answers in a row were wrong.
    """

    name: str
    sample: Callable[[Dice], Any]
    text: Callable[[Any], str]
    right: Callable[[Any], Any]
    ways: Callable[[Any], Mapping[Misconception, Any]]
    steps: Callable[[Any], Sequence[str]] | None = None

    def draw(self, number: int) -> Any:
        """Return the numbers of a question."""
        return self.sample(Dice("practice", self.name, number))


class Question:
    """One practice question. Shows its text; :meth:`answer` says right, or which wrong way it was."""

    def __init__(self, topic: Topic, number: int, source: str, lab: str = "") -> None:
        self.topic, self.number, self.source, self.lab = topic, number, source, lab
        self.numbers = topic.draw(number)

    def __repr__(self) -> str:
        return f"{self.topic.text(self.numbers)}\n(question {self.number}; answer with .answer(...))"

    def answer(self, answer: Any) -> bool:
        """Print whether an answer is right and, if a known wrong way gives exactly it, which; return True if right."""
        right = self.topic.right(self.numbers)
        ways = self.topic.ways(self.numbers)
        if hasattr(right, "shape") and np.ndim(right):
            given = _read_array(answer)
            is_right = close(given, as_float64(right))
            found = [way for way, result in ways.items() if any(close(given, as_float64(one)) for one in _all(result))]
        else:
            number = plain(answer)
            if is_missing(answer) or number is None:
                raise Mistake(f"answer with a number, not {kind(answer)}")
            is_right = same_number(number, right)
            found = [way for way, result in ways.items() if any(same_number(number, one) for one in _all(result))]
        journal.note_practice(self.lab, self.topic.name, self.number, is_right)
        if is_right:
            print("Correct.")
            _wrong_in_a_row.pop(self.topic.name, None)
        else:
            print(f"Not yet: you gave {'an array' if hasattr(answer, '__len__') else short(answer)}.")
            print(self._explain(found))
            self._show_the_way_if_stuck()
        return is_right

    def _show_the_way_if_stuck(self) -> None:
        _wrong_in_a_row[self.topic.name] = _wrong_in_a_row.get(self.topic.name, 0) + 1
        if _wrong_in_a_row[self.topic.name] >= MOST_WRONG and self.topic.steps:
            steps = [f"  {number}. {step}" for number, step in enumerate(self.topic.steps(self.numbers), 1)]
            print("\n".join(["Step by step:", *steps, f"Now a fresh one: {self.source}.practice()"]))
            del _wrong_in_a_row[self.topic.name]

    def _explain(self, ways: list[Misconception]) -> str:
        if len(ways) > 1:
            return alternatives(ways, f"{self.source}.practice()")
        return ways[0].hint if ways else "No known wrong way gives this. Draw it on paper?"


def _read_array(answer: Any) -> np.ndarray:
    try:
        return as_array(answer, "the answer")
    except CheckFailed as error:
        raise Mistake(error.message) from None


def _all(result: Any) -> list[Any]:
    return result if isinstance(result, list) else [result]


def fresh_question(topics: Sequence[Topic], number: int | None, topic: str, source: str, lab: str = "") -> Question:
    """Draw a practice question.

    Parameters
    ----------
    topics
        What an exercise has to practise.
    number
        Which question, from 1. A random one if None.
    topic
        Name of the topic; "" for the first.
    source
        How the lesson calls the exercise, for sentences.
    lab
        The lab to which progress in it is counted.

    Raises
    ------
    Mistake
        If there is no such topic or no such question.
    """
    named = {one.name: one for one in topics}
    if not named:
        raise Mistake(f"there is nothing to practise in {source}")
    if topic and topic not in list(named):
        raise Mistake(f"{source} has practice in {', '.join(named)}; not in {short(topic)}")
    if number is not None and (type(number) is not int or number < 1):
        raise Mistake(f"number chooses a question, from 1 up; not {short(number)}")
    chosen = random.SystemRandom().randint(1, LAST_NUMBER) if number is None else number
    return Question(named[topic] if topic else topics[0], chosen, source, lab)


def alternatives(ways: Sequence[Misconception], practice: str) -> str:
    """Return the lines for several wrong ways that give the same answers, and what tells them apart."""
    names = "; or ".join(way.name for way in ways)
    return f"Exactly these answers come from more than one wrong way: {names}.\nTo find out which was yours: {practice}"


def telling_question(topic: Topic, ways: Sequence[Misconception]) -> int | None:
    """Return the number of a practice question on which each of some wrong ways gives something else; None if none."""
    for number in range(1, 500):
        question = topic.draw(number)
        given = [way.procedure(**question._asdict()) if way.procedure else None for way in ways]
        if len(set(given)) == len(given) and None not in given:
            return number
    return None
