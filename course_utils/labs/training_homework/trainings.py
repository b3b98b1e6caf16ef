"""The trainings of the clinic: a healthy one, and twelve with one fault each. ``course_utils.packing`` runs them.

A small network for garments is trained for fifteen epochs. A fault is in what it is given, in its loop, or in how it is
judged. Each training is watched the same way, and six experiments are made with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data.fashion import load_fashion

EPOCHS, BATCH, RATE, MOMENTUM = 15, 32, 0.01, 0.9
MANY, FEW, JUDGED = 1000, 50, 500  # pictures to learn from, too few of them, and pictures of each other part


@dataclass(frozen=True)
class Recipe:
    """How a training is done: what is not healthy differs from this in one field."""

    rate: float = RATE
    scale: float = 1.0  # what pixels from 0 to 1 are multiplied with
    pictures: int = MANY
    softmax: bool = False  # before the loss, which has one inside
    torn: bool = False  # pictures are mixed, labels are not
    mixed: bool = True  # in a new order in each epoch; else sorted by class
    moves: bool = True  # the optimiser holds this network's parameters
    forgets: bool = True  # gradients, before each step
    leaks: bool = False  # the validation pictures are learned from, too
    judged_in_training: bool = False  # dropout is at work while it is judged
    shift: int = 0  # what is added to the labels of the validation pictures


HEALTHY = Recipe()
RECIPES = {
    "healthy": HEALTHY,
    "large rate": Recipe(rate=50 * RATE),
    "small rate": Recipe(rate=RATE / 2000),
    "unscaled pixels": Recipe(scale=255.0),
    "few pictures": Recipe(pictures=FEW),
    "two softmaxes": Recipe(softmax=True),
    "torn pairs": Recipe(torn=True),
    "sorted pictures": Recipe(mixed=False),
    "other parameters": Recipe(moves=False),
    "kept gradients": Recipe(forgets=False),
    "leak": Recipe(leaks=True),
    "training mode": Recipe(judged_in_training=True),
    "shifted labels": Recipe(shift=1),
}


class Set(NamedTuple):
    """Pictures ``(N, 784)`` and their labels ``(N,)``."""

    x: torch.Tensor
    y: torch.Tensor


class Course:
    """One training: its network, its pictures and its optimiser."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe, self.seed = recipe, seed
        torch.manual_seed(seed)
        self.network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
        trained = self.network if recipe.moves else nn.Linear(784, 10)
        self.optimiser = torch.optim.SGD(trained.parameters(), lr=recipe.rate, momentum=MOMENTUM)
        self.train, self.validation, self.new = pictures(recipe, seed)

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Compute the loss of a batch as this training does."""
        scores = self.network(x)
        return F.cross_entropy(scores.softmax(1) if self.recipe.softmax else scores, y)

    def step(self, x: torch.Tensor, y: torch.Tensor) -> float:
        """Make one step on a batch; return its loss before."""
        self.network.train()
        if self.recipe.forgets:
            self.network.zero_grad()
        loss = self.loss(x, y)
        loss.backward()
        self.optimiser.step()
        return loss.item()

    def batches(self) -> Iterator[Set]:
        """Yield the batches of an epoch."""
        x, y = self.train
        passes = max(1, MANY // len(y))  # over few pictures: an epoch has the same number of steps
        order = torch.cat([self.order() for _ in range(passes)])
        labels = y if self.recipe.torn else y[order]
        for some in range(0, len(order), BATCH):
            yield Set(x[order[some : some + BATCH]], labels[some : some + BATCH])

    def order(self) -> torch.Tensor:
        """Return the order of the pictures in a pass."""
        y = self.train.y
        return torch.randperm(len(y)) if self.recipe.mixed else y.argsort(stable=True)

    def epoch(self) -> float:
        """Train for one epoch; return the loss of the last batch, before its step."""
        return [self.step(*batch) for batch in self.batches()][-1]

    def judge(self, part: Set) -> tuple[float, float]:
        """Return mean loss and accuracy, as this training measures them."""
        self.network.train(self.recipe.judged_in_training)
        with torch.no_grad():
            right = (self.network(part.x).argmax(1) == part.y).float().mean()
            return self.loss(*part).item(), right.item()


@cache
def garments() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the course's garments to learn from, pixels ``(N, 1, 28, 28)`` from 0 to 1, and labels."""
    return load_fashion()[0].tensors()


