"""Networks that differ from the wanted one by one thing, told from what they do with weights that are given to them.

A network is a row of stages. Each variant changes one: an activation, a pooling, what goes in, what comes out. Numbers,
not names of layers, decide.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F

Function = Callable[[torch.Tensor], torch.Tensor]

ACTIVATIONS: tuple[Function, ...] = (
    torch.tanh,
    torch.sigmoid,
    *(lambda x, slope=slope: F.leaky_relu(x, slope) for slope in (0.01, 0.1, 0.2, 0.3)),
    F.gelu,
    lambda x: F.gelu(x, approximate="tanh"),
    F.elu,
    F.selu,
    F.silu,
    F.relu6,
    F.softplus,
    torch.abs,
)
AVERAGES: tuple[Function, ...] = (lambda x: F.avg_pool2d(x, 2),)
WINDOWS: tuple[Function, ...] = (  # that leave maps of the same side as a window of two
    lambda x: F.max_pool2d(x, 3, 2, padding=1),
    lambda x: F.max_pool2d(x, 1, 2),
    lambda x: -F.max_pool2d(-x, 2),
)
BEFORE: tuple[Function, ...] = (
    lambda x: (x - 0.5) / 0.5,
    lambda x: x - 0.5,
    lambda x: x / 255,
    lambda x: 255 * x,
    lambda x: x - x.mean(),
    lambda x: (x - x.mean()) / x.std(),
    lambda x: x - x.mean((1, 2, 3), keepdim=True),
    lambda x: (x - x.mean((1, 2, 3), keepdim=True)) / x.std((1, 2, 3), keepdim=True),
    lambda x: x - x.mean((0, 2, 3), keepdim=True),
    lambda x: (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True),
    lambda x: x.flip(1),
    lambda x: x.flip(3),
    lambda x: x.transpose(2, 3),
    lambda x: x.relu(),
    lambda x: x.clamp(0, 1),
    lambda x: x.mean(1, keepdim=True).expand_as(x),
)


class Stage(NamedTuple):
    """One stage of a network.

    Parameters
    ----------
    kind
        ``"layer"``, ``"activation"``, ``"pool"`` or ``"flatten"``.
    run
        From what comes in to what goes out.
    """

    kind: str
    run: Function


def outcome(stages: Sequence[Stage], x: torch.Tensor) -> torch.Tensor:
    """Run stages, one behind the other."""
    for stage in stages:
        x = stage.run(x)
    return x


def with_others(
    stages: Sequence[Stage], kind: str, others: Sequence[Function], x: torch.Tensor
) -> Iterator[torch.Tensor]:
    """Yield what a network gives with another function in place of one stage of a kind, of some, or of all.

    "Some" are those in front of the flatten step, and those behind it.
    """
    places = [place for place, stage in enumerate(stages) if stage.kind == kind]
    flat = next((place for place, stage in enumerate(stages) if stage.kind == "flatten"), len(stages))
    ends = [one for one in places if one < flat], [one for one in places if one > flat]
    sets = [places, *ends, *([one] for one in places)]
    tried: list[list[int]] = []
    for some in sets:
        if some and some not in tried:
            tried.append(some)
            reached = outcome(stages[: some[0]], x)
            for other in others:
                changed = [
                    stage._replace(run=other) if place in some else stage
                    for place, stage in enumerate(stages)
                    if place >= some[0]
                ]
                yield outcome(changed, reached)


def with_inputs(stages: Sequence[Stage], x: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yield what a network gives if the pictures are changed before its first layer."""
    return (outcome(stages, change(x)) for change in BEFORE)


def is_rescaled(given: torch.Tensor, right: torch.Tensor) -> bool:
    """Tell whether scores are the right ones times a number, or less a number of each row, column or of all."""
    if given.shape != right.shape or right.numel() < 3 or not torch.isfinite(given).all():
        return False
    gap, scale = given - right, right.abs().max()
    if gap.abs().max() <= 1e-3 * scale:
        return False
    factor = (given * right).sum() / (right * right).sum()
    if abs(factor) > 1e-3 and torch.allclose(given / factor, right, rtol=1e-3, atol=1e-4 * float(scale)):
        return True
    means = [gap.mean(axis, keepdim=True).expand_as(gap) for axis in range(gap.ndim) if gap.shape[axis] > 1]
    centred = (right - right.mean(-1, keepdim=True)) / right.std(-1, keepdim=True)
    return any(torch.allclose(gap, one, rtol=1e-3, atol=1e-4 * float(scale)) for one in means) or torch.allclose(
        given, centred, rtol=1e-2, atol=1e-3
    )
