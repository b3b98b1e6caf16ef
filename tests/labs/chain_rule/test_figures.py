"""Figures of lab 03: what they show is PyTorch's."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch

from course_utils import style
from course_utils.labs.chain_rule import figures, programs
from course_utils.labs.chain_rule.figures.computation_graphs import layout, node_text
from course_utils.labs.chain_rule.programs import SEVEN_NODES, program

SKIPS = program("b = a * a; c = b + b; y = c + a", a=3)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.texts]


# --- graphs


@pytest.mark.parametrize(
    "written",
    [SEVEN_NODES, program("z = w * x; a = z.tanh(); y = v * a; L = (y - 1) ** 2", w=0.5, x=2, v=-1)],
    ids=["seven nodes", "one unit"],
)
def test_a_slope_stands_clear_of_the_boxes(written):
    axes = figures.plot_computation_graph(written, gradients=True, slopes=True)
    renderer = axes.figure.canvas.get_renderer()
    slopes = [one.get_window_extent(renderer) for one in axes.texts if one.get_text().startswith("×")]
    boxes = [one.get_window_extent(renderer) for one in axes.patches if isinstance(one, FancyBboxPatch)]
    assert len(slopes) == len(programs.torch_edges(written))
    assert len(boxes) == len(written.names)
    assert not [slope for slope in slopes for box in boxes if slope.overlaps(box)]


def test_a_graph_shows_numbers_gradients_and_slopes_of_pytorch():
    shown = texts(figures.plot_computation_graph(SEVEN_NODES, gradients=True, slopes=True))
    for name, value in programs.torch_numbers(SEVEN_NODES).items():
        assert node_text(SEVEN_NODES, name) in shown
        assert f"{value:g}".replace("-", "−") in shown
    gradients = [text for text in shown if text.startswith("grad")]
    assert gradients == [f"grad {slope}" for slope in ("−13", "5", "−7", "3", "1", "1", "1")]
    assert sorted(text for text in shown if text.startswith("×")) == sorted(
        ["×1", "×1", "×(−2)", "×4", "×1", "×1", "×(−8)", "×2", "×1", "×1"]
    )


def test_without_gradients_there_are_none():
    assert not any("grad" in text or "×" in text for text in texts(figures.plot_computation_graph(SEVEN_NODES)))


def test_what_has_arrived_takes_the_gradients_place():
    shown = texts(figures.plot_computation_graph(SEVEN_NODES, arrived={"y": 1.0, "e": 1.0}))
    assert shown.count("grad 1") == 2


def test_turns_are_numbered_and_the_focus_is_framed():
    axes = figures.plot_computation_graph(SKIPS, asked=["y", "c"], focus=["c"])
    assert {"1", "2"} <= set(texts(axes))
    assert [to_hex(patch.get_edgecolor()) for patch in axes.patches].count(style.FOCUS) == 1


def test_lines_stand_right_of_what_they_read():
    for written in (SEVEN_NODES, SKIPS, programs.random_program(3)):
        places = layout(written)
        for edge in programs.torch_edges(written):
            assert places[edge.operand].column < places[edge.made].column


def test_an_input_stands_just_left_of_its_first_user():
    assert layout(program("z = w * x; y = z * v", w=1, x=2, v=3))["v"].column == 1


def test_boxes_do_not_overlap():
    for written in (SEVEN_NODES, SKIPS):
        places = [(place.column, place.row) for place in layout(written).values()]
        assert len(set(places)) == len(places)


@pytest.mark.parametrize("wrong", [{"asked": ["q"]}, {"focus": ["q"]}, {"arrived": {"q": 1}}])
def test_an_unknown_name_is_refused(wrong):
    with pytest.raises(ValueError, match="the program has a, b, c, d, e, f, y, not q"):
        figures.plot_computation_graph(SEVEN_NODES, **wrong)


def test_graphs_fit_on_the_sheet():
    long = program("z = w * x; a = z.tanh(); y = v * a; L = (y - 1) ** 2", w=0.5, x=2, v=-1)
    assert figures.plot_computation_graph(long, gradients=True).figure.get_size_inches()[0] <= 9.01


# --- other figures


def test_moves_are_drawn_at_one_scale():
    axes = figures.plot_moves({"t": (1, 1.1), "f": (2, 2.3), "g": (5, 5.9)})
    bars = [line.get_xdata()[1] for line in axes.lines if line.get_linewidth() == 6]
    np.testing.assert_allclose(bars, [0.1, 0.3, 0.9])
    assert "f moves by 0.3  = 0.1 × 3" in texts(axes)


def test_one_quantity_is_no_move():
    with pytest.raises(ValueError, match="at least two quantities, not 1"):
        figures.plot_moves({"t": (0, 1)})


def test_errors_are_drawn_on_logarithmic_axes_and_the_best_is_marked():
    axes = figures.plot_difference_errors([1e-3, 1e-2], {"a": [1e-5, 1e-6], "b": [-1e-8, 1e-3]})
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    marked = [tuple(line.get_xydata()[0]) for line in axes.lines if line.get_markersize() == 13]
    assert marked == [(1e-2, 1e-6), (1e-3, 1e-8)]


def test_errors_need_one_number_a_step():
    with pytest.raises(ValueError, match=r"errors\['a'\] must have 2 numbers, one for each step, not 1"):
        figures.plot_difference_errors([1, 2], {"a": [1]})


def test_losses_are_drawn_as_they_are():
    axes = figures.plot_losses({"run": [3.0, 2.0, 1.0]}, bound=0.5)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [3, 2, 1])
    assert "0.5" in texts(axes)


def test_lines_differ_in_more_than_colour():
    axes = figures.plot_losses({"one": [2, 1], "two": [3, 1]})
    assert len({(line.get_linestyle(), line.get_marker()) for line in axes.lines}) == 2
