"""The warm parent: imports once what every notebook imports, and forks a supervisor for each submission.

It has one thread (forking a process with more is not safe), it was started without the course's folder on its path, and
it never reads a job: a supervisor gets its job over a socket of its own. What it holds, every student's process holds a
copy of: libraries, and the names of folders that may be read.
"""

import argparse
import contextlib
import gc
import importlib
import os
import resource
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from course_utils.grading import sandbox, shell
from course_utils.grading.channel import Channel, Gone, take
from course_utils.grading.nursery import Nursery, die_with_parent
from course_utils.grading.supervise import supervise

MODULES = ("numpy", "torch", "torchvision", "matplotlib.pyplot", "ipywidgets", "anywidget")
OURS = ("checks", "plots", "widgets", "practice", "variants", "misconceptions", "data")
TRUSTED_MEMORY = 4 << 30  # bytes that a supervisor may use


def warm(modules: list[str]) -> None:
    """Import what notebooks import, and see that there is still one thread."""
    for name in (*modules, *_packages()):
        importlib.import_module(name)
    sys.modules["torch"].set_num_threads(1)
    threads = Path("/proc/self/task")
    if threads.is_dir() and (count := len(list(threads.iterdir()))) != 1:
        raise RuntimeError(f"after the imports there are {count} threads, and forking would not be safe")


def _packages() -> list[str]:
    """Return the names of the modules that lessons and checks of ours consist of."""
    root = Path(__file__).parents[1]
    files = [root / f"{name}.py" for name in OURS] + [file for name in OURS for file in (root / name).rglob("*.py")]
    parts = [file.relative_to(root.parent).with_suffix("").parts for file in files if file.exists()]
    return sorted(".".join(part).removesuffix(".__init__") for part in parts)


def serve(control: socket.socket, tier: sandbox.Tier, readable: list[Path]) -> None:
    """Fork a supervisor for each socket that comes over the control socket, until that is closed."""
    built = shell.build()
    gc.collect()
    gc.disable()
    gc.freeze()
    control.sendall(b"+")

    def be_nursery(channel: Channel) -> None:
        die_with_parent()
        Nursery(channel, built, tier, readable).serve()

    while True:
        try:
            sock = take(control)
        except (EOFError, OSError):
            return _reap(seconds=1)
        _reap()
        pid = os.fork()
        if pid == 0:
            control.close()
            _be_a_supervisor(sock, built, be_nursery)
        control.sendall(pid.to_bytes(4, "big"))
        sock.close()


def _reap(seconds: float = 0) -> None:
    """Wait for the supervisors that have ended; what they used of the processor then counts as this process's."""
    until = time.monotonic() + seconds
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] or time.monotonic() < until:
            time.sleep(0.001)


def _be_a_supervisor(sock: socket.socket, built: shell.Shell, be_nursery: Callable[[Channel], None]) -> NoReturn:
    code = 1
    try:
        os.setsid()
        die_with_parent()
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (TRUSTED_MEMORY, hard))
        supervise(sock, built, be_nursery)
        code = 0
    except Gone:
        pass
    finally:
        os._exit(code)


def main(arguments: list[str]) -> None:
    """Run a warm parent: ``main(["--control", "5", "--private", "/course/solutions", …])``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--tier", default="")
    parser.add_argument("--private", action="append", default=[], type=Path)
    parser.add_argument("--module", action="append", default=[])
    options = parser.parse_args(arguments)
    home = tempfile.mkdtemp(prefix="course-")
    os.environ.update(IPYTHONDIR=home, MPLCONFIGDIR=home, HOME=home)
    try:
        warm([*MODULES, *options.module])
        tier = sandbox.best_tier(options.tier)
        serve(socket.socket(fileno=options.control), tier, sandbox.readable_paths(options.private))
    finally:
        shutil.rmtree(home, ignore_errors=True)
