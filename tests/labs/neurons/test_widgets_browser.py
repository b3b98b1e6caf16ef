"""Lab 01's widgets, the browser half: each script runs in headless Chromium, tied to its real widget in Python."""

import browser
import numpy as np
import pytest

from course_utils.labs.neurons import widgets
from course_utils.training import descend

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("front_end")]

X = np.array([0.0, 1.0, 2.0, 4.0, 5.0])
Y = np.array([1.0, 2.5, 2.0, 5.0, 7.0])
RATES = [0.01, 0.05, 0.2]


def fill(page, name, value):
    field = page.locator(f'input[data-name="{name}"][type="number"]')
    field.fill(str(value))
    field.press("Tab")


def line(page) -> str:
    return page.locator(".cu-line").text_content()


def test_the_neuron_answers_as_pytorch_does(page):
    explorer = widgets.explore_neuron((1, 4, 2), (3, 1, -2), 5)
    browser.mount(page, explorer)
    assert page.locator(".cu-neuron [data-output]").get_attribute("data-output") == "8"
    assert line(page) == "z = 3 + 4 + (−4) + 5 = 8. The last term is the bias."
    fill(page, "x2", 8)
    fill(page, "w1", -3)
    fill(page, "w0 (bias)", 0)
    browser.eventually(page, lambda: (explorer.x, explorer.weight, explorer.bias), ([1, 8, 2], [-3, 1, -2], 0))
    assert page.locator(".cu-neuron [data-output]").get_attribute("data-output") == "1"
    assert page.locator(".cu-neuron line[stroke-dasharray]").count() == 2


def test_the_tracer_shows_the_layer_that_is_clicked_and_follows_the_batch(page):
    explorer = widgets.explore_shapes([5, 7, 3], batch=4)
    browser.mount(page, explorer)

    def shapes():
        return [page.locator(f'[data-shape="{name}"]').text_content() for name in ("in", "weight", "bias", "out")]

    assert shapes() == ["(4, 5)", "(7, 5)", "(7,)", "(4, 7)"]
    page.get_by_role("button", name="layer 2").click()
    assert shapes() == ["(4, 7)", "(3, 7)", "(3,)", "(4, 3)"]
    fill(page, "batch", 9)
    browser.eventually(page, shapes, ["(9, 7)", "(3, 7)", "(3,)", "(9, 3)"])
    assert line(page) == "9 examples with 7 numbers each go in; 3 units read 7 inputs each; (9, 3) comes out."


def test_the_walk_is_drawn_where_pytorch_goes(page):
    explorer = widgets.explore_descent(X, Y, rates=RATES)
    browser.mount(page, explorer)
    page.locator('[data-name="learning rate"]').focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("output").text_content() == str(RATES[1])
    fill(page, "steps", 3)
    browser.eventually(page, lambda: (explorer.index, explorer.step), (1, 3))
    way, (low, high) = descend(X, Y, learning_rate=0.05, steps=3), explorer.terrain["w"]
    dots = page.locator(".cu-way-dot").evaluate_all("all => all.map((dot) => +dot.getAttribute('cx'))")
    np.testing.assert_allclose(dots, (way.w - low) / (high - low) * 320, rtol=1e-3)
    assert line(page) == f"After 3 steps the loss is {float(f'{way.loss[3]:.4g}'):g}."


def test_a_walk_that_diverges_is_told_in_words(page):
    browser.mount(page, widgets.explore_descent(X, Y, rates=[0.5]))
    assert line(page) == "After 40 steps the loss is more than a million."
