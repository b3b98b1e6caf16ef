"""Figures: what they show is what PyTorch computes, and what cannot be drawn is refused in one sentence."""

import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.colors import to_hex

from course_utils import plots, style
from course_utils.shapes import layer_weight_counts

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


def numbers(axes):
    """The array that was drawn as cells."""
    return axes.collections[0].get_array()


def texts(axes):
    return [text.get_text() for text in axes.texts]


def frames(axes):
    """Cells framed in the colour of the focus, as (row, column, height, width)."""
    boxes = [patch for patch in axes.patches if to_hex(patch.get_edgecolor()) == style.FOCUS]
    return [(box.get_y(), box.get_x(), box.get_height(), box.get_width()) for box in boxes]


def inches(drawn):
    return plots.frames._figure_of(drawn).get_size_inches()


# showing


def test_show_displays_one_image_with_its_text_and_closes_the_figure(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **options: shown.append((bundle, options)))
    assert plots.show(plots.plot_grids([CROSS], ["kernel"]), 'A "cross" of ones.') is None
    [(bundle, options)] = shown
    assert options == {"raw": True}
    assert bundle["text/html"].startswith("<figure")
    assert bundle["text/html"].count("<img") == 1
    assert 'alt="A &quot;cross&quot; of ones."' in bundle["text/html"]
    assert "max-width:100%;height:auto;background:white" in bundle["text/html"]
    assert bundle["text/plain"] == '[figure: A "cross" of ones.]'
    assert plt.get_fignums() == []


@pytest.mark.parametrize("take", [lambda axes: axes[0], lambda axes: list(axes), lambda axes: axes[0].figure])
def test_show_takes_axes_several_axes_or_a_figure(take):
    bundle = plots.figure_bundle(take(plots.plot_grids([CROSS, CROSS], ["a", "b"])), "Two crosses.")
    assert "data:image/png;base64," in bundle["text/html"]


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_show_asks_for_a_text(alt):
    with pytest.raises(ValueError, match="alt must be a sentence"):
        plots.show(plots.plot_grids([CROSS], ["kernel"]), alt)


def test_show_says_what_it_wants_instead_of_an_array():
    with pytest.raises(TypeError, match="expected axes or a figure"):
        plots.show(CROSS, "A cross.")


def test_the_same_figure_gives_the_same_bytes():
    first, second = (plots.figure_bundle(plots.plot_grids([CROSS], ["kernel"]), "A cross.") for _ in range(2))
    assert first == second


def test_importing_the_package_loads_no_matplotlib():
    code = "import sys; from course_utils import shapes, style; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_colours_are_those_of_okabe_and_ito():
    blue, vermilion = (to_hex(mpl.color_sequences["okabe_ito"][place]) for place in (5, 6))
    assert (blue, vermilion) == (style.DATA, style.FOCUS)
    assert len({style.DATA, style.MODEL, style.TRUTH, style.FOCUS}) == 4
    with pytest.raises(AttributeError, match="NOISE"):
        _ = style.NOISE


# rows of arrays


def test_integers_are_written_without_decimals():
    [axes] = plots.plot_grids([np.array([[4.0, -3.0], [0.25, -0.0]])], ["numbers"])
    assert texts(axes) == ["4", "−3", "0.25", "0"]


def test_windows_are_framed_where_they_were_asked_for():
    first, second = plots.plot_grids([ZERO_ONE, CROSS], ["input", "kernel"], windows=[(1, 2, 3, 3), None])
    assert frames(first) == [(1, 2, 3, 3)]
    assert frames(second) == []


def test_cells_have_one_size_in_all_panels():
    panels = plots.plot_grids([ZERO_ONE, CROSS, np.ones((2, 6))], ["a", "b", "c"])
    sides = [np.diff(axes.transData.transform([(0, 0), (1, 1)]), axis=0).ravel() for axes in panels]
    np.testing.assert_allclose(np.abs(sides), np.abs(sides[0][0]))


def test_numbers_too_long_for_their_cells_are_left_out_together():
    [axes] = plots.plot_grids([np.full((2, 40), -123.45)], ["wide"])
    assert texts(axes) == []


def test_signed_pictures_share_a_scale_with_zero_in_the_middle():
    first, second = plots.plot_images([IMAGE - 1.0, -8.0 * CROSS], ["map", "other map"], signed=True)
    for axes in (first, second):
        norm = axes.collections[0].norm
        assert (norm.vmin, norm.vmax) == (-8, 8)


