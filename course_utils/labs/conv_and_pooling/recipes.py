"""What is right in this lab, each in one readable way: the neighbours of these are tried on answers without a name."""

# ruff: noqa: B007 - a neighbour may use what the recipe itself does not

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F


def convolved(x: Any, weight: Any, bias: Any, stride: Any, padding: Any) -> Any:
    """Compute a convolution from its windows."""
    x = F.pad(x, (padding, padding, padding, padding))
    windows = x.unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    return torch.einsum("nchwij,kcij->nkhw", windows, weight) + bias[:, None, None]


def largest_of_windows(x: Any, kernel_size: Any, stride: Any) -> Any:
    """Pool by the maximum."""
    return x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax(dim=(4, 5))


def mean_of_windows(x: Any, kernel_size: Any, stride: Any) -> Any:
    """Pool by the mean."""
    return x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).mean(dim=(4, 5))


def by_weight(grad_out: Any, x: Any, weight: Any, stride: Any, padding: Any) -> Any:
    """Compute the gradient of a convolution by its weight."""
    return torch.nn.grad.conv2d_weight(x, weight.shape, grad_out, stride=stride, padding=padding)


def by_input(grad_out: Any, x: Any, weight: Any, stride: Any, padding: Any) -> Any:
    """Compute the gradient of a convolution by its input."""
    return torch.nn.grad.conv2d_input(x.shape, weight, grad_out, stride=stride, padding=padding)


def by_bias(grad_out: Any) -> Any:
    """Compute the gradient of a convolution by its bias."""
    return grad_out.sum(dim=(0, 2, 3))


def laid_out(kernel: Any, height: Any, width: Any) -> Any:
    """Lay a kernel over each place of a picture of zeros, one row of a matrix for each place."""
    rows, columns = height - len(kernel) + 1, width - len(kernel[0]) + 1
    matrix = np.zeros((rows, columns, height, width))
    for i in range(rows):
        for j in range(columns):
            matrix[i, j, i : i + len(kernel), j : j + len(kernel[0])] = kernel
    return matrix.reshape(rows * columns, height * width)


def walked_back(grad_out: Any, x: Any, weight: Any, stride: Any, padding: Any) -> Any:
    """Walk through the windows of a convolution, and add up the gradients by input and weight."""
    height, width = weight.shape[2:]
    wide = F.pad(x, (padding, padding, padding, padding))
    by_x, by_weight = torch.zeros_like(wide), torch.zeros_like(weight)
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            here = grad_out[:, :, i, j]
            rows, columns = slice(i * stride, i * stride + height), slice(j * stride, j * stride + width)
            by_x[:, :, rows, columns] += torch.einsum("nk,kcab->ncab", here, weight)
            by_weight += torch.einsum("nk,ncab->kcab", here, wide[:, :, rows, columns])
    by_x = by_x[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return by_x, by_weight, grad_out.sum(dim=(0, 2, 3))


def found_kernel(before: Any, after: Any, size: Any, lr: Any, steps: Any) -> Any:
    """Walk down the mean squared error of a kernel, from zeros."""
    windows = np.lib.stride_tricks.sliding_window_view(before, (size, size))
    kernel = np.zeros((size, size))
    for step in range(steps):
        error = (windows * kernel).sum(axis=(2, 3)) - after
        slope = 2 * (windows * error[:, :, None, None]).mean(axis=(0, 1))
        kernel = kernel - lr * slope
    return kernel


def parameters(in_channels: Any, out_channels: Any, kernel_size: Any) -> Any:
    """Count what a convolution learns."""
    return out_channels * (in_channels * kernel_size * kernel_size + 1)


def dense_parameters(inputs: Any, outputs: Any, image_size: Any) -> Any:
    """Count what a dense layer between two stacks of square maps learns."""
    return (inputs * image_size * image_size) * (outputs * image_size * image_size) + outputs * image_size * image_size


def output_size(size: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
    """Count the windows that fit."""
    return (size - kernel_size + 2 * padding) // stride + 1
