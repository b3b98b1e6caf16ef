"""What is right in this lab, each in one readable way: the neighbours of these are tried on answers without a name."""

from typing import Any

import numpy as np
import torch


def neuron(x: Any, w: Any, b: Any) -> Any:
    """Compute what one neuron gives, for x (D,) and w (D,)."""
    return (x * w).sum() + b


def layer(X: Any, W: Any, b: Any) -> Any:
    """Compute what K neurons give for a batch: X (N, D), W (K, D), b (K,)."""
    return torch.matmul(X, W.T) + b


def error(y_hat: Any, y: Any) -> Any:
    """Compute the mean squared error."""
    return (y_hat - y).square().mean()


def slopes(x: Any, y: Any, w: Any, b: Any) -> Any:
    """Compute the slopes of the mean squared error of a line, by w and by b."""
    errors = w * x + b - y
    return 2 * (errors * x).mean(), 2 * errors.mean()


def moved(params: Any, grads: Any, lr: Any) -> Any:
    """Compute where a step leads."""
    return params - lr * grads


def epoch(x: Any, y: Any, w: Any, b: Any, lr: Any, order: Any, size: Any) -> Any:
    """Walk once through the examples, in batches."""
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        errors = w * x[batch] + b - y[batch]
        slope = 2 * np.stack([(errors * x[batch]).mean(), errors.mean()])
        w, b = np.stack([w, b]) - lr * slope
    return np.stack([w, b])


def carried_weight(layers: Any) -> Any:
    """Compute the weight of a stack of layers."""
    product = layers[0][0]
    for weight, _bias in layers[1:]:
        product = torch.mm(weight, product)
    return product


def carried_bias(layers: Any) -> Any:
    """Compute the bias of a stack of layers."""
    carried = layers[0][1]
    for weight, bias in layers[1:]:
        carried = torch.mv(weight, carried) + bias
    return carried


def weights(height: Any, width: Any, channels: Any, units: Any) -> Any:
    """Count the weights of a dense layer on a picture."""
    return units * (height * width * channels)


def parameters(height: Any, width: Any, channels: Any, units: Any) -> Any:
    """Count what a dense layer on a picture learns."""
    return units * (height * width * channels + 1)
