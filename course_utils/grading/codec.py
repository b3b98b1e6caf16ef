"""Plain data between the student's process and the checks: values to bytes and back, with nothing that can run.

Only builtin types, and NumPy arrays and PyTorch tensors of known number types, cross by value; a dict, list or tuple of
a class of its own (a named tuple) crosses as Python's own, a fraction or a decimal number as an int or float. Anything
else crosses as a handle: a number that means something in the student's process only, with the name of its type. There
is no pickle here, every frame has a limit, and what is read is believed only after it was looked at.

A frame is a length (4 bytes, big-endian) and a msgpack document. A value in it is a scalar or a map with one entry,
whose key says what it is (`_READERS` below).
"""

import decimal
import fractions
import math
import struct
import sys
from collections.abc import Callable
from typing import Any

import msgpack

from course_utils.grading import library_values
from course_utils.grading.sharing import Shared, is_changeable

MAX_FRAME = 64 << 20  # bytes
MAX_NODES = 200_000  # values in one frame
MAX_ITEMS = 6 * MAX_NODES  # scalars, lists and maps in one frame: a value may take as many, as an entry of a dict does
MAX_KEYS = 10_000  # in one dict or set: keys can be chosen so that each is compared with every other
MAX_DEPTH = 40
MAX_INT_BITS = 4096
FLOATS = ("float16", "float32", "float64", "complex64", "complex128")
NUMPY_TYPES = frozenset(("bool", *FLOATS, *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))))
TORCH_TYPES = NUMPY_TYPES - {"uint16", "uint32", "uint64"} | {"bfloat16"}
NATIVE = (type(None), bool, float, str, bytes)


class TooLarge(ValueError):
    """A value that is larger, longer or deeper than may cross."""


class BadFrame(ValueError):
    """Bytes that are no frame, or a value that is none of ours."""


Keep = Callable[[Any], tuple[int, str, str, bool]]  # object -> handle, type name, own name, callable?
Make = Callable[[int, str, str, bool], Any]


class StandInKind(type):
    """The class of classes whose objects stand for one in another process: they cross as a handle, unlooked at."""


# --- frames


def frame(document: Any) -> bytes:
    """Return a document (lists, maps with text keys, scalars) as a frame.

    Raises
    ------
    TooLarge
        Above :data:`MAX_FRAME`.
    """
    body: bytes = msgpack.packb(document, unicode_errors="surrogatepass")
    if len(body) > MAX_FRAME:
        raise TooLarge(f"{len(body) >> 20} MB are more than the {MAX_FRAME >> 20} MB that may cross")
    return struct.pack(">I", len(body)) + body


def read_body(body: bytes) -> Any:
    """Return the document of a frame's body. Its items are counted before anything is built from them.

    Raises
    ------
    BadFrame
        If it is none, or has too many items.
    """
    try:
        _count_items(body)
        return msgpack.unpackb(body, unicode_errors="surrogatepass", strict_map_key=True)
    except BadFrame:
        raise
    except (ValueError, TypeError, RecursionError, IndexError, MemoryError, msgpack.UnpackException) as error:
        raise BadFrame(f"not a document: {type(error).__name__}") from None


def _count_items(body: bytes) -> None:
    """Walk over a document's heads and raise `BadFrame` where it claims more items than may be, or than there are.

    The library makes room for as many as a list claims to have, and a list of an empty list takes a byte here and 56
    in memory.
    """
    place, items, expected, size = 0, 0, 1, len(body)
    while items < expected:
        if place >= size:
            raise BadFrame("a document that breaks off")
        head = body[place]
        if head <= 0x7F or head >= 0xE0:  # small numbers
            skip = more = 0
        elif head <= 0x8F:
            skip, more = 0, 2 * (head & 0x0F)
        elif head <= 0x9F:
            skip, more = 0, head & 0x0F
        elif head <= 0xBF:
            skip, more = head & 0x1F, 0
        else:
            skip, more = _skip(head, body, place)
        place, items, expected = place + 1 + skip, items + 1, expected + more
        if expected > MAX_ITEMS:
            raise BadFrame("too many values")


def _skip(head: int, body: bytes, place: int) -> tuple[int, int]:
    """Return how many bytes follow a head of more than a byte, and how many items it announces."""
    fixed, width, each = _HEADS.get(head, (-1, 0, 0))
    if fixed < 0:
        raise BadFrame("an unknown kind of item")
    length = int.from_bytes(body[place + 1 : place + 1 + width], "big")
    return (width, each * length) if each else (fixed + width + (length if width else 0), 0)


