"""Exercise 6.9, part three: the parameters of residual blocks, and which blocks need a 1×1 convolution.

| the prompt says | what is tried |
|---|---|
| parameters of two blocks | PyTorch's layers, without biases in front of a norm |
| letters of blocks that need a 1×1 convolution | whether PyTorch can add what comes in and what comes out |
"""

from typing import Any, NamedTuple

import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, is_missing, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.variants import Dice
from course_utils.labs.lab7_cnn.headings import RESIDUAL
from course_utils.labs.lab7_cnn.networks import count_parameters
from course_utils.labs.lab7_cnn.sets import judge_set

PC10 = shared.PC10.in_lab(
    RESIDUAL, "These numbers are kept, not learned. Which of them does the optimiser never touch?"
)
KG5 = Misconception(
    "KG5",
    "biases given to convolutions without",
    "Here the convolutions have biases. What takes their place in front of a batch norm?",
    RESIDUAL,
)
KG6 = Misconception(
    "KG6",
    "batch norm left out",
    "These are the convolutions alone. What else in the block is learned?",
    RESIDUAL,
)
KG7 = Misconception(
    "KG7",
    "shortcut left out of the count",
    "This counts the way through the convolutions. What must happen on the other way when the shapes differ?",
    RESIDUAL,
)
KG8 = Misconception(
    "KG8",
    "shortcut needed only where channels change",
    "With stride 2 the maps get smaller. Can two maps of different size be added?",
    RESIDUAL,
)
KG10 = Misconception(
    "KG10",
    "1×1 shortcut given to every block",
    "Where the shapes agree, the input can be added as it is. What would a convolution be for?",
    RESIDUAL,
)
KG27 = Misconception(
    "KG27",
    "shortcut counted without its batch norm",
    "Your shortcut is a convolution alone. What comes behind it, as behind every convolution of the block?",
    RESIDUAL,
)
KG28 = Misconception(
    "KG28",
    "one number for each channel of a batch norm",
    "One way to get this: one number for each channel of a batch norm. How many does a norm learn for a channel, and "
    "how many norms has the block?",
    RESIDUAL,
)
KG29 = Misconception(
    "KG29",
    "half of the block counted",
    "This is one convolution with its batch norm. How many has the block?",
    RESIDUAL,
)
KG30 = Misconception(
    "KG30",
    "shortcut of 3×3 kernels",
    "Your shortcut has kernels of 3×3. How many cells has a kernel of 1×1?",
    RESIDUAL,
)
KG31 = Misconception(
    "KG31",
    "both convolutions with the channels that come out",
    "Both of your convolutions see as many channels as come out. How many come in at the first?",
    RESIDUAL,
)
KG32 = Misconception(
    "KG32",
    "shortcut needed only where the stride changes",
    "You look at the stride alone. Can maps of 64 and of 128 channels be added?",
    RESIDUAL,
)
KG33 = Misconception(
    "KG33",
    "shortcut needed only where channels and stride change",
    "You wait until both change. Can two maps be added that differ in one of the two, channels or size?",
    RESIDUAL,
)
KG60 = Misconception(
    "KG60",
    "a block that changes something left without a shortcut",
    "A block is missing in your set whose channels or side change on the way. Can what goes past it be added as it is?",
    RESIDUAL,
)
KG61 = Misconception(
    "KG61",
    "a block that changes nothing given a shortcut",
    "A block in your set gives what has the shape of its input. What would a 1×1 convolution have to mend there?",
    RESIDUAL,
)
KG82 = Misconception(
    "KG82",
    "kernels of another side",
    "One way to get this: both convolutions with kernels of another side. Which side does the task name, and how many "
    "cells has such a kernel?",
    RESIDUAL,
)
KG83 = Misconception(
    "KG83",
    "kernels that look at one channel",
    "One way to get this: kernels that look at one channel. How deep is a kernel on maps of many channels?",
    RESIDUAL,
)
KG84 = Misconception(
    "KG84",
    "both convolutions with the channels that come in",
    "Both of your convolutions see the channels that come in. How many does the second one see?",
    RESIDUAL,
)
KG85 = Misconception(
    "KG85",
    "parameters divided for the stride",
    "Yours are fewer by the stride. Does a kernel that moves further have fewer numbers?",
    RESIDUAL,
)
KG86 = Misconception(
    "KG86",
    "one convolution left out",
    "One way to get this: both batch norms, and one of the two convolutions. How many convolutions has the block?",
    RESIDUAL,
)
FURTHER = (KG86, KG27, KG28, KG29, KG30, KG31, KG32, KG33, KG60, KG61, KG82, KG83, KG84, KG85)


