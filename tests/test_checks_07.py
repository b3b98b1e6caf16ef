"""Lab 07: right by any way counts, wrong never does, odd input is told in a sentence, and nothing is given away."""

import re
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lesson import Lesson
from test_misconceptions_07 import ALL, TABLE, build, outcome, run_with
from torch import nn

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.checks import transfer_learning as check
from course_utils.checks.transfer_learning import augmenting, probes
from course_utils.data import NEW_SHAPES, load_shapes
from course_utils.models import load_trained, make_small_cnn
from course_utils.training import accuracy, fit
from course_utils.variants import transfer_learning as questions

lesson = Lesson("07_transfer_learning")
QUIETLY = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
FORMS = {
    "an array": lambda t: np.asarray(t),
    "float64": lambda t: np.asarray(t, dtype=np.float64),
    "a list": lambda t: np.asarray(t).tolist(),
    "a tuple of arrays": lambda t: tuple(np.asarray(t)),
    "a tensor of float64": lambda t: torch.tensor(np.asarray(t), dtype=torch.float64),
    "not contiguous": lambda t: np.repeat(np.asarray(t), 2, axis=-1)[..., ::2],
    "read-only": lambda t: np.broadcast_to(np.asarray(t), np.shape(t)),
}


# --- right, by any way


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("name", ["extract_features", "fit_head", "augment"])
def test_an_array_counts_in_any_form(name, form):
    right = build(name)
    assert run_with(name, lambda *args: form(right(*args))) is None


def by_slices(model, X, layer, batch=64):
    """Extract with slices, a hook for each batch and inference mode."""
    rows, mode = [], model.training
    model.eval()
    for start in range(0, len(X), batch):
        caught = []
        handle = dict(model.named_modules())[layer].register_forward_hook(lambda m, i, o, c=caught: c.append(o.numpy()))
        with torch.inference_mode():
            model(X[start : start + batch])
        handle.remove()
        rows += [row.ravel() for row in caught[0]]
    model.train(mode)
    return np.stack(rows)


def one_by_one(model, X, layer, batch=64):
    """Extract picture by picture, with a graph that is cut off at the end."""
    modes = [module.training for module in model.modules()]
    model.eval()
    caught = []
    handle = model.get_submodule(layer).register_forward_hook(lambda m, i, o: caught.append(o.detach().reshape(-1)))
    for x in X:
        model(x[None])
    handle.remove()
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode
    return torch.stack(caught)


def on_a_copy(model, X, layer, batch=64):
    """Extract from a copy: the model that was given never runs."""
    copy, rows = deepcopy(model).eval(), []
    copy.get_submodule(layer).register_forward_hook(lambda m, i, o: rows.append(o.detach().flatten(1)))
    for part in X.split(batch):
        copy(part)
    return torch.cat(rows)


@pytest.mark.parametrize("way", [by_slices, one_by_one, on_a_copy])
@pytest.mark.parametrize("hidden", [None, 11])
def test_features_count_however_they_are_caught(way, hidden):
    assert check.features(way, hidden=hidden) is None


def freeze_with_methods(module):
    module.requires_grad_(False)
    return module.train(False)


def freeze_for_good(module):
    """Freeze so that not even train() wakes it."""
    freeze_with_methods(module)
    module.train = lambda mode=True: module


COLLECTIONS = {"list": list, "tuple": tuple, "generator": lambda found: (p for p in found), "set": set}


@pytest.mark.parametrize("freeze", [freeze_with_methods, freeze_for_good])
@pytest.mark.parametrize("collect", COLLECTIONS.values(), ids=COLLECTIONS)
def test_freezing_counts_in_any_way(freeze, collect):
    def trainable_parameters(model):
        return collect([p for p in model.parameters() if p.requires_grad])

    assert check.freezing(freeze, trainable_parameters, hidden=4) is None


def head_with_a_small_number(F_train, y_train, F_test):
    """Fit by plain descent; a small number is added to each standard deviation; NumPy throughout."""
    F_train, F_test, y = F_train.numpy().astype(float), F_test.numpy().astype(float), y_train.numpy()
    mean, std = F_train.mean(0), F_train.std(0) + 1e-8
    x, t = (F_train - mean) / std, (F_test - mean) / std
    W, hot = np.zeros((x.shape[1], y.max() + 1)), np.eye(y.max() + 1)[y]

    def softmax(z):
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    for _ in range(200):
        W -= 0.2 * x.T @ (softmax(x @ W) - hot) / len(x)
    return softmax(t @ W)


