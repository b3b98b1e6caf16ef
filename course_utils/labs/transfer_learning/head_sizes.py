"""Exercise 7.3: the parameters of three heads, and how much of a network is trained.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
parameters of heads a, b, c, biases included           a part each, against nn.Linear
full: all that train when nothing is frozen            the part "full", with head c
share: per cent, one decimal                           the part "share", to within 0.06
=====================================================  ==========================================================
"""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any, NamedTuple

from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, plain
from course_utils.judging.closeness import near
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, wrong
from course_utils.judging.layer_slips import (
    SL50,
    Counted,
    another_number,
    count_slip,
    maps_of_other_sides,
    told_by_layer,
)
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.transfer_learning.headings import FREEZING, HEAD

DS4 = shared.DS4.in_lab(HEAD)
PC1 = shared.PC1.in_lab(HEAD, "These are the weights alone. What else does each score of a head add to its sum?")
PC2 = shared.PC2.in_lab(HEAD, "This has one bias for the whole head. Do all scores have to share it?")
PC4 = shared.PC4.in_lab(HEAD, "This has a bias for each input. To what is a bias added, an input or a score?")
TH1 = Misconception(
    "TH1",
    "places of the map forgotten",
    "This counts one number a channel. How many numbers has a map of several rows and columns?",
    HEAD,
)
TH2 = Misconception(
    "TH2",
    "channels of the map forgotten",
    "This counts the places of one map. How many maps are there?",
    HEAD,
)
TH3 = Misconception(
    "TH3",
    "one output for two classes",
    "This head has one output. How many scores does the cross-entropy of this course take for K classes?",
    HEAD,
)
TH4 = Misconception(
    "TH4",
    "a frozen layer counted as trained",
    "This counts the frozen body, too. Which numbers does the optimiser change when the body is frozen?",
    FREEZING,
)
TH5 = Misconception(
    "TH5",
    "the old head counted",
    "This still has the head for the ten old classes. What stands in its place now?",
    HEAD,
)
TH6 = Misconception(
    "TH6",
    "share taken of the body instead of the whole",
    "This divides by the frozen numbers alone. The share is a part of which whole?",
    FREEZING,
)
TH7 = Misconception(
    "TH7",
    "a fraction where per cent are asked",
    "This is the share as a fraction. How many per cent is that?",
    FREEZING,
)
TH8 = Misconception(
    "TH8",
    "the share that is frozen",
    "This is the share that stays as it is. How large is the other one?",
    FREEZING,
)
TH9 = Misconception(
    "TH9",
    "the head alone where nothing is frozen",
    "This is the head alone. Which other layers learn when nothing is frozen?",
    HEAD,
)
TH10 = Misconception(
    "TH10",
    "flattened where the maps are averaged",
    "This counts all numbers of each map. How many are left of a map that is averaged first?",
    HEAD,
)
TH11 = Misconception(
    "TH11",
    "the new head left out",
    "This is the body alone. What stands on top of it, and is trained, too?",
    HEAD,
)
TH60 = Misconception(
    "TH60",
    "one side of the maps instead of both",
    "This counts one row of each map. How many places has a map?",
    HEAD,
)
TH61 = Misconception(
    "TH61",
    "counted anew for each picture of the batch",
    "This grows with the batch. Does a head learn other weights for every picture?",
    HEAD,
)
COUNT_WAYS = (PC1, PC2, PC4, DS4, TH1, TH10, TH2, TH3)
FURTHER_COUNTS = (TH60, TH61)

BODY = 3 * 16 * 9 + 16 + 16 * 32 * 9 + 32 + 32 * 64 * 9 + 64  # parameters of the lab's network below its head
FEATURES = 1024  # numbers that it hands to its head
SOURCE_CLASSES = 10
OLD_HEAD = (FEATURES + 1) * SOURCE_CLASSES
SHARE_TOLERANCE = 0.06  # per cent; one decimal is asked for
FRACTION_TOLERANCE = 0.0051  # of a share as a fraction, which may be rounded, too


class Head(NamedTuple):
    """A linear head on ``channels`` maps of ``height``×``width`` numbers, or on as many means if `pooled`."""

    channels: int
    height: int
    width: int
    classes: int
    pooled: bool = False
    batch: int = 32  # pictures that go in together

    @property
    def inputs(self) -> int:
        """How many numbers of a picture the head gets."""
        return self.channels if self.pooled else self.channels * self.height * self.width


LECTURE_HEADS = {
    "a": Head(512, 7, 7, 2),
    "b": Head(512, 7, 7, 2, pooled=True),
    "c": Head(64, 4, 4, 2),
}
OWN = "c"  # the head of the lab's own network


