"""Running one function in a box, for trials and tests: the whole course of a box in one ``with``."""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import course_utils
from course_utils.grading.job import Limits
from course_utils.grading.sandbox.cage import Cage
from course_utils.grading.sandbox.tiers import Tier, enter

MODULE = "course_utils.grading.sandbox"


@dataclass(frozen=True)
class Errand:
    """What a box is to do: ``action(argument)``, and where."""

    tier: Tier
    cage: Cage
    action: Callable[[Any], Any]
    argument: Any
    limits: Limits
    readable: list[Path]
    files: dict[str, bytes]


@dataclass
class BoxedCall:
    """A box, from outside.

    Parameters
    ----------
    cage, pid
        What ends it.
    pipe
        Where the function's result comes out. It ends when the last process in the box does.
    process
        The same process, where it was spawned.
    """

    cage: Cage
    pid: int
    pipe: int
    process: subprocess.Popen[bytes] | None = None

    def answer(self, seconds: float = 20) -> Any:
        """Return what the function returned, through JSON; {"error": text} if it or the sandbox failed."""
        data = self._read(seconds, until=b"\n")
        whole = data is not None and data.endswith(b"\n")
        return json.loads(data or b"") if whole else {"error": "the box ended, or took too long, in silence"}

    def ended(self, seconds: float = 5) -> bool:
        """Tell whether nothing in the box holds the pipe any more."""
        return self._read(seconds, until=None) is not None

    def _read(self, seconds: float, until: bytes | None) -> bytes | None:
        data, end = b"", time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not _has_something(self.pipe, left):
                break
            part = os.read(self.pipe, 65_536)
            data += part
            if not part or (until and data.endswith(until)):
                return data
        return data if until else None

    def end(self) -> None:
        """End everything in the box, and wait for its outermost process."""
        self.cage.kill(self.pid)
        if self.process:
            self.process.wait()
        else:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        os.close(self.pipe)


def _has_something(pipe: int, seconds: float) -> bool:
    """Wait until there is something to read from a pipe, or its end; Windows can only look again and again."""
    if sys.platform != "win32":
        return bool(select.select([pipe], [], [], seconds)[0])
    import _winapi
    import msvcrt

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if _winapi.PeekNamedPipe(msvcrt.get_osfhandle(pipe), 0)[0]:
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


@contextlib.contextmanager
def inside(
    tier: Tier,
    action: Callable[[Any], Any],
    argument: Any = None,
    limits: Limits | None = None,
    readable: list[Path] | None = None,
    files: dict[str, bytes] | None = None,
) -> Iterator[BoxedCall]:
    """Start a box that calls ``action(argument)``; end it at the end of the ``with``."""
    limits = limits or Limits()
    cage = Cage(limits)
    try:
        errand = Errand(tier, cage, action, argument, limits, readable or [], files or {})
        box = _fork(errand) if tier.forks else _spawn(errand)
        try:
            yield box
        finally:
            box.end()
    finally:
        cage.close()


def _fork(errand: Errand) -> BoxedCall:
    """Fork a box."""
    pipe, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(pipe)
        be_a_box(end, errand)
    os.close(end)
    return BoxedCall(errand.cage, pid, pipe)


def be_a_box(end: int, errand: Errand) -> NoReturn:
    """Enter the box and act; never return."""
    try:
        errand.cage.join()
        enter(errand.tier, errand.files, errand.limits, errand.readable)
        text = json.dumps(errand.action(errand.argument))
    except BaseException as error:
        text = json.dumps({"error": f"{type(error).__name__}: {error}"})
    finally:
        try:
            os.write(end, text.encode() + b"\n")
        finally:
            os._exit(0)


def _spawn(errand: Errand) -> BoxedCall:
    """Start a fresh process that becomes a box: where forking is not safe, or not known."""
    about = {
        "tier": list(errand.tier),
        "cage": {"name": errand.cage.name, "folder": str(errand.cage.folder)},
        "action": [errand.action.__module__, errand.action.__qualname__],
        "argument": errand.argument,
        "limits": errand.limits.__dict__,
        "readable": [str(path) for path in errand.readable],
        "files": {name: content.decode("latin-1") for name, content in errand.files.items()},
    }
    command = [sys.executable, "-m", MODULE, "box", json.dumps(about)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=own_environment())
    assert process.stdout
    return BoxedCall(errand.cage, process.pid, os.dup(process.stdout.fileno()), process)


def own_environment() -> dict[str, str]:
    """Return the environment for a fresh Python that is to find this very package."""
    root = str(Path(course_utils.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))}


def ask_fresh_process(word: str, question: Any, seconds: float = 60) -> Any:
    """Return what :mod:`__main__` answers to a word and a question in a fresh process with a single thread."""
    command = [sys.executable, "-m", MODULE, word, json.dumps(question)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=own_environment())
        return json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"error": f"it took longer than {seconds:g} seconds"}
    except (IndexError, ValueError):
        return {"error": (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]}
