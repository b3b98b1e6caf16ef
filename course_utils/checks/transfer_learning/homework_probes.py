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


def split_twins(function, pairs: int = 8) -> list[list]:
    """Probe: split the same scenes under pairs of names that come out of a set in the same order.

    Python gives text another hash in every session, and a set another order. Between the names of a pair that order
    does not change, from pair to pair it does: so a split that follows it is found without a second session.

    Returns
    -------
    list
        For each pair the two answers.
    """
    places = list(np.random.default_rng(6).permutation(np.repeat(np.arange(6), 2)))
    labels = [int(place) // 3 for place in places]
    twins: dict[tuple, list[str]] = {}
    answers: list[list] = []
    for tag in range(3000):
        scenes = [f"{'ab'[label]}/scene{place}x{tag}" for place, label in zip(places, labels, strict=True)]
        classes = [[scene for scene in scenes if scene[0] == kind] for kind in "ab"]
        orders = [list(set(classes[0])), list(set(classes[1])), sorted(set(scenes), key=lambda scene: scene[0])]
        key = tuple(scene[: scene.index("x")] for order in orders for scene in order)
        twin = twins.setdefault(key, scenes)
        if twin is not scenes:
            answers.append([function(list(each), list(labels)) for each in (twin, scenes)])
            del twins[key]
        if len(answers) == pairs:
            break
    return answers


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
    if type(answer) in (tuple, list):  # a name out of an array is plain text here, and nothing at all elsewhere
        answer = type(answer)(str(each) if type(each) is np.str_ else each for each in answer)
    return {"answer": answer, "calls": calls}
