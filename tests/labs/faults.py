"""Small faults that a program can have: each operator changes one place of a source, and says what it changed.

The faults are those that a learner's code has: a sign, a comparison, an axis, an order of arguments, a statement or a
term that is missing, N − 1, in place instead of a copy, an argument that is not used, or used as it was in the first
call.
"""

import ast
import copy
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

TWINS = {
    pair[i]: pair[1 - i]
    for pair in (
        ("maximum", "minimum"),
        ("max", "min"),
        ("argmax", "argmin"),
        ("amax", "amin"),
        ("sum", "mean"),
        ("floor", "ceil"),
        ("zeros", "ones"),
        ("zeros_like", "ones_like"),
        ("sin", "cos"),
        ("train", "eval"),
    )
    for i in (0, 1)
}
SYMMETRIC = {"min", "max", "maximum", "minimum"}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATIONS = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Pow: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
}
ARGUMENTS = {  # what a parameter may become before a function's first line: what its answer must not be right for
    "as in the first call": "{p} = _first.setdefault('{p}', {p})",
    "in whole numbers": "{p} = _changed({p}, lambda a: a * 0 + (a.astype(int) if hasattr(a, 'astype') else a.trunc()))",
    "without negative numbers": "{p} = _changed({p}, lambda a: a * (a > 0))",
    "its first row in all rows": "{p} = _changed({p}, lambda a: a * 0 + a[:1], rows=True)",
    "its first row alone": "{p} = _changed({p}, lambda a: a[:1], rows=True)",
}
HELPERS = """
import numpy as _numpy
import torch as _torch

_first = {}
_applied = []

def _changed(value, change, rows=False):
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(_changed(one, change, rows) for one in value)
    if isinstance(value, float):
        if rows:
            return value
        _applied.append(value)
        return float(change(_numpy.asarray(value)))
    array = isinstance(value, _numpy.ndarray) and value.dtype.kind == "f"
    tensor = isinstance(value, _torch.Tensor) and value.is_floating_point() and value.is_leaf
    if not (array or tensor) or (rows and not (value.ndim and len(value) > 1)):
        return value
    _applied.append(value)
    with _torch.no_grad():
        changed = change(value)
    return changed.requires_grad_(value.requires_grad) if tensor else changed
"""
Function = ast.FunctionDef


class Mutant(NamedTuple):
    """A source with one fault, and what the fault is: the statement before and after, or what an argument became."""

    what: str
    source: str


@cache
def mutants(source: str) -> tuple[Mutant, ...]:
    """Return a source with each of the faults, each source once; their names differ."""
    tree = ast.parse(source)
    found: dict[str, str] = {}
    seen = {ast.unparse(tree)}
    for what, changed in _all(tree):
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text not in seen:
            seen.add(text)
            found[_fresh(what, found)] = text
    return tuple(Mutant(what, text) for what, text in found.items())


def _fresh(what: str, taken: dict[str, str]) -> str:
    number = 2
    name = what
    while name in taken:
        name = f"{what} ({number})"
        number += 1
    return name


