"""What a learner expected, written down before the run, and shown beside what came out.

    my_guess = predictions.keep({"fgsm": None, "random signs": None})  # replace None, then run
    ...
    predictions.beside(my_guess, {"fgsm": 0.19, "random signs": 0.95})

Nothing of this is marked: a guess costs nothing, and one that is far off teaches most.
"""

import sys
from collections.abc import Mapping
from html import escape
from numbers import Real
from typing import Any, NamedTuple

from course_utils import showing
from course_utils.mistakes import Mistake, Spoken, called_as

SPOKEN = "predictions.keep({...}) and predictions.beside(...)"
sys.modules[__name__].__class__ = Spoken

EXAMPLE = 'predictions.keep({"its name": 0.5})'
BLANK = "no guess"


class Guess(NamedTuple):
    """A guess and what came of it.

    Parameters
    ----------
    name
        What was guessed.
    said
        The learner's number; None where there is none, or something that is no number.
    came
        The result.
    """

    name: str
    said: float | None
    came: float

    @property
    def off(self) -> float | None:
        """How far the guess is above the result; None without a guess."""
        return None if self.said is None else self.said - self.came


def number(value: Any) -> float | None:
    """Return a number as Python's own, from NumPy and PyTorch as well; None for anything else.

    Examples
    --------
    >>> number(0.5), number("half"), number(True), number(None)
    (0.5, None, None, None)
    """
    if isinstance(value, bool | str | bytes):
        return None
    try:
        found = float(value if isinstance(value, Real) else value.item())
    except (AttributeError, TypeError, ValueError, RuntimeError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None


@called_as(EXAMPLE)
def keep(guesses: Mapping[str, Any]) -> dict[str, Any]:
    """Say which guesses are written down, and return a copy of them.

    Parameters
    ----------
    guesses
        What is guessed → a number; None as long as there is none.

    Raises
    ------
    Mistake
        If they have no names.
    """
    if not isinstance(guesses, Mapping):
        raise Mistake(f"a guess is kept by its name: {EXAMPLE}")
    kept = dict(guesses)
    open_ones = [name for name, value in kept.items() if number(value) is None]
    if not open_ones:
        line = "Written down. Now run what follows, and compare."
    elif len(open_ones) == len(kept):
        line = "Nothing is written down yet: put a number in the place of each None, then run this cell again."
    else:
        line = f"Still open: {', '.join(open_ones)}."
    showing.show(line, f"<div>{escape(line)}</div>")
    return kept


def compared(guesses: Mapping[str, Any], results: Mapping[str, Any]) -> list[Guess]:
    """Return each result with the guess of its name.

    Raises
    ------
    ValueError
        If a result is no number: that is the lesson's fault, not the learner's.
    """
    rows = []
    for name, value in results.items():
        came = number(value)
        if came is None:
            raise ValueError(f"results[{name!r}] must be a number, not {value!r}")
        rows.append(Guess(name, number(guesses.get(name)) if isinstance(guesses, Mapping) else None, came))
    return rows


def _signed(number: float, digits: int) -> str:
    return f"{round(number, digits) + 0.0:+.{digits}f}"  # no minus before a zero


def beside(guesses: Mapping[str, Any], results: Mapping[str, Any], *, digits: int = 2) -> None:
    """Show guesses beside results, and which of them was furthest off.

    Parameters
    ----------
    guesses
        What :func:`keep` returned; a guess that is missing, or no number, counts as none.
    results
        What was guessed → what came out.
    digits
        Decimals that are shown.

    Raises
    ------
    ValueError
        If a result is no number.
    """
    rows = compared(guesses, results)
    cells = [("", "you said", "it is", "off by")]
    for row in rows:
        said, off = ("–", "–") if row.off is None else (f"{row.said:.{digits}f}", _signed(row.off, digits))
        cells.append((row.name, said, f"{row.came:.{digits}f}", off))
    line = _sentence(rows, digits)
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    text = "\n".join("  ".join(one.ljust(width) for one, width in zip(row, widths, strict=True)) for row in cells)
    body = "".join("<tr>" + "".join(f"<td>{escape(one)}</td>" for one in row) + "</tr>" for row in cells[1:])
    head = "<td></td>" + "".join(f"<th>{escape(one)}</th>" for one in cells[0][1:])
    showing.show(f"{text}\n{line}", f"<table><tr>{head}</tr>{body}</table><div>{escape(line)}</div>")


def _sentence(rows: list[Guess], digits: int) -> str:
    told = [(abs(row.off), row) for row in rows if row.off is not None]
    if not told:
        return "No guess was written down: what would you have said?"
    most, row = max(told, key=lambda one: one[0])
    if most < 0.5 * 10**-digits:
        return "Every guess is right to the last digit that is shown."
    return f"Furthest off: {row.name}, by {most:.{digits}f}. What did you not think of?"
