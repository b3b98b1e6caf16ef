"""Exercise 6.19: a residual block, built.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
two 3×3 convolutions with padding 1, ReLU between      the part "same shape": numbers of ours in all convolutions
the input is added, then ReLU                          the part "same shape"
other channels or stride 2: a 1×1 convolution with     the part "other shape": more channels; stride 2; both
the same stride on the way around
none where it is not needed                            the part "same shape": as many parameters as PyTorch counts
takes any batch and size                               other batches and sizes in each case
=====================================================  ==========================================================

The block is watched: its convolutions get numbers of ours as they run, by the size of their kernels and their order.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.judging.answers import kind
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.calling import must_be_function
from course_utils.judging.variants import Dice
from course_utils.judging.watching import reached
from course_utils.labs.training_homework.headings import DEEP

RB1 = Misconception(
    "RB1",
    "nothing added",
    "This is what a plain block gives. What goes around the two convolutions?",
    DEEP,
)
RB2 = Misconception(
    "RB2",
    "input added behind the last ReLU",
    "Here the input is added behind the last ReLU. Where does the formula add it?",
    DEEP,
)
RB3 = Misconception(
    "RB3",
    "no ReLU at the end",
    "There are numbers below zero in this result. What comes behind the sum?",
    DEEP,
)
RB4 = Misconception(
    "RB4",
    "no ReLU between the convolutions",
    "Nothing stands between the two convolutions. What do two of them in a row come to?",
    DEEP,
)
RB5 = Misconception(
    "RB5",
    "a convolution on every way around",
    "This block has a convolution on its way around although both ways have the same shape. What does it learn that "
    "nothing would not do?",
    DEEP,
)
RB6 = Misconception(
    "RB6",
    "ReLU on the way around",
    "What goes around goes through a ReLU here. What should be left of the input when the convolutions do nothing?",
    DEEP,
)
RB7 = Misconception(
    "RB7",
    "cut off from its weights",
    "The numbers are right, and yet training could move nothing in some layers. What stands between them "
    "and the result, such as detach, .data or torch.no_grad?",
    DEEP,
)
WAYS = (RB1, RB2, RB3, RB4, RB5, RB6)
SAME, OTHER = "same shape", "other shape"


class Wanted(NamedTuple):
    """A block, and what goes through it."""

    in_channels: int
    out_channels: int
    stride: int
    batch: int
    side: int


class Numbers(NamedTuple):
    """What the convolutions compute with, ``around`` where there is one: weights and biases."""

    first: tuple[torch.Tensor, torch.Tensor]
    second: tuple[torch.Tensor, torch.Tensor]
    around: tuple[torch.Tensor, torch.Tensor] | None


def is_needed(block: Wanted) -> bool:
    """Tell whether both ways through a block have different shapes if nothing is done."""
    x = torch.zeros(1, block.in_channels, 8, 8)
    inside = nn.Conv2d(block.in_channels, block.out_channels, 3, stride=block.stride, padding=1)
    return inside(x).shape != x.shape


def count(block: Wanted) -> int:
    """Count the parameters of a block as PyTorch does."""
    i, o = block.in_channels, block.out_channels
    layers: list[nn.Module] = [nn.Conv2d(i, o, 3), nn.Conv2d(o, o, 3)]
    layers += [nn.Conv2d(i, o, 1)] if is_needed(block) else []
    return sum(p.numel() for layer in layers for p in layer.parameters())


def draw_numbers(block: Wanted, seed: int) -> Numbers:
    """Draw numbers for a block's convolutions."""
    chance = torch.Generator().manual_seed(seed)

    def numbers(i: int, o: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        weight = torch.randn(o, i, size, size, generator=chance) / (i * size * size) ** 0.5
        return weight, torch.randn(o, generator=chance) / 2

    i, o = block.in_channels, block.out_channels
    return Numbers(numbers(i, o, 3), numbers(o, o, 3), numbers(i, o, 1) if is_needed(block) else None)


def run_block(block_class: Any, options: list[int], x: torch.Tensor, first: Any, second: Any, around: Any) -> dict:
    """Probe: make a block, let its convolutions compute with numbers of ours, and tell what it gave and what it is."""
    with torch.random.fork_rng(devices=[]):
        block = block_class(*options)
    if not isinstance(block, nn.Module):
        return {"is module": False}
    given, seen = {3: [first, second], 1: [around] if around else []}, []

    def fill(layer: nn.Conv2d, _inputs: Any) -> None:
        waiting = given.get(layer.kernel_size[0], [])
        seen.append([layer.kernel_size[0], bool(waiting)])
        if waiting:
            numbers = waiting.pop(0)
            if layer.weight.shape == numbers[0].shape and layer.bias is not None:
                layer.weight.data.copy_(numbers[0])
                layer.bias.data.copy_(numbers[1])

    for layer in block.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_pre_hook(fill)
    block.train()
    with torch.enable_grad():
        out = block(x)
    named = dict(block.named_parameters())
    found = {"is module": True, "out": out, "seen": seen, "parameters": sum(p.numel() for p in named.values())}
    if isinstance(out, torch.Tensor):
        found |= {"out": out.detach(), "cut off": len(reached(named, out)) < len(named)}
    return found


def through(block: Wanted, numbers: Numbers, x: torch.Tensor, way: Misconception | None = None) -> torch.Tensor:
    """Compute with PyTorch's functions what a block gives, rightly or in a wrong way."""
    inside = F.conv2d(x, *numbers.first, stride=block.stride, padding=1)
    inside = F.conv2d(inside if way is RB4 else inside.clamp(min=0), *numbers.second, padding=1)
    kept = F.conv2d(x, *numbers.around, stride=block.stride) if numbers.around else x
    total = {RB1: inside, RB2: inside.clamp(min=0) + kept, RB6: inside + kept.clamp(min=0)}.get(
        way or RB3, inside + kept
    )
    return total if way in (RB2, RB3) else total.clamp(min=0)


# --- practice: counting


def draw_block(dice: Dice) -> Wanted:
    """Draw a block to be counted."""
    channels = dice.choose((4, 8, 12, 16))
    return Wanted(channels, channels * dice.choose((1, 1, 2)), dice.choose((1, 2)), 1, 8)


def _counts(block: Wanted) -> dict[Misconception, int]:
    i, o = block.in_channels, block.out_channels
    around = (i + 1) * o
    return {RB5: count(block) + around} if not is_needed(block) else {RB1: count(block) - around}


TOPIC = Topic(
    "parameters-of-a-block",
    draw_block,
    lambda block: (
        f"A block without batch norm, {block.in_channels} channels in, {block.out_channels} out, "
        f"stride {block.stride}; its convolutions have biases. "
        "How many parameters, with those of the way around, where one is needed?"
    ),
    count,
    _counts,
    lambda block: [
        f"The 3×3 convolutions: (9 · {block.in_channels} + 1) · {block.out_channels} and "
        f"(9 · {block.out_channels} + 1) · {block.out_channels}.",
        f"Around: {f'({block.in_channels} + 1) · {block.out_channels}' if is_needed(block) else 'nothing is needed'}.",
        f"Together {count(block)}.",
    ],
)


class ResidualBlockBuilt(Implementation):
    """Write ``class Block(nn.Module)``, made with (in_channels, out_channels, stride)."""

    id = "block"
    hints = (
        "Two layers are always made in __init__. When is a third one made?",
        "Write forward as two ways: what comes out of the convolutions, and what goes around. What is done with both?",
        "Stride 2 halves the sides of the one way. Which convolution has it, and what must the other way have then?",
    )
    worked = """
        A smaller cousin: one dense layer with a way around, D numbers in and out.

        ```python
        class DenseAround(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.inner = nn.Linear(size, size)

            def forward(self, x):
                return torch.relu(self.inner(x) + x)
        ```

        1. If all weights of `inner` are 0, what comes out is relu(x): for x from another ReLU that is x itself.
        2. For other sizes in and out, x has to go through a layer that changes its size, and nothing else.
    """
    misconceptions = (*WAYS, RB7)
    topics = (TOPIC,)

    def draw(self) -> Wanted:
        """Return this student's block with other channels out than in."""
        dice = self.dice()
        channels = dice.between(3, 6)
        return Wanted(channels, channels + dice.between(1, 4), 2, 2, 2 * dice.between(3, 5))

    def text(self) -> str:
        """Return the block to try it on."""
        block: Wanted = self.question
        return f"Try yours on {block.in_channels} channels in, {block.out_channels} out, stride {block.stride}."

    def cases(self) -> Sequence[Case]:
        """Return a block of each kind."""
        block: Wanted = self.question
        c, o = block.in_channels, block.out_channels
        return [
            Case("as many channels out as in, stride 1", Wanted(c, c, 1, 2, 7), SAME, 1),
            Case("your channels, stride 1", Wanted(c, o, 1, 3, 6), OTHER, 2),
            Case("as many channels out as in, stride 2", Wanted(c, c, 2, 1, 8), OTHER, 3),
            Case("your channels, stride 2", block, OTHER, 4),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return blocks of other channels."""
        dice = Dice("hidden", seed)
        c, o = dice.between(2, 5), dice.between(6, 9)
        return [Case("", Wanted(c, c, 1, 1, 9), SAME), Case("", Wanted(c, o, 2, 2, 9), OTHER)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare what the block gives with PyTorch's functions, and count its parameters."""
        must_be_function(answer, "Block")
        block: Wanted = case.data
        x = torch.randn(
            block.batch, block.in_channels, block.side, block.side, generator=torch.Generator().manual_seed(case.seed)
        )
        numbers = draw_numbers(block, case.seed + 1)
        options = [block.in_channels, block.out_channels, *([block.stride] if block.stride != 1 else [])]  # 1 unasked
        pairs = [list(one) if one else None for one in numbers]
        found = case.ask(run_block, answer, options, x, *pairs)
        if not found["is module"]:
            raise case.always(f"Block should be a class made from nn.Module, not {kind(answer)}.")
        if not isinstance(found["out"], torch.Tensor):
            raise case.always("Block: forward should return a tensor.")
        self._look(case, block, found, numbers, x)

    def _look(self, case: Case, block: Wanted, found: dict[str, Any], numbers: Numbers, x: torch.Tensor) -> None:
        spare = [size for size, wanted in found["seen"] if not wanted]
        if spare == [1] and not is_needed(block):
            raise case.wrong("Block", RB5)
        ways = {way: lambda way=way: through(block, numbers, x, way) for way in WAYS if way is not RB5}
        given = case.array(found["out"], "What Block gives")
        case.compare("Block", given, through(block, numbers, x), ways, 1e-4, 1e-4)
        if found["parameters"] != count(block):
            raise case.always("Block gives the right numbers, but it has other parameters than its convolutions need.")
        if found["cut off"]:
            raise case.wrong("Block", RB7)
