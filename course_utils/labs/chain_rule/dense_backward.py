"""Exercise 3.5: the backward pass of a dense layer and of a ReLU.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
dX (N, D), dW (K, D), db (K,), in this order           each a part, in layers whose sizes all differ
for Y = X Wᵀ + b; dY is not divided by N again         each layer, against autograd
relu_backward: dZ for A = relu(Z)                      "relu_backward", numbers on both sides of 0
the slope at Z = 0 is 0                                "relu_backward": some of Z are 0
any batch, also one example or one output              Layer(1, 4, 3), Layer(4, 2, 1)
=====================================================  ==========================================================
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.backward import pulled_back
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.labs.chain_rule import recipes
from course_utils.labs.chain_rule.gradients import GR1, GR2_LAYER, GR4, GR5, GR10, VG1, VG2, VG8
from course_utils.labs.chain_rule.headings import MATRICES

GR3 = shared.GR3.in_lab(
    MATRICES,
    "This is the right gradient divided by the number of examples. Has dY not been through the loss already?",
)
VG5 = Misconception(
    "VG5",
    "gradients of input and weight exchanged",
    "This is the gradient of another array of the layer. What was asked for first?",
    MATRICES,
)
VG6 = Misconception("VG6", "gradient not multiplied in", "This is the mask alone. What does it let pass?", MATRICES)
VG7 = Misconception(
    "VG7",
    "slope from above left out",
    "These are the layer's own slopes alone, as if all of dY were 1. With what must they be multiplied?",
    MATRICES,
)
VG9 = Misconception(
    "VG9",
    "sums multiplied instead of products summed",
    "Here examples are summed or averaged first, then multiplied. Which x belongs to which dY?",
    MATRICES,
)
VG10 = Misconception(
    "VG10",
    "gradient of one example alone",
    "This is the share of one example of the batch. How many paths lead from a weight to the loss?",
    MATRICES,
)
VG11 = Misconception(
    "VG11",
    "ReLU itself in place of its backward pass",
    "This is the ReLU of Z: the way forwards. What comes back from above, and where does it pass?",
    MATRICES,
)

VG13 = Misconception(
    "VG13",
    "value in place of the slope of ReLU",
    "What comes back is multiplied by a value, Z or the ReLU of Z. How steep is ReLU where Z is 3?",
    MATRICES,
)
VG14 = Misconception(
    "VG14",
    "gradient turned round where ReLU is flat",
    "Where Z is negative your gradient comes back with the other sign. How far does ReLU move there when Z moves?",
    MATRICES,
)
VG15 = Misconception(
    "VG15",
    "gradients of weight and bias exchanged",
    "These are the gradients of weight and bias in each other's place. In which order are the three to come back?",
    MATRICES,
)
VG16 = Misconception(
    "VG16",
    "a little let through where ReLU is flat",
    "A small share comes back where Z is negative, as with a leaky ReLU. How steep is ReLU there?",
    MATRICES,
)

GRADIENTS = ("dX", "dW", "db")
RELU = "relu_backward"
Ways = dict[Misconception, Callable[[], object]]


class Layer(NamedTuple):
    """A dense layer and its batch: N examples, D inputs, K outputs."""

    N: int
    D: int
    K: int

    def __str__(self) -> str:
        return f"N={self.N}, D={self.D}, K={self.K}"


class DenseBackward(Implementation):
    """Write ``dense_backward(dY, X, W) -> dX, dW, db`` and ``relu_backward(dA, Z) -> dZ``.

    dY (N, K) is the gradient of the loss by Y = X Wᵀ + b; X (N, D), W (K, D). dA and Z have the same shape; A is the
    ReLU of Z.
    """

    id = "dense-backward"
    hints = (
        "Write down the shapes of dY, X and W. Which products of two of them have the shape of W, which that of X?",
        "b is added to every row of Y. How many numbers of dY does one number of b answer for?",
        "For ReLU: which numbers came through on the way forwards? What comes back for them, and what for the others?",
    )
    worked = """
    Another layer: Y = X · s, each feature times a number of its own; X is (N, D), s is (D,), Y is (N, D).

    ```python
    def scale_backward(dY, X, s):
        dX = dY * s  # (N, D): X[n, d] reaches Y[n, d] alone, with the slope s[d]
        ds = (dY * X).sum(axis=0)  # (D,): s[d] reaches Y[n, d] for every n
        return dX, ds
    ```

    1. Which outputs does a number reach, and with which slope? One path: a product. Many paths: a sum of products.
    2. The shapes tell where to sum: (N, D) has to become (D,), so N goes.
    3. For tanh, A = tanh(Z): dZ = dA · (1 − A²), number by number: what comes back, times the own slope.
    """
    names_explain_all = True
    right_cases_contradict = True
    misconceptions = (
        GR1,
        GR2_LAYER,
        GR3,
        GR4,
        GR5,
        GR10,
        VG1,
        VG2,
        VG5,
        VG6,
        VG7,
        VG8,
        VG9,
        VG10,
        VG11,
        VG13,
        VG14,
        VG15,
        VG16,
    )

    def cases(self) -> Sequence[Case]:
        """Return four layers, one of a single example, one of a single output; each gradient is a part."""
        return _in_parts(Layer(2, 3, 5), Layer(5, 3, 2), Layer(1, 4, 3), Layer(4, 2, 1))

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes: one example, one output, all the same, one input."""
        return _in_parts(Layer(1, 3, 4), Layer(6, 3, 1), Layer(3, 3, 3), Layer(7, 1, 4))

    def try_case(self, case: Case, dense: Callable[..., Any], relu: Callable[..., Any]) -> None:
        """Compare one of the gradients with autograd's."""
        if case.part == RELU:
            _try_relu(case, relu)
        else:
            _try_dense(case, dense)