@pytest.mark.parametrize("plot", [plots.plot_grids, plots.plot_images])
def test_each_array_needs_its_title(plot):
    with pytest.raises(ValueError, match="titles must be 2"):
        plot([CROSS, CROSS], ["one"])


@pytest.mark.parametrize("plot", [plots.plot_grids, plots.plot_images])
def test_arrays_with_three_axes_are_refused(plot):
    with pytest.raises(ValueError, match=r"shape \(H, W\), not \(3, 5, 7\)"):
        plot([np.zeros((3, 5, 7))], ["colour"])


# one step of a convolution


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_last_step_shows_what_pytorch_computes(settings):
    expected = torch_convolution(IMAGE, KERNEL, **settings)
    _, _, output = plots.plot_convolution_step(IMAGE, KERNEL, expected.size - 1, **settings)
    np.testing.assert_allclose(numbers(output), expected)


def test_later_outputs_stay_blank():
    _, _, output = plots.plot_convolution_step(IMAGE, KERNEL, 6)
    assert np.ma.getmaskarray(numbers(output)).ravel().tolist() == [False] * 7 + [True] * 13


def test_the_window_stands_where_the_step_reads():
    source, _, output = plots.plot_convolution_step(IMAGE, KERNEL, 5, stride=2, padding=1)
    assert frames(source) == [(2, 2, 2, 3)]  # the outputs are 3×4: step 5 is row 1, column 1
    assert frames(output) == [(1, 1, 1, 1)]


def test_products_and_their_sum_are_written_out():
    _, products, output = plots.plot_convolution_step(ZERO_ONE, CROSS, 0, bias=0.5)
    assert "1 × 1\n= 1" in texts(products)
    assert "".join(texts(products)[-1].split()) == "1+0+1+0+1+0+0+0+1+bias0.5=4.5"
    assert numbers(output)[0, 0] == 4.5


def test_padding_cells_are_dotted_and_hold_a_zero():
    source, _, _ = plots.plot_convolution_step(ZERO_ONE, CROSS, 0, padding=2)
    assert sum(patch.get_linestyle() == ":" for patch in source.patches) == 9 * 9 - 5 * 5


@pytest.mark.parametrize("step", [-1, 9])
def test_a_step_that_does_not_exist_is_refused(step):
    with pytest.raises(ValueError, match=f"^step must be from 0 to 8, not {step}$"):
        plots.plot_convolution_step(ZERO_ONE, CROSS, step)


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
        plots.plot_convolution_step(**{"image": IMAGE, "kernel": KERNEL, "step": 0, **wrong})


def test_the_filmstrip_shows_first_second_last_in_row_and_last():
    strip = plots.plot_filmstrip(IMAGE, KERNEL)
    assert [frames(axes) for axes in strip[0]] == [
        [(0, 0, 2, 3)],
        [(0, 1, 2, 3)],
        [(0, 4, 2, 3)],
        [(3, 4, 2, 3)],
    ]
    np.testing.assert_allclose(numbers(strip[1, -1]), torch_convolution(IMAGE, KERNEL))


def test_the_filmstrip_of_a_single_window_has_one_picture():
    assert plots.plot_filmstrip(CROSS, CROSS).shape == (2, 1)


# windows in a row


@pytest.mark.parametrize(("size", "kernel_size"), [(7, 3), (12, 2), (5, 5), (32, 5)])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (3, 0), (4, 1), (1, 2)])
def test_there_are_as_many_bars_as_pytorch_finds_windows(size, kernel_size, stride, padding):
    axes = plots.plot_windows(size, kernel_size, stride=stride, padding=padding)
    row, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    wanted = F.conv1d(row, weight, stride=stride, padding=padding).shape[-1]
    assert sum(patch.get_gid() == "window" for patch in axes.patches) == wanted
    assert texts(axes)[-1].startswith(f"{wanted} window")


def test_leftover_cells_are_hatched_and_labelled():
    axes = plots.plot_windows(7, 3, stride=3)
    assert [patch.get_x() for patch in axes.patches if patch.get_hatch()] == [6]
    assert texts(axes).count("never read") == 1


def test_no_label_where_every_cell_is_read():
    axes = plots.plot_windows(7, 3, stride=2)
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
        plots.plot_windows(**{"size": 7, "kernel_size": 3, "padding": 1, **arguments})


# parameters