def head_with_random_start(F_train, y_train, F_test):
    """Start from PyTorch's random weights, train in batches, with one hidden layer."""
    mean, std = F_train.mean(0), F_train.std(0)
    std = std.where(std > 0, torch.ones(()))
    head = nn.Sequential(nn.Linear(F_train.shape[1], 16), nn.ReLU(), nn.Linear(16, int(y_train.max()) + 1))
    fit(head, (F_train - mean) / std, y_train, epochs=60, batch_size=10, learning_rate=0.01)
    return head((F_test - mean) / std).softmax(1)


@pytest.mark.parametrize("way", [head_with_a_small_number, head_with_random_start])
@pytest.mark.parametrize("hidden", [None, 12])
def test_a_head_counts_however_it_is_fitted(way, hidden):
    assert check.head_probabilities(way, hidden=hidden) is None


def test_a_rare_draw_is_no_mistake():
    """After so many draws a generator of the check gives 40 pictures not all five shifts, though each could come."""

    def augment(X, rng):
        N, H, W = len(X), *X.shape[2:]
        rng.random(3495)
        shifts, turned = rng.integers(0, 5, (N, 2)), rng.random(N) < 0.5
        padded = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)))
        windows = [each[:, d : d + H, a : a + W] for each, (d, a) in zip(padded, shifts, strict=True)]
        return np.stack([each[:, :, ::-1] if turn else each for each, turn in zip(windows, turned, strict=True)])

    assert check.augmentation(augment, hidden=78) is None


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_any_filling_behind_the_edge_counts(mode):
    assert check.augmentation(build("augment", ("(2, 2)))", f"(2, 2)), mode={mode!r})"))) is None


@pytest.mark.parametrize(
    ("exercise", "names", "run"),
    [
        ("extract-features", ["extract_features"], lambda f: check.features(f, hidden=5)),
        ("freezing", ["freeze", "trainable_parameters"], lambda f, t: check.freezing(f, t, hidden=5)),
        ("fit-head", ["fit_head"], lambda f: check.head_probabilities(f, hidden=5)),
        ("augment", ["augment"], lambda f: check.augmentation(f, hidden=5)),
    ],
)
def test_the_lessons_own_functions_count(exercise, names, run):
    answers = lesson.answers(exercise, torch=torch, nn=nn, fit=fit)
    assert run(*(getattr(answers, name) for name in names)) is None


@pytest.mark.parametrize(
    ("exercise", "run"),
    [
        ("head-sizes", lambda a: check.head_sizes(a.numbers, questions.heads())),
        ("learning-curve", lambda a: check.learning_curve(a.results)),
        ("label-bug", lambda a: check.swapped_labels(a.bug, a.repair_labels, questions.folders())),
        ("when-it-helps", lambda a: check.when_it_helps(a.choices)),
    ],
)
def test_the_lessons_own_answers_earn_full_marks(exercise, run, capsys):
    credit = run(lesson.answers(exercise))
    assert (float(credit), capsys.readouterr().out) == (credit.points, "Correct.\n")


@pytest.mark.parametrize("number", [int, float, np.int64, np.float32, torch.tensor, np.array])
def test_a_count_counts_as_any_number(number):
    answers = {"a": number(50178), "b": number(1026), "c": number(2050), "full": number(25634), "share": 8}
    assert check.head_sizes(answers, questions.heads()) == 3


@pytest.mark.parametrize("share", [8, 8.0, 7.997, 7.9972, np.float32(8), torch.tensor(8.0)])
def test_a_share_may_be_rounded(share):
    answers = {"a": 50178, "b": 1026, "c": 2050, "full": 25634, "share": share}
    assert check.head_sizes(answers, questions.heads()) == 3


REPAIRED = [list, tuple, np.array, torch.tensor, lambda v: np.array(v, np.float32), lambda v: np.array(v) == 1]


@pytest.mark.parametrize("form", REPAIRED, ids=range(len(REPAIRED)))
def test_labels_count_in_any_form(form):
    right = build("repair_labels")
    answers = {"wrong": 15, "first": 98, "last": 112}
    assert check.swapped_labels(answers, lambda *args: form(right(*args)), questions.folders()) == 2


# --- wrong never counts


@QUIETLY
@given(st.integers(0, 5), st.integers(0, 23), st.floats(0.01, 10), st.booleans())
def test_no_changed_feature_is_accepted(row, column, by, minus):
    right = build("extract_features")

    def changed(*args):
        rows = right(*args).clone()
        rows[row % len(rows), column % rows.shape[1]] += -by if minus else by
        return rows

    with pytest.raises(CheckFailed):
        check.features(changed)


