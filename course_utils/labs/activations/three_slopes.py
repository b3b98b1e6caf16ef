"""Exercise 2.2: the slopes of three activation functions.

What the prompt says, and what tries it:

- the slope at each number, same shape → public_cases of all shapes
- z is the sum, not the activation → GR11
- 0 for ReLU at 0 → a 0 in each array
- finite for ±1000, no warning → large numbers
- z stays as it is → `watch`: changed
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.activations.functions import ACTIVATIONS, torch_slope
from course_utils.labs.activations.headings import CURVES
from course_utils.labs.activations.watching import (
    AF1,
    AF2,
    AF8,
    AF11,
    AF12,
    AF22,
    AF23,
    AF24,
    PR2,
    drawn_cases,
    public_cases,
    try_function,
)

AS1 = Misconception(
    "AS1",
    "square missing in the slope of tanh",
    "This is the slope of tanh without its square. What would it be where tanh is -1?",
    CURVES,
)
AS2 = Misconception(
    "AS2",
    "one factor missing in the slope of the sigmoid",
    "This is one factor of two. What should the slope be far to the left, where the curve is flat?",
    CURVES,
)
AS3 = Misconception(
    "AS3",
    "slope of ReLU at 0 taken as 1 or 1/2",
    "Only z = 0 differs. The corner has no slope of its own: which value does this lab take there?",
    CURVES,
)
AS4 = Misconception(
    "AS4",
    "value instead of slope",
    "This is the function itself. How much does it change when z changes a little?",
    CURVES,
)
AS5 = Misconception(
    "AS5",
    "plus instead of minus in the slope",
    "This slope is nowhere smaller than the right one, and mostly larger. What should it be at the curve's flat ends?",
    CURVES,
)
AS6 = Misconception(
    "AS6",
    "the other curve's formula",
    "This is the slope's formula of the other S-shaped curve. Which of them has the square in it?",
    CURVES,
)
AS7 = Misconception(
    "AS7",
    "inner derivative forgotten",
    "This is the right slope times a half or a quarter. In tanh(z) = 2 σ(2z) - 1, what do the two 2s do to a slope?",
    CURVES,
)
AS8 = Misconception(
    "AS8",
    "slope of ReLU on the left not 0",
    "On the left ReLU is flat. What does your function say there?",
    CURVES,
)
AS9 = Misconception(
    "AS9",
    "another product of the value",
    "This is the value squared, or another product of it. What should the slope be at both flat ends?",
    CURVES,
)
AS10 = Misconception(
    "AS10",
    "a constant factor too many",
    "This is the right slope times a constant. How steep is the curve at 0, in the figure and in yours?",
    CURVES,
)
AS11 = Misconception(
    "AS11",
    "the same slope everywhere",
    "This is the same number at every z. Where are these curves steep, and where flat?",
    CURVES,
)
AS12 = Misconception(
    "AS12",
    "difference over a large step",
    "This is how much the value changes over a whole step. What does a slope do with the length of the step?",
    CURVES,
)
AS13 = Misconception(
    "AS13",
    "slope of the slope",
    "This is how fast the slope itself changes. How often do you take a slope?",
    CURVES,
)
AS14 = Misconception(
    "AS14",
    "difference quotient with a coarse step",
    "One way to get this: a difference of two values, divided by a step. How small must the step be, and is there a "
    "formula without one?",
    CURVES,
)
AS15 = Misconception(
    "AS15",
    "differences of neighbours in the array",
    "These are differences between numbers that stand side by side in the array. What has the slope at one z to do "
    "with the next z?",
    CURVES,
)
GR1 = shared.GR1.in_lab(CURVES, "This is the right slope times -1. Do these curves rise or fall?")
GR11 = shared.GR11.in_lab(
    CURVES,
    "The slope's formula is there, with another variable in it. Does it want z, or the function's value at z?",
)

NAMES = ("d_sigmoid", "d_tanh", "d_relu")


class ThreeSlopes(Implementation):
    """Write ``d_sigmoid(z)``, ``d_tanh(z)`` and ``d_relu(z)``: the slopes at z, 0 for ReLU at 0."""

    id = "three-slopes"
    hints = (
        "Section 2 writes two of the slopes with the function's own value. Which of your functions gives that value?",
        "Take z = 0: which slope does each curve have there in the figure? What does your function say?",
        "For ReLU: which numbers of z > 0 become 1, and which 0, if you multiply by 1.0?",
    )
    worked = """
    Two other functions: the bump $g(z) = e^{-z^2}$, and |z|.

    1. By the chain rule the slope of $e^{-z^2}$ is $e^{-z^2} \\cdot (-2z)$: once more the function's own *value*, times
       something.
    2. So compute the value first, from z, and then the slope from it. It is 0 at z = 0, and falls to 0 far out.
    3. |z| falls with slope −1 on the left and rises with 1 on the right. At the corner take 0: that is
       `np.sign(z)`.
    4. Compare with `finite_difference(bump, z)` away from a corner: the numbers should agree in many digits.

    ```python
    def d_bump(z):
        value = np.exp(-(z**2))
        return -2 * z * value
    ```
    """
    misconceptions = (
        *(PR2, AF1, AF2, AF8, AF11, AF12, AF22, AF23, AF24),
        *(AS1, AS2, AS3, AS4, AS5, AS6, AS7, AS8, AS9, AS10, AS11, AS12, AS13, AS14, AS15, GR1, GR11),
    )
    names_are_confirmed = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return the arrays for each slope, which is a part."""
        return public_cases(NAMES)

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other arrays."""
        return drawn_cases(NAMES, seed)

    def try_case(self, case: Case, *answers: Any) -> None:
        """Compare with autograd in float64."""
        z, name = torch.tensor(case.data, dtype=torch.float64), case.part[2:]
        right = torch_slope(name, z)
        try_function(case, answers[NAMES.index(case.part)], right.numpy(), slope_ways(name, z))


def slope_ways(name: str, z: torch.Tensor) -> Ways:
    """For each wrong slope of an activation function, a function that computes it, or several."""
    if not z.numel():
        return {}
    right, value = torch_slope(name, z), ACTIVATIONS[name](z)
    twice = ACTIVATIONS[name](value)
    ways: dict[str, Ways] = {
        "sigmoid": {
            GR11: lambda: [z * (1 - z), twice * (1 - twice), value * (1 - z), z * (1 - value)],
            AS2: lambda: [1 - value],
            AS5: lambda: value * (1 + value),
            AS6: lambda: [1 - value**2, 1 - torch.tanh(z) ** 2],
        },
        "tanh": {
            AS1: lambda: [1 - value, right.sqrt()],
            GR11: lambda: [1 - z**2, 1 - twice**2],
            AS5: lambda: 1 + value**2,
            AS6: lambda: [value * (1 - value), torch_slope("sigmoid", z)],
            AS7: lambda: [right / 2, right / 4],
        },
        "relu": {
            AS3: lambda: [torch.where(z == 0, fill, right) for fill in (1.0, 0.5)],
            AS8: lambda: [
                *(z.sign(), torch.ones_like(z), (z <= 0).double(), (z < 0).double()),
                *(torch.where(z > 0, 1.0, left) for left in (-1.0, 0.01, 0.1)),
            ],
        },
    }
    act = ACTIVATIONS[name]
    further: Ways = {
        AS9: lambda: [value**2, (1 - value) ** 2, 1 / value, 1 - 2 * value, 2 * value, value - value**3],
        AS10: lambda: [factor * right for factor in (2, 4, 0.5, 0.25)],
        AS11: lambda: [torch.full_like(z, number) for number in (0, 0.25, 1, 0.5)],
        AS12: lambda: [act(z + 1) - value, value - act(z - 1), act(z + 0.5) - act(z - 0.5), act(z + 1) - act(z - 1)],
        AS13: lambda: [] if name == "relu" else [_second(act, z)],
        AS14: lambda: [
            (act(z + ahead * step) - act(z - behind * step)) / (step * (ahead + behind))
            for step in (0.5, 0.1, 0.05, 0.01, 1e-3)
            for ahead, behind in ((1, 0), (0, 1), (1, 1))
        ],
        AS15: lambda: [np.gradient(value.numpy())] if z.ndim == 1 and len(z) > 1 else [],
    }
    return {**ways[name], **further, AS4: lambda: value, GR1: lambda: -right}


def _second(act: Callable[[torch.Tensor], torch.Tensor], z: torch.Tensor) -> torch.Tensor:
    """Ask autograd how fast the slope of a function changes."""
    with torch.enable_grad():  # a notebook may have switched it off
        z = z.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(act(z).sum(), z, create_graph=True)
        (second,) = torch.autograd.grad(slope.sum(), z)
    return second
