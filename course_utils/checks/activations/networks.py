"""Checks of small networks: the forward pass that learners build, and weights that they set by hand.

Weights are in PyTorch's order, (out, in). A step unit answers 1 where its sum is above 0, and 0 elsewhere; an output
unit says yes where its sum is above 0.
"""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
import torch

from course_utils.checks import diagnosis
from course_utils.checks.activations.experiments import ACTIVATIONS
from course_utils.checks.comparing import compare, refusal
from course_utils.checks.parts import judge
from course_utils.judging.answers import as_array, as_dict, is_missing, kind
from course_utils.judging.protocol.calling import ask, call, must_be_function, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

Params = list  # of (weight (out, in), bias (out,)) for each layer


class Net(NamedTuple):
    """A forward pass to try: what is new in it, number of examples, sizes of all layers, activation."""

    new: str
    batch: int
    layers: tuple[int, ...]
    act: str


NETS = [
    Net("two layers of 3 units, 3 examples, tanh", 3, (3, 3, 3), "tanh"),
    Net("layers of 2, 4 and 3 units, 5 examples, ReLU", 5, (2, 4, 3), "relu"),
]
HIDDEN_NETS = [
    Net("one layer", 4, (3, 2), "tanh"),
    Net("three layers", 6, (2, 5, 4, 1), "sigmoid"),
    Net("four layers, one example", 1, (3, 4, 2, 5, 2), "relu"),
    Net("no bend: the layers collapse", 3, (4, 4, 4, 4), "identity"),
]


# --- the forward pass


def run_forward(mlp_forward, X: np.ndarray, weights: list, biases: list, act: str) -> dict:
    """Probe: call a student's ``mlp_forward`` with an activation that is made here, beside it.

    Returns
    -------
    dict
        ``"value"``: what it returns; ``"changed"``: whether it changed its input or the weights.
    """
    before = [X.copy(), *(w.copy() for w in weights), *(b.copy() for b in biases)]
    value = mlp_forward(X, list(zip(weights, biases, strict=True)), numpy_activation(act))
    after = [X, *weights, *biases]
    return {"value": value, "changed": not all(map(np.array_equal, before, after))}


def numpy_activation(name: str) -> Callable:
    """Return an activation for arrays, computed by PyTorch; tensors stay tensors."""
    act = ACTIVATIONS[name]
    return lambda z: act(z) if isinstance(z, torch.Tensor) else act(torch.as_tensor(np.asarray(z, float))).numpy()


