"""Checks of noise for all pictures, of pictures of nothing, and of a defence, on the lesson's own network.

There is more than one right answer, so that the effect is measured: the network is run here, on what came.
"""

import numpy as np
import torch
from torch import nn

from course_utils.checks.adversarial_examples import networks, probes
from course_utils.checks.comparing import refusal
from course_utils.judging.answers import as_array, is_missing, kind, plain
from course_utils.judging.protocol.calling import ask, quiet

SLACK = 1e-5  # of float32 in a budget
UNIVERSAL_EPS, UNIVERSAL_EPOCHS, TIMES = 16 / 255, 6, 3
FOOLING_STEPS, CONFIDENT, ENOUGH = 60, 0.99, 8
DEFENCE_EPS = 8 / 255


def _fail(what: str, code: str = "") -> None:
    raise refusal(what, code)


def _as_picture(answer, what: str) -> torch.Tensor:
    array = as_array(answer, what)
    if not np.isfinite(array).all():
        _fail(f"{what} holds numbers that are not finite.")
    return torch.tensor(array, dtype=torch.float32)


# --- one noise for all


@quiet()
def universal_perturbation(answer, network: nn.Module, pictures, hidden: int | None = None) -> None:
    """Check ``universal_perturbation(model, X, eps, epochs) -> (1, C, H, W)`` on pictures it has not seen. 3 points.

    Parameters
    ----------
    answer
        The student's function.
    network
        A network of :func:`course_utils.models.make_small_cnn`.
    pictures
        A pair of :class:`course_utils.data.Pictures`: those to make the noise from, and unseen ones.
    hidden
        Anything but None: messages give no numbers.
    """
    (train, _), (unseen, _) = (part.tensors() for part in pictures)
    weights, eps = networks.weights_of(network), UNIVERSAL_EPS
    answer = ask(probes.universal, answer, weights, train, eps, UNIVERSAL_EPOCHS)
    if answer is None:
        _fail("universal_perturbation returned None. Does it end in a return statement?")
    delta = _as_picture(answer, "What universal_perturbation returns")
    _refuse_shape(delta, train)
    if float(delta.abs().max()) > eps + SLACK:
        _fail("universal_perturbation: not yet right, the noise is larger than eps.", "AD5")
    model = networks.judge(weights)
    rate, control = fooling_rate(model, unseen, delta), control_rate(model, unseen, eps)
    told = "" if hidden is not None else f": {rate:.2f}, random signs {control:.2f}"
    if rate < max(TIMES * control, 0.1):
        seen_only = fooling_rate(model, train, delta) >= max(TIMES * control, 0.2)
        _fail(
            f"universal_perturbation: it fools too few pictures that it has not seen{told}.",
            "EU2" if seen_only else "EU3",
        )
    print("Correct." if hidden is not None else f"Correct.\nShare of unseen pictures that are fooled{told}.")


def _refuse_shape(delta: torch.Tensor, train: torch.Tensor) -> None:
    wanted = (1, *train.shape[1:])
    if tuple(delta.shape) == wanted:
        return
    what = f"universal_perturbation: not yet right, the shape is {tuple(delta.shape)}."
    _fail(what, "EU1" if tuple(delta.shape) == tuple(train.shape) else "DS2" if delta.shape == train.shape[1:] else "")


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


# --- pictures of nothing


@quiet()
def fooling_image(answer, network: nn.Module, hidden: int | None = None) -> None:
    """Check ``fooling_image(model, target, steps, rng) -> ((1, C, H, W), confidence)`` for all classes. 2 points.

    Parameters
    ----------
    answer
        The student's function; ``rng`` is a ``torch.Generator``.
    network
        A network of :func:`course_utils.models.make_small_cnn`; pictures have 3×32×32 numbers.
    hidden
        Other seeds of the noise.
    """
    weights = networks.weights_of(network)
    model, targets = networks.rebuild(weights), list(range(len(weights["head.bias"])))
    seeds = [(hidden or 0) + target for target in targets]
    calls = [(target, FOOLING_STEPS, seed) for target, seed in zip(targets, seeds, strict=True)]
    calls += [(target, 1, seed) for target, seed in zip(targets, seeds, strict=True)]  # far from sure: tells more
    calls += [(0, 1, seeds[0] + 100), (0, 1, seeds[0])]
    answers = ask(probes.fooling, answer, weights, *map(list, zip(*calls, strict=True)))
    if type(answers) is not list or len(answers) != len(calls):
        _fail("fooling_image: there is not one answer for each target.")
    read = [_read_fooling(one, model, target, hidden) for one, (target, *_) in zip(answers, calls, strict=True)]
    reached = [confidence for _, confidence in read[: len(targets)]]
    if sum(value >= CONFIDENT for value in reached) < ENOUGH:
        away = sum(value < 0.05 for value in reached) >= ENOUGH
        _fail(
            f"fooling_image: after {FOOLING_STEPS} steps too few targets are reached with {CONFIDENT}."
            + ("" if away else "\nHint: How far does one step go, and does it start where the step before it ended?"),
            "EF4" if away else "",
        )
    short, other, again = (read[place][0] for place in (len(targets), -2, -1))
    if torch.equal(short, other) or float((short - again).abs().mean()) > 0.05:  # two draws of noise: 0.3
        _fail("fooling_image: not yet right.", "EF3")
    if torch.equal(short, read[0][0]):
        _fail(
            f"fooling_image: with 1 step it returns the same picture as with {FOOLING_STEPS}.\n"
            "Hint: Which number says how often your loop runs?"
        )
    print("Correct.")


