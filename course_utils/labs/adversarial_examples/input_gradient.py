"""Exercise 8.1: the gradient of each picture's loss by its pixels.

| claim of the prompt | case |
|---|---|
| each picture's own gradient, in the shape of x | one picture; a batch; other sizes, float32 |
| in eval mode, whatever mode the model comes in | batch normalisation in both modes |
| leave the mode as it was | batch normalisation in both modes |
| leave x and the parameters' `grad` as they were | every case; parameters that hold a gradient |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.adversarial_examples import networks, rescue
from course_utils.labs.adversarial_examples.attacks import DS2, EG3, Call, pictures, plainly, read
from course_utils.labs.adversarial_examples.headings import PIXELS
from course_utils.labs.adversarial_examples.networks import Recipe, slope

GR1 = shared.GR1.in_lab(
    PIXELS,
    "This is the right gradient times -1. Is the loss here the log-probability, or what cross_entropy makes of it?",
)
GR3 = shared.GR3.in_lab(
    PIXELS,
    "This is the gradient of the batch's mean loss: right in its signs, too small by the number of pictures. Does "
    "a picture's gradient depend on how many others stand beside it?",
)
PR5 = shared.PR5.in_lab(
    PIXELS, "Here softmax is applied before cross_entropy. What does cross_entropy do first with what it gets?"
)
AD6 = Misconception(
    "AD6",
    "gradients left in the parameters",
    "Afterwards the parameters' grad is another one than before. Who will be misled by it, and which line of "
    "yours touches them, such as backward or zero_grad?",
    PIXELS,
)
AD7 = Misconception(
    "AD7",
    "dropout or batch normalisation in train mode",
    "This comes out in train mode, or leaves the model in another mode, or moves its running statistics. In which "
    "mode does each picture get an answer of its own, and how do you put the old mode back?",
    PIXELS,
)
EG1 = Misconception(
    "EG1",
    "gradient of the score or the probability, not of the loss",
    "This is the gradient of the network's score or probability for the class. Of which number was it asked?",
    PIXELS,
)
EG2 = Misconception(
    "EG2",
    "took the sign of the gradient already",
    "Only the signs are left here. Is the size of a gradient not wanted, too?",
    PIXELS,
)
EG4 = Misconception(
    "EG4",
    "gradient for the network's prediction, not for y",
    "This is the gradient of the loss for what the network predicts. For which labels is it asked?",
    PIXELS,
)
EG5 = Misconception(
    "EG5",
    "scaled by the network's normalisation, or to a largest number",
    "Signs and proportions are right, the size is not. What was the gradient multiplied or divided by?",
    PIXELS,
)

WORKED = """
The gradient of *another* number by the pixels: how does the largest score of each picture change with its pixels?

1. autograd follows what asks for it, so make a leaf that belongs to you: a copy, cut off from the caller's tensor.
2. Go through the model: `scores` (N, K). The number asked for is one for each picture: `scores.max(dim=1).values` (N,).
3. autograd wants a single number. Add them up: a picture's pixels stand in its own score only, so that nothing mixes.
4. Ask for the gradient by the leaf; nothing is stored in a parameter.

