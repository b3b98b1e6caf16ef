"""A small convolutional network, fresh or trained, for pictures of 32×32 pixels."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from course_utils import packaged

if TYPE_CHECKING:
    from torch import nn

TRAINED = ("shapes",)
FEATURES = 1024  # numbers that go into the head


def make_small_cnn(num_classes: int = 10, *, seed: int = 0) -> "nn.Sequential":
    """Make a fresh network: three 3×3 convolutions (16, 32, 64 channels), each pooled, and a linear head.

    It has 33,834 parameters for 10 classes. Layers are called ``standardise``, ``conv1``, ``relu1``, ``pool1``, …,
    ``pool3``, ``flatten`` (1,024 features) and ``head``.

    Parameters
    ----------
    num_classes
        How many scores come out.
    seed
        Of the first weights. The global generator of chance is left alone.

    Returns
    -------
    nn.Sequential
        Takes pixels ``(N, 3, 32, 32)`` from 0 to 1, gives logits ``(N, num_classes)``.
    """
    import torch
    from torch import nn

    from course_utils.models.layers import Standardise

    if num_classes < 1:
        raise ValueError(f"num_classes must be at least 1, not {num_classes}")
    layers: OrderedDict[str, nn.Module] = OrderedDict(standardise=Standardise([0.5] * 3, [0.5] * 3))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for number, (before, after) in enumerate(((3, 16), (16, 32), (32, 64)), start=1):
            layers[f"conv{number}"] = nn.Conv2d(before, after, 3, padding=1)
            layers[f"relu{number}"] = nn.ReLU()
            layers[f"pool{number}"] = nn.MaxPool2d(2) if number < 3 else nn.AvgPool2d(2)
        layers["flatten"] = nn.Flatten()
        layers["head"] = nn.Linear(FEATURES, num_classes)
    return nn.Sequential(layers)


def load_trained(name: str = "shapes") -> "nn.Sequential":
    """Load the network of `make_small_cnn` as it ships with the package, trained.

    Parameters
    ----------
    name
        ``"shapes"``: trained on 12,000 pictures of the ten drawn shapes (seed 0). Its training took a minute.

    Returns
    -------
    nn.Sequential
        In evaluation mode. Label ``k`` is ``course_utils.data.SHAPES[k]``.

    Raises
    ------
    ValueError
        If there is no such network.
    PackageDamaged
        If the file in the package is not as it was.
    """
    import torch

    if name not in TRAINED:
        raise ValueError(f"there are the trained networks {', '.join(TRAINED)}; not {name!r}")
    arrays = packaged.read(f"network_{name}")
    model = make_small_cnn(len(arrays["head.bias"]))
    model.load_state_dict({key: torch.from_numpy(array) for key, array in arrays.items()})
    return model.eval()
