"""When two numbers, or two arrays, count as the same."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
import torch

RTOL, ATOL = 1e-4, 1e-5

Key = TypeVar("Key")


def close(
    given: np.ndarray, right: np.ndarray, rtol: float = RTOL, atol: float = ATOL, *, equal_nan: bool = False
) -> bool:
    """Tell whether two arrays have the same shape and, to float32's precision, the same numbers."""
    if given.shape != right.shape or _first_differs(given, right, rtol, atol):
        return False
    return bool(np.allclose(given, right, rtol=rtol, atol=atol, equal_nan=equal_nan))


def _first_differs(given: np.ndarray, right: np.ndarray, rtol: float, atol: float) -> bool:
    """Tell whether the first two numbers show already that arrays differ: thousands are compared after an answer."""
    if not given.size:
        return False
    one, other = float(given.flat[0]), float(right.flat[0])
    return abs(one - other) > atol + rtol * abs(other)  # not so where one is nan, or both are infinite


def alike(one: np.ndarray, other: np.ndarray, by: float = 0.02) -> bool:
    """Tell whether no two probabilities differ by more than ``by``."""
    return bool(np.abs(one - other).max() <= by)


def near(one: float, other: float, *, by: float = 0.0, share: float = 0.0) -> bool:
    """Tell whether two numbers differ by at most ``by``, or by at most a share of the second."""
    return abs(one - other) <= max(by, share * abs(other))


def same_number(one: float | None, other: float | None) -> bool:
    """Tell whether two numbers are equal; fractions may be rounded to two decimals, small ones to two digits."""
    if one is None or other is None:
        return False
    tolerance = 0.006 if abs(other) >= 0.05 else abs(other) / 20
    return one == other or (math.isfinite(other) and other != int(other) and abs(one - other) <= tolerance)


def as_float64(value: Any) -> np.ndarray:
    """Return numbers of ours, also a tensor's, as a float64 array."""
    return np.asarray(value.detach() if isinstance(value, torch.Tensor) else value, dtype=np.float64)


def explain_array(given: np.ndarray, ways: Mapping[Key, Callable[[], object]]) -> Key | None:
    """Return the first wrong way whose result equals ``given``; None if there is none.

    Parameters
    ----------
    ways
        For each wrong way, a function that computes its result, or several in a list (or raises where the way does
        not apply).
    """
    return next(ways_that_fit(given, ways), None)


def ways_that_fit(given: np.ndarray, ways: Mapping[Key, Callable[[], object]]) -> Iterator[Key]:
    """Yield the wrong ways whose result equals ``given``; parameters as in :func:`explain_array`."""
    for way, compute in ways.items():
        try:
            results = compute()
        except (ArithmeticError, ValueError, IndexError, RuntimeError):
            continue
        if any(close(given, as_float64(one)) for one in (results if isinstance(results, list) else [results])):
            yield way
