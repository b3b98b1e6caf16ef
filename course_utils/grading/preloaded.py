"""The preloaded process: imports once what every notebook imports, and forks a supervisor for each submission.

It has one thread (forking a process with more is not safe), it was started without the course's folder on its path, and
it never reads a job: a supervisor gets its job over a socket of its own. What it holds, every student's process holds a
copy of: libraries, and the names of folders that may be read.
"""

import argparse
import contextlib
import gc
import itertools
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from course_utils.grading import own_code, sandbox, shell
from course_utils.grading.channel import Channel, Gone, take
from course_utils.grading.fork_server import ForkServer, die_with_parent
from course_utils.grading.job import FORKING, SPAWNING, versions
from course_utils.grading.preloading import at_home, collapse_memory, preload, see_that_there_is_one_thread
from course_utils.grading.spawned import SpawnedBoxes
from course_utils.grading.starting import inherited
from course_utils.grading.supervise import serve_request, supervise

OTHER_CODE = "course_utils was changed since this program was started. Start it (JupyterLab, a worker) anew."
WORTH_COLLAPSING = (
    2  # requests after which memory is collapsed: it takes half a second, which one or two never get back
)
TRUSTED_MEMORY = 4 << 30  # bytes that a supervisor may use


def serve(control: socket.socket, tier: sandbox.Tier, readable: list[Path]) -> None:
    """Fork a supervisor for each socket that comes over the control socket, until that is closed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    see_that_there_is_one_thread()
    built = shell.build()
    versions()  # each supervisor wants them, and would read them anew
    gc.collect()
    gc.disable()
    gc.freeze()
    _be_quiet()
    control.sendall(FORKING)

    def be_fork_server(channel: Channel) -> None:
        die_with_parent()
        ForkServer(channel, built, tier, readable).serve()

    for number in itertools.count():
        try:
            sock = take(control)
        except (EOFError, OSError):
            return _reap(seconds=1)
        _reap()
        if number == WORTH_COLLAPSING:
            collapse_memory()
        pid = os.fork()
        if pid == 0:
            control.close()
            _be_a_supervisor(sock, built, tier.name, be_fork_server)
        control.sendall(pid.to_bytes(4, "big"))
        sock.close()


def _be_quiet() -> None:
    """Write nothing to stderr any more: nobody reads it once this process is ready."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _reap(seconds: float = 0) -> None:
    """Wait for the supervisors that have ended; what they used of the processor then counts as this process's."""
    until = time.monotonic() + seconds
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] or time.monotonic() < until:
            time.sleep(0.001)


def _be_a_supervisor(
    sock: socket.socket, built: shell.Shell, sandbox_name: str, be_fork_server: Callable[[Channel], None]
) -> NoReturn:
    code = 1
    try:
        os.setsid()
        die_with_parent()
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (TRUSTED_MEMORY, hard))
        supervise(sock, built, sandbox_name, be_fork_server)
        code = 0
    except Gone:
        pass
    finally:
        os._exit(code)


def serve_alone(control: socket.socket, boxes: SpawnedBoxes) -> None:
    """Do the requests that come over the control socket one after the other, where this process cannot be forked."""
    built, engine = shell.build(), Channel(control)
    _be_quiet()
    control.sendall(SPAWNING)
    with contextlib.suppress(Gone):
        while True:
            serve_request(engine, built, boxes)


def main(arguments: list[str]) -> None:
    """Run a preloaded process: ``main(["5", "--private=/course/solutions", …])``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("control")
    parser.add_argument("--code", default=own_code.digest())
    parser.add_argument("--spawn", action="store_true")
    parser.add_argument("--private", action="append", default=[], type=Path)
    parser.add_argument("--module", action="append", default=[])
    parser.add_argument("--foreign", action="store_true")
    options = parser.parse_args(arguments)
    if options.code != own_code.digest():
        sys.exit(OTHER_CODE)
    control = inherited(options.control)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # not wanted after all: leave no folder behind
    with at_home():
        tier, readable = sandbox.best_tier(), sandbox.readable_paths(options.private)
        preload(options.module, ours=not options.foreign)
        if tier.forks and not options.spawn:
            serve(control, tier, readable)
        else:
            serve_alone(control, SpawnedBoxes(tier, options.private, options.module, not options.foreign))
