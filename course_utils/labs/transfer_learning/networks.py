"""Small networks on which a student's functions are tried. Each is made from a seed: wherever, it is the same one."""

from collections import OrderedDict

import torch
from torch import nn

HEIGHT, WIDTH, CLASSES = 6, 4, 5


def make_network(seed: int) -> nn.Sequential:
    """Make a network with batch normalisation and dropout in its body: ``(N, 3, 6, 4)`` to ``(N, 5)``.

    Layers: ``body`` (``conv``, ``norm``, ``relu``, ``dropout``, ``pool``), ``flatten`` (24 numbers), ``head``.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        norm = nn.BatchNorm2d(4)
        body = OrderedDict[str, nn.Module](conv=nn.Conv2d(3, 4, 3, padding=1), norm=norm, relu=nn.ReLU())
        body |= OrderedDict[str, nn.Module](dropout=nn.Dropout(0.5), pool=nn.AvgPool2d(2))
        network = nn.Sequential(
            OrderedDict[str, nn.Module](
                body=nn.Sequential(body), flatten=nn.Flatten(), head=nn.Linear(4 * 3 * 2, CLASSES)
            )
        )
        for tensor in (norm.running_mean, norm.weight.data, norm.bias.data):
            tensor.normal_()
        norm.running_var.uniform_(0.5, 2)
    return network.eval()


def make_pictures(number: int, seed: int) -> torch.Tensor:
    """Draw inputs ``(N, 3, 6, 4)`` for `make_network`."""
    return torch.randn(number, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed))
