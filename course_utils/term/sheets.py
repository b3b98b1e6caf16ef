"""All that is known of a class's answers in a lab: points from the gradebook, the rest from graded notebooks.

A lab may have several notebooks, in which the same grade_id may stand more than once.
"""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedNotebook

from course_utils.cells import Cell, grade_id, is_check, is_solution, nbgrader_settings
from course_utils.course import CourseError, folders
from course_utils.full_marks import Part, add_up
from course_utils.grading.gradebook import open_gradebook
from course_utils.grading.job import ENDED_WELL
from course_utils.grading.results import graded_students
from course_utils.grading.totals import Further, full_marks_of, further_cells, parts_of
from course_utils.judging.protocol.verdicts import codes_of

PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.S)
TAG = re.compile(r"<[^>]+>")
CODES = re.compile(r" \[codes: [^]]*\]$")
CHECK, ESSAY = "check", "essay"


@dataclass
class Answered:
    """One exercise of one student.

    Parameters
    ----------
    kind
        "check" if a program gives the points, "essay" if a person does.
    points, most
        Earned (None while a person has yet to give them), and possible.
    verdict
        As the engine has it; of an essay "blank" or "".
    codes
        Misconceptions that were recognised.
    answer
        What the student wrote.
    said
        The lines that the student reads.
    again
        Whether a person gave points, and is to look at them again: it was graded anew since.
    """

    kind: str
    points: float | None
    most: float
    verdict: str = ""
    codes: list[str] = field(default_factory=list)
    answer: str = ""
    said: list[str] = field(default_factory=list)
    again: bool = False


@dataclass
class Sheet:
    """What one student handed in.

    Parameters
    ----------
    student
        The id.
    key
        Of the result: a digest that tells nothing of the name.
    points, most
        Of the lab, up to full marks, without what is taken off for being late; and full marks.
    exercises
        By grade_id, with the notebook's name before it where that is needed to tell two apart.
    notes
        Remarks of the grader.
    reason
        Why nothing could be graded.
    unread
        Why one of several notebooks could not be graded.
    stopped
        Statuses of cells that did not end well.
    penalty
        What is taken off for being late.
    """

    student: str
    key: str = ""
    points: float = 0.0
    most: float = 0.0
    exercises: dict[str, Answered] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reason: str = ""
    unread: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    penalty: float = 0.0


def read_sheets(root: Path, lab: str) -> list[Sheet]:
    """Return what everybody who was graded handed in.

    Raises
    ------
    CourseError
        If nobody was graded.
    """
    students = graded_students(root, lab)
    if not students:
        raise CourseError(f"Nobody has been graded in {lab}. Run: course grade {lab}")
    with open_gradebook(root) as book:
        assignment = book.find_assignment(lab)
        further, names = further_cells(root, lab), [notebook.name for notebook in assignment.notebooks]
        most = full_marks_of(assignment, further)
        twice = _twice([[cell.name for cell in notebook.grade_cells] for notebook in assignment.notebooks])
        return [_read_sheet(root, book, lab, Sheet(one, most=most), names, twice, further) for one in students]


def _twice(names: Sequence[Sequence[str]]) -> set[str]:
    """Return the grade_ids that several notebooks have."""
    every = [name for some in names for name in some]
    return {name for name in every if every.count(name) > 1}


def _read_sheet(
    root: Path, book: Gradebook, lab: str, sheet: Sheet, notebooks: list[str], twice: set[str], further: Further
) -> Sheet:
    parts = list[Part]()
    for name in notebooks:
        notebook = _notebook(root / folders(root).autograded / sheet.student / lab / f"{name}.ipynb")
        about = notebook["metadata"].get("course", {})
        sheet.key += str(about.get("key", ""))
        sheet.notes += about.get("notes", [])
        rows = _rows(book, lab, name, sheet.student)
        parts += parts_of(rows, further) if rows else []
        sheet.penalty += (rows.late_submission_penalty or 0.0) if rows else 0.0
        grades = {grade.name: grade for grade in rows.grades} if rows else {}
        if about.get("reason"):
            sheet.unread.append(about["reason"])
            continue
        for cell, answer in _with_answers(notebook["cells"]):
            own = grade_id(cell)
            if own in grades:
                sheet.exercises[f"{name}/{own}" if own in twice else own] = _answered(cell, answer, grades[own])
        statuses = [cell.get("metadata", {}).get("course", {}).get("status", "") for cell in notebook["cells"]]
        sheet.stopped += [status for status in statuses if status not in ENDED_WELL]
    if sheet.unread and len(sheet.unread) == len(notebooks):
        sheet.reason = sheet.unread.pop(0)
    sheet.points = add_up(parts).points
    book.db.remove()  # a large class need not stay in memory
    return sheet


def _notebook(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return read if isinstance(read["cells"], list) else {"cells": [], "metadata": {}}
    except (OSError, ValueError, KeyError, TypeError):  # not handed in, or removed by hand
        return {"cells": [], "metadata": {}}


def _rows(book: Gradebook, lab: str, name: str, student: str) -> SubmittedNotebook | None:
    """Return what the gradebook has of a student's notebook."""
    try:
        return book.find_submission_notebook(name, lab, student)
    except MissingEntry:
        return None


def _points(grade: Grade) -> tuple[float | None, float]:
    """Return a cell's points, and how many there are."""
    return None if grade.needs_manual_grade and grade.manual_score is None else grade.score, grade.max_score


def _with_answers(cells: Sequence[Cell]) -> list[tuple[Cell, str]]:
    """Return graded cells, each with the answers that stand between it and the graded cell before."""
    found, answers = [], list[str]()
    for cell in cells:
        graded = bool(nbgrader_settings(cell).get("grade")) or bool(nbgrader_settings(cell).get("task"))
        if is_solution(cell):
            answers.append(text_of(cell))
        if graded:
            found.append((cell, "\n".join(answers)))
            answers = []
    return found


def _answered(cell: Cell, answer: str, grade: Grade) -> Answered:
    about, points = cell.get("metadata", {}).get("course", {}), _points(grade)
    again = bool(grade.needs_manual_grade and points[0] is not None)
    if not is_check(cell):
        return Answered(ESSAY, *points, verdict="blank" if about.get("blank") else "", answer=answer, again=again)
    codes = list(dict.fromkeys(code for output in cell.get("outputs", []) for code in codes_of(output)))
    return Answered(CHECK, *points, about.get("verdict", ""), codes, answer, said_by(cell.get("outputs", [])), again)


def text_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's text, which a file may hold in lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def said_by(outputs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines that a student reads below a check, without the first, which counts points."""
    for output in outputs:
        page = output.get("data", {}).get("text/html", "")
        page = page if isinstance(page, str) else "".join(page)
        if lines := [html.unescape(TAG.sub("", one)).strip() for one in PARAGRAPH.findall(page)]:
            return [line for line in lines[1:] if line]
    for output in outputs:
        if output.get("output_type") == "error":
            said = CODES.sub("", output.get("evalue", ""))
            name = output.get("ename", "")
            lines = [line.strip() for line in said.split("\n") if line.strip()] or [name]
            return [
                f"{name}: {lines[0]}" if name not in ("CheckFailed", "") and lines[0] != name else lines[0],
                *lines[1:],
            ]
    return []
