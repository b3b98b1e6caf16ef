"""Exercise 6.9: a function that counts the parameters of a whole network from its list.

| the prompt says | what is tried |
|---|---|
| numbers before ``"flatten"`` are kernels, after it dense units | one to three of each, and none |
| biases included | every case |
| ``"pool"`` is 2×2 | even and odd sides; none at all |
| the given padding | 0 and 1; convolutions behind one another |
| ``in_channels``, ``size`` | 1, 2 and 3 channels; sides from 6 to 224 |
| defaults 3, 224, 1 | VGG-16 and a list without pooling, without further arguments |
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from course_utils.judging.answers import kind, plain, short
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.lab7_cnn.headings import GIANTS
from course_utils.labs.lab7_cnn.larger_pictures import KC4
from course_utils.labs.lab7_cnn.networks import KA1, count_parameters
from course_utils.labs.lab7_cnn.parameter_counts import PC1, PC3
from course_utils.labs.lab7_cnn.vgg import VGG16, Config, torch_vgg

KG2 = Misconception(
    "KG2",
    "first dense layer counted as if maps were single cells",
    "Your first dense layer has one input for each map. How many cells has a map when it is flattened?",
    GIANTS,
)
KG3 = Misconception(
    "KG3",
    "pooling not followed",
    "Your maps keep their size through the pooling. How large are they when they are flattened?",
    GIANTS,
)
KG4 = Misconception(
    "KG4",
    "padding left out of the sizes",
    "This treats every size of padding alike. How does a map shrink when padding is 0?",
    GIANTS,
)

KG11 = Misconception(
    "KG11",
    "channels not carried from layer to layer",
    "Your kernels keep the channels of the picture. How many channels come in at the second convolution?",
    GIANTS,
)
KG12 = Misconception(
    "KG12",
    "padding added on one side only",
    "Your maps are padded once. On how many sides of a row does padding add cells?",
    GIANTS,
)
KG13 = Misconception(
    "KG13",
    "first entry of the list only",
    "This counts the first layer alone. Where does your return stand?",
    GIANTS,
)

NAME = "count_params"
SMALL: Config = [8, "pool", 16, "flatten", 10]


class Counted(NamedTuple):
    """One network to count: its list, and the pictures it takes; those of the signature, if they are not said."""

    config: Config
    in_channels: int = 3
    size: int = 224
    padding: int = 1


def torch_count(config: Config, in_channels: int, size: int, padding: int) -> int:
    """Ask PyTorch for the number of parameters of a network."""
    return sum(map(count_parameters, torch_vgg(config, in_channels, size, padding)))


def count(
    config: Config,
    in_channels: int,
    size: int,
    padding: int,
    *,
    bias: int = 1,
    conv: Callable[[int], int] | None = None,
    pool: Callable[[int], int] = lambda side: side // 2,
    flat: Callable[[int, int], int] = lambda channels, side: channels * side**2,
    depth: int | None = None,
) -> int:
    """Count with one thing done in another way; what is right with none.

    Parameters
    ----------
    bias
        Biases of each kernel or unit.
    conv, pool
        From a side to the side behind the layer.
    flat
        From channels and side to the inputs of the first dense layer.
    depth
        Channels that a kernel sees, whatever comes in.
    """
    conv = conv or (lambda side: side + 2 * padding - 2)
    total, channels, side, dense = 0, in_channels, size, False
    for entry in config:
        if entry == "pool":
            side = pool(side)
        elif entry == "flatten":
            channels, dense = flat(channels, side), True
        else:
            cells = channels if dense else 9 * (depth or channels)
            total += int(entry) * (cells + bias)
            channels, side = int(entry), side if dense else conv(side)
    return total


def counting_ways(network: Counted) -> dict[Misconception, list[int]]:
    """For each wrong way, the counts that it gives."""
    return {
        PC1: [count(*network, bias=0)],
        PC3: [count(*network, depth=1)],
        KG11: [count(*network, depth=network.in_channels)],
        KG12: [count(*network, conv=lambda side: side + network.padding - 2)],
        KG13: [count([network.config[0], "flatten"], *network[1:])],
        KG2: [count(*network, flat=lambda channels, side: channels)],
        KC4: [count(*network, flat=lambda channels, side: channels * side)],
        KG3: [count(*network, pool=lambda side: side)],
        KA1: [count(*network, pool=lambda side: -(-side // 2))],
        KG4: [count(*network, conv=lambda side: side), count(*network, conv=lambda side: side - 2)],
    }


class CountParams(Implementation):
    """``count_params(config, in_channels=3, size=224, padding=1) -> int``."""

    id = "count-params"
    hints = (
        "Which two numbers must your loop carry along from layer to layer?",
        "At the flatten entry, what becomes of them?",
        "By how much does a 3×3 convolution change the side, for padding 1 and for padding 0?",
    )
    misconceptions = (PC1, PC3, KG11, KG12, KG13, KG2, KC4, KG3, KA1, KG4)

    def cases(self) -> Sequence[Case]:
        """Return small networks and VGG-16, and two lists with the defaults of the signature."""
        return [
            Case("two convolutions and a dense layer", Counted(SMALL, 3, 12, 1)),
            Case("an odd size", Counted([6, "pool", "flatten", 5], 3, 13, 1)),
            Case("padding=0", Counted(SMALL, 3, 14, 0)),
            Case("grey pictures", Counted([4, 7, "pool", "flatten", 9, 3], 1, 9, 0)),
            Case("VGG-16", Counted(VGG16, 3, 224, 1)),
            Case("VGG-16 without further arguments", VGG16),
            Case("a list without pooling, without further arguments", [2, "flatten", 3]),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other networks."""
        return [
            Case("", Counted([5, "pool", 9, 9, "pool", "flatten", 11, 4], 2, 27, 0)),
            Case("", Counted(["flatten", 13, 7], 3, 6, 1)),
            Case("", Counted(VGG16, 3, 224, 0)),
            Case("", Counted([12, 12, "pool", 24, "pool", 24, "flatten", 6], 1, 38, 1)),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare a count with PyTorch's."""
        unsaid = isinstance(case.data, list)  # a list alone: the rest is left to the signature
        network = Counted(case.data) if unsaid else case.data
        given = case.call(answer, NAME, list(network.config), *(() if unsaid else network[1:]))
        number = plain(given)
        if number is None:
            raise case.always(f"{NAME} should return a whole number, not {kind(given)}.")
        if number == torch_count(*network):
            return
        if unsaid:
            raise case.wrong(NAME, detail="  Which defaults has the signature?")
        way = next((way for way, counts in counting_ways(network).items() if number in counts), None)
        raise case.wrong(NAME, way, detail=f"  your answer is {short(number)}.")
