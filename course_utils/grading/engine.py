"""Grading as a function: a job goes in as bytes, the result comes out as bytes.

An `Engine` has a preloaded process, which forks a supervisor for each request, several at a time if several threads
ask; where a process cannot be forked it has as many as there are requests under way. One that dies is replaced, and
what it was doing is done once more; where that fails as well, no points are decided: nobody gets zero because the
machine killed a process.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgpack

from course_utils.course import CourseError
from course_utils.grading import own_code
from course_utils.grading.channel import GROWTH
from course_utils.grading.drawn import Drawn
from course_utils.grading.job import FORKING, GRADE, PAINT, Job, Submission
from course_utils.grading.preloaded_process import Ended, PreloadedProcess
from course_utils.grading.ungraded import interrupted, ungraded
from course_utils.lab_options import EVERYTHING

PAINT_SECONDS = 600
GRACE_SECONDS = 120  # for a submission, beyond its own limit
ENDED = "Grading was ended."
TRIES = 2  # for a request whose process ends


class Engine:
    """Grades submissions. Its first process starts at once and is waited for when it is needed.

    Parameters
    ----------
    private
        Folders and files that no student may ever see. If the place where Python or this package lies overlaps one of
        them, nothing can be graded.
    modules
        What to import beforehand besides what all labs use; None for all labs, where notebooks use this package.
    spawn
        Start a fresh process for each student even where a preloaded one could be forked.
    at_once
        How many threads will ask at a time. The pictures of a release are drawn by as many processes.
    ours
        Whether notebooks use this package: then all that it stands on is imported beforehand, too.
    pictures
        A folder in which the pictures of releases are kept for later runs.
    """

    def __init__(
        self,
        private: Sequence[Path] = (),
        modules: Sequence[str] | None = None,
        spawn: bool = False,
        at_once: int = 1,
        ours: bool = True,
        pictures: Path | None = None,
    ) -> None:
        modules = (EVERYTHING.modules if ours else ()) if modules is None else modules
        self.arguments = [f"--code={own_code.digest()}"] + [f"--private={Path(path).resolve()}" for path in private]
        self.arguments += [f"--module={name}" for name in modules] + (["--spawn"] if spawn else [])
        self.arguments += [] if ours else ["--foreign"]
        self.at_once, self.closed = at_once, False
        self.lock, self.drawing = threading.Lock(), threading.Lock()
        self.busy: set[PreloadedProcess] = set()  # those that can do one thing at a time
        self.drawn = Drawn(pictures)
        self.processes = [PreloadedProcess(self.arguments)]

    def grade(self, job: bytes) -> bytes:
        """Return a packed :class:`~course_utils.grading.job.Graded` for a packed :class:`Job`.

        Raises
        ------
        CourseError
            If this machine cannot grade, for instance because the sandbox cannot be made. Nothing that a submission
            does raises.
        """
        read = Job.unpack(job)
        seconds = GROWTH * read.limits.total_seconds + GRACE_SECONDS
        try:
            done = self._request(seconds, GRADE, job, self._pictures(read))
        except Ended:
            return interrupted(read).pack()
        return done or ungraded(read, "grading it took too long").pack()

    def _pictures(self, job: Job) -> bytes:
        """Return the pictures of a job's release, which are drawn for its first submission if they are not known."""
        with self.drawing:
            known = self.drawn.find(job.bundle)
            if known is not None:
                return known
            shares = self._draw(Job(job.bundle, Submission("", None)).pack())
            packed: bytes = msgpack.packb([figure for share in shares for figure in share or []])
            if None not in shares:
                self.drawn.keep(job.bundle, packed)
            return packed

    def _draw(self, job: bytes) -> list[list[Any] | None]:
        """Draw a release's pictures, each process its share of them; None for a share that was not drawn."""

        def share(number: int) -> list[Any] | None:
            which = msgpack.packb([number, self.at_once])
            with contextlib.suppress(Ended):
                if packed := self._request(PAINT_SECONDS, PAINT, job, which):
                    drawn: list[Any] = msgpack.unpackb(packed)
                    return drawn
            return None

        with ThreadPoolExecutor(self.at_once) as pool:
            return list(pool.map(share, range(self.at_once)))

    def _request(self, seconds: float, *parts: bytes) -> bytes | None:
        """Have something done; return None if it takes too long.

        Raises
        ------
        Ended
            If the process that does it is ended again and again.
        """
        for _ in range(TRIES):
            with self._process() as process, contextlib.suppress(Ended):
                return process.request(seconds, parts)
        raise CourseError(ENDED) if self.closed else Ended

    @contextlib.contextmanager
    def _process(self) -> Iterator[PreloadedProcess]:
        """Give a process that has time, a new one if need be."""
        with self.lock:
            process = self._idle()
        if process.ready() == FORKING:
            yield process
            return
        with self.lock:
            process = self._idle()
            self.busy.add(process)
        try:
            process.ready()
            yield process
        finally:
            self.busy.discard(process)

    def _idle(self) -> PreloadedProcess:
        if self.closed:
            raise CourseError(ENDED)
        for ended in [process for process in self.processes if not process.running]:
            self.processes.remove(ended)
            ended.close()
        idle = next((process for process in self.processes if process not in self.busy), None)
        if idle is None:
            idle = PreloadedProcess(self.arguments)
            self.processes.append(idle)
        return idle

    def close(self) -> None:
        """End everything. Requests that are under way raise CourseError."""
        with self.lock:
            self.closed = True
            while self.processes:
                self.processes.pop().close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
