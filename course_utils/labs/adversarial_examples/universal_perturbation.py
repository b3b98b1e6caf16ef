"""Exercise 8.6: one noise that fools the network on pictures that it was not made from.

| claim of the prompt | case |
|---|---|
| one noise (1, C, H, W), no number larger than `eps` | every call, with a large eps and a small one |
| fools three times as many unseen pictures as random signs | 200 pictures |
| for `model`, whichever it is | a network that sees turned pictures; whether the model was asked |
| from `X`, in `epochs` walks through it | short calls with other pictures, other epochs |
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

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
from course_utils.labs.adversarial_examples.networks import Turn
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
EU4 = Misconception(
    "EU4",
    "another network than the one that was given",
    "The model that was given was hardly asked, if at all. Which network does your function take its gradients from?",
    UNIVERSAL,
)
EU5 = Misconception(
    "EU5",
    "eps not used",
    "With a smaller eps the noise is as large as before. Where does your function use eps?",
    UNIVERSAL,
)
EU6 = Misconception(
    "EU6",
    "epochs not used",
    "With more epochs the noise is the same, number by number. Which loop runs `epochs` times, "
    "and with which noise does each turn begin?",
    UNIVERSAL,
)
EU7 = Misconception(
    "EU7",
    "pictures not used",
    "Other pictures give the same noise, number by number. Which pictures does your function walk through?",
    UNIVERSAL,
)

NAME = "universal_perturbation"
SLACK = 1e-5  # of float32 in a budget
TIMES = 3
PUBLIC_SEED = 6  # of the pictures
NUMBER = 200  # of pictures to make the noise from, and of unseen ones
FEW, SMALL = 60, 5 / 255  # pictures and budget of the short calls


class Plan(NamedTuple):
    """A budget and a number of epochs, and how the lesson's network and pictures are turned into others."""

    eps: float
    epochs: int
    turn: Turn


WORKED = """
One number for many: the shift s that *all* prices share, so that the sum of squared errors of three rows falls. Errors
at s = 0: row 1: (2, 1), row 2: (−1, 4), row 3: (3, 0). s is added to every error, and |s| may be 0.5 at most.

1. Each error e adds (e + s)² to the loss: by the shared s its slope is 2 (e + s).
2. The rows share s, so that their slopes *add up*: 2 · (2 + 1 − 1 + 4 + 3 + 0) = 18 at s = 0.
3. Down the slope, in steps of 0.2 along the sign: s = −0.2, then −0.4, then −0.6, which is brought back to −0.5.
4. Whether s helps is measured on rows that it was not made from.

```python
errors, s = torch.tensor([[2.0, 1.0], [-1.0, 4.0], [3.0, 0.0]]), torch.zeros(1)
for _ in range(3):
    leaf = s.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(((errors + leaf) ** 2).sum(), leaf)
    s = (s - 0.2 * slope.sign()).clamp(-0.5, 0.5)
print(s)  # tensor([-0.5000])
```
"""


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
    misconceptions = (EU1, DS2, AD5, EU2, EU3, EU4, EU5, EU6, EU7)
    worked = WORKED

    def cases(self) -> Sequence[Case]:
        """Return one set of pictures, with the budget and the epochs that the prompt names."""
        return [Case("200 pictures", Plan(16 / 255, 6, Turn(1, 1)), seed=PUBLIC_SEED)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return another set, another budget, other epochs and another network."""
        return [Case("200 other pictures", Plan(20 / 255, 5, Turn(3, 2, negative=True)))]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> str | None:
        """Measure how many unseen pictures the noise fools, beside random signs; then look at short calls."""
        plan: Plan = case.data
        pictures = (part.tensors()[0] for part in _pictures(NUMBER, NUMBER, case.seed))
        train, unseen = (networks.turned_pictures(x, plan.turn) for x in pictures)
        weights = networks.turned_weights(networks.weights_of(load_trained("shapes")), plan.turn)
        calls = [(train, plan.eps, plan.epochs), (train[:FEW], SMALL, 1), (train[:FEW], SMALL, 2)]
        calls += [(train[-FEW:], SMALL, 1), (train[:FEW], plan.eps, 1)]
        found = case.ask(universal, answer, weights, *map(list, zip(*calls, strict=True)))
        deltas = [_read(case, one, given) for one, (given, _, _) in zip(found["answers"], calls, strict=True)]
        _refuse_large(case, deltas, [eps for _, eps, _ in calls])
        _refuse_unused(case, deltas, found["asked"])
        model = networks.judge(weights)
        rate, control = fooling_rate(model, unseen, deltas[0]), control_rate(model, unseen, plan.eps)
        told = f"{rate:.2f}, random signs {control:.2f}"
        if rate < max(TIMES * control, 0.1):
            seen_only = fooling_rate(model, train, deltas[0]) >= max(TIMES * control, 0.2)
            line = f"{NAME}: it fools too few pictures that it has not seen"
            raise case.sentence(f"{line}: {told}.", EU2 if seen_only else EU3, hidden=f"{line}.")
        return case.remark(f"Share of unseen pictures that are fooled: {told}.")


def universal(
    function: Callable[..., Any], weights, pictures: list[torch.Tensor], eps: list[float], epochs: list[int]
) -> dict[str, Any]:
    """Probe: call ``function(model, pictures, eps, epochs)`` several times on the network with these weights.

    Returns
    -------
    dict
        ``answers``, and ``asked``: whether the model saw pictures that a gradient was wanted for, or all of them
        several times, as a search without gradients needs.
    """
    model, answers = networks.rebuild(weights), []
    seen: list[tuple[int, bool]] = []
    model.conv1.register_forward_pre_hook(lambda _, given: seen.append((len(given[0]), given[0].requires_grad)))
    for x, size, number in zip(pictures, eps, epochs, strict=True):
        torch.manual_seed(0)
        answers.append(plainly(function(model, x, size, number)))
    often = sum(count for count, _ in seen) >= 3 * sum(map(len, pictures))
    return {"answers": answers, "asked": often or any(wanted for _, wanted in seen)}


def _refuse_large(case: Case, deltas: list[torch.Tensor], eps: list[float]) -> None:
    if any(float(delta.abs().max()) > limit + SLACK for delta, limit in zip(deltas, eps, strict=True)):
        way = EU5 if torch.equal(deltas[1], deltas[-1]) else AD5
        raise case.always(f"{NAME}: not yet right, the noise is larger than eps.", way)


def _refuse_unused(case: Case, deltas: list[torch.Tensor], asked: Any) -> None:
    """Refuse a noise that owes nothing to the model, to the number of epochs, or to the pictures.

    One that is always the same owes nothing to either: what it is worth is measured.
    """
    _, short, longer, other, _ = deltas
    if asked is not True:
        raise case.always(f"{NAME}: not yet right.", EU4)
    if torch.equal(short, longer) and not torch.equal(short, other):
        raise case.always(f"{NAME}: not yet right.", EU6)
    if torch.equal(short, other) and not torch.equal(short, longer):
        raise case.always(f"{NAME}: not yet right.", EU7)


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
