"""Exercise 5.9: what moves along when the picture moves, what stays, and what three small kernels see."""

from functools import partial
from typing import Any

import torch
from torch import nn

from course_utils.judging.answers import as_dict, as_shape, is_missing, kind, plain, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.conv_and_pooling.headings import SHIFT

SH1 = Misconception(
    "SH1",
    "equivariance and invariance exchanged",
    "Equivariant: the output moves along. Invariant: the output stays as it is. Which is which here?",
    SHIFT,
)
SH2 = Misconception(
    "SH2",
    "took pooling for equivariant to a shift by one pixel",
    "Look at your shift test for conv + max-pool again: with stride 2, where could an output of half a "
    "cell's shift go?",
    SHIFT,
)
SH3 = Misconception(
    "SH3",
    "receptive fields added instead of grown",
    "The windows overlap. By how many pixels does each further 3×3 layer widen the view?",
    SHIFT,
)

SH4 = Misconception(
    "SH4",
    "took pooling for invariant to every shift by one pixel",
    "Look at the table again: by how much does the output of conv + max-pool change when the picture moves?",
    SHIFT,
)
SH5 = Misconception(
    "SH5",
    "took the dense layer for one that moves along or stays",
    "A dense unit has a weight of its own for every pixel. What does your table say of layer d?",
    SHIFT,
)
SH6 = Misconception(
    "SH6",
    "receptive field of one or two layers",
    "This is what fewer layers see. By how many pixels does the last one widen the view?",
    SHIFT,
)
SH7 = Misconception(
    "SH7",
    "mistook what weight sharing takes for granted",
    "The same weights are laid on every place. What must then be true of a feature that is found in one of them?",
    SHIFT,
)
SH8 = Misconception(
    "SH8",
    "weights: the two numbers exchanged",
    "These are the two numbers in the other order. Which of the two comes first?",
    SHIFT,
)
SH9 = Misconception(
    "SH9",
    "weights: one layer of three counted",
    "This counts one 3×3 layer. How many of them are stacked?",
    SHIFT,
)
SH10 = Misconception(
    "SH10",
    "weights: kernel sides added or taken once",
    "A kernel is as high as it is wide. How many cells has a window of 7×7?",
    SHIFT,
)
SH11 = Misconception(
    "SH11",
    "took a layer that stays for one that moves along, or the other way round",
    "For each layer one column of the table decides. Which of them is 0 here, “stays” or “moves along”?",
    SHIFT,
)
SH12 = Misconception(
    "SH12",
    "weights: biases counted",
    "This counts biases, too. What is asked for, and how many biases would there be if C were 100?",
    SHIFT,
)
SH13 = Misconception(
    "SH13",
    "receptive field: cells counted, not pixels along one axis",
    "This counts cells. How many pixels is that *along one axis*?",
    SHIFT,
)

SHARING_ANSWER = "b"
PARTS = ("equivariant", "invariant", "receptive field", "weights", "sharing")


def shift_layers() -> dict[str, nn.Module]:
    """Make the four layers of the shift test, with circular borders, in float64 and with fixed weights.

    "a" convolution, "b" convolution + max-pool, "c" convolution + global average, "d" dense. Input (N, 1, 8, 8).
    """
    generator = torch.Generator().manual_seed(5)

    def conv() -> nn.Conv2d:
        layer = nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular", dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator, dtype=torch.float64))
        return layer

    dense = nn.Linear(64, 64, dtype=torch.float64)
    with torch.no_grad():
        dense.weight.copy_(torch.randn(64, 64, generator=generator, dtype=torch.float64))
    return {
        "a": conv(),
        "b": nn.Sequential(conv(), nn.MaxPool2d(2)),
        "c": nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1)),
        "d": nn.Sequential(nn.Flatten(), dense, nn.Unflatten(1, (1, 8, 8))),
    }


def shift_properties() -> tuple[set[str], set[str]]:
    """Run the shift test: the letters of the layers that are equivariant, and of those that are invariant.

    A shift by one pixel cannot be repeated on a map of another size than the picture's, so a layer whose output is
    smaller counts as equivariant only if no shift of its output, in any whole number of cells, undoes it.
    """
    x = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    equivariant, invariant = set(), set()
    with torch.no_grad():
        for letter, layer in shift_layers().items():
            before, after = layer(x), layer(x.roll(1, dims=3))
            if torch.allclose(after, before):
                invariant.add(letter)
            elif any(torch.allclose(after, before.roll(step, dims=3)) for step in range(1, before.shape[3])):
                equivariant.add(letter)
    return equivariant, invariant


