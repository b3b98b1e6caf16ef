"""Exercise 6.3, part two: a network for larger pictures, each row from its own picture and from the whole of it.

| the prompt says | what is tried |
|---|---|
| pictures ``(N, 3, 64, 64)``, logits ``(N, 10)`` | batches of 3, 1, 1 and 25; no probabilities |
| the same two convolutions | their kernels are computed with, are trained, and matter, the first and the last, too |
| each with its ReLU and 2×2 max-pooling | maps below zero, and what is not the largest of its window, do not matter |
| every row from its own picture | a picture alone and in batches of 3 and 25 |
| from the whole of it | each corner, border and half of the rows or columns made brighter moves the scores |
| | the first convolution gets three channels of which none is made of the others |
| behind the poolings as you like | nothing is asked of the rest |
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Finding, Findings, Standing, look, look_at
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.watching import Change, Watch
from course_utils.labs.lab7_cnn.build_cnn import (
    KB9,
    PR5,
    cut_off,
    draw_pictures,
    has_lazy_layers,
    looked_at,
    refuse_others,
    refuse_raised,
    run_quietly,
    shape_lazy_layers,
)
from course_utils.labs.lab7_cnn.headings import BUILD, LARGER

KC6 = Misconception(
    "KC6",
    "reads a part of the picture only",
    "Some part of the picture has no say in your scores: a corner, its border, or every other pixel. Where is it left "
    "out?",
    LARGER,
)
KC7 = Misconception(
    "KC7",
    "rows that mix several pictures",
    "The scores of a picture change with its neighbours in the batch. Which axis must stay?",
    LARGER,
)

KC16 = Misconception(
    "KC16",
    "convolution with a padding or a stride of its own",
    "One of your convolutions has a padding or a stride that the table has not. Which arguments do its lines name?",
    BUILD,
)
KC8 = Misconception(
    "KC8",
    "ReLU or max-pooling of the listing left out",
    "Behind one of your convolutions comes something else than ReLU and 2×2 max-pooling. What does the table say?",
    BUILD,
)

KC23 = Misconception(
    "KC23",
    "colours mixed, or left out, before the first convolution",
    "Your first convolution cannot tell the three colours apart any more: what comes into it has been averaged, or "
    "left out. Which channels has a picture, and which of them does a kernel look at?",
    LARGER,
)
KC24 = Misconception(
    "KC24",
    "maps left out behind a convolution",
    "Some maps of a convolution have no say in your scores. Which of them go on to the next layer, and what happens to "
    "the rest?",
    LARGER,
)

KERNELS = ((6, 3, 5, 5), (16, 6, 5, 5))  # of the lab's two convolutions
OTHER_KERNELS = "CNN64 should keep the lab's two convolutions: 3 to 6 and 6 to 16 channels, kernels of 5×5."
ROWS, WHOLE = PARTS = ("own row", "whole picture")
ALL, FIRST, LAST = slice(None), slice(0, 12), slice(52, 64)  # of the 64 rows, or columns
PLACES = (  # rows and columns that are made brighter together
    *((rows, columns) for rows in (FIRST, LAST) for columns in (FIRST, LAST)),
    *((slice(*ends), ALL) for ends in ((0, 3), (61, 64))),
    *((ALL, slice(*ends)) for ends in ((0, 3), (61, 64))),
    *((slice(down, None, 2), slice(right, None, 2)) for down in (0, 1) for right in (0, 1)),
)


def look_at_places(network_class: Any, x: torch.Tensor, changed: list[torch.Tensor]) -> dict[str, Any]:
    """Probe: run a fresh instance on a batch, on its pictures one by one, and on changed copies of the first."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        model = network_class()
        if not isinstance(model, nn.Module):
            return {"is module": False}
        model.eval()
        shape_lazy_layers(model, x)
        outputs = [run_quietly(model, x), *(run_quietly(model, x[[place]]) for place in range(2))]
        touched = [run_quietly(model, one) for one in changed]
        odd = [run_quietly(model, one) for one in (x[:2] / 8, -x[:2].abs() - 0.1)]  # faint ones, dark ones
        large = run_quietly(model, x.repeat(9, 1, 1, 1)[:25])
        lazy = has_lazy_layers(model)
        convolutions = [] if lazy else _look_at_convolutions(model, x)
        trained = KERNELS if lazy else [p.shape for p in model.parameters() if p.requires_grad]
    return {
        "is module": True,
        "outputs": [*outputs, large],
        "touched": touched,
        "odd": odd,
        "front": _look_at_front(model, x),
        "convolutions": convolutions,
        "cut off": [] if lazy else cut_off(model, x),
        "trained": [list(shape) for shape in trained],
    }


