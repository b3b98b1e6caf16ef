"""Looking at processes, and ending them, by way of /proc.

A box is ended from outside as a tree: the outermost process stays until everything below it is gone, because it is
the one to which processes fall that have lost their parent.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
PATIENCE = 10.0  # seconds that ending may take: a process in the middle of a write to a slow disk is not gone at once
LAST_WORDS = 3.0  # seconds that the outermost process has to bury the others, and to remove their folder


def fields(pid: int) -> list[str]:
    """Return what /proc/PID/stat says after the name: state, parent, group, … Empty if there is no such process."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def running(pid: int) -> bool:
    """Tell whether a process is there and has not ended."""
    found = fields(pid)
    return bool(found) and found[0] not in "ZX"


def started(pid: int) -> str:
    """Return when a process started: with its number, that names it for good. "" if it is not there."""
    found = fields(pid)
    return found[19] if found else ""


def numbering() -> str:
    """Return the kernel's own number of the namespace in which this process's number is valid; "" if it says none."""
    try:
        return str(os.stat(PROC / "self" / "ns" / "pid").st_ino)
    except OSError:
        return ""


def everybody() -> list[int]:
    """Return the numbers of all processes that can be seen."""
    return [int(entry.name) for entry in os.scandir(PROC) if entry.name.isdigit()]


def threads_of(user: int) -> int:
    """Return how many processes and threads a user has: what the kernel counts against RLIMIT_NPROC.

    Those with process numbers of their own are left out: they are in boxes, which have users of their own.
    """
    return sum(_threads(str(PROC / str(pid)), user) for pid in everybody())


def _threads(folder: str, user: int) -> int:
    try:
        if os.stat(folder).st_uid != user:
            return 0
        with open(f"{folder}/status", "rb") as file:
            about = dict(line.split(b":", 1) for line in file.read().splitlines())
    except (OSError, ValueError):
        return 0
    boxed = len(about.get(b"NSpid", b"").split()) > 1
    return 0 if boxed else int(about.get(b"Threads", b"0"))


def children(pid: int) -> list[int]:
    """Return the numbers of a process's children."""
    path = PROC / str(pid) / "task" / str(pid) / "children"
    try:
        return [int(text) for text in path.read_text(encoding="utf-8").split()]
    except OSError:
        return [each for each in everybody() if fields(each)[1:2] == [str(pid)]] if not path.exists() else []


def descendants(pid: int) -> list[int]:
    """Return the numbers of all processes below one, itself left out."""
    found, todo = [], [pid]
    while todo:
        below = [child for child in children(todo.pop()) if child not in found]
        found += below
        todo += below
    return found


def computed(pid: int) -> float:
    """Return how many seconds a process, all below it and all of them that they have waited for have computed."""
    times = [fields(each)[11:15] for each in (pid, *descendants(pid))]  # its own and its children's, in two modes
    return sum(int(time) for four in times for time in four) / os.sysconf("SC_CLK_TCK")


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to processes, those left out that are gone or somebody else's."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end_below(pid: int, patience: float = PATIENCE) -> None:
    """End all processes below one. All are stopped first, so that none can fork away while the others end."""
    until, pause = time.monotonic() + patience, 0.0005
    while time.monotonic() < until:
        left = [each for each in descendants(pid) if running(each)]
        if not left:
            return
        send(left, signal.SIGSTOP)
        send(left, signal.SIGKILL)
        time.sleep(pause)
        pause = min(2 * pause, 0.02)


def end_with_root(pid: int, patience: float = LAST_WORDS) -> None:
    """End all processes below one until that one, which buries them, ends by itself.

    The kernel's list of a process's children may leave some out while others come and go: hence more than one round.
    """
    until = time.monotonic() + patience
    while running(pid) and time.monotonic() < until:
        end_below(pid)
        wait_until_gone([pid], 0.1)


def wait_until_gone(pids: Iterable[int], patience: float = PATIENCE) -> None:
    """Wait until processes have ended."""
    until, pause, left = time.monotonic() + patience, 0.0005, list(pids)
    while left and time.monotonic() < until:
        time.sleep(pause)
        pause = min(2 * pause, 0.02)
        left = [pid for pid in left if running(pid)]
