"""The patients of the clinic: what was watched of each training, and what experiments found; kept in the package."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from course_utils import packaged
from course_utils.judging.variants import Dice
from course_utils.mistakes import Mistake

FAULTS = (
    "large rate",
    "small rate",
    "unscaled pixels",
    "few pictures",
    "two softmaxes",
    "torn pairs",
    "sorted pictures",
    "other parameters",
    "kept gradients",
    "leak",
    "training mode",
    "shifted labels",
)
LETTERS = "ABCDEFGHIJ"
HEALTHY = "healthy"
ALL = (HEALTHY, *FAULTS)
SEEDS = (0, 1, 2)
CURVES = ("training loss", "validation loss", "training accuracy", "validation accuracy")
SHOWN = (1, 2, 3, 5, 10, 15)  # epochs of a table

EXPERIMENTS = {  # what each asks, and how its answer is worded
    "first loss": ("the loss of a batch before any step", "{0}"),
    "by heart": (
        "one batch of 32, over and over: its loss before",
        "{0}, after 100 steps {1}, after 200 steps {2}",
    ),
    "last batch": ("the loss of the last batch that it learned from, before the step", "{0}"),
    "tenth of the rate": ("training loss with a tenth of the rate: after epoch 1", "{0}, 2 {1}, 3 {2}"),
    "judge twice": ("validation accuracy of the trained network, measured twice", "{0} and {1}"),
    "new pictures": ("accuracy on 500 pictures that nobody has used, measured with care", "{0}"),
}


@cache
def kept() -> Mapping[str, np.ndarray]:
    """Return what ships with the package: by what was watched, ``(training, seed, …)`` in the order of `ALL`."""
    return packaged.read("clinic")


@dataclass(frozen=True)
class Patient:
    """One training. Print it for a table of its curves; ``experiment(name)`` makes an experiment with it."""

    name: str
    fault: str = field(repr=False)
    seed: int = field(repr=False)

    def _found(self, what: str) -> np.ndarray:
        found: np.ndarray = kept()[what][ALL.index(self.fault), SEEDS.index(self.seed)]
        return found

    @property
    def curves(self) -> dict[str, np.ndarray]:
        """The four curves, a number an epoch."""
        return dict(zip(CURVES, self._found("curves"), strict=True))

    def numbers(self, experiment: str) -> tuple[float, ...]:
        """Return what an experiment found, as numbers.

        Raises
        ------
        Mistake
            If there is no such experiment.
        """
        if experiment not in EXPERIMENTS:
            raise Mistake(f"the experiments are {', '.join(map(repr, EXPERIMENTS))}; not {experiment!r}")
        return tuple(float(value) for value in self._found(experiment))

    def experiment(self, name: str) -> str:
        """Return what an experiment found, in a sentence; names as in the lesson's table."""
        values = self.numbers(name)
        asked, found = EXPERIMENTS[name]
        return f"{self.name}, {name}: {asked} {found.format(*map(worded, values))}"

    def __str__(self) -> str:
        head = f"{self.name}, epoch".ljust(20) + "".join(f"{epoch:>8}" for epoch in SHOWN)
        rows = [
            name.ljust(20) + "".join(f"{worded(values[epoch - 1]):>8}" for epoch in SHOWN)
            for name, values in self.curves.items()
        ]
        return "\n".join([head, *rows])


def worded(value: float) -> str:
    """Return a number with three decimals; large ones with three digits, what is none as nan."""
    return "nan" if np.isnan(value) else f"{value:.3f}" if abs(value) < 1000 else f"{value:.1e}"


def draw_patients(dice: Dice) -> dict[str, Patient]:
    """Draw ten of the twelve faults, in an order of one's own, each as one of three runs shows it."""
    chosen = dice.shuffled(FAULTS)[: len(LETTERS)]
    return {letter: Patient(letter, fault, dice.choose(SEEDS)) for letter, fault in zip(LETTERS, chosen, strict=True)}


def healthy() -> Patient:
    """Return the training without a fault."""
    return Patient(HEALTHY, HEALTHY, 0)
