"""Exercise 7.11: a choice that does not look at the test part."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.answers import kind, plain, short
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.transfer_learning_homework.headings import CHOOSE, TABLE

KE6 = shared.KE6.in_lab(TABLE)
TP1 = Misconception(
    "TP1",
    "chosen by a look at the test part",
    "The test part had a say in the choice. Whom does its accuracy then still surprise?",
    CHOOSE,
)
TP2 = Misconception(
    "TP2",
    "chosen on the pictures that it learned from",
    "Your choice looks at pictures that the ways had learned from. Who wins there: one that understands, or one "
    "that remembers?",
    CHOOSE,
)
TP3 = Misconception(
    "TP3",
    "the least is chosen",
    "This way is the worst on the validation part. In which direction does your comparison look?",
    CHOOSE,
)
TP4 = Misconception(
    "TP4",
    "validation accuracy reported as test accuracy",
    "This is the accuracy on the validation part, where the way was chosen. On which part is it to be reported?",
    CHOOSE,
)

NAME = "choose"
PARTS = ("learn", "validation", "test")

Labelled = tuple[torch.Tensor, torch.Tensor]
Guesses = dict[str, dict[str, torch.Tensor]]  # by way and part


class Contest(NamedTuple):
    """Pictures to learn from, for validation and for the test; classes; and how many of each part a way gets right."""

    sizes: tuple[int, int, int]
    classes: int
    shares: dict[str, tuple[float, float, float]]


PUBLIC = (
    Contest((30, 20, 40), 2, {"plain": (0.9, 0.75, 0.55), "turned": (0.8, 0.85, 0.6), "darkened": (0.7, 0.6, 0.8)}),
    Contest((40, 10, 25), 3, {"grey": (0.8, 0.7, 0.4), "small": (0.6, 0.3, 0.72), "moved": (0.95, 0.5, 0.6)}),
)
HIDDEN = (
    Contest(
        (20, 40, 50), 4, {"w": (0.7, 0.55, 0.5), "x": (0.9, 0.6, 0.46), "y": (0.8, 0.8, 0.58), "z": (0.75, 0.5, 0.9)}
    ),
    Contest((12, 20, 10), 2, {"late": (1.0, 0.55, 0.9), "early": (0.75, 0.7, 0.6)}),
)


class Choose(Implementation):
    """Write ``choose(ways, learn, validation, test) -> (name, accuracy)``: chosen on validation alone.

    ``ways`` holds functions ``(X_train, y_train, X) -> probabilities``; the three parts are pairs ``(X, y)``.
    """

    id = "choose"
    hints = (
        "Which of the three parts decides, and how often is it looked at?",
        "max(ways, key=...) wants a function of a name. Which number should it return?",
    )
    misconceptions = (TP1, TP2, TP3, TP4, KE6)

    def cases(self) -> Sequence[Case]:
        """Return ways of which another one is best on each part."""
        return [_case(contest) for contest in PUBLIC]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other ways."""
        return [_case(contest) for contest in HIDDEN]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Look at what each way was shown, at the name, and at the accuracy."""
        must_be_function(answer, NAME)
        contest: Contest = case.data
        seen = case.ask(choose, answer, case.seed, *contest)
        name, reported = _read_choice(case, seen["answer"])
        for way, learned, guessed in seen["calls"]:
            if "test" in learned or ("test" in guessed and way != name):
                raise case.wrong(NAME, TP1)
            if "validation" in learned and "validation" in guessed:
                raise case.wrong(NAME, TP2)
        reached = accuracies(contest, case.seed)
        _look_at_name(case, name, reached)
        _look_at_report(case, reported, reached[name])


def _case(contest: Contest) -> Case:
    return Case(f"the ways {', '.join(contest.shares)}", contest)


def _read_choice(case: Case, answer: Any) -> tuple[str, float]:
    if answer is None:
        raise case.always(f"{NAME} returned None. Does it end in a return statement?")
    names = case.data.shares
    if type(answer) in (tuple, list) and len(answer) == 2 and type(answer[0]) is str and answer[0] in names:
        reported = plain(answer[1])
        if reported is not None:
            return answer[0], reported
    line = "  It should return a name and an accuracy, not %s."
    raise case.wrong(NAME, detail=line % short(answer), hidden=line % kind(answer))


def _look_at_name(case: Case, name: str, reached: Mapping[str, Mapping[str, float]]) -> None:
    """Refuse another way than the best; say which other part, or which end of the right one, gives its name."""
    ranked = {part: sorted(reached, key=lambda way: reached[way][part]) for part in PARTS}
    if name == ranked["validation"][-1]:
        return
    if name == ranked["learn"][-1]:
        raise case.wrong(NAME, TP2)
    if name == ranked["validation"][0]:
        raise case.wrong(NAME, TP3)
    line = "  Another way gets more of the validation pictures right."
    raise case.wrong(NAME, detail=line, hidden=line)


def _look_at_report(case: Case, reported: float, reached: Mapping[str, float]) -> None:
    if abs(reported - reached["test"]) <= 0.006:
        return
    if any(abs(reported - 100 * each) <= 0.6 for each in reached.values()):
        raise case.wrong(NAME, KE6)
    if abs(reported - reached["validation"]) <= 0.006:
        raise case.wrong(NAME, TP4)
    line = (
        "  The name is right, its accuracy on the test part is another one. Which share of its guesses is right there?"
    )
    raise case.wrong(NAME, detail=line, hidden=line)


# --- made-up ways to choose between


def make_parts(seed: int, sizes: tuple[int, int, int], classes: int) -> dict[str, Labelled]:
    """Draw pictures ``(N, 3, 4, 4)`` and labels for learning, validation and test; no two pictures are alike."""
    chance = torch.Generator().manual_seed(seed)
    return {
        part: (torch.rand(size, 3, 4, 4, generator=chance), torch.randint(0, classes, (size,), generator=chance))
        for part, size in zip(PARTS, sizes, strict=True)
    }


def make_guesses(
    seed: int, parts: Mapping[str, Labelled], shares: Mapping[str, tuple[float, ...]], classes: int
) -> Guesses:
    """Return for each way and part the labels that it guesses, of which a share is right: ``{way: {part: (N,)}}``."""
    dice = np.random.default_rng([seed, 9])
    guesses: Guesses = {}
    for way, right in shares.items():
        guesses[way] = {}
        for (part, (_, labels)), share in zip(parts.items(), right, strict=True):
            wrong = dice.permutation(len(labels)) >= round(share * len(labels))
            guesses[way][part] = (labels + torch.tensor(wrong)) % classes
    return guesses


def accuracies(contest: Contest, seed: int) -> dict[str, dict[str, float]]:
    """Count what each way gets right of each part."""
    parts = make_parts(seed, contest.sizes, contest.classes)
    guesses = make_guesses(seed, parts, contest.shares, contest.classes)
    return {
        way: {part: float((each[part] == labels).double().mean()) for part, (_, labels) in parts.items()}
        for way, each in guesses.items()
    }


def choose(
    function: Callable[..., Any],
    seed: int,
    sizes: tuple[int, int, int],
    classes: int,
    shares: dict[str, tuple[float, ...]],
) -> dict[str, Any]:
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
    calls: list[list[Any]] = []

    def find(X: Any) -> list[tuple[str, int]]:
        return [place.get(np.ascontiguousarray(x, dtype=np.float32).tobytes(), ("", 0)) for x in np.asarray(X)]

    def make_way(name: str) -> Callable[..., torch.Tensor]:
        def way(X_train: Any, y_train: Any, X: Any) -> torch.Tensor:
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
