"""Feedback pages, ``feedback/<student>/<lab>/<lab>.html``: nbgrader's own, made in one process.

A page is made anew when what it shows has changed: the graded notebook, a score or comment that a person gave, what is
taken off for being late. What a page was made from is noted beside the results in the spool.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI

from course_utils.course import CourseError
from course_utils.grading.driver import Watcher
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.results import AUTOGRADED, graded_students
from course_utils.grading.spool import SPOOL, write_durably

FEEDBACK = "feedback"
LIBRARIES = ("course-utils", "nbgrader", "nbconvert")


@dataclass
class Pages:
    """What became of the pages of a lab: students whose page was made, was there already, could not be made."""

    lab: str
    made: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def make_feedback(
    root: Path, lab: str, *, students: Sequence[str] = (), fresh: bool = False, watcher: Watcher | None = None
) -> Pages:
    """Make the feedback pages of a lab.

    Parameters
    ----------
    root, lab
        The course, and the lab's full name.
    students
        Only these; everybody who was graded if empty.
    fresh
        Make also the pages that are up to date.
    watcher
        Is told how it goes on.

    Raises
    ------
    CourseError
        If nobody was graded, or one of the students named was not.
    """
    names, watcher, pages = _choose(root, lab, students), watcher or Watcher(), Pages(lab)
    with open_gradebook(root) as book:
        sources = {name: _source(root, lab, name, book) for name in names}
    todo = [name for name in names if fresh or not _is_there(root, lab, name, sources[name])]
    pages.known = [name for name in names if name not in todo]
    if not todo:
        return pages
    logging.getLogger("NbGrader").setLevel(logging.CRITICAL)
    api = NbGraderAPI(config=read_settings(root).config)
    watcher.begin(lab, len(todo))
    for name in todo:
        reason = _make(api, root, lab, name, sources[name])
        if reason:
            pages.failures[name] = reason
        else:
            pages.made.append(name)
        watcher.step(name, bool(reason))
    watcher.end()
    return pages


def _choose(root: Path, lab: str, students: Sequence[str]) -> list[str]:
    there = graded_students(root, lab)
    if not there:
        raise CourseError(f"Nobody has been graded in {lab}. Run: course grade {lab}")
    missing = [name for name in dict.fromkeys(students) if name not in there]
    if missing:
        raise CourseError(f"Not graded in {lab}: {', '.join(missing)}. Run: course grade {lab}")
    return [name for name in there if not students or name in students]


def _source(root: Path, lab: str, student: str, book: Gradebook) -> str:
    """Return a digest of all that a page shows."""
    digest = hashlib.sha256((root / AUTOGRADED / student / lab / f"{lab}.ipynb").read_bytes())
    digest.update(repr([(name, version(name)) for name in LIBRARIES]).encode())
    try:
        notebook = book.find_submission_notebook(lab, lab, student)
        grades = sorted((grade.name, grade.score, grade.max_score) for grade in notebook.grades)
        comments = sorted((comment.name, comment.comment or "") for comment in notebook.comments)
        digest.update(repr((grades, comments, notebook.late_submission_penalty)).encode())
    except MissingEntry:
        pass  # nbgrader will say so
    book.db.remove()
    return digest.hexdigest()


def _is_there(root: Path, lab: str, student: str, source: str) -> bool:
    try:
        made_from = _note(root, lab, student).read_text()
    except OSError:
        return False
    return made_from == source and (root / FEEDBACK / student / lab / f"{lab}.html").is_file()


def _note(root: Path, lab: str, student: str) -> Path:
    return root / SPOOL / lab / student / "feedback"


def _make(api: NbGraderAPI, root: Path, lab: str, student: str, source: str) -> str:
    """Have nbgrader make one page; return why it could not."""
    note = _note(root, lab, student)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.unlink(missing_ok=True)  # a page that is half made is none
    result = api.generate_feedback(lab, student)
    if result["success"]:
        write_durably(note, source.encode())
        return ""
    lines = [line.strip() for line in (result.get("log", "") + result.get("error", "")).splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line and "nbgrader" not in line.lower()] or lines
    return f"nbgrader could not make the page: {telling[-1][:160] if telling else 'it says nothing'}"
