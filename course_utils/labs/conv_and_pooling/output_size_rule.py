"""Exercise 5.3: the size rule as a function.

===============================================  ==========================================================
what the prompt says                             where it is tried
===============================================  ==========================================================
returns how many windows fit on one axis         PUBLIC: every setting alone, then together
as an int                                        the type of every answer
stride=1, padding=0 by default                   DEFAULTS
longer than the padded axis: ValueError          TOO_LONG: by one cell and by more; FITS: just as long
strict: ValueError when cells are left over      PUBLIC and STRICT, of which some leave cells over only with, some
                                                 only without their padding
the message says how many                        the same
a strict call whose windows fit                  the same: it returns their number
===============================================  ==========================================================
"""

import re
import traceback
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from course_utils.judging.answers import kind, plain, short
from course_utils.judging.cases import Case
from course_utils.judging.closeness import same_number
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong, refuse
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.near import neighbours
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted
from course_utils.judging.variants import Dice
from course_utils.labs.conv_and_pooling import recipes
from course_utils.labs.conv_and_pooling.headings import SIZE_RULE
from course_utils.labs.conv_and_pooling.windows import (
    SELDOM,
    SIZE_WAYS,
    SZ2,
    SZ6,
    SZ14,
    Window,
    count_leftover,
    output_size,
    sample_window,
)

TY1 = Misconception(
    "TY1",
    "a float where a whole number is due",
    "The number is right, its type is not: range() and shapes take int only. Which division gives int?",
    SIZE_RULE,
)

SZ21 = Misconception(
    "SZ21",
    "a kernel that just fits refused",
    "A kernel as long as the padded axis has one place. Which length do you compare it with, and with which sign?",
    SIZE_RULE,
)
SZ22 = Misconception(
    "SZ22",
    "a kernel that does not fit not refused",
    "A kernel longer than the padded axis fits nowhere. Where does your function look at that?",
    SIZE_RULE,
)
SZ23 = Misconception(
    "SZ23",
    "strict without effect, or always in effect",
    "Cells left over are an error with strict=True alone, and then always. Where does your function look at strict?",
    SIZE_RULE,
)
SZ24 = Misconception(
    "SZ24",
    "another number than that of the cells left over",
    "The error names no number, or another than that of the cells behind the last window. What does % leave, and of "
    "what?",
    SIZE_RULE,
)
SZ25 = Misconception(
    "SZ25",
    "raises another error than ValueError",
    "A `raise` is there, and another error behind it. Which one does the text ask for?",
    SIZE_RULE,
)

NAME = "conv_output_size"
PUBLIC = (
    Window(7, 3, 1, 0),
    Window(7, 3, 2, 0),
    Window(7, 3, 1, 1),
    Window(7, 3, 3, 0),
    Window(32, 5, 1, 2),
    Window(28, 4, 3, 1),
    Window(9, 4, 3, 0),
    Window(11, 3, 2, 1),
)
STRICT = (Window(7, 3, 3, 1), Window(10, 4, 4, 1), Window(12, 5, 4, 2))
DEFAULTS = (9, 4)
FITS = ((4, 6, 1, 1), (5, 5))
TOO_LONG = ((4, 7), (4, 7, 1, 1), (2, 9, 2, 3))
MANY = 120  # hidden windows
MANY_STRICT = 40
WORDS = ("zero", "one", "two", "three", "four", "five", "six")  # as some write the leftover


