"""Exercise 6.13: what one layer is worth.

| the prompt says | what is tried |
|---|---|
| differ only in dropout or batch norm | in train mode: is there chance in the scores, do pictures see each other |
| all else is the same | shapes of the parameters; kinds of operations; what ``fit`` has written down |
| both are trained, each by itself | accuracies above a bar; weights that differ |
| both accuracies on the validation pictures | measured again |

Networks that were not trained with the lesson's ``fit`` have nothing written down: of those the epochs cannot be known.
"""

from collections import Counter
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, is_missing, short
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import read_number
from course_utils.judging.protocol.calling import ask
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted
from course_utils.judging.watching import Watch
from course_utils.labs.lab7_cnn_homework.networks import accuracies
from course_utils.labs.lab7_cnn_homework.pictures import validation_pictures

WORTH = "What is a layer worth?"  # the heading of its section

KE6 = shared.KE6.in_lab(WORTH)
KF4 = shared.KF4.in_lab(
    WORTH, "This is not what your network reaches on these pictures. On which pictures did you measure, and when?"
)

KF19 = Misconception(
    "KF19",
    "the two accuracies exchanged",
    "This is what your other network reaches. Which of the two stands where?",
    WORTH,
)

LAYERS = ("dropout", "batch norm")
WITH, WITHOUT = NUMBERS = ("accuracy with", "accuracy without")
TOLERANCE = 0.006
BAR = 0.6  # accuracy of a network that was trained at all
COMPARED = ("convolution", "addmm", "max_pool", "avg_pool", "relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softmax")


class Made(NamedTuple):
    """What a network is made of, by what it does.

    Parameters
    ----------
    layers
        For dropout and batch norm: whether the network has it.
    parameters
        All of them.
    operations
        How often each kind is computed.
    recipe
        What ``fit`` has written down: pictures, epochs and learning rate of each training.
    """

    layers: dict[str, bool]
    parameters: list[np.ndarray]
    operations: Counter[str]
    recipe: list[tuple[float, ...]]

    def shapes(self) -> Counter[tuple[int, ...]]:
        """Count the shapes of the parameters."""
        return Counter(one.shape for one in self.parameters)

    def weights(self) -> list[np.ndarray]:
        """Return what is no bias."""
        return [one for one in self.parameters if one.ndim > 1]


class Ablation(Exercise):
    """Two networks that differ in dropout or batch norm only, and what both reach on the validation pictures."""

    id = "ablation"
    hints = (
        "Besides the layer, which things must be the same for both networks?",
        "Which pictures does accuracy(with_layer, make_loader(validation)) measure on?",
    )
    worked = """
        An ablation of another kind: what is pooling worth?

        1. One function makes both networks, so that nothing else can differ: the layer is its only argument.
        2. Each network is made after the same seed and trained by the same call: same pictures, epochs, learning rate.
        3. Both are measured on the same validation pictures: 0.71 with, 0.68 without.

        ```python
        def made(*layer):
            torch.manual_seed(3)
            after = (nn.AdaptiveMaxPool2d(6), nn.Flatten(), nn.Linear(144, 10))
            network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), *layer, *after)
            fit(network, train, epochs=2)
            return network
        ```
    """
    misconceptions = (KE6, KF4, KF19)

    def judge(self, answers: Any, with_layer: Any, without_layer: Any) -> dict[str, Finding]:
        """Judge ``{"layer": word, "accuracy with": number, "accuracy without": number}`` and both networks."""
        given = as_dict(answers, ("layer", *NUMBERS), "table")
        networks = {WITH: (with_layer, "with_layer"), WITHOUT: (without_layer, "without_layer")}
        reached = cache(lambda part: _reached(*networks[part]))
        looks = {"layer": partial(_look_at_layer, given["layer"], networks, reached)}
        looks |= {part: partial(_look_at_accuracy, part, given[part], reached) for part in NUMBERS}
        return look_at(looks)


def _reached(network: Any, name: str) -> float:
    """Return a network's accuracy on the validation pictures; raise if it was not trained."""
    (share,) = accuracies(Case("the validation pictures"), network, name, validation_pictures())
    if share < BAR:
        raise refuse(
            f"{name} gets {100 * share:.0f} % of the validation pictures right; from {100 * BAR:.0f} % on it counts as "
            "trained.",
            detail="Hint: Is this the network that fit has trained?",
        )
    return share


# --- the layer


