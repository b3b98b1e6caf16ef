"""Exercise 8.6: one noise that fools the network on pictures that it was not made from."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.data import Pictures, load_shapes
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.attacks import AD5, DS2, plainly
from course_utils.labs.adversarial_examples.headings import UNIVERSAL
from course_utils.models import load_trained

EU1 = Misconception(
    "EU1",
    "one perturbation for each picture",
    "This has one noise for each picture. How many noises may be added to pictures that nobody has seen yet?",
    UNIVERSAL,
)
EU2 = Misconception(
    "EU2",
    "fools the pictures it was made from only",
    "This fools the pictures it was made from, and few others. What if each step looks at some pictures only, and "
    "all get their turn?",
    UNIVERSAL,
)
EU3 = Misconception(
    "EU3",
    "no better than random noise",
    "This fools hardly more pictures than random signs of the same size. Does each step grow the loss that "
    "a whole batch has, for the labels that the network gives to its clean pictures?",
    UNIVERSAL,
)

NAME = "universal_perturbation"
SLACK = 1e-5  # of float32 in a budget
EPS, EPOCHS, TIMES = 16 / 255, 6, 3
PUBLIC_SEED = 6  # of the pictures
NUMBER = 200  # of pictures to make the noise from, and of unseen ones


class UniversalPerturbation(Implementation):
    """Write ``universal_perturbation(model, X, eps, epochs) -> (1, C, H, W)``, judged on pictures it has not seen.

    There is more than one right answer, so that the effect is measured.
    """

    id = "universal-perturbation"
    hints = (
        "Start from a noise of zeros, (1, C, H, W). Which labels does the model give to the clean pictures of a batch?",
        "Each picture of a batch, with the noise in it, has a gradient. What is the gradient by the noise they share?",
        "Take small steps, such as eps / 4, in batches of about 50. How is the noise kept in its budget?",
    )
    misconceptions = (EU1, DS2, AD5, EU2, EU3)

    def cases(self) -> Sequence[Case]:
        """Return one set of pictures."""
        return [Case("200 pictures", NUMBER, seed=PUBLIC_SEED)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return another set."""
        return [Case("200 other pictures", NUMBER)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> str | None:
        """Measure how many unseen pictures the noise fools, beside random signs."""
        (train, _), (unseen, _) = (part.tensors() for part in _pictures(case.data, NUMBER, case.seed))
        weights = networks.weights_of(load_trained("shapes"))
        delta = _read(case, case.ask(universal, answer, weights, train, EPS, EPOCHS), train)
        if float(delta.abs().max()) > EPS + SLACK:
            raise case.always(f"{NAME}: not yet right, the noise is larger than eps.", AD5)
        model = networks.judge(weights)
        rate, control = fooling_rate(model, unseen, delta), control_rate(model, unseen, EPS)
        told = f"{rate:.2f}, random signs {control:.2f}"
        if rate < max(TIMES * control, 0.1):
            seen_only = fooling_rate(model, train, delta) >= max(TIMES * control, 0.2)
            line = f"{NAME}: it fools too few pictures that it has not seen"
            raise case.sentence(f"{line}: {told}.", EU2 if seen_only else EU3, hidden=f"{line}.")
        return case.remark(f"Share of unseen pictures that are fooled: {told}.")


def universal(function: Callable[..., Any], weights, pictures: torch.Tensor, eps: float, epochs: int) -> Any:
    """Probe: call ``function(model, pictures, eps, epochs)`` on the network with these weights."""
    torch.manual_seed(0)
    return plainly(function(networks.rebuild(weights), pictures, eps, epochs))


def _read(case: Case, answer: Any, train: torch.Tensor) -> torch.Tensor:
    if answer is None:
        raise case.always(f"{NAME} returned None. Does it end in a return statement?")
    delta = as_picture(case, answer, f"What {NAME} returns")
    if tuple(delta.shape) != (1, *train.shape[1:]):
        way = EU1 if delta.shape == train.shape else DS2 if delta.shape == train.shape[1:] else None
        raise case.always(f"{NAME}: not yet right, the shape is {tuple(delta.shape)}.", way)
    return delta


def as_picture(case: Case, answer: Any, what: str) -> torch.Tensor:
    """Return an answer as a float32 tensor of finite numbers."""
    array = case.array(answer, what)
    if not np.isfinite(array).all():
        raise case.always(f"{what} holds numbers that are not finite.")
    return torch.tensor(array, dtype=torch.float32)


def fooling_rate(model: nn.Module, x: torch.Tensor, *deltas: torch.Tensor) -> float:
    """Return the share of pictures to which the model gives another label with ``delta`` added: a mean over deltas."""
    clean = networks.predict(model, x)
    changed = [networks.predict(model, (x + delta).clamp(0, 1)) != clean for delta in deltas]
    return float(torch.stack(changed).double().mean())


def control_rate(model: nn.Module, x: torch.Tensor, eps: float) -> float:
    """Return the mean fooling rate of three draws of random signs of size ``eps``."""
    generator = torch.Generator().manual_seed(0)
    signs = [torch.randn((1, *x.shape[1:]), generator=generator).sign() for _ in range(3)]
    return fooling_rate(model, x, *(eps * sign for sign in signs))


@cache
def _pictures(number: int, unseen: int, seed: int) -> tuple[Pictures, Pictures]:
    return load_shapes(number, unseen, seed=seed)
