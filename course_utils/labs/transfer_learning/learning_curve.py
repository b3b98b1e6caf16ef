"""Exercise 7.5: a table of accuracies, and what is read off it.

The table is judged by what must show in any run of the experiment, the readings by the learner's own table.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
paste the printed table                                the part "table": what any run shows
scratch reaches: smallest n, or "none"                 its part, by the learner's own table
random beats pixels: at how many n                     its part, by the learner's own table
gain at 5: points of frozen above scratch              its part; whole points, or to within 0.11
=====================================================  ==========================================================
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from course_utils.judging.answers import as_dict, is_missing, kind, plain, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted
from course_utils.labs.transfer_learning.headings import CURVE

TE1 = Misconception(
    "TE1",
    "per cent where fractions are asked",
    "An accuracy in your table is above 1. Are these fractions or per cent?",
    CURVE,
)
TE2 = Misconception(
    "TE2",
    "rows exchanged",
    "Two rows of your table stand under each other's name. Which way of learning sees pretrained features?",
    CURVE,
)
TE3 = Misconception(
    "TE3",
    "the first n at which scratch is better than before, not than frozen with few",
    "At this n your table has scratch below what frozen reaches with 5 pictures a class. Which two numbers are to "
    "be compared?",
    CURVE,
)
TE4 = Misconception(
    "TE4",
    "a later n than necessary",
    "A smaller n does it, too, in your own table. Where does scratch first reach frozen's number at 5?",
    CURVE,
)
TE5 = Misconception(
    "TE5",
    "difference taken the wrong way round",
    "This is the difference with the other sign. From what is what to be subtracted?",
    CURVE,
)
TE6 = Misconception(
    "TE6",
    "a fraction where points are asked",
    "This is the gain as a fraction. How many points (hundredths) is it?",
    CURVE,
)
TE7 = Misconception(
    "TE7",
    "counted the other way round, or ties counted",
    "This counts where pixels are above random, or ties with them. At how many n is random's number the larger one?",
    CURVE,
)
TE8 = Misconception(
    "TE8",
    "another way's gain, or at another n",
    "This is the gain of frozen over another way, or at another n. Which two numbers of your table are asked for?",
    CURVE,
)
TE9 = Misconception(
    "TE9",
    "gain relative to the smaller number",
    "This is by how many per cent of scratch's number frozen is larger. Is a gain in points a ratio, or a difference?",
    CURVE,
)

WAYS = ("pixels", "random", "frozen", "fine-tuned", "scratch")
NUMBERS = (5, 10, 25, 100)  # pictures a class
FEW, MANY = NUMBERS[0], NUMBERS[-1]
CHANCE = 1 / 2
PARTS = ("table", "scratch reaches", "random beats pixels", "gain at 5")
NONE = "none"

Row = Mapping[int, float]


class LearningCurve(Exercise):
    """Paste a table of accuracies, ``{way: {n: accuracy from 0 to 1}}``, and read three things off it."""

    id = "learning-curve"
    hints = (
        "Look along the row of scratch, from left to right. With which one number of another row do you compare?",
        "A gain of 3 points is an accuracy that is higher by 0.03. Which two numbers at n = 5?",
    )
    worked = """
    A smaller table, of another run:

    | way | n = 4 | n = 8 | n = 16 |
    |---|---|---|---|
    | frozen | 0.61 | 0.70 | 0.78 |
    | scratch | 0.50 | 0.55 | 0.66 |
    | random | 0.53 | 0.51 | 0.57 |
    | pixels | 0.49 | 0.51 | 0.50 |

    1. *Scratch reaches* frozen with 4 pictures a class: carry 0.61 along the row of scratch. 0.50 and 0.55 are below,
       0.66 is not: n = 16.
    2. *Random beats pixels*: 0.53 > 0.49 yes, 0.51 > 0.51 no (a tie is no win), 0.57 > 0.50 yes: at 2 of the n.
    3. *Gain at 4*: 0.61 − 0.50 = 0.11, which is 11 points.
    """
    misconceptions = (TE1, TE2, TE3, TE4, TE5, TE6, TE7, TE8, TE9)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"table": …, "scratch reaches": n or "none", "random beats pixels": n, "gain at 5": points}``."""
        given = as_dict(answers, PARTS, "results")
        readings = {"scratch reaches": _reaches, "random beats pixels": _beats, "gain at 5": _gain}
        looks: dict[str, Callable[[], None]] = {"table": partial(_look_at_table, given["table"])}
        looks |= {part: partial(_read, part, given[part], given["table"], readings[part]) for part in readings}
        return look_at(looks)


# --- the table


