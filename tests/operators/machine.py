"""A machine inside of this one: names, users, folders and network of its own, and nothing of it is left in the end.

It is made of Linux's namespaces, by the superuser. What it has in /etc, /home, /opt and /srv is its own, in memory; all
else is this machine's. It has a loopback device, and no way out unless a test lays one.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import util
from pathlib import Path

import pytest

OWN = ("/home", "/opt", "/srv")
PROGRAMS = {"nbgrader": "nbgrader", "alembic": "alembic.config", "jupyterhub": "jupyterhub", "course": "course_utils"}
NODE = Path(sys.prefix) / "node" / "node_modules" / ".bin"  # what ``make operators`` has from npm
SEARCHED = (str(NODE), "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def need(*programs: str, modules: Sequence[str] = ()) -> None:
    """Skip the test where something is missing that ``make operators`` would install."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a machine inside of this one is made by the superuser of a Linux")
    wanted = ("setpriv", "unshare", "nsenter", "runuser", "ip", *programs)
    lacking = [one for one in wanted if not shutil.which(one, path=os.pathsep.join(SEARCHED))]
    lacking += [one for one in modules if util.find_spec(one) is None]
    if lacking:
        pytest.skip(f"not here: {', '.join(lacking)}; make operators installs it")


class Machine:
    """A machine that is running.

    Parameters
    ----------
    name
        Its host name.
    pid
        The first process in it.
    """

    def __init__(self, name: str, pid: int) -> None:
        self.name, self.pid, self.path = name, pid, os.pathsep.join(SEARCHED)

    def inside(self, words: Sequence[str], user: str = "root", folder: str = "/") -> list[str]:
        """Return the command that runs another one inside."""
        become = [] if user == "root" else ["runuser", "-u", user, "--"]
        return ["nsenter", "-t", str(self.pid), "-m", "-u", "-n", "-p", *become, "env", "-C", folder, *words]

    def login(self, user: str = "root") -> dict[str, str]:
        """Return the environment of somebody who has logged in."""
        home = "/root" if user == "root" else f"/home/{user}"
        names = {"HOME": home, "USER": user, "LOGNAME": user, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
        return {**names, "PATH": self.path}

    def start(self, words: Sequence[str], user: str = "root", folder: str = "/", log: Path | None = None):
        """Start a program inside; what it says goes into a file."""
        out = log.open("w") if log else subprocess.DEVNULL
        return subprocess.Popen(
            self.inside(words, user, folder), env=self.login(user), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )

    def run(self, *words: str, user: str = "root", folder: str = "/", status: int = 0) -> str:
        """Run a program inside and return what it said; the test fails if it ends in another status."""
        done = subprocess.run(
            self.inside(words, user, folder),
            env=self.login(user),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1800,
        )
        assert done.returncode == status, f"{' '.join(words)}: status {done.returncode}\n{done.stdout}"
        return done.stdout

    def shell(self, line: str, **options) -> str:
        """Run a line of a shell inside."""
        return self.run("sh", "-ec", line, **options)

    def add_user(self, name: str, password: str = "") -> None:
        """Give somebody a login, and a home that nobody else can look into."""
        self.shell(f"useradd --create-home --shell /bin/sh {name} && chmod 700 /home/{name}")
        if password:
            self.shell(f"echo '{name}:{password}' | chpasswd")

    def install(self, wheel: Path) -> None:
        """Have in /opt/labs what a guide's commands install from registries: this Python's packages, and a wheel."""
        below = ":".join(dict.fromkeys(map(str, [sys.prefix, *(one.parents[2] for one in packages())])))
        self.shell("mkdir -p /opt/labs /opt/.labs /opt/.work")
        self.shell(f"mount -t overlay overlay -o lowerdir={below},upperdir=/opt/.labs,workdir=/opt/.work /opt/labs")
        own = f"/opt/labs/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
        self.shell(f"rm -rf {own}/*course_utils* && /opt/labs/bin/python -m zipfile -e '{wheel}' {own}")
        for name, module in PROGRAMS.items():
            start = f'#!/bin/sh\nexec /opt/labs/bin/python -P -m {module} "$@"\n'
            self.run("sh", "-ec", f'rm -f /opt/labs/bin/{name}; printf "%s" "$0" > /opt/labs/bin/{name}', start)
        self.shell(f"cd /opt/labs/bin && chmod 755 {' '.join(PROGRAMS)}")
        self.path = os.pathsep.join(["/opt/labs/bin", *SEARCHED])

    def eventually(self, line: str, seconds: float = 600, **options) -> str:
        """Run a line of a shell again and again until it succeeds, and return what it said."""
        until = time.monotonic() + seconds
        while True:
            try:
                return self.shell(line, **options)
            except AssertionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)


