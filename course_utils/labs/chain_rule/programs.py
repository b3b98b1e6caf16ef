"""Computations written line by line, which run on a learner's values and on PyTorch's tensors alike.

A program is text: a line such as ``"c = a + b"`` is Python, and does what ``+`` of the objects behind a and b does.
What is right about a program (its numbers, its gradients, the slope along each single edge) is asked of PyTorch.
"""

import ast
import functools
import re
from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any, NamedTuple

import numpy as np
import torch

NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")  # not the name of a method, which follows a point


class Program(NamedTuple):
    """Input numbers by name, and the lines that follow. The last line makes the result."""

    inputs: dict[str, float]
    lines: tuple[str, ...]

    @property
    def result(self) -> str:
        """The name that the last line binds."""
        return target_of(self.lines[-1])

    @property
    def names(self) -> list[str]:
        """All names, inputs first, in the order in which they are made."""
        return [*self.inputs, *map(target_of, self.lines)]

    def __str__(self) -> str:
        return ", ".join(self.lines) if len(self.lines) <= 8 else f"a program of {len(self.lines)} lines"


class Edge(NamedTuple):
    """One operand of one line: ``made`` grows by ``slope`` when ``operand`` grows by 1."""

    made: str
    operand: str
    slope: float


SEVEN_NODES = Program({"a": 4.0, "b": -2.0}, ("c = a + b", "d = a * b", "e = c + d", "f = c * d", "y = e + f"))


def program(text: str, **inputs: float) -> Program:
    """Make a program from lines divided by semicolons: ``program("c = a + b; y = a * c", a=2, b=3)``.

    Raises
    ------
    ValueError
        If a line does not give a name to one expression.
    """
    lines = tuple(line.strip() for line in text.split(";") if line.strip())
    for line in lines:
        target_of(line)
    return Program({name: float(value) for name, value in inputs.items()}, lines)


@functools.lru_cache(maxsize=20_000)
def target_of(line: str) -> str:
    """Return the name that a line binds."""
    (statement,) = ast.parse(line).body
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        raise ValueError(f"a line gives a name to one expression, as in c = a + b, not {line!r}")
    return statement.targets[0].id


def operands_of(line: str) -> tuple[str, ...]:
    """Return the names that a line reads, from left to right; a name that is read twice stands twice."""
    return tuple(NAME.findall(line.partition("=")[2]))


def users_of(written: Program) -> dict[str, list[str]]:
    """Return for each name the names whose lines read it."""
    users: dict[str, list[str]] = {name: [] for name in written.names}
    for line in written.lines:
        for operand in dict.fromkeys(operands_of(line)):
            users[operand].append(target_of(line))
    return users


def run_lines(lines: Iterable[str], names: dict[str, Any]) -> None:
    """Run lines on the objects in ``names``, and bind there what they make."""
    for line in lines:
        exec(_compiled(line), {}, names)


@functools.lru_cache(maxsize=20_000)
def _compiled(line: str) -> CodeType:
    return compile(line, "<line>", "exec")


def torch_numbers(written: Program) -> dict[str, float]:
    """Ask PyTorch for the number behind each name."""
    return dict(_ask_torch(tuple(written.inputs.items()), written.lines)[0])


def torch_gradients(written: Program) -> dict[str, float]:
    """Ask PyTorch for the slope of the result by each input."""
    found = torch_all_gradients(written)
    return {name: found[name] for name in written.inputs}


def torch_all_gradients(written: Program) -> dict[str, float]:
    """Ask PyTorch for the slope of the result by each name."""
    return dict(_ask_torch(tuple(written.inputs.items()), written.lines)[1])


@functools.lru_cache(maxsize=100)
def _ask_torch(
    inputs: tuple[tuple[str, float], ...], lines: tuple[str, ...]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the numbers and the gradients of a program."""
    with torch.enable_grad():  # a notebook may have switched it off
        names = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in inputs}
        run_lines(lines, names)
        tensors = list(names.values())
        found = torch.autograd.grad(names[target_of(lines[-1])], tensors, allow_unused=True)
    slopes = (0.0 if one is None else float(one) for one in found)
    return {name: float(value.detach()) for name, value in names.items()}, dict(zip(names, slopes, strict=True))


def torch_edges(written: Program) -> list[Edge]:
    """Ask PyTorch for the slope of each line by each of its operands, one place after the other."""
    numbers, edges = torch_numbers(written), []
    for line in written.lines:
        operands, text = operands_of(line), _number_operands(line)
        with torch.enable_grad():
            values = [torch.tensor(numbers[name], dtype=torch.float64, requires_grad=True) for name in operands]
            names = {f"{name}_{place}": value for place, (name, value) in enumerate(zip(operands, values, strict=True))}
            exec(text, {}, names)
            found = torch.autograd.grad(names[target_of(line)], values)
        edges += [Edge(target_of(line), name, float(one)) for name, one in zip(operands, found, strict=True)]
    return edges


def _number_operands(line: str) -> str:
    """Give each place of a line a name of its own: ``y = a * a`` becomes ``y = a_0 * a_1``."""
    tree = ast.parse(line)
    read = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    for place, node in enumerate(sorted(read, key=lambda node: node.col_offset)):
        node.id = f"{node.id}_{place}"
    return ast.unparse(tree)


def random_program(seed: int, length: int = 12) -> Program:
    """Draw a program of sums and products in which values are used again and again, and numbers stay of moderate size.

    Parameters
    ----------
    seed
        Of the draw.
    length
        How many lines, at least.
    """
    rng = np.random.default_rng([seed, length])
    inputs = {name: float(value) for name, value in zip("abc", rng.uniform(0.3, 1.5, 3) * [1, -1, 1], strict=True)}
    names, lines = list(inputs), list[str]()
    while len(lines) < length:
        one, other = (names[int(rng.integers(max(0, len(names) - 5), len(names)))] for _ in range(2))
        made = f"{one} + {other}" if rng.integers(2) else f"{one} * {other} * 0.5"
        lines.append(f"v{len(lines)} = {made}")
        names.append(f"v{len(lines) - 1}")
    used = {name for line in lines for name in operands_of(line)}
    loose = [name for name in names if name not in used or name in "abc"]
    lines.append("y = " + " + ".join(loose))
    return Program(inputs, tuple(lines))


def close(given: Mapping[str, float], right: Mapping[str, float], rtol: float = 1e-9) -> bool:
    """Tell whether two sets of numbers by name agree."""
    scale = max([1e-3, *(abs(value) for value in right.values())])
    return all(abs(given[name] - right[name]) <= rtol * scale for name in right)