def _look_at_front(model: nn.Module, x: torch.Tensor) -> dict[str, bool]:
    """Tell of a network that computes each convolution once whether they stand as in the lab's.

    ``"places"``: stride 1, no padding; ``"between"``: ReLU and 2×2 max-pooling between them, and nothing else;
    ``"colours"``: what comes into the first still differs from channel to channel as that of pictures does.
    """
    with Watch() as watch:
        run_quietly(model, x)
    first, second = ([one for one in watch.computed if one.kernels == kernels] for kernels in KERNELS)
    if len(first) != 1 or len(second) != 1:
        return {"places": True, "between": True, "colours": True}
    sides = [one.x.shape[-1] - one.maps.shape[-1] == one.kernels[-1] - 1 for one in (first[0], second[0])]
    maps = F.max_pool2d(F.relu(first[0].maps), 2)
    same = maps.shape == second[0].x.shape and torch.allclose(maps, second[0].x, rtol=1e-4, atol=1e-5)
    return {"places": all(sides), "between": same or not all(sides), "colours": _are_independent(first[0].x)}


def _are_independent(maps: torch.Tensor) -> bool:
    """Tell whether no channel of maps ``(N, C, H, W)`` is a sum of the others, as none of pictures by chance is."""
    channels = maps.detach().double().transpose(0, 1).flatten(1)
    sizes = torch.linalg.svdvals(channels - channels.mean(1, keepdim=True))
    return bool(sizes[-1] > 1e-4 * sizes[0])


def _look_at_convolutions(model: nn.Module, x: torch.Tensor) -> list[dict[str, Any]]:
    """Run a network with other maps behind each of the lab's convolutions; return what it then gave."""
    return [{way: _with_maps(model, x, {kernels: change}) for way, change in MAPS} for kernels in KERNELS]


def _with_maps(model: nn.Module, x: torch.Tensor, maps: dict[tuple[int, ...], Change]) -> Any:
    watch = Watch(maps=maps)
    with watch:
        out = run_quietly(model, x)
    return out if any(one.kernels in maps for one in watch.computed) else None


def _largest_of_windows(maps: torch.Tensor) -> torch.Tensor:
    """Lower all numbers but the largest of each window of 2×2."""
    largest = F.max_pool2d(maps, 2).repeat_interleave(2, -1).repeat_interleave(2, -2)
    return torch.where(maps == largest, maps, maps - 1.0) if largest.shape == maps.shape else maps


def _without(place: int) -> Change:
    """Return what leaves out one map."""

    def change(maps: torch.Tensor) -> torch.Tensor:
        left = maps.clone()
        left[:, place] = 0
        return left

    return change


MAPS: list[tuple[str, Change]] = [
    ("as it is", lambda maps: maps),
    ("zero", torch.zeros_like),
    ("below zero", lambda maps: -maps.abs() - 0.1),
    ("largest", _largest_of_windows),
    ("without the first", _without(0)),
    ("without the last", _without(-1)),
]


class MendTheNetwork(Implementation):
    """``class CNN64(nn.Module)``: takes ``(N, 3, 64, 64)``, gives logits ``(N, 10)``, a row for each whole picture."""

    id = "mend-the-network"
    hints = (
        "Which layer has the size of the picture written into it?",
        "nn.AdaptiveAvgPool2d(5) makes maps of 5×5 from maps of any size. Where could it stand?",
    )
    worked = """
        A small network made for 10×10 is to take 18×18: `one`, 1 to 2 channels, kernel 3, ReLU, pooling, then
        `two`, dense.

        1. For 10×10 the maps were 4×4 and `two` took 2 · 16 = 32 numbers. For 18×18 they are 8×8.
        2. First way: let `two` take 2 · 64 = 128 numbers.
        3. Second way: keep `two` and bring the maps to 4×4, whatever comes in: `F.adaptive_max_pool2d(x, 4)`.

        ```python
        def forward(self, x):
            x = F.max_pool2d(F.relu(self.one(x)), 2)  # (N, 2, 8, 8)
            return self.two(F.adaptive_max_pool2d(x, 4).flatten(1))
        ```
    """
    misconceptions = (PR5, KC7, KC6, KC8, KC16, KC23, KC24, KB9)

    def cases(self) -> Sequence[Case]:
        """Return pictures of 64×64."""
        return [Case("pictures of 64×64")]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other pictures."""
        return [Case("other pictures")]

    def judge_cases(self, cases: Sequence[Case], answer: Any) -> Findings:
        """Return how both parts stand; what is no such network is wrong in both."""
        (case,) = cases
        found: list[dict[str, Any]] = []
        failed = look(lambda: found.append(_run(case, answer)))
        if not found:
            return dict.fromkeys(PARTS, failed)
        parts = look_at({ROWS: partial(_look_at_rows, case, found[0]), WHOLE: partial(_look_at_whole, case, found[0])})
        return _alone(parts)


def _alone(parts: dict[str, Finding]) -> dict[str, Finding]:
    """Let the rows speak where both are wrong: a picture that runs through no network has no parts to lose."""
    if all(one.standing is Standing.WRONG for one in parts.values()):
        return dict.fromkeys(PARTS, parts[ROWS])
    return parts


def _run(case: Case, answer: Any) -> dict[str, Any]:
    """Run the class on pictures, and on changed ones; raise if it is not the lab's kind of network."""
    x = draw_pictures(3, 64, case.seed or 5)
    changed = [x[[0]].clone() for _ in PLACES]
    for one, (rows, columns) in zip(changed, PLACES, strict=True):
        one[:, :, rows, columns] += 5.0
    found = looked_at(case, answer, "CNN64", look_at_places, x, changed)
    refuse_others(case, found["outputs"], "CNN64")
    if not all(list(kernels) in found["trained"] for kernels in KERNELS):
        raise case.always(OTHER_KERNELS)
    if not any(isinstance(out, str) for out in found["outputs"]):
        for one in found["convolutions"]:
            _refuse_other_maps(case, one)
        if not found["front"]["places"]:
            raise case.wrong("CNN64", KC16)
        if not found["front"]["between"]:
            raise case.wrong("CNN64", KC8)
        if not found["front"]["colours"]:
            raise case.wrong("CNN64", KC23)
        if found["cut off"]:
            raise case.wrong("CNN64", KB9)
    return found


