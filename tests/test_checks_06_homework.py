"""Homework H6: a baseline, a network that beats it within a budget, an ablation; each wrong way told."""

import pytest
import torch
import torch.nn.functional as F
from lesson import Lesson
from torch import nn

from course_utils.checks import CheckFailed, NotAttempted
from course_utils.checks import lab7_cnn as check

lesson = Lesson("06_lab7_cnn_homework")
PICTURES = torch.rand(100, 1, 3, 3, generator=torch.Generator().manual_seed(2))
LABELS = torch.arange(100) % 10
TEST = (PICTURES, LABELS)


class Knows(nn.Module):
    """A network that gets the first ``right`` pictures right, with some layers of its own."""

    def __init__(self, right: int, *layers: nn.Module):
        super().__init__()
        self.right, self.layers = right, nn.ModuleList(layers)

    def forward(self, x):
        place = ((x[:, None] - (PICTURES - 0.5) / 0.5) ** 2).flatten(2).sum(2).argmin(1)
        return F.one_hot((LABELS[place] + (place >= self.right)) % 10, 10).float()


DENSE, CONV = nn.Linear(9, 10), nn.Conv2d(1, 4, 3)
TABLE = {"layer": "dropout", "accuracy with": 0.9, "accuracy without": 0.8}


def test_right_networks_count(capsys):
    assert check.dense_baseline(Knows(80, DENSE), *TEST) is None
    assert check.beats_baseline(Knows(81, CONV), Knows(80, DENSE), *TEST) is None
    credit = check.ablation(TABLE, Knows(90, nn.Dropout(0.5)), Knows(80), *TEST)
    assert (float(credit), capsys.readouterr().out) == (2, "Correct.\n" * 3)


WRONG = {
    "a convolution": (lambda: check.dense_baseline(Knows(90, CONV), *TEST), "should be dense, but it has a Conv2d"),
    "below its bar": (lambda: check.dense_baseline(Knows(70, DENSE), *TEST), "gets 70.0 %"),
    "no network": (lambda: check.dense_baseline(5, *TEST), "not of the kind int"),
    "no convolution": (lambda: check.beats_baseline(Knows(90, DENSE), Knows(80, DENSE), *TEST), "has no convolution"),
    "too many": (
        lambda: check.beats_baseline(Knows(90, CONV, nn.Linear(1000, 100)), Knows(80), *TEST),
        "has 100,140 parameters; fewer than 100,000 are allowed",
    ),
    "a weak baseline": (lambda: check.beats_baseline(Knows(90, CONV), Knows(50), *TEST), "reach its own bar"),
    "no better": (lambda: check.beats_baseline(Knows(80, CONV), Knows(80), *TEST), "One point more is wanted"),
    "another layer": (
        lambda: check.ablation(TABLE | {"layer": "pooling"}, None, None, *TEST),
        '"dropout" or "batch norm"',
    ),
}


@pytest.mark.parametrize(("run", "words"), WRONG.values(), ids=WRONG)
def test_wrong_networks_are_told(run, words):
    with pytest.raises(CheckFailed, match=words) as failure:
        run()
    assert len(failure.value.message.splitlines()) <= 4


@pytest.mark.parametrize(
    "run",
    [
        lambda: check.dense_baseline(None, *TEST),
        lambda: check.beats_baseline(None, None, *TEST),
        lambda: check.ablation({"layer": None}, None, None, *TEST),
        lambda: check.ablation({"layer": "dropout"}, None, None, *TEST),
    ],
)
def test_nothing_is_not_attempted(run):
    with pytest.raises(NotAttempted):
        run()


@pytest.mark.parametrize(
    ("table", "code", "points"),
    [({"accuracy with": 0.95}, "KF4", 4 / 3), ({"accuracy without": 80}, "KE6", 4 / 3)],
)
def test_a_wrong_table_gets_its_code(table, code, points, capsys):
    credit = check.ablation(TABLE | table, Knows(90, nn.Dropout(0.5)), Knows(80), *TEST)
    assert (float(credit), credit.codes) == (pytest.approx(points), (code,))
    assert len(capsys.readouterr().out.strip().splitlines()) <= 4


def test_the_layer_must_be_in_one_network_only(capsys):
    credit = check.ablation(TABLE, Knows(90, nn.BatchNorm2d(3)), Knows(80), *TEST)
    assert float(credit) == pytest.approx(4 / 3)
    assert "with_layer should have dropout" in capsys.readouterr().out


def test_networks_of_an_ablation_differ_in_nothing_else(capsys):
    credit = check.ablation(TABLE, Knows(90, CONV, nn.Dropout(0.5)), Knows(80, DENSE), *TEST)
    assert float(credit) == pytest.approx(4 / 3)
    assert "differ in more than dropout" in capsys.readouterr().out


def test_an_identity_in_place_of_the_layer_is_no_difference():
    with_layer, without = Knows(90, nn.Sequential(CONV, nn.Dropout(0.5))), Knows(80, CONV, nn.Identity())
    assert float(check.ablation(TABLE, with_layer, without, *TEST)) == 2


def test_a_network_keeps_its_mode():
    network = Knows(90, nn.Dropout(0.5)).train()
    check.ablation(TABLE, network, Knows(80), *TEST)
    assert network.training


def test_the_homework_is_worth_twelve_points():
    assert sum(lesson.points().values()) + 3 == 12
    assert lesson.cells()["report"].metadata.nbgrader.points == 3
