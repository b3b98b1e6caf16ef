"""Exercise 7.11: a choice that does not look at the test part.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
let each way learn from learn                          every call of a way: all of learn, with its labels
the highest accuracy on validation                     contests in which each slip gives another name
its accuracy on test, from 0 to 1                      to within 0.006; each part has another one
no other way may see the test part                     every call of a way
ways from names to functions                           two to seven ways, two to four classes
=====================================================  ==========================================================
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.answers import in_plain_containers, kind, plain, short
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.judging.slips import TwoSlips
from course_utils.labs.transfer_learning_homework.headings import CHOOSE

KE6 = shared.KE6.in_lab(CHOOSE)
TP1 = Misconception(
    "TP1",
    "chosen by a look at the test part",
    "The ways were tried on the test part before one was chosen. Whom does its accuracy then still surprise?",
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

TP5 = Misconception(
    "TP5",
    "the first way, or the last",
    "One way to get this name: the way is taken that stands first, or last, in ways. Does your loop end before the "
    "comparison, or is the best so far never replaced?",
    CHOOSE,
)
TP6 = Misconception(
    "TP6",
    "learned from something else than the part for it",
    "A way was not given exactly the pictures of learn, with their labels, to learn from. What stands in its first "
    "two arguments?",
    CHOOSE,
)
TP7 = Misconception(
    "TP7",
    "the name compared instead of the number",
    "One way to get this name: it is the largest of the names. Which key tells max what is to be compared?",
    CHOOSE,
)
TP8 = Misconception(
    "TP8",
    "the accuracy of another part, or of another way",
    "The name is right. One way to get this accuracy: it is another way's on the test part, or this way's on the "
    "pictures that it learned from. In which call is the number made that you return?",
    CHOOSE,
)
TP9 = Misconception(
    "TP9",
    "the most certain way chosen",
    "One way to get this name: this way is the most certain of its answers. Whom do you ask whether they are right?",
    CHOOSE,
)
TP10 = Misconception(
    "TP10",
    "the share of wrong guesses, or the number of right ones",
    "This is the share that the way gets wrong, or how many it gets right. Which share is asked for?",
    CHOOSE,
)

TP11 = Misconception(
    "TP11",
    "accuracy rounded",
    "The name is right, and the accuracy has lost digits. What makes yours shorter than it was?",
    CHOOSE,
)

TP12 = Misconception(
    "TP12",
    "mean of several parts reported",
    "One way to get this: the mean of the accuracies on several parts. Which of them surprises nobody any more?",
    CHOOSE,
)

NAME = "choose"
PARTS = ("learn", "validation", "test")
WHOLE = "all of learn"

Labelled = tuple[torch.Tensor, torch.Tensor]
Guesses = dict[str, dict[str, torch.Tensor]]  # by way and part


class Contest(NamedTuple):
    """Pictures to learn from, for validation and for the test; classes; and how many of each part a way gets right."""

    sizes: tuple[int, int, int]
    classes: int
    shares: dict[str, tuple[float, float, float]]


PUBLIC = (
    Contest(
        (30, 20, 40),
        2,
        {
            "plain": (0.8, 0.6, 0.55),
            "turned": (0.7, 0.85, 0.6),
            "darkened": (0.6, 0.65, 0.9),
            "small": (1.0, 0.7, 0.65),
            "zoomed": (0.5, 0.75, 0.7),
            "blurred": (0.9, 0.3, 0.45),
            "moved": (0.4, 0.55, 0.75),
        },
    ),
    Contest(
        (40, 10, 25),
        3,
        {
            "grey": (0.8, 0.7, 0.4),
            "noisy": (0.55, 0.2, 0.48),
            "warm": (0.6, 0.3, 0.72),
            "cropped": (0.95, 0.5, 0.6),
            "bright": (0.7, 0.9, 0.56),
            "aged": (0.75, 0.4, 0.52),
        },
    ),
)
HIDDEN = (
    Contest(
        (20, 40, 50),
        4,
        {
            "x": (0.7, 0.55, 0.5),
            "v": (0.8, 0.8, 0.58),
            "y": (0.75, 0.5, 0.9),
            "z": (0.85, 0.6, 0.46),
            "u": (0.95, 0.65, 0.54),
            "w": (0.6, 0.35, 0.38),
            "t": (0.65, 0.7, 0.62),
        },
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
    worked = """
    How many neighbours should vote, 1, 3 or 9? Measured on the three parts:

    | neighbours | learn | validation | test |
    |---|---|---|---|
    | 1 | 1.00 | 0.70 | 0.74 |
    | 3 | 0.90 | 0.80 | 0.72 |
    | 9 | 0.82 | 0.75 | 0.78 |

    1. On *learn* one neighbour wins: each picture is its own nearest. That says nothing.
    2. On *validation* three win with 0.80. This is the choice; validation has now been used.
    3. Three neighbours see the *test* part, once, and 0.72 is reported: not 0.80, and not the 0.78 of a way that nobody
       would have chosen. In honest code the other two numbers of that column are never computed.
    4. With `reached = {1: 0.70, 3: 0.80, 9: 0.75}`, `max(reached, key=reached.get)` is 3; `max(reached)` would be 9,
       the largest *name*.
    """
    misconceptions = (TP1, TP2, TP3, TP4, TP5, TP6, TP7, TP8, TP9, TP10, TP11, TP12, KE6)

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
        _look_at_calls(case, name, seen["calls"])
        reached = accuracies(contest, case.seed)
        _look_at_name(case, name, reached, [guessed for _, _, guessed in seen["calls"]])
        _look_at_report(case, name, reported, reached)


def _case(contest: Contest) -> Case:
    return Case(f"the ways {', '.join(contest.shares)}", contest)


def _read_choice(case: Case, answer: Any) -> tuple[str, float]:
    if answer is None:
        raise case.always(f"{NAME} returned None. Does it end in a return statement?")
    names = case.data.shares
    answer = in_plain_containers(answer)
    if type(answer) in (tuple, list) and len(answer) == 2 and type(answer[0]) is str and answer[0] in names:
        reported = plain(answer[1])
        if reported is not None:
            return answer[0], reported
    line = "  It should return a name and an accuracy, not %s."
    raise case.wrong(NAME, detail=line % short(answer), hidden=line % kind(answer))


def _look_at_calls(case: Case, name: str, calls: Sequence[Sequence[Any]]) -> None:
    """Refuse what a way was shown and should not have been."""
    for way, learned, guessed in calls:
        if "test" in learned or ("test" in guessed and way != name):
            raise case.wrong(NAME, TP1)
        if "validation" in learned and "validation" in guessed:
            raise case.wrong(NAME, TP2)
        if learned != [WHOLE]:
            raise case.wrong(NAME, TP6)


def _look_at_name(
    case: Case, name: str, reached: Mapping[str, Mapping[str, float]], guessed: Sequence[Sequence[str]]
) -> None:
    """Refuse another way than the best; say which slip gives its name, where what was tried does not contradict it."""
    ranked = {part: sorted(reached, key=lambda way: reached[way][part]) for part in PARTS}
    if name == ranked["validation"][-1]:
        return
    if name == ranked["learn"][-1] and any("learn" in parts for parts in guessed):
        raise case.wrong(NAME, TP2)
    if name == ranked["validation"][0]:
        raise case.wrong(NAME, TP3)
    first, *_, last = reached
    if name in (first, last):
        raise case.wrong(NAME, TP5)
    if name == _most_certain(list(reached)):
        raise case.wrong(NAME, TP9)
    line = "  Another way gets more of the validation pictures right."
    raise case.wrong(NAME, TP7 if name == max(reached) else None, detail=line, hidden=line)


def _look_at_report(case: Case, name: str, reported: float, reached: Mapping[str, Mapping[str, float]]) -> None:
    """Refuse another accuracy than the chosen way's on the test part; say whose it is."""
    mine = reached[name]

    def near(*accuracies: float) -> bool:
        return any(abs(reported - each) <= 0.006 for each in accuracies)

    if near(mine["test"]):
        return
    if any(abs(reported - 100 * each) <= 0.6 for each in mine.values()):
        raise case.wrong(NAME, KE6)
    if near(mine["validation"]):
        raise case.wrong(NAME, TP4)
    if reported in (round(mine["test"], 1), int(10 * mine["test"]) / 10, float(round(mine["test"]))):
        raise case.wrong(NAME, TP11)
    if near((mine["validation"] + mine["test"]) / 2, sum(mine.values()) / 3):
        raise case.wrong(NAME, TP12)
    if any(abs(reported - 100 * (1 - mine[part])) <= 0.6 for part in ("validation", "test")):
        raise case.wrong(NAME, TwoSlips.of(TP10, KE6))
    if near(1 - mine["test"]) or reported == round(mine["test"] * case.data.sizes[2]):
        raise case.wrong(NAME, TP10)
    if near(mine["learn"], *(each["test"] for each in reached.values())):
        raise case.wrong(NAME, TP8)
    line = (
        "  The name is right, its accuracy on the test part is another one. Which share of its guesses is right there?"
    )
    raise case.wrong(NAME, detail=line, hidden=line)


