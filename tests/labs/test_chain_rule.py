"""Lab 03: right answers in many forms, every known wrong way, and what is said of both."""

import linecache
import math
import re
import sys
import textwrap
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from engines import (
    ADD_FIRST,
    ARITHMETIC,
    BACKWARD_BODY,
    BY_BREADTH,
    BY_NUMBER,
    ENGINE,
    FIRST_MET,
    HANDED_ON,
    ORDER_BODY,
    ORDER_METHOD,
    PASSES,
    RECURSIVE,
    RECURSIVE_ORDER,
    build,
    engine,
)
from harness import QUIETLY, WrongWay, judged
from hypothesis import given
from hypothesis import strategies as st
from lesson import Lesson
from thorough import one_in

from course_utils.grading import sample
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol import calling
from course_utils.judging.protocol.proxy import Proxy
from course_utils.judging.variants import Dice
from course_utils.labs import chain_rule
from course_utils.labs.chain_rule import engine as judging_engine
from course_utils.labs.chain_rule import programs, summed_axes
from course_utils.labs.chain_rule.backward_order import TWINS
from course_utils.labs.chain_rule.chain_slopes import (
    LESSON_SLOPES,
    parallel_slope,
    parallel_tells_apart,
    parallel_ways,
    series_slope,
    series_tells_apart,
    series_ways,
    told_parallel_ways,
    told_series_ways,
)
from course_utils.labs.chain_rule.engine import DIAMOND, TWICE, probe_gradients
from course_utils.labs.chain_rule.gradient_shapes import LESSON_LAYERS, PARTS, practice_shape, shape_ways
from course_utils.labs.chain_rule.programs import SEVEN_NODES, program
from course_utils.labs.chain_rule.rescue import TorchValue
from course_utils.labs.chain_rule.train_with_values import torch_training
from course_utils.labs.chain_rule.wrong_engines import wrong_gradients

DEAR = {"value-backward"}  # judging one answer takes a second
BUILT_UP = {  # answers that call others: without those they cannot be there either
    "backward-order": ["value-class"],
    "value-backward": ["backward-order"],
    "value-functions": ["value-backward"],
    "more-functions": ["value-functions"],
    "train-with-values": ["more-functions"],
}

lesson = Lesson("03_chain_rule")
lab = chain_rule.for_student()
CLASS = sample._import(lesson.master.parent / "sample_class.py")
ROOT = lesson.master.parent.parent.parent

STEPS = ["value_class", "backward_order", "value_backward", "value_functions", "more_functions"]
SEED = 11


# --- wrong slopes, shapes, losses and choices

RIGHT_SLOPES = {"series": 50, "parallel": 46}
RIGHT_SHAPES = {
    "dY": (32, 3),
    "dW2": (3, 8),
    "db2": (3,),
    "dA1": (32, 8),
    "dZ1": (32, 8),
    "dW1": (8, 5),
    "db1": (8,),
    "dX": (32, 5),
}
RIGHT_CHOICES = {"no recording": "memory", "no zeroing": "sum", "corner": "kink", "snippet": "b"}
RIGHT_TRAINING = {"losses": torch_training(), "difference": 1e-12}


def wrong(code: str, exercise: str, share: float, right: dict, **changes) -> WrongWay:
    """Return a wrong way that answers rightly but for some values; "_" in a key stands for a space."""
    answers = right | {key.replace("_", " "): value for key, value in changes.items()}
    return WrongWay(code, exercise, lambda: (answers,), share)


def wrong_slopes() -> list[WrongWay]:
    """Return each wrong way of each of the lesson's slopes, and those of both at once."""
    series, parallel = series_ways(LESSON_SLOPES.series), parallel_ways(LESSON_SLOPES.parallel)
    ways = [(way, {"series": one}) for way, versions in series.items() for one in versions]
    ways += [(way, {"parallel": one}) for way, versions in parallel.items() for one in versions]
    ways += [(way, {"series": series[way][0], "parallel": parallel[way][0]}) for way in series if way in parallel]
    told = told_series_ways(LESSON_SLOPES.series), told_parallel_ways(LESSON_SLOPES.parallel)
    for part, known, every in zip(("series", "parallel"), (series, parallel), told, strict=True):
        ways += [(way, {part: one}) for way, versions in every.items() if way not in known for one in versions]
    found = [wrong(way.code, "chain-slopes", 1 - len(changes) / 2, RIGHT_SLOPES, **changes) for way, changes in ways]
    found += [wrong("VC13", "chain-slopes", 1 / 2, RIGHT_SLOPES, series=(2 * 4 + 2) * (2 * 4 + 3))]
    found += [wrong("VC14", "chain-slopes", 1 / 2, RIGHT_SLOPES, parallel=36 + 1)]
    return [*found, WrongWay("VC9", "chain-slopes", lambda: (product_of_slopes("bela"),), 1 / 2, "bela")]


def product_of_slopes(student: str) -> dict[str, int]:
    """Return a student's slopes, that in parallel with the product of two slopes for the slope of a product."""
    asked = chain_rule.for_student(student).chain_slopes.question
    (slopes,) = [some for way, some in told_parallel_ways(asked.parallel).items() if way.code == "VC9"]
    return {"series": series_slope(asked.series), "parallel": slopes[0]}


def wrong_shapes() -> list[WrongWay]:
    """Return each wrong way of the lesson's shapes, wherever it applies, in all its versions."""
    found = []
    for way, shapes in shape_ways(LESSON_LAYERS).items():
        for version in range(max(map(len, shapes.values()))):
            changes = {part: some[version] for part, some in shapes.items() if len(some) > version}
            found.append(wrong(way.code, "gradient-shapes", 1 - len(changes) / 8, RIGHT_SHAPES, **changes))
    return found


def training(code: str, share: float, **changes) -> WrongWay:
    return wrong(code, "train-with-values", share, RIGHT_TRAINING, **changes)


TRAININGS = [
    training("VT1", 1 / 2, losses=torch_training(zero=False)),
    training("GR1", 1 / 2, losses=torch_training(20, rate=-0.2)),
    training("VT2", 1 / 2, losses=[2.15] * 60),
    training("VT3", 1 / 2, losses=torch_training(rate=0.1)),
    training("VT3", 1 / 2, losses=torch_training(30)),
    training("VT3", 1 / 2, losses=torch_training(4)),
    training("VT3", 1 / 2, losses=torch_training(mean=False)),
    training("", 1 / 2, losses=[2.0 / (i + 1) for i in range(60)]),
    training("VT10", 1 / 2, losses=torch_training(61)[1:]),
    training("VT11", 1 / 2, losses=[build("Value")["Value"](loss) for loss in torch_training()]),
    training("VT3", 1 / 2, losses=torch_training(61)),
    training("VT12", 1 / 2, difference=0),
    training("VT8", 1 / 2, difference=1.0),
    training("VT9", 1 / 2, difference=0.3),
    training("VT9", 0, difference=0.3, losses=[2.0 / (i + 1) for i in range(60)]),
    training("VT9", 0, difference=0.3, losses=torch_training(zero=False)),
]
CHOICES = {
    ("no recording", "no forward"): "VT4",
    ("no recording", "frozen"): "VT5",
    ("no recording", "eval"): "VT5",
    ("no zeroing", "last"): "GR9",
    ("no zeroing", "mean"): "VT1",
    ("no zeroing", "error"): "VT1",
    ("corner", "rounding"): "VT6",
    ("corner", "relu"): "VT6",
    ("corner", "zero"): "VT6",
    ("snippet", "a"): "VT7",
    ("snippet", "c"): "VT1",
    ("snippet", "d"): "VT7",
}
SETS = [
    *wrong_slopes(),
    *wrong_shapes(),
    *TRAININGS,
    *(wrong(code, "autograd-questions", 3 / 4, RIGHT_CHOICES | {label: key}) for (label, key), code in CHOICES.items()),
]


# --- wrong functions and engines: right ones with some of their text replaced


def differences(code: str, *changes: tuple[str, str], **more) -> WrongWay:
    return WrongWay(
        code, "numerical-gradient", lambda: (build("numerical_gradient", *changes)["numerical_gradient"],), **more
    )


def layers(code: str, *changes: tuple[str, str], share: float = 3 / 4, **more) -> WrongWay:
    def answers():
        names = build("dense_backward", *changes)
        return names["dense_backward"], names["relu_backward"]

    return WrongWay(code, "dense-backward", answers, share, **more)


def engines(code: str, exercise: str, share: float, *changes: tuple[str, str], **more) -> WrongWay:
    return WrongWay(code, exercise, lambda: (engine(*changes),), share, **more)


