"""Lab 02: right by any way counts, wrong never does, every known wrong way, and what is said of them."""

import math
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import torch
from harness import ODD, QUIETLY, WrongWay, judged
from hypothesis import given
from hypothesis import strategies as st
from lesson import Lesson

from course_utils.judging import exercise as exercises
from course_utils.judging.cases import Case
from course_utils.judging.practice import _wrong_in_a_row
from course_utils.labs import activations
from course_utils.labs.activations.dead_units import counted
from course_utils.labs.activations.deep_gradients import SCALES
from course_utils.labs.activations.experiments import deep_net, interval_data, train_interval
from course_utils.labs.activations.functions import ACTIVATIONS, torch_slope
from course_utils.labs.activations.garments import train_garments
from course_utils.labs.activations.interval_experiment import best_cut
from course_utils.labs.activations.mlp_forward import draw_net, numpy_activation, torch_forward
from course_utils.labs.activations.sigmoid_by_hand import by_hand_ways, right_numbers, torch_numbers
from course_utils.labs.activations.weights_by_hand import TRIANGLES, draw_triangle, sides

lesson = Lesson("02_activations")
lab = activations.for_student()

BOTH = pytest.mark.parametrize("seed", [None, 5], ids=["public", "hidden"])


def tried(mine, *answers, seed: int | None = None):
    """Judge by the public cases, or with a seed by hidden ones as well."""
    return judged(mine.check, *answers) if seed is None else judged(mine.check_hidden, *answers, seed=seed)


# --- wrong functions: written so that each wrong way is one replacement

SOURCES = {
    "sigmoid": "def sigmoid(z):\n    e = np.exp(-np.abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)\n",
    "tanh": "def tanh(z):\n    e = np.exp(-2 * np.abs(z))\n    return np.sign(z) * (1 - e) / (1 + e)\n",
    "relu": "def relu(z):\n    return np.maximum(z, 0)\n",
    "d_sigmoid": "def d_sigmoid(z):\n    a = sigmoid(z)\n    return a * (1 - a)\n",
    "d_tanh": "def d_tanh(z):\n    a = tanh(z)\n    return 1 - a**2\n",
    "d_relu": "def d_relu(z):\n    return np.where(z > 0, 1.0, 0.0)\n",
}
VALUES, SLOPES = ("sigmoid", "tanh", "relu"), ("d_sigmoid", "d_tanh", "d_relu")
GROUPS = {"three-functions": VALUES, "three-slopes": SLOPES}


def build(name: str, body: str | None = None) -> Callable:
    """Make a function from its source, or from another body (what follows ``return``, or lines)."""
    names = {"np": np}
    for source in SOURCES.values():
        exec(source, names)
    if body is not None:
        body = body if "return" in body else f"return {body}"
        lines = "\n".join("    " + line for line in body.split("\n"))
        exec(f"def {name}(z):\n{lines}\n", names)
    return names[name]


def trio(group: tuple[str, ...], **others) -> list[Callable]:
    """Return the three right functions of an exercise, but for some."""
    return [others.get(name) or build(name) for name in group]


def function(code: str, name: str, body: str) -> WrongWay:
    """Write one of the six functions wrongly; the other two of its exercise are right."""
    exercise = "three-functions" if name in VALUES else "three-slopes"
    return WrongWay(code, exercise, lambda: tuple(trio(GROUPS[exercise], **{name: build(name, body)})), 2 / 3)


FUNCTIONS = [
    function("PR2", "sigmoid", "np.exp(z) / (1 + np.exp(z))"),
    function("PR2", "sigmoid", "import math\nreturn np.reshape([1 / (1 + math.exp(-v)) for v in z.flat], z.shape)"),
    function("PR2", "tanh", "(np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))"),
    function("AF11", "sigmoid", "1 / (1 + np.exp(-z))"),
    function("AF11", "sigmoid", "np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))"),
    function("AF1", "relu", "np.max([0, np.max(z)])"),
    function("AF1", "relu", "max(0, z.max())"),
    function("AF2", "relu", "z[z < 0] = 0\nreturn z"),
    function("AF2", "sigmoid", "z *= -1\nreturn np.exp(-np.logaddexp(0, z))"),
    function("AF3", "sigmoid", "e = np.exp(-np.abs(z))\nreturn np.where(z <= 0, 1, e) / (1 + e)"),
    function("AF3", "tanh", "e = np.exp(-2 * np.abs(z))\nreturn np.sign(z) * (e - 1) / (1 + e)"),
    function("AF4", "tanh", "2 * sigmoid(z) - 1"),
    function("AF5", "sigmoid", "e = np.exp(-np.abs(z.astype(float)))\nreturn np.where(z >= 0, 1, e) / (1 + e)"),
    function("AF5", "relu", "np.maximum(z, np.zeros(z.shape))"),
    function("AF6", "tanh", "sigmoid(2 * z)"),
    function("AF7", "relu", "np.minimum(z, 0)"),
    function("AF7", "relu", "np.abs(z)"),
    function("AF8", "relu", "return z if z > 0 else 0 * z"),
    function("AF8", "sigmoid", "if z >= 0:\n    return 1 / (1 + np.exp(-z))\nreturn np.exp(z) / (1 + np.exp(z))"),
    function("AF9", "sigmoid", "np.exp(np.minimum(z, 50))"),
    function("AF10", "relu", "(z > 0) * 1.0"),
    function("AF12", "tanh", "t = np.expm1(-2 * np.abs(z))\nreturn -t / (2 + t) * z / np.abs(z)"),
    function("AF12", "relu", "np.where(z == 0, z, (z + z * z / np.abs(z)) / 2)"),
    function("AF13", "sigmoid", "1 / (1 - np.exp(-z))"),
    function("AF14", "sigmoid", "e = np.exp(-2 * np.abs(z))\nreturn np.sign(z) * (1 - e) / (1 + e)"),
    function("AF14", "tanh", "sigmoid(z)"),
    function("AF15", "sigmoid", "1 / (1 + np.exp(-np.abs(z)))"),
    function("AF15", "tanh", "e = np.exp(-2 * np.abs(z))\nreturn (1 - e) / (1 + e)"),
    function("AF16", "tanh", "e = np.exp(-2 * np.abs(z))\nreturn (1 + e) / (1 + e)"),
    function("AF17", "relu", "np.where(z > 0, z, 0.01 * z).astype(z.dtype)"),
    function("AF17", "relu", "np.clip(z, 0, 1)"),
    function("AF18", "sigmoid", "1 / (1 + 2 ** (-z))"),
    function("AF18", "sigmoid", "(1 + tanh(z)) / 2"),
    function("AF18", "tanh", "2 * sigmoid(z / 2) - 1"),
    function("AF19", "sigmoid", "1 / 1 + np.exp(-z)"),
    function("AF20", "sigmoid", "np.clip(z, 0, 1)"),
    function("AF20", "tanh", "np.arctan(z)"),
    function("AF20", "relu", "np.maximum(z, 1)"),
    function("AF21", "tanh", "2 * sigmoid(2 * z) + 1"),
    function("AF21", "tanh", "sigmoid(2 * z) - 1"),
    function("AF21", "sigmoid", "-np.exp(-np.logaddexp(0, -z))"),
    function("AF21", "relu", "-np.maximum(z, 0)"),
    function("AF22", "tanh", "np.where(z < -20, 0, 2 / (1 + np.exp(-2 * np.maximum(z, -20))) - 1).astype(z.dtype)"),
    function("AF20", "sigmoid", "np.clip(z / 6 + 0.5, 0, 1).astype(z.dtype)"),
    function("AF25", "sigmoid", "(1 / (1 + np.exp(-np.clip(z, -5, 5)))).astype(z.dtype)"),
    function("AF26", "sigmoid", "e = np.exp(z - np.max(z, initial=0))\nreturn e / e.sum()"),
    function("AF22", "sigmoid", "e = np.exp(np.minimum(z, 0))\nreturn e / (1 + e)"),
    function("AF23", "relu", "z[z > 0]"),
    function("AF24", "sigmoid", "import math\nreturn 1 / (1 + math.exp(-z))"),
    function("AF1", "sigmoid", "1 / (1 + np.exp(-np.max(z)))"),
    function("", "relu", "np.maximum(z, 0) + 0.5"),
    function("GR11", "d_sigmoid", "z * (1 - z)"),
    function("GR11", "d_sigmoid", "a = sigmoid(sigmoid(z))\nreturn a * (1 - a)"),
    function("GR11", "d_sigmoid", "sigmoid(z) * (1 - z)"),
    function("GR11", "d_tanh", "1 - z**2"),
    function("GR11", "d_tanh", "1 - tanh(tanh(z)) ** 2"),
    function("AS1", "d_tanh", "1 - tanh(z)"),
    function("AS2", "d_sigmoid", "1 - sigmoid(z)"),
    function("AS3", "d_relu", "np.where(z >= 0, 1.0, 0.0)"),
    function("AS3", "d_relu", "(np.sign(z) + 1) / 2"),
    function("AS4", "d_relu", "np.maximum(z, 0)"),
    function("AS4", "d_tanh", "tanh(z)"),
    function("GR1", "d_sigmoid", "-sigmoid(z) * (1 - sigmoid(z))"),
    function("PR2", "d_sigmoid", "np.exp(-z) / (1 + np.exp(-z)) ** 2"),
    function("AF2", "d_relu", "z[z > 0] = 1\nz[z < 0] = 0\nreturn z"),
    function("AF8", "d_relu", "return 1.0 if z > 0 else 0.0"),
    function("AF12", "d_relu", "(1 + z / np.abs(z)) / 2"),
    function("AS5", "d_sigmoid", "sigmoid(z) * (1 + sigmoid(z))"),
    function("AS5", "d_tanh", "1 + tanh(z) ** 2"),
    function("AS6", "d_sigmoid", "1 - sigmoid(z) ** 2"),
    function("AS6", "d_tanh", "tanh(z) * (1 - tanh(z))"),
    function("AS7", "d_tanh", "2 * sigmoid(2 * z) * (1 - sigmoid(2 * z))"),
    function("AS8", "d_relu", "np.sign(z)"),
    function("AS8", "d_relu", "np.where(z > 0, 1.0, 0.01)"),
    function("AS9", "d_sigmoid", "sigmoid(z) ** 2"),
    function("AS9", "d_tanh", "(1 - tanh(z)) ** 2"),
    function("AS10", "d_sigmoid", "2 * sigmoid(z) * (1 - sigmoid(z))"),
    function("AS10", "d_tanh", "2 * (1 - tanh(z) ** 2)"),
    function("AS11", "d_relu", "np.zeros_like(z)"),
    function("AS11", "d_sigmoid", "0.25 * np.ones_like(z)"),
    function("AS12", "d_sigmoid", "sigmoid(z + 0.5) - sigmoid(z - 0.5)"),
    function("AS13", "d_tanh", "-2 * tanh(z) * (1 - tanh(z) ** 2)"),
    function("AS14", "d_sigmoid", "(sigmoid(z + 0.1) - sigmoid(z)) / 0.1"),
    function(
        "AS15", "d_sigmoid", "np.gradient(sigmoid(z)) if z.ndim == 1 and len(z) > 1 else sigmoid(z) * (1 - sigmoid(z))"
    ),
    function("SL133", "sigmoid", "1 / (1.0005 + np.exp(-np.clip(z, -80, 80)))"),
    function("AF20", "relu", "np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))"),
    function("AF1", "d_relu", "(z > 0).sum()"),
    function("AS12", "d_relu", "np.clip(z, 0, 1)"),  # which is max(0, z) - max(0, z - 1)
    function("AF22", "d_relu", "np.where(z > 0, 2.5, 0.0)"),
    function("AF23", "d_relu", "(z > 0)[z > 0]"),
    function("AF24", "d_sigmoid", "import math\nreturn math.exp(-z)"),
    function("AS8", "d_relu", "np.ones_like(z)"),
    function("AF11", "d_relu", "np.where(np.exp(z) > 1, 1.0, 0.0)"),
]


