"""Shift an image before or after a convolution, and compare."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
import traitlets

from course_utils.labs.conv_and_pooling import figures
from course_utils.widgets.base import LARGEST_IMAGE, Explorer, picture, script


class EquivarianceExplorer(Explorer):
    """What `explore_equivariance` returns."""

    _esm = script(__file__, "equivariance")
    image = traitlets.List().tag(sync=True)  # (H, W)
    kernel = traitlets.List().tag(sync=True)  # (FH, FW)
    dx = traitlets.Int(1).tag(sync=True)  # pixels to the right
    dy = traitlets.Int(0).tag(sync=True)  # pixels down
    circular = traitlets.Bool(True).tag(sync=True)  # beyond an edge lies the other edge, not zeros

    def static_figure(self) -> tuple[Any, str]:
        """Draw both orders and their difference."""
        image, kernel = np.array(self.image, float), np.array(self.kernel, float)
        shifted = shift(image, self.dy, self.dx, circular=self.circular)
        first = convolve(shifted, kernel, circular=self.circular)
        last = shift(convolve(image, kernel, circular=self.circular), self.dy, self.dx, circular=self.circular)
        panels = figures.plot_equivariance(image, shifted, shift_first=first, shift_last=last)
        edge = "circular padding" if self.circular else "zeros beyond the edge"
        alt = (
            f"An image is shifted by {self.dx} to the right and {self.dy} down, with {edge}. Shifting before "
            f"and shifting after the convolution differ by at most {np.abs(first - last).max():.3g}."
        )
        return panels, alt


def shift(image: np.ndarray, down: int, right: int, *, circular: bool) -> np.ndarray:
    """Move a picture; what leaves it comes back at the other edge, or is replaced by zeros."""
    moved = np.roll(image, (down, right), axis=(0, 1))
    if not circular:
        rows, columns = np.indices(image.shape)
        came_from = (rows - down, columns - right)
        for place, length in zip(came_from, image.shape, strict=True):
            moved[(place < 0) | (place >= length)] = 0
    return moved


def convolve(image: np.ndarray, kernel: np.ndarray, *, circular: bool) -> np.ndarray:
    """Let PyTorch convolve a picture, padded so that its size stays."""
    before = [(length - 1) // 2 for length in kernel.shape]
    after = [length - 1 - first for length, first in zip(kernel.shape, before, strict=True)]
    edges = (before[1], after[1], before[0], after[0])  # left, right, top, bottom
    x = F.pad(torch.from_numpy(image)[None, None], edges, mode="circular" if circular else "constant")
    return F.conv2d(x, torch.from_numpy(kernel)[None, None])[0, 0].numpy()


def explore_equivariance(image: Any, kernel: Any) -> EquivarianceExplorer:
    """Slide an image, and see whether its feature map slides along.

    Parameters
    ----------
    image
        ``(H, W)``, at most 32×32.
    kernel
        ``(FH, FW)``, not larger than the image.

    Raises
    ------
    ValueError
        If an argument has not two axes, is too large or holds NaN.
    """
    image = picture("image", image, (LARGEST_IMAGE, LARGEST_IMAGE))
    kernel = picture("kernel", kernel, image.shape)
    return EquivarianceExplorer(image=image.tolist(), kernel=kernel.tolist())
