"""Lab 02: every known wrong way is fed to its check, gets its own code and question, and loses exactly its points."""

import contextlib
import functools
import inspect
import io
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import CheckFailed
from course_utils.checks import activations as check
from course_utils.misconceptions import activations as registered
from course_utils.variants import activations as questions

lesson = Lesson("02_activations")

OWN = re.findall(r'^        "(A[A-Z][0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
CODES = [*OWN, *misconceptions.codes_in("activations")]


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (None: the check must refuse)."""

    code: str
    run: Callable
    points: float | None = None


# --- functions, written so that each wrong way is one replacement

SOURCES = {
    "sigmoid": "def sigmoid(z):\n    e = np.exp(-np.abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)\n",
    "tanh": "def tanh(z):\n    e = np.exp(-2 * np.abs(z))\n    return np.sign(z) * (1 - e) / (1 + e)\n",
    "relu": "def relu(z):\n    return np.maximum(z, 0)\n",
    "d_sigmoid": "def d_sigmoid(z):\n    a = sigmoid(z)\n    return a * (1 - a)\n",
    "d_tanh": "def d_tanh(z):\n    a = tanh(z)\n    return 1 - a**2\n",
    "d_relu": "def d_relu(z):\n    return np.where(z > 0, 1.0, 0.0)\n",
}
VALUES, SLOPES = ("sigmoid", "tanh", "relu"), ("d_sigmoid", "d_tanh", "d_relu")


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


def function(code: str, name: str, body: str) -> Mutant:
    """Make a mutant of one of the six functions; the other two of its exercise are right."""
    group, points = (VALUES, 3) if name in VALUES else (SLOPES, 2)
    trio = [build(each, body if each == name else None) for each in group]
    run = check.three_functions if name in VALUES else check.three_slopes
    return Mutant(code, lambda: run(*trio), points * 2 / 3)


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
]


# --- numbers by hand, with the lab's own numbers: p 3, q 4, σ(2z) 0.9, 10 layers

RIGHT = {"a": 0.5, "b": 0.75, "c": 0.2, "largest slope": 0.25, "tanh": 0.8, "bound": 0.25**10}


def numbers(code: str, **changes) -> Mutant:
    answers = RIGHT | {key.replace("_", " "): value for key, value in changes.items()}
    return Mutant(code, lambda: check.sigmoid_by_hand(answers, questions.by_hand()), 2 - len(changes) / 3)


def experiment(code: str, points: float, **changes) -> Mutant:
    answers = {"saturated": (0, 0.001, 0.46), "ratio": (0.0016, 0.272, 48.4), "steady scale": 1, "at scale 4": "grows"}
    answers |= {key.replace("_", " "): value for key, value in changes.items()}
    return Mutant(code, lambda: check.deep_gradients(answers), points)


def interval(code: str, **changes) -> Mutant:
    answers = {"identity": 0.75, "solved more": "tanh"} | {key.replace("_", " "): v for key, v in changes.items()}
    return Mutant(code, lambda: check.interval_experiment(answers), 0.5)


def choice(code: str, **changes) -> Mutant:
    answers = lesson.solution("choose-and-explain") | changes
    return Mutant(code, lambda: check.choose_and_explain(answers), 2 - len(changes) / 3)


# --- weights by hand


def weights(code: str, xor=None, triangle=None) -> Mutant:
    found = lesson.answers("weights-by-hand")
    return Mutant(code, lambda: check.weights_by_hand(xor or found.xor_net, triangle or found.triangle_net), 1.5)


def xor(bias, out, out_bias) -> Callable:
    return lambda: [([[1, 1], [1, 1]], bias), ([out], [out_bias])]


def triangle(change: Callable) -> Callable:
    def net(vertices):
        hidden, output = lesson.answers("weights-by-hand").triangle_net(vertices)
        return change(hidden, output, vertices)

    return net


def one_way_round(hidden, output, vertices):
    edges = np.roll(vertices, -1, axis=0) - vertices
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1)
    return [(normals, -(normals * vertices).sum(axis=1)), output]


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
    experiment("AE1", 1.5, ratio=(620, 3.68, 0.0207)),
    experiment("AE2", 1.5, saturated=(0, 0.09, 46)),
    experiment("AE3", 1.5, saturated=(0, 0.0005, 0.234)),
    experiment("AE4", 1.5, saturated=(0, 0, 0.45)),
    experiment("AE4", 1.5, saturated=(0, 0.0085, 0.508)),
    experiment("AE5", 1.5, steady_scale=0.5),
    experiment("AE5", 1.5, steady_scale=4),
    experiment("AE6", 1.5, at_scale_4="shrinks"),
    experiment("AE7", 1.5, ratio=(0.0016**2, 0.272**2, 48.4**2)),
    interval("AI1", identity=0.5),
    interval("AI2", identity=1),
    interval("AE2", identity=75),
    interval("AI4", identity=float(np.mean(check.train_interval("identity")))),
    interval("AI3", solved_more="relu"),
    choice("AO1", a="relu"),
    choice("AO1", c="identity"),
    choice("AO2", c="softmax"),
    choice("AO3", b="sigmoid"),
    choice("AO4", d="saturated"),
    choice("AO5", e="curves"),
    choice("AO6", f="moved"),
    weights("AX1", xor=xor([-0.5, -1.5], [-1, 1], 0.5)),
    weights("AX2", xor=xor([-0.5, -2.5], [1, -1], -0.5)),
    weights("AX2", xor=lambda: [([[1, 0], [0, 1]], [-0.5, -0.5]), ([[1, 1]], [-1.5])]),
    weights("AX3", xor=xor([0, -1], [1, -2], 0)),
    weights("AT1", triangle=triangle(one_way_round)),
    weights("AT1", triangle=triangle(lambda hidden, output, v: [(-hidden[0], -hidden[1]), output])),
    weights("AT2", triangle=triangle(lambda hidden, output, v: [hidden, (output[0], [-3])])),
    weights("AT3", triangle=triangle(lambda hidden, output, v: [hidden, (output[0], [-1.5])])),
    weights("DS1", triangle=triangle(lambda hidden, output, v: [(hidden[0].T, hidden[1]), output])),
]


# --- the forward pass, and the counterexample

FORWARD = """def mlp_forward(X, params, act):
    found = [X]
    for number, (W, b) in enumerate(params):
        h = found[-1]
        z = h @ W.T + b
        found.append(z if number == len(params) - 1 else act(z))
    return found
"""


def forward(code: str, *changes: tuple[str, str], hidden=None) -> Mutant:
    source = FORWARD
    for before, after in changes:
        assert source.count(before) == 1, before
        source = source.replace(before, after)
    names = {"np": np}
    exec(source, names)
    return Mutant(code, lambda: check.mlp_forward(names["mlp_forward"], hidden=hidden))


def counterexample(code: str, params, p, q) -> Mutant:
    return Mutant(code, lambda: check.refute_convexity({"params": params, "p": p, "q": q}))


STRIP = [([[1, 0], [-1, 0]], [1, 1])]
OUTSIDE = [([[1, 0], [-1, 0]], [-1, -1]), ([[1, 1]], [-0.5])]
REFUSED = [
    forward("AN1", ("z if number == len(params) - 1 else act(z)", "act(z)")),
    forward("AN2", ("return found", "return found[1:]")),
    forward("AN3", ("return found", "return found[-1]")),
    forward("AN4", ("z if number == len(params) - 1 else act(z)", "z")),
    forward("AN5", ("h @ W.T + b", "h @ W.T")),
    forward(
        "AN6",
        ("h = found[-1]", "h = act(found[-1]) if number else X"),
        ("z if number == len(params) - 1 else act(z)", "z"),
    ),
    forward("AN7", ("found = [X]", "found = [act(X)]")),
    forward("DS1", ("h @ W.T", "h @ W")),
    forward("DS2", ("return found", "return [a.squeeze() if len(X) == 1 else a for a in found]"), hidden=7),
    forward("DS3", ("W.T + b", "W.T + b[:, None]")),
    counterexample("AC1", OUTSIDE, (2, 0), (3, 1)),
    counterexample("AC2", OUTSIDE, (0.5, 0), (-2, 0)),
    counterexample("AC3", [*STRIP, ([[1, 1]], [-1.5])], (0.5, 0), (-0.5, 2)),
    counterexample("AC3", [([[1, 0]], [0]), ([[1]], [-0.5])], (1, 0), (2, 0)),
    counterexample("AC4", [*OUTSIDE[:1], ([[1, 1]], [-0.5]), ([[1]], [-0.5])], (2, 0), (-2, 0)),
]

ALL = FUNCTIONS + SETS + REFUSED


def called(mutants: list[Mutant]) -> list[str]:
    """Name each mutant by its code and a running number."""
    return [f"{mutant.code}-{number}" for number, mutant in enumerate(mutants)]


class Verdict(NamedTuple):
    """What came of a mutant: what the learner reads, the codes, and the points (None: refused)."""

    text: str
    codes: tuple[str, ...]
    points: float | None


@functools.cache
def verdict(mutant: Mutant) -> Verdict:
    """Run a mutant, once."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            credit = mutant.run()
    except CheckFailed as error:
        return Verdict(error.message, error.codes, None)
    return Verdict(printed.getvalue(), credit.codes, float(credit))


@pytest.mark.parametrize("mutant", ALL, ids=called(ALL))
def test_a_wrong_way_gets_its_own_code_alone(mutant):
    assert verdict(mutant).codes == (mutant.code,)


@pytest.mark.parametrize("mutant", ALL, ids=called(ALL))
def test_a_wrong_way_gets_its_own_question_in_at_most_four_lines(mutant):
    with misconceptions.spoken_in("activations"):
        entry = misconceptions.get(mutant.code)
    text = verdict(mutant).text
    assert entry.feedback in text
    assert f"Read again: “{entry.section}”." in text
    assert 2 <= len(text.strip().splitlines()) <= 4


@pytest.mark.parametrize("mutant", ALL, ids=called(ALL))
def test_a_wrong_way_loses_exactly_its_points(mutant):
    assert verdict(mutant).points == (None if mutant.points is None else pytest.approx(mutant.points))


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_mutant(code):
    assert code in {mutant.code for mutant in ALL}


@pytest.mark.parametrize("code", CODES)
def test_feedback_asks_and_its_section_exists(code):
    with misconceptions.spoken_in("activations"):
        entry = misconceptions.get(code)
    assert "?" in entry.feedback
    assert entry.section in lesson.headings()


def test_codes_of_the_lab_have_a_letter_of_their_own():
    assert len(OWN) == len(set(OWN)) > 50
    assert [code for code in OWN if code.startswith("AD")] == []


@pytest.mark.parametrize("code", [code for code in OWN if code.startswith(("AH", "AE", "AI"))])
def test_feedback_never_tells_a_right_number(code):
    told = set(re.findall(r"[0-9.]*[0-9]", misconceptions.get(code).feedback))
    assert told & {"0.25", "0.75", "0.8", "0.46", "0.272", "48"} == set()


def test_two_wrong_functions_are_both_counted(capsys):
    credit = check.three_slopes(build("d_sigmoid", "z * (1 - z)"), build("d_tanh", "1 - tanh(z)"), build("d_relu"))
    assert credit.codes == ("GR11", "AS1")
    assert float(credit) == pytest.approx(2 / 3)
    assert "Right: d_relu. Not yet: d_sigmoid, d_tanh." in capsys.readouterr().out


def test_slips_of_several_kinds_by_hand_are_all_counted():
    answers = RIGHT | {"b": 0.25, "c": 0.8, "tanh": 1.8, "bound": 2.5}
    assert check.sigmoid_by_hand(answers, questions.by_hand()).codes == ("AH1", "AH6", "AH9")


def test_an_unknown_wrong_way_gets_no_code():
    assert check.sigmoid_by_hand(RIGHT | {"tanh": 0.123}, questions.by_hand()).codes == ()
