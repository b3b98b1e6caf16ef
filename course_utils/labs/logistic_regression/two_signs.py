"""Exercise 4.4: the signs of loss and update, four runs with them, and the repair of the slide."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch

from course_utils.judging.answers import as_dict, is_missing, kind
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Finding, Wrong, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.logistic_regression.headings import SIGNS
from course_utils.labs.logistic_regression.logistic_gradient import compare_pair, same_pair
from course_utils.labs.logistic_regression.returned import pair
from course_utils.labs.logistic_regression.training import Parameters, gradient, log_loss, walk

LS1 = Misconception(
    "LS1",
    "took the slide's pair for one that fails",
    "Run pair a again and look at the loss. What do two minus signs make?",
    SIGNS,
)
LS2 = Misconception(
    "LS2",
    "took one repair for enough",
    "This repairs one of the two slips. What did your run of such a pair do?",
    SIGNS,
)
LS3 = Misconception(
    "LS3",
    "renamed the method instead of repairing the formulas",
    "Then the slide is right, but it no longer says loss and descent. Which changes keep the words?",
    SIGNS,
)
LS4 = Misconception(
    "LS4",
    "changed more than necessary",
    "This would do, but something in it is not needed. Which of your changes can be taken back?",
    SIGNS,
)
LS5 = Misconception(
    "LS5",
    "sign of the loss not carried into its gradient",
    "The sign of the loss changes nothing here. What becomes of a gradient if its loss is multiplied by -1?",
    SIGNS,
)
LS6 = Misconception(
    "LS6",
    "sign of the update not used",
    "The sign of the update changes nothing here. Where does the step use it?",
    SIGNS,
)
LS7 = Misconception(
    "LS7",
    "all runs turned round",
    "Each of these runs goes where its opposite should. Which sign has the gradient of the slide's own formula?",
    SIGNS,
)

NAME = "train_with_signs"
PAIRS = {"a": (1, 1), "b": (1, -1), "c": (-1, 1), "d": (-1, -1)}  # signs of loss and update; a is the slide
CHANGES = {
    "1": "put a minus before the loss",
    "2": "write a minus in the update",
    "3": "call the first formula log-likelihood",
    "4": "call the method gradient ascent",
}
REPAIR = {"1", "2"}  # both formulas are wrong, and the words stay
SIGN_RUN = (0.5, 25)  # learning rate and steps

# where each wrong way ends, in letters of the right runs
WRONG_ENDS: Mapping[Misconception, Sequence[Mapping[str, str]]] = {
    LS5: [dict(zip(PAIRS, "abab", strict=True)), dict(zip(PAIRS, "cdcd", strict=True))],
    LS6: [dict(zip(PAIRS, "aacc", strict=True)), dict(zip(PAIRS, "bbdd", strict=True))],
    LS7: [dict(zip(PAIRS, "badc", strict=True))],
}


class TwoSigns(Implementation):
    """Write ``train_with_signs(X (N, D), y (N,), loss_sign, update_sign, lr, steps) -> w, b``; say what converges.

    The loss is ``loss_sign`` times the mean of y log p + (1 - y) log(1 - p), and a step adds ``update_sign * lr`` times
    its gradient. Then ``{"converge": set of letters, "repair": set of numbers}``.
    """

    id = "two-signs"
    hints = (
        "You have the gradient of the true loss already. Which sign turns it into that of the slide's formula?",
        "Run each pair for 200 steps and print bce_with_logits of the scores. Which of them falls?",
        "Look at the list of changes: which of them touch the words loss and descent?",
    )
    misconceptions = (LS1, LS2, LS3, LS4, LS5, LS6, LS7)

    def text(self) -> str:
        """Return the changes that are on offer."""
        return "\n\n".join(f"`{number}` {change}" for number, change in CHANGES.items())

    def cases(self) -> Sequence[Case]:
        """Return examples for all four runs: as one case, since a wrong way shows in all of them together."""
        return [Case("four runs", part=NAME)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other examples."""
        return [Case("four runs", part=NAME, seed=seed)]

    def judge(self, *answers: Any) -> dict[str, Finding]:
        """Judge the function by its public cases, and both sets."""
        looks = {"converge": _look_at_converge, "repair": _look_at_repair}
        return {**super().judge(*answers), **look_at({part: partial(look, answers[1]) for part, look in looks.items()})}

    def try_case(self, case: Case, train_with_signs: Callable[..., Any], signs: Any) -> None:
        """Compare the ends of all four runs with PyTorch's."""
        X, y = sign_examples(case.seed)
        ends = ends_of_pairs(case.seed)
        given = {
            letter: pair(case, case.call(train_with_signs, NAME, X, y, *signs_of, *SIGN_RUN), NAME, ("w", "b"))
            for letter, signs_of in PAIRS.items()
        }

        def goes_to(wrong_end: Mapping[str, str]) -> bool:
            return all(same_pair(given[letter], ends[wrong_end[letter]]) for letter in PAIRS)

        way = next((way for way, wrong_ends in WRONG_ENDS.items() if any(map(goes_to, wrong_ends))), None)
        for letter, (loss_sign, update_sign) in PAIRS.items():
            run = replace(case, label=f"loss_sign={loss_sign}, update_sign={update_sign}")
            compare_pair(run, NAME, given[letter], ends[letter], way)


