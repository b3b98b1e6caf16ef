"""The one form in which every data set of pictures comes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Pictures:
    """Labelled pictures, and where they are from.

    `images` is ``(N, H, W, C)``, whole numbers from 0 to 255 (`uint8`), with 3 channels for colour and 1 for grey.
    `labels` is ``(N,)``, numbers from 0 on (`int64`); label ``k`` is called ``classes[k]``. `source` is one word
    (``"shapes"``, ``"cifar10"``, …); `caption` is a sentence for figures. `names` are the pictures' own names, where
    they have any.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    source: str
    caption: str
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<{len(self)} pictures {self.images.shape[1:]} of {len(self.classes)} classes: {self.caption}>"

    def tensors(self) -> "tuple[torch.Tensor, torch.Tensor]":
        """Return what a network takes: pixels ``(N, C, H, W)`` from 0 to 1 (float32) and labels ``(N,)`` (int64).

        Both are copies: they may be changed.
        """
        import torch

        pixels = torch.from_numpy(self.images.transpose(0, 3, 1, 2).copy())
        return pixels.float().div_(255), torch.from_numpy(self.labels.copy())

    def at(self, places: Sequence[int] | np.ndarray) -> "Pictures":
        """Return the pictures at ``places`` (numbers from 0 on, or a mask), in that order."""
        places = np.asarray(places)
        places = np.flatnonzero(places) if places.dtype == bool else places.astype(np.int64)
        names = tuple(self.names[place] for place in places) if self.names else ()
        return replace(self, images=self.images[places], labels=self.labels[places], names=names)

    def few(self, per_class: int, *, seed: int = 0) -> "Pictures":
        """Draw ``per_class`` pictures of each class, in mixed order.

        Raises
        ------
        ValueError
            If a class has fewer, with its name.
        """
        for number, name in enumerate(self.classes):
            there = int((self.labels == number).sum())
            if not 1 <= per_class <= there:
                raise ValueError(f"per_class must be from 1 to {there}, the pictures of {name}; not {per_class}")
        dice = np.random.default_rng(seed)
        order = dice.permutation(len(self))
        kept = [order[self.labels[order] == number][:per_class] for number in range(len(self.classes))]
        return self.at(dice.permutation(np.concatenate(kept)))


class Split(NamedTuple):
    """Pictures to learn from and others to test with: ``train, test = load_colour()``."""

    train: Pictures
    test: Pictures


def at_least(name: str, number: int, least: int = 1) -> None:
    """Say in one sentence that a number is too small, if it is."""
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")


def at_most(name: str, number: int, there: int, of: str) -> None:
    """Say in one sentence that more pictures are asked for than there are, if so."""
    if not 1 <= number <= there:
        raise ValueError(f"{name} must be from 1 to {there} for {of}, not {number}")


def balanced(labels: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Choose ``number`` places of ``labels``, as even over the classes as can be, in mixed order."""
    dice = np.random.default_rng(seed)
    order = dice.permutation(len(labels))
    rank = np.empty(len(labels), np.int64)  # how many of the same class stand before it
    for label in np.unique(labels):
        here = order[labels[order] == label]
        rank[here] = np.arange(len(here))
    first = order[np.argsort(rank[order], kind="stable")][:number]
    return dice.permutation(first)
