"""Bonus: what an array that was broadcast gets back.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
axes that broadcasting put in front                    one axis, two axes, a single number
axes of length 1 that it stretched                     the last axis, the first, both ways at once
the gradient itself where nothing was repeated         equal shapes, also with an axis of length 1
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.variants import Dice
from course_utils.labs.conv_and_pooling_homework.headings import TENSORS
from course_utils.labs.conv_and_pooling_homework.torch_says import forward_and_back

UB1 = Misconception(
    "UB1",
    "a mean over the repetitions",
    "This is a mean over the places where a number was used. How much does the loss change if it moves, and all of its "
    "copies with it?",
    TENSORS,
)
UB2 = Misconception(
    "UB2",
    "axes of length 1 are not summed",
    "Axes in front are summed, stretched ones are not. An axis of length 1 that is longer now: how often was it used?",
    TENSORS,
)
UB3 = Misconception(
    "UB3",
    "axes in front are not summed",
    "Stretched axes are summed, those that came in front are not. How often was each number used along them?",
    TENSORS,
)
UB4 = Misconception(
    "UB4",
    "summed axes are gone",
    "The sums are right, and an axis of length 1 is gone. Which option of `sum` leaves it where it was?",
    TENSORS,
)
UB5 = Misconception(
    "UB5",
    "the last axes summed instead of the first",
    "The axes at the end are summed here. Where does broadcasting put new axes, in front or behind?",
    TENSORS,
)
UB6 = Misconception(
    "UB6",
    "one of the repetitions instead of all",
    "This is what one copy of each number gets. By how many ways did it reach the result?",
    TENSORS,
)


UB7 = Misconception(
    "UB7",
    "one sum of everything in every place",
    "Each place holds the sum of the whole gradient, or a share of it. Which copies belong to the first number of the "
    "operand?",
    TENSORS,
)


class Broadcast(NamedTuple):
    """The shape of an operand, and that of the result it was broadcast to."""

    operand: tuple[int, ...]
    result: tuple[int, ...]

    @property
    def text(self) -> str:
        """Return both shapes as a learner reads them."""
        return f"shape {self.operand}, grad {self.result}"

    @property
    def in_front(self) -> tuple[int, ...]:
        """Return the axes that broadcasting put in front."""
        return tuple(range(len(self.result) - len(self.operand)))

    @property
    def stretched(self) -> tuple[int, ...]:
        """Return the axes of the result along which a length of 1 was repeated."""
        added = len(self.in_front)
        return tuple(
            added + axis for axis, size in enumerate(self.operand) if size == 1 and self.result[added + axis] != 1
        )


def sums(grad: np.ndarray, plan: Broadcast, how: Callable[..., np.ndarray] = np.sum) -> np.ndarray:
    """Return the gradient in the operand's shape: what was repeated is brought together by a function of axes."""
    return how(grad, axis=plan.in_front + plan.stretched, keepdims=True).reshape(plan.operand)