# --- the four runs


def sign_examples(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw 40 examples that no line parts: inputs (40, 2), labels (40,)."""
    rng = np.random.default_rng([8, seed])
    X = rng.normal(size=(40, 2))
    return X, (X @ [1.5, -1.0] + 1.5 * rng.normal(size=40) > 0.4).astype(float)


def walk_pair(
    X: np.ndarray, y: np.ndarray, loss_sign: int, update_sign: int, lr: float, steps: int
) -> list[Parameters]:
    """Train with a sign for the loss and one for the update (the slide has + and +); return all places on the way."""

    def signed(*arguments: torch.Tensor) -> Parameters:
        # the slide's formula is minus the loss that PyTorch computes, and its update adds
        by_weight, by_bias = gradient(*arguments)
        return update_sign * loss_sign * by_weight, update_sign * loss_sign * by_bias

    return walk(torch.tensor(X), torch.tensor(y), lr, steps, signed)


@lru_cache(maxsize=8)
def ends_of_pairs(seed: int) -> dict[str, Parameters]:
    """Run all four pairs on the examples of a seed; return where each ends."""
    X, y = sign_examples(seed)
    return {letter: walk_pair(X, y, *signs, *SIGN_RUN)[-1] for letter, signs in PAIRS.items()}


def pairs_that_converge(seed: int = 0) -> set[str]:
    """Return the letters of the pairs that end below the loss of a coin."""
    X, y = sign_examples(seed)
    return {letter for letter, end in ends_of_pairs(seed).items() if log_loss(X, y, *end) < np.log(2)}


# --- the two sets


def _look_at_converge(signs: Any) -> None:
    given, right = _letters(signs, "converge", PAIRS), pairs_that_converge()
    if given != right:
        way = LS2 if given & {"b", "c"} else LS1 if given == right - {"a"} else None
        raise _refused("converge", given, way)


def _look_at_repair(signs: Any) -> None:
    given = _letters(signs, "repair", CHANGES)
    if given != REPAIR:
        way = LS2 if given < REPAIR else LS4 if given > REPAIR else LS3 if given & {"3", "4"} else None
        raise _refused("repair", given, way)


def _letters(signs: Any, part: str, known: Collection[str]) -> set[str]:
    """Read a set of letters or numbers in any collection."""
    answer: Any = None if is_missing(signs) else as_dict(signs, ("converge", "repair"), "signs")[part]
    if is_missing(answer):
        raise NotAttempted(f"fill in signs[{part!r}]")
    items = list(answer) if type(answer) in (set, frozenset, list, tuple, str) else [answer]
    if not all(type(item) in (str, int) for item in items):
        raise refuse(f"signs[{part!r}] should be a set of letters such as {{'a', 'b'}}, not {kind(answer)}.")
    found = {item.strip().lower() if type(item) is str else str(min(max(item, 0), 9)) for item in items} - {"", ","}
    if found - set(known):
        raise refuse(f"signs[{part!r}] may hold {', '.join(known)}; yours holds something else.")
    return found


def _refused(part: str, given: set[str], way: Misconception | None) -> Wrong:
    return refuse(f"{part}: you gave {', '.join(sorted(given)) or 'nothing'}.", way)
