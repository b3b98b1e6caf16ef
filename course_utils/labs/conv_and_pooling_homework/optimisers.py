"""Bonus: steps with a memory, to the last digits PyTorch's.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
momentum_step as torch.optim.SGD                       a part; the rate changes on the way
adam_step as torch.optim.Adam                          a part; small gradients, so that eps shows
weight_decay in both                                   a part
to 1e-10                                               after 12 steps
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from course_utils.judging.answers import as_array
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import must_be_function, no_shortcuts
from course_utils.judging.slips import SL123
from course_utils.labs.conv_and_pooling_homework import recipes
from course_utils.labs.conv_and_pooling_homework.headings import FURTHER

OP1 = Misconception(
    "OP1",
    "rate inside the velocity",
    "This keeps the rate in the memory. When the rate changes, which of them should remember it?",
    FURTHER,
)
OP2 = Misconception(
    "OP2",
    "velocity as a weighted mean",
    "Here the new gradient is weighted with 1 minus the momentum. What does PyTorch add to the old velocity?",
    FURTHER,
)
OP3 = Misconception(
    "OP3",
    "no bias correction",
    "The first steps are too small. How large are means that start at zero, after one step?",
    FURTHER,
)
OP4 = Misconception(
    "OP4",
    "eps under the root",
    "This adds eps before the root is taken. Which of the two does PyTorch add it to?",
    FURTHER,
)
OP5 = Misconception(
    "OP5",
    "weight decay beside the gradient",
    "Here the parameter shrinks beside its step. To what do SGD and Adam of PyTorch add the decay?",
    FURTHER,
)
OP6 = Misconception(
    "OP6",
    "weight decay left out",
    "This is right without weight decay. What does it add to each gradient?",
    FURTHER,
)
OP7 = Misconception(
    "OP7",
    "a step that looks ahead",
    "These are the steps of another kind of momentum, which adds the gradient to the velocity once more. Along what "
    "does the formula above go?",
    FURTHER,
)
OP8 = Misconception(
    "OP8",
    "means kept after their correction",
    "What is kept for the next step has been divided by 1 − β^t already. Which means does the formula keep, and which "
    "does it use once?",
    FURTHER,
)
OP9 = Misconception(
    "OP9",
    "the decay multiplied once more",
    "One way to get this: the decay comes in with the rate, a half or a 2 besides. What does PyTorch add to the "
    "gradient?",
    FURTHER,
)
OP10 = Misconception(
    "OP10",
    "a factor t where t is an exponent",
    "One way to get this: β is multiplied by t, or the corrections are left to the first step. What does β^t mean, and "
    "what is it in the second step?",
    FURTHER,
)
OP11 = Misconception(
    "OP11",
    "the largest mean square so far",
    "One way to get this: the largest mean square so far stands under the root. Which one is it in the formula?",
    FURTHER,
)

MOMENTUM, ADAM, DECAY = PARTS = ("momentum_step", "adam_step", "weight decay")
STEPS = 12


class Run(NamedTuple):
    """Steps on one array: which kind, with which decay, and how large the gradients are."""

    kind: str
    decay: float = 0.0
    scale: float = 1.0


def run_steps(
    function: Any, param: Any, grads: list[Any], rates: list[float], options: dict[str, float]
) -> dict[str, Any]:
    """Probe: make one step after the other with one memory, and return where they lead."""
    memory: dict[str, Any] = {}
    param, changed = param.copy(), False
    for grad, rate in zip(grads, rates, strict=True):
        given = grad.copy()
        param = as_array(function(param, given, memory, rate, **options), "What a step returns")
        changed |= not np.array_equal(given, grad)
    return {"param": param, "changed": changed}


class Optimisers(Implementation):
    """Write ``momentum_step`` and ``adam_step``: each takes (param, grad, memory, rate) and returns the new param.

    ``memory`` is a dict, empty at first, that a step may keep things in.
    """

    id = "optimisers"
    hints = (
        "What has memory to hold after the first step of momentum? memory.get(name, 0) gives 0 where nothing is kept.",
        "Adam keeps two running means and the number of the step. By what are the means divided?",
        "PyTorch adds weight_decay times the parameter to something before all else. To what?",
    )
    worked = """
        Another step with a memory, RMSprop: a running mean of squares scales the gradient.

        1. The memory is empty at first: the mean starts at 0.
        2. Each step moves the mean a little towards the new square, then divides by its root.

        ```python
        def rms_step(param, grad, memory, rate, alpha=0.99, eps=1e-8):
            old = memory.get("squares", 0.0)
            memory["squares"] = alpha * old + (1 - alpha) * grad**2
            return param - rate * grad / (memory["squares"] ** 0.5 + eps)
        ```
    """
    names_explain_all = True
    misconceptions = (OP1, OP2, OP3, OP4, OP5, OP6, OP7, OP8, OP9, OP10, OP11)

    def cases(self) -> Sequence[Case]:
        """Return twelve steps of each kind, and with decay."""
        return [
            Case("12 steps", Run(MOMENTUM), MOMENTUM),
            Case("12 steps", Run(ADAM, scale=1e-6), ADAM),
            Case("12 steps with momentum", Run(MOMENTUM, 0.125), DECAY),
            Case("12 steps of Adam", Run(ADAM, 0.125), DECAY),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other numbers."""
        runs = {MOMENTUM: Run(MOMENTUM, scale=3.0), ADAM: Run(ADAM, scale=1e-7)}
        return [Case("", run, part) for part, run in runs.items()] + [
            Case("", Run(kind, 0.5), DECAY) for kind in (MOMENTUM, ADAM)
        ]

    def try_case(self, case: Case, momentum_step: Callable[..., Any], adam_step: Callable[..., Any]) -> None:
        """Compare where the steps lead with PyTorch's optimiser."""
        run: Run = case.data
        function = momentum_step if run.kind == MOMENTUM else adam_step
        must_be_function(function, run.kind)
        rng = case.rng(PARTS.index(run.kind))
        param = rng.normal(size=(3, 2))
        grads = [run.scale * rng.normal(size=param.shape) for _ in range(STEPS)]
        rates = [0.1] * (STEPS // 2) + [0.025] * (STEPS - STEPS // 2)
        options = {"weight_decay": run.decay} if run.decay else {}
        with no_shortcuts("optim", "sgd", "adam"):
            result = case.ask(run_steps, function, param, grads, rates, options)
        found = result["param"]
        if result["changed"]:
            raise case.always(f"{run.kind} changed the gradient that it was given. Work on a copy.")
        right = torch_steps(run.kind, param, grads, rates, run.decay)
        ways = _ways(run, param, grads, rates)
        steps = recipes.momentum_steps if run.kind == MOMENTUM else recipes.adam_steps
        settings = (0.9,) if run.kind == MOMENTUM else ((0.9, 0.999), 1e-8)
        near = partial(nearly, steps, param, grads, rates, *settings, run.decay)
        given = case.array(found, f"What {run.kind} returns")
        if run.kind == ADAM and not np.isfinite(given).all():
            factor = _adam_by_factor(param, grads, rates, FACTORS[0])
            raise case.wrong(run.kind, OP10 if np.array_equal(np.isnan(given), np.isnan(factor)) else SL123)
        case.compare(run.kind, given, right, ways, 1e-10, 1e-10, near=near)


SGD_SETTINGS: dict[str, Any] = {"momentum": 0.9, "dampening": 0.0, "nesterov": False}
ADAM_SETTINGS: dict[str, Any] = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "amsgrad": False}


