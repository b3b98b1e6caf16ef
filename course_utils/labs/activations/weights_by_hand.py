"""Exercise 2.6: weights by hand, for XOR and for a triangle.

What the prompt says, and what tries it:

- yes and no at the four corners → `_try_xor`
- up to 0.1 off → the corners moved by 0.1; hidden: 100 other moves
- step or ReLU → both are run, one has to do
- yes inside any triangle, no outside → TRIANGLES at 56 points; hidden: six others at 500
- vertices in either order → each triangle both ways round
- three hidden units, pairs (weight, bias) → `read_params`
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.steps import Step
from course_utils.labs.activations.headings import PLANES
from course_utils.labs.activations.weights import DS1, Params, read_params, run

AX1 = Misconception(
    "AX1",
    "yes and no exchanged",
    "All four corners are wrong, which is nearly right. What happens to the answer if the output changes sign?",
    PLANES,
)
AX2 = Misconception(
    "AX2",
    "a pattern that one straight line can make",
    "One straight line could make this pattern. Which corner needs the second hidden unit?",
    PLANES,
)
AX3 = Misconception(
    "AX3",
    "right at the corners, with no margin",
    "The corners are right, points close to them are not. How far from 0 is your output at each corner?",
    PLANES,
)
AT1 = Misconception(
    "AT1",
    "half-plane on the wrong side",
    "Some of your half-planes look away from the triangle. What does the order of the vertices, clockwise or "
    "not, change?",
    PLANES,
)
AT2 = Misconception(
    "AT2",
    "threshold that is never passed",
    "Your half-planes are right, the output never fires. By how much does the sum of three ones pass your threshold?",
    PLANES,
)
AT3 = Misconception(
    "AT3",
    "threshold too low: OR instead of AND",
    "Your half-planes are right, but the output fires outside, too. How many of the three must say yes?",
    PLANES,
)

AT4 = Misconception(
    "AT4",
    "half-planes without a bias",
    "Your half-planes all have the bias 0, so their lines pass through (0, 0). Does every edge of a triangle?",
    PLANES,
)
AT5 = Misconception(
    "AT5",
    "bias of the half-planes with the other sign",
    "With the other sign of the biases your lines would lie on the edges. Which bias makes n · x + b zero at A?",
    PLANES,
)
AT6 = Misconception(
    "AT6",
    "an edge without a half-plane",
    "Two of your half-planes belong to the same edge, and one edge has none. Which vertex comes after the last one?",
    PLANES,
)

AT7 = Misconception(
    "AT7",
    "lines beside the edges",
    "Your lines have the directions of the edges, and do not all lie on them. Which points of an edge fix its bias?",
    PLANES,
)
AT8 = Misconception(
    "AT8",
    "weights that do not stand on the edges",
    "Your weights do not all stand at right angles to the edges. What does a quarter turn do to the two numbers of d, "
    "and to their signs?",
    PLANES,
)

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([False, True, True, False])
MARGIN = 0.1
TRIANGLES = {
    "a triangle": np.array([[0.0, 0.0], [4.0, 0.0], [1.0, 3.0]]),
    "the same in the other order": np.array([[0.0, 0.0], [1.0, 3.0], [4.0, 0.0]]),
    "another triangle": np.array([[-1.5, -2.25], [2.5, -0.5], [-0.75, 1.25]]),
}
POINTS = np.array(list(product(np.arange(-2.75, 5), np.arange(-2.85, 4))))  # (56, 2), on both sides of every edge


class WeightsByHand(Implementation):
    """Write ``xor_net()`` (2-2-1) and ``triangle_net(vertices (3, 2))`` (2-3-1), which return pairs (weight, bias)."""

    id = "weights-by-hand"
    hints = (
        "Both answers of XOR depend on x1 + x2 only. For which sums should the net say yes?",
        "If one hidden unit says 'the sum is above 0.5' and the other 'the sum is above 1.5': what about yes minus no?",
        "For an edge from A to B: which linear function of a point is 0 on the whole edge? What sign has it at C?",
        "Three ones add up to 3. Between which two numbers may the threshold lie so that only 3 passes?",
    )
    worked = """
    Other regions: the strip where x₁ lies between 1 and 3, and one edge of another triangle.

    1. The strip needs two hidden units: "x₁ is above 1", with the weights (1, 0) and the bias −1, and "x₁ is
       above 3", (1, 0)
       and −3. Left of the strip they answer 0, 0, inside 1, 0, to the right 1, 1.
    2. The output must say yes to 1, 0 only: first minus second is 0, 1, 0. So its weights are (1, −1), its bias
       −0.5.
    3. The edge from A = (1, 0) to B = (1, 4), third vertex C = (3, 1): d = (0, 4), turned by a quarter n = (−4, 0).
    4. At C it is n · (C − A) = −8: the wrong side, so turn n over: (4, 0). The bias makes it 0 at A: −n · A = −4.
    5. Two half-planes joined by AND: the sum of two answers passes 1.5 only if both say yes.
    """
    steps = (
        Step("XOR", "`xor_net()` says yes at (0, 1) and (1, 0), and no at (0, 0) and (1, 1)."),
        Step("margin", "the same answers where each input is up to 0.1 off."),
        Step(
            "three lines",
            "`triangle_net(vertices)`: each hidden unit's line lies on an edge; sides and output may still be wrong.",
        ),
        Step("inwards", "each hidden unit says yes on the triangle's side, for vertices in either order."),
        Step("all three", "the output says yes where all three hidden units do."),
    )
    misconceptions = (AX1, AX2, AX3, AT1, AT2, AT3, AT4, AT5, AT6, AT7, AT8, DS1)

    def cases(self) -> Sequence[Case]:
        """Return the corners of XOR with their margins, and two triangles, one in either order; each net is a part."""
        shifts = np.array(list(product((-MARGIN, MARGIN), repeat=2)))
        return [
            Case("the four corners", shifts, "xor_net"),
            *(Case(label, (triangle, POINTS), "triangle_net") for label, triangle in TRIANGLES.items()),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other points near the corners, and six other triangles, each in both orders."""
        shifts = np.random.default_rng([seed, 6]).uniform(-MARGIN, MARGIN, size=(100, 2))
        rng = np.random.default_rng([seed, 8])
        drawn = [draw_triangle(rng) for _ in range(6)]
        drawn += [triangle[::-1].copy() for triangle in drawn]
        return [
            Case("points near the corners", shifts, "xor_net"),
            *(
                Case("another triangle", (triangle, _points_around(triangle, rng, 500)), "triangle_net")
                for triangle in drawn
            ),
        ]

    def step_cases(self, step: Step) -> Sequence[Case]:
        """Return the public cases of the net that a step belongs to; the part says what of it is looked at."""
        part = {"XOR": "corners", "margin": "xor_net", "all three": "triangle_net"}.get(step.name, step.name)
        net = "xor_net" if part in ("corners", "xor_net") else "triangle_net"
        return [replace(case, part=part) for case in self.cases() if case.part == net]

    def try_case(self, case: Case, *answers: Callable[..., Any]) -> None:
        """Run the net of a part on the case's points; of a step, look at what that step adds to it."""
        xor_net, triangle_net = answers
        if case.part in ("corners", "xor_net"):
            _try_xor(case, xor_net, with_margin=case.part == "xor_net")
        elif case.part == "triangle_net":
            _try_triangle(case, triangle_net)
        else:
            _try_half_planes(case, triangle_net, with_sides=case.part == "inwards")


