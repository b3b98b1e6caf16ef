"""The sandbox of macOS: a profile of what is allowed, which a freshly started process puts on itself.

There are no namespaces on macOS, and a process that has loaded Apple's libraries cannot safely be forked, so a box is
a fresh process. It calls the function behind the program ``sandbox-exec``. Apple calls both deprecated and uses them
for its own programs. Written from Apple's and others' published profiles; see the tests for what of it was tried.
"""

import ctypes
import os
from pathlib import Path

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import scratch

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def enter(limits: Limits, readable: list[Path]) -> Path:
    """Return, in the same process, in the box's folder; see :func:`sandbox.enter`."""
    folder = scratch.make()
    if os.getpgrp() != os.getpid():
        os.setsid()
    os.umask(0o077)
    from course_utils.grading.sandbox import rlimits  # there is no such thing on Windows

    rlimits.apply(limits)
    confine(profile(folder, readable))
    return folder / "box"


def profile(folder: Path, readable: list[Path]) -> str:
    """Return the profile, in the sandbox's own language: nothing is allowed but what is written here."""
    shown = sorted({place for path in readable for place in (path.absolute(), path.resolve())})
    subpaths = "\n".join(f"  (subpath {quoted(path)})" for path in shown)
    devices = " ".join(f"(literal {quoted(Path(name))})" for name in DEVICES)
    own = f"(subpath {quoted(folder / 'box')}) (subpath {quoted(folder / 'tmp')})"
    return f"""(version 1)
(deny default)
(allow process-fork)
(allow signal (target self) (target pgrp))
(allow sysctl-read)
(allow ipc-posix-shm*)
(allow file-read-metadata)
(allow file-read* (literal "/")
{subpaths})
(allow process-exec*
{subpaths})
(allow file-read* file-write-data {devices})
(allow file-read* file-write* {own})
"""


def quoted(path: Path) -> str:
    """Return a path as a string of the sandbox's language."""
    text = str(path)
    if any(ord(character) < 32 for character in text):
        raise OSError(f"a path with control characters cannot be written into a sandbox profile: {text!r}")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def confine(text: str) -> None:
    """Put a profile on this process, for good and for all that it starts."""
    library, error = ctypes.CDLL(None, use_errno=True), ctypes.c_char_p()
    library.sandbox_init.argtypes = [ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p)]
    library.sandbox_init.restype = ctypes.c_int
    a_text_not_a_name = 0
    if library.sandbox_init(text.encode(), a_text_not_a_name, ctypes.byref(error)) != 0:
        raise OSError(f"sandbox_init: {(error.value or b'no reason was given').decode(errors='replace')}")
