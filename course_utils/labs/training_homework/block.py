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

The block is watched at PyTorch's dispatcher: its convolutions, layers or functions, get numbers of ours as they are
computed, by the size of their kernels and their order. A block that is not right is told by what its convolutions do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.judging.answers import kind
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.network_slips import ACTIVATIONS
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.calling import must_be_function
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.judging.slips import TwoSlips, is_slip
from course_utils.judging.variants import Dice
from course_utils.judging.watching import CONVOLUTIONS, place_of, reached
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
RB8 = Misconception(
    "RB8",
    "stride in another convolution",
    "The stride is not where the task has it: another 3×3 convolution has one, or the first has none of its own. Which "
    "of the two takes the steps?",
    DEEP,
)
RB9 = Misconception(
    "RB9",
    "padding of a 3×3 convolution",
    "A 3×3 convolution of yours does not pad as the task says. What does each of them do to the sides of its maps?",
    DEEP,
)
RB10 = Misconception(
    "RB10",
    "1×1 convolution without the stride",
    "Your 1×1 convolution takes other steps than the way inside. Which sides have to be equal when both are added?",
    DEEP,
)
RB11 = Misconception(
    "RB11",
    "no convolution around where one is needed",
    "Both ways have different shapes here, and x goes around as it is. Which two things can make the shapes differ, "
    "and does your condition see each of them alone?",
    DEEP,
)
RB12 = Misconception(
    "RB12",
    "a convolution without bias",
    "A convolution of yours has no bias. What does the task say of each of the three?",
    DEEP,
)
RB13 = Misconception(
    "RB13",
    "a layer that the formula does not have",
    "There is a batch norm, a dropout or a pooling in your block. Which layers does the task name?",
    DEEP,
)
RB14 = Misconception(
    "RB14",
    "channels between the two convolutions",
    "Between your two convolutions there is another number of channels than at the end. Which of the two changes it?",
    DEEP,
)
RB15 = Misconception(
    "RB15",
    "what goes around is not x",
    "What goes around in your block is no longer x itself: it has been through something before. Where does the "
    "formula take it from, and did a line of yours overwrite x?",
    DEEP,
)
RB16 = Misconception(
    "RB16",
    "both ways put together otherwise than by adding",
    "Your two ways meet, and are not added: one way to get this is a difference, a product, a weighted sum, or maps "
    "laid side by side. Which sign stands between them in the formula?",
    DEEP,
)
RB17 = Misconception(
    "RB17",
    "another function than ReLU, or one too many",
    "One way to get this: another function stands where the formula has a ReLU, or there is one more of them. Which "
    "functions does x meet in your forward, and where?",
    DEEP,
)
RB18 = Misconception(
    "RB18",
    "one convolution used twice",
    "One and the same convolution is used twice. How many different ones does the formula need, each with its weights?",
    DEEP,
)
RB19 = Misconception(
    "RB19",
    "kernels of another size, or another number of convolutions",
    "Your convolutions are not those of the task, by number or by the size of their kernels. Which two are on the way "
    "inside, and which one goes around?",
    DEEP,
)
RB20 = Misconception(
    "RB20",
    "layers made in forward",
    "Weights are drawn while your block computes: each call gets others. Where are layers made once?",
    DEEP,
)
RB21 = Misconception(
    "RB21",
    "input added in front of the second convolution",
    "Here the input is added between the two convolutions. Behind which of them does the formula add it?",
    DEEP,
)
RB22 = Misconception(
    "RB22",
    "border of other numbers than zeros",
    "Your maps are padded, and not with zeros. Which numbers does padding=1 alone put around a map?",
    DEEP,
)
RB23 = Misconception(
    "RB23",
    "kernels that do not see all channels",
    "A kernel of yours looks at some of the channels alone, as with groups. How deep is a kernel if nothing else is "
    "said?",
    DEEP,
)
RB24 = Misconception(
    "RB24",
    "no way back along the way around",
    "The numbers are right, and no gradient goes back along the way around. What stands between x and the sum, such as "
    "detach or torch.no_grad?",
    DEEP,
)
WAYS = (RB1, RB2, RB3, RB4, RB5, RB6)
OTHERS = (RB8, RB9, RB10, RB11, RB12, RB13, RB14, RB15, RB16, RB17, RB18, RB19, RB20, RB21, RB22, RB23, RB24)
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