def pictures(recipe: Recipe, seed: int) -> tuple[Set, Set, Set]:
    """Return what a training learns from, what it is judged on, and pictures that nobody has used."""
    pixels, labels = garments()
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(labels)))
    x, y = (pixels.flatten(1)[order] - 0.5) / 0.5 * recipe.scale, labels[order]
    new, validation = (Set(x[at : at + JUDGED], y[at : at + JUDGED]) for at in (0, JUDGED))
    some = slice(2 * JUDGED, 2 * JUDGED + recipe.pictures)
    train = Set(x[some], y[some])
    if recipe.leaks:
        train = Set(torch.cat([train.x, validation.x]), torch.cat([train.y, validation.y]))
    return train, Set(validation.x, (validation.y + recipe.shift) % 10), new


# --- what is watched, and the experiments


def curves(recipe: Recipe, seed: int) -> tuple[np.ndarray, Course, float]:
    """Train; return ``(4, epochs)`` numbers as in `patients.CURVES`, the course, and the loss of its last batch."""
    course, found, last = Course(recipe, seed), [], 0.0
    for _ in range(EPOCHS):
        last = course.epoch()
        (loss, right), (loss_there, right_there) = course.judge(course.train), course.judge(course.validation)
        found.append((loss, loss_there, right, right_there))
    return np.array(found).T, course, last


def first_loss(recipe: Recipe, seed: int) -> list[float]:
    """Return the loss of the first batch, before any step."""
    course = Course(recipe, seed)
    course.network.eval()
    return [course.loss(*next(course.batches())).item()]


def by_heart(recipe: Recipe, seed: int) -> list[float]:
    """Return the loss of one batch of 32 at first, after 100 and after 200 steps on it alone."""
    course = Course(recipe, seed)
    batch = next(course.batches())
    losses = [course.step(*batch) for _ in range(201)]
    return [losses[0], losses[100], losses[200]]


def tenth_of_the_rate(recipe: Recipe, seed: int) -> list[float]:
    """Return the training loss after epochs 1, 2 and 3 with a tenth of the learning rate."""
    course, found = Course(recipe, seed), []
    for group in course.optimiser.param_groups:
        group["lr"] /= 10
    for _ in range(3):
        course.epoch()
        found.append(course.judge(course.train)[0])
    return found


def judge_twice(course: Course) -> list[float]:
    """Return the validation accuracy of the trained network, measured twice."""
    return [course.judge(course.validation)[1] for _ in range(2)]


def new_pictures(course: Course) -> list[float]:
    """Return the accuracy on pictures that nobody has used, in evaluation mode, with their own labels."""
    course.network.eval()
    with torch.no_grad():
        return [(course.network(course.new.x).argmax(1) == course.new.y).float().mean().item()]


EXPERIMENTS: dict[str, Callable[[Recipe, int, Course, float], list[float]]] = {
    "first loss": lambda recipe, seed, _course, _last: first_loss(recipe, seed),
    "by heart": lambda recipe, seed, _course, _last: by_heart(recipe, seed),
    "last batch": lambda _recipe, _seed, _course, last: [last],
    "tenth of the rate": lambda recipe, seed, _course, _last: tenth_of_the_rate(recipe, seed),
    "judge twice": lambda _recipe, _seed, course, _last: judge_twice(course),
    "new pictures": lambda _recipe, _seed, course, _last: new_pictures(course),
}


def look_into(recipe: Recipe, seed: int) -> dict[str, np.ndarray]:
    """Train once and make all experiments; return the curves and what each experiment found."""
    with torch.random.fork_rng(devices=[]):
        watched, course, last = curves(recipe, seed)
        found = {name: np.array(make(recipe, seed, course, last)) for name, make in EXPERIMENTS.items()}
    return {"curves": watched} | found


def overfit(seed: int = 0) -> dict[str, list[float]]:
    """Train on fifty pictures with a quarter of the rate; return training and validation loss of each epoch."""
    with torch.random.fork_rng(devices=[]):
        found, _, _ = curves(Recipe(rate=RATE / 4, pictures=FEW), seed)
    return {"training loss": found[0].tolist(), "validation loss": found[1].tolist()}
