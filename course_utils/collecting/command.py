"""What the command ``course collect`` does: propose, show, write."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from course_utils.collecting import planning, taking
from course_utils.collecting.layouts import LAYOUTS, recognise
from course_utils.collecting.roster import Roster, add_person, read_roster
from course_utils.collecting.sources import files_in
from course_utils.course import ROSTER, CourseError, folders, labs, one_lab
from course_utils.grading.gradebook import open_gradebook, read_settings


@dataclass(frozen=True)
class Proposal:
    """What would be done with a source."""

    root: Path
    source: Path
    plan: planning.Plan
    steps: list[taking.Step]

    @property
    def changes(self) -> bool:
        """Whether anything would be written."""
        return any(step.word in ("new", "replaces") for step in self.steps)


def propose(root: Path, source: Path, *, lab: str = "", roster: Path | None = None, layout: str = "") -> Proposal:
    """Read a folder or a ZIP archive, and say what is in it.

    Raises
    ------
    CourseError
        If it cannot be read, or holds nothing that is a submission.
    """
    if layout not in ("", *LAYOUTS):
        raise CourseError(f"There is no layout {layout!r}. There are: {', '.join(LAYOUTS)}.")
    known = labs(root)
    wanted = one_lab(lab, known) if lab else ""
    found = files_in(source)
    name, pieces = recognise(found, layout) if found else (layout or "folders", [])
    people = read_roster(roster) if roster else _known(root)
    made = planning.plan(name, pieces, planning.Labs(root, known), people, wanted)
    if not made.taken and not made.left_out:
        raise CourseError(f"There is no submission in {source}.")
    return Proposal(root, source, made, taking.prepare(root, made))


def _known(root: Path) -> Roster:
    """Return the students whom the gradebook and students.csv know, as far as there are these."""
    roster, settings = Roster(), read_settings(root)
    if settings.exists:
        with open_gradebook(root, settings) as book:
            for student in book.students:
                names = ("first_name", "last_name", "email", "lms_user_id")
                about = {name: str(getattr(student, name) or "") for name in names}
                add_person(roster, student.id, about)
    return read_roster(root / ROSTER, roster) if (root / ROSTER).is_file() else roster


def table_of(proposal: Proposal) -> Table:
    """Return what would be taken for whom."""
    table = Table(title=escape(f"{proposal.source}, read as {proposal.plan.layout}"), title_justify="left")
    for column in ("student", "lab", "", "from"):
        table.add_column(column, overflow="fold")
    table.add_column("note", overflow="fold")
    for step in proposal.steps:
        one = step.attempt
        beside = len(step.contents) - 1
        notes = [*step.notes, *([f"and {beside} other files"] if beside > 1 else [])]
        table.add_row(*map(escape, (one.student, one.lab, step.word, one.origin, "; ".join(notes))))
    return table


def lines_of(proposal: Proposal) -> list[str]:
    """Return what was left out, and a sum, a line each."""
    counts = Counter(step.word for step in proposal.steps)
    said = ", ".join(f"{counts[word]} {word}" for word in ("new", "replaces", "same", "older") if counts[word])
    left = [f"left out: {ascii(where)[1:-1]}: {why}" for where, why in proposal.plan.left_out]
    left += [f"an older attempt of {student}: {ascii(where)[1:-1]}" for where, student in proposal.plan.older]
    return [*left, f"{len(proposal.steps)} submissions: {said}." if said else "Nothing to take."]


def write(proposal: Proposal) -> str:
    """Write what was proposed; return a sentence."""
    for step in proposal.steps:
        taking.take(proposal.root, step)
    count = sum(step.word in ("new", "replaces") for step in proposal.steps)
    names = sorted({step.attempt.lab for step in proposal.steps})
    return f"{count} submissions are in {folders(proposal.root).submitted}/. Grade them: course grade {' '.join(names)}"
