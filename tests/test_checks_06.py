"""Lab 06: right by any way counts, wrong never does, odd input is told in a sentence, and nothing is given away."""

import importlib.util
import io
import re
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lesson import Lesson
from test_misconceptions_06 import CHECKS, LABELS, MUTANTS, PICTURES, TOOLS, Oracle, answers, build

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.checks import lab7_cnn as check
from course_utils.checks.lab7_cnn import networks, training
from course_utils.variants import lab7_cnn as questions

lesson = Lesson("06_lab7_cnn")
QUIETLY = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def sample_class():
    path = lesson.master.parent / "sample_class.py"
    spec = importlib.util.spec_from_file_location("sample_class_06", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLES = sample_class()


def defined(source: str):
    names = dict(TOOLS)
    exec(source, names)
    return names[list(names)[-1]]


SEQUENTIAL = """class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        self.drop = nn.Dropout(0.3)
    def forward(self, x):
        maps = nn.Sequential(self.conv1, nn.MaxPool2d(2), nn.ReLU(), self.conv2, nn.ReLU(), nn.MaxPool2d(2))(x)
        return nn.Sequential(nn.Flatten(), self.fc1, nn.ReLU(), self.fc2, nn.ReLU(), self.drop, self.fc3)(maps)
"""
GRADIENTS_BY_HAND = """def train_one_epoch(model, loader, optimiser, loss_fn):
    model.train(True)
    sums, sizes = [], []
    for batch in loader:
        x, y = batch
        for parameter in model.parameters():
            parameter.grad = None
        loss = loss_fn(model(x), y)
        loss.backward()
        optimiser.step()
        sums.append(float(loss.detach()) * x.shape[0])
        sizes.append(x.shape[0])
    return sum(sums) / len(loader.dataset)
"""
ZERO_LAST = """def train_one_epoch(model, loader, optimiser, loss_fn):
    model.train()
    optimiser.zero_grad()
    total = 0.0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        total += loss.item() * len(x)
    return np.float32(total / len(loader.dataset))
"""
EVALUATE_IN_LISTS = """@torch.no_grad()
def evaluate(model, loader, n_classes):
    before = model.training
    model.eval()
    rows = [[0] * n_classes for _ in range(n_classes)]
    for x, y in loader:
        for t, p in zip(y.tolist(), model(x).max(1).indices.tolist()):
            rows[t][p] += 1
    model.train(before)
    per_class = [row[k] / sum(row) if sum(row) else float("nan") for k, row in enumerate(rows)]
    right = sum(rows[k][k] for k in range(n_classes))
    return {"accuracy": right / sum(map(sum, rows)), "per_class": tuple(per_class), "confusion": rows}
"""
RIGHT = {
    "build-cnn": [SAMPLES.CNN_IN_PIECES, SAMPLES.CNN_FUNCTIONAL, SEQUENTIAL],
    "mend-the-network": [SAMPLES.MEND_ADAPTIVE],
    "train-one-epoch": [SAMPLES.LOOP_BY_SAMPLES, GRADIENTS_BY_HAND, ZERO_LAST],
    "evaluate": [SAMPLES.EVALUATE_AT_ONCE, EVALUATE_IN_LISTS],
    "count-params": [SAMPLES.PARAMS_WITH_TORCH],
}
WAYS = [pytest.param(name, source, id=f"{name}-{i}") for name, all_ in RIGHT.items() for i, source in enumerate(all_)]


@pytest.mark.parametrize(("name", "source"), WAYS)
@pytest.mark.parametrize("hidden", [None, 6])
def test_a_right_answer_counts_however_it_is_written(name, source, hidden):
    assert CHECKS[name](defined(source), hidden=hidden) is None


def weights_as(form):
    run = build("reproducible-run")
    return lambda seed: form(run(seed))


@pytest.mark.parametrize("form", [list, tuple, lambda w: [x.numpy() for x in w], lambda w: dict(enumerate(w))])
def test_weights_count_in_any_form(form):
    assert check.reproducible_run(weights_as(form)) is None


# --- sets of answers: everything right in any form


def number_as(form, value):
    if isinstance(value, dict):
        return {key: number_as(form, one) for key, one in value.items()}
    return form(value) if isinstance(value, (int, float)) else value


SETS = {
    "shape-trace": lambda form: check.shape_trace(
        {k: [form(n) for n in s] for k, s in questions.trace(questions.LAB7).items()}, questions.LAB7
    ),
    "parameter-counts": lambda form: check.parameter_trace(
        number_as(form, questions.parameters(questions.LAB7)),
        {k: tuple(map(form, s)) for k, s in questions.tensors(questions.LAB7).items()},
        questions.LAB7,
    ),
    "larger-pictures": lambda form: check.larger_pictures(number_as(form, answers("larger-pictures", "larger")), 64),
    "keras-network": lambda form: check.keras_network(
        {k: np.array([form(n) for n in s]) for k, s in questions.keras_trace(questions.KERAS).items()},
        number_as(form, questions.keras_counts(questions.KERAS)) | {"share of dense1": 94.5776},
        questions.KERAS,
    ),
    "residual-block": lambda form: check.residual_block(
        number_as(form, {"basic": 73984, "down": 230144}) | {"needs 1x1": ["D", "b", "c"]}, questions.blocks()
    ),
}


@pytest.mark.parametrize("form", [int, float, np.int64, np.float64, torch.tensor, np.array])
@pytest.mark.parametrize("name", SETS)
def test_right_numbers_count_in_any_form(name, form, capsys):
    credit = SETS[name](form)
    assert (float(credit), capsys.readouterr().out) == (credit.points, "Correct.\n")


def test_shapes_count_as_pytorch_gives_them():
    shapes = {k: torch.Size(s) for k, s in questions.trace(questions.LAB7).items()}
    tensors = {k: torch.Size(s) for k, s in questions.tensors(questions.LAB7).items()}
    assert float(check.shape_trace(shapes, questions.LAB7)) == 2
    assert float(check.parameter_trace(questions.parameters(questions.LAB7), tensors, questions.LAB7)) == 2


@pytest.mark.parametrize("student", ["ada", "s7", "x@uni"])
def test_own_numbers_count(student):
    for source in SAMPLES.own_answers(student).values():
        names: dict = {}
        exec(source, names)
        if "shapes" in names:
            assert float(check.shape_trace(names["shapes"], questions.network(student))) == 2
        if "parameters" in names:
            assert float(check.parameter_trace(names["parameters"], names["tensors"], questions.network(student))) == 2
        if "larger" in names:
            assert float(check.larger_pictures(names["larger"], questions.larger_side(student))) == 1
        if "keras_counts" in names:
            credit = check.keras_network(names["keras_shapes"], names["keras_counts"], questions.keras_net(student))
            assert float(credit) == 3
        if "residual" in names:
            assert float(check.residual_block(names["residual"], questions.blocks(student))) == 1


@given(place=st.sampled_from(sorted(questions.trace(questions.LAB7))), axis=st.integers(0, 3), by=st.integers(-3, 3))
@QUIETLY
def test_a_changed_shape_never_counts(place, axis, by):
    right = questions.trace(questions.LAB7)
    shape = list(right[place])
    axis %= len(shape)
    shape[axis] += by
    credit = check.shape_trace(right | {place: tuple(shape)}, questions.LAB7)
    assert float(credit) == (2 if by == 0 else pytest.approx(2 * 7 / 8))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=3), st.integers(8, 20), st.integers(0, 1))
