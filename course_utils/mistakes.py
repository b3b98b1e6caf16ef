"""Calls that cannot be meant, such as a hint that does not exist: a notebook shows one sentence, and no traceback."""

import inspect
import textwrap
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

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


def called_as(example: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function that learners call by hand answer arguments that do not fit with an example of a call.

    Parameters
    ----------
    example
        In that of an exercise's method ``lab.NAME`` stands for the exercise.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*arguments: P.args, **named: P.kwargs) -> T:
            if not fits(function, *arguments, **named):
                exercise: Any = arguments[0] if "lab.NAME" in example else None
                shown = example.replace("lab.NAME", f"lab.{exercise.name()}") if exercise else example
                raise Mistake(f"{function.__name__} is called like this: {shown}")
            return function(*arguments, **named)

        return call

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
