"""Bonus: find a hidden kernel from a picture before and after, by gradient descent.

| claim of the prompt | case |
|---|---|
| any size of kernel, pictures that are not square | kernels of 3, 2 and 1, pictures of other sides |
| starts at zeros, `steps` steps of `lr` | no step, one, several |
| down the gradient of the *mean* squared error | pictures of several sizes |
| the learner's own hidden kernel | the case that is drawn for them |
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.judging.variants import Dice
from course_utils.labs.conv_and_pooling import recipes
from course_utils.labs.conv_and_pooling.headings import LEARN

LN1 = Misconception(
    "LN1",
    "the kernel comes out flipped",
    "This kernel is turned by half a turn. Which number of the window does the upper left weight multiply?",
    LEARN,
)
LN2 = Misconception(
    "LN2",
    "squared errors added, not averaged",
    "These steps follow the sum of squared errors. By how many errors is it divided to become their mean?",
    LEARN,
)
LN3 = Misconception(
    "LN3",
    "up the gradient",
    "With each step the error grows. Which way along its gradient does a loss fall?",
    LEARN,
)
LN4 = Misconception(
    "LN4",
    "slope of the square without its factor",
    "Every step here is half, or twice, as long as asked. What is the slope of a square?",
    LEARN,
)
LN5 = Misconception(
    "LN5",
    "one step only",
    "This is the kernel after one step. How often should the loop run, and where does return stand?",
    LEARN,
)
LN6 = Misconception(
    "LN6",
    "the same gradient in every step",
    "Every step here uses the errors of the kernel of zeros. Which kernel makes the errors of the second step?",
    LEARN,
)
LN7 = Misconception(
    "LN7",
    "one gradient for all weights",
    "All weights get the same number here. Which pixels does each of them see, and are they the same pixels?",
    LEARN,
)
LN8 = Misconception(
    "LN8",
    "rows and columns of the kernel exchanged",
    "This kernel is mirrored at its diagonal. Which axis of the window counts rows?",
    LEARN,
)
LN9 = Misconception(
    "LN9",
    "another start than zeros",
    "With no step this is no kernel of zeros. From which kernel should the walk start?",
    LEARN,
)
LN10 = Misconception(
    "LN10",
    "one step too many or too few",
    "This is where another number of steps ends. How often does the loop run?",
    LEARN,
)
LN11 = Misconception(
    "LN11",
    "errors without their pixels",
    "Each weight moves by the error alone. How much does the output change if the weight of a bright pixel moves, and "
    "how much for a dark one?",
    LEARN,
)
LN16 = Misconception(
    "LN16",
    "no step asked for, and yet no zeros",
    "Without a step what comes back is the start. With which numbers does yours start, and how often does your loop "
    "run if steps is 0?",
    LEARN,
)


LN17 = Misconception(
    "LN17",
    "a part of the step before kept, as with momentum",
    "These steps keep a part of those before them, as with momentum. Along which gradient alone does each step go?",
    LEARN,
)
LN18 = Misconception(
    "LN18",
    "divided by another count than that of the errors",
    "The direction is right, and the sum is divided by another count. How many errors are averaged: as many as the "
    "picture has pixels, as the kernel has weights, or as the output has places?",
    LEARN,
)


class Pictures(NamedTuple):
    """Sides of the picture, the side of the hidden kernel, and how it is walked for."""

    height: int
    width: int
    size: int
    lr: float
    steps: int
    kernel: tuple[int, ...] = ()


LN19 = Misconception(
    "LN19",
    "steps of another kind",
    "One way to get this: the gradient is divided by a size of its own first, as Adam, RMSprop and Adagrad do. Which "
    "length has a step of plain descent?",
    LEARN,
)

NAME = "learn_kernel"
OPTIMISERS = ("Adam", "RMSprop", "Adagrad", "AdamW")
WORKED = """
The same idea in a row, and with one number to find: what is every pixel multiplied by? Before (1, 2, 3), after
(2, 4, 7), start at k = 0, learning rate 0.1.

1. Errors of k = 0: 0 − 2, 0 − 4, 0 − 7.
2. Each error depends on k through *its own* pixel: slopes of the squares are 2 · (−2) · 1, 2 · (−4) · 2, 2 · (−7) · 3.
3. Their mean is (−4 − 16 − 42) / 3 = −20.67. Down the slope: k = 0 + 0.1 · 20.67 = 2.07.
4. The second step starts with *new* errors: 2.07 − 2, 4.13 − 4, 6.2 − 7.

