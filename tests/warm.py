"""Python's commands without their start: a process that has imported what they need forks for each of them.

``run`` takes what stands behind ``python`` on a command line, and returns what ``subprocess.run`` does. The command has
a process, a folder, variables and files of its own; only the second of importing is gone, which the tests would pay
some hundred times. ``run_cold`` is the way of a user, and so is everything where a process cannot be forked.

``python warm.py client SOCKET …`` is the same for a program that has to be started. It needs no package.
"""

import atexit
import contextlib
import functools
import importlib
import json
import os
import runpy
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

CAN_FORK = sys.platform.startswith("linux")  # on macOS some libraries do not survive it
MODULES = (
    "course_utils.cli",
    "course_utils.release",
    "course_utils.proof",
    "course_utils.grading.driver",
    "course_utils.grading.feedback",
    "course_utils.grading.results",
    "course_utils.grading.screen",
    "distributed",
    "nbgrader.api",
    "nbgrader.apps",
    "nbgrader.converters",
)
LENGTH = struct.Struct("!i")
Done = subprocess.CompletedProcess


def run(
    arguments: Sequence[str], cwd: Path | str = ".", env: Mapping[str, str] | None = None, together: bool = False
) -> "Done[str]":
    """Run ``python ARGUMENTS`` and return its status and what it said; ``together`` puts errors among the rest."""
    if not CAN_FORK:
        return run_cold(arguments, cwd, env, together)
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as errors, open(os.devnull, "rb") as nothing:
        files = [nothing.fileno(), said.fileno(), said.fileno() if together else errors.fileno()]
        status = ask(server(), arguments, str(Path(cwd).resolve()), dict(env or os.environ), files)
        return Done([sys.executable, *arguments], status, _read(said), "" if together else _read(errors))


def run_cold(
    arguments: Sequence[str], cwd: Path | str = ".", env: Mapping[str, str] | None = None, together: bool = False
) -> "Done[str]":
    """Do the same as :func:`run` in a process that is started as any other."""
    errors = subprocess.STDOUT if together else subprocess.PIPE
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
    )


def command(cold: Sequence[str], address: str = "") -> list[str]:
    """Return a command that does what ``[python, …]`` does, and waits for it; without an address at our server."""
    if not CAN_FORK:
        return list(cold)
    return [sys.executable, "-I", "-S", __file__, "client", address or server(), *cold[1:]]


def warm_releases(address: str = "") -> tuple[Any, Callable[..., list[str]]]:
    """Have releases of this process run nbgrader so; return the module and what it had before."""
    release = importlib.import_module("course_utils.release")
    cold = release.nbgrader
    release.nbgrader = lambda *words: command(cold(*words), address)
    return release, cold


def _read(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode(errors="replace").replace("\r\n", "\n"))


# --- asking


def ask(address: str, arguments: Sequence[str], cwd: str, env: dict[str, str], files: Sequence[int]) -> int:
    """Have a command run with some files as its standard ones; return its status, as subprocess would."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        words = json.dumps([list(arguments), cwd, env]).encode()
        socket.send_fds(line, [LENGTH.pack(len(words))], list(files))
        line.sendall(words)
        return int(LENGTH.unpack(_exactly(line, LENGTH.size))[0])


def _exactly(line: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = line.recv(count - len(got))
        if not more:
            raise EOFError("the warm process is gone")
        got += more
    return got


def client(address: str, *arguments: str) -> NoReturn:
    """Be the command: its files, its folder, its variables and its status."""
    status = ask(address, arguments, os.getcwd(), dict(os.environ), [0, 1, 2])
    sys.exit(status if status >= 0 else 128 - status)


# --- serving


@functools.cache
def server() -> str:
    """Start the process that forks, once for this one, and return where it listens."""
    folder = tempfile.mkdtemp(prefix="warm-")
    address = f"{folder}/socket"
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    atexit.register(_stop, process, address)
    return address


def _stop(process: "subprocess.Popen[str]", address: str) -> None:
    process.communicate()
    with contextlib.suppress(OSError):
        os.unlink(address)
        os.rmdir(os.path.dirname(address))


def serve(address: str) -> None:
    """Import, say that it is done, and fork for each command that comes, until standard input ends."""
    from course_utils import course

    course.leave_out_a_grammar()
    for module in MODULES:
        importlib.import_module(module)
    know_the_gradebooks_version()
    warm_releases(address)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listening, sys.stdin], [], [])
            bury()
            if sys.stdin in ready:
                return
            line, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                handle(line)
            line.close()


def know_the_gradebooks_version() -> None:
    """Ask alembic once: nbgrader starts it for every gradebook that is made, and always hears the same."""
    api = importlib.import_module("nbgrader.api")
    api.get_alembic_version = functools.cache(api.get_alembic_version)
    api.get_alembic_version()


def bury() -> None:
    """Wait for those that have handled a command and ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def handle(line: socket.socket) -> NoReturn:
    """Run one command in a process of its own, tell its status, and end."""
    try:
        length, files, *_ = socket.recv_fds(line, LENGTH.size, 3)
        arguments, cwd, env = json.loads(_exactly(line, LENGTH.unpack(length)[0]))
        pid = os.fork()
        if pid == 0:
            line.close()
            be(arguments, cwd, env, files)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        line.sendall(LENGTH.pack(status))
    finally:
        os._exit(0)


def be(arguments: list[str], cwd: str, env: dict[str, str], files: list[int]) -> NoReturn:
    """Be the command ``python ARGUMENTS``, and end."""
    status = 1
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
        for file in set(files) - {0, 1, 2}:
            os.close(file)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        own = env.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:0] = [part for part in own if part and part not in sys.path]
        execute(arguments)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except KeyboardInterrupt:
        status = 130
    except BaseException as error:
        traceback.print_exception(error.with_traceback(_below(error.__traceback__)))
    finally:
        with contextlib.suppress(BaseException):
            threading._shutdown()  # type: ignore[attr-defined]  # as at the end of any process
            atexit._run_exitfuncs()
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _below(where: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this file, which are above those of the command."""
    while where and where.tb_frame.f_code.co_filename in (__file__, str(runpy.__file__), "<frozen runpy>"):
        where = where.tb_next
    return where


def execute(arguments: list[str]) -> None:
    """Do what ``python`` does with ``-m MODULE …``, ``-c TEXT …``, or ``SCRIPT …``."""
    sys.path_importer_cache.clear()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = list(arguments)
        sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    {"serve": serve, "client": client}[sys.argv[1]](*sys.argv[2:])
