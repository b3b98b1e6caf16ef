"""Exercise 6.15: first steps down a valley, with plain descent, momentum and Adam.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
the largest rate at which plain descent settles        the part "largest rate"
x after one step, and after two, with momentum         the parts "momentum x1" and "momentum x2"
x and y after one step of Adam                         the parts "adam x1" and "adam y1"
=====================================================  ==========================================================

What is right is asked of PyTorch's own optimisers.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Findings
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.training_homework.headings import VALLEY

VW1 = Misconception(
    "VW1",
    "the flat direction asked for the largest rate",
    "This belongs to the flat direction. Which of the two is left first when the rate grows?",
    VALLEY,
)
VW2 = Misconception(
    "VW2",
    "one over the curvature for the largest rate",
    "With this rate the steep direction is done in one step. How much further may a step go beyond the middle and "
    "still come nearer?",
    VALLEY,
)
VW3 = Misconception(
    "VW3",
    "no memory in the second step",
    "This is a second step of plain descent. What does the velocity bring along from the first?",
    VALLEY,
)
VW4 = Misconception(
    "VW4",
    "velocity as a weighted mean",
    "Here the new gradient was weighted with 1 minus the momentum. Does the formula weight it?",
    VALLEY,
)
VW5 = Misconception(
    "VW5",
    "a step up the slope",
    "This goes away from the middle. Which sign has a step against the gradient?",
    VALLEY,
)
VW6 = Misconception(
    "VW6",
    "Adam's step as long as the gradient",
    "This step is the rate times the gradient. What does Adam divide the gradient by, and what is left of its size "
    "in the first step?",
    VALLEY,
)
VW7 = Misconception(
    "VW7",
    "gradient of the squares without the curvature",
    "This takes x itself for the slope of a·x²/2. How does the slope grow with a?",
    VALLEY,
)
VW8 = Misconception(
    "VW8",
    "the second step with the gradient of the start",
    "The second step uses the slope of the first place. Where does it begin?",
    VALLEY,
)
WAYS = (VW1, VW2, VW3, VW4, VW5, VW6, VW7, VW8)
LIMIT, FIRST, SECOND, ADAM_X, ADAM_Y = PARTS = ("largest rate", "momentum x1", "momentum x2", "adam x1", "adam y1")


class Valley(NamedTuple):
    """The loss ``a x²/2 + b y²/2``, a start, and how steps are taken."""

    a: int
    b: float
    x: float
    y: float
    rate: float
    momentum: float


def walk(valley: Valley, make: Callable[..., torch.optim.Optimizer], steps: int, **options: float) -> torch.Tensor:
    """Let an optimiser of PyTorch's walk; return the places ``(steps + 1, 2)``."""
    place = torch.tensor([valley.x, valley.y], dtype=torch.float64, requires_grad=True)
    optimiser, places = make([place], **options), [place.detach().clone()]
    for _ in range(steps):
        optimiser.zero_grad()
        with torch.enable_grad():
            (valley.a * place[0] ** 2 / 2 + valley.b * place[1] ** 2 / 2).backward()
        optimiser.step()
        places.append(place.detach().clone())
    return torch.stack(places)


def right(valley: Valley) -> dict[str, float]:
    """Return the right numbers."""
    momentum = walk(valley, torch.optim.SGD, 2, lr=valley.rate, momentum=valley.momentum)
    adam = walk(valley, torch.optim.Adam, 1, lr=valley.rate)
    curvature = torch.diag(torch.tensor([float(valley.a), valley.b]))
    numbers = (2 / float(torch.linalg.eigvalsh(curvature).max()), momentum[1, 0], momentum[2, 0], *adam[1])
    return {part: float(number) for part, number in zip(PARTS, numbers, strict=True)}


def wrong_ways(valley: Valley) -> dict[Misconception, dict[str, float | None]]:
    """Return what each wrong way gives; None where it does not apply."""
    a, b, x, y, rate, m = valley
    first = x - rate * a * x
    nothing: dict[str, float | None] = dict.fromkeys(PARTS)
    up = x + rate * a * x
    flat = x - rate * x
    return {
        VW1: nothing | {LIMIT: 2 / b},
        VW2: nothing | {LIMIT: 1 / a},
        VW3: nothing | {SECOND: first - rate * a * first},
        VW4: nothing | {SECOND: first - rate * (m * a * x + (1 - m) * a * first)},
        VW5: nothing | {FIRST: up, SECOND: up + rate * (m * a * x + a * up), ADAM_X: x + rate, ADAM_Y: y + rate},
        VW6: nothing | {ADAM_X: first, ADAM_Y: y - rate * b * y},
        VW7: nothing | {FIRST: flat, SECOND: flat - rate * (m * x + flat)},
        VW8: nothing | {SECOND: first - rate * (m * a * x + a * x)},
    }


