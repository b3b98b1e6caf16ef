"""Limits that the kernel keeps for each process: memory, processor time, sizes and numbers of files, processes.

They hold in every kind of sandbox on Linux and, as far as its kernel keeps them, on macOS. They are limits for one
process each; only a control group (see ``cgroups``) limits all processes of a box together.
"""

import os
import resource
import sys

from course_utils.grading.job import Limits

MEGABYTE = 1 << 20
OPEN_FILES = 512
ROOM_FOR_LIBRARIES = 4096  # megabytes of addresses that take no memory: PyTorch's libraries reserve some


def limit(name: str, soft: int, hard: int | None = None) -> None:
    """Lower one limit; a limit that is lower already stays, and one that this system does not know is left out."""
    kind = getattr(resource, f"RLIMIT_{name}", None)
    if kind is None:
        return
    most = resource.getrlimit(kind)[1]
    values = [value if most == resource.RLIM_INFINITY else min(value, most) for value in (soft, soft if hard is None else hard)]
    resource.setrlimit(kind, (values[0], values[1]))


def apply(limits: Limits, others: int = 0, reserved: int = 0) -> None:
    """Put the limits on this process and all that it starts.

    Parameters
    ----------
    limits
        What a submission may use.
    others
        How many processes and threads the user has besides: the kernel counts them in where the box has not users
        of its own.
    reserved
        How many bytes of addresses this process had before (see :func:`addresses`).
    """
    size = limits.disk_mb * MEGABYTE
    for name in ("CORE", "MSGQUEUE", "MEMLOCK"):
        limit(name, 0)
    limit("FSIZE", size)
    limit("NOFILE", OPEN_FILES)
    limit("CPU", limits.cpu_seconds, limits.cpu_seconds + 5)
    limit("DATA", limits.memory_mb * MEGABYTE)
    if sys.platform == "linux":  # elsewhere the kernel counts all that the user runs, which nobody can know in advance
        limit("NPROC", limits.processes + others)
        limit("AS", reserved + (limits.memory_mb + ROOM_FOR_LIBRARIES) * MEGABYTE)


def addresses() -> int:
    """Return how many bytes of addresses this process has: shared memory counts here, not under RLIMIT_DATA."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
