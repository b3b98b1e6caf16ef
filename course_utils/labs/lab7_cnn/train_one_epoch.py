"""Exercise 6.4: one epoch of training, watched by a model and an optimiser that write down what is done with them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils.judging.answers import named, plain
from course_utils.judging.cases import Case
from course_utils.judging.closeness import near
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
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
        ``"events"`` in order, ``"kind"`` and ``"value"`` of what was returned, ``"weight"`` at the end.
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
        "value": value.detach() if isinstance(value, torch.Tensor) else value if _is_number(value) else None,
        "weight": model.weight.detach().clone(),
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


# --- what is right, and what wrong ways give


class Epoch:
    """One epoch to be trained: pictures, labels and first weights of a linear model."""

    def __init__(self, number: int, seed: int) -> None:
        chance = torch.Generator().manual_seed(seed)
        self.x, self.weight = torch.randn(number, 5, generator=chance), torch.randn(3, 5, generator=chance)
        self.y = torch.randint(0, 3, (number,), generator=chance)

    def train(self, *, keep: bool = False, late: bool = False, batches: int | None = None) -> dict[str, Any]:
        """Train by hand for one epoch.

        Parameters
        ----------
        keep
            Gradients of earlier batches stay.
        late
            Each step uses the gradients that were there before the batch (none at first).
        batches
            How many batches are trained; all if left out.

        Returns
        -------
        dict
            ``"weight"`` at the end, ``"losses"`` and ``"sizes"`` of the batches.
        """
        weight, gradient = self.weight.clone(), torch.zeros_like(self.weight)
        losses, sizes = [], []
        for part, labels in list(zip(self.x.split(BATCH), self.y.split(BATCH), strict=True))[:batches]:
            leaf = weight.clone().requires_grad_()
            with torch.enable_grad():
                loss = F.cross_entropy(F.linear(part, leaf), labels)
            (fresh,) = torch.autograd.grad(loss, leaf)
            before = gradient
            gradient = gradient + fresh if keep else fresh
            weight = weight - RATE * (before if late else gradient)
            losses.append(loss.item())
            sizes.append(len(labels))
        return {"weight": weight, "losses": np.array(losses), "sizes": np.array(sizes)}

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
    misconceptions = (TR1, TR2, TR3, TR4, TR5, KT1, KT2, KT3, KT4, KT5)

    def cases(self) -> Sequence[Case]:
        """Return one epoch whose last batch is short."""
        return [Case("10 pictures in batches of 4", 10)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return an epoch of other pictures, in another number of batches."""
        return [Case("other pictures", 17)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Let the function train a spied model, and compare weights and loss with PyTorch's."""
        must_be_function(answer, NAME)
        epoch = Epoch(case.data, case.seed or 3)
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
        f"  your calls begin: {calls[:120]}.\nHint: which five calls does each batch take, and in which order?"
    )


def _way_to_the_weights(events: list[str], given: torch.Tensor, epoch: Epoch) -> Misconception | None:
    forwards = sum("forward" in event for event in events)
    if "backward" not in events or "step" not in events:
        return KT1
    if events.index("step") < events.index("backward"):
        return TR2
    if torch.equal(given, epoch.weight) and _between(events, "backward", "zero_grad", "step"):
        return KT2
    if epoch.gives(given, late=True) or epoch.gives(given, late=True, keep=True):
        return TR2
    if epoch.gives(given, keep=True) or "zero_grad" not in events:
        return TR1
    return KT3 if forwards < len(epoch.x.split(BATCH)) or epoch.gives(given, batches=1) else None


def _between(events: list[str], first: str, middle: str, last: str) -> bool:
    order = [event for event in events if event in (first, middle, last)]
    return any(order[i : i + 3] == [first, middle, last] for i in range(len(order)))


def _judge_loss(case: Case, found: dict[str, Any], right: dict[str, Any]) -> None:
    losses, sizes = right["losses"], right["sizes"]
    mean = float((losses * sizes).sum() / sizes.sum())
    value = plain(found["value"]) if found["value"] is not None else None
    if found["kind"] == "NoneType":
        raise case.always(f"{NAME} returned None. Does it end in a return statement?")
    if found["kind"] == "Tensor":
        raise case.wrong(NAME, TR4)
    if value is None:
        raise case.always(f"{NAME} should return a number, not {named(found['kind'])}.")
    exact = partial(near, by=1e-4, share=1e-4)
    if exact(value, mean):
        return
    ways = {
        TR5: [losses.mean()],
        KT4: [losses[-1]],
        KT5: [losses.sum(), (losses * sizes).sum()],
        KT3: [losses[0]],
    }
    way = next((way for way, given in ways.items() if any(exact(value, one) for one in given)), None)
    if way:
        raise case.wrong(NAME, way)
    raise case.always(f"{NAME}: the weights are right, the returned mean loss is not.")
