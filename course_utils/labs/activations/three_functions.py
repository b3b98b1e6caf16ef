"""Exercise 2.1: three activation functions that never overflow.

What the prompt says, and what tries it:

- arrays of any shape, also () and (0,) → public_cases: five numbers, a table, (), (0,); hidden: 3 axes, (2, 0)
- not ready-made → `no_shortcuts`
- finite for ±1000, no warning → large numbers, in float64 and float32; NumPy's warnings are caught in `watch`
- float32 in, float32 out → the cases in float32; AF5
- the array stays as it is → `watch`: changed; AF2
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.labs.activations import rescue
from course_utils.labs.activations.functions import ACTIVATIONS
from course_utils.labs.activations.headings import BREAK, CURVES
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
    told,
    try_function,
)

AF3 = Misconception(
    "AF3",
    "sign of the exponent exchanged",
    "This is the curve mirrored: it falls where it should rise. What is the value far to the right?",
    CURVES,
)
AF4 = Misconception(
    "AF4",
    "argument not doubled: 2σ(z) - 1",
    "This is tanh of half the argument. At which argument does tanh look up the sigmoid?",
    CURVES,
)
AF5 = Misconception(
    "AF5",
    "float32 became float64",
    "The numbers are right, but float32 came in and float64 goes out. Where does a wider number join in?",
    BREAK,
)
AF6 = Misconception(
    "AF6",
    "tanh not shifted: σ(2z)",
    "This curve never goes below 0. Between which two values does tanh run?",
    CURVES,
)
AF7 = Misconception(
    "AF7",
    "ReLU lets the wrong side through",
    "Something of the negative side comes through here. What does ReLU answer to -3?",
    CURVES,
)
AF9 = Misconception(
    "AF9",
    "the 1 of the denominator missing",
    "This grows without limit. What keeps the sigmoid below 1?",
    CURVES,
)
AF10 = Misconception(
    "AF10",
    "step instead of ReLU",
    "This is 0 or 1. What does ReLU answer to 3?",
    CURVES,
)

AF13 = Misconception(
    "AF13",
    "minus in the denominator of the sigmoid",
    "This has 1 - e^-z below the line, which is 0 at z = 0. Which sign stands there?",
    CURVES,
)
AF14 = Misconception(
    "AF14",
    "sigmoid and tanh exchanged",
    "This is the other one of the two S-shaped curves. Which of them runs from 0 to 1?",
    CURVES,
)
AF15 = Misconception(
    "AF15",
    "the same on both sides",
    "Your curve is the same for z and -z. What does your formula need to know besides |z|?",
    BREAK,
)
AF16 = Misconception(
    "AF16",
    "fraction turned over, or a sign in it exchanged",
    "This is the fraction of tanh turned over, or with the same sign above and below. What is tanh at 0?",
    CURVES,
)
AF17 = Misconception(
    "AF17",
    "ReLU that lets a little through, or stops above",
    "On the left something small comes through, or on the right it stops rising. What does ReLU answer to -3, to 100?",
    CURVES,
)

AF18 = Misconception(
    "AF18",
    "another argument or another base",
    "Here z is doubled, halved or squared, or 2 stands in the place of e. What exactly is the exponent in the formula?",
    CURVES,
)
AF19 = Misconception(
    "AF19",
    "brackets missing around the denominator",
    "Python divides before it adds. What does 1 / 1 + e mean to it?",
    CURVES,
)
AF20 = Misconception(
    "AF20",
    "another curve",
    "This is another curve: a step, a clipped line, an arctangent, a series, a square, ln(1 + e^z) ... Which is yours "
    "at z = 1?",
    CURVES,
)
AF21 = Misconception(
    "AF21",
    "stretched, shifted or turned over differently",
    "The curve has the right form, its ends lie elsewhere. Between which two values should it run, which end is up?",
    CURVES,
)

AF25 = Misconception(
    "AF25",
    "z cut off at a bound",
    "Where z is large your curve stays on one height, as if z were cut off at a bound. Is it safe without?",
    BREAK,
)
AF26 = Misconception(
    "AF26",
    "numbers of an array that depend on each other",
    "Here each answer depends on the other numbers of the array, as in a softmax. What does z = 0 give, alone?",
    CURVES,
)

BOUNDS = (1, 2, 3, 4, 5, 6, 8, 10)  # further out the curves are flat to what is compared
NAMES = ("sigmoid", "tanh", "relu")
READY_MADE = (*NAMES, "expit", "logistic", "softmax", "threshold", "silu", "softplus")  # parts of functions' names


class ThreeFunctions(Implementation):
    """Write ``sigmoid(z)``, ``tanh(z)`` and ``relu(z)`` for arrays of any shape; ready-made ones are refused."""

    id = "three-functions"
    hints = (
        "Work out np.exp(-z) for z = -1000 on paper. And np.exp(z) for z = 1000? Which of the two is needed where?",
        "With e = np.exp(-np.abs(z)), no exponent is positive. How is the sigmoid of a negative z written with e?",
        "Tanh looks up a sigmoid at another place and stretches it. At which place, and from which range to which?",
        "ReLU compares each number with 0. Does np.max do that, or does it look for one number in the whole array?",
    )
    worked = """
    Another function of the same kind: softplus(z) = $\\ln(1 + e^z)$.

    1. Typed as it stands it fails: at z = 1000, $e^z$ overflows. At z = −1000 it is harmless.
    2. For a positive z take $e^z$ out of the logarithm: $\\ln(e^z (e^{-z} + 1)) = z + \\ln(1 + e^{-z})$. No
       exponent is positive now.
    3. One formula for both signs: the exponent is −|z|, and what stands in front is z on the right and 0 on the
       left.
    4. `np.log1p(e)` is ln(1 + e). Try z = ±1000, 0, a float32 array and one of the shape (): same shape, same type.

    ```python
    def softplus(z):
        return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    ```
    """
    misconceptions = (
        *(PR2, AF1, AF2, AF3, AF4, AF5, AF6, AF7, AF8, AF9, AF10, AF11, AF12),
        *(AF13, AF14, AF15, AF16, AF17, AF18, AF19, AF20, AF21, AF22, AF23, AF24, AF25, AF26),
    )
    names_are_confirmed = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return the arrays for each function, which is a part."""
        return public_cases(NAMES)

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other arrays."""
        return drawn_cases(NAMES, seed)

    def try_case(self, case: Case, *answers: Any) -> None:
        """Compare with PyTorch in float64; float32 must stay float32."""
        function = answers[NAMES.index(case.part)]
        z = torch.tensor(case.data, dtype=torch.float64)
        right = ACTIVATIONS[case.part](z).numpy()
        with no_shortcuts(*READY_MADE):
            value = try_function(case, function, right, value_ways(case.part, z))
        if case.data.dtype == np.float32 and str(getattr(value, "dtype", "")) in ("float64", "torch.float64"):
            raise told(case, "float32 came in, float64 goes out", AF5)

    def lend(self) -> tuple[Callable[[np.ndarray], np.ndarray], ...]:
        """Return ``(sigmoid, tanh, relu)`` of PyTorch's for the slopes, which stand on these functions."""
        return rescue.sigmoid, rescue.tanh, rescue.relu


