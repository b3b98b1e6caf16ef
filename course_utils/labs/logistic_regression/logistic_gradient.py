"""Exercise 4.3: the gradient of the log-loss, and training with it.

| claim of the prompt | case |
|---|---|
| `dw` (D,) and `db` | every case of logreg_grads; D is another number at grading |
| gradient of the mean log-loss | five examples; one example; all labels 1; labels as whole numbers |
| large scores, too | large scores |
| starts from zeros, takes `steps` steps of `lr` with all examples | both runs: their lr, steps, N and D differ |
| returns `w` and `b` | both runs |
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from course_utils.judging.near import nearly
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.logistic_regression import recipes
from course_utils.labs.logistic_regression.headings import TRAINING
from course_utils.labs.logistic_regression.log_loss import WEIGHTS, hinges
from course_utils.labs.logistic_regression.returned import Pair, pair
from course_utils.labs.logistic_regression.training import Parameters, fit, gradient, slope, walk

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
LG8 = Misconception(
    "LG8",
    "every probability compared with every label",
    "This has an axis too many, as if every probability met every label: (N,) and (N, 1) do that together. Which "
    "shape has the error?",
    TRAINING,
)
LG9 = Misconception(
    "LG9",
    "mean error times mean input",
    "This multiplies the mean error by the mean input. Is the mean of a product the product of the means?",
    TRAINING,
)
LG10 = Misconception(
    "LG10",
    "divided by another number than that of the examples",
    "The right sum is divided by another number than that of the examples. Over which axis does the mean run, and how "
    "long is it?",
    TRAINING,
)
LG11 = Misconception(
    "LG11",
    "one gradient for each example, not their mean",
    "Each example has a gradient of its own here. How does one gradient for the whole batch come of them?",
    TRAINING,
)
LG12 = Misconception(
    "LG12",
    "one example only",
    "This is what a single example gives. Where does return stand, and are the others added up?",
    TRAINING,
)
LG13 = Misconception(
    "LG13",
    "bias left out of the score",
    "These probabilities come from X w alone. What belongs to a score besides?",
    TRAINING,
)
LG14 = Misconception(
    "LG14",
    "sigmoid with the wrong sign in its exponent",
    "Here the probability falls where the score grows. With which sign does the score stand in the sigmoid's exponent?",
    TRAINING,
)
LG15 = Misconception(
    "LG15",
    "gradients returned in the other order",
    "These are the right gradients in the other order. Which one comes first?",
    TRAINING,
)
LG16 = Misconception(
    "LG16",
    "label not subtracted",
    "These are the probabilities without their labels. What is the error of an example?",
    TRAINING,
)
LG17 = Misconception(
    "LG17",
    "bias computed after the weights were changed",
    "One parameter was changed before the gradient of the other was computed. From which w and b come both gradients "
    "of a step?",
    TRAINING,
)
LG18 = Misconception(
    "LG18",
    "one step only",
    "This is where a single step ends. How often does the loop run, and where does return stand?",
    TRAINING,
)
LG19 = Misconception(
    "LG19",
    "gradient computed once, before the loop",
    "Every step here takes the gradient of the start. Where does the gradient belong, before the loop or in it?",
    TRAINING,
)
LG20 = Misconception(
    "LG20",
    "one example in each step",
    "Each step here looks at one example. How many should it look at?",
    TRAINING,
)
LG21 = Misconception(
    "LG21",
    "another start than zeros",
    "This training starts from ones. Where should it start?",
    TRAINING,
)
LG22 = Misconception(
    "LG22",
    "weights never updated",
    "The weights are still where they started. Which parameters does a step change?",
    TRAINING,
)
LG23 = Misconception(
    "LG23",
    "learning rate or number of steps of one's own",
    "This is what another learning rate or another number of steps gives. Does your loop use both arguments?",
    TRAINING,
)
LG24 = Misconception(
    "LG24",
    "errors not multiplied by the inputs",
    "These are the errors themselves, or their mean. With what does each weight multiply on the way to the score?",
    TRAINING,
)
LG25 = Misconception(
    "LG25",
    "gradient of the bias left at 0",
    "Your bias has no gradient. Does the loss change when the bias moves a little?",
    TRAINING,
)
LG26 = Misconception(
    "LG26",
    "averaged over the inputs in place of the examples",
    "Here the inputs of an example are averaged, or everything at once. How many weights has the neuron, and how many "
    "numbers has dw?",
    TRAINING,
)
LG27 = Misconception(
    "LG27",
    "weight in place of the input",
    "Your errors are multiplied by the weights. How far does the score move when w1 moves by 1?",
    TRAINING,
)
LG28 = Misconception(
    "LG28",
    "errors squared, or without their sign",
    "The errors have lost their sign here. What does an error below 0 say about the direction of a step?",
    TRAINING,
)
LG29 = Misconception(
    "LG29",
    "divided by the number of examples twice",
    "Your steps are too short by the number of examples. Is the gradient of the mean loss divided once more?",
    TRAINING,
)

LG30 = Misconception(
    "LG30",
    "weights and bias exchanged",
    "The bias comes first here, and the weights second. In which order are they asked for?",
    TRAINING,
)

LG31 = Misconception(
    "LG31",
    "a part of the step before kept, as with momentum",
    "These steps keep a part of those before them, as with momentum. Along which gradient alone does each step go?",
    TRAINING,
)
LG32 = Misconception(
    "LG32",
    "gradient of a hinge",
    "Only examples with a margin below 1 have a say here, as with a hinge. Which examples pull at the log-loss?",
    TRAINING,
)
LG36 = Misconception(
    "LG36",
    "size of the errors lost",
    "Each error counts 1 or -1 here, as with an absolute value or a hinge. How much does an error count that is small?",
    TRAINING,
)
LG38 = Misconception(
    "LG38",
    "slope by the probability in place of that by the score",
    "This is the slope of the loss by the probability. How far does that move when the score moves a little?",
    TRAINING,
)
LG39 = Misconception(
    "LG39",
    "a factor of the sigmoid's slope left over",
    "An error is multiplied by p, or by 1 - p, here. What is left of the two when dl/dp meets dp/dz?",
    TRAINING,
)
LG40 = Misconception(
    "LG40",
    "labels smoothed",
    "The labels are not 0 and 1 any more here, but a little between them. Is that asked for?",
    TRAINING,
)
LG37 = Misconception(
    "LG37",
    "errors of one label count more",
    "Errors of one label weigh more here than those of the other. Which weights does the task name?",
    TRAINING,
)
LG33 = Misconception(
    "LG33",
    "Newton's steps",
    "These steps are divided by how fast the slope changes, as Newton's are. What alone is a step of descent made of?",
    TRAINING,
)
LG34 = Misconception(
    "LG34",
    "training that ends before its last step",
    "Your training is right up to here and ends some steps too early. What stops it, and does the task ask for that?",
    TRAINING,
)
LG35 = Misconception(
    "LG35",
    "a start of one's own",
    "After 0 steps your function does not return zeros. With which weights and bias should training start?",
    TRAINING,
)

OWN_RATES = (0.01, 0.05, 0.1, 0.2)
OWN_STEPS = (10, 20, 50, 100, 200, 300)

WORKED = """
The same walk for a neuron *without* a sigmoid: score z = w x + b, loss the mean of (z − y)² / 2. Two examples,
X = [[1], [3]], y = [2, 1]; start w = 0.5, b = 1.

