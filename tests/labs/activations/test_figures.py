"""Figures of lab 02: what they show is what PyTorch computes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection

from course_utils.labs.activations import figures
from course_utils.labs.activations.experiments import interval_data
from course_utils.labs.activations.figures import step_net

X, Y = interval_data()
TRIANGLE = [([[0, 1], [1, -1], [-1, -1]], [1, 1, 1]), ([[1, 1, 1]], [-2.5])]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "identity"])
def test_a_curve_is_pytorchs_and_its_slope_too(name):
    axes, slopes = figures.plot_curves([name], slopes=True, span=2)
    z, value = axes.lines[0].get_data()
    expected = {"relu": np.maximum(z, 0), "identity": z, "tanh": np.tanh(z), "sigmoid": 1 / (1 + np.exp(-z))}
    np.testing.assert_allclose(value, expected[name], atol=1e-12)
    away = abs(z) > 0.02
    np.testing.assert_allclose(slopes.lines[0].get_ydata()[away], np.gradient(value, z)[away], atol=2e-3)


def test_curves_differ_in_more_than_colour():
    (axes,) = figures.plot_curves(["sigmoid", "tanh", "relu"])
    assert len({line.get_linestyle() for line in axes.lines[:-2:1] if len(line.get_xdata()) > 2}) == 3


def test_curves_can_be_shown_without_their_names():
    (axes,) = figures.plot_curves(["sigmoid", "tanh"], labels="AB")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["A", "B"]


def test_the_bars_are_the_sizes_and_the_ratio_is_written():
    first, second = figures.plot_gradient_flow({"one": [1e-4, 0.02, 1], "two": [4, 2, 1]})
    assert [bar.get_height() for bar in first.patches] == [1e-4, 0.02, 1]
    assert second.get_title() == "two\nfirst / last = 4"
    assert first.get_yscale() == "log"


def test_each_point_of_the_line_stands_in_the_plane():
    hidden = np.tanh(np.stack([3 * X + 1.5, 1.5 - 3 * X], axis=1))
    _, plane = figures.plot_folding(X, Y, hidden, cut=((1, 1), -1))
    found = [one for one in plane.collections if isinstance(one, PathCollection)]
    shown = np.concatenate([np.asarray(one.get_offsets()) for one in found])
    assert {tuple(point) for point in shown} == {tuple(point) for point in hidden}
    cut = plane.lines[-1]
    np.testing.assert_allclose(cut.get_xdata() + cut.get_ydata(), 1)


@pytest.mark.parametrize(("weight", "bias"), [((0, 1), -0.5), ((1, 0), -0.5), ((0, 0), 1)])
def test_a_cut_may_be_level_or_upright_or_missing(weight, bias):
    _, plane = figures.plot_folding(X, Y, np.stack([X, X**2], axis=1), cut=(weight, bias))
    assert len(plane.lines) == 1 + any(weight)


def test_a_region_is_where_the_net_says_yes():
    points = np.random.default_rng(0).uniform(-3, 3, size=(300, 2))
    inside = (points[:, 1] > -1) & (points[:, 0] - points[:, 1] > -1) & (points.sum(axis=1) < 1)
    assert ((step_net(TRIANGLE, points) > 0) == inside).all()
    (axes,) = figures.plot_regions([TRIANGLE], ["a triangle"])
    assert len(axes.lines) == 3
    grid = figures.plot_regions([TRIANGLE, TRIANGLE], ["one", "two"], diagrams=True)
    assert len(grid) == 2
    assert len(grid[0].figure.axes) == 4


def test_output_functions_are_pytorchs():
    identity, sigmoid, softmax = figures.plot_output_functions([2.0, -1.0, 0.5], ["a", "b", "c"])
    scores = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
    for axes, wanted in ((identity, scores), (sigmoid, scores.sigmoid()), (softmax, scores.softmax(0))):
        np.testing.assert_allclose([bar.get_height() for bar in axes.patches], wanted)
    assert softmax.get_title() == "softmax\nsum 1.00"


def line(page):
    return page.locator(".cu-line").text_content()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figures.plot_curves(["elu"]), "there are the curves sigmoid, tanh, relu, identity; not 'elu'"),
        (lambda: figures.plot_curves(["tanh"], labels="AB"), "labels must be 1 .* not 2"),
        (lambda: figures.plot_gradient_flow({}), "sizes must hold at least one net"),
        (lambda: figures.plot_gradient_flow({"a": [1, 0]}), r"sizes\['a'\] must be numbers above 0"),
        (lambda: figures.plot_folding(X, Y, X), r"hidden \(N, 2\), not \(40,\), \(40,\) and \(40,\)"),
        (lambda: figures.plot_regions([TRIANGLE], []), "titles must be 1 .* not 0"),
        (lambda: figures.plot_output_functions([1.0], []), "labels must be 1 .* not 0"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
