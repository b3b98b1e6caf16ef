"""When labs are due, as a learner's ``course.json`` says it: the dates of the whole class, nobody's own extension."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from course_utils import workplace

SOON = timedelta(days=2)


def dates_in(handed_out: Mapping[str, Any]) -> dict[str, str]:
    """Return when labs are due, in words, by lab; what cannot be understood is left out."""
    found = handed_out.get("due")
    known = found.items() if isinstance(found, dict) else ()
    return {lab: one["shown"] for lab, one in known if isinstance(one, dict) and isinstance(one.get("shown"), str)}


def sentence(home: Path, lab: str, now: datetime | None = None) -> str:
    """Return when a lab is due, how long that is, and what being late costs; "" where nothing is known.

    Parameters
    ----------
    home
        The workplace.
    lab
        Its full name.
    now
        With a zone; the present if left out.
    """
    handed_out = workplace.handed_out(home)
    shown = dates_in(handed_out).get(lab)
    if not shown:
        return ""
    rule = handed_out.get("late")
    rule = f" {rule}" if isinstance(rule, str) and rule else ""
    try:
        left = datetime.fromisoformat(str(handed_out["due"][lab].get("at"))) - (now or datetime.now(UTC))
    except (ValueError, TypeError):  # no time, or one without a zone
        return f"Due {shown}.{rule}"
    if left < timedelta(0):
        return f"This was due {shown}.{rule} If your instructor gave you a later date, that one counts."
    return f"Due {shown}: {_how_long(left)} left.{rule}"


def _how_long(left: timedelta) -> str:
    """Return a duration, rounded down, so that nobody counts on more than there is."""
    hours = int(left.total_seconds() // 3600)
    if left > SOON:
        return f"{left.days} days"
    return f"{hours} hours" if hours > 1 else "1 hour" if hours else f"{int(left.total_seconds() // 60)} minutes"
