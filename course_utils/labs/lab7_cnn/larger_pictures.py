"""Exercise 6.3: what larger pictures do to a listing that flattens with ``view(-1, 400)``.

| the prompt says | what is tried |
|---|---|
| ``features`` behind the second pooling | the number, of the student's own side |
| "raises" or "passes" | what PyTorch's ``view`` does with such a batch |
| ``rows for 25``, ``another batch`` | the number; any other batch that ``view`` takes |
"""

from functools import partial
from typing import Any

import torch
from torch import nn

from course_utils.judging.answers import as_dict, is_missing, short
from course_utils.judging.closeness import same_number
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import read_number, slip_of
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.variants import draw
from course_utils.labs.lab7_cnn.headings import LARGER
from course_utils.labs.lab7_cnn.networks import sides

KC1 = Misconception(
    "KC1",
    "features scaled with the picture's area",
    "This grows with the picture's area. Does a 5×5 kernel take away four pixels, or a share of them?",
    LARGER,
)
KC2 = Misconception(
    "KC2",
    "features of one map only",
    "This is one map. How many maps reach the flatten step?",
    LARGER,
)
KC3 = Misconception(
    "KC3",
    "kept the number of the small pictures",
    "This is what a picture of 32×32 sends on. How large are the maps now?",
    LARGER,
)
KC4 = Misconception(
    "KC4",
    "side of the last map not squared",
    "This is one row of each map. How many rows has a map?",
    LARGER,
)
KC5 = Misconception(
    "KC5",
    "took view(-1, 400) to notice every wrong size",
    "view(-1, 400) knows nothing of pictures. When can a number of values be cut into rows of 400?",
    LARGER,
)

KC9 = Misconception(
    "KC9",
    "a pooling left out",
    "Here one of the poolings, or both, are left out. How many are in front of the flatten step?",
    LARGER,
)
KC10 = Misconception(
    "KC10",
    "borders of the kernels not taken off",
    "This is the picture, halved twice. What do the two convolutions take off before each pooling?",
    LARGER,
)
KC11 = Misconception(
    "KC11",
    "maps of the first convolution counted",
    "These are as many maps as the first convolution makes. How many reach the flatten step?",
    LARGER,
)
KC12 = Misconception(
    "KC12",
    "a row for each picture",
    "These are as many rows as pictures. Does a row hold all numbers of a picture?",
    LARGER,
)
KC13 = Misconception(
    "KC13",
    "numbers of the batch in place of its rows",
    "This counts numbers. How many of them stand in one row?",
    LARGER,
)
KC14 = Misconception(
    "KC14",
    "rows of one picture",
    "This is what one picture fills. How many pictures has the batch?",
    LARGER,
)

WORDS = ("raises", "passes")
PARTS = ("features", "batch of 4", "batch of 25", "rows for 25", "another batch")


def larger_is_good(side: int) -> bool:
    """Tell whether 4 pictures raise, 25 do not, and the wrong numbers of features differ from the right one."""
    last = sides(side, (5, 5))[-1]
    features = 16 * last * last
    return last % 5 > 0 and 4 * features % 400 > 0 and features not in larger_ways(side).values() and side != 32


def larger_ways(side: int) -> dict[Misconception, float]:
    """For each wrong way, the number of features that it gives."""
    last = sides(side, (5, 5))[-1]
    return {KC1: 400 * (side / 32) ** 2, KC2: last * last, KC3: 400, KC4: 16 * last}


