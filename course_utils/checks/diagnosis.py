"""Which wrong way gives exactly this answer? For sets of numbers, and for arrays."""

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

import numpy as np

from course_utils import misconceptions

RTOL, ATOL = 1e-4, 1e-5


def close(given: np.ndarray, right: np.ndarray) -> bool:
    """Tell whether two arrays have the same shape and, to float32's precision, the same numbers."""
    return given.shape == right.shape and bool(np.allclose(given, right, rtol=RTOL, atol=ATOL))


def same_number(one, other) -> bool:
    """Tell whether two numbers are equal; fractions may be rounded to two decimals, small ones to two digits."""
    if one is None or other is None:
        return False
    tolerance = 0.006 if abs(other) >= 0.05 else abs(other) / 20
    return one == other or (other != int(other) and abs(one - other) <= tolerance)


class Explanation(NamedTuple):
    """Codes that explain a set of answers; with `one_way` each of them explains all that is wrong by itself."""

    codes: list[str]
    one_way: bool


def explain_set(given: Mapping[Hashable, float], right: Mapping, wrong_ways: Mapping[str, Mapping]) -> Explanation:
    """Find the wrong ways that explain a set of numbers.

    Parameters
    ----------
    given, right
        Numbers by question; ``given`` holds only questions that were answered.
    wrong_ways
        For each code, the number that this wrong way gives for each question (None: it does not apply).

    Returns
    -------
    Explanation
        Codes that give *every* answer, right ones included; if there are none, codes that give every wrong answer
        (a slip in some of the questions); if there are none, for each wrong answer a code of its own, but only
        where each has one. No codes where nothing known fits, or nothing is wrong.
    """
    wrong = [key for key in given if not same_number(given[key], right[key])]

    def gives(code, keys):
        ways = wrong_ways[code]
        return all(same_number(given[key], right[key] if ways[key] is None else ways[key]) for key in keys)

    for keys in (list(given), wrong) if wrong else ():
        found = [code for code in wrong_ways if gives(code, keys)]
        if found:
            return Explanation(found, True)
    single = [next((code for code in wrong_ways if gives(code, [key])), None) for key in wrong]
    return Explanation([] if None in single else list(dict.fromkeys(single)), False)


def explain_array(given: np.ndarray, candidates: Mapping[str, Callable[[], object]]) -> str | None:
    """Return the code of the first wrong result that equals ``given``; None if there is none.

    Parameters
    ----------
    candidates
        For each code, a function that computes the wrong result, or several in a list (or raises where it does not
        apply). A code may be followed by ``:`` and a word to list it more than once.
    """
    for code, compute in candidates.items():
        try:
            results = compute()
        except (ValueError, IndexError, RuntimeError):
            continue
        for result in results if isinstance(results, list) else [results]:
            if close(given, np.asarray(result, dtype=np.float64)):
                return code.split(":")[0]
    return None


def feedback(code: str) -> str:
    """Return the learner's lines for a code: the question, and what to read again."""
    entry = misconceptions.get(code)
    return f"Hint: {entry.feedback}\nRead again: “{entry.section}”."
