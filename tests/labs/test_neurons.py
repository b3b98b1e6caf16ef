"""Lab 01: right answers in many forms, every known wrong way, and what is said of both."""

import re
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from harness import QUIETLY, WrongWay, judged, right_answers
from hypothesis import given
from hypothesis import strategies as st
from lesson import edited

from course_utils.data import load_days
from course_utils.data.sunshine import INTERCEPT, SLOPE, sunshine_days
from course_utils.judging.practice import _wrong_in_a_row
from course_utils.labs import neurons
from course_utils.labs.neurons.collapse_stack import torch_collapse
from course_utils.labs.neurons.experiments import try_batch_sizes
from course_utils.labs.neurons.hand_neuron import fire, neuron_ways, torch_neuron
from course_utils.labs.neurons.largest_rate import (
    LESSON_RATES,
    fastest_rate,
    largest_converging,
    largest_rate,
    rate_answers,
    standardise,
    steepest,
)
from course_utils.labs.neurons.line_by_descent import Line, torch_grads
from course_utils.labs.neurons.network_shapes import (
    count_parameters,
    lecture_shapes,
    network_ways,
    torch_network_count,
    torch_shapes,
)
from course_utils.labs.neurons.picture_weights import (
    PARTS,
    counting_right,
    counting_ways,
    dense_count,
    torch_count,
)
from course_utils.labs.neurons.recipe_card import RECIPE_QUESTIONS

lab = neurons.for_student()
STUDENTS = [neurons.for_student(f"student{number}") for number in range(60)]


# --- wrong sets of answers

X, W, W0 = (2, 5, 3), (4, -2, 3), -6  # the lesson's neuron; its third input doubles


def neuron(code: str, way: Callable, share: float = 0.0) -> WrongWay:
    """Answer the lesson's neuron with a wrong rule."""
    answers = {"z": way(X, W, W0), "z doubled": way((2, 5, 6), W, W0)}
    return WrongWay(code, "hand-neuron", lambda: (answers,), share)


def doubled(code: str, number: float) -> WrongWay:
    """Answer the lesson's neuron rightly, and wrongly once its input has doubled."""
    return WrongWay(code, "hand-neuron", lambda: ({"z": 1, "z doubled": number},), 1 / 2)


def weighted(x, w):
    return sum(a * b for a, b in zip(x, w, strict=True))


SHAPES = {
    "lecture": {"x": (3, 6), "W1": (3, 4), "b1": (4, 1), "h": (4, 6), "W2": (4, 2), "b2": (2, 1), "o": (2, 6)},
    "PyTorch": {"x": (6, 3), "W1": (4, 3), "b1": (4,), "h": (6, 4), "W2": (2, 4), "b2": (2,), "o": (6, 2)},
    "parameters": 26,
}


def shapes(code: str, wrong_rows: int, parameters: int = 26, lecture=None, pytorch=None) -> WrongWay:
    """Answer the lesson's network rightly, but for some shapes."""
    answers = {
        "lecture": SHAPES["lecture"] | (lecture or {}),
        "PyTorch": SHAPES["PyTorch"] | (pytorch or {}),
        "parameters": parameters,
    }
    return WrongWay(code, "network-shapes", lambda: (answers,), 1 - wrong_rows / 8)


COUNTS = {"grey weights": 20_000_000, "grey": 20_000_500, "colour": 60_000_500, "large": 921_601_000, "megabytes": 3686}


def counts(code: str, wrong: int, **changes) -> WrongWay:
    answers = COUNTS | {name.replace("_", " "): value for name, value in changes.items()}
    return WrongWay(code, "picture-weights", lambda: (answers,), 1 - wrong / 5)


CARDS = dict(RECIPE_QUESTIONS["b"].cards)


def recipe(code: str, wrong: int, cards: dict | None = None, **changes) -> WrongWay:
    answers = {"a": "nothing", "b": CARDS | (cards or {}), "c": "remembered"} | changes
    return WrongWay(code, "recipe-card", lambda: (answers,), 1 - wrong / 6)


def rates(code: str, share: float, **changes) -> WrongWay:
    return WrongWay(code, "largest-rate", lambda: ({"raw": 0.02, "standardised": 0.9} | changes,), share)


EXCHANGED = {"lecture": SHAPES["PyTorch"], "pytorch": SHAPES["lecture"]}

SETS = [
    neuron("NE1", lambda x, w, b: weighted(x, w)),
    neuron("NE2", lambda x, w, b: weighted(x, w) * b),
    neuron("NE3", lambda x, w, b: b * x[0] + w[0] * x[1] + w[1] * x[2]),
    neuron("NE3", lambda x, w, b: b * x[0] + w[0] * x[1] + w[1] * x[2] + w[2]),
    neuron("NE5", lambda x, w, b: sum(a * c + b for a, c in zip(x, w, strict=True))),
    WrongWay("NE4", "hand-neuron", lambda: ({"z": 1, "z doubled": 2},), 1 / 2),
    neuron("NE7", lambda x, w, b: weighted(x, w) - b),
    neuron("NE8", lambda x, w, b: weighted(x, map(abs, w)) + b),
    doubled("NE9", weighted((4, 5, 3), W) + W0),
    doubled("NE9", weighted((4, 10, 6), W) + W0),
    doubled("NE10", weighted((2, 5, 9), W) + W0),
    doubled("NE10", weighted((2, 5, 5), W) + W0),
    doubled("NE11", 1 + 3),
    doubled("NE15", weighted((2, 5, 12), W) + W0),
    WrongWay("NE14", "hand-neuron", lambda: ({"z": 1 - 9, "z doubled": 10 - 18},), 0.0),
    shapes("DS1", 2, pytorch={"W1": (3, 4), "W2": (4, 2)}),
    shapes("DS1", 2, lecture={"W1": (4, 3), "W2": (2, 4)}),
    shapes("DS1", 1, pytorch={"W2": (4, 2)}),
    shapes("DS2", 3, pytorch={"x": (3,), "h": (4,), "o": (2,)}),
    shapes("DS2", 2, pytorch={"x": (1, 3)}, lecture={"h": (4,)}),
    shapes("DS3", 2, pytorch={"b1": (6,), "b2": (6,)}),
    shapes("DS3", 2, lecture={"b1": (6, 1)}, pytorch={"b2": (6, 2)}),
    shapes("ND1", 3, pytorch={"x": (3, 6), "h": (4, 6), "o": (2, 6)}),
    shapes("ND2", 7, **EXCHANGED),
    shapes("ND2", 5, lecture={r: s[::-1] for r, s in SHAPES["lecture"].items() if r[0] != "b"}),
    shapes("PC2", 2, pytorch={"b1": (1,), "b2": (1,)}),
    shapes("PC1", 1, parameters=20),
    shapes("PC2", 1, parameters=22)._replace(also=("ND21",)),
    shapes("ND3", 1, parameters=6 * 26),
    shapes("ND9", 1, parameters=26 + 3),
    shapes("ND10", 1, parameters=4 * 4),
    shapes("ND10", 1, parameters=5 * 2),
    shapes("ND11", 1, parameters=3 * 4 * 2 + 4 + 2),
    shapes("ND12", 1, pytorch={"W1": (6, 4)}),
    shapes("ND13", 2, pytorch={"h": (6, 3), "o": (6, 4)}),
    shapes("ND14", 1, pytorch={"W2": (2, 3)}),
    shapes("ND15", 2, pytorch={"b1": (1, 4), "b2": (1, 2)}),
    shapes("ND21", 1, 24)._replace(also=("ND11",)),
    shapes("ND20", 1, 20 + 6 * 6),
    shapes("ND20", 1, 26 + 6 * (3 + 4 + 2)),
    counts("PC1", 3, grey=20_000_000, colour=60_000_000, large=921_600_000),
    counts("PC2", 3, grey=20_000_001, colour=60_000_001, large=921_600_001),
    counts("NP1", 2, colour=20_000_500, large=307_201_000),
    counts("NP3", 4, grey_weights=100_000, grey=100_500, colour=300_500, large=1_921_000),
    counts("NP3", 4, grey_weights=200_000, grey=200_500, colour=600_500, large=3_361_000),
    counts("NP2", 1, megabytes=29491),
    counts("NP2", 1, megabytes=460.8),
    counts("NP4", 1, megabytes=921.6),
    counts("NP4", 1, megabytes=879),
    counts("NP5", 1, megabytes=3.686),
    counts("NP5", 1, megabytes=3_686_404),
    counts("NP5", 1, megabytes=3_686_404_000),
    counts("NP6", 1, colour=60_001_500),
    counts("NP7", 2, colour=120_001, large=921_601),
    WrongWay("PC1", "picture-weights", lambda: (COUNTS | {"large": 921_600_000, "megabytes": 3686.4},), 4 / 5),
    WrongWay(
        "NP1", "picture-weights", lambda: (COUNTS | {"large": 307_201_000, "megabytes": 1229},), 3 / 5, also=("NP8",)
    ),
    counts("NP8", 2, large=500_000_000, megabytes=2000),
    counts("NP9", 1, grey=20_040_000),
    recipe("NQ1", 1, a="bends"),
    recipe("NQ2", 1, a="more"),
    recipe("NQ3", 2, {"learning rate": "parameter"}),
    recipe("NQ3", 2, {"weights": "hyper-parameter"}),
    recipe("NQ4", 2, {"accuracy": "optimiser"}),
    recipe("NQ4", 2, {"gradient descent": "metric"}),
    recipe("NQ5", 1, c="as good"),
    recipe("NQ5", 1, c="longer"),
    recipe("NQ6", 1, c="eyes"),
    rates("NR1", 0.5, standardised=0.45),
    rates("NR2", 0.5, raw=0.05),
    rates("NR2", 0.0, raw=0.05, standardised=1.8),
    rates("NR3", 0.0, raw=0.9, standardised=0.02),
    rates("NR4", 0.5, raw=0.01),
    rates("NR5", 0.5, raw=0.45),
]


