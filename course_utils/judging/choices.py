"""Multiple choice: questions as data, their text in each student's own order, and marking with a word to each option.

What is graded is an option's key, a word or two, never its place: options may stand in another order for every
student. A question with one right option is answered with its key, one with several with a set of keys. In a
`Sorting` every card goes into one box.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from course_utils.judging.answers import as_dict, is_missing, kind, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import MISSING, RIGHT, Finding, Findings, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.options import Option
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice


@dataclass(frozen=True)
class Choice:
    """A question with options.

    Parameters
    ----------
    text
        The question, Markdown.
    options
        Options by key. Keys are lower-case words.
    right
        The key of the one right option, or a set of keys where several may be right.
    """

    text: str
    options: Mapping[str, Option]
    right: str | Collection[str]

    def __post_init__(self) -> None:
        _refuse_unknown(self.wanted, self.options)
        _refuse_untidy(self.options)

    @property
    def wanted(self) -> set[str]:
        """The keys of the right options."""
        return {self.right} if isinstance(self.right, str) else set(self.right)

    @property
    def several(self) -> bool:
        """Whether a set of keys is asked for."""
        return not isinstance(self.right, str)


@dataclass(frozen=True)
class Sorting:
    """Cards to be put into boxes. Each box counts as one part of the answer.

    Parameters
    ----------
    text
        The question, Markdown.
    boxes
        What each box is for, by key.
    cards
        The key of the right box for each card.
    slips
        Known wrong ways by ``(card, box)``.
    """

    text: str
    boxes: Mapping[str, str]
    cards: Mapping[str, str]
    slips: Mapping[tuple[str, str], Misconception] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse_unknown(self.cards.values(), self.boxes)
        _refuse_unknown([box for _, box in self.slips], self.boxes)
        _refuse_unknown([card for card, _ in self.slips], self.cards)
        _refuse_untidy(self.boxes)


def _refuse_unknown(keys: Iterable[str], known: Collection[str]) -> None:
    if strangers := set(keys) - set(known):
        raise ValueError(f"{', '.join(sorted(strangers))} should be among {', '.join(known)}")


def _refuse_untidy(keys: Iterable[str]) -> None:
    for key in keys:
        if key != _tidy(key) or not key:
            raise ValueError(f"a key is written in lower case with single spaces, not {key!r}")


def _tidy(key: str) -> str:
    return " ".join(key.lower().split())


Questions = Mapping[str, Choice | Sorting]


# --- asking


class Sheet(str):
    """Questions as Markdown text, which a notebook shows formatted."""

    def _repr_markdown_(self) -> str:
        return str(self)


def sheet(questions: Questions, student: str = "") -> Sheet:
    """Return the text of some questions, their options in the student's own order.

    Parameters
    ----------
    questions
        By label, which is also the key of the answer.
    student
        Student id; "" keeps the order in which the options were written.
    """
    return Sheet("\n\n".join(_ask(label, question, student) for label, question in questions.items()))


def in_order(keys: Iterable[str], label: str, student: str = "") -> list[str]:
    """Return keys in a student's own order."""
    return Dice("choices", student, label).shuffled(keys) if student else list(keys)


def _ask(label: str, question: Choice | Sorting, student: str) -> str:
    if isinstance(question, Sorting):
        boxes = [f"- `{key!r}`: {text}" for key, text in question.boxes.items()]
        cards = ", ".join(in_order(question.cards, label, student))
        return "\n".join([f"**{label})** {question.text}", "", *boxes, "", f"To be sorted: {cards}."])
    how = " (Choose all that hold.)" if question.several else ""
    options = [f"- `{key!r}`: {question.options[key].text}" for key in in_order(question.options, label, student)]
    return "\n".join([f"**{label})** {question.text}{how}", "", *options])


# --- judging


def judge_choices(answers: Any, questions: Questions, what: str = "choices") -> dict[str, Finding]:
    """Judge a set of answers; each `Choice`, and each box of a `Sorting`, is one part.

    Parameters
    ----------
    answers
        For each label a key, a set of keys, or for a `Sorting` a dict from card to box.
    questions
        By label.
    what
        The name of the student's variable, for messages.

    Raises
    ------
    CheckFailed
        If ``answers`` is no dict.
    """
    answers = as_dict(answers, questions, what)
    found: dict[str, Finding] = {}
    for label, question in questions.items():
        found |= (
            _sort(label, answers[label], question)
            if isinstance(question, Sorting)
            else {label: _choose(label, answers[label], question)}
        )
    return found


