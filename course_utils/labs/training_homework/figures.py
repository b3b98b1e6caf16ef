"""Figures of the clinic. Each function draws and returns axes; `show` puts a figure into the notebook."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing import described, show
from course_utils.drawing.frames import bare
from course_utils.labs.training_homework.deep import DEPTHS, EPOCHS, Depths
from course_utils.labs.training_homework.patients import Patient
from course_utils.labs.training_homework.valley import Valley, walk

__all__ = ["plot_depths", "plot_patient", "plot_patients", "plot_two_losses", "plot_valley", "show"]

STEPS = 40
HIGHEST = 10.0  # loss that a panel shows
GUESSING = float(np.log(10))


@described(
    "Level lines of a long valley, and three ways of 40 steps: plain descent is soon at the bottom but slow along it, "
    "momentum swings and gets further, Adam goes slantwise in steps of equal length."
)
def plot_valley(valley: Valley) -> Axes:
    """Draw 40 steps of plain descent, momentum and Adam; Adam with five times the rate."""
    rate = valley.rate
    ways = {
        "plain": walk(valley, torch.optim.SGD, STEPS, lr=rate),
        "momentum": walk(valley, torch.optim.SGD, STEPS, lr=rate, momentum=valley.momentum),
        "Adam, rate × 5": walk(valley, torch.optim.Adam, STEPS, lr=5 * rate),
    }
    _, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    across = 1.25 * max(float(way[:, 0].abs().max()) for way in ways.values())
    x, y = np.meshgrid(np.linspace(-across, across, 80), np.linspace(-valley.y / 3, 1.15 * valley.y, 80))
    height = valley.a * x**2 / 2 + valley.b * y**2 / 2
    axes.contour(y, x, height, levels=np.quantile(height, np.linspace(0.02, 0.9, 9)), colors="lightgrey")
    looks = ((style.DATA, "o"), (style.MODEL, "^"), (style.TRUTH, "s"))
    for (name, way), (colour, marker) in zip(ways.items(), looks, strict=True):
        axes.plot(way[:, 1], way[:, 0], color=colour, marker=marker, markersize=3.5, label=name)
    axes.plot(0, 0, "*", color=style.FOCUS, markersize=12, label="lowest place")
    axes.set_xlabel("y, along the valley")
    axes.set_ylabel("x, across it")
    axes.legend(frameon=False, ncols=2, fontsize=10)
    return bare(axes)


@described(
    "Two curves over 15 epochs: the training loss falls towards 0; the validation loss falls to epoch 5 and "
    "climbs from there on."
)
def plot_two_losses(curves: Mapping[str, Sequence[float]]) -> Axes:
    """Draw training and validation loss, and mark the lowest validation loss."""
    _, axes = plt.subplots(figsize=(4.5, 3), layout="constrained")
    _two(axes, curves, "loss")
    there = list(curves["validation loss"])
    best = there.index(min(there))
    axes.plot(best + 1, there[best], "o", color=style.FOCUS, markersize=9, label="lowest")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.legend(frameon=False)
    return bare(axes)


@described("Losses fall from 1 to about 0.3 in training and 0.6 in validation; accuracies climb to .89 and .78.")
def plot_patient(patient: Patient) -> np.ndarray:
    """Draw losses and accuracies of one training."""
    _, panels = plt.subplots(1, 2, figsize=(6, 2.6), layout="constrained")
    for axes, what in zip(panels, ("loss", "accuracy"), strict=True):
        _two(axes, patient.curves, what)
        axes.set_xlabel("epoch")
        axes.set_ylabel(what)
        axes.set_ylim(0, None if what == "loss" else 1)
        bare(axes)
    panels[1].legend(frameon=False)
    return panels


@described(
    "Ten pairs of panels, A to J: loss on the left, accuracy on the right, training full and validation dashed, with "
    "a thin line at guessing."
)
def plot_patients(patients: Mapping[str, Patient]) -> np.ndarray:
    """Draw losses and accuracies of all patients, two in a row of panels."""
    _, panels = plt.subplots(5, 4, figsize=(8.5, 9), layout="constrained", sharex=True)
    for place, (name, patient) in enumerate(patients.items()):
        left, right = panels[place // 2, 2 * (place % 2) :][:2]
        _two(left, patient.curves, "loss")
        _two(right, patient.curves, "accuracy")
        left.axhline(GUESSING, color="grey", linewidth=0.8)
        right.axhline(0.1, color="grey", linewidth=0.8)
        shown = np.nan_to_num(np.array([patient.curves[f"{part} loss"] for part in ("training", "validation")]), nan=99)
        left.set_ylim(0, min(HIGHEST, 1.1 * max(2.5, shown.max())))
        right.set_ylim(-0.03, 1.03)
        left.set_title(f"{name}: loss", fontsize=11, loc="left")
        right.set_title("accuracy", fontsize=11, loc="left")
    for axes in panels.flat:
        bare(axes)
    for axes in panels[-1]:
        axes.set_xlabel("epoch")
    return panels


def _two(axes: Axes, curves: Mapping[str, Sequence[float]], what: str) -> None:
    for part, line, colour, marker in (("training", "-", style.MODEL, "o"), ("validation", "--", style.DATA, "s")):
        values = curves[f"{part} {what}"]
        axes.plot(range(1, len(values) + 1), values, line, color=colour, marker=marker, markersize=3, label=part)


@described(
    "Training losses over three epochs. With 2 layers both kinds of networks fall alike; with 32 layers "
    "the residual ones do so, too, while the plain ones lie on the line of guessing, 2.30, for all three seeds."
)
def plot_depths(depths: Depths, prediction: Mapping[str, Any]) -> np.ndarray:
    """Draw the losses of plain and residual networks, and a learner's predictions of the last one."""
    _, panels = plt.subplots(1, 2, figsize=(6, 3), layout="constrained", sharey=True)
    looks = (("plain", style.DATA, "o", "-"), ("residual", style.MODEL, "^", "--"))
    for column, (axes, depth) in enumerate(zip(panels, DEPTHS, strict=True)):
        for row, (kind, colour, marker, line) in enumerate(looks):
            for number, losses in enumerate(depths.loss[row, column]):
                label = kind if not number else None
                axes.plot(range(1, EPOCHS + 1), losses, line, color=colour, marker=marker, label=label)
            guess = prediction.get(f"{kind}, {depth}")
            if isinstance(guess, int | float):
                axes.plot(EPOCHS + 0.3, guess, marker="*", color=colour, markersize=14)
        axes.axhline(GUESSING, color="grey", linewidth=0.8)
        axes.set_title(f"{depth} layers", fontsize=11)
        axes.set_xlabel("epoch")
        axes.set_xticks(range(1, EPOCHS + 1))
        bare(axes)
    panels[0].set_ylabel("training loss")
    panels[0].legend(frameon=False)
    return panels