ONE_SIDE = ("x[place] = kept - eps", "x[place] = kept"), ("(2 * eps)", "eps")
IN_PLACE = ("x = np.array(x, dtype=float)\n", "\n")
NOT_PUT_BACK = ("        x[place] = kept\n", "")
KEPT_TYPE = ("x = np.array(x, dtype=float)", "x = x.copy()")
TWO_COPIES = (
    ("grad = np", "above_x, below_x, grad = x.copy(), x.copy(), np"),
    ("x[place] = kept + eps\n        above = f(x)", "above_x[place] += eps; above = f(above_x)"),
    ("x[place] = kept - eps\n        below = f(x)", "below_x[place] -= eps; below = f(below_x)"),
)
DIFFERENCES = [
    differences("VN1", *ONE_SIDE),
    differences("VN1", *ONE_SIDE, hidden=True),
    differences("VN1", ("x[place] = kept + eps", "x[place] = kept"), ("(2 * eps)", "eps")),
    differences("VN2", NOT_PUT_BACK),
    differences("VN2", IN_PLACE, NOT_PUT_BACK),
    differences("VN3", KEPT_TYPE),
    differences("VN3", KEPT_TYPE, hidden=True),
    differences("VN3", KEPT_TYPE, ("(2 * eps)", "(2 * eps) if x.dtype == float else (above - below) / eps")),
    differences("SL7", KEPT_TYPE, ("grad[place] =", "grad[place] = 1 +")),
    differences("VN4", ("f(x)", "f(x * 0 + kept)"), ("above - below", "0 * above")),
    differences(
        "VN5",
        ("x[place] = kept + eps", "x += eps"),
        ("x[place] = kept - eps", "x -= 2 * eps"),
        ("        x[place] = kept\n", "        x += eps\n"),
    ),
    differences("VN6", ("return grad", "return grad.reshape(-1)")),
    differences("SL7", ("return grad", "return grad.reshape(-1) + 1")),
    differences("VN7", ("/ (2 * eps)", "")),
    differences("VN8", ("/ (2 * eps)", "/ 2 * eps")),
    differences("VN8", ("/ (2 * eps)", "* eps")),
    differences("", ("/ (2 * eps)", "/ 2000")),
    differences("VN9", ("    return grad", "        return grad")),
    differences("VN11", ("np.ndindex(x.shape)", "range(len(x))"), ("kept = x[place]", "kept = x[place] * 1")),
    differences("VN11", ("np.ndindex(x.shape)", "range(len(x))")),  # kept is a view, and moves along
    differences(
        "VN12", ("np.zeros(x.shape)", "np.zeros(x.shape, type_of_x)"), ("x = np", "type_of_x = x.dtype; x = np")
    ),
    differences("VN13", ("/ (2 * eps)", "/ eps**2")),
    differences("VN14", ("return grad", "return grad.sum()")),
    differences("VN14", ("grad[place] =", "grad =")),
    differences("VN14", ("    for", "    return (f(x + eps) - f(x - eps)) / (2 * eps)\n    for")),
    differences("VN2", *TWO_COPIES),
    differences("VN10", ("kept = x[place]", "kept, eps = x[place], 1e-5")),
    differences("VN16", ("kept = x[place]", "kept, eps = x[place], 1e-5 * max(1, abs(x[place]))")),
    differences("VN16", ("x[place] = kept + eps", "eps = 1e-5 * abs(kept)\n        x[place] = kept + eps")),
    differences("VN17", ("(above - below) / (2 * eps)", "(above - 2 * f(x) + below) / eps**2")),
    differences("SL9", ("(above - below)", "abs(above - below)")),
    differences("VN15", ("above - below", "above + below")),
    differences("GR2", ("(2 * eps)", "eps")),
    differences("GR1", ("above - below", "below - above")),
    differences("GR4", ("return grad", "return grad.T")),
]
LAYERS = [
    layers("GR4", ("dY.T @ X", "X.T @ dY")),
    layers("GR5", ("dY.sum(0)", "dY.sum(1)")),
    layers("GR5", ("dY.sum(0)", "dY")),
    layers("GR5", ("dY.sum(0)", "dY"), hidden=True),
    layers("VG1", ("dY.sum(0)", "dY.sum(0, keepdims=True)")),
    layers("GR3", ("dY.T @ X", "dY.T @ X / len(X)")),
    layers("GR3", ("dY.sum(0)", "dY.mean(0)")),
    layers("SL3", ("dY.sum(0)", "dY.mean(0) * W.shape[0]")),  # a factor of 2 where there are twice as many outputs
    layers("GR1", ("dX = dY @ W", "dX = -dY @ W")),
    layers("GR2", ("dX = dY @ W", "dX = 2 * dY @ W")),
    layers("VG2", ("dY.T @ X", "dY[:, :, None] * X[:, None, :]")),
    layers("VG5", ("return dX, dW, db", "return dW, dX, db"), share=1 / 2),
    layers("VG15", ("return dX, dW, db", "return dX, db, dW"), share=1 / 2),
    layers("GR10", ("(Z > 0)", "(dA > 0)")),
    layers("GR10", ("(Z > 0)", "(Z < 0)")),
    layers("GR10", ("dA * (Z > 0)", "dA.copy()")),
    layers("VG6", ("dA * (Z > 0)", "(Z > 0) * 1.0")),
    layers("VG13", ("(Z > 0)", "np.maximum(Z, 0)")),
    layers("VG13", ("(Z > 0)", "Z")),
    layers("VG7", ("dY.T @ X", "np.ones_like(dY).T @ X")),
    layers("VG7", ("dX = dY @ W", "dX = W.copy()")),
    layers("VG7", ("dY.sum(0)", "np.full(dY.shape[1], len(dY))")),
    layers("VG8", ("(Z > 0)", "(Z >= 0)")),
    layers("VG8", ("(Z > 0)", "((Z > 0) / 2 + (Z >= 0) / 2)")),
    layers("VG9", ("dY.T @ X", "np.outer(dY.sum(0), X.sum(0))")),
    layers("VG9", ("dY.T @ X", "np.outer(dY.mean(0), X.mean(0))")),
    layers("VG10", ("dY.T @ X", "np.outer(dY[0], X[0])")),
    layers("VG14", ("(Z > 0)", "np.sign(Z)")),
    layers("VG16", ("dA * (Z > 0)", "dA * (0.01 + 0.99 * (Z > 0))")),
    layers("VG11", ("dA * (Z > 0)", "np.maximum(Z, 0)")),
]
ONE = "other = other if isinstance(other, Value) else Value(other)"
MADE = "return Value(self.data + other.data, (self, other), (1.0, 1.0))"
GROW = "for parent in value.parents)"
ASSIGNED = ("arrived[id(parent)] +=", "arrived[id(parent)] =")
NO_SEED = ("arrived[id(self)] = 1.0", "pass")
FORWARDS = ("finished[::-1]", "finished")
OWN_FACTOR = ("(other.data, self.data)", "(self.data, other.data)")
NEGATIVE = ("value.grad += ", "value.grad -= ")
UNHASHABLE = (
    ("    def backward_order(self):\n", "    __hash__ = None\n\n    def backward_order(self):\n"),
    ("id(value) not in met", "value not in met"),
    ("met.add(id(value))", "met.add(value)"),
)
KEPT = "self.parents, self.slopes = parents, slopes"
ARRIVED = "arrived[id(value)]"
ARRIVES = "        arrived = {id(value): 0.0 for value in order}\n"
ADDED = f"value.grad += {ARRIVED}"
NAMED_ORDER = "    def _order(self):\n" + ORDER_BODY
NOTED = (
    "float(data), 0.0\n        made = getattr(Value, 'made', [])\n"
    "        Value.made = [*(made if parents or not any(one.parents for one in made) else []), self]\n"
)
EVERY_VALUE = "        return Value.made[::-1]\n"


def directly(line: str, after: str = "") -> tuple[str, str]:
    """Return the change to a backward without sums of its own, with a line for each parent, and one after them."""
    body = (
        "        self.grad = 1.0\n        for value in self.backward_order():\n"
        f"            for parent, slope in zip(value.parents, value.slopes):\n                {line}\n"
    )
    return BACKWARD_BODY, body + (f"            {after}\n\n" if after else "\n")


