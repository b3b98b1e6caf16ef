"""Attacks on a box, and a process that runs them: one thread, a fresh fork for each, walls taken out on demand.

``test_sandbox`` starts this file and sends it one request a line, as JSON. An attack runs in the box and returns what
it got; nothing, where the box holds. A weakening takes one wall out, so that the test can see that the attack is real.
"""

import ctypes
import errno
import json
import mmap
import os
import resource
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import (
    cage,
    cgroups,
    landlock,
    linux,
    namespaces,
    paths,
    processes,
    rlimits,
    scratch,
    seccomp,
    selftest,
    tiers,
)
from course_utils.grading.sandbox.inside import inside

MEGABYTE = 1 << 20
LIBC = ctypes.CDLL(None, use_errno=True)


def tried(function, *arguments) -> bool:
    """Tell whether a call succeeds."""
    try:
        function(*arguments)
    except (OSError, ValueError):
        return False
    return True


# --- attacks --------------------------------------------------------------------------------------


def read(path):
    return Path(path).read_text() if tried(Path(path).read_text) else ""


def read_through_link(path):
    os.symlink(path, "link")
    return read("link") or read(f"/proc/self/root{path}") or read(f"/proc/1/root{path}")


def list_open_folder(number):
    return os.listdir(number) if tried(os.listdir, number) else []


def climb_out_of_open_folder(number):
    try:
        return os.listdir(os.open("..", os.O_RDONLY, dir_fd=number))
    except OSError:
        return []


def leave_root(_):
    os.mkdir("deep")
    linux_old_trick = tried(os.chroot, "deep")
    os.chdir("../" * 30)
    found = os.listdir(".") if tried(os.listdir, ".") else []
    return linux_old_trick or [name for name in found if name in ("old", "home", "var", "mnt", "opt")]


def write(path):
    return tried(Path(path).write_text, "was here")


def hard_link(path):
    return tried(os.link, path, "mine") and read("mine")


def append(path):
    def add():
        with open(path, "a") as file:
            file.write("changed")

    return tried(add)


def change_mode_and_times(path):
    tried(os.chmod, path, 0o600)
    tried(os.utime, path, (1, 1))
    tried(os.truncate, path, 0)
    found = os.stat(path)
    return found.st_mode & 0o777 == 0o600 or found.st_mtime == 1 or found.st_size == 0


def make_writable_again(path):
    return tried(linux.restrict_mount, "/", 0, True) or tried(linux.mount, None, path, None, linux.BIND | linux.REMOUNT)


def list_processes(_):
    if not tried(os.listdir, "/proc"):
        return []
    own = {os.getpid(), os.getppid()}
    return [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in own]


def end_process(pid):
    return tried(os.kill, pid, signal.SIGTERM)


def look_into_process(pid):
    def look():
        with open(f"/proc/{pid}/mem", "rb") as memory, open(f"/proc/{pid}/maps") as maps:
            memory.seek(int(maps.readline().split("-")[0], 16))
            memory.read(16)

    return (
        tried(look)
        or tried(os.listdir, f"/proc/{pid}/fd")
        or tried(resource.prlimit, pid, resource.RLIMIT_CORE, (0, 0))
    )


def _connect(family, kind, address):
    def go():
        with socket.socket(family, kind) as sock:
            sock.settimeout(2)
            sock.connect(address)
            sock.send(b"hello")

    return tried(go)


def connect_tcp(port):
    return _connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port))


def send_udp(port):
    return _connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port))


def listen_tcp(_):
    def go():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.listen()
            os.stat("/sys/class/net/eth0")

    return tried(go)


def connect_abstract(name):
    return _connect(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}")


def connect_path(path):
    return _connect(socket.AF_UNIX, socket.SOCK_STREAM, path)


def talk_to_host_of_machine(_):
    return tried(socket.socket, socket.AF_VSOCK, socket.SOCK_STREAM)


def shared_ipc(_):
    return LIBC.shmget(0x1234, 4096, 0o1666) >= 0


def use_privileges(_):
    sizes = ctypes.c_char_p(b"tmpfs")
    attempts = {
        "mount": lambda: linux.checked(LIBC.mount(sizes, ctypes.c_char_p(b"/tmp"), sizes, ctypes.c_ulong(0), None), ""),
        "unmount": lambda: linux.unmount("/tmp"),
        "become 0": lambda: os.setuid(0),
        "chroot": lambda: os.chroot("/tmp"),
        "host name": lambda: linux.set_host_name(socket.gethostname()),
        "device": lambda: os.mknod("disk", 0o60666, os.makedev(254, 0)),
        "own limits": lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10_000, 10_000)),
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, -10),
    }
    if os.getuid() == 0:  # beside Landlock, where the superuser's name stays, without its rights
        del attempts["become 0"]
    return [name for name, attempt in attempts.items() if tried(attempt)]


