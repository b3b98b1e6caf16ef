"""Every known wrong way of lab 01 gets its own code, its own question, and loses exactly its points."""

import inspect
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import CheckFailed
from course_utils.checks import neurons as check
from course_utils.checks.neurons.experiments import RECIPE_QUESTIONS
from course_utils.misconceptions import neurons as registered
from course_utils.variants import neurons as questions

lesson = Lesson("01_neurons")

OWN = re.findall(r'^        "([A-Z]+[0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
CODES = OWN + misconceptions.codes_in("neurons")


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (None: the check must refuse)."""

    code: str
    run: Callable
    points: float | None = None


# --- sets of answers

X, W, W0 = (2, 5, 3), (4, -2, 3), -6  # the lesson's neuron; its third input doubles


def neuron(way: Callable) -> Callable:
    """Answer the lesson's neuron with a wrong rule."""
    answers = {"z": way(X, W, W0), "z doubled": way((2, 5, 6), W, W0)}
    return lambda: check.hand_neuron(answers, questions.hand_neuron())


def weighted(x, w):
    return sum(a * b for a, b in zip(x, w, strict=True))


SHAPES = {
    "lecture": {"x": (3, 6), "W1": (3, 4), "b1": (4, 1), "h": (4, 6), "W2": (4, 2), "b2": (2, 1), "o": (2, 6)},
    "PyTorch": {"x": (6, 3), "W1": (4, 3), "b1": (4,), "h": (6, 4), "W2": (2, 4), "b2": (2,), "o": (6, 2)},
    "parameters": 26,
}


def shapes(parameters: int = 26, lecture: dict | None = None, pytorch: dict | None = None) -> Callable:
    """Answer the lesson's network rightly, but for some shapes."""
    answers = {
        "lecture": SHAPES["lecture"] | (lecture or {}),
        "PyTorch": SHAPES["PyTorch"] | (pytorch or {}),
        "parameters": parameters,
    }
    return lambda: check.network_shapes(answers, questions.network())


COUNTS = {"grey weights": 20_000_000, "grey": 20_000_500, "colour": 60_000_500, "large": 921_601_000, "megabytes": 3686}


def counts(**changes) -> Callable:
    answers = COUNTS | {name.replace("_", " "): value for name, value in changes.items()}
    return lambda: check.picture_weights(answers, questions.counting())


CARDS = dict(RECIPE_QUESTIONS["b"].cards)


def recipe(cards: dict | None = None, **changes) -> Callable:
    answers = {"a": "nothing", "b": CARDS | (cards or {}), "c": "remembered"} | changes
    return lambda: check.recipe(answers)


def rates(**changes) -> Callable:
    return lambda: check.learning_rates({"raw": 0.02, "standardised": 0.9} | changes, questions.learning_rates())


EXCHANGED = {"lecture": SHAPES["PyTorch"], "pytorch": SHAPES["lecture"]}
THIRD = 3 / 8  # of a row of the shapes

SETS = [
    Mutant("NE1", neuron(lambda x, w, b: weighted(x, w)), 0),
    Mutant("NE2", neuron(lambda x, w, b: weighted(x, w) * b), 0),
    Mutant("NE3", neuron(lambda x, w, b: b * x[0] + w[0] * x[1] + w[1] * x[2]), 0),
    Mutant("NE3", neuron(lambda x, w, b: b * x[0] + w[0] * x[1] + w[1] * x[2] + w[2]), 0),
    Mutant("NE5", neuron(lambda x, w, b: sum(a * c + b for a, c in zip(x, w, strict=True))), 0),
    Mutant("NE4", lambda: check.hand_neuron({"z": 1, "z doubled": 2}, questions.hand_neuron()), 1),
    Mutant("DS1", shapes(pytorch={"W1": (3, 4), "W2": (4, 2)}), 3 - 2 * THIRD),
    Mutant("DS1", shapes(lecture={"W1": (4, 3), "W2": (2, 4)}), 3 - 2 * THIRD),
    Mutant("DS1", shapes(pytorch={"W2": (4, 2)}), 3 - THIRD),
    Mutant("DS2", shapes(pytorch={"x": (3,), "h": (4,), "o": (2,)}), 3 - 3 * THIRD),
    Mutant("DS2", shapes(pytorch={"x": (1, 3)}, lecture={"h": (4,)}), 3 - 2 * THIRD),
    Mutant("DS3", shapes(pytorch={"b1": (6,), "b2": (6,)}), 3 - 2 * THIRD),
    Mutant("DS3", shapes(lecture={"b1": (6, 1)}, pytorch={"b2": (6, 2)}), 3 - 2 * THIRD),
    Mutant("ND1", shapes(pytorch={"x": (3, 6), "h": (4, 6), "o": (2, 6)}), 3 - 3 * THIRD),
    Mutant("ND2", shapes(**EXCHANGED), 3 - 7 * THIRD),
    Mutant("ND2", shapes(lecture={r: s[::-1] for r, s in SHAPES["lecture"].items() if r[0] != "b"}), 3 - 5 * THIRD),
    Mutant("PC2", shapes(pytorch={"b1": (1,), "b2": (1,)}), 3 - 2 * THIRD),
    Mutant("PC1", shapes(parameters=20), 3 - THIRD),
    Mutant("PC2", shapes(parameters=22), 3 - THIRD),
    Mutant("ND3", shapes(parameters=6 * 26), 3 - THIRD),
    Mutant("PC1", counts(grey=20_000_000, colour=60_000_000, large=921_600_000), 0.8),
    Mutant("PC2", counts(grey=20_000_001, colour=60_000_001, large=921_600_001), 0.8),
    Mutant("NP1", counts(colour=20_000_500, large=307_201_000), 1.2),
    Mutant("NP3", counts(grey_weights=100_000, grey=100_500, colour=300_500, large=1_921_000), 0.4),
    Mutant("NP3", counts(grey_weights=200_000, grey=200_500, colour=600_500, large=3_361_000), 0.4),
    Mutant("NP2", counts(megabytes=29491), 1.6),
    Mutant("NP2", counts(megabytes=460.8), 1.6),
    Mutant("NP4", counts(megabytes=921.6), 1.6),
    Mutant("NP4", counts(megabytes=879), 1.6),
    Mutant("NQ1", recipe(a="bends"), 5 / 3),
    Mutant("NQ2", recipe(a="more"), 5 / 3),
    Mutant("NQ3", recipe({"learning rate": "parameter"}), 4 / 3),
    Mutant("NQ3", recipe({"weights": "hyper-parameter"}), 4 / 3),
    Mutant("NQ4", recipe({"accuracy": "optimiser"}), 4 / 3),
    Mutant("NQ4", recipe({"gradient descent": "metric"}), 4 / 3),
    Mutant("NQ5", recipe(c="as good"), 5 / 3),
    Mutant("NQ5", recipe(c="longer"), 5 / 3),
    Mutant("NQ6", recipe(c="eyes"), 5 / 3),
    Mutant("NR1", rates(standardised=0.45), 1),
    Mutant("NR2", rates(raw=0.05), 1),
    Mutant("NR2", rates(raw=0.05, standardised=1.8), 0),
    Mutant("NR3", rates(raw=0.9, standardised=0.02), 0),
]


# --- functions: right ones with one line changed

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
SOURCES = {
    "linear_neuron": NEURON,
    "dense": DENSE,
    "mse": MSE,
    "mse_grads": GRADS,
    "sgd_step": STEP,
    "collapse": COLLAPSE,
}
CHECKS = {
    "dense_layer": ("linear_neuron", "dense"),
    "line_by_descent": ("mse", "mse_grads", "sgd_step"),
    "collapse": ("collapse",),
}


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Return the function called ``name`` with some of its text replaced."""
    source = SOURCES[name]
    for old, new in changes:
        assert old in source, f"{old!r} is not in {name}"
        source = source.replace(old, new)
    names = {"np": np}
    exec(source, names)
    return names[name]


def run(exercise: str, hidden: int | None = None, **replaced) -> object:
    """Feed an exercise's functions to its check, some of them replaced."""
    functions = [replaced[name] if name in replaced else build(name) for name in CHECKS[exercise]]
    return getattr(check, exercise)(*functions, hidden=hidden)


def mutant(code: str, exercise: str, name: str, *changes: tuple[str, str], hidden: int | None = None) -> Mutant:
    return Mutant(code, lambda: run(exercise, hidden, **{name: build(name, *changes)}))


def source(code: str, exercise: str, name: str, body: str) -> Mutant:
    """Replace a function by one written anew."""
    names = {"np": np}
    exec(body, names)
    return Mutant(code, lambda: run(exercise, **{name: names[name]}))


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


def fooled(y_hat, y) -> Callable:
    return lambda: check.fool_colleague({"y_hat": y_hat, "y": y})


LAYER, LINE = "dense_layer", "line_by_descent"

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
    Mutant("ND4", lambda: run(LAYER, hidden=3, linear_neuron=lambda x, w, b: float((x * w).sum() + b))),
    Mutant("ND4", lambda: run(LAYER, hidden=3, dense=lambda X, W, b: X @ W.T + b)),
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
    source("NM8", LINE, "sgd_step", step_as("-lr * g")),
    Mutant("NB1", fooled([1, 2, 3, 4], [1, 2, 3, 4])),
    Mutant("NB2", fooled([1, 2, 3, 4], [0, 0, 0, 0])),
    Mutant("NB3", fooled([0.5, -0.5, 0.5, -0.5], [0, 0, 0, 0])),
    mutant("NC1", "collapse", "collapse", ("weight @ W", "W @ weight")),
    mutant("DS1", "collapse", "collapse", ("weight @ W", "W @ weight.T")),
    mutant("NC2", "collapse", "collapse", ("weight @ b + bias", "b + bias")),
    mutant("NC3", "collapse", "collapse", ("weight @ b + bias", "bias")),
    mutant("NC4", "collapse", "collapse", ("weight @ b + bias", "bias * 0")),
    mutant("DS1", "collapse", "collapse", ("return W, b", "return W.T, b")),
    mutant("DS1", "collapse", "collapse", ("weight @ b + bias", "b @ weight + bias")),
]


