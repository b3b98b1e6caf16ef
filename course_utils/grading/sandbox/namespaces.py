"""The strict sandbox of Linux: a process with users, files, processes, network and names of its own.

The process that calls :func:`enter` becomes the outermost of three. It makes new namespaces and waits. Its child is
process 1 of the box: it builds a root folder that holds nothing but what may be read, a small writable part in memory
and a few devices, gives up every privilege and from then on only buries the dead. Its child in turn is the one that
runs the student's code. If process 1 ends, the kernel ends everything in the box; and it ends when the outermost one
does. Started by the superuser, the box has two users: 0, which builds, and 1000, which is nobody outside and runs
the student's code; started by anybody else it has the one user 1000.
"""

import contextlib
import os
import select
import signal
from pathlib import Path
from typing import NoReturn

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import linux, paths, rlimits, seccomp

STUDENT, NOBODY = 1000, 65534
BOX, OLD, WRITABLE = "/box", "/old", "/box"
DEVICES = ("null", "zero", "full", "random", "urandom")
COVERED = ("/tmp", "/run", "/mnt", "/var")  # the new root is made on top of the first of these that is there
PASSWD = f"root:x:0:0::/:\nstudent:x:{STUDENT}:{STUDENT}::{BOX}:/bin/sh\n"
GROUP = f"root:x:0:\nstudent:x:{STUDENT}:\n"


def enter(limits: Limits, readable: list[Path]) -> Path:
    """Return, two processes further down, in the box's folder; see :func:`sandbox.enter`."""
    binds, links = paths.real_and_links(readable)
    reserved = rlimits.addresses()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    linux.prctl(linux.SET_DUMPABLE, 1)  # otherwise a process that changed its user may not write its own maps
    linux.prctl(linux.SET_DEATH_SIGNAL, signal.SIGKILL)
    two_users = _unshare()
    watched, held = os.pipe()
    init = os.fork()
    if init:
        _stand_by(init, held)
    os.close(held)
    _die_with_parent(watched)
    _build_root(binds, links, limits, two_users)
    _drop_privileges(two_users)
    _die_with_parent(watched)  # a change of user has made the kernel forget it
    student = os.fork()
    if student:
        _bury_the_dead(student)
    os.close(watched)
    _become_student(limits, reserved)
    return Path(BOX)


# --- three processes ------------------------------------------------------------------------------


def _stand_by(init: int, held: int) -> NoReturn:
    """Be the outermost process: hold the pipe whose end tells process 1 to go, and wait for it."""
    code = 1
    try:
        os.closerange(0, held)
        os.closerange(held + 1, 65_536)
        code = os.waitstatus_to_exitcode(os.waitpid(init, 0)[1])
    finally:
        os._exit(code if code >= 0 else 128 - code)


def _bury_the_dead(student: int) -> NoReturn:
    """Be process 1: wait for children, and for those who lost their parents, until there are none."""
    code = 1
    try:
        os.closerange(0, 65_536)
        while True:
            pid, status = os.wait()
            if pid == student:
                code = os.waitstatus_to_exitcode(status)
    except ChildProcessError:
        pass
    finally:
        os._exit(code if code >= 0 else 128 - code)


def _die_with_parent(watched: int) -> None:
    """Let the kernel end this process with its parent, and go at once if that has gone already."""
    linux.prctl(linux.SET_DEATH_SIGNAL, signal.SIGKILL)
    poll = select.poll()
    poll.register(watched)
    if any(event & select.POLLHUP for _, event in poll.poll(0)):
        os._exit(1)


def _become_student(limits: Limits, reserved: int) -> None:
    """Take the last steps, in the process that will run the student's code."""
    os.setsid()
    os.umask(0o022)
    linux.prctl(linux.SET_DUMPABLE, 1)
    rlimits.apply(limits, reserved=reserved)
    seccomp.install()


# --- users ----------------------------------------------------------------------------------------


def _unshare() -> bool:
    """Make all namespaces, and tell who the users of the box are outside. Return whether there are two of them."""
    user, group = os.geteuid(), os.getegid()
    outside = _nobody() if user == 0 else None
    if outside is None:
        linux.unshare(linux.EVERYTHING_NEW)
    elif _unshare_with_helper(outside):
        return True
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{STUDENT} {user} 1\n")
    _write("/proc/self/gid_map", f"{STUDENT} {group} 1\n")
    return False


