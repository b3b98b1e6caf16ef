"""Grading one submission: its cells in a box, its checks here, whatever the submission does.

The student's cells run one after the other. Where a check stands that asks for a little plain data alone, by names in
the lines that a learner sees, it is read there; else the student's process is copied, and the copy waits. The waiting
copies are asked only when no cell of the student's will run any more in their box, so that nothing a check shows them
can come out of a cell. A cell that ends its process, or cannot be stopped, costs itself: its box is ended, a new one
gets the earlier cells again without it, and the rest of the notebook goes on there.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

from course_utils.grading import figure_cache
from course_utils.grading.alignment import Step, Unreadable, align, not_run
from course_utils.grading.beside import beside
from course_utils.grading.binding import locked_before
from course_utils.grading.channel import GROWTH, PATIENCE, Channel, Gone, Patience, TooSlow, lost
from course_utils.grading.faults import ENDED_OUTSIDE, INTERRUPTED, INTERRUPTION
from course_utils.grading.figure_cache import CachedFigure
from course_utils.grading.fork_server import Boxes, KilledBox, NoBox, forked
from course_utils.grading.job import (
    DONE,
    FAILED,
    PAINT,
    Check,
    Graded,
    GradedCell,
    Job,
    Limits,
    Output,
    ReleasedCell,
    Status,
    Way,
)
from course_utils.grading.outputs import Room, clean, size_of
from course_utils.grading.plain_checks import PlainCheck
from course_utils.grading.shell import Shell
from course_utils.grading.slicing import Slice, code_before, run_anyway, shared_statements, shown_text, stand_on
from course_utils.grading.stumbles import is_as_handed_out, why_not_there
from course_utils.grading.trusted import GRACE, Client, OwnCheck, Ran, asked_for, failed_with, names_of_lesson, together
from course_utils.grading.ungraded import interrupted, ungraded
from course_utils.runtime import seed_what_is_there

MOST_RESTARTS = 3
MOST_REPEATS = 2  # in vain, of what ended a process without having taken too long: it may have been ended from outside
LARGEST_FILE = 60 << 20  # bytes
LEAST_SECONDS = 2.0  # for a check, also when a submission has used up its time
OVER_A_LIMIT = ("MemoryError", "[Errno 28]", "[Errno 11]", "[Errno 27]")  # no memory, disk, processes, too large a file
MOST_SHOWN = 32 << 20  # characters of all outputs together
MOST_ENDED_OUTSIDE = 4  # boxes that were surely ended from outside, after which nothing is repeated any more
REPEATED = "a process was ended from outside, and what it did was done once more"
UNTOUCHED = "Not attempted yet: the answer is as it was handed out."
ENDED_ITSELF: Final = "ended the process"
FATAL = {
    "timeout": "CellTimeoutError: this cell ran too long and could not be stopped. It was left out.",
    "ended the process": "KernelDied: this cell ended the process. It was left out.",
    "interrupted": f"Interrupted: {INTERRUPTION}",
}


class OpenBox(Protocol):
    """A student's process as it is used here: forked or spawned."""

    channel: Channel
    copies: bool

    def fork(self) -> Channel | None: ...

    def computed(self) -> float: ...

    def ended_from_outside(self) -> bool: ...

    def end(self) -> None: ...


class MakesBoxes(Protocol):
    """What makes them: :class:`~course_utils.grading.fork_server.Boxes`, or what stands in its place."""

    @property
    def sandbox(self) -> str: ...

    def prepare(self, limits: Limits, files: dict[str, bytes]) -> None: ...

    def open(self, seed: int) -> OpenBox: ...


@dataclass
class Waiting:
    """A check that waits for its turn: with its data or a copy of the student's process, and the cells so far."""

    step: Step
    channel: Channel | None
    cell: GradedCell
    cells: list[str]
    known: dict[str, Any] | None = None  # what it asks for, where that is plain data: then no copy is needed
    check: "OwnCheck | PlainCheck | None" = None
    spent: float = 0.0  # seconds