IN_REVERSE = (
    BACKWARD_BODY,
    directly("parent.grad += slope * value.grad")[1].replace(
        "self.backward_order()", "reversed(self.backward_order())"
    ),
)
PASSED_ON_AGAIN = (
    ("arrived = {id(value): 0.0 for value in order}", "arrived = {id(v): getattr(v, 'old', 0.0) for v in order}"),
    ("arrived[id(self)] = 1.0", "arrived[id(self)] += 1.0"),
    (
        "            value.grad += arrived[id(value)]",
        "            value.grad += arrived[id(value)]; value.old = value.grad if value.parents else 0.0",
    ),
)
REMEMBERED = (
    ("    def backward_order(self):\n", "    seen = set()\n\n    def backward_order(self):\n"),
    ("id(value) not in met", "id(value) not in met | Value.seen"),
    ("        return finished[::-1]", "        Value.seen |= met\n        return finished[::-1]"),
)
AVERAGED = (
    (ARRIVES, f"{ARRIVES}        count = {{id(value): 0 for value in order}}\n"),
    (ADDED, f"{ARRIVED} /= max(1, count[id(value)]); {ADDED}"),
    (PASSES, f"{PASSES}; count[id(parent)] += 1"),
)
TAKEN_AT_ONCE = f"slope * {ARRIVED} if value.parents[0] is not value.parents[-1] else slope * {ARRIVED} / 2"
SUM_SO_FAR = (PASSES, f"{PASSES}; parent.grad += arrived[id(parent)]")
ENGINES = [
    engines("VE7", "value-class", 0, (ONE, "pass")),
    engines("VE6", "value-class", 0, (MADE, "return Value(self.data + other.data)")),
    engines("VE16", "value-class", 0, (MADE, f"self.data += other.data; {MADE.replace(' + other.data', '')}")),
    engines("VE5", "value-class", 0, OWN_FACTOR),
    engines("VE23", "value-class", 0, (KEPT, "self.parents = parents")),
    engines("VE23", "value-class", 0, ("(1.0, 1.0)", "()")),
    engines("VE24", "value-class", 0, ("(other.data, self.data)", "(1.0, 1.0)")),
    engines("VE43", "value-class", 0, ("(other.data, self.data)", "(self.data * other.data,) * 2")),
    engines("VE42", "value-class", 0, ("(1.0, 1.0)", "(self.data, other.data)")),
    engines("VE26", "value-class", 0, (KEPT, "self.parents, self.slopes = set(parents), slopes")),
    engines("VE27", "value-class", 0, (MADE, "return self.data + other.data")),
    engines("VE47", "value-class", 0, ("float(data), 0.0", "float(data), 1.0")),
    engines("VE46", "value-class", 0, ("(other.data, self.data)", "(other, self)")),
    engines(
        "VE51",
        "value-class",
        0,
        ("(other.data, self.data)", "tuple(one and self.data * other.data / one for one in (self.data, other.data))"),
    ),
    engines("VE48", "value-class", 0, ("Value(self.data * other.data", "Value(self.data + other.data")),
    engines("VE25", "backward-order", 0, (ORDER_BODY, EVERY_VALUE), ("float(data), 0.0\n", NOTED)),
    engines("", "backward-order", 0, (ORDER_BODY, f"        return [*self._order(), None]\n\n{NAMED_ORDER}")),
    engines("VE25", "backward-order", 0, (ORDER_BODY, f"        return [*self._order(), Value(1)]\n\n{NAMED_ORDER}")),
    engines("VE8", "backward-order", 0, (ORDER_BODY, "        return [self]\n")),
    engines("", "backward-order", 0, (ORDER_BODY, f"        return self._order()[1:] + [self]\n\n{NAMED_ORDER}")),
    engines("", "backward-order", 0, (ORDER_BODY, "        return 'yab'\n")),
    engines("VE1", "backward-order", 0, (ORDER_BODY, FIRST_MET)),
    engines("VE1", "backward-order", 0, (ORDER_BODY, BY_BREADTH)),
    engines("VE56", "backward-order", 0, *REMEMBERED),
    engines("VE4", "backward-order", 0, (ORDER_BODY, RECURSIVE_ORDER)),
    engines("VE4", "backward-order", 0, (ORDER_BODY, RECURSIVE_ORDER), hidden=True),
    engines("VE3", "backward-order", 0, *BY_NUMBER),
    engines("VE3", "backward-order", 0, *UNHASHABLE),
    engines("VE8", "backward-order", 0, (f"todo.extend((parent, False) {GROW}", "pass")),
    engines("VE8", "backward-order", 0, (GROW, "for parent in value.parents[:1])")),
    engines("VE9", "backward-order", 0, ("met.add(id(value))", "pass")),
    engines("VE10", "backward-order", 0, FORWARDS),
    engines("GR9", "value-backward", 0, ASSIGNED),
    engines("GR9", "value-backward", 0, ASSIGNED, hidden=True),
    engines("VE2", "value-backward", 0, NO_SEED),
    engines("VE1", "value-backward", 5 / 8, (ORDER_BODY, FIRST_MET), also=("VE4",)),
    engines("VE1", "value-backward", 5 / 8, (ORDER_BODY, BY_BREADTH)),
    engines("VE1", "value-backward", 4 / 8, (BACKWARD_BODY, RECURSIVE), also=("VE4",)),
    engines("VE1", "value-backward", 4 / 8, (BACKWARD_BODY, ADD_FIRST), also=("VE4",)),
    engines("VE1", "value-backward", 5 / 8, (BACKWARD_BODY, HANDED_ON.format("pop()"))),
    engines("VE1", "value-backward", 5 / 8, (BACKWARD_BODY, HANDED_ON.format("pop(0)"))),
    engines("VE40", "value-backward", 0, ("value.grad += arrived[id(value)]", "pass"), SUM_SO_FAR),
    engines("VE41", "value-backward", 0, ("slope * arrived[id(value)]", "slope * value.data")),
    engines("VE52", "value-backward", 3 / 8, directly("parent.grad += slope * max(-1.0, min(1.0, value.grad))")),
    engines("VE53", "value-backward", 0, *AVERAGED),
    engines("VE54", "value-backward", 6 / 8, (PASSES, TAKEN_AT_ONCE)),
    engines("VE55", "value-backward", 7 / 8, (PASSES, PASSES.replace("slope *", "abs(slope) *"))),
    engines("VE36", "value-backward", 0, (BACKWARD_BODY, RECURSIVE.replace("self.grad or 1.0", "1.0")), also=("VE4",)),
    engines("VE50", "value-backward", 0, ("{id(value): 0.0", "{id(value): 1.0")),
    engines("VE50", "value-backward", 0, ("arrived[id(self)] = 1.0", "arrived[id(self)] = self.data")),
    engines("VE37", "value-backward", 2 / 8, directly("parent.grad += value.slopes[0] * value.grad")),
    engines("VE38", "value-backward", 0, directly("parent.grad += slope + value.grad")),
    engines("VE49", "value-backward", 1 / 8, (PASSES, PASSES.replace("slope * ", ""))),
    engines("VE39", "value-backward", 0, directly("parent.grad -= slope * value.grad")),
    engines("VE21", "value-backward", 1 / 8, IN_REVERSE),
    engines("VE2", "value-backward", 0, (ADDED, "pass")),
    engines("VE11", "value-backward", 7 / 8, directly("parent.grad += slope * value.grad")),
    engines("GR9", "value-backward", 0, directly("parent.grad = slope * value.grad")),
    engines("VE13", "value-backward", 2 / 8, directly("parent.grad += slope")),
    engines("VE22", "value-backward", 0, directly("parent.grad += slope * parent.grad")),
    engines("VE22", "value-backward", 0, directly("parent.grad *= slope * value.grad")),
    engines("VE21", "value-backward", 0, directly("parent.grad += slope * value.grad; return")),
    engines("VE21", "value-backward", 1 / 8, directly("parent.grad += slope * value.grad", "return")),
    engines("VE20", "value-backward", 0, directly("parent.grad += slope * value.grad; break")),
    engines(
        "VE20",
        "value-backward",
        0,
        ("zip(value.parents, value.slopes)", "[(value.parents[-1], value.slopes[-1])] if value.parents else []"),
    ),
    engines("", "value-backward", 0, ("arrived[id(self)] = 1.0", "arrived[id(self)] = 2.0")),
    engines("VE41", "value-backward", 0, directly("parent.grad += slope * value.data")),
    engines("VE18", "value-backward", 1 / 8, (ADDED, f"if value is self or not value.parents: {ADDED}")),
    engines("VE19", "value-backward", 0, (ADDED, f"if value is not self: {ADDED}")),
    engines(
        "VE12", "value-backward", 7 / 8, (ADDED, f"value.grad = (value.grad if value is not self else 0.0) + {ARRIVED}")
    ),
    engines("VE4", "value-backward", 7 / 8, (ORDER_BODY, RECURSIVE_ORDER)),
    engines("VE10", "value-backward", 0, FORWARDS),
    engines("VE13", "value-backward", 2 / 8, (PASSES, "slope")),
    engines("VE5", "value-backward", 2 / 8, OWN_FACTOR),
    engines("GR1", "value-backward", 0, NEGATIVE),
    engines("VE3", "value-backward", 7 / 8, *BY_NUMBER),
    engines(
        "VE35",
        "value-backward",
        6 / 8,
        (ARRIVES, f"        if hasattr(self, 'done'):\n            return\n        self.done = 1\n{ARRIVES}"),
    ),
    engines("VE12", "value-backward", 7 / 8, ("value.grad += ", "value.grad = ")),
    engines("VE12", "value-backward", 7 / 8, ("value.grad += ", "value.grad = "), hidden=True),
    engines("VE11", "value-backward", 6 / 8, *PASSED_ON_AGAIN),
    engines("VE11", "value-backward", 6 / 8, *PASSED_ON_AGAIN, hidden=True),
    engines("", "value-backward", 0, ("met.add(id(value))", "pass")),
    engines("VE14", "value-functions", 3 / 5, ("k * self.data ** (k - 1)", "self.data ** (k - 1)")),
    engines("VE14", "value-functions", 3 / 5, ("k * self.data ** (k - 1)", "k * self.data ** k")),
    engines("VE14", "value-functions", 3 / 5, ("k * self.data ** (k - 1)", "k * self.data ** k - 1")),
    engines("GR11", "value-functions", 4 / 5, ("1 - out**2", "1 - self.data**2")),
    engines("VE15", "value-functions", 4 / 5, ("1 - out**2", "1 - out")),
    engines("GR11", "value-functions", 4 / 5, ("(self,), (out,))", "(self,), (math.exp(out),))")),
    engines("GR10", "value-functions", 4 / 5, ("float(self.data > 0)", "float(self.data < 0)")),
    engines("VE28", "value-functions", 4 / 5, ("float(self.data > 0)", "1.0")),
    engines("VE45", "value-functions", 4 / 5, ("max(self.data, 0.0)", "abs(self.data)")),
    engines("VE45", "value-functions", 4 / 5, ("float(self.data > 0)", "1.0 if self.data > 0 else 0.01")),
    engines("VE44", "value-functions", 4 / 5, ("float(self.data > 0)", "self.data")),
    engines("SL30", "value-functions", 3 / 5, ("k * self.data ** (k - 1)", "k / self.data ** (k - 1)")),
    engines("SL32", "value-functions", 4 / 5, ("1 - out**2", "(1 - out**2) ** 2")),
    engines("VE17", "value-functions", 4 / 5, ("(self,), (float(self.data > 0),)", "(self,), (0.0,)")),
    engines("VE17", "value-functions", 4 / 5, ("return Value(out, (self,), (1 - out**2,))", "return Value(out)")),
    engines("VE28", "value-functions", 4 / 5, ("1 - out**2", "1.0")),
    engines("VE28", "value-functions", 3 / 5, ("k * self.data ** (k - 1)", "1.0")),
    engines("VE29", "value-functions", 4 / 5, ("1 - out**2", "out")),
    engines("VE29", "value-functions", 4 / 5, ("float(self.data > 0)", "max(self.data, 0.0)")),
    engines("VE30", "value-functions", 4 / 5, ("1 - out**2", "out * (1 - out)")),
    engines("GR11", "value-functions", 4 / 5, ("(self,), (out,))", "(self,), (self.data,))")),
    engines("VE31", "value-functions", 4 / 5, ("(self,), (out,))", "(self,), (self.data * math.exp(self.data - 1),))")),
    engines("VG8", "value-functions", 4 / 5, ("float(self.data > 0)", "float(self.data >= 0)")),
    engines("VG8", "value-functions", 4 / 5, ("float(self.data > 0)", "0.5 * ((self.data > 0) + (self.data >= 0))")),
    engines("", "value-functions", 4 / 5, ("float(self.data > 0)", "0.7")),
    engines("VE29", "more-functions", 1 / 2, ("math.cos(self.data)", "math.sin(self.data)")),
    engines("VE30", "more-functions", 1 / 2, ("math.cos(self.data)", "-math.sin(self.data)")),
    engines("VE28", "more-functions", 3 / 4, ("(1 / self.data,)", "(1.0,)")),
    engines("VE32", "more-functions", 3 / 4, ("(1 / self.data,)", "(self.data,)")),
    engines("VE30", "more-functions", 3 / 4, ("out * (1 - out)", "1 - out**2")),
    engines("VE33", "more-functions", 3 / 4, ("math.log(self.data)", "math.log10(self.data)")),
    engines("VE34", "more-functions", 3 / 4, ("math.exp(-self.data))", "math.exp(self.data))")),
    engines("GR1", "more-functions", 1 / 2, ("math.cos(self.data)", "-math.cos(self.data)")),
    engines("GR11", "more-functions", 3 / 4, ("(1 / self.data,)", "(1 / math.log(self.data),)")),
    engines("GR11", "more-functions", 3 / 4, ("out * (1 - out)", "self.data * (1 - self.data)")),
    engines("GR11", "more-functions", 3 / 4, ("out * (1 - out)", "self.data * (1 - self.data)"), hidden=True),
    engines("VE15", "more-functions", 3 / 4, ("out * (1 - out)", "1 - out")),
    engines("VE57", "value-functions", 4 / 5, ("1 - out**2", "max(0.1, 1 - out**2)")),
    engines("VE57", "value-functions", 4 / 5, ("out = math.exp(self.data)", "out = math.exp(min(self.data, 1.0))")),
    engines("VE57", "more-functions", 1 / 2, ("math.cos(self.data)", "1 - self.data**2 / 2")),
    engines("VE58", "value-functions", 4 / 5, ("math.tanh(self.data)", "math.tan(self.data)")),
    engines("VE58", "more-functions", 1 / 2, ("math.sin(self.data)", "math.sin(math.radians(self.data))")),
    engines(
        "VE59",
        "value-functions",
        4 / 5,
        ("return Value(max(self.data, 0.0)", "return self if self.data > 0 else Value(max(self.data, 0.0)"),
    ),
    engines("VE17", "more-functions", 1 / 2, ("(math.cos(self.data),)", "(0.0,)")),
    *(
        engines(code, exercise, 0, *changes)
        for exercise in ("value-functions", "more-functions")
        for code, changes in {
            "GR1": [NEGATIVE],
            "VE2": [NO_SEED],
            "VE3": UNHASHABLE,
            "VE5": [OWN_FACTOR],
            "VE10": [FORWARDS],
            "VE13": [(PASSES, "slope")],
            "VE20": [("zip(value.parents, value.slopes)", "list(zip(value.parents, value.slopes))[:1]")],
            "VE21": [
                (
                    "arrived[id(parent)] += slope * arrived[id(value)]",
                    "arrived[id(parent)] += slope * arrived[id(self)] * (value is self)",
                )
            ],
            "VE22": [(PASSES, "0.0")],
        }.items()
    ),
]
WRONG_WAYS = [*SETS, *DIFFERENCES, *LAYERS, *ENGINES]