@quiet()
def mlp_forward(answer, hidden: int | None = None) -> None:
    """Check ``mlp_forward(X (N, D), params, act)``, a list of all activations with the input first. 3 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    must_be_function(answer, "mlp_forward")
    for net in NETS if hidden is None else HIDDEN_NETS:
        X, params = draw_net(net, 0 if hidden is None else hidden)
        weights, biases = [w for w, _ in params], [b for _, b in params]
        found = ask(run_forward, answer, X, weights, biases, net.act)
        _compare_lists(found, X, params, net, None if hidden is not None else net.new)
    print("Correct.")


def draw_net(net: Net, seed: int) -> tuple[np.ndarray, Params]:
    """Draw inputs (N, D) and parameters."""
    rng = np.random.default_rng([seed, net.batch, *net.layers])
    sizes = list(zip(net.layers[1:], net.layers[:-1], strict=True))
    params = [(rng.normal(size=size), 1 + rng.random(size[0])) for size in sizes]
    return rng.normal(size=(net.batch, net.layers[0])), params


def torch_forward(X, params: Params, act: str, way: str = "") -> list[torch.Tensor]:
    """Run a net with PyTorch and return all activations, the input first; rightly, or in a wrong way (a code)."""
    act, none = ACTIVATIONS[act], ACTIVATIONS["identity"]
    h = torch.as_tensor(X, dtype=torch.float64)
    listed = [act(h) if way == "AN7" else h]
    h = listed[0]
    for number, (weight, bias) in enumerate(params):
        weight, bias = (torch.as_tensor(array, dtype=torch.float64) for array in (weight, bias))
        z = h @ (weight if way == "DS1" else weight.T)
        z = z if way == "AN5" else z + (bias[:, None] if way == "DS3" else bias)
        last = number == len(params) - 1
        bend = none if way == "AN4" or (last and way != "AN1") else act
        h = bend(z)
        listed.append(z if way == "AN6" else h)
    return listed


def _wrong_lists(X, params: Params, act: str) -> dict[str, Callable]:
    """For each code of a wrong forward pass, a function that computes its list."""
    right = torch_forward(X, params, act)
    ways = {
        code: lambda code=code: torch_forward(X, params, act, code)
        for code in ("AN1", "AN4", "AN5", "AN6", "AN7", "DS1", "DS3")
    }
    return ways | {
        "AN2": lambda: right[1:],
        "DS2": lambda: [a.squeeze(0) for a in right],
        "DS2:output": lambda: [*right[:-1], right[-1].squeeze(0)],
    }


def _compare_lists(found, X, params, net: Net, case: str | None) -> None:
    value = found.get("value") if type(found) is dict else None
    if value is None:
        raise CheckFailed("mlp_forward returned None. Does it end in a return statement?")
    if found.get("changed") is not False:
        raise CheckFailed("mlp_forward changed an array that it was given: X, a weight or a bias.")
    right = torch_forward(X, params, net.act)
    if type(value) not in (list, tuple):
        alone = diagnosis.close(as_array(value, "What mlp_forward returns"), right[-1].numpy())
        raise refusal(f"mlp_forward should return a list of arrays, not {kind(value)}.", "AN3" if alone else None)
    given = [as_array(one, f"activations[{place}]") for place, one in enumerate(value)]
    code = _explain_list(given, _wrong_lists(X, params, net.act))
    if len(given) != len(right):
        more = "more" if len(given) > len(right) else "fewer"
        raise refusal(f"mlp_forward: the list has {more} entries than input and layers.", code)
    for place, (one, wanted) in enumerate(zip(given, right, strict=True)):
        compare(f"activations[{place}]", one, wanted, {code: lambda one=one: one} if code else {}, case)


def _explain_list(given: list, ways: dict[str, Callable]) -> str:
    for code, compute in ways.items():
        try:
            wrong = [array.numpy() for array in compute()]
        except RuntimeError:  # shapes do not fit that wrong way
            continue
        if len(wrong) == len(given) and all(map(diagnosis.close, given, wrong)):
            return code.split(":")[0]
    return ""


# --- weights by hand


def read_params(value, layers: tuple[int, ...] | None, what: str) -> Params:
    """Read a list of pairs (weight, bias) as arrays.

    Parameters
    ----------
    layers
        Sizes of all layers, inputs first; None where any two inputs and one output will do.

    Raises
    ------
    CheckFailed
        If it is no such list, or a shape does not fit.
    """
    pairs = type(value) in (list, tuple) and all(type(pair) in (list, tuple) and len(pair) == 2 for pair in value)
    if not pairs or not value or (layers and len(value) != len(layers) - 1):
        how_many = f"{len(layers) - 1} pairs" if layers else "pairs"
        raise CheckFailed(f"{what} should be a list of {how_many} (weight, bias), one for each layer.")
    params = [(as_array(w, f"a weight of {what}"), as_array(b, f"a bias of {what}").reshape(-1)) for w, b in value]
    wanted = layers or (2, *(len(bias) for _, bias in params[:-1]), 1)
    for number, (weight, bias) in enumerate(params):
        shape = (wanted[number + 1], wanted[number])
        if weight.shape == shape[::-1] and weight.shape != shape:
            raise refusal(f"{what}: weight {number} has the shape {weight.shape}.", "DS1")
        if weight.shape != shape or bias.shape != shape[:1]:
            raise CheckFailed(
                f"{what}: layer {number} should have a weight of shape {shape} and a bias of shape {shape[:1]},\n"
                f"  not {weight.shape} and {bias.shape}."
            )
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            raise CheckFailed(f"{what}: layer {number} holds nan or inf.")
    return params


def run(params: Params, X: np.ndarray, act: str = "step") -> np.ndarray:
    """Return the output sums (N,) of a net for inputs (N, 2); `act` is "step" or "relu"."""
    h = np.asarray(X, dtype=np.float64)
    for number, (weight, bias) in enumerate(params):
        z = h @ weight.T + bias
        h = z if number == len(params) - 1 else (z > 0).astype(float) if act == "step" else np.maximum(z, 0)
    return h[:, 0]


CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([False, True, True, False])
MARGIN = 0.1


@quiet()
def weights_by_hand(xor_net, triangle_net, hidden: int | None = None) -> Credit:
    """Check ``xor_net()`` (2-2-1) and ``triangle_net(vertices (3, 2))`` (2-3-1). 3 points, one and a half for each.

    Parameters
    ----------
    xor_net, triangle_net
        The student's functions. Both return a list of two pairs (weight, bias).
    hidden
        Seed of further points and triangles, drawn at grading. Messages do not describe a hidden case.
    """
    return judge(
        {
            "xor_net": (1.5, lambda: _check_xor(xor_net, hidden)),
            "triangle_net": (1.5, lambda: _check_triangles(triangle_net, hidden)),
        }
    )


def _check_xor(xor_net, hidden) -> None:
    params = read_params(call(xor_net, "xor_net"), (2, 2, 1), "xor_net()")
    answers = {act: run(params, CORNERS, act) > 0 for act in ("step", "relu")}
    right = [act for act, said in answers.items() if (said == XOR).all()]
    if not right:
        raise _wrong_corners(max(answers.values(), key=lambda said: ((said == ~XOR).all(), (said == XOR).sum())))
    if not any(_keeps_margin(params, act, hidden) for act in right):
        raise refusal(f"xor_net: right at the corners, not at points up to {MARGIN} away.", "AX3")


def _wrong_corners(said: np.ndarray) -> CheckFailed:
    """Say which corners are wrong. One straight line makes every pattern but XOR and its opposite."""
    wrong = said != XOR
    x1, x2 = CORNERS[np.argmax(wrong)]
    line = f"xor_net: wrong corners, {wrong.sum()} of 4, such as ({x1:g}, {x2:g}): it says "
    return refusal(line + ("yes." if said[np.argmax(wrong)] else "no."), "AX1" if wrong.all() else "AX2")


def _keeps_margin(params, act, hidden) -> bool:
    shifts = np.array(list(product((-MARGIN, MARGIN), repeat=2)))
    if hidden is not None:
        shifts = np.random.default_rng([hidden, 6]).uniform(-MARGIN, MARGIN, size=(100, 2))
    points = (CORNERS[:, None] + shifts).reshape(-1, 2)
    return bool(((run(params, points, act) > 0) == np.repeat(XOR, len(shifts))).all())


TRIANGLES = [np.array([[0.0, 0.0], [4.0, 0.0], [1.0, 3.0]]), np.array([[0.0, 0.0], [1.0, 3.0], [4.0, 0.0]])]
POINTS = np.array([[1.5, 1.0], [3.0, 2.5], [-1.0, 0.5]])  # inside, outside, outside


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


def _check_triangles(triangle_net, hidden) -> None:
    cases = [(triangle, POINTS) for triangle in TRIANGLES]
    if hidden is not None:
        rng = np.random.default_rng([hidden, 8])
        drawn = [draw_triangle(rng) for _ in range(6)]
        drawn += [triangle[::-1] for triangle in drawn]
        cases += [(triangle.copy(), _points_around(triangle, rng, 500)) for triangle in drawn]
    for number, (triangle, points) in enumerate(cases):
        params = read_params(call(triangle_net, "triangle_net", triangle), (2, 3, 1), "triangle_net(vertices)")
        distance = sides(triangle, points)
        clear = abs(distance).min(axis=1) > 1e-6
        wrong = ((run(params, points) > 0) != (distance > 0).all(axis=1)) & clear
        if wrong.any():
            shown = number < len(TRIANGLES)
            raise refusal(_triangle_line(triangle, points[wrong], shown), _triangle_code(params, triangle))


def _points_around(triangle: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    low, high = triangle.min(axis=0) - 1, triangle.max(axis=0) + 1
    return rng.uniform(low, high, size=(count, 2))


def _triangle_line(triangle, wrong, shown: bool) -> str:
    if not shown:
        return "triangle_net: not yet right for a triangle drawn at grading."
    corners = ", ".join(f"({x:g}, {y:g})" for x, y in triangle)
    x, y = wrong[0]
    return f"triangle_net: for the vertices {corners} the point ({x:g}, {y:g}) is on the wrong side."


def _triangle_code(params, triangle) -> str | None:
    """Look at the hidden units: do they look inwards, and what does the output make of them?"""
    points = _points_around(triangle, np.random.default_rng(0), 600)
    inside = sides(triangle, points)
    clear = abs(inside).min(axis=1) > 1e-3
    weight, bias = params[0]
    says = points @ weight.T + bias > 0
    agree = (says[clear][:, :, None] == (inside[clear] > 0)[:, None, :]).mean(axis=0)  # (units, edges)
    if not ((agree.max(axis=1) == 1) | (agree.min(axis=1) == 0)).all():
        return None
    if (agree.max(axis=1) < 1).any():
        return "AT1"
    fires = run(params, points) > 0
    return "AT3" if fires.any() else "AT2"


# --- convex or not


@quiet()
def refute_convexity(answer: dict) -> None:
    """Check a net with one hidden layer and two points inside its region, whose midpoint is not. 2 points.

    Parameters
    ----------
    answer
        ``{"params": [(W1 (H, 2), b1 (H,)), (W2 (1, H), b2 (1,))], "p": (x, y), "q": (x, y)}``;
        the hidden units are step units.
    """
    answer = as_dict(answer, ("params", "p", "q"), "counterexample")
    if any(is_missing(answer[part]) for part in answer):
        raise NotAttempted("fill in params, p and q, run that cell, then this one")
    if type(answer["params"]) in (list, tuple) and len(answer["params"]) > 2:
        raise refusal(f"Your net has {len(answer['params']) - 1} hidden layers.", "AC4")
    params = read_params(answer["params"], None, 'counterexample["params"]')
    if len(params) != 2:
        raise CheckFailed("counterexample['params'] should have two pairs: a hidden layer and the output.")
    ends = np.stack([_point(answer[part], part) for part in ("p", "q")])
    for part, value in zip(("p", "q"), run(params, ends), strict=True):
        if not value > 0:
            raise refusal(f"The output at {part} is {value:g}: not positive.", "AC2")
    middle = ends.mean(axis=0, keepdims=True)
    (value,) = run(params, middle)
    if value > 0:
        where = f"({middle[0, 0]:g}, {middle[0, 1]:g})"
        code = "AC3" if _is_intersection(params) else "AC1"
        raise refusal(f"The output at the midpoint {where} is {value:g}: still positive.", code)
    print("Correct.")


def _point(value, part: str) -> np.ndarray:
    point = as_array(value, f"counterexample[{part!r}]").reshape(-1)
    if point.shape != (2,) or not np.isfinite(point).all():
        raise CheckFailed(f"counterexample[{part!r}] should be a point (x, y): two numbers.")
    return point


def _is_intersection(params: Params) -> bool:
    """Tell whether the output unit fires only if certain hidden units all answer in one certain way: an AND."""
    weight, bias = params[1]
    if weight.shape[1] > 12:
        return False
    patterns = np.array(list(product((0.0, 1.0), repeat=weight.shape[1])))
    fires = patterns[(patterns @ weight.T + bias)[:, 0] > 0]
    fixed = (fires == fires[0]).all(axis=0)
    return len(fires) == 2 ** (~fixed).sum()
