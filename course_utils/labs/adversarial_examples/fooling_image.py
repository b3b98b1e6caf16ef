"""Exercise 8.7: pictures of nothing that the network is sure about.

| claim of the prompt | case |
|---|---|
| start from `torch.rand` with `rng` | other seeds give other pictures, the same seed the same |
| return the picture (1, 3, 32, 32) with pixels from 0 to 1, and the probability of `target` | every call |
| `model`, whichever it is | a network that sees turned pictures |
| with 60 steps 0.99 for at least 8 of 10 classes | all targets |
| `steps` steps, none with 0 | calls with 0 and 1 step |
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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
from course_utils.labs.adversarial_examples.networks import Turn
from course_utils.labs.adversarial_examples.universal_perturbation import SLACK, as_picture
from course_utils.models import load_trained

EF1 = Misconception(
    "EF1",
    "confidence is not the returned picture's",
    "The network gives the returned picture another probability for the target. Was it computed before the last "
    "step, for another class, or along another axis?",
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
    "The network's probability of the target has gone to nothing. Which class do you want to see, and should its loss "
    "grow or shrink?",
    FOOLING,
)
EF5 = Misconception(
    "EF5",
    "another network than the one that was given",
    "The lesson's own network is sure of this picture, the model that was given is not. Which of them does your "
    "function ask?",
    FOOLING,
)
EF6 = Misconception(
    "EF6",
    "confidence in percent",
    "This is a percentage. Between which two numbers does a probability lie?",
    FOOLING,
)
EF7 = Misconception(
    "EF7",
    "number of steps not used",
    "With other steps the same picture comes out. How often does your loop run, and from which "
    "picture does each turn start?",
    FOOLING,
)
EF8 = Misconception(
    "EF8",
    "another start than the noise of torch.rand",
    "With steps=0 your picture is not what torch.rand gives with rng. From which noise does the walk start, and how "
    "many steps does it take?",
    FOOLING,
)

NAME = "fooling_image"
STEPS, CONFIDENT, ENOUGH = 60, 0.99, 8
Read = tuple[torch.Tensor, float]
SAME = 0.005  # of two probabilities that a learner may have rounded
WORKED = """
The other way round, on paper: a "picture" of two pixels, the score of the class is z = 3 x₁ − 2 x₂ − 1, the
other class has 0. Walk from the noise (0.5, 0.5) in steps of 0.2 until the class is as likely as it can be.

1. Its probability is σ(z). At the start z = −0.5, and σ(−0.5) = 0.38.
2. The loss of the class *wanted*, −log σ(z), falls with x₁ and grows with x₂: so x₁ goes up, x₂ down.
3. (0.7, 0.3): z = 0.5. (0.9, 0.1): z = 1.5. Then the range of pixels stops both: (1, 0), z = 2.
4. The confidence belongs to the picture that is handed back: σ(2) = 0.88, not the σ(1.5) of the step before.

