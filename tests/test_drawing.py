"""Figures that several labs use, and how any figure gets into a notebook."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn import framed, rules_of, texts
from matplotlib.colors import to_rgb

import course_utils
from course_utils import drawing, style
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
ZERO_ONE = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
CROSS = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


# showing


def test_show_displays_one_image_with_its_text_and_closes_the_figure(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **options: shown.append((bundle, options)))
    assert drawing.show(drawing.plot_grids([CROSS], ["kernel"]), 'A "cross" of ones.') is None
    [(bundle, options)] = shown
    assert options == {"raw": True}
    assert bundle["text/html"].startswith("<figure")
    assert bundle["text/html"].count("<img") == 1
    assert 'alt="A &quot;cross&quot; of ones."' in bundle["text/html"]
    assert "border-radius:8px;background:white" in bundle["text/html"]
    assert bundle["text/plain"] == '[figure: A "cross" of ones.]'
    assert plt.get_fignums() == []


@pytest.mark.parametrize("take", [lambda axes: axes[0], lambda axes: list(axes), lambda axes: axes[0].figure])
def test_show_takes_axes_several_axes_or_a_figure(take):
    bundle = drawing.figure_bundle(take(drawing.plot_grids([CROSS, CROSS], ["a", "b"])), "Two crosses.")
    assert "data:image/png;base64," in bundle["text/html"]


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_show_asks_for_a_text(alt):
    with pytest.raises(ValueError, match="alt must be a sentence"):
        drawing.show(drawing.plot_grids([CROSS], ["kernel"]), alt)


def test_show_says_what_it_wants_instead_of_an_array():
    with pytest.raises(TypeError, match="expected axes or a figure"):
        drawing.show(CROSS, "A cross.")


def test_the_same_figure_gives_the_same_bytes():
    first, second = (drawing.figure_bundle(drawing.plot_grids([CROSS], ["kernel"]), "A cross.") for _ in range(2))
    assert first == second


def test_importing_the_package_loads_no_matplotlib():
    code = "import sys; from course_utils import shapes, style; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG defines it."""

    def light(colour: str) -> float:
        parts = np.array(to_rgb(colour))
        return float(
            np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
        )

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["DATA", "MODEL", "TRUTH", "FOCUS"])
def test_lines_stand_out_from_white_paper_and_from_a_dark_page(name):
    colour = getattr(style, name)
    assert contrast(colour, "#ffffff") >= 3
    assert contrast(colour, "#111111") >= 3


# rows of arrays


def test_integers_are_written_without_decimals():
    [axes] = drawing.plot_grids([np.array([[4.0, -3.0], [0.25, -0.0]])], ["numbers"])
    assert texts(axes) == ["4", "−3", "0.25", "0"]


def test_windows_are_framed_where_they_were_asked_for():
    first, second = drawing.plot_grids([ZERO_ONE, CROSS], ["input", "kernel"], windows=[(1, 2, 3, 3), None])
    assert framed(first) == [(1, 2, 3, 3)]
    assert framed(second) == []


def test_cells_have_one_size_in_all_panels():
    panels = drawing.plot_grids([ZERO_ONE, CROSS, np.ones((2, 6))], ["a", "b", "c"])
    sides = [np.diff(axes.transData.transform([(0, 0), (1, 1)]), axis=0).ravel() for axes in panels]
    np.testing.assert_allclose(np.abs(sides), np.abs(sides[0][0]))


def test_numbers_too_long_for_their_cells_are_left_out_together():
    [axes] = drawing.plot_grids([np.full((2, 40), -123.45)], ["wide"])
    assert texts(axes) == []


def test_no_word_of_a_title_stands_alone():
    *_, last = drawing.plot_grids([np.zeros((5, 5))] * 3, ["weights", "bar", "bar moved by 1: answers 0"])
    assert min(map(len, last.get_title().split("\n"))) > 8


def test_a_bar_stands_on_the_mean_of_equal_values():
    _, right = drawing.plot_value_histograms({"drawn": np.array([0.0, 1.43] * 50), "equal": np.ones(50)}, xlabel="x")
    (bar,) = [bar for bar in right.patches if bar.get_height()]
    assert bar.get_x() + bar.get_width() / 2 == pytest.approx(1)


