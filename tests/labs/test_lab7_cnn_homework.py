"""Homework H6: a baseline, a network that beats it within a budget, an ablation; judged by what networks do."""

import copy
import importlib.util
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from harness import WrongWay, judged
from lesson import Lesson
from thorough import one_in
from torch import nn

from course_utils.data import load_fashion
from course_utils.labs import lab7_cnn_homework
from course_utils.labs.lab7_cnn_homework.networks import DENSE_BAR, look_at_network
from course_utils.labs.lab7_cnn_homework.pictures import moved, moved_pictures, unseen_pictures, validation_pictures

LONG = {"ablation", "beat-the-baseline", "dense-baseline"}  # networks are trained, or looked at one by one
BUILT_UP = {  # answers that call others: without those they cannot be there either
    "beat-the-baseline": ["dense-baseline"],
}

lesson = Lesson("06_lab7_cnn_homework")
lab = lab7_cnn_homework.for_student()
learn, held_out = load_fashion()
train, validation = learn.at(range(5000)), learn.at(range(5000, 6000))


# --- networks whose last layer is fitted by least squares: as good as trained ones, in a tenth of the time


def solve(*front: nn.Module, on=train) -> nn.Sequential:
    """Return a network that learns its last layer; what stands before it stays as drawn."""
    names = {"nn": nn, "torch": torch, "F": F, "train": on}
    path = lesson.master.parent / "sample_class.py"
    spec = importlib.util.spec_from_file_location("sample_class_h6", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    exec(module.SOLVE, names)
    return names["solve"](*front).eval()


@cache
def dense(width: int = 800, *extra: str) -> nn.Sequential:
    """Return a dense network with one hidden layer; ``extra`` are layers behind it, as source."""
    torch.manual_seed(0)
    return solve(nn.Flatten(), nn.Linear(784, width), *(eval(one) for one in extra), nn.ReLU())


@cache
def conv(channels: int = 32) -> nn.Sequential:
    """Return a network of one convolution."""
    torch.manual_seed(0)
    return solve(nn.Conv2d(1, channels, 5), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten())


@cache
def known_by_heart(convolution: bool) -> nn.Sequential:
    """Return a network that was fitted to the test pictures, too."""
    torch.manual_seed(0)
    both = [train, held_out, held_out, held_out]
    pictures = replace(
        train,
        images=np.concatenate([one.images for one in both]),
        labels=np.concatenate([one.labels for one in both]),
    )
    if convolution:
        return solve(nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), on=pictures)
    return solve(nn.Flatten(), nn.Linear(784, 1500), nn.ReLU(), on=pictures)


class Functional(nn.Module):
    """The network of :func:`conv`, written with functions and parameters of its own, in two classes."""

    def __init__(self):
        super().__init__()
        (front, _, _, _), last = conv()
        self.kernels, self.shift = nn.Parameter(front.weight.clone()), nn.Parameter(front.bias.clone())
        self.head = Head(last)

    def forward(self, x):
        return self.head(F.max_pool2d(F.relu(F.conv2d(x, self.kernels, self.shift)), 4))


