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
set of the five faults, and with other faults beside one of these, few first, until one gives exactly these: those
faults are left. A set whose first epoch gives another loss is run no further.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import combinations, count, product
from math import ceil, isfinite
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
MT8 = Misconception(
    "MT8",
    "gradients forgotten in the wrong place",
    "Gradients are forgotten once an epoch, not for each batch. What does backward() add its numbers to?",
    MENDING,
)
MT9 = Misconception(
    "MT9",
    "nll_loss without a logarithm",
    "This is the loss of numbers that are no logarithms of probabilities. What does nll_loss expect, and which loss "
    "takes scores?",
    MENDING,
)
MT10 = Misconception(
    "MT10",
    "never in training mode",
    "The network is never in training mode here. Which mode does it need for its steps?",
    MENDING,
)
MT11 = Misconception(
    "MT11",
    "pixels scaled by other numbers",
    "One way to get this: pixels are scaled by other numbers than one mean and one deviation, both of all pixels of "
    "the training pictures. From which pictures, over which axes, are yours, and what is done with them?",
    MENDING,
)
MT12 = Misconception(
    "MT12",
    "another number returned",
    "The network is trained as it should be. What comes back is something else: of the training pictures, of batches, "
    "from another time of the epoch, or no loss. On which pictures is it judged, when, and by what?",
    MENDING,
)
MT13 = Misconception(
    "MT13",
    "another optimiser, rate or sum",
    "One way to get this: other steps than those of plain SGD with the rate that came in, along the mean loss of a "
    "batch. Which of the three have you changed?",
    MENDING,
)
MT14 = Misconception(
    "MT14",
    "other batches",
    "One way to get this: other batches, such as a last one that is dropped, another size, or the pictures in their "
    "own order. Which pictures are in each batch of the listing?",
    MENDING,
)
MT15 = Misconception(
    "MT15",
    "a network that does not move",
    "The network is after all epochs as it was. Which call moves it, is it there, and what do the gradients hold "
    "when it comes?",
    MENDING,
)
MT16 = Misconception(
    "MT16",
    "gradients clipped",
    "One way to get this: gradients are cut off, by their length or number by number, before the step. Which line of "
    "the listing does that?",
    MENDING,
)
LISTED = (MT1, MT2, MT3, MT4, MT5, MT6, MT7)
WAYS = (*LISTED, MT8, MT9, MT10, MT11, MT12, MT13, MT14, MT15, MT16)
PARTS = {
    "pairs": (MT1,),
    "gradients": (MT2, MT8, MT15),
    "softmax": (MT3, MT9),
    "modes": (MT4, MT5, MT10),
    "pixels": (MT6, MT7, MT11),
}
BATCH, EPOCHS, COUNT, FEATURES, CLASSES = 32, 3, 70, 5, 3
ELSE = "train_and_judge runs, but something has changed that should have stayed as it was in the listing."
OTHER = "train_and_judge runs, but its losses are those of another training, also of one with the listing's faults."


class Plan(NamedTuple):
    """How a loop trains and judges; the defaults are right."""

    pairs: str = "both by the order"  # or labels, or pictures, in their own order; labels twice by the order
    emptied: str = "before"  # when gradients are: before backward, between it and the step, each epoch, never
    loss: str = "scores"  # of what: scores, softmax, nll, nll of softmax
    judged_loss: str = "scores"
    trains: str = "training"  # in which mode: training, first (epoch only), never
    judges: str = "evaluation"
    pixels: str = "training"  # a key of `SCALES`
    optimiser: str = "sgd"  # or momentum, adam, tenth, sum
    batches: str = "all"  # or dropped, a size, plain (in the pictures' own order)
    returned: str = "validation"  # or training, batches, last batch, before


def _by(mean: torch.Tensor, deviation: torch.Tensor, *parts: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return tuple((part - mean) / deviation for part in parts)


def _own(x: torch.Tensor) -> torch.Tensor:
    return (x - x.mean()) / x.std()


def _each(x: torch.Tensor) -> torch.Tensor:
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True)