def first_copy(grad: np.ndarray, axis: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """Return only the first place along some axes, as ``sum`` would with all of them."""
    assert keepdims
    return grad[tuple(slice(0, 1) if one in axis else slice(None) for one in range(grad.ndim))]


def wrong_ways(grad: np.ndarray, plan: Broadcast) -> Ways:
    """For each wrong way, a function that computes what it gives."""
    front, stretched = plan.in_front, plan.stretched
    backwards = tuple(grad.ndim - 1 - axis for axis in front)
    ones = tuple(len(front) + axis for axis, size in enumerate(plan.operand) if size == 1)
    ways: Ways = {UB1: lambda: sums(grad, plan, np.mean), UB6: lambda: sums(grad, plan, first_copy)}
    if stretched:
        ways[UB2] = lambda: grad.sum(axis=front)
    if front:
        ways[UB3] = lambda: grad.sum(axis=stretched, keepdims=True)
        ways[UB5] = lambda: grad.sum(axis=backwards)
    size = int(np.prod(plan.operand))
    if size > 1:
        ways[UB7] = lambda: [np.full(plan.operand, grad.sum() / share) for share in (1, size, grad.size)]
    if ones:
        ways[UB4] = lambda: [grad.sum(axis=front + axes) for axes in (stretched, ones)]
    return ways


def expanded(plan: Broadcast) -> Any:
    """Return PyTorch's way to broadcast an operand."""
    return lambda operand: operand.expand(plan.result)


def draw_broadcast(dice: Dice) -> Broadcast:
    """Draw an operand of two axes, one of them 1, that gets a further axis in front; no two lengths are alike."""
    batch, rows, columns = dice.shuffled(range(2, 8))[:3]
    operand = dice.choose([(rows, 1), (1, columns)])
    return Broadcast(operand, (batch, rows, columns))


class Unbroadcast(Implementation):
    """Write ``unbroadcast(grad, shape)``: the gradient by an operand of this shape."""

    id = "unbroadcast"
    hints = (
        "A bias b (3,) is added to x (4, 3). To how many numbers of the result does b[0] go?",
        "Broadcasting puts axes in front until both have as many. How many has it put there?",
        "Sum over those first. Then go through the axes of shape: which of them are 1 and are longer in the gradient?",
    )
    worked = """
        Two axes by hand: an operand of shape (2, 1), `a = [[10], [20]]`, is added to an array of shape (2, 3).

        1. `a` is stretched: both its numbers stand in a whole row of the result, three times each.
        2. Let the gradient be [[1, 2, 3], [4, 5, 6]]. What a number of `a` does to the loss is the sum over its copies.
        3. [[1 + 2 + 3], [4 + 5 + 6]] = [[6], [15]], again of shape (2, 1), as `a` is.

        NumPy: `grad.sum(axis=1, keepdims=True)`. Which axes, and whether some stand in front, is yours to find.
    """
    misconceptions = (UB1, UB2, UB3, UB4, UB5, UB6, UB7)

    def cases(self) -> Sequence[Case]:
        """Return a bias, stretched axes, both at once, a single number, and two where nothing is repeated."""
        plans = [
            Broadcast((3,), (4, 3)),
            Broadcast((3,), (5, 3, 3)),
            Broadcast((4, 1), (4, 3)),
            Broadcast((1, 3), (3, 3)),
            Broadcast((4, 1), (2, 4, 3)),
            Broadcast((), (2, 3)),
            Broadcast((2, 3), (2, 3)),
            Broadcast((1, 3), (1, 3)),
        ]
        return [Case(plan.text, plan) for plan in plans]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other shapes of the same kinds."""
        drawn = [draw_broadcast(Dice("hidden", seed, number)) for number in range(3)]
        more = [Broadcast((1, 1), (4, 4)), Broadcast((2,), (2, 2)), Broadcast((1,), (3, 1)), Broadcast((), (2, 3, 2))]
        return [Case("other shapes", plan) for plan in (*drawn, *more)]

    def try_case(self, case: Case, unbroadcast: Callable[..., Any]) -> None:
        """Compare with what PyTorch gives an expanded tensor."""
        plan: Broadcast = case.data
        grad = case.rng(*plan.operand, *plan.result).uniform(0.5, 2, plan.result)  # sums are never near 0
        grad *= np.where(np.indices(plan.result).sum(axis=0) % 3, 1, -0.5)
        _, (right,) = forward_and_back(expanded(plan), (np.zeros(plan.operand),), grad)
        given = case.array(case.call(unbroadcast, "unbroadcast", grad.copy(), plan.operand), "What unbroadcast returns")
        case.compare("unbroadcast", given, right, wrong_ways(grad, plan))


def tensors_and_torch(
    forward: Callable[..., Any], tensor: type, backward: Callable[..., Any], arrays: dict[str, np.ndarray]
) -> dict[str, float]:
    """Return, for each array, the largest difference between its gradient in another engine and PyTorch's.

    Parameters
    ----------
    forward
        Called with the wrapped arrays, by name; returns the loss. It must use only what both kinds of tensor can.
    tensor, backward
        The other engine: ``backward(loss)`` fills ``.grad`` of each ``tensor(array)`` that the loss was computed from.
    arrays
        Arrays with 64 bits, by name.
    """
    mine = {name: tensor(array) for name, array in arrays.items()}
    backward(forward(**mine))
    theirs = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    with torch.enable_grad():
        forward(**theirs).backward()
    return {name: float(np.abs(mine[name].grad - theirs[name].grad.numpy()).max()) for name in arrays}
