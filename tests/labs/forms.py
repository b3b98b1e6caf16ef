"""The many forms in which the same right answer is written: numbers, arrays, sequences and texts, and functions."""

import functools
import inspect
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from harness import is_code


class Form(NamedTuple):
    """A form: its name, and a function that puts an answer into it; the answer itself where the form says nothing."""

    name: str
    put: Callable[[Any], Any]


def put_everywhere(answer: Any, put: Callable[[Any], Any]) -> Any:
    """Return an answer with its innermost values, inside lists, tuples and dicts, put into another form."""
    if isinstance(answer, Mapping):
        return {key: put_everywhere(one, put) for key, one in answer.items()}
    if type(answer) in (list, tuple):
        return type(answer)(put_everywhere(one, put) for one in answer)
    return put(answer)


# --- numbers


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(name: str, change: Callable[[Any], Any], only: type | tuple[type, ...] = (int, float)) -> Form:
    def put(value: Any) -> Any:
        return change(value) if _is_number(value) and isinstance(value, only) else value

    return Form(name, functools.partial(put_everywhere, put=put))


NUMBERS = [
    _numbers("numbers of NumPy, 64 bits", lambda v: np.float64(v) if isinstance(v, float) else np.int64(v)),
    _numbers("numbers of NumPy, 32 bits", lambda v: np.float32(v) if isinstance(v, float) else np.int32(v)),
    _numbers("whole numbers as float", float, int),
    _numbers("0-d arrays", np.array),
    _numbers("arrays of one element", lambda v: np.array([v])),
    _numbers("tensors", torch.tensor),
    _numbers("tensors of one element", lambda v: torch.tensor([v])),
    _numbers("tensors with a gradient", lambda v: torch.tensor(v, requires_grad=True), float),
]


# --- arrays and sequences


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | torch.Tensor) and value.ndim > 0


def _every_second(value: Any) -> Any:
    """Return an array as a view of a wider one: not contiguous."""
    both = np.stack([np.asarray(value)] * 2, axis=-1)
    return both[..., 0]


def _read_only(value: Any) -> np.ndarray:
    copied = np.array(value)
    copied.flags.writeable = False
    return copied


def _arrays(name: str, change: Callable[[Any], Any]) -> Form:
    def put(value: Any) -> Any:
        return change(value.detach() if isinstance(value, torch.Tensor) else value) if _is_array(value) else value

    return Form(name, functools.partial(put_everywhere, put=put))


