"""Widgets, the browser half: each script runs in headless Chromium, tied to its real widget in Python."""

import browser
import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils.labs.conv_and_pooling import widgets
from course_utils.shapes import layer_weight_counts

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("front_end")]

IMAGE = np.array([[1, 0, 2, 1], [0, 1, 1, 0], [2, 1, 0, 0], [1, 1, 0, 2], [0, 2, 1, 1]])  # 5×4
KERNEL = np.array([[1.0, 0, -1], [2, 1, 0]])  # 2×3, not symmetric: a flipped kernel shows


def reference(image, kernel, **settings):
    x, weight = (torch.tensor(array, dtype=torch.float64)[None, None] for array in (image, kernel))
    return F.conv2d(x, weight, **settings)[0, 0].numpy()


def conv2d(x, weight, bias, stride=1, padding=0):
    return F.conv2d(*map(torch.from_numpy, (x, weight, bias)), stride=stride, padding=padding).numpy()


def values(page, name):
    """Return the numbers of a grid as ``(H, W)``, NaN where it is empty."""
    found = page.locator(f".cu-{name} .cu-cell").evaluate_all(
        "cells => cells.map(({dataset: d}) => [+d.row, +d.column, d.value ?? null])"
    )
    grid = np.full((max(row for row, _, _ in found) + 1, max(column for _, column, _ in found) + 1), np.nan)
    for row, column, value in found:
        grid[row, column] = np.nan if value is None else float(value)
    return grid


def framed(page, name):
    """Return the framed cells of a grid as (row, column, height, width)."""
    box = page.locator(f".cu-{name} .cu-frame")
    return tuple(int(box.get_attribute(f"data-{side}")) for side in ("row", "column", "height", "width"))


def control(page, name, kind):
    return page.locator(f'input[data-name="{name}"][type="{kind}"]')


def fill(page, name, value):
    """Type a number and leave the field."""
    field = control(page, name, "number")
    field.fill(str(value))
    field.press("Tab")


def line(page):
    return page.locator(".cu-line").text_content()


def note(page):
    return page.locator(".cu-note").text_content()


# step through a convolution


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 2), (3, 1)])
def test_the_output_is_what_pytorch_computes(page, stride, padding):
    explorer = widgets.explore_convolution(IMAGE, KERNEL, stride=stride, padding=padding)
    wanted = reference(IMAGE, KERNEL, stride=stride, padding=padding)
    explorer.step = wanted.size - 1
    browser.mount(page, explorer)
    np.testing.assert_allclose(values(page, "output"), wanted)
    np.testing.assert_allclose(values(page, "input"), np.pad(IMAGE, padding))


def test_later_outputs_stay_blank_and_the_sum_is_written(page):
    explorer = widgets.explore_convolution(IMAGE, KERNEL)
    explorer.step = 2
    browser.mount(page, explorer)
    assert np.isnan(values(page, "output")).ravel().tolist() == [False] * 3 + [True] * 5
    assert framed(page, "input") == (1, 0, 2, 3)
    assert line(page) == "Window 3 of 8: 0 + 0 + (−1) + 4 + 1 + 0 = 4"
    products = page.locator(".cu-factor").evaluate_all("all => all.map((one) => +one.dataset.value)")
    assert products == [0, 0, -1, 4, 1, 0]


def test_an_arrow_key_moves_the_window_and_python_knows(page):
    explorer = widgets.explore_convolution(IMAGE, KERNEL)
    browser.mount(page, explorer)
    assert framed(page, "input") == (0, 0, 2, 3)
    control(page, "window", "range").press("ArrowRight")
    assert framed(page, "input") == (0, 1, 2, 3)
    assert control(page, "window", "number").input_value() == "2"
    browser.eventually(page, lambda: explorer.step, 1)


def test_the_number_field_moves_window_and_slider(page):
    explorer = widgets.explore_convolution(IMAGE, KERNEL)
    browser.mount(page, explorer)
    fill(page, "window", 8)
    assert framed(page, "output") == (3, 1, 1, 1)
    assert control(page, "window", "range").input_value() == "8"


def test_a_number_out_of_range_becomes_the_nearest(page):
    browser.mount(page, widgets.explore_convolution(IMAGE, KERNEL))
    fill(page, "window", 99)
    assert control(page, "window", "number").input_value() == "8"
    fill(page, "stride", 0)
    assert control(page, "stride", "number").input_value() == "1"


