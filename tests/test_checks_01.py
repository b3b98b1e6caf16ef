"""Lab 01: right by any way counts, wrong never does, odd input is told in a sentence, and nothing is given away."""

import re
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lesson import Lesson
from test_misconceptions_01 import CARDS, CHECKS, COUNTS, SETS, SHAPES, build, called, run

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.checks import neurons as check
from course_utils.checks.neurons import experiments, functions, numbers
from course_utils.judging.variants import Dice
from course_utils.variants import neurons as questions

lesson = Lesson("01_neurons")

QUIETLY = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
NAMES = {name: exercise for exercise, names in CHECKS.items() for name in names}
EXERCISES = {"dense_layer": "dense-layer", "line_by_descent": "line-by-descent", "collapse": "collapse-stack"}


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


DENSE = {
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


@pytest.mark.parametrize("way", DENSE.values(), ids=DENSE)
@pytest.mark.parametrize("hidden", [None, 5])
def test_a_layer_counts_however_it_is_computed(way, hidden):
    assert run("dense_layer", hidden, dense=checked(way)) is None


@pytest.mark.parametrize("way", [neuron_by_dot, neuron_by_torch, neuron_in_an_array], ids=lambda way: way.__name__)
@pytest.mark.parametrize("hidden", [None, 5])
def test_a_neuron_counts_however_it_is_computed(way, hidden):
    assert run("dense_layer", hidden, linear_neuron=way) is None


@pytest.mark.parametrize("form", GIVEN_AS.values(), ids=GIVEN_AS)
def test_an_array_counts_in_any_form(form):
    right, pair = build("dense"), build("collapse")
    assert run("dense_layer", dense=lambda *args: form(right(*args))) is None
    assert run("collapse", collapse=lambda layers: [form(part) for part in pair(layers)]) is None


@pytest.mark.parametrize("form", NUMBER_AS.values(), ids=NUMBER_AS)
@pytest.mark.parametrize("name", ["linear_neuron", "mse"])
def test_a_number_counts_in_any_form(name, form):
    right = build(name)
    assert run(NAMES[name], **{name: lambda *args: form(right(*args))}) is None


@pytest.mark.parametrize("form", [tuple, list, np.array, torch.tensor, lambda pair: tuple(map(np.float32, pair))])
@pytest.mark.parametrize("name", ["mse_grads", "sgd_step"])
@pytest.mark.parametrize("hidden", [None, 4])
def test_a_pair_counts_in_any_form(name, form, hidden):
    right = build(name)
    assert run(NAMES[name], hidden, **{name: lambda *args: form(right(*args))}) is None


def test_gradients_count_from_autograd():
    def mse_grads(x, y, w, b):
        params = torch.tensor([w, b], requires_grad=True)
        ((params[0] * torch.tensor(x) + params[1] - torch.tensor(y)) ** 2).mean().backward()
        return params.grad

    assert run("line_by_descent", 6, mse_grads=mse_grads) is None


@pytest.mark.parametrize("exercise", CHECKS)
@pytest.mark.parametrize("hidden", [None, 1, 2])
def test_the_lessons_own_functions_count(exercise, hidden):
    answers = vars(lesson.answers(EXERCISES[exercise], layers=None))
    assert run(exercise, hidden, **{name: answers[name] for name in CHECKS[exercise]}) is None


SET_ANSWERS = {
    "hand-neuron": lambda a: check.hand_neuron(a, questions.hand_neuron()),
    "network-shapes": lambda a: check.network_shapes(a, questions.network()),
    "picture-weights": lambda a: check.picture_weights(a, questions.counting()),
    "recipe-card": check.recipe,
    "largest-rate": lambda a: check.learning_rates(a, questions.learning_rates()),
}


@pytest.mark.parametrize("exercise", SET_ANSWERS)
def test_the_lessons_own_answers_count(exercise, capsys):
    names = vars(lesson.answers(exercise))
    answer = next(value for value in names.values() if type(value) is dict)
    credit = SET_ANSWERS[exercise](answer)
    assert float(credit) == lesson.points()[f"{exercise}-check"]
    assert capsys.readouterr().out == "Correct.\n"


@pytest.mark.parametrize(
    "form", [tuple, list, np.array, torch.tensor, torch.Size, lambda shape: [np.int64(n) for n in shape]]
)
def test_a_shape_counts_in_any_form(form):
    answers = {name: {row: form(shape) for row, shape in SHAPES[name].items()} for name in ("lecture", "PyTorch")}
    if form is torch.Size:
        answers = {name: {row: tuple(shape) for row, shape in rows.items()} for name, rows in answers.items()}
    assert check.network_shapes(answers | {"parameters": np.int64(26)}, questions.network()) == 3


def test_the_lectures_biases_may_be_flat():
    lecture = SHAPES["lecture"] | {"b1": (4,), "b2": 2}
    assert check.network_shapes(SHAPES | {"lecture": lecture}, questions.network()) == 3


def test_pytorchs_biases_are_flat():
    pytorch = SHAPES["PyTorch"] | {"b1": (4, 1)}
    assert check.network_shapes(SHAPES | {"PyTorch": pytorch}, questions.network()) < 3


@pytest.mark.parametrize("megabytes", [3686.404, 3686, 3690, 3700, 3515.6, 3516, np.float32(3686.4), 3.69e3])
def test_a_megabyte_may_be_of_either_kind_and_rounded(megabytes):
    assert check.picture_weights(COUNTS | {"megabytes": megabytes}, questions.counting()) == 2


@pytest.mark.parametrize("megabytes", [3600, 3750, 3.686, 3686404, 3686404000, 921.6, -3686, 0])
def test_another_size_is_not_accepted(megabytes):
    assert check.picture_weights(COUNTS | {"megabytes": megabytes}, questions.counting()) == pytest.approx(1.6)


FOOLING = [
    ([3, -3, 3, -3], [0, 0, 0, 0]),
    ((1.5, 1.5, -1.5, -1.5), (0, 0, 0, 0)),
    (np.array([10.0, 0, 0, 0, 0]), np.array([0, 10.0, 0, 0, 0])),
    (torch.tensor([1e6, -1e6, 1e6, -1e6]), [0, 0, 0, 0]),
    ([0.1 * 3, 7, -7, 1, 2], [0.3, 0, 0, 2, 1]),
]


@pytest.mark.parametrize("pair", FOOLING, ids=lambda pair: type(pair[0]).__name__)
def test_any_fooling_pair_counts(pair, capsys):
    assert check.fool_colleague(dict(zip(("y_hat", "y"), pair, strict=True))) is None
    assert capsys.readouterr().out == "Correct.\n"


@QUIETLY
@given(st.lists(st.floats(-1000, 1000), min_size=2, max_size=20), st.floats(-100, 100))
def test_a_pair_counts_exactly_if_it_fools(half, base):
    half = np.round(half, 3)
    errors = np.concatenate([half, -half])
    y = np.round(np.full(len(errors), base), 3)
    try:
        check.fool_colleague({"y_hat": y + errors, "y": y})
        accepted = True
    except CheckFailed:
        accepted = False
    if abs(np.mean(errors**2) - 1) > 1e-6:
        assert accepted == (np.mean(errors**2) > 1)


# --- wrong, never


@QUIETLY
@given(st.data())
def test_one_changed_number_is_never_accepted(data):
    name = data.draw(st.sampled_from(list(NAMES)))
    right, change = build(name), data.draw(st.floats(0.01, 100)) * data.draw(st.sampled_from([-1, 1]))
    place, which = data.draw(st.integers(0, 10_000)), data.draw(st.integers(0, 1))

    def changed(*args):
        out = right(*args)
        parts = [np.array(part, dtype=float) for part in (out if name == "collapse" else [out])]
        part = parts[which % len(parts)]
        part.reshape(-1)[place % part.size] += change * max(1, abs(part).max() / 100)
        return parts if name == "collapse" else part

    with pytest.raises(CheckFailed):
        run(NAMES[name], **{name: changed})


NUMBERS = st.one_of(st.integers(-20, 30), st.floats(), st.integers())


@QUIETLY
@given(NUMBERS, NUMBERS)
def test_a_neuron_earns_points_for_right_numbers_only(z, doubled):
    credit = check.hand_neuron({"z": z, "z doubled": doubled}, questions.hand_neuron())
    assert credit == (z == 1) + (doubled == 10)


@QUIETLY
@given(
    st.dictionaries(
        st.sampled_from(list(SHAPES["lecture"])),
        st.tuples(st.sampled_from([2, 3, 4, 6]), st.sampled_from([1, 2, 3, 4, 6])),
        min_size=1,
    )
)
def test_shapes_earn_points_for_right_rows_only(changes):
    answers = SHAPES | {"PyTorch": SHAPES["PyTorch"] | changes}
    wrong = sum(shape != SHAPES["PyTorch"][row] for row, shape in changes.items())
    assert float(check.network_shapes(answers, questions.network())) == pytest.approx(3 - 3 * wrong / 8)


@QUIETLY
@given(st.sampled_from(questions.LESSON_RATES), st.sampled_from(questions.LESSON_RATES), st.sampled_from(["", "ada"]))
def test_rates_earn_points_for_the_right_ones_only(raw, standardised, student):
    question = questions.learning_rates(student)
    place = {rate: number for number, rate in enumerate(questions.LESSON_RATES)}
    given_rates = {"raw": question.rates[place[raw]], "standardised": question.rates[place[standardised]]}
    right = questions.rate_answers(question, questions.largest_rate)
    wanted = sum(given_rates[name] == right[name] for name in right)
    assert check.learning_rates(given_rates, question) == wanted


@QUIETLY
@given(
    st.fixed_dictionaries(
        {card: st.sampled_from(["parameter", "hyper-parameter", "metric", "optimiser"]) for card in CARDS}
    )
)
def test_cards_earn_points_by_box(cards):
    boxes = sum(
        {c for c in CARDS if CARDS[c] == box} == {c for c in cards if cards[c] == box}
        for box in ("parameter", "hyper-parameter", "metric", "optimiser")
    )
    credit = check.recipe({"a": "nothing", "b": cards, "c": "remembered"})
    assert float(credit) == pytest.approx(2 * (boxes + 2) / 6)


@pytest.mark.parametrize("mutant", SETS, ids=called(SETS))
def test_credit_of_a_wrong_set_is_below_full(mutant):
    credit = mutant.run()
    assert credit < credit.points


def test_functions_that_keep_something_from_call_to_call_do_not_find_the_line():
    seen = []

    def sgd_step(params, grads, lr):
        seen.append(params)
        return tuple(p - lr * g * (len(seen) < 8) for p, g in zip(params, grads, strict=True))

    with pytest.raises(CheckFailed, match="forty steps of them do not find the line"):
        run("line_by_descent", 3, sgd_step=sgd_step)


# --- references


def test_the_references_agree_with_plain_arithmetic():
    assert numbers.torch_neuron(questions.hand_neuron().neuron) == 1
    assert numbers.torch_shapes(questions.network()) == SHAPES["PyTorch"]
    assert numbers.lecture_shapes(questions.network()) == SHAPES["lecture"]
    W, b = functions.torch_collapse([(np.array([[2.0]]), np.array([1.0])), (np.array([[3.0]]), np.array([4.0]))])
    assert (W.tolist(), b.tolist()) == ([[6.0]], [7.0])


def test_the_gradient_agrees_with_finite_differences():
    x, y, step = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 6.0]), 1e-6

    def loss(w, b):
        return np.mean((w * x + b - y) ** 2)

    dw = (loss(2 + step, 0.5) - loss(2 - step, 0.5)) / (2 * step)
    db = (loss(2, 0.5 + step) - loss(2, 0.5 - step)) / (2 * step)
    np.testing.assert_allclose(functions.torch_grads(x, y, 2.0, 0.5), [dw, db], rtol=1e-6)


