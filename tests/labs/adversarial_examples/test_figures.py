"""Figures of lab 08."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils.labs.adversarial_examples import figures


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def twin(value: float) -> torch.Tensor:
    return torch.full((3, 4, 5), value)


def test_a_twin_is_drawn_with_its_amplified_difference():
    grid = figures.plot_attack(
        twin(0.5), {"attack": twin(0.52)}, {"attack": np.array([0.2, 0.7, 0.1])}, ("a", "b", "c")
    )
    np.testing.assert_allclose(grid[0, 0].images[0].get_array(), 0.52, atol=1e-6)
    np.testing.assert_allclose(grid[0, 1].images[0].get_array(), 0.7, atol=1e-5)
    assert [label.get_text() for label in grid[0, 2].get_yticklabels()] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("changed", "probabilities", "words"),
    [
        ({"a": twin(0)}, {"b": [1.0]}, "the same names"),
        ({}, {}, "the same names"),
        ({"a": torch.zeros(3, 5, 4)}, {"a": [1.0]}, "the shape of x"),
        ({"a": torch.zeros(4, 5)}, {"a": [1.0]}, r"\(3, H, W\)"),
    ],
)
def test_twins_that_do_not_fit_are_refused(changed, probabilities, words):
    with pytest.raises(ValueError, match=words):
        figures.plot_attack(twin(0), changed, probabilities, ("a",))


def test_class_bars_are_refused_where_a_class_is_missing():
    with pytest.raises(ValueError, match="one a class"):
        figures.plot_class_bars([0.5, 0.5], ("a",))


def test_curves_have_markers_and_line_styles_of_their_own():
    axes = figures.plot_accuracy_over_budget([0, 8], {"plain": [0.9, 0.2], "defended": [0.8, 0.5]})
    lines = axes.get_lines()[:2]
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 2
    assert axes.get_ylim() == (0, 1)


@pytest.mark.parametrize("curves", [{}, {key: [1, 1] for key in "abcde"}])
def test_no_curves_or_too_many_are_refused(curves):
    with pytest.raises(ValueError, match="1 to 4 lines"):
        figures.plot_accuracy_over_budget([0, 8], curves)


def test_a_curve_of_another_length_is_refused():
    with pytest.raises(ValueError, match="one a budget"):
        figures.plot_accuracy_over_budget([0, 8], {"plain": [0.9]})


def test_the_loss_is_drawn_with_the_attack_to_the_right():
    losses = np.tile(np.arange(5.0), (5, 1))
    axes = figures.plot_loss_around(losses, 12)
    assert axes.images[0].origin == "lower"
    np.testing.assert_allclose(axes.images[0].get_array(), losses)


def test_the_vase_is_the_same_from_both_sides():
    (shape,) = figures.plot_vase().collections
    across = shape.get_paths()[0].vertices[:, 0]
    assert across.min() == pytest.approx(-across.max())


def test_pictures_of_units_stand_in_rows_and_columns():
    rows = {"one": torch.zeros(2, 3, 24, 24), "other": torch.ones(2, 3, 24, 24) * 0.5}
    (axes,) = figures.plot_units(rows, ["unit 4", "unit 7"])
    wall = np.asarray(axes.images[0].get_array())
    assert wall.shape == (50, 50, 3)
    assert (wall[0, 0, 0], wall[0, 25, 0], wall[30, 0, 0]) == (0, 1, 0.5)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["unit 4", "unit 7"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "other"]
