"""Exercise 7.10: a frozen baseline, compared with a reference that is run here and now, never stored.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
probabilities (M, K)                                   every call; bikes of two classes, shapes of five
the features of source                                 agreement with heads on pixels, scores, other features
standardise them                                       refuse_width: pictures with hardly any contrast;
                                                       no features scaled to a range
with the training part's statistics                    refuse_leak: other test pictures change nothing
fit a linear head                                      accuracy within 5 points of a reference run
X_train, y_train                                       refuse_other_labels: labels exchanged, answers exchanged
=====================================================  ==========================================================
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.data import NEW_SHAPES, Pictures, load_bike_scenes, load_shapes
from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.probabilities import (
    are_twice_softmax,
    ask_probabilities,
    is_scaled_to_one,
    only_zeros_and_ones,
)
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.transfer_learning_homework import rescue
from course_utils.labs.transfer_learning_homework.headings import BASELINE, HEAD, LAB
from course_utils.labs.transfer_learning_homework.methods import (
    KNOWN,
    PR1,
    TI3,
    TL1,
    TL2,
    TL3,
    TL6,
    TR6,
    Trial,
    agreement,
    right_share,
)
from course_utils.models import load_trained

TL4 = Misconception(
    "TL4",
    "features not standardised",
    "With hardly any contrast the features hardly vary, and your head no longer knows the very pictures that it "
    "learned from. Are all features of both parts equally wide, with their middle at 0, and is the head trained to "
    "the end?",
    HEAD,
    notebook=LAB,
)
TL5 = shared.TL5.in_lab(HEAD, notebook=LAB)
TL7 = shared.TL7.in_lab(HEAD, notebook=LAB)
TL10 = shared.TL10.in_lab(HEAD, notebook=LAB)
TL11 = shared.TL11.in_lab(HEAD, notebook=LAB)
TL64 = shared.TL64.in_lab(HEAD, notebook=LAB)
TW1 = Misconception(
    "TW1",
    "a head on pixels",
    "This comes out for a head on the pixels themselves. What goes into the source's own head?",
    BASELINE,
)
TW2 = Misconception(
    "TW2",
    "a head on the source's scores",
    "This comes out for a head on the source's ten scores. How many numbers stand before its head?",
    BASELINE,
)
TW4 = Misconception(
    "TW4",
    "pixels from 0 to 255",
    "This comes out for pixels from 0 to 255. From where to where do the pixels run that the network was trained on?",
    BASELINE,
)
TW3 = Misconception(
    "TW3",
    "pictures standardised twice",
    "This comes out when the pictures are standardised before the network. What does its first layer do?",
    BASELINE,
)

NAME = "frozen_baseline"
TOLERANCE = 0.05  # how far a baseline may be from the reference run, as an accuracy
SAME = 0.98  # share of equal guesses from which two methods are the same
NEARER = 0.03  # how much larger a share of equal guesses tells a wrong way; found with four heads on five inputs
NEARER_AND_OFF = 0.02  # the same, where the accuracy is off, too
CONTRAST = 0.005
SURER = 0.35  # than chance, of pictures learned from; 0.43 or more with standardised features, else 0.17 or less
STEPS, RATE = 300, 0.1  # of the reference's head

Load = Callable[[], tuple[Pictures, Pictures]]  # pictures to learn from, and others


@cache
def two_catalogues() -> tuple[Pictures, Pictures]:
    """Return bikes in scenes to learn from, and others."""
    return load_bike_scenes(seed=7).catalogue, load_bike_scenes(seed=8).catalogue


@cache
def new_shapes() -> tuple[Pictures, Pictures]:
    """Return drawn shapes to learn from, and others."""
    train, test = load_shapes(100, 200, classes=NEW_SHAPES, seed=9)
    return train, test


@cache
def three_shapes(seed: int) -> Pictures:
    """Return a few drawn shapes of three classes."""
    return load_shapes(45, 3, classes=NEW_SHAPES[:3], seed=seed)[0]


class FrozenBaseline(Implementation):
    """Write ``frozen_baseline(X_train, y_train, X_test) -> (M, K)``: a head on frozen features, and probabilities.

    Its accuracy may differ by five points from that of a head that is fitted here on the source's features.
    """

    id = "frozen-baseline"
    hints = (
        "source[:-1] gives 1,024 numbers a picture. What did fit_head of Lab 07 do with such numbers?",
        "Does the network standardise its pictures itself? Look at its first layer.",
        "Ask for one test picture alone and among others: is its probability the same?",
    )
    worked = """
    A method of the same kind with another head: `nearest_middle(X_train, y_train, X_test)` puts a picture into the
    class whose middle is nearest.

    1. Both parts go through the frozen layers, without a graph.
    2. Middle and width of each feature come from the training part alone, and are used for both parts.
    3. The head: the mean of the training features of each class. Distances, turned over, are scores; softmax makes
       probabilities (M, K) of them.

    ```python
    def nearest_middle(X_train, y_train, X_test):
        with torch.no_grad():
            A, B = (source[:-1](X) for X in (X_train, X_test))
        low, wide = A.mean(0), A.std(0).clamp(min=1e-6)
        A, B = (A - low) / wide, (B - low) / wide
        middles = torch.stack([A[y_train == k].mean(0) for k in y_train.unique()])
        return (-torch.cdist(B, middles)).softmax(dim=1)
    ```
    """
    misconceptions = (TR6, TI3, TL1, TL2, TL3, TL4, TL5, TL6, TL7, TL10, TL11, TL64, PR1, TW1, TW2, TW3, TW4)

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.frozen_baseline

    def cases(self) -> Sequence[Case]:
        """Return bikes."""
        return [Case("192 pictures to learn from, 192 others", two_catalogues)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return pictures of something else, of more classes."""
        return [Case("drawn shapes", new_shapes)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Run the learner's baseline and the reference, and compare them."""
        must_be_function(answer, NAME)
        train, test = case.data()
        (x, y), (others, truth) = train.tensors(), test.tensors()
        few = Trial(case, answer, NAME, (x, y), (others, truth))
        few.refuse_leak()
        given = ask_probabilities(case, answer, NAME, (x, y, others), len(train.classes), KNOWN)
        source = load_trained("shapes")
        if case.ask(is_scaled_to_one, answer, few.x, few.y, few.others(1), _width(source)):
            raise case.wrong(NAME, TL11)
        right, ways = baseline_ways(source, x, y, others)
        reached, wanted = right_share(given, truth), right_share(right, truth)
        fair, chance = abs(reached - wanted) <= TOLERANCE, 1 / len(train.classes)
        if not fair and max(reached, given.max(1).mean()) < chance + 0.2:
            raise case.wrong(NAME, TL5)
        way = nearest_way(given, right, ways, NEARER if fair else NEARER_AND_OFF)
        if way:
            raise case.wrong(NAME, way)
        if are_twice_softmax(given):
            raise case.wrong(NAME, TL64)
        few.refuse_other_labels()
        refuse_width(case, answer)
        if not fair:
            raise _too_far(case, reached, wanted)
        if only_zeros_and_ones(given):
            raise case.wrong(NAME, TL10)


def _width(source: nn.Module) -> int:
    """Return how many features stand before a network's head."""
    *_, head = source.children()
    return int(head.in_features)  # type: ignore[arg-type]


def refuse_width(case: Case, answer: Callable[..., Any]) -> None:
    """Refuse a head whose certainty hangs on how much the features vary: features of grey pictures hardly do.

    It is asked for the very pictures that it learned from. A head that does not know these in full contrast either is
    not refused here.
    """
    pictures = three_shapes(case.seed)
    x, y = pictures.tensors()

    def is_sure(contrast: float, label: str) -> bool:
        shown, classes = 0.5 + contrast * (x - 0.5), len(pictures.classes)
        tried = replace(case, label=f"{label}, asked for those that it learned from")
        given = ask_probabilities(tried, answer, NAME, (shown, y, shown), classes, KNOWN)
        return bool(given[np.arange(len(given)), y].mean() >= 1 / classes + SURER)

    grey = "pictures with hardly any contrast"
    if not is_sure(CONTRAST, grey) and is_sure(1, "drawn shapes"):
        raise replace(case, label=grey).wrong(NAME, TL4)


def _too_far(case: Case, reached: float, wanted: float) -> Wrong:
    told = f"yours gets {100 * reached:.0f} % of the others right, a reference run {100 * wanted:.0f} %."
    rest = (
        " Five points are allowed.\n"
        "Hint: Which layer are your features from, does the loss stay low, and does batch_size=len(x) come nearer?"
    )
    return case.wrong(NAME, detail=f"  {told}{rest}", hidden=f"  yours is not near a reference run.{rest}")


def guess(inputs: torch.Tensor, labels: torch.Tensor, others: torch.Tensor, raw: bool = False) -> torch.Tensor:
    """Fit a linear head by plain descent on standardised inputs ``(N, D)``; return probabilities of others.

    With `raw`, the others are left as they are: a wrong way. The weights are a sum over the inputs at every step, so
    what is kept is the share of each input, ``(N, K)``, and not the weights: a tenth of the time.
    """
    mean, std = inputs.mean(0), inputs.std(0)
    std = torch.where(std > 0, std, torch.ones_like(std))
    x, t = (inputs - mean) / std, others if raw else (others - mean) / std
    hot = nn.functional.one_hot(labels, int(labels.max()) + 1).double()
    products = (x @ x.T).double() + 1  # the bias is one more input, 1 for all
    shares = torch.zeros_like(hot)
    for _ in range(STEPS):
        shares -= RATE * ((products @ shares).softmax(1) - hot) / len(x)
    return (((t @ x.T).double() + 1) @ shares).softmax(1).float()


def baseline_ways(
    source: nn.Module, x: torch.Tensor, y: torch.Tensor, others: torch.Tensor
) -> tuple[torch.Tensor, dict[Misconception, Callable[[], torch.Tensor]]]:
    """Return the reference's probabilities and, for each wrong way, a function that computes its own."""
    *layers, head = source.children()
    body = nn.Sequential(*layers).eval()
    with torch.no_grad():
        inside, outside = body(x), body(others)

    def with_pixels(change: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        with torch.no_grad():
            return guess(body(change(x)), y, body(change(others)))

    return guess(inside, y, outside), {
        TW1: lambda: guess(x.flatten(1), y, others.flatten(1)),
        TW2: lambda: guess(head(inside).detach(), y, head(outside).detach()),
        TW3: lambda: with_pixels(lambda pixels: (pixels - 0.5) / 0.5),
        TW4: lambda: with_pixels(lambda pixels: 255 * pixels),
        TL7: lambda: guess(inside, y, outside, raw=True),
    }


def nearest_way(
    given: Any, right: Any, ways: Mapping[Misconception, Callable[[], torch.Tensor]], by: float
) -> Misconception | None:
    """Return the wrong way that agrees with a method best, and more than the reference does; else None."""
    near = agreement(given, right)
    if near >= SAME:
        return None
    if agreement(given, np.asarray(right)[:, ::-1]) > near + by:  # labels exchanged: none of these ways
        return None
    others = {way: agreement(given, compute()) for way, compute in ways.items()}
    best = max(others, key=lambda way: others[way])
    return best if others[best] > near + by else None