class Block(NamedTuple):
    """A residual block: channels that go in and come out; the first convolution has this stride."""

    in_channels: int
    out_channels: int
    stride: int


SITUATIONS = {"a": Block(64, 64, 1), "b": Block(64, 128, 1), "c": Block(64, 64, 2), "d": Block(64, 128, 2)}
LETTERS = "needs 1x1"


def needs_projection(block: Block) -> bool:
    """Tell whether the input of a block cannot be added to what its convolutions give: another shape."""
    return (block.in_channels, 1) != (block.out_channels, block.stride)


# --- what PyTorch says


def torch_block(block: Block) -> nn.ModuleDict:
    """Make a residual block's layers: two convolutions with batch norm, and a shortcut where one is needed."""
    with torch.device("meta"):
        layers = nn.ModuleDict(
            {
                "conv1": nn.Conv2d(block.in_channels, block.out_channels, 3, block.stride, 1, bias=False),
                "norm1": nn.BatchNorm2d(block.out_channels),
                "conv2": nn.Conv2d(block.out_channels, block.out_channels, 3, 1, 1, bias=False),
                "norm2": nn.BatchNorm2d(block.out_channels),
            }
        )
        if needs_projection(block):
            layers["shortcut"] = nn.Conv2d(block.in_channels, block.out_channels, 1, block.stride, bias=False)
            layers["shortcut norm"] = nn.BatchNorm2d(block.out_channels)
    return layers


def can_be_added(block: Block) -> bool:
    """Ask PyTorch whether a block's input has the shape of what its convolutions give."""
    x = torch.empty(1, block.in_channels, 8, 8, device="meta")
    layers = torch_block(block)
    return bool(layers["conv2"](layers["conv1"](x)).shape == x.shape)


def torch_block_count(block: Block) -> int:
    """Ask PyTorch for the number of parameters of a residual block."""
    return count_parameters(torch_block(block))


# --- counting, rightly and wrongly


def block_parameters(block: Block) -> int:
    """Count the parameters of a block: two 3×3 convolutions without biases, batch norms, perhaps a 1×1 shortcut."""
    convolutions = _kernels(block.in_channels, block.out_channels, 3) + _kernels(
        block.out_channels, block.out_channels, 3
    )
    return convolutions + 2 * (2 * block.out_channels) + _shortcut(block)


def _shortcut(block: Block) -> int:
    if not needs_projection(block):
        return 0
    return _kernels(block.in_channels, block.out_channels, 1) + 2 * block.out_channels


def _kernels(in_channels: int, out_channels: int, side: int) -> int:
    return sum(side * side for _kernel in range(out_channels) for _channel in range(in_channels))


def block_ways(block: Block) -> dict[Misconception, int | None]:
    """For each wrong way, the number of parameters that it gives; None where it gives the right one."""
    right, width = block_parameters(block), block.out_channels
    both = (block.in_channels + width) * width  # weights of the two convolutions, one for each cell
    convolutions = 3 if needs_projection(block) else 2
    ways = {
        KG5: right + convolutions * width,
        KG6: right - convolutions * 2 * width,
        PC10: right + convolutions * 2 * width,
        KG7: right - _shortcut(block),
        KG10: right if needs_projection(block) else right + block.in_channels * width + 2 * width,
        KG27: right - (2 * width if needs_projection(block) else 0),
        KG28: right - convolutions * width,
        KG29: _kernels(block.in_channels, width, 3) + 2 * width,
        KG86: right - _kernels(width, width, 3),
        KG30: right + (8 * block.in_channels * width if needs_projection(block) else 0),
        KG83: right - both * 9 + 2 * 9 * width,
        KG84: right + 9 * (block.in_channels - width) * width,
        KG31: right + 9 * (width - block.in_channels) * width,
    }
    return {way: None if given == right else given for way, given in ways.items()}


def further_block_ways(block: Block) -> dict[Misconception, list[float]]:
    """For wrong ways that may give several numbers, all of them."""
    right, width, step = block_parameters(block), block.out_channels, block.stride
    both = (block.in_channels + width) * width
    shorter = [right / step, right / step**2] if step > 1 else []
    return {KG82: [right + (cells - 9) * both for cells in (1, 3, 4, 25, 49)], KG85: shorter}


