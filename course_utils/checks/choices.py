"""Multiple choice: questions as data, their text in each student's own order, and marking with a word to each option.

What is graded is an option's key, a word or two, never its place: options may stand in another order for every
student. A question with one right option is answered with its key, one with several with a set of keys. In a
`Sorting` every card goes into one box.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from course_utils.checks.diagnosis import feedback
from course_utils.checks.sets import mark
from course_utils.judging.answers import as_dict, is_missing, kind, short
from course_utils.judging.protocol.verdicts import Credit
from course_utils.judging.variants import Dice


class Option(NamedTuple):
    """One option. `code` and `feedback` answer who chose it wrongly, or, in a set, who left it out wrongly.

    Without a `feedback` of its own the option answers with the text that is registered for its code.
    """

    text: str
    code: str = ""
    feedback: str = ""


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
        Codes of known wrong ways by ``(card, box)``.
    """

    text: str
    boxes: Mapping[str, str]
    cards: Mapping[str, str]
    slips: Mapping[tuple[str, str], str] = field(default_factory=dict)

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


# --- marking


class _Finding(NamedTuple):
    """How one part stands: None where there is no answer; what to say, and the code, where it is wrong."""

    right: bool | None
    note: str = ""
    hint: str = ""
    code: str = ""


def mark_choices(answers: dict, questions: Questions, points: float, what: str = "choices") -> Credit:
    """Mark a set of answers; each `Choice`, and each box of a `Sorting`, is one part and worth the same.

    To be called in a lab's check, which is decorated with ``@quiet()`` and so speaks in the words of its lab.

    Parameters
    ----------
    answers
        For each label a key, a set of keys, or for a `Sorting` a dict from card to box.
    questions
        By label.
    points
        What all parts together are worth.
    what
        The name of the student's variable, for messages.

    Raises
    ------
    NotAttempted
        If there is no answer at all.
    CheckFailed
        If ``answers`` is no dict.
    """
    answers = as_dict(answers, questions, what)
    found: dict[str, _Finding] = {}
    for label, question in questions.items():
        found |= (_sort if isinstance(question, Sorting) else _choose)(label, answers[label], question)
    wrong = [part for part in found.values() if part.right is False]
    codes = tuple(dict.fromkeys(part.code for part in wrong if part.code))
    told = next((part for part in wrong if part.hint), wrong[0] if wrong else _Finding(None))
    return mark({label: part.right for label, part in found.items()}, points, codes, told.note, told.hint)


def _keys(answer) -> list[str] | None:
    """Return a key, or a collection of keys, as a list; None if it is something else."""
    given = list(answer) if type(answer) in (set, frozenset, list, tuple) else [answer]
    return [_tidy(key) for key in given] if all(type(key) is str for key in given) else None


def _choose(label: str, answer, question: Choice) -> dict[str, _Finding]:
    if is_missing(answer):
        return {label: _Finding(None)}
    given = _keys(answer)
    if problem := _unreadable(answer, given, question.options, question.several):
        return {label: _Finding(False, f"{label}: {problem}")}
    if set(given) == question.wanted:
        return {label: _Finding(True)}
    chosen = [key for key in question.options if key in set(given) - question.wanted]
    left_out = [key for key in question.options if key in question.wanted - set(given)]
    options = [question.options[key] for key in chosen or left_out]
    option = next((option for option in options if option.code or option.feedback), options[0])
    note = f"{label}: you chose {', '.join(map(repr, given))}."
    if not chosen:
        note += " All of this holds; is it all that holds?"
    return {label: _Finding(False, note, _hint(option), option.code)}


def _unreadable(answer, given: list[str] | None, keys: Collection[str], several: bool) -> str:
    """Say what keeps an answer from being read, "" if nothing does."""
    options = ", ".join(map(repr, keys))
    if given is None:
        return f"give the key of an option ({options}), not {kind(answer)}."
    if strangers := [key for key in given if key not in keys]:
        return f"there is no option {short(strangers[0])}. The options are {options}."
    if len(set(given)) > 1 and not several:
        return "give one key: one option only is right."
    return ""


def _hint(option: Option) -> str:
    registered = feedback(option.code) if option.code else ""
    if not option.feedback:
        return registered
    return "\n".join([f"Hint: {option.feedback}", *registered.split("\n")[1:]])


def _sort(label: str, answer, question: Sorting) -> dict[str, _Finding]:
    cards = dict.fromkeys(question.cards) if is_missing(answer) else answer
    if type(cards) is not dict:
        found = _Finding(False, f"{label}: give a dict from card to box, not {kind(answer)}.")
        return {f"{label} ({box})": found for box in question.boxes}
    given = {card: None if is_missing(cards.get(card)) else cards.get(card) for card in question.cards}
    return {f"{label} ({box})": _look_into(box, label, given, question) for box in question.boxes}


def _look_into(box: str, label: str, given: dict, question: Sorting) -> _Finding:
    belongs = [card for card, right in question.cards.items() if right == box]
    read = {card: (_keys(answer) or [None])[0] if type(answer) is str else None for card, answer in given.items()}
    if all(given[card] is None for card in belongs) and box not in read.values():
        return _Finding(None)
    for card in given:
        wrong = (card in belongs) != (read[card] == box)
        if wrong and given[card] is not None and read[card] not in question.boxes:
            boxes = ", ".join(map(repr, question.boxes))
            return _Finding(False, f"{label}: {short(given[card])} is no box. The boxes are {boxes}.")
        if wrong and given[card] is not None:
            code = question.slips.get((card, read[card]), "")
            return _Finding(False, f"{label}: you put {card!r} under {read[card]!r}.", _hint(Option("", code)), code)
    missing = [card for card in belongs if given[card] is None]
    return _Finding(False, f"{label}: {missing[0]!r} has no box yet.") if missing else _Finding(True)
