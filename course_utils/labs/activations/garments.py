"""A network that learns real pictures, watched layer by layer at its start and after training."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.data import load_fashion
from course_utils.labs.activations.functions import ACTIVATIONS, Activation, find_activation

PICTURES, WATCHED, BATCH, EPOCHS = 3000, 500, 64, 3
LAYERS, WIDTH, CLASSES = 4, 64, 10
Weights = list[tuple[torch.Tensor, torch.Tensor]]


class Look(NamedTuple):
    """One look into the network, on 500 training pictures.

    Parameters
    ----------
    activations
        Of each hidden layer, ``(500, 64)``, first to last.
    gradients
        The root mean square of the loss's gradient by each hidden layer's pre-activations.
    """

    activations: list[np.ndarray]
    gradients: list[float]


class Run(NamedTuple):
    """A run: the network at its start, after training, and its share of 1,000 new pictures right."""

    start: Look
    trained: Look
    accuracy: float


def train_garments(activation: str, rate: float, seed: int = 0) -> Run:
    """Train four hidden layers of 64 units on 3,000 garments of Fashion-MNIST: three epochs of SGD, batches of 64.

    Parameters
    ----------
    activation
        Of the hidden layers: "identity", "sigmoid", "tanh" or "relu".
    rate
        The learning rate.
    seed
        Of the first weights, which are as ``nn.Linear`` draws them, and of the order of the pictures.

    Raises
    ------
    ValueError
        If there is no such activation, or the rate is not above 0.
    """
    find_activation(activation)
    if not rate > 0:
        raise ValueError(f"rate must be above 0, not {rate}")
    act, generator = ACTIVATIONS[activation], torch.Generator().manual_seed(seed)
    (x, y), (x_new, y_new) = _pictures()
    weights = _draw(generator)
    with torch.enable_grad():
        start = _look(weights, act, x[:WATCHED], y[:WATCHED])
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(x), generator=generator).split(BATCH):
                _step(weights, act, x[batch], y[batch], rate)
        trained = _look(weights, act, x[:WATCHED], y[:WATCHED])
    with torch.no_grad():
        right = _forward(weights, act, x_new)[-1].argmax(1) == y_new
    return Run(start, trained, right.double().mean().item())


def _pictures() -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """Return training and new pictures ``(N, 784)``, standardised by the training pictures, with their classes."""
    train, test = load_fashion()
    x, x_new = (torch.from_numpy(part.images.reshape(len(part.images), -1)).float() for part in (train, test))
    x = x[:PICTURES]
    mean, spread = x.mean(), x.std()
    y, y_new = (torch.from_numpy(np.asarray(part.labels)).long() for part in (train, test))
    return ((x - mean) / spread, y[:PICTURES]), ((x_new - mean) / spread, y_new)


def _draw(generator: torch.Generator) -> Weights:
    """Draw weights and biases evenly from -1/√inputs to 1/√inputs, as nn.Linear does."""
    sizes = [784, *[WIDTH] * LAYERS, CLASSES]
    drawn = []
    for inputs, outputs in pairwise(sizes):
        shapes = (outputs, inputs), (outputs,)
        pair = [(torch.rand(*shape, generator=generator) * 2 - 1) / inputs**0.5 for shape in shapes]
        drawn.append((pair[0].requires_grad_(), pair[1].requires_grad_()))
    return drawn


def _forward(weights: Weights, act: Activation, x: torch.Tensor) -> list[torch.Tensor]:
    """Return the pre-activations of all layers; the last are the scores."""
    sums = [F.linear(x, *weights[0])]
    for pair in weights[1:]:
        sums.append(F.linear(act(sums[-1]), *pair))
    return sums


def _step(weights: Weights, act: Activation, x: torch.Tensor, y: torch.Tensor, rate: float) -> None:
    every = [one for pair in weights for one in pair]
    gradients = torch.autograd.grad(F.cross_entropy(_forward(weights, act, x)[-1], y), every)
    with torch.no_grad():
        for one, gradient in zip(every, gradients, strict=True):
            one -= rate * gradient


def _look(weights: Weights, act: Activation, x: torch.Tensor, y: torch.Tensor) -> Look:
    sums = _forward(weights, act, x)
    gradients = torch.autograd.grad(F.cross_entropy(sums[-1], y), sums[:-1])
    sizes = [gradient.square().mean().sqrt().item() for gradient in gradients]
    return Look([act(z).detach().numpy() for z in sums[:-1]], sizes)
