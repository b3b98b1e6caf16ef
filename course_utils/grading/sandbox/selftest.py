"""Attacking a box from inside, on the machine that is to grade: a list that looks right may still show too much.

Each attack tries one thing that no student's code must be able to do, and reports what it got. What a kind of sandbox
does not promise on this machine is not held against it.
"""

import contextlib
import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_utils.course import CourseError
from course_utils.grading.job import Limits
from course_utils.grading.sandbox.inside import ask_fresh_process, inside
from course_utils.grading.sandbox.paths import readable_paths
from course_utils.grading.sandbox.tiers import Tier

PROMISED = {
    "namespaces": {"read", "write", "processes", "network", "signal", "outlive"},
    "landlock": {"read", "write", "processes", "network", "signal", "outlive"},
    "seatbelt": {"read", "write", "network", "signal"},
    "job": {"outlive"},
    "none": {"outlive"} if sys.platform == "linux" else set(),
}
TEXT = b"a canary of the course's self-test; it may be removed"


def self_test(tier: Tier, private: list[Path]) -> list[str]:
    """Return sentences for what code in a box could do although the tier promises otherwise; [] if nothing.

    Parameters
    ----------
    tier
        From :func:`best_tier`.
    private
        What no box may read. In each folder that exists a canary is put for the time of the test.
    """
    try:
        readable = [str(path) for path in readable_paths(private)]
    except CourseError as error:
        return [str(error)]
    with contextlib.ExitStack() as stack:
        secret = [str(path) for path in private if path.is_file()]
        secret += [str(stack.enter_context(_canary(path))) for path in private if path.is_dir()]
        question = {"tier": list(tier), "secret": secret, "readable": readable, "promised": sorted(_promised(tier))}
        found = ask_fresh_process("attack", question)
    return [f"No box could be started: {found['error']}"] if isinstance(found, dict) else found


def _promised(tier: Tier) -> set[str]:
    """Return which attacks must fail."""
    promised = set(PROMISED[tier.name])
    if tier.name == "landlock":
        from course_utils.grading.sandbox import landlock

        if landlock.version() < landlock.SIGNALS_SINCE:
            promised -= {"signal"}
    return promised


@contextlib.contextmanager
def _canary(folder: Path) -> Iterator[Path]:
    """Put a file into a private folder; where that is refused, the folder itself must do."""
    try:
        file, name = tempfile.mkstemp(prefix=".course-canary-", dir=folder)
    except OSError:
        yield folder
        return
    try:
        os.write(file, TEXT)
        os.close(file)
        yield Path(name)
    finally:
        os.unlink(name)


# --- in a fresh process of its own ----------------------------------------------------------------


def attack(question: dict[str, Any]) -> list[str] | dict[str, str]:
    """Start a box, have it attack what is outside, and return what it could do."""
    tier = Tier(*question["tier"])
    readable = [Path(path) for path in question["readable"]]
    with contextlib.ExitStack() as stack:
        heard = _Listeners(stack)
        outside = stack.enter_context(tempfile.TemporaryDirectory(prefix="course-canary-"))
        written = [os.path.join(place, f".course-canary-{secrets.token_hex(6)}") for place in _places(outside, question)]
        aims = {"secret": question["secret"], "written": written, "parent": os.getpid(), **heard.addresses}
        box = stack.enter_context(inside(tier, try_all, aims, Limits(), readable))
        got = box.answer()
        if isinstance(got, dict):
            return got
        got += [["write", f"write {path}"] for path in written if _there(path)] + heard.what_came()
        box.cage.kill(box.pid)
        got += [] if box.ended() else [["outlive", "outlive the box"]]
    return [f"Code in the box could {what}." for kind, what in got if kind in question["promised"]]


def _places(outside: str, question: dict[str, Any]) -> list[str]:
    """Return folders outside the box in which it will try to write."""
    private = [path if os.path.isdir(path) else os.path.dirname(path) for path in question["secret"]]
    return [outside, str(Path(__file__).parent), sys.prefix, os.path.expanduser("~"), *private]


def _there(path: str) -> bool:
    """Tell whether a file is there, and remove it."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


class _Listeners:
    """Sockets outside the box, which wait for somebody who must not come."""

    def __init__(self, stack: contextlib.ExitStack):
        self.sockets = {kind: stack.enter_context(socket.socket(socket.AF_INET, kind)) for kind in _KINDS.values()}
        for sock in self.sockets.values():
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
        self.sockets[socket.SOCK_STREAM].listen()
        self.addresses = {name: self.sockets[kind].getsockname()[1] for name, kind in _KINDS.items()}

    def what_came(self) -> list[list[str]]:
        """Return what was received."""
        came = []
        for name, kind in _KINDS.items():
            with contextlib.suppress(OSError):
                sock = self.sockets[kind]
                sock.accept()[0].close() if kind == socket.SOCK_STREAM else sock.recv(10)
                came.append(["network", f"reach a {name} port outside"])
        return came


_KINDS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


# --- in the box -----------------------------------------------------------------------------------


def try_all(aims: dict[str, Any]) -> list[list[str]]:
    """Attack from inside; return a kind and a description for everything that worked."""
    got = [["read", f"read {path}"] for path in aims["secret"] if _can_read(path)]
    for path in aims["written"]:
        with contextlib.suppress(OSError), open(path, "wb") as file:
            file.write(TEXT)
    others = _others()
    got += [["processes", f"list {others} other processes"]] if others else []
    for name, kind in _KINDS.items():
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, kind) as sock:
            sock.settimeout(2)
            sock.connect(("127.0.0.1", aims[name]))
            sock.send(b"hello")
    with contextlib.suppress(OSError):
        os.kill(aims["parent"], 0)
        got.append(["signal", "signal a process outside"])
    _start_daemon()
    return got


def _can_read(path: str) -> bool:
    """Tell whether a file can be read, or a folder listed."""
    try:
        if os.path.isdir(path):
            os.listdir(path)
        else:
            with open(path, "rb") as file:
                file.read(1)
    except OSError:
        return False
    return True


def _others() -> int:
    """Return how many processes can be seen, but for this one and its parent."""
    try:
        seen = {int(name) for name in os.listdir("/proc") if name.isdigit()}
    except OSError:
        return 0
    return len(seen - {os.getpid(), os.getppid()})


def _start_daemon() -> None:
    """Leave a process behind that has left its parents and its session, and does not stop."""
    if not hasattr(os, "fork") or os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    time.sleep(60)
    os._exit(0)
