"""Homework H6: a baseline, a network that beats it within a budget, an ablation; each wrong way told."""

import pytest
import torch
import torch.nn.functional as F
from harness import WrongWay, judged
from lesson import Lesson
from torch import nn

from course_utils.data import load_fashion
from course_utils.labs import lab7_cnn_homework
from course_utils.labs.lab7_cnn_homework.networks import look_at_network, unseen_pictures, validation_pictures

lesson = Lesson("06_lab7_cnn_homework")
lab = lab7_cnn_homework.for_student()


class Knows(nn.Module):
    """A network that gets a share of the test or validation pictures right, with some layers of its own."""

    def __init__(self, right: float, *layers: nn.Module, on=unseen_pictures):
        super().__init__()
        self.right, self.layers, self.on = right, nn.ModuleList(layers), on

    def forward(self, x):
        pictures, labels = self.on()
        place = torch.cdist(x.flatten(1), ((pictures - 0.5) / 0.5).flatten(1)).argmin(1)
        return F.one_hot((labels[place] + (place >= self.right * len(labels))) % 10, 10).float()


def small(right: float, *layers: nn.Module) -> Knows:
    """Return one of two networks of an ablation, measured on the validation pictures."""
    return Knows(right, *layers, on=validation_pictures)


DENSE, CONV, DROPOUT = nn.Linear(9, 10), nn.Conv2d(1, 4, 3), nn.Dropout(0.5)
TABLE = {"layer": "dropout", "accuracy with": 0.9, "accuracy without": 0.8}


def table(code: str, share: float, **changes) -> WrongWay:
    answers = TABLE | {key.replace("_", " "): value for key, value in changes.items()}
    return WrongWay(code, "ablation", lambda: (answers, small(0.9, DROPOUT), small(0.8)), share)


def unknown(exercise: str, *networks: nn.Module) -> WrongWay:
    return WrongWay("", exercise, lambda: networks)


WRONG_WAYS = [
    table("KF4", 2 / 3, accuracy_with=0.95),
    table("KE6", 2 / 3, accuracy_without=80),
    table("", 2 / 3, layer="pooling"),
    table("", 2 / 3, layer="batch norm"),
    unknown("dense-baseline", Knows(0.9, CONV)),
    unknown("dense-baseline", Knows(0.7, DENSE)),
    unknown("beat-the-baseline", Knows(0.9, DENSE), Knows(0.8, DENSE)),
    unknown("beat-the-baseline", Knows(0.9, CONV, nn.Linear(1000, 100)), Knows(0.8)),
    unknown("beat-the-baseline", Knows(0.9, CONV), Knows(0.5)),
    unknown("beat-the-baseline", Knows(0.8, CONV), Knows(0.8)),
]


def test_right_networks_count():
    assert judged(lab.dense_baseline.check, Knows(0.8, DENSE)).text == "Correct."
    assert judged(lab.beat_the_baseline.check, Knows(0.81, CONV), Knows(0.8, DENSE)).text == "Correct."
    assert judged(lab.ablation.check, TABLE, small(0.9, DROPOUT), small(0.8)).text == "Correct."


TOLD = {
    "a convolution": ("dense_baseline", (Knows(0.9, CONV),), "should be dense, but it has a Conv2d"),
    "below its bar": ("dense_baseline", (Knows(0.7, DENSE),), "gets 70.0 % of the test pictures right; 76 % are"),
    "no network": ("dense_baseline", (5,), "not of the kind int"),
    "no convolution": ("beat_the_baseline", (Knows(0.9, DENSE), Knows(0.8, DENSE)), "has no convolution"),
    "too many": (
        "beat_the_baseline",
        (Knows(0.9, CONV, nn.Linear(1000, 100)), Knows(0.8)),
        "has 100,140 parameters; fewer than 100,000 are allowed",
    ),
    "a weak baseline": ("beat_the_baseline", (Knows(0.9, CONV), Knows(0.5)), "reach its own bar"),
    "no better": ("beat_the_baseline", (Knows(0.8, CONV), Knows(0.8)), "One point more is wanted"),
    "another layer": ("ablation", (TABLE | {"layer": "pooling"}, None, None), '"dropout" or "batch norm"'),
}