1. Scores: 0.5 · 1 + 1 = 1.5 and 0.5 · 3 + 1 = 2.5. Errors z − y: −0.5 and 1.5.
2. By w each error meets its own input: −0.5 · 1 = −0.5 and 1.5 · 3 = 4.5; their mean is dw = 2.
3. By b the input is 1: the mean of the errors is db = 0.5.
4. One step with lr = 0.1: both gradients are known *before* anything moves: w = 0.5 − 0.2 = 0.3, b = 1 − 0.05 = 0.95.

```python
errors, inputs = np.array([-0.5, 1.5]), np.array([[1.0], [3.0]])  # (N,) and (N, D)
print((errors[:, None] * inputs).mean(axis=0), errors.mean())  # [2.] 0.5
```
"""


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
    worked = WORKED
    misconceptions = (
        *(GR1, GR2, GR3, GR5, LG1, LG2, LG3, LG4, LG5, LG6, LG7, LG8, LG9, LG10, LG11, LG12),
        *(LG13, LG14, LG15, LG16, LG17, LG18, LG19, LG20, LG21, LG22, LG23, LG24),
        *(LG25, LG26, LG27, LG28, LG29, LG30, LG31, LG32, LG33, LG34, LG35, LG36, LG37, LG38, LG39, LG40),
    )
    worth: ClassVar[Mapping[str, float]] = {"logreg_grads": 2}

    def cases(self) -> Sequence[Case]:
        """Return a few examples, one, only one label, whole labels and large scores; then two trainings."""
        return [*_gradients(np.random.default_rng([6, 0]), 5, 2), *_runs(0, 12, 2)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other examples with more inputs."""
        return [*_gradients(np.random.default_rng([6, seed]), 9, 4), *_runs(seed, 30, 3)]

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
        "labels as whole numbers": Examples(X.astype(np.float32), y.astype(np.int64), weight, -1.5),
        "large scores, above and below 0": Examples(np.vstack([500 * X, -500 * X]), np.append(y, 1 - y), weight, 0.0),
    }
    return [Case(label, one, "logreg_grads") for label, one in examples.items()]