def further_larger_ways(side: int) -> dict[Misconception, list[float]]:
    """For wrong ways that some sides do not tell from others, the numbers of features that they give."""
    inner, last = (side - 4) // 2 - 4, sides(side, (5, 5))[-1]
    return {
        KC9: [16 * inner**2, 16 * (side - 8) ** 2, 16 * ((side - 8) // 2) ** 2],
        KC10: [16 * (side // 4) ** 2, 16 * (side / 4) ** 2],
        KC11: [6 * last**2],
    }


def torch_last_side(side: int) -> int:
    """Ask PyTorch for the side of the last maps of the lab's network on pictures of ``side`` pixels."""
    maps = nn.Sequential(nn.Conv2d(3, 6, 5), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2)).to("meta")
    return int(maps(torch.empty(1, 3, side, side, device="meta")).shape[2])


def view_passes(batch: int, side: int) -> bool:
    """Tell whether the maps of a batch can be viewed as rows of 400, whatever the rows then hold."""
    last = torch_last_side(side)
    try:
        torch.empty(batch, 16, last, last, device="meta").view(-1, 400)
    except RuntimeError:
        return False
    return True


class LargerPictures(Exercise):
    """Which batches of larger pictures raise, which pass, and with how many rows."""

    id = "larger-pictures"
    hints = (
        "Follow one row of pixels through both convolutions and both poolings. How long is it at the end?",
        "How many numbers does a whole batch have behind pool2? Can they be cut into rows of 400?",
        "Which factor of 400 does your number of features not have?",
    )
    worked = """
        One convolution of 3 kernels, 3×3, one pooling, then `x.view(-1, 48)`, made for pictures of 10×10 (3 · 4 · 4).
        Now the pictures have 16×16.

        1. 16 − 2 = 14 places, seven windows of two: maps of 7×7, 3 · 49 = 147 features.
        2. A batch of 2 has 294 numbers; 294 / 48 is not whole: it raises.
        3. A batch of 16 has 2,352 = 49 · 48: it passes, with 49 rows for 16 pictures. Each row mixes pieces of
           pictures.
        4. 147 = 3 · 7² and 48 = 3 · 2⁴: the batch must bring four factors of 2. Which batches do?
    """
    misconceptions = (KC1, KC2, KC3, KC4, KC5, KC9, KC10, KC11, KC12, KC13, KC14)

    def draw(self) -> int:
        """Return the side of pictures that are too large for the lab's network, in pixels."""
        return draw(self.dice(), lambda dice: dice.between(36, 96), larger_is_good) if self.student else 64

    def text(self) -> str:
        """Return the size of the pictures."""
        return f"Your pictures: {self.question} pixels a side."

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge two words, "raises" or "passes", and three numbers."""
        given = as_dict(answers, PARTS, "larger")
        features = 16 * torch_last_side(self.question) ** 2
        looks = {
            "features": partial(self._look_at_features, features),
            "batch of 4": partial(self._look_at_word, "batch of 4", 4),
            "batch of 25": partial(self._look_at_word, "batch of 25", 25),
            "rows for 25": partial(self._look_at_rows, 25 * features // 400),
            "another batch": self._look_at_batch,
        }
        return look_at({part: partial(_if_attempted, part, given[part], looks[part]) for part in PARTS})

    def _look_at_features(self, right: int, answer: Any) -> None:
        number = read_number(answer, "larger['features']")
        if number != right:
            known = {way: [value] for way, value in larger_ways(self.question).items()}
            known |= further_larger_ways(self.question)
            ways = [way for way, values in known.items() if any(same_number(number, value) for value in values)]
            raise refuse(f"features: you gave {short(number)}.", ways[:1] or slip_of(number, right))

    def _look_at_word(self, part: str, batch: int, answer: Any) -> None:
        word = answer.strip().lower() if type(answer) is str else ""
        if word not in WORDS:
            raise refuse(f'larger[{part!r}] should be "raises" or "passes", not {short(answer)}.')
        if word != WORDS[view_passes(batch, self.question)]:
            raise refuse(f"{part}: you gave {short(answer)}.", KC5)

    def _look_at_rows(self, right: int, answer: Any) -> None:
        number = read_number(answer, "larger['rows for 25']")
        if number != right:
            ways = {KC12: 25, KC13: 400 * right, KC14: right / 25}
            because = [way for way, value in ways.items() if same_number(number, value)]
            raise refuse(f"rows for 25: you gave {short(answer)}.", because[:1] or slip_of(number, right))

    def _look_at_batch(self, answer: Any) -> None:
        batch = read_number(answer, "larger['another batch']")
        if batch == 25:
            raise refuse("another batch: 25 is the batch of the question. Which other one passes?")
        if batch is not None and not batch >= 1:
            raise refuse(f"another batch: you gave {short(batch)}. How many pictures has a batch at least?")
        whole = batch is not None and abs(batch) <= 10_000 and batch == int(batch)
        if not (batch and whole and view_passes(int(batch), self.question)):
            raise refuse(f"another batch: you gave {short(batch)}.", KC5)


def _if_attempted(part: str, answer: Any, look: Any) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in larger[{part!r}]")
    look(answer)
