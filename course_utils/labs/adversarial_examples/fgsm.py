"""Exercise 8.2: one step along the signs of the gradient."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.attacks import (
    AD1,
    AD2,
    AD3,
    AD4,
    DS2,
    EA1,
    EA2,
    EG3,
    EPS,
    Call,
    call_case,
    judge_attack,
    one_step,
    pictures,
)
from course_utils.labs.adversarial_examples.headings import ONE_STEP
from course_utils.labs.adversarial_examples.networks import Recipe, slope

EA5 = Misconception(
    "EA5",
    "clamped to -1 and 1",
    "This lets pixels become negative. From which number to which do pixels run in this lab?",
    ONE_STEP,
)


class Fgsm(Implementation):
    """Write ``fgsm(model, x, y, eps, targeted=False)``: one step of eps along the signs, pixels from 0 to 1."""

    id = "fgsm"
    hints = (
        "The loss grows along its gradient. Which part of the gradient do you keep if each pixel may move by eps?",
        "For a target class the loss should become smaller. What changes in your step?",
        "What may happen to a pixel that is 0.99 already?",
    )
    misconceptions = (AD1, EA2, AD3, EA5, EA1, AD4, AD2, DS2, EG3)

    def cases(self) -> Sequence[Case]:
        """Return a step, a step of nothing, and a step towards a target."""
        return [
            call_case("eps=8/255", Recipe(21), 12, EPS),
            call_case("eps=0", Recipe(22), 3, 0.0),
            call_case("targeted=True", Recipe(23), 4, EPS, targeted=True),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes and steps, float32 among them."""
        return [
            call_case("other sizes", Recipe(31, 4, 7), 10, 2 / 255),
            call_case("a large step", Recipe(32, 5, 4), 6, 0.25),
            call_case("targeted", Recipe(33, 7, 5), 7, 16 / 255, targeted=True),
            call_case("float32", Recipe(34, 5, 6, double=False), 4, 4 / 255),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with a step along autograd's gradient."""
        x, y = pictures(case.data, case.seed)
        judge_attack(case, "fgsm", answer, x, y, one_step(case.data, x, y), step_ways(case.data, x, y))


def step_ways(call: Call, x: torch.Tensor, y: torch.Tensor) -> Ways:
    """For each wrong step, a function that computes its result."""
    (eps,), gradient = call.numbers, slope(networks.make(call.recipe), x, y)
    up, half = call.direction * gradient.sign(), 0.5  # the network's standard deviation
    lengths = [1, len(x), gradient.abs().max(), gradient.norm(), gradient.flatten(1).norm(dim=1)[:, None, None, None]]
    return {
        AD1 if call.direction > 0 else EA2: lambda: [(x - eps * up).clamp(0, 1), x - eps * up],
        AD3: lambda: x + eps * up,
        EA5: lambda: (x + eps * up).clamp(-1, 1),
        EA1: lambda: [eps * up, (eps * up).clamp(0, 1), (x + eps * up).clamp(0, 1) - x],
        AD4: lambda: [(x + eps * factor * up).clamp(0, 1) for factor in (half, 1 / half, 255, 1 / 255)],
        AD2: lambda: [
            (x + sign * eps * call.direction * gradient / n).clamp(0, 1) for n in lengths for sign in (1, -1)
        ],
        DS2: lambda: (x + eps * up).clamp(0, 1)[0],
    }
