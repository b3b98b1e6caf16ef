"""What lab 06 says of schedules and augmentation comes out again: trained anew, with three seeds."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from lesson import Lesson

from course_utils.data import load_shapes

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

lesson = Lesson("06_lab7_cnn")
SEEDS = (0, 1, 2)
SMALL, LARGE, EPOCHS, BATCH = 0.002, 0.006, 5, 32


@pytest.fixture(scope="module")
def world() -> dict:
    """The lesson's network and schedule, and its pictures from -1 to 1."""
    names = lesson.imports()
    for answer in ("build-cnn", "rate-schedule"):
        exec(lesson.cells()[answer].source, names)
    train, test = load_shapes(3000, 1000)
    for name, part in (("train", train), ("test", test)):
        x, y = part.tensors()
        names[name] = (x - 0.5) / 0.5, y
    return names


def augmented(x: torch.Tensor, generator: torch.Generator, most: int = 3) -> torch.Tensor:
    """Shift each picture by up to 3 pixels each way, and mirror every second one."""
    padded, side = F.pad(x, (most,) * 4, mode="replicate"), x.shape[-1]
    places = torch.randint(0, 2 * most + 1, (len(x), 2), generator=generator).tolist()
    mirrored = torch.rand(len(x), generator=generator) < 0.5
    windows = [one[:, i : i + side, j : j + side] for one, (i, j) in zip(padded, places, strict=True)]
    return torch.stack([one.flip(2) if flip else one for one, flip in zip(windows, mirrored, strict=True)])


def trained(world, number: int, epochs: int, rate, seed: int, augment: bool = False) -> tuple[float, float]:
    """Train a network on the first pictures; return what it gets right of them, and of the test pictures."""
    torch.manual_seed(seed)
    network, generator = world["CNN"](), torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam(network.parameters())
    x, y = (one[:number] for one in world["train"])
    steps, step = epochs * math.ceil(number / BATCH), 0
    for _ in range(epochs):
        for places in torch.randperm(number, generator=generator).split(BATCH):
            adam.param_groups[0]["lr"] = rate(step, steps)
            pictures = augmented(x[places], generator) if augment else x[places]
            loss = F.cross_entropy(network(pictures), y[places])
            adam.zero_grad()
            loss.backward()
            adam.step()
            step += 1
    with torch.no_grad():
        return tuple(
            float((network(some).argmax(1) == labels).double().mean()) for some, labels in ((x, y), world["test"])
        )


def test_a_warm_up_saves_a_large_rate(world):
    def warm(step, steps):
        return world["rate_at"](step, steps, LARGE, steps // 10)

    small = [trained(world, 3000, EPOCHS, lambda *_: SMALL, seed)[1] for seed in SEEDS]
    large = [trained(world, 3000, EPOCHS, lambda *_: LARGE, seed)[1] for seed in SEEDS]
    scheduled = [trained(world, 3000, EPOCHS, warm, seed)[1] for seed in SEEDS]
    assert min(large) < 0.15, "one of three never leaves chance"
    assert min(scheduled) > max(large)
    assert min(scheduled) > np.median(small) - 0.02
    assert 0.81 < min(scheduled) <= max(scheduled) < 0.88


def test_augmentation_is_worth_a_tenth_with_few_pictures_and_many_epochs(world):
    plain = [trained(world, 600, 30, lambda *_: SMALL, seed) for seed in SEEDS]
    changed = [trained(world, 600, 30, lambda *_: SMALL, seed, augment=True) for seed in SEEDS]
    assert min(right for right, _ in plain) > 0.98
    assert 0.63 < min(test for _, test in plain) <= max(test for _, test in plain) < 0.74
    assert 0.74 < min(test for _, test in changed) <= max(test for _, test in changed) < 0.84
    assert np.mean([test for _, test in changed]) > np.mean([test for _, test in plain]) + 0.08
    assert 0.85 < min(right for right, _ in changed) <= max(right for right, _ in changed) < 0.95


def test_a_range_test_shows_no_rate_for_this_network(world):
    for seed in SEEDS:
        torch.manual_seed(seed)
        network, generator = world["CNN"](), torch.Generator().manual_seed(seed)
        adam, (x, y) = torch.optim.Adam(network.parameters()), world["train"]
        batches, losses = torch.randperm(3000, generator=generator).split(BATCH), []
        for rate, places in zip(np.geomspace(1e-4, 1, len(batches)), batches, strict=True):
            adam.param_groups[0]["lr"] = float(rate)
            loss = F.cross_entropy(network(x[places]), y[places])
            adam.zero_grad()
            loss.backward()
            adam.step()
            losses.append(float(loss.detach()))
        assert np.convolve(losses, np.ones(9) / 9, "valid").min() > 2.25
        assert max(losses) > 2.5