@QUIETLY
@given(st.sampled_from(["a", "b", "c", "full", "share"]), st.floats(-1e6, 1e6))
def test_no_other_number_is_accepted(part, value):
    right = {"a": 50178, "b": 1026, "c": 2050, "full": 25634, "share": 8.0}
    if abs(value - right[part]) > 0.1:
        assert float(check.head_sizes(right | {part: value}, questions.heads())) == pytest.approx(2.4)


@QUIETLY
@given(st.lists(st.integers(0, 210), min_size=1, max_size=4, unique=True))
def test_no_wrong_repair_is_accepted(places):
    right = build("repair_labels")

    def repair(labels, names):
        found = right(labels, names)
        for place in places:
            found[place % len(found)] = 1 - found[place % len(found)]
        return found

    if len({place % 13 for place in places}) == len(places):
        answers = {"wrong": 15, "first": 98, "last": 112}
        assert float(check.swapped_labels(answers, repair, questions.folders())) == 1.5


@QUIETLY
@given(st.integers(0, 4), st.integers(0, 10**6))
def test_no_other_number_of_wrong_labels_is_accepted(which, seed):
    question = questions.folders(f"student{seed}")
    wrong = list(questions.bug_ways(question).values())[which]
    places = questions.wrong_places(question)
    answers = {"wrong": wrong, "first": places[0], "last": places[-1]}
    assert float(check.swapped_labels(answers, build("repair_labels"), question)) == 1.5


@pytest.mark.parametrize("noise", [0.001, 0.1])
def test_noise_is_no_augmentation(noise):
    right = build("augment")
    with pytest.raises(CheckFailed, match="no flip and shift"):
        check.augmentation(lambda X, rng: right(X, rng) + noise * rng.random(X.shape))


def test_channels_move_together():
    def augment(X, rng):
        right = build("augment")
        return np.concatenate([right(X[:, [c]], rng) for c in range(X.shape[1])], axis=1)

    with pytest.raises(CheckFailed, match="Do all channels of a picture move together"):
        check.augmentation(augment)


@pytest.mark.parametrize("moved", [True, False])
def test_a_flip_does_not_decide_about_the_shift(moved):
    shift = "down, across = rng.integers(0, 5, size=2)"
    draw = f"turn = rng.random() < 0.5\n        {shift} if turn is {moved} else (2, 2)"
    augment = build("augment", (shift, draw), ("rng.random() < 0.5 else", "turn else"))
    with pytest.raises(CheckFailed, match="both flipped and moved"):
        check.augmentation(augment)


def test_a_forgotten_return_is_told():
    with pytest.raises(CheckFailed, match="trainable_parameters returned None"):
        check.freezing(build("freeze"), lambda model: None)


ACCEPTED = {"float64": lambda t: t.numpy().astype(float), "a list of rows": list, "plain lists": lambda t: t.tolist()}


@pytest.mark.parametrize("form", ACCEPTED.values(), ids=ACCEPTED)
def test_the_lesson_goes_on_with_all_features_that_count(form):
    right, fit_head = build("extract_features"), build("fit_head")
    names = {"torch": torch, "np": np, "fit_head": fit_head, "source": load_trained("shapes")}
    names["extract_features"] = lambda *args: form(right(*args))
    names["X_ten"], names["y_ten"] = load_shapes(10, 5, classes=NEW_SHAPES, seed=0)[0].tensors()
    names["X_test"], names["y_test"] = names["X_ten"], names["y_ten"]
    lesson.run("spread = F_ten.std(0)", names)
    assert fit_head(names["F_ten"], names["y_ten"], names["F_ten"]).shape[0] == 10
    lesson.run("def share_right", names)


def test_shifts_to_one_side_only_are_told():
    with pytest.raises(CheckFailed, match="Not all shifts from -2 to 2"):
        check.augmentation(build("augment", ("(0, 5,", "(0, 4,")))


def test_a_parameter_that_is_missing_is_told():
    with pytest.raises(CheckFailed, match="are missing, or stand in the list twice"):
        run_with("trainable_parameters", lambda model: [p for p in model.parameters() if p.requires_grad][1:])


@pytest.mark.parametrize("change", ["F_train", "F_test"])
def test_changed_features_are_told(change):
    right = build("fit_head")

    def fit_head(F_train, y_train, F_test):
        answer = right(F_train, y_train, F_test)
        (F_train if change == "F_train" else F_test).mul_(2)
        return answer

    with pytest.raises(CheckFailed, match="fit_head changed the features"):
        check.head_probabilities(fit_head)


