"""A layer that lessons' networks begin with. Imported when a network is made: it needs PyTorch."""

from collections.abc import Sequence

import torch
from torch import nn


class Standardise(nn.Module):
    """Compute ``(x - mean) / std``, channel by channel, for ``x`` of shape ``(N, C, H, W)``. Nothing is learned.

    Parameters
    ----------
    mean, std
        One number a channel, on the scale of pixels from 0 to 1. They are no part of the state dict.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the standardised pictures, in the shape of ``x``."""
        return (x - self.mean) / self.std

    def extra_repr(self) -> str:
        """Name the numbers where the layer is printed."""
        mean, std = ([round(value, 3) for value in numbers.flatten().tolist()] for numbers in (self.mean, self.std))
        return f"mean={mean}, std={std}"