def test_pictures_are_grey():
    (axes,) = drawing.plot_images([IMAGE], ["a picture"])
    colours = axes.collections[0].cmap(np.linspace(0, 1, 5))
    assert np.ptp(colours[:, :3], axis=1).max() == 0


def test_signed_pictures_share_a_scale_with_zero_in_the_middle():
    first, second = drawing.plot_images([IMAGE - 1.0, -8.0 * CROSS], ["map", "other map"], signed=True)
    for axes in (first, second):
        norm = axes.collections[0].norm
        assert (norm.vmin, norm.vmax) == (-8, 8)


@pytest.mark.parametrize("plot", [drawing.plot_grids, drawing.plot_images])
def test_each_array_needs_its_title(plot):
    with pytest.raises(ValueError, match="titles must be 2"):
        plot([CROSS, CROSS], ["one"])


@pytest.mark.parametrize("plot", [drawing.plot_grids, drawing.plot_images])
def test_arrays_with_three_axes_are_refused(plot):
    with pytest.raises(ValueError, match=r"shape \(H, W\), not \(3, 5, 7\)"):
        plot([np.zeros((3, 5, 7))], ["colour"])


def test_bars_carry_their_exact_numbers():
    axes = drawing.plot_parameter_bars({"dense": 14_455_392, "convolution": 456})
    assert texts(axes) == ["14,455,392", "456"]
    assert [bar.get_width() for bar in axes.patches] == [14_455_392, 456]
    assert axes.get_xscale() == "log"


def test_bars_are_drawn_where_asked():
    axes = plt.subplots()[1]
    assert drawing.plot_parameter_bars({"pooling": 1}, axes=axes) is axes


@pytest.mark.parametrize("counts", [{}, {"pooling": 0}])
def test_a_logarithmic_axis_has_no_zero(counts):
    with pytest.raises(ValueError, match="counts"):
        drawing.plot_parameter_bars(counts)


def test_histograms_mark_and_write_the_mean():
    samples = {"train": np.array([0, 0, 2.0, 4.0]), "eval": np.ones((2, 3))}
    train, evaluation = drawing.plot_value_histograms(samples, xlabel="activation")
    assert train.lines[0].get_xdata()[0] == 1.5
    assert "mean 1.50" in train.get_title()
    assert "mean 1.00" in evaluation.get_title()
    assert train.get_xlabel() == "activation"


@pytest.mark.parametrize("sample", [[], [1.0, np.nan]])
def test_histograms_need_finite_numbers(sample):
    with pytest.raises(ValueError, match=r"samples\['train'\] must be finite"):
        drawing.plot_value_histograms({"train": np.array(sample)}, xlabel="activation")


# all of them

FIGURES = {
    "grids": lambda: drawing.plot_grids([ZERO_ONE, CROSS, IMAGE], ["input", "kernel", "a long title that folds"]),
    "images": lambda: drawing.plot_images([np.ones((28, 28)), IMAGE, IMAGE], ["a", "b", "c"], signed=True),
    "bars": lambda: drawing.plot_parameter_bars(layer_weight_counts(3, 32, 32, 6, 5)),
    "histograms": lambda: drawing.plot_value_histograms({"train": IMAGE, "eval": IMAGE}, xlabel="activation"),
}


TestEveryFigure = rules_of(FIGURES)


def test_a_figure_function_may_hold_the_text():
    @drawing.described("A cross of ones.")
    def plot_cross():
        """Draw a cross."""
        return drawing.plot_grids([CROSS], ["kernel"])

    assert (plot_cross.alt, plot_cross.__doc__) == ("A cross of ones.", "Draw a cross.")
    assert drawing.figure_bundle(plot_cross())["text/plain"] == "[figure: A cross of ones.]"
    assert drawing.figure_bundle(plot_cross(), "Another text.")["text/plain"] == "[figure: Another text.]"
    with pytest.raises(ValueError, match="alt must be a sentence"):
        drawing.figure_bundle(drawing.plot_grids([CROSS], ["kernel"]))


def test_curves_have_no_frame_that_carries_nothing():
    framed = []
    for path in Path(course_utils.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.unparse(node) if isinstance(node, ast.FunctionDef) else ""
            if ".set_xlabel(" in text and not re.search(r"\bbare\(|\.imshow\(|_draw_map\(|\.spines\b", text):
                framed.append(f"{path.name}: {node.name}")
    assert framed == []