_HEADS: dict[int, tuple[int, int, int]] = {  # by head: bytes that follow, bytes of a length, items for each of it
    **dict.fromkeys((0xC0, 0xC2, 0xC3), (0, 0, 0)),
    **{0xC4 + power: (0, 1 << power, 0) for power in range(3)},  # bytes
    **{0xC7 + power: (1, 1 << power, 0) for power in range(3)},  # extensions: none of ours, and refused as values
    **{0xCA: (4, 0, 0), 0xCB: (8, 0, 0)},
    **{start + power: (1 << power, 0, 0) for start in (0xCC, 0xD0) for power in range(4)},  # whole numbers
    **{0xD4 + power: (1 + (1 << power), 0, 0) for power in range(5)},
    **{0xD9 + power: (0, 1 << power, 0) for power in range(3)},  # texts
    **{0xDC: (0, 2, 1), 0xDD: (0, 4, 1), 0xDE: (0, 2, 2), 0xDF: (0, 4, 2)},
}


# --- writing values


def pack(value: Any, keep: Keep | None = None, *, rich: bool = False, shared: Shared | None = None) -> Any:
    """Return a value as a document.

    Parameters
    ----------
    keep
        Gives a handle to an object that is not plain data. Without it such an object is refused.
    rich
        Let the values of :mod:`course_utils.grading.library_values` cross as what they are.
    shared
        What of it the other side shall know again when it comes back.

    Raises
    ------
    TooLarge
        Above the limits on values, depth or bytes. A list that contains itself is too deep.
    TypeError
        For an object that is not plain data, without ``keep``.
    """
    return _Writer(keep, rich, shared).write(value, 0)


