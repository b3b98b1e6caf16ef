"""Exercise 6.9, part two: what VGG-16 is made of, and what the listing really builds.

| the prompt says | what is tried |
|---|---|
| two shares, in percent, to one decimal | half of a last decimal is allowed |
| features and parameters of the listing | the same network without padding, by PyTorch |
| a reason | one of four words |
"""

from functools import partial
from typing import Any

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, is_missing, plain, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import read_number, slip_of
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.lab7_cnn.headings import LISTING
from course_utils.labs.lab7_cnn.keras_network import KG1, look_at_share
from course_utils.labs.lab7_cnn.networks import count_parameters
from course_utils.labs.lab7_cnn.vgg import VGG16, torch_vgg

KG9 = Misconception(
    "KG9",
    "number of VGG-16 where the listing's is asked",
    "This is VGG-16, which pads its convolutions. What does the listing leave out?",
    LISTING,
)

KG25 = Misconception(
    "KG25",
    "share of another part of the network",
    "This is the share of another part of VGG-16, or of the right part in something else than all of it. Which layers "
    "does the name of the question mean, and of what is the share asked?",
    LISTING,
)
KG26 = Misconception(
    "KG26",
    "number of parameters in place of their share",
    "This counts parameters. How many of a hundred are they?",
    LISTING,
)
KG62 = Misconception(
    "KG62",
    "another reason than the listing's own",
    "In this VGG-16 and the listing agree. Which argument stands in VGG-16's convolutions and not in the listing's?",
    LISTING,
)
KG63 = Misconception(
    "KG63",
    "maps of another side flattened",
    "The number of maps is right, their side is not. How long is a row behind each convolution and each pooling?",
    LISTING,
)
KG64 = Misconception(
    "KG64",
    "one map, or the layer's own units, in place of what reaches it",
    "These are the cells of one map, or the units of a dense layer. Which numbers come into that layer?",
    LISTING,
)
KG65 = Misconception(
    "KG65",
    "parameters of another dense layer",
    "These belong to another dense layer. Which numbers come into the first one, and how many units has it?",
    LISTING,
)
KG66 = Misconception(
    "KG66",
    "share of the listing where VGG-16's is asked",
    "This is the share in the listing as it stands. Of which network are the two shares asked?",
    LISTING,
)
PC11 = shared.PC11.in_lab(LISTING)

REASONS = ("padding", "stride", "kernels", "dropout")
SHARES = ("conv share", "first dense share")
NUMBERS = ("features in the listing", "first dense in the listing")
PARTS = (*SHARES, *NUMBERS, "reason")


def vgg_shares(padding: int = 1) -> dict[str, float]:
    """Ask PyTorch for the shares of VGG-16's convolutions and of its first dense layer, in percent."""
    layers = torch_vgg(VGG16, 3, 224, padding)
    counts, dense = [count_parameters(layer) for layer in layers], VGG16.index("flatten") + 1
    return dict(zip(SHARES, (100 * sum(counts[:dense]) / sum(counts), 100 * counts[dense] / sum(counts)), strict=True))


def first_dense(padding: int) -> dict[str, int]:
    """Ask PyTorch how many features reach the first dense layer, and how many parameters it has."""
    layer = torch_vgg(VGG16, 3, 224, padding)[VGG16.index("flatten") + 1]
    return dict(zip(NUMBERS, (layer.weight.shape[1], count_parameters(layer)), strict=True))


class NotVgg(Exercise):
    """The shares of VGG-16, what the listing really gives, and why."""

    id = "not-vgg"
    hints = (
        "Call your own count_params with other arguments: which ones describe the listing?",
        "How can you find the parameters of the first dense layer with two calls of count_params?",
    )
    worked = """
        A small cousin: `[6, "pool", "flatten", 5, 2]` on 1×8×8, as it stands (padding 1) and without padding.

        1. Convolution: 6 · (9 + 1) = 60. With padding 1 the maps stay 8×8, pooled 4×4: 96 features.
        2. Dense layers: 5 · 97 = 485 and 2 · 6 = 12; total 557. Share of the convolution: 60 / 557 = 10.8 %.
        3. Without padding: 8 − 2 = 6, pooled 3×3: 54 features, and the first dense layer has 5 · 55 = 275 parameters.
        4. With your function: the count of the list up to `"flatten"` and one dense layer, minus the count up to there.
    """
    misconceptions = (KG1, KG9, KG25, KG26, PC11, KG62, KG63, KG64, KG65, KG66)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge two shares in percent, two numbers of the listing and a word."""
        given = as_dict(answers, PARTS, "vgg")
        right, padded = first_dense(padding=0), first_dense(padding=1)
        shares = vgg_shares()
        looks = {part: partial(_look_at_share, given, part, shares) for part in SHARES}
        looks |= {part: partial(_look_at_number, given, part, right, padded) for part in NUMBERS}
        return look_at(looks | {"reason": partial(_look_at_reason, given["reason"])})


def _look_at_share(answers: dict[str, Any], part: str, shares: dict[str, float]) -> None:
    number, right = plain(answers[part]), shares[part]
    layers = torch_vgg(VGG16, 3, 224, 1)
    if number == round(right * sum(map(count_parameters, layers)) / 100):
        raise refuse(f"{part}: you gave {short(number)}.", KG26)
    conv, first = shares.values()
    counts = [count_parameters(layer) for layer in layers]
    others = {conv, first, 100 - conv, 100 - first, *(100 * one / sum(counts) for one in counts)} - {right}
    others |= {100 * first / (100 - conv)} if part == SHARES[1] else set()
    ways = {KG25: others, KG66: {vgg_shares(padding=0)[part]}}
    known = {way: next((one for one in some if _near(number, one)), None) for way, some in ways.items()}
    look_at_share(answers, part, right, "vgg", {way: one for way, one in known.items() if one is not None})


def _near(number: float | None, share: float) -> bool:
    return number is not None and abs(number - share) <= 0.06


def _look_at_number(answers: dict[str, Any], part: str, right: dict[str, int], padded: dict[str, int]) -> None:
    if is_missing(answers[part]):
        raise NotAttempted(f"fill in vgg[{part!r}]")
    number = read_number(answers[part], f"vgg[{part!r}]")
    if number != right[part]:
        ways = {KG9: {padded[part]}, **_ways_to_number(part, right)}
        because = [way for way, some in ways.items() if number in some]
        raise refuse(f"{part}: you gave {short(number)}.", because[:1] or slip_of(number, right[part]))


def _ways_to_number(part: str, right: dict[str, int]) -> dict[Misconception, set[int]]:
    """Return what each wrong way gives for a number of the listing."""
    features, parameters = (right[name] for name in NUMBERS)
    units, maps = parameters // (features + 1), 512
    squares = {side * side for side in range(2, 15)}
    if part == NUMBERS[0]:
        return {KG63: {maps * one for one in squares}, KG64: {*squares, 1, units, 1000}}
    return {
        PC11: {parameters - units},
        KG63: {units * (maps * one + 1) for one in squares},
        KG65: {units * (units + 1), 1000 * (units + 1), 1000 * (features + 1), 1000 * features, 1000 * units},
        KG64: {units, features, features + 1},
    }


def _look_at_reason(answer: Any) -> None:
    if is_missing(answer):
        raise NotAttempted("fill in vgg['reason']")
    word = answer.strip().lower() if type(answer) is str else ""
    if word not in REASONS:
        raise refuse(f'vgg["reason"] should be one of {", ".join(map(repr, REASONS))}, not {short(answer)}.')
    if word != "padding":
        raise refuse(f"reason: you gave {short(answer)}.", KG62)
