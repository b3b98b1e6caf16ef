"""Exercise 8.11: one step towards a picture that an inner unit answers to more strongly.

| claim of the prompt | case |
|---|---|
| the mean of the map `channel`, of each picture by itself | several pictures, several channels, one picture |
| along the gradient, divided by its own length | two lengths of step |
| pixels from 0 to 1 | a large step; pictures that are black and white in places |
| where a unit is silent, its picture stays as it is | a silent channel, and one that is silent for some pictures |
| `x` and the weights stay as they are | every case |
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.slips import TwoSlips
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.attacks import plainly, read
from course_utils.labs.adversarial_examples.headings import UNIT

FV1 = Misconception(
    "FV1",
    "down in place of up",
    "After this step the unit answers less than before. Which way along its gradient does a number grow?",
    UNIT,
)
FV2 = Misconception(
    "FV2",
    "one length for all pictures",
    "Here all gradients are divided by one length, that of the whole batch. Would a picture move as far if it were "
    "alone?",
    UNIT,
)
FV3 = Misconception(
    "FV3",
    "signs in place of the gradient by its length",
    "Every pixel moves equally far here, as in an attack. What is divided by what in this step?",
    UNIT,
)
FV4 = Misconception(
    "FV4",
    "gradient not divided by its length",
    "Here a picture moves as far as its gradient is long. How long should the whole step be?",
    UNIT,
)
FV5 = Misconception(
    "FV5",
    "no clamp to the range of pixels",
    "There are pixels below 0 or above 1 here. Could a screen show such a picture?",
    UNIT,
)
FV6 = Misconception(
    "FV6",
    "a picture of the batch in place of a channel",
    "This follows all channels of one picture, and the other pictures get nothing. Which axis of the maps counts "
    "pictures, and which channels?",
    UNIT,
)
FV7 = Misconception(
    "FV7",
    "all channels at once",
    "This makes all maps of the layer answer more. Whose mean is asked for?",
    UNIT,
)
FV8 = Misconception(
    "FV8",
    "the strongest place in place of the mean",
    "Here one place of the map has decided. Over how many places is the answer of a unit taken?",
    UNIT,
)
FV9 = Misconception(
    "FV9",
    "divided by another size than the length",
    "One way to get this: the gradient divided by its largest number, a mean, a sum or its squared length. What is "
    "the L2 length of a whole picture's gradient?",
    UNIT,
)
FV10 = Misconception(
    "FV10",
    "returned the change, not the picture",
    "This is how the picture changes. What is asked for, the change or the picture after it?",
    UNIT,
)
FV11 = Misconception(
    "FV11",
    "traces in what was given",
    "Afterwards the pictures or the weights are not as they were: their numbers, requires_grad or grad. Can you work "
    "on a copy that is cut off from its past, and ask for one gradient alone?",
    UNIT,
)
FV12 = Misconception(
    "FV12",
    "0 divided by 0 where a unit is silent",
    "There are numbers that are none (nan) here. What is the gradient of a unit that is silent, how long is it, and "
    "by what is it divided?",
    UNIT,
)
FV13 = Misconception(
    "FV13",
    "another channel",
    "This is the step for another channel of the layer. Which number has the first channel?",
    UNIT,
)
FV14 = Misconception(
    "FV14",
    "a row or a column of the maps in place of a channel",
    "This follows one row, or one column, of all maps. Which axis of (N, C, H, W) counts channels?",
    UNIT,
)
FV15 = Misconception(
    "FV15",
    "another measure of the answer",
    "One way to get this: squares, absolute values or a softmax before the mean. Of what is the mean taken?",
    UNIT,
)
FV16 = Misconception(
    "FV16",
    "a length for each colour or each pixel",
    "Here colours, rows or pixels are divided by lengths of their own. How many numbers has the gradient of one "
    "picture, and how many lengths?",
    UNIT,
)
FV17 = Misconception(
    "FV17",
    "pictures without a gradient become black",
    "Pictures whose gradient is 0 are black afterwards. What should become of a picture that nothing moves?",
    UNIT,
)

FV18 = Misconception(
    "FV18",
    "a step of another length than lr",
    "Every picture moves along its gradient, by another length than asked. By what is the step multiplied besides?",
    UNIT,
)
FV19 = Misconception(
    "FV19",
    "something added to the length",
    "One way to get this: a small number is added to every length. What does it do to the step where no length is 0?",
    UNIT,
)

NAME = "unit_step"
WORKED = """
A row of three pixels, x = (0.5, 0.5, 0.9), and a unit whose kernel is (3, −4). Its map has two places.

