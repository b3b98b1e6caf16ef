"""Real days: the highest temperature of each, as it was measured, and how long the sun could shine."""

from typing import NamedTuple

import numpy as np

from course_utils import packaged

LATITUDE = 47.6  # degrees north: Seattle
TILT = 23.44  # degrees, of the earth's axis


class Days(NamedTuple):
    """Days in their order: an array ``(N,)`` each.

    Parameters
    ----------
    date
        Such as ``"2012-01-01"``.
    hours
        Between sunrise and sunset, computed from the date and the latitude: how long the sun *could* shine.
    temperature
        The day's highest, measured, in °C.
    rain
        Measured, in mm.
    note
        Where the days are from.
    """

    date: np.ndarray
    hours: np.ndarray
    temperature: np.ndarray
    rain: np.ndarray
    note: str


def load_days() -> Days:
    """Load 1,461 days of weather, measured in Seattle from 2012 to 2015 (NOAA, public domain); it ships here.

    Examples
    --------
    >>> days = load_days()
    >>> days.date[0], float(days.hours[0]), float(days.temperature[0])
    (np.str_('2012-01-01'), 8.3, 12.8)
    """
    stored = packaged.read("weather")
    date = stored["date"].astype("datetime64[D]")
    note = f"{len(date):,} days in Seattle, 2012 to 2015: temperature measured (NOAA), hours of daylight computed"
    return Days(date.astype(str), daylight(date), stored["temperature"] / 10, stored["rain"] / 10, note)


def daylight(date: np.ndarray, latitude: float = LATITUDE) -> np.ndarray:
    """Compute the hours between sunrise and sunset, to a tenth of an hour.

    Parameters
    ----------
    date
        ``datetime64[D]``, ``(N,)``.
    latitude
        Degrees north, between the polar circles.

    Source: Cooper's formula for the sun's declination (Solar Energy 12, 1969); refraction is left out.
    """
    day = (date - date.astype("datetime64[Y]")).astype(int) + 1
    declination = np.radians(TILT) * np.sin(2 * np.pi * (284 + day) / 365)
    return np.round(24 / np.pi * np.arccos(-np.tan(np.radians(latitude)) * np.tan(declination)), 1)