def called(mutants: list[Mutant]) -> list[str]:
    """Name each mutant by its code and a running number."""
    return [f"{mutant.code}-{number}" for number, mutant in enumerate(mutants)]


def printed_and_codes(mutant: Mutant, capsys) -> tuple[str, tuple[str, ...]]:
    """Run a mutant and return what the learner reads and the codes."""
    if mutant.points is None:
        with pytest.raises(CheckFailed) as failure:
            mutant.run()
        return failure.value.message, failure.value.codes
    credit = mutant.run()
    return capsys.readouterr().out, credit.codes


def words(code: str) -> misconceptions.Misconception:
    """Return the entry as the lab words it."""
    with misconceptions.spoken_in("neurons"):
        return misconceptions.get(code)


@pytest.mark.parametrize("exercise", CHECKS)
@pytest.mark.parametrize("hidden", [None, 3])
def test_a_function_without_its_mutation_is_right(exercise, hidden):
    assert run(exercise, hidden) is None


@pytest.mark.parametrize("mutant", SETS + FUNCTIONS, ids=called(SETS + FUNCTIONS))
def test_a_wrong_way_gets_its_code_its_question_and_four_lines(mutant, capsys):
    text, codes = printed_and_codes(mutant, capsys)
    assert codes == (mutant.code,)
    assert words(mutant.code).feedback in text
    assert f"Read again: “{words(mutant.code).section}”." in text
    assert 2 <= len(text.strip().splitlines()) <= 4


