"""Figures of lab 06 about training: what they show is what came in, and what cannot be drawn is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils import data
from course_utils.labs.lab7_cnn import figures
from course_utils.training import History


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def shapes():
    return data.load_shapes(60, 10).train


def drawn(axes):
    return np.asarray(axes.images[0].get_array())


# curves


def test_curves_are_the_history():
    history = History([2.0, 1.0, 0.5], [0.2, 0.4, 0.6])
    loss, accuracy = figures.plot_history(history, chance=0.1)
    assert loss.lines[0].get_xydata().tolist() == [[1, 2.0], [2, 1.0], [3, 0.5]]
    assert accuracy.lines[0].get_ydata().tolist() == [0.2, 0.4, 0.6]
    assert accuracy.get_ylim() == (0, 1)
    assert "chance" in [text.get_text() for text in accuracy.texts]
    assert accuracy.get_legend() is None


def test_without_accuracies_there_is_one_panel():
    assert len(figures.plot_history(History([1.0]))) == 1


def test_several_histories_differ_in_more_than_colour():
    panels = figures.plot_history({name: History([2.0, 1.0], [0.1, 0.3]) for name in "abcd"})
    lines = panels[0].lines
    assert len({line.get_linestyle() for line in lines}) == len({line.get_marker() for line in lines}) == 4
    assert [text.get_text() for text in panels[-1].get_legend().get_texts()] == list("abcd")


@pytest.mark.parametrize("histories", [{}, History(), {name: History([1.0]) for name in "abcde"}])
def test_no_history_or_too_many_are_refused(histories):
    with pytest.raises(ValueError, match="histories must be 1 to 4"):
        figures.plot_history(histories)


# confusions


COUNTS = np.array([[8, 2, 0], [1, 4, 0], [0, 0, 0]])


def test_a_confusion_matrix_writes_its_counts_and_colours_shares():
    axes = figures.plot_confusion(COUNTS, ["a", "b", "c"])
    written = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in axes.texts}
    assert written == {(row, column): str(COUNTS[row, column]) for row in range(3) for column in range(3)}
    np.testing.assert_allclose(drawn(axes), [[0.8, 0.2, 0], [0.2, 0.8, 0], [0, 0, 0]])
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("true", "predicted (colour: share of the row)")
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b", "c"]


def test_a_tensor_of_counts_is_drawn_too():
    np.testing.assert_allclose(drawn(figures.plot_confusion(torch.tensor(COUNTS), "abc"))[0], [0.8, 0.2, 0])


def test_each_row_has_a_picture_of_its_class(shapes):
    axes = figures.plot_confusion(np.eye(10), shapes.classes, examples=shapes)
    first = [int(np.flatnonzero(shapes.labels == label)[0]) for label in range(10)]
    assert len(axes.child_axes) == 10
    for box, place in zip(axes.child_axes, first, strict=True):
        np.testing.assert_allclose(drawn(box), shapes.images[place] / 255)


@pytest.mark.parametrize("counts", [np.zeros((3, 2)), np.zeros((2, 2)), -COUNTS])
def test_what_is_no_confusion_matrix_is_refused(counts):
    with pytest.raises(ValueError, match="confusion must hold counts"):
        figures.plot_confusion(counts, "abc")


# kernels


def test_kernels_are_grey_where_a_weight_is_zero_and_share_a_scale():
    weight = torch.zeros(4, 3, 2, 2, requires_grad=True)
    with torch.no_grad():
        weight[1, 0, 0, 0], weight[2, 2, 1, 1] = 2.0, -1.0
    panels = figures.plot_first_kernels(weight)
    assert (drawn(panels[0]) == 0.5).all()
    assert drawn(panels[1])[0, 0].tolist() == [1.0, 0.5, 0.5]
    assert drawn(panels[2])[1, 1].tolist() == [0.5, 0.5, 0.25]
    assert panels[3].get_title() == "kernel 3"


def test_kernels_of_other_layers_are_refused():
    with pytest.raises(ValueError, match=r"weight must have the shape \(C_out, 3, K, K\), not \(4, 16, 3, 3\)"):
        figures.plot_first_kernels(torch.zeros(4, 16, 3, 3))
