"""What becomes of a widget in JupyterLab: saved by keyboard, without its kernel, in a reopened or exported notebook."""

import contextlib
import json
import subprocess
import sys
import urllib.request

import browser
import nbformat
import pytest

from course_utils import reference, start_page, workplace

CELLS = (
    """
import numpy as np

from course_utils.labs.activations import widgets

x = np.linspace(-2, 2, 9)
""",
    "widgets.explore_folding(x, (abs(x) < 1).astype(int))",
)
STILL, LIVE = ".cu-still img", ".cu-widget"
AGAIN = "run this cell again"


GRID = """
from course_utils.labs import conv_and_pooling

lab = conv_and_pooling.for_student("")
lab.convolve_by_hand.practice(1)
"""
HINT = "lab.convolve_by_hand.hint()"


@contextlib.contextmanager
def opened(chrome, folder, *cells):
    """Run a notebook in JupyterLab until its widget stands on the screen; yield page, file, address and token."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "widget.ipynb")
    page = chrome.new_page(viewport={"width": 1024, "height": 1400})
    with browser.jupyterlab(folder) as (address, token):
        page.goto(f"{address}/tree/widget.ipynb?token={token}")
        page.locator(".jp-Notebook").wait_for(timeout=120_000)
        browser.run_all(page)
        page.locator(LIVE).wait_for(timeout=120_000)
        yield page, folder / "widget.ipynb", address, token
    page.close()


@pytest.fixture
def lab(chrome, tmp_path):
    """A page with JupyterLab and a notebook whose widget stands on the screen: page, file, address and token."""
    with opened(chrome, tmp_path, *CELLS) as page_and_more:
        yield page_and_more


def test_a_grid_of_fields_keeps_its_keys_and_fits_the_page(chrome, tmp_path):
    with opened(chrome, tmp_path, GRID) as (page, *_):
        walk_by_tab(page, ".cu-fields input")
        cells = page.locator(".jp-Cell").count()
        for row in ("1", "3", "3"), ("3", "1", "2"), ("3", "3", "1"):
            for number in row:
                page.keyboard.type(number)
                page.keyboard.press("Tab")
            if row == ("1", "3", "3"):
                page.keyboard.press("Tab")
        for key in (
            "ArrowUp",
            "ArrowUp",
            "ArrowRight",
            "d",
            "d",
            "Backspace",
            "Backspace",
            "1",
            "Enter",
        ):  # d d cuts cells
            page.keyboard.press(key)
        page.locator(".cu-practice-reply", has_text="Correct.").wait_for(timeout=20_000)
        assert page.evaluate("document.activeElement.textContent") == "Next question"
        assert page.locator(".jp-Cell").count() == cells
        fits = "(panel) => panel.scrollWidth <= panel.clientWidth"
        assert page.locator(".cu-practice").evaluate(fits)
        page.keyboard.press("Enter")
        browser.eventually(page, lambda: page.locator(".cu-practice-reply").inner_text(), "")
        assert page.evaluate("document.activeElement.ariaLabel") == "row 1, column 1"
        for key in ("Escape", "b", "Enter"):  # out of the panel, a cell below, into it
            page.keyboard.press(key)
        page.keyboard.type(HINT)
        page.keyboard.press("Shift+Enter")
        page.locator(".jp-OutputArea", has_text="Hint").wait_for(timeout=20_000)


def walk_by_tab(page, to: str, most: int = 30) -> None:
    """Press Tab, from the cell that is selected, until something has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(to) => document.activeElement.matches(to)", to):
            return
    raise AssertionError(f"Tab does not lead to {to}")


def restart_behind_its_back(address: str, token: str) -> None:
    """Restart the only kernel so that JupyterLab does not hear of it, as when a kernel has died."""
    kernels = f"{address.removesuffix('/lab')}/api/kernels"
    with urllib.request.urlopen(f"{kernels}?token={token}") as answer:
        (kernel,) = json.load(answer)
    request = urllib.request.Request(f"{kernels}/{kernel['id']}/restart?token={token}", method="POST")
    urllib.request.urlopen(request, timeout=60).close()


def saved_outputs(notebook) -> int:
    """Count the outputs in the file."""
    try:
        return sum(len(cell.outputs) for cell in nbformat.read(notebook, 4).cells)
    except nbformat.reader.NotJSONError:  # it is just being written
        return 0


def test_a_widget_keeps_its_promises_while_its_kernel_comes_and_goes(lab):
    page, notebook, _, _ = lab
    assert not page.locator(STILL).is_visible()  # the live view stands in its place

    slider = page.locator('[data-name="w1"][type="range"]')
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert not saved_outputs(notebook)
    page.keyboard.press("Control+s")
    browser.eventually(page, lambda: saved_outputs(notebook) == 2, True)

    assert AGAIN not in page.locator(LIVE).inner_text()
    page.locator('.jp-Toolbar [data-jp-item-name="restart"]').click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(LIVE, has_text=AGAIN).wait_for(timeout=60_000)
    assert slider.evaluate("one => Boolean(one.closest('[inert]'))")  # no stale picture for a new number

    page.keyboard.press("Control+s")
    page.reload()
    page.locator(".jp-Notebook").wait_for(timeout=120_000)
    page.locator(STILL).wait_for(timeout=60_000)
    page.wait_for_timeout(4000)  # JupyterLab looks for the model for two seconds
    assert page.locator(STILL).is_visible()
    assert not page.get_by_text("model not found").is_visible()
    assert not page.get_by_text("Loading widget").is_visible()


@pytest.mark.thorough
def test_a_kernel_that_went_unnoticed_is_missed_when_a_control_is_used(lab):
    page, _, address, token = lab
    slider = page.locator('[data-name="w1"][type="range"]')
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(4000)
    assert AGAIN not in page.locator(LIVE).inner_text()
    restart_behind_its_back(address, token)
    page.keyboard.press("ArrowRight")
    page.locator(LIVE, has_text=AGAIN).wait_for(timeout=20_000)


def test_an_exported_page_shows_the_still_without_a_network(lab):
    page, notebook, _, _ = lab
    page.locator('[data-name="w1"][type="range"]').focus()
    page.keyboard.press("Control+s")
    browser.eventually(page, lambda: saved_outputs(notebook) == 2, True)
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(notebook)]
    subprocess.run(command, check=True, capture_output=True)
    page.route("http*://**", lambda route: route.abort())
    page.goto(notebook.with_suffix(".html").as_uri())
    page.locator(STILL).wait_for(timeout=10_000)


def test_a_learners_notebook_does_not_count_as_changed_when_it_is_opened(chrome, tmp_path):
    home, page = tmp_path / "home", chrome.new_page()
    workplace.lay_out(home, start_page.text())
    lab = reference.labs()[0]
    with browser.jupyterlab(home) as (address, token):
        for path in ("START.ipynb", f"labs/{lab}/{lab}.ipynb"):
            page.goto(f"{address}/tree/{path}?token={token}")
            page.locator(".jp-NotebookPanel:visible .jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
            page.wait_for_timeout(2000)  # while it loads it may count as changed for half a second, and then no more
            changed = page.locator(".jp-Document.jp-mod-dirty, .lm-TabBar-tab.jp-mod-dirty")
            browser.eventually(page, changed.count, 0)
    page.close()
