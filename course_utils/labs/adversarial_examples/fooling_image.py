"""Exercise 8.7: pictures of nothing that the network is sure about."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.judging.answers import is_missing, kind, plain
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.attacks import AD3, plainly
from course_utils.labs.adversarial_examples.headings import FOOLING
from course_utils.labs.adversarial_examples.universal_perturbation import SLACK, as_picture
from course_utils.models import load_trained

EF1 = Misconception(
    "EF1",
    "confidence is not the returned picture's",
    "The network gives the returned picture another probability for the target. Was it computed before the last "
    "step, or for another class?",
    FOOLING,
)
EF2 = Misconception(
    "EF2",
    "score given for the confidence",
    "A confidence lies between 0 and 1. What turns scores into such numbers?",
    FOOLING,
)
EF3 = Misconception(
    "EF3",
    "rng not used",
    "The picture does not follow rng: another seed should give another one, the same seed the same. Where does "
    "the noise at the start come from?",
    FOOLING,
)
EF4 = Misconception(
    "EF4",
    "walked away from the target",
    "The network's probability of the target has gone to nothing. Should the loss of the class that you want to "
    "see grow or shrink?",
    FOOLING,
)

NAME = "fooling_image"
STEPS, CONFIDENT, ENOUGH = 60, 0.99, 8
Read = tuple[torch.Tensor, float]


class FoolingImage(Implementation):
    """Write ``fooling_image(model, target, steps, rng) -> ((1, C, H, W), confidence)``, for all classes.

    ``rng`` is a ``torch.Generator``; pictures have 3×32×32 numbers.
    """

    id = "fooling-image"
    hints = (
        "Start from torch.rand(1, 3, 32, 32, generator=rng). Which label do you pass to your gradient?",
        "Should the target's loss become smaller or larger? Choose steps of about 0.02 with the sign.",
        "When is the confidence computed, before or after the last step?",
    )
    misconceptions = (AD3, EF1, EF2, EF3, EF4)

    def cases(self) -> Sequence[Case]:
        """Return all targets at once: they are judged together."""
        return [Case("all targets")]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return the same targets with other noise."""
        return [Case("all targets, other noise")]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Measure how sure the lesson's network is of what came."""
        weights = networks.weights_of(load_trained("shapes"))
        model, targets = networks.rebuild(weights), range(len(weights["head.bias"]))
        calls = [(target, steps, case.seed + target) for steps in (STEPS, 1) for target in targets]
        calls += [(0, 1, case.seed + 100), (0, 1, case.seed)]
        answers = case.ask(fooling, answer, weights, *map(list, zip(*calls, strict=True)))
        if type(answers) is not list or len(answers) != len(calls):
            raise case.always(f"{NAME}: there is not one answer for each target.")
        read = [_read(case, one, model, target) for one, (target, *_) in zip(answers, calls, strict=True)]
        _refuse_unsure(case, read[: len(targets)])
        _refuse_one_noise(case, read[0][0], *(read[place][0] for place in (len(targets), -2, -1)))


def fooling(function: Callable[..., Any], weights, targets: list[int], steps: list[int], seeds: list[int]) -> list[Any]:
    """Probe: call ``function(model, target, steps, rng)`` for each target, steps and seed; return what came."""
    model, answers = networks.rebuild(weights), []
    for target, number, seed in zip(targets, steps, seeds, strict=True):
        answer = function(model, target, number, torch.Generator().manual_seed(seed))
        answers.append([plainly(part) for part in answer] if type(answer) in (tuple, list) else plainly(answer))
    return answers


def _refuse_unsure(case: Case, read: list[Read]) -> None:
    reached = [confidence for _, confidence in read]
    if sum(value >= CONFIDENT for value in reached) >= ENOUGH:
        return
    line = f"{NAME}: after {STEPS} steps too few targets are reached with {CONFIDENT}."
    if sum(value < 0.05 for value in reached) >= ENOUGH:
        raise case.always(line, EF4)
    raise case.always(f"{line}\nHint: How far does one step go, and does it start where the step before it ended?")


def _refuse_one_noise(case: Case, long: torch.Tensor, short: torch.Tensor, other: torch.Tensor, again) -> None:
    if torch.equal(short, other) or float((short - again).abs().mean()) > 0.05:  # two draws of noise: 0.3
        raise case.always(f"{NAME}: not yet right.", EF3)
    if torch.equal(short, long):
        raise case.always(
            f"{NAME}: with 1 step it returns the same picture as with {STEPS}.\n"
            "Hint: Which number says how often your loop runs?"
        )


def _read(case: Case, answer: Any, model: nn.Module, target: int) -> Read:
    """Return a fooling image and the network's true probability of its target; refuse what is no such pair."""
    if type(answer) is not list or len(answer) != 2:
        what = f"{len(answer)} things" if type(answer) is list else kind(answer)
        raise case.always(f"{NAME} should return two things, (picture, confidence), not {what}.")
    picture, claimed = as_picture(case, answer[0], f"The picture of {NAME}"), plain(_single(answer[1]))
    if tuple(picture.shape) != (1, 3, 32, 32):
        shape = tuple(picture.shape)
        raise case.always(f"{NAME}: the picture has the shape {shape}; is it a batch of one colour picture?")
    if float(picture.min()) < -SLACK or float(picture.max()) > 1 + SLACK:
        raise case.always(f"{NAME}: not yet right.", AD3)
    if is_missing(claimed):
        raise case.always(f"{NAME}: the confidence should be a number.")
    with torch.no_grad():
        true = float(model(picture).softmax(1)[0, target])
    if not -SLACK <= claimed <= 1 + SLACK:
        line = f"{NAME}: not yet right"
        raise case.sentence(f"{line} (confidence {claimed:.3g}).", EF2, hidden=f"{line}.")
    if abs(true - claimed) > 0.005:
        raise case.always(f"{NAME}: not yet right.", EF1)
    return picture, true


def _single(value: Any) -> Any:
    """Return the one number of an array or tensor with one element; anything else as it is."""
    if isinstance(value, torch.Tensor | np.ndarray) and np.prod(value.shape) == 1:
        return value.reshape(())
    return value
