"""Lab 01, figures, the walk downhill, and the Python half of the widgets."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

from course_utils import plots, widgets
from course_utils.plots.neurons import best_line, loss_grid, neuron_output
from course_utils.training import descend
from course_utils.widgets.shape_tracer import trace

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


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


# --- figures


def test_a_neuron_shows_its_numbers_and_pytorchs_answer():
    (axes,) = plots.plot_neurons([((1, 4, 2), (3, 1, -2), 5)])
    x, weight, bias = (torch.tensor([numbers], dtype=torch.float64) for numbers in ((1, 4, 2), (3, 1, -2), (5,)))
    answer = nn.functional.linear(x, weight, bias[0]).item()
    assert {"1", "4", "2", "3", "−2", "bias 5", f"z = {answer:g}"} <= set(texts(axes))


def test_negative_weights_are_dashed_and_larger_ones_thicker():
    (axes,) = plots.plot_neurons([((1, 1, 1), (4, -4, 1), 0)])
    styles = [(line.get_linestyle(), line.get_linewidth()) for line in axes.lines]
    assert [look for look, _ in styles[:3]] == ["-", "--", "-"]
    assert styles[0][1] == styles[1][1] > styles[2][1]


@pytest.mark.parametrize("neurons", [[], [((1, 2), (1,), 0)], [((), (), 0)]])
def test_a_neuron_without_a_weight_for_each_input_is_refused(neurons):
    with pytest.raises(ValueError, match="each neuron must have 1 to 5 inputs and as many weights"):
        plots.plot_neurons(neurons)


def test_a_network_has_all_its_edges_and_units():
    axes = plots.plot_network([3, 5, 2])
    assert (len(axes.lines), len(axes.patches)) == (3 * 5 + 5 * 2, 10)


@pytest.mark.parametrize(("sizes", "names"), [([3], ()), ([3, 9], ()), ([0, 2], ()), ([3, 2], ["x"])])
def test_a_network_that_cannot_be_drawn_is_refused(sizes, names):
    with pytest.raises(ValueError, match="must be"):
        plots.plot_network(sizes, names=names)


def test_shapes_stand_below_their_boxes():
    axes = plots.plot_shapes([("X", (5, 2)), ("W.T", (2, 3))], marks=["@"])
    assert texts(axes) == ["X", "(5, 2)", "@", "W.T", "(2, 3)"]
    with pytest.raises(ValueError, match="marks must be 1, one between each two of 2 boxes, not 2"):
        plots.plot_shapes([("X", (5, 2)), ("W.T", (2, 3))], marks=["@", "+"])


def test_lines_have_their_slopes():
    axes = plots.plot_line(X, Y, {"one": (2, 1), "two": (-1, 3)}, xlabel="x", ylabel="y")
    for line, (slope, intercept) in zip(axes.lines[1:], [(2, 1), (-1, 3)], strict=True):
        np.testing.assert_allclose(line.get_ydata(), slope * line.get_xdata() + intercept)
    assert len({line.get_linestyle() for line in axes.lines[1:]}) == 2


def test_the_walk_starts_at_the_square_and_the_star_is_the_minimum():
    way = descend(X, Y, learning_rate=0.05, steps=30)
    (axes,) = plots.plot_descent(X, Y, {"rate 0.05": (way.w, way.b)})
    path, square, star = axes.lines
    np.testing.assert_allclose(path.get_xydata(), np.stack([way.w, way.b], axis=1))
    assert square.get_xydata().tolist() == [[0, 0]]
    np.testing.assert_allclose(star.get_xydata()[0], np.polyfit(X, Y, 1))


@pytest.mark.parametrize("same_scale", [False, True])
def test_a_walk_that_leaves_is_cut_and_does_not_spoil_the_panel(same_scale):
    way = descend(X, Y, learning_rate=1.0, steps=600)
    (axes,) = plots.plot_descent(X, Y, {"too large": (way.w, way.b)}, same_scale=same_scale)
    low, high = axes.get_ylim()
    assert -50 < low < high < 50
    assert len(axes.lines[0].get_xdata()) < 10


def test_no_walk_is_refused():
    with pytest.raises(ValueError, match="ways must hold at least one way"):
        plots.plot_descent(X, Y, {})


def test_the_map_holds_mean_squared_errors():
    w, b = np.array([0.0, 1.0, 2.0]), np.array([-1.0, 0.5])
    for i, j in np.ndindex(2, 3):
        assert loss_grid(X, Y, w, b)[i, j] == pytest.approx(np.mean((w[j] * X + b[i] - Y) ** 2))


# --- the walk


def test_a_step_goes_against_pytorchs_gradient():
    way = descend(X, Y, learning_rate=0.03, steps=1, start=(0.5, -1.0))
    params = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.mse_loss(params[0] * torch.tensor(X) + params[1], torch.tensor(Y))
    loss.backward()
    np.testing.assert_allclose([way.w[1], way.b[1]], (params - 0.03 * params.grad).detach())
    assert way.loss[0] == pytest.approx(loss.item())


def test_a_long_walk_arrives_at_the_least_squares():
    way = descend(X, Y, learning_rate=0.05, steps=3000)
    np.testing.assert_allclose([way.w[-1], way.b[-1]], best_line(X, Y), rtol=1e-6)


def test_a_walk_that_leaves_the_numbers_ends_in_infinity():
    way = descend(X, Y, learning_rate=5.0, steps=1500)
    assert np.isinf(way.loss[-1])
    assert not np.isnan(np.array(way)).any()


@pytest.mark.parametrize(
    ("x", "rate", "steps"), [(X[:3], 0.1, 3), (X, 0, 3), (X, -1, 3), (X, 0.1, -1), (X[None], 0.1, 1), ([], 0.1, 1)]
)
def test_a_walk_that_makes_no_sense_is_refused(x, rate, steps):
    with pytest.raises(ValueError, match="must be"):
        descend(x, Y, learning_rate=rate, steps=steps)


# --- widgets


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
