"""Grading one submission: its cells in a box, its checks here, whatever the submission does.

The student's cells run one after the other. Where a check stands, the student's process is copied, and the copy waits.
The waiting copies are asked only when no cell of the student's will run any more in their box, so that nothing a check
shows them can come out of a cell. A cell that ends its process, or cannot be stopped, costs itself: its box is ended,
a new one gets the earlier cells again without it, and the rest of the notebook goes on there.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from course_utils.grading import stills
from course_utils.grading.alignment import Step, Unreadable, align
from course_utils.grading.channel import Channel, Gone, TooSlow
from course_utils.grading.job import Check, Graded, Job
from course_utils.grading.nursery import Box
from course_utils.grading.outputs import clean, size_of
from course_utils.grading.shell import Shell
from course_utils.grading.stills import Still
from course_utils.grading.trusted import GRACE, Client, Ran, names_of_lesson, run_check
from course_utils.runtime import seed_everything

MOST_RESTARTS = 3
LARGEST_FILE = 60 << 20  # bytes
LEAST_SECONDS = 2.0  # for a check, also when a submission has used up its time
OVER_A_LIMIT = ("MemoryError", "[Errno 28]", "[Errno 11]", "[Errno 27]")  # no memory, disk, processes, too large a file
MOST_SHOWN = 32 << 20  # characters of all outputs together
PAINT, GRADE, DONE, FAILED = b"paint", b"grade", b"+", b"!"
FATAL = {
    "timeout": "CellTimeoutError: this cell ran too long and could not be stopped. It was left out.",
    "ended the process": "KernelDied: this cell ended the process. It was left out.",
}


@dataclass
class Waiting:
    """A check that waits for its turn."""

    step: Step
    channel: Channel | None
    cell: dict[str, Any]


@dataclass
class Supervision:
    """One submission on its way.

    Parameters
    ----------
    job
        What is to be graded.
    nursery
        Channel to the process that makes boxes.
    drawn
        The release's own pictures.
    """

    job: Job
    nursery: Channel | None
    drawn: list[Still] = field(default_factory=list)
    graded: Graded = field(init=False)
    box: Box | None = None
    done: list[str] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    shown: int = 0

    def __post_init__(self) -> None:
        student, lab = self.job.submission.student, self.job.bundle.lab
        self.graded = Graded(student, lab, self.job.key(), notes=list(self.job.submission.notes))
        self.over = time.monotonic() + self.job.limits.total_seconds

    @property
    def left(self) -> float:
        """The seconds that this submission still has."""
        return self.over - time.monotonic()

    def grade(self) -> Graded:
        """Run everything and return the result."""
        submission, cells = self.job.submission, self.job.bundle.cells
        try:
            reason = submission.reason or ("" if submission.notebook is not None else "there is no notebook")
            aligned = align(cells, None if reason else submission.notebook)
        except Unreadable as error:
            reason, aligned = str(error), align(cells, None)
        self.graded.notes += aligned.notes
        if reason:
            return self.ungraded(reason, aligned.steps)
        self._hand_over_files()
        self.box = Box.open(self.nursery, self.job.seed)
        self.names = names_of_lesson(next(cell["source"] for cell in cells if cell["cell_type"] == "code"))
        pictures = stills.usable(cells, aligned.steps, self.drawn)
        for number, step in enumerate(aligned.steps):
            self._take(step, pictures.get(number))
        self._answer()
        self._end_box()
        order = [step.grade_id for step in aligned.steps if step.kind == "check"]
        self.graded.checks = {name: self.graded.checks[name] for name in order}
        return self.graded

    def ungraded(self, reason: str, steps: list[Step]) -> Graded:
        """Return zero for every check, with the reason."""
        self.graded.reason = reason
        for step in steps:
            self._add_cell(step)
            if step.kind == "check":
                self.graded.checks[step.grade_id] = Check(0.0, step.points, "stopped", message=reason)
        return self.graded

    def _hand_over_files(self) -> None:
        """Send the files beside the notebook. The release's own come last, and so win."""
        self.nursery.ask(["limits", asdict(self.job.limits)], 60)
        for name, content in (self.job.submission.files | self.job.bundle.files).items():
            if len(content) <= LARGEST_FILE:
                self.nursery.ask(["file", name, content], 60)

    # --- cells

    def _take(self, step: Step, still: Still | None) -> None:
        cell = self._add_cell(step)
        source = still.rest if still else step.source
        if step.kind == "check":
            self.waiting.append(Waiting(step, self._copy(), cell))
        elif step.kind != "text" and source.strip():
            self._run(source, cell)
        if still and cell["status"] in ("", "ok"):
            cell |= {"status": "ok", "outputs": cell["outputs"] + list(still.outputs)}

    def _add_cell(self, step: Step) -> dict[str, Any]:
        cell = {"cell_type": step.cell_type, "source": step.source, "grade_id": step.grade_id}
        self.graded.cells.append(cell | {"outputs": [], "status": ""})
        return self.graded.cells[-1]

    def _run(self, source: str, cell: dict[str, Any]) -> None:
        if self.box is None or self.left <= 0:
            cell["status"] = "left out"
            return
        seconds = min(self.job.limits.cell_seconds, self.left)
        try:
            status, outputs = _ran(self.box.channel.ask(["run", source, seconds], seconds + GRACE))
        except (Gone, TooSlow) as error:
            cell["status"] = "timeout" if isinstance(error, TooSlow) else "ended the process"
            cell["outputs"] = [_error(FATAL[cell["status"]])]
            self._restart()
            return
        cell["status"], cell["outputs"] = status, self._kept(outputs)
        if status == "error" and _hit_a_limit(outputs):
            cell["status"] = "over a limit"
            self._restart()
        elif status != "timeout":
            self.done.append(source)

    def _kept(self, outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the outputs, or none once all cells together have given out too much."""
        self.shown += sum(map(size_of, outputs))
        return outputs if self.shown <= MOST_SHOWN else []

    def _copy(self) -> Channel | None:
        """Return a channel to a copy of the student's process; if it cannot be copied, go on without its last cell."""
        for _ in range(2):
            copy = self.box.fork() if self.box else None
            if copy or self.box is None:
                return copy
            self.done = self.done[:-1]
            self._restart()
        return None

    def _restart(self) -> None:
        """Ask the copies that wait, end their box, and bring a new one to where this one was."""
        self.box.channel.kill_peer()
        self._answer()
        self._end_box()
        self.graded.restarts += 1
        if self.graded.restarts > MOST_RESTARTS or self.left <= 0:
            return
        self.box = Box.open(self.nursery, self.job.seed)
        seconds = self.job.limits.cell_seconds
        try:
            for source in self.done:
                _ran(self.box.channel.ask(["run", source, seconds], max(min(seconds, self.left), 0.01) + GRACE))
        except (Gone, TooSlow):
            self._end_box()

    def _end_box(self) -> None:
        if self.box:
            self.box.end()
        self.box = None

    # --- checks

    def _answer(self) -> None:
        """Run the checks that wait, each on its own copy."""
        for one in self.waiting:
            ran = self._check(one)
            self.graded.checks[one.step.grade_id] = ran.check
            one.cell |= {"outputs": ran.outputs, "status": "ok" if ran.check.points else "error"}
            if one.channel:
                one.channel.kill_peer()
                one.channel.close()
        self.waiting.clear()

    def _check(self, one: Waiting) -> Ran:
        seconds = min(self.job.limits.check_seconds, max(self.left, LEAST_SECONDS))
        seed_everything(self.job.seed)
        client = Client(one.channel, seconds)
        return run_check(one.step.source, one.step.points, self.names, client, seconds + 2 * GRACE)


def _ran(reply: Any) -> tuple[str, list[dict[str, Any]]]:
    """Return status and outputs from what a student's process replied to a cell."""
    match reply:
        case ["ran", "ok" | "error" | "timeout" as status, list(outputs)]:
            return status, clean(outputs)
    raise Gone("no reply to a cell")


def _hit_a_limit(outputs: list[dict[str, Any]]) -> bool:
    errors = [output for output in outputs if output["output_type"] == "error"]
    return any(word in f"{error['ename']} {error['evalue']}" for error in errors for word in OVER_A_LIMIT)


def _error(text: str) -> dict[str, Any]:
    name, _, value = text.partition(": ")
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": [value]}


def give_up(job: Job, reason: str) -> Graded:
    """Return the result of a submission of which nothing could be graded."""
    supervision = Supervision(job, None)
    return supervision.ungraded(reason, align(job.bundle.cells, None).steps)


def supervise(sock: socket.socket, shell: Shell, be_nursery: Callable[[Channel], None]) -> None:
    """Be a supervisor: have a nursery, then read a request from a socket, do it and send the result back.

    Parameters
    ----------
    sock
        From the engine, which sends `PAINT` or `GRADE`, then the job, then the pictures that it got for `PAINT`; it
        receives bytes after `DONE`, or a text after `FAILED`.
    shell
        In which the release's pictures are drawn.
    be_nursery
        What the nursery's process does with its channel.
    """
    mine, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        mine.close()
        sock.close()
        be_nursery(Channel(theirs))
        os._exit(0)
    theirs.close()
    engine, nursery = Channel(sock), Channel(mine)
    try:
        what, job = engine.receive_bytes(), Job.unpack(engine.receive_bytes())
        if what == PAINT:
            reply = DONE + stills.paint(job.bundle.cells, shell)
        else:
            drawn = stills.unpack(engine.receive_bytes())
            reply = DONE + Supervision(job, nursery, drawn).grade().pack()
    except Exception as error:  # a fault of ours or of the machine: the engine says so, nobody gets zero for it
        reply = FAILED + f"{type(error).__name__}: {error}".encode(errors="replace")
    nursery.close()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    engine.send_bytes(reply)
