"""Who is in the class: ``students.csv`` in the course, one line a person, kept by ``course students``.

A person is known by the id that names their folder in ``submitted/``. What the learning platform calls them stands
beside it, so that marks find their way back. The file is a plain table: it may be edited by hand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from nbgrader.api import Gradebook

from course_utils import files
from course_utils.course import ROSTER, CourseError
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.reading import why_no_id
from course_utils.term.tables import FIELDS, KEYS, Table, read_table

IDS = (
    "student_id",
    "login",
    "sis_id",
    "email",
    "canvas_id",
)  # from what a new person's id is taken, the first there is


MOST_LISTED = 12  # students in a line


@dataclass(frozen=True)
class Person:
    """One person of the class; see :mod:`course_utils.term.tables` for the three numbers."""

    student_id: str
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    canvas_id: str = ""
    sis_id: str = ""
    login: str = ""
    section: str = ""

    @property
    def name(self) -> str:
        """Last name, first name, as far as they are known."""
        return ", ".join(filter(None, (self.last_name, self.first_name)))

    @property
    def called(self) -> str:
        """The id, and the name behind it."""
        return f"{self.student_id} ({self.name})" if self.name else self.student_id


def read_people(root: Path) -> dict[str, Person]:
    """Return the people in ``students.csv`` by id, in order of names; none if there is no such file.

    Raises
    ------
    CourseError
        If the file cannot be read, or says something twice.
    """
    path = root / ROSTER
    if not path.is_file():
        return {}
    people: dict[str, Person] = {}
    for number, about in read_table(path).people:
        person = Person(**about) if about.get("student_id") else None
        if person is None:
            raise CourseError(f"{ROSTER}, line {number}: there is no student_id.")
        if why := why_no_id(person.student_id):
            raise CourseError(f"{ROSTER}, line {number}: {person.student_id!a} cannot be an id: {why}.")
        if person.student_id in people:
            raise CourseError(f"{ROSTER}, line {number}: {person.student_id} is there a second time.")
        people[person.student_id] = person
    return in_order(people.values())


def class_of(root: Path) -> dict[str, Person]:
    """Return the class: ``students.csv``, and whom the gradebook knows beside."""
    people = read_people(root)
    for person in _of_gradebook(root):
        people.setdefault(person.student_id, person)
    return in_order(people.values())


def listed(students: Sequence[str]) -> str:
    """Return ids in a line: so many as can be read, and how many more there are."""
    more = f" and {len(students) - MOST_LISTED} more" if len(students) > MOST_LISTED else ""
    return ", ".join(students[:MOST_LISTED]) + more


def in_order(people: Iterable[Person]) -> dict[str, Person]:
    """Return people by id, in the order of their names."""
    ordered = sorted(people, key=lambda one: (one.last_name.casefold(), one.first_name.casefold(), one.student_id))
    return {person.student_id: person for person in ordered}


def _of_gradebook(root: Path) -> Iterator[Person]:
    settings = read_settings(root)
    if not settings.exists:
        return
    with open_gradebook(root, settings) as book:
        for one in book.students:
            yield Person(one.id, one.last_name or "", one.first_name or "", one.email or "", str(one.lms_user_id or ""))


# --- importing ------------------------------------------------------------------------------------


@dataclass
class Import:
    """What an import would do.

    Parameters
    ----------
    table
        What was read.
    people
        The class as it would be.
    new
        Who would be added.
    changed
        What would change of whom: field, before, after.
    missing
        Who is not in the file. They stay.
    """

    table: Table
    people: dict[str, Person]
    new: list[Person] = field(default_factory=list)
    changed: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    missing: list[Person] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether anything would be written."""
        return bool(self.new or self.changed)


