"""Figures of lab 03: computations as graphs, with numbers going forwards and gradients coming back.

What is drawn is computed by PyTorch: numbers, gradients, and the slope along each edge.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from course_utils import style
from course_utils.drawing.cells import number
from course_utils.drawing.frames import FONT, SHEET_WIDTH
from course_utils.labs.chain_rule import programs
from course_utils.labs.chain_rule.programs import Edge, Program

VALUE, GRADIENT = "#d3dce6", "#f5cf7a"  # blue-grey and a light orange, both readable under black
BOX_HEIGHT, ROW_GAP, COLUMN_GAP = 0.84, 0.35, 0.9  # inches
LETTER = 0.085  # inches that a letter of a label is wide
ARC = 0.32  # inches that an arrow over other boxes rises
_SIGNS = {" ** 2": "²", " ** 3": "³", " * ": "·", " - ": " − "}


class Place(NamedTuple):
    """Where a node stands: column from the left, row from the top of its column, and how many share the column."""

    column: int
    row: int
    rows: int


def layout(written: Program) -> dict[str, Place]:
    """Return a place for each name: a line to the right of all that it reads, an input just left of its first user."""
    depth = dict.fromkeys(written.inputs, 0)
    for line in written.lines:
        depth[programs.target_of(line)] = 1 + max((depth[name] for name in programs.operands_of(line)), default=0)
    users = programs.users_of(written)
    for name in written.inputs:
        depth[name] = min((depth[user] for user in users[name]), default=1) - 1
    columns = {column: [name for name in depth if depth[name] == column] for column in set(depth.values())}
    return {name: Place(column, row, len(names)) for column, names in columns.items() for row, name in enumerate(names)}


def node_text(written: Program, name: str) -> str:
    """Return how a node is called: ``a`` for an input, ``c = a·b`` for a line."""
    line = next((line for line in written.lines if programs.target_of(line) == name), name)
    for sign, short in _SIGNS.items():
        line = line.replace(sign, short)
    return re.sub(r"(\w+)\.(\w+)\(\)", r"\2(\1)", line)


def plot_computation_graph(
    written: Program,
    *,
    gradients: bool = False,
    slopes: bool = False,
    arrived: Mapping[str, float] | None = None,
    asked: Sequence[str] = (),
    focus: Sequence[str] = (),
) -> Axes:
    """Draw a computation from left to right: one box for each name, with its number and its gradient.

    Parameters
    ----------
    written
        A program, from ``course_utils.labs.chain_rule.programs``.
    gradients
        Also write each gradient: the slope of the result by this value.
    slopes
        Also write at each arrow by how much its head grows when its tail grows by 1.
    arrived
        What has come back so far, by name, in place of the gradients.
    asked
        Names in the order in which they are asked on the way back; the boxes get these numbers.
    focus
        Names to be framed.

    Returns
    -------
    Axes
        One inch is one unit.

    Raises
    ------
    ValueError
        If a name is not in the program.
    """
    unknown = [name for name in (*asked, *focus, *(arrived or ())) if name not in written.names]
    if unknown:
        raise ValueError(f"the program has {', '.join(written.names)}, not {unknown[0]}")
    places = layout(written)
    numbers = programs.torch_numbers(written)
    backward = arrived if arrived is not None else programs.torch_all_gradients(written) if gradients else {}
    axes, corners, width = _sheet(written, places)
    _draw_edges(axes, programs.torch_edges(written), corners, width, slopes)
    for name in written.names:
        framed = name in focus
        _draw_node(axes, corners[name], width, node_text(written, name), numbers[name], backward.get(name), framed)
        if name in asked:
            _draw_badge(axes, corners[name], list(asked).index(name) + 1)
    return axes


def _sheet(written: Program, places: Mapping[str, Place]) -> tuple[Axes, dict[str, tuple[float, float]], float]:
    """Make axes in inches; return them, each box's upper left corner and the width of a box."""
    columns = 1 + max(place.column for place in places.values())
    rows = max(place.rows for place in places.values())
    width = max(1.0, 0.12 + 0.084 * max(len(node_text(written, name)) for name in written.names))
    gap = min(COLUMN_GAP, (SHEET_WIDTH - 0.3 - columns * width) / max(columns - 1, 1))
    arcs = any(places[e.made].column - places[e.operand].column > 1 for e in programs.torch_edges(written))
    above = ARC + 0.3 if arcs else 0.15
    height = rows * (BOX_HEIGHT + ROW_GAP) - ROW_GAP + above + 0.15
    total = columns * (width + gap) - gap + 0.3
    figure = plt.figure(figsize=(total, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, total)
    axes.set_ylim(height, 0)
    corners = {}
    for name, place in places.items():
        spread = (rows - place.rows) / 2 + place.row
        corners[name] = (0.15 + place.column * (width + gap), above + spread * (BOX_HEIGHT + ROW_GAP))
    return axes, corners, width


def _draw_node(axes: Axes, corner, width: float, text: str, value: float, gradient: float | None, framed: bool) -> None:
    left, top = corner
    rim = {"edgecolor": style.FOCUS, "lw": 3} if framed else {"edgecolor": "0.3", "lw": 1.5}
    box = {"boxstyle": "round,pad=0,rounding_size=0.08", "facecolor": "white", "zorder": 3, **rim}
    axes.add_patch(FancyBboxPatch((left, top), width, BOX_HEIGHT, **box))
    rows = [(text, None, "bold"), (number(value), VALUE, "normal")]
    rows += [(f"grad {number(gradient)}", GRADIENT, "normal")] if gradient is not None else []
    step = BOX_HEIGHT / len(rows)
    for place, (line, colour, weight) in enumerate(rows):
        chip = {"boxstyle": "round,pad=0.18", "facecolor": colour, "edgecolor": "none"} if colour else None
        middle = (left + width / 2, top + (place + 0.5) * step)
        options = {"fontsize": FONT, "fontweight": weight, "bbox": chip, "zorder": 4}
        axes.text(*middle, line, ha="center", va="center", **options)


def _draw_badge(axes: Axes, corner, turn: int) -> None:
    circle = {"boxstyle": "circle,pad=0.2", "facecolor": style.FOCUS, "edgecolor": "white"}
    axes.text(*corner, str(turn), ha="center", va="center", color="white", fontsize=FONT, bbox=circle, zorder=6)


def _draw_edges(axes: Axes, edges: Sequence[Edge], corners, width: float, slopes: bool) -> None:
    seen: dict[tuple[str, str], int] = {}
    for edge in edges:
        pair = (edge.operand, edge.made)
        twin = sum((other.operand, other.made) == pair for other in edges) > 1
        seen[pair] = seen.get(pair, 0) + 1
        (x0, y0), (x1, y1) = corners[edge.operand], corners[edge.made]
        start, end = (x0 + width, y0 + BOX_HEIGHT / 2), (x1, y1 + BOX_HEIGHT / 2)
        far = end[0] - start[0] > width
        bend = (0.25 if seen[pair] == 1 else -0.25) if twin else 2 * ARC / (x1 - x0) if far else 0.0
        arrow = FancyArrowPatch(
            (start[0] - (width / 2 if far else 0), y0 if far else start[1]),
            (end[0] + (width / 2 if far else 0), y1 if far else end[1]),
            **{"arrowstyle": "-|>", "mutation_scale": 13, "lw": 1.5, "color": "0.35", "zorder": 2},
            connectionstyle=f"arc3,rad={bend if twin else -bend if far else 0}",
            **{"shrinkA": 0, "shrinkB": 0},
        )
        axes.add_patch(arrow)
        if slopes:
            _write_slope(axes, edge, start, end, bend if twin else 0.0, far, (y0, y1))


def _write_slope(axes: Axes, edge: Edge, start, end, bend: float, far: bool, tops) -> None:
    text = f"×{_bracketed(edge.slope)}"
    room = end[0] - start[0]
    clear = 0.5 * LETTER * len(text) + 0.08  # from the boxes' edges to a label's middle
    share = 0.5 if far or bend or start[1] == end[1] or 2 * clear > room else max(0.27, clear / room)
    x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
    y += -0.5 * bend * (end[0] - start[0])
    if far:
        y = min(tops) - ARC
    if start[1] == end[1] and not bend and not far and room < 0.35 + LETTER * len(text):
        y -= 0.19  # above the arrow, which would be hidden
    plain = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "0.7", "lw": 0.8}
    axes.text(x, y, text, ha="center", va="center", fontsize=FONT, bbox=plain, zorder=5)


def _bracketed(value: float) -> str:
    text = number(value)
    return f"({text})" if text.startswith("−") else text