def test_padding_cells_look_different_and_the_window_starts_again(page):
    explorer = widgets.explore_convolution(IMAGE, KERNEL)
    explorer.step = 5
    browser.mount(page, explorer)
    fill(page, "padding", 1)
    assert page.locator(".cu-input .cu-padding").count() == 7 * 6 - 5 * 4
    assert framed(page, "input") == (0, 0, 2, 3)
    assert line(page).startswith("Window 1 of 24")


def test_play_runs_to_the_last_window_and_stops(page):
    page.clock.install()
    browser.mount(page, widgets.explore_convolution(IMAGE, KERNEL))
    play = page.get_by_role("button")
    play.press("Enter")
    assert "pause" in play.text_content()
    page.clock.run_for(1500)
    assert framed(page, "output") == (1, 0, 1, 1)
    play.press("Enter")
    page.clock.run_for(5000)
    assert framed(page, "output") == (1, 0, 1, 1)
    play.press("Enter")
    page.clock.run_for(10_000)
    assert framed(page, "output") == (3, 1, 1, 1)
    assert "play" in play.text_content()


# the learner's function


def test_the_learners_output_is_shown_for_every_setting(page):
    browser.mount(page, widgets.explore_convolution(IMAGE, KERNEL, your_conv2d=lambda *a, **k: conv2d(*a, **k)))
    fill(page, "padding", 1)
    fill(page, "window", 24)
    browser.eventually(page, lambda: "output of your conv2d" in page.locator(".cu-stage").inner_text(), True)
    np.testing.assert_allclose(values(page, "output"), reference(IMAGE, KERNEL, padding=1))
    assert page.locator(".cu-marked").count() == 0
    assert note(page) == ""


def test_wrong_numbers_are_shown_and_marked(page):
    def one_wrong(x, weight, bias, stride=1, padding=0):
        output = conv2d(x, weight, bias, stride, padding)
        output[0, 0, 1, 1] += 5
        return output

    explorer = widgets.explore_convolution(IMAGE, KERNEL, your_conv2d=one_wrong)
    explorer.step = 3
    browser.mount(page, explorer)
    right = reference(IMAGE, KERNEL)[1, 1]
    assert values(page, "output")[1, 1] == right + 5
    marked = page.locator(".cu-marked")
    assert (marked.get_attribute("data-row"), marked.get_attribute("data-column")) == ("1", "1")
    assert "≠" in marked.text_content()
    assert line(page).endswith(f"= {right:g}; your conv2d gives {right + 5:g}".replace("-", "−"))
    assert note(page) == "1 of the 4 numbers so far differs from the sum of its window (marked ≠)"


def test_an_error_is_told_and_the_reference_shown(page):
    def broken(x, weight, bias, stride=1, padding=0):
        raise IndexError("index 4 is out of bounds")

    explorer = widgets.explore_convolution(IMAGE, KERNEL, your_conv2d=broken)
    explorer.step = 7
    browser.mount(page, explorer)
    np.testing.assert_allclose(values(page, "output"), reference(IMAGE, KERNEL))
    assert note(page) == "your conv2d raised IndexError: index 4 is out of bounds; shown is the reference"
    assert "output (reference)" in page.locator(".cu-stage").inner_text()


def test_a_function_with_nan_in_its_output_is_shown_with_words(page):
    explorer = widgets.explore_convolution(
        IMAGE, KERNEL, your_conv2d=lambda *a, **k: np.full_like(conv2d(*a, **k), np.nan)
    )
    browser.mount(page, explorer)
    assert "nan" in page.locator(".cu-marked").text_content()


# where windows fit


@pytest.mark.parametrize(
    ("size", "kernel_size", "stride", "padding"), [(7, 3, 3, 0), (7, 3, 1, 1), (12, 2, 4, 1), (32, 5, 1, 2)]
)
def test_there_are_as_many_windows_as_pytorch_finds(page, size, kernel_size, stride, padding):
    browser.mount(page, widgets.explore_output_size(size, kernel_size, stride, padding))
    wanted = F.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size), stride=stride, padding=padding)
    assert page.locator(".cu-windows .cu-bar").count() == wanted.shape[-1]
    assert line(page).startswith(f"{wanted.shape[-1]} windows fit.")