# --- wrong functions: right ones with one line changed

NEURON = """
def linear_neuron(x, w, b):
    if len(x) != len(w):
        raise ValueError("lengths differ")
    total = b
    for i in range(len(x)):
        total = total + w[i] * x[i]
    return total
"""
DENSE = """
def dense(X, W, b):
    (N, D), (K, _) = X.shape, W.shape
    if W.shape[1] != D or b.shape != (K,):
        raise ValueError("sizes do not fit")
    out = np.zeros((N, K))
    for n in range(N):
        for k in range(K):
            out[n, k] = b[k] + sum(W[k, d] * X[n, d] for d in range(D))
    return out
"""
MSE = """
def mse(y_hat, y):
    total = 0.0
    for one, other in zip(y_hat, y):
        total += (one - other) ** 2
    return total / len(y)
"""
GRADS = """
def mse_grads(x, y, w, b):
    N, dw, db = len(x), 0.0, 0.0
    for i in range(N):
        error = w * x[i] + b - y[i]
        dw += 2 * error * x[i] / N
        db += 2 * error / N
    return dw, db
"""
STEP = """
def sgd_step(params, grads, lr):
    new = []
    for p, g in zip(params, grads):
        new.append(p - lr * g)
    return tuple(new)
"""
COLLAPSE = """
def collapse(layers):
    W, b = np.eye(layers[0][0].shape[1]), np.zeros(layers[0][0].shape[1])
    for weight, bias in layers:
        b = weight @ b + bias
        W = weight @ W
    return W, b
"""
EPOCH = """
def sgd_epoch(x, y, w, b, lr, order, size):
    w0, b0, N = w, b, len(x)
    for start in range(0, N, size):
        batch = order[start : start + size]
        e = w * x[batch] + b - y[batch]
        dw, db = 2 * np.mean(e * x[batch]), 2 * np.mean(e)
        w, b = w - lr * dw, b - lr * db
    return w, b
"""
SOURCES = {
    "sgd_epoch": EPOCH,
    "linear_neuron": NEURON,
    "dense": DENSE,
    "mse": MSE,
    "mse_grads": GRADS,
    "sgd_step": STEP,
    "collapse": COLLAPSE,
}
EXERCISES = {
    "dense-layer": ("linear_neuron", "dense"),
    "line-by-descent": ("mse", "mse_grads", "sgd_step"),
    "collapse-stack": ("collapse",),
    "sgd-epoch": ("sgd_epoch",),
}
EXERCISE_OF = {name: exercise for exercise, names in EXERCISES.items() for name in names}


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Return the function called ``name`` with some of its text replaced."""
    source = edited(SOURCES[name], *changes)
    names = {"np": np}
    exec(source, names)
    return names[name]


def functions(exercise: str, **replaced: Callable) -> tuple[Callable, ...]:
    """Return the right functions of an exercise, some of them replaced."""
    return tuple(replaced.get(name) or build(name) for name in EXERCISES[exercise])


def run(exercise: str, seed: int | None = None, **replaced: Callable):
    """Feed an exercise's functions to it, some of them replaced; with a seed in hidden cases, too."""
    mine, answers = getattr(lab, exercise.replace("-", "_")), functions(exercise, **replaced)
    return judged(mine.check, *answers) if seed is None else judged(mine.check_hidden, *answers, seed=seed)


def replacing(code: str, exercise: str, name: str, function: Callable, **more) -> WrongWay:
    """Replace one function of an exercise by a wrong one: its own part is lost."""
    parts = len(EXERCISES[exercise])
    share = (parts - 1) / parts
    return WrongWay(code, exercise, lambda: functions(exercise, **{name: function}), share, **more)


def mutant(code: str, exercise: str, name: str, *changes: tuple[str, str]) -> WrongWay:
    return replacing(code, exercise, name, build(name, *changes))


def source(code: str, exercise: str, name: str, body: str) -> WrongWay:
    """Replace a function by one written anew."""
    names = {"np": np}
    exec(body, names)
    return replacing(code, exercise, name, names[name])


def dense_as(expression: str) -> str:
    return f"def dense(X, W, b):\n    return {expression}\n"


def mse_as(expression: str) -> str:
    return f"def mse(y_hat, y):\n    e = y_hat - y\n    return {expression}\n"


def grads_as(expression: str) -> str:
    return f"def mse_grads(x, y, w, b):\n    e, N = w * x + b - y, len(x)\n    return {expression}\n"


def step_as(expression: str) -> str:
    return (
        "def sgd_step(params, grads, lr):\n    p, g = np.array(params), np.array(grads)\n"
        f"    return tuple({expression})\n"
    )


def fooled(code: str, y_hat, y) -> WrongWay:
    return WrongWay(code, "fool-colleague", lambda: ({"y_hat": y_hat, "y": y},))


LAYER, LINE, STACK = "dense-layer", "line-by-descent", "collapse-stack"

