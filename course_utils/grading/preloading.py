"""Importing what notebooks import, before there is any student code.

A process that will be forked must have one thread: another one would be gone in the copies, with its locks held.
"""

import contextlib
import ctypes
import importlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

EVERYBODYS = ("numpy", "numpy.random", "numpy.testing", "matplotlib.pyplot")
MODULES = (*EVERYBODYS, "torch", "ipywidgets", "anywidget")
OURS = ("judging", "data", "models", "training", "drawing", "widgets")
LABS = "course_utils.labs"


def preload(modules: list[str], *, ours: bool = True) -> None:
    """Import libraries, our own modules where notebooks use them, and some more: of a package of labs all modules."""
    labs = [name for name in modules if f"{name}.".startswith(f"{LABS}.")]
    own = [f"{LABS.partition('.')[0]}.{name}" for name in OURS] if ours else []
    for name in (*(MODULES if ours else EVERYBODYS), *_modules_of([*own, *labs]), *modules):
        importlib.import_module(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    draw_once()
    if ours:
        sys.modules["course_utils.data"].load_photo("camera", size=8)  # scikit-image imports when it is first used
        sys.modules["course_utils.judging.protocol.calling"].be_ready()


def draw_once() -> None:
    """Draw a figure of two panels with words and close it: the first one looks for fonts, and loads what makes PNGs."""
    pyplot = sys.modules["matplotlib.pyplot"]
    figure, panels = pyplot.subplots(1, 2)
    for panel in panels:
        panel.plot([0, 1])
        panel.set_title("0123456789")
    figure.savefig(io.BytesIO(), bbox_inches="tight")
    pyplot.close(figure)


def see_that_there_is_one_thread() -> None:
    """Raise RuntimeError if this process has more threads than one, where that can be seen (Linux)."""
    threads = Path("/proc/self/task")
    if threads.is_dir() and (count := len(list(threads.iterdir()))) != 1:
        raise RuntimeError(f"after the imports there are {count} threads, and forking would not be safe")


def collapse_memory() -> None:
    """Ask Linux to keep what has been imported in large pages: a fork then copies some hundred entries, not 100,000.

    Measured: 33 milliseconds of CPU for a fork and its end become 14. Nothing is lost where the kernel refuses.
    """
    if sys.platform != "linux":
        return
    madvise, collapse, large = ctypes.CDLL(None).madvise, 25, 2 << 20
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for line in Path("/proc/self/maps").read_text().splitlines():
        area, rights, _, _, _, *name = line.split(None, 5)
        low, high = (int(end, 16) for end in area.split("-"))
        first, last = -(-low // large) * large, high // large * large
        if rights == "rw-p" and name in ([], ["[heap]"]) and first < last:
            madvise(first, last - first, collapse)


def _modules_of(names: list[str]) -> list[str]:
    """Return the names of all modules that some packages of ours consist of."""
    root = Path(__file__).parents[2]
    places = [root.joinpath(*name.split(".")) for name in names]
    files = [place.with_suffix(".py") for place in places] + [file for one in places for file in one.rglob("*.py")]
    parts = [file.relative_to(root).with_suffix("").parts for file in files if file.exists()]
    return sorted({".".join(part).removesuffix(".__init__") for part in parts})


@contextlib.contextmanager
def at_home() -> Iterator[None]:
    """Give libraries a folder for what they write while they are imported, which is not the user's."""
    home = tempfile.mkdtemp(prefix="course-")
    os.environ.update(IPYTHONDIR=home, MPLCONFIGDIR=home, HOME=home)
    try:
        yield
    finally:
        shutil.rmtree(home, ignore_errors=True)
