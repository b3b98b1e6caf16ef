"""Exercise 3.7: a small network trained with the learner's own values, and the numbers it starts from.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
60 steps, learning rate 0.2, the mean of the squares   "losses": against PyTorch's own training, each loss
one loss for each step, before the move                "losses": the first is that of the start
the last is below 0.15                                 "losses"
the largest relative difference is below 1e-6          "difference"
=====================================================  ==========================================================
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.answers import as_array, as_dict, as_numbers, is_missing, kind
from course_utils.judging.closeness import close
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import read_number
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.chain_rule.gradients import GR1_TRAIN, VT1
from course_utils.labs.chain_rule.headings import TRAIN

VT2 = Misconception(
    "VT2",
    "parameters never move",
    "The loss is the same in every step. Which numbers should have changed?",
    TRAIN,
)
VT3 = Misconception(
    "VT3",
    "another learning rate or number of steps",
    "The direction is right, the pace is not. Which learning rate, how many steps, and is the loss a mean?",
    TRAIN,
)
VT8 = Misconception(
    "VT8",
    "gradient compared before backward",
    "A relative difference near 1 means that one side is zero. When does grad get its value?",
    TRAIN,
)
VT9 = Misconception(
    "VT9",
    "gradients of the engine differ from PyTorch's",
    "Your gradients differ from PyTorch's before the first move. Which check of exercise 3.3 is not yet content?",
    TRAIN,
)
VT10 = Misconception(
    "VT10",
    "losses noted after the move",
    "Your first loss is PyTorch's second. Which comes first in a step: noting the loss, or moving the numbers?",
    TRAIN,
)
VT11 = Misconception(
    "VT11",
    "losses kept as Values",
    "The list holds Values, each with all that it was made from. Which attribute of a loss is its number?",
    TRAIN,
)
VT12 = Misconception(
    "VT12",
    "difference given without computing it",
    "No division gives a whole number here, not even where both gradients agree. What comes out of your own?",
    TRAIN,
)
VT1_TRAIN = VT1.in_lab(TRAIN)

STEPS, RATE, BOUND = 60, 0.2, 0.15  # of the training in the lesson; the loss that it must fall below
CLOSEST = 1e-6  # largest relative difference of the gradients
FIRST = 10  # steps that show which wrong way it was
OTHER_RATES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.3, 0.4, 0.5, 1.0)


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


class TrainWithValues(Exercise):
    """Train for sixty steps with one's own values; tell the losses, and how close the gradients are to PyTorch's."""

    id = "train-with-values"
    hints = (
        "In which order: gradients to 0, loss, backward, move? Which of these comes first in a step?",
        "Which attribute of a Value do you change to move it: data or grad? In which direction?",
        "The difference is asked for the first backward. How large is |mine - PyTorch's| compared with |PyTorch's|?",
    )
    worked = """
    One number x, the loss (x − 3)², from x = 0 with learning rate 0.1:

    1. Gradient to 0. The loss is 9: note it. Backward: the slope 2(x − 3) is −6. Move against it: x = 0.1 · 6 = 0.6.
    2. Gradient to 0 again, else it would be −6 + (−4.8). The loss is 5.76: note it. Slope −4.8, so x = 1.08.
    3. The loss is 3.6864. Noted are 9, 5.76, 3.6864: each before its move.
    4. How close are two gradients? Mine −4.8000001, theirs −4.8: the relative difference is 1e-7 / 4.8, about 2e-8.
    """
    misconceptions = (VT1_TRAIN, VT2, VT3, VT8, VT9, VT10, VT11, VT12, GR1_TRAIN)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"losses": 60 numbers, the loss before each step, "difference": the largest relative one}``."""
        given = as_dict(answers, ("losses", "difference"), "training")
        looks = {"losses": _look_at_losses, "difference": _look_at_difference}
        found = look_at({part: partial(_if_attempted, part, given[part], one) for part, one in looks.items()})
        if VT9 in found["difference"].because:  # wrong gradients explain whatever the losses do
            found["losses"] = replace(found["losses"], because=())
        return found


def _if_attempted(part: str, answer: Any, look_at_answer: Callable[[Any], None]) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in training[{part!r}]")
    look_at_answer(answer)


def _look_at_losses(answer: Any) -> None:
    losses = _read_losses(answer)
    if len(losses) < 2 or not np.isfinite(losses).all():
        way = VT1_TRAIN if len(losses) > 1 and _same(losses[:FIRST], torch_training(FIRST, zero=False)) else None
        raise refuse(f"losses: you gave {len(losses)} numbers; {STEPS} finite ones were asked for.", way)
    if len(losses) == STEPS and _same(losses, torch_training()) and losses[-1] < BOUND:
        return
    rounded = len(losses) == STEPS and np.allclose(losses, torch_training(), rtol=0, atol=0.0051)
    raise refuse(
        f"losses: you gave {len(losses)} numbers, from {losses[0]:.4g} to {losses[-1]:.4g}.",
        _explained(losses),
        detail="  They are near PyTorch's. Give them as they are, without rounding." if rounded else "",
    )


def _read_losses(answer: Any) -> np.ndarray:
    numbers = as_numbers(answer)
    if numbers is not None:
        return np.array(numbers, dtype=np.float64)
    if type(answer) in (list, tuple) and answer and kind(answer[0]) == "a Value":
        raise refuse("losses: they should be numbers; the first is a Value.", VT11)
    return as_array(answer, "training['losses']").reshape(-1)


def _explained(losses: np.ndarray) -> Misconception | None:
    """Return the wrong way that gives exactly these losses, as far as ten steps show it."""
    steps = min(len(losses), FIRST)
    ways = {
        VT1_TRAIN: [torch_training(steps, zero=False)],
        VT10: [torch_training(steps + 1)[1:]],
        GR1_TRAIN: [torch_training(steps, rate=-RATE)],
        VT2: [[losses[0]] * steps],
        VT3: [torch_training(steps, mean=False), *(torch_training(steps, rate=rate) for rate in OTHER_RATES)],
    }
    for way, results in ways.items():
        if any(_same(losses[:steps], result) for result in results):
            return way
    return VT3 if len(losses) != STEPS and _same(losses[:steps], torch_training(steps)) else None


def _same(given: Any, wanted: Any) -> bool:
    return close(np.asarray(given, float), np.asarray(wanted, float), rtol=1e-6, atol=1e-9)


def _look_at_difference(answer: Any) -> None:
    number = read_number(answer, "training['difference']")
    if type(number) is int and number == 0:  # what is divided is never a whole number
        raise refuse("difference: you gave 0, a whole number.", VT12)
    if number is None or 0 <= number < CLOSEST:
        return
    if number < 0:
        raise refuse(f"difference: yours is {number:.3g}; a difference has a size, without a sign.")
    raise refuse(f"difference: yours is {number:.3g}, it should be below {CLOSEST:g}.", VT8 if number == 1 else VT9)