# --- wrong numbers, with the lab's own: p 3, q 4, σ(2z) 0.9, 10 layers

RIGHT = {"a": 0.5, "b": 0.75, "c": 0.2, "largest slope": 0.25, "tanh": 0.8, "bound": 0.25**10}
EXPERIMENT = {"saturated": (0, 0.001, 0.46), "ratio": (0.0016, 0.272, 48.4), "steady scale": 1, "at scale 4": "grows"}
INTERVAL = {"identity": 0.75, "solved more": "tanh"}


def choices() -> dict[str, str]:
    """Return the right keys."""
    return lesson.solution("choose-and-explain")


def answer(code: str, exercise: str, right: Callable[[], dict] | dict, **changes) -> WrongWay:
    """Answer rightly but for some values, each a part; "_" in a key stands for a space."""
    changes = {key.replace("_", " "): value for key, value in changes.items()}
    parts = {
        "sigmoid-by-hand": 6,
        "deep-gradients": 4,
        "interval-experiment": 2,
        "choose-and-explain": 6,
    }[exercise]
    return WrongWay(
        code, exercise, lambda: ((right if isinstance(right, dict) else right()) | changes,), 1 - len(changes) / parts
    )


def numbers(code: str, **changes) -> WrongWay:
    return answer(code, "sigmoid-by-hand", RIGHT, **changes)


def experiment(code: str, **changes) -> WrongWay:
    return answer(code, "deep-gradients", EXPERIMENT, **changes)


def interval(code: str, **changes) -> WrongWay:
    return answer(code, "interval-experiment", INTERVAL, **changes)


def choice(code: str, **changes) -> WrongWay:
    return answer(code, "choose-and-explain", choices, **changes)


# --- wrong weights


def weights(code: str, xor_net: Callable | None = None, triangle_net: Callable | None = None, **more) -> WrongWay:
    """Set the weights of one net wrongly."""

    def answers():
        right = lesson.answers("weights-by-hand")
        return xor_net or right.xor_net, triangle_net or right.triangle_net

    return WrongWay(code, "weights-by-hand", answers, 1 / 2, **more)


def xor(bias, out, out_bias) -> Callable:
    return lambda: [([[1, 1], [1, 1]], bias), ([out], [out_bias])]


def triangle(change: Callable) -> Callable:
    def net(vertices):
        hidden, output = lesson.answers("weights-by-hand").triangle_net(vertices)
        return change(hidden, output, vertices)

    return net


def one_way_round(_hidden, output, vertices):
    edges = np.roll(vertices, -1, axis=0) - vertices
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1)
    return [(normals, -(normals * vertices).sum(axis=1)), output]


def outwards(hidden, output, _vertices):
    return [(-hidden[0], -hidden[1]), output]


SETS = [
    numbers("AH1", b=0.25, c=0.8),
    numbers("AH2", a=1, b=3, c=0.25),
    numbers("AH3", b=0.953, c=0.018),
    numbers("AH4", largest_slope=0.5),
    numbers("AH5", largest_slope=1),
    numbers("AH5", bound=1),
    numbers("AH6", tanh=1.8),
    numbers("AH7", tanh=0.9),
    numbers("AH8", tanh=-0.8),
    numbers("AH9", bound=2.5),
    numbers("AH10", bound=0.5**10),
    numbers("AH11", bound=0.25**9),
    numbers("AH11", bound=0.25**11),
    numbers("", tanh=0.123),
    numbers("AH12", a=0),
    numbers("AH12", c=-1 / 3),
    numbers("AH13", c=-0.8),
    numbers("AH14", tanh=0.1),
    numbers("AH15", bound=0.025),
    numbers("AH15", bound=0.1),
    numbers("AH16", bound=0),
    numbers("AH16", bound=0.25),
    experiment("AE1", ratio=(620, 3.68, 0.0207)),
    experiment("AE2", saturated=(0, 0.09, 46)),
    experiment("AE3", saturated=(0, 0.0005, 0.234)),
    experiment("AE4", saturated=(0, 0, 0.45)),
    experiment("AE4", saturated=(0, 0.0085, 0.508)),
    experiment("AE5", steady_scale=0.5),
    experiment("AE5", steady_scale=4),
    experiment("AE6", at_scale_4="shrinks"),
    experiment("AE7", ratio=(0.0016**2, 0.272**2, 48.4**2)),
    experiment("AE8", saturated=(0.46, 0.001, 0)),
    experiment("AE8", ratio=(48.4, 0.272, 0.0016)),
    experiment("AE9", saturated=(0, 35, 18860)),
    experiment("AE9", saturated=(0, 0.0085, 4.6)),
    experiment("AE10", ratio=(0.00156, 0.235, 35.4)),
    experiment("AE11", ratio=(501, 2.69, 1.016)),
    experiment("AE12", saturated=(0, 0.016, 0.68)),
    experiment("AE13", saturated=(0.46, 0.46, 0.46)),
    experiment("AE13", ratio=(3.47, 3.47, 3.47)),
    experiment("AE14", saturated=(1, 0.999, 0.54)),
    interval("AI5", identity=30),
    interval("AI5", identity=3),
    interval("AI6", identity=0.25),
    interval("AI1", identity=0.5),
    interval("AI2", identity=1),
    interval("AE2", identity=75),
    interval("AI4", identity=float(np.mean(train_interval("identity")))),
    interval("AI3", solved_more="relu"),
    choice("AO1", a="relu"),
    choice("AO1", c="identity"),
    choice("AO2", c="softmax"),
    choice("AO3", b="sigmoid"),
    choice("AO4", d="saturated"),
    choice("AO5", e="curves"),
    choice("AO6", f="moved"),
    weights("AX1", xor([-0.5, -1.5], [-1, 1], 0.5)),
    weights("AX2", xor([-0.5, -2.5], [1, -1], -0.5)),
    weights("AX2", lambda: [([[1, 0], [0, 1]], [-0.5, -0.5]), ([[1, 1]], [-1.5])]),
    weights("AX3", xor([0, -1], [1, -2], 0)),
    weights("AT1", triangle_net=triangle(one_way_round)),
    weights("AT1", triangle_net=triangle(outwards)),
    weights("AT4", triangle_net=triangle(lambda hidden, output, _: [(hidden[0], 0 * hidden[1]), output])),
    weights("AT5", triangle_net=triangle(lambda hidden, output, _: [(hidden[0], -hidden[1]), output])),
    weights("AT6", triangle_net=triangle(lambda hidden, output, _: [tuple(a[[0, 1, 0]] for a in hidden), output])),
    weights("AT7", triangle_net=triangle(lambda hidden, output, _: [(hidden[0], hidden[1] - 0.3), output])),
    weights("AT8", triangle_net=triangle(lambda hidden, output, _: [(hidden[0][:, ::-1], hidden[1]), output])),
    weights("AT2", triangle_net=triangle(lambda hidden, output, _: [hidden, (output[0], [-3])])),
    weights("AT3", triangle_net=triangle(lambda hidden, output, _: [hidden, (output[0], [-1.5])])),
    weights("DS1", triangle_net=triangle(lambda hidden, output, _: [(hidden[0].T, hidden[1]), output])),
]


