"""Exercise 5.18: a step of gradient descent, and the loop around it.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
sgd_step(network, learning_rate) moves all that is     a part; weights and biases of two layers
learned against its gradient
each example once in an epoch, the last batch is       a part; 22 examples in batches of 5
smaller
another order in each epoch, labels go along           two epochs and three
a step for each batch                                  the parameters at the end, computed again
the mean loss of each epoch                            as many numbers as epochs; weighted by size, or not
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case
from course_utils.judging.closeness import close
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.conv_and_pooling_homework import recipes
from course_utils.labs.conv_and_pooling_homework.borrowed import Dense, Network
from course_utils.labs.conv_and_pooling_homework.headings import TRAINING

FT1 = Misconception(
    "FT1",
    "step up the slope",
    "This step goes with the gradient. Does the loss fall or rise in that direction?",
    TRAINING,
)
FT2 = Misconception(
    "FT2",
    "biases do not learn",
    "The biases stay what they were. What else than a weight does a layer learn?",
    TRAINING,
)
FT3 = Misconception(
    "FT3",
    "the last batch left out",
    "Some examples are not used in an epoch. What happens to those that do not fill a batch?",
    TRAINING,
)
FT4 = Misconception(
    "FT4",
    "the same order in each epoch",
    "The batches are the same in each epoch. What does a network learn from the order, and who mixes it?",
    TRAINING,
)
FT5 = Misconception(
    "FT5",
    "labels do not go along",
    "Pictures and labels are no longer pairs. By which numbers do you pick the one, by which the other?",
    TRAINING,
)
FT6 = Misconception(
    "FT6",
    "the loss of the last batch",
    "These are losses of single batches, the last of each epoch. What should the number say of the whole epoch?",
    TRAINING,
)
FT7 = Misconception(
    "FT7",
    "all examples in one batch",
    "All examples go through at once. How many steps does an epoch make then, and how many should it?",
    TRAINING,
)
FT8 = Misconception(
    "FT8",
    "nothing is learned",
    "After your training all is where it was before. Who moves the parameters, and when?",
    TRAINING,
)
FT9 = Misconception(
    "FT9",
    "a loss for each batch",
    "These are the losses of the batches. How many numbers should an epoch leave behind?",
    TRAINING,
)
FT11 = Misconception(
    "FT11",
    "one batch's loss for the epoch",
    "This is the loss of one batch of each epoch: the first, the smallest or the largest. What becomes of the others?",
    TRAINING,
)
FT12 = Misconception(
    "FT12",
    "one step for each epoch",
    "This moves once for each epoch, by the last batch's gradient. In which of the loops does the step stand?",
    TRAINING,
)
FT13 = Misconception(
    "FT13",
    "only some of the layers learn",
    "Some layers have moved as they should, others not at all. Which layers does your loop visit?",
    TRAINING,
)
FT14 = Misconception(
    "FT14",
    "step before its own backward",
    "Each step here takes the gradient of the batch before. Which of the four things comes last?",
    TRAINING,
)
FT15 = Misconception(
    "FT15",
    "a part of the step before kept, as with momentum",
    "These steps keep a part of those before them, as with momentum. Along which gradient alone does plain descent go?",
    TRAINING,
)
FT16 = Misconception(
    "FT16",
    "each batch goes forward twice",
    "Every batch goes through the network twice. Which forward pass gave the loss that the step was made of?",
    TRAINING,
)
FT17 = Misconception(
    "FT17",
    "examples drawn anew for each batch",
    "Some examples come twice in an epoch, and others not at all. What does a permutation give that a draw does not?",
    TRAINING,
)
FT18 = Misconception(
    "FT18",
    "steps that become shorter, or are divided once more",
    "One way to get this: the rate is divided by the batch, the epoch or the step, or grows smaller on the way. How "
    "long is each step?",
    TRAINING,
)
FT19 = Misconception(
    "FT19",
    "the loss after the epoch",
    "All examples go through the network once more, beside the batches of each epoch. Which losses are averaged: those "
    "of the batches as they came, or of what has been learned by then?",
    TRAINING,
)
FT10 = Misconception(
    "FT10",
    "one epoch only",
    "Each example is used once, and then it ends. What goes round as often as there are epochs?",
    TRAINING,
)

STEP, FIT = PARTS = ("sgd_step", "fit")
CLASSES = 4


class Watched(Network):
    """A network that writes down the batches that go through it, and what comes back."""

    def __init__(self, layers: Sequence[Any]) -> None:
        super().__init__(layers)
        self.batches: list[np.ndarray] = []
        self.slopes: list[np.ndarray] = []

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the scores."""
        self.batches.append(np.array(x))
        return super().forward(x)

    def backward(self, grad_out: np.ndarray) -> np.ndarray:
        """Send a gradient back."""
        self.slopes.append(np.array(grad_out))
        return super().backward(grad_out)


