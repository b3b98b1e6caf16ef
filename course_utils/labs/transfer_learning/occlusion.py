"""Bonus: cover a piece of a picture, and see how far a class's probability falls; then the next piece."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.cases import Case, Ways
from course_utils.judging.closeness import close
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.slips import TwoSlips
from course_utils.labs.transfer_learning.headings import INSIDE
from course_utils.labs.transfer_learning.networks import make_network, make_pictures

CO1 = Misconception(
    "CO1",
    "the probability that is left, not the fall",
    "This is what is left when a piece is covered. By how much has it fallen?",
    INSIDE,
)
CO2 = Misconception(
    "CO2",
    "fall and rise exchanged",
    "Signs are exchanged here: a piece that matters has a negative number. From what is subtracted?",
    INSIDE,
)
CO3 = Misconception(
    "CO3",
    "pieces stay covered",
    "Each piece stays covered when the next one is. From which picture does each try start?",
    INSIDE,
)
CO4 = Misconception(
    "CO4",
    "scores in place of probabilities",
    "These are falls of the score. What turns scores into probabilities?",
    INSIDE,
)
CO5 = Misconception(
    "CO5",
    "a row and a column of places too few",
    "This grid has a row and a column too few. How many places can a square take when it moves 0, 1, … steps?",
    INSIDE,
)
CO6 = Misconception(
    "CO6",
    "covered with another grey",
    "The covered piece holds another number than `fill`: that of black or white, or one of the picture's own, such as "
    "its mean. Which argument says what covers it?",
    INSIDE,
)
CO7 = Misconception(
    "CO7",
    "the picture that was given is covered afterwards",
    "Afterwards the picture is not as it was. Can each try cover a copy?",
    INSIDE,
)
CO8 = Misconception(
    "CO8",
    "rows and columns of the grid exchanged",
    "Row and column of the grid are exchanged. Which of the two loops moves the square down?",
    INSIDE,
)
CO9 = Misconception(
    "CO9",
    "everything covered but the piece",
    "Here the piece is all that the network sees. What should be covered, the piece or the rest?",
    INSIDE,
)
CO10 = Misconception(
    "CO10",
    "the probability of the network's own answer",
    "This watches the class that the network names, which changes from try to try. Which class is asked for?",
    INSIDE,
)
CO11 = Misconception(
    "CO11",
    "squares side by side, or one pixel apart, whatever the stride",
    "The square moves by another number of pixels than `stride` here. How far is it from one place to the next?",
    INSIDE,
)
CO12 = Misconception(
    "CO12",
    "one channel covered only",
    "One way to get this: the square covers one channel, or not all of them. How many channels has a picture, and what "
    "is left to see where one is covered?",
    INSIDE,
)
CO13 = Misconception(
    "CO13",
    "height and width, or rows and columns, exchanged",
    "Height and width are exchanged here, in the size of the grid or in where the square lies. Which axis of the "
    "picture comes first?",
    INSIDE,
)
CO14 = Misconception(
    "CO14",
    "softmax over another axis than the classes, or none of a class alone",
    "These are no probabilities of one class among others: over the axis of pictures a softmax of one is always 1. "
    "Which axis are the classes?",
    INSIDE,
)
CO15 = Misconception(
    "CO15",
    "another square",
    "One way to get this: another piece is covered, a pixel more, a whole row, or a square that begins elsewhere. "
    "Which rows and columns does the first square take?",
    INSIDE,
)
CO16 = Misconception(
    "CO16",
    "another measure than the fall of the probability",
    "One way to get this: a ratio, a square or logarithms in place of a difference of two probabilities, or those of "
    "another class. What is subtracted from what?",
    INSIDE,
)
CO17 = Misconception(
    "CO17",
    "added or multiplied in place of covered",
    "What was in the square shines through: `fill` is added to it, or multiplied with it. What should be left of it?",
    INSIDE,
)
CO18 = Misconception(
    "CO18",
    "the model in train mode",
    "The model answers in train mode here. In which mode does it come, and who changed it?",
    INSIDE,
)
CO19 = Misconception(
    "CO19",
    "the class that the network names for the whole picture",
    "These are falls of the class that the network names for the whole picture. Which class is asked for?",
    INSIDE,
)
CO20 = Misconception(
    "CO20",
    "squares that hang over the edge",
    "Your grid has places at which the square hangs over the edge. Where does the last one start that fits?",
    INSIDE,
)

NAME = "occlusion"
WORKED = """
The same with words: which word of a text does a filter for spam need? It gives "win money now" 0.90.

