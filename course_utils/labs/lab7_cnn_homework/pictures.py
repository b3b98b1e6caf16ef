"""The garments on which networks are judged: as they are, and moved about."""

from dataclasses import replace
from functools import cache

import torch
import torch.nn.functional as F

from course_utils.data import Pictures, load_fashion

Labelled = tuple[torch.Tensor, torch.Tensor]  # pictures (N, 1, 28, 28), pixels from 0 to 1, and their classes (N,)

SHIFT, TURN, SIZE = 2.0, 10.0, 0.1  # at most: pixels, degrees, and which part larger or smaller


def moved(pictures: Pictures, *, seed: int) -> Pictures:
    """Move each picture a little: by up to 2 pixels, turned by up to 10°, up to a tenth larger or smaller.

    Parameters
    ----------
    pictures
        Square ones; what moves in from outside is black.
    seed
        Other ways to move for another seed.
    """
    x, _ = pictures.tensors()
    number, side = len(x), x.shape[-1]
    share = 2 * torch.rand(4, number, generator=torch.Generator().manual_seed(seed)) - 1  # from -1 to 1
    angle, scale = torch.deg2rad(TURN * share[0]), 1 + SIZE * share[1]
    ways = torch.zeros(number, 2, 3)  # of each picture: a matrix and a shift, in halves of the side
    ways[:, 0, 0] = ways[:, 1, 1] = scale * torch.cos(angle)
    ways[:, 1, 0] = scale * torch.sin(angle)
    ways[:, 0, 1] = -ways[:, 1, 0]
    ways[:, :, 2] = SHIFT * share[2:].T / (side / 2)
    grid = F.affine_grid(ways, list(x.shape), align_corners=False)
    images = (255 * F.grid_sample(x, grid, align_corners=False)).round().to(torch.uint8)
    return replace(pictures, images=images.permute(0, 2, 3, 1).numpy(), caption=f"{pictures.caption}, moved")


@cache
def unseen_pictures() -> Labelled:
    """Return the test pictures, which only the checks use."""
    return load_fashion(source="shipped").test.tensors()


@cache
def validation_pictures() -> Labelled:
    """Return the pictures on which the learner compares and chooses."""
    return load_fashion(source="shipped").train.at(range(5000, 6000)).tensors()


@cache
def moved_pictures(seed: int) -> Labelled:
    """Return the test pictures, moved: in nobody's hands who does not know the seed."""
    return moved(load_fashion(source="shipped").test, seed=seed).tensors()