STEP = "def numerical_gradient(f, x, eps=1e-05): → def numerical_gradient(f, x, eps={}):"
INIT_LINE = "self.data, self.grad = ({}, 0.0)"
RELU_LINE = "return Value(max(self.data, 0.0), (self,), ({},))"
EQUIVALENT = {
    "numerical-gradient": {
        "numerical_gradient(eps): without negative numbers": "a step has no sign: both sides are looked at",
        STEP.format("2e-05"): "same slopes up to rounding",
        STEP.format("5e-06"): "same slopes up to rounding",
        "grad = np.zeros(x.shape) → grad = np.ones(x.shape)": "every place is written afterwards",
    },
    "value-class": {
        f"{INIT_LINE.format('float(data)')} → {INIT_LINE.format('data')}": "10 equals 10.0 in every operation",
    },
    "value-functions": {
        f"{RELU_LINE.format('float(self.data > 0)')} → {RELU_LINE.format('self.data > 0')}": "True multiplies like 1",
    },
    "dense-backward": {
        "relu_backward(Z): without negative numbers": "of Z only its sign counts, and 0 is not above 0 either",
    },
}

FINGERPRINTS = {  # of what students are asked; see test_questions.py
    "chain-slopes": "8ecd96412a06d6202acfe1327dfdf756",
    "gradient-shapes": "32371b08b53c7ec0372332b5a93f6a09",
    "practice gradient-shapes": "c6711180a6521e81da9103201f4d8894",
    "practice read-autograd": "6134717fa26c223d008816a60b4dd6f2",
    "practice slopes-in-parallel": "8ba30d2c9c610fe0e0cbb60243abe4e1",
    "practice slopes-in-series": "5824f3019eabd948dee7ea7903b9af18",
    "text of autograd-questions": "55c82c1dc9ca134ee74b325836fdc9a8",
}


@pytest.mark.parametrize("name", STEPS)
def test_the_engine_without_a_mutation_is_right(name):
    assert judged(getattr(lab, name).check_hidden, engine(), seed=7).text == "Correct."


# --- what is said


def test_a_wrong_order_is_shown_to_the_learner():
    text = judged(lab.backward_order.check, engine((ORDER_BODY, FIRST_MET))).text
    assert re.search(r"yours is y, e, c, a, b, d, f .*\n  c is asked before f, which uses it", text)


def test_a_plus_a_is_told_with_its_number():
    text = judged(lab.value_backward.check, engine(ASSIGNED)).text
    assert "sum and product: with c = a + b, d = c * b, y = c * a you got a.grad = " in text


def test_slips_of_different_kinds_are_all_counted():
    answers = RIGHT_SHAPES | {"dW1": (5, 8), "dW2": (8, 3), "db1": (32, 8), "dX": (4, 4)}
    found = judged(lab.gradient_shapes.check, answers)
    assert (found.share, set(found.codes)) == (1 / 2, {"DS1", "GR5"})


def test_wrong_gradients_explain_whatever_the_losses_do():
    found = judged(lab.train_with_values.check, {"losses": torch_training(zero=False), "difference": 0.3})
    assert found.text.splitlines()[1].startswith("difference: yours is 0.3")


def test_parts_that_are_not_written_are_told_apart():
    undone = engine(("        out = math.tanh(self.data)\n", "        raise NotImplementedError\n"))
    found = judged(lab.value_functions.check, undone)
    assert (found.share, "No answer yet: tanh." in found.text) == (pytest.approx(0.8), True)


def test_a_right_gradient_that_leaves_x_changed_is_told():
    right = build("numerical_gradient")["numerical_gradient"]

    def careless(f, x, eps=1e-5):
        out = right(f, x, eps)
        x += eps
        return out

    found = judged(lab.numerical_gradient.check, careless)
    assert "afterwards a number of x has moved by 0.01" in found.text
    assert found.codes == ("VN2",)


def test_a_function_that_changes_its_input_is_told():
    dense, relu = right_layers()

    def changing(dA, Z):
        out = relu(dA, Z)
        dA[:] = 0
        return out

    found = judged(lab.dense_backward.check, dense, changing)
    assert (found.share, "relu_backward changed the array that it was given" in found.text) == (3 / 4, True)


def in_a_cell(source: str) -> type:
    """Return the class Value of a notebook's cell, whose lines Python can show."""
    linecache.cache["<cell>"] = len(source), None, source.splitlines(keepends=True), "<cell>"
    names = {"math": math}
    exec(ARITHMETIC, names)
    exec(compile(source, "<cell>", "exec"), names)
    return names["Value"]


def test_an_error_of_the_students_is_told_with_its_line():
    Value = in_a_cell("class Value:\n    def __init__(self, data):\n        self.data = data / 0\n")
    found = judged(lab.value_class.check, Value)
    assert found.text.startswith("Value raised ZeroDivisionError: float division by zero\n  in line 3")


def test_an_engine_that_fails_in_one_function_is_told_with_its_line():
    Value = in_a_cell(ENGINE.replace("out = math.tanh(self.data)", "out = math.tanh(self.data) / 0"))
    text = judged(lab.value_functions.check, Value).text
    assert "tanh: Value raised ZeroDivisionError" in text
    assert "of tanh: out = math.tanh(self.data) / 0" in text


