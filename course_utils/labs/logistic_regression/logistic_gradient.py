"""Exercise 4.3: the gradient of the log-loss, and training with it."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.closeness import as_float64, close
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.logistic_regression.headings import TRAINING
from course_utils.labs.logistic_regression.returned import Pair, pair
from course_utils.labs.logistic_regression.training import Parameters, fit, gradient

GR1 = shared.GR1.in_lab(TRAINING)
GR2 = shared.GR2.in_lab(TRAINING)
GR3 = shared.GR3.in_lab(
    TRAINING, "This is the right gradient times the number of examples. Is the loss a sum or a mean over them?"
)
GR5 = shared.GR5.in_lab(
    TRAINING, "The bias takes part in the score of every example. Over which axis is its gradient averaged?"
)
LG1 = Misconception(
    "LG1",
    "slope of the sigmoid left in the gradient",
    "This has the slope p(1 - p) in it, as with a squared error. What cancels it in the log-loss?",
    TRAINING,
)
LG2 = Misconception(
    "LG2",
    "scores instead of probabilities in the gradient",
    "This takes score minus label, as for a straight line. Where has the sigmoid gone?",
    TRAINING,
)
LG3 = Misconception(
    "LG3",
    "decisions instead of probabilities in the gradient",
    "This rounds the probability to 0 or 1 first. How unsure may a right answer be and still teach something?",
    TRAINING,
)
LG4 = Misconception(
    "LG4",
    "bias never updated",
    "The bias is still where it started. Which parameters does a step change?",
    TRAINING,
)
LG5 = Misconception(
    "LG5",
    "walked uphill",
    "These steps make the loss larger. Does the gradient point up or down?",
    TRAINING,
)
LG6 = Misconception(
    "LG6",
    "one step too many or too few",
    "This is where one step more or one less would end. How often does your loop run?",
    TRAINING,
)
LG7 = Misconception(
    "LG7",
    "learning rate left out",
    "These steps are as long as the gradient itself. What should scale them?",
    TRAINING,
)


class Examples(NamedTuple):
    """Where a gradient is tried: inputs (N, D) and labels (N,), weight (D,) and bias."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    bias: float


class Run(NamedTuple):
    """A training to try: inputs (N, D) and labels (N,), learning rate and steps, and where it should end."""

    X: np.ndarray
    y: np.ndarray
    lr: float
    steps: int
    end: Parameters


