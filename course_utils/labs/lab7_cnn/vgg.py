"""Networks that a list describes: 3×3 convolutions and 2×2 poolings, then dense layers."""

import torch
from torch import nn

Config = list[int | str]

VGG16: Config = [
    *(64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool"),
    *(512, 512, 512, "pool", 512, 512, 512, "pool", "flatten", 4096, 4096, 1000),
]


def torch_vgg(config: Config, in_channels: int, size: int, padding: int) -> list[nn.Module]:
    """Make the layers of a configuration: 3×3 convolutions, "pool", "flatten", then dense layers."""
    layers: list[nn.Module] = []
    x, flat = torch.empty(1, in_channels, size, size, device="meta"), False
    with torch.device("meta"):
        for entry in config:
            if entry == "pool":
                layers.append(nn.MaxPool2d(2))
            elif entry == "flatten":
                layers.append(nn.Flatten())
                flat = True
            elif flat:
                layers.append(nn.Linear(x.shape[1], entry))
            else:
                layers.append(nn.Conv2d(x.shape[1], entry, 3, padding=padding))
            x = layers[-1](x)
    return layers
