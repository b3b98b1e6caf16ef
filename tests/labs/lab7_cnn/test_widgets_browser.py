"""Lab 06: the widget in which shapes are predicted, in headless Chromium, tied to Python."""

import browser
import pytest
from torch import nn

from course_utils.labs.lab7_cnn import widgets

pytestmark = pytest.mark.slow


@pytest.fixture
def page(monkeypatch):
    browser.chromium()
    monkeypatch.delenv("CI", raising=False)
    with browser.sync_playwright() as playwright:
        running = browser.start(playwright)
        errors = []
        fresh = running.new_page(viewport={"width": 1000, "height": 700})
        fresh.on("pageerror", lambda error: errors.append(error))
        yield fresh
        running.close()
        assert errors == []


def test_a_prediction_is_judged_and_the_next_shape_shown(page):
    model = nn.Sequential(nn.Conv2d(1, 5, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(5 * 16, 3))
    explorer = widgets.explore_ribbon(model, (1, 12, 12))
    browser.mount(page, explorer)
    field, line = page.locator("[data-name=prediction]"), page.locator(".cu-line")

    def shown():
        return page.locator(".cu-step").evaluate_all("all => all.map((one) => one.dataset.shape)")

    def guess(text):
        field.fill(text)
        page.get_by_role("button", name="Predict and show").click()
        page.wait_for_timeout(100)
        return line.text_content()

    assert shown() == ["1×12×12", "?", "?", "?", "?"]
    assert "Type a shape first" in guess("large")
    assert "1 Conv2d gives 5×8×8: as you predicted." in guess("(5, 8, 8)")
    assert "2 MaxPool2d gives 5×4×4: your number of channels was too small." in guess("4 4 4")
    assert "your guess has 3 numbers, the shape has 1" in guess("5x4x4")
    field.fill("3")
    field.press("Enter")
    page.wait_for_timeout(100)
    assert "That is the whole network." in line.text_content()
    assert shown() == ["1×12×12", "5×8×8", "5×4×4", "80", "3"]
    assert explorer.shown == 5
    page.get_by_role("button", name="Start again").click()
    page.wait_for_timeout(100)
    assert shown()[1:] == ["?"] * 4
    controls = page.locator("#widget").locator("input, button")
    assert controls.evaluate_all("all => all.every((one) => one.dataset.lmSuppressShortcuts === 'true')")
    page.screenshot(path="/tmp/ribbon.png")