def run_step(function: Any, params: list[Any], grads: list[Any], learning_rate: float) -> list[Any]:
    """Probe: let a learner's step move a network of two layers; return what they have learned, in order."""
    layers = [Dense(weight=one.copy(), bias=other.copy()) for one, other in zip(params[::2], params[1::2], strict=True)]
    for number, layer in enumerate(layers):
        layer.grads = {"weight": grads[2 * number].copy(), "bias": grads[2 * number + 1].copy()}
    network = Network(layers)
    function(network, learning_rate)
    return [layer.params[name] for layer in network.layers for name in ("weight", "bias")]


def run_fit(
    function: Any, weight: Any, bias: Any, x: Any, y: Any, epochs: int, batch_size: int, learning_rate: float
) -> dict[str, Any]:
    """Probe: let a learner's loop train a network of one layer, and tell which batches it saw."""
    layer = Dense(weight=weight.copy(), bias=bias.copy())
    network = Watched([layer])
    kept = np.random.get_state()
    try:
        np.random.seed(7)
        mine = x.copy(), y.copy()
        losses = function(network, *mine, epochs, batch_size, learning_rate)
    finally:
        np.random.set_state(kept)
    same = all(np.array_equal(one, other) for one, other in zip(mine, (x, y), strict=True))
    found = {"losses": losses, "batches": network.batches, "slopes": network.slopes, "same": same}
    return found | {"weight": layer.params["weight"], "bias": layer.params["bias"]}


