"""Lab 06: figures of whole networks, batches, and the widget in which shapes are predicted."""

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

from course_utils import plots, widgets
from course_utils.data import load_shapes
from course_utils.data.loaders import make_loader
from course_utils.widgets.shape_ribbon import trace

SHAPES = {"input": (3, 12, 12), "conv": (8, 10, 10), "flatten": (800,), "hidden": None}


@pytest.fixture(autouse=True)
def close_all():
    yield
    plt.close("all")


def texts(axes) -> str:
    return "\n".join(text.get_text() for text in axes.texts)


# --- ribbon


def test_the_ribbon_writes_each_shape_and_hides_the_unknown():
    found = texts(plots.plot_shape_ribbon(SHAPES))
    for words in ("input\n3×12×12", "conv\n8×10×10", "flatten\n800", "hidden\n?"):
        assert words in found


def test_blocks_are_taller_for_larger_sides_and_wider_for_more_channels():
    first, second = plots.plot_shape_ribbon(SHAPES).patches[:2]
    assert first.get_height() > second.get_height()
    assert first.get_width() < second.get_width()


@pytest.mark.parametrize(("shapes", "message"), [({}, "empty"), ({"x": (2, 3)}, r"\(C, H, W\) or \(D,\)")])
def test_the_ribbon_refuses_other_shapes(shapes, message):
    with pytest.raises(ValueError, match=message):
        plots.plot_shape_ribbon(shapes)


# --- bars of costs


def test_cost_bars_show_shares_and_numbers():
    left, right = plots.plot_cost_bars({"a": 1, "b": 3}, {"a": 300, "b": 100})
    assert [bar.get_width() for bar in left.patches] == [25, 75]
    assert [bar.get_width() for bar in right.patches] == [75, 25]
    assert "300 (75.0 %)" in texts(right)
    assert "400 multiplications" in right.get_xlabel()


@pytest.mark.parametrize(("one", "two"), [({}, {}), ({"a": 1}, {"b": 1}), ({"a": 0}, {"a": 1})])
def test_cost_bars_need_the_same_layers_and_something_to_share(one, two):
    with pytest.raises(ValueError, match="must"):
        plots.plot_cost_bars(one, two)


# --- staircase, block


def test_the_staircase_writes_its_last_sides():
    axes = plots.plot_size_staircase({"one": [8, 4, 2], "two": [8, 2, 1]}, ["input", "pool", "pool"])
    assert texts(axes) == "2×2\n1×1"
    assert [list(line.get_ydata()) for line in axes.lines] == [[8, 4, 2], [8, 2, 1]]
    assert len({line.get_linestyle() for line in axes.lines} | {line.get_marker() for line in axes.lines}) == 4


@pytest.mark.parametrize("sizes", [{}, {"one": [8]}, {str(i): [1, 2] for i in range(5)}])
def test_the_staircase_needs_a_side_for_each_step(sizes):
    with pytest.raises(ValueError, match="sizes must be 1 to 4 rows of 2 sides"):
        plots.plot_size_staircase(sizes, ["input", "pool"])


def test_the_block_names_its_layers_and_the_way_around():
    found = texts(plots.plot_residual_block(["conv", "norm"], "x"))
    assert {"conv", "norm", "x", "+"} <= set(found.split("\n"))
    with pytest.raises(ValueError, match="labels must be 1 to 6 layers, not 7"):
        plots.plot_residual_block(["conv"] * 7, "x")


# --- batches


def test_a_loader_gives_standardised_batches():
    pictures, _ = load_shapes(20, 10)
    batches = list(make_loader(pictures, batch_size=8))
    assert [tuple(images.shape) for images, _ in batches] == [(8, 3, 32, 32), (8, 3, 32, 32), (4, 3, 32, 32)]
    images, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    pixels, right = pictures.tensors()
    assert torch.allclose(images / 2 + 0.5, pixels, atol=1e-6)
    assert torch.equal(labels, right)
    with pytest.raises(ValueError, match="batch_size must be at least 1, not 0"):
        make_loader(pictures, batch_size=0)


# --- the widget


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
        ("flatten", (20,)),
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