FUNCTIONS = [
    mutant("NE1", LAYER, "linear_neuron", ("total = b", "total = 0.0")),
    mutant("NE2", LAYER, "linear_neuron", ("total = b", "total = 0.0"), ("return total", "return total * b")),
    mutant("NE3", LAYER, "linear_neuron", ("total = b", "total = 0.0; w = [b, *w]")),
    mutant("NE3", LAYER, "linear_neuron", ("total = b", "total = w[-1]; w = [b, *w]")),
    mutant("NE5", LAYER, "linear_neuron", ("w[i] * x[i]", "w[i] * x[i] + (b if i else 0)")),
    mutant(
        "ND4",
        LAYER,
        "linear_neuron",
        ("if len(x) != len(w):", "if False:"),
        ("range(len(x))", "range(min(len(x), len(w)))"),
    ),
    source(
        "ND4", LAYER, "linear_neuron", "def linear_neuron(x, w, b):\n    return sum(p * q for p, q in zip(x, w)) + b"
    ),
    mutant(
        "ND4", LAYER, "linear_neuron", ("if len(x) != len(w):", "if False:"), ("w[i] * x[i]", "w[i % len(w)] * x[i]")
    ),
    replacing("ND4", LAYER, "linear_neuron", lambda x, w, b: float((x * w).sum() + b)),
    replacing("ND4", LAYER, "dense", lambda X, W, b: X @ W.T + b),
    replacing("ND4", LAYER, "dense", lambda X, W, b: np.dot(X, W.T) + b),
    replacing("ND4", LAYER, "dense", lambda X, W, b: (X[:, None] * W[None]).sum(2) + b),
    mutant("ND4", LAYER, "dense", (" or b.shape != (K,)", " or b.size < K")),
    mutant("ND7", LAYER, "linear_neuron", ("raise ValueError(", "assert False, (")),
    mutant("ND7", LAYER, "dense", (" or b.shape != (K,)", "")),
    mutant("ND8", LAYER, "linear_neuron", ("    return total", "        return total")),
    mutant("NE6", LAYER, "linear_neuron", ("return total", "return 1 / (1 + np.exp(-total))")),
    mutant("NE6", LAYER, "linear_neuron", ("return total", "return np.tanh(total)")),
    mutant("NE6", LAYER, "linear_neuron", ("return total", "return float(total > 0)")),
    mutant("NE6", LAYER, "linear_neuron", ("return total", "return max(0, total)")),
    mutant("NE6", LAYER, "dense", ("return out", "return np.maximum(out, 0)")),
    mutant("NE7", LAYER, "linear_neuron", ("total = b", "total = -b")),
    mutant("NE8", LAYER, "linear_neuron", ("w[i] * x[i]", "abs(w[i]) * x[i]")),
    mutant("NE12", LAYER, "linear_neuron", ("w[i] * x[i]", "w[i] + x[i]")),
    mutant("NE12", LAYER, "linear_neuron", ("return total", "return b + (total - b) / len(x)")),
    mutant("NE13", LAYER, "linear_neuron", ("w[i] * x[i]", "(w[i] + b) * x[i]"), ("total = b", "total = 0")),
    source("NE13", LAYER, "dense", dense_as("(X + b) @ W.T")),
    mutant("ND16", LAYER, "linear_neuron", ("in range(len(x)):", "in range(len(x) - 1):")),
    mutant("ND16", LAYER, "linear_neuron", ("total = total + ", "total = b + ")),
    mutant("ND16", LAYER, "dense", ("    return out", "        return out")),
    mutant("ND16", LAYER, "dense", ("in range(K):", "in range(K - 1):")),
    source("ND17", LAYER, "dense", dense_as("(X @ W.T + b).sum(1)")),
    mutant("ND17", LAYER, "dense", ("X[n, d]", "X[0, d]")),
    source("ND18", LAYER, "dense", dense_as("X * W + b")),
    source("ND18", LAYER, "dense", dense_as("W @ X + b")),
    mutant("ND19", LAYER, "linear_neuron", ("return total", "return int(total)")),
    mutant("ND19", LAYER, "dense", ("return out", "return out.astype(int)")),
    mutant("NE7", LAYER, "dense", ("b[k] + sum", "-b[k] + sum")),
    mutant("ND6", LAYER, "dense", ("b[k] + sum", "b[0] + sum")),
    mutant("ND6", LAYER, "dense", ("b[k] + sum", "b[-1] + sum")),
    source("ND6", LAYER, "dense", dense_as("X @ W.T + b.sum()")),
    source("ND5", LAYER, "dense", dense_as("W @ X.T + b")),
    source("DS1", LAYER, "dense", dense_as("X @ W + b")),
    source("DS3", LAYER, "dense", dense_as("X @ W.T + b[:, None]")),
    source("DS3", LAYER, "dense", dense_as("X @ W.T + b.reshape(-1, 1)")),
    source("NE1", LAYER, "dense", dense_as("X @ W.T")),
    source("NE2", LAYER, "dense", dense_as("(X @ W.T) * b")),
    source("NE5", LAYER, "dense", dense_as("X @ W.T + b * X.shape[1]")),
    source("ND1", LAYER, "dense", dense_as("(X @ W.T + b).T")),
    source("DS2", LAYER, "dense", dense_as("(X @ W.T + b)[0]")),
    source("DS2", LAYER, "dense", dense_as("(X @ W.T + b).squeeze(0) if len(X) == 1 else X @ W.T + b")),
    source("NM1", LINE, "mse", mse_as("np.sum(e) ** 2 / len(y)")),
    source("NM1", LINE, "mse", mse_as("np.mean(e) ** 2")),
    source("NM10", LINE, "mse", mse_as("np.sum(e ** 2) / (len(y) - 1)")),
    mutant("NM11", LINE, "mse", ("    return total", "        return total")),
    source("NM11", LINE, "mse", mse_as("e[-1] ** 2")),
    source("NM11", LINE, "mse", mse_as("np.max(e**2)")),
    source("NM17", LINE, "mse", mse_as("np.mean(y_hat ** 2) - np.mean(y ** 2)")),
    source("NM17", LINE, "mse", mse_as("np.mean((y_hat + y) ** 2)")),
    source("NM9", LINE, "mse_grads", grads_as("2 * np.mean(e) * np.mean(x), 2 * np.mean(e)")),
    source("NM10", LINE, "mse_grads", grads_as("2 * np.sum(e * x) / (N - 1), 2 * np.sum(e) / (N - 1)")),
    mutant("NM11", LINE, "mse_grads", ("    return dw, db", "        return dw, db")),
    mutant("NM11", LINE, "mse_grads", ("dw += ", "dw = "), ("db += ", "db = ")),
    source("NM18", LINE, "mse", mse_as("np.mean(e ** 3)")),
    source("NM18", LINE, "mse", mse_as("np.var(e)")),
    source("NM19", LINE, "mse", mse_as("np.mean(e ** 2) / len(y)")),
    source("NM19", LINE, "mse_grads", grads_as("2 * np.mean(e * x) / N, 2 * np.mean(e) / N")),
    source("NM20", LINE, "mse_grads", grads_as("2 * np.mean(e ** 2 * x), 2 * np.mean(e ** 2)")),
    source("NM20", LINE, "mse_grads", grads_as("2 * np.mean(abs(e) * x), 2 * np.mean(abs(e))")),
    source("NM21", LINE, "mse_grads", grads_as("2 * np.mean(x), 2")),
    source("NM21", LINE, "mse_grads", grads_as("2 * np.mean((e + y) * x), 2 * np.mean(e + y)")),
    source("NM26", LINE, "mse", mse_as("np.mean((e / y) ** 2)")),
    source("NM27", LINE, "mse_grads", grads_as("tuple(np.clip([2 * np.mean(e * x), 2 * np.mean(e)], -1, 1))")),
    source("SL130", LINE, "mse", mse_as("np.mean(np.log(np.cosh(e)))")),
    source("NM22", LINE, "mse_grads", grads_as("w - 2 * np.mean(e * x), b - 2 * np.mean(e)")),
    source("NM13", LINE, "mse_grads", grads_as("2 * np.mean(e * y), 2 * np.mean(e)")),
    source("GR1", LINE, "mse_grads", grads_as("-np.mean(e * x), -np.mean(e)")),
    source("NM5", LINE, "sgd_step", step_as("(p - lr * g)[::-1]")),
    source("GR2", LINE, "sgd_step", step_as("p - lr * g / 2")),
    source("NM15", LINE, "sgd_step", step_as("p")),
    source("NM23", LINE, "sgd_step", step_as("lr * p - g")),
    source("NM23", LINE, "sgd_step", step_as("p - lr * g * p")),
    source("NM24", LINE, "sgd_step", step_as("p - lr * abs(g)")),
    source("NM24", LINE, "sgd_step", step_as("p - lr * np.sign(g)")),
    mutant("NM12", LINE, "mse_grads", ("w * x[i] + b - y[i]", "w * x[i] - y[i]")),
    mutant("NM25", LINE, "mse_grads", ("w * x[i] + b - y[i]", "w * x[i] - b - y[i]")),
    source("NM23", LINE, "sgd_step", step_as("p * (1 - lr) * g")),
    source("NM13", LINE, "mse_grads", grads_as("2 * np.mean(e * w), 2 * np.mean(e)")),
    source("NM13", LINE, "mse_grads", grads_as("2 * np.mean(e * x), 2 * np.mean(e) * b")),
    source("NM2", LINE, "mse", mse_as("np.mean(e)")),
    source("NM2", LINE, "mse", mse_as("np.mean(abs(e))")),
    source("NM3", LINE, "mse", mse_as("np.sqrt(np.mean(e ** 2))")),
    source("GR3", LINE, "mse", mse_as("np.sum(e ** 2)")),
    source("GR2", LINE, "mse", mse_as("np.mean(e ** 2) / 2")),
    source("GR5", LINE, "mse", mse_as("e ** 2")),
    source("GR1", LINE, "mse_grads", grads_as("-2 * np.mean(e * x), -2 * np.mean(e)")),
    source("GR2", LINE, "mse_grads", grads_as("np.mean(e * x), np.mean(e)")),
    source("GR3", LINE, "mse_grads", grads_as("2 * np.sum(e * x), 2 * np.sum(e)")),
    source("GR3", LINE, "mse_grads", grads_as("np.sum(e * x), np.sum(e)")),
    source("GR5", LINE, "mse_grads", grads_as("2 * np.mean(e * x), 2 * e / N")),
    source("GR5", LINE, "mse_grads", grads_as("2 * e * x, 2 * e")),
    source("NM4", LINE, "mse_grads", grads_as("2 * np.mean(e), 2 * np.mean(e)")),
    source("NM5", LINE, "mse_grads", grads_as("2 * np.mean(e), 2 * np.mean(e * x)")),
    source("NM6", LINE, "sgd_step", step_as("p + lr * g")),
    source("NM7", LINE, "sgd_step", step_as("p - g")),
    source("NM14", LINE, "sgd_step", step_as("p - lr * g[::-1]")),
    source("NM14", LINE, "sgd_step", step_as("p - lr * g[0]")),
    source("NM15", LINE, "sgd_step", step_as("(p[0] - lr * g[0], p[1])")),
    source("NM16", LINE, "sgd_step", step_as("p - g / lr")),
    source("NM8", LINE, "sgd_step", step_as("-lr * g")),
    fooled("NB1", [1, 2, 3, 4], [1, 2, 3, 4]),
    fooled("NB2", [1, 2, 3, 4], [0, 0, 0, 0]),
    fooled("NB3", [0.5, -0.5, 0.5, -0.5], [0, 0, 0, 0]),
    mutant("NC1", STACK, "collapse", ("weight @ W", "W @ weight")),
    mutant("DS1", STACK, "collapse", ("weight @ W", "W @ weight.T")),
    mutant("NC2", STACK, "collapse", ("weight @ b + bias", "b + bias")),
    mutant("NC3", STACK, "collapse", ("weight @ b + bias", "bias")),
    mutant("NC4", STACK, "collapse", ("weight @ b + bias", "bias * 0")),
    source(
        "NC5",
        STACK,
        "collapse",
        "def collapse(layers):\n    W, b = layers[0]\n    for weight, bias in layers[1:]:\n        W = weight @ W\n"
        "        b = W @ b + bias\n    return W, b",
    ),
    mutant("NC6", STACK, "collapse", ("weight @ b + bias", "weight @ (b + bias) if b.any() else bias")),
    mutant("NC7", STACK, "collapse", ("np.eye(layers[0][0].shape[1])", "0"), ("weight @ W", "weight + W")),
    mutant("NC7", STACK, "collapse", ("np.eye(layers[0][0].shape[1])", "1"), ("weight @ W", "weight * W")),
    mutant("NC8", STACK, "collapse", ("in layers:", "in layers[1:]:")),
    mutant("NC9", STACK, "collapse", ("weight @ b + bias", "weight @ b - bias if b.any() else bias")),
    mutant("NC9", STACK, "collapse", ("weight @ b + bias", "weight @ b if b.any() else bias")),
    mutant("NC10", STACK, "collapse", ("in layers:", "in [layers[0], *layers]:")),
    mutant("NC12", STACK, "collapse", ("in layers:", "in layers[:2]:")),
    mutant("NC13", STACK, "collapse", ("weight @ b + bias", "weight @ np.maximum(b, 0) + bias")),
    mutant("NC13", STACK, "collapse", ("weight @ b + bias", "np.tanh(weight @ b + bias) if b.any() else bias")),
    mutant("NC11", STACK, "collapse", ("return W, b", "return b, W")),
    mutant("NC7", STACK, "collapse", ("weight @ b + bias", "weight * b + bias if b.any() else bias")),
    mutant("NC8", STACK, "collapse", ("in layers:", "in layers[:-1]:")),
    mutant("DS1", STACK, "collapse", ("return W, b", "return W.T, b")),
    mutant("DS1", STACK, "collapse", ("weight @ b + bias", "b @ weight + bias")),
]