class TrainingLoop(Implementation):
    """Write ``sgd_step(network, learning_rate)`` and ``fit(network, x, y, epochs, batch_size, learning_rate)``."""

    id = "training-loop"
    hints = (
        "Where does each layer keep what it learns, and where the gradients? Which names have both in common?",
        "np.random.permutation(len(x)) gives an order. Which slices of it are the batches, and how long is the last?",
        "Four things happen to each batch: scores, loss and its gradient, backward, step. What is kept of it?",
    )
    worked = """
        Batches for something else: the mean of each batch of a list of 7 numbers, in batches of 3.

        1. `range(0, 7, 3)` gives the starts 0, 3, 6. A slice ends where the list ends: the last batch has one number.
        2. The order is drawn anew each time; numbers and their names are picked by the same places.

        ```python
        def batch_means(numbers, names, size):
            places = np.random.permutation(len(numbers))
            for start in range(0, len(places), size):
                some = places[start : start + size]
                yield names[some], numbers[some].mean()
        ```
    """
    misconceptions = (
        FT1,
        FT2,
        FT3,
        FT4,
        FT5,
        FT6,
        FT7,
        FT8,
        FT9,
        FT10,
        FT11,
        FT12,
        FT13,
        FT14,
        FT15,
        FT16,
        FT17,
        FT18,
        FT19,
    )

    def cases(self) -> Sequence[Case]:
        """Return a step, and two epochs of training."""
        return [Case("learning_rate=0.5", 0.5, STEP), Case("22 examples in batches of 5", (22, 5, 3), FIT)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return another step, and other batches."""
        return [Case("", 0.125, STEP), Case("", (17, 4, 2), FIT)]

    def try_case(self, case: Case, sgd_step: Callable[..., Any], fit: Callable[..., Any]) -> None:
        """Let the step move a network of the check's own, or the loop train one."""
        if case.part == STEP:
            _try_step(case, sgd_step)
        else:
            _try_fit(case, fit)


def _try_step(case: Case, function: Callable[..., Any]) -> None:
    must_be_function(function, STEP)
    rng, rate = case.rng(3), case.data
    shapes = ((3, 2), (3,), (4, 3), (4,))
    params, grads = ([rng.normal(size=shape) for shape in shapes] for _ in range(2))
    found = case.ask(run_step, function, params, grads, rate)
    given = [case.array(one, "A parameter after sgd_step") for one in found]
    right = [one - rate * slope for one, slope in zip(params, grads, strict=True)]
    if all(map(close, given[1::2], params[1::2])) and all(map(close, given[::2], right[::2])):
        raise case.wrong(STEP, FT2)
    moves = [close(one, wanted) for one, wanted in zip(given, right, strict=True)]
    if (
        not all(moves)
        and any(moves)
        and all(move or close(one, was) for move, one, was in zip(moves, given, params, strict=True))
    ):
        raise case.wrong(STEP, FT13)
    for one, before, slope, wanted in zip(given, params, grads, right, strict=True):
        ways = {FT1: lambda before=before, slope=slope: before + rate * slope}
        case.compare(STEP, one, wanted, ways, near=partial(nearly, recipes.step, before, slope, rate))


def _try_fit(case: Case, function: Callable[..., Any]) -> None:
    must_be_function(function, FIT)
    number, size, epochs = case.data
    rng = case.rng(number, size)
    x, y = rng.normal(size=(number, 6)), rng.integers(0, CLASSES, number)
    start = rng.normal(size=(CLASSES, 6)), rng.normal(size=CLASSES)
    rate = 0.25
    found = case.ask(run_fit, function, *start, x, y, epochs, size, rate)
    if found["same"] is not True:
        raise case.always(
            "fit changed the pictures or labels that it was given. Work on a copy, or on an order of them."
        )
    rows = _rows(case, found["batches"], x)
    per_epoch = _in_epochs(case, rows, number, size, epochs)
    _look_at_labels(case, found, rows, y)
    right, losses = _train(start, x, y, rows, rate)
    rarely = _train(start, x, y, rows, rate, steps=[some[-1] for some in per_epoch])[0]
    behind = _train(start, x, y, rows, rate, late=True)[0]
    memories = [_train(start, x, y, rows, rate, momentum=part)[0] for part in (0.9, 0.5)]
    shorter = [_train(start, x, y, rows, rate, share=one)[0] for one in _shares(rows, len(per_epoch[0]))]
    for place, (name, one, before) in enumerate(zip(("weight", "bias"), right, start, strict=True)):
        ways = {
            FT8: partial(np.asarray, before),
            FT12: partial(np.asarray, rarely[place]),
            FT14: partial(np.asarray, behind[place]),
            FT15: lambda place=place: [one[place] for one in memories],
            FT18: lambda place=place: [one[place] for one in shorter],
        }
        case.compare(f"{FIT}, what is learned", case.array(found[name], "A parameter after fit"), one, ways)
    _look_at_losses(case, found["losses"], losses, rows, per_epoch)


def _rows(case: Case, batches: list[Any], x: np.ndarray) -> list[np.ndarray]:
    """Return which examples each batch held, by their numbers."""
    found = []
    for batch in batches:
        given = case.array(batch, "A batch that fit hands to the network")
        if given.ndim != 2 or given.shape[1] != x.shape[1]:
            raise case.always("fit hands the network something else than rows of x.")
        distance = np.abs(given[:, None] - x).max(axis=2)
        if (distance.min(axis=1) > 1e-5).any():
            raise case.always("fit hands the network rows that are not rows of x.")
        found.append(distance.argmin(axis=1))
    return found


def _in_epochs(case: Case, rows: list[np.ndarray], number: int, size: int, epochs: int) -> list[list[int]]:
    """Return the numbers of the batches of each epoch; raise if an epoch is not each example once."""
    if not rows:
        raise case.always("fit sends no batch through the network.")
    behind = [one for one in rows if len(one) == number > size]
    if len(behind) == epochs < len(rows):
        raise case.wrong(FIT, FT19)
    if max(map(len, rows)) > size:
        raise case.wrong(FIT, FT7 if min(map(len, rows)) == number else None)
    per_epoch = -(-number // size)
    every = [rows[start : start + per_epoch] for start in range(0, len(rows), per_epoch)]
    if len(rows) == (number // size) * epochs or _leaves_out(rows, number, size):
        raise case.wrong(FIT, FT3)
    if len(every) == 1 < epochs and sorted(np.concatenate(every[0])) == list(range(number)):
        raise case.wrong(FIT, FT10)
    if len(rows) == 2 * per_epoch * epochs:
        raise case.wrong(FIT, FT16)
    if len(every) != epochs or any(sorted(np.concatenate(some)) != list(range(number)) for some in every):
        drawn = len(every) == epochs and sum(map(len, rows)) == number * epochs
        raise case.always(
            "fit does not use each example once in each epoch, in that many epochs.", FT17 if drawn else None
        )
    if any(np.array_equal(np.concatenate(every[0]), np.concatenate(some)) for some in every[1:]):
        raise case.wrong(FIT, FT4)
    if any(len(one) != size for some in every for one in some[:-1]):
        raise case.always("fit makes batches of other sizes than batch_size; only the last may be smaller.")
    return [list(range(start, start + per_epoch)) for start in range(0, len(rows), per_epoch)]


def _leaves_out(rows: list[np.ndarray], number: int, size: int) -> bool:
    used = np.bincount(np.concatenate(rows), minlength=number)
    whole = len(rows) % (number // size) == 0 and all(len(one) == size for one in rows)
    return number % size > 0 and whole and used.max() > used.min()


def _look_at_labels(case: Case, found: dict[str, Any], rows: list[np.ndarray], y: np.ndarray) -> None:
    """Raise if a gradient belongs to other labels: the score of the true class is the one that should rise."""
    if len(found["slopes"]) != len(rows):
        raise case.always("fit does not send one gradient back for each batch that went forward.")
    slopes = [case.array(one, "A gradient that fit sends back") for one in found["slopes"]]
    if any(one.shape != (len(some), CLASSES) for one, some in zip(slopes, rows, strict=True)):
        raise case.always("fit sends back a gradient of another shape than that of the scores.")
    if any((one.argmin(axis=1) != y[some]).any() for one, some in zip(slopes, rows, strict=True)):
        raise case.wrong(FIT, FT5)


def _train(
    start: tuple[np.ndarray, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    rows: list[np.ndarray],
    rate: float,
    *,
    steps: list[int] | None = None,
    late: bool = False,
    momentum: float = 0.0,
    share: Callable[[int], float] = lambda number: 1.0,
) -> tuple[list[np.ndarray], list[float]]:
    """Return what PyTorch learns from the same batches, and the loss of each.

    ``steps`` are the batches after which it moves, if not after each; ``late`` moves by the gradient of the one before;
    with ``momentum`` it keeps a part of the step before; ``share`` is what is left of the rate in each step.
    """
    params, losses = [torch.tensor(one, requires_grad=True) for one in start], []
    before = velocity = [torch.zeros_like(one) for one in params]
    with torch.enable_grad():
        for number, some in enumerate(rows):
            loss = F.cross_entropy(F.linear(torch.tensor(x[some]), *params), torch.tensor(y[some]))
            slopes = list(torch.autograd.grad(loss, params))
            if late or steps is None or number in steps:
                newest = before if late else slopes
                velocity = [momentum * old + new for old, new in zip(velocity, newest, strict=True)]
                params = [
                    (p - rate * share(number) * v).detach().requires_grad_(True)
                    for p, v in zip(params, velocity, strict=True)
                ]
            before = slopes
            losses.append(float(loss))
    return [one.detach().numpy() for one in params], losses


def _shares(rows: list[np.ndarray], per_epoch: int) -> list[Callable[[int], float]]:
    """Return what may be left of the rate in step k, if it is divided, or becomes smaller."""
    size = len(rows[0])
    divided = [lambda k, by=by: 1 / by for by in (size, per_epoch, sum(map(len, rows[:per_epoch])))]
    own = [lambda k: 1 / len(rows[k])]
    fading = [lambda k: 1 / (k + 1), lambda k: 1 / (k // per_epoch + 1), lambda k: 0.5 ** (k // per_epoch)]
    fading += [lambda k, by=by: by ** (k // per_epoch) for by in (0.9, 0.95, 0.99)]
    product = [1 / float(np.prod(np.arange(1, number + 2))) for number in range(len(rows))]
    return [*divided, *own, *fading, lambda k: product[k // per_epoch], lambda k: 1 - k / len(rows)]


def _look_at_losses(
    case: Case, given: Any, losses: list[float], rows: list[np.ndarray], per_epoch: list[list[int]]
) -> None:
    """Raise unless there is one mean for each epoch: over its batches, or over its examples."""
    if given is None:
        raise case.always("fit returned None. Does it end in a return statement?")
    array = case.array(given, "What fit returns")
    if array.size == len(per_epoch):
        array = array.reshape(-1)  # one number is one number, also in an array
    of_examples = [np.average([losses[i] for i in some], weights=[len(rows[i]) for i in some]) for some in per_epoch]
    if close(array, np.array(of_examples)):
        return
    lasts = np.array([losses[some[-1]] for some in per_epoch])
    of_batches = [np.mean([losses[i] for i in some]) for some in per_epoch]
    of_each = [[losses[i] for i in some] for some in per_epoch]
    others = [[choose(one) for one in of_each] for choose in (itemgetter(0), min, max)]
    ways = {FT6: lambda: lasts, FT11: lambda: others, FT9: lambda: _with_each(losses, rows, per_epoch)}
    case.compare("fit, losses", array, of_batches, ways)


def _with_each(losses: list[float], rows: list[np.ndarray], per_epoch: list[list[int]]) -> list[list[float]]:
    """Return the losses of all batches, alone and with the mean of each epoch behind its batches."""
    beside = [[*(losses[i] for i in some), float(np.mean([losses[i] for i in some]))] for some in per_epoch]
    return [losses, [one for some in beside for one in some]]
