"""Reading answers: what has no end, or no place in memory, is told from data."""

import numpy as np
import pytest
import torch

from course_utils.judging.answers import MOST_NUMBERS, as_array, as_numbers, as_shape, is_missing
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
