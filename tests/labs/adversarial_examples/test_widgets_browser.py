"""Lab 08's widget, the browser half: its script runs in headless Chromium, tied to its real widget in Python."""

import browser
import numpy as np
import pytest
import torch

from course_utils.labs.adversarial_examples import widgets

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("front_end")]

CLASSES = ("grey", "bright", "striped", "dotted")
X = torch.arange(60).reshape(1, 3, 4, 5) / 255 + 0.4  # H=4, W=5: a swapped axis shows
THEMES = {"light": ("#ffffff", "#000000de"), "dark": ("#111111", "#ffffffde")}  # JupyterLab's own

CONTRASTS = """
(ground) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (colour) => colour.slice(0, 3)
    .map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((total, value, at) => total + value * [0.2126, 0.7152, 0.0722][at], 0);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((value, at) => a * value + (1 - a) * below[at]);
  return [...document.querySelectorAll(".cu-line, .cu-caption, .cu-control span, .cu-control [type=number], svg text")]
    .map((element) => {
      const look = getComputedStyle(element);
      const own = rgb(look.backgroundColor);
      const below = element.matches("input[type=number]") ? over(own, rgb(ground)) : rgb(ground);
      const ink = over(rgb(element.matches("text") ? look.fill : look.color), below);
      const [dark, bright] = [light(ink), light(below)].sort((one, other) => one - other);
      return (bright + 0.05) / (dark + 0.05);
    });
}
"""


def network(x):
    """Scores of four classes; from one step to the next "bright" gains on "grey"."""
    mean = x.mean((1, 2, 3))
    return torch.stack([1 - mean, 30 * (mean - 0.53), mean - 1, -mean], dim=1)


def brighter(model, x, y, eps):
    return (x + eps).clamp(0, 1)


def explore(fgsm=brighter, level=4):
    return widgets.explore_attack(network, X, torch.tensor([0]), CLASSES, fgsm=fgsm, level=level)


def line(page) -> str:
    return page.locator(".cu-line").text_content()


def pixels(page, row, place=0) -> np.ndarray:
    """Read a canvas, ``(H, W, 3)``."""
    canvas = page.locator(f'[data-row="{row}"] canvas').nth(place)
    script = "(c) => [c.height, c.width, ...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    height, width, *values = canvas.evaluate(script)
    return np.array(values).reshape(height, width, 4)[..., :3]


def numbers(page, row) -> str:
    return page.locator(f'[data-row="{row}"] .cu-chances').get_attribute("aria-label")


def wanted_pixels(level) -> np.ndarray:
    return ((X + level / 255).clamp(0, 1) * 255).round()[0].permute(1, 2, 0).numpy()


def test_the_twins_are_drawn_pixel_by_pixel(page, tmp_path):
    browser.mount(page, explore())
    np.testing.assert_array_equal(pixels(page, "your fgsm"), wanted_pixels(4))
    assert (pixels(page, "your fgsm", 1) == 128 + 10 * 4).all()
    assert set(np.unique(pixels(page, "random signs", 1))) == {128 - 40, 128 + 40}
    assert line(page).startswith("The network sees: your fgsm: ")
    page.screenshot(path=tmp_path / "attack.png")


def test_the_arrow_keys_change_pictures_and_numbers(page):
    explorer = explore()
    browser.mount(page, explorer)
    before = numbers(page, "your fgsm")
    track = page.locator('input[type="range"]')
    track.focus()
    for _ in range(8):
        track.press("ArrowRight")
    browser.eventually(page, lambda: explorer.level, 12)
    np.testing.assert_array_equal(pixels(page, "your fgsm"), wanted_pixels(12))
    assert numbers(page, "your fgsm") != before
    best = torch.tensor(explorer.chances[0][12]).max()
    assert numbers(page, "your fgsm").startswith(f"bright {float(best):.2f}".rstrip("0"))
    assert line(page) == "The network sees: your fgsm: bright; random signs: grey."
    assert track.evaluate("(input) => input === document.activeElement"), "the focus stays where it was"
    track.press("Home")
    browser.eventually(page, lambda: explorer.level, 0)
    assert (pixels(page, "your fgsm", 1) == 128).all()


def test_one_row_of_controls_keeps_its_keys_to_itself(page):
    explorer = explore()
    browser.mount(page, explorer)
    assert page.locator(".cu-controls .cu-control").count() == 1
    inputs = page.locator(".cu-widget input")
    assert inputs.count() == 2
    assert page.locator(".cu-widget input[data-lm-suppress-shortcuts='true'][aria-label]").count() == 2
    tops = inputs.evaluate_all(
        "all => all.map((one) => { const b = one.getBoundingClientRect(); return b.y + b.height / 2 })"
    )
    assert abs(tops[0] - tops[1]) < 4
    field = page.locator('input[type="number"]')
    field.fill("99")
    field.press("Tab")
    browser.eventually(page, lambda: (explorer.level, field.input_value()), (16, "16"))


def test_without_an_attack_the_random_twin_stands_alone(page):
    def unwritten(*args):
        raise NotImplementedError

    browser.mount(page, explore(fgsm=unwritten))
    assert page.locator("[data-row]").count() == 1
    assert line(page) == "The network sees: random signs: grey. Your fgsm is not written yet."


@pytest.mark.parametrize("theme", THEMES)
def test_every_word_is_readable(page, theme, tmp_path):
    ground, ink = THEMES[theme]
    browser.mount(page, explore())
    page.add_style_tag(
        content=f":root {{ color-scheme: {theme}; --jp-ui-font-color1: {ink}; --jp-layout-color1: {ground};"
        f" --jp-layout-color0: {ground}; }} body {{ background: {ground}; }}"
    )
    ratios = page.evaluate(CONTRASTS, page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(ratios) > 15
    assert min(ratios) >= 4.5
    page.screenshot(path=tmp_path / f"{theme}.png")
