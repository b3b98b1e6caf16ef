"""Answers of two students that are unusually alike: a question for a person, with both texts, never a verdict.

What is compared is what an answer says: its tokens without comments, spaces and the names that somebody chose, by
rapidfuzz. Alike is not enough, for a right answer to a short exercise has few forms: two answers are *unusually* alike
if they are much closer to each other than either is to the class. Right numbers say nothing either: who has the same
question has the same ones.
"""

import ast
import io
import keyword
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from course_utils.term.sheets import ESSAY, Answered, Sheet

CLASS = 8  # answers, from which on there is a class to compare with
SHORTEST = {ESSAY: 25, "check": 30}  # tokens: a shorter answer may be the same by chance
CLOSE = 0.85  # of two answers, where 1 is the same
CLOSER = 0.25  # than either is to the middle of the class
MOST_PAIRS = 20
NOT_SAID = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER, tokenize.NEWLINE}
FIRST = 0xF0000  # characters of private use: one stands for one token


@dataclass
class Both:
    """One exercise of a pair.

    Parameters
    ----------
    exercise
        Its grade_id.
    close
        How close the two answers are, from 0 to 1.
    usual
        How close the nearer of the two is to the middle of the class.
    texts
        Both answers.
    """

    exercise: str
    close: float
    usual: float
    texts: tuple[str, str]


@dataclass
class Pair:
    """Two students, by their ids, and the exercises in which their answers are unusually alike."""

    students: tuple[str, str]
    exercises: list[Both] = field(default_factory=list)

    @property
    def weight(self) -> float:
        """By how much they are closer than usual, all exercises together."""
        return sum(one.close - one.usual for one in self.exercises)


def pairs_of(sheets: Sequence[Sheet]) -> list[Pair]:
    """Return the pairs of a class whose answers are unusually alike, the most unusual first."""
    found: dict[tuple[str, str], Pair] = {}
    for name in dict.fromkeys(name for sheet in sheets for name in sheet.exercises):
        mine = {sheet.student: sheet.exercises[name] for sheet in sheets if name in sheet.exercises}
        for students, both in _in_exercise(name, mine):
            found.setdefault(students, Pair(students)).exercises.append(both)
    ordered = sorted(found.values(), key=lambda pair: (-len(pair.exercises), -pair.weight, pair.students))
    return ordered[:MOST_PAIRS]


def _in_exercise(name: str, answers: Mapping[str, Answered]) -> list[tuple[tuple[str, str], Both]]:
    said = {who: words(one) for who, one in answers.items() if one.verdict not in ("not attempted", "blank")}
    long = {who: found for who, found in said.items() if len(found) >= SHORTEST[answers[who].kind]}
    if len(long) < CLASS:
        return []
    students, signs = sorted(long), dict[str, str]()
    texts = ["".join(signs.setdefault(word, chr(FIRST + len(signs))) for word in long[who]) for who in students]
    close = cdist(texts, texts, scorer=Indel.normalized_similarity, dtype=np.float32)
    np.fill_diagonal(close, np.nan)
    usual = np.nanmedian(close, axis=1)
    found = []
    for row, column in np.argwhere(np.triu(np.nan_to_num(close), 1) >= CLOSE):
        share, expected = float(close[row, column]), float(max(usual[row], usual[column]))
        both = students[row], students[column]
        if share - expected >= CLOSER and not all(is_right_data(answers[who]) for who in both):
            texts_of_both = answers[both[0]].answer, answers[both[1]].answer
            found.append((both, Both(name, round(share, 3), round(expected, 3), texts_of_both)))
    return found


def is_right_data(one: Answered) -> bool:
    """Tell whether an answer is right and holds nothing but numbers and texts: the question leaves no choice."""
    if one.kind == ESSAY or one.verdict != "right":
        return False
    try:
        nodes = list(ast.walk(ast.parse(one.answer)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not any(isinstance(node, (ast.Call, ast.Lambda, ast.FunctionDef, ast.ClassDef)) for node in nodes)


def words(one: Answered) -> list[str]:
    """Return what an answer says: words of an essay, tokens of a program in which chosen names are numbered."""
    return one.answer.casefold().split() if one.kind == ESSAY else tokens(one.answer)


def tokens(source: str) -> list[str]:
    """Return a program's tokens; a name that it binds is called by the order in which it came."""
    try:
        found = [
            token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type not in NOT_SAID
        ]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return source.split()
    said, names = list[str](), dict[str, str]()
    for place, token in enumerate(found):
        after_dot = place > 0 and found[place - 1].string == "."
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string) and not after_dot:
            said.append(names.setdefault(token.string, f"name {len(names)}"))
        elif token.type in (tokenize.INDENT, tokenize.DEDENT):
            said.append(tokenize.tok_name[token.type])
        elif not _is_docstring(found, place):
            said.append(token.string)
    return said


def _is_docstring(found: Sequence[tokenize.TokenInfo], place: int) -> bool:
    """Tell whether a token is a text that stands alone: the lesson's own docstring, in the most cases."""
    alone = place == 0 or found[place - 1].string == ":" or found[place - 1].type == tokenize.INDENT
    return found[place].type == tokenize.STRING and alone
