"""Exercise 4.4: the signs of loss and update, four runs with them, and the repair of the slide.

| claim of the prompt | case |
|---|---|
| the loss is `loss_sign` times the mean; a step adds `update_sign * lr` times its gradient | all four pairs |
| starts from zeros; `lr` and `steps` | two sets of examples, of other sizes, with other lr and steps |
| `converge`: all pairs that end at good weights | each set of letters |
| `repair`: the fewest changes that keep the words | each set of numbers |
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, is_missing, kind
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Finding, Wrong, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.logistic_regression import recipes
from course_utils.labs.logistic_regression.headings import SIGNS
from course_utils.labs.logistic_regression.logistic_gradient import (
    LG4,
    LG6,
    LG17,
    LG18,
    LG19,
    LG20,
    LG21,
    LG22,
    compare_pair,
    run_ways,
    same_pair,
)
from course_utils.labs.logistic_regression.returned import Pair, pair
from course_utils.labs.logistic_regression.training import Parameters, gradient, log_loss, slope, walk

LS1 = Misconception(
    "LS1",
    "took the slide's pair for one that fails",
    "Run pair a again and look at the loss. What do two minus signs make?",
    SIGNS,
)
LS2 = Misconception(
    "LS2",
    "took one repair for enough",
    "One slip alone is repaired here, in one of your choices at least. What did your run of such a pair do?",
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
    "Fewer of these changes are enough. Which one can be taken back?",
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
LS8 = Misconception(
    "LS8",
    "stopped at the first pair that converges",
    "This is right, and not all. Did you run all four pairs, and what does the loss of each do?",
    SIGNS,
)
LS9 = Misconception(
    "LS9",
    "took the runs that diverge for those that converge",
    "The loss of these runs grows. Which loss did you look at, the true one or the one with the pair's own sign?",
    SIGNS,
)
LS10 = Misconception(
    "LS10",
    "a change of words beside a change of sign",
    "A sign and a word are changed here. Do the formulas still do what their words say, and are the words kept?",
    SIGNS,
)
LS11 = Misconception(
    "LS11",
    "one word renamed",
    "Only one word is changed. Does it fit the other formula, and were the words not to be kept?",
    SIGNS,
)
LS12 = Misconception(
    "LS12",
    "the signs used differently for weights and bias",
    "Weights and bias do not get the same signs here. Which signs has the step of w in your code, and which that of b?",
    SIGNS,
)
LS13 = Misconception(
    "LS13",
    "runs that climb or descend otherwise than their signs say",
    "Each run goes straight up, straight down or nowhere, not all as their two signs say. What do two signs make?",
    SIGNS,
)
GR3 = shared.GR3.in_lab(SIGNS, "These steps follow the sum over the examples. Is the loss a sum or a mean over them?")

NAME = "train_with_signs"
RUN_WAYS = (LG4, LG6, LG17, LG18, LG19, LG20, LG21, LG22)  # of a training, whatever its signs
PAIRS = {"a": (1, 1), "b": (1, -1), "c": (-1, 1), "d": (-1, -1)}  # signs of loss and update; a is the slide
CHANGES = {
    "1": "put a minus before the loss",
    "2": "write a minus in the update",
    "3": "call the first formula log-likelihood",
    "4": "call the method gradient ascent",
}
REPAIR = {"1", "2"}  # both formulas are wrong, and the words stay
SIGN_RUN = (0.5, 25)  # learning rate and steps
CONVERGE_WAYS: Mapping[str, Misconception] = {"d": LS1, "a": LS8, "bc": LS9}  # every other set holds b or c
REPAIR_WAYS: Mapping[str, Misconception] = {"1": LS2, "2": LS2, "3": LS11, "4": LS11, "34": LS3}

# where each wrong way ends, in letters of the right runs
WRONG_ENDS: Mapping[Misconception, Sequence[Mapping[str, str]]] = {
    LS5: [dict(zip(PAIRS, "abab", strict=True)), dict(zip(PAIRS, "cdcd", strict=True))],
    LS6: [dict(zip(PAIRS, "aacc", strict=True)), dict(zip(PAIRS, "bbdd", strict=True))],
    LS7: [dict(zip(PAIRS, "badc", strict=True))],
}
WORKED = """
The same question for two other signs. A recipe says: "to find the *largest* value of f, take g = s · f, and step by
u · η times the slope of g". Which pairs (s, u) climb f?

