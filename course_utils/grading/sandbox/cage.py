"""The outside half of a box: what the trusted side makes before it starts, and uses to end it.

A cage has a name with its maker's process number and start time in it. Whoever makes the first cage of a process
looks for remains of makers that are gone, killed in the middle perhaps, and removes them: those of its own user, and
of makers whose numbers mean something here. (Containers number their processes anew, and may share folders.)
"""

import os
import secrets
import signal
import stat
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import scratch, windows

SEEN_WITHIN = 0.2  # seconds after the student has gone
LINUX = sys.platform == "linux"
if LINUX:
    from course_utils.grading.sandbox import cgroups, linux, processes


class Cage:
    """Limits and folders of one box at a time, seen from outside.

    Parameters
    ----------
    limits
        What the box may use.
    """

    def __init__(self, limits: Limits):
        sweep()
        self.name = f"{scratch.PREFIX}{os.getpid()}-{_started(os.getpid())}.{_numbering()}-{secrets.token_hex(6)}"
        self.folder = Path(tempfile.gettempdir()).resolve() / self.name
        self.groups = cgroups.make(self.name, limits) if LINUX else []
        self.job = windows.JobObject.make(self.name, limits) if sys.platform == "win32" else None

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to join: all but the handle of a Windows job, which has a name."""
        return {**self.__dict__, "job": None}

    def join(self) -> None:
        """Put this process into the cage. Called in the child, before it enters the sandbox."""
        scratch.given = self.folder
        if LINUX:
            linux.prctl(linux.SET_DEATH_SIGNAL, signal.SIGKILL)
            if is_stale(self.name):  # the maker was ended before the kernel was told
                os._exit(1)
            cgroups.join(self.groups)
        elif sys.platform == "win32":
            windows.JobObject.join(self.name)

    def pids(self) -> list[int]:
        """Return the processes inside, as far as they can be listed: where there are groups, or a Windows job."""
        if self.job:
            return self.job.pids()
        return cgroups.pids(self.groups) if LINUX else []

    def limited(self) -> set[str]:
        """Return what is limited for all processes of the box together: "memory", "pids", both or nothing."""
        return cgroups.limited(self.groups) if LINUX else set()

    def main(self, outer_pid: int) -> int | None:
        """Return the process that :func:`enter` returned in: the one to send an interrupt to."""
        if not LINUX:
            return outer_pid
        below = processes.children(outer_pid)[:1]
        inner = processes.children(below[0])[:1] if below and self._is_init(below[0]) else below
        return inner[0] if inner else None

    @staticmethod
    def _is_init(pid: int) -> bool:
        """Tell whether a process is process 1 of namespaces of its own."""
        try:
            lines = (processes.PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return False
        inside = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])
        return len(inside) > 1 and inside[-1] == "1"

    def was_ended_from_outside(self, outer_pid: int) -> bool:
        """Tell whether somebody has killed a box: its outermost process is out of reach of those inside.

        Said only of what is certain: a process inside may end itself in any way, and where the box used up its memory
        the kernel may choose any of its processes.
        """
        if not LINUX:
            return False
        until = time.monotonic() + SEEN_WITHIN
        ended = os.waitid(os.P_PID, outer_pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        while ended is None and time.monotonic() < until:
            time.sleep(0.01)
            ended = os.waitid(os.P_PID, outer_pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        killed = ended is not None and (ended.si_code, ended.si_status) == (os.CLD_KILLED, signal.SIGKILL)
        return killed and not cgroups.ran_out_of_memory(self.groups)

    def kill(self, outer_pid: int) -> None:
        """End everything in the box, whatever the tier, and wait until it is gone, ten seconds at most.

        Parameters
        ----------
        outer_pid
            The process that was forked or spawned to call :func:`enter`. Whoever forked it still has to wait for it.
        """
        if LINUX:
            there = [outer_pid, *processes.descendants(outer_pid)]
            processes.end_with_root(outer_pid)
            processes.send([outer_pid], signal.SIGKILL)
            cgroups.kill(self.groups)
            processes.wait_until_gone(there)
        elif self.job:
            self.job.end()
        else:
            _end_group(outer_pid)

    def close(self) -> None:
        """Remove what is left of the box: groups and folder."""
        for group in self.groups:
            cgroups.remove(group)
        if self.job:
            self.job.close()
        scratch.remove(self.folder)


def computed(outer_pid: int, groups: list[Path]) -> float:
    """Return how many seconds a box's processes have computed together; 0 where that cannot be known.

    Without groups, processes that have ended and that nobody waited for are left out.
    """
    if not LINUX:
        return 0.0
    counted = cgroups.computed(groups)
    return processes.computed(outer_pid) if counted is None else counted


def _end_group(outer_pid: int) -> None:
    """End a process and its group (macOS)."""
    for end, number in ((os.killpg, signal.SIGKILL), (os.kill, signal.SIGKILL)):
        try:
            end(outer_pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _started(pid: int) -> str:
    return processes.started(pid) if LINUX else "0"


def _numbering() -> str:
    """Return by what name the kernel knows the numbers of processes that are valid here."""
    return processes.numbering() if LINUX else "0"


def is_stale(name: str) -> bool:
    """Tell by its name whether the maker of a cage has ended. Not so where its number is one of another numbering."""
    parts = name.removeprefix(scratch.PREFIX).split("-")
    if not LINUX or len(parts) != 3 or not parts[0].isdigit():
        return False
    maker, (started, _, numbering) = int(parts[0]), parts[1].partition(".")
    if numbering != _numbering():
        return False
    return not processes.running(maker) or processes.started(maker) != started


@cache
def sweep() -> None:
    """Remove, once per process, what is left of cages whose makers were ended in the middle."""
    if not LINUX:
        return
    cgroups.sweep(is_stale)
    for folder in Path(tempfile.gettempdir()).glob(f"{scratch.PREFIX}*"):
        found = folder.lstat()
        if is_stale(folder.name) and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
            scratch.remove(folder)
