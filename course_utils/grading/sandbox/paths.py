"""What a box may read, what lies in it, and what must never be seen from it.

What is shown to a student's process is the weakest line of a sandbox, so it is an explicit list: the system's
libraries, the Python installation, packages that it only points at, and this package. It is never derived from
``sys.path``, where ``python -m`` puts the working directory, which may be the course with its solutions. If anything on
the list contains a private folder, or lies in one, nothing is graded.
"""

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

import course_utils
from course_utils.course import (
    AUTOGRADED,
    DOWNLOADED,
    FEEDBACK,
    GRADEBOOK,
    MASTERS,
    SPOOL,
    SUBMITTED,
    CourseError,
    folders,
)
from course_utils.grading.sandbox.linked import installed_elsewhere

PRIVATE = (MASTERS, SUBMITTED, AUTOGRADED, FEEDBACK, DOWNLOADED, GRADEBOOK, SPOOL, ".git")

# /usr itself is not on the list: some keep their courses below it
SYSTEM = {
    "linux": (
        "/bin /sbin /lib /lib32 /lib64 /usr/bin /usr/sbin /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/share "
        "/usr/local/bin /usr/local/lib /usr/local/lib64 /usr/local/share /nix/store /gnu/store "
        "/etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d /etc/alternatives /etc/localtime /etc/fonts "
        "/etc/mime.types /etc/nsswitch.conf /sys/devices/system/cpu"
    ),
    "darwin": (
        "/bin /usr/bin /usr/lib /usr/share /System/Library /System/Cryptexes /System/Volumes/Preboot/Cryptexes "
        "/Library/Apple /Library/Fonts /private/var/db/dyld /private/var/db/timezone /private/etc/localtime "
        "/opt/homebrew/lib /opt/homebrew/opt /opt/homebrew/Cellar /usr/local/lib /usr/local/opt /usr/local/Cellar"
    ),
}
SHARED_PREFIXES = {Path("/"), Path("/usr"), Path("/usr/local"), Path("/opt/homebrew")}


def private_paths(root: Path) -> list[Path]:
    """Return what no student's process may read of a course."""
    names = folders(root)
    own = (names.masters, names.submitted, names.autograded, names.feedback)
    return [root / name for name in dict.fromkeys((*PRIVATE, *own))]


def readable_paths(private: Iterable[Path]) -> list[Path]:
    """Return what a student's process may read.

    Parameters
    ----------
    private
        Files and folders that must not be on the list; they need not exist.

    Raises
    ------
    CourseError
        If something on the list contains something private, or lies in it. A package that is installed from elsewhere
        is left out then.
    """
    secrets = [Path(secret) for secret in private]
    needed = (*map(Path, SYSTEM.get(sys.platform, "").split()), *_python(), *_package())
    found = list(dict.fromkeys(path for path in needed if path.exists()))
    for secret in secrets:
        for path in found:
            if overlap(path, secret):
                raise CourseError(
                    f"Nothing is graded: students' code must be able to read {path}, but not {secret}, and one lies "
                    f"in the other. Move the course, or Python, somewhere else."
                )
    linked = [path for path in installed_elsewhere(secrets) if not any(overlap(path, secret) for secret in secrets)]
    return list(dict.fromkeys([*found, *linked]))


def _python() -> list[Path]:
    """Return the folders of this Python: of the virtual environment, and of the one that it was made from."""
    prefixes = [Path(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)]
    libraries = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    own = [Path(site.getusersitepackages())] if site.ENABLE_USER_SITE else []
    return [*(path for path in prefixes if path not in SHARED_PREFIXES), *libraries, *own]


def _package() -> list[Path]:
    return [Path(course_utils.__file__).parent]


def overlap(one: Path, other: Path) -> bool:
    """Tell whether one path is, contains, or lies in the other, with all links followed."""
    ways = [(Path(os.path.abspath(path)), path.resolve()) for path in (one, other)]
    return any(a.is_relative_to(b) or b.is_relative_to(a) for a in ways[0] for b in ways[1])


def real_and_links(paths: Iterable[Path]) -> tuple[list[str], dict[str, str]]:
    """Return the places where paths really lie, without those inside others, and the links on the way to them."""
    links: dict[str, str] = {}
    known = {"/"}  # folders that are no links, nor anything above them
    places = sorted({_follow(os.path.abspath(path), links, known) for path in paths if os.path.exists(path)})
    kept: list[str] = []
    for place in places:
        if not any(place == each or place.startswith(f"{each}/") for each in kept):
            kept.append(place)
    return kept, links


def _follow(path: str, links: dict[str, str], known: set[str]) -> str:
    """Return where a path really lies, and note every link on the way."""
    way = ""
    for name in path.split("/")[1:]:
        folder, way = way or "/", f"{way}/{name}"
        if way in known:
            continue
        if os.path.islink(way):
            links[way] = os.readlink(way)
            target = os.path.normpath(os.path.join(folder, links[way]))
            return _follow(target + path[len(way) :], links, known)
        known.add(way)
    return path


def check_names(names: Iterable[str]) -> None:
    """Refuse names of files that lead, or might lead on some system, out of the folder they are to lie in.

    Raises
    ------
    CourseError
        Naming the first such file.
    """
    for name in names:
        parts = PurePosixPath(name).parts
        odd = not parts or "\0" in name or "\\" in name or ".." in parts or PurePosixPath(name).is_absolute()
        if odd or PureWindowsPath(name).drive or name != "/".join(parts):
            raise CourseError(f"A file cannot be put into a box under the name {name!r}.")


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into a new, empty folder."""
    check_names(files)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)
