"""What a check hands to a student's function and the function can change: numbered, for both sides, while it runs.

A check that calls ``sort(numbers)`` and looks at ``numbers`` holds a list of its own; the function has another, in the
student's process. What that holds afterwards comes back as data, and is put into the first. Which of the check's
objects can be changed is decided on the check's side: those that it has just handed over, each to another content of
the same kind.
"""

import collections
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgpack

MOST_ITEMS = 20_000  # of all arguments together whose changes are followed
CHANGEABLE = {list, dict, set, bytearray, collections.deque} | {
    collections.Counter,
    collections.OrderedDict,
    collections.defaultdict,
}
LIBRARIES = {"ndarray": "numpy", "DataFrame": "pandas", "Series": "pandas", "Tensor": "torch"}


def is_changeable(kind: type) -> bool:
    """Tell whether objects of a class are data that a function can change."""
    name = kind.__name__
    return kind in CHANGEABLE or (name in LIBRARIES and str(kind.__module__).split(".")[0] == LIBRARIES[name])


@dataclass
class Shared:
    """Objects that two processes have in common while a function runs.

    Parameters
    ----------
    open
        Whether new numbers are given.
    looked_at
        The object whose content is written just now, and not its number.
    room
        Items that further objects may have.
    """

    open: bool = True
    looked_at: Any = None
    room: int = MOST_ITEMS
    objects: dict[int, Any] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)  # by identity

    def takes(self, value: Any) -> bool:
        """Tell whether an object gets a number."""
        self.room -= items_of(value) if self.open else 0
        return self.open and self.room >= 0

    def add(self, value: Any, number: int | None = None) -> int:
        """Give an object a number, or take it with the one that it has."""
        number = len(self.objects) if number is None else number
        self.objects[number], self.numbers[id(value)] = value, number
        return number

    def references(self) -> list[int]:
        """Return how many references there are to each object."""
        return [sys.getrefcount(value) for value in self.objects.values()]

    def contents(self, pack: Callable[[Any], Any]) -> dict[int, bytes]:
        """Return what each object holds just now, written by ``pack`` with the others as numbers."""
        self.open = False
        found: dict[int, bytes] = {}
        for number, value in self.objects.items():
            self.looked_at = value
            found[number] = msgpack.packb(pack(value), unicode_errors="surrogatepass")
        self.looked_at = None
        return found

    def changes(self, before: dict[int, bytes], pack: Callable[[Any], Any]) -> list[list[Any]]:
        """Return the objects that hold something else than before, with what they hold."""
        now = self.contents(pack)
        return [[number, content] for number, content in now.items() if content != before[number]]


def items_of(value: Any) -> int:
    """Return how many items an object has."""
    if type(value).__name__ == "Tensor":
        return int(value.numel())
    return 1 + int(value.size if type(value).__name__ in LIBRARIES else len(value))


def put_into(target: Any, new: Any) -> None:
    """Let an object hold what another of its class holds.

    Raises
    ------
    ValueError
        If it cannot.
    """
    kind = type(target)
    if type(new) is not kind:
        raise ValueError("another kind of object")
    if kind in (list, bytearray):
        target[:] = new
    elif kind.__name__ == "ndarray":
        if (target.shape, target.dtype) != (new.shape, new.dtype):
            raise ValueError("another kind of array")
        target[...] = new
    elif kind.__name__ == "Tensor":
        target.data.copy_(new)
    elif kind.__name__ in ("DataFrame", "Series"):
        target._update_inplace(new)
    else:
        target.clear()
        target.extend(new) if kind is collections.deque else target.update(new)
