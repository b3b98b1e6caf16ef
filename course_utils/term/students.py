"""Who has handed in, and what an import of the class would change: as lines for the terminal."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.course import ROSTER, CourseError, folders, labs
from course_utils.grading.bundle import notebooks_of
from course_utils.grading.reading import handed_in
from course_utils.lab_options import NAME as LAB_TOML
from course_utils.lab_options import read_options
from course_utils.term.roster import Import, Person, class_of


@dataclass
class HandedIn:
    """Who has handed in a lab.

    Parameters
    ----------
    lab
        Its name.
    there, absent
        People of the class who have, and who have not.
    ungraded
        Of those who have, whoever was not graded yet.
    lacking
        Which notebooks are not in a submission, by id, where a lab has several.
    strangers
        Ids in ``submitted/`` that are nobody's in the class.
    """

    lab: str
    there: list[Person] = field(default_factory=list)
    absent: list[Person] = field(default_factory=list)
    ungraded: list[str] = field(default_factory=list)
    lacking: dict[str, list[str]] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)


def who_handed_in(root: Path, lab: str, people: dict[str, Person]) -> HandedIn:
    """Look who has handed in a lab."""
    names, found = handed_in(root, lab).students, HandedIn(lab)
    notebooks = _notebooks(root, lab)
    for student, person in people.items():
        (found.there if student in names else found.absent).append(person)
    found.strangers = [name for name in names if name not in people]
    for name in names:
        if not any((root / folders(root).autograded / name / lab).glob("*.ipynb")):
            found.ungraded.append(name)
        folder = root / folders(root).submitted / name / lab
        missing = [one for one in notebooks if not os.path.lexists(folder / f"{one}.ipynb")]
        if missing and len(notebooks) > 1:
            found.lacking[name] = missing
    return found


def _notebooks(root: Path, lab: str) -> list[str]:
    try:
        return notebooks_of(root, lab)
    except CourseError:  # not released yet: nobody can have handed in
        return []


def the_class(root: Path) -> dict[str, Person]:
    """Return the class.

    Raises
    ------
    CourseError
        If nobody is known.
    """
    people = class_of(root)
    if not people:
        raise CourseError(
            f"There is no {ROSTER} yet. Make it from your platform's table: course students --import FILE"
        )
    return people


def lines_of(found: HandedIn) -> list[str]:
    """Return who has handed in a lab, in lines that begin with a word."""
    total = len(found.there) + len(found.absent)
    lines = [f"{found.lab}: {len(found.there)} of {total} have handed in"]
    for word, names in (
        ("not yet", [person.called for person in found.absent]),
        ("handed in", [person.called for person in found.there]),
        ("not graded yet", found.ungraded),
        ("without", [f"{name} ({', '.join(missing)})" for name, missing in found.lacking.items()]),
        (f"not in {ROSTER}", found.strangers),
    ):
        lines += [f"  {word}: {', '.join(names)}"] if names else []
    return lines


TITLED = re.compile(r"(.+) \(\d+\)")  # how Canvas calls an assignment


def lines_about_titles(root: Path, plan: Import) -> list[str]:
    """Return what to write so that Canvas finds its assignments, where its table names labs with their numbers."""
    lines, known = [], labs(root)
    for title in plan.table.titles if plan.table.kind == "canvas" else ():
        match = TITLED.fullmatch(title)
        lab = next((one for one in known if match and one.casefold() == match[1].strip().casefold()), "")
        if lab and read_options(root, lab).platform_title != title:
            where = f"{folders(root).masters}/{lab}/{LAB_TOML}"
            lines.append(f'note     Canvas has {lab}: write platform_title = "{title}" into {where}')
    return lines


def lines_of_import(plan: Import) -> list[str]:
    """Return what an import would change, a line each."""
    understood = ", ".join(f"{title} -> {name}" for name, title in plan.table.columns.items())
    lines = [f"read as {plan.table.kind}: {understood}"]
    lines += [f"new      {person.called}" for person in plan.new]
    for student, found in plan.changed.items():
        said = "; ".join(f"{name} {before or 'nothing'} -> {after}" for name, before, after in found)
        lines.append(f"changed  {student}: {said}")
    lines += [f"stays    {person.called}: not in the file" for person in plan.missing]
    same = len(plan.people) - len(plan.new) - len(plan.changed) - len(plan.missing)
    lines.append(
        f"{len(plan.new)} new, {len(plan.changed)} changed, {same} the same, {len(plan.missing)} not in the file"
    )
    return lines
