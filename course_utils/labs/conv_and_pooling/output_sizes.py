"""Exercise 5.2: five output sizes, chosen so that together they tell all known wrong ways apart."""

from collections.abc import Mapping
from typing import Any

from course_utils.judging.answers import as_dict, is_missing, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import MISSING, RIGHT, Finding, look, wrong
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.numbers import (
    Explanation,
    explain_by_slips,
    explain_set,
    perhaps,
    read_number,
    telling,
    ways_by_question,
)
from course_utils.judging.variants import Dice, draw
from course_utils.labs.conv_and_pooling.headings import BY_HAND, SIZE_RULE
from course_utils.labs.conv_and_pooling.windows import (
    OUTPUT_SIZE,
    SELDOM,
    SIZE_WAYS,
    Window,
    count_leftover,
    count_windows,
    output_size,
    sample_window,
)

SZ11 = Misconception(
    "SZ11",
    "units: one row only",
    "This is one row of the feature map. How many rows are there?",
    BY_HAND,
)
SZ12 = Misconception(
    "SZ12",
    "units: sides added, not multiplied",
    "This adds the two sides of the feature map. How many units has a map of 6 rows by 8 columns?",
    BY_HAND,
)
SZ13 = Misconception(
    "SZ13",
    "leftover: not the cells beyond the last window",
    "The leftover is a number of cells. Mark the last window in the row: how many cells lie beyond it?",
    SIZE_RULE,
)
SZ19 = Misconception(
    "SZ19",
    "units: cells of the kernel counted, too",
    "Here the cells of the kernel are counted as well. How many numbers does one place of the window give?",
    SIZE_RULE,
)
SZ20 = Misconception(
    "SZ20",
    "units: another product of sides",
    "This counts the edge of the map, a cube, or a side of the picture. Which two sides has a feature map?",
    SIZE_RULE,
)
SZ18 = Misconception(
    "SZ18",
    "units: the pixels of the picture",
    "This is the number of pixels of the picture. How many places does the window have in it?",
    BY_HAND,
)

LECTURE_WINDOWS = {
    "a": Window(7, 3, 1, 0),
    "b": Window(7, 3, 2, 0),
    "c": Window(7, 3, 1, 1),
    "d": Window(7, 3, 3, 0),
    "e": Window(32, 5, 1, 2),
}


