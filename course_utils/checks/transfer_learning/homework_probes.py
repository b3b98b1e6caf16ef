"""What runs beside a student's functions of homework H7: probes, and made-up ways to choose between."""

from collections.abc import Callable

import numpy as np
import torch

from course_utils.checks.transfer_learning.probes import seed_all

PARTS = ("learn", "validation", "test")


def split(function, scenes: list, labels: list, share: float | None, seed: int, elsewhere: int) -> dict:
    """Probe: call ``split_by_scene`` after seeding the global generators with ``elsewhere``.

    Returns
    -------
    dict
        ``answer``, and ``changed``, whether a list was changed.
    """
    seed_all(elsewhere)
    given = [list(scenes), list(labels)]
    answer = function(*given) if share is None else function(*given, share, seed)
    return {"answer": answer, "changed": given != [scenes, labels]}


def make_parts(seed: int, sizes: tuple[int, int, int], classes: int) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Draw pictures ``(N, 3, 4, 4)`` and labels for learning, validation and test; no two pictures are alike."""
    chance = torch.Generator().manual_seed(seed)
    return {
        part: (torch.rand(size, 3, 4, 4, generator=chance), torch.randint(0, classes, (size,), generator=chance))
        for part, size in zip(PARTS, sizes, strict=True)
    }


def make_guesses(seed: int, parts: dict, shares: dict[str, tuple[float, ...]], classes: int) -> dict[str, dict]:
    """Return for each way and part the labels that it guesses, of which a share is right: ``{way: {part: (N,)}}``."""
    dice = np.random.default_rng([seed, 9])
    guesses: dict[str, dict] = {}
    for way, right in shares.items():
        guesses[way] = {}
        for (part, (_, labels)), share in zip(parts.items(), right, strict=True):
            wrong = dice.permutation(len(labels)) >= round(share * len(labels))
            guesses[way][part] = (labels + torch.tensor(wrong)) % classes
    return guesses


def choose(function, seed: int, sizes: tuple[int, int, int], shares: dict, classes: int) -> dict:
    """Probe: call ``choose`` with ways that guess as planned, and note what each was shown.

    Returns
    -------
    dict
        ``answer``; ``calls``, for each call of a way its name, the parts it learned from, and the parts it had to
        guess. A part "" stands for pictures that were not among those handed out.
    """
    parts = make_parts(seed, sizes, classes)
    guesses = make_guesses(seed, parts, shares, classes)
    place = {x.numpy().tobytes(): (part, i) for part, (X, _) in parts.items() for i, x in enumerate(X)}
    calls: list[list] = []

    def find(X) -> list[tuple[str, int]]:
        return [place.get(np.ascontiguousarray(x, dtype=np.float32).tobytes(), ("", 0)) for x in np.asarray(X)]

    def make_way(name: str) -> Callable:
        def way(X_train, y_train, X):
            learned, found = find(X_train), find(X)
            calls.append([name, *(sorted({part for part, _ in each}) for each in (learned, found))])
            labels = torch.tensor([int(guesses[name][part][i]) if part else 0 for part, i in found])
            return 0.8 * torch.eye(classes)[labels] + 0.2 / classes

        return way

    given = [(X.clone(), y.clone()) for X, y in parts.values()]
    answer = function({name: make_way(name) for name in shares}, *given)
    return {"answer": answer, "calls": calls}
