"""Values made of PyTorch's tensors, for those who are stuck with their own engine.

They do what a learner's `Value` should do in sections 6 to 8, and show nothing of how it is done: PyTorch does it. The
checks of the engine refuse them, as they refuse everything of PyTorch's there.
"""

from collections.abc import Callable
from typing import Any

import torch


class TorchValue:
    """A number whose gradient PyTorch keeps."""

    def __init__(self, data: Any) -> None:
        self.tensor = data if isinstance(data, torch.Tensor) else torch.tensor(float(data), dtype=torch.float64)
        if not self.tensor.requires_grad:
            self.tensor.requires_grad_()
        self.tensor.retain_grad()

    @property
    def data(self) -> float:
        """The number."""
        return self.tensor.item()

    @data.setter
    def data(self, number: float) -> None:
        self.tensor.data = torch.tensor(float(number), dtype=torch.float64)

    @property
    def grad(self) -> float:
        """The gradients that have been added up."""
        return 0.0 if self.tensor.grad is None else self.tensor.grad.item()

    @grad.setter
    def grad(self, number: float) -> None:
        self.tensor.grad = torch.tensor(float(number), dtype=torch.float64)

    def backward(self) -> None:
        """Let PyTorch add the slope of this value by each value behind it to that value's grad."""
        self.tensor.backward(retain_graph=True)

    def __repr__(self) -> str:
        return f"TorchValue({self.data:g})"


def _through_torch(name: str) -> Callable[..., TorchValue]:
    def method(self: TorchValue, *others: Any) -> TorchValue:
        with torch.enable_grad():
            tensors = [other.tensor if isinstance(other, TorchValue) else other for other in others]
            return TorchValue(getattr(self.tensor, name)(*tensors))

    method.__name__ = name
    return method


for _name in (
    *("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__"),
    *("__pow__", "__neg__", "exp", "tanh", "relu", "sin", "log", "sigmoid"),
):
    setattr(TorchValue, _name, _through_torch(_name))
