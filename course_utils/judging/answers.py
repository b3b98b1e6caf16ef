"""Reading what a student gives: an answer is data, or it is wrong.

Numbers may be Python's (fractions and decimal numbers, too), NumPy's or one-element arrays; a row of numbers a list, a
tuple or an array; a dict, a list or a tuple may be of a class of its own (a named tuple, an ordered dict, a
``torch.Size``). Nothing with a mind of its own (an object that equals everything) gets past these functions: what they
return is made here.
"""

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

from course_utils.judging.protocol.proxy import Proxy
from course_utils.judging.protocol.verdicts import CheckFailed

LARGEST = 10**18  # no answer in the course is larger
DEEPEST = 40  # lists in lists
MOST_OF_RANGE = 10**5  # numbers of a range; a longer one is no answer
MOST_NUMBERS = 10**7  # in an array; no answer in the course has as many, and more would fill the memory
Missing = (type(None), type(Ellipsis))


def in_plain_containers(answer: Any, depth: int = DEEPEST) -> Any:
    """Return an answer with its dicts, lists and tuples as Python's own: a named tuple becomes a tuple.

    A range becomes a list, a fraction or a decimal number an int or a float. What the classes say of themselves is not
    asked: their items are taken as Python's own methods give them.
    """
    if depth < 1 or isinstance(answer, torch.Tensor | np.ndarray):
        return answer
    if issubclass(type(answer), dict):
        return {key: in_plain_containers(value, depth - 1) for key, value in dict.items(answer)}
    if issubclass(type(answer), list):
        return [in_plain_containers(value, depth - 1) for value in list.__iter__(answer)]
    if issubclass(type(answer), tuple):
        return tuple(in_plain_containers(value, depth - 1) for value in tuple.__iter__(answer))
    if type(answer) is range and len(answer) <= MOST_OF_RANGE:
        return list(answer)
    return set(answer) if type(answer) is frozenset else of_library(answer)


def of_library(number: Any) -> Any:
    """Return a fraction or a decimal number as an int or a float; all else as it is."""
    if type(number) not in (Fraction, Decimal):
        return number
    if isinstance(number, Decimal) and not number.is_finite():
        return math.nan if number.is_nan() else math.inf if number > 0 else -math.inf
    try:
        return int(number) if number == int(number) and abs(number) <= LARGEST else float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def is_missing(answer: Any, depth: int = DEEPEST) -> bool:
    """Tell whether an answer is a placeholder still, or a collection of nothing but placeholders."""
    if type(answer) in (dict, list, tuple, set) and depth:
        return all(is_missing(value, depth - 1) for value in (answer.values() if type(answer) is dict else answer))
    return isinstance(answer, Missing)


def plain(number: Any) -> int | float | None:
    """Return a number as Python's own int or float; None if it is no number (True and False are none).

    A float that is whole comes back as it is: 3.0 equals 3, whoever wants to tell them apart can. A number too long
    for any question comes back as a float, infinite if need be: nothing that is computed or shown can then fail.
    """
    number = _from_torch(number) if type(number) is torch.Tensor else of_library(number)
    if type(number) is np.ndarray and number.size == 1:
        number = number.reshape(())[()]
    if isinstance(number, bool | np.bool_) or type(number).__module__ not in ("builtins", "numpy"):
        return None
    real, whole = isinstance(number, Real), isinstance(number, Integral)
    if isinstance(number, np.timedelta64) or not real:  # NumPy calls a time span a number
        return None
    try:
        return int(number) if whole and abs(number) <= LARGEST else float(number)
    except OverflowError:
        return math.copysign(math.inf, number > 0 or -1)


def as_numbers(answer: Any) -> list[int | float] | None:
    """Return a list, tuple, set or array of numbers as a flat list; a single number as a list of one; else None."""
    if is_too_large(answer):
        return None
    if type(answer) is torch.Tensor:
        answer = _from_torch(answer)
    if type(answer) is np.ndarray:
        answer = answer.reshape(-1).tolist()
    if type(answer) not in (list, tuple, set, torch.Size):
        answer = [answer]
    read = [plain(value) for value in answer]
    numbers = [number for number in read if number is not None]
    return numbers if len(numbers) == len(read) else None


