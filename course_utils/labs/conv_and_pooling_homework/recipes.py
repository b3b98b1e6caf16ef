"""What is right in this homework, each in one readable way: their neighbours are tried on answers without a name."""
# ruff: noqa: F841, RUF059 - a neighbour may use what the recipe itself does not

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F


def dense(x: Any, weight: Any, bias: Any) -> Any:
    """Compute what a dense layer gives."""
    return torch.matmul(x, weight.T) + bias


def dense_back(grad_out: Any, x: Any, weight: Any, bias: Any) -> Any:
    """Compute a dense layer's gradients by its input, weight and bias."""
    return grad_out.matmul(weight), grad_out.mT.matmul(x), grad_out.sum(dim=0)


def relu(x: Any) -> Any:
    """Compute the ReLU."""
    return x * (x > 0)


def relu_back(grad_out: Any, x: Any) -> Any:
    """Compute a ReLU's gradient by its input."""
    return (grad_out * (x > 0),)


def conv(x: Any, weight: Any, bias: Any, stride: Any) -> Any:
    """Compute a convolution from its windows."""
    windows = x.unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    return torch.einsum("nchwij,kcij->nkhw", windows, weight) + bias[:, None, None]


def conv_back(grad_out: Any, x: Any, weight: Any, bias: Any, stride: Any) -> Any:
    """Compute a convolution's gradients by its input, weight and bias."""
    by_input = torch.nn.grad.conv2d_input(x.shape, weight, grad_out, stride=stride)
    by_weight = torch.nn.grad.conv2d_weight(x, weight.shape, grad_out, stride=stride)
    return by_input, by_weight, grad_out.sum(dim=(0, 2, 3))


def pool(x: Any, kernel_size: Any) -> Any:
    """Pool by the maximum, windows side by side."""
    return x.unfold(2, kernel_size, kernel_size).unfold(3, kernel_size, kernel_size).amax(dim=(4, 5))


def pool_back(grad_out: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """Compute the gradient of max pooling by its input."""
    values, places = F.max_pool2d(x, kernel_size, stride, return_indices=True)
    grad_x = torch.zeros_like(x).flatten(2)
    grad_x.scatter_add_(2, places.flatten(2), grad_out.flatten(2))
    return grad_x.reshape(x.shape)


def loss(scores: Any, y: Any) -> Any:
    """Compute the mean cross-entropy."""
    return -torch.log_softmax(scores, dim=1).gather(1, y[:, None]).mean()


def loss_in_steps(scores: Any, y: Any) -> Any:
    """Compute the mean cross-entropy: shifted scores, probabilities, their logarithms."""
    shifted = scores - scores.amax(dim=1, keepdim=True)
    p = torch.exp(shifted) / torch.exp(shifted).sum(dim=1, keepdim=True)
    return -torch.log(p.gather(1, y[:, None])).mean()


def loss_back(scores: Any, y: Any) -> Any:
    """Compute its gradient by the scores."""
    p, log_p, labels = torch.softmax(scores, dim=1), torch.log_softmax(scores, dim=1), F.one_hot(y, len(scores[0]))
    return (p - labels) / len(scores)


def through(x: Any, matrices: Any) -> Any:
    """Send a batch through layers that multiply and bend."""
    for one in matrices:
        x = torch.tanh(x @ one)
    return x


def step(param: Any, grad: Any, learning_rate: Any) -> Any:
    """Move a parameter against its gradient."""
    return param - learning_rate * grad


def batch_normed(x: Any, scale: Any, shift: Any, eps: Any) -> Any:
    """Normalise each feature of a batch."""
    root = (x.var(dim=0, correction=0) + eps) ** 0.5
    return scale * ((x - x.mean(dim=0)) / root) + shift


def batch_slopes(x: Any, scale: Any, grad_out: Any, eps: Any) -> Any:
    """Compute the gradients of that by x, scale and shift."""
    root = (x.var(dim=0, correction=0) + eps) ** 0.5
    hat, g = (x - x.mean(dim=0)) / root, grad_out * scale
    by_x = (g - g.mean(dim=0) - hat * (g * hat).mean(dim=0)) / root
    return by_x, (grad_out * hat).sum(dim=0), grad_out.sum(dim=0)


def momentum_steps(param: Any, grads: Any, rates: Any, momentum: Any, weight_decay: Any) -> Any:
    """Take steps with a velocity."""
    velocity = np.zeros_like(param)
    for grad, rate in zip(grads, rates, strict=True):
        grad = grad + weight_decay * param
        velocity = momentum * velocity + grad
        param = param - rate * velocity
    return param


def adam_steps(param: Any, grads: Any, rates: Any, betas: Any, eps: Any, weight_decay: Any) -> Any:
    """Take Adam's steps."""
    mean, square, t = np.zeros_like(param), np.zeros_like(param), 0
    for grad, rate in zip(grads, rates, strict=True):
        grad = grad + weight_decay * param
        t = t + 1
        mean = betas[0] * mean + (1 - betas[0]) * grad
        square = betas[1] * square + (1 - betas[1]) * grad**2
        param = param - rate * (mean / (1 - betas[0] ** t)) / ((square / (1 - betas[1] ** t)) ** 0.5 + eps)
    return param
