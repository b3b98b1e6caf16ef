"""Arrays that a convolution or a pooling is tried on, by their shapes."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shapes:
    """All shapes of one convolution or pooling. `kernel` is (FH, FW)."""

    batch: int
    in_channels: int
    out_channels: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: int = 1
    padding: int = 0
    dtype: type = np.float64
    zero_bias: bool = False

    def arrays(self, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw x (N, C, H, W), weight (K, C, FH, FW) and bias (K,), of which every second number is negative."""
        rng = np.random.default_rng([seed, *self.size, *self.kernel])
        x = rng.normal(size=(self.batch, self.in_channels, *self.size))
        weight = rng.normal(size=(self.out_channels, self.in_channels, *self.kernel))
        bias = np.zeros(self.out_channels) if self.zero_bias else 1 + rng.random(self.out_channels)
        bias[1::2] *= -1
        return x.astype(self.dtype), weight.astype(self.dtype), bias.astype(self.dtype)