def plan_import(root: Path, path: Path) -> Import:
    """Say what importing a table would do, and write nothing.

    Raises
    ------
    CourseError
        If the table cannot be read, a line fits two people, or two lines say different things of one person.
    """
    table, kept = read_table(path), read_people(root)
    if not table.people:
        raise CourseError(f"{path} names nobody.")
    known = kept | {one.student_id: one for one in _of_gradebook(root) if one.student_id not in kept}
    plan, said = Import(table, dict(kept)), dict[str, tuple[int, dict[str, str]]]()
    for number, about in table.people:
        where = f"{path.name}, line {number}"
        person = _find(known, about, where) or Person(_new_id(about, where))
        if person.student_id in said and said[person.student_id][1] != about:
            raise CourseError(
                f"{where}: {person.student_id} is also line {said[person.student_id][0]}, and they differ."
            )
        said[person.student_id] = number, about
        _add(plan, kept, replace(person, **{**about, "student_id": person.student_id}))
    plan.people = in_order(plan.people.values())
    _refuse_twins(plan.people.values())
    plan.missing = [person for name, person in kept.items() if name not in said]
    return plan


def _refuse_twins(people: Iterable[Person]) -> None:
    """Raise where two people have one number or address: marks would go to either."""
    seen: dict[tuple[str, str], str] = {}
    for person in people:
        for key in KEYS:
            value = getattr(person, key).casefold()
            other = seen.setdefault((key, value), person.student_id) if value else person.student_id
            if other != person.student_id:
                raise CourseError(f"{other} and {person.student_id} would have the same {key}, {value}.")


def _add(plan: Import, kept: Mapping[str, Person], person: Person) -> None:
    before = kept.get(person.student_id)
    plan.people[person.student_id] = person
    if before is None:
        plan.new += [person] if person not in plan.new else []
        return
    both = [(name, getattr(before, name), getattr(person, name)) for name in FIELDS]
    if found := [one for one in both if one[1] != one[2]]:
        plan.changed[person.student_id] = found


def _find(known: Mapping[str, Person], about: Mapping[str, str], where: str) -> Person | None:
    """Return who is meant: whoever has one of the numbers, the login or the address that the line says."""
    found: dict[str, str] = {}
    for key in KEYS:
        wanted = about.get(key, "").casefold()
        for person in known.values() if wanted else ():
            if getattr(person, key).casefold() == wanted:
                found.setdefault(person.student_id, key)
    if len(found) > 1:
        both = " and ".join(f"{name} (by its {key})" for name, key in list(found.items())[:2])
        raise CourseError(f"{where}: this is {both}. Correct one of them in {ROSTER}.")
    return known[next(iter(found))] if found else _by_id(known, about, where)


def _by_id(known: Mapping[str, Person], about: Mapping[str, str], where: str) -> Person | None:
    """Return who already has the id that a new person would get, unless that is certainly somebody else."""
    wanted = _id_of(about)
    person = known.get(wanted)
    for key in KEYS if person else ():
        said, kept = about.get(key), getattr(person, key)
        if said and kept and said != kept:
            raise CourseError(
                f"{where}: this would be {wanted}, but {wanted} has another {key}. Give both a student_id in {ROSTER}."
            )
    return person


def _short(key: str, value: str) -> str:
    """Return an id for a folder: of an address the part before the sign."""
    return value.partition("@")[0] if key in ("login", "email") else value


def _id_of(about: Mapping[str, str]) -> str:
    return next((short for key in IDS if (short := _short(key, about.get(key, "")))), "")


def _new_id(about: Mapping[str, str], where: str) -> str:
    student = _id_of(about)
    if why := why_no_id(student):
        raise CourseError(f"{where}: {student!a} cannot be an id: {why}.")
    return student


def write_people(root: Path, people: Mapping[str, Person]) -> Path:
    """Write ``students.csv``, then tell the gradebook, if there is one, names and addresses; return the file's path."""
    names = [one.name for one in fields(Person)]
    rows = [[getattr(person, name) for name in names] for person in in_order(people.values()).values()]
    files.write(root / ROSTER, files.as_csv([names, *rows]), durably=True)
    settings = read_settings(root)
    if settings.exists:
        with open_gradebook(root, settings) as book:
            _tell(book, people.values())
    return root / ROSTER


def _tell(book: Gradebook, people: Iterable[Person]) -> None:
    for person in people:
        about = {name: getattr(person, name) for name in ("first_name", "last_name", "email")}
        about["lms_user_id"] = person.canvas_id or person.sis_id
        book.update_or_create_student(person.student_id, **{name: value for name, value in about.items() if value})
