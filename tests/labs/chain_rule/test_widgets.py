"""The widget of lab 03, the Python half: what it shows is PyTorch's, or the learner's own order."""

import re

import matplotlib.pyplot as plt
import pytest
from engines import FIRST_MET, ORDER_BODY, build

from course_utils.labs.chain_rule import programs, widgets
from course_utils.labs.chain_rule.programs import SEVEN_NODES, program

VIEW = "application/vnd.jupyter.widget-view+json"
SKIPS = program("b = a * a; c = b + b; y = c + a", a=3)


@pytest.fixture(autouse=True)
def somebody_is_there(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


def test_the_order_is_the_learners():
    explorer = widgets.explore_graph(SEVEN_NODES, your_Value=build("Value")["Value"])
    assert explorer.order[0] == "y"
    assert set(explorer.order) == set(SEVEN_NODES.names)
    assert explorer.note == "the order is that of your backward_order"


def test_a_wrong_order_is_shown_as_it_is():
    explorer = widgets.explore_graph(SEVEN_NODES, your_Value=build("Value", (ORDER_BODY, FIRST_MET))["Value"])
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
    explorer = widgets.explore_graph(SEVEN_NODES, your_Value=Value)
    assert explorer.note.startswith(note)
    assert explorer.order == ["y", "f", "e", "d", "c", "a", "b"]


def test_while_grading_the_learner_is_not_asked_and_a_figure_is_shown(monkeypatch):
    monkeypatch.setenv("CI", "true")

    class Value:
        def __init__(self, data):
            raise AssertionError("asked")

    data, _ = widgets.explore_graph(SEVEN_NODES, your_Value=Value)._repr_mimebundle_()
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
        (lambda: widgets.explore_graph(SEVEN_NODES, your_Value=3), "your_Value must be a class, not int"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_script_asks_for_nothing_from_the_network():
    explorer = widgets.explore_graph()
    assert set(re.findall(r"\w+://[^\"' ]+", explorer._esm + explorer._css)) == {"http://www.w3.org/2000/svg"}