class OutputSizeRule(Implementation):
    """Write the size rule: ``conv_output_size(size, kernel_size, stride=1, padding=0, strict=False)``, all in cells."""

    id = "output-size-rule"
    hints = (
        "How many cells can the window's left edge move before its right edge reaches the end?",
        "With stride S, how many whole steps fit into that distance? Which operator divides and rounds down?",
        "What does % tell you about the cells that are left over?",
    )
    worked = """
    Another rule of the same kind: `places(length, step)`, how many fence posts stand on a path of `length` metres, one
    at its beginning and then one every `step` metres, and an error if a piece is left over.

    1. Count steps first: on 10 metres, steps of 3 fit 3 times. `10 // 3` divides and rounds down.
    2. Posts are one more than steps: 4.
    3. What is left is `10 % 3`, 1 metre.

    ```python
    def places(length, step, strict=False):
        if length < 0:
            raise ValueError("there is no path")
        if strict and length % step:
            raise ValueError(f"{length % step} metres are left over")
        return length // step + 1
    ```

    What is the "path" of a window's left edge, on a row with padding at both ends?
    """
    names_explain_all = True
    misconceptions = (*SIZE_WAYS, *SELDOM, SZ14, SZ21, SZ22, SZ23, SZ24, SZ25, TY1)

    def cases(self) -> Sequence[Case]:
        """Return the lectures' windows and three more: as one case, since a wrong way shows in all of them together."""
        return [Case("the lectures' windows and three more", PUBLIC)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return further windows."""
        dice = Dice("hidden", seed)
        return [Case("further windows", [sample_window(dice) for _ in range(MANY)])]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare the sizes, then their type, the defaults and what ``strict`` does."""
        asked = dict(enumerate(case.data))
        given = _sizes(case, answer, asked)
        for index, value in given.items():
            if plain(value) is None:
                line = f"{NAME} should return a whole number; %s it returned {kind(value)}."
                raise case.sentence(line % f"for {asked[index]}", hidden=line % "for a further case")
        _compare_sizes(case, asked, given)
        if any(isinstance(plain(value), float) for value in given.values()):
            raise case.always("Not yet right.", TY1)
        _try_defaults(case, answer)
        _try_strict(case, answer)


def _sizes(case: Case, answer: Callable[..., Any], asked: dict[int, Window]) -> dict[int, Any]:
    """Return what a student's function says of windows, all asked at once; one by one where one of them fails."""
    found = _found(case, answer, list(asked.values()))
    if all(raised == "" and given is not None for raised, given in found):
        return {index: given for index, (_, given) in zip(asked, found, strict=True)}
    return {index: _sized(case, answer, window) for index, window in asked.items()}


def _sized(case: Case, answer: Callable[..., Any], window: Window) -> Any:
    """Return what a student's function says of a window; say so where it refuses, unasked, those that leave cells."""
    try:
        return case.call(answer, NAME, *window)
    except CheckFailed as error:
        some = case.data[:MANY_STRICT]
        left_over = [bool(count_leftover(window)) for window in some]
        if [outcome.raised for outcome in _outcomes(case, answer, some)] == left_over:
            raise refuse(error.message, SZ23) from None
        raise


def _compare_sizes(case: Case, asked: dict[int, Window], given: dict[int, Any]) -> None:
    numbers = {index: plain(value) for index, value in given.items()}
    amiss = [index for index, window in asked.items() if numbers[index] != output_size(*window)]
    if amiss:
        first = amiss[0]
        line = f"Not yet right for {asked[first]}: your answer is {short(given[first])}."
        ways = [way for way in (*SIZE_WAYS, *SELDOM, SZ14) if len(amiss) > 1 and _is_way(way, asked, numbers)]
        raise case.sentence(line, ways[:1] or _near_ways(asked, numbers))


def _near_ways(asked: dict[int, Window], given: dict[int, float | None]) -> list[Misconception]:
    """Return the neighbour of the rule that gives all the sizes, in a list; none where there is one question."""
    fits = (
        way
        for way, rule in neighbours(recipes.output_size)
        if len(asked) > 1 and all(_same_size(rule, window, given[index]) for index, window in asked.items())
    )
    return list(islice(fits, 1))


def _same_size(rule: Callable[..., Any], window: Window, given: float | None) -> bool:
    try:
        return given == float(rule(*window))
    except Exception:
        return False


def _is_way(way: Misconception, asked: dict[int, Window], given: dict[int, float | None]) -> bool:
    """Tell whether a wrong way gives all the sizes, those that are right included."""
    wrong = {index: wrong_answers([way], window)[way] for index, window in asked.items()}
    return all(
        same_number(given[index], output_size(*window) if wrong[index] is None else wrong[index])
        for index, window in asked.items()
    )


def _try_defaults(case: Case, answer: Callable[..., Any]) -> None:
    if plain(case.call(answer, NAME, *DEFAULTS)) != output_size(*DEFAULTS):
        line = "Not yet right without stride and padding. Which defaults does the signature give them?"
        raise case.always(line)


def _try_strict(case: Case, answer: Callable[..., Any]) -> None:
    windows = (*case.data[:MANY_STRICT], *STRICT)
    found = _outcomes(case, answer, [(*window, True) for window in windows])
    outcomes = dict(zip(windows, found, strict=True))
    ways = [way for way, rest in LEFTOVER_WAYS.items() if all(_says(outcomes[w], rest(*w)) for w in windows)]
    for window, outcome in outcomes.items():
        if not _says(outcome, count_leftover(window)):
            raise _strict_fault(case, window, outcome, ways)
        if not outcome.raised and plain(outcome.given) != output_size(*window):
            line = "With strict=True, windows that fit exactly should give their number%s."
            raise case.sentence(line % f". Yours for {window}: {short(outcome.given)}", hidden=line % "")
    _try_long_kernels(case, answer)


def _try_long_kernels(case: Case, answer: Callable[..., Any]) -> None:
    """Try kernels that are just as long as the padded axis, and longer ones."""
    drawn = case.data[:MANY_STRICT]
    fits = (*FITS, *(window._replace(kernel_size=window.size + 2 * window.padding) for window in drawn))
    too_long = (*TOO_LONG, *(window._replace(kernel_size=window.size + 2 * window.padding + 1) for window in drawn))
    for window, outcome in zip(fits, _outcomes(case, answer, fits), strict=True):
        if outcome.raised:
            line = "Your function raised ValueError."
            hidden = f"A kernel as long as the padded axis fits on it. {line}"
            raise case.sentence(f"A kernel of {window[1]} fits on {_room(window)}. {line}", SZ21, hidden=hidden)
    for window, outcome in zip(too_long, _outcomes(case, answer, too_long), strict=True):
        if not outcome.raised:
            line = "Your function returned a number: it should raise ValueError."
            hidden = f"A kernel longer than the padded axis does not fit on it. {line}"
            raise case.sentence(f"A kernel of {window[1]} does not fit on {_room(window)}. {line}", SZ22, hidden=hidden)


class Outcome(NamedTuple):
    """What became of a call: whether it raised ValueError, and the error's text or what was returned."""

    raised: bool
    given: Any


LEFTOVER_WAYS: dict[Misconception, Callable[[int, int, int, int], int]] = {
    SZ6: lambda size, kernel_size, stride, padding: (size - kernel_size) % stride,
    SZ2: lambda size, kernel_size, stride, padding: (size + padding - kernel_size) % stride,
}


def _says(outcome: Outcome, leftover: int) -> bool:
    """Tell whether a strict call says that so many cells are left over: none by returning a number."""
    return outcome.raised and leftover in _numbers_in(str(outcome.given)) if leftover else not outcome.raised


def _strict_fault(case: Case, window: Window, outcome: Outcome, ways: list[Misconception]) -> Wrong:
    if not outcome.raised:
        line = "With strict=True, windows that leave cells over should raise ValueError. Yours returned a number%s."
        return case.sentence(line % f" for {window}", ways or SZ23, hidden=line % "")
    if not count_leftover(window):
        line = "With strict=True, windows that fit exactly should give their number. Yours raised ValueError%s."
        return case.sentence(line % f" for {window}", ways, hidden=line % "")
    line = "The error should say how many cells are left over."
    return case.sentence(f"{line} Yours says: {str(outcome.given)[:60]!r}.", ways or SZ24, hidden=line)


def _numbers_in(message: str) -> set[int]:
    spelled = {number for number, word in enumerate(WORDS) if word in re.findall("[a-z]+", message.lower())}
    return {int(digits) for digits in re.findall("[0-9]+", message) if len(digits) < 9} | spelled


def _room(window: tuple[int, ...]) -> str:
    return f"{window[0]} cells" + (f" with padding {window[3]} at both ends" if len(window) > 3 else "")


def _outcomes(case: Case, answer: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Outcome]:
    """Return what becomes of calls with these arguments, all asked at once."""
    return [_outcome(case, found) for found in _found(case, answer, calls)]


def _found(case: Case, answer: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[tuple[str, Any]]:
    """Return what the probe finds out about each call; what comes from elsewhere may be of any form."""
    found = case.ask(value_errors_of, answer, list(calls))
    found = found if type(found) is list and len(found) == len(calls) else [None] * len(calls)
    return [tuple(one) if type(one) in (list, tuple) and len(one) == 2 else ("", None) for one in found]


def _outcome(case: Case, found: tuple[str, Any]) -> Outcome:
    raised, given = found
    if raised == "AssertionError":
        line = "Your function ends in an assert, which raises AssertionError. How is a ValueError raised?"
        raise case.always(line)
    if raised not in ("", "ValueError"):
        raise case.always(f"Your function raises {raised}.", SZ25)
    return Outcome(raised == "ValueError", given)


def value_errors_of(function: Callable[..., Any], calls: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Probe: return what :func:`value_error_of` says of each of some calls."""
    return [value_error_of(function, *args) for args in calls]


def value_error_of(function: Callable[..., Any], *args: Any) -> list[Any]:
    """Probe: return the name of the error that a student's function raises and its text, or "" and what it returns."""
    try:
        return ["", function(*args)]
    except (NotImplementedError, NotAttempted, CheckFailed):
        raise
    except ValueError as error:
        return ["ValueError", str(error)]
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1].line or ""
        if isinstance(error, AssertionError) or line.strip().startswith("raise "):
            return [type(error).__name__, str(error)]
        raise  # a slip, which is told with its line