1. Cover the first word: "… money now" gets 0.70. Fall: 0.90 − 0.70 = 0.20.
2. Take the *whole* text again, cover the second: "win … now" gets 0.15. Fall: 0.75.
3. The third: "win money …" gets 0.95. The probability has risen: fall −0.05.
4. The list (0.20, 0.75, −0.05) says which word counts, and one that speaks against.

```python
def falls(filter, words):
    whole = filter(words)
    return [whole - filter(words[:i] + ["…"] + words[i + 1 :]) for i in range(len(words))]
```
"""


class Cover(NamedTuple):
    """The network's seed, the class, the side of the square, its stride, what it is filled with."""

    seed: int
    k: int
    size: int
    stride: int
    fill: float


class Occlusion(Implementation):
    """Write ``occlusion(model, picture (1, C, H, W), k, size, stride, fill) -> (rows, columns)`` of falls."""

    id = "occlusion"
    hints = (
        "How many places can the square take down and across? It is the size rule of Lab 05, without padding.",
        "Cover a copy of the picture, and ask for the probability of class k. What do you compare it with?",
    )
    worked = WORKED
    names_are_confirmed = True
    misconceptions = (
        CO1,
        CO2,
        CO3,
        CO4,
        CO5,
        CO6,
        CO7,
        CO8,
        CO9,
        CO10,
        CO11,
        CO12,
        CO13,
        CO14,
        CO15,
        CO16,
        CO17,
        CO18,
        CO19,
        CO20,
    )

    def cases(self) -> Sequence[Case]:
        """Return squares side by side, some that overlap, and one with cells left over."""
        return [
            Case("a picture of 6×4, squares of 2, stride 1", Cover(81, 2, 2, 1, 0.5)),
            Case("squares of 3, stride 2", Cover(82, 1, 3, 2, -0.4)),
            Case("squares of 2, stride 2", Cover(83, 4, 2, 2, 0.3)),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other squares."""
        return [Case("other squares", Cover(84, 0, 3, 1, 0.7)), Case("another class", Cover(85, 3, 1, 2, -1.0))]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with a loop over places."""
        cover: Cover = case.data
        picture = make_pictures(1, cover.seed + case.seed)
        found = case.ask(cover_up, answer, cover.seed, picture, *cover[1:])
        if found["answer"] is None:
            raise case.always(f"{NAME} returned None. Does it end in a return statement?")
        array = case.array(found["answer"], f"What {NAME} returns")
        if found["same"] is not True:
            raise case.always(f"{NAME} changed the picture that it was given.", CO7)
        if found["training"] is True and not close(array, falls(cover, picture).numpy()):
            raise case.wrong(NAME, CO18)
        case.compare(NAME, array, falls(cover, picture), wrong_falls(cover, picture))


def cover_up(function: Callable[..., Any], seed: int, picture: torch.Tensor, *numbers: Any) -> dict[str, Any]:
    """Probe: call ``function`` on a network; say whether it left the picture alone."""
    before = picture.clone()
    model = make_network(seed)
    answer = function(model, picture, *numbers)
    if isinstance(answer, list | tuple):
        answer = torch.tensor([[float(one) for one in row] for row in answer])
    return {
        "answer": answer.detach() if isinstance(answer, torch.Tensor) else answer,
        "same": torch.equal(picture, before),
        "training": model.training,
    }


Square = Callable[[int, int, Cover], tuple[slice, slice]]
Measure = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _moved(by: Callable[[Cover], int], longer: int = 0) -> Square:
    """Return squares that begin elsewhere, or are larger."""

    def square(row: int, column: int, cover: Cover) -> tuple[slice, slice]:
        top, left = max(row + by(cover), 0), max(column + by(cover), 0)
        bottom, right = (max(at + by(cover) + cover.size + longer, 0) for at in (row, column))
        return slice(top, bottom), slice(left, right)

    return square


SQUARES: tuple[Square, ...] = (
    lambda row, column, cover: (slice(row, row + cover.size), slice(None)),
    lambda row, column, cover: (slice(None), slice(column, column + cover.size)),
    _moved(lambda cover: 0, 1),
    _moved(lambda cover: 0, -1),
    _moved(lambda cover: cover.stride),
    _moved(lambda cover: 1),
    _moved(lambda cover: -(cover.size // 2)),
    lambda row, column, cover: (
        slice(max(0, row - cover.size // 2), row + cover.size // 2),
        slice(max(0, column - cover.size // 2), column + cover.size // 2),
    ),
)
MEASURES: tuple[Measure, ...] = (
    lambda whole, left: left / whole,
    lambda whole, left: whole / left,
    lambda whole, left: (whole - left) / whole,
    lambda whole, left: (whole - left) ** 2,
    lambda whole, left: whole.log() - left.log(),
    lambda whole, left: left.log() - whole.log(),
    lambda whole, left: 1 - left,
    lambda whole, left: whole * left,
    lambda whole, left: whole,
)


@torch.no_grad()
def falls(
    cover: Cover,
    picture: torch.Tensor,
    *,
    left: bool = False,
    stay: str = "",  # "all", or within a "row"
    scores: bool = False,
    rest: bool = False,
    own: bool = False,
    own_then: bool = False,
    channels: slice = slice(None),
    steps: int | None = None,
    turned: bool = False,
    across: bool = False,
    square: Square | None = None,
    measure: Measure = torch.sub,
    added: bool = False,
    times: bool = False,
) -> torch.Tensor:
    """Cover one piece after the other: rightly by default, or with one thing done otherwise."""
    model, seen = make_network(cover.seed), picture.clone()
    height, width = picture.shape[2:]

    def ask(pixels: torch.Tensor, largest: bool = own) -> torch.Tensor:
        given = model(pixels)[0] if scores else model(pixels).softmax(0 if across else 1)[0]
        return given.max() if largest else given[cover.k]

    def slices(row: int, column: int) -> tuple[Any, ...]:
        if steps is not None:  # another way from place to place, in the same grid
            row, column = row // cover.stride * steps, column // cover.stride * steps
        row, column = (column, row) if turned else (row, column)
        piece = (slice(row, row + cover.size), slice(column, column + cover.size))
        return (slice(None), channels, *(square(row, column, cover) if square else piece))

    rows = []
    for row in range(0, height - cover.size + 1, cover.stride):
        found = []
        seen = picture.clone() if stay == "row" else seen
        for column in range(0, width - cover.size + 1, cover.stride):
            place = slices(row, column)
            seen = seen if stay else picture.clone()
            if rest:
                seen = torch.full_like(picture, cover.fill)
                seen[place] = picture[place]
            else:
                seen[place] = seen[place] + cover.fill if added else seen[place] * cover.fill if times else cover.fill
            found.append(ask(seen) if left else measure(ask(picture), ask(seen, own or own_then)))
        rows.append(torch.stack(found))
    return torch.stack(rows)


def wrong_falls(cover: Cover, picture: torch.Tensor) -> Ways:
    """For each wrong way, a function that computes its grid."""
    right = falls(cover, picture)
    strides = {1, cover.size, 2} - {cover.stride}
    return {
        CO1: lambda: [falls(cover, picture, left=True)],
        CO2: lambda: [-right],
        CO3: lambda: [falls(cover, picture, stay=stay) for stay in ("all", "row")],
        CO4: lambda: [falls(cover, picture, scores=True), falls(cover, picture, scores=True, left=True)],
        CO5: lambda: [right[:-1, :-1]],
        CO6: lambda: [falls(cover._replace(fill=fill), picture) for fill in _fills(picture)],
        TwoSlips.of(CO1, CO11): lambda: [falls(cover, picture, left=True, steps=steps) for steps in sorted(strides)],
        TwoSlips.of(CO1, CO6): lambda: [falls(cover._replace(fill=f), picture, left=True) for f in _fills(picture)],
        TwoSlips.of(CO1, CO12): lambda: [
            falls(cover, picture, left=True, channels=slice(c, c + 1)) for c in range(picture.shape[1])
        ],
        CO8: lambda: [right.T],
        CO9: lambda: [falls(cover, picture, rest=True), falls(cover, picture, rest=True, left=True)],
        CO10: lambda: [falls(cover, picture, own=True), falls(cover, picture, own_then=True)],
        CO11: lambda: [
            *(falls(cover._replace(stride=stride), picture) for stride in sorted(strides)),
            *(falls(cover, picture, steps=steps) for steps in sorted(strides)),
        ],
        CO12: lambda: [falls(cover, picture, channels=slice(c, c + 1)) for c in range(picture.shape[1])],
        CO13: lambda: [falls(cover, picture, turned=True), *_exchanged(cover, picture)],
        CO14: lambda: [falls(cover, picture, across=True)],
        CO15: lambda: [falls(cover, picture, square=square) for square in SQUARES],
        CO19: lambda: [falls(cover._replace(k=int(make_network(cover.seed)(picture).argmax())), picture)],
        CO16: lambda: [
            *(falls(cover, picture, measure=measure) for measure in MEASURES),
            *(falls(cover._replace(k=(cover.k + step) % 5), picture) for step in (1, -1)),
        ],
        CO17: lambda: [falls(cover, picture, added=True), falls(cover, picture, times=True)],
        CO20: lambda: [_hanging_over(cover, picture)],
    }


@torch.no_grad()
def _hanging_over(cover: Cover, picture: torch.Tensor) -> torch.Tensor:
    """Return the grid of squares that start wherever a stride leads, also where a part of them is outside."""
    model, (height, width) = make_network(cover.seed), picture.shape[2:]
    whole, rows = model(picture).softmax(1)[0, cover.k], []
    for row in range(0, height, cover.stride):
        found = []
        for column in range(0, width, cover.stride):
            seen = picture.clone()
            seen[:, :, row : row + cover.size, column : column + cover.size] = cover.fill
            found.append(whole - model(seen).softmax(1)[0, cover.k])
        rows.append(torch.stack(found))
    return torch.stack(rows)


def _fills(picture: torch.Tensor) -> list[float]:
    return [0.0, 1.0, 0.5, *(float(one) for one in (picture.mean(), picture.min(), picture.max()))]


def _exchanged(cover: Cover, picture: torch.Tensor) -> list[torch.Tensor]:
    """Return the grid of a loop that takes height for width: squares beyond the picture are cut off, or lie outside."""
    model, (height, width) = make_network(cover.seed), picture.shape[2:]
    whole = model(picture).softmax(1)[0, cover.k]
    grid = torch.zeros((width - cover.size) // cover.stride + 1, (height - cover.size) // cover.stride + 1)
    for i, j in np.ndindex(*grid.shape):
        seen, top, left = picture.clone(), i * cover.stride, j * cover.stride
        seen[:, :, top : top + cover.size, left : left + cover.size] = cover.fill
        grid[i, j] = whole - model(seen).softmax(1)[0, cover.k]
    return [grid.detach()]
