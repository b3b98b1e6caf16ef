"""What is right in this lab, each in one readable way: the neighbours of these are tried on answers without a name."""

from typing import Any

import torch


def rates(step: Any, steps: Any, peak: Any, warmup: Any) -> Any:
    """Compute the learning rates of steps: a climb, then half a cosine."""
    climb = peak * (step + 1) / warmup
    fall = peak * (1 + torch.cos(torch.pi * (step - warmup) / (steps - warmup))) / 2
    return torch.where(step < warmup, climb, fall)


def counted(config: Any, in_channels: Any, size: Any, padding: Any) -> Any:
    """Count what a network learns that is given as a list."""
    total, inputs, dense = 0, in_channels, False
    for entry in config:
        if entry == "pool":
            size = size // 2
        elif entry == "flatten":
            inputs = inputs * size * size
            dense = True
        elif dense:
            total += (inputs + 1) * entry
            inputs = entry
        else:
            total += (3 * 3 * inputs + 1) * entry
            inputs = entry
            size = size - 3 + 1 + 2 * padding
    return total