def new_users(_):
    return LIBC.unshare(linux.NEW_USERS) == 0


def tame_init(_):
    """Only in namespaces: process 1 is the same user's."""
    tried(os.kill, 1, signal.SIGKILL)
    return [
        what
        for what, attempt in (
            ("memory", lambda: open("/proc/1/mem", "r+b").close()),
            ("folder", lambda: os.readlink("/proc/1/cwd")),
            ("limits", lambda: resource.prlimit(1, resource.RLIMIT_CORE, (0, 0))),
            ("trace", lambda: linux.checked(LIBC.ptrace(16, 1, None, None), "ptrace")),
        )
        if tried(attempt)
    ]


def write_kernel_settings(_):
    """Write what is there already: nothing changes even where it works."""

    def rewrite(name):
        path = Path("/proc/sys/kernel", name)
        path.write_text(path.read_text())

    return [
        name for name in ("core_pattern", "hostname", "domainname", "printk", "ns_last_pid") if tried(rewrite, name)
    ]


def fork_bomb(most):
    count = 0
    while count < most:
        try:
            pid = os.fork()
        except OSError:
            break
        if pid == 0:
            while True:
                signal.pause()
        count += 1
    return count


def hoard_memory(most):
    """Return how many megabytes could be taken."""
    hoard = []
    try:
        while len(hoard) < most:
            hoard.append(bytearray(os.urandom(4096)) * 256)
    except MemoryError:
        pass
    return len(hoard)


def hoard_shared_memory(most):
    hoard = []
    try:
        while 16 * len(hoard) < most:
            hoard.append(mmap.mmap(-1, 16 * MEGABYTE))
            for place in range(0, 16 * MEGABYTE, 4096):
                hoard[-1][place] = 1
    except (OSError, ValueError):
        pass
    return 16 * len(hoard)


def reserve_addresses(most):
    hoard = []
    try:
        while 256 * len(hoard) < most:
            hoard.append(mmap.mmap(-1, 256 * MEGABYTE))
    except (OSError, ValueError):
        pass
    return 256 * len(hoard)


def hoard_in_family(question):
    """Have children take memory each; return how many of them got it and kept it."""
    children, each = question
    ready, tell = os.pipe()
    for _ in range(children):
        if os.fork() == 0:
            hoard = bytearray(b"x") * (each * MEGABYTE)
            os.write(tell, b"+")
            time.sleep(60)
            os._exit(len(hoard) and 0)
    os.close(tell)
    time.sleep(2)
    os.set_blocking(ready, False)
    alive = 0
    for _ in range(children):
        pid, _status = os.waitpid(-1, os.WNOHANG)
        alive += pid == 0
    return alive


def hoard_disk(most):
    """Return how many megabytes could be written, in small files everywhere."""
    written = 0
    try:
        while written < most:
            for folder in (".", os.environ["TMPDIR"]):
                Path(folder, f"{written}.bin").write_bytes(b"x" * MEGABYTE)
                written += 1
                time.sleep(0.01)
    except OSError:
        pass
    return written


def one_large_file(most):
    written = 0
    try:
        with open("large", "wb", buffering=0) as file:
            while written < most:
                written += file.write(b"x" * MEGABYTE) // MEGABYTE
    except OSError:
        pass
    return written


def hoard_files(most):
    made = 0
    try:
        while made < most:
            Path(str(made)).mkdir()
            made += 1
    except OSError:
        pass
    return made


def burn(_):
    while True:
        pass


def start_daemon(_):
    """Leave a process behind that has left its parents, its group and its session."""
    if os.fork():
        time.sleep(0.2)
        return 1
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()


def leave_a_fork(end):
    """End the first process; a fork of it answers later."""
    if os.fork():
        os._exit(3)
    time.sleep(0.3)
    return "alive"


def look_around(_):
    def works(path):
        return tried(Path(path, "own").write_text, "x")

    return {
        "here": os.getcwd(),
        "entries": sorted(os.listdir(".")),
        "text": Path("sub/a.txt").read_text() if Path("sub/a.txt").exists() else "",
        "home": os.environ["HOME"],
        "here is writable": works("."),
        "TMPDIR is writable": works(os.environ["TMPDIR"]),
        "null": tried(Path("/dev/null").write_text, "x") and len(open("/dev/urandom", "rb").read(4)),
        "single": tried(os.listdir, sys.base_prefix),
        "user": os.getuid(),
        "groups": os.getgroups(),
        "names": os.uname().nodename,
        "leader": os.getsid(0) == os.getpid(),
        "root": sorted(os.listdir("/")) if tried(os.listdir, "/") else [],
    }


