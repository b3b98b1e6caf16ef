"""Grades as CSV: nbgrader's own table, one row a submission, and a wide one for an LMS, one row a student.

The first has nbgrader's columns and numbers; unlike nbgrader's it is right where a name has a comma in it. The second
counts up to full marks (`course_utils.full_marks`).
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from course_utils import files
from course_utils.grading.gradebook import open_gradebook
from course_utils.grading.totals import Further, full_marks_of, further_cells, total_of

PERSON = ("student_id", "last_name", "first_name", "email")
COLUMNS = (
    *("assignment", "duedate", "timestamp"),
    *PERSON,
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)
COUNTED = "counted"  # no column of the long table
Row = dict[str, Any]


def export(root: Path, target: Path) -> tuple[Path, Path]:
    """Write all grades of a course; return the paths of the long table and of the wide one.

    Parameters
    ----------
    root
        The course.
    target
        The long table. The wide one lies beside it: ``grades.csv`` and ``grades_wide.csv``.
    """
    wide = target.with_name(f"{target.stem}_wide{target.suffix}")
    with open_gradebook(root) as book:
        further = {assignment.name: further_cells(root, assignment.name) for assignment in book.assignments}
        rows = _rows(book, further)
        labs = {one.name: full_marks_of(one, further[one.name]) for one in book.assignments}
        users = {student.id: student.lms_user_id or "" for student in book.students}
    files.write(target, _as_csv(COLUMNS, rows))
    files.write(wide, _as_csv(*_widen(rows, labs, users)))
    return target, wide


def _rows(book: Gradebook, further: dict[str, Further]) -> list[Row]:
    """Return what nbgrader would export: one row for each lab and student, also where nothing was handed in."""
    students = [{name: getattr(student, name.removeprefix("student_")) for name in PERSON} for student in book.students]
    rows = []
    for assignment in book.assignments:
        fixed = {"assignment": assignment.name, "duedate": assignment.duedate, "max_score": assignment.max_score}
        for student in students:
            score = _score(book, assignment.name, student["student_id"], further[assignment.name])
            rows.append(fixed | student | score)
    return rows


def _score(book: Gradebook, lab: str, student: str, further: Further) -> Row:
    try:
        submission = book.find_submission(lab, student)
    except MissingEntry:
        return {"timestamp": "", "raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0, COUNTED: 0.0}
    penalty = submission.late_submission_penalty
    return {
        "timestamp": submission.timestamp,
        "raw_score": submission.score,
        "late_submission_penalty": penalty,
        "score": max(0.0, submission.score - penalty),
        COUNTED: max(0.0, total_of(submission, further).points - penalty),
    }


def _widen(rows: list[Row], labs: dict[str, float], users: dict[str, str]) -> tuple[list[str], list[Row]]:
    """Return the columns and rows of the wide table."""
    columns = {lab: f"{lab} ({most:g})" for lab, most in labs.items()}
    wide: dict[str, Row] = {}
    for row in rows:
        person = {name: row[name] for name in PERSON} | {"lms_user_id": users[row["student_id"]], "total": 0.0}
        one = wide.setdefault(row["student_id"], person)
        one[columns[row["assignment"]]] = row[COUNTED]
        one["total"] += row[COUNTED]
    return [*PERSON, "lms_user_id", *columns.values(), "total"], list(wide.values())


def _as_csv(columns: Sequence[str], rows: list[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(files.csv_cell, columns))
    for row in rows:
        cells = (row.get(column) for column in columns)
        writer.writerow(files.csv_cell("" if cell is None else cell) for cell in cells)
    return out.getvalue()
