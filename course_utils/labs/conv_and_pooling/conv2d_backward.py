"""Bonus: the backward pass of a convolution."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.conv_and_pooling.arrays import Shapes
from course_utils.labs.conv_and_pooling.headings import BUILD
from course_utils.labs.conv_and_pooling.kernels import CV1

GR1 = shared.GR1.in_lab(BUILD)
GR2 = shared.GR2.in_lab(BUILD)
GR3 = shared.GR3.in_lab(BUILD)
GR4 = shared.GR4.in_lab(BUILD)
GR5 = shared.GR5.in_lab(BUILD)

GRADIENTS = ("grad_x", "grad_weight", "grad_bias")


class Conv2dBackward(Implementation):
    """Write ``conv2d_backward(grad_out, x, weight, stride=1, padding=0) -> (grad_x, grad_weight, grad_bias)``.

    ``grad_out`` (N, K, OH, OW) is the gradient of the loss by the output.
    """

    id = "conv2d-backward"
    hints = (
        "Output (n, k, i, j) is a sum of products. By which inputs does the weight (k, c, a, b) get multiplied?",
        "Walk through the same windows as conv2d, and add to grad_x and grad_weight where conv2d multiplied.",
    )
    misconceptions = (GR1, GR2, GR3, GR4, GR5, CV1)

    def cases(self) -> Sequence[Case]:
        """Return one channel, several, and a stride with padding; each gradient is a part."""
        shapes = {
            "one channel": Shapes(1, 1, 1, (4, 5), (2, 3)),
            # not two pictures: their mean would be half their sum
            "three pictures, two channels": Shapes(3, 2, 4, (5, 4), (3, 2)),
            "stride=2, padding=1": Shapes(3, 2, 4, (5, 7), (3, 3), stride=2, padding=1),
        }
        return [Case(label, one, part) for part in GRADIENTS for label, one in shapes.items()]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other arrays in the same shapes."""
        return self.cases()

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare one of the gradients with autograd's."""
        shapes: Shapes = case.data
        arrays = shapes.arrays(case.seed)
        stride, padding = shapes.stride, shapes.padding
        x, weight, bias = map(torch.tensor, arrays)
        size = F.conv2d(x, weight, bias, stride=stride, padding=padding).shape
        grad_out = torch.tensor(np.random.default_rng(case.seed or 1).normal(size=size))
        given = case.call(answer, "conv2d_backward", grad_out.numpy(), *arrays[:2], stride, padding)
        if type(given) not in (tuple, list) or len(given) != 3:
            raise case.always("conv2d_backward should return three arrays: grad_x, grad_weight, grad_bias.")
        number = GRADIENTS.index(case.part)
        right = torch_gradients(arrays, grad_out, shapes)[number]
        ways = gradient_ways(right, shapes.batch, grad_out if case.part == "grad_bias" else None)
        if case.part == "grad_x":  # a turned kernel does not turn the gradient
            turned = arrays[1][:, :, ::-1, ::-1].copy()
            ways[CV1] = lambda: torch_gradients((arrays[0], turned, arrays[2]), grad_out, shapes)[0]
        case.compare(f"conv2d_backward, {case.part}", case.array(given[number], case.part), right, ways)


def torch_gradients(
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray], grad_out: torch.Tensor, shapes: Shapes
) -> tuple[torch.Tensor, ...]:
    """Ask autograd for the gradients of a convolution by x, weight and bias, ``grad_out`` being that by its output."""
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    with torch.enable_grad():  # a notebook may have switched it off
        out = F.conv2d(*tensors, stride=shapes.stride, padding=shapes.padding)
    return torch.autograd.grad(out, tensors, grad_out)


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
        ]
    return ways
