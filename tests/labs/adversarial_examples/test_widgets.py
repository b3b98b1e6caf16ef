"""The Python half of lab 08's widget."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils.labs.adversarial_examples import widgets
from course_utils.labs.adversarial_examples.widgets import attack as widget


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


CLASSES = ("a", "b")


def model(x):
    return torch.stack([x.mean((1, 2, 3)), 1 - x.mean((1, 2, 3))], dim=1)


def explore(**options):
    return widgets.explore_attack(model, torch.full((1, 3, 4, 5), 0.5), torch.tensor([0]), CLASSES, **options)


def brighter(model, x, y, eps):
    return (x + eps).clamp(0, 1)


def test_the_widget_holds_a_page_for_each_budget():
    shown = explore(fgsm=brighter)
    pages = np.frombuffer(shown.pixels, np.uint8).reshape(2, 17, 4, 5, 3)
    assert shown.rows == ["your fgsm", "random signs"]
    assert [int(page.max()) for page in pages[0]] == [round(255 * 0.5 + level) for level in range(17)]
    assert np.abs(pages[1, 16].astype(int) - pages[1, 0]).max() == 16
    assert np.array(shown.chances).shape == (2, 17, 2)


def unwritten(*args):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("fgsm", "note"),
    [
        (unwritten, "not written yet"),
        (lambda *args: 1 / 0, "raised ZeroDivisionError"),
        (lambda *args: None, "did not return a picture"),
    ],
)
def test_random_signs_stand_alone_where_the_attack_fails(fgsm, note):
    shown = explore(fgsm=fgsm)
    assert (shown.rows, note in shown.note) == (["random signs"], True)


@pytest.mark.parametrize("level", [-1, 17, 1.5, "8", True])
def test_a_budget_out_of_range_is_refused(level):
    with pytest.raises(ValueError, match="level must be a whole number from 0 to 16"):
        explore(level=level)


def test_a_batch_is_refused():
    with pytest.raises(ValueError, match="one picture"):
        widgets.explore_attack(model, torch.zeros(2, 3, 4, 5), torch.tensor([0, 0]), CLASSES)


def test_where_nobody_looks_the_figure_stands_alone(monkeypatch):
    monkeypatch.setenv("CI", "true")
    data, _ = explore(fgsm=brighter)._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert "random signs" in data["text/plain"]


def test_the_pictures_bytes_are_laid_out_as_the_script_reads_them():
    """Row, budget, line, column, colour: the order in which attack.js counts."""
    x = torch.arange(60).reshape(1, 3, 4, 5) / 255
    shown = widgets.explore_attack(model, x, torch.tensor([0]), CLASSES, level=0)
    row, place, length = 0, 0, 4 * 5 * 3
    page = np.frombuffer(shown.pixels, np.uint8)[(row * 17 + place) * length :][:length]
    assert page[3 * (2 * 5 + 4) + 1] == round(float(x[0, 1, 2, 4]) * 255)
    assert widget.MOST == 16
