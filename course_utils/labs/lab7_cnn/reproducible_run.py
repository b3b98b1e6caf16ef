"""Exercise 6.7: the same training twice.

| the prompt says | what is tried |
|---|---|
| every call trains a fresh ``small_network()`` | its convolution is trained in each of three calls, from anew |
| for two epochs on all of ``toy`` | each of its 60 pictures comes twice, for each seed the same ones |
| in shuffled batches of 16 | sizes of the batches; the order differs between epochs or seeds |
| the final weights | not those of before; near the kernels of the last step; as many as the network has |
| a list of tensors | their shapes are the network's; no digits are cut off |
| the same seed, the same weights, whatever ran before | a seed twice, other random numbers drawn in between |
| another seed, others | a third call |
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import named
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.judging.watching import Watch
from course_utils.labs.lab7_cnn.headings import REPEAT

KF5 = shared.KF5.in_lab(REPEAT)
KF7 = shared.KF7.in_lab(REPEAT)
KF6 = Misconception(
    "KF6",
    "shuffling not seeded",
    "The runs begin alike and drift apart. What else is drawn by chance, besides the first weights?",
    REPEAT,
)

KF8 = Misconception(
    "KF8",
    "pictures never shuffled",
    "In every epoch and for every seed your pictures come in the same order. Which argument of DataLoader mixes them?",
    REPEAT,
)
KF9 = Misconception(
    "KF9",
    "result of an earlier call handed back",
    "This call trained nothing: it hands back what an earlier one made. What would it give in a fresh notebook?",
    REPEAT,
)
KF10 = Misconception(
    "KF10",
    "trained for another number of epochs",
    "Count how often each picture of toy takes part in your training. Is that what the task asks for?",
    REPEAT,
)

KF11 = Misconception(
    "KF11",
    "first weights not seeded",
    "The pictures come in the same order, the first weights differ. Which generator draws them, and is it seeded "
    "before?",
    REPEAT,
)

KF18 = Misconception(
    "KF18",
    "trained on a part of the pictures",
    "Count the different pictures that take part in your training. Are these all of toy?",
    REPEAT,
)

KF20 = Misconception(
    "KF20",
    "returned something else than the trained weights",
    "This is not what the training ended with. Whose numbers do you return, and are they weights or gradients?",
    REPEAT,
)
KF21 = Misconception(
    "KF21",
    "network of an earlier call trained on",
    "This call begins where the one before it ended. Where is small_network() made, in your function or outside?",
    REPEAT,
)

KF23 = Misconception(
    "KF23",
    "network, or what is read once, in place of its tensors",
    "The task asks for a list of tensors. Which method of a network gives its weights one by one, and what makes a "
    "list of them?",
    REPEAT,
)
KF24 = Misconception(
    "KF24",
    "weights from before the last step",
    "These are the weights with which the last batch was computed. What comes behind that batch?",
    REPEAT,
)

KF25 = Misconception(
    "KF25",
    "weights joined, or in other shapes",
    "These are as many numbers as the network has, not in tensors of their shapes. What does each tensor of the list "
    "belong to?",
    REPEAT,
)
KF26 = Misconception(
    "KF26",
    "weights with digits cut off",
    "These weights are whole numbers, or have digits cut off. What happens to them between the last step and return?",
    REPEAT,
)

NAME = "reproducible_run"
EPOCHS, BATCH = 2, 16
PICTURES = 60  # of the lesson's toy
SHAPES = [[4], [4, 3, 5, 5], [10], [10, 256]]  # of the network's tensors
MOST_DIGITS = 4  # behind the point: of weights that were rounded


class Run(NamedTuple):
    """One call.

    Parameters
    ----------
    weights
        The final ones, as one row.
    kernels
        Of each time that the convolution was computed, ``(times, numbers)``.
    sizes
        Of the batches.
    pictures
        Their first numbers, in order.
    """

    weights: torch.Tensor
    kernels: torch.Tensor
    sizes: list[int]
    pictures: list[tuple[float, ...]]


def run_with_seeds(function: Callable[[int], Any], seeds: list[int]) -> list[list[Any]]:
    """Probe: call the function once for each seed, with other random numbers in between.

    Returns
    -------
    list
        For each seed the weights as one row (None if there are none), "" or the kind of what came, the kernels on the
        way ``(times, numbers)``, the sizes of the batches, the first numbers of each picture, and the weights' shapes.
    """
    found = []
    for number, seed in enumerate(seeds):
        torch.rand(3 + number), random.random(), np.random.rand(2 + number)
        with Watch() as watch:
            weights = function(seed)
        batches = [x.reshape(len(x), -1)[:, :8].double() for x in watch.trained]
        each = [one.weight.double().reshape(-1) for one in watch.computed]
        same = bool(each) and all(len(one) == len(each[0]) for one in each)
        kernels = torch.stack(each) if same else torch.zeros(0, 0)
        pictures = torch.cat(batches) if batches else torch.zeros(0, 8)
        row = _in_a_row(weights)
        alone = isinstance(weights, torch.Tensor | np.ndarray)
        shapes = [] if row[1] else [list(np.shape(one)) for one in ([weights] if alone else weights)]
        found.append([*row, kernels, [len(batch) for batch in batches], pictures, shapes])
    return found


def _in_a_row(weights: Any) -> list[Any]:
    if isinstance(weights, nn.Module | dict | Iterator):
        return [None, "network" if isinstance(weights, nn.Module) else type(weights).__name__]
    if isinstance(weights, torch.Tensor | np.ndarray):
        weights = [weights]
    try:
        rows = [torch.as_tensor(one).detach().double().reshape(-1) for one in weights]
        return [torch.cat(rows), ""]
    except (TypeError, ValueError, RuntimeError):  # no row of weights: a number, words, nothing
        return [None, type(weights).__name__]


def first_weights(seed: int) -> torch.Tensor:
    """Return the weights, as one row, that the lesson's small network has if it is made right after the seed is set."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = nn.Sequential(nn.Conv2d(3, 4, kernel_size=5), nn.Linear(4 * 8 * 8, 10))
    return torch.cat([p.detach().double().reshape(-1) for p in made.parameters()])


