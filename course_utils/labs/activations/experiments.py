"""Two experiments with networks: what comes through ten random layers, and what ten training runs find."""

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.labs.activations.functions import ACTIVATIONS, Activation, find_activation

DEPTH, WIDTH, BATCH = 10, 64, 64
SEEDS = range(10)
POINTS = 40  # half of them in the middle third, the others in the outer thirds
STEPS, RATE = 200, 0.1


class DeepNet(NamedTuple):
    """What went through a deep net: arrays (64, 64), one for each layer, first to last.

    `activations` are the layers' outputs, `gradients` the loss's gradients by their pre-activations.
    """

    activations: list[np.ndarray]
    gradients: list[np.ndarray]


def deep_net(scale: float, activation: str = "tanh", seed: int = 0) -> DeepNet:
    """Send a batch through ten random layers of 64 units, and a gradient back.

    Parameters
    ----------
    scale
        The weights are drawn with standard deviation ``scale`` / √64.
    activation
        "identity", "sigmoid", "tanh" or "relu".
    seed
        Of inputs, weights and the loss, which is a random sum of the outputs.

    Raises
    ------
    ValueError
        If there is no such activation.
    """
    act = find_activation(activation)
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    h = draw(BATCH, WIDTH)
    sums: list[torch.Tensor] = []
    outputs: list[torch.Tensor] = []
    with torch.enable_grad():
        for _ in range(DEPTH):
            z = h @ (scale * draw(WIDTH, WIDTH) / WIDTH**0.5).T
            z = z.requires_grad_() if not sums else z
            h = act(z)
            sums.append(z)
            outputs.append(h)
        gradients = torch.autograd.grad((h * draw(BATCH, WIDTH)).sum(), sums)
    return DeepNet([h.detach().numpy() for h in outputs], [gradient.numpy() for gradient in gradients])


def interval_data() -> tuple[np.ndarray, np.ndarray]:
    """Make the interval task: x (40,) from -1 to 1, y (40,), 1 in the middle and 0 outside, with gaps between."""
    outside = POINTS // 4
    middle = torch.linspace(-1 / 3, 1 / 3, POINTS - 2 * outside, dtype=torch.float64)
    left = torch.linspace(-1, -2 / 3, outside, dtype=torch.float64)
    x = torch.cat([left, middle, -left.flip(0)])
    return x.numpy(), (x.abs() < 0.5).double().numpy()


def train_interval(activation: str) -> list[float]:
    """Train a net with two hidden units on the interval task from ten seeds (200 steps of Adam).

    Parameters
    ----------
    activation
        Of the hidden units: "identity", "sigmoid", "tanh" or "relu".

    Returns
    -------
    list of float
        The share of points on the right side, for each seed.

    Raises
    ------
    ValueError
        If there is no such activation.
    """
    find_activation(activation)
    return list(_train(activation))


@cache
def _train(activation: str) -> tuple[float, ...]:
    act = ACTIVATIONS[activation]
    x, y = (torch.tensor(array) for array in interval_data())
    start = [torch.randn(7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) for seed in SEEDS]
    net = 2 * torch.stack(start)  # (10, 7): two weights, two biases, then the output's three
    mean, square = torch.zeros_like(net), torch.zeros_like(net)
    for step in range(1, STEPS + 1):  # Adam, written out: importing torch.optim takes longer than all the runs
        gradient = _loss_gradient(net, x, y, act)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        net = net - RATE * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    right = (_scores(net, x, act) > 0) == (y > 0.5)  # (10, 40)
    return tuple(right.double().mean(1).tolist())


def _loss_gradient(net: torch.Tensor, x: torch.Tensor, y: torch.Tensor, act: Activation) -> torch.Tensor:
    """Return the gradient (10, 7) of each run's own mean loss."""
    with torch.enable_grad():
        net = net.clone().requires_grad_()
        losses = F.binary_cross_entropy_with_logits(_scores(net, x, act), y.expand(len(SEEDS), -1), reduction="none")
        return torch.autograd.grad(losses.mean(1).sum(), net)[0]


def _scores(net: torch.Tensor, x: torch.Tensor, act: Activation) -> torch.Tensor:
    hidden = act(x[None, :, None] * net[:, None, :2] + net[:, None, 2:4])  # (10, 40, 2)
    return (hidden * net[:, None, 4:6]).sum(2) + net[:, 6:]
