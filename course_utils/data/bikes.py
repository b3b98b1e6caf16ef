"""Road and mountain bikes, drawn: two classes that differ in tyres, handlebars and frame, at 32×32 pixels."""

import itertools
from collections.abc import Sequence

import numpy as np

from course_utils.data.canvas import (
    COLUMN,
    MIDDLE,
    ROW,
    PictureDice,
    clutter,
    coverage,
    ground,
    in_chunks,
    to_bytes,
)
from course_utils.data.pictures import Pictures, Split, at_least

BIKES = ("road bike", "mountain bike")
CAPTION = "bikes drawn by the computer, no photographs"

Point = tuple[float, float]

# places in pixels from the middle of the picture, to the right and down
REAR, FRONT, PEDALS, SEAT, POST = (-6.6, 3.6), (6.6, 3.6), (-1.2, 3.8), (-2.6, -3.4), (-3.0, -5.2)
SADDLE = ((-4.6, -5.4), (-1.4, -5.4))
HEAD = {"road bike": (4.0, -4.0), "mountain bike": (4.2, -2.6)}
BARS = {
    "road bike": ((4.0, -4.0), (4.3, -5.2), (6.6, -5.4), (7.6, -4.2), (6.6, -2.9)),  # bent down
    "mountain bike": ((4.2, -2.6), (3.8, -5.0), (2.8, -5.6), (6.4, -6.2)),  # straight
}
TYRE = {"road bike": (0.45, 0.65), "mountain bike": (1.10, 1.60)}  # half its thickness, from … to …
TUBE = {"road bike": (0.40, 0.60), "mountain bike": (0.55, 0.85)}


def load_bikes(n_train: int = 200, n_test: int = 600, *, seed: int = 0) -> Split:
    """Draw road bikes (label 0) and mountain bikes (label 1), facing either way, on cluttered grounds.

    Parameters
    ----------
    n_train, n_test
        How many pictures; half of them of each class. More begin with the same ones.
    seed
        0 or more. The same seed gives the same pictures, to the last bit, on every machine.

    Returns
    -------
    Split
        ``train, test``, pictures ``(N, 32, 32, 3)``.

    Raises
    ------
    ValueError
        If a number is too small.
    """
    at_least("n_train", n_train)
    at_least("n_test", n_test)
    at_least("seed", seed, 0)
    return Split(
        *(
            Pictures(*in_chunks(number, 2, (seed, part, 64), _draw), BIKES, "bikes", CAPTION)
            for part, number in enumerate((n_train, n_test))
        )
    )


def _draw(dice: PictureDice, labels: np.ndarray) -> np.ndarray:
    """Draw a chunk of bikes: ``(n, H, W, 3)``, uint8."""
    size, (cos, sin) = dice.number(0.9, 1.15), dice.direction(-0.1, 0.1)
    across, down = COLUMN - MIDDLE - dice.number(-3, 3), ROW - MIDDLE - dice.number(-3, 3)
    facing = 1 - 2 * dice.often(0.5)
    x, y = facing * (cos * across + sin * down) / size, (cos * down - sin * across) / size
    wheels, frame = outlines(dice, labels, x, y)
    return _paint(dice, coverage(wheels * size), coverage(frame * size))


def outlines(dice: PictureDice, labels: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Build a bike a label: how deep inside its tyres, and inside its frame, each place lies; negative outside.

    Parameters
    ----------
    dice
        Chance for the wheels' radius, tyres and tubes, a bike each.
    labels
        Numbers ``(n,)`` of `BIKES`.
    x, y
        Places ``(n, H, W)`` in pixels from the bike's middle, forwards and down.
    """
    radius, tyre, tube = dice.number(4.7, 5.5), dice.number(0, 1), dice.number(0, 1)
    wheels, frame = np.empty_like(x), np.empty_like(x)
    for number, kind in enumerate(BIKES):
        here = labels == number
        wheels[here] = _wheels(x[here], y[here], radius[here], _between(TYRE[kind], tyre[here]))
        frame[here] = _frame(kind, x[here], y[here], _between(TUBE[kind], tube[here]))
    return wheels, frame


def _between(ends: Point, share: np.ndarray) -> np.ndarray:
    return ends[0] + share * (ends[1] - ends[0])


def _wheels(x: np.ndarray, y: np.ndarray, radius: np.ndarray, half: np.ndarray) -> np.ndarray:
    """How deep inside a tyre, in pixels; negative outside."""
    depth = [half - np.abs(np.sqrt((x - a) ** 2 + (y - b) ** 2) - radius) for a, b in (REAR, FRONT)]
    return np.maximum(*depth)


def _frame(kind: str, x: np.ndarray, y: np.ndarray, half: np.ndarray) -> np.ndarray:
    """How deep inside a tube, the saddle or the handlebars, in pixels; negative outside."""
    head = HEAD[kind]
    tubes = ((REAR, SEAT, head, PEDALS, REAR), (PEDALS, SEAT, POST), (head, FRONT), SADDLE, BARS[kind])
    return half - np.sqrt(np.minimum.reduce([_squared_distance(x, y, line) for line in tubes]))


def _squared_distance(x: np.ndarray, y: np.ndarray, line: Sequence[Point]) -> np.ndarray:
    """Squared distance to a line of straight pieces, in pixels²."""
    pieces = []
    for (a, b), (c, d) in itertools.pairwise(line):
        along, across = c - a, d - b
        share = ((x - a) * along + (y - b) * across) / (along**2 + across**2)
        share = np.clip(share, 0, 1)
        pieces.append((x - a - share * along) ** 2 + (y - b - share * across) ** 2)
    return np.minimum.reduce(pieces)


def _paint(dice: PictureDice, wheels: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Lay clutter and the bike on a bright ground: black tyres, a dark frame."""
    background = np.float32(0.45) + np.float32(0.55) * dice.colour()
    tyres, colour = np.float32(0.25) * dice.colour(), np.float32(0.5) * dice.colour()
    disc, _ = clutter(dice)
    picture = background + ground(dice)
    for cover, paint in (disc, (wheels, tyres), (frame, colour)):
        picture += cover * (paint - picture)
    return to_bytes(picture, dice, noise=0.04)
