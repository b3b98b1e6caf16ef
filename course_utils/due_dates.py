"""When labs are due, for whom later, and what being late costs: ``due.toml`` in the course's folder.

::

    zone = "Europe/Zurich"              # of all times that name no zone of their own

    [due]
    05 = "2026-11-16 23:59"             # a lab as on the command line, and its time
    06_lab7_cnn = "2026-11-23 18:00 America/New_York"

    [late]                              # may be left out: then nbgrader's own plugin decides, if the course has one
    percent_per_day = 10                # of what was earned, for each day begun
    grace_minutes = 15                  # so much lateness costs nothing
    most_percent = 50                   # never more than this ...
    latest_days = 7                     # ... but nothing counts that comes later

    [extensions.ada]                    # one table a student
    05 = "2026-11-18 23:59"

    [handed_in.bela]                    # where the platform does not say when; stands above timestamp.txt
    05 = "2026-11-17 08:00"

A lab that is not named in ``[due]`` keeps the date that the gradebook has. Times are kept in UTC.
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from course_utils.course import CourseError, labs, one_lab, released_labs

NAME = "due.toml"
TABLES = ("zone", "due", "late", "extensions", "handed_in")
TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?(?:\s*(Z|[+-]\d\d:\d\d)|\s+([A-Za-z][\w+\-/]*))?")
END_OF_DAY = "23:59"
DAY = 86_400  # seconds
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Moment:
    """A point in time, and how it is shown to people.

    Parameters
    ----------
    at
        In UTC.
    shown
        Day, time and zone, as they stand in the file.
    """

    at: datetime
    shown: str

    @property
    def plain(self) -> datetime:
        """The time in UTC without a zone, as nbgrader keeps times."""
        return self.at.replace(tzinfo=None)


@dataclass(frozen=True)
class LateRule:
    """What being late costs: a share of what was earned, and nothing else.

    Parameters
    ----------
    percent_per_day
        For each day begun, counted from the date on.
    grace_minutes
        Who is not later than this loses nothing.
    most_percent
        Never more than this is taken off, before ``latest_days``.
    latest_days
        What comes later than so many days earns nothing; None: there is no such day.
    """

    percent_per_day: float
    grace_minutes: float = 0
    most_percent: float = 100
    latest_days: float | None = None

    def percent(self, seconds: float) -> float:
        """Return how many percent are taken off what comes so many seconds late."""
        if seconds <= 60 * self.grace_minutes or seconds <= 0:
            return 0.0
        if self.latest_days is not None and seconds > DAY * self.latest_days:
            return 100.0
        return min(math.ceil(seconds / DAY) * self.percent_per_day, self.most_percent)

    def penalty(self, points: float, seconds: float) -> float:
        """Return what is taken off so many points."""
        return round(max(points, 0.0) * self.percent(seconds) / 100, 4)

    @property
    def sentence(self) -> str:
        """The rule as people read it."""
        most = f", {self.most_percent:g} % at most" if self.most_percent < 100 else ""
        said = [f"Late work loses {self.percent_per_day:g} % of its points for each day begun{most}."]
        said += [f"The first {self.grace_minutes:g} minutes cost nothing."] if self.grace_minutes else []
        said += [f"After {self.latest_days:g} days it earns nothing."] if self.latest_days is not None else []
        return " ".join(said)


@dataclass(frozen=True)
class DueDates:
    """What ``due.toml`` says, by full names of labs; empty where there is no such file.

    Parameters
    ----------
    due
        By lab.
    rule
        What being late costs; None where the course's own nbgrader plugin says so.
    extensions, handed_in
        By student, then by lab.
    """

    due: Mapping[str, Moment] = field(default_factory=dict)
    rule: LateRule | None = None
    extensions: Mapping[str, Mapping[str, Moment]] = field(default_factory=dict)
    handed_in: Mapping[str, Mapping[str, Moment]] = field(default_factory=dict)

    def of(self, lab: str, student: str) -> Moment | None:
        """Return when a lab is due for somebody; None if no date is known here."""
        return self.extensions.get(student, {}).get(lab) or self.due.get(lab)

    def extension(self, lab: str, student: str) -> timedelta | None:
        """Return how much later a lab is due for somebody than for the class; None if not later."""
        later = self.extensions.get(student, {}).get(lab)
        return later.at - self.due[lab].at if later else None

    def sent(self, lab: str, student: str) -> datetime | None:
        """Return when somebody has handed in, as the file says it, in UTC without a zone; None if it does not."""
        said = self.handed_in.get(student, {}).get(lab)
        return said.plain if said else None

    @property
    def students(self) -> list[str]:
        """Everybody whom the file names."""
        return list(dict.fromkeys((*self.extensions, *self.handed_in)))

    def for_everybody(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what learners are told of some labs, as ``course.json`` holds it: nothing of anybody in particular."""
        known = {
            lab: {"at": self.due[lab].at.isoformat(), "shown": self.due[lab].shown} for lab in names if lab in self.due
        }
        rule = {"late": self.rule.sentence} if self.rule and known else {}
        return {"due": known, **rule} if known else {}