@dataclass
class Supervision:
    """One submission on its way.

    Parameters
    ----------
    job
        What is to be graded.
    boxes
        Makes the student's processes.
    drawn
        The release's own pictures.
    """

    job: Job
    boxes: MakesBoxes
    drawn: list[CachedFigure] = field(default_factory=list)
    graded: Graded = field(init=False)
    box: OpenBox | None = None
    done: list[str] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    renewed: list[OpenBox] = field(default_factory=list)
    shown: int = 0
    slices: dict[str, Slice] = field(default_factory=dict)  # what each check stands on
    names: dict[str, Any] = field(default_factory=dict)  # of the lesson's first cell, for checks of our own kind
    room: Room = field(default_factory=Room)
    half_done: bool = False  # whether the last cell was interrupted
    repeats: int = 0
    ended_outside: list[OpenBox] = field(default_factory=list)
    interrupted: bool = False  # whether a cell could not be repeated
    computed: float = 0.0  # seconds, by all processes of boxes that have ended

    def __post_init__(self) -> None:
        student, lab = self.job.submission.student, self.job.bundle.lab
        limits = asdict(self.job.limits)
        self.graded = Graded(student, lab, self.job.key(), notes=list(self.job.submission.notes), limits=limits)
        self.mine, self.lost_before = Patience(self.job.limits.total_seconds), lost()

    @property
    def left(self) -> float:
        """The seconds that this submission still has. What it had to wait for a processor does not count."""
        if self.computed + sum(box.computed() for box in self._open_boxes) > self.job.limits.cpu_seconds:
            return 0.0
        waited = min(lost() - self.lost_before + self.mine.lost, (GROWTH - 1) * self.mine.seconds)
        return self.mine.began + self.mine.seconds + waited - time.monotonic()

    def grade(self) -> Graded:
        """Run everything and return the result."""
        submission, cells = self.job.submission, self.job.bundle.cells
        if submission.reason or submission.notebook is None:
            return ungraded(self.job, submission.reason or "there is no notebook")
        try:
            aligned = align(cells, submission.notebook)
        except Unreadable as error:
            return ungraded(self.job, str(error))
        self.graded.notes += aligned.notes
        self.graded.sandbox = self.boxes.sandbox
        self._hand_over_files()
        self.box = self._open()
        self.slices = slices_of(cells)
        if any(one.is_ours for one in self.slices.values()):
            self.names = names_of_lesson(next((cell["source"] for cell in cells if cell["cell_type"] == "code"), ""))
        pictures = figure_cache.usable(cells, aligned.steps, self.drawn)
        for number, step in enumerate(aligned.steps):
            self._take(step, pictures.get(number))
            if step.kind == "check":
                self._share(step, aligned.steps[number + 1 :])
        self._answer()
        self._end_box()
        order = [step.grade_id for step in aligned.steps if step.kind == "check"]
        self.graded.checks = {name: self.graded.checks[name] for name in order}
        return self.graded

    def _open(self) -> OpenBox:
        """Have a box made; one that does not start is made once more, one that was ended from outside some times."""
        tries = 0
        while True:
            try:
                return self.boxes.open(self.job.seed)
            except NoBox as error:
                tries += 1
                if tries > (MOST_ENDED_OUTSIDE if isinstance(error, KilledBox) else 1):
                    raise

    def _hand_over_files(self) -> None:
        """Hand over the files beside the notebook, as long as they leave half of the disk. The release's own win."""
        room, kept = self.job.limits.disk_mb << 19, {}
        for name, content in sorted(self.job.submission.files.items(), key=lambda item: len(item[1])):
            room -= len(content)
            if room >= 0 and len(content) <= LARGEST_FILE:
                kept[name] = content
            else:
                self.graded.notes.append(f"{name[:100]} is too large and was left out")
        bundle = self.job.bundle
        self.boxes.prepare(self.job.limits, beside(kept, bundle.files, f"{bundle.notebook}.ipynb"))

    # --- cells

    def _take(self, step: Step, figure: CachedFigure | None) -> None:
        cell = self._add_cell(step)
        source = figure.rest if figure else step.source
        if step.kind == "check":
            self._take_check(step, cell)
        elif step.kind != "text" and source.strip():
            self._run(source, cell)
        if figure and cell["status"] in ("", "ok"):
            cell["status"], cell["outputs"] = "ok", cell["outputs"] + list(figure.outputs)

    def _take_check(self, step: Step, cell: GradedCell) -> None:
        """Let a check wait with what it asks for, or a copy of the student's process; without copies, ask at once."""
        known = self._data_for(step)
        copy = self._copy() if known is None else None
        self.waiting.append(Waiting(step, copy, cell, list(self.done), known))
        if self.box and not self.box.copies:
            self._answer()
            if self.box.channel.closed:
                self._restart()

    def _data_for(self, step: Step) -> dict[str, Any] | None:
        """Return what a check of our own kind asks for, by name, where that is plain data; None if it has to ask."""
        if self.box is None or not self.slices[step.grade_id].is_ours:
            return None
        asked = asked_for(step.source, locked_before(self.job.bundle.cells, step.grade_id), self.names)
        if asked is None:
            return None
        try:
            reply = self.box.channel.ask(["data", asked], LEAST_SECONDS * PATIENCE, together(LEAST_SECONDS))
        except (Gone, TooSlow):
            return None
        match reply:
            case ["data", dict(known)] if known.keys() <= set(asked):
                return known
        return None

    def _share(self, step: Step, later: list[Step]) -> None:
        """Bind for the student's later cells what they see of a check binds: an import, say, or an example."""
        texts = [one.source for one in later if one.kind in ("answer", "extra", "locked")]
        source = shared_statements(shown_text(step.source), texts)
        if source and self.box is not None and self.left > 0:
            self._run(source, not_run(step))

    def _add_cell(self, step: Step) -> GradedCell:
        self.graded.cells.append(not_run(step))
        return self.graded.cells[-1]

    def _run(self, source: str, cell: GradedCell, again: bool = False) -> None:
        if self.box is None or self.left <= 0:
            cell["status"] = "left out"
            return
        seconds = min(self.job.limits.cell_seconds, self.left)
        try:
            status, outputs = _ran(
                self.box.channel.ask(["run", source, seconds], seconds * PATIENCE + GRACE, together(seconds)), self.room
            )
        except (Gone, TooSlow) as error:
            outside = isinstance(error, Gone) and self._was_ended_outside()
            if isinstance(error, Gone) and (outside or not again) and self._repeated(source, cell, outside):
                return
            cell["status"] = "interrupted" if outside else "timeout" if isinstance(error, TooSlow) else ENDED_ITSELF
            cell["outputs"] = [_error(FATAL[cell["status"]])]
            self._restart(counted=not outside)
            self.interrupted = self.interrupted or outside
            return
        cell["status"], cell["outputs"] = status, self._kept(outputs)
        if status == "error" and _hit_a_limit(outputs):
            cell["status"] = "over a limit"
            self._restart()
            return
        self.half_done = status == "timeout"
        if not self.half_done:
            self.done.append(source)

    def _was_ended_outside(self) -> bool:
        """Tell whether a box is gone, and surely not by what runs in it."""
        dead = [box for box in self._open_boxes if box.ended_from_outside()]
        self.ended_outside += [box for box in dead if not any(box is known for known in self.ended_outside)]
        return bool(dead)

    def _repeated(self, source: str, cell: GradedCell, outside: bool) -> bool:
        """Run a cell once more that has ended its process: that may have been ended from outside. Tell whether it ran.

        Where the next try ends alike, and nobody can be seen to have done it, it is the cell's own doing.
        """
        self.repeats += not outside
        if self.repeats > MOST_REPEATS or len(self.ended_outside) > MOST_ENDED_OUTSIDE or self.left <= 0:
            return False
        self._restart(counted=False)
        if self.box is None:
            return False
        self._run(source, cell, again=True)
        if cell["status"] not in (ENDED_ITSELF, "interrupted"):
            self._note_repetition(outside)
        return True

    def _note_repetition(self, outside: bool) -> None:
        """Note it. What went well the second time does not count as a repetition: a machine may kill often."""
        self._note(REPEATED)
        self.repeats -= not outside

    def _note(self, note: str) -> None:
        self.graded.notes += [note] if note not in self.graded.notes else []

    def _kept(self, outputs: list[Output]) -> list[Output]:
        """Return the outputs, or none once all cells together have given out too much."""
        self.shown += sum(map(size_of, outputs))
        return outputs if self.shown <= MOST_SHOWN else []

    def _copy(self) -> Channel | None:
        """Return a channel to a copy of the student's process; if it cannot be copied, go on without its last cell.

        That cell has used up what there is of processes, say. If it was interrupted, a new box is without it anyway.
        A process that is gone may have been ended from outside: first the cell is run once more.
        """
        for number in range(3):
            copy = self.box.fork() if self.box else None
            if copy or self.box is None:
                return copy
            gone = number == 0 and self.box.channel.closed
            self.done = self.done if self.half_done or gone else self.done[:-1]
            self._restart(counted=not gone)
        return None

    def _restart(self, counted: bool = True) -> None:
        """Ask the copies that wait, end their box, and bring a new one to where this one was."""
        self.half_done = False
        if self.box:
            self.box.channel.kill_peer()
        self._answer()
        self._end_box()
        self.graded.restarts += counted
        if self.graded.restarts > MOST_RESTARTS or self.left <= 0:
            return
        while self.box is None and not self.interrupted:
            self.box = self._open()
            try:
                for source in self.done:
                    self._run_again(self.box, source)
            except (Gone, TooSlow):
                outside = self._was_ended_outside()
                self._end_box()
                if not outside:
                    return
                self.interrupted = len(self.ended_outside) > MOST_ENDED_OUTSIDE

    @property
    def _open_boxes(self) -> list[OpenBox]:
        return [*self.renewed, *([self.box] if self.box else [])]

    def _end_box(self) -> None:
        for box in self._open_boxes:
            self.computed += box.computed()
            box.end()
        self.renewed.clear()
        self.box = None

    # --- checks

    def _answer(self) -> None:
        """Run the checks that wait, each on its own copy: what students see of all of them, then what is hidden.

        Once the first hidden question was asked, nothing that the student's side says in words is shown any more.
        """
        self._renew([one for one in self.waiting if one.channel and not one.channel.alive()])
        for one in self.waiting:
            self._begin(one)
        for one in self.waiting:
            ran = self._asked_again(one, self._end(one))
            ran = self._also_inside(one, ran)
            ran = self._left_open(one, ran, self.interrupted)
            ran = self._told_why(one, ran)
            self.graded.checks[one.step.grade_id] = ran.check
            one.cell["outputs"], one.cell["status"] = ran.outputs, "ok" if ran.check.points else "error"
            if one.channel and (self.box is None or self.box.copies):
                one.channel.kill_peer()
                one.channel.close()
        self.waiting.clear()

    def _told_why(self, one: Waiting, ran: Ran) -> Ran:
        """Say of an answer that is not there whether nobody has begun it, or what stopped its cell."""
        if ran.check.points or ran.check.verdict not in ("not attempted", "wrong"):
            return ran
        cells = self._above(one)
        if ran.check.verdict == "wrong":
            begun = not isinstance(one.check, PlainCheck) or not is_as_handed_out(cells, self.job.bundle.cells)
            if begun:
                return ran
            untouched = failed_with("not attempted", one.step.points, UNTOUCHED, "NotAttempted")
            untouched.check.inside = ran.check.inside
            return untouched
        released = {cell["grade_id"]: cell for cell in self.job.bundle.cells if cell["grade_id"]}
        why = why_not_there(cells, released)
        return failed_with("wrong", one.step.points, why, "CheckFailed") if why else ran

    def _above(self, one: Waiting) -> list[GradedCell]:
        """Return the cells between a check and the one before it."""
        place = next(number for number, cell in enumerate(self.graded.cells) if cell is one.cell)
        before = [number for number, cell in enumerate(self.graded.cells[:place]) if cell["grade_id"] in self.slices]
        return self.graded.cells[before[-1] + 1 if before else 0 : place]

    def _begin(self, one: Waiting) -> None:
        """Run of a check what students see."""
        one.check, began = self._check(one), time.monotonic()
        seed_what_is_there(self.job.seed)
        one.check.begin()
        one.spent = time.monotonic() - began

    def _end(self, one: Waiting) -> Ran:
        """Run the rest of a check."""
        check, began = one.check or self._check(one), time.monotonic()
        seed_what_is_there(self.job.seed)
        ran = check.end()
        one.spent += time.monotonic() - began
        return ran

    def _asked_again(self, one: Waiting, ran: Ran) -> Ran:
        """Ask a check once more whose process was gone before its time: it may have been ended from outside."""
        if ran.check.verdict != "stopped" or one.channel is None or one.spent >= self.job.limits.check_seconds:
            return ran
        outside = self._was_ended_outside()
        self.repeats += not outside
        if self.repeats > MOST_REPEATS or len(self.ended_outside) > MOST_ENDED_OUTSIDE or self.left <= 0:
            return self._left_open(one, ran, outside)
        self._renew([one], counted=not outside)
        if one.channel is None or one.channel.closed:
            return self._left_open(one, ran, outside)
        self._begin(one)
        again = self._end(one)
        if again.check.verdict == "stopped":
            return self._left_open(one, again, self._was_ended_outside())
        self._note_repetition(outside)
        return again

    def _left_open(self, one: Waiting, ran: Ran, outside: bool) -> Ran:
        """Return a result that decides nothing, if that is no learner's doing."""
        if not outside or ran.check.points == one.step.points:
            return ran
        self._note(ENDED_OUTSIDE)
        return Ran(Check(0.0, one.step.points, INTERRUPTED, message=INTERRUPTION), [])

    def _also_inside(self, one: Waiting, ran: Ran) -> Ran:
        """Run a check inside, too, where an object has changed of which the check, outside, saw a copy.

        A check may look at that (``assert given == [3, 1, 2]``). The less of both counts: a change can be a fault, and
        never makes an answer right.
        """
        if not isinstance(one.check, PlainCheck) or not one.check.doubt or self.left <= 0:
            return ran
        doubt = one.check.doubt
        before = one.channel
        self._renew([one], counted=False)
        if before is None or one.channel is before or one.channel is None:
            return ran
        before.close()
        one.check = self._plain_check(one, one.check.seconds, "inside")
        seed_what_is_there(self.job.seed)
        one.check.begin()
        inside = self._end(one)
        inside.check.inside = doubt
        return inside if inside.check.points < ran.check.points else ran

    def _renew(self, lost: list[Waiting], counted: bool = True) -> None:
        """Make the copies anew that a later cell of the student's has ended: a box runs again what they had run."""
        if not lost or self.graded.restarts >= MOST_RESTARTS or (self.box and not self.box.copies):
            return
        self.graded.restarts += counted
        box, run = self._open(), 0
        self.renewed.append(box)
        with contextlib.suppress(Gone, TooSlow):
            for one in lost:
                for source in one.cells[run:]:
                    self._run_again(box, source)
                run, one.channel = len(one.cells), box.fork()

    def _run_again(self, box: OpenBox, source: str) -> None:
        seconds = self.job.limits.cell_seconds
        patience = max(min(seconds * PATIENCE, self.left), 0.01) + GRACE
        _ran(box.channel.ask(["run", source, seconds], patience, together(seconds)))

    def _check(self, one: Waiting) -> OwnCheck | PlainCheck:
        """Return a check that is ready to run: our own kind, or one in ordinary Python."""
        seconds = min(self.job.limits.check_seconds, max(self.left, LEAST_SECONDS))
        cells, name = self.job.bundle.cells, one.step.grade_id
        if not self.slices[name].is_ours:
            return self._plain_check(one, seconds)
        required = self.job.bundle.own_numbers == "required"
        student = self.job.submission.student
        client = Client(
            one.channel, seconds, notes=self.graded.notes, student=student, required=required, known=one.known
        )
        most = seconds * PATIENCE + 2 * GRACE
        return OwnCheck(one.step.source, one.step.points, self.names, client, most, locked_before(cells, name))

    def _plain_check(self, one: Waiting, seconds: float, way: Way | None = None) -> PlainCheck:
        bundle, name = self.job.bundle, one.step.grade_id
        slice_, way = self.slices[name], way or bundle.ways.get(name)
        earlier = run_anyway(statement for statement in slice_.local if statement.place == "check")
        about = slice_, one.channel, seconds, way, bundle.files, earlier, bundle.asked.get(name)
        return PlainCheck(one.step.source, one.step.points, *about)


