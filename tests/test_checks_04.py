"""Lab 04: right by any way counts, wrong never does, odd input is told in a sentence, and nothing is given away."""

import inspect
import math
import re
import sys
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lesson import Lesson
from test_misconceptions_04 import SOURCES, build, run_check

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.checks import logistic_regression as check
from course_utils.checks.logistic_regression import boundary, layers, losses, numbers, training
from course_utils.toys import load_toy
from course_utils.variants import logistic_regression as questions

lesson = Lesson("04_logistic_regression")

QUIETLY = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
FULL = {"bce_with_logits": None, "boundary_points": None}  # the others earn 3 points


def points(name, answer, hidden=None):
    credit = run_check(name, answer, hidden)
    return None if credit is None else float(credit)


def full(name):
    return FULL.get(name, 3)


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
        pair = type(out) is tuple
        return tuple(map(form, out)) if pair else form(out)

    return formed


@pytest.mark.parametrize("form", GIVEN_AS.values(), ids=GIVEN_AS)
@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("hidden", [None, 11])
def test_an_answer_counts_in_any_form(name, form, hidden):
    assert points(name, in_form(build(name), form), hidden) == full(name)


OTHER_WAYS = {
    "bce, by where": (
        "bce_with_logits",
        lambda z, y: np.where(np.asarray(y) == 1, np.logaddexp(0, -z), np.logaddexp(0, z)).mean(),
    ),
    "bce, by tensors": (
        "bce_with_logits",
        lambda z, y: torch.nn.functional.softplus(torch.tensor(z) * (1 - 2 * torch.tensor(y))).mean(),
    ),
    "gradient, by autograd": ("logreg_grads", lambda X, y, w, b: by_autograd(X, y, w, b)),
    "gradient, a list of two": ("logreg_grads", lambda *arguments: list(build("logreg_grads")(*arguments))),
    "gradient, a bias in brackets": (
        "logreg_grads",
        lambda *arguments: (lambda dw, db: (dw, np.array([db])))(*build("logreg_grads")(*arguments)),
    ),
    "softmax, by logsumexp": ("softmax", lambda Z: np.exp(Z - np.logaddexp.reduce(Z, axis=1)[:, None])),
    "softmax, any other shift": ("softmax", lambda Z: shifted(Z)),
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


def by_autograd(X, y, w, b):
    X, y = torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    F.binary_cross_entropy_with_logits(X @ w + b, y).backward()
    return w.grad, b.grad


def shifted(Z):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True) - 3)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("name", "way"), OTHER_WAYS.values(), ids=OTHER_WAYS)
@pytest.mark.parametrize("hidden", [None, 11])
def test_an_answer_counts_however_it_is_computed(name, way, hidden):
    assert points(name, way, hidden) == full(name)


@pytest.mark.parametrize("hidden", [None, 2])
def test_the_lessons_own_functions_count(hidden):
    loss, line = lesson.answers("log-loss"), lesson.answers("boundary-points")
    assert check.bce_with_logits(loss.bce_with_logits, hidden=hidden) is None
    assert check.boundary_points(line.boundary_points, hidden=hidden) is None
    assert check.logistic_regression(*vars(lesson.answers("logistic-gradient")).values(), hidden=hidden) == 3
    assert check.two_signs(*vars(lesson.answers("two-signs")).values(), hidden=hidden) == 3
    assert check.many_classes(*vars(lesson.answers("softmax")).values(), hidden=hidden) == 3


NUMBER_FORMS = [float, np.float64, np.float32, torch.tensor, np.array]


@pytest.mark.parametrize("number", NUMBER_FORMS, ids=lambda number: number.__name__)
def test_a_number_counts_in_any_form(number):
    answers = {"score": 9, "odds": 8103.0, "probability": 0.9999, "score back": 1.39}
    assert check.score_and_odds({key: number(value) for key, value in answers.items()}, questions.odds()) == 2


@pytest.mark.parametrize("shape", [tuple, list, np.array, torch.tensor], ids=lambda shape: shape.__name__)
def test_a_shape_counts_as_any_row_of_numbers(shape):
    answers = lesson.solution("count-and-shape")
    answers |= {part: shape(answers[part]) for part in ("X", "weight", "bias", "scores")}
    assert check.count_and_shape(answers, questions.pictures()) == 2


SAME_SETS = [{"a", "d"}, ["d", "a"], ("a", "d"), frozenset("ad"), "ad", "a, d", {"A", "D "}]


