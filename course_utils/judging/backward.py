"""What PyTorch says of a step backwards."""

from collections.abc import Sequence

import torch


def pulled_back(out: torch.Tensor, tensors: Sequence[torch.Tensor], slope: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return the gradients of a loss by tensors, where ``slope`` is its gradient by ``out``, which came of them.

    The same numbers as ``torch.autograd.grad(out, tensors, slope)``, whose first call imports SymPy: 480 modules, and
    every submission would pay for them again.
    """
    with torch.enable_grad():  # a notebook may have switched it off
        return torch.autograd.grad((out * slope).sum(), tensors)