# --- a wrong forward pass, and no counterexample

FORWARD = """def mlp_forward(X, params, act):
    found = [X]
    for number, (W, b) in enumerate(params):
        h = found[-1]
        z = h @ W.T + b
        found.append(z if number == len(params) - 1 else act(z))
    return found
"""


def forward_pass(code: str, *changes: tuple[str, str], hidden: bool = False) -> WrongWay:
    """Write the forward pass with some of its text replaced."""
    source = FORWARD
    for before, after in changes:
        assert source.count(before) == 1, before
        source = source.replace(before, after)
    names = {"np": np}
    exec(source, names)
    return WrongWay(code, "mlp-forward", lambda: (names["mlp_forward"],), hidden=hidden)


def counterexample(code: str, params, p, q) -> WrongWay:
    return WrongWay(code, "refute-convexity", lambda: ({"params": params, "p": p, "q": q},))


STRIP = [([[1, 0], [-1, 0]], [1, 1])]
OUTSIDE = [([[1, 0], [-1, 0]], [-1, -1]), ([[1, 1]], [-0.5])]
THREE = ([[1, 0], [-1, 0], [0, 1]], [-1, -1, -9])
REFUSED = [
    forward_pass("AN1", ("z if number == len(params) - 1 else act(z)", "act(z)")),
    forward_pass("AN2", ("return found", "return found[1:]")),
    forward_pass("AN3", ("return found", "return found[-1]")),
    forward_pass("AN4", ("z if number == len(params) - 1 else act(z)", "z")),
    forward_pass("AN5", ("h @ W.T + b", "h @ W.T")),
    forward_pass(
        "AN6",
        ("h = found[-1]", "h = act(found[-1]) if number else X"),
        ("z if number == len(params) - 1 else act(z)", "z"),
    ),
    forward_pass("AN7", ("found = [X]", "found = [act(X)]")),
    forward_pass("AN8", ("h = found[-1]", "h = X")),
    forward_pass("AN9", ("found.append(z if", "found += [z] if"), ("else act(z))", "else [z, act(z)]")),
    forward_pass("AN10", ("enumerate(params)", "enumerate(params[:-1])")),
    forward_pass("AN10", ("    return found", "        return found")),
    forward_pass("AN11", ("z if number == len(params) - 1 else act(z)", "act(z) if number == len(params) - 1 else z")),
    forward_pass("AN14", ("z = h @", "z = act(h) @"), ("z if number == len(params) - 1 else act(z)", "z")),
    forward_pass(
        "AN15", ("z = h @ W.T + b", "z = h @ act(W.T) + b"), ("z if number == len(params) - 1 else act(z)", "z")
    ),
    forward_pass("AN16", ("    found = [X]", "    found, z = [X], X"), ("h = found[-1]", "h = z")),
    forward_pass("AN17", ("return found", "return found[::-1]")),
    forward_pass("AN17", ("enumerate(params)", "enumerate(params[::-1])")),
    forward_pass("AN18", ("else act(z)", "else np.tanh(z)")),
    forward_pass("AN19", ("number == len(params) - 1", "number == 1")),
    forward_pass("AN12", ("W.T + b", "W.T - b")),
    forward_pass("AN13", ("W.T + b", "W.T + b[0]")),
    forward_pass("DS1", ("h @ W.T", "h @ W")),
    forward_pass("DS1", ("h @ W.T", "h @ (W.T if number else W)")),
    forward_pass("AN5", ("W.T + b", "W.T + b * (number < len(params) - 1)")),
    forward_pass("AN20", ("W.T + b", "W.T + b + b")),
    forward_pass("AN21", ("act(z))", "act(act(z)))")),
    forward_pass("AN22", ("z if number == len(params) - 1", "1 / (1 + np.exp(-z)) if number == len(params) - 1")),
    forward_pass("AN24", ("else act(z)", "else act(z) + (h if h.shape == z.shape else 0)")),
    forward_pass("AN25", ("else act(z)", "else act(z) if len(found) == 1 else z")),
    forward_pass("AN26", ("h = found[-1]", "h = found[-1] if len(found) > 1 else X - X.mean(0)")),
    forward_pass("SL88", ("act(z))", "act(z) * np.random.default_rng().integers(0, 2, z.shape))")),
    forward_pass("AN23", ("act(z))", "act((z - z.mean(0)) / z.std(0)))")),
    forward_pass("DS2", ("return found", "return [a.squeeze() if len(X) == 1 else a for a in found]")),
    forward_pass("DS2", ("return found", "return [*found[:-1], found[-1][0] if len(X) == 1 else z]")),
    forward_pass("DS3", ("W.T + b", "W.T + b[:, None]")),
    counterexample("AC1", OUTSIDE, (2, 0), (3, 1)),
    counterexample("AC2", OUTSIDE, (0.5, 0), (-2, 0)),
    counterexample("AC2", [OUTSIDE[0], ([[1, 1]], [0])], (0.5, 0), (-2, 0)),  # an output of 0 says no
    counterexample("AC3", [*STRIP, ([[1, 1]], [-1.5])], (0.5, 0), (-0.5, 2)),
    counterexample("AC3", [([[1, 0]], [0]), ([[1]], [-0.5])], (1, 0), (2, 0)),
    counterexample("AC4", [*OUTSIDE[:1], ([[1, 1]], [-0.5]), ([[1]], [-0.5])], (2, 0), (-2, 0)),
    counterexample("DS1", [(np.transpose(THREE[0]), THREE[1]), ([[1, 1, 1]], [-0.5])], (2, 0), (-2, 0)),
]

DEAD = """def count_dead(activations):
    return [int((one == 0).all(0).sum()) for one in activations]
"""


def dead(code: str, old: str, new: str) -> WrongWay:
    """Count the dead with some of the text replaced."""
    names = {"np": np}
    exec(DEAD.replace(old, new), names)
    assert old in DEAD
    return WrongWay(code, "dead-units", lambda: (names["count_dead"],))


SILENT = [
    dead("DU1", "(one == 0).all(0)", "(one == 0)"),
    dead("DU2", ".all(0)", ".all(1)"),
    dead("DU3", "int((one == 0).all(0).sum())", "(one == 0).all(0).mean()"),
    dead("DU4", "(one == 0).all(0)", "(one > 0).any(0)"),
    dead("DU5", ".all(0)", ".any(0)"),
    dead(
        "DU6",
        "return [int((one == 0).all(0).sum()) for one in activations]",
        "return np.cumsum([int((one == 0).all(0).sum()) for one in activations])",
    ),
    dead("DU7", "in activations", "in activations[::-1]"),
    dead("DU8", "int((one == 0).all(0).sum())", "one.shape[1]"),
    dead("DU9", ".all(0)", "[0]"),
    dead("DU9", ".all(0)", "[-1]"),
    dead("DU10", "int((one == 0).all(0).sum())", "(one == 0).all(0)"),
    dead("DU10", "int((one == 0).all(0).sum())", "np.flatnonzero((one == 0).all(0)).tolist() * 2"),
    dead("DU11", "in activations", "in activations[:1]"),
    dead("DU12", "one == 0", "one <= 0.01"),
    dead("DU12", "one == 0", "one < 0.5"),
    dead("DU14", "in activations", "in activations[1:]"),
    dead("DU14", "in activations", "in activations[:-1]"),
    dead("DU15", "(one == 0)", "(one == one[0])"),
    dead("DU16", "one == 0", "one < 0"),
    dead("DU13", "(one == 0).all(0)", "((one == 0).mean(0) > 0.9)"),
    dead("DU12", "(one == 0).all(0)", "(one.mean(0) < 1e-3)"),
]
WRONG_WAYS = FUNCTIONS + SETS + REFUSED + SILENT