@contextlib.contextmanager
def running(name: str) -> Iterator[Machine]:
    """Run a machine; whatever still runs in it in the end is killed."""
    alone = "setpriv --pdeathsig KILL unshare -m -u -n -p --fork --kill-child --propagation private"
    command = [*alone.split(), "sh", "-c", "while true; do sleep 1; done"]  # a shell that waits buries the dead
    holder = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        machine = Machine(name, first_process(holder.pid))
        settle(machine)
        yield machine
    finally:
        holder.kill()  # it takes no other signal, and takes everything inside with it
        holder.wait()


def first_process(holder: int) -> int:
    """Return the number of the process in the new namespaces, once it is there."""
    children = Path(f"/proc/{holder}/task/{holder}/children")
    for _ in range(600):
        for child in children.read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "sh":
                return int(child)
        time.sleep(0.05)
    raise AssertionError("no namespaces")


def settle(machine: Machine) -> None:
    """Give a machine its name, folders and loopback, and let its users run this Python."""
    own_etc = "mount -t overlay overlay -o lowerdir=/etc,upperdir=/srv/.etc,workdir=/srv/.work /etc"
    lines = [
        "mount -t proc proc /proc",
        "ip link set lo up",
        # programs that look for an address of their own take none of the loopback's
        "ip link add own type veth peer name loose && ip address add 10.9.7.1/24 dev own && ip link set own up",
        f"hostname {machine.name}",
        *openings(needed()),
        *(f"mount -t tmpfs -o mode=755 tmpfs {folder}" for folder in OWN),
        f"mkdir /srv/.etc /srv/.work; {own_etc}",
        f"echo '127.0.0.1 localhost {machine.name}' > /etc/hosts",
    ]
    for line in lines:
        machine.shell(line)


def packages() -> list[Path]:
    """Return the folders with the packages of this Python."""
    return [Path(one) for one in sys.path if Path(one).name in ("site-packages", "dist-packages")]


def needed() -> list[Path]:
    """Return the folders that everybody must be able to read: this Python and its packages."""
    return [Path(sys.base_prefix), Path(sys.prefix), *packages(), NODE.parent]


def openings(folders: Sequence[Path]) -> list[str]:
    """Return lines of a shell that open folders to everybody which lie in one that only the superuser may enter.

    The closed folder is covered by an empty one, in this machine only, and what is needed is put there again.
    """
    by_closed: dict[Path, list[Path]] = {}
    for folder in folders:
        closed = [one for one in folder.parents if one.exists() and not one.stat().st_mode & 0o001]
        if closed and folder.exists():
            by_closed.setdefault(closed[-1], []).append(folder)
    lines = []
    for closed, inside in by_closed.items():
        held = {f"/mnt/{number}": one for number, one in enumerate(inside)}
        lines.append("mount -t tmpfs tmpfs /mnt")
        lines += [f"mkdir {hold} && mount --bind '{one}' {hold}" for hold, one in held.items()]
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs '{closed}'")
        lines += [f"mkdir -p '{one}' && mount --bind {hold} '{one}'" for hold, one in held.items()]
    return lines


def join(one: Machine, other: Machine, addresses: tuple[str, str]) -> None:
    """Lay a cable between two machines; its ends are called ``cable``."""
    ends = f"ip link add cable netns {one.pid} type veth peer name cable netns {other.pid}"
    subprocess.run(ends.split(), check=True)
    for machine, address in zip((one, other), addresses, strict=True):
        machine.shell(f"ip address add {address}/24 dev cable && ip link set cable up")
