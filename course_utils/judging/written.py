"""Whether a learner has written something yet: cells that use it ask before they do."""

from collections.abc import Iterator
from types import CodeType
from typing import Any

from course_utils.cells import STUB
from course_utils.judging.answers import Missing

WORDS = STUB.split('"')[1]  # what the handed-out stub raises


def is_written(answer: Any) -> bool:
    """Tell whether nothing of an answer is a placeholder still: no value None, no function that holds the stub."""
    if isinstance(answer, Missing):
        return False
    if type(answer) is dict:
        return all(map(is_written, answer.values()))
    if type(answer) in (list, tuple):
        return all(map(is_written, answer))
    return not any(WORDS in code.co_consts for code in _codes(answer))


def _codes(answer: Any) -> Iterator[CodeType]:
    """Yield the code of a function, or of a class's own methods, and of the functions inside."""
    if isinstance(answer, type):
        for one in vars(answer).values():
            yield from _codes(getattr(one, "__func__", getattr(one, "fget", one)))
    code = answer if isinstance(answer, CodeType) else getattr(answer, "__code__", None)
    if isinstance(code, CodeType):
        yield code
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from _codes(constant)
