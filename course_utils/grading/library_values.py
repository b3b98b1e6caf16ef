"""Values of the standard library, NumPy and pandas that cross to a check in ordinary Python as what they are.

Beside what :mod:`course_utils.grading.codec` always takes: fractions, dates, counters, views of dicts, arrays of texts
and dates, frames and series. A check of this package's own gets none of them. What is read is built from plain data,
by constructors that run nothing that came along.
"""

import builtins
import collections
import datetime
import decimal
import fractions
import sys
from collections.abc import Callable
from typing import Any

MAX_DIGITS = 5_000  # of a fraction or a decimal number
MAX_COLUMNS = 2_000
FACTORIES = {"int": int, "list": list, "dict": dict, "set": set, "float": float, "str": str, "tuple": tuple}
BUILTIN_TYPES = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and kind.__name__ == name and kind is not type
}
WRITTEN_AS_TEXT: dict[type, str] = {
    fractions.Fraction: "fraction",
    decimal.Decimal: "decimal",
    datetime.datetime: "datetime",
    datetime.date: "date",
    datetime.time: "time",
}
READ_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "fraction": fractions.Fraction,
    "decimal": decimal.Decimal,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
}
VIEWS: dict[type, str] = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}

Write = Callable[[Any], Any]
Read = Callable[[Any], Any]


class NotPlain(Exception):
    """A value that does not cross as data after all."""


# --- writing


def write(value: Any, kind: type, write_value: Write) -> dict[str, Any] | None:
    """Return a value as a document; None if it is none of those that are known here.

    Parameters
    ----------
    value, kind
        The value, and its type.
    write_value
        Writes what is in it.
    """
    if kind in WRITTEN_AS_TEXT:
        return _write_text(value, kind)
    if kind is datetime.timedelta:
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    if kind is bytearray:
        return {"bytearray": bytes(value)}
    if isinstance(value, type) and BUILTIN_TYPES.get(value.__name__) is value:
        return {"type": value.__name__}
    if kind in VIEWS:
        pairs = list(value) if VIEWS[kind] != "keys" else [(key, None) for key in value]
        pairs = list(enumerate(pairs)) if VIEWS[kind] == "values" else pairs
        return {VIEWS[kind]: [[write_value(key), write_value(item)] for key, item in pairs]}
    return (
        _write_collection(value, kind, write_value)
        or _write_array(value, write_value)
        or _write_pandas(value, write_value)
    )


def _write_text(value: Any, kind: type) -> dict[str, Any] | None:
    if kind in (datetime.datetime, datetime.time) and value.tzinfo is not None:
        return None if type(value.tzinfo) is not datetime.timezone else {WRITTEN_AS_TEXT[kind]: value.isoformat()}
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return {WRITTEN_AS_TEXT[kind]: text} if len(text) <= MAX_DIGITS else None


def _write_collection(value: Any, kind: type, write_value: Write) -> dict[str, Any] | None:
    if kind in (collections.Counter, collections.OrderedDict):
        pairs = [[write_value(key), write_value(item)] for key, item in list(value.items())]
        return {"counter" if kind is collections.Counter else "ordered": pairs}
    if kind is collections.defaultdict:
        factory = str(getattr(value.default_factory, "__name__", ""))
        if value.default_factory is not None and FACTORIES.get(factory) is not value.default_factory:
            return None
        return {"defaultdict": [factory, [[write_value(key), write_value(item)] for key, item in list(value.items())]]}
    if kind is collections.deque:
        return {"deque": [value.maxlen, [write_value(item) for item in list(value)]]}
    return None


