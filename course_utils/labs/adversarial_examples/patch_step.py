"""Exercise 8.9: one step of learning a patch that turns many pictures into one class.

| claim of the prompt | case |
|---|---|
| each picture gets the patch at its own corner | pictures with corners of their own; corners at the edge |
| one step of `lr` along the signs | two lengths of step |
| the loss of `target`, summed over the pictures, becomes smaller | several targets |
| pixels from 0 to 1 | a large step, patches that are black and white in places |
| `x` and `patch` stay as they are | every case |
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.slips import TwoSlips
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.attacks import plainly, read
from course_utils.labs.adversarial_examples.headings import PATCH
from course_utils.labs.adversarial_examples.networks import Recipe

AP1 = Misconception(
    "AP1",
    "the patch walks away from its target",
    "After this step the network believes less in `target` than before. Should the loss of a class that you want grow "
    "or shrink?",
    PATCH,
)
AP2 = Misconception(
    "AP2",
    "the patch moves by its gradient, not by the signs",
    "Here a pixel of the patch moves as far as its gradient is large. How far should each move?",
    PATCH,
)
AP3 = Misconception(
    "AP3",
    "a patch that cannot be printed",
    "This patch has pixels below 0 or above 1. Could a printer deliver it?",
    PATCH,
)
AP4 = Misconception(
    "AP4",
    "the gradient of one picture only",
    "One picture alone has decided this step. What is the gradient by a patch that all pictures share?",
    PATCH,
)
AP5 = Misconception(
    "AP5",
    "the gradient of pictures without the patch",
    "This gradient was taken at pictures in which the patch is not pasted yet. What does the network look at when it "
    "is attacked?",
    PATCH,
)
AP6 = Misconception(
    "AP6",
    "all pictures at the same corner",
    "The patch lies in the same corner of every picture here. Which row of `corners` belongs to the second picture?",
    PATCH,
)
AP7 = Misconception(
    "AP7",
    "row and column exchanged",
    "The patch lies mirrored at the diagonal. Which of the two numbers of a corner counts rows?",
    PATCH,
)
AP8 = Misconception(
    "AP8",
    "each picture takes a step of its own",
    "These are the pictures' signs, added or averaged. What comes first for a patch that they share: the sum of "
    "gradients, or the sign?",
    PATCH,
)
AP9 = Misconception(
    "AP9",
    "returned the change, not the patch",
    "This is how the patch changes. What is asked for, the change or the patch after it?",
    PATCH,
)
AP10 = Misconception(
    "AP10",
    "traces in what was given",
    "Afterwards the pictures or the patch are not as they were: their numbers, requires_grad or grad. Can you work on "
    "a copy that is cut off from its past?",
    PATCH,
)
AP11 = Misconception(
    "AP11",
    "the loss of another class than the target",
    "This walks towards class 0, or towards what the network sees already, or away from it. Which label should the "
    "loss have, for every picture?",
    PATCH,
)
AP12 = Misconception(
    "AP12",
    "the gradient of another loss",
    "One way to get this: the gradient of a score or of a probability, or a softmax before the cross-entropy. Which "
    "loss is to become smaller?",
    PATCH,
)
AP13 = Misconception(
    "AP13",
    "signs of each picture, then their majority",
    "Here each picture votes with a sign. What is summed before the sign is taken?",
    PATCH,
)
AP14 = Misconception(
    "AP14",
    "pictures returned in place of the patch",
    "These are pictures with the patch in them. What is to be returned?",
    PATCH,
)
AP15 = Misconception(
    "AP15",
    "gradient divided by its size in place of its signs",
    "One way to get this: the gradient divided by its length or its largest number. Which step is asked for, and how "
    "long is it for each pixel?",
    PATCH,
)

AP16 = Misconception(
    "AP16",
    "a step of another length than lr",
    "One way to get this: the step is twice, half, or some other part of lr. By what is it multiplied besides, and how "
    "often is it taken?",
    PATCH,
)
AP17 = Misconception(
    "AP17",
    "one sign for several colours or pixels",
    "One way to get this: colours, rows or columns of the patch move together. Whose gradient says which way a number "
    "moves?",
    PATCH,
)

NAME = "patch_step"
WORKED = """
One number shared by places that differ. Two "pictures" are rows of three pixels, (1, 2, 3) and (4, 5, 6); the patch is
one pixel p = 0.5, and lies at place 0 of the first and at place 2 of the second. A "network" scores the target with
w · row, w = (2, −1, −3); its loss is minus the score.