# --- XOR


def _try_xor(case: Case, answer: Callable[..., Any], with_margin: bool) -> None:
    params = read_params(case, case.call(answer, "xor_net"), (2, 2, 1), "xor_net()")
    answers = {act: run(params, CORNERS, act) > 0 for act in ("step", "relu")}
    right = [act for act, said in answers.items() if (said == XOR).all()]
    if not right:
        raise _wrong_corners(case, max(answers.values(), key=lambda said: ((said == ~XOR).all(), (said == XOR).sum())))
    if with_margin and not any(_keeps_margin(params, act, case.data) for act in right):
        raise case.always(f"xor_net: right at the corners, not at points up to {MARGIN} away.", AX3)


def _wrong_corners(case: Case, said: np.ndarray) -> Wrong:
    """Say which corners are wrong. One straight line makes every pattern but XOR and its opposite."""
    amiss = said != XOR
    x1, x2 = CORNERS[np.argmax(amiss)]
    line = f"xor_net: wrong corners, {amiss.sum()} of 4, such as ({x1:g}, {x2:g}): it says "
    line += "yes." if said[np.argmax(amiss)] else "no."
    return case.sentence(line, AX1 if amiss.all() else AX2, hidden=case.title("xor_net"))


def _keeps_margin(params: Params, act: str, shifts: np.ndarray) -> bool:
    points = (CORNERS[:, None] + shifts).reshape(-1, 2)
    return bool(((run(params, points, act) > 0) == np.repeat(XOR, len(shifts))).all())


# --- a triangle


def _try_triangle(case: Case, answer: Callable[..., Any]) -> None:
    triangle, points = case.data
    params = _triangle_params(case, answer)
    distance = sides(triangle, points)
    clear = abs(distance).min(axis=1) > 1e-6
    amiss = ((run(params, points) > 0) != (distance > 0).all(axis=1)) & clear
    if amiss.any():
        x, y = points[amiss][0]
        line = f"triangle_net: for the vertices {_named(triangle)} the point ({x:g}, {y:g}) is on the wrong side."
        raise case.sentence(line, _triangle_way(params, triangle), hidden=case.title("triangle_net"))


