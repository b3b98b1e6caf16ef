"""Lab 06: the widget in which shapes are predicted."""

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

from course_utils.labs.lab7_cnn import widgets
from course_utils.labs.lab7_cnn.widgets.shape_ribbon import trace


@pytest.fixture(autouse=True)
def close_all():
    yield
    plt.close("all")


class Learners(nn.Module):
    """A network with a flattening that is no layer, and one pooling that is used twice."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.pool = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3), nn.MaxPool2d(2)
        self.fc = nn.Linear(5 * 2 * 2, 7)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        return self.fc(self.pool(torch.relu(self.conv2(x))).flatten(1))


def explorer():
    model = nn.Sequential(nn.Conv2d(1, 5, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(5 * 16, 3))
    return widgets.explore_ribbon(model, (1, 12, 12))


def test_shapes_come_from_running_the_network():
    found = explorer()
    assert found.names == ["input", "1 Conv2d", "2 MaxPool2d", "3 Flatten", "4 Linear"]
    assert found.shapes == [[1, 12, 12], [5, 8, 8], [5, 4, 4], [80], [3]]


def test_a_flattening_without_a_layer_is_a_step():
    found = trace(Learners(), (3, 14, 14))
    assert found == [
        ("1 conv1", (4, 12, 12)),
        ("2 pool", (4, 6, 6)),
        ("3 conv2", (5, 4, 4)),
        ("4 pool", (5, 2, 2)),
        ("5 flatten", (20,)),
        ("6 fc", (7,)),
    ]


def test_the_learners_network_stays_as_it_was():
    model = Learners().train()
    before = torch.get_rng_state()
    widgets.explore_ribbon(model, (3, 14, 14))
    assert model.training
    assert not any(layer._forward_hooks for layer in model.modules())
    assert torch.equal(torch.get_rng_state(), before)


def test_the_figure_shows_every_shape(monkeypatch):
    monkeypatch.setenv("CI", "true")
    bundle, _ = explorer()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "2 MaxPool2d 5×4×4" in bundle["text/plain"]


def test_a_network_that_is_too_long_or_too_odd_is_refused():
    with pytest.raises(ValueError, match="at most 11 layers that change the shape, not 12"):
        widgets.explore_ribbon(nn.Sequential(*(nn.Conv2d(1, 1, 2) for _ in range(12))), (1, 30, 30))
    with pytest.raises(ValueError, match=r"must be \(C, H, W\) or \(D,\) for one picture"):
        widgets.explore_ribbon(nn.Sequential(nn.Flatten(2)), (1, 4, 4))
    with pytest.raises(RuntimeError):
        widgets.explore_ribbon(nn.Sequential(nn.Linear(5, 2)), (1, 4, 4))
