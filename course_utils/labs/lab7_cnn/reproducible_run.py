"""Exercise 6.7: the same training twice."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.lab7_cnn.headings import REPEAT

KF5 = shared.KF5.in_lab(REPEAT)
KF7 = shared.KF7.in_lab(REPEAT)
KF6 = Misconception(
    "KF6",
    "shuffling not seeded",
    "The runs begin alike and drift apart. What else is drawn by chance, besides the first weights?",
    REPEAT,
)

NAME = "reproducible_run"


def run_with_seeds(function: Callable[[int], Any], seeds: list[int]) -> list[list[Any]]:
    """Probe: call the function once for each seed, with other random numbers in between.

    Returns
    -------
    list
        For each seed ``[weights as one row, ""]``, or ``[None, the kind of what came]``.
    """
    found = []
    for number, seed in enumerate(seeds):
        torch.rand(3 + number), random.random(), np.random.rand(2 + number)
        found.append(_in_a_row(function(seed)))
    return found


def _in_a_row(weights: Any) -> list[Any]:
    if isinstance(weights, nn.Module):
        weights = weights.state_dict()
    if isinstance(weights, dict):
        weights = list(weights.values())
    if isinstance(weights, torch.Tensor | np.ndarray):
        weights = [weights]
    if weights is None or isinstance(weights, str | int | float):
        return [None, type(weights).__name__]
    rows = [torch.as_tensor(one).detach().double().reshape(-1) for one in weights]
    return [torch.cat(rows), ""] if rows else [None, "empty list"]


def first_weights(seed: int) -> torch.Tensor:
    """Return the weights, as one row, that the lesson's small network has if it is made right after the seed is set."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = nn.Sequential(nn.Conv2d(3, 4, kernel_size=5), nn.Linear(4 * 8 * 8, 10))
    return torch.cat([p.detach().double().reshape(-1) for p in made.parameters()])


class ReproducibleRun(Implementation):
    """``reproducible_run(seed) -> final weights``: equal seeds, equal weights; others, others.

    The weights are a list of tensors, a state dict or a model.
    """

    id = "reproducible-run"
    hints = (
        "Which things in your function are drawn by chance?",
        "When is a network's first weight drawn: before or after your call of torch.manual_seed?",
    )
    misconceptions = (KF5, KF6, KF7)

    def cases(self) -> Sequence[Case]:
        """Return one case: a seed twice, and another."""
        return [Case("the same seed twice, then another")]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other seeds."""
        return [Case("other seeds")]

    def try_case(self, case: Case, answer: Callable[[int], Any]) -> None:
        """Run it three times and compare the weights."""
        must_be_function(answer, NAME)
        first = case.seed or 1
        found = case.ask(run_with_seeds, answer, [first, first, first + 1])
        for _, other in found:
            if other:
                raise case.always(f"{NAME} should return the final weights, not {other}.")
        one, again, another = (row for row, _ in found)
        _refuse_other_shapes(case, one, again, first_weights(first))
        _compare_runs(case, one, again, another)
        if torch.equal(one, first_weights(first)):
            raise case.always(
                f"{NAME}: these are the weights from before the first step.\n"
                "Hint: Is this network the one that is trained, and when are its weights copied?"
            )


def _refuse_other_shapes(case: Case, one: torch.Tensor, again: torch.Tensor, fresh: torch.Tensor) -> None:
    if one.shape != again.shape:
        raise case.always(f"{NAME}: two calls return weights of different shapes.")
    if one.shape != fresh.shape:
        raise case.always(f"{NAME} returns {one.numel():,} numbers; small_network() has {fresh.numel():,} weights.")


def _compare_runs(case: Case, one: torch.Tensor, again: torch.Tensor, another: torch.Tensor) -> None:
    apart = float((one - again).abs().mean())
    between = float((one - another).abs().mean()) if one.shape == another.shape else 1.0
    if apart > 0:
        raise case.wrong(NAME, KF6 if apart < 0.5 * between else KF5)
    if between == 0:
        raise case.wrong(NAME, KF7)
