"""Exercise 5.5: a convolution with loops, judged in stages.

===========================================  ===============================================================
what the prompt says                         where it is tried
===========================================  ===============================================================
x (N, C, H, W), weight (K, C, FH, FW)        "channels": all sizes differ, one and several channels and pictures
bias (K,)                                    "biases": of both signs, one for each kernel
stride=1, padding=0 by default               every case of "channels" and "biases" leaves them out
stride                                       "stride"; cells left over
padding                                      "padding"; of one and of two cells
stride and padding                           TOGETHER
PyTorch's own convolutions may not help      :func:`~course_utils.judging.protocol.calling.no_shortcuts`
===========================================  ===============================================================
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import RIGHT, Findings
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.judging.steps import Step
from course_utils.labs.conv_and_pooling import recipes
from course_utils.labs.conv_and_pooling.arrays import Shapes
from course_utils.labs.conv_and_pooling.headings import BUILD, PADDING
from course_utils.labs.conv_and_pooling.kernels import CV1, CV7, CV28, CV30, DS2, DS5, DS6, of_first_picture, too_early
from course_utils.labs.conv_and_pooling.windows import SZ1, SZ3, SZ6

CV2 = Misconception(
    "CV2",
    "channels not summed",
    "This uses one input channel, or keeps the channels apart. What happens to the products of all channels?",
    BUILD,
)
CV3 = Misconception(
    "CV3",
    "bias missing, or added once per channel",
    "The difference is a constant for each kernel: its bias. How often is it added to one output number?",
    BUILD,
)
CV4 = Misconception(
    "CV4",
    "output has the strided size, but the window moves by one cell",
    "The shape is right, but your window moves one cell at a time. Where does the window for output number 1 start?",
    PADDING,
)
CV5 = Misconception(
    "CV5",
    "padded with copies of the edge instead of zeros",
    "The inside is right, the border is not: it was padded with numbers of the picture, from its edge or from inside. "
    "What does zero padding add?",
    PADDING,
)
CV8 = Misconception(
    "CV8",
    "padded at the top and left only",
    "One way to get this: one side of each axis is padded, or the padding counted once. How many borders has a "
    "picture?",
    PADDING,
)
CV13 = Misconception(
    "CV13",
    "both sides of the output taken from one side of the picture",
    "Your output is as wide as it is high. Which side of the picture and of the kernel gives the width?",
    BUILD,
)
CV14 = Misconception(
    "CV14",
    "the first kernel's bias for all kernels",
    "This adds the first bias to all maps. Which number of bias belongs to kernel k?",
    BUILD,
)
CV15 = Misconception(
    "CV15",
    "averaged instead of summed",
    "These are averages of the products. What does a convolution do with the products of a window?",
    BUILD,
)
CV16 = Misconception(
    "CV16",
    "padded pictures and channels, too",
    "Zeros were put before the pictures and the channels, too. Which of the four axes get a border?",
    PADDING,
)
CV17 = Misconception(
    "CV17",
    "stride or padding on one axis only",
    "One axis is right, the other is not. Along which axes does the window move, and which have a border?",
    PADDING,
)
CV26 = Misconception(
    "CV26",
    "padded with ones",
    "The inside is right, the border is not: it was padded with ones. What does zero padding add?",
    PADDING,
)
CV41 = Misconception(
    "CV41",
    "all windows one cell off",
    "All your windows stand one cell too late, or too early. On which cell does the first one begin?",
    PADDING,
)
CV42 = Misconception(
    "CV42",
    "kernel mirrored along one axis",
    "This comes out with the kernel mirrored along one of its axes. Which index of yours runs backwards?",
    PADDING,
)
CV43 = Misconception(
    "CV43",
    "another choice over channels than a sum",
    "One channel wins here, or a product of all. What becomes of what a kernel finds in each channel?",
    PADDING,
)
CV27 = Misconception(
    "CV27",
    "array of whole numbers",
    "Your numbers have lost what stands behind the point. Which type of numbers holds the array that you fill?",
    BUILD,
)
CV32 = Misconception(
    "CV32",
    "bias subtracted",
    "Your maps are lower by twice their bias. With which sign does a bias join the sum?",
    BUILD,
)
CV33 = Misconception(
    "CV33",
    "bias multiplied instead of added",
    "Your maps are multiplied by their bias. Is a bias a factor, or a term of the sum?",
    BUILD,
)
CV34 = Misconception(
    "CV34",
    "negative sums cut off",
    "No number of yours is below 0. Which function stands behind a convolution, and is it asked for here?",
    BUILD,
)
CV35 = Misconception(
    "CV35",
    "padded twice",
    "There are twice as many rows and columns of zeros as padding says. How many does it put at each end?",
    PADDING,
)
CV37 = Misconception(
    "CV37",
    "all biases added to every map",
    "Here every map gets the sum of all biases. Which of them belongs to kernel k?",
    BUILD,
)
CV29 = Misconception(
    "CV29",
    "the first kernel for all maps",
    "All your maps are the first kernel's. Which index of weight chooses the kernel?",
    BUILD,
)
CV36 = Misconception(
    "CV36",
    "one picture, one channel, one kernel",
    "This is the first picture's first channel under the first kernel. Over which further axes has your code to go?",
    BUILD,
)
CV37 = Misconception(
    "CV37",
    "all biases added to every map",
    "Here every map gets the sum of all biases. Which of them belongs to kernel k?",
    BUILD,
)
SZ10 = shared.SZ10.in_lab(BUILD)

TOGETHER = "stride and padding"  # not a part: costs the padding, where all else is right


class BuildConv2d(Implementation):
    """Build a convolution: ``conv2d(x (N, C, H, W), weight (K, C, FH, FW), bias (K,), stride=1, padding=0)``."""

    id = "build-conv2d"
    hints = (
        "What is the shape of the result? Start from an array of zeros of that shape.",
        "Output (n, k, i, j) looks at one window of picture n. On which row and which column does that window start?",
        "The window is x[n, :, top:top+FH, left:left+FW], with shape (C, FH, FW). What has weight[k] to do with it?",
    )
    worked = """
    Another window that slides: `spread(x, size, stride=1)`, for pictures `x` (N, C, H, W) the largest number of each
    window minus its smallest, over all channels together. It returns (N, OH, OW).

    1. Sizes first, one for each axis: `OH = (H - size) // stride + 1`, and `OW` the same with `W`.
    2. An array of zeros in the shape of the result.
    3. Two loops over the places. The window of place (i, j) starts on row `i * stride`, column `j * stride`.
    4. One line works out that number for all pictures at once: axis 0 stays, the other three are used up.

    ```python
    def spread(x, size, stride=1):
        N, C, H, W = x.shape
        OH, OW = (H - size) // stride + 1, (W - size) // stride + 1
        out = np.zeros((N, OH, OW))
        for i in range(OH):
            for j in range(OW):
                row, column = stride * i, stride * j
                window = x[:, :, row : row + size, column : column + size]
                out[:, i, j] = window.max(axis=(1, 2, 3)) - window.min(axis=(1, 2, 3))
        return out
    ```

    What does `conv2d` do with the numbers of a window, and which further axis has its result?
    """
    steps = (
        Step(
            "one kernel",
            "for one picture, one channel and one kernel, an output is the sum of window times kernel, plus the bias.",
        ),
        Step("stride", "the window moves by `stride` cells; cells left over are not used.", unbegun=(SZ3,)),
        Step("padding", "a border of `padding` zeros around the picture comes first.", unbegun=(SZ6,)),
        Step(
            "channels",
            "any number of pictures, channels and kernels; a kernel sums over all channels, and has its own bias.",
            unbegun=(CV36,),
        ),
    )
    names_are_confirmed = True
    misconceptions = (
        *(CV1, CV7, CV3, CV14, CV2, CV15, SZ3, SZ6, CV4, CV5, CV8, CV26, CV41, CV42, CV43, CV16, CV17, CV13),
        *(CV27, CV28, CV29, CV30, CV32, CV33, CV34, CV35, CV36, CV37, SZ1, DS6, DS5, SZ10, DS2),
    )

    def cases(self) -> Sequence[Case]:
        """Return cases that add one thing each: a part is one thing, alone."""
        plain = {"zero_bias": True}
        return [
            Case("one channel, one kernel, bias 0", Shapes(1, 1, 1, (5, 6), (3, 3), **plain), "channels"),
            Case("three input channels, bias 0", Shapes(2, 3, 2, (6, 5), (2, 3), **plain), "channels"),
            Case("a bias for each kernel", Shapes(1, 1, 2, (5, 6), (3, 2)), "biases"),
            Case("biases and three input channels", Shapes(2, 3, 2, (6, 5), (3, 3)), "biases"),
            Case("stride=2", Shapes(1, 2, 3, (7, 9), (3, 3), stride=2, **plain), "stride"),
            Case("stride=3, cells left over", Shapes(2, 2, 2, (8, 6), (3, 2), stride=3, **plain), "stride"),
            Case("padding=1", Shapes(1, 2, 2, (5, 4), (3, 3), padding=1, **plain), "padding"),
            Case("padding=2", Shapes(2, 3, 2, (4, 6), (3, 2), padding=2, **plain), "padding"),
            Case("stride=2 and padding=1", Shapes(1, 2, 2, (6, 5), (3, 3), stride=2, padding=1), TOGETHER),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other shapes of every part: float32, leftover columns, wide borders, everything together."""
        plain = {"zero_bias": True}
        single = Shapes(2, 3, 4, (7, 6), (3, 3), stride=2, dtype=np.float32, **plain)
        return [
            Case("another kernel", Shapes(3, 2, 4, (6, 7), (2, 3), **plain), "channels"),
            Case("other shapes", Shapes(3, 2, 4, (6, 7), (2, 3)), "biases"),
            Case("a kernel as large as the picture", Shapes(3, 1, 2, (4, 3), (4, 3)), "biases"),
            Case("leftover columns", Shapes(2, 3, 2, (8, 10), (3, 2), stride=3, **plain), "stride"),
            Case("float32", single, "stride"),
            Case("padding=2", Shapes(1, 2, 2, (4, 5), (3, 2), padding=2, **plain), "padding"),
            Case("a wide border", Shapes(1, 2, 2, (4, 5), (5, 5), stride=2, padding=2), TOGETHER),
            Case("leftover and padding", Shapes(2, 3, 2, (8, 9), (3, 2), stride=3, padding=1), TOGETHER),
        ]

    def step_cases(self, step: Step) -> Sequence[Case]:
        """Return those with one picture, channel and kernel until the last step, which has all public ones."""

        def alone(label: str, size: tuple[int, int], kernel: tuple[int, int], **more: Any) -> Case:
            return Case(label, Shapes(1, 1, 1, size, kernel, **more))

        cases = {
            "one kernel": [alone("bias 0", (5, 6), (3, 3), zero_bias=True), alone("with a bias", (6, 5), (2, 3))],
            "stride": [
                alone("stride=2", (7, 9), (3, 3), stride=2),
                alone("stride=3, cells left over", (8, 6), (3, 2), stride=3),
            ],
            "padding": [
                alone("padding=1", (5, 4), (3, 3), padding=1),
                alone("padding=2", (4, 6), (3, 2), padding=2),
                alone("stride=2 and padding=1", (6, 5), (3, 3), stride=2, padding=1),
            ],
            "channels": self.cases(),
        }
        return cases[step.name]

    def judge_cases(self, cases: Sequence[Case], *answers: Any) -> Findings:
        """Judge each part alone, and stride and padding together only if every part alone is right."""
        found = dict(super().judge_cases([case for case in cases if case.part != TOGETHER], *answers))
        if "biases" in found and found["biases"] is not RIGHT and CV16 in found["padding"].because:
            found["padding"] = replace(found["padding"], because=())  # 0 times a bias of 0 gives the same zeros
        if all(one is RIGHT for one in found.values()):
            together = [replace(case, part="padding") for case in cases if case.part == TOGETHER]
            found |= super().judge_cases(together, *answers)
        return found

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with PyTorch; its own convolutions are refused."""
        shapes: Shapes = case.data
        arrays = shapes.arrays(case.seed)
        options = () if (shapes.stride, shapes.padding) == (1, 0) else (shapes.stride, shapes.padding)
        with no_shortcuts():
            given = case.call(answer, "conv2d", *arrays, *options)  # the defaults are part of the task
        tensors = [torch.tensor(array, dtype=torch.float64) for array in arrays]
        right = F.conv2d(*tensors, stride=shapes.stride, padding=shapes.padding)
        ways = conv_ways(*tensors, shapes.stride, shapes.padding)
        near = partial(nearly, recipes.convolved, *tensors, shapes.stride, shapes.padding)
        case.compare("conv2d", case.array(given, "What conv2d returns"), right, ways, near=near)


def _over_channels(by_channel: list[torch.Tensor], bias: torch.Tensor) -> list[torch.Tensor]:
    """Return what comes of other choices than the sum over channels, each with its bias or all with one."""
    each = torch.stack(by_channel) - bias
    return [one + bias for one in (each.amax(0), each.amin(0), each.prod(0))] if len(each) > 1 else []


def conv_ways(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: int, padding: int) -> Ways:
    """For each wrong way to convolve, a function that computes its result."""

    def conv(
        x: torch.Tensor = x,
        weight: torch.Tensor = weight,
        bias: torch.Tensor = bias,
        stride: int | tuple[int, int] = stride,
        padding: int | tuple[int, int] = padding,
    ) -> torch.Tensor:
        return F.conv2d(x, weight, bias, stride=stride, padding=padding)

    def padded(mode: str, sides: tuple[int, ...] | None = None) -> torch.Tensor:
        return conv(F.pad(x, sides or (padding,) * 4, mode=mode), padding=0)

    right = conv()
    rows, columns = right.shape[2:]
    centre = bias[None, :, None, None]
    bare, channels, area = right - centre, x.shape[1], weight[0, 0].numel()
    by_channel = [conv(x[:, [c]], weight[:, [c]]) for c in range(x.shape[1])]
    return {
        CV1: lambda: conv(weight=weight.flip(2, 3)),
        CV7: lambda: conv(weight=weight.transpose(2, 3)),
        CV42: lambda: [conv(weight=weight.flip(axis)) for axis in (2, 3)],
        CV43: lambda: _over_channels(by_channel, centre),
        CV3: lambda: [
            bare + times * centre for times in (0, x.shape[1], area, x.shape[1] * area, x.shape[1] * area + 1)
        ],
        CV32: lambda: bare - centre,
        CV33: lambda: bare * centre if centre.any() else [],
        CV34: lambda: [right.relu(), bare.relu() + centre],
        CV35: lambda: conv(padding=2 * padding) if padding else [],
        CV14: lambda: bare + bias[0],
        CV2: lambda: [by_channel[0], by_channel[-1], torch.stack(by_channel, dim=2)],
        CV15: lambda: [
            bare / count + add for count in (channels, area, channels * area) for add in (centre, 0, centre / count)
        ],
        SZ3: lambda: conv(stride=1),
        SZ6: lambda: conv(padding=0),
        CV4: lambda: conv(stride=1)[:, :, :rows, :columns],
        CV5: lambda: [padded("replicate"), padded("reflect")],
        CV8: lambda: [padded("constant", (padding, 0) * 2), padded("constant", (0, padding) * 2)],
        CV41: lambda: [conv(F.pad(x, (padding - by, padding + by) * 2), padding=0) for by in (1, -1)],
        CV26: lambda: conv(F.pad(x, (padding,) * 4, value=1.0), padding=0),
        CV16: lambda: conv(F.pad(x, (padding,) * 8)[: len(x), : x.shape[1]], padding=0),
        CV37: lambda: bare + bias.sum() if len(bias) > 1 else [],
        CV17: lambda: (
            [conv(stride=s, padding=p)[:, :, :rows, :columns] for s, p in _on_one_axis(stride, padding)]
            + [conv(stride=s, padding=p) for s, p in _on_one_axis(stride, padding)]
        ),
        CV13: lambda: [right[:, :, :, :rows], right[:, :, :columns]] if rows != columns else [],
        CV27: lambda: right.trunc(),
        CV28: lambda: too_early(right),
        CV29: lambda: conv(weight=weight[:1].expand_as(weight)),
        CV30: lambda: of_first_picture(right),
        CV36: lambda: conv(x[:1, :1], weight[:1, :1], bias[:1]),
        SZ1: lambda: right[:, :, :-1, :-1],
        DS6: lambda: right.transpose(2, 3),
        DS5: lambda: right.permute(0, 2, 3, 1),
        SZ10: lambda: right.transpose(0, 1),
        DS2: lambda: [right[0], right.sum(0)],
    }


def _on_one_axis(stride: int, padding: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the pairs (stride, padding), each by axis, in which one of the two holds on one axis only."""
    strides = [(stride, 1), (1, stride)] if stride > 1 else []
    paddings = [(padding, 0), (0, padding)] if padding else []
    return [(one, (padding, padding)) for one in strides] + [((stride, stride), one) for one in paddings]