def as_shape(answer: Any) -> tuple[int | float, ...] | None:
    """Return a shape as a tuple of numbers: of a tuple, a list, a ``torch.Size`` or an array; None if it is none.

    Parts that are whole count as whole, 3.0 as 3. A set has no order, and a single number is no shape.
    """
    answer = in_plain_containers(answer)
    if type(answer) not in (tuple, list, np.ndarray, torch.Tensor) or (hasattr(answer, "ndim") and answer.ndim != 1):
        return None
    numbers = as_numbers(answer)
    return None if numbers is None else tuple(int(n) if n == n // 1 and abs(n) < LARGEST else n for n in numbers)


def as_array(answer: Any, what: str) -> np.ndarray:
    """Return nested lists, an array or a tensor as a new float64 array.

    Raises
    ------
    CheckFailed
        If it is none of these, its rows differ in length, or it has more than :data:`MOST_NUMBERS` numbers.
    """
    if is_too_large(answer):
        raise CheckFailed(f"{what} has the shape {tuple(answer.shape)}: far too many numbers.")
    if type(answer) is torch.Tensor:
        answer = _from_torch(answer)
    if type(answer) not in (np.ndarray, list, tuple) and plain(answer) is None:
        raise CheckFailed(f"{what} should be an array of numbers, not {kind(answer)}.")
    try:
        array = np.array(_without_gradients(answer))
        if array.dtype.kind not in "biuf":
            raise ValueError
        return array.astype(np.float64)
    except (ValueError, TypeError, RuntimeError):
        raise CheckFailed(f"{what} should be an array of numbers with rows of the same length.") from None


def is_too_large(answer: Any) -> bool:
    """Tell whether an answer is an array or a tensor with more numbers than anything here asks for.

    One number that is spread over a huge shape takes no room until somebody copies it.
    """
    if type(answer) is torch.Tensor:
        return answer.numel() > MOST_NUMBERS
    return type(answer) is np.ndarray and answer.size > MOST_NUMBERS


def _without_gradients(answer: Any, depth: int = DEEPEST) -> Any:
    """Return nested lists with the tensors in them as arrays: NumPy does not take one that keeps a gradient."""
    if type(answer) in (list, tuple) and depth:
        return [_without_gradients(one, depth - 1) for one in answer]
    return _from_torch(answer) if type(answer) is torch.Tensor else answer


def _from_torch(tensor: torch.Tensor) -> Any:
    """Return a tensor's numbers as an array; the tensor itself where it has none to show (sparse, on "meta")."""
    tensor = tensor.detach()
    try:
        return (tensor.double() if tensor.is_floating_point() else tensor).cpu().numpy()
    except (TypeError, RuntimeError):
        return tensor


def as_dict(answer: Any, keys: Iterable[Any], what: str) -> dict[Any, Any]:
    """Return an answer's dict, cut to the keys that were asked; missing ones are None.

    Raises
    ------
    CheckFailed
        If it is no dict.
    """
    if type(answer) is not dict:
        raise CheckFailed(f"{what} should be a dict with the keys {', '.join(map(str, keys))}, not {kind(answer)}.")
    return {key: answer.get(key) for key in keys}


def kind(answer: Any) -> str:
    """Name an answer's type for a sentence: "a list", "an int"."""
    if answer is None:
        return "None"
    return named(answer.kind if isinstance(answer, Proxy) else type(answer).__name__)


def named(name: str) -> str:
    """Put the article before the name of a type."""
    return f"{'an' if name.startswith((*'aeiouAEIOU', 'nd')) else 'a'} {name}"


def short(value: Any) -> str:
    """Return a value as short text on one line."""
    if isinstance(value, np.ndarray):
        return (
            f"an array of shape {value.shape}"
            if value.size > 9
            else np.array2string(value, separator=", ").replace("\n", "")
        )
    try:
        if type(value) is set and value:
            text = f"{{{', '.join(sorted(map(repr, value)))}}}"  # the same in every run
        else:
            text = repr(value) if type(value) in (int, float, str, tuple, list, dict, set, bool) else kind(value)
    except Exception:  # a number of 5,000 digits, or something inside with a faulty repr
        text = kind(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."