class Seen(NamedTuple):
    """One convolution as it was computed: kernels ``(O, I, K, K)``, stride, padding, and what it made of what."""

    kernels: tuple[int, ...]
    stride: int
    padding: int
    has_bias: bool
    of_input: bool  # whether it looked at the block's own input
    side: int  # of its maps
    weight: int  # where its numbers lie
    wanted: bool  # whether there were numbers of ours for it


class Given(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Lets convolutions compute with numbers of ours while it is on, by the size of their kernels and their order.

    Parameters
    ----------
    x
        What the block is given.
    numbers
        Weights and biases by the side of the kernels, in the order in which they are used.
    """

    def __init__(self, x: torch.Tensor, numbers: Mapping[int, list[Any]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.x, self.numbers = x, {side: list(some) for side, some in numbers.items()}
        self.seen: list[Seen] = []
        self.names: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute, with other numbers where it is a convolution, and note it."""
        name = func.overloadpacket.__name__
        self.names.add(name)
        if name not in CONVOLUTIONS:
            return func(*args, **(kwargs or {}))
        x, weight, bias = args[:3]
        waiting = self.numbers.get(weight.shape[-1], [])
        mine = waiting.pop(0) if waiting else None
        fits = mine is not None and mine[0].shape == weight.shape and bias is not None
        out = func(x, *(mine if fits else (weight, bias)), *args[3:], **(kwargs or {}))
        stride, padding = (int(numbers[0]) for numbers in args[3:5])
        own = x.shape == self.x.shape and torch.equal(x, self.x)
        shape = tuple(weight.shape)
        self.seen.append(
            Seen(shape, stride, padding, bias is not None, own, out.shape[-1], place_of(weight), mine is not None)
        )
        return out


def run_block(
    block_class: Any, options: list[int], x: torch.Tensor, first: Any, second: Any, around: Any, quietly: bool = False
) -> dict[str, Any]:
    """Probe: make a block, let its convolutions compute with numbers of ours, and tell what it gave and what it is.

    What it raises is let through unless ``quietly``: then what was computed until there is told.
    """
    with torch.random.fork_rng(devices=[]):
        block = block_class(*options)
        if not isinstance(block, nn.Module):
            return {"is module": False}
        block.train()
        given, out = Given(x, {3: [first, second], 1: [around] if around else []}), None
        try:
            with torch.enable_grad(), given:
                out = block(x)
        except Exception:
            if not quietly:
                raise
    named = dict(block.named_parameters())
    found = {"is module": True, "out": out, "seen": [list(one) for one in given.seen], "names": sorted(given.names)}
    found["parameters"] = sum(p.numel() for p in named.values())
    if isinstance(out, torch.Tensor):
        found |= {"out": out.detach(), "cut off": len(reached(named, out)) < len(named)}
        found["way back"] = leads_back(block, x)
    return found


def leads_back(block: nn.Module, x: torch.Tensor) -> bool:
    """Tell whether a gradient reaches the input around 3×3 convolutions without weights; the block is spoilt for it."""
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.fill_(0.0 if parameter.shape[-1:] == (3,) else 1.0)
    leaf = (x.abs() + 1).requires_grad_(True)
    try:
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(block(leaf).sum(), leaf, allow_unused=True)
    except RuntimeError:  # there is no graph at all
        return False
    return slope is not None and bool(slope.any())


Function = Callable[[torch.Tensor], torch.Tensor]


def _relu(x: torch.Tensor) -> torch.Tensor:
    return x.clamp(min=0)


def _same(x: torch.Tensor) -> torch.Tensor:
    return x


def through(
    block: Wanted,
    numbers: Numbers,
    x: torch.Tensor,
    *,
    begin: Function = _same,
    between: Function = _relu,
    inner: Function = _same,
    kept: Function = _same,
    join: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = torch.add,
    end: Function = _relu,
) -> torch.Tensor:
    """Compute with PyTorch's functions what a block gives: rightly, or with other functions along its two ways."""
    inside = F.conv2d(begin(x), *numbers.first, stride=block.stride, padding=1)
    inside = inner(F.conv2d(between(inside), *numbers.second, padding=1))
    around = F.conv2d(x, *numbers.around, stride=block.stride) if numbers.around else x
    return end(join(inside, kept(around)))


def wrong_blocks(block: Wanted, numbers: Numbers, x: torch.Tensor) -> dict[Misconception, Callable[[], object]]:
    """Return for each wrong way along the two ways a function that computes what it gives."""

    def made(**changes: Any) -> torch.Tensor:
        return through(block, numbers, x, **changes)

    def others() -> list[torch.Tensor]:
        found = [made(**{place: one}) for place in ("between", "end") for one in ACTIVATIONS]
        found += [made(between=one, end=one) for one in ACTIVATIONS]
        found += [made(inner=_relu), made(begin=_relu), made(inner=_relu, kept=_relu), made(between=_same, end=_same)]
        return [*found, made(begin=_relu, end=_same), made(inner=_relu, between=_same)]

    def from_inside() -> list[torch.Tensor]:
        first = F.conv2d(x, *numbers.first, stride=block.stride, padding=1)
        joins = ((lambda one, _: one + first), (lambda one, _: one + _relu(first)), (lambda one, _: one + one))
        return [made(join=join, end=end) for join in joins for end in (_relu, _same)]

    joins: tuple[Callable[[torch.Tensor, torch.Tensor], torch.Tensor], ...] = (
        torch.sub,
        lambda one, other: other - one,
        torch.mul,
        *(lambda one, other, share=share: share * one + other for share in (0.1, 0.2, 0.5, 2)),
        lambda one, other: (one + other) / 2,
        torch.maximum,
        lambda one, other: torch.cat([one, other], 1),
        lambda one, other: torch.cat([other, one], 1),
    )

    def between_both() -> list[torch.Tensor]:
        around = F.conv2d(x, *numbers.around, stride=block.stride) if numbers.around else x
        return [
            end(F.conv2d(middle, *numbers.second, padding=1))
            for first in (F.conv2d(x, *numbers.first, stride=block.stride, padding=1),)
            for middle in (_relu(first) + around, _relu(first + around))
            for end in (_relu, _same)
        ]

    return {
        RB21: between_both,
        RB1: lambda: made(join=lambda one, _: one),
        RB2: lambda: made(inner=_relu, end=_same),
        RB3: lambda: made(end=_same),
        RB4: lambda: made(between=_same),
        RB6: lambda: made(kept=_relu),
        RB15: from_inside,
        RB16: lambda: [made(join=join, end=end) for join in joins for end in (_relu, _same)],
        RB17: others,
        TwoSlips.of(RB3, RB6): lambda: made(kept=_relu, end=_same),
        TwoSlips.of(RB1, RB3): lambda: made(join=lambda one, _: one, end=_same),
        TwoSlips.of(RB1, RB4): lambda: made(join=lambda one, _: one, between=_same),
        TwoSlips.of(RB2, RB4): lambda: made(inner=_relu, end=_same, between=_same),
        TwoSlips.of(RB4, RB6): lambda: made(kept=_relu, between=_same),
    }


def fault_of(block: Wanted, seen: Sequence[Seen], names: Sequence[str]) -> Misconception | None:
    """Return what is wrong with the convolutions of a block, as they were computed; None if nothing is."""
    inside, around = ([one for one in seen if one.kernels[-1] == size] for size in (3, 1))
    spare = [one for one in around if not one.wanted]
    if spare and not is_needed(block):  # around only if both ways begin at the input
        return RB5 if spare[0].of_input and any(one.of_input for one in inside) else RB19
    if {"uniform_", "normal_"} & set(names):
        return RB20
    if any("norm" in name or "dropout" in name or "bernoulli" in name or "pool" in name for name in names):
        return RB13
    if len({one.weight for one in seen}) < len(seen):
        return RB18
    if len(inside) > 2 or len(around) > 1 or len(inside) + len(around) < len(seen):
        return RB19
    deep = [block.in_channels, *(one.kernels[0] for one in inside)]
    if any(one.kernels[1] < channels for one, channels in zip(inside, deep, strict=False)):
        return RB23
    if not all(one.has_bias for one in seen):
        return RB12
    fault = _fault_of_places(block, inside, around)
    unpadded = any(one.padding == 0 for one in inside) and "constant_pad_nd" not in names
    return RB22 if fault is None and unpadded else fault


def _fault_of_places(block: Wanted, inside: Sequence[Seen], around: Sequence[Seen]) -> Misconception | None:
    strides = [one.stride for one in inside]
    if len(inside) == 2 and inside[0].kernels[0] != block.out_channels:
        return RB14
    if strides != [block.stride, 1][: len(strides)]:
        return RB8
    right = nn.Conv2d(1, 1, 3, stride=block.stride, padding=1)(torch.zeros(1, 1, block.side, block.side)).shape[-1]
    if any(one.side != right for one in inside):
        return RB9
    if around and not around[0].of_input:
        return RB15
    if around and around[0].stride != block.stride:
        return RB10
    return RB11 if is_needed(block) and len(inside) == 2 and not around else None


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
    misconceptions = (*WAYS, RB7, *OTHERS)
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
        try:
            found = case.ask(run_block, answer, options, x, *pairs)
        except CheckFailed as error:
            raise _raised(case, error, answer, options, x, pairs) from None
        if not found["is module"]:
            raise case.always(f"Block should be a class made from nn.Module, not {kind(answer)}.")
        if not isinstance(found["out"], torch.Tensor):
            raise case.always("Block: forward should return a tensor.")
        self._look(case, block, found, numbers, x)

    def _look(self, case: Case, block: Wanted, found: dict[str, Any], numbers: Numbers, x: torch.Tensor) -> None:
        fault = _fault(block, found)
        if fault is RB5:
            raise case.wrong("Block", fault)
        given = case.array(found["out"], "What Block gives")
        try:
            case.compare("Block", given, through(block, numbers, x), wrong_blocks(block, numbers, x), 1e-4, 1e-4)
        except Wrong as error:
            explained = any(not is_slip(way) or isinstance(way, TwoSlips) for way in error.finding.because)
            raise error if explained else _named(error, fault) from None
        if fault in (RB18, RB20):  # of the others none matters where the numbers are right
            raise case.wrong("Block", fault)
        if found["parameters"] != count(block):
            raise case.always("Block gives the right numbers, but it has other parameters than its convolutions need.")
        if found["cut off"]:
            raise case.wrong("Block", RB7)
        if not found["way back"]:
            raise case.wrong("Block", RB24)


def _fault(block: Wanted, found: Mapping[str, Any]) -> Misconception | None:
    seen = [Seen(tuple(one[0]), *one[1:]) for one in found["seen"]]
    return fault_of(block, seen, found["names"])


def _named(error: Wrong, fault: Misconception | None) -> Wrong:
    """Return an error with the fault of the convolutions for its cause, where there is one."""
    if fault is None:
        return error
    return Wrong(replace(error.finding, because=(fault,), fitting=(fault, *(error.finding.fitting or ()))))


def _raised(
    case: Case, error: CheckFailed, answer: Any, options: list[int], x: torch.Tensor, pairs: list[Any]
) -> CheckFailed:
    """Return the error for a block that raised, with what is wrong with its convolutions where that is seen."""
    try:
        found = case.ask(run_block, answer, options, x, *pairs, True)
    except CheckFailed:
        return error
    fault = _fault(case.data, found) if found["is module"] and found["seen"] else None
    if fault is None or not isinstance(error, Wrong):
        return error
    return _named(error, fault)