```python
before, after, k = np.array([1.0, 2, 3]), np.array([2.0, 4, 7]), 0.0
for _ in range(2):
    error = k * before - after
    k = k - 0.1 * 2 * (error * before).mean()
print(k)  # 2.2044..., on the way to the best k, 31 / 14
```
"""


class LearnKernel(Implementation):
    """Write ``learn_kernel(before, after, size, lr, steps)``: the kernel (F, F) after some steps of descent."""

    id = "learn-kernel"
    hints = (
        "Which pixels of `before` make the number at (i, j)? NumPy's `sliding_window_view` gives all windows at once.",
        "An error e is squared, and e changes with weight (a, b) by the pixel it multiplies. What is the slope of e²?",
        "One gradient for each weight: over which axes do you take the mean?",
    )
    worked = WORKED
    names_explain_all = True
    misconceptions = (LN1, LN2, LN3, LN4, LN5, LN6, LN7, LN8, LN9, LN10, LN11, LN16, LN17, LN18, LN19)

    def draw(self) -> tuple[int, ...]:
        """Return the nine numbers of a hidden kernel."""
        return draw_kernel(self.dice()) if self.student else (0, 2, -1, 3, 1, -2, 4, -3, 2)

    def text(self) -> str:
        """Say that there is a hidden kernel."""
        return "A hidden kernel of 3×3 whole numbers is yours to find: the check compares what your function comes to."

    def cases(self) -> Sequence[Case]:
        """Return no step, one, some on other sizes, and the learner's own hidden kernel."""
        return [
            Case("no step", Pictures(5, 6, 2, 0.1, 0)),
            Case("one step, a 2×2 kernel", Pictures(5, 6, 2, 0.1, 1)),
            Case("four steps, a 3×3 kernel", Pictures(6, 8, 3, 0.05, 4)),
            Case("three steps, a kernel of one number", Pictures(4, 3, 1, 0.2, 3)),
            Case("60 steps, your hidden kernel", Pictures(12, 11, 3, 0.1, 60, tuple(self.question))),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes and steps."""
        return [
            Case("other sizes", Pictures(9, 7, 3, 0.04, 6)),
            Case("a 2×2 kernel", Pictures(6, 9, 2, 0.07, 3)),
            Case("a 4×4 kernel", Pictures(9, 8, 4, 0.03, 2)),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with autograd's descent."""
        plan: Pictures = case.data
        before, after = given(plan, case.rng(plan.height, plan.size))
        found = case.call(answer, NAME, before.copy(), after.copy(), plan.size, plan.lr, plan.steps)
        kernel = case.array(found, f"What {NAME} returns")
        known = ways(plan, before, after) | {
            LN16: lambda: kernel if _starts_elsewhere(case, answer, before, after) else []
        }
        near = partial(nearly, recipes.found_kernel, before, after, plan.size, plan.lr, plan.steps)
        case.compare(NAME, kernel, descend(plan, before, after), known, near=near if 0 < plan.steps < 10 else None)


def _starts_elsewhere(case: Case, answer: Callable[..., Any], before: np.ndarray, after: np.ndarray) -> bool:
    """Tell whether what comes of no step is not all zeros."""
    plan: Pictures = case.data
    try:
        found = case.call(answer, NAME, before.copy(), after.copy(), plan.size, plan.lr, 0)
        return bool(case.array(found, f"What {NAME} returns").any())
    except CheckFailed:
        return False


def draw_kernel(dice: Dice) -> tuple[int, ...]:
    """Draw nine small whole numbers, all of them different from their mirror images."""
    while True:
        kernel = np.array([dice.between(-4, 4) for _ in range(9)]).reshape(3, 3)
        if np.any(kernel != kernel.T) and np.any(kernel != kernel[::-1, ::-1]) and np.abs(kernel).sum() > 10:
            return tuple(int(one) for one in kernel.reshape(-1))


def given(plan: Pictures, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a picture, and what the hidden kernel makes of it."""
    before = rng.normal(size=(plan.height, plan.width))
    drawn = rng.integers(-3, 4, size=plan.size**2) + 0.5 * np.arange(plan.size**2)
    kernel = np.array(plan.kernel or drawn, float).reshape(plan.size, plan.size)
    return before, _convolve(torch.tensor(before), torch.tensor(kernel)).numpy()


def _convolve(picture: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return F.conv2d(picture[None, None], kernel[None, None])[0, 0]


def descend(
    plan: Pictures,
    before: np.ndarray,
    after: np.ndarray,
    *,
    steps: int | None = None,
    factor: float = 1.0,
    start: float = 0.0,
    turn: Callable[[torch.Tensor], torch.Tensor] = lambda kernel: kernel,
    still: bool = False,
    momentum: float = 0.0,
) -> np.ndarray:
    """Walk down the mean squared error with autograd: rightly by default, or with one thing done otherwise."""
    picture, wanted = torch.tensor(before), torch.tensor(after)
    kernel = torch.full((plan.size, plan.size), start, dtype=torch.float64)
    first, velocity = kernel, torch.zeros_like(kernel)
    with torch.enable_grad():
        for _ in range(plan.steps if steps is None else steps):
            leaf = (first if still else kernel).clone().requires_grad_(True)
            loss = ((_convolve(picture, turn(leaf)) - wanted) ** 2).mean()
            (gradient,) = torch.autograd.grad(loss, leaf)
            velocity = momentum * velocity + gradient
            kernel = kernel - factor * plan.lr * velocity
    return kernel.numpy()


def ways(plan: Pictures, before: np.ndarray, after: np.ndarray) -> Ways:
    """For each wrong way, a function that computes its kernels."""
    turned = plan.size > 1

    def walk(**changes: Any) -> np.ndarray:
        return descend(plan, before, after, **changes)

    def by_hand(direction: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(before, (plan.size, plan.size))
        kernel = np.zeros((plan.size, plan.size))
        for _ in range(plan.steps):
            error = (windows * kernel).sum(axis=(2, 3)) - after
            kernel = kernel - plan.lr * direction(error, windows)
        return kernel

    def adaptive(name: str) -> np.ndarray:
        picture, wanted = torch.tensor(before), torch.tensor(after)
        kernel = torch.zeros((plan.size, plan.size), dtype=torch.float64, requires_grad=True)
        optimiser = getattr(torch.optim, name)([kernel], lr=plan.lr)
        with torch.enable_grad():
            for _ in range(plan.steps):
                (kernel.grad,) = torch.autograd.grad(((_convolve(picture, kernel) - wanted) ** 2).mean(), kernel)
                optimiser.step()
        return kernel.detach().numpy()

    return {
        LN1: lambda: [walk()[::-1, ::-1], walk(turn=lambda one: one.flip(0, 1))] if turned else [],
        LN2: lambda: [walk(factor=factor * after.size) for factor in (1, 0.5)],
        LN3: lambda: [walk(factor=-1), walk(factor=-0.5)],
        LN4: lambda: [walk(factor=0.5), walk(factor=2)],
        LN5: lambda: [walk(steps=1), walk(steps=1, factor=0.5)] if plan.steps > 1 else [],
        LN6: lambda: [walk(still=True), walk(still=True, factor=0.5)] if plan.steps > 1 else [],
        LN17: lambda: [walk(momentum=part) for part in (0.9, 0.5)] if plan.steps > 1 else [],
        LN18: lambda: [
            walk(factor=factor * after.size / count)
            for count in (before.size, plan.size**2, plan.size, len(after), after.shape[1])
            for factor in (1, 0.5)
        ],
        LN7: lambda: (
            [
                by_hand(lambda e, w: np.full((plan.size,) * 2, 2 * np.mean(e * w.sum(axis=(2, 3))))),
                by_hand(lambda e, w: np.full((plan.size,) * 2, 2 * np.mean(e * w.mean(axis=(2, 3))))),
            ]
            if turned
            else []
        ),
        LN8: lambda: [walk().T, walk(turn=lambda one: one.T)] if turned else [],
        LN9: lambda: [walk(start=1.0), walk(start=1 / plan.size**2), walk(start=0.5)],
        LN19: lambda: [adaptive(name) for name in OPTIMISERS] if plan.steps else [],
        LN10: lambda: [walk(steps=plan.steps + 1), walk(steps=max(plan.steps - 1, 0))],
        LN11: lambda: [
            by_hand(lambda e, _: np.full((plan.size,) * 2, e.mean())),
            by_hand(lambda e, _: np.full((plan.size,) * 2, 2 * e.mean())),
        ],
    }