RAISING = {  # where an engine breaks, and the exercises that come there
    "value_class": "return Value(self.data * other.data, (self, other), (other.data, self.data))",
    "backward_order": "met.add(id(value))",
    "value_backward": "value.grad += arrived[id(value)]",
    "value_functions": "out = math.tanh(self.data)",
    "more_functions": "out = 1 / (1 + math.exp(-self.data))",
}
FAILURES = {
    "KeyError": "{}['my own key']",
    "RecursionError": "(lambda again: again(again))(lambda again: again(again))",
    "AssertionError": "(_ for _ in ()).throw(AssertionError('mine'))",
    "TypeError": "[].append(1, 2)",
    "AttributeError": "(1).data",
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", RAISING)
def test_whatever_is_raised_is_told_with_the_learners_own_line(name, failure):
    line = RAISING[name]
    Value = in_a_cell(ENGINE.replace(line, f"{FAILURES[failure]}; {line}"))
    text = judged(getattr(lab, name).check, Value).text
    assert f"raised {failure}" in text
    assert re.search(r"\n  in line \d+ of ", text), text
    assert len(text.splitlines()) <= 4


def test_a_plain_number_that_is_no_value_is_told_with_the_learners_own_line():
    text = judged(lab.value_class.check, in_a_cell(ENGINE.replace(ONE, "pass"))).text
    assert text.startswith("y = a + 7: Value raised AttributeError: 'int' object has no attribute 'data'\n  in line ")


ODD_RETURNS = {
    "value_class": ["self.data + other.data", "None", "'x'", "Value(math.nan)", "Value(math.inf)", "[self, other]"],
    "backward_order": ["None", "3", "'y'", "{}", "iter(())", "[[self]]", "[None]", "float('nan')"],
    "value_backward": ["3", "None"],
    "value_functions": ["None", "1.0", "'x'", "Value(math.nan)", "self.__class__", "NotImplemented"],
    "more_functions": ["None", "1.0", "'x'", "Value(math.inf)", "self.__class__"],
}
PLACES = {
    "value_class": MADE,
    "backward_order": "return finished[::-1]",
    "value_backward": "order = self.backward_order()\n",
    "value_functions": "out = math.tanh(self.data)\n",
    "more_functions": "return Value(math.sin(self.data), (self,), (math.cos(self.data),))",
}


@pytest.mark.parametrize("name", ODD_RETURNS)
def test_odd_returns_of_an_engine_get_a_sentence(name):
    for odd in ODD_RETURNS[name]:
        found = judged(getattr(lab, name).check, engine((PLACES[name], f"return {odd}\n")))
        assert found.share < 1, odd
        assert 1 <= len(found.text.splitlines()) <= 4
        assert not found.missing


UNTELLABLE = "class Odd(Exception):\n    def __str__(self):\n        raise RuntimeError\n    __repr__ = __str__\n"


@pytest.mark.parametrize("name", RAISING)
def test_an_error_that_cannot_be_told_gets_a_sentence(name):
    line = RAISING[name]
    found = judged(getattr(lab, name).check, in_a_cell(f"{UNTELLABLE}\n{ENGINE.replace(line, 'raise Odd()')}"))
    assert found.share < 1
    assert "raised Odd" in found.text


ODD_ARRAYS = [
    None,
    "x",
    np.array(np.nan),
    np.nan,
    np.inf,
    np.zeros(()),
    1.0,
    [],
    (),
    {},
    [[1], [1, 2]],
    np.array(["a"]),
]


def test_odd_arrays_get_a_sentence():
    dense, relu = right_layers()
    for odd in ODD_ARRAYS:
        for answers in (
            [lambda *a, odd=odd: odd, relu],
            [lambda *a, odd=odd: (odd,) * 3, relu],
            [dense, lambda *a, odd=odd: odd],
        ):
            assert judged(lab.dense_backward.check, *answers).share < 1
        assert judged(lab.numerical_gradient.check, lambda *a, odd=odd: odd).share == 0


def test_feedback_tells_no_right_number_of_a_question():
    told = {
        number
        for exercise in (lab.chain_slopes, lab.gradient_shapes)
        for way in exercise.misconceptions
        for number in re.findall(r"\d+", way.feedback)
    }
    assert told & {"50", "46", "32", "8", "5"} == set()


def test_no_message_tells_the_right_slope_or_shape():
    text = judged(lab.chain_slopes.check, {"series": 49, "parallel": 1}).text
    text += judged(lab.gradient_shapes.check, dict.fromkeys(RIGHT_SHAPES, (1, 1))).text
    assert [told for told in ("50", "46", "32", "(8", "(3") if told in text] == []


def test_noise_on_stderr_is_swallowed(capsys):
    dense, relu = right_layers()

    def noisy(*args):
        warnings.warn("careful", stacklevel=1)
        print("50 %", file=sys.stderr)
        return dense(*args)

    assert judged(lab.dense_backward.check, noisy, relu).share == 1
    assert capsys.readouterr().err == ""


# --- hidden cases tell nothing


def hidden_text(name: str, *answers) -> str:
    """Return what is said of an answer that is wrong in the hidden cases, whatever it is in the public ones."""
    mine = getattr(lab, name)
    cases = [case.__class__(case.label, case.data, case.part, SEED, True) for case in mine.hidden_cases(SEED)]
    return "\n".join(line for one in mine.judge_cases(cases, *answers).values() for line in one.lines)


SAID_OF_HIDDEN = {
    "value_class": [("self.data * other.data, (", "self.data * other.data * 1.5, (")],
    "backward_order": [FORWARDS],
    "value_backward": [ASSIGNED],
    "value_functions": [("math.tanh(self.data)", "math.tanh(self.data) + 1")],
    "more_functions": [("math.cos(self.data)", "1 / 0")],
}


@pytest.mark.parametrize("name", SAID_OF_HIDDEN)
def test_a_hidden_engine_case_names_no_program_and_no_number(name):
    text = hidden_text(name, engine(*SAID_OF_HIDDEN[name]))
    assert "a case drawn at grading" in text
    words = [way.feedback for way in getattr(lab, name).misconceptions]
    for known in words:
        text = text.replace(known, "")
    assert re.findall(r"[0-9]|\b[abcuwxy] =", text) == []


def test_a_hidden_gradient_case_shows_no_number():
    text = hidden_text("numerical_gradient", build("numerical_gradient", ("(2 * eps)", "eps"))["numerical_gradient"])
    assert "a case drawn at grading" in text
    (way,) = [one for one in lab.numerical_gradient.misconceptions if one.code == "GR2"]
    assert re.findall("[0-9]", text.replace(way.feedback, "")) == []


@pytest.mark.parametrize("change", [lambda a: a + 1, lambda a: a[None], lambda a: 1 / 0, lambda a: "x"])
def test_a_hidden_layer_shows_no_number(change):
    dense, relu = right_layers()
    text = hidden_text("dense_backward", lambda *a: [change(one) for one in dense(*a)], lambda *a: change(relu(*a)))
    assert "a case drawn at grading" in text
    assert re.findall("[0-9]", re.sub(r"has \d ax\w+", "", text)) == []


# --- right, by any way


def engine_of(*sources: str) -> type:
    """Return the class Value that some cells bind."""
    names = {"np": np, "math": math}
    for source in (ARITHMETIC, *sources):
        exec(source, names)
    return names["Value"]


def lessons_engine():
    return engine_of(*(lesson.cells()[name].source for name in CLASS.ENGINE))


def closures():
    bela = (CLASS.CLOSURES, CLASS.ORDER_BY_COUNTING, CLASS.BACKWARD_BY_CLOSURES)
    return engine_of(*bela, CLASS.FUNCTIONS_BY_CLOSURES, CLASS.MORE_BY_CLOSURES)


def functions_from_others():
    cells = [lesson.cells()[name].source for name in (CLASS.VALUE, CLASS.BACKWARD, CLASS.MORE)]
    return engine_of(cells[0], CLASS.ORDER_BY_COUNTING, cells[1], CLASS.FUNCTIONS_FROM_OTHERS, cells[2])


def numpy_numbers():
    return engine(("float(data)", "np.float64(data)"), ("0.0\n", "np.float64(0)\n"))


def lists_for_tuples():
    return engine((KEPT, "self.parents, self.slopes = list(parents), list(slopes)"))


def arrays_for_slopes():
    return engine((KEPT, "self.parents, self.slopes = parents, __import__('numpy').array(slopes)"))


def constants_without_a_value():
    """A plain number is no parent, and a value that is used twice is recorded once."""
    made_sum = "return _made(self.data + _n(other), (self, 1.0), (other, 1.0))"
    made_product = "return _made(self.data * _n(other), (self, _n(other)), (other, self.data))"
    return engine(
        (ONE + "\n        " + MADE, made_sum), (ONE + "\n        " + PRODUCT, made_product), (ENGINE_END, HELPERS)
    )


def with_slots():
    return engine(("class Value(Arithmetic):\n", f"class Value(Arithmetic):\n    __slots__ = {SLOTS}\n\n"))


def a_dataclass():
    fields = "    data: float\n    parents: tuple = ()\n    slopes: tuple = ()\n    grad: float = 0.0\n"
    head = "@__import__('dataclasses').dataclass(eq=False)\nclass Value(Arithmetic):\n" + fields
    return engine(("class Value(Arithmetic):\n" + INIT, head))


def other_names():
    """Attributes of one's own, shown under the names that were asked for."""
    shown = "".join(
        f"    {name} = property(lambda v: v.{own}, lambda v, new: setattr(v, '{own}', new))\n"
        for name, own in {"data": "number", "grad": "slope", "parents": "made_of", "slopes": "by"}.items()
    )
    return engine(("    def __add__", shown + "\n    def __add__"))


def numbered():
    """The order is that of making, turned around."""
    return engine(
        (KEPT, KEPT + "; self.number = next(_counter)"),
        (ORDER_BODY, BY_MAKING),
        (ENGINE_END, ENGINE_END + "\n_counter = __import__('itertools').count()\n"),
    )


def counted_users():
    return engine((ORDER_METHOD, textwrap.indent(CLASS.ORDER_BY_COUNTING.partition("\nValue.")[0], "    ") + "\n"))


def deep_recursion():
    return engine((ORDER_BODY, "        __import__('sys').setrecursionlimit(30_000)\n" + DEEP_ORDER))


def sums_kept_in_the_values():
    return engine((BACKWARD_BODY, OWN_SUMS))


def composed_functions():
    """Functions put together from others."""
    return engine(
        ("return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))", "return self * (self.data > 0)"),
        ("        out = math.tanh(self.data)\n", "        e = (self * 2).exp()\n        return (e - 1) / (e + 1)\n"),
        ("        out = 1 / (1 + math.exp(-self.data))\n", "        return 1 / (1 + (-self).exp())\n"),
    )


PRODUCT = "return Value(self.data * other.data, (self, other), (other.data, self.data))"
ENGINE_END = "(out * (1 - out),))\n"
HELPERS = (
    ENGINE_END
    + """
def _n(other):
    return other.data if isinstance(other, Value) else other

def _made(number, *pairs):
    slopes = {}
    for parent, slope in pairs:
        if isinstance(parent, Value):
            slopes[parent] = slopes.get(parent, 0) + slope
    return Value(number, tuple(slopes), tuple(slopes.values()))
"""
)
SLOTS = ("data", "grad", "parents", "slopes", "number")
INIT = ENGINE[ENGINE.index("    def __init__") : ENGINE.index("    def __add__")]
BY_MAKING = """        found, todo = {self}, [self]
        while todo:
            fresh = set(todo.pop().parents) - found
            found |= fresh
            todo += fresh
        return sorted(found, key=lambda value: -value.number)
"""
DEEP_ORDER = """        finished, met = [], set()
        def visit(value):
            if value not in met:
                met.add(value)
                for parent in value.parents:
                    visit(parent)
                finished.append(value)
        visit(self)
        return list(reversed(finished))
"""
OWN_SUMS = """        order = self.backward_order()
        for value in order:
            value.came = 0
        self.came = 1
        for value in order:
            for i in range(len(value.parents)):
                value.parents[i].came = value.parents[i].came + value.came * value.slopes[i]
        for value in order:
            value.grad = value.grad + value.came

"""
WAYS = [
    lessons_engine,
    closures,
    functions_from_others,
    numpy_numbers,
    lists_for_tuples,
    arrays_for_slopes,
    constants_without_a_value,
    with_slots,
    a_dataclass,
    other_names,
    numbered,
    counted_users,
    deep_recursion,
    sums_kept_in_the_values,
    composed_functions,
]


@pytest.mark.parametrize("way", one_in(3, WAYS), ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", STEPS)
def test_an_engine_counts_however_it_is_built(way, name):
    assert judged(getattr(lab, name).check_hidden, way(), seed=SEED).text == "Correct."


FORMS = {
    "float32": np.float32,
    "a list": lambda a: np.asarray(a).tolist(),
    "a tensor": lambda a: torch.tensor(np.asarray(a)),
    "not contiguous": lambda a: np.repeat(np.asarray(a), 2, axis=-1)[..., ::2],
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "Fortran": np.asfortranarray,
}


def right_layers():
    names = build("dense_backward")
    return names["dense_backward"], names["relu_backward"]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_gradients_of_layers_count_in_any_form(form):
    dense, relu = right_layers()
    answers = (lambda *a: tuple(map(form, dense(*a))), lambda *a: form(relu(*a)))
    assert judged(lab.dense_backward.check_hidden, *answers, seed=SEED).share == 1


@pytest.mark.parametrize("form", [FORMS[name] for name in FORMS if name != "float32"])
def test_a_numerical_gradient_counts_in_any_form(form):
    right = build("numerical_gradient")["numerical_gradient"]
    assert judged(lab.numerical_gradient.check_hidden, lambda *a: form(right(*a)), seed=SEED).share == 1


def by_five_points(f, x, eps=1e-5):
    """A better formula than was asked for."""
    x = np.array(x, dtype=float)
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        values = []
        for steps in (-2, -1, 1, 2):
            moved = x.copy()
            moved[place] += steps * eps
            values.append(f(moved))
        out[place] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * eps)
    return out


def in_place(f, x, eps=1e-5):
    """Works on x itself where it can, and puts every number back."""
    x = x if x.dtype == float else x.astype(float)
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += eps
        above = f(x)
        x[place] -= 2 * eps
        out[place] = (above - f(x)) / (2 * eps)
        x[place] += eps
    return out


def flat(f, x, eps=1e-5):
    names = {"np": np}
    exec(CLASS.DIFFERENCES_FLAT, names)
    return names["numerical_gradient"](f, x, eps)


def by_iterator(f, x, eps=1e-5):
    x = np.asarray(x).astype(float)
    out, places = np.empty_like(x), np.nditer(x, flags=["multi_index"])
    for _ in places:
        step = np.zeros_like(x)
        step[places.multi_index] = eps
        out[places.multi_index] = (f(x + step) - f(x - step)) / eps / 2
    return out


def half_steps(f, x, eps=1e-5):
    rows = np.eye(x.size).reshape(-1, *x.shape) * (eps / 2)
    return np.array([(f(x + row) - f(x - row)) / eps for row in rows]).reshape(x.shape)


def one_sided_means(f, x, eps=1e-5):
    """The mean of the slopes ahead and behind."""
    x, out = x * 1.0, np.zeros(x.shape)
    for i, here in enumerate(x.flat):
        around = []
        for move in (eps, -eps):
            x.flat[i] = here + move
            around.append(f(x))
        x.flat[i] = here
        out.flat[i] = ((around[0] - f(x)) / eps + (f(x) - around[1]) / eps) / 2
    return out


@pytest.mark.parametrize("way", [by_five_points, in_place, flat, by_iterator, half_steps, one_sided_means])
def test_a_numerical_gradient_counts_however_it_is_computed(way):
    assert judged(lab.numerical_gradient.check_hidden, way, seed=SEED).share == 1


def by_loops(dY, X, W):
    (N, K), D = dY.shape, X.shape[1]
    dX, dW, db = np.zeros((N, D)), np.zeros((K, D)), [0.0] * K
    for n in range(N):
        for k in range(K):
            db[k] += dY[n, k]
            for d in range(D):
                dX[n, d] += dY[n, k] * W[k, d]
                dW[k, d] += dY[n, k] * X[n, d]
    return {"dX": dX, "dW": dW, "db": db}.values()


RELUS = [
    lambda dA, Z: np.where(Z <= 0, 0, dA),
    lambda dA, Z: dA * np.heaviside(Z, 0),
    lambda dA, Z: dA * np.sign(np.maximum(0, Z)),
    lambda dA, Z: np.array(
        [[d if z > 0 else 0 for d, z in zip(*rows, strict=True)] for rows in zip(dA, Z, strict=True)]
    ),
    lambda dA, Z: torch.where(torch.tensor(Z) > 0, torch.tensor(dA), 0.0),
]


@pytest.mark.parametrize("relu", RELUS)
def test_gradients_of_layers_count_however_they_are_computed(relu):
    answers = (lambda *a: list(by_loops(*a)), relu)
    assert judged(lab.dense_backward.check_hidden, *answers, seed=SEED).share == 1


@pytest.mark.parametrize("number", [int, float, np.int64, np.float32, torch.tensor, np.array])
def test_a_slope_counts_as_any_number(number):
    assert judged(lab.chain_slopes.check, {"series": number(50), "parallel": number(46)}).share == 1


@pytest.mark.parametrize("form", [tuple, list, np.array, torch.tensor, torch.Size, lambda s: tuple(map(float, s))])
def test_a_shape_counts_as_tuple_list_or_array(form):
    assert judged(lab.gradient_shapes.check, {part: form(shape) for part, shape in RIGHT_SHAPES.items()}).share == 1


def test_one_axis_may_be_given_as_a_number():
    assert judged(lab.gradient_shapes.check, RIGHT_SHAPES | {"db1": 8.0, "db2": np.int64(3)}).share == 1


def test_the_shape_of_a_number_is_an_answer():
    found = judged(lab.gradient_shapes.check, {"dW1": ()})
    assert (found.missing, found.codes) == (False, ("VG3",))


@pytest.mark.parametrize("form", [list, tuple, np.array, torch.tensor])
def test_losses_count_in_any_form(form):
    assert judged(lab.train_with_values.check, {"losses": form(torch_training()), "difference": 0.0}).share == 1


def test_a_loss_after_the_last_move_is_one_too_many():
    found = judged(lab.train_with_values.check, {"losses": torch_training(61), "difference": 1e-9})
    assert found.share == 0.5
    assert "losses: you gave 61 numbers" in found.text


# --- wrong, never


@QUIETLY
@given(st.integers(-500, 500), st.integers(-500, 500), st.sampled_from(["", "ada", "eva"]))
def test_slopes_earn_for_right_ones_only(series, parallel, student):
    mine = chain_rule.for_student(student).chain_slopes
    right = series_slope(mine.question.series), parallel_slope(mine.question.parallel)
    found = judged(mine.check, {"series": series, "parallel": parallel})
    assert found.share == ((series == right[0]) + (parallel == right[1])) / 2


@QUIETLY
@given(st.data())
def test_one_changed_number_of_a_layers_gradient_costs_its_part(data):
    dense, relu = right_layers()
    which, place = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 1000))
    change = data.draw(st.floats(0.01, 100)) * data.draw(st.sampled_from([-1, 1]))

    def moved(array):
        array = np.array(array)
        array.flat[place % array.size] += change
        return array

    def wrong_dense(*args):
        return [moved(one) if number == which else one for number, one in enumerate(dense(*args))]

    wrong_relu = (lambda *a: moved(relu(*a))) if which == 3 else relu
    assert judged(lab.dense_backward.check, wrong_dense, wrong_relu).share == 3 / 4


