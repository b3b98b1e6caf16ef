"""What the network is built from, made of PyTorch: for a learner who misses a part.

Whoever takes one loses the points of that part alone; what is built on it works, and earns its own. Every function
and class here takes and gives arrays, as the learner's own do.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.lending import lent
from course_utils.judging.protocol.shortcuts import may_call_all
from course_utils.labs.conv_and_pooling_homework import torch_says

__all__ = [
    *("dense_backward", "conv2d", "conv2d_backward", "max_pool2d", "max_pool2d_backward", "softmax_loss"),
    *("Dense", "ReLU", "Conv2d", "MaxPool2d", "Network", "sgd_step", "fit"),
]


@lent
@may_call_all
def dense_backward(dY: np.ndarray, X: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the gradients by X, W and b."""
    return torch_says.forward_and_back(F.linear, (X, W, np.zeros(len(W))), dY)[1]


@lent
@may_call_all
def conv2d(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int = 1) -> np.ndarray:
    """Slide kernels over pictures, without padding."""
    out: np.ndarray = torch_says.conv(stride)(*map(torch.tensor, (x, weight, bias))).numpy()
    return out


@lent
@may_call_all
def conv2d_backward(grad_out: np.ndarray, x: np.ndarray, weight: np.ndarray, stride: int = 1) -> tuple[np.ndarray, ...]:
    """Return the gradients by x, weight and bias."""
    return torch_says.forward_and_back(torch_says.conv(stride), (x, weight, np.zeros(len(weight))), grad_out)[1]


@lent
@may_call_all
def max_pool2d(x: np.ndarray, kernel_size: int) -> np.ndarray:
    """Keep the largest number of each window; windows lie side by side."""
    out: np.ndarray = torch_says.max_pool(kernel_size)(torch.tensor(x)).numpy()
    return out


@lent
@may_call_all
def max_pool2d_backward(grad_out: np.ndarray, x: np.ndarray, kernel_size: int, stride: int | None = None) -> np.ndarray:
    """Return the gradient by x."""
    return torch_says.forward_and_back(torch_says.max_pool(kernel_size, stride), (x,), grad_out)[1][0]


@lent
def softmax_loss(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean cross-entropy and its gradient by the scores."""
    loss, (gradient,) = torch_says.forward_and_back(lambda z: F.cross_entropy(z, torch.tensor(y)), (scores,))
    return float(loss), gradient


class TorchLayer:
    """A layer that keeps its input, and lets PyTorch do the rest."""

    def __init__(self, **params: np.ndarray) -> None:
        self.params, self.grads = params, dict[str, np.ndarray]()

    def operation(self, x: torch.Tensor, *params: torch.Tensor) -> torch.Tensor:
        """Compute what the layer gives."""
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return what the layer makes of a batch."""
        self.x = x
        with torch.no_grad():
            out: np.ndarray = self.operation(*map(torch.tensor, (x, *self.params.values()))).numpy()
        return out

    def backward(self, grad_out: np.ndarray) -> np.ndarray:
        """Return the gradient by the input; keep those by what the layer learns."""
        given = (self.x, *self.params.values())
        grad_x, *others = torch_says.forward_and_back(self.operation, given, grad_out)[1]
        self.grads = dict(zip(self.params, others, strict=True))
        return grad_x


@lent
class Dense(TorchLayer):
    """A dense layer; takes ``weight`` (K, D) and ``bias`` (K,)."""

    def operation(self, x: torch.Tensor, *params: torch.Tensor) -> torch.Tensor:
        """Compute what the layer gives."""
        return F.linear(x, *params)


@lent
class ReLU(TorchLayer):
    """Lets positive numbers through."""

    def operation(self, x: torch.Tensor, *params: torch.Tensor) -> torch.Tensor:
        """Compute what the layer gives."""
        return x.relu()


@lent
class Conv2d(TorchLayer):
    """A convolution; takes a stride, ``weight`` (K, C, FH, FW) and ``bias`` (K,)."""

    def __init__(self, stride: int = 1, **params: np.ndarray) -> None:
        super().__init__(**params)
        self.stride = stride

    def operation(self, x: torch.Tensor, *params: torch.Tensor) -> torch.Tensor:
        """Compute what the layer gives."""
        return F.conv2d(x, *params, stride=self.stride)


@lent
class MaxPool2d(TorchLayer):
    """Max pooling with windows side by side."""

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        self.kernel_size = kernel_size

    def operation(self, x: torch.Tensor, *params: torch.Tensor) -> torch.Tensor:
        """Compute what the layer gives."""
        return F.max_pool2d(x, self.kernel_size)


@lent
class Network:
    """Layers, one behind the other."""

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return what the last layer gives."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad_out: np.ndarray) -> np.ndarray:
        """Send a gradient back through all layers."""
        for layer in reversed(self.layers):
            grad_out = layer.backward(grad_out)
        return grad_out


@lent
def sgd_step(network: Any, learning_rate: float) -> None:
    """Move everything that a network learns against its gradient."""
    for layer in network.layers:
        for name in layer.params:
            layer.params[name] = layer.params[name] - learning_rate * layer.grads[name]


@lent
def fit(network: Any, x: np.ndarray, y: np.ndarray, epochs: int, batch_size: int, learning_rate: float) -> list[float]:
    """Train a network; return the mean loss of each epoch."""
    losses = []
    for _ in range(epochs):
        order, seen = np.random.permutation(len(x)), []
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            loss, gradient = softmax_loss(network.forward(x[batch]), y[batch])
            network.backward(gradient)
            sgd_step(network, learning_rate)
            seen.append(loss)
        losses.append(float(np.mean(seen)))
    return losses
