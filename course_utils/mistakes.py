"""Calls that cannot be meant, such as a hint that does not exist: a notebook shows one sentence, and no traceback."""

import inspect
import textwrap
from collections.abc import Callable
from functools import update_wrapper
from types import ModuleType
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
    def _short(self) -> str:
        return self.__name__.rpartition(".")[2]