def test_leftover_cells_are_hatched_and_labelled(page):
    browser.mount(page, widgets.explore_output_size(7, 3, 3))
    unread = page.locator(".cu-unread")
    assert unread.count() == 1
    hatch = unread.evaluate('cell => cell.style.fill.match(/#([^")]+)/)[1]')
    assert page.locator(f"pattern#{hatch} line").count() == 1
    assert page.locator(".cu-windows text", has_text="never read").count() == 1
    assert line(page) == "2 windows fit. 1 cell is never read (hatched)."
    control(page, "stride", "range").press("ArrowLeft")
    assert page.locator(".cu-unread").count() == 0
    assert line(page) == "3 windows fit. Every cell is read."


def test_a_kernel_longer_than_the_row_is_told_in_words(page):
    browser.mount(page, widgets.explore_output_size(7, 3, 3))
    fill(page, "kernel size", 8)
    assert line(page) == "No window fits: a kernel of 8 cells is longer than the row of 7."


def test_the_formula_is_not_told(page):
    browser.mount(page, widgets.explore_output_size(7, 3, 2, 1))
    assert not set("/+=⌊·*") & set(page.locator("#widget").inner_text())


# parameters


@pytest.mark.parametrize("sizes", [(3, 32, 32, 6, 5), (2, 5, 7, 4, 3), (64, 64, 64, 64, 11)])
def test_bars_show_the_exact_counts(page, sizes):
    browser.mount(page, widgets.explore_parameters(*sizes))
    bars = page.locator(".cu-bars .cu-bar").evaluate_all("bars => bars.map((bar) => +bar.dataset.count)")
    wanted = list(layer_weight_counts(*sizes).values())
    assert bars == wanted
    assert all(f"{count:,}" in page.locator(".cu-bars").text_content() for count in wanted)


def test_the_axis_is_logarithmic(page):
    browser.mount(page, widgets.explore_parameters())
    widths = page.locator(".cu-bars .cu-bar").evaluate_all("bars => bars.map((bar) => +bar.getAttribute('width'))")
    logs = np.log10(list(layer_weight_counts(3, 32, 32, 6, 5).values()))
    np.testing.assert_allclose(np.array(widths) / widths[0], logs / logs[0])


def test_a_kernel_shrinks_with_its_image(page):
    explorer = widgets.explore_parameters(3, 32, 32, 6, 5)
    browser.mount(page, explorer)
    fill(page, "height", 4)
    assert control(page, "kernel size", "number").input_value() == "4"
    browser.eventually(page, lambda: (explorer.height, explorer.kernel_size), (4, 4))
    assert "456" not in page.locator(".cu-bars").text_content()


# shift and convolve


