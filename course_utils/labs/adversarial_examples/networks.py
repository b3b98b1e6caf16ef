"""Networks that are attacked in checks, made anew wherever they are needed: from a recipe, or from weights."""

from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn


class Recipe(NamedTuple):
    """What a small network is made from; the same recipe makes the same network, bit by bit.

    Smooth (tanh, no max-pooling), so that no pixel has a gradient of zero. `norm` adds batch normalisation; one that is
    `blind` does not look at the third colour, whose gradient is exactly 0.
    """

    seed: int
    height: int = 6
    width: int = 5
    norm: bool = False
    double: bool = True
    blind: bool = False


CLASSES = 4


class Centre(nn.Module):
    """Turn pixels from 0 to 1 into numbers from -1 to 1: mean 0.5, standard deviation 0.5."""

    def forward(self, x):
        """Return ``x`` in normalised units."""
        return (x - 0.5) / 0.5


def make(recipe: Recipe) -> nn.Sequential:
    """Make a network for pictures ``(N, 3, height, width)`` and 4 classes, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        layers = [Centre(), nn.Conv2d(3, 6, 3, padding=1), *([nn.BatchNorm2d(6)] if recipe.norm else []), nn.Tanh()]
        model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(6 * recipe.height * recipe.width, CLASSES))
    generator = torch.Generator().manual_seed(recipe.seed)
    with torch.no_grad():
        for parameter in model.parameters():
            size = 0.3 if parameter.ndim < 4 else 0.4
            parameter.copy_(size * torch.randn(parameter.shape, generator=generator))
        if recipe.blind:
            model[1].weight[:, 2] = 0.0
        if recipe.norm:
            model[2].weight.add_(1)
            model[2].running_mean.copy_(0.5 * torch.randn(6, generator=generator))
            model[2].running_var.copy_(0.5 + torch.rand(6, generator=generator))
    return (model.double() if recipe.double else model).eval()


@cache
def ours(recipe: Recipe) -> nn.Sequential:
    """Return the network of a recipe for what is worked out here, made once; it is handed to nobody."""
    return make(recipe)


def weights_of(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the weights of a network of :func:`course_utils.models.make_small_cnn` as plain data."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def rebuild(weights: Mapping[str, torch.Tensor]) -> nn.Sequential:
    """Make the network for 32×32 pictures again from its weights, in evaluation mode."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(standardise=Centre())
    with torch.random.fork_rng(devices=[]):
        for number in (1, 2, 3):
            out_channels, in_channels = weights[f"conv{number}.weight"].shape[:2]
            layers[f"conv{number}"] = nn.Conv2d(in_channels, out_channels, 3, padding=1)
            layers[f"relu{number}"] = nn.ReLU()
            layers[f"pool{number}"] = nn.MaxPool2d(2) if number < 3 else nn.AvgPool2d(2)
        layers["flatten"] = nn.Flatten()
        layers["head"] = nn.Linear(weights["head.weight"].shape[1], len(weights["head.bias"]))
    model = nn.Sequential(layers)
    model.load_state_dict(dict(weights))
    return model.eval()


class Turn(NamedTuple):
    """How pictures are turned and coloured anew, and with them a network, which sees in them what it saw before.

    ``quarters`` of a turn; how far the three colours move round; whether bright becomes dark.
    """

    quarters: int
    colours: int
    negative: bool = False


def turned_pictures(x: torch.Tensor, turn: Turn) -> torch.Tensor:
    """Return pictures ``(N, 3, H, W)`` as a turn makes them."""
    x = torch.rot90(x, turn.quarters, (2, 3)).roll(turn.colours, 1).contiguous()
    return 1 - x if turn.negative else x


def turned_weights(weights: Mapping[str, torch.Tensor], turn: Turn) -> dict[str, torch.Tensor]:
    """Return the weights of the network that sees in turned pictures what this one sees in the pictures themselves.

    So there is another network, as good as the lesson's, and none of it has to be trained.
    """
    channels = len(weights["conv3.weight"])
    found = dict(weights)
    for name, tensor in weights.items():
        if tensor.ndim > 1:
            side = 1 if tensor.ndim == 4 else round((tensor.shape[1] / channels) ** 0.5)
            maps = tensor if tensor.ndim == 4 else tensor.reshape(len(tensor), channels, side, side)
            found[name] = torch.rot90(maps, turn.quarters, (2, 3)).reshape(tensor.shape).contiguous()
    first = found["conv1.weight"].roll(turn.colours, 1)
    return found | {"conv1.weight": -first if turn.negative else first}


def judge(weights: Mapping[str, torch.Tensor]) -> nn.Module:
    """Make the same network for measuring only: with channels last in memory it runs twice as fast.

    Not for a student's function: what comes out of it cannot always be reshaped by ``view``.
    """
    return rebuild(weights).to(memory_format=torch.channels_last)


def loss_sum(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Add up the losses of the pictures, so that each one's gradient is its own."""
    return F.cross_entropy(logits, y, reduction="sum")


def slope(model: nn.Module, x: torch.Tensor, y: torch.Tensor, loss=loss_sum) -> torch.Tensor:
    """Ask autograd for the gradient of ``loss(model(x), y)`` by ``x``, in the mode the model is in."""
    with torch.enable_grad():  # a notebook may have switched it off
        x = x.detach().clone().requires_grad_(True)
        return torch.autograd.grad(loss(model(x), y), x)[0]


@torch.no_grad()
def predict(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return the labels ``(N,)`` with the highest score."""
    return torch.cat([model(part).argmax(1) for part in x.split(250)])


def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of pictures whose label is predicted, from 0 to 1."""
    return float((predict(model, x) == y).double().mean())
