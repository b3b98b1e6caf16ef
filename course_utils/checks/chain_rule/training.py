"""The check of a small network that was trained with the learner's own values, and the numbers it starts from."""

from typing import NamedTuple

import numpy as np
import torch

from course_utils.checks.sets import mark
from course_utils.judging.answers import as_array, as_dict, is_missing, plain
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit

STEPS, RATE, BOUND = 60, 0.2, 0.15  # of the training in the lesson; the loss that it must fall below
CLOSEST = 1e-6  # largest relative difference of the gradients


class Task(NamedTuple):
    """What is trained: points (40, 2), their targets (40,) of 1 and -1, and 33 start numbers of a 2-8-1 network."""

    points: np.ndarray
    targets: np.ndarray
    start: np.ndarray


def training_task() -> Task:
    """Return two half moons of 20 points each, and start numbers: 16 and 8 of the hidden layer, 8 and 1 of the last."""
    rng = np.random.default_rng(2)
    upper, lower = rng.uniform(0, np.pi, 20), rng.uniform(0, np.pi, 20)
    moons = [np.c_[np.cos(upper), np.sin(upper)], np.c_[1 - np.cos(lower), 0.4 - np.sin(lower)]]
    points = np.concatenate(moons) - [0.5, 0.2]
    points = (points + 0.08 * rng.normal(size=points.shape)).round(2)
    return Task(points, np.repeat([1.0, -1.0], 20), (0.5 * rng.normal(size=33)).round(2))


def torch_loss(numbers: torch.Tensor, task: Task, *, mean: bool = True) -> torch.Tensor:
    """Return the squared errors of the network with these 33 numbers, their mean or their sum."""
    points, targets = torch.tensor(task.points), torch.tensor(task.targets)
    hidden = torch.tanh(points @ numbers[:16].reshape(8, 2).T + numbers[16:24])
    errors = (hidden @ numbers[24:32] + numbers[32] - targets) ** 2
    return errors.mean() if mean else errors.sum()


def torch_training(steps: int = STEPS, *, rate: float = RATE, zero: bool = True, mean: bool = True) -> list[float]:
    """Let PyTorch train the network and return the loss before each step.

    Parameters
    ----------
    steps, rate
        Number of steps, learning rate (negative: uphill).
    zero
        Set the gradients to zero before each step.
    mean
        The loss is a mean; else a sum.
    """
    task, losses = training_task(), []
    numbers = torch.tensor(task.start, requires_grad=True)
    with torch.enable_grad():
        for _ in range(steps):
            loss = torch_loss(numbers, task, mean=mean)
            losses.append(loss.item())
            loss.backward()
            numbers.data -= rate * numbers.grad
            if zero:
                numbers.grad = None
    return losses


@quiet()
def train_with_values(answers: dict) -> Credit:
    """Check the losses of a training with the learner's values, and how close its gradients are to PyTorch's. 1 point.

    Parameters
    ----------
    answers
        ``{"losses": 60 numbers, the loss before each step, "difference": the largest relative difference}``.
    """
    answers = as_dict(answers, ("losses", "difference"), "training")
    marks, codes, notes = {}, [], []
    for part, look in (("losses", _look_at_losses), ("difference", _look_at_difference)):
        if is_missing(answers[part]) or (type(answers[part]) in (list, tuple) and not len(answers[part])):
            marks[part] = None
            continue
        fault = look(answers[part])
        marks[part] = fault is None
        if fault:
            codes += [fault[0]] if fault[0] else []
            notes.append(f"{part}: {fault[1]}")
    if "VT9" in codes:  # wrong gradients explain whatever the losses do
        codes, notes = ["VT9"], notes[-1:]
    return mark(marks, 1, codes, notes[0] if notes else "")


def _look_at_losses(answer) -> tuple[str, str] | None:
    losses = as_array(answer, "training['losses']").reshape(-1)
    if len(losses) < 2 or not np.isfinite(losses).all():
        code = "VT1" if len(losses) > 1 and _same(losses[:10], torch_training(10, zero=False)) else ""
        return code, f"you gave {len(losses)} numbers; {STEPS} finite ones were asked for."
    if len(losses) >= STEPS and _same(losses[:STEPS], torch_training()) and losses[-1] < BOUND:
        return None
    ways = {
        "VT1": [torch_training(zero=False)],
        "GR1": [torch_training(rate=-RATE)],
        "VT2": [[losses[0]] * STEPS],
        "VT3": [torch_training(mean=False), torch_training(rate=RATE / 2), torch_training(rate=RATE / 40)],
    }
    note = f"you gave {len(losses)} numbers, from {losses[0]:.4g} to {losses[-1]:.4g}."
    for code, results in ways.items():
        if any(_same(losses[:10], result[:10]) for result in results):
            return code, note
    falling = losses[0] > losses[-1] and abs(losses[0] - torch_training(1)[0]) < 1e-6
    return "VT3" if falling else "", note


def _same(given, wanted) -> bool:
    given, wanted = np.asarray(given, float), np.asarray(wanted, float)
    return given.shape == wanted.shape and bool(np.allclose(given, wanted, rtol=1e-6, atol=1e-9))


def _look_at_difference(answer) -> tuple[str, str] | None:
    number = plain(answer)
    if number is None:
        raise CheckFailed("training['difference'] should be a number.")
    if 0 <= number < CLOSEST:
        return None
    if number < 0:
        return "", f"yours is {number:.3g}; a difference has a size, without a sign."
    return "VT8" if number == 1 else "VT9", f"yours is {number:.3g}, it should be below {CLOSEST:g}."