@pytest.mark.parametrize("sizes", [(3, 32, 32, 6, 5), (2, 5, 7, 4, 3), (1, 28, 28, 1, 28)])
def test_weight_counts_are_those_of_pytorchs_layers(sizes):
    in_channels, height, width, out_channels, kernel_size = sizes
    convolution = torch.nn.Conv2d(in_channels, out_channels, kernel_size)
    maps = convolution(torch.zeros(1, in_channels, height, width))
    dense = torch.nn.Linear(in_channels * height * width, maps.numel(), device="meta")
    per_window = torch.nn.Linear(in_channels * kernel_size**2, 1)  # once for each output
    counted = [sum(p.numel() for p in layer.parameters()) for layer in (dense, per_window, convolution)]
    counted[1] *= maps.numel()
    assert list(layer_weight_counts(*sizes).items()) == list(
        zip(["dense", "locally connected", "convolution"], counted, strict=True)
    )


def test_a_kernel_larger_than_the_image_has_no_count():
    with pytest.raises(ValueError, match="kernel_size must be from 1 to 5, not 6"):
        layer_weight_counts(3, 5, 7, 4, 6)


def test_bars_carry_their_exact_numbers():
    axes = plots.plot_parameter_bars({"dense": 14_455_392, "convolution": 456})
    assert texts(axes) == ["14,455,392", "456"]
    assert [bar.get_width() for bar in axes.patches] == [14_455_392, 456]
    assert axes.get_xscale() == "log"


def test_bars_are_drawn_where_asked():
    axes = plt.subplots()[1]
    assert plots.plot_parameter_bars({"pooling": 1}, axes=axes) is axes


@pytest.mark.parametrize("counts", [{}, {"pooling": 0}])
def test_a_logarithmic_axis_has_no_zero(counts):
    with pytest.raises(ValueError, match="counts"):
        plots.plot_parameter_bars(counts)


# the matrix of a convolution


def convolution_matrix(kernel, height, width):
    """Row by row from PyTorch: one column is the answer to one cell alone."""
    cells = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)
    return F.conv2d(cells, torch.tensor(kernel, dtype=torch.float64)[None, None]).flatten(1).T.numpy()


def test_the_matrix_shows_nine_numbers_81_times():
    axes = plots.plot_convolution_matrix(convolution_matrix(np.arange(1.0, 10).reshape(3, 3), 5, 5), (3, 3))
    assert {text: texts(axes).count(text) for text in texts(axes)} == {str(place): 9 for place in range(9)}
    assert "81 of 225" in axes.get_xlabel()
    assert len({patch.get_facecolor() for patch in axes.patches}) == 10  # nine weights and zero


def test_the_matrix_of_an_oblong_image_needs_its_shape():
    matrix = convolution_matrix(np.array([[1.0, 2, 3], [4, 5, 6]]), 4, 5)
    axes = plots.plot_convolution_matrix(matrix, (2, 3), image_shape=(4, 5))
    assert sorted(set(texts(axes))) == list("012345")
    with pytest.raises(ValueError, match="image_shape must be given: 20 columns"):
        plots.plot_convolution_matrix(matrix, (2, 3))


def test_a_value_where_none_should_stand_is_marked():
    matrix = convolution_matrix(np.ones((3, 3)), 5, 5)
    matrix[3, 20] = 1
    axes = plots.plot_convolution_matrix(matrix, (3, 3))
    assert texts(axes).count("×") == 1
    assert frames(axes) == [(3, 20, 1, 1)]


def test_a_transposed_matrix_is_refused():
    matrix = convolution_matrix(np.ones((3, 3)), 5, 5).T
    with pytest.raises(ValueError, match=r"matrix must have one row for each output cell.*\(25, 9\)"):
        plots.plot_convolution_matrix(matrix, (3, 3), image_shape=(5, 5))


# equivariance, stamps, histograms


def test_equivariance_shows_the_largest_difference():
    first, last = np.zeros((3, 5)), np.zeros((3, 5))
    last[1, 2] = -2
    panels = plots.plot_equivariance(IMAGE, IMAGE, shift_first=first, shift_last=last)
    assert len(panels) == 5
    assert panels[4].get_title().endswith("at\nmost 2")
    assert numbers(panels[4])[1, 2] == 2
    assert panels[2].collections[0].norm.vmax == panels[3].collections[0].norm.vmax


def test_results_of_different_shapes_cannot_be_compared():
    with pytest.raises(ValueError, match=r"shift_first and shift_last .* not \(5, 7\) and \(7, 5\)"):
        plots.plot_equivariance(IMAGE, IMAGE, shift_first=IMAGE, shift_last=IMAGE.T)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 0), (2, 0), (1, 1)])