def value_ways(name: str, z: torch.Tensor) -> Ways:
    """For each wrong way to write an activation function, a function that computes its result, or several."""
    if not z.numel():
        return {}
    e, value = (-z.abs()).exp(), ACTIVATIONS[name](z)
    ways: dict[str, Ways] = {
        "sigmoid": {
            AF3: lambda: torch.sigmoid(-z),
            AF9: lambda: [z.exp(), (-z).exp()],
            AF13: lambda: 1 / (1 - (-z).exp()),
            AF14: lambda: torch.tanh(z),
            AF15: lambda: [1 / (1 + e), e / (1 + e)],
            AF18: lambda: [*map(torch.sigmoid, (2 * z, z / 2, z**2, -(z**2), math.log(2) * z)), 1 / (2 + (-z).exp())],
            AF19: lambda: [1 + (-z).exp(), 2 * z.exp()],
            AF20: lambda: [
                *(torch.heaviside(z, torch.full_like(z, at_0)) for at_0 in (0, 1)),
                *(z.clamp(0, 1), z / (1 + z.abs()), z.exp().log1p(), z.atan()),
                *((z / width + 0.5).clamp(0, 1) for width in (6, 5, 4, 2)),
                *(z / (1 + z.abs()) / 2 + 0.5, z.atan() / torch.pi + 0.5, torch.special.ndtr(z)),
            ],
            AF25: lambda: [torch.sigmoid(z.clamp(-bound, bound)) for bound in BOUNDS],
            AF26: lambda: [torch.softmax(z.flatten(), 0).reshape(z.shape), torch.softmax(z, -1)],
            AF21: lambda: [-value, value - 0.5, value - 1, value + 1, 2 * value],
        },
        "tanh": {
            AF3: lambda: torch.tanh(-z),
            AF4: lambda: torch.tanh(z / 2),
            AF25: lambda: [torch.tanh(z.clamp(-bound, bound)) for bound in BOUNDS],
            AF6: lambda: [torch.sigmoid(2 * z), 2 * torch.sigmoid(2 * z), 2 * torch.sigmoid(z)],
            AF14: lambda: torch.sigmoid(z),
            AF15: lambda: [torch.tanh(z.abs()), -torch.tanh(z.abs())],
            AF16: lambda: [1 / torch.tanh(z), torch.ones_like(z)],
            AF18: lambda: [torch.tanh(z / 4), torch.tanh(2 * z), torch.tanh(z**2)],
            AF19: lambda: [1 - (-2 * z).exp() + (-z).exp()],
            AF20: lambda: (
                [z.sign(), z.clamp(-1, 1), z / (1 + z.abs()), z.atan(), z.tan(), z.sinh(), z.cosh(), z]
                + [one.clamp(-1, 1) for one in (z - z**3 / 3, z - z**3 / 3 + 2 * z**5 / 15, torch.erf(z))]
                + [z - z**3 / 3, z / (1 + z * z).sqrt(), 2 / torch.pi * z.atan()]
            ),
            AF21: lambda: [value + 2, value - 1, (value - 1) / 2, 2 * value, value / 2, torch.tanh(z / 2) / 2],
        },
        "relu": {
            AF1: lambda: [z.max().clamp(min=0), z.max()],
            AF7: lambda: [z.clamp(max=0), z.abs(), (-z).clamp(min=0)],
            AF10: lambda: [(z > 0).double(), (z >= 0).double()],
            AF20: lambda: [
                *(F.softplus(z), z.exp().log1p(), F.elu(z), F.silu(z), F.gelu(z), F.selu(z), F.hardswish(z)),
                *(z.clamp(min=0) ** 2, z.clamp(min=1), z, z.tanh().clamp(min=0), (z - 1).clamp(min=0)),
            ],
            AF21: lambda: [-value, value.trunc(), value + 1, 2 * value],
            AF17: lambda: [
                *(torch.where(z > 0, z, part * z) for part in (0.01, 0.1, 0.2)),
                z.clamp(0, 1),
                z.clamp(0, 6),
            ],
        },
    }
    return ways[name]