@QUIETLY
@given(st.integers(0, 1000), st.floats(1e-4, 100), st.sampled_from([-1, 1]))
def test_one_changed_number_of_a_numerical_gradient_is_never_accepted(place, change, sign):
    right = build("numerical_gradient")["numerical_gradient"]

    def changed(*args):
        out = right(*args)
        out.flat[place % out.size] += sign * change * max(1, abs(out).max())
        return out

    assert judged(lab.numerical_gradient.check, changed).share == 0


@QUIETLY
@given(st.sampled_from(["+ other.data", "* other.data"]), st.floats(0.001, 10), st.sampled_from("+-*"))
def test_an_engine_with_wrong_numbers_is_never_accepted(where, change, sign):
    changed = engine((where, f"{where} {sign} {1 + change}"))
    assert judged(lab.value_class.check, changed).share == 0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("value_class", ("self.data + other.data", "self.data + other.data * 1.000001")),
        ("value_backward", ("(1.0, 1.0)", "(1.000001, 1.0)")),
        ("value_functions", ("1 - out**2", "1.000001 - out**2")),
        ("more_functions", ("1 / self.data,", "1.000001 / self.data,")),
    ],
)
def test_a_millionth_is_too_much(name, change):
    assert judged(getattr(lab, name).check, engine(change)).share < 1


