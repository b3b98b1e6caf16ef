"""Exercise 6.6: the first loss, the chance level, and what the trained network reaches.

| the prompt says | what is tried |
|---|---|
| ``first loss``, before any step | close to the loss of guessing |
| ``loss of guessing`` to two decimals, ``chance`` | the numbers themselves |
| ``accuracy`` on the test pictures | measured again on them |
| the bar, on pictures that nobody has trained on | measured on others, drawn from a seed of this check |

Somebody who reads this module finds the seed and can train on those pictures: the bar is a mark on the way, not an
examination.
"""

import math
from functools import cache, partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import load_shapes
from course_utils.judging import shared
from course_utils.judging.answers import as_array, as_dict, is_missing, named
from course_utils.judging.closeness import near
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import read_number
from course_utils.judging.protocol.calling import ask
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.steps import Step
from course_utils.judging.watching import scores_of
from course_utils.labs.lab7_cnn.evaluate import KE6
from course_utils.labs.lab7_cnn.headings import DATA, EVALUATE, LOOP

KF4 = shared.KF4.in_lab(
    EVALUATE, "This is not what your network reaches on these pictures. On which pictures did you measure, and when?"
)
KF1 = Misconception(
    "KF1",
    "another logarithm",
    "This uses another base. Which logarithm does PyTorch's cross-entropy take?",
    DATA,
)
KF2 = Misconception(
    "KF2",
    "loss taken after training",
    "This is too good for a network that knows nothing. Which network gave this loss?",
    LOOP,
)
KF3 = Misconception(
    "KF3",
    "chance level of two classes",
    "This is the chance of a coin. How many classes are there to guess from?",
    DATA,
)

KF12 = Misconception(
    "KF12",
    "minus of the logarithm forgotten",
    "A loss is never below zero. What stands in front of the logarithm of a probability?",
    DATA,
)
KF13 = Misconception(
    "KF13",
    "probability in place of its loss",
    "This is a probability. Which loss has a network that gives the right class this probability?",
    DATA,
)
KF14 = Misconception(
    "KF14",
    "loss divided by the number of classes",
    "This is the loss divided by the number of classes. Over what is the mean of a batch taken?",
    DATA,
)
KF15 = Misconception(
    "KF15",
    "loss summed over the batch",
    "This is as many times the loss of guessing as a batch has pictures. Which reduction does the loss use?",
    LOOP,
)
KF16 = Misconception(
    "KF16",
    "guessed among the other classes",
    "Here one class is left out. Among how many does somebody guess who knows nothing?",
    DATA,
)
KF17 = Misconception(
    "KF17",
    "number of right pictures in place of their share",
    "This counts pictures. By what is it divided to be an accuracy?",
    EVALUATE,
)

KF22 = Misconception(
    "KF22",
    "network that still guesses",
    "This is what guessing reaches. Was this network trained after it was made, and did its loss fall?",
    LOOP,
)

BAR = 0.6  # the lesson's table has what lies on both sides of it
GUESSES = 0.15  # a network that gets fewer right has learned next to nothing
FRESH = 606  # seed of the pictures on which the bar is measured: no lesson draws them
PARTS = ("first loss", "loss of guessing", "chance", "accuracy")


Labelled = tuple[torch.Tensor, torch.Tensor]  # pictures (N, 3, 32, 32), pixels from 0 to 1, and their classes (N,)


@cache
def unseen_pictures(seed: int = 0) -> Labelled:
    """Return the lesson's test pictures; with another seed others, drawn in the same way."""
    return load_shapes(10, 1000, seed=seed).test.tensors()


def loss_of_guessing() -> float:
    """Ask PyTorch for the loss of a network that gives all ten classes the same score."""
    return float(F.cross_entropy(torch.zeros(1, 10), torch.zeros(1, dtype=torch.long)))


def look_at_scores(model: Any, pictures: torch.Tensor) -> list[Any]:
    """Probe: return the scores of a student's model, "", and ""; else the kind of the model, or of what it returned."""
    if not isinstance(model, nn.Module):
        return [None, type(model).__name__, ""]
    scores, other = scores_of(model, pictures)
    return [scores, "", other]


def accuracy_of(network: Any, on: Labelled) -> float:
    """Return which share of some pictures a student's network gets right."""
    pictures, labels = on
    found, kind, other = ask(look_at_scores, network, (pictures - 0.5) / 0.5)
    if kind:
        raise refuse(f"network should be your trained model, not {named(kind)}.")
    if other:
        raise refuse(f"network should return a tensor of scores, not {named(other)}.")
    scores = as_array(found, "What network returns")
    if scores.shape != (len(labels), 10):
        raise refuse("network should give ten scores for each picture.")
    return float((scores.argmax(1) == labels.numpy()).mean())


