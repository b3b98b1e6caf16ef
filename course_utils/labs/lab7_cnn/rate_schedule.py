"""Bonus: a learning rate that climbs for some steps, and then falls along half a cosine.

| claim of the prompt | case |
|---|---|
| `warmup` steps climb in equal parts, the last of them has `peak` | warm-ups of several lengths |
| then half a cosine from `peak` to 0 at step `steps` | all steps of a training |
| `warmup` may be 0 | a case |
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.slips import TwoSlips
from course_utils.labs.lab7_cnn import recipes
from course_utils.labs.lab7_cnn.headings import CHANGES

LR1 = Misconception(
    "LR1",
    "the first step has a rate of 0",
    "The first step does not move at all here. Which part of the peak has step 0, if warmup equal parts lead up to it?",
    CHANGES,
)
LR2 = Misconception(
    "LR2",
    "the cosine runs from the beginning of training",
    "Behind the warm-up this rate jumps down. At which step should the cosine begin, and how many steps are left?",
    CHANGES,
)
LR3 = Misconception(
    "LR3",
    "rates below 0, or up again",
    "This falls below 0, rises again at the end, or begins above the peak. From which number to which does a cosine "
    "run over half a turn, and what moves that to 1 and 0?",
    CHANGES,
)
LR4 = Misconception(
    "LR4",
    "falls along a line",
    "This falls by the same amount in every step. Which curve is asked for?",
    CHANGES,
)
LR5 = Misconception(
    "LR5",
    "no warm-up",
    "The first step has the peak already. Which rates have the steps of the warm-up?",
    CHANGES,
)
LR6 = Misconception(
    "LR6",
    "a share of the peak, not a rate",
    "This runs from 0 to 1, whatever the peak is. By what is the share multiplied?",
    CHANGES,
)
LR7 = Misconception(
    "LR7",
    "the cosine of another angle",
    "The angle does not run from 0 to half a turn. In which unit does the cosine take it, and how long is half a turn?",
    CHANGES,
)
LR8 = Misconception(
    "LR8",
    "0 is reached one step too early",
    "The last step has a rate of 0 here, and so moves nothing. At which step would 0 be reached?",
    CHANGES,
)
LR9 = Misconception(
    "LR9",
    "another curve behind the warm-up",
    "One way to get this: another curve than half a cosine, such as an exponential, a constant, a staircase or a "
    "square. Which curve goes from the peak to 0 here?",
    CHANGES,
)
LR10 = Misconception(
    "LR10",
    "another climb",
    "One way to get this: the warm-up climbs in other parts than equal ones from the first to the peak. Which rate has "
    "step 0, and which has the last step of the warm-up?",
    CHANGES,
)
LR11 = Misconception(
    "LR11",
    "one step off behind the warm-up",
    "One way to get this: behind the warm-up all is one step early or late. How far along is the first step behind it, "
    "and at which step would 0 be reached?",
    CHANGES,
)

LR12 = Misconception(
    "LR12",
    "a rate that does not fall to 0",
    "One way to get this: a smallest rate is kept, to which the cosine falls. Down to which rate does the task let it "
    "fall?",
    CHANGES,
)

NAME = "rate_at"
WORKED = """
Another schedule, on paper: a rate that is *held*, and falls along a line in the last 4 of 7 steps. Held at 0.2.

1. Steps are numbered 0 to 6; the fall begins behind step 7 − 4 − 1 = 2.
2. How far has the fall come at step s? Step 3 is the first of it: (3 − 3) / 4 = 0, then 0.25, 0.5, 0.75.
3. The line from 1 to 0 at these places: 1, 0.75, 0.5, 0.25. Times 0.2: 0.2, 0.15, 0.1, 0.05.
4. 0 itself would be reached at step 7, which there is not: no step is wasted.

```python
def held_at(number, total, rate, fall):
    left = total - number
    return rate if left > fall else rate * left / fall

print([round(held_at(s, 7, 0.2, 4), 2) for s in range(7)])
# [0.2, 0.2, 0.2, 0.2, 0.15, 0.1, 0.05]
```