HIDDEN = "hidden = (np.array([[1, 1], [1, 1]]), np.array([-0.5, -1.5]))"
OUTPUT = "output = (np.array([[1, -1]]), np.array([-0.5]))"
RETURN = "return [(np.array(normals), np.array(offsets)), (np.ones((1, 3)), np.array([-2.5]))]"
NORMAL = "normal = normal * np.sign(normal @ (third - start))"
LISTS_COUNT = "nested lists count as arrays"
STILL_FIRES = "this unit still fires at every corner but (0, 0), and near them"
STILL_BETWEEN = "this threshold still lies between the sums, with the margin"
EQUIVALENT = {
    "dead-units": {
        "count_dead(activations): without negative numbers": "what ReLU answers is never negative",
        "return [int((layer == 0).all(axis=0).sum()) for layer in activations] → "
        "return [(layer == 0).all(axis=0).sum() for layer in activations]": "a number of NumPy's is a number, too",
    },
    "three-functions": {
        "relu(z): without negative numbers": "ReLU makes zeros of them, too",
        "return np.where(z >= 0, 1, e) / (1 + e) → return np.where(z > 0, 1, e) / (1 + e)": "at 0 both are 1 / 2",
    },
    "three-slopes": {
        "d_relu(z): without negative numbers": "the slope at 0 is that of negative numbers",
        "return np.where(z > 0, 1.0, 0.0) → return np.where(1.0, z > 0, 0.0)": "True and False count as 1 and 0",
    },
    "weights-by-hand": {
        f"{HIDDEN} → hidden = ([[1, 1], [1, 1]], np.array([-0.5, -1.5]))": LISTS_COUNT,
        f"{HIDDEN} → hidden = (np.array([[1, 1], [1, 1]]), [-0.5, -1.5])": LISTS_COUNT,
        f"{HIDDEN} → hidden = (np.array([[2, 1], [1, 1]]), np.array([-0.5, -1.5]))": STILL_FIRES,
        f"{HIDDEN} → hidden = (np.array([[1, 2], [1, 1]]), np.array([-0.5, -1.5]))": STILL_FIRES,
        f"{HIDDEN} → hidden = (np.array([[1, 1], [1, 1]]), np.array([-0.25, -1.5]))": STILL_BETWEEN,
        f"{OUTPUT} → output = ([[1, -1]], np.array([-0.5]))": LISTS_COUNT,
        f"{OUTPUT} → output = (np.array([[1, -1]]), [-0.5])": LISTS_COUNT,
        f"{OUTPUT} → output = (np.array([[1, -1]]), np.array([-0.25]))": STILL_BETWEEN,
        f"{OUTPUT} → output = (np.array([[1, -2]]), np.array([-0.5]))": "a larger minus is a no, too",
        f"{RETURN} → return [(normals, np.array(offsets)), (np.ones((1, 3)), np.array([-2.5]))]": LISTS_COUNT,
        f"{RETURN} → return [(np.array(normals), offsets), (np.ones((1, 3)), np.array([-2.5]))]": LISTS_COUNT,
        f"{RETURN} → return [(np.array(normals), np.array(offsets)), (np.ones((1, 3)), [-2.5])]": LISTS_COUNT,
        f"{NORMAL} → normal *= np.sign(normal @ (third - start))": "the array is the function's own",
        f"{NORMAL} → normal = normal / np.sign(normal @ (third - start))": "divided by a sign is multiplied by it",
        f"{NORMAL} → normal = normal * (normal @ (third - start))": "the length of a normal moves no line",
        f"{NORMAL} → normal = normal * np.sign((third - start) @ normal)": "the product of two rows is the same",
        "offsets.append(-normal @ start) → offsets.append(start @ -normal)": "the product of two rows is the same",
    },
}
SAME_SHAPE = "an array comes out in the shape in which it came in, () among them"
EXCLUDED_FORMS = {
    exercise: dict.fromkeys(("returns arrays of one element", "returns tensors of one element"), SAME_SHAPE)
    for exercise in ("three-functions", "three-slopes")
}

FINGERPRINTS = {  # of what students are asked; see test_questions.py
    "practice sigmoid-by-hand": "81332231034e82576c2d5fe872328b52",
    "practice slope-bound": "b774acc3cb9ee26644b84a3ed6426f92",
    "practice tanh-from-sigmoid": "5909b60975c4382afe35b1d039ed1b4e",
    "sigmoid-by-hand": "527a0b574398a14fdb2c5dd8fed2b157",
    "text of choose-and-explain": "38e1d8f5f242fac4825cd8ed9e1371a3",
}


# --- several wrong ways at once


def test_two_wrong_functions_are_both_counted():
    d_sigmoid, d_tanh = build("d_sigmoid", "z * (1 - z)"), build("d_tanh", "1 - tanh(z)")
    found = judged(lab.three_slopes.check, *trio(SLOPES, d_sigmoid=d_sigmoid, d_tanh=d_tanh))
    assert found.codes == ("GR11", "AS1")
    assert found.share == pytest.approx(1 / 3)
    assert "Right: d_relu. Not yet: d_sigmoid, d_tanh." in found.text


def test_slips_of_several_kinds_by_hand_are_all_counted():
    found = judged(lab.sigmoid_by_hand.check, RIGHT | {"b": 0.25, "c": 0.8, "tanh": 1.8, "bound": 2.5})
    assert found.codes == ("AH1", "AH6", "AH9")


def test_the_number_and_the_hint_are_of_one_part():
    found = judged(lab.sigmoid_by_hand.check, RIGHT | {"b": 0.111, "bound": 2.5})
    assert found.text.splitlines()[1] == "bound: you gave 2.5."
    assert "This adds the slopes of the layers." in found.text


# --- right, by any way


def sigmoid_by_masks(z):
    z = np.asarray(z)
    out = np.empty_like(z)
    out[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    out[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return out


def sigmoid_by_loops(z):
    out = np.array(z)  # a copy, of the same type
    for place in np.ndindex(z.shape):
        v = float(z[place])
        out[place] = 1 / (1 + np.exp(-v)) if v >= 0 else np.exp(v) / (1 + np.exp(v))
    return out


def sigmoid_by_logaddexp(z):
    return np.exp(-np.logaddexp(0, -z))


def sigmoid_by_torch(z):
    e = torch.exp(-torch.as_tensor(z).abs())
    return torch.where(torch.as_tensor(z) < 0, e, torch.ones_like(e)) / (1 + e)


def sigmoid_in_silence(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def tanh_by_expm1(z):
    t = np.expm1(-2 * np.abs(z))
    return -np.sign(z) * t / (2 + t)


def tanh_by_sigmoid(z):
    return 2 * sigmoid_by_masks(2 * z) - 1


def relu_by_product(z):
    return z * (z > 0)


def relu_by_where(z):
    return np.where(z > 0, z, 0).astype(z.dtype)


def relu_by_clip(z):
    return z.clip(min=0)


def relu_by_torch(z):
    return torch.as_tensor(z).clamp(min=0)


WAYS = {
    "sigmoid": [sigmoid_by_masks, sigmoid_by_loops, sigmoid_by_logaddexp, sigmoid_by_torch, sigmoid_in_silence],
    "tanh": [tanh_by_expm1, tanh_by_sigmoid, lambda z: 2 * build("sigmoid")(2 * z) - 1],
    "relu": [relu_by_product, relu_by_where, relu_by_clip, relu_by_torch, lambda z: (z + np.abs(z)) / 2],
}
EACH_WAY = [(name, way) for name, ways in WAYS.items() for way in ways]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "way"), EACH_WAY, ids=[f"{name}-{way.__name__}" for name, way in EACH_WAY])
def test_an_activation_counts_however_it_is_computed(name, way):
    assert tried(lab.three_functions, *trio(VALUES, **{name: way}), seed=5).share == 1


GIVEN_AS = {
    "a list": lambda a: np.asarray(a).tolist(),
    "a tensor": lambda a: torch.tensor(np.asarray(a)),
    "a tensor with a gradient": lambda a: torch.tensor(np.asarray(a), requires_grad=True),
    "not contiguous": lambda a: np.repeat(np.asarray(a)[..., None], 2, axis=-1)[..., 0],
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "column by column": lambda a: np.array(a, order="F"),
}


@pytest.mark.slow
@pytest.mark.parametrize("form", GIVEN_AS.values(), ids=GIVEN_AS)
def test_values_and_slopes_count_in_any_form(form):
    def formed(name):
        return lambda z: form(build(name)(z))

    assert tried(lab.three_functions, *map(formed, VALUES), seed=5).share == 1
    assert tried(lab.three_slopes, *map(formed, SLOPES), seed=5).share == 1


def test_slopes_count_in_any_type():
    found = trio(SLOPES, d_sigmoid=lambda z: np.float32(build("d_sigmoid")(z)), d_relu=lambda z: z > 0)
    assert tried(lab.three_slopes, *found, seed=3).share == 1


def forward(X, params, act):
    found = [X]
    for number, (W, b) in enumerate(params, start=1):
        z = np.einsum("nd,hd->nh", found[-1], W) + b
        found.append(z if number == len(params) else act(z))
    return found


def forward_by_torch(X, params, act):
    found = [torch.tensor(X)]
    for number, (W, b) in enumerate(params, start=1):
        z = found[-1] @ torch.tensor(W).T + torch.tensor(b)
        found.append(z if number == len(params) else act(z))
    return found


def forward_by_recursion(X, params, act):
    (W, b), *rest = params
    z = X @ W.T + b
    return [X, *forward_by_recursion(act(z), rest, act)] if rest else [X, z]


LISTS = {
    "a tuple": tuple,
    "lists of lists": lambda found: [np.asarray(a).tolist() for a in found],
    "float32": lambda found: [np.float32(a) for a in found],
    "views": lambda found: [np.asarray(a)[:, ::-1][:, ::-1] for a in found],
}


@pytest.mark.parametrize("way", [forward, forward_by_torch, forward_by_recursion], ids=lambda way: way.__name__)
def test_a_forward_pass_counts_however_it_is_computed(way):
    assert tried(lab.mlp_forward, way, seed=5).share == 1


@pytest.mark.parametrize("form", LISTS.values(), ids=LISTS)
def test_a_list_of_activations_counts_in_any_form(form):
    assert judged(lab.mlp_forward.check, lambda *args: form(forward(*args))).share == 1


@pytest.mark.parametrize(
    "net",
    [
        [([[1, 1], [1, 1]], [-0.5, -1.5]), ([[1, -1]], [-0.5])],
        [([[1, 1], [1, 1]], [0, -1]), ([[1, -2]], [-0.5])],  # ReLU
        [([[1, -1], [-1, 1]], [-0.5, -0.5]), ([[1, 1]], [-0.5])],
        (([[-1, -1], [1, 1]], [1.5, -0.5]), ([[2.0, 2.0]], -3)),
        [(torch.tensor([[1.0, -1], [-1, 1]]), np.zeros((2, 1))), (np.ones((1, 2)), [[-0.5]])],  # ReLU
    ],
)
def test_any_weights_that_make_xor_count(net):
    triangle_net = lesson.answers("weights-by-hand").triangle_net
    assert tried(lab.weights_by_hand, lambda: net, triangle_net, seed=5).share == 1


def triangle_by_middle(vertices):
    middle = vertices.mean(axis=0)
    edges = np.roll(vertices, -1, axis=0) - vertices
    normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1)
    normals = normals * np.where((normals * (middle - vertices)).sum(axis=1) > 0, 1, -1)[:, None]
    return [(normals, -(normals * vertices).sum(axis=1)), ([[5, 5, 5]], [-12])]


