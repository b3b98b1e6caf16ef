"""Plain and residual networks of 2 and 32 layers, trained: as ``course_utils.packing depth`` keeps them.

Written with functions and lists of numbers, not with layers: the block itself is the learner's exercise.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_utils import packaged
from course_utils.labs.training_homework.trainings import garments

DEPTHS, SEEDS, EPOCHS, CHANNELS = (2, 32), (0, 1, 2), 3, 8
MANY, JUDGED, BATCH, RATE = 1000, 500, 16, 0.002


class Depths(NamedTuple):
    """What came out: ``(plain or residual, depth, seed, epoch)`` each; loss on training, accuracy on validation."""

    loss: np.ndarray
    accuracy: np.ndarray


def read_depths() -> Depths:
    """Return the runs that ship with the package."""
    arrays = packaged.read("depth")
    return Depths(arrays["loss"], arrays["accuracy"])


def train(depth: int, residual: bool, seed: int) -> np.ndarray:
    """Train one network; return ``(2, epochs)``: mean training loss and validation accuracy of each epoch."""
    pixels, labels = garments()
    pixels = F.avg_pool2d((pixels - 0.5) / 0.5, 2)  # (N, 1, 14, 14)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        convs = [nn.Conv2d(CHANNELS if number else 1, CHANNELS, 3, padding=1) for number in range(depth + 1)]
        head = nn.Linear(CHANNELS * 7 * 7, 10)
        optimiser = torch.optim.Adam([p for layer in (*convs, head) for p in layer.parameters()], lr=RATE)
        found = []
        for _ in range(EPOCHS):
            losses = []
            for some in torch.randperm(MANY).split(BATCH):
                optimiser.zero_grad()
                loss = F.cross_entropy(_scores(convs, head, pixels[some], residual), labels[some])
                loss.backward()
                optimiser.step()
                losses.append(loss.item() * len(some))
            with torch.no_grad():
                guess = _scores(convs, head, pixels[-JUDGED:], residual).argmax(1)
            found.append((sum(losses) / MANY, (guess == labels[-JUDGED:]).float().mean().item()))
    return np.array(found).T


def _scores(convs: list[nn.Conv2d], head: nn.Linear, x: torch.Tensor, residual: bool) -> torch.Tensor:
    x, kept = F.relu(convs[0](x)), None
    for number, conv in enumerate(convs[1:]):
        kept = x if number % 2 == 0 else kept
        x = conv(x)
        x = F.relu(x + kept if residual and number % 2 else x)
    return head(F.max_pool2d(x, 2).flatten(1))
