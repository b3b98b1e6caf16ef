"""Calls that cannot be meant, such as a hint that does not exist: a notebook shows one sentence, and no traceback.

Most of it is said by what is called. Python itself refuses the rest, such as brackets behind data
(``lab.two_words.question()``) or an index behind a function (``lab.two_words.hint[0]``): :func:`listen` lets a notebook
look at a TypeError that a cell of the learner's raised, and say what is meant if something of ours stands there.
"""

import ast
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import update_wrapper
from types import FrameType, ModuleType, TracebackType
from typing import Any, ParamSpec, TypeVar, cast

WIDTH = 72  # characters; notebooks break longer lines of an error inside words

P = ParamSpec("P")
T = TypeVar("T")


def in_lines(sentence: str) -> list[str]:
    """Return a sentence in lines that end at spaces."""
    return textwrap.wrap(sentence, WIDTH, break_long_words=False, break_on_hyphens=False)


class Mistake(ValueError):
    """A slip in calling us. Its message says what was wanted and what came."""

    def _render_traceback_(self) -> list[str]:
        return in_lines(str(self))


class NoSuchName(AttributeError):
    """A name that there is not, such as that of an exercise."""

    def _render_traceback_(self) -> list[str]:
        return in_lines(str(self))


def fits(function: Callable[..., Any], *arguments: Any, **named: Any) -> bool:
    """Tell whether a function can be called with some arguments."""
    try:
        inspect.signature(function).bind(*arguments, **named)
    except TypeError:
        return False
    return True


