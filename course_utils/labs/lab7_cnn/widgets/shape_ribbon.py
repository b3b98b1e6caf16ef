"""Predict the shapes along a network, step by step, then see them."""

import copy
from typing import Any

import traitlets

from course_utils.labs.lab7_cnn import figures
from course_utils.widgets.base import Explorer, script

MOST_STEPS = 12
SILENT = ("ReLU", "Dropout", "BatchNorm2d", "Identity")  # layers that keep the shape: no step of their own


class RibbonExplorer(Explorer):
    """What `explore_ribbon` returns."""

    _esm = script(__file__, "shape_ribbon")
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    shapes = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    shown = traitlets.Int(1, min=1).tag(sync=True)

    def static_figure(self) -> tuple[Any, str]:
        """Draw all steps with their shapes."""
        known = {name: tuple(shape) for name, shape in zip(self.names, self.shapes, strict=True)}
        words = ", ".join(f"{name} {'×'.join(map(str, shape))}" for name, shape in known.items())
        return figures.plot_shape_ribbon(known), f"Shapes of one picture along the network: {words}."


def explore_ribbon(model: Any, input_shape: tuple[int, ...]) -> RibbonExplorer:
    """Let a learner predict the shape after each layer of a network, one after the other.

    The network itself is run once, on a copy, to find the shapes: nothing is computed here by a formula.

    Parameters
    ----------
    model
        Any network (nn.Module) of at most 11 layers that change the shape. A flattening without a layer of its own
        is a step, too.
    input_shape
        Of one picture, ``(C, H, W)``.

    Raises
    ------
    ValueError
        If there are too many layers, or a shape is neither ``(C, H, W)`` nor ``(D,)``.
    RuntimeError
        If the network does not take such a picture; PyTorch's words say why.
    """
    steps = [("input", tuple(input_shape)), *trace(model, tuple(input_shape))]
    if len(steps) > MOST_STEPS:
        raise ValueError(f"model must have at most {MOST_STEPS - 1} layers that change the shape, not {len(steps) - 1}")
    for name, shape in steps:
        if len(shape) not in (1, 3):
            raise ValueError(f"the shape behind {name} must be (C, H, W) or (D,) for one picture, not {shape}")
    names, shapes = zip(*steps, strict=True)
    return RibbonExplorer(names=list(names), shapes=[list(shape) for shape in shapes])


def trace(model: Any, input_shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Run a copy of a network on one empty picture; return name and shape behind each layer that changes it."""
    import torch

    steps: list[tuple[str, tuple[int, ...]]] = []

    def record(name: str):
        def hook(_layer, inputs, output) -> None:
            before, after = tuple(inputs[0].shape[1:]), tuple(output.shape[1:])
            if steps and len(steps[-1][1]) == 3 and len(before) == 1:
                steps.append((f"{len(steps) + 1} flatten", before))
            if before != after:
                steps.append((f"{len(steps) + 1} {name}", after))

        return hook

    judge = copy.deepcopy(model).eval()
    for name, layer in judge.named_modules():
        if not list(layer.children()) and type(layer).__name__ not in SILENT:
            layer.register_forward_hook(record(type(layer).__name__ if name.isdigit() else name.split(".")[-1]))
    with torch.no_grad():
        judge(torch.zeros(1, *input_shape))
    return steps
