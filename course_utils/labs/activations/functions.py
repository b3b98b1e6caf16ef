"""The activation functions of the lab, as PyTorch computes them."""

from collections.abc import Callable

import torch

Activation = Callable[[torch.Tensor], torch.Tensor]

ACTIVATIONS: dict[str, Activation] = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}


def find_activation(name: str) -> Activation:
    """Return the activation function of a name.

    Raises
    ------
    ValueError
        If there is no such activation.
    """
    if name not in list(ACTIVATIONS):
        raise ValueError(f"there are the activations {', '.join(ACTIVATIONS)}; not {name!r}")
    return ACTIVATIONS[name]


def torch_slope(name: str, z: torch.Tensor) -> torch.Tensor:
    """Ask autograd for the slope of an activation function at each number of z."""
    with torch.enable_grad():  # a notebook may have switched it off
        z = z.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(ACTIVATIONS[name](z).sum(), z)
    return slope
