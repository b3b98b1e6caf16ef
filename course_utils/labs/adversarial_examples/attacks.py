"""What attacks on single pictures share: a call to try, how it is made beside the student's function, wrong ways.

The networks are small, smooth and in float64, and made from a recipe on both sides: a student's result must equal
autograd's, so that a wrong way can be named.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.headings import MANY, ONE_STEP, PIXELS, UNITS
from course_utils.labs.adversarial_examples.networks import Recipe, slope

DS2 = shared.DS2.in_lab(
    PIXELS, "The batch axis is lost. How many axes has the shape asked for, and what does the first one count?"
)
AD1 = Misconception(
    "AD1",
    "minus instead of plus: the step helps the network",
    "This step makes the loss smaller: it helps the network. Which way along the gradient does a loss grow?",
    ONE_STEP,
)
AD2 = Misconception(
    "AD2",
    "sign forgotten",
    "Here a pixel moves as far as its gradient is large. How far may each pixel move, whatever its gradient's size?",
    ONE_STEP,
)
AD3 = Misconception(
    "AD3",
    "no clamp to the range of pixels",
    "There are pixels below 0 or above 1 here. Could a camera, or a file, deliver such a picture?",
    ONE_STEP,
)
AD4 = Misconception(
    "AD4",
    "budget mixed up with normalised units",
    "One way to get this: grey levels, pixel units and units behind the network's normalisation are mixed. Which of "
    "them is larger, and is a difference multiplied or divided by the standard deviation?",
    UNITS,
)
AD5 = Misconception(
    "AD5",
    "no projection into the budget",
    "This leaves the budget: some pixels are further from x than eps. What must happen after each step?",
    MANY,
)
EG3 = Misconception(
    "EG3",
    "left traces in the caller's picture",
    "Afterwards x is not as it was: its numbers, its requires_grad or its grad. Can you work on a copy of x that "
    "is cut off from its past?",
    PIXELS,
)
EA1 = Misconception(
    "EA1",
    "returned the change, not the picture",
    "This is the change alone. What is asked for, the noise or the picture with the noise in it?",
    ONE_STEP,
)
EA2 = Misconception(
    "EA2",
    "targeted step in the wrong direction",
    "With targeted=True this walks away from the class y. Should the loss of a class that you want grow or shrink?",
    ONE_STEP,
)
EA9 = Misconception(
    "EA9",
    "label of the network's prediction in place of y",
    "This follows the loss for what the network predicts. For which label is the loss asked, and are they the same?",
    ONE_STEP,
)
EA10 = Misconception(
    "EA10",
    "something drawn at random",
    "Two calls with the same pictures gave different results: something is drawn at random. From which picture does "
    "the walk start, and what gives its direction?",
    ONE_STEP,
)
EA11 = Misconception(
    "EA11",
    "steps of another length than was asked for",
    "The steps here have a length of their own. Which argument says how far a step goes?",
    ONE_STEP,
)
EA18 = Misconception(
    "EA18",
    "gradient scaled in place of its sign",
    "This step goes along the gradient, divided by its largest number or its length. How far does a pixel with a small "
    "gradient move, and how far should it?",
    ONE_STEP,
)

EA20 = Misconception(
    "EA20",
    "one sign for several pictures, or for several channels",
    "Here several pictures, or the channels of a pixel, move together. Whose gradient says which way a number moves?",
    ONE_STEP,
)
EA21 = Misconception(
    "EA21",
    "another number of steps than one",
    "This is where another number of steps leads. How often is the gradient taken?",
    ONE_STEP,
)
EA22 = Misconception(
    "EA22",
    "pixels rounded to those of a file",
    "These pixels are rounded to 255 levels. Does the task speak of a file?",
    ONE_STEP,
)
EA23 = Misconception(
    "EA23",
    "limited to changes of one sign",
    "Here a pixel becomes only lighter, or only darker, than x. What goes from 0 to 1, the change or the picture?",
    ONE_STEP,
)
EA24 = Misconception(
    "EA24",
    "a share of the step, or of each later one",
    "The steps become shorter, or the last ones are left out. How long is each, and how many are asked for?",
    MANY,
)

EPS = 8 / 255


@dataclass(frozen=True)
class Call:
    """One call to try: the network, the batch, and what follows ``(model, x, y)``."""

    recipe: Recipe
    batch: int
    numbers: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    span: tuple[float, float] = (-0.15, 1.15)  # of pixels, before what leaves 0 to 1 is cut off

    @property
    def direction(self) -> int:
        """1 where the loss should grow, -1 where it should shrink."""
        return -1 if self.options.get("targeted") else 1

    def with_numbers(self, *numbers: float) -> "Call":
        """Return the same call with other numbers."""
        return replace(self, numbers=numbers)


def call_case(
    label: str, recipe: Recipe, batch: int, *numbers: Any, span: tuple[float, float] = Call.span, **options: Any
) -> Case:
    """Return the case of a call, which says the shape of its pictures."""
    shape = (batch, 3, recipe.height, recipe.width)
    return Case(f"{label}; x has shape {shape}", Call(recipe, batch, numbers, options, span))


def pictures(call: Call, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw pictures ``(N, 3, H, W)``, mostly a fifth of their pixels black or white, and labels, half as predicted."""
    rng = np.random.default_rng([seed, call.batch, call.recipe.seed])
    shape = (call.batch, 3, call.recipe.height, call.recipe.width)
    x = torch.tensor(np.clip(rng.uniform(*call.span, shape), 0, 1))
    x = x if call.recipe.double else x.float()
    y = torch.tensor(rng.integers(0, networks.CLASSES, call.batch))
    known = torch.arange(call.batch) % 2 == 0
    return x, torch.where(known, networks.predict(networks.ours(call.recipe), x), y)


