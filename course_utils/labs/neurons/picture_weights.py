"""Exercise 1.7: how many weights dense layers on pictures have, and how much memory they need.

What the prompt says, and what tries it:

- grey weights without, grey and colour with biases → a part each
- the large picture in colour, with biases → part `large`
- megabytes of either kind, rounded to half a percent → `_is_size`
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import nn

from course_utils.judging.answers import as_dict, plain
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic, alternatives
from course_utils.judging.variants import Dice, draw
from course_utils.labs.neurons import recipes
from course_utils.labs.neurons.headings import PICTURES
from course_utils.labs.neurons.network_shapes import PC1, PC2

NP1 = Misconception(
    "NP1",
    "colour channels forgotten",
    "This counts one number for each pixel. How many has a pixel in colour?",
    PICTURES,
)
NP2 = Misconception(
    "NP2",
    "bits and bytes confused",
    "This is eight times too much or too little. How many bits has a byte, and which of the two was given?",
    PICTURES,
)
NP3 = Misconception(
    "NP3",
    "sides of the picture not multiplied",
    "This counts one row, or adds the two sides. How many pixels has a picture of 3 rows by 4 columns?",
    PICTURES,
)
NP4 = Misconception(
    "NP4",
    "counted numbers, not bytes",
    "This takes one byte for each number. How many bytes has a number here?",
    PICTURES,
)

NP5 = Misconception(
    "NP5",
    "another unit than megabytes",
    "The digits are right, the unit is not: these are bytes, kB or GB. How many bytes does the task put into one unit?",
    PICTURES,
)
NP6 = Misconception(
    "NP6",
    "biases counted once for each colour",
    "Here the biases have become three times as many with the colours. To what does a bias belong, a pixel or a unit?",
    PICTURES,
)
NP7 = Misconception(
    "NP7",
    "one unit instead of the whole layer",
    "This is what one unit has, or what comes in. How many units does the layer have?",
    PICTURES,
)
NP8 = Misconception(
    "NP8",
    "size of a count that is not right",
    "This follows from your own count of the large picture, which is not right yet. What becomes of it once that is?",
    PICTURES,
)
NP9 = Misconception(
    "NP9",
    "a bias for each input number",
    "This has a bias for each number of the picture. To what is a bias added, an input or a unit's sum?",
    PICTURES,
)

MEGABYTES = {"10⁶ bytes": 10**6, "2²⁰ bytes": 2**20}  # both are in use, both are accepted
ROUNDED = 0.005  # a size may be rounded by half a percent
BYTES = 4
PARTS = ("grey weights", "grey", "colour", "large", "megabytes")


class Picture(NamedTuple):
    """A picture (pixels) that goes into a dense layer of so many units."""

    height: int
    width: int
    units: int

    def __str__(self) -> str:
        return f"{self.height}×{self.width} pixels, {self.units} units"


class Counting(NamedTuple):
    """A square picture, to be counted in grey and in colour, and a large one in colour."""

    small: Picture
    large: Picture


LECTURE_COUNTING = Counting(Picture(200, 200, 500), Picture(480, 640, 1000))


def torch_count(picture: Picture, channels: int, *, bias: bool = True) -> int:
    """Ask PyTorch how many parameters a dense layer on a picture has."""
    numbers = picture.height * picture.width * channels
    dense = nn.Linear(numbers, picture.units, bias=bias, device="meta")
    return sum(parameter.numel() for parameter in dense.parameters())


def dense_count(picture: Picture, channels: int, biases: int | None = None) -> int:
    """Count the weights and biases of a dense layer on a picture; ``biases`` replaces one bias a unit."""
    numbers = picture.height * picture.width * channels
    return numbers * picture.units + (picture.units if biases is None else biases)


# --- wrong ways


def picture_ways(picture: Picture, channels: int) -> dict[Misconception, list[int]]:
    """Return what each known wrong way gives for weights and biases of one layer; NP3 takes one side, or adds both."""
    sides = [picture.width * channels, (picture.height + picture.width) * channels]
    ways = {PC1: [dense_count(picture, channels, 0)], PC2: [dense_count(picture, channels, 1)]}
    ways |= {NP1: [dense_count(picture, 1)]} if channels > 1 else {}
    return ways | {NP3: [(side + 1) * picture.units for side in sides]}


def further_ways(picture: Picture, channels: int) -> dict[Misconception, list[int]]:
    """Return what further wrong ways give; questions are drawn without a look at them."""
    numbers = picture.height * picture.width * channels
    return {
        NP6: [dense_count(picture, channels, channels * picture.units)] if channels > 1 else [],
        NP7: [numbers, numbers + 1],
        NP9: [dense_count(picture, channels, numbers), (numbers + 1) * picture.units + numbers],
    }


def counting_ways(question: Counting) -> dict[Misconception, dict[str, list[int] | None]]:
    """For each known wrong way, what it gives for each part; None where it gives the right answer."""
    parts = {"grey": (question.small, 1), "colour": (question.small, 3), "large": (question.large, 3)}
    given = {part: picture_ways(*layer) for part, layer in parts.items()}
    ways: dict[Misconception, dict[str, list[int] | None]] = {
        way: {part: given[part].get(way) for part in parts} | {"grey weights": None, "megabytes": None}
        for way in given["large"]
    }
    small = question.small
    further = {part: further_ways(*layer) for part, layer in parts.items()}
    for way in (NP6, NP7, NP9):
        ways[way] = {part: further[part][way] or None for part in parts} | {"grey weights": None, "megabytes": None}
    ways[NP7]["grey weights"] = [small.height * small.width]
    ways[NP3]["grey weights"] = [small.width * small.units, (small.height + small.width) * small.units]
    return ways


# --- drawing


def _sample_counting(dice: Dice) -> Counting:
    side = 10 * dice.between(5, 40)
    large = dice.choose(((480, 640), (600, 800), (720, 1280), (768, 1024), (1080, 1920)))
    return Counting(Picture(side, side, 50 * dice.between(2, 20)), Picture(*large, 50 * dice.between(10, 40)))


def practice_picture(dice: Dice) -> Picture:
    """Draw a picture in colour and a dense layer for practice."""
    return draw(dice, _sample_picture, _picture_tells_apart)


def _sample_picture(dice: Dice) -> Picture:
    return Picture(10 * dice.between(3, 60), 10 * dice.between(3, 60), 10 * dice.between(2, 100))


def _all_differ(right: float, ways: list[list[int]]) -> bool:
    given = [right, *(number for some in ways for number in some)]
    return len(set(given)) == len(given)


def _picture_tells_apart(picture: Picture) -> bool:
    ways = list(picture_ways(picture, 3).values())
    return picture.height != picture.width and _all_differ(dense_count(picture, 3), ways)


def counting_right(question: Counting) -> dict[str, float]:
    """Return the right answers; the size in units of 10⁶ bytes."""
    large = dense_count(question.large, 3)
    counts = (dense_count(question.small, 1, 0), dense_count(question.small, 1), dense_count(question.small, 3), large)
    return dict(zip(PARTS, (*counts, large * BYTES / 10**6), strict=True))


def counting_tells_apart(question: Counting) -> bool:
    """Tell whether every known wrong way is wrong where it applies, and no two give the same there."""
    right, ways = counting_right(question), counting_ways(question)
    told = (PC1, PC2, NP1, NP3)
    return all(
        _all_differ(right[part], [some for way in told if (some := ways[way][part]) is not None])
        for part in ("grey", "colour", "large")
    )


def _picture_text(picture: Picture) -> str:
    return (
        f"A picture in colour of {picture.height}×{picture.width} pixels, and a dense layer of {picture.units} units "
        "with biases.\nHow many parameters?"
    )


def _count_steps(picture: Picture) -> list[str]:
    height, width, units = picture
    numbers = height * width * 3
    return [
        f"A pixel in colour has three numbers, so one unit reads {height}·{width}·3 = {numbers:,} numbers.",
        f"{units} units have a weight for each: {numbers:,}·{units} = {numbers * units:,}.",
        f"Each unit adds one bias: {numbers * units:,} + {units} = {dense_count(picture, 3):,} parameters.",
    ]


DENSE_COUNT = Topic(
    "dense-count",
    practice_picture,
    _picture_text,
    lambda picture: torch_count(picture, 3),
    lambda picture: picture_ways(picture, 3),
    _count_steps,
)


class PictureWeights(Exercise):
    """How many weights have dense layers on pictures, and how many megabytes are that?"""

    id = "picture-weights"
    hints = (
        "How many numbers is the picture once it is stretched into a row? How many of them does one unit read?",
        "What does each unit have besides its weights?",
        "How many bytes do all the numbers take together, and how many of them make a megabyte?",
    )
    worked = """
    A grey picture of 6×5 pixels with 4 units, and one in colour of 10×20 pixels with 1000 units.

    1. Stretched into a row, the small picture has 6·5 = 30 numbers. Each of 4 units has 30 weights: 120 weights.
    2. Each unit adds one bias: 120 + 4 = 124 parameters.
    3. In colour a pixel has three numbers, so a unit reads 90: 90·4 + 4 = 364. The biases stay 4.
    4. The large one: 10·20·3 = 600 numbers, 600·1000 + 1000 = 601,000 parameters.
    5. At 4 bytes each that is 2,404,000 bytes: about 2.4 megabytes.
    """
    misconceptions = (PC1, PC2, NP1, NP3, NP2, NP4, NP5, NP6, NP7, NP8, NP9)
    topics = (DENSE_COUNT,)

    def draw(self) -> Counting:
        """Return the pictures whose dense layers are to be counted."""
        return draw(self.dice(), _sample_counting, counting_tells_apart) if self.student else LECTURE_COUNTING

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"grey weights": …, "grey": …, "colour": …, "large": …, "megabytes": …}``.

        A megabyte may be 10⁶ or 2²⁰ bytes; its number may be rounded by half a percent.
        """
        given = as_dict(answers, PARTS, "counts")
        small, large = self.question
        right = {
            "grey weights": torch_count(small, 1, bias=False),
            "grey": torch_count(small, 1),
            "colour": torch_count(small, 3),
            "large": torch_count(large, 3),
        }
        found = judge_numbers(
            {part: given[part] for part in right},
            right,
            counting_ways(self.question),
            what="counts",
            advice=lambda ways: alternatives(ways, f"lab.{self.name()}.practice()") if len(ways) > 1 else "",
            show="{:,}".format,
            near={
                "grey weights": (recipes.weights, (small.height, small.width, 1, small.units)),
                "grey": (recipes.parameters, (small.height, small.width, 1, small.units)),
                "colour": (recipes.parameters, (small.height, small.width, 3, small.units)),
                "large": (recipes.parameters, (large.height, large.width, 3, large.units)),
            },
        )
        size = {"megabytes": right["large"] * BYTES}
        judged = judge_numbers(given, size, what="counts", same=_is_size, show="{:,}".format)["megabytes"]
        return found | {"megabytes": _explained(judged, given, right["large"])}


def _is_size(given: float, number_of_bytes: float) -> bool:
    return any(abs(given * unit / number_of_bytes - 1) <= ROUNDED for unit in MEGABYTES.values())


def _explained(one: Finding, given: Mapping[str, Any], numbers: int) -> Finding:
    """Return a finding on the size in memory with its wrong way, if that is known."""
    size, count = plain(given["megabytes"]), plain(given["large"])
    if one.standing is not Standing.WRONG or size is None:
        return one
    right = numbers * BYTES
    units = (1, 10**3, 2**10, 10**9, 2**30)
    ways = {
        NP4: _is_size(size, numbers),
        NP2: _is_size(size, right * 8) or _is_size(size, right / 8),
        NP5: any(abs(size * unit / right - 1) <= ROUNDED for unit in units),
        NP8: bool(count and count > 0) and _is_size(size, (count or 1) * BYTES),
    }
    return wrong(one.first, next((way for way, fits in ways.items() if fits), one.because))
