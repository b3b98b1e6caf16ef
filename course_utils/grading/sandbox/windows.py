"""The sandbox of Windows: a job object, which limits and ends processes but hides nothing from them.

The cage makes the job and holds it; the job's processes end when the last handle of it is closed, so also when the
trusted side is killed. The box's process puts itself into the job by its name before it runs anything. Written from
Microsoft's documentation; see the tests for what of it was tried.
"""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import scratch

JOB_TIME, ACTIVE_PROCESSES, JOB_MEMORY, DIE_ON_EXCEPTION, KILL_ON_CLOSE = 0x4, 0x8, 0x200, 0x400, 0x2000
PROCESS_LIST, UI_RESTRICTIONS, EXTENDED_LIMITS = 3, 4, 9  # kinds of information about a job
EVERY_UI_RESTRICTION = 0xFF
ASSIGN_PROCESS = 0x1
ALREADY_EXISTS = 183
MOST_LISTED = 4096


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("smallest_working_set", ctypes.c_size_t),
        ("largest_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", BasicLimits),
        ("counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


class ProcessList(ctypes.Structure):
    """JOBOBJECT_BASIC_PROCESS_ID_LIST."""

    _fields_ = (("assigned", ctypes.c_uint32), ("listed", ctypes.c_uint32), ("ids", ctypes.c_size_t * MOST_LISTED))


def extended_limits(limits: Limits) -> ExtendedLimits:
    """Return a job's limits; times are in units of 100 nanoseconds."""
    found = ExtendedLimits()
    found.basic.flags = JOB_TIME | ACTIVE_PROCESSES | JOB_MEMORY | DIE_ON_EXCEPTION | KILL_ON_CLOSE
    found.basic.job_time = limits.cpu_seconds * 10_000_000
    found.basic.active_processes = limits.processes
    found.job_memory = limits.memory_mb << 20
    return found


@cache
def kernel() -> Any:
    """Return the library kernel32, with handles declared as wide as pointers."""
    library = ctypes.WinDLL("kernel32", use_last_error=True)
    handle, flag, number, text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_uint32, ctypes.c_wchar_p
    signatures = {
        "CreateJobObjectW": (handle, [ctypes.c_void_p, text]),
        "OpenJobObjectW": (handle, [number, flag, text]),
        "SetInformationJobObject": (flag, [handle, ctypes.c_int, ctypes.c_void_p, number]),
        "QueryInformationJobObject": (flag, [handle, ctypes.c_int, ctypes.c_void_p, number, ctypes.c_void_p]),
        "AssignProcessToJobObject": (flag, [handle, handle]),
        "IsProcessInJob": (flag, [handle, handle, ctypes.c_void_p]),
        "TerminateJobObject": (flag, [handle, number]),
        "GetCurrentProcess": (handle, []),
        "CloseHandle": (flag, [handle]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def last_error() -> int:
    """Return why the last call failed."""
    return int(ctypes.get_last_error())


def checked(result: int, what: str) -> int:
    """Return a call's result, or raise OSError if it is zero."""
    if not result:
        raise OSError(f"{what} failed: Windows error {last_error()}")
    return result


class JobObject:
    """A job object that this process made and holds."""

    def __init__(self, handle: int | None) -> None:
        self.handle = handle

    @classmethod
    def make(cls, name: str, limits: Limits) -> "JobObject":
        """Make a job with limits."""
        handle = checked(kernel().CreateJobObjectW(None, name), "CreateJobObject")
        if last_error() == ALREADY_EXISTS:
            kernel().CloseHandle(handle)
            raise OSError(f"there is a job {name} already")
        job, bounds, screen = cls(handle), extended_limits(limits), ctypes.c_uint32(EVERY_UI_RESTRICTION)
        for kind, value in ((EXTENDED_LIMITS, bounds), (UI_RESTRICTIONS, screen)):
            done = kernel().SetInformationJobObject(handle, kind, ctypes.byref(value), ctypes.sizeof(value))
            checked(done, "SetInformationJobObject")
        return job

    @staticmethod
    def join(name: str) -> None:
        """Put this process into a job that another one made."""
        handle = checked(kernel().OpenJobObjectW(ASSIGN_PROCESS, 0, name), "OpenJobObject")
        try:
            checked(kernel().AssignProcessToJobObject(handle, kernel().GetCurrentProcess()), "AssignProcessToJobObject")
        finally:
            kernel().CloseHandle(handle)

    def pids(self) -> list[int]:
        """Return the processes in the job."""
        found = ProcessList()
        size = ctypes.sizeof(found)
        done = kernel().QueryInformationJobObject(self.handle, PROCESS_LIST, ctypes.byref(found), size, None)
        checked(done, "QueryInformationJobObject")
        return sorted(found.ids[: found.listed])

    def end(self) -> None:
        """End every process in the job."""
        checked(kernel().TerminateJobObject(self.handle, 1), "TerminateJobObject")

    def close(self) -> None:
        """Let go of the job; what is still in it ends."""
        if self.handle:
            kernel().CloseHandle(self.handle)
            self.handle = None


def enter() -> Path:
    """Return, in the same process, in the box's folder; see :func:`sandbox.enter`."""
    answer = ctypes.c_int32(0)
    checked(kernel().IsProcessInJob(kernel().GetCurrentProcess(), None, ctypes.byref(answer)), "IsProcessInJob")
    if not answer.value:
        raise OSError("this process is in no job: it must join its cage first")
    return scratch.make() / "box"
