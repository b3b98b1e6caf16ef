"""The one writer: results into nbgrader's gradebook and into ``autograded/``.

Rows are those that nbgrader's own SaveAutoGrades and AssignLatePenalties would write, through nbgrader's own Gradebook,
in one transaction a student. Files are written aside and renamed, the notebook last. Writing a result again changes
nothing, so that whatever a kill left undone is done by the next run, and a grade that a person gave is never touched.
"""

import contextlib
import os
import shutil
import stat
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Assignment, BaseCell, Gradebook, Notebook, SubmittedNotebook
from nbgrader.utils import compute_checksum
from sqlalchemy.orm import with_polymorphic

from course_utils import files
from course_utils.cells import grade_id
from course_utils.course import folders
from course_utils.grading.beside import beside
from course_utils.grading.cell_texts import as_text
from course_utils.grading.gradebook import Settings
from course_utils.grading.graded_notebook import make_notebook, score_of
from course_utils.grading.job import Bundle, Graded, Submission
from course_utils.grading.lateness import Lateness
from course_utils.grading.reading import TIMESTAMP, read_timestamp
from course_utils.grading.worth import given_up, read_kept, write_kept

NO_RESPONSE = "No response."  # nbgrader's words


class Writer:
    """Writes the results of one lab.

    Parameters
    ----------
    root
        The course.
    bundle
        What the lab is graded against.
    book
        The course's gradebook, open.
    settings
        nbgrader's settings of the course.
    notebooks
        The names of all notebooks of the lab; the bundle's if left out.
    """

    def __init__(
        self, root: Path, bundle: Bundle, book: Gradebook, settings: Settings, notebooks: Sequence[str] = ()
    ) -> None:
        self.root, self.bundle, self.book, self.settings = root, bundle, book, settings
        self.lab, self.notebook, self.notebooks = bundle.lab, bundle.notebook, notebooks or [bundle.notebook]
        self.lateness, self.kept = Lateness(root, settings), read_kept(root, self.lab)

    def write(self, graded: Graded, submission: Submission, *, read: Collection[str] = ()) -> bool:
        """Write one result; tell whether the notebook in ``autograded/`` was another one before.

        Parameters
        ----------
        graded, submission
            The result, and what it is of.
        read
            Cells that a person has graded and need not look at again.

        Rows come first and the notebook last. As long as the notebook is the old one, the next run does everything
        again; once it is the new one, the rows are right.

        Raises
        ------
        ValueError
            If the result is at odds with itself. Nothing was written then.
        """
        notebook = make_notebook(self.bundle, graded)
        content = as_text(notebook).encode("utf-8")
        folder = self.root / folders(self.root).autograded / graded.student / self.lab
        timestamp, when = read_timestamp(self.root, self.lab, graded.student)
        mine, others = f"{self.notebook}.ipynb", [f"{name}.ipynb" for name in self.notebooks if name != self.notebook]
        changed = _contents(folder / mine) != content
        self._write_rows(graded.student, notebook, when, changed, read, submission.notebook)
        self._forget_worth(graded.student, submission.notebook)
        stamp = {TIMESTAMP: timestamp} if timestamp is not None and when else {}  # nbgrader stops at what is no time
        files = beside(submission.files, self.bundle.files | stamp, mine)
        write_folder(folder, files | {mine: content}, last=mine, mode=self._mode, keep=others)
        return changed

    @property
    def _mode(self) -> int:
        """The permissions that nbgrader gives to what it has graded."""
        return 0o664 if self.settings.groupshared else 0o444

    # --- the gradebook

    def _write_rows(
        self,
        student: str,
        notebook: NotebookNode,
        when: datetime | None,
        changed: bool,
        read: Collection[str],
        handed_in: bytes | None,
    ) -> None:
        cells = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
        with _one_transaction(self.book), _all_read(self.book, self.lab):
            self.book.update_or_create_student(student)
            sent = {"timestamp": when} if when else {}
            submission = self.book.update_or_create_submission(self.lab, student, **sent)
            self.lateness.tell(submission)
            rows = self.book.find_submission_notebook(self.notebook, self.lab, student)
            _write_grades(rows, cells, changed, self.settings.blank_essays, read)
            _write_comments(rows, cells)
            for grade in rows.grades:
                if lost := given_up(self.kept.get(student), handed_in, grade.name):
                    grade.extra_credit = max(0.0, (grade.extra_credit or 0.0) - lost) or None
            self.book.db.flush()
            self.book.db.refresh(rows, ["score"])
            rows.late_submission_penalty = self.lateness.penalty(submission, rows)

    def _forget_worth(self, student: str, handed_in: bytes | None) -> None:
        """Forget what a submission kept of an older release, once its student has handed in anew."""
        kept = self.kept.get(student)
        if kept and given_up(kept, handed_in, kept.cell):
            del self.kept[student]
            write_kept(self.root, self.lab, self.kept)


