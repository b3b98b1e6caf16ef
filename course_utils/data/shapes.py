"""Shapes drawn on soft, cluttered grounds: 32×32 colour pictures of which colour says nothing about the class.

A shape's outline is a function of place that says how deep inside the shape a point lies, in units of the shape's
radius; negative outside. Such functions are joined by `max`, cut by `min`, and turned into edges without steps.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from course_utils.data.canvas import (
    COLUMN,
    ROW,
    PictureDice,
    clutter,
    coverage,
    ground,
    in_chunks,
    to_bytes,
    two_colours,
)
from course_utils.data.pictures import Pictures, Split, at_least

SHAPES = ("disc", "ring", "square", "triangle", "cross", "star", "horizontal", "vertical", "checker", "dots")
NEW_SHAPES = ("crescent", "heart", "arrow", "diagonal", "frame")
CAPTION = "shapes drawn by the computer, no photographs"


def load_shapes(n_train: int = 6000, n_test: int = 1000, *, classes: tuple[str, ...] = SHAPES, seed: int = 0) -> Split:
    """Draw shapes: ten classes for a network to learn, or the five new ones of `NEW_SHAPES` for transfer.

    Parameters
    ----------
    n_train, n_test
        How many pictures. Of any ``len(classes)`` in a row, one is of each class; more begin with the same ones.
    classes
        Which shapes, from `SHAPES` and `NEW_SHAPES`; label ``k`` is ``classes[k]``.
    seed
        0 or more. The same seed gives the same pictures, to the last bit, on every machine; training and test
        pictures never share a stream of chance.

    Returns
    -------
    Split
        ``train, test``, pictures ``(N, 32, 32, 3)``.

    Raises
    ------
    ValueError
        If there is no such shape, one is named twice, or a number is too small.
    """
    classes = tuple(classes)
    unknown = [name for name in classes if name not in OUTLINES]
    if unknown or not classes or len(set(classes)) < len(classes):
        raise ValueError(f"classes must be different shapes of {', '.join(OUTLINES)}; not {classes}")
    at_least("n_train", n_train)
    at_least("n_test", n_test)
    at_least("seed", seed, 0)
    drawn = [_draw(number, classes, seed, part) for part, number in enumerate((n_train, n_test))]
    return Split(*(Pictures(images.copy(), labels.copy(), classes, "shapes", CAPTION) for images, labels in drawn))


@lru_cache(maxsize=8)  # a lesson loads the same ones two or three times
def _draw(number: int, classes: tuple[str, ...], seed: int, part: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a part's pictures ``(N, 32, 32, 3)`` and their labels; the caller copies them."""
    # the classes take part in the seed: other shapes never stand on the same grounds
    stream = [tuple(OUTLINES).index(name) for name in classes]
    return in_chunks(number, len(classes), (seed, part, *stream), _drawer(classes))


def _drawer(classes: tuple[str, ...]) -> Callable[[PictureDice, np.ndarray], np.ndarray]:
    """Return the function that draws a chunk of pictures of these classes."""

    def draw(dice: PictureDice, labels: np.ndarray) -> np.ndarray:
        radius = dice.number(7, 12)  # pixels
        across, down = COLUMN - dice.number(11, 21), ROW - dice.number(11, 21)
        cos, sin = dice.direction(-0.26, 0.26)  # up to 15 degrees
        u, v = (cos * across + sin * down) / radius, (cos * down - sin * across) / radius
        thick, period, phase = dice.number(0, 1), dice.number(0, 1), dice.number(0, 1)
        depth = np.empty_like(u)
        for number, name in enumerate(classes):
            here = labels == number
            depth[here] = OUTLINES[name](u[here], v[here], thick[here], period[here], phase[here])
        return _paint(dice, coverage(depth * radius))

    return draw


def _paint(dice: PictureDice, shape: np.ndarray) -> np.ndarray:
    """Lay clutter and the shape on a ground: ``(n, H, W)`` from 0 to 1 becomes ``(n, H, W, 3)``, uint8."""
    background, colour = two_colours(dice, contrast=0.35)
    soft = ground(dice)
    disc, bar = clutter(dice)
    picture = background + soft
    for cover, paint in (disc, (shape, colour + np.float32(0.7) * soft), bar):
        picture += cover * (paint - picture)
    return to_bytes(picture, dice)


