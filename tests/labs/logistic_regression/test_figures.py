"""Figures of lab 04: what they show is what PyTorch computes, and what cannot be drawn is refused in one sentence."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.colors import to_hex

from course_utils import style
from course_utils.labs.logistic_regression import figures
from course_utils.toys import load_weather

X, Y = load_weather(count=30)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_marked_scores_are_written_with_their_probabilities():
    axes = figures.plot_sigmoid((-1, 3))
    assert texts(axes) == ["−1 → 0.27", "3 → 0.95"]


def test_the_sigmoid_is_pytorchs():
    line = figures.plot_sigmoid().lines[0]
    np.testing.assert_allclose(line.get_ydata(), torch.sigmoid(torch.as_tensor(line.get_xdata())))


def test_the_log_loss_is_minus_the_logarithm():
    axes = figures.plot_log_loss((0.25,))
    x, y = axes.lines[0].get_data()
    np.testing.assert_allclose(y, -np.log(x))
    assert texts(axes) == ["p = 0.25: 1.39"]


@pytest.mark.parametrize("p", [0, -0.1, 1.01])
def test_a_probability_without_a_loss_is_told(p):
    with pytest.raises(ValueError, match=f"a probability must be above 0 and up to 1, not {p}"):
        figures.plot_log_loss((p,))


def test_the_map_shows_the_probability_of_the_middle_of_each_cell():
    axes = figures.plot_probability_map(X, Y, (1.5, -0.5), 0.3)
    shown, limit = axes.images[0].get_array(), axes.get_xlim()[1]
    middles = torch.tensor(figures.plane(limit, len(shown)))
    np.testing.assert_allclose(shown, torch.sigmoid(middles @ torch.tensor([1.5, -0.5]).double() + 0.3), atol=1e-6)


def test_the_map_is_bright_where_label_1_is_likely():
    shown = figures.plot_probability_map(X, Y, (2, 0), 0).images[0].get_array()
    assert shown[0, -1] > 0.9 > 0.1 > shown[0, 0]


def test_the_first_row_of_a_map_is_the_bottom():
    shown = figures.plot_probability_map(X, Y, (0, 2), 0).images[0]
    assert shown.origin == "lower"
    assert shown.get_array()[0, 0] < 0.1


def test_the_title_tells_the_loss():
    axes = figures.plot_probability_map(X, Y, (1, 2), -0.5)
    scores = torch.tensor(X) @ torch.tensor([1.0, 2.0]).double() - 0.5
    loss = F.binary_cross_entropy_with_logits(scores, torch.tensor(Y).double())
    assert axes.get_title() == f"w = (1.0, 2.0), b = −0.5, loss {loss:.2f}"


def test_labels_have_markers_of_their_own():
    circles, triangles = figures.plot_boundary(X, Y).collections
    assert len(circles.get_offsets()) == (Y == 0).sum()
    assert len(triangles.get_offsets()) == (Y == 1).sum()
    assert len(circles.get_paths()[0].vertices) != len(triangles.get_paths()[0].vertices)


def test_a_key_says_what_the_markers_are():
    legend = figures.plot_hundred_days(X, Y).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["not too hot", "too hot"]


def test_a_line_goes_through_its_two_points():
    line = figures.plot_boundary(X, Y, [[-1, 2], [3, 4]]).lines[0]
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([-1, 3], [2, 4])
    assert to_hex(line.get_color()) == style.FOCUS


def test_the_valley_is_the_hill_turned_over():
    hill, valley = figures.plot_hill_and_valley(X[:, 0], Y)
    np.testing.assert_allclose(hill.lines[0].get_ydata(), -valley.lines[0].get_ydata())
    assert hill.lines[0].get_ydata().max() < 0


def test_plus_climbs_the_hill_and_minus_descends_the_valley():
    for axes, uphill in zip(figures.plot_hill_and_valley(X[:, 0], Y), ("w + α slope", "w + α slope"), strict=True):
        heads = {text.get_text(): text.xy for text in axes.texts if text.get_text()}
        start = axes.lines[1].get_ydata()[0]
        assert heads[uphill][1] > start > heads["w − α slope"][1]


def test_a_run_that_falls_looks_other_than_one_that_rises():
    curves = {"a": [1, 0.5], "b": [1, 2], "c": [1, 3], "d": [1, 0.4]}
    panels = figures.plot_sign_runs(curves, dict.fromkeys(curves, "signs")).ravel()
    assert [axes.lines[0].get_linestyle() for axes in panels] == ["-", "--", "--", "-"]
    assert panels[1].get_title() == "b) signs\nrises to 2.00"


def test_four_runs_are_wanted():
    with pytest.raises(ValueError, match="curves and titles must be four of the same letters, not a"):
        figures.plot_sign_runs({"a": [1]}, {"a": "x"})


def test_softmax_is_pytorchs():
    panels = figures.plot_softmax({"one": [1, 2, 4], "two": [0, 0, 0]})
    heights = [bar.get_height() for bar in panels[1, 0].patches]
    np.testing.assert_allclose(heights, torch.softmax(torch.tensor([1.0, 2, 4]), 0), rtol=1e-6)


def test_boundary_maps_are_drawn_as_they_are():
    maps = [np.linspace(0, 1, 12).reshape(3, 4), np.full((3, 4), 0.2)]
    panels = figures.plot_boundary_maps(maps, ["a", "b"], X, Y, limit=2)
    np.testing.assert_array_equal(panels[0].images[0].get_array(), maps[0])
    assert [axes.get_title() for axes in panels] == ["a", "b"]


def test_a_map_without_a_boundary_has_no_line():
    with_line, without = figures.plot_boundary_maps(
        [np.linspace(0, 1, 12).reshape(3, 4), np.full((3, 4), 0.2)], ["a", "b"], X, Y, limit=2
    )
    assert len(with_line.collections) == 3
    assert len(without.collections) == 2


def test_toy_sets_share_their_scale():
    panels = figures.plot_labelled_points({"near": X / 10, "far": X}, {"near": Y, "far": Y})
    assert panels[0].get_xlim() == panels[1].get_xlim()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figures.plot_boundary(X[:, 0], Y), r"points must have the shape \(N, 2\), not \(30,\)"),
        (lambda: figures.plot_boundary(X, Y[:3]), r"labels must have the shape \(30,\), not \(3,\)"),
        (lambda: figures.plot_boundary_maps([], [], X, Y, limit=1), r"titles must be 0 \(one a map\) and at least 1"),
        (lambda: figures.plot_boundary_maps([np.zeros((2, 2))], [], X, Y, limit=1), "titles must be 1 .*, not 0"),
    ],
)
def test_what_cannot_be_drawn_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
