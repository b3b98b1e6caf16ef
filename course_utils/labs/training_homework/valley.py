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

import math
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
VW9 = Misconception(
    "VW9",
    "Adam's means not divided by what makes up for their beginning at 0",
    "One way to get this: Adam's running means, or one of them, are used as they are after the first step. From which "
    "number do they begin, and what makes up for that?",
    VALLEY,
)
VW10 = Misconception(
    "VW10",
    "Adam without the root",
    "One way to get this: the gradient divided by its square. What is taken of the mean square first?",
    VALLEY,
)
VW11 = Misconception(
    "VW11",
    "another slope of the valley",
    "One way to get this: another slope, such as one without its factor, with x squared, halved or doubled, or that "
    "of the other direction. What is the slope of a·x²/2?",
    VALLEY,
)
VW12 = Misconception(
    "VW12",
    "the velocity, the slope or the step for the place",
    "This is a velocity, a slope or a step. Where does x stand after it?",
    VALLEY,
)
VW13 = Misconception(
    "VW13",
    "momentum at another place",
    "One way to get this: the momentum multiplies something else than the velocity so far. What stands beside it in "
    "the formula, and what is that before the first step?",
    VALLEY,
)
VW14 = Misconception(
    "VW14",
    "the second step begins at the start",
    "One way to get this: the second step is taken from where the first one began. Where does it begin?",
    VALLEY,
)
VW15 = Misconception(
    "VW15",
    "another largest rate",
    "One way to get this: both directions are put into one number, or the rate is turned over, or it is the rate at "
    "which the other factor begins to change its sign. Which factor has to stay between -1 and 1, in each direction by "
    "itself?",
    VALLEY,
)
VW16 = Misconception(
    "VW16",
    "another number of steps",
    "This is where x stands after another number of steps. How many are asked for here?",
    VALLEY,
)
WAYS = (VW1, VW2, VW3, VW4, VW5, VW6, VW7, VW8)  # by which a valley is drawn
MORE_WAYS = (VW10, VW9, VW12, VW13, VW11, VW14, VW15, VW16)
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


def more_ways(valley: Valley) -> dict[Misconception, dict[str, Any]]:
    """Return what further wrong ways give, which no draw looks at: several numbers in a list."""
    a, b, x, y, rate, m = valley
    slope, first, numbers = a * x, x - rate * a * x, right(valley)
    second = a * first
    nothing: dict[str, Any] = dict.fromkeys(PARTS)

    def adam(place: float, slope: float) -> list[float]:
        means = ((0.1, 0.001), (1, 0.001), (0.1, 1))
        return [place - rate * share * slope / (square * slope**2) ** 0.5 for share, square in means]

    def momentum(slope_of: Callable[[float], float]) -> tuple[float, float]:
        velocity = slope_of(x)
        one = x - rate * velocity
        return one, one - rate * (m * velocity + slope_of(one))

    slopes: tuple[Callable[[float], float], ...] = (
        *(lambda place, factor=factor: factor * place for factor in (a / 2, 2 * a, b, 1 / a)),
        *(lambda place, factor=factor: factor * place**2 for factor in (a, a / 2, 1)),
        lambda place: a,
    )
    steepened = [momentum(slope_of) for slope_of in slopes]
    weights = ((1, m), (1 - m, m), (m, m))  # of the new slope, and of the velocity so far
    placed = [(new, first_new * slope * old) for new, old in weights for first_new in (1, new)]
    return {
        VW10: nothing | {ADAM_X: x - rate / slope, ADAM_Y: y - rate / (b * y)},
        VW9: nothing | {ADAM_X: adam(x, slope), ADAM_Y: adam(y, b * y)},
        VW12: nothing
        | {
            FIRST: [slope, -slope, rate * slope, -rate * slope],
            SECOND: [m * slope + second, rate * (m * slope + second), -rate * (m * slope + second), second, m * slope],
            ADAM_X: [slope, rate, -rate, rate * slope],
            ADAM_Y: [b * y, rate, -rate, rate * b * y],
        },
        VW13: nothing
        | {
            FIRST: [x - rate * m * slope, x - rate * (1 - m) * slope, m * x - rate * slope, x - m * slope],
            SECOND: [
                *(first - rate * (new * second + kept) for new, kept in placed[2:]),
                *(first - rate * (slope + m * second), first - rate * (m * first + second)),
                *(first - rate * m * slope, first - m * slope - rate * second, m * first - rate * second),
                first - rate * (slope + second),
            ],
        },
        VW11: nothing | {FIRST: [one for one, _ in steepened], SECOND: [two for _, two in steepened]},
        VW14: nothing | {SECOND: [x - rate * (m * slope + second), x - rate * second, x - rate * m * slope]},
        VW15: nothing | {LIMIT: [2 / (a + b), 1 / b, 1 / (a + b), 2 / (a * b), 2 / (a - b), a / 2, a, 4 / a, 2 * a]},
        VW16: nothing
        | {
            FIRST: [numbers[SECOND], x],
            SECOND: [first, float(walk(valley, torch.optim.SGD, 3, lr=rate, momentum=m)[3, 0])],
            ADAM_X: [float(walk(valley, torch.optim.Adam, 2, lr=rate)[2, 0]), x],
            ADAM_Y: [float(walk(valley, torch.optim.Adam, 2, lr=rate)[2, 1]), y],
        },
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
    misconceptions = (*WAYS, *MORE_WAYS)
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
        ways = {**wrong_ways(self.question), **more_ways(self.question)}
        return judge_numbers(answers, right(self.question), ways, what="steps", same=_are_alike)


def _near(one: Any, other: Any) -> bool:
    """Tell whether two numbers are the same when rounded to three digits."""
    return one is not None and other is not None and abs(one - other) <= 0.004 * max(abs(other), 0.05)


def _are_alike(one: Any, other: Any) -> bool:
    """Tell whether a number is another, rounded or cut to three digits: nearer than draws must keep wrong ways away."""
    return _near(one, other) and abs(one - other) <= 10 ** (math.floor(math.log10(max(abs(other), 0.05))) - 2)
