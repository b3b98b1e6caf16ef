"""Exercise 6.18: a training loop with five faults, to be mended. Each fault is a part.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
pictures and labels stay pairs                         the part "pairs"
gradients are forgotten before each step               the part "gradients"
one softmax: that in the loss                          the part "softmax"
training mode for steps, evaluation mode to judge      the part "modes"; a network with batch norm
validation pixels are scaled by the training pixels'   the part "pixels"; both parts have other means
mean and deviation
batches of 32 in the given orders; the rate; what      all cases: weights and losses after three epochs
is returned
=====================================================  ==========================================================

The learner's loop runs on a small network. If its losses or weights are not right, the same training is run with each
set of the five faults, few first, until one gives exactly these: those faults are left.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import combinations
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.judging.answers import as_numbers
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import RIGHT, Finding, Findings, look
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.training_homework.headings import MENDING

MT1 = Misconception(
    "MT1",
    "labels of other pictures",
    "The labels of a batch are not those of its pictures. By which numbers are the pictures picked?",
    MENDING,
)
MT2 = Misconception(
    "MT2",
    "gradients kept",
    "Each step follows the sum of all gradients so far. Which call forgets them?",
    MENDING,
)
MT3 = Misconception(
    "MT3",
    "softmax before the loss",
    "The loss gets probabilities. What does cross_entropy do first with what it gets?",
    MENDING,
)
MT4 = Misconception(
    "MT4",
    "judged in training mode",
    "While it is judged, the network still measures its batch. Which mode is for that?",
    MENDING,
)
MT5 = Misconception(
    "MT5",
    "trained in evaluation mode",
    "From the second epoch on the network is trained in evaluation mode. Who puts it back?",
    MENDING,
)
MT6 = Misconception(
    "MT6",
    "validation pixels not scaled",
    "The validation pixels come as they are, those of training do not. What did the network learn to see?",
    MENDING,
)
MT7 = Misconception(
    "MT7",
    "validation pixels scaled by themselves",
    "The validation pixels are scaled by their own mean and deviation. Whose did the network learn with?",
    MENDING,
)
WAYS = (MT1, MT2, MT3, MT4, MT5, MT6, MT7)
PARTS = {"pairs": (MT1,), "gradients": (MT2,), "softmax": (MT3,), "modes": (MT4, MT5), "pixels": (MT6, MT7)}
CLASHES = ({MT6, MT7}, {MT4, MT5})  # of these only one at a time
BATCH, EPOCHS, COUNT, FEATURES, CLASSES = 32, 3, 70, 5, 3
OTHER = "train_and_judge runs, but its losses are those of another training, also of one with the listing's faults."


class Task(NamedTuple):
    """What a loop is given."""

    train: tuple[torch.Tensor, torch.Tensor]
    validation: tuple[torch.Tensor, torch.Tensor]
    orders: list[torch.Tensor]
    rate: float


def draw_task(seed: int) -> Task:
    """Draw small pictures of three classes, the validation ones darker, and an order for each epoch."""
    chance = torch.Generator().manual_seed(seed)
    centres = 3 * torch.randn(CLASSES, FEATURES, generator=chance)

    def part(count: int, shift: float) -> tuple[torch.Tensor, torch.Tensor]:
        y = torch.randint(CLASSES, (count,), generator=chance)
        return 4 + shift + 2 * (centres[y] + torch.randn(count, FEATURES, generator=chance)), y

    train, validation = part(COUNT, 0.0), part(40, -1.5)
    return Task(train, validation, [torch.randperm(COUNT, generator=chance) for _ in range(EPOCHS)], 0.05)


def make_network() -> nn.Sequential:
    """Return a fresh network whose batch norm tells the modes apart; always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(FEATURES, 6), nn.ReLU(), nn.BatchNorm1d(6), nn.Linear(6, CLASSES))


def run_loop(function: Any, train: Any, validation: Any, orders: Any, rate: float) -> dict[str, Any]:
    """Probe: let a learner's loop train a fresh network; return its losses and the network's numbers."""
    network = make_network()
    losses = function(network, tuple(train), tuple(validation), list(orders), rate)
    return {"losses": losses, "weights": [parameter.detach().clone() for parameter in network.parameters()]}


