"""The strict sandbox of Linux: a process with users, files, processes, network and names of its own.

The process that calls :func:`enter` becomes the outermost of three. It forks a child into new namespaces, tells the
kernel who the child's users are, and waits. Its child is process 1 of the box: it builds a root folder that holds
nothing but what may be read, a small writable part in memory and a few devices, gives up every privilege and from then
on only buries the dead. Its child in turn is the one that runs the student's code. If process 1 ends, the kernel ends
everything in the box; and it ends when the outermost one does. Started by the superuser, the box has two users: 0,
which builds, and 1000, which is nobody outside and runs the student's code; started by anybody else it has the one
user 1000.
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
    linux.prctl(linux.SET_DUMPABLE, 1)  # otherwise, after a change of user, nobody but the superuser may write maps
    linux.prctl(linux.SET_DEATH_SIGNAL, signal.SIGKILL)
    outside, pipes = _nobody(), (*os.pipe(), *os.pipe())
    init = linux.fork_into(linux.EVERYTHING_NEW)
    if init:
        _stand_by(init, outside, pipes)
    watched = _wait_for_maps(pipes)
    _build_root(binds, links, limits, two_users=outside is not None)
    _drop_privileges(two_users=outside is not None)
    _die_with_parent(watched)  # a change of user has made the kernel forget it
    student = os.fork()
    if student:
        _bury_the_dead(student)
    os.close(watched)
    _become_student(limits, reserved)
    return Path(BOX)


# --- three processes ------------------------------------------------------------------------------


def _stand_by(init: int, outside: int | None, pipes: tuple[int, ...]) -> NoReturn:
    """Be the outermost process: tell who the box's users are, and wait for its process 1.

    One end of each pipe stays open here: process 1 goes when it is closed. The other pipe brings word of a failure.
    """
    code, (watched, held, asked, answer) = 1, pipes
    try:
        for end in (watched, asked):
            os.close(end)
        problem = _write_maps(init, outside)
        os.write(answer, problem.encode() or b"!")
        os.closerange(0, held)
        os.closerange(held + 1, 65_536)
        code = os.waitstatus_to_exitcode(os.waitpid(init, 0)[1])
        if code == -signal.SIGKILL:  # no process in the box can do that: let it be seen from outside
            os.kill(os.getpid(), signal.SIGKILL)
    finally:
        os._exit(code if code >= 0 else 128 - code)


def _wait_for_maps(pipes: tuple[int, ...]) -> int:
    """Wait, as process 1, until the users are known; return the pipe whose end means that the parent is gone."""
    watched, held, asked, answer = pipes
    for end in (held, answer):
        os.close(end)
    _die_with_parent(watched)
    word = os.read(asked, 1000).decode()
    os.close(asked)
    if word != "!":
        raise OSError(f"the box's users could not be made: {word or 'the outermost process is gone'}")
    return watched


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


def _nobody() -> int | None:
    """Return a user without rights, whom this process may map: nobody, or the last one that there is; else None."""
    with open("/proc/self/uid_map", encoding="utf-8") as file:
        ranges = [tuple(map(int, line.split())) for line in file]
    if os.geteuid() != 0:
        return None
    if any(first <= NOBODY < first + count for first, _, count in ranges):
        return NOBODY
    return max(first + count - 1 for first, _, count in ranges) or None


def _write_maps(init: int, outside: int | None) -> str:
    """Tell the kernel which users outside the box's users are; return what went wrong, or ""."""
    try:
        if outside is None:
            _write(f"/proc/{init}/setgroups", "deny")
        for kind, own in (("uid", os.geteuid()), ("gid", os.getegid())):
            one, two = f"{STUDENT} {own} 1\n", f"0 {own} 1\n{STUDENT} {outside} 1\n"
            _write(f"/proc/{init}/{kind}_map", one if outside is None else two)
    except OSError as error:
        return str(error)
    return ""


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


def _build_root(binds: list[str], links: dict[str, str], limits: Limits, two_users: bool) -> None:
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
        _bind(path, linux.READ_ONLY | linux.NO_SUID | linux.NO_DEVICES)
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
    """Mount /proc as it is seen from inside; it stays empty where the kernel allows none, as in many containers.

    It is read-only: if the box's only user is the superuser outside, /proc/sys would be his to write.
    """
    os.mkdir("/proc")
    flags = linux.READ_ONLY | linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXEC
    with contextlib.suppress(PermissionError):
        linux.mount("proc", "/proc", "proc", flags)


def _bind(path: str, flags: int) -> None:
    """Show something of the old root in the same place of the new one."""
    if os.path.isdir(OLD + path):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    linux.mount(OLD + path, path, flags=linux.BIND | linux.RECURSIVE)
    linux.restrict_mount(path, flags, recursive=True, proc=f"{OLD}/proc")


def _make_texts_and_links(links: dict[str, str]) -> None:
    os.makedirs("/etc", exist_ok=True)
    for name, text in (("passwd", PASSWD), ("group", GROUP)):
        Path("/etc", name).write_text(text, encoding="utf-8")
    for place, target in links.items():
        if not os.path.lexists(place):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(target, place)
