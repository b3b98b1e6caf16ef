"""Reading what a learner types into a field: numbers, short sums, tuples and lists, and nothing that could run."""

import ast
import operator
from typing import Any

from course_utils.judging.mistakes import Mistake

LONGEST = 2000  # characters
SUMS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
LOOKS_LIKE = str.maketrans({"−": "-", "·": "*", "×": "*", "\u00a0": " "})  # what keyboards and copied text bring


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
