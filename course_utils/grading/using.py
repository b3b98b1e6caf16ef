"""What a check in ordinary Python does to an object of a student's, done where the object lives.

This runs beside student code, in its process, so nothing of it is trusted: it answers with data, and the other side
(:mod:`course_utils.grading.objects`) looks at all of it. An operation is a word of `OPERATIONS`; what it gives goes
back as data, or as a handle if it is no data, and what it raises goes back as the names of its classes and its text.
"""

import builtins
import copy
import importlib
import inspect
import operator
import random
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_utils.grading import codec

MAX_TEXT = 100_000  # characters that are printed during one use
MOST_FILES = 500
MOST_BYTES = 24 << 20  # of all files that cross at a time

_BINARY = (
    "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift lt le gt ge eq ne iadd isub imul itruediv "
    "ifloordiv imod ipow imatmul iand ior ixor ilshift irshift getitem delitem"
)
BINARY = tuple(_BINARY.split())
UNARY = ("neg", "pos", "abs", "invert", "index")


def about(value: Any) -> list[Any]:
    """Return what a stand-in of an object has to know: classes from its own upwards, and those if it is a class."""
    kind = type(value)
    own = [_name(one) for one in value.__mro__] if isinstance(value, type) else []
    return [[_name(one) for one in kind.__mro__], own]


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"[:200]


def as_data(value: Any) -> Any:
    """Return the data that an object of a class of its own is: a list, dict, tuple, set, number or text."""
    for plain in (bool, int, float, complex, str, bytes, dict, list, tuple, set, frozenset):
        if isinstance(value, plain):
            base: Any = plain
            return base(base.__iter__(value)) if plain in (list, tuple, set, frozenset) else _plain(base, value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return numpy.asarray(value).view(numpy.ndarray)
    raise TypeError(f"{type(value).__name__} is no data")


def _plain(base: Any, value: Any) -> Any:
    if base is dict:
        return dict(dict.items(value))
    convert: dict[Any, Any] = {bool: int.__bool__, int: int.__int__, float: float.__float__, str: str.__str__}
    return convert[base](value) if base in convert else base(value)


def attributes(value: Any) -> dict[str, Any]:
    """Return the attributes that an object carries itself."""
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    found = {name: getattr(value, name) for name in slots if isinstance(name, str) and hasattr(value, name)}
    return found | dict(getattr(value, "__dict__", {}))


def as_array(value: Any) -> Any:
    """Return an object as an array of numbers."""
    import numpy

    return numpy.asarray(value).view(numpy.ndarray)


def is_instance(value: Any, kind: Any) -> bool:
    """Tell whether an object is of a class, in the student's process."""
    return isinstance(value, kind)


def leave(target: Any, name: str = "", args: list[Any] | None = None) -> None:
    """Leave a ``with`` block, with an exception of Python's own if the name of one is given."""
    if not name:
        type(target).__exit__(target, None, None, None)
        return
    kind = getattr(builtins, name, RuntimeError)
    try:
        raise kind(*(args or []))
    except Exception as error:
        type(target).__exit__(target, type(error), error, error.__traceback__)


def source_of(value: Any) -> str:
    """Return the text of a function or class."""
    return inspect.getsource(value)


def signature_of(value: Any) -> list[Any]:
    """Return names, kinds and whether there is a default of a function's parameters."""
    parameters = inspect.signature(value).parameters.values()
    return [[one.name, int(one.kind), one.default is not one.empty] for one in parameters]


OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(operator, name) for name in (*BINARY, *UNARY)},
    "call": lambda target, *args, **kwargs: target(*args, **kwargs),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "setitem": operator.setitem,
    "len": len,
    "iter": iter,
    "next": next,
    "reversed": reversed,
    "contains": operator.contains,
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "str": str,
    "repr": repr,
    "format": format,
    "round": round,
    "divmod": divmod,
    "dir": dir,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "enter": lambda target: type(target).__enter__(target),
    "exit": leave,
    "subclass": issubclass,
    "instance": is_instance,
    "about": about,
    "data": as_data,
    "attributes": attributes,
    "array": as_array,
    "source": source_of,
    "signature": signature_of,
}


def raised(error: BaseException, keep: codec.Keep) -> dict[str, Any]:
    """Return an exception as a document: its classes, a handle to its class, its text, and what it carries, if data.

    Parameters
    ----------
    error
        The exception.
    keep
        Gives a handle.
    """
    kinds = [_name(kind) for kind in type(error).__mro__]
    try:
        args = codec.pack(tuple(error.args), keep, rich=True)
    except Exception:  # too large, or an object that breaks when it is looked at
        args = {"tuple": []}
    try:
        text = str(error)[:2_000]
    except BaseException:  # a learner's own __str__ may do anything
        text = ""
    try:
        carried = codec.pack(dict(vars(error)), keep, rich=True)
    except Exception:
        carried = {"dict": []}
    about_it = {"args": args, "carried": carried, "text": text, "line": _line_of(error)}
    return {"kinds": kinds, "class": list(keep(type(error))), **about_it}


def _line_of(error: BaseException) -> str:
    """Return the line of the student's own code that raised, "" if there is none."""
    mine = [one for one in traceback.extract_tb(error.__traceback__) if _is_a_cell(one.filename)]
    return f"line {mine[-1].lineno} of {mine[-1].name}: {(mine[-1].line or '').strip()[:90]}" if mine else ""


def _is_a_cell(name: str) -> bool:
    return "ipykernel_" in name or name.startswith("<ipython")


# --- what crosses beside values


def find_named(where: str) -> Any:
    """Return what a check means that uses a function, class or module of a library: ``"numpy:sin"``."""
    module, _, name = where.partition(":")
    found: Any = importlib.import_module(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    return found


def set_generators(states: dict[str, Any]) -> None:
    """Put the random generators where the check has put its own."""
    if "python" in states:
        version, numbers, gauss = states["python"]
        random.setstate((version, tuple(numbers), gauss))
    if "numpy" in states and "numpy" in sys.modules:
        sys.modules["numpy"].random.set_state(states["numpy"])
    if "torch" in states and "torch" in sys.modules:
        sys.modules["torch"].set_rng_state(states["torch"])


def files_below(folder: Path, known: dict[str, tuple[int, int]]) -> dict[str, bytes]:
    """Return the regular files of a folder that are other than they were known to be, as long as they may cross."""
    found: dict[str, bytes] = {}
    size = 0
    for path in sorted(folder.rglob("*"))[: 4 * MOST_FILES]:
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") or part == "__pycache__" for part in name.split("/")) or not path.is_file():
            continue
        about_it = path.stat()
        now = (about_it.st_mtime_ns, about_it.st_size)
        if known.get(name) == now or path.is_symlink():
            continue
        size += about_it.st_size
        if size > MOST_BYTES or len(found) >= MOST_FILES:
            break
        known[name], found[name] = now, path.read_bytes()
    return found