def _keys(answer: Any) -> list[str] | None:
    """Return a key, or a collection of keys, as a list; None if it is something else."""
    given = list(answer) if type(answer) in (set, frozenset, list, tuple) else [answer]
    return [_tidy(key) for key in given] if all(type(key) is str for key in given) else None


def _key(answer: Any) -> str | None:
    return _tidy(answer) if type(answer) is str else None


def _choose(label: str, answer: Any, question: Choice) -> Finding:
    if is_missing(answer):
        return MISSING
    given = _keys(answer)
    if given is None or (problem := _unreadable(given, question.options, question.several)):
        options = ", ".join(map(repr, question.options))
        return wrong(
            f"{label}: give the key of an option ({options}), not {kind(answer)}."
            if given is None
            else f"{label}: {problem}"
        )
    if set(given) == question.wanted:
        return RIGHT
    chosen = [key for key in question.options if key in set(given) - question.wanted]
    left_out = [key for key in question.options if key in question.wanted - set(given)]
    options_told = [question.options[key] for key in chosen or left_out]
    option = next((option for option in options_told if option.way or option.feedback), options_told[0])
    note = f"{label}: you chose {', '.join(map(repr, given))}."
    if not chosen:
        note += " All of this holds; is it all that holds?"
    return wrong(note, option.way, advice=option.advice)


def _unreadable(given: list[str], keys: Collection[str], several: bool) -> str:
    """Say what keeps an answer from being read, "" if nothing does."""
    options = ", ".join(map(repr, keys))
    if strangers := [key for key in given if key not in keys]:
        return f"there is no option {short(strangers[0])}. The options are {options}."
    if len(set(given)) > 1 and not several:
        return "give one key: one option only is right."
    return ""


def _sort(label: str, answer: Any, question: Sorting) -> dict[str, Finding]:
    cards = dict.fromkeys(question.cards) if is_missing(answer) else answer
    if type(cards) is not dict:
        found = wrong(f"{label}: give a dict from card to box, not {kind(answer)}.")
        return {f"{label} ({box})": found for box in question.boxes}
    given = {card: None if is_missing(cards.get(card)) else cards.get(card) for card in question.cards}
    return {f"{label} ({box})": _look_into(box, label, given, question) for box in question.boxes}


def _look_into(box: str, label: str, given: dict[str, Any], question: Sorting) -> Finding:
    belongs = [card for card, right in question.cards.items() if right == box]
    read = {card: _key(answer) for card, answer in given.items()}
    if all(given[card] is None for card in belongs) and box not in read.values():
        return MISSING
    for card, put in read.items():
        misplaced = (card in belongs) != (put == box)
        if misplaced and given[card] is not None and put not in question.boxes:
            boxes = ", ".join(map(repr, question.boxes))
            return wrong(f"{label}: {short(given[card])} is no box. The boxes are {boxes}.")
        if misplaced and put is not None:
            return wrong(f"{label}: you put {card!r} under {put!r}.", question.slips.get((card, put)))
    missing = [card for card in belongs if given[card] is None]
    return wrong(f"{label}: {missing[0]!r} has no box yet.") if missing else RIGHT


# --- practising


def concepts(name: str, questions: Mapping[str, Choice]) -> Topic:
    """Return a topic of practice that asks one of some questions with one right option each, in any order of options.

    Parameters
    ----------
    name
        Of the topic.
    questions
        By label. Others than those that are graded.
    """

    def sample(dice: Dice) -> tuple[str, ...]:
        label = dice.choose(list(questions))
        return label, *dice.shuffled(questions[label].options)

    def options(drawn: tuple[str, ...]) -> dict[str, Option]:
        return {key: questions[drawn[0]].options[key] for key in drawn[1:]}

    def steps(drawn: tuple[str, ...]) -> list[str]:
        right = questions[drawn[0]].right
        doubts = [f"{key!r}? {option.feedback}" for key, option in options(drawn).items() if key != right]
        return [*doubts, f"What remains is {right!r}: {options(drawn)[str(right)].text}"]

    return Topic(
        name,
        sample,
        lambda drawn: questions[drawn[0]].text,
        lambda drawn: questions[drawn[0]].right,
        lambda _drawn: {},
        steps,
        options,
    )


class ChoiceExercise(Exercise):
    """An exercise of multiple choice: it says which questions there are."""

    questions: ClassVar[Questions]
    """By label, which is also the key of the answer."""

    answers_are_called: ClassVar[str] = "choices"
    """The name of the student's variable, for messages."""

    def text(self) -> str:
        """Return the questions, their options in the student's own order."""
        return sheet(self.questions, self.student)

    def judge(self, answers: Any) -> Findings:
        """Judge a dict of keys by label."""
        return judge_choices(answers, self.questions, self.answers_are_called)