SCALES: dict[str, Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, ...]]] = {
    "training": lambda x, there: _by(x.mean(), x.std(), x, there),
    "all numbers": lambda x, there: _by(x.mean(), x.std(correction=0), x, there),  # right, too
    "not there": lambda x, there: (_own(x), there),
    "each by itself": lambda x, there: (_own(x), _own(there)),
    "columns": lambda x, there: _by(x.mean(0), x.std(0), x, there),
    "own columns": lambda x, there: (*_by(x.mean(0), x.std(0), x), *_by(there.mean(0), there.std(0), there)),
    "pictures": lambda x, there: (_each(x), _each(there)),
    "both": lambda x, there: _by(torch.cat([x, there]).mean(), torch.cat([x, there]).std(), x, there),
    "validation": lambda x, there: _by(there.mean(), there.std(), x, there),
    "only there": lambda x, there: (x, *_by(x.mean(), x.std(), there)),
    "neither": lambda x, there: (x, there),
    "mean only": lambda x, there: _by(x.mean(), torch.ones(()), x, there),
    "deviation only": lambda x, there: _by(torch.zeros(()), x.std(), x, there),
    "variance": lambda x, there: _by(x.mean(), x.var(), x, there),
    "largest": lambda x, there: _by(torch.zeros(()), x.max(), x, there),
    "own largest": lambda x, there: (x / x.max(), there / there.max()),
    "range": lambda x, there: _by(x.min(), x.max() - x.min(), x, there),
    "bytes": lambda x, there: (x / 255, there / 255),
    "twice": lambda x, there: _by(x.mean(), x.std(), *_by(x.mean(), x.std(), x, there)),
    "not moved there": lambda x, there: (_own(x), there / x.std()),
    "not narrowed there": lambda x, there: (_own(x), there - x.mean()),
    "own deviation there": lambda x, there: (_own(x), (there - x.mean()) / there.std()),
    "own mean there": lambda x, there: (_own(x), (there - there.mean()) / x.std()),
    "half": lambda x, there: _by(torch.tensor(0.5), torch.tensor(0.5), x, there),
    "there after": lambda x, there: (_own(x), *_by(_own(x).mean(), _own(x).std(), there)),
}
KNOWN_SCALES = ("training", "all numbers", "not there", "each by itself")

OPTIMISERS: dict[str, tuple[float, dict[str, float]]] = {  # by how much the rate is multiplied, and options
    "momentum": (1, {"momentum": 0.9}),
    "tenth": (0.1, {}),
    "tenfold": (10, {}),
    "decay": (1, {"weight_decay": 0.01}),
    "small decay": (1, {"weight_decay": 1e-4}),
    "sum": (1, {}),
    "half momentum": (1, {"momentum": 0.5}),
    "nesterov": (1, {"momentum": 0.9, "nesterov": True}),
    "double decay": (1, {"weight_decay": 0.02}),
    "large decay": (1, {"weight_decay": 0.1}),
    "half": (0.5, {}),
    "double": (2, {}),
}
ADAPTIVE = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "adagrad": "Adagrad"}
CUT = {f"norm {bound:g}": bound for bound in (1.0, 5.0, 0.5, 0.1, 10.0)}  # gradients, to a length
CUT_OFF = {f"value {bound:g}": bound for bound in (1.0, 0.5, 0.1, 0.01, 5.0)}  # each number of them
FADING = {f"fading {part:g}": part for part in (0.9, 0.5, 0.1, 0.95, 0.99)}  # rates, from epoch to epoch
Changes = dict[str, Any]


def _with_losses(*kinds: str) -> tuple[Changes, ...]:
    """Return the plans with another loss: in training and in judging, or in one of the two."""
    return tuple(
        changes
        for kind in kinds
        for changes in ({"loss": kind, "judged_loss": kind}, {"loss": kind}, {"judged_loss": kind})
    )


