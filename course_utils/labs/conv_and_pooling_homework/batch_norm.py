"""Bonus: batch normalisation in training, forwards and back.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
each feature by the mean and variance of the batch     a part; batches that are not square
eps is added to the variance                           eps is large in a case
gradients by x, scale and shift                        a part; PyTorch's, in 64 bits
=====================================================  ==========================================================
"""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case, Ways
from course_utils.judging.closeness import close
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import must_be_function, no_shortcuts
from course_utils.labs.conv_and_pooling_homework import recipes
from course_utils.labs.conv_and_pooling_homework.headings import TWO_MORE
from course_utils.labs.conv_and_pooling_homework.torch_says import forward_and_back

BT1 = Misconception(
    "BT1",
    "mean and variance taken for constants",
    "This is the slope if mean and variance stood still. What happens to both when one number of the batch moves?",
    TWO_MORE,
)
BT2 = Misconception(
    "BT2",
    "variance taken for a constant",
    "The way through the mean is there, the one through the variance is not. What else depends on x?",
    TWO_MORE,
)
BT3 = Misconception(
    "BT3",
    "variance divided by N - 1",
    "The variance here is divided by N − 1. By what does the task divide it?",
    TWO_MORE,
)
BT4 = Misconception(
    "BT4",
    "each example normalised, not each feature",
    "Here every example gets a mean of its own. Which axis counts the batch?",
    TWO_MORE,
)
BT5 = Misconception(
    "BT5",
    "eps beside the root, or left out",
    "With a large eps this is something else. To what is eps added, and before or after the root?",
    TWO_MORE,
)
BT6 = Misconception(
    "BT6",
    "the scale left out on the way back",
    "The scale has been forgotten on the way back to x. By what was each number multiplied on the way forwards?",
    TWO_MORE,
)
BT7 = Misconception(
    "BT7",
    "gradients of scale and shift averaged over the batch",
    "These are means over the batch. What does a parameter that all examples share get from them?",
    TWO_MORE,
)
BT8 = Misconception(
    "BT8",
    "gradient of the scale with x as it came in",
    "This multiplies with x as it came in. What did the scale multiply on the way forwards?",
    TWO_MORE,
)
BT9 = Misconception(
    "BT9",
    "divided by the variance, not by its root",
    "Spreads of 1 do not come out of this. What has the unit of x, the variance or its root?",
    TWO_MORE,
)
BT10 = Misconception(
    "BT10",
    "gradients of scale and shift exchanged",
    "The gradients by scale and by shift stand in each other's place. Which of the two meets what was normalised?",
    TWO_MORE,
)
BT11 = Misconception(
    "BT11",
    "sums in the place of the means on the way back",
    "These are sums over the batch where the formula has means. What does the line above a letter stand for?",
    TWO_MORE,
)
BT12 = Misconception(
    "BT12",
    "gradients in another order",
    "These are the three gradients in another order. Which one does the task name first?",
    TWO_MORE,
)
BT13 = Misconception(
    "BT13",
    "the output kept in place of what was normalised",
    "The way back uses the output where it needs what was normalised, before scale and shift. What does memory hold?",
    TWO_MORE,
)

FORWARD, BACKWARD = PARTS = ("batch_norm", "batch_norm_backward")


class Batch(NamedTuple):
    """Examples, features, and eps."""

    number: int
    features: int
    eps: float


def there_and_back(forward: Any, backward: Any, arrays: list[Any], eps: float, slope: Any) -> dict[str, Any]:
    """Probe: send a batch through, and a gradient back with what was remembered."""
    out, memory = forward(*[one.copy() for one in arrays], eps)
    grads = None if slope is None else tuple(backward(slope.copy(), memory))
    return {"out": out, "grads": grads}


