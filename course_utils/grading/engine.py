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
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgpack

import course_utils
from course_utils.course import CourseError
from course_utils.grading.channel import Channel, Gone, TooSlow
from course_utils.grading.job import Job, Submission
from course_utils.grading.supervise import DONE, GRADE, PAINT, give_up
from course_utils.runtime import THREAD_VARIABLES

START_SECONDS = 300
PAINT_SECONDS = 600
GRACE_SECONDS = 120  # for a submission, beyond its own limit
KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
KEPT += ("COURSE_SANDBOX", "COURSE_CACHE", "COURSE_DATA", "TORCH_HOME", "XDG_CACHE_HOME")
START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from course_utils.grading.zygote import main; main(sys.argv[1:])"
)


class Engine:
    """Grades submissions, one at a time.

    Parameters
    ----------
    private
        Folders and files that no student may ever see. If the place where Python or this package lies overlaps one of
        them, the engine does not start.
    modules
        What to import beforehand besides what the labs use.

    Raises
    ------
    CourseError
        If the warm parent does not start.
    """

    def __init__(self, private: Sequence[Path] = (), modules: Sequence[str] = ()) -> None:
        self.private, self.modules = tuple(private), tuple(modules)
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
        return self._request(seconds, GRADE, job, self._pictures(read)) or _not_graded(read)

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
        mine, theirs = socket.socketpair()
        channel = Channel(mine)
        supervisor = self._hand_out(theirs)
        deadline = time.monotonic() + seconds
        try:
            for part in parts:
                channel.send_bytes(part, deadline)
            reply = channel.receive_bytes(deadline)
        except (Gone, TooSlow):
            with contextlib.suppress(OSError):
                os.killpg(supervisor, signal.SIGKILL)
            return None
        finally:
            channel.close()
        if not reply.startswith(DONE):
            raise CourseError(f"Grading does not work on this machine. {reply[1:].decode(errors='replace')}")
        return reply.removeprefix(DONE)

    def _hand_out(self, sock: socket.socket) -> int:
        """Give a new supervisor its socket; return the supervisor's process number."""
        try:
            socket.send_fds(self.control, [b"+"], [sock.fileno()])
            number = self.control.recv(4)
        except OSError:
            number = b""
        finally:
            sock.close()
        if not number:
            self.close()
            raise CourseError("The process that grades has ended.")
        return int.from_bytes(number, "big")

    def _start(self) -> None:
        self.close()
        self.control, theirs = socket.socketpair()
        package = Path(course_utils.__file__).resolve().parents[1]
        private = [f"--private={Path(path).resolve()}" for path in self.private]
        modules = [f"--module={name}" for name in self.modules]
        command = [sys.executable, "-P", "-c", START, str(package), f"--control={theirs.fileno()}", *private, *modules]
        self.process = subprocess.Popen(
            command,
            env=_environment(),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        theirs.close()
        self.control.settimeout(START_SECONDS)
        if self.control.recv(1) != b"+":
            said = self.process.communicate()[1].decode(errors="replace").strip().splitlines()
            self.close()
            raise CourseError(f"The process that grades does not start: {said[-1] if said else 'it says nothing'}")

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


def _environment() -> dict[str, str]:
    """Return a small environment: nothing of the user's own, one thread, no random hashes."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    threads = dict.fromkeys(THREAD_VARIABLES, "1")
    return (
        kept
        | threads
        | {
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "NBGRADER_EXECUTION": "autograde",
            "COURSE_OFFLINE": "1",
        }
    )


def _not_graded(job: Job) -> bytes:
    """Return the result of a submission that took down its supervisor as well."""
    return give_up(job, "grading it took too long or used too much memory").pack()
