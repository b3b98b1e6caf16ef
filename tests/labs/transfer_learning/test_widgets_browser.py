"""Lab 07's widget, the browser half: its script runs in headless Chromium, tied to its real widget in Python."""

import browser
import pytest
import torch
from lesson import Lesson
from torch import nn

from course_utils.data import load_shapes
from course_utils.labs.transfer_learning import widgets
from course_utils.training import fit

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("front_end")]


def test_pictures_are_picked_drawn_taught_and_forgotten(page, tmp_path):
    three = load_shapes(30, 3, classes=("crescent", "heart", "arrow"), seed=3).train
    fit_head = Lesson("07_transfer_learning").solution("fit-head", torch=torch, nn=nn, fit=fit)
    machine = widgets.teach_machine(three, lambda X: X.flatten(1), fit_head)
    browser.mount(page, machine)
    assert page.locator(".cu-taught").count() == 3
    assert page.locator(".cu-gallery img").count() == 18
    page.get_by_role("button", name="pick picture 12").click()
    browser.eventually(page, lambda: machine.current, {"number": 11})

    pad = page.locator(".cu-pad").bounding_box()
    page.mouse.move(pad["x"] + 20, pad["y"] + 20)
    page.mouse.down()
    page.mouse.move(pad["x"] + 120, pad["y"] + 20, steps=12)
    page.mouse.up()
    browser.eventually(page, lambda: len(machine.current.get("cells", [])) > 10, True)
    page.get_by_role("button", name="teach: heart").click()
    browser.eventually(page, lambda: len(machine.taught), 7)
    assert machine.taught[-1] == {"label": 1, "picture": machine.current}
    best = machine.classes[machine.confidence.index(max(machine.confidence))]
    browser.eventually(page, lambda: page.locator(".cu-line").text_content().startswith(f"Most likely: {best}"), True)
    page.screenshot(path=tmp_path / "machine.png")

    page.get_by_role("button", name="forget everything").click()
    wanted = "Teach at least two classes, one picture each."
    browser.eventually(page, lambda: page.locator(".cu-line").text_content(), wanted)