@QUIETLY
@given(st.dictionaries(st.sampled_from(list(RIGHT_SHAPES)), st.lists(st.integers(1, 40), max_size=3).map(tuple)))
def test_shapes_earn_for_right_ones_only(changes):
    answers = RIGHT_SHAPES | changes
    right = sum(answers[part] == shape for part, shape in RIGHT_SHAPES.items())
    assert judged(lab.gradient_shapes.check, answers).share == pytest.approx(right / 8)


@pytest.mark.parametrize("number", [-1e-9, 1e-6, float("nan"), float("inf")])
def test_a_difference_out_of_range_is_never_accepted(number):
    assert judged(lab.train_with_values.check, {"losses": torch_training(), "difference": number}).share == 0.5


def test_losses_of_another_training_are_never_accepted():
    losses = np.array(torch_training())
    losses[30] *= 1.001
    found = judged(lab.train_with_values.check, {"losses": losses, "difference": 0.0})
    assert (found.share, found.codes) == (0.5, ())


@pytest.mark.parametrize("name", STEPS)
def test_an_engine_that_is_not_written_is_not_attempted(name):
    stub = engine_of(
        "class Value(Arithmetic):\n"
        "    def __init__(self, data, parents=(), slopes=()):\n        self.data, self.grad = float(data), 0.0\n"
        "    def undone(self, *others):\n        raise NotImplementedError\n"
        "    __add__ = __mul__ = __pow__ = backward_order = backward = undone\n"
        "    exp = tanh = relu = sin = log = sigmoid = undone\n"
    )
    assert judged(getattr(lab, name).check, stub).missing


@pytest.mark.parametrize("odd", [int, float, dict], ids=lambda odd: odd.__name__)
@pytest.mark.parametrize("name", STEPS)
def test_another_class_earns_nothing(name, odd):
    assert judged(getattr(lab, name).check, odd).share == 0


def test_pytorch_is_refused_in_an_engine():
    borrowed = engine(("math.sin(self.data)", "float(__import__('torch').tensor(self.data).sin())"))
    assert "Value calls PyTorch's" in judged(lab.more_functions.check, borrowed).text


def test_a_notebook_without_gradients_is_checked_all_the_same():
    with torch.no_grad():
        assert judged(lab.dense_backward.check, *right_layers()).share == 1
        assert judged(lab.value_backward.check_hidden, engine(), seed=SEED).share == 1
        assert judged(lab.gradient_shapes.check, RIGHT_SHAPES).share == 1


# --- where the learner's class lives elsewhere


class Far(Proxy):
    """An object elsewhere, answered here as the grading engine answers."""

    def __init__(self, target):
        self.target, self.kind, self.called = target, type(target).__name__, getattr(target, "__name__", "")
        self.callable = callable(target)

    def perform(self, name, probe, args, kwargs, refused):
        plain = (dict, list, tuple, str, int, float, bool, type(None), np.ndarray, torch.Tensor)
        assert all(isinstance(argument, plain) for argument in args)
        return calling.perform(self.target, name, probe, args, kwargs, refused)


FAR: dict[str, Callable] = {
    "numerical_gradient": lambda: [Far(build("numerical_gradient")["numerical_gradient"])],
    "dense_backward": lambda: [Far(one) for one in right_layers()],
    **{name: (lambda: [Far(engine())]) for name in STEPS},
}


@pytest.mark.parametrize("name", FAR)
def test_right_answers_count_from_elsewhere(name):
    assert judged(getattr(lab, name).check_hidden, *FAR[name](), seed=SEED).share == 1


# --- programs, and engines that are wrong


def test_pytorch_gives_the_gradients_of_the_seven_nodes():
    assert programs.torch_all_gradients(SEVEN_NODES) == {"a": -13, "b": 5, "c": -7, "d": 3, "e": 1, "f": 1, "y": 1}


def test_an_edge_has_a_slope_for_each_place():
    edges = programs.torch_edges(program("b = a * a; y = 3 * b", a=5))
    assert [tuple(edge) for edge in edges] == [("b", "a", 5.0), ("b", "a", 5.0), ("y", "b", 3.0)]


@pytest.mark.parametrize("line", ["a + b", "a, b = c", "x.y = a"])
def test_a_line_that_names_nothing_is_refused(line):
    with pytest.raises(ValueError, match="a line gives a name to one expression"):
        program(line, a=1)


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_have_moderate_numbers_and_gradients(seed):
    drawn = programs.random_program(seed)
    numbers = [*programs.torch_numbers(drawn).values(), *programs.torch_gradients(drawn).values()]
    assert max(map(abs, numbers)) < 1e6


@pytest.mark.parametrize("case", [SEVEN_NODES, DIAMOND, TWICE, TWINS], ids=["seven nodes", "diamond", "twice", "twins"])
def test_the_test_graphs_tell_overwriting_from_the_right_way(case):
    assert {"GR9"} & set(gives_right(case)) == set()


@pytest.mark.parametrize("code", ["GR1", "GR9", "VE1", "VE5", "VE10", "VE13"])
def test_the_diamond_gives_every_wrong_engine_away(code):
    assert code in {way.code for way in wrong_gradients(DIAMOND)} - set(gives_right(DIAMOND))


def gives_right(case) -> list[str]:
    """Return the codes of wrong engines that are right about a program."""
    right = programs.torch_gradients(case)
    ways: dict[Misconception, list] = wrong_gradients(case)
    return [way.code for way, found in ways.items() if any(programs.close(one, right) for one in found)]


# --- the rescue


@pytest.fixture
def nobody_grades(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(judging_engine, "_hints_read", set())
    return chain_rule.for_student()


def test_the_rescue_opens_after_three_hints(nobody_grades, capsys):
    step = nobody_grades.value_backward
    for seen in range(3):
        with pytest.raises(ValueError, match=f"opens after 3 hints for the engine, you have read {seen}"):
            step.rescue()
        step.hint()
    assert nobody_grades.value_class.rescue() is TorchValue


def test_hints_for_other_exercises_do_not_open_it(nobody_grades, capsys):
    for name in ("dense_backward", "more_functions", "chain_slopes"):
        for number in (1, 2):
            getattr(nobody_grades, name).hint(number)
    with pytest.raises(ValueError, match="you have read 0"):
        nobody_grades.value_backward.rescue()


def test_the_same_hint_three_times_is_one_hint(nobody_grades, capsys):
    for _ in range(3):
        nobody_grades.value_class.hint(1)
    with pytest.raises(ValueError, match=r"you have read 1: lab\.value_class\.hint\(\) shows the next one"):
        nobody_grades.value_class.rescue()


def test_at_grading_the_rescue_is_open(nobody_grades, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert nobody_grades.value_backward.rescue() is TorchValue


@pytest.mark.parametrize("name", STEPS)
def test_the_rescue_earns_nothing_where_an_engine_is_asked_for(name):
    assert judged(getattr(lab, name).check, TorchValue).share == 0


@pytest.mark.parametrize("seed", range(10))
def test_the_rescue_gives_pytorchs_gradients(seed):
    drawn = programs.random_program(seed)
    found = probe_gradients(TorchValue, dict(drawn.inputs), list(drawn.lines), calls=2)
    right = {name: 2 * slope for name, slope in programs.torch_gradients(drawn).items()}
    assert programs.close(found["gradients"], right)


EVERY_OPERATION = (
    "u = 2 - a.tanh() / (3 + b.exp())",
    "v = (u ** 2).log() * b.relu() - -a",
    "y = 1 / v.sigmoid() + a.sin()",
)


def test_the_rescue_has_every_operation():
    written = programs.Program({"a": 0.4, "b": 0.7}, EVERY_OPERATION)
    found = probe_gradients(TorchValue, dict(written.inputs), list(written.lines))
    assert programs.close(found["gradients"], programs.torch_gradients(written))


def test_the_rescue_can_be_moved_and_zeroed():
    value = TorchValue(3)
    (value * value).backward()
    value.data -= 0.5 * value.grad
    value.grad = 0.0
    (2 * value).backward()
    assert (value.data, value.grad) == (0.0, 2.0)


def test_no_installed_file_holds_the_lessons_answers():
    """Whoever searches the package for a line of the engine finds checks and no answer."""
    package = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "course_utils").rglob("*.py")))
    answers = [lesson.cells()[name].source for name in (*CLASS.ENGINE, "dense-backward")]
    lines = {line.strip() for source in answers for line in source.splitlines() if len(line.strip()) > 25}
    lines = {line for line in lines if "###" not in line and not line.startswith(('"""', "def ", "class "))}
    assert [line for line in sorted(lines) if line in package] == []


