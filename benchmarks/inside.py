"""Inside of grading: where the seconds of one more submission go, phase by phase, and what an idle box holds.

``benchmarks/grading.py`` runs this in a process of its own. One worker grades here, in this process, and everything
else waits for its turn: so the seconds on the clock of a phase are, on a machine with nothing else to do, the CPU
seconds of all processes together.
"""

import contextlib
import functools
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
from rich.console import Console
from rich.table import Table

from course_utils.course import SPOOL, environment
from course_utils.grading import driver, fork_server, sandbox, shell
from course_utils.grading.channel import Channel
from course_utils.grading.drawn import FOLDER, Drawn
from course_utils.grading.figure_cache import unpack
from course_utils.grading.here import Here
from course_utils.grading.job import Job, Limits
from course_utils.grading.preloading import at_home, collapse_memory, preload
from course_utils.grading.supervise import Supervision
from course_utils.grading.writer import Writer
from course_utils.lab_options import EVERYTHING

REST = "the rest: who is next, keys, packing"
PHASES: list[tuple[Any, str, str]] = [  # whose function, its name, and the phase
    (driver, "read_submission", "reading what was handed in"),
    (Supervision, "_open", "a box is made, and ended"),
    (Supervision, "_end_box", "a box is made, and ended"),
    (Supervision, "_run", "the student's cells"),
    (Supervision, "_copy", "a copy of the student's process for each check"),
    (Supervision, "_begin", "checks here: what students see"),
    (Supervision, "_end", "checks here: hidden cases"),
    (Supervision, "grade", "what belongs to which cell, pictures, output"),
    (Writer, "write", "writing: gradebook, notebook"),
]
ASKED = {"checks here: what students see": "what these ask of the student's functions"}
ASKED |= {"checks here: hidden cases": "what those ask of the student's functions"}


class Clock:
    """Says how long each phase took; what a phase has others do counts as theirs."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.phases = [REST]
        self.since = time.monotonic()

    def turn(self) -> None:
        """Count what has passed for the phase that is on."""
        now = time.monotonic()
        self.seconds[self.phases[-1]] += now - self.since
        self.since = now

    @contextlib.contextmanager
    def on(self, phase: str) -> Iterator[None]:
        """Count for a phase."""
        self.turn()
        self.phases.append(phase)
        try:
            yield
        finally:
            self.turn()
            self.phases.pop()

    def timed(self, function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        """Return a function that counts for a phase, or where it is asked in one, for what that asks."""

        @functools.wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            with self.on(phase or ASKED.get(self.phases[-1], self.phases[-1])):
                return function(*args, **kwargs)

        return counted


@contextlib.contextmanager
def boxes() -> Iterator[fork_server.Boxes]:
    """Preload what notebooks import, and have a fork server that makes boxes."""
    os.environ.update(environment(), NBGRADER_EXECUTION="autograde")
    with at_home():
        preload(list(EVERYTHING.modules))
        built = shell.build()
        gc.collect()
        gc.freeze()
        collapse_memory()  # as in a class of more than a few
        tier, readable = sandbox.best_tier(), sandbox.readable_paths([])
        server, _ = fork_server.forked(lambda wire: fork_server.ForkServer(wire, built, tier, readable).serve())
        yield fork_server.Boxes(server, tier.name)
        server.close()


class GradesHere:
    """An engine that grades in this process."""

    def __init__(self, made: fork_server.Boxes, pictures: Path) -> None:
        self.boxes, self.drawn = made, Drawn(pictures)

    def grade(self, job: bytes) -> bytes:
        """Return a result for a job. The release's pictures were drawn before."""
        read = Job.unpack(job)
        return Supervision(read, self.boxes, unpack(self.drawn.find(read.bundle) or b"\x90")).grade().pack()

    def close(self) -> None:
        """There is nothing to end."""


def print_phases(course: Path, lab: str) -> None:
    """Grade all that was handed in of a lab, and print the mean seconds of each phase."""
    with boxes() as made, contextlib.ExitStack() as stack:
        engine, clock = GradesHere(made, course / SPOOL / FOLDER), Clock()
        for owner, name, phase in PHASES:
            stack.enter_context(patch.object(owner, name, clock.timed(getattr(owner, name), phase)))
        stack.enter_context(patch.object(Channel, "ask", clock.timed(Channel.ask, "")))
        clock.turn()
        clock.seconds.clear()
        graded = driver.grade_lab(course, lab, Here(1, make=lambda *_: engine), fresh=True)
        clock.turn()
    count, total = len(graded.graded), sum(clock.seconds.values())
    table = Table(title=f"One of {count} submissions of {lab}, phase by phase")
    for heading in ("", "ms", "share"):
        table.add_column(heading, justify="right" if heading else "left")
    for phase in dict.fromkeys([*_in_order(), REST]):
        spent = clock.seconds[phase]
        table.add_row(phase, f"{1000 * spent / count:.0f}", f"{spent / total:.0%}")
    table.add_row("together", f"{1000 * total / count:.0f}", "")
    Console(width=110).print(table)


def _in_order() -> Iterator[str]:
    for *_, phase in PHASES:
        yield phase
        if phase in ASKED:
            yield ASKED[phase]


def print_idle(count: int = 4) -> None:
    """Open some boxes in which nothing runs, and print the kB of private memory of each one's processes together."""
    with boxes() as made:
        made.prepare(Limits(), {})
        for box in [made.open(0) for _ in range(count)]:
            inside = [psutil.Process(box.pid), *psutil.Process(box.pid).children(recursive=True)]
            print(max(_private_kb(process.pid) for process in inside))
            box.end()


def _private_kb(pid: int) -> int:
    """Return how much memory a process shares with nobody, in kB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--idle"]:
        print_idle()
    else:
        print_phases(Path(sys.argv[1]), sys.argv[2])
