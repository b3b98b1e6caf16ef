"""An engine that runs nothing: it reads in the answer's text what the check is to say. For tests of all around it.

A check with the words ``# strict`` takes a half answer for none. An answer's text may hold the words ``wrong``,
``half``, ``slow``, ``check breaks`` or ``box is killed``; ``worker dies`` ends the process it is graded in, ``machine
fails`` raises. The untouched text is not attempted, any other right. If FAKE_ENGINE_LOG names a file, every grading is
noted in it.
"""

import json
import os
import signal
import time
from dataclasses import asdict

from course_utils.course import CourseError
from course_utils.grading.job import Check, Graded, Job

KNOWN_SECONDS = 1  # Dask replaces no worker that dies before its nanny has heard of it; no real engine starts so soon


class FakeEngine:
    """Grades at once, or after FAKE_ENGINE_SECONDS."""

    def __init__(self, private=(), at_once=1):
        self.private, self.at_once = private, at_once
        note(f"start {os.getpid()}")

    def close(self):
        note(f"close {os.getpid()}")

    def grade(self, packed: bytes) -> bytes:
        job = Job.unpack(packed)
        text = (job.submission.notebook or b"").decode(errors="replace")
        note(f"grade {job.submission.student} {os.getpid()}")
        time.sleep(float(os.environ.get("FAKE_ENGINE_SECONDS", "0")))
        if "worker dies" in text:
            time.sleep(KNOWN_SECONDS)
            os.kill(os.getpid(), signal.SIGKILL)
        if "machine fails" in text:
            raise CourseError("Grading does not work on this machine.")
        return grade(job, text).pack()


def note(line: str) -> None:
    if path := os.environ.get("FAKE_ENGINE_LOG"):
        with open(path, "a") as file:
            file.write(line + "\n")


def make(private=(), at_once=1):
    return FakeEngine(private, at_once)


def cells_of(text: str) -> dict[str, str] | None:
    try:
        cells = json.loads(text)["cells"]
    except ValueError:
        return None
    sources = {cell["metadata"].get("nbgrader", {}).get("grade_id", ""): cell["source"] for cell in cells}
    return {name: "".join(source) for name, source in sources.items()}


def grade(job: Job, text: str) -> Graded:
    graded = Graded(job.submission.student, job.bundle.lab, job.key(), notes=list(job.submission.notes), sandbox="none")
    graded.limits = asdict(job.limits)
    answers = cells_of(text)
    graded.reason = job.submission.reason or ("" if answers else "the notebook is damaged")
    for cell in job.bundle.cells:
        name = cell["grade_id"]
        mine = {"cell_type": cell["cell_type"], "source": cell["source"], "grade_id": name, "outputs": [], "status": ""}
        if cell["solution"] and answers and name in answers:
            mine["source"] = answers[name]
        graded.cells.append(mine)
        if cell["grade"] and not cell["solution"]:
            answer, released = name.removesuffix("-check"), {one["grade_id"]: one["source"] for one in job.bundle.cells}
            said = (answers or {}).get(answer, "")
            said = "" if "# strict" in cell["source"] and "half" in said else said
            graded.checks[name] = check(said, said in ("", released.get(answer)), cell["points"], graded.reason)
    return graded


def check(said: str, untouched: bool, points: float, reason: str) -> Check:
    if reason:
        return Check(0.0, points, "stopped", message=reason)
    if untouched:
        return Check(0.0, points, "not attempted", message="Not attempted yet: write it")
    if "half" in said:
        return Check(points / 2, points, "partly", ["SZ2"], "half of it")
    if "slow" in said:
        return Check(0.0, points, "stopped", message="too slow")
    if "check breaks" in said:
        return Check(0.0, points, "undecided", message="a person will look", fault="Traceback: of ours\nKeyError: 'a'")
    if "box is killed" in said:
        return Check(0.0, points, "interrupted", message="it will be done again")
    return Check(0.0, points, "wrong", ["SZ2"], "not yet right") if "wrong" in said else Check(points, points, "right")
