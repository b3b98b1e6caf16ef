"""Exercise 1.4: the mean squared error, its gradients, and one step downhill.

What the prompt says, and what tries it:

- mse: the mean of the squares → LINES: N = 3 and 4, errors of both signs; hidden: 1, 7, 1000
- errors must not cancel → ERRORS add up to 0
- mse_grads: the pair by w, then by b → LINES: whole and not, both signs of w and b
- sgd_step: new parameters as a tuple → STEPS: both signs of parameters and gradients
- forty steps find the line of sunny days → Days: each function beside a right one
- x and y stay as they are → `Case.call`
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.data.sunshine import INTERCEPT, SLOPE, sunshine_days
from course_utils.judging import shared
from course_utils.judging.answers import kind, plain, short
from course_utils.judging.cases import Case, Ways
from course_utils.judging.closeness import close
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.labs.neurons import recipes
from course_utils.labs.neurons.dense_layer import tensors
from course_utils.labs.neurons.headings import SUNSHINE

GR1 = shared.GR1.in_lab(
    SUNSHINE, "This gradient has the sign turned over, whatever its size. Which of the two, y or ŷ, is taken off?"
)
GR2 = shared.GR2.in_lab(
    SUNSHINE, "The value is doubled or halved here, or the step is. Where does a factor of 2 come in, and where not?"
)
GR3 = shared.GR3.in_lab(SUNSHINE, "This is the sum over the examples. What does the M in MSE stand for?")
GR5 = shared.GR5.in_lab(SUNSHINE, "This has a number for each example. What turns them into one number?")
NM1 = Misconception(
    "NM1",
    "square of the sum instead of the sum of squares",
    "This adds the errors first and squares once. What happens to an error of 3 beside one of -3?",
    SUNSHINE,
)
NM2 = Misconception(
    "NM2",
    "errors not squared",
    "These errors are not squared. What does the S in MSE stand for?",
    SUNSHINE,
)
NM3 = Misconception(
    "NM3",
    "square root taken",
    "This is the root of the MSE. Is there a root in its name?",
    SUNSHINE,
)
NM4 = Misconception(
    "NM4",
    "gradient by w without the input",
    "Your two gradients are equal. If w moves a little, how far does the prediction move where x is 4?",
    SUNSHINE,
)
NM5 = Misconception(
    "NM5",
    "gradients in the wrong order",
    "These are the right two numbers in the other order. Which one does the task ask for first?",
    SUNSHINE,
)
NM25 = Misconception(
    "NM25",
    "b subtracted in the prediction",
    "The errors here are those of the line w·x − b. With which sign does b stand in the line?",
    SUNSHINE,
)
NM6 = Misconception(
    "NM6",
    "step uphill",
    "This step goes along the gradient. Does the loss rise or fall in that direction?",
    SUNSHINE,
)
NM7 = Misconception(
    "NM7",
    "learning rate left out",
    "This takes the whole gradient as its step. Which number says how much of it to take?",
    SUNSHINE,
)
NM8 = Misconception(
    "NM8",
    "returned the step, not the new parameters",
    "This is the step alone. From where does it start?",
    SUNSHINE,
)

NM9 = Misconception(
    "NM9",
    "product of the means instead of the mean of the products",
    "This multiplies the mean error by the mean input. Does each error meet its own x, or only an average one?",
    SUNSHINE,
)
NM10 = Misconception(
    "NM10",
    "divided by N - 1",
    "This divides by one less than the number of examples. How many squares are averaged here?",
    SUNSHINE,
)
NM11 = Misconception(
    "NM11",
    "one example alone",
    "One example alone counts here, or one is left out: the first, last or largest. What becomes of the others?",
    SUNSHINE,
)
NM12 = Misconception(
    "NM12",
    "prediction without b",
    "In these errors the line has no b. What does the line predict at x = 0?",
    SUNSHINE,
)
NM13 = Misconception(
    "NM13",
    "multiplied by something else than the input",
    "A factor is w, b, y or x squared here. How much does the prediction change when w grows by 1, at x = 4?",
    SUNSHINE,
)
NM14 = Misconception(
    "NM14",
    "one gradient for both parameters, or the two exchanged",
    "A parameter moves by another one's gradient here. Which of the two gradients belongs to w?",
    SUNSHINE,
)
NM15 = Misconception(
    "NM15",
    "one of the two parameters not moved",
    "A parameter has stayed where it was. How many does a step move?",
    SUNSHINE,
)
NM16 = Misconception(
    "NM16",
    "divided by the learning rate",
    "This divides by the learning rate. Would a smaller rate make your step smaller or larger?",
    SUNSHINE,
)
NM26 = Misconception(
    "NM26",
    "errors measured against the targets",
    "The errors are divided by the targets, the predictions or their spread here. In which unit is an MSE?",
    SUNSHINE,
)
NM27 = Misconception(
    "NM27",
    "gradient that has lost its size",
    "Your gradient has lost its size: it is cut off at a bound, brought to the length 1, or its sign is left. Is that "
    "asked for?",
    SUNSHINE,
)
NM17 = Misconception(
    "NM17",
    "squared before the difference is taken, or added",
    "This squares prediction and target by themselves, or adds the two. Of what is the square taken?",
    SUNSHINE,
)
NM18 = Misconception(
    "NM18",
    "another power, or another statistic",
    "This is a third power, a median, a variance or a spread. Which two things does MSE do to the errors, in order?",
    SUNSHINE,
)
NM19 = Misconception(
    "NM19",
    "divided by N twice",
    "This is divided by the number of examples twice. Does a mean of yours already divide?",
    SUNSHINE,
)
NM20 = Misconception(
    "NM20",
    "errors squared or without their sign in the gradient",
    "The errors are squared here, or have lost their sign. What is left of a square when you differentiate it?",
    SUNSHINE,
)
NM21 = Misconception(
    "NM21",
    "errors or targets left out of the gradient",
    "In this gradient the errors are missing, or the targets in them. Could the loss have its minimum anywhere then?",
    SUNSHINE,
)
NM22 = Misconception(
    "NM22",
    "parameter minus gradient instead of the gradient",
    "This is the parameter after a step already. What does the task ask for here: a slope, or a new parameter?",
    SUNSHINE,
)
NM23 = Misconception(
    "NM23",
    "learning rate at the wrong place",
    "The learning rate multiplies the parameter here, or the parameter the step. What does it scale in the rule?",
    SUNSHINE,
)
NM24 = Misconception(
    "NM24",
    "size or sign of the gradient not used",
    "Here the gradient has lost its sign, or its size, or is squared. Which of the two does a step need?",
    SUNSHINE,
)

Function = Callable[..., Any]
STEPS = (((2.0, 1.0), (4.0, -3.0), 0.1), ((-1.5, 0.5), (-2.0, 0.25), 0.4), ((0.371, -1.264), (1.153, 0.432), 0.17))
LINES = (((1.0, 2.0, 4.0), (3.0, 5.0, 6.0), 2.0, 0.5), ((0.0, -2.5, 1.0, 3.5), (1.0, 2.0, -1.0, 0.5), -1.5, -0.7))
ERRORS = (3.0, -3.0, 1.0, -1.0)
HIDDEN_ERRORS = (-2.5, 4.0, -1.5, 6.0, -6.0)


class Line(NamedTuple):
    """Days x, y (N,), and a line w·x + b."""

    x: np.ndarray
    y: np.ndarray
    w: float
    b: float

    @property
    def y_hat(self) -> np.ndarray:
        """What the line predicts."""
        return np.asarray(self.w * self.x + self.b)


class Predictions(NamedTuple):
    """What is predicted, and what is right."""

    y_hat: np.ndarray
    y: np.ndarray


class Step(NamedTuple):
    """One step: parameters, their gradients, the learning rate."""

    params: tuple[float, float]
    grads: tuple[float, float]
    rate: float


class Days(NamedTuple):
    """Days of sunshine on which the functions together must find the line."""

    number: int


class LineByDescent(Implementation):
    """Write ``mse(y_hat, y)``, ``mse_grads(x, y, w, b) -> (dw, db)`` and ``sgd_step(params, grads, lr)``.

    x, y and y_hat have the shape (N,), the rest are numbers.
    """

    id = "line-by-descent"
    hints = (
        "Write the errors first, as an array. What do you do to them before you add?",
        "By the chain rule, how does (w·x + b - y)² change when w moves a little? And when b does?",
        "The gradient points uphill. Which way should the step go?",
    )
    worked = """
    Another loss, and a model with one number: every prediction is c, and L = mean of (c − y)⁴, for y = (1, 3)
    and c = 2.

    1. The errors c − y are 1 and −1, their fourth powers 1 and 1, so L = 1.
    2. If c moves a little, each error moves as much. By the chain rule the slope of (c − y)⁴ is 4 (c − y)³ · 1.
    3. The mean of 4·1 and 4·(−1) is 0: at c = 2 the loss is flat. At c = 4 the errors are 3 and 1: the mean of
       108 and 4 is 56.
    4. A step goes against the slope: from c = 4 with the rate 0.01 to 4 − 0.01 · 56 = 3.44.

    ```python
    def slope(c, y):
        return np.mean(4 * (c - y) ** 3)  # one number

    c = c - rate * slope(c, y)
    ```
    """
    misconceptions = (
        *(NM1, NM2, NM3, NM10, NM11, NM17, NM18, NM19, NM26, GR3, GR2, GR5),
        *(GR1, NM4, NM5, NM9, NM12, NM13, NM20, NM21, NM22, NM25, NM27),
        *(NM6, NM7, NM8, NM14, NM15, NM16, NM23, NM24),
    )
    names_explain_all = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return lines, errors that cancel, steps, and days whose line must be found; each function is a part."""
        lines = [Line(np.array(x), np.array(y), w, b) for x, y, w, b in LINES]
        return [
            *_error_cases(lines, ERRORS),
            *_slope_cases(lines),
            *(_step_case(Step(*one)) for one in STEPS),
            *_days_cases(),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other numbers, one example and a thousand among them, and days on which the line must be found."""
        rng = np.random.default_rng(seed)
        lines = [
            Line(rng.normal(size=n), rng.normal(3, 2, size=n), float(rng.normal()), float(rng.normal()))
            for n in (1, 7, 1000)
        ]
        rng = np.random.default_rng([seed, 1])
        steps = [
            Step(_pair(rng.normal(size=2)), _pair(rng.normal(2, 1, size=2)), float(rng.random() / 3 + 0.01))
            for _ in range(3)
        ]
        return [*_error_cases(lines, HIDDEN_ERRORS), *_slope_cases(lines), *map(_step_case, steps), *_days_cases()]

    def try_case(self, case: Case, mse: Function, mse_grads: Function, sgd_step: Function) -> None:
        """Compare one of the three functions with PyTorch."""
        if isinstance(case.data, Days):
            _try_to_find_the_line(case, mse_grads if case.part == "mse_grads" else sgd_step)
        elif case.part == "mse":
            _try_mse(case, mse)
        elif case.part == "mse_grads":
            _try_grads(case, mse_grads)
        else:
            _try_step(case, sgd_step)


def _pair(numbers: np.ndarray) -> tuple[float, float]:
    first, second = numbers.tolist()
    return first, second


def _error_cases(lines: list[Line], errors: tuple[float, ...]) -> list[Case]:
    y = np.arange(len(errors), dtype=float)
    cancelling = Predictions(y + np.array(errors), y)
    return [
        *(
            Case(f"y_hat = {short(one.y_hat)}, y = {short(one.y)}", Predictions(one.y_hat, one.y), "mse")
            for one in lines
        ),
        Case(f"errors {short(np.array(errors))}", cancelling, "mse"),
    ]


def _slope_cases(lines: list[Line]) -> list[Case]:
    return [
        Case(f"x = {short(one.x)}, y = {short(one.y)}, w = {one.w:g}, b = {one.b:g}", one, "mse_grads") for one in lines
    ]


def _days_cases() -> list[Case]:
    return [Case("forty steps on days of sunshine", Days(200), part) for part in ("mse_grads", "sgd_step")]


def _step_case(step: Step) -> Case:
    return Case(f"params = {step.params}, grads = {step.grads}, lr = {step.rate:g}", step, "sgd_step")


# --- the mean squared error


def _try_mse(case: Case, mse: Function) -> None:
    y_hat, y = case.data
    given = case.array(case.call(mse, "mse", y_hat, y), "What mse returns")
    given = given.reshape(()) if given.size == 1 else given
    near = partial(nearly, recipes.error, *tensors(y_hat, y))
    case.compare("mse", given, F.mse_loss(*tensors(y_hat, y)), mse_ways(y_hat, y), near=near)


def mse_ways(y_hat: np.ndarray, y: np.ndarray) -> Ways:
    """For each wrong mean squared error, a function that computes it."""
    errors, N = y_hat - y, len(y)
    squares = float((errors**2).mean())
    return {
        NM1: lambda: [errors.sum() ** 2 / N, errors.sum() ** 2, errors.mean() ** 2],
        GR3: lambda: [squares * N, squares * N / 2],
        NM3: lambda: [squares**0.5, (squares * N) ** 0.5],
        NM2: lambda: [
            errors.mean(),
            -errors.mean(),
            abs(errors).mean(),
            abs(errors).sum(),
            errors.sum(),
            2 * errors.mean(),
        ],
        GR2: lambda: [squares / 2, squares * 2],
        GR5: lambda: [errors**2],
        NM10: lambda: [squares * N / (N - 1)] if N > 1 else [],
        NM11: lambda: [
            value
            for one in (errors[0] ** 2, errors[-1] ** 2, (errors**2).max())
            for value in (one / N, one, (squares * N - one) / N, *([(squares * N - one) / (N - 1)] if N > 1 else []))
        ],
        NM18: lambda: [(errors**3).mean(), (errors**4).mean(), np.median(errors**2), errors.var(), errors.std()],
        NM19: lambda: squares / N,
        NM26: lambda: _relative(errors, y_hat, y),
        NM17: lambda: [(y_hat**2 - y**2).mean(), (y**2 - y_hat**2).mean(), ((y_hat + y) ** 2).mean()],
    }


def _relative(errors: np.ndarray, y_hat: np.ndarray, y: np.ndarray) -> list[float]:
    """Return means of errors that are measured against what they are errors of, or against its spread."""
    if not (y.all() and y_hat.all() and y.std()):
        return []
    measured = (errors / y, errors / y_hat, errors / (abs(y) + abs(y_hat)), errors / y.std(), errors / y.mean())
    squares = [float((one**2).mean()) for one in measured]
    return [*squares, *(float(abs(one).mean()) for one in measured), 1 - squares[3]]


# --- its gradients


def _is_pair(answer: Any) -> bool:
    """Tell whether an answer has two parts: a tuple, a list, or an array whose first axis has the length 2."""
    if type(answer) in (np.ndarray, torch.Tensor) and answer.ndim == 0:
        return False
    return type(answer) in (tuple, list, np.ndarray, torch.Tensor) and len(answer) == 2


def _of_one(answer: Any) -> str:
    """Name an answer that is no pair: a single number is called one."""
    return "one number" if plain(answer) is not None else kind(answer)


def _try_grads(case: Case, mse_grads: Function) -> None:
    line: Line = case.data
    given = case.call(mse_grads, "mse_grads", line.x, line.y, line.w, line.b)
    if not _is_pair(given):
        raise case.always(f"mse_grads should return two numbers, dw and db, not {_of_one(given)}.")
    right = torch_grads(line)
    parts = [case.array(part, f"{name} of mse_grads") for name, part in zip(("dw", "db"), given, strict=True)]
    parts = [part.reshape(()) if part.size == 1 else part for part in parts]
    for place, (name, part, wanted) in enumerate(zip(("dw", "db"), parts, right, strict=True)):
        near = partial(nearly, recipes.slopes, *tensors(line.x, line.y, line.w, line.b), part=place)
        case.compare(f"mse_grads, {name}", part, wanted, gradient_ways(name, parts, right, line), near=near)


def torch_grads(line: Line) -> np.ndarray:
    """Ask PyTorch for the slopes of the mean squared error by w and b."""
    params = torch.tensor([line.w, line.b], dtype=torch.float64, requires_grad=True)
    x, y = tensors(line.x, line.y)
    with torch.enable_grad():  # a notebook may have switched it off
        F.mse_loss(params[0] * x + params[1], y).backward()
    assert params.grad is not None
    return params.grad.numpy()


def gradient_ways(name: str, given: list[np.ndarray], right: np.ndarray, line: Line) -> Ways:
    """For each wrong gradient, a function that computes it."""
    mine, others = (right[0], right[1]) if name == "dw" else (right[1], right[0])
    N = len(line.x)
    errors = line.y_hat - line.y
    factor = line.x if name == "dw" else np.ones(N)
    each = 2 * errors * factor
    parameter = line.w if name == "dw" else line.b

    def exchanged() -> np.ndarray:
        if not close(given[name == "dw"], np.asarray(mine)):
            raise ValueError("the other one is not this one")
        return others

    return {
        GR1: lambda: [-mine, -mine / 2, -mine * 2, -mine * N],
        GR3: lambda: [mine * N, mine * N / 2],
        GR2: lambda: [mine / 2, mine * 2],
        NM5: exchanged,
        NM4: lambda: [others] if name == "dw" else [],
        NM9: lambda: [2 * errors.mean() * line.x.mean(), errors.mean() * line.x.mean()] if name == "dw" else [],
        NM10: lambda: [mine * N / (N - 1)] if N > 1 else [],
        NM11: lambda: [one * part for one in (each[0], each[-1]) for part in (1, 0.5, 1 / N, 0.5 / N)],
        NM12: lambda: 2 * ((errors - line.b) * factor).mean(),
        NM25: lambda: [k * ((errors - 2 * line.b) * factor).mean() for k in (2, 1)],
        NM13: lambda: [
            *(2 * errors.mean() * parameter, errors.mean() * parameter, mine * parameter),
            *(2 * (errors * other).mean() for other in (line.y, line.x**2)),
        ],
        NM19: lambda: mine / N,
        NM20: lambda: [k * (one * factor).mean() for one in (errors**2, abs(errors)) for k in (2, 1)],
        NM21: lambda: [2 * factor.mean(), factor.mean(), 0, 2 * (line.y_hat * factor).mean()],
        NM22: lambda: [parameter - mine, mine + parameter],
        NM27: lambda: [
            *(mine / np.hypot(*right), np.sign(mine), mine / abs(right).max()),
            *(np.clip(part * mine, -bound, bound) for bound in (1, 5, 10, 0.5, 0.1) for part in (1, 0.5)),
            *(mine * min(1, bound / np.hypot(*right)) for bound in (5, 10, 0.5)),
        ],
        GR5: lambda: [each, each / 2, each / N, each / 2 / N],
    }


# --- one step, and forty


def _try_step(case: Case, sgd_step: Function) -> None:
    params, grads, rate = case.data
    given = np.array(_two_numbers(case, case.call(sgd_step, "sgd_step", params, grads, rate), "sgd_step"))
    before, slope = np.array(params), np.array(grads)
    after = torch.sub(torch.tensor(before), torch.tensor(slope), alpha=rate)  # as torch.optim.SGD does it
    near = partial(nearly, recipes.moved, before, slope, rate)
    case.compare("sgd_step", given, after, step_ways(before, slope, rate), near=near)


def _two_numbers(case: Case, answer: Any, name: str) -> tuple[float, float]:
    """Return a pair of numbers; arrays of one element count as numbers."""
    if _is_pair(answer):
        first, second = (case.array(part, f"A part of what {name} returns") for part in answer)
        if first.size == second.size == 1:
            return float(first.reshape(())), float(second.reshape(()))
    line = f"{name} should return two numbers in a tuple"
    raise case.sentence(f"{line}, not {short(answer)}.", hidden=f"{line}.")


def step_ways(params: np.ndarray, grads: np.ndarray, rate: float) -> Ways:
    """For each wrong step, a function that computes its result."""
    return {
        NM5: lambda: (params - rate * grads)[::-1],
        GR2: lambda: [params - rate * grads / 2, params - rate * grads * 2],
        NM23: lambda: [
            *(rate * params - grads, rate * (params - grads), params * (1 - rate * grads), grads - rate * params),
            *(params - rate * params * grads, params * (1 - rate) - grads, params * (1 - rate) * grads),
        ],
        NM24: lambda: [params - rate * one for one in (1, abs(grads), np.sign(grads), grads**2)],
        NM6: lambda: params + rate * grads,
        NM7: lambda: [params - grads, params + grads],
        NM8: lambda: [-rate * grads, rate * grads],
        NM14: lambda: [params - rate * grads[::-1], params - rate * grads[0], params - rate * grads[1]],
        NM15: lambda: [(params - rate * grads * moved) for moved in ([1, 0], [0, 1], [0, 0])],
        NM16: lambda: [params - grads / rate, params + grads / rate],
    }


def _try_to_find_the_line(case: Case, function: Function) -> None:
    """Let one function of the student's find the line, beside a right one: what it keeps from call to call shows."""
    hours, temperature = map(np.array, sunshine_days(case.data.number, case.seed))
    x = (hours - hours.mean()) / hours.std()
    params = (0.0, 0.0)
    for _ in range(40):
        if case.part == "mse_grads":
            given = case.call(function, "mse_grads", x, temperature, *params)
            grads = _two_numbers(case, given, "mse_grads")
            params = params[0] - 0.2 * grads[0], params[1] - 0.2 * grads[1]
        else:
            grads = _pair(torch_grads(Line(x, temperature, *params)))
            params = _two_numbers(case, case.call(function, "sgd_step", params, grads, 0.2), "sgd_step")
    slope = params[0] / hours.std()
    intercept = params[1] - slope * hours.mean()
    if not (abs(slope - SLOPE) <= 0.1 and abs(intercept - INTERCEPT) <= 0.5):
        raise case.always(
            "Each function passes by itself, but forty steps of them do not find the line of the sunshine data.\n"
            "Does any of them keep something from one call to the next?"
        )
