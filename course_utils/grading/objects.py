"""What a check in ordinary Python holds of a student's objects: data where they are data, else a stand-in.

Whatever the check does to a stand-in is done to the object, in the student's process, and comes back as data or as
another stand-in. What decides points is compared here: a stand-in equals data only if the object is data of a class of
its own, equals another only if both carry the same attributes and say so themselves, and is otherwise equal to nothing
but itself. An exception of the student's is raised here as one of the same name and kind.
"""

import operator
import random
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from course_utils.grading import codec
from course_utils.grading.sharing import Shared, put_into
from course_utils.grading.slicing import LIBRARIES
from course_utils.grading.using import BINARY, UNARY

LIBRARYS = "of a library"  # what a handle is called that means something of a library, for the student's side
MOST_ITEMS = 200_000  # that are taken of one iterator
T = TypeVar("T")
MARK = "_of_the_student"  # attribute of exceptions that were raised in the student's process
CLASS_HANDLE = "_course_handle"


class CannotCross(TypeError):
    """A check hands something to a student's function that can neither be sent nor stand there by itself."""


class Asks(Protocol):
    """What carries a use of an object to the student's process (:class:`course_utils.grading.plain_checks.Wire`)."""

    def use(self, operation: str, args: list[Any], kwargs: dict[str, Any]) -> Any: ...


