"""Guesses are kept before the run and shown beside what came out, whatever a learner wrote."""

import re

import numpy as np
import pytest
import torch
from conftest import ROOT

from course_utils import predictions
from course_utils.masters import master_path


def test_what_is_written_down_is_returned_and_open_guesses_are_named(capsys):
    given = {"dense": 0.4, "softmax": None}
    kept = predictions.keep(given)
    assert kept == given
    assert kept is not given
    assert capsys.readouterr().out.strip() == "Still open: softmax."
    predictions.keep({"dense": None})
    assert "Nothing is written down yet" in capsys.readouterr().out
    predictions.keep({"dense": np.float32(0.5)})
    assert "Written down" in capsys.readouterr().out


def test_guesses_stand_beside_results_and_the_furthest_is_named(capsys):
    predictions.beside(
        {"a": 0.5, "bee": torch.tensor(0.25), "near": 1}, {"a": 0.4, "bee": np.float64(0.75), "c": 1, "near": 1.001}
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:5]] == [
        ["a", "0.50", "0.40", "+0.10"],
        ["bee", "0.25", "0.75", "-0.50"],
        ["c", "–", "1.00", "–"],
        ["near", "1.00", "1.00", "+0.00"],
    ]
    assert lines[5] == "Furthest off: bee, by 0.50. What did you not think of?"
    assert len({len(line) for line in lines[:1] + lines[1:2]}) == 1


@pytest.mark.parametrize("odd", [None, "half", [1], True, float("nan"), float("inf"), object(), 10**400])
def test_what_is_no_number_is_no_guess(capsys, odd):
    predictions.beside({"a": odd}, {"a": 0.5})
    assert "No guess was written down" in capsys.readouterr().out
    predictions.beside(odd, {"a": 0.5})


def test_a_guess_that_is_right_is_told(capsys):
    predictions.beside({"a": 0.501}, {"a": 0.5})
    assert "right to the last digit" in capsys.readouterr().out


def test_names_are_text_in_a_notebook(monkeypatch):
    shown = []
    monkeypatch.setattr(predictions.showing, "show", lambda text, html: shown.append(html))
    predictions.beside({"<b>": 1}, {"<b>": 2})
    assert "&lt;b&gt;" in shown[0]
    assert "<b>" not in shown[0]


def test_a_result_that_is_no_number_is_the_lessons_fault():
    with pytest.raises(ValueError, match=r"results\['a'\] must be a number"):
        predictions.beside({}, {"a": "much"})


@pytest.mark.parametrize(
    "lab",
    [
        "04_logistic_regression",
        "05_conv_and_pooling",
        "06_lab7_cnn",
        "07_transfer_learning",
        "08_adversarial_examples",
    ],
)
def test_lessons_with_a_controlled_comparison_ask_first_and_show_guesses_beside_results(lab):
    lesson = master_path(ROOT, lab).read_text(encoding="utf-8")
    kept = re.findall(r"^(\w+) = predictions\.keep\(", lesson, re.MULTILINE)
    shown = re.findall(r"predictions\.beside\((\w+),", lesson)
    assert kept
    assert kept == shown
