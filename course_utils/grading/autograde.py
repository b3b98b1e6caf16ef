"""``nbgrader autograde``, formgrader's button and NbGraderAPI, by the same engine as ``course grade``.

nbgrader converts a submission twice: it cleans it, then runs and scores it. Here the first conversion puts the graded
notebook in the submission's place, read from the spool where it was graded before; the second finds everything run, and
nbgrader's own steps save the scores. What students hand in is never parsed in nbgrader's process.
"""

import atexit
import os
from functools import partial
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import SaveAutoGrades

from course_utils.course import CONFIG, SPOOL, CourseError, folders, released_labs
from course_utils.grading import ways
from course_utils.grading.beside import beside
from course_utils.grading.bundle import notebooks_of, read_bundle
from course_utils.grading.drawn import FOLDER
from course_utils.grading.driver import limits
from course_utils.grading.graded_notebook import make_notebook, score_of
from course_utils.grading.here import Here, NotGraded, make_engine
from course_utils.grading.job import Bundle, Graded, Job, Submission
from course_utils.grading.reading import TIMESTAMP, read_submission, read_timestamp
from course_utils.grading.sandbox.paths import private_paths
from course_utils.grading.spool import Spool
from course_utils.grading.writer import write_folder
from course_utils.lab_options import imports_of

_workers: dict[Path, Here] = {}  # one for each course, kept as long as this process


def worker(root: Path) -> Here:
    """Return this process's worker for a course. Its engine starts with the first submission and is kept."""
    if root not in _workers:
        imports, pictures = imports_of(root, released_labs(root)), root / SPOOL / FOLDER
        make = partial(make_engine, imports=imports, pictures=pictures)
        _workers[root] = Here(1, make, tuple(private_paths(root)))
        atexit.register(_workers[root].close)
    return _workers[root]


def grade_one(root: Path, lab: str, student: str, notebook: str = "") -> tuple[Bundle, Submission, Graded]:
    """Grade one notebook of a submission, or take what is in the spool.

    Raises
    ------
    CourseError
        If it cannot be graded on this machine.
    """
    allowed = limits(root, lab)
    bundle, _ = ways.ensure(root, read_bundle(root, lab, notebook), worker(root), allowed, again=False)
    submission = read_submission(root, lab, student, bundle.notebook, notebooks_of(root, lab))
    spool, job = Spool(root, lab, bundle.named), Job(bundle, submission, allowed)
    graded = spool.find(student, job.key())
    if graded is None or not job.holds(graded):
        packed = worker(root).grade(job.pack())
        if isinstance(packed, NotGraded):
            raise CourseError(f"{student}/{lab} could not be graded: {packed.reason}")
        graded = Graded.unpack(packed)
        spool.keep(graded)
    return bundle, submission, graded


class GradedExporter(NotebookExporter):
    """Hands nbgrader the graded notebook wherever it asks for a submitted one."""

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """Return a notebook's text and resources."""
        here = resources["nbgrader"]
        nbgrader: Any = self.parent
        root = Path(nbgrader.coursedir.root)
        lab, student = here["assignment"], here["student"]
        wanted, notebooks = Path(filename), notebooks_of(root, lab)
        taken_from = root / folders(root).submitted / student / lab
        if wanted.parent.resolve() != taken_from.resolve() or wanted.stem not in notebooks:
            return super().from_filename(filename, resources=resources, **options)
        bundle, submission, graded = grade_one(root, lab, student, wanted.stem)
        timestamp, when = read_timestamp(root, lab, student)
        stamp = {TIMESTAMP: timestamp} if timestamp is not None and when else {}
        files = beside(submission.files, bundle.files | stamp, wanted.name)
        others = [f"{name}.ipynb" for name in notebooks if name != wanted.stem]
        write_folder(root / folders(root).autograded / student / lab, files, keep=others)
        resources["metadata"] = {"name": wanted.stem, "path": os.path.dirname(filename)}
        return self.from_notebook_node(make_notebook(bundle, graded), resources, **options)


class SaveScores(SaveAutoGrades):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's own step, which takes every check for decided, and then leaves those to a person that are not."""

    def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        super()._add_score(cell, resources)
        if score_of(cell, self.config.Course.get("blank_essays", "zero")) is None:
            where = (self.notebook_id, self.assignment_id, self.student_id)
            grade = self.gradebook.find_grade(cell.metadata["nbgrader"]["grade_id"], *where)
            grade.auto_score, grade.needs_manual_grade = None, True
            self.gradebook.db.commit()


def take_the_labs_notebook(assignment: str, student: str, notebooks: list[str]) -> None:
    """Let nbgrader convert the lab's notebooks, whatever the student has called them and whatever else lies there.

    Called by nbgrader before it converts a submission. It would skip a notebook under another name, and stop at a
    submission that has no other.
    """
    del student  # nbgrader hands over its pattern, not the student
    if notebooks:
        folder = Path(notebooks[0]).parent
        root = next((above for above in folder.parents if (above / CONFIG).is_file()), Path.cwd())
        notebooks[:] = [str(folder / f"{name}.ipynb") for name in notebooks_of(root, assignment)]
