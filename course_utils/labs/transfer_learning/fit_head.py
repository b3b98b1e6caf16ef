"""Exercise 7.4: a head fitted on features.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
statistics of the training part                        far, single: the other test pictures do not matter
standardise: divided by the standard deviation         scaled: one feature times 1000 and 0.01
standardise: minus the mean                            moved: all features minus 50
standardise: not to a range                            every case: what PyTorch multiplies does not end at 1
standardise: the mean, not a median or one picture     every case: what PyTorch multiplies has means 0, widths 1
a standard deviation of 0                              flat: a feature that never changes
fit a linear layer                                     easy features are told apart; half: labels of the second
                                                       half of the training pictures matter; calm: features that
                                                       say nothing leave each class its share
the probabilities (M, K) of the test part              every case: shape, rows that add up to 1; K of 2, 3, 4
as a tensor without a graph                            every case; an array or a list has none
training is free                                       no weights are compared
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import probabilities, shared
from course_utils.judging.cases import Case
from course_utils.judging.closeness import alike
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.probabilities import (
    Known,
    are_twice_softmax,
    ask_probabilities,
    fitted_features,
    only_zeros_and_ones,
)
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.transfer_learning import rescue
from course_utils.labs.transfer_learning.headings import HEAD

PR1 = shared.PR1.in_lab(HEAD)
TL1 = shared.TL1.in_lab(HEAD)
TL2 = shared.TL2.in_lab(HEAD)
TL3 = shared.TL3.in_lab(HEAD)
TL4 = Misconception(
    "TL4",
    "features not standardised",
    "The answer changes when a feature is measured in another unit. What makes all features equally wide?",
    HEAD,
)
TL5 = shared.TL5.in_lab(HEAD)
TL6 = shared.TL6.in_lab(HEAD)
TL7 = shared.TL7.in_lab(HEAD)
TL10 = shared.TL10.in_lab(HEAD)
TL11 = shared.TL11.in_lab(HEAD)
TL64 = shared.TL64.in_lab(HEAD)
TL8 = Misconception(
    "TL8",
    "graph kept",
    "The probabilities still hang on the graph of the head. Who will ever call backward() through them?",
    HEAD,
)
TL9 = Misconception(
    "TL9",
    "mean not subtracted",
    "The answer changes when the same number is taken off all features of both parts. What puts the middle of each "
    "feature at 0?",
    HEAD,
)
TL60 = Misconception(
    "TL60",
    "another middle or width than mean and standard deviation",
    "Your head is fitted to features whose mean is not 0, or whose standard deviation is not 1. Over which pictures "
    "are both taken, and what is each called in the task?",
    HEAD,
)
TL61 = Misconception(
    "TL61",
    "head that is not linear",
    "Halfway between two pictures a linear layer's scores are halfway, too; yours are not. How many layers has your "
    "head, and what else than weights and biases makes its scores?",
    HEAD,
)
TL62 = Misconception(
    "TL62",
    "not all training pictures learned from",
    "Other labels for half of the training pictures make no difference to your head. Which rows does it learn from, "
    "and which are left out?",
    HEAD,
)
TL63 = Misconception(
    "TL63",
    "surer than the labels allow, as with a softmax before the loss",
    "Of features that never change nothing can be learned but how often each class occurs, and your head is far surer. "
    "One way to get this: probabilities go into a loss that expects scores. What does cross_entropy do first with what "
    "it gets?",
    HEAD,
)
TR6 = probabilities.TR6.in_lab(HEAD)
TL65 = Misconception(
    "TL65",
    "classes exchanged",
    "The head tells the classes apart, and gives them each other's names. Which labels is it fitted to, and in which "
    "order do its scores stand?",
    HEAD,
)
FURTHER = (TL62, TL63, TL64, TL65)
KNOWN = Known(not_finite=TL1, scores=TL2, one_number=TL3, of_training=TL6, wrong_axis=PR1)

NAME = "fit_head"
LEARNED = 0.85  # accuracy on features that are easy


class Plan(NamedTuple):
    """Features to draw: training pictures, features of each, classes; and what is tried with them."""

    number: int
    width: int
    classes: int
    tried: tuple[str, ...]


SURE = 0.1  # how much more than its share of the labels the commonest class may get; with a softmax before the loss 0.2
PUBLIC = Plan(30, 6, 3, ("far", "single", "scaled", "moved", "flat", "half", "calm"))
HIDDEN = (Plan(24, 8, 4, ("far", "flat", "half")), Plan(10, 200, 2, ("far",)), Plan(40, 5, 2, ("scaled", "moved")))


def make_features(seed: int, number: int, width: int, classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw features ``(N, width)`` that tell classes apart, each in another unit, and labels ``(N,)``."""
    dice = np.random.default_rng([seed, number, width])
    labels = np.arange(number) % classes
    middles = 2.5 * np.random.default_rng([width, classes]).normal(size=(classes, width))
    values = middles[labels] + dice.normal(size=(number, width))
    units = 10.0 ** np.resize([0, 1, -1, 0.5], width)
    return torch.tensor(values * units + 3 * units, dtype=torch.float32), torch.tensor(labels)


