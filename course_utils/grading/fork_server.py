"""Where students' processes come from: a process that has never seen a test or a submission's text.

The fork server is forked from the preloaded process, by way of a supervisor that has read nothing yet, and does three
things when it is told to: keep the files that lie beside the notebook, fork a box, and end one. What is forked here
enters the sandbox before it runs a single line of a student's.
"""

import contextlib
import ctypes
import gc
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from course_utils.grading import sandbox
from course_utils.grading.channel import Channel, Gone, take
from course_utils.grading.job import Limits
from course_utils.grading.shell import Shell
from course_utils.grading.student import Student, settle

NICE = 5
PATIENCE = 0.5  # seconds for a box to end by itself


class NoBox(RuntimeError):
    """The sandbox could not be made: a fault of the machine, not of the submission."""


class KilledBox(NoBox):
    """The box was ended from outside, for certain, before anything has run in it."""


@dataclass
class ForkServer:
    """Serves the requests of one supervisor.

    Parameters
    ----------
    channel
        To the supervisor.
    shell
        Made in the preloaded process.
    tier
        How boxes are isolated.
    readable
        What a student's process may read.
    """

    channel: Channel
    shell: Shell
    tier: sandbox.Tier
    readable: list[Path]
    limits: Limits = field(default_factory=Limits)
    files: dict[str, bytes] = field(default_factory=dict)
    boxes: dict[int, sandbox.Cage] = field(default_factory=dict)

    def serve(self) -> None:
        """Answer requests until the supervisor is gone; then end all boxes."""
        try:
            while True:
                operation, *values = self.channel.receive()
                self.channel.send(getattr(self, f"do_{operation}")(*values))
        except Gone:
            pass
        finally:
            for pid in list(self.boxes):
                self.do_end(pid)

    def do_limits(self, limits: dict[str, Any]) -> list[Any]:
        """Take the limits of all boxes to come."""
        self.limits = Limits(**limits)
        return ["done"]

    def do_file(self, name: str, content: bytes) -> list[Any]:
        """Take a file that will lie in every box."""
        self.files[name] = content
        return ["done"]

    def do_box(self, seed: int) -> list[Any]:
        """Fork a box, whose student answers on the socket that is passed on."""
        theirs = take(self.channel.sock)
        cage = sandbox.Cage(self.limits)
        pid = os.fork()
        if pid == 0:
            self._be_a_box(theirs, cage, seed)
        theirs.close()
        self.boxes[pid] = cage
        return ["box", pid, [str(group) for group in cage.groups]]

    def do_fate(self, pid: int) -> list[Any]:
        """Tell whether a box was ended from outside, for certain."""
        certain = self.tier.name == "namespaces"
        return ["fate", certain and self.boxes[pid].was_ended_from_outside(pid)]

    def do_end(self, pid: int) -> list[Any]:
        """End a box with everything in it. An honest one ends by itself: its wire has been cut."""
        cage = self.boxes.pop(pid)
        until = time.monotonic() + PATIENCE
        while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and time.monotonic() < until:
            time.sleep(0.002)
        cage.kill(pid)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        cage.close()
        return ["ended"]

    def _be_a_box(self, sock: socket.socket, cage: sandbox.Cage, seed: int) -> NoReturn:
        """Enter the sandbox and serve; never return to the fork server's own code."""
        try:
            die_with_parent()
            close_files(keep=sock.fileno())
            os.setsid()
            be_nice()
            cage.join()
            folder = sandbox.enter(self.tier, self.files, self.limits, self.readable)
            settle(seed, str(folder))
            gc.enable()
            Student(Channel(sock), self.shell).serve()
            os._exit(0)
        except BaseException:
            with contextlib.suppress(BaseException):
                Channel(sock).send(["no box", traceback.format_exc()[-2000:]])
        finally:
            os._exit(1)


def forked(be: Callable[[Channel], None], *close: socket.socket) -> tuple[Channel, int]:
    """Fork a process that is a fork server until its channel is closed; return the channel to it and its number.

    Parameters
    ----------
    be
        What it does with its end of the channel.
    close
        Sockets of this process that it is not to hold.
    """
    mine, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        for one in (mine, *close):
            one.close()
        be(Channel(theirs))
        os._exit(0)
    theirs.close()
    return Channel(mine), pid


def close_files(keep: int) -> None:
    """Close every file of this process but one, and put /dev/null in the place of the standard streams."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    highest = os.sysconf("SC_OPEN_MAX")
    os.closerange(3, keep)
    os.closerange(keep + 1, max(min(highest, 65_536), keep + 2))


def be_nice() -> None:
    """Let what is not a student's process go first: who grades, and whoever works at this machine."""
    if hasattr(os, "nice"):
        os.nice(NICE)


def die_with_parent() -> None:
    """Let the kernel end this process when its parent ends, where it can (Linux)."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == 1:
            os._exit(1)


@dataclass
class Box:
    """A student's process, as the supervisor sees it.

    Parameters
    ----------
    server
        Channel to the fork server.
    pid
        Number of the box's outermost process.
    channel
        To the student.
    groups
        The box's control groups.
    """

    server: Channel
    pid: int
    channel: Channel
    groups: list[Path] = field(default_factory=list)
    copies: bool = True

    def computed(self) -> float:
        """Return how many seconds the box's processes have computed together."""
        return sandbox.computed(self.pid, self.groups)

    def fork(self, seconds: float = 10) -> Channel | None:
        """Return a channel to a copy of the student as it is now; None if it cannot be copied."""
        mine, theirs = socket.socketpair()
        copy = Channel(mine)
        copy.computed = self.channel.computed
        try:
            self.channel.send(["fork"])
            self.channel.pass_on(theirs)
            theirs.close()
            if self.channel.hear(seconds) == ["forked"] and copy.hear(seconds) == ["here"]:
                return copy
        except Exception:  # whatever a student's process does instead
            self.channel.close()
        finally:
            theirs.close()
        copy.close()
        return None

    def ended_from_outside(self) -> bool:
        """Tell whether somebody has killed the box from outside, where that is certain."""
        self.server.send(["fate", self.pid])
        return bool(self.server.receive()[1])

    def end(self) -> None:
        """End everything in the box."""
        self.channel.close()
        self.server.send(["end", self.pid])
        self.server.receive()


@dataclass
class Boxes:
    """Makes boxes, by way of a fork server.

    Parameters
    ----------
    server
        Channel to it.
    sandbox
        Name of the tier.
    """

    server: Channel
    sandbox: str

    def prepare(self, limits: Limits, files: dict[str, bytes]) -> None:
        """Take limits and files of all boxes to come."""
        self.server.ask(["limits", asdict(limits)], 60)
        for name, content in files.items():
            self.server.ask(["file", name, content], 60)

    def open(self, seed: int, seconds: float = 60) -> Box:
        """Have a box made.

        Raises
        ------
        NoBox
            If the sandbox cannot be made, or was ended.
        """
        mine, theirs = socket.socketpair()
        self.server.send(["box", seed])
        self.server.pass_on(theirs)
        theirs.close()
        _, pid, groups = self.server.receive()
        box = Box(self.server, pid, Channel(mine), [Path(group) for group in groups])
        box.channel.computed = box.computed
        try:
            reply = box.channel.hear(seconds)
        except Exception as error:
            kind = KilledBox if box.ended_from_outside() else NoBox
            raise kind(f"A student's process did not start: {error or type(error).__name__}") from None
        if reply != ["here"]:
            raise NoBox(f"A student's process did not start: {reply[-1] if type(reply) is list else ''}")
        return box