def _nobody() -> int | None:
    """Return a user without rights that this process may become: nobody, or the last one that there is."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        ranges = [tuple(map(int, line.split())) for line in file]
    if any(first <= NOBODY < first + count for first, _, count in ranges):
        return NOBODY
    return max(first + count - 1 for first, _, count in ranges) or None


def _unshare_with_helper(outside: int) -> bool:
    """Make all namespaces and have a helper, who stays outside, write the maps: only it may map a second user."""
    box = os.getpid()
    asked, ask = os.pipe()
    answered, answer = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(ask)
        _help(box, outside, asked, answer)
    os.close(asked)
    os.close(answer)
    try:
        linux.unshare(linux.EVERYTHING_NEW)
        os.write(ask, b"?")
        return os.read(answered, 1) == b"!"
    finally:
        os.close(ask)
        os.close(answered)
        os.waitpid(helper, 0)


def _help(box: int, outside: int, asked: int, answer: int) -> NoReturn:
    """Write the maps of a box when it asks for it; go if it goes."""
    try:
        if os.read(asked, 1):
            for kind in ("uid", "gid"):
                _write(f"/proc/{box}/{kind}_map", f"0 0 1\n{STUDENT} {outside} 1\n")
            os.write(answer, b"!")
    finally:
        os._exit(0)


def _write(path: str, text: str) -> None:
    """Write to one of the kernel's files, in a single call."""
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def _drop_privileges(two_users: bool) -> None:
    """Become the box's user 1000, without any capability and without a way to get one."""
    linux.drop_bounding_set()
    if two_users:
        os.setgroups([])
        os.setresgid(STUDENT, STUDENT, STUDENT)
        os.setresuid(STUDENT, STUDENT, STUDENT)
    linux.drop_capabilities()
    linux.prctl(linux.SET_DUMPABLE, 0)  # the student, who is the same user, must not trace process 1


# --- files ----------------------------------------------------------------------------------------


def _build_root(binds: list[Path], links: dict[Path, str], limits: Limits, two_users: bool) -> None:
    """Make a root folder that holds what a box needs and nothing else, and forget the old one."""
    os.umask(0o022)
    linux.set_host_name("box")
    linux.mount(None, "/", flags=linux.RECURSIVE | linux.PRIVATE)
    base = next(folder for folder in COVERED if os.path.isdir(folder))
    linux.mount("tmpfs", base, "tmpfs", linux.NO_SUID | linux.NO_DEVICES, "size=1m,nr_inodes=16k,mode=755")
    os.mkdir(base + OLD)
    linux.pivot_root(base, base + OLD)
    os.chdir("/")
    with contextlib.suppress(OSError):  # read-only in containers; the filter of system calls refuses it as well
        _write(f"{OLD}/proc/sys/user/max_user_namespaces", "0")
    _make_writable(limits, two_users)
    _make_devices()
    _make_proc()
    for path in binds:
        _bind(str(path), linux.READ_ONLY | linux.NO_SUID | linux.NO_DEVICES)
    _make_texts_and_links(links)
    linux.unmount(OLD)
    os.rmdir(OLD)
    linux.restrict_mount("/", linux.READ_ONLY | linux.NO_SUID | linux.NO_DEVICES, recursive=False)


def _make_writable(limits: Limits, two_users: bool) -> None:
    """Make /box, /tmp and /dev/shm: three folders of one file system in memory, which has the size that is allowed."""
    options = f"size={limits.disk_mb}m,nr_inodes={max(1024, 64 * limits.disk_mb)},mode=755"
    for folder in (BOX, "/tmp", "/dev", "/dev/shm"):
        os.mkdir(folder)
    linux.mount("tmpfs", BOX, "tmpfs", linux.NO_SUID | linux.NO_DEVICES, options)
    for name in ("shm", "tmp", "box"):  # the last one comes to lie on top of all
        folder = f"{BOX}/{name}"
        os.mkdir(folder)
        os.chmod(folder, 0o1777)
        if two_users and name == "box":
            os.chown(folder, STUDENT, STUDENT)
            os.chmod(folder, 0o755)
    for name, place in (("shm", "/dev/shm"), ("tmp", "/tmp"), ("box", BOX)):
        linux.mount(f"{BOX}/{name}", place, flags=linux.BIND)


def _make_devices() -> None:
    for name in DEVICES:
        _bind(f"/dev/{name}", linux.READ_ONLY | linux.NO_SUID | linux.NO_EXEC)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"/dev/{name}")


def _make_proc() -> None:
    """Mount /proc as it is seen from inside; it stays empty where the kernel allows none, as in many containers."""
    os.mkdir("/proc")
    with contextlib.suppress(PermissionError):
        linux.mount("proc", "/proc", "proc", linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXEC)


def _bind(path: str, flags: int) -> None:
    """Show something of the old root in the same place of the new one."""
    if os.path.isdir(OLD + path):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    linux.mount(OLD + path, path, flags=linux.BIND | linux.RECURSIVE)
    linux.restrict_mount(path, flags, recursive=True)


def _make_texts_and_links(links: dict[Path, str]) -> None:
    os.makedirs("/etc", exist_ok=True)
    for name, text in (("passwd", PASSWD), ("group", GROUP)):
        Path("/etc", name).write_text(text, encoding="ascii")
    for place, target in links.items():
        if not os.path.lexists(place):
            os.makedirs(place.parent, exist_ok=True)
            os.symlink(target, place)