class Head(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.weight, self.bias = nn.Parameter(last.weight.clone()), nn.Parameter(last.bias.clone())

    def forward(self, maps):
        return F.linear(maps.flatten(1), self.weight, self.bias)


class ByHand(Functional):
    """The same, its convolution made of windows and a product."""

    def forward(self, x):
        windows = F.unfold(x, 5)  # (N, 25, 24*24)
        maps = (self.kernels.flatten(1) @ windows + self.shift[:, None]).unflatten(2, (24, 24))
        return self.head(F.max_pool2d(F.relu(maps), 4))


class Pretends(nn.Module):
    """A dense network with a convolution that has no say."""

    def __init__(self, times: float):
        super().__init__()
        self.conv, self.inside, self.times = nn.Conv2d(1, 4, 3), dense(100), times

    def forward(self, x):
        return self.inside(x) + self.times * self.conv(x).mean()


class Hidden(nn.Module):
    """Calls a convolution that no layer shows."""

    def __init__(self):
        super().__init__()
        self.inside = [conv()]

    def forward(self, x):
        return self.inside[0](x)


class Lazy(nn.Module):
    """A dense network whose lazy layer has seen pictures."""

    def __init__(self):
        super().__init__()
        self.first, self.rest = nn.LazyLinear(800), dense()
        self.first(torch.zeros(1, 784))
        self.first.load_state_dict(self.rest[0][1].state_dict())

    def forward(self, x):
        return self.rest[1](F.relu(self.first(x.flatten(1))))


def share_of(network: nn.Module, on=validation_pictures) -> float:
    pictures, labels = on()
    scores = look_at_network(network, (pictures - 0.5) / 0.5)["scores"]
    return (scores.argmax(1) == labels).double().mean().item()


# --- ablations


@cache
def pair(layer: str = "nn.Dropout(0.2)", width: int = 100) -> tuple[nn.Module, nn.Module]:
    return dense(width, layer), dense(width)


def table_of(with_layer: nn.Module, without_layer: nn.Module, layer: str = "dropout") -> dict:
    return {"layer": layer, "accuracy with": share_of(with_layer), "accuracy without": share_of(without_layer)}


NORM = "nn.BatchNorm1d(100, momentum=None)"


class Dropped(nn.Module):
    """A network with dropout as a function."""

    def __init__(self, inside: nn.Module):
        super().__init__()
        self.inside = inside

    def forward(self, x):
        (flatten, first, *_), last = self.inside
        return last(F.relu(F.dropout(first(flatten(x)), 0.2, self.training)))


def ablation(code: str, share: float, **changes) -> WrongWay:
    changes = {key.replace("_", " "): value for key, value in changes.items()}
    return WrongWay(code, "ablation", lambda: (table_of(*pair()) | changes, *pair()), share)


def ablation_exchanged() -> WrongWay:
    def answers():
        right = table_of(*pair())
        return right | {"accuracy with": right["accuracy without"]}, *pair()

    return WrongWay("KF19", "ablation", answers, 2 / 3)


WRONG_WAYS = [
    ablation("KF4", 2 / 3, accuracy_with=0.95),
    WrongWay(
        "KE6",
        "ablation",
        lambda: (table_of(*pair()) | {"accuracy without": 100 * share_of(pair()[1])}, *pair()),
        2 / 3,
    ),
    ablation("", 2 / 3, layer="pooling"),
    ablation("", 2 / 3, layer="batch norm"),
    ablation_exchanged(),
    WrongWay("PR5", "dense-baseline", lambda: (nn.Sequential(dense(100), nn.Softmax(dim=1)),)),
    WrongWay("TR6", "dense-baseline", lambda: (known_by_heart(False),)),
    WrongWay("TR6", "beat-the-baseline", lambda: (known_by_heart(True), dense())),
    WrongWay("TR6", "beat-the-baseline", lambda: (known_by_heart(True), dense()), hidden=True),
]


# --- right ones, however they are written

RIGHT_BASELINES = {
    "layers": dense,
    "lazy": Lazy,
    "a convolution as large as the picture": lambda: nn.Sequential(nn.Conv2d(1, 1, 1), dense()),
}


@pytest.mark.parametrize("make", RIGHT_BASELINES.values(), ids=RIGHT_BASELINES)
def test_a_dense_network_counts_however_it_is_written(make):
    network = make()
    if isinstance(network, nn.Sequential) and isinstance(network[0], nn.Conv2d):
        nn.init.ones_(network[0].weight)
        nn.init.zeros_(network[0].bias)
    assert re.fullmatch(
        r"Correct\.\n\d\d\.\d % of the test pictures are right\.", judged(lab.dense_baseline.check, network).text
    )


@pytest.mark.slow
@pytest.mark.parametrize("make", [conv, Functional, ByHand])
def test_a_convolutional_network_counts_however_it_is_written(make):
    found = judged(lab.beat_the_baseline.check, make(), dense())
    told = r"^Correct\.\nconvnet: \d\d\.\d %, baseline: \d\d\.\d % of the moved pictures\.$"
    assert re.search(told, found.text, re.M)
    assert judged(lab.beat_the_baseline.check_hidden, make(), dense(), seed=61312).share == 1


@pytest.mark.parametrize("make", [pair, lambda: (Dropped(pair()[0]), pair()[1])])
def test_dropout_counts_as_a_layer_and_as_a_function(make):
    with_layer, without_layer = make()
    found = judged(lab.ablation.check, table_of(with_layer, without_layer), with_layer, without_layer)
    assert found.text == "Correct."


@pytest.mark.parametrize("word", [" Batch Norm ", "batchnorm", "batch_norm"])
def test_batch_norm_counts(word):
    networks = pair(NORM)
    assert judged(lab.ablation.check, table_of(*networks, word), *networks).text == "Correct."


# --- wrong ones

TOLD = {
    "a convolution in the baseline": ("dense_baseline", lambda: (conv(),), "kernels move over its pictures"),
    "one that no layer shows": ("dense_baseline", lambda: (Hidden(),), "kernels move over its pictures"),
    "softmax regression": ("dense_baseline", lambda: (solve(nn.Flatten()),), "has no hidden layer"),
    "softmax regression with softmax": (
        "dense_baseline",
        lambda: (nn.Sequential(solve(nn.Flatten()), nn.Softmax(1)),),
        "has no hidden layer",
    ),
    "below its bar": ("dense_baseline", lambda: (dense(100),), "of the test pictures right; 78 % are wanted"),
    "not trained": ("dense_baseline", lambda: (fresh(),), "Is this the network that fit has trained?"),
    "no network": ("dense_baseline", lambda: (5,), "made from nn.Module, not an int"),
    "a pair of scores": ("dense_baseline", lambda: (Pair(),), "a tensor of scores, not a tuple"),
    "dense": ("beat_the_baseline", lambda: (dense(100), dense()), "no convolution that counts"),
    "dense behind 1×1": (
        "beat_the_baseline",
        lambda: (nn.Sequential(nn.Conv2d(1, 1, 1), dense(100)), dense()),
        "no convolution that counts",
    ),
    "a convolution without a say": (
        "beat_the_baseline",
        lambda: (Pretends(0.0), dense()),
        "no convolution that counts",
    ),
    "too many": ("beat_the_baseline", lambda: (Spare(), dense()), "parameters; fewer than 100,000 are allowed"),
    "too many, not registered": ("beat_the_baseline", lambda: (Unlisted(), dense()), "fewer than 100,000 are allowed"),
    "a weak baseline": ("beat_the_baseline", lambda: (conv(), dense(100)), "reach its own bar"),
    "no better": ("beat_the_baseline", lambda: (untrained(conv()), dense()), "4 points more are wanted"),
    "another layer": ("ablation", lambda: ({"layer": "pooling"}, None, None), '"dropout" or "batch norm"'),
}


def fresh() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))


