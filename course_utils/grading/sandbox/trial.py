"""Trying whether a kind of sandbox works here, and what it lacks."""

import contextlib
import os
import sys
from typing import Any

from course_utils.grading.job import Limits
from course_utils.grading.sandbox.inside import ask_fresh_process, inside
from course_utils.grading.sandbox.paths import readable_paths
from course_utils.grading.sandbox.tiers import Kind, Tier

NOTHING = ["is no box: students' code can read and change what you can, and use the network"]
ELSEWHERE = {
    "seatbelt": [
        "limits neither memory nor disk nor the number of processes",
        "shares named memory with your programs",
        "cannot hold a program that leaves its group of processes",
        "can see which processes there are",
    ],
    "job": ["can read and change what you can, and use the network; only memory and processes are limited"],
}
ONE_BY_ONE = "limits memory for each process, not for all of a submission together"
UNBOUNDED = "does not limit the number of processes"


def forks(name: Kind) -> bool:
    """Tell whether boxes of a kind are forked."""
    return sys.platform == "linux" and name in ("namespaces", "landlock", "none")


def try_tier(name: Kind) -> tuple[Tier | None, str]:
    """Return a kind of sandbox as it works here; or None and the reason why it does not."""
    found = ask_fresh_process("try", name)
    if "error" in found:
        return None, found["error"]
    sentence = f"The box {'; it '.join(found['lacks'])}." if found["lacks"] else ""
    return Tier(name, forks(name), sentence), ""


def attempt(name: Kind) -> Any:
    """Start a box, in this process's own child, and return {"lacks": …} or {"error": …}."""
    limits = Limits()
    readable = readable_paths([]) if name != "none" else []
    try:
        with inside(Tier(name, forks(name), ""), look_around, None, limits, readable) as box:
            found, limited = box.answer(), box.cage.limited()
    except OSError as error:
        return {"error": str(error)}
    if "error" in found:
        return found
    return {"lacks": _lacks(name, found["forks are bounded"], limited)}


def _lacks(name: Kind, bounded: bool, limited: set[str]) -> list[str]:
    """Return what a kind of sandbox lacks here."""
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    found = list(NOTHING) if name == "none" else []
    if name == "landlock":
        from course_utils.grading.sandbox import landlock

        found += landlock.lacks()
    if "memory" not in limited:
        found.append(ONE_BY_ONE)
    if "pids" not in limited and not bounded:
        found.append(UNBOUNDED)
    return found


def look_around(_argument: Any) -> dict[str, bool]:
    """Find out, from inside, whether the number of processes is limited."""
    if not hasattr(os, "fork"):
        return {"forks are bounded": True}
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    try:
        pid = os.fork()
    except OSError:
        return {"forks are bounded": True}
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return {"forks are bounded": False}