def epoch(code: str, *changes: tuple[str, str]) -> WrongWay:
    return mutant(code, "sgd-epoch", "sgd_epoch", *changes)


def batches(code: str, **changes) -> WrongWay:
    """Count the lesson's batches rightly, but for some numbers."""
    answers = {"steps": 46, "last": 21, "calmer": 5} | changes
    return WrongWay(code, "batch-size", lambda: (answers,), 1 - len(changes) / 3)


BATCHES = [
    epoch("MB1", ("range(0, N, size)", "range(0, N - size + 1, size)")),
    epoch("MB2", ("order[start : start + size]", "np.arange(N)[start : start + size]")),
    epoch("MB3", ("2 * np.mean(e * x[batch]), 2 * np.mean(e)", "2 * np.sum(e * x[batch]), 2 * np.sum(e)")),
    epoch("MB3", ("2 * np.mean(e * x[batch]), 2 * np.mean(e)", "np.sum(e * x[batch]), np.sum(e)")),
    epoch("MB4", ("2 * np.mean(e * x[batch]), 2 * np.mean(e)", "2 * np.sum(e * x[batch]) / N, 2 * np.sum(e) / N")),
    epoch("MB4", ("2 * np.mean(e * x[batch]), 2 * np.mean(e)", "2 * sum(e * x[batch]) / size, 2 * sum(e) / size")),
    epoch("MB5", ("e = w * x[batch] + b", "e = w0 * x[batch] + b0")),
    epoch("MB6", ("range(0, N, size)", "[0]"), ("order[start : start + size]", "order")),
    epoch("MB7", ("    return w, b", "        return w, b")),
    epoch("MB7", ("range(0, N, size)", "range(size, N, size)")),
    epoch("MB8", ("range(0, N, size)", "range(N)"), ("order[start : start + size]", "order[start : start + 1]")),
    epoch("MB9", ("range(0, N, size)", "range(N)")),
    epoch("MB9", ("range(0, N, size)", "range(N - size + 1) if size < N else range(N)")),
    epoch("MB10", ("w - lr * dw, b - lr * db", "w + lr * dw, b + lr * db")),
    epoch("MB11", ("2 * np.mean(e * x[batch]), 2 * np.mean(e)", "np.mean(e * x[batch]), np.mean(e)")),
    epoch("MB11", ("w - lr * dw, b - lr * db", "w - dw, b - db")),
    epoch(
        "MB12", ("w, b = w - lr * dw, b", "w = w - lr * dw; b = b - lr * 2 * np.mean(w * x[batch] + b - y[batch]) #")
    ),
    epoch("MB13", ("return w, b", "return b, w")),
    epoch("MB13", ("w - lr * dw, b - lr * db", "w - lr * db, b - lr * dw")),
    epoch("MB14", ("y[batch]", "y[start : start + size]")),
    epoch("MB14", ("y[batch]", "y[np.sort(batch)]")),
    epoch("MB27", ("range(0, N, size)", "reversed(range(0, N, size))")),
    epoch("MB27", ("w0, b0, N = w, b, len(x)", "N, order = len(x), np.argsort(order)")),
    epoch("MB28", ("start : start + size]", "start : start + size + 1]")),
    epoch(
        "MB29", ("range(0, N, size)", "np.array_split(order, -(-N // size))"), ("order[start : start + size]", "start")
    ),
    epoch(
        "SL126",
        (
            "w, b = w - lr * dw, b - lr * db",
            "gw, gb = gw + dw**2, gb + db**2; w, b = w - lr * dw / gw**0.5, b - lr * db / gb**0.5",
        ),
        ("w0, b0, N = w, b, len(x)", "gw, gb, N = 0, 0, len(x)"),
    ),
    epoch("SL76", ("lr * dw, b - lr * db", "lr / (1 + start // size) * dw, b - lr / (1 + start // size) * db")),
    epoch("MB15", ("w - lr * dw, b - lr * db", "w - lr * dw, b")),
    epoch("MB15", ("w - lr * dw, b - lr * db", "w, b - lr * db")),
    epoch("MB15", ("w - lr * dw, b - lr * db", "w, b")),
    epoch("MB16", ("2 * np.mean(e * x[batch])", "2 * np.mean(e)")),
    epoch("MB16", ("2 * np.mean(e * x[batch])", "2 * np.mean(e) * np.mean(x[batch])")),
    epoch("MB16", ("2 * np.mean(e * x[batch])", "2 * np.mean(e * w)")),
    batches("MB20", steps=45),
    batches("MB21", steps=1461),
    batches("MB22", last=32),
    batches("MB23", last=11),
    batches("MB24", calmer=25),
    batches("MB25", calmer=96),
    batches("MB26", calmer=0.2),
]


