"""Lab 02: right by any way counts, wrong never does, odd input is told in a sentence, and nothing is given away."""

import contextlib
import io
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lesson import Lesson
from test_misconceptions_02 import OUTSIDE, RIGHT, SLOPES, VALUES, build

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.checks import activations as check
from course_utils.checks.activations import by_hand, experiments, functions, networks
from course_utils.judging.variants import Dice
from course_utils.variants import activations as questions

lesson = Lesson("02_activations")
QUIETLY = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def right_values():
    return [build(name) for name in VALUES]


def right_slopes():
    return [build(name) for name in SLOPES]


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


@pytest.mark.parametrize(("name", "way"), EACH_WAY, ids=[f"{name}-{way.__name__}" for name, way in EACH_WAY])
@pytest.mark.parametrize("hidden", [None, 5])
def test_an_activation_counts_however_it_is_computed(name, way, hidden):
    trio = dict(zip(VALUES, right_values(), strict=True)) | {name: way}
    assert check.three_functions(*trio.values(), hidden=hidden) == 3


GIVEN_AS = {
    "a list": lambda a: np.asarray(a).tolist(),
    "a tensor": lambda a: torch.tensor(np.asarray(a)),
    "a tensor with a gradient": lambda a: torch.tensor(np.asarray(a), requires_grad=True),
    "not contiguous": lambda a: np.repeat(np.asarray(a)[..., None], 2, axis=-1)[..., 0],
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "column by column": lambda a: np.array(a, order="F"),
}


@pytest.mark.parametrize("form", GIVEN_AS.values(), ids=GIVEN_AS)
@pytest.mark.parametrize("hidden", [None, 5])
def test_values_and_slopes_count_in_any_form(form, hidden):
    def formed(function):
        return lambda z: form(function(z))

    assert check.three_functions(*map(formed, right_values()), hidden=hidden) == 3
    assert check.three_slopes(*map(formed, right_slopes()), hidden=hidden) == 2


def test_slopes_count_in_any_type():
    trio = [lambda z: np.float32(build("d_sigmoid")(z)), build("d_tanh"), lambda z: z > 0]
    assert check.three_slopes(*trio, hidden=3) == 2


@pytest.mark.parametrize("hidden", [None, 11])
def test_the_lessons_own_functions_count(hidden):
    values = lesson.answers("three-functions")
    assert check.three_functions(values.sigmoid, values.tanh, values.relu, hidden=hidden) == 3
    slopes = lesson.answers("three-slopes", **vars(values))
    assert check.three_slopes(slopes.d_sigmoid, slopes.d_tanh, slopes.d_relu, hidden=hidden) == 2
    assert check.mlp_forward(lesson.solution("mlp-forward"), hidden=hidden) is None
    weights = lesson.answers("weights-by-hand")
    assert check.weights_by_hand(weights.xor_net, weights.triangle_net, hidden=hidden) == 3


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
@pytest.mark.parametrize("hidden", [None, 5])
def test_a_forward_pass_counts_however_it_is_computed(way, hidden):
    assert check.mlp_forward(way, hidden=hidden) is None


@pytest.mark.parametrize("form", LISTS.values(), ids=LISTS)
def test_a_list_of_activations_counts_in_any_form(form):
    assert check.mlp_forward(lambda *args: form(forward(*args))) is None


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
@pytest.mark.parametrize("hidden", [None, 5])
def test_any_weights_that_make_xor_count(net, hidden):
    triangle_net = lesson.answers("weights-by-hand").triangle_net
    assert check.weights_by_hand(lambda: net, triangle_net, hidden=hidden) == 3


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
@pytest.mark.parametrize("hidden", [None, 5])
def test_any_weights_that_make_a_triangle_count(net, hidden):
    assert check.weights_by_hand(lesson.answers("weights-by-hand").xor_net, net, hidden=hidden) == 3