@QUIETLY
def test_counting_with_one_thing_wrong_is_never_right(kernels, size, padding):
    from course_utils.checks.lab7_cnn.counting import count, torch_count

    config = [*kernels, "pool", "flatten", 7]
    assert count(config, 2, size, padding) == torch_count(config, 2, size, padding)
    assert count(config, 2, size, padding, bias=0) != torch_count(config, 2, size, padding)


@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-2, 1e-1, 1.0]))
@QUIETLY
def test_disturbed_scores_never_count(seed, scale):
    noise = torch.randn(10, generator=torch.Generator().manual_seed(seed)) * scale
    state, x = networks.draw_state(1), networks.draw_pictures(4, 32, 5)
    right = networks.forward(state, x)
    assert networks._compare_scores(right.double(), state, x, "a case") is None
    with pytest.raises(CheckFailed):
        networks._compare_scores(right + noise, state, x, "a case")


@given(number=st.integers(4, 30), classes=st.integers(2, 6), batch=st.integers(1, 9), seed=st.integers(0, 99))
@QUIETLY
def test_evaluation_by_counting_agrees_with_the_lessons(number, classes, batch, seed):
    scores, labels = training.draw_scores(number, classes, None, seed)
    found = training.watch_evaluation(build("evaluate"), scores, labels, batch, True)
    training._judge_parts(found["answer"], scores, labels, batch, "a case")


