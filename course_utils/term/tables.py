"""Tables of people as Canvas, Moodle, Gradescope and spreadsheets write them: which column holds what.

Three numbers are told apart: Canvas's own of a person (``ID``), the institution's (``SIS User ID`` in Canvas, ``ID
number`` in Moodle, ``SID`` in Gradescope), and the name under which somebody logs in. The columns are those of Canvas's
gradebook as it is exported, of Moodle's participants and grades as they are downloaded, and of Gradescope's roster.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.course import CourseError
from course_utils.files import from_csv_cell

FIELDS = ("student_id", "last_name", "first_name", "email", "canvas_id", "sis_id", "login", "section")
TITLES = {  # by field, in small letters, without what is not a letter or a digit
    "student_id": ("studentid", "courseid", "nbgraderid"),
    "last_name": ("lastname", "surname", "familyname", "nachname", "nom"),
    "first_name": ("firstname", "givenname", "forename", "vorname", "prénom"),
    "email": ("email", "emailaddress", "mail", "emailadresse"),
    "canvas_id": ("canvasid", "lmsuserid"),
    "sis_id": ("sisid", "sisuserid", "idnumber", "sid", "matriculationnumber", "matrikelnummer"),
    "login": ("login", "loginid", "sisloginid", "username", "netid"),
    "section": ("section", "sections", "groups", "group"),
    "name": ("name", "fullname", "student", "studentname"),
}
FIELD_OF = {title: name for name, titles in TITLES.items() for title in titles}
NOT_PEOPLE = re.compile(r"points possible|student, test|test student", re.I)
SEPARATORS = ",;\t"
LARGEST = 20_000_000  # bytes


@dataclass(frozen=True)
class Table:
    """People as a file lists them.

    Parameters
    ----------
    kind
        "canvas", "moodle", "gradescope" or "plain".
    people
        What is known of each, by the names in :data:`FIELDS`, with the number of the line that says so.
    columns
        The titles that were understood, by field.
    titles
        All titles, as they stand there.
    skipped
        Lines that are nobody: Canvas's line of points, its test student.
    """

    kind: str
    people: list[tuple[int, dict[str, str]]]
    columns: dict[str, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    skipped: int = 0


def plain(text: str) -> str:
    """Return a text for comparison: small letters and digits alone."""
    return re.sub(r"[\W_]+", "", text).casefold()


def read_text(path: Path) -> str:
    """Return a table's text, whichever way a spreadsheet has written it.

    Raises
    ------
    CourseError
        If it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(content) > LARGEST or b"\0" in content.removeprefix(b"\xff\xfe")[:1] or content[:2] == b"PK":
        raise CourseError(f"{path} is no table in CSV. Save it as: CSV UTF-8.")
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            raise CourseError(f"{path} is not in UTF-8, so names would be garbled. Save it as: CSV UTF-8.") from None
    raise AssertionError


def read_table(path: Path) -> Table:
    """Return the people in a table, as far as its columns are understood.

    Raises
    ------
    CourseError
        If it cannot be read, or has no column that says who somebody is.
    """
    text = read_text(path)
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise CourseError(f"{path} is empty.")
    separator = max(SEPARATORS, key=lambda sign: len(_columns(_split(lines[0], sign))))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise CourseError(f"{path} is no table in CSV: {error}.") from None
    titles = rows[0]
    kind, columns = kind_of(titles), _columns(titles)
    if not {"student_id", "email", "canvas_id", "sis_id", "login"} & set(columns):
        there = ", ".join(title.strip() for title in titles[:8]) or "none"
        raise CourseError(
            f"{path} has no column that says who somebody is, such as student_id, Email address, ID number, "
            f"SIS Login ID or SID. Its columns: {there}."
        )
    people, skipped = [], 0
    for number, row in enumerate(rows[1:], start=2):
        about = {name: from_csv_cell(row[place].strip()) for name, place in columns.items() if place < len(row)}
        if not any(about.values()):
            continue
        if NOT_PEOPLE.search(about.get("name", "")) or not any(about.get(name) for name in KEYS):
            skipped += 1
            continue
        people.append((number, with_names(about)))
    named = {name: titles[place].strip() for name, place in columns.items()}
    return Table(kind, people, named, tuple(map(str.strip, titles)), skipped)


KEYS = ("student_id", "canvas_id", "sis_id", "login", "email")  # what tells who somebody is, the surest first


def _split(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def kind_of(titles: list[str]) -> str:
    """Return which platform writes such columns."""
    known = {plain(title) for title in titles}
    if {"student", "id", "section"} <= known or "sisloginid" in known:
        return "canvas"
    if "idnumber" in known or "emailaddress" in known:
        return "moodle"
    return "gradescope" if "sid" in known else "plain"


def _columns(titles: list[str]) -> dict[str, int]:
    """Return where each field stands. ``ID`` is Canvas's own number in Canvas's tables, and ours in others."""
    bare = "canvas_id" if kind_of(titles) == "canvas" else "student_id"
    found: dict[str, int] = {}
    for place, title in enumerate(titles):
        name = bare if plain(title) == "id" else FIELD_OF.get(plain(title))
        if name and title.strip():
            found.setdefault(name, place)
    return found


def with_names(about: Mapping[str, str]) -> dict[str, str]:
    """Return what is known of somebody with first and last name apart, of "Lovelace, Ada" and of "Ada Lovelace"."""
    known = {name: about[name] for name in FIELDS if about.get(name)}
    whole = about.get("name", "").strip()
    if whole and not known.get("last_name"):
        last, comma, first = whole.partition(",")
        first, last = (first, last) if comma else (" ".join(whole.split()[:-1]), whole.split()[-1])
        known |= {"first_name": first.strip(), "last_name": last.strip()}
    return {name: value for name, value in known.items() if value}