class ReproducibleRun(Implementation):
    """``reproducible_run(seed) -> final weights``: equal seeds, equal weights; others, others.

    The weights are a list of tensors, or a tuple: what can be compared tensor by tensor, more than once.
    """

    id = "reproducible-run"
    hints = (
        "Which things in your function are drawn by chance?",
        "When is a network's first weight drawn: before or after your call of torch.manual_seed?",
    )
    worked = """
        Another thing with two kinds of chance: a line through ten points in mixed order, from a slope that is drawn.

        1. The first slope is drawn by NumPy's generator `chance`: made from the seed, before anything is drawn.
        2. The order of the points is drawn by the same generator, anew in each round.
        3. Nothing else is left to chance; what ran before has no say, since the generator is made in the function.

        ```python
        def repeatable_line(seed):
            chance = np.random.default_rng(seed)
            slope = chance.normal()
            for _ in range(3):
                for place in chance.permutation(10):
                    slope -= 0.1 * (slope * xs[place] - ys[place]) * xs[place]
            return slope
        ```
    """
    misconceptions = (KF5, KF6, KF7, KF8, KF9, KF10, KF11, KF18, KF20, KF21, KF23, KF24, KF25, KF26)

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
        for _, other, *_ in found:
            if other:
                because = KF23 if other in ("network", "generator", "dict", "OrderedDict") else None
                raise case.always(f"{NAME} should return a list of tensors, not {named(other)}.", because)
        one, again, another = (
            Run(row, kernels, sizes, [tuple(first) for first in pictures.tolist()])
            for row, _, kernels, sizes, pictures, _ in found
        )
        _refuse_other_shapes(case, one.weights, again.weights, first_weights(first))
        if sorted(found[0][-1]) != SHAPES:
            raise case.wrong(NAME, KF25)
        if _are_cut(one.weights):
            raise case.wrong(NAME, KF26)
        _refuse_untrained(case, [one, again, another], first)
        if _lie_in(again.kernels[:1], one.weights, 1e-9):
            raise case.wrong(NAME, KF21)
        _compare_runs(case, one, again, another)
        _refuse_other_batches(case, one)
        if _lie_in(one.kernels[-1:], one.weights, 1e-12):
            raise case.wrong(NAME, KF24)
        steps = one.kernels.diff(dim=0).norm(dim=1)
        if not _lie_in(one.kernels[-1:], one.weights, _reach(steps)):
            raise case.wrong(NAME, KF20)
        if set(one.pictures) != set(another.pictures):
            raise case.always(
                f"{NAME}: for another seed you train on other pictures.\nHint: Where does your function take toy from?"
            )
        orders = {tuple(order) for run in (one, another) for order in _orders(run)}
        if len(orders) == 1:
            raise case.wrong(NAME, KF8)