class _Writer:
    def __init__(self, keep: Keep | None, rich: bool, shared: Shared | None) -> None:
        self.keep, self.rich, self.shared, self.nodes, self.size = keep, rich, shared, 0, 0

    def write(self, value: Any, depth: int) -> Any:
        kind = type(value)
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise TooLarge(f"more than {MAX_NODES} values, or lists in lists {MAX_DEPTH} deep")
        if type(kind) is StandInKind:
            return self._write_handle(value)
        if kind in NATIVE:
            self._add(len(value) if kind in (str, bytes) else 8)
            return value
        if kind is int:
            return self._write_int(value)
        if self.shared is not None and is_changeable(kind):
            return self._write_shared(self.shared, value, kind, depth)
        return self._write_plain(value, kind, depth)

    def _write_shared(self, shared: Shared, value: Any, kind: type, depth: int) -> Any:
        """Write the number of an object that is known, else its content, with a new number where those are given."""
        known = shared.numbers.get(id(value))
        if known is not None and value is not shared.looked_at:
            return {"shared": [known]}
        if known is not None or not shared.takes(value):
            return self._write_plain(value, kind, depth)
        number = shared.add(value)
        return {"shared": [number, self._write_plain(value, kind, depth)]}

    def _write_plain(self, value: Any, kind: type, depth: int) -> Any:
        if kind in _CONTAINERS:
            return {_CONTAINERS[kind]: [self.write(item, depth + 1) for item in list(value)]}
        if kind is dict:
            pairs = [(self.write(k, depth + 1), self.write(v, depth + 1)) for k, v in list(value.items())]
            return {"dict": [list(pair) for pair in pairs]}
        written = self._write_small(value, kind) or self._write_array(value, kind)
        if self.rich:  # an object of a class of its own can do more than its data say
            return written or self._write_library_value(value, kind, depth) or self._write_handle(value)
        return written or self._write_of_own_class(value, kind, depth) or self._write_handle(value)

    def _write_library_value(self, value: Any, kind: type, depth: int) -> Any:
        """Write a value of a known library; as a handle what is not plain in the end, however that shows."""
        shared = self.shared
        self.shared = None if str(kind.__module__).startswith("pandas") else shared  # a frame's arrays are its own
        try:
            return library_values.write(value, kind, lambda item: self.write(item, depth + 1))
        except TooLarge:
            raise
        except Exception:
            return None
        finally:
            self.shared = shared

    def _write_of_own_class(self, value: Any, kind: type, depth: int) -> Any:
        """Write a dict, list or tuple of a class of its own (a named tuple), or a fraction, as Python's own."""
        if kind in (decimal.Decimal, fractions.Fraction):
            return self._write_fraction(value)
        if issubclass(kind, dict):
            return self.write(dict(dict.items(value)), depth)
        if issubclass(kind, list):
            return self.write(list(list.__iter__(value)), depth)
        return self.write(tuple(tuple.__iter__(value)), depth) if issubclass(kind, tuple) else None

    def _add(self, size: int) -> None:
        self.size += size
        if self.size > MAX_FRAME:
            raise TooLarge(f"more than {MAX_FRAME >> 20} MB")

    def _write_int(self, value: int) -> Any:
        if -(2**63) <= value < 2**64:
            return value
        return {"int": hex(value)} if value.bit_length() <= MAX_INT_BITS else self._write_handle(value)

    def _write_fraction(self, value: Any) -> Any:
        """Write a fraction or a decimal number as an int or a float; None if it is neither finite nor short."""
        try:
            number = float(value)
            return int(value) if value == int(value) and abs(number) < 2**53 else number
        except (ArithmeticError, ValueError):
            return None

    def _write_small(self, value: Any, kind: type) -> dict[str, Any] | None:
        if kind is complex:
            return {"complex": [value.real, value.imag]}
        if value is ...:
            return {"ellipsis": 0}
        if kind in (range, slice):
            numbers = [value.start, value.stop, value.step]
            if all(type(n) in (int, type(None)) and (n is None or abs(n) < 2**62) for n in numbers):
                return {kind.__name__: numbers}
        return None

    def _write_array(self, value: Any, kind: type) -> dict[str, Any] | None:
        numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
        if numpy is not None and (kind is numpy.ndarray or isinstance(value, numpy.generic)):
            return self._write_numpy(numpy, value)
        if torch is not None and kind in (torch.Tensor, torch.nn.Parameter):
            return self._write_tensor(torch, value)
        if torch is not None and kind is torch.Size:
            return {"size": [int(number) for number in value]}
        if torch is not None and kind is torch.dtype:
            return {"dtype": str(value).removeprefix("torch.")}
        return None

    def _write_numpy(self, numpy: Any, value: Any) -> dict[str, Any] | None:
        key = "array" if isinstance(value, numpy.ndarray) else "number"
        if value.dtype == numpy.longdouble:
            value = value.astype(numpy.float64)
        name = value.dtype.name
        if name not in NUMPY_TYPES:
            return None
        self._add(value.nbytes)
        plain = numpy.asarray(value, dtype=value.dtype.newbyteorder("="))
        return {key: [name, list(value.shape), plain.tobytes()]}

    def _write_tensor(self, torch: Any, value: Any) -> dict[str, Any] | None:
        name = str(value.dtype).removeprefix("torch.")
        if value.layout != torch.strided or value.device.type == "meta" or name not in TORCH_TYPES:
            return None
        self._add(value.numel() * max(value.element_size(), 4))
        plain = value.detach().as_subclass(torch.Tensor).cpu().resolve_conj().resolve_neg()
        data = (plain.float() if name == "bfloat16" else plain).contiguous().numpy().tobytes()
        return {"tensor": [name, list(value.shape), data, bool(value.requires_grad)]}

    def _write_handle(self, value: Any) -> dict[str, Any]:
        if self.keep is None:
            raise TypeError(f"{type(value).__name__} is not plain data")
        return {"handle": list(self.keep(value))}


