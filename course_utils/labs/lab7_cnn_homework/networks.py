"""What a trained network of garments reaches, and what it is made of."""

from functools import cache
from typing import Any, NamedTuple

import torch
from torch import nn

from course_utils.data import load_fashion
from course_utils.judging.answers import as_array
from course_utils.judging.findings import refuse
from course_utils.judging.protocol.calling import ask
from course_utils.judging.protocol.verdicts import NotAttempted

Labelled = tuple[torch.Tensor, torch.Tensor]  # pictures (N, 1, 28, 28), pixels from 0 to 1, and their classes (N,)

DENSE_BAR = 0.76  # accuracy on the test pictures; a linear model reaches about 0.79 on 5,000 pictures


@cache
def unseen_pictures() -> Labelled:
    """Return the test pictures, which only the checks use."""
    return load_fashion(source="shipped").test.tensors()


@cache
def validation_pictures() -> Labelled:
    """Return the pictures on which the learner compares and chooses."""
    return load_fashion(source="shipped").train.at(range(5000, 6000)).tensors()


class Reached(NamedTuple):
    """What a network reaches and is made of."""

    accuracy: float
    parameters: int
    kinds: list[str]

    @property
    def convolutions(self) -> list[str]:
        """The kinds of its convolutions."""
        return [kind for kind in self.kinds if "Conv" in kind]


def look_at_network(model: Any, pictures: torch.Tensor) -> list[Any]:
    """Probe: return the scores of a network in eval mode, its number of parameters, and the kinds of its layers."""
    if not isinstance(model, nn.Module):
        return [None, 0, [type(model).__name__]]
    mode = model.training
    model.eval()
    try:
        with torch.no_grad():
            scores = torch.cat([model(part) for part in pictures.split(250)]).detach()
    finally:
        model.train(mode)
    kinds = [type(layer).__name__ for layer in model.modules() if not list(layer.children())]
    return [scores, sum(p.numel() for p in model.parameters()), kinds]


def reached(network: Any, name: str, on: Labelled) -> Reached:
    """Return what a student's network reaches on some pictures, which it takes standardised.

    Raises
    ------
    NotAttempted
        If there is no network.
    Wrong
        If it is something else, or does not give ten scores for each picture.
    """
    if network is None:
        raise NotAttempted(f"{name} is None")
    pictures, labels = on
    found, parameters, kinds = ask(look_at_network, network, (pictures - 0.5) / 0.5)
    if found is None:
        raise refuse(f"{name} should be your trained network, not of the kind {kinds[0]}.")
    scores = as_array(found, f"What {name} returns")
    if scores.shape != (len(labels), 10):
        raise refuse(f"{name} should give ten scores for each picture; its scores have the shape {scores.shape}.")
    return Reached(float((scores.argmax(1) == labels.numpy()).mean()), parameters, kinds)
