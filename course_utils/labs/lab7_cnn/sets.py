"""Judging sets of shapes or of whole numbers, each of which is a part."""

import operator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from course_utils.judging.findings import Finding
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers

Shape = tuple[int, ...]
Ways = Mapping[Misconception, Mapping[str, Any]]


def judge_set(
    answers: Mapping[str, Any], right: Mapping[str, Any], ways: Ways, *, what: str, **settings: Any
) -> dict[str, Finding]:
    """Judge a set of answers as :func:`course_utils.judging.numbers.judge_numbers` does, each to the last digit.

    Of several wrong ways that give the same, the first is told.
    """
    found = judge_numbers(answers, right, ways, what=what, same=operator.eq, **settings)
    return {part: replace(one, because=one.because[:1]) for part, one in found.items()}