# --- nothing attempted


@pytest.mark.parametrize("name", CHECKS)
def test_nothing_there_is_not_attempted(name):
    with pytest.raises(NotAttempted):
        CHECKS[name](None)


@pytest.mark.parametrize("name", [name for name in CHECKS if name not in ("build-cnn", "mend-the-network")])
def test_a_stub_is_not_attempted(name):
    def stub(*args, **kwargs):
        raise NotImplementedError

    with pytest.raises(NotAttempted):
        CHECKS[name](stub)


@pytest.mark.parametrize("name", ["build-cnn", "mend-the-network"])
@pytest.mark.parametrize("where", ["__init__", "forward"])
def test_a_stub_class_is_not_attempted(name, where):
    text = re.sub(
        r"### BEGIN SOLUTION\n.*?### END SOLUTION"
        if where == "__init__"
        else r"(?s)### BEGIN SOLUTION(?!.*### BEGIN).*?### END SOLUTION",
        "raise NotImplementedError()",
        lesson.cells()[name].source,
        count=1,
        flags=re.DOTALL,
    )
    with pytest.raises(NotAttempted):
        CHECKS[name](defined(text))


EMPTY = {
    "shape-trace": lambda: check.shape_trace(dict.fromkeys(questions.trace(questions.LAB7)), questions.LAB7),
    "parameter-counts": lambda: check.parameter_trace({}, {}, questions.LAB7),
    "larger-pictures": lambda: check.larger_pictures({}, 64),
    "keras-network": lambda: check.keras_network({}, {}, questions.KERAS),
    "not-vgg": lambda: check.not_vgg({}),
    "residual-block": lambda: check.residual_block({"basic": None}, questions.blocks()),
    "depth": lambda: check.deeper({}),
    "first-run": lambda: check.first_run({}, None, PICTURES, LABELS),
}


@pytest.mark.parametrize("run", EMPTY.values(), ids=EMPTY)
def test_an_empty_set_is_not_attempted(run):
    with pytest.raises(NotAttempted):
        run()


# --- odd input is told in a sentence


class Equal:
    def __eq__(self, other):
        return True

    __hash__ = None


