"""Networks of two convolutions, each pooled 2×2, and dense layers behind them: followed by counting and by PyTorch.

Sides are found by counting windows one by one; what is right is asked of PyTorch, on its "meta" device.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.layer_slips import Step
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.lab7_cnn.headings import SHAPES
from course_utils.labs.lab7_cnn.sets import Shape

MAPS = ("conv1", "pool1", "conv2", "pool2")

SZ1 = shared.SZ1.in_lab(SHAPES)
SZ8 = shared.SZ8.in_lab(SHAPES)
DS5 = shared.DS5.in_lab(SHAPES)
KA1 = Misconception(
    "KA1",
    "pooling rounds an odd side up",
    "Your pooling makes a row of 13 into 7. In how many places does a window of two fit, side by side?",
    SHAPES,
)
KA3 = Misconception(
    "KA3",
    "flattened one map only",
    "This is one map, stretched. How many maps has a picture at this point?",
    SHAPES,
)


class Network(NamedTuple):
    """Lab 7's kind of network on a batch of square pictures; every convolution is pooled 2×2, sides in pixels."""

    batch: int
    in_channels: int
    side: int
    kernels1: int
    kernels2: int
    kernel_size: int
    units1: int
    units2: int
    classes: int


LAB7 = Network(4, 3, 32, 6, 16, 5, 120, 84, 10)


# --- sides, by counting


def after_conv(side: int, kernel_size: int) -> int:
    """Count the places of a kernel on a row, stride 1, no padding."""
    return len([start for start in range(side) if start + kernel_size <= side])


def after_pool(side: int) -> int:
    """Count the pairs in a row of cells."""
    return len([start for start in range(0, side, 2) if start + 2 <= side])


def sides(
    side: int,
    kernels: tuple[int, int],
    conv: Callable[[int, int], int] = after_conv,
    pool: Callable[[int], int] = after_pool,
) -> list[int]:
    """Return the sides after conv, pool, conv, pool. ``conv(side, kernel_size)`` and ``pool(side)`` say how."""
    found: list[int] = []
    for kernel_size in kernels:
        found += [conv((found or [side])[-1], kernel_size)]
        found += [pool(found[-1])]
    return found


def map_steps(kernels: tuple[int, int], sizes: tuple[int, int]) -> dict[str, Step]:
    """Return both convolutions with their poolings, and the flatten step, as steps of a shape."""
    convolutions = [Step("conv", outputs, size) for outputs, size in zip(kernels, sizes, strict=True)]
    pool = Step("pool", size=2)
    steps = zip(MAPS, (convolutions[0], pool, convolutions[1], pool), strict=True)
    return dict(steps) | {"flatten": Step("flatten")}


# --- what PyTorch says


def torch_maps(
    in_channels: int, side: int, kernels: tuple[int, int], sizes: tuple[int, int]
) -> tuple[dict[str, nn.Module], int]:
    """Make both convolutions with their poolings, and the flatten step; return them by name, and how many features."""
    with torch.device("meta"):
        layers: dict[str, nn.Module] = {
            "conv1": nn.Conv2d(in_channels, kernels[0], sizes[0]),
            "pool1": nn.MaxPool2d(2),
            "conv2": nn.Conv2d(kernels[0], kernels[1], sizes[1]),
            "pool2": nn.MaxPool2d(2),
            "flatten": nn.Flatten(),
        }
    flat = torch_trace(named_layers(layers), (1, in_channels, side, side))["flatten"][1]
    return layers, flat


def torch_network(network: Network) -> nn.Sequential:
    """Make the lab's kind of network, its layers named, with no numbers in it."""
    n = network
    maps, flat = torch_maps(n.in_channels, n.side, (n.kernels1, n.kernels2), (n.kernel_size, n.kernel_size))
    widths = (flat, n.units1, n.units2, n.classes)
    with torch.device("meta"):
        dense = {f"fc{i}": nn.Linear(widths[i - 1], widths[i]) for i in (1, 2, 3)}
    return named_layers(maps | dense)


def named_layers(layers: dict[str, nn.Module]) -> nn.Sequential:
    """Put layers behind one another, by name."""
    made = nn.Sequential()
    for name, layer in layers.items():
        made.add_module(name, layer)
    return made


def torch_trace(model: nn.Sequential, shape: Shape) -> dict[str, Shape]:
    """Return the shape after each layer for a batch of ``shape``."""
    x, found = torch.empty(shape, device="meta"), {}
    for name, layer in model.named_children():
        x = layer(x)
        found[name] = tuple(x.shape)
    return found


def torch_counts(model: nn.Module) -> dict[str, int]:
    """Return the number of parameters of each layer that has any."""
    counts = {name: count_parameters(layer) for name, layer in model.named_children()}
    return {name: count for name, count in counts.items() if count}


def torch_tensors(model: nn.Module) -> dict[str, Shape]:
    """Return the shape of each parameter tensor by name."""
    return {name: tuple(p.shape) for name, p in model.named_parameters()}


def count_parameters(layer: nn.Module) -> int:
    """Count the parameters of a layer or a network."""
    return sum(p.numel() for p in layer.parameters())