def look_inside(model: nn.Module, x: torch.Tensor) -> dict[str, Any]:
    """Probe: run a network in train mode on a batch, by other chances and with other neighbours; leave it as it was."""
    kept, mode = {name: one.clone() for name, one in model.state_dict().items()}, model.training

    def run(pictures: torch.Tensor, seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return model(pictures)

    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            with Watch() as watch:
                model.eval()(x)
            model.train()
            usual = run(x, 1)
            chance = not torch.allclose(usual, run(x, 2), atol=1e-5)
            others = torch.cat([x[:1], x[1:].flip(-1)])
            neighbours = not torch.allclose(usual[0], run(others, 1)[0], atol=1e-5)
    finally:
        model.train(mode)
        model.load_state_dict(kept)
    return {
        "dropout": chance,
        "batch norm": neighbours,
        "parameters": [one.detach() for one in model.parameters()],
        "operations": dict(watch.names),
        "recipe": _plain_recipe(getattr(model, "recipe", None)),
    }


def _plain_recipe(recipe: Any) -> list[list[float]]:
    try:
        return [[float(number) for number in line] for line in recipe or []]
    except (TypeError, ValueError):  # an attribute of the learner's own
        return []


def _made(network: Any) -> Made:
    pictures, _ = validation_pictures()
    found = ask(look_inside, network, (pictures[:32] - 0.5) / 0.5)
    kinds: Counter[str] = Counter()
    for name, number in found["operations"].items():
        kinds.update({kind: number for kind in COMPARED if kind in name})
    parameters = [np.asarray(one) for one in found["parameters"]]
    recipe = [tuple(line) for line in found["recipe"]]
    return Made({word: bool(found[word]) for word in LAYERS}, parameters, kinds, recipe)


def _look_at_layer(answer: Any, networks: dict[str, tuple[Any, str]], reached: Any) -> None:
    if is_missing(answer):
        raise NotAttempted('fill in the table: "layer" is empty')
    letters = "".join(filter(str.isalpha, answer)).lower() if type(answer) is str else ""
    word = next((one for one in LAYERS if one.replace(" ", "") == letters), "")
    if not word:
        raise refuse(f'table["layer"] should be "dropout" or "batch norm", not {short(answer)}.')
    for part in NUMBERS:
        reached(part)
    made, plain = (_made(networks[part][0]) for part in NUMBERS)
    if [made.layers[word], plain.layers[word]] != [True, False]:
        raise refuse(
            f"layer: with_layer should have {word}, without_layer none.",
            detail=f"Hint: In train mode, {_sign(word)}. In which of the two?",
        )
    _refuse_other_differences(word, made, plain)


def _sign(word: str) -> str:
    if word == "dropout":
        return "a network with dropout gives other scores each time"
    return "a network with batch norm gives a picture other scores when its neighbours in the batch change"


def _refuse_other_differences(word: str, made: Made, plain: Made) -> None:
    """Raise if the two networks differ in something else than the layer."""
    (other,) = set(LAYERS) - {word}
    more, fewer = made.shapes() - plain.shapes(), plain.shapes() - made.shapes()
    biases_only = all(len(shape) == 1 for shape in (*more, *fewer))
    same_shapes = biases_only if word == "batch norm" else not more and not fewer
    if made.layers[other] != plain.layers[other] or not same_shapes or made.operations != plain.operations:
        raise refuse(
            f"layer: your two networks differ in more than {word}. Which difference made the accuracies differ?"
        )
    if made.recipe != plain.recipe:
        raise refuse(
            "layer: fit has written down other pictures, epochs or learning rates for one network than for the other.",
            detail="Hint: Which difference made the accuracies differ?",
        )
    pairs = zip(made.weights(), plain.weights(), strict=False)
    if all(one.shape == other.shape and np.array_equal(one, other) for one, other in pairs):
        raise refuse("layer: both networks have the same weights. Was each of them trained by itself?")


# --- the numbers


def _look_at_accuracy(part: str, answer: Any, reached: Any) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in table[{part!r}]")
    number = read_number(answer, f"table[{part!r}]") or 0.0
    if not abs(number - reached(part)) <= TOLERANCE:
        raise refuse(f"{part}: you gave {short(number)}.", _way(part, number, reached))


def _way(part: str, number: float, reached: Any) -> Misconception | None:
    """Return the wrong way that gives a number."""
    if abs(number - 100 * reached(part)) <= 1:
        return KE6
    other = WITHOUT if part == WITH else WITH
    try:
        if abs(number - reached(other)) <= TOLERANCE:
            return KF19
    except CheckFailed:  # the other network cannot be measured
        pass
    return KF4 if 0 <= number <= 1 else None