@pytest.mark.parametrize("letters", SAME_SETS, ids=range(len(SAME_SETS)))
def test_letters_count_in_any_collection(letters):
    answers = {"converge": letters, "repair": [1, 2]}
    assert check.two_signs(build("train_with_signs"), answers) == 3


# --- wrong, never


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

    try:
        assert points(name, changed) in (1, 2)
    except CheckFailed:
        assert name in FULL


NUMBERS = st.one_of(st.integers(-3, 9000), st.floats(), st.booleans())


@QUIETLY
@given(st.dictionaries(st.sampled_from(["score", "odds", "probability", "score back"]), NUMBERS, min_size=1))
def test_odds_earn_points_for_right_ones_only(given):
    right = {"score": 9, "odds": 8103.08, "probability": 0.999877, "score back": 1.38629}
    off = {"score": 1e-9, "odds": 81.1, "probability": 6.1e-5, "score back": 0.0061}
    try:
        credit = check.score_and_odds(given, questions.odds())
    except CheckFailed:
        assert any(type(value) is bool for value in given.values())
    else:
        near = [part for part, value in given.items() if abs(value - right[part]) <= off[part]]
        assert credit == 0.5 * len(near)


@QUIETLY
@given(st.dictionaries(st.sampled_from(["blobs", "ring", "corners", "spiral"]), st.integers(-1, 4), min_size=1))
def test_layers_earn_points_for_right_ones_only(given):
    right = {"blobs": 0, "ring": 1, "corners": 1, "spiral": 2}
    assert check.hidden_layers(given) == 0.5 * sum(right[name] == value for name, value in given.items())


@QUIETLY
@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("1234")))
def test_signs_earn_points_for_right_sets_only(converge, repair):
    credit = check.two_signs(build("train_with_signs"), {"converge": converge or None, "repair": repair or None})
    assert credit == 1 + (converge == {"a", "d"}) + (repair == {"1", "2"})


@QUIETLY
@given(st.tuples(*[st.floats(-9, 9)] * 4), st.integers(0, 2))
def test_points_that_are_not_on_the_line_are_never_accepted(numbers, which):
    _, weight, bias, _ = boundary.BOUNDARY_CASES[which]
    given_points = np.array(numbers).reshape(2, 2)
    off = abs(given_points @ np.array(weight) + bias).max() > 1e-3

    def answer(w, b, r):
        return given_points if tuple(w) == weight else build("boundary_points")(w, b, r)

    if off:
        with pytest.raises(CheckFailed):
            check.boundary_points(answer)


# --- no answer yet, odd input


@pytest.mark.parametrize("name", SOURCES)
def test_a_function_that_is_not_written_is_not_attempted(name):
    def stub(*arguments):
        raise NotImplementedError

    if name in FULL:
        with pytest.raises(NotAttempted):
            run_check(name, stub)
    else:
        assert run_check(name, stub) < 3


def stub(*arguments):
    raise NotImplementedError


BLANK = {
    "score_and_odds": lambda: check.score_and_odds(dict.fromkeys(["score", "odds"]), questions.odds()),
    "logistic_regression": lambda: check.logistic_regression(stub, stub),
    "two_signs": lambda: check.two_signs(stub, {"converge": None, "repair": None}),
    "many_classes": lambda: check.many_classes(stub, stub, stub),
    "count_and_shape": lambda: check.count_and_shape(dict.fromkeys(["grey", "X"]), questions.pictures()),
    "hidden_layers": lambda: check.hidden_layers({"blobs": None}),
    "meaning": lambda: check.meaning({"a": None, "b": None}),
}


@pytest.mark.parametrize("run", BLANK.values(), ids=BLANK)
def test_a_blank_exercise_is_not_attempted(run):
    with pytest.raises(NotAttempted):
        run()


class AllEqual:
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


ODD = {
    "text": "x",
    "nothing": [],
    "ragged": [[1, 2], [3]],
    "dict": {"a": 1},
    "object equal to all": AllEqual(),
    "list of such": [AllEqual()],
    "nan": float("nan"),
    "inf": -float("inf"),
    "complex": 1j,
    "bool": True,
    "mixed set": {1, "a", (2,)},
    "5,000 digits": 10**5000,
    "list of long numbers": [10**400] * 9,
    "no numbers": np.zeros(0),
    "large array": np.zeros((300, 300)),
    "objects": np.array([1, None]),
    "meta tensor": torch.zeros(2, device="meta"),
    "sparse": torch.eye(3).to_sparse(),
    "type": object,
    "function": len,
    "generator": iter("ab"),
}
SETS = {
    "score_and_odds": (("score", "odds", "probability", "score back"), questions.odds()),
    "count_and_shape": (("grey", "colour", "X", "weight", "bias", "scores"), questions.pictures()),
    "hidden_layers": (("blobs", "spiral"),),
    "meaning": (("a", "b"),),
}


