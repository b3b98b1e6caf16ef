"""What is right in this lab, each in one readable way: the neighbours of these are tried on answers without a name.

None of them is safe for large scores: they are tried on small ones.
"""
# ruff: noqa: F841, B007 - a neighbour may use what the recipe itself does not

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F


def log_loss(z: Any, y: Any) -> Any:
    """Compute the mean log-loss, as the textbook has it."""
    return (-(y * torch.log(torch.sigmoid(z)) + (1 - y) * torch.log(1 - torch.sigmoid(z)))).mean()


def safe_loss(z: Any, y: Any) -> Any:
    """Compute the mean log-loss in another form."""
    return (F.relu(z) - z * y + torch.log1p(torch.exp(-abs(z)))).mean()


def loss_of_margins(z: Any, y: Any) -> Any:
    """Compute the mean log-loss from signed scores."""
    margins = z * (2 * y - 1)
    return F.softplus(-margins).mean()


def gradients(X: Any, y: Any, w: Any, b: Any) -> Any:
    """Compute the gradient of the mean log-loss by w (D,) and b."""
    p = torch.sigmoid(X @ w + b)
    errors = p - y
    return (errors[:, None] * X).mean(dim=0), errors.mean(dim=0)


def fitted(X: Any, y: Any, lr: Any, steps: Any) -> Any:
    """Walk against the gradient, from zeros."""
    w, b = np.zeros_like(X[0]), 0.0
    for step in range(steps):
        errors = 1 / (1 + np.exp(-(X.dot(w) + b))) - y
        w, b = w - lr * (errors[:, None] * X).mean(axis=0), b - lr * errors.mean(axis=0)
    return w, b


def fitted_at_once(X: Any, y: Any, lr: Any, steps: Any) -> Any:
    """Walk the same way with the bias as the weight of an input of 1: one slope, and one step."""
    inputs = np.append(X, np.ones_like(X[:, :1]), axis=1)
    line = np.zeros_like(inputs[0])
    for step in range(steps):
        errors = 1 / (1 + np.exp(-inputs.dot(line))) - y
        slope = (errors[:, None] * inputs).mean(axis=0)
        line = line - lr * slope
    return line[:-1], line[-1]


def penalised(X: Any, y: Any, w: Any, b: Any, l2: Any) -> Any:
    """Compute the gradient of the mean log-loss with a penalty."""
    errors = torch.sigmoid(X @ w + b) - y
    return (errors[:, None] * X).mean(dim=0) + 2 * l2 * w, errors.mean(dim=0)


def probabilities(Z: Any) -> Any:
    """Compute the softmax of each row."""
    return torch.exp(Z) / torch.exp(Z).sum(dim=1, keepdim=True)


def of_a_function(Z: Any) -> Any:
    """Compute the softmax of each row by PyTorch's own."""
    return torch.softmax(Z, dim=1)


def cross_entropy(Z: Any, y: Any) -> Any:
    """Compute the mean loss of the true classes."""
    own = torch.softmax(Z, dim=1).gather(1, y[:, None])
    return (-torch.log(own)).mean()


def of_another_class(Z: Any, y: Any) -> Any:
    """Compute the mean loss, with every class that might be taken for the true one within reach."""
    first, last, largest = 0 * y, 0 * y + len(Z[0]) - 1, torch.argmax(Z, dim=1)
    return -torch.log(torch.softmax(Z, dim=1)).gather(1, y[:, None]).mean()


def score_gradient(Z: Any, y: Any) -> Any:
    """Compute the gradient of the mean loss by the scores."""
    labels = F.one_hot(y, len(Z[0]))
    return (torch.softmax(Z, dim=1) - labels) / len(Z)


def gradient_of_own(Z: Any, y: Any) -> Any:
    """Compute the same, with what else one might subtract within reach."""
    p, labels = torch.softmax(Z, dim=1), F.one_hot(y, len(Z[0]))
    return p / len(Z) - labels / len(Z)
