"""Figures of lab 05: what they show is what PyTorch computes, and what cannot be drawn is refused in one sentence."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from drawn import framed, numbers, rules_of, texts

from course_utils.labs.conv_and_pooling import figures

IMAGE = np.array(
    [
        [1, 0, 2, 1, 0, 1, 3],
        [0, 1, 1, 0, 2, 0, 1],
        [2, 1, 0, 0, 1, 1, 0],
        [1, 1, 0, 2, 0, 0, 1],
        [0, 2, 1, 1, 0, 1, 1],
    ]
)  # 5×7
KERNEL = np.array([[1.0, 0, -1], [2, 1, 0]])  # 2×3, not symmetric: a flipped kernel shows
ZERO_ONE = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
CROSS = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
SETTINGS = [{}, {"stride": 2}, {"padding": 1}, {"stride": 3, "padding": 2}]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def torch_convolution(image, kernel, **settings):
    x, weight = (torch.tensor(array, dtype=torch.float64)[None, None] for array in (image, kernel))
    return F.conv2d(x, weight, **settings)[0, 0].numpy()


# one step of a convolution


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_last_step_shows_what_pytorch_computes(settings):
    expected = torch_convolution(IMAGE, KERNEL, **settings)
    _, _, output = figures.plot_convolution_step(IMAGE, KERNEL, expected.size - 1, **settings)
    np.testing.assert_allclose(numbers(output), expected)


def test_later_outputs_stay_blank():
    _, _, output = figures.plot_convolution_step(IMAGE, KERNEL, 6)
    assert np.ma.getmaskarray(numbers(output)).ravel().tolist() == [False] * 7 + [True] * 13


def test_the_window_stands_where_the_step_reads():
    source, _, output = figures.plot_convolution_step(IMAGE, KERNEL, 5, stride=2, padding=1)
    assert framed(source) == [(2, 2, 2, 3)]  # the outputs are 3×4: step 5 is row 1, column 1
    assert framed(output) == [(1, 1, 1, 1)]


def test_products_and_their_sum_are_written_out():
    _, products, output = figures.plot_convolution_step(ZERO_ONE, CROSS, 0, bias=0.5)
    assert "1 × 1\n= 1" in texts(products)
    assert "".join(texts(products)[-1].split()) == "1+0+1+0+1+0+0+0+1+bias0.5=4.5"
    assert numbers(output)[0, 0] == 4.5


def test_padding_cells_are_dotted_and_hold_a_zero():
    source, _, _ = figures.plot_convolution_step(ZERO_ONE, CROSS, 0, padding=2)
    assert sum(patch.get_linestyle() == ":" for patch in source.patches) == 9 * 9 - 5 * 5


@pytest.mark.parametrize("step", [-1, 9])
def test_a_step_that_does_not_exist_is_refused(step):
    with pytest.raises(ValueError, match=f"^step must be from 0 to 8, not {step}$"):
        figures.plot_convolution_step(ZERO_ONE, CROSS, step)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"stride": 0}, "stride must be at least 1, not 0"),
        ({"padding": -1}, "padding must be at least 0, not -1"),
        ({"kernel": np.ones((6, 2))}, "kernel must fit into the padded image of 5×7, but it is 6×2"),
        ({"image": np.ones(4)}, r"image must have the shape \(H, W\), not \(4,\)"),
    ],
)
def test_arguments_that_cannot_be_convolved_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        figures.plot_convolution_step(**{"image": IMAGE, "kernel": KERNEL, "step": 0, **wrong})


def test_the_filmstrip_shows_first_second_last_in_row_and_last():
    strip = figures.plot_filmstrip(IMAGE, KERNEL)
    assert [framed(axes) for axes in strip[0]] == [
        [(0, 0, 2, 3)],
        [(0, 1, 2, 3)],
        [(0, 4, 2, 3)],
        [(3, 4, 2, 3)],
    ]
    np.testing.assert_allclose(numbers(strip[1, -1]), torch_convolution(IMAGE, KERNEL))


def test_the_filmstrip_of_a_single_window_has_one_picture():
    assert figures.plot_filmstrip(CROSS, CROSS).shape == (2, 1)


# windows in a row


@pytest.mark.parametrize(("size", "kernel_size"), [(7, 3), (12, 2), (5, 5), (32, 5)])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (3, 0), (4, 1), (1, 2)])
def test_there_are_as_many_bars_as_pytorch_finds_windows(size, kernel_size, stride, padding):
    axes = figures.plot_windows(size, kernel_size, stride=stride, padding=padding)
    row, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    wanted = F.conv1d(row, weight, stride=stride, padding=padding).shape[-1]
    assert sum(patch.get_gid() == "window" for patch in axes.patches) == wanted
    assert texts(axes)[-1].startswith(f"{wanted} window")


def test_leftover_cells_are_hatched_and_labelled():
    axes = figures.plot_windows(7, 3, stride=3)
    assert [patch.get_x() for patch in axes.patches if patch.get_hatch()] == [6]
    assert texts(axes).count("never read") == 1


def test_no_label_where_every_cell_is_read():
    axes = figures.plot_windows(7, 3, stride=2)
    assert not any(patch.get_hatch() for patch in axes.patches)
    assert "never read" not in texts(axes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 65}, "size must be from 1 to 64, not 65"),
        ({"kernel_size": 10}, "kernel_size must be from 1 to 9, the padded row, not 10"),
        ({"stride": 0}, "stride must be at least 1, not 0"),
        ({"padding": -1}, "padding must be from 0 to 32, not -1"),
    ],
)
def test_rows_that_cannot_be_drawn_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        figures.plot_windows(**{"size": 7, "kernel_size": 3, "padding": 1, **arguments})


# the matrix of a convolution


def matrix_of(kernel, height, width):
    """Row by row from PyTorch: one column is the answer to one cell alone."""
    cells = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)
    return F.conv2d(cells, torch.tensor(kernel, dtype=torch.float64)[None, None]).flatten(1).T.numpy()


def test_the_matrix_shows_nine_numbers_81_times():
    axes = figures.plot_convolution_matrix(matrix_of(np.arange(1.0, 10).reshape(3, 3), 5, 5), (3, 3))
    assert {text: texts(axes).count(text) for text in texts(axes)} == {str(place): 9 for place in range(1, 10)}
    assert "81 of 225" in axes.get_xlabel()
    assert len({patch.get_facecolor() for patch in axes.patches}) == 10  # nine weights and zero


def test_the_matrix_of_an_oblong_image_needs_its_shape():
    matrix = matrix_of(np.array([[1.0, 2, 3], [4, 5, 6]]), 4, 5)
    axes = figures.plot_convolution_matrix(matrix, (2, 3), image_shape=(4, 5))
    assert sorted(set(texts(axes))) == list("123456")
    with pytest.raises(ValueError, match="image_shape must be given: 20 columns"):
        figures.plot_convolution_matrix(matrix, (2, 3))


def test_a_value_where_none_should_stand_is_marked():
    matrix = matrix_of(np.ones((3, 3)), 5, 5)
    matrix[3, 20] = 1
    axes = figures.plot_convolution_matrix(matrix, (3, 3))
    assert texts(axes).count("×") == 1
    assert framed(axes) == [(3, 20, 1, 1)]


def test_a_transposed_matrix_is_refused():
    matrix = matrix_of(np.ones((3, 3)), 5, 5).T
    with pytest.raises(ValueError, match=r"matrix must have one row for each output cell.*\(25, 9\)"):
        figures.plot_convolution_matrix(matrix, (3, 3), image_shape=(5, 5))


# equivariance, stamps, histograms


def test_equivariance_shows_the_largest_difference():
    first, last = np.zeros((3, 5)), np.zeros((3, 5))
    last[1, 2] = -2
    panels = figures.plot_equivariance(IMAGE, IMAGE, shift_first=first, shift_last=last)
    assert len(panels) == 5
    assert panels[4].get_title() == "difference,\nat most 2"
    assert numbers(panels[4])[1, 2] == 2
    assert panels[2].collections[0].norm.vmax == panels[3].collections[0].norm.vmax


def test_results_of_different_shapes_cannot_be_compared():
    with pytest.raises(ValueError, match=r"shift_first and shift_last .* not \(5, 7\) and \(7, 5\)"):
        figures.plot_equivariance(IMAGE, IMAGE, shift_first=IMAGE, shift_last=IMAGE.T)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 0), (2, 0), (1, 1)])
def test_stamps_give_the_transposed_convolution(stride, padding):
    kernel = np.array([[1.0, 2, 0, -1], [0, 1, 3, 2], [1, 1, 0, 0]])
    x, weight = (torch.tensor(array, dtype=torch.float64)[None, None] for array in (IMAGE, kernel))
    wanted = F.conv_transpose2d(x, weight, stride=stride, padding=padding)[0, 0]
    _, whole, result = figures.plot_stamps(IMAGE, kernel, stride=stride, padding=padding)
    np.testing.assert_allclose(numbers(result), wanted)
    assert numbers(whole).shape == tuple(length + 2 * padding for length in wanted.shape)
    assert (0, 0, 3, 4) in framed(whole)


def test_a_cut_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="padding must be at most 1 here, not 2"):
        figures.plot_stamps(np.ones((2, 2)), np.ones((3, 3)), padding=2)


# all of them

FIGURES = {
    "step": lambda: figures.plot_convolution_step(IMAGE, KERNEL, 5, padding=1, bias=0.5),
    "large step": lambda: figures.plot_convolution_step(np.ones((28, 28)), np.ones((5, 5)), 70),
    "filmstrip": lambda: figures.plot_filmstrip(IMAGE, KERNEL, padding=2),
    "windows": lambda: figures.plot_windows(64, 5, stride=7, padding=2),
    "matrix": lambda: figures.plot_convolution_matrix(matrix_of(np.ones((3, 3)), 5, 5), (3, 3)),
    "equivariance": lambda: figures.plot_equivariance(IMAGE, IMAGE, shift_first=IMAGE, shift_last=IMAGE),
    "stamps": lambda: figures.plot_stamps(IMAGE, KERNEL, stride=2, padding=1),
}


TestEveryFigure = rules_of(FIGURES)