# --- questions

STUDENTS = [chain_rule.for_student(f"student{number}") for number in range(150)]
SLOPES = [student.chain_slopes.question for student in STUDENTS]
SIZES = [student.gradient_shapes.question for student in STUDENTS]


def autograd(function, place: float) -> float:
    x = torch.tensor(float(place), dtype=torch.float64, requires_grad=True)
    function(x).backward()
    return x.grad.item()


def series(q):
    return autograd(lambda t: (q.a * t**2 + q.b * t) ** 2 + q.c * (q.a * t**2 + q.b * t), q.t0)


def parallel(q):
    return autograd(lambda x: q.a * x * x**2 + q.c * (x + q.b) ** 2, q.x0)


def right_shapes(q) -> dict:
    first, second = torch.nn.Linear(q.D, q.H), torch.nn.Linear(q.H, q.K)
    X = torch.zeros(q.N, q.D)
    shapes = {"dX": X, "dW1": first.weight, "db1": first.bias, "dW2": second.weight, "db2": second.bias}
    shapes |= {"dZ1": first(X), "dA1": first(X), "dY": second(first(X))}
    return {part: tuple(one.shape) for part, one in shapes.items()}


def test_students_get_different_questions():
    assert len(set(SLOPES)) >= 140
    assert len(set(SIZES)) >= 110


def test_slopes_are_pytorchs():
    assert [series_slope(q.series) for q in SLOPES] == [series(q.series) for q in SLOPES]
    assert [parallel_slope(q.parallel) for q in SLOPES] == [parallel(q.parallel) for q in SLOPES]


def test_all_numbers_tell_all_wrong_ways_apart():
    assert all(series_tells_apart(q.series) and parallel_tells_apart(q.parallel) for q in [LESSON_SLOPES, *SLOPES])
    for q in SLOPES:
        for right, ways in (
            (series(q.series), series_ways(q.series)),
            (parallel(q.parallel), parallel_ways(q.parallel)),
        ):
            slopes = [right, *(one for versions in ways.values() for one in versions)]
            assert len(set(slopes)) == len(slopes)


def test_slopes_stay_small_enough_for_paper():
    assert max(max(map(abs, (*q.series, *q.parallel))) for q in SLOPES) <= 6
    assert max(series(q.series) for q in SLOPES) < 1000


def test_sizes_of_layers_all_differ_and_stay_small():
    assert all(len(set(q)) == 4 and min(q) >= 2 and max(q) <= 64 for q in SIZES)


def test_no_wrong_way_gives_a_right_shape():
    for q in SIZES:
        right = right_shapes(q)
        for way in shape_ways(q).values():
            assert not any(shape == right[part] for part, shapes in way.items() for shape in shapes)


@pytest.mark.parametrize("student", STUDENTS[:12])
def test_right_answers_to_ones_own_questions_earn_everything(student):
    asked = student.chain_slopes.question
    slopes = {"series": series(asked.series), "parallel": parallel(asked.parallel)}
    assert judged(student.chain_slopes.check, slopes).share == 1
    assert judged(student.gradient_shapes.check, right_shapes(student.gradient_shapes.question)).share == 1


@pytest.mark.parametrize("student", STUDENTS[:12])
def test_both_slopes_at_the_wrong_place_are_one_way(student):
    asked, mine = student.chain_slopes.question, student.chain_slopes
    (way,) = [one for one in mine.misconceptions if one.code == "GR6"]
    answers = {"series": series_ways(asked.series)[way][0], "parallel": parallel_ways(asked.parallel)[way][0]}
    found = judged(mine.check, answers)
    assert (found.share, found.codes) == (0, ("GR6",))


# --- practice

RIGHT = {
    "slopes-in-series": series,
    "slopes-in-parallel": parallel,
    "gradient-shapes": lambda q: right_shapes(q.layers)[q.part],
    "read-autograd": lambda q: q.factor * q.w * {"added up": 2 * q.times, "set to zero": 2}.get(q.kind, 1),
}
EXERCISES_WITH_PRACTICE = (lab.chain_slopes, lab.gradient_shapes, lab.autograd_questions)
TOPICS = {topic.name: (mine, topic) for mine in EXERCISES_WITH_PRACTICE for topic in mine.topics}


def test_every_topic_of_the_lab_is_there():
    assert set(RIGHT) == set(TOPICS)


@pytest.mark.parametrize("name", RIGHT)
def test_right_and_wrong_answers_are_told_in_practice(name, capsys):
    mine, topic = TOPICS[name]
    for number in range(1, 9):
        question = mine.practice(number, topic=name)
        assert question.answer(RIGHT[name](question.numbers))
        assert capsys.readouterr().out == "Correct.\n"
        for way, given_by in topic.ways(question.numbers).items():
            for one in given_by if isinstance(given_by, list) else [given_by]:
                assert not question.answer(tuple(one) if isinstance(one, np.ndarray) else one)
                assert way.feedback in capsys.readouterr().out


def test_a_shape_is_asked_for_each_gradient():
    assert {practice_shape(Dice("x", number)).part for number in range(200)} == set(PARTS)


@pytest.mark.parametrize("name", ["backward_order", "value_backward"])
def test_steps_of_the_engine_have_three_hints(name):
    assert len(getattr(lab, name).hints) == 3


def test_the_points_of_the_lesson_are_twenty():
    assert sum(lesson.points().values()) == 20


def calls_f_with_a_row(f, x, eps=1e-5):
    row = np.array(x, dtype=float).reshape(-1)
    steps = eps * np.eye(row.size)
    return np.array([(f(row + step) - f(row - step)) / (2 * eps) for step in steps]).reshape(x.shape)


def test_f_takes_an_array_like_x_and_no_other():
    found = judged(lab.numerical_gradient.check, calls_f_with_a_row)
    assert found.share == 0
    assert "f takes an array like x" in found.text


# --- Further: over which axes a gradient is summed

RIGHT_AXES = {"a": (0, 1), "b": (1,), "c": (0, 2), "d": (0, 1), "e": (0,)}


def axes_by(code: str) -> WrongWay:
    """Return the answers of who takes one wrong way in every part where it gives something else."""
    found = {}
    for part, pair in zip(summed_axes.PARTS, summed_axes.LESSON_PAIRS, strict=True):
        given = next(some for way, some in summed_axes.wrong_axes(pair).items() if way.code == code)
        found |= {part: given[0]} if given else {}
    assert found
    return WrongWay(code, "summed-axes", lambda: (RIGHT_AXES | found,), 1 - len(found) / 5)


WRONG_WAYS += [axes_by(f"BX{number}") for number in range(1, 10)]
FINGERPRINTS |= {"summed-axes": "c9a52f1ecb70a35923ecba4b7808b2f7"}


@pytest.mark.parametrize("student", ["", *(f"s{number}" for number in range(12))])
def test_axes_are_those_over_which_a_sum_gives_autograds_gradient(student):
    mine = chain_rule.for_student(student).summed_axes
    for pair in mine.question:
        grad = torch.randn(pair.result, dtype=torch.float64)
        operand = torch.zeros(pair.operand, dtype=torch.float64, requires_grad=True)
        operand.expand(pair.result).backward(grad)
        axes = summed_axes.torch_axes(pair)
        assert torch.allclose(grad.sum(dim=axes).reshape(pair.operand), operand.grad)
    right = {part: summed_axes.torch_axes(pair) for part, pair in mine.pairs().items()}
    assert judged(mine.check, right).share == 1
    assert student or right == RIGHT_AXES


def test_students_have_axes_of_their_own_and_no_wrong_way_gives_the_right_ones_everywhere():
    asked = [chain_rule.for_student(f"s{number}").summed_axes.question for number in range(40)]
    assert len({tuple(map(summed_axes.torch_axes, pairs)) for pairs in asked}) > 8
    for pairs in asked:
        found = [summed_axes.wrong_axes(pair) for pair in pairs]
        assert all(any(some[way] for some in found) for way in found[0])


@pytest.mark.parametrize(
    "form", [list, set, np.array, lambda axes: tuple(axis - 3 for axis in axes), lambda axes: axes[::-1]]
)
def test_axes_count_in_any_form(form):
    answers = {part: form(RIGHT_AXES[part]) for part in ("a", "c", "e")} | {"b": 1, "d": (-2, 1)}
    assert judged(lab.summed_axes.check, answers).share == 1


def test_each_pair_of_shapes_is_a_paragraph_of_its_own():
    asked = chain_rule.for_student("").summed_axes.text().split("\n\n")
    assert [one[:2] for one in asked] == ["a)", "b)", "c)", "d)", "e)"]
    assert not any("\n" in one for one in asked)
