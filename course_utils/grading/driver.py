"""Grading a class: which submissions need it, who grades them, where the results go.

What was graded before is in the spool and is not graded again; everything is written into the gradebook as it comes, by
this process alone. Killed at any moment, the next run goes on where this one stopped: a result is in the spool or it is
not, and the writer brings the gradebook to what the spool says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.exc import OperationalError

from course_utils import files
from course_utils.course import CourseError
from course_utils.grading import nbgrader_says, ways
from course_utils.grading.bundle import read_bundles
from course_utils.grading.cluster import Cluster
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.here import Here, NotGraded
from course_utils.grading.hooks import cell_seconds
from course_utils.grading.job import Bundle, Graded, Job, Limits, Submission
from course_utils.grading.reading import handed_in, read_submission, students_of
from course_utils.grading.spool import Spool, differences
from course_utils.grading.writer import Writer
from course_utils.lab_options import read_options

HOPELESS = 3  # jobs in a row without a result, and none before: an empty notebook tells whether the machine can grade
TRIAL = ""  # in the place of a student
EMPTY_NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


class Watcher:
    """Is told how a run goes on. This one does nothing with it."""

    def begin(self, lab: str, total: int) -> None:
        """So many submissions of a lab are to be graded."""

    def step(self, student: str, failed: bool) -> None:
        """One submission is done."""

    def end(self) -> None:
        """The lab is done."""


@dataclass
class GradedLab:
    """What a run did with one lab.

    Parameters
    ----------
    lab
        Name of the lab.
    students
        All whose results are in the gradebook now.
    graded
        Those who were graded in this run.
    failures
        Why a submission could not be graded, through no fault of its own; the next run tries again.
    differing
        In what a second result differed from the first, by student.
    verified
        How many were graded a second time, to see.
    sentences
        What there is to say of the lab's checks.
    sandboxes
        The kinds of sandbox that results were made in.
    left_out
        A line about each folder that nobody's name could be read off.
    """

    lab: str
    students: list[str] = field(default_factory=list)
    graded: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    differing: dict[str, list[str]] = field(default_factory=dict)
    verified: int = 0
    sentences: list[str] = field(default_factory=list)
    sandboxes: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether everybody was graded, and no result contradicts another."""
        return not self.failures and not self.differing and not self.left_out


def limits(root: Path, lab: str) -> Limits:
    """Return what a submission may use: plain limits, above them the course's, the user's, and those of the lab."""
    said, plain = read_options(root, lab), Limits()
    seconds = said.cell_seconds or cell_seconds(nbgrader_says.cell_seconds(root))
    total = said.total_seconds or max(plain.total_seconds, 8 * seconds)
    return replace(
        plain,
        cell_seconds=seconds,
        check_seconds=seconds,
        total_seconds=total,
        cpu_seconds=max(plain.cpu_seconds, int(total)),
        memory_mb=said.memory_mb or plain.memory_mb,
    )


def grade_lab(
    root: Path,
    lab: str,
    hired: Here | Cluster,
    *,
    students: Sequence[str] = (),
    fresh: bool = False,
    verify: int = 0,
    watcher: Watcher | None = None,
) -> GradedLab:
    """Grade what was handed in of a lab.

    Parameters
    ----------
    root, lab
        The course, and the lab's full name.
    hired
        Who grades.
    students
        Only these; everybody if empty.
    fresh
        Grade also what has been graded.
    verify
        So many submissions are graded a second time.
    watcher
        Is told how it goes on.

    Raises
    ------
    CourseError
        If there is nothing to grade, or nothing can be graded.
    """
    settings = read_settings(root)
    names = students_of(root, lab, tuple(students))
    bundles = read_bundles(root, lab)
    outcome = GradedLab(lab, left_out=[] if students else handed_in(root, lab).left_out)
    allowed = limits(root, lab)
    with open_gradebook(root, settings) as book:
        for found in bundles:
            bundle, said = ways.ensure(root, found, hired, allowed)
            outcome.sentences += said
            spool = Spool(root, lab, bundle.named)
            with spool.locked():
                writer = Writer(root, bundle, book, settings, [one.notebook for one in bundles])
                run = Run(root, bundle, spool, writer, outcome, watcher or Watcher(), allowed)
                todo = names if fresh else run.write_known(names)
                run.grade(hired, todo, anew=fresh)
                if verify:
                    run.verify(hired, verify)
    outcome.students = list(dict.fromkeys(outcome.students))
    outcome.graded = list(dict.fromkeys(outcome.graded))
    return outcome


