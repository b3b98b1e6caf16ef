"""Figures of lab 01."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

from course_utils.labs.neurons import figures
from course_utils.labs.neurons.figures import loss_grid
from course_utils.training import descend

X = np.array([0.0, 1.0, 2.0, 4.0, 5.0])
Y = np.array([1.0, 2.5, 2.0, 5.0, 7.0])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_a_neuron_shows_its_numbers_and_pytorchs_answer():
    (axes,) = figures.plot_neurons([((1, 4, 2), (3, 1, -2), 5)])
    x, weight, bias = (torch.tensor([numbers], dtype=torch.float64) for numbers in ((1, 4, 2), (3, 1, -2), (5,)))
    answer = nn.functional.linear(x, weight, bias[0]).item()
    assert {"1", "4", "2", "3", "−2", "bias 5", f"z = {answer:g}"} <= set(texts(axes))


def test_negative_weights_are_dashed_and_larger_ones_thicker():
    (axes,) = figures.plot_neurons([((1, 1, 1), (4, -4, 1), 0)])
    styles = [(line.get_linestyle(), line.get_linewidth()) for line in axes.lines]
    assert [look for look, _ in styles[:3]] == ["-", "--", "-"]
    assert styles[0][1] == styles[1][1] > styles[2][1]


def test_equal_weights_are_equally_thick_in_all_panels():
    left, right = figures.plot_neurons([((1, 2), (3, 1), 5), ((1, 2), (3, 1), 0)])
    assert [line.get_linewidth() for line in left.lines[:2]] == [line.get_linewidth() for line in right.lines[:2]]


@pytest.mark.parametrize("neurons", [[], [((1, 2), (1,), 0)], [((), (), 0)]])
def test_a_neuron_without_a_weight_for_each_input_is_refused(neurons):
    with pytest.raises(ValueError, match="each neuron must have 1 to 5 inputs and as many weights"):
        figures.plot_neurons(neurons)


def test_a_network_has_all_its_edges_and_units():
    axes = figures.plot_network([3, 5, 2])
    assert (len(axes.lines), len(axes.patches)) == (3 * 5 + 5 * 2, 10)


@pytest.mark.parametrize(("sizes", "names"), [([3], ()), ([3, 9], ()), ([0, 2], ()), ([3, 2], ["x"])])
def test_a_network_that_cannot_be_drawn_is_refused(sizes, names):
    with pytest.raises(ValueError, match="must be"):
        figures.plot_network(sizes, names=names)


def test_shapes_stand_below_their_boxes():
    axes = figures.plot_shapes([("X", (5, 2)), ("W.T", (2, 3))], marks=["@"])
    assert texts(axes) == ["X", "(5, 2)", "@", "W.T", "(2, 3)"]
    with pytest.raises(ValueError, match="marks must be 1, one between each two of 2 boxes, not 2"):
        figures.plot_shapes([("X", (5, 2)), ("W.T", (2, 3))], marks=["@", "+"])


def test_lines_have_their_slopes():
    axes = figures.plot_line(X, Y, {"one": (2, 1), "two": (-1, 3)}, xlabel="x", ylabel="y")
    for line, (slope, intercept) in zip(axes.lines[1:], [(2, 1), (-1, 3)], strict=True):
        np.testing.assert_allclose(line.get_ydata(), slope * line.get_xdata() + intercept)
    assert len({line.get_linestyle() for line in axes.lines[1:]}) == 2


def test_the_walk_starts_at_the_square_and_the_star_is_the_minimum():
    way = descend(X, Y, learning_rate=0.05, steps=30)
    (axes,) = figures.plot_descent(X, Y, {"rate 0.05": (way.w, way.b)})
    path, square, star = axes.lines
    np.testing.assert_allclose(path.get_xydata(), np.stack([way.w, way.b], axis=1))
    assert square.get_xydata().tolist() == [[0, 0]]
    np.testing.assert_allclose(star.get_xydata()[0], np.polyfit(X, Y, 1))


@pytest.mark.parametrize("same_scale", [False, True])
def test_a_walk_that_leaves_is_cut_and_does_not_spoil_the_panel(same_scale):
    way = descend(X, Y, learning_rate=1.0, steps=600)
    (axes,) = figures.plot_descent(X, Y, {"too large": (way.w, way.b)}, same_scale=same_scale)
    low, high = axes.get_ylim()
    assert -50 < low < high < 50
    assert len(axes.lines[0].get_xdata()) < 10


def test_no_walk_is_refused():
    with pytest.raises(ValueError, match="ways must hold at least one way"):
        figures.plot_descent(X, Y, {})


def test_the_map_holds_mean_squared_errors():
    w, b = np.array([0.0, 1.0, 2.0]), np.array([-1.0, 0.5])
    for i, j in np.ndindex(2, 3):
        assert loss_grid(X, Y, w, b)[i, j] == pytest.approx(np.mean((w[j] * X + b[i] - Y) ** 2))
