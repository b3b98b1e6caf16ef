"""The check of augmentation: every picture must come back as one of its own flips and shifts."""

from typing import NamedTuple

import numpy as np

from course_utils.checks.comparing import refusal, refuse, title
from course_utils.checks.transfer_learning import probes
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import ask, must_be_function, quiet
from course_utils.judging.protocol.verdicts import CheckFailed

FARTHEST = 2  # pixels
LOOK_AS_FAR_AS = 4
OTHERS = range(50, 56)  # further seeds: what one draw for the whole batch makes of them tells it from none


class Move(NamedTuple):
    """How a picture came back: turned left to right, turned upside down, moved down and right, around the edge."""

    flip: bool
    upside_down: bool
    down: int
    right: int
    rolled: bool


@quiet()
def augmentation(answer, hidden: int | None = None) -> None:
    """Check ``augment(X (N, C, H, W), rng)``: flips from left to right, shifts of -2 to 2 pixels. 1 point.

    What is filled in behind the edge is free.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further pictures, drawn at grading.
    """
    must_be_function(answer, "augment")
    words = "64 pictures" if hidden is None else None
    for shape, seed in (((64, 3, 10, 8), hidden or 0), ((80, 1, 9, 12), (hidden or 0) + 1)):
        x = np.random.default_rng([seed, *shape]).random(shape).astype(np.float32)
        given = _augment(answer, x, seed, 0, words)
        if not np.array_equal(given, _augment(answer, x, seed, 1, words)):
            refuse("TA5", "augment", words)
        moves = [find_move(before, after) for before, after in zip(x, given, strict=True)]
        if None in moves:
            _refuse_unknown(x, given, words)
        others = [_augment(answer, x, seed + other, 0, words) for other in OTHERS]
        _judge(moves, [find_move(x[0], other[0]) for other in others], words)
        if all(np.array_equal(given, other) for other in others):
            refuse("TA5", "augment", words)
    print("Correct.")


def _augment(answer, x: np.ndarray, seed: int, elsewhere: int, words: str | None) -> np.ndarray:
    seen = ask(probes.augmented, answer, x, seed, elsewhere)
    if seen["changed"]:
        refuse("TA3", "augment", words)
    if seen["answer"] is None:
        raise CheckFailed("augment returned None. Does it end in a return statement?")
    given = as_array(seen["answer"], "What augment returns")
    if given.shape != x.shape:
        raise CheckFailed("augment should return as many pictures, of the same shape, as it was given.")
    return given


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
                        rolled = (down, right) != (0, 0) and np.allclose(
                            after, np.roll(turned, (down, right), axis=(1, 2)), atol=1e-6
                        )
                        return Move(flip, upside_down, down, right, rolled)
    return None


def _refuse_unknown(x: np.ndarray, given: np.ndarray, words: str | None) -> None:
    if all(any(find_move(before, after) for before in x) for after in given[:6]):
        refuse("TA4", "augment", words)
    raise refusal(
        f"{title('augment', words)}\n"
        "  Some pictures are no flip and shift of what they were. Do all channels of a picture move together?"
    )


def _judge(moves: list[Move], others: list[Move | None], words: str | None) -> None:
    """Refuse moves that are not as asked; `others` are the first picture's with other generators."""
    if any(move.upside_down for move in moves):
        refuse("TA1", "augment", words)
    if max(max(abs(move.down), abs(move.right)) for move in moves) > FARTHEST:
        refuse("TA7", "augment", words)
    across, down = {move.right for move in moves}, {move.down for move in moves}
    shared = [change for change in ("flip", "down", "right") if len({getattr(move, change) for move in moves}) == 1]
    if any(getattr(move, change) for change in shared for move in [moves[0], *others] if move):
        refuse("TA2", "augment", words)
    if shared:
        refuse("TA6", "augment", words)
    if not (0.2 <= sum(move.flip for move in moves) / len(moves) <= 0.8):
        refuse("TA6", "augment", words)
    if min(len(across), len(down)) < 2 * FARTHEST + 1:
        raise refusal(
            f"{title('augment', words)}\n"
            "  Not all shifts from -2 to 2 pixels occur. Which numbers does rng.integers(low, high) leave out?"
        )
    if len({move.flip for move in moves if (move.down, move.right) != (0, 0)}) == 1:
        raise refusal(
            f"{title('augment', words)}\n"
            "  The flip decides whether a picture moves. Which pictures should be both flipped and moved?"
        )
    if any(move.rolled for move in moves):
        refuse("TA8", "augment", words)