# --- not attempted


def stub(*_args):
    raise NotImplementedError


STUBS = [
    lambda: check.features(stub),
    lambda: check.features(None),
    lambda: check.freezing(stub, stub),
    lambda: check.freezing(build("freeze"), stub),
    lambda: check.head_probabilities(stub),
    lambda: check.augmentation(stub),
    lambda: check.head_sizes(dict.fromkeys(("a", "b", "c", "full", "share")), questions.heads()),
    lambda: check.learning_curve(
        {"table": None, "scratch reaches": None, "random beats pixels": None, "gain at 5": None}
    ),
    lambda: check.swapped_labels({"wrong": None, "first": None, "last": None}, stub, questions.folders()),
    lambda: check.when_it_helps({"pairs": {}, "trucks": None, "preprocessing": None, "few": None}),
]


@pytest.mark.parametrize("run", STUBS, ids=range(len(STUBS)))
def test_a_stub_is_not_attempted(run):
    with pytest.raises(NotAttempted):
        run()


def test_half_a_set_earns_half():
    credit = check.swapped_labels({"wrong": 15, "first": 98, "last": None}, stub, questions.folders())
    assert (float(credit), credit.codes) == (1.0, ())


def test_answers_without_a_table_are_told():
    with pytest.raises(CheckFailed, match="Paste the printed table"):
        check.learning_curve({"table": None, "scratch reaches": 100, "random beats pixels": None, "gain at 5": None})


# --- odd input

ODD = ["text", 5, [1, 2], {"a": 1}, object(), float("nan")]


@pytest.mark.parametrize("odd", ODD, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("name", ["extract_features", "trainable_parameters", "fit_head", "augment"])
def test_what_is_no_answer_is_told_in_a_sentence(name, odd):
    with pytest.raises(CheckFailed) as failure:
        run_with(name, lambda *_: odd)
    assert len(failure.value.message.splitlines()) <= 4


@pytest.mark.parametrize("name", ["extract_features", "freeze", "trainable_parameters", "fit_head", "augment"])
def test_an_error_of_the_students_is_told(name):
    with pytest.raises(CheckFailed, match="ZeroDivisionError"):
        run_with(name, lambda *_: 1 / 0)


@pytest.mark.parametrize("answers", [None, 5, [1], "x"])
@pytest.mark.parametrize(
    "run",
    [
        lambda a: check.head_sizes(a, questions.heads()),
        check.learning_curve,
        lambda a: check.swapped_labels(a, build("repair_labels"), questions.folders()),
        check.when_it_helps,
    ],
)
def test_what_is_no_dict_is_told(run, answers):
    with pytest.raises(CheckFailed, match="should be a dict"):
        run(answers)


@pytest.mark.parametrize("row", [None, {5: 0.5}, {5: "x", 10: 0.5, 25: 0.5, 100: 0.5}, 0.5])
def test_a_row_that_is_not_whole_is_told(row):
    with pytest.raises(CheckFailed, match="frozen"):
        check.learning_curve({"table": TABLE | {"frozen": row}})


def test_the_table_may_hold_numpy_numbers():
    table = {way: {n: np.float64(value) for n, value in row.items()} for way, row in TABLE.items()}
    answers = {"table": table, "scratch reaches": "100", "random beats pixels": 3, "gain at 5": 25.0}
    assert float(check.learning_curve(answers | {"scratch reaches": np.int64(100)})) == 4


def test_none_is_an_answer_where_scratch_never_gets_there():
    table = TABLE | {"scratch": {5: 0.5, 10: 0.5, 25: 0.55, 100: 0.7}}
    answers = {"table": table, "scratch reaches": " None ", "random beats pixels": 3, "gain at 5": 25}
    assert float(check.learning_curve(answers)) == 4


# --- nothing is given away


@pytest.mark.parametrize("number", range(len(ALL)))
def test_the_right_number_is_never_told(number):
    text = re.sub(r"you gave [0-9.,]+", "", outcome(number)[0])
    told = set(re.findall(r"[0-9.]*[0-9]", text.replace(",", "")))
    if ALL[number].code[:2] in ("PC", "TH", "DS") and ALL[number].points:
        heads = questions.heads("ada")
        assert told & {str(questions.count_head(head)) for head in heads.values()} == set()


def test_a_hidden_case_tells_nothing_of_itself():
    function = build("extract_features", ("return torch.cat(outputs)", "return torch.cat(outputs) + 1"))
    with pytest.raises(CheckFailed) as failure:
        check.features(function, hidden=3)
    assert re.findall("[0-9]+", failure.value.message) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("freeze", ("    module.eval()\n", "")),
        ("trainable_parameters", (" if p.requires_grad", "")),
        ("fit_head", (".softmax(1)", "")),
        ("augment", ("[:, :, ::-1]", "[:, ::-1]")),
    ],
)
def test_a_hidden_case_is_called_one(name, change):
    with pytest.raises(CheckFailed, match="a case drawn at grading"):
        run_with(name, build(name, change), hidden=3)


