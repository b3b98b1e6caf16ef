"""Checks of a head's numbers, and of a head fitted on features."""

import numpy as np
import torch

from course_utils.checks import diagnosis
from course_utils.checks.comparing import refusal, refuse, title
from course_utils.checks.sets import alternatives, mark, what_was_given
from course_utils.checks.transfer_learning import probes
from course_utils.judging.answers import as_array, read_numbers
from course_utils.judging.protocol.calling import ask, must_be_function, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit
from course_utils.judging.variants import Dice
from course_utils.variants import transfer_learning as questions
from course_utils.variants.transfer_learning import Head

# --- numbers


def torch_head(head: Head) -> int:
    """Ask PyTorch how many parameters a head has."""
    made = torch.nn.Linear(head.inputs, head.classes, device="meta")
    return sum(p.numel() for p in made.parameters())


@quiet()
def head_sizes(answers: dict, asked: dict[str, Head]) -> Credit:
    """Check the parameters of three heads, and how much of the lab's network is trained. 3 points.

    Parameters
    ----------
    answers
        ``{"a": …, "b": …, "c": …, "full": …, "share": …}``, the last in per cent.
    asked
        From :func:`course_utils.variants.transfer_learning.heads`.
    """
    right: dict[str, float] = {label: torch_head(head) for label, head in asked.items()}
    own = right[questions.OWN]
    right |= {"full": questions.BODY + own, "share": 100 * own / (questions.BODY + own)}
    given = read_numbers(answers, right, "numbers")
    counted = {label: given[label] for label in asked if given[label] is not None}
    by_head = {label: questions.head_ways(head) for label, head in asked.items()}
    ways = {code: {label: by_head[label][code] for label in asked} for code in by_head["a"]}
    found = diagnosis.explain_set(counted, right, ways)
    other = _several(found.codes) if found.one_way else ""
    marks = {label: _right(label, given[label], right) for label in right}
    codes = list(found.codes) + _other_codes(given, marks, right)
    return mark(marks, 3, codes, what_was_given(marks, given, "{:,}".format), other)


def _right(label: str, given, right: dict) -> bool | None:
    if given is None:
        return None
    return abs(given - right[label]) <= 0.06 if label == "share" else given == right[label]


def _other_codes(given: dict, marks: dict, right: dict) -> list[str]:
    own, codes = right[questions.OWN], []
    old = (questions.FEATURES + 1) * questions.SOURCE_CLASSES
    if marks["full"] is False:
        codes += ["TH5"] if given["full"] in (questions.BODY + old, questions.BODY + old + own) else []
        codes += ["TH9"] if given["full"] == own else []
    if marks["share"] is False:
        ways = {
            "TH7": [right["share"] / 100],
            "TH8": [100 - right["share"]],
            "TH6": [100 * own / questions.BODY],
            "TH5": [100 * own / (questions.BODY + old), 100 * old / (questions.BODY + old)],
            "TH4": [100],
        }
        near = {code: min(abs(given["share"] - way) for way in each) for code, each in ways.items()}
        codes += [code for code, off in near.items() if off <= (0.001 if code == "TH7" else 0.06)][:1]
    return list(dict.fromkeys(codes))


def _several(codes: list[str]) -> str:
    """Return the lines for wrong ways that give the same counts, with practice that tells them apart."""
    if len(codes) < 2:
        return ""
    for number in range(1, 200):
        ways = questions.head_ways(questions.practice_head(Dice("practice", "head-size", number)))
        if len({ways[code] for code in codes}) == len(codes):
            return alternatives(codes, f'practice("head-size", {number})')
    return alternatives(codes, 'practice("head-size")')


# --- a head on features