@lru_cache(maxsize=8)
def _runs(seed: int, rows: int, columns: int) -> tuple[Case, ...]:
    """Draw examples that no line parts, and train on them for a few steps and for many."""
    rng = np.random.default_rng([7, seed])
    X = rng.normal(size=(rows, columns))
    y = (X[:, 0] + rng.normal(size=rows) > 0.3).astype(float)
    y[:4] = [0, 1, 0, 1]
    settings = ((0.4, 7), (2.0, 150))  # twice the first is no other way: not 1, as if it were left out
    runs = [Run(X, y, lr, steps, fit(torch.tensor(X), torch.tensor(y), lr, steps)) for lr, steps in settings]
    return tuple(Case(f"{run.steps} steps with lr = {run.lr:g} on {rows} examples", run, "fit_logreg") for run in runs)


# --- gradient


def _try_gradient(case: Case, answer: Callable[..., Any]) -> None:
    given = pair(case, case.call(answer, "logreg_grads", *case.data), "logreg_grads", ("dw", "db"))
    X, y, weight, bias = (torch.tensor(np.asarray(value), dtype=torch.float64) for value in case.data)
    right = gradient(X, y, weight, bias)
    ways = gradient_ways(X, y, weight, bias)
    if len(right[0]) > 1 and close(given[0], as_float64(right[1])) and close(given[1], as_float64(right[0])):
        raise case.wrong("logreg_grads", LG15)
    for place, (part, one, truth, known) in enumerate(zip(("dw", "db"), given, right, ways, strict=True)):
        near = partial(nearly, recipes.gradients, X, y, weight, bias, part=place)
        case.compare(f"logreg_grads, {part}", one, truth, known, near=near)