WRONG_WAYS = SETS + FUNCTIONS + BATCHES

EQUIVALENT = {
    "sgd-epoch": {"sgd_epoch(lr): without negative numbers": "a learning rate is above 0"},
    "dense-layer": {
        "if np.shape(x) != np.shape(w): → pass": "np.dot raises ValueError itself where two lengths differ",
        "raise ValueError(f'x {np.shape(x)} and w {np.shape(w)} should be equally long') → pass": (
            "np.dot raises ValueError itself where two lengths differ"
        ),
        "return float(np.dot(x, w) + b) → return np.dot(x, w) + b": "a number of NumPy's is a number, too",
        "return float(np.dot(x, w) + b) → return float(np.dot(w, x) + b)": "the product of two rows is the same",
        "if X.shape[1] != W.shape[1] or b.shape != (W.shape[0],): → if b.shape != (W.shape[0],):": (
            "X @ W.T raises ValueError itself where X and W do not fit"
        ),
    },
    "line-by-descent": {
        "sgd_step(lr): without negative numbers": "a learning rate is above 0",
        "return np.mean((y_hat - y) ** 2) → return np.mean((y - y_hat) ** 2)": "the square of -3 is that of 3",
    },
}

FINGERPRINTS = {  # of what students are asked; see test_questions.py
    "batch-size": "913214cfa73ca7e9cc89ef536c4b4595",
    "practice steps-of-a-pass": "55aba5ce9ad42fc2e2fa99eaed6d0122",
    "hand-neuron": "2f11193abb7947adb01ff2d01cbeb04f",
    "largest-rate": "13a913a5458a906f421d981cd1cd1765",
    "network-shapes": "4e41fb817a2354e1aa79b6c97b1a670c",
    "picture-weights": "b24b77e5bc38e477504d357d992f4f56",
    "practice dense-count": "57864aec6b6732319624440a4ca8a9c5",
    "practice layer-shape": "0f8a2a54a85217db9b0f95c284aa0bfc",
    "practice network-parameters": "7825077df1c76b76d799bda55fd42321",
    "practice neuron": "d40a98280a60a71b3673b7d7ad329ac8",
    "text of recipe-card": "5453a230c35e590e2859384c9c33ab84",
}


# --- right, by any way


def neuron_by_dot(x, w, b):
    if x.shape != w.shape:
        raise ValueError
    return np.dot(x, w) + b


def neuron_by_torch(x, w, b):
    if len(x) != len(w):
        raise ValueError
    return torch.tensor(x) @ torch.tensor(w) + b


def neuron_in_an_array(x, w, b):
    return np.array([neuron_by_dot(x, w, b)])


def checked(dense):
    def with_check(X, W, b):
        if X.shape[1] != W.shape[1] or b.shape != W.shape[:1]:
            raise ValueError
        return dense(X, W, b)

    return with_check


DENSE_WAYS = {
    "matmul": lambda X, W, b: X @ W.T + b,
    "einsum": lambda X, W, b: np.einsum("nd,kd->nk", X, W) + b[None],
    "columns": lambda X, W, b: (W @ X.T + b[:, None]).T,
    "tensor": lambda X, W, b: torch.nn.functional.linear(*map(torch.tensor, (X, W, b))),
    "by unit": lambda X, W, b: np.stack([X @ row + one for row, one in zip(W, b, strict=True)], axis=1),
    "broadcast": lambda X, W, b: (X[:, None, :] * W[None]).sum(2) + b,
    "with a column of ones": lambda X, W, b: np.c_[X, np.ones(len(X))] @ np.c_[W, b].T,
}
GIVEN_AS = {
    "float32": lambda a: np.float32(a),
    "a list": lambda a: np.asarray(a).tolist(),
    "a tensor": lambda a: torch.tensor(np.asarray(a)),
    "a tensor with a gradient": lambda a: torch.tensor(np.asarray(a), requires_grad=True),
    "not contiguous": lambda a: np.asfortranarray(np.repeat(a, 2, axis=-1))[..., ::2],
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "a tuple of rows": lambda a: tuple(a),
}
NUMBER_AS = {
    "float": float,
    "float32": np.float32,
    "float64": np.float64,
    "array": np.array,
    "array of one": lambda a: np.array([a]),
    "tensor": torch.tensor,
    "tensor with a gradient": lambda a: torch.tensor(float(a), requires_grad=True),
}


@pytest.mark.parametrize("way", DENSE_WAYS.values(), ids=DENSE_WAYS)
@pytest.mark.parametrize("hidden", [5])
def test_a_layer_counts_however_it_is_computed(way, hidden):
    assert run("dense-layer", hidden, dense=checked(way)).share == 1


@pytest.mark.parametrize("way", [neuron_by_dot, neuron_by_torch, neuron_in_an_array], ids=lambda way: way.__name__)
@pytest.mark.parametrize("hidden", [5])
def test_a_neuron_counts_however_it_is_computed(way, hidden):
    assert run("dense-layer", hidden, linear_neuron=way).share == 1


@pytest.mark.parametrize("form", GIVEN_AS.values(), ids=GIVEN_AS)
def test_an_array_counts_in_any_form(form):
    right, pair = build("dense"), build("collapse")
    assert run("dense-layer", dense=lambda *args: form(right(*args))).share == 1
    assert run("collapse-stack", collapse=lambda layers: [form(part) for part in pair(layers)]).share == 1


