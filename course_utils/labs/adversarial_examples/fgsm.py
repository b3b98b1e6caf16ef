"""Exercise 8.2: one step along the signs of the gradient.

| claim of the prompt | case |
|---|---|
| one step of `eps` along the signs | eps=8/255; another budget; pictures of any size and type |
| with `eps=0` it returns x | eps=0 |
| pixels from 0 to 1 | a large step; black and white pixels; grey pictures, whose own range is no limit |
| along the signs, of which that of 0 is 0 | a network that sees two colours: the third has no gradient |
| `targeted=True` makes the loss of y smaller | targeted=True, with another eps |
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.slips import TwoSlips
from course_utils.labs.adversarial_examples import attacks, networks, rescue
from course_utils.labs.adversarial_examples.attacks import (
    AD1,
    AD2,
    AD3,
    DS2,
    EA1,
    EA2,
    EA9,
    EA10,
    EA11,
    EA18,
    EA20,
    EA22,
    EA23,
    EG3,
    EPS,
    Call,
    call_case,
    judge_attack,
    one_step,
    pictures,
    predicted,
)
from course_utils.labs.adversarial_examples.headings import ONE_STEP
from course_utils.labs.adversarial_examples.networks import Recipe, slope

EA5 = Misconception(
    "EA5",
    "clamped to -1 and 1",
    "This lets pixels become negative. From which number to which do pixels run in this lab?",
    ONE_STEP,
)
EA14 = Misconception(
    "EA14",
    "all pixels move in one direction",
    "No pixel goes the other way here. Which two signs has a gradient, and what does each pixel do with its own?",
    ONE_STEP,
)
EA15 = Misconception(
    "EA15",
    "stretched to the range of pixels, not limited",
    "All pixels are stretched until they fill the range from 0 to 1. What should happen to a pixel that lies inside it "
    "already?",
    ONE_STEP,
)
EA21 = attacks.EA21.in_lab(
    ONE_STEP, "Here the step is taken twice, or not at all. How often, and for which of the two values of targeted?"
)
EA27 = Misconception(
    "EA27",
    "a pixel without a gradient moves",
    "Pixels whose gradient is 0 move here. What is the sign of 0, and how far does it take a pixel?",
    ONE_STEP,
)
EA28 = Misconception(
    "EA28",
    "limited to the picture's own darkest and brightest pixel",
    "The step ends at the darkest and the brightest pixel of x itself. From which number to which may pixels run?",
    ONE_STEP,
)
EA29 = Misconception(
    "EA29",
    "something softer than a sign",
    "One way to get this: a tanh of the gradient, or the gradient cut at −1 and 1. How far does a pixel move whose "
    "gradient is tiny?",
    ONE_STEP,
)
EA30 = Misconception(
    "EA30",
    "pixels moved away from the ends first",
    "One way to get this: x itself is limited before the step, so that there is room for it. What is to be limited, "
    "and after what?",
    ONE_STEP,
)
EA32 = Misconception(
    "EA32",
    "picture limited to the range of the change",
    "One way to get this: the picture is limited to where the change should lie. Which of them goes from −eps to eps, "
    "and which from 0 to 1?",
    ONE_STEP,
)
EA33 = Misconception(
    "EA33",
    "several shorter steps",
    "One way to get this: several shorter steps, each along a gradient of its own place. How often is the gradient "
    "taken in this exercise?",
    ONE_STEP,
)
EA34 = Misconception(
    "EA34",
    "a pixel that would leave the range treated otherwise than by a limit",
    "One way to get this: a pixel that would leave the range stays where it was, or is folded back into it. Where "
    "should such a pixel end?",
    ONE_STEP,
)
AD4 = attacks.AD4.in_lab(  # the section on units is still to come
    ONE_STEP,
    "This step is twice or half as long as eps, or 255 times shorter. By what is eps multiplied or divided in your "
    "function, and has anything to be converted here?",
)

WORKED = """
Another way to use a gradient: the *largest number only*. Which one pixel should move, if a single one may move, by 0.1?
x = (0.40, 0.97, 0.10), gradient of the loss (0.2, −0.9, 0.5).

1. The loss changes most with the second pixel: |−0.9| is the largest.
2. Its gradient is negative: a *darker* pixel makes the loss larger. So it moves by −0.1, to 0.87.
3. Were its gradient +0.9, it would move to 1.07: no pixel. The range of pixels stops it at 1.
4. For a target whose loss should fall, the step is turned round: 0.97 + 0.1, which is stopped at 1.