def gradient_ways(X: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> tuple[Ways, Ways]:
    """For each wrong gradient by weight and by bias, a function that computes it."""
    count, right = len(X), gradient(X, y, weight, bias)
    z = X @ weight + bias
    p, error = torch.sigmoid(z), torch.sigmoid(z) - y
    from_errors = {way: [_from_errors(X, one) for one in some] for way, some in error_ways(X, y, weight, bias).items()}
    wrong: dict[Misconception, list[Parameters]] = {
        GR1: [_times(-1, right), _times(-count, right)],
        GR3: [_times(count, right)],
        GR2: [_times(2, right), _times(0.5, right)],
        **from_errors,
        LG32: [
            gradient(X, y, weight, bias, loss=partial(_hinge, number))
            for number in range(3)
            if number or ((2 * y - 1) * z >= 1).any()  # else each example has the same say
        ],
    }
    if count > 1:
        single = [gradient(X[i : i + 1], y[i : i + 1], weight, bias) for i in (0, count - 1)]
        wrong[LG12] = [*single, *(_times(1 / count, one) for one in single)]
        wrong[LG10] = [_times(count / other, right) for other in (count - 1, count + 1, X.shape[1], X.numel())]
    by_weight: dict[Misconception, Callable[[], object]] = {
        way: partial(list, [one for one, _ in pairs]) for way, pairs in wrong.items()
    }
    by_bias: dict[Misconception, Callable[[], object]] = {
        way: partial(list, [one for _, one in pairs]) for way, pairs in wrong.items()
    }
    by_bias = {LG25: partial(torch.zeros_like, bias)} | by_bias  # of several that fit the first is told
    by_weight[LG27] = partial(list, [weight * error.mean(), weight * error.sum()])
    everywhere = torch.ones_like(weight)
    by_weight[LG24] = partial(
        list,
        [one for mean in (error.mean(), error.sum()) for one in (mean, mean * everywhere)] + [error, error / count],
    )
    if count > 1:
        apart = gradient(X, y, weight, bias.expand(count))[1]  # as if each example had a bias of its own
        table = p[:, None] - y
        by_bias[GR5] = partial(list, [count * apart, apart, apart[0] * count])
        by_weight[LG9] = partial(list, [error.mean() * X.mean(0), error.sum() * X.mean(0), error.mean() * X.sum(0)])
        each = error[:, None] * X
        by_weight[LG26] = partial(list, [each.mean(), each.mean(1), each.sum(1)])
        by_weight[LG11] = partial(list, [error[:, None] * X, error[:, None] * X / count])
        by_weight[LG8] = partial(
            list, [X.T @ one / share for one in (table, table.T) for share in (1, count, count**2)]
        )
        by_bias[LG8] = partial(list, [table.sum(), table.sum() / count, table.sum(0) / count, table.sum(1) / count])
    return by_weight, by_bias


def error_ways(
    X: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
) -> dict[Misconception, list[torch.Tensor]]:
    """Return what each wrong way has in the place of p - y, for each example: as many versions for every y."""
    z = X @ weight + bias
    p = torch.sigmoid(z)
    error, steep = p - y, p * (1 - p)
    return {
        LG1: [error * steep, 2 * error * steep],
        LG2: [z - y],
        LG3: [yes.double() - y for yes in (z > 0, z >= 0)],
        LG13: [torch.sigmoid(X @ weight) - y],
        LG14: [torch.sigmoid(-z) - y],
        LG16: [p],
        LG28: [error.abs(), error**2],
        LG36: [error.sign()],
        LG38: [error / steep],
        LG40: [error + soft * (y - 0.5) for soft in (0.1, 0.05, 0.2, 0.01, 0.02)],
        LG39: [error * p, error * (1 - p)],
        LG37: [error * weights for weights in _by_label(y)],
    }


def _from_errors(X: torch.Tensor, error: torch.Tensor) -> Parameters:
    return X.T @ error / len(X), error.mean()


def _times(factor: float, parameters: Parameters) -> Parameters:
    return factor * parameters[0], factor * parameters[1]


def _by_label(y: torch.Tensor) -> list[torch.Tensor]:
    """Return usual weights of examples by their label, where both labels are there."""
    ones = float(y.mean())
    if not 0 < ones < 1:
        return []
    of_one = WEIGHTS | {(1 - ones) / ones} - {1.0}
    weights = [torch.where(y == label, factor, 1.0) for factor in sorted(of_one) for label in (1, 0)]
    return [*weights, torch.where(y == 1, 0.5 / ones, 0.5 / (1 - ones)), torch.where(y == 1, 1 - ones, ones)]


def _hinge(number: int, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return hinges((2 * y - 1) * z)[number].mean()


# --- training


def _try_run(case: Case, answer: Callable[..., Any]) -> None:
    X, y, lr, steps, right = case.data
    given = pair(case, case.call(answer, "fit_logreg", X, y, lr, steps), "fit_logreg", ("w", "b"))
    if given[0].size == 1 < given[1].size:
        raise case.wrong("fit_logreg", LG30)
    if not same_pair(given, right):
        ways = run_ways(torch.tensor(X), torch.tensor(y), lr, steps)
        way = next((way for way, ends in ways.items() if any(same_pair(given, end) for end in ends())), None)
        way = way or (LG35 if _starts_elsewhere(case, answer) else None)

        def near(part: int) -> Iterator[tuple[Misconception, Any]]:
            yield from nearly(recipes.fitted_at_once, X, y, lr, steps, part=part)
            yield from nearly(recipes.fitted, X, y, lr, steps, part=part, only_single=True)

        compare_pair(case, "fit_logreg", given, right, way, near if steps < 100 else None)


def _starts_elsewhere(case: Case, answer: Callable[..., Any]) -> bool:
    """Tell whether a training of no steps ends somewhere else than at zeros."""
    X, y, lr, *_ = case.data
    try:
        start = pair(case, case.call(answer, "fit_logreg", X, y, lr, 0), "fit_logreg", ("w", "b"))
    except CheckFailed:
        return False
    return any(part.any() for part in start)


def same_pair(given: Pair, right: Parameters) -> bool:
    """Tell whether weight and bias are both right."""
    return all(close(one, as_float64(truth)) for one, truth in zip(given, right, strict=True))


def compare_pair(
    case: Case,
    name: str,
    given: Pair,
    right: Parameters,
    way: Misconception | None,
    near: Callable[..., Any] | None = None,
) -> None:
    """Compare weight and bias; a wrong way, if there is one, explains both."""
    for place, (part, one, truth) in enumerate(zip(("w", "b"), given, right, strict=True)):
        beside = partial(near, part=place) if near else None
        case.compare(f"{name}, {part}", one, truth, {way: partial(np.asarray, one)} if way else {}, near=beside)


def run_ways(
    X: torch.Tensor, y: torch.Tensor, lr: float, steps: int
) -> dict[Misconception, Callable[[], list[Parameters]]]:
    """For each wrong training, a function that runs it, or several in a list."""
    count = len(X)

    def without_bias(*arguments: torch.Tensor) -> Parameters:
        dw, db = slope(*arguments)
        return dw, 0 * db

    def summed(*arguments: torch.Tensor) -> Parameters:
        return _times(count, slope(*arguments))

    def without_weights(*arguments: torch.Tensor) -> Parameters:
        dw, db = slope(*arguments)
        return 0 * dw, db

    def of_the_start(X: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> Parameters:
        return slope(X, y, 0 * weight, 0 * bias)

    def swapped(signed: float, first: int) -> Callable[..., Parameters]:
        def one_after_the_other(X: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> Parameters:
            dw, db = slope(X, y, w, b)
            if first == 0:
                return dw, slope(X, y, w - signed * dw, b)[1]
            return slope(X, y, w, b - signed * db)[0], db

        return one_after_the_other

    ways: dict[Misconception, Callable[[], list[Parameters]]] = {
        LG4: lambda: [_end(X, y, lr, steps, without_bias)],
        LG22: lambda: [_end(X, y, lr, steps, without_weights)],
        LG5: lambda: [_end(X, y, -lr, steps)],
        GR3: lambda: [_end(X, y, lr, steps, summed)],
        LG29: lambda: [_end(X, y, lr / count, steps)],
        LG34: lambda: walk(X, y, lr, steps, slope)[2:-2],
    }
    if steps < 100:  # in the long run they do not show
        ways |= {
            LG6: lambda: [_end(X, y, lr, steps + more) for more in (1, -1)],
            LG7: lambda: [_end(X, y, 1.0, steps)],
            GR2: lambda: [_end(X, y, 2 * lr, steps)],
            LG17: lambda: [_end(X, y, lr, steps, swapped(lr, first)) for first in (0, 1)],
            LG18: lambda: [_end(X, y, lr, 1)],
            LG31: lambda: [_end(X, y, lr, steps, _with_memory(part)) for part in (0.9, 0.5)] if steps > 1 else [],
            LG33: lambda: [_newton(X, y, rate, steps) for rate in (lr, 1.0)],
            LG19: lambda: [_end(X, y, lr, steps, of_the_start)],
            LG20: lambda: [_one_by_one(X, y, lr, steps), _one_by_one(X, y, lr, steps * count)],
            LG21: lambda: [_from_ones(X, y, lr, steps, start) for start in ((1, 1), (1, 0), (0, 1))],
            LG23: lambda: [*(_end(X, y, own, steps) for own in OWN_RATES), *_at_own_steps(X, y, lr)],
        }
        ways |= {
            way: partial(_ends_from_errors, X, y, lr, steps, way, len(some))
            for way, some in error_ways(X, y, torch.zeros(X.shape[1]).double(), torch.zeros(()).double()).items()
        }
    return ways


def _ends_from_errors(
    X: torch.Tensor, y: torch.Tensor, lr: float, steps: int, way: Misconception, versions: int
) -> list[Parameters]:
    """Return where training ends that has something else in the place of p - y."""

    def instead(version: int) -> Callable[..., Parameters]:
        return lambda *arguments: _from_errors(arguments[0], error_ways(*arguments)[way][version])

    return [_end(X, y, lr, steps, instead(version)) for version in range(versions)]


def _with_memory(part: float) -> Callable[..., Parameters]:
    """Return a gradient that keeps a part of the one before."""
    kept: list[Parameters] = []

    def of_all(*arguments: torch.Tensor) -> Parameters:
        dw, db = slope(*arguments)
        if kept:
            dw, db = part * kept[-1][0] + dw, part * kept[-1][1] + db
        kept.append((dw, db))
        return dw, db

    return of_all


def _one_by_one(X: torch.Tensor, y: torch.Tensor, lr: float, steps: int) -> Parameters:
    """Train with one example in each step, in order."""
    places = iter(i % len(X) for i in range(steps))

    def of_one(X: torch.Tensor, y: torch.Tensor, *parameters: torch.Tensor) -> Parameters:
        i = next(places)
        return slope(X[i : i + 1], y[i : i + 1], *parameters)

    return _end(X, y, lr, steps, of_one)


def _from_ones(X: torch.Tensor, y: torch.Tensor, lr: float, steps: int, start: tuple[int, int]) -> Parameters:
    """Train from other numbers than zeros: from 0 for parameters that are shifted by the start."""
    weight, bias = (
        torch.full(shape, float(one), dtype=torch.float64) for one, shape in zip(start, (X.shape[1:], ()), strict=True)
    )

    def shifted(X: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> Parameters:
        return slope(X, y, w + weight, b + bias)

    by_weight, by_bias = _end(X, y, lr, steps, shifted)
    return by_weight + weight, by_bias + bias


def _newton(X: torch.Tensor, y: torch.Tensor, lr: float, steps: int) -> Parameters:
    """Train with steps that are divided by the curvature."""

    def bent(X: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> Parameters:
        inputs, p = F.pad(X, (0, 1), value=1.0), torch.sigmoid(X @ weight + bias)
        curvature = inputs.T @ (inputs * (p * (1 - p))[:, None]) / len(X)
        dw, db = slope(X, y, weight, bias)
        step = torch.linalg.lstsq(curvature, torch.cat([dw, db.reshape(1)])[:, None]).solution[:, 0]
        return step[:-1], step[-1]

    return _end(X, y, lr, steps, bent)


def _at_own_steps(X: torch.Tensor, y: torch.Tensor, lr: float) -> list[Parameters]:
    places = walk(X, y, lr, max(OWN_STEPS), slope)
    return [places[number] for number in OWN_STEPS]


def _end(
    X: torch.Tensor, y: torch.Tensor, lr: float, steps: int, gradient_of: Callable[..., Parameters] = slope
) -> Parameters:
    return fit(X, y, lr, steps, gradient_of)
