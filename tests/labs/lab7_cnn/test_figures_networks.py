"""Figures of lab 06: whole networks."""

import matplotlib.pyplot as plt
import pytest

from course_utils.labs.lab7_cnn import figures

SHAPES = {"input": (3, 12, 12), "conv": (8, 10, 10), "flatten": (800,), "hidden": None}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(axes) -> str:
    return "\n".join(text.get_text() for text in axes.texts)


# --- ribbon


def test_the_ribbon_writes_each_shape_and_hides_the_unknown():
    found = texts(figures.plot_shape_ribbon(SHAPES))
    for words in ("input\n3×12×12", "conv\n8×10×10", "flatten\n800", "hidden\n?"):
        assert words in found


def test_blocks_are_taller_for_larger_sides_and_wider_for_more_channels():
    first, second = figures.plot_shape_ribbon(SHAPES).patches[:2]
    assert first.get_height() > second.get_height()
    assert first.get_width() < second.get_width()


@pytest.mark.parametrize(("shapes", "message"), [({}, "empty"), ({"x": (2, 3)}, r"\(C, H, W\) or \(D,\)")])
def test_the_ribbon_refuses_other_shapes(shapes, message):
    with pytest.raises(ValueError, match=message):
        figures.plot_shape_ribbon(shapes)


# --- bars of costs


def test_cost_bars_show_shares_and_numbers():
    left, right = figures.plot_cost_bars({"a": 1, "b": 3}, {"a": 300, "b": 100})
    assert [bar.get_width() for bar in left.patches] == [25, 75]
    assert [bar.get_width() for bar in right.patches] == [75, 25]
    assert "300 (75.0 %)" in texts(right)
    assert "400 multiplications" in right.get_xlabel()


@pytest.mark.parametrize(("one", "two"), [({}, {}), ({"a": 1}, {"b": 1}), ({"a": 0}, {"a": 1})])
def test_cost_bars_need_the_same_layers_and_something_to_share(one, two):
    with pytest.raises(ValueError, match="must"):
        figures.plot_cost_bars(one, two)


# --- staircase, block


def test_the_staircase_writes_its_last_sides():
    axes = figures.plot_size_staircase({"one": [8, 4, 2], "two": [8, 2, 1]}, ["input", "pool", "pool"])
    assert texts(axes) == "2×2\n1×1"
    assert [list(line.get_ydata()) for line in axes.lines] == [[8, 4, 2], [8, 2, 1]]
    assert len({line.get_linestyle() for line in axes.lines} | {line.get_marker() for line in axes.lines}) == 4


@pytest.mark.parametrize("sizes", [{}, {"one": [8]}, {str(i): [1, 2] for i in range(5)}])
def test_the_staircase_needs_a_side_for_each_step(sizes):
    with pytest.raises(ValueError, match="sizes must be 1 to 4 rows of 2 sides"):
        figures.plot_size_staircase(sizes, ["input", "pool"])


def test_the_block_names_its_layers_and_the_way_around():
    found = texts(figures.plot_residual_block(["conv", "norm"], "x"))
    assert {"conv", "norm", "x", "+"} <= set(found.split("\n"))
    with pytest.raises(ValueError, match="labels must be 1 to 6 layers, not 7"):
        figures.plot_residual_block(["conv"] * 7, "x")