def _write_array(value: Any, write_value: Write) -> dict[str, Any] | None:
    """Write an array of texts, dates or objects, and NumPy's own types."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.dtype) and value.names is None and value.kind != "O":
        return {"numpy_dtype": value.str}
    if isinstance(value, type) and issubclass(value, numpy.generic):
        name = str(value.__name__)
        return {"numpy_type": name} if getattr(numpy, name, None) is value else None
    if isinstance(value, numpy.generic) and value.dtype.kind in "mMU":
        return {"numpy_text": [value.dtype.str, str(value) if value.dtype.kind == "U" else int(value.astype("i8"))]}
    if type(value) is not numpy.ndarray:
        return None
    if value.dtype.kind == "U":
        return {"array_of_texts": [value.dtype.str, list(value.shape), value.ravel().tolist()]}
    if value.dtype.kind in "mM":
        return {"array_of_times": [value.dtype.str, list(value.shape), value.astype("i8").tobytes()]}
    if value.dtype.kind == "O":
        return {"array_of_objects": [list(value.shape), [write_value(item) for item in value.ravel().tolist()]]}
    return None


def _write_pandas(value: Any, write_value: Write) -> dict[str, Any] | None:
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return None
    kind = type(value)
    if kind is pandas.DataFrame:
        columns = [_write_column(pandas, value.iloc[:, place], write_value) for place in range(value.shape[1])]
        return {"frame": [write_value(value.index), write_value(value.columns), columns]}
    if kind is pandas.Series:
        return {
            "series": [write_value(value.index), write_value(value.name), _write_column(pandas, value, write_value)]
        }
    if kind is pandas.RangeIndex:
        return {"range_index": [value.start, value.stop, value.step, write_value(value.name)]}
    if kind is pandas.MultiIndex:
        return {"multi_index": [[write_value(one) for one in value.tolist()], write_value(list(value.names))]}
    if isinstance(value, pandas.Index):
        return {"index": [write_value(value.name), _write_column(pandas, value.to_series(), write_value)]}
    if kind is pandas.Timestamp and value.tzinfo is None:
        return {"timestamp": value.isoformat()}
    if value is pandas.NA or value is pandas.NaT:
        return {"missing": "NA" if value is pandas.NA else "NaT"}
    return None


def _write_column(pandas: Any, column: Any, write_value: Write) -> list[Any]:
    """Return a column as the name of its dtype and its values: an array where NumPy has the dtype, else a list."""
    dtype = column.dtype
    if isinstance(dtype, pandas.CategoricalDtype):
        return ["category", [write_value(list(dtype.categories)), bool(dtype.ordered)], write_value(column.tolist())]
    of_objects = (pandas.PeriodDtype, pandas.IntervalDtype, pandas.SparseDtype)
    if getattr(dtype, "tz", None) is not None or isinstance(dtype, of_objects):
        raise NotPlain
    plain = column.to_numpy() if type(dtype).__module__.startswith("numpy") else column.tolist()
    return [str(dtype), None, write_value(plain)]


# --- reading


def read(kind: str, body: Any, read_value: Read, read_items: Read) -> Any:
    """Return the value of a document that :func:`write` wrote. Raises whatever a document of another's raises.

    Parameters
    ----------
    kind, body
        The key of the document, and what stands under it.
    read_value
        Reads what is in it.
    read_items
        Reads a list of pairs that may not be long.
    """
    return READERS[kind](body, read_value, read_items)


def _pairs(body: Any, read_value: Read, read_items: Read) -> list[tuple[Any, Any]]:
    return [(read_value(key), read_value(item)) for key, item in read_items(body)]


def _text_reader(kind: str) -> Callable[..., Any]:
    def read_text(body: Any, *_: Read) -> Any:
        if type(body) is not str or len(body) > MAX_DIGITS:
            raise ValueError("not a text")
        return READ_FROM_TEXT[kind](body)

    return read_text


def _read_defaultdict(body: Any, read_value: Read, read_items: Read) -> Any:
    factory, pairs = body
    return collections.defaultdict(FACTORIES[factory] if factory else None, _pairs(pairs, read_value, read_items))


def _read_deque(body: Any, read_value: Read, _items: Read) -> Any:
    most, items = body
    if most is not None and (type(most) is not int or most < 0):
        raise ValueError("not a length")
    return collections.deque([read_value(item) for item in items], most)


def _read_numpy_type(body: Any, *_: Read) -> Any:
    import numpy

    found = getattr(numpy, body)
    if not (isinstance(found, type) and issubclass(found, numpy.generic)):
        raise ValueError("not a type of numbers")
    return found


def _plain_dtype(text: Any, kinds: str) -> Any:
    import numpy

    dtype = numpy.dtype(str(text))
    if dtype.kind not in kinds or dtype.itemsize > 1 << 20:
        raise ValueError("not a dtype")
    return dtype


def _read_dtype(body: Any, *_: Read) -> Any:
    return _plain_dtype(body, "biufcSUmM")


def _read_numpy_text(body: Any, *_: Read) -> Any:
    text, value = body
    dtype = _plain_dtype(text, "UmM")
    import numpy

    if dtype.kind == "U":
        return numpy.array([value], dtype=dtype)[0]
    return numpy.array([int(value)], dtype="i8").astype(dtype)[0]


def _read_texts(body: Any, *_: Read) -> Any:
    import numpy

    text, shape, items = body
    if type(items) is not list or not all(type(item) is str for item in items):
        raise ValueError("not texts")
    longest = max(map(len, items), default=0)
    dtype = _plain_dtype(text, "U")
    return numpy.array(items, dtype=dtype if dtype.itemsize // 4 <= max(longest, 64) else f"U{longest}").reshape(shape)


def _read_times(body: Any, *_: Read) -> Any:
    import numpy

    text, shape, data = body
    return numpy.frombuffer(data, dtype="i8").reshape(shape).astype(_plain_dtype(text, "mM"))


def _read_objects(body: Any, read_value: Read, _items: Read) -> Any:
    import numpy

    shape, items = body
    found = numpy.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        found[place] = read_value(item)
    return found.reshape(shape)


def _read_column(body: Any, read_value: Read) -> Any:
    import pandas

    name, more, values = body
    found = read_value(values)
    if type(name) is not str or len(name) > 100:
        raise ValueError("not a dtype")
    if more is not None:
        categories, ordered = more
        return pandas.Categorical(found, categories=read_value(categories), ordered=ordered is True)
    return pandas.array(found, dtype=name) if type(found) is list else found


def _read_frame(body: Any, read_value: Read, _items: Read) -> Any:
    import pandas

    index, names, columns = body
    if len(columns) > MAX_COLUMNS:
        raise ValueError("too many columns")
    found = {place: _read_column(column, read_value) for place, column in enumerate(columns)}
    frame = pandas.DataFrame(found, index=read_value(index))
    frame.columns = read_value(names)
    return frame


def _read_series(body: Any, read_value: Read, _items: Read) -> Any:
    import pandas

    index, name, column = body
    return pandas.Series(_read_column(column, read_value), index=read_value(index), name=read_value(name))


def _read_index(body: Any, read_value: Read, _items: Read) -> Any:
    import pandas

    name, column = body
    return pandas.Index(_read_column(column, read_value), name=read_value(name))


def _read_range_index(body: Any, read_value: Read, _items: Read) -> Any:
    import pandas

    start, stop, step, name = body
    return pandas.RangeIndex(start, stop, step, name=read_value(name))


def _read_multi_index(body: Any, read_value: Read, _items: Read) -> Any:
    import pandas

    entries, names = body
    return pandas.MultiIndex.from_tuples([read_value(one) for one in entries], names=read_value(names))


def _read_timestamp(body: Any, *_: Read) -> Any:
    import pandas

    return pandas.Timestamp(str(body)[:100])


def _read_missing(body: Any, *_: Read) -> Any:
    import pandas

    return pandas.NA if body == "NA" else pandas.NaT


READERS: dict[str, Callable[..., Any]] = {
    **{kind: _text_reader(kind) for kind in READ_FROM_TEXT},
    "timedelta": lambda body, *_: datetime.timedelta(*[int(number) for number in body[:3]]),
    "bytearray": lambda body, *_: bytearray(bytes(body)),
    "type": lambda body, *_: BUILTIN_TYPES[body],
    "keys": lambda body, *how: dict(_pairs(body, *how)).keys(),
    "values": lambda body, *how: dict(_pairs(body, *how)).values(),
    "items": lambda body, *how: dict(_pairs(body, *how)).items(),
    "counter": lambda body, *how: collections.Counter(dict(_pairs(body, *how))),
    "ordered": lambda body, *how: collections.OrderedDict(_pairs(body, *how)),
    "defaultdict": _read_defaultdict,
    "deque": _read_deque,
    "numpy_dtype": _read_dtype,
    "numpy_type": _read_numpy_type,
    "numpy_text": _read_numpy_text,
    "array_of_texts": _read_texts,
    "array_of_times": _read_times,
    "array_of_objects": _read_objects,
    "frame": _read_frame,
    "series": _read_series,
    "index": _read_index,
    "range_index": _read_range_index,
    "multi_index": _read_multi_index,
    "timestamp": _read_timestamp,
    "missing": _read_missing,
}
