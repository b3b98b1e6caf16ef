"""Lab 04: right answers in many forms, every known wrong way, and what is said of both."""

import inspect
import itertools
import math
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from harness import ODD, QUIETLY, WrongWay, judged, right_answers
from hypothesis import given
from hypothesis import strategies as st
from lesson import Lesson, edited

from course_utils.data import load_faces
from course_utils.judging import closeness
from course_utils.judging.findings import Finding
from course_utils.judging.variants import Dice
from course_utils.labs import logistic_regression
from course_utils.labs.logistic_regression import faces, layers, log_loss, softmax, training, two_signs
from course_utils.labs.logistic_regression.boundary_points import PUBLIC, WRONG_LINES
from course_utils.labs.logistic_regression.count_and_shape import (
    count_parameters,
    count_ways,
    torch_counts,
)
from course_utils.labs.logistic_regression.meaning import QUESTIONS
from course_utils.labs.logistic_regression.score_and_odds import (
    add_up,
    answers_to,
    far_apart,
    gives,
    near,
    odds_ways,
    practice_score,
    right_odds,
    torch_score,
)
from course_utils.toys import load_toy

lesson = Lesson("04_logistic_regression")
lab = logistic_regression.for_student()
STUDENT = "ada"  # has a bias, which the lectures' question has not
ada = logistic_regression.for_student(STUDENT)


def wrong(code: str, exercise: str, share: float, **changes: Any) -> WrongWay:
    """Return a wrong way that answers rightly but for some values; "_" in a key stands for a space."""

    def answers() -> tuple[Any, ...]:
        *functions, right = right_answers(type(getattr(lab, exercise.replace("-", "_"))))
        return *functions, right | {key.replace("_", " "): value for key, value in changes.items()}

    return WrongWay(code, exercise, answers, share)


# --- wrong sets of answers

NEURON, BACK = ada.score_and_odds.question.neuron, ada.score_and_odds.question.back.probability
SCORE = add_up(NEURON)


def in_order(value: Any) -> str:
    """Name a value for a test: the items of a set in their order, which is the same in every process."""
    return "+".join(sorted(map(str, value))) if isinstance(value, set) else str(value)


def sigmoid(z: float) -> float:
    """Turn a score into a probability."""
    return 1 / (1 + math.exp(-z))


def odds(code: str, part: str, value: float) -> WrongWay:
    """Answer a student's odds rightly, but for one part."""
    answers = {
        "score": SCORE,
        "odds": math.exp(SCORE),
        "probability": sigmoid(SCORE),
        "score back": math.log(BACK / (1 - BACK)),
    }
    return WrongWay(code, "score-and-odds", lambda: (answers | {part: value},), 3 / 4, STUDENT)


def counts(code: str, share: float, **changes: Any) -> WrongWay:
    """Answer rightly, but for some counts or shapes."""
    return wrong(code, "count-and-shape", share, **changes)


def both_counts(code: str, share: float, count: Callable[[int, int], int]) -> WrongWay:
    """Count both kinds of pictures by a rule of their side and channels."""
    return counts(code, share, grey=count(28, 1), colour=count(32, 3))


def option(code: str, label: str, key: str) -> WrongWay:
    """Choose a wrong option, which may answer in words of its own."""
    says = QUESTIONS[label].options[key].feedback
    return wrong(code, "meaning", 1 / 2, **{label: key})._replace(says=says)


SETS = [
    odds("LW1", "score", SCORE - NEURON.bias),
    odds("LW2", "score", sum(abs(w * x) for w, x in zip(NEURON.weight, NEURON.x, strict=True)) + NEURON.bias),
    odds("LD1", "odds", round(sigmoid(SCORE), 4)),
    odds("LD2", "odds", math.exp(-SCORE)),
    odds("LD3", "odds", SCORE),
    odds("LP1", "probability", math.exp(SCORE)),
    odds("LP2", "probability", round(sigmoid(-SCORE), 4)),
    odds("LT1", "score back", round(math.log((1 - BACK) / BACK), 2)),
    odds("LT2", "score back", sigmoid(BACK)),
    odds("LT3", "score back", math.log(BACK)),
    odds("LT4", "score back", math.log10(BACK / (1 - BACK))),
    odds("LT4", "score back", math.log2(BACK / (1 - BACK))),
    odds("LT5", "score back", BACK / (1 - BACK)),
    both_counts("PC1", 4 / 6, lambda side, channels: side * side * channels * 10),
    both_counts("PC2", 4 / 6, lambda side, channels: side * side * channels * 10 + 1),
    both_counts("LC1", 5 / 6, lambda side, channels: (side * side + 1) * 10),
    both_counts("LC2", 4 / 6, lambda side, channels: (side * channels + 1) * 10),
    both_counts("LC3", 4 / 6, lambda side, channels: (side * side * channels * 64 + 1) * 10),
    counts("DS1", 5 / 6, weight=(3072, 10)),
    counts("DS2", 4 / 6, X=(3072,), scores=(10,)),
    counts("DS3", 5 / 6, bias=(64,)),
    counts("DS3", 5 / 6, bias=(64, 10)),
    counts("DS4", 5 / 6, X=(64 * 3072,)),
    counts("LC1", 4 / 6, X=(64, 1024), weight=(10, 1024)),
    odds("LW3", "score", sum(NEURON.weight) * sum(NEURON.x) + NEURON.bias),
    odds("LW4", "score", SCORE - 2 * NEURON.bias),
    odds("LD4", "odds", 10**SCORE),
    odds("LD5", "odds", math.e * SCORE),
    odds("LD6", "odds", round(sigmoid(SCORE), 2) / (1 - round(sigmoid(SCORE), 2))),
    odds("LP5", "probability", round(sigmoid(SCORE), 2)),
    odds("LP6", "probability", math.exp(SCORE) / (math.exp(SCORE) - 1)),
    odds("SL43", "score", SCORE - 2 * NEURON.weight[0] * NEURON.x[0]),
    odds("LP3", "probability", 100 * sigmoid(SCORE)),
    odds("LP4", "probability", SCORE / (1 + SCORE)),
    odds("LT6", "score back", math.exp(BACK)),
    both_counts("LC4", 4 / 6, lambda side, channels: side * side * channels),
    both_counts("LC4", 4 / 6, lambda side, channels: side * side * channels + 1),
    both_counts("LC5", 4 / 6, lambda side, channels: side * side * channels + 10),
    both_counts("LC6", 4 / 6, lambda side, channels: side * side * channels * 11),
    counts("LC6", 5 / 6, bias=(3072,)),
    counts("LC7", 5 / 6, X=(64, 3, 32, 32)),
    counts("LC7", 5 / 6, X=(64, 32, 32, 3)),
    counts("LC8", 4 / 6, X=(3072, 64), scores=(10, 64)),
    counts("LC9", 4 / 6, X=(64, 784), weight=(10, 784)),
    counts("LC10", 5 / 6, bias=(1, 10)),
    counts("LC11", 5 / 6, scores=(64,)),
    wrong("LS1", "two-signs", 2 / 3, converge={"d"}),
    wrong("LS8", "two-signs", 2 / 3, converge={"a"}),
    wrong("LS9", "two-signs", 2 / 3, converge={"b", "c"}),
    wrong("LS10", "two-signs", 2 / 3, repair={"1", "4"}),
    wrong("LS10", "two-signs", 2 / 3, repair={"2", "3", "4"}),
    wrong("LS11", "two-signs", 2 / 3, repair={"3"}),
    wrong("LS2", "two-signs", 2 / 3, converge={"b"}),
    wrong("LS2", "two-signs", 2 / 3, converge={"a", "c", "d"}),
    wrong("LS2", "two-signs", 2 / 3, repair={"1"}),
    wrong("LS2", "two-signs", 2 / 3, repair={"2"}),
    wrong("LS3", "two-signs", 2 / 3, repair={"3", "4"}),
    wrong("LS4", "two-signs", 2 / 3, repair={"1", "2", "3"}),
    wrong("LE1", "hidden-layers", 3 / 4, corners=2),
    wrong("LE2", "hidden-layers", 3 / 4, ring=2),
    wrong("LE2", "hidden-layers", 3 / 4, blobs=1),
    wrong("LE3", "hidden-layers", 3 / 4, ring=0),
    wrong("LE4", "hidden-layers", 3 / 4, spiral=1),
    wrong("", "hidden-layers", 3 / 4, corners=7),
    *(option("LM1", "a", key) for key in ("same", "bound", "metric")),
    *(option("LM2", "b", key) for key in ("alternatives", "max", "two")),
]


# --- functions: right ones with one line changed

SOURCES = {
    "ridge_grads": """
def ridge_grads(X, y, w, b, l2):
    z, N = X @ w + b, len(y)
    e = 1 / (1 + np.exp(-z)) - y
    return X.T @ e / N + 2 * l2 * w, np.sum(e) / N
""",
    "bce_with_logits": """
def bce_with_logits(z, y):
    total = 0.0
    for score, label in zip(z, y):
        wrong_way = -float(score) if label else float(score)
        total += max(wrong_way, 0.0) + math.log1p(math.exp(-abs(wrong_way)))
    return total / len(z)
""",
    "logreg_grads": """
def logreg_grads(X, y, w, b):
    dw, db = np.zeros(len(w)), 0.0
    for x, label in zip(X, y):
        z = float(x @ w + b)
        p = 0.5 * (1 + math.tanh(z / 2))
        error = p - label
        dw = dw + error * x / len(X)
        db = db + error / len(X)
    return dw, db
""",
    "fit_logreg": """
def fit_logreg(X, y, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    for step in range(steps):
        p = 0.5 * (1 + np.tanh((X @ w + b) / 2))
        dw, db = (X.T * (p - y)).mean(axis=1), (p - y).mean()
        w = w - lr * dw
        b = b - lr * db
    return w, b
""",
    "train_with_signs": """
def train_with_signs(X, y, loss_sign, update_sign, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    for step in range(steps):
        p = 0.5 * (1 + np.tanh((X @ w + b) / 2))
        slope = loss_sign * (y - p)
        move = update_sign * lr
        w = w + move * (X.T * slope).mean(axis=1)
        b = b + move * slope.mean()
    return w, b
""",
    "softmax": """
def softmax(Z):
    rows = []
    for row in Z:
        powers = np.exp(row - row.max())
        rows.append(powers / powers.sum())
    return np.array(rows)
""",
    "cross_entropy": """
def cross_entropy(Z, y):
    total = 0.0
    for row, label in zip(Z, y):
        total += np.log(np.exp(row - row.max()).sum()) + row.max() - row[label]
    return total / len(Z)
""",
    "softmax_ce_grad": """
def softmax_ce_grad(Z, y):
    rows = []
    for row, label in zip(Z, y):
        powers = np.exp(row - row.max())
        p = powers / powers.sum()
        one_hot = np.arange(len(row)) == label
        rows.append((p - one_hot) / len(Z))
    return np.array(rows)
""",
    "boundary_points": """
def boundary_points(w, b, x1_range):
    low, high = x1_range
    if w[1] == 0:
        return [(-b / w[0], 0.0), (-b / w[0], 1.0)]
    return [(x1, (-b - w[0] * x1) / w[1]) for x1 in (low, high)]
""",
}