class StandIn:
    """An object in the student's process. Made by :class:`Objects`, as a class of its own for each kind of object."""

    __slots__ = ("_course_handle", "_course_known", "_course_objects")
    __array_ufunc__ = None  # NumPy leaves operators to this class

    def __init__(self, objects: "Objects", handle: int) -> None:
        object.__setattr__(self, "_course_objects", objects)
        object.__setattr__(self, "_course_handle", handle)
        object.__setattr__(self, "_course_known", None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("__array_", "_repr_", "_ipython", "__torch_", "__dataframe")) or name in _NEVER:
            raise AttributeError(name)
        return _use(self, "getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        _use(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        _use(self, "delattr", name)

    def __getitem__(self, key: Any) -> Any:
        return _use(self, "getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _use(self, "setitem", key, value)

    def __delitem__(self, key: Any) -> None:
        _use(self, "delitem", key)

    def __len__(self) -> int:
        return _of_type(int, _use(self, "len"))

    def __iter__(self) -> Iterator[Any]:
        found = _use(self, "iter")
        if not isinstance(type(found), codec.StandInKind):
            yield from found
            return
        for _ in range(MOST_ITEMS):
            try:
                item = _use(found, "next")
            except StopIteration:
                return
            yield item
        raise ValueError(f"more than {MOST_ITEMS} items")

    def __next__(self) -> Any:
        return _use(self, "next")

    def __reversed__(self) -> Any:
        return _use(self, "reversed")

    def __contains__(self, wanted: Any) -> bool:
        return any(item is wanted or item == wanted for item in self)

    def __bool__(self) -> bool:
        return _of_type(bool, _use(self, "bool"))

    def __int__(self) -> int:
        return _of_type(int, _use(self, "int"))

    def __float__(self) -> float:
        return _of_type(float, _use(self, "float"))

    def __complex__(self) -> complex:
        return _of_type(complex, _use(self, "complex"))

    def __index__(self) -> int:
        return _of_type(int, _use(self, "index"))

    def __str__(self) -> str:
        return _of_type(str, _use(self, "str"))

    def __repr__(self) -> str:
        return _of_type(str, _use(self, "repr"))

    def __format__(self, how: str) -> str:
        return _of_type(str, _use(self, "format", how))

    def __round__(self, *digits: int) -> Any:
        return _use(self, "round", *digits)

    def __divmod__(self, other: Any) -> Any:
        return _use(self, "divmod", other)

    def __copy__(self) -> Any:
        return _use(self, "copy")

    def __deepcopy__(self, memo: Any) -> Any:
        return _use(self, "deepcopy")

    def __dir__(self) -> list[str]:
        return [str(name) for name in _use(self, "dir")]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        import numpy

        found = _use(self, "array")
        if not isinstance(found, numpy.ndarray):
            raise TypeError("no array")
        return found if dtype is None else found.astype(dtype)

    def __enter__(self) -> Any:
        return _use(self, "enter")

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Leave, with the check's own exception if there is one. None is suppressed: a failed check stays failed."""
        said = [one for one in getattr(error, "args", ()) if isinstance(one, (str, int, float))]
        _use(self, "exit", *([] if error is None else [kind.__name__, said]))

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(type(value), codec.StandInKind) and _of_type(bool, _ask(self, "instance", value, self))

    def __subclasscheck__(self, kind: Any) -> bool:
        return isinstance(type(kind), codec.StandInKind) and _of_type(bool, _ask(self, "subclass", kind, self))

    def __hash__(self) -> int:
        return hash((CLASS_HANDLE, object.__getattribute__(self, "_course_handle")))

    def __eq__(self, other: Any) -> bool:
        found: bool = object.__getattribute__(self, "_course_objects").equal(self, other)
        return found

    def __ne__(self, other: Any) -> bool:
        return not self == other

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return object.__getattribute__(self, "_course_objects").class_of(self)


class CallableStandIn(StandIn):
    """An object that can be called."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return object.__getattribute__(self, "_course_objects").use("call", [self, *args], kwargs)


class FunctionStandIn(CallableStandIn):
    """A function: libraries that ask whether they have got one or a list of them see that it is one."""

    __slots__ = ()
    __iter__ = __reversed__ = __contains__ = None  # type: ignore[assignment]


FUNCTIONS = frozenset(("function", "method", "builtin_function_or_method", "partial", "_lru_cache_wrapper"))
EVERYBODYS = frozenset(
    ("__doc__", "__name__", "__qualname__", "__module__", "__bases__", "__mro__", "__annotations__", "__dict__")
)
ARITHMETIC = frozenset(BINARY) - {"lt", "le", "gt", "ge", "eq", "ne", "getitem", "delitem"} | {"divmod"}
_NEVER = {"__wrapped__", "__getstate__"}


def _handle(stand_in: Any) -> int:
    found: int = object.__getattribute__(stand_in, "_course_handle")
    return found


def is_stand_in(value: Any) -> bool:
    """Tell whether something is a stand-in. Nothing is asked of the student's process."""
    return isinstance(type(value), codec.StandInKind)


def _use(stand_in: Any, operation: str, *args: Any) -> Any:
    return object.__getattribute__(stand_in, "_course_objects").use(operation, [stand_in, *args], {})


def _use_of(name: str, stand_in: Any) -> Any:
    return _use(stand_in, "getattr", name)


def _ask(stand_in: Any, operation: str, *args: Any) -> Any:
    return object.__getattribute__(stand_in, "_course_objects").use(operation, list(args), {})


def _of_type(kind: type[T], value: Any) -> T:
    if type(value) is not kind:
        raise TypeError(f"that should give {kind.__name__}")
    return value


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        return _use(self, name, other)

    return operate


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        return _ask(self, name, other, self)

    return operate


def _ordered(name: str) -> Callable[[Any, Any], bool]:
    compare = getattr(operator, name)

    def operate(self: Any, other: Any) -> bool:
        """Order two objects by what their class says, and an object and data by the data that it is."""
        if is_stand_in(other):
            return bool(_of_type(bool, _use(self, name, other)))
        found = compare(object.__getattribute__(self, "_course_objects").data_of(self), other)
        return found if isinstance(found, bool) else bool(found)

    return operate


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda self: _use(self, name)


ORDERED = ("lt", "le", "gt", "ge")
for _name in BINARY:
    if _name in ORDERED:
        setattr(StandIn, f"__{_name}__", _ordered(_name))
    elif _name not in ("eq", "ne", "getitem", "delitem"):
        setattr(StandIn, f"__{_name.rstrip('_')}__", _binary(_name))
        if not _name.startswith("i"):
            setattr(StandIn, f"__r{_name.rstrip('_')}__", _reflected(_name))
for _name in UNARY:
    if _name != "index":
        setattr(StandIn, f"__{_name}__", _unary(_name))


@dataclass
class Objects:
    """All stand-ins of one check, and what the check has lent to the student's process.

    Parameters
    ----------
    wire
        Carries uses to the student's process and brings what came of them.
    allowed
        What the objects may be asked; None for anything.
    asked
        What they were asked: attributes (``.area``), and operators with data at the other side (``sub``).
    """

    wire: Asks
    allowed: frozenset[str] | None = None
    asked: set[str] = field(default_factory=set)
    lent: list[Any] = field(default_factory=list)
    stand_ins: dict[int, Any] = field(default_factory=dict)
    classes: dict[tuple[str, bool], type] = field(default_factory=dict)
    exceptions: dict[int, type] = field(default_factory=dict)

    def use(self, operation: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Do something in the student's process.

        What the model answer's objects are never asked there is done here, to the data that the object is: where a
        number is wanted, ``answer - right`` shall not be for an object to decide.
        """
        if what := _told_to(operation, args):
            if self.allowed is not None and what not in self.allowed:
                return self._use_data(operation, args)
            self.asked.add(what)
        return self.wire.use(operation, args, kwargs)

    def _use_data(self, operation: str, args: list[Any]) -> Any:
        try:
            given = [self.data_of(one) if is_stand_in(one) else one for one in args]
        except TypeError:
            if operation == "getattr":
                raise AttributeError(f"no attribute {args[1]}") from None
            raise
        here: dict[str, Callable[..., Any]] = {"getattr": getattr, "divmod": divmod}
        return here[operation](*given) if operation in here else getattr(operator, operation)(*given)

    # --- from there to here

    def read(self, document: Any, shared: Shared | None = None) -> Any:
        """Return the value of a document from the student's process; raise BadFrame if it is none.

        ``shared`` holds what of the check's own objects may come back.
        """
        return codec.unpack(document, self._stand_in, rich=True, shared=shared)

    def put(self, changes: Any, shared: Shared) -> None:
        """Put into the check's own objects what a function of the student's has put into its copies of them.

        Raises
        ------
        BadFrame
            If that is no such thing.
        ValueError
            If an object cannot hold it.
        """
        if type(changes) is not list or len(changes) > len(shared.objects):
            raise codec.BadFrame("no changes")
        try:
            for number, content in changes:
                put_into(shared.objects[number], self.read(codec.read_body(content), shared))
        except (TypeError, KeyError, AttributeError, RuntimeError) as error:
            raise codec.BadFrame(f"no change: {error}") from None

    def _stand_in(self, handle: int, kind: str, called: str, is_callable: bool) -> Any:
        if handle < 0:
            raise codec.BadFrame("a handle of nobody's")
        if kind == "module" and _is_tame(called) and called in sys.modules:
            return sys.modules[called]
        if handle not in self.stand_ins:
            made = self._class(kind, is_callable)(self, handle)
            self.stand_ins[handle] = made
            if kind == "type" and (base := self._exception_base(made)):
                self.stand_ins[handle] = self._exception_class(handle, called, base, made)
        return self.stand_ins[handle]

    def _class(self, kind: str, is_callable: bool) -> type:
        """Return the class of stand-ins for objects of a kind, so that ``type(x).__name__`` says what it should."""
        key = (kind if kind.isidentifier() else "object", is_callable)
        if key not in self.classes:
            base = (FunctionStandIn if kind in FUNCTIONS else CallableStandIn) if is_callable else StandIn
            theirs = {name: property(partial(_use_of, name)) for name in ("__doc__", "__module__")}
            self.classes[key] = codec.StandInKind(key[0], (base,), {"__slots__": (), **theirs})
        return self.classes[key]

    def about(self, stand_in: Any) -> tuple[list[str], list[str]]:
        """Return the classes of an object, and its own bases if it is a class: ``"module:name"``."""
        known: tuple[list[str], list[str]] | None = object.__getattribute__(stand_in, "_course_known")
        if known is None:
            said = self.use("about", [stand_in], {})
            lists = [[str(name) for name in one] for one in said] if type(said) is list and len(said) == 2 else [[], []]
            known = (lists[0], lists[1])
            object.__setattr__(stand_in, "_course_known", known)
        return known

    def class_of(self, stand_in: Any) -> type:
        """Return a class that says which known classes an object belongs to: for ``isinstance(x, dict)``."""
        known = [found for name in self.about(stand_in)[0] if (found := known_class(name))]
        base = next((one for one in known if one is not object), None)
        if base is None:
            return type(stand_in)
        if _is_tame(base.__module__) and self.about(stand_in)[0][0] == f"{base.__module__}:{base.__qualname__}":
            return base
        return _as_subclass(type(stand_in).__name__, base)

    # --- comparing

    def data_of(self, stand_in: Any) -> Any:
        """Return the data that an object is; raise TypeError if it is none."""
        found = self.use("data", [stand_in], {})
        if is_stand_in(found):
            raise TypeError("that is no data")
        return found

    def equal(self, one: Any, other: Any) -> bool:
        """Compare an object with data, or with another object: here, whatever its class says of equality."""
        if one is other:
            return True
        try:
            if not is_stand_in(other):
                return _true(self.data_of(one) == other)
            if _handle(one) == _handle(other) and other is self.stand_ins.get(_handle(one)):
                return True
            if self.use("eq", [one, other], {}) is not True or self.about(one)[0] != self.about(other)[0]:
                return False
            mine, others = self.use("attributes", [one], {}), self.use("attributes", [other], {})
            if type(mine) is dict and mine and mine.keys() == others.keys():
                return all(_true(mine[name] == others[name]) for name in mine)
            return _true(self.data_of(one) == self.data_of(other))
        except (TypeError, ValueError, AttributeError):
            return False

    # --- exceptions

    def _exception_base(self, stand_in: Any) -> type | None:
        own = self.about(stand_in)[1]
        return next((found for name in own if (found := _known_exception(name))), None)

    def _exception_class(self, handle: int, called: str, base: type, stand_in: Any) -> type:
        """Return a class of exceptions for one of the student's, below those that stand for its bases."""
        if handle not in self.exceptions:
            name = called if called.isidentifier() else "Error"
            self.exceptions[handle] = type(name, (base,), {CLASS_HANDLE: handle})  # until its bases are known
            said = self.use("getattr", [stand_in, "__bases__"], {})
            bases = [one for one in said if isinstance(one, type) and issubclass(one, Exception)]
            if any(CLASS_HANDLE in vars(one) for one in bases if one is not self.exceptions[handle]):
                self.exceptions[handle] = type(name, (bases[0],), {CLASS_HANDLE: handle})
        return self.exceptions[handle]

    def error_of(self, said: Any) -> Exception:
        """Return an exception as the student's process told of it, to be raised here."""
        kinds = [str(kind)[:200] for kind in said["kinds"]][:50]
        base = next((found for kind in kinds if (found := _known_exception(kind))), Exception)
        kind = base
        if kinds[0] != f"{base.__module__}:{base.__qualname__}":
            number, _, called, _ = said["class"]
            found = self._stand_in(int(number), "type", str(called)[:100], True)
            kind = found if isinstance(found, type) and issubclass(found, Exception) else base
        make: Any = kind.__new__
        error: Exception = make(kind)
        args = self.read(said["args"])
        error.args = args if type(args) is tuple and args else ((str(said["text"]),) if said["text"] else ())
        carried = self.read(said["carried"])
        for name, value in carried.items() if type(carried) is dict else ():
            if isinstance(name, str) and not name.startswith("_") and not hasattr(Exception, name):
                setattr(error, name, value)
        if isinstance(error, SystemExit):
            error.code = error.args[0] if error.args else None
        setattr(error, MARK, (str(said["text"])[:2_000], str(said["line"])[:200]))
        return error

    # --- from here to there

    def write(self, value: Any, shared: Shared | None = None) -> Any:
        """Return a value as a document for the student's process; ``shared`` takes what of it can be changed there.

        Raises
        ------
        CannotCross
            For an object of the check's own that is neither data nor a function.
        """
        try:
            return codec.pack(value, self._lend, rich=True, shared=shared)
        except CannotCross:
            raise
        except (TypeError, codec.TooLarge) as error:
            raise CannotCross(str(error)) from None

    def _lend(self, value: Any) -> tuple[int, str, str, bool]:
        if is_stand_in(value):
            return _handle(value), "", "", False
        if isinstance(value, type) and isinstance(handle := vars(value).get(CLASS_HANDLE), int):
            return handle, "", "", False
        if where := _name_in_library(value):
            return 0, LIBRARYS, where, True
        if callable(value) and not isinstance(value, type):
            self.lent.append(value)
            return -len(self.lent), "function", str(getattr(value, "__name__", ""))[:100], True
        raise CannotCross(f"{type(value).__name__} of a check cannot be handed to a student's code")

    def call_lent(self, number: Any, args: Any, kwargs: Any) -> list[Any]:
        """Run a function of the check's own for the student's process; return what to reply."""
        if type(number) is not int or not 0 <= number < len(self.lent):
            raise codec.BadFrame("a function of nobody's")
        try:
            given, options = self.read(args), self.read(kwargs)
            return ["returns", self.write(self.lent[number](*given, **options))]
        except (codec.BadFrame, CannotCross):
            raise
        except Exception as error:
            return ["raises", type(error).__name__, codec.pack([str(error)[:500]])]


def _told_to(operation: str, args: list[Any]) -> str:
    """Return in a word what an object is asked that it could answer to please a check; "" for all else."""
    if operation == "getattr":
        return "" if args[1] in EVERYBODYS else f".{args[1]}"
    is_arithmetic = operation in ARITHMETIC and not all(map(is_stand_in, args))
    return operation if is_arithmetic else ""


def _true(found: Any) -> bool:
    """Return the truth of a comparison; an array's is that of all its elements."""
    return bool(found.all()) if hasattr(found, "all") and not is_stand_in(found) else found is True or found == 1


_STANDARD = (
    "builtins types abc collections copy dataclasses datetime decimal enum fractions functools itertools math cmath "
    "numbers operator random re statistics string textwrap time typing unittest calendar heapq bisect json csv"
)
TAME = frozenset((*LIBRARIES, *_STANDARD.split()))
UNNAMED = {  # classes that stand under no name of builtins: of functions, of generators
    f"{kind.__module__}:{kind.__qualname__}": kind for kind in vars(types).values() if isinstance(kind, type)
}


def known_class(name: str) -> type | None:
    """Return a class that is imported here anyway, by ``"module:name"``. Nothing is imported for it."""
    if name in UNNAMED:
        return UNNAMED[name]
    module, _, qualified = name.partition(":")
    if module.split(".")[0] not in (*LIBRARIES, "builtins") and module.split(".")[0] not in sys.stdlib_module_names:
        return None
    found: Any = sys.modules.get(module)
    for part in qualified.split("."):
        found = vars(found).get(part) if found is not None and hasattr(found, "__dict__") else None
    return found if isinstance(found, type) else None


_subclasses: dict[tuple[str, type], type] = {}


def _as_subclass(name: str, base: type) -> type:
    """Return a class below a known one of which nothing can be made here; the known one where it has no subclasses."""
    key = (name, base)
    if key not in _subclasses:
        try:
            _subclasses[key] = type(base)(name, (base,), {"__new__": _refuse})
        except Exception:
            _subclasses[key] = base if _is_tame(base.__module__) else object
    return _subclasses[key]


def _refuse(kind: type, *_args: Any, **_options: Any) -> Any:
    raise TypeError(f"a {kind.__name__} cannot be made here")


def _known_exception(name: str) -> type | None:
    found = known_class(name)
    return found if found is not None and issubclass(found, (Exception, SystemExit)) else None


def _name_in_library(value: Any) -> str:
    """Return where a function, class or module of a library stands; "" if it is none."""
    if isinstance(value, type(sys)):
        return f"{value.__name__}:" if _is_library(value.__name__) else ""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    module = getattr(value, "__module__", None) or _module_of_ufunc(value)
    if not isinstance(name, str) or not isinstance(module, str) or not _is_library(module):
        return ""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is value else ""


def _module_of_ufunc(value: Any) -> str:
    numpy = sys.modules.get("numpy")
    return "numpy" if numpy is not None and isinstance(value, numpy.ufunc) else ""


def _is_tame(module: str) -> bool:
    """Tell whether a module does nothing to this machine, whatever a check calls in it with what a student chose."""
    return module.split(".")[0] in TAME


def _is_library(module: str) -> bool:
    top = module.split(".")[0]
    return top != "__main__" and (top in sys.stdlib_module_names or top in LIBRARIES or top == "builtins")


# --- random generators


def generator_states() -> dict[str, Any]:
    """Return the states of the random generators of this process, as data."""
    version, numbers, gauss = random.getstate()
    states: dict[str, Any] = {"python": [version, list(numbers), gauss]}
    if numpy := sys.modules.get("numpy"):
        name, keys, place, has_gauss, cached = numpy.random.get_state()
        states["numpy"] = (name, keys, int(place), int(has_gauss), float(cached))
    if torch := sys.modules.get("torch"):
        states["torch"] = torch.get_rng_state()
    return states


def same_states(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether the generators stand where they stood."""
    return repr([_digest(one[name]) for name in sorted(one)]) == repr([_digest(other[name]) for name in sorted(other)])


def _digest(state: Any) -> Any:
    if isinstance(state, (list, tuple)):
        return [_digest(item) for item in state]
    return (
        state.tobytes() if hasattr(state, "tobytes") else state.numpy().tobytes() if hasattr(state, "numpy") else state
    )


# --- files


@dataclass
class SharedFiles:
    """The folder in which a check runs, and the student's working folder: the same files in both.

    Parameters
    ----------
    folder
        Of the check.
    """

    folder: Path
    known: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, found: Any) -> None:
        """Write what the student's process has sent; names that lead out of the folder are left out."""
        if type(found) is not dict:
            raise codec.BadFrame("no files")
        for name, content in found.items():
            path = self.folder / str(name)
            if type(content) is not bytes or ".." in path.parts or not path.is_relative_to(self.folder):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            about = path.stat()
            self.known[str(name)] = (about.st_mtime_ns, about.st_size)