```python
x = torch.tensor([0.5, 0.5])
for _ in range(3):
    x = (x + 0.2 * torch.tensor([1.0, -1.0])).clamp(0, 1)
print(x, torch.sigmoid(3 * x[0] - 2 * x[1] - 1))  # tensor([1., 0.]) tensor(0.8808)
```
"""


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
    misconceptions = (AD3, EF1, EF2, EF3, EF4, EF5, EF6, EF7, EF8)
    worked = WORKED

    def cases(self) -> Sequence[Case]:
        """Return all targets at once: they are judged together."""
        return [Case("all targets", Turn(1, 1))]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return the same targets with other noise, on another network."""
        return [Case("all targets, other noise", Turn(3, 2, negative=True))]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Measure how sure the network is of what came."""
        own = networks.weights_of(load_trained("shapes"))
        weights = networks.turned_weights(own, case.data)
        model, targets = networks.rebuild(weights), range(len(weights["head.bias"]))
        calls = [(target, STEPS, case.seed + target) for target in targets]
        calls += [(0, steps, case.seed + more) for steps, more in ((1, 0), (1, 100), (1, 0), (6, 0))]
        asked = Asked(model, networks.rebuild(own))
        read = _ask(case, answer, weights, calls, asked)
        few = [picture for picture, _ in read[len(targets) :]]
        if torch.equal(few[0], few[-1]):
            raise case.always(f"{NAME}: not yet right.", EF7)
        _refuse_unsure(case, read[: len(targets)])
        _refuse_one_noise(case, *few)
        ((plain_noise, _),) = _ask(case, answer, weights, [(0, 0, case.seed)], asked)
        if torch.equal(few[0], plain_noise):
            raise case.always(f"{NAME}: not yet right.", EF7)
        noise = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(case.seed))
        if not torch.allclose(plain_noise.float(), noise, atol=1e-5):
            raise case.always(f"{NAME}: not yet right.", EF8)


def _ask(case: Case, answer: Callable[..., Any], weights, calls: list[tuple[int, int, int]], asked: "Asked"):
    """Call the function for each target, steps and seed, and return what was read."""
    answers = case.ask(fooling, answer, weights, *map(list, zip(*calls, strict=True)))
    if type(answers) is not list or len(answers) != len(calls):
        raise case.always(f"{NAME}: there is not one answer for each target.")
    pictures = [_read(case, one, asked, target) for one, (target, *_) in zip(answers, calls, strict=True)]
    _refuse_another_confidence(case, pictures)
    return [(picture, sure.given) for picture, sure in pictures]


def _refuse_another_confidence(case: Case, pictures: list[tuple[torch.Tensor, "Sure"]]) -> None:
    """Refuse what the network does not say; where the lesson's network says all of it, say so."""
    sure = [one for _, one in pictures]
    if any(abs(one.given - one.claimed) > SAME for one in sure):
        is_lessons = all(abs(one.lessons - one.claimed) <= SAME for one in sure)
        raise case.always(f"{NAME}: not yet right.", EF5 if is_lessons else EF1)


def fooling(function: Callable[..., Any], weights, targets: list[int], steps: list[int], seeds: list[int]) -> list[Any]:
    """Probe: call ``function(model, target, steps, rng)`` for each target, steps and seed; return what came."""
    model, answers = networks.rebuild(weights), []
    for target, number, seed in zip(targets, steps, seeds, strict=True):
        answer = function(model, target, number, torch.Generator().manual_seed(seed))
        answers.append([plainly(part) for part in answer] if isinstance(answer, tuple | list) else plainly(answer))
    return answers


def _refuse_unsure(case: Case, read: list[Read]) -> None:
    reached = [confidence for _, confidence in read]
    if sum(value >= CONFIDENT for value in reached) >= ENOUGH:
        return
    line = f"{NAME}: after {STEPS} steps too few targets are reached with {CONFIDENT}."
    if sum(value < 0.05 for value in reached) >= ENOUGH:
        raise case.always(line, EF4)
    raise case.always(f"{line}\nHint: How far does one step go, and does it start where the step before it ended?")


def _refuse_one_noise(case: Case, one: torch.Tensor, other: torch.Tensor, again: torch.Tensor, *_: object) -> None:
    if torch.equal(one, other) or float((one - again).abs().mean()) > 0.05:  # two draws of noise: 0.3
        raise case.always(f"{NAME}: not yet right.", EF3)


class Asked(NamedTuple):
    """The network that a function is given, and the lesson's own, which it should not ask."""

    model: nn.Module
    lessons: nn.Module

    def confidence(self, picture: torch.Tensor, target: int) -> tuple[float, float]:
        """Return how sure the two are of a target."""
        with torch.no_grad():
            given, lessons = (float(one(picture).softmax(1)[0, target]) for one in self)
        return given, lessons


class Sure(NamedTuple):
    """How sure of a target the given network is, how sure the lesson's own, and how sure a function says."""

    given: float
    lessons: float
    claimed: float


def _read(case: Case, answer: Any, asked: Asked, target: int) -> tuple[torch.Tensor, Sure]:
    """Return a fooling image and how sure all are of its target; refuse what is no such pair."""
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
    true, lessons = asked.confidence(picture, target)
    if not -SLACK <= claimed <= 1 + SLACK:
        line = f"{NAME}: not yet right"
        way = EF6 if abs(claimed - 100 * true) <= 0.5 else EF2
        raise case.sentence(f"{line} (confidence {claimed:.3g}).", way, hidden=f"{line}.")
    return picture, Sure(true, lessons, claimed)


def _single(value: Any) -> Any:
    """Return the one number of an array or tensor with one element; anything else as it is."""
    if isinstance(value, torch.Tensor | np.ndarray) and np.prod(value.shape) == 1:
        return value.reshape(())
    return value