def test_a_check_is_silent_on_stderr_and_gives_no_value(capfd):
    def noisy(*args):
        import sys
        import warnings

        warnings.warn("slow", stacklevel=1)
        print("50 %", file=sys.stderr)
        return build("extract_features")(*args)

    assert check.features(noisy) is None
    assert capfd.readouterr() == ("Correct.\n", "")


@pytest.mark.parametrize("grad", [True, False])
def test_checks_do_not_mind_the_mode_of_gradients(grad):
    with torch.set_grad_enabled(grad):
        for name in ("extract_features", "freeze", "fit_head"):
            assert run_with(name, build(name)) is None


def test_a_credit_is_a_plain_number_within_its_points():
    credit = check.when_it_helps(lesson.solution("when-it-helps"))
    assert type(credit) is Credit
    assert (repr(credit), credit.points) == ("2.0", 2)


# --- the pieces


def test_a_move_is_found_whatever_it_is():
    x = np.random.default_rng(0).random((2, 7, 6))
    moved = np.zeros_like(x)
    moved[:, 1:, :-2] = x[:, :-1, ::-1][:, :, 2:]
    assert augmenting.find_move(x, moved)[:4] == (True, False, 1, -2)
    assert augmenting.find_move(x, x + 0.1) is None


def test_the_network_of_the_probes_is_the_same_each_time():
    x = probes.make_pictures(3, 1)
    assert torch.equal(probes.make_network(2)(x), probes.make_network(2)(x))
    assert not torch.equal(probes.make_network(2)(x), probes.make_network(3)(x))


def test_random_numbers_are_left_alone():
    state = torch.get_rng_state()
    probes.make_network(1)
    probes.make_pictures(2, 1)
    assert torch.equal(state, torch.get_rng_state())


# --- what the lesson says comes out again


@pytest.fixture(scope="module")
def source():
    return load_trained("shapes")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_frozen_features_are_far_above_pixels_and_scratch_with_five_pictures(seed, source):
    train, test = load_shapes(60, 200, classes=("heart", "arrow"), seed=seed)
    (X, y), (X_test, y_test) = train.few(5, seed=seed).tensors(), test.tensors()
    extract, head = build("extract_features"), build("fit_head")
    features = [extract(source, part, "flatten") for part in (X, X_test)]
    frozen = (head(features[0], y, features[1]).argmax(1) == y_test).double().mean()
    pixels = (head(X.flatten(1), y, X_test.flatten(1)).argmax(1) == y_test).double().mean()
    fresh = make_small_cnn(2, seed=seed)
    fit(fresh, X, y, epochs=40, learning_rate=3e-3)
    assert frozen > 0.6
    assert frozen > pixels + 0.08
    assert frozen > accuracy(fresh, X_test, y_test) + 0.08


def drop_without_standardisation(source, seed: int) -> float:
    """Return how much accuracy is lost where the test pictures alone are not standardised."""
    train, test = load_shapes(60, 600, classes=("heart", "arrow"), seed=seed)
    (X, y), (X_test, y_test) = train.few(25, seed=0).tensors(), test.tensors()
    extract, head = build("extract_features"), build("fit_head")
    without = deepcopy(source)
    without.standardise = nn.Identity()
    F = extract(source, X, "flatten")
    right, careless = (
        float((head(F, y, extract(network, X_test, "flatten")).argmax(1) == y_test).double().mean())
        for network in (source, without)
    )
    return right - careless


def test_a_forgotten_standardisation_costs_points_without_a_word(source):
    drops = [drop_without_standardisation(source, seed) for seed in (1, 2, 3)]
    assert min(drops) > 0
    assert sum(drops) / 3 > 0.05


def test_the_body_has_as_many_parameters_as_the_lesson_says(source):
    assert sum(p.numel() for p in source.parameters()) == 33_834
    assert sum(p.numel() for p in source.parameters()) - source.head.weight.numel() - 10 == questions.BODY == 23_584


def test_the_target_classes_are_no_source_classes():
    assert {"heart", "arrow", "crescent"} <= set(NEW_SHAPES)
