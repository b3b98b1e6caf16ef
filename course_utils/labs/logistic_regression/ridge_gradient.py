"""Exercise 4.10: the gradient of the log-loss with a penalty on large weights.

| claim of the prompt | case |
|---|---|
| mean log-loss, and l2 times the sum of the squared weights | five examples, one example |
| the bias is not penalised | every case: its gradient is compared by itself |
| l2 may be 0 | without a penalty |
| labels as whole numbers | every case |
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.labs.logistic_regression import recipes
from course_utils.labs.logistic_regression.headings import FACES
from course_utils.labs.logistic_regression.returned import pair

FC1 = Misconception(
    "FC1",
    "penalty's slope without its 2",
    "The penalty's part is half of what it should be. How fast does the square of a weight grow?",
    FACES,
)
FC2 = Misconception(
    "FC2",
    "bias penalised, too",
    "Here the bias is pulled to zero as well. Which letters does the penalty's sum run over?",
    FACES,
)
FC3 = Misconception(
    "FC3",
    "penalty divided by the number of examples",
    "The penalty is shared out among the examples here. Does it stand inside of the mean?",
    FACES,
)
FC4 = Misconception(
    "FC4",
    "penalty with the other sign",
    "This rewards large weights. Should a step make the weight 3 larger or smaller if the data do not care?",
    FACES,
)
FC5 = Misconception(
    "FC5",
    "penalty left out",
    "This is the gradient of the log-loss alone. What does the loss here add to it?",
    FACES,
)
FC6 = Misconception(
    "FC6",
    "penalty itself, or of another power",
    "This adds the penalty itself, or another power. By how much does the penalty grow when one weight moves a little?",
    FACES,
)
FC7 = Misconception(
    "FC7",
    "data left out",
    "This is the penalty's slope alone. Which part of the loss knows the pictures?",
    FACES,
)
FC8 = Misconception(
    "FC8",
    "sum over the examples instead of the mean",
    "This grows with the number of examples. Does the log-loss here add, or average?",
    FACES,
)
FC9 = Misconception(
    "FC9",
    "sign of the error",
    "The data's part points uphill. Is the error probability minus label, or label minus probability?",
    FACES,
)
FC10 = Misconception(
    "FC10",
    "score or decision instead of the probability",
    "The error is not made of a probability here. Through what does the score go before the label is taken off?",
    FACES,
)
FC11 = Misconception(
    "FC11",
    "penalty divided by the number of weights",
    "The penalty is averaged over the weights here. Does the text speak of a mean of the squares, or of their sum?",
    FACES,
)

FC30 = Misconception(
    "FC30",
    "penalty multiplied by a count",
    "The penalty's part is too large by the number of weights, or of examples. Does the slope of a sum of squares by "
    "one weight count the others?",
    FACES,
)
FC31 = Misconception(
    "FC31",
    "another mixture of loss and penalty",
    "Loss and penalty are mixed in another way here: a penalty of absolute values besides, or shares that add up to 1. "
    "How does the text add the two?",
    FACES,
)

NAME = "ridge_grads"


class Penalised(NamedTuple):
    """Examples X (N, D) with labels y, weights w (D,), bias b, and the strength of the penalty."""

    X: np.ndarray
    y: np.ndarray
    w: np.ndarray
    b: float
    l2: float


def torch_ridge(one: Penalised, *, bias_too: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Ask autograd for the gradient by w and by b."""
    X, y = torch.tensor(one.X, dtype=torch.float64), torch.tensor(one.y, dtype=torch.float64)
    with torch.enable_grad():  # a notebook may have switched it off
        w = torch.tensor(one.w, dtype=torch.float64, requires_grad=True)
        b = torch.tensor(one.b, dtype=torch.float64, requires_grad=True)
        loss = F.binary_cross_entropy_with_logits(X @ w + b, y) + one.l2 * (w.square().sum() + bias_too * b.square())
        by_w, by_b = torch.autograd.grad(loss, [w, b])
    return by_w.numpy(), by_b.numpy()


def random_penalised(seed: int, number: int, features: int, l2: float) -> Penalised:
    """Draw examples; with several, both labels are among them."""
    rng = np.random.default_rng([seed, number, features])
    y = rng.permutation(np.arange(number) % 2)
    X, w = np.round(rng.normal(size=(number, features)), 1), np.round(rng.normal(0, 1.5, size=features), 1)
    return Penalised(X, y, w + 0.05, round(float(rng.uniform(0.4, 1.5)) * (-1) ** features, 2), l2)


PUBLIC = ((5, 3, 0.3), (1, 4, 0.1), (6, 2, 0.0), (4, 4, 2.0))
HIDDEN = ((7, 5, 0.05), (3, 6, 1.5), (8, 3, 0.4), (2, 2, 0.7))