TOGETHER = {  # functions that an exercise asks for together; the share that is left where one of them is wrong
    "log-loss": {"bce_with_logits": 0},
    "logistic-gradient": {"logreg_grads": 1 / 3, "fit_logreg": 2 / 3},
    "two-signs": {"train_with_signs": 2 / 3},
    "softmax": {"softmax": 2 / 3, "cross_entropy": 2 / 3, "softmax_ce_grad": 2 / 3},
    "boundary-points": {"boundary_points": 0},
    "ridge-gradient": {"ridge_grads": 0},
}
EXERCISE = {name: exercise for exercise, shares in TOGETHER.items() for name in shares}
LEFT = {name: share for shares in TOGETHER.values() for name, share in shares.items()}


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Return the function called ``name`` with some of its text replaced."""
    source = edited(SOURCES[name], *changes)
    return define(source)


def define(source: str) -> Callable:
    """Return the function that a text defines."""
    names: dict[str, Any] = {"np": np, "math": math}
    exec(source, names)
    return next(value for value in names.values() if inspect.isfunction(value))


def answers(name: str, answer: Any) -> tuple[Any, ...]:
    """Return what the exercise of a function gets: its companions are right."""
    functions = tuple(answer if one == name else build(one) for one in TOGETHER[EXERCISE[name]])
    return (*functions, {"converge": {"a", "d"}, "repair": {"1", "2"}}) if name == "train_with_signs" else functions


def exercise(name: str):
    """Return the exercise in which a function is asked for."""
    return getattr(lab, EXERCISE[name].replace("-", "_"))


def check(name: str, answer: Any):
    """Feed a function to its exercise."""
    return judged(exercise(name).check, *answers(name, answer))


def hidden(name: str, answer: Any, seed: int = 5) -> Finding:
    """Feed a function to the hidden cases of its exercise alone."""
    mine = exercise(name)
    cases = [replace(case, hidden=True, seed=seed) for case in mine.hidden_cases(seed)]
    found = mine.judge_cases(cases, *answers(name, answer))
    return found.get(name) or found[""]


class Mutant(NamedTuple):
    """A wrong function: its code, which one it stands for, and itself."""

    code: str
    name: str
    answer: Callable


ONE_IN_TURN = (
    ("steps):\n    w, b", "steps):\n    every, labels = X, y\n    w, b"),
    ("        p = 0.5", "        X, y = every[[step % len(every)]], labels[[step % len(every)]]\n        p = 0.5"),
)


def mutant(code: str, name: str, *changes: tuple[str, str]) -> Mutant:
    """Change a right function."""
    return Mutant(code, name, build(name, *changes))


def other(code: str, name: str, source: str) -> Mutant:
    """Write a function of another make."""
    return Mutant(code, name, define(source))


NAIVE = """
def bce_with_logits(z, y):
    p = 1 / (1 + np.exp(-z))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
"""
BY_SIGN = """
def fit_logreg(X, y, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        e = 1 / (1 + np.exp(-(X @ w + b))) - y
        w, b = w - lr * np.sign(X.T @ e), b - lr * np.sign(e.sum())
    return w, b
"""
OF_THE_SCORES = """
def bce_with_logits(z, y):
    with np.errstate(all="ignore"):
        return -(y * np.log(z) + (1 - y) * np.log(1 - z)).mean()
"""
OF_THE_OWN_SCORES = """
def cross_entropy(Z, y):
    with np.errstate(all="ignore"):
        return -np.log(Z[np.arange(len(Z)), y]).mean()
"""
OF_ONE_LABEL = """
def bce_with_logits(z, y):
    losses = np.logaddexp(0, z) - z * y
    return losses[y == 1].mean() if (y == 1).any() else losses.mean()
"""
OF_BOTH_LABELS = """
def bce_with_logits(z, y):
    losses = np.logaddexp(0, z) - z * y
    return np.mean([losses[y == label].mean() for label in set(y.tolist())])
"""
NEWTON = """
def fit_logreg(X, y, lr, steps):
    inputs, line = np.c_[X, np.ones(len(X))], np.zeros(X.shape[1] + 1)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-inputs @ line))
        line = line - lr * np.linalg.solve(inputs.T @ (inputs * (p * (1 - p))[:, None]), inputs.T @ (p - y))
    return line[:-1], line[-1]
"""
SLOW_START = (
    ("    w, b = np.zeros", "    vw = vb = 0\n    w, b = np.zeros"),
    ("w = w - lr * dw", "vw = 0.7 * vw + 0.3 * dw; w = w - lr * vw"),
    ("b = b - lr * db", "vb = 0.7 * vb + 0.3 * db; b = b - lr * vb"),
)
MEDIAN = """
def bce_with_logits(z, y):
    return np.median(np.logaddexp(0, z) - z * y)
"""
WEIGHTED = """
def bce_with_logits(z, y):
    each = np.logaddexp(0, z) - z * y
    return np.mean(({}) * each)
"""
ONE_SOFTMAX = """
def bce_with_logits(z, y):
    p = np.exp(z - z.max())
    p = np.clip(p / p.sum(), 1e-300, 1 - 1e-16)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
"""
HINGE = """
def bce_with_logits(z, y):
    return np.maximum(0, 1 - (2 * y - 1) * z).mean()
"""
MEDIAN_OF_CLASSES = """
def cross_entropy(Z, y):
    Z = Z - Z.max(axis=1, keepdims=True)
    return np.median(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(Z)), y])
"""
HINGE_OF_CLASSES = """
def cross_entropy(Z, y):
    rows = np.arange(len(Z))
    below = np.maximum(0, 1 + Z - Z[rows, y][:, None])
    below[rows, y] = 0
    return below.sum(axis=1).mean()
"""
CLIPPED = """
def bce_with_logits(z, y):
    p = np.clip(1 / (1 + np.exp(-z)), 1e-12, 1 - 1e-12)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
"""
ADDED = """
def bce_with_logits(z, y):
    p = 1 / (1 + np.exp(-z))
    return -(y * np.log(p + 1e-8) + (1 - y) * np.log(1 - p + 1e-8)).mean()
"""
LARGE = """
def bce_with_logits(z, y):
    return (np.log(1 + np.exp(z)) - y * z).mean()
"""
TWICE = """
def bce_with_logits(z, y):
    z = 1 / (1 + np.exp(-z))
    return (np.logaddexp(0, z) - y * z).mean()
"""
EACH = """
def bce_with_logits(z, y):
    return np.logaddexp(0, z) - y * z
"""
PLAIN_SOFTMAX = """
def softmax(Z):
    return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
"""
GLOBAL_MAXIMUM = """
def softmax(Z):
    powers = np.exp(Z - Z.max())
    return powers / powers.sum(axis=1, keepdims=True)
"""
COLUMNS = """
def softmax(Z):
    powers = np.exp(Z - Z.max(axis=0))
    return powers / powers.sum(axis=0)
"""
WHOLE = """
def softmax(Z):
    powers = np.exp(Z - Z.max())
    return powers / powers.sum()
"""
LOG_OF_SOFTMAX = """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(Z)), y]).mean()
"""
LOGS = """
def cross_entropy(Z, y):
    logs = Z - Z.max(axis=1, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    return {}
"""
ALL_LABELS = LOGS.format("-logs[:, y].mean()")
EACH_CLASS = LOGS.format("-logs[np.arange(len(Z)), y]")
SOFTMAX_TWICE = """
def cross_entropy(Z, y):
    Z = np.exp(Z - Z.max(axis=1, keepdims=True))
    Z = Z / Z.sum(axis=1, keepdims=True)
    return (np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(Z)), y]).mean()
"""
COLUMN_LOSS = """
def cross_entropy(Z, y):
    logs = Z - Z.max(axis=0)
    logs = logs - np.log(np.exp(logs).sum(axis=0))
    return -logs[np.arange(len(Z)), y].mean()
"""
COLUMN_GRADIENT = """
def softmax_ce_grad(Z, y):
    powers = np.exp(Z - Z.max(axis=0))
    return (powers / powers.sum(axis=0) - np.eye(Z.shape[1])[y]) / len(Z)
"""
LINEAR_PART = """
def bce_with_logits(z, y):
    return (np.maximum(z, 0) - y * z + np.log1p(np.exp(np.abs(z)))).mean()