def _row(table: Any, way: str) -> Row:
    """Return one row of a learner's table.

    Raises
    ------
    NotAttempted, CheckFailed
        If there is no table, or no such row.
    """
    if is_missing(table):
        raise NotAttempted("paste the printed table under results['table']")
    row = as_dict(as_dict(table, WAYS, "results['table']")[way], NUMBERS, f"results['table'][{way!r}]")
    numbers = {number: plain(value) for number, value in row.items()}
    for number, value in numbers.items():
        if value is None:
            raise CheckFailed(f"results['table'][{way!r}] has no number for n = {number}. Paste the whole table.")
    return numbers


def _look_at_table(table: Any) -> None:
    """Raise where a table is not what any run of this experiment gives."""
    rows = {way: _row(table, way) for way in WAYS}
    every = [value for row in rows.values() for value in row.values()]
    if not all(0 <= value <= 1 for value in every):
        per_cent = all(0 <= value <= 100 for value in every)
        raise refuse("table: an accuracy lies between 0 and 1.", TE1 if per_cent else None)
    frozen, tuned, scratch = rows["frozen"], rows["fine-tuned"], rows["scratch"]
    for way in ("pixels", "random", "scratch"):
        if rows[way][FEW] > frozen[FEW]:
            raise refuse(f"table: at n = {FEW} {way} is above frozen.", TE2)
    if frozen[FEW] < CHANCE + 0.08 or frozen[MANY] < CHANCE + 0.25:
        line = "table: the frozen row is too low. Which network and which layer did its features come from?"
        raise refuse(line)
    if max(rows["pixels"].values()) > CHANCE + 0.2 or abs(scratch[FEW] - CHANCE) > 0.15:
        line = "table: pixels and scratch cannot tell the classes apart so well. Were the test pictures new ones?"
        raise refuse(line)
    if scratch[MANY] < scratch[FEW] + 0.03 or max(abs(tuned[n] - frozen[n]) for n in NUMBERS) > 0.2:
        line = "table: scratch should rise from n = 5 to 100, and fine-tuned stay near frozen. Paste it once more."
        raise refuse(line)


# --- what is read off it


def _read(part: str, answer: Any, table: Any, look: Callable[[Any, Any], Sequence[Misconception] | None]) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in results[{part!r}]")
    if is_missing(table):
        raise CheckFailed("Paste the printed table under results['table'] first: the answers are read off it.")
    because = look(answer, table)
    if because is not None:
        given = short(answer) if type(answer) is str or plain(answer) is not None else kind(answer)
        raise refuse(f"{part}: you gave {given}.", because)


def _reaches(answer: Any, table: Any) -> Sequence[Misconception] | None:
    """Return None if an answer is right, else the wrong way that gives it, if one is known."""
    goal, scratch = _row(table, "frozen")[FEW], _row(table, "scratch")
    right = next((number for number in NUMBERS if scratch[number] >= goal), NONE)
    given = answer.strip().lower() if type(answer) is str else plain(answer)
    if given == right:
        return None
    if given in NUMBERS and scratch[given] < goal:
        return [TE3]
    return [TE4] if right != NONE and given in (NONE, *NUMBERS) else []


def _beats(answer: Any, table: Any) -> Sequence[Misconception] | None:
    """Return None if an answer is right, else the wrong way that gives it, if one is known."""
    given, random, pixels = plain(answer), _row(table, "random"), _row(table, "pixels")
    if given == sum(random[n] > pixels[n] for n in NUMBERS):
        return None
    others = (sum(random[n] < pixels[n] for n in NUMBERS), sum(random[n] >= pixels[n] for n in NUMBERS))
    return [TE7] if given in others else []


def _gain(answer: Any, table: Any) -> Sequence[Misconception] | None:
    """Return None if an answer is right, else the wrong way that gives it, if one is known."""
    given = plain(answer)
    if given is None:
        return []
    frozen, scratch = _row(table, "frozen"), _row(table, "scratch")
    right = 100 * (frozen[FEW] - scratch[FEW])
    if abs(given - right) <= 0.11 or given == round(right):
        return None
    if abs(given + right) <= 0.5:
        return [TE5]
    if abs(100 * abs(given) - right) <= 0.5:
        return [TE6]
    if scratch[FEW] > 0 and abs(given - right / scratch[FEW]) <= 0.5:
        return [TE9]
    others = [100 * (frozen[n] - scratch[n]) for n in NUMBERS[1:]] + _other_gains(table)
    return [TE8] if any(abs(given - other) <= 0.11 or given == round(other) for other in others) else []


def _other_gains(table: Any) -> list[float]:
    """Return the gains between other ways than frozen and scratch, in points; none where a row cannot be read."""
    try:
        rows = {way: _row(table, way)[FEW] for way in ("pixels", "random", "fine-tuned", "frozen", "scratch")}
        gains = [rows["frozen"] - rows[way] for way in ("pixels", "random", "fine-tuned")]
        return [100 * one for one in (*gains, *(rows[way] - rows["scratch"] for way in ("fine-tuned", "random")))]
    except (CheckFailed, NotAttempted):
        return []
