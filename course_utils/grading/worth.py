"""What submissions were worth, kept when an exercise of their lab is added, dropped or split in the middle of a term.

nbgrader's gradebook can neither lose nor gain a graded cell while it has submissions. So their rows are set aside (in
a file, before anything is removed), the lab is registered anew, and the rows are put back: points, grades and comments
that a person gave, by cell. Who would then have a smaller share of the lab's points than before gets the difference as
extra credit on one cell, with a comment. ``kept_worth.json`` notes it; who hands in anew is graded like everybody else.
"""

import hashlib
import json
import warnings
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, SubmittedAssignment

from course_utils import files
from course_utils.course import SPOOL
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.lateness import Lateness
from course_utils.grading.reading import read_submission
from course_utils.grading.totals import Further, full_marks_of, further_cells, total_of

NAME = "kept_worth.json"
COMMENT = "You handed in before the exercises of this lab were changed: your work keeps its share of the points."
DIGITS = 4  # behind the point
NOTHING = {"auto_score": 0.0, "needs_manual_grade": False}  # of a cell that was not there
MANUAL = ("auto_score", "manual_score", "extra_credit", "needs_manual_grade")


@dataclass
class Kept:
    """What one submission got to keep its worth.

    Parameters
    ----------
    cell, extra
        On which graded cell the extra points are, and how many.
    before, most
        Points that it had, of how many.
    digest
        Of the notebook that was handed in.
    added, dropped
        The graded cells that came and went.
    """

    cell: str
    extra: float
    before: float
    most: float
    digest: str
    added: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def digest_of(notebook: bytes | None) -> str:
    """Return a digest of what was handed in."""
    return hashlib.sha256(notebook or b"").hexdigest()


def read_kept(root: Path, lab: str) -> dict[str, Kept]:
    """Return by student what was kept in a lab."""
    return {student: Kept(**about) for student, about in _read(root).get(lab, {}).items()}