1. With the patch: (0.5, 2, 3) and (4, 5, 0.5).
2. Slope of the first row's loss by p: −w at place 0, −2. Of the second's: −w at place 2, +3.
3. They share p, so the slopes add up: +1. The loss shrinks if p becomes *smaller*, though the first alone wants more.
4. A step of 0.1: p = 0.4. One of 0.7 would end at −0.2; a printer stops at 0.

```python
p = torch.tensor(0.5, requires_grad=True)
rows = torch.tensor([[1.0, 2, 3], [4, 5, 6]])
with_patch = rows.clone()
with_patch[0, 0], with_patch[1, 2] = p, p
(slope,) = torch.autograd.grad(-(with_patch @ torch.tensor([2.0, -1, -3])).sum(), p)
print(slope, (p.detach() - 0.1 * slope.sign()).clamp(0, 1))
# tensor(1.) tensor(0.4000)
```
"""


class Batch(NamedTuple):
    """What one call gets: the network's recipe, pictures, the side of the patch, the target, the step."""

    recipe: Recipe
    pictures: int
    side: int
    target: int
    lr: float


class PatchStep(Implementation):
    """Write ``patch_step(model, x, patch, corners, target, lr)``: the patch (3, S, S) after one step."""

    id = "patch-step"
    hints = (
        "Which tensor must carry `requires_grad`, before it is pasted: the pictures or the patch?",
        "Every picture wants the same class. Which labels does the cross-entropy get, and which `reduction`?",
        "Should the loss of that class grow or shrink, and how far may each pixel of the patch move?",
    )
    worked = WORKED
    names_explain_all = True
    misconceptions = (AP1, AP2, AP3, AP4, AP5, AP6, AP7, AP8, AP9, AP10, AP11, AP12, AP13, AP14, AP15, AP16, AP17)

    def cases(self) -> Sequence[Case]:
        """Return two targets, a step that leaves the range of pixels, and a single picture."""
        return [
            Case("4 pictures, a patch of 2×2, lr=0.05", Batch(Recipe(61), 4, 2, 1, 0.05)),
            Case("5 pictures, a patch of 3×3, lr=0.02", Batch(Recipe(62, 7, 8), 5, 3, 2, 0.02)),
            Case("a large step, lr=0.6", Batch(Recipe(63, 6, 7), 3, 3, 3, 0.6)),
            Case("one picture", Batch(Recipe(64, 5, 6), 1, 2, 2, 0.1)),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes, targets and steps."""
        return [
            Case("other sizes", Batch(Recipe(65, 8, 6), 6, 2, 3, 0.03)),
            Case("float32", Batch(Recipe(66, 7, 9, double=False), 4, 3, 1, 0.4)),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with autograd's step."""
        batch: Batch = case.data
        x, patch, corners = given(batch, case.seed)
        found = case.ask(take_step, answer, tuple(batch.recipe), x, patch, corners, batch.target, batch.lr)
        array = read(case, found["answer"], NAME)
        right = step(batch, x, patch, corners)
        case.compare(NAME, array, right, wrong_steps(batch, x, patch, corners))
        if found["untouched"] is not True:
            raise case.always(f"{NAME} changed what it was given.", AP10)


def given(batch: Batch, seed: int) -> tuple[torch.Tensor, torch.Tensor, list[tuple[int, int]]]:
    """Draw pictures (N, 3, H, W), a patch (3, S, S), and a corner for each picture: of two pictures never the same."""
    rng = np.random.default_rng([seed, batch.recipe.seed])
    room = min(batch.recipe.height, batch.recipe.width) - batch.side + 1  # so that both orders of a corner fit
    kind = torch.float64 if batch.recipe.double else torch.float32
    x = torch.tensor(rng.uniform(0, 1, (batch.pictures, 3, batch.recipe.height, batch.recipe.width)), dtype=kind)
    patch = torch.tensor(np.clip(rng.uniform(-0.2, 1.2, (3, batch.side, batch.side)), 0, 1), dtype=kind)
    places = rng.choice(room * room - 1, batch.pictures, replace=False) + 1  # not the corner (0, 0)
    return x, patch, [(int(place) // room, int(place) % room) for place in places]


def take_step(function: Callable[..., Any], recipe: tuple[Any, ...], x, patch, corners, target, lr) -> dict[str, Any]:
    """Probe: call ``function`` once; say what it returned, and whether pictures and patch are as they were."""
    before = x.clone(), patch.clone()
    answer = plainly(function(networks.make(Recipe(*recipe)), x, patch, [tuple(one) for one in corners], target, lr))
    same = torch.equal(x, before[0]) and torch.equal(patch, before[1])
    traces = x.requires_grad or patch.requires_grad or x.grad is not None or patch.grad is not None
    return {"answer": answer, "untouched": same and not traces}


def pasted(x: torch.Tensor, patch: torch.Tensor, corners: Sequence[tuple[int, int]]) -> torch.Tensor:
    """Return pictures with the patch in them; where it does not fit it is cut off."""
    layers = []
    for picture, (row, column) in zip(x, corners, strict=True):
        high, wide = picture.shape[1] - row, picture.shape[2] - column
        part = patch[:, :high, :wide]
        around = (column, wide - part.shape[2], row, high - part.shape[1])
        layers.append(torch.where(F.pad(torch.ones_like(part), around) > 0, F.pad(part, around), picture))
    return torch.stack(layers)


def slopes(batch: Batch, x: torch.Tensor, patch: torch.Tensor, corners, labels: Any = None) -> torch.Tensor:
    """Return each picture's gradient of its loss by the patch, (N, 3, S, S)."""
    model = networks.make(batch.recipe)
    wanted = torch.full((len(x),), batch.target) if labels is None else labels
    found = []
    with torch.enable_grad():
        for picture, corner, label in zip(x, corners, wanted, strict=True):
            leaf = patch.clone().requires_grad_(True)
            loss = F.cross_entropy(model(pasted(picture[None], leaf, [corner])), label[None])
            found.append(torch.autograd.grad(loss, leaf, allow_unused=True)[0])
    return torch.stack(found)


def step(batch: Batch, x: torch.Tensor, patch: torch.Tensor, corners, labels: Any = None) -> torch.Tensor:
    """Return the patch after one step down the summed loss."""
    return (patch - batch.lr * slopes(batch, x, patch, corners, labels).sum(0).sign()).clamp(0, 1)


def wrong_steps(batch: Batch, x: torch.Tensor, patch: torch.Tensor, corners) -> Ways:
    """For each wrong way, a function that computes its patches."""
    each, lr, first, many = slopes(batch, x, patch, corners), batch.lr, corners[0], len(x) > 1
    down = -lr * each.sum(0).sign()

    def moved(*changes: torch.Tensor) -> list[torch.Tensor]:
        return [(patch + change).clamp(0, 1) for change in changes]

    def unpasted() -> list[torch.Tensor]:
        gradient = networks.slope(networks.make(batch.recipe), x, torch.full((len(x),), batch.target))
        side = batch.side
        parts = [one[:, r : r + side, c : c + side] for one, (r, c) in zip(gradient, corners, strict=True)]
        return moved(-lr * torch.stack(parts).sum(0).sign())

    def others() -> list[torch.Tensor]:
        seen = networks.predict(networks.make(batch.recipe), pasted(x, patch, corners))
        clean = networks.predict(networks.make(batch.recipe), x)
        nought = step(batch, x, patch, corners, torch.zeros_like(seen))
        away = [-lr * slopes(batch, x, patch, corners, labels).sum(0).sign() for labels in (seen, clean)]
        return [nought, *moved(*away, *(-one for one in away))]

    return {
        AP1: lambda: moved(-down),
        AP2: lambda: moved(-lr * each.sum(0), -lr * each.mean(0)),
        AP3: lambda: [patch + down, (patch + down).clamp(min=0), (patch + down).clamp(max=1)],
        AP4: lambda: moved(-lr * each[0].sign(), -lr * each[-1].sign()) if many else [],
        AP5: unpasted,
        AP6: lambda: (
            [step(batch, x, patch, [corner] * len(x)) for corner in (first, (0, 0), corners[-1])] if many else []
        ),
        AP7: lambda: [step(batch, x, patch, [(column, row) for row, column in corners])],
        AP8: lambda: moved(-lr * each.sign().sum(0), -lr * each.sign().mean(0)) if many else [],
        AP9: lambda: [down, (patch + down).clamp(0, 1) - patch],
        AP11: others,
        AP12: lambda: moved(*(-lr * one.sign() for one in of_losses(batch, x, patch, corners))),
        AP13: lambda: moved(-lr * each.sign().sum(0).sign()) if many else [],
        AP16: lambda: moved(*(by * down for by in (2, 0.5, 0.1, 10, 1 / lr, 1 / len(x), len(x)) if lr)) if lr else [],
        AP17: lambda: moved(
            *(
                -lr * each.sum(0).sum(axes, keepdim=True).sign().expand_as(patch)
                for axes in (0, 1, 2, (1, 2), (0, 1, 2))
            )
        ),
        AP14: lambda: [pasted(x, (patch + down).clamp(0, 1), corners), pasted(x, patch + down, corners)],
        AP15: lambda: moved(*(-lr * each.sum(0) / size for size in _sizes(each.sum(0)))),
        TwoSlips.of(AP1, AP3): lambda: [patch - down],
        TwoSlips.of(AP2, AP3): lambda: [patch - lr * each.sum(0), patch - lr * each.mean(0)],
        TwoSlips.of(AP1, AP2): lambda: moved(lr * each.sum(0), lr * each.mean(0)),
        TwoSlips.of(AP1, AP4): lambda: moved(lr * each[0].sign()) if many else [],
    }


def _sizes(gradient: torch.Tensor) -> list[torch.Tensor]:
    return [gradient.norm(), gradient.abs().max(), gradient.abs().mean()]


def of_losses(batch: Batch, x: torch.Tensor, patch: torch.Tensor, corners) -> list[torch.Tensor]:
    """Return the gradients by the patch of other losses of the target: its score, its probability, and their like."""
    model, found = networks.make(batch.recipe), []
    k, labels = batch.target, torch.full((len(x),), batch.target)
    losses: tuple[Callable[[torch.Tensor], torch.Tensor], ...] = (
        lambda scores: scores[:, k].sum(),
        lambda scores: -scores[:, k].sum(),
        lambda scores: scores.softmax(1)[:, k].sum(),
        lambda scores: -scores.softmax(1)[:, k].sum(),
        lambda scores: F.cross_entropy(scores.softmax(1), labels),
        lambda scores: F.nll_loss(scores, labels),
        lambda scores: scores.sum(),
        lambda scores: scores.max(1).values.sum(),
    )
    with torch.enable_grad():
        for loss in losses:
            leaf = patch.clone().requires_grad_(True)
            found.append(torch.autograd.grad(loss(model(pasted(x, leaf, corners))), leaf)[0])
    return found
