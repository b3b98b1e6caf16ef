"""Exercise 5.14: two layers with a way forwards and a way back: dense, and ReLU.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
forward, and backward for the batch that went last     two batches of different sizes, one behind the other
gradients under the names of the parameters            grads["weight"], grads["bias"]
backward learns nothing                                params afterwards
the slope of ReLU at 0 is 0                            some numbers are 0, others large
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch.nn.functional as F

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.conv_and_pooling_homework import recipes
from course_utils.labs.conv_and_pooling_homework.headings import LAYERS
from course_utils.labs.conv_and_pooling_homework.running import LY1, LY2, LY3, LY4, LY9, LY10, LY11, Tried, try_layer

LY5 = Misconception(
    "LY5",
    "ReLU's mask from the gradient instead of the input",
    "This lets positive gradients through. Which numbers got through on the way forwards, and what remembers them?",
    LAYERS,
)
LY6 = Misconception(
    "LY6",
    "ReLU lets the gradient through at 0",
    "Where the input is exactly 0 a gradient comes through here. Which slope does the task want there?",
    LAYERS,
)
LY7 = Misconception(
    "LY7",
    "ReLU lets every gradient through",
    "All of the gradient comes back here. What became of negative inputs on the way forwards?",
    LAYERS,
)

LY14 = Misconception(
    "LY14",
    "ReLU that lets a little through",
    "A little comes through where the input is below 0. How much of it does a ReLU let pass?",
    LAYERS,
)

LARGE = 20  # times an input: no ReLU ends at 6
LEAKS = (0.1, 0.01, 0.2, 0.5)
DENSE, RELU = PARTS = ("Dense", "ReLU")


class DenseAndReLU(Implementation):
    """Classes ``Dense(weight=…, bias=…)`` and ``ReLU()`` with ``forward`` and ``backward``; each is a part."""

    id = "dense-and-relu"
    hints = (
        "dense_backward wants the input of the layer. When has the layer seen it, and where can it keep it?",
        "Under which names must the gradients of weight and bias be kept, so that a step finds both?",
    )
    worked = """
        Another layer: `Scale`, which multiplies each feature by a number of its own. x is (N, D), scale is (D,).

        1. forward keeps its input: backward will need it.
        2. backward keeps the gradient of what is learned, by the same name, and returns that of its input.

        ```python
        class Scale(Layer):
            def forward(self, x):
                self.seen = x
                return x * self.params["scale"]

            def backward(self, grad_out):
                self.grads["scale"] = (grad_out * self.seen).sum(axis=0)
                return grad_out * self.params["scale"]
        ```
    """
    misconceptions = (LY1, LY2, LY3, LY4, LY5, LY6, LY7, LY9, LY10, LY11, LY14)

    def cases(self) -> Sequence[Case]:
        """Return one case for each layer."""
        return [Case("batches of 3 and 4", (3, 4, 5, 2), DENSE), Case("batches of 3 and 4", (3, 4, 5, 2), RELU)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes."""
        return [Case("", (5, 2, 3, 4), part) for part in PARTS]

    def try_case(self, case: Case, *layers: Any) -> None:
        """Compare a layer with PyTorch's."""
        N, M, D, K = case.data
        rng, made_from = case.rng(*case.data), layers[PARTS.index(case.part)]
        batches = [rng.normal(size=(number, D)) for number in (N, M)]
        if case.part == DENSE:
            params = {"weight": rng.normal(size=(K, D)), "bias": rng.normal(size=K)}
            try_layer(case, made_from, DENSE, Tried(F.linear, params, batches, {}, recipes.dense, recipes.dense_back))
            return
        batches = [np.abs(one) * np.resize([1, -1, 0, LARGE, -1], one.shape) for one in batches]
        ahead = {LY14: lambda x: [np.where(x > 0, x, some * x) for some in LEAKS]}
        try_layer(
            case,
            made_from,
            RELU,
            Tried(F.relu, {}, batches, {}, recipes.relu, recipes.relu_back, (), ahead),
            _relu_ways,
        )


def _relu_ways(x: np.ndarray, slope: np.ndarray, right: np.ndarray) -> dict[Misconception, Callable[[], object]]:
    return {
        LY5: lambda: slope * (slope > 0),
        LY6: lambda: slope * (x >= 0),
        LY7: lambda: slope,
        LY14: lambda: [np.where(x > 0, slope, some * slope) for some in LEAKS],
    }
