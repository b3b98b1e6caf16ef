"""Batches of pictures."""

import pytest
import torch

from course_utils.data import load_shapes
from course_utils.data.loaders import make_loader


def test_a_loader_gives_standardised_batches():
    pictures, _ = load_shapes(20, 10)
    batches = list(make_loader(pictures, batch_size=8))
    assert [tuple(images.shape) for images, _ in batches] == [(8, 3, 32, 32), (8, 3, 32, 32), (4, 3, 32, 32)]
    images, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    pixels, right = pictures.tensors()
    assert torch.allclose(images / 2 + 0.5, pixels, atol=1e-6)
    assert torch.equal(labels, right)
    with pytest.raises(ValueError, match="batch_size must be at least 1, not 0"):
        make_loader(pictures, batch_size=0)
