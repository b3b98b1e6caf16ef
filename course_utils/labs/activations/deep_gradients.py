"""Exercise 2.4: what becomes of gradients and activations in ten layers.

The learner runs the experiment and reads it; the check runs it again.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import torch

from course_utils.judging.answers import as_dict, as_numbers, is_missing, plain, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Wrong, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.activations.experiments import deep_net
from course_utils.labs.activations.headings import SLOPES

AE1 = Misconception(
    "AE1",
    "ratio turned over",
    "These are the ratios turned over. Which layer's gradient is above the line, the first's or the last's?",
    SLOPES,
)
AE2 = Misconception(
    "AE2",
    "percent instead of a share",
    "This looks like percent. What is the largest value that a share can have?",
    SLOPES,
)
AE3 = Misconception(
    "AE3",
    "saturation counted on one side only",
    "This counts the units near +1 only. Where else is tanh flat?",
    SLOPES,
)
AE4 = Misconception(
    "AE4",
    "one layer instead of all ten",
    "This is the share in one layer. Over how many layers is it asked?",
    SLOPES,
)
AE5 = Misconception(
    "AE5",
    "ratio outside the range called steady",
    "Look at the ratio of this scale again. Does it lie between 0.1 and 10?",
    SLOPES,
)
AE6 = Misconception(
    "AE6",
    "saturation taken to stop every gradient",
    "Many slopes are small there, and yet look at your ratio. What else is multiplied at each layer?",
    SLOPES,
)
AE7 = Misconception(
    "AE7",
    "mean square without the root",
    "This is the ratio of mean squares. What is still missing in a root mean square?",
    SLOPES,
)

SCALES = (0.5, 1, 4)
SATURATED = 0.99  # beyond this, in absolute value, a tanh counts as saturated
STEADY = (0.1, 10.0)
PARTS = ("saturated", "ratio", "steady scale", "at scale 4")


def sizes(arrays: Iterable[np.ndarray]) -> list[float]:
    """Return the root mean square of each array."""
    return [float((array**2).mean() ** 0.5) for array in arrays]


@cache
def measure(scale: float) -> dict[str, float]:
    """Measure a deep tanh net: what is asked, and what some wrong ways of measuring give."""
    net = deep_net(scale)
    stack = torch.stack([torch.from_numpy(one) for one in net.activations])
    size = sizes(net.gradients)
    return {
        "saturated": (stack.abs() > SATURATED).double().mean().item(),
        "one side": (stack > SATURATED).double().mean().item(),
        "last layer": (stack[-1].abs() > SATURATED).double().mean().item(),
        "first layer": (stack[0].abs() > SATURATED).double().mean().item(),
        "ratio": size[0] / size[-1],
    }


class DeepGradients(Exercise):
    """Saturation and gradient ratio of a deep tanh net at three scales, and what they mean."""

    id = "deep-gradients"
    hints = (
        "The section counts and measures for scale 2. What changes in these two lines for another scale?",
        "A share lies between 0 and 1. Over how many layers and units do you count?",
        "If the first layer's gradient is the larger one, is your ratio above or below 1?",
    )
    misconceptions = (AE1, AE2, AE3, AE4, AE5, AE6, AE7)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge two triples in the order of :data:`SCALES`, a ``"steady scale"``, "grows" or "shrinks".

        Shares may be off by 0.01, ratios by a twentieth.
        """
        given = as_dict(answers, PARTS, "deep")
        return look_at(
            {
                "saturated": lambda: _look_at_shares(given["saturated"]),
                "ratio": lambda: _look_at_ratios(given["ratio"]),
                "steady scale": lambda: _look_at_scale(given["steady scale"]),
                "at scale 4": lambda: _look_at_direction(given["at scale 4"]),
            }
        )


def attempted(value: Any, what: str) -> None:
    """Raise NotAttempted where there is no answer yet."""
    if is_missing(value):
        raise NotAttempted(f"fill in {what}")


def _ratios() -> list[float]:
    return [measure(scale)["ratio"] for scale in SCALES]


def _triple(value: Any, part: str) -> list[float]:
    attempted(value, f"deep[{part!r}]")
    numbers = as_numbers(value) if type(value) is not set else None
    if numbers is None or len(numbers) != len(SCALES):
        raise refuse(f"deep[{part!r}] should be three numbers, one for each scale, not {short(value)}.")
    return numbers


def _look_at_shares(value: Any) -> None:
    given, measured = _triple(value, "saturated"), [measure(scale) for scale in SCALES]

    def like(key: str, factor: float = 1.0) -> bool:
        return all(
            abs(g - factor * one[key]) <= 0.01 * max(1, factor / 2) for g, one in zip(given, measured, strict=True)
        )

    if not like("saturated"):
        ways = {
            AE2: like("saturated", 100.0),
            AE3: like("one side"),
            AE4: like("last layer") or like("first layer"),
        }
        raise _not_yet("saturated", value, next((way for way, fits in ways.items() if fits), None))


def _look_at_ratios(value: Any) -> None:
    given, right = _triple(value, "ratio"), _ratios()

    def like(power: int) -> bool:
        return all(abs(g - r**power) <= 0.05 * abs(power) * r**power for g, r in zip(given, right, strict=True))

    if not like(1):
        raise _not_yet("ratio", value, AE1 if like(-1) else AE7 if like(2) else None)


def _look_at_scale(value: Any) -> None:
    attempted(value, "deep['steady scale']")
    scale = plain(value)
    steady = [scale for scale, ratio in zip(SCALES, _ratios(), strict=True) if STEADY[0] <= ratio <= STEADY[1]]
    if scale not in steady:
        raise _not_yet("steady scale", value, AE5 if scale in SCALES else None)


def _look_at_direction(value: Any) -> None:
    attempted(value, "deep['at scale 4']")
    word = value.strip().lower() if type(value) is str else ""
    if word not in ("grows", "shrinks"):
        raise refuse(f'deep["at scale 4"] should be "grows" or "shrinks", not {short(value)}.')
    if word != ("grows" if measure(4)["ratio"] > 1 else "shrinks"):
        raise _not_yet("at scale 4", value, AE6)


def _not_yet(part: str, value: Any, way: Misconception | None) -> Wrong:
    return refuse(f"{part}: you gave {short(value)}.", way)
