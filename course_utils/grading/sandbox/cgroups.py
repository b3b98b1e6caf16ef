"""Control groups: the kernel's limits for all processes of a box together, where this user may make any.

Version 1 has a tree for each kind of limit; version 2 has one tree, of which a part is often lent to a user. A group
is made below the one that this process is in (or, in version 2, below the nearest one above it that hands limits
down), so that limits set from outside keep holding. Where none can be made there are none, and the tier says so.
"""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import processes

PREFIX = "course-box-"
V1 = ("memory", "pids", "cpu", "cpuacct")
SHARE = {"cpu.shares": 1024, "cpu.weight": 100}  # each box has one share, whatever the number of its processes
USED = ("cpuacct.usage", r"(\d+)", 1e9), ("cpu.stat", r"usage_usec (\d+)", 1e6)  # files, and units a second
OUR_OWN = 4  # processes of a box that are not the student's
MEGABYTE = 1 << 20


def mounted() -> dict[str, Path]:
    """Return where the trees are: by kind ("memory", "pids", …) in version 1, and "" for version 2."""
    found: dict[str, Path] = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            place, _, about = line.partition(" - ")
            kind, _, options = about.split()[:3]
            if kind == "cgroup2":
                found.setdefault("", Path(place.split()[4]))
            elif kind == "cgroup":
                found |= {name: Path(place.split()[4]) for name in V1 if name in options.split(",")}
    return found


def own() -> dict[str, str]:
    """Return this process's group in each tree, by kind; "" is version 2."""
    found: dict[str, str] = {}
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, kinds, path = line.rstrip("\n").split(":", 2)
            found |= dict.fromkeys(kinds.split(","), path.lstrip("/"))
    return found


def places() -> dict[str, list[Path]]:
    """Return the groups below which new ones may be made, the best ones first, by kind; "" is version 2."""
    try:
        trees, groups = mounted(), own()
    except OSError:
        return {}
    found = {}
    for kind, top in trees.items():
        here = top / groups.get(kind, "")
        if kind == "":
            found[kind] = [here, *(path for path in here.parents if path.is_relative_to(top))]
        else:
            found[kind] = [here, top]
    return found


def settings(kind: str, limits: Limits) -> dict[str, int]:
    """Return what is written into a new group's files; what the box writes to its disk lies in memory too."""
    memory, pids = (limits.memory_mb + limits.disk_mb) * MEGABYTE, limits.processes + OUR_OWN
    return {
        "memory": {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory},
        "pids": {"pids.max": pids},
        "cpu": {"cpu.shares": SHARE["cpu.shares"]},
        "cpuacct": {},  # it only counts
        "": {"memory.max": memory, "memory.swap.max": 0, "pids.max": pids, "cpu.weight": SHARE["cpu.weight"]},
    }[kind]


def make(name: str, limits: Limits) -> list[Path]:
    """Make the groups of a box, as many kinds as this user may; return them."""
    made: list[Path] = []
    there = places()
    for kind in [kind for kind in ("memory", "pids", "", "cpu", "cpuacct") if kind in there]:
        if kind == "" and made:
            continue  # a mixed system: the limits are in version 1
        group = next(filter(None, (_try(place / name, settings(kind, limits)) for place in there[kind])), None)
        made += [group] if group else []
    return made


def _try(group: Path, values: dict[str, int]) -> Path | None:
    """Make one group; return None, and leave nothing, where that is refused or it would limit nothing."""
    try:
        if not os.access(group.parent / "cgroup.procs", os.W_OK):
            return None
        group.mkdir()
    except OSError:
        return None
    done = [_set(group / file, value) for file, value in values.items()]
    if any(done) or not values:
        return group
    remove(group)
    return None


def _set(file: Path, value: int) -> bool:
    """Write a limit; return False where there is no such limit."""
    if not file.exists():
        return False
    try:
        file.write_text(str(value), encoding="utf-8")
    except OSError:
        return False
    return True


def limited(groups: list[Path]) -> set[str]:
    """Return what groups limit: "memory", "pids", or give a share of: "cpu"."""
    files = {"memory": ("memory.limit_in_bytes", "memory.max"), "pids": ("pids.max",), "cpu": tuple(SHARE)}
    return {what for what, names in files.items() if any((group / name).exists() for group in groups for name in names)}


def computed(groups: list[Path]) -> float | None:
    """Return how many seconds all processes that were ever in groups have computed; None where nobody counts."""
    for group in reversed(groups):  # who counts was made last
        for name, pattern, unit in USED:
            with contextlib.suppress(OSError), open(f"{group}/{name}", encoding="utf-8") as file:
                if found := re.search(pattern, file.read()):
                    return int(found[1]) / unit
    return None


def ran_out_of_memory(groups: list[Path]) -> bool:
    """Tell whether the kernel has ended a process of groups because they used more memory than they may."""
    for file in [group / name for group in groups for name in ("memory.oom_control", "memory.events")]:
        with contextlib.suppress(OSError):
            if found := re.search(r"^oom_kill (\d+)", file.read_text(encoding="utf-8"), re.MULTILINE):
                return int(found[1]) > 0
    return False


def join(groups: list[Path]) -> None:
    """Put this process into groups."""
    for group in groups:
        (group / "cgroup.procs").write_text("0", encoding="utf-8")


def pids(groups: list[Path]) -> list[int]:
    """Return the processes in groups."""
    found: set[int] = set()
    for group in groups:
        with contextlib.suppress(OSError):
            found |= {int(line) for line in (group / "cgroup.procs").read_text(encoding="utf-8").split()}
    return sorted(found - {0})


def kill(groups: list[Path], patience: float = processes.PATIENCE) -> None:
    """End every process in groups."""
    limits = {group / "pids.max": (group / "pids.max").read_text() for group in groups if (group / "pids.max").exists()}
    for file in limits:  # from now on nothing in it can fork
        _set(file, 0)
    until, pause = time.monotonic() + patience, 0.0005
    while (left := pids(groups)) and time.monotonic() < until:
        for group in groups:
            _set(group / "cgroup.kill", 1)
        processes.send(left, signal.SIGKILL)
        time.sleep(pause)
        pause = min(2 * pause, 0.02)
    for file, value in limits.items():
        file.write_text(value)


def remove(group: Path) -> None:
    """Remove an empty group; the kernel may take a moment to see that it is empty."""
    for _ in range(50):
        try:
            group.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)


def sweep(is_stale: Callable[[str], bool]) -> None:
    """Remove this user's groups whose makers were ended before they could; ``is_stale`` tells by the name."""
    for place in {place for those in places().values() for place in those}:
        for group in place.glob(f"{PREFIX}*"):
            if is_stale(group.name) and _is_mine(group):
                kill([group])
                remove(group)


def _is_mine(group: Path) -> bool:
    try:
        return group.stat().st_uid == os.geteuid()
    except OSError:
        return False
