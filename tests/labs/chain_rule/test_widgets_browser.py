"""The widget of lab 03, the browser half: its script runs in headless Chromium, tied to its real widget."""

import browser
import matplotlib.pyplot as plt
import pytest
from engines import FIRST_MET, ORDER_BODY, build

from course_utils.labs.chain_rule import programs, widgets
from course_utils.labs.chain_rule.programs import SEVEN_NODES

LABELS_OVER_BOXES = """() => {
    const rect = (node) => node.querySelector("rect").getBoundingClientRect();
    const labels = [...document.querySelectorAll(".cu-slope")], boxes = [...document.querySelectorAll(".cu-node")];
    const over = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return [labels.length, labels.filter((one) => boxes.some((box) => over(rect(one), rect(box)))).map(
        (one) => one.textContent)];
}"""


@pytest.fixture(autouse=True)
def somebody_is_there(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def page():
    browser.chromium()
    with browser.sync_playwright() as playwright:
        running = browser.start(playwright)
        yield running.new_page(viewport={"width": 1000, "height": 500})
        running.close()


@pytest.mark.slow
def test_the_way_back_in_a_browser(page):

    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    explorer = widgets.explore_graph(SEVEN_NODES, your_Value=build("Value", (ORDER_BODY, FIRST_MET))["Value"])
    browser.mount(page, explorer)

    def gradients():
        found = page.locator(".cu-node").evaluate_all("all => all.map(({dataset: d}) => [d.name, d.grad, d.early])")
        return {name: float(grad) for name, grad, _ in found if grad}, [n for n, _, early in found if early == "true"]

    assert gradients() == ({}, [])
    assert page.evaluate(LABELS_OVER_BOXES) == [10, []]
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


@pytest.mark.slow
def test_no_label_has_a_stroke(page):

    fresh = page.context.browser.new_page()
    browser.mount(fresh, widgets.explore_graph(SEVEN_NODES))
    strokes = fresh.locator("svg text").evaluate_all("all => all.map((one) => getComputedStyle(one).stroke)")
    assert set(strokes) == {"none"}
