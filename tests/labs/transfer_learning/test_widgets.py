"""The Python half of lab 07's widget."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from lesson import Lesson
from torch import nn

from course_utils.data import load_bikes, load_shapes
from course_utils.labs.transfer_learning import widgets
from course_utils.training import fit

VIEW = "application/vnd.jupyter.widget-view+json"
lesson = Lesson("07_transfer_learning")


@pytest.fixture(autouse=True)
def close_figures(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def three():
    return load_shapes(30, 3, classes=("crescent", "heart", "arrow"), seed=3).train


@pytest.fixture(scope="module")
def fit_head():
    return lesson.solution("fit-head", torch=torch, nn=nn, fit=fit)


def flat(X):
    return X.flatten(1)


def stub(*_):
    raise NotImplementedError


def test_two_pictures_of_each_class_are_taught_at_the_beginning(three, fit_head):
    machine = widgets.teach_machine(three, flat, fit_head)
    assert [example["label"] for example in machine.taught] == [0, 0, 1, 1, 2, 2]
    assert (len(machine.gallery), machine.note) == (18, "")


def test_the_learners_functions_judge(three, fit_head):
    machine = widgets.teach_machine(three, flat, fit_head)
    pictures = np.stack([machine.picture(e["picture"]) for e in machine.taught] + [machine.picture(machine.current)])
    x = torch.tensor(pictures).permute(0, 3, 1, 2).flatten(1)
    wanted = fit_head(x[:6], torch.tensor([0, 0, 1, 1, 2, 2]), x[6:])[0]
    np.testing.assert_allclose(machine.confidence, wanted, atol=0.02)


def test_teaching_changes_the_judgement(three, fit_head):
    machine = widgets.teach_machine(three, flat, fit_head)
    machine.current = {"cells": [33, 34, 35, 65, 66, 67]}
    before = list(machine.confidence)
    machine.taught = [*machine.taught, {"label": 1, "picture": machine.current}]
    assert before[1] < 0.5 < 0.9 < machine.confidence[1]


def test_a_class_that_was_not_taught_gets_nothing(three, fit_head):
    machine = widgets.teach_machine(three, flat, fit_head)
    machine.taught = [example for example in machine.taught if example["label"] != 1]
    assert (machine.confidence[1], sum(machine.confidence)) == (0, pytest.approx(1, abs=1e-5))


@pytest.mark.parametrize("left", [0, 1])
def test_one_class_is_too_few(three, fit_head, left):
    machine = widgets.teach_machine(three, flat, fit_head)
    machine.taught = machine.taught[:left]
    assert (machine.confidence, machine.note[:23]) == ([], "Teach at least two clas")


@pytest.mark.parametrize(
    ("function", "named"), [(stub, False), (None, True), (lambda *_: torch.rand(1, 9), True), (lambda *_: 1 / 0, True)]
)
def test_until_the_learners_function_runs_pixels_are_compared(three, function, named):
    machine = widgets.teach_machine(three, flat, function)
    assert machine.note.startswith("Pixels are compared until your extract_features and fit_head run")
    assert ("Error" in machine.note) == named
    assert sum(machine.confidence) == pytest.approx(1, abs=1e-5)


def test_a_drawn_picture_is_ink_on_paper(three, fit_head):
    picture = widgets.teach_machine(three, flat, fit_head).picture({"cells": [0, 33, 5000, -1]})
    assert picture.shape == (32, 32, 3)
    assert picture[0, 0, 0] == picture[1, 1, 2] < picture[0, 1, 0]
    assert (picture < 0.5).sum() == 6


def test_without_a_front_end_the_session_is_a_figure(three, fit_head, monkeypatch):
    monkeypatch.setenv("CI", "true")
    data, _ = widgets.teach_machine(three, flat, fit_head)._repr_mimebundle_()
    assert VIEW not in data
    assert "6 pictures were taught" in data["text/plain"]


def test_with_a_front_end_the_widget_comes_with_its_figure(three, fit_head):
    data, _ = widgets.teach_machine(three, flat, fit_head)._repr_mimebundle_()
    assert {VIEW, "text/html"} <= set(data)


@pytest.mark.parametrize(
    ("pictures", "settings", "words"),
    [
        (lambda: load_shapes(10, 5, classes=("heart", "arrow", "frame", "star")).train, {}, "of 2 or 3 classes"),
        (lambda: load_bikes(8, 2).train, {}, "there must be 6 pictures of each class, not 4"),
        (lambda: load_bikes(8, 2).train, {"per_class": 2}, "per_class must be at least 3, not 2"),
    ],
)
def test_pictures_that_do_not_fit_are_told(pictures, settings, words):
    with pytest.raises(ValueError, match=words):
        widgets.teach_machine(pictures(), flat, stub, **settings)