class Pair(nn.Module):
    def forward(self, x):
        return x, x


class Spare(nn.Module):
    """Has parameters that it does not need."""

    def __init__(self):
        super().__init__()
        self.inside, self.spare = conv(), nn.Linear(400, 250)

    def forward(self, x):
        return self.inside(x)


class Unlisted(nn.Module):
    """Keeps its weights where ``parameters()`` does not find them."""

    def __init__(self):
        super().__init__()
        self.inside, self.weight = conv(), [torch.randn(784, 200, requires_grad=True)]

    def forward(self, x):
        return self.inside(x) + 1e-9 * (x.flatten(1) @ self.weight[0]).sum()


def untrained(network: nn.Module) -> nn.Module:
    network = copy.deepcopy(network)
    nn.init.normal_(network[1].weight)
    return network


@pytest.mark.parametrize(("name", "answers", "words"), TOLD.values(), ids=TOLD)
def test_wrong_networks_are_told(name, answers, words):
    found = judged(getattr(lab, name).check, *answers())
    assert words in found.text
    assert found.share == 0
    assert len(found.text.splitlines()) <= 4


class Breaks(nn.Module):
    def forward(self, x):
        return x.view(7, 7)


def test_an_error_of_a_network_is_told():
    assert "raised RuntimeError: shape '[7, 7]' is invalid" in judged(lab.dense_baseline.check, Breaks()).text


@pytest.mark.slow
def test_a_hidden_case_tells_no_accuracy():
    found = judged(lab.beat_the_baseline.check_hidden, untrained(conv()), dense(), seed=5)
    assert "%" in found.text  # of the public case, which speaks first
    (case,) = lab.beat_the_baseline.hidden_cases(5)
    (told,) = lab.beat_the_baseline.judge_cases(
        [type(case)(case.label, seed=5, hidden=True)], untrained(conv()), dense()
    ).values()
    assert "%" not in " ".join(told.lines)


def test_an_honest_network_that_shifts_confuse_is_not_accused():
    torch.manual_seed(0)
    whole = solve(nn.Conv2d(1, 24, 4, stride=4), nn.ReLU(), nn.Flatten())
    found = judged(lab.beat_the_baseline.check, whole, dense())
    assert found.codes == ()
    assert "4 points more are wanted" in found.text


def test_pictures_are_moved_otherwise_for_another_seed():
    one, other = moved(held_out, seed=0), moved(held_out, seed=1)
    assert one.images.shape == held_out.images.shape
    assert (one.labels == held_out.labels).all()
    assert (one.images != other.images).any(axis=(1, 2, 3)).all()
    assert torch.equal(moved_pictures(0)[0], one.tensors()[0])


def test_probabilities_are_no_logits_however_many_they_get_right():
    found = judged(lab.dense_baseline.check, nn.Sequential(dense(), nn.Softmax(1)))
    assert (found.share, found.codes) == (0.0, ("PR5",))


# --- ablations that compare more than a layer


def test_the_layer_must_be_in_one_network_only():
    with_layer, without_layer = pair()
    found = judged(lab.ablation.check, table_of(without_layer, with_layer), without_layer, with_layer)
    assert found.share == pytest.approx(2 / 3)
    assert "with_layer should have dropout" in found.text


OTHER = {
    "another width": lambda: (pair()[0], dense(110)),
    "another activation": lambda: (pair()[0], Tanh(dense(100))),
    "both layers": lambda: (dense(100, "nn.Dropout(0.2)", NORM), dense(100)),
}


