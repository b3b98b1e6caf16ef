"""What is right in this lab, each in one readable way: the neighbours of these are tried on answers without a name."""

import math
from typing import Any


def dense_back(dY: Any, X: Any, W: Any) -> Any:
    """Compute the gradients of a dense layer by input, weight and bias."""
    return dY.matmul(W), dY.mT.matmul(X), dY.sum(dim=0)


def relu_back(dA: Any, Z: Any) -> Any:
    """Compute the gradient of a ReLU by its input."""
    return dA * (Z > 0)


def power(x: Any, k: Any) -> Any:
    """Compute a power."""
    return x**k


def power_slope(x: Any, k: Any) -> Any:
    """Compute its slope."""
    return k * x ** (k - 1)


def exp_slope(x: Any, k: Any) -> Any:
    """Compute the slope of the exponential."""
    return math.exp(x)


def tanh_slope(x: Any, k: Any) -> Any:
    """Compute the slope of tanh."""
    return 1 - math.tanh(x) ** 2


def sin_slope(x: Any, k: Any) -> Any:
    """Compute the slope of the sine."""
    return math.cos(x)


def log_slope(x: Any, k: Any) -> Any:
    """Compute the slope of the logarithm."""
    return 1 / x


def sigmoid(x: Any, k: Any) -> Any:
    """Compute the sigmoid."""
    return 1 / (1 + math.exp(-x))


def sigmoid_slope(x: Any, k: Any) -> Any:
    """Compute its slope."""
    out = 1 / (1 + math.exp(-x))
    return out * (1 - out)


NUMBERS = {"power": power, "sigmoid": sigmoid}
SLOPES = {
    "power": power_slope,
    "exp": exp_slope,
    "tanh": tanh_slope,
    "sin": sin_slope,
    "log": log_slope,
    "sigmoid": sigmoid_slope,
}
