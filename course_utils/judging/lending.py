"""What a rescue lends: it serves the cells that follow an exercise, and is no answer to the exercise itself."""

from typing import Any, TypeVar

Lent = TypeVar("Lent")


def lent(one: Lent) -> Lent:
    """Mark a function or a class as lent, and return it."""
    setattr(one, _MARK, True)
    return one


def is_lent(one: Any) -> bool:
    """Tell whether a function is lent, or a class or one of those that it is made from. Its objects are not."""
    if isinstance(one, type):
        return any(_MARK in vars(each) for each in one.__mro__)
    return type(one) is _FUNCTION and _MARK in vars(one)


_MARK = "is_lent_by_the_course"
_FUNCTION = type(is_lent)
