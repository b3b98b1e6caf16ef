"""What drawn and coloured pictures share: chance that is the same everywhere, backgrounds, colours, noise.

Only operations are used whose results IEEE 754 fixes to the last bit (no exponentials, no matrix products), and
angles are rounded: so a seed gives the same bytes on every machine.
"""

from collections.abc import Callable, Iterator

import numpy as np

SIDE = 32  # pixels
CHUNK = 100  # pictures drawn at once: they fit into a processor's cache, and have a stream of chance of their own
ROW, COLUMN = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
MIDDLE = (SIDE - 1) / 2
BRIGHTNESS = (0.30, 0.59, 0.11)  # share of red, green and blue


class PictureDice:
    """Numbers by chance for ``size`` pictures, each with axes for rows and columns: ``(size, 1, 1)``, float32."""

    def __init__(self, size: int, *seed: int) -> None:
        self.size, self.chance = size, np.random.default_rng(seed)

    def number(self, low: float, high: float) -> np.ndarray:
        """One number a picture, anywhere from ``low`` to ``high``."""
        share = self.chance.random((self.size, 1, 1), dtype=np.float32)
        return np.float32(low) + share * np.float32(high - low)

    def often(self, probability: float) -> np.ndarray:
        """1 for about this share of the pictures, 0 for the others."""
        return (self.number(0, 1) < np.float32(probability)).astype(np.float32)

    def direction(self, low: float = 0, high: float = 2 * np.pi) -> tuple[np.ndarray, np.ndarray]:
        """Cosine and sine of an angle between ``low`` and ``high`` radians."""
        angle = self.number(low, high).astype(np.float64)
        return tuple(np.round(f(angle), 5).astype(np.float32) for f in (np.cos, np.sin))

    def colour(self) -> np.ndarray:
        """Red, green and blue from 0 to 1, ``(3, size, 1, 1)``."""
        return self.chance.random((3, self.size, 1, 1), dtype=np.float32)

    def bell(self, *shape: int) -> np.ndarray:
        """Sums of four throws, mean 0 and standard deviation 1: nearly normal, at a third of the price."""
        throws = np.frombuffer(self.chance.bytes(4 * int(np.prod(shape))), np.uint8).reshape(4, *shape)
        total = throws[0].astype(np.int16)
        for throw in throws[1:]:
            total += throw
        return (total - np.int16(510)).astype(np.float32) * np.float32(1 / 147.8)


def in_chunks(
    number: int, num_classes: int, seed: tuple[int, ...], draw: Callable[[PictureDice, np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw ``number`` pictures, chunk by chunk. More of them begin with the same ones.

    Parameters
    ----------
    num_classes
        Of any ``num_classes`` pictures in a row, counted from the first, one is of each class.
    seed
        Whole numbers, 0 or more.
    draw
        Called with dice and the labels ``(n,)`` of a chunk; returns pictures ``(n, H, W, 3)``, uint8.

    Returns
    -------
    array (number, H, W, 3), array (number,)
        Pictures, uint8, and labels, int64.
    """
    images = np.empty((number, SIDE, SIDE, 3), np.uint8)
    labels = np.empty(number, np.int64)
    size = CHUNK - CHUNK % num_classes
    for chunk, start in enumerate(range(0, number, size)):
        dice = PictureDice(size, *seed, chunk)
        rounds = np.tile(np.arange(num_classes), (size // num_classes, 1))
        mine = dice.chance.permuted(rounds, axis=1).ravel()
        here = slice(start, min(start + size, number))
        count = here.stop - here.start
        images[here], labels[here] = draw(dice, mine)[:count], mine[:count]
    return images, labels


def coverage(depth: np.ndarray) -> np.ndarray:
    """Turn depths (pixels inside an outline; negative outside) into the share of a pixel that is covered."""
    return np.clip(depth + np.float32(0.5), 0, 1)


def brightness(colour: np.ndarray) -> np.ndarray:
    """How bright a colour ``(3, …)`` looks, from 0 to 1."""
    red, green, blue = (np.float32(share) * part for share, part in zip(BRIGHTNESS, colour, strict=True))
    return red + green + blue


def two_colours(dice: PictureDice, contrast: float) -> tuple[np.ndarray, np.ndarray]:
    """Choose colours of background and object whose brightness differs by ``contrast``; either may be the brighter."""
    background, object_ = dice.colour(), dice.colour()
    sign = 1 - 2 * dice.often(0.5)
    gap = brightness(object_) - brightness(background)
    wrong = sign * gap < 0
    background, object_ = np.where(wrong, object_, background), np.where(wrong, background, object_)
    return background, object_ + sign * np.maximum(np.float32(contrast) - np.abs(gap), 0)


def ground(dice: PictureDice) -> np.ndarray:
    """Brightness to add to a background: a ramp in some direction, and clouds; ``(n, H, W)``."""
    cos, sin = dice.direction()
    ramp = ((COLUMN - MIDDLE) * cos + (ROW - MIDDLE) * sin) * dice.number(0, 0.25 / 16)
    return ramp + clouds(dice) * np.float32(0.11)


def clouds(dice: PictureDice, knots: int = 6) -> np.ndarray:
    """Spread numbers at ``knots`` × ``knots`` places over the picture, straight between them; ``(n, H, W)``."""
    place = np.linspace(0, knots - 1, SIDE)
    before = np.minimum(place.astype(int), knots - 2)
    share = (place - before).astype(np.float32)
    field = dice.bell(dice.size, knots, knots)
    rows = field[:, before] * (1 - share[:, None]) + field[:, before + 1] * share[:, None]
    return rows[:, :, before] * (1 - share) + rows[:, :, before + 1] * share


def clutter(dice: PictureDice) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield what may lie about: a small disc beside the object, and a bar; as coverage and colour."""
    cos, sin = dice.direction()
    far, radius = dice.number(10, 16), dice.number(2, 4.5)
    across, down = COLUMN - MIDDLE - far * cos, ROW - MIDDLE - far * sin
    yield coverage(radius - np.sqrt(across * across + down * down)) * dice.often(0.5), dice.colour()
    cos, sin = dice.direction()
    off = (COLUMN - MIDDLE) * cos + (ROW - MIDDLE) * sin - dice.number(-9, 9)
    yield coverage(np.float32(1.2) - np.abs(off)) * dice.often(0.4), dice.colour()


def to_bytes(picture: np.ndarray, dice: PictureDice, noise: float = 0.08) -> np.ndarray:
    """Add noise, stronger in some pictures, and turn ``(3, n, H, W)`` from 0 to 1 into ``(n, H, W, 3)``, uint8."""
    strength = dice.number(0.3 * noise, 1.7 * noise)
    picture = picture + dice.bell(*picture.shape) * strength
    return (np.clip(picture, 0, 1) * np.float32(255)).astype(np.uint8).transpose(1, 2, 3, 0)