def torch_head(head: Head) -> int:
    """Ask PyTorch how many parameters a head has."""
    return sum(p.numel() for p in nn.Linear(head.inputs, head.classes, device="meta").parameters())


@cache  # asked again for each wrong way, and adding up ones takes a while
def count_head(head: Head) -> int:
    """Count the parameters of a head, output by output."""
    count = 0
    for _score in range(head.classes):
        count += sum(1 for _number in range(head.inputs))
        count += 1
    return count


def trained_share(head: Head) -> float:
    """Return how many per cent of the lab's network are trained while its body is frozen."""
    trained = count_head(head)
    return 100 * trained / (BODY + trained)


# --- wrong ways


def head_ways(head: Head) -> dict[Misconception, int]:
    """For each wrong way to count a head, what it gives."""
    count, inputs, classes = count_head(head), head.inputs, head.classes
    maps, places = not head.pooled, head.height * head.width
    return {
        PC1: inputs * classes,
        PC2: inputs * classes + 1,
        PC4: inputs * classes + inputs,
        DS4: head.batch * inputs * classes + classes,
        TH1 if maps else TH10: ((head.channels if maps else head.channels * places) + 1) * classes,
        TH2: (places + 1) * classes,
        TH3: count // classes,
    }


def further_head_ways(head: Head) -> dict[Misconception, int]:
    """For wrong ways on which no question was drawn, what they give."""
    maps = {} if head.pooled else {TH60: (head.channels * head.height + 1) * head.classes}
    return {**maps, TH61: count_head(head) * head.batch}


def full_ways(head: Head) -> dict[Misconception, list[float]]:
    """For each wrong way to count the lab's network with a head, what it may give: also with a head counted wrongly."""
    own = count_head(head)
    ways: dict[Misconception, list[float]] = {TH5: [BODY + OLD_HEAD, BODY + OLD_HEAD + own], TH9: [own], TH11: [BODY]}
    return ways | {way: [BODY + count] for way, count in head_ways(head).items()}


def share_ways(head: Head) -> dict[Misconception, list[float]]:
    """For each wrong share of a head, what it may be: also that of a head counted wrongly."""
    own = count_head(head)
    right = 100 * own / (BODY + own)
    return {way: [100 * count / (BODY + count)] for way, count in head_ways(head).items()} | {
        TH7: [right / 100],
        TH8: [100 - right],
        TH6: [100 * own / BODY],
        TH5: [100 * own / (BODY + OLD_HEAD), 100 * OLD_HEAD / (BODY + OLD_HEAD)],
        TH4: [100],
    }


def _share_way(given: float, head: Head) -> Misconception | None:
    offs = {way: min(abs(given - share) for share in each) for way, each in share_ways(head).items()}
    best = min(offs, key=lambda way: offs[way])
    return best if offs[best] <= (FRACTION_TOLERANCE if best == TH7 else SHARE_TOLERANCE) else None


# --- drawing


def _sample_heads(dice: Dice) -> dict[str, Head]:
    channels, side, batch = dice.choose((256, 320, 384, 512, 640)), dice.between(5, 9), dice.choose((8, 16, 20, 50))
    classes = dice.between(3, 6)
    return {
        "a": Head(channels, side, side, classes, batch=batch),
        "b": Head(channels, side, side, classes, pooled=True, batch=batch),
        "c": Head(64, 4, 4, dice.between(3, 6), batch=batch),
    }


def _heads_tell_apart(asked: Mapping[str, Head]) -> bool:
    right = tuple(count_head(head) for head in asked.values())
    ways = list(zip(*(head_ways(head).values() for head in asked.values()), strict=True))
    return right not in ways and len(set(ways)) == len(ways)


def _sample_head(dice: Dice) -> Head:
    side = dice.between(2, 9)
    return Head(
        dice.choose((32, 48, 64, 96, 128, 256, 320)),
        side,
        side + dice.between(0, 2),
        dice.between(2, 9),
        pooled=dice.choose((True, False)),
        batch=dice.choose((8, 16, 20, 50)),
    )


def practice_head(dice: Dice) -> Head:
    """Draw one head for practice on which all known wrong counts differ."""
    return draw(dice, _sample_head, lambda head: _heads_tell_apart({"": head}))


def _head_text(head: Head) -> str:
    given = f"{head.channels} maps of {head.height}×{head.width} numbers"
    if head.pooled:
        given += ", each averaged to one number"
    return (
        f"A linear head for {head.classes} classes on {given}, with biases; batches of {head.batch}.\n"
        "How many parameters?"
    )