def triangle_by_order(vertices):
    (a, b), (c, d) = vertices[1] - vertices[0], vertices[2] - vertices[0]
    vertices = vertices if a * d - b * c > 0 else vertices[::-1]
    rows, biases = [], []
    for one, other in zip(vertices, [*vertices[1:], vertices[0]], strict=True):
        rows.append([one[1] - other[1], other[0] - one[0]])
        biases.append(-(rows[-1][0] * one[0] + rows[-1][1] * one[1]))
    return ((rows, biases), ([[0.4, 0.4, 0.4]], [-1.0]))


@pytest.mark.parametrize("net", [triangle_by_middle, triangle_by_order])
def test_any_weights_that_make_a_triangle_count(net):
    assert tried(lab.weights_by_hand, lesson.answers("weights-by-hand").xor_net, net, seed=5).share == 1


@pytest.mark.parametrize(
    "found",
    [
        {"params": OUTSIDE, "p": (2, 0), "q": (-2, 0)},
        {"params": tuple(OUTSIDE), "p": [4, 1], "q": np.array([-4.0, 0])},
        {"params": [([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [-0.5])], "p": (1, -4), "q": (-4, 1)},  # a dent
        {"params": [([[1, 0], [1, 0]], [1, -1]), ([[-1, 1]], [0.5])], "p": torch.tensor([-2.0, 0]), "q": (2, 0)},
    ],
)
def test_any_counterexample_counts(found):
    assert judged(lab.refute_convexity.check, found).share == 1


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_weights_are_finite(value):
    found = judged(
        lab.refute_convexity.check, {"params": [OUTSIDE[0], ([[value, 1]], [-0.5])], "p": (2, 0), "q": (-2, 0)}
    )
    assert (found.share, "holds nan or inf" in found.text) == (0, True)


@pytest.mark.parametrize("form", [float, np.float64, np.float32, torch.tensor, np.array, lambda v: round(v, 2) or v])
def test_numbers_by_hand_count_in_any_form(form):
    assert judged(lab.sigmoid_by_hand.check, {part: form(value) for part, value in RIGHT.items()}).share == 1


SAME_TRIPLES = [(0, 0.001, 0.46), [0.0, 0.0009, 0.4605], np.array([0, 0, 0.46]), torch.tensor([0, 0.001, 0.46])]


@pytest.mark.parametrize("triple", SAME_TRIPLES, ids=lambda given: type(given).__name__)
def test_shares_count_in_any_collection(triple):
    assert judged(lab.deep_gradients.check, EXPERIMENT | {"saturated": triple}).share == 1


CLOSE = {"saturated": [(0.02, 0.001, 0.46), (0, 0.001, 0.48)], "ratio": [(0.0018, 0.272, 48.4), (0.0016, 0.272, 44)]}


@pytest.mark.parametrize(("part", "triple"), [(part, triple) for part, triples in CLOSE.items() for triple in triples])
def test_a_measurement_that_is_only_close_does_not_count(part, triple):
    assert judged(lab.deep_gradients.check, EXPERIMENT | {part: triple}).share == 3 / 4


def test_what_the_lesson_tells_to_measure_counts():
    nets = [deep_net(scale) for scale in SCALES]
    size = [[np.sqrt((g**2).mean()) for g in net.gradients] for net in nets]
    answers = {
        "saturated": [np.mean([np.abs(h) > 0.99 for h in net.activations]) for net in nets],
        "ratio": [one[0] / one[-1] for one in size],
        "steady scale": np.int64(1),
        "at scale 4": " Grows",
    }
    assert judged(lab.deep_gradients.check, answers).share == 1


# --- wrong, never


@pytest.mark.slow
@QUIETLY
@given(st.sampled_from(VALUES + SLOPES), st.floats(0.001, 10), st.integers(0, 40), st.booleans())
def test_one_changed_number_is_never_accepted(name, change, place, up):
    mine, group = (lab.three_functions, VALUES) if name in VALUES else (lab.three_slopes, SLOPES)

    def changed(z):
        out = np.array(build(name)(z))
        if out.size:
            out.flat[place % out.size] += change if up else -change
        return out

    assert judged(mine.check, *trio(group, **{name: changed})).share == pytest.approx(2 / 3)


@QUIETLY
@given(st.integers(0, 2), st.integers(0, 40), st.floats(0.01, 10))
def test_one_changed_activation_is_never_accepted(entry, place, change):
    def changed(*args):
        found = [np.array(a) for a in forward(*args)]
        found[entry % len(found)].flat[place % found[entry % len(found)].size] += change
        return found

    assert judged(lab.mlp_forward.check, changed).share == 0


PART = st.one_of(st.floats(-2, 12), st.integers(-3, 12), st.floats(), st.none())


@QUIETLY
@given(st.dictionaries(st.sampled_from(list(RIGHT)), PART), st.sampled_from(["", "ada", "eva"]))
def test_numbers_earn_for_right_ones_only(given_numbers, student):
    mine = activations.for_student(student).sigmoid_by_hand
    right = {part: float(value) for part, value in right_numbers(mine.question).items()}
    room = {part: 0.006 if value >= 0.05 else value / 20 for part, value in right.items()}
    answered = {part: value for part, value in given_numbers.items() if value is not None}
    wanted = sum(abs(value - right[part]) <= room[part] for part, value in answered.items())
    assert judged(mine.check, given_numbers).share == pytest.approx(wanted / 6)


SMALL = st.floats(-3, 3).map(lambda value: round(value, 1))


@QUIETLY
@given(st.data())
def test_a_counterexample_is_accepted_only_if_it_is_one(data):
    units = data.draw(st.integers(1, 3))
    rows = data.draw(st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=units, max_size=units))
    out = data.draw(st.lists(SMALL, min_size=units, max_size=units))
    bias, p, q = data.draw(SMALL), data.draw(st.tuples(SMALL, SMALL)), data.draw(st.tuples(SMALL, SMALL))

    def output(x, y):
        return bias + sum(w for (a, b, c), w in zip(rows, out, strict=True) if a * x + b * y + c > 0)

    middle = (p[0] + q[0]) / 2, (p[1] + q[1]) / 2
    is_one = output(*p) > 1e-9 and output(*q) > 1e-9 and output(*middle) < -1e-9
    near = any(abs(output(*x)) <= 1e-9 for x in (p, q, middle)) or any(
        abs(a * x + b * y + c) < 1e-9 for a, b, c in rows for x, y in (p, q, middle)
    )
    params = [([row[:2] for row in rows], [row[2] for row in rows]), ([out], [bias])]
    accepted = judged(lab.refute_convexity.check, {"params": params, "p": p, "q": q}).share == 1
    assert near or accepted == is_one


@QUIETLY
@given(st.lists(SMALL, min_size=9, max_size=9))
def test_random_weights_make_xor_only_if_they_do(weights):
    w, b, v, c = weights[:4], weights[4:6], weights[6:8], weights[8]
    net = [(np.array(w).reshape(2, 2), b), ([v], [c])]
    points = [(x + s, y + t) for x in (0, 1) for y in (0, 1) for s in (-0.1, 0.1) for t in (-0.1, 0.1)]

    def says(x, y, act):
        hidden = [act(w[0] * x + w[1] * y + b[0]), act(w[2] * x + w[3] * y + b[1])]
        return hidden[0] * v[0] + hidden[1] * v[1] + c

    acts = (lambda z: float(z > 0), lambda z: max(z, 0))
    wanted = [round(x) != round(y) for x, y in points]
    is_one = any([says(x, y, act) > 0 for x, y in points] == wanted for act in acts)
    assert judged(lab.weights_by_hand.check, lambda: net, lambda _vertices: None).share == (0.5 if is_one else 0)


# --- odd results, and what is told of them

ODD_RESULTS = ODD | {"three": [9, 9, 9], "pairs": [(1, 2), (3, 4)]}


