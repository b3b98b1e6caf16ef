"""Bonus: dropout, forwards and back, in both modes.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
each number is silenced by itself, with probability p  the share that is kept, rows that differ
the others are divided by 1 - p                        what they were multiplied by
the way back meets the same numbers                    a part
training=False: x itself, and the gradient itself      a part
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function, no_shortcuts
from course_utils.labs.conv_and_pooling_homework.headings import TWO_MORE

DO1 = Misconception(
    "DO1",
    "numbers that stay are not scaled",
    "The numbers that stay are as they were. What becomes of the mean of the output if some are silent?",
    TWO_MORE,
)
DO2 = Misconception(
    "DO2",
    "keeps with probability p",
    "Here a share of p stays. Is p the probability to stay, or to fall silent?",
    TWO_MORE,
)
DO3 = Misconception(
    "DO3",
    "the gradient comes back whole",
    "Numbers that were silent get a gradient here. How does the loss change if one of them moves?",
    TWO_MORE,
)
DO4 = Misconception(
    "DO4",
    "another mask on the way back",
    "The gradient is 0 at other places than the output was. Where did the way forwards keep what it drew?",
    TWO_MORE,
)
DO5 = Misconception(
    "DO5",
    "the scale left out on the way back",
    "The gradient meets the mask, and not the scale. By what was a number that stayed multiplied?",
    TWO_MORE,
)
DO6 = Misconception(
    "DO6",
    "one mask for all examples",
    "The same units are silent for every example of the batch. For how many numbers must you draw?",
    TWO_MORE,
)
DO7 = Misconception(
    "DO7",
    "drops, or scales, when it is not training",
    "With training=False the output is not x. What should dropout do when a trained network is used?",
    TWO_MORE,
)
DO8 = Misconception(
    "DO8",
    "scaled by another factor",
    "Numbers that stay are multiplied by 1/p, or by p or 1 − p. Which factor keeps the mean if a share of 1 − p stays?",
    TWO_MORE,
)
DO9 = Misconception(
    "DO9",
    "chance from elsewhere than rng",
    "What stays is not drawn from the generator that is handed over: the same one gives other numbers, or another one "
    "the same. Whose random is it that you call?",
    TWO_MORE,
)

FORWARD, BACKWARD, EVAL = PARTS = ("dropout", "dropout_backward", "training=False")
SHAPE = (60, 80)
SLACK = 0.05  # of the share that is kept: more than five standard errors


def there_and_back(forward: Any, backward: Any, x: Any, p: float, seed: int, training: bool, slope: Any) -> Any:
    """Probe: send a batch through, and where it is asked for a gradient back."""
    mine = x.copy()
    out, memory = forward(mine, p, np.random.default_rng(seed), training)
    same = np.array_equal(mine, x)
    return {"out": out, "grad": None if slope is None else backward(slope.copy(), memory), "same": same}


class DropoutLayer(Implementation):
    """Write ``dropout(x, p, rng, training)`` and ``dropout_backward(grad_out, memory)``."""

    id = "dropout-layer"
    hints = (
        "rng.random(x.shape) draws numbers from 0 to 1. Which of them are below p, and how often?",
        "If a share of 1 − p stays, by what must it be divided for the mean to stay?",
        "What has the way back to remember: only which numbers stayed, or also by what they were multiplied?",
    )
    worked = """
        Another layer that draws: **noise**, each number times 1 + 0.1 · ξ, with ξ drawn anew for each number.

        1. x = (2, 4), drawn ξ = (0.5, −1): factors (1.05, 0.9), out (2.1, 3.6).
        2. The slope by each number is its own factor; so remember the *factors*, not x.
        3. A gradient (10, 10) goes back as (10.5, 9).
        4. Not in training: factors of 1, forwards and back.

        ```python
        def noise(x, rng, training):
            factors = 1 + 0.1 * rng.normal(size=x.shape) if training else np.ones(x.shape)
            return x * factors, factors

        def noise_backward(grad_out, factors):
            return grad_out * factors
        ```
    """
    misconceptions = (DO1, DO2, DO3, DO4, DO5, DO6, DO7, DO8, DO9)

    def cases(self) -> Sequence[Case]:
        """Return two probabilities, and a case for each other part."""
        return [
            Case("p=0.3", 0.3, FORWARD),
            Case("p=0.8", 0.8, FORWARD),
            Case("p=0.3", 0.3, BACKWARD),
            Case("p=0.3", 0.3, EVAL),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return another probability for each part."""
        return [Case("", 0.6, part) for part in PARTS]

    def try_case(self, case: Case, dropout: Callable[..., Any], dropout_backward: Callable[..., Any]) -> None:
        """Look at what stays, by what it is multiplied, and at what comes back."""
        must_be_function(dropout, FORWARD)
        if case.part != FORWARD:
            must_be_function(dropout_backward, BACKWARD)
        p, training = case.data, case.part != EVAL
        rng = case.rng(7)
        x, slope = (rng.uniform(1, 2, SHAPE) * rng.choice([-1, 1], SHAPE) for _ in range(2))  # none is near 0
        with no_shortcuts("dropout"):
            found = case.ask(
                there_and_back, dropout, dropout_backward, x, p, 5, training, None if case.part == FORWARD else slope
            )
        if found["same"] is not True:
            raise case.always(f"{FORWARD} changed the batch that it was given. Work on a copy: x = x.copy()")
        out = case.array(found["out"], "What dropout returns first")
        factors = _factors(case, out, x, p, training)
        if case.part == FORWARD:
            again, other = (case.ask(there_and_back, dropout, None, x, p, seed, True, None)["out"] for seed in (5, 6))
            if not np.array_equal(again, found["out"]) or np.array_equal(other, found["out"]):
                raise case.wrong(FORWARD, DO9)
        if case.part != FORWARD:
            grad = case.array(found["grad"], "What dropout_backward returns")
            stays = factors > 0
            ways = {
                DO5: lambda: [slope * stays, slope * stays * (1 - p)],
                DO3: lambda: [slope, slope / (1 - p)],
            }
            zeros = grad.shape == stays.shape and ((grad == 0) != ~stays).any() and (grad == 0).any()
            if zeros and training:
                raise case.wrong(BACKWARD, DO4)
            case.compare(BACKWARD, grad, slope * factors, ways if training else {DO7: lambda: [slope / (1 - p)]})


def _factors(case: Case, out: np.ndarray, x: np.ndarray, p: float, training: bool) -> np.ndarray:
    """Return by what each number was multiplied; refuse what dropout does not multiply by."""
    if out.shape != x.shape:
        raise case.always(f"{FORWARD}: the output should have the shape of x.")
    factors = out / x
    if not training:
        if not np.allclose(factors, 1):
            raise case.wrong(FORWARD, DO7)
        return factors
    stays = factors != 0
    share = float(stays.mean())
    if abs(share - (1 - p)) > SLACK:
        raise case.wrong(FORWARD, DO2 if abs(share - p) < SLACK else None)
    if not np.allclose(factors[stays], 1 / (1 - p)):
        others = [one for one in (1.0, 1 / p, p, 1 - p) if np.allclose(factors[stays], one)]
        raise case.wrong(FORWARD, (DO1 if others[0] == 1 else DO8) if others else None)
    if (stays == stays[0]).all() or (stays == stays[:, :1]).all():
        raise case.wrong(FORWARD, DO6)
    return factors