def nothing(_):
    return "nothing"


def mess(_):
    """Leave what is hard to remove."""
    for _step in range(1500):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(os.environ["HOME"])
    os.mkdir("locked")
    Path("locked/file").write_text("x")
    os.chmod("locked", 0)
    os.symlink("/etc", "link")
    os.mkfifo("fifo")
    return "done"


# --- taking walls out -----------------------------------------------------------------------------


def no_walls():
    tiers._enter = lambda name, limits, readable: scratch.make() / "box"


def no_groups():
    cgroups.make = lambda name, limits: []


def no_limits():
    rlimits.apply = lambda *arguments, **options: None


def no_filter():
    seccomp.install = lambda **options: None


def no_landlock():
    original = linux.system_call
    linux.system_call = lambda name, *rest: 0 if name == "landlock_restrict_self" else original(name, *rest)


def no_names_checked():
    paths.check_names = lambda names: None


def files_stay_open():
    tiers._close_files = lambda: None


def shared_network():
    linux.EVERYTHING_NEW &= ~linux.NEW_NETWORK


def shared_processes():
    linux.EVERYTHING_NEW &= ~linux.NEW_PROCESSES
    namespaces._make_proc = lambda: (
        os.mkdir("/proc"),
        linux.mount("/old/proc", "/proc", flags=linux.BIND | linux.RECURSIVE),
    )


def shared_ipc_names():
    linux.EVERYTHING_NEW &= ~linux.NEW_IPC


def writable_mounts():
    linux.restrict_mount = lambda *arguments, **options: None


def proc_is_writable():
    original = linux.mount
    linux.mount = lambda source, target, kind=None, flags=0, options=None: original(
        source, target, kind, flags & ~linux.READ_ONLY if kind == "proc" else flags, options
    )


def keeps_privileges():
    namespaces._drop_privileges = lambda two_users: None
    landlock._become = lambda user: linux.prctl(linux.SET_NO_NEW_PRIVILEGES, 1)


def init_can_be_traced():
    original = linux.prctl
    linux.prctl = lambda option, *values: original(option, *(values if option != linux.SET_DUMPABLE else (1,)))


def users_may_be_made():
    original = namespaces._write
    namespaces._write = lambda path, text: None if path.endswith("max_user_namespaces") else original(path, text)


def size_of_disk_is_free():
    original = linux.mount
    linux.mount = lambda source, target, kind=None, flags=0, options=None: original(
        source, target, kind, flags, options and options.replace("size=16m", "size=900m")
    )
    scratch.size = lambda folder: 0


def nobody_is_adopted():
    original = linux.prctl
    linux.prctl = lambda option, *values: original(option, *values) if option != linux.SET_CHILD_SUBREAPER else 0


def nobody_dies_with_parent():
    original = linux.prctl
    linux.prctl = lambda option, *values: original(option, *values) if option != linux.SET_DEATH_SIGNAL else 0


def only_first_process_is_killed():
    cage.Cage.kill = lambda self, pid: tried(os.kill, pid, signal.SIGKILL)


def old_kernel():
    """No weakening: a kernel before 5.12, which has no mount_setattr."""
    original = linux.system_call

    def refuse(name, *rest):
        if name == "mount_setattr":
            raise OSError(errno.ENOSYS, "not known")
        return original(name, *rest)

    linux.system_call = refuse


def no_proc_allowed():
    """No weakening: a container in which nobody may mount /proc."""
    original = linux.mount

    def refuse(source, target, kind=None, flags=0, options=None):
        if kind == "proc":
            raise PermissionError(errno.EPERM, "refused")
        return original(source, target, kind, flags, options)

    linux.mount = refuse


def no_second_user():
    """No weakening in itself: a container with one user."""
    namespaces._nobody = lambda: None


def failing(where):
    """Let one step of entering fail."""
    module, name = where.split(".")

    def fail(*_arguments, **_options):
        raise OSError(errno.EPERM, f"{name} refused by the test")

    setattr(globals()[module], name, fail)


# --- the process that runs them -------------------------------------------------------------------