_CONTAINERS: dict[type, str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset"}


# --- reading values


def unpack(document: Any, make: Make | None = None, *, rich: bool = False, shared: Shared | None = None) -> Any:
    """Return the value that :func:`pack` wrote.

    Parameters
    ----------
    make
        Makes what stands for a handle; without it a handle is refused.
    rich
        Whether the values of :mod:`course_utils.grading.library_values` may come.
    shared
        Takes what comes with a number, while it is open; gives what comes as a number alone.

    Raises
    ------
    BadFrame
        If the document is not one that :func:`pack` could have written.
    """
    try:
        return _Reader(make, rich, shared).read(document, 0)
    except BadFrame:
        raise
    except Exception as error:  # whatever a hostile document makes numpy, torch or Python say
        raise BadFrame(f"not a value: {type(error).__name__}") from None


class _Reader:
    def __init__(self, make: Make | None, rich: bool, shared: Shared | None) -> None:
        self.make, self.rich, self.shared, self.nodes = make, rich, shared, 0

    def read(self, document: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > 2 * MAX_NODES or depth > MAX_DEPTH + 1:
            raise BadFrame("too many values")
        if type(document) in NATIVE or type(document) is int:
            return document
        if type(document) is not dict or len(document) != 1:
            raise BadFrame("not a value")
        ((kind, body),) = document.items()
        if self.rich and kind in library_values.READERS:
            return library_values.read(kind, body, lambda item: self.read(item, depth + 1), self.few)
        if kind not in _READERS:
            raise BadFrame("unknown kind of value")
        return _READERS[kind](self, body, depth + 1)

    def items(self, body: list[Any], depth: int) -> list[Any]:
        if type(body) is not list:
            raise BadFrame("not a list")
        return [self.read(item, depth) for item in body]

    def few(self, body: Any) -> list[Any]:
        """Return a list of keys, or of pairs, that is not too long: keys can be chosen so that each meets every other.

        Checks in ordinary Python may count words by the ten thousand; the time of a check bounds them.
        """
        if type(body) is not list or len(body) > (MAX_NODES if self.rich else MAX_KEYS):
            raise BadFrame("too many keys")
        return body

    def read_dict(self, body: list[Any], depth: int) -> dict[str, Any]:
        return {self.read(key, depth): self.read(value, depth) for key, value in self.few(body)}

    def read_int(self, body: str, depth: int) -> int:
        if len(body) > MAX_INT_BITS // 4 + 3:
            raise BadFrame("too long a number")
        return int(body, 16)

    def read_complex(self, body: list[Any], depth: int) -> complex:
        real, imaginary = body
        return complex(float(real), float(imaginary))

    def read_array(self, body: list[Any], depth: int) -> Any:
        import numpy as np

        name, shape, data = body
        if name not in NUMPY_TYPES or type(data) is not bytes:
            raise BadFrame("not an array")
        return np.frombuffer(data, dtype=name).reshape(_shape(shape)).copy()

    def read_number(self, body: list[Any], depth: int) -> Any:
        return self.read_array(body, depth)[()]

    def read_tensor(self, body: list[Any], depth: int) -> Any:
        import torch

        name, shape, data, wants_gradient = body
        if name not in TORCH_TYPES:
            raise BadFrame("not a tensor")
        array = self.read_array(["float32" if name == "bfloat16" else name, shape, data], depth)
        tensor = torch.from_numpy(array).to(getattr(torch, name))
        return tensor.requires_grad_() if wants_gradient is True and tensor.is_floating_point() else tensor

    def read_size(self, body: list[Any], depth: int) -> Any:
        import torch

        return torch.Size(_shape(body))

    def read_dtype(self, body: str, depth: int) -> Any:
        import torch

        if body not in TORCH_TYPES:
            raise BadFrame("unknown dtype")
        return getattr(torch, body)

    def read_shared(self, body: list[Any], depth: int) -> Any:
        number, *content = body
        if self.shared is None or type(number) is not int or len(content) > 1:
            raise BadFrame("nothing is shared here")
        if content and self.shared.open:
            self.shared.add(self.read(content[0], depth), number)
        elif content:
            raise BadFrame("a number that is not given here")
        return self.shared.objects[number]

    def read_handle(self, body: list[Any], depth: int) -> Any:
        number, kind, called, is_callable = body
        if self.make is None or type(number) is not int:
            raise BadFrame("a handle is not expected here")
        return self.make(number, str(kind)[:100], str(called)[:100], is_callable is True)


def _shape(shape: Any) -> tuple[int, ...]:
    if type(shape) is not list or len(shape) > 32 or any(type(side) is not int or side < 0 for side in shape):
        raise BadFrame("not a shape")
    if math.prod(shape) > MAX_FRAME:
        raise BadFrame("too large a shape")
    return tuple(shape)


def _numbers(body: Any) -> list[Any]:
    if type(body) is not list or len(body) != 3 or any(type(n) not in (int, type(None)) for n in body):
        raise BadFrame("not three numbers")
    return body


_READERS: dict[str, Callable[..., Any]] = {
    "list": _Reader.items,
    "tuple": lambda reader, body, depth: tuple(reader.items(body, depth)),
    "set": lambda reader, body, depth: set(reader.items(reader.few(body), depth)),
    "frozenset": lambda reader, body, depth: frozenset(reader.items(reader.few(body), depth)),
    "dict": _Reader.read_dict,
    "int": _Reader.read_int,
    "complex": _Reader.read_complex,
    "ellipsis": lambda reader, body, depth: ...,
    "range": lambda reader, body, depth: range(*_numbers(body)),
    "slice": lambda reader, body, depth: slice(*_numbers(body)),
    "array": _Reader.read_array,
    "number": _Reader.read_number,
    "tensor": _Reader.read_tensor,
    "size": _Reader.read_size,
    "dtype": _Reader.read_dtype,
    "shared": _Reader.read_shared,
    "handle": _Reader.read_handle,
}