def test_the_limit_of_the_rates_is_where_descent_diverges():
    question = questions.learning_rates("ada")
    for x in (np.array(question.hours), np.array(questions.standardise(question.hours))):
        rate = experiments.largest_converging(question.rates, torch.tensor(x))
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
    "mixed set": {1, "a", (2,)},
    "5,000 digits": 10**5000,
    "very large": 1e200,
    "nans": [float("nan")] * 4,
    "no numbers": np.zeros(0),
    "large array": np.zeros((300, 300)),
    "objects": np.array([1, None]),
    "meta tensor": torch.zeros(2, device="meta"),
    "sparse": torch.eye(3).to_sparse(),
    "time span": np.timedelta64(5, "D"),
    "type": object,
    "function": len,
    "generator": iter("ab"),
    "dots": ...,
}
PARTS = {
    "hand-neuron": ("z", "z doubled"),
    "network-shapes": ("lecture", "PyTorch", "parameters"),
    "picture-weights": ("grey weights", "grey", "colour", "large", "megabytes"),
    "recipe-card": ("a", "b", "c"),
    "largest-rate": ("raw", "standardised"),
    "fool-colleague": ("y_hat", "y"),
}


def verdict(run_it, capsys) -> tuple[float, str]:
    """Run a check; return the points and what the learner reads. Any other exception is an error of the check."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            credit = run_it()
        except (CheckFailed, NotAttempted) as refusal:
            return 0.0, refusal.message
    return float(credit) if isinstance(credit, Credit) else -1.0, capsys.readouterr().out


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("exercise", PARTS)
def test_an_odd_answer_in_a_set_earns_nothing_and_is_told(exercise, odd, capsys):
    judge = (SET_ANSWERS | {"fool-colleague": check.fool_colleague})[exercise]
    tries = [odd, *({part: odd} for part in PARTS[exercise])]
    if exercise == "network-shapes":
        tries += [{name: dict.fromkeys(SHAPES["lecture"], odd)} for name in ("lecture", "PyTorch")]
    if exercise == "fool-colleague":
        tries += [{"y_hat": odd, "y": odd}, {"y_hat": odd, "y": [1, 2, 3, 4]}]
    if exercise == "recipe-card":
        tries += [{"b": dict.fromkeys(CARDS, odd)}]
    found = [verdict(lambda answer=answer: judge(answer), capsys) for answer in tries]
    assert [(points, text) for points, text in found if points != 0 or not 1 <= text.count("\n") + 1 <= 5] == []


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", NAMES)
def test_an_odd_result_of_a_function_is_refused(name, odd):
    for answer in (odd, lambda *args: odd, lambda *args: (odd, odd)):
        with pytest.raises((CheckFailed, NotAttempted)):
            run(NAMES[name], **{name: answer})


# --- calling a student's function


@pytest.mark.parametrize("name", ["linear_neuron", "dense", "mse", "mse_grads"])
def test_a_function_that_changes_its_input_is_told(name):
    right = build(name)

    def changing(*args):
        out = right(*args)
        args[0][...] = 77
        return out

    with pytest.raises(CheckFailed, match=f"^{name} changed the array that it was given"):
        run(NAMES[name], **{name: changing})


@pytest.mark.parametrize("name", NAMES)
def test_a_function_that_is_not_written_is_not_attempted(name):
    def stub(*args):
        raise NotImplementedError

    with pytest.raises(NotAttempted, match=f"write {name}"):
        run(NAMES[name], **{name: stub})


@pytest.mark.parametrize("name", NAMES)
def test_an_error_names_the_students_own_line(name):
    names = {}
    exec(compile(f"def {name}(*args):\n    return 1 / 0\n", "<ipython-input>", "exec"), names)
    with pytest.raises(CheckFailed, match=f"{name} raised ZeroDivisionError: division by zero"):
        run(NAMES[name], **{name: names[name]})


def test_noise_on_stderr_does_not_cost_points(capsys):
    def noisy(y_hat, y):
        print("50 %", file=sys.stderr)
        warnings.warn("slow", stacklevel=1)
        return np.mean((y_hat - y) ** 2)

    assert run("line_by_descent", mse=noisy) is None
    assert capsys.readouterr().err == ""


# --- untouched and half done


@pytest.mark.parametrize(
    ("exercise", "blank"),
    [
        ("hand-neuron", {"z": None, "z doubled": None}),
        (
            "network-shapes",
            {name: dict.fromkeys(SHAPES["lecture"]) for name in ("lecture", "PyTorch")} | {"parameters": None},
        ),
        ("picture-weights", dict.fromkeys(COUNTS)),
        ("recipe-card", {"a": None, "b": dict.fromkeys(CARDS), "c": None}),
        ("largest-rate", {"raw": None, "standardised": None}),
    ],
)
def test_an_untouched_set_is_not_attempted(exercise, blank):
    with pytest.raises(NotAttempted):
        SET_ANSWERS[exercise](blank)


@pytest.mark.parametrize("answer", [{"y_hat": None, "y": None}, {"y_hat": [1, 2, 3, 4], "y": None}])
def test_an_untouched_counter_example_is_not_attempted(answer):
    with pytest.raises(NotAttempted):
        check.fool_colleague(answer)


def test_half_a_set_is_marked_in_half():
    assert check.hand_neuron({"z": 1, "z doubled": None}, questions.hand_neuron()) == 1
    assert check.learning_rates({"raw": None, "standardised": 0.9}, questions.learning_rates()) == 1
    assert check.network_shapes({"lecture": None, "PyTorch": None, "parameters": 26}, questions.network()) == 3 / 8


def test_a_rate_that_was_not_tried_is_told():
    with pytest.raises(CheckFailed, match=r"0\.3 is not among them"):
        check.learning_rates({"raw": 0.3, "standardised": None}, questions.learning_rates())


def test_a_short_pair_is_told_its_length():
    with pytest.raises(CheckFailed, match=r"at least 4; yours: \(2,\) and \(2,\)"):
        check.fool_colleague({"y_hat": [3, -3], "y": [0, 0]})


# --- nothing is given away


@pytest.mark.parametrize("name", NAMES)
def test_a_hidden_case_is_not_described(name):
    right = build(name)

    def wrong(*args):
        out = right(*args)
        parts = [np.asarray(part, dtype=float) + 0.37 for part in (out if type(out) is tuple else (out,))]
        return parts if len(parts) > 1 else parts[0]

    with pytest.raises(CheckFailed) as failure:
        run(NAMES[name], 31, **{name: wrong})
    told = failure.value.message.split("Hint")[0]
    assert "drawn at grading" in told
    assert re.findall(r"[0-9]", told) == []


def test_a_hidden_misfit_is_not_described():
    with pytest.raises(CheckFailed) as failure:
        run("dense_layer", 31, dense=lambda X, W, b: X @ W.T + b)
    assert "in a case drawn at grading" in failure.value.message
    assert re.findall(r"[0-9]", failure.value.message.split("Hint")[0]) == []


@pytest.mark.parametrize("student", ["ada", "bela", "s1234567"])
def test_a_message_never_holds_the_expected_number(student, capsys):
    hand, net, pictures = questions.hand_neuron(student), questions.network(student), questions.counting(student)
    check.hand_neuron({"z": 991, "z doubled": 992}, hand)
    check.network_shapes({"lecture": None, "PyTorch": {"x": (77, 78)}, "parameters": 995}, net)
    check.picture_weights(dict.fromkeys(COUNTS, 997), pictures)
    told = set(re.findall(r"-?[0-9.]+", capsys.readouterr().out.replace(",", "")))
    right = {questions.fire(hand.neuron), questions.fire(hand.after), questions.count_parameters(net)}
    right |= set(questions.counting_right(pictures).values())
    assert told & {f"{number:g}" for number in right} - {"1", "2"} == set()


def test_hidden_cases_depend_on_their_seed():
    one, other = (functions.layer_inputs(functions.HIDDEN_LAYER_CASES[0], seed)[0] for seed in (1, 2))
    assert not np.allclose(one, other)


def test_no_check_draws_from_the_learners_random_numbers(capsys):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    for run_it in (SETS[6].run, SETS[20].run, lambda: run("line_by_descent", 3), lambda: run("collapse", 3)):
        run_it()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_step_is_what_pytorchs_sgd_does():
    params = torch.nn.Parameter(torch.tensor([2.0, 1.0], dtype=torch.float64))
    params.grad = torch.tensor([4.0, -3.0], dtype=torch.float64)
    torch.optim.SGD([params], lr=0.1).step()
    assert run("line_by_descent", sgd_step=lambda p, g, lr: params.detach()) is None


def test_dice_do_not_repeat():
    assert len({questions.practice_neuron(Dice("x", n)) for n in range(50)}) > 40
