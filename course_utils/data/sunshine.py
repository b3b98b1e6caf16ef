"""Days of sunshine and their temperatures, drawn around the second lecture's line."""

from course_utils.judging.variants import Dice

SLOPE, INTERCEPT, NOISE = 1.3, 15.0, 1.0  # °C an hour, °C, °C: the second lecture's own


def sunshine_days(number: int, seed: str | int, longest: float = 12.0) -> tuple[list[float], list[float]]:
    """Draw days: hours of sunshine, evenly from 0 to ``longest``, and temperatures in °C around the lecture's line."""
    dice = Dice("sunshine", seed)
    hours = [round(longest * dice.between(0, 10**6) / 10**6, 1) for _ in range(number)]
    return hours, [round(INTERCEPT + SLOPE * hour + NOISE * _normal(dice), 1) for hour in hours]


def _normal(dice: Dice) -> float:
    """Add up twelve even draws: mean 0, standard deviation 1, the same on every machine."""
    return sum(dice.between(0, 10**6) / 10**6 for _ in range(12)) - 6