Which part of yours comes before the rest, and which curve takes the place of the line?
"""


class Plan(NamedTuple):
    """All steps, the peak, and the steps of the warm-up."""

    steps: int
    peak: float
    warmup: int


class RateSchedule(Implementation):
    """Write ``rate_at(step, steps, peak, warmup)``: the learning rate of one step."""

    id = "rate-schedule"
    hints = (
        "Which steps belong to the warm-up? If it has 4 steps, which four rates lead to the peak in equal parts?",
        "Behind it: how far along are you, from 0 to 1? Half a turn is π, and the cosine runs from 1 to −1 over it.",
    )
    worked = WORKED
    names_explain_all = True
    misconceptions = (LR1, LR2, LR3, LR4, LR5, LR6, LR7, LR8, LR9, LR10, LR11, LR12)

    def cases(self) -> Sequence[Case]:
        """Return a training with a warm-up, one with a long one, and one with none."""
        return [
            Case("12 steps, peak 0.1, warm-up of 3", Plan(12, 0.1, 3)),
            Case("9 steps, peak 0.02, warm-up of 5", Plan(9, 0.02, 5)),
            Case("7 steps, peak 0.5, no warm-up", Plan(7, 0.5, 0)),
            Case("400 steps, peak 0.02, warm-up of 20", Plan(400, 0.02, 20)),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other trainings."""
        return [Case("another training", Plan(17, 0.3, 4)), Case("a warm-up of one", Plan(8, 0.04, 1))]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare all rates of a training."""
        plan: Plan = case.data
        found = case.ask(all_rates, answer, *plan)
        array = case.array(found, f"What {NAME} returns, for all steps,")
        if array.size == plan.steps:
            array = array.reshape(-1)  # one number is one number, also in an array
        steps = torch.arange(plan.steps, dtype=torch.float64)
        right = [rate(step, *plan) for step in range(plan.steps)]
        near = partial(nearly, recipes.rates, steps, *plan)
        case.compare(NAME, array, right, wrong_rates(plan), atol=1e-9, near=near)


def all_rates(function: Callable[..., Any], steps: int, peak: float, warmup: int) -> Any:
    """Probe: ask for the rate of every step."""
    return [function(step, steps, peak, warmup) for step in range(steps)]


def rate(step: int, steps: int, peak: float, warmup: int) -> float:
    """Return the rate of a step."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


LR3_CURVES: tuple[Callable[[float], float], ...] = (
    lambda along: math.cos(math.pi * along),
    lambda along: (1 + math.cos(2 * math.pi * along)) / 2,
    lambda along: 1 + math.cos(math.pi * along),
)
CURVES: tuple[Callable[[float], float], ...] = (
    lambda along: math.exp(-along),
    lambda along: math.exp(-5 * along),
    *(lambda along, speed=speed: math.exp(-speed * along) for speed in (2.0, 3.0, 4.0, 10.0)),
    lambda along: 0.1**along,
    lambda along: 0.01**along,
    lambda along: 1.0,
    lambda along: 1 - along**2,
    lambda along: (1 - along) ** 2,
    lambda along: math.sqrt(1 - along),
    lambda along: 1 / (1 + along),
    lambda along: abs(math.cos(math.pi * along)),
    lambda along: max(0.0, math.cos(math.pi * along)),
    lambda along: (1 + math.cos(math.pi * along**2)) / 2,
    lambda along: (1 + math.cos(math.pi * along)) ** 2 / 4,
    lambda along: 1 - math.sin(math.pi * along / 2),
    lambda along: (1 + math.sin(math.pi * along)) / 2,
    lambda along: 0.1 if along > 0.5 else 1.0,
    lambda along: 0.1 if along >= 0.5 else 1.0,
    lambda along: 0.5 if along >= 0.5 else 1.0,
    lambda along: 1 - math.sin(math.pi * along / 2),
    lambda along: 1 - math.sin(math.pi * along),
    lambda along: (1 - math.sin(math.pi * along)) / 2,
    lambda along: (1 + math.sin(math.pi * along)) / 2,
)
LEAST = (0.01, 0.1, 0.001, 0.05, 0.2, 0.5)  # of the peak
RATES = (1e-6, 1e-5, 1e-4, 1e-3, 0.01)
FALLS: tuple[Callable[[int], float], ...] = (  # by the steps behind the warm-up, not by the share of the way
    *(lambda step, factor=factor: factor**step for factor in (0.5, 0.8, 0.9, 0.95, 0.96, 0.98, 0.99, 0.999)),
    *(lambda step, speed=speed: math.exp(-speed * step) for speed in (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)),
    lambda step: 1 / (1 + step),
    lambda step: 1 / math.sqrt(1 + step),
)