1. Place 0: 3 · 0.5 − 4 · 0.5 = −0.5. Place 1: 3 · 0.5 − 4 · 0.9 = −2.1. The mean is −1.3.
2. Slope of the mean by each pixel: 3/2; (−4 + 3)/2 = −0.5, as both places see the middle one; −4/2 = −2.
3. Length of (1.5, −0.5, −2): √(2.25 + 0.25 + 4) = 2.55.
4. A step of 0.5: 0.5 / 2.55 = 0.196 times the gradient. x becomes (0.79, 0.40, 0.51), and the mean about 0.

```python
x = torch.tensor([0.5, 0.5, 0.9], requires_grad=True)
answers = 3 * x[:-1] - 4 * x[1:]
(slopes,) = torch.autograd.grad(answers.mean(), x)
print(slopes, x.detach() + 0.5 * slopes / slopes.norm())
# tensor([ 1.5000, -0.5000, -2.0000]) …
```

One row needs one length. How many lengths do five pictures need, and what if one of them is 0?
"""


class Unit(NamedTuple):
    """What one call gets: the body's seed and kind, pictures and their sizes, the channel, the length of the step."""

    seed: int
    pictures: int
    height: int
    width: int
    channel: int
    lr: float
    kind: str = "smooth"
    double: bool = True


class UnitStep(Implementation):
    """Write ``unit_step(body, x, channel, lr)``: the pictures (N, 3, H, W) after one step."""

    id = "unit-step"
    hints = (
        "body(x) has the shape (N, C, H, W). Which slice of it is the map of `channel`, for all pictures?",
        "Sum the means of the pictures and ask for the gradient by x: each picture's gradient is then its own. Over "
        "which axes is its length?",
        "What may stand in for a length of 0, so that 0 stays 0?",
    )
    worked = WORKED
    misconceptions = (
        *(FV1, FV2, FV3, FV4, FV5, FV6, FV7, FV8, FV9, FV10, FV11),
        *(FV12, FV13, FV14, FV15, FV16, FV17, FV18, FV19),
    )

    def cases(self) -> Sequence[Case]:
        """Return several pictures, one, a large step, a silent unit, and one that is silent for some pictures."""
        return [
            Case("4 pictures, channel 2, lr=0.5", Unit(21, 4, 7, 6, 2, 0.5)),
            Case("3 pictures, channel 1, lr=0.2", Unit(22, 3, 6, 8, 1, 0.2)),
            Case("one picture, a large step, lr=4", Unit(23, 1, 6, 7, 3, 4.0)),
            Case("a channel that is silent", Unit(24, 2, 5, 6, 2, 0.5, "silent")),
            Case("a channel that is silent for some pictures", Unit(25, 4, 6, 5, 1, 0.5, "some")),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes, channels and steps."""
        return [
            Case("other sizes", Unit(26, 5, 8, 7, 4, 0.8)),
            Case("float32", Unit(27, 3, 9, 6, 2, 1.5, double=False)),
            Case("silent for others", Unit(28, 5, 5, 7, 1, 0.3, "some")),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with autograd's step, picture by picture."""
        unit: Unit = case.data
        x = given(unit, case.seed)
        found = case.ask(take_step, answer, tuple(unit), x)
        array = read(case, found["answer"], NAME)
        if np.isnan(array).any():
            raise case.always(f"{NAME}: not yet right.", FV12 if unit.kind != "smooth" else None)
        case.compare(NAME, array, step(unit, x), wrong_steps(unit, x))
        if found["untouched"] is not True:
            raise case.always(f"{NAME} changed what it was given.", FV11)


def given(unit: Unit, seed: int) -> torch.Tensor:
    """Draw pictures (N, 3, H, W), black and white in places; where a unit is silent for some, these are dark."""
    rng = np.random.default_rng([seed, unit.seed])
    x = np.clip(rng.uniform(-0.15, 1.15, (unit.pictures, 3, unit.height, unit.width)), 0, 1)
    if unit.kind == "some":
        x[1::2] = 0.3 * x[1::2]
        x[::2] = 0.4 + 0.6 * x[::2]
    return torch.tensor(x, dtype=torch.float64 if unit.double else torch.float32)


def make_body(unit: Unit) -> nn.Sequential:
    """Make a body for pictures (N, 3, H, W), in evaluation mode.

    "smooth" has six channels, each with a gradient; the others have four behind a ReLU, and the channel that is asked
    for answers to no picture ("silent"), or to no dark one ("some").
    """
    generator = torch.Generator().manual_seed(unit.seed)
    with torch.random.fork_rng(devices=[]):
        layers: list[nn.Module] = [networks.Centre()]
        if unit.kind == "smooth":
            layers += [nn.Conv2d(3, 5, 3, padding=1), nn.Tanh(), nn.Conv2d(5, 6, (3, 2))]
        else:
            layers += [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()]
    body = nn.Sequential(*layers)
    with torch.no_grad():
        for parameter in body.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=generator))
        if unit.kind != "smooth":
            first = layers[1]
            first.weight[unit.channel] = first.weight[unit.channel].abs() + 0.05  # type: ignore[operator, index]
            first.bias[unit.channel] = -0.1 if unit.kind == "some" else -50.0  # type: ignore[operator, index]
    return (body.double() if unit.double else body).eval()


