"""What the exercises share that run a learner's whole method: pictures in, probabilities out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from course_utils.data import Pictures, scenes_of
from course_utils.judging import probabilities, shared
from course_utils.judging.cases import Case
from course_utils.judging.closeness import alike
from course_utils.judging.probabilities import Known, ask_probabilities
from course_utils.labs.transfer_learning_homework.headings import HEAD

PR1 = shared.PR1.in_lab(HEAD)
TL1 = shared.TL1.in_lab(HEAD)
TL2 = shared.TL2.in_lab(HEAD)
TL3 = shared.TL3.in_lab(HEAD)
TL6 = shared.TL6.in_lab(HEAD)
TR6 = probabilities.TR6.in_lab(HEAD)
KNOWN = Known(not_finite=TL1, scores=TL2, one_number=TL3, of_training=TL6, wrong_axis=PR1)

Method = Callable[..., Any]


def right_share(guessed: Any, labels: torch.Tensor) -> float:
    """Return the accuracy of probabilities ``(M, K)``, from 0 to 1."""
    return float((np.asarray(guessed).argmax(1) == labels.numpy()).mean())


def agreement(one: Any, other: Any) -> float:
    """Return the share of pictures that two methods put into the same class."""
    return float((np.asarray(one).argmax(1) == np.asarray(other).argmax(1)).mean())


def refuse_leak(case: Case, answer: Method, what: str, x: torch.Tensor, y: torch.Tensor, others: torch.Tensor) -> None:
    """Refuse a method whose probabilities of twenty pictures change when others that come with them change.

    Logarithms are compared: a probability that is 1 to the last bit hides a lot. The twenty are dark: the brightest
    pixel, which must not matter either, is among the others.
    """
    few = torch.cat([torch.arange(len(y))[y == label][:20] for label in y.unique()])
    twenty, rest = others[:20], others[20:39]  # as many as there are to learn from would hide that they were taken

    def logarithms(light: float, tried: Case) -> np.ndarray:
        pictures = torch.cat([0.5 * twenty, light * rest])
        given = ask_probabilities(tried, answer, what, (x[few], y[few], pictures), int(y.max()) + 1, KNOWN)
        return np.log(np.clip(given[: len(twenty)], 1e-9, None))

    usual = logarithms(1, replace(case, label=f"{len(few)} pictures to learn from, {len(twenty) + len(rest)} others"))
    darker = replace(case, label="the same twenty dark pictures, the others with them now in half the light, too")
    if not alike(usual, logarithms(0.5, darker), 0.05):
        raise darker.wrong(what, TR6)


def by_scene(pictures: Pictures) -> tuple[Pictures, Pictures]:
    """Put every fourth scene of each class aside."""
    scenes = scenes_of(pictures)
    aside: set[str] = set()
    for kind in pictures.classes:
        aside |= set(sorted({scene for scene in scenes if scene.startswith(f"{kind}/")})[::4])
    test = np.array([scene in aside for scene in scenes])
    return pictures.at(~test), pictures.at(test)