def test_stamps_give_the_transposed_convolution(stride, padding):
    kernel = np.array([[1.0, 2, 0, -1], [0, 1, 3, 2], [1, 1, 0, 0]])
    x, weight = (torch.tensor(array, dtype=torch.float64)[None, None] for array in (IMAGE, kernel))
    wanted = F.conv_transpose2d(x, weight, stride=stride, padding=padding)[0, 0]
    _, whole, result = plots.plot_stamps(IMAGE, kernel, stride=stride, padding=padding)
    np.testing.assert_allclose(numbers(result), wanted)
    assert numbers(whole).shape == tuple(length + 2 * padding for length in wanted.shape)
    assert (0, 0, 3, 4) in frames(whole)


def test_a_cut_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="padding must be at most 1 here, not 2"):
        plots.plot_stamps(np.ones((2, 2)), np.ones((3, 3)), padding=2)


def test_histograms_mark_and_write_the_mean():
    samples = {"train": np.array([0, 0, 2.0, 4.0]), "eval": np.ones((2, 3))}
    train, evaluation = plots.plot_value_histograms(samples, xlabel="activation")
    assert train.lines[0].get_xdata()[0] == 1.5
    assert "mean 1.50" in train.get_title()
    assert "mean 1.00" in evaluation.get_title()
    assert train.get_xlabel() == "activation"


@pytest.mark.parametrize("sample", [[], [1.0, np.nan]])
def test_histograms_need_finite_numbers(sample):
    with pytest.raises(ValueError, match=r"samples\['train'\] must be finite"):
        plots.plot_value_histograms({"train": np.array(sample)}, xlabel="activation")


# all of them

FIGURES = {
    "grids": lambda: plots.plot_grids([ZERO_ONE, CROSS, IMAGE], ["input", "kernel", "a long title that folds"]),
    "images": lambda: plots.plot_images([np.ones((28, 28)), IMAGE, IMAGE], ["a", "b", "c"], signed=True),
    "step": lambda: plots.plot_convolution_step(IMAGE, KERNEL, 5, padding=1, bias=0.5),
    "large step": lambda: plots.plot_convolution_step(np.ones((28, 28)), np.ones((5, 5)), 70),
    "filmstrip": lambda: plots.plot_filmstrip(IMAGE, KERNEL, padding=2),
    "windows": lambda: plots.plot_windows(64, 5, stride=7, padding=2),
    "bars": lambda: plots.plot_parameter_bars(layer_weight_counts(3, 32, 32, 6, 5)),
    "matrix": lambda: plots.plot_convolution_matrix(convolution_matrix(np.ones((3, 3)), 5, 5), (3, 3)),
    "equivariance": lambda: plots.plot_equivariance(IMAGE, IMAGE, shift_first=IMAGE, shift_last=IMAGE),
    "stamps": lambda: plots.plot_stamps(IMAGE, KERNEL, stride=2, padding=1),
    "histograms": lambda: plots.plot_value_histograms({"train": IMAGE, "eval": IMAGE}, xlabel="activation"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_at_most_nine_inches_wide_and_their_text_is_legible(name):
    drawn = FIGURES[name]()
    figure = plots.frames._figure_of(drawn)
    figure.draw_without_rendering()
    written = [text for text in figure.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]
    exponents = [text for text in written if "mathdefault" in text.get_text()]
    assert figure.get_size_inches()[0] <= 9.01
    assert min(text.get_fontsize() for text in written if text not in exponents) >= 10


@pytest.mark.parametrize("name", FIGURES)
def test_texts_of_a_figure_do_not_overlap(name):
    figure = plots.frames._figure_of(FIGURES[name]())
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in figure.findobj(is_seen)]
    for place, (text, box) in enumerate(boxes):
        for other_text, other in boxes[place + 1 :]:
            assert not box.padded(-2).overlaps(other), f"{text!r} overlaps {other_text!r}"


def is_seen(artist):
    """Tell texts that are drawn from those of axes that are switched off."""
    if not isinstance(artist, mpl.text.Text) or not artist.get_text().strip() or not artist.get_visible():
        return False
    if artist.get_window_extent().width <= 1:  # a tick beyond the end of its axis
        return False
    axes = artist.axes
    return axes is None or axes.axison or artist in axes.texts or artist is axes.title


def test_drawing_changes_no_global_setting():
    before = dict(mpl.rcParams)
    for draw in FIGURES.values():
        draw()
    assert dict(mpl.rcParams) == before