def _in_parts(*layers: Layer) -> list[Case]:
    return [Case(str(layer), layer, part) for part in (*GRADIENTS, RELU) for layer in layers]


def _arrays(case: Case, layer: Layer) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw dY (N, K), X (N, D), W (K, D)."""
    rng, (N, D, K) = case.rng(*layer), layer
    return rng.normal(size=(N, K)), rng.normal(size=(N, D)), rng.normal(size=(K, D))


def _try_dense(case: Case, function: Callable[..., Any]) -> None:
    dY, X, W = _arrays(case, case.data)
    given = case.call(function, "dense_backward", dY, X, W)
    if type(given) not in (tuple, list) or len(given) != 3:
        raise case.always("dense_backward should return three arrays: dX, dW, db.")
    what = f"dense_backward, {case.part}"
    right = torch_dense(dY, X, W)
    array = case.array(given[GRADIENTS.index(case.part)], what)
    place = GRADIENTS.index(case.part)
    near = partial(nearly, recipes.dense_back, *map(torch.tensor, (dY, X, W)), part=place)
    case.compare(what, array, right[case.part], dense_ways(right, dY, X, W)[case.part], near=near)


def _try_relu(case: Case, function: Callable[..., Any]) -> None:
    dA, Z, _ = _arrays(case, case.data._replace(D=case.data.K))
    dA, Z = _with_signs(dA, [1, -1]), _with_signs(Z, [1, 1, -1, -1, 0])  # some numbers lie on the corner
    array = case.array(case.call(function, RELU, dA, Z), RELU)
    near = partial(nearly, recipes.relu_back, torch.tensor(dA), torch.tensor(Z))
    case.compare(RELU, array, torch_relu(dA, Z), relu_ways(dA, Z), near=near)


def _with_signs(array: np.ndarray, signs: Sequence[int]) -> np.ndarray:
    return np.abs(array) * np.resize(signs, array.shape)


def torch_dense(dY: np.ndarray, X: np.ndarray, W: np.ndarray) -> dict[str, np.ndarray]:
    """Ask PyTorch for the gradients of a dense layer by its input, weight and bias."""
    with torch.enable_grad():  # a notebook may have switched it off
        tensors = [torch.tensor(a, requires_grad=True) for a in (X, W, np.zeros(len(W)))]
        found = pulled_back(torch.nn.functional.linear(*tensors), tensors, torch.tensor(dY))
    return {part: one.numpy() for part, one in zip(GRADIENTS, found, strict=True)}


def torch_relu(dA: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """Ask PyTorch for the gradient of a ReLU by its input."""
    with torch.enable_grad():
        z = torch.tensor(Z, requires_grad=True)
        (found,) = pulled_back(z.relu(), [z], torch.tensor(dA))
    return found.numpy()


def dense_ways(right: Mapping[str, np.ndarray], dY: np.ndarray, X: np.ndarray, W: np.ndarray) -> dict[str, Ways]:
    """Return for each part and each wrong way a function that computes the wrong gradient (or several, in a list)."""
    N = len(X)
    ways: dict[str, Ways] = {part: _scaled(right[part], N) for part in right}
    ones, own = torch_dense(np.ones_like(dY), X, W), {"dX": W, "dW": X}
    ways["dX"][VG5] = lambda: [right["dW"], right["dW"].T]
    ways["dW"][VG5] = lambda: [right["dX"], right["dX"].T]
    ways["dW"][VG2] = lambda: [dY[:, :, None] * X[:, None, :], X[:, :, None] * dY[:, None, :]]
    ways["db"][GR5] = lambda: [dY, dY.sum(1), dY.T, dY[0], dY[-1], dY.sum()] if N > 1 else [dY, dY.sum(1)]
    ways["dW"][VG9] = lambda: [np.outer(dY.sum(0), X.sum(0)) / N**power for power in (0, 1, 2)] if N > 1 else []
    ways["dW"][VG10] = lambda: [np.outer(dY[place], X[place]) for place in (0, -1)] if N > 1 else []
    ways["dW"][VG15], ways["db"][VG15] = (lambda: right["db"]), (lambda: right["dW"])
    for part in ("dX", "dW", "db"):
        ways[part][VG7] = partial(_alone, ones[part], N, own.get(part))
    ways["db"][VG1] = lambda: [right["db"][None], right["db"][:, None]]
    return ways


def _alone(ones: np.ndarray, N: int, own: np.ndarray | None) -> list[np.ndarray]:
    return [ones, ones / N, *([own, own.T] if own is not None else [])]


def _scaled(right: np.ndarray, N: int) -> Ways:
    return {
        GR1: lambda: -right,
        GR3: lambda: right / N if N > 1 else [],
        GR2_LAYER: lambda: [2 * right, right / 2],
        GR4: lambda: right.T if right.ndim > 1 else [],
    }


def relu_ways(dA: np.ndarray, Z: np.ndarray) -> Ways:
    """Return for each wrong way a function that computes the wrong gradient of a ReLU (or several, in a list)."""
    right = torch_relu(dA, Z)
    return {
        GR10: lambda: [dA * (dA > 0), dA * (Z < 0), dA * (Z <= 0), dA, Z * (dA > 0), dA * (dA > 0) * (Z > 0)],
        VG6: lambda: (Z > 0) * 1.0,
        VG11: lambda: np.maximum(Z, 0),
        VG8: lambda: [dA * (Z >= 0), dA * (Z >= 0) - dA * (Z == 0) / 2],
        VG14: lambda: [dA * np.sign(Z), np.where(Z > 0, dA, -dA), np.where(Z >= 0, dA, -dA)],
        VG16: lambda: [dA * np.where(bends, 1, slope) for bends in (Z > 0, Z >= 0) for slope in (0.01, 0.1, 0.2, 0.3)],
        VG13: lambda: [dA * np.maximum(Z, 0), dA * Z],
    } | _scaled(right, len(Z))
