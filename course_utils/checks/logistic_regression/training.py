"""Checks of gradient, training and the signs of loss and update.

The reference follows autograd through PyTorch's own loss.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.checks import diagnosis
from course_utils.checks.comparing import compare, refusal
from course_utils.checks.logistic_regression.losses import bare_number
from course_utils.checks.parts import judge
from course_utils.judging.answers import as_array, as_dict, is_missing, kind
from course_utils.judging.protocol.calling import call, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

Pair = tuple[torch.Tensor, torch.Tensor]


class Case(NamedTuple):
    """Some examples to try: what is new in them, inputs (N, D) and labels (N,), weight (D,) and bias."""

    new: str
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    bias: float


def cases(hidden: int | None) -> list[Case]:
    """Return the examples on which a gradient is tried. A hidden case differs in its data only."""
    rng = np.random.default_rng([6, hidden or 0])
    rows, columns = (5, 2) if hidden is None else (9, 4)
    X, weight = rng.normal(size=(rows, columns)), rng.normal(size=columns)
    y = (np.arange(rows) % 3 == 0).astype(float)
    found = [
        Case("five examples, a bias", X, y, weight, 0.7),
        Case("weights and bias 0", X, y, np.zeros(columns), 0.0),
        Case("one example", X[:1], y[:1], weight, -0.4),
        Case("all labels 1", X, np.ones(rows), weight, 0.2),
    ]
    if hidden is not None:
        whole = Case("labels as whole numbers", X.astype(np.float32), y.astype(np.int64), weight, -1.5)
        found += [whole, Case("large scores", 50 * X, y, weight, 0.0)]
    return found


# --- gradient and training


@quiet()
def logistic_regression(logreg_grads, fit_logreg, hidden: int | None = None) -> Credit:
    """Check ``logreg_grads(X (N, D), y (N,), w (D,), b) -> dw, db`` and ``fit_logreg(X, y, lr, steps) -> w, b``.

    Parameters
    ----------
    logreg_grads
        The student's gradient of the mean log-loss; 2 points.
    fit_logreg
        The student's training from zeros, with the whole batch in each step; 1 point.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    return judge(
        {
            "logreg_grads": (2, lambda: _check_gradient(logreg_grads, hidden)),
            "fit_logreg": (1, lambda: _check_fit(fit_logreg, hidden)),
        }
    )


def _check_gradient(answer, hidden: int | None) -> None:
    for case in cases(hidden):
        told = case.new if hidden is None else None
        given = call(answer, "logreg_grads", case.X, case.y, case.weight, case.bias)
        dw, db = _pair(given, "logreg_grads", "dw, db")
        X, y, weight, bias = _tensors(case)
        right = gradient(X, y, weight, bias)
        ways_w, ways_b = gradient_ways(X, y, weight, bias)
        compare("logreg_grads, dw", dw, right[0], ways_w, told)
        compare("logreg_grads, db", db, right[1], ways_b, told)


def _pair(given, name: str, parts: str) -> tuple[np.ndarray, np.ndarray]:
    """Read two numbers or arrays that a function returned; a bias may stand in brackets."""
    if type(given) not in (tuple, list) or len(given) != 2:
        raise CheckFailed(f"{name} should return two things: {parts}; it returned {kind(given)}.")
    first, second = (as_array(one, f"{part} of {name}") for one, part in zip(given, parts.split(", "), strict=True))
    return first, bare_number(second)


def _tensors(case: Case) -> tuple[torch.Tensor, ...]:
    return tuple(torch.tensor(np.asarray(value), dtype=torch.float64) for value in case[1:])


def gradient(X, y, weight, bias, loss: Callable = F.binary_cross_entropy_with_logits) -> Pair:
    """Ask autograd for the gradient of the mean log-loss, or another of scores and labels, by weight and bias."""
    with torch.enable_grad():  # a notebook may have switched it off
        parameters = [weight.clone().requires_grad_(), bias.clone().requires_grad_()]
        return torch.autograd.grad(loss(X @ parameters[0] + parameters[1], y), parameters)


