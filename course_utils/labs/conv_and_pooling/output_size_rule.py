"""Exercise 5.3: the size rule as a function."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from course_utils.judging.answers import kind, plain, short
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import explain_set, ways_by_question
from course_utils.judging.variants import Dice
from course_utils.labs.conv_and_pooling.headings import SIZE_RULE
from course_utils.labs.conv_and_pooling.windows import (
    SIZE_WAYS,
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

NAME = "conv_output_size"
PUBLIC = (
    Window(7, 3, 1, 0),
    Window(7, 3, 2, 0),
    Window(7, 3, 1, 1),
    Window(7, 3, 3, 0),
    Window(32, 5, 1, 2),
    Window(28, 4, 3, 1),
)
MANY = 500  # hidden windows


class OutputSizeRule(Implementation):
    """Write the size rule: ``conv_output_size(size, kernel_size, stride=1, padding=0, strict=False)``, all in cells."""

    id = "output-size-rule"
    hints = (
        "How many cells can the window's left edge move before its right edge reaches the end?",
        "With stride S, how many whole steps fit into that distance? Which operator divides and rounds down?",
        "What does % tell you about the cells that are left over?",
    )
    misconceptions = (*SIZE_WAYS, TY1)

    def cases(self) -> Sequence[Case]:
        """Return the lectures' windows: as one case, since a wrong way shows in all of them together."""
        return [Case("the lectures' windows", PUBLIC)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return further windows."""
        dice = Dice("hidden", seed)
        return [Case("further windows", [sample_window(dice) for _ in range(MANY)])]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare the sizes, then their type, the defaults and what ``strict`` does."""
        asked = dict(enumerate(case.data))
        given = {index: case.call(answer, NAME, *window) for index, window in asked.items()}
        for index, value in given.items():
            if plain(value) is None:
                line = f"{NAME} should return a whole number; %s it returned {kind(value)}."
                raise case.sentence(line % f"for {asked[index]}", hidden=line % "for a further case")
        _compare_sizes(case, asked, given)
        if any(isinstance(plain(value), float) for value in given.values()):
            raise case.always("Not yet right.", TY1)
        _try_defaults(case, answer)
        _try_strict(case, answer)


def _compare_sizes(case: Case, asked: dict[int, Window], given: dict[int, Any]) -> None:
    right = {index: output_size(*window) for index, window in asked.items()}
    numbers = {index: plain(value) for index, value in given.items()}
    amiss = [index for index in asked if numbers[index] != right[index]]
    if amiss:
        why = explain_set(numbers, right, ways_by_question(SIZE_WAYS, asked))
        first = amiss[0]
        line = f"Not yet right for {asked[first]}: your answer is {short(given[first])}."
        raise case.sentence(line, why.of(first))


def _try_defaults(case: Case, answer: Callable[..., Any]) -> None:
    if plain(case.call(answer, NAME, 9, 4)) != output_size(9, 4):
        line = "Not yet right without stride and padding. Which defaults does the signature give them?"
        raise case.always(line)


def _try_strict(case: Case, answer: Callable[..., Any]) -> None:
    loose = next(window for window in case.data if count_leftover(window))
    exact = next(window for window in case.data if not count_leftover(window))
    message = _raised(case, answer, *loose, True)
    if message is None:
        line = "With strict=True, windows that leave cells over should raise ValueError. Yours returned a number."
        raise case.always(line)
    if str(count_leftover(loose)) not in re.findall("[0-9]+", message):
        line = "The error should say how many cells are left over."
        raise case.sentence(f"{line} Yours says: {message[:60]!r}.", hidden=line)
    for window, line in {
        (*exact, True): "With strict=True, windows that fit exactly should give their number. Yours raised ValueError.",
        (4, 6, 1, 1): "A kernel of 6 fits on 4 cells with padding 1 at both ends. Your function raised ValueError.",
    }.items():
        if _raised(case, answer, *window) is not None:
            raise case.always(line)
    if _raised(case, answer, 4, 7) is None:
        line = "A kernel of 7 does not fit on 4 cells. Your function returned a number: it should raise ValueError."
        raise case.always(line)


def _raised(case: Case, answer: Callable[..., Any], *args: Any) -> str | None:
    """Return the text of the ValueError that a call raises, None if it returns."""
    found = case.ask(value_error_of, answer, *args)
    return found if type(found) is str else None


def value_error_of(function: Callable[..., Any], *args: Any) -> str | None:
    """Probe: return the text of the ValueError that a student's function raises, None if it returns."""
    try:
        function(*args)
    except ValueError as error:
        return str(error)
    return None