@pytest.mark.parametrize(
    "answer",
    [
        {"params": OUTSIDE, "p": (2, 0), "q": (-2, 0)},
        {"params": tuple(OUTSIDE), "p": [4, 1], "q": np.array([-4.0, 0])},
        {"params": [([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [-0.5])], "p": (1, -4), "q": (-4, 1)},  # a dent
        {"params": [([[1, 0], [1, 0]], [1, -1]), ([[-1, 1]], [0.5])], "p": torch.tensor([-2.0, 0]), "q": (2, 0)},
    ],
)
def test_any_counterexample_counts(answer):
    assert check.refute_convexity(answer) is None


@pytest.mark.parametrize("form", [float, np.float64, np.float32, torch.tensor, np.array, lambda v: round(v, 2) or v])
def test_numbers_by_hand_count_in_any_form(form):
    answers = {part: form(value) for part, value in RIGHT.items()}
    assert check.sigmoid_by_hand(answers, questions.by_hand()) == 2


@pytest.mark.parametrize("student", ["ada", "bela", "s1234567"])
def test_a_students_own_numbers_count(student):
    question = questions.by_hand(student)
    right = {part: float(value) for part, value in questions.right_numbers(question).items()}
    assert check.sigmoid_by_hand(right, question) == 2
    rounded = {part: round(value, 2) if part != "bound" else float(f"{value:.1e}") for part, value in right.items()}
    assert check.sigmoid_by_hand(rounded, question) == 2


SAME_TRIPLES = [(0, 0.001, 0.46), [0.0, 0.0009, 0.4605], np.array([0, 0, 0.46]), torch.tensor([0, 0.001, 0.46])]


@pytest.mark.parametrize("triple", SAME_TRIPLES, ids=lambda given: type(given).__name__)
def test_shares_count_in_any_collection(triple):
    assert check.deep_gradients(lesson.solution("deep-gradients") | {"saturated": triple}) == 2


CLOSE = {"saturated": [(0.02, 0.001, 0.46), (0, 0.001, 0.48)], "ratio": [(0.0018, 0.272, 48.4), (0.0016, 0.272, 44)]}


@pytest.mark.parametrize(("part", "triple"), [(part, triple) for part, triples in CLOSE.items() for triple in triples])
def test_a_measurement_that_is_only_close_does_not_count(part, triple):
    assert check.deep_gradients(lesson.solution("deep-gradients") | {part: triple}) == 1.5


def test_what_the_lesson_tells_to_measure_counts():
    nets = [check.deep_net(scale) for scale in experiments.SCALES]
    size = [[np.sqrt((g**2).mean()) for g in net.gradients] for net in nets]
    answers = {
        "saturated": [np.mean([np.abs(h) > 0.99 for h in net.activations]) for net in nets],
        "ratio": [one[0] / one[-1] for one in size],
        "steady scale": np.int64(1),
        "at scale 4": " Grows",
    }
    assert check.deep_gradients(answers) == 2


@pytest.mark.parametrize("exercise", ["interval-experiment", "choose-and-explain", "deep-gradients"])
def test_the_lessons_own_answers_count(exercise):
    function = getattr(check, exercise.replace("-", "_"))
    credit = function(lesson.solution(exercise))
    assert credit == credit.points == lesson.points()[f"{exercise}-check"]


def test_points_are_those_of_the_lesson():
    assert sum(lesson.points().values()) == 20
    assert list(lesson.points().values()) == [3, 2, 2, 2, 3, 3, 2, 1, 2]


# --- wrong, never


@QUIETLY
@given(st.sampled_from(VALUES + SLOPES), st.floats(0.001, 10), st.integers(0, 40), st.booleans())
def test_one_changed_number_is_never_accepted(name, change, place, up):
    group, points, run = (VALUES, 3, check.three_functions) if name in VALUES else (SLOPES, 2, check.three_slopes)

    def changed(z):
        out = np.array(build(name)(z))
        if out.size:
            out.flat[place % out.size] += change if up else -change
        return out

    trio = [changed if each == name else build(each) for each in group]
    assert run(*trio) == pytest.approx(points * 2 / 3)


@QUIETLY
@given(st.integers(0, 2), st.integers(0, 40), st.floats(0.01, 10))
def test_one_changed_activation_is_never_accepted(entry, place, change):
    def changed(*args):
        found = [np.array(a) for a in forward(*args)]
        found[entry % len(found)].flat[place % found[entry % len(found)].size] += change
        return found

    with pytest.raises(CheckFailed):
        check.mlp_forward(changed)


PART = st.one_of(st.floats(-2, 12), st.integers(-3, 12), st.floats(), st.none())


@QUIETLY
@given(st.dictionaries(st.sampled_from(list(RIGHT)), PART), st.sampled_from(["", "ada", "eva"]))
def test_numbers_earn_points_for_right_ones_only(given_numbers, student):
    question = questions.by_hand(student)
    right = {part: float(value) for part, value in questions.right_numbers(question).items()}
    room = {part: 0.006 if value >= 0.05 else value / 20 for part, value in right.items()}
    mine = {part: value for part, value in given_numbers.items() if value is not None}
    wanted = sum(abs(value - right[part]) <= room[part] for part, value in mine.items())
    assert (check.sigmoid_by_hand(given_numbers, question) if mine else 0) == pytest.approx(wanted / 3)


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
    try:
        check.refute_convexity({"params": params, "p": p, "q": q})
        accepted = True
    except CheckFailed:
        accepted = False
    assert near or accepted == is_one


@QUIETLY
@given(st.lists(SMALL, min_size=9, max_size=9))
def test_random_weights_make_xor_only_if_they_do(numbers):
    w, b, v, c = numbers[:4], numbers[4:6], numbers[6:8], numbers[8]
    net = [(np.array(w).reshape(2, 2), b), ([v], [c])]
    points = [(x + s, y + t) for x in (0, 1) for y in (0, 1) for s in (-0.1, 0.1) for t in (-0.1, 0.1)]

    def says(x, y, act):
        hidden = [act(w[0] * x + w[1] * y + b[0]), act(w[2] * x + w[3] * y + b[1])]
        return hidden[0] * v[0] + hidden[1] * v[1] + c

    acts = (lambda z: float(z > 0), lambda z: max(z, 0))
    wanted = [round(x) != round(y) for x, y in points]
    is_one = any([says(x, y, act) > 0 for x, y in points] == wanted for act in acts)
    credit = check.weights_by_hand(lambda: net, lambda vertices: None)
    assert credit == (1.5 if is_one else 0)


# --- odd input


class AllEqual:
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


class NoRepr:
    def __repr__(self):
        raise RuntimeError("this object cannot be shown")


ODD = {
    "text": "x",
    "nothing": [],
    "ragged": [[1, 2], [3]],
    "dict": {"a": 1},
    "object equal to all": AllEqual(),
    "list of such": [AllEqual()],
    "object without repr": [[NoRepr()]],
    "nan": float("nan"),
    "inf": -float("inf"),
    "complex": 1j,
    "bool": True,
    "5,000 digits": 10**5000,
    "no numbers": np.zeros(0),
    "large array": np.zeros((300, 300)),
    "objects": np.array([1, None]),
    "meta tensor": torch.zeros(2, device="meta"),
    "sparse": torch.eye(3).to_sparse(),
    "function": len,
    "three": [9, 9, 9],
    "pairs": [(1, 2), (3, 4)],
    "dots": ...,
}
SET_PARTS = {
    "sigmoid_by_hand": (tuple(RIGHT), questions.by_hand()),
    "deep_gradients": (("saturated", "ratio", "steady scale", "at scale 4"),),
    "interval_experiment": (("identity", "solved more"),),
    "choose_and_explain": (tuple("abcdef"),),
}


def verdict(run) -> tuple[float, str]:
    """Run a check; return the points and what the learner reads. Any other exception is an error of the check."""
    printed = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("error")
        try:
            credit = run()
        except (CheckFailed, NotAttempted) as refusal:
            return 0.0, refusal.message
    return float(credit) if isinstance(credit, Credit) else -1.0, printed.getvalue()


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", SET_PARTS)
def test_an_odd_answer_in_a_set_earns_nothing_and_is_told(name, odd):
    parts, *question = SET_PARTS[name]
    for answer in (odd, *({part: odd} for part in parts)):
        points, text = verdict(lambda answer=answer: getattr(check, name)(answer, *question))
        assert points == 0
        assert 1 <= len(text.splitlines()) <= 4


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_result_of_a_function_earns_nothing_and_is_told(odd):
    runs = [
        lambda answer: check.three_functions(answer, answer, answer),
        lambda answer: check.three_slopes(answer, answer, answer),
        lambda answer: check.weights_by_hand(answer, answer),
        check.mlp_forward,
    ]
    for run in runs:
        for answer in (odd, lambda *args: odd, lambda *args: [odd, odd, odd]):
            points, text = verdict(lambda run=run, answer=answer: run(answer))
            assert points == 0
            assert 1 <= len(text.splitlines()) <= 4


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_counterexample_is_refused(odd):
    good = {"params": OUTSIDE, "p": (2, 0), "q": (-2, 0)}
    tries = [odd, *(good | {part: odd} for part in good), good | {"params": [(odd, odd), (odd, odd)]}]
    for answer in tries:
        with pytest.raises((CheckFailed, NotAttempted)):
            check.refute_convexity(answer)


def stub(*args):
    raise NotImplementedError


def test_what_is_not_written_is_not_attempted():
    runs = [
        lambda: check.three_functions(stub, stub, stub),
        lambda: check.three_functions(None, None, None),
        lambda: check.three_slopes(stub, stub, stub, hidden=3),
        lambda: check.weights_by_hand(stub, stub),
        lambda: check.mlp_forward(stub),
        lambda: check.mlp_forward(None),
        lambda: check.sigmoid_by_hand(dict.fromkeys(RIGHT), questions.by_hand()),
        lambda: check.deep_gradients({"saturated": (None, None, None), "ratio": (None,) * 3}),
        lambda: check.interval_experiment({}),
        lambda: check.choose_and_explain({}),
        lambda: check.refute_convexity({"params": None, "p": None, "q": None}),
    ]
    for run in runs:
        with pytest.raises(NotAttempted):
            run()


def test_one_written_function_earns_its_point(capsys):
    assert check.three_functions(build("sigmoid"), stub, None) == 1
    assert "Right: sigmoid. No answer yet: tanh, relu." in capsys.readouterr().out


READY_MADE = {
    "np.tanh": lambda z: np.tanh(z),
    "np.tanh itself": np.tanh,
    "math.tanh": lambda z: np.vectorize(lambda v: __import__("math").tanh(v))(z),
    "torch.tanh": lambda z: torch.tanh(torch.tensor(z)),
    "a tensor's tanh": lambda z: torch.tensor(z).tanh(),
    "np.vectorize": np.vectorize(lambda v: np.tanh(v)),
}


@pytest.mark.parametrize("shortcut", READY_MADE.values(), ids=READY_MADE)
def test_a_ready_made_tanh_is_refused(shortcut, capsys):
    assert check.three_functions(build("sigmoid"), shortcut, build("relu")) == 2
    assert re.search(r"(tanh|<lambda>) calls .*Build it yourself here", capsys.readouterr().out)


def test_ones_own_tanh_may_be_called_tanh():
    names = {"np": np}
    exec("def tanh(z):\n    e = np.exp(-2 * np.abs(z))\n    return np.sign(z) * (1 - e) / (1 + e)\n", names)
    exec("def sigmoid(z):\n    return (1 + tanh(z / 2)) / 2\n", names)
    assert check.three_functions(names["sigmoid"], names["tanh"], build("relu"), hidden=4) == 3


def test_the_error_names_the_students_own_line(capsys):
    names = {}
    exec(compile("def sigmoid(z):\n    return z / 0 + undefined\n", "<ipython-input>", "exec"), names)
    check.three_functions(names["sigmoid"], build("tanh"), build("relu"))
    assert "sigmoid raised NameError: name 'undefined' is not defined" in capsys.readouterr().out


def test_a_forward_pass_that_changes_its_input_is_told():
    def changing(X, params, act):
        found = forward(X.copy(), params, act)
        X[:] = 0
        return found

    with pytest.raises(CheckFailed, match="changed an array that it was given"):
        check.mlp_forward(changing)


@pytest.mark.parametrize("leave", [SystemExit, RuntimeError, MemoryError, RecursionError])
def test_a_function_that_leaves_is_told(leave):
    def leaving(*args):
        raise leave

    with pytest.raises(CheckFailed, match=f"raised {leave.__name__}"):
        check.mlp_forward(leaving)
    assert check.three_functions(leaving, build("tanh"), build("relu")) == 2


# --- silence, and nothing is given away


def test_noise_on_stderr_costs_no_points(capfd):
    def noisy(z):
        print("50 %", file=sys.stderr)
        warnings.warn("slow", stacklevel=1)
        return build("sigmoid")(z)

    assert check.three_functions(noisy, build("tanh"), build("relu"), hidden=1) == 3
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", [n for n in check.__all__ if n in dir(check)])
def test_every_check_is_silent_throughout(name):
    helpers = ("HINTS", "hint", "deep_net", "interval_data", "train_interval", "questions")
    assert name in helpers or hasattr(getattr(check, name), "__wrapped__")


def test_a_hidden_case_is_not_described():
    def only_public(name):
        seen = [case.z.tobytes() for case in functions.public_cases()]
        return lambda z: build(name)(z) + (0 if z.tobytes() in seen else 0.5)

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert check.three_functions(*map(only_public, VALUES), hidden=8) == 0
        assert check.three_slopes(*map(only_public, SLOPES), hidden=8) == 0
    assert printed.getvalue().count("in a case drawn at grading") == 2
    assert re.findall("[0-9]", printed.getvalue()) == []


def test_a_hidden_net_is_not_described():
    def shifted(*args):
        return [a + 0.5 for a in forward(*args)]

    with pytest.raises(CheckFailed) as failure:
        check.mlp_forward(shifted, hidden=4)
    assert re.findall("[0-9]", failure.value.message.replace("activations[0]", "")) == []


def test_a_hidden_triangle_is_not_described(capsys):
    def only_public(vertices):
        net = triangle_by_middle(vertices)
        public = any(np.array_equal(vertices, one) for one in networks.TRIANGLES)
        return net if public else [(-net[0][0], -net[0][1]), net[1]]

    credit = check.weights_by_hand(lesson.answers("weights-by-hand").xor_net, only_public, hidden=3)
    text = capsys.readouterr().out
    assert (credit, credit.codes) == (1.5, ("AT1",))
    assert "for a triangle drawn at grading" in text
    assert re.findall("[0-9]", text) == []


@pytest.mark.parametrize("part", RIGHT)
def test_a_wrong_number_is_not_corrected(part, capsys):
    check.sigmoid_by_hand({part: 77}, questions.by_hand())
    told = re.findall(r"[0-9.]*[0-9](?:e-?[0-9]+)?", capsys.readouterr().out)
    assert [text for text in told if text != "77" and abs(float(text) - RIGHT[part]) < 0.01] == []


def test_a_wrong_experiment_is_not_corrected(capsys):
    check.deep_gradients({"saturated": (0.7, 0.7, 0.7), "ratio": (7, 7, 7), "steady scale": 0.5})
    check.interval_experiment({"identity": 0.9, "solved more": "relu"})
    text = capsys.readouterr().out
    assert not re.search(r"0\.46|0\.27|48|0\.75", text)


# --- what is right: PyTorch against slow ways


@pytest.mark.parametrize("name", VALUES)
def test_autograd_agrees_with_finite_differences(name):
    z = torch.tensor([-3.0, -0.7, 0.2, 1.9], dtype=torch.float64)
    act, step = functions.REFERENCE[name], 1e-6
    measured = (act(z + step) - act(z - step)) / (2 * step)
    torch.testing.assert_close(functions.torch_slope(name, z), measured, rtol=1e-6, atol=1e-9)


def test_relu_has_slope_0_at_0():
    assert functions.torch_slope("relu", torch.zeros(1, dtype=torch.float64)).item() == 0


@pytest.mark.parametrize("student", ["", "ada", "bela", "s1234567"])
def test_pytorchs_numbers_are_the_fractions(student):
    question = questions.by_hand(student)
    fractions = {part: float(value) for part, value in questions.right_numbers(question).items()}
    assert by_hand.torch_numbers(question) == pytest.approx(fractions, rel=1e-9)


@pytest.mark.parametrize("net", networks.NETS + networks.HIDDEN_NETS, ids=lambda net: net.new)
def test_pytorchs_forward_pass_is_the_slow_one(net):
    X, params = networks.draw_net(net, 3)
    act = networks.numpy_activation(net.act)
    for one, other in zip(networks.torch_forward(X, params, net.act), forward(X, params, act), strict=True):
        np.testing.assert_allclose(one, other)


def test_a_net_without_a_bend_is_one_layer():
    net = networks.HIDDEN_NETS[-1]
    X, params = networks.draw_net(net, 3)
    W, b = np.eye(4), np.zeros(4)
    for weight, bias in params:
        W, b = weight @ W, weight @ b + bias
    np.testing.assert_allclose(networks.torch_forward(X, params, "identity")[-1], X @ W.T + b)


@pytest.mark.parametrize("number", range(5))
def test_the_inside_of_a_triangle_is_where_weights_of_its_corners_are_positive(number):
    rng = np.random.default_rng(number)
    triangle = networks.draw_triangle(rng)
    points = rng.uniform(-4, 4, size=(200, 2))
    corners = np.column_stack([triangle, np.ones(3)])
    shares = np.column_stack([points, np.ones(200)]) @ np.linalg.inv(corners)
    assert ((networks.sides(triangle, points) > 0).all(axis=1) == (shares > 0).all(axis=1)).all()


def test_the_gradients_of_the_deep_net_are_finite_differences():
    net = check.deep_net(1.5, "tanh")
    generator = torch.Generator().manual_seed(0)
    h = torch.randn(64, 64, generator=generator, dtype=torch.float64)
    weights = [1.5 * torch.randn(64, 64, generator=generator, dtype=torch.float64) / 8 for _ in range(10)]
    mix = torch.randn(64, 64, generator=generator, dtype=torch.float64)

    def loss(move):
        z = h @ weights[0].T
        z[3, 5] += move
        for weight in weights[1:]:
            z = torch.tanh(z) @ weight.T
        return (torch.tanh(z) * mix).sum().item()

    assert (loss(1e-5) - loss(-1e-5)) / 2e-5 == pytest.approx(net.gradients[0][3, 5], rel=1e-5, abs=1e-9)


def test_the_interval_task_has_gaps_and_equal_halves():
    x, y = check.interval_data()
    assert (len(x), y.sum()) == (40, 20)
    assert abs(x[y == 1]).max() == pytest.approx(1 / 3)
    assert abs(x[y == 0]).min() == pytest.approx(2 / 3)


def test_the_runs_are_as_the_lesson_tells():
    solved = {name: sum(share == 1 for share in check.train_interval(name)) for name in ("tanh", "relu", "sigmoid")}
    assert solved == {"tanh": 9, "relu": 3, "sigmoid": 9}
    assert max(check.train_interval("identity")) <= experiments.best_cut() == 0.75


def test_an_unknown_activation_is_refused():
    for function in (check.train_interval, lambda name: check.deep_net(1, name)):
        with pytest.raises(ValueError, match="there are the activations identity, sigmoid, tanh, relu; not 'elu'"):
            function("elu")


def test_checks_leave_the_random_state_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    check.interval_experiment(lesson.solution("interval-experiment"))
    check.deep_gradients(lesson.solution("deep-gradients"))
    check.three_functions(*right_values(), hidden=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_notebook_without_gradients_is_checked_all_the_same():
    with torch.no_grad():
        assert check.three_slopes(*right_slopes()) == 2
        assert check.sigmoid_by_hand(RIGHT, questions.by_hand()) == 2
        assert check.deep_gradients(lesson.solution("deep-gradients")) == 2
        assert check.interval_experiment(lesson.solution("interval-experiment")) == 1


def test_dice_of_the_questions_are_repeatable():
    assert questions.practice_point(Dice("x")) == questions.practice_point(Dice("x"))


def test_checks_load_no_optimiser():
    """Importing torch.optim takes seconds on a busy machine, more than any check may."""
    code = (
        "import sys; from course_utils.checks import activations as check; check.train_interval('tanh'); "
        "check.deep_gradients({'steady scale': 1}); print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