def _write_grades(
    rows: SubmittedNotebook, cells: dict[str, NotebookNode], changed: bool, blank: str, read: Collection[str]
) -> None:
    """Write the points of all graded cells.

    A cell that a person must look at is marked by nbgrader's rule, but only where there is something new to look at:
    grading the same submission again must not send every essay back to the person who has read it.
    """
    for grade in rows.grades:
        cell = cells.get(grade.name)
        score = score_of(cell, blank) if cell is not None else 0.0
        if (changed or score != grade.auto_score) and not (grade.name in read and grade.manual_score is not None):
            grade.needs_manual_grade = grade.manual_score is not None or score is None
        grade.auto_score = score


def _write_comments(rows: SubmittedNotebook, cells: dict[str, NotebookNode]) -> None:
    """Note where an answer is as it was handed out."""
    for comment in rows.comments:
        cell = cells.get(comment.name)
        untouched = cell is not None and _is_untouched(cell)
        comment.auto_comment = NO_RESPONSE if untouched else None


def _is_untouched(cell: NotebookNode) -> bool:
    waits = cell.metadata.get("course", {}).get("waits")
    return not waits and bool(cell.metadata.nbgrader.checksum == compute_checksum(cell))


@contextmanager
def _all_read(book: Gradebook, lab: str) -> Iterator[None]:
    """Have the cells of a lab's release at hand, read by one query: the rows of each submission lead to all of them."""
    every = with_polymorphic(BaseCell, "*")
    in_lab = Assignment.name == lab
    kept = book.db.query(every).join(Notebook, every.notebook_id == Notebook.id).join(Assignment).filter(in_lab).all()
    yield
    kept.clear()


@contextmanager
def _one_transaction(book: Gradebook) -> Iterator[None]:
    """Let nbgrader's calls, each of which commits, be one transaction together; forget the rows afterwards.

    A class of a thousand would otherwise stay in memory, row by row.
    """
    session = book.db()
    commit, session.commit = session.commit, session.flush
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader fills in new rows in an order that SQLAlchemy remarks on
            yield
            commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.commit = commit
        book.db.remove()


# --- the folder -----------------------------------------------------------------------------------


def write_folder(
    folder: Path, contents: dict[str, bytes], *, last: str = "", mode: int = 0o444, keep: Sequence[str] = ()
) -> None:
    """Make a folder hold exactly these files. Each is replaced as a whole, and only where it differs.

    Parameters
    ----------
    folder
        Made if it is not there.
    contents
        Of the files, by relative path.
    last
        The file that is written when all others are there.
    mode
        Permissions of the files.
    keep
        Files that stay as they are.
    """
    for name in sorted(contents, key=lambda name: (name == last, name)):
        path = folder / name
        if _contents(path) == contents[name]:
            continue
        _make_way(folder, path)
        files.write(path, contents[name], durably=True, mode=mode)
    _remove_others(folder, {folder / name for name in (*contents, *keep)})


def _contents(path: Path) -> bytes | None:
    """Return a regular file's contents, None if there is none."""
    try:
        return path.read_bytes() if stat.S_ISREG(os.lstat(path).st_mode) else None
    except OSError:
        return None


def _make_way(folder: Path, path: Path) -> None:
    """Make the folders above a path; remove what lies there and is of another kind."""
    above = [parent for parent in path.parents if parent == folder or folder in parent.parents]
    for parent in reversed(above):
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            parent.unlink()
        parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)


def _remove_others(folder: Path, wanted: set[Path]) -> None:
    for here, below, names in os.walk(folder, topdown=False):
        for name in names:
            if Path(here, name) not in wanted:
                Path(here, name).unlink()
        for name in below:
            with contextlib.suppress(OSError):  # it holds something that is wanted
                path = Path(here, name)
                path.unlink() if path.is_symlink() else path.rmdir()
