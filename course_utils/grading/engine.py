"""Grading as a function: a job goes in as bytes, the result comes out as bytes.

An `Engine` owns one warm parent process, which it starts anew if that dies. It may live in a program with threads, such
as a Dask worker: nothing is forked there.
"""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgpack

from course_utils.course import CourseError
from course_utils.grading.channel import Channel, Gone, TooSlow
from course_utils.grading.job import DONE, FORKING, GRADE, PAINT, SPAWNING, Job, Submission
from course_utils.grading.starting import last_words, start
from course_utils.grading.ungraded import ungraded

START_SECONDS = 300
PAINT_SECONDS = 600
GRACE_SECONDS = 120  # for a submission, beyond its own limit


class Engine:
    """Grades submissions, one at a time.

    Parameters
    ----------
    private
        Folders and files that no student may ever see. If the place where Python or this package lies overlaps one of
        them, the engine does not start.
    modules
        What to import beforehand besides what the labs use.
    spawn
        Start a fresh process for each student even where a warm one could be forked.

    Raises
    ------
    CourseError
        If the warm parent does not start.
    """

    def __init__(self, private: Sequence[Path] = (), modules: Sequence[str] = (), spawn: bool = False) -> None:
        self.private, self.modules, self.spawn = tuple(private), tuple(modules), spawn
        self.mode = b""
        self.process: subprocess.Popen | None = None
        self.drawn: dict[bytes, bytes] = {}
        self._start()

    def grade(self, job: bytes) -> bytes:
        """Return a packed :class:`~course_utils.grading.job.Graded` for a packed :class:`Job`.

        Raises
        ------
        CourseError
            If this machine cannot grade, for instance because the sandbox cannot be made. Nothing that a submission
            does raises.
        """
        read = Job.unpack(job)
        seconds = read.limits.total_seconds + GRACE_SECONDS
        done = self._request(seconds, GRADE, job, self._pictures(read))
        return done or ungraded(read, "grading it took too long or used too much memory").pack()

    def _pictures(self, job: Job) -> bytes:
        """Return the pictures of a job's release, which are drawn for its first submission."""
        name = hashlib.sha256(repr(job.bundle.cells).encode()).digest()
        if name not in self.drawn:
            alone = Job(job.bundle, Submission("", None)).pack()
            self.drawn[name] = self._request(PAINT_SECONDS, PAINT, alone) or msgpack.packb([])
        return self.drawn[name]

    def _request(self, seconds: float, *parts: bytes) -> bytes | None:
        """Have a supervisor do something; None if it does not come to an end."""
        if self.process is None or self.process.poll() is not None:
            self._start()
        channel, end = self._connect()
        deadline = time.monotonic() + seconds
        try:
            for part in parts:
                channel.send_bytes(part, deadline)
            reply = channel.receive_bytes(deadline)
        except (Gone, TooSlow):
            end()
            return None
        if self.mode == FORKING:
            channel.close()
        if not reply.startswith(DONE):
            raise CourseError(f"Grading does not work on this machine. {reply[1:].decode(errors='replace')}")
        return reply.removeprefix(DONE)

    def _connect(self) -> tuple[Channel, Callable[[], None]]:
        """Return a channel to who will do a request, and how to end that."""
        if self.mode == SPAWNING:
            return Channel(self.control), self.close
        mine, theirs = socket.socketpair()
        try:
            socket.send_fds(self.control, [b"+"], [theirs.fileno()])
            supervisor = int.from_bytes(self.control.recv(4), "big")
        except OSError:
            supervisor = 0
        finally:
            theirs.close()
        if not supervisor:
            self.close()
            raise CourseError("The process that grades has ended.")
        return Channel(mine), partial(_end_group, supervisor)

    def _start(self) -> None:
        self.close()
        self.control, theirs = socket.socketpair()
        private = [f"--private={Path(path).resolve()}" for path in self.private]
        modules = [f"--module={name}" for name in self.modules]
        self.process = start("zygote", theirs, [*private, *modules, *(["--spawn"] if self.spawn else [])])
        self.mode = b""
        self.control.settimeout(START_SECONDS)
        with contextlib.suppress(OSError):
            self.mode = self.control.recv(1)
        self.control.settimeout(None)
        if self.mode not in (FORKING, SPAWNING):
            self.process.kill()
            said = last_words(self.process)
            self.close()
            raise CourseError(f"The process that grades does not start: {said}")

    def close(self) -> None:
        """End the warm parent, and everything that came from it."""
        if self.process is None:
            return
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.process = None

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _end_group(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
