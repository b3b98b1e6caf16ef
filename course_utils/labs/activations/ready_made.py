"""Which functions of a library a learner's function calls: judged by what its names stand for, not by their spelling.

An alias (``th = np.tanh``), a name of SciPy's, a partial, a helper of the notebook or a function that is kept in a dict
is found; a class of one's own with a method ``sigmoid`` is none of a library's. What is not found: a name that is put
together while the function runs, as in ``getattr(np, "ta" + "nh")``. PyTorch's functions are refused while they run,
too (:func:`course_utils.judging.protocol.calling.no_shortcuts`).
"""

import dis
import functools
import importlib
import inspect
import sys
from collections.abc import Collection, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

LIBRARIES = (
    "numpy",
    "scipy",
    "torch",
    "math",
    "cmath",
    "sklearn",
    "jax",
    "tensorflow",
    "mpmath",
    "sympy",
    "course_utils",
)
MOST_ITEMS = 200  # of a container that is looked into
GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF")
BY_TEXT = {"getattr", "__import__", "import_module", "eval", "exec", "vars"}  # they reach a function by its name's text
LOCALS = ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW")


def ready_made(function: Any, names: Collection[str]) -> list[str]:
    """Return the names of a library's functions, among some, that a function or one that it calls looks up."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [function]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, _Word):
            found |= {one} & set(names)
        elif _is_a_librarys(one):
            found |= {name for name in _names_of(one) if name in names}
        waiting += _inside(one)
    return sorted(map(str, found))


class _Word(str):
    """A name that code may use as text."""


def _is_a_librarys(one: Any) -> bool:
    if isinstance(one, np.ufunc | BuiltinFunctionType):
        return True
    home = getattr(one if isinstance(one, type | FunctionType | ModuleType) else type(one), "__module__", "") or ""
    return home.split(".")[0] in LIBRARIES


def _names_of(one: Any) -> Iterator[str]:
    """Yield what an object of a library is called: a function by its name, an object by that of its class."""
    for thing in (one, type(one)):
        name = getattr(thing, "__name__", "")
        if type(name) is str:
            yield name.lower().removesuffix("_gen")
    if type(one).__name__ == "ScriptFunction":  # PyTorch's compiled functions: what they compute is written in a graph
        yield from (word.split("(")[0] for word in str(getattr(one, "graph", "")).split("aten::")[1:])


def _inside(one: Any) -> list[Any]:
    """Return what an object calls when it is called, as far as that can be seen from outside."""
    if isinstance(one, functools.partial):
        return [one.func, *one.args, *one.keywords.values()]
    if isinstance(one, np.vectorize):
        return [one.pyfunc]
    if isinstance(one, MethodType | staticmethod | classmethod):
        return [one.__func__]
    if isinstance(one, property):
        return [one.fget]
    if type(one) in (list, tuple, set, frozenset):
        return list(one)[:MOST_ITEMS]
    if type(one) is dict:
        return list(one.values())[:MOST_ITEMS]
    if _is_a_librarys(one) or isinstance(one, ModuleType):
        return []
    if isinstance(one, FunctionType):
        return _looked_up(one)
    call = inspect.getattr_static(type(one), "__call__", None)
    return [call] if isinstance(call, FunctionType) else []


def _looked_up(function: FunctionType) -> list[Any]:
    """Return the objects that the names in a function's code stand for."""
    known = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            known[name] = cell.cell_contents
        except ValueError:  # not bound yet
            known.pop(name, None)
    found: list[Any] = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    _read(function.__code__, known, found)
    return found


def _read(code: CodeType, known: dict[str, Any], found: list[Any]) -> None:
    """Follow the names of some code; ``known`` says what they stand for, ``found`` collects the objects."""
    local: dict[str, Any] = {}
    top: Any = None  # what is on top of the stack, if that is known
    for step in dis.get_instructions(code):
        name = step.argval
        if step.opname in GLOBALS:
            top = local.get(name, known.get(name))
        elif step.opname in LOCALS:
            top = local.get(name)
        elif step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            top = _attribute(top, name)
        elif step.opname == "IMPORT_NAME":
            top = _module(name)
        elif step.opname == "IMPORT_FROM":
            found.append(_attribute(top, name))
            local["from " + name] = found[-1]
            continue
        elif step.opname in ("STORE_FAST", "STORE_DEREF"):
            local[name] = local.pop("from " + name, top)
            continue
        else:
            if step.opname not in ("CACHE", "PUSH_NULL", "COPY", "NOP"):
                top = None
            continue
        if top is not None:
            found.append(top)
    if BY_TEXT & set(code.co_names):
        found += [_Word(word) for word in (*code.co_names, *code.co_consts) if type(word) is str]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _read(constant, known | local, found)


def _attribute(one: Any, name: str) -> Any:
    """Return an attribute of a module, a class or an object without running code of the learner's; None if unknown."""
    if one is None:
        return None
    if isinstance(one, ModuleType):
        return getattr(one, name, None)
    value = inspect.getattr_static(one, name, None)
    if value is not None and _is_a_librarys(one) and not _is_a_librarys(value):
        return one  # a method of a library's object counts as the object
    return value


def _module(name: str) -> Any:
    """Return the module that an import gives, if it is a library's: ``import scipy.special`` gives ``scipy``."""
    root = name.split(".")[0]
    if root not in LIBRARIES:
        return None
    try:
        return sys.modules.get(name) or importlib.import_module(name)
    except ImportError:
        return None
