"""``course due``: dates, extensions and late penalties of a course, brought from ``due.toml`` into the gradebook.

Whoever changes the file changes points: it is said whose, old and new, and noted in ``regrades.jsonl``. A penalty is
also reckoned anew after a person has given points.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from course_utils.collecting.taking import called_late
from course_utils.course import ROSTER, CourseError, folders
from course_utils.due_dates import NAME, DueDates, duration, read_due_dates
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.lateness import Lateness
from course_utils.grading.totals import further_cells, total_of
from course_utils.term.regrade_log import append
from course_utils.term.roster import class_of, listed

DIGITS = 4  # behind the point


@dataclass
class Late:
    """One submission, and what its date does to its points.

    Parameters
    ----------
    student, lab
        Whose it is, and of which lab.
    points
        Before anything is taken off.
    before, after
        What was taken off, and what is.
    seconds
        How late it came; 0 if it did not.
    unknown
        Whether nobody knows when it came.
    called_late
        Whether the platform said that it is late; None where it says nothing.
    """

    student: str
    lab: str
    points: float
    before: float
    after: float
    seconds: float = 0.0
    unknown: bool = False
    called_late: bool | None = None

    @property
    def changes(self) -> bool:
        """Whether other points come of it."""
        return round(self.before - self.after, DIGITS) != 0


@dataclass
class Standing:
    """How the dates of a course stand.

    Parameters
    ----------
    labs
        That were looked at.
    dates
        What the file says.
    every
        All submissions.
    """

    labs: Sequence[str]
    dates: DueDates
    every: list[Late] = field(default_factory=list)

    @property
    def changing(self) -> list[Late]:
        """Those whose points change."""
        return [one for one in self.every if one.changes]


def look(root: Path, labs: Sequence[str], *, write: bool = False) -> Standing:
    """Compare the gradebook with ``due.toml``, and bring it to what the file says if it is to be written.

    Raises
    ------
    CourseError
        If the file is wrong, names somebody unknown, or there are two rules.
    """
    dates = read_due_dates(root)
    _refuse_strangers(root, dates)
    made, settings = Standing(labs, dates), read_settings(root)
    if not settings.exists:
        return made
    lateness = Lateness(root, settings)
    with open_gradebook(root, settings) as book:
        for lab in labs:
            if lab in dates.due:
                _look_at(book, lateness, lab, made)
        if write:
            for one in made.changing:
                _note(root, one)
            book.db.commit()
        else:
            book.db.rollback()
    return made


def bring_up_to_date(root: Path, labs: Sequence[str]) -> list[str]:
    """Write what ``due.toml`` says into the gradebook; return lines about whose points change."""
    if not (root / NAME).is_file():
        return []
    return lines_of_changes(look(root, labs, write=True))


def _refuse_strangers(root: Path, dates: DueDates) -> None:
    folder = root / folders(root).submitted
    known = {*class_of(root), *(path.name for path in folder.glob("*") if path.is_dir())}
    if strangers := [name for name in dates.students if name not in known]:
        where = f"neither in {ROSTER} nor in the gradebook nor in {folders(root).submitted}/"
        raise CourseError(f"{NAME} names {strangers[0]!r}, who is {where}.")


def _look_at(book: Gradebook, lateness: Lateness, lab: str, made: Standing) -> None:
    try:
        assignment = book.find_assignment(lab)
    except MissingEntry:
        return
    further = further_cells(lateness.root, lab)
    assignment.duedate = made.dates.due[lab].plain
    for submission in assignment.submissions:
        lateness.tell(submission)
        points, before, after = total_of(submission, further).points, 0.0, 0.0
        for rows in submission.notebooks:
            penalty = lateness.penalty(submission, rows)
            before += rows.late_submission_penalty or 0
            after += penalty or 0
            rows.late_submission_penalty = penalty
        seconds = submission.total_seconds_late if submission.timestamp else 0.0
        name, unknown = submission.student.id, submission.timestamp is None
        called = called_late(lateness.root, name, lab)
        made.every.append(Late(name, lab, points, before, after, seconds, unknown, called))
    book.db.flush()


def _note(root: Path, one: Late) -> None:
    append(root, one.lab, one.student, one.points - one.before, one.points - one.after, why=f"dates in {NAME}")


# --- saying it ------------------------------------------------------------------------------------


def lines_of(made: Standing) -> list[str]:
    """Return the dates of labs, the rule, extensions and who is late, a line each."""
    dates = made.dates
    lines = [dates.rule.sentence] if dates.rule else ["There is no [late] in due.toml: nbgrader's own plugin decides."]
    for lab in made.labs:
        if lab not in dates.due:
            lines.append(f"{lab}: no date in {NAME}")
            continue
        lines.append(f"{lab}: due {dates.due[lab].shown}")
        lines += [f"  later for {who}: {mine[lab].shown}" for who, mine in dates.extensions.items() if lab in mine]
        mine_late = [one for one in made.every if one.lab == lab]
        lines += [f"  late: {_cost(one)}" for one in mine_late if one.seconds > 0]
        unknown = [one for one in mine_late if one.unknown]
        for words, some in (
            ("the platform calls it late, and nobody knows when", [one for one in unknown if one.called_late]),
            ("nobody knows when, so not late", [one for one in unknown if one.called_late is None]),
        ):
            said = f"{listed([one.student for one in some])}. [handed_in.STUDENT] can say when"
            lines += [f"  {words}: {said}"] if some else []
        in_time = sum(one.called_late is False for one in unknown)
        lines += [f"  in time, as the platform says, which tells no times: {in_time}"] if in_time else []
    return lines


def _cost(one: Late) -> str:
    left = f"{one.points:g} - {one.after:g} = {round(one.points - one.after, DIGITS):g} points"
    return f"{one.student}, by {duration(one.seconds)}: {left}"


def lines_of_changes(made: Standing) -> list[str]:
    """Return whose points change because dates or the rule have, a line each."""
    return [
        f"{one.lab}: {one.student}: {_left(one, one.before)} -> {_left(one, one.after)}, by its date"
        for one in made.changing
    ]


def _left(one: Late, penalty: float) -> str:
    return f"{round(one.points - penalty, DIGITS):g}"
