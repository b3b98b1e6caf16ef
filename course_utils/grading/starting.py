"""Starting a Python process that runs one of our functions and holds one end of a wire.

The process gets a small environment with nothing of the user's in it, a working directory that is not the course, and
a search path without the current folder: what a student's process inherits from it cannot lead into the course.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import course_utils
from course_utils.runtime import THREAD_VARIABLES

KEPT: tuple[str, ...] = ("PATH", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
KEPT += ("COURSE_SANDBOX", "COURSE_CACHE", "COURSE_DATA", "TORCH_HOME", "XDG_CACHE_HOME")
RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from course_utils.grading import {0}; {0}.main(sys.argv[1:])"
WINDOWS = sys.platform == "win32"


def start(module: str, sock: socket.socket, arguments: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Start ``course_utils.grading.<module>.main([control, *arguments])`` in a fresh process.

    Parameters
    ----------
    sock
        What the process gets, as :func:`inherited` there takes it from its first argument. Closed here.
    """
    control = "-" if WINDOWS else str(sock.fileno())
    package = str(Path(course_utils.__file__).resolve().parents[1])
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", RUN.format(module), package, control, *arguments],
        env=environment(),
        stdin=subprocess.PIPE if WINDOWS else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=os.path.abspath(os.sep),
        pass_fds=() if WINDOWS else (sock.fileno(),),
    )
    if process.stdin:
        process.stdin.write(sock.share(process.pid))
        process.stdin.close()
    sock.close()
    return process


def inherited(control: str) -> socket.socket:
    """Return the socket that this process was started with."""
    if control == "-":
        shared: socket.socket = socket.fromshare(sys.stdin.buffer.read())
        return shared
    return socket.socket(fileno=int(control))


def environment() -> dict[str, str]:
    """Return a small environment: nothing of the user's own, one thread, no random hashes."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBGRADER_EXECUTION": "autograde",
        "COURSE_OFFLINE": "1",
    }
    return kept | dict.fromkeys(THREAD_VARIABLES, "1") | own


def last_words(process: subprocess.Popen[bytes]) -> str:
    """Return the last line that a process which has ended wrote to stderr."""
    lines = process.communicate()[1].decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"
