"""Which sandbox there is on this machine, and entering it.

What works is found out by trying, in a fresh process: kernels, containers and their administrators refuse the calls
that sandboxes are made of in more ways than could be asked for.
"""

import os
import stat
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from course_utils.course import CourseError
from course_utils.grading.job import Limits
from course_utils.grading.sandbox import macos, paths, scratch, windows

if sys.platform == "linux":  # here and not later: each box would have to import them anew
    from course_utils.grading.sandbox import landlock, namespaces

VARIABLE = "COURSE_SANDBOX"
KINDS = {"linux": ("namespaces", "landlock", "none"), "darwin": ("seatbelt", "none"), "win32": ("job", "none")}


class Tier(NamedTuple):
    """One kind of sandbox, as it works on this machine.

    Parameters
    ----------
    name
        "namespaces", "landlock", "seatbelt" (macOS), "job" (Windows) or "none".
    forks
        Whether a box is forked from a preloaded process; otherwise it must be a freshly started one.
    not_isolated
        One sentence: what a student's code can reach all the same. "" if nothing.
    """

    name: str
    forks: bool
    not_isolated: str


def best_tier(wanted: str = "") -> Tier:
    """Return the strongest sandbox that works here.

    Parameters
    ----------
    wanted
        A weaker one that is asked for; if empty, the environment variable COURSE_SANDBOX counts.

    Raises
    ------
    CourseError
        If the one that is asked for does not work here.
    """
    return _decide(wanted or os.environ.get(VARIABLE, ""))


@cache
def _decide(wanted: str) -> Tier:
    from course_utils.grading.sandbox.trial import try_tier

    kinds = KINDS.get(sys.platform, ("none",))
    if wanted and wanted not in kinds:
        raise CourseError(f"There is no sandbox {wanted!r} on this system; there are: {', '.join(kinds)}.")
    reason = ""
    for name in [wanted] if wanted else kinds:
        tier, reason = try_tier(name)
        if tier:
            return tier
    raise CourseError(f"The sandbox {wanted or 'none'!r} does not work here: {reason}")


def enter(tier: Tier, files: dict[str, bytes], limits: Limits, readable: list[Path]) -> Path:
    """Enter a box; return its folder, which is then the working directory and holds the files.

    Called in a freshly forked process with a single thread (or, where the tier does not fork, in a freshly started
    one), after it joined its cage. It returns in the process that is to run the student's code, which on Linux is a
    child or a grandchild of the caller; the processes between only wait. Where it raises, the caller must end the
    process it finds itself in. HOME and TMPDIR point into the box afterwards. Open files other than the standard
    streams, pipes, sockets and devices are closed.

    Parameters
    ----------
    tier
        From :func:`best_tier`. A step that fails raises: there is never less isolation than the tier says.
    files
        What is to lie in the folder, by relative path.
    limits
        What the box may use.
    readable
        From :func:`readable_paths`.
    """
    paths.check_names(files)
    if sys.platform == "linux":
        _close_files()
    folder = _enter(tier.name, limits, readable)
    temporary = "/tmp" if tier.name == "namespaces" else str(folder.parent / "tmp")
    os.environ.update(HOME=str(folder), TMPDIR=temporary)
    tempfile.tempdir = temporary
    os.chdir(folder)
    paths.write_files(folder, files)
    return folder


def _enter(name: str, limits: Limits, readable: list[Path]) -> Path:
    """Enter the sandbox of one name."""
    if name == "namespaces":
        return namespaces.enter(limits, readable)
    if name == "landlock" or (name == "none" and sys.platform == "linux"):
        return landlock.enter(limits, readable, confined=name == "landlock")
    if name == "seatbelt":
        return macos.enter(limits, readable)
    if name == "job":
        return windows.enter()
    return scratch.make() / "box"


def _close_files() -> None:
    """Close open folders and files: an open folder of the course would be a way out of any root."""
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            kind = os.fstat(number).st_mode
        except OSError:
            continue
        if number > 2 and not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or stat.S_ISCHR(kind)):
            os.close(number)