def slices_of(cells: list[ReleasedCell]) -> dict[str, Slice]:
    """Return what each check of a release stands on, by grade_id."""
    checks = [cell for cell in cells if cell["grade"] and not cell["solution"] and cell["cell_type"] == "code"]
    return {cell["grade_id"]: stand_on(cell["source"], code_before(cells, cell["grade_id"])) for cell in checks}


def _ran(reply: Any, room: Room | None = None) -> tuple[Status, list[Output]]:
    """Return status and outputs from what a student's process replied to a cell."""
    match reply:
        case ["ran", "ok" | "error" | "timeout" as status, list(outputs)]:
            return status, clean(outputs, room)
    raise Gone("no reply to a cell")


def _hit_a_limit(outputs: list[Output]) -> bool:
    errors = [output for output in outputs if output["output_type"] == "error"]
    return any(word in f"{error['ename']} {error['evalue']}" for error in errors for word in OVER_A_LIMIT)


def _error(text: str) -> Output:
    name, _, value = text.partition(": ")
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": [value]}


def supervise(sock: socket.socket, shell: Shell, sandbox: str, be_fork_server: Callable[[Channel], None]) -> None:
    """Be a supervisor: have a fork server, then do what a request on a socket says.

    Parameters
    ----------
    sock
        From the engine; see :func:`serve_request`.
    shell
        In which the release's pictures are drawn.
    sandbox
        Name of the tier.
    be_fork_server
        What the fork server's process does with its channel.
    """
    server, pid = forked(be_fork_server, sock)

    def over() -> None:
        server.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)

    serve_request(Channel(sock), shell, Boxes(server, sandbox), over)


def serve_request(engine: Channel, shell: Shell, boxes: MakesBoxes, over: Callable[[], None] = lambda: None) -> None:
    """Read a request, do it and send the result back.

    Parameters
    ----------
    engine
        Brings `PAINT` or `GRADE`, then the job, then for `GRADE` the pictures and for `PAINT` which of them to draw;
        takes bytes after `DONE`, or a text after `FAILED`.
    over
        Called before the result is sent.
    """
    what, job, more = engine.receive_bytes(), Job.unpack(engine.receive_bytes()), engine.receive_bytes()
    try:
        if what == PAINT:
            reply = DONE + figure_cache.paint(job.bundle.cells, shell, *figure_cache.share(more))
        else:
            reply = DONE + Supervision(job, boxes, figure_cache.unpack(more)).grade().pack()
    except KilledBox:  # again and again
        reply = DONE + interrupted(job).pack()
    except Exception as error:  # a fault of ours or of the machine: the engine says so, nobody gets zero for it
        reply = FAILED + f"{type(error).__name__}: {error}".encode(errors="replace")
    over()
    engine.send_bytes(reply)