@pytest.mark.parametrize("form", NUMBER_AS.values(), ids=NUMBER_AS)
@pytest.mark.parametrize("name", ["linear_neuron", "mse"])
def test_a_number_counts_in_any_form(name, form):
    right = build(name)
    assert run(EXERCISE_OF[name], **{name: lambda *args: form(right(*args))}).share == 1


@pytest.mark.parametrize("form", [tuple, list, np.array, torch.tensor, lambda pair: tuple(map(np.float32, pair))])
@pytest.mark.parametrize("name", ["mse_grads", "sgd_step"])
@pytest.mark.parametrize("hidden", [4])
def test_a_pair_counts_in_any_form(name, form, hidden):
    right = build(name)
    assert run(EXERCISE_OF[name], hidden, **{name: lambda *args: form(right(*args))}).share == 1


def test_gradients_count_from_autograd():
    def mse_grads(x, y, w, b):
        params = torch.tensor([w, b], requires_grad=True)
        ((params[0] * torch.tensor(x) + params[1] - torch.tensor(y)) ** 2).mean().backward()
        return params.grad

    assert run("line-by-descent", 6, mse_grads=mse_grads).share == 1


@pytest.mark.parametrize(
    "form", [tuple, list, np.array, torch.tensor, torch.Size, lambda shape: [np.int64(n) for n in shape]]
)
def test_a_shape_counts_in_any_form(form):
    answers = {name: {row: form(shape) for row, shape in SHAPES[name].items()} for name in ("lecture", "PyTorch")}
    assert judged(lab.network_shapes.check, answers | {"parameters": np.int64(26)}).share == 1


def test_the_lectures_biases_may_be_flat_and_pytorchs_are():
    lecture = SHAPES["lecture"] | {"b1": (4,), "b2": 2}
    assert judged(lab.network_shapes.check, SHAPES | {"lecture": lecture}).share == 1
    pytorch = SHAPES["PyTorch"] | {"b1": (4, 1)}
    assert judged(lab.network_shapes.check, SHAPES | {"PyTorch": pytorch}).share == 7 / 8


@pytest.mark.parametrize("megabytes", [3686.404, 3686, 3690, 3700, 3515.6, 3516, np.float32(3686.4), 3.69e3])
def test_a_megabyte_may_be_of_either_kind_and_rounded(megabytes):
    assert judged(lab.picture_weights.check, COUNTS | {"megabytes": megabytes}).share == 1


@pytest.mark.parametrize("megabytes", [3600, 3750, 3.686, 3686404, 3686404000, 921.6, -3686, 0])
def test_another_size_is_not_accepted(megabytes):
    assert judged(lab.picture_weights.check, COUNTS | {"megabytes": megabytes}).share == pytest.approx(4 / 5)


FOOLING = [
    ([3, -3, 3, -3], [0, 0, 0, 0]),
    ((1.5, 1.5, -1.5, -1.5), (0, 0, 0, 0)),
    (np.array([10.0, 0, 0, 0, 0]), np.array([0, 10.0, 0, 0, 0])),
    (torch.tensor([1e6, -1e6, 1e6, -1e6]), [0, 0, 0, 0]),
    ([0.1 * 3, 7, -7, 1, 2], [0.3, 0, 0, 2, 1]),
]


@pytest.mark.parametrize("pair", FOOLING, ids=lambda pair: type(pair[0]).__name__)
def test_any_fooling_pair_counts(pair):
    assert judged(lab.fool_colleague.check, dict(zip(("y_hat", "y"), pair, strict=True))).share == 1


@QUIETLY
@given(st.lists(st.floats(-1000, 1000), min_size=2, max_size=20), st.floats(-100, 100))
def test_a_pair_counts_exactly_if_it_fools(half, base):
    half = np.round(half, 3)
    errors = np.concatenate([half, -half])
    y = np.round(np.full(len(errors), base), 3)
    share = judged(lab.fool_colleague.check, {"y_hat": y + errors, "y": y}).share
    if abs(np.mean(errors**2) - 1) > 1e-6:
        assert share == (np.mean(errors**2) > 1)


# --- wrong, never


@QUIETLY
@given(st.data())
def test_one_changed_number_costs_its_part(data):
    name = data.draw(st.sampled_from(list(EXERCISE_OF)))
    right, change = build(name), data.draw(st.floats(0.01, 100)) * data.draw(st.sampled_from([-1, 1]))
    place, which = data.draw(st.integers(0, 10_000)), data.draw(st.integers(0, 1))

    def changed(*args):
        out = right(*args)
        parts = [np.array(part, dtype=float) for part in (out if name == "collapse" else [out])]
        part = parts[which % len(parts)]
        part.reshape(-1)[place % part.size] += change * max(1, abs(part).max() / 100)
        return parts if name == "collapse" else part

    exercise = EXERCISE_OF[name]
    found = run(exercise, **{name: changed})
    assert found.share == pytest.approx(1 - 1 / len(EXERCISES[exercise]))


NUMBERS = st.one_of(st.integers(-20, 30), st.floats(), st.integers())


@QUIETLY
@given(NUMBERS, NUMBERS)
def test_a_neuron_earns_for_right_numbers_only(z, doubled):
    share = judged(lab.hand_neuron.check, {"z": z, "z doubled": doubled}).share
    assert share == ((z == 1) + (doubled == 10)) / 2


@QUIETLY
@given(
    st.dictionaries(
        st.sampled_from(list(SHAPES["lecture"])),
        st.tuples(st.sampled_from([2, 3, 4, 6]), st.sampled_from([1, 2, 3, 4, 6])),
        min_size=1,
    )
)
def test_shapes_earn_for_right_rows_only(changes):
    wrong = sum(shape != SHAPES["PyTorch"][row] for row, shape in changes.items())
    found = judged(lab.network_shapes.check, SHAPES | {"PyTorch": SHAPES["PyTorch"] | changes})
    assert found.share == pytest.approx(1 - wrong / 8)


@QUIETLY
@given(st.sampled_from(range(11)), st.sampled_from(range(11)), st.sampled_from(["", "ada"]))
def test_rates_earn_for_the_right_ones_only(raw, standardised, student):
    mine = neurons.for_student(student).largest_rate
    answers = {"raw": mine.question.rates[raw], "standardised": mine.question.rates[standardised]}
    right = rate_answers(mine.question, largest_rate)
    assert judged(mine.check, answers).share == sum(answers[name] == right[name] for name in right) / 2


@QUIETLY
@given(
    st.fixed_dictionaries(
        {card: st.sampled_from(["parameter", "hyper-parameter", "metric", "optimiser"]) for card in CARDS}
    )
)
def test_cards_earn_by_box(cards):
    boxes = sum(
        {c for c in CARDS if CARDS[c] == box} == {c for c in cards if cards[c] == box}
        for box in ("parameter", "hyper-parameter", "metric", "optimiser")
    )
    found = judged(lab.recipe_card.check, {"a": "nothing", "b": cards, "c": "remembered"})
    assert found.share == pytest.approx((boxes + 2) / 6)


def test_a_function_that_keeps_something_from_call_to_call_does_not_find_the_line():
    seen = []

    def sgd_step(params, grads, lr):
        seen.append(params)
        return tuple(p - lr * g * (len(seen) < 8) for p, g in zip(params, grads, strict=True))

    found = run("line-by-descent", 3, sgd_step=sgd_step)
    assert found.share == pytest.approx(2 / 3)
    assert "forty steps of them do not find the line" in found.text


def test_gradients_that_are_kept_from_call_to_call_do_not_find_the_line():
    right, seen = build("mse_grads"), []

    def mse_grads(*args):
        seen.append(right(*args))
        return seen[-1] if len(seen) < 8 else seen[0]

    assert "forty steps of them do not find the line" in run("line-by-descent", 3, mse_grads=mse_grads).text


# --- odd results: a sentence each


