"""Click on a layer: the shape that goes in, its weight and bias, the shape that comes out."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
import traitlets
from torch import nn

from course_utils.labs.neurons import figures
from course_utils.widgets.base import Explorer, script, whole

LARGEST_SIZE = 512  # units
LARGEST_BATCH = 64  # examples


def trace(sizes: Sequence[int], batch: int) -> list[dict[str, list[int]]]:
    """Send a batch of zeros through dense layers of PyTorch and note every shape."""
    x, steps = torch.zeros(batch, sizes[0]), []
    for inputs, outputs in pairwise(sizes):
        with torch.random.fork_rng(devices=[]):  # the learner's random numbers stay as they are
            layer = nn.Linear(inputs, outputs)
        y = layer(x)
        tensors = {"in": x, "weight": layer.weight, "bias": layer.bias, "out": y}
        steps.append({name: list(tensor.shape) for name, tensor in tensors.items()})
        x = y
    return steps


class ShapeTracer(Explorer):
    """What `explore_shapes` returns."""

    _esm = script(__file__, "shape_tracer")
    asks_python = traitlets.Bool(True).tag(sync=True)
    sizes = traitlets.List([5, 7, 3]).tag(sync=True)
    batch = traitlets.Int(4, min=1).tag(sync=True)
    layer = traitlets.Int(0, min=0).tag(sync=True)
    steps = traitlets.List().tag(sync=True)

    @traitlets.default("steps")
    def _default_steps(self) -> list[dict]:
        return trace(self.sizes, self.batch)

    @traitlets.observe("batch", "sizes")
    def _trace_again(self, _change: Any) -> None:
        self.steps = trace(self.sizes, self.batch)

    def static_figure(self) -> tuple[Any, str]:
        """Draw the matrices of the chosen layer."""
        step, number = self.steps[self.layer], self.layer + 1
        turned = tuple(reversed(step["weight"]))
        boxes = [("in", step["in"]), (f"W{number}.T", turned), (f"b{number}", (1, *step["bias"])), ("out", step["out"])]
        alt = (
            f"Layer {number} of a network {' → '.join(map(str, self.sizes))}, in PyTorch: in {tuple(step['in'])}, "
            f"weight {tuple(step['weight'])}, bias {tuple(step['bias'])}, out {tuple(step['out'])}."
        )
        return figures.plot_shapes([(name, tuple(shape)) for name, shape in boxes], marks=("@", "+", "=")), alt


def explore_shapes(sizes: Sequence[int] = (5, 7, 3), batch: int = 4) -> ShapeTracer:
    """Follow a batch through dense layers, layer by layer.

    Parameters
    ----------
    sizes
        Numbers of inputs and of the units of each layer: two to five, each from 1 to 512.
    batch
        Examples, from 1 to 64.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    if not 2 <= len(sizes) <= 5:
        raise ValueError(f"sizes must be two to five numbers, not {len(sizes)}")
    sizes = [whole("each size", size, 1, LARGEST_SIZE) for size in sizes]
    return ShapeTracer(sizes=sizes, batch=whole("batch", batch, 1, LARGEST_BATCH))
