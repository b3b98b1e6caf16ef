"""Each student's own numbers: drawn by a stable hash, so that they are the same today, tomorrow and at grading.

A question is drawn again and again until it is a good one (rejection sampling): no known wrong way may lead to the
right answer. The salt is public: variants are repeatable, not secret.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

COURSE = "neural-network-labs"
STUDENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
MOST_TRIES = 20_000

Question = TypeVar("Question")
Item = TypeVar("Item")


class Dice:
    """Random choices that are the same on every machine and in every version of Python."""

    def __init__(self, *parts: object) -> None:
        text = "\x1f".join(str(part) for part in (COURSE, *parts))
        # random() is the one method whose sequence Python promises never to change
        self._random = random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))

    def between(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def choose(self, options: Sequence[Item]) -> Item:
        """Return one element of a sequence."""
        return options[self.between(0, len(options) - 1)]

    def shuffled(self, items: Iterable[Item]) -> list[Item]:
        """Return the items as a list in random order."""
        rest = list(items)
        out: list[Item] = []
        while rest:
            out.append(rest.pop(self.between(0, len(rest) - 1)))
        return out


def student_id(text: str) -> str:
    """Return a student id as it was given, after a look at its form; "" stands for the lecture's own numbers.

    Raises
    ------
    ValueError
        If the id has characters that no folder name should have.
    """
    if not isinstance(text, str) or (text and not STUDENT_ID.fullmatch(text)):
        raise ValueError(
            f"a student id is up to 64 letters, digits and . _ @ -, starting with a letter or digit; not {text!r}"
        )
    return text


def read_student_id(value: object) -> tuple[str, str]:
    """Return the id that a notebook's ``student_id`` stands for, whatever it is, and what is to be said of it.

    Returns
    -------
    tuple
        The id, without spaces around it, a whole number as text; "" for the lesson's own numbers. And a sentence, ""
        if the value is an id or empty.
    """
    text = str(value) if type(value) is int and 0 <= value < 10**64 else value
    text = text.strip() if isinstance(text, str) else text
    if isinstance(text, str) and (not text or STUDENT_ID.fullmatch(text)):
        return text, ""
    shown = (
        repr(value)[:40]
        if type(value) in (str, int, float, bool, type(None))
        else f"of the type {type(value).__name__}"
    )
    return "", (
        f"student_id is {shown}. Write your id between quotes: up to 64 letters (a to z), digits and . _ @ -, "
        "beginning with a letter or digit."
    )


def in_term(student: str, term: str) -> str:
    """Return what a student's numbers are drawn from in a term: the id itself where no term is named.

    Raises
    ------
    ValueError
        If the term's name has characters that no folder name should have.
    """
    if not isinstance(term, str) or (term and not STUDENT_ID.fullmatch(term)):
        raise ValueError(f"a term is called by letters, digits and . _ @ -, such as 2027-spring; not {term!r}")
    if not student or not term:
        return student
    return hashlib.sha256(f"{term}\x1f{student}".encode()).hexdigest()


def draw(dice: Dice, sample: Callable[[Dice], Question], accept: Callable[[Question], bool]) -> Question:
    """Draw questions until ``accept`` likes one.

    Raises
    ------
    RuntimeError
        If 20,000 draws bring no acceptable question: the rule is too strict.
    """
    for _ in range(MOST_TRIES):
        question = sample(dice)
        if accept(question):
            return question
    raise RuntimeError(f"no acceptable question in {MOST_TRIES} draws from {sample.__name__}")