def torch_steps(
    kind: str, param: np.ndarray, grads: list[np.ndarray], rates: list[float], decay: float, **options: Any
) -> np.ndarray:
    """Ask the functions behind PyTorch's optimisers where steps lead: to make one of those takes seconds at first."""
    params, velocities = [torch.tensor(param)], [None]
    means, squares, count = [torch.zeros_like(params[0])], [torch.zeros_like(params[0])], [torch.tensor(0.0)]
    settings = SGD_SETTINGS if kind == MOMENTUM else ADAM_SETTINGS
    settings = settings | {"weight_decay": decay, "maximize": False, "foreach": False} | options
    for grad, rate in zip(grads, rates, strict=True):
        slopes = [torch.tensor(grad)]
        if kind == MOMENTUM:
            sgd(params, slopes, velocities, lr=rate, **settings)
        else:
            adam(params, slopes, means, squares, [], count, lr=rate, **settings)
    return params[0].numpy()


def _ways(
    run: Run, param: np.ndarray, grads: list[np.ndarray], rates: list[float]
) -> dict[Misconception, Callable[[], object]]:
    """Return for each wrong way a function that computes where it leads."""
    if run.decay:
        return {
            OP5: lambda: _decays_beside(run, param, grads, rates),
            OP6: lambda: torch_steps(run.kind, param, grads, rates, 0.0),
            OP9: lambda: _other_decays(run, param, grads, rates),
        }
    if run.kind == ADAM:
        return {
            OP3: lambda: _adam(param, grads, rates, corrects=False),
            OP4: lambda: _adam(param, grads, rates, True),
            OP8: lambda: [_adam_that_keeps(param, grads, rates, which) for which in ("both", "mean", "square")],
            OP10: lambda: [_adam_by_factor(param, grads, rates, by) for by in FACTORS],
            OP11: lambda: _amsgrad(param, grads, rates),
        }

    def rate_inside() -> np.ndarray:
        scaled = [rate * grad for rate, grad in zip(rates, grads, strict=True)]
        return torch_steps(MOMENTUM, param, scaled, [1.0] * STEPS, 0.0)

    def as_mean() -> np.ndarray:
        return torch_steps(MOMENTUM, param, [0.1 * grad for grad in grads], rates, 0.0)

    return {
        OP7: lambda: torch_steps(MOMENTUM, param, grads, rates, 0.0, nesterov=True),
        OP1: lambda: [rate_inside(), _mixed_rates(param, grads, rates)],
        OP2: lambda: [as_mean(), torch_steps(MOMENTUM, param, grads, rates, 0.0, dampening=0.1)],
    }


