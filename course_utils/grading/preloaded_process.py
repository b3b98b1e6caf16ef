"""A preloaded process, as those see it who want something from it: a process to start, to wait for, to ask and to end.

It may be used by several threads at a time. Nothing is forked in this process, so it may be one with threads.
"""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from course_utils.course import CourseError
from course_utils.grading.channel import Channel, Gone, TooSlow
from course_utils.grading.job import DONE, FORKING, SPAWNING
from course_utils.grading.starting import last_words, start

START_SECONDS = 300


class Ended(Exception):
    """The process that did a request ended in the middle of it, or there is no process to do it."""


class PreloadedProcess:
    """Starts at once; until it is ready other things can be done.

    Parameters
    ----------
    arguments
        For the process: see :func:`course_utils.grading.preloaded.main`.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.control, theirs = socket.socketpair()
        self.process = start("preloaded", theirs, arguments)
        self.mode = b""
        self.starting, self.connecting = threading.Lock(), threading.Lock()

    def ready(self) -> bytes:
        """Wait until everything is imported; return FORKING (may do many requests at a time) or SPAWNING (one).

        Raises
        ------
        CourseError
            If it does not start.
        """
        with self.starting:
            if not self.mode:
                self.mode = self._first_word()
            return self.mode

    def _first_word(self) -> bytes:
        word = b""
        with contextlib.suppress(OSError):
            self.control.settimeout(START_SECONDS)
            word = self.control.recv(1)
            self.control.settimeout(None)
        if word in (FORKING, SPAWNING):
            return word
        self.process.kill()
        said = last_words(self.process)
        self.close()
        raise CourseError(f"The process that grades does not start: {said}")

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None and self.control.fileno() >= 0

    def request(self, seconds: float, parts: Sequence[bytes]) -> bytes | None:
        """Have something done and return what came of it; None if it took longer.

        Raises
        ------
        Ended
            If the process that did it is gone: it was killed, or used too much memory.
        CourseError
            If it could not be done on this machine.
        """
        channel, end = self._connect()
        deadline = time.monotonic() + seconds
        try:
            for part in parts:
                channel.send_bytes(part, deadline)
            reply = channel.receive_bytes(deadline)
        except (Gone, TooSlow) as error:
            end()
            if isinstance(error, Gone):
                raise Ended from None
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
        with self.connecting, theirs:
            try:
                socket.send_fds(self.control, [b"+"], [theirs.fileno()])
                supervisor = int.from_bytes(self.control.recv(4), "big")
            except OSError:
                supervisor = 0
        if not supervisor:
            mine.close()
            raise Ended
        return Channel(mine), partial(_end_group, supervisor)

    def close(self) -> None:
        """End it, and everything that came from it."""
        self.control.close()  # it then ends by itself, with all that it has forked
        if not self.mode:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()


def _end_group(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
