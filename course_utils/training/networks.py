"""Training of networks for the labs that do not ask for it, and the frame around the training that a learner wrote.

Where the line lies. Lab 06 asks for one epoch of training and for an evaluation with a confusion matrix. `run_epochs`
therefore trains nothing itself: it calls the learner's functions, counts, times and draws the bar. `fit` serves later
labs, where training is a means. It is a black box in another style (gradients as values, no stored ones; copies of
the model for predictions, no switching of modes) and answers neither exercise. There is no helper that makes a
confusion matrix or accuracies per class: figures take the learner's own.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from course_utils import runtime

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass
class History:
    """What came out after each epoch: mean training `loss`, and `accuracy` (0 to 1) where it was asked for."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.loss)

    def __str__(self) -> str:
        parts = [f"{len(self)} {'epoch' if len(self) == 1 else 'epochs'} in {self.seconds:.1f} s"]
        parts += [f"loss {self.loss[-1]:.3f}"] if self.loss else []
        parts += [f"accuracy {self.accuracy[-1]:.3f}"] if self.accuracy else []
        return ", ".join(parts)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Show a notebook that ends in a training the same line, and not lists of digits."""
        printer.text(str(self))


def run_epochs(
    train: Callable[[], float], epochs: int, *, evaluate: Callable[[], float] | None = None, what: str = "training"
) -> History:
    """Call ``train`` once an epoch, with a progress bar; none is shown while nbgrader grades.

    Parameters
    ----------
    train
        Trains for one epoch and returns the mean loss.
    epochs
        How often, at least 1.
    evaluate
        Called after each epoch; returns an accuracy from 0 to 1.
    what
        Stands before the bar.

    Returns
    -------
    History
        One loss (and accuracy) an epoch.

    Raises
    ------
    ValueError
        If ``epochs`` is below 1.
    TypeError
        If one of the functions does not return a number.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, not {epochs}")
    history, start = History(), time.perf_counter()
    with runtime.progress_bar(what, epochs, unit="epochs") as advance:
        for epoch in range(1, epochs + 1):
            history.loss.append(_number(train(), "train"))
            if evaluate:
                history.accuracy.append(_number(evaluate(), "evaluate"))
            history.seconds = time.perf_counter() - start
            advance(epoch, note=f"loss {history.loss[-1]:.3f}")
    return history


def _number(value: object, name: str) -> float:
    """Return what a learner's function gave as a float, or say that it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must return a number, not {type(value).__name__}") from None


def fit(
    model: "nn.Module",
    x: "torch.Tensor",
    y: "torch.Tensor",
    *,
    epochs: int,
    batch_size: int = 64,
    learning_rate: float = 2e-3,
    parameters: "Iterable[nn.Parameter] | None" = None,
    test: "tuple[torch.Tensor, torch.Tensor] | None" = None,
    seed: int = 0,
) -> History:
    """Train a classifier with Adam on the cross-entropy. The model changes; its mode is afterwards as it was.

    Parameters
    ----------
    model
        Takes ``x``, gives logits ``(N, K)``.
    x, y
        Inputs ``(N, …)`` and labels ``(N,)``.
    epochs, batch_size, learning_rate
        Of Adam; the last batch may be shorter.
    parameters
        Those to train; if left out, all that require a gradient.
    test
        Inputs and labels; their accuracy goes into the history after each epoch.
    seed
        Of the order of the batches. The global generator is used by the model only (dropout).

    Returns
    -------
    History
        Mean loss of each epoch (of the batches as they were trained), and accuracy.

    Raises
    ------
    ValueError
        If there are not as many labels as inputs, or nothing is to be trained.
    """
    import torch
    from torch.nn.functional import cross_entropy

    if len(x) != len(y) or not len(x):
        raise ValueError(f"x and y must have the same length, at least 1; they have {len(x)} and {len(y)}")
    chosen = [p for p in (model.parameters() if parameters is None else parameters) if p.requires_grad]
    if not chosen:
        raise ValueError("no parameter that requires a gradient is to be trained")
    adam, chance = torch.optim.Adam(chosen, learning_rate), torch.Generator().manual_seed(seed)

    def one_epoch() -> float:
        losses = []
        for places in torch.randperm(len(x), generator=chance).split(batch_size):
            values = cross_entropy(model(x[places]), y[places], reduction="none")
            for parameter, gradient in zip(chosen, torch.autograd.grad(values.mean(), chosen), strict=True):
                parameter.grad = gradient
            adam.step()
            losses.append(values.detach())
        return float(torch.cat(losses).mean())

    mode = model.training
    model.train()
    try:
        return run_epochs(one_epoch, epochs, evaluate=(lambda: accuracy(model, *test)) if test else None)
    finally:
        model.train(mode)
        for parameter in chosen:
            parameter.grad = None


def probabilities(model: "nn.Module", x: "torch.Tensor", *, batch_size: int = 250) -> "torch.Tensor":
    """Compute the model's probabilities ``(N, K)`` for inputs ``(N, …)``. The model stays as it is."""
    import copy

    import torch

    judge = copy.deepcopy(model).eval()
    with torch.no_grad():
        return torch.cat([judge(part).softmax(1) for part in x.split(batch_size)])


def predict(model: "nn.Module", x: "torch.Tensor", *, batch_size: int = 250) -> "torch.Tensor":
    """Compute the label ``(N,)`` to which the model gives the highest score. The model stays as it is."""
    return probabilities(model, x, batch_size=batch_size).argmax(1)


def accuracy(model: "nn.Module", x: "torch.Tensor", y: "torch.Tensor") -> float:
    """Compute the share of inputs ``(N, …)`` whose label ``(N,)`` the model gets right, from 0 to 1."""
    return float((predict(model, x) == y).float().mean())
