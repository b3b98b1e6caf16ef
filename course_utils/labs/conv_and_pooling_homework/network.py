"""Exercise 5.16: layers that become a network, and its loss.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
softmax_loss(scores, y) -> loss, gradient (N, K)       a part; five rows, at grading other sizes
scores of any size                                     scores up to 2,000
Network(layers): forward through all, backward         a part; layers that may not be exchanged
backward returns the gradient by the input             the same
=====================================================  ==========================================================
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.conv_and_pooling_homework import recipes, torch_says
from course_utils.labs.conv_and_pooling_homework.borrowed import TorchLayer
from course_utils.labs.conv_and_pooling_homework.headings import WHOLE

PR2 = shared.PR2.in_lab(WHOLE)
NW1 = Misconception(
    "NW1",
    "gradient of the sum, not of the mean",
    "This is the right gradient times the number of rows. The loss is a mean: where does its 1/N go?",
    WHOLE,
)
NW2 = Misconception(
    "NW2",
    "loss summed over the batch",
    "This is the sum over the batch. What would a batch twice as large do to the size of a step?",
    WHOLE,
)
NW3 = Misconception(
    "NW3",
    "backward in the order of forward",
    "Your gradient goes through the layers from first to last. Which layer does it reach first on its way back?",
    WHOLE,
)
NW4 = Misconception(
    "NW4",
    "only one layer runs",
    "This is what a single layer makes of the batch. What does each layer get from the one before it?",
    WHOLE,
)
NW5 = Misconception(
    "NW5",
    "probabilities without the labels taken off",
    "These are probabilities, perhaps divided by N. By how much is the score of the true class too low?",
    WHOLE,
)

NW6 = Misconception(
    "NW6",
    "loss and gradient exchanged",
    "The gradient comes first here, and the loss second. In which order does the task name them?",
    WHOLE,
)
NW7 = Misconception(
    "NW7",
    "probabilities in place of scores",
    "These are the probabilities of the scores. Who takes the softmax here: the network, or the loss?",
    WHOLE,
)
NW8 = Misconception(
    "NW8",
    "a layer left out on the way back",
    "This is what comes back if a layer is left out, or asked with a gradient that is not its own. What does each get?",
    WHOLE,
)

NW9 = Misconception(
    "NW9",
    "loss divided by the number of classes, too",
    "This is divided by the number of all scores. How many true classes has the batch?",
    WHOLE,
)
NW10 = Misconception(
    "NW10",
    "hinge in place of cross-entropy",
    "This is a hinge: scores that lie by 1 below that of the true class cost nothing. What does each score cost in a "
    "cross-entropy?",
    WHOLE,
)

NW11 = Misconception(
    "NW11",
    "a number added inside the logarithm",
    "One way to get this: a small number is added to the probabilities, or they are kept away from 0, before the "
    "logarithm. What does that change where nothing overflows?",
    WHOLE,
)
NW12 = Misconception(
    "NW12",
    "logarithm to another base",
    "One way to get this: a logarithm to the base 2 or 10. To which base is the one that undoes exp?",
    WHOLE,
)
NW13 = Misconception(
    "NW13",
    "another loss of the probabilities",
    "One way to get this: squares or differences of probabilities and labels in place of logarithms. Which loss is "
    "asked for?",
    WHOLE,
)
NW14 = Misconception(
    "NW14",
    "labels smoothed",
    "One way to get this: the true class gets a little less than 1, the others a little more than 0. What does the "
    "task say of labels?",
    WHOLE,
)
NW15 = Misconception(
    "NW15",
    "softmax along the batch",
    "One way to get this: the sum of exponentials runs over the examples. Whose scores are to add up to 1?",
    WHOLE,
)
NW16 = Misconception(
    "NW16",
    "slope of the softmax, or of one probability",
    "One way to get this: p (1 − p), the slope of a probability by its own score. Of what is the gradient asked, and "
    "what is left of it behind the logarithm?",
    WHOLE,
)
NW17 = Misconception(
    "NW17",
    "gradient handed back as it came in",
    "This is the gradient that came in. What does each layer make of it, and who hands that on?",
    WHOLE,
)

LOSS, NETWORK = PARTS = ("softmax_loss", "Network")
OTHER_LOSSES = (NW11, NW12, NW13, NW14, NW15)
MORE = (NW11, NW12, NW13, NW14, NW15, NW16, NW17)
SMALL = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 0.1)
SMOOTHED = (0.1, 0.2, 0.05, 0.01)
NOT_OWN = ("softmax", "cross_entropy", "nll_loss", "log_sum_exp", "logsumexp", "logaddexp")


class Turn(TorchLayer):
    """A layer of the check's own: multiplies a batch by a square matrix."""

    def operation(self, x: torch.Tensor, *params: torch.Tensor) -> torch.Tensor:
        """Compute what the layer gives."""
        return (x @ params[0]).tanh()

    def backward(self, grad_out: np.ndarray) -> np.ndarray:
        """Return the gradient by the input; of a layer that has not gone forward as if it had seen zeros."""
        self.x = getattr(self, "x", np.zeros_like(grad_out))
        return super().backward(grad_out)