def make_features(seed: int, number: int, width: int, classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw features ``(N, width)`` that tell classes apart, each in another unit, and labels ``(N,)``."""
    dice = np.random.default_rng([seed, number, width])
    labels = np.arange(number) % classes
    middles = 2.5 * np.random.default_rng([width, classes]).normal(size=(classes, width))
    values = middles[labels] + dice.normal(size=(number, width))
    units = 10.0 ** np.resize([0, 1, -1, 0.5], width)
    return torch.tensor(values * units + 3 * units, dtype=torch.float32), torch.tensor(labels)


ALL = ("far", "single", "scaled", "flat")
PLANS = [((30, 6, 3), ALL)]  # training pictures, features, classes; what is tried
HIDDEN_PLANS = [((24, 8, 4), ("far", "flat")), ((10, 200, 2), ("far",)), ((40, 5, 2), ("scaled",))]


@quiet()
def head_probabilities(answer, hidden: int | None = None) -> None:
    """Check ``fit_head(F_train (N, D), y_train (N,), F_test (M, D)) -> (M, K)``. 3 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    must_be_function(answer, "fit_head")
    for plan, tried in PLANS if hidden is None else HIDDEN_PLANS:
        _check_plan(answer, plan, tried, hidden)
    print("Correct.")


def _check_plan(answer, plan: tuple[int, int, int], tried: tuple[str, ...], hidden: int | None) -> None:
    number, width, classes = plan
    train, labels = make_features(hidden or 0, number, width, classes)
    test, truth = make_features((hidden or 0) + 1, 12 * classes, width, classes)

    def told(words: str) -> str | None:
        return words if hidden is None else None

    def call(train, test, words):
        return ask_probabilities(answer, train, labels, test, classes, told(words))

    usual = call(train, test, f"{number} pictures, {width} features, {classes} classes")
    _check_learned(answer, usual, truth, (train, labels), classes, told("easy features"))
    far = torch.cat([test[:6], test[6:] + 100])
    if "far" in tried and not alike(usual[:6], call(train, far, "some of the test pictures far away")[:6]):
        refuse("TR6", "fit_head", told("the same six test pictures, the others moved by 100"))
    if "single" in tried and not alike(usual[:1], call(train, test[:1], "one test picture")):
        refuse("TR6", "fit_head", told("one test picture alone"))
    scaled = [torch.cat([part[:, :1] * 1000, part[:, 1:]], dim=1) for part in (train, test)]
    if "scaled" in tried and not alike(usual, call(*scaled, "the first feature times 1000"), 0.1):
        refuse("TL4", "fit_head", told("the first feature times 1000"))
    flat = [torch.cat([part, torch.full((len(part), 1), 4.0)], dim=1) for part in (train, test)]
    if "flat" in tried:
        again = call(*flat, "a feature that is 4 for all pictures")
        if (again.argmax(1) == truth.numpy()).mean() < 0.8:
            refuse("TL1", "fit_head", told("a feature that is 4 for all pictures"))


def alike(one: np.ndarray, other: np.ndarray, by: float = 0.02) -> bool:
    return bool(np.abs(one - other).max() <= by)


def ask_probabilities(
    answer, train, labels, test, classes: int, words: str | None, *, what: str = "fit_head"
) -> np.ndarray:
    """Call a student's function, named ``what``; refuse what is no array of probabilities ``(M, K)``."""
    seen = ask(probes.probabilities, answer, train, labels, test)
    if seen["answer"] is None:
        raise CheckFailed(f"{what} returned None. Does it end in a return statement?")
    if seen["changed"]:
        raise CheckFailed(
            f"{what} changed the features or pictures that it was given. Work on new tensors: F = F - mean"
        )
    given = as_array(seen["answer"], f"What {what} returns")
    if not np.isfinite(given).all():
        refuse("TL1", what, words)
    wanted = (len(test), classes)
    if given.shape != wanted:
        _refuse_shape(given, len(train), wanted, words, what)
    if np.allclose(given.sum(0), 1, atol=1e-3) and not np.allclose(given.sum(1), 1, atol=1e-3):
        refuse("PR1", what, words)
    if not np.allclose(given.sum(1), 1, atol=1e-3) or given.min() < -1e-6:
        refuse("TL2", what, words)
    return given


def _refuse_shape(given: np.ndarray, number: int, wanted: tuple[int, int], words: str | None, what: str) -> None:
    if given.ndim < 2 or given.shape == (wanted[0], 1):
        refuse("TL3", what, words)
    if len(given) == number != wanted[0]:
        refuse("TL6", what, words)
    if given.shape == wanted[::-1] or given.ndim != 2:
        line = "  Rows should be test pictures, columns classes."
    else:
        line = f"  axis {0 if len(given) != wanted[0] else 1} of your result has another length."
    raise refusal(f"{title(what, words)}\n{line}")


def _check_learned(answer, given: np.ndarray, truth, training, classes: int, words: str | None) -> None:
    right = float((given.argmax(1) == truth.numpy()).mean())
    if right >= 0.85:
        return
    train = training[0]
    own = ask_probabilities(answer, *training, (train - train.mean(0)) / train.std(0), classes, words)
    learned = float((own.argmax(1) == training[1].numpy()).mean())
    refuse("TL7" if learned >= 0.9 else "TL5", "fit_head", words)
