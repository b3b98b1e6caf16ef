"""The result of a submission of which nothing can be graded: zero points, and the reason; or nothing decided."""

from dataclasses import asdict

from course_utils.grading.alignment import align, not_run
from course_utils.grading.faults import ENDED_OUTSIDE, INTERRUPTED, INTERRUPTION
from course_utils.grading.job import Check, Graded, Job


def ungraded(job: Job, reason: str, notes: list[str] | None = None) -> Graded:
    """Return zero points for every check of a job's lab, with the released notebook in place of the student's.

    Parameters
    ----------
    reason
        For the student and the instructor.
    notes
        For the instructor.
    """
    notes = [*job.submission.notes, *(notes or [])]
    limits = asdict(job.limits)
    graded = Graded(job.submission.student, job.bundle.lab, job.key(), reason, notes, limits=limits)
    for step in align(job.bundle.cells, None).steps:
        graded.cells.append(not_run(step))
        if step.kind == "check":
            graded.checks[step.grade_id] = Check(0.0, step.points, "stopped", message=reason)
    return graded


def interrupted(job: Job) -> Graded:
    """Return a result that decides nothing, also of essays: the processes that graded were ended from outside."""
    notes = [*job.submission.notes, ENDED_OUTSIDE]
    graded = Graded(job.submission.student, job.bundle.lab, job.key(), notes=notes, limits=asdict(job.limits))
    released = {cell["grade_id"]: cell for cell in job.bundle.cells if cell["grade_id"]}
    for step in align(job.bundle.cells, None).steps:
        cell = not_run(step)
        graded.cells.append(cell)
        if step.kind == "check":
            graded.checks[step.grade_id] = Check(0.0, step.points, INTERRUPTED, message=INTERRUPTION)
        elif released.get(step.grade_id, {"grade": False})["grade"]:
            cell["waits"] = ENDED_OUTSIDE
    return graded