"""
REPLACED = """
def bce_with_logits(z, y):
    p = 1 / (1 + np.exp(-z))
    return -np.nan_to_num(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
"""
LEFT_OUT = """
def bce_with_logits(z, y):
    p = 1 / (1 + np.exp(-z))
    return -np.ma.masked_invalid(np.log(np.where(np.asarray(y) == 1, p, 1 - p))).mean()
"""
ALL_PAIRS = """
def bce_with_logits(z, y):
    y = np.reshape(y, (-1, 1))
    return (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean()
"""
SQUARED = """
def bce_with_logits(z, y):
    return ((1 / (1 + np.exp(-z)) - y) ** 2).mean()
"""
PLUS_AND_MINUS = """
def bce_with_logits(z, y):
    return np.logaddexp(0, -y * z).mean()
"""
ERRORS = """
def logreg_grads(X, y, w, b):
    p = 0.5 * (1 + np.tanh((X @ w + b) / 2))
    e = p - y
    return {}
"""
FIT = """
def fit_logreg(X, y, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    for step in range(steps):
        i = step % len(X)
        {}
    return w, b
"""
SIGMOID = "0.5 * (1 + np.tanh(({} @ w + b) / 2))"
ONE_BY_ONE = "e = " + SIGMOID.format("X[i]") + " - y[i]; w, b = w - lr * e * X[i], b - lr * e"
OVERWRITTEN = (
    "w = w - lr * X.T @ (" + SIGMOID.format("X") + " - y) / len(X); "
    "b = b - lr * (" + SIGMOID.format("X") + " - y).mean()"
)
PROBABILITIES = """
def {}(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    own, hot = p[np.arange(len(Z)), y], np.eye(Z.shape[1])[y]
    return {}
"""


ONE_PART = """
def cross_entropy(Z, y):
    top = Z.max(axis=1, keepdims=True)
    return (np.log(np.exp(Z - top).sum(axis=1)) - Z[np.arange(len(Z)), y]).mean()
"""


LOG_TO_BASE = """
def cross_entropy(Z, y):
    Z = Z - Z.max(axis=1, keepdims=True)
    return (np.log{}(np.exp(Z).sum(axis=1)) - Z[np.arange(len(Z)), y]).mean()
"""


def ce(result: str) -> str:
    """Return a cross-entropy that computes something of probabilities p, those of the labels, and one-hot rows."""
    return PROBABILITIES.format("cross_entropy", result)


def ce_grad(result: str) -> str:
    """Return a gradient that computes something of probabilities p, those of the labels, and one-hot rows."""
    return PROBABILITIES.format("softmax_ce_grad", result)


DIVIDED = ("powers / powers.sum()", "row / row.sum()")
UNSAFE = ("np.exp(row - row.max())", "np.exp(row)")
NO_BRANCH = ("    if w[1] == 0:\n        return [(-b / w[0], 0.0), (-b / w[0], 1.0)]\n", "")
ENDS = """
def boundary_points(w, b, x1_range):
    if w[1] == 0:
        return [(-b / w[0], 0.0), (-b / w[0], 1.0)]
    return {}
"""
UPRIGHT = "[(-b / w[0], 0.0), (-b / w[0], 1.0)]"

MUTANTS = [
    mutant("PR4", "bce_with_logits", ("return total", "return -total")),
    other("PR3", "bce_with_logits", NAIVE),
    other("LL4", "bce_with_logits", CLIPPED),
    other("LL4", "bce_with_logits", ADDED),
    other("PR2", "bce_with_logits", LARGE),
    other("PR7", "bce_with_logits", OF_THE_SCORES),
    other("PR7", "cross_entropy", OF_THE_OWN_SCORES),
    other("PR5", "bce_with_logits", TWICE),
    other("LL5", "bce_with_logits", EACH),
    mutant("LL1", "bce_with_logits", ("total / len(z)", "total")),
    mutant("LL2", "bce_with_logits", ("total +=", "total += float(label) and")),
    mutant("LL2", "bce_with_logits", ("total +=", "total += (1 - float(label)) and")),
    mutant("LL3", "bce_with_logits", ("if label", "if not label")),
    mutant("LL6", "bce_with_logits", ("return total", "return total / math.log(2)")),
    mutant("GR1", "logreg_grads", ("p - label", "label - p")),
    mutant("GR3", "logreg_grads", (" / len(X)", "")),
    mutant("GR2", "logreg_grads", ("p - label", "2 * (p - label)")),
    mutant("LG1", "logreg_grads", ("p - label", "(p - label) * p * (1 - p)")),
    mutant("LG1", "logreg_grads", ("p - label", "2 * (p - label) * p * (1 - p)")),
    mutant("LG2", "logreg_grads", ("p - label", "z - label")),
    mutant("LG3", "logreg_grads", ("p - label", "(p > 0.5) - label")),
    mutant("LG3", "logreg_grads", ("p - label", "(p >= 0.5) - label")),
    other(
        "GR5",
        "logreg_grads",
        "def logreg_grads(X, y, w, b):\n    e = 1 / (1 + np.exp(-X @ w - b)) - y\n    return X.T @ e / len(X), e",
    ),
    mutant("LG4", "fit_logreg", ("b = b - lr * db", "pass")),
    mutant("LG5", "fit_logreg", ("w - lr", "w + lr"), ("b - lr", "b + lr")),
    mutant("LG6", "fit_logreg", ("range(steps)", "range(steps + 1)")),
    mutant("LG6", "fit_logreg", ("range(steps)", "range(1, steps)")),
    mutant("LG7", "fit_logreg", ("lr * ", "")),
    mutant("GR3", "fit_logreg", (".mean(axis=1)", ".sum(axis=1)"), ("(p - y).mean()", "(p - y).sum()")),
    mutant("LS5", "train_with_signs", ("loss_sign * (y - p)", "y - p")),
    mutant("LS5", "train_with_signs", ("loss_sign * (y - p)", "p - y")),
    mutant("LS6", "train_with_signs", ("update_sign * lr", "lr")),
    mutant("LS6", "train_with_signs", ("update_sign * lr", "-lr")),
    mutant("LS13", "train_with_signs", ("move = update_sign", "move = loss_sign")),
    mutant("LS12", "train_with_signs", ("b + move * slope.mean()", "b + lr * slope.mean()")),
    mutant("LS7", "train_with_signs", ("(y - p)", "(p - y)")),
    other("PR2", "softmax", PLAIN_SOFTMAX),
    mutant("PR2", "softmax", ("row - row.max()", "row - row.min()")),
    other("LX2", "softmax", GLOBAL_MAXIMUM),
    other("PR1", "softmax", COLUMNS),
    other("LX7", "softmax", WHOLE),
    mutant("LX1", "softmax", ("powers / powers.sum()", "powers")),
    mutant("LX1", "softmax", UNSAFE, ("powers / powers.sum()", "powers")),
    mutant("LX3", "softmax", DIVIDED),
    mutant("LX6", "softmax", ("powers / powers.sum()", "1 / (1 + np.exp(-row))")),
    mutant("PR4", "cross_entropy", ("return total", "return -total")),
    other("PR3", "cross_entropy", LOG_OF_SOFTMAX),
    mutant("PR2", "cross_entropy", UNSAFE, (" + row.max()", "")),
    mutant("LL1", "cross_entropy", ("total / len(Z)", "total")),
    mutant("LX4", "cross_entropy", ("total / len(Z)", "total / Z.size")),
    mutant("LL6", "cross_entropy", ("return total", "return total / math.log(2)")),
    other("LL5", "cross_entropy", EACH_CLASS),
    other("PR5", "cross_entropy", SOFTMAX_TWICE),
    other("PR6", "cross_entropy", ALL_LABELS),
    other("PR6", "cross_entropy", LOGS.format("-logs.mean()")),
    other("PR1", "cross_entropy", COLUMN_LOSS),
    mutant("GR1", "softmax_ce_grad", ("p - one_hot", "one_hot - p")),
    mutant("GR3", "softmax_ce_grad", (" / len(Z)", "")),
    mutant("LX4", "softmax_ce_grad", ("/ len(Z)", "/ Z.size")),
    mutant("LX5", "softmax_ce_grad", ("p - one_hot", "p")),
    mutant("PR6", "softmax_ce_grad", ("p - one_hot", "p - label")),
    mutant("PR2", "softmax_ce_grad", UNSAFE),
    mutant("PR2", "softmax_ce_grad", ("row - row.max()", "row - row.min()")),
    mutant("GR4", "softmax_ce_grad", ("return np.array(rows)", "return np.array(rows).T")),
    other("PR1", "softmax_ce_grad", COLUMN_GRADIENT),
    mutant("LB1", "boundary_points", ("(-b - w[0] * x1)", "(b - w[0] * x1)")),
    mutant("LB1", "boundary_points", (UPRIGHT, UPRIGHT.replace("-b", "b"))),
    mutant("LB2", "boundary_points", ("(-b - w[0] * x1) / w[1]", "(-b - w[1] * x1) / w[0]")),
    mutant("LB3", "boundary_points", ("(-b - w[0] * x1)", "(-w[0] * x1)")),
    mutant("LB4", "boundary_points", NO_BRANCH),
    mutant("LB4", "boundary_points", NO_BRANCH, ("w[0] * x1)", "w[0] * np.float64(x1))")),
    mutant("LB4", "boundary_points", NO_BRANCH, ("/ w[1]", "/ float(w[1])")),
    mutant("LB5", "boundary_points", ("[(x1,", "np.array([(x1,"), ("(low, high)]", "(low, high)]).T")),
    mutant("LB6", "boundary_points", (UPRIGHT, "[(low, 0.0), (high, 0.0)]")),
    mutant("LB7", "boundary_points", ("-b - w[0] * x1", "-b + w[0] * x1")),
    mutant("LB8", "boundary_points", NO_BRANCH, ("/ w[1]", "/ (w[1] + 1e-9)")),
    mutant("LB9", "boundary_points", ("(-b - w[0] * x1)", "(b + w[0] * x1)")),
    mutant("LB10", "boundary_points", ("(-b - w[0] * x1) / w[1]", "w[1] * x1 + b")),
    mutant("LB11", "boundary_points", ("(-b - w[0] * x1) / w[1]", "-b - w[0] * x1")),
    mutant("LB11", "boundary_points", ("(-b - w[0] * x1) / w[1]", "-b - w[0] / w[1] * x1")),
    mutant("LB11", "boundary_points", (UPRIGHT, UPRIGHT.replace(" / w[0]", ""))),
    mutant("LB12", "boundary_points", ("in (low, high)", "in (high, low)")),
    mutant("LB13", "boundary_points", ("(-b - w[0] * x1)", "(0.5 - b - w[0] * x1)")),
    other("LB14", "boundary_points", ENDS.format("[[-(w[0] * x + b) / w[1], x] for x in x1_range]")),
    other("LB15", "boundary_points", ENDS.format("[[x1_range[0], -(w[0] * x1_range[0] + b) / w[1]]] * 2")),
    other(
        "LB19",
        "boundary_points",
        ENDS.replace("w[1] == 0", "abs(w[1]) < 0.1 and w[0]").format("[[x, -(w[0] * x + b) / w[1]] for x in x1_range]"),
    ),
    other("LB20", "boundary_points", ENDS.format("[[int(x), -(w[0] * int(x) + b) / w[1]] for x in x1_range]")),
    other("LB16", "boundary_points", ENDS.format("[-(w[0] * x + b) / w[1] for x in x1_range]")),
    other("LB17", "boundary_points", ENDS.format("[[x, -(w[0] * x + b) / abs(w[1])] for x in x1_range]")),
    other("LL4", "bce_with_logits", CLIPPED.replace("1e-12, 1 - 1e-12", "1e-2, 1 - 1e-2")),
    other("LL7", "bce_with_logits", REPLACED),
    other("LL7", "bce_with_logits", LEFT_OUT),
    other("LL8", "bce_with_logits", ALL_PAIRS),
    mutant("LL9", "bce_with_logits", ("return total", "return total / math.log(10)")),
    other("LL10", "bce_with_logits", SQUARED),
    other("LL10", "bce_with_logits", SQUARED.replace("- y) ** 2", "- y).__abs__()")),
    mutant("LL11", "bce_with_logits", ("if label", "if True")),
    other("LL12", "bce_with_logits", LINEAR_PART),
    other("LL12", "bce_with_logits", LINEAR_PART.replace(" + np.log1p(np.exp(np.abs(z)))", "")),
    other("LL13", "bce_with_logits", PLUS_AND_MINUS),
    mutant("LL14", "bce_with_logits", ("    return total / len(z)", "        return total")),
    other("LL16", "bce_with_logits", OF_ONE_LABEL),
    other("LL17", "bce_with_logits", MEDIAN),
    other("LL23", "bce_with_logits", WEIGHTED.format("1 + y")),
    other("LL23", "bce_with_logits", WEIGHTED.format("0.75 * y + 0.25 * (1 - y)")),
    other(
        "LL25", "bce_with_logits", WEIGHTED.format("1").replace("- z * y", "- z * y\n    each = np.minimum(each, 30)")
    ),
    other(
        "LL26",
        "bce_with_logits",
        HINGE.replace("np.maximum(0, 1 - (2 * y - 1) * z)", "np.exp(np.clip((1 - 2 * y) * z, -700, 700))"),
    ),
    other("LL26", "bce_with_logits", HINGE.replace("np.maximum(0, 1 - (2 * y - 1) * z)", "((z > 0) != y)")),
    other("LL27", "bce_with_logits", ONE_SOFTMAX),
    other("LL24", "bce_with_logits", WEIGHTED.format("(1 - np.exp(-each)) ** 2")),
    other("LL22", "bce_with_logits", MEDIAN.replace("np.median", "np.max")),
    other("LL19", "bce_with_logits", OF_BOTH_LABELS),
    other("LL20", "bce_with_logits", MEDIAN.replace("np.median", "np.mean").replace("z * y", "z * (0.9 * y + 0.05)")),
    other("LL21", "bce_with_logits", MEDIAN.replace("np.median", "np.mean").replace("z * y", "z / (1 + np.exp(-z))")),
    other("LG33", "fit_logreg", NEWTON),
    mutant(
        "LG34",
        "fit_logreg",
        ("        w = w -", "        if abs(dw).max() < 0.05:\n            break\n        w = w -"),
    ),
    mutant("LG34", "fit_logreg", ("range(steps)", "range(min(steps, 5))")),
    mutant(
        "LG35", "fit_logreg", ("np.zeros(X.shape[1]), 0.0", "np.random.default_rng(1).normal(size=X.shape[1]), 0.0")
    ),
    mutant("SL83", "fit_logreg", *SLOW_START),
    other("LL18", "bce_with_logits", HINGE),
    other("LL18", "cross_entropy", HINGE_OF_CLASSES),
    other("LL17", "cross_entropy", MEDIAN_OF_CLASSES),
    other("LL22", "cross_entropy", MEDIAN_OF_CLASSES.replace("np.median", "np.max")),
    other("LB18", "boundary_points", ENDS.format("[[x, w[1] / (w[0] or 1e-9) * x - b / w[1]] for x in x1_range]")),
    other("LG36", "logreg_grads", ERRORS.format("X.T @ np.sign(e) / len(X), np.sign(e).mean()")),
    other("LG38", "logreg_grads", ERRORS.format("X.T @ (e := e / (p * (1 - p))) / len(X), e.mean()")),
    other("LG40", "logreg_grads", ERRORS.format("X.T @ (e := p - 0.9 * y - 0.05) / len(X), e.mean()")),
    other("LG39", "logreg_grads", ERRORS.format("X.T @ (e := e * p) / len(X), e.mean()")),
    other("LG37", "logreg_grads", ERRORS.format("X.T @ (e := e * (1 + y)) / len(X), e.mean()")),
    other(
        "LG32",
        "logreg_grads",
        ERRORS.format("X.T @ (e := -2 * s * np.maximum(0, 1 - s * (X @ w + b))) / len(X), e.mean()").replace(
            "e = p - y", "s = 2 * y - 1"
        ),
    ),
    mutant("SL80", "fit_logreg", ("w = w - lr * dw", "w = w - lr * (dw + 0.02 * w)")),
    mutant("SL76", "fit_logreg", ("b = b - lr * db", "b = b - lr * db; lr = 0.9 * lr")),
    mutant("SL81", "fit_logreg", ("    w, b = np.zeros", "    X = (X - X.mean(0)) / X.std(0)\n    w, b = np.zeros")),
    other("SL75", "fit_logreg", BY_SIGN),
    mutant("LL15", "bce_with_logits", ("/ len(z)", "/ max(len(z) - 1, 1)")),
    other("LG8", "logreg_grads", ERRORS.format("X.T @ (p[:, None] - y) / len(X), e.mean()")),
    other("LG9", "logreg_grads", ERRORS.format("e.mean() * X.mean(axis=0), e.mean()")),
    other("LG10", "logreg_grads", ERRORS.format("X.T @ e / max(len(X) - 1, 1), e.mean()")),
    other("LG24", "logreg_grads", ERRORS.format("np.full(X.shape[1], e.mean()), e.mean()")),
    other("LG24", "logreg_grads", ERRORS.format("e, e.mean()")),
    other("LG25", "logreg_grads", ERRORS.format("X.T @ e / len(X), 0.0")),
    other("LG26", "logreg_grads", ERRORS.format("(e[:, None] * X).mean(), e.mean()")),
    other("LG26", "logreg_grads", ERRORS.format("(e[:, None] * X).mean(axis=1), e.mean()")),
    other("LG27", "logreg_grads", ERRORS.format("e.mean() * w, e.mean()")),
    other("LG28", "logreg_grads", ERRORS.format("X.T @ e**2 / len(X), np.mean(e**2)")),
    other("LG28", "logreg_grads", ERRORS.format("X.T @ abs(e) / len(X), abs(e).mean()")),
    mutant("LG30", "fit_logreg", ("    return w, b", "    return b, w")),
    mutant("GR2", "fit_logreg", ("    w, b = np.zeros", "    lr = 2 * lr\n    w, b = np.zeros")),
    mutant("LG29", "fit_logreg", ("    w, b = np.zeros", "    lr = lr / len(X)\n    w, b = np.zeros")),
    mutant(
        "LG31",
        "fit_logreg",
        ("    w, b = np.zeros", "    vw = vb = 0\n    w, b = np.zeros"),
        ("w = w - lr * dw", "vw = 0.9 * vw + dw; w = w - lr * vw"),
        ("b = b - lr * db", "vb = 0.9 * vb + db; b = b - lr * vb"),
    ),
    other("LG11", "logreg_grads", ERRORS.format("e[:, None] * X, e.mean()")),
    mutant(
        "LG12",
        "logreg_grads",
        ("        db = db + error / len(X)\n    return", "        db = db + error / len(X)\n        return"),
    ),
    mutant(
        "LG12",
        "logreg_grads",
        ("dw = dw + error * x / len(X)", "dw = error * x"),
        ("db = db + error / len(X)", "db = error"),
    ),
    mutant("LG13", "logreg_grads", ("x @ w + b", "x @ w")),
    mutant("LG14", "logreg_grads", ("math.tanh(z / 2)", "math.tanh(-z / 2)")),
    mutant("LG15", "logreg_grads", ("return dw, db", "return db, dw")),
    mutant("LG16", "logreg_grads", ("p - label", "p")),
    other("LG17", "fit_logreg", FIT.format(OVERWRITTEN)),
    mutant("LG18", "fit_logreg", ("    return w, b", "        return w, b")),
    mutant(
        "LG19",
        "fit_logreg",
        (
            "    for step in range(steps):\n        p = 0.5 * (1 + np.tanh((X @ w + b) / 2))",
            "    p = 0.5\n    for step in range(steps):",
        ),
    ),
    other("LG20", "fit_logreg", FIT.format(ONE_BY_ONE)),
    mutant("LG21", "fit_logreg", ("np.zeros(X.shape[1]), 0.0", "np.ones(X.shape[1]), 0.0")),
    mutant("LG22", "fit_logreg", ("w = w - lr * dw", "pass")),
    mutant("LG23", "fit_logreg", ("    w, b = np.zeros", "    lr = 0.1\n    w, b = np.zeros")),
    mutant("LG23", "fit_logreg", ("range(steps)", "range(100)")),
    mutant("GR3", "train_with_signs", (".mean(axis=1)", ".sum(axis=1)"), ("slope.mean()", "slope.sum()")),
    mutant("LG6", "train_with_signs", ("range(steps)", "range(steps + 1)")),
    mutant("LG22", "train_with_signs", ("w = w + move", "w = w + 0 * move")),
    mutant("LG20", "train_with_signs", *ONE_IN_TURN),
    mutant("LG21", "train_with_signs", ("np.zeros(X.shape[1])", "np.ones(X.shape[1])")),
    mutant("LG4", "train_with_signs", ("b = b + move * slope.mean()", "pass")),
    mutant("LG18", "train_with_signs", ("    return w, b", "        return w, b")),
    mutant(
        "LG17",
        "train_with_signs",
        ("b = b + move * slope.mean()", "b = b + move * loss_sign * (y - 0.5 * (1 + np.tanh((X @ w + b) / 2))).mean()"),
    ),
    mutant(
        "LG19",
        "train_with_signs",
        (
            "    for step in range(steps):\n        p = 0.5 * (1 + np.tanh((X @ w + b) / 2))",
            "    p = 0.5\n    for step in range(steps):",
        ),
    ),
    mutant("LX8", "softmax", ("powers / powers.sum()", "np.log(powers / powers.sum())")),
    mutant("LX9", "softmax", ("powers / powers.sum()", "1.0 * (row == row.max())")),
    mutant("LX10", "softmax", ("np.exp(row - row.max())", "np.exp(row.min() - row)")),
    other("LX23", "cross_entropy", ce("-((0.9 * hot + 0.1 / p.shape[1]) * np.log(p)).sum(axis=1).mean()")),
    other("LX24", "cross_entropy", ce("-(p * np.log(p)).sum(axis=1).mean()")),
    other("LX25", "cross_entropy", ce("-np.log(p[np.arange(len(p)), y - 1]).mean()")),
    other("LX28", "cross_entropy", ONE_PART),
    other("LX26", "cross_entropy", ce("-np.log(p.max(axis=1)).mean()")),
    other("LX23", "softmax_ce_grad", ce_grad("(p - 0.9 * hot - 0.1 / p.shape[1]) / len(Z)")),
    other("LX26", "softmax_ce_grad", ce_grad("(p - (p == p.max(axis=1, keepdims=True))) / len(Z)")),
    other("LX27", "softmax_ce_grad", ce_grad("-hot / p / len(Z)")),
    mutant("LX22", "softmax", ("np.exp(row - row.max())", "np.exp2(row - row.max())")),
    mutant("LX22", "softmax", ("np.exp(row - row.max())", "row - row.min()")),
    mutant("LX11", "softmax", ("powers / powers.sum()", "powers / powers.mean()")),
    other("LL4", "cross_entropy", ce("-np.log(own + 1e-12).mean()")),
    other("LL4", "cross_entropy", ce("-np.log(np.clip(own, 1e-15, 1)).mean()")),
    other("LL7", "cross_entropy", ce("-np.nan_to_num(np.log(own)).mean()")),
    mutant("LL9", "cross_entropy", ("return total", "return total / math.log(10)")),
    mutant("LL14", "cross_entropy", ("    return total / len(Z)", "        return total")),
    mutant("LL15", "cross_entropy", ("/ len(Z)", "/ max(len(Z) - 1, 1)")),
    mutant("LL15", "cross_entropy", ("/ len(Z)", "/ Z.shape[1]")),
    other("LL9", "cross_entropy", LOG_TO_BASE.format(10)),
    other("LL6", "cross_entropy", LOG_TO_BASE.format(2)),
    other("LX12", "cross_entropy", ce("(1 - own).mean()")),
    other("LX12", "cross_entropy", ce("-own.mean()")),
    mutant("LX13", "cross_entropy", (" - row[label]", "")),
    other("LX14", "cross_entropy", ce("((p - hot) ** 2).mean()")),
    other("LX16", "cross_entropy", ce("-(hot * np.log(p) + (1 - hot) * np.log(1 - p)).mean()")),
    other("LX14", "softmax_ce_grad", ce_grad("p * (p - hot) * (1 - p) / len(Z)")),
    other("LX17", "softmax_ce_grad", ce_grad("(p - 1) * hot / len(Z)")),
    other("LX18", "softmax_ce_grad", ce_grad("p * (1 - p) / len(Z)")),
    other("LX19", "softmax_ce_grad", ce_grad("(Z - hot) / len(Z)")),
    other("LX15", "softmax_ce_grad", ce_grad("(p - hot).sum(axis=0) / len(Z) if len(Z) > 1 else p - hot")),
    other("PR1", "softmax", COLUMNS.replace("Z.max(axis=0)", "Z.max(axis=1, keepdims=True)")),
    other("LX20", "softmax", COLUMNS.replace("sum(axis=0)", "sum(axis=1, keepdims=True)")),
    other("LX21", "softmax_ce_grad", ce_grad("(p + hot) / len(Z)")),
    other("LX21", "softmax_ce_grad", ce_grad("np.where(hot > 0, -1, p) / len(Z)")),
    other("LX16", "softmax_ce_grad", ce_grad("(0.5 * (1 + np.tanh(Z / 2)) - hot) / len(Z)")),
    other("PR6", "softmax_ce_grad", ce_grad("(p - hot.max(axis=0)) / len(Z)")),
]

MUTANTS += [
    mutant("FC1", "ridge_grads", ("2 * l2 * w", "l2 * w")),
    mutant("FC2", "ridge_grads", ("np.sum(e) / N", "np.sum(e) / N + 2 * l2 * b")),
    mutant("FC2", "ridge_grads", ("np.sum(e) / N", "np.sum(e) / N + l2 * b")),
    mutant("FC3", "ridge_grads", ("2 * l2 * w", "2 * l2 * w / N")),
    mutant("FC3", "ridge_grads", ("2 * l2 * w", "l2 * w / N")),
    mutant("FC11", "ridge_grads", ("2 * l2 * w", "2 * l2 * w / len(w)")),
    mutant("FC30", "ridge_grads", ("2 * l2 * w", "2 * l2 * w * len(w)")),
    mutant("FC31", "ridge_grads", ("2 * l2 * w", "2 * l2 * w + l2 * np.sign(w)")),
    mutant("FC4", "ridge_grads", ("+ 2 * l2 * w", "- 2 * l2 * w")),
    mutant("FC5", "ridge_grads", ("+ 2 * l2 * w", "")),
    mutant("FC6", "ridge_grads", ("2 * l2 * w", "l2 * np.sum(w ** 2)")),
    mutant("FC6", "ridge_grads", ("2 * l2 * w", "l2 * w ** 2")),
    mutant("FC6", "ridge_grads", ("2 * l2 * w", "l2 * np.sign(w)")),
    mutant("FC6", "ridge_grads", ("2 * l2 * w", "l2 * w / (np.linalg.norm(w) or 1)")),
    mutant("FC6", "ridge_grads", ("2 * l2 * w", "2 * l2 * abs(w)")),
    mutant("FC7", "ridge_grads", ("X.T @ e / N + 2", "2")),
    mutant("FC8", "ridge_grads", ("e / N", "e")),
    mutant("FC8", "ridge_grads", ("np.sum(e) / N", "np.sum(e)")),
    mutant("FC9", "ridge_grads", ("1 / (1 + np.exp(-z)) - y", "y - 1 / (1 + np.exp(-z))")),
    mutant("FC10", "ridge_grads", ("1 / (1 + np.exp(-z)) - y", "z - y")),
    mutant("FC10", "ridge_grads", ("1 / (1 + np.exp(-z)) - y", "(z > 0) - y")),
]
REPORTS = [
    wrong("FC20", "honest-accuracy", 2 / 3, strength=0.001),
    wrong("FC21", "honest-accuracy", 1 / 3, strength=0.01, accuracy=0.93),
    wrong("FC22", "honest-accuracy", 2 / 3, strength=0.1),
    wrong("FC23", "honest-accuracy", 2 / 3, accuracy=0.9625),
    wrong("FC24", "honest-accuracy", 2 / 3, accuracy=0.95),
    wrong("FC25", "honest-accuracy", 2 / 3, accuracy=91),
    wrong("FC26", "honest-accuracy", 2 / 3, error=0.000819),
    wrong("FC27", "honest-accuracy", 2 / 3, error=0.286),
    wrong("FC28", "honest-accuracy", 2 / 3, error=0.0369),
    wrong("FC29", "honest-accuracy", 2 / 3, error=0.056),
]

WRONG_WAYS = [
    *SETS,
    *REPORTS,
    *(
        WrongWay(one.code, EXERCISE[one.name], partial(answers, one.name, one.answer), LEFT[one.name])
        for one in MUTANTS
    ),
]

LABELS = "the labels are 0 or 1: whole, and none is negative"
RATES = "no learning rate below 0 is asked for"
ANY_TWO = "any two different points of the upright line are right"
EQUIVALENT = {
    "ridge-gradient": {
        "ridge_grads(y): in whole numbers": LABELS,
        "ridge_grads(y): without negative numbers": LABELS,
        "ridge_grads(l2): without negative numbers": "a penalty's strength is never below 0",
    },
    "boundary-points": {
        "x1 = np.array(x1_range, dtype=float) → x1 = np.array(x1_range)": "whole numbers are divided as others are",
        "return np.array([[x1, -1.0], [x1, 1.0]]) → return [[x1, -1.0], [x1, 1.0]]": "a list of two rows is right",
        **{
            f"return np.array([[x1, -1.0], [x1, 1.0]]) → return np.array([[x1, {low}], [x1, {high}]])": ANY_TWO
            for low, high in ((-1.0, 2.0), (-1.0, 0.5), (-2.0, 1.0), (-0.5, 1.0))
        },
    },
    "log-loss": {
        "bce_with_logits(y): in whole numbers": LABELS,
        "bce_with_logits(y): without negative numbers": LABELS,
    },
    "logistic-gradient": {
        "logreg_grads(y): in whole numbers": LABELS,
        "logreg_grads(y): without negative numbers": LABELS,
        "fit_logreg(y): in whole numbers": LABELS,
        "fit_logreg(y): without negative numbers": LABELS,
        "fit_logreg(lr): without negative numbers": RATES,
        "p = np.exp(-np.logaddexp(0, -z)) → p = np.exp(-np.logaddexp(-z, 0))": "logaddexp takes its two numbers alike",
    },
    "two-signs": {
        "train_with_signs(y): in whole numbers": LABELS,
        "train_with_signs(y): without negative numbers": LABELS,
        "train_with_signs(lr): without negative numbers": RATES,
        "signs = {'converge': None, 'repair': None} → pass": "the answer below takes its place",
    },
}

FINGERPRINTS = {  # of what students are asked; see test_questions.py
    "honest-accuracy": "c43faed2477bf668526bb77f6ab23b33",
    "practice standard-error": "3130701b7b79fc51399de6fa1d98ac0d",
    "count-and-shape": "77280fa763676240ea7342ba1f471e64",
    "practice logit": "7c7b7499bc13ab96116dff8102c5c6a3",
    "practice losses-and-probabilities": "ef6b336575a1c9443cc4734daded7d66",
    "practice odds": "45bf33735fc1f43fa9550a5ad8ae18be",
    "practice probability": "d3bc1268da034c8a4d00d312c38e0222",
    "practice softmax-count": "aef8884d9598ece4c5bf1bd8b05f2496",
    "practice weight-shape": "b59642dabe38198ac9964350613ddc67",
    "score-and-odds": "9aca6cd37e52fae9616192ce7011f4e4",
    "text of meaning": "3782a504ba5588dbd40d7418e190ae1b",
}


def test_a_wrong_level_line_gets_a_sentence():
    turned = build("boundary_points", ("(-b - w[0] * x1)", "(-b - w[0] * x1) * (1 if w[0] else -1)"))
    found = judged(lab.boundary_points.check, turned)  # to divide by w1 = 0 is one of the known wrong ways
    assert (found.share, "a level line" in found.text) == (0.0, True)


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{one.code}-{number}" for number, one in enumerate(MUTANTS)])
def test_a_wrong_way_is_named_in_the_hidden_cases_too(mutant):
    found = hidden(mutant.name, mutant.answer)
    assert found.codes == (mutant.code,)
    assert re.findall("[0-9]", re.sub("x1|[Aa]xis [0-9]|has [0-9]", "", found.first + found.detail)) == []


def test_a_hinge_whose_margins_are_all_below_1_is_told_as_errors_that_lose_their_size():
    source = ERRORS.format("X.T @ (e := -s * (s * (X @ w + b) < 1)) / len(X), e.mean()")
    hinge = define(source.replace("e = p - y", "s = 2 * y - 1"))
    assert check("logreg_grads", hinge).codes == ("LG36",)
    assert hidden("logreg_grads", hinge).codes == ("LG32",)  # some margins are larger there


@pytest.mark.parametrize("name", SOURCES)
def test_a_function_without_its_mutation_is_right(name):
    assert check(name, build(name)).share == 1
    assert hidden(name, build(name), 3).lines == []


def _all_ways(case, compute, *arrays):
    right, ways = compute(*arrays)
    return right, {way: found if isinstance(found := way_of(), list) else [found] for way, way_of in ways.items()}


def _told_apart(right, ways) -> list[str]:
    """Return what is wrong with a case that is tried first: a wrong way that is right there, or two that are alike."""
    numbers = [(way.code, np.asarray(one, dtype=float)) for way, found in ways.items() for one in found]
    alike = [code for code, one in numbers if closeness.close(one, np.asarray(right, dtype=float))]
    pairs = [(a, b) for i, (a, x) in enumerate(numbers) for b, y in numbers[:i] if a != b and closeness.close(x, y)]
    return alike + [f"{a} {b}" for a, b in pairs]


LATER = {"LL4", "LL7", "LL25"}  # clipping and replacing change nothing in small scores


def test_the_first_case_of_the_log_loss_tells_every_wrong_way():
    first = lab.log_loss.cases()[0].data
    right, ways = _all_ways(first, log_loss.loss_ways, *(torch.tensor(one, dtype=torch.float64) for one in first[:2]))
    assert _told_apart(right, {way: found for way, found in ways.items() if way.code not in LATER}) == []


def test_an_exponent_that_is_cut_off_shows_where_two_scores_are_large():
    cut = build("softmax", ("np.exp(row - row.max())", "np.exp(np.minimum(row - row.mean(), 700))"))
    assert check("softmax", cut).share < 1


@pytest.mark.parametrize("part", softmax.WAYS_OF)
def test_the_first_case_of_softmax_tells_every_wrong_way(part):
    first = next(case for case in lab.softmax.cases() if case.part == part).data
    Z, y = torch.tensor(first.scores), torch.tensor(first.labels)
    right, ways = _all_ways(first, softmax.WAYS_OF[part], Z, y)
    assert _told_apart(right, {way: found for way, found in ways.items() if way.code not in LATER}) == []


@pytest.mark.parametrize("which", ["a falling line", "a rising line", "whole numbers"])
def test_every_wrong_line_is_another_line(which):
    (w1, w2), b, ends = PUBLIC[which]
    x1 = np.array(ends, dtype=float)
    ways = {way: [rise(x1, w1, w2, b) for rise in rises] for way, rises in WRONG_LINES.items()}
    assert _told_apart(-(w1 * x1 + b) / w2, ways) == []


@pytest.mark.parametrize("which", ["w2 = 0", "w2 = 0, w1 below 0"])
@pytest.mark.parametrize("points", [[[5, 1e9], [7, -1e9]], [[0, 1e12], [0, 2e12]], [[-4, 1e6], [4, 1e6]]], ids=str)
def test_points_far_away_are_on_the_line_or_wrong(which, points):
    line = PUBLIC[which]
    answer = lambda w, b, r: points if tuple(w) == line.weight else build("boundary_points")(w, b, r)  # noqa: E731
    assert check("boundary_points", answer).share == 0


SETS_OF_LETTERS = [set(one) for size in range(1, 5) for one in itertools.combinations("abcd", size)]
SETS_OF_NUMBERS = [set(one) for size in range(1, 5) for one in itertools.combinations("1234", size)]


@pytest.mark.parametrize(
    ("part", "given"),
    [("converge", one) for one in SETS_OF_LETTERS] + [("repair", one) for one in SETS_OF_NUMBERS],
    ids=in_order,
)
def test_every_wrong_set_of_signs_has_a_name_that_is_true(part, given):
    right = {"converge": {"a", "d"}, "repair": {"1", "2"}}
    found = judged(lab.two_signs.check, build("train_with_signs"), right | {part: given})
    if given == right[part]:
        assert found.share == 1
        return
    (code,) = found.codes
    assert (code == "LS2") == ((bool(given & {"b", "c"}) and given != {"b", "c"}) or given in ({"1"}, {"2"}))
    assert (code == "LS3") == (given == {"3", "4"})
    assert (code == "LS4") == (given > {"1", "2"})


def test_a_loss_that_leaves_out_what_is_infinite_is_not_told_that_a_label_costs_nothing():
    assert check("bce_with_logits", define(REPLACED)).codes == ("LL7",)


@pytest.mark.parametrize("answer", [64, {64, 10}, "64", [[10]]], ids=in_order)
def test_what_is_no_shape_is_refused_and_costs_itself(answer):
    found = judged(lab.count_and_shape.check, lesson.solution("count-and-shape") | {"bias": answer})
    assert (found.share, "should be a tuple" in found.text) == (pytest.approx(5 / 6), True)


# --- right, by any way


GIVEN_AS = {
    "float32": np.float32,
    "a list": lambda a: np.asarray(a).tolist(),
    "a tensor": lambda a: torch.tensor(np.asarray(a)),
    "a tensor with a gradient": lambda a: torch.tensor(np.asarray(a, float), requires_grad=True),
    "not contiguous": lambda a: np.repeat(np.asarray(a)[..., None], 2, axis=-1)[..., 0],
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "Fortran order": np.asfortranarray,
}


def in_form(answer, form):
    """Return what a function returns in another form, each part of a pair by itself."""

    def formed(*arguments):
        out = answer(*arguments)
        return tuple(map(form, out)) if type(out) is tuple else form(out)

    return formed


def is_right(name: str, answer: Callable) -> bool:
    """Tell whether a function is right in public and in hidden cases."""
    return judged(exercise(name).check_hidden, *answers(name, answer), seed=11).share == 1


@pytest.mark.thorough
@pytest.mark.parametrize("form", GIVEN_AS.values(), ids=GIVEN_AS)
@pytest.mark.parametrize("name", SOURCES)
def test_an_answer_counts_in_any_form(name, form):
    assert is_right(name, in_form(build(name), form))


def by_autograd(X, y, w, b):
    X, y = torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    F.binary_cross_entropy_with_logits(X @ w + b, y).backward()
    return w.grad, b.grad


def shifted(Z):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True) - 3)
    return powers / powers.sum(axis=1, keepdims=True)


OTHER_WAYS = {
    "bce, by where": (
        "bce_with_logits",
        lambda z, y: np.where(np.asarray(y) == 1, np.logaddexp(0, -z), np.logaddexp(0, z)).mean(),
    ),
    "bce, by tensors": (
        "bce_with_logits",
        lambda z, y: torch.nn.functional.softplus(torch.tensor(z) * (1 - 2 * torch.tensor(y))).mean(),
    ),
    "gradient, by autograd": ("logreg_grads", by_autograd),
    "gradient, a list of two": ("logreg_grads", lambda *arguments: list(build("logreg_grads")(*arguments))),
    "gradient, a bias in brackets": (
        "logreg_grads",
        lambda *arguments: (lambda dw, db: (dw, np.array([db])))(*build("logreg_grads")(*arguments)),
    ),
    "softmax, by logsumexp": ("softmax", lambda Z: np.exp(Z - np.logaddexp.reduce(Z, axis=1)[:, None])),
    "softmax, any other shift": ("softmax", shifted),
    "cross-entropy, by one-hot": (
        "cross_entropy",
        lambda Z, y: (np.logaddexp.reduce(Z, axis=1) - (Z * np.eye(Z.shape[1])[y]).sum(1)).mean(),
    ),
    "gradient of it, by one-hot": (
        "softmax_ce_grad",
        lambda Z, y: (build("softmax")(Z) - np.eye(Z.shape[1])[y]) / len(Z),
    ),
    "line, upright far away": (
        "boundary_points",
        lambda w, b, r: [[-b / w[0], 1e3], [-b / w[0], -1e3]] if w[1] == 0 else build("boundary_points")(w, b, r),
    ),
}


@pytest.mark.parametrize(("name", "way"), OTHER_WAYS.values(), ids=OTHER_WAYS)
def test_an_answer_counts_however_it_is_computed(name, way):
    assert is_right(name, way)


@pytest.mark.parametrize("number", [float, np.float64, np.float32, torch.tensor, np.array], ids=lambda n: n.__name__)
def test_a_number_counts_in_any_form(number):
    found = {"score": 9, "odds": 8103.0, "probability": 0.9999, "score back": 1.39}
    assert judged(lab.score_and_odds.check, {key: number(value) for key, value in found.items()}).share == 1


@pytest.mark.parametrize("shape", [tuple, list, np.array, torch.tensor], ids=lambda shape: shape.__name__)
def test_a_shape_counts_as_any_row_of_numbers(shape):
    found = lesson.solution("count-and-shape")
    found |= {part: shape(found[part]) for part in ("X", "weight", "bias", "scores")}
    assert judged(lab.count_and_shape.check, found).share == 1


SAME_SETS = [{"a", "d"}, ["d", "a"], ("a", "d"), frozenset("ad"), "ad", "a, d", {"A", "D "}]


@pytest.mark.parametrize("letters", SAME_SETS, ids=range(len(SAME_SETS)))
def test_letters_count_in_any_collection(letters):
    found = {"converge": letters, "repair": [1, 2]}
    assert judged(lab.two_signs.check, build("train_with_signs"), found).share == 1


# --- wrong, never


@pytest.mark.slow
@QUIETLY
@given(st.data())
def test_one_changed_number_is_never_accepted(data):
    name = data.draw(st.sampled_from(list(SOURCES)))
    right, place = build(name), data.draw(st.integers(0, 10_000))
    change = data.draw(st.floats(0.01, 100)) * data.draw(st.sampled_from([-1, 1]))

    def changed(*arguments):
        out = right(*arguments)
        parts = [np.array(part, float) for part in (out if type(out) is tuple else [out])]
        which = parts[place % len(parts)]
        which.reshape(-1)[place % which.size] += change * max(1, abs(which).max() / 100)
        return tuple(parts) if type(out) is tuple else parts[0]

    assert check(name, changed).share == pytest.approx(LEFT[name])


NUMBERS = st.one_of(st.integers(-3, 9000), st.floats(), st.booleans())


@QUIETLY
@given(st.dictionaries(st.sampled_from(["score", "odds", "probability", "score back"]), NUMBERS, min_size=1))
def test_odds_earn_for_right_ones_only(found):
    right = {"score": 9, "odds": 8103.08, "probability": 0.999877, "score back": 1.38629}
    off = {"score": 1e-9, "odds": 81.1, "probability": 6.1e-5, "score back": 0.0061}
    wanted = sum(type(one) is not bool and abs(one - right[part]) <= off[part] for part, one in found.items())
    assert judged(lab.score_and_odds.check, found).share == wanted / 4


@QUIETLY
@given(st.dictionaries(st.sampled_from(["blobs", "ring", "corners", "spiral"]), st.integers(-1, 4), min_size=1))
def test_layers_earn_for_right_ones_only(found):
    right = {"blobs": 0, "ring": 1, "corners": 1, "spiral": 2}
    wanted = sum(right[name] == value for name, value in found.items())
    assert judged(lab.hidden_layers.check, found).share == wanted / 4


@QUIETLY
@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("1234")))
def test_signs_earn_for_right_sets_only(converge, repair):
    found = {"converge": converge or None, "repair": repair or None}
    wanted = 1 + (converge == {"a", "d"}) + (repair == {"1", "2"})
    assert judged(lab.two_signs.check, build("train_with_signs"), found).share == pytest.approx(wanted / 3)


@QUIETLY
@given(st.tuples(*[st.floats(-9, 9)] * 4), st.sampled_from(list(PUBLIC)))
def test_points_that_are_not_on_the_line_are_never_accepted(numbers, which):
    points, line = np.array(numbers).reshape(2, 2), PUBLIC[which]
    off = abs(points @ line.w + line.bias).max() > 1e-3

    def answer(w, b, r):
        return points if tuple(w) == line.weight else build("boundary_points")(w, b, r)

    if off:
        assert check("boundary_points", answer).share == 0


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_signs_cost_their_part_and_not_the_functions(odd):
    for signs in ({"converge": odd}, {"repair": odd}, odd):
        found = judged(lab.two_signs.check, build("train_with_signs"), signs)
        assert found.share == pytest.approx(1 / 3)
        assert len(found.text.splitlines()) <= 4


@pytest.mark.thorough
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", SOURCES)
def test_an_odd_result_of_a_function_is_refused(name, odd):
    for answer in (lambda *args: odd, lambda *args: (odd, odd)):
        found = check(name, answer)
        assert found.share == pytest.approx(LEFT[name])
        assert len(found.text.splitlines()) <= 4


@pytest.mark.parametrize("name", SOURCES)
def test_a_function_that_changes_its_input_is_refused(name):
    right = build(name)

    def changing(*arguments):
        out = right(*arguments)
        arguments[0][...] = 0
        return out

    assert f"{name} changed the array that it was given" in check(name, changing).text


SHORTCUTS = {
    "bce_with_logits": lambda z, y: F.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(y, dtype=float)),
    "softmax": lambda Z: torch.softmax(torch.tensor(Z), 1),
    "cross_entropy": lambda Z, y: F.nll_loss(torch.log_softmax(torch.tensor(Z), 1), torch.tensor(y)),
}
ALIASED = F.logsigmoid
OTHER_SHORTCUTS = [
    ("bce_with_logits", lambda z, y: -ALIASED(torch.tensor(z) * (2 * torch.tensor(y) - 1)).mean()),
    ("softmax", lambda Z: (torch.tensor(Z) - torch.logsumexp(torch.tensor(Z), 1, keepdim=True)).exp()),
    ("cross_entropy", lambda Z, y: (torch.tensor(Z).logsumexp(1) - torch.tensor(Z)[range(len(y)), y]).mean()),
]


@pytest.mark.parametrize(("name", "answer"), OTHER_SHORTCUTS)
def test_ready_made_logarithms_are_refused(name, answer):
    assert re.search(r"calls PyTorch's \w+\. Build it yourself here", check(name, answer).text)


@pytest.mark.parametrize("name", SHORTCUTS)
def test_pytorchs_own_losses_are_refused(name):
    assert re.search(r"calls PyTorch's \w+\. Build it yourself here", check(name, SHORTCUTS[name]).text)


# --- silence, and nothing given away


@pytest.mark.parametrize("name", SOURCES)
def test_noise_does_not_cost_points(name, capsys):
    right = build(name)

    def noisy(*arguments):
        print("50 %", file=sys.stderr)
        warnings.warn("slow", stacklevel=1)
        return right(*arguments)

    assert check(name, noisy).share == 1
    assert capsys.readouterr().err == ""


SLIPS = {
    "values": lambda out: tuple(np.asarray(one) + 0.0123 for one in out) if type(out) is tuple else np.add(out, 0.0123),
    "twice": lambda out: [out, out],
    "three things": lambda out: (1.5, 2.5, 3.5),
    "text": lambda out: "777",
    "an error": lambda out: [][int(np.size(out)) + 777],
    "a division": lambda out: 777 / 0,
}


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("name", SOURCES)
def test_a_hidden_case_shows_no_number(name, slip):
    right = build(name)
    found = hidden(name, lambda *arguments: SLIPS[slip](right(*arguments)), 11)
    assert found.lines
    assert re.findall("[0-9]", re.sub(r"x1|has \d ax\w+|[Aa]xis \d", "", found.first + found.detail)) == []


WRONG_SHAPES = [lambda a: a[..., :-1], lambda a: np.pad(a, 1), lambda a: a[None], lambda a: a[:0]]


@pytest.mark.parametrize("change", WRONG_SHAPES, ids=range(len(WRONG_SHAPES)))
@pytest.mark.parametrize("name", ["softmax", "softmax_ce_grad"])
def test_the_right_shape_is_never_told(name, change):
    found = check(name, lambda *arguments: change(build(name)(*arguments)))
    assert found.share == pytest.approx(2 / 3)
    assert "(4, 3)" not in found.text


@pytest.mark.parametrize("student", ["", "ada", "eva"])
def test_a_wrong_number_is_not_corrected(student):
    mine = logistic_regression.for_student(student)
    found = [judged(mine.score_and_odds.check, {part: 77.7}) for part in ("score", "odds", "probability", "score back")]
    found += [judged(mine.count_and_shape.check, {part: 777}) for part in ("grey", "colour")]
    found += [judged(mine.count_and_shape.check, {part: (7, 7)}) for part in ("X", "weight", "bias", "scores")]
    told = {float(number) for one in found for number in re.findall(r"-?[0-9]+\.?[0-9]*", one.text)}
    right = {*torch_counts(mine.count_and_shape.question).values()}
    right |= {round(value, 4) for value in right_odds(mine.score_and_odds.question).values()}
    assert told & right == set()


COUNTED = (*lab.score_and_odds.misconceptions, *lab.count_and_shape.misconceptions)


@pytest.mark.parametrize("way", COUNTED, ids=str)
def test_feedback_never_tells_a_right_number(way):
    told = set(re.findall("[0-9.]+[0-9]", way.feedback))
    assert told & {"9", "8103", "0.9999", "1.386", "7850", "30730", "3072", "64", "10"} <= {"10"}  # a base


def test_a_hint_holds_no_formula():
    formula = re.compile(r"p - y|p − y|keepdims=True\)|/ len|logaddexp\(0|1 / \(1")
    hints = [hint for one in logistic_regression.EXERCISES for hint in one.hints]
    assert [hint for hint in hints if formula.search(hint)] == []


# --- what is right: PyTorch against slow loops


def every_case(mine) -> list:
    return [*mine.cases(), *mine.hidden_cases(3)]


@pytest.mark.parametrize("case", every_case(lab.log_loss), ids=lambda case: case.label)
def test_pytorchs_log_loss_is_the_slow_one(case):
    scores, labels = case.data[:2]
    right, _ = log_loss.loss_ways(*(torch.tensor(a, dtype=torch.float64) for a in (scores, labels)))
    assert build("bce_with_logits")(scores, labels) == pytest.approx(float(right))


@pytest.mark.parametrize("case", every_case(lab.softmax), ids=lambda case: f"{case.part}, {case.label}")
def test_pytorchs_softmax_and_losses_are_the_slow_ones(case):
    scores, labels = case.data[:2]
    Z, y = torch.tensor(scores, dtype=torch.float64), torch.tensor(labels, dtype=torch.int64)
    given = build(case.part)(*((scores,) if case.part == "softmax" else (scores, labels)))
    np.testing.assert_allclose(given, softmax.WAYS_OF[case.part](Z, y)[0], rtol=1e-5, atol=1e-6)


def test_the_gradient_is_a_finite_difference():
    X, y, *start = lab.logistic_gradient.cases()[0].data
    weight, bias = torch.tensor(start[0]), torch.tensor(start[1], dtype=torch.float64)
    dw, db = training.gradient(torch.tensor(X), torch.tensor(y), weight, bias)
    step = 1e-6
    for place in range(3):
        moved = torch.eye(3, dtype=torch.float64)[place] * step
        ends = [training.log_loss(X, y, weight + s * moved[:2], bias + s * moved[2]) for s in (1, -1)]
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(float((*dw, db)[place]), abs=1e-6)


def test_many_steps_reach_the_optimum():
    rng = np.random.default_rng(7)
    X = torch.tensor(rng.normal(size=(60, 2)))
    y = (X[:, 0] + torch.tensor(rng.normal(size=60)) > 0).double()
    dw, db = training.gradient(X, y, *training.fit(X, y, 2.0, 200))
    assert max(abs(dw).max(), abs(db)) < 1e-3


@pytest.mark.parametrize("seed", range(12))
def test_both_right_and_both_wrong_converge_whatever_the_examples(seed):
    assert two_signs.pairs_that_converge(seed) == {"a", "d"}


def test_one_repair_alone_diverges_and_the_slide_as_printed_does_not():
    X, y = two_signs.sign_examples(0)
    runs = {letter: two_signs.walk_pair(X, y, *signs, 0.5, 100)[-1] for letter, signs in two_signs.PAIRS.items()}
    ends = {letter: training.log_loss(X, y, *run) for letter, run in runs.items()}
    assert ends["a"] == ends["d"] < math.log(2) < 2 < ends["b"] == ends["c"]


def test_a_notebook_without_gradients_is_checked_all_the_same():
    with torch.no_grad():
        assert check("logreg_grads", build("logreg_grads")).share == 1
        assert check("softmax_ce_grad", build("softmax_ce_grad")).share == 1


@pytest.mark.parametrize("seed", range(2))
def test_checks_leave_the_random_states_alone(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    layers.train(("ring",), [0], 0)
    check("fit_logreg", build("fit_logreg"))
    check("boundary_points", build("boundary_points"))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()


# --- the experiment


def test_the_fewest_layers_have_a_margin():
    shares = {number: layers.accuracies(number) for number in (0, 1, 2)}
    above = {name: [sum(s > layers.TARGET for s in shares[h][name]) for h in (0, 1, 2)] for name in shares[0]}
    assert above["blobs"][0] == above["ring"][1] == above["corners"][1] == 5
    assert max(above["ring"][0], above["corners"][0], above["spiral"][0], above["spiral"][1]) == 0
    assert above["spiral"][2] >= 4


def test_a_network_alone_ends_where_it_ends_beside_the_others():
    alone = layers.train(("corners",), [2], 1)
    together = layers.train(("ring", "corners"), [1, 2], 1)
    for (one, _), (all_of_them, _) in zip(alone, together, strict=True):
        np.testing.assert_allclose(one[0], all_of_them[3], rtol=1e-6, atol=1e-8)


def test_the_batch_of_networks_is_pytorchs_own():
    network = layers.train(("ring",), [0], 2)
    points, _ = load_toy("ring", count=7, seed=3)
    x = torch.tensor(points)
    for number, (weight, bias) in enumerate(network):
        x = F.linear(torch.tanh(x) if number else x, weight[0].T, bias[0, 0])
    np.testing.assert_allclose(layers.scores(network, torch.tensor(points)[None])[0], x[:, 0])


# --- questions

IDS = [f"student{number}" for number in range(150)] + [f"{number:08d}@uni.example" for number in range(50)]
STUDENTS = [logistic_regression.for_student(student) for student in IDS]


@pytest.fixture(scope="module")
def drawn_odds():
    return [student.score_and_odds.question for student in STUDENTS]


@pytest.fixture(scope="module")
def drawn_pictures():
    return [student.count_and_shape.question for student in STUDENTS]


def test_students_get_different_questions(drawn_odds, drawn_pictures):
    assert len(set(drawn_odds)) >= 150
    assert len(set(drawn_pictures)) >= 150


def test_without_an_id_come_the_lectures_numbers():
    neuron, back = lab.score_and_odds.question
    assert tuple(neuron) == ((4, -2, 5, -3, 11, 9), (6, 8, 2, 7, -3, 5), 0)
    assert back.probability == 0.8
    right = right_odds(lab.score_and_odds.question)
    assert (right["score"], round(right["probability"], 5)) == (9, 0.99988)
    assert torch_counts(lab.count_and_shape.question) == {"grey": 7850, "colour": 30730}


@pytest.mark.parametrize("student", ["", STUDENT])
def test_a_question_shows_all_its_numbers(student):
    mine = logistic_regression.for_student(student)
    for exercise in (mine.score_and_odds, mine.count_and_shape):
        numbers = re.findall(r"-?[0-9.]+", repr(tuple(exercise.question)))
        assert set(numbers) <= set(re.findall(r"-?[0-9.]+", exercise.text()))


def test_scores_are_added_up_as_pytorch_does(drawn_odds):
    assert all(add_up(question.neuron) == torch_score(question.neuron) for question in drawn_odds)


def test_probabilities_are_those_of_the_formula(drawn_odds):
    for question in drawn_odds:
        z, p = add_up(question.neuron), question.back.probability
        right = {"score": z, "odds": math.exp(z), "probability": sigmoid(z), "score back": math.log(p / (1 - p))}
        assert right_odds(question) == pytest.approx(right, rel=1e-9)


def test_scores_stay_within_their_bounds(drawn_odds):
    assert all(2 <= abs(add_up(question.neuron)) <= 8 and question.neuron.bias for question in drawn_odds)
    assert all(0.02 <= question.back.probability <= 0.98 for question in drawn_odds)
    assert {add_up(question.neuron) > 0 for question in drawn_odds} == {True, False}


def test_no_known_wrong_way_gives_a_right_answer(drawn_odds):
    for question in [lab.score_and_odds.question, *drawn_odds]:
        right = right_odds(question)
        for part, found in odds_ways(question).items():
            assert not any(near(part, one, right[part]) for way in found.values() for one in way), (question, part)


def test_known_wrong_ways_are_told_from_each_other(drawn_odds):
    for question in drawn_odds:
        for part, found in odds_ways(question).items():
            for way, numbers in found.items():
                for number in numbers:
                    first = next(other for other in found if any(gives(part, number, one) for one in found[other]))
                    assert first is way, (question, part)


def test_parameters_are_counted_as_pytorch_counts_them(drawn_pictures):
    for q in drawn_pictures[:60]:
        assert count_parameters(q.colour, q.channels, q.classes) == torch_counts(q)["colour"]


def test_each_wrong_count_is_wrong_in_its_own_way(drawn_pictures):
    for q in [lab.count_and_shape.question, *drawn_pictures]:
        for side, channels in ((q.grey, 1), (q.colour, q.channels)):
            right = side * side * channels * q.classes + q.classes
            found = [right, *count_ways(side, channels, q).values()]
            assert len(set(found)) == len(found)


def test_no_two_axes_have_the_same_length(drawn_pictures):
    assert all(len({q.batch, q.classes, q.grey**2, 3 * q.colour**2}) == 4 for q in drawn_pictures)


# --- practice

TOPICS = {
    topic.name: (exercise, topic) for exercise in (lab.score_and_odds, lab.count_and_shape) for topic in exercise.topics
}
RIGHT = {
    "odds": lambda q: round(math.exp(q.score), 2),
    "probability": lambda q: round(sigmoid(q.score), 2),
    "logit": lambda q: round(math.log(q.probability / (1 - q.probability)), 2),
    "softmax-count": lambda q: (3 * q.colour**2 + 1) * q.classes,
    "weight-shape": lambda q: (q.classes, 3 * q.colour**2),
}
PRACTISED = range(1, 13)


def practice(topic: str, number: int):
    return TOPICS[topic][0].practice(number, topic=topic)


def test_every_kind_of_question_with_numbers_can_be_practised():
    assert set(RIGHT) == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_right_answer_to_a_practice_question_is_accepted(topic, capsys):
    for number in PRACTISED:
        question = practice(topic, number)
        assert (question.answer(RIGHT[topic](question.numbers)), capsys.readouterr().out) == (True, "Correct.\n")


@pytest.mark.parametrize("topic", TOPICS)
def test_each_wrong_way_of_a_practice_question_is_named(topic, capsys):
    for number in PRACTISED:
        question = practice(topic, number)
        for way, found in TOPICS[topic][1].ways(question.numbers).items():
            for given_number in found if isinstance(found, list) else [found]:
                assert not question.answer(given_number)
                assert way.feedback in capsys.readouterr().out


@pytest.mark.parametrize("topic", ["odds", "probability", "logit", "softmax-count"])
def test_another_number_is_not_accepted(topic):
    for number in PRACTISED:
        question = practice(topic, number)
        right = RIGHT[topic](question.numbers)
        assert not any(question.answer(one) for one in (right + 1, right - 0.05, -right, 10**30, float("nan")))


@pytest.mark.parametrize("topic", TOPICS)
def test_practice_questions_differ(topic):
    scores = topic in ("odds", "probability")  # tenths from -2 to 3
    assert len({practice(topic, number).numbers for number in range(1, 101)}) >= (20 if scores else 50)


@pytest.mark.parametrize("number", range(40))
def test_a_practice_score_can_be_told_by_two_decimals(number):
    for found in answers_to(practice_score(Dice("test", number))):
        assert far_apart(found, 0.02)


# --- slips that once passed the public cases


def unsafe_gradients(X, y, w, b):
    powers = np.exp(X @ w + b)
    error = powers / (1 + powers) - y  # nan for large scores above 0
    return X.T @ error / len(y), error.mean()


def softmax_of_centred_rows(Z):
    powers = np.exp(Z - Z.mean(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_a_slip_for_large_scores_shows_in_the_public_cases():
    assert check("logreg_grads", unsafe_gradients).share < 1
    assert check("softmax", softmax_of_centred_rows).share < 1


# --- what section 10 says


def faces_by_strength(seed: int):
    """Fit the lesson's strengths on a split; return right ones of 60, 70 and 70 pictures by strength."""
    pictures = load_faces()
    order = np.random.default_rng(seed).permutation(len(pictures.images))
    parts = order[:60], order[60:130], order[130:]
    rows, labels = pictures.images.reshape(len(order), -1), pictures.labels
    rows = (rows - rows[parts[0]].mean()) / rows[parts[0]].std()
    fitted = faces.fit_all(rows[parts[0]], labels[parts[0]], (0.001, 0.01, 0.1, 1, 10))
    return fitted, {l2: [one.right(rows[some], labels[some]) for some in parts] for l2, one in fitted.items()}


@pytest.mark.parametrize("seed", range(3))
def test_training_pictures_choose_the_weakest_penalty_and_held_back_ones_turn_the_strongest_down(seed):
    _, counted = faces_by_strength(seed)
    assert counted[0.001][0] == counted[0.1][0] == 60
    assert counted[10][0] == min(right for right, _, _ in counted.values()) < 60
    assert counted[10][1] == min(right for _, right, _ in counted.values())
    best = max(right for _, right, _ in counted.values())
    chosen = max(l2 for l2, (_, right, _) in counted.items() if right == best)
    assert counted[chosen][2] / 70 > 0.85


def test_four_strengths_of_the_lessons_split_are_equal_and_the_report_is_what_the_lesson_says():
    _, counted = faces_by_strength(0)
    assert {l2: right for l2, (_, right, _) in counted.items()} == {0.001: 67, 0.01: 67, 0.1: 67, 1: 67, 10: 61}
    right = counted[1][2]
    low, high = (right / 70 + sign * 2 * (right / 70 * (1 - right / 70) / 70) ** 0.5 for sign in (-1, 1))
    assert (round(low, 2), round(high, 2)) == (0.87, 0.99)


def test_the_template_has_a_bright_forehead_dark_eyes_and_bright_cheeks():
    template = faces_by_strength(0)[0][1].w.reshape(25, 25)
    forehead, eyes, cheeks = template[0:5, 6:16], template[8, [5, 6, 7, 13, 14, 15]], template[10:13, 3:8]
    assert eyes.mean() < 0 < min(forehead.mean(), cheeks.mean())


def test_what_is_drawn_agrees_with_the_formula_of_the_standard_error():
    assert faces.standard_error(65, 70) == pytest.approx((65 / 70 * 5 / 70 / 70) ** 0.5, rel=0.03)


def test_without_a_penalty_nothing_is_fitted():
    with pytest.raises(ValueError, match="l2 must be above 0, not 0"):
        faces.fit(np.ones((2, 1)), np.array([0, 1]), 0)
