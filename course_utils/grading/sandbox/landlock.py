"""The weaker sandbox of Linux, for where no user may make namespaces; and the bare one, which confines nothing.

Landlock lets a process give up access to files, for good and for all that it starts: what remains is a list of
folders. Newer kernels let it give up TCP, and signals and abstract sockets to processes outside; a filter of system
calls takes away the rest of the network. Process numbers stay those of the machine, and whether a file or process
exists can be found out. A watcher keeps all processes of the box together (see ``reaper``).
"""

import ctypes
import os
import stat
from pathlib import Path

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import linux, processes, reaper, rlimits, scratch, seccomp

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK, REFER, TRUNCATE, IOCTL_DEVICE = 1 << 6, 1 << 11, 1 << 13, 1 << 14, 1 << 15
ALL_OF_FIRST = (1 << 13) - 1
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
ABSTRACT_SOCKETS, SIGNALS = 1 << 0, 1 << 1
SIGNALS_SINCE = 6
RULE_PATH_BENEATH = 1

DEVICES = {"/dev/null": READ_FILE | WRITE_FILE, "/dev/zero": READ_FILE, "/dev/full": READ_FILE | WRITE_FILE}
DEVICES |= {"/dev/random": READ_FILE, "/dev/urandom": READ_FILE}
HARMLESS = ("/proc/cpuinfo", "/proc/meminfo", "/etc/passwd", "/etc/group")
NOBODY = 65534


class Ruleset(ctypes.Structure):
    """The kernel's landlock_ruleset_attr: what is given up unless a rule allows it."""

    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class PathBeneath(ctypes.Structure):
    """The kernel's landlock_path_beneath_attr: what is allowed in and below a folder, or with a file."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """Return which version of Landlock this kernel has; raise OSError if none."""
    return linux.system_call("landlock_create_ruleset", ctypes.c_void_p(None), 0, 1)


def lacks() -> list[str]:
    """Return what a box of this kind can do all the same, as ends of a sentence."""
    found = [
        "shares process numbers with the rest of the machine",
        "can find out which files and processes exist, though not what is in them",
        "has what it writes measured four times a second instead of limited",
    ]
    return found if version() >= SIGNALS_SINCE else ["can send signals to your other processes", *found]


def enter(limits: Limits, readable: list[Path], confined: bool = True) -> Path:
    """Return, one process further down, in the box's folder; see :func:`sandbox.enter`."""
    user = other_user(readable) if confined else None
    folder = scratch.make(user)
    reaper.fork(folder, limits)
    rules = make_rules(folder, readable) if confined else None
    if rules is not None:
        _become(user)
    me = os.geteuid()
    rlimits.apply(limits, others=processes.threads_of(me), reserved=rlimits.addresses())
    os.umask(0o077)
    if rules is not None:
        linux.system_call("landlock_restrict_self", rules, 0)
        os.close(rules)
        seccomp.install(beside_landlock=True)
    return folder / "box"


def other_user(readable: list[Path]) -> int | None:
    """Return the user to become if this is the superuser and nobody may read all that a box needs; else None."""
    if os.geteuid() != 0:
        return None
    return NOBODY if all(_anybody_may_read(path.resolve()) for path in readable) else None


def _anybody_may_read(path: Path) -> bool:
    """Tell by the modes on the way whether every user may open a file or folder."""
    wanted = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    ways = all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
    return ways and path.stat().st_mode & wanted == wanted


def _become(user: int | None) -> None:
    """Give up every capability, and the superuser's name if there is another one to take."""
    if os.geteuid() == 0:
        linux.drop_bounding_set()
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    linux.drop_capabilities()


def make_rules(folder: Path, readable: list[Path]) -> int:
    """Return a set of rules, as an open file: all that may be read, the box's own folder, a few devices."""
    known, handled = version(), all_rights()
    network = BIND_TCP | CONNECT_TCP if known >= 4 else 0
    scopes = ABSTRACT_SOCKETS | SIGNALS if known >= SIGNALS_SINCE else 0
    attributes = Ruleset(handled, network, scopes)
    size = 8 if known < 4 else 16 if known < SIGNALS_SINCE else 24
    rules = linux.system_call("landlock_create_ruleset", ctypes.byref(attributes), size, 0)
    for path in readable:
        allow(rules, path, EXECUTE | READ_FILE | READ_DIR)
    for name in HARMLESS:
        allow(rules, Path(name), READ_FILE)
    for name, rights in DEVICES.items():
        allow(rules, Path(name), rights)
    for name in ("box", "tmp"):
        allow(rules, folder / name, handled & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEVICE))
    return rules


def all_rights() -> int:
    """Return every right to files that this kernel's Landlock knows: what no rule allows is refused."""
    known = version()
    newer = ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEVICE))
    return ALL_OF_FIRST | sum(right for since, right in newer if known >= since)


def allow(rules: int, path: Path, rights: int) -> None:
    """Add a rule for a file or folder; one that is not there needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        known = rights & all_rights() & (-1 if os.path.isdir(path) else FOR_FILES)
        rule = PathBeneath(known, place)
        linux.system_call("landlock_add_rule", rules, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