def gradient_ways(X, y, weight, bias) -> tuple[dict[str, Callable], dict[str, Callable]]:
    """For each code of a wrong gradient by weight and by bias, a function that computes it."""
    count, right = len(X), gradient(X, y, weight, bias)
    decided = [(z >= 0).double() if at else (z > 0).double() for z in [X @ weight + bias] for at in (0, 1)]
    wrong = {
        "GR1": [-right[0], -right[1]],
        "GR1:sum": [-count * right[0], -count * right[1]],
        "GR3": [count * right[0], count * right[1]],
        "GR2": [2 * right[0], 2 * right[1]],
        "LG1": gradient(X, y, weight, bias, lambda z, y: F.mse_loss(torch.sigmoid(z), y) / 2),
        "LG1:twice": gradient(X, y, weight, bias, lambda z, y: F.mse_loss(torch.sigmoid(z), y)),
        "LG2": gradient(X, y, weight, bias, lambda z, y: F.mse_loss(z, y) / 2),
        "LG3": [X.T @ (decided[0] - y) / count, (decided[0] - y).mean()],
        "LG3:at zero": [X.T @ (decided[1] - y) / count, (decided[1] - y).mean()],
    }
    ways = [{code: (lambda part=pair[which]: part) for code, pair in wrong.items()} for which in (0, 1)]
    if count > 1:
        apart = gradient(X, y, weight, bias.expand(count))[1]  # as if each example had a bias of its own
        ways[1]["GR5"] = lambda: [count * apart, apart, apart[0] * count]
    return ways[0], ways[1]


def _check_fit(answer, hidden: int | None) -> None:
    X, y = fit_examples(hidden)
    for (lr, steps), right in right_fits(hidden).items():
        told = f"{steps} steps with lr = {lr:g} on {len(X)} examples" if hidden is None else None
        given = _pair(call(answer, "fit_logreg", X, y, lr, steps), "fit_logreg", "w, b")
        if _all_close(given, right):
            continue
        ways = fit_ways(torch.tensor(X), torch.tensor(y), lr, steps)
        code = next((code for code, way in ways.items() if _all_close(given, way())), None)
        _compare_pair("fit_logreg", given, right, code, told)


