"""Widgets of lab 02, the browser half: each script runs in headless Chromium, tied to its real widget."""

import browser
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from course_utils.labs.activations import widgets
from course_utils.labs.activations.experiments import deep_net, interval_data

X, Y = interval_data()


@pytest.fixture(autouse=True)
def front_end(monkeypatch):
    """Somebody sits at the screen, wherever the tests run."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


def forward(inputs, params, act):
    (W1, b1), (W2, b2) = params
    hidden = act(inputs @ W1.T + b1)
    return [inputs, hidden, hidden @ W2.T + b2]


def line(page):
    return page.locator(".cu-line").text_content()


@pytest.mark.slow
def test_the_region_covers_what_the_half_planes_say(page):
    explorer = widgets.explore_regions(needed=3)
    browser.mount(page, explorer)
    ticks = (np.arange(96) + 0.5) / 16 - 3
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    rows = np.array(explorer.lines)
    says = points @ rows[:, :2].T + rows[:, 2] > 0
    share = float(page.locator(".cu-yes").get_attribute("data-share"))
    assert share == pytest.approx((says.sum(axis=1) >= 3).mean())
    page.locator('input[data-name="half-plane 4"]').uncheck()
    assert line(page).startswith("At least 3 of 3 half-planes must say yes (AND).")
    share = float(page.locator(".cu-yes").get_attribute("data-share"))
    assert share == pytest.approx(says[:, :3].all(axis=1).mean())
    browser.eventually(page, lambda: explorer.on, [True, True, True, False])


@pytest.mark.slow
def test_turning_a_dial_folds_the_line_by_the_learners_function(page):
    explorer = widgets.explore_folding(X, Y, your_mlp_forward=forward)
    browser.mount(page, explorer)
    assert line(page) == "The best straight cut in the plane (dashed) has 30 of 40 points on the right side."
    for name in ("b1", "b2"):
        field = page.locator(f'input[data-name="{name}"][type="number"]')
        field.fill("1.5")
        field.press("Tab")
    browser.eventually(page, lambda: (explorer.b1, explorer.b2, explorer.right), (1.5, 1.5, 40))
    browser.eventually(page, lambda: "has 40 of 40" in line(page), True)
    assert page.locator(".cu-chart-plane .cu-point").count() == 40
    assert "by your mlp_forward" in page.locator(".cu-stage").inner_text()


@pytest.mark.slow
def test_a_number_that_is_being_typed_is_left_alone(page):
    explorer = widgets.explore_folding(X, Y)
    browser.mount(page, explorer)
    field = page.locator('input[data-name="b2"][type="number"]')
    field.fill("2.5")
    page.evaluate("() => window.model.set('note', 'Python has answered')")
    assert field.input_value() == "2.5"
    field.press("Tab")
    browser.eventually(page, lambda: explorer.b2, 2.5)
    for typed, kept in (("99", "8"), ("1.3", "1.5")):
        field.fill(typed)
        field.press("Tab")
        assert field.input_value() == kept
        browser.eventually(page, lambda kept=kept: explorer.b2, float(kept))


@pytest.mark.slow
def test_the_tangent_moves_and_tells_value_and_slope(page):
    explorer = widgets.explore_curves("sigmoid")
    browser.mount(page, explorer)
    assert line(page) == "At z = 0 the activation is 0.5 and the slope 0.25."
    page.locator('input[data-name="z"][type="range"]').press("ArrowRight")
    browser.eventually(page, lambda: explorer.place, 51)
    page.locator("select").select_option("relu")
    assert line(page) == "At z = 0.1 the activation is 0.1 and the slope 1."


@pytest.mark.slow
def test_the_bars_of_the_chosen_net_are_shown(page):
    explorer = widgets.explore_gradient_flow(deep_net)
    browser.mount(page, explorer)
    page.get_by_role("button", name="stronger").click()
    page.locator('select[data-name="activation"]').select_option("sigmoid")
    sizes = page.locator(".cu-chart-flow .cu-bar").evaluate_all("bars => bars.map((bar) => +bar.dataset.size)")
    np.testing.assert_allclose(sizes, explorer.sizes["sigmoid"][1])
    browser.eventually(page, lambda: (explorer.place, explorer.activation), (1, "sigmoid"))


def test_a_curve_has_the_colour_that_it_has_in_the_figure(page):
    explorer = widgets.explore_curves("sigmoid")
    browser.mount(page, explorer)
    panels, _ = explorer.static_figure()
    drawn = page.locator(".cu-chart-value .cu-curve").evaluate("one => getComputedStyle(one).stroke")
    assert drawn == f"rgb({', '.join(str(round(255 * part)) for part in to_rgb(panels[0].lines[0].get_color()))})"


def test_pictures_that_belong_together_stand_side_by_side_on_a_narrow_page(page):
    page.set_viewport_size({"width": 590, "height": 640})
    browser.mount(page, widgets.explore_curves("sigmoid"))
    left, right = (page.locator(".cu-panel").nth(place).bounding_box() for place in (0, 1))
    assert left["y"] == right["y"]
    assert right["x"] + right["width"] <= 590