def _read_fooling(answer, model: nn.Module, target: int, hidden: int | None) -> tuple[torch.Tensor, float]:
    """Return a fooling image and the network's true probability of its target; refuse what is no such pair."""
    if answer is None or type(answer) is not list or len(answer) != 2:
        what = "None" if answer is None else kind(answer) if type(answer) is not list else f"{len(answer)} things"
        _fail(f"fooling_image should return two things, (picture, confidence), not {what}.")
    picture, claimed = _as_picture(answer[0], "The picture of fooling_image"), plain(_single(answer[1]))
    if tuple(picture.shape) != (1, 3, 32, 32):
        _fail(f"fooling_image: the picture has the shape {tuple(picture.shape)}; is it a batch of one colour picture?")
    if float(picture.min()) < -SLACK or float(picture.max()) > 1 + SLACK:
        _fail("fooling_image: not yet right.", "AD3")
    if is_missing(claimed) or claimed is None:
        _fail("fooling_image: the confidence should be a number.")
    with torch.no_grad():
        true = float(model(picture).softmax(1)[0, target])
    if not -SLACK <= claimed <= 1 + SLACK:
        _fail(f"fooling_image: not yet right{'' if hidden is not None else f' (confidence {claimed:.3g})'}.", "EF2")
    if abs(true - claimed) > 0.005:
        _fail("fooling_image: not yet right.", "EF1")
    return picture, true


def _single(value):
    """Return the one number of an array or tensor with one element; anything else as it is."""
    if isinstance(value, (torch.Tensor, np.ndarray)) and np.prod(value.shape) == 1:
        return value.reshape(())
    return value


# --- a defence (bonus)


@quiet()
def adversarial_training(answer, network: nn.Module, pictures, hidden: int | None = None) -> None:
    """Check ``adversarial_training(model, x, y, eps, epochs)``, which trains ``model`` in place. No points.

    Prints accuracies before and after, on pictures that were not trained on.

    Parameters
    ----------
    answer
        The student's function.
    network
        A network of :func:`course_utils.models.make_small_cnn`; it is not changed here.
    pictures
        A pair of :class:`course_utils.data.Pictures`, to train on and to test with.
    hidden
        Anything but None: messages give no numbers.
    """
    (x, y), (x_test, y_test) = (part.tensors() for part in pictures)
    weights = networks.weights_of(network)
    found = ask(probes.defended, answer, weights, x, y, DEFENCE_EPS, 2)
    before, after = (_accuracies(networks.judge(each), x_test, y_test) for each in (weights, found))
    told = "; ".join(f"{name} {before[name]:.2f} before, {after[name]:.2f} after" for name in before)
    if after["attacked"] < before["attacked"] + 0.1:
        unchanged = all(torch.equal(weights[name], found[name]) for name in weights)
        why = "the model is as it was: is it trained in place?" if unchanged else "it still falls for fgsm."
        asked = "Are the attacked pictures in the loss, and are the steps large enough for two epochs?"
        _fail(
            f"adversarial_training: {why}"
            + ("" if hidden is not None else f"\n  {told}.")
            + ("" if unchanged else f"\nHint: {asked}")
        )
    if after["clean"] < before["clean"] - 0.25:
        _fail(
            "adversarial_training: the price is too high; clean pictures are not recognised any more."
            + ("" if hidden is not None else f"\n  {told}."),
            "EQ4",
        )
    print(f"Correct.\n{told}." if hidden is None else "Correct.")


def _accuracies(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> dict[str, float]:
    attacked = (x + DEFENCE_EPS * networks.slope(model, x, y).sign()).clamp(0, 1)
    return {"clean": networks.accuracy(model, x, y), "attacked": networks.accuracy(model, attacked, y)}
