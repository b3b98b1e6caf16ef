"""Exercise 7.8: augmentation. Every picture must come back as one of its own flips and shifts.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
each picture by itself                                 64 and 80 pictures: flips and shifts differ
flipped from left to right with probability ½          MANY: 700 pictures, between 0.4 and 0.6
moved by -2, -1, 0, 1 or 2, down and across            64 pictures: all five occur, both ways, none beyond
down and across by numbers of their own                64 pictures: not all as far down as across
not what left on the other side                        no picture is rolled
fill in what you like                                  only what was moved is compared
a new array of the same shape; leave X as it is        every case, colour and grey, also numbers below 0
take all chance from rng                               equal generators, other global ones; other generators
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.transfer_learning.headings import FAILS
from course_utils.runtime import seed_everything

TA1 = Misconception(
    "TA1",
    "upside down",
    "Some pictures stand on their heads. Which axis runs down in (N, C, H, W)?",
    FAILS,
)
TA2 = Misconception(
    "TA2",
    "one draw for the whole batch",
    "All pictures got the same flip, or the same shift. How often should the dice be thrown?",
    FAILS,
)
TA3 = Misconception(
    "TA3",
    "input changed in place",
    "The pictures that were handed in have changed. What will the next epoch start from?",
    FAILS,
)
TA4 = Misconception(
    "TA4",
    "order of the pictures changed",
    "These are the right pictures in another order. Do the labels know?",
    FAILS,
)
TA5 = Misconception(
    "TA5",
    "chance from elsewhere than rng",
    "Equal generators should give equal pictures, and other generators other ones. Where does your chance come from?",
    FAILS,
)
TA6 = Misconception(
    "TA6",
    "no flips, or no shifts down or across",
    "A flip, a move down, a move across: at least one never happens. Which of them do you see in 64 pictures?",
    FAILS,
)
TA7 = Misconception(
    "TA7",
    "shifted too far",
    "Some pictures have moved further than 2 pixels. How many numbers are there from -2 to 2?",
    FAILS,
)
TA8 = Misconception(
    "TA8",
    "rolled around the edge",
    "What leaves the picture on one side comes in on the other. What stands behind the edge of a photograph?",
    FAILS,
)
TA9 = Misconception(
    "TA9",
    "flips too seldom, or too often",
    "Of 700 pictures far more or far fewer than half are flipped. How likely is your condition?",
    FAILS,
)
TA10 = Misconception(
    "TA10",
    "one number for both shifts",
    "Every picture moves as far down as across. How many numbers does each picture need to be moved both ways?",
    FAILS,
)
TA11 = Misconception(
    "TA11",
    "flips that are the same each time",
    "Whatever the generator, the same pictures are flipped. Who decides about a picture's flip?",
    FAILS,
)

NAME = "augment"
FARTHEST = 2  # pixels
LOOK_AS_FAR_AS = 4
SHAPES = ((64, 3, 10, 8), (80, 1, 9, 12))
MANY = (700, 1, 8, 9)  # to count flips: half of them, to within 5 standard errors
FEWEST, MOST = 0.4, 0.6
OTHERS = range(50, 56)  # further seeds: what one draw for the whole batch makes of them tells it from none


class Move(NamedTuple):
    """How a picture came back: turned left to right, turned upside down, moved down and right, around the edge."""

    flip: bool
    upside_down: bool
    down: int
    right: int
    rolled: bool


class Augment(Implementation):
    """Write ``augment(X (N, C, H, W), rng)``: flips from left to right, shifts of -2 to 2 pixels.

    What is filled in behind the edge is free.
    """

    id = "augment"
    hints = (
        "rng.random(N) < 0.5 decides about N pictures at once. Which axis is left to right?",
        "np.pad puts a border around a picture. Which window of the larger picture is the picture moved by 1?",
    )
    worked = """
    Cells under a microscope have no top and no left. `turn(X, rng)`: each square picture by itself is turned by 0, 1, 2
    or 3 quarters, and made lighter or darker by up to 0.1.

    1. One draw a picture for each of the two changes: `len(X)` numbers at once, all from `rng`.
    2. The output starts as a copy, so that `X` stays as it is.
    3. A picture is (C, H, W): rows and columns are its axes 1 and 2, and all its channels turn together.

    ```python
    def turn(X, rng):
        quarters = rng.integers(0, 4, len(X))  # 4 is not drawn
        light = rng.uniform(-0.1, 0.1, len(X))
        out = X.copy()
        for i, picture in enumerate(X):
            out[i] = np.rot90(picture, quarters[i], axes=(1, 2)) + light[i]
        return out
    ```
    """
    misconceptions = (TA1, TA2, TA3, TA4, TA5, TA6, TA7, TA8, TA9, TA10, TA11)

    def cases(self) -> Sequence[Case]:
        """Return pictures in colour and grey ones, and many small ones."""
        return [Case(f"{shape[0]} pictures", (number, shape)) for number, shape in enumerate((*SHAPES, MANY))]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other pictures of the same shapes."""
        return self.cases()

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Find out how each picture has moved, and whether with another generator it moves in another way."""
        must_be_function(answer, NAME)
        number, shape = case.data
        seed = case.seed + number
        x = np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)
        given = _augment(case, answer, x, seed, 0)
        if shape == MANY:
            _count_flips(case, _find_moves(case, x, given))
            return
        if not np.array_equal(given, _augment(case, answer, x, seed, 1)):
            raise case.wrong(NAME, TA5)
        moves = _find_moves(case, x, given)
        others = [_augment(case, answer, x, seed + other, 0) for other in OTHERS]
        _look_at_chance(case, moves, [find_move(x[0], other[0]) for other in others])
        _look_at_kinds(case, moves)
        if all(np.array_equal(given, other) for other in others):
            raise case.wrong(NAME, TA5)
        flips = [[move.flip for move in _find_moves(case, x, one)] for one in (given, *others)]
        if all(one == flips[0] for one in flips):
            raise case.wrong(NAME, TA11)


def _augment(case: Case, answer: Callable[..., Any], x: np.ndarray, seed: int, elsewhere: int) -> np.ndarray:
    seen = case.ask(augmented, answer, x, seed, elsewhere)
    if seen["changed"]:
        raise case.wrong(NAME, TA3)
    if seen["answer"] is None:
        raise case.always(f"{NAME} returned None. Does it end in a return statement?")
    given = case.array(seen["answer"], f"What {NAME} returns")
    if given.shape != x.shape:
        raise case.always(f"{NAME} should return as many pictures, of the same shape, as it was given.")
    return given


def augmented(function: Callable[..., Any], x: np.ndarray, seed: int, elsewhere: int) -> dict[str, Any]:
    """Probe: call ``augment`` with a generator of its own, after seeding the global ones with ``elsewhere``.

    Returns
    -------
    dict
        ``answer``, and ``changed``, whether the input was changed.
    """
    seed_everything(elsewhere)
    given = x.copy()
    answer = function(given, np.random.default_rng(seed))
    same = answer is given
    return {"answer": given.copy() if same else answer, "changed": not np.array_equal(given, x)}


# --- moves


def find_move(before: np.ndarray, after: np.ndarray) -> Move | None:
    """Find how a picture ``(C, H, W)`` became another one; None if it is no flip and shift of it."""
    height, width = before.shape[1:]
    for upside_down in (False, True):
        for flip in (False, True):
            turned = before[:, :: -1 if upside_down else 1, :: -1 if flip else 1]
            for down in range(-LOOK_AS_FAR_AS, LOOK_AS_FAR_AS + 1):
                for right in range(-LOOK_AS_FAR_AS, LOOK_AS_FAR_AS + 1):
                    there = after[:, max(down, 0) : height + down, max(right, 0) : width + right]
                    here = turned[:, max(-down, 0) : height - down, max(-right, 0) : width - right]
                    if abs(there[0, 0, 0] - here[0, 0, 0]) < 1e-5 and np.allclose(there, here, atol=1e-6):
                        return Move(flip, upside_down, down, right, _is_rolled(turned, after, down, right))
    return None


def _is_rolled(turned: np.ndarray, after: np.ndarray, down: int, right: int) -> bool:
    moved = (down, right) != (0, 0)
    return moved and bool(np.allclose(after, np.roll(turned, (down, right), axis=(1, 2)), atol=1e-6))


def _find_moves(case: Case, x: np.ndarray, given: np.ndarray) -> list[Move]:
    """Return how each picture has moved; refuse what is no move."""
    found = [find_move(before, after) for before, after in zip(x, given, strict=True)]
    moves = [move for move in found if move is not None]
    if len(moves) == len(found):
        return moves
    if all(any(find_move(before, after) for before in x) for after in given[:6]):
        raise case.wrong(NAME, TA4)
    raise _refusal(
        case, "Some pictures are no flip and shift of what they were. Do all channels of a picture move together?"
    )


def _refusal(case: Case, line: str) -> Wrong:
    return case.wrong(NAME, detail=f"  {line}", hidden=f"  {line}")


def _look_at_chance(case: Case, moves: list[Move], others: list[Move | None]) -> None:
    """Refuse moves that are not as asked, or shared; `others` are the first picture's with other generators."""
    if any(move.upside_down for move in moves):
        raise case.wrong(NAME, TA1)
    if max(max(abs(move.down), abs(move.right)) for move in moves) > FARTHEST:
        raise case.wrong(NAME, TA7)
    shared = [change for change in ("flip", "down", "right") if len({getattr(move, change) for move in moves}) == 1]
    if any(getattr(move, change) for change in shared for move in [moves[0], *others] if move):
        raise case.wrong(NAME, TA2)
    if shared:
        raise case.wrong(NAME, TA6)


def _count_flips(case: Case, moves: list[Move]) -> None:
    """Refuse flips that are not as likely as none."""
    if not FEWEST <= sum(move.flip for move in moves) / len(moves) <= MOST:
        raise case.wrong(NAME, TA9)


def _look_at_kinds(case: Case, moves: list[Move]) -> None:
    """Refuse moves of which some kinds are missing, and pictures that come in again on the other side."""
    if min(len({move.right for move in moves}), len({move.down for move in moves})) < 2 * FARTHEST + 1:
        raise _refusal(
            case, "Not all shifts from -2 to 2 pixels occur. Which numbers does rng.integers(low, high) leave out?"
        )
    if len({move.flip for move in moves if (move.down, move.right) != (0, 0)}) == 1:
        raise _refusal(
            case, "The flip decides whether a picture moves. Which pictures should be both flipped and moved?"
        )
    if all(abs(move.down) == abs(move.right) for move in moves):
        raise case.wrong(NAME, TA10)
    if any(move.rolled for move in moves):
        raise case.wrong(NAME, TA8)