@pytest.mark.parametrize("mutant", SETS, ids=called(SETS))
def test_a_wrong_way_loses_exactly_its_points(mutant):
    assert float(mutant.run()) == pytest.approx(mutant.points, abs=1e-12)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_mutant(code):
    assert code in {mutant.code for mutant in SETS + FUNCTIONS}


# --- the registry


def test_codes_are_read_from_the_registry():
    assert set(CODES) <= set(misconceptions.all_codes())
    assert len(set(CODES)) == len(CODES) > 40


def test_new_codes_start_with_the_labs_letter():
    assert [code for code in OWN if not code.startswith("N")] == []


@pytest.mark.parametrize("code", CODES)
def test_feedback_asks_and_its_section_exists(code):
    assert "?" in words(code).feedback
    assert words(code).section in lesson.headings()


RIGHT_NUMBERS = {"10", "26", "20000000", "20000500", "60000500", "921601000", "3686", "0.02", "0.9"}


@pytest.mark.parametrize("code", CODES)
def test_feedback_never_tells_a_right_number(code):
    assert set(re.findall(r"[0-9.]+", words(code).feedback.replace(",", ""))) & RIGHT_NUMBERS == set()


@pytest.mark.parametrize("mutant", SETS, ids=called(SETS))
def test_what_is_printed_never_tells_a_right_number(mutant, capsys):
    text = printed_and_codes(mutant, capsys)[0].replace(",", "")
    told = "\n".join(line for line in text.splitlines() if "you gave" not in line)
    assert set(re.findall(r"[0-9]+(?:\.[0-9]+)?", told)) & (RIGHT_NUMBERS - {"10"}) == set()


def test_a_wrong_way_is_named_from_one_answer():
    credit = check.hand_neuron({"z doubled": 16}, questions.hand_neuron())
    assert credit.codes == ("NE1",)


def test_an_unknown_wrong_way_gets_no_code():
    assert check.hand_neuron({"z": 77, "z doubled": 78}, questions.hand_neuron()).codes == ()
    assert shapes(pytorch={"x": (9, 9)})().codes == ()
    assert counts(grey=1)().codes == ()
    assert rates(raw=0.001)().codes == ()
