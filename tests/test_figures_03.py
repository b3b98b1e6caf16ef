"""Figures and the widget of lab 03: what they show is PyTorch's, or the learner's own order."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from engines import FIRST_MET, ORDER_BODY, build

from course_utils import plots, style, widgets
from course_utils.labs.chain_rule import programs
from course_utils.labs.chain_rule.programs import SEVEN_NODES, program
from course_utils.plots.computation_graphs import layout, node_text

VIEW = "application/vnd.jupyter.widget-view+json"
SKIPS = program("b = a * a; c = b + b; y = c + a", a=3)


@pytest.fixture(autouse=True)
def somebody_is_there(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.texts]


# --- graphs


def test_a_graph_shows_numbers_gradients_and_slopes_of_pytorch():
    shown = texts(plots.plot_computation_graph(SEVEN_NODES, gradients=True, slopes=True))
    for name, value in programs.torch_numbers(SEVEN_NODES).items():
        assert node_text(SEVEN_NODES, name) in shown
        assert f"{value:g}".replace("-", "−") in shown
    gradients = [text for text in shown if text.startswith("grad")]
    assert gradients == [f"grad {slope}" for slope in ("−13", "5", "−7", "3", "1", "1", "1")]
    assert sorted(text for text in shown if text.startswith("×")) == sorted(
        ["×1", "×1", "×(−2)", "×4", "×1", "×1", "×(−8)", "×2", "×1", "×1"]
    )


def test_without_gradients_there_are_none():
    assert not any("grad" in text or "×" in text for text in texts(plots.plot_computation_graph(SEVEN_NODES)))


def test_what_has_arrived_takes_the_gradients_place():
    shown = texts(plots.plot_computation_graph(SEVEN_NODES, arrived={"y": 1.0, "e": 1.0}))
    assert shown.count("grad 1") == 2


def test_turns_are_numbered_and_the_focus_is_framed():
    axes = plots.plot_computation_graph(SKIPS, asked=["y", "c"], focus=["c"])
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
        plots.plot_computation_graph(SEVEN_NODES, **wrong)


def test_graphs_fit_on_the_sheet():
    long = program("z = w * x; a = z.tanh(); y = v * a; L = (y - 1) ** 2", w=0.5, x=2, v=-1)
    assert plots.plot_computation_graph(long, gradients=True).figure.get_size_inches()[0] <= 9.01


# --- other figures


def test_moves_are_drawn_at_one_scale():
    axes = plots.plot_moves({"t": (1, 1.1), "f": (2, 2.3), "g": (5, 5.9)})
    bars = [line.get_xdata()[1] for line in axes.lines if line.get_linewidth() == 6]
    np.testing.assert_allclose(bars, [0.1, 0.3, 0.9])
    assert "f moves by 0.3  = 0.1 × 3" in texts(axes)


def test_one_quantity_is_no_move():
    with pytest.raises(ValueError, match="at least two quantities, not 1"):
        plots.plot_moves({"t": (0, 1)})


def test_errors_are_drawn_on_logarithmic_axes_and_the_best_is_marked():
    axes = plots.plot_difference_errors([1e-3, 1e-2], {"a": [1e-5, 1e-6], "b": [-1e-8, 1e-3]})
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    marked = [tuple(line.get_xydata()[0]) for line in axes.lines if line.get_markersize() == 13]
    assert marked == [(1e-2, 1e-6), (1e-3, 1e-8)]


def test_errors_need_one_number_a_step():
    with pytest.raises(ValueError, match=r"errors\['a'\] must have 2 numbers, one for each step, not 1"):
        plots.plot_difference_errors([1, 2], {"a": [1]})


def test_losses_are_drawn_as_they_are():
    axes = plots.plot_losses({"run": [3.0, 2.0, 1.0]}, bound=0.5)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [3, 2, 1])
    assert "0.5" in texts(axes)


def test_lines_differ_in_more_than_colour():
    axes = plots.plot_losses({"one": [2, 1], "two": [3, 1]})
    assert len({(line.get_linestyle(), line.get_marker()) for line in axes.lines}) == 2


# --- the widget


def test_the_order_is_the_learners():
    explorer = widgets.explore_graph(SEVEN_NODES, Value=build("Value")["Value"])
    assert explorer.order[0] == "y"
    assert set(explorer.order) == set(SEVEN_NODES.names)
    assert explorer.note == "the order is that of your backward_order"


def test_a_wrong_order_is_shown_as_it_is():
    explorer = widgets.explore_graph(SEVEN_NODES, Value=build("Value", (ORDER_BODY, FIRST_MET))["Value"])
    assert explorer.order == ["y", "e", "c", "a", "b", "d", "f"]


def test_what_goes_back_along_the_arrows_adds_up_to_pytorchs_gradients():
    for written in (SEVEN_NODES, SKIPS):
        explorer = widgets.explore_graph(written)
        arrived = {written.result: 1.0}
        for edge in explorer.edges:
            arrived[edge["operand"]] = arrived.get(edge["operand"], 0) + edge["amount"]
        assert arrived == programs.torch_all_gradients(written)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ("raise NotImplementedError", "your backward_order is not written yet; shown is the order of the lines"),
        ("return None", "your backward_order returned None; shown is the order of the lines"),
        ("return 1 / 0", "your engine raised ZeroDivisionError: division by zero; shown is the order of the lines"),
    ],
)
def test_where_there_is_no_order_it_says_so(change, note):
    Value = build("Value", (ORDER_BODY, f"        {change}\n"))["Value"]
    explorer = widgets.explore_graph(SEVEN_NODES, Value=Value)
    assert explorer.note.startswith(note)
    assert explorer.order == ["y", "f", "e", "d", "c", "a", "b"]


def test_while_grading_the_learner_is_not_asked_and_a_figure_is_shown(monkeypatch):
    monkeypatch.setenv("CI", "true")

    class Value:
        def __init__(self, data):
            raise AssertionError("asked")

    data, _ = widgets.explore_graph(SEVEN_NODES, Value=Value)._repr_mimebundle_()
    assert VIEW not in data
    assert "asked in the order y, f, e, d, c, a, b" in data["text/html"]


def test_at_the_screen_there_are_a_view_and_a_figure():
    data, _ = widgets.explore_graph()._repr_mimebundle_()
    assert {VIEW, "text/html"} <= set(data)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: widgets.explore_graph("c = a + b"), "written must be a program, not str"),
        (lambda: widgets.explore_graph(programs.random_program(1, 30)), "at most 24 names can be drawn, not with"),
        (lambda: widgets.explore_graph(SEVEN_NODES, Value=3), "Value must be a class, not int"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_script_asks_for_nothing_from_the_network():
    explorer = widgets.explore_graph()
    assert set(re.findall(r"\w+://[^\"' ]+", explorer._esm + explorer._css)) == {"http://www.w3.org/2000/svg"}


# --- in the browser


@pytest.fixture(scope="module")
def page():
    browser = pytest.importorskip("browser")
    browser.chromium()
    with browser.sync_playwright() as playwright:
        running = browser.start(playwright)
        yield running.new_page(viewport={"width": 1000, "height": 500})
        running.close()


@pytest.mark.slow
def test_the_way_back_in_a_browser(page):
    import browser

    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    explorer = widgets.explore_graph(SEVEN_NODES, Value=build("Value", (ORDER_BODY, FIRST_MET))["Value"])
    browser.mount(page, explorer)

    def gradients():
        found = page.locator(".cu-node").evaluate_all("all => all.map(({dataset: d}) => [d.name, d.grad, d.early])")
        return {name: float(grad) for name, grad, _ in found if grad}, [n for n, _, early in found if early == "true"]

    assert gradients() == ({}, [])
    step = page.get_by_role("button", name="step ▶")
    for _ in range(3):
        step.click()
    assert gradients() == ({"y": 1, "e": 1, "f": 1, "c": 1, "d": 1, "a": -7, "b": -7}, ["c"])
    assert "c is asked, but f has not answered yet" in page.locator(".cu-line").text_content()
    for _ in range(4):
        step.click()
    assert gradients()[0] == programs.torch_all_gradients(SEVEN_NODES)
    page.locator('input[data-name="step"][type="range"]').press("ArrowLeft")
    assert page.locator('input[data-name="step"][type="number"]').input_value() == "6"
    assert errors == []