def run_network(made_from: Any, matrices: list[Any], x: Any, slope: Any) -> dict[str, Any]:
    """Probe: make a network of layers of ours, send a batch forward and a gradient back."""
    layers = [Turn(matrix=one) for one in matrices]
    network = made_from(layers)
    found = {"forward": network.forward(x), "backward": network.backward(slope)}
    return found | {"grads": [layer.grads.get("matrix") for layer in layers]}


class NetworkAndLoss(Implementation):
    """Write ``softmax_loss(scores, y)`` and ``Network(layers)`` with ``forward`` and ``backward``; each is a part."""

    id = "network"
    hints = (
        "Lab 04 has softmax_ce_grad and cross_entropy. What do both need, and what keeps exp from overflowing?",
        "The last layer saw its input from the layer before it. Who wants the gradient by that input?",
    )
    worked = """
        Another loss with its gradient, the mean square: `square_loss(values, wanted)`.

        1. One function returns both, for they share their work: first the loss, then the gradient.
        2. A mean over N rows has a factor 1/N, in the loss and in the gradient.
        3. Backward starts with that gradient. The layers themselves never divide by N.

        ```python
        def square_loss(values, wanted):
            difference = values - wanted
            N = len(values)
            return (difference**2).sum() / N, 2 * difference / N
        ```
    """
    misconceptions = (PR2, NW1, NW2, NW3, NW4, NW5, NW6, NW7, NW8, NW9, NW10, *MORE)

    def cases(self) -> Sequence[Case]:
        """Return scores, large scores, and three layers."""
        return [
            Case("scores (5, 4)", (5, 4, 1.0), LOSS),
            Case("scores up to 2,000", (5, 4, 1000.0), LOSS),
            Case("three layers", (4, 3, 3), NETWORK),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes, and another number of layers."""
        return [Case("", (7, 3, 2.0), LOSS), Case("", (3, 4, 700.0), LOSS), Case("", (5, 2, 4), NETWORK)]

    def try_case(self, case: Case, softmax_loss: Callable[..., Any], network: Any) -> None:
        """Compare with PyTorch."""
        if case.part == LOSS:
            _try_loss(case, softmax_loss)
        else:
            _try_network(case, network)


def _hinges(scores: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Return what hinges make of a batch: the sum over the other classes, its share of a class, the largest."""
    below = F.relu(1 + scores - scores.gather(1, y[:, None])) * (1 - F.one_hot(y, scores.shape[1]))
    return [below.sum(1).mean(), below.mean(), below.amax(1).mean()]


def other_losses(z: torch.Tensor, y: torch.Tensor) -> dict[Misconception, list[torch.Tensor]]:
    """Return what other losses of scores (N, K) come to."""
    p, one_hot, N = z.softmax(1), F.one_hot(y, z.shape[1]), len(z)
    own = p.gather(1, y[:, None])
    shifted = z - z.amax(1, keepdim=True)
    across = [(one - one.exp().sum(0).log()).gather(1, y[:, None]) for one in (z, shifted)]
    gap, right = p - one_hot, -own.log().mean()
    return {
        NW11: [
            made for more in SMALL for made in (-(own + more).log().mean(), -own.clamp(more, 1 - more).log().mean())
        ],
        NW12: [right / np.log(2), right / np.log(10)],
        NW13: [gap.square().sum() / N, gap.square().mean(), gap.abs().sum() / N, gap.abs().mean(), (1 - own).mean()],
        NW14: [F.cross_entropy(z, y, label_smoothing=share) for share in SMOOTHED],
        NW15: [-one.mean() for one in across],
    }


def _slopes_of_others(z: torch.Tensor, y: torch.Tensor, way: Misconception) -> list[torch.Tensor]:
    """Return the gradients of another loss, in its variants."""
    return list(torch.func.jacrev(lambda one: torch.stack(other_losses(one, y)[way]))(z))


def _try_loss(case: Case, function: Callable[..., Any]) -> None:
    N, K, scale = case.data
    rng = case.rng(N, K)
    scores, y = scale * rng.uniform(-2, 2, size=(N, K)), rng.permutation(np.arange(N) % K)
    with no_shortcuts(*NOT_OWN):
        given = case.call(function, LOSS, scores, y)
    if type(given) not in (tuple, list) or len(given) != 2:
        raise case.always(f"{LOSS} should return two things: the loss, and its gradient by the scores.")
    loss, gradient = (case.array(one, f"What {LOSS} returns") for one in given)
    if loss.shape == scores.shape and gradient.size == 1:
        raise case.wrong(LOSS, NW6)
    if not (np.isfinite(loss).all() and np.isfinite(gradient).all()):
        raise case.wrong(LOSS, PR2)
    right, (slope,) = torch_says.forward_and_back(lambda z: F.cross_entropy(z, torch.tensor(y)), (scores,))
    probabilities = slope + np.eye(K)[y] / N
    z, labels = torch.tensor(scores), torch.tensor(y)
    near = partial(_near_losses, z, labels)
    known = {NW2: lambda: right * N, NW9: lambda: right / K, NW10: lambda: _hinges(z, labels)}
    known |= {way: partial(lambda way: other_losses(z, labels)[way], way) for way in OTHER_LOSSES}
    case.compare(f"{LOSS}, the loss", loss, right, known, near=near)
    bent = probabilities * N * (1 - probabilities * N)
    ways = {
        NW1: lambda: slope * N,
        NW5: lambda: [probabilities, probabilities * N],
        NW10: lambda: [torch.func.jacrev(_hinges)(z, labels)[number] for number in range(3)],
        NW15: lambda: [(z.softmax(0).numpy() - np.eye(K)[y]) / share for share in (N, 1)],
        NW16: lambda: [one * bent for one in (1 / N, 1, slope, slope * N)],
    }
    ways |= {way: partial(_slopes_of_others, z, labels, way) for way in OTHER_LOSSES if way not in ways}
    case.compare(f"{LOSS}, the gradient", gradient, slope, ways, near=partial(nearly, recipes.loss_back, z, labels))


def _try_network(case: Case, made_from: Any) -> None:
    if made_from is None:
        raise NotAttempted(f"{NETWORK} is None")
    N, D, depth = case.data
    rng = case.rng(N, D)
    matrices = [rng.normal(size=(D, D)) for _ in range(depth)]
    x, slope = rng.normal(size=(N, D)), rng.normal(size=(N, D))
    found = case.ask(run_network, made_from, matrices, x, slope)
    for name in ("forward", "backward"):
        if found[name] is None:
            raise case.always(f"{NETWORK}.{name} returned None. Does it end in a return statement?")

    def whole(x: torch.Tensor, *some: torch.Tensor) -> torch.Tensor:
        for one in some:
            x = (x @ one).tanh()
        return x

    out, (grad_x, *grads) = torch_says.forward_and_back(whole, (x, *matrices), slope)
    alone = [np.tanh(x @ one) for one in matrices]
    given = case.array(found["forward"], f"What {NETWORK}.forward returns")
    near = partial(nearly, recipes.through, torch.tensor(x), [torch.tensor(one) for one in matrices])
    case.compare(f"{NETWORK}.forward", given, out, {NW4: lambda: alone, NW7: lambda: _as_probabilities(out)}, near=near)
    given = case.array(found["backward"], f"What {NETWORK}.backward returns")
    back = {
        NW3: lambda: _forward_order(x, matrices, slope),
        NW17: lambda: slope,
        NW8: lambda: [_back_through(x, matrices, slope, one) for one in _some_left_out(len(matrices))],
    }
    case.compare(f"{NETWORK}.backward", given, grad_x, back)
    for number, (one, right) in enumerate(zip(found["grads"], grads, strict=True), 1):
        if one is None:
            raise case.always(f"No gradient has reached layer {number}. Does backward go through every layer?")
        case.compare(f"The gradient of layer {number}", case.array(one, "A gradient"), right)


def _near_losses(z: torch.Tensor, labels: torch.Tensor) -> Iterator[tuple[Any, Any]]:
    """Yield the neighbours of the loss, in one step and in three."""
    yield from nearly(recipes.loss, z, labels, seconds=0.2)
    yield from nearly(recipes.loss_in_steps, z, labels, seconds=0.3)


def _as_probabilities(out: np.ndarray) -> list[Any]:
    return [torch.softmax(torch.tensor(out), dim=1), torch.sigmoid(torch.tensor(out))]


def _some_left_out(depth: int) -> list[list[int]]:
    """Return the layers that are asked: all but one, or a single one."""
    return [[i for i in range(depth) if i != left] for left in range(depth)] + [[i] for i in range(depth)]


def _back_through(x: np.ndarray, matrices: list[np.ndarray], slope: np.ndarray, asked: list[int]) -> np.ndarray:
    """Return what comes back if only some of the layers are asked, each with the input that it had."""
    inputs = [x]
    for one in matrices:
        inputs.append(np.tanh(inputs[-1] @ one))
    for place in reversed(asked):
        _, (slope, _) = torch_says.forward_and_back(
            lambda x, one: (x @ one).tanh(), (inputs[place], matrices[place]), slope
        )
    return slope


def _forward_order(x: np.ndarray, matrices: list[np.ndarray], slope: np.ndarray) -> np.ndarray:
    """Return what comes of a gradient that goes through the layers from first to last."""
    for one in matrices:
        x, (slope, _) = torch_says.forward_and_back(lambda x, one: (x @ one).tanh(), (x, one), slope)
    return slope
