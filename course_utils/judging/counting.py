"""Counting the parameters of a convolution: the layer that a question asks about, and a slow count that is right."""

from typing import NamedTuple


class Layer(NamedTuple):
    """A convolutional layer on square maps; ``positions`` is the number of places of its window."""

    in_channels: int
    out_channels: int
    kernel_size: int
    positions: int


def count_by_cells(layer: Layer) -> int:
    """Count the parameters of a layer, kernel by kernel, cell by cell."""
    count = 0
    for _kernel in range(layer.out_channels):
        for _channel in range(layer.in_channels):
            count += len([(row, column) for row in range(layer.kernel_size) for column in range(layer.kernel_size)])
        count += 1
    return count