@pytest.mark.thorough
@pytest.mark.parametrize("odd", ODD_RESULTS.values(), ids=ODD_RESULTS)
def test_an_odd_result_of_a_function_earns_nothing_and_is_told(odd):
    for result in (odd, [odd, odd, odd]):

        def function(*_args, result=result):
            return result

        for mine, count in ((lab.three_functions, 3), (lab.three_slopes, 3), (lab.weights_by_hand, 2)):
            found = judged(mine.check, *[function] * count)
            assert (found.share, 1 <= len(found.text.splitlines()) <= 4) == (0, True)
        assert judged(lab.mlp_forward.check, function).share == 0


@pytest.mark.parametrize("odd", ODD_RESULTS.values(), ids=ODD_RESULTS)
def test_an_odd_counterexample_is_refused(odd):
    good = {"params": OUTSIDE, "p": (2, 0), "q": (-2, 0)}
    tries = [*(good | {part: odd} for part in good), good | {"params": [(odd, odd), (odd, odd)]}]
    for found in (judged(lab.refute_convexity.check, one) for one in tries):
        assert (found.share, len(found.text.splitlines()) <= 4) == (0, True)


def test_nan_far_from_large_numbers_is_not_blamed_on_an_exponential():
    found = judged(lab.three_functions.check, *trio(VALUES, tanh=build("tanh", "np.log(z) * 0 + 1")))
    assert "PR2" not in found.codes


def test_one_written_function_earns_its_share():
    def stub(*_args):
        raise NotImplementedError

    found = judged(lab.three_functions.check, build("sigmoid"), stub, None)
    assert found.share == pytest.approx(1 / 3)
    assert "Right: sigmoid. No answer yet: tanh, relu." in found.text


def test_no_message_shows_a_shape_or_a_count_that_is_wanted():
    def wrong_size(*_):
        return [([[1, 2, 3]], [1]), ([[1]], [1])]

    found = judged(lab.weights_by_hand.check, wrong_size, lambda _: [([[1, 2]], [1])])
    found = found.text + judged(lab.weights_by_hand.check, None, lambda _: [([[1, 2]], [1]), ([[1]], [1])]).text
    for params in ([([[1, 0, 5]], [1]), ([[1, 1]], [-0.5])], [([[1, 0]], [1])]):
        found += judged(lab.refute_convexity.check, {"params": params, "p": (2, 0), "q": (-2, 0)}).text
    assert set(re.findall(r"\([0-9, ]+\)", found)) <= {"(1, 3)", "(1, 2)", "(1,)"}, "only the learner's own"
    assert not re.search(r"two pairs|[23] pairs", found)


kept_tanh = torch.tanh  # a name that was bound before the check began


def in_a_notebook(source: str, name: str = "mine"):
    """Return a function of cells that are run as a notebook's are."""
    names: dict = {}
    with warnings.catch_warnings(action="ignore"):
        exec(source, names)
    return names[name]


NOTEBOOK = {
    "an alias": "import numpy as np\nth = np.tanh\ndef mine(z):\n    return th(z)",
    "an alias inside": "import numpy as np\ndef mine(z):\n    m = np\n    return m.tanh(z)",
    "a name of SciPy's": "from scipy.special import expit\ndef mine(z):\n    return 2 * expit(2 * z) - 1",
    "SciPy inside": "def mine(z):\n    import scipy.special as s\n    return 2 * s.expit(2 * z) - 1",
    "a distribution": "from scipy import stats\ndef mine(z):\n    return 2 * stats.logistic.cdf(2 * z) - 1",
    "softmax of SciPy": (
        "import numpy as np\nfrom scipy.special import softmax\n"
        "def mine(z):\n    return 2 * softmax(np.stack([2 * z, 0 * z]), axis=0)[0] - 1"
    ),
    "softmax of PyTorch": (
        "import torch\ndef mine(z):\n    z = torch.as_tensor(z)\n"
        "    return 2 * torch.stack([2 * z, 0 * z]).softmax(0)[0] - 1"
    ),
    "logsigmoid": (
        "import torch\nimport torch.nn.functional as F\n"
        "def mine(z):\n    return 2 * F.logsigmoid(2 * torch.as_tensor(z)).exp() - 1"
    ),
    "a helper": "import numpy as np\ndef helper(z):\n    return np.tanh(z)\ndef mine(z):\n    return helper(z)",
    "a dict": "import numpy as np\nacts = {'t': np.tanh}\ndef mine(z):\n    return acts['t'](z)",
    "a method": ("import numpy as np\nclass Act:\n    def f(self, z):\n        return np.tanh(z)\nmine = Act().f"),
    "a callable object": (
        "import numpy as np\nclass Act:\n    def __call__(self, z):\n        return np.tanh(z)\nmine = Act()"
    ),
    "a partial": "import functools, numpy as np\nmine = functools.partial(np.tanh)",
    "by its text": "import numpy as np\ndef mine(z):\n    return getattr(np, 'tanh')(z)",
    "a default": "import numpy as np\ndef mine(z, f=np.tanh):\n    return f(z)",
    "a closure": "import numpy as np\ndef make(f):\n    return lambda z: f(z)\nmine = make(np.tanh)",
    "compiled": (
        "import torch\nf = torch.jit.trace(torch.tanh, torch.ones(2))\ndef mine(z):\n    return f(torch.as_tensor(z))"
    ),
    "a thread": (
        "import torch\nfrom concurrent.futures import ThreadPoolExecutor\ndef mine(z):\n"
        "    with ThreadPoolExecutor(1) as pool:\n        return pool.submit(torch.tanh, torch.as_tensor(z)).result()"
    ),
}


@pytest.mark.parametrize("source", NOTEBOOK.values(), ids=NOTEBOOK)
def test_a_ready_made_function_is_found_by_what_it_is(source):
    found = judged(lab.three_functions.check, *trio(VALUES, tanh=in_a_notebook(source)))
    assert found.share == pytest.approx(2 / 3)
    assert "Build it yourself here" in found.text


def test_the_rescue_opens_after_the_last_hint_and_serves_the_slopes_only(monkeypatch, capsys):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    mine = activations.for_student()
    for _ in mine.three_functions.hints:
        with pytest.raises(ValueError, match="opens after the last hint"):
            mine.three_functions.rescue()
        mine.three_functions.hint()
    lent = mine.three_functions.rescue()
    assert judged(mine.three_functions.check, *lent).share == 0
    sigmoid, tanh, _ = lent
    slopes = [lambda z: sigmoid(z) * (1 - sigmoid(z)), lambda z: 1 - tanh(z) ** 2, build("d_relu")]
    assert tried(mine.three_slopes, *slopes, seed=5).share == 1


OWN = """
import numpy as np
import math
class Act:
    @staticmethod
    def sigmoid(z):
        e = np.exp(-np.abs(z))
        return np.where(z >= 0, 1, e) / (1 + e)
    def tanh(self, z):
        return 2 * self.sigmoid(2 * z) - 1
    @classmethod
    def relu(cls, z):
        return np.maximum(z, 0)
class Settings:
    softmax = "not used here"
act = Act()
def sigmoid(z):
    return Act.sigmoid(z)
def tanh(z):
    assert Settings.softmax and math.pi
    return act.tanh(z)
def relu(z):
    return act.relu(z)
"""


def test_a_class_of_ones_own_is_not_ready_made():
    mine = [in_a_notebook(OWN, name) for name in VALUES]
    assert tried(lab.three_functions, *mine, seed=4).share == 1


READY_MADE = {
    "np.tanh": lambda z: np.tanh(z),
    "np.tanh itself": np.tanh,
    "math.tanh": lambda z: np.vectorize(lambda v: __import__("math").tanh(v))(z),
    "torch.tanh": lambda z: torch.tanh(torch.tensor(z)),
    "a name of one's own": lambda z: kept_tanh(torch.tensor(z)),
    "a tensor's tanh": lambda z: torch.tensor(z).tanh(),
    "np.vectorize": np.vectorize(lambda v: np.tanh(v)),
}


@pytest.mark.parametrize("shortcut", READY_MADE.values(), ids=READY_MADE)
def test_a_ready_made_tanh_is_refused(shortcut):
    found = judged(lab.three_functions.check, *trio(VALUES, tanh=shortcut))
    assert found.share == pytest.approx(2 / 3)
    assert re.search(r"(tanh|<lambda>) calls .*Build it yourself here", found.text)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0)])
def test_arrays_of_any_shape_are_tried_at_grading(shape):
    def only_others(z):
        return build("relu")(z) if z.shape != shape else np.array([7.0])

    assert tried(lab.three_functions, *trio(VALUES, relu=only_others), seed=4).share == pytest.approx(2 / 3)


def test_ones_own_tanh_may_be_called_tanh():
    names = {"np": np}
    exec("def tanh(z):\n    e = np.exp(-2 * np.abs(z))\n    return np.sign(z) * (1 - e) / (1 + e)\n", names)
    exec("def sigmoid(z):\n    return (1 + tanh(z / 2)) / 2\n", names)
    assert tried(lab.three_functions, names["sigmoid"], names["tanh"], build("relu"), seed=4).share == 1