1. The slope of g is s times the slope of f.
2. A step is therefore u · s · η times the slope of f: only the product of the signs counts.
3. It climbs where u · s = +1, for (1, 1) and (−1, −1), and walks down for (1, −1) and (−1, 1).
4. Try it with f(v) = −(v − 3)², whose slope is −2 (v − 3), from v = 0:

```python
for s, u in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
    v = 0.0
    for _ in range(20):
        v += u * 0.1 * (s * -2 * (v - 3))
    print(s, u, round(v, 2))  # 2.97, -112.01, -112.01, 2.97
```
"""


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
    worked = WORKED
    misconceptions = (
        *(LS1, LS2, LS3, LS4, LS5, LS6, LS7, LS8, LS9, LS10, LS11, LS12, LS13),
        *(GR3, *RUN_WAYS),
    )

    def text(self) -> str:
        """Return the changes that are on offer."""
        return "\n\n".join(f"`{number}` {change}" for number, change in CHANGES.items())

    def cases(self) -> Sequence[Case]:
        """Return examples for all four runs: as one case, since a wrong way shows in all of them together."""
        return [Case("four runs", Signed(0), NAME), Case("four shorter runs", Signed(1, 3, 23, 0.2, 9), NAME)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other examples, learning rates and numbers of steps."""
        rng = np.random.default_rng([11, seed])
        lr, steps, rows = float(rng.uniform(0.1, 0.6)), int(rng.integers(8, 30)), int(rng.integers(20, 40))
        return [Case("four runs", Signed(seed, 4, rows, lr, steps), NAME)]

    def judge(self, *answers: Any) -> dict[str, Finding]:
        """Judge the function by its public cases, and both sets."""
        looks = {"converge": _look_at_converge, "repair": _look_at_repair}
        return {**super().judge(*answers), **look_at({part: partial(look, answers[1]) for part, look in looks.items()})}

    def try_case(self, case: Case, train_with_signs: Callable[..., Any], signs: Any) -> None:
        """Compare the ends of all four runs with PyTorch's."""
        run: Signed = case.data
        X, y = sign_examples(run.seed, run.rows, run.columns)
        ends = ends_of_pairs(run)
        given = {
            letter: pair(case, case.call(train_with_signs, NAME, X, y, *signs, run.lr, run.steps), NAME, ("w", "b"))
            for letter, signs in PAIRS.items()
        }
        way = None if _same_ends(given, ends) else _explain_runs(given, run)
        for letter, (loss_sign, update_sign) in PAIRS.items():
            one = replace(case, label=f"{case.label}: loss_sign={loss_sign}, update_sign={update_sign}")
            near = partial(_near, X, y, run.lr * loss_sign * update_sign, run.steps)
            compare_pair(one, NAME, given[letter], ends[letter], way, near)


def _near(X: np.ndarray, y: np.ndarray, lr: float, steps: int, part: int) -> Iterator[tuple[Misconception, Any]]:
    """Yield the neighbours of one run."""
    yield from nearly(recipes.fitted_at_once, X, y, lr, steps, part=part, only_single=True)
    yield from nearly(recipes.fitted, X, y, lr, steps, part=part, only_single=True)


def _same_ends(given: Mapping[str, Pair], ends: Mapping[str, Parameters]) -> bool:
    return all(same_pair(given[letter], ends[letter]) for letter in PAIRS)