class BatchNorm(Implementation):
    """Write ``batch_norm(x, scale, shift, eps)`` and ``batch_norm_backward(grad_out, memory)``; each is a part."""

    id = "batch-norm"
    hints = (
        "x (N, D) has D means and D variances. Over which axis are they taken?",
        "Write x̂ for the normalised numbers. Through which three ways does x reach the output?",
        "Subtract from the gradient what the mean takes away, and what the variance does: two means over the batch.",
    )
    worked = """
        A smaller one, **centring**: out = x − mean(x), for one feature, on paper. x = (1, 2, 6), gradient (3, 0, 0).

        1. Forwards: the mean is 3, out = (−2, −1, 3).
        2. One number reaches *all* outputs: itself with slope 1, and through the mean each with slope −1/3.
        3. So its gradient is what came back at its place, minus the mean of all that came back: 3 − 1, 0 − 1, 0 − 1.
        4. (2, −1, −1) adds up to 0: to add a constant to x changes nothing, so the slope along it must be 0.

        ```python
        def centring_backward(grad_out):
            return grad_out - grad_out.mean(axis=0)
        ```

        Batch normalisation divides by the root of the variance as well: a third way, and a second thing to subtract.
    """
    names_explain_all = True
    misconceptions = (BT1, BT2, BT3, BT4, BT5, BT6, BT7, BT8, BT9, BT10, BT11, BT12, BT13)

    def cases(self) -> Sequence[Case]:
        """Return two batches for each part."""
        plans = [Batch(6, 3, 1e-5), Batch(4, 5, 0.5)]
        return [Case(f"{plan.number} examples, eps={plan.eps}", plan, part) for part in PARTS for plan in plans]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return another batch for each part."""
        return [Case("", Batch(7, 2, 0.1), part) for part in PARTS]

    def try_case(self, case: Case, batch_norm: Callable[..., Any], batch_norm_backward: Callable[..., Any]) -> None:
        """Compare with PyTorch's."""
        plan: Batch = case.data
        must_be_function(batch_norm, FORWARD)
        if case.part == BACKWARD:
            must_be_function(batch_norm_backward, BACKWARD)
        rng = case.rng(plan.number, plan.features)
        x = rng.normal(1, 2, (plan.number, plan.features))
        scale, shift, slope = rng.normal(size=plan.features), rng.normal(size=plan.features), rng.normal(size=x.shape)
        with no_shortcuts("batch_norm"):
            found = case.ask(
                there_and_back,
                batch_norm,
                batch_norm_backward,
                [x, scale, shift],
                plan.eps,
                slope if case.part == BACKWARD else None,
            )
        right, grads = forward_and_back(normalised(plan.eps), (x, scale, shift), slope)
        out = case.array(found["out"], "What batch_norm returns first")
        near = partial(nearly, recipes.batch_normed, *map(torch.tensor, (x, scale, shift)), plan.eps)
        case.compare(FORWARD, out, right, wrong_outputs(x, scale, shift, plan.eps), near=near)
        if case.part == FORWARD:
            return
        if len(found["grads"]) != 3:
            raise case.always(f"{BACKWARD} should return three gradients: by x, scale and shift.")
        arrays = [case.array(one, "A gradient that batch_norm_backward returns") for one in found["grads"]]
        if _in_another_order(arrays, grads):
            raise case.wrong(BACKWARD, BT12)
        ways = wrong_gradients(x, scale, shift, slope, plan.eps)
        for place, name in enumerate(("x", "scale", "shift")):
            array = arrays[place]
            mine = {way: lambda place=place, way=way: ways[way][place] for way in ways}
            back = partial(nearly, recipes.batch_slopes, *map(torch.tensor, (x, scale, slope)), plan.eps, part=place)
            case.compare(f"{BACKWARD}, gradient by {name}", array, grads[place], mine, near=back)


def _in_another_order(arrays: list[np.ndarray], grads: Sequence[np.ndarray]) -> bool:
    """Tell whether the gradients are right, and x's does not come first."""
    orders = list(itertools.permutations(range(3)))[2:]
    return any(all(close(arrays[i], grads[j]) for i, j in enumerate(order)) for order in orders)


def normalised(eps: float) -> Any:
    """Return PyTorch's batch normalisation in training."""
    return lambda x, scale, shift: F.batch_norm(x, None, None, scale, shift, training=True, eps=eps)


def wrong_outputs(x: np.ndarray, scale: np.ndarray, shift: np.ndarray, eps: float) -> Ways:
    """For each wrong way forwards, a function that computes its output."""
    centred, variance = x - x.mean(axis=0), x.var(axis=0)
    rows = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + eps)
    roots = (np.sqrt(variance) + eps, np.sqrt(variance))
    return {
        BT3: lambda: scale * centred / np.sqrt(x.var(axis=0, ddof=1) + eps) + shift,
        BT4: lambda: scale * rows + shift,
        BT9: lambda: [scale * centred / one + shift for one in (variance + eps, variance)],
        BT5: lambda: [scale * centred / root + shift for root in roots] if eps > 1e-3 else [],
    }


def wrong_gradients(
    x: np.ndarray, scale: np.ndarray, shift: np.ndarray, slope: np.ndarray, eps: float
) -> dict[Misconception, tuple[Any, Any, Any]]:
    """Return what each wrong way back gives by x, scale and shift; an empty list where it gives the right thing."""
    root = np.sqrt(x.var(axis=0) + eps)
    hat, by_hat = (x - x.mean(axis=0)) / root, slope * scale
    right: Any = torch.tensor(slope - slope.mean(axis=0) - hat * (slope * hat).mean(axis=0)).numpy() / root
    none: list[Any] = []
    out = scale * hat + shift
    by_out = (by_hat - by_hat.mean(axis=0) - out * (by_hat * out).mean(axis=0)) / root
    return {
        BT1: (by_hat / root, none, none),
        BT2: ((by_hat - by_hat.mean(axis=0)) / root, none, none),
        BT6: ([right, slope / root], none, none),
        BT11: ((by_hat - by_hat.sum(axis=0) - hat * (by_hat * hat).sum(axis=0)) / root, none, none),
        BT10: (none, slope.sum(axis=0), (slope * hat).sum(axis=0)),
        BT7: (none, (slope * hat).mean(axis=0), slope.mean(axis=0)),
        BT8: (none, (slope * x).sum(axis=0), none),
        BT13: (by_out, (slope * out).sum(axis=0), none),
    }
