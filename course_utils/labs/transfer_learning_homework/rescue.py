"""A split and a baseline that are lent to those whose own will not run yet: comparisons and the table stand on them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from course_utils.judging.lending import lent
from course_utils.models import load_trained
from course_utils.training import fit, probabilities

LENT = 710  # what a lent split is drawn from, besides its seed


@lent
def split_by_scene(
    scenes: Sequence[str], labels: Sequence[int], share: float = 0.25, seed: int = 0
) -> tuple[list[int], list[int]]:
    """Return the places of the pictures to train on and to test on; a scene is never in both."""
    chance = np.random.default_rng([LENT, seed])
    held: set[str] = set()
    for label in sorted(set(labels)):
        mine = sorted({scene for scene, one in zip(scenes, labels, strict=True) if one == label})
        number = min(max(1, round(share * len(mine))), len(mine) - 1)
        held |= {mine[place] for place in chance.permutation(len(mine))[:number]}
    places = range(len(scenes))
    return [i for i in places if scenes[i] not in held], [i for i in places if scenes[i] in held]


@lent
def frozen_baseline(X_train: torch.Tensor, y_train: torch.Tensor, X_test: torch.Tensor) -> torch.Tensor:
    """Return probabilities (M, K) from a linear head on the source's standardised features."""
    *layers, _ = load_trained("shapes").children()
    body = nn.Sequential(*layers).eval()
    with torch.no_grad():
        train, test = body(X_train), body(X_test)
    standardise = nn.BatchNorm1d(train.shape[1], affine=False, momentum=None)
    standardise(train)  # in train mode it takes down mean and variance
    head = nn.Linear(train.shape[1], int(y_train.max()) + 1)
    nn.init.zeros_(head.weight)
    x = standardise.eval()(train)
    fit(head, x, y_train, epochs=100, batch_size=len(x), learning_rate=0.01)
    return probabilities(head, standardise(test))