VARIANTS: dict[Misconception, tuple[Changes, ...]] = {
    MT1: ({"pairs": "labels"}, {"pairs": "pictures"}, {"pairs": "twice"}, {"pairs": "first labels"}),
    MT2: ({"emptied": "never"},),
    MT3: _with_losses("softmax", "sigmoid"),
    MT4: ({"judges": "training"},),
    MT5: ({"trains": "first"},),
    MT6: ({"pixels": "not there"},),
    MT7: ({"pixels": "each by itself"},),
    MT8: ({"emptied": "epoch"},),
    MT9: _with_losses("nll", "nll of softmax"),
    MT10: ({"trains": "never"},),
    MT11: tuple({"pixels": name} for name in (*SCALES, "again") if name not in KNOWN_SCALES),
    MT12: tuple({"returned": name} for name in ("training", "batches", "last batch", "before", "accuracy", "sum")),
    MT13: tuple({"optimiser": name} for name in (*OPTIMISERS, *ADAPTIVE, *FADING)),
    MT16: tuple({"optimiser": name} for name in (*CUT, *CUT_OFF)),
    MT15: ({"emptied": "between"},),
    MT14: tuple({"batches": name} for name in ("dropped", "plain", "16", "64", "100")),
}


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


task_of = cache(draw_task)  # for what is trained here: never handed out


def run_loop(function: Any, train: Any, validation: Any, orders: Any, rate: float) -> dict[str, Any]:
    """Probe: let a learner's loop train a fresh network; return its losses and the network's numbers."""
    network = make_network()
    losses = function(network, tuple(train), tuple(validation), list(orders), rate)
    return {"losses": losses, "weights": [parameter.detach().clone() for parameter in network.parameters()]}


@cache
def train_with(plan: Plan, seed: int, epochs: int = EPOCHS) -> tuple[list[float], list[torch.Tensor]]:
    """Train by a plan on a task for some epochs; return the losses that come back and the final weights."""
    task, network, losses = task_of(seed), make_network(), []
    (x, y), (x_there, y_there) = task.train, task.validation
    once = SCALES["training"] if plan.pixels == "again" else SCALES[plan.pixels]
    again, (x, x_there) = partial(_by, x.mean(), x.std()), once(x, x_there)
    step = make_step(network, plan.optimiser, task.rate)
    with torch.enable_grad():
        for epoch, order in enumerate(task.orders[:epochs]):
            early = judged(network, x_there, y_there, plan) if plan.returned == "before" else 0.0
            network.train(plan.trains == "training" or (plan.trains == "first" and not epoch))
            found = []
            if plan.pixels == "again" and epoch:
                x, x_there = again(x, x_there)
            for place, (some, labels) in enumerate(batches_of(order, y, plan)):
                if plan.emptied == "before" or (plan.emptied == "epoch" and not place):
                    network.zero_grad()
                loss = loss_of(network(x[some]), labels, plan.loss, "sum" if plan.optimiser == "sum" else "mean")
                loss.backward()
                found.append(loss.item())
                if plan.emptied == "between":
                    network.zero_grad()
                step()
            shown = (x, y) if plan.returned == "training" else (x_there, y_there)
            if plan.returned == "accuracy":
                network.train(plan.judges == "training")
                losses.append(float((network(x_there).argmax(1) == y_there).double().mean()))
                continue
            of_batches = {"before": early, "batches": sum(found) / len(found), "last batch": found[-1]}
            number = of_batches.get(plan.returned) or judged(network, *shown, plan)
            losses.append(number * len(y_there) if plan.returned == "sum" else number)
    return losses, [parameter.detach() for parameter in network.parameters()]


