"""Feedback pages, ``feedback/<student>/<lab>/<lab>.html``: nbgrader's own, many at a time.

A page is made anew when what it shows has changed (the graded notebook, a score or comment that a person gave, what is
taken off for being late), or what makes it: the grader's own code, nbgrader and its settings. What a page was made from
is noted beside the results in the spool. Making a page changes nothing else; it is done in processes with limits
(:mod:`course_utils.grading.page_makers`), several for a large class.
"""

import contextlib
import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI

from course_utils import files
from course_utils.course import SPOOL, CourseError, folders
from course_utils.grading import own_code
from course_utils.grading.driver import Watcher
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.lateness import Lateness
from course_utils.grading.page_makers import make_all
from course_utils.grading.reading import handed_in_as
from course_utils.grading.results import graded_students
from course_utils.grading.totals import further_cells
from course_utils.grading.workers import processors

LIBRARIES = ("nbgrader", "nbconvert")
PAGES_EACH = 10  # from which a process more, with its two seconds of imports, is worth while


@dataclass
class Pages:
    """What became of the pages of a lab: students whose page was made, was there already, could not be made."""

    lab: str
    made: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def make_feedback(
    root: Path,
    lab: str,
    *,
    students: Sequence[str] = (),
    fresh: bool = False,
    workers: int | None = None,
    watcher: Watcher | None = None,
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
    workers
        How many pages are made at a time at most; as many as there are processors if None.
    watcher
        Is told how it goes on.

    Raises
    ------
    CourseError
        If nobody was graded, or one of the students named was not.
    """
    names, watcher, pages = _choose(root, lab, students), watcher or Watcher(), Pages(lab)
    settings = read_settings(root)
    makers, lateness = _makers(root, lab), Lateness(root, settings)
    with open_gradebook(root, settings) as book:
        sources = {
            name: source for name in names if (source := _source(root, lab, name, book, lateness, makers, pages))
        }
    todo = [name for name in sources if fresh or not _is_there(root, lab, name, sources[name])]
    pages.known = [name for name in sources if name not in todo]
    if not todo:
        return pages
    watcher.begin(lab, len(todo))
    made = _make_all(root, lab, {name: sources[name] for name in todo}, workers or processors())
    for name, reason in made:
        if reason:
            pages.failures[name] = reason
        else:
            pages.made.append(name)
        watcher.step(name, bool(reason))
    pages.made.sort()
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


def _makers(root: Path, lab: str) -> bytes:
    """Return a digest of what makes a lab's pages, and of what the lab says that goes further."""
    libraries = [(name, version(name)) for name in LIBRARIES]
    return repr([own_code.digest_of_pages(root), *libraries, sorted(further_cells(root, lab))]).encode()


def _source(
    root: Path, lab: str, student: str, book: Gradebook, lateness: Lateness, makers: bytes, pages: Pages
) -> str:
    """Return a digest of all that a page shows, and of what makes it; "" where that cannot be read, which is noted."""
    digest, notebooks = hashlib.sha256(), sorted((root / folders(root).autograded / student / lab).glob("*.ipynb"))
    try:
        for path in notebooks:
            digest.update(path.read_bytes())
    except OSError as error:
        pages.failures[student] = f"the graded notebook cannot be read: {error.strerror}"
        return ""
    digest.update(makers)
    digest.update(handed_in_as(root, lab, student).encode(errors="surrogateescape"))
    for path in notebooks:
        _add_grades(digest, book, lab, path.stem, student)
    with contextlib.suppress(MissingEntry):  # nbgrader will say so
        digest.update(lateness.said(book.find_submission(lab, student)).encode())
    book.db.remove()
    return digest.hexdigest()


def _add_grades(digest: "hashlib._Hash", book: Gradebook, lab: str, name: str, student: str) -> None:
    """Add to a digest what the gradebook says of a notebook."""
    try:
        notebook = book.find_submission_notebook(name, lab, student)
        grades = sorted(
            (grade.name, grade.score, grade.max_score, grade.needs_manual_grade) for grade in notebook.grades
        )
        comments = sorted((comment.name, comment.comment or "") for comment in notebook.comments)
        digest.update(repr((grades, comments, notebook.late_submission_penalty)).encode(errors="surrogatepass"))
    except MissingEntry:
        pass  # nbgrader will say so


def _is_there(root: Path, lab: str, student: str, source: str) -> bool:
    try:
        made_from = _note(root, lab, student).read_text()
    except OSError:
        return False
    names = folders(root)
    folder, graded = root / names.feedback / student / lab, root / names.autograded / student / lab
    return made_from == source and all((folder / f"{path.stem}.html").is_file() for path in graded.glob("*.ipynb"))


def _note(root: Path, lab: str, student: str) -> Path:
    return root / SPOOL / lab / student / "feedback"


def _make_all(root: Path, lab: str, sources: Mapping[str, str], workers: int) -> Iterator[tuple[str, str]]:
    """Make pages, and give each student with the reason why there is no page, "" if there is one."""
    pages = {student: (root, lab, student, source) for student, source in sources.items()}
    return make_all(_make, pages, min(workers, -(-len(sources) // PAGES_EACH)))


@cache
def _api(root: Path) -> NbGraderAPI:
    """Return nbgrader's functions for a course."""
    logging.getLogger("NbGrader").setLevel(logging.CRITICAL)
    return NbGraderAPI(config=read_settings(root).config)


def _make(root: Path, lab: str, student: str, source: str) -> str:
    """Have nbgrader make one page; return why it could not."""
    note = _note(root, lab, student)
    note.unlink(missing_ok=True)  # a page that is half made is none
    result = _api(root).generate_feedback(lab, student)
    if result["success"]:
        files.write(note, source, durably=True)
        return ""
    lines = [line.strip() for line in (result.get("log", "") + result.get("error", "")).splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line and "nbgrader" not in line.lower()] or lines
    return f"nbgrader could not make the page: {telling[-1][:160] if telling else 'it says nothing'}"