def take_step(function: Callable[..., Any], unit: tuple[Any, ...], x: torch.Tensor) -> dict[str, Any]:
    """Probe: call ``function`` once; say what it returned, and whether pictures and weights are as they were."""
    asked = Unit(*unit)
    body, mine = make_body(asked), x.clone()
    answer = plainly(function(body, mine, asked.channel, asked.lr))
    same = torch.equal(mine, x) and all(
        torch.equal(one, other) for one, other in zip(body.parameters(), make_body(asked).parameters(), strict=True)
    )
    clean = not mine.requires_grad and mine.grad is None
    bare = all(one.grad is None and one.requires_grad for one in body.parameters())
    return {"answer": answer, "untouched": same and clean and bare}


Measure = Callable[[torch.Tensor], torch.Tensor]


def slopes(unit: Unit, x: torch.Tensor, measure: Measure | None = None) -> torch.Tensor:
    """Return each picture's gradient of a measure of its maps (1, C, H, W): the mean of the channel by default."""
    body, found = make_body(unit), []
    measure = measure or (lambda maps: maps[0, unit.channel].mean())
    with torch.enable_grad():
        for picture in x:
            leaf = picture[None].clone().requires_grad_(True)
            found.append(torch.autograd.grad(measure(body(leaf)), leaf)[0][0])
    return torch.stack(found)


def along(gradients: torch.Tensor) -> torch.Tensor:
    """Divide each picture's gradient by its length; what is 0 stays 0."""
    return torch.stack([one / one.norm() if bool(one.any()) else one for one in gradients])


def step(unit: Unit, x: torch.Tensor, measure: Measure | None = None) -> torch.Tensor:
    """Return the pictures after one step."""
    return (x + unit.lr * along(slopes(unit, x, measure))).clamp(0, 1)