def test_a_forward_pass_that_changes_its_input_is_told():
    def changing(X, params, act):
        found = forward(X.copy(), params, act)
        X[:] = 0
        return found

    assert "changed what it was given" in judged(lab.mlp_forward.check, changing).text


@pytest.mark.parametrize("leave", [SystemExit, RuntimeError, MemoryError, RecursionError])
def test_a_function_that_leaves_is_told(leave):
    def leaving(*_args):
        raise leave

    assert f"raised {leave.__name__}" in judged(lab.mlp_forward.check, leaving).text
    assert judged(lab.three_functions.check, *trio(VALUES, sigmoid=leaving)).share == pytest.approx(2 / 3)


def test_noise_on_stderr_costs_nothing(capfd):
    def noisy(z):
        print("50 %", file=sys.stderr)
        warnings.warn("slow", stacklevel=1)
        return build("sigmoid")(z)

    assert tried(lab.three_functions, *trio(VALUES, sigmoid=noisy), seed=1).share == 1
    assert capfd.readouterr().err == ""


# --- nothing is given away


def test_a_hidden_case_is_not_described():
    seen = {case.data.tobytes() for case in lab.three_functions.cases()}

    def only_public(name):
        return lambda z: build(name)(z) + (0 if z.tobytes() in seen else 0.5)

    for mine, group in ((lab.three_functions, VALUES), (lab.three_slopes, SLOPES)):
        found = tried(mine, *map(only_public, group), seed=8)
        assert found.share == 0
        assert "a case drawn at grading" in found.text
        assert re.findall("[0-9]", found.text) == []


ODD_LISTS = {
    "shifted": lambda found: [a + 0.5 for a in found],
    "cut": lambda found: [a[:, :-1] for a in found],
    "text": lambda found: [f"{a}" for a in found],
    "shorter": lambda found: found[1:],
    "output alone": lambda found: found[-1],
    "object of one's own": lambda found: type(f"C{len(found)}", (), {})(),
    "error": lambda found: 1 / 0,
}


@pytest.mark.parametrize("change", ODD_LISTS.values(), ids=ODD_LISTS)
def test_a_hidden_net_is_not_described(change):
    public = [draw_net(case.data, 0)[0] for case in lab.mlp_forward.cases()]

    def only_public(X, params, act):
        found = forward(X, params, act)
        return found if any(np.array_equal(X, one) for one in public) else change(found)

    found = tried(lab.mlp_forward, only_public, seed=4)
    assert found.share == 0
    assert re.findall("[0-9]", re.sub(r"activations\[0\]|[Aa]xis \d|at place 0", "", found.text)) == []


def test_a_hidden_triangle_is_not_described():
    def only_public(vertices):
        net = triangle_by_middle(vertices)
        public = any(np.array_equal(vertices, one) for one in TRIANGLES.values())
        return net if public else [(-net[0][0], -net[0][1]), net[1]]

    found = tried(lab.weights_by_hand, lesson.answers("weights-by-hand").xor_net, only_public, seed=3)
    assert (found.share, found.codes) == (0.5, ("AT1",))
    assert "triangle_net: not yet right (a case drawn at grading)." in found.text
    assert re.findall("[0-9]", found.text) == []


def test_hidden_triangles_come_in_both_orders():
    triangles = [case.data[0] for case in lab.weights_by_hand.hidden_cases(3) if case.part == "triangle_net"]
    turns = [np.cross([*(b - a), 0], [*(c - a), 0])[2] > 0 for a, b, c in triangles]
    assert turns.count(True) == turns.count(False) == 6


OTHER_FORMS = {
    "other shapes": lambda v: [(v, v[:, 0]), (v, [v.sum()])],
    "turned over": lambda v: [(v.T, v[:, 0]), (v, [v.sum()])],
    "text": lambda v: [(f"{v}", v[:, 0]), (v, [v.sum()])],
    "one pair": lambda v: [(v, v[:, 0])],
    "error": lambda v: [][int(abs(v[0, 0]) + 7)],
}


