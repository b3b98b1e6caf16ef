"""Exercise 6.4: one epoch of training, watched by a model and an optimiser that write down what is done with them.

| the prompt says | what is tried |
|---|---|
| train mode | the mode in which the model, handed over in eval mode, is called |
| one step for each batch | weights at the end, of full batches and a short last one, against training by hand |
| with ``loss_fn`` | it is called |
| returns the mean loss over all pictures | against the same mean by hand |
| as a ``float`` | a number, NumPy's too, or an array of one; no tensor |
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils.judging import shared
from course_utils.judging.answers import named, plain
from course_utils.judging.cases import Case
from course_utils.judging.closeness import near
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import slip_of
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.lab7_cnn import rescue
from course_utils.labs.lab7_cnn.headings import LOOP

TR1 = Misconception(
    "TR1",
    "gradients not set to zero",
    "Here each step uses the gradients of all batches so far. What does backward do with a gradient that is there?",
    LOOP,
)
TR2 = Misconception(
    "TR2",
    "step before backward",
    "You step before you know the new gradients. Which gradients does the first step use?",
    LOOP,
)
TR3 = Misconception(
    "TR3",
    "wrong mode: train or eval",
    "The model was in the wrong mode. In which mode do dropout and batch norm belong here, and afterwards?",
    LOOP,
)
TR4 = Misconception(
    "TR4",
    "loss kept as a tensor",
    "You return a tensor, with the graph of every batch behind it. Which method gives a plain number?",
    LOOP,
)
TR5 = Misconception(
    "TR5",
    "mean of batch means with a short last batch",
    "This is the mean over batches. Should a batch of 2 count as much as a batch of 4?",
    LOOP,
)
KT1 = Misconception(
    "KT1",
    "backward or step missing",
    "The weights did not change. Which call computes gradients, and which one uses them?",
    LOOP,
)
KT2 = Misconception(
    "KT2",
    "gradients cleared between backward and step",
    "The gradients are gone when step wants them. Where must zero_grad stand?",
    LOOP,
)
KT3 = Misconception(
    "KT3",
    "only one batch of the epoch",
    "You trained on one batch only. Does your return stand inside the loop?",
    LOOP,
)
KT4 = Misconception(
    "KT4",
    "loss of the last batch returned",
    "This is the loss of the last batch. What do the others have to say?",
    LOOP,
)
KT5 = Misconception(
    "KT5",
    "losses summed, not averaged",
    "This is a sum. By what must it be divided to be the mean over all pictures?",
    LOOP,
)

KT6 = Misconception(
    "KT6",
    "sum over pictures divided by the number of batches",
    "You add up the losses of all pictures and divide by the number of batches. How many numbers have you added?",
    LOOP,
)
KT7 = Misconception(
    "KT7",
    "sum of batch means divided by the number of pictures",
    "You add up one number for each batch and divide by the number of pictures. How many pictures does a number "
    "stand for?",
    LOOP,
)
KT8 = Misconception(
    "KT8",
    "loss scaled before backward",
    "Your loss is multiplied or divided before backward. What does that do to the length of each step?",
    LOOP,
)
KT9 = Misconception(
    "KT9",
    "last batch counted as a full one",
    "Your sum takes every batch for a full one. How many pictures has the last?",
    LOOP,
)
KT10 = Misconception(
    "KT10",
    "one step for the whole epoch",
    "You step once, behind the loop. How many steps does an epoch of several batches have?",
    LOOP,
)
KT11 = Misconception(
    "KT11",
    "last batch left out",
    "Your weights are those without the last batch. Which batch does your loop not reach?",
    LOOP,
)
KT12 = Misconception(
    "KT12",
    "more steps than batches",
    "You step more often than there are batches. How many steps belong to one backward?",
    LOOP,
)
KT13 = Misconception(
    "KT13",
    "backward more than once a batch",
    "You call backward more often than there are batches. What does a second call do with the gradients?",
    LOOP,
)
KT14 = Misconception(
    "KT14",
    "more than one epoch",
    "Your loop goes over the pictures more than once. How many epochs does the function train?",
    LOOP,
)
PR5 = shared.PR5.in_lab(
    LOOP, "You train on probabilities. What does the cross-entropy loss do first with what it gets?"
)

KT15 = Misconception(
    "KT15",
    "a running mean of losses",
    "One way to get this: a mean of the mean so far and the new loss, in which the last batches weigh most. How much "
    "should each picture weigh?",
    LOOP,
)
KT16 = Misconception(
    "KT16",
    "losses measured behind each step",
    "These are the losses of the batches after the step that each of them led to. Which forward pass gave the loss "
    "that the step was made of?",
    LOOP,
)
KT17 = Misconception(
    "KT17",
    "losses measured when the epoch is over",
    "These are the losses of the network at the end of the epoch. Which losses does training see on its way?",
    LOOP,
)
KT18 = Misconception(
    "KT18",
    "an optimiser of one's own",
    "One way to get this: steps of another length than those of the optimiser that is handed over. Whose step() does "
    "your loop call?",
    LOOP,
)
KT19 = Misconception(
    "KT19",
    "the mean rounded",
    "This is the right mean with digits cut off. Who rounds it, and does the task?",
    LOOP,
)
KT20 = Misconception(
    "KT20",
    "one batch's loss, chosen by its size",
    "This is the largest, the smallest or the middle one of the batches' losses. What does each picture have to say?",
    LOOP,
)
KT21 = Misconception(
    "KT21",
    "divided by another number than that of the pictures",
    "The losses of all pictures are added up, and divided by the size of batches. How many pictures were there, if the "
    "last batch is shorter?",
    LOOP,
)
KT22 = Misconception(
    "KT22",
    "gradients clipped",
    "One way to get this: gradients are cut off, by their length or number by number, before the step. Who asks for "
    "that?",
    LOOP,
)
KT23 = Misconception(
    "KT23",
    "a penalty on the weights besides",
    "One way to get this: a share of the weights, or of their squares, is added to the loss or to its gradient. Which "
    "loss is handed over?",
    LOOP,
)
KTS = (
    KT1,
    KT2,
    KT3,
    KT4,
    KT5,
    KT6,
    KT7,
    KT8,
    KT9,
    KT10,
    KT11,
    KT12,
    KT13,
    KT14,
    KT15,
    KT16,
    KT17,
    KT18,
    KT19,
    KT20,
    KT21,
    KT22,
    KT23,
)

RATE = 0.5  # learning rate of the watched epoch
BATCH = 4
NAME = "train_one_epoch"


# --- a probe, and the spies that it hands over


class SpyModel(nn.Module):
    """A linear model that writes down what is done with it."""

    def __init__(self, weight: torch.Tensor, log: list[str]) -> None:
        super().__init__()
        self.weight, self.log = nn.Parameter(weight.clone()), log

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores, and note the mode."""
        self.log.append("forward in train mode" if self.training else "forward in eval mode")
        return F.linear(x, self.weight)

    def zero_grad(self, *args: Any, **kwargs: Any) -> None:
        """Note and do it."""
        self.log.append("zero_grad")
        super().zero_grad(*args, **kwargs)


