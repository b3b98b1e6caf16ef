"""A filter on system calls: the second line behind namespaces, and a part of the first one beside Landlock.

The filter is a small program for the kernel (classic BPF): it looks at the number of each system call and lets it
pass, refuses it, or says that it was done without doing it. It closes what the other walls leave open: families of
sockets that no network namespace knows (such as those to a virtual machine's host), new namespaces made inside the
box, files in memory that no limit counts, and calls into rarely used, often faulty corners of the kernel. Without
namespaces it also takes the place of the walls that Landlock has not: every socket, and changes to the mode, owner and
times of files that may be read.
"""

import ctypes
import errno
import struct

from course_utils.grading.sandbox import linux
from course_utils.grading.sandbox.syscalls import number, processor

ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
FIRST_FOREIGN_NUMBER = 0x4000_0000  # x32: the same calls again, under other numbers

REFUSED = (
    "ptrace process_vm_readv process_vm_writev pidfd_getfd unshare setns chroot pivot_root mount umount2 mount_setattr "
    "open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick open_by_handle_at bpf perf_event_open "
    "userfaultfd io_uring_setup add_key request_key keyctl shmget semget msgget mq_open init_module finit_module "
    "delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl syslog memfd_create memfd_secret"
)

# with Landlock alone: calls that would reach other processes of the same user, or files by their path
REFUSED_BESIDE_LANDLOCK = (
    "socket truncate setpriority sched_setaffinity sched_setparam sched_setscheduler sched_setattr ioprio_set"
)
PRETENDED_BESIDE_LANDLOCK = (
    "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat setxattr lsetxattr "
    "fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr"
)
# what boxes that are graded at once could talk by, over the libraries that all of them may read
WATCHES = "inotify_add_watch fanotify_init fanotify_mark"  # refused
LOCKS = "flock"  # seem to succeed: nobody else has a file of this box
LOCKING = (5, 6, 7, 36, 37, 38, 1024, 1026)  # commands of fcntl: record locks, leases, notices
SOCKETS_IN_NAMESPACES = (1, 2, 10, 16)  # UNIX, IPv4, IPv6, netlink: all of them see the box's own network only
THIS_PROCESS = 0

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # the kernel's BPF instructions
ALLOW, ERROR, KILL_PROCESS = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT, SECOND_ARGUMENT_AT = 0, 4, 16, 24


def instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """Return one instruction; ``then`` and ``otherwise`` say how many instructions to skip."""
    return struct.pack("=HBBI", code, then, otherwise, value)


def answer(error: int) -> bytes:
    """Return the instruction that ends a call with an error; 0 lets it seem to have succeeded."""
    return instruction(RETURN, ERROR | error)


def when_called(name: str, body: list[bytes]) -> list[bytes]:
    """Return the instructions that run ``body`` (which must end with an answer) for one call, and nothing else."""
    called = number(name)
    return [] if called is None else [instruction(EQUAL, called, 0, len(body)), *body]


def first_argument_in(allowed: tuple[int, ...]) -> list[bytes]:
    """Return the instructions that allow a call if the lower half of its first argument is one of some values."""
    tests = [instruction(EQUAL, value, len(allowed) - index) for index, value in enumerate(allowed)]
    return [instruction(LOAD, FIRST_ARGUMENT_AT), *tests, answer(errno.EPERM), instruction(RETURN, ALLOW)]


def no_locks() -> list[bytes]:
    """Return the instructions that let fcntl's locks seem to succeed, and pass its other commands."""
    tests = [instruction(EQUAL, command, len(LOCKING) - index) for index, command in enumerate(LOCKING)]
    return [instruction(LOAD, SECOND_ARGUMENT_AT), *tests, instruction(RETURN, ALLOW), answer(0)]


def program(beside_landlock: bool) -> bytes:
    """Return the whole filter. A call of another processor's kind ends the process."""
    lines = [instruction(LOAD, ARCHITECTURE_AT), instruction(EQUAL, ARCHITECTURES[processor()], 1)]
    lines += [instruction(RETURN, KILL_PROCESS), instruction(LOAD, NUMBER_AT)]
    lines += [instruction(AT_LEAST, FIRST_FOREIGN_NUMBER, 0, 1), answer(errno.ENOSYS)]
    for name in f"{REFUSED} {WATCHES} {REFUSED_BESIDE_LANDLOCK if beside_landlock else ''}".split():
        lines += when_called(name, [answer(errno.EPERM)])
    lines += when_called(LOCKS, [answer(0)]) + when_called("fcntl", no_locks())
    lines += when_called("clone3", [answer(errno.ENOSYS)])  # its flags are out of a filter's reach; clone is used then
    no_new_users = [instruction(LOAD, FIRST_ARGUMENT_AT), instruction(ANY_BIT, linux.EVERYTHING_NEW, 0, 1)]
    lines += when_called("clone", [*no_new_users, answer(errno.EPERM), instruction(RETURN, ALLOW)])
    lines += when_called("prlimit64", first_argument_in((THIS_PROCESS,)))
    if beside_landlock:
        for name in PRETENDED_BESIDE_LANDLOCK.split():
            lines += when_called(name, [answer(0)])
    else:
        lines += when_called("socket", first_argument_in(SOCKETS_IN_NAMESPACES))
    return b"".join([*lines, instruction(RETURN, ALLOW)])


class FilterProgram(ctypes.Structure):
    """The kernel's sock_fprog: how many instructions, and where."""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.c_char_p))


def install(beside_landlock: bool = False) -> None:
    """Put the filter on this process and on all that it will start; nobody can take it off again."""
    code = program(beside_landlock)
    filtering = FilterProgram(len(code) // 8, code)
    set_seccomp, filter_mode = 22, 2
    result = linux.LIBC.prctl(ctypes.c_int(set_seccomp), ctypes.c_ulong(filter_mode), ctypes.byref(filtering), 0, 0)
    linux.checked(result, "seccomp")