class RidgeGradient(Implementation):
    """Write ``ridge_grads(X, y, w, b, l2) -> (dw (D,), db)``: of mean log-loss plus l2 times the squared weights."""

    id = "ridge-gradient"
    hints = (
        "A loss of two parts has a gradient of two parts. You know the first one from section 4.",
        "How does w² change when w moves a little? And what does the penalty know of b?",
    )
    worked = """
    Another loss with a penalty: L = (w − 3)² + l2 · w⁴, one weight and no data, at w = 1 with l2 = 0.5.

    1. The first part has the slope 2 (w − 3) = −4: it wants a larger weight.
    2. The second part has the slope l2 · 4 w³ = 0.5 · 4 = 2: it wants a smaller one.
    3. Slopes of a sum add up: −4 + 2 = −2. A step against it still makes w larger, half as eagerly.
    4. A bias c in the first part alone, (w + c − 3)², would not hear of the penalty: its slope stays 2 (w + c − 3).
    """
    misconceptions = (FC1, FC2, FC3, FC4, FC5, FC6, FC7, FC8, FC9, FC10, FC11, FC30, FC31)
    names_explain_all = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return several examples, one, no penalty, a strong one."""
        return [_case(1, *sizes) for sizes in PUBLIC]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return others."""
        return [_case(seed, *sizes) for sizes in HIDDEN]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with autograd."""
        one: Penalised = case.data
        given = case.call(answer, NAME, one.X, one.y, one.w, one.b, one.l2)
        dw, db = pair(case, given, NAME, ("dw", "db"))
        by_w, by_b = torch_ridge(one)
        tensors = [torch.tensor(part, dtype=torch.float64) for part in one]
        near = [partial(nearly, recipes.penalised, *tensors, part=place) for place in (0, 1)]
        case.compare(f"{NAME}, dw", dw, by_w, wrong_weights(one), near=near[0])
        case.compare(f"{NAME}, db", db, by_b, wrong_biases(one), near=near[1])


def _case(seed: int, number: int, features: int, l2: float) -> Case:
    some = "1 example" if number == 1 else f"{number} examples"
    return Case(f"{some} of {features} numbers, l2 = {l2:g}", random_penalised(seed, number, features, l2))


# --- wrong ways


def _parts(one: Penalised) -> tuple[np.ndarray, np.ndarray]:
    """Return the data's part of the gradient by w, and the penalty's."""
    data = torch_ridge(one._replace(l2=0.0))[0]
    return data, torch_ridge(one)[0] - data


def _with_errors(one: Penalised, errors: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the data's part by w and b with other errors (N,)."""
    return one.X.T @ errors / len(errors), float(errors.mean())


def _odd_errors(one: Penalised) -> list[np.ndarray]:
    scores = one.X @ one.w + one.b
    return [scores - one.y, (scores > 0) - one.y]


def wrong_weights(one: Penalised) -> Ways:
    """For each wrong gradient by w, a function that computes it."""
    data, penalty = _parts(one)
    N, w = len(one.y), one.w
    return {
        FC1: lambda: data + penalty / 2,
        FC3: lambda: [data + penalty / N, data + penalty / 2 / N],
        FC11: lambda: [data + penalty / len(w), data + penalty / 2 / len(w)] if len(w) > 1 else [],
        FC30: lambda: [
            data + penalty * len(w),
            data + penalty * N,
            data + penalty / 2 * len(w),
            data + penalty / 2 * N,
        ],
        FC31: lambda: [
            *(data + penalty * share + one.l2 * np.sign(w) for share in (1, 0.5)),
            *((1 - one.l2) * data + penalty * share for share in (1, 0.5)),
            *(data + (penalty + one.l2 * np.sign(w)) * 0.5,),
        ],
        FC4: lambda: [data - penalty, data - penalty / 2],
        FC5: lambda: data,
        FC6: lambda: [
            data + one.l2 * np.sum(w**2),
            data + one.l2 * w**2,
            data + one.l2 * np.sign(w),
            *(data + factor * one.l2 * w / max(float(np.linalg.norm(w)), 1e-12) for factor in (1, 2)),
            data + 2 * one.l2 * abs(w),
            data + one.l2 * abs(w),
            data + 2 * one.l2 * w**2,
            data + 2 * w,
            data + 2 * one.l2,
        ],
        FC7: lambda: penalty,
        FC8: lambda: [N * data + penalty, N * (data + penalty)],
        FC9: lambda: [penalty - data, -penalty - data],
        FC10: lambda: [_with_errors(one, errors)[0] + penalty for errors in _odd_errors(one)],
    }


def wrong_biases(one: Penalised) -> Ways:
    """For each wrong gradient by b, a function that computes it."""
    right, N = torch_ridge(one)[1], len(one.y)
    return {
        FC2: lambda: [torch_ridge(one, bias_too=factor)[1] for factor in (1.0, 0.5)],
        FC31: lambda: (1 - one.l2) * right,
        FC8: lambda: N * right,
        FC9: lambda: -right,
        FC10: lambda: [_with_errors(one, errors)[1] for errors in _odd_errors(one)],
    }