def test_both_orders_agree_with_circular_padding(page):
    explorer = widgets.explore_equivariance(IMAGE, KERNEL)
    explorer.dx, explorer.dy = 2, -1
    browser.mount(page, explorer)
    shifted = torch.tensor(np.roll(IMAGE, (-1, 2), (0, 1)), dtype=torch.float64)[None, None]
    x = F.pad(shifted, (1, 1, 0, 1), mode="circular")
    wanted = F.conv2d(x, torch.tensor(KERNEL)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(values(page, "shift-first"), wanted)
    np.testing.assert_allclose(values(page, "shift-last"), wanted)
    assert not values(page, "difference").any()
    assert "the difference is 0 everywhere" in line(page)


def test_with_zeros_the_orders_differ(page):
    explorer = widgets.explore_equivariance(IMAGE, KERNEL)
    browser.mount(page, explorer)
    page.get_by_role("combobox").select_option("zeros")
    first = reference(np.pad(IMAGE, ((0, 0), (1, 0)))[:, :-1], KERNEL, padding=1)[1:, :]
    last = np.pad(reference(IMAGE, KERNEL, padding=1)[1:, :], ((0, 0), (1, 0)))[:, :-1]
    np.testing.assert_allclose(values(page, "shift-first"), first)
    np.testing.assert_allclose(values(page, "shift-last"), last)
    np.testing.assert_allclose(values(page, "difference"), np.abs(first - last))
    assert f"by at most {np.abs(first - last).max():g}" in line(page)
    browser.eventually(page, lambda: explorer.circular, False)


def test_an_arrow_key_shifts_the_image(page):
    browser.mount(page, widgets.explore_equivariance(IMAGE, KERNEL))
    control(page, "shift down", "range").press("ArrowRight")
    np.testing.assert_array_equal(values(page, "shifted"), np.roll(IMAGE, (1, 1), (0, 1)))


# all of them

ALL = {
    "convolution": lambda: widgets.explore_convolution(IMAGE, KERNEL),
    "output size": widgets.explore_output_size,
    "parameters": widgets.explore_parameters,
    "equivariance": lambda: widgets.explore_equivariance(IMAGE, KERNEL),
}


@pytest.mark.parametrize("name", ALL)
def test_every_control_keeps_jupyterlabs_shortcuts_away(page, name):
    browser.mount(page, ALL[name]())
    controls = page.locator("#widget").locator("input, button, select")
    assert controls.count() >= 5
    assert controls.evaluate_all("all => all.every((one) => one.dataset.lmSuppressShortcuts === 'true')")


@pytest.mark.parametrize("name", ALL)
def test_every_control_and_picture_has_a_name(page, name):
    browser.mount(page, ALL[name]())
    unnamed = "all => all.filter((one) => !(one.ariaLabel || one.textContent).trim()).length"
    assert page.locator("#widget").locator("input, button, select, svg").evaluate_all(unnamed) == 0
    assert page.locator("[aria-live=polite]").count() == 1


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_left_listening_after_the_end(page, name):
    browser.mount(page, ALL[name]())
    page.evaluate("window.stop(); document.querySelector('.cu-line').textContent = 'over'")
    page.evaluate("for (const name of ['stride', 'width', 'dx']) if (model.get(name)) model.set(name, 2)")
    assert line(page) == "over"


# in JupyterLab itself

CELLS = [
    """
import numpy as np
import torch
import torch.nn.functional as F

from course_utils.labs.conv_and_pooling import figures, widgets

image = np.array([[1, 0, 2, 1], [0, 1, 1, 0], [2, 1, 0, 0], [1, 1, 0, 2], [0, 2, 1, 1]])
kernel = np.array([[1.0, 0, -1], [2, 1, 0]])

def conv2d(x, weight, bias, stride=1, padding=0):
    if padding == 2:
        raise IndexError("no such row")
    return F.conv2d(*map(torch.from_numpy, (x, weight, bias)), stride=stride, padding=padding).numpy()
""",
    "widgets.explore_convolution(image, kernel, your_conv2d=conv2d)",
    "widgets.explore_output_size()",
    "widgets.explore_parameters()",
    "widgets.explore_equivariance(image, kernel)",
    'figures.show(figures.plot_windows(7, 3, stride=3), "Two windows fit.")',
]


@pytest.mark.thorough  # test_widgets_in_jupyterlab opens this lab's widgets there, too
def test_the_widgets_work_in_jupyterlab(chrome, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "widgets.ipynb")
    tall = chrome.new_page(viewport={"width": 1300, "height": 3600})  # no cell is left undrawn
    with browser.jupyterlab(tmp_path) as (address, token):
        tall.goto(f"{address}/tree/widgets.ipynb?token={token}")
        tall.locator(".jp-Notebook").wait_for(timeout=120_000)
        browser.run_all(tall)
        tall.locator('img[alt="Two windows fit."]').wait_for(timeout=120_000)
        for name in ("output", "windows", "bars", "difference"):
            tall.locator(f".cu-{name}").wait_for(timeout=60_000)
        convolution = tall.locator(".cu-widget", has=tall.locator(".cu-output"))
        assert "output of your conv2d" in convolution.inner_text()
        active = ".jp-Notebook .jp-Cell.jp-mod-active"
        control(tall, "window", "range").focus()
        before = tall.locator(active).inner_html()[:80]
        tall.keyboard.press("ArrowRight")
        assert framed(tall, "input") == (0, 1, 2, 3)
        assert tall.locator(active).inner_html()[:80] == before
        control(tall, "padding", "number").nth(0).fill("2")
        wanted = "your conv2d raised IndexError: no such row; shown is the reference"
        browser.eventually(tall, lambda: note(tall), wanted)
        assert tall.locator("img[alt]:visible").count() == 1  # the fallback figures stay out of sight
    tall.close()
