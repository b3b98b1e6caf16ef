"""Plain data crosses as it is; everything else is a handle, or is refused; and no bytes do any harm."""

import contextlib
import math
import struct
import tracemalloc
from collections import OrderedDict, namedtuple
from decimal import Decimal
from fractions import Fraction

import msgpack
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_utils.grading import codec
from course_utils.grading.codec import BadFrame, TooLarge

Pair = namedtuple("Pair", "a b")
FLOATS = st.floats(allow_nan=False)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**4000), 2**4000),
    FLOATS,
    st.complex_numbers(allow_nan=False),
    st.text(st.characters()),
    st.binary(),
)
KEYS = st.one_of(st.integers(), st.text(), st.booleans(), st.tuples(st.integers(), st.text()))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
    ),
    max_leaves=20,
)
DTYPES = st.sampled_from(sorted(codec.NUMPY_TYPES))
ARRAYS = DTYPES.flatmap(lambda name: arrays.arrays(name, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0)))


def crossed(value):
    """Send a value to bytes and back."""
    return codec.unpack(codec.read_body(codec.frame(codec.pack(value))[4:]))


def same(one, other) -> bool:
    """Compare values with their types, all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(sorted(one, key=repr), sorted(other, key=repr)) and all(same(one[key], other[key]) for key in one)
    return one == other


# --- what crosses


@given(VALUES)
def test_plain_data_crosses_with_its_types(value):
    assert same(crossed(value), value)


@given(ARRAYS)
def test_an_array_crosses_with_shape_and_type(array):
    there = crossed(array)
    assert (there.dtype, there.shape) == (array.dtype, array.shape)
    assert np.array_equal(there, array, equal_nan=array.dtype.kind in "fc")


@pytest.mark.parametrize("form", [lambda a: a[::-1, ::-1], lambda a: a.T, np.asfortranarray, lambda a: a[::2, 1:]])
def test_an_array_crosses_whatever_its_memory_looks_like(form):
    array = form(np.arange(12.0).reshape(3, 4))
    assert np.array_equal(crossed(array), array)


def test_an_array_that_came_can_be_written_to():
    crossed(np.zeros(3))[0] = 1


@pytest.mark.parametrize("name", sorted(codec.TORCH_TYPES))
def test_a_tensor_crosses_with_shape_and_type(name):
    tensor = torch.tensor([[0, 1, 0], [1, 1, 0]]).to(getattr(torch, name))
    there = crossed(tensor.T)
    assert there.dtype == tensor.dtype
    assert torch.equal(there, tensor.T)


def test_a_tensor_crosses_with_its_wish_for_a_gradient():
    assert crossed(torch.ones(2, requires_grad=True)).requires_grad
    assert not crossed(torch.ones(2)).requires_grad


@pytest.mark.parametrize(
    "value",
    [
        math.inf,
        -math.inf,
        ...,
        range(3, 9, 2),
        slice(None, 4),
        torch.Size([2, 3]),
        torch.float16,
        np.float32(2.5),
        np.bool_(True),
        np.int64(-3),
        torch.tensor(4),
        torch.nn.Parameter(torch.ones(2)),
    ],
)
def test_numbers_and_shapes_of_the_libraries_cross(value):
    there = crossed(value)
    assert torch.equal(there, value) if isinstance(value, torch.Tensor) else there == value


def test_nan_crosses():
    assert math.isnan(crossed(math.nan))


class Liar(list):
    """Says of itself what is not so."""

    __class__ = dict

    def __iter__(self):
        return iter(["a lie"])


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (Pair(1, [Pair(2, 3)]), (1, [(2, 3)])),
        (OrderedDict(a=OrderedDict(b=1)), {"a": {"b": 1}}),
        (Liar([1, 2]), [1, 2]),
    ],
    ids=["a named tuple", "an ordered dict", "a liar"],
)
def test_a_container_of_its_own_class_crosses_as_pythons_own(value, read):
    crossed = codec.unpack(codec.pack(value))
    assert crossed == read
    assert type(crossed) is type(read)


@pytest.mark.parametrize(("value", "read"), [(Fraction(3, 4), 0.75), (Fraction(8), 8), (Decimal("0.75"), 0.75)])
def test_a_fraction_crosses_to_a_check_of_ours_as_a_number(value, read):
    crossed = codec.unpack(codec.pack({"a": [value]}))["a"][0]
    assert (crossed, type(crossed)) == (read, type(read))


def test_a_named_tuple_that_is_too_deep_is_refused():
    value = 1
    for _ in range(codec.MAX_DEPTH + 1):
        value = Pair(value, 1)
    with pytest.raises(codec.TooLarge):
        codec.pack(value)


# --- what does not


@pytest.mark.parametrize(
    "value",
    [
        object(),
        len,
        np.array(["a"]),
        np.array([None]),
        np.ma.array([1, 2]),
        torch.eye(2).to_sparse(),
        torch.empty(2, device="meta"),
        torch.nn.Linear(1, 1),
        10**5000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_a_handle(value):
    kept = []

    def keep(one):
        kept.append(one)
        return len(kept) - 1, type(one).__name__, "", callable(one)

    document = codec.pack([value], keep)
    assert kept[0] is value
    assert codec.unpack(document, lambda *about: about) == [(0, type(value).__name__, "", callable(value))]
    with pytest.raises(TypeError):
        codec.pack(value)
    with pytest.raises(BadFrame):
        codec.unpack(document)


def circle():
    """Return a list that holds itself."""
    found = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    "value",
    [circle(), [0] * (codec.MAX_NODES + 1), np.zeros(codec.MAX_FRAME), "x" * codec.MAX_FRAME, [b"x" * 10**7] * 7],
)
def test_what_is_too_large_is_refused_before_it_is_sent(value):
    with pytest.raises(TooLarge):
        codec.frame(codec.pack(value))


def test_keys_that_may_collide_are_few():
    with pytest.raises(BadFrame):
        crossed(dict.fromkeys(range(codec.MAX_KEYS + 1), 0))
    assert len(crossed(set(range(codec.MAX_KEYS)))) == codec.MAX_KEYS


# --- bytes of all kinds


def read(body: bytes):
    """Read bytes as the trusted side does."""
    return codec.unpack(codec.read_body(body), lambda *about: about)


@given(st.binary(max_size=200))
@settings(max_examples=500)
def test_no_bytes_raise_anything_but_bad_frame(body):
    with contextlib.suppress(BadFrame):
        read(body)


@pytest.mark.slow
@given(VALUES, st.data())
@settings(max_examples=500)
def test_no_changed_frame_raises_anything_but_bad_frame(value, data):
    body = bytearray(codec.frame(codec.pack(value))[4:])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        change = data.draw(st.sampled_from(["flip", "cut", "double"]))
        if change == "flip":
            body[place] = data.draw(st.integers(0, 255))
        elif change == "double":
            body[place:place] = body[place:]
        elif len(body) > 1:
            del body[place:]
        if not body:
            body = bytearray(b"\xc0")
    with contextlib.suppress(BadFrame):
        read(bytes(body))


DOCUMENTS = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=8),
        st.binary(max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from([*codec._READERS, "other"]), inner, min_size=1, max_size=2),
    ),
    max_leaves=30,
)


@pytest.mark.slow
@given(DOCUMENTS)
@settings(max_examples=1000)
def test_no_document_raises_anything_but_bad_frame(document):
    with contextlib.suppress(BadFrame):
        codec.unpack(document, lambda *about: about)


@pytest.mark.parametrize(
    "document",
    [
        {"array": ["float64", [2**40, 2**40], b""]},
        {"array": ["float64", [-1], bytes(8)]},
        {"array": ["object", [1], bytes(8)]},
        {"array": ["float64", [3], bytes(8)]},
        {"array": ["float64", [True], bytes(8)]},
        {"array": ["float64", [1], "x" * 8]},
        {"tensor": ["float32", [1] * 100, bytes(4), False]},
        {"size": [2**70]},
        {"dtype": "float32; import os"},
        {"int": "9" * 5000},
        {"int": 5},
        {"range": [0, 1]},
        {"dict": [[1]]},
        {"dict": [[{"list": []}, 1]]},
        {"set": [{"dict": []}]},
        {"handle": [1, "x", "y"]},
        {"handle": ["1", "x", "y", True]},
        {"list": {"list": []}},
        {"unknown": 0},
        {"list": [], "tuple": []},
        {1: 2},
        [1, 2],
    ],
)
def test_a_document_that_is_no_value_is_refused(document):
    with pytest.raises(BadFrame):
        codec.unpack(document, lambda *about: about)


@pytest.mark.parametrize(
    "body",
    [b"\x91" * 10**6, b"\xdd\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xffx", b"", b"\xc1", b"\x81\xc0\xc0", b"\xd4\x01x"],
)
def test_a_body_that_is_no_document_is_refused(body):
    with pytest.raises(BadFrame):
        read(body)


def test_a_frame_says_how_long_it_is():
    whole = codec.frame([1, 2])
    assert struct.unpack(">I", whole[:4]) == (len(whole) - 4,)


# --- nothing is built from a frame before it was counted

MILLIONS = 8_000_000
HEAVY = {
    "a list of millions of empty lists": b"\xdd" + MILLIONS.to_bytes(4, "big") + b"\x90" * MILLIONS,
    "a map of millions of entries": b"\xdf" + MILLIONS.to_bytes(4, "big") + b"\xa0\xc0" * MILLIONS,
    "many lists of many": b"\xdc\x00\xff" + (b"\xdc\xff\xff" + b"\x90" * 0xFFFF) * 0xFF,
    "lists in lists that claim to be long": b"\xdd\x00\x0f\xff\xff" * 500,
    "a list that claims to be as long as can be": b"\xdd\xff\xff\xff\xff",
    "a map that claims to be as large as can be": b"\xdf\xff\xff\xff\xff",
    "millions of numbers": b"\xdd" + MILLIONS.to_bytes(4, "big") + b"\x01" * MILLIONS,
    "millions of empty texts": b"\xdd" + MILLIONS.to_bytes(4, "big") + b"\xa0" * MILLIONS,
    "maps in maps": b"\xde\x00\xff" + (b"\xa0\xde\xff\xff" + b"\x01\x80" * 0xFFFF) * 0xFF,
    "extensions by the million": b"\xdd" + MILLIONS.to_bytes(4, "big") + b"\xc7\x00\x01" * MILLIONS,
}


NESTED = {"many lists of many", "maps in maps"}  # what is nested is counted one by one: seconds


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.thorough] * (one in NESTED)) for one in HEAVY])
def test_a_frame_with_too_many_items_takes_no_memory(name):
    body = HEAVY[name]
    tracemalloc.start()
    try:
        with pytest.raises(BadFrame):
            codec.read_body(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), FLOATS, st.text(), st.binary()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@pytest.mark.slow
@given(DOCUMENTS)
def test_items_are_counted_as_the_library_reads_them(document):
    body = msgpack.packb(document)
    assert codec.read_body(body) == document
    for end in range(len(body)):
        with pytest.raises(BadFrame):
            codec.read_body(body[:end])


@pytest.mark.parametrize("length", [15, 16, 31, 32, 255, 256, 65_535, 65_536, 200_000])
@pytest.mark.parametrize(
    "make", [bytes, lambda n: "x" * n, lambda n: [None] * n, lambda n: {str(k): 0 for k in range(n)}]
)
def test_every_head_of_the_format_is_known(make, length):
    value = [make(length), 1.5]
    assert codec.read_body(msgpack.packb(value)) == value


@pytest.mark.parametrize("value", [msgpack.ExtType(5, b"x" * n) for n in (1, 2, 3, 4, 8, 16, 300, 70_000)])
def test_an_extension_is_no_value(value):
    with pytest.raises(BadFrame):
        codec.unpack(codec.read_body(msgpack.packb(value)))


@pytest.mark.slow
def test_the_largest_value_that_may_be_sent_can_be_read():
    value = dict.fromkeys(range(codec.MAX_KEYS))
    many = [{1: 2} for _ in range(codec.MAX_NODES // 3 - 1)]
    assert crossed([value]) == [value]
    assert crossed(many) == many


def test_no_memory_left_in_reading_is_a_bad_frame(monkeypatch):
    def no_memory(*_arguments, **_options):
        raise MemoryError

    monkeypatch.setattr(codec.msgpack, "unpackb", no_memory)
    with pytest.raises(BadFrame):
        codec.read_body(b"\x01")


def test_columns_of_periods_intervals_and_sparse_numbers_stay_where_they_are():
    pandas = pytest.importorskip("pandas")
    sparse = pandas.Series(pandas.arrays.SparseArray([0, 1]))
    for value in (pandas.period_range("2024-01", periods=2, freq="M"), pandas.interval_range(0, 2), sparse):
        assert list(codec.pack(value, lambda _one: (1, "it", "", False), rich=True)) == ["handle"]
