"""Exercise 5.15: two more layers: a convolution, and max pooling.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
Conv2d(stride=1, weight=…, bias=…)                     without a stride, and with a stride of 2
MaxPool2d(kernel_size), windows side by side           windows of 2, at grading of 3
forward, and backward for the batch that went last     two batches of different sizes, one behind the other
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.conv_and_pooling_homework import recipes, torch_says
from course_utils.labs.conv_and_pooling_homework.headings import LAYERS
from course_utils.labs.conv_and_pooling_homework.running import LY1, LY2, LY3, LY4, LY9, LY10, LY11, Tried, try_layer

LY8 = Misconception(
    "LY8",
    "stride forgotten on the way back",
    "On the way back your windows lie as with a stride of 1. Who tells conv2d_backward how far they move?",
    LAYERS,
)

LY12 = Misconception(
    "LY12",
    "stride forgotten on the way forwards",
    "Your windows move by one cell here. Who tells conv2d how far they should?",
    LAYERS,
)
LY13 = Misconception(
    "LY13",
    "pooling windows that overlap",
    "Your windows overlap. Where does the next one start if windows lie side by side?",
    LAYERS,
)

CONV, POOL = PARTS = ("Conv2d", "MaxPool2d")


class ConvAndPool(Implementation):
    """Classes ``Conv2d(stride=1, weight=…, bias=…)`` and ``MaxPool2d(kernel_size)``; each is a part."""

    id = "conv-and-pool"
    hints = (
        "Which of conv2d's arguments must the layer remember from when it was made, which from the way forwards?",
        "MaxPool2d learns nothing. What has its backward pass to know all the same?",
    )
    worked = """
        Another layer with a setting: `Thin(step)` keeps every step-th feature. x is (N, D).

        1. The setting is given when the layer is made, so `__init__` keeps it.
        2. The way back needs the shape of the input, which only forward sees.

        ```python
        class Thin(Layer):
            def __init__(self, step):
                super().__init__()
                self.step = step

            def forward(self, x):
                self.shape = x.shape
                return x[:, :: self.step]

            def backward(self, grad_out):
                grad_x = np.zeros(self.shape)
                grad_x[:, :: self.step] = grad_out
                return grad_x
        ```
    """
    misconceptions = (LY1, LY2, LY3, LY4, LY8, LY9, LY10, LY11, LY12, LY13)

    def cases(self) -> Sequence[Case]:
        """Return a convolution without and with a stride, and a pooling."""
        return [Case("stride left out", 1, CONV), Case("stride=2", 2, CONV), Case("kernel_size=2", 2, POOL)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return another stride and another window."""
        return [Case("", 3, CONV), Case("", 3, POOL)]

    def try_case(self, case: Case, *layers: Any) -> None:
        """Compare a layer with PyTorch's."""
        rng, number, made_from = case.rng(case.data), case.data, layers[PARTS.index(case.part)]
        batches = [rng.normal(size=(size, 2, 8, 9)) for size in (4, 3)]
        if case.part == POOL:
            tried = Tried(
                torch_says.max_pool(number),
                {},
                batches,
                {"kernel_size": number},
                recipes.pool,
                _pool_back,
                (number,),
                {LY13: lambda x: torch_says.forward_and_back(torch_says.max_pool(number, 1), (x,))[0]},
            )
            try_layer(case, made_from, POOL, tried)
            return
        params = {"weight": rng.normal(size=(4, 2, 3, 3)), "bias": rng.normal(size=4)}
        options = {"stride": number} if number > 1 else {}

        def ways(x: np.ndarray, slope: np.ndarray, right: np.ndarray) -> dict[Misconception, Callable[[], object]]:
            return {LY8: lambda: _as_with_stride_1(x, params, slope)} if number > 1 else {}

        ahead = {LY12: lambda x: torch_says.forward_and_back(torch_says.conv(1), (x, *params.values()))[0]}
        operation, both = torch_says.conv(number), (recipes.conv, recipes.conv_back)
        tried = Tried(operation, params, batches, options, *both, (number,), ahead if number > 1 else {})
        try_layer(case, made_from, CONV, tried, ways)


def _pool_back(grad_out: Any, x: Any, kernel_size: Any) -> Any:
    return (recipes.pool_back(grad_out, x, kernel_size, kernel_size),)


def _as_with_stride_1(x: np.ndarray, params: dict[str, np.ndarray], slope: np.ndarray) -> np.ndarray:
    """Return the gradient by x where the windows of a larger stride are taken for those of stride 1."""
    whole = np.zeros((*slope.shape[:2], x.shape[2] - 2, x.shape[3] - 2))
    whole[:, :, : slope.shape[2], : slope.shape[3]] = slope
    return torch_says.forward_and_back(torch_says.conv(1), (x, *params.values()), whole)[1][0]