# --- made-up ways to choose between


def make_parts(seed: int, sizes: tuple[int, int, int], classes: int) -> dict[str, Labelled]:
    """Draw pictures ``(N, 3, 4, 4)`` and labels for learning, validation and test; no two pictures are alike."""
    chance = torch.Generator().manual_seed(seed)
    return {
        part: (torch.randn(size, 3, 4, 4, generator=chance), torch.randint(0, classes, (size,), generator=chance))
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
        ``answer``; ``calls``, for each call of a way its name, the parts it learned from (`WHOLE` alone, if it was
        all of ``learn`` with its labels), and the parts it had to guess. A part "" stands for pictures that were not
        among those handed out.
    """
    parts = make_parts(seed, sizes, classes)
    guesses = make_guesses(seed, parts, shares, classes)
    place = {x.numpy().tobytes(): (part, i) for part, (X, _) in parts.items() for i, x in enumerate(X)}
    whole = [(("learn", i), int(label)) for i, label in enumerate(parts["learn"][1])]
    calls: list[list[Any]] = []

    def find(X: Any) -> list[tuple[str, int]]:
        return [place.get(np.ascontiguousarray(x, dtype=np.float32).tobytes(), ("", 0)) for x in np.asarray(X)]

    def make_way(name: str) -> Callable[..., torch.Tensor]:
        def way(X_train: Any, y_train: Any, X: Any) -> torch.Tensor:
            learned, found = find(X_train), find(X)
            named = np.asarray(y_train).reshape(-1).tolist()
            labelled = sorted(zip(learned, named, strict=True)) if len(named) == len(learned) else []
            shown = [sorted({part for part, _ in each}) for each in (learned, found)]
            calls.append([name, [WHOLE] if labelled == whole else shown[0], shown[1]])
            labels = torch.tensor([int(guesses[name][part][i]) if part else 0 for part, i in found])
            certain = 0.9 if name == _most_certain(list(shares)) else 0.8
            return certain * torch.eye(classes)[labels] + (1 - certain) / classes

        return way

    given = [(X.clone(), y.clone()) for X, y in parts.values()]
    answer = function({name: make_way(name) for name in shares}, *given)
    answer = in_plain_containers(answer)
    if type(answer) in (tuple, list):
        answer = [_text(each) for each in answer]
    return {"answer": answer, "calls": calls}


def _most_certain(names: Sequence[str]) -> str:
    """Return the way whose probabilities are the largest: neither the first nor the last, where there are more."""
    return names[len(names) // 2]


def _text(value: Any) -> Any:
    """Return a name out of an array as Python's own: it is plain text here, and nothing at all elsewhere."""
    if type(value) is np.ndarray and value.size == 1 and value.dtype.kind == "U":
        value = value.reshape(-1)[0]
    return str(value) if type(value) is np.str_ else value
