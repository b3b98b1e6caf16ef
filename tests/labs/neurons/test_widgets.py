"""The Python half of lab 01's widgets."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

from course_utils.labs.neurons import widgets
from course_utils.labs.neurons.figures import neuron_output
from course_utils.labs.neurons.widgets.shape_tracer import trace
from course_utils.training import descend

VIEW = "application/vnd.jupyter.widget-view+json"
X = np.array([0.0, 1.0, 2.0, 4.0, 5.0])
Y = np.array([1.0, 2.5, 2.0, 5.0, 7.0])
RATES = [0.01, 0.05, 0.2]
WIDGETS = {
    "neuron": widgets.explore_neuron,
    "shapes": widgets.explore_shapes,
    "descent": lambda: widgets.explore_descent(X, Y, rates=RATES, index=1),
}


@pytest.fixture(autouse=True)
def front_end(monkeypatch):
    """Somebody sits at the screen, wherever the tests run."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_a_widget_is_live_and_has_its_figure(make):
    data, _ = make()._repr_mimebundle_()
    assert VIEW in data
    assert "<img alt=" in data["text/html"]


@pytest.mark.parametrize("name", ["CI", "NBGRADER_EXECUTION"])
@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_without_a_front_end_there_is_the_figure_alone(make, name, monkeypatch):
    explorer = make()
    monkeypatch.setenv(name, "1")
    data, _ = explorer._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}


def test_the_static_neuron_answers_as_pytorch_does():
    _, alt = widgets.explore_neuron((1, 2, 3), (4, 5, 6), 7).static_figure()
    assert alt.endswith("Outputs 39, 32, 31.")
    assert neuron_output((1, 2, 3), (4, 5, 6), 7) == 39


def test_the_tracers_shapes_are_pytorchs():
    explorer = widgets.explore_shapes([5, 7, 3], batch=4)
    model = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3))
    assert explorer.steps[1]["weight"] == list(model[1].weight.shape)
    assert explorer.steps[0]["out"] == list(model[0](torch.zeros(4, 5)).shape)
    explorer.batch = 9
    assert explorer.steps == trace([5, 7, 3], 9)
    assert explorer.steps[1]["out"] == [9, 3]


def test_the_descent_widget_shows_pytorchs_walks():
    explorer = widgets.explore_descent(X, Y, rates=RATES)
    for rate, way in zip(RATES, explorer.ways, strict=True):
        np.testing.assert_allclose(way["w"], np.clip(descend(X, Y, learning_rate=rate, steps=40).w, -1e9, 1e9))
    assert np.isfinite(explorer.terrain["loss"]).all()
    np.testing.assert_allclose(explorer.terrain["best"], np.polyfit(X, Y, 1))


def test_the_map_of_standardised_inputs_is_round():
    x = (X - X.mean()) / X.std()
    explorer = widgets.explore_descent(x, Y, rates=RATES)
    (w_low, w_high), (b_low, b_high) = explorer.terrain["w"], explorer.terrain["b"]
    assert w_high - w_low == pytest.approx(b_high - b_low)
    loss = np.array(explorer.terrain["loss"])
    np.testing.assert_allclose(loss, loss.T, rtol=1e-6)  # a circle is the same when its axes are exchanged
    panels, _ = explorer.static_figure()
    assert all(axes.get_aspect() == 1 for axes in panels)


def test_each_rate_has_its_own_walk_in_the_static_figure():
    panels, _ = widgets.explore_descent(X, Y, rates=RATES, index=1).static_figure()
    ends = {tuple(axes.lines[0].get_xydata()[-1].round(6)) for axes in panels}
    assert len(ends) == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: widgets.explore_neuron((1, 2), (1, 2, 3), 0),
        lambda: widgets.explore_neuron((1, 2, 11), (1, 2, 3), 0),
        lambda: widgets.explore_neuron(bias=0.5),
        lambda: widgets.explore_shapes([5]),
        lambda: widgets.explore_shapes([5, 0]),
        lambda: widgets.explore_shapes([5, 3], batch=65),
        lambda: widgets.explore_descent(X, Y, rates=[]),
        lambda: widgets.explore_descent(X, Y, rates=[0.1], index=1),
        lambda: widgets.explore_descent(X[:2], Y, rates=[0.1]),
    ],
)
def test_numbers_out_of_range_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()