ODD = {
    "no dict": (lambda: check.shape_trace([1], questions.LAB7), "shapes should be a dict"),
    "text": (lambda: check.shape_trace({"conv1": "28"}, questions.LAB7), "should be a tuple of numbers, not a str"),
    "equal": (lambda: check.shape_trace({"conv1": Equal()}, questions.LAB7), "tuple of numbers, not an Equal"),
    "equal number": (lambda: check.residual_block({"basic": Equal()}, questions.blocks()), "number, not an Equal"),
    "word": (lambda: check.larger_pictures({"batch of 4": "perhaps"}, 64), '"raises" or "passes", not'),
    "reason": (lambda: check.not_vgg({"reason": 5}), "should be one of 'padding'"),
    "letters": (lambda: check.residual_block({"needs 1x1": {1, 2}}, questions.blocks()), "a set of letters"),
    "no class": (lambda: check.build_cnn(lambda: 5), "made from nn.Module"),
    "an instance": (lambda: check.build_cnn(torch.nn.Linear(2, 2)), "raised TypeError"),
    "no network": (lambda: check.first_run({"chance": 0.1}, 5, PICTURES, LABELS), "trained model, not an int"),
    "no weights": (lambda: check.reproducible_run(lambda seed: 5), "return the final weights, not int"),
    "no number": (lambda: check.count_params(lambda *args: "many"), "whole number, not a str"),
    "nothing": (lambda: check.train_one_epoch(lambda *args: None), "train_one_epoch: not yet right"),
    "no key": (lambda: check.evaluate(lambda *args: {"accuracy": 1}), "has no 'confusion'"),
    "a pair": (
        lambda: check.mend_network(build("mend-the-network", ("F.relu(self.fc2(x)))", "F.relu(self.fc2(x))), 1"))),
        "tensor of scores, not a tuple",
    ),
    "no return": (
        lambda: check.mend_network(build("mend-the-network", ("return self.fc3", "self.fc3"))),
        r"not None. Does forward end in a return statement\?$",
    ),
    "an array": (
        lambda: check.train_one_epoch(build("train-one-epoch", ("return total / count", "return np.array([1.0])"))),
        "a number, not an ndarray",
    ),
    "a type of numbers": (
        lambda: check.train_one_epoch(build("train-one-epoch", ("(model(images), labels)", "(labels, model(images))"))),
        "raised NotImplementedError: .* not implemented for",
    ),
    "another loss": (
        lambda: check.train_one_epoch(build("train-one-epoch", ("= loss_fn(", "= F.cross_entropy("))),
        "loss_fn was never called",
    ),
    "untrained": (
        lambda: check.reproducible_run(build("reproducible-run", ("range(2)", "range(0)"))),
        "weights from before the first step",
    ),
    "too few weights": (
        lambda: check.reproducible_run(lambda seed: [torch.full((3,), float(seed))]),
        r"returns 3 numbers; small_network\(\) has 2,874 weights",
    ),
    "forward": (lambda: check.build_cnn(build("build-cnn", ("return self.fc3(x)", "self.fc3(x)"))), "return statement"),
    "a name": (lambda: check.build_cnn(build("build-cnn", ("conv2", "second"))), "no parameter conv2.weight"),
    "a size": (lambda: check.build_cnn(build("build-cnn", ("120", "110"))), r"fc1.weight has the shape \(110, 400\)"),
}


@pytest.mark.parametrize(("run", "words"), ODD.values(), ids=ODD)
def test_odd_input_is_told_in_a_sentence(run, words):
    with pytest.raises(CheckFailed, match=words) as failure:
        run()
    assert len(failure.value.message.splitlines()) <= 4


def test_half_a_set_gets_half_the_points(capsys):
    right = questions.trace(questions.LAB7)
    half = {name: right[name] if "conv" in name or "pool" in name else None for name in right}
    assert float(check.shape_trace(half, questions.LAB7)) == 1
    assert "No answer yet: flatten, fc1, fc2, fc3." in capsys.readouterr().out


# --- nothing is given away


def told(run) -> str:
    out = io.StringIO()
    before, sys.stdout = sys.stdout, out
    try:
        run()
    except CheckFailed as error:
        return out.getvalue() + error.message
    finally:
        sys.stdout = before
    return out.getvalue()


ALL_WRONG = {
    "shape-trace": lambda: check.shape_trace(dict.fromkeys(questions.trace(questions.LAB7), (1, 1)), questions.LAB7),
    "parameter-counts": lambda: check.parameter_trace(
        dict.fromkeys(questions.parameters(questions.LAB7), 7),
        dict.fromkeys(questions.tensors(questions.LAB7), (1, 7)),
        questions.LAB7,
    ),
    "larger-pictures": lambda: check.larger_pictures({"features": 7, "rows for 25": 7, "another batch": 7}, 64),
    "keras-network": lambda: check.keras_network(
        dict.fromkeys(questions.keras_trace(questions.KERAS), (7,)),
        dict.fromkeys([*questions.keras_counts(questions.KERAS), "share of dense1"], 7),
        questions.KERAS,
    ),
    "not-vgg": lambda: check.not_vgg(dict.fromkeys(answers("not-vgg", "vgg"), 7) | {"reason": "stride"}),
    "residual-block": lambda: check.residual_block({"basic": 7, "down": 7, "needs 1x1": "a"}, questions.blocks()),
}
SECRETS = {"28", "14", "62006", "48120", "2416", "2704", "169", "433354", "1600", "94.6", "10.6", "74.3", "512"}
SECRETS |= {"2101248", "73984", "230144", "431754", "409856"}