@pytest.mark.parametrize(("name", "answers", "words"), TOLD.values(), ids=TOLD)
def test_wrong_networks_are_told(name, answers, words):
    found = judged(getattr(lab, name).check, *answers)
    assert words in found.text
    assert found.share == 0
    assert len(found.text.splitlines()) <= 4


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("beat_the_baseline", (None, Knows(0.8))),
        ("ablation", ({"layer": None}, None, None)),
        ("ablation", ({"layer": "dropout"}, None, None)),
    ],
)
def test_what_is_not_there_is_not_attempted(name, answers):
    assert judged(getattr(lab, name).check, *answers).missing


def test_the_layer_must_be_in_one_network_only():
    found = judged(lab.ablation.check, TABLE, small(0.9, nn.BatchNorm2d(3)), small(0.8))
    assert found.share == pytest.approx(2 / 3)
    assert "with_layer should have dropout" in found.text


def test_networks_of_an_ablation_differ_in_nothing_else():
    found = judged(lab.ablation.check, TABLE, small(0.9, CONV, DROPOUT), small(0.8, DENSE))
    assert found.share == pytest.approx(2 / 3)
    assert "differ in more than dropout" in found.text


def test_an_identity_in_place_of_the_layer_is_no_difference():
    with_layer, without = small(0.9, nn.Sequential(CONV, DROPOUT)), small(0.8, CONV, nn.Identity())
    assert judged(lab.ablation.check, TABLE, with_layer, without).share == 1


def test_an_accuracy_on_other_pictures_is_not_the_validation_accuracy():
    found = judged(lab.ablation.check, TABLE, Knows(0.9, DROPOUT), small(0.8))
    assert found.codes == ("KF4",)


def test_a_network_keeps_its_mode():
    network = small(0.9, nn.Dropout(0.5)).train()
    judged(lab.ablation.check, TABLE, network, small(0.8))
    assert network.training


def test_the_homework_is_worth_twelve_points():
    assert sum(lesson.points().values()) + 3 == 12
    assert lesson.cells()["report"].metadata.nbgrader.points == 3


# --- the model report


@pytest.fixture(scope="module")
def garments() -> list[tuple[float, float, float]]:
    """For each seed the accuracies of the model's baseline and convnet, and what the ablation's layer brings."""
    names, found = lesson.imports(), []
    lesson.run("learn, _ = load_fashion()", names)
    lesson.run("def fit(network, pictures", names)
    pictures, labels = load_fashion().test.tensors()
    for seed in (1, 2, 3):
        for answer in ("dense-baseline", "beat-the-baseline", "ablation"):
            source = lesson.cells()[answer].source
            exec(source.replace("torch.manual_seed(0)", f"torch.manual_seed({seed})"), names)
        scores = [look_at_network(names[key], (pictures - 0.5) / 0.5)[0] for key in ("baseline", "convnet")]
        gain = names["table"]["accuracy with"] - names["table"]["accuracy without"]
        found.append((*((one.argmax(1) == labels).double().mean().item() for one in scores), gain))
    assert sum(p.numel() for p in names["convnet"].parameters()) == 59_126
    return found


@pytest.mark.slow
def test_the_reports_accuracies_come_out(garments):
    for baseline, convnet, _ in garments:
        assert baseline == pytest.approx(0.805, abs=0.015)
        assert convnet == pytest.approx(0.835, abs=0.02)
        assert convnet > baseline + 0.01


@pytest.mark.slow
def test_batch_norm_brings_points_in_a_small_network(garments):
    assert all(gain > 0 for *_, gain in garments), garments
    assert sum(gain for *_, gain in garments) / 3 > 0.015