class OutputSizes(Exercise):
    """How large is the output? Five sizes, each with its number of units; only "d" leaves cells over."""

    id = "output-sizes"
    hints = (
        "Draw the row as cells. On which cells can the left edge of the window stand?",
        "If the window starts on cells 0, 2, 4, how many windows are that, and how many steps between them?",
        "Padding makes the row longer before the window starts to slide. By how many cells in all?",
    )
    worked = """
    A square picture of 15×15, kernel 4, stride 3, padding 1.

    1. Padding at both ends: each row is 1 + 15 + 1 = 17 cells long.
    2. The window's left edge can stand on cells 0, 3, 6, 9 and 12: on cell 12 the window covers 12, 13, 14, 15, and on
       15 it would need a cell 18. So `size` is 5.
    3. As many rows as columns: `units` is 5 · 5 = 25.
    4. The last window ends on cell 15, the row on cell 16: `leftover` is 1.
    """
    misconceptions = (*SIZE_WAYS, *SELDOM, SZ11, SZ12, SZ13, SZ18, SZ19, SZ20)
    topics = (OUTPUT_SIZE,)

    def draw(self) -> dict[str, Window]:
        """Return five windows that tell all known wrong ways apart."""
        return draw(self.dice(), _sample_windows, tells_apart) if self.student else LECTURE_WINDOWS

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"a": {"size": …, "units": …}, …}``; where cells are left over, also ``"leftover"``."""
        given = as_dict(answers, self.question, "sizes")
        rows = {label: _Row(label, given[label], window) for label, window in self.question.items()}
        sizes = {label: row.numbers["size"] for label, row in rows.items() if row.numbers.get("size") is not None}
        right = {label: output_size(*window) for label, window in self.question.items()}
        ways = ways_by_question((*SIZE_WAYS, *SELDOM), self.question)
        why = explain_set(sizes, right, ways) or explain_by_slips(sizes, right, ways)
        advice = telling(why.ways, OUTPUT_SIZE, f"lab.{self.name()}")
        amiss = [label for label, size in sizes.items() if size != right[label]]
        if len(amiss) == 1:
            advice = advice or perhaps(why.of(amiss[0]), sizes[amiss[0]])
        return {label: row.finding(why, advice) for label, row in rows.items()}


class _Row:
    """One of the five answers."""

    def __init__(self, label: str, given: Any, window: Window) -> None:
        self.label, self.given, self.window = label, given, window
        self.keys = ("size", "units", "leftover") if count_leftover(window) else ("size", "units")
        self.numbers: dict[str, float | None] = {}
        self.unreadable = look(self._read)

    def _read(self) -> None:
        what = f"sizes[{self.label!r}]"
        row = {} if is_missing(self.given) else as_dict(self.given, self.keys, what)
        self.numbers = {key: read_number(row.get(key), f"{what}[{key!r}]") for key in self.keys}

    def finding(self, why: Explanation, advice: str) -> Finding:
        """Return how it stands; ``why`` explains the five sizes together."""
        if self.unreadable is not RIGHT:
            return self.unreadable
        size = output_size(*self.window)
        right = {"size": size, "units": size**2, "leftover": count_leftover(self.window)}
        amiss = [key for key in self.keys if self.numbers[key] not in (None, right[key])]
        if not amiss:
            return MISSING if None in self.numbers.values() else RIGHT
        line = f"{self.label}: you gave {short(self.given)}."
        if "size" in amiss:
            return wrong(line, why.of(self.label), advice=advice)
        return wrong(line, self._other_way(amiss))

    def _other_way(self, amiss: list[str]) -> Misconception | None:
        size, units = self.numbers["size"], self.numbers["units"]
        if "units" in amiss and size is not None:
            kernel = self.window.kernel_size
            ways = {
                **{size * size * kernel * kernel: SZ19, size * kernel: SZ19, size * kernel * kernel: SZ19},
                **{4 * size: SZ20, size**3: SZ20, size * self.window.size: SZ20},
                **{size: SZ11, 2 * size: SZ12, self.window.size**2: SZ18},
            }
            return ways.get(units)
        return SZ13 if "leftover" in amiss else None


# --- drawing


def _sample_windows(dice: Dice) -> dict[str, Window]:
    odd = dice.choose((3, 5, 7))
    stride = dice.between(2, 3)
    return {
        "a": Window(dice.between(6, 20), dice.between(2, 5), 1, 0),
        "b": _sample_fitting(dice, stride),
        "c": Window(dice.between(6, 20), dice.between(3, 5), 1, dice.between(1, 2)),
        "d": draw(dice, sample_window, lambda q: count_leftover(q) > 0),
        "e": Window(dice.between(24, 64), odd, 1, odd // 2),
    }


def _sample_fitting(dice: Dice, stride: int) -> Window:
    kernel_size = dice.between(2, 5)
    return Window(kernel_size + stride * dice.between(2, 6), kernel_size, stride, 0)


def tells_apart(questions: Mapping[str, Window]) -> bool:
    """Tell whether no known wrong way gives the right sizes throughout, and no two give the same throughout."""
    right = [count_windows(question) for question in questions.values()]
    given = [wrong_answers(SIZE_WAYS, question) for question in questions.values()]
    answers = [  # a procedure that does not apply (None) answers rightly
        tuple(size if one[way] is None else one[way] for one, size in zip(given, right, strict=True))
        for way in SIZE_WAYS
    ]
    return tuple(right) not in answers and len(set(answers)) == len(answers) and min(right) >= 2