@pytest.mark.parametrize(
    "odd", [np.array(3.0), torch.tensor(3.0), np.float64(3), 3], ids=["0-d", "tensor", "NumPy", "3"]
)
@pytest.mark.parametrize("name", ["mse_grads", "sgd_step"])
def test_one_number_where_two_are_asked_for_is_told(name, odd):
    found = run("line-by-descent", **{name: lambda *_: odd})
    assert found.share == pytest.approx(2 / 3)
    assert f"{name} should return two numbers" in found.text


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, np.float32("nan"), 10**400])
@pytest.mark.parametrize("part", ["z", "z doubled"])
def test_a_neuron_by_hand_may_be_infinite_and_is_told(part, odd):
    found = judged(lab.hand_neuron.check, {"z": 1, "z doubled": 10} | {part: odd})
    assert found.share == 1 / 2
    assert f"{part}: you gave" in found.text
    for answers in ({part: odd}, {"z": odd, "z doubled": 3}, {"z": odd, "z doubled": odd}):
        assert judged(lab.hand_neuron.check, answers).share == 0


def test_a_set_is_no_shape():
    found = judged(lab.network_shapes.check, SHAPES | {"PyTorch": SHAPES["PyTorch"] | {"x": {3, 6}, "b1": {4}}})
    assert found.share == 6 / 8
    assert "a set: it keeps no order" in found.text


@pytest.mark.parametrize(
    "rate", [np.float32(0.02), torch.tensor(0.02), np.float16(0.02)], ids=lambda rate: str(rate.dtype)
)
def test_a_rate_may_be_written_with_fewer_bits(rate):
    assert judged(lab.largest_rate.check, {"raw": rate, "standardised": 0.9}).share == 1


# --- what is told


@pytest.mark.parametrize("squash", [lambda z: 1 / (1 + np.exp(-z)), np.tanh, lambda z: float(z > 0)])
def test_an_activation_is_not_taken_for_a_missing_bias(squash):
    """In the lecture's case all these give 1, which is also the sum without its bias."""
    found = run("dense-layer", linear_neuron=lambda x, w, b: squash(neuron_by_dot(x, w, b)))
    assert found.codes == ("NE6",)


def test_a_name_that_other_cases_speak_against_is_not_given():
    found = run("dense-layer", linear_neuron=lambda x, w, b: neuron_by_dot(x, w, b) - (b if len(x) == 2 else 0.77))
    assert (found.share, found.codes) == (1 / 2, ())


def test_an_assert_is_told_from_the_error_that_is_asked_for():
    def dense(X, W, b):
        assert X.shape[1] == W.shape[1] and b.shape == W.shape[:1]  # noqa: PT018
        return X @ W.T + b

    found = run("dense-layer", dense=dense)
    assert "Yours raises AssertionError." in found.text
    assert found.codes == ("ND7",)


def test_a_wrong_way_is_named_from_one_answer():
    assert judged(lab.hand_neuron.check, {"z doubled": 16}).codes == ("NE1",)


def test_an_unknown_wrong_way_gets_no_code():
    found = [
        judged(lab.hand_neuron.check, {"z": 77, "z doubled": 78}),
        judged(lab.network_shapes.check, SHAPES | {"PyTorch": SHAPES["PyTorch"] | {"x": (9, 9)}}),
        judged(lab.picture_weights.check, COUNTS | {"grey": 1}),
    ]
    assert [one.codes for one in found] == [()] * 3


def test_a_layer_that_raises_is_told_its_wrong_way_where_that_is_known():
    found = run("dense-layer", dense=lambda X, W, b: X @ W + b)
    assert found.codes == ("DS1",)
    assert "It answers only where N, D and K are equal." in found.text


@pytest.mark.parametrize("name", ["linear_neuron", "dense", "mse", "mse_grads"])
def test_a_function_that_changes_its_input_is_told(name):
    right = build(name)

    def changing(*args):
        out = right(*args)
        args[0][...] = 77
        return out

    assert f"{name} changed the array that it was given" in run(EXERCISE_OF[name], **{name: changing}).text


def test_noise_on_stderr_does_not_cost_points(capsys):
    def noisy(y_hat, y):
        print("50 %", file=sys.stderr)
        warnings.warn("slow", stacklevel=1)
        return np.mean((y_hat - y) ** 2)

    assert run("line-by-descent", mse=noisy).share == 1
    assert capsys.readouterr().err == ""


def test_half_a_set_is_marked_in_half():
    assert judged(lab.hand_neuron.check, {"z": 1, "z doubled": None}).share == 1 / 2
    assert judged(lab.largest_rate.check, {"raw": None, "standardised": 0.9}).share == 1 / 2
    assert judged(lab.network_shapes.check, {"lecture": None, "PyTorch": None, "parameters": 26}).share == 1 / 8


def test_one_convention_that_is_no_dict_leaves_the_count_alone():
    found = judged(lab.network_shapes.check, SHAPES | {"lecture": [(3, 6)]})
    assert found.share == 1 / 8
    assert "shapes['lecture'] should be a dict" in found.text


def test_a_rate_that_was_not_tried_is_told_and_costs_its_part():
    found = judged(lab.largest_rate.check, {"raw": 0.3, "standardised": 0.9})
    assert found.share == 1 / 2
    assert "0.3 is not among them" in found.text


def test_a_short_pair_is_told_its_length():
    found = judged(lab.fool_colleague.check, {"y_hat": [3, -3], "y": [0, 0]})
    assert "at least 4; yours: (2,) and (2,)" in found.text


def only_hidden(name: str, wrong: Callable) -> Callable:
    """Return a function that is right in the public cases and wrong in the others."""
    right, calls, public = build(name), [], 0
    mine = getattr(lab, EXERCISE_OF[name].replace("-", "_"))
    public = sum(40 if hasattr(case.data, "number") else 1 for case in mine.cases() if case.part in (name, ""))

    def function(*args):
        calls.append(args)
        return right(*args) if len(calls) <= public else wrong(right(*args))

    return function


@pytest.mark.parametrize("name", EXERCISE_OF)
def test_a_hidden_case_is_not_described(name):
    def wrong(out):
        parts = [np.asarray(part, dtype=float) + 0.37 for part in (out if type(out) is tuple else (out,))]
        return parts if len(parts) > 1 else parts[0]

    told = run(EXERCISE_OF[name], 31, **{name: only_hidden(name, wrong)}).text.split("Hint")[0]
    assert "drawn at grading" in told
    assert re.findall(r"[0-9]", told) == []


def test_a_hidden_misfit_is_not_described():
    right, wrong = build("dense"), (lambda X, W, b: X @ W.T + b)
    public = [case.data.shapes for case in lab.dense_layer.cases() if hasattr(case.data, "shapes")]

    def only_public(*args):
        return (right if tuple(one.shape for one in args) in public else wrong)(*args)

    told = run("dense-layer", 31, dense=only_public).text.split("Hint")[0]
    assert "in a case drawn at grading" in told
    assert re.findall(r"[0-9]", told) == []


@pytest.mark.parametrize("mine", STUDENTS[:3])
def test_a_message_never_holds_the_expected_number(mine):
    hand, net, pictures = (one.question for one in (mine.hand_neuron, mine.network_shapes, mine.picture_weights))
    said = judged(mine.hand_neuron.check, {"z": 991, "z doubled": 992}).text
    said += judged(mine.network_shapes.check, {"lecture": None, "PyTorch": {"x": (77, 78)}, "parameters": 995}).text
    said += judged(mine.picture_weights.check, dict.fromkeys(COUNTS, 997)).text
    told = set(re.findall(r"-?[0-9.]+", said.replace(",", "")))
    right = {fire(hand.neuron), fire(hand.after), count_parameters(net), *counting_right(pictures).values()}
    assert told & {f"{number:g}" for number in right} - {"1", "2"} == set()