def become(user):
    """Give up the superuser's rights, as this process's user."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def kill_outermost(box):
    os.kill(box.pid, signal.SIGKILL)
    time.sleep(0.05)


def kill_init(box):
    os.kill(processes.children(box.pid)[0], signal.SIGKILL)


def kill_main(box):
    os.kill(box.cage.main(box.pid), signal.SIGKILL)


def still_there(box):
    return processes.running(box.cage.main(box.pid) or 0)


THEN = {each.__name__: each for each in (kill_outermost, kill_init, kill_main, still_there)}


def work(request):
    """Run one attack in one box and return what there is to say about it."""
    linux.prctl(linux.SET_CHILD_SUBREAPER, 1)
    for name in request.get("weaken", []):
        failing(name.removeprefix("failing ")) if name.startswith("failing ") else globals()[name]()
    readable = [Path(path) for path in request["readable"]]
    tier, limits = tiers.Tier(request["tier"], True, ""), Limits(**request.get("limits", {}))
    files = {name: text.encode() for name, text in request.get("files", {}).items()}
    argument, reply = request.get("argument"), {}
    if "open folder" in request:
        argument = os.open(request["open folder"], os.O_RDONLY)
    if request.get("user"):
        become(request["user"])
    with inside(tier, globals()[request["attack"]], argument, limits, readable, files) as box:
        if request.get("wait", True):
            reply["answer"] = box.answer(request.get("seconds", 20))
        reply["pids"] = len(box.cage.pids())
        reply["groups"] = len(box.cage.groups)
        if "then" in request:
            reply["then"] = THEN[request["then"]](box)
        if request.get("kill", True):
            box.cage.kill(box.pid)
        reply["ended"] = box.ended(3)
        outermost = box.pid
    reply["folder is left"] = box.cage.folder.exists()
    reply["groups are left"] = [str(group) for group in box.cage.groups if group.exists()]
    left = [pid for pid in processes.descendants(os.getpid()) if processes.running(pid)]
    processes.send(left, signal.SIGKILL)
    reply["processes are left"] = [pid for pid in left if pid != outermost]
    return reply


def many(request):
    """Make many boxes one after the other; return what this process has more of than before, and the seconds."""
    linux.prctl(linux.SET_CHILD_SUBREAPER, 1)
    tier, readable = tiers.Tier(request["tier"], True, ""), [Path(path) for path in request["readable"]]

    def state():
        return {
            "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
            "files": sorted(os.listdir("/proc/self/fd")),
            "processes": processes.descendants(os.getpid()),
            "groups and folders": remains([os.getpid()]),
        }

    def one(attack):
        with inside(tier, attack, 5, Limits(), readable, {"a.txt": b"x"}) as box:
            assert "error" not in str(box.answer()), "a box failed"

    one(nothing)
    before, start, used = state(), time.monotonic(), cpu()
    for number in range(request["count"]):
        one((nothing, fork_bomb, start_daemon)[number % 3] if request.get("attacks") else nothing)
    seconds, spent = time.monotonic() - start, cpu() - used
    after = state()
    return {"before": before, "after": after, "seconds": seconds / request["count"], "cpu": spent / request["count"]}


def cpu():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)


def remains(makers):
    """Return the groups and folders of cages that were made by some processes: others may be at it as well."""
    places = {place for places in cgroups.places().values() for place in places} | {Path(tempfile.gettempdir())}
    return [str(path) for maker in makers for place in places for path in place.glob(f"course-box-{maker}-*")]


def die_in_the_middle(request):
    """Have a supervisor with a box ended by SIGKILL, some time after it started; return what is left of both."""
    linux.prctl(linux.SET_CHILD_SUBREAPER, 1)
    readable = [Path(path) for path in request["readable"]]
    left, makers = [], []
    for delay in request["delays"]:
        supervisor = os.fork()
        if supervisor == 0:
            linux.prctl(linux.SET_CHILD_SUBREAPER, 0)
            with inside(tiers.Tier(request["tier"], True, ""), fork_bomb, 5, Limits(), readable):
                time.sleep(60)
            os._exit(0)
        time.sleep(delay)
        os.kill(supervisor, signal.SIGKILL)
        makers.append(supervisor)
        until = time.monotonic() + 5
        while time.monotonic() < until and _running_below():
            time.sleep(0.02)
        left += _running_below()
        processes.send(_running_below(), signal.SIGKILL)
    time.sleep(0.1)
    while tried_to_reap():
        pass
    found = remains(makers)
    cage.sweep()
    return {"processes": left, "swept": bool(found), "remains": remains(makers)}


def _running_below():
    return [pid for pid in processes.descendants(os.getpid()) if processes.running(pid)]


def tried_to_reap():
    try:
        return os.waitpid(-1, os.WNOHANG)[0]
    except ChildProcessError:
        return False


def self_attack(request):
    """Run the self-test with what it may read, or the sandbox, exchanged."""
    for name in request.get("weaken", []):
        globals()[name]()
    return selftest.attack(request["question"])


def serve():
    """Answer requests until there are none."""
    for line in sys.stdin:
        request = json.loads(line)
        worker = os.fork()
        if worker == 0:
            try:
                answer = globals()[request.get("do", "work")](request)
            except BaseException:
                answer = {"error": traceback.format_exc()}
            print(json.dumps(answer), flush=True)
            os._exit(0)
        os.waitpid(worker, 0)


if __name__ == "__main__":
    serve()
