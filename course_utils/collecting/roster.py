"""Who somebody is: ids of students by all that a learning platform may call them."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.course import CourseError

ID_COLUMNS = ("student_id", "id", "student id", "username")
FIRST, LAST = ("first_name", "first name", "firstname"), ("last_name", "last name", "lastname", "surname")
SHARED = ("section",)  # says of many people the same


@dataclass
class Roster:
    """Ids by other names. A name that several students have stands for nobody."""

    ids: dict[str, set[str]] = field(default_factory=dict)

    def add(self, student: str, names: Iterable[str]) -> None:
        """Note what a student is called."""
        for name in {_normal(name) for name in (student, *names)} - {""}:
            self.ids.setdefault(name, set()).add(student)

    def find(self, *names: str) -> str:
        """Return the id of the student who is called by one of the names, the first that is known; "" if none is."""
        for name in names:
            known = self.ids.get(_normal(name), set())
            if len(known) == 1:
                return next(iter(known))
        return ""


def _normal(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def add_person(roster: Roster, student: str, about: Mapping[str, str]) -> None:
    """Note a student with all that is known: each value, and first and last name in both orders."""
    first = next((about[name] for name in FIRST if about.get(name)), "")
    last = next((about[name] for name in LAST if about.get(name)), "")
    both = [f"{first} {last}", f"{last} {first}"] if first and last else []
    alone = {*FIRST, *LAST, *SHARED}
    roster.add(student, [*both, *(value for name, value in about.items() if value and name not in alone)])


def read_roster(path: Path, roster: Roster | None = None) -> Roster:
    """Read a CSV file with a column ``student_id`` and whatever else there is: names, numbers, addresses.

    Raises
    ------
    CourseError
        If it cannot be read, or has no column of ids.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read as a table: {error}") from None
    rows = csv.DictReader(io.StringIO(text))
    columns = {(name or "").strip().casefold(): name for name in rows.fieldnames or ()}
    column = next((columns[name] for name in ID_COLUMNS if name in columns), None)
    if column is None:
        raise CourseError(f"{path} has no column called student_id.")
    roster = Roster() if roster is None else roster
    for row in rows:
        about = {
            (name or "").strip().casefold(): value.strip() for name, value in row.items() if isinstance(value, str)
        }
        student = (row[column] or "").strip()
        if student:
            add_person(roster, student, about)
    return roster