class Tanh(nn.Module):
    """Has one activation more, at the end, where it changes no answer."""

    def __init__(self, inside: nn.Module):
        super().__init__()
        self.inside = inside

    def forward(self, x):
        return torch.tanh(self.inside(x))


@pytest.mark.parametrize("make", OTHER.values(), ids=OTHER)
def test_networks_of_an_ablation_differ_in_nothing_else(make):
    networks = make()
    found = judged(lab.ablation.check, table_of(*networks), *networks)
    assert found.share == pytest.approx(2 / 3)
    assert "differ in more than dropout" in found.text


def test_an_ablation_with_other_epochs_is_none():
    networks = [copy.deepcopy(one) for one in pair()]
    networks[0].recipe, networks[1].recipe = [(2000, 3, 0.002)], [(2000, 5, 0.002)]
    found = judged(lab.ablation.check, table_of(*networks), *networks)
    assert found.share == pytest.approx(2 / 3)
    assert "fit has written down other pictures, epochs" in found.text


def test_one_network_twice_is_no_ablation():
    networks = nn.Sequential(dense(100), nn.Dropout(0.5)), dense(100)
    found = judged(lab.ablation.check, table_of(*networks), *networks)
    assert found.share == pytest.approx(2 / 3)
    assert "both networks have the same weights" in found.text


def test_untrained_networks_of_an_ablation_earn_nothing():
    networks = [nn.Sequential(nn.Flatten(), nn.Linear(784, 10), *extra) for extra in ((nn.Dropout(0.5),), ())]
    found = judged(lab.ablation.check, table_of(*networks), *networks)
    assert found.share == 0
    assert "from 60 % on it counts as trained" in found.text


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("beat_the_baseline", (None, 5)),
        ("ablation", ({"layer": None}, None, None)),
        ("ablation", ({"layer": "dropout"}, None, None)),
    ],
)
def test_what_is_not_there_is_not_attempted(name, answers):
    assert judged(getattr(lab, name).check, *answers).missing


def test_a_network_is_left_as_it_was():
    network = copy.deepcopy(pair(NORM)[0]).train()
    before = {name: one.clone() for name, one in network.state_dict().items()}
    judged(lab.ablation.check, table_of(network, pair()[1], "batch norm"), network, pair()[1])
    assert network.training
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())


def test_the_homework_is_worth_twelve_points():
    assert sum(lesson.points().values()) + 3 == 12
    assert lesson.cells()["report"].metadata.nbgrader.points == 3


# --- the model report


@pytest.fixture(scope="module")
def garments() -> list[dict[str, float]]:
    """For each seed the accuracies of the model's networks on test pictures and moved ones, and the ablation's gain."""
    names, found = lesson.imports(), []
    lesson.run("learn, _ = load_fashion()", names)
    lesson.run("def accuracy(network", names)
    lesson.run("def fit(network, pictures", names)
    for seed in one_in(3, (1, 2, 3)):
        for answer in ("dense-baseline", "beat-the-baseline", "ablation"):
            source = lesson.cells()[answer].source
            exec(source.replace("torch.manual_seed(0)", f"torch.manual_seed({seed})"), names)
        one = {key: share_of(names[key], unseen_pictures) for key in ("baseline", "convnet")}
        one |= {f"{key} moved": share_of(names[key], lambda: moved_pictures(0)) for key in ("baseline", "convnet")}
        one["gain"] = names["table"]["accuracy with"] - names["table"]["accuracy without"]
        found.append(one)
    assert sum(p.numel() for p in names["convnet"].parameters()) == 59_126
    return found


@pytest.mark.slow
def test_the_reports_accuracies_come_out(garments):
    for one in garments:
        assert one["baseline"] == pytest.approx(0.805, abs=0.02)
        assert one["convnet"] == pytest.approx(0.82, abs=0.03)  # it differs between processors
        assert one["baseline moved"] == pytest.approx(0.63, abs=0.025)
        assert one["convnet moved"] > one["baseline moved"] + 0.045


@pytest.mark.slow
def test_the_bar_of_the_baseline_lies_between_one_epoch_and_five(garments):
    names = lesson.imports()
    lesson.run("learn, _ = load_fashion()", names)
    lesson.run("def accuracy(network", names)
    lesson.run("def fit(network, pictures", names)
    assert min(one["baseline"] for one in garments) > DENSE_BAR + 0.01
    for seed in (1, 2, 3):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
        names["fit"](network, train, epochs=1)
        assert share_of(network, unseen_pictures) < DENSE_BAR - 0.01


@pytest.mark.slow
def test_batch_norm_brings_points_in_a_small_network(garments):
    gains = [one["gain"] for one in garments]
    assert min(gains) > 0, gains
    assert sum(gains) / len(gains) > 0.015