def _floating(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


ARRAYS = [
    _arrays("arrays as lists", lambda v: v.tolist()),
    _arrays("arrays of NumPy", np.asarray),
    _arrays("arrays in Fortran's order", lambda v: np.asfortranarray(np.asarray(v))),
    _arrays("arrays that are not contiguous", _every_second),
    _arrays("arrays that are read-only", _read_only),
    _arrays("arrays as tensors", lambda v: torch.as_tensor(np.array(v))),
    _arrays("arrays with 32 bits", lambda v: np.asarray(v, dtype=np.float32) if _floating(v) else v),
    _arrays(
        "arrays as tensors with a gradient",
        lambda v: torch.tensor(np.array(v), requires_grad=True) if _floating(v) else v,
    ),
]


def _sequences(name: str, change: Callable[[list[Any] | tuple[Any, ...]], Any]) -> Form:
    def put(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: put(one) for key, one in value.items()}
        if type(value) not in (list, tuple) or not value:
            return value
        return change(type(value)(put(one) for one in value))

    return Form(name, put)


def _all_whole(value: Any) -> bool:
    return all(type(one) is int for one in value)


def _even(value: Any) -> bool:
    """Tell whether a sequence is one of numbers, or of sequences of numbers that are equally long."""
    if all(map(_is_number, value)):
        return True
    return all(type(one) in (list, tuple) and _even(one) for one in value) and len(set(map(len, value))) == 1


def _named(value: Any) -> Any:
    return namedtuple("Answer", [f"f{i}" for i in range(len(value))])(*value)


SEQUENCES = [
    _sequences("tuples as lists", list),
    _sequences("lists as tuples", tuple),
    _sequences("named tuples", lambda v: _named(v) if isinstance(v, tuple) else v),
    _sequences("torch.Size", lambda v: torch.Size(v) if isinstance(v, tuple) and _all_whole(v) else v),
    _sequences("sequences as arrays", lambda v: np.array(v) if _even(v) else v),
    _sequences("sequences as tensors", lambda v: torch.tensor(v) if _even(v) else v),
]


# --- texts and dicts


def _texts(name: str, change: Callable[[str], str]) -> Form:
    return Form(name, functools.partial(put_everywhere, put=lambda v: change(v) if isinstance(v, str) else v))


class _Own(dict):
    """A dict of a class of one's own."""


def _dicts(name: str, change: Callable[[dict], Any]) -> Form:
    return Form(name, lambda v: change(v) if type(v) is dict else v)


TEXTS = [
    _texts("texts with spaces", lambda v: f" {v}  "),
    _texts("texts in capitals", str.upper),
    _texts("texts with a capital", str.capitalize),
]
DICTS = [
    _dicts("a dict in another order", lambda v: dict(reversed(v.items()))),
    _dicts("an ordered dict", OrderedDict),
    _dicts("a dict of an own class", _Own),
]

DATA = [*NUMBERS, *ARRAYS, *SEQUENCES, *TEXTS, *DICTS]


# --- functions


def _functions(name: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Form:
    def put(answer: Any) -> Any:
        return change(answer) if is_code(answer) and not isinstance(answer, type) else answer

    return Form(name, put)


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    class Mine:
        def answer(self, *args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

    return Mine().answer


def _static(function: Callable[..., Any]) -> Callable[..., Any]:
    class Mine:
        answer = staticmethod(function)

    return Mine.answer


class _Callable:
    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


def _decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


def _renamed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose parameters without a default have other names, as a learner may call them."""
    parameters = inspect.signature(function).parameters.values()
    own = [one.name for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
    if len(own) < len([one for one in parameters if one.default is one.empty]):
        return function
    heads = [f"my_{name}" for name in own] + [
        f"{one.name}=_defaults[{one.name!r}]" for one in parameters if one.default is not one.empty
    ]
    calls = [f"my_{name}" for name in own] + [
        f"{one.name}={one.name}" for one in parameters if one.default is not one.empty
    ]
    names = {"_function": function, "_defaults": {one.name: one.default for one in parameters}}
    exec(f"def {function.__name__}({', '.join(heads)}):\n    return _function({', '.join(calls)})", names)
    return names[function.__name__]


def _global_helper(function: Callable[..., Any]) -> Callable[..., Any]:
    names = {"helper": function}
    exec("def mine(*args, **kwargs):\n    return helper(*args, **kwargs)", names)
    return names["mine"]


def _returning(name: str, form: Form) -> Form:
    def change(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return form.put(function(*args, **kwargs))

        return inner

    return _functions(f"returns {name}", change)


FUNCTIONS = [
    _functions("a method", _method),
    _functions("a static method", _static),
    _functions("a partial", functools.partial),
    _functions("a lambda", lambda f: lambda *a, **k: f(*a, **k)),
    _functions("a callable object", _Callable),
    _functions("a decorated function", _decorated),
    _functions("other names of parameters", _renamed),
    _functions("a helper of the notebook", _global_helper),
    *(_returning(form.name, form) for form in (*NUMBERS, *ARRAYS, *SEQUENCES)),
]


def forms_of(answers: tuple[Any, ...]) -> dict[str, tuple[Any, ...]]:
    """Return answers in each form that says something of them, by its name."""
    found: dict[str, tuple[Any, ...]] = {}
    for form in (*DATA, *FUNCTIONS):
        changed = tuple(form.put(one) for one in answers)
        if not all(_alike(one, other) for one, other in zip(answers, changed, strict=True)):
            found[form.name] = changed
    return found


def _alike(one: Any, other: Any) -> bool:
    """Tell whether a form changed nothing: same types, same values, in the same order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(map(_alike, one.values(), other.values()))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, np.ndarray | torch.Tensor) or callable(one):
        return one is other
    return bool(one == other)
