"""Reading what a learner types into a field: numbers, short sums, tuples and lists, and nothing that could run."""

import ast
import operator
from collections.abc import Sequence
from typing import Any

from course_utils.mistakes import Mistake

LONGEST = 2000  # characters
SUMS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
LOOKS_LIKE = str.maketrans({"−": "-", "·": "*", "×": "*", "\u00a0": " "})  # what keyboards and copied text bring


class Unreadable(Mistake):
    """A grid of fields that cannot be read.

    Parameters
    ----------
    message
        What is wanted.
    place
        Row and column of the field, from 0.
    """

    def __init__(self, message: str, place: tuple[int, int]) -> None:
        super().__init__(message)
        self.place = place


def read_typed(text: str) -> Any:
    """Return the value of a typed answer: ``12``, ``-0.5``, ``3*3*16 + 16``, ``(3, 4)``, ``[[1, 2], [3, 4]]``.

    Raises
    ------
    Mistake
        If it is something else.
    """
    text = text.translate(LOOKS_LIKE).strip()
    if not text:
        raise Mistake("type an answer first")
    try:
        if len(text) > LONGEST:
            raise ValueError
        return _value(ast.parse(text, mode="eval").body)
    except (ValueError, SyntaxError, TypeError, ZeroDivisionError, OverflowError, RecursionError, MemoryError):
        raise Mistake(
            "this cannot be read. A number is typed as 12 or 0.5, a shape as (3, 4), rows of numbers as "
            "[[1, 2], [3, 4]]"
        ) from None


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Tuple | ast.List):
        values = [_value(one) for one in node.elts]
        return tuple(values) if isinstance(node, ast.Tuple) else values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _number(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in SUMS:
        return SUMS[type(node.op)](_number(node.left), _number(node.right))
    raise ValueError


def _number(node: ast.expr) -> Any:
    value = _value(node)
    if type(value) not in (int, float):
        raise ValueError
    return value


def read_fields(rows: Sequence[Sequence[str]], axes: int) -> list[Any]:
    """Return the numbers in a grid of fields: a list for one axis (the first row), a list of rows for two.

    Empty fields at the end of all rows, and empty rows below, are not part of the answer. "()" alone is no number at
    all: the shape of a single number.

    Raises
    ------
    Unreadable
        If nothing is filled in, a field is empty between others, or one does not hold a number.
    """
    texts = [[text.strip() for text in row] for row in rows]
    filled = [(row, column) for row, line in enumerate(texts) for column, text in enumerate(line) if text]
    if not filled:
        raise Unreadable("type an answer first", (0, 0))
    if axes == 1 and filled == [(0, 0)] and texts[0][0] == "()":
        return []
    height, width = max(row for row, _ in filled) + 1, max(column for _, column in filled) + 1
    numbers = [[_read_field(texts, (row, column), axes) for column in range(width)] for row in range(height)]
    return numbers[0] if axes == 1 else numbers


def _read_field(texts: Sequence[Sequence[str]], place: tuple[int, int], axes: int) -> Any:
    row, column = place
    text = texts[row][column] if column < len(texts[row]) else ""
    called = f"number {column + 1}" if axes == 1 else f"row {row + 1}, column {column + 1}"
    if not text:
        raise Unreadable(f"{called} is empty", place)
    if text.count("(") != text.count(")"):
        text = text.strip("()")  # of a shape that is typed as (3, 4)
    try:
        value = read_typed(text)
    except Mistake:
        value = None
    if type(value) not in (int, float):
        raise Unreadable(f"{called} cannot be read: a number is typed as 12 or 0.5", place)
    return value