# --- outlines: (u, v) from about -1 to 1, v downwards; how thick, how wide, from where: each from 0 to 1 ------------


def _round(u, v):
    return np.sqrt(u * u + v * v)


def _box(u, v):
    return np.maximum(np.abs(u), np.abs(v))


def _cross(u, v, thick, *_):
    half, u, v = 0.22 + 0.1 * thick, np.abs(u), np.abs(v)
    return np.maximum(np.minimum(half - u, 0.95 - v), np.minimum(half - v, 0.95 - u))


def _triangle(u, v, *_):
    sides = 0.55 + 0.5 * v - 0.866 * np.abs(u)
    return np.minimum(0.55 - v, sides)


def _star(u, v, *_):
    """Five points: inside at least four of the five lines that its edges lie on."""
    least = second = np.full_like(u, np.inf)
    for cos, sin in ((0.0, 1.0), (0.9511, 0.3090), (-0.9511, 0.3090), (0.5878, -0.8090), (-0.5878, -0.8090)):
        depth = 0.36 - (cos * u + sin * v)
        second = np.minimum(second, np.maximum(least, depth))
        least = np.minimum(least, depth)
    return second


def _crescent(u, v, *_):
    return np.minimum(0.9 - _round(u, v), _round(u - 0.45, v) - 0.78)


def _heart(u, v, *_):
    """Two discs on the upper edges of a square that stands on its corner."""
    u, v = np.abs(u), v - 0.07
    return np.maximum((0.72 - u - np.abs(v)) * 0.7071, 0.5091 - _round(u - 0.36, v + 0.36))


def _arrow(u, v, *_):
    u = np.abs(u)
    head = np.minimum(0.05 - v, ((v + 0.95) * 0.8 - u) * 0.78)
    shaft = np.minimum(np.minimum(0.22 - u, 0.95 - v), v + 0.5)
    return np.maximum(head, shaft)


def _stripes(place, period, phase):
    """Stripes of one half of ``period`` each, across ``place``."""
    turn = place / period + phase
    return (0.25 - np.abs(turn - np.floor(turn) - 0.5)) * period


def _in_a_square(depth, u, v):
    return np.minimum(depth, 1.1 - _box(u, v))


def _striped(along: Callable) -> Callable:
    def outline(u, v, _thick, period, phase):
        return _in_a_square(_stripes(along(u, v), 0.75 + 0.45 * period, phase), u, v)

    return outline


def _checker(u, v, _thick, period, phase):
    period = 0.9 + 0.6 * period
    one, other = _stripes(u, period, phase), _stripes(v, period, phase)
    return _in_a_square(np.maximum(np.minimum(one, other), np.minimum(-one, -other)), u, v)


def _dots(u, v, _thick, period, phase):
    period = 0.5 + 0.25 * period
    across, down = u / period + phase, v / period + phase
    off = _round(across - np.floor(across) - 0.5, down - np.floor(down) - 0.5)
    return _in_a_square((0.32 - off) * period, u, v)


OUTLINES: dict[str, Callable[..., np.ndarray]] = {
    "disc": lambda u, v, *_: 0.85 - _round(u, v),
    "ring": lambda u, v, thick, *_: 0.16 + 0.1 * thick - np.abs(_round(u, v) - 0.8),
    "square": lambda u, v, *_: 0.75 - _box(u, v),
    "triangle": _triangle,
    "cross": _cross,
    "star": _star,
    "horizontal": _striped(lambda u, v: v),
    "vertical": _striped(lambda u, v: u),
    "checker": _checker,
    "dots": _dots,
    "crescent": _crescent,
    "heart": _heart,
    "arrow": _arrow,
    "diagonal": _striped(lambda u, v: (u + v) * 0.7071),
    "frame": lambda u, v, thick, *_: 0.13 + 0.08 * thick - np.abs(_box(u, v) - 0.72),
}
