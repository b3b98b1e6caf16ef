"""Bonus: the backward pass of a convolution.

=========================================  ===================================================================
what the prompt says                       where it is tried
=========================================  ===================================================================
grad_out (N, K, OH, OW), any stride        "stride=2, padding=1"; stride and padding alone at grading
stride=1, padding=0 by default             the cases without them leave them out
gradients by x, weight and bias, in order  each is a part of its own
in their shapes                            all sizes differ
=========================================  ===================================================================
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.backward import pulled_back
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.labs.conv_and_pooling import recipes
from course_utils.labs.conv_and_pooling.arrays import Shapes
from course_utils.labs.conv_and_pooling.build_conv2d import CV4, CV17
from course_utils.labs.conv_and_pooling.headings import BUILD
from course_utils.labs.conv_and_pooling.kernels import CV1

GR1 = shared.GR1.in_lab(BUILD)
GR2 = shared.GR2.in_lab(BUILD)
GR3 = shared.GR3.in_lab(BUILD)
GR4 = shared.GR4.in_lab(BUILD)
GR5 = shared.GR5.in_lab(BUILD)

CV23 = Misconception(
    "CV23",
    "windows that overlap overwrite each other's gradient",
    "This keeps what the last window left behind. What happens where several windows read the same pixel or weight?",
    BUILD,
)
CV24 = Misconception(
    "CV24",
    "gradient of one picture only",
    "This is the gradient of one picture of the batch. Which pictures take part in the loss?",
    BUILD,
)
CV25 = Misconception(
    "CV25",
    "border of the padding not taken off",
    "This is as large as the padded picture. Who asked for the gradient of the zeros at the border?",
    BUILD,
)
CV39 = Misconception(
    "CV39",
    "border of the padding taken off at one end only",
    "The border is taken off at one end of each axis, and all of it. At which ends was it put on?",
    BUILD,
)
CV31 = Misconception(
    "CV31",
    "gradients in another order",
    "This is another one of the three gradients. In which order does the task ask for them?",
    BUILD,
)

GRADIENTS = ("grad_x", "grad_weight", "grad_bias")
RECIPES = dict(zip(GRADIENTS, (recipes.by_input, recipes.by_weight, recipes.by_bias), strict=True))


class Conv2dBackward(Implementation):
    """Write ``conv2d_backward(grad_out, x, weight, stride=1, padding=0) -> (grad_x, grad_weight, grad_bias)``.

    ``grad_out`` (N, K, OH, OW) is the gradient of the loss by the output.
    """

    id = "conv2d-backward"
    hints = (
        "Output (n, k, i, j) is a sum of products. By which inputs does the weight (k, c, a, b) get multiplied?",
        "Walk through the same windows as conv2d, and add to grad_x and grad_weight where conv2d multiplied.",
    )
    worked = """
    The way back of another layer: average pooling with windows of `size`, side by side. `grad_out` (N, C, OH, OW) comes
    in, the gradient by x (N, C, H, W) goes out.

    1. Forward, output (i, j) is the sum of its window divided by `size * size`. So each pixel of the window has the
       slope 1 / size².
    2. The loss reaches a pixel through every output that reads it: gradients are *added*. Start from zeros.
    3. Walk through the same windows as forward, and add `grad_out[:, :, i, j] / size**2` to all pixels of each.

    ```python
    def avg_pool_backward(grad_out, x, size):
        grad_x = np.zeros(x.shape)
        for i, j in np.ndindex(grad_out.shape[2:]):
            top, left = i * size, j * size
            here = grad_out[:, :, i, j] / size**2  # (N, C)
            grad_x[:, :, top : top + size, left : left + size] += here[:, :, None, None]
        return grad_x
    ```

    In `conv2d` the slope is no 1 / size². What does an output multiply a pixel by, and what a weight?
    """
    misconceptions = (GR1, GR2, GR3, GR4, GR5, CV1, CV4, CV17, CV23, CV24, CV25, CV31, CV39)

    def cases(self) -> Sequence[Case]:
        """Return one channel, several, and a stride with padding; each gradient is a part."""
        shapes = {
            "one channel": Shapes(1, 1, 1, (4, 5), (2, 3)),
            # not two pictures: their mean would be half their sum
            "three pictures, two channels": Shapes(3, 2, 4, (5, 4), (3, 2)),
            "stride=2, padding=1": Shapes(3, 2, 4, (5, 7), (3, 3), stride=2, padding=1),
        }
        return _of_each_gradient(shapes)

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other shapes: one row, a stride that leaves cells over, a wide border."""
        return _of_each_gradient(
            {
                "one row": Shapes(2, 1, 3, (1, 6), (1, 3)),
                "leftover": Shapes(3, 2, 2, (6, 7), (3, 2), stride=2),
                "a wide border": Shapes(3, 1, 2, (4, 3), (2, 3), stride=3, padding=2),
            }
        )

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare one of the gradients with autograd's."""
        shapes: Shapes = case.data
        arrays = shapes.arrays(case.seed)
        stride, padding = shapes.stride, shapes.padding
        x, weight, bias = map(torch.tensor, arrays)
        size = F.conv2d(x, weight, bias, stride=stride, padding=padding).shape
        grad_out = torch.tensor(np.random.default_rng(case.seed or 1).normal(size=size))
        options = () if (stride, padding) == (1, 0) else (stride, padding)  # the defaults are part of the task
        given = case.call(answer, "conv2d_backward", grad_out.numpy(), *arrays[:2], *options)
        if type(given) not in (tuple, list) or len(given) != 3:
            raise case.always("conv2d_backward should return three arrays: grad_x, grad_weight, grad_bias.")
        number = GRADIENTS.index(case.part)
        gradients = torch_gradients(arrays, grad_out, shapes)
        right = gradients[number]
        ways = gradient_ways(right, shapes.batch, grad_out if case.part == "grad_bias" else None)
        ways[CV31] = lambda: [one for one in gradients if one is not right]
        if case.part == "grad_x":  # a turned kernel does not turn the gradient
            turned = arrays[1][:, :, ::-1, ::-1].copy()
            ways[CV1] = lambda: torch_gradients((arrays[0], turned, arrays[2]), grad_out, shapes)[0]
        if case.part != "grad_bias":
            ways |= _window_ways(arrays, grad_out.numpy(), shapes, case.part)
        asked = [grad_out, x, weight, stride, padding] if case.part != "grad_bias" else [grad_out]
        back = partial(nearly, recipes.walked_back, grad_out, x, weight, stride, padding, part=number)

        def near() -> Iterator[tuple[Misconception, Any]]:
            yield from nearly(RECIPES[case.part], *asked)
            if case.part != "grad_bias":
                yield from back()

        case.compare(f"conv2d_backward, {case.part}", case.array(given[number], case.part), right, ways, near=near)