@pytest.mark.parametrize("run", ALL_WRONG.values(), ids=ALL_WRONG)
def test_the_right_numbers_are_never_told(run):
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", told(run))
    assert set(re.findall(r"[0-9]+(?:\.[0-9]+)?", text)) & SECRETS == set()


HIDDEN_WRONG = [
    ("build-cnn", ("F.relu(self.conv1(x))", "self.conv1(x)")),
    ("train-one-epoch", ("return total / count", "return total")),
    ("evaluate", ("confusion[t, p]", "confusion[p, t]")),
    ("count-params", ("(9 * inputs + 1)", "(9 * inputs)")),
    ("mend-the-network", ("self.fc1(x.flatten(1))", "self.fc1(x.flatten(2))")),
]


@pytest.mark.parametrize(("name", "change"), HIDDEN_WRONG, ids=[name for name, _ in HIDDEN_WRONG])
def test_a_hidden_case_is_not_described(name, change):
    text = told(lambda: CHECKS[name](build(name, change), hidden=9))
    text = re.sub(r"(?s)Hint:.*", "", text).replace("CNN64", "")
    assert re.findall("[0-9]+", text) == []


def test_checks_are_silent_on_stderr(capfd):
    for one in MUTANTS[::7]:
        told(one.run)

    def noisy(config, *args, **kwargs):
        import warnings

        warnings.warn("slow", stacklevel=1)
        print("50 %", file=sys.stderr)
        return build("count-params")(config, *args, **kwargs)

    check.count_params(noisy)
    assert capfd.readouterr().err == ""


def test_the_learners_random_numbers_are_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    check.build_cnn(build("build-cnn"))
    check.mend_network(build("mend-the-network"))
    assert torch.equal(torch.rand(3), expected)


def test_a_model_keeps_its_mode_and_weights():
    model = Oracle().train()
    assert float(check.first_run({"accuracy": 0.8}, model, PICTURES, LABELS)) == pytest.approx(0.8)
    assert model.training


def test_a_network_at_chance_level_is_not_enough(capsys):
    class Constant(torch.nn.Module):
        def forward(self, x):
            return F.one_hot(torch.zeros(len(x), dtype=torch.long), 10).float()

    credit = check.first_run({"accuracy": 0.1, "chance": 0.1}, Constant(), PICTURES, LABELS)
    assert float(credit) == pytest.approx(0.8)
    assert "35 % are wanted" in capsys.readouterr().out


@pytest.mark.parametrize("one", MUTANTS[:3])
def test_values_of_checks_are_credit_or_none(one):
    assert isinstance(one.run(), Credit)


# --- what the lesson claims of accuracies


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_short_training_is_far_above_chance(seed):
    from course_utils.data import load_shapes
    from course_utils.data.loaders import make_loader

    train, test = load_shapes(1500, 300)
    torch.manual_seed(seed)
    network, train_one_epoch = build("build-cnn")(), build("train-one-epoch")
    optimiser = torch.optim.Adam(network.parameters(), lr=0.002)
    loader = make_loader(train, shuffle=True)
    images, labels = next(iter(loader))
    assert F.cross_entropy(network(images), labels).item() == pytest.approx(np.log(10), abs=0.15)
    for _ in range(4):
        train_one_epoch(network, loader, optimiser, F.cross_entropy)
    found = build("evaluate")(network, make_loader(test), 10)
    assert found["accuracy"] > 0.35
