"""Figures of lab 07."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils.labs.transfer_learning import figures
from course_utils.labs.transfer_learning.figures import principal_directions

RUNS = {
    "frozen": {5: [0.7, 0.8, 0.75], 100: [0.9, 0.95, 0.94]},
    "scratch": {5: [0.5, 0.45, 0.52], 100: [0.8, 0.75, 0.85]},
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.texts]


# --- directions


def test_directions_are_those_of_largest_variance():
    dice = np.random.default_rng(0)
    values = dice.normal(size=(50, 1)) @ np.ones((1, 4)) + 0.1 * dice.normal(size=(50, 4))
    places = principal_directions(values)
    standard = (values - values.mean(0)) / values.std(0)
    _, _, directions = torch.linalg.svd(torch.tensor(standard), full_matrices=False)
    wanted = standard @ directions[:2].T.numpy()
    np.testing.assert_allclose(abs(places), abs(wanted), atol=1e-8)


def test_a_feature_that_never_changes_does_no_harm():
    values = np.random.default_rng(0).normal(size=(9, 4))
    values[:, 1] = 3
    assert np.isfinite(principal_directions(values)).all()


def test_each_class_has_a_marker_of_its_own():
    panels = figures.plot_directions(
        {"one": torch.rand(6, 3), "two": torch.rand(6, 5)}, torch.arange(6) % 2, ("a", "b")
    )
    markers = {str(points.get_paths()[0].vertices.shape) for points in panels[0].collections}
    assert (len(panels), len(markers), [len(p.get_offsets()) for p in panels[1].collections]) == (2, 2, [3, 3])


@pytest.mark.parametrize(
    ("features", "labels", "classes", "words"),
    [
        ({}, [0], ("a",), "at least one kind"),
        ({"one": np.ones((3, 2))}, [0, 1], ("a", "b"), "one row for each of 2 labels, not 3"),
        ({"one": np.ones((3, 2))}, [0, 1, 0], "abcd", "classes at most 3, not 4"),
    ],
)
def test_features_that_do_not_fit_are_told(features, labels, classes, words):
    with pytest.raises(ValueError, match=words):
        figures.plot_directions(features, labels, classes)


# --- learning curve


def test_the_curve_shows_means_and_the_band_reaches_from_least_to_best():
    axes = figures.plot_learning_curve(RUNS, chance=0.5)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.75, 0.93])
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (0.7, 0.95)


def test_lines_differ_in_more_than_colour():
    axes = figures.plot_learning_curve(RUNS | {"random": {5: [0.5], 100: [0.6]}})
    looks = {(line.get_linestyle(), line.get_marker()) for line in axes.lines}
    assert len(looks) == 3


@pytest.mark.parametrize("runs", [{}, {"a": {}}, {"a": {5: []}}, {str(i): {5: [0.5]} for i in range(6)}])
def test_runs_that_cannot_be_drawn_are_told(runs):
    with pytest.raises(ValueError, match="runs must be 1 to 5 ways"):
        figures.plot_learning_curve(runs)


# --- mismatches


def test_each_bar_has_its_number():
    axes = figures.plot_mismatches({"right": 0.9, "wrong": 0.625}, chance=0.5)
    assert {"0.90", "0.62", "chance"} <= set(texts(axes))
    assert [bar.get_width() for bar in axes.patches] == [0.9, 0.625]


@pytest.mark.parametrize("accuracies", [{}, {"a": 1.5}, {"a": float("nan")}])
def test_what_is_no_accuracy_is_told(accuracies):
    with pytest.raises(ValueError, match="from 0 to 1"):
        figures.plot_mismatches(accuracies)


def test_sweeps_are_drawn_with_what_lies_beyond_the_top_at_the_top():
    rates = np.geomspace(1e-3, 1, 4)
    one = (rates, np.array([0.7, 0.5, np.inf, 9.0]), {0.01: 0.2, 0.1: 5.0}, [0.02, 0.03])
    (axes,) = figures.plot_sweeps({"SGD": one})
    line, inside, beyond, *chosen = axes.get_lines()
    assert line.get_ydata().max() == 1.5
    assert [list(some.get_xdata()) for some in (inside, beyond)] == [[0.01], [0.1]]
    assert list(beyond.get_ydata()) == [1.5]
    assert [some.get_xdata()[0] for some in chosen] == [0.02, 0.03]