```python
x, gradient = torch.tensor([0.40, 0.97, 0.10]), torch.tensor([0.2, -0.9, 0.5])
place = gradient.abs().argmax()
moved = x.clone()  # the picture that was given stays as it is
moved[place] = (x[place] + 0.1 * gradient[place].sign()).clamp(0, 1)
print(moved)  # tensor([0.4000, 0.8700, 0.1000])
```
"""


class Fgsm(Implementation):
    """Write ``fgsm(model, x, y, eps, targeted=False)``: one step of eps along the signs, pixels from 0 to 1."""

    id = "fgsm"
    hints = (
        "The loss grows along its gradient. Which part of the gradient do you keep if each pixel may move by eps?",
        "For a target class the loss should become smaller. What changes in your step?",
        "What may happen to a pixel that is 0.99 already?",
    )
    misconceptions = (
        AD1,
        EA2,
        AD3,
        EA5,
        EA1,
        AD4,
        AD2,
        DS2,
        EG3,
        EA9,
        EA10,
        EA11,
        EA14,
        EA15,
        EA18,
        EA20,
        EA21,
        EA22,
        EA23,
        EA27,
        EA28,
        EA29,
        EA30,
        *(EA32, EA33, EA34),
    )
    worked = WORKED

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.fgsm

    def cases(self) -> Sequence[Case]:
        """Return a step, a step of nothing, a step towards a target, and a large one in float32."""
        return [
            call_case("eps=8/255", Recipe(21), 12, EPS),
            call_case("eps=0", Recipe(22), 3, 0.0),
            call_case("targeted=True", Recipe(23), 4, 5 / 255, targeted=True),
            call_case("float32, eps=0.3", Recipe(24, 4, 7, double=False), 5, 0.3),
            call_case("grey pictures, and a network that sees two colours", Recipe(25, blind=True), 4, 0.2, span=GREY),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes and steps."""
        return [
            call_case("other sizes", Recipe(31, 4, 7), 10, 2 / 255),
            call_case("a large step", Recipe(32, 5, 4), 6, 0.25),
            call_case("targeted", Recipe(33, 7, 5), 7, 16 / 255, targeted=True),
            call_case("float32", Recipe(34, 5, 6, double=False), 4, 4 / 255),
            call_case("grey pictures", Recipe(35, 6, 4, blind=True), 3, 0.15, span=GREY),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with a step along autograd's gradient."""
        x, y = pictures(case.data, case.seed)
        judge_attack(case, "fgsm", answer, x, y, one_step(case.data, x, y), step_ways(case.data, x, y))


def step_ways(call: Call, x: torch.Tensor, y: torch.Tensor) -> Ways:
    """For each wrong step, a function that computes its result."""
    (eps,), gradient = call.numbers, slope(networks.make(call.recipe), x, y)
    right = one_step(call, x, y)
    up, half = call.direction * gradient.sign(), 0.5  # the network's standard deviation
    away = AD1 if call.direction > 0 else EA2
    rows = gradient.flatten(1)
    each = [rows.norm(dim=1), rows.abs().amax(dim=1), rows.norm(dim=1) / rows[0].numel() ** 0.5, rows.abs().mean(dim=1)]
    lengths = [gradient.abs().max(), gradient.norm(), *(one[:, None, None, None] for one in each)]

    def along(divisors: Iterable[Any]) -> list[torch.Tensor]:
        signed = [sign * call.direction * eps * gradient / one for one in divisors for sign in (1, -1)]
        return [(x + step).clamp(0, 1) for step in signed]

    return {
        away: lambda: [(x - eps * up).clamp(0, 1), x - eps * up],
        AD3: lambda: [x + eps * up, (x + eps * up).clamp(min=0)],
        EA5: lambda: (x + eps * up).clamp(-1, 1),
        EA1: lambda: [eps * up, (eps * up).clamp(0, 1), (x + eps * up).clamp(0, 1) - x],
        AD4: lambda: [(x + eps * factor * up).clamp(0, 1) for factor in (half, 1 / half, 1 / 255)],
        AD2: lambda: [*along((1, len(x))), x + call.direction * eps * gradient],
        EA18: lambda: along(lengths),
        DS2: lambda: (x + eps * up).clamp(0, 1)[0],
        EA14: lambda: [(x + eps * one).clamp(0, 1) for one in (1, -1, up > 0, up < 0)],
        EA15: lambda: [_stretched(x + eps * up), _stretched(gradient)],
        EA20: lambda: [
            (x + call.direction * eps * one.sign()).clamp(0, 1)
            for axes in ((0,), (1,), (0, 1), (2, 3))
            for one in (gradient.sum(axes, keepdim=True).expand_as(x),)
        ],
        EA21: lambda: [_twice(call, x, y), x.clamp(0, 1)],
        EA22: lambda: [(one * 255).round() / 255 for one in (right, x + eps * up)],
        EA23: lambda: [x + (eps * up).clamp(0, 1), x + (right - x).clamp(0, 1), x - (right - x).clamp(-1, 0)],
        EA27: lambda: [(x + eps * one).clamp(0, 1) for one in _of_zero(call.direction * gradient)],
        EA28: lambda: [(x + eps * up).clamp(x.min(), x.max()), _own_range(x, eps * up)],
        EA29: lambda: [(x + eps * one).clamp(0, 1) for one in _softly(call.direction * gradient)],
        EA30: lambda: [x.clamp(eps, 1 - eps) + eps * up] if 2 * eps < 1 else [],
        EA32: lambda: [limited.clamp(low, eps) for limited in (x + eps * up, right) for low in (-eps, 0)],
        EA33: lambda: [_in_parts(call, x, y, number) for number in (2, 3, 4, 5, 10)] if eps else [],
        EA34: lambda: _elsewhere(x, x + eps * up),
        EA9: lambda: one_step(call, x, predicted(call, x)),
        EA11: lambda: [(x + length * up).clamp(0, 1) for length in (1, EPS, eps**2, 0.01, 0.02, 0.03, 0.05, 0.1)],
        TwoSlips.of(away, AD4): lambda: [(x - eps * factor * up).clamp(0, 1) for factor in (half, 1 / half, 1 / 255)],
        TwoSlips.of(away, EA5): lambda: (x - eps * up).clamp(-1, 1),
        TwoSlips.of(AD4, AD3): lambda: [x + eps * factor * up for factor in (half, 1 / half, 1 / 255)],
        TwoSlips.of(EA9, AD3): lambda: _unclamped(call, x),
        TwoSlips.of(away, EA9): lambda: [(2 * x - one).clamp(0, 1) for one in (_unclamped(call, x),)],
    }


GREY = (0.3, 0.7)


def _of_zero(gradient: torch.Tensor) -> list[torch.Tensor]:
    """Return signs of which that of 0 is one of the others; nothing where no gradient is 0."""
    if not (gradient == 0).any():
        return []
    return [torch.where(gradient >= 0, 1.0, -1.0), torch.where(gradient > 0, 1.0, -1.0)]


def _own_range(x: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
    return torch.stack([(one + by).clamp(one.min(), one.max()) for one, by in zip(x, step, strict=True)])


def _softly(gradient: torch.Tensor) -> list[torch.Tensor]:
    """Return what stands for signs and is none near 0: a tanh, or a limit."""
    steep = [10.0**power for power in range(7)]
    return [made for by in steep for made in (torch.tanh(by * gradient), (by * gradient).clamp(-1, 1))]


def _unclamped(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Return pictures after a step for the network's own predictions, whatever range they leave."""
    model = networks.ours(call.recipe)
    return x + call.direction * call.numbers[0] * slope(model, x, predicted(call, x)).sign()


def _in_parts(call: Call, x: torch.Tensor, y: torch.Tensor, number: int) -> torch.Tensor:
    """Return pictures after some steps that are eps together."""
    part = call.with_numbers(call.numbers[0] / number)
    for _ in range(number):
        x = one_step(part, x, y)
    return x


def _elsewhere(x: torch.Tensor, moved: torch.Tensor) -> list[torch.Tensor]:
    """Return pictures whose pixels that would leave the range stay, are mirrored at its end, or come in again."""
    out = (moved < 0) | (moved > 1)
    if not out.any():
        return []
    mirrored = torch.where(moved < 0, -moved, torch.where(moved > 1, 2 - moved, moved))
    return [torch.where(out, x, moved), mirrored, moved % 1, torch.where(out, 2 * x - moved, moved)]


def _twice(call: Call, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return one_step(call, one_step(call, x, y), y)


def _stretched(x: torch.Tensor) -> torch.Tensor:
    return (x - x.min()) / (x.max() - x.min())
