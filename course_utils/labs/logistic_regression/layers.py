"""How many hidden layers does a toy data set need? The experiment.

It is small enough to be run again by the check: all data sets and all seeds train side by side.
"""

import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.toys import TOYS, load_toy

SEEDS = 5  # runs of each network, from seed 0
HIDDEN_LAYERS = (0, 1, 2)
UNITS = 6  # in each hidden layer
TARGET = 0.93  # of the test points, to be exceeded
STEPS, LEARNING_RATE = 300, 0.06
TRAINING_POINTS, TEST_POINTS = 200, 400
TEST_SEED = 1000  # added to a run's seed, for points that it has not seen

Layers = list[tuple[torch.Tensor, torch.Tensor]]  # weight (B, in, out) and bias (B, 1, out) of B networks


def start(names: Sequence[str], seeds: Sequence[int], hidden_layers: int) -> Layers:
    """Draw the first weights of a network for each data set and seed, the same on every machine."""
    widths = [2, *[UNITS] * hidden_layers, 1]
    layers = []
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        limit = (6 / (inputs + outputs)) ** 0.5
        weights = []
        for name in names:
            for seed in seeds:
                dice = random.Random(f"{name} {seed} {inputs} {outputs} {number}")
                draw = [[limit * (2 * dice.random() - 1) for _ in range(outputs)] for _ in range(inputs)]
                weights.append(draw)
        biases = torch.zeros(len(weights), 1, outputs, dtype=torch.float64)
        layers.append((torch.tensor(weights, dtype=torch.float64), biases))
    return layers


def scores(layers: Layers, points: torch.Tensor) -> torch.Tensor:
    """Return the scores (B, N) that B networks give to points (B, N, 2); tanh between the layers."""
    x = points
    for number, (weight, bias) in enumerate(layers):
        x = torch.baddbmm(bias, torch.tanh(x) if number else x, weight)
    return x[..., 0]


def batch(names: Sequence[str], seeds: Sequence[int], count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Stack the points (B, N, 2) and labels (B, N) of each data set and seed."""
    drawn = [load_toy(name, count=count, seed=seed) for name in names for seed in seeds]
    points, labels = (np.stack([pair[which] for pair in drawn]) for which in (0, 1))
    return torch.tensor(points), torch.tensor(labels, dtype=torch.float64)


def train(names: Sequence[str], seeds: Sequence[int], hidden_layers: int) -> Layers:
    """Train a network for each data set and seed by Adam, with all its points in each step."""
    layers = start(names, seeds, hidden_layers)
    points, labels = batch(names, seeds, TRAINING_POINTS)
    flat = [tensor.requires_grad_() for layer in layers for tensor in layer]
    means, squares = ([torch.zeros_like(tensor) for tensor in flat] for _ in range(2))
    for step in range(1, STEPS + 1):
        with torch.enable_grad():
            each = F.binary_cross_entropy_with_logits(scores(layers, points), labels, reduction="none")
            gradients = torch.autograd.grad(each.mean(1).sum(), flat)
        with torch.no_grad():
            for tensor, gradient, mean, square in zip(flat, gradients, means, squares, strict=True):
                mean.lerp_(gradient, 0.1)
                square.lerp_(gradient**2, 0.01)
                scale = (square / (1 - 0.99**step)).sqrt_().add_(1e-8)
                tensor.addcdiv_(mean / (1 - 0.9**step), scale, value=-LEARNING_RATE)
    return [(weight.detach(), bias.detach()) for weight, bias in layers]


@lru_cache(maxsize=8)
def accuracies(hidden_layers: int, names: tuple[str, ...] = tuple(TOYS)) -> dict[str, tuple[float, ...]]:
    """Run the experiment: for each data set the shares of new points that each run gets right, 0 to 1.

    Parameters
    ----------
    hidden_layers
        0, 1 or 2, with six tanh units each.
    names
        Which data sets; all of them if left out.
    """
    seeds = range(SEEDS)
    layers = train(names, seeds, hidden_layers)
    points, labels = batch(names, [seed + TEST_SEED for seed in seeds], TEST_POINTS)
    right = ((scores(layers, points) > 0) == (labels > 0)).double().mean(1)
    rows = right.reshape(len(names), SEEDS).tolist()
    return {name: tuple(row) for name, row in zip(names, rows, strict=True)}


def fewest_layers() -> dict[str, int]:
    """Return, for each data set, the fewest hidden layers with which most runs exceed the target."""
    found: dict[str, int] = {}
    for hidden_layers in HIDDEN_LAYERS:
        for name, row in accuracies(hidden_layers).items():
            if name not in found and sum(share > TARGET for share in row) > SEEDS / 2:
                found[name] = hidden_layers
    return found
