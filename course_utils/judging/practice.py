"""Fresh questions without end, with the same diagnosis as the graded ones.

``lab.two_words.practice()`` shows a question, as a panel where a person is at the screen; ``.answer(5)`` says whether 5
is right, and if not, which wrong way gives exactly 5. A number chooses the question, so that two people can talk about
the same one.
"""

import importlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

import numpy as np

from course_utils import journal, runtime
from course_utils.judging.answer import Answer, Verdict
from course_utils.judging.answers import as_array, is_missing, kind, plain, short
from course_utils.judging.closeness import as_float64, close, same_number
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.options import Option
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.judging.typed import read_fields, read_typed
from course_utils.judging.variants import Dice
from course_utils.mistakes import Mistake, NoSuchName, called_as
from course_utils.showing import show

LAST_NUMBER = 9999  # question numbers run from 1 to this
NOT_YET = "Not yet: "
LONGEST_SHAPE = 6  # numbers; longer ones are not repeated in a sentence
MOST_WRONG = 3  # wrong answers in a row, then the way is shown

PANEL = "course_utils.widgets.practice"  # stands above this module: looked up where a person is at the screen

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
    options
        Of a question that is answered with a key: its options by key. There are no other wrong ways then.
    """

    name: str
    sample: Callable[[Dice], Any]
    text: Callable[[Any], str]
    right: Callable[[Any], Any]
    ways: Callable[[Any], Mapping[Misconception, Any]]
    steps: Callable[[Any], Sequence[str]] | None = None
    options: Callable[[Any], Mapping[str, Option]] | None = None

    @property
    def title(self) -> str:
        """What people read."""
        return self.name.replace("-", " ")

    def draw(self, number: int) -> Any:
        """Return the numbers of a question."""
        return self.sample(Dice("practice", self.name, number))


@dataclass(frozen=True)
class Reply:
    """What is said of an answer.

    Parameters
    ----------
    right
        Whether it is right.
    lines
        What is said.
    steps
        The way to the right answer, where it is shown.
    """

    right: bool
    lines: Sequence[str]
    steps: Sequence[str] = field(default=())


class Answered(int):
    """Whether an answer was right, as a truth value. What there is to say has been said: a notebook shows no more."""

    def _ipython_display_(self) -> None:
        """Show nothing."""


class Source(NamedTuple):
    """A topic, how the lesson calls its exercise, and the lab to which progress in it is counted."""

    topic: Topic
    exercise: str
    lab: str = ""


class Deck:
    """What a row of questions is drawn from, and how it goes.

    Parameters
    ----------
    sources
        The topics, each with its exercise.
    mixed
        Whether the next question may be of another topic than the last.
    again
        How to ask for a fresh question, for sentences; "" for that of the exercise.
    """

    def __init__(self, sources: Sequence[Source], *, mixed: bool = False, again: str = "") -> None:
        self.sources, self.mixed, self.again = {one.topic.name: one for one in sources}, mixed, again
        self.right = self.wrong = self.streak = 0

    def draw(self, topic: str = "", number: int | None = None) -> "Question":
        """Return a question: of a topic, or where "" of the first, or of any if mixed; a random one if None."""
        dice = random.SystemRandom()
        names = list(self.sources)
        name = topic or (dice.choice(names) if self.mixed else names[0])
        return Question(self.sources[name], dice.randint(1, LAST_NUMBER) if number is None else number, self)

    def count(self, right: bool) -> None:
        """Count an answer."""
        self.right, self.wrong = self.right + right, self.wrong + (not right)
        self.streak = self.streak + 1 if right else 0

    @property
    def tally(self) -> str:
        """How it goes, in words; "" before the first answer."""
        if not self.right + self.wrong:
            return ""
        row = f", {self.streak} in a row" if self.streak > 1 else ""
        return f"{self.right} of {self.right + self.wrong} right{row}"


class Question:
    """One practice question. Shows itself as a panel, or as text; :meth:`answer` says right, or which wrong way."""

    def __init__(self, source: Source, number: int, deck: Deck) -> None:
        self.source, self.number, self.deck = source, number, deck
        self.topic = source.topic
        self.numbers = self.topic.draw(number)
        self.is_done = False  # answered rightly: what follows does not count

    @property
    def text(self) -> str:
        """The question alone, without its options."""
        return self.topic.text(self.numbers)

    @property
    def options(self) -> dict[str, Option]:
        """The options of a question that is answered with a key; empty where it is answered with numbers."""
        return dict(self.topic.options(self.numbers)) if self.topic.options else {}

    @property
    def dimensions(self) -> int:
        """How many axes the answer has: 0 for a number, 1 for a shape, 2 for rows of numbers."""
        return 0 if self.options else int(np.ndim(self.topic.right(self.numbers)))

    def __repr__(self) -> str:
        options = "".join(f"\n  {key!r}: {option.text}" for key, option in self.options.items())
        return f"{self.text}{options}\n(question {self.number}; answer with .answer(...))"

    def _ipython_display_(self) -> None:
        if runtime.has_front_end() and runtime.in_notebook():
            importlib.import_module(PANEL).open_panel(self)
        else:
            show(repr(self), f"<pre>{escape(repr(self))}</pre>")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no {name}")
        raise NoSuchName(f"a question of practice is answered with .answer(...); it has no {name}")

    @property
    def meant(self) -> str:
        """How a question is answered, in a sentence."""
        return "a question of practice is answered with .answer(...)"

    def __call__(self, *_arguments: Any, **_named: Any) -> None:
        """Say how a question is answered."""
        raise Mistake("a question of practice is no function; answer it with .answer(...)")

    # --- the answer

    @called_as("question.answer(5), or with a tuple, rows of numbers, or the key of an option")
    def answer(self, answer: Any) -> Answered:
        """Say whether an answer is right and, if a known wrong way gives exactly it, which; return whether it is right.

        Raises
        ------
        Mistake
            If the answer is none, such as a word where a number is asked for.
        """
        reply = self.reply(answer)
        steps = [f"  {number}. {step}" for number, step in enumerate(reply.steps, 1)]
        again = [f"Now a fresh one: {self.deck.again or f'{self.source.exercise}.practice()'}"]
        text = [*reply.lines, *(["Step by step:", *steps, *again] if steps else [])]
        show("\n".join(text), _as_html(reply, again[0]))
        return Answered(reply.right)

    def reply_to_typed(self, text: str) -> Reply:
        """Return what to say of what was typed into a field, or of the key that was chosen.

        Raises
        ------
        Mistake
            As :meth:`answer` does.
        """
        return self.reply(text if self.options else read_typed(text))

    def reply_to_fields(self, rows: Sequence[Sequence[str]]) -> Reply:
        """Return what to say of what was typed into a grid of fields, row by row.

        Raises
        ------
        Unreadable
            If a field is empty between others, or does not hold a number.
        """
        return self.reply(read_fields(rows, self.dimensions))

    def reply(self, answer: Any) -> Reply:
        """Return what to say of an answer, and count it."""
        is_right, wrong_way = self._judge(answer)
        if not self.is_done:
            journal.note_practice(self.source.lab, self.topic.name, self.number, is_right)
            self.deck.count(is_right)
        if is_right:
            self.is_done = True
            _wrong_in_a_row.pop(self.topic.name, None)
            return Reply(True, ["Correct."])
        return Reply(
            False, [f"{NOT_YET}you gave {self._in_words(answer)}.", *wrong_way.split("\n")], self._way_if_stuck()
        )

    def _in_words(self, answer: Any) -> str:
        if self.dimensions == 1 and isinstance(answer, list | tuple) and len(answer) <= LONGEST_SHAPE:
            return short(tuple(answer))
        return "an array" if hasattr(answer, "__len__") and not isinstance(answer, str) else short(answer)

    def _judge(self, answer: Any) -> tuple[bool, str]:
        """Return whether an answer is right, and what to say if not."""
        right = self.topic.right(self.numbers)
        if self.options:
            return self._judge_key(answer, right)
        ways = self.topic.ways(self.numbers)
        if self.dimensions:
            given = _read_array(answer)
            found = [way for way, result in ways.items() if any(close(given, as_float64(one)) for one in _all(result))]
            return close(given, as_float64(right)), self._explain(found)
        number = plain(answer)
        if is_missing(answer) or number is None:
            raise Mistake(f"answer with a number, not {kind(answer)}")
        found = [way for way, result in ways.items() if any(same_number(number, one) for one in _all(result))]
        return same_number(number, right), self._explain(found)

    def _judge_key(self, answer: Any, right: str) -> tuple[bool, str]:
        key = answer.strip().lower() if isinstance(answer, str) else answer
        if not isinstance(key, str) or key not in self.options:
            raise Mistake(f"answer with the key of an option: {', '.join(map(repr, self.options))}")
        option = self.options[key]
        return key == right, option.advice or (option.way.hint if option.way else "Read all options once more?")

    def _way_if_stuck(self) -> Sequence[str]:
        _wrong_in_a_row[self.topic.name] = _wrong_in_a_row.get(self.topic.name, 0) + 1
        if _wrong_in_a_row[self.topic.name] < MOST_WRONG or not self.topic.steps:
            return ()
        del _wrong_in_a_row[self.topic.name]
        return self.topic.steps(self.numbers)

    def _explain(self, ways: list[Misconception]) -> str:
        if len(ways) > 1:
            return alternatives(ways, f"{self.source.exercise}.practice()")
        return ways[0].hint if ways else "No known wrong way gives this. Draw it on paper?"


def _as_html(reply: Reply, again: str) -> str:
    said = Answer(Verdict.RIGHT) if reply.right else Answer(Verdict.WRONG, _without_verdict(reply.lines))
    steps = "".join(f"<li>{escape(step)}</li>" for step in reply.steps)
    way = f"<p>Step by step:</p><ol>{steps}</ol><p>{escape(again)}</p>" if steps else ""
    return said.html + way


def _without_verdict(lines: Sequence[str]) -> tuple[str, ...]:
    first = lines[0].removeprefix(NOT_YET)
    return first[:1].upper() + first[1:], *lines[1:]


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
    names = [one.name for one in topics]
    if not names:
        raise Mistake(f"there is nothing to practise in {source}; practice.review() asks of all labs so far")
    if topic and topic not in names:
        raise Mistake(f"{source} has practice in {', '.join(names)}; not in {short(topic)}")
    if number is not None and (type(number) is not int or number < 1):
        raise Mistake(f"number chooses a question, from 1 up; not {short(number)}")
    return Deck([Source(one, source, lab) for one in topics]).draw(topic, number)


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
