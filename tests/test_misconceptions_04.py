"""Every known wrong way of lab 04 is fed to its check: its own code, its own question, exactly its points lost."""

import contextlib
import inspect
import io
import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import CheckFailed
from course_utils.checks import logistic_regression as check
from course_utils.misconceptions import logistic_regression as registered
from course_utils.variants import logistic_regression as questions

LAB = "logistic_regression"
lesson = Lesson("04_logistic_regression")
OWN_CODES = re.findall(r'^        "([A-Z]+[0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
CODES = [*OWN_CODES, *misconceptions.codes_in(LAB)]
STUDENT = "ada"  # has a bias, which the lectures' question has not


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (None: the check must refuse)."""

    code: str
    run: Callable
    points: float | None = None
    hidden: Callable | None = None


# --- sets of answers

ODDS = questions.odds(STUDENT)
SCORE = questions.add_up(ODDS.neuron)
BACK = ODDS.back.probability


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def odds(**changes) -> Callable:
    answers = {
        "score": SCORE,
        "odds": math.exp(SCORE),
        "probability": sigmoid(SCORE),
        "score back": math.log(BACK / (1 - BACK)),
    }
    answers |= {key.replace("_", " "): value for key, value in changes.items()}
    return lambda: check.score_and_odds(answers, ODDS)


def counts(**changes) -> Callable:
    answers = lesson.solution("count-and-shape") | changes
    return lambda: check.count_and_shape(answers, questions.pictures())


def both_counts(count: Callable) -> Callable:
    return counts(grey=count(28, 1), colour=count(32, 3))


def signs(**changes) -> Callable:
    answers = lesson.answers("two-signs").signs | changes
    return lambda: check.two_signs(build("train_with_signs"), answers)


def layers(**changes) -> Callable:
    return lambda: check.hidden_layers({"blobs": 0, "ring": 1, "corners": 1, "spiral": 2} | changes)


def meaning(**changes) -> Callable:
    return lambda: check.meaning({"a": "slope", "b": "same"} | changes)


NEURON = ODDS.neuron
SETS = [
    Mutant("LW1", odds(score=SCORE - NEURON.bias), 1.5),
    Mutant("LW2", odds(score=sum(abs(w * x) for w, x in zip(NEURON.weight, NEURON.x, strict=True)) + NEURON.bias), 1.5),
    Mutant("LD1", odds(odds=round(sigmoid(SCORE), 4)), 1.5),
    Mutant("LD2", odds(odds=math.exp(-SCORE)), 1.5),
    Mutant("LD3", odds(odds=SCORE), 1.5),
    Mutant("LP1", odds(probability=math.exp(SCORE)), 1.5),
    Mutant("LP2", odds(probability=round(sigmoid(-SCORE), 4)), 1.5),
    Mutant("LT1", odds(score_back=round(math.log((1 - BACK) / BACK), 2)), 1.5),
    Mutant("LT2", odds(score_back=sigmoid(BACK)), 1.5),
    Mutant("LT3", odds(score_back=math.log(BACK)), 1.5),
    Mutant("LT4", odds(score_back=math.log10(BACK / (1 - BACK))), 1.5),
    Mutant("LT4", odds(score_back=math.log2(BACK / (1 - BACK))), 1.5),
    Mutant("LT5", odds(score_back=BACK / (1 - BACK)), 1.5),
    Mutant("PC1", both_counts(lambda side, channels: side * side * channels * 10), 4 / 3),
    Mutant("PC2", both_counts(lambda side, channels: side * side * channels * 10 + 1), 4 / 3),
    Mutant("LC1", both_counts(lambda side, channels: (side * side + 1) * 10), 5 / 3),
    Mutant("LC2", both_counts(lambda side, channels: (side * channels + 1) * 10), 4 / 3),
    Mutant("LC3", both_counts(lambda side, channels: (side * side * channels * 64 + 1) * 10), 4 / 3),
    Mutant("DS1", counts(weight=(3072, 10)), 5 / 3),
    Mutant("DS2", counts(X=(3072,), scores=(10,)), 4 / 3),
    Mutant("DS3", counts(bias=(64,)), 5 / 3),
    Mutant("DS3", counts(bias=(64, 10)), 5 / 3),
    Mutant("DS4", counts(X=(64 * 3072,)), 5 / 3),
    Mutant("LC1", counts(X=(64, 1024), weight=(10, 1024)), 4 / 3),
    Mutant("LS1", signs(converge={"d"}), 2),
    Mutant("LS2", signs(converge={"b"}), 2),
    Mutant("LS2", signs(converge={"a", "c", "d"}), 2),
    Mutant("LS2", signs(repair={"1"}), 2),
    Mutant("LS2", signs(repair={"2"}), 2),
    Mutant("LS3", signs(repair={"3", "4"}), 2),
    Mutant("LS4", signs(repair={"1", "2", "3"}), 2),
    Mutant("LE1", layers(corners=2), 1.5),
    Mutant("LE2", layers(ring=2), 1.5),
    Mutant("LE2", layers(blobs=1), 1.5),
    Mutant("LE3", layers(ring=0), 1.5),
    Mutant("LE4", layers(spiral=1), 1.5),
    *(Mutant("LM1", meaning(a=key), 0.5) for key in ("same", "bound", "metric")),
    *(Mutant("LM2", meaning(b=key), 0.5) for key in ("alternatives", "max", "two")),
]


# --- functions: right ones with one line changed

SOURCES = {
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


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Return the function called ``name`` with some of its text replaced."""
    source = SOURCES[name]
    for old, new in changes:
        assert old in source, f"{old!r} is not in {name}"
        source = source.replace(old, new)
    names = {"np": np, "math": math}
    exec(source, names)
    return names[name]


def define(source: str) -> Callable:
    """Return the function that a text defines."""
    names = {"np": np, "math": math}
    exec(source, names)
    return next(value for value in names.values() if inspect.isfunction(value))


def run_check(name: str, answer: Callable, hidden: int | None = None):
    """Feed one function to its check; its companions are right."""
    if name in ("bce_with_logits", "boundary_points"):
        return getattr(check, name)(answer, hidden=hidden)
    if name == "train_with_signs":
        return check.two_signs(answer, lesson.answers("two-signs").signs, hidden=hidden)
    group, judge = (
        (("logreg_grads", "fit_logreg"), check.logistic_regression)
        if name in ("logreg_grads", "fit_logreg")
        else (("softmax", "cross_entropy", "softmax_ce_grad"), check.many_classes)
    )
    return judge(*(answer if one == name else build(one) for one in group), hidden=hidden)


LEFT = {"logreg_grads": 1, "fit_logreg": 2, "train_with_signs": 2, "softmax": 2, "cross_entropy": 2}
LEFT |= {"softmax_ce_grad": 2}


def mutant(code: str, name: str, *changes: tuple[str, str]) -> Mutant:
    """Change a right function and feed it to its check."""
    return feed(code, name, build(name, *changes))


def other(code: str, name: str, source: str) -> Mutant:
    """Feed a function of another make to a check."""
    return feed(code, name, define(source))


def feed(code: str, name: str, answer: Callable) -> Mutant:
    return Mutant(code, lambda: run_check(name, answer), LEFT.get(name), lambda: run_check(name, answer, 5))


NAIVE = """
def bce_with_logits(z, y):
    p = 1 / (1 + np.exp(-z))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
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
DIVIDED = ("powers / powers.sum()", "row / row.sum()")
UNSAFE = ("np.exp(row - row.max())", "np.exp(row)")
NO_BRANCH = ("    if w[1] == 0:\n        return [(-b / w[0], 0.0), (-b / w[0], 1.0)]\n", "")
UPRIGHT = "[(-b / w[0], 0.0), (-b / w[0], 1.0)]"

FUNCTIONS = [
    mutant("PR4", "bce_with_logits", ("return total", "return -total")),
    other("PR3", "bce_with_logits", NAIVE),
    other("LL4", "bce_with_logits", CLIPPED),
    other("LL4", "bce_with_logits", ADDED),
    other("PR2", "bce_with_logits", LARGE),
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
    mutant("LS7", "train_with_signs", ("(y - p)", "(p - y)")),
    other("PR2", "softmax", PLAIN_SOFTMAX),
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
]


def called(mutants) -> list[str]:
    return [f"{mutant.code}-{number}" for number, mutant in enumerate(mutants)]


def outcome(mutant: Mutant) -> tuple[str, tuple[str, ...], float | None]:
    """Run a mutant; return what the learner reads, the codes and the points (None: refused)."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        try:
            credit = mutant.run()
        except CheckFailed as failure:
            return failure.message, failure.codes, None
    return text.getvalue(), credit.codes, float(credit)


MUTANTS = SETS + FUNCTIONS


@pytest.fixture(scope="module", params=MUTANTS, ids=called(MUTANTS))
def found(request):
    """A mutant and what came of it, run once."""
    return request.param, *outcome(request.param)


def test_a_wrong_way_gets_its_own_code_alone(found):
    mutant, _, codes, _ = found
    assert codes == (mutant.code,)


def test_a_wrong_way_gets_its_own_question(found):
    mutant, text, _, _ = found
    with misconceptions.spoken_in(LAB):
        entry = misconceptions.get(mutant.code)
    lines = text.splitlines()
    assert f"Read again: “{entry.section}”." in lines
    assert any(line.startswith("Hint: ") and line.endswith("?") for line in lines)
    assert entry.feedback in text or mutant.code in ("LM1", "LM2")  # options have words of their own


def test_a_check_says_at_most_four_lines(found):
    _, text, _, _ = found
    assert 2 <= len(text.strip().splitlines()) <= 4


def test_a_wrong_way_loses_exactly_its_points(found):
    mutant, _, _, points = found
    assert points == (None if mutant.points is None else pytest.approx(mutant.points, abs=1e-12))


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("hidden", [None, 3])
def test_a_function_without_its_mutation_is_right(name, hidden, capsys):
    credit = run_check(name, build(name), hidden)
    assert credit is None or credit == credit.points == 3
    assert capsys.readouterr().out == "Correct.\n"


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_mutant(code):
    assert code in {mutant.code for mutant in MUTANTS}


@pytest.mark.parametrize("mutant", FUNCTIONS, ids=called(FUNCTIONS))
def test_a_wrong_way_is_named_in_the_hidden_cases_too(mutant):
    text, codes, points = outcome(mutant._replace(run=mutant.hidden))
    assert (codes, points) == ((mutant.code,), mutant.points)
    assert re.findall("[0-9]", re.sub("x1|w2|has [0-9]", "", text.split("Hint")[0])) == []


# --- the registry


@pytest.mark.parametrize("code", CODES)
def test_feedback_asks(code):
    with misconceptions.spoken_in(LAB):
        assert "?" in misconceptions.get(code).feedback


@pytest.mark.parametrize("code", CODES)
def test_the_section_to_read_again_exists(code):
    with misconceptions.spoken_in(LAB):
        assert misconceptions.get(code).section in lesson.headings()


def test_new_codes_begin_with_the_labs_letter():
    assert {code[0] for code in OWN_CODES} == {"L"}


@pytest.mark.parametrize("code", [code for code in CODES if code[:2] in ("LW", "LD", "LP", "LT", "LC", "PC", "DS")])
def test_feedback_never_tells_a_right_number(code):
    with misconceptions.spoken_in(LAB):
        told = set(re.findall("[0-9.]+[0-9]", misconceptions.get(code).feedback))
    assert told & {"9", "8103", "0.9999", "1.386", "7850", "30730", "3072", "64", "10"} <= {"10"}  # a base