```python
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3))
pictures = torch.rand(2, 1, 2, 2)
leaf = pictures.detach().clone().requires_grad_(True)
best = model(leaf).max(dim=1).values  # (2,)
(slope,) = torch.autograd.grad(best.sum(), leaf)
print(slope.shape, model[1].weight.grad)  # torch.Size([2, 1, 2, 2]) None
```
"""


EG6 = Misconception(
    "EG6",
    "gradient of another loss",
    "One way to get this: another loss, such as all scores summed, squares, smoothed labels, scores multiplied first, "
    "or another label's. Which loss is asked for, and of which label?",
    PIXELS,
)
EG7 = Misconception(
    "EG7",
    "mixed with the picture",
    "This is the gradient multiplied by the picture, or added to it. What alone is asked for?",
    PIXELS,
)


@dataclass(frozen=True)
class Situation:
    """A call, the mode in which the model comes, and whether its parameters hold a gradient already."""

    call: Call
    training: bool = False
    stored: bool = False


def _case(label: str, recipe: Recipe, batch: int, *, training: bool = False, stored: bool = False) -> Case:
    shape = (batch, 3, recipe.height, recipe.width)
    return Case(f"{label}; x has shape {shape}", Situation(Call(recipe, batch), training, stored))


class InputGradient(Implementation):
    """Write ``input_gradient(model, x (N, C, H, W), y (N,))``, the gradient of each picture's loss.

    The model, its parameters' ``grad`` and ``x`` must be afterwards as they were.
    """

    id = "input-gradient"
    hints = (
        "autograd follows tensors with requires_grad=True. Which tensor must have it here, and may it be the caller's?",
        "Which reduction of cross_entropy keeps a picture's gradient the same, whoever stands beside it in the batch?",
        "torch.autograd.grad(loss, x) returns a tuple. What does it leave untouched that loss.backward() fills?",
        "Note model.training before you call eval(). What do you do with the note at the end?",
    )
    misconceptions = (GR1, GR3, AD7, EG2, PR5, EG1, DS2, AD6, EG3, EG4, EG5, EG6, EG7)
    worked = WORKED

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.input_gradient

    def cases(self) -> Sequence[Case]:
        """Return one picture, a batch, gradients that are there already, and batch normalisation in both modes."""
        return [
            _case("one picture", Recipe(1), 1),
            _case("a batch: each picture's own gradient", Recipe(2), 4),
            _case("parameters that hold a gradient already", Recipe(3), 3, stored=True),
            _case("a model with batch normalisation, in train mode", Recipe(4, norm=True), 4, training=True),
            _case("batch normalisation in eval mode, float32", Recipe(5, 5, 7, norm=True, double=False), 3),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes, float32, and batch normalisation in both modes."""
        return [
            _case("other sizes", Recipe(11, 7, 4), 5, stored=True),
            _case("float32", Recipe(12, 5, 7, double=False), 3),
            _case("batch normalisation, in eval mode", Recipe(13, 4, 5, norm=True), 6),
            _case("batch normalisation, in train mode", Recipe(14, 5, 5, norm=True), 2, training=True, stored=True),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with autograd and with finite differences, then look at what was left behind."""
        situation: Situation = case.data
        call = situation.call
        x, y = pictures(call, case.seed)
        found = case.ask(gradient, answer, tuple(call.recipe), x, y, situation.training, situation.stored)
        model = networks.make(call.recipe)
        given = read(case, found["answer"], "input_gradient")
        case.compare("input_gradient", given, slope(model, x, y), gradient_ways(call, x, y))
        _compare_with_differences(case, given, model, x, y)
        _refuse_traces(case, found)


def gradient(function: Callable[..., Any], recipe, x, y, training: bool, stored: bool) -> dict[str, Any]:
    """Probe: call ``function(model, x, y)`` and look at what it left behind.

    With `training` the model comes in train mode, with `stored` its parameters hold a gradient already.
    """
    model, before = networks.make(Recipe(*recipe)), x.clone()
    model.train(training)
    if stored:
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
    buffers = [buffer.clone() for buffer in model.buffers()]
    answer = function(model, x, y)
    grads = [parameter.grad for parameter in model.parameters()]
    clean = [grad is not None and bool((grad == 1).all()) if stored else grad is None for grad in grads]
    still = [torch.equal(one, other) for one, other in zip(buffers, model.buffers(), strict=True)]
    return {
        "answer": plainly(answer),
        "grads": all(clean),
        "mode": all(module.training is bool(training) for module in model.modules()) and all(still),
        "trainable": all(parameter.requires_grad for parameter in model.parameters()),
        "x": not x.requires_grad and x.grad is None and torch.equal(x, before),
    }


def gradient_ways(call: Call, x: torch.Tensor, y: torch.Tensor) -> Ways:
    """For each wrong gradient, a function that computes it."""
    model, right = networks.make(call.recipe), slope(networks.make(call.recipe), x, y)

    def training(loss=networks.loss_sum):
        return slope(networks.make(call.recipe).train(), x, y, loss)

    def picked(scores):
        return scores[range(len(y)), y].sum()

    return {
        GR1: lambda: [-right, -right / len(x)],
        GR3: lambda: right / len(x),
        AD7: lambda: [training(), training(F.cross_entropy)],
        EG2: lambda: [right.sign(), -right.sign()],
        PR5: lambda: [
            slope(model, x, y, lambda z, y, f=f: f(z.softmax(1), y)) for f in (networks.loss_sum, F.cross_entropy)
        ],
        EG1: lambda: [
            sign * slope(model, x, y, lambda z, y, f=f: picked(f(z))) / share
            for f in (lambda z: z, lambda z: z.softmax(1))
            for sign in (1, -1)
            for share in (1, len(x))
        ],
        EG6: lambda: [
            slope(model, x, y, loss) / share
            for loss in (
                lambda z, y: z.sum(),
                lambda z, y: ((z - F.one_hot(y, z.shape[1])) ** 2).sum(),
                lambda z, y: networks.loss_sum(z, (y + 1) % z.shape[1]),
                lambda z, y: networks.loss_sum(z, z.argmin(1)),
                *(partial(F.cross_entropy, reduction="sum", label_smoothing=share) for share in (0.1, 0.2, 0.05)),
                *(lambda z, y, by=by: networks.loss_sum(by * z, y) for by in (0.5, 2, 0.1, 10, 0.2, 5)),
                lambda z, y: z.max(1).values.sum() - picked(z),
            )
            for share in (1, len(x))
        ],
        EG7: lambda: [right * x, right + x, x + right.sign(), -right * x],
        DS2: lambda: [right[0], right.sum(0), right.mean(0)],
        EG4: lambda: [slope(model, x, networks.predict(model, x)) / share for share in (1, len(x))],
        EG5: lambda: [factor * right for factor in (0.5, 2, 255, 1 / 255, 1 / right.abs().max(), 1 / right.norm())],
    }


def _compare_with_differences(case: Case, given: np.ndarray, model, x: torch.Tensor, y: torch.Tensor) -> None:
    """Move five pixels by a tiny step each way and see how the loss moves: autograd is not taken at its word."""
    recipe = case.data.call.recipe
    if not recipe.double:
        return
    step, rng = 1e-4, np.random.default_rng(recipe.seed)
    for place in rng.choice(x.numel(), 5, replace=False):
        moved = torch.zeros(x.numel(), dtype=x.dtype)
        moved[place] = step
        moved = moved.reshape(x.shape)
        with torch.no_grad():
            rise = networks.loss_sum(model(x + moved), y) - networks.loss_sum(model(x - moved), y)
        if abs(float(rise) / (2 * step) - given.reshape(-1)[place]) > 1e-3:
            raise case.always("input_gradient: a pixel that is moved a little moves the loss by another amount.")


def _refuse_traces(case: Case, found: dict[str, Any]) -> None:
    for part, way, what in (
        ("grads", AD6, "the numbers are right, but the parameters' grad is not as it was."),
        ("mode", AD7, "the numbers are right, but the model is not as it was."),
        ("x", EG3, "the numbers are right, but x is not as it was."),
    ):
        if found[part] is not True:
            raise case.always(f"input_gradient: {what}", way)
    if found["trainable"] is not True:
        raise case.always(
            "input_gradient: the numbers are right, but requires_grad of the parameters is not as it was.\n"
            "Hint: Who wants to train this model next? Which tensor alone needs a gradient here?"
        )