def wrong_steps(unit: Unit, x: torch.Tensor) -> Ways:
    """For each wrong way, a function that computes its pictures."""
    each, channel, lr = slopes(unit, x), unit.channel, unit.lr
    up, places = lr * along(each), make_body(unit)(x[:1])[0, 0].numel()

    def moved(*changes: torch.Tensor) -> list[torch.Tensor]:
        return [(x + change).clamp(0, 1) for change in changes]

    def followed(*measures: Measure) -> list[torch.Tensor]:
        return [step(unit, x, measure) for measure in measures]

    def one_picture() -> list[torch.Tensor]:
        if channel >= len(x):
            return []
        change = torch.zeros_like(x)
        change[channel] = lr * along(slopes(unit, x, lambda maps: maps.mean()))[channel]
        return moved(change)

    raw = [lr * each, lr * each * places, lr * each / len(x)]
    signs = [lr * each.sign()]
    sizes = [lr * change for change in of_other_sizes(each)]
    of_all = [lr * each / (each.norm() if bool(each.any()) else 1)] if len(x) > 1 else []
    colours = [
        lr * each / length.where(length > 0, torch.ones_like(length))
        for length in (each.norm(dim=axes, keepdim=True) for axes in (1, (2, 3), (1, 2), (1, 3), 2, 3))
    ]
    return {
        FV1: lambda: moved(-up),
        FV2: lambda: moved(*of_all),
        FV3: lambda: moved(*signs),
        FV4: lambda: moved(*raw),
        FV5: lambda: [x + up, (x + up).clamp(min=0), (x + up).clamp(max=1)],
        FV6: one_picture,
        FV7: lambda: followed(lambda maps: maps.mean()),
        FV8: lambda: followed(*(lambda maps, one=one: one(maps[0, channel]) for one in ONE_PLACE)),
        FV9: lambda: moved(*sizes),
        FV10: lambda: [up, (x + up).clamp(0, 1) - x] if bool(each.any()) else [],
        FV17: lambda: [_black_where_none(x + up, each)] if not all(map(torch.any, each)) else [],
        FV13: lambda: [
            step(unit._replace(channel=(channel + by) % 4), x, lambda maps, by=by: maps[0, (channel + by) % 4].mean())
            for by in (1, -1, 2)
            if unit.kind == "smooth"
        ],
        FV14: lambda: followed(lambda maps: maps[0, :, channel].mean(), lambda maps: maps[0, :, :, channel].mean()),
        FV15: lambda: followed(*(lambda maps, way=way: way(maps)[0, channel].mean() for way in MEASURES)),
        FV16: lambda: moved(*colours),
        FV18: lambda: moved(*(by * up for by in (2, 0.5, 10, 0.1, 1 / lr, 1 / len(x), lr, places**-1.0))),
        FV19: lambda: moved(*(lr * each / (_lengths(each) + more) for more in (1e-3, 1e-2, 1e-4, 0.1, 1e-5, 1e-6))),
        TwoSlips.of(FV1, FV5): lambda: [x - up],
        TwoSlips.of(FV2, FV5): lambda: [x + change for change in of_all],
        TwoSlips.of(FV3, FV5): lambda: [x + change for change in signs],
        TwoSlips.of(FV4, FV5): lambda: [x + change for change in raw],
        TwoSlips.of(FV9, FV5): lambda: [x + change for change in sizes],
        TwoSlips.of(FV1, FV2): lambda: moved(*(-change for change in of_all)),
        TwoSlips.of(FV1, FV3): lambda: moved(*(-change for change in signs)),
        TwoSlips.of(FV1, FV4): lambda: moved(*(-change for change in raw)),
        TwoSlips.of(FV1, FV9): lambda: moved(*(-change for change in sizes)),
    }


ONE_PLACE: tuple[Measure, ...] = (
    torch.amax,
    lambda one: one[0, 0],
    lambda one: one[one.shape[0] // 2, one.shape[1] // 2],
)


def _lengths(each: torch.Tensor) -> torch.Tensor:
    return each.flatten(1).norm(dim=1)[:, None, None, None]


def _black_where_none(moved: torch.Tensor, each: torch.Tensor) -> torch.Tensor:
    """Return pictures of which those without a gradient have become black."""
    there = torch.stack([one.any() for one in each])
    return moved.clamp(0, 1) * there[:, None, None, None]


MEASURES: tuple[Measure, ...] = (
    torch.square,
    torch.abs,
    torch.relu,
    torch.sigmoid,
    lambda maps: maps.softmax(1),
    lambda maps: maps.log_softmax(1),
    lambda maps: maps - maps.mean(1, keepdim=True),
)


def of_other_sizes(gradients: torch.Tensor) -> list[torch.Tensor]:
    """Divide each picture's gradient by a size that is not its length; what is 0 stays 0."""
    measures: tuple[Measure, ...] = (
        lambda one: one.abs().max(),
        lambda one: one.abs().mean(),
        lambda one: one.abs().sum(),
        lambda one: one.square().mean().sqrt(),
        lambda one: one.square().sum(),
        lambda one: one.std(),
        lambda one: one.sum().abs(),
        lambda one: one.norm() + 1,
    )
    return [torch.stack([one / measure(one) if bool(one.any()) else one for one in gradients]) for measure in measures]
