"""The check of the function that counts the parameters of a whole network."""

from collections.abc import Callable
from typing import NamedTuple

from course_utils.checks.comparing import refusal
from course_utils.checks.lab7_cnn.reference import VGG16, torch_vgg
from course_utils.judging.answers import kind, plain, short
from course_utils.judging.protocol.calling import call, quiet
from course_utils.judging.protocol.verdicts import CheckFailed


class Case(NamedTuple):
    """One network to count: what it is, its configuration, and the pictures it takes."""

    about: str
    config: list
    in_channels: int
    size: int
    padding: int


SMALL = [8, "pool", 16, "flatten", 10]
CASES = [
    Case("two convolutions and a dense layer", SMALL, 3, 12, 1),
    Case("an odd size", [6, "pool", "flatten", 5], 3, 13, 1),
    Case("padding=0", SMALL, 3, 14, 0),
    Case("grey pictures", [4, 7, "pool", "flatten", 9, 3], 1, 9, 0),
    Case("VGG-16", VGG16, 3, 224, 1),
]
HIDDEN_CASES = [
    Case("", [5, "pool", 9, 9, "pool", "flatten", 11, 4], 2, 27, 0),
    Case("", ["flatten", 13, 7], 3, 6, 1),
    Case("", VGG16, 3, 224, 0),
    Case("", [12, 12, "pool", 24, "pool", 24, "flatten", 6], 1, 38, 1),
]


def torch_count(config: list, in_channels: int, size: int, padding: int) -> int:
    """Ask PyTorch for the number of parameters of a network."""
    return sum(p.numel() for layer in torch_vgg(config, in_channels, size, padding) for p in layer.parameters())


def count(config, in_channels, size, padding, *, bias=1, conv=None, pool=None, flat=None, depth=None) -> int:
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
    pool = pool or (lambda side: side // 2)
    flat = flat or (lambda channels, side: channels * side**2)
    total, channels, side, dense = 0, in_channels, size, False
    for entry in config:
        if entry == "pool":
            side = pool(side)
        elif entry == "flatten":
            channels, dense = flat(channels, side), True
        else:
            cells = channels if dense else 9 * (depth or channels)
            total += entry * (cells + bias)
            channels, side = entry, side if dense else conv(side)
    return total


def counting_ways(*case) -> dict[str, Callable]:
    """For each code, a function that computes the wrong count."""
    return {
        "PC1": lambda: count(*case, bias=0),
        "PC3": lambda: count(*case, depth=1),
        "KG2": lambda: count(*case, flat=lambda channels, side: channels),
        "KC4": lambda: count(*case, flat=lambda channels, side: channels * side),
        "KG3": lambda: count(*case, pool=lambda side: side),
        "KA1": lambda: count(*case, pool=lambda side: -(-side // 2)),
        "KG4": lambda: count(*case, conv=lambda side: side),
        "KG4:shrinks": lambda: count(*case, conv=lambda side: side - 2),
    }


@quiet()
def count_params(answer, hidden: int | None = None) -> None:
    """Check ``count_params(config, in_channels=3, size=224, padding=1) -> int``. 2 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Anything but None: other networks.
    """
    for case in CASES if hidden is None else HIDDEN_CASES:
        given = call(answer, "count_params", list(case.config), case.in_channels, case.size, case.padding)
        number, right = plain(given), torch_count(*case[1:])
        if number is None:
            raise CheckFailed(f"count_params should return a whole number, not {kind(given)}.")
        if number == right:
            continue
        ways = counting_ways(*case[1:])
        code = next((code.split(":")[0] for code, way in ways.items() if way() == number), "")
        shown = f"for {case.about}: your answer is {short(number)}"
        what = shown if hidden is None else "for a network drawn at grading"
        raise refusal(f"count_params: not yet right {what}.", code)
    if plain(call(answer, "count_params", list(VGG16))) != torch_count(VGG16, 3, 224, 1):
        raise CheckFailed("Not yet right without in_channels, size and padding. Which defaults has the signature?")
    print("Correct.")
