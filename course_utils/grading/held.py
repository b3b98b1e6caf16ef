"""What a student's process gave away as data and holds on to: where a copy is not what the object would have been.

A check outside has copies. In a notebook it has the objects: what it does to one of them shows in every place where
that stands, and what a function does later to a list that it gave shows in the check's hands. Which objects that
concerns is noted here, beside student code; whoever hides it gets no more than whoever gives other data.
"""

import contextlib
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgpack

from course_utils.grading.sharing import is_changeable

MOST = 5_000  # objects in one value that are looked at
MOST_KEPT = 500  # values whose changes are noticed
Pack = Callable[[Any], Any]


def digest(value: Any, pack: Pack) -> int:
    """Return a number that says what an object holds just now, written by ``pack``."""
    return zlib.crc32(msgpack.packb(pack(value), unicode_errors="surrogatepass"))


def changeable_in(value: Any) -> Iterator[Any]:
    """Yield each object in a value that can be changed, the value among them, as often as it stands there."""
    waiting, seen = [value], 0
    while waiting and seen < MOST:
        one = waiting.pop()
        seen += 1
        kind = type(one)
        if kind in (list, tuple):
            waiting.extend(one[:MOST])
        elif kind is dict:
            waiting.extend(list(one.values())[:MOST])
        if is_changeable(kind):
            yield one


def memory_of(value: Any) -> tuple[str, int]:
    """Return whose memory an object's content is: its own, that of the array of which it is a view, or a storage."""
    if type(value).__name__ == "Tensor":
        with contextlib.suppress(Exception):  # a sparse one has no single storage
            return "storage", value.untyped_storage().data_ptr()
    while type(value).__name__ == "ndarray" and type(value.base).__name__ == "ndarray":
        value = value.base
    return "object", id(value)


def _references(value: Any) -> list[int]:
    return [sys.getrefcount(one) for one in changeable_in(value)]


def _nobody_elses() -> tuple[int, int]:
    """Return how many references there are to a value, and to an object in it, that nobody else has."""

    def look(value: Any) -> list[int]:
        return _references(value)

    value: Any = [[]]
    top, inner = look(value)
    return top, inner


ALONE, ALONE_IN_IT = _nobody_elses()


@dataclass
class Held:
    """What was given away by name, or by a function, and is still there.

    Parameters
    ----------
    pack
        Writes a value as a document.
    """

    pack: Pack
    names: dict[str, Any] = field(default_factory=dict)
    kept: list[tuple[Any, int]] = field(default_factory=list)
    given: dict[tuple[str, int], Any] = field(default_factory=dict)  # by memory; what is kept here is not made anew

    def note_name(self, name: str, value: Any) -> bool:
        """Note the value of a name; tell whether something in it stands in another place, too."""
        self.names[name] = value
        self._keep(value)
        return self._stands_twice(value)

    def note_result(self, value: Any) -> bool:
        """Note what came of a use; tell whether something in it stands in another place, too."""
        found = _references(value)
        most = [ALONE if is_changeable(type(value)) else ALONE_IN_IT] + [ALONE_IN_IT] * len(found)
        if not found or all(count <= alone for count, alone in zip(found, most, strict=False)):
            return False
        self._keep(value)
        self._stands_twice(value)
        return True

    def _keep(self, value: Any) -> None:
        if len(self.kept) < MOST_KEPT and next(changeable_in(value), self) is not self:
            with contextlib.suppress(Exception):  # an object that breaks when it is looked at again
                self.kept.append((value, digest(value, self.pack)))

    def _stands_twice(self, value: Any) -> bool:
        twice = False
        for one in changeable_in(value):
            memory = memory_of(one)
            twice = twice or memory in self.given
            self.given[memory] = one
        return twice

    def has_changed(self, names: dict[str, Any]) -> bool:
        """Tell whether something that was given away holds something else by now, or a name another object."""
        return any(names.get(name, self) is not value for name, value in self.names.items()) or any(
            digest(value, self.pack) != before for value, before in self.kept
        )