def read(case: Case, answer: Any, name: str) -> np.ndarray:
    """Return what a function returned as an array."""
    if answer is None:
        raise case.always(f"{name} returned None. Does it end in a return statement?")
    return case.array(answer, f"What {name} returns")


def plainly(answer: Any) -> Any:
    """Return a tensor without its past; anything else as it is."""
    return answer.detach() if isinstance(answer, torch.Tensor) else answer


def attack(function: Callable[..., Any], recipe: tuple[Any, ...], x, y, numbers, options) -> dict[str, Any]:
    """Probe: call ``function(model, x, y, *numbers, **options)``; say whether it left x as it was, without a trace."""
    mine = x.clone()
    answer = function(networks.make(Recipe(*recipe)), mine, y, *numbers, **options)
    kept = torch.equal(mine, x) and not mine.requires_grad and mine.grad is None
    return {"answer": plainly(answer), "x": kept}


def judge_attack(case: Case, name: str, answer: Any, x: torch.Tensor, y: torch.Tensor, right: Any, ways: Ways) -> None:
    """Call an attack in one case, compare, and say how the accuracy moved where the step went the wrong way."""
    call: Call = case.data
    found = case.ask(attack, answer, tuple(call.recipe), x, y, list(call.numbers), call.options)
    given = read(case, found["answer"], name)
    try:
        case.compare(name, given, right, ways)
    except Wrong as error:
        if error.codes == (AD1.code,):
            raise case.wrong(name, AD1, detail=_accuracies(call, x, y, given)) from None
        again = case.ask(attack, answer, tuple(call.recipe), x, y, list(call.numbers), call.options)
        if not error.codes and not np.array_equal(given, read(case, again["answer"], name), equal_nan=True):
            raise case.wrong(name, EA10) from None
        raise
    if found["x"] is not True:
        raise case.always(f"{name} left traces in the pictures that it was given.", EG3)


def _accuracies(call: Call, x: torch.Tensor, y: torch.Tensor, given: np.ndarray) -> str:
    model = networks.make(call.recipe)
    before, after = (networks.accuracy(model, z, y) for z in (x, torch.tensor(given, dtype=x.dtype)))
    return f"  the network's accuracy went from {before:.2f} to {after:.2f}: you are helping the network."


def predicted(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Return the labels (N,) that the call's network predicts."""
    return networks.predict(networks.ours(call.recipe), x)


def one_step(call: Call, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Take one step of ``call.numbers[0]`` along the signs of autograd's gradient."""
    return (x + call.direction * call.numbers[0] * slope(networks.ours(call.recipe), x, y).sign()).clamp(0, 1)