def verdict(run, capsys) -> tuple[float, str]:
    """Run a check; return the points and what the learner reads. Any other exception is an error of the check."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            credit = run()
        except (CheckFailed, NotAttempted) as refusal:
            return 0.0, refusal.message
    return float(credit) if isinstance(credit, Credit) else -1.0, capsys.readouterr().out


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", SETS)
def test_an_odd_answer_in_a_set_earns_nothing_and_is_told_in_four_lines(name, odd, capsys):
    parts, *question = SETS[name]
    tries = [odd, *({part: odd} for part in parts)]
    found = [verdict(lambda answer=answer: getattr(check, name)(answer, *question), capsys) for answer in tries]
    assert [(credit, text) for credit, text in found if credit != 0 or not 1 <= text.count("\n") + 1 <= 5] == []


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_signs_earn_the_functions_point_only(odd, capsys):
    for part in ("converge", "repair"):
        credit, text = verdict(lambda part=part: check.two_signs(build("train_with_signs"), {part: odd}), capsys)
        assert (credit, text.count("\n") <= 4) == (1, True)
    assert verdict(lambda: check.two_signs(odd, {"converge": "ad"}), capsys)[0] <= 1


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", SOURCES)
def test_an_odd_result_of_a_function_is_refused(name, odd):
    for answer in (odd, lambda *args: odd, lambda *args: (odd, odd)):
        try:
            assert run_check(name, answer) < 3
        except (CheckFailed, NotAttempted):
            assert name in FULL


@pytest.mark.parametrize("name", SOURCES)
def test_a_function_that_changes_its_input_is_refused(name, capsys):
    right = build(name)

    def changing(*arguments):
        out = right(*arguments)
        arguments[0][...] = 0
        return out

    try:
        assert run_check(name, changing) < 3
        text = capsys.readouterr().out
    except CheckFailed as failure:
        text = failure.message
    assert f"{name} changed the array that it was given" in text


SHORTCUTS = {
    "bce_with_logits": lambda z, y: F.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(y, dtype=float)),
    "softmax": lambda Z: torch.softmax(torch.tensor(Z), 1),
    "cross_entropy": lambda Z, y: F.nll_loss(torch.log_softmax(torch.tensor(Z), 1), torch.tensor(y)),
}


@pytest.mark.parametrize("name", SHORTCUTS)
def test_pytorchs_own_losses_are_refused(name, capsys):
    try:
        run_check(name, SHORTCUTS[name])
        text = capsys.readouterr().out
    except CheckFailed as failure:
        text = failure.message
    assert re.search(r"calls PyTorch's \w+\. Build it yourself here", text)


# --- silence, and nothing given away


@pytest.mark.parametrize("name", check.__all__)
def test_every_check_is_silent_throughout(name):
    function = getattr(check, name)
    is_check = inspect.isfunction(function) and name not in ("hint", "accuracies", "questions")
    assert not is_check or hasattr(function, "__wrapped__")


@pytest.mark.parametrize("name", SOURCES)
def test_noise_does_not_cost_points(name, capsys):
    right = build(name)

    def noisy(*arguments):
        print("50 %", file=sys.stderr)
        warnings.warn("slow", stacklevel=1)
        return right(*arguments)

    assert points(name, noisy) == full(name)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", SOURCES)
def test_a_hidden_case_shows_no_number(name, capsys):
    right = build(name)

    def changed(*arguments):
        out = right(*arguments)
        return (np.asarray(out[0]) + 0.0123, out[1]) if type(out) is tuple else np.asarray(out) + 0.0123

    try:
        run_check(name, changed, 11)
        text = capsys.readouterr().out
    except CheckFailed as failure:
        text = failure.message
    assert "a case drawn at grading" in text
    assert re.findall("[0-9]", text) == []


WRONG_SHAPES = [lambda a: a[..., :-1], lambda a: np.pad(a, 1), lambda a: a[None], lambda a: a[:0]]


@pytest.mark.parametrize("change", WRONG_SHAPES, ids=range(len(WRONG_SHAPES)))
@pytest.mark.parametrize("name", ["softmax", "softmax_ce_grad"])
def test_the_right_shape_is_never_told(name, change, capsys):
    run_check(name, lambda *arguments: change(build(name)(*arguments)))
    assert not re.search(r"\(4, 3\)", capsys.readouterr().out)


@pytest.mark.parametrize("student", ["", "ada", "eva"])
def test_a_wrong_number_is_not_corrected(student, capsys):
    check.score_and_odds(dict.fromkeys(["score", "odds", "probability", "score back"], 77.7), questions.odds(student))
    check.count_and_shape({"grey": 777, "colour": 777, "X": (7, 7), "weight": (7, 7)}, questions.pictures(student))
    told = {float(number) for number in re.findall(r"-?[0-9]+\.?[0-9]*", capsys.readouterr().out)}
    right = {*numbers.torch_counts(questions.pictures(student)).values()}
    right |= {round(value, 4) for value in numbers.right_odds(questions.odds(student)).values()}
    assert told & right == set()


# --- what is right: PyTorch against slow loops


@pytest.mark.parametrize("hidden", [None, 3])
def test_pytorchs_losses_are_the_slow_ones(hidden):
    for case in losses.binary_cases(hidden):
        right, _ = losses.binary_ways(*(torch.tensor(a, dtype=torch.float64) for a in (case.scores, case.labels)))
        assert build("bce_with_logits")(case.scores, case.labels) == pytest.approx(float(right))
    for case in losses.class_cases(hidden):
        Z, y = torch.tensor(case.scores, dtype=torch.float64), torch.tensor(case.labels, dtype=torch.int64)
        for name, ways in (("cross_entropy", losses.cross_entropy_ways), ("softmax_ce_grad", losses.gradient_ways)):
            np.testing.assert_allclose(build(name)(case.scores, case.labels), ways(Z, y)[0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(build("softmax")(case.scores), losses.softmax_ways(Z, y)[0], rtol=1e-5, atol=1e-6)


def test_the_gradient_is_a_finite_difference():
    case = training.cases(None)[0]
    dw, db = training.gradient(*training._tensors(case))
    step = 1e-6
    for place in range(3):
        ends = []
        for sign in (1, -1):
            weight, bias = case.weight.copy(), case.bias
            if place < 2:
                weight[place] += sign * step
            else:
                bias += sign * step
            ends.append(training.log_loss(case.X, case.y, weight, bias))
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(float((*dw, db)[place]), abs=1e-6)


def test_many_steps_reach_the_optimum():
    rng = np.random.default_rng(7)
    X = torch.tensor(rng.normal(size=(60, 2)))
    y = (X[:, 0] + torch.tensor(rng.normal(size=60)) > 0).double()
    dw, db = training.gradient(X, y, *training.fit(X, y, 2.0, 200))
    assert max(abs(dw).max(), abs(db)) < 1e-3


@pytest.mark.parametrize("hidden", [None, *range(1, 12)])
def test_both_right_and_both_wrong_converge_whatever_the_examples(hidden):
    assert training.pairs_that_converge(hidden) == {"a", "d"}


def test_one_repair_alone_diverges_and_the_slide_as_printed_does_not():
    X, y = training.sign_examples(None)
    runs = {letter: training.run_pair(X, y, *signs, 0.5, 100) for letter, signs in training.PAIRS.items()}
    ends = {letter: training.log_loss(X, y, *run) for letter, run in runs.items()}
    assert ends["a"] == ends["d"] < math.log(2) < 2 < ends["b"] == ends["c"]


def test_a_notebook_without_gradients_is_checked_all_the_same():
    with torch.no_grad():
        assert points("logreg_grads", build("logreg_grads")) == 3
        assert points("softmax_ce_grad", build("softmax_ce_grad")) == 3


@pytest.mark.parametrize("seed", range(2))
def test_checks_leave_the_random_states_alone(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    layers.train(("ring",), [0], 0)
    points("fit_logreg", build("fit_logreg"))
    check.boundary_points(build("boundary_points"))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()


# --- the experiment


def test_the_fewest_layers_have_a_margin():
    shares = {hidden: layers.accuracies(hidden) for hidden in (0, 1, 2)}
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
    points_, _ = load_toy("ring", count=7, seed=3)
    x = torch.tensor(points_)
    for number, (weight, bias) in enumerate(network):
        x = F.linear(torch.tanh(x) if number else x, weight[0].T, bias[0, 0])
    np.testing.assert_allclose(layers.scores(network, torch.tensor(points_)[None])[0], x[:, 0])


def test_the_lab_has_twenty_points():
    assert sum(lesson.points().values()) == 20