def _refuse_other_maps(case: Case, one: dict[str, Any]) -> None:
    """Raise unless a convolution is the lab's, counts, and has its ReLU and its max-pooling behind it."""
    usual = one["as it is"]
    if usual is None:
        raise case.always(OTHER_KERNELS)
    if _same(one["zero"], usual):
        raise case.always("CNN64: one of the two convolutions has no say in the scores. Where does its result go?")
    if any(_same(one[f"without the {which}"], usual) for which in ("first", "last")):
        raise case.wrong("CNN64", KC24)
    if not _same(one["below zero"], one["zero"]) or not _same(one["largest"], usual):
        raise case.wrong("CNN64", KC8)


def _same(one: Any, other: Any) -> bool:
    both = isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor) and one.shape == other.shape
    return both and torch.allclose(one, other, rtol=1e-4, atol=1e-6)


def _look_at_rows(case: Case, found: dict[str, Any]) -> None:
    """Raise unless every picture has its own row of ten scores, whatever stands beside it in the batch."""
    three, first, second, large = outputs = found["outputs"]
    words = [out for out in outputs if isinstance(out, str)]
    if words and not isinstance(large, str):  # 25 pictures pass where fewer do not: rows of 400
        raise case.wrong("CNN64", KC7)
    if words:
        refuse_raised(case, words[0], "CNN64")
    shapes = [tuple(out.shape) for out in outputs]
    if shapes[0][0:1] != (3,) or shapes[3][0:1] != (25,):
        raise case.wrong("CNN64", KC7)
    if shapes != [(3, 10), (1, 10), (1, 10), (25, 10)]:
        wanted = "one row for each picture, one column for each of ten classes?"
        raise case.always(f"CNN64: for 3 pictures your scores have the shape {shapes[0]}: {wanted}")
    alone = torch.cat([first, second])
    if not torch.allclose(three[:2], alone, rtol=1e-3, atol=1e-4) or not torch.allclose(large[:3], three, atol=1e-4):
        raise case.wrong("CNN64", KC7)
    if torch.equal(first, second) or any(_rows_are_equal(one) for one in found["odd"]):
        raise case.always("CNN64: two different pictures get the same scores. Where does forward use its pictures?")
    if any(_are_probabilities(out) for out in (three, three.exp())):
        raise case.wrong("CNN64", PR5)


def _look_at_whole(case: Case, found: dict[str, Any]) -> None:
    """Raise unless every part of a picture, alone in its batch, has a say in its scores."""
    alone = found["outputs"][1]
    if isinstance(alone, str):
        refuse_raised(case, alone, "CNN64")
    for one in found["touched"]:
        if not isinstance(one, torch.Tensor) or one.shape != alone.shape:
            raise case.always("CNN64: a picture that is a little brighter gives something else than scores.")
        if torch.allclose(one, alone, rtol=1e-6, atol=1e-7):
            raise case.wrong("CNN64", KC6)


def _rows_are_equal(out: Any) -> bool:
    return isinstance(out, torch.Tensor) and out.shape[0] == 2 and torch.equal(out[0], out[1])


def _are_probabilities(out: torch.Tensor) -> bool:
    sums = out.sum(1)
    return bool((out >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-4)