def _all(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    for statement in statements:
        for changed in _instead_of_statement(statement):
            yield _said(statement, changed), _replaced(tree, statement, changed)
        if isinstance(statement, Function):
            yield from _arguments(tree, statement)
        for node in _own_expressions(statement):
            for other in _instead_of_expression(node):
                whole = _replaced(statement, node, [other])
                yield _said(statement, [whole]), _replaced(tree, statement, [whole])


# --- statements


def _instead_of_statement(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield what can stand in the place of a statement."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(
        node, ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.For | ast.While | ast.Assert | ast.Delete
    ):
        yield [ast.Pass()]
    if isinstance(node, ast.With):
        yield node.body
    if isinstance(node, ast.If):
        yield node.body
        yield node.orelse or [ast.Pass()]
    if isinstance(node, ast.Try):
        yield node.body
    if isinstance(node, ast.AugAssign):
        yield [ast.Assign([node.target], node.value)]
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
        if ast.unparse(target) == ast.unparse(value.left):
            yield [ast.AugAssign(target, value.op, value.right)]
    if isinstance(node, Function | ast.For):
        yield from _return_in_loop(node)


def _return_in_loop(node: Function | ast.For) -> Iterator[list[ast.stmt]]:
    """Yield a function whose last ``return`` is a step too far to the right: in the loop before it."""
    body = node.body
    if len(body) > 1 and isinstance(body[-1], ast.Return) and isinstance(body[-2], ast.For | ast.While):
        changed = copy.deepcopy(node)
        changed.body[-2].body.append(changed.body.pop())
        yield [changed]


def _arguments(tree: ast.Module, function: Function) -> Iterator[tuple[str, ast.Module]]:
    """Yield the source with a function that does not take one of its arguments as it is."""
    names = [one.arg for one in (*function.args.args, *function.args.kwonlyargs) if one.arg != "self"]
    for name in names:
        for how, line in ARGUMENTS.items():
            changed = copy.deepcopy(function)
            changed.body[1 if ast.get_docstring(function) else 0 : 0] = ast.parse(line.format(p=name)).body
            whole = _replaced(tree, function, [changed])
            whole.body = _helpers() + whole.body
            yield f"{function.name}({name}): {how}", whole


@cache
def _helpers() -> list[ast.stmt]:
    return ast.parse(HELPERS).body


# --- expressions


def _own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions of a statement that are not those of a statement inside it."""
    todo: list[ast.AST] = [statement]
    while todo:
        for child in ast.iter_child_nodes(todo.pop(0)):
            if isinstance(child, ast.stmt | ast.JoinedStr) or getattr(child, "arg", "") == "strict":
                continue
            todo.append(child)
            if isinstance(child, ast.expr):
                yield child


def _instead_of_expression(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what can stand in the place of an expression."""
    if isinstance(node, ast.Constant):
        yield from map(ast.Constant, _other_values(node.value))
    elif isinstance(node, ast.BinOp):
        for operation in OPERATIONS.get(type(node.op), ()):
            yield ast.BinOp(node.left, operation(), node.right)
        if isinstance(node.op, ast.MatMult | ast.Sub | ast.Div):
            yield ast.BinOp(node.right, node.op, node.left)
        yield node.left
        yield node.right
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare):
        for comparison in COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [comparison(), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for i in range(len(node.values)):
            rest = node.values[:i] + node.values[i + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield from _other_subscripts(node)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        if node.attr in ("T", "mT"):
            yield node.value
        if node.attr in TWINS:
            yield ast.Attribute(node.value, TWINS[node.attr], node.ctx)
        if node.attr in ("size", "ndim"):
            yield _less_one(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in TWINS:
        yield ast.Name(TWINS[node.id], node.ctx)
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)


def _other_values(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1] if value else [1, -1]
    if isinstance(value, float):
        return [value * 2, value / 2] if value else [1.0]
    return []


def _less_one(node: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Sub(), ast.Constant(1))


def _other_subscripts(node: ast.Subscript) -> Iterator[ast.expr]:
    if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
        yield _less_one(node)
    if isinstance(node.slice, ast.Slice):
        yield node.value
    if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        yield ast.Subscript(node.value, ast.Tuple(node.slice.elts[::-1], node.slice.ctx), node.ctx)


def _other_calls(node: ast.Call) -> Iterator[ast.expr]:
    given = node.args
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if len(given) >= 2 and name not in SYMMETRIC and not any(isinstance(one, ast.Starred) for one in given[:2]):
        yield ast.Call(node.func, [given[1], given[0], *given[2:]], node.keywords)
    for i, keyword in enumerate(node.keywords):
        if keyword.arg == "strict":
            continue  # of zip: a learner's own guard
        yield ast.Call(node.func, given, node.keywords[:i] + node.keywords[i + 1 :])
    if isinstance(node.func, ast.Name) and node.func.id == "len":
        yield _less_one(node)
    elif len(given) == 1 and not node.keywords and not isinstance(given[0], ast.Starred):
        yield given[0]
    if isinstance(node.func, ast.Attribute) and not given:
        yield node.func.value


# --- a tree with one node replaced


class _Replace(ast.NodeTransformer):
    def __init__(self, place: ast.AST, others: list[ast.AST]) -> None:
        self.place, self.others = place, others

    def visit(self, node: ast.AST) -> object:
        if node is self.place:
            return self.others if isinstance(node, ast.stmt) else self.others[0]
        return super().visit(node)


def _replaced(tree, node: ast.AST, others: list):
    """Return a copy of a tree with other nodes in the place of one."""
    copied = copy.deepcopy(tree, {id(node): node}) if tree is not node else node  # with the very node in it
    return _Replace(node, copy.deepcopy(others)).visit(copied)


def _said(statement: ast.stmt, others: list[ast.stmt]) -> str:
    before = _head(statement)
    after = "; ".join(_head(one) for one in others)
    if before == after:
        after = "; ".join(" ".join(ast.unparse(ast.fix_missing_locations(one)).split()) for one in others)
    return f"{before} → {after}"


def _head(statement: ast.stmt) -> str:
    return ast.unparse(ast.fix_missing_locations(statement)).splitlines()[0]