def _read(root: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads((root / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}


def write_kept(root: Path, lab: str, kept: dict[str, Kept]) -> None:
    """Note what was kept in a lab."""
    every = _read(root) | {lab: {student: asdict(one) for student, one in sorted(kept.items())}}
    files.write(root / NAME, json.dumps(every, indent=1) + "\n", durably=True)


# --- setting aside --------------------------------------------------------------------------------


def _aside(root: Path, lab: str) -> Path:
    return root / SPOOL / "worth" / f"{lab}.json"


def _left(root: Path, lab: str) -> dict[str, Any]:
    """Return the rows that lie aside: of a run that was broken off."""
    path = _aside(root, lab)
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def set_aside(root: Path, lab: str) -> None:
    """Take the rows of a lab's submissions out of the gradebook, after they are in a file."""
    with open_gradebook(root) as book:
        assignment = book.find_assignment(lab)
        students = [one.student.id for one in assignment.submissions]
        further = further_cells(root, lab)
        rows = {one.student.id: _row(one, further) for one in assignment.submissions}
        files.write(_aside(root, lab), json.dumps(_left(root, lab) | rows), durably=True)
        for student in students:
            book.remove_submission(lab, student)


def _row(submission: SubmittedAssignment, further: Further) -> dict[str, Any]:
    """Return all that the gradebook says of a submission, as data."""
    grades = {
        grade.name: {name: getattr(grade, name) for name in MANUAL}
        for notebook in submission.notebooks
        for grade in notebook.grades
    }
    comments = {
        comment.name: [comment.auto_comment, comment.manual_comment]
        for notebook in submission.notebooks
        for comment in notebook.comments
    }
    when = submission.timestamp.isoformat() if submission.timestamp else None
    return {
        "timestamp": when,
        "extension": submission.extension.total_seconds() if submission.extension else None,
        "points": total_of(submission, further).points,
        "most": full_marks_of(submission.assignment, further),
        "grades": grades,
        "comments": comments,
    }


# --- putting back ---------------------------------------------------------------------------------


def put_back(root: Path, lab: str) -> list[str]:
    """Put the rows back, with what keeps each submission's worth; return a sentence about each that got something."""
    rows, known = _left(root, lab), read_kept(root, lab)
    if not rows:
        return []
    settings, said = read_settings(root), list[str]()
    lateness = Lateness(root, settings)
    with open_gradebook(root, settings) as book, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader fills in new rows in an order that SQLAlchemy remarks on
        for student, row in rows.items():
            kept = _put_back(root, book, lateness, lab, student, row, known.get(student))
            if kept:
                known[student] = kept
                said.append(
                    f"{lab}: {student} keeps {row['points']:g} of {row['most']:g}, by {kept.extra:g} points more"
                )
            else:
                known.pop(student, None)
    write_kept(root, lab, known)
    _aside(root, lab).unlink()
    return said


def _put_back(
    root: Path,
    book: Gradebook,
    lateness: Lateness,
    lab: str,
    student: str,
    row: dict[str, Any],
    earlier: Kept | None,
) -> Kept | None:
    sent = {"timestamp": datetime.fromisoformat(row["timestamp"])} if row["timestamp"] else {}
    book.update_or_create_student(student)
    submission = book.update_or_create_submission(lab, student, **sent)
    submission.extension = timedelta(seconds=row["extension"]) if row["extension"] else None
    lateness.tell(submission)
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    for grade in grades:
        for name, value in row["grades"].get(grade.name, NOTHING).items():
            setattr(grade, name, value)
        if earlier and grade.name == earlier.cell:  # it is reckoned anew
            grade.extra_credit = max(0.0, (grade.extra_credit or 0.0) - earlier.extra) or None
    for notebook in submission.notebooks:
        for comment in notebook.comments:
            comment.auto_comment, comment.manual_comment = row["comments"].get(comment.name, (None, None))
    book.db.flush()
    book.db.expire_all()
    kept = _keep(root, submission, lab, row)
    for notebook in submission.notebooks:
        notebook.late_submission_penalty = lateness.penalty(submission, notebook)
    book.db.commit()
    return kept


def _keep(root: Path, submission: SubmittedAssignment, lab: str, row: dict[str, Any]) -> Kept | None:
    """Give a submission what it lacks to its share of the points; return it, None if it lacks nothing."""
    now = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
    added = [name for name in now if name not in row["grades"]]
    dropped = [name for name in row["grades"] if name not in now]
    most = float(row["most"])
    share = row["points"] / most if most else 0.0
    further = further_cells(root, lab)
    target = share * full_marks_of(submission.assignment, further)
    lacking = round(target - total_of(submission, further).points, DIGITS)
    if lacking <= 0 or not (added or dropped):
        return None
    carrier = now[added[0] if added else list(now)[-1]]
    carrier.extra_credit = round((carrier.extra_credit or 0.0) + lacking, DIGITS)
    for notebook in submission.notebooks:
        for comment in notebook.comments:
            if comment.name == carrier.name.removesuffix("-check") and not comment.manual_comment:
                comment.manual_comment = COMMENT
    digest = digest_of(read_submission(root, lab, submission.student.id).notebook)
    return Kept(carrier.name, lacking, row["points"], most, digest, added, dropped)


# --- handed in anew -------------------------------------------------------------------------------


def given_up(kept: Kept | None, notebook: bytes | None, cell: str) -> float:
    """Return the extra points that a cell loses because its student has handed in anew."""
    return kept.extra if kept and kept.cell == cell and kept.digest != digest_of(notebook) else 0.0


def changes_in(kept: dict[str, Kept]) -> str:
    """Return which exercises came and went, in a few words."""
    added = sorted({name for one in kept.values() for name in one.added})
    dropped = sorted({name for one in kept.values() for name in one.dropped})
    return "; ".join(f"{word} {', '.join(names)}" for word, names in (("added", added), ("dropped", dropped)) if names)
