"""Numbers of weights are those of PyTorch's layers."""

import pytest
import torch

from course_utils.shapes import layer_weight_counts


@pytest.mark.parametrize("sizes", [(3, 32, 32, 6, 5), (2, 5, 7, 4, 3), (1, 28, 28, 1, 28)])
def test_weight_counts_are_those_of_pytorchs_layers(sizes):
    in_channels, height, width, out_channels, kernel_size = sizes
    convolution = torch.nn.Conv2d(in_channels, out_channels, kernel_size)
    maps = convolution(torch.zeros(1, in_channels, height, width))
    dense = torch.nn.Linear(in_channels * height * width, maps.numel(), device="meta")
    per_window = torch.nn.Linear(in_channels * kernel_size**2, 1)  # once for each output
    counted = [sum(p.numel() for p in layer.parameters()) for layer in (dense, per_window, convolution)]
    counted[1] *= maps.numel()
    assert list(layer_weight_counts(*sizes).items()) == list(
        zip(["dense", "locally connected", "convolution"], counted, strict=True)
    )


def test_a_kernel_larger_than_the_image_has_no_count():
    with pytest.raises(ValueError, match="kernel_size must be from 1 to 5, not 6"):
        layer_weight_counts(3, 5, 7, 4, 6)