class FirstRun(Exercise):
    """What a fresh network costs, what guessing costs, and what the trained network reaches."""

    id = "first-run"
    hints = (
        "What loss has a network that gives all ten classes the same score?",
        "Measure the first loss before the first step. Which batch can you take?",
        "Not enough? What do more epochs, another optimiser or another learning rate change?",
    )
    worked = """
        Four classes instead of ten.

        1. Somebody who guesses is right once in four times: chance 0.25.
        2. A network that gives every class the same score gives each the probability 1/4; its loss is −ln(1/4) = 1.386.
        3. A fresh network starts close to that: its first loss, on any batch, is perhaps 1.42.
        4. After training count the right ones among the test pictures: 640 of 800 are 0.8, not 80.
    """
    misconceptions = (KF1, KF2, KF3, KF4, KF12, KF13, KF14, KF15, KF16, KF17, KF22, KE6)
    steps = (
        Step(
            "guessing",
            "note the `loss of guessing` (two decimals or more) and the `chance` level.",
            parts=("loss of guessing", "chance"),
        ),
        Step("first loss", "note the loss of a fresh `CNN()` on a batch, before any step.", parts=("first loss",)),
        Step(
            "training",
            "make a `network`, train it with your functions, and keep the `history`.",
            parts=("network",),
        ),
        Step(
            "test",
            "when you have chosen, let the cell compute the `accuracy` on the test pictures, once.",
            parts=("accuracy",),
        ),
    )

    def judge(self, answers: Any, network: Any) -> dict[str, Finding]:
        """Judge ``{"first loss": …, "loss of guessing": …, "chance": …, "accuracy": …}`` and the trained network.

        The network takes standardised pictures.
        """
        given = as_dict(answers, PARTS, "first_run")
        reached = cache(partial(_reached, network))
        looks = {
            "first loss": partial(_look_at_first_loss, given["first loss"]),
            "loss of guessing": partial(_look_at_guessing, given["loss of guessing"]),
            "chance": partial(_look_at_chance, given["chance"]),
            "accuracy": partial(_look_at_accuracy, given["accuracy"], reached),
            "network": partial(_look_at_network, reached),
        }
        return look_at(looks)


def _reached(network: Any, seed: int = 0) -> float:
    if is_missing(network):
        raise NotAttempted("network is None")
    return accuracy_of(network, unseen_pictures(seed))


def _number(answer: Any, part: str) -> float:
    if is_missing(answer):
        raise NotAttempted(f"fill in first_run[{part!r}]")
    return read_number(answer, f"first_run[{part!r}]") or 0.0


def _refuse(part: str, number: float, because: Misconception | None = None) -> None:
    raise refuse(f"{part}: you gave {number:.4g}.", because)


def _of_another_base(number: float) -> bool:
    return any(near(number, loss_of_guessing() / np.log(base), by=0.006) for base in (2, 10))


def _look_at_first_loss(answer: Any) -> None:
    number, guessing = _number(answer, "first loss"), loss_of_guessing()
    if not near(number, guessing, by=0.15):
        summed = near(number, 32 * guessing, by=32 * 0.15)
        good = KF2 if 0 <= number < guessing else KF15 if summed else None
        _refuse("first loss", number, KF1 if _of_another_base(number) else good)


def _look_at_guessing(answer: Any) -> None:
    number, right = _number(answer, "loss of guessing"), loss_of_guessing()
    if not near(number, right, by=0.006):
        ways = {KF12: [-right], KF13: [0.1, 0.9], KF14: [right / 10]}
        known = next((way for way, values in ways.items() if any(near(number, one, by=0.006) for one in values)), None)
        _refuse("loss of guessing", number, KF1 if _of_another_base(number) else known)


def _look_at_chance(answer: Any) -> None:
    number = _number(answer, "chance")
    if not near(number, 0.1, by=1e-6):
        ways = {KF3: 0.5, KE6: 10.0, KF16: 1 / 9}
        _refuse("chance", number, next((way for way, value in ways.items() if near(number, value, by=0.002)), None))


def _look_at_accuracy(answer: Any, reached: Any) -> None:
    number = _number(answer, "accuracy")
    if not 0 <= number < math.inf:
        raise refuse(f"accuracy: you gave {number:.4g}. Between which two numbers does an accuracy lie?")
    if not near(number, reached(), by=0.021):
        ways = {KE6: (100 * reached(), 2.1), KF17: (1000 * reached(), 21)}
        known = next((way for way, (value, by) in ways.items() if near(number, value, by=by)), None)
        _refuse("accuracy", number, known or (KF4 if number <= 1 else None))


def _look_at_network(reached: Any) -> None:
    share = reached(FRESH)
    if share < BAR:
        raise refuse(
            f"network: it gets {100 * share:.0f} % of newly drawn pictures right; {100 * BAR:.0f} % are wanted.",
            KF22 if share < GUESSES else None,
            detail=""
            if share < GUESSES
            else "Hint: The table in the task says which networks reach it. What do more epochs change?",
        )
