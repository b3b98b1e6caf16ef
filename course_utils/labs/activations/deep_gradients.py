"""Exercise 2.4: what becomes of gradients and activations in ten layers.

The learner runs the experiment and reads it; the check runs it again.

What the prompt says, and what tries it:

- three shares, to 0.01 → `_look_at_shares`
- three ratios, to 5 % → `_look_at_ratios`
- the scale between 0.1 and 10 → `_look_at_scale`
- grows or shrinks → `_look_at_direction`
"""

from collections.abc import Iterable
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np
import torch

from course_utils.judging.answers import as_dict, as_numbers, is_missing, plain, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Wrong, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.slips import SL2, SL8, SL14, SL15, SL18
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

AE8 = Misconception(
    "AE8",
    "scales in another order",
    "These are the right three numbers in another order. In which order does the task list the scales?",
    SLOPES,
)
AE9 = Misconception(
    "AE9",
    "counted instead of a share",
    "These are numbers of units, or sums of shares. By what is a count divided to become a share?",
    SLOPES,
)
AE10 = Misconception(
    "AE10",
    "another size than the root mean square",
    "This compares the means of absolute values, or the largest ones. How does the section define the size?",
    SLOPES,
)
AE11 = Misconception(
    "AE11",
    "activations compared instead of gradients",
    "This is the ratio of the activations' sizes. Which of the two lists goes back through the net?",
    SLOPES,
)
AE12 = Misconception(
    "AE12",
    "another threshold",
    "This counts from another value on. Beyond which value does the lab call a tanh saturated?",
    SLOPES,
)
AE13 = Misconception(
    "AE13",
    "one scale for all three",
    "Your three numbers come from one scale. Which of them did you run?",
    SLOPES,
)
AE14 = Misconception(
    "AE14",
    "share of the units that are not saturated",
    "These are the shares of the units that are not saturated. Which of the two shares is asked for?",
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
        "count": (stack.abs() > SATURATED).double().sum().item(),
        "sum of shares": (stack.abs() > SATURATED).double().mean((1, 2)).sum().item(),
        "beyond 0.9": (stack.abs() > 0.9).double().mean().item(),
        "beyond 0.999": (stack.abs() > 0.999).double().mean().item(),
        "absolute ratio": float(abs(net.gradients[0]).mean() / abs(net.gradients[-1]).mean()),
        "largest ratio": float(abs(net.gradients[0]).max() / abs(net.gradients[-1]).max()),
        "activation ratio": sizes(net.activations[:1])[0] / sizes(net.activations[-1:])[0],
    }


class DeepGradients(Exercise):
    """Saturation and gradient ratio of a deep tanh net at three scales, and what they mean."""

    id = "deep-gradients"
    hints = (
        "The section counts and measures for scale 2. What changes in these two lines for another scale?",
        "A share lies between 0 and 1. Over how many layers and units do you count?",
        "If the first layer's gradient is the larger one, is your ratio above or below 1?",
    )
    worked = """
    The same questions for the scale 8.

    1. Run the net once: it gives ten arrays of activations, and ten of gradients, first layer first.
    2. A tanh is saturated beyond ±0.99, on *both* sides. The share over all layers and units is 0.732.
    3. The size of a gradient is its root mean square. First layer divided by last: about 717.
    4. That is far above 10, so the scale is not steady. The first layer's gradient is the larger one: on its way
       back the
       gradient *grows*. Most slopes are small, but the weights multiply it, too.

    ```python
    net = deep_net(8)
    share = np.mean([np.abs(h) > 0.99 for h in net.activations])
    size = [np.sqrt((g**2).mean()) for g in net.gradients]
    print(share, size[0] / size[-1])
    ```
    """
    misconceptions = (AE1, AE2, AE3, AE4, AE5, AE6, AE7, AE8, AE9, AE10, AE11, AE12, AE13, AE14)

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
    right = [one["saturated"] for one in measured]

    def like(key: str, factor: float = 1.0) -> bool:
        return _all_near(given, [factor * one[key] for one in measured], 0.01 * max(1, factor / 2))

    if not like("saturated"):
        ways = {
            AE2: like("saturated", 100.0),
            AE3: like("one side"),
            AE4: like("last layer") or like("first layer"),
            AE9: _all_near(given, [one["count"] for one in measured], 20) or like("sum of shares"),
            AE14: _all_near(given, [1 - one for one in right], 0.01),
            AE12: like("beyond 0.9") or like("beyond 0.999"),
            AE8: any(_all_near(given, order, 0.01) for order in permutations(right)),
            SL2: like("saturated", 2.0) or like("saturated", 0.5),
            AE13: any(_all_near(given, [one] * 3, 0.01) for one in (*right, measure(2)["saturated"]) if one > 0.01),
        }
        raise _not_yet("saturated", value, next((way for way, fits in ways.items() if fits), None))


def _all_near(given: list[float], others: Iterable[float], room: float) -> bool:
    return all(abs(one - other) <= room for one, other in zip(given, others, strict=True))


def _look_at_ratios(value: Any) -> None:
    given, right = _triple(value, "ratio"), _ratios()

    def like(others: Iterable[float], room: float = 0.05) -> bool:
        return all(abs(g - other) <= room * other for g, other in zip(given, others, strict=True))

    def measured(key: str) -> list[float]:
        return [measure(scale)[key] for scale in SCALES]

    if not like(right):
        ways = {
            AE1: like([1 / one for one in right]),
            AE7: like([one**2 for one in right], 0.1),
            AE8: any(map(like, permutations(right))),
            AE10: like(measured("absolute ratio")) or like(measured("largest ratio")),
            AE11: like(measured("activation ratio")) or like([1 / one for one in measured("activation ratio")]),
            AE13: any(like([one] * 3) for one in (*right, measure(2)["ratio"])),
            SL2: like([2 * one for one in right]) or like([one / 2 for one in right]),
            SL14: like([one**0.5 for one in right]),
            SL18: like([100 * one for one in right]) or like([one / 100 for one in right]),
            SL15: _all_near(given, [measure(scale)["saturated"] for scale in SCALES], 0.01),
            SL8: all(
                one in (round(other, 2), round(other, 1), round(other)) for one, other in zip(given, right, strict=True)
            ),
        }
        raise _not_yet("ratio", value, next((way for way, fits in ways.items() if fits), None))


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
