"""Exercise 1.9: the largest learning rates with which gradient descent converges, found by trying."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F

from course_utils.data.sunshine import sunshine_days
from course_utils.judging.answers import as_dict, plain
from course_utils.judging.closeness import near
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import read_number
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.variants import Dice, draw
from course_utils.labs.neurons.headings import STEP

NR1 = Misconception(
    "NR1",
    "the fastest rate instead of the largest",
    "This rate gets there first. Is there a larger one that wobbles, and still arrives?",
    STEP,
)
NR2 = Misconception(
    "NR2",
    "the first rate that diverges",
    "Look at this rate's loss after more and more steps. Where is it heading?",
    STEP,
)
NR3 = Misconception(
    "NR3",
    "raw and standardised exchanged",
    "These are the right rates in each other's place. Which input is the larger, and what does that do to a slope?",
    STEP,
)

INPUTS = ("raw", "standardised")
LESSON_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.45, 0.9, 1.8)
CLOSEST = 0.08  # no rate lies nearer to the limit than this part of it


class Rates(NamedTuple):
    """Learning rates to try on days of sunshine; `hours` and `temperature` (°C) hold one number a day."""

    rates: tuple[float, ...]
    hours: tuple[float, ...]
    temperature: tuple[float, ...]


# --- what is right


def largest_converging(rates: Sequence[float], x: torch.Tensor) -> float:
    """Find the largest rate below 2 / curvature, the curvature of the loss being PyTorch's."""

    def loss(params: torch.Tensor) -> torch.Tensor:
        return F.mse_loss(params[0] * x + params[1], torch.zeros_like(x))

    curvature = torch.autograd.functional.hessian(loss, torch.zeros(2, dtype=torch.float64))
    limit = 2 / float(torch.linalg.eigvalsh(curvature)[-1])
    return max(rate for rate in rates if rate < limit)


def standardise(values: Sequence[float]) -> list[float]:
    """Return values with mean 0 and standard deviation 1."""
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return [(value - mean) / spread for value in values]


def steepest(x: Sequence[float]) -> float:
    """Return the largest curvature of the mean squared error of a line w·x + b."""
    a, b = sum(value * value for value in x) / len(x), sum(x) / len(x)
    return (a + 1) + math.sqrt((a - 1) ** 2 + (b + b) ** 2)  # eigenvalue of 2 [[a, b], [b, 1]]


def flattest(x: Sequence[float]) -> float:
    """Return the smallest curvature of the mean squared error of a line w·x + b."""
    a = sum(value * value for value in x) / len(x)
    return 2 * (a + 1) - steepest(x)


def largest_rate(rates: Sequence[float], x: Sequence[float]) -> float:
    """Return the largest rate with which gradient descent converges."""
    return max(rate for rate in rates if rate * steepest(x) < 2)


def fastest_rate(rates: Sequence[float], x: Sequence[float]) -> float:
    """Return the rate with which the slowest part of the error shrinks most in a step."""
    return min(rates, key=lambda rate: max(abs(1 - rate * steepest(x)), abs(1 - rate * flattest(x))))


def rate_answers(question: Rates, choose: Callable[..., float]) -> Mapping[str, float]:
    """Apply a choice of rates to the raw and to the standardised input."""
    inputs = {"raw": question.hours, "standardised": standardise(question.hours)}
    return {name: choose(question.rates, x) for name, x in inputs.items()}


# --- drawing


def _sample_rates(dice: Dice) -> Rates:
    days = sunshine_days(60, dice.between(1, 10**6), longest=dice.between(8, 16))
    base = dice.between(70, 140) / 10**5
    return Rates(tuple(float(f"{base * 2**step:.2g}") for step in range(12)), *map(tuple, days))


def rates_tell_apart(question: Rates) -> bool:
    """Tell whether no rate is near a limit, limits lie inside the grid, and the fastest is not the largest."""
    limits = [2 / steepest(question.hours), 2 / steepest(standardise(question.hours))]
    clear = all(abs(rate / limit - 1) > CLOSEST for rate in question.rates for limit in limits)
    inside = question.rates[0] < limits[0] and limits[1] < question.rates[-1]
    if not clear or not inside or len(set(question.rates)) < len(question.rates):
        return False
    largest, fastest = rate_answers(question, largest_rate), rate_answers(question, fastest_rate)
    return largest["raw"] < largest["standardised"] != fastest["standardised"]


class LargestRate(Exercise):
    """With which largest rate does descent converge, on raw and on standardised input?"""

    id = "largest-rate"
    hints = (
        "Which rates end with a loss that is still shrinking or has settled? Which end in a huge number?",
        "The largest that converges need not be the quickest. Is there a larger one whose loss still goes down?",
    )
    misconceptions = (NR1, NR2, NR3)

    def draw(self) -> Rates:
        """Return rates to try and days to try them on."""
        if not self.student:
            return Rates(LESSON_RATES, *map(tuple, sunshine_days(60, "learning-rates")))
        return draw(Dice(self.student, "learning-rates"), _sample_rates, rates_tell_apart)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"raw": rate, "standardised": rate}``."""
        given = as_dict(answers, INPUTS, "largest")
        hours = torch.tensor(self.question.hours, dtype=torch.float64)
        inputs = (hours, (hours - hours.mean()) / hours.std(correction=0))
        right = {name: largest_converging(self.question.rates, x) for name, x in zip(INPUTS, inputs, strict=True)}
        exchanged = all(
            _same(given[name], right[other]) for name, other in zip(INPUTS, reversed(INPUTS), strict=True)
        ) and not _same(right["raw"], right["standardised"])
        return look_at({name: partial(self._look, name, given[name], right, exchanged) for name in INPUTS})

    def _look(self, name: str, answer: Any, right: Mapping[str, float], exchanged: bool) -> None:
        rate = read_number(answer, f"largest[{name!r}]")
        if rate is None:
            raise NotAttempted("fill in the values, run that cell, then this one")
        if not any(_same(rate, other) for other in self.question.rates):
            raise refuse(f"{name}: choose from the rates that were tried; {rate:g} is not among them.")
        if not _same(rate, right[name]):
            raise refuse(f"{name}: you gave {rate:g}.", NR3 if exchanged else self._way(name, rate, right[name]))

    def _way(self, name: str, rate: float, right: float) -> Misconception | None:
        larger = [other for other in self.question.rates if other > right]
        if _same(rate, rate_answers(self.question, fastest_rate)[name]):
            return NR1
        return NR2 if larger and _same(rate, min(larger)) else None


def _same(one: Any, other: float) -> bool:
    number = plain(one)
    return number is not None and near(number, other, share=1e-9)
