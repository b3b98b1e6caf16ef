"""Reading answers: what has no end, or no place in memory, is told from data."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from course_utils.judging.answers import (
    MOST_NUMBERS,
    as_array,
    as_numbers,
    as_shape,
    in_plain_containers,
    is_missing,
    plain,
)
from course_utils.judging.protocol.verdicts import CheckFailed

ITSELF: list = []
ITSELF.append(ITSELF)
DEEP: list = []
for _ in range(5000):
    DEEP = [DEEP]

huge = pytest.mark.parametrize(
    "answer", [torch.zeros(1).expand(MOST_NUMBERS + 1), np.broadcast_to(np.float32(0), (MOST_NUMBERS + 1,))], ids=type
)


@pytest.mark.parametrize("answer", [None, ..., [], {"a": None}, {"a": [None, (...,)]}])
def test_placeholders_are_no_answer(answer):
    assert is_missing(answer)


@pytest.mark.parametrize("answer", [0, "", [None, 1], {"a": None, "b": 0}, ITSELF, DEEP], ids=["0", *"abcd", "deep"])
def test_all_else_is_one(answer):
    assert not is_missing(answer)


@huge
def test_one_number_over_a_huge_shape_is_not_copied(answer):
    assert (as_numbers(answer), as_shape(answer)) == (None, None)
    with pytest.raises(CheckFailed, match="far too many numbers"):
        as_array(answer, "what f returns")


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (Fraction(3, 4), 0.75),
        (Fraction(8), 8),
        (Decimal("0.75"), 0.75),
        (Decimal("8.0"), 8),
        (Decimal("Infinity"), math.inf),
        (Fraction(10**400), math.inf),
    ],
)
def test_a_fraction_or_a_decimal_number_is_a_number(number, read):
    assert plain(number) == read
    assert in_plain_containers({"a": [number]}) == {"a": [read]}
    assert as_array(in_plain_containers([number, number]), "it").tolist() == [read, read]


def test_a_decimal_that_is_no_number_is_none():
    assert math.isnan(plain(Decimal("NaN")))
    assert math.isnan(plain(Decimal("sNaN")))


@pytest.mark.parametrize(
    ("answer", "read"), [(range(5, 7), [5, 6]), (frozenset({1}), {1}), (range(10**9), range(10**9))]
)
def test_a_range_is_a_list_of_numbers_unless_it_is_far_too_long(answer, read):
    assert in_plain_containers(answer) == read