class Called:
    """A function that learners call by hand: arguments that do not fit, or no brackets, are answered by an example.

    Parameters
    ----------
    function
        The function, or the method of an exercise.
    example
        Of a call. In that of an exercise's method ``lab.NAME`` stands for the exercise.
    owner
        What a method belongs to.
    """

    def __init__(self, function: Callable[..., Any], example: str, owner: Any = None) -> None:
        update_wrapper(self, function)
        self._function, self._example, self._owner = function, example, owner

    def __get__(self, owner: Any, _kind: type | None = None) -> "Called":
        return self if owner is None else Called(self._function, self._example, owner)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the function, if the arguments fit it."""
        given = arguments if self._owner is None else (self._owner, *arguments)
        if not fits(self._function, *given, **named):
            raise Mistake(self._sentence(given[0] if given else None))
        return self._function(*given, **named)

    @property
    def meant(self) -> str:
        """How it is called, in a sentence."""
        return self._sentence(self._owner)

    def _sentence(self, owner: Any) -> str:
        shown = self._example.replace("lab.NAME", f"lab.{owner.name()}") if self._is_method else self._example
        return f"{self._function.__name__} is called like this: {shown}"

    @property
    def _is_method(self) -> bool:
        return "lab.NAME" in self._example

    def __repr__(self) -> str:
        return repr(self._function) if self._is_method and self._owner is None else self._sentence(self._owner)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no {name}")
        raise NoSuchName(repr(self))

    @property
    def __signature__(self) -> inspect.Signature:
        """The signature without what a method belongs to."""
        whole = inspect.signature(self._function)
        return whole if self._owner is None else whole.replace(parameters=list(whole.parameters.values())[1:])


def called_as(example: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function that learners call by hand answer what does not fit with an example, see :class:`Called`."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        return cast("Callable[P, T]", Called(function, example))

    return decorate


class Listed(tuple[T, ...]):
    """Data of an exercise that has almost the name of a word: calling it says which word is meant."""

    meant = ""

    def __call__(self, *_arguments: Any, **_named: Any) -> None:
        """Say which word is meant."""
        raise Mistake(self.meant)


class Spoken(ModuleType):
    """A module whose functions learners call by hand: calling the module itself, or a name that it has not, is told.

    A module becomes one by ``sys.modules[__name__].__class__ = Spoken``; its ``SPOKEN`` holds what to call.
    """

    SPOKEN: str

    def __call__(self, *_arguments: Any, **_named: Any) -> None:
        raise Mistake(f"{self._short} is no function; call {self.SPOKEN}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        raise NoSuchName(f"{self._short} has no {name}; call {self.SPOKEN}")

    @property
    def meant(self) -> str:
        """What is called in place of the module, in a sentence."""
        return f"{self._short} is no data; call {self.SPOKEN}"

    @property
    def _short(self) -> str:
        return self.__name__.rpartition(".")[2]


# --- what Python refuses by itself


def listen(shell: Any = None) -> None:
    """Let a notebook answer a TypeError of the learner's cells by what is meant, where something of ours is misused.

    Parameters
    ----------
    shell
        IPython's; that of this process if left out. Where there is none, nothing is done.
    """
    if shell is None and "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((TypeError,), _answer)


def _answer(
    shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: int | None = None
) -> None:
    """Show what is meant in place of a TypeError, or the error itself."""
    sentence = meant(trace)
    shown = (kind, error) if sentence is None else (Mistake, Mistake(sentence))
    shell.showtraceback((*shown, trace), tb_offset=tb_offset)


def meant(trace: TracebackType) -> str | None:
    """Return what is meant where something of ours is called, or used as data, and cannot be; None of anything else."""
    while trace.tb_next is not None:
        trace = trace.tb_next
    node = _failed(trace)
    if node is None:
        return None
    if isinstance(node, ast.Call) and (sentence := _of_brackets(node.func, trace.tb_frame)):
        return sentence
    parts = [*ast.iter_child_nodes(node), *(one.iter for one in getattr(node, "generators", ()))]
    return next(filter(None, (_of_data(part, trace.tb_frame) for part in parts)), None)


def _failed(trace: TracebackType) -> ast.AST | None:
    """Return the part of a text at which it failed; None where the text is not at hand."""
    code = trace.tb_frame.f_code
    line, last_line, start, end = list(code.co_positions())[trace.tb_lasti // 2]
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError):
        return None
    place = (line, last_line, start, end)
    return next((node for node in ast.walk(tree) if place in map(_place, _blamed(node))), None)


def _blamed(node: ast.AST) -> Iterator[ast.expr | ast.For]:
    """Yield where Python says that a part has failed: at itself, or at what a loop runs over, or at names to be set."""
    if isinstance(node, ast.expr | ast.For):
        yield node
    if isinstance(node, ast.For | ast.comprehension):
        yield node.iter
    elif isinstance(node, ast.Assign):
        yield from node.targets


def _place(node: ast.expr | ast.For) -> tuple[int | None, ...]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _of_brackets(called: ast.AST, frame: FrameType) -> str | None:
    """Return what is meant by brackets behind data of ours."""
    while isinstance(called, ast.Attribute | ast.Subscript):
        if isinstance(called, ast.Attribute):
            owner = _value(called.value, frame)
            if _is_ours(owner) and not callable(_value(called, frame)):
                other = getattr(owner, "instead", {}).get(called.attr)
                return other or f"{ast.unparse(called)} is no function: it is asked for without brackets"
        called = called.value
    value = _value(called, frame)
    if isinstance(called, ast.Name) and isinstance(value, ModuleType) and _is_ours(value):
        return f"{called.id} is no function: what it has follows a dot, and then come the brackets"
    if isinstance(called, ast.Name) and _is_ours(value):
        return f"{called.id} is no function: it is asked for without brackets"
    return None


def _of_data(part: ast.AST, frame: FrameType) -> str | None:
    """Return what is meant by something of ours that is used as data."""
    value = _value(part, frame)
    sentence = getattr(value, "meant", None) if _is_ours(value) else None
    return sentence if isinstance(sentence, str) else None


def _value(part: ast.AST, frame: FrameType) -> Any:
    """Return what a name stands for, or an attribute of something of ours; None of anything else: nothing is run."""
    if isinstance(part, ast.Name):
        places: tuple[Mapping[str, Any], ...] = (frame.f_locals, frame.f_globals)
        return next((place[part.id] for place in places if part.id in place), None)
    if isinstance(part, ast.Attribute):
        owner = _value(part.value, frame)
        return getattr(owner, part.attr, None) if _is_ours(owner) else None
    return None


def _is_ours(value: Any) -> bool:
    name = value.__name__ if isinstance(value, ModuleType) else type(value).__module__
    return name.partition(".")[0] == __name__.partition(".")[0]


listen()