def _climbs(plan: Plan) -> list[Callable[[int], float]]:
    """Return other ways up to the peak."""
    _, peak, warmup = plan
    return [
        lambda step: peak * step / max(warmup - 1, 1),
        lambda step: peak * (step + 1) / (warmup + 1),
        lambda step: peak * ((step + 1) / warmup) ** 2,
        lambda step: peak * (step / warmup) ** 2,
        lambda step: peak / warmup,
        lambda step: peak * (step + 1),
        lambda step: (step + 1) / warmup,
        lambda step: 0.0,
        lambda step: peak * math.sin(math.pi * (step + 1) / warmup / 2),
        lambda step: peak * (1 - math.cos(math.pi * (step + 1) / warmup)) / 2,
    ]


def wrong_rates(plan: Plan) -> Ways:
    """For each wrong way, a function that computes the rates of all steps."""
    steps, peak, warmup = plan

    def behind(fall: Callable[[float], float], climb: Callable[[int], float] | None = None) -> np.ndarray:
        up = climb or (lambda step: peak * (step + 1) / warmup)
        fallen = [peak * fall((step - warmup) / (steps - warmup)) for step in range(warmup, steps)]
        return np.array([*map(up, range(warmup)), *fallen])

    def half(along: float) -> float:
        return (1 + math.cos(math.pi * along)) / 2

    right = behind(half)
    first = [peak * (step + 1) / warmup for step in range(warmup)]
    late = max(steps - warmup - 1, 1)
    return {
        LR1: lambda: behind(half, lambda step: peak * step / warmup) if warmup else [],
        LR2: lambda: (
            [np.array([*first, *(peak * half(step / steps) for step in range(warmup, steps))])] if warmup else []
        ),
        LR3: lambda: [
            *map(behind, LR3_CURVES),
        ],
        LR4: lambda: behind(lambda along: 1 - along),
        LR5: lambda: (
            [
                np.array([peak * half(step / steps) for step in range(steps)]),
                behind(half, lambda _: peak),
            ]
            if warmup
            else []
        ),
        LR6: lambda: right / peak,
        LR7: lambda: [
            behind(lambda along: (1 + math.cos(along)) / 2),
            behind(lambda along: (1 + math.cos(180 * along)) / 2),
            behind(lambda along: math.cos(math.pi * along / 2)),
        ],
        LR8: lambda: np.array([*first, *(peak * half((step - warmup) / late) for step in range(warmup, steps))]),
        LR9: lambda: [
            *(behind(curve) for curve in CURVES),
            *(np.array([*first, *(peak * fall(step) for step in range(steps - warmup))]) for fall in FALLS),
        ],
        LR12: lambda: [
            *(behind(lambda along, least=least: least + (1 - least) * half(along)) for least in LEAST),
            *(behind(lambda along, least=least: max(least, half(along))) for least in LEAST),
            *(np.maximum(right, least) for least in RATES if least < peak),
        ],
        LR10: lambda: [behind(half, climb) for climb in _climbs(plan)] if warmup else [],
        LR11: lambda: [
            np.array([*first, *(peak * half(one) for one in along)])
            for along in (
                [(step + more - warmup) / (steps + longer - warmup) for step in range(warmup, steps)]
                for more, longer in ((1, 0), (-1, 0), (0, 1), (1, 1), (0, -1), (1, -1))
                if steps + longer > warmup
            )
        ],
        TwoSlips.of(LR1, LR3): lambda: (
            [behind(curve, lambda step: peak * step / warmup) for curve in LR3_CURVES] if warmup else []
        ),
        TwoSlips.of(LR1, LR4): lambda: (
            behind(lambda along: 1 - along, lambda step: peak * step / warmup) if warmup else []
        ),
    }