def fit_examples(hidden: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Draw the examples on which training is tried: inputs (N, D), labels (N,). No line parts them."""
    rng = np.random.default_rng([7, hidden or 0])
    rows, columns = (12, 2) if hidden is None else (30, 3)
    X = rng.normal(size=(rows, columns))
    y = (X[:, 0] + rng.normal(size=rows) > 0.3).astype(float)
    y[:4] = [0, 1, 0, 1]
    return X, y


@lru_cache(maxsize=8)
def right_fits(hidden: int | None) -> dict[tuple[float, int], Pair]:
    """Train on the examples for a few steps and for many; return weight and bias by learning rate and steps."""
    X, y = map(torch.tensor, fit_examples(hidden))
    return {(lr, steps): fit(X, y, lr, steps) for lr, steps in ((0.5, 7), (2.0, 150))}


def _all_close(given: Pair, right: Pair) -> bool:
    return all(diagnosis.close(np.asarray(one), np.asarray(other)) for one, other in zip(given, right, strict=True))


def _compare_pair(name: str, given, right: Pair, code: str | None, case: str | None) -> None:
    """Compare weight and bias; a code, if there is one, explains both."""
    for part, one, truth in zip(("w", "b"), given, right, strict=True):
        compare(f"{name}, {part}", one, truth, {code: (lambda one=one: one)} if code else {}, case)


def fit(X: torch.Tensor, y: torch.Tensor, lr: float, steps: int, gradient_of: Callable = gradient) -> Pair:
    """Train from zeros with the whole batch in each step; return weight (D,) and bias."""
    return walk(X, y, lr, steps, gradient_of)[-1]


def walk(X: torch.Tensor, y: torch.Tensor, lr: float, steps: int, gradient_of: Callable = gradient) -> list[Pair]:
    """Train as `fit` does; return weight and bias after 0, 1, 2, ... steps."""
    weight, bias = torch.zeros(X.shape[1], dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    places = [(weight, bias)]
    for _ in range(steps):
        dw, db = gradient_of(X, y, weight, bias)
        weight, bias = weight - lr * dw, bias - lr * db
        places.append((weight, bias))
    return places


def fit_ways(X: torch.Tensor, y: torch.Tensor, lr: float, steps: int) -> dict[str, Callable[[], Pair]]:
    """For each code of a wrong training, a function that runs it."""
    count = len(X)

    def without_bias(X, y, weight, bias):
        dw, db = gradient(X, y, weight, bias)
        return dw, 0 * db

    def summed(*arguments):
        return tuple(count * part for part in gradient(*arguments))

    ways = {
        "LG4": lambda: fit(X, y, lr, steps, without_bias),
        "LG5": lambda: fit(X, y, -lr, steps),
        "GR3": lambda: fit(X, y, lr, steps, summed),
    }
    if steps < 100:  # in the long run neither shows
        ways["LG6:more"] = lambda: fit(X, y, lr, steps + 1)
        ways["LG6:less"] = lambda: fit(X, y, lr, steps - 1)
        ways["LG7"] = lambda: fit(X, y, 1.0, steps)
    return ways


# --- two signs

PAIRS = {"a": (1, 1), "b": (1, -1), "c": (-1, 1), "d": (-1, -1)}  # signs of loss and update; a is the slide
CHANGES = {
    "1": "put a minus before the loss",
    "2": "write a minus in the update",
    "3": "call the first formula log-likelihood",
    "4": "call the method gradient ascent",
}
SIGN_RUN = (0.5, 25)  # learning rate and steps
REPAIR = {"1", "2"}  # both formulas are wrong, and the words stay


@quiet()
def two_signs(train_with_signs, answers: dict, hidden: int | None = None) -> Credit:
    """Check four runs with both signs of loss and update, which of them converge, and the repair. 3 points.

    Parameters
    ----------
    train_with_signs
        The student's ``train_with_signs(X (N, D), y (N,), loss_sign, update_sign, lr, steps) -> w, b``. The loss is
        ``loss_sign`` times the mean of y log p + (1 - y) log(1 - p), and a step adds ``update_sign * lr`` times its
        gradient.
    answers
        ``{"converge": set of letters, "repair": set of numbers}``.
    hidden
        Seed of other examples, drawn at grading.
    """
    answers = as_dict(answers, ("converge", "repair"), "signs")
    return judge(
        {
            "train_with_signs": (1, lambda: _check_signs(train_with_signs, hidden)),
            "converge": (1, lambda: _check_converge(answers, hidden)),
            "repair": (1, lambda: _check_repair(answers)),
        }
    )


def sign_examples(hidden: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Draw 40 examples that no line parts: inputs (40, 2), labels (40,)."""
    rng = np.random.default_rng([8, hidden or 0])
    X = rng.normal(size=(40, 2))
    return X, (X @ [1.5, -1.0] + 1.5 * rng.normal(size=40) > 0.4).astype(float)


def walk_pair(X: np.ndarray, y: np.ndarray, loss_sign: int, update_sign: int, lr: float, steps: int) -> list[Pair]:
    """Train with a sign for the loss and one for the update (the slide has + and +); return all places on the way."""

    def signed(*arguments) -> Pair:
        # the slide's formula is minus the loss that PyTorch computes, and its update adds
        return tuple(update_sign * loss_sign * part for part in gradient(*arguments))

    return walk(torch.tensor(X), torch.tensor(y), lr, steps, signed)


def run_pair(X: np.ndarray, y: np.ndarray, loss_sign: int, update_sign: int, lr: float, steps: int) -> Pair:
    """Train with a sign for the loss and one for the update; return where it ends."""
    return walk_pair(X, y, loss_sign, update_sign, lr, steps)[-1]


def log_loss(X: np.ndarray, y: np.ndarray, weight, bias) -> float:
    """Ask PyTorch for the mean log-loss, the true one, with its minus."""
    z = torch.as_tensor(X) @ torch.as_tensor(weight, dtype=torch.float64) + torch.as_tensor(bias, dtype=torch.float64)
    return float(F.binary_cross_entropy_with_logits(z, torch.as_tensor(y, dtype=torch.float64)))


@lru_cache(maxsize=16)
def ends_of_pairs(hidden: int | None) -> dict[str, Pair]:
    """Run all four pairs; return where each ends."""
    X, y = sign_examples(hidden)
    return {letter: run_pair(X, y, *signs, *SIGN_RUN) for letter, signs in PAIRS.items()}


def pairs_that_converge(hidden: int | None) -> set[str]:
    """Return the letters of the pairs that end below the loss of a coin."""
    X, y = sign_examples(hidden)
    return {letter for letter, end in ends_of_pairs(hidden).items() if log_loss(X, y, *end) < np.log(2)}


def _check_signs(answer, hidden: int | None) -> None:
    (X, y), ends = sign_examples(hidden), ends_of_pairs(hidden)
    given = {
        letter: _pair(call(answer, "train_with_signs", X, y, *signs, *SIGN_RUN), "train_with_signs", "w, b")
        for letter, signs in PAIRS.items()
    }
    found = [code for code, way in SIGN_WAYS.items() if all(_all_close(given[k], ends[way[k]]) for k in PAIRS)]
    for letter, (loss_sign, update_sign) in PAIRS.items():
        told = f"loss_sign={loss_sign}, update_sign={update_sign}" if hidden is None else None
        _compare_pair("train_with_signs", given[letter], ends[letter], found[0] if found else None, told)


# where each wrong way ends, in letters of the right runs
SIGN_WAYS = {
    "LS5": {"a": "a", "b": "b", "c": "a", "d": "b"},
    "LS5:other": {"a": "c", "b": "d", "c": "c", "d": "d"},
    "LS6": {"a": "a", "b": "a", "c": "c", "d": "c"},
    "LS6:other": {"a": "b", "b": "b", "c": "d", "d": "d"},
    "LS7": {"a": "b", "b": "a", "c": "d", "d": "c"},
}


def _letters(answer, known, part: str) -> set[str]:
    """Read a set of letters or numbers in any collection."""
    if is_missing(answer):
        raise NotAttempted(f"fill in signs[{part!r}]")
    items = list(answer) if type(answer) in (set, frozenset, list, tuple, str) else [answer]
    if not all(type(item) in (str, int) for item in items):
        raise CheckFailed(f"signs[{part!r}] should be a set of letters such as {{'a', 'b'}}, not {kind(answer)}.")
    found = {item.strip().lower() if type(item) is str else str(min(max(item, 0), 9)) for item in items} - {"", ","}
    if found - set(known):
        raise CheckFailed(f"signs[{part!r}] may hold {', '.join(known)}; yours holds something else.")
    return found


def _check_converge(answers: dict, hidden: int | None) -> None:
    given, right = _letters(answers["converge"], PAIRS, "converge"), pairs_that_converge(hidden)
    if given == right:
        return
    single = given & {"b", "c"}
    code = "LS2" if single else "LS1" if given == right - {"a"} else None
    _refuse("converge", given, code)


def _check_repair(answers: dict) -> None:
    given = _letters(answers["repair"], CHANGES, "repair")
    if given == REPAIR:
        return
    code = "LS2" if given < REPAIR else "LS4" if given > REPAIR else "LS3" if given & {"3", "4"} else None
    _refuse("repair", given, code)


def _refuse(part: str, given: set[str], code: str | None) -> None:
    raise refusal(f"{part}: you gave {', '.join(sorted(given)) or 'nothing'}.", code)