class ShiftBehaviour(Exercise):
    """What moves along, what stays, what three small kernels see, and what sharing weights assumes."""

    id = "shift-behaviour"
    hints = (
        "Look at the table that your shift test printed. Which numbers are zero?",
        "One 3×3 window sees 3 rows. A second one on top sees 3 of these windows: how many rows do they cover?",
    )
    worked = """
    Three other layers, shifted by one pixel: **e** every pixel times 3, **f** the largest pixel of the picture, **g**
    every second pixel kept.

    1. e: shift and multiply, or multiply and shift: the same picture. Equivariant.
    2. f: the largest pixel is still the largest. Invariant.
    3. g: after a shift by one the *other* pixels are kept. No shift of the old output gives them: neither.
    4. Two stacked 5×5 layers: the first sees 5 pixels, the second 2 more on each side: receptive field 9. Their
       weights are 2 · 25 = 50 C², those of one 9×9 layer 81 C².
    """
    misconceptions = (SH1, SH2, SH3, SH4, SH5, SH6, SH7, SH8, SH9, SH10, SH11, SH12, SH13)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge sets of letters, the receptive field, ``"weights": (three 3×3, one 7×7)`` in units of C², a letter."""
        given = as_dict(answers, PARTS, "shifts")
        equivariant, invariant = shift_properties()
        exchanged = _given_letters(given["equivariant"]) == invariant == invariant - equivariant
        exchanged = exchanged and _given_letters(given["invariant"]) == equivariant
        wanted = {"equivariant": equivariant, "invariant": invariant, "sharing": {SHARING_ANSWER}}
        looks = {
            part: partial(_look_at_letters, part, given[part], letters, exchanged and part != "sharing")
            for part, letters in wanted.items()
        }
        looks |= {
            "receptive field": partial(_look_at_field, given["receptive field"]),
            "weights": partial(_look_at_weights, given["weights"]),
        }
        return look_at({part: looks[part] for part in PARTS})


def _attempted(part: str, answer: Any) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in shifts[{part!r}]")


def _note(part: str, answer: Any) -> str:
    return f"{part}: you gave {short(answer)}."


def _look_at_letters(part: str, answer: Any, wanted: set[str], exchanged: bool) -> None:
    _attempted(part, answer)
    letters = _given_letters(answer)
    if letters is None:
        raise refuse(f"shifts[{part!r}] should be letters such as {{'a', 'b'}}, not {kind(answer)} of other things.")
    if letters != wanted:
        raise refuse(_note(part, answer), SH1 if exchanged else _letters_way(part, letters - wanted))


def _letters_way(part: str, too_many: set[str]) -> Misconception | None:
    if part == "sharing":
        return SH7 if too_many <= {"a", "c"} and too_many else None
    if "b" in too_many:
        return SH2 if part == "equivariant" else SH4
    return SH5 if "d" in too_many else SH11 if too_many & {"a", "c"} else None


def _given_letters(answer: Any) -> set[str] | None:
    given = list(answer) if type(answer) in (set, list, tuple, frozenset, str) else [answer]
    if not all(type(letter) is str for letter in given):
        return None
    return {letter.strip().lower() for letter in given} - {"", ","}


def _look_at_field(answer: Any) -> None:
    _attempted("receptive field", answer)
    field = plain(answer)
    if field is None:
        raise refuse(f"receptive field should be a number, not {kind(answer)}.")
    if field != receptive_field():
        raise refuse(_note("receptive field", answer), {9: SH3, 3: SH6, 5: SH6, 27: SH13, 49: SH13}.get(field))


def _look_at_weights(answer: Any) -> None:
    _attempted("weights", answer)
    given = as_shape(answer)
    if type(answer) in (set, frozenset):
        raise refuse("weights: a set has no order. Give the two numbers as a tuple: three layers, one layer.")
    three, one = weight_count(3, 3), weight_count(7, 1)
    ways: dict[object, Misconception] = {
        (one, three): SH8,
        (weight_count(3, 1), one): SH9,
        (3 * 3, 7): SH10,
        (three, 7): SH10,
        (three + 3, one + 1): SH12,
        (3 * (3 + 3), 7 + 7): SH10,
    }
    if given != (three, one):
        raise refuse(_note("weights", answer), ways.get(given))


def receptive_field() -> int:
    """Ask autograd how many pixels of a row reach one output of three stacked 3-wide convolutions."""
    x = torch.zeros(1, 1, 21, requires_grad=True)
    out = x
    with torch.enable_grad():  # a notebook may have switched it off
        for _ in range(3):
            out = nn.functional.conv1d(out, torch.ones(1, 1, 3))
        (gradient,) = torch.autograd.grad(out[0, 0, out.shape[2] // 2], x)
    return int((gradient != 0).sum())


def weight_count(kernel_size: int, layers: int, channels: int = 4) -> int:
    """Count the weights of stacked layers with as many outputs as inputs, in units of channels squared."""
    layer = nn.Conv2d(channels, channels, kernel_size, bias=False, device="meta")
    return layers * layer.weight.numel() // channels**2