def _explain_runs(given: Mapping[str, Pair], run: "Signed") -> Misconception | None:
    """Find the wrong way that gives the ends of all four runs."""
    ends = ends_of_pairs(run)
    for way, wrong_ends in WRONG_ENDS.items():
        if any(_same_ends(given, {letter: ends[one[letter]] for letter in PAIRS}) for one in wrong_ends):
            return way
    X, y = (torch.tensor(array) for array in sign_examples(run.seed, run.rows, run.columns))
    of_pairs = {letter: run_ways(X, y, signs[0] * signs[1] * run.lr, run.steps) for letter, signs in PAIRS.items()}
    for way in (GR3, *RUN_WAYS):
        if all(any(same_pair(given[one], end) for end in of_pairs[one][way]()) for one in PAIRS):
            return way
    straight = [ends["a"], ends["b"], tuple(0 * one for one in ends["a"])]
    if all(any(same_pair(given[letter], end) for end in straight) for letter in PAIRS):
        return LS13
    apart = ((weight, bias) for weight in SIGNS_USED for bias in SIGNS_USED if weight is not bias)
    return LS12 if any(_same_ends(given, _ends_apart(X, y, run, *used)) for used in apart) else None


SIGNS_USED: Sequence[Callable[[int, int], int]] = (
    lambda loss, update: loss * update,
    lambda loss, update: loss,
    lambda loss, update: update,
    lambda loss, update: -loss,
    lambda loss, update: -update,
    lambda loss, update: -1,
    lambda loss, update: 1,
)


def _ends_apart(
    X: torch.Tensor, y: torch.Tensor, run: "Signed", weight: Callable[[int, int], int], bias: Callable[[int, int], int]
) -> dict[str, Parameters]:
    """Return where the four runs end if weights and bias use the two signs differently."""
    found = {}
    for letter, signs in PAIRS.items():

        def signed(*arguments: torch.Tensor, signs: tuple[int, int] = signs) -> Parameters:
            by_weight, by_bias = slope(*arguments)
            return weight(*signs) * by_weight, bias(*signs) * by_bias

        found[letter] = walk(X, y, run.lr, run.steps, signed)[-1]
    return found


# --- the four runs


class Signed(NamedTuple):
    """Four runs to try: where the examples come from and how many, learning rate and steps."""

    seed: int
    columns: int = 2
    rows: int = 40
    lr: float = SIGN_RUN[0]
    steps: int = SIGN_RUN[1]


def sign_examples(seed: int, rows: int = 40, columns: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Draw examples that no line parts: inputs (N, D), labels (N,)."""
    rng = np.random.default_rng([8, seed])
    X = rng.normal(size=(rows, columns))
    return X, (X[:, :2] @ [1.5, -1.0] + 1.5 * rng.normal(size=rows) > 0.4).astype(float)


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
def ends_of_pairs(run: Signed) -> dict[str, Parameters]:
    """Run all four pairs; return where each ends."""
    X, y = sign_examples(run.seed, run.rows, run.columns)
    return {letter: walk_pair(X, y, *signs, run.lr, run.steps)[-1] for letter, signs in PAIRS.items()}


def pairs_that_converge(seed: int = 0) -> set[str]:
    """Return the letters of the pairs that end below the loss of a coin."""
    X, y = sign_examples(seed)
    return {letter for letter, end in ends_of_pairs(Signed(seed)).items() if log_loss(X, y, *end) < np.log(2)}


# --- the two sets


def _look_at_converge(signs: Any) -> None:
    given, right = _letters(signs, "converge", PAIRS), pairs_that_converge()
    if given != right:
        raise _refused("converge", given, CONVERGE_WAYS.get("".join(sorted(given)), LS2))


def _look_at_repair(signs: Any) -> None:
    given = _letters(signs, "repair", CHANGES)
    if given != REPAIR:
        mixed = LS4 if given > REPAIR else LS10
        raise _refused("repair", given, REPAIR_WAYS.get("".join(sorted(given)), mixed))


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


def _refused(part: str, given: set[str], way: Misconception) -> Wrong:
    return refuse(f"{part}: you gave {', '.join(sorted(given)) or 'nothing'}.", way)