def read_due_dates(root: Path) -> DueDates:
    """Return a course's dates.

    Raises
    ------
    CourseError
        Naming what is wrong in the file, what was wanted and what stands there.
    """
    path = root / NAME
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return DueDates()
    except (OSError, ValueError) as error:
        raise CourseError(f"{NAME} cannot be read: {error}") from None
    if odd := [name for name in said if name not in TABLES]:
        raise CourseError(f"{NAME}: there is no {odd[0]!r}. There are: {', '.join(TABLES)}.")
    zone = _zone(said["zone"], "zone") if "zone" in said else None
    known = list(dict.fromkeys([*labs(root), *released_labs(root)]))
    due = _moments(said.get("due", {}), "[due]", known, zone)
    extensions = _by_student(said.get("extensions", {}), "extensions", known, zone)
    for student, mine in extensions.items():
        for lab, moment in mine.items():
            if lab not in due:
                raise CourseError(f"{NAME}: {student} has an extension for {lab}, which has no date in [due].")
            if moment.at <= due[lab].at:
                raise CourseError(f"{NAME}: the extension of {student} for {lab} is not later than {due[lab].shown}.")
    handed_in = _by_student(said.get("handed_in", {}), "handed_in", known, zone)
    return DueDates(due, _rule(said["late"]) if "late" in said else None, extensions, handed_in)


def _by_student(said: object, name: str, known: list[str], zone: tzinfo | None) -> dict[str, dict[str, Moment]]:
    if not isinstance(said, dict):
        raise CourseError(f"{NAME}: [{name}.STUDENT] is a table for each student, not {said!r}.")
    return {student: _moments(mine, f"[{name}.{student}]", known, zone) for student, mine in said.items()}


def _moments(said: object, where: str, known: list[str], zone: tzinfo | None) -> dict[str, Moment]:
    if not isinstance(said, dict):
        raise CourseError(f"{NAME}: {where} says when a lab is due: LAB = TIME, not {said!r}.")
    found: dict[str, Moment] = {}
    for name, value in said.items():
        try:
            lab = one_lab(name, known)
        except CourseError as error:
            raise CourseError(f"{NAME}, {where}: {error}") from None
        if lab in found:
            raise CourseError(f"{NAME}, {where}: {lab} is there twice.")
        found[lab] = moment_of(value, f"{where} {name}", zone)
    return found


def _rule(said: object) -> LateRule:
    names = [one.name for one in fields(LateRule)]
    if not isinstance(said, dict) or "percent_per_day" not in said:
        raise CourseError(f"{NAME}: [late] says percent_per_day, the percent of its points that late work loses a day.")
    for name, value in said.items():
        if name not in names:
            raise CourseError(f"{NAME}: there is no {name!r} in [late]. There are: {', '.join(names)}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise CourseError(f"{NAME}: {name} in [late] must be a number from 0 on, not {value!r}.")
        if "percent" in name and value > 100:
            raise CourseError(f"{NAME}: {name} in [late] must be at most 100, not {value!r}.")
    return LateRule(**said)


# --- times


def moment_of(value: object, where: str, zone: tzinfo | None) -> Moment:
    """Return the point in time that a text, or a date of TOML's, stands for.

    Parameters
    ----------
    value
        ``2026-11-16 23:59``, with seconds, a difference to UTC or the name of a zone if wanted; a day alone ends at
        23:59.
    where
        Where it stands, for a sentence.
    zone
        The zone of a time that names none.

    Raises
    ------
    CourseError
        If it is no time, the zone is missing or unknown, or the clocks of the zone left this time out.
    """
    text = value.isoformat(" ") if isinstance(value, date) else value  # a datetime is a date
    match = TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    try:
        if match is None:
            raise ValueError(text)
        naive = datetime.fromisoformat(f"{match[1]} {match[2] or END_OF_DAY}")
    except ValueError:
        raise CourseError(f'{NAME}, {where}: {value!r} is no time. Write: "2026-11-16 23:59".') from None
    mine = _offset(match[3]) if match[3] else _zone(match[4], where) if match[4] else zone
    if mine is None:
        raise CourseError(
            f'{NAME}, {where}: nothing says in which zone {text} is. Write zone = "Europe/Zurich" on the first line.'
        )
    local = naive.replace(tzinfo=mine, fold=1)  # a time that the clocks show twice is the later one
    at = local.astimezone(UTC)
    if at.astimezone(mine).replace(tzinfo=None) != naive:
        raise CourseError(f"{NAME}, {where}: the clocks in {mine} never show {naive:%Y-%m-%d %H:%M}: they are put on.")
    return Moment(at, shown(local))


def shown(local: datetime) -> str:
    """Return a time with a zone as people read it: ``Mon 16 Nov 2026, 23:59 (Europe/Zurich)``."""
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    zone = local.tzinfo.key if isinstance(local.tzinfo, ZoneInfo) else str(local.tzinfo)
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}, {clock} ({zone})"


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    hours, minutes = map(int, text[1:].split(":"))
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _zone(name: object, where: str) -> tzinfo:
    try:
        if not isinstance(name, str):
            raise ValueError(name)
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        raise CourseError(f"{NAME}, {where}: there is no time zone {name!r}. One is called Europe/Zurich.") from None


def duration(seconds: float) -> str:
    """Return how long something is, in its two largest units: ``1 day 3 h``."""
    minutes = max(1, math.ceil(seconds / 60))
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [f"{days} day{'s' if days > 1 else ''}" if days else "", f"{hours} h" if hours else ""]
    parts += [f"{minutes} min" if minutes and not days else ""]
    return " ".join(filter(None, parts))
