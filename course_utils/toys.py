"""Toy data sets in the plane, drawn by code: the same for the same seed on every machine.

Lessons, checks and widgets all use them, so they live below all of these. Every set has as many points of label 0 as
of label 1, in turn.
"""

import math
import random

import numpy as np

TURN = 2 * math.pi
ARMS = 1.5  # turns of each arm of the spiral


def _bell(dice: random.Random) -> float:
    """Draw from the normal distribution; random() is the one method whose sequence Python promises to keep."""
    return math.sqrt(-2 * math.log(1 - dice.random())) * math.cos(TURN * dice.random())


def _on_circle(radius: float, angle: float) -> tuple[float, float]:
    return radius * math.cos(angle), radius * math.sin(angle)


def _blobs(dice: random.Random, label: int) -> tuple[float, float]:
    middle = 0.45 if label else -0.45
    return middle + 0.22 * _bell(dice), middle + 0.22 * _bell(dice)


def _ring(dice: random.Random, label: int) -> tuple[float, float]:
    inner, outer = (0.0, 0.45) if label else (0.65, 1.0)
    radius = math.sqrt(inner**2 + (outer**2 - inner**2) * dice.random())
    return _on_circle(radius, TURN * dice.random())


def _corners(dice: random.Random, label: int) -> tuple[float, float]:
    x, y = 0.08 + 0.92 * dice.random(), 0.08 + 0.92 * dice.random()
    side = 1 if dice.random() < 0.5 else -1
    return side * x, side * y if label else -side * y


def _spiral(dice: random.Random, label: int) -> tuple[float, float]:
    way = math.sqrt(dice.random())
    x, y = _on_circle(0.1 + 0.9 * way, ARMS * TURN * way + (math.pi if label else 0))
    return x + 0.03 * _bell(dice), y + 0.03 * _bell(dice)


TOYS = {"blobs": _blobs, "ring": _ring, "corners": _corners, "spiral": _spiral}


def load_toy(name: str, *, count: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw a toy data set.

    Parameters
    ----------
    name
        ``"blobs"`` (two clouds), ``"ring"`` (a disc inside a ring), ``"corners"`` (opposite quarters have the same
        label) or ``"spiral"`` (two arms).
    count
        How many points, at least 2.
    seed
        Another seed, other points of the same kind.

    Returns
    -------
    tuple of arrays
        Points ``(count, 2)`` between about -1 and 1, to four decimals, and labels ``(count,)``, 0 and 1 in turn.

    Raises
    ------
    ValueError
        If there is no such set, or ``count`` is below 2.
    """
    if name not in TOYS:
        raise ValueError(f"there are the toy data sets {', '.join(TOYS)}; not {name!r}")
    if count < 2:
        raise ValueError(f"count must be at least 2, not {count}")
    dice = random.Random(f"{name} {seed}")
    labels = [number % 2 for number in range(count)]
    points = [TOYS[name](dice, label) for label in labels]
    return np.round(np.array(points), 4), np.array(labels)


def load_weather(*, count: int = 100, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw days on which somebody said whether it was too hot. People differ, so no line parts the days exactly.

    Parameters
    ----------
    count
        How many days, at least 2.
    seed
        Another seed, other days.

    Returns
    -------
    tuple of arrays
        ``(count, 2)``: temperature minus 25 °C, in units of 5 °C, and humidity minus 50 %, in units of 20 %;
        ``(count,)``: 1 too hot, 0 not.

    Raises
    ------
    ValueError
        If ``count`` is below 2.
    """
    if count < 2:
        raise ValueError(f"count must be at least 2, not {count}")
    dice = random.Random(f"weather {seed}")
    days = []
    for _ in range(count):
        warm, damp = _bell(dice), _bell(dice)
        score = 2.0 * warm + 0.8 * damp - 0.5
        days.append((warm, damp, int(dice.random() < 1 / (1 + math.exp(-score)))))
    table = np.round(np.array(days), 4)
    return table[:, :2], table[:, 2].astype(int)