def _refuse_untrained(case: Case, runs: list[Run], seed: int) -> None:
    if torch.equal(runs[0].weights, first_weights(seed)):
        raise case.always(
            f"{NAME}: these are the weights from before the first step.\n"
            "Hint: Is this network the one that is trained, and when are its weights copied?"
        )
    if not runs[0].sizes:
        raise case.always(f"{NAME}: no call of backward reaches a convolution. Is small_network() trained in it?")
    if not all(run.sizes for run in runs):
        raise case.wrong(NAME, KF9)


def _refuse_other_batches(case: Case, run: Run) -> None:
    """Raise unless each picture comes twice, in batches of 16 with a rest at the end of each epoch."""
    often = Counter(run.pictures)
    if set(often.values()) != {EPOCHS}:
        raise case.wrong(NAME, KF10)
    if len(often) < PICTURES:
        raise case.wrong(NAME, KF18)
    whole, rest = divmod(len(often), BATCH)
    if run.sizes != EPOCHS * ([BATCH] * whole + [rest] * bool(rest)):
        raise case.always(f"{NAME}: the batches have other sizes than the task says. Which argument sets them?")


def _orders(run: Run) -> list[list[tuple[float, ...]]]:
    """Return the pictures of each epoch, in their order."""
    each = len(run.pictures) // EPOCHS
    return [run.pictures[epoch * each : (epoch + 1) * each] for epoch in range(EPOCHS)]


def _refuse_other_shapes(case: Case, one: torch.Tensor, again: torch.Tensor, fresh: torch.Tensor) -> None:
    if one.shape != again.shape:
        raise case.always(f"{NAME}: two calls return weights of different shapes.")
    if one.shape != fresh.shape:
        raise case.always(f"{NAME}: this is not as many numbers as small_network() has weights. Which are left out?")


def _are_cut(weights: torch.Tensor) -> bool:
    """Tell whether all weights are rounded to some digits, or to the numbers of half precision."""
    rounded = [weights.round(decimals=digits) for digits in range(MOST_DIGITS + 1)]
    return any(torch.allclose(one, weights, rtol=1e-6, atol=1e-7) for one in (*rounded, weights.half().double()))


def _reach(steps: torch.Tensor) -> float:
    """Return how far kernels may be from those before the last step, as the lengths of the other steps allow."""
    return 3 * float(steps.max()) + 1e-6 if len(steps) else math.inf


def _lie_in(kernels: torch.Tensor, weights: torch.Tensor, by: float) -> bool:
    """Tell whether kernels ``(1, numbers)`` stand somewhere in a row of weights, up to a distance."""
    if not kernels.numel() or kernels.shape[1] > len(weights):
        return False
    places = weights.unfold(0, kernels.shape[1], 1)
    return bool(((places - kernels).norm(dim=1) <= by).any())


def _compare_runs(case: Case, one: Run, again: Run, another: Run) -> None:
    if not torch.isfinite(one.weights).all():
        raise case.always(f"{NAME}: there is nan or inf in the weights. Is the learning rate too large?")
    if not torch.equal(one.weights, again.weights):
        same_start, same_order = torch.equal(one.kernels[:1], again.kernels[:1]), one.pictures == again.pictures
        raise case.wrong(NAME, KF6 if same_start else KF11 if same_order else KF5)
    if torch.equal(one.weights, another.weights):
        raise case.wrong(NAME, KF7)