class LogisticGradient(Implementation):
    """Write ``logreg_grads(X (N, D), y (N,), w (D,), b) -> dw, db`` and ``fit_logreg(X, y, lr, steps) -> w, b``.

    The loss is the mean log-loss; training starts from zeros and looks at the whole batch in each step.
    """

    id = "logistic-gradient"
    hints = (
        "Which two numbers does the error of one example compare?",
        "A weight takes part in all N scores. What is each error multiplied by before they are averaged?",
        "What shape must dw have? Which of X.T @ e and X @ e has it?",
        "For fit_logreg: with which numbers do you start, and how often do you step?",
    )
    misconceptions = (GR1, GR2, GR3, GR5, LG1, LG2, LG3, LG4, LG5, LG6, LG7)
    worth: ClassVar[Mapping[str, float]] = {"logreg_grads": 2}

    def cases(self) -> Sequence[Case]:
        """Return a few examples, one, and only one label; then a short training and a long one."""
        return [*_gradients(np.random.default_rng([6, 0]), 5, 2), *_runs(0, 12, 2)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other examples with more inputs, labels as whole numbers, and large scores."""
        gradients = _gradients(np.random.default_rng([6, seed]), 9, 4)
        X, y, weight, _ = gradients[0].data
        whole = Examples(X.astype(np.float32), y.astype(np.int64), weight, -1.5)
        more = {"labels as whole numbers": whole, "large scores": Examples(50 * X, y, weight, 0.0)}
        gradients += [Case(label, one, "logreg_grads") for label, one in more.items()]
        return [*gradients, *_runs(seed, 30, 3)]

    def try_case(self, case: Case, logreg_grads: Callable[..., Any], fit_logreg: Callable[..., Any]) -> None:
        """Compare a gradient with autograd's, or the end of a training with that of the same training by PyTorch."""
        if case.part == "logreg_grads":
            _try_gradient(case, logreg_grads)
        else:
            _try_run(case, fit_logreg)


def _gradients(rng: np.random.Generator, rows: int, columns: int) -> list[Case]:
    X, weight = rng.normal(size=(rows, columns)), rng.normal(size=columns)
    y = (np.arange(rows) % 3 == 0).astype(float)
    examples = {
        "five examples, a bias": Examples(X, y, weight, 0.7),
        "weights and bias 0": Examples(X, y, np.zeros(columns), 0.0),
        "one example": Examples(X[:1], y[:1], weight, -0.4),
        "all labels 1": Examples(X, np.ones(rows), weight, 0.2),
    }
    return [Case(label, one, "logreg_grads") for label, one in examples.items()]


@lru_cache(maxsize=8)
def _runs(seed: int, rows: int, columns: int) -> tuple[Case, ...]:
    """Draw examples that no line parts, and train on them for a few steps and for many."""
    rng = np.random.default_rng([7, seed])
    X = rng.normal(size=(rows, columns))
    y = (X[:, 0] + rng.normal(size=rows) > 0.3).astype(float)
    y[:4] = [0, 1, 0, 1]
    settings = ((0.5, 7), (2.0, 150))
    runs = [Run(X, y, lr, steps, fit(torch.tensor(X), torch.tensor(y), lr, steps)) for lr, steps in settings]
    return tuple(Case(f"{run.steps} steps with lr = {run.lr:g} on {rows} examples", run, "fit_logreg") for run in runs)


# --- gradient


def _try_gradient(case: Case, answer: Callable[..., Any]) -> None:
    given = pair(case, case.call(answer, "logreg_grads", *case.data), "logreg_grads", ("dw", "db"))
    X, y, weight, bias = (torch.tensor(np.asarray(value), dtype=torch.float64) for value in case.data)
    right = gradient(X, y, weight, bias)
    ways = gradient_ways(X, y, weight, bias)
    for part, one, truth, known in zip(("dw", "db"), given, right, ways, strict=True):
        case.compare(f"logreg_grads, {part}", one, truth, known)


def gradient_ways(X: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> tuple[Ways, Ways]:
    """For each wrong gradient by weight and by bias, a function that computes it."""
    count, right = len(X), gradient(X, y, weight, bias)
    z = X @ weight + bias
    wrong: dict[Misconception, list[Parameters]] = {
        GR1: [_times(-1, right), _times(-count, right)],
        GR3: [_times(count, right)],
        GR2: [_times(2, right)],
        LG1: [_times(factor, gradient(X, y, weight, bias, loss=_squared_error)) for factor in (0.5, 1)],
        LG2: [gradient(X, y, weight, bias, loss=lambda z, y: F.mse_loss(z, y) / 2)],
        LG3: [(X.T @ (yes.double() - y) / count, (yes.double() - y).mean()) for yes in (z > 0, z >= 0)],
    }
    by_weight: dict[Misconception, Callable[[], object]] = {
        way: partial(list, [one for one, _ in pairs]) for way, pairs in wrong.items()
    }
    by_bias: dict[Misconception, Callable[[], object]] = {
        way: partial(list, [one for _, one in pairs]) for way, pairs in wrong.items()
    }
    if count > 1:
        apart = gradient(X, y, weight, bias.expand(count))[1]  # as if each example had a bias of its own
        by_bias[GR5] = partial(list, [count * apart, apart, apart[0] * count])
    return by_weight, by_bias


def _times(factor: float, parameters: Parameters) -> Parameters:
    return factor * parameters[0], factor * parameters[1]


def _squared_error(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.mse_loss(torch.sigmoid(z), y)


# --- training


def _try_run(case: Case, answer: Callable[..., Any]) -> None:
    X, y, lr, steps, right = case.data
    given = pair(case, case.call(answer, "fit_logreg", X, y, lr, steps), "fit_logreg", ("w", "b"))
    if not same_pair(given, right):
        ways = run_ways(torch.tensor(X), torch.tensor(y), lr, steps)
        way = next((way for way, ends in ways.items() if any(same_pair(given, end) for end in ends())), None)
        compare_pair(case, "fit_logreg", given, right, way)


def same_pair(given: Pair, right: Parameters) -> bool:
    """Tell whether weight and bias are both right."""
    return all(close(one, as_float64(truth)) for one, truth in zip(given, right, strict=True))


def compare_pair(case: Case, name: str, given: Pair, right: Parameters, way: Misconception | None) -> None:
    """Compare weight and bias; a wrong way, if there is one, explains both."""
    for part, one, truth in zip(("w", "b"), given, right, strict=True):
        case.compare(f"{name}, {part}", one, truth, {way: partial(np.asarray, one)} if way else {})


def run_ways(
    X: torch.Tensor, y: torch.Tensor, lr: float, steps: int
) -> dict[Misconception, Callable[[], list[Parameters]]]:
    """For each wrong training, a function that runs it, or several in a list."""
    count = len(X)

    def without_bias(*arguments: torch.Tensor) -> Parameters:
        dw, db = gradient(*arguments)
        return dw, 0 * db

    def summed(*arguments: torch.Tensor) -> Parameters:
        return _times(count, gradient(*arguments))

    ways: dict[Misconception, Callable[[], list[Parameters]]] = {
        LG4: lambda: [fit(X, y, lr, steps, without_bias)],
        LG5: lambda: [fit(X, y, -lr, steps)],
        GR3: lambda: [fit(X, y, lr, steps, summed)],
    }
    if steps < 100:  # in the long run neither shows
        ways[LG6] = lambda: [fit(X, y, lr, steps + more) for more in (1, -1)]
        ways[LG7] = lambda: [fit(X, y, 1.0, steps)]
    return ways
