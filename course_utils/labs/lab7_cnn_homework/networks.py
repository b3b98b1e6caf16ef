"""What a trained network of garments reaches, and what it does: nothing is read off the names of its layers."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import named
from course_utils.judging.cases import Case
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.watching import Watch, count_kept, scores_of
from course_utils.labs.lab7_cnn_homework.pictures import Labelled, unseen_pictures, validation_pictures

DATA = "The data, in three parts"  # the heading of its section
TR6 = shared.TR6.in_lab(DATA)

DENSE_BAR = 0.78  # accuracy on the test pictures; the lesson's table has what lies on both sides of it
LEAK = 0.04  # better by this on test than on validation pictures; networks that saw neither are worse by 0.02


class Network(NamedTuple):
    """What a network does.

    Parameters
    ----------
    scores
        ``(N, 10)`` of the pictures.
    parameters
        How many numbers it keeps.
    convolves
        Whether kernels wider than a pixel move over the pictures, and the scores depend on it.
    """

    scores: np.ndarray
    parameters: int
    convolves: bool


def look_at_network(model: Any, pictures: torch.Tensor) -> dict[str, Any]:
    """Probe: return a network's scores, how many numbers it keeps, and whether its convolutions have a say."""
    if not isinstance(model, nn.Module):
        return {"kind": type(model).__name__}
    with Watch() as watch:
        scores, other = scores_of(model, pictures)
    if other:
        return {"other": other}
    with Watch(kernels=torch.zeros_like):
        without, _ = scores_of(model, pictures[:250])
    looks_around = watch.windows > 0 or any(one.looks_around for one in watch.computed)
    counts = without is not None and not torch.allclose(without, scores[:250], rtol=1e-3, atol=1e-4)
    return {"scores": scores, "parameters": count_kept(model, watch), "convolves": looks_around and counts}


def look_at(case: Case, network: Any, name: str, pictures: torch.Tensor) -> Network:
    """Return what a student's network does with pictures, pixels from 0 to 1, which it takes standardised.

    Raises
    ------
    NotAttempted
        If there is no network.
    Wrong
        If it is something else, or does not give ten scores for each picture.
    """
    if network is None:
        raise NotAttempted(f"{name} is None")
    found = case.ask(look_at_network, network, (pictures - 0.5) / 0.5)
    if "kind" in found:
        raise case.always(f"{name} should be your trained network, made from nn.Module, not {named(found['kind'])}.")
    if "other" in found:
        raise case.always(f"{name} should return a tensor of scores, not {named(found['other'])}.")
    scores = case.array(found["scores"], f"What {name} returns")
    if scores.shape != (len(pictures), 10):
        raise case.always(f"{name} should give ten scores for each picture; yours have the shape {scores.shape}.")
    return Network(scores, int(found["parameters"]), bool(found["convolves"]))


def accuracy_of(scores: np.ndarray, labels: torch.Tensor) -> float:
    """Return which share of the pictures gets its highest score for its own class."""
    return float((scores.argmax(1) == labels.numpy()).mean())


def accuracies(case: Case, network: Any, name: str, *on: Labelled) -> list[float]:
    """Return a student's network's accuracies on several sets of pictures."""
    scores = look_at(case, network, name, torch.cat([pictures for pictures, _ in on])).scores
    ends = np.cumsum([len(labels) for _, labels in on])
    return [accuracy_of(part, labels) for part, (_, labels) in zip(np.split(scores, ends[:-1]), on, strict=True)]


def refuse_leaks(case: Case, network: Any, name: str) -> float:
    """Return the accuracy on the test pictures; raise if it is one of a network that was trained on them."""
    reached, chosen = accuracies(case, network, name, unseen_pictures(), validation_pictures())
    if reached - chosen > LEAK:
        raise case.wrong(name, TR6)
    return reached


def is_linear(case: Case, network: Any, name: str) -> bool:
    """Tell whether the scores halfway between two pictures are those halfway: softmax regression, no hidden layer."""
    pictures, _ = validation_pictures()
    one, other = pictures[:40], pictures[40:80]
    scores = look_at(case, network, name, torch.cat([one, other, (one + other) / 2])).scores
    both, between = _levelled(scores[:80]), _levelled(scores[80:])
    return bool(np.allclose((both[:40] + both[40:]) / 2, between, atol=1e-3 * np.abs(both).max()))


def are_probabilities(scores: np.ndarray) -> bool:
    """Tell whether the numbers of each picture are probabilities, not scores."""
    return bool((scores >= 0).all() and np.allclose(scores.sum(1), 1, atol=1e-4))


def _levelled(scores: np.ndarray) -> np.ndarray:
    """Return scores with a mean of zero for each picture; probabilities as the scores they come from."""
    if are_probabilities(scores):
        scores = np.log(np.maximum(scores, 1e-30))
    return scores - scores.mean(1, keepdims=True)