def draw_valley(dice: Dice) -> Valley:
    """Draw a valley in which no wrong way gives a right number, and no two the same."""

    def sample(dice: Dice) -> Valley:
        return Valley(
            dice.choose((8, 10, 16, 20, 25)),
            dice.choose((0.2, 0.25, 0.4, 0.5)),
            float(dice.between(2, 6)),
            float(dice.between(3, 9)),
            dice.choose((0.02, 0.04, 0.05)),
            dice.choose((0.5, 0.8, 0.9)),
        )

    def telling(valley: Valley) -> bool:
        numbers, ways = right(valley), wrong_ways(valley)
        for part in PARTS:
            given = [numbers[part], *(ways[way][part] for way in ways if ways[way][part] is not None)]
            if any(
                _near(one, other) or _near(other, one) for place, one in enumerate(given) for other in given[:place]
            ):
                return False
        return valley.rate < numbers[LIMIT]

    return draw(dice, sample, telling)


def worded(valley: Valley) -> str:
    """Return a valley in words."""
    return (
        f"The loss is {valley.a}·x²/2 + {valley.b:g}·y²/2, the start x = {valley.x:g}, y = {valley.y:g}; "
        f"learning rate {valley.rate:g}, momentum {valley.momentum:g}."
    )


TOPIC = Topic(
    "steps-with-momentum",
    draw_valley,
    lambda valley: f"{worded(valley)} Which x after two steps with momentum?",
    lambda valley: right(valley)[SECOND],
    lambda valley: {way: given[SECOND] for way, given in wrong_ways(valley).items() if given[SECOND] is not None},
    lambda valley: [
        f"At the start the slope is {valley.a} · {valley.x:g} = {valley.a * valley.x:g}: that is the first velocity.",
        f"x is then {valley.x:g} - {valley.rate:g} · {valley.a * valley.x:g} = {right(valley)[FIRST]:g}.",
        f"The slope there is {valley.a * right(valley)[FIRST]:g}; the velocity is that plus "
        f"{valley.momentum:g} · {valley.a * valley.x:g}.",
    ],
)


class FirstSteps(Exercise):
    """Numbers of the first steps: ``steps = {"largest rate": …, "momentum x1": …, …}``."""

    id = "first-steps"
    hints = (
        "By which number is x multiplied in one step of plain descent? When does that stay between -1 and 1?",
        "Write the velocity after each step in a column of its own. What is in it before the first?",
        "In Adam's first step both means hold one gradient only. What is a number divided by the root of its square?",
    )
    worked = """
        Loss 6·x²/2, start x = 3, learning rate 0.05, momentum 0.5.

        1. The slope at 3 is 6 · 3 = 18. A plain step multiplies x by 1 - 0.3 = 0.7, so it settles; at a rate of
           1/3 the factor would be -1: x jumps from side to side for ever.
        2. With momentum, the first velocity is 18: x becomes 3 - 0.9 = 2.1.
        3. The slope at 2.1 is 12.6. The velocity is 0.5 · 18 + 12.6 = 21.6, and x becomes 2.1 - 1.08 = 1.02.
        4. Adam's first step is 0.05 long, whatever the slope: x becomes 2.95.
    """
    misconceptions = WAYS
    topics = (TOPIC,)

    def draw(self) -> Valley:
        """Return this student's valley."""
        return draw_valley(self.dice())

    def text(self) -> str:
        """Return the valley."""
        return worded(self.question)

    def judge(self, steps: Any) -> Findings:
        """Return how each number stands."""
        answers: Mapping[str, Any] = as_dict(steps, PARTS, "steps")
        return judge_numbers(answers, right(self.question), wrong_ways(self.question), what="steps", same=_near)


def _near(one: Any, other: Any) -> bool:
    """Tell whether two numbers are the same when rounded to three digits."""
    return one is not None and other is not None and abs(one - other) <= 0.004 * max(abs(other), 0.05)