def _head_steps(head: Head) -> list[str]:
    places = head.height * head.width
    inputs = (
        f"Each map is averaged to one number: the head gets {head.channels} numbers."
        if head.pooled
        else f"A map holds {head.height} · {head.width} = {places} numbers, so the head gets "
        f"{head.channels} · {places} = {head.inputs:,}."
    )
    return [
        inputs,
        f"Each score multiplies all of them and adds one bias: {head.inputs:,} + 1 parameters.",
        f"There are {head.classes} scores, however many pictures go in together: "
        f"{head.classes} · {head.inputs + 1:,} = {torch_head(head):,}.",
    ]


HEAD_SIZE = Topic("head-size", practice_head, _head_text, torch_head, head_ways, _head_steps)


class HeadSizes(Exercise):
    """Count the parameters of three heads, of the lab's network with the third, and the share that is trained."""

    id = "head-sizes"
    hints = (
        "How many numbers does one output of the head multiply, and what does it add?",
        "Averaging over a map leaves how many numbers of each channel?",
        "Frozen: which of the network's parameters change? A share is a part of all of them, in per cent.",
    )
    worked = """
    20 maps of 3×3, four classes, and a body of 1,000 parameters below.

    1. Flattened, the head gets 20 · 3 · 3 = 180 numbers. Each of its four scores has a weight for each and one bias:
       4 · (180 + 1) = 724.
    2. Averaged, each map becomes one number: 20 numbers, 4 · (20 + 1) = 84.
    3. Nothing frozen, with the first head: 1,000 + 724 = 1,724 are trained.
    4. Body frozen: 724 of 1,724 are trained, 100 · 724 / 1,724 = 42.0 per cent.
    """
    misconceptions = (*COUNT_WAYS, *FURTHER_COUNTS, TH4, TH5, TH6, TH7, TH8, TH9, TH11, SL50)
    topics = (HEAD_SIZE,)

    def draw(self) -> dict[str, Head]:
        """Return three heads: on maps, on the means of the same maps, and on the lab's own network."""
        if not self.student:
            return LECTURE_HEADS
        return draw(self.dice(), _sample_heads, _heads_tell_apart)

    def text(self) -> str:
        """Return the three heads."""
        lines = []
        for letter, one in self.question.items():
            how = "averaged" if one.pooled else "flattened"
            lines.append(f"{letter}) {one.channels} maps of {one.height}×{one.width}, {how}, {one.classes} classes")
        return "\n\n".join(lines)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"a": …, "b": …, "c": …, "full": …, "share": …}``, the last in per cent."""
        heads: dict[str, Head] = self.question
        own = torch_head(heads[OWN])
        given = as_dict(answers, (*heads, "full", "share"), "numbers")
        found = judge_numbers(
            given,
            {label: torch_head(head) for label, head in heads.items()},
            _by_way(heads),
            what="numbers",
            show="{:,}".format,
        )
        found = told_by_layer(found, lambda label: count_slip(label, given[label], _counted(heads[label])))
        found |= judge_numbers(given, {"full": BODY + own}, what="numbers", show="{:,}".format)
        share = {"share": 100 * own / (BODY + own)}
        found |= judge_numbers(given, share, what="numbers", same=partial(near, by=SHARE_TOLERANCE), show="{:,}".format)
        explained = _explained({label: found[label] for label in ("full", "share")}, given, heads[OWN])
        return found | told_by_layer(explained, lambda label: _other_head(label, given[label], heads))


def _counted(head: Head) -> Counted:
    """Return a head with the numbers that may be taken for its own."""
    sides = {} if head.pooled else maps_of_other_sides(head.channels, head.height, 2 * head.height)
    classes = {f"{number} classes": (number,) for number in range(1, 21)}
    return Counted(head.inputs, head.classes, 1, sides, classes)


def _other_head(label: str, given: Any, heads: Mapping[str, Head]) -> Misconception | None:
    """Return the slip of taking the whole network with another of the heads."""
    for letter, head in heads.items():
        if letter != OWN and label == "full" and plain(given) == BODY + torch_head(head):
            return another_number(f"the body with head {letter}")
    return None


def _by_way(heads: Mapping[str, Head]) -> dict[Misconception, dict[str, int | None]]:
    by_head = {label: head_ways(head) | further_head_ways(head) for label, head in heads.items()}
    ways = (*COUNT_WAYS, *FURTHER_COUNTS)
    return {way: {label: given.get(way) for label, given in by_head.items()} for way in ways}


def _explained(found: Mapping[str, Finding], given: Mapping[str, Any], own: Head) -> dict[str, Finding]:
    """Return the findings on the whole network with their wrong ways, where these are known."""
    explained = {}
    for label, one in found.items():
        number = plain(given[label])
        if one.standing is Standing.WRONG and number is not None:
            full = next((way for way, each in full_ways(own).items() if number in each), None)
            way = full if label == "full" else _share_way(number, own)
            explained[label] = wrong(one.first, way or one.because)
    return explained