class SpySGD(torch.optim.SGD):
    """Gradient descent that writes down what is called."""

    log: list[str]

    def zero_grad(self, *args: Any, **kwargs: Any) -> None:
        """Note and do it."""
        self.log.append("zero_grad")
        super().zero_grad(*args, **kwargs)

    def step(self, *args: Any, **kwargs: Any) -> Any:
        """Note and do it."""
        self.log.append("step")
        return super().step(*args, **kwargs)


def watch_epoch(
    function: Callable[..., Any], x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, batch: int, rate: float
) -> dict[str, Any]:
    """Probe: let the student's function train a spied model for one epoch.

    Returns
    -------
    dict
        ``"events"`` in order; ``"kind"`` and ``"value"`` (None if it is no number) of what was returned, ``"graph"``:
        whether it holds one; ``"weight"`` at the end.
    """
    log: list[str] = []
    model = SpyModel(weight, log).eval()  # a loop that is right switches to training itself
    optimiser = SpySGD(model.parameters(), lr=rate)
    optimiser.log = log

    def loss_fn(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        log.append("loss")
        loss = F.cross_entropy(scores, labels)
        if loss.requires_grad:
            loss.register_hook(lambda _gradient: log.append("backward"))
        return loss

    loader = DataLoader(TensorDataset(x, y), batch_size=batch)
    with torch.enable_grad():
        value = function(model, loader, optimiser, loss_fn)
    return {
        "events": list(log),
        "kind": type(value).__name__,
        "value": plain(value),
        "graph": isinstance(value, torch.Tensor) and value.requires_grad,
        "weight": model.weight.detach().clone(),
    }


# --- what is right, and what wrong ways give


class Epoch:
    """One epoch to be trained: pictures, labels and first weights of a linear model."""

    def __init__(self, number: int, seed: int) -> None:
        chance = torch.Generator().manual_seed(seed)
        self.x, self.weight = torch.randn(number, 5, generator=chance), torch.randn(3, 5, generator=chance)
        self.y = torch.randint(0, 3, (number,), generator=chance)

    def train(
        self,
        *,
        keep: bool = False,
        late: bool = False,
        batches: int | None = None,
        scores: Callable[[torch.Tensor], torch.Tensor] = lambda scores: scores,
        scale: Callable[[int], float] = lambda size: 1.0,
        change: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = lambda gradient, weight: gradient,
    ) -> dict[str, Any]:
        """Train by hand for one epoch.

        Parameters
        ----------
        keep
            Gradients of earlier batches stay.
        late
            Each step uses the gradients that were there before the batch (none at first).
        batches
            How many batches are trained; all if left out.
        scores, scale
            What becomes of the scores before the loss, and by how much the loss of a batch is multiplied.
        change
            What becomes of a gradient before the step, from it and the weight.

        Returns
        -------
        dict
            ``"weight"`` at the end, ``"losses"`` and ``"sizes"`` of the batches; their losses ``"after"``
            each step, and ``"at the end"``.
        """
        weight, gradient = self.weight.clone(), torch.zeros_like(self.weight)
        losses, sizes, after = [], [], []
        for part, labels in list(zip(self.x.split(BATCH), self.y.split(BATCH), strict=True))[:batches]:
            leaf = weight.clone().requires_grad_()
            with torch.enable_grad():
                loss = F.cross_entropy(scores(F.linear(part, leaf)), labels)
            (fresh,) = torch.autograd.grad(loss * scale(len(labels)), leaf)
            before = gradient
            gradient = change(gradient + fresh if keep else fresh, weight)
            weight = weight - RATE * (before if late else gradient)
            losses.append(loss.item())
            sizes.append(len(labels))
            after.append(F.cross_entropy(scores(F.linear(part, weight)), labels).item())
        parts = list(zip(self.x.split(BATCH), self.y.split(BATCH), strict=True))[:batches]
        end = [F.cross_entropy(scores(F.linear(part, weight)), labels).item() for part, labels in parts]
        found = {"losses": losses, "sizes": sizes, "after": after, "at the end": end}
        return {"weight": weight, **{name: np.array(numbers) for name, numbers in found.items()}}

    def gives(self, weight: torch.Tensor, **how: Any) -> bool:
        """Tell whether training by hand gives these weights; ``how`` as in :meth:`train`."""
        return torch.allclose(weight, self.train(**how)["weight"], rtol=1e-4, atol=1e-5)


class TrainOneEpoch(Implementation):
    """``train_one_epoch(model, loader, optimiser, loss_fn) -> float``: a step for each batch, and the mean loss."""

    id = "train-one-epoch"
    hints = (
        "Which five calls does each batch take, and in which order?",
        "A batch of 2 and a batch of 4: by what do you multiply their mean losses before you add them?",
        "Which method makes a plain number of a tensor with one element?",
    )
    worked = """
        The same loop without PyTorch's optimiser: one weight `w`, the loss (w·x − y)², a gradient that is
        computed by hand.

        1. Forget the old gradient: start from zero for each batch.
        2. Forward: the mean loss of the batch. Backward: its gradient, the mean of 2·x·(w·x − y). Step: w −
           rate · gradient.
        3. For the report, weigh the batch's mean with the number of its examples, and divide by all of them at the end.

        ```python
        def one_epoch(w, batches, rate):
            total, number = 0.0, 0
            for x, y in batches:
                error = w * x - y
                w = w - rate * (2 * x * error).mean()
                total, number = total + (error**2).sum(), number + len(x)
            return w, total / number
        ```
    """
    misconceptions = (TR1, TR2, TR3, TR4, TR5, *KTS, PR5)

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.train_one_epoch

    def cases(self) -> Sequence[Case]:
        """Return an epoch whose last batch is short, and one of full batches."""
        return [Case("10 pictures in batches of 4", 10), Case("8 pictures in batches of 4", 8)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return an epoch of other pictures, in another number of batches."""
        return [Case("other pictures", 17)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Let the function train a spied model, and compare weights and loss with PyTorch's."""
        must_be_function(answer, NAME)
        epoch = Epoch(case.data, case.seed or case.data - 7)
        found = case.ask(watch_epoch, answer, epoch.x, epoch.y, epoch.weight, BATCH, RATE)
        _judge_events(case, found, epoch)
        _judge_loss(case, found, epoch.train())


def _judge_events(case: Case, found: dict[str, Any], epoch: Epoch) -> None:
    events, given = found["events"], found["weight"]
    if any("eval" in event for event in events):
        raise case.wrong(NAME, TR3)
    if epoch.gives(given):
        if "loss" not in events:
            raise case.always(
                f"{NAME}: the weights are right, but loss_fn was never called.\n"
                "Hint: Somebody hands over another loss. Which of them does your function train with?"
            )
        return
    way = _way_to_the_weights(events, given, epoch)
    if way:
        raise case.wrong(NAME, way)
    calls = ", ".join(events[:6])
    raise case.always(
        f"{NAME}: after the epoch the weights are not what PyTorch's own loop gives.\n"
        f"  your calls begin: {calls[:120]}.\nHint: Which five calls does each batch take, and in which order?"
    )


def _way_to_the_weights(events: list[str], given: torch.Tensor, epoch: Epoch) -> Misconception | None:
    if "step" in events and "backward" in events and events.index("step") < events.index("backward"):
        return TR2
    if torch.equal(given, epoch.weight):
        if _between(events, "backward", "zero_grad", "step"):
            return KT2
        return None if {"backward", "step"} <= set(events) else KT1
    batches, number = len(epoch.x.split(BATCH)), len(epoch.x)
    ways: dict[Misconception, list[dict[str, Any]]] = {
        TR2: [{"late": True}, {"late": True, "keep": True}],
        TR1: [{"keep": True}],
        KT3: [{"batches": 1}],
        KT11: [{"batches": batches - 1}],
        PR5: [{"scores": partial(torch.softmax, dim=axis)} for axis in (1, 0)] + [{"scores": torch.sigmoid}],
        KT8: [
            {"scale": float},
            *({"scale": partial(_one_in, by)} for by in (batches, number, BATCH, 2, 0.5)),
            {"scale": _each},
        ],
        KT22: [{"change": partial(cut, bound)} for bound in BOUNDS for cut in (_shortened, _limited)],
        KT23: [{"change": partial(_with_share, share)} for share in PENALTIES],
    }
    counted = _way_of_counts(events, batches)
    if counted in (KT12, KT13):  # a loss of twice the size would give the same weights
        return counted
    exact = next((way for way, hows in ways.items() if any(epoch.gives(given, **how) for how in hows)), None)
    if exact is None and "backward" in events and "step" not in events:
        return KT18
    return exact or counted


BOUNDS = (1.0, 0.5, 0.1, 5.0, 0.25, 2.0, 0.01)
PENALTIES = (0.01, 0.02, 0.1, 0.2, 0.001, 0.002, 1e-4, 2e-4, 0.05, 0.5, 1.0, 2.0)


def _shortened(bound: float, gradient: torch.Tensor, _weight: torch.Tensor) -> torch.Tensor:
    return gradient * min(1.0, bound / (float(gradient.norm()) + 1e-6))


def _limited(bound: float, gradient: torch.Tensor, _weight: torch.Tensor) -> torch.Tensor:
    return gradient.clamp(-bound, bound)


def _with_share(share: float, gradient: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return gradient + share * weight


def _way_of_counts(events: list[str], batches: int) -> Misconception | None:
    forwards, backwards, steps = (sum(word in one for one in events) for word in ("forward", "backward", "step"))
    if steps == 1 < backwards == batches:
        return KT10
    if steps > batches == forwards:
        return KT12
    if backwards > batches == forwards:
        return KT13
    return KT14 if forwards > batches and forwards == backwards == steps else None


def _one_in(by: float, _size: int) -> float:
    return 1 / by


def _each(size: int) -> float:
    return 1 / size


def _between(events: list[str], first: str, middle: str, last: str) -> bool:
    order = [event for event in events if event in (first, middle, last)]
    return any(order[i : i + 3] == [first, middle, last] for i in range(len(order)))


def _judge_loss(case: Case, found: dict[str, Any], right: dict[str, Any]) -> None:
    losses, sizes = right["losses"], right["sizes"]
    mean = float((losses * sizes).sum() / sizes.sum())
    value = found["value"]
    if found["kind"] == "NoneType":
        raise case.always(f"{NAME} returned None. Does it end in a return statement?")
    if found["graph"]:
        raise case.wrong(NAME, TR4)
    if value is None or found["kind"] in ("Tensor", "Parameter"):
        raise case.always(f"{NAME} should return a number of type float, not {named(found['kind'])}.")
    exact = partial(near, by=1e-4, share=1e-4)
    if exact(value, mean):
        return
    ways = {
        TR5: [losses.mean()],
        KT4: [losses[-1]],
        KT6: [(losses * sizes).sum() / len(losses)],
        KT7: [losses.sum() / sizes.sum()],
        KT9: [BATCH * losses.sum() / sizes.sum()],
        KT5: [losses.sum(), (losses * sizes).sum()],
        KT15: _running(losses),
        KT16: [_mean(right["after"], sizes), right["after"].mean(), right["after"].sum()],
        KT17: [_mean(right["at the end"], sizes), right["at the end"].mean()],
        KT19: [round(mean, digits) for digits in range(4)],
        KT20: [losses.max(), losses.min(), np.median(losses)],
        KT21: [(losses * sizes).sum() / by for by in _other_numbers(sizes)],
    }
    way = next((way for way, given in ways.items() if any(exact(value, one) for one in given)), None)
    if way:
        raise case.wrong(NAME, way)
    if exact(value, losses[0]):
        raise case.always(f"{NAME}: the weights are right, the loss is that of the first batch. Where are the others?")
    raise case.always(f"{NAME}: the weights are right, the returned mean loss is not.", slip_of(value, mean)[:1])


def _mean(losses: np.ndarray, sizes: np.ndarray) -> float:
    return float((losses * sizes).sum() / sizes.sum())


def _other_numbers(sizes: np.ndarray) -> list[float]:
    """Return numbers that stand for that of the pictures where it is not counted."""
    batches = len(sizes)
    return [BATCH, BATCH * batches, batches - 1, sizes[-1], batches * sizes[-1]]


def _running(losses: np.ndarray) -> list[float]:
    """Return running means: from 0 or from the first loss, the new one weighing half or a tenth."""
    found = []
    for new in (0.5, 0.1, 0.9):
        for first in (0.0, float(losses[0])):
            mean = first
            for loss in losses[1 if first else 0 :]:
                mean = (1 - new) * mean + new * loss
            found.append(mean)
    return found
