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
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.probabilities import Known, ask_probabilities
from course_utils.labs.transfer_learning_homework.headings import BASELINE, HEAD, LAB

PR1 = shared.PR1.in_lab(HEAD, notebook=LAB)
TL1 = shared.TL1.in_lab(HEAD, notebook=LAB)
TL2 = shared.TL2.in_lab(HEAD, notebook=LAB)
TL3 = shared.TL3.in_lab(HEAD, notebook=LAB)
TL6 = shared.TL6.in_lab(HEAD, notebook=LAB)
TR6 = probabilities.TR6.in_lab(HEAD, notebook=LAB)
TI3 = Misconception(
    "TI3",
    "learned from pictures that were not handed in",
    "All labels in y_train were exchanged, and the answers stayed right. From which pictures, other than X_train, has "
    "your function learned?",
    BASELINE,
)
KNOWN = Known(not_finite=TL1, scores=TL2, one_number=TL3, of_training=TL6, wrong_axis=PR1)

FOLLOWS = 0.6  # share of the answers that are exchanged where all labels are, of a method that learns from these
KNOWS = 0.5  # share of the answers that are still right, of one that learned from others
KNOWS_WILD = 0.9  # in the wild, where one that guesses is right in up to three quarters

Method = Callable[..., Any]
Labelled = tuple[torch.Tensor, torch.Tensor]  # pictures and labels


def right_share(guessed: Any, labels: torch.Tensor) -> float:
    """Return the accuracy of probabilities ``(M, K)``, from 0 to 1."""
    return float((np.asarray(guessed).argmax(1) == labels.numpy()).mean())


def agreement(one: Any, other: Any) -> float:
    """Return the share of pictures that two methods put into the same class."""
    return float((np.asarray(one).argmax(1) == np.asarray(other).argmax(1)).mean())


class Trial:
    """A learner's method on few pictures, asked again after changes that show where its answers come from.

    Parameters
    ----------
    case
        What is tried.
    answer
        The learner's function, and its name `what`.
    learn, others
        Pictures to learn from, and others, with their labels; few of them are taken.
    """

    def __init__(self, case: Case, answer: Method, what: str, learn: Labelled, others: Labelled) -> None:
        (x, y), (pictures, truth) = learn, others
        few = torch.cat([torch.arange(len(y))[y == label][:20] for label in y.unique()])
        self.case, self.answer, self.what = case, answer, what
        self.x, self.y, self.classes = x[few], y[few], int(y.max()) + 1
        # as many others as there are to learn from would hide a mix-up
        self.twenty, self.rest, self.truth = pictures[:20], pictures[20:39], truth[20:39].numpy()
        self.usual = self.ask(f"{len(few)} pictures to learn from, 39 others", self.x, self.y, self.others(1))

    def ask(self, label: str, x: torch.Tensor, y: torch.Tensor, others: torch.Tensor) -> np.ndarray:
        """Return the method's probabilities of some pictures."""
        tried = replace(self.case, label=label)
        return ask_probabilities(tried, self.answer, self.what, (x, y, others), self.classes, KNOWN)

    def others(self, light: float) -> torch.Tensor:
        """Return twenty dark pictures, and others in some light: the brightest pixel is among the others."""
        return torch.cat([0.5 * self.twenty, light * self.rest])

    def refuse_leak(self) -> None:
        """Refuse a method whose probabilities of twenty pictures change when others that come with them change.

        Logarithms are compared: a probability that is 1 to the last bit hides a lot.
        """
        label = "the same twenty dark pictures, the others with them now in half the light, too"
        pair = [each[: len(self.twenty)] for each in (self.usual, self.ask(label, self.x, self.y, self.others(0.5)))]
        usual, darker = (np.log(np.clip(each, 1e-9, None)) for each in pair)
        if not alike(usual, darker, 0.05):
            raise replace(self.case, label=label).wrong(self.what, TR6)

    def refuse_other_labels(self, knows: float = KNOWS) -> None:
        """Refuse a method that still knows the right labels after all that were handed in have been exchanged.

        Parameters
        ----------
        knows
            From which share of right answers on it is one that knows them.
        """
        label = "the same pictures, their labels exchanged"
        exchanged = self.ask(label, self.x, (self.y + 1) % self.classes, self.others(1))
        usual, after = (each.argmax(1)[len(self.twenty) :] for each in (self.usual, exchanged))
        follows = (usual + 1) % self.classes == after
        if follows.mean() < FOLLOWS and (after == self.truth).mean() >= knows:
            raise replace(self.case, label=label).wrong(self.what, TI3)


def by_scene(pictures: Pictures) -> tuple[Pictures, Pictures]:
    """Put every fourth scene of each class aside."""
    scenes = scenes_of(pictures)
    aside: set[str] = set()
    for kind in pictures.classes:
        aside |= set(sorted({scene for scene in scenes if scene.startswith(f"{kind}/")})[::4])
    test = np.array([scene in aside for scene in scenes])
    return pictures.at(~test), pictures.at(test)
