"""A watcher for boxes that have no process numbers of their own: it keeps everything that was started below it.

The process that enters becomes the watcher and forks the one that runs the student's code. Linux lets the watcher
adopt every process below it that loses its parent, so that a daemon cannot slip away: from outside, the box is the
tree below the watcher. The watcher also measures the box's folder, ends the box when it has grown too large or when
the watcher itself is told to stop, and removes the folder at the end.
"""

import os
import signal
from pathlib import Path
from typing import NoReturn

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import linux, processes, scratch

LOOK_EVERY = 0.25  # seconds between two measurements of the folder
STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def fork(folder: Path, limits: Limits) -> None:
    """Return in a new process, in a session of its own, below a watcher, which is what this process becomes."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *STOPS})
    linux.prctl(linux.SET_CHILD_SUBREAPER, 1)
    linux.prctl(linux.SET_DEATH_SIGNAL, signal.SIGTERM)
    watcher = os.getpid()
    student = os.fork()
    if student:
        _watch(student, folder, limits)
    linux.prctl(linux.SET_CHILD_SUBREAPER, 0)
    linux.prctl(linux.SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != watcher:
        os._exit(1)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.setsid()


def _watch(student: int, folder: Path, limits: Limits) -> NoReturn:
    """Wait until everything below this process has ended, or end it; then remove the folder."""
    code, most = 1, limits.disk_mb << 20
    try:
        os.closerange(0, 65_536)
        while True:
            signalled = signal.sigtimedwait({signal.SIGCHLD, *STOPS}, LOOK_EVERY)
            if (signalled and signalled.si_signo in STOPS) or scratch.size(folder) > most:
                processes.end_below(os.getpid())
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == student:
                    code = os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        scratch.remove(folder)
    finally:
        os._exit(code if code >= 0 else 128 - code)
