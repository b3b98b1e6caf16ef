"""Bonus: a defence, judged by what it does to the lesson's network.

| claim of the prompt | case |
|---|---|
| trains `model` in place | whether its weights have changed |
| on clean and attacked pictures | accuracies before and after, on pictures that were not trained on |
| attacked with `eps`, for `epochs` | short calls with another eps, with other epochs |
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import nn

from course_utils.data import Pictures, load_shapes
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.meaning import EQ4
from course_utils.models import load_trained

NAME = "adversarial_training"
EPS, EPOCHS = 8 / 255, 2
PICTURES_SEED = 9
FEW = 64  # pictures of the short calls

WORKED = """
Another mixture: half of the loss on clean numbers, half on the *worst* of their neighbours. A model with one weight,
ŷ = w x, loss (ŷ − y)²; x = 2, y = 2, w = 1.5; x may be moved by 0.5.

1. Clean: ŷ = 3, loss 1, slope by w: 2 · (3 − 2) · 2 = 4.
2. The attacker, with w as it is *now*: ŷ is too large, so the worst neighbour is x = 2.5: ŷ = 3.75, loss 3.06.
3. Its slope by w: 2 · (3.75 − 2) · 2.5 = 8.75. The mixture's slope: (4 + 8.75) / 2 = 6.375.
4. One step with learning rate 0.05: w = 1.5 − 0.05 · 6.375 = 1.18. The next attack is made against *this* w.

```python
w = torch.tensor(1.5, requires_grad=True)
loss = ((w * 2 - 2) ** 2 + (w * 2.5 - 2) ** 2) / 2
(slope,) = torch.autograd.grad(loss, w)
print(slope, w.detach() - 0.05 * slope)  # tensor(6.3750) tensor(1.1812)
```
"""


class AdversarialTraining(Implementation):
    """Write ``adversarial_training(model, x, y, eps, epochs)``, which trains ``model`` in place."""

    id = "adversarial-training"
    hints = (
        "For each batch: which pictures would an attacker make from it, with the network as it is now?",
        "Which of the two should the loss count, the clean pictures, the attacked ones, or both?",
    )
    misconceptions = (EQ4,)
    worked = WORKED

    def cases(self) -> Sequence[Case]:
        """Return pictures to train on and others to test with: how many of each."""
        return [Case("800 pictures", (800, 200), seed=PICTURES_SEED)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> str | None:
        """Measure accuracies before and after, on pictures that were not trained on."""
        (x, y), (x_test, y_test) = (part.tensors() for part in _pictures(*case.data, case.seed))
        weights = networks.weights_of(load_trained("shapes"))
        calls = [(len(x), EPS, EPOCHS), (FEW, EPS, 1), (FEW, EPS / 4, 1), (FEW, EPS, 2)]
        found, *short = case.ask(defended, answer, weights, x, y, calls)
        before, after = (accuracies(networks.judge(each), x_test, y_test) for each in (weights, found))
        told = "; ".join(f"{name} {before[name]:.2f} before, {after[name]:.2f} after" for name in before) + "."
        if after["attacked"] < before["attacked"] + 0.1:
            raise _still_falls(case, weights, found, told)
        if after["clean"] < before["clean"] - 0.25:
            line = f"{NAME}: the price is too high; clean pictures are not recognised any more."
            raise case.sentence(f"{line}\n  {told}", EQ4, hidden=line)
        for other, what in zip(short[1:], ("eps", "epochs"), strict=True):
            if all(torch.equal(short[0][name], other[name]) for name in other):
                raise case.always(f"{NAME}: with another {what} the network becomes the same. Where is {what} used?")
        return case.remark(told)


def _still_falls(case: Case, weights, found, told: str) -> Exception:
    if all(torch.equal(weights[name], found[name]) for name in weights):
        line = f"{NAME}: the model is as it was: is it trained in place?"
        return case.sentence(f"{line}\n  {told}", hidden=line)
    line = f"{NAME}: it still falls for fgsm."
    hint = "Hint: Are the attacked pictures in the loss, and are the steps large enough for two epochs?"
    return case.sentence(f"{line}\n  {told}\n{hint}", hidden=f"{line}\n{hint}")


def defended(function: Callable[..., Any], weights, x, y, calls: list[Any]) -> list[dict[str, torch.Tensor]]:
    """Probe: call ``function(model, x, y, eps, epochs)`` on some first pictures; return the weights after each call."""
    found = []
    for number, eps, epochs in calls:
        torch.manual_seed(0)
        model = networks.rebuild(weights)
        function(model, x[:number], y[:number], eps, epochs)
        found.append(networks.weights_of(model))
    return found


def accuracies(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> dict[str, float]:
    """Return the accuracies on clean pictures and on the same under fgsm."""
    attacked = (x + EPS * networks.slope(model, x, y).sign()).clamp(0, 1)
    return {"clean": networks.accuracy(model, x, y), "attacked": networks.accuracy(model, attacked, y)}


@cache
def _pictures(number: int, unseen: int, seed: int) -> tuple[Pictures, Pictures]:
    return load_shapes(number, unseen, seed=seed)
