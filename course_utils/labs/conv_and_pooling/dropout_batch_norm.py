"""Exercise 5.11: what dropout does in both modes, and what batch normalisation keeps."""

from functools import partial
from typing import Any

import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, plain
from course_utils.judging.closeness import near
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.labs.conv_and_pooling.headings import MODES

PC10 = shared.PC10.in_lab(MODES)
DB1 = Misconception(
    "DB1",
    "forgot that dropout scales up what it keeps",
    "Half the units are silent, and yet the layer keeps its mean. What happens to those that stay?",
    MODES,
)
DB2 = Misconception(
    "DB2",
    "took dropout to be active in eval mode",
    "In eval mode nothing is dropped. What does the layer do then?",
    MODES,
)

DB3 = Misconception(
    "DB3",
    "batch normalisation with one parameter for each channel",
    "Each channel is scaled and shifted. How many learned numbers are that for a channel?",
    MODES,
)
DB4 = Misconception(
    "DB4",
    "a buffer forgotten, or parameters counted as buffers",
    "Print the buffers' names and shapes. Which of them is a single number, and which have one for each channel?",
    MODES,
)
DB5 = Misconception(
    "DB5",
    "took the mean for the value that is kept",
    "Half of the units are silent and the others are doubled. What is the mean of zeros and twos?",
    MODES,
)
DB6 = Misconception(
    "DB6",
    "scaled down what dropout keeps",
    "This is smaller than before. If half of the units fall silent, must the others grow or shrink to keep the mean?",
    MODES,
)
DB7 = Misconception(
    "DB7",
    "p added to 1",
    "This is 1 + p. If a share of 1 - p stays, by which number must it be divided for the sum to stay?",
    MODES,
)
DB8 = Misconception(
    "DB8",
    "buffers counted, not their numbers",
    "This counts tensors, or the numbers of a channel. How many numbers hold the buffers of all channels together?",
    MODES,
)
DB9 = Misconception(
    "DB9",
    "a counter for each channel",
    "This has a counter for each channel. Which shape has the third buffer?",
    MODES,
)

MEAN_TOLERANCE = 0.1


def layer_modes() -> dict[str, float]:
    """Ask PyTorch: dropout with p = 0.5 on ones in both modes, and what 16 channels of batch normalisation hold."""
    state = torch.get_rng_state()
    torch.manual_seed(0)
    layer, ones = nn.Dropout(0.5), torch.ones(100, 100)
    dropped, kept = layer.train()(ones), layer.eval()(ones)
    torch.set_rng_state(state)
    norm = nn.BatchNorm2d(16)
    return {
        "mean in train": float(dropped.mean()),
        "mean in eval": float(kept.mean()),
        "kept value": float(dropped.max()),
        "parameters": sum(p.numel() for p in norm.parameters()),
        "buffer numbers": sum(b.numel() for b in norm.buffers()),
    }


class DropoutBatchNorm(Exercise):
    """Dropout and batch normalisation: what they do in train and in eval mode, and what they hold."""

    id = "dropout-batch-norm"
    hints = (
        "Print layer(x) once in train mode. Which two values do you see?",
        "Go through layer.named_parameters() and layer.named_buffers(). How many numbers does each hold?",
    )
    worked = """
    `nn.Dropout(p=0.75)` on 1,000 ones, and `nn.BatchNorm1d(10)`.

    1. In train mode about 750 units become 0. For the mean to stay 1, the 250 that stay must add up to 1,000: each
       becomes 1 / (1 - 0.75) = 4. Kept value 4, mean 1.
    2. In eval mode nothing happens: all ones, mean 1.
    3. Each of the 10 channels has a learned scale and a learned shift: 20 parameters.
    4. Each has a running mean and a running variance, and the layer counts its batches: 10 + 10 + 1 = 21 buffer
       numbers.

    ```python
    print([(name, p.numel()) for name, p in nn.BatchNorm1d(10).named_parameters()])
    print([(name, b.numel()) for name, b in nn.BatchNorm1d(10).named_buffers()])
    ```
    """
    misconceptions = (DB1, DB2, DB3, DB4, DB5, DB6, DB7, DB8, DB9, PC10)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"mean in train": …, "mean in eval": …, "kept value": …, "parameters": …, "buffer numbers": …}``.

        Means may be off by 0.1.
        """
        right = layer_modes()
        given = as_dict(answers, right, "modes")
        means, rest = (
            {part: right[part] for part in right if part.startswith("mean") is mean} for mean in (True, False)
        )
        found = judge_numbers(given, means, what="modes", same=partial(near, by=MEAN_TOLERANCE), show="{:g}".format)
        found |= judge_numbers(given, rest, what="modes", show="{:g}".format)
        return {part: _explained(part, found[part], plain(given[part]), right) for part in right}


def _explained(part: str, one: Finding, number: float | None, right: dict[str, float]) -> Finding:
    if one.standing is not Standing.WRONG or number is None:
        return one
    all_numbers = right["parameters"] + right["buffer numbers"]
    halved = part.startswith("mean") and near(number, 0.5, by=MEAN_TOLERANCE)
    way: Misconception | None = None
    channels = right["parameters"] / 2
    if (part == "mean in train" and halved) or (part == "kept value" and number == 1):
        way = DB1
    elif part.startswith("mean") and number == 2:
        way = DB5
    elif part == "kept value" and number == 1.5:
        way = DB7
    elif part == "buffer numbers" and number in (2, 3):
        way = DB8
    elif part == "buffer numbers" and number == 3 * channels:
        way = DB9
    elif part == "kept value" and number == 0.5:
        way = DB6
    elif part == "parameters" and number == channels:
        way = DB3
    elif part == "buffer numbers" and number in (channels, channels + 1, 2 * channels, all_numbers):
        way = DB4
    elif part == "mean in eval" and halved:
        way = DB2
    elif part == "parameters" and number in (all_numbers, all_numbers - 1, 2 * right["parameters"]):
        way = PC10
    return wrong(one.first, way or one.because)