def test_no_check_draws_from_the_learners_random_numbers():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    for exercise in neurons.EXERCISES:
        judged(exercise().check, *right_answers(exercise))
    torch.manual_seed(1)
    judged(lab.network_shapes.check, SHAPES)
    run("line-by-descent", 3)
    assert torch.equal(torch.random.get_rng_state(), before)


# --- what is right


def test_the_references_agree_with_plain_arithmetic():
    assert torch_neuron(lab.hand_neuron.question.neuron) == 1
    assert torch_shapes(lab.network_shapes.question) == SHAPES["PyTorch"]
    assert lecture_shapes(lab.network_shapes.question) == SHAPES["lecture"]
    W, b = torch_collapse([(np.array([[2.0]]), np.array([1.0])), (np.array([[3.0]]), np.array([4.0]))])
    assert (W.tolist(), b.tolist()) == ([[6.0]], [7.0])


def test_the_gradient_agrees_with_finite_differences():
    x, y, step = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 6.0]), 1e-6

    def loss(w, b):
        return np.mean((w * x + b - y) ** 2)

    dw = (loss(2 + step, 0.5) - loss(2 - step, 0.5)) / (2 * step)
    db = (loss(2, 0.5 + step) - loss(2, 0.5 - step)) / (2 * step)
    np.testing.assert_allclose(torch_grads(Line(x, y, 2.0, 0.5)), [dw, db], rtol=1e-6)


def test_a_step_is_what_pytorchs_sgd_does():
    def sgd_step(params, grads, lr):
        p = torch.nn.Parameter(torch.tensor(params, dtype=torch.float64))
        p.grad = torch.tensor(grads, dtype=torch.float64)
        torch.optim.SGD([p], lr=lr).step()
        return p.detach()

    assert run("line-by-descent", 4, sgd_step=sgd_step).share == 1


@pytest.mark.slow
def test_the_limit_of_the_rates_is_where_descent_diverges():
    question = neurons.for_student("ada").largest_rate.question
    for x in (np.array(question.hours), np.array(standardise(question.hours))):
        rate = largest_converging(question.rates, torch.tensor(x))
        larger = min(other for other in question.rates if other > rate)
        errors = {each: _error_after(x, each, 3000) for each in (rate, larger)}
        assert errors[rate] < 1 < errors[larger]


def _error_after(x, rate, steps):
    """Walk on the loss of targets 0 from (1, 1); return how far away it ends."""
    w = b = 1.0
    for _ in range(steps):
        e = w * x + b
        w, b = w - rate * 2 * np.mean(e * x), b - rate * 2 * np.mean(e)
        if abs(w) > 1e6:
            break
    return max(abs(w), abs(b))


# --- questions


def test_neurons_tell_every_wrong_way_from_the_right_one_and_each_other():
    for student in STUDENTS:
        question = student.hand_neuron.question
        for one in (question.neuron, question.after):
            given = [fire(one), *(number for some in neuron_ways(one).values() for number in some)]
            assert len(set(given)) == len(given) == 6
            assert fire(one) == torch_neuron(one)
        assert fire(question.after) != 2 * fire(question.neuron)
        assert max(question.neuron.x) <= 9


def test_networks_and_pictures_are_counted_as_pytorch_counts_them():
    for student in STUDENTS:
        network, pictures = student.network_shapes.question, student.picture_weights.question
        assert count_parameters(network) == torch_network_count(network)
        assert len({*network}) == 4
        assert len({count_parameters(network), *network_ways(network).values()}) == 4
        assert dense_count(pictures.small, 3) == torch_count(pictures.small, 3)
        right, ways = counting_right(pictures), counting_ways(pictures)
        for part in PARTS:
            assert all(right[part] not in (way[part] or []) for way in ways.values())


def test_rates_lie_clear_of_the_limits_and_the_fastest_is_another():
    for student in STUDENTS[:20]:
        question = student.largest_rate.question
        for x in (question.hours, standardise(question.hours)):
            assert all(abs(rate * steepest(x) / 2 - 1) > 0.07 for rate in question.rates)
        fastest, largest = (rate_answers(question, choose) for choose in (fastest_rate, largest_rate))
        assert fastest["standardised"] != largest["standardised"]


def test_in_the_lesson_a_rate_that_diverges_shows_it_in_200_steps():
    question = lab.largest_rate.question
    assert question.rates == LESSON_RATES
    x = np.array(question.hours)
    rate = largest_converging(question.rates, torch.tensor(x))
    larger = min(other for other in question.rates if other > rate)
    assert _error_after(x, larger, 200) > 1e6


def test_days_of_sunshine_lie_around_the_lectures_line():
    hours, temperature = map(np.array, sunshine_days(2000, "test"))
    slope, intercept = np.polyfit(hours, temperature, 1)
    assert slope == pytest.approx(SLOPE, abs=0.05)
    assert intercept == pytest.approx(INTERCEPT, abs=0.2)


@pytest.mark.parametrize("name", ["hand_neuron", "network_shapes", "picture_weights", "largest_rate"])
def test_students_get_different_questions(name):
    assert len({repr(getattr(student, name).question) for student in STUDENTS}) >= 40


TOPICS = [(exercise, topic) for exercise in neurons.EXERCISES for topic in exercise.topics]


@pytest.mark.parametrize(("exercise", "topic"), TOPICS, ids=lambda one: getattr(one, "name", ""))
@pytest.mark.parametrize("number", range(1, 13))
def test_the_way_that_is_shown_ends_in_the_right_answer(exercise, topic, number, capsys):
    _wrong_in_a_row.clear()
    question = exercise().practice(number, topic=topic.name)
    for _ in range(3):
        question.answer((77, 78) if topic.name == "layer-shape" else 77)
    steps = re.findall(r"^  \d\. (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert 2 <= len(steps) <= 5
    numbers = [int(text.replace(",", "")) for text in re.findall(r"-?\d[\d,]*(?!\d)", steps[-1].replace(", ", " "))]
    right = np.ravel(topic.right(question.numbers)).tolist()
    assert numbers[-len(right) :] == right


@pytest.mark.parametrize("number", range(1, 9))
def test_practice_names_each_wrong_way(number, capsys):
    for exercise in (lab.hand_neuron, lab.picture_weights):
        question = exercise.practice(number)
        for way, given_by in exercise.topics[0].ways(question.numbers).items():
            assert not question.answer(given_by[0])
            said = capsys.readouterr().out
            assert way.feedback in said or way.name in said


# --- what section 9 says


@pytest.mark.parametrize("seed", range(3))
def test_few_days_at_a_time_get_nearer_than_all_and_one_day_is_thrown_about(seed):
    days = load_days()
    x = (days.hours - days.hours.mean()) / days.hours.std()
    curves = try_batch_sizes(build("sgd_epoch"), x, days.temperature, seed)
    ends = {size: above[-1] for size, above in curves.items()}
    assert min(ends, key=ends.get) == 128
    assert ends[128] < 0.1
    assert max(ends, key=ends.get) == len(x)
    assert max(curves[1][1:]) > 10 * max(curves[128][2:])


def test_a_gradients_spread_halves_when_its_batch_grows_fourfold():
    days = load_days()
    x = (days.hours - days.hours.mean()) / days.hours.std()
    rng = np.random.default_rng(7)
    spreads = []
    for size in (1, 4, 16, 64):
        drawn = rng.integers(0, len(x), (4000, size))
        spreads.append(np.mean(x[drawn] * days.temperature[drawn], axis=1).std())
    assert np.array(spreads[:-1]) / spreads[1:] == pytest.approx([2, 2, 2], rel=0.1)


def test_the_line_through_the_weather_is_what_the_lesson_says():
    days = load_days()
    slope, intercept = np.polyfit(days.hours, days.temperature, 1)
    errors = slope * days.hours + intercept - days.temperature
    assert (len(days.date), round(slope, 1), round(errors.std())) == (1461, 2.1, 5)
    assert days.hours.min() >= 8
    assert days.hours.max() <= 16
