"""A wire between two processes on one machine: frames over a socket, each with a deadline.

On Linux the kernel writes into every message which process sent it. So the trusted side knows the number of the
process it must kill when an answer does not come, whatever that process says of itself.
"""

import contextlib
import math
import os
import signal
import socket
import struct
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from course_utils.grading.codec import MAX_FRAME, BadFrame, frame, read_body

PATIENCE = 3  # seconds on the clock for each second that the other side may compute: it may have to wait its turn
LOOK_EVERY = 0.5  # seconds between two looks at what processes have computed together
GROWTH = 4  # times as long where the kernel says that it did wait for a processor
PASSES_CREDENTIALS = sys.platform == "linux"
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


class Gone(Exception):
    """Nobody is at the other end any more, or what comes from there is not to be understood."""


class TooSlow(Exception):
    """No answer by the deadline."""


Computed = Callable[[], float]
Deadline = float | Callable[[], float] | None  # a moment, one that grows, or none


def waited(pid: int | str = "self") -> float:
    """Return how many seconds a process has waited for a processor since it began; 0 where no kernel says so."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


class Patience:
    """A moment that comes later by what a process has had to wait for a processor, within bounds.

    It has come once all processes that are counted together have computed for longer than they may.

    Parameters
    ----------
    seconds
        On the clock, from now on, if the process never has to wait.
    pid
        The process.
    computed
        Returns how many seconds they have computed up to now.
    together
        How many seconds they may compute from now on.
    """

    def __init__(
        self, seconds: float, pid: int | str = "self", computed: Computed | None = None, together: float = math.inf
    ) -> None:
        self.seconds, self.pid = seconds, pid
        self.began, self.before = time.monotonic(), waited(pid)
        self.computed, self.most = computed, together + computed() if computed else math.inf
        self.looked, self.moment = self.began, self.began + seconds

    @property
    def lost(self) -> float:
        """The seconds that the process has waited meanwhile, as far as they count."""
        return min(max(waited(self.pid) - self.before, 0.0), (GROWTH - 1) * self.seconds)

    def __call__(self) -> float:
        """Return when it is over, as things stood when that was last looked at: a look reads files of the kernel's."""
        now = time.monotonic()
        if now >= min(self.looked + LOOK_EVERY, self.moment):
            self.looked, self.moment = now, self._look()
        return self.moment

    def _look(self) -> float:
        if self.computed and self.computed() > self.most:
            return -math.inf
        return self.began + self.seconds + self.lost


@dataclass
class _Accounts:
    """What processes that were asked something have waited for a processor meanwhile, in seconds."""

    over: float = 0.0
    now: Patience | None = None

    @contextlib.contextmanager
    def kept(self, patience: Patience) -> Iterator[None]:
        self.now = patience
        try:
            yield
        finally:
            self.over, self.now = self.over + patience.lost, None


_accounts = _Accounts()


def lost() -> float:
    """Return how many seconds those whom this process has asked something had to wait for a processor, up to now."""
    return _accounts.over + (_accounts.now.lost if _accounts.now else 0.0)


