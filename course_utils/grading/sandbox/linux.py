"""The calls to the Linux kernel that Python has no name for, made through ctypes.

Every function does one thing and raises OSError, with the call's name in it, where the kernel refuses: nobody here
carries on after a failure. Nothing in this module decides anything.
"""

import ctypes
import errno
import os
import re
import signal
from typing import Any

from course_utils.grading.sandbox.syscalls import known

LIBC = ctypes.CDLL(None, use_errno=True)

NEW_MOUNTS, NEW_NAMES, NEW_IPC, NEW_USERS = 0x0002_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000
NEW_PROCESSES, NEW_NETWORK = 0x2000_0000, 0x4000_0000
EVERYTHING_NEW = NEW_MOUNTS | NEW_NAMES | NEW_IPC | NEW_USERS | NEW_PROCESSES | NEW_NETWORK

READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
NO_ACCESS_TIMES, NO_FOLDER_TIMES, STATVFS_RELATIVE_TIMES = 1024, 2048, 4096
RELATIVE_TIMES, STRICT_TIMES = 1 << 21, 1 << 24
DETACH = 2

SET_DEATH_SIGNAL, SET_DUMPABLE, DROP_FROM_BOUNDING_SET = 1, 4, 24
SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVILEGES, GET_NO_NEW_PRIVILEGES, AMBIENT_CAPABILITIES = 36, 38, 39, 47
CAPABILITIES_VERSION_3 = 0x2008_0522


def checked(result: int, what: str) -> int:
    """Return a call's result, or raise OSError if it is the sign of a failure."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def system_call(name: str, *arguments: Any) -> int:
    """Make a system call by its number. Integers are widened: the kernel reads whole registers."""
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return checked(LIBC.syscall(ctypes.c_long(known(name)), *wide), name)


def prctl(option: int, *values: int) -> int:
    """Set or ask a property of this process."""
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return checked(LIBC.prctl(ctypes.c_int(option), *padded), f"prctl({option})")


def fork_into(flags: int) -> int:
    """Fork as os.fork does, into new namespaces: one process less than if this one made them and then forked.

    The caller stays outside, with what rights it has there. The C library does not hear of this fork, which is good
    enough for a process that has one thread, and whose next fork is an ordinary one.
    """
    hooks, kernel = ctypes.pythonapi, ctypes.PyDLL(None, use_errno=True)  # neither lets go of Python's lock
    hooks.PyOS_BeforeFork()
    pid = kernel.syscall(*map(ctypes.c_long, (known("clone"), flags | signal.SIGCHLD, 0, 0, 0, 0)))
    if pid == 0:
        hooks.PyOS_AfterFork_Child()
    else:
        hooks.PyOS_AfterFork_Parent()
    return checked(pid, "clone")


def set_host_name(name: str) -> None:
    """Name the machine, as processes of this namespace see it."""
    text = name.encode()
    checked(LIBC.sethostname(ctypes.c_char_p(text), ctypes.c_size_t(len(text))), "sethostname")


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """Mount something at an existing place."""
    texts = [None if each is None else os.fsencode(each) for each in (source, target, kind, options)]
    result = LIBC.mount(*map(ctypes.c_char_p, texts[:3]), ctypes.c_ulong(flags), ctypes.c_char_p(texts[3]))
    checked(result, f"mount {source or ''} on {target}")


def unmount(target: str) -> None:
    """Take a mount, and all that is mounted in it, out of the file tree."""
    checked(LIBC.umount2(ctypes.c_char_p(os.fsencode(target)), ctypes.c_int(DETACH)), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root, and put the root that was at ``old``."""
    system_call("pivot_root", ctypes.c_char_p(os.fsencode(new)), ctypes.c_char_p(os.fsencode(old)))


def restrict_mount(target: str, flags: int, recursive: bool, proc: str = "/proc") -> None:
    """Set READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC on a mount, and on all that is mounted below it if so asked.

    Kernels before 5.12 know no single call for it; there each mount is listed (in ``proc``) and mounted anew.
    """
    attributes = (ctypes.c_uint64 * 4)(flags, 0, 0, 0)  # set, clear, propagation, user namespace
    here, at_recursive = -100, 0x8000
    path = ctypes.c_char_p(os.fsencode(target))
    try:
        options = at_recursive if recursive else 0
        system_call("mount_setattr", here, path, options, attributes, ctypes.sizeof(attributes))
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
        for each in mounts_in(target, proc) if recursive else [target]:
            mount(None, each, flags=BIND | REMOUNT | flags | flags_of(each))


def mounts_in(target: str, proc: str) -> list[str]:
    """Return a mount and all that is mounted below it."""
    with open(f"{proc}/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        places = [re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), line.split()[4]) for line in file]
    return [place for place in dict.fromkeys(places) if place == target or place.startswith(f"{target}/")]


def flags_of(target: str) -> int:
    """Return the flags that a mount has, as they must be given again when it is mounted anew."""
    same, found = READ_ONLY | NO_SUID | NO_DEVICES | NO_EXEC | NO_ACCESS_TIMES | NO_FOLDER_TIMES, os.statvfs(target)
    if found.f_flag & STATVFS_RELATIVE_TIMES:
        return found.f_flag & same | RELATIVE_TIMES
    return found.f_flag & same | (0 if found.f_flag & NO_ACCESS_TIMES else STRICT_TIMES)


def drop_bounding_set() -> None:
    """Give up every capability that a program started later could bring back."""
    for capability in range(64):
        try:
            prctl(DROP_FROM_BOUNDING_SET, capability)
        except OSError as error:
            if capability == 0 or error.errno != errno.EINVAL:
                raise
            return  # the kernel knows no more


def drop_capabilities() -> None:
    """Give up every capability, for good, and make sure that it is so."""
    clear_all = 4
    prctl(AMBIENT_CAPABILITIES, clear_all)
    header, empty = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    system_call("capset", header, empty)
    prctl(SET_NO_NEW_PRIVILEGES, 1)
    header, left = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    system_call("capget", header, left)
    if any(left) or prctl(GET_NO_NEW_PRIVILEGES) != 1:
        raise OSError("this process still has capabilities after giving them up")
