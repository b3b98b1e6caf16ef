"""Every known wrong way of lab 03 is fed to its check: its own code, its own question, and exactly its points lost."""

import inspect
import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import CheckFailed, Credit
from course_utils.checks import chain_rule as check
from course_utils.misconceptions import chain_rule as registered
from course_utils.variants import chain_rule as questions

lesson = Lesson("03_chain_rule")

CODES = re.findall(r'^        "([A-Z]+[0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
SHARED = misconceptions.codes_in("chain_rule")
SEED = 7


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (0: refused, or nothing right)."""

    codes: tuple[str, ...]
    run: Callable
    points: float


# --- slopes and shapes


def slope_mutants() -> list[Mutant]:
    series, parallel = (
        questions.series_ways(questions.LESSON_SERIES),
        questions.parallel_ways(questions.LESSON_PARALLEL),
    )
    right, found = {"series": 50, "parallel": 46}, []

    def mutant(code, points, **given):
        answers = right | given
        return Mutant((code.split(":")[0],), lambda: check.chain_slopes(answers, questions.slopes()), points)

    for code in series:
        found.append(mutant(code, 1, series=series[code]))
    for code in parallel:
        found.append(mutant(code, 1, parallel=parallel[code]))
    for code in sorted(series.keys() & parallel.keys()):
        found.append(mutant(code, 0, series=series[code], parallel=parallel[code]))
    return found


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


def shape_mutants() -> list[Mutant]:
    found = []
    for code, way in questions.shape_ways(questions.two_layers()).items():
        for version in range(max(map(len, way.values()))):
            given = {part: shapes[version] for part, shapes in way.items() if len(shapes) > version}
            answers = RIGHT_SHAPES | given
            points = 2 * (8 - len(given)) / 8
            found.append(Mutant((code,), lambda a=answers: check.gradient_shapes(a, questions.two_layers()), points))
    return found


# --- functions and the engine: right ones with some of their text replaced

DIFFERENCES = """
def numerical_gradient(f, x, eps=1e-5):
    x = np.array(x, dtype=float)
    grad = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + eps
        above = f(x)
        x[place] = kept - eps
        below = f(x)
        x[place] = kept
        grad[place] = (above - below) / (2 * eps)
    return grad
"""
DENSE = """
def dense_backward(dY, X, W):
    dX = dY @ W
    dW = dY.T @ X
    db = dY.sum(0)
    return dX, dW, db

def relu_backward(dA, Z):
    return dA * (Z > 0)
"""
ENGINE = """
class Value(Arithmetic):
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = float(data), 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def backward_order(self):
        finished, met, todo = [], set(), [(self, False)]
        while todo:
            value, ready = todo.pop()
            if ready:
                finished.append(value)
            elif id(value) not in met:
                met.add(id(value))
                todo.append((value, True))
                todo.extend((parent, False) for parent in value.parents)
        return finished[::-1]

    def backward(self):
        order = self.backward_order()
        arrived = {id(value): 0.0 for value in order}
        arrived[id(self)] = 1.0
        for value in order:
            value.grad += arrived[id(value)]
            for parent, slope in zip(value.parents, value.slopes):
                arrived[id(parent)] += slope * arrived[id(value)]

    def __pow__(self, k):
        return Value(self.data**k, (self,), (k * self.data ** (k - 1),))

    def exp(self):
        out = math.exp(self.data)
        return Value(out, (self,), (out,))

    def tanh(self):
        out = math.tanh(self.data)
        return Value(out, (self,), (1 - out**2,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def sin(self):
        return Value(math.sin(self.data), (self,), (math.cos(self.data),))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def sigmoid(self):
        out = 1 / (1 + math.exp(-self.data))
        return Value(out, (self,), (out * (1 - out),))
"""
SOURCES = {"numerical_gradient": DIFFERENCES, "dense_backward": DENSE, "Value": ENGINE}
ARITHMETIC = lesson.cells()["arithmetic"].source


def build(name: str, *changes: tuple[str, str]) -> dict:
    """Return what a source binds, with some of its text replaced."""
    source = SOURCES[name]
    for old, new in changes:
        assert old in source, f"{old!r} is not in {name}"
        source = source.replace(old, new)
    names = {"np": np, "math": math}
    exec(ARITHMETIC, names)
    exec(source, names)
    return names


def differences(code: str, *changes, hidden=None) -> Mutant:
    def run():
        return check.numerical_gradient(build("numerical_gradient", *changes)["numerical_gradient"], hidden=hidden)

    return Mutant((code,), run, 0)


def dense(code: str, points: float, *changes, hidden=None) -> Mutant:
    def run():
        names = build("dense_backward", *changes)
        return check.dense_backward(names["dense_backward"], names["relu_backward"], hidden=hidden)

    return Mutant((code,), run, points)


def engine(codes: str, name: str, points: float, *changes, hidden=None) -> Mutant:
    return Mutant(
        tuple(codes.split()), lambda: getattr(check, name)(build("Value", *changes)["Value"], hidden=hidden), points
    )


FLAT = ("return grad", "return grad.reshape(-1)")
ONE_SIDE = ("x[place] = kept - eps", "x[place] = kept"), ("(2 * eps)", "eps")
DIFFERENCE_MUTANTS = [
    differences("VN1", *ONE_SIDE),
    differences("VN1", *ONE_SIDE, hidden=SEED),
    differences("VN1", ("x[place] = kept + eps", "x[place] = kept"), ("(2 * eps)", "eps")),
    differences("VN2", ("        x[place] = kept\n", "")),
    differences("VN2", ("x = np.array(x, dtype=float)\n", "\n"), ("        x[place] = kept\n", ""), hidden=None),
    differences("VN3", ("x = np.array(x, dtype=float)", "x = x.copy()"), hidden=SEED),
    differences("VN3", ("np.array(x, dtype=float)", "x.copy()"), ("grad[place] =", "grad[place] = 1 +"), hidden=SEED),
    differences("VN4", ("f(x)", "f(x * 0 + kept)"), ("above - below", "0 * above")),
    differences(
        "VN5",
        ("x[place] = kept + eps", "x += eps"),
        ("x[place] = kept - eps", "x -= 2 * eps"),
        ("        x[place] = kept\n", "        x += eps\n"),
    ),
    differences("VN6", FLAT),
    differences("VN7", ("/ (2 * eps)", "")),
    differences("GR2", ("(2 * eps)", "eps")),
    differences("GR1", ("above - below", "below - above")),
]
DENSE_MUTANTS = [
    dense("GR4", 2.25, ("dY.T @ X", "X.T @ dY")),
    dense("GR5", 2.25, ("dY.sum(0)", "dY.sum(1)")),
    dense("GR5", 2.25, ("dY.sum(0)", "dY")),
    dense("GR5", 2.25, ("dY.sum(0)", "dY"), hidden=SEED),
    dense("VG1", 2.25, ("dY.sum(0)", "dY.sum(0, keepdims=True)")),
    dense("GR3", 2.25, ("dY.T @ X", "dY.T @ X / len(X)")),
    dense("GR3", 2.25, ("dY.sum(0)", "dY.mean(0)")),
    dense("GR1", 2.25, ("dX = dY @ W", "dX = -dY @ W")),
    dense("GR2", 2.25, ("dX = dY @ W", "dX = 2 * dY @ W")),
    dense("VG2", 2.25, ("dY.T @ X", "dY[:, :, None] * X[:, None, :]")),
    dense("VG5", 1.5, ("return dX, dW, db", "return dW, dX, db")),
    dense("GR10", 2.25, ("(Z > 0)", "(dA > 0)")),
    dense("GR10", 2.25, ("(Z > 0)", "(Z < 0)")),
    dense("GR10", 2.25, ("dA * (Z > 0)", "dA.copy()")),
    dense("VG6", 2.25, ("dA * (Z > 0)", "(Z > 0) * 1.0")),
    dense("GR11", 2.25, ("(Z > 0)", "np.maximum(Z, 0)")),
]
MADE = "return Value(self.data + other.data, (self, other), (1.0, 1.0))"
FIRST_MET = """        order = []
        def visit(value):
            if value not in order:
                order.append(value)
                [visit(parent) for parent in value.parents]
        visit(self)
        return order
"""
RECURSIVE_ORDER = """        order = []
        def visit(value):
            if value not in order:
                [visit(parent) for parent in value.parents]
                order.append(value)
        visit(self)
        return order[::-1]
"""
BY_BREADTH = """        order, todo = [], [self]
        while todo:
            value = todo.pop(0)
            if value not in order:
                order.append(value)
                todo.extend(value.parents)
        return order
"""
EQUAL = """    def __eq__(self, other):
        return self.data == other.data

    def __hash__(self):
        return hash(self.data)

    def backward_order(self):
"""
ORDER_BODY = ENGINE[ENGINE.index("        finished, met") : ENGINE.index("    def backward(self)")].rstrip("\n") + "\n"
ORDER_METHOD = "    def backward_order(self):\n" + ORDER_BODY
BACKWARD_BODY = ENGINE[ENGINE.index("        order = self.backward_order()") : ENGINE.index("    def __pow__")]
RECURSIVE = """        self.grad = self.grad or 1.0
        for parent, slope in zip(self.parents, self.slopes):
            parent.grad += slope * self.grad
            parent.backward()

"""
ADD_FIRST = """        self.grad = self.grad or 1.0
        for parent, slope in zip(self.parents, self.slopes):
            parent.grad += slope * self.grad
        for parent in self.parents:
            parent.backward()

"""
PASSES = "slope * arrived[id(value)]"
BY_NUMBER = (
    ("    def backward_order(self):\n", EQUAL),
    ("id(value) not in met", "value not in met"),
    ("met.add(id(value))", "met.add(value)"),
)
ENGINE_MUTANTS = [
    engine("VE7", "value_class", 0, ("other = other if isinstance(other, Value) else Value(other)", "pass")),
    engine("VE6", "value_class", 0, (MADE, "return Value(self.data + other.data)")),
    engine(
        "VE16", "value_class", 0, (MADE, "self.data += other.data; return Value(self.data, (self, other), (1.0, 1.0))")
    ),
    engine("VE1", "backward_order", 0, (ORDER_BODY, FIRST_MET)),
    engine("VE1", "backward_order", 0, (ORDER_BODY, BY_BREADTH)),
    engine("VE4", "backward_order", 0, (ORDER_BODY, RECURSIVE_ORDER), hidden=SEED),
    engine("VE3", "backward_order", 0, *BY_NUMBER),
    engine("VE8", "backward_order", 0, ("todo.extend((parent, False) for parent in value.parents)", "pass")),
    engine("VE8", "backward_order", 0, ("for parent in value.parents)", "for parent in value.parents[:1])")),
    engine("VE9", "backward_order", 0, ("met.add(id(value))", "pass")),
    engine("VE10", "backward_order", 0, ("finished[::-1]", "finished")),
    engine("GR9", "value_backward", 0, ("arrived[id(parent)] +=", "arrived[id(parent)] =")),
    engine("GR9", "value_backward", 0, ("arrived[id(parent)] +=", "arrived[id(parent)] ="), hidden=SEED),
    engine("VE2", "value_backward", 0, ("arrived[id(self)] = 1.0", "pass")),
    engine("VE1", "value_backward", 1.5, (ORDER_BODY, FIRST_MET)),
    engine("VE1", "value_backward", 1.5, (ORDER_BODY, BY_BREADTH)),
    engine("VE1", "value_backward", 1.5, (BACKWARD_BODY, RECURSIVE)),
    engine("VE1", "value_backward", 1.5, (BACKWARD_BODY, ADD_FIRST)),
    engine("VE10", "value_backward", 0, ("finished[::-1]", "finished")),
    engine("VE13", "value_backward", 1, (PASSES, "slope")),
    engine("VE5", "value_backward", 0.5, ("(other.data, self.data)", "(self.data, other.data)")),
    engine("GR1", "value_backward", 0, ("value.grad += ", "value.grad -= ")),
    engine("VE3", "value_backward", 1.6, *BY_NUMBER, hidden=SEED),
    engine("VE12", "value_backward", 1.8, ("value.grad += ", "value.grad = "), hidden=SEED),
    engine(
        "VE11",
        "value_backward",
        1.6,
        ("arrived = {id(value): 0.0 for value in order}", "arrived = {id(v): getattr(v, 'old', 0.0) for v in order}"),
        ("arrived[id(self)] = 1.0", "arrived[id(self)] += 1.0"),
        (
            "            value.grad += arrived[id(value)]",
            "            value.grad += arrived[id(value)]; value.old = value.grad if value.parents else 0.0",
        ),
        hidden=SEED,
    ),
    engine("VE14", "value_functions", 0.6, ("k * self.data ** (k - 1)", "self.data ** (k - 1)")),
    engine("VE14", "value_functions", 0.6, ("k * self.data ** (k - 1)", "k * self.data ** k")),
    engine("GR11", "value_functions", 0.8, ("1 - out**2", "1 - self.data**2")),
    engine("VE15", "value_functions", 0.8, ("1 - out**2", "1 - out")),
    engine("GR11", "value_functions", 0.8, ("(self,), (out,))", "(self,), (math.exp(out),))")),
    engine("GR10", "value_functions", 0.8, ("float(self.data > 0)", "float(self.data < 0)")),
    engine("GR10", "value_functions", 0.8, ("float(self.data > 0)", "1.0")),
    engine("VE17", "value_functions", 0.8, ("(self,), (float(self.data > 0),)", "(self,), (0.0,)")),
    engine("VE17", "value_functions", 0.8, ("return Value(out, (self,), (1 - out**2,))", "return Value(out)")),
    engine("GR1", "more_functions", 1, ("math.cos(self.data)", "-math.cos(self.data)")),
    engine("GR11", "more_functions", 1.5, ("(1 / self.data,)", "(1 / math.log(self.data),)")),
    engine("GR11", "more_functions", 1.5, ("out * (1 - out)", "self.data * (1 - self.data)")),
    engine("GR11", "more_functions", 1.5, ("out * (1 - out)", "self.data * (1 - self.data)"), hidden=SEED),
    engine("VE15", "more_functions", 1.5, ("out * (1 - out)", "1 - out")),
]


# --- training and multiple choice


def training(codes: str, points: float, **answers) -> Mutant:
    right = {"losses": check.torch_training(), "difference": 1e-12}
    return Mutant(tuple(codes.split()), lambda: check.train_with_values(right | answers), points)


TRAINING_MUTANTS = [
    training("VT1", 0.5, losses=check.torch_training(zero=False)),
    training("GR1", 0.5, losses=check.torch_training(20, rate=-0.2)),
    training("VT2", 0.5, losses=[2.15] * 60),
    training("VT3", 0.5, losses=check.torch_training(rate=0.1)),
    training("VT3", 0.5, losses=check.torch_training(30)),
    training("VT3", 0.5, losses=check.torch_training(mean=False)),
    training("VT8", 0.5, difference=1.0),
    training("VT9", 0.5, difference=0.3),
    training("VT9", 0, difference=0.3, losses=[2.0 / (i + 1) for i in range(60)]),
]
RIGHT_CHOICES = {"no recording": "memory", "no zeroing": "sum", "corner": "kink", "snippet": "b"}
WRONG_CHOICES = {
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
CHOICE_MUTANTS = [
    Mutant((code,), lambda q=question, k=key: check.autograd_questions(RIGHT_CHOICES | {q: k}), 2.25)
    for (question, key), code in WRONG_CHOICES.items()
]

MUTANTS = [
    *slope_mutants(),
    *shape_mutants(),
    *DIFFERENCE_MUTANTS,
    *DENSE_MUTANTS,
    *ENGINE_MUTANTS,
    *TRAINING_MUTANTS,
    *CHOICE_MUTANTS,
]
EVERY = pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{'-'.join(m.codes)}-{n}" for n, m in enumerate(MUTANTS)])


def verdict(mutant: Mutant, capsys) -> tuple[float, tuple[str, ...], str]:
    """Run a mutant; return points, codes and what the learner reads."""
    try:
        credit = mutant.run()
    except CheckFailed as failure:
        return 0.0, failure.codes, failure.message
    assert isinstance(credit, Credit), "the check accepted it"
    return float(credit), credit.codes, capsys.readouterr().out


@EVERY
def test_a_wrong_way_gets_its_code_its_question_and_loses_its_points(mutant, capsys):
    points, codes, text = verdict(mutant, capsys)
    with misconceptions.spoken_in("chain_rule"):
        asked = misconceptions.get(mutant.codes[0]).feedback
    told = asked in text or (mutant.codes[0] in {WRONG_CHOICES.get(key) for key in WRONG_CHOICES} and "Hint: " in text)
    assert (codes, points, told) == (mutant.codes, pytest.approx(mutant.points), True)
    assert 2 <= len(text.strip().splitlines()) <= 4


@pytest.mark.parametrize(
    "name", ["value_class", "backward_order", "value_backward", "value_functions", "more_functions"]
)
@pytest.mark.parametrize("hidden", [None, SEED])
def test_the_engine_without_a_mutation_is_right(name, hidden):
    credit = getattr(check, name)(build("Value")["Value"], hidden=hidden)
    assert credit is None or credit == credit.points


@pytest.mark.parametrize("code", [*CODES, *SHARED])
def test_every_code_has_a_mutant(code):
    assert code in {code for mutant in MUTANTS for code in mutant.codes}


def test_codes_start_with_the_letter_of_this_lab_and_are_unique():
    assert {code[0] for code in CODES} == {"V"}
    assert len(set(CODES)) == len(CODES) > 40


@pytest.mark.parametrize("code", [*CODES, *SHARED])
def test_feedback_asks_and_its_section_exists(code):
    with misconceptions.spoken_in("chain_rule"):
        entry = misconceptions.get(code)
    assert "?" in entry.feedback
    assert entry.section in lesson.headings()


def test_feedback_tells_no_right_number_of_a_question():
    told = {
        number
        for code in CODES
        if code[:2] in ("VC", "VG")
        for number in re.findall(r"\d+", misconceptions.get(code).feedback)
    }
    assert told & {"50", "46", "32", "8", "5"} == set()


def test_a_wrong_order_is_shown_to_the_learner():
    with pytest.raises(CheckFailed, match=r"yours is y, e, c, a, b, d, f .*\n  c is asked before f, which uses it"):
        check.backward_order(build("Value", (ORDER_BODY, FIRST_MET))["Value"])


def test_a_plus_a_is_told_with_its_number(capsys):
    check.value_backward(build("Value", ("arrived[id(parent)] +=", "arrived[id(parent)] ="))["Value"])
    assert "you got a.grad = 2." in capsys.readouterr().out