def _mixed_rates(param: np.ndarray, grads: list[np.ndarray], rates: list[float]) -> np.ndarray:
    """Keep the velocity times the rate, and multiply by the rate again."""
    kept = np.zeros(param.shape)
    for grad, rate in zip(grads, rates, strict=True):
        velocity = 0.9 * kept + grad
        kept = rate * velocity
        param = param - rate * velocity
    return param


def _other_decays(run: Run, param: np.ndarray, grads: list[np.ndarray], rates: list[float]) -> list[np.ndarray]:
    each = [torch_steps(run.kind, param, grads, rates, run.decay * by) for by in (0.5, 2, -1)]
    return [*each, _with_rate(run, param, grads, rates)]


def _with_rate(run: Run, param: np.ndarray, grads: list[np.ndarray], rates: list[float]) -> np.ndarray:
    """Add rate times decay times the parameter to each gradient."""
    slopes: list[np.ndarray] = []
    here = param
    for number, (grad, rate) in enumerate(zip(grads, rates, strict=True), 1):
        slopes.append(grad + rate * run.decay * here)
        here = torch_steps(run.kind, param, slopes, rates[:number], 0.0)
    return here


FACTORS: tuple[Callable[[float, int], float], ...] = (lambda beta, t: beta * t, lambda beta, t: beta)


def _adam_by_factor(
    param: np.ndarray, grads: list[np.ndarray], rates: list[float], power: Callable[[float, int], float]
) -> np.ndarray:
    """Take Adam's steps with something else than a power in the corrections."""
    mean, square = np.zeros(param.shape), np.zeros(param.shape)
    with np.errstate(all="ignore"):
        for t, (grad, rate) in enumerate(zip(grads, rates, strict=True), 1):
            mean, square = 0.9 * mean + 0.1 * grad, 0.999 * square + 0.001 * grad**2
            root = np.sqrt(square / (1 - power(0.999, t))) + 1e-8
            param = param - rate * (mean / (1 - power(0.9, t))) / root
    return param


def _adam_that_keeps(param: np.ndarray, grads: list[np.ndarray], rates: list[float], which: str) -> np.ndarray:
    """Take Adam's steps with corrected means that are kept."""
    mean, square = np.zeros(param.shape), np.zeros(param.shape)
    for t, (grad, rate) in enumerate(zip(grads, rates, strict=True), 1):
        mean, square = 0.9 * mean + 0.1 * grad, 0.999 * square + 0.001 * grad**2
        one, other = mean / (1 - 0.9**t), square / (1 - 0.999**t)
        param = param - rate * one / (np.sqrt(other) + 1e-8)
        mean, square = one if which != "square" else mean, other if which != "mean" else square
    return param


def _amsgrad(param: np.ndarray, grads: list[np.ndarray], rates: list[float]) -> np.ndarray:
    mean, square = np.zeros(param.shape), np.zeros(param.shape)
    for t, (grad, rate) in enumerate(zip(grads, rates, strict=True), 1):
        mean, square = 0.9 * mean + 0.1 * grad, np.maximum(0.999 * square + 0.001 * grad**2, square)
        param = param - rate * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
    return param


def _decays_beside(run: Run, param: np.ndarray, grads: list[np.ndarray], rates: list[float]) -> np.ndarray:
    if run.kind == ADAM:
        return torch_steps(ADAM, param, grads, rates, run.decay, decoupled_weight_decay=True)
    plain = np.zeros(param.shape)
    moves = [torch_steps(MOMENTUM, plain, grads[:n], rates[:n], 0.0) for n in range(STEPS + 1)]
    for number, rate in enumerate(rates):
        param = param * (1 - rate * run.decay) + moves[number + 1] - moves[number]
    return param


def _adam(
    param: np.ndarray, grads: list[np.ndarray], rates: list[float], under_the_root: bool = False, corrects: bool = True
) -> np.ndarray:
    """Take Adam's steps in a wrong way."""
    mean, square = np.zeros(param.shape), np.zeros(param.shape)
    for number, (grad, rate) in enumerate(zip(grads, rates, strict=True), 1):
        mean, square = 0.9 * mean + 0.1 * grad, 0.999 * square + 0.001 * grad**2
        one, other = (1 - 0.9**number, 1 - 0.999**number) if corrects else (1, 1)
        root = np.sqrt(square / other + 1e-8) if under_the_root else np.sqrt(square / other) + 1e-8
        param = param - rate * (mean / one) / root
    return param