# --- practice


def sample_block(dice: Dice) -> Block:
    """Draw a block for practice."""
    width, down = dice.between(2, 32) * 4, dice.between(0, 1)
    return Block(width, width * (1 + down), 1 + down)


def _block_text(q: Block) -> str:
    return (
        f"A residual block of two 3×3 convolutions with batch norm, {q.in_channels} channels in, {q.out_channels} out, "
        f"the first convolution with stride {q.stride}.\nHow many parameters, with a 1×1 shortcut (and its batch norm) "
        "where one is needed?"
    )


def _block_steps(q: Block) -> list[str]:
    first, second, norms = 9 * q.in_channels * q.out_channels, 9 * q.out_channels**2, 4 * q.out_channels
    shortcut = _shortcut(q)
    steps = [
        f"3×3 kernels, no biases: {first} weights from {q.in_channels} to {q.out_channels} channels, then {second}.",
        f"Two batch norms learn two numbers for each of {q.out_channels} channels: {norms}.",
    ]
    if shortcut:
        steps.append(f"The shortcut: a 1×1 convolution and its batch norm, {shortcut}.")
    return [*steps, f"Together: {first} + {second} + {norms} + {shortcut} = {block_parameters(q)}"]


BLOCK = Topic("residual-block", sample_block, _block_text, torch_block_count, block_ways, _block_steps)


class ResidualBlock(Exercise):
    """The parameters of two residual blocks, and the letters of the blocks that need a 1×1 convolution."""

    id = "residual-block"
    hints = (
        "Print a batch norm of 64 channels in lab 05's way: how many numbers does it learn?",
        "What does the 1×1 convolution of the shortcut have to turn into what?",
        "Can maps of 32×32 and of 16×16 be added?",
    )
    worked = """
        A block from 4 to 6 channels, stride 2.

        1. First convolution: 4 · 6 · 9 = 216 weights; second: 6 · 6 · 9 = 324. No biases: the batch norms bring
           a shift.
        2. Each batch norm learns two numbers for each of 6 channels: 12, twice 24. Its running means are not learned.
        3. Channels and side change, so the shortcut needs a 1×1 convolution, 4 · 6 = 24, and its batch norm, 12.
        4. Together 216 + 324 + 24 + 24 + 12 = 600. From 6 to 6 channels with stride 1 nothing changes: no
           shortcut layers.
    """
    misconceptions = (KG5, KG6, PC10, KG7, KG8, KG10, *FURTHER)
    topics = (BLOCK,)

    def draw(self) -> dict[str, Block]:
        """Return two blocks: "basic" keeps its channels, "down" doubles them and halves the side."""
        width = self.dice().choose((16, 24, 32, 40, 48, 56, 80, 96)) if self.student else 64
        return {"basic": Block(width, width, 1), "down": Block(width, 2 * width, 2)}

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"basic": number, "down": number, "needs 1x1": set of letters}``."""
        given = as_dict(answers, (*self.question, LETTERS), "residual")
        right = {name: torch_block_count(block) for name, block in self.question.items()}
        each = {name: block_ways(one) | further_block_ways(one) for name, one in self.question.items()}
        ways = {way: {name: each[name][way] for name in each} for way in each["down"]}
        found = judge_set(given, right, ways, what="residual")
        return found | {LETTERS: look(lambda: _look_at_letters(given[LETTERS]))}


def _look_at_letters(answer: Any) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in residual[{LETTERS!r}]")
    given = list(answer) if type(answer) in (set, frozenset, list, tuple, str) else None
    letters = {letter.strip().lower() for letter in given if type(letter) is str} - {"", ","} if given else set()
    if not given or any(type(letter) is not str for letter in given) or letters - set(SITUATIONS):
        raise refuse(f'residual["{LETTERS}"] should be a set of letters such as {{"a", "b"}}.')
    needed = {letter for letter, block in SITUATIONS.items() if not can_be_added(block)}
    if letters != needed:
        ways = {frozenset("bd"): KG8, frozenset("cd"): KG32, frozenset("d"): KG33, frozenset("abcd"): KG10}
        because = ways.get(frozenset(letters), KG61 if letters - needed else KG60)
        raise refuse(f"{LETTERS}: you gave {short(answer)}.", because)
