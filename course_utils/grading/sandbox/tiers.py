"""The kinds of sandbox, and entering one of them."""

import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import macos, paths, scratch, windows

if sys.platform == "linux":  # here and not later: each box would have to import them anew
    from course_utils.grading.sandbox import landlock, namespaces


Kind = Literal["namespaces", "landlock", "seatbelt", "job", "none"]


class Tier(NamedTuple):
    """One kind of sandbox, as it works on this machine.

    Parameters
    ----------
    name
        "seatbelt" is macOS's, "job" Windows's.
    forks
        Whether a box is forked from a preloaded process; otherwise it must be a freshly started one.
    not_isolated
        One sentence: what a student's code can reach all the same. "" if nothing.
    """

    name: Kind
    forks: bool
    not_isolated: str


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
        From :func:`~course_utils.grading.sandbox.choosing.best_tier`. A step that fails raises: there is never less
        isolation than the tier says.
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


def _enter(name: Kind, limits: Limits, readable: list[Path]) -> Path:
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