@dataclass
class Run:
    """One lab while it is graded."""

    root: Path
    bundle: Bundle
    spool: Spool
    writer: Writer
    outcome: GradedLab
    watcher: Watcher
    limits: Limits
    under_way: dict[str, tuple[str, Submission]] = field(default_factory=dict)  # key and submission by student
    good: int = 0
    bad: int = 0  # in a row

    def job(self, student: str) -> Job:
        """Return the job that a student's submission is."""
        submission = read_submission(self.root, self.bundle.lab, student, self.bundle.notebook, self.writer.notebooks)
        return Job(self.bundle, submission, self.limits)

    def write_known(self, names: list[str]) -> list[str]:
        """Write the results that are in the spool; return the students who have none."""
        todo = []
        for name in names:
            job = self.job(name)
            known = self.spool.find(name, job.key())
            if known is None or not job.holds(known):
                todo.append(name)
            else:
                self.spool.forget_others(name, known.key)
                self._write(known, job.submission)
        return todo

    def grade(self, hired: Here | Cluster, names: list[str], *, anew: bool = False) -> None:
        """Grade students, keep and write each result as it comes."""
        if not names:
            return
        self.watcher.begin(self.bundle.lab, len(names))
        for student, graded, submission in self.results(hired, names):
            if isinstance(graded, NotGraded):
                self.outcome.failures[student] = graded.reason
            else:
                self._note(student, self.spool.keep(graded, anew=anew))
                self._write(self.spool.find(student, graded.key) or graded, submission)
                self.outcome.graded.append(student)
            self.watcher.step(student, isinstance(graded, NotGraded))
        self.watcher.end()

    def verify(self, hired: Here | Cluster, count: int) -> None:
        """Grade some submissions a second time, spread over the class, and compare."""
        names = sorted(set(self.outcome.students))
        chosen = names if count >= len(names) else [names[i * len(names) // count] for i in range(count)]
        self.watcher.begin(f"{self.bundle.lab}, a second time", len(chosen))
        for student, graded, _ in self.results(hired, chosen):
            if isinstance(graded, NotGraded):
                self._note(student, [f"the second time: {graded.reason}"])
            else:
                first = self.spool.find(student, graded.key)
                self._note(student, differences(first, graded) if first else ["it was handed in anew meanwhile"])
            self.outcome.verified += 1
            self.watcher.step(student, isinstance(graded, NotGraded))
        self.watcher.end()

    def results(self, hired: Here | Cluster, names: list[str]) -> Iterator[tuple[str, Graded | NotGraded, Submission]]:
        """Yield students with their results. Raises if the machine can grade nothing at all."""
        first = ""
        for student, packed in hired.run(self._jobs(names)):
            key, submission = self.under_way.pop(student)
            graded = packed if isinstance(packed, NotGraded) else _whose(packed, student, key)
            if isinstance(graded, NotGraded):
                first, self.bad = first or f"{student}: {graded.reason}", self.bad + 1
            else:
                self.good, self.bad = self.good + 1, 0
            if student == TRIAL and isinstance(graded, NotGraded):
                raise CourseError(f"Nothing could be graded. {first}")
            if student != TRIAL:
                yield student, graded, submission

    def _jobs(self, names: list[str]) -> Iterator[tuple[str, bytes]]:
        """Yield jobs, and once, if all go wrong, an empty notebook: bad submissions are no reason to stop."""
        for name in names:
            if self.bad >= HOPELESS and not self.good and TRIAL not in self.under_way:
                yield self._hand_out(Job(self.bundle, Submission(TRIAL, EMPTY_NOTEBOOK), self.limits))
            yield self._hand_out(self.job(name))

    def _hand_out(self, job: Job) -> tuple[str, bytes]:
        self.under_way[job.submission.student] = (job.key(), job.submission)
        return job.submission.student, job.pack()

    def _write(self, graded: Graded, submission: Submission) -> None:
        try:
            self.writer.write(graded, submission)
            self.outcome.students.append(graded.student)
            self.outcome.sandboxes |= {graded.sandbox} if graded.sandbox else set()
        except (CourseError, OperationalError):  # the gradebook: nobody's result could be written
            raise
        except Exception as error:
            if files.why_unwritable(error):
                raise
            words = str(error) or type(error).__name__
            self.outcome.failures[graded.student] = f"its result cannot be written: {words.splitlines()[0][:200]}"

    def _note(self, student: str, found: list[str]) -> None:
        if found:
            self.outcome.differing[student] = found


def _whose(packed: bytes, student: str, key: str) -> Graded | NotGraded:
    """Return the result in bytes, if it is that of the job that was handed out."""
    try:
        graded = Graded.unpack(packed)
    except Exception as error:
        return NotGraded(f"the worker's answer is no result: {type(error).__name__}")
    if graded.key != key:
        return NotGraded("the worker has other versions of the libraries, or another course_utils")
    return graded if graded.student == student else NotGraded(f"the worker answered for {graded.student}")