def make_step(network: nn.Module, kind: str, rate: float) -> Callable[[], object]:
    """Return what makes a step along the gradients that are there."""
    parameters = list(network.parameters())
    if kind in ADAPTIVE:
        return getattr(torch.optim, ADAPTIVE[kind])(parameters, lr=rate).step  # type: ignore[no-any-return]
    taken = count()
    factor, options = OPTIMISERS.get(kind, (1, {}))
    if options:
        return torch.optim.SGD(parameters, lr=factor * rate, **options).step

    def step() -> None:
        if kind in CUT:
            nn.utils.clip_grad_norm_(parameters, CUT[kind])
        if kind in CUT_OFF:
            nn.utils.clip_grad_value_(parameters, CUT_OFF[kind])
        faded = FADING.get(kind, 1) ** (next(taken) // ceil(COUNT / BATCH))
        with torch.no_grad():
            for parameter in parameters:
                if parameter.grad is not None:
                    parameter -= factor * faded * rate * parameter.grad

    return step


def batches_of(order: torch.Tensor, y: torch.Tensor, plan: Plan) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield the places and the labels of each batch."""
    size = int(plan.batches) if plan.batches.isdigit() else BATCH
    order = torch.arange(len(order)) if plan.batches == "plain" else order
    for start in range(0, len(order), size):
        some = order[start : start + size]
        if len(some) == size or plan.batches != "dropped":
            own = torch.arange(start, start + len(some))
            by_pairs = {"labels": (some, y[own]), "pictures": (own, y[some]), "twice": (some, y[order][some])}
            by_pairs["first labels"] = (some, y[: len(some)])
            yield by_pairs.get(plan.pairs, (some, y[some]))


def loss_of(scores: torch.Tensor, labels: torch.Tensor, kind: str, reduction: str = "mean") -> torch.Tensor:
    """Return a loss of scores ``(N, K)``: the cross-entropy, or what another function makes of them."""
    scores = scores.softmax(1) if kind.endswith("softmax") else scores.sigmoid() if kind == "sigmoid" else scores
    loss = F.nll_loss if kind.startswith("nll") else F.cross_entropy
    return loss(scores, labels, reduction=reduction)


def judged(network: nn.Module, x: torch.Tensor, y: torch.Tensor, plan: Plan) -> float:
    """Return the loss of pictures; running statistics move in training mode, as they do for a learner."""
    network.train(plan.judges == "training")
    with torch.no_grad():
        return loss_of(network(x), y, plan.judged_loss).item()


def plans() -> Iterator[tuple[frozenset[Misconception], Plan]]:
    """Yield plans with the faults that they have, few first: none, one, two of which one is listed, listed ones."""
    one_by_one = [(way, changes) for way in WAYS for changes in VARIANTS[way]]
    yield frozenset(), Plan()
    yield frozenset(), Plan(pixels="all numbers")
    for way, changes in one_by_one:
        yield frozenset({way}), Plan(**changes)
    for listed in LISTED:
        for first, (way, changes) in product(VARIANTS[listed], one_by_one):
            usual = first == VARIANTS[listed][0] and changes == VARIANTS[way][0]
            apart = way is not listed and not first.keys() & changes.keys()
            if apart and (listed.code < way.code if way in LISTED else usual):
                yield frozenset({listed, way}), Plan(**first, **changes)
    for size in range(3, len(LISTED) + 1):
        for some in combinations(LISTED, size):
            every = [VARIANTS[way][0] for way in some]
            if sum(map(len, every)) == len(set().union(*every)):
                yield frozenset(some), Plan(**{key: value for each in every for key, value in each.items()})


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
        elsewhere = [way for way in left[0] if not any(way in ways for ways in PARTS.values())]
        if elsewhere:  # all else should have stayed
            return dict.fromkeys(PARTS, look(partial(_refuse_all, case, sorted(left[0], key=WAYS.index))))
        return {part: _finding(case, part, ways, left[0]) for part, ways in PARTS.items()}


def _refuse_all(case: Case, ways: Sequence[Misconception]) -> None:
    raise case.always(ELSE, ways)


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
    if losses is not None and len(losses) == 1:
        raise case.always("train_and_judge returns the loss of one epoch. How far in does your return stand?")
    if losses is None or len(losses) != EPOCHS:
        raise case.always("train_and_judge should return a list of the validation losses, one number an epoch.")
    for faults, plan in plans():
        if _are_alike(plan, case.seed, [float(loss) for loss in losses], found["weights"]):
            return faults
    raise case.always(OTHER)


def _are_alike(plan: Plan, seed: int, losses: Sequence[float], weights: Sequence[torch.Tensor]) -> bool:
    """Tell whether a plan gives these losses and weights; of one that is not listed the first loss is a number."""
    near = partial(torch.allclose, rtol=1e-3, atol=1e-4, equal_nan=True)
    if not near(torch.tensor(train_with(plan, seed, 1)[0]), torch.tensor(losses[:1])) or not isfinite(losses[0]):
        return False
    mine, numbers = train_with(plan, seed)
    return near(torch.tensor(mine), torch.tensor(losses)) and all(map(near, numbers, weights))