class FitHead(Implementation):
    """Write ``fit_head(F_train (N, D), y_train (N,), F_test (M, D)) -> (M, K)``, probabilities."""

    id = "fit-head"
    hints = (
        "One mean and one standard deviation for each column: over which axis, and over which part of the data?",
        "What is the standard deviation of a column that never changes? What may stand in its place?",
        "nn.Linear gives scores. Which function turns a row of scores into probabilities?",
    )
    worked = """
    The same with a number to predict in the place of a class: `predict(F_train, t_train, F_test)`, by least squares.

    1. One middle and one width a column, of the training part: axis 0 is the pictures.
    2. A column that never changes has width 0; at least a millionth is divided by, so 0 / 0 cannot come up.
    3. Both parts go through the *same* subtraction and division.
    4. A column of ones stands for the bias. What comes out is detached from any graph: nothing here has one.

    ```python
    def predict(F_train, t_train, F_test):
        middle, width = F_train.mean(0), F_train.std(0).clamp(min=1e-6)
        ready = ((F - middle) / width for F in (F_train, F_test))
        A, B = (torch.cat([F, torch.ones(len(F), 1)], dim=1) for F in ready)
        weights = torch.linalg.pinv(A) @ t_train
        return B @ weights
    ```
    """
    misconceptions = (TR6, TL1, TL2, TL3, TL4, TL5, TL6, TL7, TL8, TL9, TL10, TL11, TL60, TL61, *FURTHER, PR1)

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.fit_head

    def cases(self) -> Sequence[Case]:
        """Return easy features, with which all is tried that the prompt names."""
        return [_case(PUBLIC)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other numbers of pictures, features and classes."""
        return [_case(plan) for plan in HIDDEN]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Ask for the probabilities, and again after changes that must make no difference."""
        must_be_function(answer, NAME)
        Trial(case, answer).run()


def _are_linear(first: np.ndarray, second: np.ndarray, halfway: np.ndarray) -> bool:
    """Tell whether differences of scores lie halfway; of probabilities too close to 0 nothing is said."""
    every = np.concatenate([first, second, halfway], axis=1)
    scores = [np.log(np.clip(one, 1e-30, None)) for one in (first, second, halfway)]
    one, other, middle = (each - each[:, :1] for each in scores)
    sure = (every > 1e-5).all(axis=1)
    return bool((np.abs(middle - (one + other) / 2)[sure] <= 0.05).all())


def _are_renamed(guessed: np.ndarray, labels: np.ndarray) -> bool:
    """Tell whether most guesses are right once classes are given other names, and few of them are as they stand."""
    tables = [[((guessed == one) & (labels == other)).sum() for other in set(labels)] for one in set(labels)]
    counts = np.array(tables)
    likely = counts.argmax(axis=1)
    renamed = sorted(set(likely)) == list(range(len(counts))) and counts.max(axis=1).sum() >= 0.9 * len(labels)
    return renamed and counts.trace() < 0.9 * len(labels)


def _case(plan: Plan) -> Case:
    return Case(f"{plan.number} pictures, {plan.width} features, {plan.classes} classes", plan)


class Trial:
    """A student's function on the features of one case.

    Parameters
    ----------
    case
        With the plan of the features.
    answer
        The student's function.
    """

    def __init__(self, case: Case, answer: Callable[..., Any]) -> None:
        self.case, self.answer, self.plan = case, answer, case.data
        number, width, classes, _ = self.plan
        self.train, self.labels = make_features(case.seed, number, width, classes)
        self.test, self.truth = make_features(case.seed + 1, 12 * classes, width, classes)

    def run(self) -> None:
        """Raise unless the probabilities are good ones, and stay the same where they must."""
        usual = self.ask(self.case, self.train, self.test)
        self.look_at_learning(usual)
        if only_zeros_and_ones(usual):
            raise self.case.wrong(NAME, TL10)
        if are_twice_softmax(usual):
            raise self.case.wrong(NAME, TL64)
        given = (self.train, self.labels, self.test, self.plan.width)
        end_at_one, standardised = self.case.ask(fitted_features, self.answer, *given)
        if end_at_one:
            raise self.case.wrong(NAME, TL11)
        for name in self.plan.tried:
            getattr(self, name)(usual)
        if not standardised:
            raise self.case.wrong(NAME, TL60)

    def ask(
        self, case: Case, train: torch.Tensor, test: torch.Tensor, labels: torch.Tensor | None = None
    ) -> np.ndarray:
        """Return the probabilities of some features, learned from the usual labels or from others."""
        given = (train, self.labels if labels is None else labels, test)
        return ask_probabilities(case, self.answer, NAME, given, self.plan.classes, KNOWN, graph=TL8)

    def called(self, label: str) -> Case:
        """Return the case in other words."""
        return replace(self.case, label=label)

    def right(self, given: np.ndarray) -> float:
        """Return the accuracy of probabilities of the test part."""
        return float((given.argmax(1) == self.truth.numpy()).mean())

    def look_at_learning(self, usual: np.ndarray) -> None:
        """Refuse a head that has learned nothing, or that sees the test part in other units."""
        if self.right(usual) >= LEARNED:
            return
        case = self.called("easy features")
        own = self.ask(case, self.train, (self.train - self.train.mean(0)) / self.train.std(0))
        learned = float((own.argmax(1) == self.labels.numpy()).mean())
        if learned >= 0.9:
            raise case.wrong(NAME, TL7)
        line = "  too few come out right, and not the few of guessing. Does the loss go down, and for long enough?"
        guessing = self.right(usual) <= 1 / self.plan.classes + 0.2
        because = TL65 if _are_renamed(usual.argmax(1), self.truth.numpy()) else TL5 if guessing else None
        raise case.wrong(NAME, because, detail="" if because else line, hidden="" if because else line)

    def far(self, usual: np.ndarray) -> None:
        """Move some of the test pictures: the others' probabilities stay."""
        halfway = (self.test[:3] + self.test[3:6]) / 2
        far = torch.cat([self.test[:6], halfway, self.test[6:] + 100])
        given = self.ask(self.called("some of the test pictures far away"), self.train, far)
        if not alike(usual[:6], given[:6]):
            raise self.called("the same six test pictures, the others moved by 100").wrong(NAME, TR6)
        if not _are_linear(given[:3], given[3:6], given[6:9]):
            raise self.called("pictures halfway between others").wrong(NAME, TL61)

    def single(self, usual: np.ndarray) -> None:
        """Ask for one test picture alone."""
        if not alike(usual[:1], self.ask(self.called("one test picture"), self.train, self.test[:1])):
            raise self.called("one test picture alone").wrong(NAME, TR6)

    def scaled(self, usual: np.ndarray) -> None:
        """Measure one feature in another unit, larger and smaller."""
        for factor in (1000, 0.01):
            case = self.called(f"the first feature times {factor:g}")
            train, test = (torch.cat([part[:, :1] * factor, part[:, 1:]], dim=1) for part in (self.train, self.test))
            if not alike(usual, self.ask(case, train, test), 0.1):
                raise case.wrong(NAME, TL4)

    def moved(self, usual: np.ndarray) -> None:
        """Take the same off all features."""
        case = self.called("all features minus 50")
        if not alike(usual, self.ask(case, self.train - 50, self.test - 50), 0.1):
            raise case.wrong(NAME, TL9)

    def flat(self, _usual: np.ndarray) -> None:
        """Add a feature that never changes."""
        case = self.called("a feature that is 4 for all pictures")
        train, test = (torch.cat([part, torch.full((len(part), 1), 4.0)], dim=1) for part in (self.train, self.test))
        if self.right(self.ask(case, train, test)) < 0.8:
            raise case.wrong(NAME, TL1)

    def half(self, usual: np.ndarray) -> None:
        """Give the second half of the training pictures other labels."""
        labels, middle = self.labels.clone(), len(self.labels) // 2
        labels[middle:] = (labels[middle:] + 1) % self.plan.classes
        case = self.called("other labels for half of the pictures")
        if np.allclose(usual, self.ask(case, self.train, self.test, labels), atol=1e-6):
            raise case.wrong(NAME, TL62)

    def calm(self, _usual: np.ndarray) -> None:
        """Learn from features that never change: what is left is how often each class occurs."""
        places = torch.arange(len(self.labels))
        labels = torch.where(places % 2 == 0, 0, 1 + places // 2 % (self.plan.classes - 1))  # half of them 0
        share = float(labels.bincount().max()) / len(labels)
        same = torch.full_like(self.train, 4.0)
        case = self.called("features that never change")
        if self.ask(case, same, same[:2], labels).max() > share + SURE:
            raise case.wrong(NAME, TL63)