def sides(vertices: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Tell for each point (rows) and each edge (columns) how far inside it is, negative outside, in units of length."""
    found = np.empty((len(points), 3))
    for edge in range(3):
        start, end, third = vertices[edge], vertices[(edge + 1) % 3], vertices[(edge + 2) % 3]
        normal = np.array([start[1] - end[1], end[0] - start[0]]) / np.hypot(*(end - start))
        normal = normal if (third - start) @ normal > 0 else -normal
        found[:, edge] = (points - start) @ normal
    return found


def draw_triangle(rng: np.random.Generator) -> np.ndarray:
    """Draw a triangle (3, 2) with an area of at least 1, vertices in random order."""
    while True:
        vertices = rng.uniform(-3, 3, size=(3, 2))
        (a, b), (c, d) = vertices[1] - vertices[0], vertices[2] - vertices[0]
        if abs(a * d - b * c) / 2 >= 1:
            return vertices


def _try_half_planes(case: Case, answer: Callable[..., Any], with_sides: bool) -> None:
    """Look at the hidden units alone: does each edge have its line, and do they look inwards?"""
    triangle, _ = case.data
    found = HalfPlanes(_triangle_params(case, answer)[0], triangle)
    where = f"triangle_net: for the vertices {_named(triangle)}"
    if not found.are_complete:
        raise case.sentence(f"{where} an edge has no line.", found.way)
    if with_sides and found.way:
        raise case.sentence(f"{where} a hidden unit says no inside.", found.way)


def _triangle_params(case: Case, answer: Callable[..., Any]) -> Params:
    called = case.call(answer, "triangle_net", case.data[0])
    return read_params(case, called, (2, 3, 1), "triangle_net(vertices)")


def _named(triangle: np.ndarray) -> str:
    return ", ".join(f"({x:g}, {y:g})" for x, y in triangle)


class HalfPlanes:
    """The hidden units of a net for a triangle.

    Parameters
    ----------
    layer
        Weight (3, 2) and bias (3,).
    triangle
        Vertices (3, 2).
    """

    def __init__(self, layer: tuple[np.ndarray, np.ndarray], triangle: np.ndarray) -> None:
        self._points = _points_around(triangle, np.random.default_rng(0), 600)
        self._inside = sides(triangle, self._points)
        self._triangle = triangle
        self._weight, self._bias = layer
        self._edges = self._edges_of(self._bias)

    def _edges_of(self, bias: np.ndarray) -> np.ndarray:
        """Return 1 where a unit (row) says what an edge (column) says at all points, -1 where always the opposite."""
        clear = abs(self._inside).min(axis=1) > 1e-3
        says = self._points @ self._weight.T + bias > 0
        agree = (says[clear][:, :, None] == (self._inside[clear] > 0)[:, None, :]).mean(axis=0)
        return np.asarray((agree == 1).astype(int) - (agree == 0))

    @property
    def are_complete(self) -> bool:
        """Whether each unit's line lies on an edge, and each edge has one."""
        return bool(self._edges.any(axis=1).all() and self._edges.any(axis=0).all())

    @property
    def _way_of_directions(self) -> Misconception | None:
        """Tell lines beside the edges from weights that stand on none of them."""
        along = np.roll(self._triangle, -1, axis=0) - self._triangle
        sizes = np.linalg.norm(self._weight, axis=1)[:, None] * np.linalg.norm(along, axis=1)
        stands = abs(self._weight @ along.T) <= 1e-6 * sizes
        if not stands.any(axis=1).all():
            return AT8
        return AT7 if stands.any(axis=0).all() else None

    @property
    def way(self) -> Misconception | None:
        """The wrong way that gives exactly these units; None if they are right, or no known way does."""
        if not self._edges.any(axis=1).all():
            others = self._edges_of(-self._bias).any(axis=1).all()
            return AT4 if not self._bias.any() else AT5 if others else self._way_of_directions
        if not self._edges.any(axis=0).all():
            return AT6
        return AT1 if (self._edges < 0).any() else None


def _triangle_way(params: Params, triangle: np.ndarray) -> Misconception | None:
    """Look at the hidden units: do they look inwards, and what does the output make of them?"""
    units = HalfPlanes(params[0], triangle)
    if units.way or not units.are_complete:
        return units.way
    fires = run(params, _points_around(triangle, np.random.default_rng(0), 600)) > 0
    return AT3 if fires.any() else AT2


def _points_around(triangle: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    low, high = triangle.min(axis=0) - 1, triangle.max(axis=0) + 1
    return rng.uniform(low, high, size=(count, 2))