class Channel:
    """One end of a wire.

    Parameters
    ----------
    sock
        A connected stream socket, which the channel owns from then on.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.peer = sock, 0
        self.computed: Computed | None = None  # how long the other side has computed with its children, in seconds
        if PASSES_CREDENTIALS:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

    def ask(self, request: Any, seconds: float, together: float = math.inf) -> Any:
        """Send a document and return the one that comes back.

        ``together`` are the seconds that the other side may compute meanwhile with all its children.

        Raises
        ------
        TooSlow
            After so many seconds, and what the other side has had to wait for a processor, or when it has computed for
            too long. The channel cannot be used any more.
        Gone
            If the other side has closed the channel, or sends what is no frame.
        """
        patience = Patience(seconds, self.peer, self.computed, together)
        with _accounts.kept(patience):
            self.send(request, patience)
            return self.receive(patience)

    def send(self, document: Any, deadline: Deadline = None) -> None:
        """Send a document; raise as :meth:`ask` does."""
        with self._one_way(deadline):
            self.sock.sendall(frame(document))

    def send_bytes(self, data: bytes, deadline: Deadline = None) -> None:
        """Send bytes of any length to a trusted reader; raise as :meth:`ask` does."""
        with self._one_way(deadline):
            self.sock.sendall(struct.pack(">Q", len(data)))
            self.sock.sendall(data)

    def receive_bytes(self, deadline: Deadline = None) -> bytes:
        """Return what a trusted writer sent with :meth:`send_bytes`."""
        with self._one_way(deadline):
            (length,) = struct.unpack(">Q", self._exactly(8, deadline))
            return self._exactly(length, deadline)

    def hear(self, seconds: float) -> Any:
        """Return the document that comes within so many seconds; raise as :meth:`ask` does."""
        return self.receive(time.monotonic() + seconds)

    def receive(self, deadline: Deadline = None) -> Any:
        """Return the next document; raise as :meth:`ask` does."""
        with self._one_way(deadline):
            (length,) = struct.unpack(">I", self._exactly(4, deadline))
            if length > MAX_FRAME:
                raise BadFrame(f"a frame of {length >> 20} MB")
            return read_body(self._exactly(length, deadline))

    @contextlib.contextmanager
    def _one_way(self, deadline: Deadline) -> Iterator[None]:
        try:
            self._wait_until(deadline)
            yield
        except TimeoutError:
            self.close()
            raise TooSlow from None
        except (OSError, BadFrame) as error:
            self.close()
            raise Gone(str(error)) from None

    def _wait_until(self, deadline: Deadline, most: float | None = None) -> None:
        """Let the socket wait until a moment, for so many seconds at most; raise TimeoutError if it has come."""
        moment = deadline() if callable(deadline) else deadline
        left = None if moment is None else moment - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self.sock.settimeout(left if most is None or left is None else min(left, most))

    def _exactly(self, count: int, deadline: Deadline) -> bytes:
        parts = []
        while count:
            self._wait_until(deadline, LOOK_EVERY if self.computed else None)
            try:
                part = self._some(min(count, 1 << 20))
            except TimeoutError:
                continue  # the deadline may have grown, or it was only time to look
            if not part:
                raise ConnectionError("the other side is gone")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _some(self, count: int) -> bytes:
        if not PASSES_CREDENTIALS:
            return self.sock.recv(count)
        data, ancillary, _, _ = self.sock.recvmsg(count, socket.CMSG_SPACE(_CREDENTIALS.size))
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                self.peer = _CREDENTIALS.unpack(content[: _CREDENTIALS.size])[0]
        return data

    def pass_on(self, other: socket.socket) -> None:
        """Hand another socket to the process at the other end, which takes it with :func:`take`."""
        with self._one_way(time.monotonic() + 10):
            socket.send_fds(self.sock, [b"+"], [other.fileno()])

    def kill_peer(self) -> None:
        """Kill the process that sent the last message, where the kernel tells which one that is."""
        if self.peer > 1:
            with contextlib.suppress(OSError):
                os.kill(self.peer, signal.SIGKILL)

    def alive(self) -> bool:
        """Tell whether the other side still holds its end. Nothing is read."""
        try:
            self.sock.setblocking(False)
            return self.sock.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    @property
    def closed(self) -> bool:
        """Whether this end was closed, as it is after every failure."""
        return self.sock.fileno() < 0

    def close(self) -> None:
        """Close the channel; the other side reads an end of file."""
        self.sock.close()


def take(sock: socket.socket) -> socket.socket:
    """Return the socket that the other side passed on.

    Raises
    ------
    EOFError
        If there is none, because the other side is gone.
    """
    room = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(array("i").itemsize)
    data, ancillary, _, _ = sock.recvmsg(1, room)
    numbers = array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
    if not data or not numbers:
        raise EOFError("the other side is gone")
    return socket.socket(fileno=numbers[0])