def _of_each_gradient(shapes: dict[str, Shapes]) -> list[Case]:
    return [Case(label, one, part) for part in GRADIENTS for label, one in shapes.items()]


def torch_gradients(
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray], grad_out: torch.Tensor, shapes: Shapes
) -> tuple[torch.Tensor, ...]:
    """Ask autograd for the gradients of a convolution by x, weight and bias, ``grad_out`` being that by its output."""
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    with torch.enable_grad():  # a notebook may have switched it off
        out = F.conv2d(*tensors, stride=shapes.stride, padding=shapes.padding)
    return pulled_back(out, tensors, grad_out)


def _window_ways(
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray], grad_out: np.ndarray, shapes: Shapes, part: str
) -> dict[Misconception, Callable[[], object]]:
    """For each slip in walking through the windows, a function that computes its gradient by x or by weight."""
    x, weight, _ = arrays
    width, which = shapes.padding, GRADIENTS.index(part)
    padded = np.pad(x, ((0, 0), (0, 0), (width, width), (width, width)))

    def walk(
        overwrite: bool = False,
        pictures: slice = slice(None),
        down: int = shapes.stride,
        across: int = shapes.stride,
    ) -> np.ndarray:
        gradients = np.zeros(padded.shape), np.zeros(weight.shape)
        for i, j in np.ndindex(grad_out.shape[2:]):
            top, left = i * down, j * across
            window = np.s_[:, :, top : top + weight.shape[2], left : left + weight.shape[3]]
            here = grad_out[pictures, :, i, j]
            adds = (
                np.einsum("nk,kcab->ncab", grad_out[:, :, i, j], weight),
                np.einsum("nk,ncab->kcab", here, padded[window][pictures]),
            )
            for gradient, place, add in zip(gradients, (window, np.s_[:]), adds, strict=True):
                gradient[place] = add + (0 if overwrite else gradient[place])
        return gradients[which]

    def cropped(gradient: np.ndarray) -> np.ndarray:
        height, length = gradient.shape[2:]
        return gradient[:, :, width : height - width, width : length - width] if part == "grad_x" else gradient

    ways: dict[Misconception, Callable[[], object]] = {
        CV23: lambda: cropped(walk(overwrite=True)),
        CV4: lambda: cropped(walk(down=1, across=1)) if shapes.stride > 1 else [],
        CV17: lambda: [cropped(walk(down=1)), cropped(walk(across=1))] if shapes.stride > 1 else [],
    }
    if part == "grad_weight":
        ways[CV24] = lambda: [walk(pictures=pictures) for pictures in (slice(1), slice(-1, None))]
    elif width:
        ways[CV25] = walk
        height, length = x.shape[2:]
        ways[CV39] = lambda: [walk()[:, :, :height, :length], walk()[:, :, -height:, -length:]]
    return ways


def gradient_ways(
    right: torch.Tensor, batch: int, grad_out: torch.Tensor | None = None
) -> dict[Misconception, Callable[[], object]]:
    """For each wrong gradient, a function that transforms the right one into it.

    Parameters
    ----------
    right
        The right gradient.
    batch
        Number of pictures.
    grad_out
        For a bias: the gradient (N, K, OH, OW) that should have been summed.
    """
    ways: dict[Misconception, Callable[[], object]] = {
        GR1: lambda: -right,
        GR3: lambda: right / batch if batch > 1 else [],
        GR2: lambda: [2 * right, right / 2],
        GR4: lambda: [right.transpose(-1, -2), right.transpose(0, 1)] if right.ndim > 1 else [],
        CV1: lambda: right.flip(-1, -2) if right.ndim == 4 else [],
    }
    if grad_out is not None:
        ways[GR5] = lambda: [
            grad_out,
            grad_out.sum(0),
            grad_out.sum((2, 3)),
            grad_out[0].sum((1, 2)),
            grad_out.mean((0, 2, 3)),
            *(one for i in (0, -1) for one in (grad_out[i, :, i, i], grad_out[:, :, i, i].sum(0))),
        ]
    return ways