@cache
def train_with(faults: frozenset[Misconception], seed: int) -> tuple[list[float], list[torch.Tensor]]:
    """Train with some of the faults on a task; return the validation losses and the final weights."""
    (x, y), (x_there, y_there), orders, rate = draw_task(seed)
    network = make_network()
    x_there = (x_there - x.mean()) / x.std() if not faults & {MT6, MT7} else x_there
    x_there = (x_there - x_there.mean()) / x_there.std() if MT7 in faults else x_there
    x, losses = (x - x.mean()) / x.std(), []

    def loss_of(inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        scores = network(inputs)
        return F.cross_entropy(scores.softmax(1) if MT3 in faults else scores, labels)

    with torch.enable_grad():
        for epoch, order in enumerate(orders):
            network.train(MT5 not in faults or not epoch)
            for start in range(0, len(order), BATCH):
                some = order[start : start + BATCH]
                labels = y[start : start + BATCH] if MT1 in faults else y[some]
                if MT2 not in faults:
                    network.zero_grad()
                loss_of(x[some], labels).backward()
                with torch.no_grad():
                    for parameter in network.parameters():
                        parameter -= rate * parameter.grad
            network.train(MT4 in faults)
            with torch.no_grad():
                losses.append(loss_of(x_there, y_there).item())
    return losses, [parameter.detach() for parameter in network.parameters()]


def sets_of_faults() -> Iterator[frozenset[Misconception]]:
    """Yield all sets of faults that can be together, small ones first."""
    for size in range(len(WAYS) + 1):
        for some in combinations(WAYS, size):
            if not any(clash <= set(some) for clash in CLASHES):
                yield frozenset(some)


class Mending(Implementation):
    """Write ``train_and_judge(network, train, validation, orders, learning_rate)``: the listing, mended."""

    id = "mending"
    hints = (
        "Go through the listing with the five calls of a step in your hand. Which of them is missing?",
        "What does some pick from, and from what are as many taken as some is long?",
        "Which lines know the validation pictures? In which mode is the network there, and what are its pixels?",
    )
    worked = """
        Another listing with one fault: it should return the mean loss of an epoch.

        ```python
        total = 0.0
        for images, labels in batches:
            total += loss_fn(model(images), labels)
        ```

        1. What is added up? Tensors that remember how they were made: the graphs of all batches stay in memory.
        2. The experiment: does memory grow with each batch? It does.
        3. Mended with `.item()`, and the experiment is made again: memory stays level.
    """
    misconceptions = WAYS

    def cases(self) -> Sequence[Case]:
        """Return one training."""
        return [Case("a small network, 70 pictures, 3 epochs", seed=1)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return another training."""
        return [Case("", seed=seed + 100)]

    def judge_cases(self, cases: Sequence[Case], answer: Callable[..., Any]) -> Findings:
        """Return how each fault stands; a loop that is another altogether is wrong in all."""
        (case,) = cases
        left: list[frozenset[Misconception]] = []
        failed = look(lambda: left.append(faults_left(case, answer)))
        if not left:
            return dict.fromkeys(PARTS, failed)
        return {part: _finding(case, part, ways, left[0]) for part, ways in PARTS.items()}


def _finding(case: Case, part: str, ways: Sequence[Misconception], left: frozenset[Misconception]) -> Finding:
    mine = [way for way in ways if way in left]
    return look(partial(_refuse, case, part, mine[0])) if mine else RIGHT


def _refuse(case: Case, part: str, way: Misconception) -> None:
    raise case.always(f"{part}: this fault is still there.", way)


def faults_left(case: Case, answer: Any) -> frozenset[Misconception]:
    """Return the faults that a loop still has.

    Raises
    ------
    Wrong
        If its result is that of no set of faults.
    """
    must_be_function(answer, "train_and_judge")
    task = draw_task(case.seed)
    found = case.ask(run_loop, answer, list(task.train), list(task.validation), task.orders, task.rate)
    losses = as_numbers(found["losses"])
    if losses is None or len(losses) != EPOCHS:
        raise case.always("train_and_judge should return a list of the validation losses, one number an epoch.")
    for faults in sets_of_faults():
        if _are_alike(train_with(faults, case.seed), losses, found["weights"]):
            return faults
    raise case.always(OTHER)


def _are_alike(
    one: tuple[list[float], list[torch.Tensor]], losses: Sequence[float], weights: Sequence[torch.Tensor]
) -> bool:
    near = partial(torch.allclose, rtol=1e-3, atol=1e-4, equal_nan=True)
    pairs = zip(one[1], weights, strict=True)
    numbers = torch.tensor([float(loss) for loss in losses])
    return near(torch.tensor(one[0]), numbers) and all(near(mine, theirs) for mine, theirs in pairs)