@pytest.mark.parametrize("net", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_a_net_of_another_form_for_a_hidden_triangle_is_told_without_its_numbers(net):
    case = Case("another triangle", (TRIANGLES["a triangle"], np.zeros((1, 2))), "triangle_net", hidden=True)
    text = " ".join(lab.weights_by_hand.judge_cases([case], None, net)["triangle_net"].lines)
    assert re.findall("[0-9]", text.replace("2 pairs", "")) == []


@pytest.mark.parametrize("part", RIGHT)
def test_a_wrong_number_is_not_corrected(part):
    told = re.findall(r"[0-9.]*[0-9](?:e-?[0-9]+)?", judged(lab.sigmoid_by_hand.check, {part: 77}).text)
    assert [text for text in told if text != "77" and abs(float(text) - RIGHT[part]) < 0.01] == []


def test_a_wrong_experiment_is_not_corrected():
    wrong = {"saturated": (0.7, 0.7, 0.7), "ratio": (7, 7, 7), "steady scale": 0.5}
    text = judged(lab.deep_gradients.check, wrong).text
    text += judged(lab.interval_experiment.check, {"identity": 0.9, "solved more": "relu"}).text
    assert not re.search(r"0\.46|0\.27|48|0\.75", text)


@pytest.mark.parametrize("mine", [lab.sigmoid_by_hand, lab.deep_gradients, lab.interval_experiment], ids=lambda x: x.id)
def test_feedback_never_tells_a_right_number(mine):
    told = {number for way in mine.misconceptions for number in re.findall(r"[0-9.]*[0-9]", way.feedback)}
    assert told & {"0.25", "0.75", "0.8", "0.46", "0.272", "48"} == set()


def test_hints_hold_no_answer():
    texts = " ".join(hint for exercise in activations.EXERCISES for hint in exercise.hints)
    assert not re.search(r"0\.25|0\.75|0\.46|2\.5\b|== 0", texts)


# --- what is right: PyTorch against slow ways


@pytest.mark.parametrize("name", VALUES)
def test_autograd_agrees_with_finite_differences(name):
    z = torch.tensor([-3.0, -0.7, 0.2, 1.9], dtype=torch.float64)
    act, step = ACTIVATIONS[name], 1e-6
    measured = (act(z + step) - act(z - step)) / (2 * step)
    torch.testing.assert_close(torch_slope(name, z), measured, rtol=1e-6, atol=1e-9)


def test_relu_has_slope_0_at_0():
    assert torch_slope("relu", torch.zeros(1, dtype=torch.float64)).item() == 0


NETS = [*lab.mlp_forward.cases(), *lab.mlp_forward.hidden_cases(3)]


@pytest.mark.parametrize("case", NETS, ids=lambda case: case.label)
def test_pytorchs_forward_pass_is_the_slow_one(case):
    X, params = draw_net(case.data, 3)
    act = numpy_activation(case.data.act)
    for one, other in zip(torch_forward(X, params, case.data.act), forward(X, params, act), strict=True):
        np.testing.assert_allclose(one, other)


def test_a_net_without_a_bend_is_one_layer():
    X, params = draw_net(NETS[-1].data, 3)
    W, b = np.eye(4), np.zeros(4)
    for weight, bias in params:
        W, b = weight @ W, weight @ b + bias
    np.testing.assert_allclose(torch_forward(X, params, "identity")[-1], X @ W.T + b)


@pytest.mark.parametrize("number", range(5))
def test_the_inside_of_a_triangle_is_where_weights_of_its_corners_are_positive(number):
    rng = np.random.default_rng(number)
    vertices = draw_triangle(rng)
    points = rng.uniform(-4, 4, size=(200, 2))
    corners = np.column_stack([vertices, np.ones(3)])
    shares = np.column_stack([points, np.ones(200)]) @ np.linalg.inv(corners)
    assert ((sides(vertices, points) > 0).all(axis=1) == (shares > 0).all(axis=1)).all()


def test_the_gradients_of_the_deep_net_are_finite_differences():
    net = deep_net(1.5, "tanh")
    generator = torch.Generator().manual_seed(0)
    h = torch.randn(64, 64, generator=generator, dtype=torch.float64)
    layers = [1.5 * torch.randn(64, 64, generator=generator, dtype=torch.float64) / 8 for _ in range(10)]
    mix = torch.randn(64, 64, generator=generator, dtype=torch.float64)

    def loss(move):
        z = h @ layers[0].T
        z[3, 5] += move
        for layer in layers[1:]:
            z = torch.tanh(z) @ layer.T
        return (torch.tanh(z) * mix).sum().item()

    assert (loss(1e-5) - loss(-1e-5)) / 2e-5 == pytest.approx(net.gradients[0][3, 5], rel=1e-5, abs=1e-9)


def test_the_interval_task_has_gaps_and_equal_halves():
    x, y = interval_data()
    assert (len(x), y.sum()) == (40, 20)
    assert abs(x[y == 1]).max() == pytest.approx(1 / 3)
    assert abs(x[y == 0]).min() == pytest.approx(2 / 3)


def test_the_runs_are_as_the_lesson_tells():
    solved = {name: sum(share == 1 for share in train_interval(name)) for name in ("tanh", "relu", "sigmoid")}
    assert solved == {"tanh": 9, "relu": 3, "sigmoid": 9}
    assert max(train_interval("identity")) <= best_cut() == 0.75


def test_an_unknown_activation_is_refused():
    for function in (train_interval, lambda name: deep_net(1, name)):
        with pytest.raises(ValueError, match="there are the activations identity, sigmoid, tanh, relu; not 'elu'"):
            function("elu")


def test_checks_leave_the_random_state_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    judged(lab.interval_experiment.check, INTERVAL)
    judged(lab.deep_gradients.check, EXPERIMENT)
    tried(lab.three_functions, *trio(VALUES), seed=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_notebook_without_gradients_is_checked_all_the_same():
    with torch.no_grad():
        assert judged(lab.three_slopes.check, *trio(SLOPES)).share == 1
        assert judged(lab.sigmoid_by_hand.check, RIGHT).share == 1
        assert len(deep_net(0.7).gradients) == 10  # the check may have measured its own nets before
        assert judged(lab.deep_gradients.check, EXPERIMENT).share == 1
        assert judged(lab.interval_experiment.check, INTERVAL).share == 1


@pytest.mark.slow
def test_checks_load_no_optimiser():
    """Importing torch.optim takes seconds on a busy machine, more than any check may."""
    code = (
        "import sys; from course_utils.labs import activations; lab = activations.for_student(); "
        "lab.interval_experiment.check({'identity': 1}); lab.deep_gradients.check({'steady scale': 1}); "
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


# --- questions

STUDENTS = [f"student{number}" for number in range(50)] + [f"{number:08d}@uni.example" for number in range(20)]
EXERCISES = {student: activations.for_student(student).sigmoid_by_hand for student in STUDENTS}


def right_by_hand(question) -> dict[str, float]:
    """Work the numbers out in another way than the lab does."""
    z = [0, math.log(question.p), -math.log(question.q)]
    a, b, c = (1 / (1 + math.exp(-value)) for value in z)
    doubled = math.log(question.doubled / (1 - question.doubled))
    largest = max((s := 1 / (1 + math.exp(-step / 100))) * (1 - s) for step in range(-300, 301))
    bound = math.exp(question.layers * math.log(largest))
    return {"a": a, "b": b, "c": c, "largest slope": largest, "tanh": math.tanh(doubled / 2), "bound": bound}


def test_without_an_id_come_the_numbers_of_the_lab():
    assert lab.sigmoid_by_hand.question == (3, 4, 0.9, 10)
    assert float(right_numbers(lab.sigmoid_by_hand.question)["bound"]) == pytest.approx(9.54e-7, rel=1e-3)


def test_students_get_different_questions():
    assert len({mine.question for mine in EXERCISES.values()}) >= 65


def test_every_students_numbers_are_right():
    for mine in (lab.sigmoid_by_hand, *EXERCISES.values()):
        right = right_by_hand(mine.question)
        assert {part: float(value) for part, value in right_numbers(mine.question).items()} == pytest.approx(
            right, rel=1e-9
        )
        assert torch_numbers(mine.question) == pytest.approx(right, rel=1e-9)


def test_a_students_own_numbers_count_also_rounded():
    for mine in list(EXERCISES.values())[:20]:
        right = right_by_hand(mine.question)
        rounded = {part: round(value, 2) if part != "bound" else float(f"{value:.1e}") for part, value in right.items()}
        assert [judged(mine.check, right).share, judged(mine.check, rounded).share] == [1, 1]


def test_every_students_numbers_are_bounded():
    for mine in EXERCISES.values():
        p, q, doubled, layers = mine.question
        assert 2 <= p <= 9
        assert 2 <= q <= 9
        assert p != q
        assert 0.5 < doubled < 1
        assert 4 <= layers <= 14
        assert layers != 10


def test_no_wrong_way_gives_a_students_right_number():
    for mine in EXERCISES.values():
        right = right_by_hand(mine.question)
        for way, parts in by_hand_ways(mine.question).items():
            for part, value in parts.items():
                for wrong in value if isinstance(value, list) else [value]:
                    room = 0.012 if right[part] >= 0.05 else right[part] / 10
                    assert abs(wrong - right[part]) > room, (mine.question, way.code, part)


def test_every_wrong_way_of_every_tenth_student_is_told_apart():
    for mine in list(EXERCISES.values())[::10]:
        right = right_by_hand(mine.question)
        for way, parts in by_hand_ways(mine.question).items():
            several = next((value for value in parts.values() if isinstance(value, list)), [None])
            for number in range(len(several)):
                wrong = {p: v[number] if isinstance(v, list) else v for p, v in parts.items()}
                assert judged(mine.check, right | wrong).codes == (way.code,)


def test_the_options_stand_in_each_students_own_order():
    sheets = {activations.for_student(student).choose_and_explain.text() for student in STUDENTS[:20]}
    assert len(sheets) == 20
    assert len({"".join(sorted(sheet)) for sheet in sheets}) == 1


# --- practice

PRACTICE = {
    "sigmoid-by-hand": lambda z: float(Fraction(z.p, z.p + z.q)),
    "tanh-from-sigmoid": lambda s: (2 * s.hundredths - 100) / 100,
    "slope-bound": lambda chain: 2.0 ** (-2 * chain.layers),
}
EACH_QUESTION = [(topic, number) for topic in PRACTICE for number in range(1, 13)]
question_by_question = pytest.mark.parametrize(("topic", "number"), EACH_QUESTION)


def test_every_kind_of_question_with_numbers_can_be_practised():
    assert {topic.name for topic in lab.sigmoid_by_hand.topics} == set(PRACTICE)


@question_by_question
def test_the_right_answer_is_accepted_also_rounded_and_another_is_not(topic, number, capsys):
    question = lab.sigmoid_by_hand.practice(number, topic=topic)
    right = PRACTICE[topic](question.numbers)
    rounded = round(right, 2) if topic != "slope-bound" else float(f"{right:.1e}")
    assert question.answer(right)
    assert question.answer(rounded)
    assert capsys.readouterr().out == "Correct.\n" * 2
    wrong = (right + 1, right - 1, 1.2 * right, 0.8 * right, 0, -right, 10**30)
    assert not any(question.answer(value) for value in wrong if abs(value - right) > 0.006 or topic == "slope-bound")


@question_by_question
def test_the_way_that_is_shown_ends_in_the_right_answer(topic, number, capsys):
    question = lab.sigmoid_by_hand.practice(number, topic=topic)
    _wrong_in_a_row.clear()
    for _ in range(3):
        question.answer(77)
    steps = re.findall(r"^  \d\. (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert 2 <= len(steps) <= 5
    last = float(re.findall(r"-?[0-9.]*[0-9](?:e-?[0-9]+)?", steps[-1])[-1])
    assert question.answer(last)


@question_by_question
def test_each_wrong_way_is_named_and_the_right_number_is_not(topic, number, capsys):
    question = lab.sigmoid_by_hand.practice(number, topic=topic)
    right = PRACTICE[topic](question.numbers)
    for way, value in question.topic.ways(question.numbers).items():
        for one in value if isinstance(value, list) else [value]:
            question.answer(one)
            text = capsys.readouterr().out
            assert way.feedback in text or way.name in text or text == "Correct.\n"
    _wrong_in_a_row.clear()  # after three the way is shown
    capsys.readouterr()
    question.answer(77)
    told = re.findall(r"[0-9.]*[0-9](?:e-?[0-9]+)?", capsys.readouterr().out)
    assert [text for text in told if float(text) and abs(float(text) - right) < 0.01] == []


def test_the_lesson_is_worth_20_points():
    assert sum(lesson.points().values()) == 20


# --- what section 9 says


@pytest.mark.parametrize("seed", range(3))
def test_sigmoids_do_not_learn_tanh_and_relu_do_and_their_gradients_even_out(seed):
    runs = {name: train_garments(name, 0.5, seed) for name in ("sigmoid", "tanh", "relu")}
    assert runs["sigmoid"].accuracy < 0.15
    assert min(runs["tanh"].accuracy, runs["relu"].accuracy) > 0.4
    falls = {name: [look.gradients[-1] / look.gradients[0] for look in run[:2]] for name, run in runs.items()}
    assert min(falls["sigmoid"]) > 200
    assert all(5 < falls[name][0] < 20 and falls[name][1] < falls[name][0] / 2 for name in ("tanh", "relu"))
    assert falls["sigmoid"][0] ** (1 / 3) == pytest.approx(7, abs=1)  # a layer leaves one seventh


@pytest.mark.parametrize("seed", range(3))
def test_training_wakes_silent_units_and_steps_that_are_too_long_kill_a_quarter_of_the_last_layer(seed):
    gentle, hasty = (train_garments("relu", rate, seed) for rate in (0.5, 1.0))
    assert sum(counted(gentle.start.activations)) > 1.5 * sum(counted(gentle.trained.activations))
    assert counted(hasty.trained.activations)[-1] > 16
    assert hasty.accuracy < 0.7 * gentle.accuracy


def test_a_rate_that_is_no_rate_and_an_unknown_activation_are_refused():
    with pytest.raises(ValueError, match="rate must be above 0, not 0"):
        train_garments("relu", 0)
    with pytest.raises(ValueError, match="swish"):
        train_garments("swish", 1)


def test_a_step_links_to_what_is_to_be_read_again(monkeypatch):
    said = []
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(exercises, "tell", said.append)
    activations.for_student("").weights_by_hand.step(None, None)
    assert "Half-planes, convex regions, unions" in said[0].sections
