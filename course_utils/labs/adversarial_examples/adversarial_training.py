"""Bonus: a defence, judged by what it does to the lesson's network."""

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


class AdversarialTraining(Implementation):
    """Write ``adversarial_training(model, x, y, eps, epochs)``, which trains ``model`` in place."""

    id = "adversarial-training"
    hints = (
        "For each batch: which pictures would an attacker make from it, with the network as it is now?",
        "Which of the two should the loss count, the clean pictures, the attacked ones, or both?",
    )
    misconceptions = (EQ4,)

    def cases(self) -> Sequence[Case]:
        """Return pictures to train on and others to test with: how many of each."""
        return [Case("1,000 pictures", (1000, 300), seed=PICTURES_SEED)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> str | None:
        """Measure accuracies before and after, on pictures that were not trained on."""
        (x, y), (x_test, y_test) = (part.tensors() for part in _pictures(*case.data, case.seed))
        weights = networks.weights_of(load_trained("shapes"))
        found = case.ask(defended, answer, weights, x, y, EPS, EPOCHS)
        before, after = (accuracies(networks.judge(each), x_test, y_test) for each in (weights, found))
        told = "; ".join(f"{name} {before[name]:.2f} before, {after[name]:.2f} after" for name in before) + "."
        if after["attacked"] < before["attacked"] + 0.1:
            raise _still_falls(case, weights, found, told)
        if after["clean"] < before["clean"] - 0.25:
            line = f"{NAME}: the price is too high; clean pictures are not recognised any more."
            raise case.sentence(f"{line}\n  {told}", EQ4, hidden=line)
        return case.remark(told)


def _still_falls(case: Case, weights, found, told: str) -> Exception:
    if all(torch.equal(weights[name], found[name]) for name in weights):
        line = f"{NAME}: the model is as it was: is it trained in place?"
        return case.sentence(f"{line}\n  {told}", hidden=line)
    line = f"{NAME}: it still falls for fgsm."
    hint = "Hint: Are the attacked pictures in the loss, and are the steps large enough for two epochs?"
    return case.sentence(f"{line}\n  {told}\n{hint}", hidden=f"{line}\n{hint}")


def defended(function: Callable[..., Any], weights, x, y, eps: float, epochs: int) -> dict[str, torch.Tensor]:
    """Probe: call ``function(model, x, y, eps, epochs)`` and return the weights that the model has then."""
    torch.manual_seed(0)
    model = networks.rebuild(weights)
    function(model, x, y, eps, epochs)
    return networks.weights_of(model)


def accuracies(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> dict[str, float]:
    """Return the accuracies on clean pictures and on the same under fgsm."""
    attacked = (x + EPS * networks.slope(model, x, y).sign()).clamp(0, 1)
    return {"clean": networks.accuracy(model, x, y), "attacked": networks.accuracy(model, attacked, y)}


@cache
def _pictures(number: int, unseen: int, seed: int) -> tuple[Pictures, Pictures]:
    return load_shapes(number, unseen, seed=seed)
